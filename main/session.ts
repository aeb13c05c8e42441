/**
 * One open workspace, wired in reading order: stores → log → drafts → gate → platforms → sync → the agent's door.
 * Nothing in here is reachable but through run-operation.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { AccountId, DraftId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import { createDecide } from './approval/decide.ts'
import { createExecutor, type ExecutorStep } from './approval/executor.ts'
import { createFollowUp } from './approval/follow-up.ts'
import { type ApprovedChange, createGate } from './approval/gate.ts'
import { createLateLanding } from './approval/late-landing.ts'
import { createReconcile } from './approval/reconcile.ts'
import type { PlanningSnapshot } from './drafts/plan.ts'
import type { Policy } from './drafts/policy.ts'
import type { DraftDeps } from './drafts/propose.ts'
import { socketAddress } from './instance.ts'
import type { AgentPort } from './mcp/agent-port.ts'
import { createClientRegistry } from './mcp/clients.ts'
import { createMcp } from './mcp/create-mcp.ts'
import type { PlatformAdapter } from './platforms/adapter.ts'
import type { PlatformAddresses } from './platforms/addresses.ts'
import { createQuotaMeter } from './platforms/quota.ts'
import type { Sandbox } from './platforms/sandbox/index.ts'
import type { Ports } from './ports.ts'
import { readSnapshot } from './reporting/snapshot.ts'
import { createAdapters, NOWHERE, sandboxAddresses } from './session-adapters.ts'
import { createAuditJobSession } from './session-audit-jobs.ts'
import { createConnecting } from './session-connect.ts'
import { createExecution } from './session-execution.ts'
import { createHealth } from './session-health.ts'
import { createHistorySession } from './session-history.ts'
import { createImportSession } from './session-imports.ts'
import { createReportSession } from './session-reports.ts'
import { createWritePermissions } from './session-permissions.ts'
import { createPolicySession } from './session-policy.ts'
import { liveNotes } from './session-live.ts'
import { openSessionLog } from './session-log.ts'
import { createNotifications } from './session-notifications.ts'
import { noteRefusal, recordSync } from './session-records.ts'
import { createSignOff } from './session-sign-off.ts'
import { createThumbnails } from './session-thumbnails.ts'
import { unsettledWrites } from './session-unsettled.ts'
import { createAccountPermissions } from './store/account-permission-table.ts'
import { createClientTable } from './store/client-table.ts'
import { createConnectionTable } from './store/connection-table.ts'
import { createDraftTable } from './store/draft-table.ts'
import { createLateLandingTable } from './store/late-landing-table.ts'
import { createSettingTable } from './store/setting-table.ts'
import { createSync } from './sync/sync.ts'
import { platformTokens } from './vault/platform-tokens.ts'
import type { OpenWorkspace } from './workspace.ts'

const SWEEP_MS = 5_000
const CLOSE_WAIT_MS = 10_000
const REAL_BACKFILL_DAYS = 90
const DEMO_BACKFILL_DAYS = 400

export interface SessionOptions {
  readonly ports: Ports
  readonly opened: OpenWorkspace
  readonly appVersion: string
  /** What a workspace begins with; the person's own versions come after it. */
  readonly policy?: Policy
  /** Present in the demo workspace: every connection of it leads here and nowhere else. */
  readonly sandbox: Sandbox | undefined
  /** Where the platforms are, for connections that are not the sandbox's. */
  readonly addresses: PlatformAddresses
  readonly onChange: () => void
  /** run-operation, bound to the agent's door. */
  readonly runAsAgent: AgentPort['run']
  /** Whether AI clients may come in. */
  readonly opensDoors: boolean
  /** Whether syncing begins by itself. */
  readonly startsWork: boolean
  readonly onStep?: (step: ExecutorStep) => void | Promise<void>
}

/** How far back a sync reads unless told. */
export function backfillDays(isDemo: boolean): number {
  return isDemo ? DEMO_BACKFILL_DAYS : REAL_BACKFILL_DAYS
}

export type Session = Awaited<ReturnType<typeof openSession>>

