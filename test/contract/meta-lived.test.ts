/** What Meta does in real life and its quick start does not say: seen by others, told in its own error pages. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sleepFor } from '../../main/platforms/http.ts'
import { createQuotaMeter } from '../../main/platforms/quota.ts'
import { DEFAULT_TIMEOUTS } from '../../main/platforms/meta/client.ts'
import { inspectToken } from '../../main/platforms/meta/link.ts'
import { firstKeptDay } from '../../main/platforms/meta/ranges.ts'
import { entityId, splitEntityId } from '../../shared/domain/ids.ts'
import { ACCOUNT, collect, FORTY_TWO, node, type Reply, type Seen, signal, startGraph } from '../support/graph-stub.ts'
import { type MetaHarness, startMeta } from './meta-harness.ts'
import { shiftDay } from './platform-contract.ts'
import { movableClock, NOON_MS } from './tiktok-harness.ts'

type Graph = Awaited<ReturnType<typeof startGraph>>
let graph: Graph
afterEach(() => graph.close())

const refusal = (code: number, subcode?: number, message = 'Invalid parameter', status = 400): Reply => ({
  status,
  body: { error: { message, code, ...(subcode === undefined ? {} : { error_subcode: subcode }) } },
})
const rangeOf = (text: string): { since: string; until: string } => JSON.parse(text)
const row = (id: string, day: string, spend = '1.00') => ({
  campaign_id: id,
  date_start: day,
  date_stop: day,
  spend,
  impressions: '10',
})
const three = { accountId: FORTY_TWO, level: 'campaign', startDate: '2026-11-20', endDate: '2026-11-22' } as const
const factsOf = (of: Graph) => collect(of.adapter.dailyMetrics(three, signal()))
const daysOf = ({ since, until }: { since: string; until: string }) => {
  const days: string[] = []
  for (let day = since; day <= until; day = shiftDay(day, 1)) days.push(day)
  return days
}

describe('a report that is too much for Meta', () => {
  const insights = (answer: (range: { since: string; until: string }, seen: Seen) => Reply) =>
    startGraph((seen) =>
      seen.url.pathname.endsWith('/insights') && seen.method === 'GET'
        ? answer(rangeOf(seen.url.searchParams.get('time_range') ?? '{}'), seen)
        : { body: ACCOUNT },
    )

  it.each([
    ['the documented limit of data per call', refusal(100, 1487534, 'Please reduce the amount of data')],
    ['a report that took too long', refusal(100, 1504018)],
    ['the advice to ask for less', refusal(1, undefined, 'Please reduce the amount of data you’re asking for', 500)],
    ['an unknown error that stays', refusal(1, 99, 'An unknown error occurred', 500)],
  ])('comes in smaller pieces: %s', async (_name, tooMuch) => {
    graph = await insights((range) =>
      range.since === range.until ? { body: { data: [row('1201', range.since)] } } : tooMuch,
    )
    expect((await factsOf(graph)).map((fact) => fact.date)).toEqual(['2026-11-20', '2026-11-21', '2026-11-22'])
  })

  it('only in the middle of its pages gives every row once all the same', async () => {
    graph = await insights((range, { url }) => {
      const isWhole = range.since !== range.until
      if (url.searchParams.get('after') !== null && isWhole) return refusal(100, 1487534)
      const data = daysOf(range).flatMap((day) => [row('1201', day), row('1202', day)])
      return isWhole
        ? { body: { data: data.slice(0, 2), paging: { cursors: { after: 'B' }, next: 'x' } } }
        : { body: { data } }
    })
    const keys = (await factsOf(graph)).map((fact) => `${splitEntityId(fact.entityId).externalId} ${fact.date}`)
    expect(new Set(keys).size).toBe(6)
    expect(keys.length).toBe(6)
  })
})

describe('a report that Meta prepares', () => {
  const tooMuch = refusal(100, 1487534)
  const oneDay = { ...three, startDate: '2026-11-22' } as const

  it('can be cancelled while it is being started', async () => {
    const stop = new AbortController()
    graph = await startGraph(({ method, url }) => {
      if (method === 'POST') stop.abort()
      return url.pathname.endsWith('/insights') ? tooMuch : { body: ACCOUNT }
    })
    await expect(collect(graph.adapter.dailyMetrics(oneDay, stop.signal))).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('is not started while Meta takes no calls', async () => {
    const clock = movableClock(NOON_MS)
    const quota = createQuotaMeter(clock)
    const order: string[] = []
    graph = await startGraph(
      ({ url, method }) => {
        if (method === 'POST') {
          order.push('started')
          return { body: { report_run_id: '6023920149050' } }
        }
        if (url.pathname.endsWith('/6023920149050'))
          return { body: { async_status: 'Job Completed', async_percent_completion: 100 } }
        if (url.pathname.endsWith('/6023920149050/insights')) return { body: { data: [] } }
        if (!url.pathname.endsWith('/insights')) return { body: ACCOUNT }
        // Another reader of the same account was told to wait meanwhile.
        if (url.searchParams.get('limit') === '100') quota.throttled({ platform: 'meta', externalId: '42' }, 120_000)
        return tooMuch
      },
      {
        clock,
        quota,
        sleep: (ms) => {
          order.push(`waited ${ms}`)
          clock.advance(ms)
          return Promise.resolve()
        },
      },
    )
    await collect(graph.adapter.dailyMetrics(oneDay, signal()))
    expect(order).toEqual(['waited 120000', 'started', 'waited 1000'])
  })
})

describe('reading through Meta’s bad moments', () => {
  it('tries again after an error of Meta’s own that has no number above zero', async () => {
    let count = 0
    graph = await startGraph(() => {
      count += 1
      return count === 1 ? refusal(-3, undefined, 'internal') : { body: { data: [] } }
    })
    expect(await collect(graph.adapter.listEntities(FORTY_TWO, 'creative', signal()))).toEqual([])
    expect(graph.waits.length).toBe(1)
  })

  it('stops waiting for a block to end as soon as it is told to', async () => {
    const stop = new AbortController()
    graph = await startGraph(() => refusal(80004), {
      sleep: (ms, wake) => {
        expect(ms).toBeGreaterThanOrEqual(60_000)
        const sleeping = sleepFor(ms, wake)
        stop.abort()
        return sleeping
      },
    })
    await expect(graph.adapter.listAccounts(stop.signal)).rejects.toMatchObject({ code: 'cancelled' })
    expect(graph.seen.length).toBe(1)
  })

  it('asks the meter again after a wait, so that readers who waited together do not knock one after the other', async () => {
    const clock = movableClock(NOON_MS)
    const quota = createQuotaMeter(clock)
    const mine = { platform: 'meta', externalId: '42' } as const
    const app = { platform: 'meta', externalId: 'app' } as const
    quota.throttled(mine, 60_000)
    const waits: number[] = []
    graph = await startGraph(({ url }) => ({ body: url.pathname.endsWith('/act_42') ? ACCOUNT : { data: [] } }), {
      clock,
      quota,
      sleep: (ms) => {
        waits.push(ms)
        clock.advance(ms)
        // Another reader came back first and was told to wait again.
        if (waits.length === 1) quota.throttled(app, 90_000)
        return Promise.resolve()
      },
    })
    const read = () => collect(graph.adapter.listEntities(FORTY_TWO, 'creative', signal()))
    expect(await read()).toEqual([])
    expect(waits).toEqual([60_000, 90_000])
    // All of it together has an end.
    waits.length = 0
    quota.throttled(mine, 580_000)
    await expect(read()).rejects.toMatchObject({ code: 'platform_throttled' })
    expect([waits, graph.seen.length]).toEqual([[580_000], 1])
  })

  it('gives a report more time than Meta gives itself, so that Meta says that it was too much', () => {
    expect(DEFAULT_TIMEOUTS.readMs).toBeGreaterThan(75_000)
  })
})

describe('who may look at what', () => {
  it('needs nothing of the business to read an account, and lists accounts without it where it must', async () => {
    const denied = refusal(200, undefined, '(#200) Requires business_management permission to manage the object', 403)
    graph = await startGraph(({ url }) => {
      const asksBusiness = (url.searchParams.get('fields') ?? '').split(',').includes('business')
      if (asksBusiness || url.pathname.endsWith('/me/businesses')) return denied
      if (url.pathname.endsWith('/act_42')) return { body: ACCOUNT }
      return { body: { data: url.pathname.endsWith('/me/adaccounts') ? [ACCOUNT] : [] } }
    })
    expect(await collect(graph.adapter.listEntities(FORTY_TWO, 'campaign', signal()))).toEqual([])
    const found = await graph.adapter.listAccounts(signal())
    expect(found.map((item) => [item.accountId, item.manager])).toEqual([[FORTY_TWO, undefined]])
  })

  const inspecting = (permissions: Reply) =>
    startGraph(({ url }) => {
      if (url.pathname.endsWith('/debug_token'))
        return refusal(
          100,
          undefined,
          '(#100) You must provide an app access token, or a user access token that is an owner or developer of the app',
        )
      return url.pathname.endsWith('/me/permissions') ? permissions : { body: { id: '61' } }
    })

  it('lets a token be used that may not look at itself: its permissions tell that it lives', async () => {
    const granted = ['ads_read', 'ads_management'].map((permission) => ({ permission, status: 'granted' }))
    graph = await inspecting({
      body: { data: [...granted, { permission: 'business_management', status: 'declined' }] },
    })
    expect(await graph.adapter.tokenHealth(signal())).toEqual({
      isValid: true,
      expiresAtMs: undefined,
      canWrite: true,
      scopes: ['ads_read', 'ads_management'],
      problem: undefined,
    })
    for (const { url } of graph.seen.slice(1)) expect(url.href).not.toContain('CANARY')
  })

  it('says of such a token, too, that it may not read ads, or that it is dead', async () => {
    graph = await inspecting({ body: { data: [{ permission: 'public_profile', status: 'granted' }] } })
    expect(await graph.adapter.tokenHealth(signal())).toMatchObject({
      isValid: true,
      canWrite: false,
      problem: expect.stringContaining('ads_read'),
    })
    await graph.close()
    graph = await inspecting(refusal(190, 463))
    expect(await graph.adapter.tokenHealth(signal())).toMatchObject({ isValid: false })
  })

  it.each([
    'Invalid appsecret_proof provided in the API argument',
    'API calls from the server require an appsecret_proof argument',
  ])('asks to connect again when the app’s secret is the trouble: %s', async (message) => {
    graph = await startGraph(() => refusal(100, undefined, message))
    await expect(graph.adapter.listAccounts(signal())).rejects.toMatchObject({
      code: 'needs_reconnect',
      message: expect.stringContaining('app secret'),
    })
    const { baseUrl, clock } = graph
    const target = { baseUrl, accessToken: 'EAACANARYTOKEN', appSecret: 'wrong', clock, random: () => 0.5 }
    expect(await inspectToken(target, signal())).toMatchObject({
      isValid: false,
      problem: expect.stringContaining('app secret'),
    })
  })

  it.each([
    [458, 'removed'],
    [459, 'confirm'],
    [460, 'password'],
    [463, 'expired'],
    [464, 'confirm'],
    [467, 'no longer accepts'],
    [490, 'no longer accepts'],
    [undefined, 'no longer accepts'],
  ])('asks to connect again for every kind of dead token: 190/%s', async (subcode, words) => {
    graph = await startGraph(() => refusal(190, subcode, 'Error validating access token', 401))
    await expect(graph.adapter.listAccounts(signal())).rejects.toMatchObject({
      code: 'needs_reconnect',
      message: expect.stringContaining(words),
    })
    expect(graph.seen.length).toBe(1)
  })

  it('takes no live value of an object whose account Meta does not name: it could be another’s', async () => {
    graph = await startGraph(({ url }) => ({
      body: url.pathname.endsWith('/act_42')
        ? ACCOUNT
        : { ...node('1201', { daily_budget: '5000' }), account_id: null },
    }))
    const id = entityId(FORTY_TWO, 'campaign', '1201')
    await expect(graph.adapter.readLive(id, 'daily_budget', signal())).rejects.toMatchObject({
      code: 'platform_unreachable',
    })
  })
})

describe('what was archived or deleted', () => {
  const gone = (id: string, status: string) => node(id, { status, effective_status: status })
  const listing = (answer: (seen: Seen) => Reply) =>
    startGraph((seen) => {
      if (seen.url.pathname.endsWith('/act_42')) return { body: ACCOUNT }
      if (seen.url.pathname.endsWith('/minimum_budgets')) return { body: { data: [] } }
      return answer(seen)
    })
  const campaigns = async () =>
    (await collect(graph.adapter.listEntities(FORTY_TWO, 'campaign', signal()))).map((item) => [
      splitEntityId(item.entityId).externalId,
      item.rawStatus,
    ])

  it('is asked for by a filter, because the plain parameter refuses deleted objects', async () => {
    graph = await listing(({ url }) => {
      if (url.searchParams.has('effective_status')) return refusal(100, 1815001)
      const filtering = url.searchParams.get('filtering')
      if (filtering === null) return { body: { data: [node('1')] } }
      expect(JSON.parse(filtering)).toEqual([
        { field: 'campaign.effective_status', operator: 'IN', value: ['ARCHIVED', 'DELETED'] },
      ])
      return { body: { data: [gone('2', 'ARCHIVED'), gone('3', 'DELETED')] } }
    })
    expect(await campaigns()).toEqual([
      ['1', 'ACTIVE'],
      ['2', 'ARCHIVED'],
      ['3', 'DELETED'],
    ])
  })

  it('comes whole, however small Meta wants its pages', async () => {
    const ids = Array.from({ length: 700 }, (_, index) => String(index + 1))
    graph = await listing(({ url }) => {
      if (!url.searchParams.has('filtering')) return { body: { data: [] } }
      const limit = Number(url.searchParams.get('limit'))
      if (limit > 5) return refusal(1, undefined, 'Please reduce the amount of data you’re asking for', 500)
      const start = Number(url.searchParams.get('after') ?? '0')
      const data = ids.slice(start, start + limit).map((id) => gone(id, 'ARCHIVED'))
      const end = start + data.length
      return { body: { data, paging: { cursors: { after: String(end) }, ...(end < ids.length ? { next: 'x' } : {}) } } }
    })
    expect(await campaigns()).toHaveLength(700)
  })
})

describe('the sandbox agrees with what was seen live', () => {
  let meta: MetaHarness
  beforeEach(async () => {
    graph = await startGraph(() => ({ body: {} }))
    meta = await startMeta()
  })
  afterEach(() => meta.close())
  const ask = async (path: string, query: Record<string, unknown>) => {
    const url = new URL(`/v26.0${path}`, meta.sandbox.baseUrl)
    for (const [name, value] of Object.entries(query))
      url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    const answer = await fetch(url, { headers: { authorization: `Bearer ${meta.sandbox.credentials.accessToken}` } })
    return (await answer.json()) as { data?: { id: string }[]; error?: { code: number; error_subcode?: number } }
  }
  const home = () => `/act_${meta.sandbox.world.accounts[0]?.id ?? ''}`

  it('about deleted objects: no edge lists them by the plain parameter, a filter does', async () => {
    for (const edge of ['campaigns', 'adsets', 'ads'])
      expect((await ask(`${home()}/${edge}`, { effective_status: ['ARCHIVED', 'DELETED'] })).error).toMatchObject({
        code: 100,
        error_subcode: 1815001,
      })
    const filtering = [{ field: 'campaign.effective_status', operator: 'IN', value: ['DELETED'] }]
    expect((await ask(`${home()}/campaigns`, { filtering })).data).toHaveLength(1)
    expect((await ask(`${home()}/campaigns`, { effective_status: ['ARCHIVED'] })).data).toHaveLength(1)
  })

  it('about tokens of people without a role in the app: they may not look at themselves, and work', async () => {
    meta.sandbox.switches.isInspectionRefused = true
    expect(await meta.adapter.tokenHealth(signal())).toMatchObject({
      isValid: true,
      expiresAtMs: undefined,
      canWrite: true,
      problem: undefined,
    })
    const { baseUrl, credentials } = meta.sandbox
    const { accessToken, appSecret, appId } = credentials
    const target = { baseUrl, accessToken, appSecret, clock: meta.clock, random: () => 0.5 }
    // Whose it is must be known: taking back one grant would end every connection that lives on it.
    expect(await inspectToken(target, signal())).toMatchObject({ appId, userId: meta.sandbox.world.userId })
    meta.sandbox.credentials.killToken(meta.sandbox.credentials.accessToken, 460)
    expect(await meta.adapter.tokenHealth(signal())).toMatchObject({
      isValid: false,
      problem: expect.stringContaining('password'),
    })
  })

  it('about the first day that reports are kept for', async () => {
    const account = meta.accounts[0]?.accountId ?? FORTY_TWO
    const day = firstKeptDay(meta.today)
    const request = { accountId: account, level: 'campaign', startDate: day, endDate: day } as const
    expect(await collect(meta.adapter.dailyMetrics(request, signal()))).toEqual([])
    const before = { ...request, startDate: shiftDay(day, -1) }
    await expect(collect(meta.adapter.dailyMetrics(before, signal()))).rejects.toMatchObject({ code: 'range_too_long' })
  })

  it('about something that is archived while a listing goes through its pages: nothing else is lost', async () => {
    const account = meta.accounts[0]?.accountId ?? FORTY_TWO
    const ids: string[] = []
    const pages = meta.adapterWith({ pageSize: 2 }).listEntities(account, 'campaign', signal())
    for await (const page of pages) {
      ids.push(...page.map((item) => splitEntityId(item.entityId).externalId))
      if (ids.length === 2) meta.sandbox.world.setOutside(ids[1] ?? '', { status: 'ARCHIVED' })
    }
    const all = meta.sandbox.world.accounts[0]?.campaigns.map((item) => item.id) ?? []
    expect(new Set(ids)).toEqual(new Set(all))
  })
})
