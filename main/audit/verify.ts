import { setImmediate as nextTick } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { OperationError } from '../../shared/errors.ts'
import { type LogPages, openAuditTable, type StoredCheckpoint } from '../store/audit-table.ts'
import { checkDisclosures, checkIndex, readEntry } from './check-entry.ts'
import { Fault, type FaultKind, type LogFault } from './fault.ts'
import { KeyEpochs, OutsideWitnesses } from './witnesses.ts'
import { appendLeaf, type CompactTree, EMPTY_TREE, leafHash, treeRoot } from './merkle.ts'
import { type Checkpoint, NoteError, openNote, parseCheckpoint, parseVkey } from './note.ts'
import { NO_PREV } from './state.ts'

/**
 * The full check of a log. It recomputes every hash from the stored bytes, checks every stored signature, and trusts no stored
 * hash, index or column. It only reads, and it names the first fault: what, and where.
 */

export type { FaultKind, LogFault }

export type VerifyResult =
  | {
      readonly ok: true
      readonly size: number
      /** base64, as in the checkpoint. */
      readonly root: string
      readonly checkpoints: number
      /** Texts whose disclosure is not there: erased, or withheld from an export. */
      readonly withheld: number
      readonly limits: readonly string[]
    }
  | { readonly ok: false; readonly fault: LogFault; readonly limits: readonly string[] }

/** The ledger, or the pages of a log from elsewhere (a bundle: see pagesFromLines). */
type Source = { readonly db: Database.Database } | { readonly pages: LogPages }

export type VerifyOptions = Source & {
  /** The log's identity: the verifier key of its first record, from a place the log's owner does not control. */
  readonly vkey: string
  /** The head pinned in the secret store. */
  readonly headPin?: string | undefined
  /** Checkpoints that were received by mail, webhook or in an export. */
  readonly extraNotes?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

/** Records per turn of the event loop: at worst one signature each, some 15 ms. */
const CHUNK = 64

/**
 * Checks the log as it stands when called; what is appended meanwhile is left for the next check.
 * @throws OperationError cancelled when `signal` aborts; NoteError when `vkey` is not a key. A damaged log is a result, not an error.
 */
export async function verifyLog(options: VerifyOptions): Promise<VerifyResult> {
  const identity = parseVkey(options.vkey)
  const limits = limitsOf(options)
  try {
    const pages = 'db' in options ? openAuditTable(options.db) : options.pages
    const walk = new Walk(pages, new KeyEpochs(identity), new OutsideWitnesses(identity, options))
    const { size, tree } = await walk.run(options)
    const texts =
      walk.withheld === 0 ? [] : [`${walk.withheld} texts were erased or withheld; their records are all here.`]
    const root = treeRoot(tree).toString('base64')
    return {
      ok: true,
      size,
      root,
      checkpoints: walk.checkpoints,
      withheld: walk.withheld,
      limits: [...limits, ...texts],
    }
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.fault, limits }
    if (isStorageError(error))
      return {
        ok: false,
        fault: {
          seq: undefined,
          kind: 'unreadable',
          message: 'The file of the audit log is damaged and cannot be read to the end.',
        },
        limits,
      }
    throw error
  }
}

/** Goes through the log once, from record 0 to the end. */
class Walk {
  checkpoints = 0
  withheld = 0
  readonly #pages: LogPages
  readonly #keys: KeyEpochs
  readonly #outside: OutsideWitnesses
  #tree: CompactTree = EMPTY_TREE
  /** The tree without its last leaf, to find out which side of a broken chain was changed. */
  #treeBefore: CompactTree = EMPTY_TREE
  #prev = NO_PREV
  #signedSize = 0

  constructor(pages: LogPages, keys: KeyEpochs, outside: OutsideWitnesses) {
    this.#pages = pages
    this.#keys = keys
    this.#outside = outside
  }

