import { BID_FIELDS, type BidField, type BidStrategy, type TargetKind } from './bid.ts'
import type { AccountId, EntityId, EntityType, Platform } from './ids.ts'
import { formatDecimal } from './money.ts'

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
  /** The manager above it, found by itself: Google manager account, Meta business, TikTok Business Center. Its name is untrusted. */
  readonly manager?: { readonly externalId: string; readonly name: string }
  /** Whether the token may change things in it; undefined when the platform does not say. */
  readonly isWritable?: boolean
}

/** The switch the advertiser owns; the platform's own delivery truth is `deliveryStatus`. */
export const ENTITY_STATUSES = ['enabled', 'paused', 'deleted', 'unknown'] as const
export type EntityStatus = (typeof ENTITY_STATUSES)[number]

/**
 * `scheduled_budget`: the daily budget from the account's next midnight on (TikTok ad groups); without a scheduled one it is today's.
 * `bid_strategy`: a strategy with its target in one value, see formatStrategy.
 */
export const FIELDS = ['daily_budget', 'scheduled_budget', 'status', ...BID_FIELDS, 'bid_strategy'] as const
export type Field = (typeof FIELDS)[number]

/** Fields whose value is an amount of the account's currency. */
export function isMoneyField(field: Field): boolean {
  return field !== 'status' && field !== 'bid_strategy' && field !== 'target_roas'
}

/** Whether one field can be changed through this app, and within which bounds. */
export interface EditableField {
  readonly field: Field
  readonly isEditable: boolean
  /** Why not, in our words with the platform's reason, when isEditable is false. */
  readonly refusal?: string
  /** Smallest and largest accepted value and the smallest step: micros of the account currency, or millionths of a ratio. */
  readonly minMicros?: bigint
  readonly maxMicros?: bigint
  readonly stepMicros?: bigint
  /** Of `bid_strategy`: what the platform lets this entity be switched to. */
  readonly strategies?: readonly StrategyOption[]
  /** When a write takes effect. */
  readonly takesEffect?: 'immediately' | 'next_midnight'
}

export interface StrategyOption {
  readonly strategy: BidStrategy
  readonly target: TargetKind
  readonly isTargetOptional: boolean
}

/** The platform's delivery truth in one word of ours; the platform's own stands in deliveryStatus. */
export const DELIVERIES = [
  'delivering',
  'limited',
  'learning',
  'not_delivering',
  'pending',
  'ended',
  'unknown',
] as const
export type Delivery = (typeof DELIVERIES)[number]

export const REVIEWS = ['approved', 'limited', 'in_review', 'disapproved', 'unknown'] as const
export type Review = (typeof REVIEWS)[number]

export const TARGETINGS = [
  'age',
  'gender',
  'location',
  'language',
  'interest',
  'behaviour',
  'audience',
  'placement',
  'device',
  'keyword',
] as const
/** Whom an ad group (or campaign) is shown to: the platform's words or ids, at most 50 of a kind; a leading "-" excludes. Untrusted. */
export type Targeting = Readonly<Partial<Record<(typeof TARGETINGS)[number], readonly string[]>>>

/** A budget that several campaigns draw on: one write changes it for all of them (Google shared budgets). */
export interface SharedBudget {
  /** The platform's id of the budget. */
  readonly externalId: string
  /** Every campaign it feeds, this one included, at most 500. */
  readonly campaignIds: readonly EntityId[]
}

/**
 * Daily budgets that start or stop with an entity's switch, micros: its own, or those of its ad groups that are switched on.
 * Undefined when that is not known, as with a lifetime budget: which is not zero.
 */
export function dailyBudgetUnder(
  entity: Pick<Entity, 'type' | 'budgetKind' | 'dailyBudgetMicros' | 'values'>,
  adGroups: readonly Pick<Entity, 'status' | 'dailyBudgetMicros' | 'values'>[],
): bigint | undefined {
  if (entity.dailyBudgetMicros !== undefined) return highestDaily(entity)
  if (entity.type === 'ad' || entity.budgetKind === 'inherited') return 0n
  if (entity.type !== 'campaign' || entity.budgetKind !== 'none') return undefined
  let sumMicros = 0n
  for (const adGroup of adGroups) {
    if (adGroup.status !== 'enabled') continue
    const ownMicros = highestDaily(adGroup)
    if (ownMicros === undefined) return undefined
    sumMicros += ownMicros
  }
  return sumMicros
}

/** Today's daily budget, or the one that waits for midnight where that is higher: tomorrow's spend is started by the same switch. */
function highestDaily({ dailyBudgetMicros, values }: Pick<Entity, 'dailyBudgetMicros' | 'values'>): bigint | undefined {
  const [whole, fraction = ''] = values?.scheduled_budget?.split('.') ?? []
  if (dailyBudgetMicros === undefined || whole === undefined) return dailyBudgetMicros
  const scheduledMicros = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  return scheduledMicros > dailyBudgetMicros ? scheduledMicros : dailyBudgetMicros
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
  /**
   * Current values in wire form of what is neither daily budget nor status: "0.80", "3.50", "cost_cap:9.00". Absent where the entity has no
   * such value. A value too fine for the wire form is left out, and its field is then not editable.
   */
  readonly values?: Readonly<Partial<Record<Exclude<Field, 'daily_budget' | 'status'>, string>>>
  readonly sharedBudget?: SharedBudget
  readonly delivery?: Delivery
  /** The platform's reasons for it, verbatim, at most 20. */
  readonly deliveryReasons?: readonly string[]
  /** Of an ad. Reasons are untrusted. */
  readonly review?: Review
  readonly reviewReasons?: readonly string[]
  readonly targeting?: Targeting
  /** The platform runs it by itself (TikTok Smart+, Google Performance Max, Meta Advantage+). */
  readonly isAutomated?: boolean
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

/** The entity's stored value of one field in wire form; undefined where it has none. */
export function valueOf(entity: Entity, field: Field, currency: string): string | undefined {
  if (field === 'status') return entity.status
  if (field === 'daily_budget')
    return entity.dailyBudgetMicros === undefined ? undefined : formatDecimal(entity.dailyBudgetMicros, currency)
  return entity.values?.[field]
}

export function isBidField(field: Field): field is BidField {
  return (BID_FIELDS as readonly string[]).includes(field)
}
