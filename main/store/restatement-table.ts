/** How much days that were over have moved since, as reports ask for it. Reads only; the metric writer records. */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsReadDb } from './open.ts'

/** How much one day moved after it was over, all ages together. Micros and millionths, signed. */
export interface DayRestatement {
  readonly day: number
  readonly factsChanged: number
  readonly spendMovedMicros: bigint
  readonly clickConversionMovedMicros: bigint
  readonly clickValueMovedMicros: bigint
}

/** What an account's day says: micros and millionths; null where no fact says it. */
export interface DayValues {
  readonly spendMicros: bigint
  readonly clickConversionMicros: bigint | null
  readonly clickValueMicros: bigint | null
}

/** One day of an account at a level, as it is now and as it was when it was first seen after it was over. */
export interface DaySeen {
  readonly day: number
  /** Whole days between the day and the first fetch (or import) that saw it over, in the account's calendar; null while it never was. */
  readonly firstAgeDays: number | null
  /** Was older than its platform restates when it was last fetched: what it says now stays. */
  readonly isFinal: boolean
  readonly now: DayValues
  /** null while the day was never seen over. */
  readonly first: DayValues | null
}

/** What one fetch, or several of one age, changed of a day that had been seen over before. Signed; unknown counts as nothing. */
export interface DayMove {
  readonly day: number
  /** Days between the day and the fetch that noticed. */
  readonly ageDays: number
  readonly spendMovedMicros: bigint
  readonly clickConversionMovedMicros: bigint
  readonly clickValueMovedMicros: bigint
}

/** One fact as it is now and as it was when its day was first seen over. */
export interface FactSeen {
  readonly day: number
  /** null while its day was never seen over. */
  readonly firstSeenAtMs: number | null
  readonly now: DayValues
  readonly first: DayValues | null
}

export type RestatementReader = ReturnType<typeof createRestatementReader>

export function createRestatementReader(db: FactsReadDb) {
  const inRange = db
    .prepare<[number, string, number, number], Record<'day' | 'facts' | 'spend' | 'click' | 'value', bigint>>(
      `SELECT day, SUM(facts_changed) AS facts, SUM(spend_moved_micros) AS spend, SUM(click_conversion_moved_micros) AS click,
         SUM(click_value_moved_micros) AS value
       FROM restatement WHERE account_key = ? AND level = ? AND day BETWEEN ? AND ? GROUP BY day ORDER BY day`,
    )
    .safeIntegers()
  return {
    inRange: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): readonly DayRestatement[] =>
      inRange.all(accountKey, level, startDay, endDay).map((row) => ({
        day: Number(row.day),
        factsChanged: Number(row.facts),
        spendMovedMicros: row.spend,
        clickConversionMovedMicros: row.click,
        clickValueMovedMicros: row.value,
      })),
  }
}
