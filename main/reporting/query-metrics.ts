/**
 * query_metrics: sums and rates over stored facts. Never mixes currencies, never adds view-through to click-through, never shows a number
 * that is not known as zero, and says how complete the days are.
 */
import { formatRounded } from '../../shared/domain/money.ts'
import { METRICS, type MetricName, type OutputOf, type ParsedInputOf } from '../../shared/operations.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { GroupedSums, OrderColumn, Scope, Sums } from '../store/metric-query.ts'
import type { FactsReadDb } from '../store/open.ts'
import { dateOf } from './calendar.ts'
import { DEFAULT_LIMIT, nextCursor, offsetOf } from './cursor.ts'
import { asOf, firstSyncWarning, missingLevelWarnings, type ReportingDeps, tooManyWarning } from './freshness.ts'
import { invalid, type MetricScope, metricScope } from './metric-scope.ts'
import { metricsOf, ORDER_COLUMNS, partlyKnown } from './rates.ts'
import { isReach, withReach } from './reach.ts'
import { cleanUntrusted } from './untrusted.ts'

type Input = ParsedInputOf<'query_metrics'>
type Output = OutputOf<'query_metrics'>
type Totals = Output['totals']

const MAX_WARNINGS = 10
const MAX_CURRENCIES = 20
const GUESSED =
  'Some days were first read after their ad group had been changed: they may have been counted by another window.'

/**
 * At most 400 days, 100 rows a page. Rows are ordered by date when there is one, else by spend, largest first.
 * @throws OperationError invalid_input, range_too_long, account_not_available, unknown_entity, not_synced
 */
export function queryMetrics(deps: ReportingDeps, input: Input): Output {
  const scope = metricScope(deps, input)
  const { metrics: reader } = factsReaders(deps.facts)
  const names = METRICS.filter((name) => input.metrics.includes(name))
  const offset = offsetOf('query_metrics', input)
  const order = orderOf(input, scope)
  const { rows: groups, total } = reader.groups(scope.rows, scope.grouping, {
    order,
    limit: input.limit ?? DEFAULT_LIMIT,
    offset,
  })
  const rows = withReach(deps.facts, scope.rows, names, groups)
  const totals = withReach(deps.facts, scope.totals, names, totalsOf(deps.facts, scope, scope.totals))
  const comparison = input.compare_to === undefined ? null : previousPeriod(deps.facts, scope, names)
  return {
    rows: rowViews(deps.facts, scope, rows, names),
    totals: totalViews(totals, names),
    comparison: comparison?.view ?? null,
    attribution: attributionOf(totals),
    ...freshnessOf(deps.facts, scope),
    total,
    next_cursor: rows.length === 0 ? null : nextCursor('query_metrics', input, offset + rows.length, total),
    as_of: asOf(scope.accounts),
    warnings: [...warningsOf(deps.facts, scope, names, [...totals, ...rows]), ...(comparison?.warnings ?? [])].slice(
      0,
      MAX_WARNINGS,
    ),
  }
}

function orderOf(input: Input, { grouping }: MetricScope): OrderColumn {
  if (input.order_by === 'date' && !grouping.byDay)
    throw invalid('order_by "date" needs the dimension "date".', 'Add it, or order by a metric.')
  if (input.order_by !== undefined && isReach(input.order_by) && !(grouping.byDay && grouping.by === 'entity'))
    throw invalid(
      `order_by "${input.order_by}" needs the dimension "date" and one of "campaign", "ad_group" and "ad": it is not added up.`,
      'Add them, or order by another metric.',
    )
  if (input.order_by === undefined) return grouping.byDay ? 'date' : 'spend'
  return input.order_by === 'date' ? 'date' : ORDER_COLUMNS[input.order_by]
}

/** Sums per currency; a currency whose accounts had nothing on days that were fetched has a row of zeros. */
function totalsOf(facts: FactsReadDb, { accounts, rows }: MetricScope, scope: Scope): readonly GroupedSums[] {
  const { metrics, coverage } = factsReaders(facts)
  const found = metrics.totals(scope)
  const fetched = accounts.filter(
    (account) => coverage.daysOver(account.accountKey, rows.level, scope.startDay, scope.endDay) > 0,
  )
  const silent = [...new Set(fetched.map((account) => account.currency))].filter((currency) =>
    found.every((group) => group.currency !== currency),
  )
  return [...found, ...silent.map(nothing)]
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1))
    .slice(0, MAX_CURRENCIES)
}

