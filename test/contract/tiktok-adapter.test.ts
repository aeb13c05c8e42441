/** What only TikTok needs: Smart+ endpoints, budgets for tomorrow, pixels, Business Centers, pictures, its token and its throttling. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pictureAddress } from '../../main/platforms/pictures.ts'
import { createQuotaMeter } from '../../main/platforms/quota.ts'
import type { SandboxAd, SandboxAdGroup, SandboxCampaign } from '../../main/platforms/sandbox/world-types.ts'
import { bidFields, bidsOf, bidValues } from '../../main/platforms/tiktok/bids.ts'
import { PICTURE_HOSTS } from '../../main/platforms/tiktok/thumbnail.ts'
import { accountId, type EntityId, entityId, splitEntityId } from '../../shared/domain/ids.ts'
import { approvedChange, changeAndReadBack, failure, listAll, shiftDay, signal } from './contract-kit.ts'
import { startTiktok, type TiktokHarness } from './tiktok-harness.ts'

let tiktok: TiktokHarness
beforeEach(async () => {
  tiktok = await startTiktok()
})
afterEach(() => tiktok.close())

const account = () => tiktok.accounts[0]?.accountId ?? accountId('tiktok', '1')
const bench = () => ({ harness: tiktok, adapter: tiktok.adapter, account: account(), currency: 'EUR' })
const campaigns = () => tiktok.sandbox.world.advertisers[0]?.campaigns ?? []

/** The shop's Upgraded Smart+ campaign with what is below it. */
function smart(): { campaign: SandboxCampaign; group: SandboxAdGroup; ad: SandboxAd } {
  const campaign = campaigns().find((item) => item.automation === 'UPGRADED_SMART_PLUS')
  const group = campaign?.adGroups[0]
  const ad = group?.ads[0]
  if (campaign === undefined || group === undefined || ad === undefined) throw new Error('the shop has no Smart+')
  return { campaign, group, ad }
}
const smartId = (type: 'campaign' | 'ad_group' | 'ad'): EntityId => {
  const { campaign, group, ad } = smart()
  return entityId(account(), type, { campaign, ad_group: group, ad }[type].id)
}
const writePaths = () => tiktok.sandbox.requests.entries.filter((entry) => entry.isWrite).map((entry) => entry.path)

