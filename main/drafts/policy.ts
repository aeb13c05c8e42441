/**
 * Guardrails as data, and the pure function that applies them. Integers only; never reads a clock, a store or a platform.
 * The limits are the user's: no caller, and no approval, gets past a `block`.
 */
import type { PolicyResult, RuleVerdict } from '../../shared/domain/draft.ts'
import { currencyExponent, currencyScale, formatRounded } from '../../shared/domain/money.ts'
import { judgeStep, percentText, type Scale, type StepResult } from './step.ts'

/** Amounts are in units of roughly one US dollar and scaled to the account's currency (¥100 for $1), so that one policy fits all accounts. */
export interface Policy {
  readonly version: number
  /** Largest change of a budget, bid or target in one step, basis points of the value before (5,000 = 50 %). */
  readonly maxStepBasisPoints: bigint
  /** The same as an amount: budgets only. */
  readonly maxStepUnits: bigint
  /** A new value this many times larger or smaller than the old one looks like a slipped digit. */
  readonly digitSlipFactor: bigint
  /** Rolling 24 hours, per account: how much the sum of approved changes may raise spend per day. */
  readonly envelopeNetUnits: bigint
  /** The same with every approved change counted as positive, so that a large swap is seen. */
  readonly envelopeGrossUnits: bigint
}

export const FIRST_POLICY: Policy = {
  version: 1,
  maxStepBasisPoints: 5_000n,
  maxStepUnits: 200n,
  digitSlipFactor: 10n,
  envelopeNetUnits: 500n,
  envelopeGrossUnits: 1_500n,
}

/** Approved movement of one account in the last 24 hours, micros. A change whose outcome is not known counts as a raise, never as a cut. */
export interface Usage {
  readonly netMicros: bigint
  readonly grossMicros: bigint
}

export interface Limits {
  readonly maxStepMicros: bigint
  readonly envelopeNetMicros: bigint
  readonly envelopeGrossMicros: bigint
}

/** The policy's amounts in micros of a currency. @throws OperationError currency_mismatch for an unknown currency. */
export function limitsFor(policy: Policy, currency: string): Limits {
  const unit = 1_000_000n * currencyScale(currency)
  return {
    maxStepMicros: policy.maxStepUnits * unit,
    envelopeNetMicros: policy.envelopeNetUnits * unit,
    envelopeGrossMicros: policy.envelopeGrossUnits * unit,
  }
}

/** The policy in words, for the window and for get_status. Amounts are per US-dollar-like unit unless a currency is given. */
export function describePolicy(
  policy: Policy,
): readonly { readonly rule: RuleVerdict['rule']; readonly text: string }[] {
  const percent = percentText(policy.maxStepBasisPoints)
  return [
    {
      rule: 'writes_off',
      text: 'Nothing is proposed, approved or written in an account whose changes you have not switched on.',
    },
    { rule: 'zero_budget', text: 'A budget or bid of zero is never accepted; pause instead.' },
    {
      rule: 'digit_slip',
      text: `A budget, bid or target ${policy.digitSlipFactor} times larger or smaller is refused as a slipped digit.`,
    },
    { rule: 'max_step_percent', text: `One step changes a budget, bid or target by at most ${percent} %.` },
    {
      rule: 'max_step_amount',
      text: `One step changes a budget by at most ${policy.maxStepUnits} per day (scaled to the currency).`,
    },
    {
      rule: 'platform_step',
      text: 'A value is a whole number of the platform’s smallest steps; one that your limits reduce is rounded towards the old value.',
    },
    {
      rule: 'unknown_spend',
      text: 'Nothing is switched on whose spend per day is not known, and where no daily budget caps the spend no bid is raised and no bid strategy switched.',
    },
    {
      rule: 'envelope_net',
      text: `In any 24 hours approvals may raise an account's spend by at most ${policy.envelopeNetUnits} per day, net.`,
    },
    {
      rule: 'envelope_gross',
      text: `In any 24 hours approvals may move at most ${policy.envelopeGrossUnits} per day up and down together.`,
    },
  ]
}

export interface BudgetCase {
  readonly policy: Policy
  readonly currency: string
  readonly beforeMicros: bigint
  readonly requestedMicros: bigint
  /** The platform's own bounds for this field, when known. */
  readonly minMicros: bigint | undefined
  readonly maxMicros: bigint | undefined
  /** Smallest step in micros, the platform's and the currency's together; the currency's alone when left out. */
  readonly stepMicros?: bigint
  readonly usage: Usage
  /** Putting back a value the entity had before: the step limits and the digit guard do not apply, everything else does. */
  readonly isUndo: boolean
}

/**
 * Judges a new daily budget. A step that is too large is clamped towards the old value; everything else that is wrong blocks.
 * @returns the value that would be written (equal to the value before when blocked) and the rules that spoke.
 */
export function judgeBudget(input: BudgetCase): { readonly afterMicros: bigint; readonly result: PolicyResult } {
  const { policy, currency, beforeMicros } = input
  const step = judgeStep({
    scale: moneyScale('a daily budget', currency, input.stepMicros ?? currencyUnit(currency)),
    beforeMicros,
    requestedMicros: input.requestedMicros,
    minMicros: input.minMicros,
    maxMicros: input.maxMicros,
    maxStepBasisPoints: policy.maxStepBasisPoints,
    maxStepMicros: limitsFor(policy, currency).maxStepMicros,
    digitSlipFactor: policy.digitSlipFactor,
    isUndo: input.isUndo,
  })
  const envelope = step.isBlocked
    ? undefined
    : judgeEnvelope(policy, currency, step.afterMicros - beforeMicros, input.usage)
  if (envelope === undefined) return { afterMicros: step.afterMicros, result: resultOf(policy, step) }
  return {
    afterMicros: beforeMicros,
    result: { version: policy.version, outcome: 'block', rules: [...step.rules, envelope] },
  }
}

