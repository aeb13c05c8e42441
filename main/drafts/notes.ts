/**
 * What the person who decides should know beside before and after: our own words, from the change alone. Holds no name and no text of
 * anybody else.
 */
import { parseStrategy } from '../../shared/domain/bid.ts'
import type { DraftItem } from '../../shared/domain/draft.ts'
import { isBidField } from '../../shared/domain/entity.ts'
import { isImportedAccount } from '../../shared/domain/ids.ts'
import { kindOf, parseNumber } from './value.ts'

/** The same words on the draft and where it is refused. */
export const NO_CONNECTION = 'This account is imported from files. The change cannot be pushed: there is no connection.'

/** At most eight sentences. */
export function notesOn(item: DraftItem): string[] {
  const notes = isImportedAccount(item.accountId) ? [NO_CONNECTION] : [whenNote(item), ...sharedNotes(item)]
  // What was blocked changes nothing: there is no effect to speak of.
  if (item.after === item.before) return notes
  if (isBidField(item.field)) notes.push(bidNote(item))
  if (item.field === 'bid_strategy') notes.push(...strategyNotes(item))
  return notes.slice(0, 8)
}

function whenNote(item: DraftItem): string {
  if (item.takesEffect === 'next_midnight')
    return 'Takes effect at the next midnight of the account; today’s budget stays as it is.'
  // TikTok has both: /adgroup/update/ acts now, /adgroup/budget/update/ at the next midnight.
  if (item.field === 'daily_budget' && item.platform === 'tiktok')
    return 'TikTok applies a budget change at once, for today as well.'
  return 'Takes effect at once.'
}

function sharedNotes({ target, entityId, affects }: DraftItem): readonly string[] {
  if (target === entityId) return []
  if (affects.length === 0) return ['This is a shared budget; no other campaign draws on it now.']
  const others = affects.length === 1 ? 'one other campaign' : `${affects.length} other campaigns`
  return [`This budget is shared: the same write changes it for ${others} as well.`]
}

/**
 * Policy lets nothing become more generous where no daily budget caps it: so the sentence is true. It names no amount per day: Google may
 * spend twice the daily budget on one day and Meta three quarters more, and even it out later.
 */
const CAPPED = 'The daily budget still caps the spend; on single days a platform may go over it.'

function bidNote({ field, before, after, currency }: DraftItem): string {
  if (!isBidField(field)) return ''
  const kind = kindOf(field)
  const isHigher = parseNumber(kind, after, currency) > parseNumber(kind, before, currency)
  return generosityNote(kind === 'ratio' ? !isHigher : isHigher)
}

function generosityNote(isMoreGenerous: boolean): string {
  return isMoreGenerous ? CAPPED : 'Delivery may fall: the platform may bid less readily than before.'
}

function strategyNotes({ before, after, currency }: DraftItem): readonly string[] {
  const [from, to] = [parseStrategy(before, currency), parseStrategy(after, currency)]
  if (from.strategy === to.strategy && from.targetMicros !== undefined && to.targetMicros !== undefined) {
    const isHigher = to.targetMicros > from.targetMicros
    const isReturn = ['target_roas', 'min_roas', 'maximize_conversion_value'].includes(to.strategy)
    return [generosityNote(isReturn ? !isHigher : isHigher)]
  }
  return [
    'The platform may start to learn anew: results can vary for some days.',
    CAPPED,
    ...(from.strategy === 'other'
      ? ['The present strategy is one that this app cannot set: it cannot be put back from here.']
      : []),
  ]
}
