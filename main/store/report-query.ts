/**
 * Sums for the cross-platform report: exact integers per account, entity, day. Whole blocks of days come from the roll-ups, the ends of a range
 * from the facts. Reads only; never converts, never divides.
 */
import type Database from 'better-sqlite3'
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsReadDb } from './open.ts'
import { BLOCK_DAYS, knownColumn } from './rollup-table.ts'

/** What is summed. The first three are always known. */
export const REPORT_COLUMNS = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'click_conversion_micros',
  'click_value_micros',
  'view_conversion_micros',
  'view_value_micros',
  'engaged_conversion_micros',
  'engaged_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
  /** Spend of facts whose click-through value is known. */
  'measured_spend_micros',
] as const
export type ReportColumn = (typeof REPORT_COLUMNS)[number]

export interface ReportWindowSums {
  /** Facts that have a click window, and the sum and the sum of squares of its days: all the same if known * squares = days * days. */
  readonly known: bigint
  readonly days: bigint
  readonly squares: bigint
  readonly approximated: bigint
  readonly requested: bigint
}

export interface ReportSums {
  readonly facts: bigint
  readonly sums: Readonly<Record<ReportColumn, bigint>>
  /** Of how many of its facts each value is known; equal to `facts` for those that always are. */
  readonly known: Readonly<Record<ReportColumn, bigint>>
  readonly windows: ReportWindowSums
}
export interface ReportGroup extends ReportSums {
  readonly accountKey: number
  /** null in sums of whole accounts. */
  readonly entityKey: number | null
  /** null in sums over days. */
  readonly day: number | null
}

export interface ReportScope {
  readonly accountKeys: readonly number[]
  readonly level: MetricLevel
  readonly startDay: number
  readonly endDay: number
  /** Only children of this entity (a campaign's ad groups, an ad group's ads; a campaign's ads too). */
  readonly parentKey?: number
}
export type ReportSort = 'spend' | 'roas' | 'conversions' | 'conversion_value' | 'cpa' | 'reported_roas' | 'clicks'
/** One page of entities. */
export interface EntityOrder {
  readonly sort: ReportSort
  readonly columns: SortColumns
  readonly limit: number
  readonly offset: number
}
/** Which columns "conversions" and "value" mean in a sort; more than one are added up, unknown as nothing. */
export interface SortColumns {
  readonly conversions: readonly ReportColumn[]
  readonly value: readonly ReportColumn[]
}

const ALWAYS: ReadonlySet<ReportColumn> = new Set<ReportColumn>([
  'spend_micros',
  'impressions',
  'clicks',
  'measured_spend_micros',
])
const MAYBE = REPORT_COLUMNS.filter((name) => !ALWAYS.has(name))
const WINDOWS = ['window_known', 'window_days', 'window_squares', 'window_approximated', 'window_requested'] as const
/** The columns of both roll-ups, in the order in which rows are read. */
const NAMES = ['facts', ...REPORT_COLUMNS, ...MAYBE.map(knownColumn), ...WINDOWS]
const STORED = NAMES.map((name) => `x.${name}`).join(', ')
const SUM_STORED = NAMES.map((name) => `SUM(x.${name}) AS ${name}`).join(', ')
/** The same of facts, as one expression per fact. */
const OF_FACT: Readonly<Record<string, string>> = {
  facts: '1',
  ...Object.fromEntries(REPORT_COLUMNS.map((name) => [name, `x.${name}`])),
  measured_spend_micros: 'IIF(x.click_value_micros IS NULL, 0, x.spend_micros)',
  ...Object.fromEntries(MAYBE.map((name) => [knownColumn(name), `x.${name} IS NOT NULL`])),
  window_known: 'x.click_window_days IS NOT NULL',
  window_days: 'x.click_window_days',
  window_squares: 'x.click_window_days * x.click_window_days',
  window_approximated: "x.window_source IS 'approximated'",
  window_requested: "x.window_source IS 'requested'",
}
const ONE_FACT = NAMES.map((name) => `COALESCE(${OF_FACT[name]}, 0) AS ${name}`).join(', ')
const SUM_FACTS = NAMES.map((name) => `COALESCE(SUM(${OF_FACT[name]}), 0) AS ${name}`).join(', ')

