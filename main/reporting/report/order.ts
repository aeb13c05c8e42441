/** The order of rows: exact, largest first, what is not known last, ties by key. Pure. Amounts of different currencies are never compared. */
import type { ReportOrder } from '../../../shared/schemas/report.ts'
import type { RowDraft } from './drafts.ts'

const AMOUNTS: ReadonlySet<ReportOrder> = new Set<ReportOrder>(['spend', 'conversion_value', 'cpa'])

/** A fraction; null: not known, or divided by nothing. */
type Sortable = readonly [numerator: bigint, denominator: bigint] | null

function sortable(order: ReportOrder, { cell }: RowDraft): Sortable {
  const { sums, known } = cell
  const over = (top: bigint | null, bottom: bigint | null): Sortable =>
    top === null || bottom === null || bottom === 0n ? null : bottom < 0n ? [-top, -bottom] : [top, bottom]
  const conversions = known.conversions > 0n ? sums.conversions : null
  const value = known.value > 0n ? sums.value : null
  switch (order) {
    case 'spend':
    case 'clicks':
      return over(sums[order], 1n)
    case 'conversions':
      return over(conversions, 1n)
    case 'conversion_value':
      return over(value, 1n)
    case 'cpa':
      return over(sums.spend, conversions)
    case 'roas':
      return over(value, sums.spend)
    default:
      return over(known.reportedValue > 0n ? sums.reportedValue : null, sums.spend)
  }
}

/** Remainders come last: they are no thing that could be best. */
export function sortRows(rows: readonly RowDraft[], order: ReportOrder): readonly RowDraft[] {
  const keyed = rows.map((row) => ({ row, by: sortable(order, row) }))
  return keyed
    .toSorted((a, b) => {
      if (a.row.isRemainder !== b.row.isRemainder) return a.row.isRemainder ? 1 : -1
      if (AMOUNTS.has(order) && a.row.currency !== b.row.currency) return a.row.currency < b.row.currency ? -1 : 1
      return compare(a.by, b.by) || byKey(a.row, b.row)
    })
    .map(({ row }) => row)
}

function compare(a: Sortable, b: Sortable): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  const difference = b[0] * a[1] - a[0] * b[1]
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

function byKey(a: RowDraft, b: RowDraft): number {
  if (a.entityKey !== null && b.entityKey !== null && a.entityKey !== b.entityKey) return a.entityKey - b.entityKey
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

/** Oldest first; of one day by platform and currency. */
export const sortByDate = (rows: readonly RowDraft[]): readonly RowDraft[] =>
  rows.toSorted((a, b) => (a.firstDay ?? 0) - (b.firstDay ?? 0) || byKey(a, b))
