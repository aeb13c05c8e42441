/** One row of the breakdown: numbers by every way of counting, with what has to be said about them. All are 32 px high. */
import type { Attribution } from '../../../shared/domain/attribution.ts'
import { fill, integer } from '../../format.ts'
import { Age, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { typeWord, visible } from '../../parts/words.ts'
import type { ReportColumn } from '../../report-choices.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { isFirst } from './columns.ts'
import {
  arrivedText,
  type Counted,
  groupOf,
  isMetric,
  isBehind,
  metricText,
  UNKNOWN,
  whyMissing,
  windowMark,
} from './numbers.ts'
import type { Account, Level, ReportRow, ReportTotals } from './scope.ts'
import type { NumberRow, TreeRow } from './tree.ts'

const t = REPORT_TEXTS
const INDENT = ['pl-2', 'pl-2', 'pl-6', 'pl-10', 'pl-14', 'pl-18'] as const
export const STICKY = 'sticky left-0 z-10 bg-inherit'

export interface Shared {
  /** Rows of several currencies stand beside each other: each says its own. */
  readonly hasCurrencies: boolean
  readonly totals: readonly ReportTotals[]
  /** Every row holds a day that is not complete: said over the table, and not on each of them. Days are missing per account, not below. */
  readonly isAllIncomplete: boolean
  /** Columns of counts of which one is a fraction: all of them then show a decimal, so that the points align. */
  readonly fractions: ReadonlySet<ReportColumn>
  readonly columns: readonly ReportColumn[]
  readonly attribution: Attribution
  readonly accounts: ReadonlyMap<string, Account>
  /** When platforms, accounts and the whole ("total") were last read. */
  readonly ages: ReadonlyMap<string, string | null>
}

export function nameOf(row: ReportRow, level: Level, accounts: Shared['accounts']): string {
  if (row.is_remainder) return t.remainders[level]
  if (level === 'platform' && row.platform !== null) return TEXTS.platforms[row.platform]
  const name =
    row.untrusted?.name ?? (row.account_id === null ? undefined : accounts.get(row.account_id)?.untrusted.name)
  return name === undefined || name.trim() === '' ? (row.entity_id ?? row.account_id ?? row.key) : name
}

/** How a number stands in the table: the figure, and beside it what it would be wrong without. */
function Figure({ counted, column, shared }: { counted: Counted; column: ReportColumn; shared: Shared }) {
  if (!isMetric(column)) return null
  const text = metricText(counted, column, shared.fractions.has(column))
  if (text === null) {
    const why = whyMissing(counted, column, shared.attribution)
    // Of thousands of cells none may be a tab stop of its own: the line under the table has the reason for the row that is selected.
    return (
      <span role="img" aria-label={why} title={why} className="cursor-help text-ink-2">
        {UNKNOWN}
      </span>
    )
  }
  const mark = groupOf(column) === 'primary' ? windowMark(counted, shared.attribution) : null
  if (mark === null || (mark.isChip && column !== 'roas')) return text
  // Said once a row, at its ROAS; drawn at every number that it is true of.
  const said = column === 'roas' ? ({ role: 'img', 'aria-label': mark.why } as const) : { 'aria-hidden': true }
  const look = mark.isChip ? 'rounded border border-line px-0.5 font-medium' : ''
  return (
    <>
      <span {...said} title={mark.why} className={`mr-1 cursor-help text-2xs text-ink-2 ${look}`}>
        {mark.short}
      </span>
      {text}
    </>
  )
}

export function Cells({
  counted,
  shared,
  age,
  isHatched: hatched,
}: {
  counted: Counted
  shared: Shared
  age: string | null
  isHatched: boolean
}) {
  return shared.columns.map((column, index) => {
    const isKnown = isMetric(column) && counted.metrics[column] !== null
    const isHatched = hatched && isKnown && (groupOf(column) === 'primary' || groupOf(column) === 'view')
    return (
      <div
        key={column}
        role="gridcell"
        className={`num truncate h-[31px] px-2 text-right leading-[31px] ${isFirst(shared.columns, index) ? 'border-l border-line' : ''} ${isHatched ? 'immature' : ''}`}
        {...(isHatched ? { title: t.arriving } : {})}
      >
        {column === 'arrived' ? (
          <span className="text-ink-2">
            {arrivedText(counted) ?? (counted.maturity.state === 'mature' ? t.settled : UNKNOWN)}
          </span>
        ) : column === 'age' ? (
          age === null ? null : (
            <span className="font-normal text-ink-2">
              <Age at={age} />
            </span>
          )
        ) : (
          <Figure counted={counted} column={column} shared={shared} />
        )}
      </div>
    )
  })
}

function NameCell({
  item,
  shared,
  onToggle,
  onEnter,
}: {
  item: NumberRow
  shared: Shared
  onToggle: () => void
  onEnter: (() => void) | null
}) {
  const { row, level } = item
  const name = nameOf(row, level, shared.accounts)
  const isForeign = level !== 'platform' && !row.is_remainder
  const label = isForeign ? <Foreign text={name} /> : name
  return (
    <div
      role="rowheader"
      aria-label={visible(name)}
      className={`${STICKY} flex h-[31px] min-w-0 items-center gap-1 pr-2 ${INDENT[Math.min(item.depth, 5)] ?? ''}`}
    >
      {item.canOpen ? (
        <button
          type="button"
          tabIndex={-1}
          aria-label={fill(item.isOpen ? t.table.close : t.table.open, { name: visible(name) })}
          onClick={(event) => {
            event.stopPropagation()
            onToggle()
          }}
          className="grid size-6 shrink-0 place-items-center rounded text-ink-2 hover:bg-line"
        >
          <Icon name={item.isOpen ? 'down' : 'right'} size={12} />
        </button>
      ) : (
        <span className="w-6 shrink-0" />
      )}
      {onEnter === null ? (
        <span className={`min-w-0 truncate ${row.is_remainder ? 'text-ink-2 italic' : ''}`}>{label}</span>
      ) : (
        <button
          type="button"
          tabIndex={-1}
          aria-label={fill(t.table.enter, { name: visible(name) })}
          title={fill(t.table.enter, { name: visible(name) })}
          onClick={(event) => {
            event.stopPropagation()
            onEnter()
          }}
          className={`min-w-0 truncate text-left leading-7 hover:underline ${item.depth === 1 ? 'font-medium' : ''}`}
        >
          {level === 'platform' && row.platform !== null ? <PlatformMark platform={row.platform} /> : label}
        </button>
      )}
      {shared.hasCurrencies && item.depth === 1 ? (
        <span className="ml-auto shrink-0 text-2xs text-ink-2">{row.currency}</span>
      ) : null}
      {row.is_incomplete && !shared.isAllIncomplete && (level === 'platform' || level === 'account') ? (
        <span
          role="img"
          aria-label={t.chart.incomplete}
          title={t.chart.incomplete}
          className="hatched size-3 shrink-0 rounded-sm border border-line"
        />
      ) : null}
    </div>
  )
}
function PlatformMark({ platform }: { platform: keyof typeof TEXTS.platforms }) {
  return (
    <span aria-hidden="true" className="text-ink [&_*]:text-base [&_*]:text-ink">
      <PlatformChip platform={platform} />
    </span>
  )
}

function OtherCells({
  item,
  onMore,
  onRetry,
}: {
  item: Exclude<TreeRow, NumberRow>
  onMore: (of: string) => void
  onRetry: () => void
}) {
  const indent = INDENT[Math.min(item.depth, 5)] ?? ''
  if (item.kind === 'waiting')
    return (
      <div
        role="gridcell"
        aria-label={TEXTS.common.loading}
        className={`col-span-full flex h-[31px] items-center ${indent}`}
      >
        <span className="skeleton ml-7 h-3 w-52 rounded" />
      </div>
    )
  return (
    <div role="gridcell" className={`col-span-full flex h-[31px] items-center gap-2 text-ink-2 ${indent}`}>
      <span className="pl-7">
        {item.kind === 'more'
          ? fill(t.table.more, { shown: integer(item.shown), total: integer(item.total) })
          : item.kind === 'failed'
            ? fill(t.table.failed, { why: visible(item.why) })
            : t.table.nothing}
      </span>
      {item.kind === 'more' ? (
        <Button size="small" excludeFromTabOrder onPress={() => onMore(item.of)}>
          {TEXTS.common.more}
        </Button>
      ) : null}
      {item.kind === 'failed' ? (
        <Button size="small" excludeFromTabOrder onPress={onRetry}>
          {TEXTS.common.retry}
        </Button>
      ) : null}
    </div>
  )
}

function ageOf({ level, row }: NumberRow, { ages }: Shared): string | null {
  if (level === 'platform') return ages.get(row.platform ?? '') ?? null
  return level === 'account' ? (ages.get(row.account_id ?? '') ?? null) : null
}

export interface RowActions {
  readonly select: (index: number) => void
  readonly toggle: (key: string, isOpen: boolean) => void
  readonly enter: (item: NumberRow) => void
  readonly canEnter: (item: NumberRow) => boolean
  readonly more: (of: string) => void
  readonly retry: () => void
}

export function GridRow({
  item,
  index,
  firstIndex,
  top,
  template,
  isSelected,
  isMarked,
  shared,
  actions,
}: {
  item: TreeRow
  index: number
  /** Of the first row for readers: heads stand before it. */
  firstIndex: number
  /** Px from the top of the list. */
  top: number
  template: string
  /** The grid's one tab stop. */
  isSelected: boolean
  isMarked: boolean
  shared: Shared
  actions: RowActions
}) {
  const isNumber = item.kind === 'row'
  return (
    // The row's keys are handled by the row group around it.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      data-row={index}
      tabIndex={isSelected ? 0 : -1}
      aria-rowindex={index + firstIndex}
      aria-selected={isMarked}
      aria-level={item.depth}
      {...(isNumber && item.canOpen ? { 'aria-expanded': item.isOpen } : {})}
      onClick={() => actions.select(index)}
      onFocus={() => {
        if (!isMarked) actions.select(index)
      }}
      onDoubleClick={() => isNumber && item.canOpen && actions.toggle(item.key, !item.isOpen)}
      className={`absolute inset-x-0 top-0 grid h-8 cursor-default border-b border-line select-none after:pointer-events-none after:absolute after:inset-0 after:z-20 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus ${isMarked ? 'bg-selected' : 'bg-surface hover:bg-hover'}`}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      {isNumber ? (
        <>
          <NameCell
            item={item}
            shared={shared}
            onToggle={() => actions.toggle(item.key, !item.isOpen)}
            onEnter={actions.canEnter(item) ? () => actions.enter(item) : null}
          />
          <Cells
            counted={item.row}
            shared={shared}
            age={ageOf(item, shared)}
            isHatched={isBehind(
              item.row,
              shared.totals.find((total) => total.currency === item.row.currency),
            )}
          />
        </>
      ) : (
        <OtherCells item={item} onMore={actions.more} onRetry={actions.retry} />
      )}
    </div>
  )
}

export function levelWord(row: ReportRow, level: Level): string {
  if (level === 'platform') return t.levels.platform
  if (level === 'account') return t.levels.account
  return typeWord(level, row.platform ?? 'tiktok')
}
