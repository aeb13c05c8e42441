/** Import of files as the window and the command line see it: pieces in, a preview, one decision, and what was stored. */
import type { Clock } from '../shared/clock.ts'
import type { OutputOf } from '../shared/operations.ts'
import type { AuditLog } from './audit/append.ts'
import { createImports, type ImportsDeps, type Imports } from './imports/import-file.ts'
import type { ImportPlan } from './imports/plan.ts'
import type { Logger } from './logger.ts'
import type { Caller } from './ports.ts'
import { dateOf } from './reporting/calendar.ts'
import type { Handlers } from './run-operation.ts'
import { factsReaders } from './store/facts-tables.ts'
import type { ImportFile } from './store/import-table.ts'
import type { FactsDb } from './store/open.ts'

export interface ImportSessionDeps {
  readonly facts: FactsDb
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly randomBytes: ImportsDeps['randomBytes']
  readonly onChange: () => void
  readonly isClosing: () => boolean
}

/** Looked through for a file that was recorded just before a crash. */
const RECORDS_LOOKED_AT = 200
const MAX_FILE_NAME = 255

export interface ImportSession {
  readonly handlers: Handlers
  /** Finishes, in the background, what a crash left half-way. Never throws. */
  readonly recover: () => Promise<void>
  /** Resolves once nothing is being stored; after closing has begun that is soon. */
  readonly whenIdle: () => Promise<void>
}

export function createImportSession(deps: ImportSessionDeps): ImportSession {
  const { audit, clock, facts } = deps
  let actorId = 'owner'
  const imports = createImports({
    facts,
    clock,
    randomBytes: deps.randomBytes,
    isStopping: deps.isClosing,
    record: (file, plan) => recordImport(audit, file, plan, actorId),
  })
  let recovery: Promise<void> | undefined
  const recover = (): Promise<void> => {
    recovery ??= imports
      .recover()
      .catch((error: unknown) => {
        if (!deps.isClosing()) deps.log.error('import_recovery_failed', error)
      })
      .finally(deps.onChange)
    return recovery
  }
  return {
    handlers: importHandlers({ ...deps, imports, recover, actAs: (id) => void (actorId = id) }),
    recover,
    whenIdle: imports.whenIdle,
  }
}

interface HandlerDeps extends ImportSessionDeps {
  readonly imports: Imports
  readonly recover: () => Promise<void>
  readonly actAs: (id: string) => void
}

function importHandlers({ facts, imports, recover, actAs, onChange }: HandlerDeps): Handlers {
  return {
    begin_import: (input) => ({ import_id: imports.begin(input.file_name, input.size_bytes) }),
    append_import: (input) => ({
      received_bytes: imports.append(input.import_id, input.offset, Buffer.from(input.base64, 'base64')),
    }),
    preview_import: async (input) => {
      await recover()
      return imports.preview(input.import_id, input.choices ?? {})
    },
    commit_import: async (input, { caller }) => {
      await recover()
      actAs(actorIdOf(caller))
      const stored = await imports.commit(input.import_id, input.choices ?? {}, input.keeps_good_rows === true)
      onChange()
      return { import: stored }
    },
    cancel_import: (input) => {
      imports.cancel(input.import_id)
      return {}
    },
    list_imports: () => ({ imports: [...imports.list()], orders: ordersHeld(facts) }),
    remove_imported: async (input) => {
      await recover()
      await imports.remove(input.what)
      onChange()
      return {}
    },
  }
}

function ordersHeld(facts: FactsDb): OutputOf<'list_imports'>['orders'] {
  const { orders, startDay, endDay } = factsReaders(facts).orders.stock()
  if (orders === 0 || startDay === null || endDay === null) return null
  return { count: orders, first_date: dateOf(startDay), last_date: dateOf(endDay) }
}

const actorIdOf = (caller: Caller): string => (caller.kind === 'cli' ? 'command-line' : 'owner')

/** Once for each file: a crash between the record and the note that it was made must not make two. */
function recordImport(audit: AuditLog, file: ImportFile, { account }: ImportPlan, actorId: string): void {
  const isThere = audit
    .list({ limit: RECORDS_LOOKED_AT, type: 'data.imported' })
    .some(({ record }) => record?.type === 'data.imported' && record.data.import === file.importId)
  if (isThere) return
  audit.transaction((append) =>
    append({
      type: 'data.imported',
      actor: { kind: 'user', id: actorId },
      data: {
        import: file.importId,
        kind: file.kind,
        ...(file.platform === null ? {} : { platform: file.platform }),
        ...(account === null ? {} : { account: account.accountId }),
        sha256: file.sha256,
        rows: file.rowsKept,
        refused: file.rowsRefused,
      },
      text: { file_name: file.fileName.slice(0, MAX_FILE_NAME) },
    }),
  )
}
