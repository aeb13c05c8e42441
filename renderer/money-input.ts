/** Reads an amount as a person types it. Never guesses: what can be read two ways is refused with both readings named. */
import { currencyExponent } from '../shared/domain/money.ts'

export type ParsedAmount =
  | { readonly kind: 'empty' }
  /** `decimal` is the wire form with exactly the currency's decimals. */
  | { readonly kind: 'ok'; readonly decimal: string }
  | { readonly kind: 'ambiguous'; readonly asThousands: string; readonly asDecimals: string }
  | { readonly kind: 'too_many_decimals'; readonly decimals: number }
  | { readonly kind: 'not_an_amount' }

/** The separators of a locale, asked from Intl. */
function separators(locale: string): { group: string; decimal: string } {
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(1_234_567.5)
  return {
    group: parts.find((part) => part.type === 'group')?.value ?? ',',
    decimal: parts.find((part) => part.type === 'decimal')?.value ?? '.',
  }
}

function wire(whole: string, fraction: string, exponent: number): ParsedAmount {
  const digits = whole.replace(/^0+(?=\d)/, '')
  if (digits.length > 12) return { kind: 'not_an_amount' }
  const kept = fraction.replace(/0+$/, '')
  if (kept.length > exponent) return { kind: 'too_many_decimals', decimals: exponent }
  return { kind: 'ok', decimal: exponent === 0 ? digits : `${digits}.${kept.padEnd(exponent, '0')}` }
}

function isGrouped(text: string, separator: string): boolean {
  const [first = '', ...rest] = text.split(separator)
  return /^[1-9]\d{0,2}$/.test(first) && rest.length > 0 && rest.every((part) => /^\d{3}$/.test(part))
}

/** Digits with their marks, in plain forms: every space is " ", every apostrophe is "'". */
const AMOUNT = /^\d[\d., ']*$/
const GROUP_ONLY = [' ', "'"] as const

/** How the currency itself is written: its code, and its symbol here and in English. "$" is not EUR's, so "$120" is no amount of EUR. */
function ownNames(currency: string, locale: string): readonly string[] {
  const symbolOf = (tag: string, currencyDisplay: 'symbol' | 'narrowSymbol'): string =>
    new Intl.NumberFormat(tag, { style: 'currency', currency, currencyDisplay })
      .formatToParts(1)
      .find((part) => part.type === 'currency')?.value ?? currency
  const names = [locale, 'en'].flatMap((tag) => [symbolOf(tag, 'symbol'), symbolOf(tag, 'narrowSymbol')])
  // The longest first: of "CA$" not only the "$" is taken away.
  return [...new Set([currency, ...names])].toSorted((a, b) => b.length - a.length)
}

/** Takes one name of the currency away, before or after the digits; any other letter or symbol stays and is refused later. */
function withoutCurrency(text: string, currency: string, locale: string): string {
  const upper = text.toUpperCase()
  for (const name of ownNames(currency, locale)) {
    const wanted = name.toUpperCase()
    if (upper.startsWith(wanted)) return text.slice(name.length).trim()
    if (upper.endsWith(wanted)) return text.slice(0, -name.length).trim()
  }
  return text
}

/** An amount whose last mark can only be the decimal one by grammar. Three digits after it still look like thousands. */
function withDecimals(whole: string, fraction: string, exponent: number): ParsedAmount {
  return fraction.length === 3 && exponent !== 3 ? twoWays(whole, fraction, exponent) : wire(whole, fraction, exponent)
}

function twoWays(whole: string, fraction: string, exponent: number): ParsedAmount {
  return {
    kind: 'ambiguous',
    asThousands: whole + fraction,
    asDecimals: exponent === 0 ? whole : `${whole}.${fraction.slice(0, exponent)}`,
  }
}

/** One "." or "," and nothing else between digits. */
function withOneMark(bare: string, mark: string, exponent: number, locale: string): ParsedAmount {
  const [whole = '', fraction = ''] = bare.split(mark)
  if (fraction.length !== 3 || /^0+$/.test(whole)) return wire(whole, fraction, exponent)
  const local = separators(locale)
  if (isGrouped(bare, mark)) {
    // Three digits after one mark: thousands, or three decimals?
    if (local.group === mark && exponent !== 3) return wire(whole + fraction, '', exponent)
  } else if (local.decimal === mark && exponent === 3) return wire(whole, fraction, exponent)
  return twoWays(whole, fraction, exponent)
}

/**
 * "1 204,50", "1.204,50", "1,204.50", "€ 120", "CHF 1'204" → "1204.50" and so on. One lonely separator before exactly
 * three digits is a thousands mark only where the locale writes it so and the groups are whole; otherwise it is ambiguous. Spaces and
 * apostrophes stand only between whole groups of three: "12 50" may be a slip for 12.50 and is never read as 1250.
 * @throws OperationError for a currency that is not known
 */
export function parseAmount(text: string, currency: string, locale: string): ParsedAmount {
  const exponent = currencyExponent(currency)
  const bare = withoutCurrency(text.trim(), currency, locale).replace(/\s/gu, ' ').replace(/’/gu, "'")
  if (bare === '') return { kind: 'empty' }
  if (!AMOUNT.test(bare)) return { kind: 'not_an_amount' }
  const marks: readonly string[] = bare.match(/[., ']/g) ?? []
  const last = marks.at(-1)
  if (last === undefined) return wire(bare, '', exponent)
  const kinds = new Set(marks)
  if (kinds.size === 1) {
    if (marks.length === 1 && (last === '.' || last === ',')) return withOneMark(bare, last, exponent, locale)
    return isGrouped(bare, last) ? wire(bare.replaceAll(last, ''), '', exponent) : { kind: 'not_an_amount' }
  }
  // Two kinds: groups by the first, decimals after the last, which stands once and is never a space or an apostrophe.
  const group = marks[0] ?? ''
  const at = bare.lastIndexOf(last)
  const whole = bare.slice(0, at)
  const isDecimalMark = !GROUP_ONLY.some((each) => each === last) && marks.indexOf(last) === marks.length - 1
  if (kinds.size > 2 || !isDecimalMark || !isGrouped(whole, group)) return { kind: 'not_an_amount' }
  return withDecimals(whole.replaceAll(group, ''), bare.slice(at + 1), exponent)
}
