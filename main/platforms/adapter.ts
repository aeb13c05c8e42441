import type { Account, Entity, Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId, EntityType, Platform } from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import type { DraftItem } from '../../shared/domain/draft.ts'
import type { Tracker } from '../../shared/domain/tracker.ts'
import type { ApprovedChange } from '../approval/gate.ts'
import type { ChangeHistory, HistoryRange } from './history.ts'

/**
 * One live value, read from the platform just now, in wire form: "120.00" for money, "enabled" | "paused" | … for status, "3.50" for a
 * ratio, "cost_cap:9.00" for a bid strategy. The empty text: the entity has no such value (any more).
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
  /** Of a shared budget: the other campaigns it feeds now, sorted by id. Absent or empty where the write touches the entity alone. */
  readonly affects?: readonly EntityId[]
  /**
   * What the write must leave as it is (targeting, schedule, goal), as one text to compare. Only where a platform's documentation leaves
   * open whether an update keeps what it does not name.
   */
  readonly besides?: string
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

/** One change as it would be written: what planning a request needs, whoever asks. Holding one allows nothing but `validate`. */
export type ProposedChange = Pick<
  DraftItem,
  'platform' | 'accountId' | 'entityId' | 'field' | 'currency' | 'before' | 'after'
>

/**
 * What a platform says to a change without making it.
 * - unsupported: the platform has no such check (TikTok), or not for this resource.
 */
export type ValidateResult =
  | { readonly kind: 'ok'; readonly platformRequestId: string }
  | {
      readonly kind: 'refused'
      readonly platformCode: string
      /** Written by the platform: untrusted. */
      readonly platformMessage: string
      readonly platformRequestId: string | undefined
    }
  | { readonly kind: 'unsupported' }

/** What a platform says of the credentials themselves. Holds no part of them. */
export interface TokenHealth {
  readonly isValid: boolean
  /** UTC milliseconds; null when it never expires by itself; undefined when the platform does not say. */
  readonly expiresAtMs: number | null | undefined
  /** Whether it may write at all; undefined when the platform does not say. */
  readonly canWrite: boolean | undefined
  /** The platform's names of what it may do, at most 50. */
  readonly scopes: readonly string[]
  /** One sentence of ours when something is wrong or will be soon. */
  readonly problem: string | undefined
}

/** A small picture of a creative. */
export interface Thumbnail {
  readonly mimeType: 'image/png' | 'image/jpeg' | 'image/webp'
  readonly bytes: Uint8Array
}

/**
 * What the product needs of an ad platform. Reads may be repeated; `apply` performs at most one HTTP write and never retries;
 * `validate` asks the platform's own check and can change nothing.
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
  /**
   * Asks the platform whether it would take the change, without making it (Google validateOnly, Meta execution_options). Sent once.
   * A dry run is marked as one in the same place that builds the request, and is refused here if the mark is missing.
   */
  validate(change: ProposedChange, signal: AbortSignal): Promise<ValidateResult>
  /** Pixels and conversion actions of one account, at most 500. */
  listTrackers(accountId: AccountId, signal: AbortSignal): Promise<readonly Tracker[]>
  tokenHealth(signal: AbortSignal): Promise<TokenHealth>
  /** A small picture (at most 300 kB) of a creative or ad; undefined when there is none. Asks the platform for a fresh address first. */
  readThumbnail(entityId: EntityId, signal: AbortSignal): Promise<Thumbnail | undefined>
  /** Makes the credentials useless at the platform, where it can. @returns false where it has no such call */
  revoke(signal: AbortSignal): Promise<boolean>
  /**
   * The platform's own change history of one account, oldest first: what is in it was changed, by whomever. A read; may take a minute where
   * the platform prepares a file first. What it keeps no longer, or gives no more of, is said in the answer, never left out silently.
   */
  readChanges(account: AccountId, range: HistoryRange, signal: AbortSignal): Promise<ChangeHistory>
  /** How long after it happened a change may still be missing from the history; until then its absence proves nothing. */
  readonly historyLagMs: number
  /** How far back the history is read. */
  readonly historyMs: number
  /** How long after a clear yes the new value may still not show; after that, "unchanged" means that nothing was changed. */
  readonly readAfterWriteMs: number
  /** The only write. Takes nothing but what the gate made. */
  apply(change: ApprovedChange): Promise<ApplyResult>
}
