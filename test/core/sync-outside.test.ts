/** Edits made outside this app are noticed by the next listing; what this app wrote, and what follows from it, is not taken for one. */
import { beforeEach, describe, expect, test } from 'vitest'
import { getEntity } from '../../main/reporting/entities.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import { type KnownValues, outsideChanges, type UnsettledWrite } from '../../main/store/outside-change-table.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import { accountIdSchema, type EntityId, entityId } from '../../shared/domain/ids.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { PASSPHRASE, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { DAY_MS, type PaperPlatform, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const account = accountIdSchema.parse('google_ads:7000000000000000001')
const id = (type: 'campaign' | 'ad_group' | 'ad', externalId: string): EntityId => entityId(account, type, externalId)
const group = id('ad_group', '101')

let platform: PaperPlatform
let rig: SyncRig
/** What the executor is writing. */
let unsettled: UnsettledWrite[]
beforeEach(async () => {
  platform = paperPlatform({ platform: 'google_ads', campaigns: 3, adGroups: 1, ads: 1 })
  edit(group, { values: { cpc_bid: '0.80', scheduled_budget: '120.00' } })
  unsettled = []
  rig = syncRig(platform, { unsettled: () => unsettled })
  await rig.run(2)
})

function edit(entity: EntityId, change: Partial<Entity>): void {
  const found = platform.entities.get(entity)
  if (found === undefined) throw new Error(`no ${entity}`)
  platform.entities.set(entity, { ...found, ...change })
}
async function nextDay(): Promise<void> {
  rig.clock.advance(DAY_MS)
  await rig.run(2)
}
function changes(of: EntityId = group) {
  const view = OPERATIONS.get_entity.output.parse(getEntity({ ...rig, openDraftIds: [] }, { entity_id: of }))
  return view.outside_changes.map(({ field, before, after }) => [field, before, after])
}
/** As the executor notes it after it has read a write back. */
const write = (
  entity: EntityId,
  field: 'daily_budget' | 'status' | 'cpc_bid' | 'bid_strategy' | 'scheduled_budget',
  value: string,
) => factsWriters(rig.facts).entities.updateLive(entity, field, value, rig.clock.nowMs())

test('the first listing brings no edits, and neither does the same listing again', async () => {
  expect(changes()).toEqual([])
  await nextDay()
  expect(changes()).toEqual([])
})

test('a budget, a bid and a switch that somebody moved elsewhere are told, newest first', async () => {
  edit(group, { dailyBudgetMicros: 150_000_000n, values: { cpc_bid: '0.95', scheduled_budget: '150.00' } })
  await nextDay()
  edit(group, { status: 'paused' })
  await nextDay()
  expect(changes()).toEqual([
    ['status', 'enabled', 'paused'],
    ['cpc_bid', '0.80', '0.95'],
    ['daily_budget', '120.00', '150.00'],
  ])
})

test('a value that comes or goes is told as none before or after', async () => {
  edit(group, { values: { scheduled_budget: '120.00', bid_strategy: 'target_cpa:9.00' } })
  await nextDay()
  expect(changes()).toEqual([
    ['bid_strategy', null, 'target_cpa:9.00'],
    ['cpc_bid', '0.80', null],
  ])
})

test('what this app wrote is no edit of somebody else, nor what follows from it', async () => {
  rig.clock.advance(1000)
  expect(write(group, 'daily_budget', '130.00')).toBe(true)
  expect(write(group, 'status', 'paused')).toBe(true)
  // The schedule follows the budget by itself.
  edit(group, {
    dailyBudgetMicros: 130_000_000n,
    status: 'paused',
    values: { cpc_bid: '0.80', scheduled_budget: '130.00' },
  })
  await nextDay()
  expect(changes()).toEqual([])
  rig.clock.advance(1000)
  expect(write(group, 'bid_strategy', 'target_cpa:8.00')).toBe(true)
  edit(group, { values: { bid_strategy: 'target_cpa:8.00', target_cpa: '8.00', scheduled_budget: '130.00' } })
  await nextDay()
  expect(changes()).toEqual([])
})

