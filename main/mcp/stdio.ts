/**
 * The stdio bridge: the process an AI client starts. It copies newline-delimited JSON-RPC between its own stdin/stdout and
 * the app's socket, and answers for the app while that is closed. It holds no ad data, knows no platform and never exits
 * because the app did: most hosts do not start a dead server again. Nothing but the protocol goes to stdout.
 */
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { type Clock, systemClock } from '../../shared/clock.ts'
import { connectToApp, Unreachable } from './bridge-connection.ts'
import { LineSplitter } from './line-splitter.ts'
import {
  answerOffline,
  busyFailure,
  type Message,
  modernVersionOf,
  parseFailure,
  type Reason,
  type RequestId,
  requestIdOf,
} from './offline-answers.ts'

/** Between two attempts to reach the app. */
const RETRY_AFTER_MS = 300
/** How long a replayed `initialize` may take. */
const REPLAY_TIMEOUT_MS = 3000
/** After the end of stdin, how long running calls may still answer. Hosts kill after about two seconds. */
const LAST_ANSWERS_MS = 1500
const MAX_PENDING = 256
const MAX_LINE_FROM_CLIENT = 1024 * 1024
const MAX_LINE_FROM_APP = 16 * 1024 * 1024

interface BridgeParts {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** `<home>/mcp-endpoint.json`, written by the running app. */
  readonly endpointFile: string
  /** The client's token, from SPENDSIGNOFF_MCP_TOKEN; null when the host did not set it. */
  readonly token: string | null
  readonly appVersion?: string
  readonly clock?: Clock
}

/** Runs until stdin ends. Never rejects because of the app; answers every request, by itself if need be. */
export function runBridge(parts: BridgeParts): Promise<void> {
  return new Bridge(parts).run()
}

class Bridge {
  readonly #parts: BridgeParts
  readonly #appVersion: string
  readonly #clock: Clock
  /** Requests the app has been given and has not answered. */
  readonly #pending = new Map<RequestId, Message>()
  #socket: Socket | null = null
  /** The 2025-era handshake, to be repeated to an app that was started later. */
  #initialize: Message | null = null
  #replay: { readonly id: string; readonly done: () => void } | null = null
  #replays = 0
  #lastFailure: { readonly reason: Reason; readonly atMs: number } | null = null
  #whenIdle: (() => void) | null = null

  constructor(parts: BridgeParts) {
    this.#parts = parts
    this.#appVersion = parts.appVersion ?? 'unknown'
    this.#clock = parts.clock ?? systemClock
  }

