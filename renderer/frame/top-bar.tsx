/** Where you are, how old the data is, and the sync. Dates and currency belong to the overview and stand here while it shows. */
import { useEffect } from 'react'
import type { OutputOf } from '../../shared/operations.ts'
import { clock, useNow } from '../clock.ts'
import { absoluteTime, addDays, dayRange, fill, relativeTime, todayIn } from '../format.ts'
import { visible } from '../parts/words.ts'
import { useAct, useRead } from '../queries.ts'
import type { Route } from '../router.ts'
import type { RangeChoice } from '../day-range.ts'
import { set, type Theme, useSettings } from '../settings.ts'
import { TEXTS } from '../texts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Explain } from '../ui/explain.tsx'
import { Select } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'

type AppState = OutputOf<'get_app_state'>
type Sync = AppState['sync']

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const
const DAY = 'h-7 rounded-md border border-line bg-raised px-1.5'

function Dates() {
  const settings = useSettings()
  const today = todayIn(undefined, clock.nowMs())
  const accounts = useRead('list_accounts', {}).data?.accounts
  if (accounts?.length === 0) return null // nothing that the dates could choose from
  const choose = (range: RangeChoice) =>
    set(
      range === 'custom' && settings.customStart === ''
        ? { range, customStart: addDays(today, -28), customEnd: addDays(today, -1) }
        : { range },
    )
  return (
    <>
      <Select<RangeChoice>
        label={TEXTS.bar.range}
        isLabelHidden
        value={settings.range}
        onChange={choose}
        options={(['7', '14', '28', '90', 'custom'] as const).map((value) => ({
          value,
          label: TEXTS.bar.ranges[value],
        }))}
      />
      {settings.range === 'custom' ? (
        <span className="flex items-center gap-1">
          <input
            type="date"
            aria-label={TEXTS.bar.from}
            className={DAY}
            value={settings.customStart}
            max={today}
            onChange={(event) => event.target.value !== '' && set({ customStart: event.target.value })}
          />
          <input
            type="date"
            aria-label={TEXTS.bar.to}
            className={DAY}
            value={settings.customEnd}
            max={today}
            onChange={(event) => event.target.value !== '' && set({ customEnd: event.target.value })}
          />
        </span>
      ) : null}
    </>
  )
}

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

function timeLeft(sync: Sync, nowMs: number): string | null {
  if (sync.started_at === null || sync.done < 2 || sync.total <= sync.done) return null
  const spentMs = nowMs - new Date(sync.started_at).getTime()
  const leftSeconds = Math.ceil(((spentMs / sync.done) * (sync.total - sync.done)) / 1_000)
  if (leftSeconds < 1 || leftSeconds > 36_000) return null
  const unit = leftSeconds >= 60 ? 'minute' : 'second'
  const format = new Intl.NumberFormat(navigator.language, { style: 'unit', unit, unitDisplay: 'short' })
  return fill(TEXTS.bar.syncLeft, {
    time: format.format(unit === 'minute' ? Math.ceil(leftSeconds / 60) : leftSeconds),
  })
}

/** The core names its steps by what it pulls: "ad groups", "metrics 2026-03-29 to 2026-04-27". */
function stepWords(step: string): string {
  const days = /^metrics (\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2})$/.exec(step)
  if (days?.[1] !== undefined && days[2] !== undefined)
    return fill(TEXTS.bar.syncDays, { range: dayRange(days[1], days[2]) })
  const words: Readonly<Record<string, string>> = TEXTS.bar.syncSteps
  return Object.hasOwn(words, step) ? (words[step] ?? '') : visible(step)
}

function Running({ sync }: { sync: Sync }) {
  const nowMs = useNow(1_000)
  const cancel = useAct('cancel_sync')
  const share = sync.total === 0 ? null : Math.min(100, (sync.done / sync.total) * 100)
  const left = timeLeft(sync, nowMs)
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
      <span className="num truncate text-xs text-ink-2">
        {fill(TEXTS.bar.syncCount, { step: stepWords(sync.step), done: sync.done, total: sync.total })}
        {left === null ? null : <span className="hidden wide:inline"> · {left}</span>}
      </span>
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
  useSyncKey(() => start.mutate({}), isRunning || accounts.length === 0)
  if (isRunning) return <Running sync={app.sync} />
  if (accounts.length === 0) return null
  const oldest = accounts.reduce<string | null>(older, null)
  const never = accounts.some((account) => account.last_sync_at === null)
  const error = app.sync.error
  return (
    <div className="flex items-center gap-2 text-xs whitespace-nowrap text-ink-2">
      {error !== null && app.sync.state === 'failed' ? (
        <span className="text-danger">
          <Explain why={`${error.message} ${error.hint}`}>{TEXTS.bar.syncFailed}</Explain>
        </span>
      ) : never || oldest === null ? (
        TEXTS.bar.never
      ) : (
        <Explain why={fill(TEXTS.bar.syncedWhy, { time: absoluteTime(oldest) })}>
          {fill(TEXTS.bar.synced, { ago: relativeTime(oldest, nowMs) })}
        </Explain>
      )}
      <Button icon="sync" onPress={() => start.mutate({})} isPending={start.isPending}>
        {TEXTS.bar.sync}
      </Button>
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