test('what this app is writing just now is no edit of somebody else, while other fields and entities still tell', async () => {
  const campaign = id('campaign', '2')
  unsettled.push({ entityId: group, field: 'bid_strategy' }, { entityId: campaign, field: 'status' })
  edit(group, { values: { bid_strategy: 'target_cpa:8.00', target_cpa: '8.00', scheduled_budget: '120.00' } })
  edit(campaign, { status: 'paused' })
  edit(id('campaign', '3'), { status: 'paused' })
  await nextDay()
  expect(changes()).toEqual([])
  expect(changes(campaign)).toEqual([])
  expect(changes(id('campaign', '3'))).toEqual([['status', 'enabled', 'paused']])
  edit(group, { status: 'paused' })
  await nextDay()
  expect(changes()).toEqual([['status', 'enabled', 'paused']])
  unsettled.length = 0
  edit(campaign, { status: 'enabled' })
  await nextDay()
  expect(changes(campaign)).toEqual([['status', 'paused', 'enabled']])
})

test('a sync in the middle of a confirmed change does not take the app’s own write for an edit of somebody else', async () => {
  let atAnswer: () => Promise<void> = async () => undefined
  const onStep = (step: string): Promise<void> => (step === 'answered' ? atAnswer() : Promise.resolve())
  const app = await startApp(makeTempFolder('own-write'), { core: { onStep } })
  const target = await someAdGroup(app)
  const draft = await proposeBudget(app, target)
  let hasSynced = false
  atAnswer = async () => {
    app.clock.advance(1000)
    await app.window('start_sync', { days: 2 })
    await waitFor(async () => (await app.window('get_sync', {})).sync.state !== 'running', {
      what: 'the sync',
      withinMs: 60_000,
    })
    hasSynced = true
    app.clock.advance(1000)
  }
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  const confirm_token = challenge?.confirm_token ?? ''
  await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token, passphrase: PASSPHRASE })
  expect((await settled(app, draft.draft_id)).state).toBe('applied')
  expect(hasSynced).toBe(true)
  expect((await app.window('get_entity', { entity_id: target.entityId })).outside_changes).toEqual([])
  await app.close()
})

test('a later edit of the very value this app wrote is told', async () => {
  rig.clock.advance(1000)
  write(group, 'cpc_bid', '1.00')
  edit(group, { values: { cpc_bid: '3.00', scheduled_budget: '120.00' } })
  await nextDay()
  expect(changes()).toEqual([['cpc_bid', '1.00', '3.00']])
})

test('a bid written and read back during a listing is not overwritten by the older page, the other values are', async () => {
  edit(group, { values: { cpc_bid: '0.80', target_cpa: '4.00', scheduled_budget: '120.00' } })
  platform.onPage = (request) => {
    if (request !== 'ad_group of 1') return
    rig.clock.advance(1000)
    expect(write(group, 'cpc_bid', '0.99')).toBe(true)
  }
  await nextDay()
  const { entities } = factsReaders(rig.facts)
  expect(entities.byId(group)?.values).toEqual({ cpc_bid: '0.99', target_cpa: '4.00', scheduled_budget: '120.00' })
  platform.onPage = () => undefined
  expect(factsWriters(rig.facts).entities.updateLive(group, 'cpc_bid', '0.50', rig.clock.nowMs() - 500_000_000)).toBe(
    false,
  )
  edit(group, { values: { cpc_bid: '0.70', target_cpa: '4.00', scheduled_budget: '120.00' } })
  await nextDay()
  // A later listing is the platform's word again.
  expect(entities.byId(group)?.values?.cpc_bid).toBe('0.70')
})

test('a value that is gone is forgotten, and a budget that is gone is not known', async () => {
  rig.clock.advance(1000)
  expect(write(group, 'cpc_bid', '')).toBe(true)
  expect(write(group, 'daily_budget', '')).toBe(true)
  expect(write(group, 'status', '')).toBe(false)
  const entity = factsReaders(rig.facts).entities.byId(group)
  expect(entity?.values).toEqual({ scheduled_budget: '120.00' })
  expect(entity).not.toHaveProperty('dailyBudgetMicros')
})

test('a drift that this app meets before it writes is somebody else’s edit too, and told once', async () => {
  rig.clock.advance(1000)
  const { entities } = factsWriters(rig.facts)
  const notice = (value: string) => entities.noticeLive(group, 'daily_budget', value, rig.clock.nowMs())
  expect(notice('120.00')).toBe(true)
  expect(changes()).toEqual([])
  rig.clock.advance(1000)
  expect(notice('125.00')).toBe(true)
  expect(entities.noticeLive(group, 'status', 'paused', rig.clock.nowMs() - 10 * DAY_MS)).toBe(false)
  edit(group, { dailyBudgetMicros: 125_000_000n, values: { cpc_bid: '0.80', scheduled_budget: '125.00' } })
  await nextDay()
  expect(changes()).toEqual([['daily_budget', '120.00', '125.00']])
})

