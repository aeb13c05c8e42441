/** The comparison on a real ledger and log: what is recorded, how far it has come, what is missing, and what a bad reading leaves behind. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createComparison } from '../../main/history/compare.ts'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import type { ChangeHistory, HistoryRange, PlatformChange } from '../../main/platforms/history.ts'
import { createPlatformChangeTable } from '../../main/store/platform-change-table.ts'
import { createSettingTable } from '../../main/store/setting-table.ts'
import type { Draft } from '../../shared/domain/draft.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId } from '../../shared/domain/ids.ts'
import { throttled, type Rig, SETTLE_MS, startRig } from '../support/approval-rig.ts'
import { entity, GOOGLE, idOf, META, ONE } from '../support/plan-world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LAG_MS = 3 * MINUTE
const KEPT_MS = 30 * DAY
const signal = () => AbortSignal.timeout(20_000)

const campaign = idOf(GOOGLE, 'campaign', '11')
const sharing = [idOf(GOOGLE, 'campaign', '21'), idOf(GOOGLE, 'campaign', '22')] as const
const meta = idOf(META, 'campaign', '1201')
const budget: Pick<Entity, 'budgetKind' | 'dailyBudgetMicros' | 'editable'> = {
  budgetKind: 'daily',
  dailyBudgetMicros: 400n * ONE,
  editable: [{ field: 'daily_budget', isEditable: true }],
}
const world = (): readonly Entity[] => [
  entity(campaign, budget),
  entity(meta, budget),
  ...sharing.map((id) => entity(id, { ...budget, sharedBudget: { externalId: '5', campaignIds: [...sharing] } })),
]

/** A platform's history on paper: everything in `rows` that is old enough, and young enough, to show. */
class PaperHistory {
  rows: PlatformChange[] = []
  readonly asked: (HistoryRange & { readonly account: AccountId })[] = []
  failure: Error | undefined
  /** Rows per reading. */
  limit = 10_000
  readonly #nowMs: () => number
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }
  add(id: EntityId, after: string, rest: Partial<PlatformChange> = {}): PlatformChange {
    const row: PlatformChange = {
      changeId: `row-${this.rows.length + 1}`,
      atMs: this.#nowMs(),
      precisionMs: 0,
      entityId: id,
      target: id,
      field: 'daily_budget',
      what: 'campaign_budget.amountMicros',
      before: '400.00',
      after,
      actor: 'somebody@shop.example',
      tool: 'SOME_CLIENT',
      isApi: undefined,
      ...rest,
    }
    this.rows.push(row)
    return row
  }
  read(account: AccountId, range: HistoryRange): ChangeHistory {
    this.asked.push({ ...range, account })
    if (this.failure !== undefined) throw this.failure
    const fromMs = Math.max(range.sinceMs, this.#nowMs() - KEPT_MS)
    const shown = this.rows
      .filter(
        (row) => row.atMs >= fromMs && row.atMs <= range.untilMs - LAG_MS && (row.target ?? '').startsWith(account),
      )
      .toSorted((one, two) => one.atMs - two.atMs)
    const rows = shown.slice(0, this.limit)
    const isCut = rows.length < shown.length
    return {
      rows,
      coveredFromMs: fromMs,
      coveredUntilMs: isCut ? (rows.at(-1)?.atMs ?? fromMs) - 1 : range.untilMs,
      isComplete: !isCut && fromMs <= range.sinceMs,
    }
  }
}

let rig: Rig
let history: PaperHistory
let table: ReturnType<typeof createPlatformChangeTable>
let comparison: ReturnType<typeof createComparison>
let connectedAtMs: number
beforeEach(async () => {
  rig = await startRig(world())
  rig.turned.isStoreFollowing = true
  history = new PaperHistory(rig.clock.nowMs)
  table = createPlatformChangeTable(rig.db)
  connectedAtMs = rig.clock.nowMs()
  const adapter: Partial<PlatformAdapter> = {
    settleMs: SETTLE_MS,
    historyLagMs: LAG_MS,
    historyMs: KEPT_MS,
    readChanges: async (account, range) => history.read(account, range),
  }
  comparison = createComparison({
    changes: table,
    settings: createSettingTable(rig.db),
    audit: rig.audit,
    clock: rig.clock,
    log: { info: () => undefined, error: () => undefined },
    accounts: () =>
      [GOOGLE, META].map((accountId) => ({ accountId, name: 'Shop', connectionId: accountId, connectedAtMs })),
    adapterFor: () => adapter as PlatformAdapter,
    nameOf: () => 'Winter sale',
    onChange: () => undefined,
  })
})
afterEach(() => rig.close())

