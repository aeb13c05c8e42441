/**
 * Narrow rows to search, sort and count 50,000 entities by: the only SQL that reads them. Their columns follow the entity by trigger; the sums of
 * the last seven whole days are written here at the end of a sync. Holds no text to be shown.
 */
import type { Delivery, EntityStatus, Review } from '../../shared/domain/entity.ts'
import type { EntityId, EntityType } from '../../shared/domain/ids.ts'
import type Database from 'better-sqlite3'
import type { FactsDb, FactsReadDb } from './open.ts'

export interface RowFilter {
  readonly accountKeys: readonly number[]
  readonly type: EntityType
  /** Only what lies below it: its children, or theirs. */
  readonly underId: EntityId | undefined
  /** Undefined: everything but deleted. */
  readonly status: EntityStatus | undefined
  readonly delivery: Delivery | undefined
  readonly review: Review | undefined
  /** Only what somebody else has changed since then, UTC milliseconds. */
  readonly changedSinceMs: number | undefined
  /** Cleaned and lower-cased, as names are stored for searching. */
  readonly nameContains: string | undefined
}

export type RowOrder = 'name' | 'status' | 'daily_budget' | 'spend_7d' | 'roas_7d' | 'changed_outside'

export interface RowSlice {
  readonly order: RowOrder
  readonly isDescending: boolean
  /** Amounts of different currencies are not comparable: with several in scope such an order goes currency by currency. */
  readonly hasCurrencies: boolean
  readonly limit: number
  readonly offset: number
}

/** What a page needs beside the entity itself. Micros of the account's currency; null: not known. */
export interface EntityRowFacts {
  readonly entityKey: number
  readonly weekSpendMicros: bigint | null
  readonly weekValueMicros: bigint | null
  readonly changedOutsideAtMs: number | null
}

const ORDERS: Readonly<Record<RowOrder, string>> = {
  name: 'r.name_folded',
  status: 'r.status',
  daily_budget: 'r.daily_budget_micros',
  spend_7d: 'r.week_spend_micros',
  roas_7d: 'CAST(r.week_value_micros AS REAL) / NULLIF(r.week_spend_micros, 0)',
  changed_outside: 'r.changed_outside_at_ms',
}
const MONEY: ReadonlySet<RowOrder> = new Set<RowOrder>(['daily_budget', 'spend_7d'])

const UNDER: Readonly<Record<EntityType, string>> = {
  campaign: 'SELECT entity_key FROM entity WHERE 0',
  ad_group: 'SELECT entity_key FROM entity WHERE parent_id = @under',
  // An ad lies below its ad group, or directly below a campaign that has none.
  ad: `SELECT entity_key FROM entity WHERE parent_id = @under
    UNION SELECT c.entity_key FROM entity m JOIN entity c ON c.parent_id = m.entity_id WHERE m.parent_id = @under`,
  creative: `SELECT c.entity_key FROM entity p JOIN account a ON a.account_key = p.account_key
    JOIN json_each(COALESCE(p.details_json ->> '$.creativeIds', '[]')) j JOIN entity c ON c.entity_id = a.account_id || '/creative/' || j.value
    WHERE p.entity_id = @under`,
}

/** Only the conditions that are asked for: each costs its share of 50,000 rows. */
function fromSql(filter: RowFilter): string {
  const source =
    filter.underId === undefined
      ? 'entity_row r WHERE r.account_key IN (SELECT value FROM json_each(@accounts))'
      : `(${UNDER[filter.type]}) k CROSS JOIN entity_row r ON r.entity_key = k.entity_key WHERE 1`
  return [
    source,
    'r.type = @type',
    filter.status === undefined ? "r.status <> 'deleted'" : 'r.status = @status',
    ...(filter.delivery === undefined ? [] : ['r.delivery = @delivery']),
    ...(filter.review === undefined ? [] : ['r.review = @review']),
    ...(filter.changedSinceMs === undefined ? [] : ['r.changed_outside_at_ms >= @changed']),
    ...(filter.nameContains === undefined ? [] : ['instr(r.name_folded, @name) > 0']),
  ].join(' AND ')
}

function parametersOf(filter: RowFilter) {
  return {
    accounts: JSON.stringify(filter.accountKeys),
    type: filter.type,
    under: filter.underId ?? null,
    status: filter.status ?? null,
    delivery: filter.delivery ?? null,
    review: filter.review ?? null,
    changed: filter.changedSinceMs ?? null,
    name: filter.nameContains ?? null,
  }
}

interface FactsRow {
  entity_key: bigint
  week_spend_micros: bigint | null
  week_value_micros: bigint | null
  changed_outside_at_ms: bigint | null
}

