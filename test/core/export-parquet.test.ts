/** What leaves the app is what is stored: read back by two readers that nobody here wrote. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dayOf } from '../../main/reporting/calendar.ts'
import { exportReportData, type ExportResult } from '../../main/reporting/export/export-report-data.ts'
import { REPORT_SQL } from '../../main/reporting/export/readme.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { type FactsDb } from '../../main/store/open.ts'
import { PLATFORMS } from '../../shared/domain/ids.ts'
import { type Duck, openDuck } from '../support/duck.ts'
import { connectionsOf, DAY_MS, type SyncRig, syncRig, threePaperPlatforms } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const range = { start_date: '2026-11-01', end_date: '2026-11-22' }
let rig: SyncRig
let folder: string
let result: ExportResult
let duck: Duck

beforeAll(async () => {
  const platforms = threePaperPlatforms()
  rig = syncRig(platforms[0], { connections: () => connectionsOf(platforms) })
  await rig.run(40)
  // One day moves after it was first seen, so that the first_ columns hold something.
  rig.clock.advance(DAY_MS)
  for (const platform of platforms)
    for (const id of platform.entities.keys()) platform.patches.set(`${id} 2026-11-20`, { spendMicros: 77_000_000n })
  await rig.run(40)
  storeOrders(rig.facts)
  folder = join(makeTempFolder('export'), 'new', 'folder')
  result = await exportReportData(rig, { ...range, folder })
  duck = await openDuck(result.folder)
}, 60_000)
afterAll(() => duck.close())

const day = (date: string): number => dayOf(date) ?? 0

function storeOrders(facts: FactsDb): void {
  const order = facts.prepare(
    `INSERT INTO shop_order (order_id, row_hash, raw_order_id, at_s, day, updated_at_s, net_value_micros, currency, is_test, import_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'EUR', ?, 'i')`,
  )
  const at = (date: string): number => Date.parse(`${date}T10:00:00Z`) / 1000
  const rows: readonly [string, string, string, string, number | bigint, number][] = [
    ['1001', 'a', '2026-11-02', '2026-11-02', 100_000_000, 0],
    ['1001', 'b', '2026-11-02', '2026-11-09', 95_000_000, 0], // refunded in part a week later
    ['1002', 'a', '2026-11-03', '2026-11-03', 10_000_000, 0],
    ['1002', 'b', '2026-11-03', '2026-11-03', 20_000_000, 0], // the same time: the larger value
    ['1003', 'a', '2026-11-04', '2026-11-05', 0, 0],
    ['1004', 'a', '2026-11-05', '2026-11-05', 9_007_199_254_740_993n, 1],
    ['1005', 'a', '2026-11-06', '2026-11-06', 1_000_000, 0],
    ['1005', 'b', '2026-10-06', '2026-11-07', 1_000_000, 0], // its newest version lies before the range
  ]
  for (const [id, hash, ordered, updated, value, isTest] of rows)
    order.run(id, hash, `#${id}`, at(ordered), day(ordered), at(updated), value, isTest)
  facts.exec(`INSERT INTO shop_touch VALUES ('1001', 't1', 'click', 'gclid', 'CjwK', ${at('2026-11-01')}, 'google', 'cpc', '=1+1', NULL, NULL, 'i'),
    ('1001', 't2', 'view', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'meta', 'i'), ('1005', 't3', 'click', NULL, NULL, NULL, 'x', 'cpc', NULL, NULL, NULL, 'i')`)
  facts.exec('DELETE FROM exchange_rate')
  facts.exec(`INSERT INTO exchange_rate VALUES ('USD', ${day('2026-10-02')}, 117110000, 'import'), ('USD', ${day('2026-11-22')}, 116840000, 'starter'),
    ('USD', ${day('2026-11-23')}, 1, 'starter'), ('JPY', ${day('2026-08-01')}, 1, 'starter')`)
}

/** Every file below a folder, with its bytes. */
function filesIn(path: string): readonly [string, number][] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [join(entry.parentPath, entry.name), statSync(join(entry.parentPath, entry.name)).size])
}

