/** The promises that only Meta needs: its own currency table, campaign or ad set budgets, silent version upgrades, cursors, dry runs. */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PlatformAdapter, ProposedChange } from '../../main/platforms/adapter.ts'
import { classifyAnswer } from '../../main/platforms/meta/apply.ts'
import { assertKind } from '../../main/platforms/meta/client.ts'
import { microsFromMinor, microsFromReport, minorFromMicros, stepMicrosOf } from '../../main/platforms/meta/money.ts'
import { dryRunBodyOf, liveBodyOf, planWrite } from '../../main/platforms/meta/plan.ts'
import { PICTURE_HOSTS } from '../../main/platforms/meta/thumbnail.ts'
import { pictureAddress } from '../../main/platforms/pictures.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type AccountId, accountId, type EntityId, entityId, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import { formatDecimal, MAX_MICROS, parseDecimal } from '../../shared/domain/money.ts'
import { approvedChange, shiftDay } from './platform-contract.ts'
import { type MetaHarness, startMeta } from './meta-harness.ts'
import { ACCOUNT, collect, FORTY_TWO, node, type Seen, signal, startGraph } from '../support/graph-stub.ts'

/** Meta's table, by hand: smallest unit in micros, and what a budget of 12,000 is on the wire. */
const CURRENCIES = {
  USD: [10_000n, '1200000'],
  EUR: [10_000n, '1200000'],
  KWD: [10_000n, '1200000'],
  JPY: [1_000_000n, '12000'],
  KRW: [1_000_000n, '12000'],
  CLP: [1_000_000n, '12000'],
  HUF: [1_000_000n, '12000'],
  TWD: [1_000_000n, '12000'],
} as const
const NAMES = Object.keys(CURRENCIES) as (keyof typeof CURRENCIES)[]

describe('Meta amounts', () => {
  it('go to the wire and back unchanged in every currency, up to the last micro this app holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.bigInt({ min: 1n, max: MAX_MICROS }), (currency, raw) => {
        const [step] = CURRENCIES[currency]
        const micros = (raw / step) * step + (raw < step ? step : 0n)
        const wire = formatDecimal(micros, currency)
        expect(parseDecimal(wire, currency)).toBe(micros)
        const minor = minorFromMicros(micros, currency)
        expect(minor).toMatch(/^[1-9]\d*$/)
        expect(BigInt(minor) * step).toBe(micros)
        expect(microsFromMinor(minor, currency)).toBe(micros)
      }),
    )
  })

  it.each(NAMES)('follow Meta’s own table, not ISO 4217: %s', (currency) => {
    const [step, minor] = CURRENCIES[currency]
    expect(stepMicrosOf(currency)).toBe(step)
    expect(minorFromMicros(12_000_000_000n, currency)).toBe(minor)
    expect(microsFromMinor(minor, currency)).toBe(12_000_000_000n)
  })

  it('that Meta cannot hold are refused, never rounded', () => {
    for (const [text, currency] of [
      ['12000.50', 'HUF'],
      ['12000.01', 'TWD'],
      ['12.345', 'KWD'],
    ] as const)
      expect(() => minorFromMicros(parseDecimal(text, currency), currency)).toThrow(/not rounded/)
    expect(minorFromMicros(parseDecimal('12000.00', 'HUF'), 'HUF')).toBe('12000')
    expect(minorFromMicros(parseDecimal('12.340', 'KWD'), 'KWD')).toBe('1234')
  })

  it('past 2^53 micros are refused in both directions', () => {
    expect(microsFromMinor('900719925474', 'EUR')).toBe(9_007_199_254_740_000n)
    for (const [minor, currency] of [
      ['900719925475', 'EUR'],
      ['9007199255', 'HUF'],
      ['9223372036854775807', 'USD'],
    ] as const)
      expect(() => microsFromMinor(minor, currency)).toThrow(/larger/)
    for (const micros of [MAX_MICROS + 1n, 0n, -10_000n])
      expect(() => minorFromMicros(micros, 'EUR')).toThrow(/above zero|too large/)
    expect(microsFromReport('9007199254.740991')).toBe(MAX_MICROS)
    expect(microsFromReport('9007199254.740992')).toBeUndefined()
  })

  it('in a currency nobody knows, or no whole number of minor units, are refused', () => {
    expect(() => microsFromMinor('100', 'ZZZ')).toThrow(/currency/)
    for (const nonsense of ['', '-5', '1.5', '1e3', 'inexact'])
      expect(() => microsFromMinor(nonsense, 'EUR')).toThrow(/whole number/)
  })

  it('in reports keep six decimals exactly and lose only the dust of Meta’s own sums', () => {
    expect(microsFromReport('310.5')).toBe(310_500_000n)
    expect(microsFromReport('310.49999999999997')).toBe(310_500_000n)
    expect(microsFromReport('0.0000004')).toBe(0n)
    expect(microsFromReport('-3.25')).toBe(-3_250_000n)
    for (const nonsense of ['', '1,5', '1e5', 'NaN']) expect(microsFromReport(nonsense)).toBeUndefined()
  })
})

const CHANGE: ProposedChange = {
  platform: 'meta',
  accountId: accountId('meta', '42'),
  entityId: entityId(accountId('meta', '42'), 'ad_group', '1301'),
  field: 'daily_budget',
  currency: 'EUR',
  before: '50.00',
  after: '60.00',
}

