/** Rows before they are written: exact sums, maturity and completeness, gathered per key in any order. Pure. */
import type { AccountId, Platform } from '../../../shared/domain/ids.ts'
import { addCells, type Cell, EMPTY_CELL } from './cell.ts'
import { addRipeness, NO_DAYS, type Ripeness, ripenessOf, shareAt } from './maturity.ts'
import { type AccountBasis, type Basis, dayCell, type PeriodBasis } from './basis.ts'

export interface RowKey {
  readonly key: string
  readonly platform: Platform | null
  readonly accountId: AccountId | null
  /** First day of the row's date, week or month. */
  readonly firstDay: number | null
  /** What its amounts are in. */
  readonly currency: string
}

export interface RowDraft extends RowKey {
  readonly accountKey: number | null
  readonly entityKey: number | null
  readonly cell: Cell
  readonly ripeness: Ripeness
  readonly isConverted: boolean
  readonly isIncomplete: boolean
  readonly isRemainder: boolean
  readonly hasChildren: boolean
}

interface Gathering {
  readonly key: RowKey
  cell: Cell
  ripeness: Ripeness
  isConverted: boolean
}

/**
 * One row per key that `keyOf` gives to an account's day. A day that was fetched and had nothing on it makes a row of zeros; a day that was
 * never fetched makes none, and leaves the rows it belongs to incomplete.
 */
export function gatherDays(
  basis: Basis,
  period: PeriodBasis,
  keyOf: (of: AccountBasis, day: number, currency: string) => RowKey,
): readonly RowDraft[] {
  const rows = new Map<string, Gathering>()
  const incomplete = new Set<string>()
  const groups = new Map(period.days.map((group) => [`${group.accountKey} ${group.day}`, group]))
  for (const [accountKey, of] of basis.accounts) {
    const { currency } = of.account
    const shown = basis.conversion.shownIn(currency)
    const open = period.openDays.get(accountKey)
    for (let day = period.startDay; day <= period.endDay; day += 1) {
      const group = groups.get(`${accountKey} ${day}`)
      const isOpen = open?.has(day) === true
      const key = keyOf(of, day, shown)
      if (isOpen) incomplete.add(key.key)
      if (isOpen && group === undefined) continue
      const row = rows.get(key.key) ?? { key, cell: EMPTY_CELL, ripeness: NO_DAYS, isConverted: false }
      rows.set(key.key, row)
      const cell = group === undefined ? undefined : dayCell(basis, of, group)
      if (cell !== undefined) row.cell = addCells(row.cell, cell)
      row.ripeness = addRipeness(row.ripeness, ripenessOf(shareAt(of.curve, of.asOfDay - day), cell?.sums.spend ?? 0n))
      row.isConverted ||= shown !== currency
    }
  }
  return [...rows.values()].map(({ key, cell, ripeness, isConverted }) => ({
    ...key,
    accountKey: null,
    entityKey: null,
    cell,
    ripeness,
    isConverted,
    isIncomplete: incomplete.has(key.key),
    isRemainder: false,
    hasChildren: key.firstDay === null && cell.facts > 0n,
  }))
}

/**
 * Sums per shown currency, in the order of the codes. A currency in which neither period has a number is left out, unless no other has one: zero
 * is an answer, one zero per idle account is noise.
 */
export function gatherTotals(basis: Basis, period: PeriodBasis): readonly RowDraft[] {
  const periods = [basis.current, ...(basis.previous === undefined ? [] : [basis.previous])]
  const used = new Set(
    periods.flatMap(({ days }) =>
      days.flatMap(({ accountKey }) => basis.accounts.get(accountKey)?.account.currency ?? []),
    ),
  )
  const shown = new Set([...used].map((currency) => basis.conversion.shownIn(currency)))
  return gatherDays(basis, period, (_of, _day, currency) => ({
    key: currency,
    platform: null,
    accountId: null,
    firstDay: null,
    currency,
  }))
    .filter(({ currency }) => shown.size === 0 || shown.has(currency))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1))
}
