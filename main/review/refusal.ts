/** One way to say that a pack, a key or an answer is not good, and why. */
import { OperationError } from '../../shared/errors.ts'

/** Why it was refused, for programs. */
export type ReviewReason =
  | 'malformed'
  | 'too_large'
  | 'bad_signature'
  | 'unknown_reviewer'
  | 'removed_reviewer'
  | 'own_key'
  | 'other_log'
  | 'unknown_pack'
  | 'other_draft'
  | 'changed_draft'
  | 'not_open'
  | 'expired'
  | 'answered_already'
  | 'wrong_time'
  | 'wrong_content'

export function reviewInvalid(reason: ReviewReason, message: string, hint: string): OperationError {
  return new OperationError('review_invalid', message, hint, { details: { reason } })
}

/**
 * A pack or an answer as it was signed: mail programs and editors like to change line ends and to put a byte order mark in front.
 * Anything else they change breaks the signature.
 */
export function asSigned(text: string): string {
  const body = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  return `${body.replace(/\n+$/, '')}\n`
}
