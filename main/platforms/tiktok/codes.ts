/**
 * TikTok's return codes, sorted by what they mean for us
 * (business-api.tiktok.com/portal/docs, "Return codes", id 1737172488964097). HTTP is 200 for all of them.
 */
import { OperationError } from '../../../shared/errors.ts'
import { commonFailures } from '../failures.ts'

export const { errorForFailure, unreadable, unknownEntity } = commonFailures('tiktok', 'TikTok')

/** Too many requests, of the whole app or of one advertiser. */
const THROTTLED: ReadonlyMap<number, 'app' | 'account'> = new Map([
  [40016, 'app'],
  [40100, 'app'],
  [40133, 'account'],
])
/** TikTok's own trouble, worth another read. */
const TRANSIENT = new Set([50000, 50002, 51305, 60001])
/** The link to the account is gone: empty, wrong, expired or revoked token, or refused at the exchange. */
const RELINK = new Set([40101, 40102, 40104, 40105, 40106, 40110, 40113, 40115])
const MISSING = new Set([40007, 40300])
/**
 * Refused for good: parameters, permissions, things that do not exist. Nothing was changed. "Duplicate request" (40050) is not one of them:
 * it says that the same request was there before, and that one may have been carried out.
 */
const PERMANENT = new Set([
  40000, 40001, 40002, 40006, 40007, 40008, 40009, 40010, 40011, 40013, 40014, 40051, 40065, 40118, 40119, 40124, 40125,
  40300, 40301, 40700, 41000, 41001,
])

export function isRetryable(code: number): boolean {
  return THROTTLED.has(code) || TRANSIENT.has(code)
}

/** Whose allowance is used up, when the code says "too many". */
export function throttleOf(code: number): 'app' | 'account' | undefined {
  return THROTTLED.get(code)
}

/**
 * Whether this code proves that a write changed nothing. A rejected token counts: the request was turned away at the door.
 * Throttling and conflicts (40202) don't: TikTok does not document at which point they stop a write.
 */
export function isDefinitiveRefusal(code: number): boolean {
  return PERMANENT.has(code) || RELINK.has(code)
}

/** The failure a person sees for a code. Our words only: TikTok's message may repeat what we sent. */
export function errorForCode(code: number): OperationError {
  const details = { platform: 'tiktok', platformCode: String(code) }
  if (THROTTLED.has(code))
    return new OperationError(
      'platform_throttled',
      'TikTok is refusing requests because too many were made.',
      'Nothing was changed. Wait five minutes, then try again.',
      { retryable: true, details },
    )
  if (TRANSIENT.has(code))
    return new OperationError(
      'platform_unreachable',
      `TikTok has trouble of its own (code ${code}).`,
      'Try again in about five minutes.',
      { retryable: true, details },
    )
  if (RELINK.has(code))
    return new OperationError(
      'needs_reconnect',
      `TikTok no longer accepts this connection (code ${code}).`,
      'Connect the TikTok account again under Connections.',
      { details },
    )
  if (MISSING.has(code))
    return new OperationError(
      'unknown_entity',
      'TikTok says that this does not exist.',
      'Synchronise, then look again.',
      {
        details,
      },
    )
  return new OperationError(
    'platform_refused',
    `TikTok refused the request (code ${code}).`,
    code === 40001
      ? 'Ask an administrator of the advertiser account to give this connection access to it.'
      : 'Nothing was changed. The code is explained in TikTok’s list of return codes.',
    { details },
  )
}

/** TikTok asked for a longer pause than anybody would wait for. Nothing was asked. */
export function pausedFor(ms: number): OperationError {
  const minutes = Math.ceil(ms / 60_000)
  return new OperationError(
    'platform_throttled',
    'TikTok is refusing requests because too many were made.',
    `Nothing was changed. TikTok is asked again in about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    { retryable: true, details: { platform: 'tiktok', reason: 'paused' } },
  )
}
