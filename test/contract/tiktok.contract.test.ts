/** TikTok keeps the contract of all platforms, and the promises that only TikTok needs. */
import { type AddressInfo, createServer } from 'node:net'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { splitDays } from '../../main/platforms/days.ts'
import { microsFromNumber, microsFromReport, numberText } from '../../main/platforms/tiktok/amounts.ts'
import { exchangeAuthCode, revokeToken } from '../../main/platforms/tiktok/link.ts'
import { adGroupPageSchema } from '../../main/platforms/tiktok/wire.ts'
import { accountId, entityId, splitEntityId } from '../../shared/domain/ids.ts'
import { currencyExponent } from '../../shared/domain/money.ts'
import { listAll } from './contract-kit.ts'
import { approvedChange, describePlatformContract, shiftDay } from './platform-contract.ts'
import { startTiktok, type TiktokHarness } from './tiktok-harness.ts'

describePlatformContract('TikTok', startTiktok)

const CURRENCIES = ['USD', 'EUR', 'JPY', 'KRW', 'CLP', 'HUF', 'KWD', 'TWD'] as const
const signal = () => new AbortController().signal

describe('TikTok amounts', () => {
  it('survive the way to TikTok’s JSON and back, in every currency', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CURRENCIES),
        fc.bigInt({ min: 1n, max: 9_999_999n * 1000n }),
        (currency, units) => {
          // Up to TikTok's own limit of 10,000,000 main units.
          const minor = (units % (9_999_999n * 10n ** BigInt(currencyExponent(currency)))) + 1n
          const micros = minor * 10n ** BigInt(6 - currencyExponent(currency))
          const text = numberText(micros, currency)
          const onTheWire: unknown = JSON.parse(`{"budget":${text}}`)
          expect(microsFromNumber((onTheWire as { budget: number }).budget, currency)).toBe(micros)
          expect(microsFromReport(text)).toBe(micros)
        },
      ),
    )
  })

  it('with more decimals than the currency has are refused, never rounded', () => {
    expect(() => microsFromNumber(50.005, 'EUR')).toThrow(/amount/)
    expect(() => microsFromNumber(5000.5, 'JPY')).toThrow(/amount/)
    expect(microsFromNumber(50.005, 'KWD')).toBe(50_005_000n)
    expect(() => microsFromNumber(Number.NaN, 'EUR')).toThrow(/amount/)
    expect(() => microsFromNumber(1e21, 'EUR')).toThrow(/amount/)
    expect(() => microsFromNumber(0.1 + 0.2, 'EUR')).toThrow(/amount/)
  })

  it('in reports tell "-" from zero, and nonsense from both', () => {
    expect(microsFromReport('-')).toBeNull()
    expect(microsFromReport(undefined)).toBeNull()
    expect(microsFromReport('0.00')).toBe(0n)
    expect(microsFromReport('4')).toBe(4_000_000n)
    expect(microsFromReport('1,234.50')).toBeUndefined()
    expect(microsFromReport('1e5')).toBeUndefined()
  })
})

/** A page of one ad group whose id is spelt as given, quotes and all. */
const row = (id: string) =>
  `{"list":[{"adgroup_id":${id},"campaign_id":"1733333333333333331","operation_status":"ENABLE"}],"page_info":{"page":1,"page_size":10,"total_number":1,"total_page":1}}`

describe('TikTok ids and days', () => {
  it('with 19 digits keep all of them, and a number in their place is refused', () => {
    expect(adGroupPageSchema.parse(JSON.parse(row('"1744444444444444441"'))).list[0]?.adgroup_id).toBe(
      '1744444444444444441',
    )
    expect(adGroupPageSchema.safeParse(JSON.parse(row('1744444444444444441'))).success).toBe(false)
  })

  it('are asked for in pieces of at most 30 days that touch without overlapping', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 1500 }), (from, length) => {
        const startDate = shiftDay('2020-01-01', from)
        const endDate = shiftDay(startDate, length - 1)
        const pieces = splitDays({ startDate, endDate }, 30)
        expect(pieces[0]?.startDate).toBe(startDate)
        expect(pieces.at(-1)?.endDate).toBe(endDate)
        expect(pieces.filter((piece) => shiftDay(piece.startDate, 29) < piece.endDate)).toEqual([])
        expect(pieces.slice(1).map((piece) => piece.startDate)).toEqual(
          pieces.slice(0, -1).map((piece) => shiftDay(piece.endDate, 1)),
        )
      }),
      { numRuns: 60 },
    )
    for (const nonsense of ['2026-02-30', 'today', '2026-1-1'])
      expect(() => splitDays({ startDate: nonsense, endDate: nonsense }, 30)).toThrow(/calendar day/)
  })
})