const ACCOUNTS = '(SELECT value FROM json_each(@accounts))'
const OF_LEVEL = `SELECT entity_key, account_key FROM entity WHERE account_key IN ${ACCOUNTS} AND type = @level`
/** Children and grandchildren of one entity. */
const OF_PARENT = `SELECT c.entity_key AS entity_key, c.account_key AS account_key FROM entity t JOIN entity c ON c.parent_id = t.entity_id
    WHERE t.entity_key = @parent AND c.type = @level AND c.account_key IN ${ACCOUNTS}
  UNION SELECT c.entity_key AS entity_key, c.account_key AS account_key FROM entity t JOIN entity m ON m.parent_id = t.entity_id
      JOIN entity c ON c.parent_id = m.entity_id
    WHERE t.entity_key = @parent AND c.type = @level AND c.account_key IN ${ACCOUNTS}`
const OF_KEYS = 'SELECT entity_key, account_key FROM entity WHERE entity_key IN (SELECT value FROM json_each(@keys))'

/** How many facts of one entity are read from its ends at most: the rest of a block is reached by taking away. */
const NEAR_DAYS = BLOCK_DAYS / 2

/**
 * How sums are read. Groups without a single fact are left out everywhere.
 * - perAccount, perAccountDay: order account, day. Whole levels come from the roll-up by day; below a parent from its entities.
 * - perEntity: largest first by `sort`, unknown last, ties by entityKey; sorts by amounts go currency by currency, in the order of the codes.
 * - perEntityOf, perEntityDayOf: the named entities, whatever their level, in the order entityKey, day.
 * - withChildFacts: which of the entities have a direct child (ad group or ad) with a fact in the range.
 */
export interface ReportReader {
  perAccount(scope: ReportScope): readonly ReportGroup[]
  perAccountDay(scope: ReportScope): readonly ReportGroup[]
  perEntity(scope: ReportScope, order: EntityOrder): { readonly rows: readonly ReportGroup[]; readonly total: number }
  /** Keeps the connection from writing until it is read to its end or left. */
  perEntityDay(scope: ReportScope): IterableIterator<ReportGroup>
  perEntityOf(entityKeys: readonly number[], startDay: number, endDay: number): readonly ReportGroup[]
  perEntityDayOf(entityKeys: readonly number[], startDay: number, endDay: number): IterableIterator<ReportGroup>
  withChildFacts(entityKeys: readonly number[], startDay: number, endDay: number): ReadonlySet<number>
}

