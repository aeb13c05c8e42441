/** Runs a checked query: lists entities, adds their days up, and writes rows the way Google's REST answers spell them. */
import { dayDate, dayNumber } from '../calendar.ts'
import type { FieldDef, Row, Segments } from './catalog.ts'
import { compareRows, type Plan } from './gaql-plan.ts'
import {
  addTotals,
  type ConversionEvent,
  type DayTotals,
  emptyTotals,
  lagBucket,
  leafConversions,
  leafDay,
  type MetricsContext,
  uniqueUsers,
} from './metrics.ts'
import { camel, toCamel } from './proto-json.ts'
import type { Ad, Campaign, ChangeEvent, Customer, Leaf } from './types.ts'
import type { GoogleWorld } from './world.ts'

const CURRENCIES = [
  { code: 'EUR', name: 'Euro', symbol: '€', billableUnitMicros: 10_000 },
  { code: 'JPY', name: 'Japanese Yen', symbol: '¥', billableUnitMicros: 1_000_000 },
  { code: 'KWD', name: 'Kuwaiti Dinar', symbol: 'KD', billableUnitMicros: 1_000 },
  { code: 'USD', name: 'US Dollar', symbol: '$', billableUnitMicros: 10_000 },
]

type Base = Pick<Row, 'customer' | 'today' | 'baseUrl'>

function withCampaign(base: Base, campaign: Campaign): Row {
  const strategy = base.customer.strategies.find(
    (each) => each.resourceName === campaign.strategy.values['bidding_strategy'],
  )
  return { ...base, campaign, budget: campaign.budget, ...(strategy === undefined ? {} : { strategy }) }
}

function adRows(base: Base, customer: Customer, make: (row: Row, ad: Ad) => readonly Row[]): readonly Row[] {
  return customer.campaigns.flatMap((campaign) =>
    campaign.adGroups.flatMap((adGroup) =>
      adGroup.ads.flatMap((ad) => make({ ...withCampaign(base, campaign), adGroup, ad }, ad)),
    ),
  )
}

/** Every entity of the FROM resource. Removed ones are among them: only a filter takes them out. */
function entityRows(name: string, base: Base, world: GoogleWorld): readonly Row[] {
  const { customer } = base
  const campaigns = customer.campaigns
  switch (name) {
    case 'customer':
      return [base]
    case 'customer_client':
      return clientRows(base, world)
    case 'currency_constant':
      return CURRENCIES.map((currency) => ({ ...base, currency }))
    case 'campaign':
      return campaigns.map((campaign) => withCampaign(base, campaign))
    case 'campaign_budget':
      return customer.budgets.map((budget) => ({ ...base, budget }))
    case 'bidding_strategy':
      return customer.strategies.map((strategy) => ({ ...base, strategy }))
    case 'ad_group':
      return campaigns.flatMap((campaign) =>
        campaign.adGroups.map((adGroup) => ({ ...withCampaign(base, campaign), adGroup })),
      )
    case 'ad_group_ad':
      return adRows(base, customer, (row) => [row])
    case 'ad_group_ad_asset_view':
      return adRows(base, customer, (row, ad) => ad.uses.map((use) => ({ ...row, use, asset: use.asset })))
    case 'asset':
      return customer.assets.map((asset) => ({ ...base, asset }))
    case 'asset_group':
    case 'asset_group_asset':
      return campaigns.flatMap((campaign) =>
        campaign.assetGroups.flatMap((assetGroup): readonly Row[] => {
          const row = { ...withCampaign(base, campaign), assetGroup }
          return name === 'asset_group' ? [row] : assetGroup.uses.map((use) => ({ ...row, use, asset: use.asset }))
        }),
      )
    case 'campaign_criterion':
      return campaigns.flatMap((campaign) =>
        campaign.criteria.map((criterion) => ({ ...withCampaign(base, campaign), criterion })),
      )
    case 'ad_group_criterion':
      return campaigns.flatMap((campaign) =>
        campaign.adGroups.flatMap((adGroup) =>
          adGroup.criteria.map((criterion) => ({ ...withCampaign(base, campaign), adGroup, criterion })),
        ),
      )
    case 'conversion_action':
      return customer.conversionActions.map((action) => ({ ...base, action }))
    default:
      return world.changes
        .filter((change) => change.customerId === customer.id && world.isInHistory(change.atMs))
        .toReversed()
        .map((change) => changeRow(base, change))
  }
}

