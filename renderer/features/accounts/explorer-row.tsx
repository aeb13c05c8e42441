/** One row of the explorer: an account, an entity, or one that is still being read. All are 32 px high. */
import type { BrowseRow } from '../../../shared/operations.ts'
import { fill, integer, money, ratio } from '../../format.ts'
import { Age, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { platformOf, strategyParts, strategyText, visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { Chip, type Tone } from '../../ui/chip.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type Account, canOpen, type Row } from './explorer-rows.ts'

const t = TEXTS.accounts
export const COLUMNS =
  'grid grid-cols-[minmax(11rem,1fr)_5rem_7rem_7.5rem_7.5rem_5rem] @4xl:grid-cols-[minmax(12rem,1fr)_5rem_7rem_7.5rem_7.5rem_5rem_5.5rem] @5xl:grid-cols-[minmax(14rem,1.4fr)_5rem_7rem_7.5rem_minmax(11rem,1fr)_7.5rem_5rem_5.5rem]'
/** These give way on narrow windows; the inspector has them. */
export const WIDE_ONLY = 'hidden @5xl:block'
export const ROOMY_ONLY = 'hidden @4xl:flex'
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

/** Not known, and why. Of thousands of rows none may be a tab stop of its own: the inspector has the reason on focus. */
function Unknown({ why }: { why: string }) {
  return (
    <span role="img" aria-label={why} title={why} className="cursor-help">
      {TEXTS.common.unknown}
    </span>
  )
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
  const isImported = account.connection_state === 'imported'
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
          <Chip {...(isImported ? { icon: 'files' } : { tone: 'warn', icon: 'warn' })}>
            {account.connection_state === 'ok'
              ? t.accountStates[account.status]
              : connectionWord(account.connection_state)}
          </Chip>
        )}
      </Cell>
      <Cell className="col-span-4 @4xl:col-span-5 @5xl:col-span-6">
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

/** The target is what is compared: where there is no room for all of it, the strategy's name gives way. */
function Strategy({ row }: { row: BrowseRow }) {
  if (row.bid_strategy === null) return null
  const currency = row.daily_budget?.currency ?? row.spend_7d?.currency ?? 'USD'
  const { strategy, target } = strategyParts(row.bid_strategy, currency)
  return (
    <span className="flex min-w-0 gap-1.5" title={visible(strategyText(row.bid_strategy, currency))}>
      <span className="min-w-0 truncate">{visible(strategy)}</span>
      {target === null ? null : <span className="num shrink-0">{target}</span>}
    </span>
  )
}

export function EntityCells({
  item,
  isTree,
  onToggle,
  onInspect,
  onPropose,
}: {
  item: Extract<Row, { kind: 'entity' }>
  isTree: boolean
  onToggle: () => void
  onInspect: () => void
  onPropose: () => void
}) {
  const { row, level, isOpen } = item
  const name = visible(row.untrusted.name)
  // The nearest first: where there is no room for all of it, the account is what can be missed.
  const above = row.untrusted.path
    .slice(0, -1)
    .toReversed()
    .map((each) => visible(each))
    .join(' ‹ ')
  return (
    <>
      <div role="gridcell" className={`flex min-w-0 items-center gap-1 ${INDENT[Math.min(level, 4)] ?? ''}`}>
        {isTree ? (
          <Toggle name={name} isOpen={isOpen} onToggle={canOpen(row) ? onToggle : null} />
        ) : (
          <span className="hidden w-22 shrink-0 @4xl:block">
            <PlatformChip platform={platformOf(row.account_id)} />
          </span>
        )}
        {/* For the mouse; the keyboard has Enter. */}
        <button
          type="button"
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation()
            onInspect()
          }}
          className={`min-w-0 truncate text-left leading-8 hover:underline ${isTree ? '' : 'max-w-[70%] shrink-0'} ${level === 2 ? 'font-medium' : ''}`}
        >
          <Foreign text={row.untrusted.name} />
        </button>
        {isTree || above === '' ? null : (
          <span className="min-w-0 flex-1 truncate text-xs text-ink-2" title={above}>
            {above}
          </span>
        )}
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
        <Strategy row={row} />
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
      <div role="gridcell" className={`${ROOMY_ONLY} items-center justify-end pr-2`}>
        {row.type === 'creative' ? null : (
          <button
            type="button"
            tabIndex={-1}
            aria-label={fill(t.proposeFor, { name })}
            onClick={onPropose}
            className="h-6 rounded-md px-2 text-xs font-medium text-ink-2 hover:bg-line hover:text-ink"
          >
            {TEXTS.propose.short}
          </button>
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

export function NothingCells({
  level,
  isTree,
  isUnread,
}: {
  level: number
  isTree: boolean
  /** Nothing of its account has been read, so nobody knows. */
  isUnread: boolean
}) {
  const words = !isTree ? TEXTS.palette.none : isUnread ? t.emptyYet : level <= 2 ? t.emptyText : t.emptyBelow
  return (
    <div role="gridcell" className={`col-span-full leading-8 text-ink-2 ${INDENT[Math.min(level, 4)] ?? ''}`}>
      <span className="pl-7">{words}</span>
    </div>
  )
}
