/** Which days the window shows. Pure. */
import { addDays } from './format.ts'

export const RANGES = ['7', '14', '28', '90', 'month', 'last_month', '365', 'custom'] as const
export type RangeChoice = (typeof RANGES)[number]
export interface ChosenDays {
  readonly range: RangeChoice
  readonly customStart: string
  readonly customEnd: string
}
export interface DayRange {
  readonly start: string
  readonly end: string
}
/** The core answers for at most so many days, the running one that the chart adds behind yesterday among them. */
const MAX_DAYS = 400

/**
 * Presets are complete days, ending yesterday or with the last month, so that a half day is never compared with a whole one. A custom range ends today at the
 * latest, never begins after its end, and is cut at its old end to what one answer can hold.
 */
export function chosenRange(settings: ChosenDays, today: string): DayRange {
  if (settings.range === 'custom' && settings.customStart !== '' && settings.customEnd !== '') {
    const [start, end] =
      settings.customStart <= settings.customEnd
        ? [settings.customStart, settings.customEnd]
        : [settings.customEnd, settings.customStart]
    const last = end > today ? today : end
    const shownLast = last === addDays(today, -1) ? today : last
    const earliest = addDays(shownLast, 1 - MAX_DAYS)
    return { start: start > last ? last : start < earliest ? earliest : start, end: last }
  }
  const yesterday = addDays(today, -1)
  // On the first of a month there is no day of it that is over yet: the month before is what can be looked at.
  if (settings.range === 'month') return { start: `${yesterday.slice(0, 7)}-01`, end: yesterday }
  if (settings.range === 'last_month') {
    const end = addDays(`${today.slice(0, 7)}-01`, -1)
    return { start: `${end.slice(0, 7)}-01`, end }
  }
  const days = settings.range === 'custom' ? 28 : Number(settings.range)
  return { start: addDays(today, -days), end: addDays(today, -1) }
}
