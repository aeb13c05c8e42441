/** Nodes and their lists: fields with nested expansion, filters, cursor paging. Reads only. */
import { minimumBudgets } from './currency.ts'
import { matches, parseFilters } from './filtering.ts'
import { pixelChecks, pixelLastFired, pixelStats } from './pixels.ts'
import { SHAPES } from './shapes.ts'
import type { FieldsOf, Shaping } from './shaping.ts'
import { metaTime } from './stamp.ts'
import { effectiveStatus } from './status.ts'
import type { MetaAccount, MetaAdSet, MetaCampaign, MetaEntity, MetaObject } from './types.ts'
import { type Call, type FieldNode, invalid, missingObject, page, pageLimit, refused, tooMuchData } from './wire.ts'

function isObject(value: unknown): value is MetaObject {
  return typeof value === 'object' && value !== null && 'kind' in value && 'id' in value
}

/** Fields that are lists of other objects. */
function nestedEdge(object: MetaObject, name: string): readonly MetaObject[] | undefined {
  switch (`${object.kind}.${name}`) {
    case 'campaign.adsets':
      return (object as MetaCampaign).adSets
    case 'campaign.ads':
      return (object as MetaCampaign).adSets.flatMap((adSet) => adSet.ads)
    case 'adset.ads':
      return (object as MetaAdSet).ads
    case 'account.campaigns':
      return (object as MetaAccount).campaigns
    case 'account.adspixels':
      return (object as MetaAccount).pixels
    default:
      return undefined
  }
}

const isListed = (object: MetaObject) =>
  !('status' in object) || (object.status !== 'DELETED' && object.status !== 'ARCHIVED')

/** One object with the wanted fields. Graph always adds the id; an unknown field fails the call. */
export function shape(object: MetaObject, fields: readonly FieldNode[], shaping: Shaping): Record<string, unknown> {
  const { typeName } = SHAPES[object.kind]
  const known = SHAPES[object.kind].fields as FieldsOf<MetaObject>
  const result: Record<string, unknown> = {}
  for (const { name, limit, children } of fields) {
    const nested = nestedEdge(object, name)
    if (nested !== undefined) {
      const shown = nested.filter(isListed).slice(0, limit ?? 25)
      if (shown.length > 0) result[name] = { data: shown.map((item) => shape(item, children ?? [], shaping)) }
      continue
    }
    const compute = Object.hasOwn(known, name) ? known[name] : undefined
    if (compute === undefined) throw invalid(`Tried accessing nonexisting field (${name}) on node type (${typeName})`)
    const value = compute(object, shaping)
    if (isObject(value)) result[name] = shape(value, children ?? [], shaping)
    else if (value !== undefined) result[name] = pickChildren(value, children)
  }
  if (object.kind === 'account' && fields.length === 0) result['account_id'] = object.id
  result['id'] ??= known['id']?.(object, shaping)
  return result
}

/** "business{id}" on a plain value: only the members asked for. */
function pickChildren(value: unknown, children: readonly FieldNode[] | undefined): unknown {
  if (children === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    children.filter(({ name }) => Object.hasOwn(members, name)).map(({ name }) => [name, members[name]]),
  )
}

/** The statuses a listing was asked for; without, what was archived or deleted stays out. Deleted objects come by `filtering` only. */
function byStatus(call: Call, entities: readonly MetaEntity[], filtersStatus: boolean): readonly MetaEntity[] {
  const wanted = call.params.list('effective_status')
  if (wanted === undefined) return filtersStatus ? entities : entities.filter((item) => !isGone(call, item))
  const known = new Set([
    'ACTIVE',
    'PAUSED',
    'DELETED',
    'ARCHIVED',
    'IN_PROCESS',
    'WITH_ISSUES',
    'CAMPAIGN_PAUSED',
    'ADSET_PAUSED',
    'PENDING_REVIEW',
    'DISAPPROVED',
    'PREAPPROVED',
    'PENDING_BILLING_INFO',
    'CAMPAIGN_GROUP_PAUSED',
  ]) // prettier-ignore
  for (const [index, status] of wanted.entries())
    if (!known.has(status)) throw invalid(`Param effective_status[${index}] must be one of {${[...known].join(', ')}}`)
  if (wanted.includes('DELETED'))
    throw refused(
      1815001,
      'Cannot Request for Deleted Objects',
      'Requesting for deleted objects is not supported in this endpoint.',
    )
  return entities.filter((item) => wanted.includes(effectiveStatus(item, call.world.nowMs())))
}

