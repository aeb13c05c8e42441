/**
 * The door for the stdio bridge: a unix socket (0600, in a private folder) or a named pipe. Speaks to nobody who has not
 * first proved to be able to read the endpoint file, and to none without a live token. One MCP server per connection.
 */
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import type { Clock } from '../../shared/clock.ts'
import { writeFileAtomically } from '../atomic-file.ts'
import type { Logger } from '../logger.ts'
import type { AgentPort } from './agent-port.ts'
import { clientInfoOf } from './client-info.ts'
import { callerOf, type ClientRegistry, type McpClient } from './clients.ts'
import {
  credentialSchema,
  type Endpoint,
  HELLO_TIMEOUT_MS,
  HELLO_VERSION,
  isProof,
  openingSchema,
  proofOf,
  readHello,
  writeHello,
} from './hello.ts'
import { buildServer } from './server.ts'

const MAX_CONNECTIONS = 64
const MAX_PER_CLIENT = 16
/** The system's limit for a unix socket's path is 104 bytes on macOS, 108 on Linux. */
const MAX_SOCKET_PATH_BYTES = 100
/** One message of a client. */
const MAX_LINE_BYTES = 1024 * 1024
/** A client that asks and never reads is cut off when this much waits for it. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024

interface PipeDoor {
  /** Listens and writes the endpoint file, or says in problem() why not. Never rejects. */
  open(): Promise<void>
  close(): Promise<void>
  problem(): string | null
  kick(clientId: string): void
  openClients(): readonly string[]
}

interface PipeDoorParts {
  readonly agentPort: AgentPort
  readonly registry: ClientRegistry
  readonly socketPath: string
  readonly endpointFile: string
  readonly appVersion: string
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  readonly log: Logger
}

/** MCP's own stdio framing over a socket; ends the socket with the session, and sees who introduces itself. */
class SocketTransport extends StdioServerTransport {
  readonly #socket: Socket
  readonly #see: (message: unknown) => void
  constructor(socket: Socket, see: (message: unknown) => void) {
    super(socket, socket, { maxBufferSize: MAX_LINE_BYTES })
    this.#socket = socket
    this.#see = see
  }
  override start(): Promise<void> {
    const deliver = this.onmessage
    // The SDK's transports have this one slot and no events.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    this.onmessage = (message) => {
      this.#see(message)
      if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#socket.destroy()
      else deliver?.(message)
    }
    return super.start()
  }
  override async close(): Promise<void> {
    await super.close()
    this.#socket.destroySoon()
  }
}

