/** Shapes of the second factor, the two-person rule, reviewers and reviews. Building blocks of the operation table. */
import { z } from 'zod'
import { draftIdSchema } from '../domain/ids.ts'

const isoTime = z.string().max(32)
const passphrase = z.string().min(1).max(256)
const hash = z.string().regex(/^[0-9a-f]{64}$/)

export const confirmFactor = z.enum(['click', 'os_prompt', 'passphrase'])
export const reviewerIdSchema = z.string().regex(/^rv_[a-z2-7]{16}$/)
/** Longest answer that is read; real ones have some 600 characters. */
export const MAX_ANSWER_TEXT = 8_192

/** The daily movement from which the rule holds, in units of the guardrails (about one US dollar); null: every draft. */
const aboveUnits = z.number().int().min(1).max(1_000_000_000).nullable()
const rule = z.strictObject({ is_on: z.boolean(), above_units: aboveUnits })

export const signOffSettings = z.strictObject({
  /** What the person chose, and what Confirm asks for in this window: a browser window always asks for the passphrase. */
  confirm_factor: confirmFactor,
  effective_factor: confirmFactor,
  factors: z
    .array(z.strictObject({ factor: confirmFactor, is_available: z.boolean(), why_not: z.string().nullable() }))
    .max(3),
  second_person: rule,
  has_passphrase: z.boolean(),
  /** Why the passphrase cannot be set or changed here; null when it can. */
  passphrase_why_not: z.string().nullable(),
})

export const setSignOffInput = z.strictObject({
  confirm_factor: confirmFactor.optional(),
  second_person: rule.optional(),
  /** Needed to weaken a setting, where the workspace has one. */
  passphrase: passphrase.optional(),
})

export const setPassphraseInput = z.strictObject({
  /** Needed where there is one already. */
  current: passphrase.optional(),
  next: passphrase,
})

export const reviewerView = z.strictObject({
  reviewer_id: reviewerIdSchema,
  name: z.string(),
  vkey: z.string(),
  key_id: z.string(),
  added_at: isoTime,
  removed_at: isoTime.nullable(),
})
export const addReviewerInput = z.strictObject({
  name: z.string().trim().min(1).max(80),
  vkey: z.string().trim().min(1).max(160),
  passphrase: passphrase.optional(),
})
export const removeReviewerInput = z.strictObject({
  reviewer_id: reviewerIdSchema,
  passphrase: passphrase.optional(),
})

export const reviewPackOutput = z.strictObject({
  file_name: z.string(),
  text: z.string(),
  pack_hash: hash,
  expires_at: isoTime,
})

const answerView = z.strictObject({
  reviewer_id: reviewerIdSchema,
  name: z.string(),
  key_id: z.string(),
  verdict: z.enum(['approve', 'reject']),
  /** By the reviewer's clock. */
  answered_at: isoTime,
  received_at: isoTime,
  /** False for the yes of a reviewer who was removed since. */
  is_counted: z.boolean(),
  untrusted: z.strictObject({ reason: z.string() }),
})
export const reviewOutput = z.strictObject({
  draft_id: draftIdSchema,
  /** Whether the two-person rule holds for this draft. */
  is_required: z.boolean(),
  /** `rejected` holds Confirm back, whether the rule holds or not. */
  state: z.enum(['none', 'approved', 'rejected']),
  /** How many reviewers could answer. */
  reviewers: z.number().int(),
  packs: z.array(z.strictObject({ pack_hash: hash, exported_at: isoTime, expires_at: isoTime })).max(20),
  answers: z.array(answerView).max(100),
})
export const importAnswerInput = z.strictObject({ text: z.string().min(1).max(MAX_ANSWER_TEXT) })
