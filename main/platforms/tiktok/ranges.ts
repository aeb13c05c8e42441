/** Long date ranges in pieces that TikTok accepts. Calendar days only: no zone, no clock. */
import { OperationError } from '../../../shared/errors.ts'

const DAY_MS = 86_400_000
/** Reports by day cover at most 30 days (platform docs, /report/integrated/get/). */
const MAX_DAYS = 30
/** Five years: more than any screen asks for. */
const MAX_TOTAL_DAYS = 1830

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

/** Pieces of at most 30 days, oldest first, without gap or overlap. Both ends included. @throws OperationError invalid_value, range_too_long */
export function splitRange(
  startDate: string,
  endDate: string,
): readonly { readonly startDate: string; readonly endDate: string }[] {
  const start = dayOf(startDate)
  const end = dayOf(endDate)
  if (end < start) throw new OperationError('invalid_value', 'The range ends before it starts.', 'Swap the two days.')
  if (end - start >= MAX_TOTAL_DAYS)
    throw new OperationError('range_too_long', 'The range is longer than five years.', 'Ask for a shorter range.')
  const pieces: { startDate: string; endDate: string }[] = []
  for (let day = start; day <= end; day += MAX_DAYS)
    pieces.push({ startDate: dateOf(day), endDate: dateOf(Math.min(end, day + MAX_DAYS - 1)) })
  return pieces
}
