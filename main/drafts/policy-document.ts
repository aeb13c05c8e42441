/** The guardrails between their written form and the one that judges, what makes no sense in them, and what differs between two. Pure. */
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { AccountLimitsDocument, PolicyDocument, QuietWindowView } from '../../shared/schemas/policy.ts'
import { taggedHash } from '../audit/jcs.ts'
import { type AccountOverride, limitsFor, type Policy } from './policy.ts'
import { unitsText } from './policy-words.ts'
import { quietMinutesPerWeek } from './quiet-hours.ts'
import { percentText } from './step.ts'

/** Hex SHA-256 of one version; the same in drafts' records and in the log. */
export function policyHash(version: number, document: PolicyDocument): string {
  return taggedHash('policy', { version, document })
}

const MICRO = 1_000_000n

/** "50" → 5,000; "12.5" → 1,250. */
function basisPoints(percent: string): bigint {
  const [whole = '0', fraction = ''] = percent.split('.', 2)
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'))
}
function unitMicros(text: string | null): bigint | undefined {
  if (text === null) return undefined
  const [whole = '0', fraction = ''] = text.split('.', 2)
  return BigInt(whole) * MICRO + BigInt(fraction.padEnd(6, '0'))
}
const unitText = (micros: bigint | undefined): string | null => (micros === undefined ? null : unitsText(micros))
const wholeUnits = (text: string | null): bigint | undefined => (text === null ? undefined : BigInt(text))
const wholeText = (units: bigint | undefined): string | null => (units === undefined ? null : String(units))

/** @throws OperationError invalid_value for an amount that its currency cannot express, currency_mismatch for an unknown currency */
export function policyOf(version: number, { limits, protected: protectedIds, accounts }: PolicyDocument): Policy {
  return {
    version,
    maxStepBasisPoints: basisPoints(limits.max_step_percent),
    maxStepUnits: BigInt(limits.max_step_amount),
    digitSlipFactor: BigInt(limits.digit_slip_factor),
    envelopeNetUnits: BigInt(limits.envelope_net),
    envelopeGrossUnits: BigInt(limits.envelope_gross),
    totalNetUnits: wholeUnits(limits.total_net),
    totalGrossUnits: wholeUnits(limits.total_gross),
    minDailyBudgetUnitMicros: unitMicros(limits.min_daily_budget),
    maxDailyBudgetUnitMicros: unitMicros(limits.max_daily_budget),
    minBidUnitMicros: unitMicros(limits.min_bid),
    maxBidUnitMicros: unitMicros(limits.max_bid),
    protectedIds,
    pauseLookbackDays: limits.pause_lookback_days,
    quietHours: limits.quiet_hours,
    coolDownMinutes: limits.cool_down_minutes,
    maxDraftsPerHour: limits.max_drafts_per_hour,
    maxItems: limits.max_items,
    accounts: Object.fromEntries(accounts.map((own) => [own.account_id, overrideOf(own)])),
  }
}

function overrideOf(own: AccountLimitsDocument): AccountOverride {
  const { currency } = own
  const money = (text: string): bigint => parseDecimal(text, currency)
  const bound = (text: string | null): bigint | null => (text === null ? null : money(text))
  return defined<AccountOverride>({
    currency,
    maxStepBasisPoints: map(own.max_step_percent, basisPoints),
    maxStepMicros: map(own.max_step_amount, money),
    digitSlipFactor: map(own.digit_slip_factor, BigInt),
    envelopeNetMicros: map(own.envelope_net, money),
    envelopeGrossMicros: map(own.envelope_gross, money),
    minDailyBudgetMicros: map(own.min_daily_budget, bound),
    maxDailyBudgetMicros: map(own.max_daily_budget, bound),
    minBidMicros: map(own.min_bid, bound),
    maxBidMicros: map(own.max_bid, bound),
    pauseLookbackDays: own.pause_lookback_days,
    quietHours: own.quiet_hours,
    coolDownMinutes: own.cool_down_minutes,
  })
}

