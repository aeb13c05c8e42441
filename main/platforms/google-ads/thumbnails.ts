/** Small pictures of assets. What Google says of where they are is untrusted: only its own picture hosts are asked (../pictures.ts). */
import { type EntityId, splitAccountId, splitEntityId } from '../../../shared/domain/ids.ts'
import type { Thumbnail } from '../adapter.ts'
import { ReadFailure } from '../http.ts'
import { fetchPicture } from '../pictures.ts'
import { errorForRead } from './codes.ts'
import { assetIds } from './listing.ts'
import { splitAdKey } from './live.ts'
import * as queries from './queries.ts'
import type { GoogleReads } from './reads.ts'
import * as wire from './wire.ts'

const YOUTUBE = 'https://i.ytimg.com'
/** Where Google's pictures of assets, and YouTube's of videos, point to. */
export const PICTURE_HOSTS = ['.googlesyndication.com', 'lh3.googleusercontent.com', 'i.ytimg.com']
const YOUTUBE_ID = /^[0-9A-Za-z_-]{6,20}$/

/** In the sandbox, its origin. */
function sandboxOrigin(apiOrigin: string): string | undefined {
  const api = new URL(apiOrigin)
  return api.protocol === 'http:' ? api.origin : undefined
}

/** Where an asset's picture is, by what Google says of it: untrusted. */
function addressOf({ asset }: wire.AssetRow, loopbackOrigin: string | undefined): string | undefined {
  const url = asset.imageAsset?.fullSize?.url
  if (url !== undefined && url !== '') return url
  const video = asset.youtubeVideoAsset?.youtubeVideoId
  if (video === undefined || !YOUTUBE_ID.test(video)) return undefined
  return `${loopbackOrigin ?? YOUTUBE}/vi/${video}/mqdefault.jpg`
}

/** The asset to show: the creative itself, or the first picture of an ad. */
async function assetFor(
  reads: GoogleReads,
  context: Awaited<ReturnType<GoogleReads['context']>>,
  id: EntityId,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { type, externalId, accountId } = splitEntityId(id)
  if (type === 'creative') return /^[0-9]{1,19}$/.test(externalId) ? externalId : undefined
  if (type !== 'ad') return undefined
  const { adGroup, ad } = splitAdKey(externalId)
  const gaql = queries.assetUsesOf(splitAccountId(accountId).externalId, adGroup, ad)
  const uses: wire.AssetUseRow[] = []
  for await (const { rows } of reads.extras(context, { gaql, row: wire.assetUseRowSchema }, signal)) uses.push(...rows)
  return assetIds(uses)[0]
}

/** A small picture; undefined when there is none, when it is too large, or when it is not one. @throws OperationError */
export async function readThumbnail(
  reads: GoogleReads,
  target: { readonly id: EntityId; readonly apiOrigin: string; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<Thumbnail | undefined> {
  const context = await reads.context(splitEntityId(target.id).accountId, signal)
  const assetId = await assetFor(reads, context, target.id, signal)
  if (assetId === undefined) return undefined
  const loopbackOrigin = sandboxOrigin(target.apiOrigin)
  let url: string | undefined
  const query = { gaql: queries.oneAsset(assetId), row: wire.assetRowSchema }
  for await (const { rows } of reads.pages(context, query, signal))
    for (const row of rows) url ??= addressOf(row, loopbackOrigin)
  if (url === undefined) return undefined
  try {
    const { timeoutMs } = target
    return await fetchPicture({ url, allowedHosts: PICTURE_HOSTS, loopbackOrigin, timeoutMs, signal })
  } catch (error) {
    throw error instanceof ReadFailure ? errorForRead(error) : error
  }
}
