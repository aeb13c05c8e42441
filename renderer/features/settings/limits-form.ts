/** The limits as a person types them, and back. Nothing is guessed: what cannot be read one way is an error beside its field. */
import { currencyScale, formatRounded, parseDecimal } from '../../../shared/domain/money.ts'
import type { OutputOf } from '../../../shared/operations.ts'
import type { PolicyDocument, QuietWindowView } from '../../../shared/schemas/policy.ts'
import { fill } from '../../format.ts'
import { parseAmount } from '../../money-input.ts'
import { SETTINGS_TEXTS as t } from '../../texts-settings.ts'

export type PolicyView = OutputOf<'get_policy'>
type GlobalLimits = PolicyDocument['limits']
export type OwnLimits = PolicyDocument['accounts'][number]
export type FieldName = Exclude<keyof GlobalLimits, 'quiet_hours'>
export type OwnFieldName = Exclude<keyof OwnLimits, 'account_id' | 'currency' | 'quiet_hours'>

interface FieldKind {
  readonly kind: 'percent' | 'units' | 'fine' | 'count'
  readonly isOptional: boolean
  readonly min: number
  readonly max: number
}
const count = (min: number, max: number): FieldKind => ({ kind: 'count', isOptional: false, min, max })
const of = (kind: FieldKind['kind'], isOptional = false): FieldKind => ({ kind, isOptional, min: 0, max: 0 })

export const FIELDS: Readonly<Record<FieldName, FieldKind>> = {
  max_step_percent: of('percent'),
  max_step_amount: of('units'),
  digit_slip_factor: count(2, 1000),
  envelope_net: of('units'),
  envelope_gross: of('units'),
  total_net: of('units', true),
  total_gross: of('units', true),
  min_daily_budget: of('fine', true),
  max_daily_budget: of('fine', true),
  min_bid: of('fine', true),
  max_bid: of('fine', true),
  pause_lookback_days: count(0, 90),
  cool_down_minutes: count(0, 43_200),
  max_drafts_per_hour: count(1, 1000),
  max_items: count(1, 100),
}

export const GROUPS = [
  { group: 'step', fields: ['max_step_percent', 'max_step_amount', 'digit_slip_factor'] },
  { group: 'day', fields: ['envelope_net', 'envelope_gross', 'total_net', 'total_gross'] },
  { group: 'bounds', fields: ['min_daily_budget', 'max_daily_budget', 'min_bid', 'max_bid'] },
  { group: 'time', fields: ['cool_down_minutes', 'pause_lookback_days'] },
  { group: 'makers', fields: ['max_drafts_per_hour', 'max_items'] },
] as const satisfies readonly { group: keyof typeof t.groups; fields: readonly FieldName[] }[]

/** What an account may have of its own, in the order shown. */
export const OWN_FIELDS = [
  'max_step_percent',
  'max_step_amount',
  'digit_slip_factor',
  'envelope_net',
  'envelope_gross',
  'min_daily_budget',
  'max_daily_budget',
  'min_bid',
  'max_bid',
  'cool_down_minutes',
  'pause_lookback_days',
] as const satisfies readonly OwnFieldName[]
/** Those that an account may switch off. */
export const BOUNDS: readonly OwnFieldName[] = ['min_daily_budget', 'max_daily_budget', 'min_bid', 'max_bid']

export interface FormState {
  readonly texts: Readonly<Record<FieldName, string>>
  readonly quiet: readonly QuietWindowView[]
  readonly protectedIds: PolicyDocument['protected']
  readonly accounts: readonly OwnLimits[]
}

export function formOf({ limits, protected: protectedIds, accounts }: PolicyDocument): FormState {
  const { quiet_hours: quiet, ...rest } = limits
  const texts = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value ?? '')]))
  return { texts: texts as Record<FieldName, string>, quiet, protectedIds, accounts }
}

type Parsed = { readonly value: string | number | null } | { readonly error: string }

