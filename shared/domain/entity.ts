import type { AccountId, EntityId, EntityType, Platform } from './ids.ts'

/** What a platform says of an ad account. `name` was written by other people: untrusted. */
export interface Account {
  readonly accountId: AccountId
  readonly platform: Platform
  readonly name: string
  readonly currency: string
  /** IANA zone; metric dates are calendar days in it. */
  readonly timeZone: string
  readonly status: 'active' | 'limited' | 'disabled' | 'unknown'
  readonly rawStatus: string
}

/** The switch the advertiser owns; the platform's own delivery truth is `deliveryStatus`. */
export const ENTITY_STATUSES = ['enabled', 'paused', 'deleted', 'unknown'] as const
export type EntityStatus = (typeof ENTITY_STATUSES)[number]

export const FIELDS = ['daily_budget', 'status'] as const
export type Field = (typeof FIELDS)[number]

/** Whether one field can be changed through this app, and within which bounds. */
export interface EditableField {
  readonly field: Field
  readonly isEditable: boolean
  /** Why not, in our words with the platform's reason, when isEditable is false. */
  readonly refusal?: string
  /** Smallest accepted daily budget, micros of the account currency. */
  readonly minMicros?: bigint
  readonly maxMicros?: bigint
  /** Smallest step, micros: the currency's unit. */
  readonly stepMicros?: bigint
  /** When a write takes effect. */
  readonly takesEffect?: 'immediately' | 'next_midnight'
}

/**
 * Daily budgets that start or stop with an entity's switch, micros: its own, or those of its ad groups that are switched on.
 * Undefined when that is not known, as with a lifetime budget: which is not zero.
 */
export function dailyBudgetUnder(
  entity: Pick<Entity, 'type' | 'budgetKind' | 'dailyBudgetMicros'>,
  adGroups: readonly Pick<Entity, 'status' | 'dailyBudgetMicros'>[],
): bigint | undefined {
  if (entity.dailyBudgetMicros !== undefined) return entity.dailyBudgetMicros
  if (entity.type === 'ad' || entity.budgetKind === 'inherited') return 0n
  if (entity.type !== 'campaign' || entity.budgetKind !== 'none') return undefined
  let sumMicros = 0n
  for (const adGroup of adGroups) {
    if (adGroup.status !== 'enabled') continue
    if (adGroup.dailyBudgetMicros === undefined) return undefined
    sumMicros += adGroup.dailyBudgetMicros
  }
  return sumMicros
}

/** A campaign, ad group, ad or creative, as last read. All texts were written on the platform: untrusted. */
export interface Entity {
  readonly entityId: EntityId
  readonly accountId: AccountId
  readonly type: EntityType
  readonly parentId?: EntityId
  readonly name: string
  readonly status: EntityStatus
  readonly rawStatus: string
  /** The platform's delivery status, verbatim (TikTok secondary_status). */
  readonly deliveryStatus: string
  readonly budgetKind: 'daily' | 'lifetime' | 'none' | 'inherited'
  /** Set only when budgetKind is 'daily'. Micros of the account currency. */
  readonly dailyBudgetMicros?: bigint
  readonly editable: readonly EditableField[]
  /** Attribution windows of an ad group in days; null when switched off; absent where the platform has none. */
  readonly clickWindowDays?: number | null
  readonly viewWindowDays?: number | null
  readonly objective?: string
  readonly optimizationGoal?: string
  readonly bidStrategy?: string
  readonly creativeIds?: readonly string[]
  readonly format?: string
  readonly text?: string
  readonly landingPage?: string
  readonly startsAt?: string
  readonly endsAt?: string
  /** The platform's last-modified time as it wrote it, for noticing outside edits. */
  readonly modifiedAt?: string
}
