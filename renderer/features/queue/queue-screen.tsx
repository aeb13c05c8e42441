/** The queue: what needs a person's decision. Shows drafts and moves between them; deciding is the inspector's. */
import { useEffect, useRef, useState } from 'react'
import type { DraftView } from '../../../shared/operations.ts'
import { fill, plural } from '../../format.ts'
import { OpenBreaker } from '../../parts/open-breaker.tsx'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { PolicyDialog } from '../../parts/policy-dialog.tsx'
import { ProposeDialog } from '../../parts/propose-dialog.tsx'
import { isWaiting } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { go, href, replace } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { BatchBar } from './batch-bar.tsx'
import { DraftDetail } from './draft-detail.tsx'
import { DraftGroup } from './draft-group.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type Filters, groupDrafts, isAnyFilter, NO_FILTERS } from './filters.ts'
import { isTyping } from './keys.ts'
import { useSelection } from './use-selection.ts'

type Tab = 'open' | 'decided'
const PAGE = 100

/** J and K walk the list, X selects, Enter moves into the inspector. Off while typing or while a dialog is open. */
function useListKeys(drafts: readonly DraftView[], selected: string | null, onToggle: (draftId: string) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="alertdialog"], [role="dialog"]') !== null) return
      const key = event.key.toLowerCase()
      if (
        key === 'enter' &&
        selected !== null &&
        (event.target === document.body || event.target instanceof HTMLAnchorElement)
      ) {
        const isOnSelected =
          event.target === document.body || (event.target as HTMLElement).dataset['draft'] === selected
        if (!isOnSelected) return
        event.preventDefault()
        document.getElementById('draft-detail')?.focus()
        return
      }
      if (key === 'x' && selected !== null) return onToggle(selected)
      if (key !== 'j' && key !== 'k') return
      const at = drafts.findIndex((draft) => draft.draft_id === selected)
      const next = drafts[at === -1 ? 0 : Math.min(drafts.length - 1, Math.max(0, at + (key === 'j' ? 1 : -1)))]
      if (next === undefined) return
      event.preventDefault()
      replace('queue', next.draft_id)
      document.querySelector<HTMLElement>(`[data-draft="${next.draft_id}"]`)?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [drafts, selected, onToggle])
}

function Tabs({ tab, onChange, waiting }: { tab: Tab; onChange: (tab: Tab) => void; waiting: number | null }) {
  const tabs = [
    { id: 'open', label: TEXTS.queue.waiting },
    { id: 'decided', label: TEXTS.queue.decided },
  ] as const
  return (
    <div role="group" aria-label={TEXTS.queue.tabs} className="flex h-9 items-end gap-4 border-b border-line px-4">
      {tabs.map((each) => (
        <button
          key={each.id}
          type="button"
          aria-pressed={tab === each.id}
          onClick={() => onChange(each.id)}
          className={`-mb-px flex h-8 items-center gap-1.5 border-b-2 font-medium ${tab === each.id ? 'border-accent text-ink' : 'border-transparent text-ink-2 hover:text-ink'}`}
        >
          {each.label}
          {each.id === 'open' && waiting !== null && waiting > 0 ? (
            <span className="num rounded bg-selected px-1.5 text-2xs text-accent-ink">{waiting}</span>
          ) : null}
        </button>
      ))}
    </div>
  )
}

function EmptyQueue({ tab, onPropose }: { tab: Tab; onPropose: () => void }) {
  if (tab === 'decided')
    return (
      <Empty icon="audit" title={TEXTS.queue.emptyDecidedTitle}>
        {TEXTS.queue.emptyDecided}
      </Empty>
    )
  return (
    <Empty
      icon="queue"
      title={TEXTS.queue.emptyTitle}
      action={
        <>
          <Button onPress={onPropose}>{TEXTS.queue.emptyPropose}</Button>
          <LinkButton href={href('connections')}>{TEXTS.queue.emptyAction}</LinkButton>
        </>
      }
    >
      {TEXTS.queue.empty}
    </Empty>
  )
}

/** Waiting shows the first draft by itself; a link to a draft opens the tab it is in. */
function useTab(id: string | null): [Tab, (tab: Tab) => void] {
  const [chosen, setChosen] = useState<{ tab: Tab; forId: string | null } | null>(null)
  const linked = useRead('get_draft', { draft_id: id ?? '' }, { isEnabled: id !== null })
  const followed = useRef<string | null>(null)
  const state = linked.data?.draft
  useEffect(() => {
    if (id === null || state === undefined || state.draft_id !== id || followed.current === id) return
    followed.current = id
    setChosen((now) => (now?.forId === id ? now : { tab: isWaiting(state) ? 'open' : 'decided', forId: id }))
  }, [id, state])
  return [chosen?.tab ?? 'open', (tab) => setChosen({ tab, forId: id })]
}

