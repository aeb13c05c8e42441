/**
 * What every ad did on every day. Pure functions of seed, entity, day and "now": a past day never changes except by restatement,
 * which only ever adds. Everything is counted in whole numbers per ad and day, so ads add up to ad sets, campaigns and the account.
 */
import { between, poisson } from '../random.ts'
import type { BudgetStep, MetaAccount, MetaAd, MetaAdSet, MetaCampaign, SwitchPoint } from './types.ts'

/** Meta's numbers of a day settle within this many days. */
export const RESTATEMENT_DAYS = 28

/** Windows in the order in which their five counts lie side by side. */
export const WINDOWS = ['1d_click', '7d_click', '28d_click', '1d_view', '1d_ev'] as const

/** Where each number of a day lies in its row. Kinds of events take 12 places: five counts, five values, own count, own value. */
export const SPEND = 0
export const IMPRESSIONS = 1
export const CLICKS = 2
export const LINK_CLICKS = 3
export const PLAYS = 4
export const VIEWS_3S = 5
export const THRUPLAYS = 6
export const P25 = 7
export const P50 = 8
export const P75 = 9
export const P95 = 10
export const P100 = 11
export const VIEWS_30S = 12
export const VIEWS_2S = 13
export const LANDINGS = 14
export const ENGAGEMENTS = 15
/** People; the one number that does not add up. */
export const REACH = 16
export const PIXEL_PURCHASE = 17
export const SHOP_PURCHASE = 29
export const LEAD = 41
export const CART = 53
const WIDTH = 65
export const VALUE = 5
export const OWN = 10
export const OWN_VALUE = 11

/** One entity, one day (or range), as reported now: see the places above. Money in minor units. */
export type Totals = Float64Array

export interface PlantedAnomaly {
  readonly campaignId: string
  readonly kind: 'cpm_spike' | 'tracking_outage' | 'spend_surge'
  readonly startDay: number
  readonly endDay: number
}

export interface MetricsContext {
  readonly seed: number
  readonly anchorDay: number
  readonly anomalies: readonly PlantedAnomaly[]
  /** The account's own wall clock. */
  readonly now: { readonly day: number; readonly minuteOfDay: number }
}

/** Sunday first. People plan trips on weekends. */
const WEEKDAY = [1.16, 0.93, 0.9, 0.93, 0.98, 1.05, 1.2]

export function emptyTotals(): Totals {
  return new Float64Array(WIDTH)
}

/** Part of a day's delivery that has happened by a minute. Rises from 0 to 1. */
function dayShare(minuteOfDay: number): number {
  const x = Math.min(1, Math.max(0, minuteOfDay / 1440))
  return x - 0.09 * Math.sin(2 * Math.PI * x)
}

type Intervals = readonly (readonly [number, number])[]
const ALL_DAY: Intervals = [[0, 1440]]
const NEVER: Intervals = []

/** When delivery was on, within one day. */
function onIntervals(switches: readonly SwitchPoint[], day: number): Intervals {
  let isOn = false
  let from = 0
  let intervals: (readonly [number, number])[] | undefined
  for (const point of switches) {
    if (point.day > day) break
    if (point.day === day && point.minuteOfDay > 0) {
      intervals ??= []
      if (isOn) intervals.push([from, point.minuteOfDay])
      from = point.minuteOfDay
    }
    isOn = point.isOn
  }
  if (intervals === undefined) return isOn ? ALL_DAY : NEVER
  if (isOn) intervals.push([from, 1440])
  return intervals
}

function overlap(left: Intervals, right: Intervals): Intervals {
  if (left === ALL_DAY) return right
  if (right === ALL_DAY) return left
  const both: (readonly [number, number])[] = []
  for (const [a, b] of left)
    for (const [c, d] of right) if (Math.max(a, c) < Math.min(b, d)) both.push([Math.max(a, c), Math.min(b, d)])
  return both
}

