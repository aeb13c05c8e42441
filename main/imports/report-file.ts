/**
 * Reads a platform's report: finds the header, sets totals and title aside, decides formats from all rows together, then reads row by row.
 * Pure: the same table and choices give the same answer, whatever the order of the rows.
 */
import type { Platform } from '../../shared/domain/ids.ts'
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { ImportChoices } from '../../shared/schemas/imports.ts'
import { dateCell, type OrderDecision, OrderVotes, rangeOf } from './dates.ts'
import { findHeader, platformsOf } from './headers.ts'
import { refusal } from './limits.ts'
import { type FormatDecision, FormatVotes, numberCell } from './numbers.ts'
import type { ParsedFile, Question, RawTable } from './parsed.ts'
import { AMOUNTS, COUNTS, ReportColumns } from './report-columns.ts'
import { CurrencyEvidence, type CurrencyDecision } from './report-currency.ts'
import { FactGroups } from './report-group.ts'
import { BadRows, type Formats, type Places, readRow, type RowReader } from './report-rows.ts'
import { levelOf, placesOf, refuseUnreadable, type SortedRows, sortRows } from './report-shape.ts'
import type { ReportSpec } from './report-spec.ts'
import { hasControls, nameOf } from './report-texts.ts'
import { checkTotals, MeasureSums } from './report-totals.ts'
import { warningsOf } from './report-warnings.ts'

const MAX_TOTALS_CHECKED = 20
const PRODUCTS = { google_ads: 'Google Ads', meta: 'Meta Ads Manager', tiktok: 'TikTok Ads Manager' } as const

/** What all rows together say about how the file is written. */
interface Decisions {
  readonly number: FormatDecision
  readonly order: OrderDecision
  readonly currency: CurrencyDecision
}

/**
 * undefined: not this platform's report. @throws OperationError invalid_input for a header without rows, without campaigns, without any date,
 * with keywords instead of campaigns, or with several accounts in one file
 */
export function readReport(spec: ReportSpec, table: RawTable, choices: ImportChoices): ParsedFile | undefined {
  if (choices.kind !== undefined && choices.kind !== 'platform_report') return undefined
  const isChosen = choices.platform === spec.platform
  if (choices.platform !== undefined && !isChosen) return undefined
  const fitting = platformsOf(table)
  // Where names fit several platforms alike, the first of them reads the file and asks.
  if (!isChosen && fitting[0] !== spec.platform) return undefined
  const header = findHeader(table, spec.platform)
  if (header === undefined) return undefined
  const columns = new ReportColumns(header)
  spec.pick(columns)
  const sorted = sortRows(spec, table, columns)
  const places = placesOf(columns, sorted.data)
  const preamble = table.rows.slice(0, header.at).map((row) =>
    row.cells
      .map((cell) => cell.text)
      .join(',')
      .trim(),
  )
  const range = preamble.map(rangeOf).find((found) => found !== undefined) ?? null
  refuseUnreadable(spec, columns, places, sorted, preamble)
  const decisions = decide(columns, places, sorted, choices, range)
  const platformQuestion = isChosen || fitting.length < 2 ? [] : [askPlatform(fitting)]
  return assemble({ spec, table, columns, places, sorted, decisions, range, platformQuestion, preamble })
}

function askPlatform(fitting: readonly Platform[]): Question {
  return {
    field: 'platform',
    text: 'The column names of this file fit more than one platform. Which one is it from?',
    options: fitting.map((value) => ({ value, label: PRODUCTS[value] })),
  }
}

function decide(
  columns: ReportColumns,
  places: Places,
  { data, totals }: SortedRows,
  choices: ImportChoices,
  range: readonly [string, string] | null,
): Decisions {
  const { language } = columns.header
  const numbers = new FormatVotes()
  const orders = new OrderVotes()
  const currencies = new CurrencyEvidence()
  for (const { index } of columns.measures) currencies.addHeader(columns.header.columns[index]?.currency ?? null)
  const numericOnly = columns.numericOnly()
  const days = [places.day, places.week, places.month, places.start, places.end].filter((index) => index !== undefined)
  for (const { cells } of [...data, ...totals.map(({ row }) => row)]) {
    for (const { measure, index } of columns.measures) {
      const cell = cells[index]
      if (cell === undefined) continue
      const number = numberCell(cell)
      numbers.add(number, COUNTS.has(measure))
      if (AMOUNTS.has(measure) && number.kind === 'number') currencies.addMark(number.mark)
    }
    for (const index of numericOnly) if (cells[index] !== undefined) numbers.add(numberCell(cells[index]), false)
  }
  for (const { cells } of data) {
    for (const index of days) if (cells[index] !== undefined) orders.add(dateCell(cells[index]))
    if (places.currency !== undefined) currencies.addCell(cells[places.currency]?.text ?? '')
  }
  return {
    number: numbers.decide(choices.number_format, language),
    order: orders.decide(choices.date_order, language, range),
    currency: currencies.decide(choices),
  }
}

