/**
 * The system's keychain as a SecretStore. Keeps *locked*, *missing*, *frozen* and *empty* apart: mistaking one for "empty" would make the
 * app create a new key beside data that only the old one opens. Never waits without a limit and never blocks the event loop.
 */
import { Worker } from 'node:worker_threads'
import { OperationError } from '../../shared/errors.ts'
import { workerUrl } from '../worker-url.ts'
import type { KeychainAsk, KeychainReply, KeychainRequest, KeychainWorkerData } from './keychain-worker.ts'
import type { SecretName, SecretStore } from './secret-store.ts'
import { SerialQueue } from './serial-queue.ts'

export type KeychainState = 'ready' | 'locked' | 'missing' | 'frozen'
export interface KeychainOptions {
  /** How long the daemon may take to greet us. */
  readonly timeoutMs?: number
  /** How long a person may take to answer the system's unlock dialog. */
  readonly promptTimeoutMs?: number
}

const SERVICE = 'SpendSignoff'
const DEFAULT_TIMEOUT_MS = 5_000
const DEFAULT_PROMPT_TIMEOUT_MS = 60_000
const MAX_WAITING = 32
/** How long a leaving process lets a running request finish. */
const FAREWELL_MS = 300

interface Pending {
  readonly id: number
  readonly onReply: (reply: KeychainReply) => void
  readonly onLost: (reason: string) => void
}

/** One thread, one request at a time. Share one instance in the process. */
export class Keychain {
  readonly #timeoutMs: number
  readonly #promptTimeoutMs: number
  readonly #queue = new SerialQueue(MAX_WAITING)
  #worker: Worker | undefined
  #pending: Pending | undefined
  #lastId = 0
  readonly #finished = new Int32Array(new SharedArrayBuffer(4))
  /** Set while a request nobody waits for any more still blocks the thread: a second thread would only get stuck too. */
  #stuck: OperationError | undefined

  constructor(options: KeychainOptions = {}) {
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#promptTimeoutMs = options.promptTimeoutMs ?? DEFAULT_PROMPT_TIMEOUT_MS
  }

  /**
   * Reads, writes (and reads back) or removes one item; `undefined` when there is none.
   * @throws OperationError keychain_locked, keychain_missing, keychain_frozen, rate_limited (too many waiting)
   */
  ask(ask: KeychainAsk): Promise<Uint8Array | undefined> {
    return this.#queue.run(() => this.#send(ask))
  }

