/**
 * Which fields of a TikTok entity this app may change, within which bounds, and why not otherwise.
 * Pure. Nothing here is a promise of the platform: every value is read again before it is written.
 */
import type { EditableField, Entity, EntityStatus, Field } from '../../../shared/domain/entity.ts'
import { currencyExponent, currencyScale } from '../../../shared/domain/money.ts'

export type BudgetKind = Entity['budgetKind']

/** Smallest daily budgets in US-dollar-like units; other currencies scale (platform docs, "Budget"). */
const MIN_GROUP_UNITS = 20n
const MIN_CAMPAIGN_UNITS = 50n
const MAX_UNITS = 10_000_000n
const MICROS = 1_000_000n

/**
 * Which endpoints write a campaign and everything below it (`campaign_automation_type`).
 * - manual: the classic ones.
 * - smart_plus: those under /smart_plus/ (Upgraded Smart+).
 * - other: older Smart+ and what we have never heard of; not written at all.
 */
export type Automation = 'manual' | 'smart_plus' | 'other'

/** The part of a campaign that decides what may be changed below it. */
export interface CampaignFacts {
  readonly name: string
  readonly automation: Automation
  readonly ownsBudget: boolean
  readonly isDeleted: boolean
}

const OLD_SMART_PLUS =
  'This belongs to an automated campaign of a kind that TikTok changes only through functions this app does not write to. Change it in TikTok Ads Manager.'
const DELETED = 'This was deleted on TikTok and can no longer be changed.'

/** Why nothing at all may be changed here; undefined when something may. */
export function generalRefusal(status: EntityStatus, campaign: CampaignFacts): string | undefined {
  if (status === 'deleted' || campaign.isDeleted) return DELETED
  return campaign.automation === 'other' ? OLD_SMART_PLUS : undefined
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

/** Smallest step of an amount: TikTok takes as many decimals as the currency has. */
export function stepMicros(currency: string): bigint {
  return 10n ** BigInt(6 - currencyExponent(currency))
}

export function budgetField(
  refusal: string | undefined,
  currency: string,
  level: 'campaign' | 'ad_group',
): EditableField {
  if (refusal !== undefined) return closed('daily_budget', refusal)
  const units = level === 'campaign' ? MIN_CAMPAIGN_UNITS : MIN_GROUP_UNITS
  return {
    field: 'daily_budget',
    isEditable: true,
    minMicros: units * MICROS * currencyScale(currency),
    // "Less than 10,000,000", whatever the currency.
    maxMicros: MAX_UNITS * MICROS - stepMicros(currency),
    stepMicros: stepMicros(currency),
    takesEffect: 'immediately',
  }
}

const NO_SCHEDULE_ON_SMART_PLUS =
  'TikTok sets budgets for the next day on classic ad groups only. Change the daily budget, which takes effect at once.'

/** The daily budget from the account's next midnight on. Ad groups only. */
export function scheduledBudgetField(
  refusal: string | undefined,
  currency: string,
  campaign: CampaignFacts,
): EditableField {
  const why = refusal ?? (campaign.automation === 'manual' ? undefined : NO_SCHEDULE_ON_SMART_PLUS)
  if (why !== undefined) return closed('scheduled_budget', why)
  return { ...budgetField(undefined, currency, 'ad_group'), field: 'scheduled_budget', takesEffect: 'next_midnight' }
}
