/**
 * Goes through the records of a bundle once, in order, with their texts and proofs beside them, and ends at the head: every record is bound to the
 * root that the head's checkpoint signs, by the tree itself or by a proof. Holds one record at a time, and the bundle's checkpoints.
 */
import { checkDisclosures, readEntry } from '../check-entry.ts'
import { Fault } from '../fault.ts'
import { appendLeaf, type CompactTree, EMPTY_TREE, treeRoot, verifyConsistency, verifyInclusion } from '../merkle.ts'
import { type Checkpoint, NoteError, type NoteVerifier, openNote } from '../note.ts'
import { type AuditRecord, MAX_LINE_BYTES } from '../record.ts'
import { NO_PREV } from '../state.ts'
import { KeyEpochs } from '../witnesses.ts'
import { BundleFault } from './bundle-fault.ts'
import { equivocation, type GivenCheckpoint, requireSigned, rolledBack } from './bundle-witnesses.ts'
import { type DisclosureLine, FILES, type Manifest, type Proof } from './layout.ts'
import { linesOf, Peekable } from './lines.ts'
import {
  type BundleCheckpoint,
  disclosuresOf,
  MAX_CHECKPOINTS,
  proofsOf,
  readCheckpoints,
  strayText,
  textsOf,
} from './side-files.ts'

export interface WalkParts {
  readonly identity: NoteVerifier
  readonly manifest: Manifest
  /** The bundle's checkpoints.txt and checkpoint. */
  readonly checkpoints: string
  readonly head: string
  readonly given: readonly GivenCheckpoint[]
  readonly pieces: (name: string) => Iterable<Uint8Array>
  /** Lets others have a turn. */
  readonly turn: () => Promise<void>
}

const LINES_PER_TURN = 64

export class BundleWalk {
  readonly #parts: WalkParts
  readonly #keys: KeyEpochs
  readonly #notes: ReadonlyMap<number, BundleCheckpoint>
  readonly #head: BundleCheckpoint
  /** Paths of consistency proofs to the head, by size. */
  readonly #consistent = new Map<number, readonly Buffer[]>()
  readonly #given: ReadonlyMap<number, readonly GivenCheckpoint[]>
  #proofs = new Peekable<Proof>([])
  #tree: CompactTree = EMPTY_TREE
  #last: { readonly seq: number; readonly leaf: Buffer } | undefined
  #records = 0
  #withheld = 0
  /** The log's keys, in the order in which they were in force. */
  readonly vkeys: string[]

  constructor(parts: WalkParts) {
    this.#parts = parts
    this.#keys = new KeyEpochs(parts.identity)
    this.vkeys = [parts.identity.vkey]
    this.#notes = readCheckpoints(parts.checkpoints, parts.identity)
    const head = this.#notes.get(Math.max(...this.#notes.keys()))
    if (head === undefined || head.note !== parts.head)
      throw new BundleFault('missing_checkpoint', `${FILES.checkpoint} is not the newest of ${FILES.checkpoints}.`, {
        file: FILES.checkpoint,
      })
    this.#head = head
    this.#given = Map.groupBy(parts.given, ({ size }) => size)
  }

