import { describe, expect, test } from 'vitest'
import { readTable } from '../../main/imports/bytes.ts'
import { explainUnknown } from '../../main/imports/detect.ts'
import { parseTable } from '../../main/imports/layouts.ts'
import { metaSetting } from '../../main/imports/meta-setting.ts'
import { fixture, readReport, type Report, spendOf } from '../support/read-export.ts'

const asked = (report: Report): string[] => report.questions.map(({ field }) => field)
const optionsOf = (report: Report): string[] =>
  report.questions.flatMap(({ options }) => options.map(({ value }) => value))

describe('which platform', () => {
  test('names that fit two platforms alike are asked for', async () => {
    const report = await readReport(
      'Date,Cost,Impressions,Clicks,Currency,Ad ID,Campaign ID\n2026-01-01,1.00,5,1,EUR,7,3\n',
    )
    expect(asked(report)).toEqual(['platform'])
    expect(optionsOf(report)).toEqual(['google_ads', 'tiktok'])
    expect(
      (
        await readReport('Date,Cost,Impressions,Clicks,Currency,Ad ID,Campaign ID\n2026-01-01,1.00,5,1,EUR,7,3\n', {
          platform: 'tiktok',
        })
      ).platform,
    ).toBe('tiktok')
  })

  test('case, plural, order and unknown columns do not matter', async () => {
    const report = await readReport(
      'CURRENCY CODE,my column,IMPRESSION,campaigns,click,cost,DAY\nEUR,x,5,A,1,2.50,2026-01-01\n',
    )
    expect([report.platform, spendOf(report), report.questions]).toEqual(['google_ads', 2_500_000n, []])
  })

  test('what is not a platform’s report is not read as one', async () => {
    const table = await readTable(Buffer.from('sku,stock,price\na,1,2\n'), 'x.csv')
    expect(parseTable(table, {})).toBeUndefined()
    expect(explainUnknown(table)).toContain('"sku", "stock", "price"')
  })

  test('another kind or platform that was chosen is respected', async () => {
    const table = await readTable(fixture('meta/ads-by-day.csv'), 'x.csv')
    expect(parseTable(table, { kind: 'platform_report', platform: 'tiktok' })).toBeUndefined()
  })
})

describe('Meta’s attribution setting', () => {
  test.each([
    ['7-day click', { kind: 'click', days: 7 }],
    ['1-day click', { kind: 'click', days: 1 }],
    ['28-day click', { kind: 'click', days: 28 }],
    ['7d_click', { kind: 'click', days: 7 }],
    ['Clic à 7 jours', { kind: 'click', days: 7 }],
    ['7-day click or 1-day view', { kind: 'mixed' }],
    ['7-day click, 1-day view, or 1-day engaged-view', { kind: 'mixed' }],
    ['1-day view', { kind: 'mixed' }],
    ['All conversions', { kind: 'mixed' }],
    ['Incremental', { kind: 'incremental' }],
    ['Incremental attribution', { kind: 'incremental' }],
    ['-', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
  ] as const)('%s', (text, setting) => {
    expect(metaSetting(text)).toEqual(setting)
  })

  test('rows of one ad and day that count differently are not one number of clicks', async () => {
    const header =
      'Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Attribution setting,Purchases,Purchases conversion value'
    const report = await readReport(
      `${header}\n2026-01-01,A,1,1,1,7-day click,2,20\n2026-01-01,A,1,1,1,7-day click or 1-day view,3,30\n`,
    )
    expect(report.facts[0]).toMatchObject({
      clickConversionMicros: null,
      clickValueMicros: null,
      clickWindowDays: null,
      reportedConversionMicros: 5_000_000n,
    })
    const pure = await readReport(
      `${header}\n2026-01-01,A,1,1,1,7-day click,2,20\n2026-01-01,A,1,1,1,7-day click,3,30\n`,
    )
    expect(pure.facts[0]).toMatchObject({
      clickConversionMicros: 5_000_000n,
      clickValueMicros: 50_000_000n,
      clickWindowDays: 7,
    })
    expect(pure.window.clickDays).toBe(7)
  })
})

describe('totals', () => {
  const google = (total: string, ...rows: readonly string[]): string =>
    ['Campaign,Day,Currency code,Cost,Impr.,Clicks', ...rows, total].join('\n')
  const row = 'A,2026-01-01,EUR,10.00,100,10'

  test('a difference is shown, in the file’s numbers and ours', async () => {
    const report = await readReport(google('Total: Campaigns, --,EUR,11.00,100,10', row))
    expect(report.totalsCheck).toContainEqual({ column: 'Spend', inFile: '11', summed: '10', isEqual: false })
    expect(report.warnings.join(' ')).toContain('own total is 11')
  })
  test('the account may hold more than the table, never less', async () => {
    const more = await readReport(google('Total: Account,,EUR,12.00,120,12', row))
    expect(more.totalsCheck.every(({ isEqual }) => isEqual)).toBe(true)
    const less = await readReport(google('Total: Account,,EUR,8.00,120,12', row))
    expect(less.totalsCheck.filter(({ isEqual }) => !isEqual).map(({ column }) => column)).toEqual([
      'Spend (whole account, may be larger)',
    ])
  })
  test('rounding of printed amounts is no difference, and counts must be exact', async () => {
    const rows = Array.from({ length: 25 }, (_, k) => `A${k},2026-01-01,EUR,1.33,100,10`)
    const rounded = await readReport(google('Total: Campaigns, --,EUR,33.31,2500,250', ...rows))
    expect(rounded.totalsCheck.every(({ isEqual }) => isEqual)).toBe(true)
    const off = await readReport(google('Total: Campaigns, --,EUR,33.31,2501,250', ...rows))
    expect(off.totalsCheck.filter(({ isEqual }) => !isEqual)).toEqual([
      { column: 'Impressions', inFile: '2501', summed: '2500', isEqual: false },
    ])
  })
})
