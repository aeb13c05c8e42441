/** A person's own proposal. It becomes a draft like an AI client's and goes through the same limits and the same Confirm. */
import { useEffect, useState } from 'react'
import type { BidStrategy } from '../../shared/domain/bid.ts'
import { isMoneyField } from '../../shared/domain/entity.ts'
import type { ChangeInput, EntityView, OutputOf } from '../../shared/operations.ts'
import { fill } from '../format.ts'
import { useAct, useRead } from '../queries.ts'
import { TEXTS } from '../texts.ts'
import { href } from '../router.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { Dialog, DialogActions } from '../ui/dialog.tsx'
import { Choice, Select, TextField } from '../ui/field.tsx'
import { Notice, SkeletonRows } from '../ui/state.tsx'
import { EntityPicker } from './entity-picker.tsx'
import { ErrorNotice, Foreign, PlatformChip } from './pieces.tsx'
import {
  type EditableField,
  type EntityAnswer,
  type FieldName,
  operationOf,
  type Read,
  readTyped,
  strategyOption,
  titleOf,
} from './propose-operation.ts'
import { ProposePreview } from './propose-preview.tsx'
import { platformOf, typeWord, wireValue } from './words.ts'

const MIN_REASON = 10
const CHECK_AFTER_MS = 350

function useDelayed<T>(value: T, delayMs: number): T {
  const [delayed, setDelayed] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), delayMs)
    return () => clearTimeout(timer)
  }, [value, delayMs])
  return delayed
}

function currencyOf(answer: EntityAnswer, accounts: OutputOf<'list_accounts'> | undefined): string | null {
  return (
    answer.entity.daily_budget?.currency ??
    accounts?.accounts.find((account) => account.account_id === answer.entity.account_id)?.currency ??
    null
  )
}

function Head({ answer }: { answer: EntityAnswer }) {
  return (
    <div>
      <p className="text-xs text-ink-2">
        <PlatformChip platform={platformOf(answer.entity.account_id)} /> ·{' '}
        {typeWord(answer.entity.type, platformOf(answer.entity.account_id))} ·{' '}
        <Foreign text={answer.untrusted.path.slice(0, -1).join(' › ')} />
      </p>
      <p className="text-lg font-semibold">
        <Foreign text={answer.entity.untrusted.name} />
      </p>
    </div>
  )
}

/** Why nothing can be proposed. Two fields often have the same reason: it is said once. */
function NotEditable({ answer, onClose }: { answer: EntityAnswer; onClose: () => void }) {
  const refusals = [...new Set(answer.editable_fields.map((field) => field.refusal))].filter((each) => each !== null)
  return (
    <div className="flex flex-col gap-4">
      <Head answer={answer} />
      <Notice tone="info" title={TEXTS.propose.notEditable}>
        {refusals.length === 0 ? undefined : refusals.map((refusal) => <p key={refusal}>{refusal}</p>)}
      </Notice>
      <div className="flex justify-end">
        <Button onPress={onClose}>{TEXTS.common.close}</Button>
      </div>
    </div>
  )
}

/** Now {value}, or why it cannot be changed. */
function fieldHelp(answer: EntityAnswer, field: EditableField, currency: string): string {
  if (!field.is_editable) return field.refusal ?? TEXTS.propose.notEditable
  if (field.field === 'status')
    return answer.current.status === 'paused' ? TEXTS.propose.enableHelp : TEXTS.propose.pauseHelp
  const value = answer.current[field.field]
  return value === null
    ? TEXTS.fields.noValue
    : fill(TEXTS.propose.budgetHelp, { current: wireValue(field.field, value, currency) })
}

function fieldLabel(answer: EntityAnswer, field: FieldName): string {
  if (field !== 'status') return TEXTS.fields[field]
  return answer.current.status === 'paused' ? TEXTS.propose.enable : TEXTS.propose.pause
}

function canChange(answer: EntityAnswer, field: EditableField, currency: string | null): boolean {
  if (!field.is_editable) return false
  if (field.field === 'status') return answer.current.status === 'enabled' || answer.current.status === 'paused'
  return answer.current[field.field] !== null && currency !== null
}

