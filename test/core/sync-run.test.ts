import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import { entityId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import { createSync } from '../../main/sync/sync.ts'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { contentOf, DAY_MS, handClock, openTestFacts, paperPlatform, silentLog, syncRig } from '../support/facts-rig.ts'

const account = (n: number) => `tiktok:700000000000000000${n}` as never

test('a first sync brings accounts, entities and every day of the three levels', async () => {
  const rig = syncRig()
  const summary = await rig.run(90)
  expect(summary).toMatchObject({ state: 'done', accountsSynced: 1, failedAccounts: [] })
  // 2 campaigns, 4 ad groups, 8 ads: 14 rows a day; and 14 entities and a creative listed.
  expect(rig.facts.prepare('SELECT COUNT(*) AS n FROM metric_fact').get()).toEqual({ n: 14 * 90 })
  expect(summary.rows).toBe(14 * 90 + 15)
  const progress = rig.sync.progress()
  // One account list, four listings, tracking, 3 levels x 3 chunks of 30 days.
  expect(progress).toMatchObject({
    state: 'done',
    done: 15,
    total: 15,
    rows: summary.rows,
    error: null,
    account_id: null,
  })
  const stored = factsReaders(rig.facts).accounts.byId(account(1))
  expect(stored).toMatchObject({ connectionId: 'c1', lastSyncAtMs: rig.clock.nowMs(), isListed: true })
  expect(stored?.completeThroughDay).toBe(Date.parse('2026-11-22') / DAY_MS)
})

test('the newest days of every account come before anything older', async () => {
  const rig = syncRig(paperPlatform({ accounts: 2, campaigns: 1, adGroups: 1, ads: 1 }))
  await rig.run(60)
  const days = rig.platform.requests.filter((request) => request.includes('days'))
  expect(days).toEqual([
    'campaign days of 1 2026-10-25..2026-11-23',
    'ad_group days of 1 2026-10-25..2026-11-23',
    'ad days of 1 2026-10-25..2026-11-23',
    'campaign days of 2 2026-10-25..2026-11-23',
    'ad_group days of 2 2026-10-25..2026-11-23',
    'ad days of 2 2026-10-25..2026-11-23',
    'campaign days of 1 2026-09-25..2026-10-24',
    'ad_group days of 1 2026-09-25..2026-10-24',
    'ad days of 1 2026-09-25..2026-10-24',
    'campaign days of 2 2026-09-25..2026-10-24',
    'ad_group days of 2 2026-09-25..2026-10-24',
    'ad days of 2 2026-09-25..2026-10-24',
  ])
})

test('the total is known before the first number is fetched, and done never passes it', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  const seen: { done: number; total: number; step: string }[] = []
  platform.onPage = (request) => {
    if (request !== 'accounts') seen.push(rig.sync.progress())
  }
  await rig.run(60)
  expect(new Set(seen.map((each) => each.total))).toEqual(new Set([1 + 5 + 6]))
  expect(seen.every((each, k) => each.done <= each.total && each.done >= (seen[k - 1]?.done ?? 0))).toBe(true)
})

test('the next day only the days that may still move are fetched again', async () => {
  const rig = syncRig()
  await rig.run(400)
  rig.platform.requests.length = 0
  rig.clock.advance(DAY_MS)
  await rig.run(400)
  // 28 days of restatement, today, and the one day that has just left the window and gets its last word.
  expect(rig.platform.requests.filter((request) => request.startsWith('campaign days'))).toEqual([
    'campaign days of 1 2026-10-26..2026-11-24',
  ])
})

test('after a long break the days between are fetched too, and those that could still move once more', async () => {
  const rig = syncRig(paperPlatform({ restatementDays: 5 }))
  await rig.run(10)
  rig.clock.advance(40 * DAY_MS)
  rig.platform.requests.length = 0
  await rig.run(10)
  const asked = rig.platform.requests.filter((request) => request.startsWith('ad days'))
  expect(asked).toEqual(['ad days of 1 2026-12-04..2027-01-02', 'ad days of 1 2026-11-18..2026-12-03'])
})

test('starting while one runs is refused, and does no harm to it', async () => {
  const rig = syncRig()
  rig.sync.start({ days: 5 })
  expect(() => rig.sync.start()).toThrow(expect.objectContaining({ code: 'sync_running' }))
  await rig.sync.whenIdle()
  expect(rig.summaries).toHaveLength(1)
  expect(rig.summaries[0]?.state).toBe('done')
})

