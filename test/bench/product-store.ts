/** The product's own facts.db, encrypted, filled through the product's own writers in the steps in which a sync stores. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { IMPORT_CONNECTION } from '../../shared/schemas/imports.ts'
import type { EntityId, Platform } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricFact, type MetricLevel } from '../../shared/domain/metric.ts'
import { dayOf } from '../../main/reporting/calendar.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import type { PlacedFact, Pull } from '../../main/store/metric-table.ts'
import { type FactsDb, openFacts } from '../../main/store/open.ts'
import type { Windows } from '../../main/store/entity-table.ts'
import { type BenchAccount, type BenchWorld, entitiesOf, factsOf, FIRST_DAY, LAST_DAY, NOW_MS, TODAY } from './world.ts'

/** As many as a sync stores at once. */
export const FACTS_AT_ONCE = 500
const WINDOWS: Windows = { clickDays: 7, viewDays: 1, isKnown: true, modifiedAt: null }
const RUN = 1

export interface Chunk {
  readonly account: BenchAccount
  readonly accountKey: number
  readonly level: MetricLevel
  readonly startDay: number
  readonly endDay: number
}

export interface ProductStore {
  readonly file: string
  readonly key: Uint8Array
  readonly facts: FactsDb
  /** Every account's levels in chunks of 30 days. */
  chunks(): Generator<Chunk>
  placed(chunk: Chunk, version?: number): readonly PlacedFact[]
  /** Stores one chunk. @returns milliseconds of storing alone */
  store(chunk: Chunk, facts: readonly PlacedFact[]): number
  /** The same, leaving others their turn after every step, as a sync does. */
  storePolitely(chunk: Chunk, facts: readonly PlacedFact[]): Promise<void>
  /** Stores another version of the last `days` days of a platform. @returns how many facts */
  reimport(platform: Platform, days: number, version: number): Promise<{ readonly facts: number; readonly ms: number }>
}

export function createProductStore(folder: string, world: BenchWorld): ProductStore {
  const file = join(folder, 'facts.db')
  const key = randomBytes(32)
  const facts = openFacts(file, key)
  const write = factsWriters(facts)
  write.inTransaction(() => {
    write.accounts.replaceListing(IMPORT_CONNECTION, RUN, 28, world.accounts)
    write.sync.openRun(730, NOW_MS, undefined)
  })
  const keyOf = new Map(
    factsReaders(facts)
      .accounts.all()
      .map((account) => [account.accountId, account.accountKey]),
  )
  const entityKeys = new Map<EntityId, number>()
  for (const account of world.accounts) listEntities(facts, account, keyOf.get(account.accountId) ?? 0)
  for (const row of facts.prepare('SELECT entity_id, entity_key FROM entity').iterate() as Iterable<{
    entity_id: EntityId
    entity_key: number
  }>)
    entityKeys.set(row.entity_id, row.entity_key)

  const place = (fact: MetricFact): PlacedFact => ({
    entityKey: entityKeys.get(fact.entityId) ?? 0,
    day: dayOf(fact.date) ?? 0,
    windows: WINDOWS,
    changedDay: 0,
    fact,
  })
  const placed = ({ account, level, startDay, endDay }: Chunk, version = 0): readonly PlacedFact[] =>
    factsOf(account, level, startDay, endDay, version)
      .map(place)
      .toSorted((a, b) => a.entityKey - b.entityKey || a.day - b.day)

  function begin(chunk: Chunk): Pull {
    const held = write.sync.heldDays(chunk.accountKey, chunk.level, chunk.startDay, chunk.endDay)
    return {
      ...chunk,
      fetchedAtMs: NOW_MS,
      today: TODAY,
      firstOpenDay: TODAY,
      heldDays: new Set(held.filter((row) => row.wasOver).map((row) => row.day)),
      stored: write.metrics.storedDays(chunk.accountKey, chunk.level, chunk.startDay, chunk.endDay),
      seen: new Map(),
    }
  }
  const step = (pull: Pull, facts: readonly PlacedFact[], start: number): void =>
    write.inTransaction(() => write.metrics.storePage(pull, facts.slice(start, start + FACTS_AT_ONCE)))
  function end(chunk: Chunk, pull: Pull): void {
    write.inTransaction(() => {
      write.metrics.finishPull(pull)
      const { fetchedAtMs, today, firstOpenDay } = pull
      write.sync.markFetched(chunk, { runId: RUN, fetchedAtMs, today, firstOpenDay, restatementDays: 28 })
      write.accounts.setCompleteThrough(chunk.accountKey, LAST_DAY)
      write.accounts.setSynced(chunk.accountKey, NOW_MS, NOW_MS)
    })
  }

  const store: ProductStore = {
    file,
    key,
    facts,
    *chunks() {
      for (const account of world.accounts)
        for (const level of METRIC_LEVELS)
          for (let startDay = FIRST_DAY; startDay <= LAST_DAY; startDay += 30)
            yield {
              account,
              accountKey: keyOf.get(account.accountId) ?? 0,
              level,
              startDay,
              endDay: Math.min(startDay + 29, LAST_DAY),
            }
    },
    placed,
    store(chunk, facts) {
      const before = performance.now()
      const pull = begin(chunk)
      for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) step(pull, facts, start)
      end(chunk, pull)
      return performance.now() - before
    },
    async storePolitely(chunk, facts) {
      const pull = begin(chunk)
      for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) {
        step(pull, facts, start)
        await nextTurn()
      }
      end(chunk, pull)
      await nextTurn()
    },
    async reimport(platform, days, version) {
      const work = world.accounts
        .filter((account) => account.platform === platform)
        .flatMap((account) =>
          METRIC_LEVELS.map((level): Chunk => {
            const accountKey = keyOf.get(account.accountId) ?? 0
            return { account, accountKey, level, startDay: LAST_DAY - days + 1, endDay: LAST_DAY }
          }),
        )
        .map((chunk) => ({ chunk, facts: placed(chunk, version) }))
      await nextTurn()
      const before = performance.now()
      for (const { chunk, facts } of work) await store.storePolitely(chunk, facts)
      return {
        facts: work.reduce((sum, { facts }) => sum + facts.length, 0),
        ms: performance.now() - before,
      }
    },
  }
  return store
}

function listEntities(facts: FactsDb, account: BenchAccount, accountKey: number): void {
  const write = factsWriters(facts)
  for (const type of METRIC_LEVELS)
    write.inTransaction(() => {
      write.entities.stage(accountKey, type, entitiesOf(account, type))
      const listing = { accountKey, currency: 'EUR', type, startedAtMs: NOW_MS, nowMs: NOW_MS, unsettled: [] }
      write.entities.replaceStaged({ ...listing, fold: (name) => name.toLowerCase() }, '', 1_000_000)
      write.entities.clearStaged(accountKey, type, 1_000_000)
    })
}
