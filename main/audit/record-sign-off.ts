/** Record types of the sign-off: guardrails, second persons, notifications, the platforms' own histories. Schemas only; see record.ts. */
import { z } from 'zod'
import { accountIdSchema, draftIdSchema, entityIdSchema, PLATFORMS } from '../../shared/domain/ids.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const opaque = z.string().regex(/^[A-Za-z0-9_.:/+=~-]{1,128}$/)
const code = z.string().regex(/^[A-Za-z0-9_.:/-]{1,96}$/)
const root = z.string().regex(/^[A-Za-z0-9+/]{43}=$/)
const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const reviewerVkey = z.string().regex(/^review\.spendsignoff\/[a-z2-7]{26}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$/)
const count = z.int().min(0)
const platform = z.enum(PLATFORMS)
const draft = { draft: draftIdSchema, draftHash: hash }
const write = z.strictObject({ draft: draftIdSchema, k: count })
const target = z.strictObject({
  target: opaque,
  kind: z.enum(['desktop', 'email', 'webhook']),
  reason: code.optional(),
})

export const SIGN_OFF_DATA = {
  /** An edited version took its place. */
  'draft.revised': z.strictObject({ ...draft, by: draftIdSchema }),
  /** Some of its changes are on the platform, and some are known not to be. */
  'draft.partial': z.strictObject({ ...draft, reason: code.optional(), applied: count, total: count }),
  'breaker.tripped': z.strictObject({ reason: code, account: accountIdSchema.optional(), count: count.optional() }),
  'breaker.reset': z.strictObject({ reason: code.optional() }),
  /** A setting that guards decisions, in words of the program. */
  'setting.changed': z.strictObject({ setting: code, before: code.nullable(), after: code.nullable() }),
  'reviewer.added': z.strictObject({ reviewer: opaque, vkey: reviewerVkey }),
  'reviewer.removed': z.strictObject({ reviewer: opaque }),
  'review.exported': z.strictObject({ ...draft, packHash: hash }),
  'review.answered': z.strictObject({
    ...draft,
    reviewer: opaque,
    verdict: z.enum(['approve', 'reject']),
    noteHash: hash,
  }),
  'target.added': target,
  'target.changed': target,
  'target.removed': target,
  /** A checkpoint left this computer with a notification, or could not: whoever received it is a witness from now on. */
  'checkpoint.emitted': z.strictObject({
    delivery: opaque,
    target: opaque,
    event: code,
    size: count,
    root,
    outcome: z.enum(['delivered', 'dead']),
    attempts: count,
    code: code.optional(),
  }),
  /** The platform's own history against our records. */
  'history.compared': z.strictObject({
    platform,
    account: accountIdSchema,
    from: timestamp,
    to: timestamp,
    ours: count,
    outside: count,
    unclear: count,
    /** Writes of ours that were read back and that the history does not show. */
    missing: count,
    /** False: the platform did not give all of the range, see `from` and `to` for what it gave. */
    whole: z.boolean().optional(),
    /** Those writes, and those that the history shows though our records say that they did not take effect. */
    absent: z.array(write).max(100).optional(),
    contradicted: z.array(write).max(100).optional(),
    /** Changes that got no record of their own, because one comparison writes at most 200. */
    unlisted: count.optional(),
  }),
  /** A change on the platform that no record of ours explains. */
  'platform.change': z.strictObject({
    platform,
    account: accountIdSchema,
    change: opaque,
    entity: entityIdSchema.optional(),
    field: code.optional(),
    at: timestamp,
    match: z.enum(['outside', 'unclear']),
  }),
} as const

/** Free texts that these types may carry as salted disclosures. */
export const SIGN_OFF_TEXTS: Readonly<Partial<Record<keyof typeof SIGN_OFF_DATA, readonly string[]>>> = {
  'breaker.tripped': ['detail'],
  'breaker.reset': ['reason'],
  'reviewer.added': ['reviewer_name'],
  'reviewer.removed': ['reviewer_name'],
  'review.answered': ['reviewer_name', 'reason'],
  'target.added': ['label'],
  'target.changed': ['label'],
  'target.removed': ['label'],
  'checkpoint.emitted': ['detail'],
  'platform.change': ['entity_name', 'account_name', 'before', 'after', 'who', 'tool'],
}

/** Types that only a person may cause. */
export const SIGN_OFF_ONLY_A_USER = [
  'breaker.reset',
  'reviewer.added',
  'reviewer.removed',
  'review.exported',
  'review.answered',
] as const
