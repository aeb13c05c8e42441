import { Fault } from './fault.ts'
import { parsePin } from './head-pin.ts'
import { type CompactTree, treeRoot } from './merkle.ts'
import {
  type Checkpoint,
  NoteError,
  type NoteVerifier,
  openNote,
  parseCheckpoint,
  parseNote,
  parseVkey,
} from './note.ts'

/** Which key must have signed at which size, and what others remember of the log. Nothing here reads the log itself. */

/**
 * A key is believed up to the rotation that replaces it, and its successor only through a checkpoint signed by both right after
 * the rotation. So the thief of today's key cannot rewrite what an earlier, destroyed key signed.
 */
export class KeyEpochs {
  readonly identity: NoteVerifier
  #epochs: readonly { readonly fromSize: number; readonly key: NoteVerifier }[]
  #rotation: { readonly size: number; readonly next: NoteVerifier } | undefined

  constructor(identity: NoteVerifier) {
    this.identity = identity
    this.#epochs = [{ fromSize: 1, key: identity }]
  }

  /** A rotation stands at record `seq`. @throws Fault when it does not name the key in force and a key of this log */
  announce(data: { readonly old: string; readonly new: string }, seq: number): void {
    const next = parsedKey(data.new)
    if (data.old !== this.#current().vkey || next === undefined || next.name !== this.identity.name)
      throw new Fault('bad_signature', seq, `Record ${seq} changes the signing key, but does not name the right keys.`)
    this.#rotation = { size: seq + 1, next }
  }

  /** Every key that must have signed the checkpoint of `size`. */
  requiredAt(size: number): readonly NoteVerifier[] {
    if (this.#rotation?.size === size) return [this.#current(), this.#rotation.next]
    const epoch = this.#epochs.findLast(({ fromSize }) => fromSize <= size)
    return [epoch?.key ?? this.identity]
  }

  /** The checkpoint of `size` was found to be signed as required. */
  signed(size: number): void {
    if (this.#rotation?.size !== size) return
    this.#epochs = [...this.#epochs, { fromSize: size + 1, key: this.#rotation.next }]
    this.#rotation = undefined
  }

  /** All records of `size` were read. @throws Fault when a rotation among them was not signed by both keys */
  passed(size: number): void {
    if (this.#rotation !== undefined && this.#rotation.size <= size)
      throw new Fault(
        'missing_checkpoint',
        size - 1,
        `Record ${size - 1} changes the signing key, but no checkpoint signed by both keys follows.`,
      )
  }

  /** Any key of the log, for a checkpoint of a size the log does not have. */
  all(): readonly NoteVerifier[] {
    return this.#epochs.map(({ key }) => key)
  }

  #current(): NoteVerifier {
    return this.#epochs.at(-1)?.key ?? this.identity
  }
}

interface Witness {
  readonly size: number
  readonly root: string
  /** Undefined for the pin, which is believed for where it was kept. */
  readonly note: string | undefined
  readonly label: string
}

/** The pinned head and checkpoints that left the computer: the only defence against a rolled-back or re-signed log. */
export class OutsideWitnesses {
  readonly #bySize: ReadonlyMap<number, readonly Witness[]>
  readonly #all: readonly Witness[]

  /** @throws Fault bad_pin, bad_signature or foreign_log when one of them cannot be used at all */
  constructor(
    identity: NoteVerifier,
    given: { readonly headPin?: string | undefined; readonly extraNotes?: readonly string[] | undefined },
  ) {
    const pin = given.headPin === undefined ? [] : [readPin(given.headPin, identity)]
    const notes = (given.extraNotes ?? []).map((note, at) =>
      readNote(note, identity, `checkpoint no. ${at + 1} that you gave`),
    )
    this.#all = [...pin, ...notes]
    this.#bySize = Map.groupBy(this.#all, (witness) => witness.size)
  }

  /** @throws Fault when the log at this size is not what a witness remembers */
  compare(tree: CompactTree, keys: KeyEpochs): void {
    for (const witness of this.#bySize.get(tree.size) ?? []) {
      this.#requireSigned(witness, keys.requiredAt(tree.size))
      if (witness.root === treeRoot(tree).toString('base64')) continue
      throw witness.note === undefined
        ? new Fault('rewritten', undefined, `The first ${tree.size} records are not the ones this computer remembers.`)
        : new Fault(
            'equivocation',
            undefined,
            `The key of this log signed two different histories of ${tree.size} records: this one and the ${witness.label}.`,
          )
    }
  }

  /** @throws Fault when a witness remembers more records than there are */
  requireNothingLater(size: number, keys: KeyEpochs): void {
    for (const witness of this.#all.filter((each) => each.size > size)) {
      this.#requireSigned(witness, keys.all())
      const who = witness.note === undefined ? 'this computer remembers' : `the ${witness.label} counts`
      throw new Fault(
        'rolled_back',
        size,
        `There are ${size} records, but ${who} ${witness.size}: the newest are missing, or this is an older copy.`,
      )
    }
  }

  #requireSigned(witness: Witness, keys: readonly NoteVerifier[]): void {
    if (witness.note === undefined) return
    try {
      openNote(witness.note, keys)
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      throw new Fault(
        'bad_signature',
        undefined,
        `The ${witness.label} is not signed by the key of this log, or was changed.`,
      )
    }
  }
}

function readPin(text: string, identity: NoteVerifier): Witness {
  const pin = parsePin(text)
  if (pin === undefined) throw new Fault('bad_pin', undefined, 'The head that this computer remembers cannot be read.')
  if (pin.origin !== identity.name || pin.vkey !== identity.vkey)
    throw new Fault('foreign_log', undefined, 'This computer remembers another log than this one.')
  return { size: pin.size, root: pin.root, note: undefined, label: 'remembered head' }
}

function readNote(note: string, identity: NoteVerifier, label: string): Witness {
  let checkpoint: Checkpoint
  try {
    // Unverified here: only size and origin are used, to know which key must have signed it.
    checkpoint = parseCheckpoint(parseNote(note).text)
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    throw new Fault('bad_signature', undefined, `The ${label} is not a checkpoint.`)
  }
  if (checkpoint.origin !== identity.name || checkpoint.size === 0)
    throw new Fault('foreign_log', undefined, `The ${label} is of another log.`)
  return { size: checkpoint.size, root: checkpoint.root.toString('base64'), note, label }
}

function parsedKey(vkey: string): NoteVerifier | undefined {
  try {
    return parseVkey(vkey)
  } catch {
    return undefined
  }
}
