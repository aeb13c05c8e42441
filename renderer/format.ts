/** Numbers, money and dates in the person's own locale. Money stays a decimal string all the way into Intl: never a float. */
import { currencyExponent } from '../shared/domain/money.ts'
import { TEXTS } from './texts.ts'

const locale = (): string => navigator.language

export interface MoneyText {
  readonly amount: string
  readonly currency: string
}

const cache = new Map<string, Intl.NumberFormat>()
function numberFormat(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const full = `${locale()}|${key}`
  let format = cache.get(full)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale(), options)
    cache.set(full, format)
  }
  return format
}

/** "1204.5", "EUR" → "€1,204.50". With `isSigned` a plus or minus stands before every amount but zero. */
export function money(value: MoneyText, isSigned = false): string {
  return numberFormat(`money|${value.currency}|${isSigned}`, {
    style: 'currency',
    currency: value.currency,
    signDisplay: isSigned ? 'exceptZero' : 'auto',
  }).format(value.amount as Intl.StringNumericLiteral)
}

/** For axes and tight places: "€1.2K". */
export function moneyShort(amount: number, currency: string): string {
  return numberFormat(`short|${currency}`, {
    style: 'currency',
    currency,
    notation: 'compact',
    maximumFractionDigits: 1,
  }).format(amount)
}

/** Change between two decimal strings as a fraction (0.158), or null when there is nothing to compare with. */
export function changeFraction(before: string, after: string): number | null {
  const from = fine(before)
  const to = fine(after)
  if (from === null || to === null || from === 0n) return null
  const magnitude = from < 0n ? -from : from
  return Number(((to - from) * 10_000n) / magnitude) / 10_000
}
/**
 * Change of a quotient (ROAS, cost per conversion), from the sums it is made of: the quotient itself is rounded on the wire, and at 0.05 a
 * rounded cent is a fifth. null when a sum is not a number or a quotient is not defined or was zero.
 */
export function quotientChange(
  before: { readonly over: string; readonly under: string },
  after: { readonly over: string; readonly under: string },
): number | null {
  const fromOver = fine(before.over)
  const fromUnder = fine(before.under)
  const toOver = fine(after.over)
  const toUnder = fine(after.under)
  if (fromOver === null || fromUnder === null || toOver === null || toUnder === null) return null
  if (fromUnder <= 0n || toUnder <= 0n || fromOver <= 0n) return null
  const from = fromOver * toUnder
  return Number(((toOver * fromUnder - from) * 1_000_000n) / from) / 1_000_000
}
/** Any decimal string of the wire in millionths. Ratios and amounts alike. */
function fine(text: string): bigint | null {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) return null
  const value = BigInt(match[2] ?? '0') * 1_000_000n + BigInt((match[3] ?? '').padEnd(6, '0'))
  return match[1] === '-' ? -value : value
}

/** before → after as a decimal string of the same currency; null when either is not an amount. */
export function difference(before: string, after: string, currency: string): string | null {
  const from = fine(before)
  const to = fine(after)
  if (from === null || to === null) return null
  const step = 10n ** BigInt(6 - exponent(currency))
  const delta = (to - from) / step
  const magnitude = (delta < 0n ? -delta : delta).toString().padStart(exponent(currency) + 1, '0')
  const places = exponent(currency)
  const text = places === 0 ? magnitude : `${magnitude.slice(0, -places)}.${magnitude.slice(-places)}`
  return delta < 0n ? `-${text}` : text
}
/** Two decimal strings of one currency together; what is not an amount counts as nothing. */
export function sum(first: string, second: string, currency: string): string {
  return difference(first.startsWith('-') ? first.slice(1) : `-${first}`, second, currency) ?? first
}
function exponent(currency: string): number {
  try {
    return currencyExponent(currency)
  } catch {
    return 2
  }
}

