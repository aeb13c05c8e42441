/** The shapes of the sandbox world. Mutable on purpose: it plays the platform's own database. */

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
  readonly campaigns: SandboxCampaign[]
}

export interface SandboxCampaign extends BudgetNode {
  readonly kind: 'campaign'
  readonly advertiser: SandboxAdvertiser
  readonly objective: string
  readonly automation: 'MANUAL' | 'UPGRADED_SMART_PLUS'
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
  bidMinor: number
  scheduled: BudgetStep | undefined
  readonly ends: string | undefined
  readonly ads: SandboxAd[]
}

export interface SandboxAd extends Node {
  readonly kind: 'ad'
  readonly adGroup: SandboxAdGroup
  /** Part of the ad group's delivery, 0–1. */
  readonly share: number
  readonly isDenied: boolean
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
