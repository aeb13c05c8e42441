/** Shapes of checks and exports of the audit log. Building blocks of the operation table. */
import { z } from 'zod'
import { accountIdSchema, draftIdSchema } from '../domain/ids.ts'

const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date looks like "2026-11-23"')
const count = z.number().int().min(0)
const errorReply = z.strictObject({ code: z.string(), message: z.string(), hint: z.string(), retryable: z.boolean() })

/** Checkpoints that one check compares with, and the size of one: a checkpoint has some 250 characters. */
export const MAX_EXTRA_NOTES = 20
export const MAX_NOTE_CHARS = 2_000

/** What an export leaves out: texts that name or describe people, texts that are the business's own. Records are never left out. */
export const REDACTIONS = ['personal', 'confidential'] as const
export type Redaction = (typeof REDACTIONS)[number]

export const auditJobIdSchema = z.string().regex(/^aj_[0-9a-f]{16}$/)

/** What a full check of the log said. */
export const verification = z.strictObject({
  is_ok: z.boolean(),
  size: z.number().int(),
  root: z.string(),
  vkey: z.string(),
  checkpoints: z.number().int(),
  took_ms: z.number().int(),
  fault: z.strictObject({ kind: z.string(), seq: z.number().int().nullable(), message: z.string() }).nullable(),
  /** What this check covers and what it cannot. */
  limits: z.array(z.string()).max(8),
})

export const beginVerificationInput = z.strictObject({
  /** Checkpoints received outside of this computer, as pasted: a mail's footer, a webhook's field, a file of an export. */
  extra_notes: z.array(z.string().trim().min(1).max(MAX_NOTE_CHARS)).max(MAX_EXTRA_NOTES).optional(),
})

/** A range of days (UTC, both included), or one draft, or one account; nothing of it: the whole log. */
export const beginAuditExportInput = z.strictObject({
  from: isoDate.optional(),
  to: isoDate.optional(),
  draft_id: draftIdSchema.optional(),
  account_id: accountIdSchema.optional(),
  redact: z.array(z.enum(REDACTIONS)).max(REDACTIONS.length),
  /** What it is for and who gets it. Both become texts of the record that the export leaves in the log. */
  purpose: z.string().trim().max(500).optional(),
  recipient: z.string().trim().max(200).optional(),
  /** An absolute folder of the person's choice; absent: one under the workspace. */
  folder: z.string().max(1_024).optional(),
  /** The name of the file in it, ending in .zip; absent: one with the date. A file that is there already is never replaced. */
  file_name: z
    .string()
    .regex(/^[^/\\:*?"<>|\p{Cc}]{1,120}\.zip$/u, 'a plain file name that ends in ".zip"')
    .optional(),
})

/** Kinds of records to look for, by what a person asks: each holds some record types, see main/audit/groups.ts. Every type is in one. */
export const AUDIT_GROUPS = [
  'proposals',
  'decisions',
  'writes',
  'reads',
  'rules',
  'access',
  'data',
  'outside',
  'log',
  'refusals',
] as const
export type AuditGroup = (typeof AUDIT_GROUPS)[number]
export const MAX_AUDIT_PAGE = 200

/** What to list, newest first. Everything given must hold. */
export const listAuditInput = z.strictObject({
  before_seq: count.optional(),
  draft_id: draftIdSchema.optional(),
  limit: z.number().int().min(1).max(MAX_AUDIT_PAGE).optional(),
  groups: z.array(z.enum(AUDIT_GROUPS)).min(1).max(AUDIT_GROUPS.length).optional(),
  actor_kind: z.enum(['user', 'agent', 'loop', 'system']).optional(),
  account_id: accountIdSchema.optional(),
  /** Days in UTC, both included. */
  from: isoDate.optional(),
  to: isoDate.optional(),
  /** Found in the record's line or in its texts, in any case of letters. */
  search: z.string().trim().min(1).max(100).optional(),
})

export const auditRow = z.strictObject({
  seq: z.number().int(),
  type: z.string(),
  group: z.enum(AUDIT_GROUPS),
  at: z.string(),
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  draft_id: z.string().nullable(),
  /** The record's exact stored line. */
  line: z.string(),
  leaf: z.string(),
  /** Size of the smallest signed checkpoint that covers it. */
  checkpoint_size: count.nullable(),
  disclosed: z.record(z.string(), z.string()),
  /** Names of texts that were erased, or do not fit their digest. */
  withheld: z.array(z.string()).max(200),
})
export type AuditRow = z.infer<typeof auditRow>

export const listAuditOutput = z.strictObject({
  records: z.array(auditRow).max(MAX_AUDIT_PAGE),
  /** Records in the whole log. */
  size: count,
  /** Records looked at for this answer: a search reads a bounded part of the log and says where to go on. */
  looked_at: count,
  /** Null at the log's beginning. May be given although records is shorter than limit, or empty. */
  next_before_seq: count.nullable(),
})

export const auditJob = z.strictObject({
  job_id: auditJobIdSchema,
  kind: z.enum(['verification', 'export']),
  /** A job that waits for its turn is running with nothing done. */
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** Steps of the work, mostly records; total is 0 until it is known. */
  done: count,
  total: count,
  /** At the pace so far; null while that cannot be said. */
  seconds_left: count.nullable(),
  verification: verification
    .extend({
      /** What the log was held against besides itself, all of it found to fit where is_ok. */
      witnesses: z
        .array(z.strictObject({ source: z.enum(['head_pin', 'given']), size: count }))
        .max(MAX_EXTRA_NOTES + 1),
    })
    .nullable(),
  export: z
    .strictObject({
      /** Full path of the bundle. */
      file: z.string(),
      bytes: count,
      records: count,
      /** Texts that are not in it: withheld by this export, or erased before. */
      withheld: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    })
    .nullable(),
  error: errorReply.nullable(),
})
export type AuditJob = z.infer<typeof auditJob>
