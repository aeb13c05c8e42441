/** What a sync may vouch for: which days, which accounts, which connection. */
import { expect, test } from 'vitest'
import { getEntity } from '../../main/reporting/entities.ts'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import { accountId, accountIdSchema, entityId } from '../../shared/domain/ids.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Connection } from '../../main/sync/sync.ts'
import { DAY_MS, handClock, NOON, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const account = (n: number) => accountIdSchema.parse(`tiktok:700000000000000000${n}`)
const accounts = (rig: SyncRig) => listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {})
const through = (rig: SyncRig) => accounts(rig).accounts[0]?.complete_through
const week = { start_date: '2026-11-16', end_date: '2026-11-22' }

test('a removed and reconnected account is read anew, and not called unreachable', async () => {
  const platform = paperPlatform()
  let connections: Connection[] = [{ connectionId: 'old', adapter: platform.adapter }]
  const rig = syncRig(platform, { connections: () => connections })
  platform.onPage = (request) => {
    if (request.startsWith('ad_group days')) rig.sync.cancel()
  }
  expect(await rig.run(30)).toMatchObject({ state: 'cancelled' })
  factsWriters(rig.facts).accounts.replaceListing('old', 0, 0, [])
  connections = [{ connectionId: 'new', adapter: platform.adapter }]
  platform.onPage = () => undefined
  rig.clock.advance(5 * 60_000)
  platform.requests.length = 0
  expect(await rig.run(30)).toMatchObject({ state: 'done', accountsSynced: 1 })
  // Nothing that the old connection had begun is taken over.
  expect(platform.requests.slice(0, 2)).toEqual(['accounts', 'campaign of 1'])
  expect(accounts(rig).accounts).toMatchObject([
    { connection_state: 'ok', last_sync_at: new Date(rig.clock.nowMs()).toISOString() },
  ])
})

test('a connection whose credentials were renewed is asked for its accounts again, also by a run that is resumed', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform, { connections: () => [{ connectionId: 'one', adapter: platform.adapter }] })
  platform.onPage = (request) => {
    if (request.startsWith('ad_group days')) rig.sync.cancel()
  }
  expect(await rig.run(30)).toMatchObject({ state: 'cancelled' })
  platform.onPage = () => undefined
  rig.clock.advance(60_000)
  factsWriters(rig.facts).sync.forgetListing('one')
  platform.requests.length = 0
  await rig.run(30)
  expect(platform.requests[0]).toBe('accounts')
})

test('what a clock that was ahead has read is read again once the clock is right, and vouches for nothing until then', async () => {
  const platform = paperPlatform()
  const ahead = 200
  const rig = syncRig(platform, { clock: handClock(NOON + ahead * DAY_MS) })
  await rig.run(90 + ahead)
  rig.clock.set(NOON)
  platform.requests.length = 0
  await rig.run(90)
  // Days that counted as final then are still moving.
  expect(platform.requests.filter((request) => request.startsWith('campaign days'))).toEqual([
    'campaign days of 1 2026-10-25..2026-11-23',
    'campaign days of 1 2026-09-25..2026-10-24',
    'campaign days of 1 2026-08-26..2026-09-24',
  ])
  expect(accounts(rig).accounts[0]).toMatchObject({
    last_sync_at: new Date(NOON).toISOString(),
    complete_through: '2026-11-22',
  })
  const campaign = entityId(account(1), 'campaign', '1')
  const whole = syncRig(paperPlatform())
  await whole.run(90)
  const spendOf = (of: SyncRig) => getEntity({ ...of, openDraftIds: [] }, { entity_id: campaign }).entity.spend_7d
  expect(spendOf(rig)).toEqual(spendOf(whole))
  // A reading from a time that has not come yet is not later than a listing of today.
  const found = platform.entities.get(campaign)
  if (found === undefined) throw new Error('no campaign')
  platform.entities.set(campaign, { ...found, status: 'paused', budgetKind: 'daily', dailyBudgetMicros: 5_000_000n })
  rig.clock.advance(60_000)
  await rig.run(2)
  expect(factsReaders(rig.facts).entities.byId(campaign)).toMatchObject({
    status: 'paused',
    dailyBudgetMicros: 5_000_000n,
  })
})

test('an account that one connection has lost is taken over by another within the same run', () => {
  const rig = syncRig()
  const { accounts: table } = factsWriters(rig.facts)
  table.replaceListing('old', 7, 28, rig.platform.accounts)
  table.replaceListing('old', 0, 28, [])
  table.replaceListing('new', 7, 28, rig.platform.accounts)
  expect(factsReaders(rig.facts).accounts.byId(account(1))).toMatchObject({ connectionId: 'new', isListed: true })
})

test('a sync that is stopped before it has filled the days of a long break is complete only up to the break', async () => {
  const rig = syncRig()
  await rig.run(90)
  rig.clock.advance(60 * DAY_MS)
  let pages = 0
  rig.platform.onPage = (request) => {
    if (request.includes(' days') && ++pages === 4) rig.sync.cancel()
  }
  expect(await rig.run(90)).toMatchObject({ state: 'cancelled' })
  expect(through(rig)).toBe('2026-11-22')
  rig.platform.onPage = () => undefined
  expect(await rig.run(3)).toMatchObject({ state: 'done' })
  expect(through(rig)).toBe('2027-01-21')
})

test('the spend of the last seven days is not told unless all seven are held', async () => {
  const campaign = entityId(account(1), 'campaign', '1')
  const spendOf = (rig: SyncRig) => getEntity({ ...rig, openDraftIds: [] }, { entity_id: campaign }).entity.spend_7d
  const rig = syncRig()
  await rig.run(7) // Today and the six days before: one is missing.
  expect(spendOf(rig)).toBeNull()
  await rig.run(8)
  expect(spendOf(rig)).not.toBeNull()
  // After a break shorter than what is asked for, the days between are fetched as well.
  rig.clock.advance(10 * DAY_MS)
  await rig.run(3)
  const whole = syncRig(paperPlatform(), { clock: handClock(rig.clock.nowMs()) })
  await whole.run(20)
  expect(spendOf(rig)).toEqual(spendOf(whole))
})

