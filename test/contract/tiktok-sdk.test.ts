/**
 * TikTok's official SDK, unmodified but for its base path, as an independent judge of the sandbox: nobody here wrote it,
 * so what it can read and write is not an agreement between our own two halves. It is never shipped.
 */
import * as sdk from 'tiktok-business-api-sdk-official'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { microsFromNumber, microsFromReport, ratioFromNumber } from '../../main/platforms/tiktok/amounts.ts'
import { exchangeAuthCode, revokeToken } from '../../main/platforms/tiktok/link.ts'
import { formatRatio } from '../../shared/domain/bid.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type EntityType, splitAccountId, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact } from '../../shared/domain/metric.ts'
import { formatDecimal } from '../../shared/domain/money.ts'
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
const sorted = (items: readonly unknown[]) => items.map(String).toSorted()
const everything = { page: 1, page_size: 1000, filtering: { primary_status: 'STATUS_ALL' } }

beforeAll(async () => {
  tiktok = await startTiktok()
  client = new sdk.ApiClient()
  client.basePath = tiktok.sandbox.tiktok.baseUrl
  client.timeout = 10_000
  token = tiktok.sandbox.tiktok.credentials.accessToken
  advertiser = splitAccountId(tiktok.accounts[0]!.accountId).externalId
})

