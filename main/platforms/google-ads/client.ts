/**
 * A thin client for the Google Ads API, REST v25. Reads may be repeated, mutates are sent once. Sends nothing to any other host, never logs
 * an address or a body, and never lets a token into an error.
 */
import type { z } from 'zod'
import { OperationError } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Logger } from '../../logger.ts'
import type { PlatformAddresses } from '../addresses.ts'
import { allowedBase, type HttpAnswer, ReadFailure, readOnce, sleepFor, type WriteOutcome, writeOnce } from '../http.ts'
import type { QuotaMeter, QuotaSubject } from '../quota.ts'
import { adviceFor, codeOf, errorFor, errorForRead, parseFailure, unreadable } from './codes.ts'
import { createTokenSource, type Grant, type GoogleCredentials } from './token.ts'
import { postOnce } from './transport.ts'
import { accessibleSchema, fieldPageSchema, pageSchema } from './wire.ts'

export const API_HOSTS = ['googleads.googleapis.com']
const VERSION = '/v25'
/** A page of 10,000 ads with their texts is about 30 MB. */
const MAX_REPLY_BYTES = 64_000_000
const MAX_WRITE_REPLY_BYTES = 1_000_000
const MAX_RETRIES = 4
const BASE_DELAY_MS = 500
/** Google's rate limits count per second: never ask again within one after a throttle. */
const THROTTLE_DELAY_MS = 1_000
const MAX_DELAY_MS = 30_000
/** A longer pause than this is not waited for: the caller is told instead. */
const MAX_PAUSE_MS = 60_000
/** The day's allowance is gone: reads of the account rest for as long as the meter lets them. */
const EXHAUSTED_PAUSE_MS = 3_600_000
/** 10,000 rows each: far above what any account has for one query. */
const MAX_PAGES = 1_000

export interface GoogleTimeouts {
  readonly readMs: number
  readonly connectMs: number
  readonly writeMs: number
}
export const DEFAULT_TIMEOUTS: GoogleTimeouts = { readMs: 60_000, connectMs: 10_000, writeMs: 30_000 }

export interface GoogleClientOptions {
  /** Google's own origins, or loopback ones for the sandbox. Nothing else is accepted. */
  readonly addresses: Pick<PlatformAddresses['google'], 'api' | 'oauth'>
  readonly credentials: () => Promise<GoogleCredentials>
  readonly clock: Clock
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly logger?: Logger
  readonly quota?: QuotaMeter
  readonly timeouts?: Partial<GoogleTimeouts>
}

/** Which account is asked, and through which manager: Google's "login-customer-id". */
export interface Route {
  readonly customerId: string
  readonly loginCustomerId: string
}

export interface Page<T> {
  readonly rows: readonly T[]
  readonly requestId: string
}

export interface Query<T extends z.ZodType> {
  readonly gaql: string
  readonly row: T
  /** Believed only when as many rows came as Google counts: what is missing would be taken for deleted. */
  readonly isListing?: boolean
}

export interface GoogleClient {
  search<T extends z.ZodType>(route: Route, query: Query<T>, signal: AbortSignal): AsyncGenerator<Page<z.infer<T>>>
  /** The first page of a query that can have no second. */
  rows<T extends z.ZodType>(route: Route, query: Query<T>, signal: AbortSignal): Promise<Page<z.infer<T>>>
  /** Ids of the customers that the user was given access to directly. */
  accessibleCustomers(signal: AbortSignal): Promise<readonly string[]>
  /** What a field may be selected with, by GoogleAdsFieldService; undefined when Google does not know the field. */
  selectableWith(field: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined>
  /** One mutate attempt. `body` is JSON text. Throws only while it has no access token, before anything is sent. */
  mutate(
    route: Route,
    request: { readonly service: string; readonly body: string; readonly isDryRun: boolean },
    signal?: AbortSignal,
  ): Promise<WriteOutcome>
  refreshGrant(signal: AbortSignal): Promise<Grant>
}

type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T; readonly requestId: string }
  | { readonly kind: 'again'; readonly error: OperationError; readonly minDelayMs: number }

const APP: QuotaSubject = { platform: 'google_ads', externalId: 'app' }
const customer = (externalId: string): QuotaSubject => ({ platform: 'google_ads', externalId })

