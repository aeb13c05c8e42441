/** What the limits say of a draft as a whole: each rule, at each step, for one change and for several. */
import { describe, expect, test } from 'vitest'
import type { DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import { type AccountId, accountId, type EntityId, entityId } from '../../shared/domain/ids.ts'
import { isEasing } from '../../main/drafts/easing.ts'
import { judgeSet, type SetContext, waitingFor } from '../../main/drafts/guardrails.ts'
import { FIRST_POLICY, type Policy } from '../../main/drafts/policy.ts'

const EUR = 1_000_000n
const GOOGLE = accountId('google_ads', '111')
const META = accountId('meta', '42')
const campaign = (external: string, account: AccountId = GOOGLE): EntityId => entityId(account, 'campaign', external)
const group = (external: string, account: AccountId = GOOGLE): EntityId => entityId(account, 'ad_group', external)
/** Every ad group "x1" lies under campaign "x". */
const above = (id: EntityId): readonly EntityId[] =>
  id.includes('/ad_group/') ? [campaign(id.slice(-2, -1), id.slice(0, id.indexOf('/')) as AccountId)] : []

/** A budget that changes by so many euros a day. */
function budget(k: number, id: EntityId, by: bigint, rest: Partial<DraftItem> = {}): DraftItem {
  const account = id.slice(0, id.indexOf('/')) as AccountId
  return {
    k,
    platform: account === META ? 'meta' : 'google_ads',
    accountId: account,
    entityId: id,
    entityType: id.includes('/ad_group/') ? 'ad_group' : 'campaign',
    path: [],
    kind: 'set_budget',
    field: 'daily_budget',
    currency: 'EUR',
    before: '1000.00',
    requested: `${1000n + by}.00`,
    after: `${1000n + by}.00`,
    movementMicros: by * EUR,
    netMicros: by * EUR,
    takesEffect: 'immediately',
    target: id,
    affects: [],
    ...rest,
  }
}
const pause = (k: number, id: EntityId, by = 0n): DraftItem =>
  budget(k, id, by, { kind: 'set_status', field: 'status', before: 'enabled', requested: 'paused', after: 'paused' })

const PASS: PolicyResult = { version: 1, outcome: 'pass', rules: [] }
const usage = (net: bigint, gross: bigint) => ({ netMicros: net * EUR, grossMicros: gross * EUR })

function context(rest: Partial<SetContext> = {}, policy: Partial<Policy> = {}): SetContext {
  return {
    policy: { ...FIRST_POLICY, ...policy },
    nowMs: Date.UTC(2026, 5, 10, 12, 0),
    steadyMs: 1_000_000_000,
    originKind: 'agent',
    originId: 'c1',
    isUndo: false,
    stage: 'arm',
    breaker: undefined,
    account: () => ({ timeZone: 'Europe/Berlin', currency: 'EUR' }),
    above,
    usageOf: () => usage(0n, 0n),
    allUsage: () => [],
    lastAppliedSteadyMs: () => undefined,
    draftsLastHour: () => 0,
    ...rest,
  }
}
const judge = (items: readonly DraftItem[], at: SetContext): PolicyResult =>
  judgeSet(
    items,
    items.map(() => PASS),
    at,
  )
const names = (result: PolicyResult): readonly string[] => result.rules.map((each) => each.rule)

describe('the verdicts on the changes', () => {
  const clamped: PolicyResult = {
    version: 1,
    outcome: 'clamp',
    rules: [{ rule: 'max_step_percent', outcome: 'clamp', limit: '50', message: 'c' }],
  }
  const blocked: PolicyResult = {
    version: 1,
    outcome: 'block',
    rules: [{ rule: 'unknown_spend', outcome: 'block', limit: '0', message: 'b' }],
  }

  test('of a draft of one change are its verdict, unchanged and without a number', () => {
    for (const own of [PASS, clamped, blocked])
      expect(judgeSet([budget(0, campaign('1'), 1n)], [own], context())).toEqual(own)
  })

  test('of several are numbered, and what blocks comes last', () => {
    const items = [budget(0, campaign('1'), 1n), budget(1, campaign('2'), 1n), budget(2, campaign('3'), 1n)]
    const result = judgeSet(items, [blocked, clamped, PASS], context())
    expect(result.outcome).toBe('block')
    expect(result.rules.map(({ k, rule }) => [k, rule])).toEqual([
      [1, 'max_step_percent'],
      [0, 'unknown_spend'],
    ])
  })

  test('never get so many that they cannot be kept, and the blocks are the last to go', () => {
    const items = Array.from({ length: 100 }, (_, k) => budget(k, campaign(`c${k}`), 1n))
    const result = judgeSet(
      items,
      items.map((_, k) => (k === 99 ? blocked : clamped)),
      context(),
    )
    expect(result.rules.length).toBe(60)
    expect(result.rules.at(-1)).toMatchObject({ rule: 'unknown_spend', k: 99 })
  })
})

describe('the envelope', () => {
  test('of one change is net for raises, gross for swaps, and never holds back a cut', () => {
    const raise = [budget(0, campaign('1'), 100n)]
    expect(judge(raise, context({ usageOf: () => usage(450n, 450n) })).rules[0]).toMatchObject({
      rule: 'envelope_net',
      limit: '500.00',
      message:
        'With this change approvals of the last 24 hours would raise spend by 550.00 EUR per day; the limit is 500.00.',
    })
    expect(names(judge(raise, context({ usageOf: () => usage(0n, 1_450n) })))).toEqual(['envelope_gross'])
    expect(judge(raise, context({ usageOf: () => usage(400n, 1_400n) })).outcome).toBe('pass')
    const cut = [budget(0, campaign('1'), -100n)]
    expect(judge(cut, context({ usageOf: () => usage(9_999n, 99_999n) })).outcome).toBe('pass')
    expect(judge([pause(0, campaign('1'), -5_000n)], context({ usageOf: () => usage(0n, 9_999n) })).outcome).toBe(
      'pass',
    )
  })

  test('takes a reallocation as a whole: −200 and +200 raise nothing and move 400', () => {
    const swap = [budget(0, campaign('1'), -200n), budget(1, campaign('2'), 200n)]
    expect(judge(swap, context({ usageOf: () => usage(500n, 1_100n) })).outcome).toBe('pass')
    expect(names(judge(swap, context({ usageOf: () => usage(0n, 1_101n) })))).toEqual(['envelope_gross'])
    expect(judge(swap.slice(1), context({ usageOf: () => usage(500n, 500n) })).outcome).toBe('block')
  })

  test('adds up all raises of a draft, which each would fit', () => {
    const raises = [1, 2, 3].map((k) => budget(k, campaign(`${k}`), 200n))
    expect(names(judge(raises, context()))).toEqual(['envelope_net'])
    expect(judge(raises.slice(1), context()).outcome).toBe('pass')
  })

  test('of one account gives no room to another, but counts for all together', () => {
    const items = [budget(0, campaign('1'), -400n), budget(1, campaign('2', META), 400n)]
    const used = (id: AccountId) => (id === META ? usage(200n, 200n) : usage(0n, 0n))
    expect(names(judge(items, context({ usageOf: used })))).toEqual(['envelope_net'])
    const total = { totalNetUnits: 100n, totalGrossUnits: 2_000n }
    expect(judge(items, context({}, total)).outcome).toBe('pass')
    expect(names(judge(items.slice(1), context({}, total)))).toEqual(['envelope_total_net'])
    expect(
      names(
        judge(
          items,
          context({ allUsage: () => [{ accountId: GOOGLE, currency: 'EUR', usage: usage(0n, 1_300n) }] }, total),
        ),
      ),
    ).toEqual(['envelope_total_gross'])
  })

  test('over all accounts brings yen to the size of units and converts nothing', () => {
    const yen = budget(0, campaign('1', META), 0n, {
      currency: 'JPY',
      movementMicros: 20_000n * EUR,
      netMicros: 20_000n * EUR,
    })
    expect(judge([yen], context({}, { totalNetUnits: 200n })).outcome).toBe('pass')
    expect(judge([yen], context({}, { totalNetUnits: 199n })).rules[0]).toMatchObject({
      rule: 'envelope_total_net',
      limit: '199',
    })
  })

  test('is counted in an account’s own limits where the person set some', () => {
    const own = { accounts: { [GOOGLE]: { currency: 'EUR', envelopeNetMicros: 99_990_000n } } }
    expect(judge([budget(0, campaign('1'), 100n)], context({}, own)).rules[0]).toMatchObject({ limit: '99.99' })
  })

  test('counts money once that two changes would stop', () => {
    // The campaign holds nothing but its ad groups' budgets: pausing it stops the same 200 that lowering them would.
    const items = [pause(0, campaign('1'), -200n), budget(1, group('11'), -200n), budget(2, campaign('9'), 400n)]
    expect(judge(items, context({ usageOf: () => usage(301n, 301n) })).rules[0]).toMatchObject({ rule: 'envelope_net' })
    expect(judge(items, context({ usageOf: () => usage(301n, 301n), above: () => [] })).outcome).toBe('pass')
  })

  test('is not asked where a change of the draft is blocked anyway', () => {
    const result = judgeSet(
      [budget(0, campaign('1'), 9_000n)],
      [{ version: 1, outcome: 'block', rules: [{ rule: 'digit_slip', outcome: 'block', limit: '10', message: 'm' }] }],
      context(),
    )
    expect(names(result)).toEqual(['digit_slip'])
  })
})

describe('a protected entity', () => {
  const item = budget(0, group('11'), 10n)

  test.each([
    ['itself', [group('11')]],
    ['below a protected campaign', [campaign('1')]],
    ['in a protected account', [GOOGLE]],
  ])('%s is not changed, not even lowered, at any step', (_what, protectedIds) => {
    for (const stage of ['propose', 'arm', 'confirm'] as const)
      for (const by of [10n, -10n])
        expect(names(judge([budget(0, group('11'), by)], context({ stage }, { protectedIds })))).toEqual([
          'protected_entity',
        ])
  })

  test('is told by its number in a draft of several, and the others are not held back for it', () => {
    const result = judge(
      [budget(0, campaign('2'), 1n), { ...item, k: 1 }],
      context({}, { protectedIds: [campaign('1')] }),
    )
    expect(result.rules.map(({ k, rule }) => [k, rule])).toEqual([[1, 'protected_entity']])
  })

  test('is not changed through a shared budget either', () => {
    const shared = budget(0, campaign('3'), 10n, {
      target: `${GOOGLE}/budget/5`,
      affects: [{ entityId: campaign('1'), name: '' }],
    })
    expect(names(judge([shared], context({}, { protectedIds: [campaign('1')] })))).toEqual(['protected_entity'])
  })

  test('is not stopped by pausing what it lies under', () => {
    const at = context({}, { protectedIds: [group('11')] })
    expect(names(judge([pause(0, campaign('1'))], at))).toEqual(['protected_entity'])
    expect(judge([pause(0, campaign('2'))], at).outcome).toBe('pass')
    expect(judge([budget(0, campaign('1'), 5n)], at).outcome).toBe('pass')
  })
})

describe('the look-back before a pause', () => {
  const items = [pause(0, campaign('1'))]
  const days = { pauseLookbackDays: 7 }

  test('keeps on what converted, and what is not known to have not', () => {
    expect(judge(items, context({ convertedRecently: () => true }, days)).rules[0]).toMatchObject({
      rule: 'pause_lookback',
      limit: '7',
      message: 'It had conversions in the last 7 days, so it may not be paused.',
    })
    expect(judge(items, context({ convertedRecently: () => undefined }, days)).rules[0]?.message).toContain('not known')
    expect(judge(items, context({}, days)).outcome).toBe('block')
    expect(judge(items, context({ convertedRecently: () => false }, days)).outcome).toBe('pass')
  })

  test('asks for the days of the account, and of nothing but pauses', () => {
    const asked: number[] = []
    const convertedRecently = (_id: EntityId, span: number): boolean => {
      asked.push(span)
      return true
    }
    const policy = { ...days, accounts: { [META]: { currency: 'EUR', pauseLookbackDays: 30 } } }
    judge([pause(0, campaign('1', META)), budget(1, campaign('2'), -5n)], context({ convertedRecently }, policy))
    expect(asked).toEqual([30])
    expect(judge(items, context({ convertedRecently })).outcome).toBe('pass')
  })
})

describe('quiet hours', () => {
  // 12:00 UTC is 14:00 in Berlin, on a Wednesday.
  const quiet = { quietHours: [{ days: [3], from: '13:30', to: '15:00' }] }
  const raise = [budget(0, campaign('1'), 10n)]

  test('hold raises back at arm and at confirm; a proposal is told of them and made all the same', () => {
    for (const stage of ['arm', 'confirm'] as const)
      expect(judge(raise, context({ stage }, quiet)).rules).toEqual([
        {
          rule: 'quiet_hours',
          outcome: 'block',
          limit: '0',
          message:
            'Quiet hours in this account: from 13:30 to 15:00 (Europe/Berlin) only lowering and pausing are possible.',
        },
      ])
    const proposed = context({ stage: 'propose' }, quiet)
    expect(judge(raise, proposed).outcome).toBe('pass')
    expect(waitingFor(raise, proposed).map((each) => each.rule)).toEqual(['quiet_hours'])
  })

  test('never hold back lowering and pausing, whatever else is in the account', () => {
    expect(judge([budget(0, campaign('1'), -10n), pause(1, campaign('2'))], context({}, quiet)).outcome).toBe('pass')
  })

  test('are those of each account, on its own clock', () => {
    const newYork = (id: AccountId) => ({
      timeZone: id === META ? 'America/New_York' : 'Europe/Berlin',
      currency: 'EUR',
    })
    const items = [budget(0, campaign('1', META), 10n), budget(1, campaign('2'), 10n)]
    expect(judge(items, context({ account: newYork }, quiet)).rules.map((each) => each.k)).toEqual([1])
    const own = { ...quiet, accounts: { [GOOGLE]: { currency: 'EUR', quietHours: [] } } }
    expect(judge(items, context({ account: newYork }, own)).outcome).toBe('pass')
  })

  test('of an account whose clock cannot be read hold at any time', () => {
    for (const account of [() => undefined, () => ({ timeZone: 'Mars/Olympus', currency: 'EUR' })])
      expect(names(judge(raise, context({ account, nowMs: 0 }, quiet)))).toEqual(['quiet_hours'])
  })
})

describe('the cool-down', () => {
  const hour = { coolDownMinutes: 60 }
  const at = (agoMinutes: number, stage: SetContext['stage'] = 'arm') =>
    context({ stage, lastAppliedSteadyMs: () => 1_000_000_000 - agoMinutes * 60_000 }, hour)

  test('ends to the minute, in steady time', () => {
    const raise = [budget(0, campaign('1'), 10n)]
    expect(judge(raise, at(59)).rules[0]).toMatchObject({ rule: 'cool_down', limit: '60' })
    expect(judge(raise, at(59)).rules[0]?.message).toContain('1 of them are left')
    expect(judge(raise, at(60)).outcome).toBe('pass')
    expect(judge(raise, at(1, 'propose')).outcome).toBe('pass')
    expect(judge(raise, context({}, hour)).outcome).toBe('pass')
  })

  test('is of what a write touches, and never of lowering and pausing', () => {
    const touched: string[] = []
    const lastAppliedSteadyMs = (target: string): number => {
      touched.push(target)
      return 1_000_000_000
    }
    const shared = budget(0, campaign('1'), 10n, { target: `${GOOGLE}/budget/5` })
    const items = [shared, budget(1, campaign('2'), -10n), pause(2, campaign('3'))]
    expect(judge(items, context({ lastAppliedSteadyMs }, hour)).rules.map((each) => each.k)).toEqual([0])
    expect(touched).toEqual([`${GOOGLE}/budget/5`])
  })
})

describe('who proposes how much', () => {
  const items = [budget(0, campaign('1'), 1n)]
  const many = (rest: Partial<SetContext>) => context({ stage: 'propose', draftsLastHour: () => 60, ...rest })

  test('is held for agents and the loop, when they propose, and never for a person', () => {
    expect(judge(items, many({})).rules[0]).toMatchObject({ rule: 'drafts_per_hour', limit: '60' })
    expect(judge(items, many({ originKind: 'loop' })).outcome).toBe('block')
    expect(judge(items, many({ originKind: 'window' })).outcome).toBe('pass')
    expect(judge(items, many({ stage: 'arm' })).outcome).toBe('pass')
    expect(judge(items, many({ draftsLastHour: () => 59 })).outcome).toBe('pass')
  })

  test('a draft holds no more changes than the person lets it', () => {
    const two = [budget(0, campaign('1'), 1n), budget(1, campaign('2'), 1n)]
    expect(judge(two, context({}, { maxItems: 1 })).rules[0]).toMatchObject({ rule: 'max_items', limit: '1' })
    expect(judge(items, context({}, { maxItems: 1 })).outcome).toBe('pass')
  })
})

describe('an open circuit breaker', () => {
  const breaker = { isOpen: true, reason: 'platform_errors', message: 'Three in a row failed.' }

  test('stops arming and confirming for everybody, also what only lowers, and proposals of the loop alone', () => {
    const cut = [budget(0, campaign('1'), -1n)]
    const outcomes = (['agent', 'window', 'loop'] as const).map((originKind) =>
      (['propose', 'arm', 'confirm'] as const).map(
        (stage) => judge(cut, context({ breaker, originKind, stage })).outcome,
      ),
    )
    expect(outcomes).toEqual([
      ['pass', 'block', 'block'],
      ['pass', 'block', 'block'],
      ['block', 'block', 'block'],
    ])
    expect(judge(cut, context({ breaker })).rules[0]?.message).toContain('Three in a row failed.')
    expect(judge(cut, context({ breaker: { isOpen: false } })).outcome).toBe('pass')
  })
})

describe('what only lowers spend', () => {
  const change = (field: DraftItem['field'], before: string, after: string) =>
    isEasing({ field, before, after, currency: 'EUR' })

  test.each<[string, boolean, boolean]>([
    ['a pause', change('status', 'enabled', 'paused'), true],
    ['a switch-on', change('status', 'paused', 'enabled'), false],
    ['a lower budget', change('daily_budget', '10.00', '9.99'), true],
    ['a higher budget from midnight on', change('scheduled_budget', '10.00', '10.01'), false],
    ['a lower bid', change('cpc_bid', '1.00', '0.90'), true],
    ['a higher return to aim for', change('target_roas', '3.50', '4.00'), true],
    ['a lower return', change('target_roas', '3.50', '3.00'), false],
    ['the same strategy with a lower cost', change('bid_strategy', 'cost_cap:9.00', 'cost_cap:8.00'), true],
    ['the same with a lower return', change('bid_strategy', 'target_roas:3.50', 'target_roas:3.00'), false],
    ['another strategy', change('bid_strategy', 'cost_cap:9.00', 'bid_cap:1.00'), false],
    ['a target taken away', change('bid_strategy', 'maximize_conversions:9.00', 'maximize_conversions'), false],
    ['a strategy this app does not know', change('bid_strategy', 'other', 'cost_cap:9.00'), false],
  ])('%s: %s', (_what, found, expected) => {
    expect(found).toBe(expected)
  })
})
