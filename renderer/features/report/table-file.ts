/** The breakdown as a file: what is loaded, row by row, with how each was counted. Pure. */
import type { CsvCell } from '../../../shared/csv.ts'
import { TEXTS } from '../../texts.ts'
import { shownColumns } from './columns.ts'
import { nameOf } from './grid-row.tsx'
import { isMetric } from './numbers.ts'
import type { Account, ReportTotals, Scope } from './scope.ts'
import type { TreeRow } from './tree.ts'

/** Header, one line per row, one per total. Amounts are the wire's own decimal strings: nothing is rounded again. */
export function tableRows(
  rows: readonly TreeRow[],
  totals: readonly ReportTotals[],
  scope: Scope,
  accounts: ReadonlyMap<string, Account>,
): readonly (readonly CsvCell[])[] {
  const metrics = shownColumns(scope.choices.columns).filter(isMetric)
  const head = [
    'level',
    'platform',
    'account',
    'account_id',
    'entity_id',
    'name',
    'is_remainder',
    'currency',
    'attribution',
    ...metrics,
    'window_status',
    'click_days',
    'maturity',
    'known_share',
    'start_date',
    'end_date',
  ]
  const { range, choices } = scope
  const numbers = rows.flatMap((item): readonly CsvCell[][] => {
    if (item.kind !== 'row') return []
    const { row, level } = item
    return [
      [
        level,
        row.platform === null ? null : TEXTS.platforms[row.platform],
        row.account_id === null ? null : (accounts.get(row.account_id)?.untrusted.name ?? null),
        row.account_id,
        row.entity_id,
        nameOf(row, level, accounts),
        row.is_remainder ? 'yes' : 'no',
        row.currency,
        choices.attribution,
        ...metrics.map((name) => row.metrics[name]),
        row.window.status,
        row.window.click_days,
        row.maturity.state,
        row.maturity.known_share,
        range.start,
        range.end,
      ],
    ]
  })
  const sums = totals.map((total): readonly CsvCell[] => [
    'total',
    null,
    null,
    null,
    null,
    null,
    'no',
    total.currency,
    choices.attribution,
    ...metrics.map((name) => total.metrics[name]),
    total.window.status,
    total.window.click_days,
    total.maturity.state,
    total.maturity.known_share,
    range.start,
    range.end,
  ])
  return [head, ...numbers, ...sums]
}
