/** The sandbox's shop without a wire: three worlds of one seed, and what their platforms report of a period, by campaign and day. */
import { addDays } from '../../main/platforms/sandbox/calendar.ts'
import { leafConversions } from '../../main/platforms/sandbox/google/metrics.ts'
import { createGoogleWorld, type GoogleWorld } from '../../main/platforms/sandbox/google/world.ts'
import { PIXEL_PURCHASE, SHOP_PURCHASE, VALUE } from '../../main/platforms/sandbox/meta/metrics.ts'
import { createMetaWorld, type MetaWorld } from '../../main/platforms/sandbox/meta/world.ts'
import { createShop, type Shop, type ShopModel } from '../../main/platforms/sandbox/shop/index.ts'
import { createWorld, type World } from '../../main/platforms/sandbox/world.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Platform } from '../../shared/domain/ids.ts'

export interface ShopRig {
  readonly worlds: { readonly google: GoogleWorld; readonly meta: MetaWorld; readonly tiktok: World }
  readonly shop: Shop
  /** The same worlds with people who behave otherwise. */
  shopWith(model: Partial<ShopModel>): Shop
}

export function shopRig(seed: number, clock: Clock, size: 'small' | 'demo' = 'small'): ShopRig {
  const options = { seed, clock, size }
  const worlds = { google: createGoogleWorld(options), meta: createMetaWorld(options), tiktok: createWorld(options) }
  const shopWith = (model: Partial<ShopModel>): Shop => createShop({ seed, clock, worlds, model })
  return { worlds, shop: shopWith({}), shopWith }
}

/** What one campaign of one day is reported with: conversions by 7-day click in millionths, their value in micros of the currency. */
export interface Reported {
  readonly platform: Platform
  readonly accountId: string
  readonly campaignId: string
  readonly date: string
  readonly currency: string
  readonly conversionMicros: number
  readonly valueMicros: number
}
export type Sum = Pick<Reported, 'platform' | 'currency' | 'conversionMicros' | 'valueMicros'>

/** As the platforms' reports say it now. Only the shop's own accounts; rows of nothing are left out. */
export function reportedBy({ worlds }: Pick<ShopRig, 'worlds'>, startDate: string, endDate: string): Reported[] {
  const rows: Reported[] = []
  for (let date = startDate; date <= endDate; date = addDays(date, 1))
    rows.push(...googleRows(worlds.google, date), ...metaRows(worlds.meta, date), ...tiktokRows(worlds.tiktok, date))
  return rows.filter((row) => row.conversionMicros + row.valueMicros > 0)
}

/** Of Google's conversions those up to seven days after the ad, as the lag buckets tell them. */
function googleRows(world: GoogleWorld, date: string): Reported[] {
  const day = Date.parse(`${date}T00:00:00Z`) / 86_400_000
  return world.customers.flatMap((customer) => {
    const context = world.metrics(customer)
    return customer.campaigns.map((campaign): Reported => {
      let centi = 0
      let valueMicros = 0
      for (const leaf of [...campaign.assetGroups, ...campaign.adGroups.flatMap(({ ads }) => ads)])
        for (const event of leafConversions(context, leaf, date, day)) {
          if (!event.isPrimary || event.lagDays >= 7) continue
          centi += event.centi
          valueMicros += event.valueMicros
        }
      const { id: accountId, currency } = customer
      return {
        platform: 'google_ads',
        accountId,
        campaignId: campaign.id,
        date,
        currency,
        conversionMicros: centi * 10_000,
        valueMicros,
      }
    })
  })
}

function metaRows(world: MetaWorld, date: string): Reported[] {
  return world.accounts
    .filter(({ relation }) => relation === 'owned')
    .flatMap((account) =>
      account.campaigns.map((campaign): Reported => {
        const day = world.day(campaign, date)
        const of = (offset: number) => (day?.[PIXEL_PURCHASE + offset] ?? 0) + (day?.[SHOP_PURCHASE + offset] ?? 0)
        return {
          platform: 'meta',
          accountId: account.id,
          campaignId: campaign.id,
          date,
          currency: account.currency,
          conversionMicros: of(1) * 1_000_000,
          valueMicros: (of(VALUE + 1) * 1_000_000) / account.offset,
        }
      }),
    )
}

function tiktokRows(world: World, date: string): Reported[] {
  return world.advertisers.flatMap((advertiser) =>
    advertiser.campaigns.map((campaign): Reported => {
      const day = world.day(campaign, date)
      return {
        platform: 'tiktok',
        accountId: advertiser.id,
        campaignId: campaign.id,
        date,
        currency: advertiser.currency,
        conversionMicros: day.clickConversions * 1_000_000,
        valueMicros: day.clickValueMinor * 10 ** (6 - advertiser.decimals),
      }
    }),
  )
}
