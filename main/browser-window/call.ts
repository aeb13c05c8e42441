/**
 * One call of an operation over HTTP: body in, Reply out. The caller is always the window, whatever the body says; an
 * operation's own failure is a Reply with status 200, never an exception or a stack.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '../../shared/api.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { WINDOW_OPERATIONS, type WindowPort } from '../window-port.ts'

export interface Call {
  readonly core: WindowPort
  readonly name: string
  /** Whether the request came with both halves of a live session. */
  readonly isAdmitted: boolean
  readonly maxBodyBytes: number
  /** Fires when the shell closes. */
  readonly closing: AbortSignal
}

/** Answers the request. Never throws for anything a client can cause; a client that goes away aborts its operation. */
export async function answerCall(call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // In this order: somebody without a session learns nothing, not even which operations exist.
  if (!call.isAdmitted)
    return refuseCallWith(
      request,
      response,
      401,
      'not_authorized',
      'This browser is not signed in to SpendSignoff, or its session is over.',
      'Open the link that the terminal prints, or run `npm start` again for a fresh one.',
    )
  if (!WINDOW_OPERATIONS.some((name) => name === call.name))
    return refuseCallWith(
      request,
      response,
      404,
      'unknown_operation',
      'There is no such operation.',
      'Reload the page.',
    )
  const body = await readBody(request, call.maxBodyBytes)
  if (body === 'gone') return
  if (body === 'too large')
    return refuseCallWith(request, response, 413, 'invalid_input', 'The input is too large.', 'Send less at once.')
  const input = parseJson(body)
  if (input === undefined)
    return refuseCallWith(request, response, 400, 'invalid_input', 'The input is not JSON.', 'Send a JSON object.')

  const gone = new AbortController()
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort()
  }
  response.once('close', onClose)
  const signal = AbortSignal.any([gone.signal, call.closing])
  const reply = await call.core.run({ kind: 'window' }, call.name, input.value, signal)
  if (!response.destroyed) sendReply(response, 200, reply)
}

/** The body's bytes, `too large` as soon as it is, or `gone` when the client left before the end. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | 'gone'> {
  // Not `for await`: leaving its loop early destroys the socket, and with it the answer.
  return await new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size <= maxBytes) chunks.push(chunk)
      else resolve('too large') // the rest is read and dropped, until the request's time is over
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('close', () => resolve('gone'))
    request.once('error', () => resolve('gone'))
  })
}

function parseJson(body: Buffer): { readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** Says no in the form the page understands. */
export function refuseCallWith(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  hint: string,
): void {
  // An unread body must not be taken for the next request: it is dropped, and the connection ends with this answer.
  request.resume()
  response.setHeader('connection', 'close')
  sendReply(response, status, { ok: false, error: { code, message, hint, retryable: false } })
}

function sendReply(response: ServerResponse, status: number, reply: Reply<unknown>): void {
  const body = Buffer.from(JSON.stringify(reply))
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.byteLength })
  response.end(body)
}
