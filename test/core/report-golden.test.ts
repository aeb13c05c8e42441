/**
 * A world small enough for paper: three platforms, one ad each, two days, two currencies. Every number below is worked out by hand.
 *
 *              Google (EUR)           Meta (USD)                TikTok (EUR)
 * 10 Nov spend 100.00                 110.00 = 100.00 EUR       50.00            rate: 1.10 USD per EUR
 * 11 Nov spend  60.00                 120.00 = 100.00 EUR       30.00            rate: 1.20 USD per EUR
 * 10 Nov value 400.00 (5 conversions) 330.00 = 300.00 EUR (4)   100.00 (2)
 * 11 Nov value 100.00 (1.5)           240.00 = 200.00 EUR (2)    20.00 (1)
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { dateOf, dayOf } from '../../main/reporting/calendar.ts'
import { EMPTY_CELL } from '../../main/reporting/report/cell.ts'
import { getReportMethod } from '../../main/reporting/report/method.ts'
import { crossPlatformReport, type CrossReportDeps } from '../../main/reporting/report/report.ts'
import { windowOf } from '../../main/reporting/report/window.ts'
import { createExchangeWriter } from '../../main/store/exchange-table.ts'
import type { MetricFact } from '../../shared/domain/metric.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { type PaperPlatform, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const shape = { accounts: 1, campaigns: 1, adGroups: 1, ads: 1 }
const google = paperPlatform({ ...shape, platform: 'google_ads', currency: 'EUR', restatementDays: 90 })
const meta = paperPlatform({ ...shape, platform: 'meta', currency: 'USD' })
const tiktok = paperPlatform({ ...shape, platform: 'tiktok', currency: 'EUR' })

type Numbers = Partial<Omit<MetricFact, 'platform' | 'accountId' | 'level' | 'entityId' | 'date' | 'currency'>>
const euros = (amount: number): bigint => BigInt(Math.round(amount * 100)) * 10_000n
const times = (count: number): bigint => BigInt(Math.round(count * 1_000_000))
const NOTHING: Numbers = {
  impressions: 0,
  clicks: 0,
  videoViews: null,
  reach: null,
  clickConversionMicros: null,
  viewConversionMicros: null,
  engagedViewConversionMicros: null,
  clickValueMicros: null,
  viewValueMicros: null,
  engagedViewValueMicros: null,
}

/** Google: seven days from lag buckets, one day too, no 28; views are counted and worth nothing known. */
const onGoogle = (
  spend: number,
  clicks: [number, number],
  oneDay: [number, number],
  views: number,
  said: number,
): Numbers => ({
  ...NOTHING,
  spendMicros: euros(spend),
  impressions: 10_000,
  clicks: 200,
  window: { clickDays: 7, viewDays: null, source: 'approximated' },
  clickConversionMicros: times(clicks[0]),
  clickValueMicros: euros(clicks[1]),
  click1dConversionMicros: times(oneDay[0]),
  click1dValueMicros: euros(oneDay[1]),
  viewConversionMicros: times(views),
  reportedConversionMicros: times(said),
  reportedValueMicros: euros(said * 100),
})
/** Meta: whatever was asked for, exactly. */
const onMeta = (spend: number, clicks: [number, number], views: [number, number], said: [number, number]): Numbers => ({
  ...NOTHING,
  spendMicros: euros(spend),
  impressions: 5_000,
  clicks: 100,
  window: { clickDays: 7, viewDays: 1, source: 'requested' },
  clickConversionMicros: times(clicks[0]),
  clickValueMicros: euros(clicks[1]),
  viewConversionMicros: times(views[0]),
  viewValueMicros: euros(views[1]),
  click1dConversionMicros: times(1),
  click1dValueMicros: euros(clicks[1] / 2),
  click28dConversionMicros: times(clicks[0] * 2),
  click28dValueMicros: euros(clicks[1] * 2),
  reportedConversionMicros: times(said[0]),
  reportedValueMicros: euros(said[1]),
})
/** TikTok: the ad group's own 28 days after a click. */
const onTikTok = (spend: number, clicks: [number, number], views: [number, number]): Numbers => ({
  ...NOTHING,
  spendMicros: euros(spend),
  impressions: 4_000,
  clicks: 50,
  videoViews: 4_000,
  window: { clickDays: 28, viewDays: 1, source: 'entity_setting' },
  clickConversionMicros: times(clicks[0]),
  clickValueMicros: euros(clicks[1]),
  viewConversionMicros: times(views[0]),
  viewValueMicros: euros(views[1]),
})

