/**
 * Everything of a range of days as it is stored, for taking it elsewhere: facts one account, level and day at a time, accounts and
 * exchange rates. Reads only; never sums, never converts. Rows are handed over one by one, so that memory does not grow with the range.
 */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsReadDb } from './open.ts'

/** The metric columns of a fact as they are stored. */
const FACT_COLUMNS = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'reach',
  'click_conversion_micros',
  'click_value_micros',
  'view_conversion_micros',
  'view_value_micros',
  'engaged_conversion_micros',
  'engaged_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
  'click_window_days',
  'view_window_days',
  'window_source',
  'fetched_at_ms',
  'first_seen_at_ms',
  'first_spend_micros',
  'first_click_conversion_micros',
  'first_click_value_micros',
] as const

/** One row by the names of its columns; every integer as a bigint, NULL as null. */
export type ExportRow = Readonly<Record<string, bigint | string | null>>

/** The facts of one account and level on one day: at least one. */
export interface FactSlice {
  readonly accountKey: number
  readonly accountId: string
  readonly platform: string
  readonly currency: string
  readonly level: MetricLevel
  readonly day: number
}
/** An entity with the campaign it lies under; null where a parent was never listed. */
export interface ExportEntity {
  readonly entityId: string
  readonly name: string
  readonly parentId: string | null
  readonly campaignId: string | null
}

/** A rate answers for the days after it until the next publication: so many days before a range are needed with it. */
const RATE_MARGIN_DAYS = 31

export type ExportReader = ReturnType<typeof createExportReader>

export function createExportReader(db: FactsReadDb) {
  const slices = db.prepare<
    [number, number],
    { account_key: number; account_id: string; platform: string; currency: string; level: MetricLevel; day: number }
  >(
    `SELECT d.account_key, a.account_id, a.platform, a.currency, d.level, d.day FROM metric_day d JOIN account a USING (account_key)
     WHERE d.day BETWEEN ? AND ? AND d.facts > 0
     ORDER BY a.platform, d.day, a.account_id, CASE d.level WHEN 'campaign' THEN 1 WHEN 'ad_group' THEN 2 ELSE 3 END`,
  )
  const held = db.prepare<[number, string, number], { was_over: number; is_final: number }>(
    'SELECT was_over, is_final FROM fetched_day WHERE account_key = ? AND level = ? AND day = ?',
  )
  const facts = db
    .prepare<[number, number, string], ExportRow>(
      `SELECT f.entity_key, ${FACT_COLUMNS.map((name) => `f.${name}`).join(', ')} FROM entity e
       CROSS JOIN metric_fact f ON f.entity_key = e.entity_key AND f.day = ? WHERE e.account_key = ? AND e.type = ?`,
    )
    .safeIntegers()
  const entities = db.prepare<
    [string],
    { entity_key: number; entity_id: string; name: string; parent_id: string | null; campaign_id: string | null }
  >(
    `SELECT e.entity_key, e.entity_id, e.name, e.parent_id,
       CASE e.type WHEN 'campaign' THEN e.entity_id
         WHEN 'ad_group' THEN e.parent_id ELSE (SELECT p.parent_id FROM entity p WHERE p.entity_id = e.parent_id) END AS campaign_id
     FROM entity e JOIN account a USING (account_key) WHERE a.platform = ? AND e.type IN ('campaign', 'ad_group', 'ad')`,
  )
  const accounts = db
    .prepare<[], ExportRow>(
      `SELECT account_id, platform, name, currency, time_zone, status, is_listed, restatement_days, last_sync_at_ms, complete_through
       FROM account ORDER BY account_id`,
    )
    .safeIntegers()
  const rates = db
    .prepare<[number, number], ExportRow>(
      'SELECT currency, day, per_euro_e8, source FROM exchange_rate WHERE day BETWEEN ? AND ? ORDER BY currency, day',
    )
    .safeIntegers()
  return {
    /** Runs `work` on one state of the database, whatever is written meanwhile. Others who read this connection meanwhile see that state too. */
    async onOneState<T>(work: () => Promise<T>): Promise<T> {
      if (db.inTransaction) return work()
      db.exec('BEGIN')
      try {
        return await work()
      } finally {
        db.exec('COMMIT')
      }
    },
    /** What there is, by platform, then day, then account and level. */
    *slices(startDay: number, endDay: number): Generator<FactSlice> {
      for (const row of slices.iterate(startDay, endDay))
        yield {
          accountKey: row.account_key,
          accountId: row.account_id,
          platform: row.platform,
          currency: row.currency,
          level: row.level,
          day: row.day,
        }
    },
    /** Whether the day was over when it was fetched, and whether its platform restates it no more; both null when it was never fetched whole. */
    holdingOf({ accountKey, level, day }: FactSlice): {
      readonly isOver: boolean | null
      readonly isFinal: boolean | null
    } {
      const row = held.get(accountKey, level, day)
      return {
        isOver: row === undefined ? null : row.was_over === 1,
        isFinal: row === undefined ? null : row.is_final === 1,
      }
    },
    facts: (slice: FactSlice): IterableIterator<ExportRow> => facts.iterate(slice.day, slice.accountKey, slice.level),
    /** All entities of a platform by their keys. */
    entitiesOf(platform: string): ReadonlyMap<bigint, ExportEntity> {
      const found = new Map<bigint, ExportEntity>()
      for (const row of entities.iterate(platform))
        found.set(BigInt(row.entity_key), {
          entityId: row.entity_id,
          name: row.name,
          parentId: row.parent_id,
          campaignId: row.campaign_id,
        })
      return found
    },
    accounts: (): IterableIterator<ExportRow> => accounts.iterate(),
    /** Rates that days of the range may use: its own and those published shortly before. */
    rates: (startDay: number, endDay: number): IterableIterator<ExportRow> =>
      rates.iterate(startDay - RATE_MARGIN_DAYS, endDay),
  }
}
