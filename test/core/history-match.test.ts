/** Which rows of a platform's history are writes of ours: pure rules, told by example and held against random histories. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeChanges, type MatchWindow, missingWrites, usedKey, writeKey } from '../../main/history/match.ts'
import type { PlatformChange } from '../../main/platforms/history.ts'
import type { OwnWrite } from '../../main/store/platform-change-table.ts'
import { accountId, type DraftId, entityId } from '../../shared/domain/ids.ts'

const account = accountId('google_ads', '1112223333')
const campaign = entityId(account, 'campaign', '11')
const other = entityId(account, 'campaign', '12')
const NOON = Date.parse('2026-11-23T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const WINDOW: MatchWindow = { earlyMs: 2 * MINUTE, lateMs: 6 * MINUTE }

let serial = 0
function row(rest: Partial<PlatformChange> = {}): PlatformChange {
  serial += 1
  return {
    changeId: `row-${serial}`,
    atMs: NOON,
    precisionMs: 0,
    entityId: campaign,
    target: rest.entityId ?? campaign,
    field: 'daily_budget',
    what: 'campaign_budget.amountMicros',
    before: '100.00',
    after: '120.00',
    actor: 'somebody@shop.example',
    tool: 'GOOGLE_ADS_API',
    isApi: true,
    ...rest,
  }
}
function write(rest: Partial<OwnWrite> = {}): OwnWrite {
  serial += 1
  return {
    draftId: `d_${String.fromCharCode(
      ...String(serial)
        .padStart(16, '0')
        .split('')
        .map((digit) => 97 + Number(digit)),
    )}` as DraftId,
    k: 0,
    entityId: campaign,
    target: campaign,
    field: 'daily_budget',
    before: '100.00',
    after: '120.00',
    sentAtMs: NOON,
    outcome: 'applied',
    ...rest,
  }
}
const judge = (rows: readonly PlatformChange[], writes: readonly OwnWrite[], used = new Set<string>()) =>
  judgeChanges(rows, writes, used, WINDOW).map(({ match }) => match)

describe('a row is ours', () => {
  test('when place, value and time fit, whatever became of the write in our records', () => {
    for (const outcome of ['applied', 'refused', 'not_sent', 'not_applied', 'conflict', null] as const)
      expect(judge([row()], [write({ outcome })])).toEqual(['ours'])
  })

  test('when the clocks differ a little, the platform took its time, or counts only minutes', () => {
    expect(judge([row({ atMs: NOON - 90_000 })], [write()])).toEqual(['ours'])
    expect(judge([row({ atMs: NOON + 5 * MINUTE })], [write()])).toEqual(['ours'])
    expect(judge([row({ atMs: NOON - 3 * MINUTE, precisionMs: 59_999 })], [write()])).toEqual(['unclear'])
    expect(judge([row({ atMs: NOON - 150_000, precisionMs: 59_999 })], [write()])).toEqual(['ours'])
  })

  test('when it is a shared budget that the write touched, whichever campaign the platform names', () => {
    const target = `${account}/budget/5`
    expect(judge([row({ entityId: other, target })], [write({ target })])).toEqual(['ours'])
    expect(judge([row({ entityId: undefined, target })], [write({ target })])).toEqual(['ours'])
    expect(judge([row({ entityId: other, target: other })], [write({ target })])).toEqual(['outside'])
  })

  test('when it follows from a strategy that we set, or tells a budget for tomorrow as the budget', () => {
    const strategy = write({ field: 'bid_strategy', before: 'lowest_cost', after: 'cost_cap:9.00' })
    expect(judge([row({ field: 'bid_strategy', after: 'cost_cap:9.00' })], [strategy])).toEqual(['ours'])
    expect(judge([row({ field: 'cost_cap', after: '9.00' })], [strategy])).toEqual(['ours'])
    expect(judge([row({ field: 'bid_cap', after: '' })], [strategy])).toEqual(['ours'])
    expect(judge([row({ field: 'cost_cap', after: '9.50' })], [strategy])).toEqual(['outside'])
    expect(judge([row({ after: '120.00' })], [write({ field: 'scheduled_budget' })])).toEqual(['ours'])
  })
})

describe('a row is of somebody else', () => {
  test('when the platform says that it did not come in through its API', () => {
    expect(judge([row({ isApi: false, tool: 'GOOGLE_ADS_WEB_CLIENT' })], [write()])).toEqual(['outside'])
  })
  test('when value, place or field differ, or there is no write at all', () => {
    expect(judge([row({ after: '121.00' })], [write()])).toEqual(['outside'])
    expect(judge([row({ entityId: other })], [write()])).toEqual(['outside'])
    expect(judge([row({ field: 'status', after: 'paused' })], [write()])).toEqual(['outside'])
    expect(judge([row()], [])).toEqual(['outside'])
    expect(judge([row({ entityId: undefined, target: undefined, field: undefined })], [])).toEqual(['outside'])
  })
  test('when our write is told already: one write is one row of a field', () => {
    const rows = [
      row(),
      row({ atMs: NOON + MINUTE, before: '120.00', after: '100.00' }),
      row({ atMs: NOON + 2 * MINUTE }),
    ]
    expect(judge(rows, [write()])).toEqual(['ours', 'outside', 'outside'])
    const known = write()
    expect(judge([row()], [known], new Set([usedKey(known, 'daily_budget')]))).toEqual(['outside'])
  })
  test('when the same value came hours before the write, which has a row of its own', () => {
    expect(judge([row({ atMs: NOON - 7 * HOUR }), row()], [write()])).toEqual(['outside', 'ours'])
  })
})

describe('a row stays unclear', () => {
  test('when the platform does not tell the value', () => {
    expect(judge([row({ after: undefined })], [write()])).toEqual(['unclear'])
  })
  test('when all but the time fits: one of the clocks is wrong', () => {
    expect(judge([row({ atMs: NOON + 5 * HOUR })], [write()])).toEqual(['unclear'])
    expect(judge([row({ atMs: NOON + 50 * HOUR })], [write()])).toEqual(['outside'])
  })
  test('when something this app cannot change moved on the thing that it was just writing', () => {
    expect(judge([row({ field: undefined })], [write()])).toEqual(['unclear'])
    expect(judge([row({ field: undefined, entityId: other, target: other })], [write()])).toEqual(['outside'])
  })
})

describe('a write is missing', () => {
  const known = { fromMs: NOON - HOUR, untilMs: NOON + HOUR }
  const missing = (writes: readonly OwnWrite[], linked: readonly OwnWrite[] = []) =>
    missingWrites(writes, new Set(linked.map(writeKey)), known, WINDOW)

  test('when it was applied inside the known stretch and no row is, or may be, it', () => {
    const one = write()
    expect(missing([one])).toEqual([one])
    expect(missing([one], [one])).toEqual([])
  })
  test('but not when it changed nothing, was not applied, or lies outside of what is known', () => {
    const others = [
      write({ before: '120.00' }),
      ...(['refused', 'not_sent', 'not_applied', 'conflict', null] as const).map((outcome) => write({ outcome })),
      write({ sentAtMs: NOON - HOUR + MINUTE }),
      write({ sentAtMs: NOON + HOUR - MINUTE }),
    ]
    expect(missing(others)).toEqual([])
  })
})

/** Writes and the rows they leave, with edits of somebody else in between that are never like them. */
const stories = fc
  .array(
    fc.record({
      isOurs: fc.boolean(),
      minutes: fc.integer({ min: 0, max: 5_000 }),
      delayMs: fc.integer({ min: -100_000, max: 350_000 }),
      entity: fc.integer({ min: 1, max: 4 }),
      step: fc.integer({ min: 1, max: 999 }),
    }),
    { maxLength: 30 },
  )
  .map((events) =>
    events.map((event, at) => {
      const id = entityId(account, 'campaign', String(event.entity))
      // Every value once: an edit that is like a write in everything cannot be told from it by anybody.
      const after = `${1_000 + at}.00`
      const sentAtMs = NOON + event.minutes * MINUTE
      return {
        ...event,
        write: write({ entityId: id, target: id, after, sentAtMs }),
        row: row({ entityId: id, target: id, after, atMs: sentAtMs + event.delayMs, isApi: undefined }),
      }
    }),
  )

