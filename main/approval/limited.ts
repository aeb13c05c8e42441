/** Live readings of one draft that are under way at the same time: platforms count them against the same allowance. */
export const LIVE_READS_AT_ONCE = 4

/** Runs `work` on each item, at most `atOnce` at a time, and answers in their order. The first failure ends it; no new work is begun. */
export async function forEachLimited<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  let hasFailed = false
  const lane = async (): Promise<void> => {
    while (next < items.length && !hasFailed) {
      const at = next
      next += 1
      const item = items[at]
      if (item === undefined) return
      try {
        results[at] = await work(item)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane))
  return results
}