export function createEntityRowReader(db: FactsReadDb) {
  // Statements differ by the filters given and the order: some hundred at most, made when first needed.
  const prepared = new Map<string, Database.Statement>()
  function statement(sql: string): Database.Statement {
    const found = prepared.get(sql) ?? db.prepare(sql).safeIntegers()
    prepared.set(sql, found)
    return found
  }
  const children = db
    .prepare<[string], number>(
      `SELECT COUNT(*) FROM entity c CROSS JOIN entity_row r ON r.entity_key = c.entity_key WHERE c.parent_id = ? AND r.status <> 'deleted'`,
    )
    .pluck()
  const withDelivery = `SELECT 1 FROM metric_fact f WHERE f.entity_key = r.entity_key AND f.impressions > 0 AND f.day`
  const idle = db.prepare<[Record<string, unknown>], { entity_key: number; had_delivery: number }>(
    `SELECT r.entity_key, EXISTS (${withDelivery} < @start) AS had_delivery FROM entity_row r
     WHERE r.account_key = @account AND r.type = @type AND r.status = 'enabled' AND NOT EXISTS (${withDelivery} BETWEEN @start AND @end)
     ORDER BY r.entity_key LIMIT @limit`,
  )
  const lastDay = db
    .prepare<[number], number>('SELECT MAX(day) FROM metric_fact WHERE entity_key = ? AND impressions > 0')
    .pluck()
  const landingPages = db
    .prepare<[number, number], string>(
      `SELECT DISTINCT page FROM (SELECT e.details_json ->> '$.landingPage' AS page FROM entity_row r JOIN entity e USING (entity_key)
         WHERE r.account_key = ? AND r.type = 'ad' AND r.status = 'enabled' ORDER BY r.entity_key LIMIT ?) WHERE page IS NOT NULL`,
    )
    .pluck()
  const reviewed = db
    .prepare<[number, string, number], number>(
      `SELECT entity_key FROM entity_row WHERE account_key = ? AND type = 'ad' AND status = 'enabled' AND review = ? ORDER BY entity_key LIMIT ?`,
    )
    .pluck()
  return {
    /** One page in order. What has no value comes last, whichever way it is sorted. */
    page(filter: RowFilter, slice: RowSlice): readonly EntityRowFacts[] {
      const way = slice.isDescending ? 'DESC' : 'ASC'
      const currency =
        slice.hasCurrencies && MONEY.has(slice.order)
          ? '(SELECT currency FROM account a WHERE a.account_key = r.account_key), '
          : ''
      const order = `${currency}${ORDERS[slice.order]} ${way} NULLS LAST${slice.order === 'name' ? '' : ', r.name_folded'}, r.entity_key`
      const rows = statement(
        `SELECT r.entity_key, r.week_spend_micros, r.week_value_micros, r.changed_outside_at_ms FROM ${fromSql(filter)}
         ORDER BY ${order} LIMIT @limit OFFSET @offset`,
      ).all({ ...parametersOf(filter), limit: slice.limit, offset: slice.offset }) as FactsRow[]
      return rows.map((row) => ({
        entityKey: Number(row.entity_key),
        weekSpendMicros: row.week_spend_micros,
        weekValueMicros: row.week_value_micros,
        changedOutsideAtMs: row.changed_outside_at_ms === null ? null : Number(row.changed_outside_at_ms),
      }))
    },
    count(filter: RowFilter): number {
      const row = statement(`SELECT COUNT(*) AS n FROM ${fromSql(filter)}`).get(parametersOf(filter)) as { n: bigint }
      return Number(row.n)
    },
    /** Children that are not deleted. */
    childrenOf: (id: EntityId): number => children.get(id) ?? 0,
    /** Enabled campaigns or ad groups without one impression on any of the days (both ends included). */
    withoutDelivery: (
      what: {
        readonly accountKey: number
        readonly type: EntityType
        readonly startDay: number
        readonly endDay: number
      },
      limit: number,
    ): readonly { readonly entityKey: number; readonly hadDeliveryBefore: boolean }[] =>
      idle
        .all({ account: what.accountKey, type: what.type, start: what.startDay, end: what.endDay, limit })
        .map((row) => ({ entityKey: row.entity_key, hadDeliveryBefore: row.had_delivery === 1 })),
    /** The last day with an impression; null when there is none. */
    lastDelivery: (entityKey: number): number | null => lastDay.get(entityKey) ?? null,
    /** Where the first `limit` enabled ads lead to, each page once. Untrusted. */
    landingPages: (accountKey: number, limit: number): readonly string[] => landingPages.all(accountKey, limit),
    /** Enabled ads with that review. */
    adsInReview: (accountKey: number, review: Review, limit: number): readonly number[] =>
      reviewed.all(accountKey, review, limit),
  }
}

export function createEntityRowWriter(db: FactsDb) {
  const lastKey = db
    .prepare<Record<string, unknown>, number>(
      `SELECT MAX(entity_key) FROM (SELECT entity_key FROM entity_row WHERE account_key = @account AND type = @type AND entity_key > @after
         ORDER BY entity_key LIMIT @limit)`,
    )
    .pluck()
  const where = 'account_key = @account AND type = @type AND entity_key > @after AND entity_key <= @last'
  const refresh = db.prepare(
    `UPDATE entity_row SET (week_spend_micros, week_value_micros) = (
       SELECT COALESCE(SUM(f.spend_micros), 0), SUM(f.click_value_micros) FROM metric_fact f
       WHERE f.entity_key = entity_row.entity_key AND f.day BETWEEN @start AND @end)
     WHERE ${where}`,
  )
  const forget = db.prepare(`UPDATE entity_row SET week_spend_micros = NULL, week_value_micros = NULL WHERE ${where}`)
  return {
    /**
     * Sums the given week anew for the next `limit` entities after `afterKey`; without a week nothing is known. Call inside a transaction.
     * @returns the last key done; undefined when there were none left
     */
    refreshWeek(
      what: { readonly accountKey: number; readonly type: EntityType },
      week: { readonly startDay: number; readonly endDay: number } | undefined,
      afterKey: number,
      limit: number,
    ): number | undefined {
      const range = { account: what.accountKey, type: what.type, after: afterKey }
      const last = lastKey.get({ ...range, limit }) ?? undefined
      if (last === undefined) return undefined
      if (week === undefined) forget.run({ ...range, last })
      else refresh.run({ ...range, last, start: week.startDay, end: week.endDay })
      return last
    },
  }
}
