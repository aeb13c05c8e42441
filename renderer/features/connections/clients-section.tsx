import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { useNow } from '../../clock.ts'
import { Age, ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { toast } from '../../ui/toast.tsx'

type Client = OutputOf<'list_clients'>['clients'][number]
const t = TEXTS.connections

function RevokeDialog({ client, onClose }: { client: Client; onClose: () => void }) {
  const revoke = useAct('revoke_client')
  return (
    <Dialog
      title={t.revokeTitle}
      width="narrow"
      role="alertdialog"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button
            look="danger"
            isPending={revoke.isPending}
            onPress={() =>
              revoke.mutate(
                { client_id: client.client_id },
                {
                  onSuccess: () => {
                    toast(t.revokeDone)
                    onClose()
                  },
                },
              )
            }
          >
            {t.revokeConfirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="font-semibold">
          <Foreign text={client.untrusted.name} />
        </p>
        <p>{t.revokeText}</p>
        {revoke.error === null ? null : <ErrorNotice error={revoke.error} />}
      </div>
    </Dialog>
  )
}

function ClientState({ client }: { client: Client }) {
  const nowMs = useNow()
  if (client.revoked_at !== null) return <Chip icon="cross">{t.revoked}</Chip>
  if (new Date(client.expires_at).getTime() <= nowMs)
    return (
      <Chip tone="warn" icon="clock">
        {t.expired}
      </Chip>
    )
  return (
    <Chip tone="good" icon="check">
      {t.active}
    </Chip>
  )
}

function Row({ client, onRevoke }: { client: Client; onRevoke: () => void }) {
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-64 py-1.5">
        <Foreign text={client.untrusted.name} className="font-medium" />
        {client.untrusted.client_info === null ? null : (
          <span className="foreign block truncate text-xs text-ink-2">{visible(client.untrusted.client_info)}</span>
        )}
      </Td>
      <Td>{client.scopes.includes('mcp.draft') ? t.scopeDraft : t.scopeRead}</Td>
      <Td className="whitespace-nowrap text-ink-2">
        {client.last_used_at === null ? t.neverUsed : <Age at={client.last_used_at} />}
      </Td>
      <Td className="whitespace-nowrap text-ink-2">
        <Age at={client.expires_at} />
      </Td>
      <Td>
        <ClientState client={client} />
      </Td>
      <Td className="text-right">
        {client.revoked_at === null ? (
          <Button size="small" look="quiet" onPress={onRevoke}>
            {t.revoke}
          </Button>
        ) : null}
      </Td>
    </tr>
  )
}

export function ClientsSection({ onAdd }: { onAdd: () => void }) {
  const clients = useRead('list_clients', {})
  const [revoking, setRevoking] = useState<Client | null>(null)
  const list = clients.data?.clients ?? []
  return (
    <Section
      title={t.clients}
      text={t.clientsText}
      action={
        <Button icon="plus" onPress={onAdd}>
          {t.addClient}
        </Button>
      }
    >
      {clients.data?.http_problem === null || clients.data === undefined ? null : (
        <Notice tone="warn" title={t.httpProblem}>
          {clients.data.http_problem}
        </Notice>
      )}
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        {clients.isPending ? <SkeletonRows rows={3} label={t.loading} /> : null}
        {clients.isError && clients.data === undefined ? (
          <div className="p-3">
            <ErrorNotice title={t.clientsFailed} error={clients.error} onRetry={() => void clients.refetch()} />
          </div>
        ) : null}
        {clients.data !== undefined && list.length === 0 ? (
          <Empty
            icon="agent"
            title={t.clientsEmptyTitle}
            action={
              <Button look="primary" onPress={onAdd}>
                {t.addClient}
              </Button>
            }
          >
            {t.clientsEmpty}
          </Empty>
        ) : null}
        {list.length === 0 ? null : (
          <Table label={t.clients}>
            <thead>
              <tr>
                <Th>{t.clientName}</Th>
                <Th>{t.scopes}</Th>
                <Th>{t.lastUsed}</Th>
                <Th>{t.expires}</Th>
                <Th>{TEXTS.accounts.state}</Th>
                <Th>
                  <span className="sr-only">{TEXTS.common.actions}</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {list.map((client) => (
                <Row key={client.client_id} client={client} onRevoke={() => setRevoking(client)} />
              ))}
            </tbody>
          </Table>
        )}
      </div>
      {clients.data?.http_url === null || clients.data === undefined ? null : (
        <p className="text-xs text-ink-2">
          {t.httpUrl} <code className="font-mono text-ink">{clients.data.http_url}</code>
        </p>
      )}
      {revoking === null ? null : <RevokeDialog client={revoking} onClose={() => setRevoking(null)} />}
    </Section>
  )
}
