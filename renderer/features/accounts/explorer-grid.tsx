/**
 * The tree as a grid of which only the rows in sight exist. Arrow keys move and open, Enter looks closer, P proposes a change.
 * The selected row is the one thing in it that takes the focus.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { plural } from '../../format.ts'
import { TEXTS } from '../../texts.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Row } from './explorer-rows.ts'
import { GridRow, levelOf, type RowActions } from './explorer-grid-row.tsx'
import { COLUMNS, ROOMY_ONLY, WIDE_ONLY } from './explorer-row.tsx'
import type { Explorer, Order, Sort } from './use-explorer.ts'

const t = TEXTS.accounts
const ROW_HEIGHT = 32
const OVERSCAN = 12
/** The range in sight is told in steps of so many rows: what is read hangs on pages of a hundred, not on every row. */
const RANGE_STEP = 20
const PAGE_JUMP = 15

const HEADS: readonly { order: Order | null; label: string; isNumber: boolean; className?: string }[] = [
  { order: 'name', label: t.name, isNumber: false },
  { order: 'status', label: t.status, isNumber: false },
  { order: null, label: t.delivery, isNumber: false },
  { order: 'daily_budget', label: t.budget, isNumber: true },
  { order: null, label: t.strategy, isNumber: false, className: WIDE_ONLY },
  { order: 'spend_7d', label: t.spend, isNumber: true },
  { order: 'roas_7d', label: t.roas, isNumber: true },
]

function Heads({ sort, onSort }: { sort: Sort; onSort: (sort: Sort) => void }) {
  return (
    <div role="row" className={`${COLUMNS} h-8 border-b border-line bg-canvas text-xs font-medium text-ink-2`}>
      {HEADS.map(({ order, label, isNumber, className = '' }) => {
        const isSorted = order !== null && sort.order === order
        return (
          <div
            key={label}
            role="columnheader"
            aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
            className={`px-2 leading-8 whitespace-nowrap ${isNumber ? 'text-right' : ''} ${className}`}
          >
            {order === null ? (
              label
            ) : (
              <button
                type="button"
                className="rounded hover:text-ink"
                onClick={() => onSort({ order, isDescending: isSorted ? !sort.isDescending : order !== 'name' })}
              >
                {label}
                {isSorted ? (
                  <Icon name="down" size={10} className={`ml-1 inline ${sort.isDescending ? '' : 'rotate-180'}`} />
                ) : null}
              </button>
            )}
          </div>
        )
      })}
      <div role="columnheader" className={ROOMY_ONLY}>
        <span className="sr-only">{TEXTS.common.actions}</span>
      </div>
    </div>
  )
}

const isLeaf = (row: Row | undefined): boolean => row === undefined || row.kind === 'waiting' || row.kind === 'nothing'

