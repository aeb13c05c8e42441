/**
 * A thin client for TikTok's API for Business v1.3. Reads may be repeated, writes are sent once.
 * Never logs an address (one of them carries the app's secret) and never lets a token into an error.
 */
import type { z } from 'zod'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import type { QuotaMeter, QuotaSubject } from '../quota.ts'
import {
  afterWrite,
  allowedBase,
  backoffMs,
  MAX_READ_RETRIES,
  postedReadOnce,
  ReadFailure,
  readOnce,
  sleepFor,
  type WriteOutcome,
  writeOnce,
} from '../http.ts'
import { errorForCode, errorForFailure, isRetryable, pausedFor, throttleOf, unreadable } from './codes.ts'
import { envelopeSchema } from './wire.ts'

const HOSTS = ['business-api.tiktok.com']
const PREFIX = '/open_api/v1.3'
/** A full page of 1,000 ads is about 2 MB. */
const MAX_REPLY_BYTES = 32_000_000
/** TikTok's limits are per second first: never ask again within one after a throttle. */
const THROTTLE_DELAY_MS = 1000
/** Throttled again and again: the limit per minute is used up, which takes about five to recover (platform docs, "Rate limits"). */
const EXHAUSTED_PAUSE_MS = 300_000
/** A longer pause than this is not waited for: the caller is told instead. */
const MAX_HOLD_MS = 60_000

export interface TiktokCredentials {
  readonly accessToken: string
  /** App id and secret are needed only to list the advertisers a token reaches. */
  readonly appId?: string
  readonly appSecret?: string
  /** What TikTok granted at the exchange, as it numbers it; it never says so again. */
  readonly scopes?: readonly number[]
}

export interface TiktokTimeouts {
  readonly readMs: number
  readonly connectMs: number
  readonly writeMs: number
}
export const DEFAULT_TIMEOUTS: TiktokTimeouts = { readMs: 30_000, connectMs: 10_000, writeMs: 30_000 }

export interface TiktokClientOptions {
  /** REAL_ADDRESSES.tiktok.api, or a loopback address for the sandbox. Nothing else is accepted. */
  readonly baseUrl: string
  readonly credentials: () => Promise<TiktokCredentials>
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly logger?: Logger
  readonly quota?: QuotaMeter
  readonly timeouts?: Partial<TiktokTimeouts>
}

export interface Received<T> {
  readonly data: T
  readonly requestId: string
  /** TikTok's note that a report was cut off at 20,000 ads. */
  readonly isTruncated: boolean
}

export type QueryValue = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>

export interface TiktokClient {
  /** Where the sandbox is; undefined for the real TikTok. */
  readonly loopbackOrigin: string | undefined
  get<T extends z.ZodType>(
    path: string,
    query: Readonly<Record<string, QueryValue>>,
    schema: T,
    signal: AbortSignal,
  ): Promise<Received<z.infer<T>>>
  /** Asks TikTok to prepare a file. A POST that changes nothing, and may be repeated like any read. */
  request<T extends z.ZodType>(
    path: '/changelog/task/create/',
    body: Readonly<Record<string, QueryValue>>,
    schema: T,
    signal: AbortSignal,
  ): Promise<Received<z.infer<T>>>
  /** Waits between looks at a file that TikTok prepares. @throws OperationError cancelled */
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** One write attempt. `body` is JSON text, because amounts must keep their digits. Throws only before anything is sent. */
  post(path: string, body: string, advertiserId: string): Promise<WriteOutcome>
}

function addressOf(base: URL, path: string, query: Readonly<Record<string, QueryValue>>): URL {
  // The trailing slash is part of every TikTok path; without it the answer is a 404 page.
  const url = new URL(`${PREFIX}${path}`, base)
  for (const [key, value] of Object.entries(query))
    url.searchParams.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  return url
}

/** One read: a GET, or with a body a POST that is one. */
interface Asked {
  readonly url: URL
  /** What the local log calls it. */
  readonly path: string
  readonly body?: string
}

