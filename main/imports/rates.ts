/**
 * Reference rates of the European Central Bank: eurofxref-hist.csv (one row a day, "2026-11-20,1.0512,N/A,…") and the daily eurofxref.csv
 * ("20 November 2026, 1.0512, …"), as the bank's page "Euro foreign exchange reference rates" offers them.
 */
import type { ImportChoices } from '../../shared/schemas/imports.ts'
import { dayOf } from '../reporting/calendar.ts'
import { dateCell } from './dates.ts'
import { numberCell } from './numbers.ts'
import type { BadRow, Cell, ImportedRate, ParsedFile, RawTable } from './parsed.ts'

const MIN_CURRENCIES = 3
const MAX_BAD = 1_000
const PLACES = 8
/** A euro is worth less than a million of any currency of the list; more would not fit the arithmetic behind. */
const MAX_WHOLE_DIGITS = 7

/** Undefined: the header is not "Date" and codes of currencies. */
export function ratesLayout(table: RawTable, _choices: ImportChoices): ParsedFile | undefined {
  const [header, ...rows] = table.rows
  const codes = (header?.cells ?? []).map(({ text }) => text.trim())
  const columns = codes.flatMap((code, index) => (index > 0 && /^[A-Z]{3}$/.test(code) ? [{ code, index }] : []))
  if (header === undefined || codes[0]?.toLowerCase() !== 'date' || columns.length < MIN_CURRENCIES) return undefined
  if (codes.some((code, index) => index > 0 && code !== '' && !/^[A-Z]{3}$/.test(code))) return undefined
  const rates: ImportedRate[] = []
  const bad: BadRow[] = []
  let badCount = 0
  for (const row of rows) {
    if (row.cells.every(({ text }) => text.trim() === '')) continue
    const refuse = (reason: string): void => {
      badCount += 1
      if (badCount <= MAX_BAD)
        bad.push({
          line: row.line,
          reason,
          text: row.cells
            .slice(0, 6)
            .map(({ text }) => text.slice(0, 20))
            .join(','),
        })
    }
    const date = publicationOf(row.cells[0] ?? { kind: 'empty', text: '' })
    if (date === undefined) {
      refuse('The day cannot be read.')
      continue
    }
    for (const { code, index } of columns) {
      const cell = numberCell(row.cells[index] ?? { kind: 'empty', text: '' })
      if (cell.kind === 'unknown') continue
      const isPlain = cell.kind === 'number' && !cell.isNegative && !cell.isPercent && cell.mark === null
      const perEuroE8 = isPlain ? scaled(cell.body) : undefined
      if (perEuroE8 === undefined) refuse(`The rate of ${code} cannot be read.`)
      else rates.push({ line: row.line, currency: code, date, perEuroE8 })
    }
  }
  const doubled = new Set(columns.map(({ code }) => code)).size < columns.length
  return {
    kind: 'rates',
    layout: 'Exchange rates of the ECB',
    columns: header.cells.map((cell, index) => ({
      index,
      header: cell.text,
      usedAs: index === 0 ? 'Day' : /^[A-Z]{3}$/.test(codes[index] ?? '') ? 'Units per euro' : null,
      note: null,
    })),
    bad,
    badCount,
    questions: [],
    warnings: doubled ? ['A currency has two columns: the last one counts.'] : [],
    numberFormat: null,
    dateOrder: 'ymd',
    currency: null,
    rowCount: rates.length + badCount,
    totalsRows: 0,
    totalsCheck: [],
    rates,
  }
}

/** The list begins with 1999, before any report of a platform. */
function publicationOf(cell: Cell): string | undefined {
  const text = cell.text.trim()
  if (dayOf(text) !== undefined) return text
  const date = dateCell(cell)
  return date.kind === 'day' ? date.date : undefined
}

/** Exact, with a dot, above zero; undefined for anything else. */
function scaled(body: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(body)
  const [, whole = '', fraction = ''] = match ?? []
  if (match === null || whole.length > MAX_WHOLE_DIGITS || fraction.length > PLACES) return undefined
  const value = BigInt(whole) * 10n ** BigInt(PLACES) + BigInt(fraction.padEnd(PLACES, '0'))
  return value > 0n ? value : undefined
}