test('nonsense spans and a workspace without connections are refused before anything runs', () => {
  const rig = syncRig()
  for (const days of [0, -1, 401, 1.5, Number.NaN])
    expect(() => rig.sync.start({ days })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  const lonely = syncRig(paperPlatform(), { connections: () => [] })
  expect(() => lonely.sync.start()).toThrow(expect.objectContaining({ code: 'account_not_available' }))
  expect(rig.sync.progress()).toMatchObject({ state: 'idle', done: 0, total: 0 })
})

test('a cancelled sync goes on where it stopped: nothing finished is asked for again', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  platform.onPage = (request) => {
    if (request === 'ad_group days of 1 2026-09-25..2026-10-24') rig.sync.cancel()
  }
  expect(await rig.run(60)).toMatchObject({ state: 'cancelled' })
  expect(rig.sync.progress()).toMatchObject({ state: 'cancelled', error: null })
  expect(factsReaders(rig.facts).accounts.byId(account(1))?.lastSyncAtMs).toBeNull()
  platform.requests.length = 0
  platform.onPage = () => undefined
  rig.clock.advance(60_000)
  expect(await rig.run(60)).toMatchObject({ state: 'done' })
  expect(platform.requests).toEqual([
    'ad_group days of 1 2026-09-25..2026-10-24',
    'ad days of 1 2026-09-25..2026-10-24',
  ])
  // Only as fresh as its oldest part, which was fetched before the break.
  expect(factsReaders(rig.facts).accounts.byId(account(1))?.lastSyncAtMs).toBe(rig.clock.nowMs() - 60_000)
  expect(rig.sync.progress()).toMatchObject({ done: 12, total: 12 })
})

test('after two hours a stopped sync is not resumed, because its first days would be stale, yet final days are not fetched twice', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  platform.onPage = (request) => {
    if (request.startsWith('ad days') && request.endsWith('2026-10-24')) rig.sync.cancel()
  }
  await rig.run(60)
  platform.onPage = () => undefined
  platform.requests.length = 0
  rig.clock.advance(2 * 3_600_000)
  await rig.run(60)
  expect(platform.requests[0]).toBe('accounts')
  // The newest days; the rest was read today, but for what the stopped run still owed.
  expect(platform.requests).toContain('campaign days of 1 2026-11-20..2026-11-23')
  expect(platform.requests.filter((request) => request.endsWith('2026-10-24'))).toEqual([
    'ad_group days of 1 2026-09-25..2026-10-24',
    'ad days of 1 2026-09-25..2026-10-24',
  ])
})

test('one account that cannot be read does not stop the others, and is not called fresh', async () => {
  const platform = paperPlatform({ accounts: 3 })
  const rig = syncRig(platform)
  platform.onPage = (request) => {
    if (request.startsWith('ad_group of 2'))
      throw new OperationError('platform_refused', 'No permission.', 'Ask the owner.')
  }
  const summary = await rig.run(5)
  expect(summary).toMatchObject({
    state: 'failed',
    accountsSynced: 2,
    failedAccounts: [{ accountId: account(2), code: 'platform_refused' }],
  })
  expect(rig.sync.progress()).toMatchObject({
    state: 'failed',
    error: {
      code: 'platform_refused',
      message: '1 of 3 accounts could not be read completely; the rest is up to date. No permission.',
    },
  })
  const { accounts } = factsReaders(rig.facts)
  expect(accounts.all().map((each) => each.lastSyncAtMs !== null)).toEqual([true, false, true])
  const { done, total } = rig.sync.progress()
  expect(done).toBe(total)
  expect(rig.troubles).toEqual([])
})

test('a dead token is reported once and costs only its own connection', async () => {
  const dead = paperPlatform()
  dead.onPage = (request) => {
    if (request !== 'accounts')
      throw new OperationError('needs_reconnect', 'TikTok no longer accepts the token.', 'Connect again.')
  }
  const alive = paperPlatform({ accounts: 2 })
  alive.accounts.shift()
  const rig = syncRig(dead, {
    connections: () => [
      { connectionId: 'dead', adapter: dead.adapter },
      { connectionId: 'alive', adapter: alive.adapter },
    ],
  })
  const summary = await rig.run(5)
  expect(rig.troubles).toEqual([{ connectionId: 'dead', code: 'needs_reconnect' }])
  expect(summary).toMatchObject({ state: 'failed', accountsSynced: 1 })
})

