/** What Confirm asks for: a factor of the owner's, and a second person. Asking for less needs the passphrase where there is one. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct, useRead } from '../../queries.ts'
import { SIGN_OFF_TEXTS } from '../../texts-sign-off.ts'
import { Button } from '../../ui/button.tsx'
import { Choice, Switch, TextField } from '../../ui/field.tsx'
import { Section } from '../../ui/screen.tsx'
import { Notice, SkeletonRows } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import { OwnerDialog, PassphraseDialog } from './sign-off-dialogs.tsx'
import { ReviewersSection } from './sign-off-reviewers.tsx'

type Settings = OutputOf<'get_sign_off_settings'>
type Factor = Settings['confirm_factor']
type Rule = Settings['second_person']
const { factor: f, rule: r, passphrase: p } = SIGN_OFF_TEXTS
const MAX_UNITS = 1_000_000_000
/** From the weakest to the strongest, as the core sees it. */
const STRENGTH: Readonly<Record<Factor, number>> = { click: 0, os_prompt: 1, passphrase: 2 }

function FactorSection({ settings }: { settings: Settings }) {
  const save = useAct('set_sign_off_settings')
  const [weaker, setWeaker] = useState<Factor | null>(null)
  const set = (factor: Factor, owner: { passphrase?: string } = {}): void =>
    save.mutate(
      { confirm_factor: factor, ...owner },
      {
        onSuccess: () => {
          setWeaker(null)
          toast(f.done)
        },
      },
    )
  const choose = (factor: Factor): void => {
    save.reset()
    if (STRENGTH[factor] < STRENGTH[settings.confirm_factor]) setWeaker(factor)
    else set(factor)
  }
  return (
    <Section title={f.title} text={f.text}>
      <Choice
        label={f.label}
        value={settings.confirm_factor}
        onChange={choose}
        options={settings.factors.map(({ factor, is_available, why_not }) => ({
          value: factor,
          label: f.names[factor],
          help: why_not ?? f.help[factor],
          isDisabled: !is_available,
        }))}
      />
      {settings.effective_factor === settings.confirm_factor ? null : (
        <Notice tone="info" title={f.browser}>
          {f.browserText}
        </Notice>
      )}
      {save.error === null || weaker !== null ? null : <ErrorNotice error={save.error} />}
      {weaker === null ? null : (
        <OwnerDialog
          title={f.ask}
          confirm={SIGN_OFF_TEXTS.owner.confirm}
          look="danger"
          hasPassphrase={settings.has_passphrase}
          isPending={save.isPending}
          error={save.error}
          onClose={() => setWeaker(null)}
          onConfirm={(owner) => set(weaker, owner)}
        >
          <p>{fill(f.askText, { factor: f.names[weaker] })}</p>
        </OwnerDialog>
      )}
    </Section>
  )
}

/** Off, or holding for fewer drafts than before. */
function isWeaker(before: Rule, after: Rule): boolean {
  return before.is_on && (!after.is_on || (after.above_units ?? 0) > (before.above_units ?? 0))
}

function unitsOf(text: string): number | null {
  const units = /^\d{1,10}$/.test(text.trim()) ? Number(text.trim()) : 0
  return units >= 1 && units <= MAX_UNITS ? units : null
}

function RuleSection({ settings }: { settings: Settings }) {
  const { second_person: saved, has_passphrase } = settings
  const save = useAct('set_sign_off_settings')
  const reviewers = useRead('list_reviewers', {})
  const [isOn, setIsOn] = useState(saved.is_on)
  const [scope, setScope] = useState<'every' | 'above'>(saved.above_units === null ? 'every' : 'above')
  const [amount, setAmount] = useState(saved.above_units === null ? '' : String(saved.above_units))
  const [isAsking, setIsAsking] = useState(false)
  const units = scope === 'every' ? null : unitsOf(amount)
  const isValid = scope === 'every' || units !== null
  const rule: Rule = { is_on: isOn, above_units: units }
  const isChanged = rule.is_on !== saved.is_on || rule.above_units !== saved.above_units
  const set = (owner: { passphrase?: string }): void =>
    save.mutate(
      { second_person: rule, ...owner },
      {
        onSuccess: () => {
          setIsAsking(false)
          toast(r.done)
        },
      },
    )
  const hasNobody = saved.is_on && reviewers.data?.reviewers.every((each) => each.removed_at !== null) === true
  return (
    <Section title={r.title} text={r.text}>
      <p className="text-ink-2">{r.honest}</p>
      {hasNobody ? (
        <Notice tone="warn" title={r.nobody}>
          {r.nobodyText}
        </Notice>
      ) : null}
      <Switch label={r.label} text={isOn ? r.on : r.off} isSelected={isOn} onChange={setIsOn} />
      {isOn ? (
        <Choice
          label={r.scope}
          value={scope}
          onChange={setScope}
          options={[
            { value: 'every', label: r.every },
            { value: 'above', label: r.above, help: r.aboveHelp },
          ]}
        />
      ) : null}
      {isOn && scope === 'above' ? (
        <div className="max-w-72">
          <TextField
            label={r.amount}
            help={r.amountHelp}
            value={amount}
            onChange={setAmount}
            inputMode="numeric"
            maxLength={10}
            error={amount !== '' && units === null ? r.amountError : null}
          />
        </div>
      ) : null}
      <div>
        <Button
          look="primary"
          isDisabled={!isChanged || !isValid}
          isPending={save.isPending && !isAsking}
          onPress={() => {
            save.reset()
            if (isWeaker(saved, rule)) setIsAsking(true)
            else set({})
          }}
        >
          {r.save}
        </Button>
      </div>
      {save.error === null || isAsking ? null : <ErrorNotice error={save.error} />}
      {isAsking ? (
        <OwnerDialog
          title={r.ask}
          confirm={SIGN_OFF_TEXTS.owner.confirm}
          look="danger"
          hasPassphrase={has_passphrase}
          isPending={save.isPending}
          error={save.error}
          onClose={() => setIsAsking(false)}
          onConfirm={set}
        >
          <p>{r.askText}</p>
        </OwnerDialog>
      ) : null}
    </Section>
  )
}

function PassphraseSection({ settings }: { settings: Settings }) {
  const [isOpen, setIsOpen] = useState(false)
  const { has_passphrase: has, passphrase_why_not: whyNot } = settings
  return (
    <Section
      title={p.title}
      text={[has ? p.set : p.unset, whyNot].filter((words) => words !== null).join(' ')}
      action={
        <Button isDisabled={whyNot !== null} onPress={() => setIsOpen(true)}>
          {has ? p.changeAction : p.setAction}
        </Button>
      }
    >
      {isOpen ? <PassphraseDialog hasPassphrase={has} onClose={() => setIsOpen(false)} /> : null}
    </Section>
  )
}

/** All of it: the factor, the rule, the reviewers and the passphrase. */
export function SignOffSection() {
  const settings = useRead('get_sign_off_settings', {})
  const { data } = settings
  if (data === undefined)
    return settings.isError ? (
      <ErrorNotice title={SIGN_OFF_TEXTS.failed} error={settings.error} onRetry={() => void settings.refetch()} />
    ) : (
      <SkeletonRows rows={4} label={SIGN_OFF_TEXTS.loading} />
    )
  const { is_on, above_units } = data.second_person
  return (
    <div className="flex flex-col gap-8">
      <FactorSection settings={data} />
      {/* What was saved elsewhere starts the form anew. */}
      <RuleSection key={`${is_on} ${above_units}`} settings={data} />
      <ReviewersSection hasPassphrase={data.has_passphrase} />
      <PassphraseSection settings={data} />
    </div>
  )
}
