import type { Field } from './entity.ts'
import type { AccountId, DraftId, EntityId, EntityType, Platform } from './ids.ts'

/** The life of a draft. `armed` lapses back to `pending`; the last eight are never left, except applied → rolled_back. */
export const DRAFT_STATES = [
  'pending',
  'armed',
  'approved',
  'applying',
  'applied',
  'apply_failed',
  'unknown',
  'rejected',
  'withdrawn',
  'stale',
  'expired',
  'rolled_back',
] as const
export type DraftState = (typeof DRAFT_STATES)[number]

/** Every legal transition. Nothing else may happen; the store refuses it. */
export const DRAFT_TRANSITIONS: Readonly<Record<DraftState, readonly DraftState[]>> = {
  pending: ['armed', 'rejected', 'withdrawn', 'stale', 'expired'],
  armed: ['pending', 'approved', 'rejected', 'withdrawn', 'stale', 'expired'],
  approved: ['applying', 'apply_failed', 'stale'],
  applying: ['applied', 'apply_failed', 'unknown', 'stale'],
  unknown: ['applied', 'apply_failed', 'unknown'],
  applied: ['rolled_back'],
  apply_failed: [],
  rejected: [],
  withdrawn: [],
  stale: [],
  expired: [],
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
] as const
export type Rule = (typeof RULES)[number]

/** One rule that spoke: it clamped the value, or blocked the change. */
export interface RuleVerdict {
  readonly rule: Rule
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
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly decidedAtMs?: number
  readonly updatedAtMs: number
  readonly items: readonly DraftItem[]
}
