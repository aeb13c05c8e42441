/** The listings of accounts, campaigns, ad sets, ads and creatives. Reads only. */
import type { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { Account, Entity } from '../../../shared/domain/entity.ts'
import type { AccountId, EntityType } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import { toCreative } from './creative.ts'
import { type AccountFacts, type CampaignFacts, type Minimums, minimumsOf, missingCampaign } from './editable.ts'
import * as map from './map.ts'
import { digitsOf, type Listing, type MetaReads } from './reads.ts'
import * as wire from './wire.ts'

const NODE = 'id,account_id,name,status,configured_status,effective_status,issues_info,updated_time'
export const CAMPAIGN_FIELDS = `${NODE},objective,buying_type,smart_promotion_type,daily_budget,lifetime_budget,bid_strategy,start_time,stop_time`
export const AD_SET_FIELDS = `${NODE},campaign_id,daily_budget,lifetime_budget,bid_strategy,bid_amount,bid_constraints,billing_event,optimization_goal,attribution_spec,targeting,learning_stage_info,start_time,end_time`
const CREATIVE_FIELDS =
  'id,name,title,body,status,object_type,video_id,image_hash,link_url,object_story_spec,asset_feed_spec,effective_object_story_id'
export const AD_FIELDS = `${NODE},adset_id,campaign_id,ad_review_feedback,creative{${CREATIVE_FIELDS}}`
const ACCOUNT_FIELDS = 'id,name,account_status,currency,timezone_name,business,user_tasks'

/** What is archived or deleted comes only when asked for: history keeps its names. At most this many pages of it. */
const MAX_GONE_PAGES = 100
const GONE = [['ARCHIVED', 'DELETED'], ['ARCHIVED']] as const
/** More businesses than one person manages. */
const MAX_BUSINESSES = 500

export interface ListingDeps {
  readonly reads: MetaReads
  readonly clock: Clock
}

/** @param minimums left out where no bounds are needed: then the smallest unit */
export function contextOf(
  accountId: AccountId,
  account: AccountFacts,
  minimums: Minimums | undefined,
  nowMs: number,
): map.MapContext {
  return { accountId, account, minimums: minimums ?? minimumsOf(account, []), nowMs }
}

function edge<T extends z.ZodType>(
  id: AccountId,
  name: 'campaigns' | 'adsets' | 'ads',
  fields: string,
  item: T,
): Listing<T> {
  const subject = digitsOf(id)
  return { path: `/act_${subject}/${name}`, query: { fields }, item, subject }
}

/**
 * First everything that lives, by Meta's own default, so that a status nobody has heard of is not missed. Then what is gone. Meta's
 * documentation lets listings ask for what was deleted in one place and forbids it in another: a refusal falls back to the archive alone.
 */
async function* everything<T extends z.ZodType>(
  { reads }: ListingDeps,
  listing: Listing<T>,
  signal: AbortSignal,
): AsyncGenerator<readonly z.infer<T>[]> {
  yield* reads.pages(listing, signal)
  for (const statuses of GONE) {
    const query = { ...listing.query, effective_status: [...statuses] }
    try {
      yield* reads.pages({ ...listing, query, maxPages: MAX_GONE_PAGES }, signal)
      return
    } catch (error) {
      const isRefused = error instanceof OperationError && error.code === 'platform_refused'
      if (!isRefused || statuses.length === 1) throw error
    }
  }
}

async function campaignIndex(
  deps: ListingDeps,
  id: AccountId,
  account: AccountFacts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CampaignFacts>> {
  const index = new Map<string, CampaignFacts>()
  const listing = edge(id, 'campaigns', CAMPAIGN_FIELDS, wire.campaignSchema)
  for await (const page of everything(deps, listing, signal))
    for (const item of page) index.set(item.id, map.factsOf(item, account))
  return index
}

/** All entities of one type, deleted and archived ones included. Pages of at most 500. */
export async function* listEntities(
  deps: ListingDeps,
  id: AccountId,
  type: EntityType,
  signal: AbortSignal,
): AsyncGenerator<readonly Entity[]> {
  const { reads, clock } = deps
  const subject = digitsOf(id)
  if (type === 'creative') {
    const path = `/act_${subject}/adcreatives`
    const listing = { path, query: { fields: CREATIVE_FIELDS }, item: wire.creativeSchema, subject }
    for await (const page of reads.pages(listing, signal)) yield page.map((item) => toCreative(id, item))
    return
  }
  const account = await reads.account(id, signal, true)
  const context = async (): Promise<map.MapContext> =>
    contextOf(id, account, type === 'ad' ? undefined : await reads.minimums(id, signal), clock.nowMs())
  if (type === 'campaign') {
    for await (const page of everything(deps, edge(id, 'campaigns', CAMPAIGN_FIELDS, wire.campaignSchema), signal)) {
      const known = await context()
      yield page.map((item) => map.toCampaign(item, known))
    }
    return
  }
  const index = await campaignIndex(deps, id, account, signal)
  const campaignOf = (campaignId: string) => index.get(campaignId) ?? missingCampaign(campaignId)
  const known = await context()
  if (type === 'ad_group') {
    for await (const page of everything(deps, edge(id, 'adsets', AD_SET_FIELDS, wire.adSetSchema), signal))
      yield page.map((item) => map.toAdSet(item, campaignOf(item.campaign_id), known))
    return
  }
  for await (const page of everything(deps, edge(id, 'ads', AD_FIELDS, wire.adSchema), signal))
    yield page.map((item) => map.toAd(item, campaignOf(item.campaign_id), known))
}

interface Found {
  readonly wire: wire.WireAccount
  readonly manager: map.Manager | undefined
}

/** The businesses a token reaches; none where it lacks the permission to look (`business_management`). */
async function businesses({ reads }: ListingDeps, signal: AbortSignal): Promise<readonly map.Manager[]> {
  const listing = { path: '/me/businesses', query: { fields: 'id,name' }, item: wire.businessSchema, subject: 'app' }
  try {
    const rows = await reads.all(listing, signal)
    return rows
      .slice(0, MAX_BUSINESSES)
      .map(({ id, name }) => ({ externalId: id, name: name ?? id }))
      .toSorted((left, right) => (left.externalId < right.externalId ? -1 : 1))
  } catch (error) {
    if (error instanceof OperationError && error.code === 'platform_refused') return []
    throw error
  }
}

/**
 * Every ad account the token reaches, each once: its own, and those its businesses own or manage for clients. The manager is the business
 * that owns the account; where Meta does not name it, the first business (owners before agencies, then by id) the account was found under.
 */
export async function listAccounts(deps: ListingDeps, signal: AbortSignal): Promise<readonly Account[]> {
  const { reads } = deps
  const query = { fields: ACCOUNT_FIELDS }
  const found = new Map<string, Found>()
  const note = (item: wire.WireAccount, above: map.Manager | undefined): void => {
    const known = found.get(item.id)
    const owner =
      item.business === undefined
        ? undefined
        : { externalId: item.business.id, name: item.business.name ?? item.business.id }
    const manager = known?.manager ?? owner ?? above
    // The person's own listing knows their role; a business's listing may not.
    found.set(item.id, { wire: known?.wire.user_tasks === undefined ? item : known.wire, manager })
  }
  const listOf = (path: string): Listing<typeof wire.accountSchema> => ({
    path,
    query,
    item: wire.accountSchema,
    subject: 'app',
  })
  for await (const page of reads.pages(listOf('/me/adaccounts'), signal)) for (const item of page) note(item, undefined)
  const managers = await businesses(deps, signal)
  for (const relation of ['owned_ad_accounts', 'client_ad_accounts'])
    for (const manager of managers)
      try {
        for await (const page of reads.pages(listOf(`/${manager.externalId}/${relation}`), signal))
          for (const item of page) note(item, manager)
      } catch (error) {
        // One business that keeps its list to itself does not hide the others.
        if (!(error instanceof OperationError) || error.code !== 'platform_refused') throw error
      }
  return [...found.values()].map((each) => map.toAccount(each.wire, each.manager))
}
