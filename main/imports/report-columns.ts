/** Which column of a platform's report is used for what. */
import { type Field, NOT_USED, USED_AS } from './header-names.ts'
import type { ColumnWindow, FoundHeader, HeaderColumn } from './headers.ts'
import type { RawRow, UsedColumn } from './parsed.ts'

export const MEASURES = [
  'spend',
  'impressions',
  'clicks',
  'videoViews',
  'reach',
  'conversions',
  'value',
  'clickConversions',
  'clickValue',
  'viewConversions',
  'viewValue',
  'engagedConversions',
  'click1dConversions',
  'click1dValue',
  'click28dConversions',
  'click28dValue',
] as const
export type Measure = (typeof MEASURES)[number]

/** Whole numbers; the rest may have decimals. */
export const COUNTS: ReadonlySet<Measure> = new Set(['impressions', 'clicks', 'videoViews', 'reach'])
/** Amounts: a currency's sign beside them must fit. */
export const AMOUNTS: ReadonlySet<Measure> = new Set([
  'spend',
  'value',
  'clickValue',
  'viewValue',
  'click1dValue',
  'click28dValue',
])
export const MEASURE_WORDS: Readonly<Record<Measure, string>> = {
  spend: 'Spend',
  impressions: 'Impressions',
  clicks: 'Clicks',
  videoViews: 'Video views',
  reach: 'Reach',
  conversions: 'Conversions',
  value: 'Conversion value',
  clickConversions: 'Click-through conversions',
  clickValue: 'Click-through value',
  viewConversions: 'View-through conversions',
  viewValue: 'View-through value',
  engagedConversions: 'Engaged-view conversions',
  click1dConversions: 'Conversions 1 day after a click',
  click1dValue: 'Value 1 day after a click',
  click28dConversions: 'Conversions 28 days after a click',
  click28dValue: 'Value 28 days after a click',
}

export interface MeasureColumn {
  readonly measure: Measure
  readonly index: number
  readonly window: ColumnWindow | null
}

/** The columns of one file. Names first come first: a second column of a name is noted and not used. */
export class ReportColumns {
  readonly header: FoundHeader
  readonly measures: MeasureColumn[] = []
  readonly #notes = new Map<number, string>()
  readonly #used = new Map<number, string>()

  constructor(header: FoundHeader) {
    this.header = header
  }

  /** The first column of a field, without a comparison window. */
  find(field: Field): HeaderColumn | undefined {
    return this.header.columns.find((column) => column.field === field && column.window === null)
  }

  /** Takes the first column there is of these fields for the measure. */
  measure(measure: Measure, fields: readonly Field[], note?: string): HeaderColumn | undefined {
    for (const [k, field] of fields.entries()) {
      const column = this.find(field)
      if (column === undefined) continue
      this.#take(measure, column)
      if (k > 0 && note !== undefined) this.note(column.index, note)
      return column
    }
    return undefined
  }

  /** Takes the column of a field that is counted by a window of its own ("Purchases (7-day click)"). */
  measureWithin(measure: Measure, field: Field, kind: ColumnWindow['kind'], days?: number): HeaderColumn | undefined {
    const column = this.header.columns.find(
      (each) => each.field === field && each.window?.kind === kind && (days === undefined || each.window.days === days),
    )
    if (column !== undefined) this.#take(measure, column)
    return column
  }

  #take(measure: Measure, column: HeaderColumn): void {
    this.measures.push({ measure, index: column.index, window: column.window })
    this.#used.set(column.index, MEASURE_WORDS[measure])
  }

  use(field: Field): number | undefined {
    const column = this.find(field)
    if (column !== undefined) this.#used.set(column.index, USED_AS[field] ?? field)
    return column?.index
  }

  note(index: number, note: string): void {
    this.#notes.set(index, note)
  }

  drop(index: number, note: string): void {
    this.#used.delete(index)
    this.#notes.set(index, note)
  }

  /** Numbers that are not used and still show how the file writes them. */
  numericOnly(): readonly number[] {
    const taken = new Set(this.measures.map(({ index }) => index))
    return this.header.columns
      .filter(({ field, index }) => !taken.has(index) && (field === 'ratio' || field === 'not_counted'))
      .map(({ index }) => index)
  }

  list(): UsedColumn[] {
    const seen = new Set<Field>()
    return this.header.columns.map(({ index, header, field, window }) => {
      const usedAs = this.#used.get(index) ?? null
      const isRepeat =
        field !== null && usedAs === null && window === null && seen.has(field) && USED_AS[field] !== null
      if (field !== null && usedAs !== null) seen.add(field)
      const note = isRepeat
        ? 'A second column of this kind: not used.'
        : (this.#notes.get(index) ?? (usedAs === null && field !== null ? (NOT_USED[field] ?? null) : null))
      return { index, header, usedAs, note }
    })
  }

  /** Whether a row is the header once more, as in files put together by hand. */
  isHeader(row: RawRow): boolean {
    return this.header.columns.every(({ index, header }) => (row.cells[index]?.text ?? '').trim() === header.trim())
  }
}
