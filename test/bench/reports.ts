/**
 * The questions a report page asks, put to the product and to DuckDB on the same facts. Of each: the sums that the report is made of, row by row the
 * same on both sides, and the whole report as the window gets it from the thread that reads (with windows, maturity, notes, rounding). Both sides
 * must give the same answer.
 */
import type { ParsedInputOf, OutputOf } from '../../shared/operations.ts'
import { createReadWorker } from '../../main/reporting/worker/read-worker.ts'
import { dateOf } from '../../main/reporting/calendar.ts'
import { createReportReader, type ReportGroup, type ReportScope } from '../../main/store/report-query.ts'
import { openFactsReadOnly } from '../../main/store/open.ts'
import type { Engines } from './ingest.ts'
import { alternate, msText, say, table, type Times, verdict } from './measure.ts'
import type { DuckAnswer } from './other-engines.ts'
import type { ProductStore } from './product-store.ts'
import { FIRST_DAY, LAST_DAY, NOW_MS } from './world.ts'

type Report = OutputOf<'get_cross_platform_report'>
type ReportInput = ParsedInputOf<'get_cross_platform_report'>
type Reader = ReturnType<typeof createReportReader>

const clock = { nowMs: () => NOW_MS, monotonicMs: () => performance.now() }
const log = { info: () => undefined, error: (what: string, error?: unknown) => say(`${what}: ${String(error)}`) }

interface Question {
  readonly name: string
  /** Not more than so many times DuckDB's median. */
  readonly goalRatio: number
  readonly goalP95Ms: number
  readonly input: ReportInput
  /** What the report sums, by the store alone. */
  readonly sums: (reader: Reader, accountKeys: readonly number[]) => readonly ReportGroup[]
  /** The same rows in DuckDB. */
  readonly sumsSql: string
  /** The rows of the finished report, as far as sums go. */
  readonly sql: string
  /** Names a row of either answer. */
  readonly keyOf: (row: {
    readonly platform?: unknown
    readonly entity_id?: unknown
    readonly date?: unknown
  }) => string
}

const SUMMED = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'click_conversion_micros',
  'click_value_micros',
  'view_conversion_micros',
  'view_value_micros',
  'engaged_conversion_micros',
  'engaged_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
]
const SUMS = [
  'COUNT(*) AS facts',
  ...SUMMED.flatMap((name) => [`SUM(${name}) AS ${name}`, `COUNT(${name}) AS ${name}_known`]),
  'SUM(spend_micros) FILTER (click_value_micros IS NOT NULL) AS measured_spend_micros',
  'COUNT(click_window_days) AS window_known',
  'SUM(click_window_days) AS window_days',
  'SUM(click_window_days * click_window_days) AS window_squares',
  "COUNT(*) FILTER (window_source = 'approximated') AS window_approximated",
  "COUNT(*) FILTER (window_source = 'requested') AS window_requested",
].join(', ')

function questions(): readonly Question[] {
  const quarter = { startDay: LAST_DAY - 89, endDay: LAST_DAY }
  const history = { startDay: FIRST_DAY, endDay: LAST_DAY }
  const dates = ({ startDay, endDay }: typeof quarter) => ({ start_date: dateOf(startDay), end_date: dateOf(endDay) })
  const between = ({ startDay, endDay }: typeof quarter) => `day BETWEEN ${startDay} AND ${endDay}`
  const campaigns = (accountKeys: readonly number[], range: typeof quarter): ReportScope => ({
    accountKeys,
    level: 'campaign',
    ...range,
  })
  const accountDays = (range: typeof quarter): string =>
    `SELECT account_id, day, ${SUMS} FROM fact WHERE level = 'campaign' AND ${between(range)} GROUP BY account_id, day ORDER BY account_id, day`
  const top = `SELECT entity_id, ${SUMS} FROM fact WHERE level = 'ad' AND ${between(quarter)} GROUP BY entity_id, entity_key
    ORDER BY SUM(click_value_micros) / SUM(spend_micros) DESC NULLS LAST, entity_key LIMIT 50`
  const date = "strftime(DATE '1970-01-01' + day, '%Y-%m-%d')"
  const month = "strftime(date_trunc('month', DATE '1970-01-01' + day), '%Y-%m-%d')"
  const byPeriod: Question['keyOf'] = (row) => `${String(row.platform)} ${String(row.date)}`
  return [
    {
      name: '90 days, by platform and day',
      goalRatio: 1.5,
      goalP95Ms: 50,
      input: { ...dates(quarter), group_by: 'date', by_platform: true, limit: 1_500 },
      sums: (reader, keys) => reader.perAccountDay(campaigns(keys, quarter)),
      sumsSql: accountDays(quarter),
      sql: `SELECT platform, ${date} AS date, ${SUMS} FROM fact WHERE level = 'campaign' AND ${between(quarter)} GROUP BY platform, day ORDER BY day, platform`,
      keyOf: byPeriod,
    },
    {
      name: '90 days, top 50 ads by ROAS',
      goalRatio: 1.5,
      goalP95Ms: 50,
      input: { ...dates(quarter), group_by: 'ad', order_by: 'roas', limit: 50 },
      sums: (reader, keys) =>
        reader.perEntity(
          { accountKeys: keys, level: 'ad', ...quarter },
          {
            sort: 'roas',
            columns: { conversions: ['click_conversion_micros'], value: ['click_value_micros'] },
            limit: 50,
            offset: 0,
          },
        ).rows,
      sumsSql: top,
      sql: top,
      keyOf: (row) => String(row.entity_id),
    },
    {
      name: '730 days, by platform and month',
      goalRatio: 4,
      goalP95Ms: 500,
      input: { ...dates(history), group_by: 'month', by_platform: true, limit: 1_500 },
      sums: (reader, keys) => reader.perAccountDay(campaigns(keys, history)),
      sumsSql: accountDays(history),
      sql: `SELECT platform, ${month} AS date, ${SUMS} FROM fact WHERE level = 'campaign' AND ${between(history)} GROUP BY 1, 2 ORDER BY 2, 1`,
      keyOf: byPeriod,
    },
  ]
}

