/**
 * The transport half: one HTTP server on 127.0.0.1 that plays graph.facebook.com and www.facebook.com, refuses what Meta refuses, and
 * misbehaves on demand. Binds to loopback only and opens no connection of its own.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../../../shared/clock.ts'
import type { Fault, Faults } from '../faults.ts'
import type { RequestLog } from '../request-log.ts'
import { pngOf } from '../png.ts'
import { readBatch, writtenIds } from './batch.ts'
import { consentDialog } from './dialog.ts'
import { answerOfFault, envelope, htmlPage, type Outgoing, problemOfFault } from './faulty.ts'
import { createGraph, type Graph, type GraphRequest, usageKind } from './graph.ts'
import { isWriteName, logEntry, patternOf } from './logging.ts'
import type { OauthState, Switches } from './oauth.ts'
import { createUsageMeter, throttled } from './usage.ts'
import { GraphProblem, Params } from './wire.ts'
import type { MetaWorld } from './world.ts'

const MAX_BODY_BYTES = 1_000_000
/** The oldest Marketing API version that still lives; anything older is served as this one, without a word. */
const OLDEST_LIVE = 25
const NEWEST = 26

export interface MetaServerOptions {
  readonly world: MetaWorld
  readonly clock: Clock
  readonly faults: Faults
  readonly log: RequestLog
  readonly oauth: OauthState
  readonly switches: Switches
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

/** JSON or form, whatever it looks like; anything else is no parameters. */
function parseBody(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {}
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as Record<string, unknown>
    } catch {
      throw new GraphProblem(100, '(#100) The request body is not valid JSON')
    }
  }
  return Object.fromEntries(new URLSearchParams(text))
}

/** "/v26.0/act_42/campaigns" → version and path. */
function splitPath(pathname: string): { readonly version: string | undefined; readonly path: readonly string[] } {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  return /^v\d{1,2}\.\d$/.test(parts[0] ?? '')
    ? { version: parts[0], path: parts.slice(1) }
    : { version: undefined, path: parts }
}

/** The version that really answers. */
function servedVersion(asked: string | undefined): string {
  if (asked === undefined) return `v${OLDEST_LIVE}.0`
  const major = Number(asked.slice(1).split('.')[0])
  return major < OLDEST_LIVE ? `v${OLDEST_LIVE}.0` : asked
}

function tokenOf(request: IncomingMessage, params: Params): string {
  const header = request.headers.authorization
  if (header !== undefined && /^Bearer\s+/i.test(header)) return header.replace(/^Bearer\s+/i, '').trim()
  return params.text('access_token') ?? ''
}

interface Arrived {
  readonly method: string
  readonly url: URL
  readonly version: string | undefined
  readonly path: readonly string[]
  readonly params: Params
  readonly token: string
  readonly body: Readonly<Record<string, unknown>>
  readonly problem: GraphProblem | undefined
}

async function arrive(request: IncomingMessage): Promise<Arrived> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const text = await readBody(request)
  const query = Object.fromEntries(url.searchParams)
  let body: Readonly<Record<string, unknown>> = {}
  let problem: GraphProblem | undefined
  try {
    if (text === undefined) throw new GraphProblem(1, 'The request is too large')
    // A GET may carry a body (the official SDK sends {}): Graph does not look at it.
    if (request.method !== 'GET') body = parseBody(text)
  } catch (error) {
    problem = error as GraphProblem
  }
  const params = new Params({ ...query, ...body })
  const { version, path } = splitPath(url.pathname)
  return { method: request.method ?? 'GET', url, version, path, params, token: tokenOf(request, params), body, problem }
}

