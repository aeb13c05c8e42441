/** Widths of the breakdown's columns and the groups they stand in. Pure. */
import { REPORT_COLUMNS, type ReportColumn } from '../../report-choices.ts'
import { type Group, groupOf } from './numbers.ts'

/** rem, at least. */
const WIDTHS: Readonly<Record<ReportColumn, number>> = {
  spend: 6.5,
  impressions: 6.25,
  clicks: 5,
  video_views: 5.5,
  ctr: 4.5,
  cpc: 5,
  cpm: 5,
  conversions: 5.25,
  conversion_value: 6.5,
  cpa: 5.5,
  roas: 5.5,
  conversions_view: 6.5,
  conversion_value_view: 7,
  conversions_engaged_view: 6.75,
  conversion_value_engaged_view: 7,
  reported_conversions: 5,
  reported_conversion_value: 7,
  reported_roas: 5.75,
  arrived: 5,
  age: 5.75,
}
const NAME = 14.5

/** In the table's own order, whatever order they were chosen in. */
export function shownColumns(chosen: readonly ReportColumn[]): readonly ReportColumn[] {
  return REPORT_COLUMNS.filter((column) => chosen.includes(column))
}
/** Of a bold digit, of a cell's own margins, and of a mark beside the number. rem. */
const DIGIT = 0.53
const MARGINS = 1.1
const MARK = 0.8

/** No number may be cut: a column is as wide as the longest of what it shows, which a total is. */
export function template(
  columns: readonly ReportColumn[],
  longest: (column: ReportColumn) => number,
): { readonly columns: string; readonly minWidth: string } {
  const widths = columns.map((column) => {
    const around = groupOf(column) === 'primary' ? MARGINS + MARK : MARGINS
    return Math.max(WIDTHS[column], longest(column) * DIGIT + around)
  })
  return {
    columns: `minmax(${NAME}rem, 1fr) ${widths.map((width) => `${width}rem`).join(' ')}`,
    minWidth: `${NAME + widths.reduce((sum, width) => sum + width, 0)}rem`,
  }
}

export interface Span {
  readonly group: Group
  readonly count: number
}
export function spans(columns: readonly ReportColumn[]): readonly Span[] {
  const runs: { group: Group; count: number }[] = []
  for (const column of columns) {
    const last = runs.at(-1)
    if (last?.group === groupOf(column)) last.count += 1
    else runs.push({ group: groupOf(column), count: 1 })
  }
  return runs
}
/** Whether a column begins a new group: a line stands before it. */
export function isFirst(columns: readonly ReportColumn[], index: number): boolean {
  const column = columns[index]
  const before = columns[index - 1]
  return column !== undefined && (before === undefined || groupOf(before) !== groupOf(column))
}