describe('an Upgraded Smart+ campaign', () => {
  it('is listed with its ad groups and ads, each once, as something that TikTok runs by itself', async () => {
    const { campaign } = smart()
    const groups = await listAll(tiktok.adapter, account(), 'ad_group')
    const ads = await listAll(tiktok.adapter, account(), 'ad')
    const mine = groups.filter((item) => item.parentId === smartId('campaign'))
    expect(mine.map((item) => splitEntityId(item.entityId).externalId).toSorted()).toEqual(
      campaign.adGroups.map((item) => item.id).toSorted(),
    )
    expect(mine.every((item) => item.isAutomated === true && item.budgetKind === 'inherited')).toBe(true)
    expect(mine.every((item) => (item.targeting?.age ?? []).length > 0)).toBe(true)
    const below = ads.filter((item) => mine.some((group) => group.entityId === item.parentId))
    expect(below.length).toBe(campaign.adGroups.flatMap((group) => group.ads).length)
    expect(below.every((item) => (item.creativeIds ?? []).length > 0 && item.landingPage !== undefined)).toBe(true)
    expect(new Set(ads.map((item) => item.entityId)).size).toBe(ads.length)
  })

  it('gets its budget and its switches through the Smart+ endpoints, one write each', async () => {
    const budget = await changeAndReadBack(bench(), smartId('campaign'), 'daily_budget', '321.00')
    expect(budget).toMatchObject({ result: { kind: 'accepted' }, now: { value: '321.00' } })
    for (const type of ['campaign', 'ad_group', 'ad'] as const) {
      const off = await changeAndReadBack(bench(), smartId(type), 'status', 'paused')
      expect(off).toMatchObject({
        before: { value: 'enabled' },
        result: { kind: 'accepted' },
        now: { value: 'paused' },
      })
    }
    expect(writePaths()).toEqual([
      '/smart_plus/campaign/update/',
      '/smart_plus/campaign/status/update/',
      '/smart_plus/adgroup/status/update/',
      '/smart_plus/ad/status/update/',
    ])
  })

  it('lets the amount of a bid be changed, but not the kind of bidding', async () => {
    const bid = await changeAndReadBack(bench(), smartId('ad_group'), 'cost_cap', '12.30')
    expect(bid).toMatchObject({ before: { value: '9.00' }, result: { kind: 'accepted' }, now: { value: '12.30' } })
    expect(writePaths()).toEqual(['/smart_plus/adgroup/update/'])
    const strategy = await changeAndReadBack(bench(), smartId('ad_group'), 'bid_strategy', 'lowest_cost')
    expect(strategy.before.refusal).toMatch(/Smart\+/)
    expect(strategy.result.kind).toBe('not_sent')
    const tomorrow = await tiktok.adapter.apply(
      approvedChange(smartId('ad_group'), 'scheduled_budget', 'EUR', '50.00', '60.00'),
    )
    expect(tomorrow.kind).toBe('not_sent')
    expect(writePaths().length).toBe(1)
  })

  it('is found out by reading when the change is the first thing heard of it, and then written once', async () => {
    const fresh = tiktok.adapterWith({})
    for (const type of ['campaign', 'ad_group', 'ad'] as const)
      expect((await fresh.apply(approvedChange(smartId(type), 'status', 'EUR', 'enabled', 'paused'))).kind).toBe(
        'accepted',
      )
    expect(writePaths().every((path) => path.startsWith('/smart_plus/'))).toBe(true)
    expect(writePaths().length).toBe(3)
  })

  it('is not written when it cannot be found out what it is', async () => {
    const fresh = tiktok.adapterWith({})
    tiktok.breakNext('listing', 'server_error', { times: 50 })
    const result = await fresh.apply(approvedChange(smartId('campaign'), 'status', 'EUR', 'enabled', 'paused'))
    expect(result.kind).toBe('not_sent')
    expect(writePaths()).toEqual([])
  })

  it('is reported under its own ads, so that the days add up', async () => {
    const known = new Set((await listAll(tiktok.adapter, account(), 'ad')).map((item) => item.entityId))
    const day = shiftDay(tiktok.today, -1)
    const rows: EntityId[] = []
    for await (const page of tiktok.adapter.dailyMetrics(
      { accountId: account(), level: 'ad', startDate: day, endDate: day },
      signal(),
    ))
      rows.push(...page.map((fact) => fact.entityId))
    expect(rows).toContain(smartId('ad'))
    expect(rows.filter((id) => !known.has(id))).toEqual([])
  })

  it('is refused by the classic endpoints, as everything else is by the Smart+ ones', async () => {
    const { baseUrl, credentials } = tiktok.sandbox.tiktok
    const { campaign, group, ad } = smart()
    const manual = campaigns().find((item) => item.automation === 'MANUAL')
    const post = async (path: string, body: object) => {
      const response = await fetch(`${baseUrl}/open_api/v1.3${path}`, {
        method: 'POST',
        headers: { 'Access-Token': credentials.accessToken, 'content-type': 'application/json' },
        body: JSON.stringify({ advertiser_id: campaign.advertiser.id, operation_status: 'DISABLE', ...body }),
      })
      return (await response.json()) as { code: number; data: { error_list?: unknown[] } }
    }
    expect((await post('/campaign/status/update/', { campaign_ids: [campaign.id] })).code).toBe(40002)
    expect((await post('/adgroup/status/update/', { adgroup_ids: [group.id] })).code).toBe(40002)
    expect((await post('/ad/status/update/', { ad_ids: [ad.id] })).code).toBe(40002)
    expect((await post('/campaign/update/', { campaign_id: campaign.id, budget: 400 })).code).toBe(40002)
    const other = await post('/smart_plus/campaign/status/update/', { campaign_ids: [manual?.id] })
    expect(other).toMatchObject({ code: 20001, data: { error_list: [{ campaign_id: manual?.id }] } })
    expect(campaign.operationStatus).toBe('ENABLE')
  })

  it('names the platform’s reasons when an ad of it was refused', async () => {
    const { ad } = smart()
    Object.assign(ad, { isDenied: true })
    const found = (await listAll(tiktok.adapter, account(), 'ad')).find((item) => item.entityId === smartId('ad'))
    expect(found).toMatchObject({ review: 'disapproved', delivery: 'not_delivering' })
    expect(found?.reviewReasons?.[0]).toMatch(/landing page/)
  })
})

