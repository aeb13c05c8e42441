/**
 * The unified report a second time, by somebody else: DuckDB, over the exported Parquet, in SQL written from the contract (see report-sql.ts). Every
 * cell of every page has to be the same text.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox } from '../../main/platforms/sandbox/index.ts'
import { loadStarterRates } from '../../main/reporting/exchange/starter.ts'
import { exportReportData } from '../../main/reporting/export/export-report-data.ts'
import { crossPlatformReport } from '../../main/reporting/report/report.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { type Duck, type DuckRow, openDuck } from '../support/duck.ts'
import { handClock, type SyncRig, syncRig } from '../support/facts-rig.ts'
import { prepareReport, reportRows, reportTotals, type SqlReport } from '../support/report-sql.ts'
import { sandboxConnections } from '../support/sandbox-adapters.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

// The day after the last of the rates that come with the app.
const clock = handClock(Date.parse('2026-04-14T12:00:00Z'))
const period = { from: '2026-02-20', to: '2026-04-13' }
let rig: SyncRig
let duck: Duck
let close: () => Promise<void>

beforeAll(async () => {
  const sandbox = await startSandbox({ seed: 7, clock, size: 'demo' })
  const connections = sandboxConnections(sandbox, clock)
  rig = syncRig(undefined, { clock, connections: () => connections })
  const { rows } = await rig.run(60)
  if (rows < 40_000) throw new Error(`the sync brought ${rows} rows only`)
  loadStarterRates(rig.facts)
  const { folder } = await exportReportData(rig, {
    start_date: period.from,
    end_date: period.to,
    folder: makeTempFolder('export'),
  })
  duck = await openDuck(folder)
  await prepareReport(duck)
  close = async () => {
    duck.close()
    await sandbox.close()
  }
}, 120_000)
afterAll(() => close())

type Report = OutputOf<'get_cross_platform_report'>
type Row = Report['rows'][number]

function ask(input: InputOf<'get_cross_platform_report'>): Report {
  const parsed = OPERATIONS.get_cross_platform_report.input.parse(input)
  return OPERATIONS.get_cross_platform_report.output.parse(crossPlatformReport(rig, parsed))
}

/** All pages. */
function allOf(report: SqlReport, limit = 40): { readonly rows: readonly Row[]; readonly totals: Report['totals'] } {
  const input: InputOf<'get_cross_platform_report'> = {
    start_date: report.from,
    end_date: report.to,
    group_by: report.groupBy,
    limit,
    ...(report.byPlatform === undefined ? {} : { by_platform: report.byPlatform }),
    ...(report.attribution === undefined ? {} : { attribution: report.attribution }),
    ...(report.currency === undefined ? {} : { currency: report.currency }),
  }
  const rows: Row[] = []
  for (let cursor: string | undefined, page = 0; page < 1_000; page += 1) {
    const answer = ask({ ...input, ...(cursor === undefined ? {} : { cursor }) })
    rows.push(...answer.rows)
    if (answer.next_cursor === null) {
      if (rows.length !== answer.total) throw new Error(`${rows.length} rows came, ${answer.total} were promised`)
      return { rows, totals: answer.totals }
    }
    cursor = answer.next_cursor
  }
  throw new Error('paging did not end')
}

