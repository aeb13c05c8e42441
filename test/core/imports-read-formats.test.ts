import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dateText, dayOfCell, rangeOf } from '../../main/imports/dates.ts'
import { countOf, microsOf, numberCell } from '../../main/imports/numbers.ts'
import type { NumberFormat } from '../../shared/schemas/imports.ts'
import { readReport, type Report, spendOf } from '../support/read-export.ts'

/** A Meta file of spends alone: ids of rows are days. */
const spends = (cells: readonly string[], more: { header?: string; impressions?: string } = {}): string =>
  [
    more.header ?? 'Day;Campaign name;Amount spent (EUR);Impressions',
    ...cells.map((cell, k) => `2026-01-${String(k + 1).padStart(2, '0')};A;${cell};${more.impressions ?? '1'}`),
  ].join('\n')
const asked = (report: Report): string[] => report.questions.map(({ field }) => field)
const optionsOf = (report: Report): string[] =>
  report.questions.flatMap(({ options }) => options.map(({ value }) => value))

describe('how a file writes numbers', () => {
  test('"1,234" alone can be two things, and is asked for', async () => {
    const report = await readReport(spends(['1,234']))
    expect(asked(report)).toEqual(['number_format'])
    expect(optionsOf(report)).toEqual(expect.arrayContaining(['comma_dot', 'dot_comma']))
    const chosen = async (number_format: NumberFormat) =>
      spendOf(await readReport(spends(['1,234']), { number_format }))
    expect(await chosen('comma_dot')).toBe(1_234_000_000n)
    expect(await chosen('dot_comma')).toBe(1_234_000n)
  })

  test('"12,34" alone in an English file is asked for; a second one settles it', async () => {
    expect(asked(await readReport(spends(['12,34'])))).toEqual(['number_format'])
    const two = await readReport(spends(['12,34', '5,60']))
    expect([asked(two), two.numberFormat, spendOf(two)]).toEqual([[], 'dot_comma', 17_940_000n])
  })

  test('a header in a language that writes a comma settles it too', async () => {
    const report = await readReport(
      spends(['12,34'], { header: 'Tag;Kampagnenname;Ausgegebener Betrag (EUR);Impressionen' }),
    )
    expect([asked(report), spendOf(report)]).toEqual([[], 12_340_000n])
  })

  test('one cell anywhere decides for all: whole numbers, or two groups, or both marks', async () => {
    const byCount = await readReport(spends(['1.234'], { impressions: '12.001' }))
    expect([asked(byCount), byCount.numberFormat, spendOf(byCount)]).toEqual([[], 'dot_comma', 1_234_000_000n])
    const byGroups = await readReport(spends(['1,234', '1,234,567']))
    expect([asked(byGroups), spendOf(byGroups)]).toEqual([[], 1_235_801_000_000n])
    const byBoth = await readReport(spends(['1,234', '1,234.50']))
    expect([asked(byBoth), spendOf(byBoth)]).toEqual([[], 2_468_500_000n])
  })

  test('formats that contradict each other are asked for, and what does not fit the answer is a bad row', async () => {
    const mixed = spends(['1,234.50', '1.234,50', '2,000.25', '2.000,25'])
    expect(asked(await readReport(mixed))).toEqual(['number_format'])
    const chosen = await readReport(mixed, { number_format: 'comma_dot' })
    expect(chosen.bad.map(({ line }) => line)).toEqual([3, 5])
    expect(spendOf(chosen)).toBe(3_234_750_000n)
  })

  test('a single odd one among many is a bad row', async () => {
    const report = await readReport(spends([...Array.from({ length: 20 }, () => '1,234.50'), '1.234,50']))
    expect([asked(report), report.bad.map(({ line }) => line)]).toEqual([[], [22]])
  })

  test.each([
    ['1 234,56', 'blank_comma', 1_234_560_000n],
    ['1\u00a0234,56', 'blank_comma', 1_234_560_000n],
    ['1\u202f234,56', 'blank_comma', 1_234_560_000n],
    ["1'234.56", 'apostrophe_dot', 1_234_560_000n],
    ['1’234.56', 'apostrophe_dot', 1_234_560_000n],
    ['12,34,567.80', 'comma_dot', 1_234_567_800_000n],
    ['€ 1,234.56', 'comma_dot', 1_234_560_000n],
    ['1.234,56 €', 'dot_comma', 1_234_560_000n],
    ['EUR 1234.56', 'comma_dot', 1_234_560_000n],
    ['١٬٢٣٤٫٥٦', 'comma_dot', 1_234_560_000n],
    ['\u200e1,234.56\u200f', 'comma_dot', 1_234_560_000n],
    ['+1234.5', 'comma_dot', 1_234_500_000n],
  ] as const)('%s', async (text, format, micros) => {
    const report = await readReport(spends([text, text]))
    expect([asked(report), report.numberFormat, spendOf(report), report.badCount]).toEqual([[], format, micros * 2n, 0])
  })

  test.each(['--', ' --', '-', '', '—', 'N/A', 'n/a', '…'])('"%s" is not known', (text) => {
    expect(numberCell({ kind: 'text', text })).toEqual({ kind: 'unknown' })
  })
  test.each(['<5', '< 10%', '> 90%', '>1,000', '≤ 5', '&lt;5'])('"%s" is a mask', (text) => {
    expect(numberCell({ kind: 'text', text })).toEqual({ kind: 'masked' })
  })
  test.each([
    '1..2',
    '1,,2',
    '12,3456.7',
    '1,23.4',
    '0,123',
    '1.2.3',
    '1 23',
    '1e5',
    '5 x 3',
    '0x10',
    '١٢a٣',
    '1/2',
    '.',
    ',',
  ])('"%s" is no number of any format', (text) => {
    const cell = numberCell({ kind: 'text', text })
    const read = (['comma_dot', 'blank_comma', 'apostrophe_dot'] as const).map((format) =>
      cell.kind === 'number' && format !== 'blank_comma' ? microsOf(cell, format) : undefined,
    )
    expect(read).toEqual([undefined, undefined, undefined])
  })

  const FORMATS: Readonly<Record<NumberFormat, readonly [string, string]>> = {
    comma_dot: [',', '.'],
    dot_comma: ['.', ','],
    blank_comma: ['\u202f', ','],
    apostrophe_dot: ['’', '.'],
  }
  const written = (micros: bigint, format: NumberFormat, decimals: number, isGrouped: boolean): string => {
    const digits = micros.toString().padStart(7, '0')
    const [group, mark] = FORMATS[format]
    const whole = digits.slice(0, -6)
    const shown = isGrouped ? whole.replace(/\B(?=(\d{3})+$)/g, group) : whole
    return decimals === 0 ? shown : `${shown}${mark}${digits.slice(-6).slice(0, decimals)}`
  }
  const format = fc.constantFrom<NumberFormat>('comma_dot', 'dot_comma', 'blank_comma', 'apostrophe_dot')

  test('every amount comes back exactly, in every format', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 9_000_000_000_000_000n }),
        format,
        fc.integer({ min: 0, max: 6 }),
        fc.boolean(),
        (raw, as, decimals, isGrouped) => {
          const step = 10n ** BigInt(6 - decimals)
          const micros = (raw / step) * step
          const cell = numberCell({ kind: 'text', text: written(micros, as, decimals, isGrouped) })
          const read = cell.kind === 'number' ? microsOf(cell, as) : undefined
          const count = cell.kind === 'number' && decimals === 0 ? countOf(cell, as) : Number(micros / 1_000_000n)
          expect([read, count]).toEqual([micros, Number(micros / 1_000_000n)])
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('a file of amounts is read exactly, or asks: it is never off by a thousand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt({ min: 0n, max: 90_000_000n }), { minLength: 1, maxLength: 12 }),
        format,
        fc.constantFrom(0, 2, 3),
        async (cents, as, decimals) => {
          const step = 10n ** BigInt(6 - decimals)
          const amounts = cents.map((each) => each * step)
          const report = await readReport(spends(amounts.map((each) => written(each, as, decimals, true))))
          const isRight = spendOf(report) === amounts.reduce((sum, each) => sum + each, 0n)
          expect(isRight || asked(report).includes('number_format')).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('which comes first, the day or the month', () => {
  const days = (dates: readonly string[], header = 'Date;Campaign;Cost;Impr.;Currency code'): string =>
    [header, ...dates.map((date) => `${date};A;1.00;1;EUR`)].join('\n')
  const starts = (report: Report): string[] => report.facts.map(({ startDate }) => startDate)

  test('03/04/2026 alone is asked for', async () => {
    const report = await readReport(days(['03/04/2026']))
    expect([asked(report), optionsOf(report)]).toEqual([['date_order'], ['dmy', 'mdy']])
    expect(starts(await readReport(days(['03/04/2026']), { date_order: 'dmy' }))).toEqual(['2026-04-03'])
    expect(starts(await readReport(days(['03/04/2026']), { date_order: 'mdy' }))).toEqual(['2026-03-04'])
  })

  test('one day that can only be read one way decides for all', async () => {
    const dmy = await readReport(days(['03/04/2026', '13/04/2026']))
    expect([asked(dmy), dmy.dateOrder, starts(dmy)]).toEqual([[], 'dmy', ['2026-04-03', '2026-04-13']])
    const mdy = await readReport(days(['03/04/2026', '03/13/2026']))
    expect([asked(mdy), mdy.dateOrder, starts(mdy)]).toEqual([[], 'mdy', ['2026-03-04', '2026-03-13']])
  })

  test('the file’s own range decides when it fits one order only', async () => {
    const report = await readReport(
      `My report\n"March 1, 2026 - March 31, 2026"\n${days(['03/04/2026', '03/05/2026'], 'Day;Campaign;Cost;Impr.;Currency code')}`,
    )
    expect([asked(report), starts(report)]).toEqual([[], ['2026-03-04', '2026-03-05']])
  })

  test('rows that prove both orders are asked for, and the others are bad rows', async () => {
    const mixed = days(['13/04/2026', '04/14/2026', '03/04/2026'])
    expect(asked(await readReport(mixed))).toEqual(['date_order'])
    const chosen = await readReport(mixed, { date_order: 'dmy' })
    expect([starts(chosen), chosen.bad.map(({ line }) => line)]).toEqual([['2026-04-13', '2026-04-03'], [3]])
  })

  test('the same day and month is the same either way', async () => {
    const report = await readReport(days(['04/04/2026']))
    expect([asked(report), starts(report)]).toEqual([[], ['2026-04-04']])
  })

  test('rows by hour add up to their day', async () => {
    const report = await readReport(
      'By Day,Campaign name,Cost,Impressions,Currency\n2026-01-05 13:00:00,A,1.50,5,EUR\n2026-01-05 14:00:00,A,2.00,6,EUR\n',
    )
    expect(report.facts).toHaveLength(1)
    expect(report.facts[0]).toMatchObject({ startDate: '2026-01-05', spendMicros: 3_500_000n, impressions: 11 })
  })

  test('weeks and months are periods', async () => {
    const week = await readReport('Week,Campaign,Cost,Impr.,Currency code\n2026-01-05,A,1.00,1,EUR\n')
    expect([week.isDaily, week.facts[0]?.endDate]).toEqual([false, '2026-01-11'])
    const month = await readReport('Month,Campaign,Cost,Impr.,Currency code\n2026-02,A,1.00,1,EUR\n')
    expect([month.isDaily, month.facts[0]?.startDate, month.facts[0]?.endDate]).toEqual([
      false,
      '2026-02-01',
      '2026-02-28',
    ])
  })

  test('days in words of every language come back', () => {
    const day = fc.integer({ min: 0, max: 20 * 365 }).map((n) => new Date(Date.UTC(2005, 0, 1) + n * 86_400_000))
    const locale = fc.constantFrom('en-US', 'en-GB', 'de-DE', 'fr-FR', 'es-ES', 'pt-BR', 'it-IT', 'nl-NL')
    fc.assert(
      fc.property(day, locale, fc.constantFrom('short' as const, 'long' as const), (date, name, month) => {
        const text = new Intl.DateTimeFormat(name, { day: 'numeric', month, year: 'numeric', timeZone: 'UTC' }).format(
          date,
        )
        expect([text, dateText(text)]).toEqual([text, { kind: 'day', date: date.toISOString().slice(0, 10) }])
      }),
      { numRuns: 1_500 },
    )
  })

  test('days in numbers come back in their order', () => {
    const day = fc
      .integer({ min: 0, max: 20 * 365 })
      .map((n) => new Date(Date.UTC(2005, 0, 1) + n * 86_400_000).toISOString().slice(0, 10))
    fc.assert(
      fc.property(
        day,
        fc.constantFrom('dmy', 'mdy'),
        fc.constantFrom('/', '.', '-'),
        fc.boolean(),
        (date, order, mark, isPadded) => {
          const [year = '', month = '', dayOfMonth = ''] = date.split('-')
          const shown = [dayOfMonth, month].map((each) => (isPadded ? each : String(Number(each))))
          const text = [...(order === 'dmy' ? shown : shown.toReversed()), year].join(mark)
          expect(dayOfCell(dateText(text), order)).toEqual({ kind: 'day', date })
        },
      ),
    )
  })

  test.each([
    ['July 8, 2025 - July 31, 2025', '2025-07-08', '2025-07-31'],
    ['27 January 2026 - 23 February 2026', '2026-01-27', '2026-02-23'],
    ['1 janv. 2026 – 31 janv. 2026', '2026-01-01', '2026-01-31'],
    ['1. Februar 2026 - 28. Februar 2026', '2026-02-01', '2026-02-28'],
    ['1 de março de 2026 - 31 de março de 2026', '2026-03-01', '2026-03-31'],
    ['2026-03-01 - 2026-03-31', '2026-03-01', '2026-03-31'],
    ['01.03.2026 - 31.03.2026', '2026-03-01', '2026-03-31'],
    ['03/01/2026 - 03/31/2026', '2026-03-01', '2026-03-31'],
    ['July 8, 2025', '2025-07-08', '2025-07-08'],
  ])('%s is a range', (text, from, to) => {
    expect(rangeOf(text)).toEqual([from, to])
  })
  test.each(['All time', 'Campaign report', '01/02/2026 - 03/04/2026', 'July 31, 2025 - July 8, 2025', ''])(
    '"%s" is not',
    (text) => {
      expect(rangeOf(text)).toBeUndefined()
    },
  )
})

describe('the currency', () => {
  const rows = (header: string, ...lines: readonly string[]): string =>
    [`Day,Campaign name,Impressions,${header}`, ...lines.map((line, k) => `2026-01-0${k + 1},A,1,${line}`)].join('\n')

  test('is asked for when nothing says it', async () => {
    const file = rows('Amount spent', '1.00')
    const report = await readReport(file)
    expect([asked(report), report.currency]).toEqual([['currency'], null])
    expect((await readReport(file, { currency: 'SEK' })).facts[0]?.currency).toBe('SEK')
  })

  test('a sign of one currency decides, a dollar sign narrows the question', async () => {
    const euros = await readReport(rows('Amount spent', '€1.00'))
    expect([asked(euros), euros.currency]).toEqual([[], 'EUR'])
    const dollars = await readReport(rows('Amount spent', '$1.00'))
    expect(optionsOf(dollars)).toEqual(expect.arrayContaining(['USD', 'AUD', 'CAD']))
    expect(optionsOf(dollars)).not.toContain('EUR')
  })

  test('two of them are never added up: one is chosen, and rows in the other are bad', async () => {
    const file = rows('Amount spent,Currency', '1.00,EUR', '5.00,USD', '2.00,EUR')
    const report = await readReport(file)
    expect([asked(report), optionsOf(report), report.currency]).toEqual([['currency'], ['EUR', 'USD'], null])
    const chosen = await readReport(file, { currency: 'EUR' })
    expect([spendOf(chosen), chosen.bad.map(({ line, reason }) => [line, reason])]).toEqual([
      3_000_000n,
      [[3, 'The row is in USD; the file is read in EUR.']],
    ])
  })

  test('a choice against what the file says refuses the rows, and never relabels them', async () => {
    const report = await readReport(rows('Amount spent (EUR)', '1.00'), { currency: 'USD' })
    expect([report.facts, report.badCount]).toEqual([[], 1])
  })

  test('a header and a column that disagree are asked for', async () => {
    expect(asked(await readReport(rows('Amount spent (EUR),Currency', '1.00,USD')))).toEqual(['currency'])
  })
})
