/** proto3's JSON spelling: lowerCamelCase out, both spellings in, int64 as text. */

const camels = new Map<string, string>()
const snakes = new Map<string, string>()

/** "cost_micros" → "costMicros" */
export function camel(name: string): string {
  let found = camels.get(name)
  if (found === undefined) {
    found = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    // Names that arrive from outside must not fill the memory.
    if (camels.size < 5000) camels.set(name, found)
  }
  return found
}

/** "costMicros" → "cost_micros"; snake_case stays. */
export function snake(name: string): string {
  let found = snakes.get(name)
  if (found === undefined) {
    found = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (snakes.size < 5000) snakes.set(name, found)
  }
  return found
}

/** A message with its keys in lowerCamelCase, at any depth. */
export function toCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamel)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [camel(key), toCamel(member)]))
}

/** A message with its keys in snake_case, at any depth. */
export function toSnake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnake)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [snake(key), toSnake(member)]))
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A scalar as text; the empty text for what is none. */
export function scalarText(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? value.toString() : ''
}
