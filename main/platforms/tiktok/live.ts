/** One entity, read from TikTok now, with the campaign above it. Never answers from memory. */
import { dailyBudgetUnder, type Entity, type Field } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { formatDecimal } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { LiveValue } from '../adapter.ts'
import { unreadable } from './codes.ts'
import * as map from './map.ts'
import { AD_GROUPS, advertiserOf, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'

interface LiveEntity {
  readonly entity: Entity
  readonly requestId: string
}

async function readCampaign(reads: TiktokReads, account: AccountId, campaignId: string, signal: AbortSignal) {
  const filter = { campaign_ids: [campaignId] }
  const found = await reads.one('/campaign/get/', account, filter, wire.campaignPageSchema, signal)
  if (found.item.campaign_id !== campaignId) throw unreadable('another campaign than asked for')
  return found
}

async function readEntity(
  reads: TiktokReads,
  id: EntityId,
  currency: string,
  signal: AbortSignal,
): Promise<LiveEntity> {
  const { accountId: account, type, externalId } = splitEntityId(id)
  const factsOf = async (campaignId: string) =>
    map.campaignFacts((await readCampaign(reads, account, campaignId, signal)).item)
  switch (type) {
    case 'campaign': {
      const { item, requestId } = await readCampaign(reads, account, externalId, signal)
      return { entity: map.toCampaign(account, currency, item), requestId }
    }
    case 'ad_group': {
      const filter = { adgroup_ids: [externalId] }
      const { item, requestId } = await reads.one('/adgroup/get/', account, filter, wire.adGroupPageSchema, signal)
      if (item.adgroup_id !== externalId) throw unreadable('another ad group than asked for')
      return { entity: map.toAdGroup(account, currency, item, await factsOf(item.campaign_id)), requestId }
    }
    case 'ad': {
      const filter = { ad_ids: [externalId] }
      const { item, requestId } = await reads.one('/ad/get/', account, filter, wire.adPageSchema, signal)
      if (item.ad_id !== externalId) throw unreadable('another ad than asked for')
      return { entity: map.toAd(account, item, await factsOf(item.campaign_id)), requestId }
    }
    default:
      throw new OperationError(
        'field_not_editable',
        'Videos and images have nothing that can be changed.',
        'Choose an ad, an ad group or a campaign.',
      )
  }
}

/** A campaign without a budget of its own starts and stops its ad groups: they are read too. */
async function switchedMicros(
  reads: TiktokReads,
  entity: Entity,
  currency: string,
  signal: AbortSignal,
): Promise<bigint | null> {
  const adGroups: Entity[] = []
  if (entity.type === 'campaign' && entity.budgetKind === 'none') {
    const { accountId: account, externalId } = splitEntityId(entity.entityId)
    const campaign = map.campaignFacts((await readCampaign(reads, account, externalId, signal)).item)
    const query = { advertiser_id: advertiserOf(account), filtering: { campaign_ids: [externalId] } }
    for await (const page of reads.pages('/adgroup/get/', query, AD_GROUPS, signal))
      for (const item of page.data) adGroups.push(map.toAdGroup(account, currency, item, campaign))
  }
  return dailyBudgetUnder(entity, adGroups) ?? null
}

/** The live value of one field, and why it could not be changed, if so. `value` is empty where there is no daily budget at all. */
export async function readLiveValue(
  reads: TiktokReads,
  target: { readonly id: EntityId; readonly field: Field; readonly nowMs: () => number },
  signal: AbortSignal,
): Promise<LiveValue> {
  const { id, field } = target
  const currency = await reads.currencyOf(splitEntityId(id).accountId, signal)
  const { entity, requestId } = await readEntity(reads, id, currency, signal)
  const rule = entity.editable.find((candidate) => candidate.field === field)
  const refusal = rule === undefined ? 'Ads have no budget of their own on TikTok.' : rule.refusal
  const budgetMicros = entity.dailyBudgetMicros
  const budget = budgetMicros === undefined ? '' : formatDecimal(budgetMicros, currency)
  return {
    entityId: id,
    field,
    value: field === 'status' ? entity.status : budget,
    currency,
    readAtMs: target.nowMs(),
    platformRequestId: requestId,
    ...(field === 'status' ? { dailyBudgetUnderMicros: await switchedMicros(reads, entity, currency, signal) } : {}),
    ...(refusal === undefined ? {} : { refusal }),
  }
}
