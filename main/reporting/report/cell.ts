/**
 * The numbers of one row before anything is rounded: exact integers that can be added in any order and grouping. Pure. Which columns count as
 * conversions is decided per account (see planOf), never per row: only so do the rows of every breakdown add up to the same totals.
 */
import type { Attribution } from '../../../shared/domain/attribution.ts'
import type { ReportColumn, ReportSums } from '../../store/report-query.ts'
import { FINE } from '../exchange/cross-rate.ts'

/** Money of a cell is in fine units, 10^-12 micros; conversions in millionths. */
export const MONEY_COLUMNS = ['spend', 'value', 'viewValue', 'engagedValue', 'reportedValue', 'measuredSpend'] as const
export const COUNT_COLUMNS = [
  'impressions',
  'clicks',
  'videoViews',
  'conversions',
  'viewConversions',
  'engagedConversions',
  'reportedConversions',
] as const
export const CELL_COLUMNS = [...MONEY_COLUMNS, ...COUNT_COLUMNS] as const
export type CellColumn = (typeof CELL_COLUMNS)[number]
type PerColumn = Readonly<Record<CellColumn, bigint>>

export interface CellWindows {
  /** Facts that have a click window; the sum of its days and of their squares: all the same if known * squares = days * days. */
  readonly known: bigint
  readonly days: bigint
  readonly squares: bigint
  readonly approximated: bigint
  readonly requested: bigint
  /** Facts of accounts whose platform does not offer what was asked for. */
  readonly unavailable: bigint
}

const WINDOW_COLUMNS = ['known', 'days', 'squares', 'approximated', 'requested', 'unavailable'] as const

export interface Cell {
  readonly facts: bigint
  readonly sums: PerColumn
  /** Of how many facts a value is known; 0 means the sum says nothing. */
  readonly known: PerColumn
  readonly windows: CellWindows
}

/** What the chosen attribution adds up in one account; nothing where its platform has no such window. */
export interface Plan {
  readonly conversions: readonly ReportColumn[]
  readonly value: readonly ReportColumn[]
}

const CHOSEN: Readonly<Record<Attribution, Plan>> = {
  click_7d: { conversions: ['click_conversion_micros'], value: ['click_value_micros'] },
  click_1d: { conversions: ['click_1d_conversion_micros'], value: ['click_1d_value_micros'] },
  click_28d: { conversions: ['click_28d_conversion_micros'], value: ['click_28d_value_micros'] },
  click_7d_view_1d: {
    conversions: ['click_conversion_micros', 'view_conversion_micros'],
    value: ['click_value_micros', 'view_value_micros'],
  },
}

/** What would be added up if every platform had it; the first column of each decides whether a value is known. */
export const columnsOf = (attribution: Attribution): Plan => CHOSEN[attribution]

/**
 * @param account sums of the whole account over the whole period. Where it has click-through conversions and not a single value of a wanted
 * column, its platform does not offer that column: Google has no 28 days and no value of view-through, TikTok has neither one nor 28 days.
 */
export function planOf(attribution: Attribution, account: Pick<ReportSums, 'known'>): Plan {
  const wanted = CHOSEN[attribution]
  const offers = (columns: readonly ReportColumn[], basis: ReportColumn): boolean =>
    account.known[basis] === 0n || columns.every((column) => account.known[column] > 0n)
  return {
    conversions: offers(wanted.conversions, 'click_conversion_micros') ? wanted.conversions : [],
    value: offers(wanted.value, 'click_value_micros') ? wanted.value : [],
  }
}

/** Written out, because it is made for every account's every day: an object of one shape, without a loop. */
const perColumn = (valueOf: (column: CellColumn) => bigint): PerColumn => ({
  spend: valueOf('spend'),
  value: valueOf('value'),
  viewValue: valueOf('viewValue'),
  engagedValue: valueOf('engagedValue'),
  reportedValue: valueOf('reportedValue'),
  measuredSpend: valueOf('measuredSpend'),
  impressions: valueOf('impressions'),
  clicks: valueOf('clicks'),
  videoViews: valueOf('videoViews'),
  conversions: valueOf('conversions'),
  viewConversions: valueOf('viewConversions'),
  engagedConversions: valueOf('engagedConversions'),
  reportedConversions: valueOf('reportedConversions'),
})

const NO_VALUES = perColumn(() => 0n)
export const EMPTY_CELL: Cell = {
  facts: 0n,
  sums: NO_VALUES,
  known: NO_VALUES,
  windows: { known: 0n, days: 0n, squares: 0n, approximated: 0n, requested: 0n, unavailable: 0n },
}