describe('a planned write', () => {
  const planned = (change: Partial<ProposedChange>) => {
    const plan = planWrite({ ...CHANGE, ...change })
    if ('refusal' in plan) throw new Error(plan.refusal)
    return plan
  }
  const FIELDS: readonly (readonly [Partial<ProposedChange>, Record<string, unknown>])[] = [
    [{}, { daily_budget: '6000' }],
    [{ currency: 'HUF', after: '12000.00' }, { daily_budget: '12000' }],
    [{ field: 'status', after: 'paused' }, { status: 'PAUSED' }],
    [{ field: 'bid_cap', after: '3.50' }, { bid_amount: '350' }],
    [{ field: 'cost_cap', after: '9.00' }, { bid_amount: '900' }],
    [{ field: 'target_roas', after: '1.50' }, { bid_constraints: { roas_average_floor: 15_000 } }],
    [
      { field: 'bid_strategy', after: 'cost_cap:9.00' },
      { bid_strategy: 'COST_CAP', bid_amount: '900' },
    ],
    [{ field: 'bid_strategy', after: 'lowest_cost' }, { bid_strategy: 'LOWEST_COST_WITHOUT_CAP' }],
    [
      { field: 'bid_strategy', after: 'min_roas:2.75' },
      { bid_strategy: 'LOWEST_COST_WITH_MIN_ROAS', bid_constraints: { roas_average_floor: 27_500 } },
    ],
  ]

  it.each(FIELDS)('asks and does with the same fields, and only the asking bears the mark: %j', (change, fields) => {
    const plan = planned(change)
    expect(plan.path).toBe('/1301')
    expect(liveBodyOf(plan)).toEqual(fields)
    expect(dryRunBodyOf(plan)).toEqual({ ...fields, execution_options: ['validate_only'] })
  })

  it('is stopped right before sending when the mark is missing, or where it does not belong', () => {
    const plan = planned({})
    expect(() => assertKind(liveBodyOf(plan), 'write')).not.toThrow()
    expect(() => assertKind(dryRunBodyOf(plan), 'dry_run')).not.toThrow()
    expect(() => assertKind(liveBodyOf(plan), 'dry_run')).toThrow(TypeError)
    expect(() => assertKind(dryRunBodyOf(plan), 'write')).toThrow(TypeError)
    expect(() => assertKind({ execution_options: ['include_recommendations'] }, 'dry_run')).toThrow(TypeError)
    expect(() => assertKind({ execution_options: [] }, 'write')).toThrow(TypeError)
  })

  it('never comes of what Meta does not have', () => {
    const campaign = entityId(CHANGE.accountId, 'campaign', '1201')
    const refusals: readonly Partial<ProposedChange>[] = [
      { entityId: campaign, field: 'bid_strategy', after: 'lowest_cost' },
      { entityId: campaign, field: 'cost_cap', after: '9.00' },
      { entityId: entityId(CHANGE.accountId, 'ad', '1401') },
      { entityId: entityId(CHANGE.accountId, 'ad_group', '1301~7') },
      { accountId: accountId('meta', '43') },
      { field: 'cpc_bid', after: '1.00' },
      { field: 'bid_strategy', after: 'manual_cpc' },
      { field: 'status', after: 'ARCHIVED' },
      { field: 'status', after: 'deleted' },
    ]
    for (const change of refusals) expect(planWrite({ ...CHANGE, ...change })).toHaveProperty('refusal')
    for (const after of ['0.001', '100001', '-1', '0'])
      expect(() => planWrite({ ...CHANGE, field: 'target_roas', after })).toThrow(/return on ad spend/)
  })
})

describe('an answer to a write', () => {
  const answer = (
    status: number,
    body: unknown,
    headers: Readonly<Record<string, string>> = { 'x-fb-trace-id': 'TRACE1' },
  ) =>
    classifyAnswer({
      status,
      text: typeof body === 'string' ? body : JSON.stringify(body),
      header: (name) => headers[name],
    }).kind
  const error = (code: number, more: Record<string, unknown> = {}) => ({ error: { message: 'm', code, ...more } })

  it('is a yes only when it says so and names its request', () => {
    expect(answer(200, { success: true })).toBe('accepted')
    expect(answer(200, { success: true }, {})).toBe('unknown')
    for (const body of [{ success: false }, { success: 'true' }, {}, [], '', '<html>', '{"success":tr'])
      expect(answer(200, body)).toBe('unknown')
  })

  it('is a refusal only where Meta documents that nothing was changed', () => {
    for (const body of [
      error(100, { error_subcode: 1885272 }),
      error(100),
      error(100, { error_subcode: 33 }),
      error(190, { error_subcode: 463 }),
      error(200),
      error(10),
      error(613, { error_subcode: 1487632 }),
    ])
      expect(answer(400, body)).toBe('refused')
  })

  it('is unknown for everything transient, throttled, unlisted or from another mouth', () => {
    for (const [status, body] of [
      [500, error(2, { is_transient: true })],
      [400, error(1)],
      [400, error(100, { is_transient: true })],
      [500, error(100)],
      [400, error(17, { error_subcode: 2446079 })],
      [400, error(4)],
      [400, error(80004)],
      [400, error(100, { error_subcode: 1504018 })],
      [400, error(987654)],
      [502, '<html>'],
      [400, '<html>'],
      [302, ''],
      [204, ''],
    ] as const)
      expect(answer(status, body)).toBe('unknown')
  })
})