/** What is shown of the list: filters are the core's, the order within a group is the list's own. */
function useShown(tab: Tab, filters: Filters, limit: number) {
  const list = useRead(
    'list_drafts',
    {
      group: tab,
      limit: Math.min(limit, PAGE),
      ...(filters.platform === '' ? {} : { platform: filters.platform }),
      ...(filters.accountId === '' ? {} : { account_id: filters.accountId }),
      ...(filters.kind === '' ? {} : { kind: filters.kind }),
      ...(filters.origin === '' ? {} : { origin: filters.origin }),
    },
    { keepsPrevious: true },
  )
  const groups = groupDrafts(list.data?.drafts ?? [], filters.group)
  return { list, groups, drafts: groups.flatMap((group) => group.drafts) }
}

export function QueueScreen({ id }: { id: string | null }) {
  const [tab, setTab] = useTab(id)
  const [limit, setLimit] = useState(50)
  const [filters, setFilters] = useState<Filters>(NO_FILTERS)
  const [dialog, setDialog] = useState<'limits' | 'propose' | null>(null)
  const { list, groups, drafts } = useShown(tab, filters, limit)
  const selection = useSelection(tab === 'open' ? drafts : [])
  useListKeys(drafts, id, selection.toggle)
  const isFiltered = isAnyFilter(filters)
  const isEmpty = list.data !== undefined && drafts.length === 0
  return (
    <div className="flex h-full min-h-0 flex-col">
      <ScreenHeader title={TEXTS.queue.title} question={TEXTS.queue.question}>
        <Button icon="shield" onPress={() => setDialog('limits')}>
          {TEXTS.policy.show}
        </Button>
        <Button icon="plus" onPress={() => setDialog('propose')}>
          {TEXTS.queue.emptyPropose}
        </Button>
      </ScreenHeader>
      <div className="px-4 not-empty:py-2">
        <OpenBreaker />
      </div>
      <div className="flex min-h-0 flex-1">
        <section
          aria-label={TEXTS.queue.list}
          className={`min-h-0 min-w-0 flex-1 flex-col border-line md:flex md:border-r ${id === null ? 'flex' : 'hidden'}`}
        >
          <Tabs
            tab={tab}
            waiting={list.data?.open ?? null}
            onChange={(next) => {
              setTab(next)
              if (id !== null) go('queue')
            }}
          />
          <FilterBar filters={filters} onChange={setFilters} isShown={isFiltered || drafts.length > 0} />
          <div className="min-h-0 flex-1 overflow-y-auto">
            {list.isPending ? <SkeletonRows rows={6} height={64} label={TEXTS.queue.loading} /> : null}
            {list.isError ? (
              <div className="p-4">
                <ErrorNotice title={TEXTS.queue.failed} error={list.error} onRetry={() => void list.refetch()} />
              </div>
            ) : null}
            {isEmpty && !list.isError && isFiltered ? (
              <Empty
                icon="search"
                title={QUEUE_TEXTS.filters.none}
                action={<Button onPress={() => setFilters(NO_FILTERS)}>{QUEUE_TEXTS.filters.clear}</Button>}
              >
                {QUEUE_TEXTS.filters.noneText}
              </Empty>
            ) : null}
            {isEmpty && !list.isError && !isFiltered ? (
              <EmptyQueue tab={tab} onPropose={() => setDialog('propose')} />
            ) : null}
            {groups.map((group) => (
              <DraftGroup key={group.key} group={group} selectedId={id} {...(tab === 'open' ? { selection } : {})} />
            ))}
            {list.data !== undefined && drafts.length > 0 ? (
              <p className="flex flex-wrap items-center gap-3 px-4 py-3 text-xs text-ink-2">
                {list.data.total > drafts.length
                  ? fill(TEXTS.common.shown, { shown: drafts.length, total: list.data.total })
                  : plural(TEXTS.queue.count, drafts.length)}
                {list.data.total > drafts.length && limit < PAGE ? (
                  <Button size="small" onPress={() => setLimit(PAGE)}>
                    {TEXTS.common.more}
                  </Button>
                ) : null}
                {tab === 'open' ? <span className="ml-auto">{QUEUE_TEXTS.keys}</span> : null}
              </p>
            ) : null}
          </div>
          {tab === 'open' ? <BatchBar selection={selection} /> : null}
        </section>
        <aside
          aria-label={TEXTS.draft.details}
          className={`min-h-0 w-full min-w-0 shrink-0 overflow-y-auto bg-surface md:block md:w-[26rem] wide:w-[32rem] ${id === null ? 'hidden' : 'block'}`}
        >
          {id === null ? (
            <p className="px-6 py-14 text-center text-ink-2">{drafts.length === 0 ? null : TEXTS.queue.pick}</p>
          ) : (
            <DraftDetail key={id} id={id} />
          )}
        </aside>
      </div>
      {dialog === 'limits' ? <PolicyDialog onClose={() => setDialog(null)} /> : null}
      {dialog === 'propose' ? (
        <ProposeDialog
          entity={null}
          onClose={() => setDialog(null)}
          onMade={(draftId) => {
            setDialog(null)
            go('queue', draftId)
          }}
        />
      ) : null}
    </div>
  )
}
