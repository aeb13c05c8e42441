/**
 * The ways a platform is spoken to: reads over `fetch`, and one-attempt writes over `node:https` on a fresh connection.
 * Never follows a redirect (a token must not travel to another host), never retries by itself, never puts an address,
 * a header or a body into an error. Only `writeOnce` may change anything in an ad account.
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

export interface BytesAnswer {
  readonly status: number
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Lower-case names. */
  readonly header: (name: string) => string | undefined
}

async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop ends the transfer.
    if (size > maxBytes) throw new ReadFailure('too_large')
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function isRedirectError(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && /redirect/i.test(error.cause.message)
}

async function ask(
  request: ReadRequest,
  how: { readonly method: 'GET' | 'POST' | 'DELETE'; readonly body?: string },
): Promise<BytesAnswer> {
  const deadline = AbortSignal.timeout(request.timeoutMs)
  const signal = AbortSignal.any([request.signal, deadline])
  try {
    const response = await fetch(request.url, { ...how, headers: request.headers, redirect: 'error', signal })
    const bytes = await readCapped(response, request.maxBytes)
    return { status: response.status, bytes, header: (name) => response.headers.get(name) ?? undefined }
  } catch (error) {
    if (error instanceof ReadFailure) throw error
    // The cause is dropped on purpose: it may spell out the address, whose query can hold the app's secret.
    if (request.signal.aborted) throw new ReadFailure('cancelled')
    if (deadline.aborted) throw new ReadFailure('timeout')
    throw new ReadFailure(isRedirectError(error) ? 'redirect' : 'network')
  }
}

function asText({ status, bytes, header }: BytesAnswer): HttpAnswer {
  return { status, text: new TextDecoder('utf-8').decode(bytes), header }
}

/** One GET. @throws ReadFailure */
export async function readOnce(request: ReadRequest): Promise<HttpAnswer> {
  return asText(await ask(request, { method: 'GET' }))
}

/** One GET whose answer is bytes. @throws ReadFailure */
export async function readBytesOnce(request: ReadRequest): Promise<BytesAnswer> {
  return ask(request, { method: 'GET' })
}

/**
 * Where a POST is known to change nothing in an ad account: Google's two searches, its token and revocation endpoints, and TikTok's request
 * for a file of its change log.
 */
const POSTED_READS = [
  /^\/v\d{1,3}\/customers\/\d{1,20}\/googleAds:search$/,
  /^\/v\d{1,3}\/googleAdsFields:search$/,
  /^\/(?:token|revoke)$/,
  /^\/open_api\/v1\.3\/changelog\/task\/create\/$/,
]

export interface PostedReadRequest extends ReadRequest {
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded'
  readonly body: string
}

/**
 * One POST that is a read, for the paths above only. It can't be used for a write: every other path is refused before a
 * byte is sent, because what a connection may lose here may be asked for again, and a write may not.
 * @throws ReadFailure; TypeError for any other path
 */
export async function postedReadOnce({ contentType, body, ...request }: PostedReadRequest): Promise<HttpAnswer> {
  if (!POSTED_READS.some((path) => path.test(request.url.pathname)))
    throw new TypeError('only searches, token requests and requests for a change log may be posted as reads')
  const headers = { ...request.headers, 'content-type': contentType }
  return asText(await ask({ ...request, headers }, { method: 'POST', body }))
}

/**
 * One DELETE of a token's own permissions, for unlinking (Meta's "/me/permissions"). Nothing else is ever deleted.
 * @throws ReadFailure; TypeError for any other path
 */
export async function endPermissionsOnce(request: ReadRequest): Promise<HttpAnswer> {
  if (!/^\/v\d{1,3}\.0\/me\/permissions$/.test(request.url.pathname))
    throw new TypeError('only the permissions of a token may be deleted')
  return asText(await ask(request, { method: 'DELETE' }))
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

/**
 * What is made of a write's outcome. Whatever fails in it (a log that is full, a meter), the write was sent all the same: an error here could
 * be taken for "not sent", so there is none.
 */
export function afterWrite(outcome: WriteOutcome, work: () => WriteOutcome): WriteOutcome {
  try {
    return work()
  } catch {
    return outcome.kind === 'not_sent' ? outcome : { kind: 'unknown', reason: 'the answer could not be handled' }
  }
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

/** Attempts of a read after the first. */
export const MAX_READ_RETRIES = 4
const BASE_DELAY_MS = 500
const MAX_DELAY_MS = 30_000

/** How long to wait before the next attempt of a read, milliseconds. `random` in [0, 1). */
export function backoffMs(retries: number, random: number): number {
  // Full jitter on the upper half: many accounts that failed together come back apart.
  return Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** retries * (0.5 + random / 2))
}
