/** The life of an approved change, told by its records in the log: intent → sent → read back → recorded. */
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { type Platform, platformName } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { Icon } from '../../ui/icon.tsx'

type DraftAnswer = OutputOf<'get_draft'>
type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'unknown'
interface Step {
  readonly label: string
  readonly state: StepState
  readonly seq: number | null
}

const ENDS: Readonly<Record<string, StepState>> = {
  'draft.applied': 'done',
  'draft.partial': 'failed',
  'draft.apply_failed': 'failed',
  'draft.unknown': 'unknown',
  'draft.stale': 'failed',
}

/** Pure: the four steps from the draft's history. The first step that has no record is the one in progress. */
export function progressSteps(answer: DraftAnswer, platform: Platform): readonly Step[] {
  const records = answer.history
  const lastOf = (match: (type: string) => boolean) => records.findLast((record) => match(record.type))
  const end = lastOf((type) => type in ENDS)
  const marks = [
    { label: TEXTS.progress.intent, record: lastOf((type) => type === 'apply.intent') },
    {
      label: fill(TEXTS.progress.sent, { platform: platformName(platform) }),
      record: lastOf((type) => type === 'apply.sent'),
    },
    {
      label: TEXTS.progress.read,
      record: lastOf((type) => type === 'apply.outcome' || type === 'apply.reconciled'),
    },
    { label: TEXTS.progress.recorded, record: end },
  ]
  let isRunningGiven = false
  return marks.map(({ label, record }, index): Step => {
    if (record !== undefined) {
      const state = index === marks.length - 1 ? (ENDS[record.type] ?? 'done') : 'done'
      return { label, state, seq: record.seq }
    }
    if (isRunningGiven || end !== undefined) return { label, state: 'waiting', seq: null }
    isRunningGiven = true
    return { label, state: 'running', seq: null }
  })
}

const LOOKS: Readonly<Record<StepState, string>> = {
  waiting: 'border-line text-ink-3',
  running: 'border-accent text-accent-ink',
  done: 'border-transparent bg-good-soft text-good',
  failed: 'border-transparent bg-danger-soft text-danger',
  unknown: 'border-transparent bg-warn-soft text-warn',
}

function Mark({ state }: { state: StepState }) {
  return (
    <span aria-hidden="true" className={`grid size-5 shrink-0 place-items-center rounded-full border ${LOOKS[state]}`}>
      {state === 'running' ? <span className="spinner size-3" /> : null}
      {state === 'done' ? <Icon name="check" size={12} /> : null}
      {state === 'failed' ? <Icon name="cross" size={12} /> : null}
      {state === 'unknown' ? <Icon name="warn" size={12} /> : null}
    </span>
  )
}

export function ProgressLine({ answer, platform }: { answer: DraftAnswer; platform: Platform }) {
  const steps = progressSteps(answer, platform)
  return (
    <ol aria-label={TEXTS.progress.label} aria-live="polite" className="grid grid-cols-2 gap-2 sm:grid-cols-4">
      {steps.map((step) => (
        <li key={step.label} className="flex min-w-0 items-start gap-1.5">
          <Mark state={step.state} />
          <span className="min-w-0">
            <span className={`block leading-5 ${step.state === 'waiting' ? 'text-ink-3' : ''}`}>{step.label}</span>
            <span className="num block text-xs text-ink-2">
              {step.seq === null ? TEXTS.progress[step.state] : fill(TEXTS.progress.record, { seq: step.seq })}
            </span>
          </span>
        </li>
      ))}
    </ol>
  )
}