/** What a field holds. @param currency of an account's own limit; without one an amount is in units */
export function parseField(name: FieldName, text: string, currency?: string): Parsed {
  const { kind, isOptional, min, max } = FIELDS[name]
  const trimmed = text.trim()
  if (trimmed === '') return isOptional ? { value: null } : { error: t.errors.required }
  if (kind === 'count') {
    const number = /^\d{1,6}$/.test(trimmed) ? Number(trimmed) : -1
    return number >= min && number <= max ? { value: number } : { error: fill(t.errors.count, { min, max }) }
  }
  if (kind === 'percent') {
    // A comma is a decimal mark here whatever the locale: no percentage has groups.
    const bare = trimmed.replace(/\s*%$/, '').replace(',', '.')
    return /^(?:0|[1-9]\d{0,4})(?:\.\d{1,2})?$/.test(bare) ? { value: bare } : { error: t.errors.percent }
  }
  return parseMoney(trimmed, kind, currency)
}

function parseMoney(text: string, kind: 'units' | 'fine', currency: string | undefined): Parsed {
  const isOwn = currency !== undefined
  // Units have no symbol of their own: a currency with as many decimals lends its rules.
  const parsed = parseAmount(text, currency ?? (kind === 'units' ? 'JPY' : 'USD'), navigator.language)
  const plain = isOwn ? fill(t.errors.amount, { currency }) : t.errors[kind]
  switch (parsed.kind) {
    case 'ok':
      return isOwn || Number(parsed.decimal) > 0 || kind === 'fine'
        ? { value: isOwn ? parsed.decimal : trimZeros(parsed.decimal) }
        : { error: plain }
    case 'ambiguous':
      return { error: fill(t.errors.ambiguous, parsed) }
    case 'too_many_decimals':
      return { error: kind === 'units' && !isOwn ? plain : fill(t.errors.decimals, { decimals: parsed.decimals }) }
    default:
      return { error: plain }
  }
}

/** "500.00" → "500": the written form of units. */
const trimZeros = (decimal: string): string => decimal.replace(/\.00$/, '')

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/

/** What is wrong with quiet hours, in words; null when nothing is. */
export function quietError({ days, from, to }: QuietWindowView): string | null {
  if (!TIME.test(from) || !(TIME.test(to) || to === '24:00')) return t.quiet.badTime
  if (from === to) return t.quiet.sameTime
  return days.length === 0 ? t.quiet.noDay : null
}

/** What holds for all accounts, as it is in one of a currency; empty where nothing does. */
export function inheritedText(name: FieldName, text: string, currency: string): string {
  const parsed = parseField(name, text)
  if ('error' in parsed || parsed.value === null) return ''
  const { kind } = FIELDS[name]
  if (kind === 'percent' || kind === 'count') return String(parsed.value)
  try {
    return formatRounded(parseDecimal(String(parsed.value), 'USD') * currencyScale(currency), currency)
  } catch {
    return '' // a currency this version does not know: nothing can be changed in its accounts anyway
  }
}

/** The document that the form stands for; null while something in it is wrong. */
export function documentFrom(form: FormState): PolicyDocument | null {
  const limits: Record<string, unknown> = { quiet_hours: form.quiet }
  for (const name of Object.keys(FIELDS) as FieldName[]) {
    const parsed = parseField(name, form.texts[name])
    if ('error' in parsed) return null
    limits[name] = parsed.value
  }
  const windows = [...form.quiet, ...form.accounts.flatMap((own) => own.quiet_hours ?? [])]
  if (windows.some((window) => quietError(window) !== null)) return null
  return { limits: limits as GlobalLimits, protected: [...form.protectedIds], accounts: [...form.accounts] }
}

/** Whether two documents say the same, whatever the order of their lists. */
export function isSameDocument(a: PolicyDocument, b: PolicyDocument): boolean {
  return canonical(a) === canonical(b)
}

function canonical({ limits, protected: protectedIds, accounts }: PolicyDocument): string {
  const sorted = (value: object): unknown => Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1))
  return JSON.stringify([
    sorted(limits),
    protectedIds.toSorted(),
    accounts.toSorted((x, y) => (x.account_id < y.account_id ? -1 : 1)).map(sorted),
  ])
}
