/** The shape of a report: which rows are data, which columns name and date them, and what makes a file unfit to be read at all. */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { Field } from './header-names.ts'
import { refusal } from './limits.ts'
import type { RawRow, RawTable } from './parsed.ts'
import type { ReportColumns } from './report-columns.ts'
import type { Places } from './report-rows.ts'
import type { ReportSpec, RowTexts, TotalsKind } from './report-spec.ts'
import { isRoundedId, textOf } from './report-texts.ts'

export interface SortedRows {
  readonly data: readonly RawRow[]
  readonly totals: readonly { readonly row: RawRow; readonly kind: TotalsKind }[]
  readonly repeatedHeaders: readonly RawRow[]
}
/** Totals and repeated headers apart from the rows that count. */
export function sortRows(spec: ReportSpec, table: RawTable, columns: ReportColumns): SortedRows {
  const at = (field: Field): number => columns.find(field)?.index ?? -1
  const [day, campaign, adGroup, ad, status, type] = [
    at('day'),
    at('campaign'),
    at('ad_group'),
    at('ad'),
    at('status'),
    at('campaign_type'),
  ]
  const data: RawRow[] = []
  const totals: { row: RawRow; kind: TotalsKind }[] = []
  const repeatedHeaders: RawRow[] = []
  for (const row of table.rows.slice(columns.header.at + 1)) {
    const { cells } = row
    const texts: RowTexts = {
      first: textOf(cells[0]),
      day: textOf(cells[day]),
      campaign: textOf(cells[campaign]),
      adGroup: textOf(cells[adGroup]),
      ad: textOf(cells[ad]),
      status: textOf(cells[status]),
      type: textOf(cells[type]),
    }
    const kind = spec.totals(texts)
    if (kind !== undefined) totals.push({ row, kind })
    else if (columns.isHeader(row)) repeatedHeaders.push(row)
    else data.push(row)
  }
  return { data, totals, repeatedHeaders }
}

/** Where names, dates and the like stand. A column that says nothing in any row is as good as missing. */
export function placesOf(columns: ReportColumns, data: readonly RawRow[]): Places {
  const filled = (field: Field): number | undefined => {
    const index = columns.find(field)?.index
    if (index === undefined || data.every((row) => textOf(row.cells[index]) === '')) return undefined
    return columns.use(field)
  }
  const ids = (field: Field): number | undefined => {
    const index = filled(field)
    if (index === undefined || !data.some(({ cells }) => isRoundedId(cells[index]))) return index
    columns.drop(index, 'These ids were damaged by a spreadsheet program: names are used instead.')
    return undefined
  }
  const day = columns.use('day')
  const week = day === undefined ? columns.use('week') : undefined
  const month = day === undefined && week === undefined ? columns.use('month') : undefined
  const hasDates = [day, week, month].some((index) => index !== undefined)
  const places = {
    day,
    week,
    month,
    start: hasDates ? undefined : filled('start'),
    end: hasDates ? undefined : filled('end'),
    campaign: columns.use('campaign'),
    campaignId: ids('campaign_id'),
    adGroup: filled('ad_group'),
    adGroupId: ids('ad_group_id'),
    ad: filled('ad'),
    adId: ids('ad_id'),
    currency: filled('currency'),
    setting: columns.use('setting'),
  }
  const isCampaignOnly = [places.adGroup, places.adGroupId, places.ad, places.adId].every(
    (index) => index === undefined,
  )
  return {
    ...places,
    status: isCampaignOnly ? columns.use('status') : undefined,
    budget: isCampaignOnly && columns.find('budget_type') !== undefined ? columns.use('budget') : undefined,
    budgetType: isCampaignOnly ? columns.use('budget_type') : undefined,
    budgetName: isCampaignOnly ? columns.find('budget_name')?.index : undefined,
  }
}

export const levelOf = ({ ad, adId, adGroup, adGroupId }: Places): MetricLevel =>
  ad !== undefined || adId !== undefined
    ? 'ad'
    : adGroup !== undefined || adGroupId !== undefined
      ? 'ad_group'
      : 'campaign'

/** @throws OperationError invalid_input for a header without rows, without campaigns or dates, or about keywords */
export function refuseUnreadable(
  spec: ReportSpec,
  columns: ReportColumns,
  places: Places,
  { data, totals }: SortedRows,
  preamble: readonly string[],
): void {
  const { product, howToDaily } = spec
  if (data.length === 0)
    throw refusal(
      totals.length > 0 ? 'only_totals' : 'no_rows',
      totals.length > 0
        ? `This ${product} export holds nothing but totals.`
        : `This ${product} export has a header and no rows.`,
      'Check the filters and the period in the platform, and download it again.',
    )
  if (columns.find('keyword') !== undefined)
    throw refusal(
      'keywords',
      `This ${product} export is about keywords or search terms, which are a part of what an ad group spends.`,
      'Download the report of campaigns, ad groups or ads instead.',
    )
  const names = [places.campaign, places.campaignId, places.adGroup, places.adGroupId, places.ad, places.adId]
  if (names.every((index) => index === undefined))
    throw refusal(
      'no_campaign',
      `This ${product} export has no column with campaigns.`,
      'Add the campaign’s name to the report, and download it again.',
    )
  const dated = [places.day, places.week, places.month, places.start].some((index) => index !== undefined)
  // A title and a range in words ("All time") still make it a report of a period.
  if (!dated && preamble.filter((line) => line !== '').length < 2)
    throw refusal('no_dates', `This ${product} export does not say which days it covers.`, howToDaily)
}
