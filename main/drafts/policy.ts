/**
 * Guardrails as data, and the pure function that applies them. Integers only; never reads a clock, a store or a platform.
 * The limits are the user's: no caller, and no approval, gets past a `block`.
 */
import { MAX_ITEMS, type PolicyResult, type RuleVerdict } from '../../shared/domain/draft.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { currencyExponent, currencyScale, formatRounded } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { judgeStep, type OwnBounds, type Scale, type StepResult } from './step.ts'

/** From/to are wall-clock times of the account, "22:00" to "06:00"; `to` may be "24:00", and one that is not after `from` is on the next day. */
export interface QuietWindow {
  /** ISO days of the week on which it begins: 1 is Monday. */
  readonly days: readonly number[]
  readonly from: string
  readonly to: string
}

/**
 * What the person set for one account, exact in its own currency. An absent member leaves what holds everywhere; null switches a bound off.
 */
export interface AccountOverride {
  readonly currency: string
  readonly maxStepBasisPoints?: bigint
  readonly maxStepMicros?: bigint
  readonly digitSlipFactor?: bigint
  readonly envelopeNetMicros?: bigint
  readonly envelopeGrossMicros?: bigint
  readonly minDailyBudgetMicros?: bigint | null
  readonly maxDailyBudgetMicros?: bigint | null
  readonly minBidMicros?: bigint | null
  readonly maxBidMicros?: bigint | null
  readonly pauseLookbackDays?: number
  readonly quietHours?: readonly QuietWindow[]
  readonly coolDownMinutes?: number
}

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
  /** The same two over all accounts together; undefined is off. */
  readonly totalNetUnits: bigint | undefined
  readonly totalGrossUnits: bigint | undefined
  /** Daily budgets stay within; undefined is off. Millionths of a unit. */
  readonly minDailyBudgetUnitMicros: bigint | undefined
  readonly maxDailyBudgetUnitMicros: bigint | undefined
  /** The same for bids, caps and cost targets that are amounts. */
  readonly minBidUnitMicros: bigint | undefined
  readonly maxBidUnitMicros: bigint | undefined
  /** Accounts, campaigns, ad groups and ads that nobody changes through this app, with everything below them. */
  readonly protectedIds: readonly string[]
  /** What had conversions in this many days (and today) is not paused; 0 is off. */
  readonly pauseLookbackDays: number
  readonly quietHours: readonly QuietWindow[]
  /** Between two changes of one entity; 0 is off. Counted in steady time. */
  readonly coolDownMinutes: number
  /** Of one agent, or of the loop. */
  readonly maxDraftsPerHour: number
  /** Changes in one draft. */
  readonly maxItems: number
  readonly accounts: Readonly<Record<string, AccountOverride>>
}

export const FIRST_POLICY: Policy = {
  version: 1,
  maxStepBasisPoints: 5_000n,
  maxStepUnits: 200n,
  digitSlipFactor: 10n,
  envelopeNetUnits: 500n,
  envelopeGrossUnits: 1_500n,
  totalNetUnits: undefined,
  totalGrossUnits: undefined,
  minDailyBudgetUnitMicros: undefined,
  maxDailyBudgetUnitMicros: undefined,
  minBidUnitMicros: undefined,
  maxBidUnitMicros: undefined,
  protectedIds: [],
  pauseLookbackDays: 0,
  quietHours: [],
  coolDownMinutes: 0,
  maxDraftsPerHour: 60,
  maxItems: MAX_ITEMS,
  accounts: {},
}

/** Approved movement of one account in the last 24 hours, micros. A change whose outcome is not known counts as a raise, never as a cut. */
export interface Usage {
  readonly netMicros: bigint
  readonly grossMicros: bigint
}

/** What holds in one account, amounts in micros of its currency. */
export interface Limits {
  readonly maxStepBasisPoints: bigint
  readonly maxStepMicros: bigint
  readonly digitSlipFactor: bigint
  readonly envelopeNetMicros: bigint
  readonly envelopeGrossMicros: bigint
  readonly minDailyBudgetMicros: bigint | undefined
  readonly maxDailyBudgetMicros: bigint | undefined
  readonly minBidMicros: bigint | undefined
  readonly maxBidMicros: bigint | undefined
  readonly pauseLookbackDays: number
  readonly quietHours: readonly QuietWindow[]
  readonly coolDownMinutes: number
}

/**
 * The limits of an account, or those for any account of a currency when no account is named.
 * @throws OperationError currency_mismatch for an unknown currency, or for an account whose own limits were set in another currency:
 * an amount is never converted, and what the person set is never left out.
 */
export function limitsFor(policy: Policy, currency: string, accountId?: AccountId): Limits {
  const scale = currencyScale(currency)
  const own = accountId === undefined ? undefined : policy.accounts[accountId]
  if (own !== undefined && own.currency !== currency) throw otherCurrency(own.currency, currency)
  const units = (amount: bigint): bigint => amount * 1_000_000n * scale
  /** Null is the person's "off"; absent is what holds everywhere. */
  const bound = (set: bigint | null | undefined, unitMicros: bigint | undefined): bigint | undefined =>
    set === null ? undefined : (set ?? (unitMicros === undefined ? undefined : unitMicros * scale))
  return {
    maxStepBasisPoints: own?.maxStepBasisPoints ?? policy.maxStepBasisPoints,
    maxStepMicros: own?.maxStepMicros ?? units(policy.maxStepUnits),
    digitSlipFactor: own?.digitSlipFactor ?? policy.digitSlipFactor,
    envelopeNetMicros: own?.envelopeNetMicros ?? units(policy.envelopeNetUnits),
    envelopeGrossMicros: own?.envelopeGrossMicros ?? units(policy.envelopeGrossUnits),
    minDailyBudgetMicros: bound(own?.minDailyBudgetMicros, policy.minDailyBudgetUnitMicros),
    maxDailyBudgetMicros: bound(own?.maxDailyBudgetMicros, policy.maxDailyBudgetUnitMicros),
    minBidMicros: bound(own?.minBidMicros, policy.minBidUnitMicros),
    maxBidMicros: bound(own?.maxBidMicros, policy.maxBidUnitMicros),
    pauseLookbackDays: own?.pauseLookbackDays ?? policy.pauseLookbackDays,
    quietHours: own?.quietHours ?? policy.quietHours,
    coolDownMinutes: own?.coolDownMinutes ?? policy.coolDownMinutes,
  }
}

