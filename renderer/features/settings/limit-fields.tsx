/** The limits that are one number each, with their units and what is wrong beside them. */
import { currencyScale } from '../../../shared/domain/money.ts'
import { fill, money } from '../../format.ts'
import { useRead } from '../../queries.ts'
import { SETTINGS_TEXTS as t } from '../../texts-settings.ts'
import { TextField } from '../../ui/field.tsx'
import { Section } from '../../ui/screen.tsx'
import { type FieldName, type FormState, GROUPS, parseField } from './limits-form.ts'

const MAX_CURRENCIES = 6

export function LimitField({
  name,
  value,
  onChange,
  currency,
  inherited,
  isDisabled = false,
}: {
  name: FieldName
  value: string
  onChange: (value: string) => void
  /** Of an account's own limit. */
  currency?: string
  /** What holds for all accounts, which empty means; only given for an account's own limit. */
  inherited?: string
  isDisabled?: boolean
}) {
  const { label, unit, help } = t.fields[name]
  const parsed = inherited !== undefined && value.trim() === '' ? { value: null } : parseField(name, value, currency)
  const shown = currency === undefined ? unit : unit.replace('units', currency)
  const words = [shown, help].filter((each) => each !== '').join(' · ')
  return (
    <TextField
      label={label}
      value={value}
      onChange={onChange}
      inputMode="decimal"
      maxLength={20}
      isDisabled={isDisabled}
      placeholder={inherited ?? ''}
      error={'error' in parsed ? parsed.error : null}
      {...(words === '' ? {} : { help: words })}
    />
  )
}

/** What a unit is in the accounts that are connected. */
function Units() {
  const accounts = useRead('list_accounts', {})
  const currencies = [...new Set((accounts.data?.accounts ?? []).map((each) => each.currency))].slice(0, MAX_CURRENCIES)
  const list = currencies.flatMap((currency) => {
    try {
      return money({ amount: String(currencyScale(currency)), currency })
    } catch {
      return [] // a currency this version does not know: nothing can be changed in its accounts anyway
    }
  })
  return (
    <p className="text-ink-2">
      {t.unitsTitle} {list.length === 0 ? null : fill(t.unitsText, { list: list.join(' · ') })}
    </p>
  )
}

export function LimitFields({
  form,
  onChange,
}: {
  form: FormState
  onChange: (name: FieldName, value: string) => void
}) {
  return (
    <>
      <Units />
      {GROUPS.map(({ group, fields }) => (
        <Section key={group} title={t.groups[group]} text={t.groups[`${group}Text`]}>
          <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2 lg:grid-cols-4">
            {fields.map((name) => (
              <LimitField key={name} name={name} value={form.texts[name]} onChange={(value) => onChange(name, value)} />
            ))}
          </div>
        </Section>
      ))}
    </>
  )
}
