import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { plural, relativeTime, fill } from '../../format.ts'
import { useNow } from '../../clock.ts'
import { ErrorNotice, PlatformChip } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { WorkspaceDialog } from '../../parts/workspace-dialog.tsx'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Explain } from '../../ui/explain.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'

type Connection = OutputOf<'list_connections'>['connections'][number]
const t = TEXTS.connections

function RemoveDialog({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const remove = useAct('remove_connection')
  return (
    <Dialog
      title={t.removeTitle}
      width="narrow"
      role="alertdialog"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button
            look="danger"
            isPending={remove.isPending}
            onPress={() =>
              remove.mutate(
                { connection_id: connection.connection_id },
                {
                  onSuccess: (answer) => {
                    toast(answer.revoked_on_platform ? t.removed : t.removedLocally)
                    onClose()
                  },
                },
              )
            }
          >
            {t.removeConfirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <PlatformChip platform={connection.platform} />
        <p>{t.removeText}</p>
        {remove.error === null ? null : <ErrorNotice error={remove.error} />}
      </div>
    </Dialog>
  )
}

function Row({
  connection,
  onRemove,
  onReconnect,
}: {
  connection: Connection
  onRemove: () => void
  /** null in the demo: there is nothing real to connect again. */
  onReconnect: (() => void) | null
}) {
  const nowMs = useNow()
  const isOk = connection.state === 'ok'
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-3 py-1.5 last:border-0">
      <span className="flex w-36 items-center gap-2">
        <PlatformChip platform={connection.platform} />
        {connection.is_sandbox ? (
          <Explain why={t.sandboxWhy}>
            <Chip>{t.sandbox}</Chip>
          </Explain>
        ) : null}
      </span>
      <Chip tone={isOk ? 'good' : connection.state === 'removed' ? 'neutral' : 'warn'} icon={isOk ? 'check' : 'warn'}>
        {t.states[connection.state]}
      </Chip>
      <span className="num text-ink-2">{plural(t.accounts, connection.account_ids.length)}</span>
      <span className="text-ink-2">{fill(t.since, { when: relativeTime(connection.created_at, nowMs) })}</span>
      {connection.state_detail === null ? null : (
        <span className="foreign order-last w-full text-ink-2">{visible(connection.state_detail)}</span>
      )}
      {connection.state === 'removed' ? null : (
        <span className="ml-auto flex gap-1.5">
          {connection.state === 'needs_reconnect' && onReconnect !== null ? (
            <Button onPress={onReconnect}>{t.reconnect}</Button>
          ) : null}
          <Button look="quiet" onPress={onRemove}>
            {t.remove}
          </Button>
        </span>
      )}
    </li>
  )
}

/** Instead of the form for real credentials: they have no place in a world whose passphrase is printed on the screen. */
function DemoNotice() {
  const app = useRead('get_app_state', {})
  const [isOpen, setIsOpen] = useState(false)
  return (
    <div className="mb-3">
      <Notice tone="info" title={t.demo} action={<Button onPress={() => setIsOpen(true)}>{t.demoAction}</Button>}>
        {t.demoText}
      </Notice>
      {isOpen && app.data !== undefined ? <WorkspaceDialog app={app.data} onClose={() => setIsOpen(false)} /> : null}
    </div>
  )
}

export function PlatformsSection({ isDemo, onAdd }: { isDemo: boolean; onAdd: () => void }) {
  const connections = useRead('list_connections', {})
  const [removing, setRemoving] = useState<Connection | null>(null)
  const list = connections.data?.connections ?? []
  return (
    <Section
      title={t.platforms}
      text={t.platformsText}
      {...(isDemo
        ? {}
        : {
            action: (
              <Button icon="plus" onPress={onAdd}>
                {t.add}
              </Button>
            ),
          })}
    >
      {isDemo ? <DemoNotice /> : null}
      <div className="rounded-lg border border-line bg-surface">
        {connections.isPending ? <SkeletonRows rows={2} height={44} label={t.loading} /> : null}
        {connections.isError && connections.data === undefined ? (
          <div className="p-3">
            <ErrorNotice title={t.failed} error={connections.error} onRetry={() => void connections.refetch()} />
          </div>
        ) : null}
        {connections.data !== undefined && list.length === 0 ? (
          <Empty icon="connections" title={t.emptyTitle}>
            {isDemo ? null : t.empty}
          </Empty>
        ) : null}
        <ul>
          {list.map((connection) => (
            <Row
              key={connection.connection_id}
              connection={connection}
              onRemove={() => setRemoving(connection)}
              onReconnect={isDemo ? null : onAdd}
            />
          ))}
        </ul>
      </div>
      {removing === null ? null : <RemoveDialog connection={removing} onClose={() => setRemoving(null)} />}
    </Section>
  )
}
