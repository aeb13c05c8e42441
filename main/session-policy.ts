/** The guardrails of an open workspace: the version in force, what drafts are judged against, steady time, the breaker, the replay. */
import { setImmediate as turn } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { FIELDS } from '../shared/domain/entity.ts'
import { type EntityId, isImportedAccount } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf, ParsedInputOf } from '../shared/operations.ts'
import { MAX_REPLAYED_LISTED } from '../shared/schemas/policy.ts'
import { type Breaker, createBreaker, TRIPS_AT, WITHIN_MINUTES } from './approval/breaker.ts'
import { createSpendWatch } from './approval/spend-watch.ts'
import type { AuditLog } from './audit/append.ts'
import type { SetContext } from './drafts/guardrails.ts'
import type { PlanningSnapshot } from './drafts/plan.ts'
import { policyOf, refuseNonsense } from './drafts/policy-document.ts'
import type { Policy } from './drafts/policy.ts'
import { describePolicy } from './drafts/policy-words.ts'
import type { Judged } from './drafts/propose.ts'
import { type PastDraft, type Replay, replayPolicy } from './drafts/replay.ts'
import { DAY_MS, isoTime } from './drafts/view.ts'
import { createPolicyVersions } from './policy-versions.ts'
import type { Ports } from './ports.ts'
import { localDay } from './reporting/calendar.ts'
import { cleanUntrusted } from './reporting/untrusted.ts'
import type { Handlers } from './run-operation.ts'
import { createSteadyClock, type SteadyClock } from './steady-clock.ts'
import { createConversionReader } from './store/conversion-query.ts'
import type { DraftTable } from './store/draft-table.ts'
import type { FactsReadDb } from './store/open.ts'
import { createPastDraftReader } from './store/past-draft-query.ts'
import { createPolicyTable } from './store/policy-table.ts'
import { createSettingTable } from './store/setting-table.ts'
import { createSpendReader } from './store/spend-query.ts'

const HOUR_MS = 3_600_000
/** Deeper than campaign, ad group, ad nothing goes; a longer chain is a loop in the data. */
const MAX_DEPTH = 4
/** Drafts that a replay goes through at most, the newest. */
const MAX_REPLAYED = 10_000
/** Between two looks at whether somebody else wants the thread. */
const PIECE_MS = 20

export interface PolicyDeps {
  readonly ledger: Database.Database
  readonly facts: FactsReadDb
  readonly audit: AuditLog
  readonly drafts: DraftTable
  readonly ports: Pick<Ports, 'clock' | 'log'>
  readonly snapshot: () => PlanningSnapshot
  readonly onChange: () => void
  readonly first?: Policy
}

export type PolicySession = ReturnType<typeof createPolicySession>

export function createPolicySession(deps: PolicyDeps) {
  const { ledger, audit, drafts, snapshot, onChange } = deps
  const { clock, log } = deps.ports
  const settings = createSettingTable(ledger)
  const pastDrafts = createPastDraftReader(ledger)
  const conversions = createConversionReader(deps.facts)
  const floorMs = pastDrafts.latestSteadyMs()
  const steady = createSteadyClock({ clock, settings, ...(floorMs === undefined ? {} : { floorMs }) })
  const versions = createPolicyVersions({
    table: createPolicyTable(ledger),
    audit,
    clock,
    currencyOf: (accountId) => snapshot().account(accountId)?.currency,
    onChange,
    ...(deps.first === undefined ? {} : { first: deps.first }),
  })
  const isInTransaction = (): boolean => ledger.inTransaction
  const breaker = createBreaker({ settings, audit, clock, steady, log, isInTransaction, onChange })
  const world: GuardrailDeps = {
    policy: versions.policy,
    clock,
    steady,
    drafts,
    breaker,
    snapshot,
    convertedRecently: (entityId, days, atMs) => {
      const zone = snapshot().account(accountOf(entityId))?.timeZone
      if (zone === undefined) return undefined
      const today = localDay(atMs, zone)
      return conversions.hasConverted(entityId, today - days, today)
    },
  }
  const lookAtSpend = createSpendWatch({
    spend: createSpendReader(deps.facts),
    settings,
    breaker,
    raisedSince: (sinceMs) =>
      new Map(drafts.usageByAccount(sinceMs).map(({ accountId, usage }) => [accountId, usage.netMicros])),
    nowMs: () => clock.nowMs(),
    steadyMs: () => steady.nowMs(),
    isLeftOut: isImportedAccount,
  })
  const session = {
    policy: versions.policy,
    guardrails: guardrailSource(world),
    steady,
    breaker,
    /** Every few seconds: saves what has to be saved, at most once a minute, and stops everything when the log turns out to be broken. */
    tick(): void {
      steady.tick()
      const fault = audit.fault()
      if (fault !== undefined) breaker.trip('integrity', { detail: fault.message })
    },
    /** After every sync. Never throws: a sync that succeeded stays one. */
    watchSpend(): void {
      try {
        lookAtSpend()
      } catch (error) {
        log.error('spend_not_watched', error)
      }
    },
  }
  return { ...session, handlers: policyHandlers({ ...deps, versions, breaker, world, pastDrafts }) }
}

