/** Fields of campaigns, budgets, ad groups, criteria and asset groups. */
import {
  boolean,
  double,
  enumeration,
  type FieldDef,
  int64,
  link,
  message,
  type Row,
  string,
  strings,
} from './catalog.ts'
import {
  adGroupPrimaryStatus,
  assetGroupPrimaryStatus,
  campaignPrimaryStatus,
  type PrimaryStatus,
  servingStatus,
  systemStatus,
} from './status.ts'
import type { Budget } from './types.ts'

const STATUS = 'ENABLED PAUSED REMOVED'
const STRATEGY_TYPES =
  'COMMISSION ENHANCED_CPC FIXED_CPM MANUAL_CPA MANUAL_CPC MANUAL_CPM MANUAL_CPV MAXIMIZE_CONVERSIONS MAXIMIZE_CONVERSION_VALUE PERCENT_CPC TARGET_CPA TARGET_CPC TARGET_CPM TARGET_CPV TARGET_IMPRESSION_SHARE TARGET_ROAS TARGET_SPEND'
const CAMPAIGN_REASONS =
  'CAMPAIGN_REMOVED CAMPAIGN_PAUSED CAMPAIGN_PENDING CAMPAIGN_ENDED BIDDING_STRATEGY_MISCONFIGURED BIDDING_STRATEGY_LIMITED BIDDING_STRATEGY_LEARNING BUDGET_CONSTRAINED AD_GROUPS_PAUSED NO_AD_GROUPS HAS_ADS_DISAPPROVED HAS_ADS_LIMITED_BY_POLICY MOST_ADS_UNDER_REVIEW ASSET_GROUPS_PAUSED'
const GROUP_REASONS =
  'CAMPAIGN_REMOVED CAMPAIGN_PAUSED CAMPAIGN_PENDING CAMPAIGN_ENDED AD_GROUP_PAUSED AD_GROUP_REMOVED AD_GROUP_ADS_PAUSED NO_AD_GROUP_ADS HAS_ADS_DISAPPROVED HAS_ADS_LIMITED_BY_POLICY MOST_ADS_UNDER_REVIEW'

function primary(row: Row): PrimaryStatus | undefined {
  return row.campaign === undefined ? undefined : campaignPrimaryStatus(row.campaign, row.today)
}
function groupPrimary(row: Row): PrimaryStatus | undefined {
  return row.adGroup === undefined ? undefined : adGroupPrimaryStatus(row.adGroup, row.today)
}
function assetGroupPrimary(row: Row): PrimaryStatus | undefined {
  return row.assetGroup === undefined ? undefined : assetGroupPrimaryStatus(row.assetGroup, row.today)
}

/** The type that Google shows: of a portfolio strategy, the portfolio's. */
function strategyType(row: Row): string | undefined {
  const strategy = row.campaign?.strategy
  if (strategy === undefined) return undefined
  if (strategy.member !== 'bidding_strategy') return strategy.member.toUpperCase()
  return row.customer.strategies.find((each) => each.resourceName === strategy.values['bidding_strategy'])?.type
}

/** A value inside the oneof; set only while that member is. */
const inStrategy = (path: string) => {
  const [member = '', name = ''] = path.split('.')
  return (row: Row) => (row.campaign?.strategy.member === member ? row.campaign.strategy.values[name] : undefined)
}

/** A member of the oneof without fields: an empty message while it is set. */
const emptyMember = (member: string) => (row: Row) => (row.campaign?.strategy.member === member ? {} : undefined)

/** Every value of the oneof `campaign_bidding_strategy` that the sandbox knows. */
export const STRATEGY_VALUES: Readonly<Record<string, readonly string[]>> = {
  manual_cpc: ['enhanced_cpc_enabled'],
  maximize_conversions: ['target_cpa_micros', 'cpc_bid_ceiling_micros', 'cpc_bid_floor_micros'],
  maximize_conversion_value: ['target_roas', 'cpc_bid_ceiling_micros', 'cpc_bid_floor_micros'],
  target_cpa: ['target_cpa_micros', 'cpc_bid_ceiling_micros', 'cpc_bid_floor_micros'],
  target_roas: ['target_roas', 'cpc_bid_ceiling_micros', 'cpc_bid_floor_micros'],
  target_spend: ['target_spend_micros', 'cpc_bid_ceiling_micros'],
  manual_cpm: [],
  manual_cpv: [],
}

function strategyFields(): FieldDef[] {
  return Object.entries(STRATEGY_VALUES).flatMap(([member, names]): FieldDef[] => {
    if (names.length === 0) return [message(`campaign.${member}`, emptyMember(member))]
    return names.map((name) => {
      const read = inStrategy(`${member}.${name}`)
      const path = `campaign.${member}.${name}`
      return name === 'target_roas'
        ? double(path, read)
        : name.endsWith('_enabled')
          ? boolean(path, read)
          : int64(path, read)
    })
  })
}

