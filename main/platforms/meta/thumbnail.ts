/**
 * A small picture of a creative. Its address comes from the network, so it is fetched from Meta's picture hosts only, without the token,
 * without following redirects, and believed to be a picture by its first bytes, not by what it calls itself.
 */
import { type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Thumbnail } from '../adapter.ts'
import { ReadFailure } from '../http.ts'
import type { MetaClient } from './client.ts'
import { errorForFailure } from './codes.ts'
import { fetchOnce } from './fetch-once.ts'
import type { MetaReads } from './reads.ts'
import { adSchema, creativeSchema, type WireCreative } from './wire.ts'

const MAX_BYTES = 300_000
const PICTURE_HOST = '.fbcdn.net'
const FIELDS = 'id,thumbnail_url,image_url'

/** Whether a picture may be fetched from there: Meta's own hosts over TLS, or exactly the sandbox's origin. */
export function isPictureAddress(text: string, loopbackOrigin: string | undefined): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return false
  if (loopbackOrigin !== undefined && url.origin === loopbackOrigin) return true
  return url.protocol === 'https:' && url.port === '' && url.hostname.endsWith(PICTURE_HOST)
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text
}

/** By the first bytes; undefined for everything that is not one of the three. */
export function pictureType(bytes: Uint8Array): Thumbnail['mimeType'] | undefined {
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (startsWith(bytes, 0, '\xff\xd8\xff')) return 'image/jpeg'
  return startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBP') ? 'image/webp' : undefined
}

async function freshCreative(reads: MetaReads, id: EntityId, signal: AbortSignal): Promise<WireCreative | undefined> {
  const { accountId, type, externalId } = splitEntityId(id)
  if (!/^[0-9]{1,24}$/.test(externalId) || (type !== 'creative' && type !== 'ad')) return undefined
  try {
    if (type === 'creative')
      return (await reads.node(accountId, externalId, `${FIELDS},account_id`, creativeSchema, signal)).data
    const fields = `id,account_id,adset_id,campaign_id,creative{${FIELDS}}`
    return (await reads.node(accountId, externalId, fields, adSchema, signal)).data.creative
  } catch (error) {
    // What is gone has no picture.
    if (error instanceof OperationError && error.code === 'unknown_entity') return undefined
    throw error
  }
}

/** @returns undefined when there is none, or none that may be shown. @throws OperationError as every read */
export async function readThumbnail(
  { client, reads }: { readonly client: MetaClient; readonly reads: MetaReads },
  id: EntityId,
  signal: AbortSignal,
): Promise<Thumbnail | undefined> {
  const creative = await freshCreative(reads, id, signal)
  const address = [creative?.thumbnail_url, creative?.image_url].find(
    (each) => each !== undefined && isPictureAddress(each, client.loopbackOrigin),
  )
  if (address === undefined) return undefined
  try {
    const answer = await fetchOnce({
      method: 'GET',
      url: new URL(address),
      headers: { accept: 'image/png, image/jpeg, image/webp' },
      timeoutMs: client.timeouts.readMs,
      maxBytes: MAX_BYTES,
      signal,
    })
    const mimeType = answer.status === 200 ? pictureType(answer.bytes) : undefined
    return mimeType === undefined ? undefined : { mimeType, bytes: answer.bytes }
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error
    // A picture is nice to have: one that is too large, or gone, is no reason for an error.
    if (error.kind === 'too_large' || error.kind === 'redirect') return undefined
    throw errorForFailure(error)
  }
}
