/**
 * Which manager account leads to which account, found by walking everything the user was given access to. Kept in memory only; found again
 * by itself after a restart, and after Google says that a way is closed.
 */
import type { Account } from '../../../shared/domain/entity.ts'
import { accountId, type AccountId, splitAccountId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import { isZone } from '../days.ts'
import type { GoogleClient, Route } from './client.ts'
import { isCustomerRefusal, unknownEntity } from './codes.ts'
import { untilStopped } from './token.ts'
import { clientRowSchema, customerRowSchema, type WireClient } from './wire.ts'

/** One person's managers and accounts; more is not an advertiser but a mistake. */
const MAX_ROOTS = 1_000
const MAX_CLIENTS = 50_000
/** Roots are asked side by side, but not all at once. */
const AT_ONCE = 4
const MAX_SHARED_WAITS = 5

const CLIENT_FIELDS = [
  'id',
  'level',
  'manager',
  'descriptive_name',
  'currency_code',
  'time_zone',
  'status',
  'hidden',
  'test_account',
]
/** The whole tree below a customer, itself included (level 0): one request, however deep. */
const TREE = `SELECT ${CLIENT_FIELDS.map((field) => `customer_client.${field}`).join(', ')} FROM customer_client`
const SELF =
  'SELECT customer.id, customer.manager, customer.descriptive_name, customer.currency_code, customer.time_zone, customer.status, customer.test_account FROM customer LIMIT 1'

/** One way to an account. */
export interface Sighting {
  readonly root: { readonly id: string; readonly name: string }
  readonly client: WireClient
}
export interface Reached {
  readonly account: Account
  readonly route: Route
}

export interface Routing {
  /** Walks anew. Accounts in a stable order, each once. */
  listAccounts(signal: AbortSignal): Promise<readonly Account[]>
  /** From memory, else by walking once. @throws OperationError unknown_entity */
  reach(id: AccountId, signal: AbortSignal): Promise<Reached>
  /** Forgets the way to an account: the next call looks for one again. */
  forget(id: AccountId): void
}

const STATUS: Readonly<Record<string, Account['status']>> = {
  ENABLED: 'active',
  SUSPENDED: 'limited',
  CANCELED: 'disabled',
  CLOSED: 'disabled',
}

function statusOf(client: WireClient): Account['status'] {
  const status = STATUS[client.status ?? ''] ?? 'unknown'
  // Hidden accounts still run; they were only put away in the manager's list.
  return client.hidden && status === 'active' ? 'limited' : status
}

function byLevel(left: Sighting, right: Sighting): number {
  const [a, b] = [Number(left.client.level), Number(right.client.level)]
  if (a !== b) return a - b
  return compareIds(left.root.id, right.root.id)
}

/** By number, without ever making one of it. */
function compareIds(left: string, right: string): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)
}

/**
 * Accounts out of everything that was seen. An account reached on several ways appears once: direct access first, else the shortest way,
 * else the smaller manager id. Managers are not accounts. The manager shown is the nearest one that sees it, however it is reached.
 */
export function resolveAccounts(sightings: readonly Sighting[]): readonly Reached[] {
  const ways = new Map<string, Sighting[]>()
  for (const sighting of sightings) {
    const known = ways.get(sighting.client.id)
    if (known === undefined) ways.set(sighting.client.id, [sighting])
    else known.push(sighting)
  }
  const reached: Reached[] = []
  for (const [customerId, found] of ways) {
    const sorted = found.toSorted(byLevel)
    const [best] = sorted
    if (best === undefined || best.client.manager) continue
    const { client, root } = best
    const above = sorted.find((each) => each.root.id !== customerId)?.root
    const zone = client.timeZone
    reached.push({
      route: { customerId, loginCustomerId: root.id },
      account: {
        accountId: accountId('google_ads', customerId),
        platform: 'google_ads',
        name:
          client.descriptiveName === undefined || client.descriptiveName === '' ? customerId : client.descriptiveName,
        currency: client.currencyCode ?? '',
        timeZone: isZone(zone) ? zone : 'UTC',
        status: statusOf(client),
        rawStatus: [client.status ?? '', client.hidden ? 'hidden' : '', client.testAccount ? 'test account' : '']
          .filter((part) => part !== '')
          .join(', '),
        ...(above === undefined ? {} : { manager: { externalId: above.id, name: above.name } }),
      },
    })
  }
  return reached.toSorted((left, right) => compareIds(left.route.customerId, right.route.customerId))
}

