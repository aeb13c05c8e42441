/**
 * What the person's limits say of a draft as a whole: the verdicts on its changes, and everything that concerns them together or depends on
 * when and by whom. Pure: what has been approved, what converted and what time it is are handed in. Judged at proposal, at arm and at
 * confirm; no caller, and no approval, gets past a `block`.
 */
import type { DraftItem, OriginKind, PolicyResult, RuleVerdict } from '../../shared/domain/draft.ts'
import type { Account, Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId } from '../../shared/domain/ids.ts'
import { isEasing } from './easing.ts'
import { type AccountUsage, countCutsOnce, judgeAccount, judgeTotal, movementOf } from './envelope.ts'
import { limitsFor, type Policy, type Usage } from './policy.ts'
import { quietWindowAt } from './quiet-hours.ts'

/** Whether the circuit breaker has stopped everything, and why. It can only stop. */
export interface BreakerState {
  readonly isOpen: boolean
  /** A code: "platform_errors", "integrity", "anomalous_spend". */
  readonly reason?: string
  /** Our words. */
  readonly message?: string
  readonly trippedAtMs?: number
  readonly accountId?: AccountId
  /** Failures in a row, so far or when it tripped. */
  readonly count?: number
}

export interface SetContext {
  readonly policy: Policy
  /** Wall clock, for quiet hours. */
  readonly nowMs: number
  /** See main/steady-clock.ts. */
  readonly steadyMs: number
  readonly originKind: OriginKind
  readonly originId: string
  readonly isUndo: boolean
  readonly stage: 'propose' | 'arm' | 'confirm'
  readonly breaker: BreakerState | undefined
  readonly account: (id: AccountId) => Pick<Account, 'timeZone' | 'currency'> | undefined
  /** What an entity lies under, nearest first, without the account. */
  readonly above: (id: EntityId) => readonly EntityId[]
  /** Of the last 24 hours of steady time. */
  readonly usageOf: (accountId: AccountId) => Usage
  readonly allUsage: () => readonly AccountUsage[]
  /** Steady time of the last change of a target that was, or may have been, applied. */
  readonly lastAppliedSteadyMs: (target: string, field?: Field) => number | undefined
  /** Drafts that this origin has made in the last hour. */
  readonly draftsLastHour: () => number
  /** Whether it had conversions in the last so many days of its account, or today; undefined when that is not known. */
  readonly convertedRecently?: (entityId: EntityId, days: number) => boolean | undefined
}

/** Verdicts of one draft that are kept and shown; blocks come last and are never cut. */
const MAX_VERDICTS = 60
const MINUTE_MS = 60_000

/**
 * Merges the verdicts on the changes with those on the draft. Where several changes are in it, each verdict on one names it by `k`. The first
 * block of the changes hides nothing but the envelope: what does not happen moves nothing.
 * @param perItem what planChange said of each item, in the same order
 * @throws OperationError currency_mismatch where an account's own limits are in another currency than the account
 */
export function judgeSet(
  items: readonly DraftItem[],
  perItem: readonly PolicyResult[],
  context: SetContext,
): PolicyResult {
  const isSeveral = items.length > 1
  const rules: RuleVerdict[] = []
  const say = (item: DraftItem | undefined, verdict: RuleVerdict | undefined): void => {
    if (verdict !== undefined) rules.push(isSeveral && item !== undefined ? { ...verdict, k: item.k } : verdict)
  }
  for (const [at, result] of perItem.entries()) for (const verdict of result.rules) say(items[at], verdict)
  const isBlocked = perItem.some((result) => result.outcome === 'block')

  say(undefined, breakerVerdict(context))
  say(undefined, crowdVerdict(context))
  say(undefined, sizeVerdict(items, context))
  for (const item of items) {
    say(item, protectedVerdict(item, context))
    say(item, lookbackVerdict(item, context))
    say(item, coolDownVerdict(item, context))
  }
  for (const item of quietOnes(items, context)) say(item, quietVerdict(item, context))
  if (!isBlocked) for (const verdict of envelopeVerdicts(items, context)) say(undefined, verdict)
  return resultOf(context.policy.version, rules)
}

/**
 * What would keep a draft from being approved at this moment and passes by itself: quiet hours and cool-downs. A proposal is not held back
 * by it, so that an agent may propose at night what a person approves in the morning.
 */
export function waitingFor(items: readonly DraftItem[], context: SetContext): readonly RuleVerdict[] {
  const asIfArmed: SetContext = { ...context, stage: 'arm' }
  return judgeSet(items, [], asIfArmed).rules.filter(({ rule }) => rule === 'quiet_hours' || rule === 'cool_down')
}

function resultOf(version: number, rules: readonly RuleVerdict[]): PolicyResult {
  const blocks = rules.filter((verdict) => verdict.outcome === 'block').slice(0, MAX_VERDICTS)
  const clamps = rules.filter((verdict) => verdict.outcome === 'clamp').slice(0, MAX_VERDICTS - blocks.length)
  const outcome = blocks.length > 0 ? 'block' : clamps.length > 0 ? 'clamp' : 'pass'
  return { version, outcome, rules: [...clamps, ...blocks] }
}

const block = (rule: RuleVerdict['rule'], limit: string, message: string): RuleVerdict => ({
  rule,
  outcome: 'block',
  limit,
  message,
})

