/**
 * Google's errors, sorted by what they mean for us (Google Ads API v25: errors/*.proto and "Common errors"; google.rpc.ErrorInfo for the
 * gateway in front of it). A code is written "campaignBudgetError.MONEY_AMOUNT_TOO_LARGE", as Google's own pages name it.
 */
import { z } from 'zod'
import { OperationError } from '../../../shared/errors.ts'
import { commonFailures } from '../failures.ts'
import type { HttpAnswer } from '../http.ts'

export const { errorForFailure: errorForRead, unreadable, unknownEntity } = commonFailures('google_ads', 'Google')

export interface GoogleError {
  readonly code: string
  /** Written by the platform: untrusted, and may repeat what was sent. */
  readonly message: string
}

export interface GoogleFailure {
  readonly httpStatus: number
  /** google.rpc.Code as a word, "INVALID_ARGUMENT"; empty when the answer is not Google's JSON. */
  readonly status: string
  readonly errors: readonly GoogleError[]
  /** google.rpc.ErrorInfo of the gateway: "ACCESS_TOKEN_EXPIRED", "SERVICE_DISABLED". */
  readonly reason: string | undefined
  readonly retryDelayMs: number | undefined
  readonly requestId: string | undefined
}

const errorSchema = z.object({
  errorCode: z.record(z.string().max(80), z.union([z.string().max(120), z.number()])).default({}),
  message: z.string().max(20_000).default(''),
  details: z
    .object({ quotaErrorDetails: z.object({ retryDelay: z.string().max(40).optional() }).optional() })
    .optional(),
})
const detailSchema = z.object({
  '@type': z.string().max(200).default(''),
  errors: z.array(z.unknown()).max(10_000).optional(),
  requestId: z.string().max(200).optional(),
  reason: z.string().max(100).optional(),
})
const statusSchema = z.object({
  code: z.number().int().optional(),
  message: z.string().max(20_000).default(''),
  status: z.string().max(60).default(''),
  details: z.array(z.unknown()).max(100).default([]),
})
const FAILURE_TYPE = /\.errors\.GoogleAdsFailure$/
const INFO_TYPE = /google\.rpc\.ErrorInfo$/

/** A code goes into messages and into the log, so it is a plain word or nothing: whoever answers in Google's place writes no sentence there. */
const word = (text: unknown): string => (typeof text === 'string' && /^[A-Za-z_]{1,80}$/.test(text) ? text : 'UNKNOWN')

/** "5s" or "0.25s", as protobuf spells a duration. */
function durationMs(text: string | undefined): number | undefined {
  const match = /^(\d{1,6})(?:\.(\d{1,9}))?s$/.exec(text ?? '')
  if (match === null) return undefined
  return Number(match[1]) * 1000 + Math.ceil(Number(`0.${match[2] ?? '0'}`) * 1000)
}

type Parsed = Omit<GoogleFailure, 'httpStatus'>

/** A google.rpc.Status, wherever it stands: an error answer, or the partial failure inside a good one. Undefined when it is none. */
export function parseStatus(value: unknown): Parsed | undefined {
  const parsed = statusSchema.safeParse(value).data
  if (parsed === undefined) return undefined
  const errors: GoogleError[] = []
  let retryDelayMs: number | undefined
  let requestId: string | undefined
  let reason: string | undefined
  for (const raw of parsed.details) {
    const detail = detailSchema.safeParse(raw).data
    if (detail === undefined) continue
    if (INFO_TYPE.test(detail['@type'])) reason ??= detail.reason === undefined ? undefined : word(detail.reason)
    if (!FAILURE_TYPE.test(detail['@type'])) continue
    requestId ??= detail.requestId
    for (const one of detail.errors ?? []) {
      const error = errorSchema.safeParse(one).data
      const [kind, name] = Object.entries(error?.errorCode ?? {})[0] ?? ['unknownError', 'UNKNOWN']
      errors.push({ code: `${word(kind)}.${word(name)}`, message: error?.message ?? '' })
      retryDelayMs ??= durationMs(error?.details?.quotaErrorDetails?.retryDelay)
    }
  }
  const status = parsed.status === '' ? '' : word(parsed.status)
  return { status, errors, reason, retryDelayMs, requestId }
}

/** What an answer other than 200 says. Never throws: an error page comes out as a failure without a status word. */
export function parseFailure(answer: HttpAnswer): GoogleFailure {
  const requestId = answer.header('request-id')
  const empty = { status: '', errors: [], reason: undefined, retryDelayMs: undefined, requestId }
  let parsed: Parsed | undefined
  try {
    const body: unknown = JSON.parse(answer.text)
    // The streaming twin of `search` wraps its error in a list.
    const first: unknown = Array.isArray(body) ? body[0] : body
    if (typeof first === 'object' && first !== null && 'error' in first) parsed = parseStatus(first.error)
  } catch {
    // Not JSON: a proxy's page, or half an answer.
  }
  return { ...empty, ...parsed, requestId: requestId ?? parsed?.requestId, httpStatus: answer.status }
}