  async run({ signal, onProgress }: VerifyOptions): Promise<{ size: number; tree: CompactTree }> {
    const bounds = this.#pages.bounds()
    const total = (bounds.maxSeq ?? -1) + 1
    while (this.#tree.size < total) {
      if (signal?.aborted === true)
        throw new OperationError('cancelled', 'The check was stopped.', 'Nothing was changed.')
      this.#chunk(total)
      onProgress?.({ done: this.#tree.size, total })
      await nextTick()
    }
    const claimed = bounds.checkpointSize ?? 0
    if (claimed > total)
      throw new Fault(
        'truncated',
        total,
        `Record ${total} and later ones are missing: a signed checkpoint counts ${claimed}.`,
      )
    this.#outside.requireNothingLater(total, this.#keys)
    if (total === 0) throw new Fault('truncated', 0, 'There are no records: even an unused log has a first one.')
    if (this.#signedSize < total)
      throw new Fault(
        'missing_checkpoint',
        this.#signedSize,
        `No checkpoint covers record ${this.#signedSize} and later ones.`,
      )
    if (bounds.count !== total)
      throw new Fault('sequence_gap', undefined, `There are ${bounds.count} records with numbers up to ${total - 1}.`)
    if (bounds.hasStrayDisclosure)
      throw new Fault('disclosure_mismatch', undefined, 'A text is stored for a record that does not exist.')
    return { size: total, tree: this.#tree }
  }

  #chunk(total: number): void {
    const from = this.#tree.size
    const entries = this.#pages.entries(from, Math.min(CHUNK, total - from))
    if (entries.length === 0) throw missing(from)
    const through = from + entries.length - 1
    const checkpoints = Map.groupBy(this.#pages.checkpoints(from, through + 1), (each) => each.size)
    const disclosures = Map.groupBy(this.#pages.disclosures(from, through), (each) => each.seq)
    const index =
      this.#pages.index === undefined
        ? undefined
        : new Map(this.#pages.index(from, through).map((row) => [row.seq, row]))
    for (const entry of entries) {
      const seq = this.#tree.size
      if (entry.seq !== seq) throw missing(seq)
      const { record, leaf } = readEntry(entry, this.#keys.identity)
      if (record.prev !== this.#prev) throw this.#brokenChain(seq, record.prev, leaf)
      this.#treeBefore = this.#tree
      this.#tree = appendLeaf(this.#tree, leaf)
      this.#prev = leaf.toString('hex')
      this.withheld += checkDisclosures(record, disclosures.get(seq) ?? [])
      if (index !== undefined) checkIndex(record, index.get(seq))
      if (record.type === 'key.rotated') this.#keys.announce(record.data, seq)
      for (const checkpoint of checkpoints.get(this.#tree.size) ?? []) this.#checkCheckpoint(checkpoint)
      this.#keys.passed(this.#tree.size)
      this.#outside.compare(this.#tree, this.#keys)
    }
  }

  #checkCheckpoint(stored: StoredCheckpoint): void {
    const { size } = this.#tree
    const signed = this.#openCheckpoint(stored)
    if (signed === undefined)
      throw new Fault(
        'bad_signature',
        size - 1,
        `The checkpoint after record ${size - 1} is not signed by the key of this log, or was changed.`,
      )
    if (signed.size !== size)
      throw new Fault('root_mismatch', size - 1, `The checkpoint after record ${size - 1} belongs to another place.`)
    if (!signed.root.equals(treeRoot(this.#tree))) throw this.#wrongRoot(size)
    this.#signedSize = size
    this.checkpoints++
    this.#keys.signed(size)
  }

  #wrongRoot(size: number): Fault {
    const first = this.#signedSize
    return first === size - 1
      ? new Fault(
          'root_mismatch',
          first,
          `Record ${first} is not the one that was signed: it was changed, added or moved.`,
        )
      : new Fault(
          'root_mismatch',
          first,
          `Records ${first} to ${size - 1} are not the ones that were signed: at least one was changed, added or moved.`,
          size - 1,
        )
  }

  /** The checkpoint, or undefined when it is not signed by every key that must sign at its place. */
  #openCheckpoint(stored: StoredCheckpoint): Checkpoint | undefined {
    const required = this.#keys.requiredAt(stored.size)
    // A planted table may hold something else than a text.
    if (typeof stored.note !== 'string') return undefined
    try {
      const { text, signedBy } = openNote(stored.note, required)
      const checkpoint = parseCheckpoint(text)
      return signedBy.length === required.length && checkpoint.origin === this.#keys.identity.name
        ? checkpoint
        : undefined
    } catch (error) {
      if (error instanceof NoteError) return undefined
      throw error
    }
  }

  /**
   * Record `seq` does not name the record before it. One of the two was changed: if the next signed root fits with the hash that
   * `seq` names, it was the one before.
   */
  #brokenChain(seq: number, claimedPrev: string, leaf: Buffer): Fault {
    const after = new Fault(
      'chain_broken',
      seq,
      `Record ${seq} does not follow record ${seq - 1}: one of the two was changed, added or moved.`,
    )
    if (seq === 0) return new Fault('chain_broken', 0, 'Record 0 names a record before it.')
    const [checkpoint] = this.#pages.checkpoints(seq, seq + CHUNK)
    const signed = checkpoint === undefined ? undefined : this.#openCheckpoint(checkpoint)
    if (signed === undefined) return after
    let tree = appendLeaf(appendLeaf(this.#treeBefore, Buffer.from(claimedPrev, 'hex')), leaf)
    for (const entry of this.#pages.entries(seq + 1, signed.size - seq - 1))
      tree = appendLeaf(tree, leafHash(entry.bytes))
    if (tree.size !== signed.size || !treeRoot(tree).equals(signed.root)) return after
    return new Fault(
      'chain_broken',
      seq - 1,
      `Record ${seq - 1} was changed: record ${seq} and the checkpoint after it still name the original.`,
    )
  }
}

function missing(seq: number): Fault {
  return new Fault('sequence_gap', seq, `Record ${seq} is missing.`)
}

function limitsOf({ headPin, extraNotes }: VerifyOptions): string[] {
  return [
    'Detects every change of what was recorded up to the newest checkpoint. It cannot know what was never recorded.',
    'Times are as reported by this computer; the order does not depend on them.',
    ...(headPin === undefined ? ['No remembered head was compared: an older genuine copy of the log would pass.'] : []),
    ...(extraNotes === undefined || extraNotes.length === 0
      ? [
          'No checkpoint from outside was compared: whoever has the signing key could have rewritten what came after the last one that left this computer.',
        ]
      : []),
  ]
}

function isStorageError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_')
}
