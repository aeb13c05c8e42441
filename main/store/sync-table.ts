/**
 * Where a sync stands: runs, finished listings, and which days are held. The only SQL that touches them. A row here is written in the same
 * transaction as what it vouches for, so that a killed run goes on without losing or doubling anything.
 */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

export type RunState = 'running' | 'done' | 'cancelled' | 'failed'

export interface SyncRun {
  readonly runId: number
  readonly state: RunState
  readonly days: number
  readonly startedAtMs: number
  readonly finishedAtMs: number | null
  readonly unitsDone: number
  readonly rowsStored: number
}

export interface FetchedDay {
  readonly day: number
  readonly runId: number
  readonly fetchedAtMs: number
  readonly wasOver: boolean
  readonly isFinal: boolean
}

interface RunRow {
  run_id: number
  state: RunState
  days: number
  started_at_ms: number
  finished_at_ms: number | null
  units_done: number
  rows_stored: number
}

/** Runs kept for looking back; older ones go with their cursors. */
const RUNS_KEPT = 20

export type CoverageReader = ReturnType<typeof createCoverageReader>

/** What reports ask: which days are held, and how firmly. */
export function createCoverageReader(db: FactsReadDb) {
  const over = db.prepare<[number, string, number, number], { n: number }>(
    'SELECT COUNT(*) AS n FROM fetched_day WHERE account_key = ? AND level = ? AND day BETWEEN ? AND ? AND was_over = 1',
  )
  const lastOver = db.prepare<[number, string], { day: number | null }>(
    'SELECT MAX(day) AS day FROM fetched_day WHERE account_key = ? AND level = ? AND was_over = 1',
  )
  const firstMoving = db.prepare<[number, string], { day: number | null }>(
    'SELECT MIN(day) AS day FROM fetched_day WHERE account_key = ? AND level = ? AND is_final = 0',
  )
  const anyDay = db.prepare<[number, string]>('SELECT 1 FROM fetched_day WHERE account_key = ? AND level = ? LIMIT 1')
  const listedBy = db.prepare<[number], { subject: string }>(
    "SELECT subject FROM sync_cursor WHERE run_id = ? AND step = 'accounts'",
  )
  const runBeforeLast = db
    .prepare<[], number>(
      "SELECT started_at_ms FROM sync_run WHERE state <> 'running' ORDER BY run_id DESC LIMIT 1 OFFSET 1",
    )
    .pluck()
  const lastRun = db.prepare<[], RunRow>('SELECT * FROM sync_run ORDER BY run_id DESC LIMIT 1')
  return {
    /** How many days of the range were over when they were fetched. */
    daysOver: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): number =>
      over.get(accountKey, level, startDay, endDay)?.n ?? 0,
    /** Last day that was over when it was fetched; null when there is none. */
    lastDayOver: (accountKey: number, level: MetricLevel): number | null =>
      lastOver.get(accountKey, level)?.day ?? null,
    /** First day that its platform could still restate when it was last fetched; null when all are final. */
    firstMovingDay: (accountKey: number, level: MetricLevel): number | null =>
      firstMoving.get(accountKey, level)?.day ?? null,
    hasDays: (accountKey: number, level: MetricLevel): boolean => anyDay.get(accountKey, level) !== undefined,
    /** When the last finished sync but one began; null before there were two. */
    startOfLastButOne: (): number | null => runBeforeLast.get() ?? null,
    /** The connections whose accounts the run has listed. */
    listedConnections: (runId: number): readonly string[] => listedBy.all(runId).map((row) => row.subject),
    lastRun(): SyncRun | undefined {
      const row = lastRun.get()
      return row === undefined ? undefined : toRun(row)
    },
  }
}

export type SyncWriter = ReturnType<typeof createSyncWriter>

