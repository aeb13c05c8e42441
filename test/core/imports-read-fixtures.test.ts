import { describe, expect, test } from 'vitest'
import { fixture, readReport, spendOf } from '../support/read-export.ts'

/** What each fixture is, read without a choice: [layout, currency, facts, spend, number format, totals rows, totals that agree]. */
const EXPECTED = [
  ['google-ads/campaigns.csv', 'Google Ads, campaigns over a period', 'EUR', 4, '2983.61', 'comma_dot', 5, 4],
  ['google-ads/campaigns-all-time.csv', 'Google Ads, campaigns over a period', 'USD', 2, '1647.50', 'comma_dot', 2, 3],
  [
    'google-ads/campaigns-search-share.csv',
    'Google Ads, campaigns over a period',
    'GBP',
    2,
    '1506.26',
    'comma_dot',
    2,
    4,
  ],
  [
    'google-ads/campaigns-excel-utf16.csv',
    'Google Ads, campaigns over a period',
    'CHF',
    2,
    '1179.84',
    'comma_dot',
    2,
    5,
  ],
  ['google-ads/campaigns.xlsx', 'Google Ads, campaigns over a period', 'EUR', 2, '1013.19', null, 1, 5],
  ['google-ads/editor-daily.csv', 'Google Ads, campaigns by day', 'EUR', 5, '2160.42', 'comma_dot', 0, 0],
  ['google-ads/editor-own-title.csv', 'Google Ads, campaigns by day', 'USD', 3, '228.90', 'comma_dot', 1, 5],
  ['google-ads/daily-fr.csv', 'Google Ads, campaigns by day', 'EUR', 3, '1119.75', 'blank_comma', 1, 4],
  ['google-ads/daily-de.csv', 'Google Ads, campaigns by day', 'EUR', 2, '2168.66', 'dot_comma', 1, 4],
  ['google-ads/daily-pt.csv', 'Google Ads, campaigns by day', 'BRL', 2, '1107.75', 'dot_comma', 1, 4],
  ['meta/ads-by-day.csv', 'Meta Ads Manager, ads by day', 'AUD', 5, '331.79', 'comma_dot', 0, 0],
  ['meta/campaigns-by-day.csv', 'Meta Ads Manager, campaigns by day', 'AUD', 3, '142.40', 'comma_dot', 0, 0],
  ['meta/compare-windows.csv', 'Meta Ads Manager, campaigns by day', 'EUR', 1, '80.00', 'comma_dot', 0, 0],
  ['meta/period-bom.csv', 'Meta Ads Manager, campaigns over a period', 'EGP', 2, '946.90', 'comma_dot', 0, 0],
  ['meta/daily-fr.csv', 'Meta Ads Manager, campaigns by day', 'USD', 2, '1332.66', 'blank_comma', 0, 0],
  ['meta/daily-es.csv', 'Meta Ads Manager, campaigns by day', 'EUR', 2, '1119.65', 'dot_comma', 0, 0],
  ['meta/daily-pt.csv', 'Meta Ads Manager, campaigns by day', 'BRL', 2, '1119.65', 'dot_comma', 0, 0],
  ['meta/daily-ar.csv', 'Meta Ads Manager, campaigns by day', 'EGP', 2, '1990.65', 'comma_dot', 0, 0],
  ['meta/campaigns.xlsx', 'Meta Ads Manager, campaigns by day', 'USD', 2, '173.60', null, 1, 5],
  ['tiktok/ads-daily.csv', 'TikTok Ads Manager, ads by day', 'IDR', 3, '283000.00', 'comma_dot', 0, 0],
  ['tiktok/ads-custom.xlsx', 'TikTok Ads Manager, ads by day', 'USD', 3, '24.00', 'comma_dot', 1, 5],
  ['tiktok/ads-cta-vta.csv', 'TikTok Ads Manager, ads by day', 'EUR', 2, '1108.50', 'comma_dot', 1, 6],
] as const

