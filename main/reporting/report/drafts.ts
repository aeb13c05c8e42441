/** Rows before they are written: exact sums, maturity and completeness, gathered per key in any order. Pure. */
import type { AccountId, Platform } from '../../../shared/domain/ids.ts'
import type { ReportGroup } from '../../store/report-query.ts'
import { type Cell, CellSum } from './cell.ts'
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

class Gathering {
  readonly sum = new CellSum()
  readonly key: RowKey
  ripeness: Ripeness = NO_DAYS
  isConverted = false
  constructor(key: RowKey) {
    this.key = key
  }
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
  const groups = groupsOf(period)
  for (const [accountKey, of] of basis.accounts) {
    const { currency } = of.account
    const shown = basis.conversion.shownIn(currency)
    const open = period.openDays.get(accountKey)
    const days = groups.get(accountKey)
    for (let day = period.startDay; day <= period.endDay; day += 1) {
      const group = days?.get(day)
      const isOpen = open?.has(day) === true
      const key = keyOf(of, day, shown)
      if (isOpen) incomplete.add(key.key)
      if (isOpen && group === undefined) continue
      const row = rowOf(rows, key)
      const cell = group === undefined ? undefined : dayCell(basis, of, group)
      if (cell !== undefined) row.sum.add(cell)
      const share = shareAt(of.curve, of.asOfDay - day)
      row.ripeness = addRipeness(row.ripeness, ripenessOf(share, cell?.sums.spend ?? 0n))
      row.isConverted ||= shown !== currency
    }
  }
  return draftsOf(rows, incomplete)
}

/** As gatherDays, for keys that are the same on every day of an account: its days are added up once per report. */
export function gatherAccounts(
  basis: Basis,
  period: PeriodBasis,
  keyOf: (of: AccountBasis, currency: string) => RowKey,
): readonly RowDraft[] {
  const rows = new Map<string, Gathering>()
  const incomplete = new Set<string>()
  const sums = accountSums(basis, period)
  for (const [accountKey, of] of basis.accounts) {
    const key = keyOf(of, basis.conversion.shownIn(of.account.currency))
    if ((period.openDays.get(accountKey)?.size ?? 0) > 0) incomplete.add(key.key)
    const own = sums.get(of.account.accountId)
    if (own === undefined) continue
    const row = rowOf(rows, key)
    row.sum.add(own.cell)
    row.ripeness = addRipeness(row.ripeness, own.ripeness)
    row.isConverted ||= own.isConverted
  }
  return draftsOf(rows, incomplete)
}

// Gone with the report they belong to.
const kept = new WeakMap<Basis, Map<PeriodBasis, ReadonlyMap<string, RowDraft>>>()

function accountSums(basis: Basis, period: PeriodBasis): ReadonlyMap<string, RowDraft> {
  let ofBasis = kept.get(basis)
  if (ofBasis === undefined) kept.set(basis, (ofBasis = new Map()))
  const known = ofBasis.get(period)
  if (known !== undefined) return known
  const rows = gatherDays(basis, period, ({ account: { accountId, platform } }, _day, currency) => ({
    key: accountId,
    platform,
    accountId,
    firstDay: null,
    currency,
  }))
  const sums = new Map(rows.map((row) => [row.key, row]))
  ofBasis.set(period, sums)
  return sums
}

function rowOf(rows: Map<string, Gathering>, key: RowKey): Gathering {
  const known = rows.get(key.key)
  if (known !== undefined) return known
  const made = new Gathering(key)
  rows.set(key.key, made)
  return made
}

function groupsOf({ days }: PeriodBasis): ReadonlyMap<number, ReadonlyMap<number | null, ReportGroup>> {
  const found = new Map<number, Map<number | null, ReportGroup>>()
  for (const group of days) {
    const ofAccount = found.get(group.accountKey) ?? new Map<number | null, ReportGroup>()
    found.set(group.accountKey, ofAccount)
    ofAccount.set(group.day, group)
  }
  return found
}

function draftsOf(rows: ReadonlyMap<string, Gathering>, incomplete: ReadonlySet<string>): readonly RowDraft[] {
  return [...rows.values()].map(({ key, sum, ripeness, isConverted }) => {
    const cell = sum.toCell()
    return {
      ...key,
      accountKey: null,
      entityKey: null,
      cell,
      ripeness,
      isConverted,
      isIncomplete: incomplete.has(key.key),
      isRemainder: false,
      hasChildren: key.firstDay === null && cell.facts > 0n,
    }
  })
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
  return gatherAccounts(basis, period, (_of, currency) => ({
    key: currency,
    platform: null,
    accountId: null,
    firstDay: null,
    currency,
  }))
    .filter(({ currency }) => shown.size === 0 || shown.has(currency))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1))
}
