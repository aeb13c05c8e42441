/**
 * What a platform gives for an account, or for a campaign or ad group, and for none of its parts: Performance Max has no ads to report by, and
 * some platforms stop giving single ads after a while. One row per account makes the parts add up; it may have any sign, and is never dropped.
 */
import { factsReaders } from '../../store/facts-tables.ts'
import type { ReportGroup } from '../../store/report-query.ts'
import { dayCell } from './basis.ts'
import { addCells, type Cell, EMPTY_CELL, remainderOf } from './cell.ts'
import { gatherDays, type RowDraft } from './drafts.ts'
import { type EntityRowDeps, readScope } from './entity-rows.ts'

export function remainders(deps: EntityRowDeps): readonly RowDraft[] {
  const { basis, scope, level } = deps
  const isWhole = level === (scope.parent?.type ?? 'campaign')
  if (isWhole) return []
  const parts = new Map<number, Cell>()
  for (const group of factsReaders(deps.facts).reports.perAccountDay(readScope(deps))) {
    const cell = cellOfDay(deps, group)
    if (cell !== undefined) parts.set(group.accountKey, addCells(parts.get(group.accountKey) ?? EMPTY_CELL, cell))
  }
  const above = gatherDays(basis, basis.current, ({ account }, _day, currency) => ({
    key: `remainder ${account.accountId}`,
    platform: account.platform,
    accountId: account.accountId,
    firstDay: null,
    currency,
  }))
  const keys = new Map([...basis.accounts.values()].map(({ account }) => [account.accountId, account.accountKey]))
  return above
    .flatMap((row) => {
      const accountKey = keys.get(row.accountId ?? ('' as never)) ?? null
      const cell = remainderOf(row.cell, parts.get(accountKey ?? 0) ?? EMPTY_CELL)
      return cell === undefined ? [] : [{ ...row, accountKey, cell, isRemainder: true, hasChildren: false }]
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function cellOfDay({ basis }: Pick<EntityRowDeps, 'basis'>, group: ReportGroup): Cell | undefined {
  const of = basis.accounts.get(group.accountKey)
  return of === undefined ? undefined : dayCell(basis, of, group)
}