const THROTTLED = new Set([
  'quotaError.RESOURCE_TEMPORARILY_EXHAUSTED',
  'quotaError.EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION',
])
const EXHAUSTED = new Set([
  'quotaError.RESOURCE_EXHAUSTED',
  'quotaError.EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION',
])
/** Filed under authentication, but about the customer asked for: the credentials are good (authentication_error.proto). */
const NO_CUSTOMER = new Set([
  'authenticationError.CUSTOMER_NOT_FOUND',
  'authenticationError.CLIENT_CUSTOMER_ID_INVALID',
])
/** Kinds of errors that leave open what became of a write, or that are not documented as being raised before it. */
const OPEN_KINDS = /^(internalError|databaseError|quotaError|partialFailureError|unknownError|UNKNOWN)\./

const has = (failure: GoogleFailure, codes: ReadonlySet<string>) =>
  failure.errors.some((error) => codes.has(error.code))
const hasKind = (failure: GoogleFailure, kind: string) =>
  failure.errors.some((error) => error.code.startsWith(`${kind}.`))

export type ReadAdvice = 'throttled' | 'exhausted' | 'again' | 'refresh_token' | 'stop'

/** What a failed read calls for. */
export function adviceFor(failure: GoogleFailure): ReadAdvice {
  if (has(failure, EXHAUSTED)) return 'exhausted'
  if (has(failure, THROTTLED) || failure.httpStatus === 429) return 'throttled'
  if (failure.httpStatus >= 500 || hasKind(failure, 'internalError')) return 'again'
  if (has(failure, new Set(['databaseError.CONCURRENT_MODIFICATION']))) return 'again'
  if (isDeadToken(failure)) return 'refresh_token'
  return 'stop'
}

function isDeadToken(failure: GoogleFailure): boolean {
  if (has(failure, NO_CUSTOMER)) return false
  return failure.httpStatus === 401 || has(failure, new Set(['authenticationError.OAUTH_TOKEN_EXPIRED']))
}

/** The code a person can look up: Google's own, else the gateway's reason, else the status. */
export function codeOf(failure: GoogleFailure): string {
  return failure.errors[0]?.code ?? failure.reason ?? (failure.status || `HTTP_${failure.httpStatus}`)
}

/**
 * Whether a failed mutate proves that nothing was changed. A mutate without partial failure is atomic (API guide, "Mutating"), so a
 * GoogleAdsFailure with 4xx is definitive, and so is being turned away by the gateway for the token (401, 403 with ErrorInfo).
 * Throttling, conflicts and Google's own trouble are not: the guide does not say at which point they stop a write.
 */
export function isDefinitiveRefusal(failure: GoogleFailure): boolean {
  const { httpStatus, errors } = failure
  if (httpStatus < 400 || httpStatus >= 500 || httpStatus === 429) return false
  if (errors.length > 0) return !errors.some((error) => OPEN_KINDS.test(error.code))
  if (httpStatus === 401) return failure.status === 'UNAUTHENTICATED'
  return httpStatus === 403 && failure.status === 'PERMISSION_DENIED' && failure.reason !== undefined
}

/** Whether the platform has no dry run for this resource. */
export function isDryRunUnsupported(failure: GoogleFailure): boolean {
  return has(failure, new Set(['mutateError.RESOURCE_DOES_NOT_SUPPORT_VALIDATE_ONLY']))
}

const codeOfRefusal = (error: unknown): string | undefined => {
  const code =
    error instanceof OperationError && error.code === 'platform_refused' ? error.details?.['platformCode'] : undefined
  return typeof code === 'string' ? code : undefined
}

/** A refusal of one customer, by whatever right: what else the connection reaches is not touched by it. */
export function isCustomerRefusal(error: unknown): error is OperationError {
  const code = codeOfRefusal(error) ?? ''
  return code.startsWith('authorizationError.') || NO_CUSTOMER.has(code)
}

/** Whether Google closed the way by which the customer was asked for: another one may be open. */
export function isClosedWay(error: unknown): boolean {
  const code = codeOfRefusal(error) ?? ''
  return (
    code === 'authorizationError.USER_PERMISSION_DENIED' ||
    code === 'authorizationError.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION' ||
    NO_CUSTOMER.has(code)
  )
}

