/** Shapes of the log's identity, its keys and its predecessors. Building blocks of the operation table. */
import { z } from 'zod'

const count = z.number().int().min(0)
const isoTime = z.string().max(32)
const vkey = z.string().max(400)
const head = z.strictObject({ origin: z.string().max(255), size: count, root: z.string().max(64) })

/** Why a log was begun in place of another. `key_lost`: only checkpoints that left this computer connect the two. */
export const SUCCESSOR_REASONS = ['restored', 'key_lost'] as const
export const ROTATION_REASONS = ['suspicion', 'user_change'] as const

/** A log that must not be continued, and what can be begun in its place. Sizes are numbers of records, null where nothing is known. */
export const successorOffer = z.strictObject({
  reason: z.enum(SUCCESSOR_REASONS),
  found_size: count.nullable(),
  remembered_size: count.nullable(),
})
export type SuccessorOffer = z.infer<typeof successorOffer>

export const logIdentity = z.strictObject({
  origin: z.string().max(255),
  /** The identity of the log: the verifier key of its first record. */
  vkey,
  /** The key that signs now. */
  key: z.strictObject({
    vkey,
    key_id: z.string().max(16),
    since: isoTime,
    reason: z.enum(['genesis', 'scheduled', 'suspicion', 'user_change']),
    /** When it is changed by itself. */
    next_rotation_due: isoTime,
    /** A new key signs already, and the vault has not let go of the old one yet. */
    is_old_key_kept: z.boolean(),
  }),
  /** How many times the key was changed, the newest 200 counted. */
  rotations: count,
  /** The log that this one took over from, as its first record names it. */
  predecessor: z
    .strictObject({
      reason: z.enum(SUCCESSOR_REASONS),
      /** `gap`: what came after `restored` up to `pinned` is not here. `broken`: nothing of ours connects the two logs. */
      continuity: z.enum(['gap', 'broken']),
      restored: head.nullable(),
      pinned: head.nullable(),
      words: z.string(),
    })
    .nullable(),
  /** Archived logs in the workspace folder. */
  predecessors: z
    .array(
      z.strictObject({
        file: z.string().max(255),
        /** Null when the file cannot be read as a log. */
        log: head.extend({ vkey, last_at: isoTime.nullable() }).nullable(),
      }),
    )
    .max(50),
  /** The newest checkpoint; the note is what is sent to others. */
  head: z.strictObject({ size: count, root: z.string().max(64), note: z.string().max(20_000) }),
  /** The head kept outside of the file, in the vault. */
  pinned: z.strictObject({ size: count, at: isoTime }).nullable(),
  /** The newest full check on record. */
  last_check: z.strictObject({ seq: count, at: isoTime, is_ok: z.boolean() }).nullable(),
  /** What is wrong now, the gravest first. */
  faults: z.array(z.strictObject({ kind: z.string(), message: z.string(), hint: z.string() })).max(8),
  /** What the app noticed and put on record, newest first: integrity.alarm, and clock.jump where the clock was set back. */
  alarms: z
    .array(z.strictObject({ seq: count, at: isoTime, kind: z.string(), draft_id: z.string().nullable() }))
    .max(20),
})
export type LogIdentity = z.infer<typeof logIdentity>

/** A file of `predecessors`. */
export const verifyArchivedLogInput = z.strictObject({ file: z.string().max(255) })

export const rotateSigningKeyInput = z.strictObject({ reason: z.enum(ROTATION_REASONS) })
export const rotateSigningKeyOutput = z.strictObject({ vkey, key_id: z.string().max(16), since: isoTime })
