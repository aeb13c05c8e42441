/**
 * Sums over metric facts: the only SQL that reads them. Whole blocks of days come from the roll-ups, the ends of a range from the facts.
 * Sums are exact integers; the floats in here only order rows.
 */
import type Database from 'better-sqlite3'
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsReadDb } from './open.ts'

const COUNTED = ['spend_micros', 'impressions', 'clicks'] as const
const MAYBE_KNOWN = {
  video_views: 'video_known',
  click_conversion_micros: 'click_conversion_known',
  view_conversion_micros: 'view_conversion_known',
  engaged_conversion_micros: 'engaged_conversion_known',
  click_value_micros: 'click_value_known',
  view_value_micros: 'view_value_known',
  reported_conversion_micros: 'reported_conversion_known',
  reported_value_micros: 'reported_value_known',
} as const
export type KnownColumn = keyof typeof MAYBE_KNOWN
const maybeKnown = Object.keys(MAYBE_KNOWN) as KnownColumn[]

/** Exact sums of one group. A value of `known` says of how many of its `facts` the platform gave the value at all. */
export interface Sums {
  readonly facts: bigint
  readonly spendMicros: bigint
  readonly impressions: bigint
  readonly clicks: bigint
  readonly values: Readonly<Record<KnownColumn, bigint>>
  readonly known: Readonly<Record<KnownColumn, bigint>>
  readonly windows: WindowSums
  /** People reached: of a single fact only, null of any sum, because the same people are reached on several days. */
  readonly reach: bigint | null
}

/** Click windows of a group: how many facts have one, the sum of their days, the sum of the squares. */
export interface WindowSums {
  readonly known: bigint
  readonly days: bigint
  readonly squares: bigint
  /** Facts of days that were already over when the setting was first read, and may have been counted by another. */
  readonly approximated: bigint
  /** Facts that the platform counted by a window it was asked for. */
  readonly requested: bigint
}

export interface GroupedSums extends Sums {
  readonly day: number | null
  readonly accountKey: number | null
  readonly entityKey: number | null
  readonly currency: string
}

export type OrderColumn =
  | 'date'
  | 'spend'
  | 'impressions'
  | 'clicks'
  | KnownColumn
  | 'ctr'
  | 'cpc'
  | 'cpm'
  | 'cpa'
  | 'roas'
  | 'reported_roas'
  | 'cost_per_result'
  | 'reach'
  | 'frequency'

/** Which facts: all of some accounts at a level, or those of some entities (and what lies below them at that level). */
export interface Scope {
  readonly accountKeys: readonly number[]
  readonly entityKeys: readonly number[] | undefined
  readonly level: MetricLevel
  readonly startDay: number
  readonly endDay: number
}

export interface Grouping {
  readonly byDay: boolean
  readonly by: 'currency' | 'account' | 'entity'
}

export interface Slice {
  readonly order: OrderColumn
  readonly limit: number
  readonly offset: number
}

const BLOCK_DAYS = 16
const sumNames = [
  'facts',
  ...COUNTED,
  ...maybeKnown,
  ...Object.values(MAYBE_KNOWN),
  'window_known',
  'window_days',
  'window_squares',
  'window_approximated',
  'window_requested',
]
const SUM_ROLLED = sumNames.map((name) => `SUM(x.${name}) AS ${name}`).join(', ')
const SUM_FACTS = [
  'COUNT(*) AS facts',
  ...COUNTED.map((name) => `SUM(x.${name}) AS ${name}`),
  ...maybeKnown.map((name) => `COALESCE(SUM(x.${name}), 0) AS ${name}`),
  ...maybeKnown.map((name) => `COUNT(x.${name}) AS ${MAYBE_KNOWN[name]}`),
  'COUNT(x.click_window_days) AS window_known',
  'COALESCE(SUM(x.click_window_days), 0) AS window_days',
  'COALESCE(SUM(x.click_window_days * x.click_window_days), 0) AS window_squares',
  "COALESCE(SUM(x.window_source IS 'approximated'), 0) AS window_approximated",
  "COALESCE(SUM(x.window_source IS 'requested'), 0) AS window_requested",
].join(', ')
const ONE_FACT = [
  '1 AS facts',
  ...COUNTED.map((name) => `x.${name}`),
  ...maybeKnown.map((name) => `COALESCE(x.${name}, 0) AS ${name}`),
  ...maybeKnown.map((name) => `x.${name} IS NOT NULL AS ${MAYBE_KNOWN[name]}`),
  'x.reach',
  '0 AS window_known, 0 AS window_days, 0 AS window_squares', // of single facts nobody asks
  '0 AS window_approximated, 0 AS window_requested',
].join(', ')