/** 0.158 → "+15.8%". */
export function percent(fraction: number, isSigned = true): string {
  return numberFormat(`percent|${isSigned}`, {
    style: 'percent',
    maximumFractionDigits: 1,
    signDisplay: isSigned ? 'exceptZero' : 'auto',
  }).format(fraction)
}
export function integer(value: number): string {
  return numberFormat('integer', { maximumFractionDigits: 1 }).format(value)
}
/** 13 → "13.0": for columns in which some counts are fractions. */
export function oneDecimal(value: number): string {
  return numberFormat('oneDecimal', { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value)
}
/** A ratio given as a decimal string, with two to four decimals: "2.41". Measured ones come with two. */
export function ratio(value: string): string {
  return numberFormat('ratio', { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(
    value as Intl.StringNumericLiteral,
  )
}

const dateCache = new Map<string, Intl.DateTimeFormat>()
function dateFormat(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const full = `${locale()}|${key}`
  let format = dateCache.get(full)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale(), options)
    dateCache.set(full, format)
  }
  return format
}

/** "23 Nov 2026, 14:05:09 UTC+1": for tooltips and records. */
export function absoluteTime(iso: string): string {
  if (Number.isNaN(Date.parse(iso))) return TEXTS.common.unknown
  return dateFormat('absolute', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(iso))
}
/** "23 Nov" for a calendar day; the day is the account's own and is never shifted. */
export function day(isoDate: string): string {
  return dateFormat('day', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${isoDate}T00:00:00Z`))
}
export function dayLong(isoDate: string): string {
  return dateFormat('dayLong', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${isoDate}T00:00:00Z`))
}
/** "Nov 2026" for the month that a day is in. */
export function monthLong(isoDate: string): string {
  return dateFormat('month', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${isoDate}T00:00:00Z`),
  )
}
export function dayRange(start: string, end: string): string {
  return dateFormat('range', { day: 'numeric', month: 'short', timeZone: 'UTC' }).formatRange(
    new Date(`${start}T00:00:00Z`),
    new Date(`${end}T00:00:00Z`),
  )
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Days are said from two on: "tomorrow" for what is 47 hours away would be wrong by most of a day. */
const STEPS = [
  { unit: 'day', unitMs: DAY_MS, fromMs: 2 * DAY_MS, finerMs: HOUR_MS },
  { unit: 'hour', unitMs: HOUR_MS, fromMs: HOUR_MS, finerMs: MINUTE_MS },
  { unit: 'minute', unitMs: MINUTE_MS, fromMs: MINUTE_MS, finerMs: MINUTE_MS },
] as const
/** "12 min ago", "in 47 hr", "in 2 days", to the nearest; "just now" and "now" below half a minute. */
export function relativeTime(iso: string, nowMs: number): string {
  const deltaMs = new Date(iso).getTime() - nowMs
  // The time of a record that cannot be read: its row must still be shown.
  if (Number.isNaN(deltaMs)) return TEXTS.common.unknown
  const sizeMs = Math.abs(deltaMs)
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'short' })
  // The unit is chosen by the rounded time: 59 min 40 s are an hour, not "60 min".
  for (const { unit, unitMs, fromMs, finerMs } of STEPS)
    if (Math.round(sizeMs / finerMs) * finerMs >= fromMs)
      return format.format(Math.sign(deltaMs) * Math.round(sizeMs / unitMs), unit)
  return deltaMs <= 0 ? TEXTS.common.now : format.format(0, 'second')
}

/** The calendar day it is in a time zone: "2026-11-23". */
export function todayIn(timeZone: string | undefined, nowMs: number): string {
  try {
    return new Intl.DateTimeFormat('en-CA', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      ...(timeZone === undefined ? {} : { timeZone }),
    }).format(new Date(nowMs))
  } catch {
    return new Date(nowMs).toISOString().slice(0, 10)
  }
}
export function dayOfTime(iso: string, timeZone: string | undefined): string {
  return todayIn(timeZone, new Date(iso).getTime())
}
export function addDays(isoDate: string, days: number): string {
  return new Date(new Date(`${isoDate}T00:00:00Z`).getTime() + days * 86_400_000).toISOString().slice(0, 10)
}
export function daysBetween(start: string, end: string): number {
  return Math.round((new Date(`${end}T00:00:00Z`).getTime() - new Date(`${start}T00:00:00Z`).getTime()) / 86_400_000)
}

/** Fills `{name}` places of a text. The only way values enter sentences. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : String(value)
  })
}
/** Chooses the plural form of the locale: forms are `{one, other}`. */
export function plural(forms: { readonly one: string; readonly other: string }, count: number): string {
  const form = new Intl.PluralRules(locale()).select(count) === 'one' ? forms.one : forms.other
  return fill(form, { count: integer(count) })
}