/** Part of the day's normal delivery this ad really had, up to now. */
function deliveredShare(ad: MetaAd, day: number, now: MetricsContext['now']): number {
  if (day > now.day) return 0
  let intervals = onIntervals(ad.switches, day)
  if (intervals.length === 0) return 0
  const { endsAtMs } = ad.adSet
  if (endsAtMs !== undefined && day * 86_400_000 >= endsAtMs) return 0
  intervals = overlap(intervals, onIntervals(ad.adSet.switches, day))
  intervals = overlap(intervals, onIntervals(ad.adSet.campaign.switches, day))
  if (day === now.day) intervals = overlap(intervals, [[0, now.minuteOfDay]])
  let share = 0
  for (const [from, to] of intervals) share += dayShare(to) - dayShare(from)
  return share
}

/** How the budget in force that day compares to the one the account was planned with. */
function budgetScale(node: { budgetSteps: readonly BudgetStep[]; initialBudgetMinor: number }, day: number): number {
  if (node.initialBudgetMinor === 0 || node.budgetSteps.length === 0) return 1
  let budgetMinor = node.initialBudgetMinor
  for (const step of node.budgetSteps) if (step.day < day) budgetMinor = step.budgetMinor
  return Math.min(5, Math.max(0.1, budgetMinor / node.initialBudgetMinor))
}

/** Part of a day's final events known after so many days; a steeper curve settles earlier. Rises to 1 at the restatement horizon. */
function maturity(ageDays: number, steepness: number): number {
  if (ageDays >= RESTATEMENT_DAYS) return 1
  return 0.3 + 0.7 * (1 - (1 - Math.max(0, ageDays) / RESTATEMENT_DAYS) ** steepness)
}

function isAnomalous(context: MetricsContext, campaignId: string, kind: PlantedAnomaly['kind'], day: number): boolean {
  for (const anomaly of context.anomalies)
    if (anomaly.campaignId === campaignId && anomaly.kind === kind && anomaly.startDay <= day && day <= anomaly.endDay)
      return true
  return false
}

/** What `value` counts for an ad set: its own windows and nothing else. */
function ownCount(adSet: MetaAdSet, totals: Totals, at: number): number {
  let count = 0
  for (const { event_type, window_days } of adSet.attribution) {
    if (event_type === 'CLICK_THROUGH') count += totals[at + (window_days === 1 ? 0 : 1)] ?? 0
    else count += totals[at + (event_type === 'VIEW_THROUGH' ? 3 : 4)] ?? 0
  }
  return count
}

interface EventPlan {
  readonly at: number
  readonly mean: number
  readonly salt: number
  readonly eachMinor: number
}

/** One kind of event of one ad and day: 28-day clicks contain 7-day clicks contain 1-day clicks; views and engaged views stand apart. */
function countEvents(context: MetricsContext, ad: MetaAd, day: number, scale: number, totals: Totals, plan: EventPlan) {
  const { seed, now } = context
  const { at, mean, salt, eachMinor } = plan
  if (mean <= 0) return
  const age = now.day - day + now.minuteOfDay / 1440
  const counted = (part: number, steepness: number, step: number) =>
    Math.floor(
      poisson(mean * part, seed, ad.key, day, salt + step) * scale * maturity(age, steepness) +
        // The seeded fraction rounds fairly: cutting off would lose up to one event per ad and day.
        between(0, 1, seed, ad.key, day, salt + step, 99),
    )
  const oneDay = counted(0.72, 9, 0)
  const sevenDay = oneDay + counted(0.28, 4, 1)
  totals[at] = oneDay
  totals[at + 1] = sevenDay
  totals[at + 2] = sevenDay + counted(0.12, 2.2, 2)
  totals[at + 3] = counted(0.26, 6, 3)
  totals[at + 4] = counted(0.13, 6, 4)
  totals[at + OWN] = ownCount(ad.adSet, totals, at)
  for (let index = 0; index < 5; index += 1)
    totals[at + VALUE + index] = (totals[at + index] ?? 0) * Math.floor(eachMinor * (index < 3 ? 1 : 0.9))
  totals[at + OWN_VALUE] = ownCount(ad.adSet, totals.subarray(VALUE), at)
}

