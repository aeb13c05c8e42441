/** GET /report/integrated/get/: basic reports on four levels, by day or as a total, with TikTok's limits. Reads only. */
import { addDays, dayNumber } from './calendar.ts'
import { primaryStatus } from './tiktok-shapes.ts'
import { materialIdOf } from './tiktok-smart-plus.ts'
import {
  ApiProblem,
  type Call,
  callAdvertiser,
  decimalText,
  type Endpoint,
  pageOf,
  paging,
  queryJson,
  queryText,
  queryTexts,
  type Reply,
} from './tiktok-wire.ts'
import type { World } from './world.ts'
import { type DayTotals, totalsOf } from './world-metrics.ts'
import type { SandboxAdvertiser, SandboxEntity } from './world-types.ts'

const LEVELS: Readonly<
  Record<string, { readonly kind: SandboxEntity['kind'] | 'advertiser'; readonly dimensions: readonly string[] }>
> = {
  AUCTION_ADVERTISER: { kind: 'advertiser', dimensions: ['advertiser_id'] },
  AUCTION_CAMPAIGN: { kind: 'campaign', dimensions: ['campaign_id'] },
  AUCTION_ADGROUP: { kind: 'ad_group', dimensions: ['adgroup_id'] },
  AUCTION_AD: { kind: 'ad', dimensions: ['ad_id', 'ad_id_v2'] },
}

type Metric = (totals: DayTotals, decimals: number) => string

const count =
  (pick: (totals: DayTotals) => number): Metric =>
  (totals) =>
    String(pick(totals))
/** Metrics of conversions read "-" where nothing is measured. */
const measured =
  (pick: (totals: DayTotals) => number): Metric =>
  (totals) =>
    totals.isMeasured ? String(pick(totals)) : '-'
const amount =
  (pick: (totals: DayTotals) => number): Metric =>
  (totals, decimals) =>
    totals.isMeasured ? decimalText(pick(totals), decimals) : '-'
const ratio =
  (top: (totals: DayTotals, decimals: number) => number, bottom: (totals: DayTotals) => number): Metric =>
  (totals, decimals) => {
    const divisor = bottom(totals)
    return divisor === 0 ? '0.00' : (top(totals, decimals) / divisor).toFixed(2)
  }
const allConversions = (totals: DayTotals) =>
  totals.clickConversions + totals.viewConversions + totals.engagedViewConversions
const allValue = (totals: DayTotals) => totals.clickValueMinor + totals.viewValueMinor + totals.engagedViewValueMinor
const spendUnits = (totals: DayTotals, decimals: number) => totals.spendMinor / 10 ** decimals

const METRICS: Readonly<Record<string, Metric>> = {
  spend: (totals, decimals) => decimalText(totals.spendMinor, decimals),
  impressions: count((totals) => totals.impressions),
  clicks: count((totals) => totals.clicks),
  reach: count((totals) => totals.reach),
  frequency: ratio(
    (totals) => totals.impressions,
    (totals) => totals.reach,
  ),
  ctr: ratio(
    (totals) => totals.clicks * 100,
    (totals) => totals.impressions,
  ),
  cpc: ratio(spendUnits, (totals) => totals.clicks),
  cpm: ratio(
    (totals, decimals) => spendUnits(totals, decimals) * 1000,
    (totals) => totals.impressions,
  ),
  video_play_actions: count((totals) => totals.videoPlays),
  video_watched_2s: count((totals) => Math.floor(totals.videoPlays * 0.46)),
  video_watched_6s: count((totals) => Math.floor(totals.videoPlays * 0.19)),
  video_views_p100: count((totals) => Math.floor(totals.videoPlays * 0.07)),
  conversion: measured(allConversions),
  cost_per_conversion: ratio(spendUnits, allConversions),
  cta_conversion: measured((totals) => totals.clickConversions),
  vta_conversion: measured((totals) => totals.viewConversions),
  engaged_view_through_conversions: measured((totals) => totals.engagedViewConversions),
  cta_purchase: measured((totals) => totals.clickConversions),
  vta_purchase: measured((totals) => totals.viewConversions),
  evta_purchase: measured((totals) => totals.engagedViewConversions),
  website_cta_purchase: measured((totals) => totals.clickConversions),
  website_cta_purchase_value: amount((totals) => totals.clickValueMinor),
  vta_complete_payment: measured((totals) => totals.viewConversions),
  vta_complete_payment_value: amount((totals) => totals.viewValueMinor),
  evta_payments_completed: measured((totals) => totals.engagedViewConversions),
  complete_payment: measured(allConversions),
  total_complete_payment_rate: amount(allValue),
  complete_payment_roas: ratio(
    (totals) => allValue(totals),
    (totals) => totals.spendMinor,
  ),
} // prettier-ignore