/** The value's field, with what was understood under it. */
function ValueField({
  label,
  text,
  read,
  isSame,
  isMoney,
  onChange,
}: {
  label: string
  text: string
  read: Read
  isSame: boolean
  isMoney: boolean
  onChange: (text: string) => void
}) {
  const problem = isSame ? TEXTS.propose.same : read.kind === 'bad' ? read.problem : null
  const help =
    read.kind === 'ok'
      ? fill(TEXTS.propose.parsed, { amount: read.shown })
      : isMoney
        ? TEXTS.propose.amount.empty
        : TEXTS.propose.ratioBad
  return (
    <TextField
      label={label}
      value={text}
      onChange={onChange}
      inputMode="decimal"
      error={problem}
      {...(problem === null ? { help } : {})}
    />
  )
}

function StrategyFields({
  field,
  strategy,
  onStrategy,
  children,
}: {
  field: EditableField
  strategy: BidStrategy | null
  onStrategy: (strategy: BidStrategy) => void
  children: React.ReactNode
}) {
  return (
    <div className="flex flex-col gap-3">
      <Select<BidStrategy>
        label={TEXTS.propose.newStrategy}
        value={strategy ?? field.strategies[0]?.strategy ?? 'other'}
        onChange={onStrategy}
        options={field.strategies.map((each) => ({ value: each.strategy, label: TEXTS.strategies[each.strategy] }))}
      />
      {children}
    </div>
  )
}

/** The new value's input, by what the field is counted in. Nothing for a status: there is only one other. */
function NewValue({
  answer,
  field,
  currency,
  form,
}: {
  answer: EntityAnswer
  field: EditableField
  currency: string
  form: ReturnType<typeof useForm>
}) {
  if (field.field === 'status') return null
  const { typed, read, setText, setStrategy } = form
  const before = answer.current[field.field]
  if (field.field === 'bid_strategy') {
    const option = strategyOption(field, typed.strategy)
    const unit = option?.target === 'ratio' ? TEXTS.propose.ratio : currency
    const label = fill(option?.is_target_optional === true ? TEXTS.propose.targetOptional : TEXTS.propose.target, {
      unit,
    })
    return (
      <StrategyFields field={field} strategy={typed.strategy} onStrategy={setStrategy}>
        {option === undefined || option.target === 'none' ? null : (
          <ValueField
            label={label}
            text={typed.text}
            read={read}
            isSame={false}
            isMoney={option.target === 'money'}
            onChange={setText}
          />
        )}
      </StrategyFields>
    )
  }
  const isMoney = isMoneyField(field.field)
  return (
    <ValueField
      label={fill(TEXTS.propose.newValue, { unit: isMoney ? currency : TEXTS.propose.ratio })}
      text={typed.text}
      read={read}
      isSame={read.kind === 'ok' && read.value === before}
      isMoney={isMoney}
      onChange={setText}
    />
  )
}

function useForm(answer: EntityAnswer, currency: string | null, editable: readonly EditableField[]) {
  const first = editable[0]?.field ?? 'status'
  const [field, setField] = useState<FieldName>(first)
  const [text, setText] = useState('')
  const strategies = answer.editable_fields.find((each) => each.field === 'bid_strategy')?.strategies ?? []
  const [strategy, setStrategy] = useState<BidStrategy | null>(strategies[0]?.strategy ?? null)
  const typed = { field, text, strategy }
  const chosen = answer.editable_fields.find((each) => each.field === field)
  const read = readTyped(typed, chosen, currency ?? 'USD')
  return {
    typed,
    read,
    chosen,
    setText,
    setStrategy: (next: BidStrategy) => {
      setStrategy(next)
      setText('')
    },
    setField: (next: FieldName) => {
      setField(next)
      setText('')
    },
    operation: operationOf(answer, typed, read),
  }
}

/** Said before anything is filled in: the core would refuse it in the end. */
function WritesOff({ answer, onClose }: { answer: EntityAnswer; onClose: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <Head answer={answer} />
      <Notice
        tone="info"
        title={TEXTS.propose.writesOffTitle}
        action={<LinkButton href={href('connections')}>{TEXTS.rail.connections}</LinkButton>}
      >
        {TEXTS.propose.writesOff}
      </Notice>
      <div className="flex justify-end">
        <Button onPress={onClose}>{TEXTS.common.close}</Button>
      </div>
    </div>
  )
}