export function createPipeDoor(parts: PipeDoorParts): PipeDoor {
  const { registry, log, socketPath, endpointFile } = parts
  const isNamedPipe = socketPath.startsWith('\\\\.\\pipe\\')
  const openByClient = new Map<string, Set<Socket>>()
  const sockets = new Set<Socket>()
  let server: Server | null = null
  let key = ''
  let problem: string | null = null

  async function greet(socket: Socket): Promise<McpClient | null> {
    const opening = await readHello(socket, openingSchema, HELLO_TIMEOUT_MS)
    if (!isProof(opening.proof, key, 'bridge', opening.nonce)) return null
    if (opening.v !== HELLO_VERSION) {
      writeHello(socket, { ok: false, code: 'bad_version' })
      return null
    }
    writeHello(socket, { v: HELLO_VERSION, proof: proofOf(key, 'app', opening.nonce) })
    const { token } = await readHello(socket, credentialSchema, HELLO_TIMEOUT_MS)
    const result = registry.authenticate(token)
    if (!result.ok) {
      parts.agentPort.noteRefusal({ clientId: result.clientId ?? 'unknown', tool: '(connect)', code: 'not_authorized' })
      writeHello(socket, { ok: false, code: 'not_authorized' })
      return null
    }
    if ((openByClient.get(result.client.clientId)?.size ?? 0) >= MAX_PER_CLIENT) {
      writeHello(socket, { ok: false, code: 'too_many' })
      return null
    }
    writeHello(socket, { ok: true })
    return result.client
  }

  function serve(socket: Socket, client: McpClient): void {
    const held = openByClient.get(client.clientId) ?? new Set()
    openByClient.set(client.clientId, held.add(socket))
    socket.on('close', () => {
      held.delete(socket)
      if (held.size === 0 && openByClient.get(client.clientId) === held) openByClient.delete(client.clientId)
    })
    registry.touch(client.clientId, null)
    const see = (message: unknown): void => {
      const info = clientInfoOf(message)
      if (info !== null) registry.touch(client.clientId, info)
    }
    serveStdio(
      () =>
        buildServer({
          port: parts.agentPort,
          caller: callerOf(client),
          appVersion: parts.appVersion,
          admission: registry,
          log,
        }),
      {
        transport: new SocketTransport(socket, see),
        maxSubscriptions: MAX_PER_CLIENT,
        onerror: (error) => log.info('mcp.pipe_rejected', { reason: error.message.slice(0, 200) }),
      },
    )
  }

  function accept(socket: Socket): void {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A peer that resets is no news; the close event cleans up.
    socket.on('error', () => undefined)
    greet(socket).then(
      (client) => {
        if (client === null) socket.destroySoon()
        else if (!socket.destroyed) serve(socket, client)
      },
      () => socket.destroy(),
    )
  }

  function writeEndpoint(): void {
    const endpoint: Endpoint = {
      v: HELLO_VERSION,
      pid: process.pid,
      socket: socketPath,
      started_at: new Date(parts.clock.nowMs()).toISOString(),
      app_version: parts.appVersion,
      key,
    }
    writeFileAtomically(endpointFile, Buffer.from(`${JSON.stringify(endpoint)}\n`))
  }

  /** Only our own file: another instance may have written its own meanwhile. */
  function removeEndpoint(): void {
    try {
      const found = JSON.parse(readFileSync(endpointFile, 'utf8')) as { key?: unknown }
      if (found.key === key) rmSync(endpointFile, { force: true })
    } catch {
      // Gone or not ours: nothing to remove.
    }
  }

  async function open(): Promise<void> {
    if (server !== null) return
    const fresh = createServer()
    fresh.maxConnections = MAX_CONNECTIONS
    server = fresh
    try {
      if (!isNamedPipe) await prepareSocketPath(socketPath)
      await listen(fresh, socketPath, isNamedPipe)
      key = Buffer.from(parts.randomBytes(32)).toString('base64url')
      writeEndpoint()
      problem = null
    } catch (error) {
      server = null
      fresh.close()
      problem = error instanceof DoorProblem ? error.message : 'SpendSignoff could not open its local socket.'
      log.error('mcp.pipe_not_listening', error)
      return
    }
    fresh.on('error', (error) => log.error('mcp.pipe_failed', error))
    fresh.on('connection', accept)
  }

  async function close(): Promise<void> {
    problem = null
    const closing = server
    if (closing === null) return
    server = null
    removeEndpoint()
    const closed = new Promise<void>((resolve) => {
      closing.close(() => resolve())
    })
    for (const socket of sockets) socket.destroy()
    await closed
  }

  return {
    open,
    close,
    problem: () => problem,
    kick(clientId) {
      for (const socket of openByClient.get(clientId) ?? []) socket.destroy()
    },
    openClients: () => [...openByClient.keys()],
  }
}

/** Why the socket cannot be opened, in words for the settings page. */
class DoorProblem extends Error {}

/**
 * Makes sure that only this person can reach the path, and that a file left by a crash is gone. A socket that still
 * answers belongs to a running instance and is left alone. Throws DoorProblem.
 */
async function prepareSocketPath(socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new DoorProblem(`The path of the local socket is longer than ${MAX_SOCKET_PATH_BYTES} bytes: ${socketPath}`)
  }
  const folder = dirname(socketPath)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stats = lstatSync(folder)
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0) {
    throw new DoorProblem(`Others can write to ${folder}, so the local socket is not opened there.`)
  }
  const found = lstatSync(socketPath, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new DoorProblem(`${socketPath} exists and is not a socket.`)
  if (await isAnswering(socketPath)) throw new DoorProblem('Another SpendSignoff is running and has the local socket.')
  rmSync(socketPath, { force: true })
}

function isAnswering(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath)
    const settle = (answer: boolean): void => {
      probe.destroy()
      resolve(answer)
    }
    probe.setTimeout(1000, () => settle(true))
    probe.once('connect', () => settle(true))
    probe.once('error', () => settle(false))
  })
}

function listen(server: Server, socketPath: string, isNamedPipe: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Binding happens inside listen(): the file is born 0600, there is no moment in which others could connect.
    const before = isNamedPipe ? null : process.umask(0o177)
    try {
      server.listen(socketPath, () => {
        server.off('error', reject)
        if (!isNamedPipe) chmodSync(socketPath, 0o600)
        resolve()
      })
    } finally {
      if (before !== null) process.umask(before)
    }
  })
}
