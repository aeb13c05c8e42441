/**
 * Rows that are campaigns, ad groups or ads, one page of them. Pages come sorted from the database; only where amounts are converted, or accounts
 * count different columns, are they sorted here. Adds nothing up but the days of a converted row.
 */
import type { MetricLevel } from '../../../shared/domain/metric.ts'
import type { ReportOrder } from '../../../shared/schemas/report.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import type { ReportGroup, ReportScope } from '../../store/report-query.ts'
import { type Basis, openDaysOf } from './basis.ts'
import { AMOUNT_COLUMNS, cellOf, columnsOf } from './cell.ts'
import type { RowDraft } from './drafts.ts'
import { addRipeness, NO_DAYS, type Ripeness, ripenessOf, shareAt, WHOLE_SHARE } from './maturity.ts'
import { sortRows } from './order.ts'
import type { CrossScope } from './scope.ts'

/** Beyond so many entities, or so many entities times days to convert, the database sorts, currency by currency. */
const MAX_SORTED_HERE = 60_000
const MAX_CONVERTED_HERE = 1_500_000

export interface EntityRowDeps {
  readonly facts: FactsReadDb
  readonly basis: Basis
  readonly scope: CrossScope
  readonly level: MetricLevel
}
export interface Page {
  readonly order: ReportOrder
  readonly limit: number
  readonly offset: number
}
export interface EntityRows {
  readonly rows: readonly RowDraft[]
  readonly total: number
  /** Rows of several currencies were not put into one order, because there are too many of them. */
  readonly isOrderedByCurrency: boolean
}

export function entityRows(deps: EntityRowDeps, page: Page): EntityRows {
  const found = pageOf(deps, page)
  return { ...found, rows: finished(deps, found.rows) }
}

/** Where everything lies under a parent, what the database has to look below; see ReportScope. */
export function readScope({ basis, scope, level }: Omit<EntityRowDeps, 'facts'>): ReportScope {
  const { startDay, endDay, parent } = scope
  return {
    accountKeys: [...basis.accounts.keys()],
    level,
    startDay,
    endDay,
    ...(parent === undefined ? {} : { parentKey: parent.entityKey }),
  }
}

function pageOf(deps: EntityRowDeps, page: Page): EntityRows {
  const { basis, scope, level } = deps
  const reader = factsReaders(deps.facts).reports
  const { parent, startDay, endDay } = scope
  if (parent?.type === level) {
    const groups = reader.perEntityOf([parent.entityKey], startDay, endDay)
    const rows = draftsOf(deps, groups).slice(page.offset, page.offset + page.limit)
    return { rows, total: groups.length, isOrderedByCurrency: false }
  }
  const read = readScope(deps)
  const order = { sort: page.order, columns: columnsOf(scope.attribution) }
  const bySql = (): { readonly rows: readonly RowDraft[]; readonly total: number } => {
    const { rows, total } = reader.perEntity(read, { ...order, limit: page.limit, offset: page.offset })
    return { rows: draftsOf(deps, rows), total }
  }
  if (!needsSortingHere(basis)) return { ...bySql(), isOrderedByCurrency: false }
  const all = reader.perEntity(read, { ...order, limit: MAX_SORTED_HERE, offset: 0 })
  const days = convertedKeys(basis, all.rows).length * (endDay - startDay + 1)
  if (all.total > MAX_SORTED_HERE || days > MAX_CONVERTED_HERE) return { ...bySql(), isOrderedByCurrency: true }
  const sorted = sortRows(draftsOf(deps, all.rows), page.order)
  return {
    rows: sorted.slice(page.offset, page.offset + page.limit),
    total: all.total,
    isOrderedByCurrency: false,
  }
}

function needsSortingHere({ accounts, conversion }: Basis): boolean {
  if (conversion.isNeeded) return true
  return [...accounts.values()].some(({ plan }) => plan.conversions.length === 0 || plan.value.length === 0)
}

function isConverted({ accounts, conversion }: Basis, accountKey: number): boolean {
  const currency = accounts.get(accountKey)?.account.currency
  return currency !== undefined && conversion.shownIn(currency) !== currency
}

function convertedKeys(basis: Basis, groups: readonly ReportGroup[]): readonly number[] {
  return groups.flatMap(({ accountKey, entityKey }) =>
    entityKey !== null && isConverted(basis, accountKey) ? [entityKey] : [],
  )
}

