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
import type { Clock } from '../../../../shared/clock.ts'
import type { Fault, Faults } from '../faults.ts'
import { pngOf } from '../png.ts'
import { blankSecrets, type LoggedRequest, type RequestLog } from '../request-log.ts'
import type { Caller, GoogleApi } from './api.ts'
import { ApiFailure, adsError, badJson, errorBody, throttled, unauthenticated } from './failure.ts'
import { isMutateService, refusedAll } from './mutate.ts'
import type { Oauth, PageReply } from './oauth.ts'
import { isRecord } from './proto-json.ts'
import { isDryRun, namedIds, type Route, routeOf } from './routes.ts'
import type { GoogleWorld } from './world.ts'

const MAX_BODY_BYTES = 8_000_000

export interface GoogleServerOptions {
  readonly world: GoogleWorld
  readonly api: GoogleApi
  readonly oauth: Oauth
  readonly clock: Clock
  readonly faults: Faults
  readonly log: RequestLog
  /** 0 for any free port. */
  readonly port: number
}

interface Outgoing {
  readonly status: number
  readonly type: string
  /** Pieces of the body, worked out one after the other. */
  readonly body: Iterable<string | Buffer>
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = 'application/json; charset=UTF-8'
const HTML_TYPE = 'text/html; charset=UTF-8'
const json = (status: number, value: unknown): Outgoing => ({ status, type: JSON_TYPE, body: [JSON.stringify(value)] })
const html = (status: number, title: string): Outgoing => ({
  status,
  type: HTML_TYPE,
  body: [
    `<!DOCTYPE html>\n<html lang=en><title>Error ${status} (${title})</title><p><b>${status}.</b> That’s an error.\n`,
  ],
})

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

function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badJson('Invalid JSON payload received. Unexpected token.')
  }
  if (!isRecord(value)) throw badJson('Invalid JSON payload received. The root element must be an object.')
  return value
}

/** What a fault makes of an API request, before anything happened. */
function failureOf(fault: Fault | undefined): ApiFailure | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return throttled()
    case 'http_500':
      return new ApiFailure('INTERNAL', [adsError('internalError.INTERNAL_ERROR', 'An internal error has occurred.')])
    case 'expired_token':
      return unauthenticated('ACCESS_TOKEN_EXPIRED')
    case 'invalid_token':
      return unauthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED')
    case 'code':
      return chosenFailure(fault)
    default:
      return undefined
  }
}

/** Fault "code": `code` is the HTTP status; `message` may be "family.NAME" for a GoogleAdsFailure. */
function chosenFailure(fault: Fault): ApiFailure {
  const statuses = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
  } as const
  const status = statuses[(fault.code ?? 503) as keyof typeof statuses] ?? 'INTERNAL'
  const message = fault.message ?? ''
  return /^[a-zA-Z]+\.[A-Z_]+$/.test(message)
    ? new ApiFailure(status, [adsError(message, 'Chosen by the sandbox.')])
    : new ApiFailure(status, [], ...(message === '' ? [] : [message]))
}

/** The same for the token endpoint, which has another error shape. */
function oauthFaultOf(fault: Fault | undefined): Outgoing | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return json(429, { error: 'rate_limit_exceeded', error_description: 'Rate limit exceeded.' })
    case 'http_500':
      return json(500, { error: 'internal_failure' })
    case 'expired_token':
    case 'invalid_token':
      return json(400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' })
    case 'code':
      return json(fault.code ?? 503, { error: fault.message ?? 'temporarily_unavailable' })
    default:
      return undefined
  }
}

/** Faults that answer instead of anybody. */
function pageOfFault(fault: Fault | undefined): Outgoing | undefined {
  switch (fault?.kind) {
    case 'http_502_html':
      return html(502, 'Server Error')
    case 'html_200':
      return { ...html(200, 'Sign in to the network'), status: 200 }
    case 'empty_body':
      return { status: 200, type: JSON_TYPE, body: [] }
    case 'redirect':
      return { status: 302, type: HTML_TYPE, body: [], headers: { location: fault.location ?? '/' } }
    default:
      return undefined
  }
}

/** searchStream's answer: a JSON array of chunks, written as the rows are worked out. */
function* streamText(mask: string, batches: Iterable<readonly unknown[]>, requestId: string): Generator<string> {
  const tail = `"fieldMask":${JSON.stringify(mask)},"requestId":"${requestId}"`
  let count = 0
  yield '['
  for (const batch of batches) {
    yield `${count === 0 ? '' : ',\n'}{"results":${JSON.stringify(batch)},${tail}${count === 0 ? ',"queryResourceConsumption":"412"' : ''}}`
    count += 1
  }
  yield count === 0 ? `{${tail}}]` : ']'
}

function pageOutgoing(reply: PageReply): Outgoing {
  return {
    status: reply.status,
    type: HTML_TYPE,
    body: [reply.html],
    ...(reply.location === undefined ? {} : { headers: { location: reply.location } }),
  }
}

