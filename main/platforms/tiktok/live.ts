/** One entity, read from TikTok now, with the campaign above it. Never answers from memory. */
import { dailyBudgetUnder, type Entity, type Field, valueOf } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { LiveValue } from '../adapter.ts'
import type { Branches } from './branches.ts'
import { unreadable } from './codes.ts'
import type { CampaignFacts } from './editable.ts'
import * as map from './map.ts'
import { AD_GROUPS, advertiserOf, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'

const MINUTE_MS = 60_000
/** TikTok takes no budget for the next day in the account's last five minutes of the day (platform docs, /adgroup/budget/update/). */
const LOCK_STARTS_MINUTE = 23 * 60 + 55

export interface LiveEntity {
  readonly entity: Entity
  readonly campaign: CampaignFacts
  readonly requestId: string
}

async function readCampaign(reads: TiktokReads, account: AccountId, campaignId: string, signal: AbortSignal) {
  const filter = { campaign_ids: [campaignId] }
  const found = await reads.one('/campaign/get/', account, filter, wire.campaignPageSchema, signal)
  if (found.item.campaign_id !== campaignId) throw unreadable('another campaign than asked for')
  return found
}

/** What the classic endpoint knows of it; undefined when it is nothing there, as an ad of a Smart+ campaign is. */
async function unlessUnknown<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OperationError && error.code === 'unknown_entity') return undefined
    throw error
  }
}

interface Asked {
  readonly reads: TiktokReads
  readonly account: AccountId
  readonly externalId: string
  readonly currency: string
  /** The classic endpoint need not be asked. */
  readonly isSmart: boolean
  readonly signal: AbortSignal
}

async function factsFor({ reads, account, signal }: Asked, campaignId: string): Promise<CampaignFacts> {
  return map.campaignFacts((await readCampaign(reads, account, campaignId, signal)).item)
}

async function readAdGroup(asked: Asked): Promise<LiveEntity> {
  const { reads, account, externalId, currency, signal } = asked
  const filter = { adgroup_ids: [externalId] }
  const from = async (path: string) => {
    const found = await reads.one(path, account, filter, wire.adGroupPageSchema, signal)
    if (found.item.adgroup_id !== externalId) throw unreadable('another ad group than asked for')
    return found
  }
  const classic = asked.isSmart ? undefined : await unlessUnknown(from('/adgroup/get/'))
  const known = classic ?? (await from('/smart_plus/adgroup/get/'))
  const campaign = await factsFor(asked, known.item.campaign_id)
  // The Smart+ endpoint is the one that is written through, so it is the one to believe.
  const { item, requestId } =
    classic !== undefined && campaign.automation === 'smart_plus' ? await from('/smart_plus/adgroup/get/') : known
  return { entity: map.toAdGroup(account, currency, item, campaign), campaign, requestId }
}

async function readAd(asked: Asked): Promise<LiveEntity> {
  const { reads, account, externalId, signal } = asked
  const classic = asked.isSmart
    ? undefined
    : await unlessUnknown(reads.one('/ad/get/', account, { ad_ids: [externalId] }, wire.adPageSchema, signal))
  if (classic !== undefined) {
    const { item, requestId } = classic
    if (item.ad_id !== externalId) throw unreadable('another ad than asked for')
    const campaign = await factsFor(asked, item.campaign_id)
    if (campaign.automation !== 'smart_plus') return { entity: map.toAd(account, item, campaign), campaign, requestId }
  }
  const filter = { smart_plus_ad_ids: [externalId] }
  const { item, requestId } = await reads.one('/smart_plus/ad/get/', account, filter, wire.smartAdPageSchema, signal)
  if (item.smart_plus_ad_id !== externalId) throw unreadable('another ad than asked for')
  const campaign = await factsFor(asked, item.campaign_id)
  return { entity: map.toSmartAd(account, item, campaign, []), campaign, requestId }
}

/** @throws OperationError unknown_entity, field_not_editable for a creative, and those of reading */
export async function readEntity(
  reads: TiktokReads,
  branches: Branches,
  id: EntityId,
  signal: AbortSignal,
): Promise<LiveEntity> {
  const { accountId: account, type, externalId } = splitEntityId(id)
  const currency = await reads.currencyOf(account, signal)
  const asked: Asked = { reads, account, externalId, currency, isSmart: branches.of(id) === 'smart_plus', signal }
  const read = async (): Promise<LiveEntity> => {
    if (type === 'ad_group') return readAdGroup(asked)
    if (type === 'ad') return readAd(asked)
    if (type === 'campaign') {
      const { item, requestId } = await readCampaign(reads, account, externalId, signal)
      return { entity: map.toCampaign(account, currency, item), campaign: map.campaignFacts(item), requestId }
    }
    throw new OperationError(
      'field_not_editable',
      'Videos and images have nothing that can be changed.',
      'Choose an ad, an ad group or a campaign.',
    )
  }
  const live = await read()
  branches.learn(id, live.campaign.automation)
  return live
}

