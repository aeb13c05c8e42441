/**
 * The one door. Whoever calls (window, AI client, loop, command line) comes through here: may this caller do this? → size → parse →
 * execute within the deadline → check the answer → map the error. It knows no operation by name.
 */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Reply } from '../shared/api.ts'
import { type ErrorReply, OperationError } from '../shared/errors.ts'
import { OPERATION_NAMES, type OperationName } from '../shared/operation-names.ts'
import { MAX_INPUT_BYTES, OPERATIONS, type Operation, type OutputOf, type ParsedInputOf } from '../shared/operations.ts'
import type { Logger } from './logger.ts'
import type { Caller } from './ports.ts'
import { storageFault } from './store/storage-fault.ts'

export interface CallContext {
  readonly caller: Caller
  /** Fires when the caller goes away or the operation's deadline is over. */
  readonly signal: AbortSignal
}
export type Handler<N extends OperationName> = (
  input: ParsedInputOf<N>,
  context: CallContext,
) => OutputOf<N> | Promise<OutputOf<N>>
export type Handlers = { readonly [N in OperationName]?: Handler<N> }

export interface RunnerDeps {
  /** The handlers that exist right now: few while no workspace is open. */
  readonly handlers: () => Handlers
  readonly log: Logger
  /** A caller tried what it may not. */
  readonly onRefused: (caller: Caller, name: string, code: ErrorReply['code']) => void
  /** An AI client read something. */
  readonly onAgentRead: (caller: Extract<Caller, { kind: 'agent' }>, name: OperationName) => void
}

export type RunOperation = (
  caller: Caller,
  name: string,
  input: unknown,
  signal?: AbortSignal,
) => Promise<Reply<unknown>>

/** Effects that callers without a window may have. Approving is not among them, under any name. */
const UNATTENDED_EFFECTS: readonly Operation['effect'][] = ['read', 'draft']

export function createRunner(deps: RunnerDeps): RunOperation {
  return async (caller, name, input, signal) => {
    try {
      return { ok: true, value: await run(deps, caller, name, input, signal) }
    } catch (error) {
      if (error instanceof OperationError) return { ok: false, error: error.toReply() }
      const errorId = randomUUID().slice(0, 8)
      deps.log.error('operation_failed', error, {
        errorId,
        operation: isOperation(name) ? name : 'unknown',
        caller: caller.kind,
      })
      const fault = storageFault(error)
      if (fault !== undefined) return { ok: false, error: fault.toReply() }
      return { ok: false, error: bland(errorId) }
    }
  }
}

async function run(
  deps: RunnerDeps,
  caller: Caller,
  name: string,
  input: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (!isOperation(name)) {
    deps.onRefused(caller, name, 'unknown_operation')
    throw new OperationError(
      'unknown_operation',
      'There is no such operation. Nothing was changed.',
      'Use one of the operations listed for you.',
    )
  }
  const operation: Operation = OPERATIONS[name]
  refuseUnlessAllowed(deps, caller, name, operation)
  const parsed = parseInput(operation, input)
  const handler = deps.handlers()[name] as ((value: unknown, context: CallContext) => unknown) | undefined
  if (handler === undefined)
    throw new OperationError(
      'workspace_locked',
      'No workspace is open. Nothing was changed.',
      'Open SpendSignoff and unlock the workspace, then try again.',
      { retryable: true },
    )

  const deadline = AbortSignal.timeout(operation.deadlineMs)
  const context: CallContext = { caller, signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) }
  const answer = operation.output.safeParse(await withDeadline(handler(parsed, context), deadline, operation))
  if (!answer.success) throw new Error(`the answer of ${name} does not fit the table: ${answer.error.message}`)
  if (caller.kind === 'agent' && operation.effect === 'read') deps.onAgentRead(caller, name)
  return answer.data
}

function isOperation(name: string): name is OperationName {
  return (OPERATION_NAMES as readonly string[]).includes(name)
}

function refuseUnlessAllowed(deps: RunnerDeps, caller: Caller, name: OperationName, operation: Operation): void {
  const isListed = operation.callers.includes(caller.kind)
  const isUnattended = caller.kind === 'agent' || caller.kind === 'loop'
  if (!isListed || (isUnattended && !UNATTENDED_EFFECTS.includes(operation.effect))) {
    deps.onRefused(caller, name, 'not_allowed')
    throw new OperationError(
      'not_allowed',
      'This is reserved for the person in the SpendSignoff window. Nothing was changed.',
      'Ask the user to do it in the window. There is no other way.',
    )
  }
  const needed = operation.effect === 'draft' ? 'mcp.draft' : 'mcp.read'
  if (caller.kind === 'agent' && !caller.scopes.includes(needed)) {
    deps.onRefused(caller, name, 'insufficient_scope')
    throw new OperationError(
      'insufficient_scope',
      `This client lacks the scope ${needed}. Nothing was changed.`,
      'Ask the user to allow it in SpendSignoff under Connections, AI clients.',
      {
        details: { required: needed, granted: caller.scopes.join(' ') },
      },
    )
  }
}

function parseInput(operation: Operation, input: unknown): unknown {
  let text: string | undefined
  try {
    text = JSON.stringify(input)
  } catch {
    throw new OperationError('invalid_input', 'The input is not plain data. Nothing was changed.', 'Send plain JSON.')
  }
  const maxBytes = operation.maxInputBytes ?? MAX_INPUT_BYTES
  if (text !== undefined && Buffer.byteLength(text) > maxBytes)
    throw new OperationError(
      'invalid_input',
      `The input is larger than ${Math.floor(maxBytes / 1024)} KiB. Nothing was changed.`,
      'Send less.',
    )
  const parsed = operation.input.safeParse(input)
  if (!parsed.success)
    throw new OperationError(
      'invalid_input',
      `${whatIsWrong(parsed.error)} Nothing was changed.`,
      'Correct the arguments and call again.',
    )
  return parsed.data
}

/** The first three faults by path. Values are not repeated: they may be secrets. */
function whatIsWrong(error: z.ZodError): string {
  const faults = error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.').slice(0, 80) || 'input'}: ${issue.message.slice(0, 160)}`)
  return `${faults.join('; ')}.`
}

/** The caller hears in time even if a handler overlooks its signal; what the handler does later is still recorded by itself. */
async function withDeadline(work: unknown, deadline: AbortSignal, operation: Operation): Promise<unknown> {
  let onAbort: () => void = () => undefined
  const late = new Promise<never>((_resolve, reject) => {
    onAbort = () =>
      reject(
        new OperationError(
          'timeout',
          `No answer within ${operation.deadlineMs / 1000} s.`,
          'Look at the current state before you repeat it.',
          { retryable: operation.effect === 'read' },
        ),
      )
    deadline.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    deadline.removeEventListener('abort', onAbort)
  }
}

/** All that a caller learns of a bug. */
function bland(errorId: string): ErrorReply {
  return {
    code: 'internal',
    message: `Something went wrong inside the app (error ${errorId}).`,
    hint: 'Look at the current state before you repeat it. The details are in the local log.',
    retryable: false,
  }
}
