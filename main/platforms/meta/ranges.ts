/** Date ranges in pieces that Meta answers. Calendar days only: no zone but the account's, no clock of its own. */
import { OperationError } from '../../../shared/errors.ts'

const DAY_MS = 86_400_000
/** Rows come by entity and day; a month keeps an answer of a large account within a few dozen pages. */
const MAX_DAYS = 30
/** Meta keeps insights for 37 months (marketing-api/insights/parameters, time_range). */
const KEPT_MONTHS = 37

export interface Days {
  readonly startDate: string
  readonly endDate: string
}

function dayOf(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date)
    throw new OperationError(
      'invalid_value',
      `"${date.slice(0, 20)}" is not a calendar day.`,
      'Write days like "2026-11-20".',
    )
  return ms / DAY_MS
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The first day that Meta surely still reports on, as of `today`: the one after that day 37 months ago, which may be over there. */
export function firstKeptDay(today: string): string {
  dayOf(today)
  const [year = 0, month = 1] = today.split('-').map(Number)
  const months = year * 12 + (month - 1) - KEPT_MONTHS
  const [keptYear, keptMonth] = [Math.floor(months / 12), (months % 12) + 1]
  const last = new Date(Date.UTC(keptYear, keptMonth, 0)).getUTCDate()
  const day = Math.min(Number(today.slice(8)), last)
  return dateOf(Date.UTC(keptYear, keptMonth - 1, day) / DAY_MS + 1)
}

/**
 * Pieces of at most 30 days, oldest first, without gap or overlap. Both ends included.
 * @throws OperationError invalid_value, range_too_long
 */
export function splitRange(startDate: string, endDate: string, today: string): readonly Days[] {
  const start = dayOf(startDate)
  const end = dayOf(endDate)
  if (end < start) throw new OperationError('invalid_value', 'The range ends before it starts.', 'Swap the two days.')
  const firstKept = firstKeptDay(today)
  if (startDate < firstKept)
    throw new OperationError(
      'range_too_long',
      'Meta keeps reports for 37 months only, and this range starts before that.',
      `Ask for a range from ${firstKept} on.`,
    )
  // The end lies at most where the caller's own limit puts it; beyond today there are no rows, so no need to ask.
  const lastDay = Math.min(end, Math.max(start, dayOf(today) + 1))
  const pieces: Days[] = []
  for (let day = start; day <= lastDay; day += MAX_DAYS)
    pieces.push({ startDate: dateOf(day), endDate: dateOf(Math.min(lastDay, day + MAX_DAYS - 1)) })
  return pieces
}

/** Two halves; undefined for a single day. */
export function halves({ startDate, endDate }: Days): readonly [Days, Days] | undefined {
  const [start, end] = [dayOf(startDate), dayOf(endDate)]
  if (start === end) return undefined
  const middle = Math.floor((start + end) / 2)
  return [
    { startDate, endDate: dateOf(middle) },
    { startDate: dateOf(middle + 1), endDate },
  ]
}

/** Today in the account's own zone. */
export function todayIn(timeZone: string, nowMs: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(nowMs)
}
