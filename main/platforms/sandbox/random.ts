/**
 * Seeded numbers for the sandbox world. Not for security: the same seed must give the same shop, for ever.
 * Never used outside the sandbox.
 */

/** Mixes integers to one unsigned 32-bit number. Same inputs, same output, on every machine. */
export function mix(...parts: readonly number[]): number {
  let hash = 0x811c9dc5
  for (const part of parts) {
    hash ^= part | 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
    hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** A number in [0, 1) from the parts. */
export function unit(...parts: readonly number[]): number {
  return mix(...parts) / 4_294_967_296
}

/** A number in [low, high) from the parts. */
export function between(low: number, high: number, ...parts: readonly number[]): number {
  return low + (high - low) * unit(...parts)
}

/** A Poisson draw with the given mean. Above 60 the spread is close enough to normal for a shop's numbers. */
export function poisson(mean: number, ...parts: readonly number[]): number {
  if (mean <= 0) return 0
  const draw = unit(...parts)
  if (mean > 60) {
    const second = unit(...parts, 7)
    const normal = Math.sqrt(-2 * Math.log(1 - draw)) * Math.cos(2 * Math.PI * second)
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  let term = Math.exp(-mean)
  let sum = term
  let count = 0
  while (draw > sum && count < 400) {
    count += 1
    term *= mean / count
    sum += term
  }
  return count
}

/** `length` decimal digits from the parts, for ids that look like a platform's. */
export function digits(length: number, ...parts: readonly number[]): string {
  let text = ''
  for (let index = 0; text.length < length; index += 1)
    text += mix(...parts, index)
      .toString()
      .padStart(10, '0')
      .slice(-8)
  return text.slice(0, length)
}
