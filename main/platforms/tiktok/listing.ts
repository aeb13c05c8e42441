/** Everything an account has: classic and Smart+ campaigns, ad groups and ads, and the files of their creatives. Reads only. */
import type { Entity } from '../../../shared/domain/entity.ts'
import type { AccountId, EntityType } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Branches } from './branches.ts'
import type { TiktokClient } from './client.ts'
import type { CampaignFacts } from './editable.ts'
import * as map from './map.ts'
import { AD_GROUPS, ADS, advertiserOf, CAMPAIGNS, EVERYTHING, SMART_ADS, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'
import { reviewOf } from './words.ts'

const VIDEO_BATCH = 60
const IMAGE_BATCH = 100
/** A reason is a sentence or two; whatever is longer is cut. */
const MAX_REASON_CHARS = 500
const MAX_REASONS = 10

export function inBatches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size))
  return batches
}

/** An ad group can outlive its campaign's listing for a moment: it is shown, but nothing in it is editable. */
export function factsOf(index: ReadonlyMap<string, CampaignFacts>, campaignId: string): CampaignFacts {
  const unknown = { name: campaignId, automation: 'other', ownsBudget: false, isDeleted: true, isShop: false } as const
  return index.get(campaignId) ?? unknown
}

type Index = ReadonlyMap<string, CampaignFacts>
const isSmart = (index: Index, campaignId: string) => index.get(campaignId)?.automation === 'smart_plus'
const hasSmart = (index: Index) => [...index.values()].some((facts) => facts.automation === 'smart_plus')

export type TiktokListing = (id: AccountId, type: EntityType, signal: AbortSignal) => AsyncGenerator<readonly Entity[]>

export function createListing(client: TiktokClient, reads: TiktokReads, branches: Branches): TiktokListing {
  const everythingOf = (id: AccountId) => ({ advertiser_id: advertiserOf(id), filtering: EVERYTHING })

  /** TikTok's reasons for refusing Smart+ ads, by ad. An account without access to them still has its ads listed. */
  async function reasonsFor(id: AccountId, listed: readonly wire.WireSmartAd[], signal: AbortSignal) {
    const reasons = new Map<string, readonly string[]>()
    const refused = listed
      .filter((ad) => reviewOf(ad.secondary_status) === 'disapproved')
      .map((ad) => ad.smart_plus_ad_id)
    if (refused.length === 0) return reasons
    const query = {
      advertiser_id: advertiserOf(id),
      smart_plus_ad_ids: refused,
      extra_info_setting: { include_reject_info: true },
    }
    try {
      const { data } = await client.get('/smart_plus/ad/review_info/', query, wire.reviewInfoSchema, signal)
      for (const info of data.smart_plus_ad_review_infos ?? []) {
        const texts = (info.reject_info ?? []).flatMap((item) => [...(item.reasons ?? []), item.suggestion ?? ''])
        const kept = texts.filter((text) => text !== '').map((text) => text.slice(0, MAX_REASON_CHARS))
        reasons.set(info.smart_plus_ad_id, kept.slice(0, MAX_REASONS))
      }
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'platform_refused') throw error
    }
    return reasons
  }

  const known = (entity: Entity, index: Index, campaignId: string): Entity => {
    const automation = index.get(campaignId)?.automation
    if (automation !== undefined) branches.learn(entity.entityId, automation)
    return entity
  }

  async function* adGroups(id: AccountId, currency: string, index: Index, signal: AbortSignal) {
    const query = everythingOf(id)
    const groupOf = (item: wire.WireAdGroup) =>
      known(map.toAdGroup(id, currency, item, factsOf(index, item.campaign_id)), index, item.campaign_id)
    for await (const { data } of reads.pages('/adgroup/get/', query, AD_GROUPS, signal))
      yield data.filter((item) => !isSmart(index, item.campaign_id)).map((item) => groupOf(item))
    if (!hasSmart(index)) return
    for await (const { data } of reads.pages('/smart_plus/adgroup/get/', query, AD_GROUPS, signal))
      yield data.map((item) => groupOf(item))
  }

  async function* ads(id: AccountId, index: Index, signal: AbortSignal) {
    const query = everythingOf(id)
    // Where the classic endpoint lists what is inside a Smart+ ad, under ids of its own, that is left out: the ad itself comes below.
    for await (const { data } of reads.pages('/ad/get/', query, ADS, signal))
      yield data
        .filter((item) => !isSmart(index, item.campaign_id))
        .map((item) => known(map.toAd(id, item, factsOf(index, item.campaign_id)), index, item.campaign_id))
    if (!hasSmart(index)) return
    for await (const { data } of reads.pages('/smart_plus/ad/get/', query, SMART_ADS, signal)) {
      const reasons = await reasonsFor(id, data, signal)
      yield data.map((item) => {
        const { campaign_id: campaignId } = item
        const why = reasons.get(item.smart_plus_ad_id) ?? []
        return known(map.toSmartAd(id, item, factsOf(index, campaignId), why), index, campaignId)
      })
    }
  }

  async function* creatives(id: AccountId, signal: AbortSignal): AsyncGenerator<readonly Entity[]> {
    const advertiser = advertiserOf(id)
    const videos = new Set<string>()
    const images = new Set<string>()
    const query = everythingOf(id)
    const note = (inside: map.Creatives) => {
      for (const video of inside.videos) videos.add(video)
      for (const image of inside.images) images.add(image)
    }
    for await (const { data } of reads.pages('/ad/get/', query, ADS, signal))
      for (const ad of data) note(map.classicCreatives(ad))
    if (hasSmart(await reads.campaignIndex(id, signal)))
      for await (const { data } of reads.pages('/smart_plus/ad/get/', query, SMART_ADS, signal))
        for (const ad of data) note(map.smartCreatives(ad))
    for (const batch of inBatches([...videos], VIDEO_BATCH)) {
      const asked = { advertiser_id: advertiser, video_ids: batch }
      const { data } = await client.get('/file/video/ad/info/', asked, wire.videoInfoSchema, signal)
      yield data.list.map((item) => map.toCreative(id, item.video_id, item))
    }
    for (const batch of inBatches([...images], IMAGE_BATCH)) {
      const asked = { advertiser_id: advertiser, image_ids: batch }
      const { data } = await client.get('/file/image/ad/info/', asked, wire.imageInfoSchema, signal)
      yield data.list.map((item) => map.toCreative(id, item.image_id, item))
    }
  }

  async function* campaigns(id: AccountId, currency: string, signal: AbortSignal) {
    for await (const { data } of reads.pages('/campaign/get/', everythingOf(id), CAMPAIGNS, signal))
      yield data.map((item) => {
        const entity = map.toCampaign(id, currency, item)
        branches.learn(entity.entityId, map.campaignFacts(item).automation)
        return entity
      })
  }

  return async function* list(id, type, signal) {
    if (type === 'creative') {
      yield* creatives(id, signal)
      return
    }
    const currency = await reads.currencyOf(id, signal)
    if (type === 'campaign') {
      yield* campaigns(id, currency, signal)
      return
    }
    const index = await reads.campaignIndex(id, signal)
    yield* type === 'ad_group' ? adGroups(id, currency, index, signal) : ads(id, index, signal)
  }
}
