/**
 * The single steps of a sync: one listing, or one chunk of metrics, from the platform into facts.db. Each commits its pages as they come
 * and vouches for the whole only at the end, so that a kill at any moment leaves nothing lost and nothing counted twice.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Account } from '../../shared/domain/entity.ts'
import { ENTITY_TYPES, type EntityId, type EntityType, splitEntityId } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricFact } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import type { PlatformAdapter } from '../platforms/adapter.ts'
import { dateOf, dayOf, localDay, platformTime } from '../reporting/calendar.ts'
import { searchName } from '../reporting/untrusted.ts'
import { lastWeek } from '../reporting/week.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { Replacement, Windows } from '../store/entity-table.ts'
import type { FactsReaders, FactsWriters } from '../store/facts-tables.ts'
import type { PlacedFact, Pull } from '../store/metric-table.ts'
import type { FactsReadDb } from '../store/open.ts'
import type { UnsettledWrite } from '../store/outside-change-table.ts'
import { type Chunk, GAP_DAYS } from './plan.ts'

export interface PullDeps {
  readonly facts: FactsReadDb
  readonly read: FactsReaders
  readonly write: FactsWriters
  readonly clock: Clock
  readonly runId: number
  readonly signal: AbortSignal
  readonly unsettled: () => readonly UnsettledWrite[]
  /** Lets other work have its turn: to be awaited after every step that stores something. One for the whole run, see createTurns. */
  readonly turn: () => Promise<void>
  /** Told after every stored page. */
  readonly onRows: (rows: number) => void
}

/** How much is stored before other work gets its turn: each of these takes some ten milliseconds. */
const FACTS_AT_ONCE = 500
/** How many facts of one chunk may wait in memory to be stored in order. */
const FACTS_WAITING = 10_000
const STAGED_AT_ONCE = 300
const REPLACED_AT_ONCE = 100
const LOOKED_AT_ONCE = 2_000
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
  const { write, runId, clock, turn } = deps
  const { accountKey, accountId } = account
  const startedAtMs = clock.nowMs()
  await clearStaged(deps, accountKey, type)
  let count = 0
  for await (const page of adapter.listEntities(accountId, type, deps.signal)) {
    stopIfCancelled(deps.signal)
    count += page.length
    if (
      count > MAX_ENTITIES ||
      page.some((entity) => entity.accountId !== accountId || splitEntityId(entity.entityId).type !== type)
    )
      throw wrongAnswer(`The list of ${type.replace('_', ' ')}s held entries that were not asked for.`)
    for (let start = 0; start < page.length; start += STAGED_AT_ONCE) {
      write.inTransaction(() => write.entities.stage(accountKey, type, page.slice(start, start + STAGED_AT_ONCE)))
      await turn()
    }
  }
  stopIfCancelled(deps.signal)
  const rows = await replaceListed(deps, {
    accountKey,
    currency: account.currency,
    type,
    startedAtMs,
    fold: searchName,
  })
  // Before the listing counts as done: after a kill in between it is read again, and nothing lies about for good.
  await clearStaged(deps, accountKey, type)
  write.inTransaction(() => {
    write.sync.markListed(runId, accountId, `entities:${type}`, startedAtMs)
    if (ENTITY_TYPES.every((each) => write.sync.isListed(runId, accountId, `entities:${each}`)))
      write.accounts.setEntitiesAt(accountKey, write.sync.earliestStep(runId, accountId, 'entities:') ?? startedAtMs)
    write.sync.advance(runId, 1, rows)
  })
  deps.onRows(rows)
  await turn()
}

/**
 * The whole listing is here: it is stored in steps that leave other work its turn. Each entity is its old or its new self at any moment, and
 * a run that is killed half-way lists again.
 */
async function replaceListed(
  { write, clock, unsettled, turn }: PullDeps,
  listing: Omit<Replacement, 'nowMs' | 'unsettled'>,
): Promise<number> {
  let rows = 0
  // Asked anew for every step: the executor goes on writing meanwhile, and what it has just settled is known by its later reading.
  const now = (): Replacement => ({ ...listing, nowMs: clock.nowMs(), unsettled: unsettled() })
  for (let lastId = ''; ; ) {
    const done = write.inTransaction(() => write.entities.replaceStaged(now(), lastId, REPLACED_AT_ONCE))
    rows += done.count
    if (done.lastId === undefined) break
    lastId = done.lastId
    await turn()
  }
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after
    after = write.inTransaction(() => write.entities.dropUnseen(now(), from, LOOKED_AT_ONCE))
    await turn()
  }
  return rows
}

async function clearStaged({ write, turn }: PullDeps, accountKey: number, type: EntityType): Promise<void> {
  while (write.inTransaction(() => write.entities.clearStaged(accountKey, type, LOOKED_AT_ONCE))) await turn()
  await turn()
}

