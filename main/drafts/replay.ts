/**
 * What changed guardrails would have done to past drafts. Pure: judges stored drafts again in their order, each when it was proposed and,
 * where it was, when it was approved. The envelope and the cool-down are counted from the approvals that the changed guardrails would have
 * let happen, at their recorded times. What only the moment knew stays as it was recorded.
 */
import { parseStrategy } from '../../shared/domain/bid.ts'
import type { Draft, DraftItem, PolicyResult, Rule, RuleVerdict } from '../../shared/domain/draft.ts'
import type { Account, Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { parseDecimal } from '../../shared/domain/money.ts'
import { judgeSet, type SetContext } from './guardrails.ts'
import type { AccountUsage } from './envelope.ts'
import { judgeBid, judgeBudget, limitsFor, type Policy, type Usage } from './policy.ts'
import { formatNumber, kindOf, parseNumber, scaleOf } from './value.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** One change that was approved, as far as it got. */
export interface PastApproval {
  readonly k: number
  readonly approvedAtMs: number
  readonly approvedSteadyMs: number
  /** Null: not known to this day. */
  readonly outcome: string | null
}

export interface PastDraft {
  readonly draft: Draft
  readonly approvals: readonly PastApproval[]
}

/** What is known of then without the platform. */
export interface ReplayWorld {
  readonly account: (id: AccountId) => Pick<Account, 'timeZone' | 'currency'> | undefined
  readonly above: (id: EntityId) => readonly EntityId[]
  readonly convertedRecently: (entityId: EntityId, days: number, atMs: number) => boolean | undefined
}

type Counts = Record<PolicyResult['outcome'], number>

export interface Difference {
  readonly draftId: DraftId
  readonly createdAtMs: number
  readonly title: string
  readonly stage: 'propose' | 'confirm'
  readonly recorded: PolicyResult['outcome']
  readonly now: PolicyResult['outcome']
  readonly rule: Rule | null
  readonly message: string | null
}

export interface Replay {
  readonly recorded: Readonly<Counts>
  readonly now: Readonly<Counts>
  readonly stricter: number
  readonly moreLenient: number
  /** Oldest first, bounded. */
  readonly differing: readonly Difference[]
}

/** Rules that the platform, or the state of the account, decided: no change of the guardrails changes them. */
const OF_THEN: readonly Rule[] = [
  'platform_minimum',
  'platform_maximum',
  'platform_step',
  'writes_off',
  'unknown_spend',
]
const STRICTNESS = { pass: 0, clamp: 1, block: 2 } as const

interface Spent extends Pick<DraftItem, 'accountId' | 'currency'>, Usage {
  readonly atMs: number
  readonly steadyMs: number
}

interface Judged {
  readonly past: PastDraft
  readonly items: readonly DraftItem[]
  result: PolicyResult
  stage: 'propose' | 'confirm'
}

/**
 * Judges one draft per step, so that a long history can be gone through in pieces; the last value is the whole answer.
 * @param drafts in the order they were made
 */
export function* replayPolicy(
  drafts: readonly PastDraft[],
  policy: Policy,
  world: ReplayWorld,
  maxDiffering: number,
): Generator<undefined, Replay> {
  const past = new Past(policy, world)
  const judged = new Map<DraftId, Judged>()
  for (const event of eventsOf(drafts)) {
    const { draft } = event.past
    if (event.stage === 'propose') judged.set(draft.draftId, past.propose(event.past))
    else {
      const proposed = judged.get(draft.draftId)
      if (proposed !== undefined) past.confirm(proposed)
    }
    yield undefined
  }
  return summarize([...judged.values()], maxDiffering)
}

interface Event {
  readonly atMs: number
  readonly stage: 'propose' | 'confirm'
  readonly past: PastDraft
}

function eventsOf(drafts: readonly PastDraft[]): readonly Event[] {
  return drafts
    .flatMap((past): Event[] => {
      const [first] = past.approvals
      const proposed: Event = { atMs: past.draft.createdAtMs, stage: 'propose', past }
      // A clock that was set back between the two: approved is still after proposed.
      return first === undefined
        ? [proposed]
        : [proposed, { atMs: Math.max(first.approvedAtMs, proposed.atMs), stage: 'confirm', past }]
    })
    .toSorted((a, b) => a.atMs - b.atMs)
}

/** What has happened so far under the changed guardrails. */
class Past {
  readonly #policy: Policy
  readonly #world: ReplayWorld
  #spent: Spent[] = []
  readonly #lastMs = new Map<string, number>()
  readonly #made = new Map<string, number[]>()

  constructor(policy: Policy, world: ReplayWorld) {
    this.#policy = policy
    this.#world = world
  }

  propose(past: PastDraft): Judged {
    const { draft } = past
    const rejudged = draft.items.map((item) => judgeItem(item, verdictsOn(draft, item), this.#policy, draft))
    const items = rejudged.map((each) => each.item)
    const results = rejudged.map((each) => each.result)
    const context = this.#context(draft, 'propose', draft.createdAtMs, draft.createdAtMs)
    const made = (this.#made.get(draft.originId) ?? []).filter((atMs) => atMs > draft.createdAtMs - HOUR_MS)
    this.#made.set(draft.originId, [...made, draft.createdAtMs])
    return { past, items, result: judgeSet(items, results, context), stage: 'propose' }
  }

  confirm(judged: Judged): void {
    if (judged.result.outcome === 'block') return
    const { draft, approvals } = judged.past
    const [first] = approvals
    if (first === undefined) return
    const context = this.#context(draft, 'confirm', first.approvedAtMs, first.approvedSteadyMs)
    const result = judgeSet(judged.items, [], context)
    if (result.outcome === 'block') {
      judged.result = result
      judged.stage = 'confirm'
      return
    }
    for (const approval of approvals) this.#spend(judged.items[approval.k], approval)
  }

  /** As the store counts it: what may have been applied counts as a raise and makes no room. */
  #spend(item: DraftItem | undefined, { outcome, approvedAtMs, approvedSteadyMs }: PastApproval): void {
    if (item === undefined || (outcome !== null && outcome !== 'applied' && outcome !== 'conflict')) return
    const { accountId, currency, movementMicros, netMicros, target } = item
    this.#spent.push({
      accountId,
      currency,
      netMicros: outcome === 'applied' || netMicros > 0n ? netMicros : 0n,
      grossMicros: movementMicros < 0n ? -movementMicros : movementMicros,
      atMs: approvedAtMs,
      steadyMs: approvedSteadyMs,
    })
    this.#lastMs.set(target, approvedSteadyMs)
  }

  /** @param steadyMs when it was approved; of a proposal only the wall clock is on record */
  #context(draft: Draft, stage: 'propose' | 'confirm', atMs: number, steadyMs: number): SetContext {
    const at = (each: Spent): number => (stage === 'propose' ? each.atMs : each.steadyMs)
    const sinceMs = (stage === 'propose' ? atMs : steadyMs) - DAY_MS
    // What both clocks have left behind is never asked for again.
    this.#spent = this.#spent.filter((each) => each.atMs > atMs - 2 * DAY_MS || each.steadyMs > steadyMs - 2 * DAY_MS)
    const spent = this.#spent.filter((each) => at(each) > sinceMs)
    const world = this.#world
    const made = this.#made.get(draft.originId) ?? []
    return {
      policy: this.#policy,
      nowMs: atMs,
      steadyMs,
      originKind: draft.originKind,
      originId: draft.originId,
      isUndo: draft.undoOf !== undefined,
      stage,
      breaker: undefined,
      account: (id) => world.account(id),
      above: (id) => world.above(id),
      usageOf: (accountId) => usageOf(spent.filter((each) => each.accountId === accountId)),
      allUsage: () => allUsage(spent),
      lastAppliedSteadyMs: (target) => this.#lastMs.get(target),
      draftsLastHour: () => made.filter((each) => each > atMs - HOUR_MS).length,
      convertedRecently: (entityId, days) => world.convertedRecently(entityId, days, atMs),
    }
  }
}

