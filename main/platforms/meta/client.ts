/**
 * A thin client for Meta's Graph API v26.0. Reads may be repeated, writes are sent once.
 * The token travels in the Authorization header only. A GET must carry `appsecret_proof` in its address: it is no secret (an HMAC that is
 * worthless without the token), but addresses are never logged all the same, and it is blanked in whatever is passed on.
 */
import { createHmac } from 'node:crypto'
import type { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import {
  afterWrite,
  allowedBase,
  backoffMs,
  endPermissionsOnce,
  type HttpAnswer,
  MAX_READ_RETRIES,
  ReadFailure,
  readOnce,
  sleepFor,
  type WriteOutcome,
  writeOnce,
} from '../http.ts'
import { createQuotaMeter, type QuotaMeter } from '../quota.ts'
import {
  errorFor,
  errorForFailure,
  isDefinitiveRefusal,
  meaningOf,
  parseError,
  serverTrouble,
  unreadable,
  wrongVersion,
} from './codes.ts'
import { blockedFor, createThrottle, MAX_HOLD_MS } from './throttle.ts'

export const GRAPH_VERSION = 'v26.0'
const HOSTS = ['graph.facebook.com']
/** A page of 500 ads with their creatives is about 3 MB. */
const MAX_REPLY_BYTES = 32_000_000

export interface MetaCredentials {
  readonly accessToken: string
  /** The app's secret, when known: Meta then can insist on a proof with every call. */
  readonly appSecret?: string
}

export interface MetaTimeouts {
  readonly readMs: number
  readonly connectMs: number
  readonly writeMs: number
}
/** Insights answer slowly: Meta itself gives up after about 60 seconds, and then says what was too much. It gets the time to say so. */
export const DEFAULT_TIMEOUTS: MetaTimeouts = { readMs: 90_000, connectMs: 10_000, writeMs: 30_000 }

export interface MetaClientOptions {
  /** The real graph.facebook.com, or a loopback address for the sandbox. Nothing else is accepted. */
  readonly baseUrl: string
  readonly credentials: () => Promise<MetaCredentials>
  readonly clock: Clock
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly logger?: Logger
  readonly quota?: QuotaMeter
  readonly timeouts?: Partial<MetaTimeouts>
}

export type QueryValue = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>

export interface Ask<T extends z.ZodType> {
  /** Below the version, e.g. "/act_42/campaigns". */
  readonly path: string
  readonly query: Readonly<Record<string, QueryValue>>
  readonly schema: T
  /** Whose allowance it is: the account's id without prefix, or "app". */
  readonly subject: string
  readonly signal: AbortSignal
}

export interface Received<T> {
  readonly data: T
  readonly requestId: string
}

/** A dry run carries Meta's mark; a real write must not; a report only starts a report. Each is checked right before it is sent. */
export type PostKind = 'write' | 'dry_run' | 'report'
export interface Post {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly kind: PostKind
  readonly subject: string
  readonly signal?: AbortSignal
}

export interface MetaClient {
  /** Where the sandbox is; undefined for the real Meta. */
  readonly loopbackOrigin: string | undefined
  readonly timeouts: MetaTimeouts
  get<T extends z.ZodType>(ask: Ask<T>): Promise<Received<z.infer<T>>>
  /**
   * One attempt. Throws only before anything is sent: when no credentials can be had, or when the body does not fit its kind. Starting a
   * report is a read: it waits its turn as every read does.
   */
  post(post: Post): Promise<WriteOutcome>
  /** Waits between looks at a report that Meta prepares. @throws OperationError cancelled */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** The only DELETE there is: the token's own permissions, for unlinking. One attempt. @throws OperationError */
  removePermissions(signal: AbortSignal): Promise<HttpAnswer>
}

/** Meta's mark of a dry run (marketing-api reference, `execution_options`). */
export const DRY_RUN_MARK = { execution_options: ['validate_only'] } as const

/** @throws TypeError when a dry run lacks its mark, or anything else bears one: the difference between asking and doing. */
export function assertKind(body: Readonly<Record<string, unknown>>, kind: PostKind): void {
  const mark = JSON.stringify(body['execution_options'])
  const isMarked = mark === JSON.stringify(DRY_RUN_MARK.execution_options)
  if (kind === 'dry_run' ? !isMarked : mark !== undefined)
    throw new TypeError(`this body is not one of a ${kind.replace('_', ' ')}`)
}

export function addressOf(base: URL, path: string, query: Readonly<Record<string, QueryValue>>): URL {
  const url = new URL(`/${GRAPH_VERSION}${path}`, base)
  for (const [key, value] of Object.entries(query))
    url.searchParams.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  return url
}

export function metaBase(baseUrl: string): URL {
  return allowedBase(baseUrl, HOSTS)
}

export function requestIdOf(answer: HttpAnswer): string {
  return (answer.header('x-fb-trace-id') ?? '').slice(0, 200)
}

interface Access {
  readonly headers: Readonly<Record<string, string>>
  /** Empty without an app secret. */
  readonly proof: Readonly<Record<string, string>>
  readonly hidden: readonly string[]
}

/** @throws OperationError needs_reconnect for a token that cannot be one */
export function accessOf({ accessToken, appSecret }: MetaCredentials): Access {
  // A line break in a header would split the request; a platform token never has one.
  if (!/^[\x21-\x7e]{1,1000}$/.test(accessToken))
    throw new OperationError(
      'needs_reconnect',
      'There is no usable Meta token.',
      'Connect the Meta account again under Connections.',
    )
  const hasSecret = appSecret !== undefined && appSecret !== ''
  const proof = hasSecret ? createHmac('sha256', appSecret).update(accessToken).digest('hex') : undefined
  return {
    headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
    proof: proof === undefined ? {} : { appsecret_proof: proof },
    hidden: [accessToken, appSecret ?? '', proof ?? ''].filter((each) => each !== ''),
  }
}

type Attempt<T> =
  | { readonly kind: 'done'; readonly received: Received<T> }
  | { readonly kind: 'again'; readonly error: OperationError; readonly throttledMs: number }

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('no JSON')
  }
}

