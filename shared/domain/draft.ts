import type { Field } from './entity.ts'
import type { AccountId, DraftId, EntityId, EntityType, Platform } from './ids.ts'

/**
 * The life of a draft. `armed` lapses back to `pending`. From `applied` on none is left, except applied or partial → rolled_back and
 * unknown → what became of it. `partial`: some of its changes are on the platform, and some are known not to be.
 */
export const DRAFT_STATES = [
  'pending',
  'armed',
  'approved',
  'applying',
  'applied',
  'partial',
  'apply_failed',
  'unknown',
  'rejected',
  'withdrawn',
  'stale',
  'expired',
  'superseded',
  'rolled_back',
] as const
export type DraftState = (typeof DRAFT_STATES)[number]

/** Every legal transition. Nothing else may happen; the store refuses it. */
export const DRAFT_TRANSITIONS: Readonly<Record<DraftState, readonly DraftState[]>> = {
  pending: ['armed', 'rejected', 'withdrawn', 'stale', 'expired', 'superseded'],
  armed: ['pending', 'approved', 'rejected', 'withdrawn', 'stale', 'expired', 'superseded'],
  approved: ['applying', 'apply_failed', 'stale'],
  applying: ['applied', 'partial', 'apply_failed', 'unknown', 'stale'],
  unknown: ['applied', 'partial', 'apply_failed', 'unknown'],
  applied: ['rolled_back'],
  partial: ['rolled_back'],
  apply_failed: [],
  rejected: [],
  withdrawn: [],
  stale: [],
  expired: [],
  superseded: [],
  rolled_back: [],
}

/** Who asked for something. Stamped by the entry point, never read from a message. */
export type OriginKind = 'agent' | 'window' | 'loop'

export const CHANGE_KINDS = ['set_budget', 'set_status', 'set_bid', 'set_bid_strategy'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** One before → after of one field of one entity. Values are in wire form: "120.00", "enabled", "3.50", "cost_cap:9.00". */
export interface DraftItem {
  readonly k: number
  readonly platform: Platform
  readonly accountId: AccountId
  readonly entityId: EntityId
  readonly entityType: Exclude<EntityType, 'creative'>
  /** Names from account down to the entity, written on the platform: untrusted. */
  readonly path: readonly string[]
  readonly kind: ChangeKind
  readonly field: Field
  readonly currency: string
  readonly before: string
  readonly requested: string
  readonly after: string
  /** Signed change of spend per day this item can cause, micros. */
  readonly movementMicros: bigint
  /** What of it counts in the net envelope: lowering what does not run makes no room for raises. */
  readonly netMicros: bigint
  readonly takesEffect: 'immediately' | 'next_midnight'
  /** What the one write touches: the entity itself, or a shared budget ("google_ads:111/budget/5"). Two writes never touch it at once. */
  readonly target: string
  /** Everything else the write changes: the other campaigns of a shared budget. Sorted by id. */
  readonly affects: readonly AffectedEntity[]
}

/** Names are untrusted. */
export interface AffectedEntity {
  readonly entityId: EntityId
  readonly name: string
}

/** Changes of one draft: shown, approved, applied and undone as a unit. */
export const MAX_ITEMS = 100

export const RULES = [
  'zero_budget',
  'digit_slip',
  'max_step_percent',
  'max_step_amount',
  'platform_minimum',
  'platform_maximum',
  'platform_step',
  'writes_off',
  'unknown_spend',
  'envelope_net',
  'envelope_gross',
  'envelope_total_net',
  'envelope_total_gross',
  'budget_minimum',
  'budget_maximum',
  'bid_minimum',
  'bid_maximum',
  'protected_entity',
  'pause_lookback',
  'quiet_hours',
  'cool_down',
  'drafts_per_hour',
  'max_items',
  'breaker',
] as const
export type Rule = (typeof RULES)[number]

/** One rule that spoke: it clamped the value, or blocked the change. */
export interface RuleVerdict {
  readonly rule: Rule
  /** Which change of the draft it is about; absent where it is about the draft as a whole, or where there is only one change. */
  readonly k?: number
  readonly outcome: 'clamp' | 'block'
  /** Our words, with the numbers. */
  readonly message: string
  /** The limit in wire form: "50" (percent) or "200.00". */
  readonly limit: string
}

export interface PolicyResult {
  readonly version: number
  readonly outcome: 'pass' | 'clamp' | 'block'
  readonly rules: readonly RuleVerdict[]
}

export interface Draft {
  readonly draftId: DraftId
  readonly state: DraftState
  readonly stateReason?: string
  readonly stateMessage?: string
  readonly originKind: OriginKind
  readonly originId: string
  readonly originName: string
  readonly title: string
  readonly rationale: string
  readonly idempotencyKey: string
  readonly requestHash: string
  readonly policy: PolicyResult
  readonly draftHash: string
  readonly undoOf?: DraftId
  /** The draft whose missing changes this one makes good. */
  readonly repairOf?: DraftId
  /** The draft that this one is an edited version of; that one is `superseded`. */
  readonly revises?: DraftId
  /** What the person told its maker with the rejection. */
  readonly decisionNote?: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly decidedAtMs?: number
  readonly updatedAtMs: number
  readonly items: readonly DraftItem[]
}
