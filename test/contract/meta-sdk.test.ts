/**
 * Meta's official SDK, unmodified but for its host and version, as an independent judge of the sandbox: nobody here wrote it, so what it
 * can read and write is not an agreement between our own two halves. It is never shipped; the last tests show why.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as sdk from 'facebook-nodejs-business-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMetaAdapter } from '../../main/platforms/meta/adapter.ts'
import { type SandboxMeta, startMetaSandbox } from '../../main/platforms/sandbox/meta/index.ts'
import type { MetaAccount } from '../../main/platforms/sandbox/meta/types.ts'
import { type Entity, valueOf } from '../../shared/domain/entity.ts'
import { accountId, type EntityType, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact } from '../../shared/domain/metric.ts'
import { noteEndpoints } from '../support/endpoints.ts'

/** Monday 23 November 2026, 15:30 in Berlin. */
const START_MS = Date.UTC(2026, 10, 23, 14, 30)
const DAY_MS = 86_400_000
const clock = { nowMs: () => START_MS, monotonicMs: () => performance.now() }
const day = (before: number) => new Date(Date.UTC(2026, 10, 23) - before * DAY_MS).toISOString().slice(0, 10)
const week = { since: day(14), until: day(8) }

let meta: SandboxMeta
let api: sdk.FacebookAdsApi
let europe: MetaAccount
let account: sdk.AdAccount
/** Values of one field, in order. */
const column = (items: readonly { exportAllData(): Record<string, unknown> }[], name: string) =>
  items.map((item) => item.exportAllData()[name])

function pointAt(origin: string): void {
  Object.defineProperty(sdk.FacebookAdsApi, 'GRAPH', { configurable: true, get: () => origin })
  // Left alone it asks for v24.0, which Meta no longer serves.
  Object.defineProperty(sdk.FacebookAdsApi, 'VERSION', { configurable: true, get: () => 'v26.0' })
}

interface SdkError extends Error {
  readonly status: number
  readonly url: string
  readonly response: Record<string, unknown>
}

async function failing(work: Promise<unknown>): Promise<SdkError> {
  try {
    await work
  } catch (error) {
    return error as SdkError
  }
  throw new Error('the sandbox took what Meta refuses')
}

async function everyPage<T>(first: Promise<sdk.Cursor<T>>): Promise<{ items: T[]; pages: number }> {
  let cursor = await first
  const items = [...cursor]
  let pages = 1
  while (cursor.hasNext()) {
    cursor = await cursor.next()
    items.push(...cursor)
    pages += 1
  }
  return { items, pages }
}

const named = (part: string) => {
  const found = europe.campaigns.find((campaign) => campaign.name.includes(part))
  if (found === undefined) throw new Error(`no campaign ${part}`)
  return found
}

function ours() {
  const credentials = async () => ({ accessToken: meta.credentials.accessToken, appSecret: meta.credentials.appSecret })
  return createMetaAdapter({ baseUrl: meta.baseUrl, credentials, clock, random: () => 0.5 })
}

async function ourEntities(type: EntityType): Promise<readonly Entity[]> {
  const all: Entity[] = []
  for await (const page of ours().listEntities(accountId('meta', europe.id), type, new AbortController().signal))
    all.push(...page)
  return all
}

beforeAll(async () => {
  meta = await startMetaSandbox({ seed: 7, clock })
  europe = meta.world.accounts[0]!
  pointAt(meta.baseUrl)
  // Without the `false` the SDK hooks into uncaught exceptions and reports them to Meta.
  api = new sdk.FacebookAdsApi(meta.credentials.accessToken, 'en_US', false)
  sdk.FacebookAdsApi.setDefaultApi(api)
  account = new sdk.AdAccount(`act_${europe.id}`, {}, undefined, api)
})

afterAll(async () => {
  // What was judged, and by whom: an endpoint only our own client has used is not proven by anybody else.
  noteEndpoints(
    'meta',
    meta.requests.entries.filter(({ path }) => !path.startsWith('/images/')),
  )
  await meta.close()
})

