/** Fields of ads and their assets, and the metrics and segments. */
import { dayNumber } from '../calendar.ts'
import {
  date,
  double,
  enumeration,
  type FieldDef,
  int64,
  link,
  message,
  type Row,
  string,
  strings,
  boolean,
} from './catalog.ts'
import { LAG_BUCKETS } from './metrics.ts'
import { adPrimaryStatus } from './status.ts'
import type { Ad } from './types.ts'

const AD = 'ad_group_ad.ad'
const texts = (list: readonly string[]) => list.map((text) => ({ text }))
const ofType = (row: Row, type: string): Ad | undefined => (row.ad?.type === type ? row.ad : undefined)
const images = (ad: Ad | undefined, fieldType: string) =>
  ad?.uses.filter((use) => use.fieldType === fieldType).map((use) => ({ asset: use.asset.resourceName }))

/** Texts and assets of one kind of ad, under its own message. */
function creativeFields(): FieldDef[] {
  const search = (row: Row) => ofType(row, 'RESPONSIVE_SEARCH_AD')
  const display = (row: Row) => ofType(row, 'RESPONSIVE_DISPLAY_AD')
  const video = (row: Row) => ofType(row, 'VIDEO_RESPONSIVE_AD')
  const demand = (row: Row) => ofType(row, 'DEMAND_GEN_MULTI_ASSET_AD')
  const fields: FieldDef[] = [
    string(`${AD}.responsive_search_ad.path1`, (row) => search(row) && 'zelte'),
    message(`${AD}.responsive_display_ad.long_headline`, (row) => display(row) && { text: display(row)?.headlines[0] }),
    message(`${AD}.responsive_display_ad.square_marketing_images`, () => [], true),
    message(`${AD}.responsive_display_ad.logo_images`, () => [], true),
    message(`${AD}.responsive_display_ad.youtube_videos`, () => [], true),
    message(`${AD}.responsive_display_ad.marketing_images`, (row) => images(display(row), 'MARKETING_IMAGE'), true),
    string(`${AD}.responsive_display_ad.business_name`, (row) => display(row)?.businessName),
    message(
      `${AD}.video_responsive_ad.long_headlines`,
      (row) => video(row) && texts(video(row)?.headlines.slice(0, 1) ?? []),
      true,
    ),
    message(`${AD}.video_responsive_ad.videos`, (row) => images(video(row), 'YOUTUBE_VIDEO'), true),
    message(`${AD}.video_responsive_ad.companion_banners`, () => [], true),
    message(`${AD}.demand_gen_multi_asset_ad.marketing_images`, (row) => images(demand(row), 'MARKETING_IMAGE'), true),
    message(`${AD}.demand_gen_multi_asset_ad.square_marketing_images`, () => [], true),
    message(`${AD}.demand_gen_multi_asset_ad.logo_images`, () => [], true),
    string(`${AD}.demand_gen_multi_asset_ad.business_name`, (row) => demand(row)?.businessName),
    message(`${AD}.demand_gen_video_responsive_ad.videos`, () => undefined, true),
    message(`${AD}.demand_gen_video_responsive_ad.headlines`, () => undefined, true),
    message(`${AD}.demand_gen_video_responsive_ad.descriptions`, () => undefined, true),
    link(`${AD}.image_ad.image_asset.asset`, () => undefined),
    link(`${AD}.video_ad.video.asset`, () => undefined),
  ]
  for (const [name, of] of Object.entries({
    responsive_search_ad: search,
    responsive_display_ad: display,
    video_responsive_ad: video,
    demand_gen_multi_asset_ad: demand,
  })) {
    fields.push(message(`${AD}.${name}.headlines`, (row) => texts(of(row)?.headlines ?? []), true))
    fields.push(message(`${AD}.${name}.descriptions`, (row) => texts(of(row)?.descriptions ?? []), true))
  }
  return fields
}

const AD_TYPES =
  'TEXT_AD EXPANDED_TEXT_AD SHOPPING_PRODUCT_AD VIDEO_AD IMAGE_AD RESPONSIVE_SEARCH_AD RESPONSIVE_DISPLAY_AD VIDEO_BUMPER_AD VIDEO_TRUEVIEW_IN_STREAM_AD VIDEO_RESPONSIVE_AD IN_FEED_VIDEO_AD DEMAND_GEN_MULTI_ASSET_AD DEMAND_GEN_CAROUSEL_AD DEMAND_GEN_VIDEO_RESPONSIVE_AD DEMAND_GEN_PRODUCT_AD'

