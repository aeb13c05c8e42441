/** A large account: 2,000 campaigns over 400 days, in the encrypted file. Reports must not make a person wait. */
import { beforeAll, expect, test } from 'vitest'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import type { FactsDb } from '../../main/store/open.ts'
import { accountIdSchema, entityIdSchema } from '../../shared/domain/ids.ts'
import { METRICS, type ParsedInputOf } from '../../shared/operations.ts'
import { handClock, NOON, openTestFacts } from '../support/facts-rig.ts'

const ENTITIES = 2_000
const DAYS = 400
const LAST = Math.floor(NOON / 86_400_000) - 1
const clock = handClock()
let facts: FactsDb

beforeAll(() => {
  facts = openTestFacts()
  facts
    .prepare(
      `INSERT INTO account (account_key, account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run,
         restatement_days, entities_at_ms, last_sync_at_ms, complete_through)
       VALUES (1, 'tiktok:1', 'tiktok', 'n', 'EUR', 'UTC', 'active', '', 'c', 1, 1, 28, 1, 1, ?)`,
    )
    .run(LAST)
  facts.transaction(() => {
    const entity = facts.prepare(
      `INSERT INTO entity (entity_key, entity_id, account_key, type, name, name_folded, status, raw_status, delivery_status, budget_kind, editable_json,
         details_json, click_window_days, view_window_days, read_at_ms, budget_read_at_ms, status_read_at_ms)
       VALUES (?, ?, 1, 'campaign', ?, ?, 'enabled', '', '', 'none', '[]', '{}', 7, 1, 0, 0, 0)`,
    )
    const held = facts.prepare(`INSERT INTO fetched_day VALUES (1, 'campaign', ?, 1, 1, 1, 1, 1)`)
    const fact =
      facts.prepare(`INSERT INTO metric_fact (entity_key, day, spend_micros, impressions, clicks, video_views, click_conversion_micros,
      view_conversion_micros, click_value_micros, view_value_micros, reported_conversion_micros, reported_value_micros, reach, click_window_days, view_window_days, window_source, fetched_at_ms, first_seen_at_ms)
      VALUES (?, ?, ?, 12345, 321, 9876, 4000000, 1000000, 132000000, 33000000, 5000000, 165000000, 11111, 7, 1, 'entity_setting', 1790000000000, 1790000000000)`)
    for (let day = LAST - DAYS + 1; day <= LAST; day += 1) held.run(day)
    for (let key = 1; key <= ENTITIES; key += 1) {
      entity.run(key, `tiktok:1/campaign/${key}`, `Campaign ${key}`, `campaign ${key}`)
      for (let day = LAST - DAYS + 1; day <= LAST; day += 1) fact.run(key, day, BigInt(key) * 1_000_003n + BigInt(day))
    }
  })()
}, 180_000)

const all = { metrics: [...METRICS], start_date: '2025-10-19', end_date: '2026-11-22' } as const
const cases: readonly [string, Partial<ParsedInputOf<'query_metrics'>>, number][] = [
  ['one total', {}, 200],
  ['by day', { dimensions: ['date'] }, 200],
  ['by campaign, largest spend first', { dimensions: ['campaign'] }, 200],
  [
    'by campaign, best ROAS first, against the period before',
    { dimensions: ['campaign'], order_by: 'roas', compare_to: 'previous_period' },
    200,
  ],
  ['by day and campaign', { dimensions: ['date', 'campaign'] }, 200],
  [
    '50 campaigns by day',
    {
      dimensions: ['date'],
      entity_ids: Array.from({ length: 50 }, (_, n) => entityIdSchema.parse(`tiktok:1/campaign/${n + 1}`)),
    },
    200,
  ],
  // 800,000 keys are really sorted by a metric; nothing prepares for that.
  ['by day and campaign, largest spend first', { dimensions: ['date', 'campaign'], order_by: 'spend' }, 400],
]
test.each(cases)('400 days x 2,000 campaigns: %s', (_name, more, limitMs) => {
  const input = {
    ...all,
    metrics: [...all.metrics],
    account_ids: [accountIdSchema.parse('tiktok:1')],
    limit: 100,
    ...more,
  }
  // Processor time, the best of three: other programs on this machine are not ours.
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    const answer = queryMetrics({ facts, clock }, input)
    expect(answer.totals[0]?.metrics.clicks).toBe(
      input.entity_ids === undefined ? 321 * ENTITIES * DAYS : 321 * 50 * DAYS,
    )
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  expect(Math.min(...times)).toBeLessThan(limitMs)
})
