/** TikTok's own rules, as its documents and their examples have them: limits by currency, nulls, value bidding, deletion, throttling, secrets. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sleepFor } from '../../main/platforms/http.ts'
import { createQuotaMeter } from '../../main/platforms/quota.ts'
import type { FaultKind } from '../../main/platforms/sandbox/index.ts'
import { createTiktokAdapter } from '../../main/platforms/tiktok/adapter.ts'
import { bidsOf, bidValues } from '../../main/platforms/tiktok/bids.ts'
import { budgetField } from '../../main/platforms/tiktok/editable.ts'
import { campaignFacts, toAdGroup, toCampaign } from '../../main/platforms/tiktok/map.ts'
import * as wire from '../../main/platforms/tiktok/wire.ts'
import { deliveryOf, reviewOf } from '../../main/platforms/tiktok/words.ts'
import { checkChange } from '../../main/platforms/tiktok/write-plan.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { accountId, type EntityId, entityId, splitEntityId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import { listAll } from './contract-kit.ts'
import { approvedChange } from './platform-contract.ts'
import { movableClock, startTiktok, type TiktokHarness } from './tiktok-harness.ts'

const ACCOUNT = accountId('tiktok', '7000000000000000001')
const signal = () => new AbortController().signal
const MICROS = 1_000_000n

const CAMPAIGN = wire.campaignSchema.parse({
  campaign_id: '1733333333333333331',
  campaign_name: 'A',
  budget_mode: 'BUDGET_MODE_INFINITE',
  operation_status: 'ENABLE',
})
const GROUP = {
  adgroup_id: '1744444444444444441',
  campaign_id: '1733333333333333331',
  operation_status: 'ENABLE',
  budget_mode: 'BUDGET_MODE_DAY',
  budget: 50,
  billing_event: 'OCPM',
}
const groupOf = (extra: object, currency = 'EUR', campaign: object = {}): Entity =>
  toAdGroup(
    ACCOUNT,
    currency,
    wire.adGroupSchema.parse({ ...GROUP, ...extra }),
    campaignFacts(wire.campaignSchema.parse({ ...CAMPAIGN, ...campaign })),
  )
const fieldOf = (entity: Entity, field: Field) => entity.editable.find((each) => each.field === field)

describe('amounts', () => {
  /** Code → smallest and largest daily budget of an ad group, smallest of a campaign, and the step, in main units, from TikTok's table. */
  const TABLE = [
    ['USD', 20n, 10_000_000n, 50n, '0.01'],
    ['JPY', 2_000n, 1_000_000_000n, 5_000n, '1'],
    ['KRW', 20_000n, 10_000_000_000n, 50_000n, '1'],
    ['CLP', 20_000n, 10_000_000_000n, 50_000n, '1'],
    ['HUF', 20n, 10_000_000n, 50n, '1'],
    ['TWD', 200n, 100_000_000n, 500n, '1'],
    ['INR', 2_000n, 1_000_000_000n, 5_000n, '0.01'],
    ['PLN', 80n, 40_000_000n, 200n, '0.01'],
    ['PHP', 1_000n, 500_000_000n, 2_500n, '0.01'],
    ['VND', 200_000n, 100_000_000_000n, 500_000n, '1'],
    // Not in the table: at most two decimals, whatever the currency has.
    ['KWD', 20n, 10_000_000n, 50n, '0.01'],
  ] as const

  it.each(TABLE)(
    'of %s have the limits and the step of TikTok’s own table',
    (currency, least, below, campaign, step) => {
      const limits = { currency, isShop: false, currentMicros: undefined } as const
      const group = budgetField(undefined, { ...limits, level: 'ad_group' })
      const stepMicros = step === '1' ? MICROS : 10_000n
      expect(group).toMatchObject({ minMicros: least * MICROS, stepMicros })
      // "Less than"; above 2^53 micros this app stops.
      const most = below * MICROS - stepMicros
      expect(group.maxMicros).toBe(most < 2n ** 53n ? most : 2n ** 53n - (2n ** 53n % stepMicros))
      expect(budgetField(undefined, { ...limits, level: 'campaign' }).minMicros).toBe(campaign * MICROS)
      expect(budgetField(undefined, { ...limits, level: 'campaign', isShop: true }).minMicros).toBe(
        (campaign / 5n) * MICROS,
      )
    },
  )

  it('finer than TikTok takes are not sent: whole forints, two decimals of a dinar', () => {
    const id = entityId(ACCOUNT, 'ad_group', GROUP.adgroup_id)
    const check = (field: Field, currency: string, after: string) =>
      checkChange(approvedChange(id, field, currency, '1', after))
    for (const [currency, good, fine] of [
      ['HUF', '5000.00', '5000.50'],
      ['TWD', '600.00', '600.10'],
      ['KWD', '30.120', '30.125'],
    ] as const) {
      expect(check('daily_budget', currency, good)).toHaveProperty('members')
      expect(check('cost_cap', currency, good)).toHaveProperty('members')
      expect(check('bid_strategy', currency, `cost_cap:${good}`)).toHaveProperty('members')
      for (const [field, after] of [
        ['daily_budget', fine],
        ['scheduled_budget', fine],
        ['cost_cap', fine],
        ['bid_strategy', `cost_cap:${fine}`],
      ] as const)
        expect(check(field, currency, after)).toEqual({ refusal: expect.stringContaining('that fine') })
    }
  })

  it('that TikTok holds finer than the currency do not stop a listing: the budget is shown as not editable', () => {
    for (const extra of [{ budget: 33.333333 }, { budget: 50, scheduled_budget: 33.333333 }]) {
      const group = groupOf(extra)
      expect(fieldOf(group, 'scheduled_budget')).toMatchObject({
        isEditable: false,
        refusal: expect.stringMatching(/decimals/),
      })
      expect(group.values).not.toHaveProperty('scheduled_budget')
    }
    const group = groupOf({ budget: 33.333333 })
    expect(group.dailyBudgetMicros).toBeUndefined()
    expect(fieldOf(group, 'daily_budget')?.refusal).toMatch(/decimals/)
    const campaign = toCampaign(ACCOUNT, 'JPY', { ...CAMPAIGN, budget_mode: 'BUDGET_MODE_DAY', budget: 5000.5 })
    expect(fieldOf(campaign, 'daily_budget')?.refusal).toMatch(/decimals/)
  })

  it('of a Shop start lower, and a budget that is lower already may stay as it is', () => {
    expect(fieldOf(groupOf({ product_source: 'STORE' }), 'daily_budget')?.minMicros).toBe(10n * MICROS)
    expect(fieldOf(groupOf({ budget: 12 }), 'daily_budget')?.minMicros).toBe(12n * MICROS)
    expect(fieldOf(groupOf({}), 'daily_budget')?.minMicros).toBe(20n * MICROS)
  })

  it('of bids stay below the budget', () => {
    const group = groupOf({ bid_type: 'BID_TYPE_CUSTOM', conversion_bid_price: 9 })
    expect(fieldOf(group, 'cost_cap')?.maxMicros).toBe(50n * MICROS - 10_000n)
  })
})

