/** Orders and claims of a file as the rows they are stored as: canonical id, day in the shop's zone, hashes. Pure. */
import { createHash } from 'node:crypto'
import type { ImportedClaim, ImportedOrder, ImportedTouch } from '../../imports/parsed.ts'
import type { ShopOrderRow, ShopTouchRow } from '../../store/order-table.ts'
import { localDay } from '../calendar.ts'
import { canonicalOrderId } from './order-id.ts'

/** Half of SHA-256 tells rows of one order apart. */
const HASH_CHARS = 32
/** Zones are off UTC by a multiple of it, so that all of its seconds lie on one day. */
const QUARTER_HOUR_S = 900

/** @param dayOf see createShopDays */
export function shopOrderRow(order: ImportedOrder, dayOf: (atS: number) => number): ShopOrderRow {
  const { rawOrderId, atS, updatedAtS, netValueMicros, currency, isTest } = order
  return {
    orderId: canonicalOrderId(rawOrderId),
    rowHash: hashOf([rawOrderId, atS, updatedAtS, String(netValueMicros), currency, isTest]),
    rawOrderId,
    atS,
    day: dayOf(atS),
    updatedAtS,
    netValueMicros,
    currency,
    isTest,
  }
}

/** The touches that came with an order's row. */
export function shopTouchRows(order: ImportedOrder): readonly ShopTouchRow[] {
  const orderId = canonicalOrderId(order.rawOrderId)
  return order.touches.map((touch) => touchRow(orderId, touch))
}

export function claimRow(claim: ImportedClaim): ShopTouchRow {
  return touchRow(canonicalOrderId(claim.rawOrderId), claim.touch)
}

/** UTC seconds to the calendar day in a zone, days since 1970-01-01. Keeps what it has worked out: one per file. */
export function createShopDays(timeZone: string): (atS: number) => number {
  const known = new Map<number, number>()
  return (atS) => {
    const quarter = Math.floor(atS / QUARTER_HOUR_S)
    const day = known.get(quarter) ?? localDay(quarter * QUARTER_HOUR_S * 1_000, timeZone)
    known.set(quarter, day)
    return day
  }
}

function touchRow(orderId: string, touch: ImportedTouch): ShopTouchRow {
  const { kind, idType, clickId, atS, utmSource, utmMedium, campaign, ad, claimedBy } = touch
  return {
    orderId,
    touchHash: hashOf([kind, idType, clickId, atS, utmSource, utmMedium, campaign, ad, claimedBy]),
    kind,
    idType,
    clickId,
    atS,
    utmSource,
    utmMedium,
    campaign,
    ad,
    claimedBy,
  }
}

function hashOf(parts: readonly (string | number | boolean | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, HASH_CHARS)
}