export function createReportReader(db: FactsReadDb): ReportReader {
  const prepared = new Map<string, Database.Statement<unknown[], Row>>()
  function statement(sql: string): Database.Statement<unknown[], Row> {
    const found = prepared.get(sql) ?? db.prepare<unknown[], Row>(sql).safeIntegers().raw()
    prepared.set(sql, found)
    return found
  }
  /** First and last day of these accounts with anything at this level. */
  function heldDays(scope: ReportScope): { readonly first: number; readonly last: number } {
    const [row] = statement(HELD_SQL).all(parametersOf(scope))
    return { first: Number(row?.[0] ?? 0n), last: Number(row?.[1] ?? 0n) }
  }
  const all = (sql: string, parameters: object): readonly ReportGroup[] => statement(sql).all(parameters).map(toGroup)
  function* each(sql: string, parameters: object): IterableIterator<ReportGroup> {
    for (const row of statement(sql).iterate(parameters)) yield toGroup(row)
  }
  const sumsOf = (entityKeys: readonly number[], range: DayRange): readonly ReportGroup[] =>
    all(entitySql(OF_KEYS, range), { ...range, keys: JSON.stringify(entityKeys) })
  const daysSql = (entities: string): string => `SELECT s.account_key, s.entity_key, x.day, ${ONE_FACT}
    FROM (${entities} ORDER BY entity_key) s CROSS JOIN metric_fact x ON x.entity_key = s.entity_key AND x.day BETWEEN @start AND @end
    ORDER BY s.entity_key, x.day`
  return {
    perAccount(scope) {
      const parameters = parametersOf(scope)
      if (scope.parentKey === undefined) return all(ACCOUNT_SQL, parameters)
      return all(
        `${withEntities(OF_PARENT)} SELECT x.account_key, NULL, NULL, ${SUM_STORED} FROM (${partsSql(parameters, NAMES)}) x
         GROUP BY x.account_key HAVING SUM(x.facts) > 0 ORDER BY x.account_key`,
        parameters,
      )
    },
    perAccountDay: (scope) =>
      all(scope.parentKey === undefined ? ACCOUNT_DAY_SQL : ACCOUNT_DAY_BELOW_SQL, parametersOf(scope)),
    perEntity(scope, order) {
      const parameters = { ...parametersOf(scope), ...rangeOf(scope.startDay, scope.endDay, heldDays(scope)) }
      const sql = rankSql(scope, order, parameters)
      const ranked = statement(sql).all({ ...parameters, limit: order.limit, offset: order.offset })
      if (ranked.length === 0 && order.offset > 0)
        return { rows: [], total: Number(statement(sql).get({ ...parameters, limit: 1, offset: 0 })?.[1] ?? 0n) }
      const keys = ranked.map((row) => Number(row[0]))
      const sums = new Map(sumsOf(keys, parameters).map((group) => [group.entityKey, group]))
      return { rows: keys.flatMap((key) => sums.get(key) ?? []), total: Number(ranked[0]?.[1] ?? 0n) }
    },
    perEntityDay: (scope) => each(daysSql(entitiesOf(scope)), parametersOf(scope)),
    perEntityOf: (entityKeys, startDay, endDay) => sumsOf(entityKeys, rangeOf(startDay, endDay)),
    perEntityDayOf: (entityKeys, startDay, endDay) =>
      each(daysSql(OF_KEYS), { ...rangeOf(startDay, endDay), keys: JSON.stringify(entityKeys) }),
    withChildFacts: (entityKeys, startDay, endDay) =>
      new Set(
        statement(CHILD_SQL)
          .all({ keys: JSON.stringify(entityKeys), start: startDay, end: endDay })
          .map((row) => Number(row[0])),
      ),
  }
}

const ACCOUNT_SQL = `SELECT x.account_key, NULL, NULL, ${SUM_STORED} FROM metric_day x
  WHERE x.account_key IN ${ACCOUNTS} AND x.level = @level AND x.day BETWEEN @start AND @end AND x.facts > 0
  GROUP BY x.account_key ORDER BY x.account_key`
const ACCOUNT_DAY_SQL = `SELECT x.account_key, NULL, x.day, ${STORED} FROM metric_day x
  WHERE x.account_key IN ${ACCOUNTS} AND x.level = @level AND x.day BETWEEN @start AND @end AND x.facts > 0
  ORDER BY x.account_key, x.day`
const ACCOUNT_DAY_BELOW_SQL = `SELECT s.account_key, NULL, x.day, ${SUM_FACTS}
  FROM (${OF_PARENT}) s CROSS JOIN metric_fact x ON x.entity_key = s.entity_key AND x.day BETWEEN @start AND @end
  GROUP BY s.account_key, x.day ORDER BY s.account_key, x.day`
const HELD_SQL = `SELECT MIN(h.first), MAX(h.last) FROM (SELECT
    (SELECT MIN(x.day) FROM metric_day x WHERE x.account_key = a.value AND x.level = @level) AS first,
    (SELECT MAX(x.day) FROM metric_day x WHERE x.account_key = a.value AND x.level = @level) AS last
  FROM json_each(@accounts) a) h`
