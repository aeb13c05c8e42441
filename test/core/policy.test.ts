import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Rule, RULES } from '../../shared/domain/draft.ts'
import {
  type BidCase,
  type BudgetCase,
  describePolicy,
  FIRST_POLICY,
  judgeBid,
  judgeBudget,
  judgeEnvelope,
  judgeStatus,
  judgeSwitch,
  limitsFor,
  moneyScale,
} from '../../main/drafts/policy.ts'

const EUR = 1_000_000n
const room = { netMicros: 0n, grossMicros: 0n }
const budget = (before: bigint, requested: bigint, rest: Partial<BudgetCase> = {}) =>
  judgeBudget({
    policy: FIRST_POLICY,
    currency: 'EUR',
    beforeMicros: before * EUR,
    requestedMicros: requested * EUR,
    minMicros: 20n * EUR,
    maxMicros: 9_999_999n * EUR,
    usage: room,
    isUndo: false,
    ...rest,
  })

describe('the first policy', () => {
  test('lets a modest step through unchanged', () => {
    expect(budget(120n, 101n)).toEqual({ afterMicros: 101n * EUR, result: { version: 1, outcome: 'pass', rules: [] } })
  })

  test('reduces a step of more than half to exactly half, and names the rule', () => {
    const { afterMicros, result } = budget(80n, 160n)
    expect(afterMicros).toBe(120n * EUR)
    expect(result).toMatchObject({ outcome: 'clamp', rules: [{ rule: 'max_step_percent', limit: '50' }] })
  })

  test('reduces a step of more than 200 a day as well', () => {
    const { afterMicros, result } = budget(1_000n, 1_450n)
    expect(afterMicros).toBe(1_200n * EUR)
    expect(result.rules.map((rule) => rule.rule)).toEqual(['max_step_amount'])
  })

  test.each([
    ['zero', 120n, 0n, 'zero_budget'],
    ['a negative amount', 120n, -5n, 'zero_budget'],
    ['ten times as much', 45n, 450n, 'digit_slip'],
    ['a tenth', 450n, 45n, 'digit_slip'],
    ['less than the platform accepts', 25n, 19n, 'platform_minimum'],
  ])('refuses %s', (_what, before, requested, rule) => {
    const { afterMicros, result } = budget(before, requested)
    expect(result).toMatchObject({ outcome: 'block', rules: [{ rule, outcome: 'block' }] })
    expect(afterMicros).toBe(before * EUR)
  })

  test('holds the rolling envelope: net for raises, gross for swaps, never a cut', () => {
    expect(
      budget(300n, 400n, { usage: { netMicros: 450n * EUR, grossMicros: 450n * EUR } }).result.rules[0]?.rule,
    ).toBe('envelope_net')
    expect(budget(300n, 400n, { usage: { netMicros: 0n, grossMicros: 1_450n * EUR } }).result.rules[0]?.rule).toBe(
      'envelope_gross',
    )
    expect(budget(300n, 200n, { usage: { netMicros: 9_999n * EUR, grossMicros: 99_999n * EUR } }).result.outcome).toBe(
      'pass',
    )
    expect(judgeStatus(FIRST_POLICY, 'EUR', -5_000n * EUR, { netMicros: 0n, grossMicros: 9_999n * EUR }).outcome).toBe(
      'pass',
    )
    expect(judgeStatus(FIRST_POLICY, 'EUR', 501n * EUR, room).rules[0]?.rule).toBe('envelope_net')
  })

  test('scales its amounts to the currency, so that yen are not held to euro sizes', () => {
    expect(limitsFor(FIRST_POLICY, 'JPY').maxStepMicros).toBe(200n * 100n * EUR)
  })

  test('lets an undo put back what a clamp would not allow in one step', () => {
    expect(budget(60n, 120n, { isUndo: true })).toMatchObject({ afterMicros: 120n * EUR, result: { outcome: 'pass' } })
  })
})

