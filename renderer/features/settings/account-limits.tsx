/** Limits that single accounts have of their own: exact, in the account's currency. */
import { useState } from 'react'
import type { QuietWindowView } from '../../../shared/schemas/policy.ts'
import { fill, plural } from '../../format.ts'
import { accountLabel } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { SETTINGS_TEXTS } from '../../texts-settings.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Section } from '../../ui/screen.tsx'
import { AccountPicker } from './account-picker.tsx'
import { LimitField } from './limit-fields.tsx'
import {
  BOUNDS,
  type FormState,
  inheritedText,
  OWN_FIELDS,
  type OwnFieldName,
  type OwnLimits,
  parseField,
  quietError,
} from './limits-form.ts'
import { QuietHours } from './quiet-hours.tsx'

const { accounts: t } = SETTINGS_TEXTS

/** What the dialog holds: text, or null for "no such limit here". Empty is as for all accounts. */
type Texts = Partial<Record<OwnFieldName, string | null>>

function textsOf({ account_id: _id, currency: _currency, quiet_hours: _quiet, ...rest }: OwnLimits): Texts {
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value === null ? null : String(value)]))
}

/** What the texts stand for; null while one of them is wrong. */
function ownLimitsFrom(
  { account_id, currency }: Pick<OwnLimits, 'account_id' | 'currency'>,
  texts: Texts,
  quiet: readonly QuietWindowView[] | null,
): OwnLimits | null {
  const own: Record<string, unknown> = { account_id, currency }
  for (const name of OWN_FIELDS) {
    const text = texts[name]
    if (text === undefined || text?.trim() === '') continue
    const parsed = text === null ? { value: null } : parseField(name, text, currency)
    if ('error' in parsed) return null
    own[name] = parsed.value
  }
  if (quiet?.some((window) => quietError(window) !== null) === true) return null
  return { ...own, ...(quiet === null ? {} : { quiet_hours: quiet }) } as OwnLimits
}

function OwnDialog({
  own,
  name,
  everywhere,
  onDone,
  onClose,
}: {
  own: OwnLimits
  name: string
  everywhere: FormState['texts']
  onDone: (own: OwnLimits) => void
  onClose: () => void
}) {
  const [texts, setTexts] = useState(() => textsOf(own))
  const [quiet, setQuiet] = useState<readonly QuietWindowView[] | null>(own.quiet_hours ?? null)
  const next = ownLimitsFrom(own, texts, quiet)
  const set = (field: OwnFieldName, value: string | null): void => setTexts((before) => ({ ...before, [field]: value }))
  return (
    <Dialog
      title={fill(t.dialog, { name })}
      width="roomy"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look="primary" isDisabled={next === null} onPress={() => (next === null ? undefined : onDone(next))}>
            {t.done}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-ink-2">{fill(t.dialogText, { currency: own.currency })}</p>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        {OWN_FIELDS.map((field) => (
          <div key={field} className="flex flex-col gap-1">
            <LimitField
              name={field}
              value={texts[field] ?? ''}
              onChange={(value) => set(field, value)}
              inherited={inheritedText(field, everywhere[field], own.currency)}
              isDisabled={texts[field] === null}
              currency={own.currency}
            />
            {BOUNDS.includes(field) ? (
              <Checkbox isSelected={texts[field] === null} onChange={(isOff) => set(field, isOff ? null : '')}>
                {t.off}
              </Checkbox>
            ) : null}
          </div>
        ))}
      </div>
      <div className="mt-4 flex flex-col gap-2">
        <Checkbox isSelected={quiet !== null} onChange={(isOwn) => setQuiet(isOwn ? [] : null)}>
          {t.ownQuiet}
        </Checkbox>
        {quiet === null ? null : <QuietHours windows={quiet} onChange={setQuiet} />}
      </div>
    </Dialog>
  )
}

/** Everything but whose they are. */
const countOf = (own: OwnLimits): number => Object.keys(own).length - 2

export function AccountLimits({
  accounts,
  everywhere,
  onChange,
}: {
  accounts: readonly OwnLimits[]
  /** What holds for all accounts, as it is typed now. */
  everywhere: FormState['texts']
  onChange: (accounts: OwnLimits[]) => void
}) {
  const known = useRead('list_accounts', {}).data?.accounts ?? []
  const [isPicking, setIsPicking] = useState(false)
  const [editing, setEditing] = useState<OwnLimits | null>(null)
  const nameOf = (id: string): string => {
    const account = known.find((each) => each.account_id === id)
    return account === undefined ? id : accountLabel(account)
  }
  const done = (own: OwnLimits): void => {
    setEditing(null)
    const others = accounts.filter((each) => each.account_id !== own.account_id)
    // An account without a limit of its own has none to be listed.
    onChange(countOf(own) === 0 ? others : [...others, own].toSorted((a, b) => (a.account_id < b.account_id ? -1 : 1)))
  }
  return (
    <Section title={t.title} text={t.text}>
      {accounts.length === 0 ? (
        <p className="text-ink-2">{t.none}</p>
      ) : (
        <ul aria-label={t.title} className="divide-y divide-line rounded-md border border-line">
          {accounts.map((own) => {
            const name = nameOf(own.account_id)
            return (
              <li key={own.account_id} className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1">
                <span className="foreign">{name}</span>
                <span className="text-ink-2">
                  {plural(t.count, countOf(own))} · {own.currency}
                </span>
                <span className="ml-auto flex gap-2">
                  <Button size="small" aria-label={fill(t.editFor, { name })} onPress={() => setEditing(own)}>
                    {t.edit}
                  </Button>
                  <Button
                    size="small"
                    look="quiet"
                    aria-label={fill(t.removeFor, { name })}
                    onPress={() => onChange(accounts.filter((each) => each.account_id !== own.account_id))}
                  >
                    {t.remove}
                  </Button>
                </span>
              </li>
            )
          })}
        </ul>
      )}
      <div>
        <Button icon="plus" onPress={() => setIsPicking(true)}>
          {t.add}
        </Button>
      </div>
      {isPicking ? (
        <Dialog title={t.add} onClose={() => setIsPicking(false)}>
          <AccountPicker
            label={t.pick}
            without={accounts.map((each) => each.account_id)}
            onPick={({ account_id, currency }) => {
              setIsPicking(false)
              setEditing({ account_id, currency })
            }}
          />
        </Dialog>
      ) : null}
      {editing === null ? null : (
        <OwnDialog
          key={editing.account_id}
          own={editing}
          name={nameOf(editing.account_id)}
          everywhere={everywhere}
          onDone={done}
          onClose={() => setEditing(null)}
        />
      )}
    </Section>
  )
}
