/**
 * The whole way from proposal to outcome on a real ledger and a real log, with a platform on paper behind the adapter's interface: it holds
 * values, says yes, no or nothing, and counts what it was asked. The platforms themselves are tried in the stories on the sandbox.
 */
import { join } from 'node:path'
import type { Draft } from '../../shared/domain/draft.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type AccountId, type DraftId, type EntityId, splitEntityId } from '../../shared/domain/ids.ts'
import { parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { type ChangeInput, changeInput } from '../../shared/operations.ts'
import { createDecide, type Armed } from '../../main/approval/decide.ts'
import { createExecutor, type ExecutorStep } from '../../main/approval/executor.ts'
import { createFollowUp } from '../../main/approval/follow-up.ts'
import { type ApprovedChange, createGate, type ReviewProof } from '../../main/approval/gate.ts'
import { createReconcile } from '../../main/approval/reconcile.ts'
import { type AuditLog, openAuditLog } from '../../main/audit/append.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import type { BreakerState, SetContext } from '../../main/drafts/guardrails.ts'
import { FIRST_POLICY, type Policy } from '../../main/drafts/policy.ts'
import { type DraftDeps, type Judged, proposeChange } from '../../main/drafts/propose.ts'
import type { PlanningSnapshot } from '../../main/drafts/plan.ts'
import { DAY_MS } from '../../main/drafts/view.ts'
import type {
  ApplyResult,
  LiveValue,
  PlatformAdapter,
  ProposedChange,
  ValidateResult,
} from '../../main/platforms/adapter.ts'
import type { Caller } from '../../main/ports.ts'
import { createAccountPermissions } from '../../main/store/account-permission-table.ts'
import { createDraftTable } from '../../main/store/draft-table.ts'
import { openLedger } from '../../main/store/open.ts'
import { HandClock, newKeys, OneItem } from './audit-fixture.ts'
import { worldOf } from './plan-world.ts'
import { makeTempFolder } from './temp-folder.ts'

export const SETTLE_MS = 300_000
export const READ_AFTER_WRITE_MS = 60_000
const AGENT: Caller = {
  kind: 'agent',
  clientId: 'mc_rig',
  clientName: 'Rig agent',
  scopes: ['mcp.read', 'mcp.draft'],
  expiresAtMs: Number.MAX_SAFE_INTEGER,
}

/** What the platform does with the next writes. */
export type Behaviour =
  | 'takes'
  | 'ignores'
  | 'refuses'
  | 'cannot_send'
  | 'takes_and_is_silent'
  | 'ignores_and_is_silent'

/** A platform on paper. */
export class PaperPlatform {
  readonly values = new Map<string, string>()
  readonly affects = new Map<EntityId, readonly EntityId[]>()
  readonly checks: ProposedChange[] = []
  writes: ApprovedChange[] = []
  reads = 0
  behaviour: Behaviour = 'takes'
  /** Of single writes, where they differ. */
  behaviourOf: (change: ApprovedChange) => Behaviour | undefined = () => undefined
  check: ValidateResult = { kind: 'ok', platformRequestId: 'dry-1' }
  readAfterWriteMs = READ_AFTER_WRITE_MS
  /** What the accounts are kept in, once that is no longer what the store believes. */
  currency: string | undefined
  /** Why nothing could be changed. */
  refusal: string | undefined
  /** Called before each answer to a reading; may throw, or change the platform as somebody else would. */
  beforeRead: (reads: number) => void = () => undefined
  readonly #clock: HandClock
  readonly #entities: readonly Entity[]

  constructor(clock: HandClock, entities: readonly Entity[]) {
    this.#clock = clock
    this.#entities = entities
  }

  #key = (id: EntityId, field: Field): string => `${id} ${field}`
  set(id: EntityId, field: Field, value: string): void {
    this.values.set(this.#key(id, field), value)
  }
  value(id: EntityId, field: Field): string {
    return this.values.get(this.#key(id, field)) ?? ''
  }

  readLive(id: EntityId, field: Field, currency: string): LiveValue {
    this.reads += 1
    this.beforeRead(this.reads)
    const own = this.#entities.find((each) => each.entityId === id)?.dailyBudgetMicros
    const under = splitEntityId(id).type === 'ad' ? 0n : own
    const affects = field === 'daily_budget' ? this.affects.get(id) : undefined
    return {
      entityId: id,
      field,
      value: this.value(id, field),
      currency: this.currency ?? currency,
      readAtMs: this.#clock.nowMs(),
      platformRequestId: `read-${this.reads}`,
      ...(this.refusal === undefined ? {} : { refusal: this.refusal }),
      ...(field === 'status' ? { dailyBudgetUnderMicros: under ?? null } : {}),
      ...(affects === undefined ? {} : { affects }),
    }
  }

  apply(change: ApprovedChange): ApplyResult {
    const behaviour = this.behaviourOf(change) ?? this.behaviour
    if (behaviour === 'cannot_send')
      return { kind: 'not_sent', reason: 'a portfolio bid strategy bids for this campaign' }
    this.writes.push(change)
    const yes: ApplyResult = {
      kind: 'accepted',
      platformRequestId: `write-${this.writes.length}`,
      platformDate: undefined,
    }
    if (behaviour === 'refuses')
      return { kind: 'refused', platformCode: '40002', platformMessage: 'One of one failed.', platformRequestId: 'w' }
    if (behaviour.startsWith('takes'))
      for (const id of [change.entityId, ...change.affects]) this.set(id, change.field, change.after)
    return behaviour.endsWith('silent') ? { kind: 'unknown', reason: 'HTTP 503' } : yes
  }
}

/** Said by a platform that has had enough. */
export const throttled = (): OperationError =>
  new OperationError('platform_throttled', 'The platform asks for patience.', 'Try again later.', { retryable: true })

export type Rig = Awaited<ReturnType<typeof startRig>>

export async function startRig(entities: readonly Entity[], currency = 'EUR') {
  const clock = new HandClock()
  const platform = new PaperPlatform(clock, entities)
  for (const each of entities) {
    platform.set(each.entityId, 'status', each.status)
    if (each.dailyBudgetMicros !== undefined)
      platform.set(each.entityId, 'daily_budget', `${each.dailyBudgetMicros / 1_000_000n}.00`)
    for (const [field, value] of Object.entries(each.values ?? {})) platform.set(each.entityId, field as Field, value)
    if (each.sharedBudget !== undefined)
      platform.affects.set(each.entityId, each.sharedBudget.campaignIds.filter((id) => id !== each.entityId).toSorted())
  }
  const file = join(makeTempFolder('approval'), 'ledger.db')
  const db = openLedger(file, Buffer.alloc(32, 7))
  const pin = new OneItem()
  const keys = newKeys()
  const audit: AuditLog = await openAuditLog({
    db,
    signingKey: keys,
    headPin: pin,
    clock,
    bootId: 'boot1',
    appVersion: '0.0.0',
    onPinError: () => undefined,
  })
  const drafts = createDraftTable(db)
  const permissions = createAccountPermissions(db)
  const accounts = [...new Set(entities.map((each) => each.accountId))]
  for (const id of accounts) permissions.set(id, true, clock.nowMs())
  const known: Entity[] = [...entities]
  const snapshot: PlanningSnapshot = {
    account: (id) => worldOf(known, currency).snapshot.account(id),
    entity: (id) => worldOf(known, currency).snapshot.entity(id),
    path: (id) => worldOf(known, currency).snapshot.path(id),
    dailyBudgetUnderMicros: (id) => worldOf(known, currency).snapshot.dailyBudgetUnderMicros(id),
    isRunning: (id) => worldOf(known, currency).snapshot.isRunning(id),
  }
  const adapter: Partial<PlatformAdapter> = {
    settleMs: SETTLE_MS,
    get readAfterWriteMs() {
      return platform.readAfterWriteMs
    },
    readLive: async (id, field) => platform.readLive(id, field, currency),
    validate: async (change) => {
      platform.checks.push(change)
      return platform.check
    },
    apply: async (change) => platform.apply(change),
  }
  /** What a test may turn: the limits in force, the breaker, the second person. */
  const turned: {
    policy: Policy
    breaker: BreakerState | undefined
    review: (draft: Draft) => ReviewProof | undefined
    /** Whether what was read is what the next proposal starts from, as with facts.db. */
    isStoreFollowing: boolean
    /** Called at each step of the executor; throwing is a crash at that step. */
    onStep: (step: ExecutorStep) => void
  } = {
    policy: FIRST_POLICY,
    breaker: undefined,
    review: () => undefined,
    isStoreFollowing: false,
    onStep: () => undefined,
  }
  const steady = { nowMs: () => Math.floor(clock.monotonicMs()) + 10 * DAY_MS, save: () => undefined }
  const guardrails = (who: Judged): SetContext => ({
    ...who,
    policy: turned.policy,
    nowMs: clock.nowMs(),
    steadyMs: steady.nowMs(),
    breaker: turned.breaker,
    account: (id) => snapshot.account(id),
    above: () => [],
    usageOf: (id) => drafts.usage(id, steady.nowMs() - DAY_MS),
    allUsage: () => drafts.usageByAccount(steady.nowMs() - DAY_MS),
    lastAppliedSteadyMs: (target, field) => drafts.lastAppliedSteadyMs(target, field ?? ''),
    draftsLastHour: () => 0,
  })
  const take = ({ entityId, field, value }: LiveValue): void => {
    const at = known.findIndex((each) => each.entityId === entityId)
    const found = known[at]
    if (found === undefined) return
    if (field === 'status') known[at] = { ...found, status: value as Entity['status'] }
    else if (field === 'daily_budget' && value !== '')
      known[at] = { ...found, dailyBudgetMicros: parseDecimal(value, currency) }
    else known[at] = { ...found, values: { ...found.values, [field]: value } }
  }
  const noted: LiveValue[] = []
  const logged: unknown[] = []
  const common = {
    drafts,
    audit,
    clock,
    policy: () => turned.policy,
    guardrails,
    steady,
    requireReview: (draft: Draft) => turned.review(draft),
    stopped: () => (turned.breaker?.isOpen === true ? 'The circuit breaker has stopped changes.' : undefined),
    bootId: 'boot1',
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (_: string, error: unknown) => void logged.push(error),
    } as never,
    snapshot: () => snapshot,
    writesAllowed: (id: AccountId) => permissions.isAllowed(id),
    adapterFor: () => adapter as PlatformAdapter,
    noteLive: (live: LiveValue) => {
      noted.push(live)
      if (turned.isStoreFollowing) take(live)
    },
    noticeLive: (live: LiveValue) => {
      noted.push(live)
      if (turned.isStoreFollowing) take(live)
    },
    onChange: () => undefined,
    sleep: async (ms: number) => clock.pass(ms),
  }
  const gate = createGate({ ...common, appVersion: '0.0.0' })
  const decide = createDecide({ ...common, gate })
  const executor = createExecutor({ ...common, gate, onStep: (step) => turned.onStep(step) })
  const reconcile = createReconcile(common)
  const deps: DraftDeps = common
  const followUp = createFollowUp({ draftDeps: deps, adapterFor: common.adapterFor, noticeLive: common.noticeLive })
  let proposals = 0

  const get = (id: DraftId): Draft => {
    const found = drafts.get(id)
    if (found === undefined) throw new Error('no such draft')
    return found
  }
  const arm = async (id: DraftId): Promise<Armed> => {
    const armed = await decide.arm(id, get(id).draftHash, AbortSignal.timeout(5_000))
    if (armed === undefined) throw new Error(`not armed: ${get(id).stateReason}`)
    return armed
  }
  return {
    clock,
    platform,
    db,
    pin,
    keys,
    audit,
    drafts,
    permissions,
    gate,
    decide,
    executor,
    reconcile,
    deps,
    noted,
    get,
    propose(input: unknown): Draft {
      proposals += 1
      const operation: ChangeInput = changeInput.parse(input)
      const { draft } = proposeChange(deps, AGENT, {
        idempotency_key: `proposal-${proposals}`,
        title: 'A change',
        rationale: 'A reason of enough length.',
        operations: [operation],
      })
      return get(draft.draft_id)
    },
    /** Several changes in one draft. */
    proposeSet(inputs: readonly unknown[], caller: Caller = AGENT): Draft {
      proposals += 1
      const { draft } = proposeChange(deps, caller, {
        idempotency_key: `proposal-${proposals}`,
        title: 'Changes that belong together',
        rationale: 'A reason of enough length.',
        operations: inputs.map((input) => changeInput.parse(input)),
      })
      return get(draft.draft_id)
    },
    turned,
    followUp,
    async undo(id: DraftId): Promise<Draft> {
      const signal = AbortSignal.timeout(5_000)
      const { draft } = await followUp.undo({ draftId: id, conflicts: undefined, caller: { kind: 'window' }, signal })
      if (draft === null) throw new Error('no undo was proposed')
      return get(draft.draft_id)
    },
    arm,
    /** Arms without a promise that it works. */
    tryArm: (id: DraftId) => decide.arm(id, get(id).draftHash, AbortSignal.timeout(5_000)),
    /** Confirms what was armed and carries it out. */
    async push(id: DraftId, armed?: Armed): Promise<Draft> {
      const { challenge } = armed ?? (await arm(id))
      await executor.run(gate.confirm(id, challenge.confirmToken, 'click'))
      return get(id)
    },
    /** Types of the draft's records, oldest first. */
    history: (id: DraftId): string[] =>
      audit
        .list({ draftId: id, limit: 100 })
        .toReversed()
        .map((row) => row.record?.type ?? 'unreadable'),
    line: (id: DraftId, type: string): string =>
      audit.list({ draftId: id, limit: 100 }).find((row) => row.record?.type === type)?.line ?? '',
    verified: async (): Promise<boolean> => {
      await audit.pinHead()
      return (await verifyLog({ db, vkey: audit.vkey, ...(pin.text === undefined ? {} : { headPin: pin.text }) })).ok
    },
    async close(): Promise<void> {
      reconcile.close()
      await audit.close()
      db.close()
    },
  }
}

/** The refusal of an attempt. */
export async function refusalOf(attempt: () => unknown): Promise<OperationError> {
  try {
    await attempt()
  } catch (error) {
    if (error instanceof OperationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

export const accountOf = (id: EntityId): AccountId => splitEntityId(id).accountId