const ACCOUNTS = '(SELECT value FROM json_each(@accounts))'
const TARGETS = '(SELECT value FROM json_each(@entities))'
const OF_ACCOUNTS = `(SELECT entity_key, account_key FROM entity WHERE account_key IN ${ACCOUNTS} AND type = @level ORDER BY entity_key)`
const OF_ENTITIES = `(SELECT entity_key, account_key FROM entity WHERE entity_key IN ${TARGETS} AND type = @level
  UNION SELECT c.entity_key, c.account_key FROM entity t JOIN entity c ON c.parent_id = t.entity_id
    WHERE t.entity_key IN ${TARGETS} AND c.type = @level
  UNION SELECT c.entity_key, c.account_key FROM entity t JOIN entity m ON m.parent_id = t.entity_id JOIN entity c ON c.parent_id = m.entity_id
    WHERE t.entity_key IN ${TARGETS} AND c.type = @level)`

/** What to sort by, over sums (`g`) or over single facts (`x`); NULL, the unknown and the divided by zero, sorts last. */
function sortKey(order: Exclude<OrderColumn, 'date'>, over: 'g' | 'x'): string {
  const column = (name: string): string => `${over}.${name}`
  const value = (name: KnownColumn): string =>
    over === 'x' ? column(name) : `CASE WHEN g.${MAYBE_KNOWN[name]} > 0 THEN g.${name} END`
  const share = (top: string, bottom: string): string => `CAST(${top} AS REAL) / NULLIF(${bottom}, 0)`
  const spend = column('spend_micros')
  switch (order) {
    case 'spend':
      return spend
    case 'impressions':
    case 'clicks':
      return column(order)
    case 'ctr':
      return share(column('clicks'), column('impressions'))
    case 'cpc':
      return share(spend, column('clicks'))
    case 'cpm':
      return share(spend, column('impressions'))
    case 'cpa':
      return share(spend, value('click_conversion_micros'))
    case 'roas':
      return share(value('click_value_micros'), spend)
    case 'reported_roas':
      return share(value('reported_value_micros'), spend)
    case 'cost_per_result':
      return share(spend, value('reported_conversion_micros'))
    case 'reach':
      return column('reach')
    case 'frequency':
      return share(column('impressions'), column('reach'))
    default:
      return value(order)
  }
}
/** Amounts of different currencies are not comparable: such an order goes currency by currency. */
const MONEY_ORDERS: ReadonlySet<OrderColumn> = new Set<OrderColumn>([
  'spend',
  'cpc',
  'cpm',
  'cpa',
  'cost_per_result',
  'click_value_micros',
  'view_value_micros',
  'reported_value_micros',
])

type Row = Record<string, bigint | string | null>

export type MetricReader = ReturnType<typeof createMetricReader>