test('a listing that breaks off half-way changes nothing of what was known', async () => {
  const platform = paperPlatform({ campaigns: 3 })
  platform.pageSize = 1
  const rig = syncRig(platform)
  await rig.run(2)
  const campaigns = () => (contentOf(rig.facts)['entities'] as string[][]).filter(([id]) => id?.includes('/campaign/'))
  const before = campaigns()
  for (const [id, entity] of platform.entities) platform.entities.set(id, { ...entity, name: `${entity.name} renamed` })
  let pages = 0
  platform.onPage = (request) => {
    if (request.startsWith('campaign of') && ++pages === 3)
      throw new OperationError('platform_unreachable', 'The connection broke.', 'Try again.')
  }
  rig.clock.advance(7_200_000)
  expect(await rig.run(2)).toMatchObject({ state: 'failed' })
  expect(campaigns()).toEqual(before)
})

test('what a complete listing no longer holds is deleted, and comes back when it does', async () => {
  const rig = syncRig()
  await rig.run(2)
  const gone = entityId(account(1), 'campaign', '2')
  const campaign = rig.platform.entities.get(gone)
  rig.platform.entities.delete(gone)
  rig.clock.advance(DAY_MS)
  await rig.run(2)
  expect(factsReaders(rig.facts).entities.byId(gone)).toMatchObject({ status: 'deleted', name: 'Campaign 2' })
  if (campaign !== undefined) rig.platform.entities.set(gone, campaign)
  rig.clock.advance(DAY_MS)
  await rig.run(2)
  expect(factsReaders(rig.facts).entities.byId(gone)).toMatchObject({ status: 'enabled' })
})

test('an account its connection no longer lists keeps its history and is not synced', async () => {
  const rig = syncRig(paperPlatform({ accounts: 2 }))
  await rig.run(2)
  rig.platform.accounts.pop()
  rig.clock.advance(DAY_MS)
  rig.platform.requests.length = 0
  expect(await rig.run(2)).toMatchObject({ state: 'done', accountsSynced: 1 })
  expect(factsReaders(rig.facts).accounts.byId(account(2))).toMatchObject({ isListed: false })
  expect(rig.platform.requests.some((request) => request.includes(' of 2'))).toBe(false)
})

test('an account that two connections reach is fetched once', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform, {
    connections: () => [
      { connectionId: 'first', adapter: platform.adapter },
      { connectionId: 'second', adapter: platform.adapter },
    ],
  })
  await rig.run(2)
  expect(platform.requests.filter((request) => request.startsWith('campaign days'))).toHaveLength(1)
  expect(factsReaders(rig.facts).accounts.byId(account(1))).toMatchObject({ connectionId: 'first', isListed: true })
})

test('rows that do not belong to the request are refused, not stored under another account or day', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  const ad = entityId(account(1), 'ad', '10101')
  platform.patches.set(`${ad} 2026-11-20`, { currency: 'USD' } as never)
  expect(await rig.run(5)).toMatchObject({ state: 'failed', failedAccounts: [{ code: 'platform_refused' }] })
  expect(
    rig.facts
      .prepare('SELECT COUNT(*) AS n FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.type = ?')
      .get('ad'),
  ).toEqual({ n: 0 })
})

