/**
 * Puts the claims of all platforms together to the orders of one day: most orders are claimed once, some by two or three platforms, some
 * have been seen only, some came by themselves. Pure and seeded. Every claim is in one order or says why there is none.
 */
import type { Platform } from '../../../../shared/domain/ids.ts'
import { dayNumber } from '../calendar.ts'
import { between, mix, poisson, unit } from '../random.ts'
import { midnight } from './days.ts'
import { ORGANIC_PER_DAY } from './markets.ts'
import { type Interaction, type OrderSource, SHOP_ZONE, type ShopClaim, type ShopModel } from './types.ts'

/** An order in the making. */
export interface Draft {
  readonly key: number
  /** The market's currency. */
  readonly market: string
  readonly atMs: number
  readonly source: OrderSource
  readonly claims: ShopClaim[]
  readonly interactions: Interaction[]
}

export interface DayPlan {
  readonly seed: number
  readonly model: ShopModel
  /** Calendar day of the orders in the shop's zone, since 1970-01-01. */
  readonly day: number
  readonly anchorDate: string
  readonly size: 'small' | 'demo'
}

/** Share of a platform's claims that belong to an order which an earlier platform of the list claims too. */
const JOINS: readonly (readonly [Platform, number])[] = [
  ['meta', 0.6],
  ['tiktok', 0.65],
]
/** What is only seen mostly happens to people who click something else or come by themselves. */
const VIEWS_THAT_JOIN = 0.85
const OLD_CLICKS_THAT_JOIN = 0.6
/** Share of orders with a click that the platform itself never learned of. */
const UNNOTICED = 0.07
const MINUTE_MS = 60_000
const TRIES = 12

/** Sunday first. */
const WEEKDAY = [1.12, 0.95, 0.93, 0.95, 0.98, 1.02, 1.1]

/** When the interaction of a claim was, if its order came at `orderAtMs`; undefined when that cannot be. */
function momentFor(seed: number, claim: ShopClaim, orderAtMs: number): number | undefined {
  const lagMs = orderAtMs - claim.atMs
  if (claim.isFixed) {
    const isIn = lagMs >= claim.lagFromMs + MINUTE_MS && lagMs <= claim.lagToMs - MINUTE_MS
    return isIn ? claim.atMs : undefined
  }
  const from = Math.max(claim.dayStartMs, orderAtMs - claim.lagToMs + MINUTE_MS)
  const to = Math.min(claim.dayEndMs, orderAtMs - claim.lagFromMs - MINUTE_MS)
  if (from >= to) return undefined
  // Its own moment where it fits; else somewhere in the time that is left.
  if (claim.atMs >= from && claim.atMs < to) return claim.atMs
  return Math.floor(from + (to - from) * unit(seed, claim.key, 11))
}

function interactionOf(claim: ShopClaim, atMs: number, isClaimed = true): Interaction {
  const { platform, accountId, campaignId, campaignName, adId, purpose, kind, isInApp } = claim
  return { platform, accountId, campaignId, campaignName, adId, purpose, kind, isInApp, atMs, isClaimed }
}

function newDraft(claim: ShopClaim, source: OrderSource): Draft {
  return {
    key: claim.key,
    market: claim.currency,
    atMs: claim.orderAtMs,
    source,
    claims: [claim],
    interactions: [interactionOf(claim, claim.atMs)],
  }
}

/** Adds the claim to one of the drafts that may take it, tried from a seeded place on. */
function join(seed: number, claim: ShopClaim, drafts: readonly Draft[], mayTake: (draft: Draft) => boolean): boolean {
  const start = drafts.length === 0 ? 0 : mix(seed, claim.key, 12) % drafts.length
  for (let tried = 0; tried < Math.min(TRIES, drafts.length); tried += 1) {
    const draft = drafts[(start + tried) % drafts.length]
    if (draft === undefined || !mayTake(draft)) continue
    const atMs = momentFor(seed, claim, draft.atMs)
    if (atMs === undefined) continue
    draft.claims.push(claim)
    draft.interactions.push(interactionOf(claim, atMs))
    return true
  }
  return false
}

const hasPlatform = (draft: Draft, platform: Platform): boolean =>
  draft.claims.some((claim) => claim.platform === platform)

/** Two parts of one order that Google has shared between two campaigns. */
function mayShare(draft: Draft, claim: ShopClaim): boolean {
  const [first, second] = draft.claims
  if (first === undefined || second !== undefined || first.centi === 100) return false
  return (
    first.campaignId !== claim.campaignId && first.accountId === claim.accountId && first.centi + claim.centi <= 120
  )
}

const countsAsClick = ({ platform, kind }: ShopClaim): boolean =>
  kind === 'click' || (platform === 'google_ads' && kind === 'engaged_view')

