import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Rule, RULES } from '../../shared/domain/draft.ts'
import { accountId } from '../../shared/domain/ids.ts'
import { describePolicy } from '../../main/drafts/policy-words.ts'
import {
  type BidCase,
  type BudgetCase,
  FIRST_POLICY,
  judgeBid,
  judgeBudget,
  judgeStatus,
  judgeSwitch,
  type Limits,
  limitsFor,
  moneyScale,
  type Policy,
} from '../../main/drafts/policy.ts'

const EUR = 1_000_000n
const LIMITS = limitsFor(FIRST_POLICY, 'EUR')
const budget = (before: bigint, requested: bigint, rest: Partial<BudgetCase> = {}) =>
  judgeBudget({
    version: 1,
    limits: LIMITS,
    currency: 'EUR',
    beforeMicros: before * EUR,
    requestedMicros: requested * EUR,
    minMicros: 20n * EUR,
    maxMicros: 9_999_999n * EUR,
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

  test('lets a switch of known size through and one of unknown size not', () => {
    expect(judgeStatus(1, 501n * EUR)).toEqual({ version: 1, outcome: 'pass', rules: [] })
    expect(judgeStatus(1, undefined).rules[0]?.rule).toBe('unknown_spend')
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
      version: 1,
      limits: LIMITS,
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
    expect([true, false].map((capped) => judgeSwitch(1, capped).outcome)).toEqual(['pass', 'block'])
  })
})

describe('bounds that the person sets', () => {
  const within = (min: bigint | undefined, max: bigint | undefined) => ({
    limits: {
      ...LIMITS,
      minDailyBudgetMicros: min === undefined ? undefined : min * EUR,
      maxDailyBudgetMicros: max === undefined ? undefined : max * EUR,
      minBidMicros: min === undefined ? undefined : min * EUR,
      maxBidMicros: max === undefined ? undefined : max * EUR,
    },
  })

  test('stop a raise at the largest and a cut at the smallest budget, and name the rule', () => {
    expect(budget(100n, 140n, within(undefined, 120n))).toMatchObject({
      afterMicros: 120n * EUR,
      result: { outcome: 'clamp', rules: [{ rule: 'budget_maximum', limit: '120.00' }] },
    })
    expect(budget(100n, 60n, within(80n, undefined))).toMatchObject({
      afterMicros: 80n * EUR,
      result: { outcome: 'clamp', rules: [{ rule: 'budget_minimum', limit: '80.00' }] },
    })
  })

  test('hold nothing back that moves towards them, and everything that moves away', () => {
    expect(budget(200n, 150n, within(undefined, 120n)).result.outcome).toBe('pass')
    expect(budget(40n, 50n, within(80n, undefined)).result.outcome).toBe('pass')
    expect(budget(120n, 130n, within(undefined, 120n)).result).toMatchObject({
      outcome: 'block',
      rules: [{ rule: 'budget_maximum' }],
    })
    expect(budget(80n, 70n, within(80n, undefined)).result).toMatchObject({
      outcome: 'block',
      rules: [{ rule: 'budget_minimum' }],
    })
  })

  test('are judged after the step limits, and both are named', () => {
    const { afterMicros, result } = budget(100n, 190n, within(undefined, 140n))
    expect(afterMicros).toBe(140n * EUR)
    expect(result.rules.map((rule) => rule.rule)).toEqual(['max_step_percent', 'budget_maximum'])
  })

  test('block an undo that would cross them instead of putting back half of it', () => {
    expect(budget(60n, 150n, { ...within(undefined, 120n), isUndo: true }).result).toMatchObject({
      outcome: 'block',
      rules: [{ rule: 'budget_maximum' }],
    })
  })

  test('are in whole steps of the platform after all', () => {
    const { afterMicros } = budget(100n, 149n, { ...within(undefined, 125n), stepMicros: 10n * EUR })
    expect(afterMicros).toBe(120n * EUR)
  })

  test('hold for bids that are amounts and never for returns', () => {
    const bid = (isInverse: boolean) =>
      judgeBid({
        version: 1,
        ...within(undefined, 5n),
        scale: moneyScale('a bid', 'EUR', 10_000n),
        beforeMicros: 4n * EUR,
        requestedMicros: 6n * EUR,
        minMicros: undefined,
        maxMicros: undefined,
        isInverse,
        isSpendCapped: true,
        isUndo: false,
      })
    expect(bid(false)).toMatchObject({ afterMicros: 5n * EUR, result: { rules: [{ rule: 'bid_maximum' }] } })
    expect(bid(true)).toMatchObject({ afterMicros: 6n * EUR, result: { outcome: 'pass' } })
  })
})

describe('limits of one account', () => {
  const meta = accountId('meta', '42')
  const policy: Policy = {
    ...FIRST_POLICY,
    maxDailyBudgetUnitMicros: 300n * EUR,
    accounts: { [meta]: { currency: 'EUR', maxStepMicros: 50n * EUR, maxDailyBudgetMicros: null } },
  }

  test('are exact in its own currency, switch bounds off, and leave the rest as it is everywhere', () => {
    expect(limitsFor(policy, 'EUR', meta)).toMatchObject({
      maxStepMicros: 50n * EUR,
      maxDailyBudgetMicros: undefined,
      envelopeNetMicros: 500n * EUR,
    })
    expect(limitsFor(policy, 'JPY', accountId('meta', '43')).maxDailyBudgetMicros).toBe(30_000n * EUR)
  })

  test('are never converted: in another currency nothing is judged at all', () => {
    expect(() => limitsFor(policy, 'USD', meta)).toThrow(/set in EUR/)
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
  /** The person's own bounds, in cents; none in a third of the cases each. */
  const bounds = fc.record({ min: fc.option(amount, { freq: 2 }), max: fc.option(amount, { freq: 2 }) })

  test('an allowed value lies between the old and the requested one, within every limit, in whole cents', () => {
    const seen = { pass: 0, clamp: 0, block: 0 }
    fc.assert(
      fc.property(amount, amount, bounds, (beforeCents, requestedCents, { min, max }) => {
        const before = beforeCents * 10_000n
        const requested = requestedCents * 10_000n
        const own: Limits = {
          ...LIMITS,
          minDailyBudgetMicros: min === null ? undefined : min * 10_000n,
          maxDailyBudgetMicros: max === null ? undefined : max * 10_000n,
        }
        const { afterMicros, result } = judgeBudget({
          version: 1,
          limits: own,
          currency: 'EUR',
          beforeMicros: before,
          requestedMicros: requested,
          minMicros: undefined,
          maxMicros: undefined,
          isUndo: false,
        })
        seen[result.outcome] += 1
        if (result.outcome === 'block') return afterMicros === before
        const step = afterMicros > before ? afterMicros - before : before - afterMicros
        const isRaise = afterMicros > before
        return (
          afterMicros > 0n &&
          afterMicros % 10_000n === 0n &&
          (requested - afterMicros) * (requested - before) >= 0n &&
          step * 10_000n <= before * FIRST_POLICY.maxStepBasisPoints &&
          step <= limitsFor(FIRST_POLICY, 'EUR').maxStepMicros &&
          (!isRaise || own.maxDailyBudgetMicros === undefined || afterMicros <= own.maxDailyBudgetMicros) &&
          (isRaise ||
            own.minDailyBudgetMicros === undefined ||
            afterMicros >= own.minDailyBudgetMicros ||
            afterMicros === before) &&
          (result.outcome === 'clamp') === (afterMicros !== requested)
        )
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(seen.pass, seen.clamp, seen.block)).toBeGreaterThan(20)
  })
})
