/**
 * What every ad did on every day. Pure functions of seed, entity, day and "now": a past day never changes
 * except by restatement, which only ever adds. All amounts are integers, so ads add up to their ad group and campaign.
 */
import { dayNumber, type LocalMoment } from './calendar.ts'
import { between, poisson } from './random.ts'
import type { BudgetStep, PlantedAnomaly, SandboxAd, SandboxEntity, SwitchPoint } from './world-types.ts'

/** Conversions of a day keep arriving this long (TikTok restates within 28 days). */
export const RESTATEMENT_DAYS = 28

/** One entity, one day, as reported now. */
export interface DayTotals {
  spendMinor: number
  impressions: number
  clicks: number
  videoPlays: number
  /** People; not additive, neither over days nor over entities. */
  reach: number
  clickConversions: number
  viewConversions: number
  engagedViewConversions: number
  clickValueMinor: number
  viewValueMinor: number
  engagedViewValueMinor: number
  isMeasured: boolean
}

export interface MetricsContext {
  readonly seed: number
  readonly anchorDate: string
  readonly anomalies: readonly PlantedAnomaly[]
  /** The account's own wall clock. */
  readonly now: LocalMoment
}

/** Sunday first. People plan trips on weekends. */
const WEEKDAY = [1.16, 0.93, 0.9, 0.93, 0.98, 1.05, 1.2]

export function emptyTotals(): DayTotals {
  return {
    spendMinor: 0,
    impressions: 0,
    clicks: 0,
    videoPlays: 0,
    reach: 0,
    clickConversions: 0,
    viewConversions: 0,
    engagedViewConversions: 0,
    clickValueMinor: 0,
    viewValueMinor: 0,
    engagedViewValueMinor: 0,
    isMeasured: false,
  }
}

/** Part of a day's delivery that has happened by a minute: little at night, most in the evening. Rises from 0 to 1. */
function dayShare(minuteOfDay: number): number {
  const x = Math.min(1, Math.max(0, minuteOfDay / 1440))
  return x - 0.09 * Math.sin(2 * Math.PI * x)
}

/** Whether delivery is on at the start of a day, and the changes within it. */
function onIntervals(switches: readonly SwitchPoint[], date: string): readonly (readonly [number, number])[] {
  let isOn = false
  let from = 0
  const intervals: (readonly [number, number])[] = []
  for (const point of switches) {
    if (point.date > date) break
    if (point.date < date) {
      isOn = point.isOn
      continue
    }
    if (isOn) intervals.push([from, point.minuteOfDay])
    isOn = point.isOn
    from = point.minuteOfDay
  }
  if (isOn) intervals.push([from, 1440])
  return intervals
}

type Intervals = readonly (readonly [number, number])[]
function overlap(left: Intervals, right: Intervals): Intervals {
  const both: (readonly [number, number])[] = []
  for (const [a, b] of left)
    for (const [c, d] of right) if (Math.max(a, c) < Math.min(b, d)) both.push([Math.max(a, c), Math.min(b, d)])
  return both
}

/** Off before and after: most days of most ads, told without any arithmetic. */
function isOffAllDay(switches: readonly SwitchPoint[], date: string): boolean {
  const [first] = switches
  const last = switches.at(-1)
  return first === undefined || last === undefined || first.date > date || (!last.isOn && last.date < date)
}

/** Part of the day's normal delivery this ad really had, up to now. */
function deliveredShare(ad: SandboxAd, date: string, now: LocalMoment): number {
  const { adGroup } = ad
  if (date > now.date || isOffAllDay(ad.switches, date)) return 0
  if (isOffAllDay(adGroup.switches, date) || isOffAllDay(adGroup.campaign.switches, date)) return 0
  let intervals = overlap(onIntervals(ad.switches, date), onIntervals(ad.adGroup.switches, date))
  intervals = overlap(intervals, onIntervals(ad.adGroup.campaign.switches, date))
  if (date === now.date) intervals = overlap(intervals, [[0, now.minuteOfDay]])
  return intervals.reduce((sum, [from, to]) => sum + dayShare(to) - dayShare(from), 0)
}

/** How the budget in force that day compares to the one the account was planned with. */
function budgetScale(node: { budgetSteps: readonly BudgetStep[]; initialBudgetMinor: number }, date: string): number {
  if (node.initialBudgetMinor === 0) return 1
  let budgetMinor = node.initialBudgetMinor
  for (const step of node.budgetSteps) if (step.date < date) budgetMinor = step.budgetMinor
  return Math.min(5, Math.max(0.1, budgetMinor / node.initialBudgetMinor))
}

/** Part of a day's final conversions known after so many days. Rises to 1 at the restatement horizon. */
function maturity(ageDays: number): number {
  if (ageDays >= RESTATEMENT_DAYS) return 1
  return 0.5 + 0.5 * (1 - (1 - Math.max(0, ageDays) / RESTATEMENT_DAYS) ** 2.4)
}

function anomalyFactor(
  context: MetricsContext,
  campaignId: string,
  kind: PlantedAnomaly['kind'],
  date: string,
): boolean {
  return context.anomalies.some(
    (anomaly) =>
      anomaly.campaignId === campaignId &&
      anomaly.kind === kind &&
      anomaly.startDate <= date &&
      date <= anomaly.endDate,
  )
}

