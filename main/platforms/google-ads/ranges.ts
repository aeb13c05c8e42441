/** Long date ranges in pieces. Calendar days only: no zone, no clock. */
import { OperationError } from '../../../shared/errors.ts'

const DAY_MS = 86_400_000
/** Reports by day reach back 37 months (since June 2026); five years is more than any screen asks for. */
const MAX_TOTAL_DAYS = 1_830

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

const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)

export interface DateRange {
  readonly startDate: string
  readonly endDate: string
}

/** Pieces of at most `maxDays`, oldest first, without gap or overlap. Both ends included. @throws OperationError invalid_value, range_too_long */
export function splitRange(range: DateRange, maxDays: number): readonly DateRange[] {
  const start = dayOf(range.startDate)
  const end = dayOf(range.endDate)
  if (end < start) throw new OperationError('invalid_value', 'The range ends before it starts.', 'Swap the two days.')
  if (end - start >= MAX_TOTAL_DAYS)
    throw new OperationError('range_too_long', 'The range is longer than five years.', 'Ask for a shorter range.')
  const pieces: DateRange[] = []
  for (let day = start; day <= end; day += maxDays)
    pieces.push({ startDate: dateOf(day), endDate: dateOf(Math.min(end, day + maxDays - 1)) })
  return pieces
}
