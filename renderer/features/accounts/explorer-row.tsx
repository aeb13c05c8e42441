/** One row of the explorer: an account, an entity, or one that is still being read. All are 32 px high. */
import type { BrowseRow } from '../../../shared/operations.ts'
import { fill, integer, money, ratio } from '../../format.ts'
import { Age, Foreign, PlatformChip, Unknown } from '../../parts/pieces.tsx'
import { strategyText, visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Chip, type Tone } from '../../ui/chip.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type Account, canOpen, type Row } from './explorer-rows.ts'

const t = TEXTS.accounts
export const COLUMNS =
  'grid grid-cols-[minmax(15rem,1fr)_5.5rem_7.5rem_8rem_7rem_4.5rem_6rem] @5xl:grid-cols-[minmax(15rem,1fr)_5.5rem_7rem_7.5rem_12rem_7rem_4rem_5.5rem]'
/** Gives way on narrow windows; the inspector has it. */
export const WIDE_ONLY = 'hidden @5xl:block'
const INDENT = ['pl-2', 'pl-2', 'pl-7', 'pl-12', 'pl-17'] as const

const DELIVERY_TONES: Readonly<Record<BrowseRow['delivery'], Tone | null>> = {
  delivering: null,
  limited: 'warn',
  learning: 'accent',
  not_delivering: null,
  pending: 'neutral',
  ended: null,
  unknown: null,
}

function connectionWord(state: string): string {
  return state in t.connection ? t.connection[state as keyof typeof t.connection] : state
}

function Toggle({ name, isOpen, onToggle }: { name: string; isOpen: boolean; onToggle: (() => void) | null }) {
  if (onToggle === null) return <span className="w-6 shrink-0" />
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={fill(isOpen ? t.close : t.open, { name })}
      onClick={(event) => {
        event.stopPropagation()
        onToggle()
      }}
      className="grid size-6 shrink-0 place-items-center rounded text-ink-2 hover:bg-line"
    >
      <Icon name={isOpen ? 'down' : 'right'} size={12} />
    </button>
  )
}

function Cell({
  children,
  isNumber = false,
  className = '',
}: {
  children?: React.ReactNode
  isNumber?: boolean
  className?: string
}) {
  return (
    <div role="gridcell" className={`min-w-0 truncate px-2 leading-8 ${isNumber ? 'num text-right' : ''} ${className}`}>
      {children}
    </div>
  )
}

export function AccountCells({
  account,
  isOpen,
  onToggle,
}: {
  account: Account
  isOpen: boolean
  onToggle: () => void
}) {
  const isFine = account.connection_state === 'ok' && account.status === 'active'
  return (
    <>
      <div role="gridcell" className="flex min-w-0 items-center gap-1.5 pl-2">
        <Toggle name={visible(account.untrusted.name)} isOpen={isOpen} onToggle={onToggle} />
        <PlatformChip platform={account.platform} />
        <Foreign text={account.untrusted.name} className="min-w-0 truncate font-semibold" />
      </div>
      <Cell>
        {isFine ? (
          t.accountStates.active
        ) : (
          <Chip tone="warn" icon="warn">
            {account.connection_state === 'ok'
              ? t.accountStates[account.status]
              : connectionWord(account.connection_state)}
          </Chip>
        )}
      </Cell>
      <Cell className="col-span-5 @5xl:col-span-6">
        <span className="num flex gap-3 text-ink-2">
          <span>{account.currency}</span>
          <span>
            {fill(t.counts, {
              campaigns: integer(account.campaigns),
              adGroups: integer(account.ad_groups),
              ads: integer(account.ads),
            })}
          </span>
          {account.writes_allowed ? null : <Chip>{t.readOnly}</Chip>}
          <span className="ml-auto">
            {account.last_sync_at === null ? TEXTS.bar.never : <Age at={account.last_sync_at} />}
          </span>
        </span>
      </Cell>
    </>
  )
}

function Budget({ row }: { row: BrowseRow }) {
  if (row.daily_budget !== null)
    return (
      <>
        {row.is_shared_budget ? (
          <span role="img" aria-label={t.budgetShared} title={t.budgetShared}>
            <Icon name="copy" size={11} className="mr-1 inline text-ink-2" />
          </span>
        ) : null}
        {money(row.daily_budget)}
      </>
    )
  if (row.type === 'ad' || row.type === 'creative') return null
  if (row.budget_kind === 'inherited')
    return (
      <span className="text-ink-2" title={t.budgetInherited}>
        {t.inherited}
      </span>
    )
  if (row.budget_kind === 'lifetime')
    return (
      <span className="text-ink-2" title={t.budgetLifetime}>
        {t.lifetime}
      </span>
    )
  return <Unknown why={t.budgetNone} />
}

