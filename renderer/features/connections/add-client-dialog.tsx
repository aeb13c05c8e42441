import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Choice, Select, TextField } from '../../ui/field.tsx'

export type NewClient = OutputOf<'add_client'>
const t = TEXTS.connections.form
const EXPIRIES = ['30', '90', '365'] as const
const DAYS = { '30': 30, '90': 90, '365': 365 } as const

export function AddClientDialog({ onClose, onAdded }: { onClose: () => void; onAdded: (made: NewClient) => void }) {
  const add = useAct('add_client')
  const [name, setName] = useState('')
  const [scope, setScope] = useState<'read' | 'draft'>('draft')
  const [expiry, setExpiry] = useState<(typeof EXPIRIES)[number]>('90')
  const submit = () =>
    add.mutate(
      {
        name: name.trim(),
        scopes: scope === 'draft' ? ['mcp.read', 'mcp.draft'] : ['mcp.read'],
        expires_in_days: DAYS[expiry],
      },
      {
        onSuccess: (made) => {
          add.reset() // the token must not stay behind in the cache of this form
          onAdded(made)
        },
      },
    )
  return (
    <Dialog
      title={t.title}
      width="narrow"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look="primary" onPress={submit} isDisabled={name.trim() === ''} isPending={add.isPending}>
            {t.submit}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField label={t.name} value={name} onChange={setName} help={t.nameHelp} maxLength={60} autoFocus />
        <Choice
          label={t.scopes}
          value={scope}
          onChange={setScope}
          options={[
            { value: 'read', label: t.read, help: t.readHelp },
            { value: 'draft', label: t.draft, help: t.draftHelp },
          ]}
        />
        <Select
          label={t.expiry}
          value={expiry}
          onChange={setExpiry}
          options={EXPIRIES.map((value) => ({ value, label: fill(t.days, { count: value }) }))}
        />
        {add.error === null ? null : <ErrorNotice error={add.error} />}
      </div>
    </Dialog>
  )
}