describe('a budget for the next day', () => {
  it('is refused in the last minutes before midnight, and taken again after it', async () => {
    const id = tiktok.examples.budgetAdGroup ?? tiktok.examples.ad
    // 15:30 in Berlin → 23:56
    tiktok.clock.advance((8 * 60 + 26) * 60_000)
    const locked = await changeAndReadBack(bench(), id, 'scheduled_budget', '432.00')
    expect(locked.before.refusal).toMatch(/23:55/)
    expect(locked.result).toMatchObject({ kind: 'refused', platformCode: '40002' })
    tiktok.clock.advance(10 * 60_000)
    expect((await changeAndReadBack(bench(), id, 'scheduled_budget', '432.00')).now.value).toBe('432.00')
  })

  it('exists only where an ad group has a daily budget of its own', async () => {
    for (const id of [
      tiktok.examples.inheritedAdGroup,
      tiktok.examples.lifetimeAdGroup,
      tiktok.examples.budgetCampaign,
    ]) {
      if (id === undefined) throw new Error('the harness lacks an example')
      expect(await tiktok.adapter.readLive(id, 'scheduled_budget', signal())).toMatchObject({
        value: '',
        refusal: expect.stringMatching(/\w{4}/),
      })
    }
  })
})

describe('bids', () => {
  it('under a campaign budget keep their kind: only the amount may be changed', async () => {
    const id = tiktok.examples.inheritedAdGroup ?? tiktok.examples.ad
    expect((await tiktok.adapter.readLive(id, 'bid_strategy', signal())).refusal).toMatch(/campaign budget/)
    expect((await changeAndReadBack(bench(), id, 'cost_cap', '10.10')).now.value).toBe('10.10')
  })

  it('finer than the currency are shown as not editable, never rounded', () => {
    const wire = { adgroup_id: '1', campaign_id: '2', operation_status: 'ENABLE', billing_event: 'OCPM' }
    const owner = {
      status: 'enabled',
      campaign: { name: 'A', automation: 'manual', ownsBudget: false, isDeleted: false, isShop: false },
      budgetMicros: 50_000_000n,
    } as const
    const fine = bidsOf({ ...wire, bid_type: 'BID_TYPE_CUSTOM', conversion_bid_price: 9.005 }, 'EUR')
    expect(bidValues(fine, 'EUR')).toEqual({})
    expect(bidFields(fine, 'EUR', owner).filter((rule) => rule.isEditable)).toEqual([])
    const exact = bidsOf({ ...wire, bid_type: 'BID_TYPE_CUSTOM', conversion_bid_price: 9.005 }, 'KWD')
    expect(bidValues(exact, 'KWD')).toEqual({ cost_cap: '9.005', bid_strategy: 'cost_cap:9.005' })
    const strange = bidsOf({ ...wire, bid_type: 'BID_TYPE_OF_TOMORROW' }, 'EUR')
    expect(bidValues(strange, 'EUR')).toEqual({ bid_strategy: 'other' })
    expect(bidFields(strange, 'EUR', owner).filter((rule) => rule.isEditable)).toEqual([])
  })

  it('with more decimals than TikTok takes for a return are not sent', async () => {
    const { entityId: id } = tiktok.examples.bids.find((item) => item.field === 'target_roas') ?? {
      entityId: tiktok.examples.ad,
    }
    expect((await tiktok.adapter.apply(approvedChange(id, 'target_roas', 'EUR', '2.50', '2.505'))).kind).toBe(
      'not_sent',
    )
    expect(tiktok.writesReceived(id)).toBe(0)
  })
})