describe('Meta’s official SDK reads the sandbox', () => {
  it('finds the accounts of the person and of the business', async () => {
    const fields = ['id', 'name', 'currency', 'account_status', 'user_tasks', 'business']
    const mine = await new sdk.User('me').getAdAccounts(fields, { limit: 100 })
    expect(column(mine, 'currency')).toEqual(['EUR', 'JPY', 'HUF', 'USD', 'EUR'])
    expect(column(mine, 'account_status')).toEqual([1, 1, 1, 2, 1])
    const [business] = await new sdk.User('me').getBusinesses(['id', 'name'])
    const owned = await business!.getOwnedAdAccounts(fields, { limit: 100 })
    const client = await business!.getClientAdAccounts(fields, { limit: 100 })
    expect([...column(owned, 'id'), ...column(client, 'id')]).toEqual(column(mine, 'id'))
    expect(column(client, 'user_tasks')).toEqual([['ANALYZE']])
    const found = await ours().listAccounts(new AbortController().signal)
    expect(found.map((item) => [item.name, item.currency])).toEqual(
      mine.map((item) => [item.exportAllData()['name'], item.exportAllData()['currency']]),
    )
    const details = await account.get(['name', 'timezone_name', 'min_daily_budget', 'amount_spent'])
    expect(details.exportAllData()).toMatchObject({ timezone_name: 'Europe/Berlin', min_daily_budget: 93 })
    expect(details.exportAllData()['amount_spent']).toMatch(/^\d+$/)
  })

  it('pages through the campaigns one by one, and reads the same budgets as our client', async () => {
    const { items, pages } = await everyPage(
      account.getCampaigns(['id', 'name', 'daily_budget', 'bid_strategy'], { limit: 1 }),
    )
    expect(pages).toBe(items.length)
    const live = europe.campaigns.filter(({ status }) => status === 'ACTIVE' || status === 'PAUSED')
    expect(column(items, 'id')).toEqual(live.map(({ id }) => id))
    expect(column(items, 'name')).toEqual(live.map(({ name }) => name))
    const read = new Map((await ourEntities('campaign')).map((item) => [splitEntityId(item.entityId).externalId, item]))
    const daily = items.filter((item) => item.exportAllData()['daily_budget'] !== undefined)
    expect(daily.length).toBeGreaterThan(3)
    for (const item of daily)
      expect(read.get(item.id)?.dailyBudgetMicros).toBe(BigInt(String(item.exportAllData()['daily_budget'])) * 10_000n)
  })

  it('shows what was archived or deleted only when asked, and what was deleted only by a filter', async () => {
    const gone = ['ARCHIVED', 'DELETED']
    const filtering = [{ field: 'campaign.effective_status', operator: 'IN', value: gone }]
    expect(column(await account.getCampaigns(['name', 'status'], { filtering }), 'status')).toEqual(gone)
    await expect(account.getCampaigns(['name', 'status'], { effective_status: gone })).rejects.toMatchObject({
      response: { error_subcode: 1815001 },
    })
  })

  it('reads ad sets, ads, creatives, pixels, conversions and the smallest budgets', async () => {
    const adSets = (
      await everyPage(
        account.getAdSets(['id', 'targeting', 'attribution_spec', 'bid_amount', 'bid_constraints'], { limit: 10 }),
      )
    ).items
    expect(adSets.length).toBe(24)
    expect(adSets.some((item) => item.exportAllData()['bid_constraints'] !== undefined)).toBe(true)
    const ads = await account.getAds(
      ['id', 'effective_status', 'creative{id,thumbnail_url,object_type}', 'ad_review_feedback'],
      { limit: 500 },
    )
    const statuses = new Set(column(ads, 'effective_status'))
    for (const status of ['ACTIVE', 'DISAPPROVED', 'PENDING_REVIEW', 'WITH_ISSUES', 'ADSET_PAUSED', 'CAMPAIGN_PAUSED'])
      expect(statuses).toContain(status)
    const creatives = await account.getAdCreatives(['id', 'object_type', 'object_story_spec', 'asset_feed_spec'], {
      limit: 500,
    })
    expect(new Set(column(creatives, 'object_type'))).toEqual(new Set(['VIDEO', 'SHARE', 'STATUS']))
    const picture = (ads[0]!.exportAllData()['creative'] as { thumbnail_url: string }).thumbnail_url
    const answer = await fetch(picture)
    expect(answer.headers.get('content-type')).toBe('image/png')
    const pixels = await account.getAdsPixels(['id', 'name', 'last_fired_time', 'is_unavailable'])
    expect(column(pixels, 'is_unavailable')).toEqual([false, false, false, true])
    expect(pixels.map((item) => item.exportAllData()['last_fired_time'] !== undefined)).toEqual([
      true,
      true,
      false,
      true,
    ])
    const stats = await pixels[0]!.getStats([], { aggregation: 'event' })
    expect(stats.length).toBeGreaterThan(20)
    expect(column(await account.getCustomConversions(['name', 'is_archived']), 'is_archived')).toEqual([
      false,
      false,
      true,
    ])
    expect(column(await account.getMinimumBudgets([]), 'min_daily_budget_imp')).toEqual([93])
    const first = await adSets[0]!.getAds(['name'])
    expect(first.length).toBeGreaterThan(0)
    const node = await new sdk.AdCreative((ads[0]!.exportAllData()['creative'] as { id: string }).id).get([
      'name',
      'status',
    ])
    expect(node.exportAllData()['status']).toBe('ACTIVE')
  })

  it('reads the same spend and conversions as our client, at once and as an asynchronous report', async () => {
    const fields = ['campaign_id', 'spend', 'impressions', 'actions', 'action_values']
    const params = {
      level: 'campaign',
      time_increment: 1,
      time_range: week,
      action_attribution_windows: ['7d_click', '1d_view'],
      limit: 20,
    }
    const { items, pages } = await everyPage(account.getInsights(fields, params))
    expect(pages).toBeGreaterThan(2)
    const facts: MetricFact[] = []
    const request = {
      accountId: accountId('meta', europe.id),
      level: 'campaign',
      startDate: week.since,
      endDate: week.until,
    } as const
    for await (const page of ours().dailyMetrics(request, new AbortController().signal)) facts.push(...page)
    const keyOf = (id: unknown, date: unknown) => `${String(id)} ${String(date)}`
    const read = new Map(facts.map((fact) => [keyOf(splitEntityId(fact.entityId).externalId, fact.date), fact]))
    let compared = 0
    for (const row of items.map((item) => item.exportAllData())) {
      const fact = read.get(keyOf(row['campaign_id'], row['date_start']))
      expect(fact?.impressions).toBe(Number(row['impressions']))
      expect(fact?.spendMicros).toBe(BigInt(String(row['spend']).replace('.', '')) * 10_000n)
      const list = (row['actions'] ?? []) as readonly Record<string, string>[]
      const purchases = list.find((item) => item['action_type'] === 'omni_purchase')
      if (purchases?.['7d_click'] === undefined) continue
      expect(fact?.clickConversionMicros).toBe(BigInt(purchases['7d_click']) * 1_000_000n)
      compared += 1
    }
    expect(compared).toBeGreaterThan(10)
    const run = await account.getInsightsAsync(fields, params)
    const seen: unknown[] = []
    for (let polls = 0; polls < 6 && seen.at(-1) !== 'Job Completed'; polls += 1)
      seen.push((await run.get(['async_status', 'async_percent_completion'])).exportAllData()['async_status'])
    expect(seen).toEqual(['Job Not Started', 'Job Running', 'Job Completed'])
    const later = await everyPage(run.getInsights([], { limit: 500 }))
    expect(later.items.map((item) => item.exportAllData())).toEqual(items.map((item) => item.exportAllData()))
  })
})

