/**
 * The advertiser's orders, the touches before them and platforms' claims of single orders: the only SQL that touches shop_order and
 * shop_touch. Every version of an order is kept; which one counts is decided elsewhere. Judges nothing, credits nobody.
 */
import type { ClickIdType } from '../../shared/domain/attribution.ts'
import type { Platform } from '../../shared/domain/ids.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

/** One version of an order. Text of the shop is untrusted. */
export interface ShopOrderRow {
  /** Canonical. */
  readonly orderId: string
  /** Of everything the file says of it: the same row again has the same. */
  readonly rowHash: string
  readonly rawOrderId: string
  /** UTC seconds. */
  readonly atS: number
  /** Calendar day of `atS` in the shop's zone, days since 1970-01-01. */
  readonly day: number
  readonly updatedAtS: number
  /** After refunds; 0 when nothing is left of it. */
  readonly netValueMicros: bigint
  readonly currency: string
  readonly isTest: boolean
}
/** A click or view before an order, or a platform's own claim of it. */
export interface ShopTouchRow {
  readonly orderId: string
  readonly touchHash: string
  readonly kind: 'click' | 'view'
  readonly idType: ClickIdType | null
  readonly clickId: string | null
  /** UTC seconds; null: not known when. */
  readonly atS: number | null
  readonly utmSource: string | null
  readonly utmMedium: string | null
  readonly campaign: string | null
  readonly ad: string | null
  readonly claimedBy: Platform | null
}
/** What became of rows: `changed` are new versions of orders that were known. */
export interface AddedRows {
  readonly rowsNew: number
  readonly rowsChanged: number
  readonly rowsSame: number
}
export interface OrderStock {
  /** Canonical orders, their versions, and touches that are no claims. */
  readonly orders: number
  readonly versions: number
  readonly touches: number
  /** Pairs of an order and a platform that claims it; and those of them whose order was never imported. */
  readonly claims: number
  readonly claimsWithoutOrder: number
  /** First and last day with an order; null without orders. */
  readonly startDay: number | null
  readonly endDay: number | null
}

/** Orders are read so many at a time. */
const CHUNK_ORDERS = 2_000

interface OrderRecord {
  order_id: string
  row_hash: string
  raw_order_id: string
  at_s: bigint
  day: bigint
  updated_at_s: bigint
  net_value_micros: bigint
  currency: string
  is_test: bigint
}
interface TouchRecord {
  order_id: string
  touch_hash: string
  kind: 'click' | 'view'
  id_type: ClickIdType | null
  click_id: string | null
  at_s: number | null
  utm_source: string | null
  utm_medium: string | null
  campaign: string | null
  ad: string | null
  claimed_by: Platform | null
}

/** One order with all its versions, by their hashes, and all its touches and claims, by theirs. */
export interface StoredOrder {
  readonly orderId: string
  readonly versions: readonly [ShopOrderRow, ...ShopOrderRow[]]
  readonly touches: readonly ShopTouchRow[]
}
export type OrderReader = ReturnType<typeof createOrderReader>
export type OrderWriter = ReturnType<typeof createOrderWriter>

export function createOrderReader(db: FactsReadDb) {
  const any = db.prepare('SELECT 1 FROM shop_order LIMIT 1')
  const orders = db.prepare<[], { orders: number; versions: number; start_day: number | null; end_day: number | null }>(
    'SELECT COUNT(DISTINCT order_id) AS orders, COUNT(*) AS versions, MIN(day) AS start_day, MAX(day) AS end_day FROM shop_order',
  )
  const touches = db.prepare<[], { n: number }>('SELECT COUNT(*) AS n FROM shop_touch WHERE claimed_by IS NULL')
  // A count of distinct pairs sorts; the touches of an order are few and lie together.
  const claims = db.prepare<[], { claims: number; orphans: number }>(
    `SELECT COALESCE(SUM(n), 0) AS claims, COALESCE(SUM(n) FILTER (WHERE is_orphan), 0) AS orphans FROM (
       SELECT COUNT(DISTINCT t.claimed_by) AS n, NOT EXISTS (SELECT 1 FROM shop_order o WHERE o.order_id = t.order_id) AS is_orphan
       FROM shop_touch t WHERE t.claimed_by IS NOT NULL GROUP BY t.order_id)`,
  )
  const countOfDays = db.prepare<[number, number, number], { n: number }>(
    'SELECT COUNT(*) AS n FROM (SELECT DISTINCT order_id FROM shop_order WHERE day BETWEEN ? AND ? LIMIT ?)',
  )
  const idsOfDays = db
    .prepare<[number, number], string>('SELECT DISTINCT order_id FROM shop_order WHERE day BETWEEN ? AND ? ORDER BY 1')
    .pluck()
  const currencies = db.prepare<[number, number], { currency: string; versions: number }>(
    `SELECT currency, COUNT(*) AS versions FROM shop_order WHERE day BETWEEN ? AND ? GROUP BY currency
     ORDER BY versions DESC, currency`,
  )
  const versionsOf = db
    .prepare<[string], OrderRecord>(
      `SELECT o.order_id, o.row_hash, o.raw_order_id, o.at_s, o.day, o.updated_at_s, o.net_value_micros, o.currency, o.is_test
       FROM json_each(?) w CROSS JOIN shop_order o ON o.order_id = w.value`,
    )
    .safeIntegers()
  const touchesOf = db.prepare<[string], TouchRecord>(
    `SELECT t.order_id, t.touch_hash, t.kind, t.id_type, t.click_id, t.at_s, t.utm_source, t.utm_medium, t.campaign, t.ad, t.claimed_by
     FROM json_each(?) w CROSS JOIN shop_touch t ON t.order_id = w.value`,
  )
  function* chunk(ids: readonly string[]): Generator<StoredOrder> {
    const wanted = JSON.stringify(ids)
    const versions = grouped(versionsOf.all(wanted), toOrder)
    const found = grouped(touchesOf.all(wanted), toTouch)
    for (const orderId of ids) {
      const [first, ...more] = versions.get(orderId) ?? []
      if (first !== undefined) yield { orderId, versions: [first, ...more], touches: found.get(orderId) ?? [] }
    }
  }
  return {
    /** Whether any order was ever imported. */
    hasAny: (): boolean => any.get() !== undefined,
    /** Counts over everything: reads all rows. */
    stock(): OrderStock {
      const { orders: count = 0, versions = 0, start_day = null, end_day = null } = orders.get() ?? {}
      const { claims: claimed = 0, orphans = 0 } = claims.get() ?? {}
      return {
        orders: count,
        versions,
        touches: touches.get()?.n ?? 0,
        claims: claimed,
        claimsWithoutOrder: orphans,
        startDay: start_day,
        endDay: end_day,
      }
    },
    /** Pairs of an order and a platform that claims it, of orders that were never imported. */
    claimsWithoutOrder: (): number => claims.get()?.orphans ?? 0,
    /** Orders with a version on one of these days; counts no further than `most`. */
    countOfDays: (startDay: number, endDay: number, most: number): number =>
      countOfDays.get(startDay, endDay, most)?.n ?? 0,
    /** Currencies of the versions on these days, the commonest first. */
    currenciesOfDays: (startDay: number, endDay: number): readonly string[] =>
      currencies.all(startDay, endDay).map(({ currency }) => currency),
    /**
     * Every order with a version on one of these days, whole: its versions of other days too. In the order of ids, read in chunks; the
     * connection must not be written to meanwhile.
     */
    *ofDays(startDay: number, endDay: number): Generator<StoredOrder> {
      let ids: string[] = []
      for (const id of idsOfDays.iterate(startDay, endDay)) {
        ids.push(id)
        if (ids.length < CHUNK_ORDERS) continue
        yield* chunk(ids)
        ids = []
      }
      yield* chunk(ids)
    },
  }
}

