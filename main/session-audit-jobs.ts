/** Checks and exports of the audit log: who may ask for what and where the file goes. The jobs do the work, in a thread of their own. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf, ParsedInputOf } from '../shared/operations.ts'
import type { AuditLog } from './audit/append.ts'
import { fileFault } from './audit/bundle/zip-writer.ts'
import { type AuditJobsDeps, createAuditJobs, type ExportRequest } from './audit/worker/audit-jobs.ts'
import type { Caller } from './ports.ts'
import type { Handlers } from './run-operation.ts'
import type { OpenWorkspace } from './workspace.ts'

export interface AuditJobSessionDeps extends Pick<AuditJobsDeps, 'clock' | 'log' | 'randomBytes' | 'onChange'> {
  readonly opened: Pick<OpenWorkspace, 'folder' | 'ledgerFile' | 'vault'>
  readonly audit: AuditLog
  readonly appVersion: string
}

/** Exports without a folder of the person's choice go here, inside the workspace. */
const EXPORTS_FOLDER = 'exports'
const PRIVATE = 0o700
/** What a crash in the middle of an export leaves. */
const LEFTOVER = /^\.spendsignoff-[0-9a-f]{16}\.part$/

export function createAuditJobSession({ opened, audit, appVersion, ...rest }: AuditJobSessionDeps) {
  const { vault, ledgerFile } = opened
  const jobs = createAuditJobs({
    ...rest,
    audit,
    ledgerFile,
    ledgerKey: () => vault.ledgerKey(),
    readHeadPin: () => vault.headPin.read(),
    signingKey: () => vault.signingKey,
  })
  const handlers: Handlers = {
    verify_audit: async (input, { caller, signal }) => {
      const id = jobs.beginVerification(actorOf(caller), input.extra_notes ?? [])
      const { verification, error } = await jobs.whenEnded(id, signal)
      if (verification === null) throw errorOf(error)
      const { witnesses: _, ...answer } = verification
      return answer
    },
    begin_verification: (input, { caller }) => ({
      job_id: jobs.beginVerification(actorOf(caller), input.extra_notes ?? []),
    }),
    begin_audit_export: (input, { caller }) => ({
      job_id: jobs.beginExport(actorOf(caller), requestOf(input)),
    }),
    get_audit_job: ({ job_id }) => jobs.get(job_id),
    cancel_audit_job: ({ job_id }) => jobs.cancel(job_id),
  }

  function requestOf(input: ParsedInputOf<'begin_audit_export'>): ExportRequest {
    const folder = exportFolder(opened.folder, input.folder)
    return {
      scope: scopeOf(input),
      redact: [...new Set(input.redact)],
      purpose: blankIsNone(input.purpose),
      recipient: blankIsNone(input.recipient),
      appVersion,
      part: join(folder, `.spendsignoff-${rest.randomBytes(8).toString('hex')}.part`),
      folder,
      fileName: input.file_name,
    }
  }

  /** Nothing of ours is being written yet when a session begins. */
  removeLeftovers(join(opened.folder, EXPORTS_FOLDER))
  return { handlers, close: () => jobs.close() }
}

/** @throws OperationError invalid_input for more than one of days, draft and account, and for days in the wrong order */
function scopeOf({ from, to, draft_id, account_id }: ParsedInputOf<'begin_audit_export'>): ExportRequest['scope'] {
  const hasDays = from !== undefined || to !== undefined
  if ([hasDays, draft_id !== undefined, account_id !== undefined].filter(Boolean).length > 1)
    throw new OperationError(
      'invalid_input',
      'An export is of days, or of one draft, or of one account. Nothing was exported.',
      'Choose one of them.',
    )
  if (draft_id !== undefined) return { kind: 'draft', draftId: draft_id }
  if (account_id !== undefined) return { kind: 'account', accountId: account_id }
  if (!hasDays) return { kind: 'all' }
  const isDay = (day: string | undefined): boolean =>
    day === undefined || new Date(Date.parse(`${day}T00:00:00Z`)).toJSON()?.slice(0, 10) === day
  if (!isDay(from) || !isDay(to) || (from !== undefined && to !== undefined && from > to))
    throw new OperationError(
      'invalid_input',
      'The days of an export are a first and a last one, in this order. Nothing was exported.',
      'Give dates like "2026-11-23".',
    )
  return { kind: 'days', from, to }
}

/** @throws OperationError invalid_input for a folder that is not absolute: where it would end up depends on where the app was started */
function exportFolder(workspace: string, chosen: string | undefined): string {
  if (chosen === undefined) {
    const folder = join(workspace, EXPORTS_FOLDER)
    try {
      mkdirSync(folder, { recursive: true, mode: PRIVATE })
    } catch (error) {
      throw fileFault(error)
    }
    return folder
  }
  if (isAbsolute(chosen)) return chosen
  throw new OperationError(
    'invalid_input',
    'The folder for the export has to be a full path. Nothing was exported.',
    'Give a path that begins at the root of the disk.',
  )
}

function removeLeftovers(folder: string): void {
  try {
    for (const name of readdirSync(folder)) if (LEFTOVER.test(name)) rmSync(join(folder, name), { force: true })
  } catch {
    // No folder, or one that cannot be read: the next export will say so.
  }
}

const blankIsNone = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

function actorOf(caller: Caller) {
  return { kind: 'user', id: caller.kind === 'cli' ? 'command-line' : 'owner' } as const
}

function errorOf(error: OutputOf<'get_audit_job'>['error']): Error {
  if (error === null) return new Error('a check that ended says neither what it found nor why not')
  return new OperationError(error.code as ConstructorParameters<typeof OperationError>[0], error.message, error.hint, {
    retryable: error.retryable,
  })
}
