/** When a delivery that did not come about is tried again, and when no more. Pure. */

const MINUTE_MS = 60_000
/** After the first, second, … attempt: eight attempts within about a day. */
const DELAYS_MS = [0.5, 2, 10, 45, 150, 360, 840].map((minutes) => minutes * MINUTE_MS)
export const MAX_ATTEMPTS: number = DELAYS_MS.length + 1
/** For what hardly ever heals by itself: a wrong password, an address that does not exist. */
export const FEW_ATTEMPTS = 3
const JITTER_FRACTION = 0.2
const MAX_ASKED_MS = 360 * MINUTE_MS

/**
 * Milliseconds to wait after attempt number `attempts` (1 is the first), give or take a fifth.
 * @param random from 0 up to 1
 * @param askedMs what the other side asked for, believed up to six hours
 */
export function delayMs(attempts: number, random: number, askedMs = 0): number {
  const base = DELAYS_MS[Math.min(Math.max(attempts, 1), DELAYS_MS.length) - 1] ?? MINUTE_MS
  const jittered = base * (1 - JITTER_FRACTION + 2 * JITTER_FRACTION * random)
  return Math.round(Math.max(jittered, Math.min(askedMs, MAX_ASKED_MS)))
}
