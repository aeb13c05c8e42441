/** One entity, read from Google now. Never answers from memory. */
import { dailyBudgetUnder, type Entity, type Field, valueOf } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { LiveValue } from '../adapter.ts'
import { unknownEntity, unreadable } from './codes.ts'
import { isShared, toAd, toAdGroup, toCampaign } from './map-entities.ts'
import * as queries from './queries.ts'
import type { AccountContext, GoogleReads } from './reads.ts'
import * as wire from './wire.ts'

const ID = /^[0-9]{1,19}$/

/** "88~99" in its two parts. @throws OperationError unknown_entity for what is no ad of Google's */
export function splitAdKey(externalId: string): { readonly adGroup: string; readonly ad: string } {
  const [adGroup = '', ad = '', ...rest] = externalId.split('~')
  if (!ID.test(adGroup) || !ID.test(ad) || rest.length > 0) throw unknownEntity()
  return { adGroup, ad }
}

/** A campaign with its budget, read now. */
export async function readCampaign(
  reads: GoogleReads,
  context: AccountContext,
  campaignId: string,
  signal: AbortSignal,
): Promise<{ readonly row: wire.CampaignRow; readonly requestId: string }> {
  if (!ID.test(campaignId)) throw unknownEntity()
  const query = { gaql: queries.oneCampaign(campaignId), row: wire.campaignRowSchema }
  const found = await reads.one(context, query, signal)
  if (found.row.campaign.id !== campaignId) throw unreadable('another campaign than asked for')
  return found
}

interface LiveEntity {
  readonly entity: Entity
  readonly requestId: string
  /** Of a campaign whose budget feeds others. */
  readonly sharedBudgetId?: string
}

async function readEntity(
  reads: GoogleReads,
  context: AccountContext,
  id: EntityId,
  signal: AbortSignal,
): Promise<LiveEntity> {
  const { type, externalId } = splitEntityId(id)
  switch (type) {
    case 'campaign': {
      const { row, requestId } = await readCampaign(reads, context, externalId, signal)
      const entity = toCampaign(context, row, { sharing: new Map() })
      const budgetId = isShared(row) ? row.campaignBudget?.id : undefined
      return { entity, requestId, ...(budgetId === undefined ? {} : { sharedBudgetId: budgetId }) }
    }
    case 'ad_group': {
      if (!ID.test(externalId)) throw unknownEntity()
      const query = { gaql: queries.oneAdGroup(externalId), row: wire.adGroupRowSchema }
      const { row, requestId } = await reads.one(context, query, signal)
      if (row.adGroup.id !== externalId) throw unreadable('another ad group than asked for')
      return { entity: toAdGroup(context, row), requestId }
    }
    case 'ad': {
      const { adGroup, ad } = splitAdKey(externalId)
      const query = { gaql: queries.oneAd(adGroup, ad), row: wire.adRowSchema }
      const { row, requestId } = await reads.one(context, query, signal)
      if (row.adGroup.id !== adGroup || row.adGroupAd.ad.id !== ad) throw unreadable('another ad than asked for')
      return { entity: toAd(context.account, row, []), requestId }
    }
    default:
      throw new OperationError(
        'field_not_editable',
        'Texts, pictures and videos have nothing that can be changed.',
        'Choose an ad, an ad group or a campaign.',
      )
  }
}

/** Daily budgets that start or stop with the switch, micros; null when not known. Google's ad groups have none to add up. */
export function budgetUnderSwitch(entity: Entity): bigint | null {
  // A campaign always has a budget on Google: one that is not told is unknown, not nothing.
  if (entity.type === 'campaign' && entity.budgetKind === 'none') return null
  return dailyBudgetUnder(entity, []) ?? null
}

/** Why a field that the entity does not list cannot be changed. */
function absent(entity: Entity, field: Field): string {
  if (field === 'daily_budget' || field === 'scheduled_budget')
    return field === 'daily_budget'
      ? 'Ads have no budget of their own on Google.'
      : 'Google has no budgets that start at the next midnight; a daily budget applies at once.'
  const strategy = entity.bidStrategy
  return strategy === undefined
    ? 'This has no such bid on Google.'
    : `This has no such bid: the campaign bids by "${strategy}".`
}

/**
 * The live value of one field, and why it could not be changed, if so. `value` is empty where there is none.
 * Of a shared budget, the other campaigns it feeds are read as well, in the same moment.
 */
export async function readLiveValue(
  reads: GoogleReads,
  target: { readonly id: EntityId; readonly field: Field; readonly nowMs: () => number },
  signal: AbortSignal,
): Promise<LiveValue> {
  const { id, field } = target
  const account: AccountId = splitEntityId(id).accountId
  const context = await reads.context(account, signal)
  const { entity, requestId, sharedBudgetId } = await readEntity(reads, context, id, signal)
  const rule = entity.editable.find((candidate) => candidate.field === field)
  const refusal = rule === undefined ? absent(entity, field) : rule.refusal
  const affects =
    field === 'daily_budget' && sharedBudgetId !== undefined
      ? (await reads.campaignsOfBudget(context, sharedBudgetId, signal)).filter((campaign) => campaign !== id)
      : undefined
  return {
    entityId: id,
    field,
    value: valueOf(entity, field, context.currency) ?? '',
    currency: context.currency,
    readAtMs: target.nowMs(),
    platformRequestId: requestId,
    ...(field === 'status' ? { dailyBudgetUnderMicros: budgetUnderSwitch(entity) } : {}),
    ...(affects === undefined ? {} : { affects }),
    ...(refusal === undefined ? {} : { refusal }),
  }
}