function nothing(currency: string): GroupedSums {
  const none = {
    video_views: 0n,
    click_conversion_micros: 0n,
    view_conversion_micros: 0n,
    engaged_conversion_micros: 0n,
    click_value_micros: 0n,
    view_value_micros: 0n,
    reported_conversion_micros: 0n,
    reported_value_micros: 0n,
  }
  const windows = { known: 0n, days: 0n, squares: 0n, approximated: 0n, requested: 0n }
  return {
    currency,
    day: null,
    accountKey: null,
    entityKey: null,
    facts: 0n,
    spendMicros: 0n,
    impressions: 0n,
    clicks: 0n,
    values: none,
    known: none,
    windows,
    reach: null,
  }
}

function totalViews(totals: readonly GroupedSums[], names: readonly MetricName[]): Totals {
  return totals.map((sums) => ({ currency: sums.currency, metrics: metricsOf(names, sums, sums.currency) }))
}

function rowViews(
  facts: FactsReadDb,
  scope: MetricScope,
  rows: readonly GroupedSums[],
  names: readonly MetricName[],
): Output['rows'] {
  const keys = rows.flatMap((row) => (row.entityKey === null ? [] : [row.entityKey]))
  const entities = new Map(
    factsReaders(facts)
      .entities.byKeys(keys)
      .map((entity) => [entity.entityKey, entity]),
  )
  const accounts = new Map(scope.accounts.map((account) => [account.accountKey, account]))
  return rows.map((row) => {
    const account = row.accountKey === null ? undefined : accounts.get(row.accountKey)
    const entity = row.entityKey === null ? undefined : entities.get(row.entityKey)
    const name = entity?.name ?? account?.name
    return {
      ...(row.day === null ? {} : { date: dateOf(row.day) }),
      ...(account === undefined ? {} : { account_id: account.accountId }),
      ...(entity === undefined ? {} : { entity_id: entity.entityId }),
      currency: row.currency,
      metrics: metricsOf(names, row, row.currency),
      ...(name === undefined ? {} : { untrusted: { name: cleanUntrusted(name) } }),
    }
  })
}

/** As many days, directly before. */
function previousPeriod(facts: FactsReadDb, scope: MetricScope, names: readonly MetricName[]) {
  const length = scope.rows.endDay - scope.rows.startDay + 1
  const startDay = scope.rows.startDay - length
  const endDay = scope.rows.startDay - 1
  const totals = totalsOf(facts, scope, { ...scope.totals, startDay, endDay })
  const isPartial = !isCovered(facts, scope, startDay, endDay)
  return {
    view: {
      start_date: dateOf(startDay),
      end_date: dateOf(endDay),
      totals: totalViews(totals, names),
      is_partial: isPartial,
    },
    warnings: isPartial
      ? ['The previous period has days that were never fetched: do not read the difference as a change.']
      : [],
  }
}

function attributionOf(totals: readonly GroupedSums[]): Output['attribution'] {
  const days = commonWindow(totals)
  const isGuessed = totals.some((group) => group.windows.approximated > 0n)
  const isRequested = totals.every((group) => group.windows.requested === group.facts)
  const primary =
    'Conversions, CPA and ROAS count click-through only; view-through is its own metric and never added in.'
  return {
    primary: 'click_through',
    click_window_days: days ?? null,
    window_source:
      typeof days !== 'number' || isGuessed ? 'approximated' : isRequested ? 'requested' : 'entity_setting',
    note: `${primary} ${windowNote(days, isGuessed, isRequested)}`,
  }
}

/** The click window all facts share: days, 0 for switched off, null when mixed or not known for some; undefined without facts. */
function commonWindow(totals: readonly GroupedSums[]): number | null | undefined {
  const sum = (of: (group: GroupedSums) => bigint): bigint => totals.reduce((total, group) => total + of(group), 0n)
  const facts = sum((group) => group.facts)
  if (facts === 0n) return undefined
  const known = sum((group) => group.windows.known)
  const days = sum((group) => group.windows.days)
  // Numbers are all equal exactly when their count times the sum of their squares is the square of their sum.
  const isCommon = known === facts && known * sum((group) => group.windows.squares) === days * days
  return isCommon ? Number(days / known) : null
}

function windowNote(days: number | null | undefined, isGuessed: boolean, isRequested: boolean): string {
  if (days === undefined) return 'There are no numbers in this range.'
  if (days === null) return 'The click windows differ or are not known: ratios over them compare unlike things.'
  if (days === 0) return 'Click attribution is switched off (0 days).'
  const span = `${days} ${days === 1 ? 'day' : 'days'} after a click`
  return isGuessed
    ? `The window is ${span} now. ${GUESSED}`
    : `All of it is counted within ${span}, as ${isRequested ? 'the platform was asked to' : 'set on the platform'}.`
}

