/** A table for a spreadsheet: nothing in it runs, nothing in it is lost. */
import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvOf } from '../../shared/csv.ts'

const isPlainNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text)
const startsLikeFormula = (text: string): boolean =>
  ['=', '+', '-', '@', '\t', '\r'].some((sign) => text.startsWith(sign))
const read = (csv: string): string[][] => parse(csv, { relax_column_count: true })

const nasty = fc.constantFrom(
  '=1+1',
  '+49',
  '-1.5',
  '-12',
  '-',
  '--',
  '-1+1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '-1\n',
  '＝1',
  '"',
  ',',
  "'=1",
)
const cell = fc.oneof(
  fc.string(),
  nasty,
  fc.tuple(nasty, fc.string()).map(([a, b]) => a + b),
)

test('no cell of the read-back table begins like a formula, unless it is a plain number; nothing else changes', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
      const back = read(csvOf(rows))
      expect(back.length).toBe(rows.length)
      for (const [r, row] of back.entries())
        for (const [c, text] of row.entries()) {
          const before = rows[r]?.[c] ?? ''
          expect(startsLikeFormula(text) && !isPlainNumber(text)).toBe(false)
          expect([before, `'${before}`]).toContain(text)
          expect(text === before || !isPlainNumber(before)).toBe(true)
        }
    }),
    { numRuns: 500 },
  )
})

test('numbers stay numbers, unknown is empty', () => {
  expect(csvOf([[-12.5, '-12.50', -3n, null, Number.NaN, 0, '+5', '=A1', 'a "b", c']])).toBe(
    `-12.5,-12.50,-3,,,0,'+5,'=A1,"a ""b"", c"\r\n`,
  )
})
