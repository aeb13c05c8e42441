/**
 * Google Ads exports: the tables' download and the report editor. "Conversions" are click-through with engaged views inside, by each
 * conversion action's own window; view-through conversions are a column of their own and never in "Conversions" (support.google.com/google-ads,
 * "About conversion windows", "About view-through conversions").
 */
import type { Layout } from './parsed.ts'
import { readReport } from './report-file.ts'
import type { ReportSpec, RowTexts, TotalsKind } from './report-spec.ts'

const TOTAL = /^(?:total|totale|totaal|gesamt|summe|الإجمالي|المجموع)\s?:\s*(.*)$/iu
const ACCOUNT = /^(account|compte|konto|conta|cuenta|الحساب)$/iu
const ROWS =
  /campa|kampa|ad group|groupe|anzeigengrupp|grupo|gruppi|advertentiegroep|\bads?\b|annonce|anzeigen|anuncio|annunci|حمل/iu

/**
 * "Total: …" in the first column, with nothing else that names a row: a campaign may be called "Total: brand" or "Total Wine". "Total: Account"
 * also counts what the table does not show.
 */
function totals({ first, day, campaign, adGroup, status, type }: RowTexts): TotalsKind | undefined {
  const label = TOTAL.exec(first)?.[1]?.trim()
  if (label === undefined) return undefined
  // The first column is one of these itself.
  const isNamed = [day, campaign, adGroup, status, type].some((text) => text !== '' && text !== first)
  if (isNamed) return undefined
  if (ACCOUNT.test(label)) return 'account'
  return ROWS.test(label) ? 'rows' : 'part'
}

export const GOOGLE: ReportSpec = {
  platform: 'google_ads',
  product: 'Google Ads',
  adGroupWord: 'ad group',
  pick: (columns) => {
    columns.measure('spend', ['spend'])
    columns.measure('impressions', ['impressions'])
    columns.measure('clicks', ['clicks'])
    columns.measure('videoViews', ['video_views'])
    columns.measure('reach', ['reach'])
    const conversions = columns.measure('conversions', ['conversions'])
    if (conversions !== undefined)
      columns.note(
        conversions.index,
        'After a click, engaged views included, within each conversion action’s own window.',
      )
    columns.measure('value', ['value'])
    columns.measure('viewConversions', ['view_conversions'])
  },
  totals,
  count: (numbers) => ({
    clickConversionMicros: numbers.conversions ?? null,
    clickValueMicros: numbers.value ?? null,
    viewConversionMicros: numbers.viewConversions ?? null,
    // View-through conversions have no value on Google, and engaged views are not told apart.
    viewValueMicros: null,
    engagedViewConversionMicros: null,
    reportedConversionMicros: numbers.conversions ?? null,
    reportedValueMicros: numbers.value ?? null,
    clickWindowDays: null,
    viewWindowDays: null,
    group: '',
  }),
  window: (columns) => ({
    clickDays: null,
    viewDays: null,
    note:
      columns.find('conversions') === undefined
        ? 'The file has no "Conversions" column: conversions are not known.'
        : 'Google counts conversions by each conversion action’s own window (30 days after a click unless changed), engaged views included; the file does not say which.',
  }),
  howToDaily: 'In Google Ads, add the segment Time > Day to the table or report, and download it again.',
}

/** All seven forms: campaign, ad group and ad tables with or without days, comma or tab, with or without title and totals. */
export const googleReport: Layout = (table, choices) => readReport(GOOGLE, table, choices)
