import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadMigrations } from '../../main/store/migrate.ts'
import { type FactsDb, openFacts, openFactsReadOnly } from '../../main/store/open.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import type { Pull } from '../../main/store/metric-table.ts'
import { accountIdSchema, entityId } from '../../shared/domain/ids.ts'
import { contentOf, openTestFacts, paperPlatform, syncRig } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const adGroup = entityId(accountIdSchema.parse('tiktok:7000000000000000001'), 'ad_group', '101')
const SUMS = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'click_conversion_micros',
  'view_conversion_micros',
  'engaged_conversion_micros',
  'click_value_micros',
  'view_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
  'engaged_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
]
const KNOWN = {
  video_known: 'video_views',
  click_conversion_known: 'click_conversion_micros',
  view_conversion_known: 'view_conversion_micros',
  engaged_conversion_known: 'engaged_conversion_micros',
  click_value_known: 'click_value_micros',
  view_value_known: 'view_value_micros',
  reported_conversion_known: 'reported_conversion_micros',
  reported_value_known: 'reported_value_micros',
  engaged_value_known: 'engaged_value_micros',
  click_1d_conversion_known: 'click_1d_conversion_micros',
  click_1d_value_known: 'click_1d_value_micros',
  click_28d_conversion_known: 'click_28d_conversion_micros',
  click_28d_value_known: 'click_28d_value_micros',
}
const SLOW_SUMS = [
  'COUNT(*)',
  ...SUMS.map((name) => `COALESCE(SUM(f.${name}), 0)`),
  'COALESCE(SUM(f.spend_micros) FILTER (WHERE f.click_value_micros IS NOT NULL), 0)',
  ...Object.values(KNOWN).map((name) => `COUNT(f.${name})`),
  'COUNT(f.click_window_days)',
  'COALESCE(SUM(f.click_window_days), 0)',
  'COALESCE(SUM(f.click_window_days * f.click_window_days), 0)',
  "COALESCE(SUM(f.window_source IS 'approximated'), 0)",
  "COALESCE(SUM(f.window_source IS 'requested'), 0)",
].join(', ')
const STORED_SUMS = [
  'facts',
  ...SUMS,
  'measured_spend_micros',
  ...Object.keys(KNOWN),
  'window_known',
  'window_days',
  'window_squares',
  'window_approximated',
  'window_requested',
].join(', ')

/** Two accounts with entities 1..4 of all levels, no facts. */
function withEntities(facts: FactsDb = openTestFacts()) {
  for (const n of [1, 2])
    facts
      .prepare(
        `INSERT INTO account (account_key, account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run, restatement_days)
         VALUES (?, ?, 'tiktok', 'n', 'EUR', 'UTC', 'active', '', 'c', 1, 1, 28)`,
      )
      .run(n, `tiktok:${n}`)
  for (const [key, account, type] of [
    [1, 1, 'campaign'],
    [2, 1, 'campaign'],
    [3, 1, 'ad'],
    [4, 2, 'campaign'],
  ] as const)
    facts
      .prepare(
        `INSERT INTO entity (entity_key, entity_id, account_key, type, name, name_folded, status, raw_status, delivery_status, budget_kind, editable_json,
           details_json, read_at_ms, budget_read_at_ms, status_read_at_ms)
         VALUES (?, ?, ?, ?, '', '', 'enabled', '', '', 'none', '[]', '{}', 0, 0, 0)`,
      )
      .run(key, `tiktok:${account}/${type}/${key}`, account, type)
  return facts
}

const read = (facts: FactsDb, sql: string): unknown[] => facts.prepare(sql).safeIntegers().raw().all()