const compare = async (account: AccountId = GOOGLE) => {
  const [result] = await comparison.compare({ accountIds: [account] }, signal())
  if (result === undefined) throw new Error('nothing was compared')
  return result
}
const setBudget = (id: EntityId, from: string, to: string) => ({
  kind: 'set_budget',
  entity_id: id,
  budget: 'daily',
  expected_current: from,
  new_value: to,
})
/** A write of ours, which the platform's history shows unless told. */
async function ours(to: string, id: EntityId = campaign, isShown = true): Promise<Draft> {
  const draft = await rig.push(rig.propose(setBudget(id, '400.00', to)).draftId)
  if (isShown) history.add(id, to, { target: draft.items[0]?.target })
  return draft
}
const records = (type: string) =>
  rig.audit
    .list({ limit: 1_000 })
    .filter((row) => row.record?.type === type)
    .toReversed()

describe('what is compared', () => {
  test('a write of ours is ours, an edit of somebody else gets a record that names who only where it can be withheld', async () => {
    await compare()
    const draft = await ours('380.00')
    rig.clock.pass(10 * MINUTE)
    history.add(campaign, '555.00', { before: '380.00' })
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ state: 'compared', ours: 1, outside: 1, unclear: 0, missing: 0 })
    expect(table.page({ limit: 10 }).map(({ match, draftId, after }) => [match, draftId, after])).toEqual([
      ['outside', null, '555.00'],
      ['ours', draft.draftId, '380.00'],
    ])
    const [change] = records('platform.change')
    expect(change?.record?.data).toMatchObject({
      account: GOOGLE,
      entity: campaign,
      field: 'daily_budget',
      match: 'outside',
    })
    expect(change?.line).not.toContain('somebody@')
    expect(change?.line).not.toContain('555.00')
    expect(change?.text).toMatchObject({ who: 'somebody@shop.example', after: '555.00', entity_name: 'Winter sale' })
    expect(records('history.compared').at(-1)?.record?.data).toMatchObject({
      ours: 1,
      outside: 1,
      unclear: 0,
      missing: 0,
      whole: true,
    })
    expect(await rig.verified()).toBe(true)
  })

  test('a write to a shared budget is ours, whichever of its campaigns the platform names', async () => {
    await compare()
    await ours('380.00', sharing[1], false)
    history.add(sharing[0], '380.00', { target: `${GOOGLE}/budget/5` })
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ ours: 1, outside: 0, missing: 0 })
  })

  test('a write whose answer was lost is ours once the history shows it, before and after it is settled', async () => {
    await compare()
    rig.platform.behaviour = 'takes_and_is_silent'
    const draft = await ours('380.00')
    expect(draft.state).toBe('unknown')
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ ours: 1, outside: 0, missing: 0 })
    await rig.reconcile.watch(draft.draftId)
    expect(rig.get(draft.draftId).state).toBe('applied')
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ ours: 0, outside: 0, missing: 0 })
  })

  test('a crash right after the answer leaves a write that the comparison finds again after recovery', async () => {
    await compare()
    rig.turned.onStep = (step) => {
      if (step === 'answered') throw new Error('the power is gone')
    }
    const crashed = rig.propose(setBudget(campaign, '400.00', '380.00'))
    await expect(rig.push(crashed.draftId)).rejects.toThrow('the power is gone')
    history.add(campaign, '380.00')
    rig.turned.onStep = () => undefined
    rig.clock.pass(HOUR)
    for (const draftId of rig.reconcile.recover()) await rig.reconcile.watch(draftId)
    expect(rig.get(crashed.draftId).state).toBe('applied')
    expect(await compare()).toMatchObject({ ours: 1, outside: 0, unclear: 0, missing: 0 })
    expect(table.page({ limit: 1 })[0]?.draftId).toBe(crashed.draftId)
  })

  test('a write that our records call refused, and that the history shows, is named in the record', async () => {
    await compare()
    rig.platform.behaviour = 'refuses'
    const draft = await ours('380.00')
    expect(draft.state).toBe('apply_failed')
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ ours: 1, outside: 0 })
    const data = records('history.compared').at(-1)?.record?.data
    expect(data).toMatchObject({ contradicted: [{ draft: draft.draftId, k: 0 }] })
  })

  test('at most two hundred records are written at once, and the rest is counted', async () => {
    await compare()
    for (let n = 0; n < 230; n += 1) {
      rig.clock.pass(1_000)
      history.add(campaign, `${500 + n}.00`)
    }
    history.add(campaign, '', { field: undefined, what: 'campaign.name' })
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ outside: 231 })
    expect(rig.db.prepare(`SELECT COUNT(*) AS n FROM entry_index WHERE type = 'platform.change'`).get()).toEqual({
      n: 200,
    })
    expect(records('history.compared').at(-1)?.record?.data).toMatchObject({ outside: 231, unlisted: 30 })
    expect(table.count({ match: 'outside' })).toBe(231)
    expect(await rig.verified()).toBe(true)
  }, 60_000)
})