const map = <T, R>(value: T | undefined, to: (value: T) => R): R | undefined =>
  value === undefined ? undefined : to(value)

/** Without the members that are undefined. */
function defined<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}

/** The written form, in one order whatever the order it came in. */
export function documentOf(policy: Policy): PolicyDocument {
  return {
    limits: {
      max_step_percent: percentText(policy.maxStepBasisPoints),
      max_step_amount: String(policy.maxStepUnits),
      digit_slip_factor: Number(policy.digitSlipFactor),
      envelope_net: String(policy.envelopeNetUnits),
      envelope_gross: String(policy.envelopeGrossUnits),
      total_net: wholeText(policy.totalNetUnits),
      total_gross: wholeText(policy.totalGrossUnits),
      min_daily_budget: unitText(policy.minDailyBudgetUnitMicros),
      max_daily_budget: unitText(policy.maxDailyBudgetUnitMicros),
      min_bid: unitText(policy.minBidUnitMicros),
      max_bid: unitText(policy.maxBidUnitMicros),
      pause_lookback_days: policy.pauseLookbackDays,
      quiet_hours: policy.quietHours.map(windowView),
      cool_down_minutes: policy.coolDownMinutes,
      max_drafts_per_hour: policy.maxDraftsPerHour,
      max_items: policy.maxItems,
    },
    protected: [...new Set(policy.protectedIds)].toSorted() as PolicyDocument['protected'],
    accounts: Object.entries(policy.accounts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([accountId, own]) => accountDocument(accountId as AccountId, own)),
  }
}

const windowView = ({ days, from, to }: Policy['quietHours'][number]): QuietWindowView => ({
  days: [...new Set(days)].toSorted((a, b) => a - b),
  from,
  to,
})

function accountDocument(accountId: AccountId, own: AccountOverride): AccountLimitsDocument {
  const { currency } = own
  const money = (micros: bigint): string => formatDecimal(micros, currency)
  const bound = (micros: bigint | null): string | null => (micros === null ? null : money(micros))
  return defined<AccountLimitsDocument>({
    account_id: accountId,
    currency,
    max_step_percent: map(own.maxStepBasisPoints, percentText),
    max_step_amount: map(own.maxStepMicros, money),
    digit_slip_factor: map(own.digitSlipFactor, Number),
    envelope_net: map(own.envelopeNetMicros, money),
    envelope_gross: map(own.envelopeGrossMicros, money),
    min_daily_budget: map(own.minDailyBudgetMicros, bound),
    max_daily_budget: map(own.maxDailyBudgetMicros, bound),
    min_bid: map(own.minBidMicros, bound),
    max_bid: map(own.maxBidMicros, bound),
    pause_lookback_days: own.pauseLookbackDays,
    quiet_hours: map(own.quietHours, (windows) => windows.map(windowView)),
    cool_down_minutes: own.coolDownMinutes,
  })
}

/**
 * Refuses limits that contradict each other, or that nothing could ever pass.
 * @param currencyOf of an account; undefined for one that is not connected here
 * @throws OperationError invalid_value or currency_mismatch, naming the setting
 */
export function refuseNonsense(
  document: PolicyDocument,
  currencyOf: (accountId: AccountId) => string | undefined,
): void {
  const policy = policyOf(1, document)
  const where = 'for all accounts'
  refuseUnless(policy.maxStepBasisPoints > 0n, 'max_step_percent', `The largest step ${where} must be more than 0 %.`)
  refuseOver(
    'envelope_net',
    policy.envelopeNetUnits,
    policy.envelopeGrossUnits,
    `The net limit ${where}`,
    'gross limit',
  )
  refuseOver(
    'total_net',
    policy.totalNetUnits,
    policy.totalGrossUnits,
    'The net limit of all accounts together',
    'gross one',
  )
  refuseBounds(
    '',
    'daily_budget',
    policy.minDailyBudgetUnitMicros,
    policy.maxDailyBudgetUnitMicros,
    `daily budget ${where}`,
  )
  refuseBounds('', 'bid', policy.minBidUnitMicros, policy.maxBidUnitMicros, `bid ${where}`)
  refuseWindows(policy.quietHours, where)
  refuseUnless(
    new Set(document.accounts.map((own) => own.account_id)).size === document.accounts.length,
    'accounts',
    'An account has limits of its own twice.',
  )
  for (const own of document.accounts) refuseAccount(own.account_id, policy, currencyOf(own.account_id))
}

