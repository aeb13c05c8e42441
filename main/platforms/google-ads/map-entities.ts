/** Google's campaigns, ad groups, ads and assets as entities. Pure. Every text in them was written on the platform: untrusted. */
import { formatStrategy } from '../../../shared/domain/bid.ts'
import type { Entity, Field, SharedBudget, Targeting } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, entityId } from '../../../shared/domain/ids.ts'
import { biddingOf, type CampaignBidding } from './bids.ts'
import * as edit from './editable.ts'
import { type Amount, idOf, optional, readAmount, readRatio, toDelivery, toReview, toStatus } from './map.ts'
import type { AdGroupRow, AdRow, AssetRow, CampaignRow, WireCampaign } from './wire.ts'

const MAX_REASONS = 20
const MAX_SHARING = 500

/** What an account's amounts are counted in. */
export interface MoneyContext {
  readonly account: AccountId
  readonly currency: string
  /** Smallest step of an amount, micros. */
  readonly stepMicros: bigint
}

type Values = Partial<Record<Exclude<Field, 'daily_budget' | 'status'>, string>>

const AUTOMATED = new Set(['PERFORMANCE_MAX', 'SMART'])

export function campaignFacts(
  wire: Pick<
    WireCampaign,
    'id' | 'name' | 'status' | 'experimentType' | 'advertisingChannelType' | 'advertisingChannelSubType'
  >,
): edit.CampaignFacts {
  return {
    name: wire.name ?? wire.id,
    status: toStatus(wire.status),
    channel: wire.advertisingChannelType ?? '',
    subType: wire.advertisingChannelSubType ?? '',
    isExperiment: wire.experimentType === 'EXPERIMENT' || wire.experimentType === 'DRAFT',
  }
}

const reasonsOf = (reasons: readonly string[] | undefined): { readonly deliveryReasons?: readonly string[] } =>
  reasons === undefined || reasons.length === 0 ? {} : { deliveryReasons: reasons.slice(0, MAX_REASONS) }

/** A strategy and its target in wire form; undefined for one this app can't spell. */
function strategyText(bidding: CampaignBidding, currency: string): string | undefined {
  const { strategy, target } = bidding
  if (target.kind === 'unfit') return undefined
  const targetMicros = target.kind === 'value' ? target.micros : undefined
  // A stand-alone target strategy without its target is half a value, which nobody could write back.
  if (targetMicros === undefined && (strategy === 'target_cpa' || strategy === 'target_roas')) return undefined
  return formatStrategy({ strategy, targetMicros }, currency)
}

/** Ids in the order the contract promises for `affects` and shared budgets. */
export const sortedIds = (ids: Iterable<EntityId>): readonly EntityId[] =>
  [...new Set(ids)].toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0))

/** Whether a change of the budget also hits other campaigns. */
export function isShared(row: CampaignRow): boolean {
  const budget = row.campaignBudget
  return budget !== undefined && (budget.explicitlyShared === true || BigInt(budget.referenceCount ?? '1') > 1n)
}

function sharedBudgetOf(
  row: CampaignRow,
  self: EntityId,
  sharing: ReadonlyMap<string, readonly EntityId[]>,
): { readonly sharedBudget?: SharedBudget } {
  const budget = row.campaignBudget
  if (budget === undefined || !isShared(row) || row.campaign.status === 'REMOVED') return {}
  const campaignIds = sortedIds([self, ...(sharing.get(budget.resourceName) ?? [])]).slice(0, MAX_SHARING)
  return { sharedBudget: { externalId: budget.id, campaignIds } }
}

export function toCampaign(
  context: MoneyContext,
  row: CampaignRow,
  extra: { readonly sharing: ReadonlyMap<string, readonly EntityId[]>; readonly targeting?: Targeting | undefined },
): Entity {
  const { account, currency, stepMicros } = context
  const { campaign: wire, campaignBudget: budget } = row
  const facts = campaignFacts(wire)
  const bidding = biddingOf(wire, currency, stepMicros)
  const isDaily = budget !== undefined && (budget.period ?? 'DAILY') === 'DAILY'
  const amount: Amount = isDaily ? readAmount(budget.amountMicros, currency, stepMicros) : { kind: 'none' }
  const self = entityId(account, 'campaign', wire.id)
  const strategy = strategyText(bidding, currency)
  const values: Values = {
    ...(bidding.field !== undefined && bidding.target.kind === 'value' ? { [bidding.field]: bidding.target.text } : {}),
    ...optional('bid_strategy', strategy),
  }
  return {
    entityId: self,
    accountId: account,
    type: 'campaign',
    name: facts.name,
    status: facts.status,
    rawStatus: wire.status,
    deliveryStatus: wire.primaryStatus ?? '',
    delivery: toDelivery(wire.primaryStatus),
    ...reasonsOf(wire.primaryStatusReasons),
    budgetKind: budget === undefined ? 'none' : isDaily ? 'daily' : 'lifetime',
    ...(amount.kind === 'value' ? { dailyBudgetMicros: amount.micros } : {}),
    editable: [
      edit.budgetField(facts, budget, amount, stepMicros),
      edit.statusField(facts.status, facts),
      ...edit.targetFields(facts, bidding, stepMicros),
      edit.strategyField(facts, bidding),
    ],
    values,
    ...sharedBudgetOf(row, self, extra.sharing),
    ...optional('targeting', extra.targeting),
    isAutomated: AUTOMATED.has(facts.channel) || facts.subType === 'SMART_CAMPAIGN',
    ...optional('objective', wire.advertisingChannelType),
    ...optional('bidStrategy', wire.biddingStrategyType),
    ...optional('startsAt', wire.startDateTime),
    ...optional('endsAt', wire.endDateTime),
  }
}