type Attempt<T> =
  | { readonly kind: 'done'; readonly received: Received<T> }
  | { readonly kind: 'again'; readonly error: OperationError; readonly throttle?: 'app' | 'account' | undefined }

const APP: QuotaSubject = { platform: 'tiktok', externalId: 'app' }

/** Whose allowance a request uses: the advertiser's where it names one, else the app's. */
function subjectFor(advertiserId: unknown): QuotaSubject {
  return typeof advertiserId === 'string' ? { platform: 'tiktok', externalId: advertiserId } : APP
}

/** JSON text to an envelope. Undefined when it is none. */
export function parseEnvelope(text: string): z.infer<typeof envelopeSchema> | undefined {
  try {
    return envelopeSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** TikTok's message may repeat what we sent, and it goes into the log: no secret may be in it. */
function withoutSecrets(
  outcome: Extract<WriteOutcome, { kind: 'answer' }>,
  credentials: Awaited<ReturnType<TiktokClientOptions['credentials']>>,
): WriteOutcome {
  let { text } = outcome.answer
  for (const secret of [credentials.accessToken, credentials.appSecret])
    if (secret !== undefined && secret !== '') text = text.replaceAll(secret, '•••')
  return { ...outcome, answer: { ...outcome.answer, text } }
}

export function createTiktokClient(options: TiktokClientOptions): TiktokClient {
  const base = allowedBase(options.baseUrl, HOSTS)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const sleep = options.sleep ?? sleepFor

  function headersFor(accessToken: string): Record<string, string> {
    // A line break in a header would split the request; a platform token never has one.
    if (!/^[\x21-\x7e]{1,500}$/.test(accessToken))
      throw new OperationError(
        'needs_reconnect',
        'There is no usable TikTok token.',
        'Connect the TikTok account again under Connections.',
      )
    return { 'access-token': accessToken, accept: 'application/json' }
  }

  async function attempt<T extends z.ZodType>(
    { url, body }: Asked,
    schema: T,
    signal: AbortSignal,
  ): Promise<Attempt<z.infer<T>>> {
    const request = {
      url,
      headers: headersFor((await options.credentials()).accessToken),
      timeoutMs: timeouts.readMs,
      maxBytes: MAX_REPLY_BYTES,
      signal,
    }
    const answer = await (body === undefined
      ? readOnce(request)
      : postedReadOnce({ ...request, contentType: 'application/json', body }))
    if (answer.status >= 500) return { kind: 'again', error: errorForCode(50000) }
    const envelope = parseEnvelope(answer.text)
    if (envelope === undefined) throw unreadable(answer.status === 200 ? 'no envelope' : `HTTP ${answer.status}`)
    if (envelope.code !== 0) {
      const error = errorForCode(envelope.code)
      if (!isRetryable(envelope.code)) throw error
      return { kind: 'again', error, throttle: throttleOf(envelope.code) }
    }
    const parsed = schema.safeParse(envelope.data)
    if (!parsed.success) throw unreadable(`unexpected ${parsed.error.issues[0]?.path.join('.') || 'shape'}`)
    const isTruncated = answer.header('x-tt-ads-throttle') !== undefined
    return { kind: 'done', received: { data: parsed.data, requestId: envelope.request_id ?? '', isTruncated } }
  }

  async function tryOnce<T extends z.ZodType>(
    asked: Asked,
    schema: T,
    signal: AbortSignal,
  ): Promise<Attempt<z.infer<T>>> {
    try {
      return await attempt(asked, schema, signal)
    } catch (error) {
      if (!(error instanceof ReadFailure)) throw error
      const failure = errorForFailure(error)
      if (error.kind === 'network' || error.kind === 'timeout') return { kind: 'again', error: failure }
      throw failure
    }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(ms, signal)
    } catch (error) {
      throw error instanceof ReadFailure ? errorForFailure(error) : error
    }
  }

  const pauseMs = (subject: QuotaSubject) =>
    Math.max(options.quota?.pauseMs(APP) ?? 0, options.quota?.pauseMs(subject) ?? 0)

  /** Before a request: waits out what TikTok asked for, told by the meter that all reads share. */
  async function holdOff(subject: QuotaSubject, signal: AbortSignal): Promise<void> {
    const heldMs = pauseMs(subject)
    if (heldMs > MAX_HOLD_MS) throw pausedFor(heldMs)
    if (heldMs > 0) await pause(heldMs, signal)
  }

  /** Waits after a failed attempt, and has other reads wait too when TikTok asked for it. */
  async function waitAfter(
    { error, throttle }: Extract<Attempt<unknown>, { kind: 'again' }>,
    retries: number,
    subject: QuotaSubject,
    signal: AbortSignal,
  ): Promise<void> {
    const isLast = retries >= MAX_READ_RETRIES
    const backoff = backoffMs(retries, options.random())
    const least = throttle === undefined ? 0 : THROTTLE_DELAY_MS * (1 + options.random())
    const delayMs = Math.max(least, backoff)
    if (throttle !== undefined)
      options.quota?.throttled(throttle === 'app' ? APP : subject, isLast ? EXHAUSTED_PAUSE_MS : delayMs)
    if (isLast) throw error
    const wantedMs = Math.max(delayMs, pauseMs(subject))
    if (wantedMs > MAX_HOLD_MS) throw pausedFor(wantedMs)
    await pause(wantedMs, signal)
  }

  async function patiently<T extends z.ZodType>(
    asked: Asked,
    subject: QuotaSubject,
    schema: T,
    signal: AbortSignal,
  ): Promise<Received<z.infer<T>>> {
    await holdOff(subject, signal)
    for (let retries = 0; ; retries += 1) {
      if (signal.aborted) throw errorForFailure(new ReadFailure('cancelled'))
      options.quota?.count(subject, 'read')
      const result = await tryOnce(asked, schema, signal)
      if (result.kind === 'done') return result.received
      options.logger?.info('tiktok.read_retry', { path: asked.path, retries, code: result.error.code })
      await waitAfter(result, retries, subject, signal)
    }
  }

  return {
    loopbackOrigin: base.protocol === 'http:' ? base.origin : undefined,
    get: (path, query, schema, signal) =>
      patiently({ url: addressOf(base, path, query), path }, subjectFor(query['advertiser_id']), schema, signal),
    request: (path, body, schema, signal) => {
      const asked = { url: addressOf(base, path, {}), path, body: JSON.stringify(body) }
      return patiently(asked, subjectFor(body['advertiser_id']), schema, signal)
    },
    pause,
    post: async (path, body, advertiserId) => {
      const url = addressOf(base, path, {})
      const credentials = await options.credentials()
      const headers = headersFor(credentials.accessToken)
      const subject = subjectFor(advertiserId)
      options.quota?.count(subject, 'write')
      const outcome = await writeOnce({
        url,
        headers,
        body,
        connectTimeoutMs: timeouts.connectMs,
        timeoutMs: timeouts.writeMs,
        maxBytes: 1_000_000,
      })
      return afterWrite(outcome, () => {
        options.logger?.info('tiktok.write', { path, outcome: outcome.kind })
        if (outcome.kind !== 'answer') return outcome
        const throttle = throttleOf(parseEnvelope(outcome.answer.text)?.code ?? 0)
        if (throttle !== undefined) options.quota?.throttled(throttle === 'app' ? APP : subject, THROTTLE_DELAY_MS)
        return withoutSecrets(outcome, credentials)
      })
    },
  }
}

/** One POST without a token: linking and unlinking. Same address rules. */
export async function postWithoutToken(request: {
  readonly baseUrl: string
  readonly path: string
  readonly body: string
  readonly signal?: AbortSignal
  readonly timeouts?: Partial<TiktokTimeouts>
}): Promise<WriteOutcome> {
  const { connectMs, writeMs } = { ...DEFAULT_TIMEOUTS, ...request.timeouts }
  return writeOnce({
    url: addressOf(allowedBase(request.baseUrl, HOSTS), request.path, {}),
    headers: { accept: 'application/json' },
    body: request.body,
    connectTimeoutMs: connectMs,
    timeoutMs: writeMs,
    maxBytes: 1_000_000,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  })
}
