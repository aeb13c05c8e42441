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

/**
 * "1 204,50", "1.204,50", "1,204.50", "€ 120", "CHF 1'204" → "1204.50" and so on. One lonely separator before exactly
 * three digits is a thousands mark only where the locale writes it so; otherwise it is ambiguous.
 */
export function parseAmount(text: string, currency: string, locale: string): ParsedAmount {
  const exponent = currencyExponent(currency)
  const bare = text
    .replace(currency, '')
    .replace(/\p{Sc}/gu, '')
    .replace(/[\s\u00a0\u202f'’]/gu, '')
  if (bare === '') return { kind: 'empty' }
  if (!/^\d[\d.,]*$/.test(bare)) return { kind: 'not_an_amount' }
  const marks = bare.match(/[.,]/g) ?? []
  if (marks.length === 0) return wire(bare, '', exponent)
  const last = marks.at(-1) === ',' ? ',' : '.'
  const isMixed = marks.some((mark) => mark !== last)
  if (isMixed) {
    const at = bare.lastIndexOf(last)
    const whole = bare.slice(0, at)
    const other = last === '.' ? ',' : '.'
    if (marks.filter((mark) => mark === last).length > 1 || !isGrouped(whole, other)) return { kind: 'not_an_amount' }
    return wire(whole.replaceAll(other, ''), bare.slice(at + 1), exponent)
  }
  if (marks.length > 1)
    return isGrouped(bare, last) ? wire(bare.replaceAll(last, ''), '', exponent) : { kind: 'not_an_amount' }
  const [whole = '', fraction = ''] = bare.split(last)
  if (!isGrouped(bare, last)) return wire(whole, fraction, exponent)
  // Three digits after one mark: thousands, or three decimals?
  if (separators(locale).group === last && exponent !== 3) return wire(whole + fraction, '', exponent)
  return {
    kind: 'ambiguous',
    asThousands: whole + fraction,
    asDecimals: exponent === 0 ? whole : `${whole}.${fraction.slice(0, exponent)}`,
  }
}
