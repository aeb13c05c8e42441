/** What changed guardrails would have done to past drafts: judged again in order, from what is on record and nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Draft, DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import { accountId, type DraftId, type EntityId, entityId } from '../../shared/domain/ids.ts'
import { FIRST_POLICY, type Policy } from '../../main/drafts/policy.ts'
import { type PastApproval, type PastDraft, type Replay, replayPolicy } from '../../main/drafts/replay.ts'

const EUR = 1_000_000n
const HOUR_MS = 3_600_000
/** A Wednesday, 14:00 in Berlin. */
const NOON_MS = Date.UTC(2026, 5, 10, 12, 0)
const META = accountId('meta', '42')
const campaign = (external: string): EntityId => entityId(META, 'campaign', external)
const PASS: PolicyResult = { version: 1, outcome: 'pass', rules: [] }

const item = (
  k: number,
  id: EntityId,
  before: number,
  requested: number,
  rest: Partial<DraftItem> = {},
): DraftItem => ({
  k,
  platform: 'meta',
  accountId: META,
  entityId: id,
  entityType: 'campaign',
  path: [],
  kind: 'set_budget',
  field: 'daily_budget',
  currency: 'EUR',
  before: `${before}.00`,
  requested: `${requested}.00`,
  after: `${requested}.00`,
  movementMicros: BigInt(requested - before) * EUR,
  netMicros: BigInt(requested - before) * EUR,
  takesEffect: 'immediately',
  target: id,
  affects: [],
  ...rest,
})

let made = 0
/** A draft of so many hours after noon, approved an hour later where told. */
function past(
  hours: number,
  items: readonly DraftItem[],
  rest: Partial<Draft> & { approved?: 'applied' | 'refused' | null } = {},
): PastDraft {
  const { approved, ...draft } = rest
  made += 1
  const createdAtMs = NOON_MS + hours * HOUR_MS
  const approvals: readonly PastApproval[] =
    approved === undefined
      ? []
      : items.map(({ k }) => ({
          k,
          approvedAtMs: createdAtMs + HOUR_MS,
          approvedSteadyMs: createdAtMs + HOUR_MS,
          outcome: approved,
        }))
  return {
    approvals,
    draft: {
      draftId: `d_${made.toString(36).padStart(16, 'a')}` as DraftId,
      state: 'pending',
      originKind: 'agent',
      originId: 'c1',
      originName: '',
      title: `Draft ${made}`,
      rationale: '',
      idempotencyKey: '',
      requestHash: '',
      policy: PASS,
      draftHash: '',
      createdAtMs,
      expiresAtMs: createdAtMs + 48 * HOUR_MS,
      updatedAtMs: createdAtMs,
      items,
      ...draft,
    },
  }
}

function replay(drafts: readonly PastDraft[], policy: Partial<Policy> = {}, max = 200): Replay {
  const steps = replayPolicy(
    drafts,
    { ...FIRST_POLICY, ...policy },
    {
      account: () => ({ timeZone: 'Europe/Berlin', currency: 'EUR' }),
      above: () => [],
      convertedRecently: (id: EntityId) => id === campaign('9'),
    },
    max,
  )
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}
const told = ({ differing }: Replay) => differing.map(({ stage, recorded, now, rule }) => [stage, recorded, now, rule])