function changeRow(base: Base, change: ChangeEvent): Row {
  const campaign = base.customer.campaigns.find((each) => each.resourceName === change.campaign)
  const adGroup = campaign?.adGroups.find((each) => each.resourceName === change.adGroup)
  return {
    ...base,
    change,
    ...(campaign === undefined ? {} : { campaign }),
    ...(adGroup === undefined ? {} : { adGroup }),
  }
}

/** The account itself at level 0 and what is below a manager. */
function clientRows(base: Base, world: GoogleWorld): readonly Row[] {
  const levels = new Map<string, number>([[base.customer.id, 0]])
  return world.subtree(base.customer.id).map((customer) => {
    const level = levels.get(customer.id) ?? (levels.get(customer.managerId ?? '') ?? 0) + 1
    levels.set(customer.id, level)
    return { ...base, client: { customer, level } }
  })
}

function leavesOf(row: Row): readonly Leaf[] {
  if (row.ad !== undefined) return [row.ad]
  if (row.assetGroup !== undefined) return [row.assetGroup]
  if (row.adGroup !== undefined) return row.adGroup.ads
  const campaigns = row.campaign === undefined ? row.customer.campaigns : [row.campaign]
  return campaigns.flatMap((campaign): readonly Leaf[] => [
    ...campaign.assetGroups,
    ...campaign.adGroups.flatMap((group) => group.ads),
  ])
}

const USER_CHANNELS = new Set(['DISPLAY', 'VIDEO', 'DEMAND_GEN'])

/** Unique users, where the campaign is of a kind that Google counts them for. */
function usersOf(row: Row, impressions: number, days: number): number | undefined {
  return row.campaign !== undefined && USER_CHANNELS.has(row.campaign.channel)
    ? uniqueUsers(impressions, days)
    : undefined
}

/** Google leaves out rows of a split report whose selected metrics are all zero. */
function isEmptyRow(plan: Plan, row: Row): boolean {
  const metrics = plan.output.filter((field) => field.name.startsWith('metrics.'))
  if (metrics.length === 0) return (row.totals?.impressions ?? 0) === 0
  return metrics.every((field) => Number(field.read(row) ?? 0) === 0)
}

/** Adds an entity's days up into one row per combination of the plain (date) segments. */
function dailyRows(plan: Plan, row: Row, context: MetricsContext, first: number, last: number): readonly Row[] {
  const leaves = leavesOf(row)
  const isByDay = plan.splitBy.has('segments.date') || plan.splitBy.has('segments.day_of_week')
  const sums = new Map<string, { totals: DayTotals; date: string; days: number }>()
  for (let day = first; day <= last; day += 1) {
    const date = dayDate(day)
    let sum: DayTotals | undefined
    for (const leaf of leaves) {
      const totals = leafDay(context, leaf, date, day)
      if (totals === undefined) continue
      if (sum === undefined) sum = totals
      else addTotals(sum, totals)
    }
    if (sum === undefined) continue
    const key = isByDay
      ? date
      : plan.splitBy.has('segments.week')
        ? `w${Math.floor((day + 3) / 7)}`
        : plan.splitBy.has('segments.month')
          ? date.slice(0, 7)
          : ''
    const known = sums.get(key)
    if (known === undefined) sums.set(key, { totals: sum, date, days: 1 })
    else {
      addTotals(known.totals, sum)
      known.days += 1
    }
  }
  if (plan.splitBy.size === 0) {
    const { totals, days } = sums.get('') ?? { totals: emptyTotals(), days: 0 }
    return [{ ...row, totals, users: usersOf(row, totals.impressions, days) }]
  }
  const rows: Row[] = []
  for (const { totals, date, days } of sums.values())
    rows.push({ ...row, segments: { date }, totals, users: usersOf(row, totals.impressions, days) })
  return rows.filter((each) => !isEmptyRow(plan, each))
}

function eventSegments(plan: Plan, row: Row, date: string, event: ConversionEvent): Segments {
  const isBy = (name: string) => plan.splitBy.has(`segments.${name}`)
  const delivering = row.customer.conversionActions.filter((each) => each.share > 0 && each.status === 'ENABLED')
  const action = delivering[event.action]
  const isByAction = isBy('conversion_action') || isBy('conversion_action_name') || isBy('conversion_action_category')
  return {
    ...(isBy('date') || isBy('week') || isBy('month') || isBy('day_of_week') ? { date } : {}),
    ...(isByAction && action !== undefined ? { action } : {}),
    ...(isBy('conversion_lag_bucket') ? { lagBucket: lagBucket(event.lagDays) } : {}),
    ...(isBy('conversion_attribution_event_type')
      ? { eventType: event.isEngagedView ? 'ENGAGED_VIEW' : 'INTERACTION' }
      : {}),
  }
}

