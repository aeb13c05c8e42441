/** Where you are, how old the data is, and the sync. Dates and currency belong to the overview and stand here while it shows. */
import { useEffect, useState } from 'react'
import type { OutputOf } from '../../shared/operations.ts'
import { useNow } from '../clock.ts'
import { absoluteTime, fill, relativeTime } from '../format.ts'
import { Dates } from '../parts/dates.tsx'
import { visible } from '../parts/words.ts'
import { useAct, useRead } from '../queries.ts'
import type { Route } from '../router.ts'
import { set, type Theme, useSettings } from '../settings.ts'
import { TEXTS } from '../texts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Explain } from '../ui/explain.tsx'
import { Select } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { SyncDialog } from './sync-dialog.tsx'
import { stepWords, timeLeft } from './sync-words.ts'

type AppState = OutputOf<'get_app_state'>
type Sync = AppState['sync']

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const

function CurrencySwitch() {
  const accounts = useRead('list_accounts', {})
  const chosen = useSettings((state) => state.currency)
  const currencies = [...new Set((accounts.data?.accounts ?? []).map((account) => account.currency))]
  const first = currencies[0]
  if (first === undefined || currencies.length < 2) return null
  return (
    <Select
      label={TEXTS.bar.currency}
      isLabelHidden
      value={currencies.find((each) => each === chosen) ?? first}
      onChange={(currency) => set({ currency })}
      options={currencies.map((value) => ({ value, label: value }))}
    />
  )
}

function Running({ sync, onOpen }: { sync: Sync; onOpen: () => void }) {
  const cancel = useAct('cancel_sync')
  const share = sync.total === 0 ? null : Math.min(100, (sync.done / sync.total) * 100)
  const left = timeLeft(sync)
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span
        role="progressbar"
        aria-label={TEXTS.bar.syncing}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(share === null ? {} : { 'aria-valuenow': Math.round(share) })}
        className="h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-line"
      >
        <span className="block h-full bg-accent" style={{ width: `${share ?? 15}%` }} />
      </span>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={onOpen}
        className="num truncate rounded px-1 text-xs text-ink-2 hover:bg-hover hover:text-ink"
      >
        {fill(TEXTS.bar.syncCount, { step: stepWords(sync.step), done: sync.done, total: sync.total })}
        {left === null ? null : <span className="hidden wide:inline"> · {left}</span>}
      </button>
      <Button size="small" onPress={() => cancel.mutate({})} isPending={cancel.isPending}>
        {TEXTS.bar.cancelSync}
      </Button>
    </div>
  )
}

/** S starts a sync from anywhere. */
function useSyncKey(start: () => void, isOff: boolean): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isOff || event.key.toLowerCase() !== 's' || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null) return
      if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return
      start()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [start, isOff])
}

/** The older of two times; ISO times in UTC sort as text. */
function older(oldest: string | null, account: { readonly last_sync_at: string | null }): string | null {
  const at = account.last_sync_at
  return oldest === null || (at !== null && at < oldest) ? at : oldest
}

function SyncState({ app }: { app: AppState }) {
  const nowMs = useNow()
  const start = useAct('start_sync')
  const status = useRead('get_status', {})
  const accounts = status.data?.accounts ?? []
  const isRunning = app.sync.state === 'running'
  const [isOpen, setIsOpen] = useState(false)
  useSyncKey(() => start.mutate({}), isRunning || accounts.length === 0)
  const dialog = isOpen ? <SyncDialog sync={app.sync} onClose={() => setIsOpen(false)} /> : null
  if (isRunning)
    return (
      <>
        <Running sync={app.sync} onOpen={() => setIsOpen(true)} />
        {dialog}
      </>
    )
  if (accounts.length === 0) return null
  // The core's word: it leaves out accounts that their platform has shut, which nobody may ever read.
  const asOf = status.data?.as_of ?? null
  const oldest = accounts.reduce<string | null>(older, null)
  const error = app.sync.error
  return (
    <div className="flex items-center gap-2 text-xs whitespace-nowrap text-ink-2">
      {error !== null && app.sync.state === 'failed' ? (
        <span className="text-danger">
          <Explain why={`${error.message} ${error.hint}`}>{TEXTS.bar.syncFailed}</Explain>
        </span>
      ) : asOf !== null ? (
        <Explain why={fill(TEXTS.bar.syncedWhy, { time: absoluteTime(asOf) })}>
          {fill(TEXTS.bar.synced, { ago: relativeTime(asOf, nowMs) })}
        </Explain>
      ) : oldest === null ? (
        TEXTS.bar.never
      ) : (
        <Explain why={fill(TEXTS.bar.partlyWhy, { ago: relativeTime(oldest, nowMs) })}>{TEXTS.bar.partly}</Explain>
      )}
      <span className="flex">
        <Button icon="sync" className="rounded-r-none" onPress={() => start.mutate({})} isPending={start.isPending}>
          {TEXTS.bar.sync}
        </Button>
        <IconButton
          icon="down"
          label={TEXTS.sync.open}
          className="-ml-px rounded-l-none border-line"
          onPress={() => setIsOpen(true)}
        />
      </span>
      {dialog}
    </div>
  )
}

export function TopBar({
  app,
  route,
  onKeys,
  onPalette,
  onWorkspace,
}: {
  app: AppState
  route: Route
  onKeys: () => void
  onPalette: () => void
  onWorkspace: () => void
}) {
  const theme = useSettings((state) => state.theme)
  return (
    <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
      <p className="flex min-w-0 items-center gap-2">
        <span className="sr-only">{TEXTS.bar.workspace}</span>
        {app.workspace === null || app.workspace.name === TEXTS.bar.demo ? null : (
          <span className="foreign truncate font-medium">{visible(app.workspace.name)}</span>
        )}
        {app.workspace?.is_demo === true ? (
          <Button
            size="small"
            look="quiet"
            className="px-0.5"
            aria-label={TEXTS.workspace.badge}
            aria-haspopup="dialog"
            onPress={onWorkspace}
          >
            <Chip tone="accent">
              {TEXTS.bar.demo}
              <Icon name="down" size={12} />
            </Chip>
          </Button>
        ) : null}
      </p>
      <div className="ml-auto flex min-w-0 flex-wrap items-center gap-2">
        {route.screen === 'overview' ? (
          <>
            <CurrencySwitch />
            <Dates />
          </>
        ) : null}
        <SyncState app={app} />
        <span className="flex">
          <IconButton icon="search" label={TEXTS.bar.palette} onPress={onPalette} />
          <IconButton icon="keyboard" label={TEXTS.bar.shortcuts} onPress={onKeys} />
          <IconButton
            icon={THEME_ICONS[theme]}
            label={TEXTS.bar.theme[theme]}
            onPress={() => set({ theme: NEXT_THEME[theme] })}
          />
        </span>
      </div>
    </header>
  )
}
