/**
 * Puts the rows of a platform's report in place, a few milliseconds' work at a time. Each step is whole or not there at all, and taking up the rows
 * after it at any later time ends the same: what a step stores does not hang on when it runs.
 */
import { METRIC_LEVELS, type MetricLevel } from '../../shared/domain/metric.ts'
import type { EntityId } from '../../shared/domain/ids.ts'
import { dateOf, localDay } from '../reporting/calendar.ts'
import { searchName } from '../reporting/untrusted.ts'
import type { FactsReaders, FactsWriters } from '../store/facts-tables.ts'
import type { ImportedAccounts, ImportedValues, StoredValues } from '../store/imported-account-table.ts'
import type { ImportFile } from '../store/import-table.ts'
import type { PlacedFact, Pull } from '../store/metric-table.ts'
import { RESTATEMENT_DAYS } from './accounts.ts'
import { createResolver, type Resolver } from './entities.ts'
import type { ImportPlan } from './plan.ts'
import { type DaysRow, type EntityRow, type FactRow, type StagedRow, type SumRow, WINDOW_DAYS } from './staging.ts'

export interface StoreDeps {
  readonly read: FactsReaders
  readonly write: FactsWriters
  readonly accounts: ImportedAccounts
  readonly nowMs: () => number
  readonly monotonicMs: () => number
}
export interface Counted {
  rowsNew: number
  rowsChanged: number
  rowsSame: number
}

const ENTITIES_AT_ONCE = 50
const FACTS_AT_ONCE = 150
const SUM_STEP_MS = 12
const CLEARED_AT_ONCE = 1_000
/** Whatever day an import begins with, days without a gap from there on count as complete. */
const SINCE_EVER = 0

type Account = NonNullable<ImportPlan['account']>
interface Placed {
  readonly entityId: EntityId
  readonly entityKey: number
  readonly level: MetricLevel
}

export class ReportStore {
  readonly #deps: StoreDeps
  readonly #file: ImportFile
  readonly #account: Account
  readonly #level: MetricLevel
  readonly #isDaily: boolean
  readonly #accountKey: number
  readonly #resolver: Resolver
  readonly #placed: Placed[] = []
  readonly #today: number
  readonly #firstOpenDay: number

  /** @param accountKey of the plan's account, which is there */
  constructor(deps: StoreDeps, file: ImportFile, plan: ImportPlan, accountKey: number) {
    if (plan.account === null || plan.level === null) throw new Error('a report without an account')
    this.#deps = deps
    this.#file = file
    this.#account = plan.account
    this.#level = plan.level
    this.#isDaily = plan.isDaily
    this.#accountKey = accountKey
    this.#resolver = createResolver(deps, plan.account.accountId, accountKey)
    this.#today = localDay(file.importedAtMs, plan.account.timeZone)
    this.#firstOpenDay = localDay(plan.asOfMs, plan.account.timeZone)
  }

  /** Takes up what an earlier start has stored. In the order of the rows. */
  recall(row: EntityRow): void {
    const id = this.#resolver.idOf(row)
    const entityKey = this.#deps.write.entities.keyOf(id)
    if (entityKey === undefined) throw new Error('an entity that was stored is not there')
    this.#placed.push({ entityId: id, entityKey, level: row.level })
  }

  /** Stores the first of the rows, as many as fit a step. Call inside a transaction. @returns how many */
  step(rows: readonly StagedRow[], counted: Counted): number {
    const kind = rows[0]?.t
    if (kind === 'e') return this.#entities(takeWhile(rows, isEntity, ENTITIES_AT_ONCE), counted)
    if (kind === 'f') return this.#facts(takeWhile(rows, isFact, FACTS_AT_ONCE), counted)
    if (kind === 's') return this.#sums(takeWhile(rows, isSum, FACTS_AT_ONCE))
    if (kind !== 'd') throw new Error('a row that does not belong to a report')
    this.#days(rows[0] as DaysRow)
    return 1
  }