// What was judged, and by whom, is noted when the sandbox closes: an endpoint only our own client has used is not proven by anybody else.
afterAll(() => tiktok.close())

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
    const automated = items.filter((item) => item['campaign_automation_type'] === 'UPGRADED_SMART_PLUS')
    expect(smart.map((item) => item['campaign_id'])).toEqual(automated.map((item) => item['campaign_id']))
  })

  it('reads the same ad groups and ads, classic and Smart+', async () => {
    const groupApi = new sdk.AdgroupApi(client)
    const groups = await list((done) => groupApi.adgroupGet(advertiser, token, everything, done))
    expect(sorted(groups.map((item) => item['adgroup_id']))).toEqual(sorted((await ours('ad_group')).map(externalId)))
    const smartGroups = await list((done) => groupApi.smartPlusAdgroupGet(advertiser, token, everything, done))
    expect(smartGroups.length).toBe(3)
    expect(smartGroups.every((item) => typeof item['targeting_spec'] === 'object')).toBe(true)
    const classic = await list((done) => new sdk.AdApi(client).adGet(advertiser, token, everything, done))
    const smart = await list((done) =>
      new sdk.AdApi(client).smartPlusAdGet(advertiser, token, { ...everything, page_size: 100 }, done),
    )
    const theirs = [
      ...classic.map((item) => [item['ad_id'], item['ad_name'], item['secondary_status']]),
      ...smart.map((item) => [item['smart_plus_ad_id'], item['ad_name'], item['secondary_status']]),
    ]
    const mine = (await ours('ad')).map((item) => [externalId(item), item.name, item.deliveryStatus])
    expect(sorted(theirs.map((item) => item.join(' ')))).toEqual(sorted(mine.map((item) => item.join(' '))))
    expect(theirs.length).toBe(60)
    const info = await call((done) =>
      new sdk.AdApi(client).smartPlusAdReviewInfo(
        advertiser,
        smart.map((item) => String(item['smart_plus_ad_id'])),
        token,
        {},
        done,
      ),
    )
    expect(info.error).toBeNull()
    const infos = (info.data?.data?.['smart_plus_ad_review_infos'] ?? []) as Item[]
    expect(infos.map((item) => item['review_status'])).toEqual(smart.map(() => 'ALL_AVAILABLE'))
  })

  it('reads the same bids and the same audiences', async () => {
    const groups = await list((done) => new sdk.AdgroupApi(client).adgroupGet(advertiser, token, everything, done))
    const byId = new Map(groups.map((item) => [item['adgroup_id'], item]))
    const mine: unknown[] = []
    const theirs: unknown[] = []
    for (const entity of await ours('ad_group')) {
      const item = byId.get(externalId(entity))
      const amount = (name: string) => formatDecimal(microsFromNumber(item?.[name] as number, 'EUR'), 'EUR')
      const { cost_cap: cap = '0.00', bid_cap: ceiling = '0.00', target_roas: roas = '0.00' } = entity.values ?? {}
      mine.push([cap, ceiling, roas, entity.targeting?.location, entity.targeting?.age])
      theirs.push([
        amount('conversion_bid_price'),
        amount('bid_price'),
        formatRatio(ratioFromNumber(item?.['roas_bid'] as number)),
        item?.['location_ids'],
        item?.['age_groups'],
      ])
    }
    expect(mine).toEqual(theirs)
    expect(new Set(mine.map(String)).size).toBeGreaterThan(5)
  })

  it('finds the same Business Center above the accounts', async () => {
    const centers = await list((done) => new sdk.BCApi(client).bcGet(token, { page: 1, page_size: 50 }, done))
    const found = await tiktok.adapter.listAccounts(signal())
    const managed = found.filter((item) => item.manager !== undefined)
    const [center] = centers.map((item) => item['bc_info'] as Item)
    expect([center?.['bc_id'], center?.['name']]).toEqual([managed[0]?.manager?.externalId, managed[0]?.manager?.name])
    const assets = await list((done) =>
      new sdk.BCApi(client).bcAssetGet(
        String(center?.['bc_id']),
        'ADVERTISER',
        token,
        { page: 1, page_size: 50 },
        done,
      ),
    )
    expect(assets.map((item) => item['asset_id'])).toEqual(
      managed.map((item) => splitAccountId(item.accountId).externalId),
    )
  })

  it('reads the same pixels and the same events of a week', async () => {
    const api = new sdk.MeasurementApi(client)
    const { data } = await call((done) => api.pixelList(advertiser, token, { page: 1, page_size: 20 }, done))
    const pixels = data?.data?.['pixels'] as Item[]
    const trackers = await tiktok.adapter.listTrackers(tiktok.accounts[0]!.accountId, signal())
    expect(pixels.map((item) => item['pixel_id'])).toEqual(trackers.map((item) => item.externalId))
    const range = { start_date: shiftDay(tiktok.today, -6), end_date: tiktok.today }
    const stats = await list((done) =>
      api.pixelEventStats(
        advertiser,
        pixels.map((item) => String(item['pixel_id'])),
        range,
        token,
        done,
      ),
    )
    const totals = stats.map((item) =>
      (item['statistics'] as Item[]).reduce((sum, event) => sum + (event['total_count'] as number), 0),
    )
    expect(totals).toEqual(trackers.map((item) => (item.events ?? []).reduce((sum, event) => sum + event.count, 0)))
    expect(totals[0]).toBeGreaterThan(0)
  })

  it('finds the videos and images of the ads, at addresses that serve them', async () => {
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
    const [image] = await list((done) => files.fileImageAdInfo(advertiser, imageIds.slice(0, 1), token, done))
    const picture = await fetch(String(image?.['image_url']))
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
  })

  it.each([
    ['campaign', 'AUCTION_CAMPAIGN', 'campaign_id'],
    ['ad_group', 'AUCTION_ADGROUP', 'adgroup_id'],
    ['ad', 'AUCTION_AD', 'ad_id_v2'],
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
    const { budgetCampaign, ad } = tiktok.examples
    const budgetAdGroup = tiktok.examples.budgetAdGroup!
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

  it('writes bids and kinds of bidding that our adapter then reads, and the other way round', async () => {
    const groups = new sdk.AdgroupApi(client)
    const { bids, strategies } = tiktok.examples
    const costCap = bids.find((item) => item.field === 'cost_cap')!.entityId
    const minRoas = bids.find((item) => item.field === 'target_roas')!.entityId
    const unbound = strategies.find((item) => item.newValue === 'cost_cap:9.00')!.entityId
    const update = async (id: Entity['entityId'], change: object) => {
      const body = { advertiser_id: advertiser, adgroup_id: idOf(id), ...change }
      expect((await call((done) => groups.adgroupUpdate(token, { body }, done))).error).toBeNull()
    }
    const live = async (id: Entity['entityId'], field: Field) =>
      (await tiktok.adapter.readLive(id, field, signal())).value
    await update(costCap, { conversion_bid_price: 7.35 })
    expect(await live(costCap, 'cost_cap')).toBe('7.35')
    await update(minRoas, { roas_bid: 3.1 })
    expect(await live(minRoas, 'target_roas')).toBe('3.10')
    await update(costCap, { bid_type: 'BID_TYPE_NO_BID' })
    expect(await live(costCap, 'bid_strategy')).toBe('lowest_cost')
    const switched = approvedChange(unbound, 'bid_strategy', 'EUR', 'lowest_cost', 'cost_cap:8.80')
    expect((await tiktok.adapter.apply(switched)).kind).toBe('accepted')
    const filtering = { adgroup_ids: [idOf(unbound)] }
    const [group] = await list((done) =>
      groups.adgroupGet(advertiser, token, { page: 1, page_size: 10, filtering }, done),
    )
    expect(group).toMatchObject({ bid_type: 'BID_TYPE_CUSTOM', conversion_bid_price: 8.8 })
  })

  it('writes Smart+ campaigns that our adapter then reads, and the other way round', async () => {
    const campaign = (await ours('campaign')).find(
      (item) => item.isAutomated === true && item.editable.some((rule) => rule.isEditable),
    )!
    const group = (await ours('ad_group')).find((item) => item.parentId === campaign.entityId)!
    const ad = (await ours('ad')).find((item) => item.parentId === group.entityId)!
    const head = { advertiser_id: advertiser }
    const campaigns = new sdk.CampaignCreationApi(client)
    const groups = new sdk.AdgroupApi(client)
    const ads = new sdk.AdApi(client)
    const live = async (id: Entity['entityId'], field: Field) =>
      (await tiktok.adapter.readLive(id, field, signal())).value
    const good = async (run: Parameters<typeof call>[0]) => expect((await call(run)).error).toBeNull()
    const off = { ...head, operation_status: 'DISABLE' }
    await good((done) =>
      campaigns.smartPlusCampaignUpdate(
        token,
        { body: { ...head, campaign_id: idOf(campaign.entityId), budget: 444 } },
        done,
      ),
    )
    await good((done) =>
      groups.smartPlusAdgroupUpdate(
        token,
        { body: { ...head, adgroup_id: idOf(group.entityId), conversion_bid_price: 6.5 } },
        done,
      ),
    )
    await good((done) =>
      ads.smartPlusAdStatusUpdate(token, { body: { ...off, smart_plus_ad_ids: [idOf(ad.entityId)] } }, done),
    )
    await good((done) =>
      groups.smartPlusAdgroupStatusUpdate(token, { body: { ...off, adgroup_ids: [idOf(group.entityId)] } }, done),
    )
    await good((done) =>
      campaigns.smartPlusCampaignStatusUpdate(
        token,
        { body: { ...off, campaign_ids: [idOf(campaign.entityId)] } },
        done,
      ),
    )
    expect(await live(campaign.entityId, 'daily_budget')).toBe('444.00')
    expect(await live(group.entityId, 'cost_cap')).toBe('6.50')
    for (const { entityId: id } of [campaign, group, ad]) {
      expect(await live(id, 'status')).toBe('paused')
      expect((await tiktok.adapter.apply(approvedChange(id, 'status', 'EUR', 'paused', 'enabled'))).kind).toBe(
        'accepted',
      )
    }
    const budget = approvedChange(campaign.entityId, 'daily_budget', 'EUR', '444.00', '555.50')
    expect((await tiktok.adapter.apply(budget)).kind).toBe('accepted')
    const [theirs] = await list((done) => campaigns.smartPlusCampaignGet(advertiser, token, everything, done))
    expect(theirs).toMatchObject({ budget: 555.5, operation_status: 'ENABLE' })
    const smartAds = await list((done) =>
      ads.smartPlusAdGet(advertiser, token, { ...everything, page_size: 100 }, done),
    )
    expect(smartAds.find((item) => item['smart_plus_ad_id'] === idOf(ad.entityId))).toMatchObject({
      operation_status: 'ENABLE',
    })
  })

  it('is refused where our adapter is refused', async () => {
    const automatedCampaign = tiktok.examples.automatedCampaign
    const inheritedAdGroup = tiktok.examples.inheritedAdGroup!
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
