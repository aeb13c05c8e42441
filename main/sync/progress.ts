/** How far a sync is, as the window shows it. Counts steps that are known up front: listings and chunks of days. */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import type { OperationError } from '../../shared/errors.ts'
import type { SyncProgressView } from '../../shared/operations.ts'

export type SyncProgress = SyncProgressView

/** The window asks again on every change; more often than this it could not show. */
const QUIET_MS = 100

export type Progress = ReturnType<typeof createProgress>

/** Nothing has run yet. */
export const IDLE_SYNC: SyncProgress = {
  account_id: null,
  state: 'idle',
  step: '',
  done: 0,
  total: 0,
  rows: 0,
  started_at: null,
  finished_at: null,
  error: null,
}

export function createProgress(clock: Clock, onChange: () => void) {
  let view = IDLE_SYNC
  let toldAtMs = Number.NEGATIVE_INFINITY

  function set(change: Partial<SyncProgress>, isUrgent = false): void {
    view = { ...view, ...change }
    const nowMs = clock.monotonicMs()
    if (!isUrgent && nowMs - toldAtMs < QUIET_MS) return
    toldAtMs = nowMs
    onChange()
  }

  return {
    view: (): SyncProgress => view,
    begin: (startedAtMs: number, done: number, rows: number): void =>
      set(
        {
          account_id: null,
          state: 'running',
          step: 'accounts',
          done,
          total: done,
          rows,
          started_at: isoTime(startedAtMs),
          finished_at: null,
          error: null,
        },
        true,
      ),
    setTotal: (total: number): void => set({ total }),
    step: (step: string, accountId: AccountId | null): void => set({ step, account_id: accountId }),
    stepDone: (): void => set({ done: view.done + 1 }),
    addRows: (rows: number): void => set({ rows: view.rows + rows }),
    end: (state: 'done' | 'cancelled' | 'failed', error: OperationError | undefined): void =>
      set(
        {
          state,
          step: '',
          account_id: null,
          finished_at: isoTime(clock.nowMs()),
          error: error === undefined ? null : replyOf(error),
        },
        true,
      ),
  }
}

const isoTime = (atMs: number): string => new Date(atMs).toISOString()

function replyOf({ code, message, hint, retryable }: OperationError): NonNullable<SyncProgress['error']> {
  return { code, message, hint, retryable }
}
