/**
 * What a change comes to on the wire, and the two request bodies made of it. Pure. Amounts and ids stay texts; nothing is ever removed
 * (Google's `remove` operations are not in the vocabulary here).
 */
import { type BidStrategy, parseStrategy } from '../../../shared/domain/bid.ts'
import { splitAccountId, splitEntityId } from '../../../shared/domain/ids.ts'
import type { ProposedChange } from '../adapter.ts'
import { doubleFromRatio, int64FromDecimal, wireStatus } from './map.ts'
import { biddingOf } from './bids.ts'
import type { CampaignRow } from './wire.ts'

export interface PlannedWrite {
  readonly service: 'campaignBudgets' | 'campaigns' | 'adGroups' | 'adGroupAds'
  readonly resourceName: string
  /** One path in lowerCamelCase: exactly this is written. */
  readonly mask: string
  readonly update: Readonly<Record<string, unknown>>
}
export type Planned = PlannedWrite | { readonly refusal: string }

const ID = /^[0-9]{1,19}$/
const AD_ID = /^[0-9]{1,19}~[0-9]{1,19}$/

/** Whether the change can only be planned next to the campaign as it is now: where its budget is, how it bids. */
export function needsCampaign(change: Pick<ProposedChange, 'entityId' | 'field'>): boolean {
  return splitEntityId(change.entityId).type === 'campaign' && change.field !== 'status'
}

interface Target {
  readonly customerId: string
  readonly type: 'campaign' | 'ad_group' | 'ad'
  readonly externalId: string
}

function targetOf(change: Pick<ProposedChange, 'platform' | 'accountId' | 'entityId'>): Target | { refusal: string } {
  const { accountId, platform, type, externalId } = splitEntityId(change.entityId)
  if (platform !== 'google_ads' || change.platform !== 'google_ads' || accountId !== change.accountId)
    return { refusal: 'the change does not belong to a Google Ads account of this connection' }
  const customerId = splitAccountId(accountId).externalId
  if (type === 'creative') return { refusal: 'creatives cannot be changed' }
  if (!ID.test(customerId) || !(type === 'ad' ? AD_ID : ID).test(externalId))
    return { refusal: 'the id is not one of Google’s' }
  return { customerId, type, externalId }
}

const SERVICES = { campaign: 'campaigns', ad_group: 'adGroups', ad: 'adGroupAds' } as const

/** `mask` "a.b" with a value is `{a: {b: value}}`. */
function nested(mask: string, value: unknown): Readonly<Record<string, unknown>> {
  const [head = '', ...rest] = mask.split('.')
  return { [head]: rest.length === 0 ? value : nested(rest.join('.'), value) }
}

function planned(target: Target, mask: string, value: unknown): PlannedWrite {
  const service = SERVICES[target.type]
  const resourceName = `customers/${target.customerId}/${service}/${target.externalId}`
  return { service, resourceName, mask, update: nested(mask, value) }
}

/** Where each strategy keeps its target. Naming the path in the mask also switches the oneof to that member. */
const STRATEGY_PATHS: Readonly<Partial<Record<BidStrategy, string>>> = {
  manual_cpc: 'manualCpc.enhancedCpcEnabled',
  maximize_clicks: 'targetSpend.cpcBidCeilingMicros',
  maximize_conversions: 'maximizeConversions.targetCpaMicros',
  maximize_conversion_value: 'maximizeConversionValue.targetRoas',
  target_cpa: 'targetCpa.targetCpaMicros',
  target_roas: 'targetRoas.targetRoas',
}
const RATIO_STRATEGIES: ReadonlySet<BidStrategy> = new Set(['maximize_conversion_value', 'target_roas'])

