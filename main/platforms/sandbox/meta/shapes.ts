/**
 * The fields of Meta's objects, each computed only when asked for. Numbers and strings are mixed as on the wire: budgets are strings,
 * bids and minimum budgets are numbers. Field lists follow the Marketing API v26 reference.
 */
import { minimumBudgets } from './currency.ts'
import { CREATIVE_FIELDS } from './shapes-creative.ts'
import { effectiveStatus } from './status.ts'
import { metaTime, utcOffsetHours } from './stamp.ts'
import type { MetaAccount, MetaAd, MetaAdSet, MetaCampaign, MetaCustomConversion, MetaPixel } from './types.ts'
import { lastFiredMs } from './pixels.ts'
import type { FieldsOf, Shaping } from './shaping.ts'
import { ownerOf } from './world.ts'

const digits = (value: number) => String(Math.trunc(value))

const amountSpent = (account: MetaAccount, { world }: Shaping): string => {
  // What the account ever spent is not summed up: a stable number of the right size will do.
  const known = account.campaigns.reduce((sum, campaign) => sum + campaign.budgetMinor, 0)
  return digits(known * 120 + (account.key + world.seed) * 1000 + 7)
}

const ACCOUNT: FieldsOf<MetaAccount> = {
  id: (account) => `act_${account.id}`,
  account_id: (account) => account.id,
  name: (account) => account.name,
  account_status: (account) => account.status,
  disable_reason: (account) => account.disableReason,
  currency: (account) => account.currency,
  timezone_name: (account) => account.timeZone,
  timezone_id: (account) => account.timeZoneId,
  timezone_offset_hours_utc: (account, { world }) => utcOffsetHours(world.nowMs(), account.timeZone),
  business: (account) => account.business,
  owner: (account) => account.business.id,
  amount_spent: amountSpent,
  balance: (account) => digits(account.key * 1733),
  spend_cap: () => '0',
  min_daily_budget: (account) => minimumBudgets(account.currency, account.euroRate).min_daily_budget_imp,
  user_tasks: (account) => account.userTasks,
  capabilities: () => ['CAN_CREATE_CALL_ADS', 'CAN_USE_REACH_AND_FREQUENCY'],
  age: (account) => 400 + account.key,
  created_time: (account) => metaTime(1_500_000_000_000 + account.key * 86_400_000, account.timeZone),
  is_personal: () => 0,
  is_prepay_account: () => false,
  funding_source: (account) => (account.status === 2 ? undefined : digits(410_000_000_000 + account.key)),
  end_advertiser_name: (account) => account.business.name,
}

/** Today's (or the campaign's) money that is left. */
function remaining(entity: MetaCampaign | MetaAdSet, { world }: Shaping): string | undefined {
  if (entity.budgetKind === undefined) return entity.kind === 'adset' ? '0' : undefined
  return digits(Math.max(0, entity.budgetMinor - world.spentMinor(entity)))
}

const budget = (entity: MetaCampaign | MetaAdSet, kind: 'daily' | 'lifetime'): string | undefined => {
  if (entity.budgetKind === kind) return digits(entity.budgetMinor)
  // A campaign leaves out what it lacks; an ad set with a budget of the other kind says "0"; under CBO it is one or the other.
  return entity.kind === 'adset' && (entity.budgetKind !== undefined || entity.campaign.budgetKind === 'lifetime')
    ? '0'
    : undefined
}

const time = (atMs: number | undefined, account: MetaAccount) =>
  atMs === undefined ? undefined : metaTime(atMs, account.timeZone)

