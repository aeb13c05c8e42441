/** Filters and grouping of the list. */
import { CHANGE_KINDS } from '../../../shared/domain/draft.ts'
import { type AccountId, PLATFORMS } from '../../../shared/domain/ids.ts'
import { accountLabel, platformName } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { Select } from '../../ui/field.tsx'
import { type Filters, type Grouping, isAnyFilter, NO_FILTERS } from './filters.ts'

const WORDS = QUEUE_TEXTS.filters
const GROUPS: readonly Grouping[] = ['none', 'account', 'kind']
const ORIGINS = ['agent', 'window', 'loop'] as const

export function FilterBar({
  filters,
  onChange,
  isShown,
}: {
  filters: Filters
  onChange: (filters: Filters) => void
  isShown: boolean
}) {
  const accounts = useRead('list_accounts', {})
  if (!isShown) return null
  const own = (accounts.data?.accounts ?? []).filter(
    (account) => filters.platform === '' || account.platform === filters.platform,
  )
  return (
    <div
      role="group"
      aria-label={WORDS.label}
      className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-4 py-1.5"
    >
      <Select
        isLabelHidden
        label={WORDS.platform}
        value={filters.platform}
        options={[
          { value: '', label: WORDS.anyPlatform },
          ...PLATFORMS.map((value) => ({ value, label: platformName(value) })),
        ]}
        onChange={(platform) => onChange({ ...filters, platform, accountId: '' })}
      />
      {own.length < 2 ? null : (
        <Select<AccountId | ''>
          isLabelHidden
          label={WORDS.account}
          value={filters.accountId}
          options={[
            { value: '', label: WORDS.anyAccount },
            ...own.map((account) => ({ value: account.account_id, label: accountLabel(account) })),
          ]}
          onChange={(accountId) => onChange({ ...filters, accountId })}
          className="max-w-40"
        />
      )}
      <Select
        isLabelHidden
        label={WORDS.kind}
        value={filters.kind}
        options={[
          { value: '', label: WORDS.anyKind },
          ...CHANGE_KINDS.map((value) => ({ value, label: QUEUE_TEXTS.kinds[value] })),
        ]}
        onChange={(kind) => onChange({ ...filters, kind })}
      />
      <Select
        isLabelHidden
        label={WORDS.origin}
        value={filters.origin}
        options={[
          { value: '', label: WORDS.anyOrigin },
          ...ORIGINS.map((value) => ({ value, label: QUEUE_TEXTS.origins[value] })),
        ]}
        onChange={(origin) => onChange({ ...filters, origin })}
      />
      <Select
        label={WORDS.group}
        value={filters.group}
        options={GROUPS.map((value) => ({ value, label: WORDS.groups[value] }))}
        onChange={(group) => onChange({ ...filters, group })}
      />
      {isAnyFilter(filters) ? (
        <Button size="small" look="quiet" onPress={() => onChange({ ...NO_FILTERS, group: filters.group })}>
          {WORDS.clear}
        </Button>
      ) : null}
    </div>
  )
}
