/** Reads the rows of a report once its formats are known. Strict: one number that cannot be read makes the row bad, and nothing of it counts. */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { DateOrder, NumberFormat } from '../../shared/schemas/imports.ts'
import { currenciesOf } from './currency.ts'
import { addDays, dateCell, dayOfCell, monthEnd } from './dates.ts'
import { microsOf, numberCell, countOf } from './numbers.ts'
import type { BadRow, NamedEntity, RawRow } from './parsed.ts'
import { AMOUNTS, COUNTS, type Measure, MEASURE_WORDS, type MeasureColumn } from './report-columns.ts'
import type { Numbers } from './report-spec.ts'
import { entityOf, idOf, nameOf, nameProblem, rowText, textOf } from './report-texts.ts'
import { budgetMicros, statusOf, type Status } from './report-status.ts'

/** Column indexes of what names and dates a row. */
export interface Places {
  readonly day: number | undefined
  readonly week: number | undefined
  readonly month: number | undefined
  readonly start: number | undefined
  readonly end: number | undefined
  readonly campaign: number | undefined
  readonly campaignId: number | undefined
  readonly adGroup: number | undefined
  readonly adGroupId: number | undefined
  readonly ad: number | undefined
  readonly adId: number | undefined
  readonly currency: number | undefined
  readonly setting: number | undefined
  readonly status: number | undefined
  readonly budget: number | undefined
  readonly budgetType: number | undefined
  readonly budgetName: number | undefined
}
export interface Formats {
  readonly number: NumberFormat | null
  readonly order: DateOrder | null
  /** Of the file; null: each row by its own. */
  readonly currency: string | null
  readonly shownCurrency: string
  readonly headerCurrency: string | null
  /** What rows without dates of their own cover. */
  readonly range: readonly [string, string] | null
}
export interface RowReader {
  readonly places: Places
  readonly measures: readonly MeasureColumn[]
  readonly level: MetricLevel
  readonly adGroupWord: string
  readonly width: number
  /** Texts with a delimiter have every cell of a row; sheets leave out empty ones. */
  readonly isDelimited: boolean
  readonly formats: Formats
}
export interface ReadRow {
  readonly line: number
  readonly startDate: string
  readonly endDate: string
  readonly campaign: NamedEntity
  readonly adGroup: NamedEntity | undefined
  readonly ad: NamedEntity | undefined
  readonly currency: string
  readonly numbers: Numbers
  readonly masked: number
  readonly setting: string
  readonly status: Status | undefined
  readonly dailyBudgetMicros: bigint | undefined
}
/** 'nothing': not one number in it. A string: why the row is bad. */
export type RowResult = ReadRow | 'nothing' | { readonly reason: string }

const bad = (reason: string): { reason: string } => ({ reason })
const isBad = (value: unknown): value is { reason: string } =>
  typeof value === 'object' && value !== null && 'reason' in value

/** @param text of a campaign or ad group that the file has no column for */
export const NOT_IN_FILE = '(not in the file)'

export function readRow(reader: RowReader, row: RawRow): RowResult {
  const { places, formats } = reader
  const shape = shapeProblem(reader, row)
  if (shape !== undefined) return bad(shape)
  const dates = datesOf(places, formats, row)
  if (isBad(dates)) return dates
  const names = namesOf(reader, row)
  if (isBad(names)) return names
  const currency = currencyOf(places, formats, row)
  if (isBad(currency)) return currency
  const numbers = numbersOf(reader, row, currency.code)
  if (isBad(numbers)) return numbers
  if (numbers.known === 0) return 'nothing'
  if (numbers.values.spend === undefined || numbers.values.spend === null)
    return Object.values(numbers.values).every((value) => value === null || value === 0n)
      ? 'nothing'
      : bad('The row has numbers and no spend.')
  return {
    line: row.line,
    ...dates,
    ...names,
    currency: currency.code,
    numbers: numbers.values,
    masked: numbers.masked,
    setting: places.setting === undefined ? '' : textOf(row.cells[places.setting]),
    status: places.status === undefined ? undefined : statusOf(textOf(row.cells[places.status])),
    dailyBudgetMicros: budgetMicros(places, row, formats.number),
  }
}

function shapeProblem({ width, isDelimited }: RowReader, row: RawRow): string | undefined {
  const extra = row.cells.slice(width).some((cell) => cell.text.trim() !== '')
  if (extra) return `The row has ${row.cells.length} cells and the header ${width}.`
  if (isDelimited && row.cells.length < width)
    return `The row has ${row.cells.length} ${row.cells.length === 1 ? 'cell' : 'cells'} and the header ${width}: it was cut off, or is separated by another character.`
  return undefined
}

type Dates = { readonly startDate: string; readonly endDate: string }

function datesOf(places: Places, formats: Formats, row: RawRow): Dates | { reason: string } {
  const read = (index: number): string | { reason: string } => {
    const cell = row.cells[index]
    const day = cell === undefined ? ({ kind: 'unknown' } as const) : dayOfCell(dateCell(cell), formats.order)
    if (day.kind === 'bad') return bad(day.reason)
    return day.kind === 'day' ? day.date : bad('The row has no day.')
  }
  const { day, week, month, start, end } = places
  if (day !== undefined) {
    const date = read(day)
    return isBad(date) ? date : { startDate: date, endDate: date }
  }
  const span = week ?? month
  if (span !== undefined) {
    const date = week === undefined ? (monthStart(textOf(row.cells[span])) ?? read(span)) : read(span)
    if (isBad(date)) return date
    return { startDate: date, endDate: week === undefined ? monthEnd(date) : addDays(date, 6) }
  }
  if (start !== undefined && end !== undefined) {
    const [startDate, endDate] = [read(start), read(end)]
    if (isBad(startDate)) return startDate
    if (isBad(endDate)) return endDate
    return startDate <= endDate ? { startDate, endDate } : bad('The row ends before it starts.')
  }
  const [startDate, endDate] = formats.range ?? ['', '']
  return { startDate, endDate }
}

