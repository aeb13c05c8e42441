/** Answers about imported files for the window's tests: three previews (fine, with questions, with bad rows) and what was stored before. */
import { accountIdSchema } from '../../shared/domain/ids.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { importIdSchema } from '../../shared/schemas/imports.ts'
import { fails, type Handlers } from './window-double.ts'
import { ago, day } from './window-world.ts'

export type Preview = OutputOf<'preview_import'>
const IMPORT = importIdSchema.parse(`i_${'b'.repeat(16)}`)
export const IMPORTED_ACCOUNT = accountIdSchema.parse('meta:01234567890123456789')
export const HOSTILE = '=HYPERLINK("http://evil.example","<img src=x onerror=alert(1)>")'
const HOUR_MS = 3_600_000

export function preview(more: Partial<Preview> = {}): Preview {
  return {
    import_id: IMPORT,
    kind: 'platform_report',
    layout: 'Meta Ads Manager, by ad and day',
    file: {
      name: 'Northwind-Outdoor-Ads-Nov-2026.csv',
      bytes: 184_220,
      sha256: 'a'.repeat(64),
      encoding: 'UTF-8 with BOM',
      delimiter: ',',
      sheet: null,
    },
    platform: 'meta',
    level: 'ad',
    account: { account_id: IMPORTED_ACCOUNT, is_new: true, untrusted: { name: 'Northwind Outdoor' } },
    currency: 'AUD',
    number_format: 'comma_dot',
    date_order: 'ymd',
    time_zone: null,
    start_date: day(40),
    end_date: day(1),
    is_daily: true,
    window: {
      click_days: null,
      view_days: null,
      note: 'Conversions mix 7-day click with 1-day view: they are kept as reported, and the 7-day click columns stay unknown.',
    },
    columns: [
      { index: 0, used_as: 'campaign', note: null, untrusted: { header: 'Campaign name' } },
      { index: 1, used_as: 'ad group', note: null, untrusted: { header: 'Ad set name' } },
      { index: 2, used_as: 'ad', note: null, untrusted: { header: 'Ad name' } },
      { index: 3, used_as: 'day', note: null, untrusted: { header: 'Day' } },
      { index: 4, used_as: 'spend in AUD', note: null, untrusted: { header: 'Amount spent (AUD)' } },
      {
        index: 5,
        used_as: null,
        note: 'Means different things in different rows.',
        untrusted: { header: 'Results' },
      },
      { index: 6, used_as: null, note: 'The same name a second time.', untrusted: { header: 'Ad set name' } },
    ],
    rows: { total: 1_214, good: 1_214, bad: 0, totals: 0 },
    totals_check: [],
    bad_rows: [],
    sample: [0, 1, 2].map((n) => [
      { name: 'day', untrusted: { value: day(3 - n) } },
      { name: 'campaign', untrusted: { value: n === 1 ? HOSTILE : 'Summer prospecting DE' } },
      { name: 'spend', untrusted: { value: `${120 + n}.40` } },
      { name: 'impressions', untrusted: { value: '18213' } },
    ]),
    questions: [],
    can_store: true,
    imported_at: null,
    warnings: [],
    ...more,
  }
}

export function questions(): Preview {
  return preview({
    kind: 'platform_report',
    layout: 'TikTok Ads Manager, by campaign and day',
    platform: 'tiktok',
    level: 'campaign',
    account: null,
    currency: null,
    date_order: null,
    can_store: false,
    sample: [],
    questions: [
      {
        field: 'account_name',
        text: 'Which ad account is this?',
        options: [{ value: 'Northwind Outdoor', label: 'Northwind Outdoor' }],
      },
      {
        field: 'currency',
        text: 'In which currency are the amounts?',
        options: [
          { value: 'EUR', label: 'EUR' },
          { value: 'USD', label: 'USD' },
        ],
      },
      {
        field: 'date_order',
        text: 'Is 03/04/2026 the 3rd of April or the 4th of March?',
        options: [
          { value: 'dmy', label: '3 April 2026' },
          { value: 'mdy', label: '4 March 2026' },
        ],
      },
    ],
  })
}

export function withBadRows(): Preview {
  return preview({
    rows: { total: 1_217, good: 1_214, bad: 2, totals: 1 },
    totals_check: [
      { column: 'Amount spent', in_file: '18,204.11', summed: '18,102.90', is_equal: false },
      { column: 'Impressions', in_file: '1,356,884', summed: '1,356,884', is_equal: true },
    ],
    bad_rows: [
      {
        line: 17,
        reason: 'There is no day "2026-02-30".',
        untrusted: { text: 'Summer prospecting DE,2026-02-30,12.00' },
      },
      { line: 202, reason: 'The amount "12,3,4" is no number.', untrusted: { text: HOSTILE } },
    ],
    warnings: ['The sums differ from the file’s own totals: rows may be missing.'],
  })
}

type Stored = OutputOf<'commit_import'>['import']
export function stored(more: Partial<Stored> = {}): Stored {
  return {
    import_id: IMPORT,
    kind: 'platform_report',
    platform: 'meta',
    account_id: IMPORTED_ACCOUNT,
    bytes: 184_220,
    sha256: 'a'.repeat(64),
    state: 'done',
    rows_kept: 1_214,
    rows_refused: 0,
    rows_new: 1_100,
    rows_changed: 14,
    rows_same: 100,
    start_date: day(40),
    end_date: day(1),
    imported_at: ago(2 * HOUR_MS),
    untrusted: { file_name: 'Northwind-Outdoor-Ads-Nov-2026.csv' },
    ...more,
  }
}

export function fileHandlers(): Handlers {
  let received = 0
  return {
    begin_import: () => ({ import_id: IMPORT }),
    append_import: (input) => {
      received = input.offset + Buffer.from(input.base64, 'base64').length
      return { received_bytes: received }
    },
    preview_import: () => preview(),
    commit_import: () => ({ import: stored() }),
    cancel_import: () => ({}),
    remove_imported: () => ({}),
    list_imports: () => ({
      imports: [
        stored(),
        stored({
          import_id: importIdSchema.parse(`i_${'c'.repeat(16)}`),
          kind: 'orders',
          platform: null,
          account_id: null,
          rows_kept: 8_412,
          rows_refused: 3,
          untrusted: { file_name: 'orders_export.csv' },
        }),
        stored({
          import_id: importIdSchema.parse(`i_${'d'.repeat(16)}`),
          kind: 'rates',
          platform: null,
          account_id: null,
          state: 'storing',
          untrusted: { file_name: HOSTILE },
        }),
      ],
      orders: { count: 8_409, first_date: day(120), last_date: day(1) },
    }),
    get_exchange_rates: () => ({
      currencies: ['AUD', 'EUR', 'JPY', 'USD'],
      first_date: '2024-06-03',
      last_date: '2026-04-13',
      source: 'starter',
    }),
  }
}
export const refusedFile = fails(
  'invalid_input',
  'This is a web page saved as a spreadsheet, not a report. Nothing was stored.',
  'In the ads manager choose Export, then CSV or Excel.',
)
