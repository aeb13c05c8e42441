/**
 * What every ad and asset group did on every day. Pure functions of seed, leaf, day and "now": a past day never changes
 * except by conversions that arrive later, and those only add. Everything is counted in integers (money in micros, conversions in
 * hundredths), so that leaves add up to their parents and lag buckets to their total, exactly.
 */
import { dayNumber, type LocalMoment } from '../calendar.ts'
import { between, mix, poisson, unit } from '../random.ts'
import type { Budget, Campaign, Leaf, SwitchPoint } from './types.ts'

/** The longest a conversion takes here. */
const LONGEST_LAG_DAYS = 30
const MAX_EVENTS = 400

export interface DayTotals {
  costMicros: number
  impressions: number
  clicks: number
  interactions: number
  engagements: number
  trueviewViews: number
  /** Hundredths of a conversion: data-driven attribution credits fractions. */
  centiConversions: number
  valueMicros: number
  allCentiConversions: number
  allValueMicros: number
  viewThrough: number
}

/** One credited conversion, as far as it is known by now. */
export interface ConversionEvent {
  /** Index into the account's delivering actions. */
  readonly action: number
  readonly isPrimary: boolean
  readonly lagDays: number
  /** When in the day the interaction was, 0 to 1. */
  readonly moment: number
  readonly isEngagedView: boolean
  readonly centi: number
  readonly valueMicros: number
}

export interface MetricsContext {
  readonly seed: number
  readonly anchorDay: number
  readonly now: LocalMoment
  readonly nowDay: number
  /** Delivering conversion actions of the account with the running sum of their shares. */
  readonly actions: readonly { readonly upTo: number; readonly isPrimary: boolean; readonly hasValue: boolean }[]
}

/** Sunday first. */
const WEEKDAY = [1.12, 0.97, 0.93, 0.94, 0.97, 1.02, 1.15]

export function emptyTotals(): DayTotals {
  return {
    costMicros: 0,
    impressions: 0,
    clicks: 0,
    interactions: 0,
    engagements: 0,
    trueviewViews: 0,
    centiConversions: 0,
    valueMicros: 0,
    allCentiConversions: 0,
    allValueMicros: 0,
    viewThrough: 0,
  }
}

export function addTotals(sum: DayTotals, part: DayTotals): void {
  sum.costMicros += part.costMicros
  sum.impressions += part.impressions
  sum.clicks += part.clicks
  sum.interactions += part.interactions
  sum.engagements += part.engagements
  sum.trueviewViews += part.trueviewViews
  sum.centiConversions += part.centiConversions
  sum.valueMicros += part.valueMicros
  sum.allCentiConversions += part.allCentiConversions
  sum.allValueMicros += part.allValueMicros
  sum.viewThrough += part.viewThrough
}

/** Part of a day's delivery that has happened by a minute: little at night, most in the evening. Rises from 0 to 1. */
function dayShare(minuteOfDay: number): number {
  const x = Math.min(1, Math.max(0, minuteOfDay / 1440))
  return x - 0.09 * Math.sin(2 * Math.PI * x)
}

type Intervals = readonly (readonly [number, number])[]
const WHOLE_DAY: Intervals = [[0, 1440]]
const NEVER: Intervals = []

function onIntervals(switches: readonly SwitchPoint[], date: string): Intervals {
  let isOn = false
  let from = 0
  let intervals: (readonly [number, number])[] | undefined
  for (const point of switches) {
    if (point.date > date) break
    if (point.date === date) {
      intervals ??= []
      if (isOn && point.minuteOfDay > from) intervals.push([from, point.minuteOfDay])
      from = point.minuteOfDay
    }
    isOn = point.isOn
  }
  if (intervals === undefined) return isOn ? WHOLE_DAY : NEVER
  if (isOn) intervals.push([from, 1440])
  return intervals
}

function overlap(left: Intervals, right: Intervals): Intervals {
  if (left === WHOLE_DAY) return right
  if (right === WHOLE_DAY) return left
  const both: (readonly [number, number])[] = []
  for (const [a, b] of left)
    for (const [c, d] of right) if (Math.max(a, c) < Math.min(b, d)) both.push([Math.max(a, c), Math.min(b, d)])
  return both
}

/** Whether the leaf can have delivered anything on that day; cheap, and never wrongly false. */
function mayDeliver(campaign: Campaign, leaf: Leaf, date: string): boolean {
  if (date < campaign.startDate || (campaign.endDate !== undefined && date > campaign.endDate)) return false
  const first = leaf.switches[0]
  return first !== undefined && first.date <= date
}

