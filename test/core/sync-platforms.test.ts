/** Several connections side by side: polite to each, none held up by another, and every account's own story in the progress. */
import { expect, test } from 'vitest'
import { OperationError } from '../../shared/errors.ts'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { factsReaders } from '../../main/store/facts-tables.ts'
import { createProgress } from '../../main/sync/progress.ts'
import { createTurns, inPool } from '../../main/sync/pool.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { accountIdSchema } from '../../shared/domain/ids.ts'
import {
  connectionsOf,
  handClock,
  NOON,
  type PaperPlatform,
  paperPlatform,
  syncRig,
  threePaperPlatforms,
} from '../support/facts-rig.ts'

const account = (platform: string, n: number) => accountIdSchema.parse(`${platform}:700000000000000000${n}`)
const refuse = (code: 'platform_unreachable' | 'needs_reconnect' | 'platform_refused') => {
  throw new OperationError(code, 'No answer.', 'Try again.')
}
function rigOf(platforms: readonly PaperPlatform[]) {
  return syncRig(platforms[0], { connections: () => connectionsOf(platforms) })
}
/** Lets a test hold requests back, to see who waits for whom. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open: () => open(), opened }
}

test('three platforms are read in one run, and each says what came of it', async () => {
  const rig = rigOf(threePaperPlatforms())
  const summary = await rig.run(20)
  const rows = (3 + 6 + 12) * 2 * 20 + (3 + 6 + 12 + 1) * 2
  expect(summary).toMatchObject({ state: 'done', accountsSynced: 6, rows: rows * 3 })
  expect(summary.platforms).toEqual([
    { platform: 'google_ads', outcome: 'ok', rows },
    { platform: 'meta', outcome: 'ok', rows },
    { platform: 'tiktok', outcome: 'ok', rows },
  ])
})

test('only the platforms asked for are read; one that is not connected is refused', async () => {
  const platforms = threePaperPlatforms().slice(0, 2)
  const rig = rigOf(platforms)
  rig.sync.start({ days: 3, platforms: ['meta'] })
  await rig.sync.whenIdle()
  expect(rig.summaries[0]?.platforms.map(({ platform }) => platform)).toEqual(['meta'])
  expect(platforms[0]?.requests).toEqual([])
  expect(() => rig.sync.start({ platforms: ['tiktok'] })).toThrow(
    expect.objectContaining({ code: 'account_not_available' }),
  )
})

test('at most two requests are under way at each connection, and at most three connections at a time', async () => {
  const platforms = [1, 2, 3, 4].map((n) => {
    const platform = paperPlatform({ accounts: n === 1 ? 3 : 1, campaigns: 1, adGroups: 1, ads: 1 })
    const [first] = platform.accounts
    // Four connections of one platform, none of whose accounts is another's.
    if (n > 1 && first !== undefined) platform.accounts.splice(0, 1, { ...first, accountId: account('tiktok', 5 + n) })
    return platform
  })
  const underWay = platforms.map(() => 0)
  let most = 0
  let mostConnections = 0
  for (const [k, platform] of platforms.entries())
    platform.onPage = async () => {
      underWay[k] = (underWay[k] ?? 0) + 1
      most = Math.max(most, ...underWay)
      mostConnections = Math.max(mostConnections, underWay.filter((count) => count > 0).length)
      await new Promise((resolve) => setImmediate(resolve))
      underWay[k] = (underWay[k] ?? 0) - 1
    }
  const rig = syncRig(platforms[0], {
    connections: () => platforms.map(({ adapter }, k) => ({ connectionId: `c${k}`, adapter })),
  })
  expect(await rig.run(40)).toMatchObject({ state: 'done', accountsSynced: 6 })
  expect([most, mostConnections]).toEqual([2, 3])
})

test('a platform that does not answer holds up no other', async () => {
  const platforms = threePaperPlatforms()
  const [slow, ...others] = platforms
  const { open, opened } = gate()
  if (slow !== undefined) slow.onPage = () => opened
  const rig = rigOf(platforms)
  rig.sync.start({ days: 10 })
  const accounts = () => rig.sync.progress().accounts
  while (accounts().filter(({ state }) => state === 'done').length < 4)
    await new Promise((resolve) => setImmediate(resolve))
  expect(others.every(({ requests }) => requests.some((request) => request.includes('ad days')))).toBe(true)
  expect(rig.sync.progress()).toMatchObject({ state: 'running', seconds_left: null })
  open()
  await rig.sync.whenIdle()
  expect(accounts().map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done', 'done'])
})

test('one account that fails shows its own error, the others go on, and its platform is called partial', async () => {
  const platforms = threePaperPlatforms()
  const [google, meta] = platforms
  if (google !== undefined)
    google.onPage = (request) => void (request.startsWith('ad_group of 2') && refuse('platform_unreachable'))
  if (meta !== undefined) meta.onPage = (request) => void (request !== 'accounts' && refuse('needs_reconnect'))
  const rig = rigOf(platforms)
  const summary = await rig.run(10)
  expect(summary).toMatchObject({ state: 'failed', accountsSynced: 3 })
  expect(summary.platforms).toMatchObject([
    { platform: 'google_ads', outcome: 'partial', code: 'platform_unreachable' },
    { platform: 'meta', outcome: 'failed', rows: 0, code: 'needs_reconnect' },
    { platform: 'tiktok', outcome: 'ok' },
  ])
  expect(rig.troubles).toEqual([{ connectionId: 'c-meta', code: 'needs_reconnect' }])
  const progress = OPERATIONS.get_sync.output.parse({ sync: rig.sync.progress() }).sync
  expect(progress.accounts.map(({ account_id, state, error }) => [account_id, state, error?.code ?? null])).toEqual([
    [account('google_ads', 1), 'done', null],
    [account('google_ads', 2), 'failed', 'platform_unreachable'],
    [account('meta', 1), 'failed', 'needs_reconnect'],
    [account('meta', 2), 'failed', 'needs_reconnect'],
    [account('tiktok', 1), 'done', null],
    [account('tiktok', 2), 'done', null],
  ])
  expect(progress.done).toBe(progress.total)
})

test.each(['disabled', 'limited'] as const)(
  'an account that its platform calls %s and lets nobody read fails nothing, and holds back no other’s freshness',
  async (status) => {
    const platform = paperPlatform({ accounts: 2 })
    const [, second] = platform.accounts
    if (second !== undefined) platform.accounts[1] = { ...second, status }
    platform.onPage = (request) => void (request.endsWith('of 2') && refuse('platform_refused'))
    const rig = rigOf([platform])
    expect(await rig.run(10)).toMatchObject({
      state: 'done',
      accountsSynced: 1,
      failedAccounts: [],
      platforms: [{ outcome: 'ok' }],
    })
    expect(rig.sync.progress()).toMatchObject({
      error: null,
      accounts: [{ state: 'done' }, { state: 'failed', error: { code: 'platform_refused' } }],
    })
    const answer = listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {})
    expect(answer).toMatchObject({ as_of: '2026-11-23T12:00:00.000Z', warnings: [] })
    expect(answer.accounts[1]).toMatchObject({ status, last_sync_at: null })
  },
)

test('a cancelled run says so for every platform, and begins nothing more', async () => {
  const platforms = threePaperPlatforms()
  const rig = rigOf(platforms)
  for (const platform of platforms)
    platform.onPage = (request) => void (request.includes('ad days') && rig.sync.cancel())
  const summary = await rig.run(60)
  expect(summary.state).toBe('cancelled')
  expect(summary.platforms.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'cancelled'])
  const after = platforms.map(({ requests }) => requests.length)
  await new Promise((resolve) => setImmediate(resolve))
  expect(platforms.map(({ requests }) => requests.length)).toEqual(after)
})

test('tracking that cannot be read costs nothing else, keeps what was known, and is read again next time', async () => {
  const [google] = threePaperPlatforms()
  if (google === undefined) throw new Error('no platform')
  const rig = rigOf([google])
  const first = account('google_ads', 1)
  const stored = () => factsReaders(rig.facts).accounts.byId(first)
  google.onPage = (request) => void (request.startsWith('trackers') && refuse('platform_refused'))
  expect(await rig.run(3)).toMatchObject({ state: 'done', failedAccounts: [] })
  expect(stored()).toMatchObject({ trackersAtMs: null, trackersProblem: 'platform_refused' })
  google.onPage = () => undefined
  rig.clock.advance(3_700_000)
  await rig.run(3)
  expect(stored()).toMatchObject({ trackersAtMs: rig.clock.nowMs(), trackersProblem: null })
  const trackers = () => factsReaders(rig.facts).trackers.ofAccount(stored()?.accountKey ?? 0)
  expect(trackers()).toEqual([
    {
      accountId: first,
      externalId: '501',
      kind: 'conversion_action',
      name: 'Purchase',
      state: 'healthy',
      rawStatus: 'ENABLED',
      lastReceivedAtMs: NOON - 60_000,
      problems: [],
    },
  ])
  // A listing replaces the whole: what is gone is gone.
  google.trackers.length = 0
  rig.clock.advance(3_700_000)
  await rig.run(3)
  expect(trackers()).toEqual([])
})

test('an account shows its manager, and one the token may only read takes no changes', async () => {
  const platform = paperPlatform()
  const [first] = platform.accounts
  if (first !== undefined)
    platform.accounts[0] = { ...first, manager: { externalId: '9', name: 'Agency\u202E' }, isWritable: false }
  const rig = rigOf([platform])
  await rig.run(1)
  const { accounts } = listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {})
  expect(accounts).toMatchObject([{ writes_allowed: false, untrusted: { manager: 'Agency' } }])
})

test('the time left is not told before there is a pace, then counts down, and does not jump', () => {
  const clock = handClock()
  const id = account('tiktok', 1)
  const progress = createProgress(clock, () => undefined)
  progress.begin(NOON, 0, 0, 1)
  expect(progress.view().seconds_left).toBeNull()
  progress.setLeft(id, { steps: 100, effort: 100 })
  progress.listSettled(true)
  const seen: number[] = []
  let untold = 0
  for (let step = 0; step < 100; step += 1) {
    // One second a step, but for a few that take much longer.
    clock.advance(step % 20 === 19 ? 4_000 : 1_000)
    progress.stepDone(id, 1)
    const { seconds_left } = progress.view()
    if (seconds_left !== null) seen.push(seconds_left)
    else untold += 1
  }
  expect(untold).toBeGreaterThan(0)
  expect(untold).toBeLessThan(8)
  expect(seen[0]).toBeGreaterThan(60)
  expect(seen.at(-1)).toBeLessThanOrEqual(15)
  expect(Math.max(...seen.slice(1).map((now, k) => Math.abs(now - (seen[k] ?? now))))).toBeLessThanOrEqual(12)
  const before = progress.view().seconds_left ?? 0
  clock.advance(2_000)
  expect(progress.view().seconds_left).toBe(Math.max(0, before - 2))
  progress.end('done', undefined)
  expect(progress.view().seconds_left).toBeNull()
})

test('a pool begins in order, waits for what it began, and throws what was thrown first', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const work = inPool(
    [1, 2, 3, 4, 5],
    2,
    async (n) => {
      begun.push(n)
      await new Promise((resolve) => setImmediate(resolve))
      if (n === 2) throw new Error('two')
      await new Promise((resolve) => setImmediate(resolve))
      ended.push(n)
    },
    () => undefined,
  )
  await expect(work).rejects.toThrow('two')
  expect(begun).toEqual([1, 2])
  expect(ended).toEqual([1])
})

test('turns are handed out one by one', async () => {
  const turn = createTurns()
  let inThisTurn = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let k = 0; k < 4; k += 1) {
        await turn()
        inThisTurn += 1
        most = Math.max(most, inThisTurn)
        setImmediate(() => (inThisTurn = 0))
      }
    }),
  )
  expect(most).toBe(1)
})
