/** Archived logs, as they are listed: what each says of itself, and whether its newest checkpoint fits its records. Reads only; the full check is verifyLog. */
import { basename } from 'node:path'
import { OperationError } from '../../shared/errors.ts'
import { openAuditTable } from '../store/audit-table.ts'
import { listArchivedLogs, openArchivedLog } from '../store/archived-log.ts'
import type { LogHead } from './successor.ts'
import { readRecord } from './list.ts'
import { parseVkey } from './note.ts'
import { loadState, readIdentity, vkeyInForce } from './state.ts'
import { verifyLog, type VerifyResult } from './verify.ts'

export interface ArchivedLog {
  /** The file's name in the workspace folder. */
  readonly file: string
  /** Undefined when the file cannot be read as a log: it is named all the same, because it was one. */
  readonly log:
    | {
        readonly origin: string
        readonly vkey: string
        readonly size: number
        /** base64 */
        readonly root: string
        /** When its newest record was made, by the clock of then; ISO 8601 UTC. */
        readonly lastAt: string | undefined
      }
    | undefined
}

/** @param key of the ledger; only borrowed */
export function describeArchivedLogs(ledgerFile: string, key: Uint8Array): readonly ArchivedLog[] {
  return listArchivedLogs(ledgerFile).map((file) => ({ file: basename(file), log: describe(file, key) }))
}

/**
 * The full check of one archived log. `named`: heads that later logs say they took over from; the archive must end at the one of its origin.
 * @param file as describeArchivedLogs names it
 * @throws OperationError invalid_input for any other file; cancelled; what opening a database throws
 */
export async function verifyArchivedLog(
  archive: { readonly ledgerFile: string; readonly file: string; readonly key: Uint8Array },
  named: readonly LogHead[],
  signal: AbortSignal,
): Promise<VerifyResult & { readonly vkey: string }> {
  const path = listArchivedLogs(archive.ledgerFile).find((each) => basename(each) === archive.file)
  if (path === undefined)
    throw new OperationError(
      'invalid_input',
      'There is no archived log of that name in this workspace. Nothing was checked.',
      'Take one from the list of predecessors.',
    )
  const db = openArchivedLog(path, archive.key)
  try {
    const { origin, vkey } = readIdentity(openAuditTable(db))
    const result = await verifyLog({ db, vkey, signal })
    const end = named.find((head) => head.origin === origin)
    if (!result.ok || end === undefined || (end.size === result.size && end.root === result.root))
      return { ...result, vkey }
    const message = `The archived log ends at record ${result.size - 1}, but the log after it names another end, of ${end.size} records.`
    return { ok: false, fault: { seq: undefined, kind: 'rewritten', message }, limits: result.limits, vkey }
  } finally {
    db.close()
  }
}

function describe(file: string, key: Uint8Array): ArchivedLog['log'] {
  try {
    const db = openArchivedLog(file, key)
    try {
      const table = openAuditTable(db)
      const { origin, vkey } = readIdentity(table)
      const state = loadState(table, parseVkey(vkeyInForce(table, vkey)))
      const last = table.entries(state.tree.size - 1, 1)[0]
      const lastAt = last === undefined ? undefined : readRecord(last)?.ts
      return { origin, vkey, size: state.signedSize, root: state.signedRoot, lastAt }
    } finally {
      db.close()
    }
  } catch {
    // Whatever is wrong with it, the list must still name the file.
    return undefined
  }
}
