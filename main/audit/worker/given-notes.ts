/**
 * Checkpoints that a person pastes. Anybody can make up a text, so what is not signed by the log's own key says nothing about the log: such a
 * note is refused, and never counts as a fault of the log.
 */
import { OperationError } from '../../../shared/errors.ts'
import type { LogFault } from '../fault.ts'
import { NoteError, parseCheckpoint, parseNote } from '../note.ts'

export interface GivenNote {
  readonly note: string
  /** As it claims; the check finds out. */
  readonly size: number
}

/** @throws OperationError invalid_input for what is not a checkpoint of the log `origin` */
export function readGivenNotes(texts: readonly string[], origin: string): readonly GivenNote[] {
  return texts.map((text, at) => {
    // Mail programs turn line ends and drop the last one; no byte of a note can otherwise be spared.
    const note = `${text.replaceAll('\r\n', '\n').trim()}\n`
    const size = sizeOf(note, origin, at + 1)
    return { note, size }
  })
}

function sizeOf(note: string, origin: string, place: number): number {
  let checkpoint: ReturnType<typeof parseCheckpoint>
  try {
    checkpoint = parseCheckpoint(parseNote(note).text)
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    throw new OperationError(
      'invalid_input',
      `Checkpoint no. ${place} cannot be read. The log was not checked.`,
      'Paste it whole, from the line that begins with "audit.spendsignoff" to the line that begins with a dash.',
    )
  }
  if (checkpoint.origin !== origin || checkpoint.size === 0)
    throw new OperationError(
      'invalid_input',
      `Checkpoint no. ${place} is of another log than this one. The log was not checked.`,
      'If it came from this workspace, then its log was replaced since: compare the first line of both, and ask for the bundle or mail it came with.',
    )
  return checkpoint.size
}

/**
 * A fault of a signature that names no record is one of a note that was given, not of the log.
 * @throws OperationError invalid_input for such a fault
 */
export function refuseUnsignedNote(fault: LogFault): void {
  if (fault.kind !== 'bad_signature' || fault.seq !== undefined) return
  throw new OperationError(
    'invalid_input',
    `${fault.message} It says nothing about the log, which was not judged.`,
    'Compare it with the mail or file it came from, or check without it. If it is as it was sent, this log may be an older copy, from before its key was changed.',
  )
}