/** One ad's day. Days after today are empty. */
export function adDay(context: MetricsContext, ad: SandboxAd, date: string): DayTotals {
  const delivered = deliveredShare(ad, date, context.now)
  if (delivered <= 0) return emptyTotals()
  const group = ad.adGroup
  const { campaign } = group
  const { advertiser } = campaign
  const { seed } = context
  const day = dayNumber(date)
  const season = 1 + 0.14 * Math.sin((2 * Math.PI * (day - 100)) / 365.25)
  const trend = 1 + 0.0004 * (day - dayNumber(context.anchorDate))
  const surge = anomalyFactor(context, campaign.id, 'spend_surge', date) ? 2.3 : 1
  const noise = between(0.92, 1.08, seed, campaign.key, day, 1) * between(0.85, 1.15, seed, ad.key, day, 2)
  const weekday = WEEKDAY[(day + 4) % 7] ?? 1
  const spend = group.typicalSpendMinor * ad.share * weekday * season * trend * noise * surge
  const inflated = anomalyFactor(context, campaign.id, 'cpm_spike', date) ? 2.6 : 1
  const unitMinor = 10 ** advertiser.decimals * advertiser.minimumRatio
  const cpmMinor = between(4, 9, seed, campaign.key, 3) * between(0.9, 1.1, seed, ad.key, day, 4) * unitMinor * inflated
  const impressions = (spend / cpmMinor) * 1000
  const clicks = impressions * between(0.008, 0.016, seed, ad.key, 5) * between(0.9, 1.1, seed, ad.key, day, 6)
  const outage = anomalyFactor(context, campaign.id, 'tracking_outage', date) ? 0.06 : 1
  const expected = group.isMeasured ? clicks * between(0.018, 0.042, seed, ad.key, 7) * outage : 0
  const basket = between(58, 140, seed, campaign.key, 8) * unitMinor
  const scale = delivered * budgetScale(group, date) * budgetScale(campaign, date)
  const known = scale * maturity(dayNumber(context.now.date) - day + context.now.minuteOfDay / 1440)
  // The seeded fraction rounds fairly: cutting off would lose up to one conversion per ad and day until the last restatement.
  const counted = (mean: number, salt: number) =>
    Math.floor(poisson(mean, seed, ad.key, day, salt) * known + between(0, 1, seed, ad.key, day, salt, 99))
  const totals = emptyTotals()
  totals.isMeasured = group.isMeasured
  totals.spendMinor = Math.floor(spend * scale)
  totals.impressions = Math.floor(impressions * scale)
  totals.clicks = Math.floor(clicks * scale)
  totals.videoPlays =
    ad.videoId === undefined ? 0 : Math.floor(impressions * scale * between(0.74, 0.9, seed, ad.key, 9))
  totals.reach = Math.min(totals.impressions, Math.ceil(totals.impressions / between(1.08, 1.5, seed, ad.key, day, 10)))
  totals.clickConversions = counted(expected, 11)
  totals.viewConversions = group.viewWindow === 'OFF' ? 0 : counted(expected * 0.28, 12)
  totals.engagedViewConversions = counted(expected * 0.14, 13)
  const perOrder = Math.floor(basket * between(0.8, 1.2, seed, ad.key, day, 14))
  totals.clickValueMinor = totals.clickConversions * perOrder
  totals.viewValueMinor = totals.viewConversions * Math.floor(perOrder * 0.93)
  totals.engagedViewValueMinor = totals.engagedViewConversions * Math.floor(perOrder * 0.96)
  return totals
}

/** Adds a child's day to its parent's. Reach overlaps: some people saw several children. */
function addUp(children: readonly DayTotals[], overlapFactor: number): DayTotals {
  const sum = emptyTotals()
  let largestReach = 0
  let reachSum = 0
  for (const child of children) {
    sum.spendMinor += child.spendMinor
    sum.impressions += child.impressions
    sum.clicks += child.clicks
    sum.videoPlays += child.videoPlays
    sum.clickConversions += child.clickConversions
    sum.viewConversions += child.viewConversions
    sum.engagedViewConversions += child.engagedViewConversions
    sum.clickValueMinor += child.clickValueMinor
    sum.viewValueMinor += child.viewValueMinor
    sum.engagedViewValueMinor += child.engagedViewValueMinor
    sum.isMeasured ||= child.isMeasured
    largestReach = Math.max(largestReach, child.reach)
    reachSum += child.reach
  }
  sum.reach = Math.max(largestReach, Math.floor(reachSum * overlapFactor))
  return sum
}

/** Any entity's day, added up from its ads. */
export function entityDay(context: MetricsContext, entity: SandboxEntity, date: string): DayTotals {
  if (entity.kind === 'ad') return adDay(context, entity, date)
  const children: readonly SandboxEntity[] = entity.kind === 'ad_group' ? entity.ads : entity.adGroups
  return addUp(
    children.map((child) => entityDay(context, child, date)),
    entity.kind === 'ad_group' ? 0.84 : 0.9,
  )
}

/** Adds days (or campaigns) up for reports without a day dimension. */
export function totalsOf(parts: readonly DayTotals[]): DayTotals {
  return addUp(parts, 0.6)
}
