/** Undo and completion as new drafts. Where somebody changed a value since, the person chooses before anything is proposed. */
import { useState } from 'react'
import type { DraftView, OutputOf } from '../../../shared/operations.ts'
import { plural } from '../../format.ts'
import { ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { wireValue } from '../../parts/words.ts'
import { useAct } from '../../queries.ts'
import { go } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'

type Plan = OutputOf<'propose_undo'>['plan']
type Choice = 'leave' | 'overwrite'
const WORDS = QUEUE_TEXTS.followUp

function PlanTable({ plan }: { plan: Plan }) {
  return (
    <div className="relative overflow-x-auto rounded-md border border-line">
      <table className="w-full text-left">
        <thead className="text-xs text-ink-2">
          <tr className="border-b border-line">
            <th scope="col" className="px-3 py-1 font-medium">
              {QUEUE_TEXTS.columns.change}
            </th>
            {([WORDS.before, WORDS.ours, WORDS.now] as const).map((label) => (
              <th key={label} scope="col" className="px-3 py-1 font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.map((step) => (
            <tr key={step.k} className="border-b border-line last:border-0">
              <td className="px-3 py-1.5">
                <Foreign text={step.untrusted.path.at(-1) ?? step.entity_id} />
                <span className="block text-xs text-ink-2">
                  {TEXTS.fields[step.field]} · {WORDS.states[step.state]}
                </span>
              </td>
              {([step.before, step.ours, step.now] as const).map((value, at) => (
                <td
                  // Three fixed columns: before, applied, now.
                  // oxlint-disable-next-line react/no-array-index-key
                  key={at}
                  className={`num px-3 py-1.5 ${at === 2 && step.state === 'conflict' ? 'font-semibold text-warn' : ''}`}
                >
                  {wireValue(step.field, value, step.currency)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function FollowUpButton({ draft, kind, count }: { draft: DraftView; kind: 'undo' | 'repair'; count: number }) {
  const act = useAct(kind === 'undo' ? 'propose_undo' : 'propose_repair')
  const [plan, setPlan] = useState<Plan | null>(null)
  const run = (conflicts?: Choice) =>
    act.mutate(
      { draft_id: draft.draft_id, ...(conflicts === undefined ? {} : { conflicts }) },
      {
        onSuccess: (answer) => {
          if (answer.draft === null) return setPlan(answer.plan)
          setPlan(null)
          toast(kind === 'undo' ? WORDS.undoMade : WORDS.repairMade)
          go('queue', answer.draft.draft_id)
          return undefined
        },
      },
    )
  const hasConflict = plan?.some((step) => step.state === 'conflict') ?? false
  const label = kind === 'repair' ? plural(WORDS.repair, count) : count > 1 ? plural(WORDS.undoAll, count) : WORDS.undo
  return (
    <div className="flex flex-col gap-2">
      <div>
        <Button icon={kind === 'undo' ? 'undo' : 'sync'} isPending={act.isPending} onPress={() => run()}>
          {act.isPending ? WORDS.reading : label}
        </Button>
      </div>
      {act.error === null || hasConflict ? null : <ErrorNotice error={act.error} />}
      {plan !== null && !hasConflict ? <Notice tone="info" title={WORDS.nothing} /> : null}
      {hasConflict && plan !== null ? (
        <Dialog
          title={WORDS.conflictTitle}
          width="roomy"
          onClose={() => setPlan(null)}
          footer={
            <>
              <Button onPress={() => setPlan(null)}>{TEXTS.common.cancel}</Button>
              <Button isPending={act.isPending} onPress={() => run('overwrite')}>
                {WORDS.overwrite}
              </Button>
              {plan.some((step) => step.state === 'clean') ? (
                <Button look="primary" isPending={act.isPending} onPress={() => run('leave')}>
                  {WORDS.leave}
                </Button>
              ) : null}
            </>
          }
        >
          <div className="flex flex-col gap-3">
            <p className="text-ink-2">{WORDS.conflictIntro}</p>
            <PlanTable plan={plan} />
            {act.error === null ? null : <ErrorNotice error={act.error} />}
          </div>
        </Dialog>
      ) : null}
    </div>
  )
}