const CAMPAIGN: FieldsOf<MetaCampaign> = {
  id: (campaign) => campaign.id,
  account_id: (campaign) => campaign.account.id,
  name: (campaign) => campaign.name,
  objective: (campaign) => campaign.objective,
  status: (campaign) => campaign.status,
  configured_status: (campaign) => campaign.status,
  effective_status: (campaign, { world }) => effectiveStatus(campaign, world.nowMs()),
  daily_budget: (campaign) => budget(campaign, 'daily'),
  lifetime_budget: (campaign) => budget(campaign, 'lifetime'),
  budget_remaining: remaining,
  spend_cap: () => undefined,
  bid_strategy: (campaign) => campaign.bidStrategy,
  buying_type: (campaign) => campaign.buyingType,
  special_ad_categories: () => [],
  special_ad_category: () => 'NONE',
  is_adset_budget_sharing_enabled: (campaign) => (campaign.budgetKind === undefined ? false : undefined),
  is_skadnetwork_attribution: () => false,
  is_budget_schedule_enabled: () => false,
  primary_attribution: () => undefined,
  issues_info: () => undefined,
  promoted_object: () => undefined,
  pacing_type: () => ['standard'],
  smart_promotion_type: (campaign) => campaign.smartPromotionType ?? 'GUIDED_CREATION',
  advantage_state_info: (campaign) => ({
    advantage_state: campaign.isLegacyAdvantage ? 'ADVANTAGE_PLUS_SALES' : 'DISABLED',
    advantage_budget_state: campaign.budgetKind === undefined ? 'DISABLED' : 'ENABLED',
    advantage_audience_state: campaign.isLegacyAdvantage ? 'ENABLED' : 'DISABLED',
    advantage_placement_state: 'ENABLED',
  }),
  start_time: (campaign) => time(campaign.createdAtMs, campaign.account),
  stop_time: (campaign) => time(campaign.stopsAtMs, campaign.account),
  created_time: (campaign) => time(campaign.createdAtMs, campaign.account),
  updated_time: (campaign) => time(campaign.updatedAtMs, campaign.account),
}

const AD_SET: FieldsOf<MetaAdSet> = {
  id: (adSet) => adSet.id,
  account_id: (adSet) => ownerOf(adSet).id,
  campaign_id: (adSet) => adSet.campaign.id,
  campaign: (adSet) => adSet.campaign,
  name: (adSet) => adSet.name,
  status: (adSet) => adSet.status,
  configured_status: (adSet) => adSet.status,
  effective_status: (adSet, { world }) => effectiveStatus(adSet, world.nowMs()),
  daily_budget: (adSet) => budget(adSet, 'daily'),
  lifetime_budget: (adSet) => budget(adSet, 'lifetime'),
  budget_remaining: remaining,
  daily_min_spend_target: () => undefined,
  daily_spend_cap: () => undefined,
  lifetime_min_spend_target: () => undefined,
  lifetime_spend_cap: () => undefined,
  bid_amount: (adSet) => adSet.bidMinor,
  bid_strategy: (adSet) => adSet.bidStrategy,
  bid_constraints: (adSet) => (adSet.roasFloor === undefined ? undefined : { roas_average_floor: adSet.roasFloor }),
  bid_info: (adSet) => (adSet.bidMinor === undefined ? undefined : { ACTIONS: adSet.bidMinor }),
  billing_event: (adSet) => adSet.billingEvent,
  optimization_goal: (adSet) => adSet.optimizationGoal,
  attribution_spec: (adSet) => adSet.attribution,
  is_incremental_attribution_enabled: () => false,
  promoted_object: (adSet) =>
    adSet.pixelId === undefined ? undefined : { pixel_id: adSet.pixelId, custom_event_type: adSet.resultEvent },
  targeting: (adSet) => adSet.targeting,
  learning_stage_info: (adSet) =>
    adSet.learning === undefined
      ? undefined
      : { ...adSet.learning, attribution_windows: adSet.attribution.map(windowName) },
  destination_type: (adSet) => (adSet.resultEvent === 'PURCHASE' ? 'WEBSITE' : 'UNDEFINED'),
  issues_info: () => undefined,
  pacing_type: () => ['standard'],
  is_dynamic_creative: () => false,
  recommendations: () => undefined,
  start_time: (adSet) => time(adSet.createdAtMs, ownerOf(adSet)),
  end_time: (adSet) => time(adSet.endsAtMs, ownerOf(adSet)),
  created_time: (adSet) => time(adSet.createdAtMs, ownerOf(adSet)),
  updated_time: (adSet) => time(adSet.updatedAtMs, ownerOf(adSet)),
}

function windowName({ event_type, window_days }: MetaAdSet['attribution'][number]): string {
  return `${window_days}d_${event_type === 'CLICK_THROUGH' ? 'click' : event_type === 'VIEW_THROUGH' ? 'view' : 'ev'}`
}

