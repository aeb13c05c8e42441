/**
 * How far one change may move one value: zero, a slipped digit, the platform's bounds, the person's own, the largest step. Pure integers; the same for
 * budgets, bids and returns on ad spend. It never knows what a value does to spend: that is policy.ts.
 */
import type { RuleVerdict } from '../../shared/domain/draft.ts'

/** How values of one kind are written and counted. */
export interface Scale {
  /** "A daily budget", "a bid": for sentences. */
  readonly noun: string
  /** Smallest step of the value, the platform's and the wire form's together, in its micros. */
  readonly stepMicros: bigint
  /** In the wire form's own decimals: "120.00", "3.50". */
  readonly plain: (micros: bigint) => string
  /** For sentences: "120.00 EUR". */
  readonly shown: (micros: bigint) => string
}

export interface StepCase {
  readonly scale: Scale
  readonly beforeMicros: bigint
  readonly requestedMicros: bigint
  /** The platform's own bounds, when known. */
  readonly minMicros: bigint | undefined
  readonly maxMicros: bigint | undefined
  /** Largest change of the value in one step, basis points of the value before. */
  readonly maxStepBasisPoints: bigint
  /** The same as an amount; undefined where only the percentage counts. */
  readonly maxStepMicros: bigint | undefined
  readonly digitSlipFactor: bigint
  /** The person's own bounds, in whole currency units; undefined is off. A value that is outside already may be moved towards them. */
  readonly own?: OwnBounds
  /** Putting back a value from before: the step limits and the digit guard do not apply, everything else does, and nothing is clamped. */
  readonly isUndo: boolean
}

export interface OwnBounds {
  readonly minMicros: bigint | undefined
  readonly maxMicros: bigint | undefined
  readonly rules: { readonly min: RuleVerdict['rule']; readonly max: RuleVerdict['rule'] }
}

export interface StepResult {
  /** The value that may be written; the value before when blocked. A whole number of steps whenever it is a new one. */
  readonly afterMicros: bigint
  /** The rules that spoke. One that blocks is the last. */
  readonly rules: readonly RuleVerdict[]
  readonly isBlocked: boolean
}

/** Basis points as a percentage: 5,000 → "50", 1,250 → "12.50". */
export function percentText(basisPoints: bigint): string {
  const rest = basisPoints % 100n
  return rest === 0n ? `${basisPoints / 100n}` : `${basisPoints / 100n}.${rest.toString().padStart(2, '0')}`
}

/** Judges one value. A step that is too large is clamped towards the old value; everything else that is wrong blocks. */
export function judgeStep(input: StepCase): StepResult {
  const { scale, beforeMicros, requestedMicros } = input
  const blocked = (verdict: Omit<RuleVerdict, 'outcome'>): StepResult => ({
    afterMicros: beforeMicros,
    rules: [{ ...verdict, outcome: 'block' }],
    isBlocked: true,
  })
  if (requestedMicros <= 0n)
    return blocked({
      rule: 'zero_budget',
      limit: scale.plain(0n),
      message: `${capital(scale.noun)} of zero or less is never accepted. Propose a pause instead.`,
    })
  const factor = input.digitSlipFactor
  const isSlip =
    beforeMicros > 0n && (requestedMicros >= beforeMicros * factor || requestedMicros * factor <= beforeMicros)
  if (!input.isUndo && isSlip)
    return blocked({
      rule: 'digit_slip',
      limit: String(factor),
      message: `${scale.shown(beforeMicros)} to ${scale.shown(requestedMicros)} is ${factor} times or more: it looks like a slipped digit.`,
    })
  const bound = outOfBounds(input, requestedMicros)
  if (bound !== undefined) return blocked(bound)
  if (input.isUndo) {
    const own = ownBoundCrossed(input, requestedMicros)
    return own === undefined ? { afterMicros: requestedMicros, rules: [], isBlocked: false } : blocked(own.verdict)
  }
  return clampStep(input, blocked)
}