function freshnessOf(
  facts: FactsReadDb,
  scope: MetricScope,
): Pick<Output, 'complete_through' | 'is_partial' | 'restating_since'> {
  const { coverage } = factsReaders(facts)
  const { startDay, endDay, level } = scope.rows
  const complete = scope.accounts.map((account) => account.completeThroughDay)
  const moving = scope.accounts
    .map((account) => coverage.firstMovingDay(account.accountKey, level))
    .filter((day) => day !== null)
  const movingSince = Math.min(...moving)
  return {
    complete_through: complete.includes(null) ? null : dateOf(Math.min(...(complete as number[]))),
    is_partial: !isCovered(facts, scope, startDay, endDay),
    restating_since: movingSince <= endDay ? dateOf(movingSince) : null,
  }
}

/** Whether every day of every account was over when it was fetched. */
function isCovered(facts: FactsReadDb, { accounts, rows }: MetricScope, startDay: number, endDay: number): boolean {
  const { coverage } = factsReaders(facts)
  return accounts.every(
    (account) => coverage.daysOver(account.accountKey, rows.level, startDay, endDay) === endDay - startDay + 1,
  )
}

function warningsOf(
  facts: FactsReadDb,
  scope: MetricScope,
  names: readonly MetricName[],
  groups: readonly Sums[],
): string[] {
  const warnings = [
    ...leftOut(scope.skippedAccounts, 'has no data yet', 'have no data yet'),
    ...leftOut(scope.lostAccounts, 'can no longer be reached', 'can no longer be reached'),
    ...firstSyncWarning(scope.accounts),
    ...missingLevelWarnings(facts, scope.accounts),
    ...tooManyWarning(facts),
  ]
  if (new Set(scope.accounts.map((account) => account.currency)).size > 1)
    warnings.push('The accounts bill in different currencies: totals are given per currency and are not added up.')
  const partly = partlyKnown(names, groups)
  if (partly.length > 0) warnings.push(...partlyKnownWarnings(partly))
  return [...warnings, ...restatementWarnings(facts, scope)]
}

function leftOut(count: number, one: string, several: string): readonly string[] {
  if (count === 0) return []
  return [count === 1 ? `One account ${one} and is left out.` : `${count} accounts ${several} and are left out.`]
}

const ERRS: Readonly<Partial<Record<MetricName, string>>> = {
  cpa: 'CPA is therefore higher',
  roas: 'ROAS is therefore lower',
  cost_per_result: 'cost per result is therefore higher',
  reported_roas: 'reported ROAS is therefore lower',
}

/** A ratio over a value that is known for a part divides by, or is divided by, the spend of all: which way that errs has to be said. */
function partlyKnownWarnings(names: readonly MetricName[]): readonly string[] {
  const counts = names.filter((name) => ERRS[name] === undefined)
  const errs = names.map((name) => ERRS[name]).filter((text) => text !== undefined)
  return [
    ...(counts.length === 0
      ? []
      : [`The platform does not say everything for ${counts.join(', ')}: they count only what is known.`]),
    ...(errs.length === 0
      ? []
      : [
          `All spend is counted, also where the platform does not say the conversions or their value: ${errs.join(' and ')} than over the known part alone.`,
        ]),
  ]
}

/** How much the platforms have changed days that were already over; for whole accounts only, where it is recorded. */
function restatementWarnings(facts: FactsReadDb, { accounts, rows }: MetricScope): readonly string[] {
  if (rows.entityKeys !== undefined) return []
  const { restatements } = factsReaders(facts)
  const byCurrency = new Map<string, { days: Set<number>; spend: bigint; click: bigint }>()
  for (const account of accounts) {
    for (const moved of restatements.inRange(account.accountKey, 'campaign', rows.startDay, rows.endDay)) {
      const sum = byCurrency.get(account.currency) ?? { days: new Set(), spend: 0n, click: 0n }
      sum.days.add(moved.day)
      byCurrency.set(account.currency, {
        days: sum.days,
        spend: sum.spend + moved.spendMovedMicros,
        click: sum.click + moved.clickConversionMovedMicros,
      })
    }
  }
  return [...byCurrency].map(([currency, { days, spend, click }]) => {
    const spendText = `${sign(spend)}${formatRounded(spend, currency)} ${currency}`
    return `The platform has restated ${days.size} ${days.size === 1 ? 'day' : 'days'} of this range since first seen: spend ${spendText}, click conversions ${sign(click)}${Number(click) / 1_000_000}.`
  })
}

function sign(value: bigint): string {
  return value > 0n ? '+' : ''
}
