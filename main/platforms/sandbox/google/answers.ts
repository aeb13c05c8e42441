/** What the Google sandbox answers to a request, good or bad. Knows faults and errors; writes to no socket. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../../../shared/clock.ts'
import type { Fault, Faults } from '../faults.ts'
import { pngOf } from '../png.ts'
import type { Caller, GoogleApi } from './api.ts'
import { ApiFailure, adsError, badJson, errorBody, throttled, unauthenticated } from './failure.ts'
import { isMutateService, refusedAll } from './mutate.ts'
import type { Oauth, PageReply } from './oauth.ts'
import { isRecord } from './proto-json.ts'
import type { Route } from './routes.ts'
import type { GoogleWorld } from './world.ts'

export interface AnswerOptions {
  readonly world: GoogleWorld
  readonly api: GoogleApi
  readonly oauth: Oauth
  readonly clock: Clock
  readonly faults: Faults
}

/** One request, read. */
export interface Asked {
  readonly request: IncomingMessage
  readonly url: URL
  readonly route: Route
  readonly text: string
  readonly fault: Fault | undefined
  readonly requestId: string
}

export interface Outgoing {
  readonly status: number
  readonly type: string
  /** Pieces of the body, worked out one after the other. */
  readonly body: Iterable<string | Buffer>
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = 'application/json; charset=UTF-8'
const HTML_TYPE = 'text/html; charset=UTF-8'
const json = (status: number, value: unknown): Outgoing => ({ status, type: JSON_TYPE, body: [JSON.stringify(value)] })
export const html = (status: number, title: string): Outgoing => ({
  status,
  type: HTML_TYPE,
  body: [
    `<!DOCTYPE html>\n<html lang=en><title>Error ${status} (${title})</title><p><b>${status}.</b> That’s an error.\n`,
  ],
})

/** @throws ApiFailure for what is no JSON object */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badJson('Invalid JSON payload received. Unexpected token.')
  }
  if (!isRecord(value)) throw badJson('Invalid JSON payload received. The root element must be an object.')
  return value
}

/** What a fault makes of an API request, before anything happened. */
function failureOf(fault: Fault | undefined): ApiFailure | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return throttled()
    case 'http_500':
      return new ApiFailure('INTERNAL', [adsError('internalError.INTERNAL_ERROR', 'An internal error has occurred.')])
    case 'expired_token':
      return unauthenticated('ACCESS_TOKEN_EXPIRED')
    case 'invalid_token':
      return unauthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED')
    case 'code':
      return chosenFailure(fault)
    default:
      return undefined
  }
}

/** Fault "code": `code` is the HTTP status; `message` may be "family.NAME" for a GoogleAdsFailure. */
function chosenFailure(fault: Fault): ApiFailure {
  const statuses = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
  } as const
  const status = statuses[(fault.code ?? 503) as keyof typeof statuses] ?? 'INTERNAL'
  const message = fault.message ?? ''
  return /^[a-zA-Z]+\.[A-Z_]+$/.test(message)
    ? new ApiFailure(status, [adsError(message, 'Chosen by the sandbox.')])
    : new ApiFailure(status, [], ...(message === '' ? [] : [message]))
}

/** The same for the token endpoint, which has another error shape. */
function oauthFaultOf(fault: Fault | undefined): Outgoing | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return json(429, { error: 'rate_limit_exceeded', error_description: 'Rate limit exceeded.' })
    case 'http_500':
      return json(500, { error: 'internal_failure' })
    case 'expired_token':
    case 'invalid_token':
      return json(400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' })
    case 'code':
      return json(fault.code ?? 503, { error: fault.message ?? 'temporarily_unavailable' })
    default:
      return undefined
  }
}

/** Faults that answer instead of anybody. */
function pageOfFault(fault: Fault | undefined): Outgoing | undefined {
  switch (fault?.kind) {
    case 'http_502_html':
      return html(502, 'Server Error')
    case 'html_200':
      return { ...html(200, 'Sign in to the network'), status: 200 }
    case 'empty_body':
      return { status: 200, type: JSON_TYPE, body: [] }
    case 'redirect':
      return { status: 302, type: HTML_TYPE, body: [], headers: { location: fault.location ?? '/' } }
    default:
      return undefined
  }
}

/** searchStream's answer: a JSON array of chunks, written as the rows are worked out. */
function* streamText(mask: string, batches: Iterable<readonly unknown[]>, requestId: string): Generator<string> {
  const tail = `"fieldMask":${JSON.stringify(mask)},"requestId":"${requestId}"`
  let count = 0
  yield '['
  for (const batch of batches) {
    yield `${count === 0 ? '' : ',\n'}{"results":${JSON.stringify(batch)},${tail}${count === 0 ? ',"queryResourceConsumption":"412"' : ''}}`
    count += 1
  }
  yield count === 0 ? `{${tail}}]` : ']'
}

