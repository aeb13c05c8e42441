/** Currencies as they stand in exports: codes in headers and cells, and signs, of which several currencies share one. */
import { currencyExponent } from '../../shared/domain/money.ts'

export function isKnownCurrency(code: string): boolean {
  try {
    currencyExponent(code)
    return true
  } catch {
    return false
  }
}

/** What a sign may stand for. A sign of one currency alone decides; the others only have to agree with what is known otherwise. */
const SIGNS: Readonly<Record<string, readonly string[]>> = {
  '€': ['EUR'],
  '£': ['GBP', 'EGP', 'LBP'],
  '¥': ['JPY', 'CNY'],
  '₹': ['INR'],
  '₩': ['KRW'],
  '₺': ['TRY'],
  '₽': ['RUB'],
  '₴': ['UAH'],
  '₫': ['VND'],
  '₱': ['PHP'],
  '฿': ['THB'],
  '₪': ['ILS'],
  '₦': ['NGN'],
  '₸': ['KZT'],
  '₲': ['PYG'],
  '₡': ['CRC'],
  zł: ['PLN'],
  kč: ['CZK'],
  ft: ['HUF'],
  lei: ['RON'],
  kr: ['SEK', 'NOK', 'DKK', 'ISK'],
  rp: ['IDR'],
  rm: ['MYR'],
  r$: ['BRL'],
  us$: ['USD'],
  a$: ['AUD'],
  au$: ['AUD'],
  c$: ['CAD'],
  ca$: ['CAD'],
  nz$: ['NZD'],
  hk$: ['HKD'],
  nt$: ['TWD'],
  s$: ['SGD'],
  mx$: ['MXN'],
  's/': ['PEN'],
  r: ['ZAR'],
  $: ['USD', 'AUD', 'CAD', 'NZD', 'MXN', 'SGD', 'HKD', 'TWD', 'ARS', 'CLP', 'COP', 'UYU'],
}

/** Currencies that a code or sign beside an amount can mean; undefined when it is neither. */
export function currenciesOf(mark: string): readonly string[] | undefined {
  const upper = mark.toUpperCase().replace(/\.$/, '')
  if (/^[A-Z]{3}$/.test(upper) && isKnownCurrency(upper)) return [upper]
  return SIGNS[mark.toLowerCase().replace(/\.$/, '')]
}

/** Offered when a file does not say its currency: the ones that ad accounts bill in most. */
export const COMMON_CURRENCIES = [
  'EUR',
  'USD',
  'GBP',
  'AUD',
  'CAD',
  'CHF',
  'JPY',
  'BRL',
  'MXN',
  'INR',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'HUF',
  'RON',
  'BGN',
  'TRY',
  'ILS',
  'AED',
  'SAR',
  'EGP',
  'QAR',
  'KWD',
  'ZAR',
  'NGN',
  'KES',
  'MAD',
  'SGD',
  'HKD',
  'TWD',
  'KRW',
  'CNY',
  'IDR',
  'MYR',
  'PHP',
  'THB',
  'VND',
  'PKR',
  'BDT',
  'NZD',
  'ARS',
  'CLP',
  'COP',
  'PEN',
  'UYU',
  'UAH',
  'KZT',
  'RUB',
  'ISK',
  'RSD',
  'BHD',
  'OMR',
  'JOD',
  'IQD',
  'DZD',
  'LBP',
] as const // prettier-ignore
