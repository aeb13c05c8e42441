/** Bounded waiting for tests. Never sleeps for a guessed time: it asks again until the answer is there or the limit is over. */
import { setTimeout as pause } from 'node:timers/promises'

export interface WaitOptions {
  /** What is waited for, in plain words; part of the error. */
  readonly what?: string
  /** Gives up after this many milliseconds (default 5,000). */
  readonly withinMs?: number
  /** Pause between two probes in milliseconds (default 25). */
  readonly everyMs?: number
}

type Nothing = undefined | null | false

/**
 * Calls `probe` until it answers something other than undefined, null or false, and hands that back.
 * A probe that throws counts as "not yet"; its last error is the cause of ours.
 * @throws Error when the limit is over, naming what was waited for and the last error.
 */
export async function waitFor<T>(
  probe: () => T | Nothing | Promise<T | Nothing>,
  options: WaitOptions = {},
): Promise<T> {
  const { what = 'a condition', withinMs = 5_000, everyMs = 25 } = options
  const deadlineMs = performance.now() + withinMs
  let lastError: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== null && answer !== false) return answer
      lastError = undefined
    } catch (error) {
      lastError = error
    }
    if (performance.now() >= deadlineMs) break
    await pause(everyMs)
  }
  const reason = lastError instanceof Error ? `: ${lastError.message}` : ''
  throw new Error(`Waited ${withinMs} ms in vain for ${what}${reason}`, { cause: lastError })
}

/** Settles like `work`, but rejects after `withinMs`, so that a hung promise fails one test and not the whole run. */
export async function settleWithin<T>(work: Promise<T>, withinMs: number, what = 'a promise'): Promise<T> {
  const limit = new AbortController()
  const tooLate = pause(withinMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`Waited ${withinMs} ms in vain for ${what}`)
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    limit.abort()
    tooLate.catch(() => undefined)
  }
}
