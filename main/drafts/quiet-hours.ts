/**
 * Hours in which nothing may raise spend, on the account's own wall clock. An instant is quiet when the clock on the account's wall shows
 * a quiet time: an hour that does not exist is never quiet, and one that comes twice is quiet both times. Pure but for the time zones
 * that the runtime knows.
 */
import type { QuietWindow } from './policy.ts'

const DAY_MINUTES = 1_440
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
/** Formatters are costly to make. There are no more zones than accounts. */
const MAX_FORMATS = 600
const formats = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for a zone that the runtime does not know */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  if (formats.size >= MAX_FORMATS) formats.clear()
  formats.set(timeZone, made)
  return made
}

/** ISO weekday (1 is Monday) and minutes since midnight on the wall of a zone. Undefined for a zone that is not known. */
export function wallTime(
  atMs: number,
  timeZone: string,
): { readonly day: number; readonly minute: number } | undefined {
  let parts: Intl.DateTimeFormatPart[]
  try {
    parts = formatFor(timeZone).formatToParts(new Date(atMs))
  } catch {
    return undefined
  }
  const part = (type: 'weekday' | 'hour' | 'minute'): string => parts.find((each) => each.type === type)?.value ?? ''
  const day = WEEKDAYS.findIndex((each) => each === part('weekday')) + 1
  return { day, minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

/** Minutes since midnight of "22:00"; "24:00" is the end of the day. */
export function minuteOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':', 2)
  return Number(hours) * 60 + Number(minutes)
}

/**
 * The first window that an instant lies in, undefined when none, 'unknown_zone' when there are windows and the wall clock of the account
 * cannot be read.
 */
export function quietWindowAt(
  windows: readonly QuietWindow[],
  timeZone: string | undefined,
  atMs: number,
): QuietWindow | 'unknown_zone' | undefined {
  if (windows.length === 0) return undefined
  const wall = timeZone === undefined ? undefined : wallTime(atMs, timeZone)
  if (wall === undefined) return 'unknown_zone'
  return windows.find((window) => isWithin(window, wall.day, wall.minute))
}

function isWithin({ days, from, to }: QuietWindow, day: number, minute: number): boolean {
  const [begin, end] = [minuteOf(from), minuteOf(to)]
  if (begin < end) return days.includes(day) && minute >= begin && minute < end
  const yesterday = day === 1 ? 7 : day - 1
  return (days.includes(day) && minute >= begin) || (days.includes(yesterday) && minute < end)
}

/** How many minutes of the week are quiet, on a week without a change of clocks. */
export function quietMinutesPerWeek(windows: readonly QuietWindow[]): number {
  const week = new Uint8Array(7 * DAY_MINUTES)
  for (const { days, from, to } of windows) {
    const [begin, end] = [minuteOf(from), minuteOf(to)]
    for (const day of days) {
      const midnight = (day - 1) * DAY_MINUTES
      const last = midnight + (begin < end ? end : DAY_MINUTES + end)
      week.fill(1, midnight + begin, Math.min(last, week.length))
      // What runs past Sunday's midnight is Monday's.
      if (last > week.length) week.fill(1, 0, last - week.length)
    }
  }
  return week.reduce((count, minute) => count + minute, 0)
}