const units = (micros: bigint): string => {
  const digits = (micros / 10_000n).toString().padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

test.each(EXPECTED)(
  '%s imports without a question',
  async (name, layout, currency, facts, spend, format, totals, agreeing) => {
    const report = await readReport(fixture(name))
    expect(report).toMatchObject({
      layout,
      currency,
      questions: [],
      badCount: 0,
      numberFormat: format,
      totalsRows: totals,
    })
    expect([report.facts.length, units(spendOf(report))]).toEqual([facts, spend])
    expect(report.totalsCheck.filter(({ isEqual }) => isEqual)).toHaveLength(agreeing)
    expect(report.totalsCheck.filter(({ isEqual }) => !isEqual)).toEqual([])
  },
)

describe('Google Ads', () => {
  test('the range dates a table without days, and makes no day of it', async () => {
    const report = await readReport(fixture('google-ads/campaigns.csv'))
    expect(report.isDaily).toBe(false)
    expect(report.facts[0]).toMatchObject({ startDate: '2025-07-08', endDate: '2025-07-31' })
    expect(report.warnings.join(' ')).toContain('Time > Day')
  })

  test('"All time" is a period without dates', async () => {
    const report = await readReport(fixture('google-ads/campaigns-all-time.csv'))
    expect(report.facts.map(({ startDate, endDate }) => [startDate, endDate])).toEqual([
      ['', ''],
      ['', ''],
    ])
    expect(report.isDaily).toBe(false)
  })

  test('status and own daily budgets come along; a shared budget is nobody’s own', async () => {
    const { facts } = await readReport(fixture('google-ads/campaigns.csv'))
    expect(facts.map(({ status, dailyBudgetMicros }) => [status, dailyBudgetMicros])).toEqual([
      ['enabled', 40_000_000n],
      ['enabled', 85_500_000n],
      ['paused', 10_000_000n],
      ['deleted', undefined],
    ])
  })

  test('conversions are clicks by Google’s own window; view-through stays apart', async () => {
    const { facts, window } = await readReport(fixture('google-ads/editor-own-title.csv'))
    expect(facts[0]).toMatchObject({
      clickConversionMicros: 3_000_000n,
      clickWindowDays: null,
      viewConversionMicros: 14_000_000n,
      reportedConversionMicros: 3_000_000n,
      clickValueMicros: null,
    })
    expect(window).toMatchObject({ clickDays: null, viewDays: null })
  })

  test('conversions of other kinds and ratios are named as not used', async () => {
    const { columns } = await readReport(fixture('google-ads/campaigns-all-time.csv'))
    const of = (header: string) => columns.find((column) => column.header === header)
    expect(of('Conv. (Platform Comparable)')).toMatchObject({ usedAs: null, note: expect.stringContaining('not used') })
    expect(of('Conv. rate')).toMatchObject({ usedAs: null, note: expect.stringContaining('again') })
    expect(of('Conversions')?.usedAs).toBe('Conversions')
  })

  test('a campaign called "Total: winter" or "Total Wine test" is a campaign', async () => {
    const daily = await readReport(fixture('google-ads/editor-daily.csv'))
    expect(daily.facts.map(({ campaign }) => campaign.name)).toContain('Total: winter')
    const table = await readReport(fixture('google-ads/campaigns.csv'))
    expect(table.facts.map(({ campaign }) => campaign.name)).toContain('Total Wine test')
  })

  test('names keep quotes, commas, bars and emoji', async () => {
    const { facts } = await readReport(fixture('google-ads/campaigns.csv'))
    expect(facts.slice(0, 2).map(({ campaign }) => campaign.name)).toEqual([
      'Brand | Search 🔎',
      'Shoes, winter "sale"',
    ])
  })
})

describe('Meta', () => {
  test('the attribution setting of each row decides what its purchases are', async () => {
    const { facts, window } = await readReport(fixture('meta/ads-by-day.csv'))
    const rows = facts.map((fact) => [
      fact.ad?.name,
      fact.clickConversionMicros,
      fact.clickWindowDays,
      fact.reportedConversionMicros,
    ])
    expect(rows).toEqual([
      ['Video A', null, null, 4_000_000n],
      ['Video A', null, null, 2_000_000n],
      ['Image, B', null, null, null],
      ['Image C', null, null, null],
      ['Carousel', 3_000_000n, 7, 3_000_000n],
    ])
    // An incremental row has a value and no purchases: nothing is made of either.
    expect(facts[3]).toMatchObject({ clickValueMicros: null, reportedValueMicros: null })
    expect(window.note).toContain('incremental')
  })

  test('the second column of a name is noted and not used; results never are', async () => {
    const { columns } = await readReport(fixture('meta/ads-by-day.csv'))
    const adSets = columns.filter(({ header }) => header === 'Ad set name')
    expect(adSets.map(({ usedAs }) => usedAs)).toEqual(['Ad group', null])
    expect(adSets[1]?.note).toContain('second column')
    expect(columns.find(({ header }) => header === 'Results')?.usedAs).toBeNull()
  })

  test('a breakdown that the file does not show is added up, without its reach', async () => {
    const { facts, warnings } = await readReport(fixture('meta/campaigns-by-day.csv'))
    expect(facts[0]).toMatchObject({
      spendMicros: 71_000_000n,
      impressions: 5500,
      clicks: 53,
      reach: null,
      reportedConversionMicros: 3_000_000n,
    })
    expect(facts[1]?.reach).toBe(870)
    expect(warnings.join(' ')).toContain('repeats')
  })

  test('columns with windows of their own are exact', async () => {
    const { facts, window } = await readReport(fixture('meta/compare-windows.csv'))
    expect(facts[0]).toMatchObject({
      clickConversionMicros: 7_000_000n,
      clickValueMicros: 560_000_000n,
      clickWindowDays: 7,
      click1dConversionMicros: 4_000_000n,
      click28dValueMicros: 640_000_000n,
      viewConversionMicros: 2_000_000n,
      viewWindowDays: 1,
      reportedConversionMicros: 9_000_000n,
    })
    expect(window).toMatchObject({ clickDays: 7, viewDays: 1 })
  })

  test('equal first and last days are days; months are not', async () => {
    expect((await readReport(fixture('meta/daily-ar.csv'))).isDaily).toBe(true)
    expect((await readReport(fixture('meta/period-bom.csv'))).isDaily).toBe(false)
  })

  test('French files write the day first', async () => {
    const { facts, dateOrder } = await readReport(fixture('meta/daily-fr.csv'))
    expect(dateOrder).toBe('dmy')
    expect(facts.map(({ startDate }) => startDate)).toEqual(['2026-08-01', '2026-08-02'])
  })

  test('a missing column of clicks is not zero clicks', async () => {
    const { facts, warnings } = await readReport(fixture('meta/daily-pt.csv'))
    expect(facts[0]?.unknownCounts).toEqual(['clicks'])
    expect(warnings.join(' ')).toContain('no column of clicks')
  })
})

describe('TikTok', () => {
  test('ads that share a name are added up', async () => {
    const { facts, warnings } = await readReport(fixture('tiktok/ads-daily.csv'))
    expect(facts[0]).toMatchObject({ spendMicros: 180_000_000_000n, impressions: 8000, clicks: 140, reach: null })
    expect(warnings.join(' ')).toContain('1 row repeats')
  })

  test('"<5" is neither nothing nor five', async () => {
    const { facts, warnings } = await readReport(fixture('tiktok/ads-custom.xlsx'))
    expect(facts[1]).toMatchObject({ reach: null, unknownCounts: ['impressions'] })
    expect(facts[0]).not.toHaveProperty('unknownCounts')
    expect(warnings.join(' ')).toContain('left out of every sum')
  })

  test('clicks and views are told apart where the file does, and only reported where it does not', async () => {
    const apart = await readReport(fixture('tiktok/ads-cta-vta.csv'))
    expect(apart.facts[0]).toMatchObject({
      clickConversionMicros: 30_000_000n,
      viewConversionMicros: 11_000_000n,
      reportedConversionMicros: 41_000_000n,
      clickWindowDays: null,
    })
    expect(apart.columns.find(({ header }) => header === 'Real-time conversions')?.usedAs).toBeNull()
    const mixed = await readReport(fixture('tiktok/ads-daily.csv'))
    expect(mixed.facts[0]).toMatchObject({ clickConversionMicros: null, reportedConversionMicros: 5_000_000n })
  })
})
