import { describe, expect, test } from 'vitest'
import { readTable } from '../../main/imports/bytes.ts'
import { fixture, readReport, refusalOf, spendOf } from '../support/read-export.ts'
import { type SheetCell, workbook } from '../support/workbook.ts'

const HEADER = 'Campaign,Day,Currency code,Cost,Impr.,Clicks,Conversions'
const file = (...rows: readonly string[]): string => `${[HEADER, ...rows].join('\n')}\n`
const good = 'Brand,2026-01-05,EUR,31.20,1840,101,6.50'
const SHEET_HEADER: readonly SheetCell[] = HEADER.split(',')
const sheet = (...rows: readonly (readonly SheetCell[])[]): Uint8Array =>
  workbook({ sheets: [{ name: 'Report', rows: [SHEET_HEADER, ...rows] }] })
const utf16 = (text: string, mark = true): Uint8Array => Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le')

describe('workbooks', () => {
  const row = (...cells: readonly SheetCell[]): readonly SheetCell[] => cells

  test('formulas and errors are never money', async () => {
    const report = await readReport(
      sheet(
        row('Brand', '2026-01-05', 'EUR', 31.2, 1840, 101, 6.5),
        row('Brand', '2026-01-06', 'EUR', { formula: 'D2*2', cached: 62.4 }, 1, 1, 1),
        row('Brand', '2026-01-07', 'EUR', { error: '#DIV/0!' }, 1, 1, 1),
        row('Brand', { formula: 'TODAY()', cached: 46000 }, 'EUR', 1, 1, 1, 1),
      ),
    )
    expect(report.bad.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'Spend is the result of a formula, which is not trusted.'],
      [4, 'Spend is an error of the workbook.'],
      [5, 'The date is the result of a formula, which is not trusted.'],
    ])
    expect(report.facts).toHaveLength(1)
  })

  test('dates by number format, in both date systems', async () => {
    const rows = [SHEET_HEADER, row('Brand', { serial: 46027 }, 'EUR', 1, 1, 1, 1)]
    expect((await readReport(workbook({ sheets: [{ name: 'R', rows }] }))).facts[0]?.startDate).toBe('2026-01-05')
    const old = [SHEET_HEADER, row('Brand', { serial: 46027 - 1462 }, 'EUR', 1, 1, 1, 1)]
    expect((await readReport(workbook({ sheets: [{ name: 'R', rows: old }], is1904: true }))).facts[0]?.startDate).toBe(
      '2026-01-05',
    )
    const plain = await readReport(sheet(row('Brand', 46027, 'EUR', 1, 1, 1, 1)))
    expect(plain.bad[0]?.reason).toContain('plain number')
  })

  test('numbers keep what was typed, not the noise of binary fractions', async () => {
    const { facts } = await readReport(
      sheet(
        row(
          'Brand',
          '2026-01-05',
          'EUR',
          { raw: '<c r="@"><v>199.42000000000002</v></c>' },
          { raw: '<c r="@"><v>1.84E3</v></c>' },
          101,
          { raw: '<c r="@"><v>1.3333333333333333</v></c>' },
        ),
      ),
    )
    expect(facts[0]).toMatchObject({
      spendMicros: 199_420_000n,
      impressions: 1840,
      reportedConversionMicros: 1_333_333n,
    })
  })

  test('inline texts, missing cells and cells without a place', async () => {
    const { facts } = await readReport(
      sheet(
        row({ inline: 'Brand' }, '2026-01-05', 'EUR', 1, null, 101, null),
        row({ raw: '<c t="inlineStr"><is><t>Shoes</t></is></c>' }, '2026-01-05', 'EUR', 2, 3, 4, 5),
      ),
    )
    expect(facts.map(({ campaign, unknownCounts }) => [campaign.name, unknownCounts])).toEqual([
      ['Brand', ['impressions']],
      ['Shoes', undefined],
    ])
  })

  test('the first visible sheet with a known header is read, though it is named .csv', async () => {
    const rows = [SHEET_HEADER, row('Brand', '2026-01-05', 'EUR', 1, 1, 1, 1)]
    const table = await readTable(
      workbook({
        sheets: [
          { name: 'Hidden', hidden: true, rows },
          { name: 'Notes', rows: [['Read me'], ['a', 'b']] },
          { name: 'Data', rows },
        ],
      }),
      'report.csv',
    )
    expect([table.encoding, table.sheet, table.rows.length]).toEqual(['XLSX', 'Data', 2])
  })

  test('ids that a workbook rounded are not used', async () => {
    const header = ['Campaign ID', ...SHEET_HEADER]
    const damaged = await readReport(
      workbook({
        sheets: [
          {
            name: 'R',
            rows: [
              header,
              row({ raw: '<c r="@"><v>120210000000000000</v></c>' }, 'Brand', '2026-01-05', 'EUR', 1, 1, 1, 1),
            ],
          },
        ],
      }),
    )
    expect(damaged.facts[0]?.campaign).toEqual({ name: 'Brand' })
    expect(damaged.columns[0]?.note).toContain('damaged')
    const whole = await readReport(
      workbook({
        sheets: [{ name: 'R', rows: [header, row('120210000000000001', 'Brand', '2026-01-05', 'EUR', 1, 1, 1, 1)] }],
      }),
    )
    expect(whole.facts[0]?.campaign).toEqual({ id: '120210000000000001', name: 'Brand' })
  })
})