const AD: FieldsOf<MetaAd> = {
  id: (ad) => ad.id,
  account_id: (ad) => ownerOf(ad).id,
  campaign_id: (ad) => ad.adSet.campaign.id,
  adset_id: (ad) => ad.adSet.id,
  campaign: (ad) => ad.adSet.campaign,
  adset: (ad) => ad.adSet,
  name: (ad) => ad.name,
  status: (ad) => ad.status,
  configured_status: (ad) => ad.status,
  effective_status: (ad, { world }) => effectiveStatus(ad, world.nowMs()),
  creative: (ad) => ad.creative,
  ad_review_feedback: (ad) =>
    ad.review === 'disapproved'
      ? { global: { 'Misleading claims': 'Ads must not promise results that cannot be expected <b>for certain</b>.' } }
      : undefined,
  issues_info: (ad) =>
    ad.review === 'issues'
      ? [
          {
            error_code: 1815869,
            error_summary: 'Your website could not be reached',
            error_message:
              'The page this ad leads to answered with an error. Check the link, then publish the ad again.',
            error_type: 'HARD_ERROR',
            level: 'AD',
          },
        ]
      : undefined,
  failed_delivery_checks: (ad) =>
    ad.review === 'issues'
      ? [{ summary: 'Broken link', check_name: 'landing_page', description: 'HTTP 404' }]
      : undefined,
  tracking_specs: (ad) =>
    ad.adSet.pixelId === undefined ? [] : [{ 'action.type': ['offsite_conversion'], fb_pixel: [ad.adSet.pixelId] }],
  conversion_domain: (ad) => (ad.adSet.pixelId === undefined ? undefined : 'shop.example'),
  recommendations: () => undefined,
  created_time: (ad) => time(ad.createdAtMs, ownerOf(ad)),
  updated_time: (ad) => time(ad.updatedAtMs, ownerOf(ad)),
}

const PIXEL: FieldsOf<MetaPixel> = {
  id: (pixel) => pixel.id,
  name: (pixel) => pixel.name,
  code: () => '<!-- Meta Pixel Code -->',
  last_fired_time: (pixel, { world }) => time(lastFiredMs(pixel, world.nowMs()), pixel.account),
  is_unavailable: (pixel) => pixel.health === 'unavailable',
  data_use_setting: () => 'ADVERTISING_AND_ANALYTICS',
  enable_automatic_matching: (pixel) => pixel.health === 'fresh',
  automatic_matching_fields: (pixel) => (pixel.health === 'fresh' ? ['em', 'fn', 'ln', 'ph'] : []),
  first_party_cookie_status: (pixel) => (pixel.health === 'fresh' ? 'FIRST_PARTY_COOKIE_ENABLED' : 'EMPTY'),
  creation_time: (pixel) => time(pixel.createdAtMs, pixel.account),
  owner_business: (pixel) => pixel.account.business,
  owner_ad_account: (pixel) => ({ account_id: pixel.account.id, id: `act_${pixel.account.id}` }),
  can_proxy: () => false,
  is_restricted_use: () => false,
}

const CUSTOM_CONVERSION: FieldsOf<MetaCustomConversion> = {
  id: (item) => item.id,
  account_id: (item) => item.account.id,
  name: (item) => item.name,
  pixel: (item) => item.pixel,
  rule: () => JSON.stringify({ and: [{ event: { eq: 'Purchase' } }, { or: [{ URL: { i_contains: '/danke' } }] }] }),
  custom_event_type: (item) => item.eventType,
  is_archived: (item) => item.isArchived,
  is_unavailable: () => false,
  creation_time: (item) => time(item.pixel.createdAtMs, item.account),
  first_fired_time: (item) => (item.hasFired ? time(item.pixel.createdAtMs, item.account) : undefined),
  last_fired_time: (item, { world }) =>
    item.hasFired ? time(lastFiredMs(item.pixel, world.nowMs()), item.account) : undefined,
  default_conversion_value: () => 0,
}

/** Every object's fields, by the kind of object, with the name Meta gives the type in errors. */
export const SHAPES = {
  account: { typeName: 'AdAccount', fields: ACCOUNT },
  campaign: { typeName: 'AdCampaignGroup', fields: CAMPAIGN },
  adset: { typeName: 'AdCampaign', fields: AD_SET },
  ad: { typeName: 'Adgroup', fields: AD },
  creative: { typeName: 'AdCreative', fields: CREATIVE_FIELDS },
  pixel: { typeName: 'AdsPixel', fields: PIXEL },
  custom_conversion: { typeName: 'CustomConversion', fields: CUSTOM_CONVERSION },
} as const
