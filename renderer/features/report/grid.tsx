/**
 * The breakdown as a grid of which only the rows in sight exist, with the totals under it. Arrow keys move and open; Enter opens and closes; P
 * proposes a change. The selected row is the one thing in it that takes the focus.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { fill } from '../../format.ts'
import { SORTS, type ReportSort } from '../../report-choices.ts'
import { setReport } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { Icon } from '../../ui/icon.tsx'
import { isFirst, shownColumns, spans, template } from './columns.ts'
import { Cells, GridRow, type RowActions, type Shared, STICKY } from './grid-row.tsx'
import { fractionsIn, isMetric, isUnfinished, metricText, windowWords } from './numbers.ts'
import { placeOf, type ReportTotals, type Scope } from './scope.ts'
import { type NumberRow, parentIndex, type TreeRow } from './tree.ts'
import type { ReportTree } from './use-tree.ts'

const t = REPORT_TEXTS
const ROW_HEIGHT = 32
const OVERSCAN = 12
const PAGE_JUMP = 15
/** Two rows of heads stand before the first. */
const FIRST_INDEX = 3
/** More than this many rows and the table scrolls in itself, so that its heads and totals stay in sight. */
const SHOWN_ROWS = 18

function Heads({
  shared,
  columnsOf,
}: {
  shared: Shared & { sort: ReportSort; isDescending: boolean }
  columnsOf: string
}) {
  const { columns, sort, isDescending } = shared
  const groups = spans(columns)
  const sortBy = (column: ReportSort) =>
    setReport({ sort: column, isDescending: column === sort ? !isDescending : true })
  return (
    <div role="rowgroup" className="sticky top-0 z-20 border-b border-line bg-canvas text-xs text-ink-2">
      <div role="row" aria-rowindex={1} className="grid h-6 bg-inherit" style={{ gridTemplateColumns: columnsOf }}>
        <div role="columnheader" className={STICKY}>
          <span className="sr-only">{t.table.name}</span>
        </div>
        {groups.map(({ group, count }) => (
          <div
            key={group}
            role="columnheader"
            aria-colspan={count}
            title={t.groupWhy[group]}
            className="truncate border-l border-line px-1 text-center leading-6 font-medium"
            style={{ gridColumn: `span ${count}` }}
          >
            {group === 'primary' ? t.short[shared.attribution] : t.groups[group]}
          </div>
        ))}
      </div>
      <div role="row" aria-rowindex={2} className="grid h-7 bg-inherit" style={{ gridTemplateColumns: columnsOf }}>
        <div role="columnheader" className={`${STICKY} px-3 leading-7`}>
          {t.table.name}
        </div>
        {columns.map((column, index) => {
          const sortable = SORTS.find((each) => each === column)
          const isSorted = sort === column
          return (
            <div
              key={column}
              role="columnheader"
              aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}
              className={`truncate px-2 text-right leading-7 ${isFirst(columns, index) ? 'border-l border-line' : ''}`}
            >
              {sortable === undefined ? (
                t.heads[column]
              ) : (
                <button type="button" className="rounded hover:text-ink" onClick={() => sortBy(sortable)}>
                  {isSorted ? (
                    <Icon name="down" size={10} className={`mr-0.5 inline ${isDescending ? '' : 'rotate-180'}`} />
                  ) : null}
                  {t.heads[column]}
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function TotalRows({
  totals,
  shared,
  columnsOf,
  firstIndex,
}: {
  totals: readonly ReportTotals[]
  shared: Shared
  columnsOf: string
  firstIndex: number
}) {
  return (
    <div role="rowgroup" className="sticky bottom-0 z-20 border-t border-line-strong bg-sunken font-semibold">
      {totals.map((total, index) => (
        <div
          key={total.currency}
          role="row"
          aria-rowindex={firstIndex + index}
          className="grid h-8 bg-sunken"
          style={{ gridTemplateColumns: columnsOf }}
        >
          <div role="rowheader" className={`${STICKY} h-8 truncate px-3 leading-8`}>
            {fill(total.is_converted ? t.table.totalConverted : t.table.total, { currency: total.currency })}
          </div>
          <Cells
            counted={total}
            shared={shared}
            age={shared.ages.get('total') ?? null}
            isHatched={isUnfinished(total)}
          />
        </div>
      ))}
    </div>
  )
}

function moved(key: string, index: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + PAGE_JUMP,
    PageUp: index - PAGE_JUMP,
    Home: 0,
    End: count - 1,
  }
  const next = steps[key]
  return next === undefined ? null : Math.min(count - 1, Math.max(0, next))
}

export function indexOf(rows: readonly TreeRow[], key: string | null, at: number): number {
  if (rows[at]?.key === key || key === null) return Math.min(at, Math.max(0, rows.length - 1))
  const found = rows.findIndex((row) => row.key === key)
  return found === -1 ? Math.min(at, Math.max(0, rows.length - 1)) : found
}

export interface GridProps {
  readonly tree: ReportTree
  readonly totals: readonly ReportTotals[]
  readonly scope: Scope
  readonly shared: Pick<Shared, 'accounts' | 'ages'>
  /** Something was selected by the person, and not only made the tab stop. */
  readonly isChosen: boolean
  readonly selected: number
  readonly onSelect: (index: number) => void
  readonly onEnter: (item: NumberRow) => void
  readonly onPropose: (item: NumberRow) => void
  /** Reads on; the selection stays where it is, on the first of the new rows. */
  readonly onMore: (of: string) => void
}

function useKeys({ tree, selected, onPropose, onMore }: GridProps, select: (index: number) => void) {
  const { rows } = tree
  return (event: React.KeyboardEvent) => {
    if (event.target instanceof HTMLButtonElement && event.key === 'Enter') return
    const row = rows[selected]
    const next = moved(event.key, selected, rows.length)
    if (next !== null) select(next)
    else if (row === undefined) return
    else if (row.kind === 'more' && event.key === 'Enter') onMore(row.of)
    else if (row.kind === 'failed' && event.key === 'Enter') tree.retry()
    else if (event.key === 'ArrowLeft') {
      if (row.kind === 'row' && row.isOpen) tree.toggle(row.key, false)
      else select(parentIndex(rows, selected))
    } else if (row.kind !== 'row') return
    else if (event.key === 'ArrowRight' && row.canOpen) {
      if (row.isOpen) select(Math.min(rows.length - 1, selected + 1))
      else tree.toggle(row.key, true)
    } else if (event.key === 'Enter' && row.canOpen) tree.toggle(row.key, !row.isOpen)
    else if (event.key === 'p' && !event.ctrlKey && !event.metaKey && !event.altKey) onPropose(row)
    else return
    event.preventDefault()
  }
}

export function ReportGrid(props: GridProps) {
  const { tree, totals, scope, selected, onSelect } = props
  const { rows } = tree
  const { attribution, sort, isDescending } = scope.choices
  const columns = shownColumns(scope.choices.columns)
  const isAllIncomplete = rows.every((each) => each.kind !== 'row' || each.row.is_incomplete)
  const fractions = fractionsIn(
    [...totals, ...rows.flatMap((each) => (each.kind === 'row' ? [each.row] : []))],
    columns,
  )
  const layout = template(columns, (column) =>
    isMetric(column)
      ? Math.max(0, ...totals.map((total) => metricText(total, column, fractions.has(column))?.length ?? 0))
      : 0,
  )
  const scroller = useRef<HTMLDivElement>(null)
  const focusNext = useRef(false)
  // Nothing here is memoized around it, so nothing can go stale.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollPaddingStart: 2 * ROW_HEIGHT,
    scrollPaddingEnd: ROW_HEIGHT * totals.length,
  })
  const select = (index: number) => {
    focusNext.current = true
    virtual.scrollToIndex(index)
    onSelect(index)
  }
  // After every render: the row that a key has moved to may only exist once the list has scrolled to it.
  // It also follows the selection when rows that came in between have shifted it.
  useEffect(() => {
    const focused = scroller.current?.contains(document.activeElement) === true ? document.activeElement : null
    const isShifted = focused instanceof HTMLElement && (focused.dataset['row'] ?? `${selected}`) !== `${selected}`
    if (!focusNext.current && !isShifted) return
    const element = scroller.current?.querySelector<HTMLElement>(`[data-row="${selected}"]`)
    if (element === null || element === undefined) return
    focusNext.current = false
    element.focus({ preventScroll: true })
  })
  const onKeyDown = useKeys(props, select)
  const shared: Shared = {
    ...props.shared,
    columns,
    attribution,
    hasCurrencies: totals.length > 1,
    fractions,
    totals,
    isAllIncomplete,
  }
  const actions: RowActions = {
    select: onSelect,
    toggle: tree.toggle,
    enter: props.onEnter,
    canEnter: (item) => item.canOpen && placeOf(item.row, item.level) !== null,
    more: props.onMore,
    retry: tree.retry,
  }
  const height = `calc(${Math.min(SHOWN_ROWS, rows.length) + totals.length} * 2rem + 3.5rem + 16px)`
  return (
    <div
      ref={scroller}
      role="treegrid"
      aria-label={fill(t.table.label, { window: windowWords(attribution) })}
      aria-rowcount={rows.length + FIRST_INDEX - 1 + totals.length}
      className="relative overflow-auto rounded-lg border border-line bg-surface"
      style={{ maxHeight: height }}
    >
      <div style={{ minWidth: layout.minWidth }}>
        <Heads shared={{ ...shared, sort, isDescending }} columnsOf={layout.columns} />
        {/* Keys bubble up from the focused row, which is the grid's one tab stop. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div role="rowgroup" onKeyDown={onKeyDown} className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            return (
              <GridRow
                key={item.key}
                item={row}
                index={item.index}
                firstIndex={FIRST_INDEX}
                top={item.start}
                template={layout.columns}
                isSelected={item.index === selected}
                isMarked={item.index === selected && props.isChosen}
                shared={shared}
                actions={actions}
              />
            )
          })}
        </div>
        <TotalRows totals={totals} shared={shared} columnsOf={layout.columns} firstIndex={rows.length + FIRST_INDEX} />
      </div>
    </div>
  )
}
