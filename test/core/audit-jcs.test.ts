import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JcsError, MAX_DEPTH, parseJcs, serializeJcs, taggedHash } from '../../main/audit/jcs.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const safeInteger = fc
  .integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  .map((n) => (n === 0 ? 0 : n))
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    safeInteger,
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 5, noNullPrototype: false }),
  ),
}))

describe('writing canonical JSON', () => {
  test('keys are ordered by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
    const value = {
      '\u20ac': 'Euro',
      '\r': 'CR',
      '\ufb33': 'Dalet',
      '1': 'One',
      '\ud83d\ude00': 'Smile',
      '\u0080': 'Control',
      '\u00f6': 'o',
    }
    expect(serializeJcs(value)).toBe(
      '{"\\r":"CR","1":"One","\u0080":"Control","\u00f6":"o","\u20ac":"Euro","\ud83d\ude00":"Smile","\ufb33":"Dalet"}',
    )
  })

  test('strings are escaped as in RFC 8785 §3.2.2.2, and only as much', () => {
    expect(serializeJcs('\u20ac$\u000f\nA\'B"\\\\"/\u2028')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"')
    expect(serializeJcs([null, true, false, 0, -1, 9007199254740991])).toBe('[null,true,false,0,-1,9007199254740991]')
  })

  test('an independent implementation writes the same bytes for every value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(serializeJcs(value)).toBe(canonicalize(value))
      }),
      { numRuns: 400 },
    )
  })

  test('what is written is read back as the same value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(serializeJcs(parseJcs(bytes(serializeJcs(value))))).toBe(serializeJcs(value))
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['a fraction', 1.5],
    ['a number above 2^53−1', 2 ** 53],
    ['minus zero', -0],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['a hole in an array', Object.assign([], { length: 1 })],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['half a surrogate pair', '\ud83d'],
    ['half a surrogate pair in a key', { '\ude00': 1 }],
    ['a symbol key', { [Symbol('a')]: 1 }],
  ])('%s is refused instead of being changed into something else', (_, value) => {
    expect(() => serializeJcs(value)).toThrow(JcsError)
  })

  test('a cycle ends at the depth limit, and the limit itself is allowed', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => serializeJcs(cycle)).toThrow(JcsError)
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(serializeJcs(nested(MAX_DEPTH))).toBe(`${'['.repeat(MAX_DEPTH)}1${']'.repeat(MAX_DEPTH)}`)
    expect(() => serializeJcs(nested(MAX_DEPTH + 1))).toThrow(JcsError)
  })
})

describe('reading canonical JSON', () => {
  test.each([
    ['white space', '{"a": 1}'],
    ['a trailing line feed', '{"a":1}\n'],
    ['a duplicate key', '{"a":1,"a":1}'],
    ['keys out of order', '{"b":1,"a":1}'],
    ['a needless escape', '"\\u0041"'],
    ['an upper-case escape', '"\\u001F"'],
    ['an escaped slash', '"\\/"'],
    ['a fraction that is whole', '1.0'],
    ['an exponent', '1e2'],
    ['minus zero', '-0'],
    ['a number that loses digits', '9007199254740993'],
    ['an escaped half surrogate', '"\\ud83d"'],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['two values', '{}{}'],
    ['a deep nest', '['.repeat(20_000) + ']'.repeat(20_000)],
  ])('%s is refused', (_, text) => {
    expect(() => parseJcs(bytes(text))).toThrow(JcsError)
  })

  test('invalid UTF-8 and too many bytes are refused', () => {
    expect(() => parseJcs(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not valid UTF-8')
    expect(() => parseJcs(bytes(`"${'a'.repeat(65_534)}"`))).toThrow('longer than')
  })

  test('a key called __proto__ is a key like any other', () => {
    const text = '{"__proto__":{"a":1}}'
    expect(serializeJcs(parseJcs(bytes(text)))).toBe(text)
  })

  test('the error never quotes what it could not read', () => {
    expect(() => parseJcs(bytes('{secret-name}'))).toThrow(/^not JSON$/)
  })
})

test('hashes of different kinds of the same value differ, and do not depend on key order', () => {
  const kinds = (['draft', 'challenge', 'policy'] as const).map((kind) => taggedHash(kind, { a: 1, b: 2 }))
  expect(new Set(kinds).size).toBe(3)
  expect(taggedHash('draft', { b: 2, a: 1 })).toBe(kinds[0])
  // printf 'spendsignoff/draft/v1\n{"a":1,"b":2}' | sha256sum
  expect(kinds[0]).toBe('13f4c830746bc75d8c85b74c2031c87c04704e6ba586794c0aa9498f2127f68c')
})
