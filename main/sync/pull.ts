/**
 * The single steps of a sync: one listing, or one chunk of metrics, from the platform into facts.db. Each commits its pages as they come
 * and vouches for the whole only at the end, so that a kill at any moment leaves nothing lost and nothing counted twice.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { Account } from '../../shared/domain/entity.ts'
import { type EntityId, type EntityType, splitEntityId } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricFact } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import type { PlatformAdapter } from '../platforms/adapter.ts'
import { dateOf, dayOf, localDay } from '../reporting/calendar.ts'
import { searchName } from '../reporting/untrusted.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { Windows } from '../store/entity-table.ts'
import type { FactsReaders, FactsWriters } from '../store/facts-tables.ts'
import type { PlacedFact, Pull } from '../store/metric-table.ts'
import { type Chunk, GAP_DAYS } from './plan.ts'

export interface PullDeps {
  readonly read: FactsReaders
  readonly write: FactsWriters
  readonly clock: Clock
  readonly runId: number
  readonly signal: AbortSignal
  /** Told after every stored page. */
  readonly onRows: (rows: number) => void
}

/** More than this of one type in one account is a fault of the answer, not an account. */
const MAX_ENTITIES = 200_000
const MAX_CACHED_PLACES = 50_000
/** In an error's details: we refused the answer, not the platform the question. */
export const WRONG_ANSWER = 'wrong_answer'

/** Lists the accounts of one connection. Throws what the adapter throws. */
export async function pullAccounts(deps: PullDeps, connectionId: string, adapter: PlatformAdapter): Promise<void> {
  const { write, runId } = deps
  const accounts: readonly Account[] = await adapter.listAccounts(deps.signal)
  stopIfCancelled(deps.signal)
  write.inTransaction(() => {
    write.accounts.replaceListing(connectionId, runId, adapter.restatementDays, accounts)
    write.sync.markListed(runId, connectionId, 'accounts', deps.clock.nowMs())
    write.sync.advance(runId, 1, 0)
  })
}

/** Lists all entities of one type and puts them in place of what was stored. Throws what the adapter throws. */
export async function pullEntities(
  deps: PullDeps,
  account: StoredAccount,
  type: EntityType,
  adapter: PlatformAdapter,
): Promise<void> {
  const { write, runId, clock } = deps
  const { accountKey, accountId } = account
  const startedAtMs = clock.nowMs()
  write.entities.clearStaged(accountKey, type)
  let count = 0
  for await (const page of adapter.listEntities(accountId, type, deps.signal)) {
    stopIfCancelled(deps.signal)
    count += page.length
    if (
      count > MAX_ENTITIES ||
      page.some((entity) => entity.accountId !== accountId || splitEntityId(entity.entityId).type !== type)
    )
      throw wrongAnswer(`The list of ${type.replace('_', ' ')}s held entries that were not asked for.`)
    write.inTransaction(() => {
      write.entities.stage(accountKey, type, page)
    })
    await nextTurn()
  }
  stopIfCancelled(deps.signal)
  write.inTransaction(() => {
    const rows = write.entities.replaceFromStaged(accountKey, type, startedAtMs, searchName)
    write.sync.markListed(runId, accountId, `entities:${type}`, startedAtMs)
    if (type === 'creative') write.accounts.setEntitiesAt(accountKey, startedAtMs)
    write.sync.advance(runId, 1, rows)
    count = rows
  })
  deps.onRows(count)
  await nextTurn()
}

