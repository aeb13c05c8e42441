/** What only Google has: managers and routes, shared budgets, lag buckets, dry runs, two kinds of credentials. Against its sandbox. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PlatformAdapter, ProposedChange } from '../../main/platforms/adapter.ts'
import { createGoogleClient } from '../../main/platforms/google-ads/client.ts'
import { parseServiceAccountKey } from '../../main/platforms/google-ads/link.ts'
import { createQuotaMeter } from '../../main/platforms/quota.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type AccountId, type EntityId, entityId, type EntityType, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import { type GoogleHarness, startGoogle } from './google-harness.ts'
import { approvedChange, shiftDay } from './platform-contract.ts'

const signal = () => new AbortController().signal

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

async function failure(work: Promise<unknown>): Promise<OperationError> {
  const error: unknown = await work.then(
    () => new Error('this was expected to fail, and did not'),
    (reason: unknown) => reason,
  )
  if (error instanceof OperationError) return error
  throw error
}

let harness: GoogleHarness
let adapter: PlatformAdapter
beforeEach(async () => {
  harness = await startGoogle({ forContract: false })
  ;({ adapter } = harness)
})
afterEach(() => harness.close())

const list = (type: EntityType, account: AccountId = harness.account): Promise<Entity[]> =>
  collect(adapter.listEntities(account, type, signal()))
const read = (id: EntityId, field: Field) => adapter.readLive(id, field, signal())
const facts = (level: MetricLevel, startDate: string, endDate: string): Promise<MetricFact[]> =>
  collect(adapter.dailyMetrics({ accountId: harness.account, level, startDate, endDate }, signal()))
const requests = () => harness.sandbox.requests.entries
const sentTo = (path: string) => requests().filter((each) => each.path === path)
const mutates = () => requests().filter((each) => each.path.endsWith(':mutate'))
const campaign = (part: string) => harness.idOf('campaign', harness.campaignNamed(part).id)

async function proposed(id: EntityId, field: Field, after: string): Promise<ProposedChange> {
  const live = await read(id, field)
  const { accountId, platform } = splitEntityId(id)
  return { platform, accountId, entityId: id, field, currency: live.currency, before: live.value, after }
}
async function apply(id: EntityId, field: Field, after: string, target?: string) {
  const { currency, before } = await proposed(id, field, after)
  return adapter.apply(approvedChange(id, field, currency, before, after, target))
}
/** How a draft names the shared budget of the campaign. */
const budgetTarget = (part: string) => `${harness.account}/budget/${harness.campaignNamed(part).budget.id}`
const validate = async (id: EntityId, field: Field, after: string) =>
  adapter.validate(await proposed(id, field, after), signal())

/** The account that is nested under a second manager, and the one the user is on directly. */
const customer = (currency: string) => {
  const found = harness.sandbox.world.customers.find((each) => each.currency === currency && !each.isManager)
  if (found === undefined) throw new Error(`no account in ${currency}`)
  return found
}
const accountIn = (currency: string) =>
  harness.accounts.find((each) => each.currency === currency)?.accountId ?? harness.account

