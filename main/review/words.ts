/**
 * A review pack in words, for a terminal: account, entity, field, before → after, the reason. Everything that somebody else wrote is cleaned
 * and quoted, so that it cannot pass for our words or move the cursor.
 */
import { isMoneyField } from '../../shared/domain/entity.ts'
import { type Platform, splitAccountId, splitEntityId } from '../../shared/domain/ids.ts'
import { formatRounded } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import type { HashedItem } from './hashed-draft.ts'
import type { Pack } from './pack.ts'

/** So many digits of the draft's hash are typed to answer. */
export const CODE_CHARS = 8
const MAX_NAME = 120
const MAX_TEXT = 1_000

const PLATFORM_NAMES: Readonly<Record<Platform, string>> = { google_ads: 'Google Ads', meta: 'Meta', tiktok: 'TikTok' }
const AUTHORS = { agent: 'an AI client', window: 'the owner, in the window', loop: 'the app’s own loop' } as const

const quoted = (text: string, max = MAX_NAME): string => `"${cleanUntrusted(text, max).replaceAll('"', '”')}"`
const words = (name: string): string => name.replaceAll('_', ' ')

/** The lines to be shown, the first of them naming the draft. */
export function packLines(pack: Pack): string[] {
  const { draft, shown } = pack
  const author = AUTHORS[draft.author.kind]
  return [
    `Draft ${draft.id}: ${draft.items.length === 1 ? 'one change' : `${draft.items.length} changes, decided as a unit`}`,
    `Proposed by ${author}, ${quoted(shown.originName)}`,
    `Title: ${quoted(shown.title)}`,
    `Reason: ${quoted(shown.rationale, MAX_TEXT)}`,
    ...linkLines(draft),
    '',
    ...draft.items.flatMap((item, at) => itemLines(item, pack.shown.items[at])),
    `Made ${new Date(pack.createdAtMs).toISOString()}, good until ${new Date(pack.expiresAtMs).toISOString()}`,
    `Log ${pack.origin}, signed with key ${keyId(pack.vkey)}`,
    `Draft hash ${pack.draftHash}, computed from the above`,
    `Code ${pack.draftHash.slice(0, CODE_CHARS)}`,
  ]
}

function linkLines({ undoOf, repairOf, revises }: Pack['draft']): string[] {
  return [
    ...(undoOf === null ? [] : [`It undoes draft ${undoOf}.`]),
    ...(repairOf === undefined ? [] : [`It makes good what draft ${repairOf} did not get done.`]),
    ...(revises === undefined ? [] : [`It is a new version of draft ${revises}.`]),
  ]
}

function itemLines(item: HashedItem, names: Pack['shown']['items'][number] | undefined): string[] {
  const { platform, externalId } = splitAccountId(item.account)
  const entity = splitEntityId(item.entity)
  const others = item.affects ?? []
  const when = item.takesEffect === 'immediately' ? 'at once' : 'at the next midnight of the account'
  return [
    `${item.k + 1}. ${PLATFORM_NAMES[platform]}, account ${externalId}, ${words(entity.type)} ${entity.externalId}`,
    `   named ${(names?.path ?? []).map((name) => quoted(name)).join(' > ') || 'not at all'}`,
    `   ${words(item.field)}: ${valueText(item, item.before)} → ${valueText(item, item.after)}`,
    `   ${effectText(item)} It takes effect ${when}.`,
    ...(item.target === undefined
      ? []
      : [`   Written to ${cleanUntrusted(item.target, 200)}, which others may share.`]),
    ...others.map(
      (id, at) => `   Also changes ${splitEntityId(id).externalId}, named ${quoted(names?.affects[at] ?? '')}`,
    ),
    '',
  ]
}

function valueText({ field, currency }: HashedItem, value: string): string {
  const clean = cleanUntrusted(value, MAX_NAME)
  return isMoneyField(field) ? `${clean} ${currency}` : words(clean)
}

function effectText({ movementMicros, currency, op }: HashedItem): string {
  if (op === 'set_bid' || op === 'set_bid_strategy') return 'Its effect on spend per day is not known as an amount.'
  const micros = BigInt(movementMicros)
  return `Effect on spend per day: ${micros > 0n ? '+' : ''}${amountText(micros, currency)} ${currency}.`
}

function amountText(micros: bigint, currency: string): string {
  try {
    return formatRounded(micros, currency)
  } catch (error) {
    if (error instanceof OperationError) return `${micros} micros of`
    throw error
  }
}

function keyId(vkey: string): string {
  return vkey.split('+')[1] ?? ''
}
