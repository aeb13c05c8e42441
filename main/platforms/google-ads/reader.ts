/**
 * Reads of the Google Ads API: one question, repeated with growing pauses where Google or the network stumbles, within what Google allows.
 * Never sends a mutate.
 */
import type { z } from 'zod'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import { backoffMs, type HttpAnswer, MAX_READ_RETRIES, postedReadOnce, ReadFailure, readOnce } from '../http.ts'
import type { QuotaMeter, QuotaSubject } from '../quota.ts'
import { adviceFor, codeOf, errorFor, errorForRead, parseFailure, unreadable } from './codes.ts'
import type { TokenSource } from './token.ts'

/** A page of 10,000 ads with their texts is about 30 MB. */
const MAX_REPLY_BYTES = 64_000_000
/** Google's rate limits count per second: never ask again within one after a throttle. */
const THROTTLE_DELAY_MS = 1_000
/** A longer pause than this is not waited for: the caller is told instead. */
const MAX_PAUSE_MS = 60_000
/** The day's allowance is gone: reads of the account rest for as long as the meter lets them. */
const EXHAUSTED_PAUSE_MS = 3_600_000

/** Which account is asked, and through which manager: Google's "login-customer-id". */
export interface Route {
  readonly customerId: string
  readonly loginCustomerId: string
}

export interface Read<T> {
  readonly url: URL
  /** What the local log calls it: no ids. */
  readonly name: string
  readonly subject: QuotaSubject
  readonly route?: Route
  /** JSON text; absent for a GET. */
  readonly body?: string
  readonly schema: z.ZodType<T>
}

export interface Answered<T> {
  readonly value: T
  readonly requestId: string
}

export interface ReaderOptions {
  readonly tokens: TokenSource
  readonly timeoutMs: number
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly logger: Logger | undefined
  readonly quota: QuotaMeter | undefined
}

type Attempt<T> =
  | ({ readonly kind: 'done' } & Answered<T>)
  | { readonly kind: 'again'; readonly error: OperationError; readonly minDelayMs: number }

/** Headers of any request. @throws OperationError when no access token can be had */
export async function headersFor(
  tokens: TokenSource,
  route: Route | undefined,
  signal: AbortSignal,
): Promise<{ readonly headers: Record<string, string>; readonly accessToken: string }> {
  const accessToken = await tokens.access(signal)
  // A line break in a header would split the request; Google's tokens never have one.
  if (!/^[\x21-\x7e]{1,4000}$/.test(accessToken)) throw unreadable('no usable token')
  const headers: Record<string, string> = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
  if (route !== undefined) headers['login-customer-id'] = route.loginCustomerId
  return { headers, accessToken }
}

function parsedAnswer<T>(answer: HttpAnswer, schema: z.ZodType<T>): Answered<T> {
  let parsed: unknown
  try {
    parsed = JSON.parse(answer.text)
  } catch {
    throw unreadable('no JSON')
  }
  const result = schema.safeParse(parsed)
  if (!result.success) throw unreadable(`unexpected ${result.error.issues[0]?.path.join('.') || 'shape'}`)
  return { value: result.data, requestId: answer.header('request-id') ?? '' }
}

function paused(ms: number): OperationError {
  return new OperationError(
    'platform_throttled',
    'Google asked for a longer pause before this account is read again.',
    `Nothing was changed. Try again in about ${Math.ceil(ms / 60_000)} minutes.`,
    { retryable: true, details: { platform: 'google_ads', reason: 'paused' } },
  )
}

/** Sends the read once. @throws ReadFailure, OperationError */
async function send<T>(options: ReaderOptions, read: Read<T>, signal: AbortSignal) {
  const { headers, accessToken } = await headersFor(options.tokens, read.route, signal)
  const common = { url: read.url, headers, timeoutMs: options.timeoutMs, maxBytes: MAX_REPLY_BYTES, signal }
  options.quota?.count(read.subject, 'read')
  const answer =
    read.body === undefined
      ? await readOnce(common)
      : await postedReadOnce({ ...common, contentType: 'application/json', body: read.body })
  return { answer, accessToken }
}

/** One attempt, or two where the access token ended earlier than Google had said. */
async function attempt<T>(
  options: ReaderOptions,
  read: Read<T>,
  isRenewed: boolean,
  signal: AbortSignal,
): Promise<Attempt<T>> {
  const { answer, accessToken } = await send(options, read, signal)
  if (answer.status === 200) return { kind: 'done', ...parsedAnswer(answer, read.schema) }
  const failure = parseFailure(answer)
  const error = errorFor(failure)
  options.logger?.info('google_ads.read_failed', { name: read.name, code: codeOf(failure), status: answer.status })
  switch (adviceFor(failure)) {
    case 'exhausted':
      options.quota?.throttled(read.subject, failure.retryDelayMs ?? EXHAUSTED_PAUSE_MS)
      throw error
    case 'throttled': {
      const minDelayMs = Math.max(THROTTLE_DELAY_MS, failure.retryDelayMs ?? 0)
      options.quota?.throttled(read.subject, minDelayMs)
      return { kind: 'again', error, minDelayMs }
    }
    case 'again':
      return { kind: 'again', error, minDelayMs: 0 }
    case 'refresh_token':
      options.tokens.drop(accessToken)
      // One new token is worth asking for, a second is not.
      if (isRenewed) throw error
      return attempt(options, read, true, signal)
    case 'stop':
    default:
      throw error
  }
}

async function tryOnce<T>(options: ReaderOptions, read: Read<T>, signal: AbortSignal): Promise<Attempt<T>> {
  try {
    return await attempt(options, read, false, signal)
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error
    const failure = errorForRead(error)
    if (error.kind === 'network' || error.kind === 'timeout') return { kind: 'again', error: failure, minDelayMs: 0 }
    throw failure
  }
}

async function pause(options: ReaderOptions, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await options.sleep(ms, signal)
  } catch (error) {
    throw error instanceof ReadFailure ? errorForRead(error) : error
  }
}

/**
 * The answer to one question, after at most four more attempts.
 * @throws OperationError as PlatformAdapter
 */
export async function readPatiently<T>(
  options: ReaderOptions,
  read: Read<T>,
  signal: AbortSignal,
): Promise<Answered<T>> {
  const pausedMs = options.quota?.pauseMs(read.subject) ?? 0
  if (pausedMs > MAX_PAUSE_MS) throw paused(pausedMs)
  if (pausedMs > 0) await pause(options, pausedMs, signal)
  for (let retries = 0; ; retries += 1) {
    if (signal.aborted) throw errorForRead(new ReadFailure('cancelled'))
    const result = await tryOnce(options, read, signal)
    if (result.kind === 'done') return result
    options.logger?.info('google_ads.read_retry', { name: read.name, retries, code: result.error.code })
    if (retries >= MAX_READ_RETRIES) throw result.error
    const backoff = backoffMs(retries, options.random())
    const asked = result.minDelayMs * (1 + options.random())
    const wanted = Math.max(asked, backoff, options.quota?.pauseMs(read.subject) ?? 0)
    // What Google asks for is waited for in full, or not at all.
    if (wanted > MAX_PAUSE_MS) throw result.error
    await pause(options, wanted, signal)
  }
}
