/** Shapes of the import of files: exports of the platforms, orders, claims and exchange rates. Building blocks of the operation table. */
import { z } from 'zod'
import { accountIdSchema, PLATFORMS } from '../domain/ids.ts'

const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date looks like "2026-11-23"')
const isoTime = z.string().max(32)
const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code like "EUR"')
const count = z.number().int().min(0)
const platform = z.enum(PLATFORMS)

/** A file larger than this is not an export a person downloads by hand. */
/** The connection of accounts that come from files alone. */
export const IMPORT_CONNECTION = 'import'

export const MAX_IMPORT_BYTES = 64 * 1024 * 1024
/** One piece of an upload, as base64 text. */
export const MAX_PIECE_CHARS = 700_000

export const importIdSchema = z.string().regex(/^i_[a-z2-7]{16}$/)
export const IMPORT_KINDS = ['platform_report', 'orders', 'claims', 'rates'] as const
export type ImportKind = (typeof IMPORT_KINDS)[number]
/** "1,234.56", "1.234,56", "1 234,56" (any blank), "1'234.56". */
export const NUMBER_FORMATS = ['comma_dot', 'dot_comma', 'blank_comma', 'apostrophe_dot'] as const
export type NumberFormat = (typeof NUMBER_FORMATS)[number]
export const DATE_ORDERS = ['ymd', 'dmy', 'mdy'] as const
export type DateOrder = (typeof DATE_ORDERS)[number]

/** What the person decides where the file leaves it open. Every one of them overrides what was detected. */
export const importChoices = z.strictObject({
  kind: z.enum(IMPORT_KINDS).optional(),
  platform: platform.optional(),
  /** Of a platform report: an account that was imported before, or the name of a new one. */
  account_id: accountIdSchema.optional(),
  account_name: z.string().trim().min(1).max(120).optional(),
  currency: currency.optional(),
  number_format: z.enum(NUMBER_FORMATS).optional(),
  date_order: z.enum(DATE_ORDERS).optional(),
  /** IANA zone of times without one (orders), and of a new account's days. */
  time_zone: z.string().max(64).optional(),
})
export type ImportChoices = z.infer<typeof importChoices>

/** One thing the file cannot answer. Nothing is stored while one is open. */
export const importQuestion = z.strictObject({
  field: z.enum(['kind', 'platform', 'account_name', 'currency', 'number_format', 'date_order', 'time_zone']),
  text: z.string(),
  options: z.array(z.strictObject({ value: z.string(), label: z.string() })).max(200),
})

export const importPreview = z.strictObject({
  import_id: importIdSchema,
  kind: z.enum(IMPORT_KINDS).nullable(),
  /** In words: "Meta Ads Manager, by ad and day". */
  layout: z.string(),
  file: z.strictObject({
    name: z.string(),
    bytes: count,
    sha256: z.string(),
    /** "UTF-8", "UTF-16LE with BOM", "XLSX" … */
    encoding: z.string(),
    delimiter: z.string().nullable(),
    sheet: z.string().nullable(),
  }),
  platform: platform.nullable(),
  level: z.enum(['campaign', 'ad_group', 'ad']).nullable(),
  account: z
    .strictObject({
      account_id: accountIdSchema.nullable(),
      is_new: z.boolean(),
      untrusted: z.strictObject({ name: z.string() }),
    })
    .nullable(),
  currency: currency.nullable(),
  number_format: z.enum(NUMBER_FORMATS).nullable(),
  date_order: z.enum(DATE_ORDERS).nullable(),
  time_zone: z.string().nullable(),
  start_date: isoDate.nullable(),
  end_date: isoDate.nullable(),
  /** Whether each row is one day. A file whose rows span a period is shown and not stored as days. */
  is_daily: z.boolean().nullable(),
  window: z
    .strictObject({ click_days: z.number().int().nullable(), view_days: z.number().int().nullable(), note: z.string() })
    .nullable(),
  columns: z
    .array(
      z.strictObject({
        index: count,
        /** What it is used as, in our words; null: not used. */
        used_as: z.string().nullable(),
        note: z.string().nullable(),
        untrusted: z.strictObject({ header: z.string() }),
      }),
    )
    .max(300),
  rows: z.strictObject({ total: count, good: count, bad: count, totals: count }),
  /** Sums against the file's own totals row. */
  totals_check: z
    .array(z.strictObject({ column: z.string(), in_file: z.string(), summed: z.string(), is_equal: z.boolean() }))
    .max(20),
  bad_rows: z
    .array(z.strictObject({ line: count, reason: z.string(), untrusted: z.strictObject({ text: z.string() }) }))
    .max(100),
  /** The first rows as they would be stored: names to texts, in the order of what is used. */
  sample: z
    .array(z.array(z.strictObject({ name: z.string(), untrusted: z.strictObject({ value: z.string() }) })).max(24))
    .max(10),
  questions: z.array(importQuestion).max(8),
  /** Whether it can be stored now: no open question, at least one good row. */
  can_store: z.boolean(),
  /** When exactly this file was stored before. */
  imported_at: isoTime.nullable(),
  warnings: z.array(z.string()).max(10),
})
export type ImportPreview = z.infer<typeof importPreview>

export const importRecord = z.strictObject({
  import_id: importIdSchema,
  kind: z.enum(IMPORT_KINDS),
  platform: platform.nullable(),
  account_id: accountIdSchema.nullable(),
  bytes: count,
  sha256: z.string(),
  state: z.enum(['storing', 'done']),
  rows_kept: count,
  rows_refused: count,
  /** Of the kept ones: new, changed since an earlier import, and the same as before. */
  rows_new: count,
  rows_changed: count,
  rows_same: count,
  start_date: isoDate.nullable(),
  end_date: isoDate.nullable(),
  imported_at: isoTime,
  untrusted: z.strictObject({ file_name: z.string() }),
})
