/**
 * Connecting an ad platform, step by step: consent, exchange, and the checks that come before anything is kept. This folder never stores
 * credentials, never decides about writes, and never puts a secret or a code into a step, an error or a log line.
 */
import type { OutputOf } from '../../shared/operations.ts'
import { OperationError } from '../../shared/errors.ts'

export type ConnectStep = OutputOf<'connect_tiktok'>['steps'][number]
export type StepName = ConnectStep['name']

export interface Steps {
  /** Does `work` as this step: running, then ok, or failed with the error's words. The error goes on, with the step's name. */
  run<T>(name: StepName, work: () => Promise<T> | T): Promise<T>
  set(name: StepName, state: ConnectStep['state'], detail?: string): void
  view(): ConnectStep[]
}

export interface StepsOptions {
  readonly onChange?: () => void
  /** Turns an error into words for somebody who is setting up. */
  readonly explain?: (error: unknown) => unknown
}

/** @param names the steps to come, in order, all waiting */
export function createSteps(names: readonly StepName[], options: StepsOptions = {}): Steps {
  const steps = new Map<StepName, ConnectStep>(
    names.map((name): [StepName, ConnectStep] => [name, { name, state: 'waiting', detail: null }]),
  )
  const set: Steps['set'] = (name, state, detail) => {
    if (!steps.has(name)) return
    steps.set(name, { name, state, detail: detail ?? null })
    options.onChange?.()
  }
  return {
    set,
    async run(name, work) {
      set(name, 'running')
      try {
        const value = await work()
        // The work may have left a warning or words of its own.
        if (steps.get(name)?.state === 'running') set(name, 'ok')
        return value
      } catch (cause) {
        const error = options.explain === undefined ? cause : options.explain(cause)
        const isKnown = error instanceof OperationError
        set(name, 'failed', isKnown ? `${error.message} ${error.hint}` : 'A fault in this app. The local log has it.')
        throw isKnown ? atStep(error, name) : error
      }
    },
    view: () => [...steps.values()],
  }
}

/** The same error with the name of the step it happened in, for a screen that shows where it stopped. */
function atStep(error: OperationError, step: StepName): OperationError {
  return new OperationError(error.code, error.message, error.hint, {
    retryable: error.retryable,
    details: { ...error.details, step },
    cause: error,
  })
}
