/**
 * Sums for the cross-platform report: exact integers per account, entity, day. Whole blocks of days come from the roll-ups, the ends of a range
 * from the facts. Reads only; never converts, never divides.
 */
import type { MetricLevel } from '../../shared/domain/metric.ts'

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

/**
 * How sums are read. Groups without a single fact are left out everywhere.
 * - perAccount, perAccountDay: order account, day. Whole levels come from the roll-up by day; below a parent from its entities.
 * - perEntity: largest first by `sort`, unknown last, ties by entityKey; sorts by amounts go currency by currency, in the order of the codes.
 * - perEntityOf, perEntityDayOf: the named entities, whatever their level, in the order entityKey, day.
 * - withChildFacts: which of the entities have a direct child (ad group or ad) with a fact in the range.
 */
export interface ReportReader {
  perAccount(scope: ReportScope): readonly ReportGroup[]
  perAccountDay(scope: ReportScope): readonly ReportGroup[]
  perEntity(
    scope: ReportScope,
    order: EntityOrder,
  ): {
    readonly rows: readonly ReportGroup[]
    readonly total: number
  }
  perEntityDay(scope: ReportScope): IterableIterator<ReportGroup>
  perEntityOf(entityKeys: readonly number[], startDay: number, endDay: number): readonly ReportGroup[]
  perEntityDayOf(entityKeys: readonly number[], startDay: number, endDay: number): IterableIterator<ReportGroup>
  withChildFacts(entityKeys: readonly number[], startDay: number, endDay: number): ReadonlySet<number>
}
