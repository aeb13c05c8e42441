/**
 * The transport half of the sandbox: an HTTP server on 127.0.0.1 that speaks TikTok's envelope, refuses what TikTok refuses,
 * and misbehaves on demand. Binds to loopback only and opens no connection of its own.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../../shared/clock.ts'
import type { Fault, Faults } from './faults.ts'
import { blankSecrets, entityIdsIn, type LoggedRequest, type RequestLog } from './request-log.ts'
import { changelogEndpoints } from './tiktok-changelog.ts'
import { ENTITY_ENDPOINTS } from './tiktok-entities.ts'
import { oauthEndpoints, type OauthState } from './tiktok-oauth.ts'
import { MEDIA_PREFIX, readMedia } from './tiktok-media.ts'
import { PIXEL_ENDPOINTS } from './tiktok-pixels.ts'
import { REPORT_ENDPOINTS } from './tiktok-report.ts'
import { SMART_PLUS_ENDPOINTS } from './tiktok-smart-plus.ts'
import { ApiProblem, type Call, type Endpoint, type Reply, toWire } from './tiktok-wire.ts'
import { WRITE_ENDPOINTS } from './tiktok-writes.ts'
import type { World } from './world.ts'

const PREFIX = '/open_api/v1.3'
const MAX_BODY_BYTES = 1_000_000

export interface TiktokServerOptions {
  readonly world: World
  readonly clock: Clock
  readonly faults: Faults
  readonly log: RequestLog
  readonly oauth: OauthState
  /** 0 for any free port. */
  readonly port: number
}

interface Outgoing {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly code: number | undefined
}

const html = (status: number, title: string): Outgoing => ({
  status,
  type: 'text/html; charset=utf-8',
  text: `<html><head><title>${status} ${title}</title></head><body><center><h1>${status} ${title}</h1></center></body></html>\n`,
  code: undefined,
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

function parseBody(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // falls through: the same answer for "no JSON" and "no object"
  }
  throw new ApiProblem(40002, 'The request body is not a valid JSON object.')
}

function codeOfFault(fault: Fault | undefined): ApiProblem | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return new ApiProblem(40100, 'Too many requests. Please retry in some time.')
    case 'expired_token':
      return new ApiProblem(40102, 'The access token has expired.')
    case 'invalid_token':
      return new ApiProblem(40105, 'Access token is incorrect or has been revoked.')
    case 'code':
      return new ApiProblem(fault.code ?? 50000, fault.message ?? 'System error.')
    default:
      return undefined
  }
}

/** Faults that answer instead of the endpoint, before anything happened. */
function answerOfFault(fault: Fault | undefined): Outgoing | undefined {
  switch (fault?.kind) {
    case 'http_500':
      return {
        status: 500,
        type: 'application/json',
        text: '{"code":50000,"message":"Internal error"}',
        code: undefined,
      }
    case 'http_502_html':
      return html(502, 'Bad Gateway')
    case 'html_200':
      return html(200, 'Sign in to the network')
    case 'empty_body':
      return { status: 200, type: 'application/json', text: '', code: undefined }
    default:
      return undefined
  }
}

/** The endpoint's result or problem in TikTok's envelope. Anything else that is thrown is a bug of the sandbox. */
function envelope(work: () => Reply, requestId: string, keepsNulls: boolean): Outgoing {
  let reply: Reply
  try {
    reply = work()
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error
    reply = { code: error.code, message: error.message, data: error.data }
  }
  const code = reply.code ?? 0
  const text = toWire({ code, message: reply.message ?? 'OK', request_id: requestId, data: reply.data }, keepsNulls)
  return { status: 200, type: 'application/json', text, code }
}

