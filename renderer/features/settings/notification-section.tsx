/** Who is told of what: the places, whether they can be reached, and what became of every message. */
import { useState } from 'react'
import type { TargetKind } from '../../../shared/schemas/notifications.ts'
import { plural } from '../../format.ts'
import { Age, ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { NOTIFICATION_TEXTS as t } from '../../texts-notifications.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Switch } from '../../ui/field.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import { DeliveriesSection } from './notification-deliveries.tsx'
import { type Target, TargetDialog } from './notification-dialog.tsx'

const KINDS = ['email', 'webhook', 'desktop'] as const

function whereTo({ kind, email, webhook, works_here }: Target): string {
  if (kind === 'email') return `${email?.to.join(', ') ?? ''} · ${email?.host ?? ''}`
  if (kind === 'webhook') return webhook?.origin ?? ''
  return works_here ? t.here : t.notHere
}

function RemoveDialog({ target, onClose }: { target: Target; onClose: () => void }) {
  const remove = useAct('remove_target')
  const confirm = (): void =>
    remove.mutate(
      { target_id: target.target_id },
      {
        onSuccess: () => {
          toast(t.removing.done)
          onClose()
        },
      },
    )
  return (
    <Dialog
      title={t.removing.title}
      onClose={onClose}
      width="narrow"
      role="alertdialog"
      footer={
        <>
          <Button onPress={onClose} autoFocus>
            {TEXTS.common.cancel}
          </Button>
          <Button look="danger" isPending={remove.isPending} onPress={confirm}>
            {t.removing.confirm}
          </Button>
        </>
      }
    >
      <p className="font-semibold">
        <Foreign text={target.label} />
      </p>
      <p className="mt-1">{t.removing.text}</p>
      {remove.error === null ? null : <ErrorNotice error={remove.error} />}
    </Dialog>
  )
}

/** How the last one fared, and what waits. */
function State({ target }: { target: Target }) {
  const { last, queued, dead } = target
  return (
    <p className="flex flex-wrap items-center gap-2 text-xs text-ink-2">
      {last === null ? (
        t.never
      ) : (
        <span className={last.state === 'dead' ? 'text-danger' : last.state === 'queued' ? 'text-warn' : ''}>
          {t.last[last.state]} <Age at={last.at} />
          {last.problem === null ? null : `: ${last.problem.message}`}
        </span>
      )}
      {queued === 0 ? null : <Chip tone="warn">{plural(t.waiting, queued)}</Chip>}
      {dead === 0 ? null : <Chip tone="danger">{plural(t.dead, dead)}</Chip>}
    </p>
  )
}

function TestResult({ test }: { test: ReturnType<typeof useAct<'send_test'>> }) {
  if (test.error !== null) return <ErrorNotice title={t.testFailed} error={test.error} />
  const delivery = test.data?.delivery
  if (delivery === undefined || test.isPending) return null
  return delivery.state === 'delivered' ? (
    <Notice tone="good" title={t.testDone}>
      {delivery.problem?.message}
    </Notice>
  ) : (
    <Notice tone="danger" title={t.testFailed}>
      {delivery.problem?.message}
    </Notice>
  )
}

function TargetCard({ target, onEdit, onRemove }: { target: Target; onEdit: () => void; onRemove: () => void }) {
  const test = useAct('send_test')
  const save = useAct('save_target')
  const { target_id, label, events, includes_names, allows_private, allows_plain, email, webhook, kind } = target
  const setEnabled = (isOn: boolean): void =>
    save.mutate({
      target_id,
      label,
      events,
      is_enabled: isOn,
      includes_names,
      allows_private,
      allows_plain,
      channel: channelAsIs(kind, email, webhook),
    })
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-3 py-2.5" aria-label={label}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="min-w-0 flex-1 truncate text-md font-medium">
          <Foreign text={label} />
        </h3>
        <Switch
          label={label}
          isLabelHidden
          text={target.is_enabled ? t.on : t.off}
          isSelected={target.is_enabled}
          isDisabled={save.isPending}
          onChange={setEnabled}
        />
        <Button
          size="small"
          isPending={test.isPending}
          isDisabled={!target.is_enabled || !target.works_here}
          onPress={() => test.mutate({ target_id })}
        >
          {t.test}
        </Button>
        <Button size="small" onPress={onEdit}>
          {t.edit}
        </Button>
        <Button size="small" look="quiet" onPress={onRemove}>
          {t.remove}
        </Button>
      </div>
      <p className="text-ink-2">
        {t.kinds[kind]} · <span className="foreign">{whereTo(target)}</span>
      </p>
      <p className="text-xs text-ink-2">
        {t.hears}: {events.map((event) => t.events[event]).join(', ')}
      </p>
      <State target={target} />
      {save.error === null ? null : <ErrorNotice error={save.error} />}
      <TestResult test={test} />
    </li>
  )
}

/** The same channel again: what is kept secret stays stored. */
function channelAsIs(kind: TargetKind, email: Target['email'], webhook: Target['webhook']) {
  if (kind === 'email' && email !== null) {
    const { host, port, security, user, from, to } = email
    return { kind, host, port, security, user, from, to }
  }
  return kind === 'webhook' && webhook !== null ? ({ kind } as const) : ({ kind: 'desktop' } as const)
}

export function NotificationSection() {
  const targets = useRead('list_targets', {})
  const [adding, setAdding] = useState<TargetKind | null>(null)
  const [editing, setEditing] = useState<Target | null>(null)
  const [removing, setRemoving] = useState<Target | null>(null)
  const list = targets.data?.targets
  const add = (
    <span className="flex flex-wrap gap-2">
      {KINDS.map((kind) => (
        <Button key={kind} icon="plus" onPress={() => setAdding(kind)}>
          {t.add[kind]}
        </Button>
      ))}
    </span>
  )
  return (
    <div className="flex flex-col gap-8">
      <Section title={t.title} text={t.text} action={add}>
        <p className="max-w-3xl text-ink-2">{t.witness}</p>
        {list === undefined ? (
          targets.isError ? (
            <ErrorNotice title={t.failed} error={targets.error} onRetry={() => void targets.refetch()} />
          ) : (
            <SkeletonRows rows={3} label={t.loading} />
          )
        ) : list.length === 0 ? (
          <Empty icon="shield" title={t.emptyTitle}>
            {t.empty}
          </Empty>
        ) : (
          <ul className="flex flex-col gap-2" aria-label={t.title}>
            {list.map((target) => (
              <TargetCard
                key={target.target_id}
                target={target}
                onEdit={() => setEditing(target)}
                onRemove={() => setRemoving(target)}
              />
            ))}
          </ul>
        )}
      </Section>
      <DeliveriesSection />
      {adding === null ? null : <TargetDialog kind={adding} target={null} onClose={() => setAdding(null)} />}
      {editing === null ? null : <TargetDialog kind={editing.kind} target={editing} onClose={() => setEditing(null)} />}
      {removing === null ? null : <RemoveDialog target={removing} onClose={() => setRemoving(null)} />}
    </div>
  )
}