export function createMetricReader(db: FactsReadDb) {
  // Statements differ by grouping and order only, some 80 at most, and are made when first needed.
  const prepared = new Map<string, Database.Statement<unknown[], Row>>()
  function statement(sql: string): Database.Statement<unknown[], Row> {
    const found = prepared.get(sql) ?? db.prepare<unknown[], Row>(sql).safeIntegers()
    prepared.set(sql, found)
    return found
  }
  const reach = db
    .prepare<[number, number], { reach: bigint | null }>(
      'SELECT reach FROM metric_fact WHERE entity_key = ? AND day = ?',
    )
    .safeIntegers()
  return {
    /** One page of groups and how many there are. */
    groups(
      scope: Scope,
      grouping: Grouping,
      slice: Slice,
    ): { readonly rows: readonly GroupedSums[]; readonly total: number } {
      const parameters = parametersOf(scope)
      const isFactByFact = grouping.byDay && grouping.by === 'entity'
      const source = isFactByFact ? factPageSql(scope, slice.order) : groupedSql(scope, grouping)
      const page = isFactByFact ? '' : 'LIMIT @limit OFFSET @offset'
      const rows = statement(`${source} ORDER BY ${orderSql(grouping, slice.order)} ${page}`)
        .all({ ...parameters, limit: slice.limit, offset: slice.offset })
        .map(toGroup)
      if (slice.offset === 0 && rows.length < slice.limit) return { rows, total: rows.length }
      return {
        rows,
        total: Number(
          statement(isFactByFact ? factCountSql(scope) : `SELECT COUNT(*) AS n FROM (${source})`).get(parameters)?.[
            'n'
          ] ?? 0n,
        ),
      }
    },
    /** Sums per currency, in the order of the codes. At most one row per currency. */
    totals: (scope: Scope): readonly GroupedSums[] =>
      statement(`${groupedSql(scope, { byDay: false, by: 'currency' })} ORDER BY g.currency`)
        .all(parametersOf(scope))
        .map(toGroup),
    /** People one entity reached on one day; null when the platform does not say. */
    reachOf: (entityKey: number, day: number): bigint | null => reach.get(entityKey, day)?.reach ?? null,
  }
}

const scopeSql = (scope: Scope): string => (scope.entityKeys === undefined ? OF_ACCOUNTS : OF_ENTITIES)

/** One page of single facts: sorted by their keys alone, because carrying every column through the sort takes three times as long. */
function factPageSql(scope: Scope, order: OrderColumn): string {
  // With one account there is one currency, and looking it up 800,000 times would be in vain.
  const currency =
    scope.accountKeys.length > 1 ? '(SELECT currency FROM account c WHERE c.account_key = s.account_key)' : "''"
  return `SELECT g.* FROM (SELECT x.day, k.account_key, x.entity_key, a.currency, ${ONE_FACT} FROM (
      SELECT x.entity_key, x.day, s.account_key FROM ${scopeSql(scope)} s
      CROSS JOIN metric_fact x ON x.entity_key = s.entity_key AND x.day BETWEEN @start AND @end
      ORDER BY ${order === 'date' ? '' : `${MONEY_ORDERS.has(order) ? `${currency}, ` : ''}${sortKey(order, 'x')} DESC NULLS LAST,`}
        x.day, s.account_key, x.entity_key LIMIT @limit OFFSET @offset) k
    JOIN metric_fact x ON x.entity_key = k.entity_key AND x.day = k.day JOIN account a ON a.account_key = k.account_key) g`
}

function factCountSql(scope: Scope): string {
  if (scope.entityKeys === undefined)
    return `SELECT SUM(x.facts) AS n FROM metric_day x WHERE x.account_key IN ${ACCOUNTS} AND x.level = @level AND x.day BETWEEN @start AND @end`
  return `SELECT COUNT(*) AS n FROM ${scopeSql(scope)} s
    CROSS JOIN metric_fact x ON x.entity_key = s.entity_key AND x.day BETWEEN @start AND @end`
}

/** The grouped sums as `g.*`, without order. */
function groupedSql(scope: Scope, { byDay, by }: Grouping): string {
  if (by === 'entity')
    return `SELECT g.* FROM (SELECT NULL AS day, e.account_key, a.currency, x.* FROM (${armsSql(scope, 'entity_key')}) x
      JOIN entity e ON e.entity_key = x.entity_key JOIN account a ON a.account_key = e.account_key) g`
  const perAccount =
    scope.entityKeys === undefined ? dailySql(byDay) : byDay ? entityDailySql(scope) : armsSql(scope, 'account_key')
  const day = byDay ? 'x.day' : 'NULL'
  const account = by === 'account' ? 'x.account_key' : 'NULL'
  const keys = ['a.currency', ...(byDay ? ['x.day'] : []), ...(by === 'account' ? ['x.account_key'] : [])].join(', ')
  return `SELECT g.* FROM (SELECT ${day} AS day, ${account} AS account_key, NULL AS entity_key, a.currency, ${SUM_ROLLED}
    FROM (${perAccount}) x JOIN account a ON a.account_key = x.account_key GROUP BY ${keys}) g`
}

