/**
 * Google Ads as functions: who may do what, searching, listing. Knows no HTTP: the REST server and the tests' gRPC server
 * both stand in front of it.
 */
import { createHash } from 'node:crypto'
import { type ApiFailure, denied, invalid } from './failure.ts'
import { type Plan, planQuery } from './gaql-plan.ts'
import { parseQuery } from './gaql-parse.ts'
import { fieldMask, fieldWriter, runPlan } from './gaql-run.ts'
import { fieldCatalog } from './field-service.ts'
import { createMutator, type MutateRequest, type MutateService } from './mutate.ts'
import { isRecord } from './proto-json.ts'
import type { Customer } from './types.ts'
import type { GoogleWorld } from './world.ts'

/** Who asks, after the access token was accepted. */
export interface Caller {
  /** E-mail of the user or service account. */
  readonly email: string
  /** Header login-customer-id, digits only. */
  readonly loginCustomerId: string | undefined
}

export interface SearchResult {
  readonly results: readonly unknown[]
  readonly nextPageToken?: string
  readonly totalResultsCount?: string
  readonly fieldMask: string
}

export interface StreamResult {
  readonly fieldMask: string
  /** Batches of rows as JSON objects, worked out one after the other. */
  readonly batches: Iterable<readonly unknown[]>
}

export interface GoogleApi {
  listAccessibleCustomers(): { readonly resourceNames: readonly string[] }
  search(caller: Caller, customerId: string, body: unknown): SearchResult
  searchStream(caller: Caller, customerId: string, body: unknown): StreamResult
  searchFields(body: unknown): unknown
  mutate(caller: Caller, customerId: string, service: MutateService, request: MutateRequest): unknown
  /** Rows of a page or stream chunk; 10,000 at Google. */
  setPageRows(rows: number): void
  /** The signed-in user's role becomes read-only: reads work, mutates are not permitted. */
  setReadOnly(isReadOnly: boolean): void
}

const GOOGLE_PAGE = 10_000
const PAGE_LIFE_MS = 3_600_000
const MAX_PAGES_KEPT = 8

function textOf(body: unknown, name: string): string | undefined {
  const value = isRecord(body) ? body[name] : undefined
  return typeof value === 'string' ? value : undefined
}

interface Kept {
  readonly rows: readonly unknown[]
  readonly offset: number
  readonly query: string
  readonly customerId: string
  readonly expiresAtMs: number
}

