/**
 * Guardrails as data, and the pure function that applies them. Integers only; never reads a clock, a store or a platform.
 * The limits are the user's: no caller, and no approval, gets past a `block`.
 */
import type { PolicyResult, RuleVerdict } from '../../shared/domain/draft.ts'
import { currencyExponent, currencyScale, formatDecimal, formatRounded } from '../../shared/domain/money.ts'

/** Amounts are in units of roughly one US dollar and scaled to the account's currency (¥100 for $1), so that one policy fits all accounts. */
export interface Policy {
  readonly version: number
  /** Largest change of a budget in one step, basis points of the value before (5,000 = 50 %). */
  readonly maxStepBasisPoints: bigint
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

/** Approved movement of one account in the last 24 hours, micros. Changes whose outcome is unknown count as applied. */
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
  return [
    { rule: 'zero_budget', text: 'A budget of zero is never accepted; pause instead.' },
    {
      rule: 'digit_slip',
      text: `A budget ${policy.digitSlipFactor} times larger or smaller is refused as a slipped digit.`,
    },
    { rule: 'max_step_percent', text: `One step changes a budget by at most ${percentText(policy)} %.` },
    {
      rule: 'max_step_amount',
      text: `One step changes a budget by at most ${policy.maxStepUnits} per day (scaled to the currency).`,
    },
    { rule: 'unknown_spend', text: 'Nothing is switched on whose spend per day is not known.' },
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

function percentText(policy: Policy): string {
  return formatHundredths(policy.maxStepBasisPoints)
}
function formatHundredths(basisPoints: bigint): string {
  const rest = basisPoints % 100n
  return rest === 0n ? `${basisPoints / 100n}` : `${basisPoints / 100n}.${rest.toString().padStart(2, '0')}`
}

export interface BudgetCase {
  readonly policy: Policy
  readonly currency: string
  readonly beforeMicros: bigint
  readonly requestedMicros: bigint
  /** The platform's own bounds for this field, when known. */
  readonly minMicros: bigint | undefined
  readonly maxMicros: bigint | undefined
  readonly usage: Usage
  /** Putting back a value the entity had before: the step limits and the digit guard do not apply, everything else does. */
  readonly isUndo: boolean
}

/**
 * Judges a new daily budget. A step that is too large is clamped towards the old value; everything else that is wrong blocks.
 * @returns the value that would be written (equal to the value before when blocked) and the rules that spoke.
 */
export function judgeBudget(input: BudgetCase): { readonly afterMicros: bigint; readonly result: PolicyResult } {
  const { policy, currency, beforeMicros, requestedMicros } = input
  const money = (micros: bigint): string => `${formatRounded(micros, currency)} ${currency}`
  const blocked = (verdict: Omit<RuleVerdict, 'outcome'>): { afterMicros: bigint; result: PolicyResult } => ({
    afterMicros: beforeMicros,
    result: { version: policy.version, outcome: 'block', rules: [{ ...verdict, outcome: 'block' }] },
  })
  if (requestedMicros <= 0n)
    return blocked({
      rule: 'zero_budget',
      limit: formatDecimal(0n, currency),
      message: 'A daily budget of zero or less is never accepted. Propose a pause instead.',
    })
  const factor = policy.digitSlipFactor
  if (
    !input.isUndo &&
    beforeMicros > 0n &&
    (requestedMicros >= beforeMicros * factor || requestedMicros * factor <= beforeMicros)
  )
    return blocked({
      rule: 'digit_slip',
      limit: String(factor),
      message: `${money(beforeMicros)} to ${money(requestedMicros)} is ${factor} times or more: it looks like a slipped digit.`,
    })
  if (input.minMicros !== undefined && requestedMicros < input.minMicros)
    return blocked({
      rule: 'platform_minimum',
      limit: formatDecimal(input.minMicros, currency),
      message: `The platform accepts no daily budget under ${money(input.minMicros)}.`,
    })
  if (input.maxMicros !== undefined && requestedMicros > input.maxMicros)
    return blocked({
      rule: 'platform_maximum',
      limit: formatDecimal(input.maxMicros, currency),
      message: `The platform accepts no daily budget over ${money(input.maxMicros)}.`,
    })

  const step = input.isUndo ? { afterMicros: requestedMicros, rules: [] } : clampStep(input)
  if (step.rules.length > 0 && step.afterMicros === beforeMicros)
    return blocked({
      ...(step.rules[0] as RuleVerdict),
      message: 'The largest step your limits allow is smaller than the currency’s unit.',
    })
  const movement = step.afterMicros - beforeMicros
  const envelope = judgeEnvelope(policy, currency, movement, input.usage)
  if (envelope !== undefined)
    return {
      afterMicros: beforeMicros,
      result: { version: policy.version, outcome: 'block', rules: [...step.rules, envelope] },
    }
  return {
    afterMicros: step.afterMicros,
    result: { version: policy.version, outcome: step.rules.length > 0 ? 'clamp' : 'pass', rules: step.rules },
  }
}

/** Moves the requested value towards the old one until both step limits hold, in whole currency units. */
function clampStep(input: BudgetCase): { readonly afterMicros: bigint; readonly rules: readonly RuleVerdict[] } {
  const { policy, currency, beforeMicros, requestedMicros } = input
  const limits = limitsFor(policy, currency)
  const unit = 10n ** BigInt(6 - currencyExponent(currency))
  const sign = requestedMicros >= beforeMicros ? 1n : -1n
  const wanted = (requestedMicros - beforeMicros) * sign
  const rules: RuleVerdict[] = []
  let allowed = wanted
  const byPercent = (beforeMicros * policy.maxStepBasisPoints) / 10_000n
  if (wanted > byPercent) {
    allowed = byPercent
    rules.push({
      rule: 'max_step_percent',
      outcome: 'clamp',
      limit: percentText(policy),
      message: `One step may change a budget by at most ${percentText(policy)} %.`,
    })
  }
  if (allowed > limits.maxStepMicros) {
    allowed = limits.maxStepMicros
    const limit = formatRounded(limits.maxStepMicros, currency)
    rules.push({
      rule: 'max_step_amount',
      outcome: 'clamp',
      limit,
      message: `One step may change a budget by at most ${limit} ${currency} per day.`,
    })
  }
  return { afterMicros: beforeMicros + sign * (allowed - (allowed % unit)), rules }
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