interface Filter {
  readonly field: string
  readonly values: readonly string[]
}

function filtersOf(call: Call): readonly Filter[] {
  const value = queryJson(call, 'filtering')
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new ApiProblem(40002, 'filtering: Not a valid list.')
  return value.map((entry: unknown) => {
    const { field_name: field, filter_type: type, filter_value: text } = entry as Record<string, unknown>
    if (typeof field !== 'string' || typeof text !== 'string')
      throw new ApiProblem(40002, 'filtering: field_name and filter_value are required strings.')
    if (type !== 'IN')
      throw new ApiProblem(40002, `filtering: filter_type ${String(type)} is not supported for ${field}.`)
    let values: unknown
    try {
      values = JSON.parse(text)
    } catch {
      throw new ApiProblem(40002, 'filtering: filter_value must be a JSON array in a string.')
    }
    if (!Array.isArray(values) || values.some((item) => typeof item !== 'string'))
      throw new ApiProblem(40002, 'filtering: filter_value must be a JSON array of strings.')
    return { field, values: values as string[] }
  })
}

function ancestors(entity: SandboxEntity): Readonly<Record<string, SandboxEntity>> {
  if (entity.kind === 'campaign') return { campaign: entity }
  if (entity.kind === 'ad_group') return { campaign: entity.campaign, adgroup: entity }
  return { campaign: entity.adGroup.campaign, adgroup: entity.adGroup, ad: entity }
}

function passes(entity: SandboxEntity, filters: readonly Filter[]): boolean {
  const line = ancestors(entity)
  const statusOf = (level: string) => filters.find((filter) => filter.field === `${level}_status`)?.values
  for (const [level, node] of Object.entries(line)) {
    const ids = filters.find((filter) => filter.field === `${level}_ids`)?.values
    if (ids !== undefined && !ids.includes(node.id)) return false
    const statuses = statusOf(level)
    // Deleted objects are left out of a report unless its filter says otherwise.
    if (node === entity && statuses === undefined && primaryStatus(node) === 'STATUS_DELETE') return false
    if (statuses !== undefined && !statuses.includes('STATUS_ALL') && !statuses.includes(primaryStatus(node)))
      return false
  }
  return true
}

interface Row {
  readonly dimensions: Readonly<Record<string, string>>
  readonly totals: DayTotals
}

/** By `ad_id` a Smart+ ad is reported under the creative inside it; only `ad_id_v2` names the ad. */
function idFor(entity: SandboxEntity, dimension: string): string {
  const isInside =
    entity.kind === 'ad' && dimension === 'ad_id' && entity.adGroup.campaign.automation === 'UPGRADED_SMART_PLUS'
  return isInside ? materialIdOf(entity) : entity.id
}

function rowsFor(
  call: Call,
  advertiser: SandboxAdvertiser,
  kind: string,
  dimension: string,
  isDaily: boolean,
  days: readonly string[],
): readonly Row[] {
  const filters = filtersOf(call)
  const sources: readonly (readonly [string, (date: string) => DayTotals])[] =
    kind === 'advertiser'
      ? [[advertiser.id, (date) => call.world.advertiserDay(advertiser, date)]]
      : call.world
          .entities(advertiser)
          .filter((entity) => entity.kind === kind && passes(entity, filters))
          .map((entity) => [idFor(entity, dimension), (date: string) => call.world.day(entity, date)] as const)
  return sources.flatMap(([id, day]) => {
    if (!isDaily) {
      const totals = totalsOf(days.map(day))
      return totals.impressions === 0 ? [] : [{ dimensions: { [dimension]: id }, totals }]
    }
    return days.flatMap((date) => {
      const totals = day(date)
      if (totals.impressions === 0) return []
      return [{ dimensions: { [dimension]: id, stat_time_day: `${date} 00:00:00` }, totals }]
    })
  })
}