describe('the way to an account', () => {
  it('is found by itself right after a start, for an account two managers down', async () => {
    const japan = customer('JPY')
    const first = japan.campaigns[0]
    const live = await read(entityId(accountIn('JPY'), 'campaign', first?.id ?? ''), 'status')
    expect(live.value).toBe('enabled')
    const last = sentTo('/googleAds:search').at(-1)
    expect(last?.query).toMatchObject({
      customer_id: japan.id,
      login_customer_id: harness.sandbox.world.manager.id,
    })
  })

  it('is direct where the user is on the account itself', async () => {
    await list('campaign', accountIn('KWD'))
    const gulf = customer('KWD').id
    expect(sentTo('/googleAds:search').at(-1)?.query).toMatchObject({ customer_id: gulf, login_customer_id: gulf })
  })

  it('shows every account once, under its manager, and no manager as an account', async () => {
    const found = await adapter.listAccounts(signal())
    expect(new Set(found.map((each) => each.accountId)).size).toBe(found.length)
    const managers = harness.sandbox.world.customers.filter((each) => each.isManager).map((each) => each.id)
    expect(found.filter((each) => managers.some((id) => each.accountId.endsWith(id)))).toEqual([])
    expect(found.every((each) => each.manager?.externalId === harness.sandbox.world.manager.id)).toBe(true)
    expect(found.map((each) => each.status).toSorted()).toEqual(['active', 'active', 'active', 'disabled', 'limited'])
  })

  it('is walked once when many accounts are asked for at the same moment', async () => {
    await Promise.all(['JPY', 'KWD', 'EUR'].map((currency) => list('campaign', accountIn(currency))))
    expect(sentTo('/customers:listAccessibleCustomers')).toHaveLength(1)
  })

  it('is not waited for by whoever was told to stop, though another goes on looking', async () => {
    harness.sandbox.faults.add({ kind: 'timeout_before_effect', path: '/customers:listAccessibleCustomers', times: 50 })
    const [first, second] = [new AbortController(), new AbortController()]
    const id = harness.examples.budgetCampaign
    let isLooking = true
    const looking = failure(adapter.readLive(id, 'status', first.signal)).finally(() => (isLooking = false))
    const waiting = failure(adapter.readLive(id, 'status', second.signal))
    await vi.waitFor(() => expect(sentTo('/customers:listAccessibleCustomers')).toHaveLength(1))
    second.abort()
    expect((await waiting).code).toBe('cancelled')
    expect(isLooking).toBe(true)
    first.abort()
    expect((await looking).code).toBe('cancelled')
  })

  it('is looked for again after Google closed it', async () => {
    const id = harness.examples.budgetCampaign
    await read(id, 'status')
    harness.sandbox.faults.add({
      kind: 'code',
      path: '#listing',
      code: 403,
      message: 'authorizationError.USER_PERMISSION_DENIED',
    })
    expect((await failure(read(id, 'status'))).code).toBe('platform_refused')
    expect((await read(id, 'status')).value).toBe('enabled')
    expect(sentTo('/customers:listAccessibleCustomers')).toHaveLength(2)
  })

  it('that is closed for one customer does not hide the others', async () => {
    harness.sandbox.faults.add({
      kind: 'code',
      path: '#listing',
      code: 403,
      message: 'authorizationError.CUSTOMER_NOT_ENABLED',
    })
    expect((await adapter.listAccounts(signal())).length).toBeGreaterThan(0)
  })

  it.each(['CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION', 'ACCESS_DENIED_FOR_ACCOUNT_TYPE'])(
    'that ends in %s leaves the other customers, a test account among real ones',
    async (name) => {
      harness.sandbox.faults.add({ kind: 'code', path: '#listing', code: 403, message: `authorizationError.${name}` })
      expect((await adapter.listAccounts(signal())).length).toBeGreaterThan(0)
      harness.sandbox.faults.add({
        kind: 'code',
        path: '#listing',
        code: 403,
        message: `authorizationError.${name}`,
        times: 50,
      })
      expect((await failure(adapter.listAccounts(signal()))).code).toBe('platform_refused')
    },
  )

  it.each([
    [401, 'authenticationError.CUSTOMER_NOT_FOUND'],
    [403, 'authorizationError.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION'],
  ])(
    'that ended, by %i %s, costs this account and not the connection, and is looked for again',
    async (code, message) => {
      const id = harness.examples.budgetCampaign
      await read(id, 'status')
      harness.sandbox.faults.add({ kind: 'code', path: '#listing', code, message })
      expect((await failure(read(id, 'status'))).code).toBe('platform_refused')
      // The token was good: no new one was asked for.
      expect(sentTo('/token')).toHaveLength(1)
      expect((await read(id, 'status')).value).toBe('enabled')
      expect(sentTo('/customers:listAccessibleCustomers')).toHaveLength(2)
    },
  )

  it('of a customer that is gone does not hide the others', async () => {
    harness.sandbox.faults.add({
      kind: 'code',
      path: '#listing',
      code: 401,
      message: 'authenticationError.CUSTOMER_NOT_FOUND',
    })
    expect((await adapter.listAccounts(signal())).length).toBeGreaterThan(0)
  })

  it('to a cancelled account ends in words, never in an empty list that would look like deletions', async () => {
    const closed = (await adapter.listAccounts(signal())).filter((each) => each.status === 'disabled')
    expect(closed).toHaveLength(1)
    const error = await failure(list('campaign', closed[0]?.accountId))
    expect(error.code).toBe('platform_refused')
    expect(error.message).toMatch(/cancelled/)
  })

  it('does not exist for an account that nobody gave access to', async () => {
    const stranger = entityId('google_ads:9999999999' as AccountId, 'campaign', '1')
    expect((await failure(read(stranger, 'status'))).code).toBe('unknown_entity')
    expect((await failure(list('campaign', 'meta:1' as AccountId))).code).toBe('unknown_entity')
  })
})