describe('a replay', () => {
  test('of the policy of then finds nothing that differs', () => {
    const found = replay([
      past(0, [item(0, campaign('1'), 100, 140)], { approved: 'applied' }),
      past(2, [item(0, campaign('2'), 100, 60)], { approved: 'applied' }),
    ])
    expect(found).toEqual({
      recorded: { pass: 2, clamp: 0, block: 0 },
      now: { pass: 2, clamp: 0, block: 0 },
      stricter: 0,
      moreLenient: 0,
      differing: [],
    })
  })

  test('names what a smaller step would have reduced and a lower limit blocked', () => {
    const found = replay(
      [past(0, [item(0, campaign('1'), 100, 140)]), past(1, [item(0, campaign('2'), 1_000, 1_150)])],
      { maxStepBasisPoints: 2_000n, envelopeNetUnits: 100n },
    )
    expect(told(found)).toEqual([
      ['propose', 'pass', 'clamp', 'max_step_percent'],
      ['propose', 'pass', 'block', 'envelope_net'],
    ])
    expect([found.stricter, found.moreLenient]).toEqual([2, 0])
  })

  test('counts the envelope from the approvals that would still have happened, at their times', () => {
    const drafts = [
      past(0, [item(0, campaign('1'), 500, 700)], { approved: 'applied' }),
      past(2, [item(0, campaign('2'), 500, 700)], { approved: 'applied' }),
      past(4, [item(0, campaign('3'), 500, 580)], { approved: 'applied' }),
      past(40, [item(0, campaign('4'), 500, 700)], { approved: 'applied' }),
    ]
    // 200 fits, another 200 does not; because that one would not have happened, 80 does. A day later there is room again.
    expect(told(replay(drafts, { envelopeNetUnits: 300n }))).toEqual([['propose', 'pass', 'block', 'envelope_net']])
  })

  test('judges at the approval what only speaks then: quiet hours and the cool-down', () => {
    const quiet = { quietHours: [{ days: [3], from: '15:00', to: '16:00' }] }
    const raise = past(0, [item(0, campaign('1'), 100, 120)], { approved: 'applied' })
    expect(told(replay([raise], quiet))).toEqual([['confirm', 'pass', 'block', 'quiet_hours']])
    expect(told(replay([past(3, [item(0, campaign('1'), 100, 120)], { approved: 'applied' })], quiet))).toEqual([])
    expect(told(replay([past(0, [item(0, campaign('1'), 100, 120)])], quiet))).toEqual([])
    const again = past(1, [item(0, campaign('1'), 120, 130)], { approved: 'applied' })
    expect(told(replay([raise, again], { coolDownMinutes: 90 }))).toEqual([['confirm', 'pass', 'block', 'cool_down']])
    const refused = past(0, [item(0, campaign('1'), 100, 120)], { approved: 'refused' })
    expect(told(replay([refused, again], { coolDownMinutes: 90 }))).toEqual([])
  })

  test('tells what would pass now by the rule of then, and lets it use up nothing', () => {
    const blocked: PolicyResult = {
      version: 1,
      outcome: 'block',
      rules: [{ rule: 'envelope_net', outcome: 'block', limit: '500.00', message: 'Too much.' }],
    }
    const rise = (external: string, approved?: 'applied') =>
      past(made, [item(0, campaign(external), 500, 700)], approved === undefined ? { policy: blocked } : { approved })
    const found = replay([rise('1'), rise('2'), rise('3', 'applied')], {
      envelopeNetUnits: 250n,
      envelopeGrossUnits: 250n,
    })
    expect(told(found)).toEqual([
      ['propose', 'block', 'pass', 'envelope_net'],
      ['propose', 'block', 'pass', 'envelope_net'],
    ])
    expect([found.moreLenient, found.now.pass]).toEqual([2, 3])
  })

  test('leaves alone what the platform decided', () => {
    const minimum: PolicyResult = {
      version: 1,
      outcome: 'block',
      rules: [{ rule: 'platform_minimum', outcome: 'block', limit: '20.00', message: 'Under the minimum.' }],
    }
    const found = replay([past(0, [item(0, campaign('1'), 100, 15)], { policy: minimum })], { digitSlipFactor: 1_000n })
    expect(found).toMatchObject({ now: { block: 1 }, differing: [] })
  })

  test('knows protection, look-backs, the hour’s drafts and several changes as a whole', () => {
    const pause = item(0, campaign('9'), 0, 0, {
      kind: 'set_status',
      field: 'status',
      before: 'enabled',
      requested: 'paused',
      after: 'paused',
    })
    expect(told(replay([past(0, [pause])], { pauseLookbackDays: 7 }))).toEqual([
      ['propose', 'pass', 'block', 'pause_lookback'],
    ])
    expect(told(replay([past(0, [pause])], { protectedIds: [META] }))).toEqual([
      ['propose', 'pass', 'block', 'protected_entity'],
    ])
    const three = [0, 0.2, 0.4].map((hours) => past(hours, [item(0, campaign(`h${hours * 10}`), 100, 110)]))
    expect(told(replay(three, { maxDraftsPerHour: 2 }))).toEqual([['propose', 'pass', 'block', 'drafts_per_hour']])
    const swap = past(0, [item(0, campaign('1'), 500, 300), item(1, campaign('2'), 500, 700)])
    expect(told(replay([swap], { envelopeNetUnits: 1n }))).toEqual([])
    expect(told(replay([swap], { envelopeGrossUnits: 399n, envelopeNetUnits: 1n }))).toEqual([
      ['propose', 'pass', 'block', 'envelope_gross'],
    ])
  })

  test('judges bids and strategies by what is on record', () => {
    const bid = item(0, campaign('1'), 10, 14, {
      kind: 'set_bid',
      field: 'cost_cap',
      movementMicros: 0n,
      netMicros: 0n,
    })
    const target = (from: string, to: string) =>
      item(0, campaign('2'), 0, 0, {
        kind: 'set_bid_strategy',
        field: 'bid_strategy',
        before: from,
        requested: to,
        after: to,
      })
    const policy = { maxStepBasisPoints: 1_000n, maxBidUnitMicros: 12n * EUR }
    expect(told(replay([past(0, [bid])], policy))).toEqual([['propose', 'pass', 'clamp', 'max_step_percent']])
    expect(told(replay([past(0, [target('cost_cap:9.00', 'cost_cap:10.00')])], policy))).toEqual([
      ['propose', 'pass', 'clamp', 'max_step_percent'],
    ])
    expect(told(replay([past(0, [target('cost_cap:9.00', 'bid_cap:1.00')])], policy))).toEqual([])
  })

  test('lists no more than it is told to, and counts them all', () => {
    const drafts = Array.from({ length: 12 }, (_, at) => past(at * 30, [item(0, campaign('1'), 100, 140)]))
    const found = replay(drafts, { maxStepBasisPoints: 100n }, 5)
    expect([found.differing.length, found.stricter, found.now.clamp]).toEqual([5, 12, 12])
  })

  test('never approves past the changed envelope, whatever happened', () => {
    let blockedInAll = 0
    const event = fc.record({
      hours: fc.integer({ min: 0, max: 200 }),
      to: fc.integer({ min: 400, max: 700 }),
      isApproved: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.integer({ min: 1, max: 400 }), (events, limit) => {
        const drafts = events
          .toSorted((a, b) => a.hours - b.hours)
          .map(({ hours, to, isApproved }, at) =>
            past(
              hours,
              [item(0, campaign(`${at}`), 500, to === 500 ? 501 : to)],
              isApproved ? { approved: 'applied' } : {},
            ),
          )
        const found = replay(drafts, { envelopeGrossUnits: BigInt(limit), envelopeNetUnits: BigInt(limit) })
        const blocked = new Set(found.differing.filter((each) => each.now === 'block').map((each) => each.draftId))
        blockedInAll += blocked.size
        const allowed = drafts.filter(({ draft, approvals }) => approvals.length > 0 && !blocked.has(draft.draftId))
        return allowed.every(({ draft, approvals }) => {
          const atMs = approvals[0]?.approvedSteadyMs ?? 0
          const [own] = draft.items
          if (own === undefined || own.movementMicros <= 0n) return true
          const before = allowed.filter((each) => {
            const other = each.approvals[0]?.approvedSteadyMs ?? 0
            return (
              other > atMs - 24 * HOUR_MS && (other < atMs || (other === atMs && each.draft.draftId <= draft.draftId))
            )
          })
          const gross = before.reduce((sum, each) => {
            const moved = each.draft.items[0]?.movementMicros ?? 0n
            return sum + (moved < 0n ? -moved : moved)
          }, 0n)
          return gross <= BigInt(limit) * EUR
        })
      }),
      { numRuns: 500 },
    )
    expect(blockedInAll).toBeGreaterThan(500)
  })
})
