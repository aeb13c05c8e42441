/** Pages of entities, filtered and ordered, with what they spent over some days. The only SQL of its kind; changes nothing. */
import type { EntityType } from '../../shared/domain/ids.ts'
import type { FactsReadDb } from './open.ts'

export interface EntityFilter {
  readonly accountKey: number
  readonly type: EntityType
  /** Any ancestor; undefined for all of the account. */
  readonly underKey: number | undefined
  /** Undefined: everything but deleted. */
  readonly status: 'enabled' | 'paused' | 'any' | undefined
  /** Cleaned and lower-cased, as names are stored for searching. */
  readonly nameContains: string | undefined
}

const FILTERED = `e.account_key = @account AND e.type = @type
  AND (@status = 'any' OR (@status = 'listed' AND e.status <> 'deleted') OR e.status = @status)
  AND (@name IS NULL OR instr(e.name_folded, @name) > 0)
  AND (@under IS NULL OR e.parent_id IN (SELECT entity_id FROM entity WHERE entity_key = @under
    UNION SELECT c.entity_id FROM entity t JOIN entity c ON c.parent_id = t.entity_id WHERE t.entity_key = @under))`
const ENTITY_ORDERS = {
  spend_7d: 'spend DESC, e.name_folded, e.entity_key',
  name: 'e.name_folded, e.entity_key',
  id: 'e.entity_id',
} as const

/** Lists of entities with what they spent over some days. */
export function createEntityList(db: FactsReadDb) {
  const spend = `COALESCE((SELECT SUM(f.spend_micros) FROM metric_fact f WHERE f.entity_key = e.entity_key AND f.day BETWEEN @start AND @end), 0)`
  const page = (order: keyof typeof ENTITY_ORDERS) =>
    db
      .prepare<[Record<string, unknown>], { entity_key: bigint; spend: bigint }>(
        `SELECT e.entity_key, ${spend} AS spend FROM entity e WHERE ${FILTERED} ORDER BY ${ENTITY_ORDERS[order]} LIMIT @limit OFFSET @offset`,
      )
      .safeIntegers()
  const pages = { spend_7d: page('spend_7d'), name: page('name'), id: page('id') } as const
  const count = db.prepare<[Record<string, unknown>], { n: number }>(
    `SELECT COUNT(*) AS n FROM entity e WHERE ${FILTERED}`,
  )
  const one = db
    .prepare<[Record<string, unknown>], { spend: bigint | null }>(
      'SELECT SUM(spend_micros) AS spend FROM metric_fact WHERE entity_key = @entity AND day BETWEEN @start AND @end',
    )
    .safeIntegers()
  return {
    /** Keys of one page in order, each with its spend over the days (both ends included), micros. */
    page: (
      filter: EntityFilter,
      days: { startDay: number; endDay: number },
      slice: { order: keyof typeof ENTITY_ORDERS; limit: number; offset: number },
    ) =>
      pages[slice.order]
        .all({
          ...parameters(filter),
          start: days.startDay,
          end: days.endDay,
          limit: slice.limit,
          offset: slice.offset,
        })
        .map((row) => ({ entityKey: Number(row.entity_key), spendMicros: row.spend })),
    count: (filter: EntityFilter): number => count.get(parameters(filter))?.n ?? 0,
    spendOf: (entityKey: number, startDay: number, endDay: number): bigint =>
      one.get({ entity: entityKey, start: startDay, end: endDay })?.spend ?? 0n,
  }
}

function parameters(filter: EntityFilter) {
  return {
    account: filter.accountKey,
    type: filter.type,
    status: filter.status ?? 'listed',
    name: filter.nameContains ?? null,
    under: filter.underKey ?? null,
  }
}
