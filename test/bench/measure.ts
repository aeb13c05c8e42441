/** Times, percentiles, and how long the main thread was away. Prints; decides nothing. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export const say = (line = ''): void => void process.stdout.write(`${line}\n`)
export const msText = (ms: number): string => (ms < 10 ? ms.toFixed(2) : ms.toFixed(ms < 100 ? 1 : 0))

export interface Times {
  readonly p50: number
  readonly p95: number
  readonly max: number
  readonly n: number
}

/** Nearest-rank percentiles of milliseconds. */
export function timesOf(values: readonly number[]): Times {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), max: at(1), n: sorted.length }
}

/** Runs the contestants in turn, so that a slow moment of the machine hits all of them; the first rounds do not count. */
export async function alternate<K extends string>(
  contestants: Readonly<Record<K, () => unknown>>,
  rounds: number,
  warmUps = 3,
): Promise<Record<K, Times>> {
  const names = Object.keys(contestants) as K[]
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>
  for (let round = -warmUps; round < rounds; round += 1)
    for (const name of names) {
      const before = performance.now()
      await contestants[name]()
      const ms = performance.now() - before
      if (round >= 0) taken[name].push(ms)
    }
  return Object.fromEntries(names.map((name) => [name, timesOf(taken[name])])) as Record<K, Times>
}

export interface Stall {
  /** Longest the event loop was late by its own histogram, and the longest gap between two ticks of a timer beyond its interval. */
  readonly histogramMs: number
  readonly timerMs: number
}

const TICK_MS = 5

/** Watches the main thread while `work` runs. */
export async function stallDuring(work: () => Promise<unknown>): Promise<Stall> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - TICK_MS)
    last = now
  }, TICK_MS)
  // A first turn, so that what came before is not counted.
  await new Promise((resolve) => setTimeout(resolve, 20))
  last = performance.now()
  longest = 0
  delay.enable()
  await work()
  await new Promise((resolve) => setTimeout(resolve, 2 * TICK_MS))
  delay.disable()
  clearInterval(timer)
  return { histogramMs: delay.max / 1e6, timerMs: longest }
}

/** A table for people, columns as wide as they need to be. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((name, k) => Math.max(name.length, ...rows.map((row) => (row[k] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0)))
      .join('  ')
      .trimEnd()
  say(line(header))
  say(widths.map((width) => '-'.repeat(width)).join('  '))
  for (const row of rows) say(line(row))
  say()
}

/** "1.2x ok" or "1.8x MISSED" beside its goal. */
export function verdict(value: number, goal: number, unit: 'x' | 'ms'): string {
  const text = unit === 'x' ? `${value.toFixed(2)}x` : `${msText(value)} ms`
  return `${text} ${value <= goal ? 'ok' : 'MISSED'} (<= ${goal}${unit === 'x' ? 'x' : ' ms'})`
}
