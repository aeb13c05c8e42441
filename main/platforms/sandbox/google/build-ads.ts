/** Ads with their assets and reviews, and the asset groups of Performance Max. Pure. */
import { between, digits, mix } from '../random.ts'
import { type Build, newId } from './build-ids.ts'
import type { CampaignPlan } from './plans.ts'
import type { Ad, AdGroup, Asset, AssetUse, Campaign, PolicySummary } from './types.ts'

const HEADLINES = [
  'Draußen zu Hause',
  'Zelte ab Lager',
  'Versand in 24 Stunden',
  '30 Tage testen',
  'Vom Fjell erprobt',
  'Jetzt Herbst-Sale',
]
const DESCRIPTIONS = [
  'Ausrüstung, die Wetter aushält.',
  'Kostenlose Rücksendung. Echte Beratung.',
  'Über 2.000 Produkte für draußen.',
]

const APPROVED: PolicySummary = { approval: 'APPROVED', review: 'REVIEWED', topics: [] }

function reviewOf(kind: NonNullable<CampaignPlan['reviews']>[number] | undefined): PolicySummary {
  switch (kind) {
    case 'DISAPPROVED':
      return {
        approval: 'DISAPPROVED',
        review: 'REVIEWED',
        topics: [
          { topic: 'DESTINATION_NOT_WORKING', type: 'PROHIBITED' },
          { topic: 'TRADEMARKS_IN_AD_TEXT', type: 'LIMITED' },
        ],
      }
    case 'APPROVED_LIMITED':
      return { approval: 'APPROVED_LIMITED', review: 'REVIEWED', topics: [{ topic: 'ALCOHOL', type: 'LIMITED' }] }
    case 'IN_REVIEW':
      return { approval: 'UNKNOWN', review: 'REVIEW_IN_PROGRESS', topics: [] }
    case 'AREA_OF_INTEREST_ONLY':
      return {
        approval: 'AREA_OF_INTEREST_ONLY',
        review: 'REVIEWED',
        topics: [{ topic: 'COPYRIGHTED_CONTENT', type: 'AREA_OF_INTEREST_ONLY' }],
      }
    default:
      return APPROVED
  }
}

const AD_TYPES: Readonly<Record<string, string>> = {
  SEARCH: 'RESPONSIVE_SEARCH_AD',
  DISPLAY: 'RESPONSIVE_DISPLAY_AD',
  VIDEO: 'VIDEO_RESPONSIVE_AD',
  DEMAND_GEN: 'DEMAND_GEN_MULTI_ASSET_AD',
}

function pickAsset(assets: readonly Asset[], type: Asset['type'], salt: number): Asset | undefined {
  const fitting = assets.filter((asset) => asset.type === type)
  return fitting[salt % Math.max(1, fitting.length)]
}

function usesOf(group: AdGroup, key: number): AssetUse[] {
  const { channel } = group.campaign
  const uses: AssetUse[] = []
  const image = pickAsset(group.customer.assets, 'IMAGE', key)
  const video = pickAsset(group.customer.assets, 'YOUTUBE_VIDEO', key)
  const label = ['GOOD', 'BEST', 'LOW', 'LEARNING'][key % 4] ?? 'GOOD'
  if (channel !== 'VIDEO' && image !== undefined && (channel !== 'SEARCH' || key % 2 === 0))
    uses.push({ asset: image, fieldType: channel === 'SEARCH' ? 'AD_IMAGE' : 'MARKETING_IMAGE', label })
  if (channel === 'VIDEO' && video !== undefined) uses.push({ asset: video, fieldType: 'YOUTUBE_VIDEO', label })
  return uses
}

function textsOf(list: readonly string[], key: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => list[(key + index) % list.length] ?? '')
}

/** Fills an ad group. The plan's reviews fall on the first ads of the campaign's first group. */
export function addAds(build: Build, group: AdGroup, plan: CampaignPlan, count: number): void {
  const isFirst = group.campaign.adGroups.length === 1
  const reviews = isFirst ? (plan.reviews ?? []) : []
  // The first ad passed wherever there are enough ads.
  const offset = count > reviews.length ? 1 : 0
  const ads: { id: string; key: number; weight: number; kind: (typeof reviews)[number] | undefined }[] = []
  for (let index = 0; index < count; index += 1) {
    const { id, key } = newId(build, '7')
    const kind = reviews[index - offset]
    // What is not allowed to run gets no share of the delivery.
    const weight = kind === 'DISAPPROVED' || kind === 'IN_REVIEW' ? 0 : between(0.6, 1.4, build.seed, key, 21)
    ads.push({ id, key, weight, kind })
  }
  const total = ads.reduce((sum, ad) => sum + ad.weight, 0) || 1
  for (const [index, { id, key, weight, kind }] of ads.entries()) {
    const ad: Ad = {
      kind: 'adGroupAd',
      id,
      key,
      resourceName: `${group.customer.resourceName}/adGroupAds/${group.id}~${id}`,
      customer: group.customer,
      status: group.status === 'REMOVED' ? 'REMOVED' : 'ENABLED',
      switches: weight === 0 ? [] : [{ date: group.campaign.startDate, minuteOfDay: 0, isOn: true }],
      adGroup: group,
      type: AD_TYPES[group.campaign.channel] ?? 'UNKNOWN',
      name: group.campaign.channel === 'SEARCH' ? undefined : `Anzeige ${index + 1} – ${group.name}`,
      finalUrl: `https://shop.example/p/${digits(5, build.seed, key, 61)}`,
      headlines: textsOf(HEADLINES, key, 4),
      descriptions: textsOf(DESCRIPTIONS, key, 2),
      businessName: 'Fjellkant',
      share: weight / total,
      policy: reviewOf(kind),
      strength: ['GOOD', 'EXCELLENT', 'AVERAGE', 'POOR'][mix(build.seed, key, 71) % 4] ?? 'GOOD',
      uses: usesOf(group, key),
    }
    group.ads.push(ad)
  }
}

export function addAssetGroup(build: Build, campaign: Campaign, name: string, share: number): void {
  const { id, key } = newId(build, '8')
  const image = pickAsset(campaign.customer.assets, 'IMAGE', key)
  const video = pickAsset(campaign.customer.assets, 'YOUTUBE_VIDEO', key)
  campaign.assetGroups.push({
    kind: 'assetGroup',
    id,
    key,
    resourceName: `${campaign.customer.resourceName}/assetGroups/${id}`,
    customer: campaign.customer,
    status: 'ENABLED',
    switches: [{ date: campaign.startDate, minuteOfDay: 0, isOn: true }],
    campaign,
    name,
    finalUrl: 'https://shop.example/',
    share,
    uses: [
      ...(image === undefined ? [] : [{ asset: image, fieldType: 'MARKETING_IMAGE', label: 'GOOD' }]),
      ...(video === undefined ? [] : [{ asset: video, fieldType: 'YOUTUBE_VIDEO', label: 'LEARNING' }]),
    ],
  })
}
