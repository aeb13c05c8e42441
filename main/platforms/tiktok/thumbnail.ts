/** The small picture of an ad or creative. Addresses are signed and die after hours, so they are asked for each time. Reads only. */
import { type AccountId, type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Thumbnail } from '../adapter.ts'
import { ReadFailure } from '../http.ts'
import { fetchPicture } from '../pictures.ts'
import type { TiktokClient } from './client.ts'
import { errorForFailure } from './codes.ts'
import { classicCreatives, type Creatives, smartCreatives } from './map.ts'
import { advertiserOf, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'

/** Where TikTok's signed addresses of covers and images point to. */
export const PICTURE_HOSTS = ['.tiktokcdn.com', '.ibyteimg.com', '.ttwstatic.com']

const NONE: Creatives = { videos: [], images: [] }

/** Ids that TikTok does not know make a call fail, or come back as nothing: both mean "no picture". */
async function orNothing<T>(work: Promise<T>, nothing: T): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OperationError && (error.code === 'unknown_entity' || error.code === 'platform_refused'))
      return nothing
    throw error
  }
}

async function filesOfAd(
  reads: TiktokReads,
  account: AccountId,
  adId: string,
  signal: AbortSignal,
): Promise<Creatives> {
  const classic = async (): Promise<Creatives> => {
    const { item } = await reads.one('/ad/get/', account, { ad_ids: [adId] }, wire.adPageSchema, signal)
    return item.ad_id === adId ? classicCreatives(item) : NONE
  }
  const smart = async (): Promise<Creatives> => {
    const filter = { smart_plus_ad_ids: [adId] }
    const { item } = await reads.one('/smart_plus/ad/get/', account, filter, wire.smartAdPageSchema, signal)
    return item.smart_plus_ad_id === adId ? smartCreatives(item) : NONE
  }
  const found = await orNothing(classic(), NONE)
  return found.videos.length + found.images.length > 0 ? found : orNothing(smart(), NONE)
}

/** Our ids hold no slashes, TikTok's image ids do; its video ids never. */
function filesOfCreative(key: string): Creatives {
  return key.includes('~') ? { videos: [], images: [key.replaceAll('~', '/')] } : { videos: [key], images: [key] }
}

async function addressOf(
  client: TiktokClient,
  advertiser: string,
  files: Creatives,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [video] = files.videos
  const [image] = files.images
  if (video !== undefined) {
    const asked = { advertiser_id: advertiser, video_ids: [video] }
    const covers = client.get('/file/video/ad/info/', asked, wire.videoInfoSchema, signal).then(({ data }) => data.list)
    const cover = (await orNothing(covers, [])).find((item) => item.video_id === video)?.video_cover_url ?? ''
    if (cover !== '') return cover
  }
  if (image === undefined) return undefined
  const asked = { advertiser_id: advertiser, image_ids: [image] }
  const images = client.get('/file/image/ad/info/', asked, wire.imageInfoSchema, signal).then(({ data }) => data.list)
  return (await orNothing(images, [])).find((item) => item.image_id === image)?.image_url ?? undefined
}

/** The picture of an ad (its first creative) or creative; undefined for everything else, and where there is none. */
export async function readThumbnailOf(
  client: TiktokClient,
  reads: TiktokReads,
  asked: { readonly id: EntityId; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<Thumbnail | undefined> {
  const { accountId, type, externalId } = splitEntityId(asked.id)
  const advertiser = advertiserOf(accountId)
  if (type !== 'ad' && type !== 'creative') return undefined
  const files = type === 'ad' ? await filesOfAd(reads, accountId, externalId, signal) : filesOfCreative(externalId)
  const address = await addressOf(client, advertiser, files, signal)
  if (address === undefined) return undefined
  const { loopbackOrigin } = client
  try {
    const from = { url: address, allowedHosts: PICTURE_HOSTS, loopbackOrigin }
    return await fetchPicture({ ...from, timeoutMs: asked.timeoutMs, signal })
  } catch (error) {
    throw error instanceof ReadFailure ? errorForFailure(error) : error
  }
}
