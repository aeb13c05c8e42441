/**
 * "Something changed, look again": one counter that windows wait on. It carries no content, so that nothing can leak or be missed;
 * whoever hears of a change reads the state afresh.
 */
const MAX_WAITERS = 64
/** A quiet wait answers after this long, so that connections do not look dead. */
const WAIT_MS = 25_000
const CROWDED_WAIT_MS = 1_000

export interface Changes {
  readonly revision: () => number
  readonly announce: () => void
  /** Announces when the log has grown since the last call: whatever is worth showing leaves a record. */
  readonly announceIf: (logSize: number | undefined) => void
  /** Resolves with the revision as soon as it is above `since`, or after a quiet while. */
  readonly wait: (since: number, signal: AbortSignal) => Promise<number>
  readonly close: () => void
}

export function createChanges(): Changes {
  let revision = 0
  let seenSize: number | undefined
  const waiters = new Set<() => void>()
  const announce = (): void => {
    revision += 1
    for (const wake of waiters) wake()
    waiters.clear()
  }
  return {
    revision: () => revision,
    announce,
    announceIf(logSize) {
      if (logSize === seenSize) return
      seenSize = logSize
      announce()
    },
    wait(since, signal) {
      if (revision > since || signal.aborted) return Promise.resolve(revision)
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          waiters.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve(revision)
        }
        // Beyond the limit nobody is remembered; answering at once would make the caller ask in a circle.
        const isCrowded = waiters.size >= MAX_WAITERS
        const timer = setTimeout(wake, isCrowded ? CROWDED_WAIT_MS : WAIT_MS)
        timer.unref()
        if (!isCrowded) waiters.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    },
    close: announce,
  }
}