function usageOf(spent: readonly Spent[]): Usage {
  let [netMicros, grossMicros] = [0n, 0n]
  for (const each of spent) {
    netMicros += each.netMicros
    grossMicros += each.grossMicros
  }
  return { netMicros, grossMicros }
}

function allUsage(spent: readonly Spent[]): readonly AccountUsage[] {
  return [...Map.groupBy(spent, ({ accountId, currency }) => `${accountId} ${currency}`).values()].flatMap((own) => {
    const [first] = own
    return first === undefined ? [] : [{ accountId: first.accountId, currency: first.currency, usage: usageOf(own) }]
  })
}

/** What was said then of one change. A verdict without a number, in a draft of several, is about the draft. */
function verdictsOn(draft: Draft, item: DraftItem): readonly RuleVerdict[] {
  return draft.policy.rules.filter(({ k }) => (k === undefined ? draft.items.length === 1 : k === item.k))
}

/** The change under the changed guardrails: its new value and what that does to spend. */
function judgeItem(
  item: DraftItem,
  recorded: readonly RuleVerdict[],
  policy: Policy,
  draft: Draft,
): { readonly item: DraftItem; readonly result: PolicyResult } {
  const { version } = policy
  const ofThen = recorded.filter(({ rule, outcome }) => outcome === 'block' && OF_THEN.includes(rule))
  if (ofThen.length > 0)
    return { item: { ...item, after: item.before }, result: { version, outcome: 'block', rules: ofThen } }
  const isUndo = draft.undoOf !== undefined
  const { field } = item
  if (field === 'status')
    return { item: { ...item, after: item.requested }, result: { version, outcome: 'pass', rules: [] } }
  if (field === 'daily_budget' || field === 'scheduled_budget') return judgeBudgetItem(item, policy, isUndo)
  return judgeBidItem(item, field, policy, isUndo)
}