describe('the facts', () => {
  test('come back to the last micro and the last unknown, all levels, all columns', async () => {
    const stored = rig.facts
      .prepare(
        `SELECT a.platform, f.day, a.account_id, e.type, e.entity_id, e.name, e.parent_id,
           CASE e.type WHEN 'campaign' THEN e.entity_id WHEN 'ad_group' THEN e.parent_id ELSE p.parent_id END, a.currency,
           spend_micros, impressions, clicks, video_views, reach,
           click_conversion_micros, click_value_micros, view_conversion_micros, view_value_micros, engaged_conversion_micros, engaged_value_micros,
           click_1d_conversion_micros, click_1d_value_micros, click_28d_conversion_micros, click_28d_value_micros,
           reported_conversion_micros, reported_value_micros, f.click_window_days, f.view_window_days, window_source, f.fetched_at_ms,
           first_seen_at_ms, first_spend_micros, first_click_conversion_micros, first_click_value_micros, d.was_over, d.is_final
         FROM metric_fact f JOIN entity e USING (entity_key) JOIN account a USING (account_key) LEFT JOIN entity p ON p.entity_id = e.parent_id
         LEFT JOIN fetched_day d ON d.account_key = a.account_key AND d.level = e.type AND d.day = f.day
         WHERE f.day BETWEEN ? AND ? ORDER BY e.entity_id, f.day`,
      )
      .safeIntegers()
      .raw()
      .all(day(range.start_date), day(range.end_date)) as unknown[][]
    const exported = await duck.rows(
      `SELECT platform, (date - DATE '1970-01-01')::BIGINT, account_id, level, entity_id, entity_name, parent_id, campaign_id, currency,
         * EXCLUDE (platform, date, account_id, level, entity_id, entity_name, parent_id, campaign_id, currency)
         REPLACE (epoch_ms(fetched_at) AS fetched_at, epoch_ms(first_seen_at) AS first_seen_at, is_over::BIGINT AS is_over, is_final::BIGINT AS is_final)
       FROM read_parquet('facts/*/*/facts.parquet', hive_partitioning = true) ORDER BY entity_id, date`,
    )
    expect(stored.length).toBe(2 * 3 * (3 + 6 + 12) * 22)
    expect(exported.map((row) => Object.values(row))).toEqual(stored)
    // Not a table of nothings: something moved, something is unknown, and large numbers are there.
    expect(stored.some((row) => row[31] !== null)).toBe(true)
    expect(stored.every((row) => row[18] === null)).toBe(true)
  })

  test('lie in one file per platform and day, and the answer counts what is on the disk', async () => {
    const partitions = await duck.rows(
      "SELECT platform, date::VARCHAR AS date, COUNT(*) AS n FROM read_parquet('facts/*/*/facts.parquet', hive_partitioning = true) GROUP BY ALL ORDER BY ALL",
    )
    expect(partitions.length).toBe(3 * 22)
    expect(partitions[0]).toEqual({ platform: 'google_ads', date: '2026-11-01', n: 42n })
    const files = filesIn(result.folder)
    expect(result.files).toBe(files.length)
    expect(result.bytes).toBe(files.reduce((sum, [, bytes]) => sum + bytes, 0))
    expect(files.length).toBe(3 * 22 + 5)
    expect(existsSync(join(result.folder, 'facts/platform=meta/date=2026-11-22/facts.parquet'))).toBe(true)
  })

  test('have types that need no guessing: integers, UTC times, flags', async () => {
    const types = await duck.rows(
      "DESCRIBE SELECT * EXCLUDE (platform, date) FROM read_parquet('facts/*/*/facts.parquet', hive_partitioning = true)",
    )
    const typeOf = new Map(types.map((row) => [row['column_name'], row['column_type']]))
    expect(typeOf.get('spend_micros')).toBe('BIGINT')
    expect(typeOf.get('click_28d_value_micros')).toBe('BIGINT')
    expect(typeOf.get('fetched_at')).toBe('TIMESTAMP WITH TIME ZONE')
    expect(typeOf.get('is_final')).toBe('BOOLEAN')
    expect(typeOf.get('window_source')).toBe('VARCHAR')
    expect(types.filter((row) => row['column_type'] === 'DOUBLE')).toEqual([])
  })

  test('are read by another reader too', async () => {
    const bytes = readFileSync(join(result.folder, 'facts/platform=tiktok/date=2026-11-20/facts.parquet'))
    const rows = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer })
    expect(rows.length).toBe(42)
    expect(rows.every((row) => row['spend_micros'] === 77_000_000n && row['engaged_view_value_micros'] === null)).toBe(
      true,
    )
    expect(rows.every((row) => row['first_seen_at'] instanceof Date && row['is_over'] === true)).toBe(true)
  })

  test('the SQL of README.txt gives what the app says', async () => {
    expect(readFileSync(join(result.folder, 'README.txt'), 'utf8')).toContain(REPORT_SQL)
    const rows = await duck.rows(REPORT_SQL)
    const says = PLATFORMS.toSorted().map((platform) => {
      const ids = rig.facts.prepare('SELECT account_id FROM account WHERE platform = ?').pluck().all(platform)
      const { totals } = queryMetrics(rig, {
        metrics: ['spend', 'clicks', 'conversions', 'roas', 'conversions_view', 'reported_roas'],
        account_ids: ids as never,
        ...range,
      })
      return totals[0]
    })
    expect(rows.map((row) => [row['currency'], row['spend'], Number(row['clicks']), row['conversions']])).toEqual(
      says.map((total) => [
        total?.currency,
        Number(total?.metrics.spend),
        total?.metrics.clicks,
        total?.metrics.conversions,
      ]),
    )
    expect(rows.map((row) => [row['roas'], row['conversions_view'], row['reported_roas']])).toEqual(
      says.map((total) => [Number(total?.metrics.roas), total?.metrics.conversions_view, null]),
    )
  })
})

