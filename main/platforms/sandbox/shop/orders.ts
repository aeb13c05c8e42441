/** Makes orders of drafts: number, price, what became of them, who caused them and what the shop has seen. Pure and seeded. */
import { dayDate } from '../calendar.ts'
import { between, mix, unit } from '../random.ts'
import type { DayPlan, Draft } from './assemble.ts'
import { causeOf } from './causes.ts'
import { DAY_MS, midnight } from './days.ts'
import { touchesOf } from './sightings.ts'
import { SHOP_CURRENCY, SHOP_ZONE, type ShopOrder } from './types.ts'

/** What becomes of orders, as shares. */
const CANCELLED = 0.012
const REFUNDED = 0.05
const PARTLY_REFUNDED = 0.03
const TESTS = 0.003
const EXPORTED_TWICE = 0.01
/** Of the orders that ads have to do with, those for which people came back through the newsletter. */
const NEWSLETTER = 0.12
/** Day from which order numbers count. */
const FIRST_DAY = 18_262

function totalCents(seed: number, draft: Draft): number {
  const priced = draft.claims.filter((claim) => claim.orderCents > 0)
  // Of several claims the middle: the platforms only know about what a basket is worth.
  const sum = priced.reduce((cents, claim) => cents + claim.orderCents, 0)
  const cents = priced.length > 0 ? sum / priced.length : between(4_500, 14_000, seed, draft.key, 401)
  return Math.max(500, Math.round(cents))
}

interface Fate {
  readonly isCancelled: boolean
  readonly isTest: boolean
  readonly refundedCents: number
  readonly updatedAtMs: number
}

/** What has become of an order by now. */
function fateOf(seed: number, draft: Draft, atMs: number, cents: number, nowMs: number): Fate {
  const draw = unit(seed, draft.key, 402)
  const asPlaced = { isCancelled: false, isTest: false, refundedCents: 0, updatedAtMs: atMs }
  const isTest = draft.claims.length === 0 && unit(seed, draft.key, 403) < TESTS * 4
  const days = draw < CANCELLED ? between(0.05, 0.8, seed, draft.key, 404) : between(3, 24, seed, draft.key, 404)
  const changedMs = atMs + Math.floor((days * DAY_MS) / 1000) * 1000
  if (isTest || draw >= CANCELLED + REFUNDED + PARTLY_REFUNDED || changedMs > nowMs) return { ...asPlaced, isTest }
  const isPart = draw >= CANCELLED + REFUNDED
  const part = isPart ? between(0.15, 0.7, seed, draft.key, 405) : 1
  return { isCancelled: draw < CANCELLED, isTest, refundedCents: Math.round(cents * part), updatedAtMs: changedMs }
}

function finish(plan: DayPlan, draft: Draft, atMs: number, nowMs: number): ShopOrder {
  const { seed, model } = plan
  const { key, source, interactions } = draft
  const total = totalCents(seed, draft)
  const fate = fateOf(seed, draft, atMs, total, nowMs)
  const hasNewsletter = source === 'email' || (interactions.length > 0 && unit(seed, key, 406) < NEWSLETTER)
  const facts = { key, atMs, interactions, source, hasNewsletter }
  const second = Math.floor((atMs - midnight(plan.day, SHOP_ZONE)) / 1000)
  return {
    orderId: `#${(plan.day - FIRST_DAY) * 100_000 + second}`,
    atMs,
    date: dayDate(plan.day),
    currency: SHOP_CURRENCY,
    totalCents: total,
    netCents: total - fate.refundedCents,
    ...fate,
    isExportedTwice: unit(seed, key, 407) < EXPORTED_TWICE,
    market: draft.market,
    touches: fate.isTest ? [] : touchesOf(seed, model, facts),
    truth: { cause: fate.isTest ? null : causeOf(seed, model, facts), interactions, source },
  }
}

/** The day's orders by time, each in a second of its own, so that the time can be part of its number. */
export function finishDay(
  plan: DayPlan,
  drafts: readonly Draft[],
  nowMs: number,
): readonly { readonly order: ShopOrder; readonly draft: Draft }[] {
  const endMs = midnight(plan.day + 1, SHOP_ZONE)
  const taken = new Set<number>()
  const inOrder = drafts.toSorted(
    (left, right) => left.atMs - right.atMs || mix(plan.seed, left.key, 408) - mix(plan.seed, right.key, 408),
  )
  return inOrder.map((draft) => {
    let atMs = draft.atMs - (draft.atMs % 1000)
    // Interactions lie a minute back at least, so a few seconds later changes nothing; at the end of the day backwards.
    while (taken.has(atMs) && atMs + 1000 < endMs) atMs += 1000
    while (taken.has(atMs)) atMs -= 1000
    taken.add(atMs)
    return { order: finish(plan, draft, atMs, nowMs), draft }
  })
}