describe('bids under the first policy', () => {
  const bid = (before: bigint, requested: bigint, rest: Partial<BidCase> = {}) =>
    judgeBid({
      policy: FIRST_POLICY,
      scale: moneyScale('a bid', 'EUR', 10_000n),
      beforeMicros: before * EUR,
      requestedMicros: requested * EUR,
      minMicros: undefined,
      maxMicros: undefined,
      isInverse: false,
      isSpendCapped: true,
      isUndo: false,
      ...rest,
    })

  test('are held by the percentage and never by the amount', () => {
    expect(bid(1_000n, 1_450n)).toMatchObject({ afterMicros: 1_450n * EUR, result: { outcome: 'pass' } })
    expect(bid(1_000n, 1_900n)).toMatchObject({ afterMicros: 1_500n * EUR, result: { outcome: 'clamp' } })
  })

  test('need a daily cap in the direction that lets more be spent, and a switch of strategy always does', () => {
    const uncapped = { isSpendCapped: false }
    expect(bid(10n, 11n, uncapped).result.rules.at(-1)?.rule).toBe('unknown_spend')
    expect(bid(10n, 9n, uncapped).result.outcome).toBe('pass')
    expect(bid(10n, 9n, { ...uncapped, isInverse: true }).result.outcome).toBe('block')
    expect(bid(10n, 11n, { ...uncapped, isInverse: true }).result.outcome).toBe('pass')
    // Also when putting a value back, and when the step was clamped first.
    expect(bid(10n, 11n, { ...uncapped, isUndo: true })).toMatchObject({ afterMicros: 10n * EUR })
    expect(bid(10n, 90n, uncapped).result.rules.map((rule) => rule.rule)).toEqual(['max_step_percent', 'unknown_spend'])
    expect([true, false].map((capped) => judgeSwitch(FIRST_POLICY, capped).outcome)).toEqual(['pass', 'block'])
  })
})

describe('the policy in words', () => {
  test('names every limit once, with the numbers that are in force', () => {
    const rules = describePolicy({
      ...FIRST_POLICY,
      maxStepBasisPoints: 1_250n,
      digitSlipFactor: 7n,
      maxStepUnits: 33n,
    })
    expect(new Set(rules.map((rule) => rule.rule)).size).toBe(rules.length)
    const text = rules.map((rule) => rule.text).join(' ')
    for (const number of ['12.50 %', '7 times', '33 per day', '500 per day', '1500 per day'])
      expect(text).toContain(number)
    // What the platform forbids is the platform's; everything else a proposal can meet is told here.
    const told: readonly Rule[] = [...rules.map((rule) => rule.rule), 'platform_minimum', 'platform_maximum']
    expect([...told].toSorted()).toEqual([...RULES].toSorted())
  })
})

describe('whatever is proposed', () => {
  const amount = fc.bigInt({ min: 1n, max: 5_000_000n })
  const usage = fc.record({
    netMicros: fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
    grossMicros: fc.bigInt({ min: 0n, max: 2n * 10n ** 9n }),
  })

  test('an allowed value lies between the old and the requested one, within every limit, in whole cents', () => {
    const seen = { pass: 0, clamp: 0, block: 0 }
    fc.assert(
      fc.property(amount, amount, usage, (beforeCents, requestedCents, used) => {
        const before = beforeCents * 10_000n
        const requested = requestedCents * 10_000n
        const { afterMicros, result } = judgeBudget({
          policy: FIRST_POLICY,
          currency: 'EUR',
          beforeMicros: before,
          requestedMicros: requested,
          minMicros: undefined,
          maxMicros: undefined,
          usage: used,
          isUndo: false,
        })
        seen[result.outcome] += 1
        if (result.outcome === 'block') return afterMicros === before
        const step = afterMicros > before ? afterMicros - before : before - afterMicros
        const movement = afterMicros - before
        return (
          afterMicros > 0n &&
          afterMicros % 10_000n === 0n &&
          (requested - afterMicros) * (requested - before) >= 0n &&
          step * 10_000n <= before * FIRST_POLICY.maxStepBasisPoints &&
          step <= limitsFor(FIRST_POLICY, 'EUR').maxStepMicros &&
          judgeEnvelope(FIRST_POLICY, 'EUR', movement, used) === undefined &&
          (result.outcome === 'clamp') === (afterMicros !== requested)
        )
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(seen.pass, seen.clamp, seen.block)).toBeGreaterThan(20)
  })
})