describe('the other tables', () => {
  test('one row per order: the newest version, then the larger value; what counts for nothing says so', async () => {
    expect(
      await duck.rows(
        "SELECT order_id, raw_order_id, strftime(day, '%Y-%m-%d') AS day, net_value_micros AS value, is_excluded AS out, epoch_ms(ordered_at) AS at FROM 'orders.parquet' ORDER BY order_id",
      ),
    ).toEqual([
      {
        order_id: '1001',
        raw_order_id: '#1001',
        day: '2026-11-02',
        value: 95_000_000n,
        out: false,
        at: at('2026-11-02'),
      },
      {
        order_id: '1002',
        raw_order_id: '#1002',
        day: '2026-11-03',
        value: 20_000_000n,
        out: false,
        at: at('2026-11-03'),
      },
      { order_id: '1003', raw_order_id: '#1003', day: '2026-11-04', value: 0n, out: true, at: at('2026-11-04') },
      {
        order_id: '1004',
        raw_order_id: '#1004',
        day: '2026-11-05',
        value: 9_007_199_254_740_993n,
        out: true,
        at: at('2026-11-05'),
      },
    ])
    expect(
      await duck.rows(
        "SELECT order_id, kind, click_id, touched_at IS NULL AS undated, claimed_by FROM 'touches.parquet'",
      ),
    ).toEqual([
      { order_id: '1001', kind: 'click', click_id: 'CjwK', undated: false, claimed_by: null },
      { order_id: '1001', kind: 'view', click_id: null, undated: true, claimed_by: 'meta' },
    ])
  })

  test('the accounts, and the rates that the days may use', async () => {
    const [first, ...more] = await duck.rows(
      "SELECT account_id, platform, currency, time_zone, is_listed, restatement_days, strftime(complete_through, '%Y-%m-%d') AS through FROM 'accounts.parquet'",
    )
    expect(first).toEqual({
      account_id: 'google_ads:7000000000000000001',
      platform: 'google_ads',
      currency: 'USD',
      time_zone: 'Europe/Berlin',
      is_listed: true,
      restatement_days: 90n,
      through: '2026-11-23',
    })
    expect(more.length).toBe(5)
    expect(
      await duck.rows(
        "SELECT currency, day::VARCHAR AS day, per_euro_e8 AS rate, source FROM 'exchange_rates.parquet'",
      ),
    ).toEqual([
      { currency: 'USD', day: '2026-10-02', rate: 117_110_000n, source: 'import' },
      { currency: 'USD', day: '2026-11-22', rate: 116_840_000n, source: 'starter' },
    ])
  })
})
const at = (date: string): bigint => BigInt(Date.parse(`${date}T10:00:00Z`))