function isGone(call: Call, entity: MetaEntity): boolean {
  const status = effectiveStatus(entity, call.world.nowMs())
  return status === 'DELETED' || status === 'ARCHIVED'
}

const LISTS: Readonly<Record<string, (parent: MetaObject) => readonly MetaEntity[] | undefined>> = {
  campaigns: (parent) => (parent.kind === 'account' ? parent.campaigns : undefined),
  adsets: (parent) =>
    parent.kind === 'account'
      ? parent.campaigns.flatMap((campaign) => campaign.adSets)
      : parent.kind === 'campaign'
        ? parent.adSets
        : undefined,
  ads: (parent) => {
    if (parent.kind === 'account') return parent.campaigns.flatMap((item) => item.adSets.flatMap((adSet) => adSet.ads))
    if (parent.kind === 'campaign') return parent.adSets.flatMap((adSet) => adSet.ads)
    return parent.kind === 'adset' ? parent.ads : undefined
  },
}

/** Wide fields on a long page are what Meta itself gives up on. */
function checkWeight(call: Call, limit: number): void {
  const isWide = call.fields.some(
    ({ name, children }) => name === 'targeting' || (name === 'creative' && (children ?? []).length > 6),
  )
  if (isWide && limit > 500) throw tooMuchData()
}

export function listPage(call: Call, objects: readonly MetaObject[]): unknown {
  const limit = pageLimit(call)
  checkWeight(call, limit)
  const { shown, paging } = page(call, objects, (object) => object.id, limit)
  const data = shown.map((object) => shape(object, call.fields, call))
  const summary = call.params.text('summary')
  return {
    data,
    ...(paging === undefined ? {} : { paging }),
    ...(summary === 'true' || summary === 'total_count' ? { summary: { total_count: objects.length } } : {}),
  }
}

function entityList(call: Call, parent: MetaObject, edge: string): unknown {
  const all = LISTS[edge]?.(parent)
  if (all === undefined) return undefined
  const filters = parseFilters(call.params.json('filtering'))
  const filtersStatus = filters.some(({ field }) => field.endsWith('effective_status'))
  const found = byStatus(call, all, filtersStatus).filter((entity) =>
    filters.every((filter) => matches(filter, entity, call.world.nowMs())),
  )
  return listPage(call, found)
}

/** Without `since` Meta answers with the last week. */
const ACTIVITY_SECONDS = 7 * 86_400

function activities(call: Call, account: MetaAccount): unknown {
  const since = call.params.integer('since') ?? Math.floor(call.world.nowMs() / 1000) - ACTIVITY_SECONDS
  const until = call.params.integer('until')
  const own = call.world.activities.filter(
    ({ accountId, atMs }) =>
      accountId === account.id &&
      call.world.isInHistory(atMs) &&
      atMs >= since * 1000 &&
      (until === undefined || atMs <= until * 1000),
  )
  const rows = own.toReversed()
  const { shown, paging } = page(call, rows, (_row, index) => String(index), pageLimit(call))
  const data = shown.map((row) => {
    const all: Record<string, unknown> = {
      event_type: row.eventType,
      translated_event_type: row.eventType.replaceAll('_', ' '),
      event_time: metaTime(row.atMs, account.timeZone),
      actor_name: row.actorName,
      actor_id: call.world.userId,
      application_id: row.application?.id,
      application_name: row.application?.name,
      date_time_in_timezone: metaTime(row.atMs, account.timeZone).slice(0, 19).replace('T', ' '),
      object_id: row.objectId,
      object_name: row.objectName,
      object_type: row.eventType.includes('ad_set')
        ? 'CAMPAIGN'
        : row.eventType.includes('campaign')
          ? 'CAMPAIGN_GROUP'
          : 'ADGROUP',
      extra_data: JSON.stringify(row.extra),
    }
    const wanted = call.fields.length === 0 ? ['event_type', 'event_time'] : call.fields.map(({ name }) => name)
    return Object.fromEntries(wanted.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]))
  })
  return { data, ...(paging === undefined ? {} : { paging }) }
}

