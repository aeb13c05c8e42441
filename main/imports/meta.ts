/**
 * Meta Ads Manager and Ads Reporting exports. The currency stands in the header, settings differ by row, and a header name can occur twice.
 * What "Results" counts differs by row: it is never used.
 */
import type { Layout } from './parsed.ts'
import { metaSetting } from './meta-setting.ts'
import type { ReportColumns } from './report-columns.ts'
import { readReport } from './report-file.ts'
import type { Counted, Numbers, ReportSpec, RowTexts, TotalsKind } from './report-spec.ts'

/** Blank names and no day: the summary row, which stands first or last. */
function totals({ day, campaign, adGroup, ad }: RowTexts): TotalsKind | undefined {
  if (day !== '' || adGroup !== '' || ad !== '') return undefined
  // A campaign may be called "Total Wine": only the bare word, or the sentence that Ads Manager writes there.
  return campaign === '' || /^(totals?|results from \d+ [a-z ]+)$/i.test(campaign) ? 'rows' : undefined
}

function pick(columns: ReportColumns): void {
  columns.measure('spend', ['spend'])
  columns.measure('impressions', ['impressions'])
  columns.measure('clicks', ['clicks', 'other_clicks'], 'Clicks on links; the file has no column of all clicks.')
  columns.measure('videoViews', ['video_views'])
  columns.measure('reach', ['reach'])
  columns.measure('conversions', ['conversions', 'other_conversions'])
  columns.measure('value', ['value', 'other_value'])
  pickWindows(columns)
}

/** "Purchases (7-day click)" and its relatives, from a comparison of attribution settings. */
function pickWindows(columns: ReportColumns): void {
  for (const [conversions, value] of [
    ['conversions', 'value'],
    ['other_conversions', 'other_value'],
  ] as const) {
    if (columns.measures.some(({ window }) => window !== null)) return
    // Seven days first; a file without them has its clicks by the longest window that it does have.
    const days = [7, 1, 28].find((each) =>
      columns.header.columns.some(
        ({ field, window }) => field === conversions && window?.kind === 'click' && window.days === each,
      ),
    )
    if (days !== undefined) {
      columns.measureWithin('clickConversions', conversions, 'click', days)
      columns.measureWithin('clickValue', value, 'click', days)
    }
    if (days !== 1) {
      columns.measureWithin('click1dConversions', conversions, 'click', 1)
      columns.measureWithin('click1dValue', value, 'click', 1)
    }
    if (days !== 28) {
      columns.measureWithin('click28dConversions', conversions, 'click', 28)
      columns.measureWithin('click28dValue', value, 'click', 28)
    }
    columns.measureWithin('viewConversions', conversions, 'view')
    columns.measureWithin('viewValue', value, 'view')
    columns.measureWithin('engagedConversions', conversions, 'engaged')
  }
}

function windowDays(columns: ReportColumns, measure: 'clickConversions' | 'viewConversions'): number | null {
  return columns.measures.find((each) => each.measure === measure)?.window?.days ?? null
}

function count(numbers: Numbers, settingText: string, columns: ReportColumns): Counted {
  const setting = metaSetting(settingText)
  // Incremental rows count what a model says would not have happened: 0 purchases with a value. Nothing can be made of them.
  const isIncremental = setting.kind === 'incremental'
  const reportedConversionMicros = isIncremental ? null : (numbers.conversions ?? null)
  const reportedValueMicros = isIncremental ? null : (numbers.value ?? null)
  const ownDays = windowDays(columns, 'clickConversions')
  const isClickOnly = setting.kind === 'click'
  const group = setting.kind === 'click' ? `click ${setting.days}` : setting.kind
  return {
    clickConversionMicros:
      ownDays !== null ? (numbers.clickConversions ?? null) : isClickOnly ? reportedConversionMicros : null,
    clickValueMicros: ownDays !== null ? (numbers.clickValue ?? null) : isClickOnly ? reportedValueMicros : null,
    clickWindowDays: ownDays ?? (isClickOnly ? setting.days : null),
    viewConversionMicros: numbers.viewConversions ?? null,
    viewValueMicros: numbers.viewValue ?? null,
    viewWindowDays: windowDays(columns, 'viewConversions'),
    engagedViewConversionMicros: numbers.engagedConversions ?? null,
    reportedConversionMicros,
    reportedValueMicros,
    // Columns with a window of their own mean the same in every row.
    group: ownDays === null ? group : '',
  }
}

function windowNote(columns: ReportColumns, groups: ReadonlySet<string>): string {
  if (columns.find('conversions') === undefined && columns.find('other_conversions') === undefined)
    return 'The file has no "Purchases" column: conversions are not known.'
  const notes: string[] = []
  if (columns.find('setting') === undefined)
    notes.push(
      'The file has no "Attribution setting": its purchases may mix clicks and views, and are only shown as reported.',
    )
  if (groups.has('mixed'))
    notes.push(
      'Rows that count clicks and views together are only shown as reported: the file does not tell them apart.',
    )
  if (groups.has('incremental')) notes.push('Purchases of rows with incremental attribution are left out.')
  if (groups.has('unknown') && columns.find('setting') !== undefined)
    notes.push('Rows without an attribution setting are only shown as reported.')
  return notes.join(' ')
}

function windowOf(columns: ReportColumns, groups: ReadonlySet<string>) {
  const ownDays = windowDays(columns, 'clickConversions')
  const viewDays = windowDays(columns, 'viewConversions')
  if (ownDays !== null)
    return {
      clickDays: ownDays,
      viewDays,
      note: `Purchases within ${ownDays} days of a click, from a column of their own.`,
    }
  const days = groups.size === 1 ? /^click (\d+)$/.exec([...groups][0] ?? '')?.[1] : undefined
  if (days !== undefined)
    return {
      clickDays: Number(days),
      viewDays,
      note: `All rows are set to count purchases within ${days} days of a click.`,
    }
  return { clickDays: null, viewDays, note: windowNote(columns, groups) }
}

export const META: ReportSpec = {
  platform: 'meta',
  product: 'Meta Ads Manager',
  adGroupWord: 'ad set',
  pick,
  totals,
  count,
  window: windowOf,
  howToDaily: 'In Ads Manager, choose Breakdown > Time > Day, and export the table again.',
}

/** Ad by day, campaign by day (with or without a breakdown that the file does not show), and periods. */
export const metaReport: Layout = (table, choices) => readReport(META, table, choices)
