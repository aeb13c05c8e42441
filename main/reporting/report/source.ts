/** What a report needs to read, in its own words: sums per account or entity and day. Everything is exact integers of the account's currency. */
import type { MetricLevel } from '../../../shared/domain/metric.ts'
import type { ReportGroup, ReportSort, SortColumns } from '../../store/report-query.ts'
import type { ReportRange } from './scope.ts'

export interface EntityScope extends ReportRange {
  readonly accountKeys: readonly number[]
  readonly level: MetricLevel
  /** Only what lies below this campaign or ad group. */
  readonly parentKey: number | undefined
}
export interface EntityOrder {
  readonly sort: ReportSort
  readonly columns: SortColumns
  readonly limit: number
  readonly offset: number
}

export interface ReportSource {
  /** Whole accounts, a group per account and day with facts. */
  accountDays(scope: Omit<EntityScope, 'parentKey'>): readonly ReportGroup[]
  /** A page of entities with facts, summed over the days, and how many there are; currency by currency where amounts are compared. */
  entityPage(scope: EntityScope, order: EntityOrder): { readonly groups: readonly ReportGroup[]; readonly total: number }
  /** These entities, a group per entity and day with facts. */
  entityDays(level: MetricLevel, entityKeys: readonly number[], range: ReportRange): Iterable<ReportGroup>
}
