/** Calendar days of an account's own time zone, as whole numbers since 1970-01-01. Never shifts a platform's date to UTC. */
const DAY_MS = 86_400_000
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(?:\.\d{1,6})?(Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * A time as the platforms write it: "2026-11-23 09:00:00" (UTC), "2026-11-23T09:00:00+0100", or a day alone (its start, UTC). UTC
 * milliseconds; undefined for anything else. A day or a time of the account's own zone is off by that zone: fine for whole weeks.
 */
export function platformTime(text: string | undefined): number | undefined {
  const match = TIME.exec(text ?? '')
  if (match === null) return undefined
  const zone = (match[3] ?? 'Z').replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')
  const atMs = Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}${zone}`)
  return Number.isNaN(atMs) ? undefined : atMs
}

const formatters = new Map<string, Intl.DateTimeFormat>()
const MAX_ZONES = 700

/** "2026-11-23" → days since 1970-01-01; undefined when there is no such day ("2026-02-30"). */
export function dayOf(date: string): number | undefined {
  const match = DATE.exec(date)
  if (match === null) return undefined
  const atMs = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  // Date.UTC rolls 30 February over into March and reads the years 0–99 as 19xx: the round trip notices both.
  return dateOf(atMs / DAY_MS) === date ? atMs / DAY_MS : undefined
}

/** Days since 1970-01-01 → "2026-11-23". */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The calendar day it is in `timeZone` at `atMs`. A zone this machine does not know counts as UTC. */
export function localDay(atMs: number, timeZone: string): number {
  const parts = formatterOf(timeZone).formatToParts(atMs)
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day')) / DAY_MS
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  const made = makeFormatter(timeZone)
  if (formatters.size < MAX_ZONES) formatters.set(timeZone, made)
  return made
}

function makeFormatter(timeZone: string): Intl.DateTimeFormat {
  const options = {
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone })
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  }
}
