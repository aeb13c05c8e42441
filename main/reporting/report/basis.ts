/**
 * What all parts of a report stand on: per account the columns that count, how mature its days are, which days are held; the sums per day that
 * the totals come from; and the exchange rates. Reads; decides nothing about rows.
 */
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import type { MetricLevel } from '../../../shared/domain/metric.ts'
import { createExchangeReader } from '../../store/exchange-table.ts'
import type { StoredAccount } from '../../store/account-table.ts'
import { REPORT_COLUMNS, type ReportGroup } from '../../store/report-query.ts'
import { localDay } from '../calendar.ts'
import { type Conversion, createConversion } from '../exchange/conversion.ts'
import { createDayRates, MAX_RATE_AGE_DAYS } from '../exchange/cross-rate.ts'
import type { ReportingDeps } from '../freshness.ts'
import { type Cell, cellOf, type Plan, planOf } from './cell.ts'
import { curveOf } from './curves.ts'
import type { MaturityCurve } from './maturity.ts'
import { type CrossScope, entityLevel, type ReportRange } from './scope.ts'

export interface AccountBasis {
  readonly account: StoredAccount
  readonly plan: Plan
  readonly curve: MaturityCurve
  /**
   * The calendar day, in the account's zone, that its numbers are of: today, or the day of its last sync or import. A day that was last read
   * when it was young has not matured since.
   */
  readonly asOfDay: number
}

export interface PeriodBasis extends ReportRange {
  /** Per account and day with facts: whole accounts, or the one entity that everything lies under. */
  readonly days: readonly ReportGroup[]
  /** Per account, the days that were not over when they were fetched, or never fetched. */
  readonly openDays: ReadonlyMap<number, ReadonlySet<number>>
}

export interface Basis {
  readonly accounts: ReadonlyMap<number, AccountBasis>
  readonly conversion: Conversion
  readonly current: PeriodBasis
  readonly previous: PeriodBasis | undefined
}

export function loadBasis(
  deps: ReportingDeps,
  scope: CrossScope,
  more: { readonly currency: string | undefined; readonly previous: ReportRange | undefined },
): Basis {
  const ranges = [scope, ...(more.previous === undefined ? [] : [more.previous])]
  const plans = plansOf(deps.facts, scope, ranges)
  const accounts = new Map(
    scope.accounts.map((account): [number, AccountBasis] => {
      const asOfDay = asOfDayOf(deps, account)
      const plan = plans.get(account.accountKey) ?? planOf(scope.attribution, NOTHING_KNOWN)
      return [account.accountKey, { account, plan, curve: curveOf(deps.facts, account, asOfDay), asOfDay }]
    }),
  )
  const days = more.currency === undefined ? [] : daysWithNumbers(deps.facts, scope, ranges)
  return {
    accounts,
    conversion: conversionOf(deps.facts, accounts, days, more.currency),
    current: periodOf(deps.facts, scope, scope),
    previous: more.previous === undefined ? undefined : periodOf(deps.facts, scope, more.previous),
  }
}

export function asOfDayOf({ clock }: ReportingDeps, { lastSyncAtMs, timeZone }: StoredAccount): number {
  const nowMs = clock.nowMs()
  return localDay(Math.min(nowMs, lastSyncAtMs ?? nowMs), timeZone)
}

const NOTHING_KNOWN = {
  known: Object.fromEntries(REPORT_COLUMNS.map((column) => [column, 0n])) as ReportGroup['known'],
}

function periodOf(facts: FactsReadDb, scope: CrossScope, range: ReportRange): PeriodBasis {
  const { reports } = factsReaders(facts)
  const { startDay, endDay } = range
  const accountKeys = scope.accounts.map((account) => account.accountKey)
  const { parent } = scope
  const days =
    parent === undefined
      ? reports.perAccountDay({ accountKeys, level: 'campaign', startDay, endDay })
      : [...reports.perEntityDayOf([parent.entityKey], startDay, endDay)]
  const level = parent === undefined ? 'campaign' : (parent.type as MetricLevel)
  return { startDay, endDay, days, openDays: openDaysOf(facts, accountKeys, level, range) }
}

