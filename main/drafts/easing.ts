/** Which changes can only lower spend: they are never held back by quiet hours, a cool-down or the envelope. Pure. */
import { parseStrategy } from '../../shared/domain/bid.ts'
import type { DraftItem } from '../../shared/domain/draft.ts'
import { kindOf, parseNumber } from './value.ts'

/** Strategies whose target is a return: a higher one lets the platform spend less readily. */
const RETURNS: readonly string[] = ['target_roas', 'min_roas', 'maximize_conversion_value']

/** A pause, a lower budget, a lower bid or cost target, a higher return. A switch of strategy is none: what it does is not known. */
export function isEasing(item: Pick<DraftItem, 'field' | 'before' | 'after' | 'currency'>): boolean {
  const { field, before, after, currency } = item
  if (field === 'status') return after === 'paused'
  if (field === 'bid_strategy') {
    const [from, to] = [parseStrategy(before, currency), parseStrategy(after, currency)]
    if (from.strategy !== to.strategy || from.targetMicros === undefined || to.targetMicros === undefined) return false
    return RETURNS.includes(to.strategy) ? to.targetMicros > from.targetMicros : to.targetMicros < from.targetMicros
  }
  const kind = kindOf(field)
  const [from, to] = [parseNumber(kind, before, currency), parseNumber(kind, after, currency)]
  return kind === 'ratio' ? to > from : to < from
}