const CHILD_SQL = `SELECT t.entity_key FROM entity t WHERE t.entity_key IN (SELECT value FROM json_each(@keys))
  AND EXISTS (SELECT 1 FROM entity c JOIN metric_fact x ON x.entity_key = c.entity_key AND x.day BETWEEN @start AND @end
    WHERE c.parent_id = t.entity_id AND c.type IN ('ad_group', 'ad'))`

/** A range of days as whole blocks and what is added, or taken away, at its ends. Parts that are not needed are empty: first after last. */
interface DayRange {
  readonly start: number
  readonly end: number
  readonly first_block: number
  readonly last_block: number
  readonly head_start: number
  readonly head_end: number
  readonly head_sign: 1 | -1
  readonly tail_start: number
  readonly tail_end: number
  readonly tail_sign: 1 | -1
}

/** @param held outside of these days there are no facts: a block that reaches beyond them needs nothing taken away */
function rangeOf(start: number, end: number, held = { first: -Infinity, last: Infinity }): DayRange {
  const none = { first_block: 1, last_block: 0, tail_start: 1, tail_end: 0, head_sign: 1, tail_sign: 1 } as const
  if (end - start < BLOCK_DAYS) return { ...none, start, end, head_start: start, head_end: end }
  const [first, last] = [Math.floor(start / BLOCK_DAYS), Math.floor(end / BLOCK_DAYS)]
  const before = start <= held.first ? 0 : start - first * BLOCK_DAYS
  const after = end >= held.last ? 0 : (last + 1) * BLOCK_DAYS - 1 - end
  const head =
    before <= NEAR_DAYS
      ? { first_block: first, head_start: start - before, head_end: start - 1, head_sign: -1 as const }
      : { first_block: first + 1, head_start: start, head_end: (first + 1) * BLOCK_DAYS - 1, head_sign: 1 as const }
  const tail =
    after <= NEAR_DAYS
      ? { last_block: last, tail_start: end + 1, tail_end: end + after, tail_sign: -1 as const }
      : { last_block: last - 1, tail_start: last * BLOCK_DAYS, tail_end: end, tail_sign: 1 as const }
  return { start, end, ...head, ...tail }
}

function parametersOf({ accountKeys, level, startDay, endDay, parentKey }: ReportScope) {
  return {
    ...rangeOf(startDay, endDay),
    accounts: JSON.stringify(accountKeys),
    level,
    parent: parentKey ?? null,
  }
}

const entitiesOf = ({ parentKey }: ReportScope): string => (parentKey === undefined ? OF_LEVEL : OF_PARENT)

/** The entities a statement sums, looked up once for all parts of the range, in the order in which their facts lie. */
const withEntities = (entities: string): string => `WITH s AS MATERIALIZED (${entities} ORDER BY entity_key)`

/** Sums of the named columns per entity, each part of the range summed while it streams; "s" holds the entities. */
function partsSql(range: DayRange, names: readonly string[]): string {
  const part = (table: string, column: string, bounds: string, sums: string): string =>
    `SELECT s.account_key, s.entity_key, ${sums} FROM s
     CROSS JOIN ${table} x ON x.entity_key = s.entity_key AND x.${column} BETWEEN ${bounds} GROUP BY s.entity_key`
  const ofFacts = (sign: 'head_sign' | 'tail_sign'): string =>
    names.map((name) => `${range[sign] === 1 ? '' : '-'}COALESCE(SUM(${OF_FACT[name]}), 0) AS ${name}`).join(', ')
  const parts = []
  if (range.first_block <= range.last_block)
    parts.push(
      part(
        'metric_block',
        'block',
        '@first_block AND @last_block',
        names.map((name) => `SUM(x.${name}) AS ${name}`).join(', '),
      ),
    )
  if (range.head_start <= range.head_end)
    parts.push(part('metric_fact', 'day', '@head_start AND @head_end', ofFacts('head_sign')))
  if (range.tail_start <= range.tail_end)
    parts.push(part('metric_fact', 'day', '@tail_start AND @tail_end', ofFacts('tail_sign')))
  return parts.join(' UNION ALL ')
}

