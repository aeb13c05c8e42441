/** A person's own proposal. It becomes a draft like an AI client's and goes through the same limits and the same Confirm. */
import { useEffect, useState } from 'react'
import type { ChangeInput, EntityView, OutputOf } from '../../shared/operations.ts'
import { fill, money, plural } from '../format.ts'
import { type ParsedAmount, parseAmount } from '../money-input.ts'
import { useAct, useRead } from '../queries.ts'
import { TEXTS } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Choice, TextField } from '../ui/field.tsx'
import { Notice, SkeletonRows } from '../ui/state.tsx'
import { BeforeAfter, EnvelopeBars } from './diff.tsx'
import { EntityPicker } from './entity-picker.tsx'
import { ErrorNotice, Foreign, PolicyChip, RuleList } from './pieces.tsx'
import { movementText, visible } from './words.ts'

type EntityAnswer = OutputOf<'get_entity'>
type Kind = 'set_budget' | 'set_status'
const MIN_REASON = 10
const CHECK_AFTER_MS = 350

/** What is wrong with a typed amount, in words; null when it can be used. */
export function amountProblem(parsed: ParsedAmount, currency: string): string | null {
  const t = TEXTS.propose.amount
  if (parsed.kind === 'ambiguous')
    return fill(t.ambiguous, {
      thousands: money({ amount: parsed.asThousands, currency }),
      decimals: money({ amount: parsed.asDecimals, currency }),
    })
  if (parsed.kind === 'too_many_decimals') return plural(t.decimals, parsed.decimals)
  return parsed.kind === 'not_an_amount' ? fill(t.bad, { example: '120.50' }) : null
}

function amountHelp(parsed: ParsedAmount, currency: string | null): string {
  return parsed.kind === 'ok' && currency !== null
    ? fill(TEXTS.propose.parsed, { amount: money({ amount: parsed.decimal, currency }) })
    : TEXTS.propose.amount.empty
}

function parse(text: string, currency: string): ParsedAmount {
  try {
    return parseAmount(text, currency, navigator.language)
  } catch {
    return { kind: 'not_an_amount' } // a currency this version does not know
  }
}

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

function Preview({ operation, isSettled }: { operation: ChangeInput | null; isSettled: boolean }) {
  const check = useRead(
    'check_change',
    { operations: operation === null ? [] : [operation] },
    { isEnabled: operation !== null, keepsPrevious: true },
  )
  const change = check.data?.operations[0]
  return (
    <section
      aria-label={TEXTS.propose.check}
      aria-live="polite"
      className="rounded-lg border border-line bg-sunken px-3 py-2.5"
    >
      <h3 className="mb-1 text-xs font-medium text-ink-2">{TEXTS.propose.check}</h3>
      {operation === null ? <p className="text-ink-2">{TEXTS.propose.checkHint}</p> : null}
      {operation !== null && (check.isFetching || !isSettled) && change === undefined ? (
        <p className="text-ink-2">{TEXTS.propose.checking}</p>
      ) : null}
      {operation !== null && check.isError ? <ErrorNotice error={check.error} /> : null}
      {operation === null || check.isError || check.data === undefined || change === undefined ? null : (
        <div className="flex flex-col gap-2">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <BeforeAfter change={change} />
            <PolicyChip policy={check.data.policy} />
          </div>
          <p className="num text-ink-2">
            {movementText(check.data.net_daily_movement)} · {TEXTS.diff[change.takes_effect]}
          </p>
          <RuleList policy={check.data.policy} />
          <EnvelopeBars envelope={check.data.envelope} />
          {check.data.warnings.map((warning) => (
            <p key={warning} className="text-warn">
              {visible(warning)}
            </p>
          ))}
        </div>
      )}
    </section>
  )
}

function titleOf(operation: ChangeInput, name: string): string {
  const t = TEXTS.propose
  const template =
    operation.kind === 'set_budget' ? t.titleBudget : operation.new_status === 'paused' ? t.titlePause : t.titleEnable
  return fill(template, { name: visible(name) }).slice(0, 120)
}

