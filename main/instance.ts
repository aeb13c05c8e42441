/**
 * Lets one process own a workspace folder; a second one asks the first to come to the front and leaves. Carries no data: the only thing
 * that can be said through the socket is "show yourself".
 */
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OperationError } from '../shared/errors.ts'
import { type HeldLock, tryInstanceLock } from './store/instance-lock.ts'

export type Instance =
  | { readonly kind: 'first'; release(): Promise<void> }
  /** Another process has the folder. `askedToShow`: it answered that its window is in front now. */
  | { readonly kind: 'second'; readonly askedToShow: boolean }

export interface InstanceOptions {
  /** Called in the first process each time a second one is started. */
  readonly onShow: () => void
  /** False: only find out, do not disturb (command line). */
  readonly askToShow?: boolean
  /** Replaced in tests. */
  readonly temporaryFolder?: string
}

/** sun_path holds 104 bytes on macOS and 108 on Linux, the final zero included. */
const MAX_SOCKET_BYTES = 100
const ASK = 'show\n'
const YES = 'shown\n'
const NO = 'failed\n'
const MAX_MESSAGE_CHARS = 16
const TALK_TIMEOUT_MS = 2_000
const ATTEMPTS = 20
const PAUSE_MS = 100
const MAX_CALLERS = 8

/**
 * @param folder made (mode 0700) when it is not there
 * @throws OperationError workspace_damaged when the folder for the socket belongs to somebody else
 */
export async function acquireInstance(folder: string, options: InstanceOptions): Promise<Instance> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const address = socketAddress(folder, options.temporaryFolder ?? tmpdir())
  const file = join(folder, 'instance.db')
  // Several attempts: the first may hold the lock and not listen yet, or be about to leave.
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const lock = tryInstanceLock(file)
    if (lock !== undefined) return listen(lock, address, options.onShow)
    if (options.askToShow === false) return { kind: 'second', askedToShow: false }
    const askedToShow = await ask(address)
    if (askedToShow !== undefined) return { kind: 'second', askedToShow }
    await sleep(PAUSE_MS)
  }
  return { kind: 'second', askedToShow: false }
}

/** A pipe name on Windows, else a socket in the folder itself, or in a private folder under the temporary one if that is too long. */
export function socketAddress(folder: string, temporaryFolder: string, fileName = 'instance.sock'): string {
  const name = createHash('sha256')
    .update(join(resolve(folder), fileName))
    .digest('hex')
    .slice(0, 24)
  if (process.platform === 'win32') return `\\\\.\\pipe\\spendsignoff-${name}`
  const near = join(resolve(folder), fileName)
  if (Buffer.byteLength(near) <= MAX_SOCKET_BYTES) return near
  const shelter = join(temporaryFolder, `spendsignoff-${userInfo().uid}`)
  mkdirSync(shelter, { recursive: true, mode: 0o700 })
  // The temporary folder is shared: somebody else may have made ours first, to listen in our place.
  const found = lstatSync(shelter)
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o077) !== 0)
    throw new OperationError(
      'workspace_damaged',
      `The folder ${shelter} is not private to this user, so it is not used.`,
      'Remove that folder and start again.',
    )
  return join(shelter, `${name}.sock`)
}

async function listen(lock: HeldLock, address: string, onShow: () => void): Promise<Instance> {
  const isPipe = process.platform === 'win32'
  const server = createServer((socket) => answer(socket, onShow))
  server.maxConnections = MAX_CALLERS
  // Whatever lies there was left by a process that died: the lock is ours.
  if (!isPipe) rmSync(address, { force: true })
  try {
    await new Promise<void>((done, failed) => {
      server.once('error', failed)
      server.listen(address, done)
    })
    if (!isPipe) chmodSync(address, 0o600)
  } catch (error) {
    lock.release()
    throw error
  }
  server.unref()
  return {
    kind: 'first',
    async release() {
      // The socket goes before the lock: afterwards it may already be the next owner's.
      await closeServer(server)
      lock.release()
    },
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    if (!server.listening) return done()
    server.close(() => done())
  })
}

function answer(socket: Socket, onShow: () => void): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.setTimeout(TALK_TIMEOUT_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MAX_MESSAGE_CHARS) return socket.destroy()
    if (!text.endsWith('\n')) return undefined
    if (text !== ASK) return socket.destroy()
    try {
      onShow()
      return socket.end(YES)
    } catch {
      return socket.end(NO)
    }
  })
}

/** `undefined` when nobody listens there; false when somebody does and did not do it. */
function ask(address: string): Promise<boolean | undefined> {
  return new Promise((done) => {
    let text = ''
    let isConnected = false
    const socket = connect(address)
    const finish = (result: boolean | undefined) => {
      socket.destroy()
      done(result)
    }
    socket.setEncoding('utf8')
    socket.setTimeout(TALK_TIMEOUT_MS, () => finish(isConnected ? false : undefined))
    socket.on('connect', () => {
      isConnected = true
      socket.write(ASK)
    })
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > MAX_MESSAGE_CHARS) finish(false)
    })
    socket.on('end', () => finish(text === YES))
    socket.on('error', () => finish(isConnected ? false : undefined))
  })
}
