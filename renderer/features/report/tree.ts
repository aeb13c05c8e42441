/** The breakdown as one flat list of rows, known or still to be read. Pure: reads nothing itself. */
import type { ReportSort } from '../../report-choices.ts'
import { metricNumber } from './numbers.ts'
import { inputBelow, type Level, levelBelow, type ReportInput, type ReportRow } from './scope.ts'
import type { LevelData } from './use-report.ts'

export interface NumberRow {
  readonly kind: 'row'
  readonly key: string
  /** Depth in the tree, 1 at the top. */
  readonly depth: number
  readonly level: Level
  readonly row: ReportRow
  readonly isOpen: boolean
  readonly canOpen: boolean
}
export type TreeRow =
  | NumberRow
  | { readonly kind: 'waiting' | 'nothing'; readonly key: string; readonly depth: number }
  | { readonly kind: 'failed'; readonly key: string; readonly depth: number; readonly why: string }
  | {
      readonly kind: 'more'
      readonly key: string
      readonly depth: number
      /** The level to read more of. */
      readonly of: string
      readonly shown: number
      readonly total: number
    }

/** A run of siblings that is wanted: what is asked for, and how many pages of it. */
export interface Wanted {
  readonly key: string
  readonly input: ReportInput
}
/** Read, being read, or why it could not be. */
export type LevelState = LevelData | 'waiting' | { readonly why: string }
export interface Known {
  readonly isOpen: (key: string) => boolean
  readonly levelOf: (wanted: Wanted) => LevelState
  readonly sort: ReportSort
  readonly isDescending: boolean
}

/** The rows of a level in the chosen order. A level that is not whole stays as the core has ordered it; what is left over stands last. */
export function sorted(data: LevelData, sort: ReportSort, isDescending: boolean): readonly ReportRow[] {
  if (data.hasMore) return data.rows
  const sign = isDescending ? -1 : 1
  // Amounts of two currencies are never held against each other.
  const currencies = data.answer.totals.map((total) => total.currency)
  return data.rows.toSorted((a, b) => {
    if (a.currency !== b.currency) return currencies.indexOf(a.currency) - currencies.indexOf(b.currency)
    if (a.is_remainder !== b.is_remainder) return a.is_remainder ? 1 : -1
    const x = metricNumber(a.metrics, sort)
    const y = metricNumber(b.metrics, sort)
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    return (x - y) * sign
  })
}

const MAX_DEPTH = 5

function addLevel(
  rows: TreeRow[],
  wantedLevels: Wanted[],
  wanted: Wanted,
  level: Level,
  depth: number,
  currency: string | null,
  known: Known,
): void {
  wantedLevels.push(wanted)
  const state = known.levelOf(wanted)
  if (state === 'waiting') {
    rows.push({ kind: 'waiting', key: `${wanted.key}#waiting`, depth })
    return
  }
  if ('why' in state) {
    rows.push({ kind: 'failed', key: `${wanted.key}#failed`, depth, why: state.why })
    return
  }
  // A platform's or an account's parts may be in several currencies: each stands under the row of its own.
  const mine = sorted(state, known.sort, known.isDescending).filter(
    (row) => currency === null || row.currency === currency,
  )
  if (mine.length === 0) rows.push({ kind: 'nothing', key: `${wanted.key}#nothing`, depth })
  for (const row of mine) {
    const key = `${wanted.key}/${row.key}|${row.currency}`
    const input = inputBelow(wanted.input, row, level)
    const below = levelBelow(level)
    const canOpen = input !== undefined && below !== null && depth < MAX_DEPTH
    const isOpen = canOpen && known.isOpen(key)
    rows.push({ kind: 'row', key, depth, level, row, isOpen, canOpen })
    if (isOpen) addLevel(rows, wantedLevels, { key, input }, below, depth + 1, row.currency, known)
  }
  if (state.hasMore)
    rows.push({
      kind: 'more',
      key: `${wanted.key}#more`,
      depth,
      of: wanted.key,
      shown: state.rows.length,
      total: state.answer.total,
    })
}

export interface Tree {
  readonly rows: readonly TreeRow[]
  /** Every open level, the top one first. */
  readonly wanted: readonly Wanted[]
}
export function treeOf(top: Wanted, level: Level, known: Known): Tree {
  const rows: TreeRow[] = []
  const wanted: Wanted[] = []
  addLevel(rows, wanted, top, level, 1, null, known)
  return { rows, wanted }
}

/** The nearest row above that stands one level higher. */
export function parentIndex(rows: readonly TreeRow[], index: number): number {
  const row = rows[index]
  if (row === undefined) return index
  for (let at = index - 1; at >= 0; at -= 1) {
    const above = rows[at]
    if (above !== undefined && above.depth < row.depth) return at
  }
  return index
}