describe('the Meta client', () => {
  let graph: Awaited<ReturnType<typeof startGraph>>
  afterEach(() => graph.close())
  const campaigns = () => collect(graph.adapter.listEntities(FORTY_TWO, 'campaign', signal()))
  const listing = (page: (seen: Seen) => unknown) =>
    startGraph((seen) => {
      if (seen.url.pathname.endsWith('/act_42')) return { body: ACCOUNT }
      if (seen.url.pathname.endsWith('/minimum_budgets'))
        return { body: { data: [{ currency: 'EUR', min_daily_budget_imp: 93 }] } }
      if (seen.url.searchParams.has('filtering')) return { body: { data: [] } }
      return { body: page(seen) }
    })

  it('sends the token in the header only, with a proof, and never in an address', async () => {
    graph = await listing(() => ({ data: [node('1201')] }))
    await campaigns()
    await graph.adapter.apply(approvedChange(entityId(FORTY_TWO, 'ad', '1401'), 'status', 'EUR', 'enabled', 'paused'))
    expect(graph.seen.length).toBeGreaterThan(3)
    for (const { url, headers, body } of graph.seen) {
      expect(headers.authorization).toBe('Bearer EAACANARYTOKEN')
      expect(`${url.href}${body}`).not.toMatch(/CANARY/)
      expect(url.pathname).toMatch(/^\/v26\.0\//)
    }
    const [first] = graph.seen
    expect(first?.url.searchParams.get('appsecret_proof')).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.parse(graph.seen.at(-1)?.body ?? '')).toEqual({
      status: 'PAUSED',
      appsecret_proof: first?.url.searchParams.get('appsecret_proof'),
    })
  })

  it('goes by the cursor and never by "next", which may point anywhere', async () => {
    graph = await listing(({ url }) =>
      url.searchParams.get('after') === null
        ? {
            data: [node('1')],
            paging: { cursors: { after: 'B' }, next: 'https://evil.example/v26.0/x?access_token=EAACANARYTOKEN' },
          }
        : { data: [node('2')], paging: { cursors: { after: 'B' } } },
    )
    expect((await campaigns()).map((item) => splitEntityId(item.entityId).externalId)).toEqual(['1', '2'])
  })

  it('believes an empty page in the middle, and ends only where there is no next', async () => {
    const pages: Record<string, unknown> = {
      '': { data: [], paging: { cursors: { after: 'B' }, next: 'x' } },
      B: { data: [node('2')], paging: { cursors: { after: 'C' }, next: 'x' } },
      C: { data: [], paging: { cursors: { after: 'D' } } },
    }
    graph = await listing(({ url }) => pages[url.searchParams.get('after') ?? ''])
    expect(await campaigns()).toHaveLength(1)
  })

  it.each([
    ['does not move on', { cursors: { after: 'B' }, next: 'x' }],
    ['is missing', { next: 'x' }],
  ])('gives up on a listing whose cursor %s', async (_name, paging) => {
    graph = await listing(() => ({ data: [node('1')], paging }))
    await expect(campaigns()).rejects.toMatchObject({
      code: 'platform_unreachable',
      message: expect.stringContaining('cursor'),
    })
    expect(graph.seen.length).toBeLessThan(6)
  })

  it('asks for less when a page is too much, and goes on from where it was', async () => {
    const limits: string[] = []
    graph = await startGraph((seen) => {
      if (seen.url.pathname.endsWith('/act_42')) return { body: ACCOUNT }
      if (!seen.url.pathname.endsWith('/adcreatives')) return { body: { data: [] } }
      const limit = seen.url.searchParams.get('limit') ?? ''
      limits.push(limit)
      return Number(limit) > 200
        ? {
            status: 500,
            body: { error: { message: 'Please reduce the amount of data you’re asking for, then retry', code: 1 } },
          }
        : { body: { data: [{ id: '1501' }] } }
    })
    expect(await collect(graph.adapter.listEntities(FORTY_TWO, 'creative', signal()))).toHaveLength(1)
    expect(limits).toEqual(['500', '250', '125'])
    expect(graph.waits).toEqual([])
  })

  it('still shows what is archived where Meta refuses to list what was deleted, filter or not', async () => {
    graph = await startGraph(({ url }) => {
      if (url.pathname.endsWith('/act_42')) return { body: ACCOUNT }
      if (url.pathname.endsWith('/minimum_budgets')) return { body: { data: [] } }
      const asked = url.searchParams.get('effective_status')
      if (url.searchParams.has('filtering'))
        return {
          status: 400,
          body: { error: { message: 'Cannot request for deleted objects', code: 100, error_subcode: 1815001 } },
        }
      return {
        body: {
          data: asked === null ? [node('1')] : [node('2', { status: 'ARCHIVED', effective_status: 'ARCHIVED' })],
        },
      }
    })
    expect((await campaigns()).map((item) => item.status)).toEqual(['enabled', 'deleted'])
  })

  it('shows an amount it cannot hold exactly as not editable, and never rounds it', async () => {
    graph = await listing(
      () => `{"data":[
      ${JSON.stringify(node('1', { daily_budget: '9223372036854775807' }))},
      ${JSON.stringify(node('2')).replace('}', ',"daily_budget":9007199254740993}')}]}`,
    )
    for (const item of await campaigns()) {
      expect(item).toMatchObject({ budgetKind: 'daily' })
      expect(item.dailyBudgetMicros).toBeUndefined()
      expect(item.editable.find((rule) => rule.field === 'daily_budget')).toMatchObject({ isEditable: false })
    }
  })

  it('refuses an id that came as a number, because it may have lost digits', async () => {
    graph = await listing(() => ({ data: [{ ...node('1'), id: 120_210_000_000_000_000 }] }))
    await expect(campaigns()).rejects.toMatchObject({ code: 'platform_unreachable' })
  })

  it('tells a block that lasts longer than anybody waits, instead of waiting', async () => {
    graph = await startGraph(() => ({
      status: 400,
      headers: {
        'x-business-use-case-usage': JSON.stringify({
          '42': [{ type: 'ads_management', call_count: 100, estimated_time_to_regain_access: 45 }],
        }),
      },
      body: { error: { message: 'too many calls', code: 80004 } },
    }))
    const failed = {
      code: 'platform_throttled',
      retryable: true,
      hint: expect.stringMatching(/4[5-9] minutes|50 minutes/),
    }
    await expect(campaigns()).rejects.toMatchObject(failed)
    // The next read does not even ask: the meter knows.
    await expect(campaigns()).rejects.toMatchObject({ code: 'platform_throttled' })
    expect(graph.seen).toHaveLength(1)
    expect(graph.waits).toEqual([])
  })

  it('fetches pictures from Meta’s picture hosts or the sandbox only, without the token, and by their first bytes', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(64)]).toString('latin1')
    let address = (origin: string) => `${origin}/images/1501.png`
    let size = 0
    graph = await startGraph(({ url, headers }) =>
      url.pathname.startsWith('/images')
        ? { body: Buffer.from(png + 'x'.repeat(size), 'latin1'), headers: { 'content-type': 'text/html' } }
        : { body: { id: '1501', thumbnail_url: address(`http://${headers.host ?? ''}`) } },
    )
    const picture = () => graph.adapter.readThumbnail(entityId(FORTY_TWO, 'creative', '1501'), signal())
    expect(await picture()).toMatchObject({ mimeType: 'image/png' })
    expect(graph.seen.at(-1)?.url.pathname).toBe('/images/1501.png')
    expect(JSON.stringify(graph.seen.at(-1)?.headers)).not.toMatch(/authorization|CANARY/)
    size = 300_000
    expect(await picture()).toBeUndefined()
    for (const elsewhere of [
      'https://evil.example/a.png',
      'https://fbcdn.net.evil.example/a.png',
      'http://scontent.fbcdn.net/a.png',
      'http://127.0.0.1:9/a.png',
      'https://user@scontent.fbcdn.net/a.png',
      'file:///etc/passwd',
      'not an address',
    ]) {
      address = () => elsewhere
      expect(pictureAddress(elsewhere, { allowedHosts: PICTURE_HOSTS })).toBeUndefined()
      expect(await picture()).toBeUndefined()
    }
    const real = 'https://scontent-ber1.xx.fbcdn.net/a.png?oe=1'
    expect(pictureAddress(real, { allowedHosts: PICTURE_HOSTS })?.href).toBe(real)
  })

  it('waits a moment before the next read when three quarters of an allowance are used', async () => {
    let percent = 74
    graph = await startGraph(({ url }) => ({
      headers: { 'x-ad-account-usage': JSON.stringify({ acc_id_util_pct: percent }) },
      body: url.pathname.endsWith('/act_42') ? ACCOUNT : { data: [] },
    }))
    await campaigns()
    expect(graph.waits).toEqual([])
    percent = 90
    await campaigns()
    expect(graph.waits.length).toBeGreaterThan(0)
    expect(graph.waits.every((ms) => ms >= 1000 && ms <= 10_000)).toBe(true)
  })
})

