/** Sizes and periods in words. */
import { dayRange, fill, integer } from '../../format.ts'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'

const KILO = 1_000

/** "840 B", "12.4 kB", "3.1 MB". */
export function sizeText(bytes: number): string {
  if (bytes < KILO) return fill(t.bytes.b, { count: integer(bytes) })
  if (bytes < KILO * KILO) return fill(t.bytes.kb, { count: integer(Math.round(bytes / 100) / 10) })
  return fill(t.bytes.mb, { count: integer(Math.round(bytes / 100_000) / 10) })
}

/** With the year: a file may be years old. Over a turn of the year the range names both by itself. */
export function periodText(start: string, end: string): string {
  const range = dayRange(start, end)
  return start.slice(0, 4) === end.slice(0, 4) ? `${range} ${end.slice(0, 4)}` : range
}