describe('the TikTok adapter', () => {
  let tiktok: TiktokHarness
  beforeEach(async () => {
    tiktok = await startTiktok()
  })
  afterEach(() => tiktok.close())

  it('refuses any address that is neither TikTok’s nor this machine', () => {
    for (const baseUrl of [
      'https://business-api.tiktok.com.evil.example',
      'http://business-api.tiktok.com',
      'https://user:pw@business-api.tiktok.com',
      'http://192.168.1.10:8080',
      'https://business-api.tiktok.com:8443',
      'file:///etc/passwd',
    ])
      expect(() => tiktok.adapterWith({ baseUrl })).toThrow(/token may be sent/)
    expect(() => tiktok.adapterWith({ baseUrl: 'https://business-api.tiktok.com' })).not.toThrow()
  })

  it('writes yen without decimals and reads them back', async () => {
    const japan = tiktok.sandbox.world.advertisers[1]
    const group = japan?.campaigns
      .flatMap((item) => item.adGroups)
      .find((item) => item.budgetMode === 'BUDGET_MODE_DAY')
    const id = entityId(accountId('tiktok', japan?.id ?? ''), 'ad_group', group?.id ?? '')
    const before = await tiktok.adapter.readLive(id, 'daily_budget', signal())
    expect(before).toMatchObject({ currency: 'JPY', value: expect.stringMatching(/^\d+$/) })
    expect((await tiktok.adapter.apply(approvedChange(id, 'daily_budget', 'JPY', before.value, '98765'))).kind).toBe(
      'accepted',
    )
    expect((await tiktok.adapter.readLive(id, 'daily_budget', signal())).value).toBe('98765')
    expect((await tiktok.adapter.apply(approvedChange(id, 'daily_budget', 'JPY', '98765', '98765.5'))).kind).toBe(
      'not_sent',
    )
    expect((await tiktok.adapter.apply(approvedChange(id, 'daily_budget', 'JPY', '98765', '1999'))).kind).toBe(
      'refused',
    )
  })

  it('shows a state it has never heard of as unknown, with TikTok’s own word', async () => {
    const { examples, sandbox, adapter } = tiktok
    const id = examples.budgetAdGroup ?? examples.ad
    const group = sandbox.world.adGroup(splitEntityId(id).externalId)
    if (group === undefined) throw new Error('no ad group')
    Object.assign(group, { operationStatus: 'FROZEN' })
    const live = await adapter.readLive(id, 'status', signal())
    expect(live.value).toBe('unknown')
    expect(live.refusal).toMatch(/cannot be switched/)
    const account = tiktok.accounts[0]?.accountId ?? accountId('tiktok', '1')
    const listed = await listAll(adapter, account, 'ad_group')
    expect(listed.find((item) => item.entityId === examples.budgetAdGroup)).toMatchObject({
      status: 'unknown',
      rawStatus: 'FROZEN',
    })
  })

  it('sees that a campaign was deleted on TikTok', async () => {
    const { examples, sandbox, adapter } = tiktok
    sandbox.world.setStatusOutside(splitEntityId(examples.budgetCampaign).externalId, 'DELETE')
    const live = await adapter.readLive(examples.budgetCampaign, 'daily_budget', signal())
    expect(live.refusal).toMatch(/deleted/)
    expect(
      (await adapter.apply(approvedChange(examples.budgetCampaign, 'status', 'EUR', 'paused', 'enabled'))).kind,
    ).toBe('refused')
  })

  it('says that nothing was sent when nobody listens at the address', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    await new Promise<void>((done) => server.close(() => done()))
    const adapter = tiktok.adapterWith({ baseUrl: `http://127.0.0.1:${port}` })
    const change = approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused')
    expect(await adapter.apply(change)).toMatchObject({
      kind: 'not_sent',
      reason: expect.stringContaining('could not be reached'),
    })
  })

  it('says that nothing was sent when the token cannot be read, and keeps the vault’s words to itself', async () => {
    const adapter = tiktok.adapterWith({ credentials: () => Promise.reject(new Error('sealed blob 0xCANARY')) })
    const result = await adapter.apply(approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused'))
    expect(result.kind).toBe('not_sent')
    expect(JSON.stringify(result)).not.toContain('CANARY')
    expect(tiktok.sandbox.requests.entries.length).toBe(0)
  })

  it('does not send a change that belongs to another account', async () => {
    const foreign = {
      ...approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused'),
      accountId: accountId('tiktok', '7000'),
    }
    expect((await tiktok.adapter.apply(foreign)).kind).toBe('not_sent')
    expect(tiktok.sandbox.requests.entries.length).toBe(0)
  })

  it('opens a fresh connection for every write', async () => {
    const change = approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused')
    await tiktok.adapter.apply(change)
    await tiktok.adapter.apply(change)
    const writes = tiktok.sandbox.requests.entries.filter((entry) => entry.isWrite)
    expect(writes.map((entry) => entry.connection)).toEqual(['close', 'close'])
  })

  it('links with a code that works once, and unlinks for good', async () => {
    const { baseUrl, credentials } = tiktok.sandbox.tiktok
    const app = { baseUrl, appId: credentials.appId, appSecret: credentials.appSecret }
    const authCode = credentials.authCode()
    const grant = await exchangeAuthCode(app, authCode)
    expect(grant.advertiserIds.length).toBe(2)
    await expect(exchangeAuthCode(app, authCode)).rejects.toMatchObject({ code: 'needs_reconnect' })
    await expect(exchangeAuthCode({ ...app, appSecret: 'wrong' }, credentials.authCode())).rejects.toMatchObject({
      code: 'needs_reconnect',
    })
    const late = credentials.authCode()
    tiktok.clock.advance(3_600_001)
    await expect(exchangeAuthCode(app, late)).rejects.toMatchObject({ code: 'needs_reconnect' })
    const linked = tiktok.adapterWith({
      credentials: () =>
        Promise.resolve({ accessToken: grant.accessToken, appId: app.appId, appSecret: app.appSecret }),
    })
    expect((await linked.listAccounts(signal())).length).toBe(2)
    await revokeToken(app, grant.accessToken)
    await expect(linked.listAccounts(signal())).rejects.toMatchObject({ code: 'needs_reconnect' })
    const kept = JSON.stringify(tiktok.sandbox.requests.entries)
    for (const secret of [grant.accessToken, app.appSecret, authCode]) expect(kept).not.toContain(secret)
  })
})

