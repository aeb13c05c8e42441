/**
 * The two ways a platform is spoken to: reads over `fetch`, and one-attempt writes over `node:https` on a fresh connection.
 * Never follows a redirect (a token must not travel to another host), never retries by itself, never puts an address,
 * a header or a body into an error.
 */
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'

const LOOPBACK = new Set(['127.0.0.1', '[::1]'])

/**
 * The base address, if it is one of the platform's own hosts over TLS, or exactly a loopback address (the sandbox).
 * @throws TypeError for everything else, before any byte is sent.
 */
export function allowedBase(baseUrl: string, allowedHosts: readonly string[]): URL {
  const url = new URL(baseUrl)
  const isPlatform = url.protocol === 'https:' && allowedHosts.includes(url.host)
  const isLoopback = url.protocol === 'http:' && LOOPBACK.has(url.hostname)
  if ((!isPlatform && !isLoopback) || url.username !== '' || url.password !== '')
    throw new TypeError('this address is not one that a platform token may be sent to')
  return new URL(url.origin)
}

export type ReadFailureKind = 'network' | 'timeout' | 'cancelled' | 'redirect' | 'too_large'

/** A read that brought no complete answer. Carries a kind and nothing of the request. */
export class ReadFailure extends Error {
  readonly kind: ReadFailureKind
  constructor(kind: ReadFailureKind) {
    super(`the read ended with: ${kind}`)
    this.name = 'ReadFailure'
    this.kind = kind
  }
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  /** Lower-case names. */
  readonly header: (name: string) => string | undefined
}

export interface ReadRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Longest reply in bytes; longer ones are cut off with an error. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

async function readCapped(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder('utf-8')
  let text = ''
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new ReadFailure('too_large')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function isRedirectError(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && /redirect/i.test(error.cause.message)
}

/** One GET. @throws ReadFailure */
export async function readOnce(request: ReadRequest): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(request.timeoutMs)
  const signal = AbortSignal.any([request.signal, deadline])
  try {
    const response = await fetch(request.url, { headers: request.headers, redirect: 'error', signal })
    const text = await readCapped(response, request.maxBytes)
    return { status: response.status, text, header: (name) => response.headers.get(name) ?? undefined }
  } catch (error) {
    if (error instanceof ReadFailure) throw error
    // The cause is dropped on purpose: it may spell out the address, whose query can hold the app's secret.
    if (request.signal.aborted) throw new ReadFailure('cancelled')
    if (deadline.aborted) throw new ReadFailure('timeout')
    throw new ReadFailure(isRedirectError(error) ? 'redirect' : 'network')
  }
}

export interface WriteRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string
  /** To reach the host, name look-up and TLS included. Nothing has been sent when it runs out. */
  readonly connectTimeoutMs: number
  /** From the first byte sent to the last byte received. */
  readonly timeoutMs: number
  readonly maxBytes: number
  /** Stops waiting. What was sent stays sent: the outcome is then "unknown". */
  readonly signal?: AbortSignal
}

export type WriteOutcome =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** No byte of the request left this machine. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** It may have arrived, and may have had its effect. */
  | { readonly kind: 'unknown'; readonly reason: string }

function headerOf(response: IncomingMessage): HttpAnswer['header'] {
  return (name) => {
    const value = response.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
}

/** Node's error code ("ECONNRESET") without its message, which may hold addresses. */
function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'error'
}

/**
 * One POST, on a connection of its own, in exactly one attempt. A kept-alive connection could die under the request
 * and be re-tried below us; a fresh one can't. Redirects are answers like any other and are not followed.
 * Never throws.
 */
export function writeOnce(request: WriteRequest): Promise<WriteOutcome> {
  return new Promise((resolve) => {
    let mayHaveLeft = false
    let outgoing: ClientRequest
    let timer: NodeJS.Timeout
    const finish = (outcome: WriteOutcome) => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
      resolve(outcome)
      outgoing.destroy()
    }
    const fail = (reason: string) => finish({ kind: mayHaveLeft ? 'unknown' : 'not_sent', reason })
    const onAbort = () => fail('stopped')
    const isTls = request.url.protocol === 'https:'
    const body = Buffer.from(request.body, 'utf8')
    const options = {
      method: 'POST',
      headers: {
        ...request.headers,
        'content-type': 'application/json',
        'content-length': body.length,
        connection: 'close',
      },
      agent: isTls ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
    }
    outgoing = isTls ? httpsRequest(request.url, options) : httpRequest(request.url, options)
    timer = setTimeout(() => fail('no connection in time'), request.connectTimeoutMs)
    request.signal?.addEventListener('abort', onAbort, { once: true })
    if (request.signal?.aborted === true) onAbort()
    outgoing.once('socket', (socket: Socket) => {
      // Nothing is handed to the socket before it is connected (and TLS verified): until here, "not sent" is certain.
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        if (outgoing.destroyed) return
        mayHaveLeft = true
        clearTimeout(timer)
        timer = setTimeout(() => fail('no answer in time'), request.timeoutMs)
        outgoing.end(body)
      })
    })
    outgoing.on('error', (error) =>
      fail(mayHaveLeft ? `connection lost (${codeOf(error)})` : `no connection (${codeOf(error)})`),
    )
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > request.maxBytes) fail('the answer was too long')
        else chunks.push(chunk)
      })
      response.on('error', (error) => fail(`the answer broke off (${codeOf(error)})`))
      response.once('close', () => fail('the answer broke off'))
      response.once('end', () => {
        if (!response.complete) return
        const text = Buffer.concat(chunks).toString('utf8')
        finish({ kind: 'answer', answer: { status: response.statusCode ?? 0, text, header: headerOf(response) } })
      })
    })
  })
}

/** Waits, unless told to stop. Rejects with ReadFailure('cancelled'). */
export function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new ReadFailure('cancelled'))
      return
    }
    const onAbort = () => {
      clearTimeout(timer)
      reject(new ReadFailure('cancelled'))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
