/**
 * The second shell: the same built window and the same operations in the person's own browser, on loopback. It is a
 * transport. It never decides anything, never listens on another interface, never answers another origin, and gives
 * nothing but public program files to a browser without a session.
 *
 * Browsers send cookies to every port of a host, so another local server can be shown ours. It is of no use there: a call also
 * needs the key that only our page holds (link.ts). What is left is a program of the same user that reads the browser's own
 * files: that is why Confirm asks for the vault passphrase here.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { MAX_INPUT_BYTES, OPERATIONS, type Operation } from '../../shared/operations.ts'
import type { Logger } from '../logger.ts'
import type { WindowPort } from '../window-port.ts'
import { answerCall, refuseCallWith } from './call.ts'
import { contentSecurityPolicy } from './csp.ts'
import { type Place, readCookie, readPageKey, type Refusal, refuseCall, refuseHost, refuseVisit } from './guard.ts'
import { type Admissions, createAdmissions, SESSION_IDLE_MS } from './link.ts'
import { LINK_IS_OVER_PAGE, NOT_BUILT_PAGE } from './pages.ts'
import { readStatic } from './static.ts'

export interface BrowserWindowOptions {
  readonly core: WindowPort
  /** Folder of the built window (out/renderer). */
  readonly rendererFolder: string
  /** Fixed port; left out or 0, the system chooses. */
  readonly port?: number
  readonly clock: Clock
  readonly randomBytes: (size: number) => Buffer
  readonly log: Logger
}

export interface BrowserWindow {
  /** `http://127.0.0.1:<port>`. Useless without a session; for display and for recognising the window. */
  readonly url: string
  /** A fresh link, good once within ten minutes. Treat it as a password: show it in the terminal, log it nowhere. */
  newLink(): string
  /** Stops listening, aborts what runs, ends all sessions. Bounded; safe to call twice. */
  close(): Promise<void>
}

const ADDRESS = '127.0.0.1'
/** The white space a client may put around an input's JSON. */
const ROOM_BYTES = 1024
export const MAX_BODY_BYTES = MAX_INPUT_BYTES + ROOM_BYTES
export const HEADERS_TIMEOUT_MS = 4_000
export const REQUEST_TIMEOUT_MS = 8_000
export const MAX_SOCKETS = 64
const MAX_HEADER_BYTES = 16 * 1024
const KEEP_ALIVE_MS = 5_000
/** A page that knocks all day must not push everything else out of the local log. */
const MAX_LOGGED_REFUSALS_PER_MINUTE = 20

const NOT_OUR_PAGE = 'This call did not come from the SpendSignoff page, or not in its form. Nothing was done.'

const FIXED_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy('self'),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), payment=()',
  // Numbers and drafts must not stay in a browser's disk cache; the program files cost nothing to read again.
  'cache-control': 'no-store',
}

/** What one open browser window consists of. */
interface Shell {
  readonly options: BrowserWindowOptions
  readonly admissions: Admissions
  /** Fires when the window closes. */
  readonly closing: AbortSignal
  readonly mayLog: () => boolean
  /** Until the port is known no Host can match, so that nothing is answered too early. */
  place: Place
}

/**
 * Starts listening on loopback.
 *
 * @throws OperationError `internal` when the port cannot be had.
 */
export async function openBrowserWindow(options: BrowserWindowOptions): Promise<BrowserWindow> {
  const closing = new AbortController()
  const shell: Shell = {
    options,
    admissions: createAdmissions(options.clock, options.randomBytes),
    closing: closing.signal,
    mayLog: atMostPerMinute(options.clock, MAX_LOGGED_REFUSALS_PER_MINUTE),
    place: { host: '', origin: '' },
  }
  const server = boundedServer((request, response) => {
    answer(shell, request, response).catch((error: unknown) => {
      options.log.error('browser_window.failed', error)
      if (response.headersSent) response.destroy()
      else sendText(response, 500, 'Something went wrong here. Nothing was changed.')
    })
  })
  const port = await listen(server, options.port ?? 0)
  shell.place = { host: `${ADDRESS}:${port}`, origin: `http://${ADDRESS}:${port}` }

  let closed: Promise<void> | undefined
  return {
    url: shell.place.origin,
    newLink: () => `${shell.place.origin}/open?link=${shell.admissions.newLinkSecret()}`,
    close: () => {
      closed ??= new Promise((resolve) => {
        shell.admissions.clear()
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closed
    },
  }
}

function boundedServer(listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Node looks for overdue connections only this often (30 s unless told).
      connectionsCheckingInterval: 500,
      requireHostHeader: false, // refused by the guard like any other wrong host
    },
    listener,
  )
  server.maxConnections = MAX_SOCKETS
  return server
}

