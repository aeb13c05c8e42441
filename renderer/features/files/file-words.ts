/** Sizes in words. */
import { fill, integer } from '../../format.ts'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'

const KILO = 1_000

/** "840 B", "12.4 kB", "3.1 MB". */
export function sizeText(bytes: number): string {
  if (bytes < KILO) return fill(t.bytes.b, { count: integer(bytes) })
  if (bytes < KILO * KILO) return fill(t.bytes.kb, { count: integer(Math.round(bytes / 100) / 10) })
  return fill(t.bytes.mb, { count: integer(Math.round(bytes / 100_000) / 10) })
}
