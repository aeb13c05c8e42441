/** What nothing may change: accounts, campaigns, ad groups and ads. */
import { useState } from 'react'
import type { PolicyDocument } from '../../../shared/schemas/policy.ts'
import { fill } from '../../format.ts'
import { EntityPicker } from '../../parts/entity-picker.tsx'
import { Foreign } from '../../parts/pieces.tsx'
import { accountLabel, visible } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { SETTINGS_TEXTS } from '../../texts-settings.ts'
import { TEXTS } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Section } from '../../ui/screen.tsx'
import { AccountPicker } from './account-picker.tsx'

const { protectedOnes: t } = SETTINGS_TEXTS
type Ids = PolicyDocument['protected']
type Id = Ids[number]
const isEntity = (id: Id): boolean => id.includes('/')

function EntityName({ id }: { id: Id }) {
  const entity = useRead('get_entity', { entity_id: id })
  const found = entity.data?.entity
  return (
    <>
      {found === undefined ? (
        <span className="text-ink-2">{entity.isError ? t.gone : TEXTS.common.loading}</span>
      ) : (
        <Foreign text={found.untrusted.name} />
      )}
      <span className="foreign text-xs text-ink-2">{id}</span>
    </>
  )
}

function AccountName({ id }: { id: Id }) {
  const account = useRead('list_accounts', {}).data?.accounts.find((each) => each.account_id === id)
  return (
    <>
      <span className="foreign">{account === undefined ? t.gone : accountLabel(account)}</span>
      <span className="text-xs text-ink-2">{t.wholeAccount}</span>
    </>
  )
}

export function ProtectedList({ ids, onChange }: { ids: Ids; onChange: (ids: Ids) => void }) {
  const [adding, setAdding] = useState<'account' | 'entity' | null>(null)
  const add = (id: Id): void => {
    setAdding(null)
    if (!ids.includes(id)) onChange([...ids, id].toSorted())
  }
  return (
    <Section title={t.title} text={t.text}>
      {ids.length === 0 ? (
        <p className="text-ink-2">{t.none}</p>
      ) : (
        <ul aria-label={t.title} className="divide-y divide-line rounded-md border border-line">
          {ids.map((id) => (
            <li key={id} className="flex min-h-9 flex-wrap items-center gap-x-3 px-3 py-1">
              {isEntity(id) ? <EntityName id={id} /> : <AccountName id={id} />}
              <span className="ml-auto">
                <IconButton
                  icon="cross"
                  label={fill(t.remove, { name: visible(id) })}
                  onPress={() => onChange(ids.filter((each) => each !== id))}
                />
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2">
        <Button icon="plus" onPress={() => setAdding('entity')}>
          {t.addEntity}
        </Button>
        <Button icon="plus" onPress={() => setAdding('account')}>
          {t.addAccount}
        </Button>
      </div>
      {adding === 'entity' ? (
        <Dialog title={t.addEntity} onClose={() => setAdding(null)}>
          <EntityPicker onPick={add} />
        </Dialog>
      ) : null}
      {adding === 'account' ? (
        <Dialog title={t.addAccount} onClose={() => setAdding(null)}>
          <AccountPicker label={t.pickAccount} without={ids} onPick={({ account_id }) => add(account_id)} />
        </Dialog>
      ) : null}
    </Section>
  )
}
