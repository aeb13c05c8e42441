import { useState } from 'react'
import { PLATFORMS } from '../../../shared/domain/ids.ts'
import type { OutputOf } from '../../../shared/operations.ts'
import { plural, relativeTime, fill } from '../../format.ts'
import { useNow } from '../../clock.ts'
import { ErrorNotice, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { type Platform, visible } from '../../parts/words.ts'
import { WorkspaceDialog } from '../../parts/workspace-dialog.tsx'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Explain } from '../../ui/explain.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import { StepList } from './connect-steps.tsx'
import { ConnectionAccounts } from './connection-accounts.tsx'

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

const SOON_MS = 7 * 86_400_000

/** How long the access lasts, and what stands in the way of it: said before it fails. */
function Health({ connection }: { connection: Connection }) {
  const nowMs = useNow()
  const { health } = connection
  if (health === null) return <span className="text-ink-2">{t.unchecked}</span>
  const leftMs = health.expires_at === null ? null : new Date(health.expires_at).getTime() - nowMs
  const isSoon = leftMs !== null && leftMs < SOON_MS
  const words =
    health.expires_at !== null
      ? fill(leftMs !== null && leftMs <= 0 ? t.tokenExpired : t.tokenExpires, {
          when: relativeTime(health.expires_at, nowMs),
        })
      : health.expiry_known
        ? t.tokenForever
        : t.tokenUnknown
  return (
    <Explain why={fill(t.checkedAt, { when: relativeTime(health.checked_at, nowMs) })}>
      {isSoon ? (
        <Chip tone="warn" icon="warn">
          {words}
        </Chip>
      ) : (
        <span className="text-ink-2">{words}</span>
      )}
      {health.can_write === false ? <span className="text-warn"> · {t.readOnly}</span> : null}
    </Explain>
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
  const check = useAct('check_connection')
  const [isOpen, setIsOpen] = useState(false)
  const isOk = connection.state === 'ok'
  const detail = connection.state_detail ?? connection.health?.problem ?? null
  return (
    <li className="border-b border-line px-3 py-2 last:border-0">
      <div className="flex min-h-7 flex-wrap items-center gap-x-4 gap-y-1">
        <span className="flex w-40 items-center gap-2">
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
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
          className="num inline-flex items-center gap-1 rounded px-1 text-ink-2 hover:bg-hover hover:text-ink"
        >
          <Icon name={isOpen ? 'down' : 'right'} size={12} />
          {plural(t.accounts, connection.account_ids.length)}
        </button>
        {connection.state === 'removed' ? null : (
          <span className="ml-auto flex gap-1.5">
            {connection.state === 'needs_reconnect' && onReconnect !== null ? (
              <Button onPress={onReconnect}>{t.reconnect}</Button>
            ) : null}
            <Button
              look="quiet"
              isPending={check.isPending}
              onPress={() => check.mutate({ connection_id: connection.connection_id })}
            >
              {t.check}
            </Button>
            <Button look="quiet" onPress={onRemove}>
              {t.remove}
            </Button>
          </span>
        )}
      </div>
      <p className="text-xs text-ink-2">
        <Health connection={connection} />
        {' · '}
        {t.methods[connection.method]}
        {connection.untrusted.label === null ? null : (
          <>
            {' · '}
            <Foreign text={connection.untrusted.label} />
          </>
        )}{' '}
        · {fill(t.since, { when: relativeTime(connection.created_at, nowMs) })}
      </p>
      {detail === null ? null : <p className="foreign mt-1 text-warn">{visible(detail)}</p>}
      {check.data === undefined && check.error === null ? null : (
        <div className="mt-2 flex flex-col gap-2">
          <StepList steps={check.data?.steps ?? []} />
          {check.error === null ? null : <ErrorNotice error={check.error} />}
        </div>
      )}
      {isOpen ? <ConnectionAccounts connection={connection} /> : null}
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

export function PlatformsSection({ isDemo, onAdd }: { isDemo: boolean; onAdd: (platform: Platform) => void }) {
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
              <span className="flex flex-wrap items-center gap-1.5">
                <span className="text-ink-2">{t.add}</span>
                {PLATFORMS.map((platform) => (
                  <Button key={platform} icon="plus" onPress={() => onAdd(platform)}>
                    {TEXTS.platforms[platform]}
                  </Button>
                ))}
              </span>
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
              onReconnect={isDemo ? null : () => onAdd(connection.platform)}
            />
          ))}
        </ul>
      </div>
      {removing === null ? null : <RemoveDialog connection={removing} onClose={() => setRemoving(null)} />}
    </Section>
  )
}
