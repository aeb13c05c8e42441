/** One report row in Meta's words: strings for all numbers, overlapping action types, windows only when asked for and not zero. */
import { spendText, valueText } from './currency.ts'
import {
  CART,
  CLICKS,
  ENGAGEMENTS,
  IMPRESSIONS,
  LANDINGS,
  LEAD,
  LINK_CLICKS,
  OWN,
  OWN_VALUE,
  P100,
  P25,
  P50,
  P75,
  P95,
  PIXEL_PURCHASE,
  PLAYS,
  REACH,
  SHOP_PURCHASE,
  SPEND,
  THRUPLAYS,
  type Totals,
  VALUE,
  VIEWS_2S,
  VIEWS_30S,
  VIEWS_3S,
  WINDOWS,
} from './metrics.ts'
import type { MetaAccount, MetaAdSet, MetaCampaign, MetaEntity } from './types.ts'

export interface RowView {
  readonly entity: MetaAccount | MetaEntity
  readonly totals: Totals
  readonly account: MetaAccount
  readonly windows: readonly string[]
}

type Action = Record<string, string>

const at = (totals: Totals, index: number) => totals[index] ?? 0
const whole = (value: number) => String(Math.round(value))
/** Ratios have six decimals on this wire. */
const ratio = (part: number, of: number) => (of === 0 ? undefined : (part / of).toFixed(6))

const PIXEL_TYPES = ['offsite_conversion.fb_pixel_purchase', 'web_in_store_purchase']
/** Several names for the same purchases; those of the shop on the platform are in these, and not in the pixel's. */
const ALL_PURCHASE_TYPES = ['omni_purchase', 'purchase', 'onsite_web_purchase', 'onsite_web_app_purchase']

interface Event {
  readonly types: readonly string[]
  readonly places: readonly number[]
}

function eventsOf({ account }: RowView): readonly Event[] {
  return [
    { types: PIXEL_TYPES, places: [PIXEL_PURCHASE] },
    { types: ALL_PURCHASE_TYPES, places: account.hasShop ? [PIXEL_PURCHASE, SHOP_PURCHASE] : [PIXEL_PURCHASE] },
    ...(account.hasShop ? [{ types: ['onsite_conversion.purchase'], places: [SHOP_PURCHASE] }] : []),
    { types: ['lead', 'onsite_conversion.lead_grouped'], places: [LEAD] },
    { types: ['add_to_cart', 'omni_add_to_cart'], places: [CART] },
  ]
}

/** The counts or values of one kind of event, own setting first; undefined when there is none of it. */
function eventKeys(view: RowView, places: readonly number[], isValue: boolean): Action | undefined {
  const { totals, account, windows } = view
  const text = (amount: number) => (isValue ? valueText(amount, account.offset) : whole(amount))
  const sum = (offset: number): number => {
    let total = 0
    for (const place of places) total += at(totals, place + offset)
    return total
  }
  const own = sum(isValue ? OWN_VALUE : OWN)
  const keys: Action = { value: text(own) }
  let isEmpty = own === 0
  for (const [index, window] of WINDOWS.entries()) {
    const amount = windows.includes(window) ? sum((isValue ? VALUE : 0) + index) : 0
    if (amount === 0) continue
    keys[window] = text(amount)
    isEmpty = false
  }
  return isEmpty ? undefined : keys
}

function eventActions(view: RowView, isValue: boolean): Action[] {
  const list: Action[] = []
  for (const { types, places } of eventsOf(view)) {
    const keys = eventKeys(view, places, isValue)
    if (keys !== undefined) for (const action_type of types) list.push({ action_type, ...keys })
  }
  return list
}

/** Things on the platform itself: all of them count as one-day clicks, in every click window. */
function clickAction(view: RowView, type: string, place: number): readonly Action[] {
  const count = at(view.totals, place)
  if (count === 0) return []
  const keys = WINDOWS.filter((window) => window.endsWith('click') && view.windows.includes(window))
  return [
    { action_type: type, value: whole(count), ...Object.fromEntries(keys.map((window) => [window, whole(count)])) },
  ]
}

function actions(view: RowView): readonly Action[] | undefined {
  const { totals } = view
  const video = at(totals, VIEWS_3S)
  const all = [
    ...clickAction(view, 'link_click', LINK_CLICKS),
    ...clickAction(view, 'landing_page_view', LANDINGS),
    ...clickAction(view, 'post_engagement', ENGAGEMENTS),
    ...clickAction(view, 'page_engagement', ENGAGEMENTS),
    ...(video === 0 ? [] : [{ action_type: 'video_view', value: whole(video) }]),
    ...eventActions(view, false),
  ]
  return all.length === 0 ? undefined : all
}

const videoActions =
  (place: number) =>
  ({ totals }: RowView): readonly Action[] | undefined =>
    at(totals, place) === 0 ? undefined : [{ action_type: 'video_view', value: whole(at(totals, place)) }]

function costPer(view: RowView): readonly Action[] | undefined {
  const spend = at(view.totals, SPEND) / view.account.offset
  const list = actions(view)?.filter(({ value }) => Number(value) > 0)
  return list?.map(({ action_type, value }) => ({
    action_type: action_type ?? '',
    value: (spend / Number(value)).toFixed(6),
  }))
}

