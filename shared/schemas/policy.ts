/**
 * Shapes of the guardrails: what may never happen, whoever proposes it. Building blocks of the operation table. Amounts that hold everywhere
 * are in units of about one US dollar, scaled to each account's currency; those of one account are exact, in its own currency.
 */
import { z } from 'zod'
import { MAX_ITEMS, RULES } from '../domain/draft.ts'
import { accountIdSchema, draftIdSchema, entityIdSchema } from '../domain/ids.ts'

const isoTime = z.string().max(32)
const count = z.number().int().min(0)

export const MAX_PROTECTED = 300
export const MAX_OVERRIDES = 100
export const MAX_QUIET_WINDOWS = 14
/** Larger than other inputs: 300 protected ids fit. */
export const MAX_POLICY_BYTES = 256 * 1024
/** Drafts that a replay lists; all are counted. */
export const MAX_REPLAYED_LISTED = 200

/** Whole units of about one US dollar. */
const units = z
  .string()
  .max(9)
  .regex(/^[1-9]\d{0,8}$/, 'whole units, like "500"')
const fineUnits = z
  .string()
  .max(12)
  .regex(/^(?:0|[1-9]\d{0,8})(?:\.\d{1,2})?$/, 'units with at most two decimals, like "0.50"')
/** In the account's own currency. */
const amount = z
  .string()
  .max(20)
  .regex(/^(?:0|[1-9]\d{0,11})(?:\.\d{1,3})?$/, 'an amount like "500.00"')
const percent = z
  .string()
  .max(8)
  .regex(/^(?:0|[1-9]\d{0,4})(?:\.\d{1,2})?$/, 'a percentage like "50" or "12.50"')
const factor = z.number().int().min(2).max(1000)
const time = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time like "22:00"')

/** On the account's own wall clock. Where `to` is not after `from`, it is on the next day. Days are 1 (Monday) to 7. */
const quietWindow = z.strictObject({
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7),
  from: time,
  to: time,
})
export type QuietWindowView = z.infer<typeof quietWindow>

const quietHours = z.array(quietWindow).max(MAX_QUIET_WINDOWS)
/** Not longer than the days of metrics that a first sync brings. */
const lookbackDays = count.max(90)
/** At most 30 days. */
const coolDownMinutes = count.max(43_200)

const globalLimits = z.strictObject({
  max_step_percent: percent,
  max_step_amount: units,
  digit_slip_factor: factor,
  envelope_net: units,
  envelope_gross: units,
  /** Over all accounts together; null is off, here and below. */
  total_net: units.nullable(),
  total_gross: units.nullable(),
  min_daily_budget: fineUnits.nullable(),
  max_daily_budget: fineUnits.nullable(),
  min_bid: fineUnits.nullable(),
  max_bid: fineUnits.nullable(),
  /** 0 is off, here and for the cool-down. */
  pause_lookback_days: lookbackDays,
  quiet_hours: quietHours,
  cool_down_minutes: coolDownMinutes,
  max_drafts_per_hour: z.number().int().min(1).max(1000),
  max_items: z.number().int().min(1).max(MAX_ITEMS),
})

/** An absent limit leaves what holds everywhere; null switches a bound off in this account. */
const accountLimits = z.strictObject({
  account_id: accountIdSchema,
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code like "EUR"'),
  max_step_percent: percent.optional(),
  max_step_amount: amount.optional(),
  digit_slip_factor: factor.optional(),
  envelope_net: amount.optional(),
  envelope_gross: amount.optional(),
  min_daily_budget: amount.nullable().optional(),
  max_daily_budget: amount.nullable().optional(),
  min_bid: amount.nullable().optional(),
  max_bid: amount.nullable().optional(),
  pause_lookback_days: lookbackDays.optional(),
  quiet_hours: quietHours.optional(),
  cool_down_minutes: coolDownMinutes.optional(),
})
export type AccountLimitsDocument = z.infer<typeof accountLimits>

export const policyDocument = z.strictObject({
  limits: globalLimits,
  /** Accounts, campaigns, ad groups and ads that nothing changes, with everything below them. */
  protected: z.array(z.union([accountIdSchema, entityIdSchema])).max(MAX_PROTECTED),
  accounts: z.array(accountLimits).max(MAX_OVERRIDES),
})
export type PolicyDocument = z.infer<typeof policyDocument>

export const breakerView = z.strictObject({
  is_open: z.boolean(),
  /** A code; null while it is closed. */
  reason: z.string().nullable(),
  message: z.string().nullable(),
  tripped_at: isoTime.nullable(),
  account_id: accountIdSchema.nullable(),
  /** Failures in a row so far. */
  failures: count,
  /** So many of them, within so many minutes, trip it. */
  trips_at: count,
  within_minutes: count,
})

export const policyOutput = z.strictObject({
  version: z.number().int(),
  hash: z.string(),
  document: policyDocument,
  rules: z.array(z.strictObject({ rule: z.enum(RULES), text: z.string() })).max(32),
  breaker: breakerView,
  /** Newest first. */
  versions: z.array(z.strictObject({ version: z.number().int(), hash: z.string(), created_at: isoTime })).max(200),
})

export const setPolicyInput = z.strictObject({
  /** The version that was on the person's screen: a newer one is never overwritten. */
  expected_version: z.number().int().min(1),
  document: policyDocument,
  /** For the log. */
  reason: z.string().trim().max(500).optional(),
})
const changedSetting = z.strictObject({
  setting: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
})
export const setPolicyOutput = z.strictObject({
  version: z.number().int(),
  hash: z.string(),
  /** Empty where nothing differed: then no version was made. */
  changes: z.array(changedSetting).max(100),
})

export const replayInput = z.strictObject({
  document: policyDocument,
  days: z.number().int().min(1).max(365),
})
const outcome = z.enum(['pass', 'clamp', 'block'])
const outcomes = z.strictObject({ pass: count, clamp: count, block: count })
export const replayOutput = z.strictObject({
  from: isoTime,
  to: isoTime,
  /** Drafts that were judged again. */
  drafts: count,
  /** Older ones in the range that were left out, because there are too many. */
  left_out: count,
  recorded: outcomes,
  now: outcomes,
  /** Judged otherwise than they were: stricter, and more leniently. */
  stricter: count,
  more_lenient: count,
  /** Oldest first. */
  differing: z
    .array(
      z.strictObject({
        draft_id: draftIdSchema,
        created_at: isoTime,
        /** At which step: when it was proposed, or when it was approved. */
        stage: z.enum(['propose', 'confirm']),
        recorded: outcome,
        now: outcome,
        /** The rule that decides: of the changed limits, or, where they let it pass, of those of then. */
        rule: z.enum(RULES).nullable(),
        message: z.string().nullable(),
        untrusted: z.strictObject({ title: z.string() }),
      }),
    )
    .max(MAX_REPLAYED_LISTED),
  /** What no replay can know, in words. */
  not_known: z.array(z.string()).max(10),
})

export const resetBreakerInput = z.strictObject({ reason: z.string().trim().max(500).optional() })
export const resetBreakerOutput = z.strictObject({ breaker: breakerView })
