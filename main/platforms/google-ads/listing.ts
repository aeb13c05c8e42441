/** Everything in an account, page by page: campaigns, ad groups, ads and the creative library. Memory holds one page and small indexes. */
import type { Entity } from '../../../shared/domain/entity.ts'
import type { AccountId, EntityType } from '../../../shared/domain/ids.ts'
import { ReadFailure } from '../http.ts'
import { errorForRead } from './codes.ts'
import { adKey, toAd, toAdGroup, toCampaign, toCreative } from './map-entities.ts'
import { createTargetingIndex, type TargetingIndex } from './map-targeting.ts'
import * as queries from './queries.ts'
import type { AccountContext, GoogleReads } from './reads.ts'
import * as wire from './wire.ts'

/** Assets that an ad is made of. Extensions (sitelinks, callouts) belong to campaigns and accounts and are left out. */
const CREATIVE_TYPES = new Set([
  'IMAGE',
  'YOUTUBE_VIDEO',
  'MEDIA_BUNDLE',
  'TEXT',
  'CALL_TO_ACTION',
  'DEMAND_GEN_CAROUSEL_CARD',
])
const MAX_ASSETS_OF_AN_AD = 50
/** Pictures first: they are what a person recognises an ad by. */
const isPicture = (type: string | undefined) => type === 'IMAGE' || type === 'YOUTUBE_VIDEO'

/** Ids of an ad's assets in the order they are shown, each once. */
export function assetIds(uses: readonly wire.AssetUseRow[]): readonly string[] {
  const usable = uses.filter(
    (use) => use.adGroupAdAssetView.enabled !== false && CREATIVE_TYPES.has(use.asset.type ?? ''),
  )
  const pictures = usable.filter((use) => isPicture(use.asset.type))
  const others = usable.filter((use) => !isPicture(use.asset.type))
  return [...new Set([...pictures, ...others].map((use) => use.asset.id))].slice(0, MAX_ASSETS_OF_AN_AD)
}

async function targetingOf(
  reads: GoogleReads,
  context: AccountContext,
  level: 'campaign' | 'ad_group',
  signal: AbortSignal,
): Promise<TargetingIndex> {
  const index = createTargetingIndex()
  if (level === 'campaign') {
    const query = { gaql: queries.campaignCriteria(), row: wire.campaignCriterionRowSchema }
    for await (const page of reads.extras(context, query, signal))
      for (const row of page.rows) index.add(row.campaign.id, row.campaignCriterion)
    return index
  }
  const query = { gaql: queries.adGroupCriteria(), row: wire.adGroupCriterionRowSchema }
  for await (const page of reads.extras(context, query, signal))
    for (const row of page.rows) index.add(row.adGroup.id, row.adGroupCriterion)
  return index
}

async function assetsByAd(
  reads: GoogleReads,
  context: AccountContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byAd = new Map<string, wire.AssetUseRow[]>()
  const query = { gaql: queries.assetUses(), row: wire.assetUseRowSchema }
  for await (const page of reads.extras(context, query, signal))
    for (const use of page.rows) {
      const key = adKey(use.adGroupAdAssetView.adGroupAd)
      const known = byAd.get(key)
      if (known === undefined) byAd.set(key, [use])
      else if (known.length < 2 * MAX_ASSETS_OF_AN_AD) known.push(use)
    }
  return new Map([...byAd].map(([key, uses]) => [key, assetIds(uses)]))
}

async function* rowsAsEntities(
  reads: GoogleReads,
  id: AccountId,
  type: EntityType,
  signal: AbortSignal,
): AsyncGenerator<readonly Entity[]> {
  const context = await reads.context(id, signal)
  switch (type) {
    case 'campaign': {
      const sharing = await reads.sharing(context, signal)
      const targeting = await targetingOf(reads, context, 'campaign', signal)
      const query = { gaql: queries.campaigns(), row: wire.campaignRowSchema, isListing: true }
      for await (const { rows } of reads.pages(context, query, signal))
        yield rows.map((row) => toCampaign(context, row, { sharing, targeting: targeting.of(row.campaign.id) }))
      return
    }
    case 'ad_group': {
      const targeting = await targetingOf(reads, context, 'ad_group', signal)
      const query = { gaql: queries.adGroups(), row: wire.adGroupRowSchema, isListing: true }
      for await (const { rows } of reads.pages(context, query, signal))
        yield rows.map((row) => toAdGroup(context, row, targeting.of(row.adGroup.id)))
      return
    }
    case 'ad': {
      const assets = await assetsByAd(reads, context, signal)
      const query = { gaql: queries.ads(), row: wire.adRowSchema, isListing: true }
      for await (const { rows } of reads.pages(context, query, signal))
        yield rows.map((row) => toAd(id, row, assets.get(adKey(row.adGroupAd.resourceName)) ?? []))
      return
    }
    case 'creative':
    default: {
      const query = { gaql: queries.assets(), row: wire.assetRowSchema, isListing: true }
      for await (const { rows } of reads.pages(context, query, signal))
        yield rows.filter((row) => CREATIVE_TYPES.has(row.asset.type ?? '')).map((row) => toCreative(id, row))
    }
  }
}

/** Google's pages hold up to 10,000 rows and cannot be made smaller; ours are. A stop is heard between them. */
export async function* inChunks<T>(
  pages: AsyncIterable<readonly T[]>,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  for await (const page of pages)
    for (let start = 0; start < page.length; start += size) {
      if (signal.aborted) throw errorForRead(new ReadFailure('cancelled'))
      yield page.slice(start, start + size)
    }
}

export function listEntities(
  reads: GoogleReads,
  asked: { readonly id: AccountId; readonly type: EntityType; readonly pageSize: number },
  signal: AbortSignal,
): AsyncGenerator<readonly Entity[]> {
  return inChunks(rowsAsEntities(reads, asked.id, asked.type, signal), asked.pageSize, signal)
}
