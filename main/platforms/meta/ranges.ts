/** Date ranges in pieces that Meta answers. Calendar days only: no zone but the account's, no clock of its own. */
import { OperationError } from '../../../shared/errors.ts'
import { dayNumber, type DayRange, dayText, splitDays } from '../days.ts'

/** Rows come by entity and day; a month keeps an answer of a large account within a few dozen pages. */
const MAX_DAYS = 30
/** Meta keeps insights for 37 months (marketing-api/insights/parameters, time_range). */
const KEPT_MONTHS = 37

/** The first day that Meta surely still reports on, as of `today`: the one after that day 37 months ago, which may be over there. */
export function firstKeptDay(today: string): string {
  dayNumber(today)
  const [year = 0, month = 1] = today.split('-').map(Number)
  const months = year * 12 + (month - 1) - KEPT_MONTHS
  const [keptYear, keptMonth] = [Math.floor(months / 12), (months % 12) + 1]
  const last = new Date(Date.UTC(keptYear, keptMonth, 0)).getUTCDate()
  const day = Math.min(Number(today.slice(8)), last)
  const pad = (part: number) => String(part).padStart(2, '0')
  return dayText(dayNumber(`${keptYear}-${pad(keptMonth)}-${pad(day)}`) + 1)
}

/**
 * Pieces of at most 30 days, oldest first, without gap or overlap. Both ends included.
 * @throws OperationError invalid_value, range_too_long
 */
export function splitRange(range: DayRange, today: string): readonly DayRange[] {
  const start = dayNumber(range.startDate)
  const firstKept = firstKeptDay(today)
  if (range.startDate < firstKept)
    throw new OperationError(
      'range_too_long',
      'Meta keeps reports for 37 months only, and this range starts before that.',
      `Ask for a range from ${firstKept} on.`,
    )
  // The end lies at most where the caller's own limit puts it; beyond today there are no rows, so no need to ask.
  const lastDay = Math.min(dayNumber(range.endDate), Math.max(start, dayNumber(today) + 1))
  return splitDays({ startDate: range.startDate, endDate: dayText(lastDay) }, MAX_DAYS)
}

/** Two halves; undefined for a single day. */
export function halves({ startDate, endDate }: DayRange): readonly [DayRange, DayRange] | undefined {
  const [start, end] = [dayNumber(startDate), dayNumber(endDate)]
  if (start === end) return undefined
  const middle = Math.floor((start + end) / 2)
  return [
    { startDate, endDate: dayText(middle) },
    { startDate: dayText(middle + 1), endDate },
  ]
}

/** Today in the account's own zone. */
export function todayIn(timeZone: string, nowMs: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(nowMs)
}
