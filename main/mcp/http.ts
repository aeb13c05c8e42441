/**
 * The loopback HTTP door of MCP: one path, 127.0.0.1 only. Every request passes Host → Origin → path → bearer → method →
 * body size before a byte reaches the protocol code. It sends no CORS headers, knows no OAuth discovery (some clients
 * drop a configured token when they find one), takes no token from a URL, and never moves to another port by itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { Logger } from '../logger.ts'
import type { AgentPort } from './agent-port.ts'
import { clientInfoOf } from './client-info.ts'
import { callerOf, type ClientRegistry, type McpClient, notAuthorized } from './clients.ts'
import { buildServer } from './server.ts'

const MAX_BODY_BYTES = 1024 * 1024
const MCP_PATH = '/mcp'
const MAX_CONNECTIONS = 64
/** Open requests of one client, streams included. The limit on running calls is lower and answers in MCP words. */
const MAX_OPEN_PER_CLIENT = 8
const MAX_SUBSCRIPTIONS = 32
const MAX_HEADER_BYTES = 16 * 1024
/** A refused upload is read on for this long, so that the sender gets to see the answer. */
const DRAIN_MS = 1000

type AuthenticatedRequest = Parameters<ReturnType<typeof toNodeHandler>>[0]

interface HttpDoor {
  /** Listens, or says in problem() why not. Never rejects. Does nothing when it listens already. */
  open(): Promise<void>
  close(): Promise<void>
  url(): string | null
  problem(): string | null
  /** Destroys every open request of a client. */
  kick(clientId: string): void
  openClients(): readonly string[]
}

interface HttpDoorParts {
  readonly agentPort: AgentPort
  readonly registry: ClientRegistry
  /** 0 lets the system choose (tests). */
  readonly tcpPort: number
  readonly appVersion: string
  readonly log: Logger
  /** How long headers and the whole request may take to arrive; slow senders are cut off. */
  readonly headersTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers?: Record<string, string>
}

function refuse(res: ServerResponse, { status, code, message, headers }: Refusal): void {
  if (res.headersSent) return
  const body = JSON.stringify({ error: { code, message, retryable: status === 429, next_step: nextStep(status) } })
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }).end(body)
}
function nextStep(status: number): string {
  if (status === 401) return notAuthorized().hint
  if (status === 429) return 'Wait for running calls to end, then try again.'
  if (status === 413) return 'Send a smaller request.'
  return `Send MCP messages as POST to ${MCP_PATH}.`
}

/** Browsers send Origin with every cross-site POST; AI clients send none. Only our own address may stand there. */
function wrongSource(req: IncomingMessage, tcpPort: number): Refusal | null {
  const hosts = [`127.0.0.1:${tcpPort}`, `localhost:${tcpPort}`]
  if (!hosts.includes((req.headers.host ?? '').toLowerCase())) {
    return { status: 403, code: 'not_allowed', message: 'This Host is not served here.' }
  }
  const origin = req.headers.origin
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) {
    return { status: 403, code: 'not_allowed', message: 'This Origin may not call.' }
  }
  return null
}

function bearerOf(req: IncomingMessage): string | null {
  return /^Bearer +([A-Za-z0-9_-]{1,200})$/i.exec(req.headers.authorization ?? '')?.[1] ?? null
}

type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: 'too_large' | 'not_json' }

async function readBody(req: IncomingMessage): Promise<Body> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return { ok: false, why: 'too_large' }
  const chunks: Buffer[] = []
  let size = 0
  // Listeners instead of for-await: leaving that loop early would destroy the socket before the answer is out.
  const complete = await new Promise<boolean>((resolve, reject) => {
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_BODY_BYTES) resolve(false)
      else chunks.push(chunk)
    })
    req.on('end', () => resolve(true))
    req.on('error', reject)
    req.on('close', () => reject(new Error('the request was cut off')))
  })
  if (!complete) return { ok: false, why: 'too_large' }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  } catch {
    return { ok: false, why: 'not_json' }
  }
}

