/** One page of rows, whatever they are: platforms, accounts, dates, or entities with what they leave over. */
import type { ReportOrder } from '../../../shared/schemas/report.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dateOf } from '../calendar.ts'
import type { Basis } from './basis.ts'
import { gatherAccounts, gatherDays, type RowDraft, type RowKey } from './drafts.ts'
import { entityRows } from './entity-rows.ts'
import { sortByDate, sortRows } from './order.ts'
import { firstDayOf, type Grain } from './periods.ts'
import { remainders } from './remainders.ts'
import { type CrossScope, entityLevel } from './scope.ts'

export interface RowsPage {
  readonly rows: readonly RowDraft[]
  /** Over all pages. */
  readonly total: number
  readonly isOrderedByCurrency: boolean
}
export interface RowsWanted {
  readonly order: ReportOrder | undefined
  readonly byPlatform: boolean
  readonly limit: number
  readonly offset: number
}

/** Over all pages the rows add up to the totals, in every column and currency. */
export function rowsPage(facts: FactsReadDb, basis: Basis, scope: CrossScope, wanted: RowsWanted): RowsPage {
  const { offset, limit } = wanted
  const level = entityLevel(scope.groupBy)
  if (level === undefined) {
    const rows = gathered(basis, scope, wanted)
    return { rows: rows.slice(offset, offset + limit), total: rows.length, isOrderedByCurrency: false }
  }
  const deps = { facts, basis, scope, level }
  const found = entityRows(deps, { order: wanted.order ?? 'spend', limit, offset })
  const rest = remainders(deps)
  const restOffset = Math.max(0, offset - found.total)
  return {
    rows: [...found.rows, ...rest.slice(restOffset, restOffset + limit - found.rows.length)],
    total: found.total + rest.length,
    isOrderedByCurrency: found.isOrderedByCurrency,
  }
}

function gathered(basis: Basis, scope: CrossScope, { order, byPlatform }: RowsWanted): readonly RowDraft[] {
  const { groupBy } = scope
  const isDated = groupBy === 'date' || groupBy === 'week' || groupBy === 'month'
  const rows = isDated
    ? datedRows(basis, groupBy, byPlatform)
    : gatherAccounts(basis, basis.current, ({ account: { platform, accountId } }, currency): RowKey => {
        if (groupBy === 'account') return { key: accountId, platform, accountId, firstDay: null, currency }
        return { key: `${platform} ${currency}`, platform, accountId: null, firstDay: null, currency }
      })
  // What has no fact is no row, as everywhere; is_incomplete of the others and complete_through say whether that is a zero.
  const found = rows.filter(({ cell }) => cell.facts > 0n)
  return isDated && order === undefined ? sortByDate(found) : sortRows(found, order ?? 'spend')
}

function datedRows(basis: Basis, grain: Grain, byPlatform: boolean): readonly RowDraft[] {
  // Every account asks for the same days.
  const periods = new Map<number, { readonly firstDay: number; readonly date: string }>()
  const periodOf = (day: number) => {
    const known = periods.get(day)
    if (known !== undefined) return known
    const firstDay = firstDayOf(grain, day)
    const made = { firstDay, date: dateOf(firstDay) }
    periods.set(day, made)
    return made
  }
  return gatherDays(basis, basis.current, ({ account }, day, currency): RowKey => {
    const { firstDay, date } = periodOf(day)
    const of = byPlatform ? account.platform : null
    return { key: [date, of, currency].join(' '), platform: of, accountId: null, firstDay, currency }
  })
}