/** Part of the day's normal delivery that this leaf really had, up to now. */
function deliveredShare(context: MetricsContext, campaign: Campaign, leaf: Leaf, date: string, day: number): number {
  if (day > context.nowDay || !mayDeliver(campaign, leaf, date)) return 0
  let intervals = onIntervals(leaf.switches, date)
  if (intervals.length > 0) intervals = overlap(intervals, onIntervals(campaign.switches, date))
  if (intervals.length > 0 && leaf.kind === 'adGroupAd')
    intervals = overlap(intervals, onIntervals(leaf.adGroup.switches, date))
  if (intervals.length > 0 && day === context.nowDay) intervals = overlap(intervals, [[0, context.now.minuteOfDay]])
  if (intervals === WHOLE_DAY) return 1
  return intervals.reduce((sum, [from, to]) => sum + dayShare(to) - dayShare(from), 0)
}

/** How the budget in force that day compares to the one the campaign was planned with. */
function budgetScale(budget: Budget, date: string): number {
  if (budget.steps.length === 0 || budget.initialMicros === 0) return 1
  let micros = budget.initialMicros
  for (const step of budget.steps) if (step.date < date) ({ micros } = step)
  return Math.min(5, Math.max(0.1, micros / budget.initialMicros))
}

/** Days from the interaction to the conversion: most within the first, a long tail up to 30. */
function lagOf(draw: number): number {
  if (draw < 0.58) return draw / 0.58
  const tail = (draw - 0.58) / 0.42
  return 1 + (LONGEST_LAG_DAYS - 1.001) * tail ** 2.6
}

interface Delivery {
  readonly delivered: number
  readonly scale: number
  readonly campaign: Campaign
  readonly clicks: number
  readonly costMicros: number
  readonly impressions: number
}

function deliveryOf(context: MetricsContext, leaf: Leaf, date: string, day: number): Delivery | undefined {
  const campaign = leaf.kind === 'adGroupAd' ? leaf.adGroup.campaign : leaf.campaign
  const delivered = deliveredShare(context, campaign, leaf, date, day)
  if (delivered <= 0) return undefined
  const { seed } = context
  const { customer } = campaign
  const scale = budgetScale(campaign.budget, date)
  const share = leaf.kind === 'adGroupAd' ? leaf.adGroup.share * leaf.share : leaf.share
  const season = 1 + 0.12 * Math.sin((2 * Math.PI * (day - 60)) / 365.25)
  const trend = 1 + 0.0003 * (day - context.anchorDay)
  const noise = between(0.9, 1.1, seed, campaign.key, day, 101) * between(0.8, 1.2, seed, leaf.key, day, 102)
  const cost = campaign.typicalMicros * share * (WEEKDAY[(day + 4) % 7] ?? 1) * season * trend * noise * scale
  const cpc = between(0.35, 0.95, seed, campaign.key, 103) * between(0.92, 1.08, seed, leaf.key, day, 104)
  const clicks = cost / (cpc * customer.scale * 1e6)
  const isVisual = campaign.channel === 'DISPLAY' || campaign.channel === 'VIDEO'
  const ctr = (isVisual ? 0.008 : 0.055) * between(0.7, 1.3, seed, leaf.key, 105)
  const costMicros = Math.floor((cost * delivered) / customer.billableUnitMicros) * customer.billableUnitMicros
  return { delivered, scale, campaign, clicks, costMicros, impressions: Math.floor((clicks / ctr) * delivered) }
}

/** The conversions of one leaf and day that are known by now. */
function eventsOf(context: MetricsContext, leaf: Leaf, day: number, delivery: Delivery): readonly ConversionEvent[] {
  const { campaign, delivered } = delivery
  if (!campaign.isMeasured || context.actions.length === 0) return []
  const { seed } = context
  const rate = between(0.025, 0.06, seed, leaf.key, 111)
  const count = Math.min(MAX_EVENTS, poisson(delivery.clicks * rate, seed, leaf.key, day, 112))
  if (count === 0) return []
  const age = context.nowDay - day + context.now.minuteOfDay / 1440
  const basketMicros = between(55, 130, seed, campaign.key, 113) * campaign.customer.scale * 1e6
  const isVideo = campaign.channel === 'VIDEO' || campaign.channel === 'DEMAND_GEN'
  const unitMicros = campaign.customer.billableUnitMicros
  const events: ConversionEvent[] = []
  for (let index = 0; index < count; index += 1) {
    const hash = mix(seed, leaf.key, day, 120, index)
    const moment = unit(hash, 1)
    const lagDays = lagOf(unit(hash, 2))
    if (moment >= delivered || age < moment + lagDays) continue
    const pick = unit(hash, 3)
    const action = context.actions.findIndex((each) => pick < each.upTo)
    const found = context.actions[action]
    if (found === undefined) continue
    // A quarter of the credits is shared with another campaign, in hundredths.
    const centi = unit(hash, 4) < 0.25 ? 20 + (mix(hash, 5) % 75) : 100
    const value = found.hasValue ? (basketMicros * between(0.7, 1.3, hash, 6) * centi) / 100 : 0
    events.push({
      action,
      isPrimary: found.isPrimary,
      lagDays,
      moment,
      isEngagedView: isVideo && unit(hash, 7) < 0.3,
      centi,
      valueMicros: Math.round(value / unitMicros) * unitMicros,
    })
  }
  return events
}