/** Starts listening. Resolves once the port is known. */
export async function startGoogleServer(options: GoogleServerOptions): Promise<{ server: Server; baseUrl: string }> {
  const { world, api, oauth, clock, faults, log } = options
  let serial = 0
  const newRequestId = () => {
    serial += 1
    return createHash('sha256').update(`google:${world.seed}:${serial}`).digest('base64url').slice(0, 22)
  }

  function callerOf(request: IncomingMessage): Caller {
    const header = request.headers.authorization ?? ''
    if (!/^Bearer /i.test(header)) throw unauthenticated('CREDENTIALS_MISSING')
    const state = oauth.check(header.slice('Bearer '.length))
    if (state.kind !== 'good')
      throw unauthenticated(state.kind === 'expired' ? 'ACCESS_TOKEN_EXPIRED' : 'ACCESS_TOKEN_TYPE_UNSUPPORTED')
    const login = request.headers['login-customer-id']
    return { email: state.email, loginCustomerId: typeof login === 'string' ? login : undefined }
  }

  function mutate(caller: Caller, route: Route, body: unknown, fault: Fault | undefined): unknown {
    const request = isRecord(body) ? body : {}
    const service = route.service ?? ''
    if (!isMutateService(service)) throw new ApiFailure('NOT_FOUND', [])
    if (fault?.kind === 'partial') return refusedAll(service, request)
    if (fault?.kind !== 'success_without_effect') {
      const answer = api.mutate(caller, route.customerId, service, request)
      world.persist()
      return answer
    }
    return world.transact(() => ({ result: api.mutate(caller, route.customerId, service, request), isKept: false }))
  }

  function apiAnswer(
    request: IncomingMessage,
    route: Route,
    text: string,
    fault: Fault | undefined,
    id: string,
  ): Outgoing {
    try {
      if (faults.isOverRate(clock.monotonicMs())) throw throttled()
      const failure = failureOf(fault)
      if (failure !== undefined) throw failure
      if (route.isWrongVersion)
        throw new ApiFailure('INVALID_ARGUMENT', [
          adsError('requestError.UNSUPPORTED_VERSION', 'The version is deprecated or unknown.'),
        ])
      const caller = callerOf(request)
      const body = parseJson(text)
      switch (route.kind) {
        case 'accessible':
          return json(200, api.listAccessibleCustomers())
        case 'fields':
          return json(200, api.searchFields(body))
        case 'search':
          return json(200, withoutEmpty(api.search(caller, route.customerId, body)))
        case 'searchStream': {
          const { fieldMask, batches } = api.searchStream(caller, route.customerId, body)
          return { status: 200, type: JSON_TYPE, body: streamText(fieldMask, batches, id) }
        }
        default:
          return json(200, mutate(caller, route, body, fault))
      }
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      const body = errorBody(error, id)
      return json(error.httpStatus, route.kind === 'searchStream' ? [body] : body)
    }
  }

  function oauthAnswer(route: Route, url: URL, text: string, fault: Fault | undefined): Outgoing {
    const form = new URLSearchParams(text)
    switch (route.kind) {
      case 'authorize':
        return pageOutgoing(oauth.authorize(url.searchParams))
      case 'decision':
        return pageOutgoing(oauth.decide(form))
      default: {
        const bad = oauthFaultOf(fault)
        if (bad !== undefined) return bad
        const token = form.get('token') ?? url.searchParams.get('token') ?? ''
        const reply = route.kind === 'token' ? oauth.token(form) : oauth.revoke(token)
        return json(reply.status, reply.body)
      }
    }
  }

  function answer(
    request: IncomingMessage,
    url: URL,
    route: Route | undefined,
    text: string,
    fault: Fault | undefined,
    id: string,
  ): Outgoing {
    if (route === undefined) return html(404, 'Not Found')
    if (request.method !== route.method) return html(405, 'Method Not Allowed')
    const page = pageOfFault(fault)
    if (page !== undefined) return page
    if (route.kind === 'thumbnail')
      return { status: 200, type: 'image/png', body: [pngOf(`google:${route.path}:${url.pathname}`)] }
    return route.isOauth ? oauthAnswer(route, url, text, fault) : apiAnswer(request, route, text, fault, id)
  }

  function logEntry(request: IncomingMessage, url: URL, route: Route | undefined, text: string): LoggedRequest {
    const isForm = route?.isOauth === true
    let body: unknown
    try {
      body = isForm ? Object.fromEntries(new URLSearchParams(text)) : parseJson(text)
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

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const route = routeOf(url.pathname)
    const text = (await readBody(request)) ?? ''
    const fault = route === undefined ? undefined : faults.take(route.path, ...route.purposes(text))
    const entry = { ...logEntry(request, url, route, text), fault: fault?.kind }
    log.add(entry)
    if (fault?.kind === 'timeout_before_effect') return
    if (fault?.kind === 'reset_before_effect') {
      request.socket.resetAndDestroy()
      return
    }
    const id = newRequestId()
    const outgoing = answer(request, url, route, text, fault, id)
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

/** proto3 leaves empty lists out. */
function withoutEmpty(result: { readonly results: readonly unknown[] }): unknown {
  const { results, ...rest } = result
  return results.length === 0 ? rest : { results, ...rest }
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
