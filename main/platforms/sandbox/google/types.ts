/**
 * The shapes of the sandbox's Google Ads world. Mutable on purpose: it plays the platform's own database.
 * Money is whole micros of the customer's currency, held as numbers: every limit of the sandbox lies below 2^53.
 */

export type Status = 'ENABLED' | 'PAUSED' | 'REMOVED'
export type Channel = 'SEARCH' | 'DISPLAY' | 'VIDEO' | 'PERFORMANCE_MAX' | 'DEMAND_GEN'

/** From this local moment on, delivery is on or off. */
export interface SwitchPoint {
  readonly date: string
  readonly minuteOfDay: number
  readonly isOn: boolean
}

/** From the day after this local day on, delivery follows this budget. */
export interface BudgetStep {
  readonly date: string
  readonly micros: number
}

export interface Customer {
  readonly kind: 'customer'
  readonly id: string
  readonly key: number
  readonly resourceName: string
  name: string
  readonly currency: string
  /** Smallest amount that can be billed: budgets and bids are multiples of it. */
  readonly billableUnitMicros: number
  readonly minimumDailyMicros: number
  /** Main units of this currency that buy what one euro buys, roughly. */
  readonly scale: number
  readonly timeZone: string
  status: 'ENABLED' | 'CANCELED' | 'SUSPENDED' | 'CLOSED'
  readonly isManager: boolean
  readonly isHidden: boolean
  readonly isTest: boolean
  /** The manager directly above. */
  readonly managerId: string | undefined
  readonly campaigns: Campaign[]
  readonly budgets: Budget[]
  readonly strategies: PortfolioStrategy[]
  readonly assets: Asset[]
  readonly conversionActions: ConversionAction[]
}

interface Node {
  readonly id: string
  /** Small number unique in the world; feeds the seeded numbers so that ids stay cosmetic. */
  readonly key: number
  readonly resourceName: string
  readonly customer: Customer
}

interface Switchable extends Node {
  status: Status
  switches: SwitchPoint[]
}

export interface Budget extends Node {
  readonly kind: 'campaignBudget'
  name: string | undefined
  readonly period: 'DAILY' | 'CUSTOM_PERIOD'
  amountMicros: number | undefined
  totalAmountMicros: number | undefined
  readonly initialMicros: number
  steps: BudgetStep[]
  readonly isShared: boolean
  status: 'ENABLED' | 'REMOVED'
  readonly recommendedMicros: number | undefined
}

/** One member of the oneof `campaign_bidding_strategy`, with its values by snake_case name. */
export interface Strategy {
  readonly member: string
  readonly values: Readonly<Record<string, number | boolean | string>>
}

export interface PortfolioStrategy extends Node {
  readonly kind: 'biddingStrategy'
  readonly name: string
  readonly type: string
  readonly targetMicros: number | undefined
}

/** What the platform says of a campaign's delivery beyond what follows from its switches. */
export interface DeliveryHint {
  readonly primaryStatus: 'LIMITED' | 'LEARNING' | 'MISCONFIGURED'
  readonly reasons: readonly string[]
  readonly systemStatus: string
}

export interface Campaign extends Switchable {
  readonly kind: 'campaign'
  name: string
  readonly channel: Channel
  readonly subType: string | undefined
  strategy: Strategy
  /** Day of the last change of the strategy; the platform learns for a week after it. */
  strategyChangedOn: string | undefined
  budget: Budget
  readonly startDate: string
  readonly endDate: string | undefined
  readonly hint: DeliveryHint | undefined
  /** What a normal day spends. */
  readonly typicalMicros: number
  readonly isMeasured: boolean
  readonly adGroups: AdGroup[]
  readonly assetGroups: AssetGroup[]
  readonly criteria: Criterion[]
}

export interface AdGroup extends Switchable {
  readonly kind: 'adGroup'
  name: string
  readonly campaign: Campaign
  readonly type: string
  /** Part of the campaign's delivery, 0–1. */
  readonly share: number
  cpcBidMicros: number | undefined
  cpmBidMicros: number | undefined
  cpvBidMicros: number | undefined
  targetCpaMicros: number | undefined
  targetRoas: number | undefined
  readonly ads: Ad[]
  readonly criteria: Criterion[]
}

/** The platform's review of one ad. */
export interface PolicySummary {
  readonly approval: 'APPROVED' | 'APPROVED_LIMITED' | 'DISAPPROVED' | 'AREA_OF_INTEREST_ONLY' | 'UNKNOWN'
  readonly review: 'REVIEWED' | 'REVIEW_IN_PROGRESS'
  readonly topics: readonly { readonly topic: string; readonly type: string }[]
}

export interface AssetUse {
  readonly asset: Asset
  readonly fieldType: string
  readonly label: string
}

export interface Ad extends Switchable {
  readonly kind: 'adGroupAd'
  readonly adGroup: AdGroup
  readonly type: string
  readonly name: string | undefined
  readonly finalUrl: string
  readonly headlines: readonly string[]
  readonly descriptions: readonly string[]
  readonly businessName: string
  /** Part of the ad group's delivery, 0–1. */
  readonly share: number
  readonly policy: PolicySummary
  readonly strength: string
  readonly uses: readonly AssetUse[]
}

/** Performance Max: what a campaign has instead of ad groups and ads. */
export interface AssetGroup extends Switchable {
  readonly kind: 'assetGroup'
  readonly campaign: Campaign
  readonly name: string
  readonly finalUrl: string
  readonly share: number
  readonly uses: readonly AssetUse[]
}

export interface Asset extends Node {
  readonly kind: 'asset'
  readonly name: string
  readonly type: 'IMAGE' | 'YOUTUBE_VIDEO' | 'TEXT'
  readonly text: string | undefined
  readonly youtubeId: string | undefined
  readonly width: number
  readonly height: number
}

export interface Criterion extends Node {
  readonly kind: 'adGroupCriterion' | 'campaignCriterion'
  readonly campaign: Campaign
  readonly adGroup: AdGroup | undefined
  readonly type: string
  readonly isNegative: boolean
  status: Status
  bidModifier: number | undefined
  cpcBidMicros: number | undefined
  /** Values of the criterion's own message by snake_case path: "age_range.type" → "AGE_RANGE_25_34". */
  readonly values: Readonly<Record<string, string>>
}

export interface ConversionAction extends Node {
  readonly kind: 'conversionAction'
  readonly name: string
  status: 'ENABLED' | 'REMOVED' | 'HIDDEN'
  readonly type: string
  readonly category: string
  readonly isPrimary: boolean
  readonly clickDays: number
  readonly viewDays: number
  /** Undefined where the action brings its own values. */
  readonly defaultValue: number | undefined
  /** Part of the account's conversions; 0 for an action that is not delivering. */
  readonly share: number
  /** Days since it last received anything; undefined when it never did. */
  readonly lastReceivedDaysAgo: number | undefined
}

/** What delivers and is measured: an ad, or an asset group of a Performance Max campaign. */
export type Leaf = Ad | AssetGroup

export type Editable = Budget | Campaign | AdGroup | Ad | AssetGroup | Criterion

export interface ChangeEvent {
  readonly serial: number
  readonly atMs: number
  readonly customerId: string
  readonly userEmail: string
  readonly clientType: string
  readonly resourceType: string
  readonly resourceName: string
  readonly operation: 'UPDATE' | 'REMOVE'
  /** snake_case paths. */
  readonly changedFields: readonly string[]
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
  readonly campaign: string | undefined
  readonly adGroup: string | undefined
}
