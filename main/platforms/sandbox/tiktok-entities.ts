/** TikTok's reads: accounts, campaigns, ad groups, ads and their assets. Reads only; nothing here changes the world. */
import {
  adGroupItem,
  adItem,
  advertiserItem,
  campaignItem,
  primaryStatus,
  secondaryStatus,
  type WireItem,
} from './tiktok-shapes.ts'
import { utcStamp } from './calendar.ts'
import {
  ApiProblem,
  type Call,
  callAdvertiser,
  type Endpoint,
  pageOf,
  paging,
  pickFields,
  queryJson,
  queryText,
  queryTexts,
  type Reply,
  texts,
} from './tiktok-wire.ts'
import type { SandboxEntity } from './world-types.ts'

const PRIMARY = new Set([
  'STATUS_ALL',
  'STATUS_NOT_DELETE',
  'STATUS_DELETE',
  'STATUS_DELIVERY_OK',
  'STATUS_NOT_DELIVERY',
  'STATUS_DISABLE',
  'STATUS_TIME_DONE',
  'STATUS_FROZEN',
])

type Filtering = Readonly<Record<string, unknown>>

function filteringOf(call: Call): Filtering {
  const value = queryJson(call, 'filtering')
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiProblem(40002, 'filtering: Not a valid mapping type.')
  return value as Filtering
}

function idFilter(filtering: Filtering, name: string): ReadonlySet<string> | undefined {
  const value = filtering[name]
  if (value === undefined) return undefined
  const ids = texts(value, `filtering.${name}`)
  if (ids.length > 100) throw new ApiProblem(40011, `filtering.${name}: at most 100 ids.`)
  return new Set(ids)
}

function idsOf(entity: SandboxEntity): Readonly<Record<string, string>> {
  if (entity.kind === 'campaign') return { campaign_ids: entity.id }
  if (entity.kind === 'ad_group') return { campaign_ids: entity.campaign.id, adgroup_ids: entity.id }
  return { campaign_ids: entity.adGroup.campaign.id, adgroup_ids: entity.adGroup.id, ad_ids: entity.id }
}

function objectiveOf(entity: SandboxEntity): string {
  if (entity.kind === 'campaign') return entity.objective
  return entity.kind === 'ad_group' ? entity.campaign.objective : entity.adGroup.campaign.objective
}

/** Which entities `filtering` lets through. Deleted ones are hidden unless asked for. */
function matcher(filtering: Filtering): (entity: SandboxEntity) => boolean {
  const wanted = ['campaign_ids', 'adgroup_ids', 'ad_ids'].map((name) => [name, idFilter(filtering, name)] as const)
  const primary = filtering['primary_status'] ?? 'STATUS_NOT_DELETE'
  if (typeof primary !== 'string' || !PRIMARY.has(primary))
    throw new ApiProblem(40002, 'filtering.primary_status: invalid value.')
  const { secondary_status: secondary, objective_type: objective, modified_after: modifiedAfter } = filtering
  return (entity) => {
    const ids = idsOf(entity)
    if (wanted.some(([name, set]) => set !== undefined && !set.has(ids[name] ?? ''))) return false
    const own = primaryStatus(entity)
    if (primary === 'STATUS_NOT_DELETE' ? own === 'STATUS_DELETE' : primary !== 'STATUS_ALL' && own !== primary)
      return false
    if (typeof secondary === 'string' && secondaryStatus(entity) !== secondary) return false
    if (typeof objective === 'string' && objectiveOf(entity) !== objective) return false
    return !(typeof modifiedAfter === 'string' && utcStamp(entity.modifiedAtMs) <= modifiedAfter)
  }
}

/** Newest first, as TikTok lists. */
function listing(
  kind: SandboxEntity['kind'],
  toItem: (entity: SandboxEntity) => WireItem,
  only?: (e: SandboxEntity) => boolean,
) {
  return (call: Call): Reply => {
    const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
    const matches = matcher(filteringOf(call))
    const fields = queryTexts(call, 'fields')
    const at = paging(call, 1000)
    const all = call.world.entities(advertiser)
    const found = all
      .filter((entity) => entity.kind === kind && (only?.(entity) ?? true) && matches(entity))
      .toSorted((left, right) => right.createdAtMs - left.createdAtMs || right.key - left.key)
    const sample = all.find((entity) => entity.kind === kind)
    const known = new Set(sample === undefined ? [] : Object.keys(toItem(sample)))
    const { list, page_info } = pageOf(found, at)
    return { data: { list: list.map((entity) => pickFields(toItem(entity), fields, known)), page_info } }
  }
}

function toCampaign(entity: SandboxEntity): WireItem {
  return entity.kind === 'campaign' ? campaignItem(entity) : {}
}
function toGroup(entity: SandboxEntity): WireItem {
  return entity.kind === 'ad_group' ? adGroupItem(entity) : {}
}
function toAd(entity: SandboxEntity): WireItem {
  return entity.kind === 'ad' ? adItem(entity) : {}
}

function advertiserInfo(call: Call): Reply {
  const ids = queryTexts(call, 'advertiser_ids')
  if (ids === undefined) throw new ApiProblem(40002, 'Missing required field(s): advertiser_ids.')
  if (ids.length > 100) throw new ApiProblem(40011, 'advertiser_ids: at most 100 ids.')
  const fields = queryTexts(call, 'fields')
  const items = ids.map((id) => advertiserItem(callAdvertiser(call, id)))
  const known = new Set(Object.keys(items[0] ?? {}))
  return { data: { list: items.map((item) => pickFields(item, fields, known)) } }
}

/** Signed preview addresses point at a reserved name: the sandbox serves no media. */
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
      const own = name === 'video_ids' ? (entity.videoId === undefined ? [] : [entity.videoId]) : entity.imageIds
      for (const id of own) {
        if (!wanted.has(id) || seen.has(id)) continue
        seen.add(id)
        const common = {
          width: 1080,
          height: 1920,
          displayable: true,
          file_name: `${entity.name}.${name === 'video_ids' ? 'mp4' : 'jpg'}`,
        }
        list.push(
          name === 'video_ids'
            ? {
                video_id: id,
                ...common,
                format: 'mp4',
                duration: 15 + (entity.key % 20),
                preview_url: `https://media.shop.example/v/${id}`,
                video_cover_url: `https://media.shop.example/c/${id}`,
              }
            : {
                image_id: id,
                ...common,
                format: 'jpeg',
                size: 180_000 + entity.key,
                image_url: `https://media.shop.example/i/${entity.key}`,
              },
        ) // prettier-ignore
      }
    }
    return { data: { list } }
  }
}

export const ENTITY_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/advertiser/info/': { method: 'GET', needsToken: true, run: advertiserInfo },
  '/campaign/get/': { method: 'GET', needsToken: true, run: listing('campaign', toCampaign) },
  '/adgroup/get/': { method: 'GET', needsToken: true, run: listing('ad_group', toGroup) },
  '/ad/get/': { method: 'GET', needsToken: true, run: listing('ad', toAd) },
  '/smart_plus/campaign/get/': {
    method: 'GET',
    needsToken: true,
    run: listing('campaign', toCampaign, (entity) => entity.kind === 'campaign' && entity.automation !== 'MANUAL'),
  },
  '/file/video/ad/info/': { method: 'GET', needsToken: true, run: assetInfo('video_ids', 60) },
  '/file/image/ad/info/': { method: 'GET', needsToken: true, run: assetInfo('image_ids', 100) },
}