export function createRouting(client: GoogleClient, logger?: Logger): Routing {
  let known = new Map<AccountId, Reached>()
  let underWay: Promise<readonly Reached[]> | undefined

  async function below(rootId: string, signal: AbortSignal): Promise<readonly Sighting[]> {
    const route = { customerId: rootId, loginCustomerId: rootId }
    const clients: WireClient[] = []
    for await (const page of client.search(route, { gaql: TREE, row: clientRowSchema }, signal)) {
      for (const row of page.rows) clients.push(row.customerClient)
      if (clients.length > MAX_CLIENTS)
        throw new OperationError(
          'result_too_large',
          'More than 50,000 accounts are reached through one manager.',
          'Connect with a user that has access to fewer of them.',
        )
    }
    let root = clients.find((each) => each.id === rootId)
    if (root === undefined) {
      // Some accounts do not list themselves; without their currency nothing could be read.
      const { rows } = await client.rows(route, { gaql: SELF, row: customerRowSchema }, signal)
      const self = rows[0]?.customer
      if (self?.id === rootId) {
        root = { ...self, level: '0', hidden: false }
        clients.push(root)
      }
    }
    const name = root?.descriptiveName ?? ''
    return clients.map((each) => ({ root: { id: rootId, name: name === '' ? rootId : name }, client: each }))
  }

  async function discover(signal: AbortSignal): Promise<readonly Reached[]> {
    const roots = [...new Set(await client.accessibleCustomers(signal))].toSorted(compareIds).slice(0, MAX_ROOTS)
    const sightings: Sighting[] = []
    let refusal: OperationError | undefined
    for (let start = 0; start < roots.length; start += AT_ONCE) {
      const batch = roots.slice(start, start + AT_ONCE).map(async (rootId) => {
        try {
          return await below(rootId, signal)
        } catch (error) {
          // A cancelled account, or a real one under test access, must not hide the healthy ones.
          if (!isCustomerRefusal(error)) throw error
          logger?.info('google_ads.closed_root', { code: String(error.details?.['platformCode']) })
          refusal ??= error
          return []
        }
      })
      for (const found of await Promise.all(batch)) sightings.push(...found)
    }
    if (sightings.length === 0 && refusal !== undefined) throw refusal
    const reached = resolveAccounts(sightings)
    known = new Map(reached.map((each) => [each.account.accountId, each]))
    return reached
  }

  /** Many accounts that are synchronised at once after a restart walk the tree once, together. */
  async function shared(signal: AbortSignal): Promise<readonly Reached[]> {
    for (let waits = 0; ; waits += 1) {
      if (underWay === undefined) {
        const started = discover(signal).finally(() => {
          if (underWay === started) underWay = undefined
        })
        started.catch(() => undefined)
        underWay = started
        return started
      }
      try {
        return await untilStopped(underWay, signal)
      } catch (error) {
        const wasStopped = error instanceof OperationError && error.code === 'cancelled'
        // Somebody else's stop is not ours.
        if (!wasStopped || signal.aborted || waits >= MAX_SHARED_WAITS) throw error
      }
    }
  }

  return {
    listAccounts: async (signal) => (await discover(signal)).map((each) => each.account),
    reach: async (id, signal) => {
      if (splitAccountId(id).platform !== 'google_ads') throw unknownEntity()
      const remembered = known.get(id)
      if (remembered !== undefined) return remembered
      await shared(signal)
      const found = known.get(id)
      if (found === undefined) throw unknownEntity()
      return found
    },
    forget: (id) => {
      known.delete(id)
    },
  }
}
