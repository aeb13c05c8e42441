/** Moments the way Graph writes them: "2026-11-20T09:00:00+0100", in the account's zone, offset without a colon. */
import { dayNumber, localMoment } from '../calendar.ts'

/** A moment in an account's zone. */
export function metaTime(atMs: number, timeZone: string): string {
  const { date, minuteOfDay } = localMoment(atMs, timeZone)
  const whole = Math.floor(atMs / 60_000) * 60_000
  const offset = Math.round((dayNumber(date) * 86_400_000 + minuteOfDay * 60_000 - whole) / 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  const seconds = two(Math.floor((atMs - whole) / 1000))
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`
  return `${date}T${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}:${seconds}${zone}`
}

/** Hours from UTC at a moment, for `timezone_offset_hours_utc`. */
export function utcOffsetHours(atMs: number, timeZone: string): number {
  const text = metaTime(atMs, timeZone).slice(-5)
  return (text.startsWith('-') ? -1 : 1) * (Number(text.slice(1, 3)) + Number(text.slice(3)) / 60)
}