interface Parts {
  readonly spec: ReportSpec
  readonly table: RawTable
  readonly columns: ReportColumns
  readonly places: Places
  readonly sorted: SortedRows
  readonly decisions: Decisions
  readonly range: readonly [string, string] | null
  readonly platformQuestion: readonly Question[]
  readonly preamble: readonly string[]
}

function assemble(parts: Parts): ParsedFile {
  const { spec, table, columns, places, sorted, decisions, range } = parts
  const formats: Formats = {
    number: decisions.number.format,
    order: decisions.order.order,
    currency: decisions.currency.currency,
    shownCurrency: decisions.currency.shown,
    headerCurrency: headerCurrency(columns),
    range,
  }
  const reader: RowReader = {
    places,
    measures: columns.measures,
    level: levelOf(places),
    adGroupWord: spec.adGroupWord,
    width: columns.header.columns.length,
    isDelimited: table.delimiter !== null,
    formats,
  }
  const bad = new BadRows()
  for (const row of sorted.repeatedHeaders)
    bad.add(row, 'This line is the header once more: the file was put together from several.')
  const read = readRows(parts, reader, bad)
  const facts = read.groups.facts()
  const isDaily =
    facts.length > 0 &&
    places.week === undefined &&
    places.month === undefined &&
    facts.every((fact) => fact.startDate !== '' && fact.startDate === fact.endDate)
  const checkable =
    sorted.totals.find(({ kind }) => kind === 'rows') ?? sorted.totals.find(({ kind }) => kind === 'account')
  const totalsCheck =
    checkable === undefined || checkable.kind === 'part'
      ? []
      : checkTotals(checkable.row, checkable.kind, columns.measures, read.sums, formats.number).slice(
          0,
          MAX_TOTALS_CHECKED,
        )
  const questions = [
    ...parts.platformQuestion,
    ...[decisions.number, decisions.order, decisions.currency].flatMap(({ question }) => question ?? []),
  ]
  return {
    kind: 'platform_report',
    platform: spec.platform,
    layout: `${spec.product}, ${levelWord(reader.level, spec)} ${isDaily ? 'by day' : 'over a period'}`,
    level: reader.level,
    isDaily,
    accountName: accountName(parts),
    window: spec.window(columns, read.settings),
    facts,
    columns: columns.list(),
    bad: bad.list.toSorted((a, b) => a.line - b.line),
    badCount: bad.count,
    questions,
    warnings: warningsOf({ spec, table, columns, places, read, isDaily, totalsCheck, repeats: read.groups.repeats }),
    numberFormat: formats.number,
    dateOrder: formats.order,
    currency: formats.currency,
    rowCount: sorted.data.length + sorted.repeatedHeaders.length,
    totalsRows: sorted.totals.length,
    totalsCheck,
  }
}

export interface ReadRows {
  readonly groups: FactGroups
  readonly sums: MeasureSums
  readonly settings: ReadonlySet<string>
  /** Rows without a single number. */
  empty: number
  masked: number
  /** Names that held line breaks or other control characters. */
  controls: number
}

function readRows({ spec, columns, sorted, places }: Parts, reader: RowReader, bad: BadRows): ReadRows {
  const settings = new Set<string>()
  const read: ReadRows = {
    groups: new FactGroups(),
    sums: new MeasureSums(),
    settings,
    empty: 0,
    masked: 0,
    controls: 0,
  }
  const names = [places.campaign, places.adGroup, places.ad].filter((index) => index !== undefined)
  for (const row of sorted.data) {
    const result = readRow(reader, row)
    if (result === 'nothing') read.empty += 1
    else if ('reason' in result) bad.add(row, result.reason)
    else {
      const counted = spec.count(result.numbers, result.setting, columns)
      settings.add(counted.group)
      read.masked += result.masked
      if (names.some((index) => hasControls(row.cells[index]?.text.trim() ?? ''))) read.controls += 1
      read.sums.add(result.numbers)
      read.groups.add(result, counted)
    }
  }
  return read
}

function headerCurrency(columns: ReportColumns): string | null {
  const codes = new Set(columns.measures.flatMap(({ index }) => columns.header.columns[index]?.currency ?? []))
  return codes.size === 1 ? ([...codes][0] ?? null) : null
}

function levelWord(level: MetricLevel, spec: ReportSpec): string {
  return level === 'campaign' ? 'campaigns' : level === 'ad_group' ? `${spec.adGroupWord}s` : 'ads'
}

/** The one account that the file names. @throws OperationError invalid_input when there are several: they are imported one by one */
function accountName({ spec, columns, sorted, preamble }: Parts): string | null {
  const index = columns.use('account')
  const said = preamble.map((line) =>
    /^(?:account|customer|compte|konto|conta|cuenta)\s*:\s*(.{1,120})$/iu.exec(line)?.[1]?.trim(),
  )
  if (index === undefined) return said.find((name) => name !== undefined) ?? null
  const names = new Set(sorted.data.map((row) => nameOf(row.cells[index])).filter((name) => name !== ''))
  if (names.size > 1)
    throw refusal(
      'several_accounts',
      `This ${spec.product} export holds ${names.size} accounts.`,
      'Download one file for each account, so that their numbers stay apart.',
    )
  return [...names][0]?.slice(0, 120) ?? null
}
