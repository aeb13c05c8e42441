/**
 * Sums for the cross-platform report: exact integers per account, entity, day. Whole blocks of days come from the roll-ups, the ends of a range
 * from the facts. Reads only; never converts, never divides.
 */
import type Database from 'better-sqlite3'
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsReadDb } from './open.ts'
import { BLOCK_DAYS, knownColumn } from './rollup-table.ts'
import type { FactsReadDb } from './open.ts'
import { BLOCK_DAYS, knownColumn } from './rollup-table.ts'

/** What is summed. The first three are always known. */
export const REPORT_COLUMNS = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
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
  /** Spend of facts whose click-through value is known. */
  'measured_spend_micros',
] as const
export type ReportColumn = (typeof REPORT_COLUMNS)[number]

export interface ReportWindowSums {
  /** Facts that have a click window, and the sum and the sum of squares of its days: all the same if known * squares = days * days. */
  readonly known: bigint
  readonly days: bigint
  readonly squares: bigint
  readonly approximated: bigint
  readonly requested: bigint
}

export interface ReportSums {
  readonly facts: bigint
  readonly sums: Readonly<Record<ReportColumn, bigint>>
  /** Of how many of its facts each value is known; equal to `facts` for those that always are. */
  readonly known: Readonly<Record<ReportColumn, bigint>>
  readonly windows: ReportWindowSums
}
export interface ReportGroup extends ReportSums {
  readonly accountKey: number
  /** null in sums of whole accounts. */
  readonly entityKey: number | null
  /** null in sums over days. */
  readonly day: number | null
}

export interface ReportScope {
  readonly accountKeys: readonly number[]
  readonly level: MetricLevel
  readonly startDay: number
  readonly endDay: number
  /** Only children of this entity (a campaign's ad groups, an ad group's ads; a campaign's ads too). */
  readonly parentKey?: number
}
export type ReportSort = 'spend' | 'roas' | 'conversions' | 'conversion_value' | 'cpa' | 'reported_roas' | 'clicks'
/** One page of entities. */
export interface EntityOrder {
  readonly sort: ReportSort
  readonly columns: SortColumns
  readonly limit: number
  readonly offset: number
}
/** Which columns "conversions" and "value" mean in a sort; more than one are added up, unknown as nothing. */
export interface SortColumns {
  readonly conversions: readonly ReportColumn[]
  readonly value: readonly ReportColumn[]
}


const ALWAYS: ReadonlySet<ReportColumn> = new Set<ReportColumn>([
  'spend_micros',
  'impressions',
  'clicks',
  'measured_spend_micros',
])
const MAYBE = REPORT_COLUMNS.filter((name) => !ALWAYS.has(name))
const WINDOWS = ['window_known', 'window_days', 'window_squares', 'window_approximated', 'window_requested'] as const
/** The columns of both roll-ups, in the order in which rows are read. */
const NAMES = ['facts', ...REPORT_COLUMNS, ...MAYBE.map(knownColumn), ...WINDOWS]
const STORED = NAMES.map((name) => `x.${name}`).join(', ')
const SUM_STORED = NAMES.map((name) => `SUM(x.${name}) AS ${name}`).join(', ')
/** The same of facts, as one expression per fact. */
const OF_FACT: Readonly<Record<string, string>> = {
  facts: '1',
  ...Object.fromEntries(REPORT_COLUMNS.map((name) => [name, `x.${name}`])),
  measured_spend_micros: 'IIF(x.click_value_micros IS NULL, 0, x.spend_micros)',
  ...Object.fromEntries(MAYBE.map((name) => [knownColumn(name), `x.${name} IS NOT NULL`])),
  window_known: 'x.click_window_days IS NOT NULL',
  window_days: 'x.click_window_days',
  window_squares: 'x.click_window_days * x.click_window_days',
  window_approximated: "x.window_source IS 'approximated'",
  window_requested: "x.window_source IS 'requested'",
}
const ONE_FACT = NAMES.map((name) => `COALESCE(${OF_FACT[name]}, 0) AS ${name}`).join(', ')
const SUM_FACTS = NAMES.map((name) => `COALESCE(SUM(${OF_FACT[name]}), 0) AS ${name}`).join(', ')

const ACCOUNTS = '(SELECT value FROM json_each(@accounts))'
const OF_LEVEL = `SELECT entity_key, account_key FROM entity WHERE account_key IN ${ACCOUNTS} AND type = @level`
/** Children and grandchildren of one entity. */
const OF_PARENT = `SELECT c.entity_key, c.account_key FROM entity t JOIN entity c ON c.parent_id = t.entity_id
    WHERE t.entity_key = @parent AND c.type = @level AND c.account_key IN ${ACCOUNTS}
  UNION SELECT c.entity_key, c.account_key FROM entity t JOIN entity m ON m.parent_id = t.entity_id
      JOIN entity c ON c.parent_id = m.entity_id
    WHERE t.entity_key = @parent AND c.type = @level AND c.account_key IN ${ACCOUNTS}`
const OF_KEYS = 'SELECT entity_key, account_key FROM entity WHERE entity_key IN (SELECT value FROM json_each(@keys))'
