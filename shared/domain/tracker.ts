import type { AccountId } from './ids.ts'

export const TRACKER_STATES = ['healthy', 'unverified', 'stale', 'misconfigured', 'inactive', 'unknown'] as const
/**
 * - healthy: events or conversions arrive.
 * - unverified: set up, but nothing has ever arrived.
 * - stale: something arrived once, but not lately.
 * - misconfigured: it arrives, but not so that it can be used (no value, a test event only, not counted in conversions).
 * - inactive: switched off or removed by the advertiser.
 */
export type TrackerState = (typeof TRACKER_STATES)[number]

/** A pixel (Meta, TikTok) or a conversion action (Google): what conversions are counted with. All texts are untrusted. */
export interface Tracker {
  readonly accountId: AccountId
  /** The platform's id. */
  readonly externalId: string
  readonly kind: 'pixel' | 'conversion_action'
  readonly name: string
  readonly state: TrackerState
  readonly rawStatus: string
  /** Last time anything arrived, UTC milliseconds; null when it never did; absent when the platform does not say. */
  readonly lastReceivedAtMs?: number | null
  /** Counts of the last seven days by the platform's event name, at most 50. */
  readonly events?: readonly { readonly name: string; readonly count: number }[]
  /** Whether bidding and the conversions column use it. */
  readonly isPrimary?: boolean
  readonly clickWindowDays?: number
  readonly viewWindowDays?: number
  /** What is wrong, in our words, at most 10. */
  readonly problems: readonly string[]
}
