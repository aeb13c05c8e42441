/**
 * Dated exchange rates as exact integers. Pure. A rate is never guessed: a day without a publication in the week before it has none.
 *
 * A cross rate between two currencies of one day has 12 decimals, rounded half to even once. A converted amount is micros times that rate, a
 * whole number of 10^-12 micros ("fine" amounts): sums of such amounts are exact, so parts add up to totals in any order and grouping, and the
 * only other rounding happens when a sum is written.
 */
import type { RateSource, StoredRate } from '../../store/exchange-table.ts'

/** One, as a cross rate; and the number of fine units in a micro. */
export const FINE = 10n ** 12n
/** The European Central Bank publishes on working days; the longest gap of the year is four days. A week is the most a rate stands for. */
export const MAX_RATE_AGE_DAYS = 7
const EURO_E8 = 10n ** 8n

/** numerator ÷ denominator (> 0), rounded half to even. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n
  const top = isNegative ? -numerator : numerator
  const quotient = top / denominator
  const twice = (top % denominator) * 2n
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n)
  const rounded = isUp ? quotient + 1n : quotient
  return isNegative ? -rounded : rounded
}

/** Units of `to` for one unit of `from`, times 10^12. Both given as units per euro times 10^8. */
export function crossRate(fromPerEuroE8: bigint, toPerEuroE8: bigint): bigint {
  return divideHalfEven(toPerEuroE8 * FINE, fromPerEuroE8)
}

export interface RateOfDay {
  readonly perEuroE8: bigint
  /** Day of the publication: the day itself or one of the seven before it. */
  readonly publishedDay: number
  /** undefined: the euro itself. */
  readonly source: RateSource | undefined
}

/** Answers with the last publication on or before a day, at most a week old. */
export function createDayRates(rates: readonly StoredRate[]): (currency: string, day: number) => RateOfDay | undefined {
  const published = new Map<string, StoredRate>(rates.map((rate) => [`${rate.currency} ${rate.day}`, rate]))
  return (currency, day) => {
    if (currency === 'EUR') return { perEuroE8: EURO_E8, publishedDay: day, source: undefined }
    for (let age = 0; age <= MAX_RATE_AGE_DAYS; age += 1) {
      const found = published.get(`${currency} ${day - age}`)
      if (found !== undefined) return { perEuroE8: found.perEuroE8, publishedDay: found.day, source: found.source }
    }
    return undefined
  }
}
