/** Finds a campaign, ad group or ad by account and name. */
import { useState } from 'react'
import type { EntityView } from '../../shared/operations.ts'
import { useRead } from '../queries.ts'
import { money } from '../format.ts'
import { TEXTS } from '../texts.ts'
import { Select, TextField } from '../ui/field.tsx'
import { SkeletonRows } from '../ui/state.tsx'
import { ErrorNotice, Foreign } from './pieces.tsx'
import { accountLabel } from './words.ts'

type AccountId = EntityView['account_id']
type Level = 'campaign' | 'ad_group' | 'ad'

export function EntityPicker({ onPick }: { onPick: (entityId: EntityView['entity_id']) => void }) {
  const accounts = useRead('list_accounts', {})
  const [accountId, setAccountId] = useState<AccountId | null>(null)
  const [level, setLevel] = useState<Level>('campaign')
  const [name, setName] = useState('')
  const account = accountId ?? accounts.data?.accounts[0]?.account_id ?? null
  const entities = useRead(
    'list_entities',
    {
      account_id: account ?? '',
      type: level,
      status: 'any',
      order_by: 'spend_7d',
      limit: 20,
      ...(name.trim() === '' ? {} : { name_contains: name.trim().slice(0, 80) }),
    },
    { isEnabled: account !== null, keepsPrevious: true },
  )
  if (accounts.isError) return <ErrorNotice error={accounts.error} onRetry={() => void accounts.refetch()} />
  if (accounts.isPending) return <SkeletonRows rows={5} label={TEXTS.common.loading} />
  if (account === null) return <p className="py-4 text-ink-2">{TEXTS.overview.noAccountsTitle}</p>
  return (
    <div className="flex min-h-80 flex-col gap-3">
      <p>{TEXTS.propose.pick}</p>
      <div className="flex flex-wrap gap-3">
        {accounts.data.accounts.length > 1 ? (
          <Select
            label={TEXTS.propose.account}
            value={account}
            onChange={setAccountId}
            options={accounts.data.accounts.map((each) => ({
              value: each.account_id,
              label: accountLabel(each),
            }))}
          />
        ) : null}
        <Select<Level>
          label={TEXTS.propose.entity}
          value={level}
          onChange={setLevel}
          options={(['campaign', 'ad_group', 'ad'] as const).map((each) => ({
            value: each,
            label: TEXTS.entityTypes[each],
          }))}
        />
      </div>
      <TextField label={TEXTS.propose.search} value={name} onChange={setName} autoFocus maxLength={80} />
      {entities.isError ? <ErrorNotice error={entities.error} onRetry={() => void entities.refetch()} /> : null}
      {entities.isPending ? <SkeletonRows rows={6} label={TEXTS.accounts.loadingEntities} /> : null}
      <ul className="max-h-72 overflow-y-auto rounded-md border border-line empty:border-0">
        {(entities.data?.entities ?? []).map((entity) => (
          <li key={entity.entity_id} className="border-b border-line last:border-0">
            <button
              type="button"
              onClick={() => onPick(entity.entity_id)}
              className="flex h-8 w-full items-center gap-3 px-3 text-left -outline-offset-2 hover:bg-hover"
            >
              <Foreign text={entity.untrusted.name} className="min-w-0 flex-1 truncate" />
              <span className="text-xs text-ink-2">{TEXTS.statuses[entity.status]}</span>
              <span className="num w-24 text-right">
                {entity.daily_budget === null ? TEXTS.common.unknown : money(entity.daily_budget)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {entities.data?.entities.length === 0 ? <p className="text-ink-2">{TEXTS.palette.none}</p> : null}
    </div>
  )
}
