/** The core's steps of a sync as words. */
import type { OutputOf } from '../../shared/operations.ts'
import { dayRange, fill } from '../format.ts'
import { visible } from '../parts/words.ts'
import { TEXTS } from '../texts.ts'

type Sync = OutputOf<'get_app_state'>['sync']

/** "about 12 sec left", or null while the core cannot say. */
export function timeLeft(sync: Sync): string | null {
  const seconds = sync.seconds_left
  if (seconds === null || seconds < 1) return null
  const unit = seconds >= 60 ? 'minute' : 'second'
  const format = new Intl.NumberFormat(navigator.language, { style: 'unit', unit, unitDisplay: 'short' })
  return fill(TEXTS.bar.syncLeft, { time: format.format(unit === 'minute' ? Math.ceil(seconds / 60) : seconds) })
}

/** The core names its steps by what it pulls: "ad groups", "metrics 2026-03-29 to 2026-04-27". */
export function stepWords(step: string): string {
  const days = /^metrics (\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2})$/.exec(step)
  if (days?.[1] !== undefined && days[2] !== undefined)
    return fill(TEXTS.bar.syncDays, { range: dayRange(days[1], days[2]) })
  const words: Readonly<Record<string, string>> = TEXTS.bar.syncSteps
  return Object.hasOwn(words, step) ? (words[step] ?? '') : visible(step)
}
