/** The platform contract: the platform's own change history, as every adapter must tell it. */
import { expect, it } from 'vitest'
import type { PlatformChange } from '../../main/platforms/history.ts'
import type { EntityId } from '../../shared/domain/ids.ts'
import { changeAndReadBack, doubled, exampleOr, failure, fullText, signal, type Bench } from './contract-kit.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

export function describeHistory(bench: () => Bench): void {
  const read = (range: { sinceMs?: number; untilMs?: number; maxRows?: number } = {}, adapter = bench().adapter) => {
    const nowMs = bench().harness.nowMs()
    const { sinceMs = nowMs - DAY_MS, untilMs = nowMs, maxRows } = range
    const asked = { sinceMs, untilMs, ...(maxRows === undefined ? {} : { maxRows }) }
    return adapter.readChanges(bench().account, asked, signal())
  }
  const campaign = (): EntityId => bench().harness.examples.budgetCampaign
  async function budgetNow(): Promise<string> {
    return (await bench().adapter.readLive(campaign(), 'daily_budget', signal())).value
  }
  /** Somebody else sets new budgets, two minutes apart; the values in order. */
  async function outsideBudgets(count: number): Promise<readonly string[]> {
    const { harness } = bench()
    const values: string[] = []
    let value = await budgetNow()
    for (let n = 0; n < count; n += 1) {
      value = doubled(value)
      harness.changeOutside(campaign(), 'daily_budget', value)
      values.push(value)
      harness.advance(2 * MINUTE_MS)
    }
    return values
  }
  const afters = (rows: readonly PlatformChange[]) => rows.map((row) => row.after)

  it('tells a write of ours and one of somebody else with place, value, time, person and tool', async () => {
    const { harness } = bench()
    const before = await budgetNow()
    const startMs = harness.nowMs()
    await changeAndReadBack(bench(), campaign(), 'daily_budget', doubled(before))
    harness.advance(5 * MINUTE_MS)
    const [outside] = await outsideBudgets(1)
    const { rows, isComplete } = await read()
    expect(isComplete).toBe(true)
    expect(rows.map(({ entityId, target, field }) => ({ entityId, target, field }))).toEqual([
      { entityId: campaign(), target: campaign(), field: 'daily_budget' },
      { entityId: campaign(), target: campaign(), field: 'daily_budget' },
    ])
    expect(rows.map((row) => [row.before, row.after])).toEqual([
      [before, doubled(before)],
      [doubled(before), outside],
    ])
    const [ours, theirs] = rows
    expect(ours?.atMs).toBeGreaterThan(startMs - MINUTE_MS)
    expect((ours?.atMs ?? 0) + (ours?.precisionMs ?? 0)).toBeGreaterThanOrEqual(startMs)
    expect(theirs?.isApi).not.toBe(true)
    expect(ours?.isApi).not.toBe(false)
    expect([ours?.actor, ours?.tool]).not.toEqual([theirs?.actor, theirs?.tool])
    expect(rows.every(({ changeId }) => /^[A-Za-z0-9_.:/+=~-]{1,128}$/.test(changeId))).toBe(true)
  })

  it('tells every field that can be written: status, bids and strategies', async () => {
    const { harness, adapter } = bench()
    const { ad, bids, strategies } = harness.examples
    const status = (await adapter.readLive(ad, 'status', signal())).value === 'enabled' ? 'paused' : 'enabled'
    const changes = [
      { entityId: ad, field: 'status' as const, newValue: status },
      ...bids,
      ...strategies.map((each) => ({ ...each, field: 'bid_strategy' as const })),
    ]
    for (const { entityId, field, newValue } of changes) {
      const { result } = await changeAndReadBack(bench(), entityId, field, newValue)
      expect(result.kind).toBe('accepted')
      harness.advance(2 * MINUTE_MS)
    }
    const { rows } = await read()
    expect(rows.map((row) => [row.entityId, row.field, row.after])).toEqual(
      changes.map(({ entityId, field, newValue }) => [entityId, field, newValue]),
    )
  })

  it('names a shared budget as what it is', async (context) => {
    const { harness, adapter, account } = bench()
    const shared = exampleOr(context, harness.examples.sharedBudget, 'shared budgets')
    const { value } = await adapter.readLive(shared.campaign, 'daily_budget', signal())
    harness.changeOutside(shared.campaign, 'daily_budget', doubled(value))
    const [row] = (await read()).rows
    expect(row?.target).toMatch(new RegExp(`^${account}/budget/[0-9]+$`))
    expect([shared.campaign, ...shared.others]).toContain(row?.entityId)
    expect([row?.before, row?.after]).toEqual([value, doubled(value)])
  })

  it('has nothing of a dry run, nor of a write that was refused', async () => {
    const { harness, adapter, account, currency } = bench()
    const { platform } = harness
    const change = { platform, accountId: account, entityId: campaign(), field: 'daily_budget' as const, currency }
    const before = await budgetNow()
    await adapter.validate({ ...change, before, after: doubled(before) }, signal())
    const refused = await changeAndReadBack(bench(), campaign(), 'daily_budget', '0.01')
    expect(refused.result.kind).not.toBe('accepted')
    expect((await read()).rows).toEqual([])
  })

  it('gives the same rows with the same ids in every reading and with every size of page, oldest first', async () => {
    const values = await outsideBudgets(7)
    const { rows } = await read()
    expect(afters(rows)).toEqual(values)
    expect(new Set(rows.map((row) => row.changeId)).size).toBe(values.length)
    expect((await read()).rows).toEqual(rows)
    expect((await read({}, bench().harness.smallPages())).rows).toEqual(rows)
    expect(rows.map((row) => row.atMs)).toEqual(rows.map((row) => row.atMs).toSorted((one, two) => one - two))
  })

  it('gives nothing from outside the range', async () => {
    const { harness } = bench()
    const values = await outsideBudgets(2)
    harness.advance(3 * 3_600_000)
    const [later] = await outsideBudgets(1)
    const untilMs = harness.nowMs() - 2 * 3_600_000
    expect(afters((await read({ untilMs })).rows)).toEqual(values)
    expect(afters((await read({ sinceMs: untilMs })).rows)).toEqual([later])
  })

  it('says when it was cut, and goes on from there', async () => {
    const { harness } = bench()
    const values = await outsideBudgets(6)
    const nowMs = harness.nowMs()
    const found: (string | undefined)[] = []
    const ids = new Set<string>()
    let sinceMs = nowMs - DAY_MS
    let rounds = 0
    for (let isComplete = false; !isComplete && rounds < 10; rounds += 1) {
      const history = await read({ sinceMs, untilMs: nowMs, maxRows: 3 })
      for (const row of history.rows)
        if (!ids.has(row.changeId)) {
          ids.add(row.changeId)
          found.push(row.after)
        }
      isComplete = history.isComplete
      expect(history.rows.length).toBeLessThanOrEqual(3)
      sinceMs = history.coveredUntilMs
    }
    expect(rounds).toBeGreaterThan(1)
    expect(found).toEqual(values)
  })

  it('goes back thirty days and says that it goes no further', async () => {
    const { harness, adapter } = bench()
    const [long] = await outsideBudgets(1)
    harness.advance(40 * DAY_MS)
    const [recent] = await outsideBudgets(1)
    const nowMs = harness.nowMs()
    const history = await read({ sinceMs: nowMs - 60 * DAY_MS, untilMs: nowMs })
    expect(afters(history.rows)).toEqual([recent])
    expect(afters(history.rows)).not.toContain(long)
    expect(history.isComplete).toBe(false)
    expect(nowMs - history.coveredFromMs).toBeLessThanOrEqual(adapter.historyMs)
    expect(nowMs - history.coveredFromMs).toBeGreaterThan(adapter.historyMs - 2 * 3_600_000)
  })

  it('shows a change late, but not later than the adapter says', async () => {
    const { harness, adapter } = bench()
    harness.delayHistory(adapter.historyLagMs)
    const [value] = await outsideBudgets(1)
    expect((await read()).rows).toEqual([])
    harness.advance(adapter.historyLagMs)
    expect(afters((await read()).rows)).toEqual([value])
  })

  it('waits and comes back after being throttled, and gives up in words', async () => {
    const { harness } = bench()
    const values = await outsideBudgets(1)
    harness.breakNext('history', 'throttle', { times: 2 })
    expect(afters((await read()).rows)).toEqual(values)
    harness.breakNext('history', 'throttle', { times: 50 })
    expect((await failure(read())).code).toBe('platform_throttled')
  })

  it.each([
    ['token_expired', 'needs_reconnect'],
    ['malformed_answer', 'platform_unreachable'],
    ['server_error', 'platform_unreachable'],
  ] as const)('fails in words and without a secret on: %s', async (fault, code) => {
    const { harness } = bench()
    await read()
    harness.breakNext('history', fault, { times: 50 })
    const error = await failure(read())
    expect(error.code).toBe(code)
    expect(harness.secrets.filter((secret) => fullText(error).includes(secret))).toEqual([])
  })

  it('stops when it is told to', async () => {
    const controller = new AbortController()
    controller.abort()
    const range = { sinceMs: bench().harness.nowMs() - DAY_MS, untilMs: bench().harness.nowMs() }
    const error = await failure(bench().adapter.readChanges(bench().account, range, controller.signal))
    expect(error.code).toBe('cancelled')
  })
}
