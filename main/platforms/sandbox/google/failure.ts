/** Google's errors as they go over the wire: google.rpc.Status with a GoogleAdsFailure of v25 inside. */

export const FAILURE_TYPE = 'type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure'

const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const
export type RpcStatus = keyof typeof HTTP_STATUS

const RPC_CODE: Readonly<Record<RpcStatus, number>> = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
}

const MESSAGES: Readonly<Record<RpcStatus, string>> = {
  INVALID_ARGUMENT: 'Request contains an invalid argument.',
  UNAUTHENTICATED:
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
  PERMISSION_DENIED: 'The caller does not have permission',
  NOT_FOUND: 'Requested entity was not found.',
  RESOURCE_EXHAUSTED: 'Resource has been exhausted (e.g. check quota).',
  INTERNAL: 'Internal error encountered.',
  UNIMPLEMENTED: 'Operation is not implemented, or supported, or enabled.',
  UNAVAILABLE: 'The service is currently unavailable.',
  DEADLINE_EXCEEDED: 'Deadline expired before operation could complete.',
}

export interface PathElement {
  readonly fieldName: string
  readonly index?: number
}

export interface GoogleAdsError {
  /** "campaignBudgetError" → "MONEY_AMOUNT_TOO_LARGE". */
  readonly errorCode: Readonly<Record<string, string>>
  readonly message: string
  readonly trigger?: Readonly<Record<string, string>>
  readonly location?: { readonly fieldPathElements: readonly PathElement[] }
  readonly details?: Readonly<Record<string, unknown>>
}

/** A refusal of the platform. Anything else that is thrown is a bug of the sandbox. */
export class ApiFailure extends Error {
  readonly status: RpcStatus
  readonly errors: readonly GoogleAdsError[]
  /** Details of another kind than GoogleAdsFailure. */
  readonly otherDetails: readonly unknown[]
  constructor(
    status: RpcStatus,
    errors: readonly GoogleAdsError[],
    message = MESSAGES[status],
    otherDetails: readonly unknown[] = [],
  ) {
    super(message)
    this.status = status
    this.errors = errors
    this.otherDetails = otherDetails
  }
  get httpStatus(): number {
    return HTTP_STATUS[this.status]
  }
  get rpcCode(): number {
    return RPC_CODE[this.status]
  }
}

/** `code` is "family.NAME", as "queryError.UNRECOGNIZED_FIELD". */
export function adsError(
  code: string,
  message: string,
  more: Omit<GoogleAdsError, 'errorCode' | 'message'> = {},
): GoogleAdsError {
  const [family = '', name = ''] = code.split('.')
  return { errorCode: { [family]: name }, message, ...more }
}

/** An INVALID_ARGUMENT with one error. */
export function invalid(
  code: string,
  message: string,
  more: Omit<GoogleAdsError, 'errorCode' | 'message'> = {},
): ApiFailure {
  return new ApiFailure('INVALID_ARGUMENT', [adsError(code, message, more)])
}

export function denied(code: string, message: string): ApiFailure {
  return new ApiFailure('PERMISSION_DENIED', [adsError(code, message)])
}

/** JSON that does not fit the message: refused before any Google Ads code sees it. */
export function badJson(description: string, field = ''): ApiFailure {
  return new ApiFailure('INVALID_ARGUMENT', [], description, [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ ...(field === '' ? {} : { field }), description }],
    },
  ])
}

/** 401 with the reason that Google's front end gives. */
export function unauthenticated(reason: string): ApiFailure {
  return new ApiFailure('UNAUTHENTICATED', [], undefined, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason,
      domain: 'googleapis.com',
      metadata: { service: 'googleads.googleapis.com' },
    },
  ])
}

export function throttled(): ApiFailure {
  return new ApiFailure('RESOURCE_EXHAUSTED', [
    adsError('quotaError.RESOURCE_TEMPORARILY_EXHAUSTED', 'Too many requests. Retry in 5 seconds.', {
      details: {
        quotaErrorDetails: { rateScope: 'ACCOUNT', rateName: 'Requests per service per method', retryDelay: '5s' },
      },
    }),
  ])
}

/** The details of google.rpc.Status for some errors. */
export function failureDetails(errors: readonly GoogleAdsError[], requestId: string): readonly unknown[] {
  return errors.length === 0 ? [] : [{ '@type': FAILURE_TYPE, errors, requestId }]
}

/** The JSON body of an error answer. */
export function errorBody(failure: ApiFailure, requestId: string): unknown {
  const details = [...failure.otherDetails, ...failureDetails(failure.errors, requestId)]
  return {
    error: {
      code: failure.httpStatus,
      message: failure.message,
      status: failure.status,
      ...(details.length === 0 ? {} : { details }),
    },
  }
}
