/** Platforms change days that are over. The newest word counts, and how much it moved stays visible. */
import { expect, test } from 'vitest'
import { dayOf } from '../../main/reporting/calendar.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { factsReaders } from '../../main/store/facts-tables.ts'
import { entityId } from '../../shared/domain/ids.ts'
import { DAY_MS, paperFact, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const shape = { campaigns: 1, adGroups: 1, ads: 1 }
const account = 'tiktok:7000000000000000001' as never
const campaign = entityId(account, 'campaign', '1')
const day = (date: string): number => dayOf(date) ?? Number.NaN

function reported(rig: SyncRig, date: string) {
  const entity = rig.platform.entities.get(campaign)
  if (entity === undefined) throw new Error('the platform has that campaign')
  return paperFact(entity, date, 'EUR', shape)
}
const moves = (rig: SyncRig) =>
  factsReaders(rig.facts).restatements.inRange(1, 'campaign', day('2026-01-01'), day('2026-12-31'))
const factOf = (rig: SyncRig, date: string) =>
  rig.facts
    .prepare('SELECT f.* FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.entity_id = ? AND day = ?')
    .get(campaign, day(date)) as Record<string, unknown>

test('a day that was over and is reported differently later is overwritten, and what moved is recorded once', async () => {
  const rig = syncRig(paperPlatform(shape))
  await rig.run(10)
  expect(moves(rig)).toEqual([])
  const before = reported(rig, '2026-11-20')
  rig.platform.patches.set(`${campaign} 2026-11-20`, {
    spendMicros: before.spendMicros + 5_000_000n,
    clickConversionMicros: 9_000_000n,
  })
  rig.clock.advance(DAY_MS)
  await rig.run(10)
  const move = {
    day: day('2026-11-20'),
    factsChanged: 1,
    spendMovedMicros: 5_000_000n,
    clickConversionMovedMicros: 9_000_000n - (before.clickConversionMicros ?? 0n),
  }
  expect(moves(rig)).toEqual([expect.objectContaining(move)])
  expect(factOf(rig, '2026-11-20')).toMatchObject({
    spend_micros: Number(before.spendMicros) + 5_000_000,
    first_spend_micros: Number(before.spendMicros),
  })
  // Asked again, the same answer moves nothing.
  rig.clock.advance(DAY_MS)
  await rig.run(10)
  expect(moves(rig)).toEqual([expect.objectContaining(move)])
  const answer = queryMetrics(rig, { metrics: ['spend'], start_date: '2026-11-20', end_date: '2026-11-20' })
  expect(answer.warnings).toContainEqual(
    expect.stringContaining('restated 1 day of this range since first seen: spend +5.00 EUR'),
  )
})

test('a second move keeps the value that was seen first', async () => {
  const rig = syncRig(paperPlatform(shape))
  await rig.run(5)
  const first = reported(rig, '2026-11-20').spendMicros
  for (const extra of [2_000_000n, -1_000_000n]) {
    rig.platform.patches.set(`${campaign} 2026-11-20`, { spendMicros: first + extra })
    rig.clock.advance(DAY_MS)
    await rig.run(5)
  }
  expect(factOf(rig, '2026-11-20')).toMatchObject({
    spend_micros: Number(first) - 1_000_000,
    first_spend_micros: Number(first),
  })
  expect(moves(rig)).toEqual([expect.objectContaining({ factsChanged: 2, spendMovedMicros: -1_000_000n })])
  expect(
    rig.facts.prepare(`SELECT age_days FROM restatement WHERE level = 'campaign' ORDER BY 1`).pluck().all(),
  ).toEqual([4, 5])
})

test('today growing is not a restatement', async () => {
  const rig = syncRig(paperPlatform(shape))
  rig.platform.patches.set(`${campaign} 2026-11-23`, { spendMicros: 1_000_000n })
  await rig.run(5)
  rig.platform.patches.delete(`${campaign} 2026-11-23`)
  rig.clock.advance(3_600_000)
  await rig.run(5)
  expect(moves(rig)).toEqual([])
  expect(factOf(rig, '2026-11-23')).toMatchObject({
    first_seen_at_ms: null,
    spend_micros: Number(reported(rig, '2026-11-23').spendMicros),
  })
  rig.clock.advance(DAY_MS)
  await rig.run(5)
  expect(factOf(rig, '2026-11-23')).toMatchObject({ first_seen_at_ms: rig.clock.nowMs() })
})

test('a row that comes late to a day already held, and one that vanishes, are restatements too', async () => {
  const rig = syncRig(paperPlatform(shape))
  rig.platform.patches.set(`${campaign} 2026-11-19`, null)
  await rig.run(6)
  rig.platform.patches.delete(`${campaign} 2026-11-19`)
  rig.platform.patches.set(`${campaign} 2026-11-20`, null)
  rig.clock.advance(DAY_MS)
  await rig.run(6)
  expect(moves(rig)).toEqual([
    expect.objectContaining({ day: day('2026-11-19'), spendMovedMicros: reported(rig, '2026-11-19').spendMicros }),
    expect.objectContaining({ day: day('2026-11-20'), spendMovedMicros: -reported(rig, '2026-11-20').spendMicros }),
  ])
  expect(factOf(rig, '2026-11-20')).toBeUndefined()
  expect(factOf(rig, '2026-11-19')).toMatchObject({ first_spend_micros: 0 })
})

test('an ad group that changes its window changes it for new days only', async () => {
  const platform = paperPlatform(shape)
  const rig = syncRig(platform)
  await rig.run(5)
  const adGroup = entityId(account, 'ad_group', '101')
  const entity = platform.entities.get(adGroup)
  if (entity !== undefined) platform.entities.set(adGroup, { ...entity, clickWindowDays: 28 })
  rig.clock.advance(DAY_MS)
  await rig.run(5)
  const windows = (date: string) =>
    rig.facts
      .prepare(
        'SELECT e.type, f.click_window_days AS w FROM metric_fact f JOIN entity e USING (entity_key) WHERE day = ? ORDER BY 1',
      )
      .raw()
      .all(day(date))
  expect(windows('2026-11-22')).toEqual([
    ['ad', 7],
    ['ad_group', 7],
    ['campaign', 7],
  ])
  expect(windows('2026-11-24')).toEqual([
    ['ad', 28],
    ['ad_group', 28],
    ['campaign', 28],
  ])
  const over = (start_date: string, end_date: string) =>
    queryMetrics(rig, { metrics: ['roas'], start_date, end_date }).attribution
  expect(over('2026-11-20', '2026-11-22')).toMatchObject({ click_window_days: 7, window_source: 'entity_setting' })
  expect(over('2026-11-20', '2026-11-24')).toMatchObject({ click_window_days: null, window_source: 'approximated' })
})

test('a campaign has the window its ad groups share, and none when they differ or one is not known', async () => {
  const platform = paperPlatform({ campaigns: 2, adGroups: 2, ads: 1 })
  const set = (externalId: string, clickWindowDays: number | null | undefined) => {
    const id = entityId(account, 'ad_group', externalId)
    const { clickWindowDays: _old, ...entity } = platform.entities.get(id) as never as Record<string, unknown>
    platform.entities.set(id, { ...entity, ...(clickWindowDays === undefined ? {} : { clickWindowDays }) } as never)
  }
  set('101', null)
  set('102', null)
  set('202', 1)
  const rig = syncRig(platform)
  await rig.run(1)
  const of = (type: string) =>
    rig.facts
      .prepare(
        'SELECT e.entity_id, f.click_window_days AS w, f.window_source AS s FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.type = ? ORDER BY 1',
      )
      .raw()
      .all(type)
      .map((row) => (row as unknown[]).slice(1))
  // 0 says "switched off", which is known; a mix is not.
  expect(of('campaign')).toEqual([
    [0, 'entity_setting'],
    [null, 'entity_setting'],
  ])
  expect(of('ad_group')).toEqual([
    [0, 'entity_setting'],
    [0, 'entity_setting'],
    [7, 'entity_setting'],
    [1, 'entity_setting'],
  ])
})
