import { z } from 'zod'

/** The three platforms, spelt one way everywhere. */
export const PLATFORMS = ['google_ads', 'meta', 'tiktok'] as const
export type Platform = (typeof PLATFORMS)[number]

export const ENTITY_TYPES = ['campaign', 'ad_group', 'ad', 'creative'] as const
export type EntityType = (typeof ENTITY_TYPES)[number]

const ACCOUNT = /^(google_ads|meta|tiktok):([0-9]{1,24})$/
const ENTITY = /^((?:google_ads|meta|tiktok):[0-9]{1,24})\/(campaign|ad_group|ad|creative)\/([0-9A-Za-z_~.-]{1,64})$/
const DRAFT = /^d_[a-z2-7]{16}$/

export const accountIdSchema = z
  .string()
  .max(64)
  .regex(ACCOUNT, 'an account_id looks like "tiktok:7000000000000000001"')
  .brand<'AccountId'>()
export const entityIdSchema = z
  .string()
  .max(160)
  .regex(ENTITY, 'an entity_id looks like "tiktok:7000000000000000001/campaign/1733333333333333331"')
  .brand<'EntityId'>()
export const draftIdSchema = z
  .string()
  .max(32)
  .regex(DRAFT, 'a draft_id looks like "d_" and 16 letters or digits')
  .brand<'DraftId'>()

/** "tiktok:7000000000000000001": platform and the platform's own id, as the platform spells it. */
export type AccountId = z.infer<typeof accountIdSchema>
/** "tiktok:7000000000000000001/campaign/17…": opaque to clients, taken apart only in this file. */
export type EntityId = z.infer<typeof entityIdSchema>
export type DraftId = z.infer<typeof draftIdSchema>

export function accountId(platform: Platform, externalId: string): AccountId {
  return accountIdSchema.parse(`${platform}:${externalId}`)
}
export function entityId(account: AccountId, type: EntityType, externalId: string): EntityId {
  return entityIdSchema.parse(`${account}/${type}/${externalId}`)
}
export function splitAccountId(id: AccountId): { platform: Platform; externalId: string } {
  const match = ACCOUNT.exec(id)
  if (match === null) throw new TypeError('not an AccountId')
  return { platform: match[1] as Platform, externalId: match[2] ?? '' }
}
export function splitEntityId(id: EntityId): {
  accountId: AccountId
  platform: Platform
  type: EntityType
  externalId: string
} {
  const match = ENTITY.exec(id)
  if (match === null) throw new TypeError('not an EntityId')
  const account = match[1] as AccountId
  return {
    accountId: account,
    platform: splitAccountId(account).platform,
    type: match[2] as EntityType,
    externalId: match[3] ?? '',
  }
}

const IMPORTED = /^(?:google_ads|meta|tiktok):0[0-9]{19}$/

/** An account that comes from files alone: its number begins with 0, which no platform's own does. It has no connection, and nothing is ever pushed to it. */
export function isImportedAccount(id: AccountId): boolean {
  return IMPORTED.test(id)
}
