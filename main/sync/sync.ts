/**
 * Pulls accounts, entities, tracking and daily metrics into facts.db: bounded, resumable, polite. Only ever reads from a platform.
 * One account's trouble does not stop the others, and one platform's neither.
 */
import type { Platform } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import { factsReaders, factsWriters } from '../store/facts-tables.ts'
import type { SyncRun } from '../store/sync-table.ts'
import { createProgress, type SyncProgress } from './progress.ts'
import { type SyncDeps, SyncRunner } from './runner.ts'

export type { Connection, PlatformSummary, SyncSummary } from './outcome.ts'
export type { SyncDeps } from './runner.ts'

export interface SyncOptions {
  /** How far back, 1 to 400 days; default 90. */
  readonly days?: number | undefined
  /** Only these; default all that are connected. */
  readonly platforms?: readonly Platform[] | undefined
}

export interface Sync {
  /**
   * Starts a sync, or goes on with one that was stopped within the last hour and read from the same connections.
   * @throws OperationError sync_running, invalid_input, account_not_available (none of the platforms is connected)
   */
  start(options?: SyncOptions): SyncProgress
  /** Asks a running sync to stop; what it has stored stays. */
  cancel(): SyncProgress
  progress(): SyncProgress
  /** Resolves once nothing runs. */
  whenIdle(): Promise<void>
}

const DEFAULT_DAYS = 90
const MAX_DAYS = 400
/** A stopped run older than this is not resumed: what it fetched first would no longer be fresh. Older days are never fetched twice anyway. */
const RESUME_WITHIN_MS = 3_600_000

export function createSync(deps: SyncDeps): Sync {
  const progress = createProgress(deps.clock, deps.onChange)
  let running: { readonly controller: AbortController; readonly finished: Promise<void> } | undefined

  return {
    start({ days = DEFAULT_DAYS, platforms } = {}) {
      if (running !== undefined)
        throw new OperationError('sync_running', 'A sync is already running.', 'Wait for it, or stop it first.', {
          retryable: true,
        })
      if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
        throw new OperationError(
          'invalid_input',
          `A sync covers 1 to ${MAX_DAYS} days.`,
          'Give a whole number of days.',
        )
      const connections = deps
        .connections()
        .filter(({ adapter }) => platforms === undefined || platforms.includes(adapter.platform))
      if (connections.length === 0)
        throw new OperationError(
          'account_not_available',
          platforms === undefined ? 'No ad platform is connected.' : 'None of these ad platforms is connected.',
          'Connect one in Settings, or explore the demo.',
        )
      const controller = new AbortController()
      const run = openRun(deps, days, new Set(connections.map(({ connectionId }) => connectionId)))
      progress.begin(run.startedAtMs, run.unitsDone, run.rowsStored, connections.length)
      const finished = new SyncRunner(deps, connections, run, progress, controller.signal).run().finally(() => {
        running = undefined
      })
      running = { controller, finished }
      return progress.view()
    },
    cancel() {
      running?.controller.abort()
      return progress.view()
    },
    progress: () => progress.view(),
    whenIdle: async () => {
      await running?.finished
    },
  }
}

function openRun({ facts, clock }: SyncDeps, days: number, connectionIds: ReadonlySet<string>): SyncRun {
  const write = factsWriters(facts)
  const nowMs = clock.nowMs()
  const { coverage } = factsReaders(facts)
  const last = coverage.lastRun()
  const ageMs = last === undefined ? 0 : nowMs - last.startedAtMs
  const wasStopped = last?.state === 'running' || last?.state === 'cancelled'
  // What a connection that is gone has read is not vouched for by the one that came after it.
  const isOurs = last !== undefined && coverage.listedConnections(last.runId).every((id) => connectionIds.has(id))
  const resumed = wasStopped && isOurs && ageMs >= 0 && ageMs <= RESUME_WITHIN_MS ? last : undefined
  return write.inTransaction(() => write.sync.openRun(days, nowMs, resumed))
}