/** Rows without maturity, completeness and children: enough to sort them. */
function draftsOf(deps: EntityRowDeps, groups: readonly ReportGroup[]): readonly RowDraft[] {
  const { basis } = deps
  const amounts = convertedAmounts(deps, convertedKeys(basis, groups))
  return groups.flatMap((group) => {
    const of = basis.accounts.get(group.accountKey)
    if (of === undefined || group.entityKey === null) return []
    const fine = amounts.get(group.entityKey)
    const { platform, accountId, currency } = of.account
    return [
      {
        key: `entity ${group.entityKey}`,
        platform,
        accountId,
        firstDay: null,
        currency: basis.conversion.shownIn(currency),
        accountKey: group.accountKey,
        entityKey: group.entityKey,
        cell:
          fine === undefined
            ? cellOf(group, of.plan)
            : cellOf(group, of.plan, (column) => fine[AMOUNT_COLUMNS.indexOf(column as never)] ?? 0n),
        ripeness: ripenessOf(WHOLE_SHARE, group.sums.spend_micros),
        isConverted: isConverted(basis, group.accountKey),
        isIncomplete: false,
        isRemainder: false,
        hasChildren: false,
      },
    ]
  })
}

/** Per entity its amounts in fine units of the shown currency, each day by its own rate, in the order of AMOUNT_COLUMNS. */
function convertedAmounts(
  { facts, basis, scope }: EntityRowDeps,
  entityKeys: readonly number[],
): ReadonlyMap<number, readonly bigint[]> {
  const sums = new Map<number, bigint[]>()
  if (entityKeys.length === 0) return sums
  for (const { entityKey, accountKey, day, sums: of } of factsReaders(facts).reports.perEntityDayOf(
    entityKeys,
    scope.startDay,
    scope.endDay,
  )) {
    const currency = basis.accounts.get(accountKey)?.account.currency
    if (entityKey === null || day === null || currency === undefined) continue
    const rate = basis.conversion.fineRate(currency, day)
    const before = sums.get(entityKey)
    sums.set(
      entityKey,
      AMOUNT_COLUMNS.map((column, k) => (before?.[k] ?? 0n) + of[column] * rate),
    )
  }
  return sums
}

function finished(deps: EntityRowDeps, rows: readonly RowDraft[]): readonly RowDraft[] {
  const { facts, scope, level } = deps
  const keys = rows.flatMap(({ entityKey }) => entityKey ?? [])
  const accountKeys = [...new Set(rows.flatMap(({ accountKey }) => accountKey ?? []))]
  const open = openDaysOf(facts, accountKeys, level, scope)
  const parents =
    level === 'ad' ? new Set<number>() : factsReaders(facts).reports.withChildFacts(keys, scope.startDay, scope.endDay)
  const young = youngDays(deps, keys)
  return rows.map((row) => ({
    ...row,
    ripeness: ripened(row.ripeness, young.get(row.entityKey ?? 0)),
    isIncomplete: (open.get(row.accountKey ?? 0)?.size ?? 0) > 0,
    hasChildren: row.entityKey !== null && parents.has(row.entityKey),
  }))
}

/** Per entity, its days that the platform may still restate. */
function youngDays({ facts, basis, scope }: EntityRowDeps, keys: readonly number[]): ReadonlyMap<number, Ripeness> {
  const young = new Map<number, Ripeness>()
  const since = Math.min(...[...basis.accounts.values()].map((of) => of.asOfDay - of.curve.sharesE6.length + 1))
  if (keys.length === 0 || since > scope.endDay) return young
  for (const group of factsReaders(facts).reports.perEntityDayOf(keys, Math.max(since, scope.startDay), scope.endDay)) {
    const of = basis.accounts.get(group.accountKey)
    if (of === undefined || group.entityKey === null || group.day === null) continue
    const ofDay = ripenessOf(shareAt(of.curve, of.asOfDay - group.day), group.sums.spend_micros)
    young.set(group.entityKey, addRipeness(young.get(group.entityKey) ?? NO_DAYS, ofDay))
  }
  return young
}

/** @param whole as if all days were old; what its young days lack is taken off */
function ripened(whole: Ripeness, young: Ripeness | undefined): Ripeness {
  if (young === undefined) return whole
  const lacking = young.spend * WHOLE_SHARE - young.spendShareE6
  return {
    days: young.days,
    shareSumE6: young.shareSumE6,
    spend: whole.spend,
    spendShareE6: whole.spendShareE6 - lacking,
  }
}
