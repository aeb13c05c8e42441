import { hash, randomBytes } from 'node:crypto'

/**
 * Salted disclosures in the shape of RFC 9901 (SD-JWT): the log holds only a digest, the text stands beside it and can be
 * withheld from an export or erased without breaking the log. This file never puts a text where it would be hashed in clear.
 */

/** A text, or a list of texts such as the names from account to ad. */
export type DisclosedValue = string | readonly string[]

export interface Disclosure {
  readonly name: string
  /** base64url of JSON [salt, name, value]. */
  readonly disclosure: string
  /** base64url of SHA-256 over the ASCII of `disclosure`. */
  readonly digest: string
}

const SALT = /^[A-Za-z0-9_-]{22}$/
const MAX_TEXT_CHARS = 16_000
const MAX_LIST_ITEMS = 32
const MAX_DISCLOSURE_CHARS = 1_048_576

/** Wraps one text with a fresh 128-bit salt. Texts beyond 16,000 characters are cut, and say so. */
export function createDisclosure(name: string, value: DisclosedValue): Disclosure {
  const bounded = typeof value === 'string' ? boundText(value) : value.slice(0, MAX_LIST_ITEMS).map(boundText)
  const json = JSON.stringify([randomBytes(16).toString('base64url'), name, bounded])
  const disclosure = Buffer.from(json, 'utf8').toString('base64url')
  return { name, disclosure, digest: disclosureDigest(disclosure) }
}

/** The commitment that stands in the log. Over the string as it is: no canonical form is needed to check it. */
export function disclosureDigest(disclosure: string): string {
  return hash('sha256', Buffer.from(disclosure, 'latin1'), 'buffer').toString('base64url')
}

/** Opens a disclosure that must match `digest` and carry `name`. Undefined when it does not. */
export function openDisclosure(
  disclosure: string,
  expected: { readonly name: string; readonly digest: string },
): DisclosedValue | undefined {
  // Hashing latin1 would fold other characters into ASCII ones; the alphabet check comes first.
  if (disclosure.length > MAX_DISCLOSURE_CHARS || !/^[A-Za-z0-9_-]+$/.test(disclosure)) return undefined
  if (disclosureDigest(disclosure) !== expected.digest) return undefined
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 3) return undefined
  const [salt, name, value]: readonly unknown[] = parts
  if (typeof salt !== 'string' || !SALT.test(salt) || name !== expected.name) return undefined
  return isDisclosedValue(value) ? value : undefined
}

function isDisclosedValue(value: unknown): value is DisclosedValue {
  if (typeof value === 'string') return true
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function boundText(text: string): string {
  const wellFormed = text.toWellFormed()
  if (wellFormed.length <= MAX_TEXT_CHARS) return wellFormed
  return `${wellFormed.slice(0, MAX_TEXT_CHARS).toWellFormed()} […cut, ${wellFormed.length} characters in all]`
}
