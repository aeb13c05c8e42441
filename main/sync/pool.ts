/** Several pieces of work at a time, in order. Waits for all that were begun, whatever happens to one of them. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Turns of the event loop, handed out one by one: of several that store something at the same time each gets a turn of its own, so that nobody
 * else waits longer than for one of them.
 */
export function createTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => (last = last.then(() => nextTurn()))
}

/**
 * Runs `work` on the items in their order, at most `atOnce` at a time. After a throw nothing more is begun, what runs is waited for, and
 * `onFault` is told at once so that it can be hurried up.
 * @throws what the first of them threw
 */
export async function inPool<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
  onFault: () => void = () => undefined,
): Promise<void> {
  let next = 0
  let fault: { readonly error: unknown } | undefined
  async function worker(): Promise<void> {
    while (fault === undefined && next < items.length) {
      const item = items[next] as T
      next += 1
      try {
        await work(item)
      } catch (error) {
        fault ??= { error }
        onFault()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  // Read through a function: the checks above make the compiler believe that nothing was ever thrown.
  const thrown = ((): typeof fault => fault)()
  if (thrown !== undefined) throw thrown.error
}
