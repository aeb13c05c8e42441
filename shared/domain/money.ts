import { OperationError } from '../errors.ts'

/**
 * Money is an integer number of micros (1/1,000,000 of the currency's main unit) and an ISO 4217 code. No floats, ever.
 * On the wire (operations, audit log) it is a plain decimal string with exactly the currency's decimals: "120.00", "12000".
 */
export interface Money {
  readonly amountMicros: bigint
  readonly currency: string
}

/** Decimals of the currencies the three platforms bill in (ISO 4217). Unknown codes are refused, never guessed. */
const EXPONENTS: Readonly<Record<string, 0 | 2 | 3>> = {
  AED: 2,
  ARS: 2,
  AUD: 2,
  BDT: 2,
  BGN: 2,
  BHD: 3,
  BOB: 2,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CLP: 0,
  CNY: 2,
  COP: 2,
  CRC: 2,
  CZK: 2,
  DKK: 2,
  DZD: 2,
  EGP: 2,
  EUR: 2,
  GBP: 2,
  GTQ: 2,
  HKD: 2,
  HNL: 2,
  HUF: 2,
  IDR: 2,
  ILS: 2,
  INR: 2,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KES: 2,
  KRW: 0,
  KWD: 3,
  KZT: 2,
  LBP: 2,
  MAD: 2,
  MOP: 2,
  MXN: 2,
  MYR: 2,
  NGN: 2,
  NIO: 2,
  NOK: 2,
  NZD: 2,
  OMR: 3,
  PEN: 2,
  PHP: 2,
  PKR: 2,
  PLN: 2,
  PYG: 0,
  QAR: 2,
  RON: 2,
  RSD: 2,
  RUB: 2,
  SAR: 2,
  SEK: 2,
  SGD: 2,
  THB: 2,
  TRY: 2,
  TWD: 2,
  UAH: 2,
  USD: 2,
  UYU: 2,
  VND: 0,
  ZAR: 2,
} // prettier-ignore

/** Rough units per US dollar, only to scale *default limits* to a sane size. Never used to convert an amount. */
const SCALE: Readonly<Record<string, number>> = {
  ARS: 1000,
  BDT: 100,
  CLP: 1000,
  COP: 4000,
  CRC: 500,
  CZK: 20,
  DKK: 7,
  DZD: 130,
  EGP: 50,
  HKD: 8,
  HNL: 25,
  HUF: 400,
  IDR: 15000,
  INR: 80,
  IQD: 1300,
  ISK: 140,
  JPY: 100,
  KES: 130,
  KRW: 1000,
  KZT: 500,
  LBP: 90000,
  MXN: 20,
  NGN: 1500,
  NIO: 37,
  NOK: 10,
  PHP: 50,
  PKR: 280,
  PLN: 4,
  PYG: 7000,
  RSD: 100,
  RUB: 90,
  SEK: 10,
  THB: 30,
  TRY: 40,
  TWD: 30,
  UAH: 40,
  UYU: 40,
  VND: 25000,
  ZAR: 18,
  CNY: 7,
} // prettier-ignore

/** Largest amount accepted anywhere: 2^53-1 micros (about 9 billion units). Above it the platforms' own limits are far behind. */
export const MAX_MICROS = 9_007_199_254_740_991n

/** Number of decimals of a currency. @throws OperationError currency_mismatch for a code not in the table. */
export function currencyExponent(currency: string): 0 | 2 | 3 {
  const exponent = EXPONENTS[currency]
  if (exponent === undefined)
    throw new OperationError(
      'currency_mismatch',
      `The currency "${currency.slice(0, 12)}" is not one this version knows.`,
      'Nothing was changed. Amounts in this currency cannot be handled yet.',
    )
  return exponent
}

/** Rough size of the currency's unit: how many make about one US dollar. For default limits only. */
export function currencyScale(currency: string): bigint {
  currencyExponent(currency)
  return BigInt(SCALE[currency] ?? 1)
}

/** Plain decimal string with the currency's decimals: 120000000n EUR → "120.00". @throws if there is a fraction below the currency's unit. */
export function formatDecimal(amountMicros: bigint, currency: string): string {
  const exponent = currencyExponent(currency)
  const step = 10n ** BigInt(6 - exponent)
  if (amountMicros % step !== 0n)
    throw new OperationError(
      'invalid_value',
      `The amount has more than ${exponent} decimals, which ${currency} does not have.`,
      'Use an amount the currency can express.',
    )
  const negative = amountMicros < 0n
  const units = (negative ? -amountMicros : amountMicros) / step
  const text = units.toString().padStart(exponent + 1, '0')
  const whole = exponent === 0 ? text : text.slice(0, -exponent)
  const fraction = exponent === 0 ? '' : `.${text.slice(-exponent)}`
  return `${negative ? '-' : ''}${whole}${fraction}`
}

/** Like formatDecimal, but rounds half away from zero to the currency's unit. For shown sums and averages, never for a value to be written. */
export function formatRounded(amountMicros: bigint, currency: string): string {
  return formatDecimal(roundToUnit(amountMicros, currency), currency)
}

/** Rounds half away from zero to the currency's smallest unit. */
export function roundToUnit(amountMicros: bigint, currency: string): bigint {
  const step = 10n ** BigInt(6 - currencyExponent(currency))
  const sign = amountMicros < 0n ? -1n : 1n
  const magnitude = amountMicros * sign
  return sign * (((magnitude + step / 2n) / step) * step)
}

/**
 * Parses a plain decimal string ("120", "120.5", "120.50") to micros.
 * @throws OperationError invalid_value for anything else: thousands separators, exponents, signs before digits other than "-",
 * more decimals than the currency has, or an amount above MAX_MICROS.
 */
export function parseDecimal(text: string, currency: string): bigint {
  const exponent = currencyExponent(currency)
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text)
  const fraction = (match?.[3] ?? '').replace(/0+$/, '')
  if (match === null || fraction.length > exponent)
    throw new OperationError(
      'invalid_value',
      `"${text.slice(0, 40)}" is not an amount in ${currency}.`,
      exponent === 0
        ? 'Write whole units, like "12000".'
        : `Write digits with at most ${exponent} decimals, like "${exponent === 2 ? '120.50' : '120.500'}".`,
    )
  const amountMicros = BigInt(match[2] ?? '0') * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  if (amountMicros > MAX_MICROS)
    throw new OperationError(
      'invalid_value',
      'The amount is larger than anything this app handles.',
      'Check the number of digits.',
    )
  return match[1] === '-' ? -amountMicros : amountMicros
}
