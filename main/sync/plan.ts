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
 * The chunks one account needs, newest first, at each age all three levels before anything older.
 * Wanted are the last `days` days and everything since the oldest day held, so that no gap stays behind a long break.
 * A day is left out when it was already older than its platform restates when it was fetched, or when this very run has fetched it (a day
 * that was not over then counts only while it still is not).
 * @param input.today in the account's calendar
 * @param input.firstOpenDay the first day that is not over yet: today, or just after midnight still yesterday
 */
export function neededChunks(input: {
  readonly runId: number
  readonly today: number
  readonly firstOpenDay: number
  readonly days: number
  readonly held: (level: MetricLevel, startDay: number, endDay: number) => readonly FetchedDay[]
}): readonly Chunk[] {
  const { today, days, firstOpenDay } = input
  const chunks = METRIC_LEVELS.flatMap((level) => {
    const held = new Map(input.held(level, today - LOOK_BACK_DAYS, today).map((row) => [row.day, row]))
    const oldest = Math.min(today - days + 1, ...held.keys())
    const needed: number[] = []
    for (let day = today; day >= oldest; day -= 1) {
      const row = held.get(day)
      const isWanted = day > today - Math.max(days, GAP_DAYS) || row !== undefined
      const isDone =
        row !== undefined && (row.isFinal || (row.runId === input.runId && (row.wasOver || day >= firstOpenDay)))
      if (isWanted && !isDone) needed.push(day)
    }
    return chunksOf(level, needed)
  })
  // A stable sort: levels keep their order within one age.
  return chunks.toSorted((a, b) => b.endDay - a.endDay)
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