describe('Meta’s official SDK writes to the sandbox', () => {
  it('changes a campaign’s budget, and a dry run changes nothing', async () => {
    const { id, budgetMinor } = named('Prospecting | Zelte')
    const campaign = new sdk.Campaign(id)
    await campaign.update([], { daily_budget: '26000', execution_options: ['validate_only'] })
    expect((await campaign.get(['daily_budget'])).exportAllData()['daily_budget']).toBe(String(budgetMinor))
    await campaign.update([], { daily_budget: '26000' })
    expect((await new sdk.Campaign(id).get(['daily_budget'])).exportAllData()['daily_budget']).toBe('26000')
    expect(meta.requests.writesTo(id)).toBe(1)
    const [entity] = (await ourEntities('campaign')).filter((item) => splitEntityId(item.entityId).externalId === id)
    expect(valueOf(entity!, 'daily_budget', 'EUR')).toBe('260.00')
  })

  it('changes a bid, a strategy and a status, and sees them in the change log', async () => {
    const [plain, capped] = named('Daunenjacken').adSets
    await new sdk.AdSet(capped!.id).update([], { bid_amount: 700 })
    await new sdk.AdSet(plain!.id).update([], { bid_strategy: 'COST_CAP', bid_amount: '950' })
    const ad = plain!.ads[0]!
    await new sdk.Ad(ad.id).update([], { status: 'PAUSED' })
    const read = await new sdk.AdSet(plain!.id).get(['bid_strategy', 'bid_amount'])
    expect(read.exportAllData()).toMatchObject({ bid_strategy: 'COST_CAP', bid_amount: 950 })
    expect((await new sdk.AdSet(capped!.id).get(['bid_amount'])).exportAllData()['bid_amount']).toBe(700)
    expect((await new sdk.Ad(ad.id).get(['status', 'configured_status'])).exportAllData()['status']).toBe('PAUSED')
    const log = await account.getActivities(['event_type', 'object_id', 'extra_data'])
    expect(log[0]!.exportAllData()).toMatchObject({ event_type: 'update_ad_run_status', object_id: ad.id })
  })

  it('sends a batch in which every entry has an answer of its own', async () => {
    const campaign = named('Awareness')
    const smart = named('Advantage+ Shopping')
    const answers: unknown[] = []
    const batch = new sdk.FacebookAdsApiBatch(api)
    const note = (reply: { isSuccess: boolean; error: SdkError | null }) =>
      answers.push(reply.isSuccess ? 'yes' : `no ${reply.error?.status}`)
    batch.add('POST', [campaign.id], { status: 'PAUSED' }, undefined, note as never, note as never)
    batch.add('POST', [smart.id], { status: 'PAUSED' }, undefined, note as never, note as never)
    batch.add('GET', [campaign.id], { fields: 'status' }, undefined, (reply) => answers.push(reply.body), note as never)
    expect(await batch.execute()).toBeNull()
    expect(answers).toEqual(['yes', 'no 400', { id: campaign.id, status: 'PAUSED' }])
  })

  it('decodes what Meta refuses, with the words for people', async () => {
    const low = await failing(new sdk.Campaign(named('Retargeting').id).update([], { daily_budget: '5' }))
    expect(low.response).toMatchObject({ code: 100, error_subcode: 1885272, error_user_title: 'Budget is too low' })
    const level = await failing(new sdk.AdSet(named('Retargeting').adSets[0]!.id).update([], { daily_budget: '5000' }))
    expect(level.response).toMatchObject({ code: 100, error_subcode: 1885621 })
    const bare = await failing(
      new sdk.AdSet(named('Daunenjacken').adSets[3]!.id).update([], { bid_strategy: 'COST_CAP' }),
    )
    expect(bare.response).toMatchObject({ code: 100, error_subcode: 1815857 })
    const missing = await failing(new sdk.Campaign('120200000000000001').get(['name']))
    expect(missing.response).toMatchObject({ code: 100, error_subcode: 33, type: 'GraphMethodException' })
    const field = await failing(account.getCampaigns(['no_such_field']))
    expect(field.message).toContain('nonexisting field (no_such_field)')
    meta.faults.add({ kind: 'throttle', path: '/campaigns', code: 17 })
    const busy = await failing(account.getCampaigns(['id']))
    expect(busy.response).toMatchObject({ code: 17, error_subcode: 2446079 })
    meta.faults.add({ kind: 'expired_token', path: '/campaigns' })
    const expired = await failing(account.getCampaigns(['id']))
    expect(expired.response).toMatchObject({ code: 190, error_subcode: 463 })
  })
})

