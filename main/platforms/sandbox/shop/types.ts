/** The shapes of the shop behind the platforms' accounts. Money is whole cents of the shop's currency, held as numbers far below 2^53. */
import type { Clock } from '../../../../shared/clock.ts'
import type { Platform } from '../../../../shared/domain/ids.ts'
import type { GoogleWorld } from '../google/world.ts'
import type { MetaWorld } from '../meta/world.ts'
import type { World } from '../world.ts'

export const SHOP_CURRENCY = 'EUR'
export const SHOP_ZONE = 'Europe/Berlin'

export interface ShopWorlds {
  readonly google: GoogleWorld
  readonly meta: MetaWorld
  readonly tiktok: World
}

export interface ShopOptions {
  /** Same seed and worlds, same orders. */
  readonly seed: number
  readonly clock: Clock
  readonly worlds: ShopWorlds
  /** How people and trackers behave; the usual unless told. For tests that ask how far a finding carries. */
  readonly model?: Partial<ShopModel>
}

/** What nobody outside the sandbox knows. Shares from 0 to 1. */
export interface ShopModel {
  /** How strongly people come by themselves, beside a fresh click on an ad for strangers, which has 1. */
  readonly ownWillWeight: number
  /** Factor on the share of clicks of which the shop keeps no trace. */
  readonly lostFactor: number
  /** Factor on the share of claims that join an order which another platform claims too. */
  readonly contestFactor: number
  /** Factor on the share of claims that belong to no order. */
  readonly inventedFactor: number
  /** Factor on the orders that no ad had anything to do with. */
  readonly organicFactor: number
}

/** What a campaign is for: decides how much of what it claims it brought about. */
export type Purpose = 'strangers' | 'search' | 'catalog' | 'known_visitors' | 'own_name'

/** Where a claim comes from. */
export interface ClaimOrigin {
  readonly platform: Platform
  /** The platform's own ids. */
  readonly accountId: string
  readonly campaignId: string
  readonly campaignName: string
  readonly adId: string
  readonly purpose: Purpose
}

export type ClaimKind = 'click' | 'engaged_view' | 'view'
/** The platform's window it falls into; `late` lies beyond seven days. */
export type ClaimWindow = '1d' | '7d' | 'late'

/** One conversion that a platform reports of an ad and day once all of it has come in. */
export interface ShopClaim extends ClaimOrigin {
  /** Stable number of this claim; feeds the seeded draws. */
  readonly key: number
  readonly kind: ClaimKind
  readonly window: ClaimWindow
  /** Day of the ad interaction in the account's zone. */
  readonly date: string
  readonly dayStartMs: number
  readonly dayEndMs: number
  /** Moment of the interaction; of a claim that is not fixed, any other moment of its day is as true. */
  readonly atMs: number
  /** The platform tells the lag, so the moment cannot move. */
  readonly isFixed: boolean
  readonly lagFromMs: number
  readonly lagToMs: number
  readonly orderAtMs: number
  /** Hundredths of a conversion: Google shares some between campaigns. */
  readonly centi: number
  readonly currency: string
  /** What the platform reports as its value, in micros of the account's currency. */
  readonly valueMicros: number
  /** What the whole order is worth going by this claim. */
  readonly orderCents: number
  /** Bought inside the platform's app: there is no visit to the shop. */
  readonly isInApp: boolean
  /** Why there is no order behind it; undefined where there is one. */
  readonly nothingBehind: 'not_a_purchase' | 'modelled' | 'test_event' | undefined
}

/** A claim and the order it belongs to. */
export interface SettledClaim extends ShopClaim {
  readonly orderId: string | undefined
}

/** What really happened before an order, whether anybody noticed or not. */
export interface Interaction extends ClaimOrigin {
  readonly kind: ClaimKind
  readonly atMs: number
  /** The platform claims the order for it. */
  readonly isClaimed: boolean
  readonly isInApp: boolean
}

/** A visit as the shop sees it. Views never show in a shop. */
export interface ShopTouch {
  /** Null where the visit came without a paid ad. */
  readonly platform: Platform | null
  readonly idType: 'gclid' | 'gbraid' | 'fbclid' | 'ttclid' | null
  readonly clickId: string | null
  /** Null where the shop kept no time. */
  readonly atMs: number | null
  readonly utmSource: string | null
  readonly utmMedium: string | null
  readonly utmCampaign: string | null
}

export type OrderSource = 'ads' | 'views' | 'direct' | 'organic_search' | 'email' | 'referral'

export interface ShopOrder {
  /** As the shop writes it: "#250981234". */
  readonly orderId: string
  readonly atMs: number
  /** Last change: a refund, or the order itself. */
  readonly updatedAtMs: number
  /** Calendar day in the shop's zone. */
  readonly date: string
  readonly currency: string
  readonly totalCents: number
  readonly refundedCents: number
  /** 0 for cancelled and refunded ones. */
  readonly netCents: number
  readonly isCancelled: boolean
  readonly isTest: boolean
  /** Stands twice in an export. */
  readonly isExportedTwice: boolean
  readonly market: string
  readonly touches: readonly ShopTouch[]
  readonly truth: {
    /** The campaign without which the order would not have come; null: it would have come anyway. */
    readonly cause: ClaimOrigin | null
    readonly interactions: readonly Interaction[]
    readonly source: OrderSource
  }
}

export interface Shop {
  /** Today in the shop's zone. */
  today(): string
  /** Orders placed from `startDate` to `endDate` (calendar days of the shop, both ends in) and not after now, oldest first. */
  orders(startDate: string, endDate: string): readonly ShopOrder[]
  /** What the platforms come to claim of ads seen or clicked in these days (the accounts' calendars), with the order behind each. */
  claims(startDate: string, endDate: string): readonly SettledClaim[]
  /** The same orders as Shopify exports them: UTF-8, comma, LF, a row per line item, oldest first. No personal data. */
  shopifyCsv(startDate: string, endDate: string): string
  /** The same text in pieces of a few milliseconds' work, for callers that must not hold up a window. */
  shopifyParts(startDate: string, endDate: string): Generator<string>
}
