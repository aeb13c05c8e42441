/**
 * Which fields of a TikTok entity this app may change, within which bounds, and why not otherwise.
 * Pure. Nothing here is a promise of the platform: every value is read again before it is written.
 */
import type { EditableField, Entity, EntityStatus, Field } from '../../../shared/domain/entity.ts'
import { MAX_MICROS } from '../../../shared/domain/money.ts'
import { ratioOf, stepMicros } from './currencies.ts'

export type BudgetKind = Entity['budgetKind']

/** Daily budgets in US-dollar-like units; other currencies scale (platform docs, "Budget", 1739381246298114). */
const MIN_UNITS = { campaign: 50n, ad_group: 20n } as const
/** Of what sells from a TikTok Shop, on both levels. */
const MIN_SHOP_UNITS = 10n
/** Not reached: "less than". */
const MAX_UNITS = 10_000_000n
const MICROS = 1_000_000n

/**
 * Which endpoints write a campaign and everything below it (`campaign_automation_type`).
 * - manual: the classic ones.
 * - smart_plus: those under /smart_plus/ (Upgraded Smart+).
 * - other: older Smart+, Promote, and what we have never heard of; not written at all.
 */
export type Automation = 'manual' | 'smart_plus' | 'other'

/** The part of a campaign that decides what may be changed below it. */
export interface CampaignFacts {
  readonly name: string
  readonly automation: Automation
  readonly ownsBudget: boolean
  readonly isDeleted: boolean
  /** Sells from a TikTok Shop. */
  readonly isShop: boolean
}

const NOT_FOR_APPS =
  'This belongs to a kind of campaign (older Smart+, or Promote from the TikTok app) that TikTok changes only through functions this app does not write to. Change it where it was made.'
const DELETED = 'This was deleted on TikTok and can no longer be changed.'

/** Why nothing at all may be changed here; undefined when something may. */
export function generalRefusal(status: EntityStatus, campaign: CampaignFacts): string | undefined {
  if (status === 'deleted' || campaign.isDeleted) return DELETED
  return campaign.automation === 'other' ? NOT_FOR_APPS : undefined
}

export const closed = (field: Field, refusal: string): EditableField => ({ field, isEditable: false, refusal })

export function statusField(status: EntityStatus, campaign: CampaignFacts): EditableField {
  const refusal =
    generalRefusal(status, campaign) ??
    (status === 'unknown'
      ? 'TikTok reports a state of its own (for example "frozen") that cannot be switched from here.'
      : undefined)
  return refusal === undefined
    ? { field: 'status', isEditable: true, takesEffect: 'immediately' }
    : closed('status', refusal)
}

/** Why a daily budget can't be written, or undefined when it can. */
export function budgetRefusal(
  kind: BudgetKind,
  status: EntityStatus,
  campaign: CampaignFacts,
  level: 'campaign' | 'ad_group',
): string | undefined {
  const general = generalRefusal(status, campaign)
  if (general !== undefined) return general
  if (kind === 'inherited')
    return `The budget is set on the campaign "${campaign.name}" (campaign budget optimisation). Change it there.`
  if (kind === 'lifetime') return 'This has a lifetime budget; only daily budgets can be changed here.'
  if (kind === 'daily') return undefined
  return level === 'campaign'
    ? 'The budgets are set on the ad groups of this campaign.'
    : 'This ad group has no budget of its own.'
}

/** What decides how small and how large a daily budget may be. */
export interface BudgetLimits {
  readonly currency: string
  readonly level: 'campaign' | 'ad_group'
  readonly isShop: boolean
  readonly currentMicros: bigint | undefined
}

export function budgetField(refusal: string | undefined, limits: BudgetLimits): EditableField {
  if (refusal !== undefined) return closed('daily_budget', refusal)
  const { currency, level, isShop, currentMicros } = limits
  const unitMicros = MICROS * ratioOf(currency)
  const least = (isShop ? MIN_SHOP_UNITS : MIN_UNITS[level]) * unitMicros
  const step = stepMicros(currency)
  const most = MAX_UNITS * unitMicros - step
  return {
    field: 'daily_budget',
    isEditable: true,
    // What was made in Ads Manager's simplified mode may have less, which TikTok does not tell apart: what it has, it may keep.
    minMicros: currentMicros !== undefined && currentMicros < least ? currentMicros : least,
    maxMicros: most > MAX_MICROS ? MAX_MICROS - (MAX_MICROS % step) : most,
    stepMicros: step,
    takesEffect: 'immediately',
  }
}

const NO_SCHEDULE_ON_SMART_PLUS =
  'TikTok sets budgets for the next day on classic ad groups only. Change the daily budget, which takes effect at once.'

/** The daily budget from the account's next midnight on. Ad groups only. */
export function scheduledBudgetField(
  refusal: string | undefined,
  limits: BudgetLimits,
  campaign: CampaignFacts,
): EditableField {
  const why = refusal ?? (campaign.automation === 'manual' ? undefined : NO_SCHEDULE_ON_SMART_PLUS)
  if (why !== undefined) return closed('scheduled_budget', why)
  return { ...budgetField(undefined, limits), field: 'scheduled_budget', takesEffect: 'next_midnight' }
}