function dailySql(byDay: boolean): string {
  const select = byDay
    ? `x.day, x.account_key, ${sumNames.map((name) => `x.${name}`).join(', ')}`
    : `x.account_key, ${SUM_ROLLED}`
  return `SELECT ${select} FROM metric_day x
    WHERE x.account_key IN ${ACCOUNTS} AND x.level = @level AND x.day BETWEEN @start AND @end AND x.facts > 0${byDay ? '' : ' GROUP BY x.account_key'}`
}

function entityDailySql(scope: Scope): string {
  return `SELECT x.day, s.account_key, ${SUM_FACTS} FROM ${scopeSql(scope)} s
    CROSS JOIN metric_fact x ON x.entity_key = s.entity_key AND x.day BETWEEN @start AND @end GROUP BY x.day, s.account_key`
}

/** Whole blocks from the roll-up, the days before and after them from the facts; each arm summed while it streams. */
function armsSql(scope: Scope, key: 'entity_key' | 'account_key'): string {
  const arm = (table: string, column: string, from: string, to: string, sums: string): string =>
    `SELECT s.${key}, ${sums} FROM ${scopeSql(scope)} s
     CROSS JOIN ${table} x ON x.entity_key = s.entity_key AND x.${column} BETWEEN ${from} AND ${to} GROUP BY s.${key}`
  const arms = [
    arm('metric_block', 'block', '@first_block', '@last_block', SUM_ROLLED),
    arm('metric_fact', 'day', '@start', '@head_end', SUM_FACTS),
    arm('metric_fact', 'day', '@tail_start', '@end', SUM_FACTS),
  ]
  return `SELECT x.${key}, ${SUM_ROLLED} FROM (${arms.join(' UNION ALL ')}) x GROUP BY x.${key} HAVING SUM(x.facts) > 0`
}

/** The same order as factPageSql's where rows are single facts: the page comes sorted, and stays so. */
function orderSql({ byDay, by }: Grouping, order: OrderColumn): string {
  const ties =
    by === 'entity' && byDay
      ? 'g.day, g.account_key, g.entity_key'
      : `g.currency, ${byDay ? 'g.day, ' : ''}g.account_key, g.entity_key`
  if (order === 'date') return `g.day, ${ties}`
  return `${MONEY_ORDERS.has(order) ? 'g.currency, ' : ''}${sortKey(order, 'g')} DESC NULLS LAST, ${ties}`
}

function parametersOf(scope: Scope) {
  const { startDay, endDay } = scope
  const firstBlock = Math.ceil(startDay / BLOCK_DAYS)
  const lastBlock = Math.floor((endDay + 1) / BLOCK_DAYS) - 1
  const hasBlocks = firstBlock <= lastBlock
  return {
    accounts: JSON.stringify(scope.accountKeys),
    entities: JSON.stringify(scope.entityKeys ?? []),
    level: scope.level,
    start: startDay,
    end: endDay,
    first_block: hasBlocks ? firstBlock : 1,
    last_block: hasBlocks ? lastBlock : 0,
    head_end: hasBlocks ? firstBlock * BLOCK_DAYS - 1 : endDay,
    tail_start: hasBlocks ? (lastBlock + 1) * BLOCK_DAYS : endDay + 1,
  }
}

function toGroup(row: Row): GroupedSums {
  const integer = (name: string): bigint => (row[name] as bigint | null) ?? 0n
  const key = (name: string): number | null => (typeof row[name] === 'bigint' ? Number(row[name]) : null)
  const record = (nameOf: (column: KnownColumn) => string): Record<KnownColumn, bigint> =>
    Object.fromEntries(maybeKnown.map((column) => [column, integer(nameOf(column))])) as Record<KnownColumn, bigint>
  return {
    day: key('day'),
    accountKey: key('account_key'),
    entityKey: key('entity_key'),
    currency: String(row['currency']),
    facts: integer('facts'),
    spendMicros: integer('spend_micros'),
    impressions: integer('impressions'),
    clicks: integer('clicks'),
    values: record((column) => column),
    known: record((column) => MAYBE_KNOWN[column]),
    windows: {
      known: integer('window_known'),
      days: integer('window_days'),
      squares: integer('window_squares'),
      approximated: integer('window_approximated'),
      requested: integer('window_requested'),
    },
    reach: typeof row['reach'] === 'bigint' ? row['reach'] : null,
  }
}