const CAMPAIGN_FIELDS: readonly FieldDef[] = [
  link('campaign.resource_name', (row) => row.campaign?.resourceName),
  int64('campaign.id', (row) => row.campaign?.id),
  string('campaign.name', (row) => row.campaign?.name),
  enumeration('campaign.status', STATUS, (row) => row.campaign?.status),
  enumeration('campaign.serving_status', 'SERVING NONE ENDED PENDING SUSPENDED', (row) =>
    row.campaign === undefined ? undefined : servingStatus(row.campaign, row.today),
  ),
  enumeration(
    'campaign.primary_status',
    'ELIGIBLE PAUSED REMOVED ENDED PENDING MISCONFIGURED LIMITED LEARNING NOT_ELIGIBLE',
    (row) => primary(row)?.status,
  ),
  enumeration('campaign.primary_status_reasons', CAMPAIGN_REASONS, (row) => primary(row)?.reasons, true),
  enumeration(
    'campaign.bidding_strategy_system_status',
    'ENABLED LEARNING_NEW LEARNING_SETTING_CHANGE LEARNING_BUDGET_CHANGE LIMITED_BY_DATA LIMITED_BY_BUDGET MISCONFIGURED_CONVERSION_TYPES PAUSED UNAVAILABLE',
    (row) => (row.campaign === undefined ? undefined : systemStatus(row.campaign, row.today)),
  ),
  enumeration(
    'campaign.advertising_channel_type',
    'SEARCH DISPLAY SHOPPING HOTEL VIDEO MULTI_CHANNEL LOCAL SMART PERFORMANCE_MAX LOCAL_SERVICES TRAVEL DEMAND_GEN',
    (row) => row.campaign?.channel,
  ),
  enumeration(
    'campaign.advertising_channel_sub_type',
    'DISPLAY_SMART_CAMPAIGN VIDEO_ACTION VIDEO_NON_SKIPPABLE APP_CAMPAIGN SMART_CAMPAIGN VIDEO_SEQUENCE',
    (row) => row.campaign?.subType,
  ),
  link('campaign.campaign_budget', (row) => row.campaign?.budget.resourceName),
  enumeration('campaign.bidding_strategy_type', STRATEGY_TYPES, strategyType),
  link('campaign.bidding_strategy', (row) =>
    row.campaign?.strategy.member === 'bidding_strategy' ? row.campaign.strategy.values['bidding_strategy'] : undefined,
  ),
  string('campaign.start_date_time', (row) => row.campaign && `${row.campaign.startDate} 00:00:00`),
  string('campaign.end_date_time', (row) => row.campaign?.endDate && `${row.campaign.endDate} 23:59:59`),
  strings('campaign.labels', () => []),
  enumeration('campaign.experiment_type', 'BASE DRAFT EXPERIMENT', (row) => row.campaign && 'BASE'),
  enumeration(
    'campaign.payment_mode',
    'CLICKS CONVERSION_VALUE CONVERSIONS GUEST_STAY',
    (row) => row.campaign && 'CLICKS',
  ),
  ...strategyFields(),
]

function referenceCount(row: Row, budget: Budget): number {
  return row.customer.campaigns.filter((each) => each.budget === budget && each.status !== 'REMOVED').length
}

const BUDGET_FIELDS: readonly FieldDef[] = [
  link('campaign_budget.resource_name', (row) => row.budget?.resourceName),
  int64('campaign_budget.id', (row) => row.budget?.id),
  string('campaign_budget.name', (row) => row.budget?.name),
  int64('campaign_budget.amount_micros', (row) => row.budget?.amountMicros),
  int64('campaign_budget.total_amount_micros', (row) => row.budget?.totalAmountMicros),
  enumeration('campaign_budget.status', 'ENABLED REMOVED', (row) => row.budget?.status),
  enumeration('campaign_budget.period', 'DAILY CUSTOM_PERIOD', (row) => row.budget?.period),
  enumeration('campaign_budget.delivery_method', 'STANDARD ACCELERATED', (row) => row.budget && 'STANDARD'),
  enumeration(
    'campaign_budget.type',
    'STANDARD FIXED_CPA SMART_CAMPAIGN LOCAL_SERVICES',
    (row) => row.budget && 'STANDARD',
  ),
  boolean('campaign_budget.explicitly_shared', (row) => row.budget?.isShared),
  int64('campaign_budget.reference_count', (row) =>
    row.budget === undefined ? undefined : referenceCount(row, row.budget),
  ),
  boolean('campaign_budget.has_recommended_budget', (row) => row.budget && row.budget.recommendedMicros !== undefined),
  int64('campaign_budget.recommended_budget_amount_micros', (row) => row.budget?.recommendedMicros),
]