describe('accounts and their surroundings', () => {
  it('say what the Business Center lets this person do', async () => {
    const found = await tiktok.adapter.listAccounts(signal())
    expect(found.map((item) => [item.manager?.name, item.isWritable])).toEqual([
      ['Fjellkant Gruppe', true],
      [undefined, undefined],
    ])
  })

  it('are listed without their managers when the app may not see Business Centers', async () => {
    tiktok.sandbox.faults.add({ kind: 'code', code: 40001, message: 'no permission', path: '/bc/get/' })
    const found = await tiktok.adapter.listAccounts(signal())
    expect(found.length).toBe(2)
    expect(found.every((item) => item.manager === undefined)).toBe(true)
  })

  it('have pixels that are healthy, silent, new or only tested, and the difference is told', async () => {
    const trackers = await tiktok.adapter.listTrackers(account(), signal())
    expect(trackers.map((item) => [item.state, item.lastReceivedAtMs, (item.events ?? []).length > 0])).toEqual([
      ['healthy', undefined, true],
      ['stale', undefined, false],
      ['unverified', null, false],
      ['misconfigured', undefined, true],
    ])
    expect(trackers[0]?.events?.[0]?.name).toBe('PAGE_VIEW')
  })

  it('tell "not measured" from zero', async () => {
    const rows: (bigint | null)[] = []
    for await (const page of tiktok.adapter.dailyMetrics(
      { accountId: account(), level: 'campaign', startDate: shiftDay(tiktok.today, -7), endDate: tiktok.today },
      signal(),
    ))
      rows.push(...page.map((fact) => fact.clickConversionMicros))
    expect(rows.some((value) => value === null)).toBe(true)
    expect(rows.some((value) => value !== null)).toBe(true)
  })
})

describe('pictures', () => {
  it('come from TikTok’s own content servers over TLS, and from nowhere else', () => {
    const from = (address: string) => pictureAddress(address, { allowedHosts: PICTURE_HOSTS })
    for (const address of ['https://p16-sg.tiktokcdn.com/obj/x?x-signature=a', 'https://p.ibyteimg.com/y'])
      expect(from(address)?.href).toBe(address)
    for (const address of [
      'http://p16-sg.tiktokcdn.com/x',
      'https://tiktokcdn.com.evil.example/x',
      'https://eviltiktokcdn.com/x',
      'https://user:pw@p16.tiktokcdn.com/x',
      'https://p16.tiktokcdn.com:8443/x',
      'http://127.0.0.1:4322/media/c/v1',
    ])
      expect(from(address)).toBeUndefined()
  })

  it('are asked for anew each time, because their addresses die after hours', async () => {
    expect(await tiktok.adapter.readThumbnail(tiktok.examples.creative, signal())).toBeDefined()
    tiktok.clock.advance(7 * 3_600_000)
    expect(await tiktok.adapter.readThumbnail(tiktok.examples.creative, signal())).toBeDefined()
    expect(await tiktok.adapter.readThumbnail(smartId('ad'), signal())).toMatchObject({ mimeType: 'image/png' })
    const stolen = tiktok.sandbox.requests.entries.find((entry) => entry.path.startsWith('/media/'))
    const query = new URLSearchParams(stolen?.query).toString()
    expect((await fetch(`${tiktok.sandbox.tiktok.baseUrl}${stolen?.path}?${query}`)).status).toBe(403)
  })
})