function pictures(call: Call, account: MetaAccount): readonly MetaObject[] {
  return (LISTS['ads']?.(account) ?? []).flatMap((ad) =>
    ad.kind === 'ad' ? [call.world.object(ad.creative.id) ?? ad] : [],
  )
}

/** GET /{node}/{edge}, all edges but insights. @throws GraphProblem 100 for an edge the node does not have */
export function readEdge(call: Call, parent: MetaObject, edge: string): unknown {
  const entities = entityList(call, parent, edge)
  if (entities !== undefined) return entities
  if (parent.kind === 'account') {
    if (edge === 'adcreatives') return listPage(call, pictures(call, parent))
    if (edge === 'adspixels') return listPage(call, parent.pixels)
    if (edge === 'customconversions') return listPage(call, parent.customConversions)
    if (edge === 'activities') return activities(call, parent)
    if (edge === 'minimum_budgets') return { data: [minimumBudgets(parent.currency, parent.euroRate)] }
  }
  if (parent.kind === 'ad' && edge === 'adcreatives') return listPage(call, [parent.creative])
  if (parent.kind === 'pixel') {
    if (edge === 'stats') return pixelStats(call, parent)
    if (edge === 'da_checks') return pixelChecks(parent)
    if (edge === 'event_last_fired_time') return pixelLastFired(call, parent)
  }
  throw invalid(`Tried accessing nonexisting field (${edge}) on node type (${SHAPES[parent.kind].typeName})`)
}

/** GET /{node}. @throws GraphProblem 100/33 when there is no such object */
export function findObject(call: Call, id: string): MetaObject {
  const object = call.world.object(id)
  if (object === undefined) throw missingObject(call.method, id)
  return object
}

const BUSINESS_FIELDS = new Set(['id', 'name', 'verification_status', 'created_time', 'permitted_roles'])

function shapeBusiness(call: Call, business: { readonly id: string; readonly name: string }): unknown {
  const all: Record<string, unknown> = { ...business, verification_status: 'verified', permitted_roles: ['ADMIN'] }
  const wanted = call.fields.length === 0 ? ['id', 'name'] : call.fields.map(({ name }) => name)
  for (const name of wanted)
    if (!BUSINESS_FIELDS.has(name)) throw invalid(`Tried accessing nonexisting field (${name}) on node type (Business)`)
  return { ...Object.fromEntries(wanted.map((name) => [name, all[name]])), id: business.id }
}

function businessPage(call: Call): unknown {
  // A system user belongs to one business; its clients' businesses are seen only through their accounts.
  const own = call.world.businesses.slice(0, 1)
  const { shown, paging } = page(call, own, (item) => item.id, pageLimit(call))
  return { data: shown.map((item) => shapeBusiness(call, item)), ...(paging === undefined ? {} : { paging }) }
}

/** GET /me, /me/adaccounts, /me/businesses, /{business}, /{business}/owned_ad_accounts|client_ad_accounts. */
export function readDirectory(call: Call): unknown {
  const [node = '', edge] = call.path
  const { world } = call
  if (node === 'me' || node === world.userId) {
    if (edge === undefined) return { name: 'Fjellkant Sync (system user)', id: world.userId }
    if (edge === 'adaccounts') return listPage(call, world.accounts)
    if (edge === 'businesses') return businessPage(call)
    return undefined
  }
  const business = world.businesses.find((item) => item.id === node)
  if (business === undefined) return undefined
  if (edge === undefined) return shapeBusiness(call, business)
  const relation = edge === 'owned_ad_accounts' ? 'owned' : edge === 'client_ad_accounts' ? 'client' : undefined
  if (relation === undefined) throw invalid(`Tried accessing nonexisting field (${edge}) on node type (Business)`)
  const isOwn = business === world.businesses[0]
  return listPage(call, isOwn ? world.accounts.filter((account) => account.relation === relation) : [])
}
