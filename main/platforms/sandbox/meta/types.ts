/** The shapes of the Meta half of the sandbox. Mutable on purpose: it plays the platform's own database. */

export type MetaStatus = 'ACTIVE' | 'PAUSED' | 'ARCHIVED' | 'DELETED'
export const BID_STRATEGIES = [
  'LOWEST_COST_WITHOUT_CAP',
  'LOWEST_COST_WITH_BID_CAP',
  'COST_CAP',
  'LOWEST_COST_WITH_MIN_ROAS',
] as const
export type MetaBidStrategy = (typeof BID_STRATEGIES)[number]

/** From this local moment on, delivery is on or off. */
export interface SwitchPoint {
  /** Days since 1970-01-01. */
  readonly day: number
  readonly minuteOfDay: number
  readonly isOn: boolean
}

/** From the day after this one on, delivery follows this budget. */
export interface BudgetStep {
  readonly day: number
  readonly budgetMinor: number
}

interface Node {
  readonly id: string
  /** Small number unique in the world; feeds the seeded numbers so that ids stay cosmetic. */
  readonly key: number
  name: string
  status: MetaStatus
  switches: SwitchPoint[]
  readonly createdAtMs: number
  updatedAtMs: number
}

interface BudgetNode extends Node {
  /** Undefined: the budget sits on the other level. */
  readonly budgetKind: 'daily' | 'lifetime' | undefined
  /** Meta's minor units (its own offset table); 0 without a budget of its own. */
  budgetMinor: number
  readonly initialBudgetMinor: number
  budgetSteps: BudgetStep[]
  /** Moments of the last budget changes, for Meta's four per hour. */
  budgetChangesAtMs: number[]
}

export interface MetaBusiness {
  readonly id: string
  readonly name: string
}

export interface MetaAccount {
  readonly kind: 'account'
  /** Digits only; on the wire also "act_" + id. */
  readonly id: string
  readonly key: number
  readonly name: string
  readonly currency: string
  /** Meta's own minor units per main unit: 1 or 100, never ISO 4217's. */
  readonly offset: 1 | 100
  /** Main units of this currency that buy what one euro buys. */
  readonly euroRate: number
  readonly timeZone: string
  readonly timeZoneId: number
  /** 1 ACTIVE, 2 DISABLED … */
  status: number
  readonly disableReason: number
  readonly business: MetaBusiness
  /** How the user's business reaches it. */
  readonly relation: 'owned' | 'client'
  /** MANAGE, ADVERTISE, ANALYZE, DRAFT. */
  userTasks: readonly string[]
  readonly campaigns: MetaCampaign[]
  readonly pixels: MetaPixel[]
  readonly customConversions: MetaCustomConversion[]
  /** A shop on the platform itself: some purchases never touch the website. */
  readonly hasShop: boolean
}

export interface MetaCampaign extends BudgetNode {
  readonly kind: 'campaign'
  readonly account: MetaAccount
  readonly objective: string
  readonly buyingType: 'AUCTION' | 'RESERVED'
  /** Set when the budget is the campaign's (Advantage campaign budget, "CBO"). */
  bidStrategy: MetaBidStrategy | undefined
  /** "AUTOMATED_SHOPPING_ADS" (legacy, frozen) or undefined. */
  readonly smartPromotionType: string | undefined
  readonly isLegacyAdvantage: boolean
  readonly stopsAtMs: number | undefined
  readonly adSets: MetaAdSet[]
}

export interface AttributionSpec {
  readonly event_type: 'CLICK_THROUGH' | 'VIEW_THROUGH' | 'ENGAGED_VIDEO_VIEW'
  readonly window_days: number
}

export interface MetaAdSet extends BudgetNode {
  readonly kind: 'adset'
  readonly campaign: MetaCampaign
  /** Its own when the budget is its own; under CBO the campaign's counts. */
  bidStrategy: MetaBidStrategy
  bidMinor: number | undefined
  /** ROAS × 10000. */
  roasFloor: number | undefined
  readonly optimizationGoal: string
  readonly billingEvent: string
  readonly attribution: readonly AttributionSpec[]
  readonly targeting: Readonly<Record<string, unknown>>
  readonly pixelId: string | undefined
  /** Which event is a result: PURCHASE, LEAD or none. */
  readonly resultEvent: 'PURCHASE' | 'LEAD' | undefined
  readonly learning: { status: 'LEARNING' | 'SUCCESS' | 'FAIL'; conversions: number } | undefined
  readonly endsAtMs: number | undefined
  /** What a normal day spends, minor units. */
  readonly typicalSpendMinor: number
  readonly ads: MetaAd[]
}

export type Review = 'approved' | 'pending' | 'disapproved' | 'issues'

export interface MetaAd extends Node {
  readonly kind: 'ad'
  readonly adSet: MetaAdSet
  readonly creative: MetaCreative
  /** Part of the ad set's delivery, 0–1. */
  readonly share: number
  readonly review: Review
}

export type CreativeFormat = 'video' | 'image' | 'carousel' | 'asset_feed' | 'existing_post'

export interface MetaCreative {
  readonly kind: 'creative'
  readonly id: string
  readonly key: number
  readonly account: MetaAccount
  readonly name: string
  readonly format: CreativeFormat
  readonly text: string
  readonly landingPage: string
}

export interface MetaPixel {
  readonly kind: 'pixel'
  readonly id: string
  readonly key: number
  readonly account: MetaAccount
  readonly name: string
  readonly health: 'fresh' | 'stale' | 'never' | 'unavailable' | 'no_value'
  readonly createdAtMs: number
}

export interface MetaCustomConversion {
  readonly kind: 'custom_conversion'
  readonly id: string
  readonly account: MetaAccount
  readonly name: string
  readonly pixel: MetaPixel
  readonly isArchived: boolean
  readonly eventType: string
  readonly hasFired: boolean
}

export type MetaEntity = MetaCampaign | MetaAdSet | MetaAd
export type MetaObject = MetaEntity | MetaAccount | MetaCreative | MetaPixel | MetaCustomConversion

export interface MetaApplication {
  readonly id: string
  readonly name: string
}

/** One line of the account's change log. */
export interface MetaActivity {
  readonly accountId: string
  readonly atMs: number
  readonly eventType: string
  readonly actorName: string
  /** What it was done with; absent in files of before this was kept. */
  readonly application?: MetaApplication
  readonly objectId: string
  readonly objectName: string
  readonly extra: Readonly<Record<string, unknown>>
}