const ASSET_FIELD_TYPES =
  'HEADLINE DESCRIPTION MARKETING_IMAGE YOUTUBE_VIDEO SQUARE_MARKETING_IMAGE PORTRAIT_MARKETING_IMAGE LOGO AD_IMAGE BUSINESS_NAME LONG_HEADLINE'

const AD_FIELDS: readonly FieldDef[] = [
  link('ad_group_ad.resource_name', (row) => row.ad?.resourceName),
  enumeration('ad_group_ad.status', 'ENABLED PAUSED REMOVED', (row) => row.ad?.status),
  link('ad_group_ad.ad_group', (row) => row.ad?.adGroup.resourceName),
  enumeration(
    'ad_group_ad.policy_summary.approval_status',
    'DISAPPROVED APPROVED_LIMITED APPROVED AREA_OF_INTEREST_ONLY',
    (row) => row.ad?.policy.approval,
  ),
  enumeration(
    'ad_group_ad.policy_summary.review_status',
    'REVIEW_IN_PROGRESS REVIEWED UNDER_APPEAL ELIGIBLE_MAY_SERVE',
    (row) => row.ad?.policy.review,
  ),
  message('ad_group_ad.policy_summary.policy_topic_entries', (row) => row.ad?.policy.topics, true),
  enumeration('ad_group_ad.ad_strength', 'PENDING NO_ADS POOR AVERAGE GOOD EXCELLENT', (row) => row.ad?.strength),
  enumeration('ad_group_ad.primary_status', 'ELIGIBLE PAUSED REMOVED PENDING LIMITED NOT_ELIGIBLE', (row) =>
    row.ad === undefined ? undefined : adPrimaryStatus(row.ad, row.today).status,
  ),
  enumeration(
    'ad_group_ad.primary_status_reasons',
    'CAMPAIGN_REMOVED CAMPAIGN_PAUSED CAMPAIGN_PENDING CAMPAIGN_ENDED AD_GROUP_PAUSED AD_GROUP_REMOVED AD_GROUP_AD_PAUSED AD_GROUP_AD_REMOVED AD_GROUP_AD_DISAPPROVED AD_GROUP_AD_UNDER_REVIEW AD_GROUP_AD_APPROVED_LABELED AD_GROUP_AD_AREA_OF_INTEREST_ONLY',
    (row) => (row.ad === undefined ? undefined : adPrimaryStatus(row.ad, row.today).reasons),
    true,
  ),
  link(`${AD}.resource_name`, (row) => row.ad && `${row.customer.resourceName}/ads/${row.ad.id}`),
  int64(`${AD}.id`, (row) => row.ad?.id),
  string(`${AD}.name`, (row) => row.ad?.name),
  enumeration(`${AD}.type`, AD_TYPES, (row) => row.ad?.type),
  strings(`${AD}.final_urls`, (row) => row.ad && [row.ad.finalUrl]),
  strings(`${AD}.final_mobile_urls`, () => []),
  ...creativeFields(),
  link('ad_group_ad_asset_view.resource_name', (row) =>
    row.use === undefined || row.ad === undefined
      ? undefined
      : `${row.customer.resourceName}/adGroupAdAssetViews/${row.ad.adGroup.id}~${row.ad.id}~${row.use.asset.id}~${row.use.fieldType}`,
  ),
  link('ad_group_ad_asset_view.ad_group_ad', (row) => row.ad?.resourceName),
  link('ad_group_ad_asset_view.asset', (row) => row.use?.asset.resourceName),
  enumeration('ad_group_ad_asset_view.field_type', ASSET_FIELD_TYPES, (row) => row.use?.fieldType),
  boolean('ad_group_ad_asset_view.enabled', (row) => row.use && true),
  enumeration(
    'ad_group_ad_asset_view.performance_label',
    'PENDING LEARNING LOW GOOD BEST NOT_APPLICABLE',
    (row) => row.use?.label,
  ),
  enumeration(
    'ad_group_ad_asset_view.pinned_field',
    'HEADLINE_1 HEADLINE_2 HEADLINE_3 DESCRIPTION_1 DESCRIPTION_2',
    () => undefined,
  ),
  link('asset_group_asset.resource_name', (row) =>
    row.use === undefined || row.assetGroup === undefined
      ? undefined
      : `${row.customer.resourceName}/assetGroupAssets/${row.assetGroup.id}~${row.use.asset.id}~${row.use.fieldType}`,
  ),
  link('asset_group_asset.asset_group', (row) => row.assetGroup?.resourceName),
  link('asset_group_asset.asset', (row) => row.use?.asset.resourceName),
  enumeration('asset_group_asset.field_type', ASSET_FIELD_TYPES, (row) => row.use?.fieldType),
  enumeration('asset_group_asset.status', 'ENABLED REMOVED PAUSED', (row) => row.use && 'ENABLED'),
]