function entitySql(entities: string, range: DayRange): string {
  return `${withEntities(entities)} SELECT x.account_key, x.entity_key, NULL, ${SUM_STORED} FROM (${partsSql(range, NAMES)}) x
    GROUP BY x.entity_key HAVING SUM(x.facts) > 0 ORDER BY x.entity_key`
}

/** Amounts of different currencies are not comparable. */
const MONEY_SORTS: ReadonlySet<ReportSort> = new Set<ReportSort>(['spend', 'cpa', 'conversion_value'])

/** Keys of one page, and with each how many there are. Only what the order needs is summed. */
function rankSql(scope: ReportScope, { sort, columns }: EntityOrder, range: DayRange): string {
  const needed = new Set<string>(['facts'])
  const sum = (name: ReportColumn): string => {
    needed.add(name)
    return `x.${name}`
  }
  const known = (names: readonly ReportColumn[]): string => {
    if (names.length === 0) return 'NULL'
    const counts = names.map((name) => {
      const column = ALWAYS.has(name) ? 'facts' : knownColumn(name)
      needed.add(column)
      return `x.${column}`
    })
    return `CASE WHEN ${counts.join(' + ')} > 0 THEN ${names.map(sum).join(' + ')} END`
  }
  const share = (top: string, bottom: string): string => `CAST(${top} AS REAL) / NULLIF(${bottom}, 0)`
  const keys: Readonly<Record<ReportSort, () => string>> = {
    spend: () => sum('spend_micros'),
    clicks: () => sum('clicks'),
    conversions: () => known(columns.conversions),
    conversion_value: () => known(columns.value),
    cpa: () => share(sum('spend_micros'), known(columns.conversions)),
    roas: () => share(known(columns.value), sum('spend_micros')),
    reported_roas: () => share(known(['reported_value_micros']), sum('spend_micros')),
  }
  const key = keys[sort]()
  const names = [...needed]
  // With one account there is one currency.
  const currency =
    MONEY_SORTS.has(sort) && scope.accountKeys.length > 1
      ? '(SELECT a.currency FROM account a WHERE a.account_key = x.account_key), '
      : ''
  return `${withEntities(entitiesOf(scope))} SELECT x.entity_key, COUNT(*) OVER () FROM (
      SELECT p.account_key, p.entity_key, ${names.map((name) => `SUM(p.${name}) AS ${name}`).join(', ')}
      FROM (${partsSql(range, names)}) p GROUP BY p.entity_key HAVING SUM(p.facts) > 0) x
    ORDER BY ${currency}${key} DESC NULLS LAST, x.entity_key LIMIT @limit OFFSET @offset`
}

type Row = readonly (bigint | null)[]

/** Keys, and behind them NAMES in order. */
function toGroup(row: Row): ReportGroup {
  const integer = (k: number): bigint => row[k + 3] ?? 0n
  const key = (value: bigint | null | undefined): number | null => (typeof value === 'bigint' ? Number(value) : null)
  const facts = integer(0)
  const sums = {} as Record<ReportColumn, bigint>
  const known = {} as Record<ReportColumn, bigint>
  let k = 1
  for (const name of REPORT_COLUMNS) {
    sums[name] = integer(k)
    k += 1
  }
  for (const name of REPORT_COLUMNS) {
    known[name] = ALWAYS.has(name) ? facts : integer(k)
    if (!ALWAYS.has(name)) k += 1
  }
  return {
    accountKey: Number(row[0]),
    entityKey: key(row[1]),
    day: key(row[2]),
    facts,
    sums,
    known,
    windows: {
      known: integer(k),
      days: integer(k + 1),
      squares: integer(k + 2),
      approximated: integer(k + 3),
      requested: integer(k + 4),
    },
  }
}