/** One ad's day, or undefined when nothing was delivered (Meta has no row then). */
export function adDay(context: MetricsContext, ad: MetaAd, day: number): Totals | undefined {
  const delivered = deliveredShare(ad, day, context.now)
  if (delivered <= 0) return undefined
  const { adSet } = ad
  const { campaign } = adSet
  const { account } = campaign
  const { seed } = context
  const season = 1 + 0.14 * Math.sin((2 * Math.PI * (day - 100)) / 365.25)
  const trend = 1 + 0.0004 * (day - context.anchorDay)
  const surge = isAnomalous(context, campaign.id, 'spend_surge', day) ? 2.3 : 1
  const noise = between(0.92, 1.08, seed, campaign.key, day, 1) * between(0.85, 1.15, seed, ad.key, day, 2)
  const scale = delivered * budgetScale(adSet, day) * budgetScale(campaign, day)
  const spend = adSet.typicalSpendMinor * ad.share * (WEEKDAY[(day + 4) % 7] ?? 1) * season * trend * noise * surge
  const inflated = isAnomalous(context, campaign.id, 'cpm_spike', day) ? 2.6 : 1
  const unitMinor = account.euroRate * account.offset
  const cpmMinor =
    between(6, 13, seed, campaign.key, 3) * between(0.9, 1.1, seed, ad.key, day, 4) * unitMinor * inflated
  const impressions = (spend / cpmMinor) * 1000
  const totals = emptyTotals()
  totals[SPEND] = Math.floor(spend * scale)
  const shown = Math.floor(impressions * scale)
  if (shown === 0 && totals[SPEND] === 0) return undefined
  totals[IMPRESSIONS] = shown
  const linkClicks = impressions * between(0.009, 0.018, seed, ad.key, 5) * between(0.9, 1.1, seed, ad.key, day, 6)
  totals[LINK_CLICKS] = Math.floor(linkClicks * scale)
  totals[CLICKS] = Math.floor(linkClicks * scale * between(1.2, 1.7, seed, ad.key, 7))
  totals[LANDINGS] = Math.floor(linkClicks * scale * between(0.7, 0.86, seed, ad.key, day, 8))
  totals[REACH] = Math.min(shown, Math.ceil(shown / between(1.06, 1.4, seed, ad.key, day, 9)))
  if (ad.creative.format === 'video' || ad.creative.format === 'asset_feed') countVideo(context, ad, shown, totals)
  totals[ENGAGEMENTS] = (totals[CLICKS] ?? 0) + (totals[VIEWS_3S] ?? 0)
  const outage = isAnomalous(context, campaign.id, 'tracking_outage', day) ? 0.06 : 1
  const expected = linkClicks * between(0.018, 0.042, seed, ad.key, 10) * outage
  const basket = between(58, 140, seed, campaign.key, 11) * unitMinor * between(0.8, 1.2, seed, ad.key, day, 12)
  const events = (plan: EventPlan) => countEvents(context, ad, day, scale, totals, plan)
  if (adSet.resultEvent === 'PURCHASE') {
    events({ at: PIXEL_PURCHASE, mean: expected, salt: 20, eachMinor: basket })
    if (account.hasShop) events({ at: SHOP_PURCHASE, mean: expected * 0.12, salt: 30, eachMinor: basket * 0.7 })
    events({ at: CART, mean: expected * 3.4, salt: 40, eachMinor: basket * 1.1 })
  } else if (adSet.resultEvent === 'LEAD') events({ at: LEAD, mean: expected * 2, salt: 50, eachMinor: 0 })
  return totals
}

