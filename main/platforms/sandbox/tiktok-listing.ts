/** What TikTok's listing endpoints have in common: filters, fields, pages, newest first. Reads only. */
import { utcStamp } from './calendar.ts'
import { primaryStatus, secondaryStatus, type WireItem } from './tiktok-shapes.ts'
import {
  ApiProblem,
  type Call,
  callAdvertiser,
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
function matcher(filtering: Filtering, adIdsName: string): (entity: SandboxEntity) => boolean {
  const wanted = [
    ['campaign_ids', idFilter(filtering, 'campaign_ids')],
    ['adgroup_ids', idFilter(filtering, 'adgroup_ids')],
    ['ad_ids', idFilter(filtering, adIdsName)],
  ] as const
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

/** One listing endpoint. */
export interface Listing {
  readonly kind: SandboxEntity['kind']
  readonly toItem: (entity: SandboxEntity) => WireItem
  /** Which of that kind this endpoint knows; all unless told. */
  readonly only?: (entity: SandboxEntity) => boolean
  readonly maxPageSize: number
  /** What the filter by ad is called; `ad_ids` unless told. */
  readonly adIdsName?: string
}

/** Newest first, as TikTok lists. */
export function listing({ kind, toItem, only, maxPageSize, adIdsName }: Listing) {
  return (call: Call): Reply => {
    const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
    const matches = matcher(filteringOf(call), adIdsName ?? 'ad_ids')
    const fields = queryTexts(call, 'fields')
    const at = paging(call, maxPageSize)
    const all = call.world.entities(advertiser)
    const found = all
      .filter((entity) => entity.kind === kind && (only?.(entity) ?? true) && matches(entity))
      .toSorted((left, right) => right.createdAtMs - left.createdAtMs || right.key - left.key)
    const sample = all.find((entity) => entity.kind === kind && (only?.(entity) ?? true))
    const known = new Set(sample === undefined ? [] : Object.keys(toItem(sample)))
    const { list, page_info } = pageOf(found, at)
    return { data: { list: list.map((entity) => pickFields(toItem(entity), fields, known)), page_info } }
  }
}
