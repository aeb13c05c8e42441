/** Whether something converted on some days: what the pause look-back asks. Reads facts.db. */
import type { EntityId } from '../../shared/domain/ids.ts'
import type { FactsReadDb } from './open.ts'

export type ConversionReader = ReturnType<typeof createConversionReader>

export function createConversionReader(db: FactsReadDb) {
  const entity = db.prepare<[string], { entityKey: number; completeThrough: number | null }>(
    `SELECT e.entity_key AS entityKey, a.complete_through AS completeThrough
     FROM entity e JOIN account a ON a.account_key = e.account_key WHERE e.entity_id = ?`,
  )
  const facts = db.prepare<[number, number, number], { converted: number; silent: number }>(
    `SELECT COALESCE(SUM(COALESCE(click_conversion_micros, 0) > 0 OR COALESCE(view_conversion_micros, 0) > 0
         OR COALESCE(engaged_conversion_micros, 0) > 0 OR COALESCE(reported_conversion_micros, 0) > 0), 0) AS converted,
       COALESCE(SUM(COALESCE(click_conversion_micros, view_conversion_micros, engaged_conversion_micros,
         reported_conversion_micros) IS NULL), 0) AS silent
     FROM metric_fact WHERE entity_key = ? AND day BETWEEN ? AND ?`,
  )
  return {
    /**
     * Conversions of any kind, by the platform's own count, on the account's calendar days from `fromDay` through `toDay` (days since 1970).
     * Undefined when that is not known: it is not in the last sync, a day that is over has not been fetched, or the platform tells no
     * conversions of a day on which it was shown.
     */
    hasConverted(entityId: EntityId, fromDay: number, toDay: number): boolean | undefined {
      const found = entity.get(entityId)
      if (found === undefined) return undefined
      const days = facts.get(found.entityKey, fromDay, toDay)
      if (days !== undefined && days.converted > 0) return true
      // The last day may still be running: it is as complete as it can be.
      if (found.completeThrough === null || found.completeThrough < toDay - 1) return undefined
      return (days?.silent ?? 0) > 0 ? undefined : false
    },
  }
}
