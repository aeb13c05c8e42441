/** Which of the visits before an order the shop has kept, and how much of each. Pure and seeded. Never shows a view. */
import type { Platform } from '../../../../shared/domain/ids.ts'
import { mix, unit } from '../random.ts'
import type { Interaction, OrderSource, ShopModel, ShopTouch } from './types.ts'

/** Shares of clicks that arrive with their id, with tags only (no consent, in-app browsers), and leave no trace (the rest). */
const KEPT: Readonly<Record<Platform, { readonly withId: number; readonly tagsOnly: number }>> = {
  google_ads: { withId: 0.82, tagsOnly: 0.08 },
  meta: { withId: 0.68, tagsOnly: 0.17 },
  tiktok: { withId: 0.6, tagsOnly: 0.2 },
}
/** Of the ids kept without the time of the visit. */
const UNDATED = 0.03
const GBRAID = 0.05
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function token(length: number, ...parts: readonly number[]): string {
  let text = ''
  for (let index = 0; text.length < length; index += 1) {
    let bits = mix(...parts, index)
    for (let letter = 0; letter < 5 && text.length < length; letter += 1) {
      text += LETTERS[bits & 63] ?? ''
      bits >>>= 6
    }
  }
  return text
}

function clickIdOf(platform: Platform, seed: number, key: number): Pick<ShopTouch, 'idType' | 'clickId'> {
  if (platform === 'meta') return { idType: 'fbclid', clickId: `IwZXh0bg${token(30, seed, key, 301)}` }
  if (platform === 'tiktok') return { idType: 'ttclid', clickId: `E.C.P.${token(32, seed, key, 302)}` }
  if (unit(seed, key, 303) < GBRAID) return { idType: 'gbraid', clickId: `0AAAAA${token(24, seed, key, 304)}` }
  return { idType: 'gclid', clickId: `Cj0KCQ${token(34, seed, key, 305)}` }
}

const TAGS: Readonly<Record<Platform, readonly (readonly [source: string, medium: string])[]>> = {
  google_ads: [['google', 'cpc']],
  meta: [
    ['facebook', 'paid_social'],
    ['instagram', 'paid_social'],
  ],
  tiktok: [['tiktok', 'paid_social']],
}

function touchOf(seed: number, model: ShopModel, key: number, interaction: Interaction): ShopTouch | undefined {
  const { platform, campaignName, atMs } = interaction
  if (interaction.kind !== 'click' || interaction.isInApp) return undefined
  const kept = KEPT[platform]
  const lost = Math.min(1, (1 - kept.withId - kept.tagsOnly) * model.lostFactor)
  const draw = unit(seed, key, 306)
  if (draw < lost) return undefined
  // What is not lost keeps the usual mix of ids and tags.
  const hasId = (draw - lost) / (1 - lost) < kept.withId / (kept.withId + kept.tagsOnly)
  const tags = TAGS[platform]
  const [utmSource, utmMedium] = tags[mix(seed, key, 307) % tags.length] ?? ['', '']
  return {
    platform,
    ...(hasId ? clickIdOf(platform, seed, key) : { idType: null, clickId: null }),
    // Shops keep whole seconds.
    atMs: hasId && unit(seed, key, 308) < UNDATED ? null : atMs - (atMs % 1000),
    utmSource,
    utmMedium,
    utmCampaign: campaignName,
  }
}

const OWN_VISITS: Readonly<Partial<Record<OrderSource, readonly [source: string, medium: string]>>> = {
  email: ['newsletter', 'email'],
  organic_search: ['google', 'organic'],
  referral: ['wandermagazin.example', 'referral'],
}

/** The visits that the shop can tell, oldest first; those without a time come first. */
export function touchesOf(
  seed: number,
  model: ShopModel,
  order: {
    readonly key: number
    readonly atMs: number
    readonly interactions: readonly Interaction[]
    readonly source: OrderSource
    readonly hasNewsletter: boolean
  },
): readonly ShopTouch[] {
  const touches = order.interactions.flatMap((interaction, index) => {
    const touch = touchOf(seed, model, mix(seed, order.key, 309, index), interaction)
    return touch === undefined ? [] : [touch]
  })
  const own = order.hasNewsletter ? OWN_VISITS.email : OWN_VISITS[order.source]
  if (own !== undefined) {
    const atMs = order.atMs - 60_000 - Math.floor(3_600_000 * unit(seed, order.key, 310))
    const [utmSource, utmMedium] = own
    touches.push({
      platform: null,
      idType: null,
      clickId: null,
      atMs: atMs - (atMs % 1000),
      utmSource,
      utmMedium,
      utmCampaign: order.hasNewsletter ? 'newsletter' : null,
    })
  }
  return touches.toSorted((left, right) => (left.atMs ?? 0) - (right.atMs ?? 0))
}
