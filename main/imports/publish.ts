/**
 * From rows put aside to rows in place, and back out again. All or nothing by going on: a file whose rows were all put aside is finished, now
 * or at the next start, whatever happens in between; one whose rows were not leaves nothing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import { lastWeek } from '../reporting/week.ts'
import { createExchangeReader, createExchangeWriter } from '../store/exchange-table.ts'
import { factsReaders, factsWriters } from '../store/facts-tables.ts'
import { createImportedAccounts } from '../store/imported-account-table.ts'
import { createImportTable, type ImportFile } from '../store/import-table.ts'
import type { FactsDb } from '../store/open.ts'
import { RESTATEMENT_DAYS } from './accounts.ts'
import { type ImportPlan, readPlan, writePlan } from './plan.ts'
import type { EntityRow, StagedRow } from './staging.ts'
import { type Counted, ReportStore } from './store-report.ts'
import { createRowStore } from './store-rows.ts'

export interface PublisherDeps {
  readonly facts: FactsDb
  readonly clock: Clock
  /** Tells the log, once a file is in place. Told again for the same file after a crash, it must not record it twice. */
  readonly record: (file: ImportFile, plan: ImportPlan) => void
  /** The session is closing: what is left is done at the next start. */
  readonly isStopping: () => boolean
}

/** Read at once; a step takes as many of them as fit. */
const ROWS_READ = 300
const ROWS_AT_ONCE = 100
/** Each has some forty rates. */
const PUBLICATIONS_AT_ONCE = 12
const ROWS_CLEARED = 2_000
const ROWS_REMOVED = 400
const ENTITIES_SUMMED = 1_000

export type Publisher = ReturnType<typeof createPublisher>

