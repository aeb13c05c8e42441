/** TikTok's reads: accounts, Business Centers, campaigns, ad groups, ads and their assets. Reads only; nothing here changes the world. */
import { assetAddress } from './tiktok-media.ts'
import { adGroupItem, adItem, advertiserItem, campaignItem, type WireItem } from './tiktok-shapes.ts'
import { listing } from './tiktok-listing.ts'
import {
  ApiProblem,
  type Call,
  callAdvertiser,
  type Endpoint,
  pageOf,
  paging,
  pickFields,
  queryText,
  queryTexts,
  type Reply,
} from './tiktok-wire.ts'
import type { SandboxAd } from './world-types.ts'

function advertiserInfo(call: Call): Reply {
  const ids = queryTexts(call, 'advertiser_ids')
  if (ids === undefined) throw new ApiProblem(40002, 'Missing required field(s): advertiser_ids.')
  if (ids.length > 100) throw new ApiProblem(40011, 'advertiser_ids: at most 100 ids.')
  const fields = queryTexts(call, 'fields')
  const items = ids.map((id) => advertiserItem(callAdvertiser(call, id)))
  const known = new Set(Object.keys(items[0] ?? {}))
  return { data: { list: items.map((item) => pickFields(item, fields, known)) } }
}

/** The Business Centers of the world's accounts, each once. */
function businessCenters(call: Call) {
  return new Map(
    call.world.advertisers.flatMap(({ businessCenter }) =>
      businessCenter === undefined ? [] : [[businessCenter.id, businessCenter]],
    ),
  )
}

function businessCenterList(call: Call): Reply {
  const { list, page_info } = pageOf([...businessCenters(call).values()], paging(call, 50))
  const items = list.map(({ id, name }) => ({
    bc_info: {
      bc_id: id,
      name,
      company: 'Fjellkant Handel',
      currency: 'EUR',
      timezone: 'Etc/GMT-1',
      registered_area: 'DE',
      status: 'ENABLE',
      type: 'NORMAL',
      organization_type: 'SINGLE_ACCOUNT',
    },
    user_role: 'ADMIN',
    binding_status: 'BOUND',
  }))
  return { data: { list: items, page_info } }
}

function businessCenterAssets(call: Call): Reply {
  const id = queryText(call, 'bc_id')
  const type = queryText(call, 'asset_type')
  if (!businessCenters(call).has(id)) throw new ApiProblem(40001, `No permission to operate Business Center ${id}.`)
  if (type !== 'ADVERTISER' && type !== 'PIXEL') throw new ApiProblem(40002, 'asset_type: invalid value.')
  const members = call.world.advertisers.filter(({ businessCenter }) => businessCenter?.id === id)
  const items = members.flatMap(({ id: asset, name, businessCenter, pixels }): WireItem[] =>
    type === 'PIXEL'
      ? pixels.map((pixel) => ({ asset_id: pixel.id, asset_name: pixel.name, asset_type: type }))
      : [
          {
            asset_id: asset,
            asset_name: name,
            asset_type: type,
            advertiser_account_type: 'AUCTION',
            advertiser_role: businessCenter?.role,
            ad_creation_eligible: 'ELIGIBLE',
            owner_bc_name: businessCenter?.name,
          },
        ],
  )
  return { data: pageOf(items, paging(call, 50)) }
}

function videoItem(call: Call, ad: SandboxAd, id: string): WireItem {
  return {
    video_id: id,
    width: 1080,
    height: 1920,
    displayable: true,
    file_name: `${ad.name}.mp4`,
    format: 'mp4',
    duration: 15 + (ad.key % 20),
    preview_url: assetAddress(call, 'v', id),
    video_cover_url: assetAddress(call, 'c', id),
  }
}

function imageItem(call: Call, ad: SandboxAd, id: string): WireItem {
  return {
    image_id: id,
    width: 1080,
    height: 1920,
    displayable: true,
    file_name: `${ad.name}.jpg`,
    format: 'jpeg',
    size: 180_000 + ad.key,
    image_url: assetAddress(call, 'i', id),
  }
}

/** Signed addresses of the sandbox itself, good for six hours. */
function assetInfo(name: 'video_ids' | 'image_ids', max: number) {
  return (call: Call): Reply => {
    const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
    const ids = queryTexts(call, name)
    if (ids === undefined) throw new ApiProblem(40002, `Missing required field(s): ${name}.`)
    if (ids.length > max) throw new ApiProblem(40011, `${name}: at most ${max} ids.`)
    const wanted = new Set(ids)
    const list: WireItem[] = []
    const seen = new Set<string>()
    for (const entity of call.world.entities(advertiser)) {
      if (entity.kind !== 'ad') continue
      const own = name === 'image_ids' ? entity.imageIds : entity.videoId === undefined ? [] : [entity.videoId]
      for (const id of own) {
        if (!wanted.has(id) || seen.has(id)) continue
        seen.add(id)
        list.push(name === 'video_ids' ? videoItem(call, entity, id) : imageItem(call, entity, id))
      }
    }
    return { data: { list } }
  }
}

const get = (run: Endpoint['run']): Endpoint => ({ method: 'GET', needsToken: true, keepsNulls: true, run })

export const ENTITY_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/advertiser/info/': get(advertiserInfo),
  '/bc/get/': get(businessCenterList),
  '/bc/asset/get/': get(businessCenterAssets),
  '/campaign/get/': get(
    listing({
      kind: 'campaign',
      toItem: (entity) => (entity.kind === 'campaign' ? campaignItem(entity) : {}),
      maxPageSize: 1000,
    }),
  ),
  '/adgroup/get/': get(
    listing({
      kind: 'ad_group',
      toItem: (entity) => (entity.kind === 'ad_group' ? adGroupItem(entity) : {}),
      maxPageSize: 1000,
    }),
  ),
  // Ads of Upgraded Smart+ campaigns have ids of their own and are listed elsewhere.
  '/ad/get/': get(
    listing({
      kind: 'ad',
      toItem: (entity) => (entity.kind === 'ad' ? adItem(entity) : {}),
      only: (entity) => entity.kind === 'ad' && entity.adGroup.campaign.automation !== 'UPGRADED_SMART_PLUS',
      maxPageSize: 1000,
    }),
  ),
  '/file/video/ad/info/': get(assetInfo('video_ids', 60)),
  '/file/image/ad/info/': get(assetInfo('image_ids', 100)),
}