/** Per account, the days of a range that were not over when they were fetched, or never were. */
export function openDaysOf(
  facts: FactsReadDb,
  accountKeys: readonly number[],
  level: MetricLevel,
  { startDay, endDay }: ReportRange,
): ReadonlyMap<number, ReadonlySet<number>> {
  const { coverage } = factsReaders(facts)
  // Nearly all ranges are whole but for their end: halving finds the few open days in a handful of counts.
  const search = (accountKey: number, from: number, to: number, found: Set<number>): void => {
    const over = coverage.daysOver(accountKey, level, from, to)
    if (over === to - from + 1) return
    if (over === 0) {
      for (let day = from; day <= to; day += 1) found.add(day)
      return
    }
    const middle = Math.floor((from + to) / 2)
    search(accountKey, from, middle, found)
    search(accountKey, middle + 1, to, found)
  }
  return new Map(
    accountKeys.map((accountKey) => {
      const found = new Set<number>()
      search(accountKey, startDay, endDay, found)
      return [accountKey, found]
    }),
  )
}

/** Decided once for both periods and every depth, so that a comparison and a drill-down count the same things. */
function plansOf(facts: FactsReadDb, scope: CrossScope, ranges: readonly ReportRange[]): ReadonlyMap<number, Plan> {
  const accountKeys = scope.accounts.map((account) => account.accountKey)
  const sums = new Map<number, ReportGroup>()
  for (const { startDay, endDay } of ranges)
    for (const group of factsReaders(facts).reports.perAccount({ accountKeys, level: 'campaign', startDay, endDay })) {
      const before = sums.get(group.accountKey)
      sums.set(group.accountKey, before === undefined ? group : { ...group, known: addKnown(before, group) })
    }
  return new Map([...sums].map(([accountKey, known]) => [accountKey, planOf(scope.attribution, known)]))
}

function addKnown(a: ReportGroup, b: ReportGroup): ReportGroup['known'] {
  const known = { ...a.known }
  for (const column of Object.keys(known) as (keyof typeof known)[]) known[column] += b.known[column]
  return known
}

/**
 * All days on which the accounts have numbers, at the level of the totals and of the rows: whether a currency can be converted is the same at
 * every depth of a report.
 */
function daysWithNumbers(
  facts: FactsReadDb,
  scope: CrossScope,
  ranges: readonly ReportRange[],
): readonly Pick<ReportGroup, 'accountKey' | 'day'>[] {
  const accountKeys = scope.accounts.map((account) => account.accountKey)
  const levels = new Set<MetricLevel>(['campaign', entityLevel(scope.groupBy) ?? 'campaign'])
  if (scope.parent !== undefined) levels.add(scope.parent.type as MetricLevel)
  return ranges.flatMap(({ startDay, endDay }) =>
    [...levels].flatMap((level) => factsReaders(facts).reports.perAccountDay({ accountKeys, level, startDay, endDay })),
  )
}

function conversionOf(
  facts: FactsReadDb,
  accounts: ReadonlyMap<number, AccountBasis>,
  groups: readonly Pick<ReportGroup, 'accountKey' | 'day'>[],
  target: string | undefined,
): Conversion {
  const days = new Map<string, Set<number>>()
  for (const { account } of accounts.values()) days.set(account.currency, days.get(account.currency) ?? new Set())
  for (const { accountKey, day } of groups) {
    const currency = accounts.get(accountKey)?.account.currency
    if (currency !== undefined && day !== null) days.get(currency)?.add(day)
  }
  const wanted = [...days.values()].flatMap((each) => [...each])
  if (target === undefined || wanted.length === 0) return createConversion(target, days, () => undefined)
  const first = wanted.reduce((least, day) => Math.min(least, day))
  const last = wanted.reduce((most, day) => Math.max(most, day))
  const rates = createExchangeReader(facts).inRange([...days.keys(), target], first - MAX_RATE_AGE_DAYS, last)
  return createConversion(target, days, createDayRates(rates))
}

// Rows, totals and platforms of one report ask for the same days; gone with it.
const cells = new WeakMap<Basis, Map<ReportGroup, Cell>>()

/** One account's or entity's day, in the currency it is shown in. */
export function dayCell(basis: Basis, { plan, account }: AccountBasis, group: ReportGroup): Cell {
  let ofBasis = cells.get(basis)
  if (ofBasis === undefined) cells.set(basis, (ofBasis = new Map()))
  const known = ofBasis.get(group)
  if (known !== undefined) return known
  const rate = basis.conversion.fineRate(account.currency, group.day ?? 0)
  const cell = cellOf(group, plan, (column) => group.sums[column] * rate)
  ofBasis.set(group, cell)
  return cell
}