/** The roll-ups as they are stored, and as a slow sum over the facts says they should be. */
function rollupsOf(facts: FactsDb): { readonly stored: unknown; readonly summed: unknown } {
  const leftOver = STORED_SUMS.split(', ')
    .map((name) => `${name} <> 0`)
    .join(' OR ')
  return {
    stored: [
      read(facts, `SELECT entity_key, block, ${STORED_SUMS} FROM metric_block WHERE facts > 0 ORDER BY 1, 2`),
      read(facts, `SELECT account_key, level, day, ${STORED_SUMS} FROM metric_day WHERE facts > 0 ORDER BY 1, 2, 3`),
      // What was taken out leaves nothing behind.
      read(facts, `SELECT COUNT(*) FROM metric_block WHERE facts = 0 AND (${leftOver})`),
      read(facts, `SELECT COUNT(*) FROM metric_day WHERE facts = 0 AND (${leftOver})`),
      read(facts, 'SELECT COUNT(*) FROM rollup_pause'),
    ],
    summed: [
      read(facts, `SELECT f.entity_key, f.day / 16, ${SLOW_SUMS} FROM metric_fact f GROUP BY 1, 2 ORDER BY 1, 2`),
      read(
        facts,
        `SELECT e.account_key, e.type, f.day, ${SLOW_SUMS} FROM metric_fact f JOIN entity e USING (entity_key) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      ),
      [[0n]],
      [[0n]],
      [[0n]],
    ],
  }
}

test('every table is strict, and the steps are numbered without a gap', () => {
  const facts = openTestFacts()
  const tables = facts.pragma('table_list') as { name: string; strict: number; type: string }[]
  const own = tables.filter((table) => !table.name.startsWith('sqlite_'))
  expect(own.length).toBeGreaterThanOrEqual(10)
  expect(own.filter((table) => table.strict !== 1)).toEqual([])
  expect(loadMigrations('facts').map((step) => step.version)).toEqual(loadMigrations('facts').map((_, k) => k + 1))
  expect(facts.pragma('foreign_key_check')).toEqual([])
})

test('the roll-ups equal the facts after any sequence of new, changed and removed facts', () => {
  const value = fc.option(fc.bigInt(-1000n, 10n ** 12n), { nil: null })
  const row = fc.record({
    entity: fc.integer({ min: 1, max: 4 }),
    day: fc.integer({ min: 20_000, max: 20_050 }),
    counts: fc.tuple(fc.bigInt(0n, 10n ** 15n), fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 6n)),
    values: fc.array(value, { minLength: 13, maxLength: 13 }),
    window: fc.constantFrom(null, 0n, 1n, 7n, 28n),
    source: fc.constantFrom(null, 'entity_setting', 'approximated', 'requested'),
  })
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), row }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), row }) },
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const facts = withEntities()
      const columns = SUMS.join(', ')
      const put = facts.prepare(
        `INSERT INTO metric_fact (entity_key, day, ${columns}, click_window_days, window_source, fetched_at_ms) VALUES (?, ?, ${SUMS.map(() => '?').join(', ')}, ?, ?, 1)
         ON CONFLICT (entity_key, day) DO UPDATE SET ${[...SUMS, 'click_window_days', 'window_source'].map((name) => `${name} = excluded.${name}`).join(', ')}`,
      )
      const remove = facts.prepare('DELETE FROM metric_fact WHERE entity_key = ? AND day = ?')
      for (const {
        kind,
        row: { entity, day, counts, values, window, source },
      } of actions)
        if (kind === 'put') put.run(entity, day, ...counts, ...values, window, source)
        else remove.run(entity, day)
      const rollups = rollupsOf(facts)
      expect(rollups.stored).toEqual(rollups.summed)
      facts.close()
    }),
    { numRuns: 25 },
  )
})

test('the roll-ups equal the facts after any pages of a platform, whatever came twice, moved or stayed away', () => {
  const value = fc.option(fc.bigInt(0n, 10n ** 12n), { nil: null })
  const fact = fc.record({
    entityKey: fc.integer({ min: 1, max: 2 }),
    day: fc.integer({ min: 20_000, max: 20_020 }),
    values: fc.array(value, { minLength: 13, maxLength: 13 }),
    spend: fc.bigInt(0n, 10n ** 15n),
    clickDays: fc.constantFrom(null, 0, 1, 7, 28),
    source: fc.constantFrom(null, 'entity_setting', 'requested', 'approximated'),
  })
  const pull = fc.record({
    pages: fc.array(fc.array(fact, { maxLength: 12 }), { maxLength: 3 }),
    firstOpenDay: fc.integer({ min: 19_999, max: 20_022 }),
    isFinished: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(pull, { minLength: 1, maxLength: 4 }), (pulls) => {
      const facts = withEntities()
      const { metrics, inTransaction } = factsWriters(facts)
      for (const [n, { pages, firstOpenDay, isFinished }] of pulls.entries()) {
        const range = { accountKey: 1, level: 'campaign' as const, startDay: 20_000, endDay: 20_020 }
        const now: Pull = {
          ...range,
          fetchedAtMs: n + 1,
          today: firstOpenDay,
          firstOpenDay,
          heldDays: new Set([20_003, 20_004]),
          stored: metrics.storedDays(1, 'campaign', range.startDay, range.endDay),
          seen: new Map(),
        }
        for (const page of pages)
          inTransaction(() =>
            metrics.storePage(
              now,
              page.map(({ entityKey, day, values, spend, clickDays, source }) => ({
                entityKey,
                day,
                windows: { clickDays: null, viewDays: null, isKnown: false, modifiedAt: null },
                changedDay: null,
                fact: {
                  platform: 'tiktok',
                  accountId: accountIdSchema.parse('tiktok:1'),
                  level: 'campaign',
                  entityId: entityId(accountIdSchema.parse('tiktok:1'), 'campaign', `${entityKey}`),
                  date: '',
                  currency: 'EUR',
                  spendMicros: spend,
                  impressions: Number(spend % 1000n),
                  clicks: Number(spend % 10n),
                  videoViews: values[0] === null ? null : Number(values[0]),
                  reach: null,
                  clickConversionMicros: values[1] ?? null,
                  viewConversionMicros: values[2] ?? null,
                  engagedViewConversionMicros: values[3] ?? null,
                  clickValueMicros: values[4] ?? null,
                  viewValueMicros: values[5] ?? null,
                  engagedViewValueMicros: values[6] ?? null,
                  reportedConversionMicros: values[7] ?? null,
                  reportedValueMicros: values[8] ?? null,
                  click1dConversionMicros: values[9] ?? null,
                  click1dValueMicros: values[10] ?? null,
                  click28dConversionMicros: values[11] ?? null,
                  click28dValueMicros: values[12] ?? null,
                  ...(source === null ? {} : { window: { clickDays, viewDays: null, source } }),
                },
              })),
            ),
          )
        if (isFinished) inTransaction(() => metrics.finishPull(now))
      }
      const rollups = rollupsOf(facts)
      expect(rollups.stored).toEqual(rollups.summed)
      facts.close()
    }),
    { numRuns: 60 },
  )
})

describe('a facts.db of the first version', () => {
  const key = randomBytes(32)
  const file = join(makeTempFolder('facts-0001'), 'facts.db')
  const [first] = loadMigrations('facts')
  if (first === undefined) throw new Error('there is a first step')
  const day = 20_780
  const old = openFacts(file, key, { migrations: [first] })
  old.exec(`
    INSERT INTO account VALUES (1, 'tiktok:7000000000000000001', 'tiktok', 'Shop 1', 'EUR', 'Europe/Berlin', 'active', '', 'c1', 1, 1, 28, 5, 6, ${day});
    INSERT INTO entity VALUES
      (1, 'tiktok:7000000000000000001/campaign/1', 1, 'campaign', NULL, 'Köln', 'köln', 'enabled', 'ENABLE', 'OK', 'none', NULL, '[]', '{}', NULL, NULL, 7, 7, 7),
      (2, 'tiktok:7000000000000000001/ad_group/101', 1, 'ad_group', 'tiktok:7000000000000000001/campaign/1', 'Group', 'group', 'paused', 'DISABLE', 'OK',
        'daily', 120000000, '[]', '{"modifiedAt":"2025-06-01 08:00:00"}', 7, 1, 7, 9, 7),
      (3, 'tiktok:7000000000000000001/ad/77', 1, 'ad', NULL, '', '', 'unknown', '', '', 'none', NULL, '[]', '{}', NULL, NULL, 7, 7, 7);
    INSERT INTO metric_fact (entity_key, day, spend_micros, impressions, clicks, click_conversion_micros, click_window_days, window_source, fetched_at_ms)
      VALUES (1, ${day}, 5000000, 100, 9, 2000000, 7, 'entity_setting', 1), (1, ${day - 1}, 7000000, 50, 1, NULL, NULL, NULL, 1);
    INSERT INTO fetched_day VALUES (1, 'campaign', ${day}, 1, 1, 1, 0);
  `)
  old.close()

  test('is brought up to date with everything that was in it, and a copy is kept', () => {
    const facts = openFacts(file, key)
    expect(existsSync(`${file}.before-${loadMigrations('facts').length}`)).toBe(true)
    const { accounts, entities, entityRows, metrics, trackers, coverage } = factsReaders(facts)
    expect(accounts.all()).toMatchObject([
      { name: 'Shop 1', completeThroughDay: day, lastSyncAtMs: 6, trackersAtMs: null, trackersProblem: null },
    ])
    expect(accounts.all()[0]).not.toHaveProperty('manager')
    expect(entities.byId(adGroup)).toMatchObject({
      status: 'paused',
      dailyBudgetMicros: 120_000_000n,
      clickWindowDays: 7,
      modifiedAt: '2025-06-01 08:00:00',
      delivery: 'unknown',
      listedAtMs: 7,
    })
    expect(entities.byId(adGroup)).not.toHaveProperty('values')
    // What was known from reports only was never listed.
    expect(entities.byKeys([3])).toMatchObject([{ listedAtMs: null }])
    const scope = {
      accountKeys: [1],
      entityKeys: undefined,
      level: 'campaign' as const,
      startDay: day - 30,
      endDay: day,
    }
    expect(metrics.totals(scope)).toMatchObject([
      { facts: 2n, spendMicros: 12_000_000n, known: { reported_conversion_micros: 0n, click_conversion_micros: 1n } },
    ])
    expect(coverage.daysOver(1, 'campaign', day, day)).toBe(1)
    expect(trackers.ofAccount(1)).toEqual([])
    const filter = {
      accountKeys: [1],
      type: 'campaign' as const,
      underId: undefined,
      status: undefined,
      delivery: undefined,
      review: undefined,
      changedSinceMs: undefined,
      nameContains: 'köln',
    }
    expect(entityRows.count(filter)).toBe(1)
    // The roll-ups go on by themselves, with what is new.
    facts.exec(`INSERT INTO metric_fact (entity_key, day, spend_micros, impressions, clicks, reported_conversion_micros, window_source, fetched_at_ms)
      VALUES (1, ${day - 2}, 1, 1, 1, 4000000, 'requested', 1)`)
    expect(metrics.totals(scope)).toMatchObject([
      { facts: 3n, values: { reported_conversion_micros: 4_000_000n }, windows: { requested: 1n } },
    ])
    facts.close()
  })

  test('is synced on: what this version reads for the first time is nobody’s edit, what differs from before is', async () => {
    const platform = paperPlatform({ campaigns: 1, adGroups: 1, ads: 1 })
    const group = platform.entities.get(adGroup)
    if (group === undefined) throw new Error('the platform has that ad group')
    platform.entities.set(adGroup, {
      ...group,
      status: 'enabled',
      values: { cost_cap: '9.00', bid_strategy: 'cost_cap:9.00' },
    })
    const rig = syncRig(platform, { facts: openFacts(file, key) })
    expect(await rig.run(3)).toMatchObject({ state: 'done' })
    const { entities, outsideChanges } = factsReaders(rig.facts)
    expect(entities.byId(adGroup)).toMatchObject({ values: { cost_cap: '9.00' }, status: 'enabled' })
    expect(outsideChanges.ofEntity(2, 50)).toMatchObject([{ field: 'status', before: 'paused', after: 'enabled' }])
  })
})

test('a facts.db of the third version gets the new sums of the facts it holds', () => {
  const key = randomBytes(32)
  const folder = makeTempFolder('facts-0003')
  const old = withEntities(
    openFacts(join(folder, 'facts.db'), key, { migrations: loadMigrations('facts').slice(0, 3) }),
  )
  old.exec(`
    INSERT INTO metric_fact (entity_key, day, ${SUMS.join(', ')}, click_window_days, window_source, fetched_at_ms, first_seen_at_ms)
      SELECT e.entity_key, d.value, e.entity_key * 1000003 + d.value, 7, 3, ${SUMS.slice(3)
        .map((_, k) => `IIF((d.value + e.entity_key) % ${k + 2} = 0, NULL, d.value * ${k + 1})`)
        .join(', ')}, 7, 'requested', 1, (d.value + 3) * 86400000 + 5000
      FROM entity e, json_each('[${Array.from({ length: 40 }, (_, k) => 20_000 + k).join()}]') d;
    DELETE FROM metric_fact WHERE day = 20007;
    INSERT INTO fetched_day SELECT 1, 'campaign', value, 1, 1, value < 20039, 0 FROM json_each('[20000, 20007, 20039]');`)
  old.close()
  const facts = openFacts(join(folder, 'facts.db'), key)
  const rollups = rollupsOf(facts)
  expect(rollups.stored).toEqual(rollups.summed)
  // At most one day more than in any zone; not known of a day without facts; none of a day that was still running.
  expect(read(facts, 'SELECT day, first_over_age_days FROM fetched_day ORDER BY 1')).toEqual([
    [20_000n, 4n],
    [20_007n, null],
    [20_039n, null],
  ])
  facts.exec('UPDATE metric_fact SET click_value_micros = NULL, click_28d_value_micros = 5 WHERE day % 3 = 0')
  facts.exec('DELETE FROM metric_fact WHERE day % 5 = 0')
  const after = rollupsOf(facts)
  expect(after.stored).toEqual(after.summed)
})

test('a fact stays where it is, belongs to an entity, and never holds a fraction', () => {
  const facts = withEntities()
  const insert = (entity: number, spend: unknown) =>
    facts
      .prepare(
        'INSERT INTO metric_fact (entity_key, day, spend_micros, impressions, clicks, fetched_at_ms) VALUES (?, 1, ?, 1, 1, 1)',
      )
      .run(entity, spend)
  insert(1, 9_007_199_254_740_993n)
  expect(facts.prepare('SELECT spend_micros FROM metric_fact').safeIntegers().pluck().get()).toBe(
    9_007_199_254_740_993n,
  )
  expect(() => insert(1, 5)).toThrow(/UNIQUE/)
  expect(() => insert(99, 5)).toThrow(/FOREIGN KEY/)
  expect(() => insert(2, 1.5)).toThrow(/cannot store REAL/)
  expect(() => facts.prepare('UPDATE metric_fact SET day = 2').run()).toThrow(/keeps its entity and day/)
})

test('what was synced is there after a restart, for a writer and for a reader', async () => {
  const key = randomBytes(32)
  const folder = makeTempFolder('facts-reopen')
  const rig = syncRig(undefined, { facts: openTestFacts(folder, key) })
  await rig.run(5)
  const before = contentOf(rig.facts)
  rig.facts.close()
  const again = openFacts(join(folder, 'facts.db'), key)
  expect(contentOf(again)).toEqual(before)
  const reader = openFactsReadOnly(join(folder, 'facts.db'), key)
  expect(factsReaders(reader).accounts.all()).toHaveLength(1)
  expect(() => reader.prepare('DELETE FROM metric_fact').run()).toThrow(/readonly|query_only/i)
})