/** The campaign, its ad group and its ad say the same; all other days say nothing. */
function tell(platform: PaperPlatform, days: Readonly<Record<string, Numbers>>): void {
  const first = dayOf('2026-10-01') ?? 0
  for (const { entityId } of platform.entities.values())
    for (let day = first; day <= first + 60; day += 1)
      platform.patches.set(`${entityId} ${dateOf(day)}`, days[dateOf(day)] ?? null)
}
tell(google, {
  '2026-11-10': onGoogle(100, [5, 400], [3, 250], 2, 8),
  '2026-11-11': onGoogle(60, [1.5, 100], [1, 50], 0, 2),
})
tell(meta, {
  '2026-11-10': onMeta(110, [4, 330], [1, 55], [6, 440]),
  '2026-11-11': onMeta(120, [2, 240], [1, 60], [3, 300]),
})
tell(tiktok, {
  '2026-11-10': onTikTok(50, [2, 100], [3, 30]),
  '2026-11-11': onTikTok(30, [1, 20], [0, 0]),
})

let rig: SyncRig
beforeAll(async () => {
  rig = syncRig(google, {
    connections: () => [google, meta, tiktok].map(({ adapter }) => ({ connectionId: adapter.platform, adapter })),
  })
  await rig.run(40)
  const day = (date: string): number => dayOf(date) ?? 0
  rig.facts.transaction(() =>
    createExchangeWriter(rig.facts).putImported([
      { currency: 'USD', day: day('2026-11-10'), perEuroE8: 110_000_000n },
      { currency: 'USD', day: day('2026-11-11'), perEuroE8: 120_000_000n },
    ]),
  )()
})

type Report = OutputOf<'get_cross_platform_report'>
const BOTH_DAYS = { start_date: '2026-11-10', end_date: '2026-11-11' }
function ask(input: Partial<InputOf<'get_cross_platform_report'>> = {}, more: Partial<CrossReportDeps> = {}): Report {
  const parsed = OPERATIONS.get_cross_platform_report.input.parse({ ...BOTH_DAYS, ...input })
  return OPERATIONS.get_cross_platform_report.output.parse(crossPlatformReport({ ...rig, ...more }, parsed))
}
const byPlatform = (report: Report) => Object.fromEntries(report.rows.map((row) => [row.platform, row]))

describe('in euros, by 7-day clicks', () => {
  test('each platform has its spend, conversions and ROAS, and says how its window came about', () => {
    const rows = byPlatform(ask({ currency: 'EUR' }))
    // Google: 500 / 160 = 3.125; 1,000 said / 160 = 6.25. CPA 160 / 6.5 = 24.615…
    expect(rows['google_ads']).toMatchObject({
      currency: 'EUR',
      metrics: {
        spend: '160.00',
        conversions: 6.5,
        conversion_value: '500.00',
        roas: '3.13',
        cpa: '24.62',
        cpc: '0.40',
        cpm: '8.00',
        ctr: '0.020000',
        conversions_view: 2,
        conversion_value_view: null,
        reported_conversions: 10,
        reported_roas: '6.25',
        video_views: null,
      },
      window: { status: 'approximated', click_days: 7 },
    })
    // Meta: (330/1.1 + 240/1.2) / (110/1.1 + 120/1.2) = 500 / 200. Views 55/1.1 + 60/1.2 = 100. Said 440/1.1 + 300/1.2 = 650.
    expect(rows['meta']).toMatchObject({
      currency: 'EUR',
      metrics: {
        spend: '200.00',
        conversions: 6,
        conversion_value: '500.00',
        roas: '2.50',
        conversions_view: 2,
        conversion_value_view: '100.00',
        reported_conversion_value: '650.00',
        reported_roas: '3.25',
      },
      window: { status: 'exact', click_days: 7 },
    })
    // TikTok: 120 / 80; nothing on its own screen is known here.
    expect(rows['tiktok']).toMatchObject({
      metrics: {
        spend: '80.00',
        conversions: 3,
        conversion_value: '120.00',
        roas: '1.50',
        reported_roas: null,
        video_views: 8_000,
      },
      window: { status: 'own_window', click_days: 28 },
    })
  })

  test('the total is the sum of the three, once', () => {
    const { totals, rates } = ask({ currency: 'EUR' })
    // 160 + 200 + 80 = 440; 500 + 500 + 120 = 1,120; 1,120 / 440 = 2.545…
    expect(totals).toMatchObject([
      {
        currency: 'EUR',
        is_converted: true,
        metrics: {
          spend: '440.00',
          conversions: 15.5,
          conversion_value: '1120.00',
          roas: '2.55',
          impressions: 38_000,
          clicks: 700,
        },
        window: { status: 'mixed', click_days: null },
      },
    ])
    expect(rates).toEqual({
      currency: 'EUR',
      used: [{ currency: 'USD', first_date: '2026-11-10', last_date: '2026-11-11', source: 'imported rates' }],
      missing: [],
    })
  })

  test('a day uses its own rate', () => {
    const { rows } = ask({ currency: 'EUR', group_by: 'date', by_platform: true, platforms: ['meta'] })
    expect(rows.map(({ date, metrics }) => [date, metrics.spend, metrics.conversion_value])).toEqual([
      ['2026-11-10', '100.00', '300.00'],
      ['2026-11-11', '100.00', '200.00'],
    ])
  })
})

