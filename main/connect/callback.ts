/**
 * Where the person's browser comes back to after the consent page: a listener on loopback that takes exactly one answer and is gone.
 * It never follows, fetches, shows or repeats anything it received, and its page has no script.
 *
 * The attacks meant here: a web page that calls the port (the state it cannot know), a name that was pointed at loopback (Host), an answer
 * of another attempt or a second one, and a neighbour who listens on the other loopback address of the same port.
 */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OperationError } from '../../shared/errors.ts'
import { Secret } from '../secret.ts'

/** What the consent page sent the browser back with. */
export type ConsentAnswer =
  | { readonly kind: 'code'; readonly code: Secret }
  | { readonly kind: 'denied' }
  /** Neither a code nor a refusal. `platformCode` only if it looks like one. */
  | { readonly kind: 'no_code'; readonly platformCode: string | undefined }

export interface CallbackOptions {
  /** As it stands in the redirect address. "localhost" also claims the IPv6 loopback, because a browser may try that first. */
  readonly host: '127.0.0.1' | 'localhost'
  readonly path: string
  readonly state: Secret
  /** Called at most once. */
  readonly onAnswer: (answer: ConsentAnswer) => void
  /** Somebody came with another state, or in another form. The listener goes on. */
  readonly onStray: () => void
}

export interface Callback {
  readonly port: number
  /** The origin to put into the redirect address, without a path. */
  readonly origin: string
  /** Takes no answer from here on, stops listening, and soon cuts what is open. Safe to call twice. */
  close(): void
}

const MAX_URL_CHARS = 4_096
const MAX_CODE_CHARS = 2_048
const MAX_SOCKETS = 8
const TRIES = 5
const TIMEOUT_MS = 5_000
const CHECK_MS = 1_000
const LAST_WORDS_MS = 1_000

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  connection: 'close',
} as const

const page = (title: string, text: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title} · SpendSignoff</title></head>\n<body><main><h1>${title}</h1><p>${text}</p></main></body></html>\n`
const DONE_PAGE = page(
  'Back to SpendSignoff',
  'SpendSignoff has the answer and is checking it. You can close this tab.',
)
const NO_CODE_PAGE = page(
  'Not connected',
  'No consent came back. Nothing was connected and nothing was stored. You can close this tab.',
)
const STRAY_PAGE = page(
  'Not the answer that is waited for',
  'This belongs to another attempt, or is not complete. Nothing was done with it. Go back to SpendSignoff and use its link again.',
)

/** @throws OperationError internal when no port can be had */
export async function listenForCallback(options: CallbackOptions): Promise<Callback> {
  let isOver = false
  const servers: Server[] = []
  const close = (): void => {
    isOver = true
    for (const server of servers) {
      server.close()
      // A page that is just being answered gets its answer.
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS).unref()
    }
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    const { port } = (servers[0]?.address() as AddressInfo | null) ?? { port: 0 }
    const found = isOver ? undefined : readAnswer(request, options, port)
    if (found === undefined) {
      if (!isOver && new URL(request.url ?? '/', 'http://x').pathname === options.path) options.onStray()
      response.writeHead(400, HEADERS).end(STRAY_PAGE)
      return
    }
    close()
    response.writeHead(200, HEADERS).end(found.kind === 'code' ? DONE_PAGE : NO_CODE_PAGE)
    options.onAnswer(found)
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    const four = await listen(answer, '127.0.0.1', 0)
    if (typeof four === 'string') break
    const { port } = four.address() as AddressInfo
    servers.push(four)
    if (options.host === '127.0.0.1') return { port, origin: `http://127.0.0.1:${port}`, close }
    const six = await listen(answer, '::1', port)
    if (typeof six !== 'string') servers.push(six)
    // A machine without IPv6 has no such neighbour; a port that is taken there has one, and another is tried.
    if (six !== 'EADDRINUSE') return { port, origin: `http://localhost:${port}`, close }
    servers.splice(0).forEach((server) => server.close())
  }
  throw new OperationError(
    'internal',
    'No port for the answer of the consent page could be opened on this machine. Nothing was connected.',
    'Try again.',
    { retryable: true },
  )
}

/** @returns the listening server, or the system's error code */
function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  address: '127.0.0.1' | '::1',
  port: number,
): Promise<Server | string> {
  const server = createServer(
    {
      headersTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      keepAliveTimeout: 1,
      // Without this the limits above are looked at twice a minute only, while a few idle sockets take all the places.
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: 16_384,
      requireHostHeader: false,
    },
    (request, response) => {
      try {
        answer(request, response)
      } catch {
        // An address that no parser takes. Nothing of it may go anywhere, not even into a log.
        response.destroy()
      }
    },
  )
  server.maxConnections = MAX_SOCKETS
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () => resolve(server))
  })
}

/** Undefined for whatever is not the one answer that is waited for. */
function readAnswer(request: IncomingMessage, options: CallbackOptions, port: number): ConsentAnswer | undefined {
  const url = request.url ?? ''
  if (request.method !== 'GET' || request.headers.host !== `${options.host}:${port}`) return undefined
  // A guess of the browser (prefetch) must not use the answer up.
  if (request.headers['sec-purpose'] !== undefined || request.headers['purpose'] !== undefined) return undefined
  if (url.length > MAX_URL_CHARS || !url.startsWith('/')) return undefined
  const at = url.indexOf('?')
  if (at === -1 || url.slice(0, at) !== options.path) return undefined
  const query = new URLSearchParams(url.slice(at + 1))
  const one = (name: string): string | undefined => {
    const values = query.getAll(name)
    return values.length === 1 ? values[0] : undefined
  }
  const state = one('state')
  if (state === undefined || !isSame(state, options.state.reveal())) return undefined
  const error = one('error')
  if (error === 'access_denied') return { kind: 'denied' }
  const code = one('code')
  if (error === undefined && code !== undefined && code !== '' && code.length <= MAX_CODE_CHARS)
    return { kind: 'code', code: new Secret(code) }
  return { kind: 'no_code', platformCode: error !== undefined && /^[a-z_]{1,40}$/.test(error) ? error : undefined }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