type Metrics = Row['metrics']
const shown = (metrics: Metrics): Record<string, unknown> => ({
  ...metrics,
  impressions: String(metrics.impressions),
  clicks: String(metrics.clicks),
  video_views: metrics.video_views === null ? null : String(metrics.video_views),
})
/** Both sides as "platform account entity date currency" → cells. */
function byKey(
  rows: readonly { readonly key: readonly (string | null)[]; readonly cells: unknown }[],
): Map<string, unknown> {
  const found = new Map(rows.map(({ key, cells }) => [key.map((part) => part ?? '-').join(' '), cells]))
  if (found.size !== rows.length) throw new Error('two rows have the same key')
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
const ours = (rows: readonly Row[], hasWindow: boolean) =>
  byKey(
    rows.map((row) => ({
      key: [row.platform, row.account_id, row.entity_id, row.date, row.currency],
      cells: { ...shown(row.metrics), window_status: hasWindow ? row.window.status : null },
    })),
  )
const theirs = (rows: readonly DuckRow[]) =>
  byKey(
    rows.map(({ platform, account_id, entity_id, date, currency, ...cells }) => ({
      key: [platform, account_id, entity_id, date, currency] as (string | null)[],
      cells,
    })),
  )

const groups: readonly Omit<SqlReport, 'from' | 'to'>[] = [
  { groupBy: 'platform' },
  { groupBy: 'account' },
  { groupBy: 'campaign' },
  { groupBy: 'ad_group' },
  { groupBy: 'ad' },
  { groupBy: 'date' },
  { groupBy: 'date', byPlatform: true },
  { groupBy: 'week' },
  { groupBy: 'week', byPlatform: true },
  { groupBy: 'month' },
  { groupBy: 'month', byPlatform: true },
]
const currencies = [undefined, 'EUR', 'USD', 'JPY'] as const
const cases = groups.flatMap((group) =>
  currencies.map((currency): SqlReport => ({ ...period, ...group, ...(currency === undefined ? {} : { currency }) })),
)
const titleOf = ({ groupBy, byPlatform, currency, attribution }: SqlReport): string =>
  [
    groupBy,
    ...(byPlatform === true ? ['and platform'] : []),
    currency ?? 'each currency',
    ...(attribution === undefined ? [] : [attribution]),
  ].join(' ')

describe('every cell is what DuckDB says', () => {
  test.each(cases.map((report) => [titleOf(report), report] as const))('by %s', async (_title, report) => {
    const answer = allOf(report)
    const expected = theirs(await reportRows(duck, report))
    expect(expected.size).toBeGreaterThan(1)
    expect(
      ours(
        answer.rows.filter((row) => !row.is_remainder),
        true,
      ),
    ).toEqual(expected)
    expect(
      byKey(
        answer.totals.map((total) => ({
          key: [null, null, null, null, total.currency],
          cells: { ...shown(total.metrics), window_status: total.window.status },
        })),
      ),
    ).toEqual(theirs(await reportTotals(duck, report)))
  })

  test.each(['click_1d', 'click_28d', 'click_7d_view_1d'] as const)(
    'by account, counted by %s',
    async (attribution) => {
      const report: SqlReport = { ...period, groupBy: 'account', attribution, currency: 'EUR' }
      expect(ours(allOf(report).rows, false)).toEqual(theirs(await reportRows(duck, report)))
    },
  )

  test.each(['ad_group', 'ad'] as const)('what has no %s is the difference of the levels', async (groupBy) => {
    const remainders = allOf({ ...period, groupBy }).rows.filter((row) => row.is_remainder)
    const of = (column: string, level: string) => `COALESCE(SUM(${column}) FILTER (level = '${level}'), 0)`
    const missing =
      await duck.rows(`SELECT account_id, decimal_text(half_away(spend, pow10(6 - places(currency))), places(currency)) AS spend,
        clicks::INTEGER AS clicks, conversions::DOUBLE / 1000000 AS conversions
      FROM (SELECT account_id, f.currency, ${of('spend_micros', 'campaign')} - ${of('spend_micros', groupBy)} AS spend,
          ${of('f.clicks', 'campaign')} - ${of('f.clicks', groupBy)} AS clicks,
          ${of('click_conversions_millionths', 'campaign')} - ${of('click_conversions_millionths', groupBy)} AS conversions
        FROM facts f JOIN accounts a USING (account_id) WHERE f.date BETWEEN DATE '${period.from}' AND DATE '${period.to}' GROUP BY ALL)
      WHERE spend <> 0 OR clicks <> 0 OR conversions <> 0 ORDER BY account_id`)
    expect(missing.length).toBeGreaterThan(0)
    expect(
      remainders
        .map((row) => ({
          account_id: row.account_id,
          spend: row.metrics.spend,
          clicks: row.metrics.clicks,
          conversions: row.metrics.conversions,
        }))
        .toSorted((a, b) => ((a.account_id ?? '') < (b.account_id ?? '') ? -1 : 1)),
    ).toEqual(missing)
  })

  test('is a comparison of something: several currencies, some without a rate, unknown cells, windows of each kind', async () => {
    const rows = await reportRows(duck, { ...period, groupBy: 'account', currency: 'EUR' })
    expect(rows.length).toBeGreaterThan(5)
    expect(new Set(rows.map((row) => row['currency'])).size).toBeGreaterThan(1)
    expect(new Set(rows.map((row) => row['window_status'])).size).toBeGreaterThan(1)
    expect(rows.some((row) => row['conversion_value_view'] === null)).toBe(true)
  })
})
