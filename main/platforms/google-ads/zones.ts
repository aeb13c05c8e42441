/** Time zones by name, from the runtime's own tables. Pure. */
import { isZone } from '../days.ts'

/** How far a zone is ahead of UTC at that moment, milliseconds. */
function offsetMs(zone: string, atMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(atMs))
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value ?? '0')
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return local - Math.floor(atMs / 1000) * 1000
}

/** "2026-11-23 09:12:44" or "2026-11-23" on the clock of a zone, as UTC milliseconds. Undefined when it is no time. */
export function localToUtcMs(text: string, zone: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?)?$/.exec(text)
  if (match === null) return undefined
  const asUtcMs = Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`)
  if (Number.isNaN(asUtcMs) || !isZone(zone)) return undefined
  // Twice: the first guess can stand on the other side of a clock change.
  const guess = asUtcMs - offsetMs(zone, asUtcMs)
  return asUtcMs - offsetMs(zone, guess)
}
