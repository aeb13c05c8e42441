/** Calendar days as text ("2026-11-20") and long ranges of them in pieces. No clock; a zone only by its name. Pure. */
import { OperationError } from '../../shared/errors.ts'

const DAY_MS = 86_400_000
/** Five years: more than any screen asks for. */
const MAX_TOTAL_DAYS = 1830

/** Both ends included. */
export interface DayRange {
  readonly startDate: string
  readonly endDate: string
}

/** Days since 1970. @throws OperationError invalid_value for what is no calendar day */
export function dayNumber(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date)
    throw new OperationError(
      'invalid_value',
      `"${date.slice(0, 20)}" is not a calendar day.`,
      'Write days like "2026-11-20".',
    )
  return ms / DAY_MS
}

export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** Pieces of at most `maxDays`, oldest first, without gap or overlap. @throws OperationError invalid_value, range_too_long */
export function splitDays(range: DayRange, maxDays: number): readonly DayRange[] {
  const start = dayNumber(range.startDate)
  const end = dayNumber(range.endDate)
  if (end < start) throw new OperationError('invalid_value', 'The range ends before it starts.', 'Swap the two days.')
  if (end - start >= MAX_TOTAL_DAYS)
    throw new OperationError('range_too_long', 'The range is longer than five years.', 'Ask for a shorter range.')
  const pieces: DayRange[] = []
  for (let day = start; day <= end; day += maxDays)
    pieces.push({ startDate: dayText(day), endDate: dayText(Math.min(end, day + maxDays - 1)) })
  return pieces
}

/** Whether this runtime knows the time zone. */
export function isZone(name: string | null | undefined): name is string {
  if (name === undefined || name === null || name === '') return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
