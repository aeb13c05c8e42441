import type { AuditTable } from '../store/audit-table.ts'
import { FAULT_KINDS, type LogFault, ledgerBroken } from './fault.ts'
import { type PinnedHead, parsePin } from './head-pin.ts'
import { parseJcs } from './jcs.ts'
import type { Clocks } from './line.ts'
import { readRecord } from './list.ts'
import { appendLeaf, type CompactTree, EMPTY_TREE, leafHash, treeRoot } from './merkle.ts'
import { NoteError, type NoteVerifier, openNote, parseCheckpoint } from './note.ts'
import { type AuditRecord, checkRecord, MAX_LINE_BYTES } from './record.ts'

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
  /** What the newest full check on record said, undefined before the first. */
  readonly verdict: Verdict | undefined
}

export interface Verdict {
  /** The number of its log.verified record. */
  readonly seq: number
  /** Undefined when the check found none. */
  readonly fault: LogFault | undefined
}

/** `prev` of record 0. */
export const NO_PREV: string = '0'.repeat(64)

const PAGE = 2000

/** Origin and identity key from record 0. @throws LedgerBroken */
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
  throw ledgerBroken('bad_schema', 'The first record of the audit log is missing or cannot be read.', 0)
}

/** The key that must sign next: the newest rotation's, or the log's first. */
export function vkeyInForce(table: AuditTable, identity: string): string {
  const [rotation] = table.find({ type: 'key.rotated', limit: 1 })
  const record = rotation === undefined ? undefined : readRecord(rotation)
  return record?.type === 'key.rotated' ? record.data.new : identity
}

const EMPTY: LogState = {
  tree: EMPTY_TREE,
  lastLeaf: Buffer.alloc(32),
  signedSize: 0,
  signedRoot: '',
  note: '',
  clocks: undefined,
  verdict: undefined,
}

/** Rebuilds the state from the table. @throws LedgerBroken when it does not fit the newest checkpoint */
export function loadState(table: AuditTable, verifier: NoteVerifier): LogState {
  const state = extendState(table, verifier, EMPTY)
  const { tree, lastLeaf } = state
  if (tree.size === 0) return state
  const last = table.entries(tree.size - 1, 1)[0]
  if (last === undefined || !leafHash(last.bytes).equals(lastLeaf))
    throw ledgerBroken('leaf_mismatch', 'The last record of the audit log was changed.', tree.size - 1)
  return state
}

/**
 * The state of a table that only appended to `base`. In an open transaction the newest records may be unsigned as yet.
 * @throws LedgerBroken when the newest checkpoint does not fit the records, those of `base` included
 */
export function extendState(table: AuditTable, verifier: NoteVerifier, base: LogState, maySignLater = false): LogState {
  const checkpoint = table.lastCheckpoint()
  let { tree, lastLeaf } = base
  let signed = base.tree
  for (const leaf of leavesOf(table, base.tree.size)) {
    tree = appendLeaf(tree, leaf)
    lastLeaf = leaf
    if (tree.size === checkpoint?.size) signed = tree
  }
  if (tree.size === base.tree.size) return base
  if (signed.size < tree.size && checkpoint !== undefined && checkpoint.size > tree.size)
    throw ledgerBroken('truncated', `Record ${tree.size} and later ones are missing from the audit log.`, tree.size)
  if (signed.size < tree.size && !maySignLater)
    throw ledgerBroken(
      'missing_checkpoint',
      `Record ${checkpoint?.size ?? 0} of the audit log is not covered by a checkpoint.`,
      checkpoint?.size ?? 0,
    )
  const next = { ...base, tree, lastLeaf, verdict: readVerdict(table) }
  if (checkpoint === undefined || signed.size === base.tree.size) return next
  const root = treeRoot(signed).toString('base64')
  if (!isSigned(checkpoint.note, verifier, { size: signed.size, root }))
    throw ledgerBroken('root_mismatch', 'The newest checkpoint of the audit log does not fit its records.')
  return { ...next, signedSize: signed.size, signedRoot: root, note: checkpoint.note }
}

/** What a full check says once it is on record. The kind is all that the record keeps of the fault. */
export function verdictOf({ seq, data }: AuditRecord & { readonly type: 'log.verified' }): Verdict {
  if (data.ok) return { seq, fault: undefined }
  const kind = FAULT_KINDS.find((each) => each === data.fault) ?? 'unreadable'
  const where = data.faultSeq === undefined ? '' : ` at record ${data.faultSeq}`
  const message = `The newest full check of the audit log found a fault (${kind})${where}. It counts until a full check finds none.`
  return { seq, fault: { seq: data.faultSeq, kind, message } }
}

function readVerdict(table: AuditTable): Verdict | undefined {
  const entry = table.lastVerified()
  if (entry === undefined) return undefined
  const record = readRecord(entry)
  if (record?.type === 'log.verified') return verdictOf(record)
  // It is one by its bytes, but not a genuine one: whoever changed it must not gain a clean bill by that.
  const message = `Record ${entry.seq} of the audit log, the newest full check, was changed.`
  return { seq: entry.seq, fault: { seq: entry.seq, kind: 'leaf_mismatch', message } }
}

/** Compares with the pinned head and returns it. @throws LedgerBroken */
export function checkAgainstPin(
  table: AuditTable,
  text: string,
  log: { readonly origin: string; readonly vkey: string; readonly state: LogState },
): PinnedHead {
  const pin = parsePin(text)
  if (pin === undefined)
    throw ledgerBroken('bad_pin', 'The head of the audit log that this computer remembers cannot be read.')
  if (pin.origin !== log.origin || pin.vkey !== log.vkey)
    throw ledgerBroken('foreign_log', 'This is not the audit log that this computer remembers.')
  const { size } = log.state.tree
  if (size < pin.size)
    throw ledgerBroken(
      'rolled_back',
      `The audit log holds ${size} records, but ${pin.size} were there before: the newest are missing, or the file is an older copy.`,
      size,
    )
  const tree = size === pin.size ? log.state.tree : treeOfFirst(table, pin.size)
  if (treeRoot(tree).toString('base64') !== pin.root)
    throw ledgerBroken(
      'rewritten',
      `The first ${pin.size} records of the audit log are not the ones that were there before.`,
    )
  return pin
}

function treeOfFirst(table: AuditTable, size: number): CompactTree {
  let tree = EMPTY_TREE
  for (const leaf of leavesOf(table)) {
    if (tree.size === size) break
    tree = appendLeaf(tree, leaf)
  }
  return tree
}

/** All stored leaf hashes from a number on, in order, page by page. @throws LedgerBroken at a gap */
function* leavesOf(table: AuditTable, from = 0): Generator<Buffer> {
  let next = from
  for (;;) {
    const page = table.leaves(next, PAGE)
    for (const { seq, leaf } of page) {
      if (seq !== next) throw ledgerBroken('sequence_gap', `Record ${next} of the audit log is missing.`, next)
      if (leaf.length !== 32) throw ledgerBroken('leaf_mismatch', `Record ${next} of the audit log was changed.`, next)
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