const ROW = {
  campaign_id: '1201',
  date_start: '2026-11-20',
  date_stop: '2026-11-20',
  impressions: '1000',
  clicks: '40',
  spend: '12.34',
  reach: '900',
}

describe('Meta’s report rows', () => {
  let graph: Awaited<ReturnType<typeof startGraph>>
  afterEach(() => graph.close())
  async function factOf(more: Record<string, unknown>): Promise<MetricFact> {
    graph = await startGraph(({ url }) => ({
      body: url.pathname.endsWith('/insights') ? { data: [{ ...ROW, ...more }] } : ACCOUNT,
    }))
    const asked = { accountId: FORTY_TWO, level: 'campaign', startDate: '2026-11-20', endDate: '2026-11-20' } as const
    const [fact] = await collect(graph.adapter.dailyMetrics(asked, signal()))
    if (fact === undefined) throw new Error('no fact')
    return fact
  }

  it('count one action type, by the windows that were asked for, and never add the overlapping ones', async () => {
    const fact = await factOf({
      actions: [
        { action_type: 'offsite_conversion.fb_pixel_purchase', value: '4', '7d_click': '3' },
        { action_type: 'purchase', value: '5', '1d_click': '3', '7d_click': '4', '1d_view': '1' },
        {
          action_type: 'omni_purchase',
          value: '6',
          '1d_click': '3',
          '7d_click': '4.5',
          '28d_click': '5',
          '1d_view': '1',
          '1d_ev': '2',
        },
        { action_type: 'video_view', value: '410' },
      ],
      action_values: [
        { action_type: 'purchase', value: '999', '7d_click': '999' },
        {
          action_type: 'omni_purchase',
          value: '310.5',
          '1d_click': '150',
          '7d_click': '250.5',
          '28d_click': '280',
          '1d_view': '60',
        },
      ],
    })
    expect(fact).toMatchObject({
      spendMicros: 12_340_000n,
      impressions: 1000,
      clicks: 40,
      reach: 900,
      videoViews: 410,
      clickConversionMicros: 4_500_000n,
      viewConversionMicros: 1_000_000n,
      engagedViewConversionMicros: 2_000_000n,
      clickValueMicros: 250_500_000n,
      viewValueMicros: 60_000_000n,
      engagedViewValueMicros: 0n,
      click1dConversionMicros: 3_000_000n,
      click1dValueMicros: 150_000_000n,
      click28dConversionMicros: 5_000_000n,
      click28dValueMicros: 280_000_000n,
      reportedConversionMicros: 6_000_000n,
      reportedValueMicros: 310_500_000n,
      window: { clickDays: 7, viewDays: 1, source: 'requested' },
    })
    const asked = graph.seen.at(-1)?.url.searchParams
    expect(JSON.parse(asked?.get('action_attribution_windows') ?? '')).toEqual([
      '1d_click',
      '7d_click',
      '28d_click',
      '1d_view',
      '1d_ev',
    ])
    expect(asked?.get('time_increment')).toBe('1')
  })

  it.each([
    ['purchase', ['purchase', 'offsite_conversion.fb_pixel_purchase'], '4'],
    ['the pixel’s own', ['onsite_web_purchase', 'offsite_conversion.fb_pixel_purchase'], '5'],
  ])('fall back to %s where Meta gives no sum of all', async (_name, types, expected) => {
    const fact = await factOf({
      actions: types.map((type, index) => ({ action_type: type, value: '9', '7d_click': String(4 + index) })),
    })
    expect(fact.clickConversionMicros).toBe(BigInt(expected) * 1_000_000n)
  })

  it('without a purchase are zero in a sales campaign, and "not measured" in one for something else', async () => {
    expect(await factOf({ objective: 'OUTCOME_SALES' })).toMatchObject({
      clickConversionMicros: 0n,
      clickValueMicros: 0n,
      viewConversionMicros: 0n,
      reportedConversionMicros: 0n,
      videoViews: 0,
    })
    await graph.close()
    expect(
      await factOf({ objective: 'OUTCOME_AWARENESS', actions: [{ action_type: 'link_click', value: '9' }] }),
    ).toMatchObject({
      clickConversionMicros: null,
      clickValueMicros: null,
      viewConversionMicros: null,
      reportedConversionMicros: null,
    })
  })

  it('with a purchase are measured whatever the campaign is for, and an absent window is zero', async () => {
    expect(
      await factOf({
        objective: 'OUTCOME_TRAFFIC',
        actions: [{ action_type: 'omni_purchase', value: '1', '1d_view': '1' }],
      }),
    ).toMatchObject({ clickConversionMicros: 0n, viewConversionMicros: 1_000_000n, clickValueMicros: 0n })
  })

  it.each([
    ['a spend that is no number', { spend: 'a lot' }],
    ['a spend past 2^53 micros', { spend: '9007199255.00' }],
    ['half an impression', { impressions: '1.5' }],
    ['no id', { campaign_id: undefined }],
    ['more than one day', { date_stop: '2026-11-21' }],
    ['a day that was not asked for', { date_start: '2026-11-19', date_stop: '2026-11-19' }],
  ])('with %s are refused whole', async (_name, more) => {
    await expect(factOf(more)).rejects.toMatchObject({ code: 'platform_unreachable' })
  })

  it('of a range that is too much come in halves, and of a day that is too much as a prepared report', async () => {
    const tooMuch = { status: 400, body: { error: { message: 'Please reduce the amount of data', code: 1 } } }
    const asked: string[] = []
    let looks = 0
    graph = await startGraph(({ method, url, body }) => {
      if (url.pathname.endsWith('/act_42')) return { body: ACCOUNT }
      if (method === 'POST') {
        asked.push(`prepare ${JSON.stringify((JSON.parse(body) as { time_range: unknown }).time_range)}`)
        return { body: { report_run_id: '6023920149050' } }
      }
      if (url.pathname === '/v26.0/6023920149050') {
        looks += 1
        return {
          body: {
            id: '6023920149050',
            async_status: looks < 3 ? 'Job Running' : 'Job Completed',
            async_percent_completion: looks < 3 ? 40 : 100,
          },
        }
      }
      if (url.pathname === '/v26.0/6023920149050/insights')
        return { body: { data: [{ ...ROW, date_start: '2026-11-21', date_stop: '2026-11-21' }] } }
      const range = JSON.parse(url.searchParams.get('time_range') ?? '{}') as { since: string; until: string }
      asked.push(`${range.since} ${range.until}`)
      if (range.since !== range.until || range.since === '2026-11-21') return tooMuch
      return { body: { data: [{ ...ROW, date_start: range.since, date_stop: range.since }] } }
    })
    const request = { accountId: FORTY_TWO, level: 'campaign', startDate: '2026-11-20', endDate: '2026-11-22' } as const
    const facts = await collect(graph.adapter.dailyMetrics(request, signal()))
    expect(facts.map((fact) => fact.date)).toEqual(['2026-11-20', '2026-11-21', '2026-11-22'])
    expect(asked).toEqual([
      '2026-11-20 2026-11-22',
      '2026-11-20 2026-11-21',
      '2026-11-20 2026-11-20',
      // 500, 250, 125, 100 rows per page
      '2026-11-21 2026-11-21',
      '2026-11-21 2026-11-21',
      '2026-11-21 2026-11-21',
      '2026-11-21 2026-11-21',
      'prepare {"since":"2026-11-21","until":"2026-11-21"}',
      '2026-11-22 2026-11-22',
    ])
    expect(graph.waits).toEqual([1000, 2000, 4000])
  })
})