export function createMetaClient(options: MetaClientOptions): MetaClient {
  const base = metaBase(options.baseUrl)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const throttle = createThrottle({
    quota: options.quota ?? createQuotaMeter(options.clock),
    random: options.random,
    sleep: options.sleep ?? sleepFor,
  })

  async function attempt<T extends z.ZodType>(ask: Ask<T>): Promise<Attempt<z.infer<T>>> {
    const access = accessOf(await options.credentials())
    const url = addressOf(base, ask.path, { ...ask.query, ...access.proof })
    throttle.count(ask.subject, 'read')
    const answer = await readOnce({
      url,
      headers: access.headers,
      timeoutMs: timeouts.readMs,
      maxBytes: MAX_REPLY_BYTES,
      signal: ask.signal,
    })
    const regainMs = throttle.noteUsage(answer, ask.subject)
    if (answer.status !== 200) {
      const wireError = parseError(answer.text)
      if (wireError === undefined) {
        if (answer.status >= 500) return { kind: 'again', error: serverTrouble(answer.status), throttledMs: 0 }
        throw unreadable(`HTTP ${answer.status}`)
      }
      const error = errorFor(wireError, answer.status)
      const meaning = meaningOf(wireError, answer.status)
      if (meaning === 'throttled')
        return { kind: 'again', error, throttledMs: throttle.noteThrottle(ask.subject, wireError.code, regainMs) }
      if (meaning === 'transient') return { kind: 'again', error, throttledMs: 0 }
      throw error
    }
    const answeredAs = answer.header('facebook-api-version')
    if (answeredAs !== undefined && answeredAs !== GRAPH_VERSION) throw wrongVersion(GRAPH_VERSION, answeredAs)
    const parsed = ask.schema.safeParse(jsonOf(answer.text))
    if (!parsed.success) throw unreadable(`unexpected ${parsed.error.issues[0]?.path.join('.') || 'shape'}`)
    return { kind: 'done', received: { data: parsed.data, requestId: requestIdOf(answer) } }
  }

  async function tryOnce<T extends z.ZodType>(ask: Ask<T>): Promise<Attempt<z.infer<T>>> {
    try {
      return await attempt(ask)
    } catch (error) {
      if (!(error instanceof ReadFailure)) throw error
      const failure = errorForFailure(error)
      if (error.kind === 'network' || error.kind === 'timeout') return { kind: 'again', error: failure, throttledMs: 0 }
      throw failure
    }
  }

  /** Blanks our secrets in what Meta repeats of a request, and notes what the answer says of the allowance. */
  function received(post: Post, outcome: WriteOutcome, hidden: readonly string[]): WriteOutcome {
    const facts = { path: post.path, kind: post.kind, outcome: outcome.kind }
    if (outcome.kind !== 'answer') {
      options.logger?.info('meta.post', facts)
      return outcome
    }
    const { answer } = outcome
    const regainMs = throttle.noteUsage(answer, post.subject)
    const wireError = answer.status === 200 ? undefined : parseError(answer.text)
    // The limit on budget changes is one ad set's alone: reads go on.
    const isThrottled = wireError !== undefined && meaningOf(wireError, answer.status) === 'throttled'
    if (isThrottled && !isDefinitiveRefusal(wireError, answer.status))
      throttle.noteThrottle(post.subject, wireError.code, regainMs)
    const version = answer.header('facebook-api-version')
    options.logger?.info('meta.post', {
      ...facts,
      status: answer.status,
      ...(version === undefined ? {} : { version }),
    })
    let { text } = answer
    for (const secret of hidden) text = text.replaceAll(secret, '•••')
    return { kind: 'answer', answer: { ...answer, text } }
  }

  return {
    loopbackOrigin: base.protocol === 'http:' ? base.origin : undefined,
    timeouts,
    pause: (ms, signal) => throttle.wait(ms, signal),
    get: async (ask) => {
      for (let retries = 0; ; retries += 1) {
        if (ask.signal.aborted) throw errorForFailure(new ReadFailure('cancelled'))
        await throttle.holdOff(ask.subject, ask.signal)
        const result = await tryOnce(ask)
        if (result.kind === 'done') return result.received
        options.logger?.info('meta.read_retry', { path: ask.path, retries, code: result.error.code })
        if (result.throttledMs > MAX_HOLD_MS) throw blockedFor(result.throttledMs)
        if (retries >= MAX_READ_RETRIES) throw result.error
        // A throttle is waited out by holdOff, through the meter that all reads of the account share.
        if (result.throttledMs > 0) continue
        await throttle.wait(backoffMs(retries, options.random()), ask.signal)
      }
    },
    post: async (post) => {
      if (post.kind === 'report' && post.signal !== undefined) await throttle.holdOff(post.subject, post.signal)
      const access = accessOf(await options.credentials())
      const body = { ...post.body, ...access.proof }
      assertKind(body, post.kind)
      throttle.count(post.subject, post.kind === 'write' ? 'write' : 'read')
      const outcome = await writeOnce({
        url: addressOf(base, post.path, {}),
        headers: access.headers,
        body: JSON.stringify(body),
        connectTimeoutMs: timeouts.connectMs,
        timeoutMs: timeouts.writeMs,
        maxBytes: 1_000_000,
        ...(post.signal === undefined ? {} : { signal: post.signal }),
      })
      return afterWrite(outcome, () => received(post, outcome, access.hidden))
    },
    removePermissions: async (signal) => {
      const access = accessOf(await options.credentials())
      try {
        return await endPermissionsOnce({
          url: addressOf(base, '/me/permissions', access.proof),
          headers: access.headers,
          timeoutMs: timeouts.writeMs,
          maxBytes: 1_000_000,
          signal,
        })
      } catch (error) {
        throw error instanceof ReadFailure ? errorForFailure(error) : error
      }
    },
  }
}
