/**
 * Which fields of a Google entity this app may change, within which bounds, and why not otherwise.
 * Pure. Nothing here is a promise of the platform: every value is read again, and asked about in a dry run, before it is written.
 */
import type { EditableField, EntityStatus, Field } from '../../../shared/domain/entity.ts'
import { currencyExponent, MAX_MICROS } from '../../../shared/domain/money.ts'
import { type CampaignBidding, strategyOptions } from './bids.ts'
import type { Amount } from './map.ts'
import type { WireBudget } from './wire.ts'

/** Ratios are kept to four decimals. Google's own bounds: 0.01 to 1,000 (common/bidding.proto, TargetRoas). */
const RATIO_STEP_MICROS = 100n
const MIN_RATIO_MICROS = 10_000n
const MAX_RATIO_MICROS = 1_000_000_000n

/** The part of a campaign that decides what may be changed in it and below it. */
export interface CampaignFacts {
  readonly name: string
  readonly status: EntityStatus
  readonly channel: string
  readonly subType: string
  readonly isExperiment: boolean
}

const REMOVED = 'This was removed in Google Ads. Google does not let removed things be changed or brought back.'
const EXPERIMENT =
  'This campaign is one arm of an experiment. Google keeps its settings tied to the campaign it is compared with; change it under Experiments in Google Ads.'
const SMART =
  'This is a Smart campaign. Google runs it by itself and takes changes only in its own simplified screens, not through this app.'
const VIDEO =
  'This is a Video campaign. Google lets apps read those but not change them; change it in Google Ads. (Demand Gen campaigns can be changed here.)'
const UNKNOWN_STATUS = 'Google reports a status here that this version does not know.'
const PORTFOLIO =
  'A portfolio bid strategy of several campaigns bids here. It is changed for all of them at once in Google Ads (Tools, Bid strategies), not through this app.'

/** Why nothing at all can be changed in this campaign, or undefined. */
function campaignRefusal(campaign: CampaignFacts): string | undefined {
  if (campaign.status === 'deleted') return REMOVED
  if (campaign.channel === 'SMART' || campaign.subType === 'SMART_CAMPAIGN') return SMART
  // Google Ads API guide, "Video campaigns", API limitations.
  if (campaign.channel === 'VIDEO') return VIDEO
  return campaign.isExperiment ? EXPERIMENT : undefined
}

const closed = (field: Field, refusal: string): EditableField => ({ field, isEditable: false, refusal })

/** The smallest step an amount can be written in: Google's billable unit, but never finer than the currency's own decimals. */
export function stepMicros(currency: string, billableUnitMicros: bigint): bigint {
  const decimalMicros = 10n ** BigInt(6 - currencyExponent(currency))
  return billableUnitMicros > decimalMicros ? billableUnitMicros : decimalMicros
}

function openAmount(field: Field, step: bigint): EditableField {
  // Google publishes no largest amount; its dry run answers for one that is too large.
  const maxMicros = MAX_MICROS - (MAX_MICROS % step)
  return { field, isEditable: true, minMicros: step, maxMicros, stepMicros: step, takesEffect: 'immediately' }
}

function openRatio(field: Field): EditableField {
  return {
    field,
    isEditable: true,
    minMicros: MIN_RATIO_MICROS,
    maxMicros: MAX_RATIO_MICROS,
    stepMicros: RATIO_STEP_MICROS,
    takesEffect: 'immediately',
  }
}

export function statusField(status: EntityStatus, campaign: CampaignFacts): EditableField {
  const refusal =
    campaignRefusal(campaign) ?? (status === 'deleted' ? REMOVED : status === 'unknown' ? UNKNOWN_STATUS : undefined)
  return refusal === undefined
    ? { field: 'status', isEditable: true, takesEffect: 'immediately' }
    : closed('status', refusal)
}

export function budgetField(
  campaign: CampaignFacts,
  budget: WireBudget | undefined,
  amount: Amount,
  step: bigint,
): EditableField {
  const refusal =
    campaignRefusal(campaign) ??
    (budget === undefined
      ? 'Google reports no budget for this campaign.'
      : budget.status === 'REMOVED'
        ? 'The budget of this campaign was removed in Google Ads.'
        : budget.period !== undefined && budget.period !== 'DAILY'
          ? 'This campaign has a total budget for its whole run; only daily budgets can be changed here.'
          : amount.kind === 'unfit'
            ? amount.reason
            : amount.kind === 'none'
              ? 'Google reports no daily amount for this budget.'
              : undefined)
  return refusal === undefined ? openAmount('daily_budget', step) : closed('daily_budget', refusal)
}

