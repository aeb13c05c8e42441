import { createHash } from 'node:crypto'

/**
 * Strict RFC 8785 (JSON Canonicalization Scheme) for everything that is hashed. A subset on purpose: integers within
 * ±(2^53−1) only, so no float formatting can ever differ between two implementations. This file never coerces: a value
 * it cannot write exactly (undefined, -0, Date, Map, lone surrogate) is refused instead of being turned into something else.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** Containers inside containers. Also what ends a cyclic value. */
export const MAX_DEPTH = 16

/** Thrown when a value or text is outside the strict subset; `message` says where, and never quotes the content. */
export class JcsError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JcsError'
  }
}

/** The one canonical text of a value. @throws JcsError when the value is outside the strict subset. */
export function serializeJcs(value: unknown): string {
  return write(value, 0)
}

/**
 * Parses bytes that must already be canonical: anything that would not be written back byte for byte is refused, which
 * covers white space, escapes, duplicate keys, key order, 1.0, -0, a byte order mark and invalid UTF-8.
 * @throws JcsError
 */
export function parseJcs(bytes: Uint8Array, maxBytes = 65_535): JsonValue {
  if (bytes.length > maxBytes) throw new JcsError(`longer than ${maxBytes} bytes`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new JcsError('not valid UTF-8')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The engine's own message quotes the content, which may be personal.
    throw new JcsError('not JSON')
  }
  if (serializeJcs(value) !== text) throw new JcsError('not in canonical form')
  return value as JsonValue
}

/** SHA-256 over a first-line tag and the canonical value, lower-case hex: one kind of hash can never pass for another. */
export function taggedHash(kind: 'draft' | 'challenge' | 'policy', value: unknown): string {
  return createHash('sha256').update(`spendsignoff/${kind}/v1\n`).update(serializeJcs(value), 'utf8').digest('hex')
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new JcsError('a number is not a safe integer')
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (depth >= MAX_DEPTH) throw new JcsError(`nested deeper than ${MAX_DEPTH}`)
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1)
    default:
      throw new JcsError(`a value of type ${typeof value} has no canonical form`)
  }
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw new JcsError('a text holds half of a surrogate pair')
  return JSON.stringify(text)
}

function writeArray(items: readonly unknown[], depth: number): string {
  // Array.from turns holes into undefined, which is refused.
  return `[${Array.from(items, (item) => write(item, depth)).join(',')}]`
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new JcsError('only plain objects have a canonical form')
  if (Object.getOwnPropertySymbols(value).length > 0) throw new JcsError('symbol keys have no canonical form')
  // `<` compares UTF-16 code units, which is what RFC 8785 §3.2.3 asks for.
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${writeString(key)}:${write(member, depth)}`).join(',')}}`
}
