/** Which days a sync still has to fetch. Pure; fetches nothing itself. */
import { METRIC_LEVELS, type MetricLevel } from '../../shared/domain/metric.ts'
import { MAX_CHUNK_DAYS } from '../store/metric-table.ts'
import type { FetchedDay } from '../store/sync-table.ts'

/** At most 30 whole days of one level, both ends included. */
export interface Chunk {
  readonly level: MetricLevel
  readonly startDay: number
  readonly endDay: number
}

/** Gaps are filled this far back; days held beyond it are fetched only to follow their restatement. */
export const GAP_DAYS = 400
/** Days further back than any sync asks for. */
const LOOK_BACK_DAYS = 1_000

/**
 * How often a day that is over, and that its platform may still restate, is asked for again, by its age. Platforms correct the newest days
 * within hours (TikTok until noon of the next day, Google up to 15 hours), the rest slowly: the last 30
 * days are asked for daily and the whole horizon weekly.
 */
export const REFRESH = {
  /** Up to this age: when the last answer is older than an hour. */
  recentDays: 3,
  recentAfterMs: 3_600_000,
  /** Up to this age: once a day. */
  dailyDays: 30,
  /** Beyond: once in so many days. */
  weeklyAfterDays: 7,
} as const

interface Now {
  readonly nowMs: number
  /** In the account's calendar. */
  readonly today: number
  /** The account's calendar day of a time. */
  readonly dayAt: (atMs: number) => number
}

/**
 * The chunks one account needs, newest first, at each age all three levels before anything older.
 * Wanted are the last `days` days and everything since the oldest day held, so that no gap stays behind a long break.
 * A day is left out when it was already older than its platform restates when it was fetched, when its last answer is fresh enough for its
 * age (see REFRESH), or when this very run has fetched it. A day that was not over when it was fetched is always wanted again, but not by
 * the same run while it still is not.
 * @param input.firstOpenDay the first day that is not over yet: today, or just after midnight still yesterday
 */
export function neededChunks(
  input: Now & {
    readonly runId: number
    readonly firstOpenDay: number
    readonly days: number
    readonly held: (level: MetricLevel, startDay: number, endDay: number) => readonly FetchedDay[]
  },
): readonly Chunk[] {
  const { today, days, firstOpenDay } = input
  const chunks = METRIC_LEVELS.flatMap((level) => {
    const held = new Map(input.held(level, today - LOOK_BACK_DAYS, today).map((row) => [row.day, row]))
    const oldest = Math.min(today - days + 1, ...held.keys())
    const needed: number[] = []
    for (let day = today; day >= oldest; day -= 1) {
      const row = held.get(day)
      const isWanted = day > today - Math.max(days, GAP_DAYS) || row !== undefined
      if (isWanted && !(row !== undefined && isDone(row, input.runId, firstOpenDay, input))) needed.push(day)
    }
    return chunksOf(level, needed)
  })
  // A stable sort: levels keep their order within one age.
  return chunks.toSorted((a, b) => b.endDay - a.endDay)
}

function isDone(row: FetchedDay, runId: number, firstOpenDay: number, now: Now): boolean {
  // A clock that was set back: neither how old the answer is nor whether the day was final by then is known.
  const isDated = row.fetchedAtMs <= now.nowMs
  if (row.isFinal && isDated) return true
  if (row.runId === runId) return row.wasOver || row.day >= firstOpenDay
  return row.wasOver && isDated && isFresh(row, now)
}

function isFresh({ day, fetchedAtMs }: FetchedDay, { nowMs, today, dayAt }: Now): boolean {
  const ageDays = today - day
  if (ageDays <= REFRESH.recentDays) return nowMs - fetchedAtMs < REFRESH.recentAfterMs
  const fetchedDaysAgo = today - dayAt(fetchedAtMs)
  return fetchedDaysAgo < (ageDays <= REFRESH.dailyDays ? 1 : REFRESH.weeklyAfterDays)
}

/** @param days descending */
function chunksOf(level: MetricLevel, days: readonly number[]): Chunk[] {
  const chunks: Chunk[] = []
  for (const day of days) {
    const last = chunks.at(-1)
    if (last !== undefined && last.startDay === day + 1 && last.endDay - day < MAX_CHUNK_DAYS)
      chunks[chunks.length - 1] = { ...last, startDay: day }
    else chunks.push({ level, startDay: day, endDay: day })
  }
  return chunks
}
