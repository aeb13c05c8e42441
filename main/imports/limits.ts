/** How much of a file is read at all, and how a file is turned down. Every limit is far above what a person downloads by hand. */
import { setImmediate } from 'node:timers/promises'
import { OperationError } from '../../shared/errors.ts'

export const MAX_COLUMNS = 300
/** Excel's own limit of a cell is 32,767 characters. */
export const MAX_CELL_CHARS = 32_767
/** What is inflated out of one workbook, at most. */
export const MAX_INFLATED_BYTES = 256 * 1024 * 1024
/** A sheet of an honest export shrinks 10 to 40 times; past the first megabyte more than this is a bomb. */
export const MAX_INFLATE_RATIO = 200
export const RATIO_FREE_BYTES = 1024 * 1024
export const MAX_ZIP_ENTRIES = 1_000

/** A file that cannot be read: nothing of it was stored. `reason` is one word for programs. */
export function refusal(reason: string, message: string, hint: string): OperationError {
  return new OperationError('invalid_input', message, `Nothing was stored. ${hint}`, { details: { reason } })
}

/** How long a piece of work may hold the thread; a frame of 60 per second is 16 ms. */
const PIECE_MS = 15

/** Hands the thread back whenever a piece of work has taken long enough. Await it between pieces of a few milliseconds each. */
export function breather(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < PIECE_MS) return
    await setImmediate()
    since = performance.now()
  }
}
