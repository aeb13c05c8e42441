/** Paging, single look-ups and the small cache of account facts behind the adapter's reads. Never writes. */
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { type AccountId, splitAccountId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { MetaClient, QueryValue, Received } from './client.ts'
import { isTooMuch, unknownEntity, unreadable } from './codes.ts'
import { type AccountFacts, accountFacts, type Minimums, minimumsOf } from './editable.ts'
import * as wire from './wire.ts'

/** Far above any account; beyond it a reply is nonsense, not data. */
const MAX_PAGES = 5000
/** Meta says "reduce the amount of data" to big pages; below this size it means something else. */
const SMALLEST_PAGE = 5
/** An account's currency and zone never change; roles and minimum budgets do, at leisure. */
const ACCOUNT_FRESH_MS = 600_000

/** Nothing of the business: that would need a permission of its own. */
const ACCOUNT_FIELDS = 'id,account_status,currency,timezone_name,min_daily_budget,user_tasks'

export type Query = Readonly<Record<string, QueryValue>>

export interface Listing<T extends z.ZodType> {
  readonly path: string
  readonly query: Query
  readonly item: T
  readonly subject: string
  /** Stops with the page that reaches it, without an error; for what is only nice to have. */
  readonly maxRows?: number
  /** Rows per page below which "too much data" is given up on; 5 unless told. */
  readonly smallestPage?: number
  /** Whether "too much data" on the very first page is for the caller to solve, with a smaller question. */
  readonly isSplittable?: boolean
}

export interface MetaReads {
  /** All pages of a listing, in order. `paging.next` is never followed: it is an address from the network, and holds a token. */
  pages<T extends z.ZodType>(listing: Listing<T>, signal: AbortSignal): AsyncGenerator<readonly z.infer<T>[]>
  /** All rows of a short listing. */
  all<T extends z.ZodType>(listing: Listing<T>, signal: AbortSignal): Promise<readonly z.infer<T>[]>
  /** One object of the account, read now. @throws OperationError unknown_entity when it is not there, or in another account */
  node<T extends z.ZodType<{ id: string; account_id?: string | undefined }>>(
    account: AccountId,
    externalId: string,
    fields: string,
    schema: T,
    signal: AbortSignal,
  ): Promise<Received<z.infer<T>>>
  /** What decides over a whole account. At most ten minutes old, or `isFresh`. */
  account(id: AccountId, signal: AbortSignal, isFresh?: boolean): Promise<AccountFacts>
  /** Smallest daily budgets, minor units turned to micros. At most ten minutes old. */
  minimums(id: AccountId, signal: AbortSignal): Promise<Minimums>
}

/** Meta's own id of an account, digits only. @throws OperationError unknown_entity for another platform's account */
export function digitsOf(id: AccountId): string {
  const { platform, externalId } = splitAccountId(id)
  if (platform !== 'meta') throw unknownEntity()
  return externalId
}

interface Kept<T> {
  readonly value: T
  readonly atMs: number
}

export function createMetaReads(client: MetaClient, clock: Clock, pageSize: number): MetaReads {
  const accounts = new Map<string, Kept<AccountFacts>>()
  const minima = new Map<string, Kept<Minimums>>()
  const isFresh = (kept: Kept<unknown> | undefined): boolean =>
    kept !== undefined && clock.monotonicMs() - kept.atMs < ACCOUNT_FRESH_MS

  async function* pages<T extends z.ZodType>(listing: Listing<T>, signal: AbortSignal) {
    const schema = wire.pageOf(listing.item)
    const seen = new Set<string>()
    let limit = pageSize
    let after: string | undefined
    let rows = 0
    const smallest = Math.min(pageSize, listing.smallestPage ?? SMALLEST_PAGE)
    for (let page = 0; page < MAX_PAGES; ) {
      const query = { ...listing.query, limit, ...(after === undefined ? {} : { after }) }
      let received: wire.WirePage<z.infer<T>>
      try {
        received = (await client.get({ ...listing, query, schema, signal })).data
      } catch (error) {
        const isCallers = listing.isSplittable === true && after === undefined
        if (!isTooMuch(error) || isCallers || limit <= smallest) throw error
        limit = Math.max(smallest, Math.floor(limit / 2))
        continue
      }
      yield received.data
      page += 1
      rows += received.data.length
      if (listing.maxRows !== undefined && rows >= listing.maxRows) return
      // Only a missing `next` ends a listing: pages may be short or empty in the middle.
      if (received.paging?.next === undefined) return
      after = received.paging.cursors?.after
      if (after === undefined) throw unreadable('a further page without a cursor')
      if (seen.has(after)) throw unreadable('a cursor that does not move on')
      seen.add(after)
    }
    throw unreadable('more pages than any account has')
  }

  async function all<T extends z.ZodType>(listing: Listing<T>, signal: AbortSignal): Promise<readonly z.infer<T>[]> {
    const rows: z.infer<T>[] = []
    for await (const page of pages(listing, signal)) rows.push(...page)
    return rows
  }

  async function account(id: AccountId, signal: AbortSignal, mustBeFresh = false): Promise<AccountFacts> {
    const subject = digitsOf(id)
    const kept = accounts.get(subject)
    if (kept !== undefined && !mustBeFresh && isFresh(kept)) return kept.value
    const query = { fields: ACCOUNT_FIELDS }
    const { data } = await client.get({ path: `/act_${subject}`, query, schema: wire.accountSchema, subject, signal })
    if (data.id !== `act_${subject}`) throw unreadable('another account than asked for')
    const value = accountFacts(data)
    accounts.set(subject, { value, atMs: clock.monotonicMs() })
    return value
  }

  return {
    pages,
    all,
    account,
    node: async (id, externalId, fields, schema, signal) => {
      const subject = digitsOf(id)
      const found = await client.get({ path: `/${externalId}`, query: { fields }, schema, subject, signal })
      const { id: foundId, account_id: owner } = found.data
      if (foundId !== externalId) throw unreadable('another object than asked for')
      if (owner !== undefined && owner !== subject) throw unknownEntity()
      return found
    },
    minimums: async (id, signal) => {
      const subject = digitsOf(id)
      const kept = minima.get(subject)
      if (kept !== undefined && isFresh(kept)) return kept.value
      const facts = await account(id, signal)
      let rows: readonly wire.WireMinimumBudget[] = []
      try {
        const path = `/act_${subject}/minimum_budgets`
        rows = await all({ path, query: {}, item: wire.minimumBudgetSchema, subject }, signal)
      } catch (error) {
        // Without the table the account's own minimum serves; Meta checks again in the dry run.
        if (!(error instanceof OperationError) || error.code !== 'platform_refused') throw error
      }
      const value = minimumsOf(facts, rows)
      minima.set(subject, { value, atMs: clock.monotonicMs() })
      return value
    },
  }
}
