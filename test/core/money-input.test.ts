/** How a typed amount is read: never guessed, in any locale the two separators are used in. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAmount } from '../../renderer/money-input.ts'

const ok = (decimal: string) => ({ kind: 'ok', decimal })

describe('a typed amount', () => {
  it.each([
    ['120', 'EUR', 'en-GB', '120.00'],
    ['120.5', 'EUR', 'en-GB', '120.50'],
    ['120,5', 'EUR', 'en-GB', '120.50'],
    ['€ 1,204.50', 'EUR', 'en-GB', '1204.50'],
    ['1.204,50 EUR', 'EUR', 'de-DE', '1204.50'],
    ['1 204,50', 'EUR', 'fr-FR', '1204.50'],
    ['1\u202f204,50 €', 'EUR', 'fr-FR', '1204.50'],
    ["1'204.50", 'CHF', 'de-CH', '1204.50'],
    ['1,204', 'EUR', 'en-GB', '1204.00'],
    ['1.204', 'EUR', 'de-DE', '1204.00'],
    ['1,204,000', 'JPY', 'en-GB', '1204000'],
    ['007', 'JPY', 'en-GB', '7'],
  ])('%s in %s under %s reads as %s', (text, currency, locale, decimal) => {
    expect(parseAmount(text, currency, locale)).toEqual(ok(decimal))
  })

  it('is refused with both readings when a mark may mean thousands or decimals', () => {
    expect(parseAmount('1.500', 'EUR', 'en-GB')).toEqual({ kind: 'ambiguous', asThousands: '1500', asDecimals: '1.50' })
    expect(parseAmount('1,500', 'EUR', 'de-DE')).toEqual({ kind: 'ambiguous', asThousands: '1500', asDecimals: '1.50' })
  })

  it('is ambiguous in a currency with three decimals, whatever the locale', () => {
    expect(parseAmount('1.204', 'KWD', 'en-GB').kind).toBe('ambiguous')
    expect(parseAmount('12.345', 'KWD', 'de-DE').kind).toBe('ambiguous')
  })

  it('has no more decimals than the currency', () => {
    expect(parseAmount('1.2345', 'EUR', 'en-GB')).toEqual({ kind: 'too_many_decimals', decimals: 2 })
    expect(parseAmount('0.5', 'JPY', 'en-GB')).toEqual({ kind: 'too_many_decimals', decimals: 0 })
  })

  it.each(['-5', '1e3', 'abc', '1.2.3', '1,23,456.7', '..', '٣', '1,204.5,6'])(
    '%s is never read as something else than its digits say',
    (text) => {
      expect(parseAmount(text, 'EUR', 'en-GB').kind).toBe('not_an_amount')
    },
  )

  it('comes back the same from the wire form, in every locale', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000_000 }),
        fc.constantFrom('en-GB', 'de-DE', 'fr-FR', 'de-CH', 'ja-JP', 'pt-BR'),
        (cents, locale) => {
          const wire = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
          expect(parseAmount(wire, 'EUR', locale)).toEqual(ok(wire))
        },
      ),
    )
  })

  it('that Intl wrote with grouping and decimals is read back, in every locale', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100_000, max: 10_000_000_000 }),
        fc.constantFrom('en-GB', 'de-DE', 'fr-FR', 'de-CH', 'en-IE', 'pt-BR'),
        (cents, locale) => {
          const wire = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
          const shown = new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR' }).format(
            wire as Intl.StringNumericLiteral,
          )
          expect(parseAmount(shown, 'EUR', locale)).toEqual(ok(wire))
        },
      ),
    )
  })
})
