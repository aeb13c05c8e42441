/** The product's own facts.db, encrypted, filled through the product's own writers in the steps in which a sync stores. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { IMPORT_CONNECTION } from '../../shared/schemas/imports.ts'
import type { EntityId, Platform } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricFact, type MetricLevel } from '../../shared/domain/metric.ts'
import { dayOf } from '../../main/reporting/calendar.ts'
import { factsReaders, type FactsWriters, factsWriters } from '../../main/store/facts-tables.ts'
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

export class ProductStore {
  readonly file: string
  readonly key: Uint8Array = randomBytes(32)
  readonly facts: FactsDb
  readonly #world: BenchWorld
  readonly #write: FactsWriters
  readonly #accountKeys: ReadonlyMap<string, number>
  readonly #entityKeys = new Map<EntityId, number>()

  constructor(folder: string, world: BenchWorld) {
    this.file = join(folder, 'facts.db')
    this.facts = openFacts(this.file, this.key)
    this.#world = world
    this.#write = factsWriters(this.facts)
    this.#write.inTransaction(() => {
      this.#write.accounts.replaceListing(IMPORT_CONNECTION, RUN, 28, world.accounts)
      this.#write.sync.openRun(730, NOW_MS, undefined)
    })
    const stored = factsReaders(this.facts).accounts.all()
    this.#accountKeys = new Map(stored.map((account) => [account.accountId, account.accountKey]))
    for (const account of world.accounts) listEntities(this.facts, account, this.#keyOf(account))
    const entities = this.facts.prepare<[], { entity_id: EntityId; entity_key: number }>(
      'SELECT entity_id, entity_key FROM entity',
    )
    for (const row of entities.iterate()) this.#entityKeys.set(row.entity_id, row.entity_key)
  }

  #keyOf(account: BenchAccount): number {
    return this.#accountKeys.get(account.accountId) ?? 0
  }

  /** Every account's levels in chunks of 30 days. */
  *chunks(): Generator<Chunk> {
    for (const account of this.#world.accounts)
      for (const level of METRIC_LEVELS)
        for (let startDay = FIRST_DAY; startDay <= LAST_DAY; startDay += 30) {
          const endDay = Math.min(startDay + 29, LAST_DAY)
          yield { account, accountKey: this.#keyOf(account), level, startDay, endDay }
        }
  }

  /** The facts of a chunk with their places, in the order in which a sync stores them. */
  placed({ account, level, startDay, endDay }: Chunk, version = 0): readonly PlacedFact[] {
    const place = (fact: MetricFact): PlacedFact => ({
      entityKey: this.#entityKeys.get(fact.entityId) ?? 0,
      day: dayOf(fact.date) ?? 0,
      windows: WINDOWS,
      changedDay: 0,
      fact,
    })
    return factsOf(account, level, startDay, endDay, version)
      .map(place)
      .toSorted((a, b) => a.entityKey - b.entityKey || a.day - b.day)
  }

  /** Stores one chunk. @returns milliseconds of storing alone */
  store(chunk: Chunk, facts: readonly PlacedFact[]): number {
    const before = performance.now()
    const pull = this.#begin(chunk)
    for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) this.#step(pull, facts, start)
    this.#end(chunk, pull)
    return performance.now() - before
  }

  /** The same, leaving others their turn after every step, as a sync does. */
  async storePolitely(chunk: Chunk, facts: readonly PlacedFact[]): Promise<void> {
    const pull = this.#begin(chunk)
    for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) {
      this.#step(pull, facts, start)
      await nextTurn()
    }
    this.#end(chunk, pull)
    await nextTurn()
  }

  /** Stores another version of the last `days` days of a platform. @returns how many facts, and the milliseconds of storing */
  async reimport(platform: Platform, days: number, version: number): Promise<{ facts: number; ms: number }> {
    const work: { readonly chunk: Chunk; readonly facts: readonly PlacedFact[] }[] = []
    for (const account of this.#world.accounts.filter((each) => each.platform === platform))
      for (const level of METRIC_LEVELS) {
        const startDay = LAST_DAY - days + 1
        const chunk: Chunk = { account, accountKey: this.#keyOf(account), level, startDay, endDay: LAST_DAY }
        work.push({ chunk, facts: this.placed(chunk, version) })
        await nextTurn()
      }
    const before = performance.now()
    for (const { chunk, facts } of work) await this.storePolitely(chunk, facts)
    return { facts: work.reduce((sum, { facts }) => sum + facts.length, 0), ms: performance.now() - before }
  }

  #begin(chunk: Chunk): Pull {
    const { accountKey, level, startDay, endDay } = chunk
    const held = this.#write.sync.heldDays(accountKey, level, startDay, endDay)
    return {
      ...chunk,
      fetchedAtMs: NOW_MS,
      today: TODAY,
      firstOpenDay: TODAY,
      heldDays: new Set(held.filter((row) => row.wasOver).map((row) => row.day)),
      stored: this.#write.metrics.storedDays(accountKey, level, startDay, endDay),
      seen: new Map(),
    }
  }

  #step(pull: Pull, facts: readonly PlacedFact[], start: number): void {
    this.#write.inTransaction(() => this.#write.metrics.storePage(pull, facts.slice(start, start + FACTS_AT_ONCE)))
  }

  #end(chunk: Chunk, pull: Pull): void {
    const { fetchedAtMs, today, firstOpenDay } = pull
    this.#write.inTransaction(() => {
      this.#write.metrics.finishPull(pull)
      this.#write.sync.markFetched(chunk, { runId: RUN, fetchedAtMs, today, firstOpenDay, restatementDays: 28 })
      this.#write.accounts.setCompleteThrough(chunk.accountKey, LAST_DAY)
      this.#write.accounts.setSynced(chunk.accountKey, NOW_MS, NOW_MS)
    })
  }
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