const accountOf = (entityId: EntityId) =>
  entityId.slice(0, entityId.indexOf('/')) as Parameters<PlanningSnapshot['account']>[0]

export interface GuardrailDeps {
  readonly policy: () => Policy
  readonly clock: Ports['clock']
  readonly steady: Pick<SteadyClock, 'nowMs'>
  readonly drafts: Pick<DraftTable, 'usage' | 'usageByAccount' | 'lastAppliedSteadyMs' | 'countProposedSince'>
  readonly breaker: Pick<Breaker, 'state'>
  readonly snapshot: () => Pick<PlanningSnapshot, 'account' | 'entity'>
  /** Whether it had conversions in so many days before that moment; undefined when that is not known. */
  readonly convertedRecently: (entityId: EntityId, days: number, atMs: number) => boolean | undefined
}

/** What drafts are judged against at this moment. Every answer is read when it is asked for. */
export function guardrailSource(deps: GuardrailDeps): (who: Judged) => SetContext {
  const rateOf = draftRate(deps)
  return (who) => {
    const nowMs = deps.clock.nowMs()
    const steadyMs = deps.steady.nowMs()
    const snapshot = deps.snapshot()
    const parents = new Map<EntityId, readonly EntityId[]>()
    return {
      ...who,
      policy: deps.policy(),
      nowMs,
      steadyMs,
      breaker: deps.breaker.state(),
      account: (id) => snapshot.account(id),
      above: (id) => {
        const known = parents.get(id)
        if (known !== undefined) return known
        const found = parentsOf(id, snapshot)
        parents.set(id, found)
        return found
      },
      usageOf: (accountId) => deps.drafts.usage(accountId, steadyMs - DAY_MS),
      allUsage: () => deps.drafts.usageByAccount(steadyMs - DAY_MS),
      lastAppliedSteadyMs: (target, field) => {
        const known = (field === undefined ? FIELDS : [field]).map(
          (each) => deps.drafts.lastAppliedSteadyMs(target, each) ?? Number.NEGATIVE_INFINITY,
        )
        const latestMs = Math.max(...known)
        return Number.isFinite(latestMs) ? latestMs : undefined
      },
      draftsLastHour: () => rateOf(who.originId, nowMs, steadyMs),
      convertedRecently: (entityId, days) => deps.convertedRecently(entityId, days, nowMs),
    }
  }
}

function parentsOf(id: EntityId, snapshot: Pick<PlanningSnapshot, 'entity'>): readonly EntityId[] {
  const found: EntityId[] = []
  for (let next = snapshot.entity(id)?.parentId; next !== undefined && found.length < MAX_DEPTH; ) {
    found.push(next)
    next = snapshot.entity(next)?.parentId
  }
  return found
}

/**
 * Drafts of one maker in the last hour: by the wall clock as they are stored, or by what has been counted in this run, whichever is more.
 * A wall clock set forward makes the stored ones look old, and not the counted ones.
 */
function draftRate({ drafts }: Pick<GuardrailDeps, 'drafts'>) {
  /** How many there were in all when somebody asked, by maker; of equal numbers the latest moment. */
  const asked = new Map<string, { readonly atMs: number; readonly total: number }[]>()
  return (originId: string, nowMs: number, steadyMs: number): number => {
    const total = drafts.countProposedSince(originId, -1)
    const recent = (asked.get(originId) ?? []).filter((each) => each.atMs > steadyMs - HOUR_MS && each.total !== total)
    asked.set(originId, [...recent, { atMs: steadyMs, total }])
    const inRun = total - (recent[0]?.total ?? total)
    return Math.max(inRun, drafts.countProposedSince(originId, nowMs - HOUR_MS))
  }
}

type HandlerDeps = PolicyDeps & {
  readonly versions: ReturnType<typeof createPolicyVersions>
  readonly breaker: Breaker
  readonly world: GuardrailDeps
  readonly pastDrafts: ReturnType<typeof createPastDraftReader>
}