describe('bidding for value', () => {
  const value = { optimization_goal: 'VALUE', bid_type: 'BID_TYPE_NO_BID' }

  it('is a minimum return although TikTok says "no bid" underneath, and only its amount may be changed', () => {
    const group = groupOf({ ...value, deep_bid_type: 'VO_MIN_ROAS', roas_bid: 2.5 })
    expect(group.values).toMatchObject({ bid_strategy: 'min_roas:2.50', target_roas: '2.50' })
    expect(fieldOf(group, 'target_roas')).toMatchObject({ isEditable: true })
    expect(fieldOf(group, 'bid_strategy')?.isEditable).toBe(false)
    expect(fieldOf(group, 'cost_cap')?.isEditable).toBe(false)
  })

  it('without a minimum cannot be switched to a cost cap either: TikTok would refuse it after approval', () => {
    const group = groupOf({ ...value, deep_bid_type: 'VO_HIGHEST_VALUE', roas_bid: 0 })
    expect(group.values).toMatchObject({ bid_strategy: 'lowest_cost' })
    expect(fieldOf(group, 'bid_strategy')).toMatchObject({ isEditable: false, refusal: expect.stringMatching(/goal/) })
  })

  it('or for a second, deeper goal ties the strategy too, but not the amount', () => {
    const group = groupOf({ bid_type: 'BID_TYPE_CUSTOM', conversion_bid_price: 9, deep_bid_type: 'MIN' })
    expect(fieldOf(group, 'cost_cap')?.isEditable).toBe(true)
    expect(fieldOf(group, 'bid_strategy')?.isEditable).toBe(false)
  })

  it('that says nothing of its return is never guessed', () => {
    const bids = bidsOf(wire.adGroupSchema.parse({ ...GROUP, ...value, deep_bid_type: 'VO_MIN_ROAS' }), 'EUR')
    expect(bidValues(bids, 'EUR')).toEqual({ bid_strategy: 'other' })
  })
})