/** Lists the pixels and conversion actions of one account. Throws what the adapter throws. */
export async function pullTrackers(deps: PullDeps, account: StoredAccount, adapter: PlatformAdapter): Promise<void> {
  const { write, runId, clock, turn } = deps
  const startedAtMs = clock.nowMs()
  const trackers = await adapter.listTrackers(account.accountId, deps.signal)
  stopIfCancelled(deps.signal)
  if (trackers.some((tracker) => tracker.accountId !== account.accountId))
    throw wrongAnswer('The list of pixels and conversion actions held entries of another account.')
  write.inTransaction(() => {
    write.trackers.replace(account.accountKey, trackers, startedAtMs)
    write.sync.markListed(runId, account.accountId, 'trackers', startedAtMs)
    write.sync.advance(runId, 1, 0)
  })
  await turn()
}

/** Sums the last seven whole days of every campaign, ad group and ad anew, for lists that are sorted by them. */
export async function refreshWeeks({ write, facts, turn }: PullDeps, accountKey: number): Promise<void> {
  for (const type of METRIC_LEVELS) {
    const week = lastWeek(facts, accountKey, type)
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after
      after = write.inTransaction(() =>
        write.entityRows.refreshWeek({ accountKey, type }, week.isCovered ? week : undefined, from, LOOKED_AT_ONCE),
      )
      await turn()
    }
  }
}

/** Fetches one chunk of daily facts. Throws what the adapter throws. */
export async function pullMetrics(
  deps: PullDeps,
  account: StoredAccount,
  chunk: Chunk,
  adapter: PlatformAdapter,
): Promise<void> {
  const { write, runId, turn } = deps
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
    stored: write.metrics.storedDays(accountKey, chunk.level, chunk.startDay, chunk.endDay),
    seen: new Map(),
  }
  const place = placer(deps, account, pull)
  const request = { accountId, level: chunk.level, startDate: dateOf(chunk.startDay), endDate: dateOf(chunk.endDay) }
  let waiting: PlacedFact[] = []
  for await (const page of adapter.dailyMetrics(request, deps.signal)) {
    stopIfCancelled(deps.signal)
    for (const fact of page) waiting.push(place(fact))
    if (waiting.length < FACTS_WAITING) continue
    await storeFacts(deps, pull, waiting)
    waiting = []
  }
  stopIfCancelled(deps.signal)
  await storeFacts(deps, pull, waiting)
  stopIfCancelled(deps.signal)
  write.inTransaction(() => {
    write.metrics.finishPull(pull)
    write.sync.forgetDaysAfter(accountKey, today)
    write.sync.markFetched({ accountKey, ...chunk }, { runId, fetchedAtMs, today, firstOpenDay, restatementDays })
    const through = write.sync.completeThrough(accountKey, METRIC_LEVELS, today - GAP_DAYS)
    // With a level that has no days at all the run decides at its end whether the platform refuses it or it is still to come.
    if (through !== null) write.accounts.setCompleteThrough(accountKey, through)
    write.sync.advance(runId, 1, 0)
  })
  await turn()
}

/**
 * Stores facts in the order they lie in: a platform that reports day by day would otherwise touch every entity's place with every page.
 * Of facts that come twice the last word counts.
 */
async function storeFacts({ write, turn, runId, onRows }: PullDeps, pull: Pull, facts: PlacedFact[]): Promise<void> {
  facts.sort((a, b) => a.entityKey - b.entityKey || a.day - b.day)
  for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) {
    const part = facts.slice(start, start + FACTS_AT_ONCE)
    write.inTransaction(() => {
      write.metrics.storePage(pull, part)
      write.sync.advance(runId, 0, part.length)
    })
    onRows(part.length)
    await turn()
  }
}

/** Finds each fact's place, and refuses facts that do not belong to the request: they would be counted in the wrong account or day. */
function placer({ read, write }: PullDeps, account: StoredAccount, pull: Pull): (fact: MetricFact) => PlacedFact {
  const places = new Map<EntityId, Pick<PlacedFact, 'entityKey' | 'windows' | 'changedDay'>>()
  function placeOf(id: EntityId) {
    const known = places.get(id)
    if (known !== undefined) return known
    let entityKey = write.entities.keyOf(id)
    if (entityKey === undefined) {
      write.inTransaction(() => write.entities.addUnlisted(account.accountKey, account.accountId, id, pull.fetchedAtMs))
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

function changedDayOf({ modifiedAt }: Windows, timeZone: string): number | null {
  const atMs = platformTime(modifiedAt ?? undefined)
  return atMs === undefined ? null : localDay(atMs, timeZone)
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
