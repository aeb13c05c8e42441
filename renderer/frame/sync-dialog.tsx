/** A sync closer: how far each account is, what failed and why, and how far back to read. */
import { useState } from 'react'
import type { OutputOf } from '../../shared/operations.ts'
import { fill, integer, percent } from '../format.ts'
import { ErrorNotice, Foreign, PlatformChip } from '../parts/pieces.tsx'
import { platformOf, visible } from '../parts/words.ts'
import { useAct, useRead } from '../queries.ts'
import { TEXTS } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Choice } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Notice } from '../ui/state.tsx'
import { stepWords, timeLeft } from './sync-words.ts'

type Sync = OutputOf<'get_app_state'>['sync']
type AccountSync = Sync['accounts'][number]
const t = TEXTS.sync
const DAYS = ['30', '90', '400'] as const
type Days = (typeof DAYS)[number]

const LOOKS = {
  waiting: { icon: 'clock', colour: 'text-ink-3' },
  running: { icon: 'sync', colour: 'text-accent-ink' },
  done: { icon: 'check', colour: 'text-good' },
  failed: { icon: 'warn', colour: 'text-danger' },
} as const

function AccountRow({ sync, name }: { sync: AccountSync; name: string }) {
  const look = LOOKS[sync.state]
  const share = sync.total === 0 ? 0 : Math.min(1, sync.done / sync.total)
  return (
    <li className="grid grid-cols-[1rem_minmax(0,1fr)_auto] items-center gap-x-2 py-1.5">
      <Icon name={look.icon} size={14} className={look.colour} />
      <span className="flex min-w-0 items-center gap-2">
        <span className="w-20 shrink-0">
          <PlatformChip platform={platformOf(sync.account_id)} />
        </span>
        <Foreign text={name} className="min-w-0 truncate" />
      </span>
      <span className="num text-xs text-ink-2">
        {sync.state === 'running'
          ? `${percent(Math.floor(share * 100) / 100, false)} · ${stepWords(sync.step)}`
          : t.states[sync.state]}
      </span>
      {sync.error === null ? null : (
        <p className="col-start-2 col-end-4 text-danger">
          {visible(sync.error.message)} <span className="text-ink-2">{visible(sync.error.hint)}</span>
        </p>
      )}
    </li>
  )
}

export function SyncDialog({ sync, onClose }: { sync: Sync; onClose: () => void }) {
  const [days, setDays] = useState<Days>('90')
  const start = useAct('start_sync')
  const cancel = useAct('cancel_sync')
  const names = new Map(
    (useRead('list_accounts', {}).data?.accounts ?? []).map((each) => [each.account_id, each.untrusted.name]),
  )
  const isRunning = sync.state === 'running'
  const left = timeLeft(sync)
  return (
    <Dialog
      title={t.title}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.close}</Button>
          {isRunning ? (
            <Button onPress={() => cancel.mutate({})} isPending={cancel.isPending}>
              {TEXTS.bar.cancelSync}
            </Button>
          ) : (
            <Button look="primary" onPress={() => start.mutate({ days: Number(days) })} isPending={start.isPending}>
              {t.start}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {isRunning ? (
          <p className="num text-md" role="status">
            {fill(TEXTS.bar.syncCount, { step: stepWords(sync.step), done: sync.done, total: sync.total })}
            {left === null ? null : ` · ${left}`}
            <span className="block text-xs text-ink-2">{fill(t.rows, { count: integer(sync.rows) })}</span>
          </p>
        ) : (
          <Choice<Days>
            label={t.back}
            value={days}
            onChange={setDays}
            options={DAYS.map((value) => ({ value, label: t.days[value], help: t.daysHelp[value] }))}
          />
        )}
        {start.error === null ? null : <ErrorNotice error={start.error} />}
        {sync.error === null || isRunning ? null : (
          <Notice tone="danger" title={visible(sync.error.message)}>
            {visible(sync.error.hint)}
          </Notice>
        )}
        {sync.accounts.length === 0 ? null : (
          <section aria-label={t.accounts}>
            <h3 className="text-xs font-medium text-ink-2">{t.accounts}</h3>
            <ul className="max-h-72 divide-y divide-line overflow-y-auto">
              {sync.accounts.map((each) => (
                <AccountRow key={each.account_id} sync={each} name={names.get(each.account_id) ?? each.account_id} />
              ))}
            </ul>
          </section>
        )}
      </div>
    </Dialog>
  )
}
