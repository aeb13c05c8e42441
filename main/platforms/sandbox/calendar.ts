/** Calendar days and clock faces of an ad account's zone. Never asks the machine for the time: callers bring it. */

const DAY_MS = 86_400_000
/** Days of history the oldest campaigns have. */
export const HISTORY_DAYS = 430
const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(timeZone, format)
  }
  return format
}

/** A moment as the account's people read it off their wall. */
export interface LocalMoment {
  readonly date: string
  /** Minutes since local midnight, 0–1439. */
  readonly minuteOfDay: number
}

const MINUTE_MS = 60_000
/** The last moment asked for in each zone: a report asks for the same one for every row. */
const lastMoments = new Map<string, { readonly minute: number; readonly moment: LocalMoment }>()

/** The account-local date and minute of a moment. */
export function localMoment(nowMs: number, timeZone: string): LocalMoment {
  const minute = Math.floor(nowMs / MINUTE_MS)
  const last = lastMoments.get(timeZone)
  if (last?.minute === minute) return last.moment
  const moment = readMoment(nowMs, timeZone)
  lastMoments.set(timeZone, { minute, moment })
  return moment
}

function readMoment(nowMs: number, timeZone: string): LocalMoment {
  const parts: Record<string, string> = {}
  for (const { type, value } of formatFor(timeZone).formatToParts(nowMs)) parts[type] = value
  return {
    date: `${parts['year'] ?? ''}-${parts['month'] ?? ''}-${parts['day'] ?? ''}`,
    minuteOfDay: Number(parts['hour']) * 60 + Number(parts['minute']),
  }
}

/** Whole days since 1970-01-01 of a calendar day, or NaN when the text is no calendar day. */
export function dayNumber(date: string): number {
  const known = dayNumbers.get(date)
  if (known !== undefined) return known
  const day = readDay(date)
  if (dayNumbers.size >= MAX_DAYS) dayNumbers.clear()
  dayNumbers.set(date, day)
  return day
}

/** Reports read the same few hundred days a hundred thousand times. */
const dayNumbers = new Map<string, number>()
const MAX_DAYS = 4_000

function readDay(date: string): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return Number.NaN
  const ms = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? Number.NaN : ms / DAY_MS
}

/** The calendar day of a day number. */
export function dayDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

export function addDays(date: string, days: number): string {
  return dayDate(dayNumber(date) + days)
}

/** "2026-11-20 10:00:00" in UTC, the way TikTok writes times of entities. */
export function utcStamp(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}