describe('text in any clothes', () => {
  const rows = file('Möbel,2026-01-05,EUR,31.20,1840,101,6.50', good)
  const variants: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['UTF-8', rows, 'UTF-8'],
    ['UTF-8 with a mark', `\ufeff${rows}`, 'UTF-8 with BOM'],
    ['UTF-16LE with a mark', utf16(rows), 'UTF-16LE with BOM'],
    ['UTF-16LE without', utf16(rows, false), 'UTF-16LE'],
    ['UTF-16BE with a mark', Buffer.from(utf16(rows)).swap16(), 'UTF-16BE with BOM'],
    ['UTF-16BE without', Buffer.from(utf16(rows, false)).swap16(), 'UTF-16BE'],
    ['Windows-1252', Buffer.from(rows, 'latin1'), 'Windows-1252'],
    ['CRLF', rows.replaceAll('\n', '\r\n'), 'UTF-8'],
    ['old Mac line ends', rows.replaceAll('\n', '\r'), 'UTF-8'],
    ['mixed line ends', rows.replace('\n', '\r\n'), 'UTF-8'],
    ['tabs', rows.replaceAll(',', '\t'), 'UTF-8'],
    ['semicolons', rows.replaceAll(',', ';'), 'UTF-8'],
    ['bars', rows.replaceAll(',', '|'), 'UTF-8'],
    ['everything quoted', rows.replaceAll(/[^,\n]+/g, '"$&"'), 'UTF-8'],
    ['a delimiter at each end', rows.replaceAll('\n', ',\n'), 'UTF-8'],
    ['blank lines between', rows.replaceAll('\n', '\n\n'), 'UTF-8'],
    ['sep=;', `sep=;\n${rows.replaceAll(',', ';')}`, 'UTF-8'],
    ['no line end at the end', rows.trimEnd(), 'UTF-8'],
  ]
  test.each(variants)('%s', async (_, content, encoding) => {
    const table = await readTable(typeof content === 'string' ? Buffer.from(content) : content, 'export.csv')
    expect(table.encoding).toBe(encoding)
    const report = await readReport(content)
    expect(report.facts.map(({ campaign, spendMicros }) => [campaign.name, spendMicros])).toEqual([
      ['Möbel', 31_200_000n],
      ['Brand', 31_200_000n],
    ])
    expect(report.badCount).toBe(0)
  })

  test('what was assumed about the encoding is said', async () => {
    const { warnings } = await readReport(Buffer.from(rows, 'latin1'))
    expect(warnings.join(' ')).toContain('Windows-1252')
  })

  test('a quotation mark inside a cell is taken as it stands, and said', async () => {
    const report = await readReport(file('5" screens,2026-01-05,EUR,31.20,1840,101,6.50'))
    expect(report.facts[0]?.campaign.name).toBe('5" screens')
    expect(report.warnings.join(' ')).toContain('quotation mark')
  })

  test('the thread is never held for long', async () => {
    const big = Buffer.from(file(...Array.from({ length: 60_000 }, () => good)))
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    await readTable(big, 'export.csv')
    clearInterval(timer)
    // 15 ms of work at a time; the rest is what a shared machine may add.
    expect(longest).toBeLessThan(150)
  })

  test('fixtures cut anywhere never come to more money than the whole', { timeout: 60_000 }, async () => {
    const whole = fixture('google-ads/editor-daily.csv')
    const all = spendOf(await readReport(whole))
    for (let cut = 120; cut < whole.length; cut += 7) {
      const cutOff = whole.subarray(0, cut)
      if ((await refusalOf(cutOff)) !== '') continue
      const report = await readReport(cutOff)
      expect(spendOf(report) <= all).toBe(true)
    }
  })
})
