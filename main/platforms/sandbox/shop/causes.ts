/**
 * Who really caused an order. This is the world's secret: it knows every interaction, also those that nobody noticed, and nothing of the
 * rules by which anybody credits orders. An order is caused by one interaction or by the shopper's own will, with chances in proportion to
 * how strongly each pulls: what the campaign is for, whether the ad was clicked or only seen, how long ago, and luck.
 *
 * The weights were set once, after what public field experiments agree on, and not by what comes out of a comparison: ads on the own name
 * bring next to nobody who would not have come, ads to people who were just in the shop bring few, and of those who click an ad for
 * strangers a good part would not have come without it.
 */
import { unit } from '../random.ts'
import type { ClaimOrigin, Interaction, OrderSource, Purpose, ShopModel } from './types.ts'
import { DAY_MS } from './days.ts'

const CLICK_WEIGHT: Readonly<Record<Purpose, number>> = {
  strangers: 1,
  search: 0.8,
  catalog: 0.6,
  known_visitors: 0.2,
  own_name: 0.08,
}
const KIND_FACTOR: Readonly<Record<Interaction['kind'], number>> = { click: 1, engaged_view: 0.35, view: 0.15 }
/** Days in which the fading part of an impression halves; some of it stays. */
const HALF_LIFE_DAYS = 3
const LASTING = 0.4
const LUCK = 0.6
const OWN_LUCK = 0.5
/** Who bought here before comes back more easily. */
const REGULARS = 0.35
const REGULAR_FACTOR = 2
const NEWSLETTER_FACTOR = 1.5

/** e to a normal draw of that spread. */
function luck(spread: number, ...parts: readonly number[]): number {
  const normal = Math.sqrt(-2 * Math.log(1 - unit(...parts, 1))) * Math.cos(2 * Math.PI * unit(...parts, 2))
  return Math.exp(spread * normal)
}

/** @returns the campaign that caused the order, or null when it would have come anyway */
export function causeOf(
  seed: number,
  model: ShopModel,
  order: {
    readonly key: number
    readonly atMs: number
    readonly interactions: readonly Interaction[]
    readonly source: OrderSource
    readonly hasNewsletter: boolean
  },
): ClaimOrigin | null {
  const { key, interactions } = order
  if (interactions.length === 0) return null
  const isRegular = unit(seed, key, 201) < REGULARS
  const own =
    model.ownWillWeight *
    (isRegular ? REGULAR_FACTOR : 1) *
    (order.hasNewsletter ? NEWSLETTER_FACTOR : 1) *
    luck(OWN_LUCK, seed, key, 202)
  const weights = interactions.map(({ purpose, kind, atMs }, index) => {
    const ageDays = (order.atMs - atMs) / DAY_MS
    const fresh = LASTING + (1 - LASTING) * 2 ** (-ageDays / HALF_LIFE_DAYS)
    return CLICK_WEIGHT[purpose] * KIND_FACTOR[kind] * fresh * luck(LUCK, seed, key, 203, index)
  })
  const total = weights.reduce((sum, weight) => sum + weight, own)
  let draw = unit(seed, key, 204) * total
  for (const [index, interaction] of interactions.entries()) {
    draw -= weights[index] ?? 0
    if (draw >= 0) continue
    const { platform, accountId, campaignId, campaignName, adId, purpose } = interaction
    return { platform, accountId, campaignId, campaignName, adId, purpose }
  }
  return null
}