describe('the token', () => {
  const { baseUrl } = { baseUrl: () => tiktok.sandbox.tiktok.baseUrl }
  const withCredentials = (extra: object) => {
    const { accessToken, appId, appSecret } = tiktok.sandbox.tiktok.credentials
    return tiktok.adapterWith({
      baseUrl: baseUrl(),
      credentials: () => Promise.resolve({ accessToken, appId, appSecret, ...extra }),
    })
  }

  it('never expires by itself, and tells what it may do only where that was kept', async () => {
    expect(await tiktok.adapter.tokenHealth(signal())).toMatchObject({
      expiresAtMs: null,
      canWrite: undefined,
      scopes: [],
    })
    const full = await withCredentials({ scopes: [100, 201, 211, 221] }).tokenHealth(signal())
    expect(full).toMatchObject({ isValid: true, canWrite: true, scopes: ['100', '201', '211', '221'] })
    const readOnly = await withCredentials({ scopes: [100, 200] }).tokenHealth(signal())
    expect(readOnly).toMatchObject({ isValid: true, canWrite: false, problem: expect.stringMatching(/permission/) })
  })

  it('that was revoked is said to be dead, not thrown at people', async () => {
    expect(await tiktok.adapter.revoke(signal())).toBe(true)
    expect(await tiktok.adapter.tokenHealth(signal())).toMatchObject({
      isValid: false,
      problem: expect.stringMatching(/\w/),
    })
    // Once more: what was wanted is so.
    expect(await tiktok.adapter.revoke(signal())).toBe(true)
  })

  it('cannot be revoked without the app’s secret, nor with a wrong one, and that is not passed over', async () => {
    expect(await withCredentials({ appSecret: undefined }).revoke(signal())).toBe(false)
    expect((await failure(withCredentials({ appSecret: 'wrong' }).revoke(signal()))).code).toBe('needs_reconnect')
    expect(await tiktok.adapter.tokenHealth(signal())).toMatchObject({ isValid: true })
  })
})

describe('the quota meter', () => {
  it('counts every request of an account, and what TikTok throttles makes other reads wait too', async () => {
    const quota = createQuotaMeter(tiktok.clock)
    const adapter = tiktok.adapterWith({ quota })
    const advertiser = splitEntityId(tiktok.examples.ad).accountId.split(':')[1] ?? ''
    await adapter.readLive(tiktok.examples.ad, 'status', signal())
    await adapter.apply(approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused'))
    const reading = (id: string) => quota.readings().find((item) => item.externalId === id)
    expect(reading(advertiser)).toMatchObject({ writesLastDay: 1, throttledLastDay: 0, pausedUntilMs: null })
    expect(reading(advertiser)?.requestsLastDay).toBe(
      tiktok.sandbox.requests.entries.filter((entry) => entry.path !== '/advertiser/info/').length,
    )
    tiktok.breakNext('listing', 'throttle')
    await listAll(adapter, account(), 'campaign')
    expect(reading('app')).toMatchObject({ throttledLastDay: 1, pausedUntilMs: expect.any(Number) })
    const waits = tiktok.waits.length
    await adapter.readLive(tiktok.examples.ad, 'status', signal())
    expect(tiktok.waits.length).toBeGreaterThan(waits)
    tiktok.clock.advance(60_000)
    const later = tiktok.waits.length
    await adapter.readLive(tiktok.examples.ad, 'status', signal())
    expect(tiktok.waits.length).toBe(later)
  })
})

it('asks TikTok for no dry run, because it has none', async () => {
  const change = approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused')
  expect(await tiktok.adapter.validate(change, signal())).toEqual({ kind: 'unsupported' })
  expect(tiktok.sandbox.requests.entries).toEqual([])
})
