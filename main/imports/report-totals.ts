/** The file's own totals against the sums of its rows. Totals are never imported: they only show whether all of the file was read. */
import { microsOf, type NumberCell, countOf, decimalsOf, numberCell } from './numbers.ts'
import type { NumberFormat } from '../../shared/schemas/imports.ts'
import type { RawRow, TotalsCheck } from './parsed.ts'
import { COUNTS, type Measure, MEASURE_WORDS, type MeasureColumn } from './report-columns.ts'
import type { Numbers } from './report-spec.ts'

const CHECKED: readonly Measure[] = [
  'spend',
  'impressions',
  'clicks',
  'conversions',
  'value',
  'clickConversions',
  'viewConversions',
]

export class MeasureSums {
  readonly sums = new Map<Measure, bigint>()
  rows = 0
  add(numbers: Numbers): void {
    this.rows += 1
    for (const measure of CHECKED) {
      const value = numbers[measure]
      if (typeof value === 'bigint') this.sums.set(measure, (this.sums.get(measure) ?? 0n) + value)
    }
  }
}

/**
 * @param kind 'account' totals may exceed the rows: they hold removed campaigns too
 * Printed amounts are rounded, so their sum may be off by a little that grows with the root of the number of rows.
 */
export function checkTotals(
  row: RawRow,
  kind: 'rows' | 'account',
  measures: readonly MeasureColumn[],
  sums: MeasureSums,
  format: NumberFormat | null,
): TotalsCheck[] {
  return measures
    .filter(({ measure }) => CHECKED.includes(measure))
    .flatMap(({ measure, index }) => {
      const cell = row.cells[index]
      const number = cell === undefined ? undefined : numberCell(cell)
      if (number?.kind !== 'number') return []
      const isCount = COUNTS.has(measure)
      const inFile = isCount ? countMicros(number, format) : microsOf(number, format)
      if (typeof inFile !== 'bigint') return []
      const summed = (sums.sums.get(measure) ?? 0n) * (isCount ? 1_000_000n : 1n)
      const tolerance = isCount ? 0n : toleranceOf(sums.rows, decimalsOf(number, format))
      const distance = inFile - summed
      const isEqual = kind === 'account' ? distance >= -tolerance : distance <= tolerance && distance >= -tolerance
      const column =
        kind === 'account' ? `${MEASURE_WORDS[measure]} (whole account, may be larger)` : MEASURE_WORDS[measure]
      return [{ column, inFile: decimal(inFile), summed: decimal(summed), isEqual }]
    })
}

function countMicros(number: NumberCell & { kind: 'number' }, format: NumberFormat | null): bigint | undefined {
  const count = countOf(number, format)
  return count === undefined ? undefined : BigInt(count) * 1_000_000n
}

/** Four standard deviations of a sum of rounding errors, each even between plus and minus half of the last decimal. */
function toleranceOf(rows: number, decimals: number): bigint {
  const unit = 10n ** BigInt(6 - decimals)
  return decimals === 0 ? 0n : unit * BigInt(Math.ceil(1.2 * Math.sqrt(rows) + 1))
}

function decimal(micros: bigint): string {
  const sign = micros < 0n ? '-' : ''
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -6)}${fraction === '' ? '' : `.${fraction.padEnd(2, '0')}`}`
}
