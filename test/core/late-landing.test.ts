/** A write that was found not to have taken effect is looked after for a day: if it lands after all, that is an alarm, and nobody sends anything. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DraftId } from '../../shared/domain/ids.ts'
import { createLateLanding, type LateLanding, WATCH_MS } from '../../main/approval/late-landing.ts'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { createLateLandingTable } from '../../main/store/late-landing-table.ts'
import { refusalOf, type Rig, SETTLE_MS, startRig, throttled } from '../support/approval-rig.ts'
import { entity, idOf, META, ONE } from '../support/plan-world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const campaign = idOf(META, 'campaign', '1201')
const CUT = {
  kind: 'set_budget',
  entity_id: campaign,
  budget: 'daily',
  expected_current: '400.00',
  new_value: '320.00',
}

let rig: Rig
let notified: string[]
let late: LateLanding

beforeEach(async () => {
  rig = await startRig([
    entity(campaign, {
      budgetKind: 'daily',
      dailyBudgetMicros: 400n * ONE,
      editable: [{ field: 'daily_budget', isEditable: true }],
    }),
  ])
  rig.turned.isStoreFollowing = true
  notified = []
  late = watcher()
})
afterEach(async () => {
  await late.close()
  await rig.close()
})

/** As a start of the app makes it: nothing is remembered but what the ledger says. */
function watcher(): LateLanding {
  const adapter: Partial<PlatformAdapter> = {
    readLive: async (id, field) => rig.platform.readLive(id, field, 'EUR'),
  }
  return createLateLanding({
    rows: createLateLandingTable(rig.db),
    drafts: rig.drafts,
    audit: rig.audit,
    clock: rig.clock,
    log: { info: () => undefined, error: () => undefined },
    adapterFor: () => adapter as PlatformAdapter,
    noticeLive: () => undefined,
    notify: ({ title }) => void notified.push(title),
    onChange: () => undefined,
  })
}

/** A change whose answer was lost and that, once the window was over, had not taken effect. */
async function notApplied(): Promise<DraftId> {
  rig.platform.behaviour = 'ignores_and_is_silent'
  const { draftId } = await rig.push(rig.propose(CUT).draftId)
  await refusalOf(() => rig.reconcile.once(draftId, AbortSignal.timeout(5_000)))
  rig.clock.pass(SETTLE_MS)
  await rig.reconcile.once(draftId, AbortSignal.timeout(5_000))
  rig.platform.behaviour = 'takes'
  return draftId
}

test('a write that lands hours later is an alarm on the draft, told once, counted from then on, and nothing is written', async () => {
  const draftId = await notApplied()
  expect(rig.get(draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'reconciled_not_applied' })
  expect(await late.tick()).toBe(0)
  rig.platform.set(campaign, 'daily_budget', '320.00')
  rig.clock.pass(3 * HOUR_MS)
  expect(await late.tick()).toBe(1)
  expect(rig.history(draftId).at(-1)).toBe('integrity.alarm')
  expect(JSON.parse(rig.line(draftId, 'integrity.alarm')).data).toEqual({ kind: 'late_landing', draft: draftId, k: 0 })
  expect(rig.get(draftId)).toMatchObject({
    state: 'apply_failed',
    stateMessage: expect.stringContaining('holds the new value after all'),
  })
  expect(rig.drafts.usage(META, 0)).toEqual({ netMicros: -80n * ONE, grossMicros: 80n * ONE })
  expect(notified).toHaveLength(1)
  rig.clock.pass(3 * HOUR_MS)
  expect(await late.tick()).toBe(0)
  expect(await watcher().tick()).toBe(0)
  expect([notified.length, rig.platform.writes.length]).toEqual([1, 1])
  expect(await rig.verified()).toBe(true)
})

test('it is looked at ever more seldom, at the next start at once, and not at all after a day', async () => {
  await notApplied()
  const readsBefore = rig.platform.reads
  const looks: number[] = []
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    const { reads } = rig.platform
    await late.tick()
    if (rig.platform.reads > reads) looks.push(minute)
    rig.clock.pass(MINUTE_MS)
  }
  expect(looks).toEqual([0, 2, 5, 15, 45, 120, 300, 600, 960])
  const { reads } = rig.platform
  expect(reads - readsBefore).toBe(looks.length)
  rig.platform.set(campaign, 'daily_budget', '320.00')
  expect(await watcher().tick()).toBe(0)
  expect(rig.platform.reads).toBe(reads)
  expect(WATCH_MS).toBe(24 * HOUR_MS)
})

test('after a restart it is found at once, also with a wall clock that was set back', async () => {
  const draftId = await notApplied()
  rig.platform.set(campaign, 'daily_budget', '320.00')
  rig.clock.wallMs -= 30 * HOUR_MS
  expect(await watcher().tick()).toBe(1)
  expect(rig.history(draftId)).toContain('integrity.alarm')
})

test('another value is nobody’s late landing, and a reading that fails decides nothing', async () => {
  const draftId = await notApplied()
  rig.platform.set(campaign, 'daily_budget', '350.00')
  expect(await late.tick()).toBe(0)
  rig.platform.set(campaign, 'daily_budget', '320.00')
  rig.platform.beforeRead = () => {
    throw throttled()
  }
  rig.clock.pass(2 * MINUTE_MS)
  expect(await late.tick()).toBe(0)
  rig.platform.beforeRead = () => undefined
  expect(await late.tick()).toBe(0)
  rig.clock.pass(3 * MINUTE_MS)
  expect(await late.tick()).toBe(1)
  expect(rig.history(draftId)).toContain('integrity.alarm')
})

test('the same change sent again and applied explains the value: no alarm', async () => {
  const first = await notApplied()
  rig.clock.pass(2 * HOUR_MS)
  expect(await rig.push(rig.propose({ ...CUT }).draftId)).toMatchObject({ state: 'applied' })
  expect(await late.tick()).toBe(0)
  expect(await watcher().tick()).toBe(0)
  expect(rig.history(first)).not.toContain('integrity.alarm')
})

test('two rounds at once are one, and a ledger that takes nothing leaves the alarm for the next look', async () => {
  const draftId = await notApplied()
  rig.platform.set(campaign, 'daily_budget', '320.00')
  rig.db.pragma('query_only = ON')
  expect(await Promise.all([late.tick(), late.tick()])).toEqual([0, 0])
  rig.db.pragma('query_only = OFF')
  rig.clock.pass(2 * MINUTE_MS)
  expect(await Promise.all([late.tick(), late.tick()])).toEqual([1, 1])
  expect(rig.history(draftId).filter((type) => type === 'integrity.alarm')).toHaveLength(1)
})
