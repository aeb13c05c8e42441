/** Texts of one row of a report: what names it, and what is wrong with it. */
import type { Cell, NamedEntity, RawRow } from './parsed.ts'

const NOTHING = new Set(['', '-', '--', '—', '–'])
const MAX_NAME_CHARS = 1_000

/** '' where the cell says nothing (empty, "--"). */
export function textOf(cell: Cell | undefined): string {
  const text = cell?.text.trim() ?? ''
  return NOTHING.has(text) ? '' : text
}

/** A name as the platform spells it, on one line: control characters become blanks. */
export function nameOf(cell: Cell | undefined): string {
  return textOf(cell)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}

export function hasControls(text: string): boolean {
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
}

/** UTF-8 read as Windows-1252 and saved again: "GrÃ¼n", "â€“". */
export function isGarbled(text: string): boolean {
  return /[ÃÂ][\u0080-\u00bf‚-›€ŒŽšœžŸƒˆ˜–—‘’“”•…™]|â€|ðŸ/.test(text)
}

/** "1.2E+17", or a number of more digits than a workbook keeps: the end of the id is lost, for this row and most likely for others. */
export function isRoundedId(cell: Cell | undefined): boolean {
  const text = textOf(cell)
  return /^\d([.,]\d+)?e\+?\d{1,2}$/i.test(text) || (cell?.kind === 'number' && text.length > 15)
}

/** Ids as text: an apostrophe or a prefix of Meta's older files in front is not part of it. undefined: not an id. */
export function idOf(cell: Cell | undefined): string | undefined {
  const text = textOf(cell).replace(/^'|^="|"$|\t+$/g, '')
  return /^(?:[a-z]{1,3}:)?(\d{1,24})$/.exec(text)?.[1]
}

export function entityOf(id: string | undefined, name: string): NamedEntity {
  return id === undefined ? { name } : { id, name }
}

/** Why a name cannot be used; undefined when it can. */
export function nameProblem(cell: Cell | undefined, what: string): string | undefined {
  if (cell?.kind === 'formula') return `The name of the ${what} is the result of a formula, which is not trusted.`
  if (cell?.kind === 'error') return `The name of the ${what} is an error of the workbook.`
  const text = cell?.text ?? ''
  if (text.length > MAX_NAME_CHARS) return `The name of the ${what} is longer than ${MAX_NAME_CHARS} characters.`
  if (isGarbled(text))
    return `The name of the ${what} is garbled: the file was saved in the wrong encoding. Download it again.`
  return undefined
}

/** The start of a row as it stands in the file. */
export function rowText(row: RawRow): string {
  let text = ''
  for (const cell of row.cells) {
    if (text.length > 200) break
    text += `${text === '' ? '' : ' | '}${cell.text.slice(0, 80)}`
  }
  return text.slice(0, 200)
}