describe('the folder', () => {
  const refused = expect.objectContaining({ code: 'invalid_value' })

  test('is a new one each time, readable by this user alone', async () => {
    expect(result.folder).toBe(join(folder, 'spendsignoff-2026-11-24-1'))
    const again = await exportReportData(rig, { ...range, start_date: range.end_date, folder })
    expect(again.folder).toBe(join(folder, 'spendsignoff-2026-11-24-2'))
    expect(readdirSync(folder).toSorted()).toEqual(['spendsignoff-2026-11-24-1', 'spendsignoff-2026-11-24-2'])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(again.folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(again.folder, 'accounts.parquet')).mode & 0o777).toBe(0o600)
  })

  test('never replaces, follows or fills what is there', async () => {
    const base = makeTempFolder('export')
    const elsewhere = makeTempFolder('elsewhere')
    mkdirSync(join(base, 'spendsignoff-2026-11-24-1'))
    writeFileSync(join(base, 'spendsignoff-2026-11-24-1', 'mine.txt'), 'mine')
    symlinkSync(elsewhere, join(base, 'spendsignoff-2026-11-24-2'))
    symlinkSync(elsewhere, join(base, '.spendsignoff-2026-11-24-3.unfinished'))
    const made = await exportReportData(rig, { ...range, start_date: range.end_date, folder: base })
    expect(made.folder).toBe(join(base, 'spendsignoff-2026-11-24-4'))
    expect(readdirSync(join(base, 'spendsignoff-2026-11-24-1'))).toEqual(['mine.txt'])
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test('must be a folder, named in full', async () => {
    const base = makeTempFolder('export')
    writeFileSync(join(base, 'file'), '')
    await expect(exportReportData(rig, { ...range, folder: 'exports' })).rejects.toEqual(refused)
    await expect(exportReportData(rig, { ...range, folder: join(base, 'file') })).rejects.toEqual(refused)
    await expect(exportReportData(rig, { ...range, folder: join(base, 'file', 'below') })).rejects.toEqual(refused)
    expect(readdirSync(base)).toEqual(['file'])
  })

  test('is gone without a trace when the export is cancelled half-way', async () => {
    const base = makeTempFolder('export')
    const stop = new AbortController()
    let seen: readonly string[] = []
    const watch = setInterval(() => {
      seen = readdirSync(base)
      if (filesIn(base).length > 5) stop.abort()
    }, 1)
    await expect(exportReportData({ ...rig, signal: stop.signal }, { ...range, folder: base })).rejects.toEqual(
      expect.objectContaining({ code: 'cancelled' }),
    )
    clearInterval(watch)
    // While it ran nothing looked finished.
    expect(seen).toEqual(['.spendsignoff-2026-11-24-1.unfinished'])
    expect(readdirSync(base)).toEqual([])
    expect(rig.facts.inTransaction).toBe(false)
  })

  test('is not made for days that hold nothing, or that are no range', async () => {
    const base = makeTempFolder('export')
    const ask = (start_date: string, end_date: string) => exportReportData(rig, { start_date, end_date, folder: base })
    await expect(ask('2019-01-01', '2019-02-01')).rejects.toEqual(expect.objectContaining({ code: 'not_synced' }))
    await expect(ask('2026-11-22', '2026-11-01')).rejects.toEqual(expect.objectContaining({ code: 'invalid_input' }))
    await expect(ask('2026-02-30', '2026-11-01')).rejects.toEqual(expect.objectContaining({ code: 'invalid_input' }))
    await expect(ask('2001-01-01', '2026-11-01')).rejects.toEqual(expect.objectContaining({ code: 'range_too_long' }))
    expect(readdirSync(base)).toEqual([])
  })
})
