/** Amounts of orders and of spend in the report's currency, exactly. Pure. */
import { currencyExponent, formatDecimal } from '../../../shared/domain/money.ts'
import { crossRate, divideHalfEven, FINE, type RateOfDay } from '../exchange/cross-rate.ts'

/**
 * Micros of `from` on a day (days since 1970-01-01) as fine units, 10^-12 micros, of the currency this was made for: exact, so that sums of
 * converted amounts are the converted sum. undefined: there is no rate for that day.
 */
export type ConvertToFine = (micros: bigint, from: string, day: number) => bigint | undefined

/** @param rateOf see createDayRates */
export function createConvertTo(
  rateOf: (currency: string, day: number) => RateOfDay | undefined,
): (target: string) => ConvertToFine {
  return (target) => {
    // Orders come by the thousand per day and currency.
    const known = new Map<string, bigint | null>()
    const find = (from: string, day: number): bigint | null => {
      const [source, wanted] = [rateOf(from, day), rateOf(target, day)]
      return source === undefined || wanted === undefined ? null : crossRate(source.perEuroE8, wanted.perEuroE8)
    }
    return (micros, from, day) => {
      if (from === target) return micros * FINE
      const key = `${from} ${day}`
      const held = known.get(key)
      const rate = held === undefined ? find(from, day) : held
      known.set(key, rate)
      return rate === null ? undefined : micros * rate
    }
  }
}

/** A fine amount as it is written: rounded once, half to even, to the currency's smallest unit. */
export function fineText(fine: bigint, currency: string): string {
  const step = 10n ** BigInt(6 - currencyExponent(currency))
  return formatDecimal(divideHalfEven(fine, FINE * step) * step, currency)
}
