/**
 * A second person's answer to one review pack: yes or no to exactly one draft, signed with their own key. Reads and writes text; whether it
 * counts is for the workspace to say.
 */
import { z } from 'zod'
import { OperationError } from '../../shared/errors.ts'
import { JcsError, parseJcs, serializeJcs } from '../audit/jcs.ts'
import { NoteError, type NoteSigner, type NoteVerifier, openNote, parseNote, signNote } from '../audit/note.ts'
import type { Pack } from './pack.ts'
import { asSigned, reviewInvalid } from './refusal.ts'

export const ANSWER_KIND = 'spendsignoff/review-answer/v1'
export const MAX_ANSWER_CHARS = 8_192
export const MAX_REASON = 500
export type Verdict = 'approve' | 'reject'

export interface Answer {
  /** Of the log whose pack it answers. */
  readonly origin: string
  readonly packHash: string
  readonly draftId: string
  readonly draftHash: string
  readonly verdict: Verdict
  /** By the reviewer's own clock. */
  readonly atMs: number
  /** The reviewer's own words: untrusted. */
  readonly reason: string
  readonly signer: NoteVerifier
  /** As it was signed. */
  readonly note: string
}

/** The file a reviewer sends back. */
export function signAnswer(
  pack: Pick<Pack, 'origin' | 'packHash' | 'draftId' | 'draftHash'>,
  answer: { readonly verdict: Verdict; readonly reason: string; readonly atMs: number },
  signer: NoteSigner,
): string {
  const lines = [
    ANSWER_KIND,
    pack.origin,
    pack.packHash,
    pack.draftId,
    pack.draftHash,
    answer.verdict,
    new Date(answer.atMs).toISOString(),
    serializeJcs(answer.reason.toWellFormed().slice(0, MAX_REASON)),
  ]
  return signNote(`${lines.join('\n')}\n`, [signer])
}

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const linesSchema = z.tuple([
  z.literal(ANSWER_KIND),
  z.string().regex(/^audit\.spendsignoff\/[a-z2-7]{26}$/),
  hash,
  z.string().regex(/^d_[a-z2-7]{16}$/),
  hash,
  z.enum(['approve', 'reject']),
  z.iso.datetime({ precision: 3 }),
  z.string(),
  z.literal(''),
])

/**
 * Reads an answer signed by exactly one of `reviewers`.
 * @throws OperationError review_invalid: malformed, unknown_reviewer, bad_signature
 */
export function readAnswer(given: string, reviewers: readonly NoteVerifier[]): Answer {
  if (given.length > MAX_ANSWER_CHARS) throw bad('too_large', 'it is larger than any answer')
  const note = asSigned(given)
  try {
    const parsed = parseNote(note, MAX_ANSWER_CHARS)
    const [, origin, packHash, draftId, draftHash, verdict, at, quoted] = linesSchema.parse(parsed.text.split('\n'))
    // Two signatures would make it unclear whose word it is.
    if (parsed.signatures.length !== 1) throw bad('malformed', 'it does not carry exactly one signature')
    const { signedBy } = openNote(note, reviewers, MAX_ANSWER_CHARS)
    const [signer] = signedBy
    const reason = parseJcs(Buffer.from(quoted, 'utf8'))
    if (signer === undefined || typeof reason !== 'string' || reason.length > MAX_REASON)
      throw bad('malformed', 'its reason is not a text')
    return { origin, packHash, draftId, draftHash, verdict, atMs: Date.parse(at), reason, signer, note }
  } catch (error) {
    if (error instanceof OperationError) throw error
    if (error instanceof NoteError && error.kind === 'unknown_signer')
      throw bad('unknown_reviewer', 'no reviewer of this workspace has signed it')
    if (error instanceof NoteError && error.kind === 'bad_signature')
      throw bad('bad_signature', 'it was changed after it was signed')
    if (error instanceof NoteError || error instanceof JcsError || error instanceof z.ZodError)
      throw bad('malformed', 'it is damaged, or no answer at all')
    throw error
  }
}

function bad(reason: Parameters<typeof reviewInvalid>[0], what: string): OperationError {
  return reviewInvalid(
    reason,
    `This answer does not count: ${what}. Nothing was stored.`,
    'Ask the second person to answer the newest review pack with their own key, and import the file as they sent it.',
  )
}