function planStrategy(target: Target, after: string, currency: string): Planned {
  const { strategy } = parseStrategy(after, currency)
  const path = STRATEGY_PATHS[strategy]
  if (path === undefined) return { refusal: 'Google has no such bid strategy' }
  const text = after.split(':')[1]
  if (strategy === 'manual_cpc') return planned(target, path, false)
  if (text !== undefined)
    return planned(
      target,
      path,
      RATIO_STRATEGIES.has(strategy) ? doubleFromRatio(text) : int64FromDecimal(text, currency),
    )
  // The empty message sets the member; the path in the mask clears its target (field masks: named but absent is cleared).
  const [member = ''] = path.split('.')
  return { ...planned(target, path, undefined), update: { [member]: {} } }
}

function planBudget(row: CampaignRow, customerId: string, after: string, currency: string): Planned {
  const budget = row.campaignBudget
  const expected = `customers/${customerId}/campaignBudgets/`
  if (budget === undefined || budget.resourceName !== `${expected}${budget.id}`)
    return { refusal: 'the campaign has no budget that could be written' }
  if (budget.period !== undefined && budget.period !== 'DAILY') return { refusal: 'the budget is not a daily one' }
  return {
    service: 'campaignBudgets',
    resourceName: budget.resourceName,
    mask: 'amountMicros',
    update: { amountMicros: int64FromDecimal(after, currency) },
  }
}

function planCampaign(target: Target, change: ProposedChange, row: CampaignRow | undefined): Planned {
  if (row === undefined || row.campaign.id !== target.externalId)
    return { refusal: 'the campaign could not be read right before the write' }
  const { field, after, currency } = change
  if (field === 'daily_budget') return planBudget(row, target.customerId, after, currency)
  // The unit of the steps does not matter here, only which member of the oneof is set.
  const bidding = biddingOf(row.campaign, currency, 1n)
  if (bidding.isPortfolio) return { refusal: 'a portfolio bid strategy bids for this campaign' }
  if (field === 'bid_strategy') return planStrategy(target, after, currency)
  const path = STRATEGY_PATHS[bidding.strategy]
  // Writing a target of another strategy would switch to it, which nobody approved.
  if (bidding.field !== field || path === undefined) return { refusal: 'the campaign does not bid that way any more' }
  return planned(target, path, field === 'target_roas' ? doubleFromRatio(after) : int64FromDecimal(after, currency))
}

/**
 * The request a change comes to, or why there is none. `row`: the campaign as read just now, where needsCampaign says so.
 * @throws OperationError invalid_value for an amount, ratio or strategy that is none
 */
export function planWrite(change: ProposedChange, row: CampaignRow | undefined): Planned {
  const target = targetOf(change)
  if ('refusal' in target) return target
  const { field, after, currency } = change
  if (field === 'status') {
    const status = wireStatus(after)
    return status === undefined
      ? { refusal: 'the status is neither enabled nor paused' }
      : planned(target, 'status', status)
  }
  if (target.type === 'ad') return { refusal: 'ads have no budget and no bid' }
  if (target.type === 'campaign') return planCampaign(target, change, row)
  if (field === 'cpc_bid') return planned(target, 'cpcBidMicros', int64FromDecimal(after, currency))
  if (field === 'target_cpa') return planned(target, 'targetCpaMicros', int64FromDecimal(after, currency))
  if (field === 'target_roas') return planned(target, 'targetRoas', doubleFromRatio(after))
  return { refusal: 'ad groups on Google have no budget or strategy of their own' }
}

function operationsOf({ mask, update, resourceName }: PlannedWrite) {
  return [{ updateMask: mask, update: { resourceName, ...update } }]
}

/** The body of a dry run. There is no way to call this without the mark: Google checks everything and changes nothing. */
export function dryRunBody(write: PlannedWrite): string {
  return JSON.stringify({ operations: operationsOf(write), partialFailure: false, validateOnly: true })
}

/** The body of a write. There is no way to call this with the mark. One operation, all or nothing. */
export function writeBody(write: PlannedWrite): string {
  return JSON.stringify({ operations: operationsOf(write), partialFailure: false })
}
