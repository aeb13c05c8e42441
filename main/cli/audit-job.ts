/** A check or an export of the audit log as a command waits for it: progress on stderr, and Ctrl+C stops it cleanly. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Reply } from '../../shared/api.ts'
import type { OutputOf } from '../../shared/operations.ts'
import type { AuditJob } from '../../shared/schemas/audit.ts'
import type { Core } from '../core.ts'
import { say } from './command.ts'

const POLL_MS = 100
/** A line of progress for each tenth. */
const STEPS = 10

/** Options of `export` and `verify`, as they were typed. */
export interface AuditOptions {
  readonly out: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly draft: string | undefined
  readonly account: string | undefined
  readonly redact: string | undefined
  readonly purpose: string | undefined
  readonly recipient: string | undefined
  readonly vkey: string | undefined
  /** Names of files. */
  readonly checkpoints: readonly string[]
}

/** Begins a job and waits for its end. Undefined, with words on stderr, when it did not begin. */
export async function runJob(
  core: Core,
  operation: 'begin_verification' | 'begin_audit_export',
  input: unknown,
): Promise<AuditJob | undefined> {
  const begun = (await core.run({ kind: 'cli' }, operation, input)) as Reply<OutputOf<'begin_verification'>>
  if (!begun.ok) {
    say(`${begun.error.message} ${begun.error.hint}`)
    return undefined
  }
  const { job_id } = begun.value
  const stop = (): void => void core.run({ kind: 'cli' }, 'cancel_audit_job', { job_id })
  process.once('SIGINT', stop)
  try {
    return await whenEnded(core, job_id)
  } finally {
    process.off('SIGINT', stop)
  }
}

async function whenEnded(core: Core, job_id: string): Promise<AuditJob | undefined> {
  let shown = 0
  for (;;) {
    const reply = (await core.run({ kind: 'cli' }, 'get_audit_job', { job_id })) as Reply<AuditJob>
    if (!reply.ok) {
      say(`${reply.error.message} ${reply.error.hint}`)
      return undefined
    }
    const { state, done, total } = reply.value
    if (state !== 'running') {
      if (reply.value.error !== null) say(`${reply.value.error.message} ${reply.value.error.hint}`)
      return reply.value
    }
    const step = total === 0 ? 0 : Math.floor((done / total) * STEPS)
    if (step > shown) say(`${done} of ${total}`)
    shown = Math.max(shown, step)
    await wait(POLL_MS)
  }
}
