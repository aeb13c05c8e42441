/**
 * Checks and exports of the log as jobs: asked for, looked at, stopped. One runs at a time, a few may wait, and the newest results are kept until
 * the workspace closes. Appends what the log has to know of them; never touches a stored record and never judges a log itself.
 */
import { createSigner } from '../note.ts'
import type { Clock } from '../../../shared/clock.ts'
import { type ErrorReply, OperationError } from '../../../shared/errors.ts'
import type { AuditJob } from '../../../shared/schemas/audit.ts'
import type { Logger } from '../../logger.ts'
import { storageFault } from '../../store/storage-fault.ts'
import type { AuditLog, AuditLogOptions } from '../audit-log.ts'
import type { BundleStatement } from '../bundle/bundle-note.ts'
import { signStatement } from '../bundle/bundle-note.ts'
import type { ExportJobInput, ExportRecord, HeadAfterExport } from '../bundle/write-bundle.ts'
import { LedgerBroken, type LogFault } from '../fault.ts'
import { parsePin } from '../head-pin.ts'
import { asCode, type NewRecord } from '../record.ts'
import type { VerifyResult } from '../verify.ts'
import { runAuditJob, type AuditJobHooks } from './audit-worker.ts'
import { type GivenNote, readGivenNotes, refuseUnsignedNote } from './given-notes.ts'

export interface AuditJobsDeps {
  readonly audit: AuditLog
  readonly ledgerFile: string
  /** A copy of the key of ledger.db, wiped here. */
  readonly ledgerKey: () => Uint8Array
  readonly readHeadPin: () => Promise<string | undefined>
  /** The key that signs the log now. */
  readonly signingKey: () => AuditLogOptions['signingKey']
  readonly clock: Clock
  readonly log: Logger
  readonly randomBytes: (size: number) => Buffer
  /** A job began, went on noticeably, or ended. */
  readonly onChange: () => void
}

type Actor = NewRecord['actor']
type Verification = NonNullable<AuditJob['verification']>
type ExportInfo = NonNullable<AuditJob['export']>
/** What the caller of an export decides; the rest is added here. */
export type ExportRequest = Omit<ExportJobInput, 'vkey' | 'nowMs'> & {
  readonly purpose: string | undefined
  readonly recipient: string | undefined
}

const MAX_WAITING = 4
const MAX_KEPT = 32
/** Before this much time nothing sensible can be said about what is left. */
const PACE_AFTER_MS = 500
const MAX_LIMITS = 8

interface Job {
  readonly id: string
  readonly kind: AuditJob['kind']
  readonly stop: AbortController
  readonly work: (job: Job) => Promise<{ verification?: Verification; export?: ExportInfo }>
  readonly ended: PromiseWithResolvers<void>
  state: AuditJob['state']
  startedMs: number | undefined
  done: number
  total: number
  verification: Verification | null
  export: ExportInfo | null
  error: ErrorReply | null
}

export type AuditJobsPort = ReturnType<typeof createAuditJobs>

