/** What to look for: level, name, and the states that matter. */
import { DELIVERIES, ENTITY_STATUSES, REVIEWS } from '../../../shared/domain/entity.ts'
import { accountLabel } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import type { Account } from './explorer-rows.ts'
import { type Filters, type Level, NO_FILTERS } from './use-explorer.ts'

const t = TEXTS.accounts
const ANY = 'any'
const LEVELS: readonly Level[] = ['tree', 'campaign', 'ad_group', 'ad', 'creative']

function Filter<T extends string>({
  label,
  value,
  all,
  words,
  onChange,
}: {
  label: string
  value: T | null
  all: readonly T[]
  words: Readonly<Record<T, string>>
  onChange: (value: T | null) => void
}) {
  return (
    <Select<string>
      label={label}
      isLabelHidden
      value={value ?? ANY}
      onChange={(next) => onChange(next === ANY ? null : (next as T))}
      options={[
        { value: ANY, label: `${label}: ${t.any}` },
        ...all.map((each) => ({ value: each, label: words[each] })),
      ]}
    />
  )
}

export function ExplorerToolbar({
  accounts,
  filters,
  onChange,
}: {
  accounts: readonly Account[]
  filters: Filters
  onChange: (filters: Filters) => void
}) {
  const set = (more: Partial<Filters>) => onChange({ ...filters, ...more })
  const isFiltered = JSON.stringify({ ...filters, level: 'tree' }) !== JSON.stringify(NO_FILTERS)
  return (
    <div role="search" aria-label={t.filters} className="flex flex-wrap items-center gap-2 px-4 py-2">
      <div className="w-40">
        <TextField
          label={t.filter}
          placeholder={t.filter}
          isLabelHidden
          value={filters.text}
          onChange={(text) => set({ text })}
          maxLength={80}
        />
      </div>
      <Select<Level>
        label={t.show}
        isLabelHidden
        value={filters.level}
        onChange={(level) => set({ level, ...(level === 'ad' || level === 'tree' ? {} : { review: null }) })}
        options={LEVELS.map((each) => ({ value: each, label: t.levels[each] }))}
      />
      {accounts.length > 1 ? (
        <Select<string>
          label={t.account}
          isLabelHidden
          className="w-40"
          value={filters.account ?? ANY}
          onChange={(next) => set({ account: accounts.find((each) => each.account_id === next)?.account_id ?? null })}
          options={[
            { value: ANY, label: `${t.account}: ${t.any}` },
            ...accounts.map((each) => ({ value: each.account_id, label: accountLabel(each) })),
          ]}
        />
      ) : null}
      <Filter
        label={t.status}
        value={filters.status}
        all={ENTITY_STATUSES}
        words={TEXTS.statuses}
        onChange={(status) => set({ status })}
      />
      <Filter
        label={t.delivery}
        value={filters.delivery}
        all={DELIVERIES}
        words={t.deliveries}
        onChange={(delivery) => set({ delivery })}
      />
      {filters.level === 'ad' || filters.level === 'tree' ? (
        <Filter
          label={t.review}
          value={filters.review}
          all={REVIEWS}
          words={t.reviews}
          onChange={(review) => set({ review })}
        />
      ) : null}
      <Button
        aria-pressed={filters.isChangedOutside}
        look={filters.isChangedOutside ? 'primary' : 'plain'}
        onPress={() => set({ isChangedOutside: !filters.isChangedOutside })}
      >
        {t.changedOutside}
      </Button>
      {isFiltered ? (
        <Button look="quiet" onPress={() => onChange({ ...NO_FILTERS, level: filters.level })}>
          {t.clear}
        </Button>
      ) : null}
    </div>
  )
}
