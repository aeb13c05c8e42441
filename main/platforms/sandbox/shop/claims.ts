/**
 * What the three platforms come to report, taken apart into single conversions: the counts are the worlds' own, looked at from so far in
 * the future that nothing is missing. Only accounts of the shop itself: a client's account sells somebody else's goods.
 */
import type { Platform } from '../../../../shared/domain/ids.ts'
import { dayDate } from '../calendar.ts'
import { leafConversions, leafDay } from '../google/metrics.ts'
import type { Leaf } from '../google/types.ts'
import { adDay as metaAdDay, PIXEL_PURCHASE, SHOP_PURCHASE, VALUE } from '../meta/metrics.ts'
import { mix, unit } from '../random.ts'
import { adDay as tiktokAdDay } from '../world-metrics.ts'
import { DAY_MS, midnight } from './days.ts'
import { priceInCents, purposeOf } from './markets.ts'
import type { ClaimKind, ClaimOrigin, ClaimWindow, ShopClaim, ShopModel, ShopWorlds } from './types.ts'

/** Days after which no platform adds to a day any more. */
const LONG_AFTER_DAYS = 400
const MINUTE_MS = 60_000
/** Nothing is claimed later than this after the ad. */
export const LONGEST_LAG_DAYS = 30

interface Day {
  readonly seed: number
  readonly day: number
  readonly model: ShopModel
  readonly claims: ShopClaim[]
}

interface Account {
  readonly timeZone: string
  readonly currency: string
}

interface Found {
  readonly key: number
  readonly kind: ClaimKind
  readonly window: ClaimWindow
  readonly centi: number
  readonly valueMicros: number
  readonly isPurchase: boolean
  readonly isInApp: boolean
  /** Of platforms that tell it: part of the day, and days to the order. */
  readonly fixed?: { readonly moment: number; readonly lagDays: number }
}

/** Share of the claimed purchases that no shop has: modelled ones, and events of tests and reloaded thank-you pages. */
const INVENTED: Readonly<Record<Platform, number>> = { google_ads: 0.05, meta: 0.08, tiktok: 0.1 }
/** Of views far more: whoever was going to buy anyway has seen an ad somewhere. */
const INVENTED_VIEWS = 0.4

/** Few people click ads at night. */
const dayPart = (draw: number): number => (draw < 0.12 ? draw * 2.5 : 0.3 + ((draw - 0.12) / 0.88) * 0.7)

const LAGS: Readonly<Record<ClaimWindow, readonly [from: number, to: number, shape: number]>> = {
  '1d': [0, 1, 2.2],
  '7d': [1, 7, 1.6],
  late: [7, 28, 1.4],
}

function nothingBehind({ seed, model }: Day, platform: Platform, found: Found): ShopClaim['nothingBehind'] {
  if (!found.isPurchase) return 'not_a_purchase'
  const share = (found.kind === 'view' ? INVENTED_VIEWS : INVENTED[platform]) * model.inventedFactor
  if (unit(seed, found.key, 1) >= share) return undefined
  return unit(seed, found.key, 2) < 0.75 ? 'modelled' : 'test_event'
}

function add(day: Day, account: Account, origin: ClaimOrigin, found: Found): void {
  const { seed } = day
  const { key, kind, fixed } = found
  const dayStartMs = midnight(day.day, account.timeZone)
  const dayEndMs = midnight(day.day + 1, account.timeZone)
  const [from, to, shape] = LAGS[found.window]
  const [lagFrom, lagTo] = fixed === undefined ? [from, to] : [Math.floor(fixed.lagDays), Math.floor(fixed.lagDays) + 1]
  const part = fixed?.moment ?? dayPart(unit(seed, key, 3))
  const lagDays = fixed?.lagDays ?? from + (to - from) * unit(seed, key, 4) ** shape
  const atMs = Math.floor(dayStartMs + part * (dayEndMs - dayStartMs))
  day.claims.push({
    ...origin,
    key,
    kind,
    window: found.window,
    date: dayDate(day.day),
    dayStartMs,
    dayEndMs,
    atMs,
    isFixed: fixed !== undefined,
    lagFromMs: lagFrom * DAY_MS,
    lagToMs: lagTo * DAY_MS,
    // A minute at least to fill in the address, and never just at an end of a window.
    orderAtMs: Math.floor(
      atMs + Math.min(Math.max(lagDays * DAY_MS, lagFrom * DAY_MS + MINUTE_MS), lagTo * DAY_MS - MINUTE_MS),
    ),
    centi: found.centi,
    currency: account.currency,
    valueMicros: found.valueMicros,
    orderCents: priceInCents((found.valueMicros * 100) / found.centi, account.currency),
    isInApp: found.isInApp,
    nothingBehind: nothingBehind(day, origin.platform, found),
  })
}

const leavesOf = (campaign: ShopWorlds['google']['customers'][number]['campaigns'][number]): readonly Leaf[] => [
  ...campaign.assetGroups,
  ...campaign.adGroups.flatMap((group) => group.ads),
]