export function createAuditJobs(deps: AuditJobsDeps) {
  const { audit, clock, log } = deps
  const jobs = new Map<string, Job>()
  const waiting: Job[] = []
  let active: Job | undefined
  let isClosed = false

  function begin(kind: Job['kind'], work: Job['work']): Job {
    if (isClosed) throw closing()
    if (waiting.length >= MAX_WAITING) throw busy()
    const job: Job = {
      id: `aj_${deps.randomBytes(8).toString('hex')}`,
      kind,
      stop: new AbortController(),
      work,
      ended: Promise.withResolvers<void>(),
      state: 'running',
      startedMs: undefined,
      done: 0,
      total: 0,
      verification: null,
      export: null,
      error: null,
    }
    forgetOldest()
    jobs.set(job.id, job)
    waiting.push(job)
    next()
    return job
  }

  function forgetOldest(): void {
    for (const old of jobs.values()) {
      if (jobs.size < MAX_KEPT) return
      if (old.state !== 'running') jobs.delete(old.id)
    }
  }

  function next(): void {
    if (active !== undefined) return
    active = waiting.shift()
    if (active !== undefined) void perform(active)
  }

  async function perform(job: Job): Promise<void> {
    job.startedMs = clock.monotonicMs()
    try {
      const { verification = null, export: made = null } = await job.work(job)
      end(job, 'done', { verification, made })
    } catch (error) {
      const refusal = error instanceof OperationError ? error : storageFault(error)
      if (refusal === undefined) log.error('audit_job_failed', error)
      end(job, refusal?.code === 'cancelled' ? 'cancelled' : 'failed', { error: refusal?.toReply() ?? defect() })
    } finally {
      active = undefined
      next()
    }
  }

  function end(
    job: Job,
    state: 'done' | 'failed' | 'cancelled',
    {
      verification = null,
      made = null,
      error = null,
    }: {
      readonly verification?: Verification | null
      readonly made?: ExportInfo | null
      readonly error?: ErrorReply | null
    },
  ): void {
    if (job.state !== 'running') return
    Object.assign(job, { state, verification, export: made, error, done: state === 'done' ? job.total : job.done })
    job.ended.resolve()
    deps.onChange()
  }

  function stop(job: Job): void {
    job.stop.abort()
    const place = waiting.indexOf(job)
    if (place === -1) return
    waiting.splice(place, 1)
    end(job, 'cancelled', { error: cancelledWaiting().toReply() })
  }

  const hooksOf = (job: Job, answers: AuditJobHooks['answers']): AuditJobHooks => ({
    signal: job.stop.signal,
    onProgress: ({ done, total }) => void Object.assign(job, { done, total }),
    answers,
  })

  async function verify(job: Job, actor: Actor, notes: readonly GivenNote[]): Promise<Verification> {
    const startedMs = clock.monotonicMs()
    const headPin = await deps.readHeadPin()
    const input = { vkey: audit.vkey, headPin, extraNotes: notes.map(({ note }) => note) }
    const result = await runAuditJob(deps, 'verify', input, hooksOf(job, NO_ANSWERS))
    if (!result.ok) {
      refuseUnsignedNote(result.fault)
      audit.markBroken(result.fault)
    }
    const cut = recordVerified(audit, actor, result.ok ? undefined : result.fault)
    const pinned = headPin === undefined ? [] : [{ source: 'head_pin' as const, size: parsePin(headPin)?.size ?? 0 }]
    return {
      ...viewOf(result, cut, audit.vkey),
      took_ms: Math.round(clock.monotonicMs() - startedMs),
      witnesses: [...pinned, ...notes.map(({ size }) => ({ source: 'given' as const, size }))],
    }
  }

  async function write(job: Job, actor: Actor, request: ExportRequest): Promise<ExportInfo> {
    const { purpose, recipient, ...input } = request
    let head: HeadAfterExport | undefined
    let signedBy: string | undefined
    const signer = () => createSigner(audit.origin, deps.signingKey())
    const record = ({ from, through, scope }: ExportRecord): HeadAfterExport => {
      audit.transaction((append) =>
        append({
          type: 'export.created',
          actor,
          data: { from, through, redacted: [...request.redact], purpose: asCode(scope) },
          text: { purpose, recipient },
        }),
      )
      const { size, root, note } = audit.head()
      head = { size, root, note }
      signedBy = signer().vkey
      return head
    }
    const sign = (statement: BundleStatement): string => {
      if (head?.size !== statement.size || head.root !== statement.root || statement.origin !== audit.origin)
        throw new Error('the thread asked to sign another bundle than its own')
      const now = signer()
      if (now.vkey !== signedBy) throw keyChanged()
      return signStatement(statement, now)
    }
    const made = { ...input, vkey: audit.vkey, nowMs: clock.nowMs() }
    return runAuditJob(deps, 'export', made, hooksOf(job, { record, sign }))
  }

  return {
    /** @throws OperationError invalid_input for a checkpoint that is none of this log; rate_limited when enough is waiting */
    beginVerification(actor: Actor, extraNotes: readonly string[]): string {
      const notes = readGivenNotes(extraNotes, audit.origin)
      return begin('verification', async (job) => ({ verification: await verify(job, actor, notes) })).id
    },
    /** @throws OperationError rate_limited when enough is waiting; ledger_broken */
    beginExport(actor: Actor, request: ExportRequest): string {
      // Throws where the log takes no more records: then nothing leaves the computer either.
      audit.head()
      return begin('export', async (job) => ({ export: await write(job, actor, request) })).id
    },
    /** @throws OperationError invalid_input for a job that is not, or not any more */
    get: (id: string): AuditJob => view(jobOf(id)),
    /** Stops a job. One that has ended stays as it ended. @throws OperationError as get */
    cancel(id: string): AuditJob {
      const job = jobOf(id)
      if (job.state === 'running') stop(job)
      return view(job)
    },
    /** Settles when the job has ended; stops it when `signal` fires. @throws OperationError as get */
    async whenEnded(id: string, signal?: AbortSignal): Promise<AuditJob> {
      const job = jobOf(id)
      const onAbort = (): void => stop(job)
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted === true) stop(job)
      await job.ended.promise
      signal?.removeEventListener('abort', onAbort)
      return view(job)
    },
    /** Stops everything and waits for the thread, which is bounded. */
    async close(): Promise<void> {
      isClosed = true
      const all = [...waiting, ...(active === undefined ? [] : [active])]
      for (const job of all) stop(job)
      await Promise.all(all.map((job) => job.ended.promise))
    },
  }

  function jobOf(id: string): Job {
    const job = jobs.get(id)
    if (job === undefined)
      throw new OperationError(
        'invalid_input',
        'There is no such check or export. Only the newest of this start are kept.',
        'Start a new one.',
      )
    return job
  }

  function view(job: Job): AuditJob {
    const { id, kind, state, done, total, startedMs, verification, error } = job
    const spentMs = startedMs === undefined ? 0 : clock.monotonicMs() - startedMs
    const canSay = state === 'running' && spentMs >= PACE_AFTER_MS && done > 0
    return {
      job_id: id,
      kind,
      state,
      done,
      total,
      seconds_left: canSay ? Math.max(0, Math.ceil(((spentMs / done) * (total - done)) / 1000)) : null,
      verification,
      export: job.export,
      error:
        error === null
          ? null
          : { code: error.code, message: error.message, hint: error.hint, retryable: error.retryable },
    }
  }
}

