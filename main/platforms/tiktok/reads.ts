/** Paging, single look-ups and the small caches behind the adapter's reads. Never writes. */
import type { z } from 'zod'
import { type AccountId, splitAccountId } from '../../../shared/domain/ids.ts'
import type { QueryValue, Received, TiktokClient } from './client.ts'
import { unknownEntity, unreadable } from './codes.ts'
import type { CampaignFacts } from './editable.ts'
import { campaignFacts, zoneOf } from './map.ts'
import * as wire from './wire.ts'

/** 1,000 pages of 1,000 is far above any account's 10,000 ads; beyond it a reply is nonsense, not data. */
const MAX_PAGES = 1000

/** Every listing also asks for deleted objects: history keeps its names, and a deletion outside is seen. */
export const EVERYTHING = { primary_status: 'STATUS_ALL' }

type Query = Readonly<Record<string, QueryValue>>
type PageSchema<T> = z.ZodType<{ list: T[]; page_info: { page: number; total_page: number; total_number: number } }>

/** TikTok's own id of an account. @throws OperationError unknown_entity for another platform's account */
export function advertiserOf(id: AccountId): string {
  const { platform, externalId } = splitAccountId(id)
  if (platform !== 'tiktok') throw unknownEntity()
  return externalId
}

/** How the pages of a listing look, and what tells two of its rows apart. */
export interface Listing<T> {
  readonly schema: PageSchema<T>
  readonly keyOf: (item: T) => string
  /** Where TikTok allows fewer than 1,000 rows on a page. */
  readonly maxPageSize?: number
}

export const CAMPAIGNS: Listing<wire.WireCampaign> = {
  schema: wire.campaignPageSchema,
  keyOf: (item) => item.campaign_id,
}
export const AD_GROUPS: Listing<wire.WireAdGroup> = { schema: wire.adGroupPageSchema, keyOf: (item) => item.adgroup_id }
export const ADS: Listing<wire.WireAd> = { schema: wire.adPageSchema, keyOf: (item) => item.ad_id }
export const SMART_ADS: Listing<wire.WireSmartAd> = {
  schema: wire.smartAdPageSchema,
  keyOf: (item) => item.smart_plus_ad_id,
  maxPageSize: 100,
}
export const BUSINESS_CENTERS: Listing<wire.WireBusinessCenter> = {
  schema: wire.businessCenterPageSchema,
  keyOf: (item) => item.bc_info.bc_id,
  maxPageSize: 50,
}
export const BUSINESS_CENTER_ASSETS: Listing<wire.WireBusinessCenterAsset> = {
  schema: wire.businessCenterAssetPageSchema,
  keyOf: (item) => item.asset_id,
  maxPageSize: 50,
}
export const PIXELS: Listing<wire.WirePixel> = {
  schema: wire.pixelPageSchema,
  keyOf: (item) => item.pixel_id,
  maxPageSize: 20,
}

export interface TiktokReads {
  /**
   * All pages of a listing, in order. Believed only when as many different rows came as TikTok counts: rows that move between two
   * pages come twice or not at all, and what is missing would be taken for deleted.
   * @throws OperationError platform_unreachable, after the last page, when rows are missing.
   */
  pages<T>(path: string, query: Query, listing: Listing<T>, signal: AbortSignal): AsyncGenerator<Received<T[]>>
  /** Exactly one object, read now. @throws OperationError unknown_entity when there is none. */
  one<T>(
    path: string,
    id: AccountId,
    filter: Query,
    schema: PageSchema<T>,
    signal: AbortSignal,
  ): Promise<{ item: T; requestId: string }>
  advertiserInfo(ids: readonly string[], signal: AbortSignal): Promise<readonly wire.WireAdvertiser[]>
  currencyOf(id: AccountId, signal: AbortSignal): Promise<string>
  /** The account's own zone, IANA. */
  timeZoneOf(id: AccountId, signal: AbortSignal): Promise<string>
  campaignIndex(id: AccountId, signal: AbortSignal): Promise<ReadonlyMap<string, CampaignFacts>>
}

export function createTiktokReads(client: TiktokClient, pageSize: number): TiktokReads {
  /** An advertiser's currency and zone never change, so they are asked for once. */
  const known = new Map<string, { readonly currency: string; readonly timeZone: string }>()

  async function* pages<T>(
    path: string,
    query: Query,
    { schema, keyOf, maxPageSize }: Listing<T>,
    signal: AbortSignal,
  ) {
    const keys = new Set<string>()
    const page_size = Math.min(pageSize, maxPageSize ?? pageSize)
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const received = await client.get(path, { ...query, page, page_size }, schema, signal)
      const { list, page_info: info } = received.data
      // A page other than the one asked for would repeat or skip rows without anybody noticing.
      if (info.page !== page) throw unreadable('another page than asked for')
      for (const item of list) keys.add(keyOf(item))
      yield { ...received, data: list }
      if (page < info.total_page) continue
      if (keys.size < info.total_number)
        throw unreadable(`${keys.size} different rows of the ${info.total_number} it counts`)
      return
    }
    throw unreadable('more pages than any account has')
  }

  async function advertiserInfo(ids: readonly string[], signal: AbortSignal) {
    const { data } = await client.get('/advertiser/info/', { advertiser_ids: ids }, wire.advertiserInfoSchema, signal)
    for (const info of data.list) known.set(info.advertiser_id, { currency: info.currency, timeZone: zoneOf(info) })
    return data.list
  }

  async function factsOf(id: AccountId, signal: AbortSignal) {
    const advertiser = advertiserOf(id)
    if (!known.has(advertiser)) await advertiserInfo([advertiser], signal)
    const facts = known.get(advertiser)
    if (facts === undefined) throw unknownEntity()
    return facts
  }

  return {
    pages,
    advertiserInfo,
    one: async (path, id, filter, schema, signal) => {
      const filtering = { ...EVERYTHING, ...filter }
      const query = { advertiser_id: advertiserOf(id), filtering, page: 1, page_size: 10 }
      const { data, requestId } = await client.get(path, query, schema, signal)
      const [item] = data.list
      if (item === undefined || data.list.length !== 1) throw unknownEntity()
      return { item, requestId }
    },
    currencyOf: async (id, signal) => (await factsOf(id, signal)).currency,
    timeZoneOf: async (id, signal) => (await factsOf(id, signal)).timeZone,
    campaignIndex: async (id, signal) => {
      const index = new Map<string, CampaignFacts>()
      const query = { advertiser_id: advertiserOf(id), filtering: EVERYTHING }
      for await (const { data } of pages('/campaign/get/', query, CAMPAIGNS, signal))
        for (const item of data) index.set(item.campaign_id, campaignFacts(item))
      return index
    },
  }
}