/** The nearest row above that stands one level higher. */
function parentIndex(rows: readonly Row[], index: number): number {
  const row = rows[index]
  if (row === undefined) return index
  for (let at = index - 1; at >= 0; at -= 1) {
    const above = rows[at]
    if (above !== undefined && levelOf(above) < levelOf(row)) return at
  }
  return index
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

export interface Chosen {
  readonly row: Row
  readonly index: number
}

/** Where the chosen row is now. */
export function indexOf(rows: readonly Row[], chosen: Chosen | null): number {
  if (chosen === null || rows.length === 0) return 0
  const at =
    rows[chosen.index]?.key === chosen.row.key ? chosen.index : rows.findIndex((row) => row.key === chosen.row.key)
  return at === -1 ? Math.min(chosen.index, rows.length - 1) : at
}

export interface GridProps {
  readonly explorer: Explorer
  /** Found again by its key; a row whose content came after it was chosen has got another, and stays where it is. */
  readonly chosen: Chosen | null
  readonly onSelect: (chosen: Chosen) => void
  readonly onInspect: (row: Row) => void
  readonly onPropose: (row: Row) => void
  /** What Escape does, if anything. */
  readonly onEscape: (() => void) | null
}

export function ExplorerGrid({ explorer, chosen, onSelect, onInspect, onPropose, onEscape }: GridProps) {
  const { rows, isTree, toggle } = explorer
  const scroller = useRef<HTMLDivElement>(null)
  const focusNext = useRef(false)
  // Nothing here is memoized around it, so nothing can go stale.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => explorer.setRange([first - (first % RANGE_STEP), last + RANGE_STEP - (last % RANGE_STEP)]))
  const selected = indexOf(rows, chosen)
  // The focus follows the selection when a key moved it, and when rows that came in between have shifted it.
  useEffect(() => {
    const focused = scroller.current?.contains(document.activeElement) === true ? document.activeElement : null
    const isShifted = focused instanceof HTMLElement && (focused.dataset['row'] ?? `${selected}`) !== `${selected}`
    if (!focusNext.current && !isShifted) return
    const element = scroller.current?.querySelector<HTMLElement>(`[data-row="${selected}"]`)
    if (element === null || element === undefined) return
    focusNext.current = false
    element.focus({ preventScroll: true })
  })
  const select = (index: number) => {
    const row = rows[index]
    if (row === undefined) return
    focusNext.current = true
    virtual.scrollToIndex(index)
    onSelect({ row, index })
  }
  const idOf = (row: Row): string => (row.kind === 'account' ? row.account.account_id : row.key)
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target instanceof HTMLButtonElement && event.key === 'Enter') return
    const row = rows[selected]
    const next = moved(event.key, selected, rows.length)
    if (next !== null) select(next)
    else if (event.key === 'Escape' && onEscape !== null) onEscape()
    else if (row === undefined || isLeaf(row)) return
    else if (event.key === 'ArrowRight' && isTree && 'isOpen' in row) {
      if (row.isOpen) select(Math.min(rows.length - 1, selected + 1))
      else toggle(idOf(row), true)
    } else if (event.key === 'ArrowLeft' && isTree && 'isOpen' in row) {
      if (row.isOpen) toggle(idOf(row), false)
      else select(parentIndex(rows, selected))
    } else if (event.key === 'Enter') onInspect(row)
    else if (event.key === 'p' && !event.ctrlKey && !event.metaKey && !event.altKey) onPropose(row)
    else return
    event.preventDefault()
  }
  const count = useMemo(() => rows.filter((row) => row.kind !== 'nothing').length, [rows])
  // One object for good, so that a row is drawn again only when something of its own has changed; what it calls is always the newest.
  const newest = useRef({ toggle, onSelect, onInspect, onPropose })
  useLayoutEffect(() => {
    newest.current = { toggle, onSelect, onInspect, onPropose }
  })
  const [actions] = useState<RowActions>(() => ({
    toggle: (id, isOpen) => newest.current.toggle(id, isOpen),
    select: (row, index) => newest.current.onSelect({ row, index }),
    inspect: (row) => newest.current.onInspect(row),
    propose: (row) => newest.current.onPropose(row),
  }))
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div
        role={isTree ? 'treegrid' : 'grid'}
        aria-label={t.tree}
        aria-rowcount={rows.length + 1}
        className="@container relative flex min-h-0 flex-1 flex-col overflow-x-auto"
      >
        <div role="rowgroup" className="min-w-[43rem] overflow-y-hidden [scrollbar-gutter:stable]">
          <Heads sort={explorer.sort} onSort={explorer.setSort} />
        </div>
        {/* Keys bubble up from the focused row, which is the grid's one tab stop. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div
          ref={scroller}
          role="rowgroup"
          onKeyDown={onKeyDown}
          className="min-h-0 min-w-[43rem] flex-1 overflow-y-auto [scrollbar-gutter:stable]"
        >
          <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index]
              if (row === undefined) return null
              return (
                <GridRow
                  key={item.key}
                  row={row}
                  index={item.index}
                  top={item.start}
                  isSelected={item.index === selected}
                  isTree={isTree}
                  actions={actions}
                />
              )
            })}
          </div>
        </div>
      </div>
      <p aria-live="polite" className="truncate border-t border-line px-4 py-1 text-xs text-ink-2">
        {[plural(t.rowCount, count), t.week, isTree ? t.keys : t.listKeys].join(' · ')}
      </p>
    </div>
  )
}
