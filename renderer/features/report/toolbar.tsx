/** What the report counts, over which days, against what, and in which money. */
import type { AccountId, Platform } from '../../../shared/domain/ids.ts'
import { ATTRIBUTIONS, type Attribution } from '../../../shared/domain/attribution.ts'
import { PLATFORMS } from '../../../shared/domain/ids.ts'
import { day, fill, plural } from '../../format.ts'
import { Dates } from '../../parts/dates.tsx'
import { Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { useRead } from '../../queries.ts'
import { COMPARES, type Compare, MAX_ACCOUNTS, type ReportChoices } from '../../report-choices.ts'
import { setReport } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Select } from '../../ui/field.tsx'
import { Popover } from '../../ui/popover.tsx'
import type { Scope, Tab } from './scope.ts'
import { ViewsPopover } from './views-popover.tsx'

const t = REPORT_TEXTS

const toggled = <T,>(all: readonly T[], one: T, isOn: boolean): readonly T[] =>
  isOn ? [...all.filter((each) => each !== one), one] : all.filter((each) => each !== one)

function filterText({ platforms, accounts }: ReportChoices): string {
  if (platforms.length === 0 && accounts.length === 0) return t.filter.all
  const words = [
    ...platforms.map((platform) => TEXTS.platforms[platform]),
    ...(accounts.length === 0 ? [] : [plural(t.filter.accounts, accounts.length)]),
  ]
  return words.join(', ')
}

function Filter({ scope }: { scope: Scope }) {
  const { choices, accounts } = scope
  const present = PLATFORMS.filter((platform) => accounts.some((account) => account.platform === platform))
  const setPlatform = (platform: Platform, isOn: boolean) =>
    setReport({ platforms: toggled(choices.platforms, platform, isOn) })
  const setAccount = (account: AccountId, isOn: boolean) =>
    setReport({ accounts: toggled(choices.accounts, account, isOn).slice(0, MAX_ACCOUNTS) })
  const isFiltered = choices.platforms.length > 0 || choices.accounts.length > 0
  return (
    <Popover label={t.filter.label} text={filterText(choices)} isMarked={isFiltered}>
      <fieldset>
        <legend className="mb-1 font-medium">{t.filter.platforms}</legend>
        {present.map((platform) => (
          <Checkbox
            key={platform}
            isSelected={choices.platforms.includes(platform)}
            onChange={(isOn) => setPlatform(platform, isOn)}
          >
            <PlatformChip platform={platform} />
          </Checkbox>
        ))}
      </fieldset>
      <fieldset className="min-w-0">
        <legend className="mb-1 font-medium">{t.filter.accountsTitle}</legend>
        {accounts.map((account) => (
          <Checkbox
            key={account.account_id}
            isSelected={choices.accounts.includes(account.account_id)}
            isDisabled={!choices.accounts.includes(account.account_id) && choices.accounts.length >= MAX_ACCOUNTS}
            onChange={(isOn) => setAccount(account.account_id, isOn)}
          >
            <span className="w-20 shrink-0">
              <PlatformChip platform={account.platform} />
            </span>
            <Foreign text={account.untrusted.name} className="min-w-0 flex-1 truncate" />
            <span className="text-xs text-ink-2">{account.currency}</span>
          </Checkbox>
        ))}
      </fieldset>
      <p className="text-xs text-ink-2">{t.filter.help}</p>
      <Button isDisabled={!isFiltered} onPress={() => setReport({ platforms: [], accounts: [] })}>
        {t.filter.clear}
      </Button>
    </Popover>
  )
}

const EACH = ''
function Currency({ scope }: { scope: Scope }) {
  const rates = useRead('get_exchange_rates', {})
  const own = [...new Set(scope.accounts.map((account) => account.currency))]
  const known = rates.data?.currencies ?? []
  const others = known.filter((each) => !own.includes(each))
  const { first_date: first = null, last_date: last = null, source = null } = rates.data ?? {}
  return (
    <span
      title={
        last === null || source === null
          ? ''
          : fill(t.rates.source[source], { first: day(first ?? last), last: day(last) })
      }
    >
      <Select
        label={t.currency.label}
        isLabelHidden
        value={scope.choices.currency ?? EACH}
        onChange={(value) => setReport({ currency: value === EACH ? null : value })}
        options={[
          { value: EACH, label: t.currency.each },
          ...[...own.filter((each) => known.includes(each)), ...others].map((value) => ({
            value,
            label: fill(t.currency.all, { currency: value }),
          })),
        ]}
      />
    </span>
  )
}

export function Toolbar({ scope, tab }: { scope: Scope; tab: Tab }) {
  return (
    <div role="group" aria-label={t.controls} className="flex flex-wrap items-center gap-2 px-4 pt-3">
      <Dates />
      {tab === 'report' ? (
        <Select<Compare>
          label={t.compare.label}
          isLabelHidden
          value={scope.choices.compare}
          onChange={(compare) => setReport({ compare })}
          options={COMPARES.map((value) => ({ value, label: t.compare[value] }))}
        />
      ) : null}
      {tab === 'orders' ? null : (
        <Select<Attribution>
          label={t.attribution}
          isLabelHidden
          value={scope.choices.attribution}
          onChange={(attribution) => setReport({ attribution })}
          options={ATTRIBUTIONS.map((value) => ({ value, label: t.attributions[value] }))}
        />
      )}
      <Currency scope={scope} />
      <Filter scope={scope} />
      <span className="ml-auto">
        <ViewsPopover />
      </span>
    </div>
  )
}
