/** Times as shops write them, to UTC seconds. A time without an offset is the wall clock of a zone, also when that clock is put forward or back. */
import type { DateOrder } from '../../shared/schemas/imports.ts'
import { dayOf } from '../reporting/calendar.ts'
import { type DateCell, dateCell, dateText, dayOfCell } from './dates.ts'
import type { Cell } from './parsed.ts'

/** What a cell says of a time, before the order of day and month and the zone are known. */
export type Moment =
  | { readonly kind: 'none' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'utc'; readonly atS: number }
  | {
      readonly kind: 'wall'
      readonly date: DateCell
      /** Of the day; null: the file says only the day. */
      readonly second: number | null
      /** null: not said. */
      readonly offsetS: number | null
    }

const NOTHING = new Set(['', '-', '--', '—', '–', 'n/a', 'null', 'none', 'never'])
const MAX_CHARS = 60
const TIME =
  /^(.*?)(?:[ T,]+|\bat\b|@)+\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap])?\.?(?:m\.?)?\s*(z|utc|gmt|(?:utc|gmt)?\s?[+−-]\d{2}:?(?:\d{2})?)?$/iu
const DAY_S = 86_400
const QUARTER_HOUR_S = 900

export function momentOf(cell: Cell | undefined): Moment {
  if (cell === undefined || cell.kind === 'empty') return { kind: 'none' }
  if (cell.kind === 'formula' || cell.kind === 'error') return { kind: 'bad' }
  const text = cell.text.normalize('NFKC').replace(/\s+/g, ' ').trim()
  if (NOTHING.has(text.toLowerCase())) return { kind: 'none' }
  if (text.length > MAX_CHARS) return { kind: 'bad' }
  // Seconds or milliseconds since 1970: ten and thirteen digits from 2001 to 2286.
  if (/^\d{10}$/.test(text)) return { kind: 'utc', atS: Number(text) }
  if (/^\d{13}$/.test(text)) return { kind: 'utc', atS: Math.floor(Number(text) / 1000) }
  const match = TIME.exec(text)
  if (match === null) return wall(cell.kind === 'date' ? dateCell(cell) : dateText(text), null, null)
  const [, day = '', hour = '', minute = '', second = '0', half, zone] = match
  const ofDay = secondOfDay(Number(hour), Number(minute), Number(second), half?.toLowerCase())
  if (ofDay === undefined) return { kind: 'bad' }
  return wall(dateText(day.trim().replace(/,$/, '')), ofDay, zone === undefined ? null : offsetOf(zone))
}

function wall(date: DateCell, second: number | null, offsetS: number | null): Moment {
  return date.kind === 'day' || date.kind === 'numeric' ? { kind: 'wall', date, second, offsetS } : { kind: 'bad' }
}

function secondOfDay(hour: number, minute: number, second: number, half: string | undefined): number | undefined {
  if (minute > 59 || second > 59) return undefined
  if (half === undefined) return hour > 23 ? undefined : hour * 3600 + minute * 60 + second
  if (hour < 1 || hour > 12) return undefined
  return ((hour % 12) + (half === 'p' ? 12 : 0)) * 3600 + minute * 60 + second
}

function offsetOf(zone: string): number {
  const match = /([+−-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (match === null) return 0
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? '0') * 60
  return match[1] === '+' ? seconds : -seconds
}

/** Whether a zone is needed to read it. */
export const isZoneless = (moment: Moment): boolean => moment.kind === 'wall' && moment.offsetS === null

/**
 * UTC seconds; undefined where the cell says no time that can be read. A day alone counts as its last second: a click of the same day came before.
 */
export function secondsOf(moment: Moment, order: DateOrder | null, zone: WallClock): number | undefined {
  if (moment.kind === 'utc') return moment.atS
  if (moment.kind !== 'wall') return undefined
  const date = dayOfCell(moment.date, order)
  const day = date.kind === 'day' ? dayOf(date.date) : undefined
  if (day === undefined) return undefined
  const wallS = day * DAY_S + (moment.second ?? DAY_S - 1)
  return moment.offsetS === null ? zone(wallS) : wallS - moment.offsetS
}

/** From what the clock on the wall says, as seconds of a calendar without zones, to UTC seconds. */
export type WallClock = (wallS: number) => number

/** Of an hour that comes twice, the first; an hour that is left out counts as the one after it. */
export function wallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const known = new Map<number, number>()
  const offsetAt = (atS: number): number => {
    const quarter = Math.floor(atS / QUARTER_HOUR_S)
    const found = known.get(quarter)
    if (found !== undefined) return found
    const parts = new Map(format.formatToParts(quarter * QUARTER_HOUR_S * 1000).map(({ type, value }) => [type, value]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
    const shownMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    const offset = shownMs / 1000 - quarter * QUARTER_HOUR_S
    known.set(quarter, offset)
    return offset
  }
  return (wallS) => {
    // Clocks are not put back and forward within one day and a half.
    const before = offsetAt(wallS - DAY_S)
    const after = offsetAt(wallS + DAY_S)
    const fits = [before, after].map((offset) => wallS - offset).filter((atS) => offsetAt(atS) === wallS - atS)
    return fits.length === 0 ? wallS - before : Math.min(...fits)
  }
}