describe('a write of ours that the history does not show', () => {
  test('is missing once it must show, not before, and is said once', async () => {
    await compare()
    const draft = await ours('380.00', campaign, false)
    rig.clock.pass(LAG_MS)
    expect(await compare()).toMatchObject({ missing: 0 })
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ missing: 1 })
    expect(records('history.compared').at(-1)?.record?.data).toMatchObject({ absent: [{ draft: draft.draftId, k: 0 }] })
    expect(table.missing(GOOGLE, 10)).toMatchObject([{ draftId: draft.draftId, k: 0, accountId: GOOGLE }])
    expect(table.missing(META, 10)).toEqual([])
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ missing: 0 })
  })

  test('is no longer missing when it shows late after all', async () => {
    await compare()
    const sentAtMs = rig.clock.nowMs()
    await ours('380.00', campaign, false)
    rig.clock.pass(3 * HOUR)
    expect(await compare()).toMatchObject({ missing: 1 })
    history.add(campaign, '380.00', { atMs: sentAtMs + 1_000 })
    rig.clock.pass(HOUR)
    expect(await compare()).toMatchObject({ ours: 1, outside: 0, missing: 0 })
    expect(table.missing(GOOGLE, 10)).toEqual([])
  })

  test('is not called missing where the history is not known without a gap', async () => {
    await compare()
    await ours('380.00', campaign, false)
    rig.clock.pass(40 * DAY)
    expect(await compare()).toMatchObject({ state: 'compared', missing: 0, isWhole: false })
    const { fromMs, reachedMs } = comparison.reached()[GOOGLE] ?? { fromMs: null, reachedMs: null }
    expect(reachedMs).toBe(rig.clock.nowMs())
    expect(rig.clock.nowMs() - (fromMs ?? 0)).toBe(KEPT_MS)
    expect(records('history.compared').at(-1)?.record?.data).toMatchObject({ whole: false })
  })
})

describe('how far it has come', () => {
  test('the first comparison begins with the connection, and no earlier than the platform remembers', async () => {
    rig.clock.pass(HOUR)
    await compare()
    expect(history.asked.at(-1)?.sinceMs).toBe(connectedAtMs - 2 * MINUTE)
    rig.clock.pass(60 * DAY)
    await compare(META)
    expect(history.asked.at(-1)).toMatchObject({ account: META, sinceMs: rig.clock.nowMs() - KEPT_MS })
  })

  test('what shows late is read again, and told once', async () => {
    await compare()
    history.add(campaign, '500.00')
    rig.clock.pass(MINUTE)
    expect(await compare()).toMatchObject({ outside: 0 })
    rig.clock.pass(LAG_MS)
    expect(await compare()).toMatchObject({ outside: 1 })
    expect(await compare()).toMatchObject({ outside: 0 })
    expect(records('platform.change')).toHaveLength(1)
  })

  test('a history that comes in pieces is gone on with, and nothing in it is lost', async () => {
    await compare()
    history.limit = 40
    for (let n = 0; n < 100; n += 1) {
      rig.clock.pass(5 * MINUTE)
      history.add(campaign, `${500 + n}.00`)
    }
    rig.clock.pass(HOUR)
    const results = []
    for (let rounds = 0; rounds < 6; rounds += 1) results.push(await compare())
    expect(results[0]).toMatchObject({ outside: 40, isWhole: false })
    expect(results.at(-1)).toMatchObject({ outside: 0, isWhole: true })
    expect(results.reduce((sum, { outside }) => sum + outside, 0)).toBe(100)
  })

  test('a reading that fails leaves everything as it was, says so, and spares the connection', async () => {
    await compare()
    const before = comparison.reached()[GOOGLE]
    history.add(campaign, '500.00')
    rig.clock.pass(HOUR)
    history.failure = throttled()
    expect(await compare()).toMatchObject({ state: 'failed', code: 'platform_throttled', outside: 0 })
    expect(comparison.reached()[GOOGLE]).toMatchObject({
      reachedMs: before?.reachedMs,
      fromMs: before?.fromMs,
      code: 'platform_throttled',
    })
    expect(records('history.compared')).toHaveLength(1)
    history.failure = new TypeError('a bug of ours')
    expect(await compare(META)).toMatchObject({ state: 'failed', code: 'internal' })
    expect(comparison.reached()[META]).toMatchObject({ reachedMs: null, code: 'internal' })
    history.failure = undefined
    expect(await compare()).toMatchObject({ state: 'compared', outside: 1 })
  })

  test('by itself an account is not asked again within minutes; when a person asks, it is', async () => {
    const byItself = () => comparison.compare({ isByItself: true }, signal())
    expect((await byItself()).map(({ state }) => state)).toEqual(['compared', 'compared'])
    rig.clock.pass(MINUTE)
    expect((await byItself()).map(({ state }) => state)).toEqual(['skipped', 'skipped'])
    expect((await comparison.compare({}, signal())).map(({ state }) => state)).toEqual(['compared', 'compared'])
    rig.clock.pass(HOUR)
    expect((await byItself()).map(({ state }) => state)).toEqual(['compared', 'compared'])
  })

  test('told to stop, it stops and keeps what it has', async () => {
    const controller = new AbortController()
    controller.abort()
    expect(await comparison.compare({}, controller.signal)).toEqual([])
    expect(comparison.reached()).toEqual({})
  })
})