function Delivery({ row }: { row: BrowseRow }) {
  if (row.review === 'disapproved' || row.review === 'in_review')
    return (
      <Chip
        tone={row.review === 'disapproved' ? 'danger' : 'neutral'}
        icon={row.review === 'disapproved' ? 'warn' : 'clock'}
      >
        {t.reviews[row.review]}
      </Chip>
    )
  const tone = DELIVERY_TONES[row.delivery]
  return tone === null ? t.deliveries[row.delivery] : <Chip tone={tone}>{t.deliveries[row.delivery]}</Chip>
}

export function EntityCells({
  item,
  isTree,
  onToggle,
  onPropose,
}: {
  item: Extract<Row, { kind: 'entity' }>
  isTree: boolean
  onToggle: () => void
  onPropose: () => void
}) {
  const { row, level, isOpen } = item
  const name = visible(row.untrusted.name)
  const above = row.untrusted.path
    .slice(0, -1)
    .map((each) => visible(each))
    .join(' › ')
  return (
    <>
      <div role="gridcell" className={`flex min-w-0 items-center gap-1 ${INDENT[Math.min(level, 4)] ?? ''}`}>
        <Toggle name={name} isOpen={isOpen} onToggle={isTree && canOpen(row) ? onToggle : null} />
        <Foreign text={row.untrusted.name} className={`min-w-0 truncate ${level === 2 ? 'font-medium' : ''}`} />
        {isTree || above === '' ? null : <span className="min-w-0 shrink-2 truncate text-xs text-ink-2">{above}</span>}
        {row.changed_outside_at === null ? null : (
          <span className="shrink-0">
            <Chip tone="accent">{t.outside}</Chip>
          </span>
        )}
        {row.open_drafts === 0 ? null : (
          <span className="shrink-0">
            <Chip tone="accent" icon="clock">
              {t.hasDraft}
            </Chip>
          </span>
        )}
      </div>
      <Cell>{row.status === 'enabled' ? TEXTS.statuses.enabled : <Chip>{TEXTS.statuses[row.status]}</Chip>}</Cell>
      <Cell>{row.type === 'creative' ? null : <Delivery row={row} />}</Cell>
      <Cell isNumber>
        <Budget row={row} />
      </Cell>
      <Cell className={`${WIDE_ONLY} text-ink-2`}>
        {row.bid_strategy === null
          ? null
          : strategyText(row.bid_strategy, row.daily_budget?.currency ?? row.spend_7d?.currency ?? 'USD')}
      </Cell>
      <Cell isNumber>
        {row.type === 'creative' ? null : row.spend_7d === null ? (
          <Unknown why={t.spendUnknown} />
        ) : (
          money(row.spend_7d)
        )}
      </Cell>
      <Cell isNumber>
        {row.type === 'creative' ? null : row.roas_7d === null ? <Unknown why={t.roasUnknown} /> : ratio(row.roas_7d)}
      </Cell>
      <div role="gridcell" className="flex items-center justify-end pr-2">
        {row.type === 'creative' ? null : (
          <Button size="small" look="quiet" aria-label={fill(t.proposeFor, { name })} onPress={onPropose}>
            {TEXTS.propose.short}
          </Button>
        )}
      </div>
    </>
  )
}

export function WaitingCells({ level }: { level: number }) {
  return (
    <div
      role="gridcell"
      aria-label={TEXTS.common.loading}
      className={`col-span-full flex items-center ${INDENT[Math.min(level, 4)] ?? ''}`}
    >
      <span className="skeleton ml-7 h-3 w-52 rounded" />
    </div>
  )
}

export function NothingCells({ level, isTree }: { level: number; isTree: boolean }) {
  return (
    <div role="gridcell" className={`col-span-full leading-8 text-ink-2 ${INDENT[Math.min(level, 4)] ?? ''}`}>
      <span className="pl-7">{isTree ? (level <= 2 ? t.emptyText : t.emptyBelow) : TEXTS.palette.none}</span>
    </div>
  )
}