  async run() {
    const { manifest } = this.#parts
    const { range } = manifest
    if (manifest.complete && (range.from !== 0 || manifest.filter !== undefined || manifest.days !== undefined))
      throw this.#badManifest('calls itself complete and partial at once')
    if (range.from > range.through || range.through >= this.#head.size)
      throw this.#badManifest('names records that are not in the log')
    if (!manifest.complete) this.#readProofs()
    await this.#entries()
    this.#end()
    this.#refuseLater()
    const notes = manifest.complete ? [] : this.#compareGiven()
    return { head: this.#head, keys: this.#keys.requiredAt(this.#head.size), checkpoints: this.#notes.size, notes }
  }

  async #entries(): Promise<void> {
    const { pieces, turn } = this.#parts
    const texts = new Peekable(disclosuresOf(pieces(FILES.disclosures)))
    let lines = 0
    for (const bytes of linesOf(pieces(FILES.entries), FILES.entries, MAX_LINE_BYTES + 1)) {
      this.#record(bytes, texts)
      lines += 1
      // oxlint-disable-next-line no-await-in-loop
      if (lines % LINES_PER_TURN === 0) await turn()
    }
    if (texts.next !== undefined) throw strayText(texts.next.seq)
    if (this.#proofs.next !== undefined)
      throw new BundleFault('bad_proof', 'There is a proof without its record.', { file: FILES.proofs })
    this.#records = lines
  }

  #record(bytes: Buffer, texts: Peekable<DisclosureLine>): void {
    const { identity, manifest } = this.#parts
    const claimed = this.#claimedSeq(bytes)
    const isRow = this.#isInRow(claimed)
    const { record, leaf } = readEntry({ seq: isRow ? this.#tree.size : claimed, bytes, leaf: null }, identity)
    const { seq } = record
    if (this.#last !== undefined && seq <= this.#last.seq)
      throw new Fault(
        'sequence_gap',
        seq,
        `Record ${seq} stands behind record ${this.#last.seq}: records were added or moved.`,
      )
    if (seq >= this.#head.size) throw new Fault('missing_checkpoint', seq, `No checkpoint covers record ${seq}.`)
    if (this.#last === undefined && seq !== 0)
      throw new Fault('sequence_gap', 0, 'Record 0 is missing: every part of a log begins with it.')
    const follows = seq === 0 ? NO_PREV : this.#last?.seq === seq - 1 ? this.#last.leaf.toString('hex') : record.prev
    if (record.prev !== follows) throw brokenChain(seq)
    this.#last = { seq, leaf }
    this.#withheld += checkDisclosures(record, textsOf(seq, texts))
    if (record.type === 'key.rotated') this.#rotation(record, seq)
    if (!isRow) this.#requireIncluded(seq, leaf)
    if (isRow) this.#tree = appendLeaf(this.#tree, leaf)
    const size = isRow ? this.#tree.size : seq + 1
    this.#checkpointAt(size, isRow)
    this.#keys.passed(size)
    if (isRow && manifest.complete) this.#compareAt(size)
  }

  /** Records that stand in a row are bound by the tree, all others by a proof of their own. */
  #isInRow(seq: number): boolean {
    const { complete, filter, range } = this.#parts.manifest
    return complete || (filter === undefined && seq >= range.from && seq <= range.through)
  }

  /** The number a line gives itself, only to know where it claims to stand: everything about it is checked afterwards. */
  #claimedSeq(bytes: Buffer): number {
    let line: unknown
    try {
      line = JSON.parse(bytes.toString('utf8'))
    } catch {
      line = undefined
    }
    const seq = typeof line === 'object' && line !== null && 'seq' in line ? line.seq : undefined
    if (typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0) return seq
    const at = this.#last === undefined ? 0 : this.#last.seq + 1
    throw new Fault('not_canonical', at, `Record ${at} is not in canonical form: it has no number.`)
  }

  #rotation(record: Extract<AuditRecord, { type: 'key.rotated' }>, seq: number): void {
    this.#keys.announce(record.data, seq)
    this.vkeys.push(record.data.new)
  }

  #requireIncluded(seq: number, leaf: Buffer): void {
    const proof = this.#proofs.next
    const { size, root } = this.#head
    if (
      proof?.kind !== 'inclusion' ||
      proof.seq !== seq ||
      !verifyInclusion({ leaf, index: seq, size, root }, hashesOf(proof.path))
    )
      throw new BundleFault(
        'bad_proof',
        `Nothing proves that record ${seq} stands in the log: it was changed, added or moved.`,
        {
          seq,
          file: FILES.proofs,
        },
      )
    this.#proofs.take()
  }

  /** The bundle's own checkpoint after a record, if there is one. */
  #checkpointAt(size: number, isRow: boolean): void {
    const checkpoint = this.#notes.get(size)
    if (checkpoint === undefined) return
    this.#requireSignedByLog(checkpoint)
    if (isRow && !checkpoint.root.equals(treeRoot(this.#tree)))
      throw new Fault(
        'root_mismatch',
        size - 1,
        `The records up to ${size - 1} are not the ones that were signed: at least one was changed, added or moved.`,
      )
    this.#keys.signed(size)
  }

  #requireSignedByLog({ note, size }: BundleCheckpoint): void {
    const required = this.#keys.requiredAt(size)
    try {
      if (openNote(note, required).signedBy.length === required.length) return
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
    }
    throw new BundleFault(
      'bad_signature',
      `The checkpoint of ${size} records is not signed by the key of this log, or was changed.`,
      {
        seq: size - 1,
        file: FILES.checkpoints,
      },
    )
  }

  #end(): void {
    const { manifest } = this.#parts
    const { range } = manifest
    if (this.#last === undefined)
      throw new Fault('truncated', 0, 'There are no records: even an unused log has a first one.')
    if (manifest.complete && this.#tree.size < this.#head.size)
      throw new Fault(
        'truncated',
        this.#tree.size,
        `Record ${this.#tree.size} and later ones are missing: the checkpoint counts ${this.#head.size}.`,
      )
    if (manifest.filter === undefined && this.#tree.size !== range.through + 1)
      throw new Fault('truncated', this.#tree.size, `Record ${this.#tree.size} is missing.`)
    if (this.#records !== manifest.records || this.#withheld !== manifest.withheld)
      throw this.#badManifest('counts other records or texts than there are')
    if (!manifest.complete) this.#tieToHead()
  }

  /** A part of the log: what was checked so far hangs on checkpoints, and all of them hang on the head. */
  #tieToHead(): void {
    const { manifest } = this.#parts
    for (const checkpoint of this.#notes.values()) {
      this.#requireSignedByLog(checkpoint)
      if (checkpoint.size !== this.#head.size) this.#requireConsistent(checkpoint)
    }
    const until = manifest.range.through + 1
    if (manifest.filter === undefined && !this.#notes.has(until))
      throw new Fault('missing_checkpoint', until - 1, `No checkpoint covers record ${until - 1}.`)
  }

  #requireConsistent(checkpoint: Checkpoint): void {
    const path = this.#consistent.get(checkpoint.size)
    if (path === undefined || !this.#isPrefix(checkpoint, path))
      throw new BundleFault(
        'bad_proof',
        `Nothing proves that the log only grew after its first ${checkpoint.size} records.`,
        {
          file: FILES.proofs,
        },
      )
  }

  #isPrefix({ size, root }: Checkpoint, path: readonly Buffer[]): boolean {
    return verifyConsistency({ oldSize: size, oldRoot: root, newSize: this.#head.size, newRoot: this.#head.root }, path)
  }

  #readProofs(): void {
    const { manifest, pieces } = this.#parts
    this.#proofs = new Peekable(proofsOf(pieces(FILES.proofs)))
    if (manifest.filter === undefined) {
      const left = this.#proofs.take()
      const peaks = left?.kind === 'left' && left.size === manifest.range.from ? hashesOf(left.path) : undefined
      if (peaks === undefined || peaks.length !== bitsOf(manifest.range.from))
        throw new BundleFault('bad_proof', 'The proof of what stands before the first record is missing.', {
          file: FILES.proofs,
        })
      this.#tree = { size: manifest.range.from, peaks }
    }
    for (let proof = this.#proofs.next; proof?.kind === 'consistency'; proof = this.#proofs.next) {
      this.#consistent.set(proof.size, hashesOf(proof.path))
      this.#proofs.take()
      if (this.#consistent.size > MAX_CHECKPOINTS)
        throw new BundleFault('too_large', 'There are too many proofs.', { file: FILES.proofs })
    }
  }

  /** In a complete bundle every size can be compared. */
  #compareAt(size: number): void {
    for (const given of this.#given.get(size) ?? []) {
      requireSigned(given, this.#keys.requiredAt(size))
      if (!given.root.equals(treeRoot(this.#tree))) throw equivocation(given)
    }
  }

  /** In a part, those of the head and those that a proof leads to. @returns what could not be compared, in words */
  #compareGiven(): readonly string[] {
    const notes: string[] = []
    for (const given of this.#parts.given.filter(({ size }) => size <= this.#head.size)) {
      requireSigned(given, this.#keys.requiredAt(given.size))
      const path = this.#consistent.get(given.size)
      if (given.size === this.#head.size) {
        if (!given.root.equals(this.#head.root)) throw equivocation(given)
      } else if (path === undefined)
        notes.push(
          `The ${given.label} (${given.size} records) could not be compared: nothing in this part of the log leads to it. Ask for the whole log.`,
        )
      else if (!this.#isPrefix(given, path)) throw equivocation(given)
    }
    return notes
  }

  /** Whoever holds a checkpoint of more records than there are holds the proof that the newest are missing. */
  #refuseLater(): void {
    for (const given of this.#parts.given) {
      if (given.size <= this.#head.size) continue
      requireSigned(given, this.#keys.all())
      throw rolledBack(given, this.#head.size)
    }
  }

  #badManifest(what: string): BundleFault {
    return new BundleFault('bad_manifest', `${FILES.manifest} ${what}.`, { file: FILES.manifest })
  }
}

function brokenChain(seq: number): Fault {
  return seq === 0
    ? new Fault('chain_broken', 0, 'Record 0 names a record before it.')
    : new Fault(
        'chain_broken',
        seq,
        `Record ${seq} does not follow record ${seq - 1}: one of the two was changed, added or moved.`,
      )
}

const hashesOf = (path: readonly string[]): Buffer[] => path.map((hash) => Buffer.from(hash, 'base64'))

/** How many perfect subtrees a tree of this size has. */
function bitsOf(size: number): number {
  let bits = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2
  return bits
}