/** The API over one world. `baseUrl` is asked late: it is known only once the server listens. */
export function createGoogleApi(world: GoogleWorld, baseUrl: () => string): GoogleApi {
  let pageRows = GOOGLE_PAGE
  let isReadOnly = false
  let serial = 0
  const pages = new Map<string, Kept>()
  const mutator = createMutator(world)

  /** @throws ApiFailure unless the caller reaches the account the way it says it does */
  function reach(caller: Caller, customerId: string): Customer {
    if (!/^\d{10}$/.test(customerId)) throw invalid('requestError.INVALID_CUSTOMER_ID', 'Invalid customer ID.')
    const login = caller.loginCustomerId
    if (login !== undefined && !/^\d{10}$/.test(login))
      throw invalid('headerError.INVALID_LOGIN_CUSTOMER_ID', 'The login customer ID in the header is not valid.')
    const customer = world.customer(customerId)
    const root = login ?? customerId
    const isReached =
      customer !== undefined && world.directIds.has(root) && world.subtree(root).some((each) => each.id === customerId)
    if (customer === undefined || !isReached)
      throw denied(
        'authorizationError.USER_PERMISSION_DENIED',
        "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer id must be set in the 'login-customer-id' header.",
      )
    if (customer.status !== 'ENABLED')
      throw denied(
        'authorizationError.CUSTOMER_NOT_ENABLED',
        "The customer account can't be accessed because it is not yet enabled or has been deactivated.",
      )
    return customer
  }

  function planOf(
    caller: Caller,
    customerId: string,
    body: unknown,
  ): { plan: Plan; customer: Customer; query: string } {
    const customer = reach(caller, customerId)
    const query = textOf(body, 'query')
    if (query === undefined || query.trim() === '')
      throw invalid('requestError.REQUIRED_FIELD_MISSING', 'The field query is required.')
    return { plan: planQuery(parseQuery(query), customer, world.now(customer).date), customer, query }
  }

  function nextPage(token: string, customerId: string, query: string): Kept {
    const kept = pages.get(token)
    if (kept === undefined) throw invalid('requestError.INVALID_PAGE_TOKEN', 'The page token is invalid.')
    if (kept.query !== query || kept.customerId !== customerId)
      throw invalid('requestError.INVALID_PAGE_TOKEN', 'The page token belongs to another request.')
    if (kept.expiresAtMs <= world.nowMs())
      throw invalid('requestError.EXPIRED_PAGE_TOKEN', 'The page token has expired.')
    return kept
  }

  function keep(page: Kept): string {
    serial += 1
    const token = createHash('sha256').update(`page:${world.seed}:${serial}`).digest('base64url').slice(0, 32)
    if (pages.size >= MAX_PAGES_KEPT) pages.delete(pages.keys().next().value ?? '')
    pages.set(token, page)
    return token
  }

  function search(caller: Caller, customerId: string, body: unknown): SearchResult {
    if (isRecord(body) && (body['pageSize'] ?? body['page_size']) !== undefined)
      throw invalid('requestError.PAGE_SIZE_NOT_SUPPORTED', 'Setting the page size is not supported.')
    const { plan, customer, query } = planOf(caller, customerId, body)
    const mask = fieldMask(plan)
    const isValidateOnly = isRecord(body) && (body['validateOnly'] ?? body['validate_only']) === true
    if (isValidateOnly) return { results: [], fieldMask: mask }
    const settings = isRecord(body) ? (body['searchSettings'] ?? body['search_settings']) : undefined
    const isSet = (name: string, other: string) => isRecord(settings) && (settings[name] ?? settings[other]) === true
    const token = textOf(body, 'pageToken') ?? textOf(body, 'page_token') ?? ''
    const known = token === '' ? undefined : nextPage(token, customerId, query)
    const rows = known?.rows ?? Array.from(runPlan(plan, customer, world, baseUrl()), fieldWriter(plan.output))
    const start = known?.offset ?? 0
    const end = start + pageRows
    const total = isSet('returnTotalResultsCount', 'return_total_results_count')
      ? { totalResultsCount: String(rows.length) }
      : {}
    if (isSet('omitResults', 'omit_results')) return { results: [], fieldMask: mask, ...total }
    const more =
      end < rows.length
        ? { nextPageToken: keep({ rows, offset: end, query, customerId, expiresAtMs: world.nowMs() + PAGE_LIFE_MS }) }
        : {}
    return { results: rows.slice(start, end), fieldMask: mask, ...more, ...total }
  }

  function* batchesOf(rows: Iterable<unknown>): Generator<readonly unknown[]> {
    let batch: unknown[] = []
    for (const row of rows) {
      batch.push(row)
      if (batch.length < pageRows) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  return {
    listAccessibleCustomers: () => ({ resourceNames: [...world.directIds].map((id) => `customers/${id}`) }),
    search,
    searchStream: (caller, customerId, body) => {
      const { plan, customer } = planOf(caller, customerId, body)
      const write = fieldWriter(plan.output)
      function* written() {
        for (const row of runPlan(plan, customer, world, baseUrl())) yield write(row)
      }
      return { fieldMask: fieldMask(plan), batches: batchesOf(written()) }
    },
    searchFields: (body) => fieldCatalog(textOf(body, 'query') ?? ''),
    mutate: (caller, customerId, service, request) => {
      const customer = reach(caller, customerId)
      if (isReadOnly) throw notPermitted()
      if (customer.isManager)
        throw invalid(
          'requestError.CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT',
          'A manager account cannot make this request.',
        )
      return mutator(customer, service, request, { userEmail: caller.email, clientType: 'GOOGLE_ADS_API' })
    },
    setPageRows: (rows) => {
      pageRows = Math.max(1, Math.min(GOOGLE_PAGE, Math.trunc(rows)))
    },
    setReadOnly: (wanted) => {
      isReadOnly = wanted
    },
  }
}

function notPermitted(): ApiFailure {
  return denied('authorizationError.ACTION_NOT_PERMITTED', 'The user does not have permission to perform this action.')
}