/** Moves the requested value towards the old one until every step limit holds, in whole steps. */
function clampStep(input: StepCase, blocked: (verdict: Omit<RuleVerdict, 'outcome'>) => StepResult): StepResult {
  const { scale, beforeMicros, requestedMicros, maxStepBasisPoints, maxStepMicros } = input
  const isRaise = requestedMicros >= beforeMicros
  const wanted = isRaise ? requestedMicros - beforeMicros : beforeMicros - requestedMicros
  const rules: RuleVerdict[] = []
  let allowed = wanted
  const byPercent = (beforeMicros * maxStepBasisPoints) / 10_000n
  if (allowed > byPercent) {
    allowed = byPercent
    const limit = percentText(maxStepBasisPoints)
    const message = `One step may change ${scale.noun} by at most ${limit} %.`
    rules.push({ rule: 'max_step_percent', outcome: 'clamp', limit, message })
  }
  if (maxStepMicros !== undefined && allowed > maxStepMicros) {
    allowed = maxStepMicros
    const message = `One step may change ${scale.noun} by at most ${scale.shown(maxStepMicros)} per day.`
    rules.push({ rule: 'max_step_amount', outcome: 'clamp', limit: scale.plain(maxStepMicros), message })
  }
  const target = isRaise ? beforeMicros + allowed : beforeMicros - allowed
  const crossed = wanted === 0n ? undefined : ownBoundCrossed(input, target)
  if (crossed !== undefined) {
    allowed = isRaise ? crossed.limitMicros - beforeMicros : beforeMicros - crossed.limitMicros
    // It is at the bound already, or on its far side, and would move further away.
    if (allowed <= 0n) return blocked(crossed.verdict)
    rules.push({ ...crossed.verdict, outcome: 'clamp' })
  }
  const [first] = rules
  if (first === undefined) return { afterMicros: requestedMicros, rules, isBlocked: false }
  const afterMicros = isRaise
    ? floorTo(beforeMicros + allowed, scale.stepMicros)
    : -floorTo(-(beforeMicros - allowed), scale.stepMicros)
  // A value before that is no whole number of steps can leave no step between it and the limit.
  if (isRaise ? afterMicros <= beforeMicros : afterMicros >= beforeMicros)
    return blocked({
      rule: 'platform_step',
      limit: scale.plain(scale.stepMicros),
      message: `The largest step your limits allow (${percentText(maxStepBasisPoints)} %) is smaller than the smallest one there is, ${scale.shown(scale.stepMicros)}.`,
    })
  const bound = outOfBounds(input, afterMicros)
  if (bound !== undefined)
    return blocked({
      ...bound,
      message: `${bound.message} Your limits allow ${scale.shown(afterMicros)} in this step.`,
    })
  return { afterMicros, rules, isBlocked: false }
}

/**
 * The person's own bound that a value would cross or move away from. Nothing that moves towards the allowed range is held back, whether it
 * gets there in this step or not; where there is no direction (a target without an old one), the value itself must lie within.
 */
function ownBoundCrossed(
  { scale, own, beforeMicros, requestedMicros }: StepCase,
  micros: bigint,
): { readonly limitMicros: bigint; readonly verdict: Omit<RuleVerdict, 'outcome'> } | undefined {
  const { minMicros, maxMicros } = own ?? {}
  const noun = bare(scale.noun)
  const verdict = (rule: RuleVerdict['rule'], limitMicros: bigint, side: 'over' | 'under') => ({
    limitMicros,
    verdict: {
      rule,
      limit: scale.plain(limitMicros),
      message: `Your limits allow no ${noun} ${side} ${scale.shown(limitMicros)} here.`,
    },
  })
  if (own !== undefined && maxMicros !== undefined && micros > maxMicros && requestedMicros >= beforeMicros)
    return verdict(own.rules.max, maxMicros, 'over')
  if (own !== undefined && minMicros !== undefined && micros < minMicros && requestedMicros <= beforeMicros)
    return verdict(own.rules.min, minMicros, 'under')
  return undefined
}

function outOfBounds(
  { scale, minMicros, maxMicros }: StepCase,
  micros: bigint,
): Omit<RuleVerdict, 'outcome'> | undefined {
  if (minMicros !== undefined && micros < minMicros)
    return {
      rule: 'platform_minimum',
      limit: scale.plain(minMicros),
      message: `The platform accepts no ${bare(scale.noun)} under ${scale.shown(minMicros)}.`,
    }
  if (maxMicros !== undefined && micros > maxMicros)
    return {
      rule: 'platform_maximum',
      limit: scale.plain(maxMicros),
      message: `The platform accepts no ${bare(scale.noun)} over ${scale.shown(maxMicros)}.`,
    }
  return undefined
}

/** The largest multiple of `step` that is not above `value`, also below zero. */
function floorTo(value: bigint, step: bigint): bigint {
  const rest = value % step
  return rest < 0n ? value - rest - step : value - rest
}

const bare = (noun: string): string => noun.replace(/^an? /, '')
const capital = (noun: string): string => `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`
