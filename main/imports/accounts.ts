/** Accounts and entities that come from files alone: how they are numbered and named. Pure; stores nothing. */
import { createHash } from 'node:crypto'
import { type AccountId, accountId, type EntityType, type Platform } from '../../shared/domain/ids.ts'
import type { NamedEntity } from './parsed.ts'

/** How far back each platform still changes its numbers, days: as its own answers do (Google 90, Meta and TikTok 28). */
export const RESTATEMENT_DAYS: Readonly<Record<Platform, number>> = { google_ads: 90, meta: 28, tiktok: 28 }

const DIGITS = 19
/** The platforms' own ids; anything else in an id column is no id. */
const OWN_ID = /^[1-9]\d{4,23}$/

/** An account's name as people mean it: two spellings of the same blanks are one account. */
export function accountName(name: string): string {
  return name.normalize('NFC').replace(/\s+/gu, ' ').trim()
}

/** The number of an imported account: '0' and 19 digits that follow from platform and name. */
export function importedAccountId(platform: Platform, name: string): AccountId {
  const hash = createHash('sha256')
    .update(JSON.stringify([platform, accountName(name)]))
    .digest('hex')
  const digits = (BigInt(`0x${hash}`) % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, '0')
  return accountId(platform, `0${digits}`)
}

/** The id of an entity that the file names and does not number. @param path from the campaign down */
export function nameId(type: EntityType, path: readonly NamedEntity[]): string {
  const parts = path.map((part) => ownId(part) ?? `n ${part.name}`)
  return `n_${createHash('sha256')
    .update(JSON.stringify([type, ...parts]))
    .digest('hex')
    .slice(0, 32)}`
}

/** Whether an entity was named and never numbered. */
export const isNameId = (externalId: string): boolean => externalId.startsWith('n_')

export function ownId({ id }: NamedEntity): string | undefined {
  return id !== undefined && OWN_ID.test(id) ? id : undefined
}