/** Call inside a transaction. What is there stays as it is, with the import that brought it first. */
export function createOrderWriter(db: FactsDb) {
  const knows = db.prepare('SELECT 1 FROM shop_order WHERE order_id = ? LIMIT 1')
  const insertOrder = db.prepare(
    `INSERT INTO shop_order (order_id, row_hash, raw_order_id, at_s, day, updated_at_s, net_value_micros, currency, is_test, import_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const insertTouch = db.prepare(
    `INSERT INTO shop_touch (order_id, touch_hash, kind, id_type, click_id, at_s, utm_source, utm_medium, campaign, ad, claimed_by, import_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const clearTouches = db.prepare('DELETE FROM shop_touch')
  const clearOrders = db.prepare('DELETE FROM shop_order')
  return {
    addOrders(importId: string, rows: readonly ShopOrderRow[]): AddedRows {
      const added = { rowsNew: 0, rowsChanged: 0, rowsSame: 0 }
      for (const row of rows) {
        const isKnown = knows.get(row.orderId) !== undefined
        const { changes } = insertOrder.run(
          row.orderId,
          row.rowHash,
          row.rawOrderId,
          row.atS,
          row.day,
          row.updatedAtS,
          row.netValueMicros,
          row.currency,
          row.isTest ? 1 : 0,
          importId,
        )
        added[changes === 0 ? 'rowsSame' : isKnown ? 'rowsChanged' : 'rowsNew'] += 1
      }
      return added
    },
    /** Touches and claims; of orders that are not there too. */
    addTouches(importId: string, rows: readonly ShopTouchRow[]): AddedRows {
      const added = { rowsNew: 0, rowsChanged: 0, rowsSame: 0 }
      for (const row of rows) {
        const { changes } = insertTouch.run(
          row.orderId,
          row.touchHash,
          row.kind,
          row.idType,
          row.clickId,
          row.atS,
          row.utmSource,
          row.utmMedium,
          row.campaign,
          row.ad,
          row.claimedBy,
          importId,
        )
        added[changes === 0 ? 'rowsSame' : 'rowsNew'] += 1
      }
      return added
    },
    /** All orders, touches and claims, from whichever file. */
    removeAll(): void {
      clearTouches.run()
      clearOrders.run()
    },
  }
}

/** Rows of one order come together, in the order of their hashes. */
function grouped<R extends { order_id: string }, T>(
  records: readonly R[],
  make: (record: R) => T,
): ReadonlyMap<string, T[]> {
  const byId = new Map<string, T[]>()
  for (const record of records) {
    const known = byId.get(record.order_id)
    if (known === undefined) byId.set(record.order_id, [make(record)])
    else known.push(make(record))
  }
  return byId
}

function toOrder(row: OrderRecord): ShopOrderRow {
  return {
    orderId: row.order_id,
    rowHash: row.row_hash,
    rawOrderId: row.raw_order_id,
    atS: Number(row.at_s),
    day: Number(row.day),
    updatedAtS: Number(row.updated_at_s),
    netValueMicros: row.net_value_micros,
    currency: row.currency,
    isTest: row.is_test === 1n,
  }
}

function toTouch(row: TouchRecord): ShopTouchRow {
  return {
    orderId: row.order_id,
    touchHash: row.touch_hash,
    kind: row.kind,
    idType: row.id_type,
    clickId: row.click_id,
    atS: row.at_s,
    utmSource: row.utm_source,
    utmMedium: row.utm_medium,
    campaign: row.campaign,
    ad: row.ad,
    claimedBy: row.claimed_by,
  }
}
