/**
 * The questions this adapter asks, in GAQL. Only ids made of digits and dates are ever put into one.
 * Field names are those of v25 (start_date_time, video_trueview_views).
 */
import type { MetricLevel } from '../../../shared/domain/metric.ts'
import type { DayRange } from '../days.ts'

const select = (fields: readonly string[], from: string, where: readonly string[] = []) =>
  `SELECT ${fields.join(', ')} FROM ${from}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`

/** What decides how a campaign bids, and what may be changed in it and below it. */
const CAMPAIGN_CORE = [
  'campaign.resource_name',
  'campaign.id',
  'campaign.name',
  'campaign.status',
  'campaign.experiment_type',
  'campaign.advertising_channel_type',
  'campaign.advertising_channel_sub_type',
  'campaign.bidding_strategy_type',
  'campaign.bidding_strategy',
  'campaign.maximize_conversions.target_cpa_micros',
  'campaign.target_cpa.target_cpa_micros',
  'campaign.maximize_conversion_value.target_roas',
  'campaign.target_roas.target_roas',
  'campaign.target_spend.cpc_bid_ceiling_micros',
]
const CAMPAIGN = [
  ...CAMPAIGN_CORE,
  'campaign.primary_status',
  'campaign.primary_status_reasons',
  'campaign.serving_status',
  'campaign.campaign_budget',
  'campaign.start_date_time',
  'campaign.end_date_time',
  'campaign_budget.resource_name',
  'campaign_budget.id',
  'campaign_budget.amount_micros',
  'campaign_budget.total_amount_micros',
  'campaign_budget.period',
  'campaign_budget.status',
  'campaign_budget.explicitly_shared',
  'campaign_budget.reference_count',
]
const AD_GROUP = [
  ...CAMPAIGN_CORE,
  'ad_group.resource_name',
  'ad_group.id',
  'ad_group.name',
  'ad_group.status',
  'ad_group.type',
  'ad_group.primary_status',
  'ad_group.primary_status_reasons',
  'ad_group.cpc_bid_micros',
  'ad_group.target_cpa_micros',
  'ad_group.target_roas',
]
const AD = [
  'campaign.id',
  'campaign.name',
  'campaign.status',
  'campaign.experiment_type',
  'campaign.advertising_channel_type',
  'campaign.advertising_channel_sub_type',
  'ad_group.id',
  'ad_group.status',
  'ad_group_ad.resource_name',
  'ad_group_ad.status',
  'ad_group_ad.primary_status',
  'ad_group_ad.primary_status_reasons',
  'ad_group_ad.policy_summary.approval_status',
  'ad_group_ad.policy_summary.review_status',
  'ad_group_ad.policy_summary.policy_topic_entries',
  'ad_group_ad.ad.id',
  'ad_group_ad.ad.name',
  'ad_group_ad.ad.type',
  'ad_group_ad.ad.final_urls',
  'ad_group_ad.ad.responsive_search_ad.headlines',
  'ad_group_ad.ad.responsive_display_ad.headlines',
]
const ASSET = [
  'asset.resource_name',
  'asset.id',
  'asset.name',
  'asset.type',
  'asset.image_asset.full_size.url',
  'asset.youtube_video_asset.youtube_video_id',
  'asset.youtube_video_asset.youtube_video_title',
  'asset.text_asset.text',
]
const ASSET_USE = [
  'ad_group_ad_asset_view.ad_group_ad',
  'ad_group_ad_asset_view.field_type',
  'ad_group_ad_asset_view.enabled',
  'asset.id',
  'asset.type',
]

export const campaigns = () => select(CAMPAIGN, 'campaign')
export const adGroups = () => select(AD_GROUP, 'ad_group')
export const ads = () => select(AD, 'ad_group_ad')
export const assets = () => select(ASSET, 'asset')
export const assetUses = () => select(ASSET_USE, 'ad_group_ad_asset_view')

