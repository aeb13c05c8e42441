/** Page cursors: opaque to clients, and of use only for the query that gave them. Hold no secret and grant nothing. */
import { createHash } from 'node:crypto'
import { OperationError } from '../../shared/errors.ts'

const MAX_OFFSET = 10_000_000
export const DEFAULT_LIMIT = 50

interface Paged {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/**
 * Where the page wanted by `input` begins.
 * @throws OperationError invalid_input for a cursor that another query gave, or that nobody gave.
 */
export function offsetOf(operation: string, input: Paged): number {
  if (input.cursor === undefined) return 0
  const found = parse(input.cursor)
  if (found?.q === fingerprint(operation, input)) return found.o
  throw new OperationError(
    'invalid_input',
    'That cursor does not belong to this query.',
    'Repeat the query with the same arguments and the cursor it gave, or leave the cursor out to start again.',
  )
}

/** The cursor of the page after this one; null when this is the last. */
export function nextCursor(operation: string, input: Paged, nextOffset: number, total: number): string | null {
  if (nextOffset >= total) return null
  return Buffer.from(JSON.stringify({ q: fingerprint(operation, input), o: nextOffset })).toString('base64url')
}

/** What must stay the same from page to page: everything but the cursor and the page size. */
function fingerprint(operation: string, input: Paged): string {
  const { cursor: _cursor, limit: _limit, ...query } = input
  const sorted = Object.fromEntries(Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return createHash('sha256')
    .update(JSON.stringify([operation, sorted]))
    .digest('base64url')
    .slice(0, 16)
}

function parse(cursor: string): { q: string; o: number } | undefined {
  try {
    const found = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as { q?: unknown; o?: unknown }
    if (typeof found.q !== 'string' || typeof found.o !== 'number') return undefined
    return Number.isInteger(found.o) && found.o > 0 && found.o <= MAX_OFFSET ? { q: found.q, o: found.o } : undefined
  } catch {
    return undefined
  }
}
