/** A small picture of a creative. Its address comes from the network, so only Meta's picture hosts are asked for it (../pictures.ts). */
import { type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Thumbnail } from '../adapter.ts'
import { ReadFailure } from '../http.ts'
import { fetchPicture, pictureAddress } from '../pictures.ts'
import type { MetaClient } from './client.ts'
import { errorForFailure } from './codes.ts'
import type { MetaReads } from './reads.ts'
import { adSchema, creativeSchema, type WireCreative } from './wire.ts'

/** Where Meta's addresses of pictures point to. */
export const PICTURE_HOSTS = ['.fbcdn.net']
const FIELDS = 'id,thumbnail_url,image_url'

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
  const { loopbackOrigin, timeouts } = client
  const hosts = { allowedHosts: PICTURE_HOSTS, loopbackOrigin }
  const url = [creative?.thumbnail_url, creative?.image_url].find(
    (each) => each !== undefined && pictureAddress(each, hosts) !== undefined,
  )
  if (url === undefined) return undefined
  try {
    return await fetchPicture({ url, ...hosts, timeoutMs: timeouts.readMs, signal })
  } catch (error) {
    throw error instanceof ReadFailure ? errorForFailure(error) : error
  }
}
