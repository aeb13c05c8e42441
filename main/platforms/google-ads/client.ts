/**
 * A thin client for the Google Ads API, REST v25. Reads may be repeated, mutates are sent once. Sends nothing to any other host, never logs
 * an address or a body, and never lets a token into an error.
 */
import type { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { Logger } from '../../logger.ts'
import type { PlatformAddresses } from '../addresses.ts'
import { afterWrite, allowedBase, sleepFor, type WriteOutcome, writeOnce } from '../http.ts'
import type { QuotaMeter, QuotaSubject } from '../quota.ts'
import { unreadable } from './codes.ts'
import { headersFor, readPatiently, type Route } from './reader.ts'
import { createTokenSource, type Grant, type GoogleCredentials } from './token.ts'
import { accessibleSchema, fieldPageSchema, pageSchema } from './wire.ts'

const API_HOSTS = ['googleads.googleapis.com']
const VERSION = '/v25'
const MAX_WRITE_REPLY_BYTES = 1_000_000
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

export type { Route } from './reader.ts'

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
  /** One mutate attempt. `body` is JSON text. Throws only before anything is sent: while it has no access token. */
  mutate(
    route: Route,
    request: { readonly service: string; readonly body: string; readonly isDryRun: boolean },
    signal?: AbortSignal,
  ): Promise<WriteOutcome>
  refreshGrant(signal: AbortSignal): Promise<Grant>
}

const APP: QuotaSubject = { platform: 'google_ads', externalId: 'app' }
const customer = (externalId: string): QuotaSubject => ({ platform: 'google_ads', externalId })

/** @throws TypeError for an address that is neither Google's nor loopback. */
export function createGoogleClient(options: GoogleClientOptions): GoogleClient {
  const base = allowedBase(options.addresses.api, API_HOSTS)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const { quota, logger } = options
  const tokens = createTokenSource({
    oauth: options.addresses.oauth,
    credentials: options.credentials,
    clock: options.clock,
    timeoutMs: timeouts.readMs,
  })
  const reader = {
    tokens,
    timeoutMs: timeouts.readMs,
    random: options.random,
    sleep: options.sleep ?? sleepFor,
    logger,
    quota,
  }
  const address = (path: string) => new URL(`${VERSION}${path}`, base)

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
    const read = {
      url: address(`/customers/${route.customerId}/googleAds:search`),
      name: 'search',
      subject: customer(route.customerId),
      route,
      body: JSON.stringify(body),
      schema: pageSchema(query.row),
    }
    const answered = await readPatiently(reader, read, signal)
    const { results, fieldMask, totalResultsCount } = answered.value
    // "Nothing there" would be taken for deletions, so it must come from Google: `{}` is what a proxy says, too.
    const isMarked = results.length > 0 || answered.requestId !== '' || (fieldMask ?? totalResultsCount) !== undefined
    if (!isMarked) throw unreadable('empty, and without any mark of Google’s')
    return answered
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
      const url = address('/customers:listAccessibleCustomers')
      const read = { url, name: 'accessible', subject: APP, schema: accessibleSchema }
      const { value } = await readPatiently(reader, read, signal)
      return value.resourceNames.map((name) => name.slice('customers/'.length))
    },
    selectableWith: async (field, signal) => {
      const body = JSON.stringify({ query: `SELECT name, selectable_with WHERE name = '${field}'` })
      const url = address('/googleAdsFields:search')
      const read = { url, name: 'fields', subject: APP, body, schema: fieldPageSchema }
      const { value } = await readPatiently(reader, read, signal)
      const found = value.results.find((each) => each.name === field)
      return found === undefined ? undefined : new Set(found.selectableWith)
    },
    mutate: async (route, { service, body, isDryRun }, signal) => {
      // The last door: a dry run without its mark would be a write, and a write with it would be none.
      if (isMarkedDryRun(body) !== isDryRun)
        return { kind: 'not_sent', reason: 'the mark of a dry run is not in order' }
      const { headers, accessToken } = await headersFor(tokens, route, signal ?? new AbortController().signal)
      quota?.count(customer(route.customerId), isDryRun ? 'read' : 'write')
      const outcome = await writeOnce({
        url: address(`/customers/${route.customerId}/${service}:mutate`),
        headers,
        body,
        connectTimeoutMs: timeouts.connectMs,
        timeoutMs: timeouts.writeMs,
        maxBytes: MAX_WRITE_REPLY_BYTES,
        ...(signal === undefined ? {} : { signal }),
      })
      return afterWrite(outcome, () => {
        logger?.info('google_ads.mutate', { service, isDryRun, outcome: outcome.kind })
        if (outcome.kind !== 'answer') return outcome
        if (outcome.answer.status === 401) tokens.drop(accessToken)
        // Google's message may repeat what we sent, and it goes into the log: no token may be in it.
        return { ...outcome, answer: { ...outcome.answer, text: outcome.answer.text.replaceAll(accessToken, '•••') } }
      })
    },
    refreshGrant: (signal) => tokens.refresh(signal),
  }
}

/** Whether the body says `"validateOnly": true`, at the one place where Google looks for it. */
function isMarkedDryRun(body: string): boolean {
  const parsed: unknown = JSON.parse(body)
  return typeof parsed === 'object' && parsed !== null && 'validateOnly' in parsed && parsed.validateOnly === true
}
