/**
 * Talks to the system's keychain, in a thread of its own, one request at a time. Never decides anything and never keeps a secret.
 *
 * Why a thread, and the synchronous entry: making an entry blocks for two seconds while the daemon is frozen, and a request waits for as
 * long as an unlock dialog is open. The asynchronous entry would wait on a thread of the process-wide pool (four in all), so a few unanswered
 * dialogs would stop every file and key operation of the app.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Entry } from '@napi-rs/keyring'

export type KeychainAsk =
  | { readonly kind: 'read' | 'remove' | 'probe'; readonly account: string }
  | { readonly kind: 'write'; readonly account: string; readonly bytes: Uint8Array }
export type KeychainRequest = KeychainAsk & { readonly id: number; readonly service: string }

export type KeychainReply =
  /** The daemon answered the greeting: from here on a silence means an open dialog. */
  | { readonly id: number; readonly kind: 'connected' }
  | { readonly id: number; readonly kind: 'done'; readonly bytes: Uint8Array | undefined }
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string }

/** Given to the thread: it stores the id of each finished request here, for a process that is leaving and gets no messages any more. */
export interface KeychainWorkerData {
  readonly finished: Int32Array
}

const port = parentPort
if (port === null) throw new Error('keychain-worker runs as a worker thread')
const { finished } = workerData as KeychainWorkerData
const send = (reply: KeychainReply) => port.postMessage(reply)

port.on('message', (request: KeychainRequest) => {
  try {
    // Without the pin, Linux falls back to the kernel's in-memory keyring and answers "nothing stored".
    const entry = new Entry(request.service, request.account, { linux: { store: 'secret-service' } })
    send({ id: request.id, kind: 'connected' })
    send({ id: request.id, kind: 'done', bytes: perform(entry, request) })
  } catch (error) {
    send({ id: request.id, kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
  Atomics.store(finished, 0, request.id)
  Atomics.notify(finished, 0)
})

function perform(entry: Entry, request: KeychainRequest): Uint8Array | undefined {
  if (request.kind === 'write') entry.setSecret(request.bytes)
  if (request.kind === 'read' || request.kind === 'write') return read(entry)
  // Only a write tells an open keyring from a locked one: reading an item that is not there succeeds in both.
  if (request.kind === 'probe') entry.setSecret(Uint8Array.of(1))
  entry.deleteCredential()
  return undefined
}

function read(entry: Entry): Uint8Array | undefined {
  const stored = entry.getSecret()
  return stored === null || stored === undefined ? undefined : Uint8Array.from(stored)
}
