/** The world's campaigns, ad groups and ads in TikTok's own words. */
import { utcStamp } from './calendar.ts'
import { money } from './tiktok-wire.ts'
import type { SandboxAd, SandboxAdGroup, SandboxAdvertiser, SandboxCampaign, SandboxEntity } from './world-types.ts'

export type WireItem = Readonly<Record<string, unknown>>

/** TikTok's delivery truth, derived from the switches above and the review. */
export function secondaryStatus(entity: SandboxEntity): string {
  if (entity.kind === 'campaign') return `CAMPAIGN_STATUS_${entity.operationStatus}`
  if (entity.kind === 'ad_group') {
    if (entity.operationStatus === 'DELETE') return 'ADGROUP_STATUS_DELETE'
    if (entity.campaign.operationStatus !== 'ENABLE') return 'ADGROUP_STATUS_CAMPAIGN_DISABLE'
    return entity.operationStatus === 'DISABLE' ? 'ADGROUP_STATUS_DISABLE' : 'ADGROUP_STATUS_DELIVERY_OK'
  }
  if (entity.operationStatus === 'DELETE') return 'AD_STATUS_DELETE'
  if (entity.adGroup.campaign.operationStatus !== 'ENABLE') return 'AD_STATUS_CAMPAIGN_DISABLE'
  if (entity.adGroup.operationStatus !== 'ENABLE') return 'AD_STATUS_ADGROUP_DISABLE'
  if (entity.operationStatus === 'DISABLE') return 'AD_STATUS_DISABLE'
  return entity.isDenied ? 'AD_STATUS_AUDIT_DENY' : 'AD_STATUS_DELIVERY_OK'
}

/** The coarse status that `filtering.primary_status` asks for. */
export function primaryStatus(entity: SandboxEntity): string {
  const secondary = secondaryStatus(entity)
  if (secondary.endsWith('_DELETE')) return 'STATUS_DELETE'
  if (secondary.endsWith('_DISABLE')) return 'STATUS_DISABLE'
  if (secondary.endsWith('_AUDIT_DENY')) return 'STATUS_NOT_DELIVERY'
  return 'STATUS_DELIVERY_OK'
}

/** The switch knows two positions; that something was deleted is said only by the secondary status. */
function operationStatus(entity: SandboxEntity): string {
  return entity.operationStatus === 'DELETE' ? 'DISABLE' : entity.operationStatus
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
    // null-dropped on the wire, as on the platform
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
    bid_type: group.bidMinor > 0 ? 'BID_TYPE_CUSTOM' : 'BID_TYPE_NO_BID',
    bid_price: money(0, decimals),
    conversion_bid_price: money(group.bidMinor, decimals),
    optimization_goal: group.optimizationGoal,
    optimization_event: group.isMeasured ? 'SHOPPING' : null,
    billing_event: group.optimizationGoal === 'CLICK' ? 'CPC' : 'OCPM',
    pacing: 'PACING_MODE_SMOOTH',
    pixel_id: group.isMeasured ? '7355555555555555551' : null,
    click_attribution_window: group.clickWindow,
    view_attribution_window: group.viewWindow,
    engaged_view_attribution_window: 'ONE_DAY',
    attribution_event_count: 'EVERY',
    location_ids: campaign.advertiser.currency === 'JPY' ? ['1861060'] : ['2921044', '2782113'],
    age_groups: ['AGE_25_34', 'AGE_35_44'],
    gender: 'GENDER_UNLIMITED',
    placement_type: 'PLACEMENT_TYPE_AUTOMATIC',
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

export function advertiserItem(advertiser: SandboxAdvertiser): WireItem {
  return {
    advertiser_id: advertiser.id,
    name: advertiser.name,
    currency: advertiser.currency,
    timezone: advertiser.offsetZone,
    display_timezone: advertiser.timeZone,
    status: 'STATUS_ENABLE',
    role: 'ROLE_ADVERTISER',
    country: advertiser.currency === 'JPY' ? 'JP' : 'DE',
    balance: money(advertiser.balanceMinor, advertiser.decimals),
    company: 'Fjellkant Handel',
  }
}
