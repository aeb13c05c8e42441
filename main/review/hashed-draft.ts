/**
 * What a draft's hash covers, read strictly: a pack with a member that is not listed here is refused, because nobody could be shown what it
 * means. The writing side is main/drafts/hash.ts.
 */
import { z } from 'zod'
import { CHANGE_KINDS, MAX_ITEMS } from '../../shared/domain/draft.ts'
import { FIELDS } from '../../shared/domain/entity.ts'
import { accountIdSchema, draftIdSchema, entityIdSchema } from '../../shared/domain/ids.ts'

const MAX_AFFECTED = 500
const value = z.string().max(200)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const micros = z.string().regex(/^(?:0|-?[1-9]\d{0,18})$/)

const hashedItem = z.strictObject({
  k: z.int().min(0),
  op: z.enum(CHANGE_KINDS),
  account: accountIdSchema,
  entity: entityIdSchema,
  field: z.enum(FIELDS),
  currency: z.string().regex(/^[A-Z]{3}$/),
  before: value,
  after: value,
  movementMicros: micros,
  netMicros: micros,
  takesEffect: z.enum(['immediately', 'next_midnight']),
  target: z.string().max(300).optional(),
  affects: z.array(entityIdSchema).max(MAX_AFFECTED).optional(),
})
export type HashedItem = z.infer<typeof hashedItem>

export const hashedDraft = z.strictObject({
  id: draftIdSchema,
  author: z.strictObject({ kind: z.enum(['agent', 'window', 'loop']), id: z.string().max(200) }),
  reasonDigest: hash,
  expiresAtMs: z.int().min(0),
  policyVersion: z.int().min(0),
  undoOf: draftIdSchema.nullable(),
  repairOf: draftIdSchema.optional(),
  revises: draftIdSchema.optional(),
  items: z.array(hashedItem).min(1).max(MAX_ITEMS),
})
export type HashedDraft = z.infer<typeof hashedDraft>
