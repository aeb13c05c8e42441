/** Weeks, months and the period to compare with, in whole days since 1970-01-01. Pure. */
import { dateOf, dayOf } from '../calendar.ts'
import type { ReportRange } from './scope.ts'

export type Grain = 'date' | 'week' | 'month'

/** First day of the date, ISO week (Monday) or month that a day lies in. */
export function firstDayOf(grain: Grain, day: number): number {
  if (grain === 'date') return day
  // 1970-01-01 was a Thursday: three days after a Monday.
  if (grain === 'week') return day - ((((day + 3) % 7) + 7) % 7)
  return dayOf(`${dateOf(day).slice(0, 7)}-01`) ?? day
}

/** As many days directly before, or the same dates a year earlier (29 February becomes the 28th). */
export function rangeBefore(
  compareTo: 'previous_period' | 'previous_year',
  { startDay, endDay }: ReportRange,
): ReportRange {
  if (compareTo === 'previous_period') return { startDay: startDay - (endDay - startDay + 1), endDay: startDay - 1 }
  return { startDay: yearBefore(startDay), endDay: yearBefore(endDay) }
}

function yearBefore(day: number): number {
  const date = dateOf(day)
  const year = Number(date.slice(0, 4)) - 1
  return dayOf(`${year}${date.slice(4)}`) ?? dayOf(`${year}-02-28`) ?? day - 365
}