function otherCurrency(setIn: string, now: string): OperationError {
  return new OperationError(
    'currency_mismatch',
    `The limits of this account were set in ${setIn}, and the account is in ${now} now. Nothing was changed.`,
    'The user can set the limits of the account again under Settings.',
  )
}

export interface BudgetCase {
  readonly version: number
  readonly limits: Limits
  readonly currency: string
  readonly beforeMicros: bigint
  readonly requestedMicros: bigint
  /** The platform's own bounds for this field, when known. */
  readonly minMicros: bigint | undefined
  readonly maxMicros: bigint | undefined
  /** Smallest step in micros, the platform's and the currency's together; the currency's alone when left out. */
  readonly stepMicros?: bigint
  /** Putting back a value the entity had before: the step limits and the digit guard do not apply, everything else does. */
  readonly isUndo: boolean
}

/**
 * Judges a new daily budget by itself; what it does to the envelope is judged with the draft, see guardrails.ts. A step that is too large is
 * clamped towards the old value; everything else that is wrong blocks.
 * @returns the value that would be written (equal to the value before when blocked) and the rules that spoke.
 */
export function judgeBudget(input: BudgetCase): { readonly afterMicros: bigint; readonly result: PolicyResult } {
  const { limits, currency } = input
  const step = judgeStep({
    scale: moneyScale('a daily budget', currency, input.stepMicros ?? currencyUnit(currency)),
    beforeMicros: input.beforeMicros,
    requestedMicros: input.requestedMicros,
    minMicros: input.minMicros,
    maxMicros: input.maxMicros,
    maxStepBasisPoints: limits.maxStepBasisPoints,
    maxStepMicros: limits.maxStepMicros,
    digitSlipFactor: limits.digitSlipFactor,
    own: {
      minMicros: limits.minDailyBudgetMicros,
      maxMicros: limits.maxDailyBudgetMicros,
      rules: { min: 'budget_minimum', max: 'budget_maximum' },
    },
    isUndo: input.isUndo,
  })
  return { afterMicros: step.afterMicros, result: resultOf(input.version, step) }
}

/** The person's bounds for bids, which are amounts: they say nothing about a ratio. */
export function ownBidBounds(limits: Limits, kind: 'money' | 'ratio'): OwnBounds {
  const rules = { min: 'bid_minimum', max: 'bid_maximum' } as const
  if (kind === 'ratio') return { minMicros: undefined, maxMicros: undefined, rules }
  return { minMicros: limits.minBidMicros, maxMicros: limits.maxBidMicros, rules }
}

export interface BidCase {
  readonly version: number
  readonly limits: Limits
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
 * does, it must not become more generous. Step amounts are for budgets: a bid is held by the percentage, and by its own bounds.
 */
export function judgeBid(input: BidCase): { readonly afterMicros: bigint; readonly result: PolicyResult } {
  const { version, limits, beforeMicros, requestedMicros } = input
  const step = judgeStep({
    scale: input.scale,
    beforeMicros,
    requestedMicros,
    minMicros: input.minMicros,
    maxMicros: input.maxMicros,
    maxStepBasisPoints: limits.maxStepBasisPoints,
    maxStepMicros: undefined,
    digitSlipFactor: limits.digitSlipFactor,
    own: ownBidBounds(limits, input.isInverse ? 'ratio' : 'money'),
    isUndo: input.isUndo,
  })
  const isMoreGenerous = input.isInverse ? step.afterMicros < beforeMicros : step.afterMicros > beforeMicros
  if (!isMoreGenerous || input.isSpendCapped) return { afterMicros: step.afterMicros, result: resultOf(version, step) }
  return { afterMicros: beforeMicros, result: { version, outcome: 'block', rules: [...step.rules, NO_DAILY_CAP] } }
}

/** Judges a switch to another strategy: what it does to results is the person's call, but a daily budget must cap what it can spend. */
export function judgeSwitch(version: number, isSpendCapped: boolean): PolicyResult {
  return {
    version,
    outcome: isSpendCapped ? 'pass' : 'block',
    rules: isSpendCapped ? [] : [NO_DAILY_CAP],
  }
}

function resultOf(version: number, step: StepResult): PolicyResult {
  const outcome = step.isBlocked ? 'block' : step.rules.length > 0 ? 'clamp' : 'pass'
  return { version, outcome, rules: step.rules }
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
 * Judges switching an entity on or off by itself. `movementMicros` is the spend per day the switch can add (positive) or stop (negative);
 * undefined when what it would start is not known.
 */
export function judgeStatus(version: number, movementMicros: bigint | undefined): PolicyResult {
  return movementMicros === undefined
    ? { version, outcome: 'block', rules: [UNKNOWN_SPEND] }
    : { version, outcome: 'pass', rules: [] }
}