test('without a currency each stays by itself and nothing is added up across', () => {
  const { totals, rates } = ask()
  expect(totals.map(({ currency, is_converted, metrics }) => [currency, is_converted, metrics.spend])).toEqual([
    ['EUR', false, '240.00'],
    ['USD', false, '230.00'],
  ])
  expect(rates).toEqual({ currency: null, used: [], missing: [] })
})

test('a currency without a rate on one of the days is kept apart whole, named, and never half converted', () => {
  const { totals, rates, warnings } = ask({ currency: 'JPY' })
  expect(totals.map(({ currency, metrics }) => [currency, metrics.spend])).toEqual([
    ['EUR', '240.00'],
    ['USD', '230.00'],
  ])
  expect(rates.missing).toEqual([
    { currency: 'EUR', first_missing_date: '2026-11-10', days: 2 },
    { currency: 'USD', first_missing_date: '2026-11-10', days: 2 },
  ])
  expect(warnings.join(' ')).toContain('EUR is kept apart')
})

describe('by other windows', () => {
  test('1 day: Google approximated, Meta exact, TikTok has none, and that is no zero', () => {
    const report = ask({ currency: 'EUR', attribution: 'click_1d' })
    const rows = byPlatform(report)
    // Google 300 / 160 = 1.875; Meta (165/1.1 + 120/1.2) / 200 = 250 / 200.
    expect(rows['google_ads']).toMatchObject({
      metrics: { conversions: 4, conversion_value: '300.00', roas: '1.88' },
      window: { status: 'approximated', click_days: 1 },
    })
    expect(rows['meta']).toMatchObject({
      metrics: { conversions: 2, conversion_value: '250.00', roas: '1.25' },
      window: { status: 'exact', click_days: 1 },
    })
    expect(rows['tiktok']).toMatchObject({
      metrics: {
        spend: '80.00',
        conversions: null,
        conversion_value: null,
        roas: null,
        cpa: null,
        measured_spend: '0.00',
      },
      window: { status: 'not_available', click_days: null },
    })
    // All spend in ROAS: 550 / 440 = 1.25; measured spend leaves TikTok's out: 550 / 360 = 1.527…
    expect(report.totals).toMatchObject([
      { metrics: { roas: '1.25', measured_spend: '360.00', roas_measured: '1.53' }, window: { status: 'mixed' } },
    ])
    expect(report.definition_notes.join(' ')).toContain('has no such window')
  })

  test('28 days: Meta alone', () => {
    const rows = byPlatform(ask({ currency: 'EUR', attribution: 'click_28d' }))
    expect(rows['meta']).toMatchObject({
      metrics: { conversions: 12, conversion_value: '1000.00' },
      window: { status: 'exact', click_days: 28 },
    })
    expect([rows['google_ads']?.window.status, rows['tiktok']?.window.status]).toEqual([
      'not_available',
      'not_available',
    ])
  })

  test('with views: added where they are known; Google counts them and gives them no value', () => {
    const rows = byPlatform(ask({ currency: 'EUR', attribution: 'click_7d_view_1d' }))
    expect(rows['meta']).toMatchObject({
      metrics: { conversions: 8, conversion_value: '600.00', roas: '3.00' },
      window: { status: 'exact' },
    })
    expect(rows['google_ads']).toMatchObject({
      metrics: { conversions: 8.5, conversion_value: null, roas: null, conversion_value_view: null },
      window: { status: 'approximated' },
    })
    expect(rows['tiktok']).toMatchObject({
      metrics: { conversions: 6, conversion_value: '150.00' },
      window: { status: 'own_window', click_days: 28 },
    })
  })
})

test('part of the conversions missing is never called exact, however exactly the rest was asked for', () => {
  const asked = { known: 2n, days: 14n, squares: 98n, approximated: 0n, requested: 2n, unavailable: 0n }
  const cell = { ...EMPTY_CELL, facts: 2n, known: { ...EMPTY_CELL.known, conversions: 1n }, windows: asked }
  expect(windowOf('click_28d', cell)).toEqual({ status: 'exact', click_days: 28 })
  expect(windowOf('click_28d', { ...cell, windows: { ...asked, unavailable: 1n } })).toEqual({
    status: 'mixed',
    click_days: null,
  })
  // A setting that was read after the days were over is no proof.
  expect(windowOf('click_7d', { ...cell, windows: { ...asked, requested: 0n, approximated: 1n } }).status).toBe('mixed')
  expect(windowOf('click_7d', { ...cell, windows: { ...asked, known: 1n, days: 7n, squares: 49n } }).status).toBe(
    'mixed',
  )
  expect(windowOf('click_7d', { ...cell, windows: { ...asked, days: 8n, squares: 50n } }).status).toBe('mixed')
  expect(windowOf('click_7d', { ...cell, windows: { ...asked, known: 0n, days: 0n, squares: 0n } })).toEqual({
    status: 'own_window',
    click_days: null,
  })
})

