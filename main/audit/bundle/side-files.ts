/** The files beside the records, read line by line: checkpoints, texts and proofs. Says what is no such line; checks no signature and no hash. */
import { type Checkpoint, NoteError, type NoteVerifier, parseCheckpoint, parseNote } from '../note.ts'
import { BundleFault } from './bundle-fault.ts'
import {
  type DisclosureLine,
  FILES,
  MAX_DISCLOSURE_LINE,
  MAX_PROOF_LINE,
  type Proof,
  readDisclosure,
  readProof,
  splitNotes,
} from './layout.ts'
import { linesOf, type Peekable } from './lines.ts'

export interface BundleCheckpoint extends Checkpoint {
  readonly note: string
}

export const MAX_CHECKPOINTS = 100_000

/** Checkpoints by size, not yet checked. @throws BundleFault */
export function readCheckpoints(text: string, identity: NoteVerifier): ReadonlyMap<number, BundleCheckpoint> {
  const bad = (message: string, kind: 'bad_signature' | 'foreign_log' = 'bad_signature'): BundleFault =>
    new BundleFault(kind, message, { file: FILES.checkpoints })
  const notes = splitNotes(text)
  if (notes === undefined || notes.length === 0 || notes.length > MAX_CHECKPOINTS)
    throw bad(`${FILES.checkpoints} is not a list of checkpoints.`)
  const bySize = new Map<number, BundleCheckpoint>()
  let before = 0
  for (const note of notes) {
    let checkpoint: Checkpoint
    try {
      checkpoint = parseCheckpoint(parseNote(note).text)
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      throw bad(`${FILES.checkpoints} is not a list of checkpoints.`)
    }
    if (checkpoint.origin !== identity.name) throw bad('A checkpoint in the bundle is of another log.', 'foreign_log')
    if (checkpoint.size <= before) throw bad('The checkpoints in the bundle are not in order.')
    before = checkpoint.size
    bySize.set(checkpoint.size, { ...checkpoint, note })
  }
  return bySize
}

export function* disclosuresOf(pieces: Iterable<Uint8Array>): Generator<DisclosureLine> {
  for (const line of linesOf(pieces, FILES.disclosures, MAX_DISCLOSURE_LINE)) {
    const disclosure = readDisclosure(line)
    if (disclosure === undefined)
      throw new BundleFault('disclosure_mismatch', `A line of ${FILES.disclosures} is none.`, {
        file: FILES.disclosures,
      })
    yield disclosure
  }
}

export function* proofsOf(pieces: Iterable<Uint8Array>): Generator<Proof> {
  for (const line of linesOf(pieces, FILES.proofs, MAX_PROOF_LINE)) {
    const proof = readProof(line)
    if (proof === undefined)
      throw new BundleFault('bad_proof', `A line of ${FILES.proofs} is none.`, { file: FILES.proofs })
    yield proof
  }
}

/** The texts of one record, each name once. */
export function textsOf(seq: number, texts: Peekable<DisclosureLine>): readonly DisclosureLine[] {
  const found: DisclosureLine[] = []
  for (let line = texts.next; line !== undefined && line.seq <= seq; line = texts.next) {
    const before = found.at(-1)
    if (line.seq !== seq || (before !== undefined && before.name >= line.name)) throw strayText(line.seq)
    found.push(line)
    texts.take()
  }
  return found
}

export function strayText(seq: number): BundleFault {
  return new BundleFault(
    'disclosure_mismatch',
    `There is a text for record ${seq} that does not belong to it, or a second time.`,
    {
      seq,
      file: FILES.disclosures,
    },
  )
}
