/** Platforms change days that are over. The newest word counts, and how much it moved stays visible. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayOf } from '../../main/reporting/calendar.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import type { PlacedFact, Pull } from '../../main/store/metric-table.ts'
import type { FactsDb } from '../../main/store/open.ts'
import type { DayValues } from '../../main/store/restatement-table.ts'
import { entityId } from '../../shared/domain/ids.ts'
import { DAY_MS, openTestFacts, paperFact, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const shape = { campaigns: 1, adGroups: 1, ads: 1 }
const account = 'tiktok:7000000000000000001' as never
const campaign = entityId(account, 'campaign', '1')
const day = (date: string): number => dayOf(date) ?? Number.NaN

function reported(rig: SyncRig, date: string) {
  const entity = rig.platform.entities.get(campaign)
  if (entity === undefined) throw new Error('the platform has that campaign')
  return paperFact(entity, date, 'EUR', shape)
}
const movesOf = (rig: SyncRig) =>
  factsReaders(rig.facts).restatements.inRange(1, 'campaign', day('2026-01-01'), day('2026-12-31'))
const factOf = (rig: SyncRig, date: string) =>
  rig.facts
    .prepare('SELECT f.* FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.entity_id = ? AND day = ?')
    .get(campaign, day(date)) as Record<string, unknown>

test('a day that was over and is reported differently later is overwritten, and what moved is recorded once', async () => {
  const rig = syncRig(paperPlatform(shape))
  await rig.run(10)
  expect(movesOf(rig)).toEqual([])
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
  expect(movesOf(rig)).toEqual([expect.objectContaining(move)])
  expect(factOf(rig, '2026-11-20')).toMatchObject({
    spend_micros: Number(before.spendMicros) + 5_000_000,
    first_spend_micros: Number(before.spendMicros),
  })
  // Asked again, the same answer moves nothing.
  rig.clock.advance(DAY_MS)
  await rig.run(10)
  expect(movesOf(rig)).toEqual([expect.objectContaining(move)])
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
  expect(movesOf(rig)).toEqual([expect.objectContaining({ factsChanged: 2, spendMovedMicros: -1_000_000n })])
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
  expect(movesOf(rig)).toEqual([])
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
  expect(movesOf(rig)).toEqual([
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

const FIRST = day('2026-11-01')
const seen = (rig: SyncRig) => factsReaders(rig.facts).restatements.firstSeen(1, 'campaign', FIRST, FIRST + 60)
const aged = (rig: SyncRig) => factsReaders(rig.facts).restatements.movesByAge(1, 'campaign', FIRST, FIRST + 60)

test('what a day said when it was first seen over is kept, and at which age every later change was noticed', async () => {
  const rig = syncRig(paperPlatform(shape))
  const patch = (conversions: number) =>
    rig.platform.patches.set(`${campaign} 2026-11-22`, {
      clickConversionMicros: BigInt(conversions) * 1_000_000n,
      clickValueMicros: BigInt(conversions) * 30_000_000n,
    })
  patch(4)
  await rig.run(3)
  rig.clock.advance(DAY_MS)
  patch(7)
  await rig.run(3)
  rig.clock.advance(2 * DAY_MS)
  patch(6)
  await rig.run(5)
  const { spendMicros } = reported(rig, '2026-11-22')
  const of = (conversions: bigint) => ({
    spendMicros,
    clickConversionMicros: conversions * 1_000_000n,
    clickValueMicros: conversions * 30_000_000n,
  })
  expect(seen(rig).find((row) => row.day === day('2026-11-22'))).toEqual({
    day: day('2026-11-22'),
    firstAgeDays: 1,
    isFinal: false,
    now: of(6n),
    first: of(4n),
  })
  expect(aged(rig)).toEqual(
    [
      { ageDays: 2, by: 3n },
      { ageDays: 4, by: -1n },
    ].map(({ ageDays, by }) => ({
      day: day('2026-11-22'),
      ageDays,
      spendMovedMicros: 0n,
      clickConversionMovedMicros: by * 1_000_000n,
      clickValueMovedMicros: by * 30_000_000n,
    })),
  )
  const key = Number(rig.facts.prepare('SELECT entity_key FROM entity WHERE entity_id = ?').pluck().get(campaign))
  expect(factsReaders(rig.facts).restatements.firstSeenOf(key, day('2026-11-22'), day('2026-11-23'))).toMatchObject([
    { day: day('2026-11-22'), now: of(6n), first: of(4n) },
    { day: day('2026-11-23'), first: reportedValues(rig, '2026-11-23') },
  ])
})

function reportedValues(rig: SyncRig, date: string) {
  const { spendMicros, clickConversionMicros, clickValueMicros } = reported(rig, date)
  return { spendMicros, clickConversionMicros, clickValueMicros }
}

test('a day that is still running was not seen yet, one first read late is as old as it was then, one not known stays unknown', async () => {
  const rig = syncRig(paperPlatform(shape))
  rig.platform.patches.set(`${campaign} 2026-11-21`, { clickConversionMicros: null, clickValueMicros: null })
  await rig.run(5)
  const ages = new Map(seen(rig).map((row) => [row.day, row]))
  expect(ages.get(day('2026-11-23'))).toMatchObject({ firstAgeDays: null, first: null })
  expect(ages.get(day('2026-11-20'))).toMatchObject({ firstAgeDays: 3, first: reportedValues(rig, '2026-11-20') })
  expect(ages.get(day('2026-11-21'))).toMatchObject({
    now: { clickConversionMicros: null, clickValueMicros: null },
    first: { clickConversionMicros: null, clickValueMicros: null },
  })
  rig.clock.advance(40 * DAY_MS)
  await rig.run(60)
  const later = new Map(seen(rig).map((row) => [row.day, row]))
  expect(later.get(day('2026-11-20'))).toMatchObject({ firstAgeDays: 3, isFinal: true })
  expect(later.get(day('2026-11-23'))).toMatchObject({ firstAgeDays: 40, isFinal: true })
  expect(later.get(day('2026-12-31'))).toMatchObject({ firstAgeDays: 2, isFinal: false })
})

test('whatever a platform adds, changes and takes away: first seen and the moves add up to now, at every age', () => {
  const value = fc.option(fc.tuple(fc.bigInt(0n, 1_000n), fc.bigInt(0n, 50n), fc.bigInt(0n, 900n)), { nil: null })
  const pulls = fc.array(
    fc.record({
      advance: fc.integer({ min: 0, max: 3 }),
      // Two entities on four days; null: no row.
      rows: fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 7 },
  )
  fc.assert(
    fc.property(pulls, (all) => {
      const facts = withTwoCampaigns()
      const { metrics, sync, inTransaction } = factsWriters(facts)
      let today = FIRST + 1
      const totals = new Map<number, { age: number; sums: readonly bigint[] }[]>()
      for (const [n, { advance, rows }] of all.entries()) {
        today += advance
        const range = { accountKey: 1, level: 'campaign' as const, startDay: FIRST, endDay: FIRST + 3 }
        const held = sync.heldDays(1, 'campaign', range.startDay, range.endDay).filter((row) => row.wasOver)
        const pull: Pull = {
          ...range,
          fetchedAtMs: n + 1,
          today,
          firstOpenDay: today,
          heldDays: new Set(held.map((row) => row.day)),
          stored: metrics.storedDays(1, 'campaign', range.startDay, range.endDay),
          seen: new Map(),
        }
        inTransaction(() => {
          metrics.storePage(
            pull,
            rows.flatMap((row, k) => row.flatMap((one, d) => placed(k + 1, FIRST + d, one))),
          )
          metrics.finishPull(pull)
          sync.markFetched(range, { runId: 1, fetchedAtMs: n + 1, today, firstOpenDay: today, restatementDays: 5 })
        })
        for (let d = 0; d < 4 && FIRST + d < today; d += 1) {
          const sums = [0, 1, 2].map((k) => rows.reduce((sum, row) => sum + (row[d]?.[k] ?? 0n), 0n))
          totals.set(FIRST + d, [...(totals.get(FIRST + d) ?? []), { age: today - FIRST - d, sums }])
        }
      }
      const { firstSeen, movesByAge } = factsReaders(facts).restatements
      const noticed = movesByAge(1, 'campaign', FIRST, FIRST + 3)
      const days = firstSeen(1, 'campaign', FIRST, FIRST + 3).filter((row) => row.first !== null)
      const listed = (values: DayValues | null) => [
        values?.spendMicros ?? 0n,
        values?.clickConversionMicros ?? 0n,
        values?.clickValueMicros ?? 0n,
      ]
      for (const row of days) {
        const history = totals.get(row.day) ?? []
        expect(row.firstAgeDays).toBe(history[0]?.age)
        expect(listed(row.first)).toEqual(history[0]?.sums)
        expect(row.isFinal).toBe(today - row.day > 5)
        // The last word of each age is what was known at that age.
        for (const { age, sums } of history.filter((at, k) => history[k + 1]?.age !== at.age)) {
          const later = noticed.filter((move) => move.day === row.day && move.ageDays > age)
          expect(
            listed(row.now).map(
              (now, k) =>
                now -
                later.reduce(
                  (sum, m) =>
                    sum + ([m.spendMovedMicros, m.clickConversionMovedMicros, m.clickValueMovedMicros][k] ?? 0n),
                  0n,
                ),
            ),
          ).toEqual(sums)
        }
      }
      // A day is left out only if it never had a row.
      const never = [...totals].filter(([at]) => !days.some((row) => row.day === at))
      expect(never.flatMap(([, history]) => history.flatMap(({ sums }) => sums)).filter((sum) => sum !== 0n)).toEqual(
        [],
      )
      facts.close()
    }),
    { numRuns: 60 },
  )
})

function withTwoCampaigns(): FactsDb {
  const facts = openTestFacts()
  facts.exec(`
    INSERT INTO account (account_key, account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run, restatement_days)
      VALUES (1, 'tiktok:1', 'tiktok', 'n', 'EUR', 'UTC', 'active', '', 'c', 1, 1, 5);
    INSERT INTO entity (entity_key, entity_id, account_key, type, name, name_folded, status, raw_status, delivery_status, budget_kind, editable_json,
        details_json, read_at_ms, budget_read_at_ms, status_read_at_ms)
      SELECT value, 'tiktok:1/campaign/' || value, 1, 'campaign', '', '', 'enabled', '', '', 'none', '[]', '{}', 0, 0, 0 FROM json_each('[1, 2]')`)
  return facts
}

function placed(entityKey: number, at: number, values: readonly [bigint, bigint, bigint] | null): PlacedFact[] {
  if (values === null) return []
  const [spendMicros, clickConversionMicros, clickValueMicros] = values
  const windows = { clickDays: null, viewDays: null, isKnown: false, modifiedAt: null }
  const id = entityId(account, 'campaign', String(entityKey))
  const whole = paperFact({ entityId: id, accountId: account, type: 'campaign' } as never, '2026-11-01', 'EUR', shape)
  return [
    {
      entityKey,
      day: at,
      windows,
      changedDay: null,
      fact: { ...whole, spendMicros, clickConversionMicros, clickValueMicros },
    },
  ]
}