/** "2026-01" */
function monthStart(text: string): string | undefined {
  return /^20\d{2}-(0[1-9]|1[0-2])$/.test(text) ? `${text}-01` : undefined
}

type Names = Pick<ReadRow, 'campaign' | 'adGroup' | 'ad'>

function namesOf({ places, level, adGroupWord }: RowReader, row: RawRow): Names | { reason: string } {
  const entity = (name: number | undefined, id: number | undefined, what: string): NamedEntity | { reason: string } => {
    if (name === undefined && id === undefined) return { name: NOT_IN_FILE }
    const problem = name === undefined ? undefined : nameProblem(row.cells[name], what)
    if (problem !== undefined) return bad(problem)
    const found = id === undefined ? undefined : idOf(row.cells[id])
    if (id !== undefined && found === undefined && textOf(row.cells[id]) !== '')
      return bad(`The id of the ${what} is not a number.`)
    const text = name === undefined ? (found ?? '') : nameOf(row.cells[name])
    return text === '' && found === undefined
      ? bad(`The row has no name of the ${what}.`)
      : entityOf(found, text || (found ?? ''))
  }
  const campaign = entity(places.campaign, places.campaignId, 'campaign')
  if (isBad(campaign)) return campaign
  if (level === 'campaign') return { campaign, adGroup: undefined, ad: undefined }
  const adGroup = entity(places.adGroup, places.adGroupId, adGroupWord)
  if (isBad(adGroup)) return adGroup
  if (level === 'ad_group') return { campaign, adGroup, ad: undefined }
  const ad = entity(places.ad, places.adId, 'ad')
  return isBad(ad) ? ad : { campaign, adGroup, ad }
}

function currencyOf(places: Places, formats: Formats, row: RawRow): { code: string } | { reason: string } {
  const text = places.currency === undefined ? '' : textOf(row.cells[places.currency]).toUpperCase()
  const known = text === '' ? null : currenciesOf(text)
  if (text !== '' && (!/^[A-Z]{3}$/.test(text) || known === undefined))
    return bad('The currency of the row is not one that this version knows.')
  const own = text === '' ? formats.headerCurrency : text
  if (text !== '' && formats.headerCurrency !== null && text !== formats.headerCurrency)
    return bad(`The row is in ${text}, and the header says ${formats.headerCurrency}.`)
  if (own !== null && formats.currency !== null && own !== formats.currency)
    return bad(`The row is in ${own}; the file is read in ${formats.currency}.`)
  if (text === '' && places.currency !== undefined && formats.headerCurrency === null)
    return bad('The row does not say its currency.')
  return { code: own ?? formats.currency ?? formats.shownCurrency }
}

interface ReadNumbers {
  readonly values: Numbers
  readonly known: number
  readonly masked: number
}

function numbersOf({ measures, formats }: RowReader, row: RawRow, currency: string): ReadNumbers | { reason: string } {
  const values: Partial<Record<Measure, bigint | null>> = {}
  let known = 0
  let masked = 0
  for (const { measure, index } of measures) {
    const cell = row.cells[index]
    const number = cell === undefined ? ({ kind: 'unknown' } as const) : numberCell(cell)
    const word = MEASURE_WORDS[measure]
    if (number.kind === 'formula') return bad(`${word} is the result of a formula, which is not trusted.`)
    if (number.kind === 'error') return bad(`${word} is an error of the workbook.`)
    if (number.kind === 'not_a_number') return bad(`${word} is not a number.`)
    if (number.kind !== 'number') {
      if (number.kind === 'masked') masked += 1
      values[measure] = null
      continue
    }
    if (number.isPercent) return bad(`${word} is a percentage.`)
    if (number.mark !== null && (!AMOUNTS.has(measure) || !currenciesOf(number.mark)?.includes(currency)))
      return bad(
        AMOUNTS.has(measure) ? `${word} is marked with another currency than ${currency}.` : `${word} is not a number.`,
      )
    const value = valueOf(measure, number, formats.number)
    if (typeof value !== 'bigint') return value
    if (number.isNegative && value !== 0n && (measure === 'spend' || !AMOUNTS.has(measure)))
      return bad(`${word} is negative.`)
    values[measure] = value
    known += 1
  }
  return { values, known, masked }
}

function valueOf(
  measure: Measure,
  number: Parameters<typeof microsOf>[0],
  format: NumberFormat | null,
): bigint | { reason: string } {
  const word = MEASURE_WORDS[measure]
  if (COUNTS.has(measure)) {
    const count = countOf(number, format)
    return count === undefined ? bad(`${word} is not a whole number of this file’s format.`) : BigInt(count)
  }
  const micros = microsOf(number, format, measure !== 'spend')
  if (micros === 'precise') return bad(`${word} has more than six decimals.`)
  if (micros === 'large') return bad(`${word} is larger than anything this app handles.`)
  return micros ?? bad(`${word} is not a number in this file’s format.`)
}

/** Bad rows, the first thousand of them in full. */
export class BadRows {
  readonly list: BadRow[] = []
  count = 0
  add(row: RawRow, reason: string): void {
    this.count += 1
    if (this.list.length < 1_000) this.list.push({ line: row.line, reason, text: rowText(row) })
  }
}
