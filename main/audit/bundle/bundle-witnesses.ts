/** Checkpoints that the reader of a bundle received elsewhere: the only thing that shows an older copy or a rewritten history. */
import { type Checkpoint, NoteError, type NoteVerifier, openNote, parseCheckpoint, parseNote } from '../note.ts'
import { BundleFault } from './bundle-fault.ts'

export interface GivenCheckpoint extends Checkpoint {
  readonly note: string
  /** How the reader's own message names it. */
  readonly label: string
}

/** @throws BundleFault bad_witness or foreign_log for one that says nothing about this log */
export function readGiven(notes: readonly string[], identity: NoteVerifier): readonly GivenCheckpoint[] {
  return notes.map((text, at) => {
    const label = `checkpoint no. ${at + 1} that you gave`
    const note = `${text.replaceAll('\r\n', '\n').trim()}\n`
    let checkpoint: Checkpoint
    try {
      checkpoint = parseCheckpoint(parseNote(note).text)
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      throw new BundleFault('bad_witness', `The ${label} cannot be read.`)
    }
    if (checkpoint.origin !== identity.name || checkpoint.size === 0)
      throw new BundleFault('foreign_log', `The ${label} is of another log than the bundle.`)
    return { ...checkpoint, note, label }
  })
}

/** @throws BundleFault bad_witness when none of the keys signed it: then it is no evidence of anything */
export function requireSigned({ note, label }: GivenCheckpoint, keys: readonly NoteVerifier[]): void {
  try {
    openNote(note, keys)
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    throw new BundleFault(
      'bad_witness',
      `The ${label} is not signed by a key that this bundle knows: it was changed, or the bundle is from before a change of the key.`,
    )
  }
}

export function equivocation({ label, size }: GivenCheckpoint): BundleFault {
  return new BundleFault(
    'equivocation',
    `The key of this log signed two different histories of ${size} records: the one in the bundle and the ${label}. One of them was rewritten.`,
  )
}

export function rolledBack({ label, size }: GivenCheckpoint, headSize: number): BundleFault {
  return new BundleFault(
    'rolled_back',
    `The bundle ends at ${headSize} records, but the ${label} counts ${size}: the newest are missing, or this is an older copy.`,
  )
}
