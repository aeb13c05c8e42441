import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadMigrations } from '../../main/store/migrate.ts'
import { openFacts, openFactsReadOnly } from '../../main/store/open.ts'
import { factsReaders } from '../../main/store/facts-tables.ts'
import { contentOf, openTestFacts, syncRig } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

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
}
const SLOW_SUMS = [
  'COUNT(*)',
  ...SUMS.map((name) => `COALESCE(SUM(f.${name}), 0)`),
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
  ...Object.keys(KNOWN),
  'window_known',
  'window_days',
  'window_squares',
  'window_approximated',
  'window_requested',
].join(', ')

/** Two accounts with entities 1..4 of all levels, no facts. */
function withEntities() {
  const facts = openTestFacts()
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
    values: fc.array(value, { minLength: 8, maxLength: 8 }),
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
      const read = (sql: string): unknown[] => facts.prepare(sql).safeIntegers().raw().all()
      expect(read(`SELECT entity_key, block, ${STORED_SUMS} FROM metric_block WHERE facts > 0 ORDER BY 1, 2`)).toEqual(
        read(`SELECT f.entity_key, f.day / 16, ${SLOW_SUMS} FROM metric_fact f GROUP BY 1, 2 ORDER BY 1, 2`),
      )
      expect(
        read(`SELECT account_key, level, day, ${STORED_SUMS} FROM metric_day WHERE facts > 0 ORDER BY 1, 2, 3`),
      ).toEqual(
        read(
          `SELECT e.account_key, e.type, f.day, ${SLOW_SUMS} FROM metric_fact f JOIN entity e USING (entity_key) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
        ),
      )
      // What was taken out leaves nothing behind.
      expect(
        read(`SELECT COUNT(*) FROM metric_block WHERE facts = 0 AND (spend_micros <> 0 OR video_known <> 0)`),
      ).toEqual([[0n]])
      facts.close()
    }),
    { numRuns: 25 },
  )
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