const NO_ANSWERS: AuditJobHooks['answers'] = {
  record: () => {
    throw new Error('a check records nothing from its thread')
  },
  sign: () => {
    throw new Error('a check signs nothing')
  },
}

function viewOf(result: VerifyResult, cut: LogFault | undefined, vkey: string) {
  const fault = result.ok ? cut : result.fault
  return {
    is_ok: result.ok && fault === undefined,
    size: result.ok ? result.size : 0,
    root: result.ok ? result.root : '',
    vkey,
    checkpoints: result.ok ? result.checkpoints : 0,
    fault: fault === undefined ? null : { kind: fault.kind, seq: fault.seq ?? null, message: fault.message },
    limits: [...result.limits].slice(0, MAX_LIMITS),
  }
}

/**
 * Records that the log was checked, and with what result. A log that was cut or rewritten while the app ran takes no more records:
 * then the fault comes back instead.
 */
function recordVerified(audit: AuditLog, actor: Actor, fault: LogFault | undefined): LogFault | undefined {
  try {
    const { size, root } = audit.head()
    audit.transaction((append) => {
      if (fault !== undefined)
        append({
          type: 'integrity.alarm',
          actor: { kind: 'system', id: 'app' },
          data: { kind: fault.kind, seq: fault.seq, size },
        })
      append({
        type: 'log.verified',
        actor,
        data: { ok: fault === undefined, size, root, fault: asCode(fault?.kind), faultSeq: fault?.seq },
      })
    })
    return undefined
  } catch (error) {
    if (error instanceof LedgerBroken) return error.fault
    throw error
  }
}

function busy(): OperationError {
  return new OperationError(
    'rate_limited',
    `${MAX_WAITING} checks or exports are waiting already; this one was not started.`,
    'Wait for one of them, or stop it.',
    { retryable: true },
  )
}

/** The head of the bundle is signed by the key before; the bundle itself can no longer be. */
function keyChanged(): OperationError {
  return new OperationError(
    'cancelled',
    'The signing key of the log was changed while the export was written. No bundle was written.',
    'Export again.',
    { retryable: true },
  )
}

function closing(): OperationError {
  return new OperationError('cancelled', 'The workspace is closing. Nothing was started.', 'Open it again.')
}

function cancelledWaiting(): OperationError {
  return new OperationError('cancelled', 'It was stopped before it began. Nothing was written.', 'Start it again.', {
    retryable: true,
  })
}

function defect(): ErrorReply {
  return {
    code: 'internal',
    message:
      'Something went wrong inside the app, and it was given up. The log was not changed, and no file was left behind.',
    hint: 'Try again; the details are in the local log.',
    retryable: false,
  }
}
