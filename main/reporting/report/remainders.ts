/**
 * What a platform gives for an account, or for a campaign or ad group, and for none of its parts: Performance Max has no ads to report by, and
 * some platforms stop giving single ads after a while. One row per account makes the parts add up; it may have any sign, and is never dropped.
 */
import { factsReaders } from '../../store/facts-tables.ts'
import type { ReportGroup } from '../../store/report-query.ts'
import { dayCell } from './basis.ts'
import { type Cell, cellOf, CellSum, EMPTY_CELL, remainderOf } from './cell.ts'
import { gatherAccounts, type RowDraft } from './drafts.ts'
import { type EntityRowDeps, readScope } from './entity-rows.ts'

export function remainders(deps: EntityRowDeps): readonly RowDraft[] {
  const { basis, scope, level } = deps
  const isWhole = level === (scope.parent?.type ?? 'campaign')
  if (isWhole) return []
  const parts = partsOf(deps)
  const above = gatherAccounts(basis, basis.current, ({ account }, currency) => ({
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

/** What the parts of each account are together. Amounts that are converted are so day by day, as everywhere. */
function partsOf({ facts, basis, scope, level }: EntityRowDeps): ReadonlyMap<number, Cell> {
  const { reports } = factsReaders(facts)
  const read = readScope({ basis, scope, level })
  const isConverted = (accountKey: number): boolean => {
    const currency = basis.accounts.get(accountKey)?.account.currency ?? ''
    return basis.conversion.shownIn(currency) !== currency
  }
  const sums = new Map<number, CellSum>()
  const add = (group: ReportGroup): void => {
    const of = basis.accounts.get(group.accountKey)
    if (of === undefined) return
    const sum = sums.get(group.accountKey) ?? new CellSum()
    sums.set(group.accountKey, sum)
    sum.add(group.day === null ? cellOf(group, of.plan) : dayCell(basis, of, group))
  }
  const asTheyAre = read.accountKeys.filter((key) => !isConverted(key))
  if (asTheyAre.length > 0) for (const group of reports.perAccount({ ...read, accountKeys: asTheyAre })) add(group)
  const converted = read.accountKeys.filter(isConverted)
  if (converted.length > 0) for (const group of reports.perAccountDay({ ...read, accountKeys: converted })) add(group)
  return new Map([...sums].map(([accountKey, sum]) => [accountKey, sum.toCell()]))
}
