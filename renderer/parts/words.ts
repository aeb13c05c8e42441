/** Domain values as words: pure helpers several features share. */
import { type BidStrategy, STRATEGY_TARGETS } from '../../shared/domain/bid.ts'
import { isMoneyField } from '../../shared/domain/entity.ts'
import { PLATFORMS } from '../../shared/domain/ids.ts'
import type { DraftView, OutputOf } from '../../shared/operations.ts'
import { changeFraction, difference, fill, money, percent, ratio } from '../format.ts'
import { TEXTS } from '../texts.ts'

export type ChangeView = DraftView['operations'][number]
export type PolicyView = DraftView['policy']
export type Challenge = NonNullable<OutputOf<'arm_draft'>['challenge']>
export type EnvelopeView = OutputOf<'get_draft'>['envelope'][number]
export type Platform = ChangeView['platform']

/** The platform that an account's or entity's id begins with. */
export function platformOf(id: string): Platform {
  const word = id.slice(0, id.indexOf(':'))
  return PLATFORMS.find((each) => each === word) ?? 'tiktok'
}
export function typeWord(type: keyof typeof TEXTS.entityTypes, platform: Platform): string {
  return type === 'ad_group' && platform === 'meta' ? TEXTS.metaAdGroup : TEXTS.entityTypes[type]
}
/** Accounts of one brand often have the same name on every platform. */
export function accountLabel(account: { readonly platform: Platform; readonly untrusted: { name: string } }): string {
  return fill(TEXTS.accounts.onPlatform, {
    platform: TEXTS.platforms[account.platform],
    name: visible(account.untrusted.name),
  })
}
/** "AD_STATUS_DELIVERY_OK" → "Ad status delivery ok": a platform's own word, made readable. Anything else stays as it is. */
export function platformWord(text: string): string {
  if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text) || text.length < 4) return text
  const words = text.charAt(0) + text.slice(1).toLowerCase().replaceAll('_', ' ')
  return words.replace(/\b(cpa|cpc|cpm|cpv|roas)\b/gi, (short) => short.toUpperCase())
}

const AMOUNT = /^-?\d+(\.\d+)?$/
type Strategy = keyof typeof TEXTS.strategies

/** A value of any field in wire form ("120.00", "paused", "3.50", "cost_cap:9.00") as a person reads it. */
export function wireValue(field: ChangeView['field'], value: string, currency: string): string {
  if (value === '') return field === 'daily_budget' ? TEXTS.fields.noBudget : TEXTS.fields.noValue
  if (field === 'status') return value in TEXTS.statuses ? TEXTS.statuses[value as keyof typeof TEXTS.statuses] : value
  if (field === 'bid_strategy') return strategyText(value, currency)
  if (!AMOUNT.test(value)) return value
  return isMoneyField(field) ? money({ amount: value, currency }) : ratio(value)
}

/** "cost_cap:9.00" → "Cost cap" and "€9.00". */
export function strategyParts(
  value: string,
  currency: string,
): { readonly strategy: string; readonly target: string | null } {
  const [name = '', target] = value.split(':')
  const strategy = name in TEXTS.strategies ? TEXTS.strategies[name as Strategy] : platformWord(name)
  if (target === undefined || !AMOUNT.test(target)) return { strategy, target: null }
  const kind = name in STRATEGY_TARGETS ? STRATEGY_TARGETS[name as BidStrategy].kind : 'none'
  return { strategy, target: kind === 'money' ? money({ amount: target, currency }) : ratio(target) }
}

/** "cost_cap:9.00" → "Cost cap: €9.00". */
export function strategyText(value: string, currency: string): string {
  const { strategy, target } = strategyParts(value, currency)
  return target === null ? strategy : fill(TEXTS.strategies.withTarget, { strategy, target })
}

export function fieldValue(change: ChangeView, value: string): string {
  return wireValue(change.field, value, change.currency)
}

/** "−€19.00 (−15.8%)" for money, "+0.50 (+16.7%)" for a ratio, null for statuses and strategies. */
export function deltaText(change: ChangeView): string | null {
  if (change.field === 'status' || change.field === 'bid_strategy') return null
  const fraction = changeFraction(change.before, change.after)
  if (!isMoneyField(change.field)) return fraction === null ? null : percent(fraction)
  const amount = difference(change.before, change.after, change.currency)
  if (amount === null) return null
  const text = money({ amount, currency: change.currency }, true)
  return fraction === null ? text : fill(TEXTS.diff.delta, { amount: text, percent: percent(fraction) })
}

/** "−15.8%" for amounts and ratios; null where there is nothing to compare. */
export function deltaPercent(change: ChangeView): string | null {
  if (change.field === 'status' || change.field === 'bid_strategy') return null
  const fraction = changeFraction(change.before, change.after)
  return fraction === null ? null : percent(fraction)
}

export function movementText(movement: { readonly amount: string; readonly currency: string }): string {
  return /^-?0+(\.0+)?$/.test(movement.amount)
    ? TEXTS.diff.noEffect
    : fill(TEXTS.diff.perDay, { amount: money(movement, true) })
}

/** Of several changes together: they may cancel out, which is not the same as changing nothing. */
export function netText(net: { readonly amount: string; readonly currency: string }): string {
  return fill(TEXTS.diff.perDay, { amount: money(net, true) })
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
