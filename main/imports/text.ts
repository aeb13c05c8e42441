/**
 * From bytes to text. The encoding is read from the bytes, never from the name: a byte order mark, the pattern of zero bytes, or the bytes
 * themselves. Never replaces a character it cannot read: a damaged name would become another campaign.
 */
import { isUtf8 } from 'node:buffer'
import { refusal } from './limits.ts'

export interface TextForm {
  /** As shown: "UTF-8", "UTF-16LE with BOM" … */
  readonly encoding: string
  readonly label: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
  /** Without the byte order mark and without half a character at the end. */
  readonly bytes: Uint8Array
  readonly warnings: readonly string[]
}

const AGAIN = 'Download it again from the platform as CSV, and do not save it with another program in between.'

/** How the bytes are to be read. @throws OperationError invalid_input when no encoding fits for certain */
export function textForm(bytes: Uint8Array): TextForm {
  const [a, b, c] = bytes
  if (a === 0xff && b === 0xfe) return wide(bytes.subarray(2), 'utf-16le', 'UTF-16LE with BOM')
  if (a === 0xfe && b === 0xff) return wide(bytes.subarray(2), 'utf-16be', 'UTF-16BE with BOM')
  const hasMark = a === 0xef && b === 0xbb && c === 0xbf
  const rest = hasMark ? bytes.subarray(3) : bytes
  if (rest.includes(0)) return withZeros(rest)
  if (isUtf8(rest)) return { encoding: utf8Name(hasMark), label: 'utf-8', bytes: rest, warnings: [] }
  const whole = withoutHalfCharacter(rest)
  if (whole !== undefined)
    return {
      encoding: utf8Name(hasMark),
      label: 'utf-8',
      bytes: whole,
      warnings: ['The file ends in the middle of a character: it was cut off, and its last row is not complete.'],
    }
  if (!hasMark && isWindows1252(rest))
    return {
      encoding: 'Windows-1252',
      label: 'windows-1252',
      bytes: rest,
      warnings: [
        'The file is not in UTF-8 as the platforms write it; it was read as Windows-1252, as Excel saves it. Check that names with accents are right.',
      ],
    }
  throw refusal(
    'encoding',
    'The text of this file is in no encoding that fits all of it: characters are damaged.',
    AGAIN,
  )
}

const utf8Name = (hasMark: boolean): string => (hasMark ? 'UTF-8 with BOM' : 'UTF-8')

function wide(bytes: Uint8Array, label: 'utf-16le' | 'utf-16be', encoding: string): TextForm {
  const isWhole = bytes.length % 2 === 0
  return {
    encoding,
    label,
    bytes: isWhole ? bytes : bytes.subarray(0, -1),
    warnings: isWhole
      ? []
      : ['The file ends in the middle of a character: it was cut off, and its last row is not complete.'],
  }
}

/** UTF-16 without a mark: in Latin text nearly every second byte is zero, and always the same second. */
function withZeros(bytes: Uint8Array): TextForm {
  const sample = bytes.subarray(0, 4096)
  const zeros = [0, 0]
  sample.forEach((byte, k) => {
    if (byte === 0) zeros[k % 2] = (zeros[k % 2] ?? 0) + 1
  })
  const [even = 0, odd = 0] = zeros
  const pairs = sample.length / 2
  if (bytes.length >= 8 && even === 0 && odd > pairs * 0.4) return wide(bytes, 'utf-16le', 'UTF-16LE')
  if (bytes.length >= 8 && odd === 0 && even > pairs * 0.4) return wide(bytes, 'utf-16be', 'UTF-16BE')
  throw refusal('zero_bytes', 'This file has zero bytes in it: it is damaged, or no text at all.', AGAIN)
}

/** The bytes up to the last whole character; undefined when something else is wrong too. */
function withoutHalfCharacter(bytes: Uint8Array): Uint8Array | undefined {
  for (let cut = 1; cut <= 3 && cut < bytes.length; cut += 1) {
    const byte = bytes[bytes.length - cut] ?? 0
    if (byte >= 0xc2 && byte <= 0xf4) {
      const head = bytes.subarray(0, bytes.length - cut)
      return isUtf8(head) ? head : undefined
    }
    if (byte < 0x80) return undefined
  }
  return undefined
}

/**
 * Whether bytes that are not UTF-8 can only be Western European: no valid UTF-8 beside the invalid, none of the five bytes that mean
 * nothing there, and no runs of three, which is how Cyrillic, Greek, Arabic and Asian encodings look.
 */
function isWindows1252(bytes: Uint8Array): boolean {
  let run = 0
  let sequences = 0
  for (let k = 0; k < bytes.length; k += 1) {
    const byte = bytes[k] ?? 0
    if (byte < 0x80) {
      run = 0
      continue
    }
    run += 1
    if (run > 2 || byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d) return false
    const next = bytes[k + 1] ?? 0
    if (byte >= 0xc2 && byte <= 0xdf && next >= 0x80 && next <= 0xbf) sequences += 1
  }
  return sequences === 0
}
