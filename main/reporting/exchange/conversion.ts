/**
 * Which currencies of a report are brought to the reporting currency, by which rate on which day. Pure. A currency that lacks a rate on a single
 * day with numbers is kept apart for the whole report: half of it converted would be neither.
 */
import type { OutputOf } from '../../../shared/operations.ts'
import { dateOf } from '../calendar.ts'
import { crossRate, FINE, type RateOfDay } from './cross-rate.ts'

export interface Conversion {
  /** What amounts in `currency` are shown in. */
  shownIn(currency: string): string
  /** Fine units (10^-12 micros) of the shown currency for one micro of `currency` on a day that was named when this was made. */
  fineRate(currency: string, day: number): bigint
  /** Whether any amount is really converted. */
  readonly isNeeded: boolean
  readonly rates: OutputOf<'get_cross_platform_report'>['rates']
}

const MAX_LISTED = 40

/**
 * @param days per currency, the days on which there are numbers
 * @param rateOf see createDayRates
 */
export function createConversion(
  target: string | undefined,
  days: ReadonlyMap<string, ReadonlySet<number>>,
  rateOf: (currency: string, day: number) => RateOfDay | undefined,
): Conversion {
  const used: Conversion['rates']['used'] = []
  const missing: Conversion['rates']['missing'] = []
  const crosses = new Map<string, ReadonlyMap<number, bigint>>()
  for (const currency of [...days.keys()].toSorted()) {
    if (target === undefined || currency === target) continue
    const wanted = [...(days.get(currency) ?? [])].toSorted((a, b) => a - b)
    const found = wanted.flatMap((day) => {
      const from = rateOf(currency, day)
      const to = rateOf(target, day)
      return from === undefined || to === undefined ? [] : [{ day, from, to }]
    })
    if (found.length < wanted.length) {
      const held = new Set(found.map(({ day }) => day))
      const without = wanted.filter((day) => !held.has(day))
      missing.push({ currency, first_missing_date: dateOf(without[0] ?? 0), days: without.length })
      continue
    }
    const [first] = found
    const last = found.at(-1)
    crosses.set(currency, new Map(found.map(({ day, from, to }) => [day, crossRate(from.perEuroE8, to.perEuroE8)])))
    if (first === undefined || last === undefined) continue
    used.push({
      currency,
      first_date: dateOf(publishedDay(first)),
      last_date: dateOf(publishedDay(last)),
      source: sourcesOf(found),
    })
  }
  return {
    shownIn: (currency) => (target !== undefined && crosses.has(currency) ? target : currency),
    fineRate(currency, day) {
      const ofCurrency = crosses.get(currency)
      if (ofCurrency === undefined) return FINE
      const rate = ofCurrency.get(day)
      if (rate === undefined) throw new Error(`no rate was prepared for ${currency} on ${dateOf(day)}`)
      return rate
    },
    isNeeded: crosses.size > 0,
    rates: { currency: target ?? null, used: used.slice(0, MAX_LISTED), missing: missing.slice(0, MAX_LISTED) },
  }
}

interface Pair {
  readonly from: RateOfDay
  readonly to: RateOfDay
}
/** Of the two rates of a pair the euro's own has no publication. */
function publishedDay({ from, to }: Pair): number {
  return from.source === undefined ? to.publishedDay : from.publishedDay
}

const SOURCE_NAMES = { starter: 'ECB reference rates', import: 'imported rates' } as const

function sourcesOf(pairs: readonly Pair[]): string {
  const sources = new Set(pairs.flatMap(({ from, to }) => [from.source, to.source]))
  const names = (['starter', 'import'] as const).filter((source) => sources.has(source))
  return names.map((source) => SOURCE_NAMES[source]).join(' and ')
}