function refuseAccount(accountId: AccountId, policy: Policy, currency: string | undefined): void {
  const own = policy.accounts[accountId]
  if (own === undefined) return
  const where = `for ${accountId}`
  if (currency !== undefined && own.currency !== currency)
    throw new OperationError(
      'currency_mismatch',
      `The limits ${where} are in ${own.currency}, and the account is in ${currency}. Nothing was saved.`,
      `Give them in ${currency}.`,
      { details: { setting: `${accountId}.currency` } },
    )
  const at = (name: string): string => `${accountId}.${name}`
  refuseUnless(
    own.maxStepBasisPoints !== 0n,
    at('max_step_percent'),
    `The largest step ${where} must be more than 0 %.`,
  )
  refuseUnless(own.maxStepMicros !== 0n, at('max_step_amount'), `The largest step ${where} must be more than 0.`)
  // Half of a pair is measured against the other half of what holds everywhere.
  const limits = limitsFor(policy, own.currency, accountId)
  const { minDailyBudgetMicros, maxDailyBudgetMicros, minBidMicros, maxBidMicros } = limits
  refuseOver(
    at('envelope_net'),
    limits.envelopeNetMicros,
    limits.envelopeGrossMicros,
    `The net limit ${where}`,
    'gross limit',
  )
  refuseBounds(at(''), 'daily_budget', minDailyBudgetMicros, maxDailyBudgetMicros, `daily budget ${where}`)
  refuseBounds(at(''), 'bid', minBidMicros, maxBidMicros, `bid ${where}`)
  refuseWindows(own.quietHours ?? [], where)
}

function refuseOver(
  setting: string,
  net: bigint | undefined,
  gross: bigint | undefined,
  what: string,
  other: string,
): void {
  const isOver = net !== undefined && gross !== undefined && net > gross
  refuseUnless(!isOver, setting, `${what} is larger than the ${other}: it could never be reached.`)
}

function refuseBounds(
  prefix: string,
  name: 'daily_budget' | 'bid',
  min: bigint | undefined,
  max: bigint | undefined,
  noun: string,
): void {
  const isCrossed = min !== undefined && max !== undefined && min > max
  refuseUnless(!isCrossed, `${prefix}min_${name}`, `The smallest ${noun} is larger than the largest one.`)
  refuseUnless(
    max !== 0n,
    `${prefix}max_${name}`,
    `The largest ${noun} must be more than 0; leave it empty to switch it off.`,
  )
}

function refuseWindows(windows: Policy['quietHours'], where: string): void {
  for (const { from, to } of windows) {
    refuseUnless(
      from !== to,
      'quiet_hours',
      `Quiet hours ${where} begin and end at ${from}: give "00:00" to "24:00" for a whole day.`,
    )
    refuseUnless(from !== '24:00', 'quiet_hours', `Quiet hours ${where} cannot begin at 24:00.`)
  }
  refuseUnless(
    quietMinutesPerWeek(windows) < 10_080,
    'quiet_hours',
    `Quiet hours ${where} cover the whole week: nothing could ever be raised. Switch changes off under Connections instead.`,
  )
}

function refuseUnless(isFine: boolean, setting: string, message: string): void {
  if (isFine) return
  throw new OperationError('invalid_value', `${message} Nothing was saved.`, 'Correct it and save again.', {
    details: { setting },
  })
}