export interface BidCase {
  readonly policy: Policy
  readonly scale: Scale
  readonly beforeMicros: bigint
  readonly requestedMicros: bigint
  readonly minMicros: bigint | undefined
  readonly maxMicros: bigint | undefined
  /** Whether a smaller value lets the platform spend more readily: a return to aim for, as opposed to an amount. */
  readonly isInverse: boolean
  /** Whether a daily budget, its own or one above it, caps what it can spend. */
  readonly isSpendCapped: boolean
  readonly isUndo: boolean
}

/**
 * Judges a new bid, cost target or return target. It moves no spend per day beyond the daily budget, which caps it; where no daily budget
 * does, it must not become more generous. Amount limits are for budgets: a bid is held by the percentage alone.
 */
export function judgeBid(input: BidCase): { readonly afterMicros: bigint; readonly result: PolicyResult } {
  const { policy, beforeMicros, requestedMicros } = input
  const step = judgeStep({
    scale: input.scale,
    beforeMicros,
    requestedMicros,
    minMicros: input.minMicros,
    maxMicros: input.maxMicros,
    maxStepBasisPoints: policy.maxStepBasisPoints,
    maxStepMicros: undefined,
    digitSlipFactor: policy.digitSlipFactor,
    isUndo: input.isUndo,
  })
  const isMoreGenerous = input.isInverse ? step.afterMicros < beforeMicros : step.afterMicros > beforeMicros
  if (!isMoreGenerous || input.isSpendCapped) return { afterMicros: step.afterMicros, result: resultOf(policy, step) }
  return {
    afterMicros: beforeMicros,
    result: { version: policy.version, outcome: 'block', rules: [...step.rules, NO_DAILY_CAP] },
  }
}

/** Judges a switch to another strategy: what it does to results is the person's call, but a daily budget must cap what it can spend. */
export function judgeSwitch(policy: Policy, isSpendCapped: boolean): PolicyResult {
  return {
    version: policy.version,
    outcome: isSpendCapped ? 'pass' : 'block',
    rules: isSpendCapped ? [] : [NO_DAILY_CAP],
  }
}

function resultOf(policy: Policy, step: StepResult): PolicyResult {
  const outcome = step.isBlocked ? 'block' : step.rules.length > 0 ? 'clamp' : 'pass'
  return { version: policy.version, outcome, rules: step.rules }
}

/** Smallest amount of a currency, micros. */
export function currencyUnit(currency: string): bigint {
  return 10n ** BigInt(6 - currencyExponent(currency))
}

/** Amounts of a currency. `stepMicros` must be a multiple of its unit. */
export function moneyScale(noun: string, currency: string, stepMicros: bigint): Scale {
  const plain = (micros: bigint): string => formatRounded(micros, currency)
  return { noun, stepMicros, plain, shown: (micros) => `${plain(micros)} ${currency}` }
}

/**
 * The rolling envelope. Only changes that raise spend can be blocked; lowering or pausing is never held back, but it counts as gross movement.
 * @returns the verdict that blocks, or undefined.
 */
export function judgeEnvelope(
  policy: Policy,
  currency: string,
  movementMicros: bigint,
  usage: Usage,
): RuleVerdict | undefined {
  if (movementMicros <= 0n) return undefined
  const limits = limitsFor(policy, currency)
  const over = (rule: 'envelope_net' | 'envelope_gross', limitMicros: bigint, usedMicros: bigint): RuleVerdict => ({
    rule,
    outcome: 'block',
    limit: formatRounded(limitMicros, currency),
    message: `With this change approvals of the last 24 hours would ${rule === 'envelope_net' ? 'raise spend by' : 'move'} ${formatRounded(usedMicros + movementMicros, currency)} ${currency} per day; the limit is ${formatRounded(limitMicros, currency)}.`,
  })
  if (usage.netMicros + movementMicros > limits.envelopeNetMicros)
    return over('envelope_net', limits.envelopeNetMicros, usage.netMicros)
  if (usage.grossMicros + movementMicros > limits.envelopeGrossMicros)
    return over('envelope_gross', limits.envelopeGrossMicros, usage.grossMicros)
  return undefined
}

const UNKNOWN_SPEND: RuleVerdict = {
  rule: 'unknown_spend',
  outcome: 'block',
  limit: '0',
  message: 'What this can spend per day is not known: it, or something under it, has no daily budget.',
}

const NO_DAILY_CAP: RuleVerdict = {
  rule: 'unknown_spend',
  outcome: 'block',
  limit: '0',
  message: 'No daily budget caps what this can spend per day, so nothing may let the platform spend more readily.',
}

/**
 * Judges switching an entity on or off. `movementMicros` is the spend per day the switch can add (positive) or stop (negative);
 * undefined when what it would start is not known.
 */
export function judgeStatus(
  policy: Policy,
  currency: string,
  movementMicros: bigint | undefined,
  usage: Usage,
): PolicyResult {
  const verdict = movementMicros === undefined ? UNKNOWN_SPEND : judgeEnvelope(policy, currency, movementMicros, usage)
  return {
    version: policy.version,
    outcome: verdict === undefined ? 'pass' : 'block',
    rules: verdict === undefined ? [] : [verdict],
  }
}
