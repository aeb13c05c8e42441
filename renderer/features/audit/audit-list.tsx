/** The records as rows of which only those in sight exist. Arrow keys and j, k move, Enter opens; reading further goes on by itself. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import type { AuditRow } from '../../../shared/operations.ts'
import { fill, integer } from '../../format.ts'
import { Age } from '../../parts/pieces.tsx'
import { TEXTS } from '../../texts.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Notice } from '../../ui/state.tsx'
import { actorWords, type Client, detailWords, isWarning, typeWords } from './record-words.ts'
import { type AuditList as List, MAX_ROWS } from './use-audit-list.ts'

const t = TEXTS.audit
const l = AUDIT_TEXTS.list
const ROW_HEIGHT = 32
const OVERSCAN = 12
const NEAR_END = 20
const PAGE_JUMP = 15
const COLUMNS = 'grid grid-cols-[4.5rem_7.5rem_minmax(0,1fr)_minmax(0,13rem)] items-center px-2'

function Row({
  record,
  clients,
  isSelected,
  index,
  top,
  onSelect,
}: {
  record: AuditRow
  clients: readonly Client[]
  isSelected: boolean
  index: number
  top: number
  onSelect: () => void
}) {
  const detail = detailWords(record)
  const who = actorWords(record, clients)
  return (
    // The grid moves the focus; a row itself is reached by arrow keys.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-row={index}
      tabIndex={isSelected ? 0 : -1}
      onClick={onSelect}
      className={`${COLUMNS} absolute inset-x-0 cursor-default border-b border-line ${isSelected ? 'bg-selected' : 'hover:bg-hover'}`}
      style={{ height: ROW_HEIGHT, transform: `translateY(${top}px)` }}
    >
      <span role="gridcell" className="num pr-3 text-right text-ink-2">
        {record.seq}
      </span>
      <span role="gridcell" className="truncate text-ink-2">
        <Age at={record.at} />
      </span>
      <span role="gridcell" className="min-w-0 truncate pr-3">
        <span className={isWarning(record.type) ? 'font-medium text-warn' : ''}>{typeWords(record.type)}</span>
        {detail === null ? null : (
          <>
            {' '}
            <bdi className="foreign text-xs text-ink-2">{detail}</bdi>
          </>
        )}
      </span>
      <span role="gridcell" className="min-w-0 truncate" title={record.actor.id}>
        <bdi className={who.isForeign ? 'foreign' : ''}>{who.name}</bdi>
        {who.kind === null ? null : <span className="text-xs text-ink-2"> {who.kind}</span>}
      </span>
    </div>
  )
}

function moved(key: string, index: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    j: index + 1,
    ArrowUp: index - 1,
    k: index - 1,
    PageDown: index + PAGE_JUMP,
    PageUp: index - PAGE_JUMP,
    Home: 0,
    End: count - 1,
  }
  const next = steps[key]
  return next === undefined ? null : Math.min(count - 1, Math.max(0, next))
}

/** How far has been looked, and how to go on. */
function Footer({ list, isFiltered }: { list: List; isFiltered: boolean }) {
  const { rows, size, lookedAt, canReadMore, isReading, isFull } = list
  const values = { shown: integer(rows.length), total: integer(size), looked: integer(Math.min(lookedAt, size)) }
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-3 border-t border-line px-3 py-1 text-xs text-ink-2">
      <span className="num" role="status">
        {fill(isFiltered ? l.found : l.shown, values)}
      </span>
      {isFull ? <span>{fill(l.full, { count: integer(MAX_ROWS) })}</span> : null}
      {canReadMore ? (
        <Button size="small" isPending={isReading} onPress={list.readMore}>
          {isReading ? l.searching : isFiltered ? l.more : TEXTS.common.more}
        </Button>
      ) : null}
    </div>
  )
}

export function AuditList({
  list,
  clients,
  selectedSeq,
  isFiltered,
  onSelect,
}: {
  list: List
  clients: readonly Client[]
  selectedSeq: number | null
  isFiltered: boolean
  onSelect: (seq: number) => void
}) {
  const { rows, canReadMore, isReading, readMore } = list
  const scroller = useRef<HTMLDivElement>(null)
  const isMoving = useRef(false)
  // Nothing here is memoized around it, so nothing can go stale.
  // oxlint-disable-next-line react/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const found = rows.findIndex((row) => row.seq === selectedSeq)
  const selected = found === -1 ? 0 : found
  // Without filters the next page comes as it is needed; a search goes on only on a word, since it may read the whole log.
  useEffect(() => {
    if (!isFiltered && canReadMore && !isReading && last >= rows.length - NEAR_END) readMore()
  }, [isFiltered, canReadMore, isReading, last, rows.length, readMore])
  useEffect(() => {
    if (!isMoving.current) return
    const element = scroller.current?.querySelector<HTMLElement>(`[data-row="${selected}"]`)
    if (element === null || element === undefined) return
    isMoving.current = false
    element.focus()
  })
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const row = rows[selected]
    if (event.key === 'Enter' && row !== undefined) onSelect(row.seq)
    const next = moved(event.key, selected, rows.length)
    const target = next === null ? undefined : rows[next]
    if (next === null || target === undefined) return
    event.preventDefault()
    isMoving.current = true
    virtual.scrollToIndex(next)
    onSelect(target.seq)
  }
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto">
        <div
          role="grid"
          aria-label={l.label}
          aria-rowcount={rows.length + 1}
          aria-colcount={4}
          tabIndex={-1}
          onKeyDown={onKeyDown}
          className="min-w-[36rem]"
        >
          <div
            role="row"
            aria-rowindex={1}
            className={`${COLUMNS} sticky top-0 z-10 h-8 border-b border-line bg-canvas text-xs font-medium text-ink-2`}
          >
            {[t.number, t.when, t.what, t.who].map((label, at) => (
              <span key={label} role="columnheader" className={at === 0 ? 'pr-3 text-right' : ''}>
                {label}
              </span>
            ))}
          </div>
          <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const record = rows[index]
              return record === undefined ? null : (
                <Row
                  key={record.seq}
                  record={record}
                  clients={clients}
                  isSelected={index === selected}
                  index={index}
                  top={start}
                  onSelect={() => onSelect(record.seq)}
                />
              )
            })}
          </div>
        </div>
        {rows.length === 0 && isFiltered ? (
          <Empty icon="search" title={l.noneTitle}>
            {canReadMore ? fill(l.none, { looked: integer(list.lookedAt) }) : l.nothing}
          </Empty>
        ) : null}
      </div>
      {list.error === null ? null : (
        <div className="p-2">
          <Notice tone="danger" title={t.failed} action={<Button onPress={list.retry}>{TEXTS.common.retry}</Button>} />
        </div>
      )}
      <Footer list={list} isFiltered={isFiltered} />
    </div>
  )
}
