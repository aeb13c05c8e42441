/**
 * TikTok's amounts and ratios to ours and back: the only place where they change their spelling. Pure.
 * Nothing is ever computed with floats: a float from the wire is taken by its shortest decimal spelling, which is exact for every
 * amount TikTok accepts (below 10,000,000).
 */
import { parseRatio } from '../../../shared/domain/bid.ts'
import { formatDecimal, parseDecimal } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'

const MICROS = 1_000_000n

/** A JSON number from TikTok as micros. @throws OperationError invalid_value when it has more decimals than the currency. */
export function microsFromNumber(value: number, currency: string): bigint {
  // String() spells the shortest decimal that reads back as the same double; exponents and NaN fail to parse.
  return parseDecimal(String(value), currency)
}

/** What `work` makes of an amount; undefined when it is finer than its currency. Nothing is ever rounded. */
export function exactly(work: () => bigint): bigint | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof OperationError && error.code === 'invalid_value') return undefined
    throw error
  }
}

/** A JSON number from TikTok as millionths of a ratio. @throws OperationError invalid_value with more than four decimals */
export function ratioFromNumber(value: number): bigint {
  return parseRatio(String(value))
}

/** Micros as the digits of a JSON number: 120000000n EUR → "120.00". */
export function numberText(amountMicros: bigint, currency: string): string {
  return formatDecimal(amountMicros, currency)
}

/** A report's number: "12.34", "5", or "-" for "not measured". Up to six decimals, exact. Undefined when it is something else. */
export function microsFromReport(text: string | undefined): bigint | null | undefined {
  if (text === undefined || text === '-' || text === '') return null
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,12}))?$/.exec(text)
  if (match === null) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > 6) return undefined
  const micros = BigInt(match[2] ?? '0') * MICROS + BigInt(fraction.padEnd(6, '0'))
  return match[1] === '-' ? -micros : micros
}
