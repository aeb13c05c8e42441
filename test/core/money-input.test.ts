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
    ['1,204', 'JPY', 'ja-JP', '1204'],
    ['￥1,200', 'JPY', 'ja-JP', '1200'],
    ['¥1,200', 'JPY', 'ja-JP', '1200'],
    ['1’204.50', 'CHF', 'de-CH', '1204.50'],
    ["CHF 1'204", 'CHF', 'de-CH', '1204.00'],
    ["1'204'000", 'CHF', 'de-CH', '1204000.00'],
    ['1 204 000', 'EUR', 'de-DE', '1204000.00'],
    ['1.204.000', 'EUR', 'de-DE', '1204000.00'],
    ['1204.50', 'EUR', 'de-DE', '1204.50'],
    ['12.5', 'EUR', 'de-DE', '12.50'],
    ['1000,00', 'EUR', 'en-GB', '1000.00'],
    ['0,500', 'EUR', 'de-DE', '0.50'],
    ['120 eur', 'EUR', 'en-GB', '120.00'],
    ['$120', 'USD', 'de-DE', '120.00'],
    ['US$120', 'USD', 'en-CA', '120.00'],
    ['CA$120', 'CAD', 'en-GB', '120.00'],
    ['1,204.500', 'KWD', 'en-GB', '1204.500'],
    ['1000.000', 'KWD', 'en-GB', '1000.000'],
    ['KWD 12.5', 'KWD', 'en-GB', '12.500'],
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

  it.each([
    ['1000.000', 'EUR', 'de-DE', '1000000', '1000.00'],
    ['1000.000', 'EUR', 'en-GB', '1000000', '1000.00'],
    ['1234,567', 'EUR', 'en-GB', '1234567', '1234.56'],
    ['1000.000', 'JPY', 'ja-JP', '1000000', '1000'],
    ['1000.000', 'KWD', 'de-DE', '1000000', '1000.000'],
    ['1,204.500', 'EUR', 'en-GB', '1204500', '1204.50'],
    ['1 204,500', 'EUR', 'fr-FR', '1204500', '1204.50'],
  ])('%s in %s under %s has three digits at its end and groups that are not whole: refused', (...row) => {
    const [text, currency, locale, asThousands, asDecimals] = row
    expect(parseAmount(text, currency, locale)).toEqual({ kind: 'ambiguous', asThousands, asDecimals })
  })

  it.each([
    '12 50',
    '1 2',
    '1 20',
    '12  500',
    '1 2345',
    '1234 567',
    '0 500',
    "12'50",
    '1\u00a050',
    '12 50,00',
    '1,204 50',
    "1 204'000",
  ])('"%s" is refused: a space or an apostrophe stands only between whole groups of three', (text) => {
    for (const locale of ['de-DE', 'en-GB', 'fr-FR', 'de-CH'])
      expect(parseAmount(text, 'EUR', locale)).toEqual({ kind: 'not_an_amount' })
  })

  it.each([
    ['$120', 'EUR'],
    ['$120', 'JPY'],
    ['£120', 'EUR'],
    ['120 USD', 'EUR'],
    ['US$120', 'CAD'],
    ['120 €', 'CHF'],
    ['EUR120EUR', 'EUR'],
    ['12€50', 'EUR'],
    ['€€120', 'EUR'],
  ])('%s is no amount of %s: the only currency that may stand there, once, is the budget’s own', (text, currency) => {
    for (const locale of ['de-DE', 'en-GB', 'en-US', 'ja-JP'])
      expect(parseAmount(text, currency, locale)).toEqual({ kind: 'not_an_amount' })
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