const STRATEGY_FIELDS: readonly FieldDef[] = [
  link('bidding_strategy.resource_name', (row) => row.strategy?.resourceName),
  int64('bidding_strategy.id', (row) => row.strategy?.id),
  string('bidding_strategy.name', (row) => row.strategy?.name),
  enumeration('bidding_strategy.status', 'ENABLED REMOVED', (row) => row.strategy && 'ENABLED'),
  enumeration('bidding_strategy.type', STRATEGY_TYPES, (row) => row.strategy?.type),
  int64('bidding_strategy.target_cpa.target_cpa_micros', (row) => row.strategy?.targetMicros),
]

/** The campaign's target where the ad group has none of its own. */
function effective(row: Row, name: 'target_cpa_micros' | 'target_roas'): unknown {
  const own = name === 'target_roas' ? row.adGroup?.targetRoas : row.adGroup?.targetCpaMicros
  return own ?? row.campaign?.strategy.values[name]
}

const GROUP_FIELDS: readonly FieldDef[] = [
  link('ad_group.resource_name', (row) => row.adGroup?.resourceName),
  int64('ad_group.id', (row) => row.adGroup?.id),
  string('ad_group.name', (row) => row.adGroup?.name),
  enumeration('ad_group.status', STATUS, (row) => row.adGroup?.status),
  enumeration(
    'ad_group.type',
    'SEARCH_STANDARD DISPLAY_STANDARD SHOPPING_PRODUCT_ADS VIDEO_BUMPER VIDEO_TRUE_VIEW_IN_STREAM SEARCH_DYNAMIC_ADS VIDEO_RESPONSIVE',
    (row) => (row.adGroup?.type === 'UNSPECIFIED' ? undefined : row.adGroup?.type),
  ),
  link('ad_group.campaign', (row) => row.adGroup?.campaign.resourceName),
  int64('ad_group.cpc_bid_micros', (row) => row.adGroup?.cpcBidMicros),
  int64('ad_group.cpm_bid_micros', (row) => row.adGroup?.cpmBidMicros),
  int64('ad_group.cpv_bid_micros', (row) => row.adGroup?.cpvBidMicros),
  int64('ad_group.target_cpa_micros', (row) => row.adGroup?.targetCpaMicros),
  double('ad_group.target_roas', (row) => row.adGroup?.targetRoas),
  int64('ad_group.target_cpm_micros', () => undefined),
  int64('ad_group.target_cpv_micros', () => undefined),
  int64('ad_group.target_cpc_micros', () => undefined),
  int64('ad_group.percent_cpc_bid_micros', () => undefined),
  int64('ad_group.effective_cpc_bid_micros', (row) => row.adGroup?.cpcBidMicros),
  int64('ad_group.effective_target_cpa_micros', (row) => effective(row, 'target_cpa_micros')),
  double('ad_group.effective_target_roas', (row) => effective(row, 'target_roas')),
  boolean('ad_group.optimized_targeting_enabled', (row) => row.adGroup && row.campaign?.channel === 'DISPLAY'),
  enumeration(
    'ad_group.primary_status',
    'ELIGIBLE PAUSED REMOVED PENDING NOT_ELIGIBLE LIMITED',
    (row) => groupPrimary(row)?.status,
  ),
  enumeration('ad_group.primary_status_reasons', GROUP_REASONS, (row) => groupPrimary(row)?.reasons, true),
]

const CRITERION_TYPES =
  'KEYWORD PLACEMENT MOBILE_APP_CATEGORY MOBILE_APPLICATION DEVICE LOCATION LISTING_GROUP AD_SCHEDULE AGE_RANGE GENDER INCOME_RANGE PARENTAL_STATUS YOUTUBE_VIDEO YOUTUBE_CHANNEL USER_LIST PROXIMITY TOPIC LANGUAGE CONTENT_LABEL USER_INTEREST WEBPAGE CUSTOM_AUDIENCE COMBINED_AUDIENCE AUDIENCE'