/** Fetches one chunk of daily facts. Throws what the adapter throws. */
export async function pullMetrics(
  deps: PullDeps,
  account: StoredAccount,
  chunk: Chunk,
  adapter: PlatformAdapter,
): Promise<void> {
  const { write, runId } = deps
  const { accountKey, accountId, restatementDays } = account
  const fetchedAtMs = deps.clock.nowMs()
  const today = localDay(fetchedAtMs, account.timeZone)
  const firstOpenDay = localDay(fetchedAtMs - adapter.metricSettleMs, account.timeZone)
  const held = write.sync.heldDays(accountKey, chunk.level, chunk.startDay, chunk.endDay)
  const pull: Pull = {
    ...chunk,
    accountKey,
    fetchedAtMs,
    today,
    firstOpenDay,
    heldDays: new Set(held.filter((row) => row.wasOver).map((row) => row.day)),
    seen: new Map(),
  }
  const place = placer(deps, account, pull)
  const request = { accountId, level: chunk.level, startDate: dateOf(chunk.startDay), endDate: dateOf(chunk.endDay) }
  for await (const page of adapter.dailyMetrics(request, deps.signal)) {
    stopIfCancelled(deps.signal)
    write.inTransaction(() => {
      write.metrics.storePage(pull, page.map(place))
      write.sync.advance(runId, 0, page.length)
    })
    deps.onRows(page.length)
    await nextTurn()
  }
  stopIfCancelled(deps.signal)
  write.inTransaction(() => {
    write.metrics.finishPull(pull)
    write.sync.markFetched({ accountKey, ...chunk }, { runId, fetchedAtMs, today, firstOpenDay, restatementDays })
    const through = write.sync.completeThrough(accountKey, METRIC_LEVELS, today - GAP_DAYS)
    // With a level that has no days at all the run decides at its end whether the platform refuses it or it is still to come.
    if (through !== null) write.accounts.setCompleteThrough(accountKey, through)
    write.sync.advance(runId, 1, 0)
  })
  await nextTurn()
}

/** Finds each fact's place, and refuses facts that do not belong to the request: they would be counted in the wrong account or day. */
function placer({ read, write }: PullDeps, account: StoredAccount, pull: Pull): (fact: MetricFact) => PlacedFact {
  const places = new Map<EntityId, Pick<PlacedFact, 'entityKey' | 'windows' | 'changedDay'>>()
  function placeOf(id: EntityId) {
    const known = places.get(id)
    if (known !== undefined) return known
    let entityKey = write.entities.keyOf(id)
    if (entityKey === undefined) {
      write.entities.addUnlisted(account.accountKey, account.accountId, id, pull.fetchedAtMs)
      entityKey = write.entities.keyOf(id)
      if (entityKey === undefined) throw new Error('an entity just stored is not there')
    }
    const windows = read.entities.windowsOf(id)
    const found = { entityKey, windows, changedDay: changedDayOf(windows, account.timeZone) }
    if (places.size >= MAX_CACHED_PLACES) places.clear()
    places.set(id, found)
    return found
  }
  return (fact) => {
    const day = dayOf(fact.date)
    const owner = splitEntityId(fact.entityId)
    if (
      day === undefined ||
      day < pull.startDay ||
      day > pull.endDay ||
      fact.level !== pull.level ||
      owner.type !== pull.level ||
      owner.accountId !== account.accountId ||
      fact.currency !== account.currency
    )
      throw wrongAnswer('A report held rows of another account, level, day or currency than was asked for.')
    return { ...placeOf(fact.entityId), day, fact }
  }
}

/** Platforms give the time of a change in UTC, "2026-11-23 09:00:00". */
function changedDayOf({ modifiedAt }: Windows, timeZone: string): number | null {
  if (modifiedAt === null || !/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}/.test(modifiedAt)) return null
  const atMs = Date.parse(`${modifiedAt.slice(0, 10)}T${modifiedAt.slice(11, 19)}Z`)
  return Number.isNaN(atMs) ? null : localDay(atMs, timeZone)
}

export function stopIfCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new OperationError('cancelled', 'The sync was stopped.', 'Start it again; it goes on where it stopped.', {
    retryable: true,
  })
}

function wrongAnswer(message: string): OperationError {
  return new OperationError(
    'platform_refused',
    `${message} Nothing of it was kept.`,
    'Try again later; if it stays, report it with the time.',
    { details: { reason: WRONG_ANSWER } },
  )
}