function Form({
  answer,
  currency,
  onClose,
  onMade,
}: {
  answer: EntityAnswer
  currency: string | null
  onClose: () => void
  onMade: (draftId: string) => void
}) {
  const editable = answer.editable_fields.filter((field) => canChange(answer, field, currency))
  const form = useForm(answer, currency, editable)
  const [reason, setReason] = useState('')
  // One key per form: pressing the button twice makes one draft.
  const [key] = useState(() => crypto.randomUUID())
  const propose = useAct('propose_change')
  const { operation } = form
  const asked = operation === null ? '' : JSON.stringify(operation)
  const settled = useDelayed(asked, CHECK_AFTER_MS)
  const settledOperation = settled === '' ? null : (JSON.parse(settled) as ChangeInput)
  if (editable.length === 0) return <NotEditable answer={answer} onClose={onClose} />
  const submit = () => {
    if (operation === null) return
    propose.mutate(
      {
        idempotency_key: key,
        title: titleOf(operation, answer.entity.untrusted.name),
        rationale: reason.trim(),
        operations: [operation],
      },
      { onSuccess: (made) => onMade(made.draft.draft_id) },
    )
  }
  return (
    <div className="flex flex-col gap-4">
      <Head answer={answer} />
      <Choice<FieldName>
        label={TEXTS.propose.kind}
        value={form.typed.field}
        onChange={form.setField}
        options={answer.editable_fields.map((field) => ({
          value: field.field,
          label: fieldLabel(answer, field.field),
          isDisabled: !editable.includes(field),
          help: fieldHelp(answer, field, currency ?? 'USD'),
        }))}
      />
      {form.chosen === undefined ? null : (
        <NewValue answer={answer} field={form.chosen} currency={currency ?? 'USD'} form={form} />
      )}
      <ProposePreview operation={settledOperation} isSettled={settled === asked} />
      <TextField
        label={TEXTS.propose.reason}
        value={reason}
        onChange={setReason}
        isMultiline
        maxLength={1_000}
        help={TEXTS.propose.reasonHelp}
      />
      {propose.error === null ? null : <ErrorNotice error={propose.error} />}
      <DialogActions>
        <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
        <Button
          look="primary"
          onPress={submit}
          isPending={propose.isPending}
          isDisabled={operation === null || reason.trim().length < MIN_REASON}
        >
          {TEXTS.propose.submit}
        </Button>
      </DialogActions>
    </div>
  )
}

export function ProposeDialog({
  entity,
  onClose,
  onMade,
}: {
  /** null lets the person choose. */
  entity: EntityView['entity_id'] | null
  onClose: () => void
  onMade: (draftId: string) => void
}) {
  const [chosen, setChosen] = useState(entity)
  const accounts = useRead('list_accounts', {})
  const answer = useRead('get_entity', { entity_id: chosen ?? '' }, { isEnabled: chosen !== null })
  const account = accounts.data?.accounts.find((each) => each.account_id === answer.data?.entity.account_id)
  const isOff = account?.writes_allowed === false
  return (
    <Dialog title={TEXTS.propose.title} onClose={onClose}>
      {chosen === null ? <EntityPicker onPick={setChosen} /> : null}
      {chosen !== null && answer.isPending ? <SkeletonRows rows={8} height={40} label={TEXTS.common.loading} /> : null}
      {chosen !== null && answer.isError ? (
        <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />
      ) : null}
      {chosen !== null && answer.data !== undefined && accounts.data !== undefined && isOff ? (
        <WritesOff answer={answer.data} onClose={onClose} />
      ) : null}
      {chosen !== null && answer.data !== undefined && accounts.data !== undefined && !isOff ? (
        <Form
          key={answer.data.entity.entity_id}
          answer={answer.data}
          currency={currencyOf(answer.data, accounts.data)}
          onClose={onClose}
          onMade={onMade}
        />
      ) : null}
    </Dialog>
  )
}