/** The day that stands for the row's period. */
function periodOf(plan: Plan, date: string): string {
  if (plan.splitBy.has('segments.date') || plan.splitBy.has('segments.day_of_week')) return date
  if (plan.splitBy.has('segments.week')) return dayDate(dayNumber(date) - ((dayNumber(date) + 3) % 7))
  return `${date.slice(0, 7)}-01`
}

/** One row per combination of segments, conversions only. */
function conversionRows(plan: Plan, row: Row, context: MetricsContext, first: number, last: number): readonly Row[] {
  const leaves = leavesOf(row)
  const rows = new Map<string, Row & { totals: DayTotals }>()
  for (let day = first; day <= last; day += 1) {
    const date = dayDate(day)
    for (const leaf of leaves)
      for (const event of leafConversions(context, leaf, date, day)) {
        const segments = eventSegments(plan, row, periodOf(plan, date), event)
        const key = `${segments.date}|${segments.action?.id}|${segments.lagBucket}|${segments.eventType}`
        let known = rows.get(key)
        if (known === undefined) {
          known = { ...row, segments, totals: emptyTotals() }
          rows.set(key, known)
        }
        known.totals.allCentiConversions += event.centi
        known.totals.allValueMicros += event.valueMicros
        if (!event.isPrimary) continue
        known.totals.centiConversions += event.centi
        known.totals.valueMicros += event.valueMicros
      }
  }
  return [...rows.values()].filter((each) => !isEmptyRow(plan, each))
}

function* measuredRows(plan: Plan, rows: readonly Row[], context: MetricsContext): Generator<Row> {
  const isByConversion = [...plan.splitBy].some((name) => name.startsWith('segments.conversion_'))
  for (const row of rows) {
    const starts = leavesOf(row).map(
      (leaf) => (leaf.kind === 'adGroupAd' ? leaf.adGroup.campaign : leaf.campaign).startDate,
    )
    const earliest = starts.reduce((low, date) => (date < low ? date : low), '9999-12-31')
    const first = Math.max(dayNumber(plan.range?.first ?? '1970-01-01'), dayNumber(earliest))
    const last = Math.min(dayNumber(plan.range?.last ?? '9999-12-31'), context.nowDay)
    const made = isByConversion
      ? conversionRows(plan, row, context, first, last)
      : dailyRows(plan, row, context, first, last)
    for (const each of made)
      if (plan.segmentTests.every((test) => test(each)) && plan.metricTests.every((test) => test(each))) yield each
  }
}

function* limited(rows: Iterable<Row>, limit: number | undefined): Generator<Row> {
  let count = 0
  for (const row of rows) {
    if (limit !== undefined && count >= limit) return
    count += 1
    yield row
  }
}

/** The rows of a plan, in order. Lazy where no ORDER BY is asked for. */
export function runPlan(plan: Plan, customer: Customer, world: GoogleWorld, baseUrl: string): Iterable<Row> {
  const base: Base = { customer, today: world.now(customer).date, baseUrl }
  const entities = entityRows(plan.resource.name, base, world).filter((row) =>
    plan.entityTests.every((test) => test(row)),
  )
  const rows = plan.isMeasured
    ? measuredRows(plan, entities, world.metrics(customer))
    : entities.filter((row) => plan.metricTests.every((test) => test(row)))
  return limited(plan.orderBy.length === 0 ? rows : [...rows].toSorted(compareRows(plan)), plan.limit)
}

type Target = Record<string, unknown>

interface Writer {
  readonly field: FieldDef
  readonly path: readonly string[]
  readonly last: string
}

function spell(field: FieldDef, value: unknown): unknown {
  if (field.type === 'INT64') return String(value)
  return field.type === 'MESSAGE' ? toCamel(value) : value
}

/** A function that writes rows as JSON objects: lowerCamelCase, int64 as text, what is not set left out. */
export function fieldWriter(fields: readonly FieldDef[]): (row: Row) => Target {
  const writers = fields.map((field): Writer => {
    const path = field.name.split('.').map(camel)
    return { field, path: path.slice(0, -1), last: path.at(-1) ?? '' }
  })
  return (row) => {
    const result: Target = {}
    for (const { field, path, last } of writers) {
      const value = field.read(row)
      if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue
      let target = result
      for (const name of path) target = (target[name] ??= {}) as Target
      target[last] = spell(field, value)
    }
    return result
  }
}

/** "campaign.id,metrics.costMicros": the fields asked for. */
export function fieldMask(plan: Plan): string {
  return plan.selected.map((name) => name.split('.').map(camel).join('.')).join(',')
}