export const oneCampaign = (id: string) => select(CAMPAIGN, 'campaign', [`campaign.id = ${digits(id)}`])
export const oneAdGroup = (id: string) => select(AD_GROUP, 'ad_group', [`ad_group.id = ${digits(id)}`])
export const oneAd = (adGroup: string, ad: string) =>
  select(AD, 'ad_group_ad', [`ad_group.id = ${digits(adGroup)}`, `ad_group_ad.ad.id = ${digits(ad)}`])
export const oneAsset = (id: string) => select(ASSET, 'asset', [`asset.id = ${digits(id)}`])
export const assetUsesOf = (customer: string, adGroup: string, ad: string) =>
  select(ASSET_USE, 'ad_group_ad_asset_view', [
    `ad_group_ad_asset_view.ad_group_ad = 'customers/${digits(customer)}/adGroupAds/${digits(adGroup)}~${digits(ad)}'`,
  ])

/** Budgets that feed more than one campaign, and those campaigns. */
export const sharedBudgetCampaigns = () =>
  select(['campaign.id', 'campaign.campaign_budget'], 'campaign', [
    'campaign_budget.reference_count > 1',
    `campaign.status != 'REMOVED'`,
  ])
export const campaignsOfBudget = (customer: string, budget: string) =>
  select(['campaign.id', 'campaign.campaign_budget'], 'campaign', [
    `campaign.campaign_budget = 'customers/${digits(customer)}/campaignBudgets/${digits(budget)}'`,
    `campaign.status != 'REMOVED'`,
  ])

/** Which campaigns draw on these budgets, and whether others do, too. */
export const budgetOwners = (customer: string, budgets: readonly string[]) =>
  select(
    ['campaign.id', 'campaign.campaign_budget', 'campaign_budget.explicitly_shared', 'campaign_budget.reference_count'],
    'campaign',
    [
      `campaign.campaign_budget IN (${budgets.map((id) => `'customers/${digits(customer)}/campaignBudgets/${digits(id)}'`).join(', ')})`,
      `campaign.status != 'REMOVED'`,
    ],
  )

const CHANGE = [
  'resource_name',
  'change_date_time',
  'user_email',
  'client_type',
  'change_resource_type',
  'change_resource_name',
  'resource_change_operation',
  'changed_fields',
  'old_resource',
  'new_resource',
  'campaign',
  'ad_group',
]
/** Oldest first. Times on the account's clock, "2026-11-23 09:00:00"; Google wants both ends of the range, and a limit of at most 10,000. */
export const changeEvents = (range: { readonly from: string; readonly until: string }, limit: number) =>
  `${select(
    CHANGE.map((field) => `change_event.${field}`),
    'change_event',
    [`change_event.change_date_time BETWEEN '${moment(range.from)}' AND '${moment(range.until)}'`],
  )} ORDER BY change_event.change_date_time LIMIT ${Math.trunc(limit)}`

export const currencyUnit = (code: string) =>
  select(['currency_constant.code', 'currency_constant.billable_unit_micros'], 'currency_constant', [
    `currency_constant.code = '${letters(code)}'`,
  ])

const CRITERION = [
  'criterion_id',
  'type',
  'negative',
  'location.geo_target_constant',
  'language.language_constant',
  'age_range.type',
  'gender.type',
  'income_range.type',
  'parental_status.type',
  'user_list.user_list',
  'keyword.text',
  'keyword.match_type',
  'placement.url',
  'topic.topic_constant',
  'user_interest.user_interest_category',
  'youtube_channel.channel_id',
  'youtube_video.video_id',
  'custom_audience.custom_audience',
  'combined_audience.combined_audience',
]
export const campaignCriteria = () =>
  select(
    ['campaign.id', ...CRITERION.map((field) => `campaign_criterion.${field}`), 'campaign_criterion.device.type'],
    'campaign_criterion',
    [`campaign_criterion.status != 'REMOVED'`],
  )
