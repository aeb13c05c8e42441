/**
 * What Meta's answers must look like before we believe them (Graph v26.0). Ids are texts: a number may already have lost digits.
 * Amounts come as text or as numbers, depending on the field; both become text here, and a number that cannot be exact says so.
 */
import { z } from 'zod'

/** Meta writes null, or leaves a member out, for the same thing. */
const maybe = <T extends z.ZodType>(inner: T) => inner.nullish().transform((value) => value ?? undefined)

const id = z.string().regex(/^[0-9]{1,24}$/)
/** Written by people: kept short rather than refused. */
const text = z.string().transform((value) => value.slice(0, 20_000))
const word = z.string().max(200)
const listOf = <T extends z.ZodType>(inner: T) => z.array(inner).max(5000)

/** What an amount reads as when JSON gave a number that does not hold all digits. Parses as no amount anywhere. */
export const INEXACT = 'inexact'
/** Minor units: "5000" or 900. */
const minor = z
  .union([z.string().max(60), z.number()])
  .transform((value) => (typeof value === 'string' ? value : Number.isSafeInteger(value) ? String(value) : INEXACT))
/** A report's number: "12.34", now and then 12.34. The shortest spelling of a double is exact for what it stands for. */
const numeric = z.union([z.string().max(60), z.number()]).transform(String)
const seconds = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^-?\d{1,15}$/)
    .transform(Number),
])

export const errorSchema = z.object({
  error: z.object({
    message: maybe(text),
    type: maybe(word),
    code: z.number().int(),
    error_subcode: maybe(z.number().int()),
    is_transient: maybe(z.boolean()),
    error_user_title: maybe(text),
    error_user_msg: maybe(text),
    fbtrace_id: maybe(word),
  }),
})
export type WireError = z.infer<typeof errorSchema>['error']

const paging = z.object({
  cursors: maybe(z.object({ before: maybe(z.string().max(4000)), after: maybe(z.string().max(4000)) })),
  /** Holds the token when asked with one in the address; only whether it is there matters. */
  next: maybe(z.string()),
})
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ data: listOf(item), paging: maybe(paging) })
export interface WirePage<T> {
  readonly data: T[]
  readonly paging?: z.infer<typeof paging> | undefined
}

export const accountSchema = z.object({
  id: z.string().regex(/^act_[0-9]{1,24}$/),
  name: maybe(text),
  account_status: maybe(seconds),
  currency: z.string().max(12),
  timezone_name: maybe(z.string().max(64)),
  business: maybe(z.object({ id, name: maybe(text) })),
  min_daily_budget: maybe(minor),
  user_tasks: maybe(listOf(word)),
})
export type WireAccount = z.infer<typeof accountSchema>
export const businessSchema = z.object({ id, name: maybe(text) })

export const minimumBudgetSchema = z.object({
  currency: z.string().max(12),
  min_daily_budget_imp: maybe(minor),
  min_daily_budget_high_freq: maybe(minor),
  min_daily_budget_low_freq: maybe(minor),
  min_daily_budget_video_views: maybe(minor),
})
export type WireMinimumBudget = z.infer<typeof minimumBudgetSchema>

const issues = maybe(listOf(z.record(z.string(), z.unknown())))
const node = {
  id,
  account_id: maybe(id),
  name: maybe(text),
  status: maybe(word),
  configured_status: maybe(word),
  effective_status: maybe(word),
  issues_info: issues,
  updated_time: maybe(word),
}

export const campaignSchema = z.object({
  ...node,
  objective: maybe(word),
  buying_type: maybe(word),
  smart_promotion_type: maybe(word),
  daily_budget: maybe(minor),
  lifetime_budget: maybe(minor),
  bid_strategy: maybe(word),
  start_time: maybe(word),
  stop_time: maybe(word),
})
export type WireCampaign = z.infer<typeof campaignSchema>

