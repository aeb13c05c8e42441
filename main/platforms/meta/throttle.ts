/**
 * Holding back: what Meta's headers and refusals say about allowances goes into the one quota meter, and every read asks here before it is
 * sent. Decides nothing about writes: a write is never delayed into a retry.
 */
import { OperationError } from '../../../shared/errors.ts'
import { type HttpAnswer, ReadFailure } from '../http.ts'
import type { QuotaMeter, QuotaSubject } from '../quota.ts'
import { errorForFailure } from './codes.ts'
import { paceMs, readUsage } from './usage.ts'

/** Meta blocks for a minute at the least (API score, full tier). */
const THROTTLE_DELAY_MS = 60_000
/** A longer block is told, not waited out: whoever asked would think that it hangs. */
export const MAX_HOLD_MS = 600_000
/** The code of a limit on the whole app; all others are an account's or a person's. */
const APP_LIMIT = 4

export interface Throttle {
  /** One request is about to go out. */
  count(subject: string, effect: 'read' | 'write'): void
  /** Takes in the usage headers. @returns how long Meta says that it takes no calls, milliseconds; 0 when it does not say */
  noteUsage(answer: HttpAnswer, subject: string): number
  /** Feeds the meter with a "too many". @returns how long reads now hold off */
  noteThrottle(subject: string, code: number, regainMs: number): number
  /**
   * Before every read: waits out the meter's pause, or a short one when the allowance runs low.
   * @throws OperationError platform_throttled when that comes to more than ten minutes; cancelled
   */
  holdOff(subject: string, signal: AbortSignal): Promise<void>
  /** @throws OperationError cancelled */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function blockedFor(waitMs: number): OperationError {
  const minutes = Math.ceil(waitMs / 60_000)
  return new OperationError(
    'platform_throttled',
    'Meta is refusing requests because too many were made.',
    `Nothing was changed. Meta takes requests again in about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    { retryable: true, details: { platform: 'meta', retryAfterMinutes: minutes } },
  )
}

export function createThrottle(options: {
  readonly quota: QuotaMeter
  readonly random: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}): Throttle {
  const { quota } = options
  /** Percent used, as of the newest answer; taken out when it was heeded. */
  const pressure = new Map<string, number>()
  const subjectOf = (externalId: string): QuotaSubject => ({ platform: 'meta', externalId })

  async function wait(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await options.sleep(ms, signal)
    } catch (error) {
      throw error instanceof ReadFailure ? errorForFailure(error) : error
    }
  }

  return {
    wait,
    count: (subject, effect) => quota.count(subjectOf(subject), effect),
    noteUsage: (answer, subject) => {
      const { percents, regainMs } = readUsage(answer.header, subject)
      for (const [externalId, percent] of percents) {
        quota.used(subjectOf(externalId), percent)
        pressure.set(externalId, percent)
      }
      return regainMs
    },
    noteThrottle: (subject, code, regainMs) => {
      const waitMs = Math.round(Math.max(THROTTLE_DELAY_MS, regainMs) * (1 + options.random() / 10))
      quota.throttled(subjectOf(code === APP_LIMIT ? 'app' : subject), waitMs)
      return waitMs
    },
    holdOff: async (subject, signal) => {
      let waitedMs = 0
      for (;;) {
        const pauseMs = Math.max(quota.pauseMs(subjectOf(subject)), quota.pauseMs(subjectOf('app')))
        if (waitedMs + pauseMs > MAX_HOLD_MS) throw blockedFor(pauseMs)
        const slowMs = Math.max(paceMs(pressure.get(subject) ?? 0), paceMs(pressure.get('app') ?? 0))
        pressure.delete(subject)
        pressure.delete('app')
        const waitMs = Math.max(pauseMs, slowMs)
        if (waitMs === 0) return
        try {
          await wait(waitMs, signal)
        } catch (error) {
          // Somebody's patience ended before the pause did: the pause is the reason, not Meta's silence.
          const isDeadline = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
          throw isDeadline && pauseMs > 0 ? blockedFor(pauseMs) : error
        }
        // Another reader may have been told to wait longer meanwhile: what is asked now is the meter, not what it said before.
        waitedMs += waitMs
      }
    },
  }
}
