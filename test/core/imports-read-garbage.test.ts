import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTable } from '../../main/imports/bytes.ts'
import { explainUnknown } from '../../main/imports/detect.ts'
import { parseTable } from '../../main/imports/layouts.ts'
import { OperationError } from '../../shared/errors.ts'
import { fixture, readReport, type Report } from '../support/read-export.ts'

const MONEY = (report: Report) =>
  report.facts
    .map((fact) =>
      JSON.stringify({ ...fact, line: 0 }, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    )
    .toSorted((a, b) => (a < b ? -1 : 1))

test('the order of rows changes nothing but line numbers', async () => {
  const names = [
    'google-ads/editor-daily.csv',
    'meta/ads-by-day.csv',
    'meta/campaigns-by-day.csv',
    'tiktok/ads-daily.csv',
    'google-ads/daily-de.csv',
  ]
  for (const name of names) {
    const lines = Buffer.from(fixture(name)).toString('utf8').trimEnd().split('\n')
    const header = lines.findIndex((line) => /(^|,)"?(Day|Date|Tag)"?,/.test(line))
    const expected = await readReport(fixture(name))
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(lines.slice(header + 1), { minLength: lines.length - header - 1 }),
        async (rows) => {
          const shuffled = await readReport([...lines.slice(0, header + 1), ...rows].join('\n'))
          expect(MONEY(shuffled)).toEqual(MONEY(expected))
          expect([shuffled.questions, shuffled.totalsCheck, shuffled.warnings, shuffled.currency]).toEqual([
            expected.questions,
            expected.totalsCheck,
            expected.warnings,
            expected.currency,
          ])
        },
      ),
      { numRuns: 15 },
    )
  }
})

describe('whatever the bytes are, there is an answer or a refusal, and soon', () => {
  /** What came of it: 'fine' for an answer or an OperationError within two seconds. */
  const attempt = async (bytes: Uint8Array): Promise<string> => {
    const since = performance.now()
    try {
      const table = await readTable(bytes, 'x.csv')
      if (parseTable(table, {}) === undefined) explainUnknown(table)
    } catch (error) {
      if (!(error instanceof OperationError)) return `threw ${String(error)}`
    }
    return performance.now() - since < 2_000 ? 'fine' : 'took too long'
  }
  const magic = fc.constantFrom('', 'PK\u0003\u0004', '\u00ff\u00fe', '\u00fe\u00ff', '<table>', '{', '[1', 'sep=;\n')

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(magic, fc.uint8Array({ maxLength: 3_000 }), async (head, tail) => {
        expect(await attempt(Buffer.concat([Buffer.from(head, 'latin1'), tail]))).toBe('fine')
      }),
      { numRuns: 400 },
    )
  })

  test('random cells under a real header', async () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        '--',
        '<5',
        '1,234',
        '1.234,5',
        '03/04/2026',
        '2026-01-05',
        '"',
        '\t',
        'Total: Account',
        'Total',
        '€5',
        '=1+1',
        '\u202e',
        '٣',
      ),
    )
    const header = fc.constantFrom(
      'Campaign,Day,Currency code,Cost,Impr.,Clicks',
      'Day,Campaign name,Amount spent (EUR),Impressions,Attribution setting,Purchases',
      'By Day,Campaign name,Ad name,Cost,Impressions,Currency',
    )
    await fc.assert(
      fc.asyncProperty(
        header,
        fc.array(fc.array(cell, { minLength: 1, maxLength: 7 }), { maxLength: 12 }),
        async (names, rows) => {
          expect(await attempt(Buffer.from([names, ...rows.map((cells) => cells.join(','))].join('\n')))).toBe('fine')
        },
      ),
      { numRuns: 600 },
    )
  })

  test('fixtures with a few bytes changed, taken out or cut off', { timeout: 60_000 }, async () => {
    const names = fc.constantFrom(
      'google-ads/campaigns.csv',
      'google-ads/campaigns-excel-utf16.csv',
      'google-ads/campaigns.xlsx',
      'meta/campaigns.xlsx',
      'tiktok/ads-custom.xlsx',
      'meta/ads-by-day.csv',
    )
    const edits = fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(names, edits, fc.option(fc.nat(4_000)), async (name, changes, cut) => {
        const bytes = Buffer.from(fixture(name))
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        expect(await attempt(cut === null ? bytes : bytes.subarray(0, cut % bytes.length))).toBe('fine')
      }),
      { numRuns: 600 },
    )
  })

  test.each([
    ['blanks', `Campaign,Day,Cost,Impr.\n${' '.repeat(30_000)},2026-01-05,1,1\n`],
    ['commas', `Campaign,Day,Cost,Impr.\nA,2026-01-05,"${','.repeat(30_000)}",1\n`],
    ['digits', `Campaign,Day,Cost,Impr.\nA,2026-01-05,${'1'.repeat(30_000)},1\n`],
    ['groups', `Campaign,Day,Cost,Impr.\nA,2026-01-05,"${'1,'.repeat(15_000)}1",1\n`],
    ['quotes', `Campaign,Day,Cost,Impr.\n${'""'.repeat(10_000)},2026-01-05,1,1\n`],
    ['brackets in the header', `Campaign,Day,Cost,${'('.repeat(30_000)}\nA,2026-01-05,1,1\n`],
    ['dashes for a date', `Campaign,Day,Cost,Impr.\nA,${'- '.repeat(15_000)},1,1\n`],
    ['a preamble of dashes', `${'- '.repeat(15_000)}\nx\nCampaign,Cost,Impr.,Clicks\nA,1,1,1\n`],
    ['carriage returns', '\r'.repeat(500_000)],
  ])('%s without end', async (_, text) => {
    expect(await attempt(Buffer.from(text))).toBe('fine')
  })
})
