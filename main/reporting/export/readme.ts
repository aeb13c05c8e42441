/** README.txt of an export: what its columns mean, and the unified report as SQL. Pure text. */
import {
  ACCOUNT_COLUMNS,
  type ExportColumn,
  FACT_COLUMNS,
  ORDER_COLUMNS,
  RATE_COLUMNS,
  TOUCH_COLUMNS,
} from './columns.ts'

/** In DuckDB's dialect, run in the folder of the export. Every other SQL engine needs another first line of FROM only. */
export const REPORT_SQL = `SELECT platform, currency,
  SUM(spend_micros) / 1000000 AS spend,
  SUM(impressions) AS impressions,
  SUM(clicks) AS clicks,
  SUM(click_conversions_millionths) / 1000000 AS conversions,
  SUM(click_value_micros) / 1000000 AS conversion_value,
  ROUND(SUM(click_value_micros) / NULLIF(SUM(spend_micros), 0), 2) AS roas,
  SUM(view_conversions_millionths) / 1000000 AS conversions_view,
  SUM(view_value_micros) / 1000000 AS conversion_value_view,
  SUM(reported_conversions_millionths) / 1000000 AS reported_conversions,
  ROUND(SUM(reported_value_micros) / NULLIF(SUM(spend_micros), 0), 2) AS reported_roas
FROM read_parquet('facts/*/*/facts.parquet', hive_partitioning = true)
WHERE level = 'campaign'
GROUP BY platform, currency
ORDER BY platform, currency;`

export interface ReadmeInput {
  readonly start_date: string
  readonly end_date: string
  readonly exportedAtMs: number
  readonly facts: number
  readonly orders: number
}

export function readmeOf({ start_date, end_date, exportedAtMs, facts, orders }: ReadmeInput): string {
  return `SpendSignoff Desktop: metric facts from ${start_date} to ${end_date}
Exported ${new Date(exportedAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC: ${facts} facts, ${orders} orders.

These files are not encrypted. Whoever has them can read them.

All files are Parquet, compressed with Snappy. Money is an exact integer of millionths of the currency unit ("micros"), a conversion an
exact integer of millionths of a conversion. An empty value (NULL) means that the platform does not say, which is not zero. Days are days in
the account's own time zone. Names are as others wrote them: take them for text, never for a formula or a command.

The unified report (DuckDB; start it in this folder)
----------------------------------------------------
${REPORT_SQL}

Conversions are those after a click, by the window in click_window_days; view-through has columns of its own and is never added in.
Currencies are kept apart: exchange_rates.parquet has what converting them needs.

${table('facts/platform=<platform>/date=<YYYY-MM-DD>/facts.parquet', 'One row per entity, level and day; platform and date are in the path (Hive partitions).', FACT_COLUMNS)}
${table('accounts.parquet', 'One row per ad account.', ACCOUNT_COLUMNS)}
${table('orders.parquet', 'One row per imported order of these days.', ORDER_COLUMNS)}
${table('touches.parquet', 'Clicks, views and claims before those orders.', TOUCH_COLUMNS)}
${table('exchange_rates.parquet', 'Rates of these days and of the month before them. One euro is one euro: it has no row.', RATE_COLUMNS)}`
}

function table(title: string, about: string, columns: readonly ExportColumn[]): string {
  const width = Math.max(...columns.map(({ name }) => name.length))
  const lines = columns.map((column) => `  ${column.name.padEnd(width)}  ${column.about}`)
  return `${title}\n${'-'.repeat(title.length)}\n${about}\n\n${lines.join('\n')}\n`
}