function pageOutgoing(reply: PageReply): Outgoing {
  return {
    status: reply.status,
    type: HTML_TYPE,
    body: [reply.html],
    ...(reply.location === undefined ? {} : { headers: { location: reply.location } }),
  }
}

/** proto3 leaves empty lists out. */
function withoutEmpty(result: { readonly results: readonly unknown[] }): unknown {
  const { results, ...rest } = result
  return results.length === 0 ? rest : { results, ...rest }
}

/** @throws ApiFailure (401) without a good access token */
function callerOf(request: IncomingMessage, oauth: Oauth): Caller {
  const header = request.headers.authorization ?? ''
  if (!/^Bearer /i.test(header)) throw unauthenticated('CREDENTIALS_MISSING')
  const state = oauth.check(header.slice('Bearer '.length))
  if (state.kind !== 'good')
    throw unauthenticated(state.kind === 'expired' ? 'ACCESS_TOKEN_EXPIRED' : 'ACCESS_TOKEN_TYPE_UNSUPPORTED')
  const login = request.headers['login-customer-id']
  return { email: state.email, loginCustomerId: typeof login === 'string' ? login : undefined }
}

function mutateAnswer({ world, api }: AnswerOptions, caller: Caller, { route, fault }: Asked, body: unknown): unknown {
  const request = isRecord(body) ? body : {}
  const service = route.service ?? ''
  if (!isMutateService(service)) throw new ApiFailure('NOT_FOUND', [])
  if (fault?.kind === 'partial') return refusedAll(service, request)
  if (fault?.kind === 'success_without_effect')
    return world.transact(() => ({ result: api.mutate(caller, route.customerId, service, request), isKept: false }))
  const answer = api.mutate(caller, route.customerId, service, request)
  world.persist()
  return answer
}

function apiResult(options: AnswerOptions, asked: Asked): Outgoing {
  const { api } = options
  const { route, fault, requestId } = asked
  if (options.faults.isOverRate(options.clock.monotonicMs())) throw throttled()
  const failure = failureOf(fault)
  if (failure !== undefined) throw failure
  if (route.isWrongVersion)
    throw new ApiFailure('INVALID_ARGUMENT', [
      adsError('requestError.UNSUPPORTED_VERSION', 'The version is deprecated or unknown.'),
    ])
  const caller = callerOf(asked.request, options.oauth)
  const body = parseJson(asked.text)
  switch (route.kind) {
    case 'accessible':
      return json(200, api.listAccessibleCustomers())
    case 'fields':
      return json(200, api.searchFields(body))
    case 'search':
      return json(200, withoutEmpty(api.search(caller, route.customerId, body)))
    case 'searchStream': {
      const { fieldMask, batches } = api.searchStream(caller, route.customerId, body)
      return { status: 200, type: JSON_TYPE, body: streamText(fieldMask, batches, requestId) }
    }
    default:
      return json(200, mutateAnswer(options, caller, asked, body))
  }
}

function oauthResult({ oauth }: AnswerOptions, { route, url, text, fault }: Asked): Outgoing {
  const form = new URLSearchParams(text)
  switch (route.kind) {
    case 'authorize':
      return pageOutgoing(oauth.authorize(url.searchParams))
    case 'decision':
      return pageOutgoing(oauth.decide(form))
    default: {
      const bad = oauthFaultOf(fault)
      if (bad !== undefined) return bad
      const token = form.get('token') ?? url.searchParams.get('token') ?? ''
      const reply = route.kind === 'token' ? oauth.token(form) : oauth.revoke(token)
      return json(reply.status, reply.body)
    }
  }
}

/** The answer to one request. Carries out what it asks for, unless the fault says otherwise. */
export function answerTo(options: AnswerOptions, asked: Asked): Outgoing {
  const { route, url, fault, requestId } = asked
  if (asked.request.method !== route.method) return html(405, 'Method Not Allowed')
  const page = pageOfFault(fault)
  if (page !== undefined) return page
  if (route.kind === 'thumbnail') return { status: 200, type: 'image/png', body: [pngOf(`google:${url.pathname}`)] }
  if (route.isOauth) return oauthResult(options, asked)
  try {
    return apiResult(options, asked)
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    const body = errorBody(error, requestId)
    return json(error.httpStatus, route.kind === 'searchStream' ? [body] : body)
  }
}