function googleClaims(day: Day, world: ShopWorlds['google']): void {
  const date = dayDate(day.day)
  const nowDay = day.day + LONG_AFTER_DAYS
  for (const customer of world.customers) {
    const context = { ...world.metrics(customer), now: { date: dayDate(nowDay), minuteOfDay: 0 }, nowDay }
    for (const campaign of customer.campaigns)
      for (const leaf of leavesOf(campaign)) {
        const events = leafConversions(context, leaf, date, day.day)
        const views = leafDay(context, leaf, date, day.day)?.viewThrough ?? 0
        if (events.length + views === 0) continue
        const origin: ClaimOrigin = {
          platform: 'google_ads',
          accountId: customer.id,
          campaignId: campaign.id,
          campaignName: campaign.name,
          adId: leaf.id,
          purpose: purposeOf(campaign.name, campaign.channel),
        }
        for (const [index, event] of events.entries()) {
          if (!event.isPrimary) continue
          add(day, customer, origin, {
            key: mix(day.seed, 61, leaf.key, day.day, index),
            kind: event.isEngagedView ? 'engaged_view' : 'click',
            window: event.lagDays < 1 ? '1d' : event.lagDays < 7 ? '7d' : 'late',
            centi: event.centi,
            valueMicros: event.valueMicros,
            isPurchase: context.actions[event.action]?.hasValue ?? false,
            isInApp: false,
            fixed: { moment: event.moment, lagDays: event.lagDays },
          })
        }
        for (let index = 0; index < views; index += 1)
          add(day, customer, origin, {
            key: mix(day.seed, 62, leaf.key, day.day, index),
            kind: 'view',
            window: '1d',
            centi: 100,
            // Google gives view-through conversions no value.
            valueMicros: 0,
            isPurchase: true,
            isInApp: false,
          })
      }
  }
}

/** Places of the counts within a kind of event, and what each more than the one before it means. */
const META_COUNTS: readonly (readonly [
  place: number,
  within: number | undefined,
  kind: ClaimKind,
  window: ClaimWindow,
])[] = [
  [0, undefined, 'click', '1d'],
  [1, 0, 'click', '7d'],
  [2, 1, 'click', 'late'],
  [3, undefined, 'view', '1d'],
  [4, undefined, 'engaged_view', '1d'],
]

function metaClaims(day: Day, world: ShopWorlds['meta']): void {
  for (const account of world.accounts) {
    if (account.relation !== 'owned') continue
    const context = { ...world.context(account), now: { day: day.day + LONG_AFTER_DAYS, minuteOfDay: 0 } }
    for (const campaign of account.campaigns)
      for (const ad of campaign.adSets.flatMap((adSet) => adSet.ads)) {
        const totals = metaAdDay(context, ad, day.day)
        if (totals === undefined) continue
        const origin: ClaimOrigin = {
          platform: 'meta',
          accountId: account.id,
          campaignId: campaign.id,
          campaignName: campaign.name,
          adId: ad.id,
          purpose: purposeOf(campaign.name),
        }
        for (const at of [PIXEL_PURCHASE, SHOP_PURCHASE])
          for (const [place, within, kind, window] of META_COUNTS) {
            const all = totals[at + place] ?? 0
            const count = all - (within === undefined ? 0 : (totals[at + within] ?? 0))
            const eachMinor = all === 0 ? 0 : (totals[at + VALUE + place] ?? 0) / all
            for (let index = 0; index < count; index += 1)
              add(day, account, origin, {
                key: mix(day.seed, 63, ad.key, day.day, at, place, index),
                kind,
                window,
                centi: 100,
                valueMicros: (eachMinor * 1e6) / account.offset,
                isPurchase: true,
                isInApp: at === SHOP_PURCHASE,
              })
          }
      }
  }
}

function tiktokClaims(day: Day, world: ShopWorlds['tiktok']): void {
  const date = dayDate(day.day)
  const { anchorDate, anomalies } = world
  const now = { date: dayDate(day.day + LONG_AFTER_DAYS), minuteOfDay: 0 }
  const context = { seed: world.seed, anchorDate, anomalies, now }
  for (const advertiser of world.advertisers)
    for (const campaign of advertiser.campaigns)
      for (const group of campaign.adGroups)
        for (const ad of group.ads) {
          const totals = tiktokAdDay(context, ad, date)
          const counts = [
            [totals.clickConversions, totals.clickValueMinor, 'click'],
            [totals.viewConversions, totals.viewValueMinor, 'view'],
            [totals.engagedViewConversions, totals.engagedViewValueMinor, 'engaged_view'],
          ] as const
          const origin: ClaimOrigin = {
            platform: 'tiktok',
            accountId: advertiser.id,
            campaignId: campaign.id,
            campaignName: campaign.name,
            adId: ad.id,
            purpose: purposeOf(campaign.name),
          }
          for (const [place, [count, valueMinor, kind]] of counts.entries())
            for (let index = 0; index < count; index += 1) {
              const key = mix(day.seed, 64, ad.key, day.day, place, index)
              const isShort = kind !== 'click' || group.clickWindow === 'ONE_DAY' || unit(day.seed, key, 5) < 0.68
              add(day, advertiser, origin, {
                key,
                kind,
                window: isShort ? '1d' : '7d',
                centi: 100,
                valueMicros: (valueMinor / count) * 10 ** (6 - advertiser.decimals),
                isPurchase: true,
                isInApp: false,
              })
            }
        }
}

/** Everything that the platforms come to claim of ads seen or clicked on one calendar day of each account. `day`: since 1970-01-01. */
export function claimsOfDay(seed: number, worlds: ShopWorlds, model: ShopModel, day: number): readonly ShopClaim[] {
  const part: Day = { seed, day, model, claims: [] }
  googleClaims(part, worlds.google)
  metaClaims(part, worlds.meta)
  tiktokClaims(part, worlds.tiktok)
  return part.claims
}
