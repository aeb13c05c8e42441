/**
 * TikTok's official SDK, unmodified but for its base path, as an independent judge of the sandbox: nobody here wrote it,
 * so what it can read and write is not an agreement between our own two halves. It is never shipped.
 */
import * as sdk from 'tiktok-business-api-sdk-official'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { microsFromNumber, microsFromReport } from '../../main/platforms/tiktok/map.ts'
import { exchangeAuthCode, revokeToken } from '../../main/platforms/tiktok/link.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import { type EntityType, splitAccountId, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact } from '../../shared/domain/metric.ts'
import { approvedChange, shiftDay } from './platform-contract.ts'
import { startTiktok, type TiktokHarness } from './tiktok-harness.ts'

type Item = Record<string, unknown>
interface SdkReply {
  readonly error: Error | null
  readonly data: { readonly data?: Item; readonly request_id?: string } | null
}

let tiktok: TiktokHarness
let client: sdk.ApiClient
let token: string
let advertiser: string
const signal = () => new AbortController().signal

/** The SDK knows callbacks only. */
function call(run: (callback: (error: Error | null, data: unknown) => void) => unknown): Promise<SdkReply> {
  return new Promise((resolve) => {
    run((error, data) => resolve({ error, data: data as SdkReply['data'] }))
  })
}
async function list(run: Parameters<typeof call>[0]): Promise<Item[]> {
  const { error, data } = await call(run)
  if (error !== null) throw error
  return (data?.data?.['list'] ?? []) as Item[]
}
async function ours(type: EntityType): Promise<Entity[]> {
  const all: Entity[] = []
  for await (const page of tiktok.adapter.listEntities(tiktok.accounts[0]!.accountId, type, signal())) all.push(...page)
  return all
}
const idOf = (id: Entity['entityId']) => splitEntityId(id).externalId
const externalId = (item: { entityId: Entity['entityId'] }) => splitEntityId(item.entityId).externalId
const everything = { page: 1, page_size: 1000, filtering: { primary_status: 'STATUS_ALL' } }

beforeAll(async () => {
  tiktok = await startTiktok()
  client = new sdk.ApiClient()
  client.basePath = tiktok.sandbox.tiktok.baseUrl
  client.timeout = 10_000
  token = tiktok.sandbox.tiktok.credentials.accessToken
  advertiser = splitAccountId(tiktok.accounts[0]!.accountId).externalId
})

afterAll(async () => {
  // What was judged, and by whom: an endpoint only our own client has used is not proven by anybody else.
  const clients = new Map<string, Set<string>>()
  for (const { method, path, userAgent } of tiktok.sandbox.requests.entries) {
    const who = clients.get(`${method} ${path}`) ?? new Set<string>()
    who.add(userAgent === 'official SDK' ? 'official SDK' : 'our client')
    clients.set(`${method} ${path}`, who)
  }
  const lines = [...clients]
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([endpoint, who]) => `  ${endpoint.padEnd(36)} ${[...who].toSorted().join(', ')}`)
  process.stdout.write(`TikTok sandbox endpoints exercised:\n${lines.join('\n')}\n`)
  await tiktok.close()
})

