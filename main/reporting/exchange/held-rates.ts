/** The exchange rates that facts.db holds, as reports ask for them. Reads only. */
import type { OutputOf } from '../../../shared/operations.ts'
import { createExchangeReader } from '../../store/exchange-table.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dateOf } from '../calendar.ts'
import { createDayRates, MAX_RATE_AGE_DAYS } from './cross-rate.ts'

/** All rates that a range of days can need, for createConvertTo and the like. */
export function dayRatesOf(facts: FactsReadDb, startDay: number, endDay: number): ReturnType<typeof createDayRates> {
  const reader = createExchangeReader(facts)
  return createDayRates(reader.inRange(reader.held().currencies, startDay - MAX_RATE_AGE_DAYS, endDay))
}

/** Operation get_exchange_rates: what a report can be shown in. The euro needs no rate of its own. */
export function getExchangeRates(facts: FactsReadDb): OutputOf<'get_exchange_rates'> {
  const { currencies, firstDay, lastDay, source } = createExchangeReader(facts).held()
  return {
    currencies: currencies.length === 0 ? [] : [...new Set(['EUR', ...currencies])].toSorted().slice(0, 60),
    first_date: firstDay === null ? null : dateOf(firstDay),
    last_date: lastDay === null ? null : dateOf(lastDay),
    source,
  }
}
