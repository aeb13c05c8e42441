/** What an ad shows, out of Meta's nested creative. Pure; every text is untrusted. */
import type { Entity } from '../../../shared/domain/entity.ts'
import { type AccountId, entityId } from '../../../shared/domain/ids.ts'
import type { WireCreative } from './wire.ts'

type Bag = Readonly<Record<string, unknown>>
function bag(value: unknown): Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {}
}
function first(value: unknown): Bag {
  return bag(Array.isArray(value) ? value[0] : undefined)
}
function textOf(...candidates: readonly unknown[]): string | undefined {
  const found = candidates.find((each) => typeof each === 'string' && each !== '')
  return typeof found === 'string' ? found.slice(0, 20_000) : undefined
}

export interface CreativeFacts {
  /** asset_feed | carousel | video | image | existing_post, else Meta's object type. */
  readonly format: string | undefined
  readonly text: string | undefined
  readonly landingPage: string | undefined
}

function formatOf(wire: WireCreative): string | undefined {
  const story = wire.object_story_spec
  const link = bag(story?.['link_data'])
  // Several assets that Meta combines; then the story holds only the page.
  if (wire.asset_feed_spec !== undefined && Object.keys(wire.asset_feed_spec).length > 0) return 'asset_feed'
  if (Array.isArray(link['child_attachments']) && link['child_attachments'].length > 0) return 'carousel'
  if (textOf(bag(story?.['video_data'])['video_id']) !== undefined || wire.object_type === 'VIDEO') return 'video'
  if (textOf(link['image_hash'], link['picture'], bag(story?.['photo_data'])['image_hash']) !== undefined)
    return 'image'
  if (story === undefined && wire.effective_object_story_id !== undefined) return 'existing_post'
  return wire.object_type === 'PHOTO' ? 'image' : wire.object_type?.toLowerCase()
}

export function creativeFacts(wire: WireCreative): CreativeFacts {
  const story = bag(wire.object_story_spec)
  const [link, video, photo] = [bag(story['link_data']), bag(story['video_data']), bag(story['photo_data'])]
  const feed = bag(wire.asset_feed_spec)
  const callToAction = bag(bag(video['call_to_action'])['value'])
  return {
    format: formatOf(wire),
    text: textOf(wire.body, link['message'], video['message'], photo['caption'], first(feed['bodies'])['text']),
    landingPage: textOf(link['link'], callToAction['link'], first(feed['link_urls'])['website_url'], wire.link_url),
  }
}

/** Nothing about a creative can be changed: Meta makes a new one instead. */
export function toCreative(account: AccountId, wire: WireCreative): Entity {
  const { format, text, landingPage } = creativeFacts(wire)
  const rawStatus = wire.status ?? ''
  return {
    entityId: entityId(account, 'creative', wire.id),
    accountId: account,
    type: 'creative',
    name: textOf(wire.name, wire.title) ?? wire.id,
    status: rawStatus === 'ACTIVE' ? 'enabled' : rawStatus === 'DELETED' ? 'deleted' : 'unknown',
    rawStatus,
    deliveryStatus: '',
    budgetKind: 'none',
    editable: [],
    ...(format === undefined ? {} : { format }),
    ...(text === undefined ? {} : { text }),
    ...(landingPage === undefined ? {} : { landingPage }),
  }
}
