/** The fuse against runaway spend: what blows it, what does not, and that a reset is believed. On a real facts.db and a real ledger. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBreaker } from '../../main/approval/breaker.ts'
import {
  ACCEPTED_DAYS,
  anomalyOf,
  BASELINE_DAYS,
  createSpendWatch,
  MIN_BASELINE_DAYS,
} from '../../main/approval/spend-watch.ts'
import { dayOf } from '../../main/reporting/calendar.ts'
import { createSettingTable } from '../../main/store/setting-table.ts'
import { createSpendReader } from '../../main/store/spend-query.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { startRig } from '../support/approval-rig.ts'
import { DAY_MS, NOON, openTestFacts } from '../support/facts-rig.ts'

const M = 1_000_000n
const steady = (days: number, units = 100n) => Array.from({ length: days }, () => units * M)
const usual = { before: steady(28), raisedMicros: 0n, currency: 'EUR' }

describe('a day of spend', () => {
  test('is anomalous beyond three times the usual day', () => {
    expect(anomalyOf({ ...usual, spendMicros: 300n * M })).toBeUndefined()
    expect(anomalyOf({ ...usual, spendMicros: 300n * M + 1n })).toBe(100n * M)
  })

  test('of a small account needs an amount that matters', () => {
    const small = { ...usual, before: steady(28, 2n) }
    expect(anomalyOf({ ...small, spendMicros: 52n * M })).toBeUndefined()
    expect(anomalyOf({ ...small, spendMicros: 53n * M })).toBe(2n * M)
    expect(anomalyOf({ ...small, currency: 'JPY', spendMicros: 5_002n * M })).toBeUndefined()
    expect(anomalyOf({ ...small, currency: 'JPY', spendMicros: 5_003n * M })).toBe(2n * M)
  })

  test('is explained by what was approved, twice over because a platform may spend twice a budget on one day', () => {
    expect(anomalyOf({ ...usual, raisedMicros: 200n * M, spendMicros: 700n * M })).toBeUndefined()
    expect(anomalyOf({ ...usual, raisedMicros: 200n * M, spendMicros: 701n * M })).toBe(100n * M)
    expect(anomalyOf({ ...usual, raisedMicros: -50n * M, spendMicros: 301n * M })).toBe(100n * M)
  })

  test('says nothing while too little is known', () => {
    const few = [...steady(MIN_BASELINE_DAYS - 1), ...Array.from({ length: 20 }, () => 0n)]
    expect(anomalyOf({ ...usual, before: few, spendMicros: 9_999n * M })).toBeUndefined()
  })

  test('is judged the same in any currency of the same scale, and more spend never looks better', () => {
    const micros = fc.bigInt({ min: 0n, max: 10n ** 13n })
    fc.assert(
      fc.property(
        fc.array(micros, { maxLength: 28 }),
        micros,
        micros,
        micros,
        (before, spendMicros, more, raisedMicros) => {
          const facts = { before, raisedMicros, currency: 'EUR' }
          const one = anomalyOf({ ...facts, spendMicros })
          expect(anomalyOf({ ...facts, currency: 'USD', spendMicros })).toBe(one)
          const worse = anomalyOf({ ...facts, spendMicros: spendMicros + more })
          expect(one === undefined || worse !== undefined).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})

async function start(zone = 'Europe/Berlin') {
  const rig = await startRig([])
  const facts = openTestFacts()
  const settings = createSettingTable(rig.db)
  let nowMs = NOON
  const breaker = createBreaker({
    settings,
    audit: rig.audit,
    clock: rig.clock,
    steady: { nowMs: () => nowMs },
    log: { error: () => undefined },
    isInTransaction: () => rig.db.inTransaction,
    onChange: () => undefined,
  })
  const account = (key: number, id: string, isListed = 1) =>
    facts
      .prepare(
        `INSERT INTO account (account_key, account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run, restatement_days)
         VALUES (?, ?, 'meta', 'Shop', 'EUR', ?, 'active', '1', 'c', ?, 1, 28)`,
      )
      .run(key, id, zone, isListed)
  const campaign = (key: number) =>
    facts
      .prepare(
        `INSERT INTO entity (entity_key, entity_id, account_key, type, name, name_folded, status, raw_status, delivery_status, budget_kind, editable_json, details_json, read_at_ms, budget_read_at_ms, status_read_at_ms)
         VALUES (?, ?, ?, 'campaign', 'C', 'c', 'enabled', '1', '1', 'daily', '[]', '{}', 0, 0, 0)`,
      )
      .run(key, `meta_${key}/campaign/1`, key)
  const spend = (key: number, daysAgo: number, units: number) =>
    facts
      .prepare(
        `INSERT INTO metric_fact (entity_key, day, spend_micros, impressions, clicks, fetched_at_ms) VALUES (?, ?, ?, 10, 1, 0)
         ON CONFLICT DO UPDATE SET spend_micros = excluded.spend_micros`,
      )
      .run(key, (dayOf('2026-11-23') ?? 0) - daysAgo, BigInt(units) * M)
  const raised = new Map<AccountId, bigint>()
  const leftOut = new Set<string>()
  const look = createSpendWatch({
    spend: createSpendReader(facts),
    settings,
    breaker,
    raisedSince: () => raised,
    nowMs: () => nowMs,
    steadyMs: () => nowMs,
    isLeftOut: (id) => leftOut.has(id),
  })
  const pass = (days: number): void => void (nowMs += days * DAY_MS)
  return { ...rig, breaker, account, campaign, spend, raised, leftOut, look, pass }
}

describe('after a sync', () => {
  async function withHistory() {
    const world = await start()
    for (const key of [1, 2]) {
      world.account(key, `meta:${key}`)
      world.campaign(key)
      for (let day = 1; day <= BASELINE_DAYS + 3; day += 1) world.spend(key, day, 100)
    }
    return world
  }

  test('an ordinary day stops nothing', async () => {
    const { spend, look, breaker } = await withHistory()
    spend(1, 0, 290)
    look()
    expect(breaker.state().isOpen).toBe(false)
  })

  test.each([
    ['today, still running', 0],
    ['yesterday', 1],
  ])('a runaway day stops changes, with its record and in words: %s', async (_name, daysAgo) => {
    const { spend, look, breaker, audit } = await withHistory()
    spend(2, daysAgo, 5_000)
    look()
    expect(breaker.state()).toMatchObject({ isOpen: true, reason: 'anomalous_spend', accountId: 'meta:2' })
    expect(breaker.state().message).toContain('spent 5000.00 EUR on 2026-11-2')
    expect(breaker.state().message).toContain('100.00 EUR is usual')
    const [row] = audit.list({ type: 'breaker.tripped', limit: 1 })
    expect(row?.record?.data).toMatchObject({ reason: 'anomalous_spend', account: 'meta:2' })
  })

  test('a day further back is history', async () => {
    const { spend, look, breaker } = await withHistory()
    spend(1, 2, 5_000)
    look()
    expect(breaker.state().isOpen).toBe(false)
  })

  test('what was approved here explains it', async () => {
    const { spend, look, breaker, raised } = await withHistory()
    spend(1, 0, 500)
    raised.set('meta:1' as AccountId, 100n * M)
    look()
    expect(breaker.state().isOpen).toBe(false)
  })

  test('a reset is believed for a week, and not for ever more spend', async () => {
    const { spend, look, breaker, pass } = await withHistory()
    spend(1, 0, 500)
    look()
    breaker.reset()
    look()
    expect(breaker.state().isOpen).toBe(false)
    pass(1)
    spend(1, -1, 1_600)
    look()
    expect(breaker.state().isOpen).toBe(true)
    breaker.reset()
    pass(ACCEPTED_DAYS + 1)
    spend(1, -1 - ACCEPTED_DAYS - 1, 1_600)
    look()
    expect(breaker.state().isOpen).toBe(true)
  })

  test('accounts that come from files, or that are gone, are left out', async () => {
    const world = await withHistory()
    world.leftOut.add('meta:1')
    world.spend(1, 0, 5_000)
    world.account(3, 'meta:3', 0)
    world.campaign(3)
    for (let day = 1; day <= 20; day += 1) world.spend(3, day, 100)
    world.spend(3, 0, 5_000)
    world.look()
    expect(world.breaker.state().isOpen).toBe(false)
  })

  test('a stop that stands already keeps its reason', async () => {
    const { spend, look, breaker } = await withHistory()
    breaker.trip('platform_errors')
    spend(1, 0, 5_000)
    look()
    expect(breaker.state().reason).toBe('platform_errors')
  })
})
