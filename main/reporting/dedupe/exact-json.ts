/** JSON whose whole numbers are exact: read as bigint whatever their size, written in the order they were put in. */

/** What was read. A number with a point or an exponent stays a double. */
export type Json = null | boolean | string | bigint | number | readonly Json[] | { readonly [key: string]: Json }
/** What is written; a Map keeps its order where an object would sort keys that look like numbers. */
export type JsonOut = null | boolean | string | bigint | number | readonly JsonOut[] | ReadonlyMap<string, JsonOut>

const WHOLE = /^-?\d+$/
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** @throws SyntaxError, or RangeError of a nesting without end */
export function parseExact(text: string): Json {
  const exact: Reviver = (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value
    if (WHOLE.test(source)) return BigInt(source)
    if (!Number.isFinite(value)) throw new SyntaxError(`the number ${source.slice(0, 40)} is too large`)
    return value
  }
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Json
}

/** Indented by two blanks. */
export function writeExact(value: JsonOut, indent = ''): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  // A double stays one for whoever reads it back.
  if (typeof value === 'number') return /^-?\d+$/.test(String(value)) ? `${value}.0` : String(value)
  const inner = `${indent}  `
  const isMap = value instanceof Map
  const items = isMap
    ? [...(value as ReadonlyMap<string, JsonOut>)].map(
        ([key, item]) => `${JSON.stringify(key)}: ${writeExact(item, inner)}`,
      )
    : (value as readonly JsonOut[]).map((item) => writeExact(item, inner))
  const [open, close] = isMap ? ['{', '}'] : ['[', ']']
  return items.length === 0 ? `${open}${close}` : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`
}