/** Something between us and Google that answers searches with an empty object. */
async function startBlankProxy(origin: string) {
  let isBlank = false
  const proxy = createServer((request, response) => {
    if (isBlank && request.url?.endsWith('googleAds:search') === true) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      return
    }
    const { authorization = '', 'login-customer-id': login } = request.headers
    const headers = { authorization, ...(typeof login === 'string' ? { 'login-customer-id': login } : {}) }
    const { method = 'GET', url = '' } = request
    void text(request)
      .then((body) => fetch(`${origin}${url}`, { method, headers, ...(body === '' ? {} : { body }) }))
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  const { port } = proxy.address() as AddressInfo
  return { api: `http://127.0.0.1:${port}`, goBlank: () => (isBlank = true), close: () => proxy.close() }
}

describe('a listing', () => {
  it('that comes back empty without any mark of Google’s is not believed: it would look like deletions', async () => {
    const { baseUrl } = harness.sandbox
    const proxy = await startBlankProxy(baseUrl)
    try {
      adapter = harness.adapterWith({ addresses: { api: proxy.api, oauth: baseUrl } })
      expect((await list('campaign')).length).toBeGreaterThan(3)
      proxy.goBlank()
      expect((await failure(list('campaign'))).code).toBe('platform_unreachable')
    } finally {
      proxy.close()
    }
  })
})

describe('a shared budget', () => {
  it('names every campaign that it feeds, in the listing and in the moment of reading', async () => {
    const shared = harness.examples.sharedBudget
    if (shared === undefined) throw new Error('no shared budget')
    const all = [shared.campaign, ...shared.others].toSorted()
    const entities = (await list('campaign')).filter((each) => each.sharedBudget !== undefined)
    expect(entities.map((each) => each.entityId).toSorted()).toEqual(all)
    for (const each of entities) expect(each.sharedBudget?.campaignIds).toEqual(all)
    expect((await read(shared.campaign, 'daily_budget')).affects).toEqual(shared.others.toSorted())
    expect((await read(harness.examples.budgetCampaign, 'daily_budget')).affects ?? []).toEqual([])
  })

  it('shows a campaign that joined it a moment ago', async () => {
    const joined = harness.campaignNamed('Leads ohne Tracking')
    const { id } = harness.campaignNamed('Ratgeber')
    harness.sandbox.world.setOutside(joined.id, { joinBudgetOf: id })
    expect((await read(harness.idOf('campaign', id), 'daily_budget')).affects).toContain(
      harness.idOf('campaign', joined.id),
    )
  })

  it('is written once, where it lives, and changes for all of them', async () => {
    const shared = harness.examples.sharedBudget
    if (shared === undefined) throw new Error('no shared budget')
    expect(await apply(shared.campaign, 'daily_budget', '77.00', budgetTarget('Ratgeber'))).toMatchObject({
      kind: 'accepted',
    })
    expect(mutates().map((each) => each.path)).toEqual(['/campaignBudgets:mutate'])
    for (const other of shared.others) expect((await read(other, 'daily_budget')).value).toBe('77.00')
  })

  it('that a campaign joined after approval is not written, whatever its amount: nobody was shown the others', async () => {
    const moved = harness.campaignNamed('Leads ohne Tracking')
    const id = harness.idOf('campaign', moved.id)
    harness.changeOutside(campaign('Ratgeber'), 'daily_budget', (await read(id, 'daily_budget')).value)
    const change = await proposed(id, 'daily_budget', '33.00')
    harness.sandbox.world.setOutside(moved.id, { joinBudgetOf: harness.campaignNamed('Ratgeber').id })
    const result = await adapter.apply(approvedChange(id, 'daily_budget', change.currency, change.before, change.after))
    expect(result.kind).toBe('not_sent')
    expect(mutates()).toEqual([])
    expect((await read(campaign('Ratgeber'), 'daily_budget')).value).toBe(change.before)
  })

  it('that was approved is not written once the campaign draws on another one', async () => {
    const shared = harness.examples.sharedBudget
    if (shared === undefined) throw new Error('no shared budget')
    const change = await proposed(shared.campaign, 'daily_budget', '33.00')
    const elsewhere = `${harness.account}/budget/4711`
    const { currency, before, after } = change
    const result = await adapter.apply(
      approvedChange(shared.campaign, 'daily_budget', currency, before, after, elsewhere),
    )
    expect(result.kind).toBe('not_sent')
    expect(mutates()).toEqual([])
  })

  it('whose amount somebody changed right before the write is not written', async () => {
    const id = harness.examples.budgetCampaign
    const change = await proposed(id, 'daily_budget', '33.00')
    harness.changeOutside(id, 'daily_budget', '44.00')
    const result = await adapter.apply(approvedChange(id, 'daily_budget', change.currency, change.before, change.after))
    expect(result.kind).toBe('not_sent')
    expect((await read(id, 'daily_budget')).value).toBe('44.00')
  })

  it('that cannot be read right before the write is not written', async () => {
    const id = harness.examples.budgetCampaign
    const change = await proposed(id, 'daily_budget', '33.00')
    harness.sandbox.faults.add({ kind: 'http_500', path: '#listing', times: 50 })
    const result = await adapter.apply(approvedChange(id, 'daily_budget', change.currency, change.before, change.after))
    expect(result.kind).toBe('not_sent')
    expect(mutates()).toEqual([])
  })
})

describe('conversions by their lag', () => {
  it('make 1-day and 7-day columns, labelled as approximated, beside what Google shows', async () => {
    const rows = await facts('campaign', shiftDay(harness.today, -60), shiftDay(harness.today, -31))
    const counted = rows.filter((row) => (row.reportedConversionMicros ?? 0n) > 0n)
    expect(counted.length).toBeGreaterThan(50)
    for (const row of counted) {
      expect(row.window).toEqual({ clickDays: 7, viewDays: null, source: 'approximated' })
      const [one, seven, all] = [row.click1dConversionMicros, row.clickConversionMicros, row.reportedConversionMicros]
      expect((one ?? -1n) >= 0n && (one ?? 0n) <= (seven ?? 0n) && (seven ?? 0n) <= (all ?? 0n)).toBe(true)
    }
    expect(counted.some((row) => (row.clickConversionMicros ?? 0n) < (row.reportedConversionMicros ?? 0n))).toBe(true)
    expect(rows.every((row) => row.viewValueMicros === null && row.engagedViewConversionMicros === null)).toBe(true)
  })

  it('are left alone, and said to be, where Google does not offer them', async () => {
    harness.sandbox.faults.add({
      kind: 'code',
      path: '#report',
      code: 400,
      message: 'queryError.PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
    })
    const day = shiftDay(harness.today, -40)
    const rows = await facts('campaign', day, day)
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.every((row) => row.window?.source === 'entity_setting' && row.window.clickDays === null)).toBe(true)
    expect(rows.every((row) => row.clickConversionMicros === row.reportedConversionMicros)).toBe(true)
    // Not asked again: the answer would be the same.
    const before = sentTo('/googleAds:search').length
    await facts('campaign', day, day)
    expect(
      sentTo('/googleAds:search')
        .slice(before)
        .some((each) => JSON.stringify(each.body).includes('conversion_lag_bucket')),
    ).toBe(false)
  })

  it('add up from ads to ad groups, and leave Performance Max to the campaigns', async () => {
    const [from, to] = [shiftDay(harness.today, -12), shiftDay(harness.today, -10)]
    const sum = (rows: readonly MetricFact[]) =>
      rows.reduce(
        (total, row) => [
          (total[0] ?? 0n) + row.spendMicros,
          (total[1] ?? 0n) + (row.clickConversionMicros ?? 0n),
          (total[2] ?? 0n) + (row.click1dValueMicros ?? 0n),
        ],
        [0n, 0n, 0n],
      )
    const [campaigns, groups, ads] = await Promise.all([
      facts('campaign', from, to),
      facts('ad_group', from, to),
      facts('ad', from, to),
    ])
    const pmax = campaign('Performance Max')
    expect(sum(ads)).toEqual(sum(groups))
    expect(sum(campaigns.filter((row) => row.entityId !== pmax))).toEqual(sum(groups))
    expect(campaigns.some((row) => row.entityId === pmax && row.spendMicros > 0n)).toBe(true)
  })
})