/** A campaign without a budget of its own starts and stops its ad groups: they are read too. */
async function switchedMicros(
  reads: TiktokReads,
  { entity, campaign }: LiveEntity,
  currency: string,
  signal: AbortSignal,
): Promise<bigint | null> {
  const adGroups: Entity[] = []
  if (entity.type === 'campaign' && entity.budgetKind === 'none') {
    const { accountId: account, externalId } = splitEntityId(entity.entityId)
    const query = { advertiser_id: advertiserOf(account), filtering: { campaign_ids: [externalId] } }
    const path = campaign.automation === 'smart_plus' ? '/smart_plus/adgroup/get/' : '/adgroup/get/'
    for await (const page of reads.pages(path, query, AD_GROUPS, signal))
      for (const item of page.data) adGroups.push(map.toAdGroup(account, currency, item, campaign))
  }
  return dailyBudgetUnder(entity, adGroups) ?? null
}

/** Minutes since the account's midnight. */
function minuteOfDay(nowMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const parts = format.formatToParts(nowMs)
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? '0')
  return read('hour') * 60 + read('minute')
}

/** Why a budget for tomorrow can't be set right now; undefined when it can. */
export async function lockRefusal(
  reads: TiktokReads,
  account: AccountId,
  nowMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const minute = minuteOfDay(nowMs, await reads.timeZoneOf(account, signal))
  // A minute early: the write comes after this look at the clock.
  if (
    minute < LOCK_STARTS_MINUTE &&
    minuteOfDay(nowMs + MINUTE_MS, await reads.timeZoneOf(account, signal)) < LOCK_STARTS_MINUTE
  )
    return undefined
  return 'TikTok takes no budgets for the next day between 23:55 and midnight of the account. Try again after midnight.'
}

const NAMES: Readonly<Record<string, string>> = { campaign: 'campaigns', ad_group: 'ad groups', ad: 'ads' }

function missingRule(field: Field, type: Entity['type']): string {
  if (field === 'daily_budget' || field === 'scheduled_budget')
    return `TikTok has no such budget on ${NAMES[type] ?? 'this'}.`
  return `TikTok has no such setting on ${NAMES[type] ?? 'this'}.`
}

/**
 * Of an ad group, what an update of its budget or bid must not touch. TikTok's page for /adgroup/update/ calls it a full replacement while its
 * example sends a single field: whether anything else moved is looked at after every write.
 */
function besidesOf({
  name,
  targeting,
  optimizationGoal,
  startsAt,
  endsAt,
  clickWindowDays,
  viewWindowDays,
}: Entity): string {
  return JSON.stringify([
    name,
    Object.entries(targeting ?? {})
      .map(([kind, values]) => [kind, values.toSorted()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [optimizationGoal, startsAt, endsAt, clickWindowDays, viewWindowDays].map((each) => each ?? null),
  ])
}

/** The live value of one field, and why it could not be changed, if so. `value` is empty where the entity has no such value. */
export async function readLiveValue(
  reads: TiktokReads,
  branches: Branches,
  target: { readonly id: EntityId; readonly field: Field; readonly nowMs: () => number },
  signal: AbortSignal,
): Promise<LiveValue> {
  const { id, field } = target
  const { accountId: account } = splitEntityId(id)
  const currency = await reads.currencyOf(account, signal)
  const live = await readEntity(reads, branches, id, signal)
  const { entity, requestId } = live
  const rule = entity.editable.find((candidate) => candidate.field === field)
  const refusal =
    rule === undefined
      ? missingRule(field, entity.type)
      : (rule.refusal ??
        (field === 'scheduled_budget' ? await lockRefusal(reads, account, target.nowMs(), signal) : undefined))
  return {
    entityId: id,
    field,
    value: valueOf(entity, field, currency) ?? '',
    currency,
    readAtMs: target.nowMs(),
    platformRequestId: requestId,
    ...(field === 'status' ? { dailyBudgetUnderMicros: await switchedMicros(reads, live, currency, signal) } : {}),
    ...(entity.type === 'ad_group' ? { besides: besidesOf(entity) } : {}),
    ...(refusal === undefined ? {} : { refusal }),
  }
}