describe('why Meta’s official SDK is not shipped', () => {
  let elsewhere: Server
  const seen: string[] = []
  let origin: string

  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      seen.push(request.url ?? '')
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}')
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((resolve) => elsewhere.close(resolve)))

  it('has the token in every address, also in its errors', async () => {
    const error = await failing(account.getCampaigns(['no_such_field']))
    expect(error.url).toContain(`access_token=${encodeURIComponent(meta.credentials.accessToken)}`)
  })

  it('takes the token wherever a page says that the next one is', async () => {
    const cursor = await account.getCampaigns(['id'], { limit: 1 })
    const next = cursor.paging?.next ?? ''
    expect(next.startsWith(`${meta.baseUrl}/v26.0/act_${europe.id}/campaigns?`)).toBe(true)
    expect(next).toContain(meta.credentials.accessToken)
    Object.assign(cursor.paging ?? {}, { next: next.replace(meta.baseUrl, origin) })
    await cursor.next()
    expect(seen.at(-1)).toContain(meta.credentials.accessToken)
  })

  it('follows a redirect to another host', async () => {
    seen.length = 0
    meta.faults.add({ kind: 'redirect', path: '/campaigns', location: `${origin}/elsewhere` })
    await account.getCampaigns(['id'])
    expect(seen).toEqual(['/elsewhere'])
  })

  it('leaves no token, secret or code in the sandbox’s own log', () => {
    const log = JSON.stringify(meta.requests.entries)
    expect(log).not.toContain(meta.credentials.accessToken)
    expect(log).not.toContain(meta.credentials.appSecret)
    expect(log).toContain('[secret]')
  })
})