describe('TikTok’s official SDK against the sandbox', () => {
  it('exchanges an auth code and lists the same accounts as our adapter', async () => {
    const { credentials, baseUrl } = tiktok.sandbox.tiktok
    const { appId, appSecret } = credentials
    const auth = new sdk.AuthenticationApi(client)
    const body = { app_id: appId, secret: appSecret, auth_code: credentials.authCode() }
    const { error, data } = await call((done) => auth.oauth2AccessToken({ body }, done))
    expect(error).toBeNull()
    const issued = String(data?.data?.['access_token'])
    const accounts = await list((done) => auth.oauth2AdvertiserGet(appId, appSecret, issued, done))
    const found = await tiktok.adapter.listAccounts(signal())
    expect(accounts.map((item) => item['advertiser_id'])).toEqual(
      found.map((item) => splitAccountId(item.accountId).externalId),
    )
    const again = await call((done) => auth.oauth2AccessToken({ body }, done))
    expect(String(again.error)).toContain('40110')
    const grant = await exchangeAuthCode({ baseUrl, appId, appSecret }, credentials.authCode())
    expect(grant.advertiserIds).toEqual(data?.data?.['advertiser_ids'])
    await revokeToken({ baseUrl, appId, appSecret }, issued)
    const dead = await call((done) => auth.oauth2AdvertiserGet(appId, appSecret, issued, done))
    expect(String(dead.error)).toContain('40105')
  })

  it('reads the same account details', async () => {
    const ids = tiktok.accounts.map((item) => splitAccountId(item.accountId).externalId)
    const infos = await list((done) => new sdk.AccountManagementApi(client).advertiserInfo(ids, token, {}, done))
    expect(infos.map((item) => [item['currency'], item['display_timezone']])).toEqual(
      tiktok.accounts.map((item) => [item.currency, item.timeZone]),
    )
  })

  it('reads the same campaigns, with the same budgets', async () => {
    const items = await list((done) =>
      new sdk.CampaignCreationApi(client).campaignGet(advertiser, token, everything, done),
    )
    const entities = await ours('campaign')
    expect(items.map((item) => item['campaign_id'])).toEqual(entities.map(externalId))
    expect(items.map((item) => item['campaign_name'])).toEqual(entities.map((item) => item.name))
    const daily = entities.filter((item) => item.budgetKind === 'daily')
    expect(daily.length).toBeGreaterThan(1)
    const budgets = new Map(items.map((item) => [item['campaign_id'], item['budget'] as number]))
    expect(daily.map((item) => item.dailyBudgetMicros)).toEqual(
      daily.map((item) => microsFromNumber(budgets.get(externalId(item)) ?? -1, 'EUR')),
    )
    const smart = await list((done) =>
      new sdk.CampaignCreationApi(client).smartPlusCampaignGet(advertiser, token, { page: 1, page_size: 10 }, done),
    )
    expect(smart.map((item) => item['campaign_automation_type'])).toEqual(['UPGRADED_SMART_PLUS'])
  })

  it('reads the same ad groups and ads', async () => {
    const groups = await list((done) => new sdk.AdgroupApi(client).adgroupGet(advertiser, token, everything, done))
    expect(groups.map((item) => item['adgroup_id'])).toEqual((await ours('ad_group')).map(externalId))
    const ads = await list((done) => new sdk.AdApi(client).adGet(advertiser, token, everything, done))
    expect(ads.map((item) => [item['ad_id'], item['ad_name'], item['secondary_status']])).toEqual(
      (await ours('ad')).map((item) => [externalId(item), item.name, item.deliveryStatus]),
    )
    expect(ads.length).toBe(60)
  })

  it('finds the videos and images of the ads', async () => {
    const ads = await list((done) => new sdk.AdApi(client).adGet(advertiser, token, everything, done))
    const videoIds = ads
      .flatMap((item) => (typeof item['video_id'] === 'string' ? [item['video_id']] : []))
      .slice(0, 60)
    const imageIds = ads.flatMap((item) => item['image_ids'] as string[]).slice(0, 100)
    const files = new sdk.FileApi(client)
    expect(
      (await list((done) => files.adVideoInfo(advertiser, videoIds, token, done)))
        .map((item) => String(item['video_id']))
        .toSorted(),
    ).toEqual(videoIds.toSorted())
    expect(
      (await list((done) => files.fileImageAdInfo(advertiser, imageIds, token, done)))
        .map((item) => String(item['image_id']))
        .toSorted(),
    ).toEqual(imageIds.toSorted())
    expect((await ours('creative')).length).toBeGreaterThan(60)
  })

  it.each([
    ['campaign', 'AUCTION_CAMPAIGN', 'campaign_id'],
    ['ad_group', 'AUCTION_ADGROUP', 'adgroup_id'],
    ['ad', 'AUCTION_AD', 'ad_id'],
  ] as const)('reads the same daily numbers on level %s', async (level, dataLevel, dimension) => {
    const [startDate, endDate] = [shiftDay(tiktok.today, -9), tiktok.today]
    const rows = await list((done) =>
      new sdk.ReportingApi(client).reportIntegratedGet(
        'BASIC',
        token,
        {
          advertiser_id: advertiser,
          data_level: dataLevel,
          dimensions: [dimension, 'stat_time_day'],
          metrics: ['spend', 'impressions', 'clicks', 'cta_conversion', 'website_cta_purchase_value'],
          start_date: startDate,
          end_date: endDate,
          page: 1,
          page_size: 1000,
        },
        done,
      ),
    )
    const facts: MetricFact[] = []
    for await (const page of tiktok.adapter.dailyMetrics(
      { accountId: tiktok.accounts[0]!.accountId, level, startDate, endDate },
      signal(),
    ))
      facts.push(...page)
    const theirs = rows.map((row) => {
      const dimensions = row['dimensions'] as Record<string, string>
      const metrics = row['metrics'] as Record<string, string>
      const at = `${dimensions[dimension]} ${dimensions['stat_time_day']?.slice(0, 10)}`
      return [
        at,
        microsFromReport(metrics['spend']),
        metrics['impressions'],
        metrics['clicks'],
        microsFromReport(metrics['cta_conversion']),
        microsFromReport(metrics['website_cta_purchase_value']),
      ].join(' ')
    })
    const mine = facts.map((fact) =>
      [
        `${externalId(fact)} ${fact.date}`,
        fact.spendMicros,
        fact.impressions,
        fact.clicks,
        fact.clickConversionMicros,
        fact.clickValueMicros,
      ].join(' '),
    )
    expect(theirs.length).toBeGreaterThan(40)
    expect(theirs.toSorted()).toEqual(mine.toSorted())
  })

  it('writes budgets and switches that our adapter then reads, and the other way round', async () => {
    const { budgetAdGroup, budgetCampaign, ad } = tiktok.examples
    const live = async (id: Entity['entityId'], field: 'daily_budget' | 'status') =>
      (await tiktok.adapter.readLive(id, field, signal())).value
    const groups = new sdk.AdgroupApi(client)
    const campaigns = new sdk.CampaignCreationApi(client)
    const head = { advertiser_id: advertiser }

    const budget = await call((done) =>
      groups.adgroupUpdate(token, { body: { ...head, adgroup_id: idOf(budgetAdGroup), budget: 321.5 } }, done),
    )
    expect(budget.error).toBeNull()
    expect(await live(budgetAdGroup, 'daily_budget')).toBe('321.50')
    const off = await call((done) =>
      groups.adgroupStatusUpdate(
        token,
        { body: { ...head, adgroup_ids: [idOf(budgetAdGroup)], operation_status: 'DISABLE' } },
        done,
      ),
    )
    expect(off.error).toBeNull()
    expect(await live(budgetAdGroup, 'status')).toBe('paused')
    const campaignBudget = await call((done) =>
      campaigns.campaignUpdate(token, { body: { ...head, campaign_id: idOf(budgetCampaign), budget: 777 } }, done),
    )
    expect(campaignBudget.error).toBeNull()
    expect(await live(budgetCampaign, 'daily_budget')).toBe('777.00')
    const pause = await call((done) =>
      campaigns.campaignStatusUpdate(
        token,
        { body: { ...head, campaign_ids: [idOf(budgetCampaign)], operation_status: 'DISABLE' } },
        done,
      ),
    )
    expect(pause.error).toBeNull()
    expect(await live(budgetCampaign, 'status')).toBe('paused')
    const adOff = await call((done) =>
      new sdk.AdApi(client).adStatusUpdate(
        token,
        { body: { ...head, ad_ids: [idOf(ad)], operation_status: 'DISABLE' } },
        done,
      ),
    )
    expect(adOff.error).toBeNull()
    expect(await live(ad, 'status')).toBe('paused')

    const result = await tiktok.adapter.apply(approvedChange(budgetAdGroup, 'daily_budget', 'EUR', '321.50', '654.25'))
    expect(result.kind).toBe('accepted')
    expect(
      (await tiktok.adapter.apply(approvedChange(budgetCampaign, 'daily_budget', 'EUR', '777.00', '888.00'))).kind,
    ).toBe('accepted')
    for (const id of [budgetAdGroup, budgetCampaign, ad])
      expect((await tiktok.adapter.apply(approvedChange(id, 'status', 'EUR', 'paused', 'enabled'))).kind).toBe(
        'accepted',
      )
    const filtering = { adgroup_ids: [idOf(budgetAdGroup)] }
    const [group] = await list((done) =>
      groups.adgroupGet(advertiser, token, { page: 1, page_size: 10, filtering }, done),
    )
    expect(group).toMatchObject({ budget: 654.25, operation_status: 'ENABLE' })
  })

  it('is refused where our adapter is refused', async () => {
    const { automatedCampaign, inheritedAdGroup } = tiktok.examples
    const smart = await call((done) =>
      new sdk.CampaignCreationApi(client).campaignUpdate(
        token,
        { body: { advertiser_id: advertiser, campaign_id: splitEntityId(automatedCampaign!).externalId, budget: 500 } },
        done,
      ),
    )
    expect(String(smart.error)).toContain('40002')
    const inherited = await call((done) =>
      new sdk.AdgroupApi(client).adgroupUpdate(
        token,
        { body: { advertiser_id: advertiser, adgroup_id: splitEntityId(inheritedAdGroup).externalId, budget: 500 } },
        done,
      ),
    )
    expect(String(inherited.error)).toContain('40002')
    const expired = await call((done) =>
      new sdk.CampaignCreationApi(client).campaignGet(advertiser, 'wrong', everything, done),
    )
    expect(String(expired.error)).toContain('40105')
  })
})
