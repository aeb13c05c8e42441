/**
 * The cross-platform report once more, as SQL over exported Parquet: written from the report's contract and its rounding rules, not from its
 * code. All arithmetic is HUGEINT; nothing here is a float but the count of conversions that is shown.
 */
import type { Attribution } from '../../shared/domain/attribution.ts'
import type { Duck, DuckRow } from './duck.ts'

export type SqlGroup = 'platform' | 'account' | 'campaign' | 'ad_group' | 'ad' | 'date' | 'week' | 'month'
export interface SqlReport {
  readonly from: string
  readonly to: string
  readonly groupBy: SqlGroup
  readonly byPlatform?: boolean
  readonly attribution?: Attribution
  readonly currency?: string
}

const MACROS = [
  // Half away from zero and half to even, of n ÷ d with d > 0.
  'CREATE MACRO half_away(n, d) AS (CASE WHEN n < 0 THEN -1 ELSE 1 END * ((2 * abs(n) + d) // (2 * d)))::HUGEINT',
  `CREATE MACRO half_even(n, d) AS (CASE WHEN n < 0 THEN -1 ELSE 1 END * (abs(n) // d
     + CASE WHEN 2 * (abs(n) % d) > d OR (2 * (abs(n) % d) = d AND (abs(n) // d) % 2 = 1) THEN 1 ELSE 0 END))::HUGEINT`,
  'CREATE MACRO pow10(p) AS ([1, 10, 100, 1000, 10000, 100000, 1000000][p + 1])::HUGEINT',
  // 12345 with 2 places is "123.45".
  `CREATE MACRO decimal_text(n, p) AS (CASE WHEN n < 0 THEN '-' ELSE '' END || (abs(n) // pow10(p))::VARCHAR
     || CASE WHEN p = 0 THEN '' ELSE '.' || lpad((abs(n) % pow10(p))::VARCHAR, p, '0') END)`,
  "CREATE MACRO places(c) AS (CASE WHEN c = 'JPY' THEN 0 WHEN c = 'KWD' THEN 3 ELSE 2 END)",
  // A sum in 10^-12 micros, written in the currency's own unit.
  `CREATE MACRO written(fine, c, is_converted) AS decimal_text(CASE WHEN is_converted THEN half_even(fine, 1000000000000::HUGEINT * pow10(6 - places(c)))
     ELSE half_away(fine // 1000000000000::HUGEINT, pow10(6 - places(c))) END, places(c))`,
  // A price per piece: cut to the micro, then rounded half away from zero.
  `CREATE MACRO per_piece(fine, pieces, c) AS CASE WHEN pieces IS NULL OR pieces = 0 THEN NULL
     ELSE decimal_text(half_away(fine // (pieces * 1000000000000::HUGEINT), pow10(6 - places(c))), places(c)) END`,
  `CREATE MACRO share_of(n, d, p) AS CASE WHEN n IS NULL OR d IS NULL OR d = 0 THEN NULL
     ELSE decimal_text(half_away(n * pow10(p), d), p) END`,
] // prettier-ignore

export async function prepareReport(duck: Duck): Promise<void> {
  for (const macro of MACROS) await duck.rows(macro)
  await duck.rows(`CREATE TABLE facts AS SELECT * REPLACE (date::DATE AS date)
    FROM read_parquet('facts/*/*/facts.parquet', hive_partitioning = true)`)
  await duck.rows("CREATE TABLE accounts AS SELECT * FROM 'accounts.parquet' WHERE is_listed")
  await duck.rows(
    `CREATE TABLE rates AS SELECT currency, day, per_euro_e8::HUGEINT AS per_euro FROM 'exchange_rates.parquet'`,
  )
}

interface Counted {
  readonly conversions: readonly string[]
  readonly value: readonly string[]
}
const COUNTED: Readonly<Record<Attribution, Counted>> = {
  click_7d: { conversions: ['click_conversions_millionths'], value: ['click_value_micros'] },
  click_1d: { conversions: ['click_1d_conversions_millionths'], value: ['click_1d_value_micros'] },
  click_28d: { conversions: ['click_28d_conversions_millionths'], value: ['click_28d_value_micros'] },
  click_7d_view_1d: {
    conversions: ['click_conversions_millionths', 'view_conversions_millionths'],
    value: ['click_value_micros', 'view_value_micros'],
  },
}