describe('people reached', () => {
  it('are told for the kinds of campaigns that Google counts them for, and null for the rest', async () => {
    const day = shiftDay(harness.today, -3)
    const rows = await facts('campaign', day, day)
    const reach = (part: string) => rows.find((row) => row.entityId === campaign(part))?.reach
    expect(reach('Remarketing')).toBeGreaterThan(0)
    expect(reach('Hüttenmorgen')).toBeGreaterThan(0)
    expect(reach('Marke | exakt')).toBeNull()
    expect((await facts('ad', day, day)).every((row) => row.reach === null)).toBe(true)
  })

  it('are never the reason that a report fails', async () => {
    harness.sandbox.faults.add({
      kind: 'code',
      path: '#report',
      after: 1,
      code: 403,
      message: 'authorizationError.METRIC_ACCESS_DENIED',
    })
    const day = shiftDay(harness.today, -3)
    const rows = await facts('campaign', day, day)
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.every((row) => row.reach === null)).toBe(true)
    expect((await facts('campaign', day, day)).some((row) => row.reach !== null)).toBe(true)
  })
})

describe('a dry run', () => {
  it('asks about every kind of change, marked as one, and changes nothing', async () => {
    const { bids, strategies, budgetCampaign, ad } = harness.examples
    const changes: readonly (readonly [EntityId, Field, string])[] = [
      ...bids.map((each) => [each.entityId, each.field, each.newValue] as const),
      ...strategies.map((each) => [each.entityId, 'bid_strategy' as const, each.newValue] as const),
      [budgetCampaign, 'daily_budget', '88.00'],
      [budgetCampaign, 'status', 'paused'],
      [ad, 'status', 'paused'],
    ]
    for (const [id, field, after] of changes) {
      const before = await read(id, field)
      expect({ id, field, result: (await validate(id, field, after)).kind }).toEqual({ id, field, result: 'ok' })
      expect((await read(id, field)).value).toBe(before.value)
    }
    expect(mutates()).toHaveLength(changes.length)
    expect(mutates().every((each) => each.isDryRun === true && !each.isWrite)).toBe(true)
  })

  it('brings Google’s reason for what it would refuse', async () => {
    const refusal = harness.examples.refusedStrategy
    if (refusal === undefined) throw new Error('no refused strategy')
    expect(await validate(refusal.entityId, 'bid_strategy', refusal.newValue)).toMatchObject({
      kind: 'refused',
      platformCode: 'biddingError.BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED',
      platformMessage: expect.stringMatching(/\w{4}/),
      platformRequestId: expect.stringMatching(/.{6,}/),
    })
    const { budgetCampaign } = harness.examples
    expect(await validate(budgetCampaign, 'daily_budget', '0.01')).toMatchObject({
      kind: 'refused',
      platformCode: 'campaignBudgetError.BUDGET_BELOW_PER_DAY_MINIMUM',
    })
    expect(await validate(budgetCampaign, 'daily_budget', '2000000000.00')).toMatchObject({
      kind: 'refused',
      platformCode: 'campaignBudgetError.MONEY_AMOUNT_TOO_LARGE',
    })
  })

  it('that brings no clear answer is an error, sent once', async () => {
    const id = harness.examples.budgetCampaign
    const change = await proposed(id, 'daily_budget', '88.00')
    for (const [kind, code] of [
      ['throttle', 'platform_throttled'],
      ['http_500', 'platform_unreachable'],
      ['http_502_html', 'platform_unreachable'],
      ['truncated_json', 'platform_unreachable'],
      ['expired_token', 'needs_reconnect'],
      ['timeout_before_effect', 'timeout'],
    ] as const) {
      harness.sandbox.requests.clear()
      harness.sandbox.faults.add({ kind, path: '#dry_run' })
      expect((await failure(adapter.validate(change, signal()))).code).toBe(code)
      expect(mutates()).toHaveLength(1)
    }
  })

  it('without its mark, or a write with it, does not leave this machine', async () => {
    const { baseUrl } = harness.sandbox
    const client = createGoogleClient({
      addresses: { api: baseUrl, oauth: baseUrl },
      credentials: () => Promise.resolve(harness.credentials),
      clock: harness.clock,
      random: () => 0.5,
    })
    const customerId = splitEntityId(harness.examples.ad).accountId.replace('google_ads:', '')
    const route = { customerId, loginCustomerId: customerId }
    const marked = '{"operations":[],"validateOnly":true}'
    for (const [body, isDryRun] of [
      ['{"operations":[]}', true],
      ['{"operations":[],"validateOnly":false}', true],
      ['{"operations":[{"validateOnly":true}]}', true],
      [marked, false],
    ] as const)
      expect((await client.mutate(route, { service: 'campaigns', body, isDryRun })).kind).toBe('not_sent')
    expect(requests()).toEqual([])
    expect((await client.mutate(route, { service: 'campaigns', body: marked, isDryRun: true })).kind).toBe('answer')
  })

  it('of anything in a Video campaign is not tried: Google lets apps only read those', async () => {
    const film = harness.campaignNamed('YouTube')
    const [group] = film.adGroups
    for (const [id, field] of [
      [harness.idOf('campaign', film.id), 'status'],
      [harness.idOf('campaign', film.id), 'daily_budget'],
      [harness.idOf('ad_group', group?.id), 'status'],
      [harness.idOf('ad', `${group?.id}~${group?.ads[0]?.id}`), 'status'],
    ] as const)
      expect((await read(id, field)).refusal).toMatch(/Video/)
    const listed = [...(await list('campaign')), ...(await list('ad_group')), ...(await list('ad'))]
    const below = listed.filter((each) => [film.id, group?.id].some((id) => each.entityId.includes(`/${id}`)))
    expect(below.length).toBeGreaterThan(2)
    expect(below.flatMap((each) => each.editable).filter((each) => each.isEditable)).toEqual([])
  })

  it('is not tried for what cannot be written', async () => {
    const portfolio = campaign('Portfolio')
    const change = await proposed(portfolio, 'bid_strategy', 'manual_cpc')
    expect((await read(portfolio, 'bid_strategy')).refusal).toMatch(/portfolio/i)
    expect((await failure(adapter.validate(change, signal()))).code).toBe('field_not_editable')
    expect(mutates()).toEqual([])
  })
})

