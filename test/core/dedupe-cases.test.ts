/** Cases as a file has them: what they come to, and what is said of those that cannot be read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { creditCase, readCase } from '../../main/reporting/dedupe/case-file.ts'
import { scalarText } from '../../main/reporting/dedupe/credit-order.ts'
import { type Json, parseExact, writeExact } from '../../main/reporting/dedupe/exact-json.ts'
import { fraction, fractionText, parseFraction, plus } from '../../main/reporting/dedupe/fraction.ts'
import { canonicalOrderId } from '../../main/reporting/dedupe/order-id.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/attribution')
const textOf = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8')
const answer = (text: string): string => writeExact(creditCase(readCase(parseExact(text), '')))
/** With whole numbers exact and keys in their order, so that nothing is equal that only looks so. */
const exactly = (value: Json): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `whole ${each}` : each))
const at = 1_750_000_000

describe('worked cases', () => {
  test('the worked case comes to what it says, key by key', () => {
    const { expected } = parseExact(textOf('golden_1.json')) as { expected: Json }
    expect(exactly(parseExact(answer(textOf('golden_1.json'))))).toBe(exactly(expected))
  })
  const variants = parseExact(textOf('variants.json')) as readonly (Json & { readonly expected: Json })[]
  test.each(variants.map((variant, k) => [k, variant] as const))('variant %i', (_k, variant) => {
    expect(exactly(parseExact(writeExact(creditCase(readCase(variant, '')))))).toBe(exactly(variant.expected))
  })
  test('a case without orders, claims and spend is nothing, not an error', () => {
    const { total, platform, credit } = JSON.parse(answer('{"orders":[]}'))
    expect(credit).toStrictEqual({})
    expect(total).toStrictEqual({
      orders: 0,
      excluded: 0,
      duplicates: 0,
      credited: 0,
      contested: 0,
      unattributed: 0,
      ad_driven_bounds: ['0/1', '0/1'],
      claimed_sum: '0/1',
      inflation: null,
    })
    expect(platform.meta).toMatchObject({ claimed_click7: null, spend: 0, roas: null, coverage: null, agg_only: null })
  })
  test('amounts beyond 2^53 stay exact', () => {
    const order = { order_id: 'a', at, updated_at: at, touches: [{ id_type: 'gclid', at }] }
    const text = JSON.stringify({ orders: [{ ...order, net_value: 0 }], spend: { google: 3 } })
    const given = answer(text.replace('"net_value":0', '"net_value":90071992547409930000000001'))
    expect(given).toContain('"value": 90071992547409930000000001,')
    expect(given).toContain('"roas": "90071992547409930000000001/3"')
  })
  test('a case may name its own window', () => {
    const order = { order_id: 'a', at, updated_at: at, net_value: 5, touches: [{ id_type: 'fbc', at: at - 100 }] }
    const creditedIn = (more: object): unknown =>
      JSON.parse(answer(JSON.stringify({ orders: [order], ...more }))).total.credited
    expect([{ win: 100 }, { win: 99 }, { window_days: 1 }, { window_seconds: 0 }].map(creditedIn)).toStrictEqual([
      1, 0, 1, 0,
    ])
  })
})

describe('ids of orders', () => {
  test.each([
    ['#1001', '1001'],
    ['1001 ', '1001'],
    ['１００１', '1001'],
    ['＃1001', '1001'],
    ['\u00a0##AB-7\u3000', 'ab-7'],
    ['# 1', ' 1'],
    ['\x1f77\x85', '77'],
    ['\ufeff77', '\ufeff77'],
    ['Straße', 'strasse'],
    ['STRAẞE', 'strasse'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδος', 'οδοσ'],
    ['ﬁx', 'fix'],
    ['İ', 'i̇'],
    ['ı', 'ı'],
    ['ꭰ', 'Ꭰ'],
    ['', ''],
  ])('%j is %j', (raw, canonical) => {
    expect(canonicalOrderId(raw)).toBe(canonical)
  })
  test('however an id is typed, it is the same', () => {
    const plain = fc.string().filter((raw) => raw === raw.trim() && !raw.startsWith('#'))
    const wide = (text: string): string =>
      text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))
    fc.assert(
      fc.property(plain, (raw) => {
        const typed = [`##${raw}`, `\u3000#${raw}\t`, raw.toUpperCase(), wide(raw)]
        expect(new Set(typed.map(canonicalOrderId))).toStrictEqual(new Set([canonicalOrderId(raw)]))
      }),
    )
  })
})