export const adSetSchema = z.object({
  ...node,
  campaign_id: id,
  daily_budget: maybe(minor),
  lifetime_budget: maybe(minor),
  bid_strategy: maybe(word),
  bid_amount: maybe(minor),
  bid_constraints: maybe(z.object({ roas_average_floor: maybe(minor) })),
  billing_event: maybe(word),
  optimization_goal: maybe(word),
  attribution_spec: maybe(listOf(z.object({ event_type: word, window_days: seconds }))),
  targeting: maybe(z.record(z.string(), z.unknown())),
  learning_stage_info: maybe(z.object({ status: maybe(word) })),
  start_time: maybe(word),
  end_time: maybe(word),
})
export type WireAdSet = z.infer<typeof adSetSchema>

export const creativeSchema = z.object({
  id,
  account_id: maybe(id),
  name: maybe(text),
  title: maybe(text),
  body: maybe(text),
  status: maybe(word),
  object_type: maybe(word),
  video_id: maybe(word),
  image_hash: maybe(word),
  image_url: maybe(z.string().max(4000)),
  thumbnail_url: maybe(z.string().max(4000)),
  link_url: maybe(text),
  object_story_spec: maybe(z.record(z.string(), z.unknown())),
  asset_feed_spec: maybe(z.record(z.string(), z.unknown())),
  effective_object_story_id: maybe(word),
})
export type WireCreative = z.infer<typeof creativeSchema>

export const adSchema = z.object({
  ...node,
  adset_id: id,
  campaign_id: id,
  creative: maybe(creativeSchema),
  ad_review_feedback: z.unknown().optional(),
})
export type WireAd = z.infer<typeof adSchema>

/** Of an insights row: one action type with its counts by window. A window that counted nothing is left out. */
export const actionSchema = z.object({
  action_type: word,
  value: maybe(numeric),
  '1d_click': maybe(numeric),
  '7d_click': maybe(numeric),
  '28d_click': maybe(numeric),
  '1d_view': maybe(numeric),
  '1d_ev': maybe(numeric),
})
export type WireAction = z.infer<typeof actionSchema>
export const insightSchema = z.object({
  campaign_id: maybe(id),
  adset_id: maybe(id),
  ad_id: maybe(id),
  date_start: word,
  date_stop: word,
  objective: maybe(word),
  impressions: maybe(numeric),
  clicks: maybe(numeric),
  spend: maybe(numeric),
  reach: maybe(numeric),
  actions: maybe(listOf(actionSchema)),
  action_values: maybe(listOf(actionSchema)),
})
export type WireInsight = z.infer<typeof insightSchema>

export const reportRunSchema = z.object({ report_run_id: id })
export const reportStateSchema = z.object({
  async_status: word,
  async_percent_completion: maybe(z.union([z.number(), numeric.transform(Number)])),
})

export const pixelSchema = z.object({
  id,
  name: maybe(text),
  last_fired_time: maybe(word),
  is_unavailable: maybe(z.boolean()),
  creation_time: maybe(word),
})
export type WirePixel = z.infer<typeof pixelSchema>
export const pixelStatsSchema = z.object({
  start_time: maybe(word),
  data: listOf(z.object({ value: word, count: z.union([z.number(), numeric.transform(Number)]) })),
})

export const tokenSchema = z.object({
  access_token: z.string().min(8).max(1000),
  expires_in: maybe(seconds),
})
/** Whose a token is, and of which app. */
export const idSchema = z.object({ id })
export const permissionsSchema = z.object({ data: listOf(z.object({ permission: word, status: word })) })
export const debugTokenSchema = z.object({
  data: z.object({
    app_id: maybe(numeric),
    type: maybe(word),
    is_valid: z.boolean(),
    expires_at: maybe(seconds),
    data_access_expires_at: maybe(seconds),
    scopes: maybe(listOf(word)),
    user_id: maybe(numeric),
  }),
})

export const successSchema = z.object({ success: z.boolean() })