function daysOf(call: Call, isDaily: boolean): readonly string[] {
  const start = dayNumber(queryText(call, 'start_date'))
  const end = dayNumber(queryText(call, 'end_date'))
  if (Number.isNaN(start) || Number.isNaN(end)) throw new ApiProblem(40002, 'start_date: must be YYYY-MM-DD.')
  if (end < start) throw new ApiProblem(40002, 'end_date: must not be before start_date.')
  const max = isDaily ? 30 : 365
  if (end - start + 1 > max) throw new ApiProblem(40002, `The date range must not be longer than ${max} days.`)
  return Array.from({ length: end - start + 1 }, (_, index) => addDays('1970-01-01', start + index))
}

function sorted(rows: readonly Row[], call: Call): readonly Row[] {
  const field = call.query.get('order_field')
  const type = call.query.get('order_type') ?? 'DESC'
  if (type !== 'ASC' && type !== 'DESC') throw new ApiProblem(40002, 'order_type: must be ASC or DESC.')
  if (field === null || field === '') return rows
  const metric = METRICS[field]
  // Only metrics sort a report, dimensions do not.
  if (metric === undefined) throw new ApiProblem(40002, `order_field: ${field} is invalid.`)
  const sign = type === 'ASC' ? 1 : -1
  return rows.toSorted(
    (left, right) => sign * ((Number(metric(left.totals, 2)) || 0) - (Number(metric(right.totals, 2)) || 0)),
  )
}

/** The last reports of each world: further pages of one are the same rows, and a demo account has many. */
const lastReports = new WeakMap<World['accessTokens'], Map<string, readonly Row[]>>()
const REMEMBERED = 6

function remembered(call: Call, work: () => readonly Row[]): readonly Row[] {
  const query = [...call.query].filter(([name]) => name !== 'page' && name !== 'page_size' && name !== 'metrics')
  const key = JSON.stringify([query, call.world.revision(), Math.floor(call.nowMs / 60_000)])
  const reports = lastReports.get(call.world.accessTokens) ?? new Map<string, readonly Row[]>()
  lastReports.set(call.world.accessTokens, reports)
  const known = reports.get(key)
  if (known !== undefined) return known
  const rows = work()
  const [oldest] = reports.keys()
  if (reports.size >= REMEMBERED && oldest !== undefined) reports.delete(oldest)
  reports.set(key, rows)
  return rows
}

function report(call: Call): Reply {
  const type = queryText(call, 'report_type')
  if (type !== 'BASIC') throw new ApiProblem(40002, `report_type: ${type} is not available here.`)
  if ((call.query.get('service_type') || 'AUCTION') !== 'AUCTION')
    throw new ApiProblem(40002, 'service_type: invalid value.')
  const level = LEVELS[queryText(call, 'data_level')]
  if (level === undefined) throw new ApiProblem(40002, 'data_level: invalid value.')
  const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
  const dimensions = queryTexts(call, 'dimensions')
  if (dimensions === undefined) throw new ApiProblem(40002, 'Missing required field(s): dimensions.')
  const [dimension, ...more] = dimensions.filter((name) => name !== 'stat_time_day')
  if (dimension === undefined || more.length > 0 || !level.dimensions.includes(dimension))
    throw new ApiProblem(40002, `dimensions: ${dimension ?? 'an id'} does not fit the data_level.`)
  const metrics = queryTexts(call, 'metrics') ?? ['spend', 'impressions']
  const unknown = metrics.find((name) => METRICS[name] === undefined)
  if (unknown !== undefined) throw new ApiProblem(40002, `Invalid metric fields: ['${unknown}'].`)
  const isDaily = dimensions.includes('stat_time_day')
  const rows = remembered(call, () => {
    const found = rowsFor(call, advertiser, level.kind, dimension, isDaily, daysOf(call, isDaily))
    return sorted(found, call)
  })
  const show = (totals: DayTotals) =>
    Object.fromEntries(metrics.map((name) => [name, METRICS[name]?.(totals, advertiser.decimals) ?? '-']))
  const { list, page_info } = pageOf(rows, paging(call, 1000))
  const data = {
    list: list.map(({ dimensions: at, totals }) => ({ dimensions: at, metrics: show(totals) })),
    page_info,
  }
  if (call.query.get('enable_total_metrics') !== 'true') return { data }
  return { data: { ...data, total_metrics: show(totalsOf(rows.map((row) => row.totals))) } }
}

export const REPORT_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/report/integrated/get/': { method: 'GET', needsToken: true, keepsNulls: true, run: report },
}