export function toAdGroup(context: MoneyContext, row: AdGroupRow, targeting?: Targeting): Entity {
  const { account, currency, stepMicros } = context
  const { adGroup: wire } = row
  const facts = campaignFacts(row.campaign)
  const status = toStatus(wire.status)
  const bidding = biddingOf(row.campaign, currency, stepMicros)
  const isManual = bidding.strategy === 'manual_cpc'
  const bid: Amount = isManual ? readAmount(wire.cpcBidMicros, currency, stepMicros) : { kind: 'none' }
  const override: Amount =
    bidding.field === 'target_cpa'
      ? readAmount(wire.targetCpaMicros, currency, stepMicros)
      : bidding.field === 'target_roas'
        ? readRatio(wire.targetRoas)
        : { kind: 'none' }
  const values: Values = {
    ...(bid.kind === 'value' ? { cpc_bid: bid.text } : {}),
    ...(override.kind === 'value' && bidding.field !== undefined ? { [bidding.field]: override.text } : {}),
  }
  return {
    entityId: entityId(account, 'ad_group', wire.id),
    accountId: account,
    type: 'ad_group',
    parentId: entityId(account, 'campaign', row.campaign.id),
    name: wire.name ?? wire.id,
    status,
    rawStatus: wire.status,
    deliveryStatus: wire.primaryStatus ?? '',
    delivery: toDelivery(wire.primaryStatus),
    ...reasonsOf(wire.primaryStatusReasons),
    budgetKind: 'inherited',
    editable: [
      edit.inheritedBudgetField(facts),
      edit.statusField(status, facts),
      edit.cpcBidField(facts, bidding, status, bid, stepMicros),
      ...edit.overrideFields(facts, bidding, status, override, stepMicros),
    ],
    values,
    ...optional('targeting', targeting),
    ...optional('bidStrategy', row.campaign.biddingStrategyType),
    ...optional('format', wire.type),
  }
}

/** Google's key of an ad: the same ad can stand in several ad groups. */
export const adKey = (resourceName: string): string => idOf(resourceName)

export function toAd(account: AccountId, row: AdRow, creativeIds: readonly string[]): Entity {
  const { adGroupAd: wire } = row
  const { ad } = wire
  const status = toStatus(wire.status)
  const headlines = ad.responsiveSearchAd?.headlines ?? ad.responsiveDisplayAd?.headlines ?? []
  const text = headlines
    .map((each) => each.text ?? '')
    .filter((each) => each !== '')
    .join(' | ')
  const topics = (wire.policySummary?.policyTopicEntries ?? []).map((entry) =>
    [entry.topic, entry.type].filter((part) => part !== undefined && part !== '').join(': '),
  )
  return {
    entityId: entityId(account, 'ad', adKey(wire.resourceName)),
    accountId: account,
    type: 'ad',
    parentId: entityId(account, 'ad_group', row.adGroup.id),
    // Responsive ads have no name of their own; the first headline is what people know them by.
    name: ad.name !== undefined && ad.name !== '' ? ad.name : (headlines[0]?.text ?? `${ad.type ?? 'Ad'} ${ad.id}`),
    status,
    rawStatus: wire.status,
    deliveryStatus: wire.primaryStatus ?? '',
    delivery: toDelivery(wire.primaryStatus),
    ...reasonsOf(wire.primaryStatusReasons),
    review: toReview(wire.policySummary?.approvalStatus, wire.policySummary?.reviewStatus),
    ...(topics.length === 0 ? {} : { reviewReasons: topics.slice(0, MAX_REASONS) }),
    budgetKind: 'none',
    editable: [edit.statusField(row.adGroup.status === 'REMOVED' ? 'deleted' : status, campaignFacts(row.campaign))],
    creativeIds,
    ...optional('format', ad.type),
    ...(text === '' ? {} : { text }),
    ...optional('landingPage', ad.finalUrls?.[0]),
  }
}

/** A text, picture or video of the account's library. Nothing about it can be changed. */
export function toCreative(account: AccountId, row: AssetRow): Entity {
  const { asset } = row
  const text = asset.textAsset?.text
  const name = [asset.name, asset.youtubeVideoAsset?.youtubeVideoTitle, text].find(
    (each) => each !== undefined && each !== '',
  )
  return {
    entityId: entityId(account, 'creative', asset.id),
    accountId: account,
    type: 'creative',
    name: name ?? `${asset.type ?? 'Asset'} ${asset.id}`,
    // Assets have no switch of their own.
    status: 'enabled',
    rawStatus: '',
    deliveryStatus: '',
    budgetKind: 'none',
    editable: [],
    ...optional('format', asset.type),
    ...optional('text', text),
  }
}
