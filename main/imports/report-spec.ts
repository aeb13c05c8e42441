/** What a platform adds to reading a report: which columns it has, what its totals look like, and what its conversions mean. */
import type { Platform } from '../../shared/domain/ids.ts'
import type { ImportedFact } from './parsed.ts'
import type { Measure, ReportColumns } from './report-columns.ts'

/** A row's numbers as the file has them; null where it does not say. */
export type Numbers = { readonly [measure in Measure]?: bigint | null }

/** What the conversions of a row are. `group` tells rows apart that must not be added up as one kind. */
export type Counted = Pick<
  ImportedFact,
  | 'clickConversionMicros'
  | 'clickValueMicros'
  | 'viewConversionMicros'
  | 'viewValueMicros'
  | 'engagedViewConversionMicros'
  | 'reportedConversionMicros'
  | 'reportedValueMicros'
  | 'clickWindowDays'
  | 'viewWindowDays'
> & { readonly group: string }

export type TotalsKind = 'rows' | 'account' | 'part'

/** A row's texts by what they are; '' where a column is missing or says nothing. */
export interface RowTexts {
  readonly first: string
  readonly day: string
  readonly campaign: string
  readonly adGroup: string
  readonly ad: string
  readonly status: string
  readonly type: string
}

export interface ReportSpec {
  readonly platform: Platform
  /** "Google Ads" and the like, for the name of the layout. */
  readonly product: string
  /** Words for the levels on this platform's screens. */
  readonly adGroupWord: string
  /** Takes the measures out of the columns. */
  readonly pick: (columns: ReportColumns) => void
  /** undefined: an ordinary row. */
  readonly totals: (texts: RowTexts) => TotalsKind | undefined
  /** @param setting text of the attribution setting's cell, '' without one */
  readonly count: (numbers: Numbers, setting: string, columns: ReportColumns) => Counted
  /** What the windows of this file are, in words. @param groups all `group`s of its rows */
  readonly window: (
    columns: ReportColumns,
    groups: ReadonlySet<string>,
  ) => { readonly clickDays: number | null; readonly viewDays: number | null; readonly note: string }
  /** How to download a file that can be read, e.g. with the day. */
  readonly howToDaily: string
}
