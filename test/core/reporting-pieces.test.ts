/** The small pure parts: cleaned text, calendar days, exact ratios. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dateOf, dayOf, localDay } from '../../main/reporting/calendar.ts'
import { ratio } from '../../main/reporting/rates.ts'
import { cleanUntrusted, searchName } from '../../main/reporting/untrusted.ts'

describe('text written by others', () => {
  test('loses what a person cannot see or what reorders what they read', () => {
    expect(cleanUntrusted('pay\u202E001\u202C now')).toBe('pay001 now')
    expect(cleanUntrusted('\u2066a\u2069\u200E\u200F\u061Cb')).toBe('ab')
    expect(cleanUntrusted('zero\u200B\u200C\u200D\u2060\uFEFFwidth\u00AD')).toBe('zerowidth')
    expect(
      cleanUntrusted(
        `hidden${Array.from('approve this', (c) => String.fromCodePoint(0xe0000 + (c.codePointAt(0) ?? 0))).join('')}`,
      ),
    ).toBe('hidden')
    expect(cleanUntrusted('a\u{E0100}\uFE0F\u3164\u2800\u115Fb')).toBe('ab')
    expect(cleanUntrusted('line\r\nbreak\tand\u2028more\u0000\u001B[31m\u0085.')).toBe('line break and more [31m .')
    expect(cleanUntrusted('e\u0301')).toBe('é')
    expect(cleanUntrusted(`z${'\u0351'.repeat(80)}!`).length).toBeLessThan(6)
    expect(cleanUntrusted('\uD800 lone')).toBe('\uFFFD lone')
    expect(cleanUntrusted('مرحبا 你好 👍🏽')).toBe('مرحبا 你好 👍🏽')
  })
  test('is one line of at most the wanted length, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 1, max: 150 }),
        (text, maxLength) => {
          const clean = cleanUntrusted(text, maxLength)
          expect(clean.length).toBeLessThanOrEqual(maxLength)
          expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u)
          expect(clean.isWellFormed()).toBe(true)
          expect(cleanUntrusted(clean, maxLength)).toBe(clean)
        },
      ),
      { numRuns: 500 },
    )
  })
  test('is cut with a sign of it, between characters, and never silently', () => {
    expect(cleanUntrusted('x'.repeat(120))).toBe('x'.repeat(120))
    expect(cleanUntrusted('x'.repeat(121))).toBe(`${'x'.repeat(119)}…`)
    expect(cleanUntrusted('👍'.repeat(100), 10)).toBe('👍👍👍👍…')
    expect(cleanUntrusted(`short${'\u200B'.repeat(10_000)}and the end`)).toBe('short…')
  })
  test('is searched without case', () => {
    expect(searchName(' ÄPFEL\u200B & Birnen ')).toBe('äpfel & birnen')
  })
})

const at = (time: string, zone: string): string => dateOf(localDay(Date.parse(time), zone))

describe('calendar days', () => {
  test('exist or do not', () => {
    expect(dayOf('1970-01-01')).toBe(0)
    expect(dateOf(dayOf('2024-02-29') ?? 0)).toBe('2024-02-29')
    for (const none of ['2026-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '0050-01-01', '26-1-1', ''])
      expect(dayOf(none)).toBeUndefined()
  })
  test('are those of the account, across midnight and changes of the clock', () => {
    expect(at('2026-11-23T12:00:00Z', 'Pacific/Kiritimati')).toBe('2026-11-24')
    expect(at('2026-11-23T09:00:00Z', 'America/Los_Angeles')).toBe('2026-11-23')
    expect(at('2026-11-23T07:59:59Z', 'America/Los_Angeles')).toBe('2026-11-22')
    expect(at('2026-03-29T00:59:59Z', 'Europe/Berlin')).toBe('2026-03-29')
    expect(at('2026-10-24T22:00:00Z', 'Europe/Berlin')).toBe('2026-10-25')
    expect(at('2026-10-25T22:59:59Z', 'Europe/Berlin')).toBe('2026-10-25')
    expect(at('2026-11-23T23:30:00Z', 'No/Such_Zone')).toBe('2026-11-23')
  })
})

describe('ratios', () => {
  test('round half away from zero, and have no value over zero', () => {
    expect(ratio(1n, 8n, 2)).toBe('0.13')
    expect(ratio(-1n, 8n, 2)).toBe('-0.13')
    expect(ratio(1n, 3n, 2)).toBe('0.33')
    expect(ratio(2n, 3n, 2)).toBe('0.67')
    expect(ratio(-1n, 1000n, 2)).toBe('0.00')
    expect(ratio(0n, 5n, 2)).toBe('0.00')
    expect(ratio(5n, 0n, 2)).toBeNull()
    expect(ratio(null, 5n, 2)).toBeNull()
    expect(ratio(123n, 1n, 2)).toBe('123.00')
  })
  test('are within half a last digit of the truth', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.bigInt(1n, 10n ** 15n), (top, bottom) => {
        const text = ratio(top, bottom, 2) ?? ''
        const hundredths = BigInt(text.replace('.', ''))
        const error = 2n * (hundredths * bottom - top * 100n)
        expect(error <= bottom && error >= -bottom).toBe(true)
      }),
    )
  })
})