/** Starts listening. Resolves once the port is known. */
export async function startMetaServer(
  options: MetaServerOptions,
): Promise<{ server: Server; baseUrl: string; graph: Graph }> {
  const { world, clock, faults, log, oauth, switches } = options
  const graph = createGraph({ world, oauth, switches })
  const usage = createUsageMeter(world, switches)
  let serial = 0
  let baseUrl = ''
  const newTraceId = () => {
    serial += 1
    return `A${createHash('sha256').update(`${world.seed}:${serial}`).digest('base64url').slice(0, 22)}`
  }

  function runOne(request: GraphRequest, fault: Fault | undefined): unknown {
    const kind = usageKind(request.path)
    if (faults.isOverRate(clock.monotonicMs())) throw throttled(undefined, kind)
    const problem = problemOfFault(fault, kind, clock.nowMs())
    if (problem !== undefined) throw problem
    if (fault?.kind === 'success_without_effect') return world.withoutEffect(() => graph.run(request))
    return graph.run(request)
  }

  /** Up to 50 requests in one. Each has its own answer; a fault "partial" leaves the second half unanswered and undone. */
  function runBatch(request: GraphRequest, fault: Fault | undefined): unknown {
    const entries = readBatch(request)
    const problem = fault?.kind === 'partial' ? undefined : problemOfFault(fault, 'ads_management', clock.nowMs())
    if (problem !== undefined) throw problem
    return entries.map((entry, index) => {
      if (fault?.kind === 'partial' && index >= entries.length / 2) return null
      const work = () => runOne(entry, fault?.kind === 'success_without_effect' ? fault : undefined)
      const { status, body } = envelope(work, newTraceId())
      return { code: status, headers: [{ name: 'Content-Type', value: 'application/json; charset=UTF-8' }], body }
    })
  }

  function answer(arrived: Arrived, request: GraphRequest, fault: Fault | undefined, traceId: string): Outgoing {
    const { method, path, problem } = arrived
    if (path[0] === 'images' && method === 'GET') return picture(path[1] ?? '')
    if (path[0] === 'dialog' && path[1] === 'oauth') {
      const { status, html, location } = consentDialog(arrived.url.searchParams, oauth, switches)
      return { ...htmlPage(status, ''), body: html ?? '', ...(location === undefined ? {} : { location }) }
    }
    return envelope(() => {
      if (problem !== undefined) throw problem
      const asked = arrived.version === undefined ? NEWEST : Number(arrived.version.slice(1))
      if (asked > NEWEST)
        throw new GraphProblem(2500, `Unknown path components: /${arrived.version ?? ''}/${path.join('/')}`)
      return path.length === 0 && method === 'POST' ? runBatch(request, fault) : runOne(request, fault)
    }, traceId)
  }

  function picture(file: string): Outgoing {
    const creative = world.object(file.replace(/\.png$/, ''))
    if (creative?.kind !== 'creative') return htmlPage(404, 'Not Found')
    return { status: 200, type: 'image/png', body: pngOf(creative.id), code: undefined, throttle: 'none' }
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = await arrive(incoming)
    const { method, path, params, token, version } = arrived
    const served = switches.answerVersion ?? servedVersion(version)
    const request: GraphRequest = { method, path, params, token, baseUrl, version: version ?? served }
    const name = path[0] === 'images' || path[0] === 'dialog' ? `/${path[0]}` : graph.nameOf(method, path, params)
    const fault = faults.take(name)
    const traceId = newTraceId()
    const ids = name === 'POST /' ? writtenIds(request) : path[0] === undefined ? [] : [path[0]]
    const entry = logEntry({
      atMs: clock.nowMs(),
      incoming,
      query: Object.fromEntries(arrived.url.searchParams),
      body: arrived.body,
      method,
      path: patternOf(path),
      name,
      entityIds: ids,
      isWrite: isWriteName(name) && (name !== 'POST /' || ids.length > 0),
      hasToken: token !== '',
      fault: fault?.kind,
    })
    log.add(entry)
    if (fault?.kind === 'timeout_before_effect') return
    if (fault?.kind === 'reset_before_effect') {
      incoming.socket.resetAndDestroy()
      return
    }
    const account = graph.accountOf(path)
    usage.count(account, usageKind(path))
    const outgoing = answerOfFault(fault) ?? answer(arrived, request, fault, traceId)
    entry.code = outgoing.code
    if (fault?.kind === 'timeout_after_effect') return
    if (fault?.kind === 'reset_after_effect') {
      incoming.socket.resetAndDestroy()
      return
    }
    if (fault?.kind === 'latency') await new Promise((done) => setTimeout(done, fault.latencyMs ?? 50).unref())
    entry.httpStatus = outgoing.status
    send(response, outgoing, fault, {
      'facebook-api-version': served,
      'x-fb-trace-id': traceId,
      'x-fb-rev': '1029876543',
      ...usage.headers(account, usageKind(path), outgoing.throttle),
      ...(outgoing.code === 190
        ? { 'www-authenticate': 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token."' }
        : {}),
    })
  }

  function send(
    response: ServerResponse,
    outgoing: Outgoing,
    fault: Fault | undefined,
    headers: Readonly<Record<string, string>>,
  ): void {
    const bytes = typeof outgoing.body === 'string' ? Buffer.from(outgoing.body, 'utf8') : outgoing.body
    const half = bytes.subarray(0, Math.floor(bytes.length / 2))
    const sent = fault?.kind === 'truncated_json' ? half : bytes
    response.writeHead(outgoing.status, {
      'content-type': outgoing.type,
      'content-length': fault?.kind === 'half_page' ? bytes.length : sent.length,
      ...headers,
      ...(outgoing.location === undefined ? {} : { location: outgoing.location }),
      date: new Date(clock.nowMs()).toUTCString(),
    })
    if (fault?.kind === 'half_page') response.write(half, () => response.destroy())
    else response.end(sent)
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => {
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
  baseUrl = `http://127.0.0.1:${port}`
  return { server, baseUrl, graph }
}
