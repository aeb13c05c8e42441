/**
 * The whole way from proposal to outcome on a real ledger and a real log, with a platform on paper behind the adapter's interface: it holds
 * values, says yes, no or nothing, and counts what it was asked. The platforms themselves are tried in the stories on the sandbox.
 */
import { join } from 'node:path'
import type { Draft } from '../../shared/domain/draft.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type AccountId, type DraftId, type EntityId, splitEntityId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import { type ChangeInput, changeInput } from '../../shared/operations.ts'
import { createDecide, type Armed } from '../../main/approval/decide.ts'
import { createExecutor } from '../../main/approval/executor.ts'
import { type ApprovedChange, createGate } from '../../main/approval/gate.ts'
import { createReconcile } from '../../main/approval/reconcile.ts'
import { type AuditLog, openAuditLog } from '../../main/audit/append.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import { FIRST_POLICY } from '../../main/drafts/policy.ts'
import { type DraftDeps, proposeChange, proposeUndo } from '../../main/drafts/propose.ts'
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
type Behaviour = 'takes' | 'ignores' | 'refuses' | 'cannot_send' | 'takes_and_is_silent' | 'ignores_and_is_silent'

/** A platform on paper. */
export class PaperPlatform {
  readonly values = new Map<string, string>()
  readonly affects = new Map<EntityId, readonly EntityId[]>()
  readonly checks: ProposedChange[] = []
  writes: ApprovedChange[] = []
  reads = 0
  behaviour: Behaviour = 'takes'
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
    const under = this.#entities.find((each) => each.entityId === id)?.dailyBudgetMicros
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
    if (this.behaviour === 'cannot_send')
      return { kind: 'not_sent', reason: 'a portfolio bid strategy bids for this campaign' }
    this.writes.push(change)
    const yes: ApplyResult = {
      kind: 'accepted',
      platformRequestId: `write-${this.writes.length}`,
      platformDate: undefined,
    }
    if (this.behaviour === 'refuses')
      return { kind: 'refused', platformCode: '40002', platformMessage: 'One of one failed.', platformRequestId: 'w' }
    if (this.behaviour.startsWith('takes'))
      for (const id of [change.entityId, ...change.affects]) this.set(id, change.field, change.after)
    return this.behaviour.endsWith('silent') ? { kind: 'unknown', reason: 'HTTP 503' } : yes
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
  const audit: AuditLog = await openAuditLog({
    db,
    signingKey: newKeys(),
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
  const { snapshot } = worldOf(entities, currency)
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
  const noted: LiveValue[] = []
  const logged: unknown[] = []
  const common = {
    drafts,
    audit,
    clock,
    policy: FIRST_POLICY,
    bootId: 'boot1',
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (_: string, error: unknown) => void logged.push(error),
    } as never,
    snapshot: () => snapshot,
    writesAllowed: (id: AccountId) => permissions.isAllowed(id),
    adapterFor: () => adapter as PlatformAdapter,
    noteLive: (live: LiveValue) => void noted.push(live),
    noticeLive: (live: LiveValue) => void noted.push(live),
    onChange: () => undefined,
    sleep: async (ms: number) => clock.pass(ms),
  }
  const gate = createGate({ ...common, appVersion: '0.0.0' })
  const decide = createDecide({ ...common, gate })
  const executor = createExecutor({ ...common, gate })
  const reconcile = createReconcile(common)
  const deps: DraftDeps = common
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
    undo: (id: DraftId): Draft => get(proposeUndo(deps, { kind: 'window' }, id).draft.draft_id),
    arm,
    /** Arms without a promise that it works. */
    tryArm: (id: DraftId) => decide.arm(id, get(id).draftHash, AbortSignal.timeout(5_000)),
    /** Confirms what was armed and carries it out. */
    async push(id: DraftId, armed?: Armed): Promise<Draft> {
      const { challenge } = armed ?? (await arm(id))
      for (const change of gate.confirm(id, challenge.confirmToken, 'click')) await executor.run(change)
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