export function createPublisher(deps: PublisherDeps) {
  const { facts, clock } = deps
  const imports = createImportTable(facts)
  const accounts = createImportedAccounts(facts)
  const read = factsReaders(facts)
  const write = factsWriters(facts)
  const rates = { ...createExchangeReader(facts), ...createExchangeWriter(facts) }
  const turn = async (): Promise<void> => {
    await nextTurn()
    if (deps.isStopping()) throw stopped()
  }

  async function clear(importId: string): Promise<void> {
    while (write.inTransaction(() => imports.clearRows(importId, ROWS_CLEARED))) await turn()
    await turn()
  }

  /** A report's store, its account made where need be, with everything taken up that was stored before. */
  async function reportStore(file: ImportFile, plan: ImportPlan): Promise<ReportStore> {
    const { account } = plan
    if (account === null) throw new Error('a report without an account')
    const accountKey = write.inTransaction(() => {
      const made = accounts.putAccount({ ...account, restatementDays: RESTATEMENT_DAYS[account.platform] })
      if (made !== undefined) imports.setAccount(file.importId, made)
      return made
    })
    if (accountKey === undefined) throw gone()
    const nowMs = (): number => clock.nowMs()
    const monotonicMs = (): number => clock.monotonicMs()
    const store = new ReportStore({ read, write, accounts, nowMs, monotonicMs }, file, plan, accountKey)
    for (let k = 0; k < plan.next; ) {
      const rows = imports.rows(file.importId, k, Math.min(ROWS_READ, plan.next - k)).map(({ json }) => parse(json))
      const entities = rows.filter((row): row is EntityRow => row.t === 'e')
      for (const row of entities) store.recall(row)
      // Entities come first.
      if (entities.length < rows.length || rows.length === 0) break
      k += rows.length
      await turn()
    }
    return store
  }

  /** Sums the last seven whole days anew, for lists that are sorted by them. */
  async function refreshWeeks(accountKey: number): Promise<void> {
    for (const type of METRIC_LEVELS) {
      const week = lastWeek(facts, accountKey, type)
      const summed = week.isCovered ? week : undefined
      for (let after: number | undefined = 0; after !== undefined; ) {
        const from: number = after
        after = write.inTransaction(() =>
          write.entityRows.refreshWeek({ accountKey, type }, summed, from, ENTITIES_SUMMED),
        )
        await turn()
      }
    }
  }

  type Step = (rows: readonly StagedRow[], counted: Counted) => number

  async function storeRows(file: ImportFile, first: ImportPlan, step: Step, finish: () => void): Promise<ImportPlan> {
    for (let plan = first; ; ) {
      const rows = imports.rows(file.importId, plan.next, ROWS_READ).map(({ json }) => parse(json))
      const counted: Counted = { rowsNew: 0, rowsChanged: 0, rowsSame: 0 }
      const before = plan
      plan = write.inTransaction(() => {
        const isLast = rows.length === 0
        const done = isLast ? 0 : step(rows, counted)
        if (isLast) finish()
        else if (done === 0) throw new Error('no row could be stored')
        const next: ImportPlan = { ...before, next: before.next + done, stage: isLast ? 'recording' : 'storing' }
        imports.advance(file.importId, { ...counted, planJson: writePlan(next) })
        return next
      })
      await turn()
      if (plan.stage === 'recording') return plan
    }
  }

  async function storeAll(file: ImportFile, plan: ImportPlan): Promise<ImportPlan> {
    if (file.kind !== 'platform_report') {
      const put = createRowStore({ write, rates }, file.importId, plan.timeZone)
      const step: Step = (rows, counted) => {
        const some = rows.slice(0, file.kind === 'rates' ? PUBLICATIONS_AT_ONCE : ROWS_AT_ONCE)
        put(some, counted)
        return some.length
      }
      return storeRows(file, plan, step, () => undefined)
    }
    const store = await reportStore(file, plan)
    return storeRows(
      file,
      plan,
      (rows, counted) => store.step(rows, counted),
      () => store.finish(),
    )
  }

  return {
    imports,
    accounts,
    /** Puts rows aside. Nothing of them is seen before `publish`. */
    async stage(
      file: Parameters<typeof imports.insert>[0],
      plan: ImportPlan,
      next: () => Promise<readonly string[]>,
    ): Promise<void> {
      const { importId } = file
      write.inTransaction(() => imports.insert({ ...file, planJson: writePlan({ ...plan, stage: 'staging' }) }))
      let k = 0
      for (let rows = await next(); rows.length > 0; rows = await next()) {
        const from = k
        const batch = rows
        write.inTransaction(() => imports.stage(importId, from, batch))
        k += batch.length
        await turn()
      }
      write.inTransaction(() =>
        imports.advance(importId, {
          planJson: writePlan({ ...plan, stage: 'storing' }),
          rowsNew: 0,
          rowsChanged: 0,
          rowsSame: 0,
        }),
      )
    },
    /** Takes back what was put aside. */
    async discard(importId: string): Promise<void> {
      await clear(importId)
      write.inTransaction(() => imports.remove(importId))
    },
    /** Puts every row in place that is not yet, tells the log, and forgets the rows put aside. @throws OperationError cancelled */
    async publish(importId: string): Promise<ImportFile> {
      const file = imports.byId(importId)
      if (file === undefined) throw new Error('a file to store is not there')
      let plan = readPlan(file.planJson)
      if (plan.stage === 'staging') throw new Error('the rows of this file are not all here')
      if (plan.stage === 'storing') plan = await storeAll(file, plan)
      const stored = imports.byId(importId) ?? file
      if (plan.stage === 'recording') {
        const accountKey = plan.account === null ? undefined : accounts.keyOf(plan.account.accountId)
        if (accountKey !== undefined) await refreshWeeks(accountKey)
        deps.record(stored, plan)
        plan = { ...plan, stage: 'clearing' }
        write.inTransaction(() =>
          imports.advance(importId, { planJson: writePlan(plan), rowsNew: 0, rowsChanged: 0, rowsSame: 0 }),
        )
      }
      await clear(importId)
      write.inTransaction(() => imports.finish(importId))
      return imports.byId(importId) ?? stored
    },
    /** Takes an imported account away, or goes on with it. @throws OperationError cancelled */
    async remove(accountKey: number): Promise<void> {
      write.inTransaction(() => accounts.markRemoving(accountKey))
      while (write.inTransaction(() => accounts.removeSome(accountKey, ROWS_REMOVED))) await turn()
    },
    removeOrders(): void {
      write.inTransaction(() => {
        write.orders.removeAll()
        imports.removeOrderFiles()
      })
    },
    /** What a crash left half-way. */
    leftovers: (): { readonly files: readonly ImportFile[]; readonly accounts: readonly number[] } => ({
      files: imports.storing(),
      accounts: accounts.removing(),
    }),
    accountKeyOf: (id: AccountId): number | undefined => accounts.keyOf(id),
  }
}

const parse = (json: string): StagedRow => JSON.parse(json) as StagedRow

function stopped(): OperationError {
  return new OperationError(
    'cancelled',
    'SpendSignoff is closing. What was begun is finished at the next start.',
    'Open the workspace again.',
    { retryable: true },
  )
}
function gone(): OperationError {
  return new OperationError(
    'account_not_available',
    'That account is connected, bills in another currency, or is being removed. Nothing was stored.',
    'Choose another name for the imported account.',
  )
}
