/** What goes wrong on demand, in Meta's own shapes. */
import type { Fault } from '../faults.ts'
import { deadToken } from './oauth.ts'
import { type Throttle, throttled, type UsageKind } from './usage.ts'
import { errorBody, GraphProblem, refused } from './wire.ts'

export interface Outgoing {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly code: number | undefined
  readonly throttle: Throttle
  readonly location?: string
}

const page = (status: number, title: string): Outgoing => ({
  status,
  type: 'text/html; charset=utf-8',
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>Sorry, something went wrong.</h1><p>${title}</p></body></html>\n`,
  code: undefined,
  throttle: 'none',
})

export const htmlPage = page

/** An error of Graph's that a fault stands for: it answers instead of the endpoint, before anything happened. */
export function problemOfFault(fault: Fault | undefined, kind: UsageKind, nowMs: number): GraphProblem | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return throttled(fault.code, kind)
    case 'http_500':
      return new GraphProblem(2, 'An unexpected error has occurred. Please retry your request later.', {
        isTransient: true,
        subcode: 1504043,
      }) // prettier-ignore
    case 'expired_token':
      return deadToken(463, nowMs - 60_000, nowMs)
    case 'invalid_token':
      return deadToken(fault.code ?? 460, 0, nowMs)
    case 'partial':
      return refused(
        1815004,
        'Some changes were not made',
        'None of the requested changes could be applied to this object.',
      )
    case 'code':
      return new GraphProblem(fault.code ?? 1, fault.message ?? 'An unknown error occurred')
    default:
      return undefined
  }
}

/** Answers that are none of Graph's. */
export function answerOfFault(fault: Fault | undefined): Outgoing | undefined {
  switch (fault?.kind) {
    case 'http_502_html':
      return page(502, 'Bad Gateway')
    case 'html_200':
      return page(200, 'Sign in to the network')
    case 'empty_body':
      return { status: 200, type: 'application/json; charset=UTF-8', body: '', code: undefined, throttle: 'none' }
    case 'redirect':
      return { ...page(302, 'Found'), location: fault.location ?? '/' }
    default:
      return undefined
  }
}

const THROTTLE_CODES = new Set([4, 17, 32, 341, 368, 613])

/** A result or problem as an answer. What is thrown and no problem of Graph's is a bug of the sandbox. */
export function envelope(work: () => unknown, traceId: string): Outgoing {
  const type = 'application/json; charset=UTF-8'
  try {
    return { status: 200, type, body: JSON.stringify(work()), code: undefined, throttle: 'none' }
  } catch (error) {
    if (!(error instanceof GraphProblem)) throw error
    const { code, status, subcode } = error
    const isThrottled = (THROTTLE_CODES.has(code) && subcode !== 1487632) || (code >= 80_000 && code <= 80_014)
    const throttle = code === 4 ? 'app' : isThrottled ? 'account' : 'none'
    return { status, type, body: JSON.stringify(errorBody(error, traceId)), code, throttle }
  }
}