/** Orders with a click, or on Google with what it counts like one. */
function clickDrafts({ seed, model }: DayPlan, claims: readonly ShopClaim[]): Draft[] {
  const drafts: Draft[] = []
  const clicks = claims.filter(countsAsClick)
  const place = (claim: ShopClaim, joinShare: number, mayTake: (draft: Draft) => boolean): void => {
    const isContested = unit(seed, claim.key, 13) < joinShare
    if (!isContested || !join(seed, claim, drafts, mayTake)) drafts.push(newDraft(claim, 'ads'))
  }
  const isOpenTo = (claim: ShopClaim) => (draft: Draft) =>
    !claim.isInApp && !hasPlatform(draft, claim.platform) && !draft.claims.some(({ isInApp }) => isInApp)
  for (const claim of clicks)
    if (claim.platform === 'google_ads' && claim.window !== 'late')
      place(claim, claim.centi === 100 ? 0 : 1, (draft) => mayShare(draft, claim))
  for (const [platform, share] of JOINS)
    for (const claim of clicks)
      if (claim.platform === platform && claim.window !== 'late')
        place(claim, share * model.contestFactor, isOpenTo(claim))
  // An old click is mostly the beginning of a way with newer ones on it.
  for (const claim of clicks)
    if (claim.window === 'late') place(claim, OLD_CLICKS_THAT_JOIN * model.contestFactor, isOpenTo(claim))
  return drafts
}

/** Orders that came by themselves. */
function organicDrafts({ seed, model, day, anchorDate, size }: DayPlan, market: string): Draft[] {
  const usual = (ORGANIC_PER_DAY[size][market] ?? 0) * model.organicFactor
  const season = 1 + 0.14 * Math.sin((2 * Math.PI * (day - 100)) / 365.25)
  const trend = 1 + 0.0004 * (day - dayNumber(anchorDate))
  const marketKey = Array.from(market).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7)
  const mean = usual * (WEEKDAY[(day + 4) % 7] ?? 1) * season * trend
  const startMs = midnight(day, SHOP_ZONE)
  const lengthMs = midnight(day + 1, SHOP_ZONE) - startMs
  return Array.from({ length: poisson(mean, seed, marketKey, day, 21) }, (_, index): Draft => {
    const key = mix(seed, 65, marketKey, day, index)
    const kind = unit(seed, key, 22)
    const source =
      kind < 0.35 ? 'direct' : kind < 0.6 ? 'organic_search' : kind < 0.85 ? 'email' : ('referral' as const)
    const atMs = Math.floor(startMs + between(0.02, 0.999, seed, key, 23) * lengthMs)
    return { key, market, atMs, source, claims: [], interactions: [] }
  })
}

/** Views and engaged views: with an order of somebody else's, or alone with one. */
function addViews({ seed }: DayPlan, claims: readonly ShopClaim[], drafts: Draft[]): void {
  for (const claim of claims) {
    if (countsAsClick(claim)) continue
    const joins = unit(seed, claim.key, 14) < VIEWS_THAT_JOIN
    // A platform that has a click counts no view.
    if (joins && join(seed, claim, drafts, (draft) => !hasPlatform(draft, claim.platform))) continue
    drafts.push(newDraft(claim, 'views'))
  }
}

/** Clicks that their platform never connected with the order: browsers that tell it nothing. */
function addUnnoticed({ seed }: DayPlan, claims: readonly ShopClaim[], drafts: readonly Draft[]): void {
  if (claims.length === 0) return
  for (const draft of drafts) {
    if (unit(seed, draft.key, 15) >= UNNOTICED) continue
    const claim = claims[mix(seed, draft.key, 16) % claims.length]
    if (claim === undefined || claim.kind !== 'click' || claim.isInApp || hasPlatform(draft, claim.platform)) continue
    const atMs = Math.floor(draft.atMs - MINUTE_MS - 5 * 86_400_000 * unit(seed, draft.key, 17) ** 2.2)
    draft.interactions.push(interactionOf(claim, atMs, false))
  }
}

/** The orders of one day. `claims`: those whose own order time lies on it. */
export function assembleDay(plan: DayPlan, claims: readonly ShopClaim[]): readonly Draft[] {
  const real = claims.filter((claim) => claim.nothingBehind === undefined)
  const markets = new Set([...Object.keys(ORGANIC_PER_DAY[plan.size]), ...real.map((claim) => claim.currency)])
  const all: Draft[] = []
  for (const market of [...markets].toSorted()) {
    // In an order of their own: neighbours in an account are no neighbours in the street.
    const own = real.filter((claim) => claim.currency === market).toSorted((left, right) => left.key - right.key)
    const drafts = [...clickDrafts(plan, own), ...organicDrafts(plan, market)]
    addViews(plan, own, drafts)
    addUnnoticed(plan, own, drafts)
    all.push(...drafts)
  }
  return all
}
