/** Tables as CSV that a spreadsheet may open: what others wrote never runs as a formula. Pure; knows nothing of ads. */

export type CsvCell = string | number | bigint | null

/** What a spreadsheet takes for the start of a formula, also in full width, and the blanks it skips before one. */
const RISKY_START = /^[=+\-@\t\r\n＝＋－＠]/
/** A plain decimal stays a number: a loss of -12.50 is not a formula. */
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/

/**
 * RFC 4180 with CRLF line ends. A cell that begins like a formula gets a leading apostrophe, except a plain number. null is an empty cell;
 * so is a number that is not finite.
 */
export function csvOf(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('')
}

function cellText(cell: CsvCell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return ''
  const text = String(cell)
  const safe = typeof cell === 'string' && RISKY_START.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
