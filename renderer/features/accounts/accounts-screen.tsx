/** What is there: every account with its campaigns, ad groups and ads, and the way to propose a change of any of them. */
import { useRef, useState } from 'react'
import type { EntityView } from '../../../shared/operations.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { ProposeDialog } from '../../parts/propose-dialog.tsx'
import { go, href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { LinkButton } from '../../ui/button.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { type Chosen, ExplorerGrid, indexOf } from './explorer-grid.tsx'
import type { Row } from './explorer-rows.ts'
import { ExplorerToolbar } from './explorer-toolbar.tsx'
import { Inspector } from './inspector.tsx'
import { Readiness } from './readiness.tsx'
import { useExplorer } from './use-explorer.ts'

const t = TEXTS.accounts
const READINESS = 'readiness'

function Tabs({ isReadiness }: { isReadiness: boolean }) {
  const look = (isActive: boolean): string =>
    `rounded-md px-2.5 py-1 ${isActive ? 'bg-selected font-medium text-accent-ink' : 'text-ink-2 hover:bg-hover'}`
  return (
    <nav aria-label={t.views} className="flex gap-1">
      <a
        href={href('accounts')}
        {...(isReadiness ? {} : { 'aria-current': 'page' as const })}
        className={look(!isReadiness)}
      >
        {t.explorer}
      </a>
      <a
        href={href('accounts', READINESS)}
        {...(isReadiness ? { 'aria-current': 'page' as const } : {})}
        className={look(isReadiness)}
      >
        {t.readiness.tab}
      </a>
    </nav>
  )
}

function Explorer({
  firstOpen,
  onPropose,
}: {
  firstOpen: string | null
  onPropose: (id: EntityView['entity_id']) => void
}) {
  const explorer = useExplorer(firstOpen)
  const [selected, setSelected] = useState<Chosen | null>(null)
  const [isInspecting, setIsInspecting] = useState(false)
  const inspector = useRef<HTMLElement>(null)
  const { accounts } = explorer
  const list = accounts.data?.accounts ?? []
  // The row as it is now: what was selected may have been read again since.
  const current = selected === null ? undefined : explorer.rows[indexOf(explorer.rows, selected)]
  if (accounts.isPending) return <SkeletonRows rows={8} label={t.loading} />
  if (accounts.isError && accounts.data === undefined)
    return (
      <div className="p-4">
        <ErrorNotice title={t.failed} error={accounts.error} onRetry={() => void accounts.refetch()} />
      </div>
    )
  if (list.length === 0)
    return (
      <Empty
        icon="accounts"
        title={TEXTS.overview.noAccountsTitle}
        action={
          <LinkButton look="primary" href={href('connections')}>
            {TEXTS.overview.connect}
          </LinkButton>
        }
      >
        {TEXTS.overview.noAccounts}
      </Empty>
    )
  const close = () => {
    // Back to the row, when the focus would go down with the inspector.
    if (inspector.current?.contains(document.activeElement) === true)
      document.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus()
    setIsInspecting(false)
  }
  const propose = (row: Row) => {
    if (row.kind === 'entity' && row.row.type !== 'creative') onPropose(row.row.entity_id)
  }
  return (
    <>
      <ExplorerToolbar accounts={list} filters={explorer.filters} onChange={explorer.setFilters} />
      {explorer.error === null ? null : (
        <div className="px-4 pb-2">
          <ErrorNotice title={t.entitiesFailed} error={explorer.error} onRetry={explorer.retry} />
        </div>
      )}
      <div className="relative flex min-h-0 flex-1 border-t border-line">
        <ExplorerGrid
          explorer={explorer}
          chosen={selected}
          onSelect={setSelected}
          onInspect={(row) => {
            // A second Enter goes into what the first has opened.
            if (row.kind === 'entity' && isInspecting && row.key === current?.key) inspector.current?.focus()
            else if (row.kind === 'entity') setIsInspecting(true)
            else if (row.kind === 'account') explorer.toggle(row.account.account_id, !row.isOpen)
          }}
          onPropose={propose}
          onEscape={isInspecting ? close : null}
        />
        {isInspecting && current?.kind === 'entity' ? (
          <Inspector
            key={current.key}
            row={current.row}
            currency={list.find((each) => each.account_id === current.row.account_id)?.currency ?? 'USD'}
            onPropose={() => propose(current)}
            onClose={() => close()}
            ref={inspector}
          />
        ) : null}
      </div>
    </>
  )
}

export function AccountsScreen({ id }: { id: string | null }) {
  const [proposing, setProposing] = useState<EntityView['entity_id'] | null>(null)
  const isReadiness = id === READINESS
  return (
    <div className="flex h-full min-h-0 flex-col">
      <ScreenHeader title={t.title} question={isReadiness ? t.readiness.question : t.question}>
        <Tabs isReadiness={isReadiness} />
      </ScreenHeader>
      {isReadiness ? <Readiness /> : <Explorer key={id ?? ''} firstOpen={id} onPropose={setProposing} />}
      {proposing === null ? null : (
        <ProposeDialog
          entity={proposing}
          onClose={() => setProposing(null)}
          onMade={(draftId) => {
            setProposing(null)
            go('queue', draftId)
          }}
        />
      )}
    </div>
  )
}