describe('a write', () => {
  it('of every bid and strategy that Google has takes effect and reads back as approved', async () => {
    const { bids, strategies } = harness.examples
    const changes = [...bids, ...strategies.map((each) => ({ ...each, field: 'bid_strategy' as const }))]
    for (const { entityId: id, field, newValue } of changes) {
      expect((await read(id, field)).refusal).toBeUndefined()
      expect({ field, result: (await apply(id, field, newValue)).kind }).toEqual({ field, result: 'accepted' })
      expect((await read(id, field)).value).toBe(newValue)
    }
    expect(mutates().every((each) => each.isWrite && !JSON.stringify(each.body).includes('validateOnly'))).toBe(true)
  })

  it('of a strategy without a target clears the old one, and can be taken back', async () => {
    const id = campaign('Ziel-CPA')
    const before = (await read(id, 'bid_strategy')).value
    expect(before).toMatch(/^maximize_conversions:/)
    expect((await apply(id, 'bid_strategy', 'maximize_conversions')).kind).toBe('accepted')
    expect((await read(id, 'bid_strategy')).value).toBe('maximize_conversions')
    expect((await read(id, 'target_cpa')).refusal).toContain('target CPA')
    expect((await apply(id, 'bid_strategy', before)).kind).toBe('accepted')
    expect((await read(id, 'bid_strategy')).value).toBe(before)
  })

  it('of a target is not sent when somebody switched the strategy meanwhile', async () => {
    const id = campaign('Ziel-CPA')
    const change = await proposed(id, 'target_cpa', '19.00')
    harness.changeOutside(id, 'bid_strategy', 'maximize_conversion_value:3.00')
    const result = await adapter.apply(approvedChange(id, 'target_cpa', change.currency, change.before, change.after))
    expect(result.kind).toBe('not_sent')
    expect((await read(id, 'bid_strategy')).value).toBe('maximize_conversion_value:3.00')
  })

  it('of a strategy is not sent when somebody gave it another target meanwhile', async () => {
    const id = campaign('Ziel-CPA')
    const change = await proposed(id, 'bid_strategy', 'manual_cpc')
    harness.changeOutside(id, 'bid_strategy', 'maximize_conversions:31.00')
    const result = await adapter.apply(approvedChange(id, 'bid_strategy', change.currency, change.before, change.after))
    expect(result.kind).toBe('not_sent')
    expect((await read(id, 'bid_strategy')).value).toBe('maximize_conversions:31.00')
  })

  it.each([
    ['a target', () => [campaign('Ziel-CPA'), 'target_cpa', '19.00'] as const],
    ['a switch', () => [harness.examples.ad, 'status', 'paused'] as const],
  ])('of %s for which the vault gives nothing away is not sent, and says nothing of the vault', async (_what, what) => {
    const [id, field, after] = what()
    const change = await proposed(id, field, after)
    const shut = harness.adapterWith({ credentials: () => Promise.reject(new Error('vault: /home/me/keys is locked')) })
    const result = await shut.apply(approvedChange(id, field, change.currency, change.before, after))
    expect(result.kind).toBe('not_sent')
    expect(JSON.stringify(result)).not.toContain('/home/me')
  })

  it.each([
    ['JPY', '54321'],
    ['KWD', '54.321'],
  ])('in %s keeps every digit', async (currency, amount) => {
    const found = customer(currency).campaigns.find((each) => each.status === 'ENABLED' && !each.budget.isShared)
    const id = entityId(accountIn(currency), 'campaign', found?.id ?? '')
    expect((await apply(id, 'daily_budget', amount)).kind).toBe('accepted')
    expect(await read(id, 'daily_budget')).toMatchObject({ value: amount, currency })
  })

  it.each([
    ['timeout_after_effect', 'unknown', true],
    ['reset_after_effect', 'unknown', true],
    ['truncated_json', 'unknown', true],
    ['timeout_before_effect', 'unknown', false],
    ['reset_before_effect', 'unknown', false],
    ['http_500', 'unknown', false],
    ['http_502_html', 'unknown', false],
    ['html_200', 'unknown', false],
    ['empty_body', 'unknown', false],
    ['throttle', 'unknown', false],
    ['partial', 'refused', false],
    ['expired_token', 'refused', false],
    ['invalid_token', 'refused', false],
    ['success_without_effect', 'accepted', false],
  ] as const)('on a bad day (%s) is %s, and is sent once', async (kind, outcome, hasEffect) => {
    const id = harness.examples.budgetCampaign
    const change = await proposed(id, 'daily_budget', '66.00')
    harness.sandbox.faults.add({ kind, path: '#write', times: 5 })
    const result = await adapter.apply(approvedChange(id, 'daily_budget', change.currency, change.before, '66.00'))
    expect(result.kind).toBe(outcome)
    expect(mutates()).toHaveLength(1)
    expect((await read(id, 'daily_budget')).value).toBe(hasEffect ? '66.00' : change.before)
  })

  it.each([
    [400, 'campaignBudgetError.CAMPAIGN_BUDGET_REMOVED', 'refused'],
    [400, 'mutateError.MUTATE_NOT_ALLOWED', 'refused'],
    [403, 'authorizationError.ACTION_NOT_PERMITTED', 'refused'],
    [403, 'authorizationError.CUSTOMER_NOT_ENABLED', 'refused'],
    [401, 'authenticationError.OAUTH_TOKEN_REVOKED', 'refused'],
    [404, 'mutateError.RESOURCE_NOT_FOUND', 'refused'],
    [400, 'databaseError.CONCURRENT_MODIFICATION', 'unknown'],
    [429, 'quotaError.RESOURCE_EXHAUSTED', 'unknown'],
    [503, '', 'unknown'],
    [504, '', 'unknown'],
    [400, '', 'unknown'],
  ] as const)('answered with %i %s is %s', async (code, message, outcome) => {
    const id = harness.examples.budgetCampaign
    const change = await proposed(id, 'daily_budget', '66.00')
    harness.sandbox.faults.add({ kind: 'code', path: '#write', code, message })
    const result = await adapter.apply(approvedChange(id, 'daily_budget', change.currency, change.before, '66.00'))
    expect(result).toMatchObject(outcome === 'refused' ? { kind: outcome, platformCode: message } : { kind: outcome })
    expect(mutates()).toHaveLength(1)
  })

  it('by a user who may only read is refused with Google’s reason; reading goes on', async () => {
    harness.sandbox.world.setReadOnly(true)
    expect(await apply(harness.examples.ad, 'status', 'paused')).toMatchObject({
      kind: 'refused',
      platformCode: 'authorizationError.ACTION_NOT_PERMITTED',
    })
    expect((await read(harness.examples.ad, 'status')).value).toBe('enabled')
  })

  it('goes out on a connection of its own', async () => {
    await apply(harness.examples.ad, 'status', 'paused')
    expect(mutates().map((each) => each.connection)).toEqual(['close'])
  })
})

