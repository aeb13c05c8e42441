/**
 * The one shop that advertises on all platforms of the sandbox: its orders, and who really caused them. Everything the platforms come to
 * claim is either one of its orders or known to be none. Worked out anew for each period asked for, from the seed alone: nothing is kept,
 * so nothing can go stale. Adapters and reports never see it; only its export leaves, as a file a person could have downloaded.
 */
import { dayDate, dayNumber } from '../calendar.ts'
import { assembleDay, type Draft } from './assemble.ts'
import { claimsOfDay, LONGEST_LAG_DAYS } from './claims.ts'
import { dayAt } from './days.ts'
import { finishDay } from './orders.ts'
import { SHOPIFY_HEADER, shopifyRows } from './shopify.ts'
import {
  SHOP_ZONE,
  type SettledClaim,
  type Shop,
  type ShopClaim,
  type ShopModel,
  type ShopOptions,
  type ShopOrder,
} from './types.ts'

export type {
  Interaction,
  SettledClaim,
  Shop,
  ShopClaim,
  ShopModel,
  ShopOptions,
  ShopOrder,
  ShopTouch,
} from './types.ts'
export { priceInCents } from './markets.ts'

const USUAL: ShopModel = { ownWillWeight: 0.4, lostFactor: 1, contestFactor: 1, inventedFactor: 1, organicFactor: 1 }
/** Beyond the world's history there is nothing to tell. */
const MAX_DAYS = 800

/** `day` read as a calendar day. @throws TypeError for what is none, and for periods beyond all history */
function periodOf(startDate: string, endDate: string): readonly [number, number] {
  const [start, end] = [dayNumber(startDate), dayNumber(endDate)]
  if (Number.isNaN(start) || Number.isNaN(end)) throw new TypeError('a period goes from one calendar day to another')
  if (end - start > MAX_DAYS) throw new TypeError(`a period has ${MAX_DAYS} days at most`)
  return [start, end]
}

/** The shop behind three worlds of the same seed and clock. */
export function createShop(options: ShopOptions): Shop {
  const { seed, clock, worlds } = options
  const model = { ...USUAL, ...options.model }
  const today = (): number => dayAt(clock.nowMs(), SHOP_ZONE)

  /** Orders by day, also those still to come, each with what it was made of; first some empty steps, while ads are gathered. */
  function* daysOf(start: number, end: number): Generator<readonly { order: ShopOrder; draft: Draft }[]> {
    // Puts budgets in force whose day has come: the worlds do so only when they are looked at.
    for (const advertiser of worlds.tiktok.advertisers) worlds.tiktok.entities(advertiser)
    const gathered = new Map<number, ShopClaim[]>()
    // A day's orders come of ads up to a month before it, and of the next calendar day in zones that are ahead.
    for (let adDay = start - LONGEST_LAG_DAYS - 1; adDay <= end + 1; adDay += 1) {
      for (const claim of claimsOfDay(seed, worlds, model, adDay)) {
        const orderDay = dayAt(claim.orderAtMs, SHOP_ZONE)
        const sameDay = gathered.get(orderDay)
        if (sameDay === undefined) gathered.set(orderDay, [claim])
        else sameDay.push(claim)
      }
      const day = adDay - 1
      const plan = { seed, model, day, anchorDate: worlds.google.anchorDate, size: worlds.google.size }
      yield day < start ? [] : finishDay(plan, assembleDay(plan, gathered.get(day) ?? []), clock.nowMs())
      gathered.delete(day)
    }
  }

  function* placed(startDate: string, endDate: string): Generator<readonly ShopOrder[]> {
    const [start, end] = periodOf(startDate, endDate)
    for (const day of daysOf(start, Math.min(end, today())))
      yield day.map(({ order }) => order).filter(({ atMs }) => atMs <= clock.nowMs())
  }
  function* shopifyParts(startDate: string, endDate: string): Generator<string> {
    yield SHOPIFY_HEADER
    for (const day of placed(startDate, endDate)) yield shopifyRows(seed, day)
  }

  function claims(startDate: string, endDate: string): readonly SettledClaim[] {
    const [start, end] = periodOf(startDate, endDate)
    const orderIds = new Map<number, string>()
    for (const day of daysOf(start - 1, end + LONGEST_LAG_DAYS + 2))
      for (const { order, draft } of day) for (const { key } of draft.claims) orderIds.set(key, order.orderId)
    const found: SettledClaim[] = []
    for (let day = start; day <= end; day += 1)
      for (const claim of claimsOfDay(seed, worlds, model, day))
        found.push({ ...claim, orderId: orderIds.get(claim.key) })
    return found
  }

  return {
    today: () => dayDate(today()),
    orders: (startDate, endDate) => [...placed(startDate, endDate)].flat(),
    claims,
    shopifyParts,
    shopifyCsv: (startDate, endDate) => [...shopifyParts(startDate, endDate)].join(''),
  }
}
