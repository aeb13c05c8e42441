/**
 * Meta's amounts to ours and back. Budgets and bids are whole minor units by Meta's own table, which is not ISO 4217: a forint has two
 * decimals there and none here (developers.facebook.com/docs/marketing-api/currencies). Pure; integers only, nothing is rounded.
 */
import { currencyExponent, MAX_MICROS } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'

const MICROS = 1_000_000n
/** One minor unit is one main unit. Everywhere else it is a hundredth, also for the dinars with three decimals. */
const OFFSET_ONE = new Set(['CLP', 'COP', 'CRC', 'HUF', 'IDR', 'ISK', 'JPY', 'KRW', 'PYG', 'TWD', 'VND'])

/** Smallest amount Meta can hold in a currency, micros. @throws OperationError currency_mismatch for a code nobody knows */
export function stepMicrosOf(currency: string): bigint {
  // An unknown currency has an unknown offset: a hundredfold mistake. It is refused by the shared table.
  currencyExponent(currency)
  return OFFSET_ONE.has(currency) ? MICROS : MICROS / 100n
}

function notAnAmount(message: string): OperationError {
  return new OperationError('invalid_value', message, 'Nothing was changed. Look at the amount in Meta Ads Manager.')
}

/** Minor units as micros: "5000" EUR → 50000000n; "5000" HUF → 5000000000n. @throws OperationError invalid_value */
export function microsFromMinor(text: string, currency: string): bigint {
  if (!/^\d{1,30}$/.test(text)) throw notAnAmount('An amount of Meta’s is not a whole number of minor units.')
  const micros = BigInt(text) * stepMicrosOf(currency)
  if (micros > MAX_MICROS) throw notAnAmount('An amount of Meta’s is larger than anything this app handles.')
  return micros
}

/** Micros as minor units. @throws OperationError invalid_value for what Meta cannot hold: "12000.50" HUF, "1.234" KWD */
export function minorFromMicros(micros: bigint, currency: string): string {
  const step = stepMicrosOf(currency)
  if (micros <= 0n || micros > MAX_MICROS) throw notAnAmount('The amount is not above zero, or too large.')
  if (micros % step !== 0n)
    throw notAnAmount(
      step === MICROS
        ? `Meta counts ${currency} in whole units only. The amount was not rounded.`
        : `Meta counts ${currency} in hundredths. The amount was not rounded.`,
    )
  return (micros / step).toString()
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,30}))?$/

/**
 * A report's decimal in main units ("310.5") as micros, without floats. Meta sums values as doubles and at times writes the dust
 * ("310.49999999999997"): what is finer than a micro is rounded to the nearest one, which is our smallest unit of record.
 * Undefined when it is no such number, or past 2^53 micros.
 */
export function microsFromReport(text: string): bigint | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const fraction = match[3] ?? ''
  const rest = fraction.charAt(6)
  const whole = BigInt(match[2] ?? '0') * MICROS + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  const micros = whole + (rest >= '5' ? 1n : 0n)
  if (micros > MAX_MICROS) return undefined
  return match[1] === '-' ? -micros : micros
}

/** Meta's ROAS floor counts ten-thousandths: "15000" is 1.5. Millionths; undefined when it is no such number. */
export function ratioFromFloor(text: string): bigint | undefined {
  return /^\d{1,9}$/.test(text) ? BigInt(text) * 100n : undefined
}

/** @throws OperationError invalid_value outside Meta's bounds of 0.01 to 1,000 (bid_constraints.roas_average_floor) */
export function floorFromRatio(ratioMicros: bigint): number {
  if (ratioMicros < MIN_ROAS_MICROS || ratioMicros > MAX_ROAS_MICROS || ratioMicros % ROAS_STEP_MICROS !== 0n)
    throw notAnAmount('Meta takes a minimum return on ad spend from 0.01 to 1000 with at most four decimals.')
  return Number(ratioMicros / ROAS_STEP_MICROS)
}
export const MIN_ROAS_MICROS = 10_000n
export const MAX_ROAS_MICROS = 1_000_000_000n
export const ROAS_STEP_MICROS = 100n
