/** What is looked for. Everything chosen must hold. */
import { useEffect, useState } from 'react'
import { ToggleButton } from 'react-aria-components'
import { AUDIT_GROUPS, type AuditGroup } from '../../../shared/schemas/audit.ts'
import { accountLabel } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { type AuditFilter, isAnyFilter, NO_FILTER } from './use-audit-list.ts'

const t = AUDIT_TEXTS.filters
const ACTORS = ['', 'user', 'agent', 'loop', 'system'] as const
const DAY = 'h-7 rounded-md border border-line bg-raised px-1.5'
/** A search reads the log: it waits until the typing has paused. */
const PAUSE_MS = 350

interface Props {
  readonly filter: AuditFilter
  readonly onChange: (filter: AuditFilter) => void
}

function Groups({ filter, onChange }: Props) {
  const toggle = (group: AuditGroup, isOn: boolean): void =>
    onChange({
      ...filter,
      groups: AUDIT_GROUPS.filter((each) => (each === group ? isOn : filter.groups.includes(each))),
    })
  return (
    <div className="flex flex-wrap gap-1">
      {AUDIT_GROUPS.map((group) => (
        <ToggleButton
          key={group}
          isSelected={filter.groups.includes(group)}
          onChange={(isOn) => toggle(group, isOn)}
          className="h-6 rounded-full border border-line bg-raised px-2.5 text-xs text-ink-2 hover:bg-hover hover:text-ink selected:border-accent selected:bg-selected selected:text-accent-ink"
        >
          {t.groups[group]}
        </ToggleButton>
      ))}
    </div>
  )
}

function Search({ filter, onChange }: Props) {
  const [text, setText] = useState(filter.search)
  useEffect(() => {
    if (text === filter.search) return undefined
    const timer = setTimeout(() => onChange({ ...filter, search: text }), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, filter, onChange])
  return (
    <div className="w-56">
      <TextField
        label={t.search}
        isLabelHidden
        placeholder={t.search}
        value={text}
        onChange={setText}
        maxLength={100}
        onKey={(key) => key === 'Enter' && onChange({ ...filter, search: text })}
      />
    </div>
  )
}

export function AuditFilters({ filter, onChange }: Props) {
  const accounts = useRead('list_accounts', {}).data?.accounts ?? []
  // What was typed is forgotten with the rest.
  const [cleared, setCleared] = useState(0)
  return (
    <div role="group" aria-label={t.label} className="flex flex-col gap-1.5 border-b border-line px-4 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <Search key={cleared} filter={filter} onChange={onChange} />
        <Select
          isLabelHidden
          label={t.actor}
          value={filter.actor}
          options={ACTORS.map((value) => ({ value, label: value === '' ? t.anyActor : t.actors[value] }))}
          onChange={(actor) => onChange({ ...filter, actor })}
        />
        {accounts.length < 2 ? null : (
          <Select
            isLabelHidden
            label={t.account}
            value={filter.accountId}
            options={[
              { value: '', label: t.anyAccount },
              ...accounts.map((account) => ({ value: account.account_id as string, label: accountLabel(account) })),
            ]}
            onChange={(accountId) => onChange({ ...filter, accountId })}
            className="max-w-44"
          />
        )}
        <span className="flex items-center gap-1">
          <input
            type="date"
            aria-label={t.from}
            className={DAY}
            value={filter.from}
            onChange={(event) => onChange({ ...filter, from: event.target.value })}
          />
          <span aria-hidden="true" className="text-ink-2">
            –
          </span>
          <input
            type="date"
            aria-label={t.to}
            className={DAY}
            value={filter.to}
            onChange={(event) => onChange({ ...filter, to: event.target.value })}
          />
        </span>
        {isAnyFilter(filter) ? (
          <Button
            size="small"
            look="quiet"
            onPress={() => {
              setCleared(cleared + 1)
              onChange(NO_FILTER)
            }}
          >
            {t.clear}
          </Button>
        ) : null}
      </div>
      <Groups filter={filter} onChange={onChange} />
    </div>
  )
}