const PERIOD = {
  date: 'f.date',
  week: "date_trunc('week', f.date)",
  month: "date_trunc('month', f.date)",
} as const

/** What makes two facts part of one row, besides the currency: platform, account, entity, first day. */
function keysOf({ groupBy, byPlatform = false }: SqlReport): readonly [string, string, string, string] {
  if (groupBy === 'platform') return ['f.platform', 'NULL', 'NULL', 'NULL']
  if (groupBy === 'account') return ['f.platform', 'f.account_id', 'NULL', 'NULL']
  if (groupBy === 'date' || groupBy === 'week' || groupBy === 'month')
    return [byPlatform ? 'f.platform' : 'NULL', 'NULL', 'NULL', `strftime(${PERIOD[groupBy]}, '%Y-%m-%d')`]
  return ['f.platform', 'f.account_id', 'f.entity_id', 'NULL']
}
const levelOf = (groupBy: SqlGroup): string => (groupBy === 'ad_group' || groupBy === 'ad' ? groupBy : 'campaign')

/** One row per group and currency, in the words of the report; or the totals, one row per currency. */
export function reportSql(report: SqlReport, rows: 'rows' | 'totals'): string {
  const keys = rows === 'totals' ? (['NULL', 'NULL', 'NULL', 'NULL'] as const) : keysOf(report)
  const level = rows === 'totals' ? 'campaign' : levelOf(report.groupBy)
  const counted = COUNTED[report.attribution ?? 'click_7d']
  const offers = (columns: readonly string[], basis: string): string =>
    `COUNT(${basis}) = 0 OR (${columns.map((name) => `COUNT(${name}) > 0`).join(' AND ')})`
  const added = (columns: readonly string[]): string => columns.map((name) => `COALESCE(f.${name}, 0)`).join(' + ')
  const [firstConversion = '', firstValue = ''] = [counted.conversions[0], counted.value[0]]
  const target = report.currency === undefined ? 'NULL' : `'${report.currency}'`
  return `
WITH period AS (SELECT f.* FROM facts f JOIN accounts a USING (account_id) WHERE f.date BETWEEN DATE '${report.from}' AND DATE '${report.to}'),
plan AS (SELECT account_id, ${offers(counted.conversions, 'click_conversions_millionths')} AS has_conversions,
    ${offers(counted.value, 'click_value_micros')} AS has_value FROM period WHERE level = 'campaign' GROUP BY account_id),
-- The last publication of the week before; the euro is one euro.
dated AS (SELECT DISTINCT currency, date FROM period WHERE level = 'campaign'),
wanted AS (SELECT currency, date FROM dated UNION SELECT ${target}, date FROM dated),
known AS (SELECT w.currency, w.date, CASE WHEN w.currency = 'EUR' THEN 100000000::HUGEINT ELSE arg_max(r.per_euro, r.day) END AS per_euro
  FROM wanted w LEFT JOIN rates r ON r.currency = w.currency AND r.day BETWEEN w.date - 7 AND w.date GROUP BY w.currency, w.date),
cross_rate AS (SELECT d.currency, d.date, half_even(t.per_euro * 1000000000000::HUGEINT, o.per_euro) AS fine
  FROM dated d JOIN known o ON o.currency = d.currency AND o.date = d.date JOIN known t ON t.currency = ${target} AND t.date = d.date),
-- A currency that lacks one day's rate is kept apart altogether.
shown AS (SELECT currency, bool_and(fine IS NOT NULL) AND currency <> ${target} AS is_converted FROM dated LEFT JOIN cross_rate USING (currency, date) GROUP BY currency),
priced AS (SELECT f.*, p.has_conversions, p.has_value, CASE WHEN s.is_converted THEN ${target} ELSE f.currency END AS shown_in,
    CASE WHEN s.is_converted THEN c.fine ELSE 1000000000000::HUGEINT END AS rate, coalesce(s.is_converted, false) AS is_converted
  FROM period f JOIN plan p USING (account_id) JOIN shown s ON s.currency = f.currency LEFT JOIN cross_rate c ON c.currency = f.currency AND c.date = f.date
  WHERE f.level = '${level}'),
sums AS (SELECT ${keys[0]} AS platform, ${keys[1]} AS account_id, ${keys[2]} AS entity_id, ${keys[3]} AS date, f.shown_in AS currency,
    COUNT(*) AS facts, bool_or(f.is_converted) AS is_converted, SUM(f.spend_micros * f.rate) AS spend,
    SUM(f.impressions) AS impressions, SUM(f.clicks) AS clicks, SUM(f.video_views) AS video_views,
    SUM(${added(counted.conversions)}) FILTER (f.has_conversions) AS conversions,
    COUNT(f.${firstConversion}) FILTER (f.has_conversions) AS conversions_known,
    SUM((${added(counted.value)}) * f.rate) FILTER (f.has_value) AS value, COUNT(f.${firstValue}) FILTER (f.has_value) AS value_known,
    COALESCE(SUM(f.spend_micros * f.rate) FILTER (f.has_value AND f.click_value_micros IS NOT NULL), 0) AS measured,
    SUM(f.view_conversions_millionths) AS view_conversions, SUM(f.view_value_micros * f.rate) AS view_value,
    SUM(f.engaged_view_conversions_millionths) AS engaged_conversions, SUM(f.engaged_view_value_micros * f.rate) AS engaged_value,
    SUM(f.reported_conversions_millionths) AS reported_conversions, SUM(f.reported_value_micros * f.rate) AS reported_value,
    COUNT(*) FILTER (NOT f.has_conversions) AS unavailable, COUNT(DISTINCT f.click_window_days) AS windows, COUNT(f.click_window_days) AS windows_known,
    MIN(f.click_window_days) AS window_days, COUNT(*) FILTER (f.window_source = 'approximated') AS approximated
  FROM priced f GROUP BY ALL),
known_sums AS (SELECT * REPLACE (CASE WHEN conversions_known > 0 THEN conversions END AS conversions, CASE WHEN value_known > 0 THEN value END AS value) FROM sums)
SELECT platform, account_id, entity_id, date, currency,
  written(spend, currency, is_converted) AS spend, impressions::VARCHAR AS impressions, clicks::VARCHAR AS clicks, video_views::VARCHAR AS video_views,
  share_of(clicks, impressions, 6) AS ctr, per_piece(spend, clicks, currency) AS cpc, per_piece(spend * 1000, impressions, currency) AS cpm,
  conversions::DOUBLE / 1000000 AS conversions, written(value, currency, is_converted) AS conversion_value,
  per_piece(spend * 1000000, conversions, currency) AS cpa, share_of(value, spend, 2) AS roas,
  written(measured, currency, is_converted) AS measured_spend, share_of(value, measured, 2) AS roas_measured,
  view_conversions::DOUBLE / 1000000 AS conversions_view, written(view_value, currency, is_converted) AS conversion_value_view,
  engaged_conversions::DOUBLE / 1000000 AS conversions_engaged_view, written(engaged_value, currency, is_converted) AS conversion_value_engaged_view,
  reported_conversions::DOUBLE / 1000000 AS reported_conversions, written(reported_value, currency, is_converted) AS reported_conversion_value,
  share_of(reported_value, spend, 2) AS reported_roas,
  ${(report.attribution ?? 'click_7d') === 'click_7d' ? WINDOW_STATUS : 'NULL'} AS window_status
FROM known_sums`
}

/** Of 7-day clicks alone. */
const WINDOW_STATUS = `CASE WHEN conversions_known = 0 THEN CASE WHEN unavailable > 0 THEN 'not_available' ELSE 'unknown' END
    WHEN unavailable > 0 THEN 'mixed' WHEN windows_known = 0 THEN 'own_window' WHEN windows > 1 OR windows_known < facts THEN 'mixed'
    WHEN window_days <> 7 THEN 'own_window' WHEN approximated = 0 THEN 'exact' WHEN approximated = facts THEN 'approximated' ELSE 'mixed' END`

export const reportRows = (duck: Duck, report: SqlReport): Promise<readonly DuckRow[]> =>
  duck.rows(reportSql(report, 'rows'))
export const reportTotals = (duck: Duck, report: SqlReport): Promise<readonly DuckRow[]> =>
  duck.rows(reportSql(report, 'totals'))
