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