test('days of two weeks ago are immature by the assumed curve: 82% of the conversions are there', () => {
  const { totals, platforms } = ask({ currency: 'EUR' })
  expect(totals[0]?.maturity).toEqual({ state: 'immature', known_share: 0.82 })
  // One row per ad, and what each ad's days lack.
  const ads = ask({ group_by: 'ad', currency: 'EUR' }).rows.map(({ maturity }) => maturity)
  expect(ads).toEqual(Array.from({ length: 3 }, () => ({ state: 'immature', known_share: 0.82 })))
  expect(platforms.map(({ platform, immature_since }) => [platform, immature_since])).toEqual([
    ['google_ads', '2026-11-10'],
    ['meta', '2026-11-10'],
    ['tiktok', '2026-11-10'],
  ])
})

describe('a comparison', () => {
  test('of two equally young days is a comparison', () => {
    const { comparison } = ask({ start_date: '2026-11-11', compare_to: 'previous_period', currency: 'EUR' })
    expect(comparison).toMatchObject({
      start_date: '2026-11-10',
      end_date: '2026-11-10',
      is_comparable: true,
      reasons: [],
    })
    expect(comparison?.totals).toMatchObject([{ metrics: { spend: '250.00' } }])
  })
  test('of young days with days of a year ago, which were never fetched, is not, and says why', () => {
    const { comparison } = ask({ compare_to: 'previous_year' })
    expect(comparison).toMatchObject({ start_date: '2025-11-10', is_comparable: false })
    expect(comparison?.reasons.join(' ')).toContain('The earlier period has 2 days')
    // Meta changed what a click is in March 2026, and ended its long view windows in January.
    expect(comparison?.reasons.filter((reason) => reason.startsWith('Definition changed'))).toHaveLength(2)
  })
  test('of days that are mature by now with days that are not is none either', () => {
    const { comparison } = ask({ start_date: '2026-11-06', end_date: '2026-11-22', compare_to: 'previous_period' })
    expect(comparison?.is_comparable).toBe(false)
    expect(comparison?.reasons[0]).toContain('Conversions are still arriving')
  })
})

test('a currency is not compared by a rate that only one of the periods has', () => {
  const { totals, comparison, rates } = ask({ compare_to: 'previous_period', currency: 'EUR' })
  expect([totals.map(({ currency }) => currency), comparison?.totals.map(({ currency }) => currency)]).toEqual([
    ['EUR'],
    ['EUR'],
  ])
  expect(rates.missing).toEqual([])
})

test('the method says of each account where its window came from, what was left out and how conversions arrive', () => {
  const method = OPERATIONS.get_report_method.output.parse(
    getReportMethod(rig, OPERATIONS.get_report_method.input.parse({ ...BOTH_DAYS, currency: 'EUR' })),
  )
  const notes = Object.fromEntries(method.accounts.map((account) => [account.platform, account.notes.join(' ')]))
  expect(notes['google_ads']).toContain('up to seven days after the ad interaction, put together from its lag buckets')
  expect(notes['meta']).toContain('Meta was asked for conversions within 7 days of a click')
  expect(notes['meta']).toContain('converted from USD to EUR')
  expect(notes['tiktok']).toContain('here 28 days after a click')
  expect(
    method.accounts.map(({ platform, spend, currency, days_held, days_missing, window }) => [
      platform,
      spend,
      currency,
      days_held,
      days_missing,
      window.status,
    ]),
  ).toEqual([
    ['google_ads', '160.00', 'EUR', 2, 0, 'approximated'],
    ['meta', '230.00', 'USD', 2, 0, 'exact'],
    ['tiktok', '80.00', 'EUR', 2, 0, 'own_window'],
  ])
  expect(method.accounts[0]?.maturity).toMatchObject({ curve: 'default', immature_since: '2026-11-10' })
  expect(method.accounts[0]?.maturity.points).toHaveLength(91)
})

describe('orders', () => {
  test('are credited for the same days and accounts', () => {
    const asked: unknown[] = []
    const orderCredit: CrossReportDeps['orderCredit'] = (input) => {
      asked.push(input)
      return null
    }
    expect(ask({ platforms: ['meta'], currency: 'EUR' }, { orderCredit }).deduplicated).toBeNull()
    expect(asked).toEqual([{ ...BOTH_DAYS, platforms: ['meta'], account_ids: undefined, currency: 'EUR' }])
  })
})
