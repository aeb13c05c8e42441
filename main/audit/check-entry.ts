import type { IndexRow, StoredDisclosure, StoredEntry } from '../store/audit-table.ts'
import { openDisclosure } from './disclosure.ts'
import { Fault } from './fault.ts'
import { JcsError, type JsonValue, parseJcs } from './jcs.ts'
import { leafHash } from './merkle.ts'
import type { NoteVerifier } from './note.ts'
import { type AuditRecord, checkRecord, draftIdOf, MAX_LINE_BYTES } from './record.ts'

/** Checks of one stored record that need nothing but the record. They never repair. */

/** The record and its recomputed leaf hash. @throws Fault */
export function readEntry(entry: StoredEntry, identity: NoteVerifier): { record: AuditRecord; leaf: Buffer } {
  const { seq, bytes } = entry
  // A planted table may hold a number or a text where bytes belong.
  if (!(bytes instanceof Uint8Array)) throw new Fault('not_canonical', seq, `Record ${seq} is not stored as bytes.`)
  const leaf = leafHash(bytes)
  if (entry.leaf !== null && !leaf.equals(Buffer.from(entry.leaf)))
    throw new Fault(
      'leaf_mismatch',
      seq,
      `Record ${seq} was changed: its bytes no longer give the hash stored beside it.`,
    )
  const checked = checkRecord(parse(seq, bytes))
  if ('problem' in checked) throw new Fault(checked.problem.kind, seq, `Record ${seq}: ${checked.problem.message}.`)
  const { record } = checked
  if (record.log !== identity.name) throw new Fault('foreign_log', seq, `Record ${seq} belongs to another log.`)
  if (record.seq !== seq)
    throw new Fault(
      'sequence_gap',
      seq,
      `Record ${record.seq} stands where record ${seq} belongs: records were removed, added or moved.`,
    )
  checkGenesis(record, identity)
  return { record, leaf }
}

function parse(seq: number, bytes: Uint8Array): JsonValue {
  try {
    return parseJcs(bytes, MAX_LINE_BYTES)
  } catch (error) {
    if (error instanceof JcsError)
      throw new Fault('not_canonical', seq, `Record ${seq} is not in canonical form: ${error.message}.`)
    throw error
  }
}

function checkGenesis(record: AuditRecord, identity: NoteVerifier): void {
  if ((record.seq === 0) !== (record.type === 'log.genesis'))
    throw new Fault(
      'bad_schema',
      record.seq,
      `Record ${record.seq}: the first record, and only the first, opens the log.`,
    )
  if (record.type === 'log.genesis' && record.data.vkey !== identity.vkey)
    throw new Fault('foreign_log', 0, 'The log names another key as its identity than the one you gave.')
}

/** Number of texts that are not there. @throws Fault for one that is there and does not match */
export function checkDisclosures(record: AuditRecord, stored: readonly StoredDisclosure[]): number {
  const { seq, sd } = record
  for (const { name, disclosure } of stored) {
    const digest = Object.hasOwn(sd, name) ? sd[name] : undefined
    if (
      digest === undefined ||
      typeof disclosure !== 'string' ||
      openDisclosure(disclosure, { name, digest }) === undefined
    )
      throw new Fault('disclosure_mismatch', seq, `A text of record ${seq} is not the one that was recorded.`)
  }
  return Object.keys(sd).length - stored.length
}

/** The search index decides what the app shows: a wrong one could hide a record. @throws Fault */
export function checkIndex(record: AuditRecord, row: IndexRow | undefined): void {
  if (row === undefined || row.type !== record.type || row.draftId !== draftIdOf(record))
    throw new Fault(
      'index_mismatch',
      record.seq,
      `Record ${record.seq} is genuine, but the search index would not find it.`,
    )
}