const UNKNOWN_BOUNDS = { minMicros: undefined, maxMicros: undefined } as const

function judgeBudgetItem(item: DraftItem, policy: Policy, isUndo: boolean): ReturnType<typeof judgeItem> {
  const { currency, accountId } = item
  const beforeMicros = parseDecimal(item.before, currency)
  const { afterMicros, result } = judgeBudget({
    version: policy.version,
    limits: limitsFor(policy, currency, accountId),
    currency,
    beforeMicros,
    requestedMicros: parseDecimal(item.requested, currency),
    ...UNKNOWN_BOUNDS,
    isUndo,
  })
  const movementMicros = afterMicros - beforeMicros
  // Whether a cut made room is on record, unless it was blocked: then it is taken to have made none.
  const makesRoom = item.netMicros < 0n
  const netMicros = movementMicros < 0n && !makesRoom ? 0n : movementMicros
  return { item: { ...item, after: formatNumber('money', afterMicros, currency), movementMicros, netMicros }, result }
}

function judgeBidItem(
  item: DraftItem,
  field: Exclude<Field, 'status' | 'daily_budget' | 'scheduled_budget'>,
  policy: Policy,
  isUndo: boolean,
): ReturnType<typeof judgeItem> {
  const { currency, accountId, before, requested } = item
  const limits = limitsFor(policy, currency, accountId)
  const passes = {
    item: { ...item, after: requested },
    result: { version: policy.version, outcome: 'pass', rules: [] },
  } as const
  if (field === 'bid_strategy') {
    const [from, to] = [parseStrategy(before, currency), parseStrategy(requested, currency)]
    const isSame = from.strategy === to.strategy
    if (!isSame || from.targetMicros === undefined || to.targetMicros === undefined) return passes
    const isRatio = ['target_roas', 'min_roas', 'maximize_conversion_value'].includes(to.strategy)
    const { result } = judgeBid({
      version: policy.version,
      limits,
      scale: scaleOf(field, isRatio ? 'ratio' : 'money', currency, undefined),
      beforeMicros: from.targetMicros,
      requestedMicros: to.targetMicros,
      ...UNKNOWN_BOUNDS,
      isInverse: isRatio,
      isSpendCapped: true,
      isUndo,
    })
    return { item: { ...item, after: result.outcome === 'block' ? before : requested }, result }
  }
  const kind = kindOf(field)
  const { afterMicros, result } = judgeBid({
    version: policy.version,
    limits,
    scale: scaleOf(field, kind, currency, undefined),
    beforeMicros: parseNumber(kind, before, currency),
    requestedMicros: parseNumber(kind, requested, currency),
    ...UNKNOWN_BOUNDS,
    isInverse: kind === 'ratio',
    isSpendCapped: true,
    isUndo,
  })
  return { item: { ...item, after: formatNumber(kind, afterMicros, currency) }, result }
}

function summarize(judged: readonly Judged[], maxDiffering: number): Replay {
  const recorded: Counts = { pass: 0, clamp: 0, block: 0 }
  const now: Counts = { pass: 0, clamp: 0, block: 0 }
  const differing: Difference[] = []
  let [stricter, moreLenient] = [0, 0]
  for (const { past, result, stage } of judged) {
    const { draft } = past
    recorded[draft.policy.outcome] += 1
    now[result.outcome] += 1
    const change = STRICTNESS[result.outcome] - STRICTNESS[draft.policy.outcome]
    if (change > 0) stricter += 1
    if (change < 0) moreLenient += 1
    if (change === 0 && saidBy(result) === saidBy(draft.policy)) continue
    // Where it passes now, the rule of then is what no longer speaks.
    const verdict = result.rules.at(-1) ?? draft.policy.rules.at(-1)
    if (differing.length < maxDiffering)
      differing.push({
        draftId: draft.draftId,
        createdAtMs: draft.createdAtMs,
        title: draft.title,
        stage,
        recorded: draft.policy.outcome,
        now: result.outcome,
        rule: verdict?.rule ?? null,
        message: verdict?.message ?? null,
      })
  }
  return { recorded, now, stricter, moreLenient, differing }
}

/** Which rules spoke, with their limits: two verdicts that agree in it differ in nothing that a person set. */
function saidBy({ outcome, rules }: PolicyResult): string {
  return JSON.stringify([outcome, rules.map((verdict) => [verdict.rule, verdict.k ?? 0, verdict.limit])])
}
