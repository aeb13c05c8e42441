/**
 * Reads facts.db in a thread of its own, so that a report over millions of facts never holds up the window. One job after the other, each on one
 * snapshot of the database. Never writes to it, never decides anything, never talks to a platform.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { OperationError } from '../../../shared/errors.ts'
import { openFactsReadOnly } from '../../store/open.ts'
import { storageFault } from '../../store/storage-fault.ts'
import { isJobName, JOBS, type JobContext } from './jobs.ts'
import type { ReadReply, ReadRequest, ReadWorkerData } from './protocol.ts'

const port = parentPort
if (port === null) throw new Error('read-worker-thread runs as a worker thread')
const { factsFile, key } = workerData as ReadWorkerData
const send = (reply: ReadReply): void => port.postMessage(reply)

let facts: ReturnType<typeof openFactsReadOnly> | undefined
const running = new Map<number, AbortController>()

/** Opened by the first job: what is wrong with the file is then an answer to somebody. */
function openOnce(): ReturnType<typeof openFactsReadOnly> {
  try {
    return (facts ??= openFactsReadOnly(factsFile, key))
  } finally {
    if (facts !== undefined) key.fill(0)
  }
}

async function perform(request: Extract<ReadRequest, { kind: 'job' }>): Promise<ReadReply> {
  const { id, job, nowMs } = request
  const cancel = new AbortController()
  running.set(id, cancel)
  try {
    if (!isJobName(job)) throw new Error(`there is no job "${job.slice(0, 40)}"`)
    const db = openOnce()
    const context: JobContext = {
      facts: db,
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      signal: cancel.signal,
    }
    // Whatever is synced meanwhile, rows and totals of one answer are of one moment.
    db.exec('BEGIN')
    try {
      return { id, kind: 'done', output: await JOBS[job](context, request.input as never) }
    } finally {
      db.exec('COMMIT')
    }
  } catch (error) {
    const fault = error instanceof OperationError ? error : storageFault(error)
    if (fault !== undefined) return { id, kind: 'refused', error: fault.toReply() }
    return { id, kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    running.delete(id)
  }
}

port.on('message', (request: ReadRequest) => {
  if (request.kind === 'job') void perform(request).then(send)
  else if (request.kind === 'cancel') running.get(request.id)?.abort()
  else {
    for (const cancel of running.values()) cancel.abort()
    key.fill(0)
    facts?.close()
    port.close()
  }
})