describe('what TikTok says of a thing', () => {
  it('may be null wherever it has nothing to say, as in its own examples', () => {
    const nothing = (schema: { shape: object }) =>
      Object.fromEntries(Object.keys(schema.shape).map((name) => [name, null]))
    for (const [schema, needed] of [
      [wire.campaignSchema, { campaign_id: '1', operation_status: 'ENABLE' }],
      [wire.adGroupSchema, { adgroup_id: '1', campaign_id: '2', operation_status: 'ENABLE' }],
      [wire.adSchema, { ad_id: '1', adgroup_id: '2', campaign_id: '3', operation_status: 'ENABLE' }],
      [wire.smartAdSchema, { smart_plus_ad_id: '1', adgroup_id: '2', campaign_id: '3', operation_status: 'ENABLE' }],
    ] as const)
      expect(schema.safeParse({ ...nothing(schema), ...needed }).success).toBe(true)
    const page_info = { page: 1, page_size: 1, total_number: 1, total_page: 1 }
    const metrics = { spend: '1.00', cta_conversion: null }
    expect(
      wire.reportPageSchema.safeParse({ list: [{ dimensions: { campaign_id: '1' }, metrics }], page_info }).success,
    ).toBe(true)
    expect(
      wire.advertiserInfoSchema.safeParse({ list: [{ advertiser_id: '1', currency: 'EUR', display_timezone: null }] })
        .success,
    ).toBe(true)
  })

  it('is understood in the words of its newer lists', () => {
    expect(deliveryOf('AD_STATUS_PARTIAL_AUDIT_DELIVERY_OK')).toBe('limited')
    expect(deliveryOf('ADGROUP_STATUS_PIXEL_UNBIND')).toBe('not_delivering')
    expect(deliveryOf('ADVERTISER_ACCOUNT_PUNISH')).toBe('not_delivering')
    expect(deliveryOf('ADGROUP_STATUS_TIME_DONE')).toBe('ended')
    expect(deliveryOf('AD_STATUS_OF_TOMORROW')).toBe('unknown')
    expect(reviewOf('AD_STATUS_PARTIAL_AUDIT_NO_DELIVERY')).toBe('limited')
    expect(reviewOf('AD_STATUS_PRIVACY_POLICY_REJECTED')).toBe('disapproved')
  })

  it('tells a Promote campaign, which apps may not change', () => {
    const promoted = { ...CAMPAIGN, campaign_system_origin: 'PROMOTE' }
    const campaign = toCampaign(ACCOUNT, 'EUR', { ...promoted, budget_mode: 'BUDGET_MODE_DAY', budget: 60 })
    expect(campaign.editable.filter((each) => each.isEditable)).toEqual([])
    expect(fieldOf(groupOf({}, 'EUR', promoted), 'status')?.refusal).toMatch(/Promote/)
  })
})