/** Opens the log, recovers what a crash left behind, and starts the background work. @throws OperationError ledger_broken */
export async function openSession(options: SessionOptions) {
  const { ports, opened, onChange } = options
  const { ledger, facts, vault } = opened
  const { clock, log } = ports
  const bootId = randomUUID().replaceAll('-', '').slice(0, 16)
  const drafts = createDraftTable(ledger)
  let steadyMs = (): number => clock.nowMs()
  const notifications = createNotifications({
    opened,
    ports,
    drafts,
    randomBytes,
    steadyMs: () => steadyMs(),
    onChange,
  })
  const { onAppended } = notifications
  const sessionLog = await openSessionLog({
    opened,
    ports,
    bootId,
    appVersion: options.appVersion,
    onChange,
    onAppended,
  })
  const { audit } = sessionLog
  const connections = createConnectionTable(ledger)
  const tokens = platformTokens(ledger, vault)
  const quota = createQuotaMeter(clock)
  const isDemo = opened.workspace.isDemo
  const sandbox = options.sandbox === undefined ? undefined : sandboxAddresses(options.sandbox)
  const adapters = createAdapters({
    ports,
    connections: connections.list,
    tokens,
    quota,
    addressesOf: ({ isSandbox }) => (isSandbox ? (sandbox ?? NOWHERE) : options.addresses),
  })
  const permissions = createAccountPermissions(ledger)
  const { writesAllowed, whyReadOnly } = createWritePermissions({ permissions, connections, facts, isDemo })
  const reader = readSnapshot(facts)
  const snapshot = (): PlanningSnapshot => reader
  const adapterFor = (accountId: AccountId): PlatformAdapter => {
    const connectionId = reader.account(accountId)?.connectionId
    const adapter = connectionId === undefined ? undefined : adapters.of(connectionId)
    if (adapter === undefined)
      throw new OperationError(
        'account_not_available',
        'That account is not connected any more. Nothing was changed.',
        'Connect it again under Connections.',
      )
    return adapter
  }
  const { noteLive, noticeLive } = liveNotes(facts, log)
  const sleep = (ms: number): Promise<void> => wait(ms, undefined, { ref: false })
  const settings = createSettingTable(ledger)
  const signOff = createSignOff({ opened, ports, settings, drafts, audit, appVersion: options.appVersion })
  const policies = createPolicySession({
    ledger,
    facts,
    audit,
    drafts,
    ports,
    snapshot,
    onChange,
    ...(options.policy === undefined ? {} : { first: options.policy }),
  })
  const { policy, guardrails, steady, breaker } = policies
  steadyMs = () => steady.nowMs()
  const requireReview = signOff.secondPerson.requireAnswer
  const gate = createGate({
    drafts,
    audit,
    clock,
    policy,
    guardrails,
    steady,
    requireReview,
    bootId,
    appVersion: options.appVersion,
    writesAllowed,
  })
  const common = { drafts, audit, clock, log, adapterFor, noteLive, noticeLive, onChange, sleep, writesAllowed }
  const draftDeps: DraftDeps = { drafts, audit, clock, policy, guardrails, snapshot, writesAllowed }
  const decide = createDecide({ ...common, policy, guardrails, requireReview, bootId, gate, snapshot })
  const executor = createExecutor({
    ...common,
    gate,
    stopped: () => breaker.stopped(),
    onOutcome: (outcome) => breaker.noteOutcome(outcome),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
  })
  const reconcile = createReconcile(common)
  const followUp = createFollowUp({ draftDeps, adapterFor, noticeLive })
  const lateLanding = createLateLanding({ ...common, rows: createLateLandingTable(ledger), notify: ports.notify })
  const closing = new AbortController()
  const background = new Set<Promise<unknown>>()
  const inBackground = (work: Promise<unknown>): void => {
    const tracked = work
      .catch((error: unknown) => log.error('background_work_failed', error))
      .finally(() => background.delete(tracked))
    background.add(tracked)
  }
  const watch = (draftId: DraftId): void =>
    void reconcile.watch(draftId).catch((error: unknown) => log.error('reconcile_failed', error))
  const carryOut = createExecution({
    executor,
    drafts,
    reconcile,
    watch,
    problems: sessionLog.problems,
    log,
    closing: closing.signal,
    onChange,
    sleep,
  })
  const execute = (...approved: readonly (readonly ApprovedChange[])[]): void => inBackground(carryOut(approved))

  const sync = createSync({
    facts,
    connections: () => adapters.all(),
    clock,
    log,
    onChange,
    onFinished: (summary) => {
      recordSync(audit, summary)
      policies.watchSpend()
      if (closing.signal.aborted) return
      inBackground(health.checkDue(closing.signal))
      if (options.startsWork) inBackground(history.compareByItself(closing.signal))
    },
    onConnectionTrouble: (connectionId, error) => health.noteTrouble(connectionId, error),
    unsettled: () => unsettledWrites(drafts),
  })
  const health = createHealth({ audit, connections, adapters, ports, onChange })
  const history = createHistorySession({
    ledger,
    facts,
    settings,
    audit,
    drafts,
    connections,
    ports,
    adapterFor,
    onChange,
  })
  let isSyncAsked = false
  /** Begins a sync; one that runs already does not know of what has just been connected, so another follows it. */
  const startFirstSync = (): void => {
    if (isSyncAsked) return
    isSyncAsked = true
    const start = (): void => {
      isSyncAsked = false
      if (!closing.signal.aborted && connections.list().length > 0) sync.start({ days: backfillDays(isDemo) })
    }
    if (sync.progress().state === 'running') inBackground(sync.whenIdle().then(start))
    else start()
  }
  const saving = {
    ports,
    audit,
    connections,
    tokens,
    facts,
    adapters,
    health,
    onSaved: () => {
      if (options.startsWork) startFirstSync()
    },
  }
  const connecting = createConnecting({ ...saving, isSandbox: isDemo, onChange })
  const imports = createImportSession({
    facts,
    audit,
    clock,
    log,
    randomBytes,
    onChange,
    isClosing: () => closing.signal.aborted,
  })
  const reports = createReportSession({ opened, audit, clock, log })
  const auditJobs = createAuditJobSession({
    opened,
    audit,
    clock,
    log,
    randomBytes,
    onChange,
    appVersion: options.appVersion,
  })
  const registry = createClientRegistry({ table: createClientTable(ledger), clock, randomBytes })
  const mcp = createMcp({
    port: { run: options.runAsAgent, noteRefusal: (what) => noteRefusal(audit, what) },
    registry,
    httpPort: ports.mcpPort,
    socketPath: socketAddress(join(ports.homeFolder, 'mcp'), tmpdir(), 'bridge.sock'),
    endpointFile: join(ports.homeFolder, 'mcp-endpoint.json'),
    appVersion: options.appVersion,
    log,
    clock,
  })

  audit.transaction((append) =>
    append({
      type: 'app.started',
      actor: { kind: 'system', id: 'app' },
      data: { app: options.appVersion, shell: ports.shell },
    }),
  )
  health.remindAll()
  for (const draftId of reconcile.recover()) watch(draftId)
  decide.sweep()
  const notificationHandlers = notifications.start(audit, options.startsWork)
  if (options.startsWork) lateLanding.start()
  inBackground(sessionLog.start({ settings, steadyMs: () => steady.nowMs(), keepsUp: options.startsWork }))
  inBackground(imports.recover())
  const sweeper = setInterval(() => {
    try {
      if (decide.sweep() > 0) onChange()
      policies.tick()
    } catch (error) {
      log.error('sweep_failed', error)
    }
  }, SWEEP_MS)
  sweeper.unref()
  if (options.opensDoors) await mcp.start()

  return {
    ports,
    opened,
    policies,
    sessionLog,
    notificationHandlers,
    lateLanding,
    audit,
    drafts,
    draftDeps,
    decide,
    gate,
    execute,
    reconcile,
    followUp,
    connections,
    tokens,
    adapters,
    quota,
    health,
    saving,
    connecting,
    imports,
    reports,
    auditJobs,
    permissions,
    settings,
    ...signOff,
    writesAllowed,
    whyReadOnly,
    history,
    thumbnails: createThumbnails({ clock, adapterFor }),
    sync,
    startFirstSync,
    registry,
    mcp,
    sandbox: options.sandbox,
    addresses: sandbox ?? options.addresses,
    appVersion: options.appVersion,
    startsWork: options.startsWork,
    /** True from the moment closing has begun: nothing new is confirmed any more. */
    isClosing: (): boolean => closing.signal.aborted,
    /** Finishes or parks what is under way, in bounded time, and zeroes the keys. */
    async close(): Promise<void> {
      closing.abort()
      clearInterval(sweeper)
      reconcile.close()
      try {
        await lateLanding.close()
        await connecting.flows.close()
        await mcp.stop()
        sync.cancel()
        await Promise.race([
          Promise.all([sync.whenIdle(), imports.whenIdle(), ...background]),
          wait(CLOSE_WAIT_MS, undefined, { ref: false }),
        ])
        await reports.close()
        await auditJobs.close()
        await notifications.close()
        audit.transaction((append) => append({ type: 'app.stopped', actor: { kind: 'system', id: 'app' }, data: {} }))
      } catch (error) {
        log.error('close_failed', error)
      } finally {
        await sessionLog.close().catch((error: unknown) => log.error('head_pin_failed', error))
        opened.close()
        await options.sandbox?.close()
      }
    },
  }
}