const hundredths = (value: number | undefined) => (value === undefined ? undefined : value / 100)
const micros = (value: number | undefined) => (value === undefined ? undefined : value / 1e6)

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : whole === 0 ? 0 : part / whole
}

const METRIC_FIELDS: readonly FieldDef[] = [
  int64('metrics.impressions', (row) => row.totals?.impressions),
  int64('metrics.clicks', (row) => row.totals?.clicks),
  int64('metrics.cost_micros', (row) => row.totals?.costMicros),
  int64('metrics.interactions', (row) => row.totals?.interactions),
  int64('metrics.engagements', (row) => row.totals?.engagements),
  int64('metrics.video_trueview_views', (row) => row.totals?.trueviewViews),
  double('metrics.conversions', (row) => hundredths(row.totals?.centiConversions)),
  double('metrics.conversions_value', (row) => micros(row.totals?.valueMicros)),
  double('metrics.all_conversions', (row) => hundredths(row.totals?.allCentiConversions)),
  double('metrics.all_conversions_value', (row) => micros(row.totals?.allValueMicros)),
  int64('metrics.view_through_conversions', (row) => row.totals?.viewThrough),
  double('metrics.ctr', (row) => ratio(row.totals?.clicks, row.totals?.impressions)),
  double('metrics.average_cpc', (row) => ratio(row.totals?.costMicros, row.totals?.clicks)),
  int64('metrics.unique_users', (row) => row.users),
  double('metrics.average_impression_frequency_per_user', (row) =>
    row.users === undefined ? undefined : ratio(row.totals?.impressions, row.users),
  ),
]

const segment = (read: (day: string) => string) => (row: Row) =>
  row.segments?.date === undefined ? undefined : read(row.segments.date)

function monday(day: string): string {
  const number = dayNumber(day)
  return new Date((number - ((number + 3) % 7)) * 86_400_000).toISOString().slice(0, 10)
}
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY']

const SEGMENT_FIELDS: readonly FieldDef[] = [
  date('segments.date', (row) => row.segments?.date),
  date('segments.week', segment(monday)),
  date(
    'segments.month',
    segment((day) => `${day.slice(0, 7)}-01`),
  ),
  enumeration(
    'segments.day_of_week',
    DAYS.join(' '),
    segment((day) => DAYS[(dayNumber(day) + 4) % 7] ?? 'UNKNOWN'),
  ),
  link('segments.conversion_action', (row) => row.segments?.action?.resourceName),
  string('segments.conversion_action_name', (row) => row.segments?.action?.name),
  enumeration(
    'segments.conversion_action_category',
    'DEFAULT PAGE_VIEW PURCHASE SIGNUP DOWNLOAD ADD_TO_CART BEGIN_CHECKOUT',
    (row) => row.segments?.action?.category,
  ),
  enumeration('segments.conversion_lag_bucket', LAG_BUCKETS.join(' '), (row) => row.segments?.lagBucket),
  enumeration(
    'segments.conversion_attribution_event_type',
    'IMPRESSION INTERACTION ENGAGED_VIEW',
    (row) => row.segments?.eventType,
  ),
]

export const AD_LEVEL_FIELDS: readonly FieldDef[] = [...AD_FIELDS, ...METRIC_FIELDS, ...SEGMENT_FIELDS]