function originOf(server: Server): string {
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

/** Starts listening. Resolves once the port is known. */
export async function startTiktokServer(options: TiktokServerOptions): Promise<{ server: Server; baseUrl: string }> {
  const { world, clock, faults, log } = options
  const endpoints: Readonly<Record<string, Endpoint>> = {
    ...oauthEndpoints(options.oauth),
    ...ENTITY_ENDPOINTS,
    ...REPORT_ENDPOINTS,
    ...WRITE_ENDPOINTS,
    ...SMART_PLUS_ENDPOINTS,
    ...PIXEL_ENDPOINTS,
    ...changelogEndpoints(),
  }
  /** Everything that comes in here is somebody's program. */
  const viaApi = { operator: 'a*s@fjellkant.example', source: 'Marketing API', appId: options.oauth.appId }
  let serial = 0
  const newRequestId = () => {
    serial += 1
    const stamp = new Date(clock.nowMs()).toISOString().replace(/\D/g, '').slice(0, 14)
    return `${stamp}${createHash('sha256').update(`${world.seed}:${serial}`).digest('hex').slice(0, 18).toUpperCase()}`
  }

  function runEndpoint(endpoint: Endpoint, call: Call, fault: Fault | undefined): Reply {
    if (faults.isOverRate(clock.monotonicMs()))
      throw new ApiProblem(40100, 'Too many requests. Please retry in some time.')
    const problem = codeOfFault(fault)
    if (problem !== undefined) throw problem
    if (endpoint.needsToken && call.token === '')
      throw new ApiProblem(40104, 'Access token is null, you should set it in http header with key Access-Token.')
    if (endpoint.needsToken && !world.accessTokens.has(call.token))
      throw new ApiProblem(40105, 'Access token is incorrect or has been revoked.')
    if (fault?.kind === 'success_without_effect') return world.withoutEffect(() => endpoint.run(call))
    const reply = world.actingAs(viaApi, () => endpoint.run(call))
    if (endpoint.isWrite === true) world.persist()
    return reply
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const path = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : ''
    const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined
    const text = await readBody(request)
    const fault = endpoint === undefined ? undefined : faults.take(path)
    const requestId = newRequestId()
    let body: Readonly<Record<string, unknown>> = {}
    let bodyProblem: ApiProblem | undefined
    try {
      body = parseBody(request.method === 'POST' ? (text ?? '') : '')
    } catch (error) {
      bodyProblem = error as ApiProblem
    }
    const entry: LoggedRequest = {
      atMs: clock.nowMs(),
      method: request.method ?? '',
      path: path === '' ? url.pathname : path,
      query: blankSecrets(Object.fromEntries(url.searchParams)) as Record<string, string>,
      body: blankSecrets(body),
      userAgent: request.headers['business-sdk'] === undefined ? (request.headers['user-agent'] ?? '') : 'official SDK',
      connection: request.headers.connection ?? '',
      hasToken: request.headers['access-token'] !== undefined,
      isWrite: endpoint?.isWrite === true,
      entityIds: endpoint?.isWrite === true ? entityIdsIn(body) : [],
      fault: fault?.kind,
      httpStatus: 0,
      code: undefined,
    }
    log.add(entry)
    if (url.pathname.startsWith(MEDIA_PREFIX)) {
      sendMedia(response, url, entry)
      return
    }
    if (fault?.kind === 'timeout_before_effect') return
    if (fault?.kind === 'reset_before_effect') {
      request.socket.resetAndDestroy()
      return
    }
    if (fault?.kind === 'redirect') {
      entry.httpStatus = 302
      response.writeHead(302, { location: fault.location ?? '/' }).end()
      return
    }
    const header = request.headers['access-token']
    const call: Call = {
      world,
      query: url.searchParams,
      body,
      token: typeof header === 'string' ? header : '',
      origin: originOf(server),
      isPartialForced: fault?.kind === 'partial',
      nowMs: clock.nowMs(),
    }
    const outgoing = ((): Outgoing => {
      // TikTok answers a path without its trailing slash like any unknown page.
      if (endpoint === undefined) return html(404, 'Not Found')
      if (request.method !== endpoint.method) return html(405, 'Method Not Allowed')
      if (text === undefined) return html(413, 'Payload Too Large')
      return (
        answerOfFault(fault) ??
        envelope(
          () => {
            if (bodyProblem !== undefined) throw bodyProblem
            return runEndpoint(endpoint, call, fault)
          },
          requestId,
          endpoint.keepsNulls === true,
        )
      )
    })()
    entry.code = outgoing.code
    if (fault?.kind === 'timeout_after_effect') return
    if (fault?.kind === 'reset_after_effect') {
      request.socket.resetAndDestroy()
      return
    }
    if (fault?.kind === 'latency') await new Promise((done) => setTimeout(done, fault.latencyMs ?? 50).unref())
    entry.httpStatus = outgoing.status
    send(response, outgoing, requestId, fault)
  }

  function sendMedia(response: ServerResponse, url: URL, entry: LoggedRequest): void {
    const picture = readMedia(url, world.seed, clock.nowMs())
    entry.httpStatus = picture === undefined ? 403 : 200
    if (picture === undefined) response.writeHead(403, { 'content-type': 'text/plain' }).end('Forbidden')
    else response.writeHead(200, { 'content-type': 'image/png', 'content-length': picture.length }).end(picture)
  }

  function send(response: ServerResponse, outgoing: Outgoing, requestId: string, fault: Fault | undefined): void {
    const bytes = Buffer.from(outgoing.text, 'utf8')
    const half = bytes.subarray(0, Math.floor(bytes.length / 2))
    const sent = fault?.kind === 'truncated_json' ? half : bytes
    response.writeHead(outgoing.status, {
      'content-type': outgoing.type,
      'content-length': sent.length,
      'x-tt-logid': requestId,
      date: new Date(clock.nowMs()).toUTCString(),
    })
    if (fault?.kind === 'half_page') response.write(half, () => response.destroy())
    else response.end(sent)
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
  return { server, baseUrl: originOf(server) }
}
