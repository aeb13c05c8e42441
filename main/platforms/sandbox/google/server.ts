/**
 * The transport half of the Google sandbox: one HTTP/1.1 server on 127.0.0.1 that plays googleads.googleapis.com, oauth2.googleapis.com
 * and accounts.google.com, and misbehaves on demand. Binds to loopback only and opens no connection of its own.
 *
 * A fault is aimed at a request by its path below /v25/customers/{id} ("/googleAds:searchStream", "/googleAds:search",
 * "/campaigns:mutate", "/googleAds:mutate", …), by "/customers:listAccessibleCustomers", "/googleAdsFields:search", "/token", "/revoke",
 * "/auth" or "/thumbnail"; by what it is for: "#report" (a query with metrics), "#listing" (any other query), "#write" (a mutate),
 * "#dry_run" (a mutate with validateOnly); or by "*".
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Fault } from '../faults.ts'
import { blankSecrets, type LoggedRequest, type RequestLog } from '../request-log.ts'
import { type AnswerOptions, answerTo, html, type Outgoing, parseJson } from './answers.ts'
import { isDryRun, namedIds, type Route, routeOf } from './routes.ts'

const MAX_BODY_BYTES = 8_000_000

export interface GoogleServerOptions extends AnswerOptions {
  readonly log: RequestLog
  /** 0 for any free port. */
  readonly port: number
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Fields with a name that OAuth could have given them: what is no form would stand there as one long name, secrets and all. */
function formFields(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...new URLSearchParams(text)].filter(([name]) => /^[a-z_]{1,40}$/.test(name)))
}

/** What the log keeps: never a header but the two harmless ones, never a secret of a form. */
function logEntry(
  { clock, world }: GoogleServerOptions,
  request: IncomingMessage,
  url: URL,
  route: Route | undefined,
  text: string,
): LoggedRequest {
  const isForm = route?.isOauth === true
  let body: unknown
  try {
    body = isForm ? formFields(text) : parseJson(text)
  } catch {
    body = '[not JSON]'
  }
  const isMutate = route?.kind === 'mutate'
  const dry = isMutate && isDryRun(body)
  const login = request.headers['login-customer-id']
  return {
    atMs: clock.nowMs(),
    method: request.method ?? '',
    path: route?.path ?? url.pathname,
    query: {
      ...(blankSecrets(Object.fromEntries(url.searchParams)) as Record<string, string>),
      ...(route === undefined || route.customerId === '' ? {} : { customer_id: route.customerId }),
      ...(typeof login === 'string' ? { login_customer_id: login } : {}),
    },
    body: blankSecrets(body),
    userAgent: request.headers['user-agent'] ?? '',
    connection: request.headers.connection ?? '',
    isWrite: isMutate && !dry,
    isDryRun: dry,
    hasToken: request.headers.authorization !== undefined,
    entityIds: isMutate ? namedIds(body, world) : [],
    fault: undefined,
    httpStatus: 0,
    code: undefined,
  }
}

/** Starts listening. Resolves once the port is known. */
export async function startGoogleServer(options: GoogleServerOptions): Promise<{ server: Server; baseUrl: string }> {
  const { world, clock, faults, log } = options
  let serial = 0
  const newRequestId = () => {
    serial += 1
    return createHash('sha256').update(`google:${world.seed}:${serial}`).digest('base64url').slice(0, 22)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const route = routeOf(url.pathname)
    const read = await readBody(request)
    const text = read ?? ''
    const fault = route === undefined ? undefined : faults.take(route.path, ...route.purposes(text))
    const entry = { ...logEntry(options, request, url, route, text), fault: fault?.kind }
    log.add(entry)
    if (fault?.kind === 'timeout_before_effect') return
    if (fault?.kind === 'reset_before_effect') {
      request.socket.resetAndDestroy()
      return
    }
    const id = newRequestId()
    const outgoing =
      route === undefined
        ? html(404, 'Not Found')
        : read === undefined
          ? html(413, 'Request Entity Too Large')
          : answerTo(options, { request, url, route, text, fault, requestId: id })
    entry.code = outgoing.status
    if (fault?.kind === 'timeout_after_effect') return
    if (fault?.kind === 'reset_after_effect') {
      request.socket.resetAndDestroy()
      return
    }
    if (fault?.kind === 'latency') await new Promise((done) => setTimeout(done, fault.latencyMs ?? 50).unref())
    entry.httpStatus = outgoing.status
    const headers = {
      'content-type': outgoing.type,
      ...(route?.isOauth === true ? {} : { 'request-id': id }),
      date: new Date(clock.nowMs()).toUTCString(),
      ...outgoing.headers,
    }
    await send(response, outgoing, headers, fault)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      // The client went away in the middle, or the sandbox has a bug: either way this connection is over.
      response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { server, baseUrl: `http://127.0.0.1:${port}` }
}

/** Writes the answer piece by piece, letting other connections in between: a report of 150,000 rows takes seconds. */
async function send(
  response: ServerResponse,
  outgoing: Outgoing,
  headers: Readonly<Record<string, string>>,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.kind === 'truncated_json' || fault?.kind === 'half_page') {
    const bytes = Buffer.concat(Array.from(outgoing.body, (piece) => Buffer.from(piece)))
    const half = bytes.subarray(0, Math.floor(bytes.length / 2))
    const isCut = fault.kind === 'half_page'
    response.writeHead(outgoing.status, { ...headers, 'content-length': isCut ? bytes.length : half.length })
    if (isCut) response.write(half, () => response.destroy())
    else response.end(half)
    return
  }
  response.writeHead(outgoing.status, headers)
  for (const piece of outgoing.body) {
    if (response.destroyed) return
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}
