/** Shapes of the cross-platform report, its method and the credited orders. Building blocks of the operation table. */
import { z } from 'zod'
import { ATTRIBUTIONS, CLAIM_STATUSES, MATURITIES, WINDOW_STATUSES } from '../domain/attribution.ts'
import { accountIdSchema, entityIdSchema, PLATFORMS } from '../domain/ids.ts'

const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date looks like "2026-11-23"')
const isoTime = z.string().max(32)
const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code like "EUR"')
const platform = z.enum(PLATFORMS)
/** A decimal string: sums may be larger than any single amount. */
const amount = z.string().regex(/^-?\d{1,18}(\.\d{1,6})?$/)
const count = z.number().int().min(0)
/** Conversions and orders can be fractions on Google. */
const countOrFraction = z.number().min(0)
/** A remainder (see is_remainder) is a difference and may be negative. */
const signedCount = z.number().int()
const signedFraction = z.number()

export const REPORT_GROUPS = ['platform', 'account', 'campaign', 'ad_group', 'ad', 'date', 'week', 'month'] as const
export const REPORT_ORDERS = [
  'spend',
  'roas',
  'conversions',
  'conversion_value',
  'cpa',
  'reported_roas',
  'clicks',
] as const
export type ReportOrder = (typeof REPORT_ORDERS)[number]

export const reportInput = z.strictObject({
  start_date: isoDate,
  end_date: isoDate,
  platforms: z.array(platform).min(1).max(PLATFORMS.length).optional(),
  account_ids: z.array(accountIdSchema).min(1).max(50).optional(),
  /** What rows are: default "platform". */
  group_by: z.enum(REPORT_GROUPS).optional(),
  /** With date, week or month: one row per platform too. */
  by_platform: z.boolean().optional(),
  /** Only what lies under this account, campaign or ad group. */
  under: z.union([accountIdSchema, entityIdSchema]).optional(),
  attribution: z.enum(ATTRIBUTIONS).optional(),
  /** Everything in this currency, by dated rates. Absent: each currency by itself. */
  currency: currency.optional(),
  compare_to: z.enum(['previous_period', 'previous_year']).optional(),
  order_by: z.enum(REPORT_ORDERS).optional(),
  limit: z.number().int().min(1).max(1_500).optional(),
  cursor: z.string().max(200).optional(),
})

/** Numbers of one row. Money in the row's currency; null is "not known", "not available" or "divided by nothing", never zero. */
export const reportMetrics = z.strictObject({
  spend: amount,
  impressions: signedCount,
  clicks: signedCount,
  video_views: signedCount.nullable(),
  ctr: z.string().nullable(),
  cpc: amount.nullable(),
  cpm: amount.nullable(),
  /** By the chosen attribution. */
  conversions: signedFraction.nullable(),
  conversion_value: amount.nullable(),
  cpa: amount.nullable(),
  roas: z.string().nullable(),
  /** Spend of what the platform measures conversions for; ROAS over it alone. Equal to spend and roas where all is measured. */
  measured_spend: amount,
  roas_measured: z.string().nullable(),
  /** View-through and engaged-view: beside the primary columns, never added in. */
  conversions_view: signedFraction.nullable(),
  conversion_value_view: amount.nullable(),
  conversions_engaged_view: signedFraction.nullable(),
  conversion_value_engaged_view: amount.nullable(),
  /** What the platform's own screen says. */
  reported_conversions: signedFraction.nullable(),
  reported_conversion_value: amount.nullable(),
  reported_roas: z.string().nullable(),
})
export const reportWindow = z.strictObject({
  status: z.enum(WINDOW_STATUSES),
  /** Days after a click, where all of the row is counted by the same; 0 is "switched off"; null when mixed or not known. */
  click_days: z.number().int().nullable(),
})
export const reportMaturity = z.strictObject({
  state: z.enum(MATURITIES),
  /** Expected share of the final conversions that has arrived, 0 to 1, weighted by spend. */
  known_share: z.number().min(0).max(1).nullable(),
})
export const reportRow = z.strictObject({
  key: z.string().max(200),
  platform: platform.nullable(),
  account_id: accountIdSchema.nullable(),
  entity_id: entityIdSchema.nullable(),
  /** First day of the date, week (Monday) or month. */
  date: isoDate.nullable(),
  currency,
  metrics: reportMetrics,
  window: reportWindow,
  maturity: reportMaturity,
  /** What the platform gives for the level above and not for its parts: makes the parts add up. */
  is_remainder: z.boolean(),
  /** Holds a day that was not over, or not fetched. */
  is_incomplete: z.boolean(),
  has_children: z.boolean(),
  untrusted: z.strictObject({ name: z.string() }).optional(),
})
export const reportTotals = z.strictObject({
  currency,
  /** Put together from several currencies by dated rates. */
  is_converted: z.boolean(),
  metrics: reportMetrics,
  window: reportWindow,
  maturity: reportMaturity,
})
const ratesUsed = z.strictObject({
  currency: currency.nullable(),
  used: z.array(z.strictObject({ currency, first_date: isoDate, last_date: isoDate, source: z.string() })).max(40),
  /** Currencies kept apart, because a day has no rate. */
  missing: z.array(z.strictObject({ currency, first_missing_date: isoDate, days: count })).max(40),
})

