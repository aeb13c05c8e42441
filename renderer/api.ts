/**
 * The only file that talks to the core. In the desktop app that is `window.spendsignoff`; in the browser window the same
 * functions are POSTs to the page's own origin. Nothing here knows what an operation means.
 */
import type { Reply, WindowApi } from '../shared/api.ts'
import type { ErrorReply } from '../shared/errors.ts'
import { OPERATION_NAMES, type OperationName } from '../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../shared/operations.ts'
import { dropKey, keepKey, pageKey } from './page-key.ts'
import { TEXTS } from './texts.ts'

declare global {
  interface Window {
    readonly spendsignoff?: WindowApi
  }
}

/** An operation answered with an error. `message` and `hint` are words for people, made by the core. */
export class ApiError extends Error {
  readonly reply: ErrorReply
  constructor(reply: ErrorReply) {
    super(reply.message)
    this.name = 'ApiError'
    this.reply = reply
  }
}

/** One function per operation: the value, or an ApiError. Never another kind of failure. */
export type Api = { readonly [N in OperationName]: (input: InputOf<N>, signal?: AbortSignal) => Promise<OutputOf<N>> }

const gone: ErrorReply = {
  code: 'app_not_running',
  message: TEXTS.offline.title,
  hint: TEXTS.offline.hint,
  retryable: true,
}

function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && 'ok' in value && typeof value.ok === 'boolean'
}

async function post(name: OperationName, input: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  const send = (key: string): Promise<Response> =>
    fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-spendsignoff': key },
      body: JSON.stringify(input),
      ...(signal === undefined ? {} : { signal }),
    })
  let key = pageKey()
  let response = await send(key)
  // 401 comes before anything runs, so that asking once more with another key cannot do a thing twice.
  if (response.status === 401 && dropKey(key)) {
    key = pageKey()
    response = await send(key)
  }
  if (response.ok) keepKey(key)
  return response.json()
}

async function call(name: OperationName, input: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  const bridge = window.spendsignoff
  let reply: unknown
  try {
    const direct = bridge?.[name] as ((input: unknown) => Promise<unknown>) | undefined
    reply = direct === undefined ? await post(name, input, signal) : await direct(input)
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new ApiError(gone)
  }
  if (!isReply(reply)) throw new ApiError(gone)
  if (!reply.ok) throw new ApiError(reply.error)
  return reply.value
}

/** All operations, by name. */
export const api = Object.fromEntries(
  OPERATION_NAMES.map((name) => [name, (input: unknown, signal?: AbortSignal) => call(name, input, signal)]),
) as unknown as Api

/** The error's words, whatever was thrown. Anything but an ApiError is a fault of the window itself. */
export function errorReply(error: unknown): ErrorReply {
  if (error instanceof ApiError) return error.reply
  return { code: 'internal', message: TEXTS.errors.window, hint: TEXTS.errors.windowHint, retryable: true }
}