export function createHttpDoor(parts: HttpDoorParts): HttpDoor {
  const { registry, log } = parts
  const openByClient = new Map<string, Set<ServerResponse>>()
  let server: Server | null = null
  let handler: McpHttpHandler | null = null
  let problem: string | null = null

  function newHandler(): McpHttpHandler {
    return createMcpHandler(
      ({ authInfo }) => {
        const client = registry.active(authInfo?.clientId ?? '')
        if (client === null) throw notAuthorized()
        return buildServer({
          port: parts.agentPort,
          caller: callerOf(client),
          appVersion: parts.appVersion,
          admission: registry,
          log,
        })
      },
      {
        maxSubscriptions: MAX_SUBSCRIPTIONS,
        maxRequestBodySize: MAX_BODY_BYTES,
        onerror: (error) => log.info('mcp.http_rejected', { reason: error.message.slice(0, 200) }),
      },
    )
  }

  /** Counts the request as open until its answer is over. False when the client has too many. */
  function hold(client: McpClient, res: ServerResponse): boolean {
    const held = openByClient.get(client.clientId) ?? new Set()
    if (held.size >= MAX_OPEN_PER_CLIENT) return false
    held.add(res)
    openByClient.set(client.clientId, held)
    res.on('close', () => {
      held.delete(res)
      if (held.size === 0 && openByClient.get(client.clientId) === held) openByClient.delete(client.clientId)
    })
    return true
  }

  function authenticate(req: IncomingMessage, res: ServerResponse): McpClient | null {
    const token = bearerOf(req)
    // Whatever runs behind this line has no use for the token.
    delete req.headers.authorization
    const result = token === null ? null : registry.authenticate(token)
    if (result?.ok === true) return result.client
    if (result !== null) {
      parts.agentPort.noteRefusal({
        clientId: result.clientId ?? 'unknown',
        tool: '(connect)',
        code: 'not_authorized',
      })
    }
    refuse(res, {
      status: 401,
      code: 'not_authorized',
      message: notAuthorized().message,
      headers: { 'www-authenticate': token === null ? 'Bearer' : 'Bearer error="invalid_token"' },
    })
    return null
  }

  async function serve(req: IncomingMessage, res: ServerResponse, tcpPort: number): Promise<void> {
    const refusal = wrongSource(req, tcpPort)
    if (refusal !== null) return refuse(res, refusal)
    if (req.url !== MCP_PATH)
      return refuse(res, { status: 404, code: 'unknown_operation', message: 'Nothing is here.' })
    const client = authenticate(req, res)
    if (client === null) return
    if (req.method !== 'POST') {
      const headers = { allow: 'POST' }
      return refuse(res, { status: 405, code: 'not_allowed', message: 'Only POST is served.', headers })
    }
    if (!hold(client, res)) {
      const headers = { 'retry-after': '1' }
      return refuse(res, { status: 429, code: 'rate_limited', message: 'Too many open requests.', headers })
    }
    const body = await readBody(req)
    if (!body.ok) return refuseBody(req, res, body.why)
    registry.touch(client.clientId, clientInfoOf(body.value))
    if (handler === null) return refuse(res, { status: 503, code: 'cancelled', message: 'SpendSignoff is closing.' })
    const auth = {
      token: '',
      clientId: client.clientId,
      scopes: [...client.scopes],
      expiresAt: Math.floor(client.expiresAtMs / 1000),
    }
    await toNodeHandler(handler)(Object.assign(req, { auth }) as AuthenticatedRequest, res, body.value)
  }

  async function open(): Promise<void> {
    if (server !== null) return
    const fresh = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: parts.headersTimeoutMs ?? 10_000,
      requestTimeout: parts.requestTimeoutMs ?? 30_000,
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: 1000,
    })
    server = fresh
    fresh.maxConnections = MAX_CONNECTIONS
    const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      fresh.once('error', resolve)
      fresh.listen({ port: parts.tcpPort, host: '127.0.0.1' }, () => resolve(null))
    })
    if (failure !== null) {
      server = null
      const said = sayProblem(failure, parts.tcpPort)
      // Tried again every few seconds: only news is worth a line.
      if (said !== problem) log.error('mcp.http_not_listening', failure, { port: parts.tcpPort })
      problem = said
      return
    }
    problem = null
    handler = newHandler()
    fresh.on('error', (error) => log.error('mcp.http_failed', error))
    const { port: tcpPort } = fresh.address() as AddressInfo
    fresh.on('request', (req: IncomingMessage, res: ServerResponse) => {
      serve(req, res, tcpPort).catch((error: unknown) => {
        if (req.destroyed && !req.complete) return
        log.error('mcp.http_request_failed', error)
        refuse(res, { status: 500, code: 'internal', message: 'Something went wrong inside SpendSignoff.' })
      })
    })
  }

  async function close(): Promise<void> {
    const closing = server
    problem = null
    if (closing === null) return
    server = null
    const served = handler
    handler = null
    const closed = new Promise<void>((resolve) => {
      closing.close(() => resolve())
    })
    closing.closeAllConnections()
    await served?.close()
    await closed
  }

  return {
    open,
    close,
    url() {
      const address = server?.listening === true ? (server.address() as AddressInfo) : null
      return address === null ? null : `http://127.0.0.1:${address.port}${MCP_PATH}`
    },
    problem: () => problem,
    kick(clientId) {
      for (const res of openByClient.get(clientId) ?? []) res.socket?.destroy()
    },
    openClients: () => [...openByClient.keys()],
  }
}

function refuseBody(req: IncomingMessage, res: ServerResponse, why: 'too_large' | 'not_json'): void {
  if (why === 'not_json') {
    const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error: not JSON' } })
    res.writeHead(400, { 'content-type': 'application/json' }).end(body)
    return
  }
  const headers = { connection: 'close' }
  refuse(res, { status: 413, code: 'invalid_input', message: `At most ${MAX_BODY_BYTES} bytes are read.`, headers })
  req.removeAllListeners('data').resume()
  setTimeout(() => req.socket.destroy(), DRAIN_MS).unref()
}

function sayProblem(error: NodeJS.ErrnoException, tcpPort: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${tcpPort} is in use by another program, so AI clients cannot connect over HTTP. Close that program; SpendSignoff tries again by itself and does not move to another port, because clients have stored this one.`
  }
  return `SpendSignoff could not listen on 127.0.0.1 port ${tcpPort} (${error.code ?? 'unknown reason'}).`
}