/** @throws TypeError for an address that is neither Google's nor loopback. */
export function createGoogleClient(options: GoogleClientOptions): GoogleClient {
  const base = allowedBase(options.addresses.api, API_HOSTS)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const sleep = options.sleep ?? sleepFor
  const { quota, logger } = options
  const tokens = createTokenSource({
    oauth: options.addresses.oauth,
    credentials: options.credentials,
    clock: options.clock,
    timeoutMs: timeouts.readMs,
  })

  async function headersFor(route: Route | undefined, signal: AbortSignal) {
    const accessToken = await tokens.access(signal)
    // A line break in a header would split the request; Google's tokens never have one.
    if (!/^[\x21-\x7e]{1,4000}$/.test(accessToken)) throw unreadable('no usable token')
    const headers: Record<string, string> = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
    if (route !== undefined) headers['login-customer-id'] = route.loginCustomerId
    return { headers, accessToken }
  }

  interface Read<T> {
    readonly path: string
    readonly subject: QuotaSubject
    readonly route?: Route
    /** JSON text; absent for a GET. */
    readonly body?: string
    readonly schema: z.ZodType<T>
  }

  async function send<T>(read: Read<T>, signal: AbortSignal): Promise<{ answer: HttpAnswer; accessToken: string }> {
    const { headers, accessToken } = await headersFor(read.route, signal)
    const url = new URL(`${VERSION}${read.path}`, base)
    const common = { url, headers, timeoutMs: timeouts.readMs, maxBytes: MAX_REPLY_BYTES, signal }
    quota?.count(read.subject, 'read')
    const answer =
      read.body === undefined
        ? await readOnce(common)
        : await postOnce({ ...common, contentType: 'application/json', body: read.body })
    return { answer, accessToken }
  }

  async function attempt<T>(read: Read<T>, isFresh: boolean, signal: AbortSignal): Promise<Attempt<T>> {
    const { answer, accessToken } = await send(read, signal)
    if (answer.status !== 200) {
      const failure = parseFailure(answer)
      const error = errorFor(failure)
      logger?.info('google_ads.read_failed', { path: shape(read.path), code: codeOf(failure), status: answer.status })
      switch (adviceFor(failure)) {
        case 'exhausted':
          quota?.throttled(read.subject, failure.retryDelayMs ?? EXHAUSTED_PAUSE_MS)
          throw error
        case 'throttled': {
          const minDelayMs = Math.max(THROTTLE_DELAY_MS, failure.retryDelayMs ?? 0)
          quota?.throttled(read.subject, minDelayMs)
          return { kind: 'again', error, minDelayMs }
        }
        case 'again':
          return { kind: 'again', error, minDelayMs: 0 }
        case 'refresh_token':
          // The token ended earlier than Google had said. One new one is worth asking for, a second is not.
          tokens.drop(accessToken)
          if (isFresh) throw error
          return attempt(read, true, signal)
        case 'stop':
        default:
          throw error
      }
    }
    let parsed: unknown
    try {
      parsed = JSON.parse(answer.text)
    } catch {
      throw unreadable('no JSON')
    }
    const result = read.schema.safeParse(parsed)
    if (!result.success) throw unreadable(`unexpected ${result.error.issues[0]?.path.join('.') || 'shape'}`)
    return { kind: 'done', value: result.data, requestId: answer.header('request-id') ?? '' }
  }

  async function tryOnce<T>(read: Read<T>, signal: AbortSignal): Promise<Attempt<T>> {
    try {
      return await attempt(read, false, signal)
    } catch (error) {
      if (!(error instanceof ReadFailure)) throw error
      const failure = errorForRead(error)
      if (error.kind === 'network' || error.kind === 'timeout') return { kind: 'again', error: failure, minDelayMs: 0 }
      throw failure
    }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await sleep(ms, signal)
    } catch (error) {
      throw error instanceof ReadFailure ? errorForRead(error) : error
    }
  }

  async function get<T>(read: Read<T>, signal: AbortSignal): Promise<{ value: T; requestId: string }> {
    const pausedMs = quota?.pauseMs(read.subject) ?? 0
    if (pausedMs > MAX_PAUSE_MS) throw paused(pausedMs)
    if (pausedMs > 0) await pause(pausedMs, signal)
    for (let retries = 0; ; retries += 1) {
      if (signal.aborted) throw errorForRead(new ReadFailure('cancelled'))
      const result = await tryOnce(read, signal)
      if (result.kind === 'done') return result
      logger?.info('google_ads.read_retry', { path: shape(read.path), retries, code: result.error.code })
      if (retries >= MAX_RETRIES) throw result.error
      // Full jitter on the upper half: many accounts that were throttled together come back apart.
      const backoff = BASE_DELAY_MS * 2 ** retries * (0.5 + options.random() / 2)
      const wanted = Math.max(result.minDelayMs * (1 + options.random()), backoff, quota?.pauseMs(read.subject) ?? 0)
      if (wanted > MAX_PAUSE_MS) throw result.error
      // What Google asks for is kept to; only our own backing off is cut short.
      await pause(Math.max(result.minDelayMs, Math.min(MAX_DELAY_MS, wanted)), signal)
    }
  }

  async function page<T extends z.ZodType>(
    route: Route,
    query: Query<T>,
    pageToken: string | undefined,
    signal: AbortSignal,
  ) {
    const body = {
      query: query.gaql,
      ...(pageToken === undefined ? {} : { pageToken }),
      ...(query.isListing === true ? { searchSettings: { returnTotalResultsCount: true } } : {}),
    }
    return get(
      {
        path: `/customers/${route.customerId}/googleAds:search`,
        subject: customer(route.customerId),
        route,
        body: JSON.stringify(body),
        schema: pageSchema(query.row),
      },
      signal,
    )
  }

  async function* search<T extends z.ZodType>(route: Route, query: Query<T>, signal: AbortSignal) {
    let pageToken: string | undefined
    let received = 0
    for (let pages = 1; pages <= MAX_PAGES; pages += 1) {
      const { value, requestId } = await page(route, query, pageToken, signal)
      received += value.results.length
      yield { rows: value.results as readonly z.infer<T>[], requestId }
      if (value.nextPageToken === undefined || value.nextPageToken === '') {
        const counted = value.totalResultsCount
        if (query.isListing === true && counted !== undefined && BigInt(counted) > BigInt(received))
          throw unreadable(`${received} rows of the ${counted} it counts`)
        return
      }
      if (value.nextPageToken === pageToken) throw unreadable('the same page again')
      pageToken = value.nextPageToken
    }
    throw unreadable('more pages than any account has')
  }

  return {
    search,
    rows: async (route, query, signal) => {
      const { value, requestId } = await page(route, query, undefined, signal)
      return { rows: value.results, requestId }
    },
    accessibleCustomers: async (signal) => {
      const read = { path: '/customers:listAccessibleCustomers', subject: APP, schema: accessibleSchema }
      const { value } = await get(read, signal)
      return value.resourceNames.map((name) => name.slice('customers/'.length))
    },
    selectableWith: async (field, signal) => {
      const body = JSON.stringify({ query: `SELECT name, selectable_with WHERE name = '${field}'` })
      const { value } = await get(
        { path: '/googleAdsFields:search', subject: APP, body, schema: fieldPageSchema },
        signal,
      )
      const found = value.results.find((each) => each.name === field)
      return found === undefined ? undefined : new Set(found.selectableWith)
    },
    mutate: async (route, { service, body, isDryRun }, signal) => {
      // The last door: a dry run without its mark would be a write, and a write with it would be none.
      if (isMarkedDryRun(body) !== isDryRun)
        return { kind: 'not_sent', reason: 'the mark of a dry run is not in order' }
      const { headers, accessToken } = await headersFor(route, signal ?? new AbortController().signal)
      quota?.count(customer(route.customerId), isDryRun ? 'read' : 'write')
      const outcome = await writeOnce({
        url: new URL(`${VERSION}/customers/${route.customerId}/${service}:mutate`, base),
        headers,
        body,
        connectTimeoutMs: timeouts.connectMs,
        timeoutMs: timeouts.writeMs,
        maxBytes: MAX_WRITE_REPLY_BYTES,
        ...(signal === undefined ? {} : { signal }),
      })
      logger?.info('google_ads.mutate', { service, isDryRun, outcome: outcome.kind })
      if (outcome.kind !== 'answer') return outcome
      if (outcome.answer.status === 401) tokens.drop(accessToken)
      // Google's message may repeat what we sent, and it goes into the log: no token may be in it.
      return { ...outcome, answer: { ...outcome.answer, text: outcome.answer.text.replaceAll(accessToken, '•••') } }
    },
    refreshGrant: (signal) => tokens.refresh(signal),
  }
}

/** Whether the body says `"validateOnly": true`, at the one place where Google looks for it. */
function isMarkedDryRun(body: string): boolean {
  const parsed: unknown = JSON.parse(body)
  return typeof parsed === 'object' && parsed !== null && 'validateOnly' in parsed && parsed.validateOnly === true
}

function paused(ms: number): OperationError {
  return new OperationError(
    'platform_throttled',
    'Google asked for a longer pause before this account is read again.',
    `Nothing was changed. Try again in about ${Math.ceil(ms / 60_000)} minutes.`,
    { retryable: true, details: { platform: 'google_ads', reason: 'paused' } },
  )
}

/** A path without the account's number, for the local log. */
function shape(path: string): string {
  return path.replace(/\d+/g, '…').slice(0, 80)
}
