/** One entity, read from Meta now, with the campaign above it. Values never come from memory. */
import { dailyBudgetUnder, type Entity, type Field, valueOf } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { LiveValue } from '../adapter.ts'
import type { Received } from './client.ts'
import { unknownEntity, unreadable } from './codes.ts'
import type { AccountFacts, CampaignFacts } from './editable.ts'
import { AD_FIELDS, AD_SET_FIELDS, CAMPAIGN_FIELDS, contextOf } from './listings.ts'
import * as map from './map.ts'
import { digitsOf, type MetaReads } from './reads.ts'
import * as wire from './wire.ts'

interface LiveEntity {
  readonly entity: Entity
  /** The campaign itself, or the one above. */
  readonly campaign: CampaignFacts
  readonly requestId: string
}

export interface LiveDeps {
  readonly reads: MetaReads
  readonly nowMs: () => number
}

/** What is about to be changed must be known to belong to the account whose rules were applied. @throws OperationError */
async function owned<T extends { account_id?: string | undefined }>(
  reading: Promise<Received<T>>,
): Promise<Received<T>> {
  const found = await reading
  if (found.data.account_id === undefined) throw unreadable('an object without its account')
  return found
}

function readCampaign(reads: MetaReads, id: AccountId, campaignId: string, signal: AbortSignal) {
  return owned(reads.node(id, campaignId, CAMPAIGN_FIELDS, wire.campaignSchema, signal))
}

async function readEntity(
  { reads, nowMs }: LiveDeps,
  id: EntityId,
  account: AccountFacts,
  signal: AbortSignal,
): Promise<LiveEntity> {
  const { accountId, type, externalId } = splitEntityId(id)
  if (!/^[0-9]{1,24}$/.test(externalId)) throw unknownEntity()
  // Bounds belong to proposals; a live value needs none.
  const context = contextOf(accountId, account, undefined, nowMs())
  const above = async (campaignId: string) =>
    map.factsOf((await readCampaign(reads, accountId, campaignId, signal)).data, account)
  switch (type) {
    case 'campaign': {
      const { data, requestId } = await readCampaign(reads, accountId, externalId, signal)
      return { entity: map.toCampaign(data, context), campaign: map.factsOf(data, account), requestId }
    }
    case 'ad_group': {
      const { data, requestId } = await owned(
        reads.node(accountId, externalId, AD_SET_FIELDS, wire.adSetSchema, signal),
      )
      const campaign = await above(data.campaign_id)
      return { entity: map.toAdSet(data, campaign, context), campaign, requestId }
    }
    case 'ad': {
      const { data, requestId } = await owned(reads.node(accountId, externalId, AD_FIELDS, wire.adSchema, signal))
      const campaign = await above(data.campaign_id)
      return { entity: map.toAd(data, campaign, context), campaign, requestId }
    }
    default:
      throw new OperationError(
        'field_not_editable',
        'Meta’s creatives have nothing that can be changed.',
        'Choose an ad, an ad set or a campaign.',
      )
  }
}

/** A campaign without a budget of its own starts and stops its ad sets: they are read too. */
async function switchedMicros(
  { reads, nowMs }: LiveDeps,
  { entity, campaign }: LiveEntity,
  account: AccountFacts,
  signal: AbortSignal,
): Promise<bigint | null> {
  const adSets: Entity[] = []
  if (entity.type === 'campaign' && entity.budgetKind === 'none') {
    const { accountId, externalId } = splitEntityId(entity.entityId)
    const context = contextOf(accountId, account, undefined, nowMs())
    const listing = {
      path: `/${externalId}/adsets`,
      query: { fields: AD_SET_FIELDS },
      item: wire.adSetSchema,
      subject: digitsOf(accountId),
    }
    for await (const page of reads.pages(listing, signal))
      for (const item of page) adSets.push(map.toAdSet(item, campaign, context))
  }
  return dailyBudgetUnder(entity, adSets) ?? null
}

const FIELD_NAMES: Readonly<Partial<Record<Field, string>>> = {
  daily_budget: 'a budget of their own',
  scheduled_budget: 'a budget for the next day',
  cpc_bid: 'a bid per click',
  target_cpa: 'a target cost per conversion',
  target_roas: 'a target return on ad spend',
  bid_cap: 'a bid cap',
  cost_cap: 'a cost cap',
  bid_strategy: 'a bid strategy',
}
const TYPE_NAMES = { campaign: 'Campaigns', ad_group: 'Ad sets', ad: 'Ads', creative: 'Creatives' } as const

/** The live value of one field, and why it could not be changed, if so. `value` is empty where the entity has no such value. */
export async function readLiveValue(
  deps: LiveDeps,
  target: { readonly id: EntityId; readonly field: Field },
  signal: AbortSignal,
): Promise<LiveValue> {
  const { id, field } = target
  const account = await deps.reads.account(splitEntityId(id).accountId, signal)
  const live = await readEntity(deps, id, account, signal)
  const { entity, requestId } = live
  const rule = entity.editable.find((candidate) => candidate.field === field)
  const refusal =
    rule === undefined
      ? `${TYPE_NAMES[entity.type]} do not have ${FIELD_NAMES[field] ?? 'this'} on Meta.`
      : rule.refusal
  return {
    entityId: id,
    field,
    value: valueOf(entity, field, account.currency) ?? '',
    currency: account.currency,
    readAtMs: deps.nowMs(),
    platformRequestId: requestId,
    ...(field === 'status' ? { dailyBudgetUnderMicros: await switchedMicros(deps, live, account, signal) } : {}),
    ...(refusal === undefined ? {} : { refusal }),
  }
}
