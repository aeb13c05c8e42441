/**
 * One start of the app as far as the gate reaches: the real log, tables, limits, gate, executor and reconciliation over one ledger, put
 * together as main/session.ts does it. It can be killed between any two of its calls to the outside; the next start finds the same ledger.
 */
import Database from 'better-sqlite3'
import type { Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { createBreaker } from '../../main/approval/breaker.ts'
import { createDecide } from '../../main/approval/decide.ts'
import { createExecutor } from '../../main/approval/executor.ts'
import { createFollowUp } from '../../main/approval/follow-up.ts'
import { type ApprovedChange, createGate } from '../../main/approval/gate.ts'
import { createReconcile } from '../../main/approval/reconcile.ts'
import { type AuditLog, openAuditLog } from '../../main/audit/append.ts'
import type { PlanningSnapshot } from '../../main/drafts/plan.ts'
import type { DraftDeps } from '../../main/drafts/propose.ts'
import type { Policy } from '../../main/drafts/policy.ts'
import type { ApplyResult, LiveValue, PlatformAdapter } from '../../main/platforms/adapter.ts'
import { createPolicyVersions } from '../../main/policy-versions.ts'
import { createExecution } from '../../main/session-execution.ts'
import { guardrailSource } from '../../main/session-policy.ts'
import { createSteadyClock, type SteadyClock } from '../../main/steady-clock.ts'
import { createAccountPermissions } from '../../main/store/account-permission-table.ts'
import { createDraftTable } from '../../main/store/draft-table.ts'
import { loadMigrations, migrate } from '../../main/store/migrate.ts'
import { createPastDraftReader } from '../../main/store/past-draft-query.ts'
import { createPolicyTable } from '../../main/store/policy-table.ts'
import { createSettingTable } from '../../main/store/setting-table.ts'
import { HandClock, newKeys, OneItem } from './audit-fixture.ts'
import { SETTLE_MS } from './approval-rig.ts'
import { CURRENCY, type LatePlatform, type TrueClock } from './gate-places.ts'

/** Where a start touches the outside: at each of them it may be killed, or something else may happen. */
export type Point = 'read' | 'validate' | 'request' | 'delivered' | 'sleep' | 'pin' | `step:${string}`

type Parts = ReturnType<typeof realParts>
/** What a seeded bug replaces. */
export interface Mutation {
  readonly gateDeps?: (parts: Parts, outside: Outside) => Partial<Parameters<typeof createGate>[0]>
  readonly executorDeps?: (
    parts: Parts,
    outside: Outside,
    adapter: PlatformAdapter,
  ) => Partial<Parameters<typeof createExecutor>[0]>
  readonly adapter?: (adapter: PlatformAdapter) => PlatformAdapter
  readonly reconcileDeps?: (parts: Parts, outside: Outside) => Partial<Parameters<typeof createReconcile>[0]>
  readonly steady?: (clock: TrueClock) => Pick<SteadyClock, 'nowMs' | 'save'>
  /** The gate and the session's id survive a restart. */
  readonly keepsGate?: boolean
  /** After a restart everything that was approved goes out once more. */
  readonly sendsAgain?: boolean
  /** What the executor is handed for what was approved. */
  readonly altered?: (change: ApprovedChange) => ApprovedChange
}

/** What lies outside of the process and outlives it. */
export interface Outside {
  readonly clock: TrueClock
  readonly platform: LatePlatform
  readonly db: Database.Database
  readonly keys: ReturnType<typeof newKeys>
  readonly pin: OneItem
  readonly first: Policy
  readonly mutation: Mutation
  /** facts.db. */
  readonly snapshot: PlanningSnapshot
  readonly note: (live: LiveValue) => void
  /** May kill the start, or do something else in between. */
  readonly at: (point: Point, boot: number) => void | Promise<void>
  readonly onRead: (live: LiveValue, boot: number) => void
  readonly onRequest: (change: ApprovedChange, boot: number) => ApplyResult
  /** Throws when the ledger takes nothing more at the moment. */
  readonly onAppended: () => void
  kept?: { readonly gate: ReturnType<typeof createGate>; readonly bootId: string }
}

const keys = newKeys()
const pin = new OneItem()
let template: Buffer | undefined
/** A migrated ledger whose log has begun, to be copied for every history. */
export async function freshLedger(): Promise<Pick<Outside, 'db' | 'keys' | 'pin'>> {
  if (template === undefined) {
    const db = new Database(':memory:')
    migrate(db, ':memory:', loadMigrations('ledger'))
    const clock = new HandClock()
    const options = { db, signingKey: keys, headPin: pin, clock, bootId: 'boot0', appVersion: '0.0.0' }
    const audit = await openAuditLog({ ...options, onPinError: () => undefined })
    await audit.close()
    template = db.serialize()
    db.close()
  }
  const db = preparingOnce(new Database(template))
  db.pragma('foreign_keys = ON')
  const own = new OneItem()
  own.text = pin.text
  return { db, keys, pin: own }
}

/** A start prepares the same hundred statements as the one before it: on one connection they can be shared. */
function preparingOnce(db: Database.Database): Database.Database {
  const known = new Map<string, Database.Statement>()
  const prepare = db.prepare.bind(db)
  db.prepare = ((sql: string) => {
    const statement = known.get(sql) ?? prepare(sql)
    known.set(sql, statement)
    return statement
  }) as typeof db.prepare
  return db
}

const never = new Promise<never>(() => undefined)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as never

/** The stores and limits of one start. */
function realParts(outside: Outside, audit: AuditLog) {
  const { db, clock } = outside
  const drafts = createDraftTable(db)
  const settings = createSettingTable(db)
  const floorMs = createPastDraftReader(db).latestSteadyMs()
  const saved = createSteadyClock({ clock, settings, ...(floorMs === undefined ? {} : { floorMs }) })
  const steady = outside.mutation.steady?.(clock) ?? saved
  const versions = createPolicyVersions({
    table: createPolicyTable(db),
    audit,
    clock,
    currencyOf: (id) => CURRENCY[id],
    onChange: () => undefined,
    first: outside.first,
  })
  const isInTransaction = (): boolean => db.inTransaction
  const breaker = createBreaker({
    settings,
    audit,
    clock,
    steady,
    log: silent,
    isInTransaction,
    onChange: () => undefined,
  })
  const guardrails = guardrailSource({
    policy: versions.policy,
    clock,
    steady,
    drafts,
    breaker,
    snapshot: () => outside.snapshot,
    convertedRecently: () => false,
  })
  const permissions = createAccountPermissions(db)
  return { audit, drafts, steady, saved, versions, breaker, guardrails, permissions }
}

export type Boot = Awaited<ReturnType<typeof startBoot>>

export async function startBoot(outside: Outside, number: number) {
  const { clock, platform, mutation } = outside
  let isAlive = true
  const bootId = (mutation.keepsGate === true ? outside.kept?.bootId : undefined) ?? `boot${number}`
  const past = async (point: Point): Promise<void> => {
    if (!isAlive) return never
    await outside.at(point, number)
    if (!isAlive) await never
  }
  const log = await openAuditLog({
    db: outside.db,
    signingKey: outside.keys,
    headPin: {
      read: outside.pin.read,
      write: async (text) => (isAlive ? outside.pin.write(text) : undefined),
    },
    clock,
    bootId,
    appVersion: '0.0.0',
    onPinError: () => undefined,
    onAppended: () => outside.onAppended(),
  })
  const pinning = new Proxy(log, {
    get(target, name) {
      if (name === 'pinHead')
        return async () => {
          await past('pin')
          return target.pinHead()
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  const parts = realParts(outside, log)
  const { drafts, guardrails, breaker, permissions, versions } = parts
  const paper: Partial<PlatformAdapter> = {
    settleMs: SETTLE_MS,
    readAfterWriteMs: platform.readAfterWriteMs,
    readLive: async (id: EntityId, field: Field) => {
      await past('read')
      const live = platform.readLive(id, field, CURRENCY[accountIdOf(id)] ?? '')
      outside.onRead(live, number)
      return live
    },
    validate: async () => {
      await past('validate')
      return { kind: 'ok', platformRequestId: 'dry-1' }
    },
    apply: async (change) => {
      await past('request')
      const answer = outside.onRequest(change, number)
      await past('delivered')
      return answer
    },
  }
  const adapter = mutation.adapter?.(paper as PlatformAdapter) ?? (paper as PlatformAdapter)
  const writesAllowed = (id: AccountId): boolean => permissions.isAllowed(id)
  const sleep = async (ms: number): Promise<void> => {
    await past('sleep')
    clock.pass(ms)
  }
  const common = {
    drafts,
    audit: log,
    clock,
    log: silent,
    policy: versions.policy,
    guardrails,
    steady: parts.steady,
    requireReview: () => undefined,
    bootId,
    snapshot: () => outside.snapshot,
    writesAllowed,
    adapterFor: () => adapter,
    noteLive: outside.note,
    noticeLive: outside.note,
    onChange: () => undefined,
    sleep,
  }
  const deps: DraftDeps = common
  const fresh = (id: string) =>
    createGate({ ...common, bootId: id, appVersion: '0.0.0', ...mutation.gateDeps?.(parts, outside) })
  const gate = (mutation.keepsGate === true ? outside.kept?.gate : undefined) ?? fresh(bootId)
  outside.kept = { gate, bootId }
  const decide = createDecide({ ...common, gate })
  const executor = createExecutor({
    ...common,
    audit: pinning,
    gate,
    stopped: () => breaker.stopped(),
    onOutcome: (outcome) => breaker.noteOutcome(outcome),
    onStep: (step) => past(`step:${step}`),
    ...mutation.executorDeps?.({ ...parts, audit: pinning }, outside, adapter),
  })
  const reconcile = createReconcile({ ...common, ...mutation.reconcileDeps?.(parts, outside) })
  const execution = createExecution({
    executor,
    drafts,
    reconcile,
    watch: () => undefined,
    problems: { note: () => true, clear: () => undefined } as never,
    log: silent,
    closing: new AbortController().signal,
    onChange: () => undefined,
    sleep,
  })
  const followUp = createFollowUp({ draftDeps: deps, adapterFor: common.adapterFor, noticeLive: outside.note })

  // As the app does it when it starts.
  const unknown = reconcile.recover()
  decide.sweep()
  return {
    ...parts,
    number,
    deps,
    gate,
    /** A second window of another session on the same workspace. */
    elsewhere: () => fresh(`other${number}`),
    decide,
    executor,
    execution,
    reconcile,
    followUp,
    adapter,
    unknown,
    unfinished: (): readonly DraftId[] => [...new Set(drafts.unfinished().map((row) => row.draftId))],
    isAlive: (): boolean => isAlive,
    /** Nothing of this start does anything from now on. */
    kill(): void {
      isAlive = false
      reconcile.close()
      log.close().catch(() => undefined)
    },
  }
}

const accountIdOf = (id: EntityId): AccountId => id.slice(0, id.indexOf('/')) as AccountId