export function createSyncWriter(db: FactsDb) {
  const insertRun = db.prepare(
    "INSERT INTO sync_run (state, days, started_at_ms, units_done, rows_stored) VALUES ('running', ?, ?, 0, 0)",
  )
  const byId = db.prepare<[number | bigint], RunRow>('SELECT * FROM sync_run WHERE run_id = ?')
  const reopen = db.prepare("UPDATE sync_run SET state = 'running', days = ?, finished_at_ms = NULL WHERE run_id = ?")
  const finish = db.prepare('UPDATE sync_run SET state = ?, finished_at_ms = ? WHERE run_id = ?')
  const advance = db.prepare(
    'UPDATE sync_run SET units_done = units_done + ?, rows_stored = rows_stored + ? WHERE run_id = ?',
  )
  const forget = db.prepare('DELETE FROM sync_run WHERE run_id <= ?')
  const setCursor = db.prepare(
    'INSERT OR REPLACE INTO sync_cursor (run_id, subject, step, done_at_ms) VALUES (?, ?, ?, ?)',
  )
  const dropListed = db.prepare("DELETE FROM sync_cursor WHERE subject = ? AND step = 'accounts'")
  const cursor = db.prepare<[number, string, string], { done_at_ms: number }>(
    'SELECT done_at_ms FROM sync_cursor WHERE run_id = ? AND subject = ? AND step = ?',
  )
  const firstStep = db.prepare<[number, string, string], { at: number | null }>(
    'SELECT MIN(done_at_ms) AS at FROM sync_cursor WHERE run_id = ? AND subject = ? AND step LIKE ?',
  )
  const days = db.prepare<
    [number, string, number, number],
    { day: number; run_id: number; fetched_at_ms: number; was_over: number; is_final: number }
  >(
    'SELECT day, run_id, fetched_at_ms, was_over, is_final FROM fetched_day WHERE account_key = ? AND level = ? AND day BETWEEN ? AND ?',
  )
  const setDay = db.prepare(
    `INSERT INTO fetched_day (account_key, level, day, run_id, fetched_at_ms, was_over, is_final, first_over_age_days)
     VALUES (@account, @level, @day, @run, @at, @over, @final, @age)
     ON CONFLICT (account_key, level, day) DO UPDATE SET run_id = excluded.run_id, fetched_at_ms = excluded.fetched_at_ms,
       was_over = excluded.was_over, is_final = excluded.is_final, first_over_age_days = COALESCE(first_over_age_days, excluded.first_over_age_days)`,
  )
  const forgetDays = db.prepare('DELETE FROM fetched_day WHERE account_key = ? AND day > ?')
  const earliest = db.prepare<[number, number], { at: number | null }>(
    'SELECT MIN(fetched_at_ms) AS at FROM fetched_day WHERE account_key = ? AND run_id = ?',
  )
  const solidThrough = db.prepare<{ account: number; level: string; since: number }, { day: number | null }>(
    // The first day that is held and over while its next day is not.
    `SELECT MIN(d.day) AS day FROM fetched_day d WHERE d.account_key = @account AND d.level = @level AND d.day >= @since AND d.was_over = 1
       AND NOT EXISTS (SELECT 1 FROM fetched_day n
         WHERE n.account_key = d.account_key AND n.level = d.level AND n.day = d.day + 1 AND n.was_over = 1)`,
  )
  return {
    /** Starts a run, or opens `resumed` again with its progress. Call inside a transaction. */
    openRun(wantedDays: number, atMs: number, resumed: SyncRun | undefined): SyncRun {
      if (resumed !== undefined) reopen.run(wantedDays, resumed.runId)
      const runId = resumed?.runId ?? insertRun.run(wantedDays, atMs).lastInsertRowid
      forget.run(Number(runId) - RUNS_KEPT)
      const row = byId.get(runId)
      if (row === undefined) throw new Error('the run just stored is not there')
      return toRun(row)
    },
    finishRun: (runId: number, state: RunState, atMs: number): void => void finish.run(state, atMs, runId),
    /** Counts finished steps and stored rows, for the progress of a run that is resumed. Call inside the step's transaction. */
    advance: (runId: number, units: number, rows: number): void => void advance.run(units, rows, runId),
    markListed: (runId: number, subject: string, step: string, atMs: number): void =>
      void setCursor.run(runId, subject, step, atMs),
    /** When the first of the run's finished steps whose name begins so was begun. */
    earliestStep: (runId: number, subject: string, prefix: string): number | null =>
      firstStep.get(runId, subject, `${prefix}%`)?.at ?? null,
    isListed: (runId: number, subject: string, step: string): boolean => cursor.get(runId, subject, step) !== undefined,
    /** What a connection reaches may be something else now: also a run that is resumed asks for its accounts again. */
    forgetListing: (connectionId: string): void => void dropListed.run(connectionId),
    heldDays: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): readonly FetchedDay[] =>
      days.all(accountKey, level, startDay, endDay).map((row) => ({
        day: row.day,
        runId: row.run_id,
        fetchedAtMs: row.fetched_at_ms,
        wasOver: row.was_over === 1,
        isFinal: row.is_final === 1,
      })),
    /** Vouches that every fact of these days is stored. Call inside the transaction that stored the last of them. */
    markFetched(
      what: {
        readonly accountKey: number
        readonly level: MetricLevel
        readonly startDay: number
        readonly endDay: number
      },
      how: {
        readonly runId: number
        readonly fetchedAtMs: number
        readonly today: number
        readonly firstOpenDay: number
        readonly restatementDays: number
      },
    ): void {
      for (let day = what.startDay; day <= what.endDay; day += 1)
        setDay.run({
          account: what.accountKey,
          level: what.level,
          day,
          run: how.runId,
          at: how.fetchedAtMs,
          over: day < how.firstOpenDay ? 1 : 0,
          final: how.today - day > how.restatementDays ? 1 : 0,
          age: day < how.firstOpenDay ? how.today - day : null,
        })
    },
    /** Days that have not come yet: fetched by a clock that was ahead, they vouch for nothing. */
    forgetDaysAfter: (accountKey: number, day: number): void => void forgetDays.run(accountKey, day),
    /** When the oldest of what this run fetched for the account was asked for. */
    earliestFetch: (accountKey: number, runId: number): number | null => earliest.get(accountKey, runId)?.at ?? null,
    /**
     * End of the stretch without a gap that begins with the oldest day held since `sinceDay`, at every one of the levels: nothing is missing up to it.
     * null when one of the levels has no day that was over when it was fetched, or there are no levels.
     */
    completeThrough(accountKey: number, levels: readonly MetricLevel[], sinceDay: number): number | null {
      const each = levels.map((level) => solidThrough.get({ account: accountKey, level, since: sinceDay })?.day ?? null)
      return each.length === 0 || each.includes(null) ? null : Math.min(...(each as number[]))
    },
  }
}

function toRun(row: RunRow): SyncRun {
  return {
    runId: row.run_id,
    state: row.state,
    days: row.days,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    unitsDone: row.units_done,
    rowsStored: row.rows_stored,
  }
}