const creditPlatform = z.strictObject({
  platform,
  /** Orders given to it, each order to one platform at most. */
  credited: count,
  credited_value: amount,
  /** Orders with an eligible click of it, and those with no click of another. */
  matched: count,
  exclusive: count,
  /** Orders with no eligible click at all and a view of it in the day before. */
  view_only: count,
  claimed: countOrFraction.nullable(),
  claimed_value: amount.nullable(),
  claimed_view: countOrFraction.nullable(),
  claim_status: z.enum(CLAIM_STATUSES),
  spend: amount,
  /** Credited value over spend; claimed value over spend. */
  roas: z.string().nullable(),
  claimed_roas: z.string().nullable(),
  /** Share of the claims that orders bear out, 0 to 1. */
  coverage: z.number().min(0).max(1).nullable(),
  /** Claims without an order: cannot be de-duplicated. */
  aggregate_only: countOrFraction.nullable(),
  /** Orders with its click that it does not claim. */
  unclaimed: countOrFraction.nullable(),
})
export const orderCredit = z.strictObject({
  start_date: isoDate,
  end_date: isoDate,
  currency,
  orders: z.strictObject({
    total: count,
    value: amount,
    excluded: count,
    duplicates: count,
    credited: count,
    credited_value: amount,
    contested: count,
    unattributed: count,
    /** Left out of the money: no rate for their currency. */
    without_rate: count,
  }),
  platforms: z.array(creditPlatform).max(PLATFORMS.length),
  /** How many orders have eligible clicks of both; the diagonal is `matched`. */
  overlap: z.array(z.strictObject({ a: platform, b: platform, orders: count })).max(9),
  claimed_sum: countOrFraction,
  /** Claims of all platforms over orders. */
  inflation: z.number().nullable(),
  /** How many orders ads had a part in: a range, because part is known in aggregate only. */
  ad_driven: z.strictObject({ low: countOrFraction, high: countOrFraction }),
  top_campaigns: z
    .array(
      z.strictObject({
        platform,
        orders: count,
        value: amount,
        untrusted: z.strictObject({ campaign: z.string() }),
      }),
    )
    .max(50),
  notes: z.array(z.string()).max(10),
})

export const reportOutput = z.strictObject({
  rows: z.array(reportRow).max(1_500),
  totals: z.array(reportTotals).max(20),
  comparison: z
    .strictObject({
      start_date: isoDate,
      end_date: isoDate,
      totals: z.array(reportTotals).max(20),
      /** False: the two periods do not compare like with like; the reasons say why. */
      is_comparable: z.boolean(),
      reasons: z.array(z.string()).max(6),
    })
    .nullable(),
  attribution: z.enum(ATTRIBUTIONS),
  platforms: z
    .array(
      z.strictObject({
        platform,
        window: reportWindow,
        note: z.string(),
        /** Days from here on are still being filled with conversions. */
        immature_since: isoDate.nullable(),
        as_of: isoTime.nullable(),
      }),
    )
    .max(PLATFORMS.length),
  rates: ratesUsed,
  /** Orders credited once, for the same days and accounts: on the first page by platform; null on others and without imported orders. */
  deduplicated: orderCredit.omit({ top_campaigns: true }).nullable(),
  definition_notes: z.array(z.string()).max(12),
  complete_through: isoDate.nullable(),
  is_partial: z.boolean(),
  total: count,
  next_cursor: z.string().max(200).nullable(),
  as_of: isoTime.nullable(),
  warnings: z.array(z.string()).max(10),
})

export const methodOutput = z.strictObject({
  attribution: z.enum(ATTRIBUTIONS),
  accounts: z
    .array(
      z.strictObject({
        account_id: accountIdSchema,
        platform,
        currency,
        time_zone: z.string(),
        is_imported: z.boolean(),
        window: reportWindow,
        /** Where the window came from, what was approximated and what was left out. */
        notes: z.array(z.string()).max(8),
        spend: amount,
        /** Spend of campaigns whose conversions the platform does not say. */
        unmeasured_spend: amount,
        days_held: count,
        days_missing: count,
        last_sync_at: isoTime.nullable(),
        complete_through: isoDate.nullable(),
        restated: z
          .strictObject({ days: count, spend: amount, conversions: z.number(), conversion_value: amount })
          .nullable(),
        maturity: z.strictObject({
          /** `measured` from this account's own restatements, else the default one. */
          curve: z.enum(['measured', 'default']),
          /** Share of the final conversions known after so many whole days. */
          points: z.array(z.strictObject({ age_days: count, share: z.number().min(0).max(1) })).max(95),
          immature_since: isoDate.nullable(),
        }),
        untrusted: z.strictObject({ name: z.string() }),
      }),
    )
    .max(500),
  breaks: z.array(z.strictObject({ date: isoDate, platform, text: z.string() })).max(20),
  rates: ratesUsed,
  as_of: isoTime.nullable(),
  warnings: z.array(z.string()).max(10),
})