test('a day is over only three hours after its midnight, when its last hours have arrived', async () => {
  const lastDay = { metrics: ['spend' as const], start_date: '2026-11-22', end_date: '2026-11-22' }
  const rig = syncRig(paperPlatform({ timeZone: 'UTC' }), { clock: handClock(Date.parse('2026-11-23T00:01:00Z')) })
  await rig.run(10)
  expect(queryMetrics(rig, lastDay)).toMatchObject({ is_partial: true, complete_through: '2026-11-21' })
  expect(rig.sync.progress()).toMatchObject({ done: 9, total: 9 })
  rig.clock.set(Date.parse('2026-11-23T03:00:00Z'))
  await rig.run(10)
  expect(queryMetrics(rig, lastDay)).toMatchObject({ is_partial: false, complete_through: '2026-11-22', warnings: [] })
})

test('an account in a currency this version does not know is kept out and said so, and breaks no other answer', async () => {
  const platform = paperPlatform({ accounts: 2 })
  const [, second] = platform.accounts
  if (second !== undefined) platform.accounts[1] = { ...second, currency: 'ZZZ' }
  const rig = syncRig(platform)
  expect(await rig.run(10)).toMatchObject({
    state: 'failed',
    accountsSynced: 1,
    failedAccounts: [{ accountId: account(2), code: 'currency_mismatch' }],
  })
  expect(rig.sync.progress().error?.message).toContain('bills in "ZZZ"')
  expect(platform.requests.some((request) => request.includes('of 2'))).toBe(false)
  expect(queryMetrics(rig, { metrics: ['spend'], ...week }).totals).toMatchObject([{ currency: 'EUR' }])
  expect(accounts(rig).warnings).toEqual([expect.stringContaining('bills in "ZZZ"')])
  expect(accounts(rig).as_of).not.toBeNull()
})

test('what is no currency code at all does not make the list of accounts unreadable', async () => {
  const platform = paperPlatform()
  const [first] = platform.accounts
  if (first !== undefined) platform.accounts[0] = { ...first, currency: 'lari' }
  const rig = syncRig(platform)
  await rig.run(2)
  const answer = OPERATIONS.list_accounts.output.parse(accounts(rig))
  expect(answer.warnings).toEqual([expect.stringContaining('bills in "lari"')])
})

test('history first read after its ad group was changed has a window that is only assumed', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform)
  await rig.run(10)
  for (const [id, entity] of platform.entities)
    if (entity.type === 'ad_group')
      platform.entities.set(id, { ...entity, clickWindowDays: 1, modifiedAt: '2026-11-24 09:00:00' })
  rig.clock.advance(DAY_MS)
  await rig.run(40)
  const over = (start_date: string, end_date: string) =>
    queryMetrics(rig, { metrics: ['roas'], start_date, end_date }).attribution
  expect(over('2026-10-20', '2026-11-05')).toMatchObject({
    click_window_days: 1,
    window_source: 'approximated',
    note: expect.stringContaining('may have been counted by another window'),
  })
  // What was read before the change keeps its window, also the day that was still running then.
  expect(over('2026-11-15', '2026-11-23')).toMatchObject({ click_window_days: 7, window_source: 'entity_setting' })
  expect(over('2026-11-24', '2026-11-24')).toMatchObject({ click_window_days: 1, window_source: 'entity_setting' })
})

test('a platform that does not say when an ad group was changed vouches for no window of the past', async () => {
  const platform = paperPlatform()
  for (const [id, { modifiedAt: _unsaid, ...entity }] of platform.entities) platform.entities.set(id, entity)
  const rig = syncRig(platform)
  await rig.run(10)
  const { attribution } = queryMetrics(rig, { metrics: ['roas'], ...week })
  expect(attribution).toMatchObject({ click_window_days: 7, window_source: 'approximated' })
})

test('click attribution that is switched off reads as 0 days, not as mixed', async () => {
  const platform = paperPlatform()
  for (const [id, entity] of platform.entities)
    if (entity.type === 'ad_group') platform.entities.set(id, { ...entity, clickWindowDays: null })
  const rig = syncRig(platform)
  await rig.run(10)
  const { attribution } = queryMetrics(rig, { metrics: ['roas'], ...week })
  expect(attribution).toMatchObject({ click_window_days: 0, window_source: 'entity_setting' })
})

test('accounts beyond the 500 that are read are counted in a warning', async () => {
  const rig = syncRig(paperPlatform({ campaigns: 1, adGroups: 1, ads: 1 }))
  await rig.run(10)
  const [base] = rig.platform.accounts
  if (base === undefined) throw new Error('no account')
  const many = Array.from({ length: 503 }, (_, n) => ({
    ...base,
    accountId: accountId('tiktok', String(7_000_000_000_000_000_001n + BigInt(n))),
  }))
  const table = factsWriters(rig.facts).accounts
  table.replaceListing('c1', 50, 28, many)
  const warning = '3 more accounts are not read: 500 at most are. Their numbers are in no sum here.'
  expect(accounts(rig).accounts).toHaveLength(500)
  expect(accounts(rig).warnings).toContainEqual(warning)
  expect(queryMetrics(rig, { metrics: ['spend'], ...week }).warnings).toContainEqual(warning)
  table.replaceListing('c1', 51, 28, many.slice(0, 1))
  expect(accounts(rig).warnings).toEqual([])
})
