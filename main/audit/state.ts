import { OperationError } from '../../shared/errors.ts'
import type { AuditTable } from '../store/audit-table.ts'
import { parsePin } from './head-pin.ts'
import { parseJcs } from './jcs.ts'
import type { Clocks } from './line.ts'
import { appendLeaf, type CompactTree, EMPTY_TREE, leafHash, treeRoot } from './merkle.ts'
import { NoteError, type NoteVerifier, openNote, parseCheckpoint } from './note.ts'
import { checkRecord, MAX_LINE_BYTES } from './record.ts'

/**
 * What the writer must know to append: the compact tree, the last leaf and the newest checkpoint. Loading it is the quick
 * check at start-up; it never replaces verifyLog, because it trusts the stored leaf hashes of all but the last record.
 */
export interface LogState {
  readonly tree: CompactTree
  readonly lastLeaf: Buffer
  readonly signedSize: number
  /** base64 */
  readonly signedRoot: string
  readonly note: string
  /** Both clocks at the newest record of this start of the app. */
  readonly clocks: Clocks | undefined
}

/** `prev` of record 0. */
export const NO_PREV: string = '0'.repeat(64)

const PAGE = 2000

/** The log does not stand as it was signed: nothing may be appended, and no platform write may follow. */
export function openingFault(kind: string, message: string, seq?: number): OperationError {
  return new OperationError(
    'ledger_broken',
    message,
    'Nothing can be approved until this is explained. Run the full check, keep a copy of the workspace folder, and compare with the newest checkpoint you received by mail or in an export.',
    { details: { kind, ...(seq === undefined ? {} : { seq }) } },
  )
}

/** Origin and identity key from record 0. @throws OperationError ledger_broken */
export function readIdentity(table: AuditTable): { origin: string; vkey: string } {
  const first = table.entries(0, 1)[0]
  try {
    const checked =
      first === undefined || first.seq !== 0 ? undefined : checkRecord(parseJcs(first.bytes, MAX_LINE_BYTES))
    if (checked !== undefined && 'record' in checked && checked.record.type === 'log.genesis') {
      const { log, data } = checked.record
      if (data.vkey.startsWith(`${log}+`)) return { origin: log, vkey: data.vkey }
    }
  } catch {
    // falls through to the one answer for every unreadable first record
  }
  throw openingFault('bad_schema', 'The first record of the audit log is missing or cannot be read.', 0)
}

/** Rebuilds the state from the table. @throws OperationError ledger_broken when it does not fit the newest checkpoint */
export function loadState(table: AuditTable, verifier: NoteVerifier): LogState {
  let tree = EMPTY_TREE
  let lastLeaf: Buffer = Buffer.alloc(32)
  for (const leaf of leavesOf(table)) {
    tree = appendLeaf(tree, leaf)
    lastLeaf = leaf
  }
  const clocks = undefined
  if (tree.size === 0) return { tree, lastLeaf, signedSize: 0, signedRoot: '', note: '', clocks }

  const checkpoint = table.lastCheckpoint()
  if (checkpoint === undefined || checkpoint.size < tree.size)
    throw openingFault(
      'missing_checkpoint',
      `Record ${checkpoint?.size ?? 0} of the audit log is not covered by a checkpoint.`,
      checkpoint?.size ?? 0,
    )
  if (checkpoint.size > tree.size)
    throw openingFault('truncated', `Record ${tree.size} and later ones are missing from the audit log.`, tree.size)
  const root = treeRoot(tree).toString('base64')
  if (!isSigned(checkpoint.note, verifier, { size: tree.size, root }))
    throw openingFault('root_mismatch', 'The newest checkpoint of the audit log does not fit its records.')
  const last = table.entries(tree.size - 1, 1)[0]
  if (last === undefined || !leafHash(last.bytes).equals(lastLeaf))
    throw openingFault('leaf_mismatch', 'The last record of the audit log was changed.', tree.size - 1)
  return { tree, lastLeaf, signedSize: tree.size, signedRoot: root, note: checkpoint.note, clocks }
}

/** Compares with the pinned head and returns its size. @throws OperationError ledger_broken */
export function checkAgainstPin(
  table: AuditTable,
  text: string,
  log: { readonly origin: string; readonly vkey: string; readonly state: LogState },
): number {
  const pin = parsePin(text)
  if (pin === undefined)
    throw openingFault('bad_pin', 'The head of the audit log that this computer remembers cannot be read.')
  if (pin.origin !== log.origin || pin.vkey !== log.vkey)
    throw openingFault('foreign_log', 'This is not the audit log that this computer remembers.')
  const { size } = log.state.tree
  if (size < pin.size)
    throw openingFault(
      'rolled_back',
      `The audit log holds ${size} records, but ${pin.size} were there before: the newest are missing, or the file is an older copy.`,
      size,
    )
  const tree = size === pin.size ? log.state.tree : treeOfFirst(table, pin.size)
  if (treeRoot(tree).toString('base64') !== pin.root)
    throw openingFault(
      'rewritten',
      `The first ${pin.size} records of the audit log are not the ones that were there before.`,
    )
  return pin.size
}

function treeOfFirst(table: AuditTable, size: number): CompactTree {
  let tree = EMPTY_TREE
  for (const leaf of leavesOf(table)) {
    if (tree.size === size) break
    tree = appendLeaf(tree, leaf)
  }
  return tree
}

/** All stored leaf hashes in order, page by page. @throws OperationError ledger_broken at a gap */
function* leavesOf(table: AuditTable): Generator<Buffer> {
  let next = 0
  for (;;) {
    const page = table.leaves(next, PAGE)
    for (const { seq, leaf } of page) {
      if (seq !== next) throw openingFault('sequence_gap', `Record ${next} of the audit log is missing.`, next)
      if (leaf.length !== 32) throw openingFault('leaf_mismatch', `Record ${next} of the audit log was changed.`, next)
      next++
      yield Buffer.from(leaf)
    }
    if (page.length < PAGE) return
  }
}

function isSigned(
  note: string,
  verifier: NoteVerifier,
  expected: { readonly size: number; readonly root: string },
): boolean {
  try {
    const { origin, size, root } = parseCheckpoint(openNote(note, [verifier]).text)
    return origin === verifier.name && size === expected.size && root.toString('base64') === expected.root
  } catch (error) {
    if (error instanceof NoteError) return false
    throw error
  }
}
