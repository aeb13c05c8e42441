/** Creatives in every shape Meta has for them: video, picture, carousel, asset feed and an existing post. */
import { digits } from '../random.ts'
import type { FieldsOf, Shaping } from './shaping.ts'
import type { MetaCreative } from './types.ts'

const id = (creative: MetaCreative, salt: number, seed: number) => `61${digits(13, seed, creative.key, salt)}`
const hash = (creative: MetaCreative, salt: number, seed: number) => digits(32, seed, creative.key, salt, 3)
const page = (creative: MetaCreative, seed: number) => `10${digits(13, seed, creative.account.key, 70)}`
const videoId = (creative: MetaCreative, seed: number) => id(creative, 71, seed)

/** Graph hands out signed picture addresses that change; this one carries the day for the same reason. */
export function thumbnailUrl(creative: MetaCreative, { world, baseUrl }: Shaping): string {
  return `${baseUrl}/images/${creative.id}.png?oe=${Math.floor(world.nowMs() / 86_400_000).toString(16)}`
}

const callToAction = (creative: MetaCreative) => ({ type: 'SHOP_NOW', value: { link: creative.landingPage } })

function storySpec(creative: MetaCreative, shaping: Shaping): unknown {
  const { seed } = shaping.world
  const base = { page_id: page(creative, seed), instagram_user_id: `178${digits(14, seed, creative.account.key, 72)}` }
  const link = { link: creative.landingPage, message: creative.text, call_to_action: callToAction(creative) }
  switch (creative.format) {
    case 'video':
      return {
        ...base,
        video_data: {
          video_id: videoId(creative, seed),
          title: creative.name,
          message: creative.text,
          image_url: thumbnailUrl(creative, shaping),
          call_to_action: callToAction(creative),
        },
      }
    case 'image':
      return { ...base, link_data: { ...link, image_hash: hash(creative, 73, seed) } }
    case 'carousel':
      return {
        ...base,
        link_data: {
          ...link,
          child_attachments: [74, 75, 76].map((salt, index) => ({
            link: creative.landingPage,
            name: `Karte ${index + 1}`,
            ...(index === 1 ? { video_id: id(creative, salt, seed) } : { image_hash: hash(creative, salt, seed) }),
          })),
        },
      }
    case 'asset_feed':
      return base
    default:
      return undefined
  }
}

function assetFeed(creative: MetaCreative, { world: { seed } }: Shaping): unknown {
  if (creative.format !== 'asset_feed') return undefined
  return {
    videos: [{ video_id: videoId(creative, seed) }, { video_id: id(creative, 77, seed) }],
    images: [{ hash: hash(creative, 78, seed) }],
    bodies: [{ text: creative.text }, { text: `${creative.text} (2)` }],
    titles: [{ text: 'Draußen zu Hause' }],
    link_urls: [{ website_url: creative.landingPage }],
    call_to_action_types: ['SHOP_NOW'],
    optimization_type: 'DEGREES_OF_FREEDOM',
  }
}

const OBJECT_TYPES = {
  video: 'VIDEO',
  image: 'SHARE',
  carousel: 'SHARE',
  asset_feed: 'SHARE',
  existing_post: 'STATUS',
} as const

export const CREATIVE_FIELDS: FieldsOf<MetaCreative> = {
  id: (creative) => creative.id,
  account_id: (creative) => creative.account.id,
  name: (creative) => creative.name,
  title: (creative) => (creative.format === 'existing_post' ? undefined : creative.name),
  body: (creative) => (creative.format === 'asset_feed' ? undefined : creative.text),
  status: () => 'ACTIVE',
  object_type: (creative) => OBJECT_TYPES[creative.format],
  video_id: (creative, { world }) => (creative.format === 'video' ? videoId(creative, world.seed) : undefined),
  image_hash: (creative, { world }) => (creative.format === 'image' ? hash(creative, 73, world.seed) : undefined),
  image_url: (creative, shaping) => (creative.format === 'image' ? thumbnailUrl(creative, shaping) : undefined),
  thumbnail_url: (creative, shaping) => thumbnailUrl(creative, shaping),
  object_story_spec: storySpec,
  asset_feed_spec: assetFeed,
  object_story_id: () => undefined,
  effective_object_story_id: (creative, { world: { seed } }) => `${page(creative, seed)}_${id(creative, 79, seed)}`,
  effective_instagram_media_id: (creative, { world: { seed } }) => `179${digits(14, seed, creative.key, 80)}`,
  instagram_permalink_url: (creative, { world: { seed } }) =>
    `https://www.instagram.com/p/${hash(creative, 81, seed).slice(0, 11)}/`,
  call_to_action_type: (creative) => (creative.format === 'existing_post' ? undefined : 'SHOP_NOW'),
  link_url: (creative) => (creative.format === 'image' ? creative.landingPage : undefined),
  product_set_id: () => undefined,
  url_tags: () => 'utm_source=meta',
}
