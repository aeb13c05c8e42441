/** Another value for a draft before it is decided: a new version of it, with the original kept. */
import { useState } from 'react'
import { parseStrategy, STRATEGY_TARGETS } from '../../../shared/domain/bid.ts'
import { isMoneyField } from '../../../shared/domain/entity.ts'
import type { DraftView } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { BeforeAfter } from '../../parts/diff.tsx'
import { ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { readMoney, readRatio } from '../../parts/propose-operation.ts'
import { type ChangeView, pathOf, visible } from '../../parts/words.ts'
import { useAct } from '../../queries.ts'
import { go } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

const WORDS = QUEUE_TEXTS.edit

/** The number in a change that can be edited, in wire form; null where there is none. */
function editable(change: ChangeView): { readonly value: string; readonly isMoney: boolean } | null {
  if (change.field === 'status') return null
  if (change.field !== 'bid_strategy') return { value: change.requested, isMoney: isMoneyField(change.field) }
  const [, target] = change.requested.split(':')
  if (target === undefined) return null
  const { strategy } = parseStrategy(change.requested, change.currency)
  return { value: target, isMoney: STRATEGY_TARGETS[strategy].kind === 'money' }
}

/** The wire form of what was typed, or what is wrong with it. */
function parsed(
  text: string,
  change: ChangeView,
  isMoney: boolean,
): { readonly wire: string } | { readonly error: string } {
  const read = isMoney ? readMoney(text, change.currency) : readRatio(text)
  if (read.kind === 'ok') return { wire: read.value }
  return { error: read.kind === 'bad' ? read.problem : TEXTS.propose.amount.empty }
}

interface Line {
  readonly text: string
  readonly isKept: boolean
}

export function EditDialog({ draft, onClose }: { draft: DraftView; onClose: () => void }) {
  const revise = useAct('revise_draft')
  const [note, setNote] = useState('')
  const [lines, setLines] = useState<ReadonlyMap<number, Line>>(
    () => new Map(draft.operations.map((each) => [each.k, { text: editable(each)?.value ?? '', isKept: true }])),
  )
  const put = (k: number, line: Partial<Line>) =>
    setLines((now) => new Map(now).set(k, { text: '', isKept: true, ...now.get(k), ...line }))
  const answers = draft.operations.map((change) => {
    const line = lines.get(change.k) ?? { text: '', isKept: true }
    const own = editable(change)
    const result = own === null ? null : parsed(line.text, change, own.isMoney)
    return { change, line, own, result }
  })
  const kept = answers.filter(({ line }) => line.isKept)
  const values = kept.flatMap(({ change, own, result }) =>
    own !== null && result !== null && 'wire' in result && result.wire !== own.value
      ? [{ k: change.k, new_value: result.wire }]
      : [],
  )
  const isBad = kept.some(({ result }) => result !== null && 'error' in result)
  const leaveOut = answers.filter(({ line }) => !line.isKept).map(({ change }) => change.k)
  const hint =
    kept.length === 0 ? WORDS.nothingLeft : values.length === 0 && leaveOut.length === 0 ? WORDS.unchanged : null
  const save = () =>
    revise.mutate(
      {
        draft_id: draft.draft_id,
        draft_hash: draft.draft_hash,
        values,
        ...(leaveOut.length === 0 ? {} : { leave_out: leaveOut }),
        ...(note.trim() === '' ? {} : { note: note.trim() }),
      },
      {
        onSuccess: (answer) => {
          toast(WORDS.made)
          onClose()
          go('queue', answer.draft.draft_id)
        },
      },
    )
  return (
    <Dialog
      title={WORDS.title}
      onClose={onClose}
      footer={
        <>
          <span className="mr-auto text-xs text-ink-2">{hint}</span>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look="primary" isDisabled={hint !== null || isBad} isPending={revise.isPending} onPress={save}>
            {WORDS.save}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-ink-2">{WORDS.intro}</p>
        {answers.map(({ change, line, own, result }, at) => (
          <div key={change.k} className="flex flex-col gap-2 border-b border-line pb-3 last:border-0">
            <div className="flex items-baseline justify-between gap-3">
              {draft.operations.length > 1 ? (
                <Checkbox isSelected={line.isKept} onChange={(isKept) => put(change.k, { isKept })}>
                  {fill(WORDS.keep, { name: visible(pathOf(change).name) })}
                </Checkbox>
              ) : (
                <Foreign text={pathOf(change).name} className="font-medium" />
              )}
              <BeforeAfter change={change} />
            </div>
            {own === null || !line.isKept ? null : (
              <TextField
                label={fill(WORDS.value, {
                  field: TEXTS.fields[change.field],
                  unit: own.isMoney ? change.currency : TEXTS.propose.ratio,
                })}
                value={line.text}
                onChange={(text) => put(change.k, { text })}
                inputMode="decimal"
                autoFocus={at === 0}
                error={result !== null && 'error' in result ? result.error : null}
              />
            )}
          </div>
        ))}
        <TextField label={WORDS.note} value={note} onChange={setNote} maxLength={500} isMultiline />
        {revise.error === null ? null : <ErrorNotice error={revise.error} />}
      </div>
    </Dialog>
  )
}
