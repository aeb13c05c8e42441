/**
 * A stand-in for `window.spendsignoff`, derived from the operation table. A scenario scripts answers; each scripted answer
 * is parsed by the table's own output schema, so it cannot drift from what the core may say. Never used to test the core.
 */
import type { Reply } from '../../shared/api.ts'
import type { ErrorCode, ErrorReply } from '../../shared/errors.ts'
import { OPERATION_NAMES, type OperationName } from '../../shared/operation-names.ts'
import { OPERATIONS, type OutputOf, type ParsedInputOf } from '../../shared/operations.ts'

/** A scripted failure. */
export class ScriptedError {
  readonly reply: ErrorReply
  constructor(reply: ErrorReply) {
    this.reply = reply
  }
}
export function fails(code: ErrorCode, message: string, hint: string, retryable = false): ScriptedError {
  return new ScriptedError({ code, message, hint, retryable })
}

type Scripted<T> = T | ScriptedError | Promise<T | ScriptedError>
export type Handlers = { [N in OperationName]?: (input: ParsedInputOf<N>) => Scripted<OutputOf<N>> }

export interface WindowDouble {
  /** What the page calls. Answers like the core: a value or an error, never an exception. */
  call(name: string, input: unknown): Promise<Reply<unknown>>
  /** Every call in order, without the waiting loop. */
  readonly calls: { readonly name: OperationName; readonly input: unknown }[]
  /** Scripted answers that do not fit the table. A test must end with none. */
  readonly drift: string[]
  /** Adds or replaces answers. */
  script(handlers: Handlers): void
  /** Wakes `wait_for_change`, as a commit in the core does. */
  changed(): void
}

/** How long `wait_for_change` sleeps when nothing happens; the core waits longer. */
const WAIT_MS = 5_000
const unscripted = (name: string): ErrorReply => ({
  code: 'internal',
  message: `Nothing is scripted for ${name}.`,
  hint: 'Add an answer to the scenario.',
  retryable: false,
})

export function createWindowDouble(first: Handlers): WindowDouble {
  let handlers: Handlers = first
  let revision = 1
  let wake: (() => void)[] = []
  const calls: { name: OperationName; input: unknown }[] = []
  const drift: string[] = []

  async function wait(since: number): Promise<Reply<unknown>> {
    if (revision <= since)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, WAIT_MS)
        wake.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    return { ok: true, value: { revision } }
  }

  async function call(name: string, input: unknown): Promise<Reply<unknown>> {
    const known = OPERATION_NAMES.find((each) => each === name)
    if (known === undefined) return { ok: false, error: { ...unscripted(name), code: 'unknown_operation' } }
    const parsed = OPERATIONS[known].input.safeParse(input)
    if (!parsed.success)
      return {
        ok: false,
        error: { code: 'invalid_input', message: parsed.error.message, hint: 'Fix the call.', retryable: false },
      }
    const handler = handlers[known] as ((input: unknown) => Scripted<unknown>) | undefined
    if (known === 'wait_for_change' && handler === undefined) return wait((parsed.data as { since: number }).since)
    calls.push({ name: known, input: parsed.data })
    if (handler === undefined) return { ok: false, error: unscripted(name) }
    const answer = await handler(parsed.data)
    if (answer instanceof ScriptedError) return { ok: false, error: answer.reply }
    const output = OPERATIONS[known].output.safeParse(answer)
    if (output.success) return { ok: true, value: output.data }
    drift.push(`${known}: ${output.error.message}`)
    return {
      ok: false,
      error: { ...unscripted(name), message: `The scripted answer of ${name} does not fit the table.` },
    }
  }

  return {
    call,
    calls,
    drift,
    script: (more) => {
      handlers = { ...handlers, ...more }
    },
    changed: () => {
      revision += 1
      const sleepers = wake
      wake = []
      for (const each of sleepers) each()
    },
  }
}
