/** The frame of one row in the grid. Drawn again only when something of its own has changed: scrolling moves rows, it does not redraw them. */
import { memo } from 'react'
import type { Row } from './explorer-rows.ts'
import { AccountCells, COLUMNS, EntityCells, NothingCells, WaitingCells } from './explorer-row.tsx'

export const levelOf = (row: Row): number => (row.kind === 'account' ? 1 : row.level)

export interface RowActions {
  readonly toggle: (id: string, isOpen: boolean) => void
  readonly select: (row: Row, index: number) => void
  readonly inspect: (row: Row) => void
  readonly propose: (row: Row) => void
}

function Cells({ row, index, isTree, actions }: { row: Row; index: number; isTree: boolean; actions: RowActions }) {
  if (row.kind === 'account')
    return (
      <AccountCells
        account={row.account}
        isOpen={row.isOpen}
        onToggle={() => actions.toggle(row.account.account_id, !row.isOpen)}
      />
    )
  if (row.kind === 'entity')
    return (
      <EntityCells
        item={row}
        isTree={isTree}
        onToggle={() => actions.toggle(row.row.entity_id, !row.isOpen)}
        onInspect={() => {
          actions.select(row, index)
          actions.inspect(row)
        }}
        onPropose={() => actions.propose(row)}
      />
    )
  if (row.kind === 'waiting') return <WaitingCells level={row.level} />
  return <NothingCells level={row.level} isTree={isTree} isUnread={row.isUnread} />
}

export const GridRow = memo(function GridRow({
  row,
  index,
  top,
  isSelected,
  isTree,
  actions,
}: {
  row: Row
  index: number
  /** Px from the top of the list. */
  top: number
  isSelected: boolean
  isTree: boolean
  actions: RowActions
}) {
  const canBeOpen = row.kind === 'account' || (row.kind === 'entity' && row.row.children > 0)
  return (
    // The row's keys are handled by the row group around it.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      data-row={index}
      tabIndex={isSelected ? 0 : -1}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      {...(isTree ? { 'aria-level': levelOf(row) } : {})}
      {...(isTree && canBeOpen ? { 'aria-expanded': row.isOpen } : {})}
      onClick={() => actions.select(row, index)}
      onDoubleClick={() => actions.inspect(row)}
      className={`${COLUMNS} absolute inset-x-0 top-0 h-8 cursor-default select-none border-b border-line -outline-offset-2 ${isSelected ? 'bg-selected' : 'hover:bg-hover'}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <Cells row={row} index={index} isTree={isTree} actions={actions} />
    </div>
  )
})