  async run(): Promise<void> {
    const { stdin, stdout } = this.#parts
    // A host that has gone away takes this process with it: there is nobody left to answer.
    stdout.on('error', () => stdin.destroy())
    const splitter = new LineSplitter(MAX_LINE_FROM_CLIENT)
    try {
      // One message at a time: the order of a session is kept, and a slow app slows the client down instead of a queue.
      for await (const chunk of stdin) {
        for (const line of splitter.push(chunk as Buffer)) await this.#fromClient(line)
      }
    } catch (error) {
      this.#say(`stdin ended: ${String(error)}`)
    }
    // A subscription is never answered, so it is not waited for.
    const isWaiting = [...this.#pending.values()].some((message) => message.method !== 'subscriptions/listen')
    if (isWaiting) await this.#idle(LAST_ANSWERS_MS)
    this.#socket?.end()
    this.#socket?.destroySoon()
  }

  #idle(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#whenIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #fromClient(line: string | null): Promise<void> {
    if (line === null) return this.#toClient(parseFailure('the message is too long'))
    if (line.trim() === '') return
    const message = parseMessage(line)
    if (message === null) return this.#toClient(parseFailure('one JSON-RPC object per line is expected'))
    const id = requestIdOf(message)
    if (message.method === 'initialize' && id !== null && modernVersionOf(message) === null) this.#initialize = message
    this.#forgetCancelled(message)
    if (id !== null && this.#pending.size >= MAX_PENDING) return this.#toClient(busyFailure(id))
    let socket: Socket
    try {
      socket = await this.#reach(message)
      // Gone again meanwhile: #onClosed has not seen this request and will not answer it.
      if (socket !== this.#socket) throw new Unreachable('app_not_running')
    } catch (error) {
      const reason = error instanceof Unreachable ? error.reason : 'app_not_running'
      if (id !== null) await this.#toClient(answerOffline(message, id, reason, this.#appVersion))
      return
    }
    if (id !== null) this.#pending.set(id, message)
    await write(socket, line)
  }

  /** A cancelled request gets no answer, so nobody waits for one. */
  #forgetCancelled(message: Message): void {
    if (message.method !== 'notifications/cancelled') return
    const requestId = (message.params as { requestId?: unknown } | undefined)?.requestId
    if (typeof requestId === 'string' || typeof requestId === 'number') this.#settle(requestId)
  }

  /** The live connection, made if need be. Throws Unreachable. */
  async #reach(message: Message): Promise<Socket> {
    if (this.#socket !== null) return this.#socket
    const last = this.#lastFailure
    if (last !== null && this.#clock.monotonicMs() - last.atMs < RETRY_AFTER_MS) throw new Unreachable(last.reason)
    try {
      const socket = await this.#connect()
      this.#lastFailure = null
      await this.#resume(socket, message)
      return socket
    } catch (error) {
      const reason = error instanceof Unreachable ? error.reason : 'app_not_running'
      this.#lastFailure = { reason, atMs: this.#clock.monotonicMs() }
      throw new Unreachable(reason)
    }
  }

  async #connect(): Promise<Socket> {
    const socket = await connectToApp(this.#parts.endpointFile, this.#parts.token, this.#appVersion)
    this.#socket = socket
    socket.on('close', () => this.#onClosed(socket))
    const splitter = new LineSplitter(MAX_LINE_FROM_APP)
    socket.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) this.#fromApp(socket, line)
    })
    if (socket.destroyed) throw new Unreachable('app_not_running')
    return socket
  }

  /** Brings an app that was started after the client up to date: 2025-era clients say `initialize` only once. */
  async #resume(socket: Socket, message: Message): Promise<void> {
    const initialize = this.#initialize
    if (initialize === null || message.method === 'initialize') return
    this.#replays += 1
    const id = `spendsignoff-bridge-${this.#replays}`
    const answered = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), REPLAY_TIMEOUT_MS)
      this.#replay = {
        id,
        done: () => {
          clearTimeout(timer)
          resolve(this.#socket === socket)
        },
      }
    })
    await write(socket, JSON.stringify({ ...initialize, id }))
    if (!(await answered)) {
      socket.destroy()
      throw new Unreachable('app_not_running')
    }
    await write(socket, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }))
    await this.#toClient({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
  }

  #fromApp(socket: Socket, line: string | null): void {
    if (line === null) return void socket.destroy()
    const message = parseMessage(line)
    if (message === null) return
    if (message.method === undefined) {
      if (this.#replay !== null && message.id === this.#replay.id) {
        const { done } = this.#replay
        this.#replay = null
        return done()
      }
      this.#settle(message.id as RequestId)
    }
    if (!this.#parts.stdout.write(`${line}\n`)) {
      socket.pause()
      this.#parts.stdout.once('drain', () => socket.resume())
    }
  }

  #settle(id: RequestId): void {
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#whenIdle?.()
  }

  /** Every call that was under way is answered: whether it was done is not known, and the client must hear that. */
  #onClosed(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = null
    this.#replay?.done()
    this.#replay = null
    for (const [id, message] of this.#pending) {
      void this.#toClient(answerOffline(message, id, 'lost', this.#appVersion))
    }
    this.#pending.clear()
    this.#whenIdle?.()
  }

  #toClient(message: object): Promise<void> {
    return write(this.#parts.stdout, JSON.stringify(message))
  }
  #say(text: string): void {
    this.#parts.stderr.write(`spendsignoff mcp: ${text}\n`)
  }
}

function parseMessage(line: string): Message | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : null
  } catch {
    return null
  }
}

/** Resolves when there is room again, or when the stream has ended: whoever waits for the answer finds out otherwise. */
function write(stream: Writable, line: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.write(`${line}\n`)) return resolve()
    const settle = (): void => {
      stream.off('drain', settle).off('close', settle).off('error', settle)
      resolve()
    }
    stream.on('drain', settle).on('close', settle).on('error', settle)
  })
}
