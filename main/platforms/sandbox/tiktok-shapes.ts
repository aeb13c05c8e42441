/** The world's campaigns, ad groups and ads in TikTok's own words. */
import { utcStamp } from './calendar.ts'
import { money } from './tiktok-wire.ts'
import type { SandboxAd, SandboxAdGroup, SandboxAdvertiser, SandboxCampaign, SandboxEntity } from './world-types.ts'

export type WireItem = Readonly<Record<string, unknown>>

/** TikTok's delivery truth, derived from the switches above, the schedule, the money left and the review. */
export function secondaryStatus(entity: SandboxEntity): string {
  if (entity.kind === 'campaign') return `CAMPAIGN_STATUS_${entity.operationStatus}`
  if (entity.kind === 'ad_group') {
    if (entity.operationStatus === 'DELETE') return 'ADGROUP_STATUS_DELETE'
    if (entity.campaign.operationStatus === 'DELETE') return 'ADGROUP_STATUS_CAMPAIGN_DELETE'
    if (entity.campaign.operationStatus !== 'ENABLE') return 'ADGROUP_STATUS_CAMPAIGN_DISABLE'
    if (entity.operationStatus === 'DISABLE') return 'ADGROUP_STATUS_DISABLE'
    if (entity.isDone) return 'ADGROUP_STATUS_DONE'
    return entity.campaign.advertiser.balanceMinor === 0
      ? 'ADGROUP_STATUS_BALANCE_EXCEED'
      : 'ADGROUP_STATUS_DELIVERY_OK'
  }
  const { adGroup } = entity
  if (entity.operationStatus === 'DELETE') return 'AD_STATUS_DELETE'
  if (adGroup.campaign.operationStatus === 'DELETE') return 'AD_STATUS_CAMPAIGN_DELETE'
  if (adGroup.operationStatus === 'DELETE') return 'AD_STATUS_ADGROUP_DELETE'
  if (adGroup.campaign.operationStatus !== 'ENABLE') return 'AD_STATUS_CAMPAIGN_DISABLE'
  if (adGroup.operationStatus !== 'ENABLE') return 'AD_STATUS_ADGROUP_DISABLE'
  if (entity.operationStatus === 'DISABLE') return 'AD_STATUS_DISABLE'
  if (entity.isDenied) return 'AD_STATUS_AUDIT_DENY'
  if (adGroup.isDone) return 'AD_STATUS_DONE'
  if (entity.isInReview) return 'AD_STATUS_AUDIT'
  return adGroup.campaign.advertiser.balanceMinor === 0 ? 'AD_STATUS_BALANCE_EXCEED' : 'AD_STATUS_DELIVERY_OK'
}

const PRIMARY_ENDINGS: readonly (readonly [string, string])[] = [
  ['_DELETE', 'STATUS_DELETE'],
  ['_DISABLE', 'STATUS_DISABLE'],
  ['_AUDIT_DENY', 'STATUS_NOT_DELIVERY'],
  ['_AUDIT', 'STATUS_NOT_DELIVERY'],
  ['_BALANCE_EXCEED', 'STATUS_NOT_DELIVERY'],
  ['_DONE', 'STATUS_TIME_DONE'],
]

/** The coarse status that `filtering.primary_status` asks for. */
export function primaryStatus(entity: SandboxEntity): string {
  const secondary = secondaryStatus(entity)
  return PRIMARY_ENDINGS.find(([ending]) => secondary.endsWith(ending))?.[1] ?? 'STATUS_DELIVERY_OK'
}

/** The switch knows two positions; that something was deleted is said only by the secondary status. */
export function operationStatus(entity: SandboxEntity): string {
  return entity.operationStatus === 'DELETE' ? 'DISABLE' : entity.operationStatus
}

/** Bids as an ad group shows them: by result under OCPM, else by click, view or mille. */
export function bidItem(group: SandboxAdGroup): WireItem {
  const { decimals } = group.campaign.advertiser
  const isByResult = group.billingEvent === 'OCPM'
  return {
    bid_type: group.bidType,
    bid_price: money(isByResult ? 0 : group.bidMinor, decimals),
    conversion_bid_price: money(isByResult ? group.bidMinor : 0, decimals),
    deep_bid_type:
      group.optimizationGoal !== 'VALUE' ? null : group.roasHundredths > 0 ? 'VO_MIN_ROAS' : 'VO_HIGHEST_VALUE',
    roas_bid: money(group.roasHundredths, 2),
    billing_event: group.billingEvent,
    optimization_goal: group.optimizationGoal,
  }
}