/** The columns that no plan chooses. Run through for every account and day of a report: kept flat. */
const PLAIN: readonly {
  readonly column: Exclude<CellColumn, 'conversions' | 'value'>
  readonly source: ReportColumn
  readonly isMoney: boolean
}[] = [
  { column: 'spend', source: 'spend_micros', isMoney: true },
  { column: 'impressions', source: 'impressions', isMoney: false },
  { column: 'clicks', source: 'clicks', isMoney: false },
  { column: 'videoViews', source: 'video_views', isMoney: false },
  { column: 'viewConversions', source: 'view_conversion_micros', isMoney: false },
  { column: 'viewValue', source: 'view_value_micros', isMoney: true },
  { column: 'engagedConversions', source: 'engaged_conversion_micros', isMoney: false },
  { column: 'engagedValue', source: 'engaged_value_micros', isMoney: true },
  { column: 'reportedConversions', source: 'reported_conversion_micros', isMoney: false },
  { column: 'reportedValue', source: 'reported_value_micros', isMoney: true },
  { column: 'measuredSpend', source: 'measured_spend_micros', isMoney: true },
]

/** Reads an amount of a group in fine units. Unless told: as it is, in the account's own currency. */
export type FineAmount = (column: ReportColumn) => bigint

/** The columns that are amounts of money. */
export const AMOUNT_COLUMNS = [
  'spend_micros',
  'click_value_micros',
  'view_value_micros',
  'engaged_value_micros',
  'click_1d_value_micros',
  'click_28d_value_micros',
  'reported_value_micros',
  'measured_spend_micros',
] as const satisfies readonly ReportColumn[]

/** @param fineAmount see FineAmount: where amounts are converted, day by day, before they are summed */
export function cellOf(
  group: ReportSums,
  plan: Plan,
  fineAmount: FineAmount = (column) => group.sums[column] * FINE,
): Cell {
  const sums = {} as Record<CellColumn, bigint>
  const known = {} as Record<CellColumn, bigint>
  for (const { column, source, isMoney } of PLAIN) {
    sums[column] = isMoney ? fineAmount(source) : group.sums[source]
    known[column] = group.known[source]
  }
  const [firstConversion, firstValue] = [plan.conversions[0], plan.value[0]]
  sums.conversions = plan.conversions.reduce((sum, source) => sum + group.sums[source], 0n)
  sums.value = plan.value.reduce((sum, source) => sum + fineAmount(source), 0n)
  known.conversions = firstConversion === undefined ? 0n : group.known[firstConversion]
  known.value = firstValue === undefined ? 0n : group.known[firstValue]
  if (firstValue === undefined) sums.measuredSpend = 0n
  const { known: windowsKnown, days, squares, approximated, requested } = group.windows
  return {
    facts: group.facts,
    sums,
    known,
    windows: {
      known: windowsKnown,
      days,
      squares,
      approximated,
      requested,
      unavailable: plan.conversions.length === 0 ? group.facts : 0n,
    },
  }
}

function difference(a: Cell, b: Cell): Cell {
  const windows = {} as Record<keyof CellWindows, bigint>
  for (const name of Object.keys(a.windows) as (keyof CellWindows)[]) windows[name] = a.windows[name] - b.windows[name]
  return {
    facts: a.facts - b.facts,
    sums: perColumn((column) => a.sums[column] - b.sums[column]),
    known: perColumn((column) => a.known[column] - b.known[column]),
    windows,
  }
}

/** Adds cells up one by one, without a new cell for each: a report over two years adds some ten thousand. */
export class CellSum {
  #facts = 0n
  readonly #sums = CELL_COLUMNS.map(() => 0n)
  readonly #known = CELL_COLUMNS.map(() => 0n)
  readonly #windows = WINDOW_COLUMNS.map(() => 0n)

  add(cell: Cell): void {
    this.#facts += cell.facts
    for (let k = 0; k < CELL_COLUMNS.length; k += 1) {
      const column = CELL_COLUMNS[k] as CellColumn
      this.#sums[k] = (this.#sums[k] ?? 0n) + cell.sums[column]
      this.#known[k] = (this.#known[k] ?? 0n) + cell.known[column]
    }
    for (let k = 0; k < WINDOW_COLUMNS.length; k += 1) {
      const column = WINDOW_COLUMNS[k] as keyof CellWindows
      this.#windows[k] = (this.#windows[k] ?? 0n) + cell.windows[column]
    }
  }

  toCell(): Cell {
    const windows = {} as Record<keyof CellWindows, bigint>
    for (const [k, column] of WINDOW_COLUMNS.entries()) windows[column] = this.#windows[k] ?? 0n
    return {
      facts: this.#facts,
      sums: perColumn((column) => this.#sums[CELL_COLUMNS.indexOf(column)] ?? 0n),
      known: perColumn((column) => this.#known[CELL_COLUMNS.indexOf(column)] ?? 0n),
      windows,
    }
  }
}

/**
 * What a level above has beyond its parts; may have any sign. A value is known if either side knows it, and the window is the level above's:
 * numbers that the platform gives for no part can only have been counted as it says there.
 * undefined: the parts are all there is.
 */
export function remainderOf(above: Cell, parts: Cell): Cell | undefined {
  const rest = difference(above, parts)
  if (CELL_COLUMNS.every((column) => rest.sums[column] === 0n)) return undefined
  return {
    facts: above.facts,
    sums: rest.sums,
    known: perColumn((column) => (above.known[column] > 0n ? above.known[column] : parts.known[column])),
    windows: above.windows,
  }
}
