/** Domain values as words: pure helpers several features share. */
import type { DraftView, OutputOf } from '../../shared/operations.ts'
import { changeFraction, difference, fill, money, percent } from '../format.ts'
import { TEXTS } from '../texts.ts'

export type ChangeView = DraftView['operations'][number]
export type PolicyView = DraftView['policy']
export type Challenge = NonNullable<OutputOf<'arm_draft'>['challenge']>
export type EnvelopeView = OutputOf<'get_draft'>['envelope'][number]
export type Platform = ChangeView['platform']

/** The value of a changed field as a person reads it: money or a status word. */
export function fieldValue(change: ChangeView, value: string): string {
  if (change.field === 'daily_budget' && /^-?\d+(\.\d+)?$/.test(value))
    return money({ amount: value, currency: change.currency })
  if (value === '') return TEXTS.fields.noBudget
  return value in TEXTS.statuses ? TEXTS.statuses[value as keyof typeof TEXTS.statuses] : value
}

/** "−€19.00 (−15.8%)" for budgets, null for statuses. */
export function deltaText(change: ChangeView): string | null {
  if (change.field !== 'daily_budget') return null
  const amount = difference(change.before, change.after, change.currency)
  const fraction = changeFraction(change.before, change.after)
  if (amount === null) return null
  const text = money({ amount, currency: change.currency }, true)
  return fraction === null ? text : fill(TEXTS.diff.delta, { amount: text, percent: percent(fraction) })
}

/** "−15.8%" for budgets; null where there is nothing to compare. */
export function deltaPercent(change: ChangeView): string | null {
  const fraction = change.field === 'daily_budget' ? changeFraction(change.before, change.after) : null
  return fraction === null ? null : percent(fraction)
}

export function movementText(movement: { readonly amount: string; readonly currency: string }): string {
  return /^-?0+(\.0+)?$/.test(movement.amount)
    ? TEXTS.diff.noEffect
    : fill(TEXTS.diff.perDay, { amount: money(movement, true) })
}

/** What a blocked draft asked for: its `after` is the value before, because the limits let nothing through. */
export function asRequested(change: ChangeView): ChangeView {
  return { ...change, after: change.requested }
}

/** Controls, formats (bidi, zero-width, tags) and line separators; but not the joiner that holds an emoji together. */
const INVISIBLE =
  /(?!(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d\p{Extended_Pictographic})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** Text by others, with what cannot be seen made visible. Line breaks survive where `keepsLines`. */
export function visible(text: string, keepsLines = false): string {
  return text.replace(INVISIBLE, (mark) => (keepsLines && (mark === '\n' || mark === '\t') ? mark : '␣'))
}

/** Account first, entity last. Never empty. */
export function pathOf(change: ChangeView): {
  readonly account: string
  readonly above: string[]
  readonly name: string
} {
  const path = change.untrusted.path
  const name = path.at(-1) ?? change.entity_id
  return { account: path[0] ?? change.account_id, above: path.slice(0, -1), name }
}

export function isBlocked(draft: DraftView): boolean {
  return draft.state === 'rejected' && draft.policy.outcome === 'block'
}
/** Somebody else changed the same value too: no further reading can tell whether this change took effect. */
export function isConflict(draft: DraftView): boolean {
  return draft.state === 'unknown' && ['different_value', 'reconciled_conflict'].includes(draft.state_reason ?? '')
}
export function isWaiting(draft: DraftView): boolean {
  return draft.state === 'pending' || draft.state === 'armed'
}

export function originName(draft: DraftView): string {
  return draft.origin.kind === 'agent' ? visible(draft.untrusted.origin_name) : TEXTS.origins[draft.origin.kind]
}
export function platformName(platform: Platform): string {
  return TEXTS.platforms[platform]
}