/** One leaf's day; undefined when nothing happened. */
export function leafDay(context: MetricsContext, leaf: Leaf, date: string, day: number): DayTotals | undefined {
  const delivery = deliveryOf(context, leaf, date, day)
  if (delivery === undefined) return undefined
  const { seed } = context
  const { campaign, impressions } = delivery
  const totals = emptyTotals()
  totals.costMicros = delivery.costMicros
  totals.impressions = impressions
  totals.clicks = Math.min(impressions, Math.floor(delivery.clicks * delivery.delivered))
  const isVideo = campaign.channel === 'VIDEO' || campaign.channel === 'DEMAND_GEN'
  totals.trueviewViews = isVideo ? Math.floor(impressions * between(0.18, 0.36, seed, leaf.key, 106)) : 0
  totals.engagements = totals.trueviewViews + (isVideo ? totals.clicks : 0)
  totals.interactions = Math.max(totals.clicks, totals.engagements)
  for (const event of eventsOf(context, leaf, day, delivery)) {
    totals.allCentiConversions += event.centi
    totals.allValueMicros += event.valueMicros
    if (!event.isPrimary) continue
    totals.centiConversions += event.centi
    totals.valueMicros += event.valueMicros
  }
  if (campaign.isMeasured && campaign.channel !== 'SEARCH')
    totals.viewThrough = poisson(delivery.clicks * 0.02 * delivery.delivered, seed, leaf.key, day, 107)
  return totals.impressions + totals.costMicros + totals.allCentiConversions === 0 ? undefined : totals
}

/** One leaf's known conversions of a day, one by one, for the conversion segments. */
export function leafConversions(
  context: MetricsContext,
  leaf: Leaf,
  date: string,
  day: number,
): readonly ConversionEvent[] {
  const delivery = deliveryOf(context, leaf, date, day)
  return delivery === undefined ? [] : eventsOf(context, leaf, day, delivery)
}

/** Different people among so many impressions over so many days. Never additive. */
export function uniqueUsers(impressions: number, days: number): number {
  if (impressions === 0) return 0
  const frequency = 1.15 + 0.22 * Math.sqrt(Math.max(1, days))
  return Math.max(1, Math.min(impressions, Math.round(impressions / frequency)))
}

const SHORT_BUCKETS = [
  'LESS_THAN_ONE_DAY',
  'ONE_TO_TWO_DAYS',
  'TWO_TO_THREE_DAYS',
  'THREE_TO_FOUR_DAYS',
  'FOUR_TO_FIVE_DAYS',
  'FIVE_TO_SIX_DAYS',
  'SIX_TO_SEVEN_DAYS',
  'SEVEN_TO_EIGHT_DAYS',
  'EIGHT_TO_NINE_DAYS',
  'NINE_TO_TEN_DAYS',
  'TEN_TO_ELEVEN_DAYS',
  'ELEVEN_TO_TWELVE_DAYS',
  'TWELVE_TO_THIRTEEN_DAYS',
  'THIRTEEN_TO_FOURTEEN_DAYS',
]
export const LAG_BUCKETS: readonly string[] = [
  ...SHORT_BUCKETS,
  'FOURTEEN_TO_TWENTY_ONE_DAYS',
  'TWENTY_ONE_TO_THIRTY_DAYS',
]

/** The lag bucket of a conversion; the lower bound belongs to it. */
export function lagBucket(lagDays: number): string {
  return (
    SHORT_BUCKETS[Math.floor(lagDays)] ?? (lagDays < 21 ? 'FOURTEEN_TO_TWENTY_ONE_DAYS' : 'TWENTY_ONE_TO_THIRTY_DAYS')
  )
}

/** The context of one account at one moment. */
export function metricsContext(
  seed: number,
  anchorDate: string,
  now: LocalMoment,
  actions: MetricsContext['actions'],
): MetricsContext {
  return { seed, anchorDay: dayNumber(anchorDate), now, nowDay: dayNumber(now.date), actions }
}