function Head({ answer }: { answer: EntityAnswer }) {
  return (
    <div>
      <p className="text-xs text-ink-2">
        {TEXTS.entityTypes[answer.entity.type]} · <Foreign text={answer.untrusted.path.slice(0, -1).join(' › ')} />
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
  const { entity, current } = answer
  const canEdit = (field: 'daily_budget' | 'status') => answer.editable_fields.find((each) => each.field === field)
  const budgetField = canEdit('daily_budget')
  const statusField = canEdit('status')
  const canBudget = budgetField?.is_editable === true && current.daily_budget !== null && currency !== null
  const canStatus = statusField?.is_editable === true && (current.status === 'enabled' || current.status === 'paused')
  const [kind, setKind] = useState<Kind>(canBudget ? 'set_budget' : 'set_status')
  const [text, setText] = useState('')
  const [reason, setReason] = useState('')
  // One key per form: pressing the button twice makes one draft.
  const [key] = useState(() => crypto.randomUUID())
  const propose = useAct('propose_change')
  const parsed = parse(text, currency ?? 'USD')
  const isSame = parsed.kind === 'ok' && parsed.decimal === current.daily_budget
  const operation = operationOf(kind, answer, parsed, isSame)
  const settled = useDelayed(operation === null ? '' : JSON.stringify(operation), CHECK_AFTER_MS)
  const settledOperation = settled === '' ? null : (JSON.parse(settled) as ChangeInput)
  const problem = isSame ? TEXTS.propose.same : amountProblem(parsed, currency ?? 'USD')
  const submit = () => {
    if (operation === null) return
    propose.mutate(
      {
        idempotency_key: key,
        title: titleOf(operation, entity.untrusted.name),
        rationale: reason.trim(),
        operations: [operation],
      },
      { onSuccess: (made) => onMade(made.draft.draft_id) },
    )
  }
  if (!canBudget && !canStatus) return <NotEditable answer={answer} onClose={onClose} />
  const isPaused = current.status === 'paused'
  return (
    <div className="flex flex-col gap-4">
      <Head answer={answer} />
      <Choice<Kind>
        label={TEXTS.propose.kind}
        value={kind}
        onChange={setKind}
        options={[
          {
            value: 'set_budget',
            label: TEXTS.propose.budget,
            isDisabled: !canBudget,
            help:
              canBudget && current.daily_budget !== null
                ? fill(TEXTS.propose.budgetHelp, { current: money({ amount: current.daily_budget, currency }) })
                : (budgetField?.refusal ?? TEXTS.accounts.budgetNone),
          },
          {
            value: 'set_status',
            label: isPaused ? TEXTS.propose.enable : TEXTS.propose.pause,
            isDisabled: !canStatus,
            help: canStatus
              ? isPaused
                ? TEXTS.propose.enableHelp
                : TEXTS.propose.pauseHelp
              : (statusField?.refusal ?? TEXTS.propose.notEditable),
          },
        ]}
      />
      {kind === 'set_budget' ? (
        <TextField
          label={fill(TEXTS.propose.newBudget, { currency: currency ?? '' })}
          value={text}
          onChange={setText}
          inputMode="decimal"
          error={problem}
          {...(problem === null ? { help: amountHelp(parsed, currency) } : {})}
        />
      ) : null}
      <Preview
        operation={settledOperation}
        isSettled={settled === (operation === null ? '' : JSON.stringify(operation))}
      />
      <TextField
        label={TEXTS.propose.reason}
        value={reason}
        onChange={setReason}
        isMultiline
        maxLength={1_000}
        help={TEXTS.propose.reasonHelp}
      />
      {propose.error === null ? null : <ErrorNotice error={propose.error} />}
      {/* Always in sight, however long the form is. */}
      <div className="sticky -bottom-3 -mx-5 -mb-3 flex justify-end gap-2 border-t border-line bg-raised px-5 py-3">
        <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
        <Button
          look="primary"
          onPress={submit}
          isPending={propose.isPending}
          isDisabled={operation === null || reason.trim().length < MIN_REASON}
        >
          {TEXTS.propose.submit}
        </Button>
      </div>
    </div>
  )
}

function operationOf(kind: Kind, answer: EntityAnswer, parsed: ParsedAmount, isSame: boolean): ChangeInput | null {
  const { entity, current } = answer
  if (kind === 'set_status') {
    if (current.status !== 'enabled' && current.status !== 'paused') return null
    return {
      kind,
      entity_id: entity.entity_id,
      expected_current: current.status,
      new_status: current.status === 'paused' ? 'enabled' : 'paused',
    }
  }
  if (parsed.kind !== 'ok' || isSame || current.daily_budget === null) return null
  return {
    kind,
    entity_id: entity.entity_id,
    budget: 'daily',
    expected_current: current.daily_budget,
    new_value: parsed.decimal,
  }
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
  return (
    <Dialog title={TEXTS.propose.title} onClose={onClose}>
      {chosen === null ? <EntityPicker onPick={setChosen} /> : null}
      {chosen !== null && answer.isPending ? <SkeletonRows rows={8} height={40} label={TEXTS.common.loading} /> : null}
      {chosen !== null && answer.isError ? (
        <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />
      ) : null}
      {chosen !== null && answer.data !== undefined && accounts.data !== undefined ? (
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
