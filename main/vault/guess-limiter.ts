import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { SerialQueue } from './serial-queue.ts'

/**
 * Slows down guessing of a passphrase through the app. Counts in memory, on the monotonic clock: it does not slow down somebody who
 * copied the vault file (the cost of scrypt does).
 */
export interface GuessLimiter {
  /**
   * Evaluates one guess, one at a time; a right one clears the count.
   * @throws OperationError rate_limited, without evaluating, while the wait after too many wrong guesses lasts
   */
  attempt(check: () => Promise<boolean>): Promise<boolean>
}

const FREE_GUESSES = 5
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 900_000
const MAX_WAITING = 4

export function createGuessLimiter(clock: Clock): GuessLimiter {
  const queue = new SerialQueue(MAX_WAITING)
  let wrongInARow = 0
  let closedUntilMs = Number.NEGATIVE_INFINITY

  const evaluate = async (check: () => Promise<boolean>) => {
    const waitMs = Math.ceil(closedUntilMs - clock.monotonicMs())
    if (waitMs > 0)
      throw new OperationError(
        'rate_limited',
        `Too many wrong passphrases. The next one is looked at in ${Math.ceil(waitMs / 1_000)} seconds.`,
        'Wait, then try again.',
        { retryable: true, details: { retry_after_ms: waitMs } },
      )
    const isRight = await check()
    wrongInARow = isRight ? 0 : wrongInARow + 1
    const rounds = wrongInARow - FREE_GUESSES
    if (rounds >= 0) closedUntilMs = clock.monotonicMs() + Math.min(FIRST_WAIT_MS * 2 ** rounds, LONGEST_WAIT_MS)
    return isRight
  }
  return { attempt: (check) => queue.run(() => evaluate(check)) }
}
