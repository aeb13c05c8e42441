/** Dated rates: exact cross rates, the last publication of a week, the file that comes with the app, and what a person imported. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayOf } from '../../main/reporting/calendar.ts'
import { createConversion } from '../../main/reporting/exchange/conversion.ts'
import { createDayRates, crossRate, divideHalfEven, FINE } from '../../main/reporting/exchange/cross-rate.ts'
import { getExchangeRates } from '../../main/reporting/exchange/held-rates.ts'
import { loadStarterRates, parseStarter } from '../../main/reporting/exchange/starter.ts'
import { createExchangeReader, createExchangeWriter, type StoredRate } from '../../main/store/exchange-table.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { openTestFacts } from '../support/facts-rig.ts'

const day = (date: string): number => dayOf(date) ?? Number.NaN
const rate = fc.bigInt({ min: 10_000n, max: 4_000_000_000_000n })

describe('a cross rate', () => {
  test('is rounded half to even once, at the twelfth decimal', () => {
    // 1 / 1.1 = 0.909090909090|909…
    expect(crossRate(110_000_000n, 100_000_000n)).toBe(909_090_909_091n)
    expect(crossRate(100_000_000n, 116_840_000n)).toBe(1_168_400_000_000n)
    expect([5n, 15n, 25n, -5n, -15n, 14n, 16n].map((value) => divideHalfEven(value, 10n))).toEqual([
      0n,
      2n,
      2n,
      0n,
      -2n,
      1n,
      2n,
    ])
  })

  test('is never further from the exact rate than half a unit of its last decimal', () => {
    fc.assert(
      fc.property(rate, rate, (from, to) => {
        const off = crossRate(from, to) * from - to * FINE
        expect((off < 0n ? -off : off) * 2n <= from).toBe(true)
      }),
    )
  })

  test('of a currency to itself is one', () => {
    fc.assert(
      fc.property(rate, (one) => {
        expect(crossRate(one, one)).toBe(FINE)
      }),
    )
  })

  test('makes converted parts add up to the converted whole, in any split', () => {
    const micros = fc.array(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), { maxLength: 20 })
    fc.assert(
      fc.property(micros, rate, rate, (parts, from, to) => {
        const cross = crossRate(from, to)
        const whole = parts.reduce((sum, part) => sum + part, 0n) * cross
        expect(parts.reduce((sum, part) => sum + part * cross, 0n)).toBe(whole)
      }),
    )
  })
})

const published = (currency: string, date: string, perEuroE8: bigint, source: StoredRate['source'] = 'import') => ({
  currency,
  day: day(date),
  perEuroE8,
  source,
})

describe('the rate of a day', () => {
  const rateOf = createDayRates([
    published('USD', '2026-03-06', 110_000_000n),
    published('USD', '2026-03-09', 120_000_000n, 'starter'),
  ])
  test('is the last publication on or before it, never a later one', () => {
    expect(rateOf('USD', day('2026-03-05'))).toBeUndefined()
    expect(rateOf('USD', day('2026-03-06'))?.perEuroE8).toBe(110_000_000n)
    expect(rateOf('USD', day('2026-03-08'))).toEqual({
      perEuroE8: 110_000_000n,
      publishedDay: day('2026-03-06'),
      source: 'import',
    })
    expect(rateOf('USD', day('2026-03-09'))?.perEuroE8).toBe(120_000_000n)
  })
  test('is at most seven days old', () => {
    expect(rateOf('USD', day('2026-03-16'))?.perEuroE8).toBe(120_000_000n)
    expect(rateOf('USD', day('2026-03-17'))).toBeUndefined()
  })
  test('of the euro is one euro, always', () => {
    expect(rateOf('EUR', 1)?.perEuroE8).toBe(100_000_000n)
  })

  const needs = (currency: string, ...dates: readonly string[]) =>
    new Map([[currency, new Set(dates.map((date) => day(date)))]])
  test('that is missing on one day keeps the whole currency apart', () => {
    const conversion = createConversion('EUR', needs('USD', '2026-03-06', '2026-03-20', '2026-03-21'), rateOf)
    expect([conversion.shownIn('USD'), conversion.isNeeded]).toEqual(['USD', false])
    expect(conversion.fineRate('USD', day('2026-03-06'))).toBe(FINE)
    expect(conversion.rates).toEqual({
      currency: 'EUR',
      used: [],
      missing: [{ currency: 'USD', first_missing_date: '2026-03-20', days: 2 }],
    })
  })
  test('names what was used, by the days of publication', () => {
    const conversion = createConversion('EUR', needs('USD', '2026-03-08', '2026-03-10'), rateOf)
    expect(conversion.shownIn('USD')).toBe('EUR')
    expect(conversion.fineRate('USD', day('2026-03-10'))).toBe(833_333_333_333n)
    expect(conversion.rates.used).toEqual([
      {
        currency: 'USD',
        first_date: '2026-03-06',
        last_date: '2026-03-09',
        source: 'ECB reference rates and imported rates',
      },
    ])
  })
  test('is not needed by the reporting currency itself', () => {
    const conversion = createConversion('CHF', needs('CHF', '2026-03-08'), rateOf)
    expect([conversion.shownIn('CHF'), conversion.isNeeded, conversion.rates.missing]).toEqual(['CHF', false, []])
  })
})

const header = 'Date,USD,JPY,BGN\n'

describe('the rates that come with the app', () => {
  test('are the ECB’s, exactly as published', () => {
    const facts = openTestFacts()
    expect(loadStarterRates(facts)).toBe(true)
    const [dollar] = createExchangeReader(facts).inRange(['USD'], day('2026-04-13'), day('2026-04-13'))
    expect(dollar).toEqual({ currency: 'USD', day: day('2026-04-13'), perEuroE8: 116_840_000n, source: 'starter' })
    const rates = OPERATIONS.get_exchange_rates.output.parse(getExchangeRates(facts))
    expect(rates).toMatchObject({ first_date: '2024-06-03', last_date: '2026-04-13', source: 'starter' })
    expect(rates.currencies).toEqual(rates.currencies.toSorted())
    expect(rates.currencies).toEqual(expect.arrayContaining(['EUR', 'USD', 'JPY', 'GBP']))
    // A coin that joined the euro has no rate any more.
    expect(createExchangeReader(facts).inRange(['BGN'], day('2026-01-02'), day('2026-04-13'))).toEqual([])
  })

  test('are written once, replaced by newer ones, and never over imported ones', () => {
    const facts = openTestFacts()
    const old = () => `${header}2026-03-06,1.1,170,1.9558\n2026-03-05,1.2,171,1.9558\n`
    expect([loadStarterRates(facts, old), loadStarterRates(facts, old)]).toEqual([true, false])
    facts.transaction(() =>
      createExchangeWriter(facts).putImported([{ currency: 'USD', day: day('2026-03-06'), perEuroE8: 111_111_111n }]),
    )()
    expect(loadStarterRates(facts, old)).toBe(false)
    expect(loadStarterRates(facts, () => `${header}2026-03-09,1.3,169,N/A\n2026-03-06,1.1,170.5,N/A\n`)).toBe(true)
    const all = createExchangeReader(facts).inRange(['BGN', 'JPY', 'USD'], 0, day('2026-12-31'))
    expect(
      all.map(({ currency, day: on, perEuroE8, source }) => [currency, on - day('2026-03-01'), perEuroE8, source]),
    ).toEqual([
      ['JPY', 5, 17_050_000_000n, 'starter'],
      ['JPY', 8, 16_900_000_000n, 'starter'],
      ['USD', 5, 111_111_111n, 'import'],
      ['USD', 8, 130_000_000n, 'starter'],
    ])
  })

  test('that are damaged leave what was there', () => {
    const facts = openTestFacts()
    loadStarterRates(facts, () => `${header}2026-03-06,1.1,170,1.9558\n`)
    for (const bad of [
      'Date,USD\n2026-03-07,0\n',
      'Date,USD\n2026-03-07,1,2\n',
      'Day;USD\n2026-03-07,1\n',
      'Date,USD\n2026-03-07,-1\n',
    ])
      expect(() => loadStarterRates(facts, () => bad)).toThrow('ecb-reference-rates.csv')
    expect(getExchangeRates(facts)).toMatchObject({ last_date: '2026-03-06' })
  })

  test('of an empty table: nothing can be converted, and that is said', () => {
    expect(getExchangeRates(openTestFacts())).toEqual({
      currencies: [],
      first_date: null,
      last_date: null,
      source: null,
    })
  })

  test('of a line have as many decimals as were published', () => {
    expect(parseStarter('Date,IDR\n2026-03-06,20082.05\n')).toEqual([
      { currency: 'IDR', day: day('2026-03-06'), perEuroE8: 2_008_205_000_000n },
    ])
  })
})
