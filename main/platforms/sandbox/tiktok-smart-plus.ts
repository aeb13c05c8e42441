/**
 * TikTok's endpoints for Upgraded Smart+ objects: the same things under other names and shapes. They refuse what is not Smart+, as the
 * classic ones refuse what is. Shapes: yml_files/smart_plus_*.yml of github.com/tiktok/tiktok-business-api-sdk.
 */
import { utcStamp } from './calendar.ts'
import { type Listing, listing } from './tiktok-listing.ts'
import {
  adGroupItem,
  bidItem,
  campaignItem,
  operationStatus,
  secondaryStatus,
  targetingItem,
  type WireItem,
} from './tiktok-shapes.ts'
import {
  ApiProblem,
  bodyText,
  type Call,
  callAdvertiser,
  type Endpoint,
  queryText,
  queryTexts,
  type Reply,
} from './tiktok-wire.ts'
import { campaignOf, changeBids, checkBudget, amountMinor, statusUpdate, writable } from './tiktok-writes.ts'
import type { SandboxAd, SandboxAdGroup, SandboxEntity } from './world-types.ts'

const isSmart = (entity: SandboxEntity): boolean => campaignOf(entity).automation === 'UPGRADED_SMART_PLUS'

/** Of a classic item without the members that the Smart+ endpoint does not have. */
function without(item: WireItem, names: readonly string[]): WireItem {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)))
}

function smartCampaignItem(entity: SandboxEntity): WireItem {
  if (entity.kind !== 'campaign') return {}
  const item = without(campaignItem(entity), [
    'campaign_automation_type',
    'is_new_structure',
    'is_smart_performance_campaign',
    'deep_bid_type',
    'roas_bid',
  ])
  return { ...item, sales_destination: 'WEBSITE', smart_plus_adgroup_mode: 'MULTIPLE' }
}

function smartGroupItem(group: SandboxAdGroup): WireItem {
  const flat = [...Object.keys(targetingItem(group)), 'campaign_automation_type']
  return {
    ...without(adGroupItem(group), flat),
    ...bidItem(group),
    deep_cpabid: null,
    min_budget: null,
    targeting_optimization_mode: 'MANUAL',
    targeting_spec: targetingItem(group),
  }
}

/** The id of the one creative inside a Smart+ ad. Reports by `ad_id` name this one, reports by `ad_id_v2` the ad. */
export function materialIdOf(ad: SandboxAd): string {
  return `1777${ad.id.slice(4)}`
}

function smartAdItem(ad: SandboxAd): WireItem {
  const { adGroup } = ad
  const media =
    ad.videoId === undefined
      ? { ad_format: 'CAROUSEL_ADS', image_info: ad.imageIds.map((id) => ({ web_uri: id })) }
      : {
          ad_format: 'SINGLE_VIDEO',
          video_info: { video_id: ad.videoId, file_name: `${ad.name}.mp4` },
          image_info: ad.imageIds.map((id) => ({ web_uri: id })),
        }
  return {
    advertiser_id: adGroup.campaign.advertiser.id,
    campaign_id: adGroup.campaign.id,
    campaign_name: adGroup.campaign.name,
    adgroup_id: adGroup.id,
    adgroup_name: adGroup.name,
    smart_plus_ad_id: ad.id,
    ad_name: ad.name,
    operation_status: operationStatus(ad),
    secondary_status: secondaryStatus(ad),
    creative_list: [
      {
        ad_material_id: materialIdOf(ad),
        material_operation_status: 'ENABLE',
        creative_info: {
          ...media,
          material_name: ad.name,
          identity_type: 'CUSTOMIZED_USER',
          identity_id: '7080000000000000001',
        },
      },
    ],
    ad_text_list: [{ ad_text: ad.text }],
    call_to_action_list: [{ call_to_action: 'SHOP_NOW' }],
    landing_page_url_list: [{ landing_page_url: ad.landingPage }],
    ad_configuration: { identity_type: 'CUSTOMIZED_USER', identity_id: '7080000000000000001' },
    create_time: utcStamp(ad.createdAtMs),
    modify_time: utcStamp(ad.modifiedAtMs),
  }
}

function smartCampaignUpdate(call: Call): Reply {
  const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
  const id = bodyText(call, 'campaign_id')
  const campaign = writable(call.world.campaign(id), { advertiser, id, family: 'smart_plus' })
  const { budget, campaign_name: name } = call.body
  if (budget !== undefined) {
    const budgetMinor = amountMinor(budget, 'budget', advertiser)
    checkBudget(call, campaign, budgetMinor)
    call.world.setBudget(campaign, budgetMinor)
  }
  if (typeof name === 'string' && name !== '') call.world.setName(campaign, name.slice(0, 512))
  return { data: smartCampaignItem(campaign) }
}