function countVideo(context: MetricsContext, ad: MetaAd, shown: number, totals: Totals): void {
  const { seed } = context
  const plays = Math.floor(shown * between(0.74, 0.9, seed, ad.key, 13))
  const views = Math.floor(plays * between(0.22, 0.38, seed, ad.key, 14))
  const quarter = Math.floor(views * 0.8)
  totals[PLAYS] = plays
  totals[VIEWS_2S] = Math.floor(plays * 0.46)
  totals[VIEWS_3S] = views
  totals[P25] = quarter
  totals[P50] = Math.floor(quarter * 0.55)
  totals[P75] = Math.floor(quarter * 0.34)
  totals[P95] = Math.floor(quarter * 0.21)
  totals[P100] = Math.floor(quarter * 0.18)
  totals[THRUPLAYS] = Math.floor(views * between(0.26, 0.42, seed, ad.key, 15))
  totals[VIEWS_30S] = Math.floor(quarter * 0.16)
}

/** Adds a part to a sum. Reach is only gathered here: its overlap is taken off by `settleReach`. */
export function addTotals(sum: Totals, part: Totals): void {
  for (let index = 0; index < WIDTH; index += 1) sum[index] = (sum[index] ?? 0) + (part[index] ?? 0)
}

/** Some people saw several of the parts: the reach of a sum is less than the sum of reaches, never less than the largest. */
function addUp(parts: readonly Totals[], overlapFactor: number): Totals | undefined {
  const [first] = parts
  if (first === undefined) return undefined
  if (parts.length === 1) return first
  const sum = emptyTotals()
  let largest = 0
  for (const part of parts) {
    addTotals(sum, part)
    largest = Math.max(largest, part[REACH] ?? 0)
  }
  sum[REACH] = Math.max(largest, Math.floor((sum[REACH] ?? 0) * overlapFactor))
  return sum
}

const present = (parts: readonly (Totals | undefined)[]): readonly Totals[] =>
  parts.filter((part) => part !== undefined)

export type Level = 'account' | 'campaign' | 'adset' | 'ad'
type Counted = MetaAccount | MetaCampaign | MetaAdSet | MetaAd

/** Any entity's day, added up from its ads; undefined without delivery. */
export function entityDay(context: MetricsContext, entity: Counted, day: number): Totals | undefined {
  switch (entity.kind) {
    case 'ad':
      return adDay(context, entity, day)
    case 'adset':
      return addUp(present(entity.ads.map((ad) => adDay(context, ad, day))), 0.84)
    case 'campaign':
      return addUp(present(entity.adSets.map((adSet) => entityDay(context, adSet, day))), 0.9)
    default:
      return addUp(present(entity.campaigns.map((campaign) => entityDay(context, campaign, day))), 0.8)
  }
}

/** Adds days up for a report over a range. */
export function sumOfDays(days: readonly Totals[]): Totals | undefined {
  return addUp(days, 0.6)
}

/** First and last day on which the entity can have delivered at all: what lies outside needs no counting. */
export function lifeSpan(entity: Counted): readonly [number, number] {
  switch (entity.kind) {
    case 'ad': {
      const first = entity.switches[0]
      const last = entity.switches[entity.switches.length - 1]
      if (first === undefined || last === undefined) return [1, 0]
      return [first.day, last.isOn ? Number.MAX_SAFE_INTEGER : last.day]
    }
    case 'adset':
      return spanOf(entity.ads)
    case 'campaign':
      return spanOf(entity.adSets)
    default:
      return spanOf(entity.campaigns)
  }
}

function spanOf(children: readonly Counted[]): readonly [number, number] {
  let from = Number.MAX_SAFE_INTEGER
  let to = 0
  for (const child of children) {
    const [first, last] = lifeSpan(child)
    if (first > last) continue
    from = Math.min(from, first)
    to = Math.max(to, last)
  }
  return [from, to]
}