  /** Stops the thread. A thread stuck in an open dialog cannot be stopped: see `leaveDespiteOpenDialog`. */
  close(): void {
    if (this.#pending === undefined) void this.#worker?.terminate()
    this.#worker = undefined
  }

  #send(ask: KeychainAsk): Promise<Uint8Array | undefined> {
    if (this.#stuck !== undefined) return Promise.reject(this.#stuck)
    const worker = (this.#worker ??= this.#start())
    const id = (this.#lastId += 1)
    return new Promise((resolve, reject) => {
      const leave = () => leaveDespiteOpenDialog(this.#finished, id)
      const finish = () => {
        clearTimeout(timer)
        this.#pending = undefined
        this.#stuck = undefined
        process.off('exit', leave)
      }
      const giveUp = (fault: OperationError) => () => {
        this.#stuck = fault
        reject(fault)
      }
      let timer = setTimeout(giveUp(frozen()), this.#timeoutMs)
      const onReply = (reply: KeychainReply) => {
        if (reply.kind === 'connected') {
          if (this.#stuck !== undefined) return
          clearTimeout(timer)
          timer = setTimeout(giveUp(locked()), this.#promptTimeoutMs)
          return
        }
        finish()
        if (reply.kind === 'done') resolve(reply.bytes)
        else reject(keychainFault(reply.reason))
      }
      const onLost = (reason: string) => {
        finish()
        Atomics.store(this.#finished, 0, id)
        this.#worker = undefined
        reject(missing(reason))
      }
      this.#pending = { id, onReply, onLost }
      process.on('exit', leave)
      worker.postMessage({ ...ask, id, service: SERVICE } satisfies KeychainRequest)
    })
  }

  #start(): Worker {
    const workerData: KeychainWorkerData = { finished: this.#finished }
    const worker = new Worker(workerUrl(import.meta.url, 'keychain-worker'), { name: 'keychain', workerData })
    worker.on('message', (reply: KeychainReply) => {
      if (reply.id === this.#pending?.id) this.#pending.onReply(reply)
    })
    worker.on('error', (error) => this.#pending?.onLost(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#pending?.onLost('the keychain thread ended')
    })
    // Last: adding the message listener would make the thread keep the process alive again.
    worker.unref()
    return worker
  }
}

/**
 * Measured: while an unlock dialog is open, neither `terminate()` nor `process.exit()` ever returns, because the thread sits in native code.
 * A person who quits the app wants it gone; by the time of the exit event everything else that must be on disk is there.
 */
function leaveDespiteOpenDialog(finished: Int32Array, id: number): void {
  // Requests run one by one: until this one is done, the newest finished one is the one before it.
  if (Atomics.wait(finished, 0, id - 1, FAREWELL_MS) === 'timed-out') process.kill(process.pid, 'SIGKILL')
}

/** Whether the keychain can be used now. May show the system's unlock dialog: ask when a person is waiting, not on a timer. */
export async function probeKeychain(keychain: Keychain): Promise<KeychainState> {
  try {
    await keychain.ask({ kind: 'probe', account: 'probe' })
    return 'ready'
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    if (error.code === 'keychain_locked') return 'locked'
    if (error.code === 'keychain_frozen') return 'frozen'
    return 'missing'
  }
}

/** The items `<workspaceId>/<name>` of service "SpendSignoff". */
export function keychainStore(keychain: Keychain, workspaceId: string): SecretStore {
  let isOpen = true
  const account = (name: SecretName) => {
    if (!isOpen) throw new OperationError('workspace_locked', 'The vault is closed.', 'Open the workspace again.')
    return `${workspaceId}/${name}`
  }
  return {
    kind: 'keychain',
    async read(name) {
      const bytes = await keychain.ask({ kind: 'read', account: account(name) })
      // Nothing found: true only of an open keychain. A locked one answers the same for an item it does not show.
      if (bytes === undefined) await keychain.ask({ kind: 'probe', account: account(name).replace(/\/.*$/, '/probe') })
      return bytes
    },
    async write(name, bytes) {
      const stored = await keychain.ask({ kind: 'write', account: account(name), bytes })
      if (stored === undefined || !Buffer.from(stored).equals(bytes))
        throw missing('the item read back is not the item written')
    },
    async remove(name) {
      await keychain.ask({ kind: 'remove', account: account(name) })
    },
    close() {
      isOpen = false
    },
  }
}

/**
 * The library gives every failure the same code, so the text decides (seen with libdbus and gnome-keyring; the last alternatives of
 * the first line are macOS's errSecInteractionNotAllowed and errSecUserCanceled).
 */
export function keychainFault(reason: string): OperationError {
  if (/prompt was dismissed|object locked|locked collection|interaction is not allowed|user cancel/i.test(reason))
    return locked(reason)
  if (/did not receive a reply|timed? ?out|no ?reply/i.test(reason)) return frozen(reason)
  return missing(reason)
}

function locked(reason?: string): OperationError {
  return new OperationError(
    'keychain_locked',
    'The keychain of this computer is locked, so the keys of this workspace cannot be read. Nothing was changed.',
    'Unlock the keychain (the "Login" keyring or keychain, usually with your log-in password) and try again.',
    { retryable: true, cause: reason },
  )
}

function frozen(reason?: string): OperationError {
  return new OperationError(
    'keychain_frozen',
    'The keychain of this computer does not answer. Nothing was changed.',
    'Wait a moment and try again; if it stays silent, log out and in again.',
    { retryable: true, cause: reason },
  )
}

function missing(reason?: string): OperationError {
  const hasNoKeyring = reason !== undefined && /no result found/i.test(reason)
  return new OperationError(
    'keychain_missing',
    hasNoKeyring
      ? 'The keychain of this computer has no keyring yet, so nothing can be kept in it. Nothing was changed.'
      : 'No keychain answers on this computer. Nothing was changed.',
    hasNoKeyring
      ? 'Create the default keyring (for example in "Passwords and Keys"), or use a vault sealed with a passphrase.'
      : 'Start the keychain service (on Linux gnome-keyring or KWallet, in the same session), or use a vault sealed with a passphrase.',
    { retryable: true, cause: reason },
  )
}