/** Takes amounts of bids but, unlike the classic endpoint, no `bid_type`. */
function smartGroupUpdate(call: Call): Reply {
  const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
  const id = bodyText(call, 'adgroup_id')
  const group = writable(call.world.adGroup(id), { advertiser, id, family: 'smart_plus' })
  if (call.body['bid_type'] !== undefined) throw new ApiProblem(40002, 'bid_type: Unknown field.')
  const { budget } = call.body
  const budgetMinor = budget === undefined ? undefined : amountMinor(budget, 'budget', advertiser)
  if (budgetMinor !== undefined) {
    if (group.campaign.isCbo)
      throw new ApiProblem(40002, 'The ad group budget cannot be set when campaign budget optimization is on.')
    checkBudget(call, group, budgetMinor)
  }
  const bids = changeBids(call, group, budgetMinor)
  if (budgetMinor !== undefined) call.world.setBudget(group, budgetMinor)
  if (bids !== undefined) call.world.setBid(group, bids)
  return { data: smartGroupItem(group) }
}

const REASON = 'The ad promises a result that the landing page does not show.'

function reviewInfo(call: Call): Reply {
  const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
  const ids = queryTexts(call, 'smart_plus_ad_ids')
  if (ids === undefined) throw new ApiProblem(40002, 'Missing required field(s): smart_plus_ad_ids.')
  if (ids.length < 1 || ids.length > 100) throw new ApiProblem(40011, 'smart_plus_ad_ids: between 1 and 100 ids.')
  const ads = ids.map((id) => writable(call.world.ad(id), { advertiser, id, family: 'smart_plus' }))
  const infos = ads.map((ad) => ({
    smart_plus_ad_id: ad.id,
    review_status: ad.isDenied ? 'UNAVAILABLE' : ad.isInReview ? 'IN_REVIEW' : 'ALL_AVAILABLE',
    appeal_status: 'NOT_APPEALED',
    reject_info: ad.isDenied ? [{ reasons: [REASON], suggestion: 'Change the text.', forbidden_placements: [] }] : [],
  }))
  return { data: { smart_plus_ad_review_infos: infos, material_review_infos: [] } }
}

const SMART_LISTS: Readonly<Record<'campaign' | 'ad_group' | 'ad', Listing>> = {
  campaign: { kind: 'campaign', toItem: smartCampaignItem, only: isSmart, maxPageSize: 1000 },
  ad_group: {
    kind: 'ad_group',
    toItem: (entity) => (entity.kind === 'ad_group' ? smartGroupItem(entity) : {}),
    only: isSmart,
    maxPageSize: 1000,
  },
  ad: {
    kind: 'ad',
    toItem: (entity) => (entity.kind === 'ad' ? smartAdItem(entity) : {}),
    only: isSmart,
    maxPageSize: 100,
    adIdsName: 'smart_plus_ad_ids',
  },
}

const get = (run: Endpoint['run']): Endpoint => ({ method: 'GET', needsToken: true, run })
const post = (run: Endpoint['run']): Endpoint => ({ method: 'POST', needsToken: true, isWrite: true, run })

export const SMART_PLUS_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/smart_plus/campaign/get/': get(listing(SMART_LISTS.campaign)),
  '/smart_plus/adgroup/get/': get(listing(SMART_LISTS.ad_group)),
  '/smart_plus/ad/get/': get(listing(SMART_LISTS.ad)),
  '/smart_plus/ad/review_info/': get(reviewInfo),
  '/smart_plus/campaign/update/': post(smartCampaignUpdate),
  '/smart_plus/adgroup/update/': post(smartGroupUpdate),
  '/smart_plus/campaign/status/update/': post(
    statusUpdate({
      family: 'smart_plus',
      listName: 'campaign_ids',
      idName: 'campaign_id',
      find: (call, id) => call.world.campaign(id),
      partial: 'always',
      reply: (ids, status) => ({ campaign_list: ids.map((id) => ({ campaign_id: id, status })) }),
    }),
  ),
  '/smart_plus/adgroup/status/update/': post(
    statusUpdate({
      family: 'smart_plus',
      listName: 'adgroup_ids',
      idName: 'adgroup_id',
      find: (call, id) => call.world.adGroup(id),
      partial: 'always',
      reply: (ids, status) => ({ adgroup_list: ids.map((id) => ({ adgroup_id: id, status })) }),
    }),
  ),
  '/smart_plus/ad/status/update/': post(
    statusUpdate({
      family: 'smart_plus',
      listName: 'smart_plus_ad_ids',
      idName: 'smart_plus_ad_id',
      find: (call, id) => call.world.ad(id),
      partial: 'never',
      reply: (ids, status) => ({ smart_plus_ad_ids: ids, status }),
    }),
  ),
}