async function answer(shell: Shell, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(FIXED_HEADERS)) response.setHeader(name, value)
  const url = request.url ?? ''
  const refused = refuseHost(request.headers, url, shell.place)
  if (refused !== undefined) return refuse(shell, request, response, refused)
  const [path, query] = split(url)
  if (path.startsWith('/api/')) return await answerApi(shell, path.slice('/api/'.length), request, response)
  return await answerVisit(shell, { path, query }, request, response)
}

async function answerApi(
  shell: Shell,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const maxBodyBytes = bodyLimit(name)
  const refused = refuseCall(request.method, request.headers, shell.place, maxBodyBytes)
  if (refused !== undefined) {
    note(shell, request, refused)
    if (refused.status === 405) response.setHeader('allow', 'POST')
    const code = refused.status === 403 ? 'not_allowed' : 'invalid_input'
    return refuseCallWith(request, response, refused.status, code, NOT_OUR_PAGE, 'Use the page that the link opened.')
  }
  const isAdmitted = shell.admissions.admit(
    readCookie(request.headers, cookieName(shell)),
    readPageKey(request.headers),
  )
  const { core } = shell.options
  const call = { core, name, isAdmitted, maxBodyBytes, closing: shell.closing }
  return await answerCall(call, request, response)
}

/** Only where a file comes in pieces it is more than the usual; a name that is none of ours gets no more. */
function bodyLimit(name: string): number {
  const operation: Operation | undefined = Object.hasOwn(OPERATIONS, name)
    ? (OPERATIONS as Readonly<Record<string, Operation>>)[name]
    : undefined
  const isOurs = operation?.callers.includes('window') === true
  return isOurs ? (operation.maxInputBytes ?? MAX_INPUT_BYTES) + ROOM_BYTES : MAX_BODY_BYTES
}

async function answerVisit(
  shell: Shell,
  { path, query }: { readonly path: string; readonly query: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return refuse(shell, request, response, { status: 405, why: 'not a visit' })
  }
  const refused = refuseVisit(request.headers, shell.place)
  if (refused !== undefined) return refuse(shell, request, response, refused)
  if (path === '/open') return answerLink(shell, query, request, response)
  const file = await readStatic(shell.options.rendererFolder, path)
  if (file.status === 200) {
    response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.byteLength })
    response.end(request.method === 'HEAD' ? undefined : file.body)
    return undefined
  }
  // Every browser asks for it unasked; an error in the console would look like a fault.
  if (file.status === 404 && path === '/favicon.ico') return void response.writeHead(204).end()
  if (file.status === 404 && path === '/') return sendPage(response, 503, NOT_BUILT_PAGE)
  return sendText(response, file.status, file.status === 404 ? 'Not found.' : 'Refused.')
}

function answerLink(shell: Shell, query: string, request: IncomingMessage, response: ServerResponse): void {
  const { log } = shell.options
  // A HEAD is a look by a program (a chat preview, a virus scanner); it must not use the link up.
  const secret = request.method === 'GET' ? new URLSearchParams(query).get('link') : null
  const session = secret === null ? undefined : shell.admissions.exchange(secret)
  if (session === undefined) {
    if (shell.mayLog()) log.info('browser_window.link_refused')
    return sendPage(response, 403, LINK_IS_OVER_PAGE)
  }
  log.info('browser_window.opened')
  const life = `Max-Age=${SESSION_IDLE_MS / 1000}`
  response.setHeader('set-cookie', `${cookieName(shell)}=${session.cookie}; Path=/; HttpOnly; SameSite=Strict; ${life}`)
  // Behind the #: no browser sends that part to any server, and the page takes it out of the address at once.
  response.writeHead(303, { location: `/#key=${session.pageKey}` }).end()
}

/** One name per port: two workspaces in one browser must not overwrite each other's session. */
function cookieName(shell: Shell): string {
  return `spendsignoff_${shell.place.host.slice(ADDRESS.length + 1)}`
}

function note(shell: Shell, request: IncomingMessage, { status, why }: Refusal): void {
  if (shell.mayLog()) shell.options.log.info('browser_window.refused', { status, why, method: request.method })
}

/** Says no and lets the connection go, so that an unread body cannot be taken for the next request. */
function refuse(shell: Shell, request: IncomingMessage, response: ServerResponse, refused: Refusal): void {
  note(shell, request, refused)
  request.resume()
  response.setHeader('connection', 'close')
  sendText(response, refused.status, 'Refused.')
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new OperationError('internal', `Port ${port} on ${ADDRESS} could not be opened.`, 'Choose another port.', {
          retryable: true,
          cause,
        }),
      ),
    )
    server.listen({ host: ADDRESS, port, exclusive: true }, resolve)
  })
  return (server.address() as AddressInfo).port
}

function atMostPerMinute(clock: Clock, limit: number): () => boolean {
  let minute = -1
  let count = 0
  return () => {
    const now = Math.floor(clock.monotonicMs() / 60_000)
    count = now === minute ? count + 1 : 1
    minute = now
    return count <= limit
  }
}

function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html)
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