test('in any history every write of ours is found, no edit of somebody else is taken for one, and nothing is missing', () => {
  const check = fc.check(
    fc.property(stories, (events) => {
      const writes = events.filter(({ isOurs }) => isOurs).map((event) => event.write)
      const judged = judgeChanges(
        events.map((event) => event.row),
        writes,
        new Set(),
        WINDOW,
      )
      const wrong = judged.filter(({ change, match }) => {
        const event = events.find((each) => each.row === change)
        return match !== (event?.isOurs === true ? 'ours' : 'outside')
      })
      const linked = new Set(judged.flatMap(({ write: found }) => (found === undefined ? [] : [writeKey(found)])))
      const gone = missingWrites(writes, linked, { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }, WINDOW)
      return wrong.length === 0 && gone.length === 0
    }),
    { numRuns: 500 },
  )
  expect(check.counterexample).toBeNull()
  expect(check.numRuns).toBe(500)
})

test('in any history a row that is left out makes exactly its write missing', () => {
  const check = fc.check(
    fc.property(stories, fc.nat(), (events, pick) => {
      const ours = events.filter(({ isOurs }) => isOurs)
      if (ours.length === 0) return true
      const hidden = ours[pick % ours.length]
      const judged = judgeChanges(
        events.filter((each) => each !== hidden).map((event) => event.row),
        ours.map((event) => event.write),
        new Set(),
        WINDOW,
      )
      const linked = new Set(judged.flatMap(({ write: found }) => (found === undefined ? [] : [writeKey(found)])))
      const gone = missingWrites(
        ours.map((event) => event.write),
        linked,
        { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER },
        WINDOW,
      )
      return gone.length === 1 && gone[0] === hidden?.write
    }),
    { numRuns: 500 },
  )
  expect(check.counterexample).toBeNull()
  expect(check.numRuns).toBe(500)
})