  /** After the last row. Call inside a transaction. */
  finish(): void {
    const { write } = this.#deps
    const { importedAtMs } = this.#file
    const through = write.sync.completeThrough(this.#accountKey, METRIC_LEVELS, SINCE_EVER)
    write.accounts.setCompleteThrough(this.#accountKey, through)
    write.accounts.setEntitiesAt(this.#accountKey, importedAtMs)
    write.accounts.setSynced(this.#accountKey, importedAtMs, this.#deps.nowMs())
  }

  #entities(rows: readonly EntityRow[], counted: Counted): number {
    const { read, write } = this.#deps
    const level = rows[0]?.level ?? 'campaign'
    const ofLevel = takeWhile(rows, (row): row is EntityRow => row.level === level, rows.length)
    const found = ofLevel.map((row) => {
      const id = this.#resolver.idOf(row)
      const before = read.entities.byId(id)
      const entity = this.#resolver.entityOf(row, id)
      // Of a file without days, the campaigns are what is counted.
      if (!this.#isDaily) {
        const isSame = before?.status === entity.status && before.dailyBudgetMicros === entity.dailyBudgetMicros
        counted[before === undefined ? 'rowsNew' : isSame ? 'rowsSame' : 'rowsChanged'] += 1
      }
      return entity
    })
    const accountKey = this.#accountKey
    while (write.entities.clearStaged(accountKey, level, CLEARED_AT_ONCE)) continue
    write.entities.stage(accountKey, level, found)
    const what = {
      accountKey,
      currency: this.#account.currency,
      type: level,
      startedAtMs: this.#file.importedAtMs,
      nowMs: this.#deps.nowMs(),
      unsettled: [],
      fold: searchName,
    }
    for (let lastId: string | undefined = ''; lastId !== undefined; )
      lastId = write.entities.replaceStaged(what, lastId, ENTITIES_AT_ONCE).lastId
    while (write.entities.clearStaged(accountKey, level, CLEARED_AT_ONCE)) continue
    for (const { entityId } of found) {
      const entityKey = write.entities.keyOf(entityId)
      if (entityKey === undefined) throw new Error('an entity just stored is not there')
      this.#placed.push({ entityId, entityKey, level })
    }
    return ofLevel.length
  }

  #place(e: number): Placed {
    const found = this.#placed[e]
    if (found === undefined) throw new Error('a fact came before its entity')
    return found
  }

  #pull(level: MetricLevel, startDay: number): Pull {
    return {
      accountKey: this.#accountKey,
      level,
      startDay,
      endDay: startDay + WINDOW_DAYS - 1,
      fetchedAtMs: this.#file.importedAtMs,
      today: this.#today,
      firstOpenDay: this.#firstOpenDay,
      // A file holds what somebody chose to download: what is new on a day was not zero before.
      heldDays: new Set(),
      stored: new Map(),
      seen: new Map(),
    }
  }

  #facts(rows: readonly FactRow[], counted: Counted): number {
    const { accounts, write } = this.#deps
    const startDay = blockStart(rows[0]?.day ?? 0)
    const ofBlock = takeWhile(rows, (row): row is FactRow => blockStart(row.day) === startDay, rows.length)
    const pull = this.#pull(this.#level, startDay)
    const facts = ofBlock.map((row) => {
      const place = this.#place(row.e)
      const before = accounts.storedValues(place.entityKey, row.day)
      const values = row.v.map((value) => (value === null ? null : BigInt(value)))
      const [clickDays, viewDays] = row.w ?? [null, null]
      if (before !== undefined) setBit(pull.stored, place.entityKey, row.day - startDay)
      const isSame = before !== undefined && isEqual(before, { values, clickDays, viewDays })
      counted[before === undefined ? 'rowsNew' : isSame ? 'rowsSame' : 'rowsChanged'] += row.n
      accounts.unmarkSummed(place.entityKey, row.day)
      return this.#fact(place, row.day, values, row.w)
    })
    write.metrics.storePage(pull, facts)
    return ofBlock.length
  }

  #sums(rows: readonly SumRow[]): number {
    const since = this.#deps.monotonicMs()
    let done = 0
    for (const row of rows) {
      this.#sum(row)
      done += 1
      if (this.#deps.monotonicMs() - since > SUM_STEP_MS) break
    }
    return done
  }