describe('access', () => {
  it('is asked for once and used until it is nearly over', async () => {
    await Promise.all([list('campaign'), list('ad_group'), list('ad')])
    expect(sentTo('/token')).toHaveLength(1)
    harness.clock.advance(50 * 60_000)
    await list('campaign')
    expect(sentTo('/token')).toHaveLength(1)
    harness.clock.advance(10 * 60_000)
    await list('campaign')
    expect(sentTo('/token')).toHaveLength(2)
  })

  it('that ended early is renewed once, in the middle of reading', async () => {
    await list('campaign')
    harness.sandbox.faults.add({ kind: 'expired_token', path: '#listing' })
    expect((await list('campaign')).length).toBeGreaterThan(3)
    expect(sentTo('/token')).toHaveLength(2)
    harness.sandbox.faults.add({ kind: 'expired_token', path: '#listing', times: 50 })
    expect((await failure(list('campaign'))).code).toBe('needs_reconnect')
    expect(sentTo('/token')).toHaveLength(3)
  })

  it('that was taken away ends in words that name the likely causes', async () => {
    harness.sandbox.world.revoked.add(harness.credentials.refreshToken)
    const error = await failure(adapter.listAccounts(signal()))
    expect(error.code).toBe('needs_reconnect')
    expect(error.hint).toMatch(/Testing.*7 days.*removed.*6 months/s)
    expect(sentTo('/token')).toHaveLength(1)
    expect(await adapter.tokenHealth(signal())).toMatchObject({
      isValid: false,
      problem: expect.stringContaining('Connect again'),
    })
  })

  it('is asked for a second time when Google’s sign-in stumbles, and not a third', async () => {
    harness.sandbox.faults.add({ kind: 'http_500', path: '/token' })
    expect((await adapter.listAccounts(signal())).length).toBeGreaterThan(3)
    expect(sentTo('/token')).toHaveLength(2)
    harness.clock.advance(2 * 3_600_000)
    harness.sandbox.faults.add({ kind: 'http_502_html', path: '/token', times: 9 })
    expect((await failure(adapter.listAccounts(signal()))).code).toBe('platform_unreachable')
    expect(sentTo('/token')).toHaveLength(4)
  })

  it('never goes where a redirect points', async () => {
    const visitors: string[] = []
    const other = createServer((request, response) => {
      visitors.push(request.url ?? '')
      response.end('{}')
    })
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    try {
      const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/token`
      harness.sandbox.faults.add({ kind: 'redirect', path: '/token', times: 2, location })
      expect((await failure(adapter.listAccounts(signal()))).code).toBe('platform_unreachable')
      expect(visitors).toEqual([])
    } finally {
      other.close()
    }
  })

  it('with a service account needs no browser, and sends its assertion only to Google’s token host', async () => {
    const strangers: string[] = []
    const stranger = createServer((request, response) => {
      strangers.push(request.url ?? '')
      response.end('{}')
    })
    await new Promise<void>((done) => stranger.listen(0, '127.0.0.1', done))
    try {
      const file = JSON.parse(harness.sandbox.credentials.serviceAccountKeyJson) as Record<string, unknown>
      const token_uri = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/token`
      const credentials = parseServiceAccountKey(JSON.stringify({ ...file, token_uri }))
      const service = harness.adapterWith({ credentials: () => Promise.resolve(credentials) })
      expect((await service.listAccounts(signal())).length).toBe(harness.accounts.length)
      expect(await service.tokenHealth(signal())).toMatchObject({
        isValid: true,
        expiresAtMs: null,
        canWrite: undefined,
      })
      expect(await service.revoke(signal())).toBe(false)
      expect(strangers).toEqual([])
    } finally {
      stranger.close()
    }
  })

  it('with a service account whose clock or key is wrong says so', async () => {
    const credentials = parseServiceAccountKey(harness.sandbox.credentials.serviceAccountKeyJson)
    const late = { nowMs: () => harness.clock.nowMs() - 2 * 86_400_000, monotonicMs: () => 0 }
    const service = harness.adapterWith({ credentials: () => Promise.resolve(credentials), clock: late })
    const error = await failure(service.listAccounts(signal()))
    expect(error.code).toBe('needs_reconnect')
    expect(error.hint).toMatch(/clock/)
    const broken = { ...credentials, privateKeyPem: 'nonsense' }
    const other = harness.adapterWith({ credentials: () => Promise.resolve(broken) })
    expect((await failure(other.listAccounts(signal()))).code).toBe('needs_reconnect')
  })

  it('is well, or not, by its own account', async () => {
    expect(await adapter.tokenHealth(signal())).toEqual({
      isValid: true,
      expiresAtMs: undefined,
      canWrite: undefined,
      scopes: ['https://www.googleapis.com/auth/adwords'],
      problem: undefined,
    })
    expect(await adapter.revoke(signal())).toBe(true)
    expect((await adapter.tokenHealth(signal())).isValid).toBe(false)
    // Revoking what is dead already is no failure: the person wants it dead.
    expect(await adapter.revoke(signal())).toBe(true)
  })

  it('is refused for addresses that are neither Google’s nor loopback, before anything is sent', () => {
    const { baseUrl } = harness.sandbox
    for (const bad of [
      'https://googleads.googleapis.com.evil.example',
      'http://googleads.googleapis.com',
      'https://example.com',
    ])
      for (const addresses of [
        { api: bad, oauth: baseUrl },
        { api: baseUrl, oauth: bad },
      ])
        expect(() => harness.adapterWith({ addresses })).toThrow(TypeError)
  })
})