/** Whom an ad group is shown to; the classic endpoint puts it beside the rest, Smart+ into `targeting_spec`. */
export function targetingItem(group: SandboxAdGroup): WireItem {
  const { targeting } = group
  return {
    location_ids: targeting.locationIds,
    age_groups: targeting.ageGroups,
    gender: targeting.gender,
    languages: targeting.languages,
    interest_category_ids: targeting.interestIds,
    actions: targeting.actions.map((action) => ({
      action_scene: action.scene,
      action_period: action.period,
      action_category_ids: action.categoryIds,
      video_user_actions: ['WATCHED_TO_END', 'LIKED'],
    })),
    audience_ids: targeting.audienceIds,
    excluded_audience_ids: targeting.excludedAudienceIds,
    operating_systems: targeting.operatingSystems,
  }
}

export function campaignItem(campaign: SandboxCampaign): WireItem {
  return {
    advertiser_id: campaign.advertiser.id,
    campaign_id: campaign.id,
    campaign_name: campaign.name,
    campaign_type: 'REGULAR_CAMPAIGN',
    campaign_automation_type: campaign.automation,
    objective_type: campaign.objective,
    budget: money(campaign.budgetMinor, campaign.advertiser.decimals),
    budget_mode: campaign.budgetMode,
    budget_optimize_on: campaign.isCbo,
    operation_status: operationStatus(campaign),
    secondary_status: secondaryStatus(campaign),
    is_new_structure: true,
    is_smart_performance_campaign: campaign.automation !== 'MANUAL',
    create_time: utcStamp(campaign.createdAtMs),
    modify_time: utcStamp(campaign.modifiedAtMs),
    deep_bid_type: null,
    roas_bid: null,
  }
}

export function adGroupItem(group: SandboxAdGroup): WireItem {
  const { campaign } = group
  const { decimals } = campaign.advertiser
  return {
    advertiser_id: campaign.advertiser.id,
    campaign_id: campaign.id,
    campaign_name: campaign.name,
    campaign_automation_type: campaign.automation,
    adgroup_id: group.id,
    adgroup_name: group.name,
    promotion_type: 'WEBSITE',
    budget: money(group.budgetMinor, decimals),
    budget_mode: group.budgetMode,
    scheduled_budget: money(group.scheduled?.budgetMinor ?? 0, decimals),
    schedule_type: group.ends === undefined ? 'SCHEDULE_FROM_NOW' : 'SCHEDULE_START_END',
    schedule_start_time: utcStamp(group.createdAtMs),
    schedule_end_time: group.ends === undefined ? null : `${group.ends} 22:59:59`,
    ...bidItem(group),
    optimization_event: group.isMeasured ? 'SHOPPING' : null,
    pacing: 'PACING_MODE_SMOOTH',
    pixel_id: group.isMeasured ? (campaign.advertiser.pixels[0]?.id ?? null) : null,
    click_attribution_window: group.clickWindow,
    view_attribution_window: group.viewWindow,
    engaged_view_attribution_window: 'ONE_DAY',
    attribution_event_count: 'EVERY',
    ...targetingItem(group),
    placement_type: group.targeting.placementType,
    placements: group.targeting.placements,
    operation_status: operationStatus(group),
    secondary_status: secondaryStatus(group),
    create_time: utcStamp(group.createdAtMs),
    modify_time: utcStamp(group.modifiedAtMs),
  }
}

export function adItem(ad: SandboxAd): WireItem {
  const { campaign } = ad.adGroup
  return {
    advertiser_id: campaign.advertiser.id,
    campaign_id: campaign.id,
    campaign_name: campaign.name,
    campaign_automation_type: campaign.automation,
    adgroup_id: ad.adGroup.id,
    adgroup_name: ad.adGroup.name,
    ad_id: ad.id,
    ad_name: ad.name,
    ad_format: ad.videoId === undefined ? 'SINGLE_IMAGE' : 'SINGLE_VIDEO',
    video_id: ad.videoId ?? null,
    image_ids: ad.imageIds,
    identity_type: 'CUSTOMIZED_USER',
    identity_id: '7080000000000000001',
    display_name: 'Fjellkant',
    ad_text: ad.text,
    call_to_action: 'SHOP_NOW',
    landing_page_url: ad.landingPage,
    is_aco: false,
    is_new_structure: true,
    operation_status: operationStatus(ad),
    secondary_status: secondaryStatus(ad),
    create_time: utcStamp(ad.createdAtMs),
    modify_time: utcStamp(ad.modifiedAtMs),
  }
}

const COUNTRIES: Readonly<Record<string, string>> = { JPY: 'JP', GBP: 'GB' }

export function advertiserItem(advertiser: SandboxAdvertiser): WireItem {
  return {
    advertiser_id: advertiser.id,
    name: advertiser.name,
    currency: advertiser.currency,
    timezone: advertiser.offsetZone,
    display_timezone: advertiser.timeZone,
    status: advertiser.status,
    role: 'ROLE_ADVERTISER',
    country: COUNTRIES[advertiser.currency] ?? 'DE',
    balance: money(advertiser.balanceMinor, advertiser.decimals),
    company: 'Fjellkant Handel',
  }
}
