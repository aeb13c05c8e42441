/**
 * Checks or exports the log in a thread of its own, on a read-only connection of its own. One thread does one job and ends. Never writes to the
 * ledger, never holds the key that signs, never decides anything.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { OperationError } from '../../../shared/errors.ts'
import { type LedgerReadDb, openLedgerReadOnly } from '../../store/open.ts'
import { storageFault } from '../../store/storage-fault.ts'
import { writeBundle } from '../bundle/write-bundle.ts'
import { verifyLog } from '../verify.ts'
import type {
  AuditAskName,
  AuditAsks,
  AuditJobName,
  AuditJobs,
  AuditWorkerData,
  FromThread,
  ToThread,
} from './protocol.ts'

const port = parentPort
if (port === null) throw new Error('audit-worker-thread runs as a worker thread')
const { ledgerFile, key, job, input } = workerData as AuditWorkerData
const send = (message: FromThread): void => port.postMessage(message)
const cancel = new AbortController()
/** Progress is told in steps of this many, so that a million records are not a million messages. */
const STEPS_PER_REPORT = 256

interface JobTools {
  readonly db: LedgerReadDb
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
  readonly ask: <A extends AuditAskName>(name: A, question: AuditAsks[A]['question']) => Promise<AuditAsks[A]['answer']>
}

const JOBS: {
  readonly [J in AuditJobName]: (tools: JobTools, input: AuditJobs[J]['input']) => Promise<AuditJobs[J]['output']>
} = {
  verify: ({ db, signal, onProgress }, { vkey, headPin, extraNotes }) =>
    onOneState(db, () => verifyLog({ db, vkey, headPin, extraNotes, signal, onProgress })),
  export: (tools, exportInput) =>
    writeBundle({ ...tools, onOneState: (read) => onOneState(tools.db, read) }, exportInput),
}

/** Whatever is recorded meanwhile, all that is read in here is of one moment. */
async function onOneState<T>(db: LedgerReadDb, read: () => Promise<T>): Promise<T> {
  db.exec('BEGIN')
  try {
    return await read()
  } finally {
    db.exec('COMMIT')
  }
}

let answered: { resolve(answer: unknown): void; reject(error: unknown): void } | undefined
/** One question at a time: a job does one thing after the other. */
function ask<A extends AuditAskName>(name: A, question: AuditAsks[A]['question']): Promise<AuditAsks[A]['answer']> {
  return new Promise((resolve, reject) => {
    answered = { resolve: (answer) => resolve(answer as AuditAsks[A]['answer']), reject }
    send({ kind: 'ask', ask: name, question })
  })
}

let reported = Number.NEGATIVE_INFINITY
function report({ done, total }: { readonly done: number; readonly total: number }): void {
  if (done >= reported && done < reported + STEPS_PER_REPORT && done !== total) return
  reported = done
  send({ kind: 'progress', done, total })
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'cancel') cancel.abort()
  else if (message.kind === 'answer') answered?.resolve(message.answer)
  else {
    const { code, message: text, hint, retryable } = message.error
    answered?.reject(new OperationError(code, text, hint, { retryable }))
  }
})

let db: LedgerReadDb | undefined
try {
  try {
    db = openLedgerReadOnly(ledgerFile, key)
  } finally {
    key.fill(0)
  }
  const tools: JobTools = { db, signal: cancel.signal, onProgress: report, ask }
  send({ kind: 'done', output: await JOBS[job](tools, input as never) })
} catch (error) {
  const refusal = error instanceof OperationError ? error : storageFault(error)
  send(
    refusal === undefined
      ? { kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      : { kind: 'refused', error: refusal.toReply() },
  )
} finally {
  db?.close()
  port.close()
}
