/** Days of a time zone as moments. Pure apart from what it remembers. */
import { dayDate, dayNumber, localMoment } from '../calendar.ts'

export const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const MAX_REMEMBERED = 5_000
const midnights = new Map<string, number>()

function offsetAt(ms: number, timeZone: string): number {
  const { date, minuteOfDay } = localMoment(ms, timeZone)
  return dayNumber(date) * DAY_MS + minuteOfDay * MINUTE_MS - ms
}

/** UTC milliseconds of the first moment of a calendar day. `day`: days since 1970-01-01. */
export function midnight(day: number, timeZone: string): number {
  const key = `${timeZone} ${day}`
  const known = midnights.get(key)
  if (known !== undefined) return known
  const wall = day * DAY_MS
  // Twice: the first guess may lie on the other side of a change of clocks.
  const guess = wall - offsetAt(wall, timeZone)
  const ms = wall - offsetAt(guess, timeZone)
  if (midnights.size >= MAX_REMEMBERED) midnights.clear()
  midnights.set(key, ms)
  return ms
}

/** The calendar day of a moment. */
export function dayAt(ms: number, timeZone: string): number {
  let day = Math.floor(ms / DAY_MS)
  while (midnight(day, timeZone) > ms) day -= 1
  while (midnight(day + 1, timeZone) <= ms) day += 1
  return day
}

const two = (value: number): string => String(value).padStart(2, '0')

/** "2026-10-01 09:12:44 +0200", the way Shopify writes times. */
export function stampWithOffset(ms: number, timeZone: string): string {
  const day = dayAt(ms, timeZone)
  const offsetMs = offsetAt(ms - (ms % MINUTE_MS), timeZone)
  const wall = new Date(ms + offsetMs)
  const time = `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}:${two(wall.getUTCSeconds())}`
  const minutes = Math.abs(offsetMs) / MINUTE_MS
  const offset = `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
  return `${dayDate(day)} ${time} ${offset}`
}
