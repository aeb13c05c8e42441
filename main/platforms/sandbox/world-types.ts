/** The shapes of the sandbox world. Mutable on purpose: it plays the platform's own database. */

/** How large the shop is: `small` for tests, `demo` for a believable account. */
export type WorldSize = 'small' | 'demo'

export type OperationStatus = 'ENABLE' | 'DISABLE' | 'DELETE'
export type BudgetMode =
  | 'BUDGET_MODE_DAY'
  | 'BUDGET_MODE_TOTAL'
  | 'BUDGET_MODE_INFINITE'
  | 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET'

/** From this local moment on, delivery is on or off. */
export interface SwitchPoint {
  readonly date: string
  readonly minuteOfDay: number
  readonly isOn: boolean
}

/** From this local day on, delivery follows this budget. */
export interface BudgetStep {
  readonly date: string
  readonly budgetMinor: number
}

interface Node {
  readonly id: string
  /** Small number unique in the world; feeds the seeded numbers so that ids stay cosmetic. */
  readonly key: number
  name: string
  operationStatus: OperationStatus
  switches: SwitchPoint[]
  readonly createdAtMs: number
  modifiedAtMs: number
}

interface BudgetNode extends Node {
  readonly budgetMode: BudgetMode
  /** Currency's smallest units; 0 without a budget of its own. */
  budgetMinor: number
  readonly initialBudgetMinor: number
  budgetSteps: BudgetStep[]
}

export interface SandboxAdvertiser {
  readonly id: string
  readonly name: string
  readonly currency: string
  /** Decimals of the currency. */
  readonly decimals: number
  /** TikTok's factor on the US-dollar minimum budgets. */
  readonly minimumRatio: number
  readonly timeZone: string
  /** The fixed-offset spelling that TikTok answers in `timezone`. */
  readonly offsetZone: string
  readonly balanceMinor: number
  /** TikTok's word for its state: "STATUS_ENABLE", or "STATUS_LIMIT" for one that may not deliver. */
  readonly status: string
  /** The Business Center it is under, and what the token's owner may do there. */
  readonly businessCenter: SandboxBusinessCenter | undefined
  readonly pixels: readonly SandboxPixel[]
  readonly campaigns: SandboxCampaign[]
}

export interface SandboxBusinessCenter {
  readonly id: string
  readonly name: string
  /** "ADMIN", "OPERATOR" or "ANALYST" (may only look). */
  readonly role: string
}

export interface SandboxPixel {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly createdAtMs: number
  /** What arrives: events every day, none any more, none ever, or only test events. */
  readonly traffic: 'lively' | 'fell_silent' | 'never' | 'test_only'
}

export interface SandboxCampaign extends BudgetNode {
  readonly kind: 'campaign'
  readonly advertiser: SandboxAdvertiser
  readonly objective: string
  /** SMART_PLUS is the older kind, which neither the classic nor the new Smart+ endpoints write. */
  readonly automation: 'MANUAL' | 'UPGRADED_SMART_PLUS' | 'SMART_PLUS'
  readonly isCbo: boolean
  readonly adGroups: SandboxAdGroup[]
}

export interface SandboxAdGroup extends BudgetNode {
  readonly kind: 'ad_group'
  readonly campaign: SandboxCampaign
  /** What a normal day spends, smallest units. */
  readonly typicalSpendMinor: number
  readonly isMeasured: boolean
  readonly optimizationGoal: string
  readonly clickWindow: string
  readonly viewWindow: string
  readonly billingEvent: 'OCPM' | 'CPC' | 'CPM' | 'CPV'
  bidType: BidType
  /** Under OCPM the average cost per result to stay under, else the highest bid; 0 without one. */
  bidMinor: number
  /** Hundredths of the lowest return to accept; 0 without one. */
  roasHundredths: number
  scheduled: BudgetStep | undefined
  readonly ends: string | undefined
  /** Its last day is over. */
  readonly isDone: boolean
  readonly targeting: SandboxTargeting
  readonly ads: SandboxAd[]
}

export type BidType = 'BID_TYPE_CUSTOM' | 'BID_TYPE_NO_BID'

/** Whom an ad group is shown to, in TikTok's ids and words. */
export interface SandboxTargeting {
  readonly locationIds: readonly string[]
  readonly ageGroups: readonly string[]
  readonly gender: string
  readonly languages: readonly string[]
  readonly interestIds: readonly string[]
  readonly actions: readonly {
    readonly scene: string
    readonly period: number
    readonly categoryIds: readonly string[]
  }[]
  readonly audienceIds: readonly string[]
  readonly excludedAudienceIds: readonly string[]
  readonly placementType: string
  readonly placements: readonly string[]
  readonly operatingSystems: readonly string[]
}

/** What an update of a bid may change. */
export interface BidEdit {
  readonly bidType?: BidType
  readonly bidMinor?: number
  readonly roasHundredths?: number
}

export interface SandboxAd extends Node {
  readonly kind: 'ad'
  readonly adGroup: SandboxAdGroup
  /** Part of the ad group's delivery, 0–1. */
  readonly share: number
  readonly isDenied: boolean
  readonly isInReview: boolean
  readonly videoId: string | undefined
  readonly imageIds: readonly string[]
  readonly text: string
  readonly landingPage: string
}

export type SandboxEntity = SandboxCampaign | SandboxAdGroup | SandboxAd

/** A disturbance put into the history on purpose, so that detectors can be marked right or wrong. */
export interface PlantedAnomaly {
  readonly campaignId: string
  readonly kind: 'cpm_spike' | 'tracking_outage' | 'spend_surge'
  readonly startDate: string
  readonly endDate: string
}