function criterionFields(prefix: 'ad_group_criterion' | 'campaign_criterion'): FieldDef[] {
  const kind = prefix === 'ad_group_criterion' ? 'adGroupCriterion' : 'campaignCriterion'
  const of = (row: Row) => (row.criterion?.kind === kind ? row.criterion : undefined)
  const value = (path: string) => (row: Row) => of(row)?.values[path]
  return [
    link(`${prefix}.resource_name`, (row) => of(row)?.resourceName),
    int64(`${prefix}.criterion_id`, (row) => of(row)?.id),
    enumeration(`${prefix}.type`, CRITERION_TYPES, (row) => of(row)?.type),
    enumeration(`${prefix}.status`, STATUS, (row) => of(row)?.status),
    boolean(`${prefix}.negative`, (row) => of(row)?.isNegative),
    double(`${prefix}.bid_modifier`, (row) => of(row)?.bidModifier),
    string(`${prefix}.keyword.text`, value('keyword.text')),
    enumeration(`${prefix}.keyword.match_type`, 'EXACT PHRASE BROAD', value('keyword.match_type')),
    string(`${prefix}.placement.url`, value('placement.url')),
    enumeration(
      `${prefix}.age_range.type`,
      'AGE_RANGE_18_24 AGE_RANGE_25_34 AGE_RANGE_35_44 AGE_RANGE_45_54 AGE_RANGE_55_64 AGE_RANGE_65_UP AGE_RANGE_UNDETERMINED',
      value('age_range.type'),
    ),
    enumeration(`${prefix}.gender.type`, 'MALE FEMALE UNDETERMINED', value('gender.type')),
    enumeration(
      `${prefix}.income_range.type`,
      'INCOME_RANGE_0_50 INCOME_RANGE_50_60 INCOME_RANGE_60_70 INCOME_RANGE_70_80 INCOME_RANGE_80_90 INCOME_RANGE_90_UP INCOME_RANGE_UNDETERMINED',
      value('income_range.type'),
    ),
    enumeration(`${prefix}.parental_status.type`, 'PARENT NOT_A_PARENT UNDETERMINED', value('parental_status.type')),
    link(`${prefix}.topic.topic_constant`, value('topic.topic_constant')),
    link(`${prefix}.user_list.user_list`, value('user_list.user_list')),
    link(`${prefix}.user_interest.user_interest_category`, value('user_interest.user_interest_category')),
    link(`${prefix}.location.geo_target_constant`, value('location.geo_target_constant')),
    link(`${prefix}.language.language_constant`, value('language.language_constant')),
    string(`${prefix}.youtube_channel.channel_id`, value('youtube_channel.channel_id')),
    string(`${prefix}.youtube_video.video_id`, value('youtube_video.video_id')),
    link(`${prefix}.custom_audience.custom_audience`, value('custom_audience.custom_audience')),
    link(`${prefix}.combined_audience.combined_audience`, value('combined_audience.combined_audience')),
  ]
}

const ASSET_GROUP_FIELDS: readonly FieldDef[] = [
  link('asset_group.resource_name', (row) => row.assetGroup?.resourceName),
  int64('asset_group.id', (row) => row.assetGroup?.id),
  string('asset_group.name', (row) => row.assetGroup?.name),
  link('asset_group.campaign', (row) => row.assetGroup?.campaign.resourceName),
  enumeration('asset_group.status', STATUS, (row) => row.assetGroup?.status),
  strings('asset_group.final_urls', (row) => row.assetGroup && [row.assetGroup.finalUrl]),
  enumeration(
    'asset_group.primary_status',
    'ELIGIBLE PAUSED REMOVED NOT_ELIGIBLE LIMITED PENDING',
    (row) => assetGroupPrimary(row)?.status,
  ),
  enumeration(
    'asset_group.primary_status_reasons',
    'ASSET_GROUP_PAUSED ASSET_GROUP_REMOVED CAMPAIGN_REMOVED CAMPAIGN_PAUSED CAMPAIGN_PENDING CAMPAIGN_ENDED',
    (row) => assetGroupPrimary(row)?.reasons,
    true,
  ),
  enumeration(
    'asset_group.ad_strength',
    'PENDING NO_ADS POOR AVERAGE GOOD EXCELLENT',
    (row) => row.assetGroup && 'GOOD',
  ),
]

export const CAMPAIGN_LEVEL_FIELDS: readonly FieldDef[] = [
  ...CAMPAIGN_FIELDS,
  ...BUDGET_FIELDS,
  ...STRATEGY_FIELDS,
  ...GROUP_FIELDS,
  ...criterionFields('campaign_criterion'),
  link('campaign_criterion.campaign', (row) => row.criterion?.campaign.resourceName),
  enumeration(
    'campaign_criterion.device.type',
    'MOBILE TABLET DESKTOP CONNECTED_TV OTHER',
    (row) => row.criterion?.values['device.type'],
  ),
  ...criterionFields('ad_group_criterion'),
  link('ad_group_criterion.ad_group', (row) => row.criterion?.adGroup?.resourceName),
  link('ad_group_criterion.audience.audience', (row) => row.criterion?.values['audience.audience']),
  int64('ad_group_criterion.cpc_bid_micros', (row) => row.criterion?.cpcBidMicros),
  int64(
    'ad_group_criterion.effective_cpc_bid_micros',
    (row) => row.criterion?.cpcBidMicros ?? row.adGroup?.cpcBidMicros,
  ),
  ...ASSET_GROUP_FIELDS,
]
