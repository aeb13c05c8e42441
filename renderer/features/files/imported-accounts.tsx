/** Accounts and orders that are here because of a file, and how to be rid of them again. */
import { useState } from 'react'
import type { InputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { ErrorNotice, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Section } from '../../ui/screen.tsx'

interface Removal {
  readonly what: InputOf<'remove_imported'>['what']
  readonly name: string
}

function RemoveDialog({ removal, onClose }: { removal: Removal; onClose: () => void }) {
  const remove = useAct('remove_imported', onClose)
  return (
    <Dialog
      role="alertdialog"
      width="narrow"
      title={fill(t.removeTitle, { name: removal.name })}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look="danger" isPending={remove.isPending} onPress={() => remove.mutate({ what: removal.what })}>
            {t.remove}
          </Button>
        </>
      }
    >
      <p>{removal.what === 'orders' ? t.removeOrdersText : t.removeText}</p>
      {remove.error === null ? null : <ErrorNotice error={remove.error} />}
    </Dialog>
  )
}

export function ImportedAccounts({ ordersText }: { ordersText: string | null }) {
  const accounts = useRead('list_accounts', {})
  const [removal, setRemoval] = useState<Removal | null>(null)
  const imported = (accounts.data?.accounts ?? []).filter((account) => account.connection_state === 'imported')
  return (
    <>
      {imported.length === 0 ? null : (
        <Section title={t.accountsTitle} text={t.accountsText}>
          <ul className="divide-y divide-line rounded-lg border border-line">
            {imported.map((account) => (
              <li key={account.account_id} className="flex items-center gap-3 px-3 py-1.5">
                <PlatformChip platform={account.platform} />
                <span className="min-w-0 flex-1 truncate">
                  <Foreign text={account.untrusted.name} />
                </span>
                <span className="text-ink-2">{account.currency}</span>
                <Button
                  look="quiet"
                  onPress={() => setRemoval({ what: account.account_id, name: account.untrusted.name })}
                >
                  {t.remove}
                </Button>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section
        title={t.ordersTitle}
        text={ordersText ?? t.ordersNone}
        action={
          ordersText === null ? null : (
            <Button look="quiet" onPress={() => setRemoval({ what: 'orders', name: t.ordersTitle.toLowerCase() })}>
              {t.removeOrders}
            </Button>
          )
        }
      >
        {null}
      </Section>
      {removal === null ? null : <RemoveDialog removal={removal} onClose={() => setRemoval(null)} />}
    </>
  )
}