export interface Asker {
  ask(input: ReportInput): Promise<Report>
  /** All questions, one after the other. */
  everything(): Promise<void>
  close(): Promise<void>
}

/** Asks as the app does: in the thread that reads. */
export function createAsker({ file, key }: ProductStore): Asker {
  const worker = createReadWorker({ factsFile: file, factsKey: () => Uint8Array.from(key), clock, log })
  const ask = (input: ReportInput): Promise<Report> => worker.run('report', input, new AbortController().signal)
  return {
    ask,
    async everything() {
      for (const { input } of questions()) await ask(input)
    },
    close: () => worker.close(),
  }
}

/** @returns how many goals were missed */
export async function askReports({ product, duck }: Engines, rounds: number): Promise<number> {
  const asker = createAsker(product)
  const db = openFactsReadOnly(product.file, product.key)
  const reader = createReportReader(db)
  const accountKeys = db.prepare('SELECT account_key FROM account ORDER BY account_key').pluck().all() as number[]
  const lines: string[][] = []
  let missed = 0
  try {
    for (const question of questions()) {
      const askDuck = await duck.ask(question.sql)
      const askSums = await duck.ask(question.sumsSql)
      const report = await asker.ask(question.input)
      const rows = compare(question, report, await askDuck())
      compareSums(question.sums(reader, accountKeys), await askSums())
      const times = await alternate(
        {
          sums: () => question.sums(reader, accountKeys),
          duckSums: askSums,
          report: () => asker.ask(question.input),
          duck: askDuck,
        },
        rounds,
      )
      missed += lineOf(question, rows, times, lines)
    }
  } finally {
    db.close()
    await asker.close()
  }
  say(
    `Reports, encrypted, against DuckDB on the same facts (${rounds} times each, in turn; same answers checked), p50 ms`,
  )
  table(
    ['', 'rows', 'sums', 'DuckDB', 'sums : DuckDB', 'whole report', 'DuckDB', 'report : DuckDB', 'report p95'],
    lines,
  )
  return missed
}

function lineOf(
  { name, goalRatio, goalP95Ms }: Question,
  rows: number,
  { sums, duckSums, report, duck }: Readonly<Record<'sums' | 'duckSums' | 'report' | 'duck', Times>>,
  lines: string[][],
): number {
  const ratio = sums.p50 / duckSums.p50
  const whole = report.p50 / duck.p50
  lines.push([
    name,
    String(rows),
    msText(sums.p50),
    msText(duckSums.p50),
    verdict(ratio, goalRatio, 'x'),
    msText(report.p50),
    msText(duck.p50),
    `${whole.toFixed(1)}x`,
    verdict(report.p95, goalP95Ms, 'ms'),
  ])
  return [ratio > goalRatio, report.p95 > goalP95Ms].filter(Boolean).length
}

/** The report's rows say in decimals what DuckDB's sums say in micros. @throws Error where they differ */
function compare(question: Question, report: Report, answer: DuckAnswer): number {
  const ours = report.rows.filter((row) => !row.is_remainder).map((row) => question.keyOf(row) + textOf(row.metrics))
  const theirs = answer.map((row) => question.keyOf(row) + textOf(metricsOf(row)))
  const isOrdered = question.input.order_by !== undefined
  const [a, b] = isOrdered ? [ours, theirs] : [ours.toSorted(), theirs.toSorted()]
  const wrong = a.findIndex((text, k) => text !== b[k])
  if (a.length !== b.length || wrong !== -1)
    throw new Error(`${question.name}: ${a.length} rows against ${b.length}; "${a[wrong]}" is not "${b[wrong]}"`)
  return a.length
}

interface Shown {
  readonly spend: string
  readonly clicks: number
  readonly conversions: number | null
  readonly conversion_value: string | null
  readonly conversions_view: number | null
  readonly reported_conversions: number | null
}
const textOf = ({
  spend,
  clicks,
  conversions,
  conversion_value,
  conversions_view,
  reported_conversions,
}: Shown): string =>
  ` ${[spend, clicks, conversions, conversion_value, conversions_view, reported_conversions].join(' ')}`
function metricsOf(row: Readonly<Record<string, unknown>>): Shown {
  const number = (name: string): number => Number(row[name])
  const cents = (name: string): string => (number(name) / 1e6).toFixed(2)
  return {
    spend: cents('spend_micros'),
    clicks: number('clicks'),
    conversions: number('click_conversion_micros') / 1e6,
    conversion_value: cents('click_value_micros'),
    conversions_view: number('view_conversion_micros') / 1e6,
    reported_conversions: number('reported_conversion_micros') / 1e6,
  }
}

/** Every sum of all rows together. @throws Error where they differ */
function compareSums(groups: readonly ReportGroup[], answer: DuckAnswer): void {
  for (const name of SUMMED) {
    const ours = groups.reduce((sum, group) => sum + group.sums[name as keyof typeof group.sums], 0n)
    const theirs = answer.reduce((sum, row) => sum + BigInt(Number(row[name] ?? 0)), 0n)
    if (ours !== theirs) throw new Error(`${name}: ${ours} is not ${theirs}`)
  }
}