test('a scheduled budget that came into force overnight is nobody’s edit', async () => {
  rig.clock.advance(1000)
  write(group, 'scheduled_budget', '140.00')
  edit(group, { values: { cpc_bid: '0.80', scheduled_budget: '140.00' } })
  await nextDay()
  edit(group, { dailyBudgetMicros: 140_000_000n })
  await nextDay()
  expect(changes()).toEqual([])
})

test('a campaign that is gone was removed by somebody', async () => {
  platform.entities.delete(id('campaign', '2'))
  await nextDay()
  expect(changes(id('campaign', '2'))).toEqual([['status', 'enabled', 'deleted']])
})

test('of one entity the newest 50 edits are kept', async () => {
  for (let k = 1; k <= 60; k += 1) {
    edit(group, { values: { cpc_bid: `${k}.00`, scheduled_budget: '120.00' } })
    rig.clock.advance(3_700_000)
    await rig.run(1)
  }
  const kept = factsReaders(rig.facts).outsideChanges.ofEntity(
    factsReaders(rig.facts).entities.byId(group)?.entityKey ?? 0,
    1000,
  )
  expect(kept).toHaveLength(50)
  expect(kept[0]).toMatchObject({ before: '59.00', after: '60.00' })
  expect(kept.at(-1)).toMatchObject({ after: '11.00' })
})

describe('a budget that several campaigns share', () => {
  const shared = (n: string) => id('campaign', n)
  beforeEach(async () => {
    for (const n of ['1', '2'])
      edit(shared(n), {
        budgetKind: 'daily',
        dailyBudgetMicros: 50_000_000n,
        sharedBudget: { externalId: '900', campaignIds: [shared('1'), shared('2')] },
      })
    edit(shared('3'), { budgetKind: 'daily', dailyBudgetMicros: 50_000_000n })
    await nextDay()
  })
  const budgets = () => ['1', '2', '3'].map((n) => factsReaders(rig.facts).entities.byId(shared(n))?.dailyBudgetMicros)

  test('names all of them, at each of them', () => {
    for (const n of ['1', '2'])
      expect(factsReaders(rig.facts).entities.byId(shared(n))?.sharedBudget).toEqual({
        externalId: '900',
        campaignIds: [shared('1'), shared('2')],
      })
    expect(factsReaders(rig.facts).entities.byId(shared('3'))).not.toHaveProperty('sharedBudget')
  })
  test('moves for all of them when one is written, and the next listing finds nobody else’s edit', async () => {
    rig.clock.advance(1000)
    expect(write(shared('2'), 'daily_budget', '60.00')).toBe(true)
    expect(budgets()).toEqual([60_000_000n, 60_000_000n, 50_000_000n])
    for (const n of ['1', '2']) edit(shared(n), { dailyBudgetMicros: 60_000_000n })
    await nextDay()
    expect(changes(shared('1')).filter(([field, before]) => field === 'daily_budget' && before !== null)).toEqual([])
  })
})

test('nothing is told of what was never listed, of an unknown state, and of a later live reading', () => {
  const known: KnownValues = {
    status: 'enabled',
    dailyBudgetMicros: 1_000_000n,
    values: { cpc_bid: '1.00' },
    valuesReadAtMs: {},
    statusReadAtMs: 10,
    budgetReadAtMs: 10,
    readAtMs: 10,
    wasListed: true,
  }
  const listed = { status: 'paused' as const, dailyBudgetMicros: 2_000_000n, values: { cpc_bid: '2.00' } }
  const fields = (more: Partial<KnownValues>, other: Partial<typeof listed> | { status: 'unknown' } = {}) =>
    outsideChanges({ ...known, ...more }, { ...listed, ...other }, 20, 'EUR').map(({ field }) => field)
  expect(fields({})).toEqual(['status', 'daily_budget', 'cpc_bid'])
  expect(fields({ wasListed: false })).toEqual([])
  expect(fields({ values: null })).toEqual(['status', 'daily_budget'])
  expect(fields({ status: 'unknown' })).toEqual(['daily_budget', 'cpc_bid'])
  expect(fields({}, { status: 'unknown' })).toEqual(['daily_budget', 'cpc_bid'])
  expect(fields({ statusReadAtMs: 21, budgetReadAtMs: 21, valuesReadAtMs: { cpc_bid: 21 } })).toEqual([])
})