describe('the Meta adapter in its sandbox', () => {
  let meta: MetaHarness
  let adapter: PlatformAdapter
  let account: AccountId
  beforeEach(async () => {
    meta = await startMeta()
    adapter = meta.adapter
    account = meta.accounts[0]?.accountId ?? FORTY_TWO
  })
  afterEach(() => meta.close())

  const all = (type: 'campaign' | 'ad_group' | 'ad' | 'creative', of = account): Promise<Entity[]> =>
    collect(adapter.listEntities(of, type, signal()))
  const one = async (id: EntityId): Promise<Entity> => {
    const { type, accountId: of } = splitEntityId(id)
    const found = (await all(type, of)).find((item) => item.entityId === id)
    if (found === undefined) throw new Error('not listed')
    return found
  }
  const rule = (entity: Entity, field: Field) => entity.editable.find((item) => item.field === field)
  const live = (id: EntityId, field: Field) => adapter.readLive(id, field, signal())
  const facts = (level: MetricLevel, startDate: string, endDate: string) =>
    collect(adapter.dailyMetrics({ accountId: account, level, startDate, endDate }, signal()))

  it('shows a campaign budget on the campaign, and its ad sets as inheriting it', async () => {
    const campaign = await one(meta.examples.budgetCampaign)
    expect(campaign).toMatchObject({ budgetKind: 'daily', values: { bid_strategy: 'lowest_cost' } })
    expect(rule(campaign, 'daily_budget')).toMatchObject({ isEditable: true, stepMicros: 10_000n })
    expect(rule(campaign, 'bid_strategy')).toMatchObject({
      isEditable: false,
      refusal: expect.stringContaining('every ad set'),
    })
    const adSets = (await all('ad_group')).filter((item) => item.parentId === campaign.entityId)
    expect(adSets.length).toBeGreaterThan(1)
    for (const adSet of adSets) {
      expect(adSet.budgetKind).toBe('inherited')
      expect(adSet.dailyBudgetMicros).toBeUndefined()
      expect(rule(adSet, 'bid_strategy')).toMatchObject({
        isEditable: false,
        refusal: expect.stringContaining(campaign.name),
      })
    }
  })

  it('shows ad set budgets on the ad sets, with bids where the strategy has one', async () => {
    const adSet = await one(meta.examples.bids.find((item) => item.field === 'cost_cap')?.entityId ?? meta.examples.ad)
    expect(adSet).toMatchObject({ budgetKind: 'daily', bidStrategy: 'COST_CAP' })
    expect(adSet.values?.cost_cap).toMatch(/^\d+\.\d{2}$/)
    expect(adSet.values?.bid_strategy).toBe(`cost_cap:${adSet.values?.cost_cap}`)
    expect(adSet.values?.bid_cap).toBeUndefined()
    expect(rule(adSet, 'cost_cap')?.isEditable).toBe(true)
    expect(rule(adSet, 'bid_cap')).toMatchObject({ isEditable: false, refusal: expect.stringContaining('no bid cap') })
    expect(rule(adSet, 'bid_strategy')?.strategies?.map((item) => item.strategy)).toEqual([
      'lowest_cost',
      'bid_cap',
      'cost_cap',
    ])
    const campaign = (await all('campaign')).find((item) => item.entityId === adSet.parentId)
    expect(campaign).toMatchObject({ budgetKind: 'none' })
    expect(rule(campaign ?? adSet, 'daily_budget')).toMatchObject({
      isEditable: false,
      refusal: expect.stringContaining('ad sets'),
    })
  })

  it('lets the bid of an ad set be changed under a campaign budget too, where Meta keeps it', async () => {
    const id = meta.adSet((item) => item.campaign.bidStrategy === 'COST_CAP')
    const before = await live(id, 'cost_cap')
    expect(before.refusal).toBeUndefined()
    expect((await live(id, 'bid_strategy')).refusal).toContain('campaign')
    expect((await adapter.apply(approvedChange(id, 'cost_cap', 'EUR', before.value, '12.30'))).kind).toBe('accepted')
    expect((await live(id, 'cost_cap')).value).toBe('12.30')
  })

  it('switches a strategy together with its bid in one single request', async () => {
    for (const { entityId: id, newValue } of meta.examples.strategies) {
      const before = await live(id, 'bid_strategy')
      const change = { ...approvedChange(id, 'bid_strategy', 'EUR', before.value, newValue) }
      expect(await adapter.validate(change, signal())).toMatchObject({ kind: 'ok' })
      expect((await live(id, 'bid_strategy')).value).toBe(before.value)
      const writes = meta.writesReceived(id)
      expect((await adapter.apply(change)).kind).toBe('accepted')
      expect(meta.writesReceived(id)).toBe(writes + 1)
      expect((await live(id, 'bid_strategy')).value).toBe(newValue)
    }
  })

  it('hears Meta’s own reason when it asks first, and changes nothing by asking', async () => {
    const refusedStrategy = meta.examples.refusedStrategy ?? never()
    const dryRunRefusal = meta.dryRunRefusal ?? never()
    for (const { entityId: id, field, newValue } of [
      { ...refusedStrategy, field: 'bid_strategy' as const },
      dryRunRefusal,
    ]) {
      const before = await live(id, field)
      const verdict = await adapter.validate(approvedChange(id, field, 'EUR', before.value, newValue), signal())
      expect(verdict).toMatchObject({
        kind: 'refused',
        platformCode: expect.stringMatching(/^100\/\d+/),
        platformMessage: expect.stringMatching(/\w{5}/),
      })
      expect((await live(id, field)).value).toBe(before.value)
      expect(meta.writesReceived(id)).toBe(0)
      expect(meta.dryRunsReceived(id)).toBeGreaterThan(0)
    }
  })

  it.each(['timeout_before_effect', 'http_500', 'throttle', 'half_page', 'expired_token'] as const)(
    'has no verdict to give when the dry run itself fails: %s',
    async (kind) => {
      meta.sandbox.faults.add({ kind, path: 'POST /node validate_only' })
      const change = approvedChange(meta.examples.ad, 'status', 'EUR', 'enabled', 'paused')
      await expect(adapter.validate(change, signal())).rejects.toMatchObject({
        code: expect.stringMatching(/platform_unreachable|platform_throttled|timeout|needs_reconnect/),
      })
      expect(meta.dryRunsReceived(meta.examples.ad)).toBe(1)
      expect(meta.writesReceived(meta.examples.ad)).toBe(0)
    },
  )

  it('refuses a fifth budget change within the hour for good, in Meta’s words', async () => {
    const id = meta.examples.budgetAdGroup ?? never()
    const kinds: string[] = []
    for (let count = 0; count < 5; count += 1) {
      const result = await adapter.apply(approvedChange(id, 'daily_budget', 'EUR', '1.00', `${100 + count}.00`))
      kinds.push(result.kind === 'refused' ? result.platformCode : result.kind)
    }
    expect(kinds).toEqual(['accepted', 'accepted', 'accepted', 'accepted', '613/1487632'])
    expect((await live(id, 'daily_budget')).value).toBe('103.00')
    expect(meta.waits).toEqual([])
  })

  it('reads and writes forints as whole units, which ISO does not', async () => {
    const hungary = meta.accounts.find((item) => item.currency === 'HUF')?.accountId ?? never()
    const adSet =
      (await all('ad_group', hungary)).find((item) => rule(item, 'daily_budget')?.isEditable === true) ?? never()
    expect(rule(adSet, 'daily_budget')?.stepMicros).toBe(1_000_000n)
    const id = adSet.entityId
    const before = await live(id, 'daily_budget')
    expect(before.value).toMatch(/^\d+\.00$/)
    expect((await adapter.apply(approvedChange(id, 'daily_budget', 'HUF', before.value, '23456.50'))).kind).toBe(
      'not_sent',
    )
    expect(meta.writesReceived(id)).toBe(0)
    expect((await adapter.apply(approvedChange(id, 'daily_budget', 'HUF', before.value, '23456.00'))).kind).toBe(
      'accepted',
    )
    expect((await live(id, 'daily_budget')).value).toBe('23456.00')
    expect(meta.sandbox.world.adSet(splitEntityId(id).externalId)?.budgetMinor).toBe(23_456)
  })

  it('stops reading when Meta answers as another version, and still says truly what became of a write', async () => {
    const id = meta.examples.ad
    meta.sandbox.switches.answerVersion = 'v27.0'
    await expect(live(id, 'status')).rejects.toMatchObject({
      code: 'platform_refused',
      message: expect.stringContaining('answered as version v27.0'),
    })
    await expect(facts('campaign', meta.today, meta.today)).rejects.toMatchObject({ code: 'platform_refused' })
    expect((await adapter.apply(approvedChange(id, 'status', 'EUR', 'enabled', 'paused'))).kind).toBe('accepted')
    meta.sandbox.switches.answerVersion = undefined
    expect((await live(id, 'status')).value).toBe('paused')
  })

  it('finds every account once, under the business that owns it, and knows where it may write', async () => {
    const found = await adapter.listAccounts(signal())
    expect(found.map((item) => [item.accountId, item.manager?.externalId])).toEqual(
      meta.accounts.map((item) => [item.accountId, item.managerId]),
    )
    expect(found.filter((item) => item.isWritable === false).length).toBeGreaterThan(0)
    expect(found.some((item) => item.status === 'disabled' && item.rawStatus === 'DISABLED')).toBe(true)
    const poor = meta.adapterWith({
      credentials: () =>
        Promise.resolve({ accessToken: meta.sandbox.credentials.issueToken({ scopes: ['ads_read'] }) }),
    })
    expect((await poor.listAccounts(signal())).map((item) => item.accountId)).toEqual(
      found.map((item) => item.accountId),
    )
  })

  it('offers nothing to change where the user may only look, or the account is closed', async () => {
    for (const { accountId: of, isWritable, status } of await adapter.listAccounts(signal())) {
      if (isWritable !== false && status !== 'disabled') continue
      const entities = (
        await Promise.all((['campaign', 'ad_group', 'ad'] as const).map((type) => all(type, of)))
      ).flat()
      expect(entities.length).toBeGreaterThan(1)
      expect(
        entities.flatMap((item) => item.editable).filter((item) => item.isEditable || (item.refusal ?? '') === ''),
      ).toEqual([])
      const id = entities.find((item) => item.type === 'ad_group')?.entityId ?? never()
      expect((await live(id, 'status')).refusal).toMatch(/only look|disabled/)
    }
  })

  it('keeps names and history of what was archived or deleted', async () => {
    const gone =
      meta.sandbox.world.accounts[0]?.campaigns.filter(
        (item) => item.status === 'ARCHIVED' || item.status === 'DELETED',
      ) ?? []
    expect(gone.length).toBe(2)
    const listed = await all('campaign')
    for (const item of gone) {
      const entity = listed.find((each) => each.entityId === meta.idOf(item)) ?? never()
      expect(entity).toMatchObject({ status: 'deleted', rawStatus: item.status, delivery: 'ended' })
      expect(entity.editable.every((each) => !each.isEditable && (each.refusal ?? '').includes('archived'))).toBe(true)
    }
    expect(new Set(listed.map((item) => item.entityId)).size).toBe(listed.length)
  })

  it('reads attribution windows, learning, targeting and reviews, each in our words with Meta’s beside them', async () => {
    const adSets = await all('ad_group')
    expect(adSets.some((item) => item.clickWindowDays === 7 && item.viewWindowDays === 1)).toBe(true)
    expect(adSets.some((item) => item.viewWindowDays === null)).toBe(true)
    expect(
      adSets.some((item) => item.delivery === 'learning' && item.deliveryReasons?.includes('learning stage: LEARNING')),
    ).toBe(true)
    expect(adSets.some((item) => item.delivery === 'ended' && item.deliveryStatus === 'ACTIVE')).toBe(true)
    expect(adSets.every((item) => /^\d+-\d+\+?$/.test(item.targeting?.age?.[0] ?? ''))).toBe(true)
    expect(adSets.some((item) => (item.targeting?.location ?? []).includes('DE'))).toBe(true)
    expect(await one(meta.examples.disapprovedAd)).toMatchObject({
      review: 'disapproved',
      reviewReasons: [expect.stringContaining('Misleading claims')],
    })
    expect(await one(meta.examples.ad)).toMatchObject({ review: 'approved', delivery: 'delivering', reviewReasons: [] })
    const ads = await all('ad')
    expect(new Set(ads.map((item) => item.review))).toEqual(
      new Set(['approved', 'disapproved', 'in_review', 'limited', 'unknown']),
    )
    expect(new Set(ads.map((item) => item.format))).toEqual(
      new Set(['video', 'image', 'carousel', 'asset_feed', 'existing_post']),
    )
  })

  it('says what starts and stops with a campaign’s switch, whoever holds the budgets', async () => {
    const own = await live(meta.examples.budgetCampaign, 'status')
    expect(own.dailyBudgetUnderMicros).toBe((await one(meta.examples.budgetCampaign)).dailyBudgetMicros)
    const adSet = await one(meta.examples.bids.find((item) => item.field === 'bid_cap')?.entityId ?? never())
    const siblings = (await all('ad_group')).filter(
      (item) => item.parentId === adSet.parentId && item.status === 'enabled',
    )
    const under = siblings.some((item) => item.budgetKind !== 'daily')
      ? null
      : siblings.reduce((sum, item) => sum + (item.dailyBudgetMicros ?? 0n), 0n)
    expect((await live(adSet.parentId ?? never(), 'status')).dailyBudgetUnderMicros).toBe(under)
    expect((await live(meta.examples.ad, 'status')).dailyBudgetUnderMicros).toBe(0n)
  })

  it('does not take an object of another account for one of this', async () => {
    const { externalId } = splitEntityId(meta.examples.budgetCampaign)
    const other = meta.accounts[1]?.accountId ?? never()
    await expect(live(entityId(other, 'campaign', externalId), 'status')).rejects.toMatchObject({
      code: 'unknown_entity',
    })
    await expect(live(entityId(account, 'campaign', '120299999999999999'), 'status')).rejects.toMatchObject({
      code: 'unknown_entity',
    })
  })

  it('asks for 37 months at most, and says so', async () => {
    await expect(facts('campaign', shiftDay(meta.today, -1200), meta.today)).rejects.toMatchObject({
      code: 'range_too_long',
    })
    const from = shiftDay(meta.today, -1120)
    expect((await facts('campaign', from, shiftDay(from, 3))).length).toBe(0)
  })

  it('reads what a campaign spent before it was deleted, so that levels still add up', async () => {
    const archived = meta.sandbox.world.accounts[0]?.campaigns.find((item) => item.status === 'ARCHIVED') ?? never()
    const rows = await facts('campaign', shiftDay(meta.today, -364), shiftDay(meta.today, -355))
    expect(rows.some((row) => row.entityId === meta.idOf(archived) && row.spendMicros > 0n)).toBe(true)
  })

  it('knows healthy pixels from those that are silent, broken or not there', async () => {
    const trackers = (
      await Promise.all(meta.accounts.map((item) => adapter.listTrackers(item.accountId, signal())))
    ).flat()
    const wanted = {
      fresh: 'healthy',
      stale: 'stale',
      never: 'unverified',
      unavailable: 'misconfigured',
      no_value: 'misconfigured',
    } as const
    const pixels = meta.sandbox.world.accounts.flatMap((item) => item.pixels)
    expect(pixels.length).toBeGreaterThan(2)
    for (const pixel of pixels) {
      const found = trackers.find((item) => item.externalId === pixel.id) ?? never()
      expect(found).toMatchObject({ kind: 'pixel', name: pixel.name, state: wanted[pixel.health] })
      expect(found.problems.length > 0).toBe(found.state !== 'healthy')
      const purchases = found.events?.find((each) => each.name === 'Purchase')?.count ?? 0
      expect(purchases > 10).toBe(pixel.health === 'fresh')
    }
  })

  it('tells how long a token lives and what it may do', async () => {
    expect(await adapter.tokenHealth(signal())).toEqual({
      isValid: true,
      expiresAtMs: null,
      canWrite: true,
      scopes: ['ads_read', 'ads_management', 'business_management'],
      problem: undefined,
    })
    const issuer = meta.sandbox.credentials
    const token = issuer.issueToken({ scopes: ['ads_read'], lifeMs: 5 * 86_400_000 })
    const other = meta.adapterWith({ credentials: () => Promise.resolve({ accessToken: token }) })
    expect(await other.tokenHealth(signal())).toMatchObject({
      isValid: true,
      expiresAtMs: Math.floor((meta.clock.nowMs() + 5 * 86_400_000) / 1000) * 1000,
      canWrite: false,
      problem: expect.stringContaining('in 5 days'),
    })
    issuer.killToken(token)
    expect(await other.tokenHealth(signal())).toMatchObject({
      isValid: false,
      problem: expect.stringContaining('Connect again'),
    })
    await expect(other.listAccounts(signal())).rejects.toMatchObject({
      code: 'needs_reconnect',
      message: expect.stringContaining('password'),
    })
  })

  it('fetches a picture without the token, and only a real one from a known host', async () => {
    for (const id of [meta.examples.creative, meta.examples.ad]) {
      const picture = await adapter.readThumbnail(id, signal())
      expect(picture?.mimeType).toBe('image/png')
      expect(picture?.bytes.length).toBeLessThan(300_000)
    }
    expect(await adapter.readThumbnail(meta.examples.budgetCampaign, signal())).toBeUndefined()
    for (const kind of ['html_200', 'redirect', 'http_502_html'] as const) {
      meta.sandbox.faults.add({ kind, path: '/images', location: 'http://127.0.0.1:9/elsewhere' })
      expect(await adapter.readThumbnail(meta.examples.creative, signal())).toBeUndefined()
    }
  })

  it('ends the token at Meta when it is unlinked', async () => {
    expect(await adapter.revoke(signal())).toBe(true)
    await expect(adapter.listAccounts(signal())).rejects.toMatchObject({ code: 'needs_reconnect' })
    await expect(adapter.revoke(signal())).rejects.toMatchObject({ code: 'needs_reconnect' })
  })

  it('works where the app insists on a proof, and counts every request for the one meter', async () => {
    meta.sandbox.switches.isProofRequired = true
    expect((await all('campaign')).length).toBeGreaterThan(3)
    expect((await adapter.apply(approvedChange(meta.examples.ad, 'status', 'EUR', 'enabled', 'paused'))).kind).toBe(
      'accepted',
    )
    const reading = meta.quota.readings().find((item) => item.externalId === account.split(':')[1])
    expect(reading).toMatchObject({ platform: 'meta', writesLastDay: 1, usedPercent: expect.any(Number) })
    expect(reading?.requestsLastDay).toBeGreaterThan(3)
  })

  it('refuses any address that is neither Meta’s nor this machine', () => {
    for (const baseUrl of [
      'https://graph.facebook.com.evil.example',
      'http://graph.facebook.com',
      'https://user:pw@graph.facebook.com',
      'http://192.168.1.10:8080',
    ])
      expect(() => meta.adapterWith({ baseUrl })).toThrow(/token may be sent/)
    expect(() => meta.adapterWith({ baseUrl: 'https://graph.facebook.com' })).not.toThrow()
  })

  it('never calls a write "not sent" once it was sent, whatever breaks on our side afterwards', async () => {
    const id = meta.examples.ad
    const broken = meta.adapterWith({
      logger: {
        info: () => {
          throw new Error('the disk is full')
        },
        error: () => undefined,
      },
    })
    expect((await broken.apply(approvedChange(id, 'status', 'EUR', 'enabled', 'paused'))).kind).toBe('unknown')
    expect((await live(id, 'status')).value).toBe('paused')
  })

  it('says that nothing was sent when the token cannot be read, and keeps the vault’s words to itself', async () => {
    const broken = meta.adapterWith({ credentials: () => Promise.reject(new Error('sealed blob 0xCANARY')) })
    const result = await broken.apply(approvedChange(meta.examples.ad, 'status', 'EUR', 'enabled', 'paused'))
    expect(result.kind).toBe('not_sent')
    expect(JSON.stringify(result)).not.toContain('CANARY')
    expect(meta.sandbox.requests.entries.length).toBe(0)
  })
})

function never(): never {
  throw new Error('the sandbox lacks what this story needs')
}