/** A selection that this resource does not allow: queryError 53 and 31, and what newer versions may call them. */
export function isFieldRefusal(error: unknown): boolean {
  return /^queryError\.(PROHIBITED_|UNRECOGNIZED_FIELD|REQUIRED_SEGMENT)/.test(codeOfRefusal(error) ?? '')
}

interface Words {
  readonly message: string
  readonly hint: string
}

const RECONNECT: Readonly<Record<string, Words>> = {
  'authenticationError.NOT_ADS_USER': {
    message: 'The Google user of this connection has no Google Ads account.',
    hint: 'Connect again with the user that signs in to Google Ads, or invite this one there.',
  },
  'authenticationError.TWO_STEP_VERIFICATION_NOT_ENROLLED': {
    message: 'Google asks for 2-step verification, and this user has none.',
    hint: 'Switch on 2-step verification for the user, or connect with a service account.',
  },
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: {
    message: 'This connection was not given the permission to use Google Ads.',
    hint: 'Connect again and leave the Google Ads box ticked on Google’s page.',
  },
}

const REFUSED: Readonly<Record<string, Words>> = {
  SERVICE_DISABLED: {
    message: 'The Google Ads API is not switched on in the Google Cloud project of this connection.',
    hint: 'Enable "Google Ads API" in that project, wait a few minutes, then try again.',
  },
  'authorizationError.CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION': {
    message: 'The Google Cloud project of this connection may only use test accounts so far.',
    hint: 'Apply for Explorer access on the "Google Ads API Overview" page of the Cloud console; it is usually given at once.',
  },
  'authorizationError.CUSTOMER_NOT_ENABLED': {
    message: 'This Google Ads account is not enabled: it was cancelled, or its set-up was never finished.',
    hint: 'Reactivate it in Google Ads, then synchronise.',
  },
  'authorizationError.USER_PERMISSION_DENIED': {
    message: 'Google does not let this connection use the account.',
    hint: 'Give its user access in Google Ads, or ask the manager account that links it.',
  },
  'authenticationError.CUSTOMER_NOT_FOUND': {
    message: 'Google knows no account with this number any more.',
    hint: 'Synchronise: the list of accounts is then read anew. The connection itself is good.',
  },
  'authorizationError.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION': {
    message: 'The manager account that led to this account does not any more.',
    hint: 'Synchronise: another way to it is then looked for.',
  },
  'authorizationError.ACTION_NOT_PERMITTED': {
    message: 'The user of this connection may not do this in the account.',
    hint: 'Give it Standard access in Google Ads. Nothing was changed.',
  },
  'requestError.UNSUPPORTED_VERSION': {
    message: 'Google has switched off the version of its interface that this app uses.',
    hint: 'Update the app. Nothing was changed.',
  },
}

/** The failure a person sees for an answer of Google's. Our words only: Google's message may repeat what we sent. */
export function errorFor(failure: GoogleFailure): OperationError {
  const code = codeOf(failure)
  const details = { platform: 'google_ads', platformCode: code }
  const advice = adviceFor(failure)
  if (advice === 'exhausted')
    return new OperationError(
      'platform_throttled',
      'The day’s allowance of requests to Google Ads is used up.',
      'Nothing was changed. It comes back within 24 hours; a higher access level of the Cloud project allows more.',
      { retryable: true, details },
    )
  if (advice === 'throttled')
    return new OperationError(
      'platform_throttled',
      'Google is refusing requests because too many were made.',
      'Nothing was changed. Wait a few minutes, then try again.',
      { retryable: true, details },
    )
  if (advice === 'again')
    return new OperationError(
      'platform_unreachable',
      `Google Ads has trouble of its own (${code}).`,
      'Try again in a few minutes.',
      { retryable: true, details },
    )
  const isAboutToken = hasKind(failure, 'authenticationError') && !has(failure, NO_CUSTOMER)
  if (advice === 'refresh_token' || isAboutToken || RECONNECT[code] !== undefined) {
    const words = RECONNECT[code]
    return new OperationError(
      'needs_reconnect',
      words?.message ?? `Google no longer accepts this connection (${code}).`,
      words?.hint ?? 'Connect the Google Ads account again under Connections.',
      { details },
    )
  }
  if (failure.status === '' && failure.errors.length === 0) return unreadable(`HTTP ${failure.httpStatus}`)
  const words = REFUSED[code] ?? (failure.reason === undefined ? undefined : REFUSED[failure.reason])
  return new OperationError(
    'platform_refused',
    words?.message ?? `Google refused the request (${code}).`,
    words?.hint ?? 'Nothing was changed. The code is explained in Google’s list of API errors.',
    { details },
  )
}
