/**
 * Runs one job over the log in a thread, so that the window stays responsive however long the log is. A thread that dies costs its job and
 * nothing else. Knows no job itself, and never opens the ledger in the app's own thread.
 */
import { Worker } from 'node:worker_threads'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import { storageFault } from '../../store/storage-fault.ts'
import { workerUrl } from '../../worker-url.ts'
import type {
  AuditAskName,
  AuditAsks,
  AuditJobName,
  AuditJobs,
  AuditWorkerData,
  FromThread,
  ToThread,
} from './protocol.ts'

export interface AuditWorkerDeps {
  /** ledger.db; whoever writes it must have opened and migrated it before. */
  readonly ledgerFile: string
  /** The 32 bytes of its key. A copy, which is wiped here. */
  readonly ledgerKey: () => Uint8Array
  readonly log: Logger
}

export interface AuditJobHooks {
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
  /** Answers what the thread asks. Runs in the app's own thread, so it must be short. */
  readonly answers: { readonly [A in AuditAskName]: (question: AuditAsks[A]['question']) => AuditAsks[A]['answer'] }
}

/** A cancelled thread that does not end by itself within this time is stopped. */
const FAREWELL_MS = 5_000
/** Half of it is never needed: a job reads pages. */
const MAX_HEAP_MB = 1_024

/**
 * Settles once the thread has ended, so that the next one finds files and memory free.
 * @throws OperationError what the job refuses with; cancelled; lost (the thread died: may be asked again)
 */
export async function runAuditJob<J extends AuditJobName>(
  deps: AuditWorkerDeps,
  job: J,
  input: AuditJobs[J]['input'],
  hooks: AuditJobHooks,
): Promise<AuditJobs[J]['output']> {
  if (hooks.signal.aborted) throw cancelled()
  const worker = startThread(deps, job, input)
  const tell = (message: ToThread): void => worker.postMessage(message)
  let end: FromThread | undefined
  let fault: unknown
  let timer: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    tell({ kind: 'cancel' })
    timer = setTimeout(() => void worker.terminate(), FAREWELL_MS)
  }
  hooks.signal.addEventListener('abort', onAbort, { once: true })
  await new Promise<void>((resolve) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'progress') hooks.onProgress(message)
      else if (message.kind === 'ask') tell(answerTo(message, hooks, deps.log))
      else end = message
    })
    worker.on('error', (error) => {
      fault = error
    })
    worker.on('exit', () => resolve())
  })
  clearTimeout(timer)
  hooks.signal.removeEventListener('abort', onAbort)
  if (fault !== undefined) deps.log.error('audit_worker_failed', fault)
  return outputOf(end, hooks.signal) as AuditJobs[J]['output']
}

function startThread(deps: AuditWorkerDeps, job: AuditJobName, input: AuditWorkerData['input']): Worker {
  const copy = deps.ledgerKey()
  // A buffer of its own, so that it can be moved to the thread: no copy stays here.
  const key = Uint8Array.from(copy)
  copy.fill(0)
  const workerData: AuditWorkerData = { ledgerFile: deps.ledgerFile, key, job, input }
  return new Worker(workerUrl(import.meta.url, 'audit-worker-thread'), {
    name: 'audit',
    workerData,
    transferList: [key.buffer],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
}

function answerTo(
  { ask, question }: Extract<FromThread, { kind: 'ask' }>,
  { answers }: AuditJobHooks,
  log: Logger,
): ToThread {
  try {
    return { kind: 'answer', answer: answers[ask](question as never) }
  } catch (error) {
    const refusal = error instanceof OperationError ? error : storageFault(error)
    if (refusal === undefined) log.error('audit_answer_failed', error)
    return { kind: 'refusal', error: (refusal ?? lost()).toReply() }
  }
}

/** What the thread said last, unless it is a refusal or nothing at all. */
function outputOf(end: FromThread | undefined, signal: AbortSignal): unknown {
  if (end?.kind === 'done') return end.output
  if (end?.kind === 'refused') {
    const { code, message, hint, retryable, details } = end.error
    throw new OperationError(code, message, hint, { retryable, ...(details === undefined ? {} : { details }) })
  }
  if (end?.kind === 'failed') throw new Error(end.reason)
  throw signal.aborted ? cancelled() : lost()
}

function cancelled(): OperationError {
  return new OperationError('cancelled', 'It was stopped. Nothing was changed.', 'Start it again when you need it.', {
    retryable: true,
  })
}

function lost(): OperationError {
  return new OperationError(
    'lost',
    'The part of SpendSignoff that reads the audit log stopped before it was done. The log was not changed, and no file was left behind.',
    'Start it again.',
    { retryable: true },
  )
}
