/** How far a sync is, as the window shows it: steps done and left, by account, and how long the rest may take at the pace so far. */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import type { OperationError } from '../../shared/errors.ts'
import type { SyncProgressView } from '../../shared/operations.ts'

export type SyncProgress = SyncProgressView
type AccountRow = SyncProgress['accounts'][number]

/** The window asks again on every change; more often than this it could not show. */
const QUIET_MS = 100
const MAX_ROWS = 500
/** Before this much of the work is done, or this long has passed, the pace says nothing. */
const PACE_AFTER_SHARE = 0.05
const PACE_AFTER_MS = 1_500
/** How much a new estimate counts against the one before it: small, so that the time shown does not jump. */
const PACE_WEIGHT = 0.15

export type Progress = ReturnType<typeof createProgress>

/** Nothing has run yet. */
export const IDLE_SYNC: SyncProgress = {
  account_id: null,
  state: 'idle',
  step: '',
  done: 0,
  total: 0,
  rows: 0,
  seconds_left: null,
  accounts: [],
  started_at: null,
  finished_at: null,
  error: null,
}

/** Steps that are still to come, and how heavy they are together; a listing of campaigns weighs 1. */
export interface Left {
  readonly steps: number
  readonly effort: number
}

interface Account {
  row: AccountRow
  left: Left
}

const NOTHING: Left = { steps: 0, effort: 0 }

export function createProgress(clock: Clock, onChange: () => void) {
  let view = IDLE_SYNC
  let accounts = new Map<AccountId, Account>()
  /** Lists of accounts that have not come yet: until they have, nobody knows how much there is to do. */
  let openLists = 0
  let toldAtMs = Number.NEGATIVE_INFINITY
  let pace = createPace(clock)

  function set(to: Partial<SyncProgress>, isUrgent = false): void {
    view = { ...view, ...to }
    const nowMs = clock.monotonicMs()
    if (!isUrgent && nowMs - toldAtMs < QUIET_MS) return
    toldAtMs = nowMs
    onChange()
  }
  function recount(): void {
    let steps = openLists
    let effort = openLists
    for (const { left } of accounts.values()) {
      steps += left.steps
      effort += left.effort
    }
    set({ total: view.done + steps })
    pace.setLeft(openLists > 0 ? undefined : effort)
  }
  function change(id: AccountId, to: Partial<AccountRow>, left?: Left): void {
    const found = accounts.get(id) ?? { row: { ...NEW_ROW, account_id: id }, left: NOTHING }
    const row = { ...found.row, ...to }
    const rest = left ?? found.left
    accounts.set(id, { row: { ...row, total: row.done + rest.steps }, left: rest })
  }

  return {
    /** Accounts in the order of their ids, at most 500. */
    view: (): SyncProgress => ({
      ...view,
      seconds_left: view.state === 'running' ? pace.secondsLeft() : null,
      accounts: [...accounts.values()]
        .map(({ row }) => row)
        .toSorted((a, b) => (a.account_id < b.account_id ? -1 : 1))
        .slice(0, MAX_ROWS),
    }),
    /** @param lists how many lists of accounts will be asked for */
    begin(startedAtMs: number, done: number, rows: number, lists: number): void {
      accounts = new Map()
      openLists = lists
      pace = createPace(clock)
      set(
        {
          account_id: null,
          state: 'running',
          step: 'accounts',
          done,
          total: done + lists,
          rows,
          started_at: isoTime(startedAtMs),
          finished_at: null,
          error: null,
        },
        true,
      )
    },
    /** A list of accounts has come, or will not. */
    listSettled(isDone: boolean): void {
      openLists -= 1
      if (isDone) {
        view = { ...view, done: view.done + 1 }
        pace.done(1)
      }
      recount()
    },
    /** What is still to be done for an account; replaces what was said before. */
    setLeft(id: AccountId, left: Left): void {
      change(id, {}, left)
      recount()
    },
    step(step: string, id: AccountId | null): void {
      if (id !== null) change(id, { step, ...(accounts.get(id)?.row.state === 'failed' ? {} : { state: 'running' }) })
      set({ step, account_id: id })
    },
    stepDone(id: AccountId, effort: number): void {
      const found = accounts.get(id)
      if (found !== undefined) change(id, { done: found.row.done + 1 }, less(found.left, effort))
      view = { ...view, done: view.done + 1 }
      pace.done(effort)
      recount()
    },
    /** A step that is not needed after all, or cannot be done. */
    stepDropped(id: AccountId, effort: number): void {
      const found = accounts.get(id)
      if (found !== undefined) change(id, {}, less(found.left, effort))
      recount()
    },
    accountDone: (id: AccountId): void => change(id, { state: 'done', step: '' }, NOTHING),
    accountFailed(id: AccountId, error: OperationError): void {
      change(id, { state: 'failed', step: '', error: replyOf(error) }, NOTHING)
      recount()
    },
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

const NEW_ROW = { state: 'waiting', step: '', done: 0, total: 0, error: null } as const

function less({ steps, effort }: Left, by: number): Left {
  return { steps: Math.max(0, steps - 1), effort: Math.max(0, effort - by) }
}

/** The time left, from the pace since the start: smoothed, and counted down between two steps. */
function createPace(clock: Clock) {
  const startedMs = clock.monotonicMs()
  let doneEffort = 0
  let leftEffort: number | undefined
  let estimate: { readonly leftMs: number; readonly atMs: number } | undefined

  function remainingMs(nowMs: number): number | undefined {
    return estimate === undefined ? undefined : Math.max(0, estimate.leftMs - (nowMs - estimate.atMs))
  }
  return {
    done: (effort: number): void => void (doneEffort += effort),
    /** Undefined: not known yet. */
    setLeft(effort: number | undefined): void {
      leftEffort = effort
      const nowMs = clock.monotonicMs()
      const isTelling =
        effort !== undefined &&
        nowMs - startedMs >= PACE_AFTER_MS &&
        doneEffort >= PACE_AFTER_SHARE * (doneEffort + effort)
      if (!isTelling) return
      const freshMs = (effort * (nowMs - startedMs)) / doneEffort
      const before = remainingMs(nowMs)
      const leftMs = before === undefined ? freshMs : before + (freshMs - before) * PACE_WEIGHT
      estimate = { leftMs, atMs: nowMs }
    },
    secondsLeft(): number | null {
      const leftMs = leftEffort === undefined ? undefined : remainingMs(clock.monotonicMs())
      return leftMs === undefined ? null : Math.ceil(leftMs / 1000)
    },
  }
}

const isoTime = (atMs: number): string => new Date(atMs).toISOString()

function replyOf({ code, message, hint, retryable }: OperationError): NonNullable<SyncProgress['error']> {
  return { code, message, hint, retryable }
}