const TARGET_WORDS = {
  target_cpa: 'target CPA',
  target_roas: 'target ROAS',
  bid_cap: 'highest bid per click',
} as const

/** The campaign's own target, where its strategy can have one. */
export function targetFields(
  campaign: CampaignFacts,
  bidding: CampaignBidding,
  step: bigint,
): readonly EditableField[] {
  const { field, target } = bidding
  if (field === undefined) return []
  const refusal =
    campaignRefusal(campaign) ??
    (bidding.isPortfolio
      ? PORTFOLIO
      : target.kind === 'unfit'
        ? target.reason
        : target.kind === 'none'
          ? `The strategy of this campaign has no ${TARGET_WORDS[field]} now. Give it one by changing the bid strategy.`
          : undefined)
  if (refusal !== undefined) return [closed(field, refusal)]
  return [field === 'target_roas' ? openRatio(field) : openAmount(field, step)]
}

export function strategyField(campaign: CampaignFacts, bidding: CampaignBidding): EditableField {
  const strategies = strategyOptions(campaign.channel, bidding.strategy)
  const refusal =
    campaignRefusal(campaign) ??
    (bidding.isPortfolio
      ? PORTFOLIO
      : bidding.strategy === 'other'
        ? `This campaign bids by "${bidding.rawType || 'an unknown strategy'}", which this app cannot restore and so does not replace.`
        : bidding.target.kind === 'unfit'
          ? bidding.target.reason
          : strategies.length === 0
            ? `Google does not let the strategy of this kind of campaign (${campaign.channel || 'unknown'}) be switched here.`
            : undefined)
  return refusal === undefined
    ? { field: 'bid_strategy', isEditable: true, strategies, takesEffect: 'immediately' }
    : closed('bid_strategy', refusal)
}

/** Google ad groups have no budgets; the reason names where the budget is. */
export function inheritedBudgetField(campaign: CampaignFacts): EditableField {
  return closed('daily_budget', `On Google the budget is set on the campaign "${campaign.name}". Change it there.`)
}

/** Why an ad group's bid cannot be changed, or undefined. */
function bidRefusal(
  campaign: CampaignFacts,
  bidding: CampaignBidding,
  status: EntityStatus,
  amount: Amount,
): string | undefined {
  const refusal = campaignRefusal(campaign) ?? (status === 'deleted' ? REMOVED : undefined)
  if (refusal !== undefined) return refusal
  if (bidding.isPortfolio) return PORTFOLIO
  if (amount.kind === 'unfit') return amount.reason
  return amount.kind === 'none'
    ? `This ad group has no bid of its own; the campaign "${campaign.name}" sets it.`
    : undefined
}

/** An ad group's bid per click, used by Google only under manual CPC, and not under a portfolio strategy (ad_group.proto). */
export function cpcBidField(
  campaign: CampaignFacts,
  bidding: CampaignBidding,
  status: EntityStatus,
  bid: Amount,
  step: bigint,
): EditableField {
  const refusal =
    bidding.strategy === 'manual_cpc'
      ? bidRefusal(campaign, bidding, status, bid)
      : (campaignRefusal(campaign) ??
        `The campaign "${campaign.name}" bids by itself (${bidding.rawType || 'unknown strategy'}), so Google ignores bids per click.`)
  return refusal === undefined ? openAmount('cpc_bid', step) : closed('cpc_bid', refusal)
}

/**
 * An ad group's own target where it overrides the campaign's; absent where the campaign's strategy has no such target. Where the strategy
 * could have one but has none, Google ignores the ad group's (ad_group.proto, target_cpa_micros and target_roas).
 */
export function overrideFields(
  campaign: CampaignFacts,
  bidding: CampaignBidding,
  status: EntityStatus,
  override: Amount,
  step: bigint,
): readonly EditableField[] {
  const { field } = bidding
  if (field !== 'target_cpa' && field !== 'target_roas') return []
  const refusal =
    bidRefusal(campaign, bidding, status, override) ??
    (bidding.target.kind === 'none'
      ? `The campaign "${campaign.name}" has no ${TARGET_WORDS[field]} now, so Google ignores the one of this ad group.`
      : undefined)
  if (refusal !== undefined) return [closed(field, refusal)]
  return [field === 'target_roas' ? openRatio(field) : openAmount(field, step)]
}