function roas(view: RowView): readonly Action[] | undefined {
  const spend = at(view.totals, SPEND)
  const keys = eventKeys(view, [PIXEL_PURCHASE, SHOP_PURCHASE], true)
  if (keys === undefined || spend === 0) return undefined
  const scaled = (text: string | undefined) => ((Number(text) * view.account.offset) / spend).toFixed(6)
  const scales = Object.entries(keys).map(([key, text]) => [key, scaled(text)] as const)
  return [{ action_type: 'omni_purchase', ...Object.fromEntries(scales) }]
}

const campaignOf = ({ entity }: RowView): MetaCampaign | undefined =>
  entity.kind === 'campaign'
    ? entity
    : entity.kind === 'adset'
      ? entity.campaign
      : entity.kind === 'ad'
        ? entity.adSet.campaign
        : undefined
const adSetOf = ({ entity }: RowView): MetaAdSet | undefined =>
  entity.kind === 'adset' ? entity : entity.kind === 'ad' ? entity.adSet : undefined

/** The setting in words; of a campaign whose ad sets differ, Meta says "mixed" in its tables. */
function setting(view: RowView): string | undefined {
  const sets =
    view.entity.kind === 'campaign' ? view.entity.adSets : [adSetOf(view)].filter((item) => item !== undefined)
  const names = new Set(
    sets.map((adSet) =>
      adSet.attribution
        .map(
          ({ event_type, window_days }) =>
            `${window_days}d_${event_type === 'CLICK_THROUGH' ? 'click' : event_type === 'VIEW_THROUGH' ? 'view' : 'ev'}`,
        )
        .join('_'),
    ),
  )
  return names.size === 1 ? [...names][0] : names.size === 0 ? undefined : 'mixed'
}

const money = (view: RowView, per: number, times = 1): string | undefined => {
  const count = at(view.totals, per)
  return count === 0 ? undefined : ((at(view.totals, SPEND) / view.account.offset / count) * times).toFixed(6)
}

/** Every field a row may have. Undefined is left out. */
export const INSIGHT_FIELDS: Readonly<Record<string, (view: RowView) => unknown>> = {
  account_id: ({ account }) => account.id,
  account_name: ({ account }) => account.name,
  account_currency: ({ account }) => account.currency,
  campaign_id: (view) => campaignOf(view)?.id,
  campaign_name: (view) => campaignOf(view)?.name,
  adset_id: (view) => adSetOf(view)?.id,
  adset_name: (view) => adSetOf(view)?.name,
  ad_id: ({ entity }) => (entity.kind === 'ad' ? entity.id : undefined),
  ad_name: ({ entity }) => (entity.kind === 'ad' ? entity.name : undefined),
  objective: (view) => campaignOf(view)?.objective,
  optimization_goal: (view) => adSetOf(view)?.optimizationGoal,
  buying_type: (view) => campaignOf(view)?.buyingType,
  attribution_setting: setting,
  impressions: ({ totals }) => whole(at(totals, IMPRESSIONS)),
  clicks: ({ totals }) => whole(at(totals, CLICKS)),
  unique_clicks: ({ totals }) => whole(at(totals, CLICKS) * 0.92),
  inline_link_clicks: ({ totals }) => (at(totals, LINK_CLICKS) === 0 ? undefined : whole(at(totals, LINK_CLICKS))),
  outbound_clicks: (view) => videoLike(view, 'outbound_click', LINK_CLICKS),
  spend: ({ totals, account }) => spendText(at(totals, SPEND), account.offset),
  reach: ({ totals }) => whole(at(totals, REACH)),
  frequency: ({ totals }) => ratio(at(totals, IMPRESSIONS), at(totals, REACH)),
  cpc: (view) => money(view, CLICKS),
  cpm: (view) => money(view, IMPRESSIONS, 1000),
  cpp: (view) => money(view, REACH, 1000),
  ctr: ({ totals }) => ratio(at(totals, CLICKS) * 100, at(totals, IMPRESSIONS)),
  actions,
  action_values: (view) => {
    const list = eventActions(view, true)
    return list.length === 0 ? undefined : list
  },
  conversions: () => undefined,
  conversion_values: () => undefined,
  cost_per_action_type: costPer,
  purchase_roas: roas,
  website_purchase_roas: (view) =>
    roas(view)?.map((item) => ({ ...item, action_type: 'offsite_conversion.fb_pixel_purchase' })),
  video_play_actions: videoActions(PLAYS),
  video_thruplay_watched_actions: videoActions(THRUPLAYS),
  video_p25_watched_actions: videoActions(P25),
  video_p50_watched_actions: videoActions(P50),
  video_p75_watched_actions: videoActions(P75),
  video_p95_watched_actions: videoActions(P95),
  video_p100_watched_actions: videoActions(P100),
  video_30_sec_watched_actions: videoActions(VIEWS_30S),
  video_continuous_2_sec_watched_actions: videoActions(VIEWS_2S),
}

function videoLike({ totals }: RowView, type: string, place: number): readonly Action[] | undefined {
  return at(totals, place) === 0 ? undefined : [{ action_type: type, value: whole(at(totals, place)) }]
}
