/**
 * Small pictures of assets. The address comes from the platform and is untrusted: only Google's own picture hosts are asked, over TLS,
 * without any credentials; in the sandbox, only the sandbox. What comes back is believed to be a picture only by its first bytes.
 */
import { type EntityId, splitAccountId, splitEntityId } from '../../../shared/domain/ids.ts'
import type { Thumbnail } from '../adapter.ts'
import { ReadFailure } from '../http.ts'
import { errorForRead } from './codes.ts'
import { assetIds } from './listing.ts'
import { splitAdKey } from './live.ts'
import * as queries from './queries.ts'
import type { GoogleReads } from './reads.ts'
import { fetchBytes } from './transport.ts'
import * as wire from './wire.ts'

export const MAX_THUMBNAIL_BYTES = 300_000
const YOUTUBE = 'https://i.ytimg.com'
const HOSTS = /^(?:[a-z0-9-]+\.)*googlesyndication\.com$|^lh3\.googleusercontent\.com$|^i\.ytimg\.com$/
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const JPEG = [0xff, 0xd8, 0xff]
/** "RIFF", four bytes of length, "WEBP". */
const RIFF = [0x52, 0x49, 0x46, 0x46]
const WEBP = [0x57, 0x45, 0x42, 0x50]
const YOUTUBE_ID = /^[0-9A-Za-z_-]{6,20}$/

/** The address, if a picture may be fetched from it; undefined for every other. `apiOrigin`: where the platform itself is. */
export function pictureAddress(text: string, apiOrigin: string): URL | undefined {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return undefined
  }
  if (url.username !== '' || url.password !== '') return undefined
  const api = new URL(apiOrigin)
  // In the sandbox nothing leaves this machine, whatever an address says.
  if (api.protocol === 'http:') return url.origin === api.origin ? url : undefined
  return url.protocol === 'https:' && url.port === '' && HOSTS.test(url.hostname) ? url : undefined
}

/** The kind of picture by its first bytes; undefined for anything else, whatever a header claims. */
export function pictureType(bytes: Uint8Array): Thumbnail['mimeType'] | undefined {
  const at = (offset: number, magic: readonly number[]) => magic.every((byte, index) => bytes[offset + index] === byte)
  if (at(0, PNG)) return 'image/png'
  if (at(0, JPEG)) return 'image/jpeg'
  return at(0, RIFF) && at(8, WEBP) ? 'image/webp' : undefined
}

/** Where an asset's picture is, by what Google says of it. */
export function addressOf(row: wire.AssetRow, apiOrigin: string): URL | undefined {
  const { asset } = row
  const url = asset.imageAsset?.fullSize?.url
  if (url !== undefined && url !== '') return pictureAddress(url, apiOrigin)
  const video = asset.youtubeVideoAsset?.youtubeVideoId
  if (video === undefined || !YOUTUBE_ID.test(video)) return undefined
  const origin = new URL(apiOrigin).protocol === 'http:' ? apiOrigin : YOUTUBE
  return pictureAddress(`${origin}/vi/${video}/mqdefault.jpg`, apiOrigin)
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
  let url: URL | undefined
  const query = { gaql: queries.oneAsset(assetId), row: wire.assetRowSchema }
  for await (const { rows } of reads.pages(context, query, signal))
    for (const row of rows) url ??= addressOf(row, target.apiOrigin)
  if (url === undefined) return undefined
  try {
    const { timeoutMs } = target
    const { status, bytes } = await fetchBytes({ url, timeoutMs, maxBytes: MAX_THUMBNAIL_BYTES, signal })
    const mimeType = status === 200 ? pictureType(bytes) : undefined
    return mimeType === undefined ? undefined : { mimeType, bytes }
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error
    if (error.kind === 'too_large' || error.kind === 'redirect') return undefined
    throw errorForRead(error)
  }
}
