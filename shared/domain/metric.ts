import type { AccountId, EntityId, Platform } from './ids.ts'

export const METRIC_LEVELS = ['campaign', 'ad_group', 'ad'] as const
export type MetricLevel = (typeof METRIC_LEVELS)[number]

/** Where an attribution window came from. */
export type WindowSource = 'requested' | 'entity_setting' | 'approximated'

/**
 * One entity, one day. The date is the account's own calendar day, never shifted to UTC.
 * Conversions are in millionths of a conversion, because some platforms credit fractions; values are money micros.
 * null means "this platform does not say", which is not zero.
 */
export interface MetricFact {
  readonly platform: Platform
  readonly accountId: AccountId
  readonly level: MetricLevel
  readonly entityId: EntityId
  readonly date: string
  readonly currency: string
  readonly spendMicros: bigint
  readonly impressions: number
  readonly clicks: number
  readonly videoViews: number | null
  /** People reached that day. Never summed over days. */
  readonly reach: number | null
  readonly clickConversionMicros: bigint | null
  readonly viewConversionMicros: bigint | null
  readonly engagedViewConversionMicros: bigint | null
  readonly clickValueMicros: bigint | null
  readonly viewValueMicros: bigint | null
  readonly engagedViewValueMicros: bigint | null
  /**
   * How the click and view columns above were counted, where the platform says so with the numbers. Absent: by the ad group's own windows.
   * `null` days: mixed or not known.
   */
  readonly window?: {
    readonly clickDays: number | null
    readonly viewDays: number | null
    readonly source: WindowSource
  }
  /** The same clicks counted one day and 28 days after them, where the platform can. */
  readonly click1dConversionMicros?: bigint | null
  readonly click1dValueMicros?: bigint | null
  readonly click28dConversionMicros?: bigint | null
  readonly click28dValueMicros?: bigint | null
  /** What the platform's own screen shows, by its own windows and mixing: beside ours, never added to it. */
  readonly reportedConversionMicros?: bigint | null
  readonly reportedValueMicros?: bigint | null
}