export const adGroupCriteria = () =>
  select(
    ['ad_group.id', ...CRITERION.map((field) => `ad_group_criterion.${field}`), 'ad_group_criterion.audience.audience'],
    'ad_group_criterion',
    [`ad_group_criterion.status != 'REMOVED'`],
  )

export const LEVELS: Readonly<Record<MetricLevel, { readonly from: string; readonly key: string }>> = {
  campaign: { from: 'campaign', key: 'campaign.id' },
  ad_group: { from: 'ad_group', key: 'ad_group.id' },
  ad: { from: 'ad_group_ad', key: 'ad_group_ad.resource_name' },
}
const between = ({ startDate, endDate }: DayRange) => `segments.date BETWEEN '${startDate}' AND '${endDate}'`

export const metrics = (level: MetricLevel, range: DayRange) =>
  select(
    [
      LEVELS[level].key,
      'segments.date',
      'metrics.cost_micros',
      'metrics.impressions',
      'metrics.clicks',
      'metrics.video_trueview_views',
      'metrics.conversions',
      'metrics.conversions_value',
      'metrics.view_through_conversions',
    ],
    LEVELS[level].from,
    [between(range)],
  )

/** Days from the ad to the conversion, lowest first; each bucket holds its lower bound. The seven make up the first seven days. */
export const SEVEN_DAY_BUCKETS = [
  'LESS_THAN_ONE_DAY',
  'ONE_TO_TWO_DAYS',
  'TWO_TO_THREE_DAYS',
  'THREE_TO_FOUR_DAYS',
  'FOUR_TO_FIVE_DAYS',
  'FIVE_TO_SIX_DAYS',
  'SIX_TO_SEVEN_DAYS',
] as const

/** Conversions only: Google does not let the lag be combined with cost, impressions or clicks. */
export const lagBuckets = (level: MetricLevel, range: DayRange) =>
  select(
    [
      LEVELS[level].key,
      'segments.date',
      'segments.conversion_lag_bucket',
      'metrics.conversions',
      'metrics.conversions_value',
    ],
    LEVELS[level].from,
    [between(range), `segments.conversion_lag_bucket IN (${SEVEN_DAY_BUCKETS.map((name) => `'${name}'`).join(', ')})`],
  )

/** Unique users exist for Display, Video, Demand Gen and App campaigns only (metrics.proto), for at most 92 days at a time. */
export const reach = (level: MetricLevel, range: DayRange) =>
  select([LEVELS[level].key, 'segments.date', 'metrics.unique_users'], LEVELS[level].from, [
    between(range),
    `campaign.advertising_channel_type IN ('DISPLAY', 'VIDEO', 'DEMAND_GEN', 'MULTI_CHANNEL')`,
  ])

const ACTION = [
  'id',
  'name',
  'status',
  'type',
  'category',
  'primary_for_goal',
  'include_in_conversions_metric',
  'click_through_lookback_window_days',
  'view_through_lookback_window_days',
  'value_settings.default_value',
  'value_settings.always_use_default_value',
]
export const conversionActions = () =>
  select(
    ACTION.map((field) => `conversion_action.${field}`),
    'conversion_action',
  )
export const conversionActionHealth = () =>
  select(
    [
      'conversion_action.id',
      'metrics.conversion_last_received_request_date_time',
      'metrics.conversion_last_conversion_date',
    ],
    'conversion_action',
  )
export const conversionTracking = () =>
  select(['customer.conversion_tracking_setting.conversion_tracking_status'], 'customer')

/** @throws TypeError: a guard, not a parser. Callers have checked before. */
function digits(text: string): string {
  if (!/^[0-9]{1,19}$/.test(text)) throw new TypeError('not an id of Google’s')
  return text
}
function moment(text: string): string {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) throw new TypeError('not a moment')
  return text
}
function letters(text: string): string {
  if (!/^[A-Z]{3}$/.test(text)) throw new TypeError('not a currency code')
  return text
}
