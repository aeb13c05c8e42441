/** Whether the platform still is what a person was shown. Pure. */
import type { DraftItem } from '../../shared/domain/draft.ts'
import type { EntityId } from '../../shared/domain/ids.ts'
import type { LiveValue } from '../platforms/adapter.ts'

/** A live value in words; the empty text means that there is no such value (any more). */
export const valueInWords = (live: Pick<LiveValue, 'value' | 'field'>): string =>
  live.value === '' ? `no ${live.field.replaceAll('_', ' ')}` : live.value

export interface Drift {
  /** Another value; or the same value, but the write would now change other things than were shown. */
  readonly reason: 'drift' | 'affects_drift'
  /** One sentence of ours. */
  readonly message: string
}

/**
 * What has moved: the value before the change or its currency, the amount of spend that switching on would start, or the campaigns that a
 * shared budget feeds. Undefined when nothing has.
 */
export function driftOf(
  shown: Pick<DraftItem, 'field' | 'currency' | 'before' | 'after' | 'movementMicros'> & {
    readonly affects: readonly EntityId[]
  },
  live: LiveValue,
): Drift | undefined {
  if (live.value !== shown.before)
    return { reason: 'drift', message: `The platform now says ${valueInWords(live)}, not ${shown.before}.` }
  // The same digits in another currency are another amount, and so is what a switch starts.
  if (live.currency !== shown.currency)
    return { reason: 'drift', message: `The account is not kept in ${shown.currency} any more.` }
  const startsSpend = shown.field === 'status' && shown.after === 'enabled'
  if (startsSpend && live.dailyBudgetUnderMicros !== shown.movementMicros)
    return {
      reason: 'drift',
      message: 'Switching it on would now start another amount of spend per day than was shown.',
    }
  if (!isSameSet(live.affects ?? [], shown.affects))
    return { reason: 'affects_drift', message: 'The budget now feeds other campaigns than were shown.' }
  return undefined
}

function isSameSet(a: readonly EntityId[], b: readonly EntityId[]): boolean {
  const [left, right] = [new Set(a), new Set(b)]
  return left.size === right.size && [...left].every((id) => right.has(id))
}

/** Tells facts.db of a live value: for every campaign that the same budget feeds, where there is more than one. */
export function noteEverywhere(noteLive: (live: LiveValue) => void, live: LiveValue): void {
  noteLive(live)
  const { affects, ...own } = live
  for (const entityId of affects ?? []) noteLive({ ...own, entityId })
}