test('a level the platform will not report on does not cost the other levels, and the account is as fresh as those', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  platform.onPage = (request) => {
    if (request.startsWith('ad days'))
      throw new OperationError('platform_refused', 'More than 20,000 ads.', 'Ask for less.')
  }
  expect(await rig.run(60)).toMatchObject({ state: 'done', accountsSynced: 1, failedAccounts: [] })
  expect(platform.requests.filter((request) => request.startsWith('campaign days'))).toHaveLength(2)
  expect(platform.requests.filter((request) => request.startsWith('ad days'))).toHaveLength(1)
  expect(rig.sync.progress()).toMatchObject({ done: 10, total: 10 })
  const day = { start_date: '2026-11-22', end_date: '2026-11-22' }
  for (let run = 0; run < 2; run += 1) {
    expect(factsReaders(rig.facts).accounts.byId(account(1))).toMatchObject({
      lastSyncAtMs: rig.clock.nowMs(),
      completeThroughDay: Date.parse('2026-11-22') / DAY_MS,
    })
    const warning =
      'The platform gives no current numbers by ad for one account; those of the levels above are complete.'
    expect(queryMetrics(rig, { metrics: ['spend'], ...day })).toMatchObject({ is_partial: false, warnings: [warning] })
    expect(listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {}).warnings).toEqual([
      warning,
    ])
    expect(() => queryMetrics(rig, { metrics: ['spend'], dimensions: ['ad'], ...day })).toThrow(
      expect.objectContaining({ code: 'not_synced' }),
    )
    rig.clock.advance(3_600_000)
    await rig.run(60)
  }
})

test('an account whose campaigns the platform will not report on is not called fresh: its totals come from them', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  platform.onPage = (request) => {
    if (request.startsWith('campaign days')) throw new OperationError('platform_refused', 'No.', 'Ask for less.')
  }
  expect(await rig.run(5)).toMatchObject({ state: 'failed', accountsSynced: 0 })
  expect(factsReaders(rig.facts).accounts.byId(account(1))).toMatchObject({
    lastSyncAtMs: null,
    completeThroughDay: null,
  })
})

test('numbers of something the platform does not list are kept under its bare id', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  const list = platform.adapter.listEntities.bind(platform.adapter)
  Object.assign(platform.adapter, {
    listEntities: async function* (id: never, type: never, signal: AbortSignal) {
      for await (const page of list(id, type, signal))
        yield page.filter((entity) => !entity.entityId.endsWith('/ad/20202'))
    },
  })
  expect(await rig.run(3)).toMatchObject({ state: 'done' })
  expect(factsReaders(rig.facts).entities.byId(entityId(account(1), 'ad', '20202'))).toMatchObject({
    name: '',
    status: 'unknown',
    editable: [],
  })
})

test('a budget written and read back during a listing is not overwritten by the older page', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  await rig.run(2)
  const id = entityId(account(1), 'ad_group', '101')
  platform.onPage = (request) => {
    if (request !== 'ad_group of 1') return
    rig.clock.advance(1000)
    expect(factsWriters(rig.facts).entities.updateLive(id, 'daily_budget', '150.00', rig.clock.nowMs())).toBe(true)
    rig.clock.advance(1000)
  }
  rig.clock.advance(DAY_MS)
  await rig.run(2)
  expect(factsReaders(rig.facts).entities.byId(id)?.dailyBudgetMicros).toBe(150_000_000n)
  platform.onPage = () => undefined
  rig.clock.advance(DAY_MS)
  await rig.run(2)
  // A later listing is the platform's word again.
  expect(factsReaders(rig.facts).entities.byId(id)?.dailyBudgetMicros).toBe(120_000_000n)
})

test('other work gets its turn between pages', async () => {
  const platform = paperPlatform({ campaigns: 4, adGroups: 4, ads: 4 })
  platform.pageSize = 50
  const rig = syncRig(platform)
  let turns = 0
  const stop = new AbortController()
  const other = (async () => {
    while (!stop.signal.aborted) {
      await nextTurn()
      turns += 1
    }
  })()
  await rig.run(30)
  stop.abort()
  await other
  expect(turns).toBeGreaterThan(40)
})

test('a fault of this app ends the run as failed and leaves it whole', async () => {
  const platform = paperPlatform()
  const facts = openTestFacts()
  const logged: string[] = []
  const sync = createSync({
    facts,
    clock: handClock(),
    log: { ...silentLog, error: (event) => void logged.push(event) },
    connections: () => [{ connectionId: 'c1', adapter: platform.adapter }],
    onChange: () => undefined,
    onFinished: () => {
      throw new Error('a listener with a fault')
    },
    onConnectionTrouble: () => undefined,
  })
  platform.onPage = (request) => {
    if (request.startsWith('ad days')) throw new TypeError('undefined is not a function')
  }
  sync.start({ days: 3 })
  await sync.whenIdle()
  expect(sync.progress()).toMatchObject({ state: 'failed', error: { code: 'internal' } })
  expect(logged).toEqual(['sync failed', 'sync listener failed'])
})
