/** Shapes of notifications: who is told of what, and how each piece of news fared. Building blocks of the operation table. */
import { z } from 'zod'
import { draftIdSchema } from '../domain/ids.ts'

/** Everything a target can be told of. `test` is only ever sent on a person's word. */
export const EVENTS = [
  'draft.approved',
  'draft.applied',
  'draft.partial',
  'draft.failed',
  'draft.unknown',
  'draft.stale',
  'breaker.tripped',
  'integrity.alarm',
  'anomaly.found',
] as const
export type NotificationEvent = (typeof EVENTS)[number]
export const TARGET_KINDS = ['desktop', 'email', 'webhook'] as const
export type TargetKind = (typeof TARGET_KINDS)[number]
export const MAIL_SECURITIES = ['tls', 'starttls', 'none'] as const
export const DELIVERY_STATES = ['queued', 'delivered', 'dead'] as const
export const MAX_TARGETS = 20
export const MAX_RECIPIENTS = 10

const isoTime = z.string().max(32)
const count = z.number().int()
export const targetIdSchema = z.string().regex(/^nt_[a-z2-7]{16}$/)
export const deliveryIdSchema = z.string().regex(/^dv_[a-z2-7]{16}$/)
const event = z.enum(EVENTS)
const events = z.array(event).min(1).max(EVENTS.length)
const label = z.string().trim().min(1).max(60)
/** A bare address: no name, no comment, no line break, so that it can be nothing but an address. */
const mailAddress = z
  .string()
  .trim()
  .max(254)
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    'a mail address looks like "ads@example.com"',
  )
const host = z
  .string()
  .trim()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$/,
    'a host looks like "mail.example.com"',
  )
const port = z.number().int().min(1).max(65_535)
const user = z.string().min(1).max(254)

const mailSettings = {
  host,
  port,
  /** `tls` from the first byte, `starttls` required before anything is said, `none` unencrypted. */
  security: z.enum(MAIL_SECURITIES),
  user: user.nullable(),
  from: mailAddress,
  to: z.array(mailAddress).min(1).max(MAX_RECIPIENTS),
}
const channel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('desktop') }),
  z.strictObject({
    kind: z.literal('email'),
    ...mailSettings,
    /** Left out: the stored one stays, as long as server and user stay. */
    password: z.string().min(1).max(1_024).optional(),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    /** Left out: the stored one stays. Addresses of hooks are often secrets themselves. */
    url: z.string().trim().min(1).max(2_048).optional(),
    /** "whsec_" and the base64 of 24 to 64 bytes. */
    secret: z.string().trim().min(1).max(200).optional(),
  }),
])

export const saveTargetInput = z.strictObject({
  /** Of the target to change; its kind stays. */
  target_id: targetIdSchema.optional(),
  label,
  events,
  is_enabled: z.boolean(),
  /** Names of accounts and campaigns may leave this computer. */
  includes_names: z.boolean(),
  /** It may lie in a private network, or on this computer. */
  allows_private: z.boolean(),
  /** http, or mail without encryption. */
  allows_plain: z.boolean(),
  channel,
})

const problem = z.strictObject({ code: z.string(), message: z.string() })
export const targetView = z.strictObject({
  target_id: targetIdSchema,
  kind: z.enum(TARGET_KINDS),
  label: z.string(),
  events: z.array(event).max(EVENTS.length),
  is_enabled: z.boolean(),
  includes_names: z.boolean(),
  allows_private: z.boolean(),
  allows_plain: z.boolean(),
  /** False for a desktop target in a window that shows no desktop notifications. */
  works_here: z.boolean(),
  email: z.strictObject({ ...mailSettings, has_password: z.boolean() }).nullable(),
  /** Scheme, host and port; the rest of the address is kept like a secret. */
  webhook: z.strictObject({ origin: z.string() }).nullable(),
  created_at: isoTime,
  queued: count,
  dead: count,
  last: z
    .strictObject({ state: z.enum(DELIVERY_STATES), at: isoTime, attempts: count, problem: problem.nullable() })
    .nullable(),
})
export const targetsOutput = z.strictObject({ targets: z.array(targetView).max(MAX_TARGETS) })
export const targetOutput = z.strictObject({ target: targetView })
export const targetInput = z.strictObject({ target_id: targetIdSchema })

export const deliveryView = z.strictObject({
  delivery_id: deliveryIdSchema,
  target_id: targetIdSchema,
  target_label: z.string(),
  kind: z.enum(TARGET_KINDS),
  event: z.enum([...EVENTS, 'test']),
  state: z.enum(DELIVERY_STATES),
  attempts: count,
  /** When it is tried again; null for a finished one. */
  next_at: isoTime.nullable(),
  problem: problem.nullable(),
  /** Of the checkpoint that the last attempt carried. */
  checkpoint_size: count.nullable(),
  /** The record it is about. */
  seq: count.nullable(),
  draft_id: draftIdSchema.nullable(),
  /** Further events that were put into this one because too much was waiting. */
  merged: count,
  created_at: isoTime,
  finished_at: isoTime.nullable(),
  can_resend: z.boolean(),
})
export const deliveriesInput = z.strictObject({
  state: z.enum(DELIVERY_STATES).optional(),
  target_id: targetIdSchema.optional(),
  limit: z.number().int().min(1).max(100).optional(),
  cursor: z.string().max(200).optional(),
})
export const deliveriesOutput = z.strictObject({
  deliveries: z.array(deliveryView).max(100),
  total: count,
  next_cursor: z.string().nullable(),
})
export const deliveryInput = z.strictObject({ delivery_id: deliveryIdSchema })
export const deliveryOutput = z.strictObject({ delivery: deliveryView })
