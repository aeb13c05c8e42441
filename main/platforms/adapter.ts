import type { Account, Entity, Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId, EntityType, Platform } from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import type { ApprovedChange } from '../approval/gate.ts'

/**
 * One live value, read from the platform just now, in wire form: "120.00" for money, "enabled" | "paused" | … for status.
 * The empty text for a budget: there is no daily budget (any more).
 */
export interface LiveValue {
  readonly entityId: EntityId
  readonly field: Field
  readonly value: string
  readonly currency: string
  readonly readAtMs: number
  readonly platformRequestId: string
  /**
   * Of a status only: daily budgets that start or stop with the switch, micros, read just now. Null when not known, as with a
   * lifetime budget.
   */
  readonly dailyBudgetUnderMicros?: bigint | null
  /** Set when the platform would refuse to change the field at all, in our words with the platform's reason. */
  readonly refusal?: string
}

/**
 * What one write attempt came to.
 * - accepted: the platform said yes (its answer alone is not proof: the caller reads back).
 * - refused: an explicit, documented, definitive error of the platform; nothing was changed.
 * - not_sent: no byte of the request left this machine.
 * - unknown: everything else (time-out, reset, 5xx, unparsable or undocumented answer). Never retried, only reconciled by reading.
 */
export type ApplyResult =
  | { readonly kind: 'accepted'; readonly platformRequestId: string; readonly platformDate: string | undefined }
  | {
      readonly kind: 'refused'
      readonly platformCode: string
      /** Written by the platform: untrusted. */
      readonly platformMessage: string
      readonly platformRequestId: string | undefined
    }
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * What the product needs of an ad platform. Reads may be repeated; `apply` performs at most one HTTP write and never retries.
 * Every method throws OperationError: needs_reconnect, platform_throttled, platform_unreachable, platform_refused,
 * unknown_entity, cancelled or timeout. Tokens never leave the adapter.
 */
export interface PlatformAdapter {
  readonly platform: Platform
  listAccounts(signal: AbortSignal): Promise<readonly Account[]>
  /** Pages of at most 1,000. Types a platform does not have yield nothing. */
  listEntities(accountId: AccountId, type: EntityType, signal: AbortSignal): AsyncIterable<readonly Entity[]>
  /** Daily facts for whole account-local days, both ends included ("YYYY-MM-DD"). The adapter splits long ranges itself. */
  dailyMetrics(
    request: {
      readonly accountId: AccountId
      readonly level: MetricLevel
      readonly startDate: string
      readonly endDate: string
    },
    signal: AbortSignal,
  ): AsyncIterable<readonly MetricFact[]>
  /** Reads one field now. Always a network read, never a cache. */
  readLive(entityId: EntityId, field: Field, signal: AbortSignal): Promise<LiveValue>
  /** How many days back the platform may still restate metrics. */
  readonly restatementDays: number
  /** How long after a day's midnight its last hours may still be missing from reports; until then it does not count as over. */
  readonly metricSettleMs: number
  /** Longest time after a write's time-out in which it may still take effect; until then "unchanged" proves nothing. */
  readonly settleMs: number
  /** The only write. Takes nothing but what the gate made. */
  apply(change: ApprovedChange): Promise<ApplyResult>
}