describe('allowances', () => {
  it('are counted per account, writes apart from reads', async () => {
    const quota = createQuotaMeter(harness.clock)
    adapter = harness.adapterWith({ quota })
    await list('campaign')
    await apply(harness.examples.ad, 'status', 'paused')
    const mine = quota.readings().find((each) => harness.account.endsWith(each.externalId))
    expect(mine?.writesLastDay).toBe(1)
    expect(mine?.requestsLastDay).toBeGreaterThan(3)
    expect(quota.readings().find((each) => each.externalId === 'app')?.requestsLastDay).toBe(1)
  })

  it('that are short for a moment are waited for, as long as Google says', async () => {
    const quota = createQuotaMeter(harness.clock)
    adapter = harness.adapterWith({ quota })
    await list('campaign')
    harness.sandbox.faults.add({ kind: 'throttle', path: '#listing' })
    expect((await list('campaign')).length).toBeGreaterThan(3)
    expect(harness.waits.length).toBeGreaterThan(0)
    expect(Math.min(...harness.waits)).toBeGreaterThanOrEqual(1000)
    expect(quota.readings().some((each) => each.throttledLastDay === 1)).toBe(true)
  })

  it('of the day that are used up are not asked about again and again', async () => {
    const quota = createQuotaMeter(harness.clock)
    adapter = harness.adapterWith({ quota })
    await list('campaign')
    harness.sandbox.requests.clear()
    harness.sandbox.faults.add({ kind: 'code', path: '#listing', code: 429, message: 'quotaError.RESOURCE_EXHAUSTED' })
    const error = await failure(list('campaign'))
    expect(error).toMatchObject({ code: 'platform_throttled', retryable: true })
    expect(requests()).toHaveLength(1)
    expect((await failure(list('campaign'))).code).toBe('platform_throttled')
    expect(requests()).toHaveLength(1)
    expect(harness.waits).toEqual([])
  })
})