describe('numbers', () => {
  test.each([
    ['7/2', '7/2'],
    ['10/4', '5/2'],
    ['-3/6', '-1/2'],
    [' 5 ', '5/1'],
    ['3.50', '7/2'],
    ['.5', '1/2'],
    ['1e2', '100/1'],
    ['25e-2', '1/4'],
  ])('%j is %s', (text, expected) => {
    expect(fractionText(parseFraction(text) ?? fraction(0n))).toBe(expected)
  })
  test.each(['', 'x', '1/0', '1/-2', '--1', '1.2/3', '.', '1e99999', 'NaN'])('%j is no number', (text) => {
    expect(parseFraction(text)).toBeUndefined()
  })
  test('sums are exact and in lowest terms', () => {
    const part = fc
      .tuple(
        fc.bigInt(),
        fc.bigInt().filter((d) => d !== 0n),
      )
      .map(([n, d]) => fraction(n, d))
    fc.assert(
      fc.property(part, part, (a, b) => {
        const total = plus(a, b)
        expect(total.n * a.d * b.d).toBe((a.n * b.d + b.n * a.d) * total.d)
        expect(total.d > 0n).toBe(true)
        expect(parseFraction(fractionText(total))).toStrictEqual(total)
      }),
    )
  })
  test.each([
    [1001n, '1001'],
    [1001.5, '1001.5'],
    [1001, '1001.0'],
    [1e16, '1e+16'],
    [0.0001, '0.0001'],
    [0.000_01, '1e-05'],
    [1.5e300, '1.5e+300'],
    [-0, '-0.0'],
    [true, 'True'],
    [null, 'None'],
  ])('in a hash %s is written %s', (value, text) => {
    expect(scalarText(value)).toBe(text)
  })
})

describe('a fault is named with its place', () => {
  const order = { order_id: 'a', at, updated_at: at, net_value: 5, touches: [{ id_type: 'gclid', at }] }
  const [touch] = order.touches
  test.each<[string, unknown]>([
    ['the file', 7],
    ['orders', {}],
    ['orders', { orders: {} }],
    ['orders[1]', { orders: [order, null] }],
    ['orders[0].order_id', { orders: [{ ...order, order_id: null }] }],
    ['orders[0].at', { orders: [{ ...order, at: '2026-01-01' }] }],
    ['orders[0].updated_at', { orders: [{ ...order, updated_at: undefined }] }],
    ['orders[0].net_value', { orders: [{ ...order, net_value: 9.5 }] }],
    ['orders[0].net_value', { orders: [{ ...order, net_value: '9' }] }],
    ['orders[0].touches', { orders: [{ ...order, touches: null }] }],
    ['orders[0].touches[1].at', { orders: [{ ...order, touches: [touch, { ...touch, at: 'noon' }] }] }],
    ['orders[0].touches[0].utm_medium', { orders: [{ ...order, touches: [{ utm_medium: 5 }] }] }],
    ['orders[0].touches[0].campaign', { orders: [{ ...order, touches: [{ ...touch, campaign: {} }] }] }],
    ['orders[0].touches[0].campaign', { orders: [{ ...order, touches: [{ ...touch, campaign: '\ud83d' }] }] }],
    ['claims.meta', { orders: [], claims: { meta: 3 } }],
    ['claims.meta.click7', { orders: [], claims: { meta: { click7: '1/0' } } }],
    ['claims.google.view', { orders: [], claims: { google: { view: 'many' } } }],
    ['spend.tiktok', { orders: [], spend: { tiktok: '8' } }],
    ['win', { orders: [], win: 'a week' }],
  ])('%s', (place, value) => {
    expect(() => answer(JSON.stringify(value))).toThrow(expect.objectContaining({ at: place }))
  })
  test('a number beyond any double is refused, not read as infinity', () => {
    expect(() => parseExact('{"orders": [1e999]}')).toThrow(SyntaxError)
  })
})
