/** The platforms' own change histories, as the window and the command line see them. */
import { z } from 'zod'
import { FIELDS } from '../domain/entity.ts'
import { accountIdSchema, draftIdSchema, entityIdSchema } from '../domain/ids.ts'

const isoTime = z.string().max(32)
const count = z.number().int()

export const CHANGE_MATCH = ['ours', 'outside', 'unclear'] as const

export const platformChangesInput = z.strictObject({
  account_id: accountIdSchema.optional(),
  /** The changes of one entity; of a campaign on a shared budget also those of the budget. */
  entity_id: entityIdSchema.optional(),
  /** `outside`: no write of ours explains it. `unclear`: it may be one of ours. */
  match: z.enum(CHANGE_MATCH).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).optional(),
})

/** One change as the platform tells it. Values in wire form; '' for no such value, null where the platform does not tell. */
export const platformChange = z.strictObject({
  account_id: accountIdSchema,
  change_id: z.string(),
  changed_at: isoTime,
  noticed_at: isoTime,
  /** When a listing brought the same value: the same edit, seen a second way. */
  listed_at: isoTime.nullable(),
  entity_id: entityIdSchema.nullable(),
  /** Whether it is the budget of several campaigns; `entity_id` is then the first of them. */
  is_shared_budget: z.boolean(),
  field: z.enum(FIELDS).nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  currency: z.string(),
  match: z.enum(CHANGE_MATCH),
  /** The draft whose write it is, or may be. */
  draft_id: draftIdSchema.nullable(),
  untrusted: z.strictObject({
    /** The platform's word for what was changed. */
    what: z.string(),
    entity_name: z.string().nullable(),
    account_name: z.string(),
    who: z.string().nullable(),
    tool: z.string().nullable(),
  }),
})

/** A write of ours that was read back and that the platform's history does not show. */
export const missingChange = z.strictObject({
  account_id: accountIdSchema,
  draft_id: draftIdSchema,
  k: count,
  entity_id: entityIdSchema.nullable(),
  field: z.enum(FIELDS).nullable(),
  after: z.string().nullable(),
  sent_at: isoTime,
  noticed_at: isoTime,
})

export const platformChangesOutput = z.strictObject({
  changes: z.array(platformChange).max(100),
  total: count,
  next_cursor: z.string().nullable(),
  missing: z.array(missingChange).max(100),
  /** How far each account's history has been compared; without those that were never asked. */
  accounts: z
    .array(
      z.strictObject({
        account_id: accountIdSchema,
        /** Known without a gap from here … */
        from: isoTime.nullable(),
        /** … to here. */
        reached: isoTime.nullable(),
        tried_at: isoTime,
        /** Our error code when the last attempt failed. */
        problem: z.string().nullable(),
      }),
    )
    .max(500),
  as_of: isoTime,
})

export const compareHistoryInput = z.strictObject({ account_id: accountIdSchema.optional() })
export const compareHistoryOutput = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        account_id: accountIdSchema,
        state: z.enum(['compared', 'failed', 'skipped']),
        problem: z.string().nullable(),
        ours: count,
        outside: count,
        unclear: count,
        missing: count,
        /** False when the platform did not give all of the range. */
        is_whole: z.boolean(),
      }),
    )
    .max(500),
})