function breakerVerdict({ breaker, stage, originKind }: SetContext): RuleVerdict | undefined {
  if (breaker?.isOpen !== true || (stage === 'propose' && originKind !== 'loop')) return undefined
  const why = breaker.message === undefined ? '' : ` ${breaker.message}`
  return block('breaker', '0', `The circuit breaker has stopped changes.${why} The user can reset it under Settings.`)
}

function crowdVerdict({ policy, stage, originKind, draftsLastHour }: SetContext): RuleVerdict | undefined {
  if (stage !== 'propose' || originKind === 'window' || draftsLastHour() < policy.maxDraftsPerHour) return undefined
  return block(
    'drafts_per_hour',
    String(policy.maxDraftsPerHour),
    `At most ${policy.maxDraftsPerHour} drafts per hour are taken from one maker.`,
  )
}

function sizeVerdict(items: readonly DraftItem[], { policy }: SetContext): RuleVerdict | undefined {
  if (items.length <= policy.maxItems) return undefined
  return block('max_items', String(policy.maxItems), `A draft may hold at most ${policy.maxItems} changes.`)
}

function protectedVerdict(item: DraftItem, { policy, above }: SetContext): RuleVerdict | undefined {
  if (policy.protectedIds.length === 0) return undefined
  const ids = new Set(policy.protectedIds)
  const touched = [item.entityId, ...item.affects.map((each) => each.entityId)]
  for (const id of touched) {
    const found = [id, ...above(id), item.accountId].find((each) => ids.has(each))
    if (found !== undefined)
      return block('protected_entity', '0', `${found} is protected, with everything below it: nothing changes it.`)
  }
  if (item.field !== 'status' || item.after !== 'paused') return undefined
  const below = policy.protectedIds.find((id) => isEntity(id) && above(id).includes(item.entityId))
  return below === undefined
    ? undefined
    : block('protected_entity', '0', `${below} is protected, and pausing what is above it would stop it.`)
}

const isEntity = (id: string): id is EntityId => id.includes('/')

function lookbackVerdict(item: DraftItem, context: SetContext): RuleVerdict | undefined {
  if (item.field !== 'status' || item.after !== 'paused') return undefined
  const days = limitsFor(context.policy, item.currency, item.accountId).pauseLookbackDays
  if (days === 0) return undefined
  const has = context.convertedRecently?.(item.entityId, days)
  if (has === false) return undefined
  const span = days === 1 ? 'the last day' : `the last ${days} days`
  return block(
    'pause_lookback',
    String(days),
    has === true
      ? `It had conversions in ${span}, so it may not be paused.`
      : `Whether it had conversions in ${span} is not known, so it may not be paused. Sync the account first.`,
  )
}

function coolDownVerdict(item: DraftItem, context: SetContext): RuleVerdict | undefined {
  if (context.stage === 'propose') return undefined
  const minutes = limitsFor(context.policy, item.currency, item.accountId).coolDownMinutes
  if (minutes === 0 || isEasing(item)) return undefined
  const lastMs = context.lastAppliedSteadyMs(item.target)
  if (lastMs === undefined) return undefined
  const leftMs = lastMs + minutes * MINUTE_MS - context.steadyMs
  if (leftMs <= 0) return undefined
  return block(
    'cool_down',
    String(minutes),
    `It was changed less than ${minutes} minutes ago; ${Math.ceil(leftMs / MINUTE_MS)} of them are left. Lowering and pausing are always possible.`,
  )
}

/** One change of each account that could be held back: the others would be told the same. */
function quietOnes(items: readonly DraftItem[], { stage }: SetContext): readonly DraftItem[] {
  if (stage === 'propose') return []
  const byAccount = new Map<AccountId, DraftItem>()
  for (const item of items) if (!byAccount.has(item.accountId) && !isEasing(item)) byAccount.set(item.accountId, item)
  return [...byAccount.values()]
}

function quietVerdict(item: DraftItem, { policy, nowMs, account }: SetContext): RuleVerdict | undefined {
  const { quietHours } = limitsFor(policy, item.currency, item.accountId)
  const zone = account(item.accountId)?.timeZone
  const found = quietWindowAt(quietHours, zone, nowMs)
  if (found === undefined) return undefined
  return block(
    'quiet_hours',
    '0',
    found === 'unknown_zone'
      ? 'This account has quiet hours, and its time zone is not known. Only lowering and pausing are possible.'
      : `Quiet hours in this account: from ${found.from} to ${found.to} (${zone}) only lowering and pausing are possible.`,
  )
}

function envelopeVerdicts(items: readonly DraftItem[], context: SetContext): readonly RuleVerdict[] {
  const counted = countCutsOnce(items, (id) => context.above(id))
  const byAccount = Map.groupBy(counted, (item) => item.accountId)
  const moved = [...byAccount].map(([accountId, own]) => ({
    accountId,
    currency: own[0]?.currency ?? '',
    movement: movementOf(own),
  }))
  const found = moved.flatMap(({ accountId, currency, movement }) => {
    const usage = context.usageOf(accountId)
    return judgeAccount(context.policy, { accountId, currency, usage }, movement) ?? []
  })
  const { totalNetUnits, totalGrossUnits } = context.policy
  const isTotalLimited = totalNetUnits !== undefined || totalGrossUnits !== undefined
  const total = isTotalLimited ? judgeTotal(context.policy, context.allUsage(), moved) : undefined
  return total === undefined ? found : [...found, total]
}