describe('what else an account holds', () => {
  it('is whom campaigns and ad groups are shown to', async () => {
    const kinds = new Set(
      [...(await list('campaign')), ...(await list('ad_group'))].flatMap((each) => Object.keys(each.targeting ?? {})),
    )
    for (const kind of ['location', 'language', 'age', 'gender', 'keyword']) expect(kinds).toContain(kind)
  })

  it('is how ads were reviewed, and why not', async () => {
    const ads = await list('ad')
    const disapproved = ads.find((each) => each.entityId === harness.examples.disapprovedAd)
    expect(disapproved).toMatchObject({ review: 'disapproved' })
    expect(disapproved?.reviewReasons?.length).toBeGreaterThan(0)
    expect(ads.find((each) => each.entityId === harness.examples.ad)?.review).toBe('approved')
    expect(new Set(ads.map((each) => each.review))).toEqual(
      new Set(['approved', 'limited', 'disapproved', 'in_review']),
    )
  })

  it('is how campaigns deliver, in one word and in Google’s own', async () => {
    const campaigns = await list('campaign')
    const of = (part: string) => campaigns.find((each) => each.entityId === campaign(part))
    expect(of('Ziel-CPA')).toMatchObject({ delivery: 'limited', deliveryReasons: ['BUDGET_CONSTRAINED'] })
    expect(of('Remarketing')).toMatchObject({ delivery: 'learning' })
    expect(of('Sommer 2026')).toMatchObject({ delivery: 'not_delivering', status: 'paused' })
    expect(of('Test 2025')).toMatchObject({ status: 'deleted' })
    expect(of('Performance Max')).toMatchObject({ isAutomated: true })
    expect(of('Gesamtbudget')).toMatchObject({ budgetKind: 'lifetime' })
  })

  it('is a value behind every editable field, in the form in which it would be written', async () => {
    for (const type of ['campaign', 'ad_group'] as const)
      for (const entity of await list(type))
        for (const { field, isEditable } of entity.editable) {
          if (!isEditable || field === 'status' || field === 'daily_budget') continue
          expect({ entity: entity.name, field, value: entity.values?.[field] }).toMatchObject({
            value: expect.any(String),
          })
        }
  })

  it('is what conversions are counted with, and what is wrong with it', async () => {
    const trackers = await adapter.listTrackers(harness.account, signal())
    expect(trackers.length).toBeGreaterThan(2)
    expect(trackers.every((each) => each.kind === 'conversion_action' && each.name !== '')).toBe(true)
    expect(new Set(trackers.map((each) => each.state)).size).toBeGreaterThan(1)
    const silent = trackers.filter((each) => each.state === 'unverified' || each.state === 'stale')
    expect(silent.length).toBeGreaterThan(0)
    expect(silent.filter((each) => each.problems.length === 0)).toEqual([])
    expect(trackers.find((each) => each.state === 'healthy')?.lastReceivedAtMs).toBeGreaterThan(
      harness.clock.nowMs() - 8 * 86_400_000,
    )
  })

  it('is a picture of a creative and of an ad, fetched without a token', async () => {
    const picture = await adapter.readThumbnail(harness.examples.creative, signal())
    expect(picture?.mimeType).toBe('image/png')
    expect(picture?.bytes.byteLength).toBeGreaterThan(50)
    const visual = (await list('ad')).find((each) => each.format === 'RESPONSIVE_DISPLAY_AD')
    expect((await adapter.readThumbnail(visual?.entityId ?? harness.examples.ad, signal()))?.mimeType).toBe('image/png')
    expect(sentTo('/thumbnail').length).toBe(2)
    expect(sentTo('/thumbnail').every((each) => each.hasToken === false)).toBe(true)
    expect(await adapter.readThumbnail(harness.examples.budgetCampaign, signal())).toBeUndefined()
    harness.sandbox.faults.add({ kind: 'html_200', path: '/thumbnail' })
    expect(await adapter.readThumbnail(harness.examples.creative, signal())).toBeUndefined()
  })
})