describe('the TikTok adapter', () => {
  let tiktok: TiktokHarness
  beforeEach(async () => {
    tiktok = await startTiktok()
  })
  afterEach(() => tiktok.close())

  const account = () => tiktok.accounts[0]?.accountId ?? ACCOUNT
  const own = (type: 'ad_group' | 'ad', pick: (id: string) => boolean = () => true): EntityId => {
    const groups = tiktok.sandbox.world.campaign(splitEntityId(tiktok.examples.budgetCampaign).externalId)?.adGroups
    const found = type === 'ad_group' ? groups : groups?.flatMap((group) => group.ads)
    return entityId(account(), type, found?.find((item) => pick(item.id))?.id ?? '')
  }

  it('sees that something is gone when what it was in was deleted, and offers no change to it', async () => {
    const [group, ad] = [own('ad_group'), own('ad')]
    tiktok.sandbox.world.setStatusOutside(splitEntityId(tiktok.examples.budgetCampaign).externalId, 'DELETE')
    for (const id of [group, ad]) {
      const live = await tiktok.adapter.readLive(id, 'status', signal())
      expect(live).toMatchObject({ value: 'deleted', refusal: expect.stringMatching(/deleted/) })
      const result = await tiktok.adapter.apply(approvedChange(id, 'status', 'EUR', 'paused', 'enabled'))
      expect(result.kind).toBe('refused')
    }
    const listed = await listAll(tiktok.adapter, account(), 'ad')
    expect(listed.find((item) => item.entityId === ad)?.status).toBe('deleted')
  })

  it('switches a strategy with its own amount in one write, and leaves no old amount in it', async () => {
    const id = tiktok.examples.strategies.at(-1)?.entityId ?? tiktok.examples.ad
    const now = async () => (await tiktok.adapter.readLive(id, 'bid_strategy', signal())).value
    const before = await now()
    await tiktok.adapter.apply(approvedChange(id, 'bid_strategy', 'EUR', before, 'lowest_cost'))
    expect(await now()).toBe('lowest_cost')
    await tiktok.adapter.apply(approvedChange(id, 'bid_strategy', 'EUR', 'lowest_cost', 'cost_cap:7.25'))
    expect(await now()).toBe('cost_cap:7.25')
    const bodies = tiktok.sandbox.requests.entries.filter((entry) => entry.isWrite).map((entry) => entry.body)
    const at = { advertiser_id: expect.any(String), adgroup_id: splitEntityId(id).externalId }
    expect(bodies).toEqual([
      { ...at, bid_type: 'BID_TYPE_NO_BID' },
      { ...at, bid_type: 'BID_TYPE_CUSTOM', conversion_bid_price: 7.25 },
    ])
  })

  it('sets a budget of a weekly average for tomorrow too', async () => {
    const id = tiktok.examples.budgetAdGroup ?? tiktok.examples.ad
    const group = tiktok.sandbox.world.adGroup(splitEntityId(id).externalId)
    Object.assign(group ?? {}, { budgetMode: 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET' })
    const before = await tiktok.adapter.readLive(id, 'scheduled_budget', signal())
    expect(before.refusal).toBeUndefined()
    const change = approvedChange(id, 'scheduled_budget', 'EUR', before.value, '444.00')
    expect((await tiktok.adapter.apply(change)).kind).toBe('accepted')
    expect((await tiktok.adapter.readLive(id, 'scheduled_budget', signal())).value).toBe('444.00')
    expect((await tiktok.adapter.readLive(id, 'daily_budget', signal())).value).toBe(before.value)
  })

  it('does not take "duplicate request" for a refusal: the first of the two may have been carried out', async () => {
    tiktok.sandbox.faults.add({ kind: 'code', code: 40050, message: 'Duplicate request', path: '/ad/status/update/' })
    const change = approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused')
    expect(await tiktok.adapter.apply(change)).toEqual({ kind: 'unknown', reason: 'code 40050' })
  })

  it('blanks the token and the app’s secret in what TikTok says of a refused write', async () => {
    const { appSecret, accessToken } = tiktok.sandbox.tiktok.credentials
    const message = `Bad token ${accessToken}, bad secret ${appSecret}.`
    tiktok.sandbox.faults.add({ kind: 'code', code: 40002, message, path: '/ad/status/update/' })
    const result = await tiktok.adapter.apply(approvedChange(tiktok.examples.ad, 'status', 'EUR', 'enabled', 'paused'))
    expect(result).toMatchObject({ kind: 'refused', platformMessage: 'Bad token •••, bad secret •••.' })
  })

  it('leaves TikTok alone for five minutes when it refuses again and again, and says so without asking', async () => {
    const quota = createQuotaMeter(tiktok.clock)
    const adapter = tiktok.adapterWith({ quota })
    const read = () => adapter.readLive(tiktok.examples.ad, 'status', signal())
    tiktok.sandbox.faults.add({ kind: 'throttle', path: '/advertiser/info/', times: 50 })
    await expect(read()).rejects.toMatchObject({ code: 'platform_throttled' })
    const asked = tiktok.readsReceived()
    expect(asked).toBe(5)
    await expect(read()).rejects.toMatchObject({
      code: 'platform_throttled',
      hint: expect.stringContaining('5 minutes'),
    })
    expect(tiktok.readsReceived()).toBe(asked)
    tiktok.sandbox.faults.clear()
    tiktok.clock.advance(5 * 60_000)
    expect((await read()).value).toBe('enabled')
  })

  it('waits at least a second after one throttle, and then gets its answer', async () => {
    tiktok.sandbox.faults.add({ kind: 'throttle', path: '/advertiser/info/' })
    expect((await tiktok.adapter.readLive(tiktok.examples.ad, 'status', signal())).value).toBe('enabled')
    expect(tiktok.waits.length).toBe(1)
    expect(tiktok.waits[0]).toBeGreaterThanOrEqual(1000)
  })

  it('can be stopped while it waits', async () => {
    const stop = new AbortController()
    const adapter = tiktok.adapterWith({
      sleep: (ms, waiting) => {
        stop.abort()
        return sleepFor(ms, waiting)
      },
    })
    tiktok.sandbox.faults.add({ kind: 'http_500', path: '/advertiser/info/', times: 50 })
    await expect(adapter.readLive(tiktok.examples.ad, 'status', stop.signal)).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(tiktok.readsReceived()).toBe(1)
  })

  const FAILURES: readonly FaultKind[] = [
    'throttle',
    'invalid_token',
    'http_500',
    'http_502_html',
    'html_200',
    'empty_body',
    'truncated_json',
    'half_page',
    'timeout_before_effect',
    'reset_before_effect',
    'redirect',
    'code',
  ]
  it.each(FAILURES)('never lets the app’s secret, which is in the address, out of a failure: %s', async (kind) => {
    const { appSecret, accessToken } = tiktok.sandbox.tiktok.credentials
    const logged: unknown[] = []
    const keep = (...facts: unknown[]) => void logged.push(facts)
    const adapter = tiktok.adapterWith({ logger: { info: keep, error: keep } })
    tiktok.sandbox.faults.add({
      kind,
      path: '/oauth2/advertiser/get/',
      times: 50,
      ...(kind === 'code' ? { code: 40002, message: `bad secret ${appSecret} ${accessToken}` } : {}),
      ...(kind === 'redirect' ? { location: `http://127.0.0.1:9/?secret=${appSecret}` } : {}),
    })
    const error = await adapter.listAccounts(signal()).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof OperationError)) throw new Error('not a failure of ours', { cause: error })
    const shown = [
      error.message,
      error.hint,
      error.stack,
      JSON.stringify(error.details),
      String(error.cause),
      JSON.stringify(logged),
    ] // prettier-ignore
    for (const secret of [appSecret, accessToken]) expect(shown.join('\n')).not.toContain(secret)
    expect(shown.join('\n')).not.toContain('secret=')
  })
})

