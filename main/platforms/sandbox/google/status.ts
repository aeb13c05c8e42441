/** What Google says of an entity's delivery, derived from switches, dates, reviews and hints. Pure but for the customer's "today". */
import { dayNumber } from '../calendar.ts'
import type { Ad, AdGroup, AssetGroup, Campaign } from './types.ts'

export interface PrimaryStatus {
  readonly status: string
  readonly reasons: readonly string[]
}

const LEARNING_DAYS = 7

export function servingStatus(campaign: Campaign, today: string): string {
  if (campaign.endDate !== undefined && today > campaign.endDate) return 'ENDED'
  if (today < campaign.startDate) return 'PENDING'
  return campaign.status === 'ENABLED' ? 'SERVING' : 'NONE'
}

function isRelearning(campaign: Campaign, today: string): boolean {
  const since = campaign.strategyChangedOn
  return since !== undefined && dayNumber(today) - dayNumber(since) < LEARNING_DAYS
}

function isRunning(ad: Ad): boolean {
  return ad.status === 'ENABLED' && ad.policy.approval !== 'DISAPPROVED'
}

export function campaignPrimaryStatus(campaign: Campaign, today: string): PrimaryStatus {
  if (campaign.status === 'REMOVED') return { status: 'REMOVED', reasons: ['CAMPAIGN_REMOVED'] }
  const serving = servingStatus(campaign, today)
  if (serving === 'ENDED') return { status: 'ENDED', reasons: ['CAMPAIGN_ENDED'] }
  if (campaign.status === 'PAUSED') return { status: 'PAUSED', reasons: ['CAMPAIGN_PAUSED'] }
  if (serving === 'PENDING') return { status: 'PENDING', reasons: ['CAMPAIGN_PENDING'] }
  const groups = campaign.adGroups.filter((group) => group.status !== 'REMOVED')
  if (campaign.channel === 'PERFORMANCE_MAX') {
    if (campaign.assetGroups.every((group) => group.status !== 'ENABLED'))
      return { status: 'NOT_ELIGIBLE', reasons: ['ASSET_GROUPS_PAUSED'] }
  } else if (groups.every((group) => group.status === 'PAUSED')) {
    return { status: 'NOT_ELIGIBLE', reasons: [groups.length === 0 ? 'NO_AD_GROUPS' : 'AD_GROUPS_PAUSED'] }
  }
  if (isRelearning(campaign, today)) return { status: 'LEARNING', reasons: ['BIDDING_STRATEGY_LEARNING'] }
  if (campaign.hint !== undefined) return { status: campaign.hint.primaryStatus, reasons: campaign.hint.reasons }
  const isDisapproved = groups.some((group) => group.ads.some((ad) => ad.policy.approval === 'DISAPPROVED'))
  if (isDisapproved) return { status: 'LIMITED', reasons: ['HAS_ADS_DISAPPROVED'] }
  return { status: 'ELIGIBLE', reasons: [] }
}

export function systemStatus(campaign: Campaign, today: string): string {
  if (campaign.status !== 'ENABLED') return 'PAUSED'
  if (isRelearning(campaign, today)) return 'LEARNING_SETTING_CHANGE'
  return campaign.hint?.systemStatus ?? 'ENABLED'
}

/** The campaign's state as an ad group or ad inherits it. */
function fromCampaign(campaign: Campaign, today: string): PrimaryStatus | undefined {
  const { status } = campaignPrimaryStatus(campaign, today)
  switch (status) {
    case 'REMOVED':
      return { status: 'NOT_ELIGIBLE', reasons: ['CAMPAIGN_REMOVED'] }
    case 'PAUSED':
      return { status: 'NOT_ELIGIBLE', reasons: ['CAMPAIGN_PAUSED'] }
    case 'ENDED':
      return { status: 'NOT_ELIGIBLE', reasons: ['CAMPAIGN_ENDED'] }
    case 'PENDING':
      return { status: 'PENDING', reasons: ['CAMPAIGN_PENDING'] }
    default:
      return undefined
  }
}

export function adGroupPrimaryStatus(group: AdGroup, today: string): PrimaryStatus {
  if (group.status === 'REMOVED') return { status: 'REMOVED', reasons: ['AD_GROUP_REMOVED'] }
  if (group.status === 'PAUSED') return { status: 'PAUSED', reasons: ['AD_GROUP_PAUSED'] }
  const inherited = fromCampaign(group.campaign, today)
  if (inherited !== undefined) return inherited
  if (!group.ads.some(isRunning)) return { status: 'NOT_ELIGIBLE', reasons: ['AD_GROUP_ADS_PAUSED'] }
  if (group.ads.some((ad) => ad.policy.approval === 'DISAPPROVED'))
    return { status: 'LIMITED', reasons: ['HAS_ADS_DISAPPROVED'] }
  return { status: 'ELIGIBLE', reasons: [] }
}

export function adPrimaryStatus(ad: Ad, today: string): PrimaryStatus {
  const group = ad.adGroup
  if (ad.status === 'REMOVED') return { status: 'REMOVED', reasons: ['AD_GROUP_AD_REMOVED'] }
  if (ad.status === 'PAUSED') return { status: 'PAUSED', reasons: ['AD_GROUP_AD_PAUSED'] }
  if (ad.policy.approval === 'DISAPPROVED') return { status: 'NOT_ELIGIBLE', reasons: ['AD_GROUP_AD_DISAPPROVED'] }
  const inherited = fromCampaign(group.campaign, today)
  if (inherited !== undefined) return inherited
  if (group.status === 'REMOVED') return { status: 'NOT_ELIGIBLE', reasons: ['AD_GROUP_REMOVED'] }
  if (group.status === 'PAUSED') return { status: 'NOT_ELIGIBLE', reasons: ['AD_GROUP_PAUSED'] }
  if (ad.policy.review === 'REVIEW_IN_PROGRESS') return { status: 'PENDING', reasons: ['AD_GROUP_AD_UNDER_REVIEW'] }
  if (ad.policy.approval === 'APPROVED_LIMITED') return { status: 'LIMITED', reasons: ['AD_GROUP_AD_APPROVED_LABELED'] }
  if (ad.policy.approval === 'AREA_OF_INTEREST_ONLY')
    return { status: 'LIMITED', reasons: ['AD_GROUP_AD_AREA_OF_INTEREST_ONLY'] }
  return { status: 'ELIGIBLE', reasons: [] }
}

export function assetGroupPrimaryStatus(group: AssetGroup, today: string): PrimaryStatus {
  if (group.status === 'REMOVED') return { status: 'REMOVED', reasons: ['ASSET_GROUP_REMOVED'] }
  if (group.status === 'PAUSED') return { status: 'PAUSED', reasons: ['ASSET_GROUP_PAUSED'] }
  const inherited = fromCampaign(group.campaign, today)
  return inherited ?? { status: 'ELIGIBLE', reasons: [] }
}
