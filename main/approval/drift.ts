/** Whether the platform still is what a person was shown. Pure. */
import type { DraftItem } from '../../shared/domain/draft.ts'
import type { LiveValue } from '../platforms/adapter.ts'

/** A live value in words; the empty text means that there is no daily budget. */
export const valueInWords = (live: Pick<LiveValue, 'value'>): string =>
  live.value === '' ? 'no daily budget' : live.value

/**
 * One sentence when the live value is not the one before the change, or when switching something on would now start another amount of
 * spend than was shown; undefined when nothing has moved.
 */
export function driftOf(
  shown: Pick<DraftItem, 'field' | 'before' | 'after' | 'movementMicros'>,
  live: LiveValue,
): string | undefined {
  if (live.value !== shown.before) return `The platform now says ${valueInWords(live)}, not ${shown.before}.`
  const startsSpend = shown.field === 'status' && shown.after === 'enabled'
  if (startsSpend && live.dailyBudgetUnderMicros !== shown.movementMicros)
    return 'Switching it on would now start another amount of spend per day than was shown.'
  return undefined
}
