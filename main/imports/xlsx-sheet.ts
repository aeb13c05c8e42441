/** One sheet's cells. Pure of any meaning: kinds and texts only. */
import { tooManyColumns } from './csv.ts'
import { MAX_CELL_CHARS, MAX_COLUMNS, refusal } from './limits.ts'
import { type Cell, MAX_ROWS, type RawRow } from './parsed.ts'
import { dateOfSerial, plainNumber } from './xlsx-styles.ts'
import { readXml } from './xlsx-xml.ts'
import type { ZipArchive, ZipEntry } from './zip.ts'

export interface Workbook {
  readonly archive: ZipArchive
  readonly is1904: boolean
  readonly strings: readonly string[]
  readonly dateStyles: ReadonlySet<number>
}

const EMPTY: Cell = { kind: 'empty', text: '' }

interface OpenCell {
  readonly column: number
  readonly type: string
  readonly style: number
  isFormula: boolean
  value: string
}

/** Rows that have anything in them. @throws OperationError invalid_input for too many rows or columns, or a cell that is too long */
export async function readSheet(workbook: Workbook, entry: ZipEntry): Promise<RawRow[]> {
  const rows: RawRow[] = []
  const shared = new Map<number, Cell>()
  let line = 0
  let cells: Cell[] = []
  let cell: OpenCell | undefined
  let isValue = false
  const finishCell = (): void => {
    const made = cell === undefined ? EMPTY : cellOf(workbook, cell, shared)
    if (cell === undefined || made.kind === 'empty') return
    if (cell.column >= MAX_COLUMNS) throw tooManyColumns(cell.column + 1)
    while (cells.length < cell.column) cells.push(EMPTY)
    cells[cell.column] = made
  }
  await readXml(workbook.archive, entry, {
    open: (name, attributes) => {
      if (name === 'row') {
        // Some writers leave the numbers out: rows then count on.
        line = rowNumber(attributes['r']) ?? line + 1
        cells = []
      } else if (name === 'c') {
        cell = openCell(attributes, cells.length)
      } else if (name === 'f' && cell !== undefined) cell.isFormula = true
      else if (name === 'v' || name === 't') isValue = true
    },
    text: (text) => {
      if (!isValue || cell === undefined) return
      cell.value += text
      if (cell.value.length > MAX_CELL_CHARS)
        throw refusal(
          'cell_too_long',
          `Row ${line} has a cell of more than ${MAX_CELL_CHARS.toLocaleString('en-US')} characters.`,
          'Download the report again.',
        )
    },
    close: (name) => {
      if (name === 'v' || name === 't') isValue = false
      else if (name === 'c') {
        finishCell()
        cell = undefined
      } else if (name === 'row' && cells.length > 0) {
        rows.push({ line, cells })
        if (rows.length > MAX_ROWS)
          throw refusal(
            'too_many_rows',
            `This sheet has more than ${MAX_ROWS.toLocaleString('en-US')} rows.`,
            'Download shorter periods, one file each.',
          )
      }
    },
  })
  return rows
}

function rowNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : undefined
}

/** "AB12" → 27. Cells without a place follow the one before. */
function openCell(attributes: Readonly<Record<string, string>>, following: number): OpenCell {
  const letters = /^([A-Z]{1,3})\d{1,7}$/.exec(attributes['r'] ?? '')?.[1]
  const column =
    letters === undefined
      ? following
      : Array.from(letters).reduce((sum, each) => sum * 26 + each.charCodeAt(0) - 64, 0) - 1
  return {
    column,
    type: attributes['t'] ?? 'n',
    style: Number(attributes['s'] ?? '0'),
    isFormula: false,
    value: '',
  }
}

function cellOf(workbook: Workbook, open: OpenCell, shared: Map<number, Cell>): Cell {
  if (open.type === 's' && !open.isFormula) return sharedCell(workbook, open.value, shared)
  const made = typedCell(workbook, open)
  return open.isFormula ? { kind: 'formula', text: made.text } : made
}

function sharedCell({ strings }: Workbook, value: string, shared: Map<number, Cell>): Cell {
  const index = Number(value)
  const known = shared.get(index)
  if (known !== undefined) return known
  const text = strings[index]
  if (text === undefined || value.trim() === '') return { kind: 'error', text: '' }
  if (text.length > MAX_CELL_CHARS)
    throw refusal('cell_too_long', 'A cell of this workbook is too long.', 'Download the report again.')
  const cell: Cell = text === '' ? EMPTY : { kind: 'text', text }
  shared.set(index, cell)
  return cell
}

function typedCell({ dateStyles, is1904 }: Workbook, { type, style, value }: OpenCell): Cell {
  if (type === 'e') return { kind: 'error', text: value }
  if (type === 'str' || type === 'inlineStr' || type === 's')
    return value === '' ? EMPTY : { kind: 'text', text: value }
  if (value.trim() === '') return EMPTY
  if (type === 'b') return { kind: 'text', text: value.trim() === '1' ? 'TRUE' : 'FALSE' }
  if (type === 'd') return isoCell(value.trim())
  const number = plainNumber(value)
  if (number === undefined) return { kind: 'error', text: value }
  const date = dateStyles.has(style) ? dateOfSerial(Number(number), is1904) : undefined
  return date === undefined ? { kind: 'number', text: number } : { kind: 'date', text: date }
}

/** Strict workbooks keep dates as ISO text. */
function isoCell(text: string): Cell {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z?)?$/.exec(text)
  if (match === null) return { kind: 'error', text }
  const time = match[2] ?? '00:00:00'
  return { kind: 'date', text: time === '00:00:00' ? (match[1] ?? '') : `${match[1]} ${time}` }
}