describe('the TikTok sandbox refuses what TikTok refuses', () => {
  let tiktok: TiktokHarness
  beforeEach(async () => {
    tiktok = await startTiktok()
  })
  afterEach(() => tiktok.close())

  const ask = async (path: string, init: RequestInit & { token?: string } = {}) => {
    const { baseUrl, credentials } = tiktok.sandbox.tiktok
    const headers = { 'Access-Token': init.token ?? credentials.accessToken, 'content-type': 'application/json' }
    const response = await fetch(`${baseUrl}/open_api/v1.3${path}`, { ...init, headers })
    const text = await response.text()
    return {
      status: response.status,
      text,
      logId: response.headers.get('x-tt-logid'),
      json:
        response.headers.get('content-type')?.includes('json') === true
          ? (JSON.parse(text) as { code: number; message: string; request_id: string; data: Record<string, unknown> })
          : undefined,
    }
  }
  const post = (path: string, body: unknown) => ask(path, { method: 'POST', body: JSON.stringify(body) })
  const advertiser = () => tiktok.sandbox.world.advertisers[0]?.id ?? ''
  const externalId = (which: 'budgetAdGroup' | 'budgetCampaign' | 'automatedCampaign') =>
    splitEntityId(tiktok.examples[which] ?? tiktok.examples.ad).externalId

  const report = (from: string, to: string, metric: string) =>
    ask(
      `/report/integrated/get/?advertiser_id=${advertiser()}&report_type=BASIC&data_level=AUCTION_CAMPAIGN&dimensions=${encodeURIComponent('["campaign_id","stat_time_day"]')}&metrics=${encodeURIComponent(`["${metric}"]`)}&start_date=${from}&end_date=${to}`,
    )
  const status = (ids: string[]) =>
    post('/campaign/status/update/', { advertiser_id: advertiser(), campaign_ids: ids, operation_status: 'DISABLE' })

  it('a path without its slash, a token that is missing or wrong, a foreign advertiser', async () => {
    expect(await ask(`/campaign/get?advertiser_id=${advertiser()}`)).toMatchObject({
      status: 404,
      text: expect.stringContaining('<html>'),
    })
    expect((await ask(`/campaign/get/?advertiser_id=${advertiser()}`, { token: '' })).json).toMatchObject({
      code: 40104,
    })
    expect((await ask(`/campaign/get/?advertiser_id=${advertiser()}`, { token: 'nope' })).json).toMatchObject({
      code: 40105,
    })
    expect((await ask('/campaign/get/?advertiser_id=7999999999999999999')).json).toMatchObject({ code: 40001 })
    expect((await ask('/campaign/get/')).json).toMatchObject({
      code: 40002,
      message: 'Missing required field(s): advertiser_id.',
    })
  })

  it('answers with its envelope, floats that keep their point, and nulls on the classic endpoints only', async () => {
    const first = await ask(`/campaign/get/?advertiser_id=${advertiser()}&page_size=1000`)
    const second = await ask(`/campaign/get/?advertiser_id=${advertiser()}`)
    expect(first).toMatchObject({ status: 200, json: { code: 0, message: 'OK' } })
    expect(first.json?.request_id).not.toBe(second.json?.request_id)
    expect(first.logId).toBeTruthy()
    expect(first.text).toMatch(/"budget":\d+\.\d+/)
    expect(first.text).toContain('"deep_bid_type":null')
    const smart = await ask(`/smart_plus/adgroup/get/?advertiser_id=${advertiser()}`)
    expect(smart.text).toContain('adgroup_id')
    expect(smart.text).not.toContain('null')
    expect(first.text).toMatch(/"campaign_id":"\d{19}"/)
  })

  it('filters, picks fields and refuses unknown ones', async () => {
    const filtering = encodeURIComponent(JSON.stringify({ primary_status: 'STATUS_DISABLE' }))
    const paused = await ask(
      `/campaign/get/?advertiser_id=${advertiser()}&filtering=${filtering}&fields=${encodeURIComponent('["campaign_id"]')}`,
    )
    expect(paused.json?.data['list']).toEqual([{ campaign_id: expect.stringMatching(/^\d{19}$/) }])
    expect(
      (await ask(`/campaign/get/?advertiser_id=${advertiser()}&fields=${encodeURIComponent('["nope"]')}`)).json,
    ).toMatchObject({ code: 40002 })
    const smart = await ask(`/smart_plus/campaign/get/?advertiser_id=${advertiser()}`)
    expect(smart.json?.data['list']).toHaveLength(1)
  })

  it('a report of more than 30 days by day, or with a metric it does not know', async () => {
    expect((await report('2026-10-01', '2026-10-30', 'spend')).json).toMatchObject({ code: 0 })
    expect((await report('2026-10-01', '2026-10-31', 'spend')).json).toMatchObject({ code: 40002 })
    expect((await report('2026-10-01', '2026-10-02', 'profit')).json).toMatchObject({ code: 40002 })
  })

  it('a budget under 105 % of what is already spent, too low, too high, or with too many decimals', async () => {
    const id = externalId('budgetAdGroup')
    const group = tiktok.sandbox.world.adGroup(id)
    if (group === undefined) throw new Error('no ad group')
    const spentMinor = tiktok.sandbox.world.spentMinor(group)
    expect(spentMinor).toBeGreaterThan(2000)
    const update = (budget: number) => post('/adgroup/update/', { advertiser_id: advertiser(), adgroup_id: id, budget })
    expect((await update(Math.floor(spentMinor * 1.04) / 100)).json).toMatchObject({
      code: 40002,
      message: expect.stringContaining('105%'),
    })
    expect((await update(Math.ceil(spentMinor * 1.05) / 100)).json).toMatchObject({ code: 0 })
    expect((await update(19.99)).json).toMatchObject({ code: 40002 })
    expect((await update(10_000_000)).json).toMatchObject({ code: 40002 })
    expect((await update(99.999)).json).toMatchObject({ code: 40002 })
  })

  it('a budget for tomorrow waits for the account’s midnight, and cannot be set in the last five minutes', async () => {
    const id = externalId('budgetAdGroup')
    const schedule = (amount: number) =>
      post('/adgroup/budget/update/', {
        advertiser_id: advertiser(),
        scheduled_budget: [{ adgroup_id: id, scheduled_budget: amount }],
      })
    const before = tiktok.sandbox.world.adGroup(id)?.budgetMinor
    expect((await schedule(333)).json).toMatchObject({ code: 0, data: {} })
    expect(tiktok.sandbox.world.adGroup(id)?.budgetMinor).toBe(before)
    // 15:30 in Berlin → 23:56
    tiktok.clock.advance((8 * 60 + 26) * 60_000)
    expect((await schedule(444)).json).toMatchObject({ code: 40002, message: expect.stringContaining('23:55') })
    tiktok.clock.advance(5 * 60_000)
    expect(tiktok.sandbox.world.adGroup(id)?.budgetMinor).toBe(33_300)
  })

  it('more than 20 ids, an unknown id, a Smart+ id, and an id of the other account', async () => {
    expect((await status(Array.from({ length: 21 }, () => externalId('budgetCampaign')))).json).toMatchObject({
      code: 40011,
    })
    expect((await status(['1733333333333333331'])).json).toMatchObject({ code: 40007 })
    expect((await status([externalId('automatedCampaign')])).json).toMatchObject({
      code: 40002,
      message: expect.stringContaining('Smart+'),
    })
    expect((await status([tiktok.sandbox.world.advertisers[1]?.campaigns[0]?.id ?? ''])).json).toMatchObject({
      code: 40007,
    })
    expect((await status([externalId('budgetCampaign')])).json).toMatchObject({ code: 0, data: { status: 'DISABLE' } })
  })

  it('half of a list, if the caller allows partial success, naming the ones that failed', async () => {
    const good = externalId('budgetAdGroup')
    const body = {
      advertiser_id: advertiser(),
      adgroup_ids: [good, '1744444444444444441'],
      operation_status: 'DISABLE',
    }
    expect((await post('/adgroup/status/update/', body)).json).toMatchObject({ code: 40007 })
    expect(tiktok.sandbox.world.adGroup(good)?.operationStatus).toBe('ENABLE')
    const partial = await post('/adgroup/status/update/', { ...body, allow_partial_success: true })
    expect(partial.json).toMatchObject({
      code: 20001,
      data: { adgroup_ids: [good], error_list: [{ adgroup_id: '1744444444444444441' }] },
    })
  })

  it('more requests per second than the app may make', async () => {
    tiktok.sandbox.faults.limitRate(2)
    const codes: (number | undefined)[] = []
    for (let count = 0; count < 3; count += 1)
      codes.push((await ask(`/campaign/get/?advertiser_id=${advertiser()}`)).json?.code)
    expect(codes).toEqual([0, 0, 40100])
    tiktok.clock.advance(1001)
    expect((await ask(`/campaign/get/?advertiser_id=${advertiser()}`)).json?.code).toBe(0)
  })
})