describe('a report', () => {
  let server: Server
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  it('with a day that was not asked for is not believed', async () => {
    const envelope = (data: unknown) => JSON.stringify({ code: 0, message: 'OK', request_id: 'R1', data })
    const info = { list: [{ advertiser_id: '7000000000000000001', currency: 'EUR', timezone: null }] }
    let day = '2026-11-21'
    const queries: URLSearchParams[] = []
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1')
      if (url.pathname.endsWith('/advertiser/info/')) {
        response.end(envelope(info))
        return
      }
      queries.push(url.searchParams)
      const dimensions = { campaign_id: '1733333333333333331', stat_time_day: `${day} 00:00:00` }
      const list = [{ dimensions, metrics: { spend: '12.34', impressions: '1000', clicks: '40', reach: null } }]
      response.end(envelope({ list, page_info: { page: 1, page_size: 1000, total_number: 1, total_page: 1 } }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const adapter = createTiktokAdapter({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: () => Promise.resolve({ accessToken: 'token-1' }),
      clock: movableClock(),
      random: () => 0.5,
    })
    const read = async () => {
      const facts = []
      const days = { startDate: '2026-11-20', endDate: '2026-11-20' }
      for await (const page of adapter.dailyMetrics({ accountId: ACCOUNT, level: 'campaign', ...days }, signal()))
        facts.push(...page)
      return facts
    }
    await expect(read()).rejects.toMatchObject({ code: 'platform_unreachable' })
    day = '2026-11-20'
    expect(await read()).toMatchObject([
      { date: day, spendMicros: 12_340_000n, reach: null, viewConversionMicros: null },
    ])
    // TikTok sorts reports by metrics only: a dimension there fails the whole call.
    expect(queries.every((query) => query.get('order_field') === null)).toBe(true)
  })
})
