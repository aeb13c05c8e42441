/** The listings of accounts, campaigns, ad sets, ads and creatives. Reads only. */
import type { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { Account, Entity } from '../../../shared/domain/entity.ts'
import type { AccountId, EntityType } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import { toCreative } from './creative.ts'
import { type AccountFacts, type CampaignFacts, type Minimums, minimumsOf, missingCampaign } from './editable.ts'
import * as map from './map.ts'
import { digitsOf, type Listing, type MetaReads, type Query } from './reads.ts'
import * as wire from './wire.ts'

const NODE = 'id,account_id,name,status,configured_status,effective_status,issues_info,updated_time'
export const CAMPAIGN_FIELDS = `${NODE},objective,buying_type,smart_promotion_type,daily_budget,lifetime_budget,bid_strategy,start_time,stop_time`
export const AD_SET_FIELDS = `${NODE},campaign_id,daily_budget,lifetime_budget,bid_strategy,bid_amount,bid_constraints,billing_event,optimization_goal,attribution_spec,targeting,learning_stage_info,start_time,end_time`
const CREATIVE_FIELDS =
  'id,name,title,body,status,object_type,video_id,image_hash,link_url,object_story_spec,asset_feed_spec,effective_object_story_id'
export const AD_FIELDS = `${NODE},adset_id,campaign_id,ad_review_feedback,creative{${CREATIVE_FIELDS}}`
const ACCOUNT_FIELDS = 'id,name,account_status,currency,timezone_name,user_tasks'

/** What is archived or deleted comes only when asked for: history keeps its names. Meta keeps at most so many archived. */
const MAX_GONE = 50_000
/** More businesses than one person manages. */
const MAX_BUSINESSES = 500

function isRefused(error: unknown): boolean {
  return error instanceof OperationError && error.code === 'platform_refused'
}

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
  name: Edge,
  fields: string,
  item: T,
): Listing<T> & { readonly name: Edge } {
  const subject = digitsOf(id)
  return { name, path: `/act_${subject}/${name}`, query: { fields }, item, subject }
}

/** The prefix that filters of an edge's own fields bear. */
const PREFIXES = { campaigns: 'campaign', adsets: 'adset', ads: 'ad' } as const
type Edge = keyof typeof PREFIXES

/** Two ways to ask for what is gone: the filter knows deleted objects, the plain parameter refuses them (100/1815001) and knows the archive. */
function goneQueries(name: Edge): readonly Query[] {
  const field = `${PREFIXES[name]}.effective_status`
  return [
    { filtering: [{ field, operator: 'IN', value: ['ARCHIVED', 'DELETED'] }] },
    { effective_status: ['ARCHIVED'] },
  ]
}

/** First everything that lives, by Meta's own default, so that a status nobody has heard of is not missed. Then what is gone. */
async function* everything<T extends z.ZodType>(
  { reads }: ListingDeps,
  { name, ...listing }: Listing<T> & { readonly name: Edge },
  signal: AbortSignal,
): AsyncGenerator<readonly z.infer<T>[]> {
  yield* reads.pages(listing, signal)
  const queries = goneQueries(name)
  for (const [index, gone] of queries.entries())
    try {
      yield* reads.pages({ ...listing, query: { ...listing.query, ...gone }, maxRows: MAX_GONE }, signal)
      return
    } catch (error) {
      if (!isRefused(error) || index === queries.length - 1) throw error
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
    if (isRefused(error)) return []
    throw error
  }
}

/**
 * Every ad account the token reaches, each once: its own, and those its businesses own or manage for clients. The manager is the business
 * that owns the account; where Meta does not name it, the first business (owners before agencies, then by id) the account was found under.
 */
export async function listAccounts(deps: ListingDeps, signal: AbortSignal): Promise<readonly Account[]> {
  const { reads } = deps
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
  const take = async (path: string, fields: string, above: map.Manager | undefined): Promise<void> => {
    const listing = { path, query: { fields }, item: wire.accountSchema, subject: 'app' }
    for await (const page of reads.pages(listing, signal)) for (const item of page) note(item, above)
  }
  try {
    await take('/me/adaccounts', `${ACCOUNT_FIELDS},business`, undefined)
  } catch (error) {
    // Who owns an account may need a permission of its own; the accounts do not.
    if (!isRefused(error)) throw error
    await take('/me/adaccounts', ACCOUNT_FIELDS, undefined)
  }
  const managers = await businesses(deps, signal)
  for (const relation of ['owned_ad_accounts', 'client_ad_accounts'])
    for (const manager of managers)
      try {
        await take(`/${manager.externalId}/${relation}`, `${ACCOUNT_FIELDS},business`, manager)
      } catch (error) {
        // One business that keeps its list to itself does not hide the others.
        if (!isRefused(error)) throw error
      }
  return [...found.values()].map((each) => map.toAccount(each.wire, each.manager))
}