function policyHandlers(deps: HandlerDeps): Handlers {
  const { versions, breaker } = deps
  return {
    get_policy: () => {
      const { policy, document, hash } = versions.current()
      return {
        version: policy.version,
        hash,
        document,
        rules: describePolicy(policy).map(({ rule, text }) => ({ rule, text })),
        breaker: breakerView(breaker),
        versions: versions.versions().map((each) => ({
          version: each.version,
          hash: each.hash,
          created_at: isoTime(each.createdAtMs),
        })),
      }
    },
    set_policy: (input) => {
      const { version, hash, changes } = versions.set(input.expected_version, input.document, input.reason)
      return { version, hash, changes: [...changes] }
    },
    replay_policy: (input, { signal }) => replay(deps, input, signal),
    reset_breaker: (input) => {
      breaker.reset(input.reason)
      return { breaker: breakerView(breaker) }
    },
  }
}

function breakerView(breaker: Breaker): OutputOf<'get_policy'>['breaker'] {
  const state = breaker.state()
  return {
    is_open: state.isOpen,
    reason: state.reason ?? null,
    message: state.message ?? null,
    tripped_at: state.trippedAtMs === undefined ? null : isoTime(state.trippedAtMs),
    account_id: state.accountId ?? null,
    failures: state.count ?? 0,
    trips_at: TRIPS_AT,
    within_minutes: WITHIN_MINUTES,
  }
}

/** What a replay cannot know, for the person who reads it. */
const NOT_KNOWN = [
  'What the platforms held at that moment, and their own smallest and largest values: drafts that only those stopped stay as they were.',
  'What a person, or the maker of a draft, would have done otherwise after another verdict.',
  'Campaigns and what lies below them are taken as they are arranged today, conversions as they are known today.',
  'Drafts that were blocked then and would pass now were never approved: they use up nothing of the 24 hours.',
] as const

async function replay(
  deps: HandlerDeps,
  input: ParsedInputOf<'replay_policy'>,
  signal: AbortSignal,
): Promise<OutputOf<'replay_policy'>> {
  const { clock } = deps.ports
  refuseNonsense(input.document, (accountId) => deps.snapshot().account(accountId)?.currency)
  const toMs = clock.nowMs()
  const fromMs = toMs - input.days * DAY_MS
  const { draftIds, total } = deps.pastDrafts.since(fromMs, MAX_REPLAYED)
  const yielding = pieces(() => clock.monotonicMs(), signal)
  const past: PastDraft[] = []
  for (const draftId of draftIds) {
    await yielding()
    const draft = deps.drafts.get(draftId)
    if (draft !== undefined) past.push({ draft, approvals: deps.pastDrafts.approvalsOf(draftId) })
  }
  const policy = policyOf(deps.versions.policy().version + 1, input.document)
  const parents = new Map<EntityId, readonly EntityId[]>()
  const above = (id: EntityId): readonly EntityId[] => {
    const found = parents.get(id) ?? parentsOf(id, deps.snapshot())
    parents.set(id, found)
    return found
  }
  const { convertedRecently } = deps.world
  const steps = replayPolicy(
    past,
    policy,
    { account: (id) => deps.snapshot().account(id), above, convertedRecently },
    MAX_REPLAYED_LISTED,
  )
  let step = steps.next()
  while (step.done !== true) {
    await yielding()
    step = steps.next()
  }
  return replayView(step.value, { fromMs, toMs, drafts: past.length, leftOut: total - draftIds.length })
}

/** Lets others have the thread whenever it has been held for a moment. @throws OperationError cancelled */
function pieces(monotonicMs: () => number, signal: AbortSignal): () => Promise<void> {
  let sinceMs = monotonicMs()
  return async () => {
    if (monotonicMs() - sinceMs < PIECE_MS) return
    await turn()
    if (signal.aborted)
      throw new OperationError('cancelled', 'The replay was given up. Nothing was changed.', 'Choose fewer days.')
    sinceMs = monotonicMs()
  }
}

function replayView(
  { recorded, now, stricter, moreLenient, differing }: Replay,
  about: { readonly fromMs: number; readonly toMs: number; readonly drafts: number; readonly leftOut: number },
): OutputOf<'replay_policy'> {
  return {
    from: isoTime(about.fromMs),
    to: isoTime(about.toMs),
    drafts: about.drafts,
    left_out: about.leftOut,
    recorded,
    now,
    stricter,
    more_lenient: moreLenient,
    differing: differing.map((each) => ({
      draft_id: each.draftId,
      created_at: isoTime(each.createdAtMs),
      stage: each.stage,
      recorded: each.recorded,
      now: each.now,
      rule: each.rule,
      message: each.message,
      untrusted: { title: cleanUntrusted(each.title, 120) },
    })),
    not_known: [...NOT_KNOWN],
  }
}