  #sum({ e, start, bits }: SumRow): void {
    const { accounts, write } = this.#deps
    const place = this.#place(e)
    const endDay = start + WINDOW_DAYS - 1
    const summed = accounts.summedDays(place.entityKey, start, endDay)
    const isHere = (day: number): boolean => accounts.storedValues(place.entityKey, day) !== undefined
    const wanted = new Set<number>()
    const pull = this.#pull(place.level, start)
    for (let bit = 0; bit < WINDOW_DAYS; bit += 1) {
      const day = start + bit
      // What a file states for the entity itself is the platform's word, and stays.
      if (((bits >>> bit) & 1) === 0 || (!summed.has(day) && isHere(day))) continue
      wanted.add(day)
      if (summed.has(day)) setBit(pull.stored, place.entityKey, bit)
    }
    if (wanted.size === 0) return
    const known = new Set([...wanted].filter((day) => summed.has(day)))
    if (known.size > 0)
      accounts.raiseByNew(place, this.#level, { startDay: start, endDay, atMs: this.#file.importedAtMs }, known)
    const sums = accounts.sumsBelow(place.entityId, start, endDay).filter(({ day }) => wanted.has(day))
    write.metrics.storePage(
      pull,
      sums.map(({ day, values, hasWindow, clickDays, viewDays }) =>
        this.#fact(place, day, values, hasWindow ? [clickDays, viewDays] : null),
      ),
    )
    for (const { day } of sums) accounts.markSummed(place.entityKey, day)
  }

  #fact({ entityId, entityKey, level }: Placed, day: number, values: ImportedValues, window: FactRow['w']): PlacedFact {
    const [spend, impressions, clicks, video, reach, click, clickValue, view, viewValue, engaged, engagedValue] = values
    const [reported, reportedValue, click1d, click1dValue, click28d, click28dValue] = values.slice(11)
    const { accountId, platform, currency } = this.#account
    const whole = (value: bigint | null | undefined): number | null =>
      value === null || value === undefined ? null : Number(value)
    return {
      entityKey,
      day,
      windows: { clickDays: null, viewDays: null, isKnown: false, modifiedAt: null },
      changedDay: null,
      fact: {
        platform,
        accountId,
        level,
        entityId,
        date: dateOf(day),
        currency,
        spendMicros: spend ?? 0n,
        impressions: whole(impressions) ?? 0,
        clicks: whole(clicks) ?? 0,
        videoViews: whole(video),
        reach: whole(reach),
        clickConversionMicros: click ?? null,
        clickValueMicros: clickValue ?? null,
        viewConversionMicros: view ?? null,
        viewValueMicros: viewValue ?? null,
        engagedViewConversionMicros: engaged ?? null,
        engagedViewValueMicros: engagedValue ?? null,
        reportedConversionMicros: reported ?? null,
        reportedValueMicros: reportedValue ?? null,
        click1dConversionMicros: click1d ?? null,
        click1dValueMicros: click1dValue ?? null,
        click28dConversionMicros: click28d ?? null,
        click28dValueMicros: click28dValue ?? null,
        ...(window === null
          ? {}
          : { window: { clickDays: window[0], viewDays: window[1], source: 'entity_setting' as const } }),
      },
    }
  }

  #days({ start, end }: DaysRow): void {
    const { write } = this.#deps
    const how = {
      runId: 0,
      fetchedAtMs: this.#file.importedAtMs,
      today: this.#today,
      firstOpenDay: this.#firstOpenDay,
      restatementDays: RESTATEMENT_DAYS[this.#account.platform],
    }
    for (const level of METRIC_LEVELS)
      write.sync.markFetched({ accountKey: this.#accountKey, level, startDay: start, endDay: end }, how)
  }
}

const isEntity = (row: StagedRow): row is EntityRow => row.t === 'e'
const isFact = (row: StagedRow): row is FactRow => row.t === 'f'
const isSum = (row: StagedRow): row is SumRow => row.t === 's'
const blockStart = (day: number): number => Math.floor(day / WINDOW_DAYS) * WINDOW_DAYS

function takeWhile<T extends StagedRow, R extends T>(
  rows: readonly T[],
  fits: (row: T) => row is R,
  most: number,
): readonly R[] {
  const taken: R[] = []
  for (const row of rows) {
    if (taken.length >= most || !fits(row)) break
    taken.push(row)
  }
  return taken
}

function setBit(bits: Map<number, number>, entityKey: number, bit: number): void {
  bits.set(entityKey, (bits.get(entityKey) ?? 0) | (1 << bit))
}

function isEqual(a: StoredValues, b: StoredValues): boolean {
  return (
    a.clickDays === b.clickDays &&
    a.viewDays === b.viewDays &&
    a.values.every((value, k) => value === (b.values[k] ?? null))
  )
}
