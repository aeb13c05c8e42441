/** Pieces of the guided connect dialogs: numbered instructions, and the list of what was checked. */
import type { ReactNode } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { TEXTS } from '../../texts.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'

const t = TEXTS.connections.steps
type CheckedStep = OutputOf<'check_connection'>['steps'][number]

export function Step({ number, text, children }: { number: number; text: ReactNode; children?: ReactNode }) {
  return (
    <li className="grid grid-cols-[1.5rem_1fr] gap-x-2">
      <span
        aria-hidden="true"
        className="num grid size-5 place-items-center rounded-full bg-selected text-xs font-medium text-accent-ink"
      >
        {number}
      </span>
      <div className="flex min-w-0 flex-col gap-2">
        <p>{text}</p>
        {children}
      </div>
    </li>
  )
}

const LOOKS: Readonly<Record<CheckedStep['state'], { icon: IconName; colour: string }>> = {
  waiting: { icon: 'clock', colour: 'text-ink-3' },
  running: { icon: 'sync', colour: 'text-accent-ink' },
  ok: { icon: 'check', colour: 'text-good' },
  warning: { icon: 'warn', colour: 'text-warn' },
  failed: { icon: 'cross', colour: 'text-danger' },
}

/** What was checked, in order, each with its result in words. */
export function StepList({
  steps,
  isOver = false,
}: {
  steps: readonly CheckedStep[]
  /** Nothing goes on any more: a step that has not come by now never will. */
  isOver?: boolean
}) {
  if (steps.length === 0) return null
  return (
    <ol aria-label={t.title} aria-live="polite" className="flex flex-col gap-1.5 rounded-lg bg-sunken px-3 py-2.5">
      {steps.map((step) => (
        <li key={step.name} className="grid grid-cols-[1rem_1fr] gap-x-2">
          <Icon name={LOOKS[step.state].icon} size={14} className={`mt-0.5 ${LOOKS[step.state].colour}`} />
          <span>
            {t.names[step.name]}
            <span className="text-ink-2">
              {' '}
              · {isOver && step.state === 'waiting' ? t.notReached : t.states[step.state]}
            </span>
            {step.detail === null ? null : <span className="foreign block text-ink-2">{step.detail}</span>}
          </span>
        </li>
      ))}
    </ol>
  )
}
