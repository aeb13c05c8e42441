/** The guardrails in words, for the window and for get_status: every rule that a proposal can meet but the platform's own. Pure. */
import type { Rule } from '../../shared/domain/draft.ts'
import type { Policy, QuietWindow } from './policy.ts'
import { percentText } from './step.ts'

export interface RuleText {
  readonly rule: Rule
  readonly text: string
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
/** Windows that are named; the rest are in the settings. */
const MAX_WINDOWS_NAMED = 3

/** Amounts are per US-dollar-like unit, scaled to each account's currency. What single accounts have of their own is told by its number. */
export function describePolicy(policy: Policy): readonly RuleText[] {
  return [...ofAValue(policy), ...ofADraft(policy), ...ofTheMoment(policy)]
}

function ofAValue(policy: Policy): readonly RuleText[] {
  const { minDailyBudgetUnitMicros: minBudget, maxDailyBudgetUnitMicros: maxBudget } = policy
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
    {
      rule: 'max_step_percent',
      text: `One step changes a budget, bid or target by at most ${percentText(policy.maxStepBasisPoints)} %.${ownLimits(policy)}`,
    },
    {
      rule: 'max_step_amount',
      text: `One step changes a budget by at most ${policy.maxStepUnits} per day (scaled to the currency).`,
    },
    {
      rule: 'platform_step',
      text: 'A value is a whole number of the platform’s smallest steps; one that your limits reduce is rounded towards the old value.',
    },
    { rule: 'budget_minimum', text: bound('A daily budget is not lowered below', minBudget) },
    { rule: 'budget_maximum', text: bound('A daily budget is not raised above', maxBudget) },
    { rule: 'bid_minimum', text: bound('A bid is not lowered below', policy.minBidUnitMicros) },
    { rule: 'bid_maximum', text: bound('A bid is not raised above', policy.maxBidUnitMicros) },
    {
      rule: 'unknown_spend',
      text: 'Nothing is switched on whose spend per day is not known, and where no daily budget caps the spend no bid is raised and no bid strategy switched.',
    },
  ]
}

function ofADraft(policy: Policy): readonly RuleText[] {
  return [
    {
      rule: 'envelope_net',
      text: `In any 24 hours approvals may raise an account's spend by at most ${policy.envelopeNetUnits} per day, net.`,
    },
    {
      rule: 'envelope_gross',
      text: `In any 24 hours approvals may move at most ${policy.envelopeGrossUnits} per day up and down together.`,
    },
    {
      rule: 'envelope_total_net',
      text:
        policy.totalNetUnits === undefined
          ? 'All accounts together: no limit of their own for raises.'
          : `All accounts together: at most ${policy.totalNetUnits} per day, net, in any 24 hours.`,
    },
    {
      rule: 'envelope_total_gross',
      text:
        policy.totalGrossUnits === undefined
          ? 'All accounts together: no limit of their own for movement.'
          : `All accounts together: at most ${policy.totalGrossUnits} per day up and down together, in any 24 hours.`,
    },
    { rule: 'max_items', text: `A draft holds at most ${policy.maxItems} changes.` },
    {
      rule: 'protected_entity',
      text:
        policy.protectedIds.length === 0
          ? 'Nothing is protected from changes.'
          : `${policy.protectedIds.length} protected ${policy.protectedIds.length === 1 ? 'entity is' : 'entities are'} never changed, with everything below.`,
    },
  ]
}

function ofTheMoment(policy: Policy): readonly RuleText[] {
  const { pauseLookbackDays: days, coolDownMinutes: minutes } = policy
  return [
    {
      rule: 'pause_lookback',
      text:
        days === 0
          ? 'What converted lately may be paused.'
          : `What had conversions in the last ${days === 1 ? 'day' : `${days} days`} is not paused.`,
    },
    { rule: 'quiet_hours', text: quietText(policy.quietHours) },
    {
      rule: 'cool_down',
      text:
        minutes === 0
          ? 'No cool-down between two changes of one entity.'
          : `After a change an entity is left alone for ${minutes} minutes; lowering and pausing are always possible.`,
    },
    { rule: 'drafts_per_hour', text: `One agent makes at most ${policy.maxDraftsPerHour} drafts per hour.` },
    {
      rule: 'breaker',
      text: 'Repeated platform errors, a broken log or spend that looks wrong stop every approval until you reset the circuit breaker.',
    },
  ]
}

function bound(what: string, unitMicros: bigint | undefined): string {
  return unitMicros === undefined
    ? `${what.replace('is not', 'may be')} any amount your other limits allow.`
    : `${what} ${unitsText(unitMicros)} (scaled to the currency).`
}

/** Millionths of a unit: "20", "0.50". */
export function unitsText(unitMicros: bigint): string {
  const rest = (unitMicros % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '')
  return rest === '' ? `${unitMicros / 1_000_000n}` : `${unitMicros / 1_000_000n}.${rest.padEnd(2, '0')}`
}

function ownLimits({ accounts }: Policy): string {
  const count = Object.keys(accounts).length
  return count === 0 ? '' : ` ${count === 1 ? 'One account has' : `${count} accounts have`} limits of their own.`
}

function quietText(windows: readonly QuietWindow[]): string {
  if (windows.length === 0) return 'No quiet hours.'
  const named = windows
    .slice(0, MAX_WINDOWS_NAMED)
    .map(({ days, from, to }) => `${days.map((day) => DAYS[day - 1]).join(' ')} ${from}–${to}`)
  const more = windows.length > MAX_WINDOWS_NAMED ? ` and ${windows.length - MAX_WINDOWS_NAMED} more` : ''
  return `Quiet hours, on the account’s clock: ${named.join(', ')}${more}. Then only lowering and pausing are approved.`
}
