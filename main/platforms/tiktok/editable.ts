/**
 * Which fields of a TikTok entity this app may change, within which bounds, and why not otherwise.
 * Pure. Nothing here is a promise of the platform: every value is read again before it is written.
 */
import type { EditableField, Entity, EntityStatus } from '../../../shared/domain/entity.ts'
import { currencyExponent, currencyScale } from '../../../shared/domain/money.ts'

export type BudgetKind = Entity['budgetKind']

/** Smallest daily budgets in US-dollar-like units; other currencies scale (platform docs, "Budget"). */
const MIN_GROUP_UNITS = 20n
const MIN_CAMPAIGN_UNITS = 50n
const MAX_UNITS = 10_000_000n
const MICROS = 1_000_000n

/** The part of a campaign that decides what may be changed below it. */
export interface CampaignFacts {
  readonly name: string
  readonly isAutomated: boolean
  readonly ownsBudget: boolean
  readonly isDeleted: boolean
}

const SMART_PLUS =
  'This belongs to a Smart+ campaign. TikTok changes those only through separate Smart+ functions, which this app does not write to. Change it in TikTok Ads Manager.'
const DELETED = 'This was deleted on TikTok and can no longer be changed.'

export function statusField(status: EntityStatus, campaign: CampaignFacts): EditableField {
  const refusal =
    status === 'deleted' || campaign.isDeleted
      ? DELETED
      : campaign.isAutomated
        ? SMART_PLUS
        : status === 'unknown'
          ? 'TikTok reports a state of its own (for example "frozen") that cannot be switched from here.'
          : undefined
  return refusal === undefined
    ? { field: 'status', isEditable: true, takesEffect: 'immediately' }
    : { field: 'status', isEditable: false, refusal }
}

/** Why a daily budget can't be written, or undefined when it can. */
export function budgetRefusal(
  kind: BudgetKind,
  status: EntityStatus,
  campaign: CampaignFacts,
  level: 'campaign' | 'ad_group',
): string | undefined {
  if (status === 'deleted' || campaign.isDeleted) return DELETED
  if (campaign.isAutomated) return SMART_PLUS
  if (kind === 'inherited')
    return `The budget is set on the campaign "${campaign.name}" (campaign budget optimisation). Change it there.`
  if (kind === 'lifetime') return 'This has a lifetime budget; only daily budgets can be changed here.'
  if (kind === 'daily') return undefined
  return level === 'campaign'
    ? 'The budgets are set on the ad groups of this campaign.'
    : 'This ad group has no budget of its own.'
}

export function budgetField(
  refusal: string | undefined,
  currency: string,
  level: 'campaign' | 'ad_group',
): EditableField {
  if (refusal !== undefined) return { field: 'daily_budget', isEditable: false, refusal }
  const stepMicros = 10n ** BigInt(6 - currencyExponent(currency))
  const units = level === 'campaign' ? MIN_CAMPAIGN_UNITS : MIN_GROUP_UNITS
  return {
    field: 'daily_budget',
    isEditable: true,
    minMicros: units * MICROS * currencyScale(currency),
    // "Less than 10,000,000", whatever the currency.
    maxMicros: MAX_UNITS * MICROS - stepMicros,
    stepMicros,
    takesEffect: 'immediately',
  }
}
