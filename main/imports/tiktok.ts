/**
 * TikTok Ads Manager exports. "Conversions" mixes clicks and views by each ad group's own windows; the columns of CTA and VTA tell them apart.
 * Real-time conversions are dated by the conversion and never used (ads.tiktok.com/help, "reporting time").
 */
import type { Layout } from './parsed.ts'
import { readReport } from './report-file.ts'
import type { ReportSpec, RowTexts, TotalsKind } from './report-spec.ts'

const TOTAL = /^(total|totals|gesamt|totale|totaal|الإجمالي|المجموع)( of \d+ [\p{L} ]+)?:?$/iu

/** "Total" in a name column, without a day: a campaign may be called so, and then its rows have one. */
function totals({ first, day, campaign, adGroup, ad }: RowTexts): TotalsKind | undefined {
  if (day !== '' && day !== first) return undefined
  const names = [first, campaign, adGroup, ad].filter((text) => text !== '')
  return names.length > 0 && names.every((text) => TOTAL.test(text)) ? 'rows' : undefined
}

export const TIKTOK: ReportSpec = {
  platform: 'tiktok',
  product: 'TikTok Ads Manager',
  adGroupWord: 'ad group',
  pick: (columns) => {
    columns.measure('spend', ['spend'])
    columns.measure('impressions', ['impressions'])
    columns.measure(
      'clicks',
      ['clicks', 'other_clicks'],
      'All clicks; the file has no column of clicks to the destination.',
    )
    columns.measure('videoViews', ['video_views'])
    columns.measure('reach', ['reach'])
    columns.measure(
      'conversions',
      ['conversions', 'other_conversions'],
      'Payments: the file has no conversions of all kinds.',
    )
    columns.measure('value', ['value'])
    columns.measure(
      'clickConversions',
      ['click_conversions', 'click_purchases'],
      'Purchases: the file has no conversions of all kinds.',
    )
    columns.measure('clickValue', ['click_value'])
    columns.measure(
      'viewConversions',
      ['view_conversions', 'view_purchases'],
      'Purchases: the file has no conversions of all kinds.',
    )
    columns.measure('viewValue', ['view_value'])
    columns.measure('engagedConversions', ['engaged_conversions'])
  },
  totals,
  count: (numbers) => ({
    clickConversionMicros: numbers.clickConversions ?? null,
    clickValueMicros: numbers.clickValue ?? null,
    viewConversionMicros: numbers.viewConversions ?? null,
    viewValueMicros: numbers.viewValue ?? null,
    engagedViewConversionMicros: numbers.engagedConversions ?? null,
    reportedConversionMicros: numbers.conversions ?? null,
    reportedValueMicros: numbers.value ?? null,
    clickWindowDays: null,
    viewWindowDays: null,
    group: '',
  }),
  window: (columns) => ({
    clickDays: null,
    viewDays: null,
    note: columns.measures.some(({ measure }) => measure === 'clickConversions')
      ? 'Clicks and views are told apart; each ad group counts by windows of its own, which the file does not say.'
      : 'The file counts clicks and views together: its conversions are only shown as reported. Add the columns "CTA Conversions" and "VTA Conversions" to tell them apart.',
  }),
  howToDaily: 'In TikTok Ads Manager, make a custom report with the dimension "By Day", and download it again.',
}

/** Custom reports by ad, ad group or campaign, and by day. */
export const tiktokReport: Layout = (table, choices) => readReport(TIKTOK, table, choices)
