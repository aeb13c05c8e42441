/** The tables of facts.db, with every statement prepared once per connection. Adds no SQL of its own. */
import { createAccountReader, createAccountWriter } from './account-table.ts'
import { createEntityReader, createEntityWriter } from './entity-table.ts'
import { createEntityList } from './entity-list.ts'
import { createMetricReader } from './metric-query.ts'
import { createEntityRowReader, createEntityRowWriter } from './entity-row-table.ts'
import { createMetricWriter } from './metric-table.ts'
import type { FactsDb, FactsReadDb } from './open.ts'
import { createOrderReader, createOrderWriter } from './order-table.ts'
import { createOutsideChangeReader } from './outside-change-table.ts'
import { createReportReader } from './report-query.ts'
import { createRestatementReader } from './restatement-table.ts'
import { createCoverageReader, createSyncWriter } from './sync-table.ts'
import { createTrackerReader, createTrackerWriter } from './tracker-table.ts'

export type FactsReaders = ReturnType<typeof prepareReaders>
export type FactsWriters = ReturnType<typeof prepareWriters>

// Keyed by connection, and gone with it.
const readers = new WeakMap<FactsReadDb, FactsReaders>()
const writers = new WeakMap<FactsDb, FactsWriters>()

export function factsReaders(facts: FactsReadDb): FactsReaders {
  const known = readers.get(facts)
  if (known !== undefined) return known
  const made = prepareReaders(facts)
  readers.set(facts, made)
  return made
}

export function factsWriters(facts: FactsDb): FactsWriters {
  const known = writers.get(facts)
  if (known !== undefined) return known
  const made = prepareWriters(facts)
  writers.set(facts, made)
  return made
}

function prepareReaders(facts: FactsReadDb) {
  return {
    accounts: createAccountReader(facts),
    entities: createEntityReader(facts),
    entityList: createEntityList(facts),
    entityRows: createEntityRowReader(facts),
    outsideChanges: createOutsideChangeReader(facts),
    trackers: createTrackerReader(facts),
    metrics: createMetricReader(facts),
    reports: createReportReader(facts),
    restatements: createRestatementReader(facts),
    coverage: createCoverageReader(facts),
    orders: createOrderReader(facts),
  }
}

function prepareWriters(facts: FactsDb) {
  return {
    accounts: createAccountWriter(facts),
    entities: createEntityWriter(facts),
    entityRows: createEntityRowWriter(facts),
    trackers: createTrackerWriter(facts),
    metrics: createMetricWriter(facts),
    orders: createOrderWriter(facts),
    sync: createSyncWriter(facts),
    /** All of `work` or none of it, on disk when this returns. */
    inTransaction: <T>(work: () => T): T => facts.transaction(work).immediate(),
  }
}
