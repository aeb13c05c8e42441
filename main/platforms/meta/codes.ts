/**
 * Meta's error codes, sorted by what they mean for us
 * (developers.facebook.com/docs/graph-api/guides/error-handling, marketing-api/error-reference, marketing-api/overview/rate-limiting).
 */
import { OperationError } from '../../../shared/errors.ts'
import { commonFailures } from '../failures.ts'
import { errorSchema, type WireError } from './wire.ts'

export const { errorForFailure, unreadable, unknownEntity } = commonFailures('meta', 'Meta')

const THROTTLED = new Set([4, 17, 32, 341, 368, 613])
const RELINK = new Set([102, 190])
/** Four budget changes per ad set and hour: a rule on the change itself, checked before it is made. */
const TOO_MANY_BUDGET_CHANGES = 1487632
/** "The object does not exist, or you may not see it." */
const MISSING = 33
/** A report over the limit of data per call, and one that took too long (marketing-api/insights/best-practices). */
const REPORT_TOO_MUCH = new Set([1487534, 1504018])
/** "An unknown error occurred": passing trouble, or, when it stays, a question that was too large (error-reference, "1, subcode 99"). */
const UNKNOWN_ERROR = 99
/** Meta checks its proof before anything else: a missing or wrong one is trouble with the credentials, not with the request. */
const PROOF = /\bappsecret_proof\b/
/** Range beyond 37 months. */
const RANGE_TOO_LONG = 3018

export type Meaning = 'throttled' | 'transient' | 'too_much' | 'relink' | 'missing' | 'range' | 'denied' | 'refused'

function isProofTrouble({ code, message }: WireError): boolean {
  return code === 100 && PROOF.test(message ?? '')
}

/** What an error envelope means. HTTP status decides only where Meta's own word is missing. */
export function meaningOf(error: WireError, httpStatus: number): Meaning {
  const { code, error_subcode: subcode } = error
  if (RELINK.has(code) || isProofTrouble(error)) return 'relink'
  if (subcode === TOO_MANY_BUDGET_CHANGES) return 'throttled'
  if (THROTTLED.has(code) || (code >= 80000 && code <= 80014)) return 'throttled'
  if (code === 100 && subcode !== undefined && REPORT_TOO_MUCH.has(subcode)) return 'too_much'
  if (code === 1 && /reduce the amount of data/i.test(error.message ?? '')) return 'too_much'
  // Numbers below zero are Meta's own internal errors.
  if (code <= 2 || error.is_transient === true || httpStatus >= 500) return 'transient'
  if (code === RANGE_TOO_LONG) return 'range'
  if ((code === 100 && subcode === MISSING) || code === 803) return 'missing'
  if (code === 10 || code === 3 || (code >= 200 && code <= 299)) return 'denied'
  return 'refused'
}

/**
 * Whether this answer proves that a write changed nothing: a parameter or permission that is refused, a token that is turned away at the
 * door, an object that is not there, and the limit on budget changes. Everything transient, every other throttle and every code that is
 * not in Meta's list proves nothing: Meta does not document at which point those stop a write.
 */
export function isDefinitiveRefusal(error: WireError, httpStatus: number): boolean {
  if (httpStatus < 400 || httpStatus >= 500 || error.is_transient === true) return false
  if (error.error_subcode === TOO_MANY_BUDGET_CHANGES) return true
  const meaning = meaningOf(error, httpStatus)
  if (meaning === 'relink' || meaning === 'denied' || meaning === 'missing') return true
  return meaning === 'refused' && error.code === 100
}

/** "100/1885272", or "100". */
export function codeText(error: WireError): string {
  return error.error_subcode === undefined ? String(error.code) : `${error.code}/${error.error_subcode}`
}

/** JSON text as Meta's error envelope; undefined when it is none. */
export function parseError(text: string): WireError | undefined {
  try {
    return errorSchema.safeParse(JSON.parse(text)).data?.error
  } catch {
    return undefined
  }
}

function relinkReason(error: WireError): string {
  const subcode = error.error_subcode
  if (isProofTrouble(error))
    return 'Meta asks for the app secret that belongs to this token, and got none or another one.'
  if (subcode === 463) return 'The Meta token has expired.'
  if (subcode === 458) return 'The app was removed on Meta, so its token no longer works.'
  if (subcode === 460) return 'The Meta password was changed, which ended the token.'
  if (subcode === 459 || subcode === 464) return 'Meta wants the person to confirm something at sign-in first.'
  return 'Meta no longer accepts this token.'
}

/** The failure a person sees for a code. Our words only: Meta's message may repeat what we sent. */
export function errorFor(error: WireError, httpStatus: number): OperationError {
  const platformCode = codeText(error)
  const details = { platform: 'meta', platformCode }
  switch (meaningOf(error, httpStatus)) {
    case 'throttled':
      return new OperationError(
        'platform_throttled',
        `Meta is refusing requests because too many were made (code ${platformCode}).`,
        'Nothing was changed. Wait a few minutes, then try again.',
        { retryable: true, details },
      )
    case 'too_much':
      return new OperationError(
        'platform_unreachable',
        'Meta could not put so much data into one answer.',
        'Nothing was changed. Ask for a shorter range.',
        { retryable: true, details: { ...details, reason: TOO_MUCH } },
      )
    case 'transient':
      return new OperationError(
        'platform_unreachable',
        `Meta has trouble of its own (code ${platformCode}).`,
        'Try again in a few minutes.',
        {
          retryable: true,
          details: error.error_subcode === UNKNOWN_ERROR ? { ...details, reason: TOO_MUCH } : details,
        },
      )
    case 'relink':
      return new OperationError(
        'needs_reconnect',
        relinkReason(error),
        'Nothing was changed. Connect the Meta account again under Connections.',
        { details },
      )
    case 'missing':
      return new OperationError(
        'unknown_entity',
        'Meta does not know this any more, or this connection may not see it.',
        'Synchronise, then look again.',
        { details },
      )
    case 'range':
      return new OperationError(
        'range_too_long',
        'Meta keeps reports for 37 months only.',
        'Ask for a later start of the range.',
        { details },
      )
    case 'denied':
      return new OperationError(
        'platform_refused',
        `Meta says that this connection lacks the permission for it (code ${platformCode}).`,
        'Nothing was changed. Give the token or the system user the ad account and the permission in Meta Business settings.',
        { details },
      )
    case 'refused':
    default:
      return new OperationError(
        'platform_refused',
        `Meta refused the request (code ${platformCode}).`,
        'Nothing was changed. The code is explained in Meta’s error reference.',
        { details },
      )
  }
}

/** In an error's details: a smaller question may be answered. */
export const TOO_MUCH = 'too_much_data'
export function isTooMuch(error: unknown): boolean {
  return error instanceof OperationError && error.details?.['reason'] === TOO_MUCH
}

/** Meta's own trouble without an envelope that says more. */
export function serverTrouble(httpStatus: number): OperationError {
  return new OperationError(
    'platform_unreachable',
    `Meta has trouble of its own (HTTP ${httpStatus}).`,
    'Try again in a few minutes.',
    { retryable: true, details: { platform: 'meta', reason: 'server' } },
  )
}

/** Meta serves the next version when one has expired, without saying so but in a header: numbers may then mean something else. */
export function wrongVersion(asked: string, answered: string): OperationError {
  return new OperationError(
    'platform_refused',
    `Meta was asked in version ${asked} and answered as version ${answered.replace(/[^\w.]/g, '').slice(0, 12)}.`,
    'Nothing was changed and nothing was stored. This version of the app is too old for Meta: update it.',
    { details: { platform: 'meta', reason: 'version' } },
  )
}
