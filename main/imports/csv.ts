/** Delimited text as rows of cells, by RFC 4180: quotes, doubled quotes, line breaks in quotes. Never decides what a cell means. */
import { parse } from 'csv-parse'
import { breather, MAX_CELL_CHARS, MAX_COLUMNS, refusal } from './limits.ts'
import { type Cell, MAX_ROWS, type RawRow, type RawTable } from './parsed.ts'
import type { TextForm } from './text.ts'

const CHUNK_BYTES = 32 * 1024
const SAMPLE_BYTES = 128 * 1024
const SAMPLE_LINES = 200
const MAX_RECORD_BYTES = 1024 * 1024
const EMPTY: Cell = { kind: 'empty', text: '' }
/** Names, dates and currencies repeat down a column: one object each keeps half a million rows small. */
const MAX_SHARED_CELLS = 50_000
/** In the order that decides a tie. */
const DELIMITERS = ['\t', ';', '|', ','] as const

/** @throws OperationError invalid_input for quotes that do not close, too many rows or columns, a cell that is too long */
export async function readDelimited(form: TextForm): Promise<RawTable> {
  const delimiter = delimiterOf(
    new TextDecoder(form.label).decode(form.bytes.subarray(0, SAMPLE_BYTES), { stream: true }),
  )
  const strict = await parseAll(form, delimiter, false)
  // A quote inside a cell that is not quoted: some programs write 5" as it is. Read literally, and said.
  const isLoose = strict === 'loose_quote'
  const rows = isLoose ? await parseAll(form, delimiter, true) : strict
  if (rows === 'loose_quote') throw badQuote(1)
  return {
    encoding: form.encoding,
    delimiter,
    sheet: null,
    rows,
    warnings: [
      ...form.warnings,
      ...(isLoose
        ? ['Some cells have a quotation mark in the middle that is not doubled: it was taken as it stands.']
        : []),
    ],
  }
}

/**
 * The delimiter that cuts most lines into the same number of cells; more cells count for more. Quoted parts do not count. A first line
 * "sep=;" is Excel's own way to say it.
 */
export function delimiterOf(sample: string): string {
  const said = /^sep=([,;\t|])\r?\n/i.exec(sample)?.[1]
  if (said !== undefined) return said
  const lines = countsByLine(sample)
  const scores = DELIMITERS.map((delimiter, k) => {
    const tally = new Map<number, number>()
    for (const counts of lines) {
      const count = counts[k] ?? 0
      if (count > 0) tally.set(count, (tally.get(count) ?? 0) + 1)
    }
    return { delimiter, score: Math.max(0, ...[...tally].map(([count, times]) => count * times)) }
  })
  return scores.reduce((best, each) => (each.score > best.score ? each : best)).score === 0
    ? ','
    : scores.reduce((best, each) => (each.score > best.score ? each : best)).delimiter
}

function countsByLine(sample: string): number[][] {
  const lines: number[][] = []
  let counts = DELIMITERS.map(() => 0)
  let isQuoted = false
  for (const character of sample) {
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (character === '\n' || character === '\r') {
      lines.push(counts)
      if (lines.length === SAMPLE_LINES) return lines
      counts = DELIMITERS.map(() => 0)
    } else {
      const k = (DELIMITERS as readonly string[]).indexOf(character)
      if (k >= 0) counts[k] = (counts[k] ?? 0) + 1
    }
  }
  return [...lines, counts]
}

async function parseAll(form: TextForm, delimiter: string, relaxQuotes: boolean): Promise<RawRow[] | 'loose_quote'> {
  const rows: RawRow[] = []
  const shared = new Map<string, Cell>()
  let line = 1
  const failures: unknown[] = []
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: relaxQuotes,
    max_record_size: MAX_RECORD_BYTES,
    on_record: (record: string[]) => {
      const at = line
      line += 1 + breaksIn(record)
      const cells = cellsOf(record, at, shared)
      if (cells !== undefined) rows.push({ line: at, cells })
      if (rows.length > MAX_ROWS)
        throw refusal(
          'too_many_rows',
          `This file has more than ${MAX_ROWS.toLocaleString('en-US')} rows.`,
          'Download shorter periods, one file each.',
        )
      // Kept by us: nothing is passed on.
      return null
    },
  })
  parser.on('error', (error) => {
    failures.push(error)
  })
  parser.resume()
  const breathe = breather()
  const decoder = new TextDecoder(form.label, { ignoreBOM: true })
  for (let at = 0; at < form.bytes.length && failures.length === 0; at += CHUNK_BYTES) {
    parser.write(decoder.decode(form.bytes.subarray(at, at + CHUNK_BYTES), { stream: true }))
    await breathe()
  }
  if (failures.length === 0) await finish(parser, decoder.decode())
  const [failure] = failures
  if (failure === undefined) return rows
  if (codeOf(failure) === 'INVALID_OPENING_QUOTE' && !relaxQuotes) return 'loose_quote'
  throw asRefusal(failure, line)
}

async function finish(parser: ReturnType<typeof parse>, tail: string): Promise<void> {
  await new Promise<void>((resolve) => {
    parser.once('end', resolve)
    parser.once('error', () => resolve())
    parser.end(tail)
  })
}

function breaksIn(record: readonly string[]): number {
  let breaks = 0
  for (const field of record)
    if (field.includes('\n') || field.includes('\r')) breaks += field.split(/\r\n|\r|\n/).length - 1
  return breaks
}

/** undefined for a line without anything. Empty cells at the end are dropped past the last column that any header could have. */
function cellsOf(record: readonly string[], line: number, shared: Map<string, Cell>): Cell[] | undefined {
  if (record.every((field) => field === '')) return undefined
  if (record.length > MAX_COLUMNS) throw tooManyColumns(record.length)
  return record.map((text) => {
    if (text === '') return EMPTY
    if (text.length > MAX_CELL_CHARS)
      throw refusal(
        'cell_too_long',
        `Line ${line} has a cell of more than ${MAX_CELL_CHARS.toLocaleString('en-US')} characters.`,
        'This is not how the platforms export reports: download it again as CSV.',
      )
    const known = shared.get(text)
    if (known !== undefined) return known
    const cell: Cell = { kind: 'text', text }
    if (text.length < 200 && shared.size < MAX_SHARED_CELLS) shared.set(text, cell)
    return cell
  })
}

export function tooManyColumns(count: number): Error {
  return refusal(
    'too_many_columns',
    `This file has ${count.toLocaleString('en-US')} columns; ${MAX_COLUMNS} are the most that is read.`,
    'Choose fewer columns in the platform’s report and download it again.',
  )
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

function badQuote(line: number): Error {
  return refusal(
    'quotes',
    `A quoted cell in the row that starts on line ${line} is never closed, or goes on after its closing quote.`,
    'The file was cut off or changed by hand. Download it again.',
  )
}

function asRefusal(failure: unknown, line: number): unknown {
  const code = codeOf(failure)
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_INVALID_CLOSING_QUOTE' || code === 'INVALID_OPENING_QUOTE')
    return badQuote(line)
  if (code === 'CSV_MAX_RECORD_SIZE')
    return refusal(
      'row_too_long',
      `The row that starts on line ${line} is longer than a megabyte: a quotation mark is probably never closed.`,
      'Download the file again.',
    )
  return failure
}
