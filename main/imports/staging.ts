/**
 * A parsed file as the rows it waits in until it is stored: entities first, then facts, then what is summed from them, then the days that are
 * held. Pure; knows no database: where a row belongs is found when it is stored.
 */
import { METRIC_LEVELS, type MetricLevel } from '../../shared/domain/metric.ts'
import type { ImportedClaim, ImportedFact, ImportedOrder, ImportedRate, NamedEntity } from './parsed.ts'
import { dayOf } from '../reporting/calendar.ts'
import { ownId } from './accounts.ts'

/** Days that one fact-writing step may span. */
export const WINDOW_DAYS = 30
/** Days that one step vouches for. */
const MAX_RANGE_DAYS = 100
/** Facts that one summing step reads, roughly. */
const SUMMED_AT_ONCE = 3_000

export interface EntityRow {
  readonly t: 'e'
  readonly level: MetricLevel
  /** From the campaign down. */
  readonly path: readonly NamedEntity[]
  readonly status?: 'enabled' | 'paused' | 'deleted'
  readonly budget?: string
}
export interface FactRow {
  readonly t: 'f'
  /** Place of its entity's row. */
  readonly e: number
  readonly day: number
  /** Rows of the file it was put together from. */
  readonly n: number
  /** In the order of IMPORTED_VALUES, as decimal texts. */
  readonly v: readonly (string | null)[]
  /** Click and view window in days; null: the file does not say. */
  readonly w: readonly [click: number | null, view: number | null] | null
}
/** A fact of an entity above the file's own level, to be summed from what lies below it. Bit k of `bits`: day `start` + k. */
export interface SumRow {
  readonly t: 's'
  readonly e: number
  readonly start: number
  readonly bits: number
}
export interface DaysRow {
  readonly t: 'd'
  readonly start: number
  readonly end: number
}
export interface OrderRow {
  readonly t: 'o'
  readonly order: Omit<ImportedOrder, 'netValueMicros'> & { readonly netValueMicros: string }
}
export interface ClaimRow {
  readonly t: 'c'
  readonly claim: ImportedClaim
}
export interface RateRow {
  readonly t: 'r'
  readonly day: number
  /** Units per euro times 10^8. */
  readonly rates: readonly (readonly [currency: string, perEuroE8: string])[]
}
export type StagedRow = EntityRow | FactRow | SumRow | DaysRow | OrderRow | ClaimRow | RateRow

export interface Storable {
  readonly level: MetricLevel
  readonly facts: readonly ImportedFact[]
  /** False: the rows are no days, and only what they say of campaigns is stored. */
  readonly isDaily: boolean
}

const texts = (values: readonly (bigint | number | null | undefined)[]): (string | null)[] =>
  values.map((value) => (value === null || value === undefined ? null : value.toString()))

function valuesOf(fact: ImportedFact): (string | null)[] {
  return texts([
    fact.spendMicros,
    fact.impressions,
    fact.clicks,
    fact.videoViews,
    fact.reach,
    fact.clickConversionMicros,
    fact.clickValueMicros,
    fact.viewConversionMicros,
    fact.viewValueMicros,
    fact.engagedViewConversionMicros,
    null,
    fact.reportedConversionMicros,
    fact.reportedValueMicros,
    fact.click1dConversionMicros,
    fact.click1dValueMicros,
    fact.click28dConversionMicros,
    fact.click28dValueMicros,
  ])
}
/** Place of reach, which is never added up. */
const REACH = 4

const windowOf = ({ clickWindowDays, viewWindowDays }: ImportedFact): FactRow['w'] =>
  clickWindowDays === null && viewWindowDays === null ? null : [clickWindowDays, viewWindowDays]

function pathOf(fact: ImportedFact, level: MetricLevel): NamedEntity[] {
  const parts = [fact.campaign, level === 'campaign' ? undefined : fact.adGroup, level === 'ad' ? fact.ad : undefined]
  return parts.filter((part) => part !== undefined)
}

interface FoundEntity {
  readonly level: MetricLevel
  path: readonly NamedEntity[]
  /** Of the newest row that named it: names and budgets change. */
  newest: string
  status: EntityRow['status']
  budget: string | undefined
  readonly parent: FoundEntity | undefined
  k: number
}

/** A part that is numbered is the same under another name; one that is not is its name. */
const keyOf = (level: MetricLevel, path: readonly NamedEntity[]): string =>
  JSON.stringify([level, ...path.map((part) => ownId(part) ?? `n ${part.name}`)])

function collect({ level, facts }: Storable): Map<string, FoundEntity> {
  const found = new Map<string, FoundEntity>()
  const add = (fact: ImportedFact, at: MetricLevel): FoundEntity => {
    const path = pathOf(fact, at)
    const key = keyOf(at, path)
    // Without an ad group of its own an ad lies directly below its campaign.
    const above = at === 'ad' && fact.adGroup !== undefined ? 'ad_group' : 'campaign'
    const parent = at === 'campaign' ? undefined : add(fact, above)
    // Of rows of the same day any order of the file gives the same answer.
    const newest = JSON.stringify([fact.endDate, path, fact.status, fact.dailyBudgetMicros?.toString()])
    const known = found.get(key)
    const entity = known ?? { level: at, path, newest: '', status: undefined, budget: undefined, parent, k: 0 }
    if (known === undefined) found.set(key, entity)
    if (newest >= entity.newest) {
      entity.newest = newest
      entity.path = path
      if (at === 'campaign' && level === 'campaign') {
        if (fact.status !== undefined && fact.status !== 'unknown') entity.status = fact.status
        if (fact.dailyBudgetMicros !== undefined) entity.budget = fact.dailyBudgetMicros.toString()
      }
    }
    return entity
  }
  for (const fact of facts) add(fact, level)
  return found
}

/** All rows of a platform's report, in the order they are to be stored. */
export function* stageReport(what: Storable): Generator<StagedRow> {
  const found = collect(what)
  const entities = [...found.entries()]
    .toSorted(([a, one], [b, two]) => depth(one.level) - depth(two.level) || (a < b ? -1 : 1))
    .map(([, entity]) => entity)
  for (const [k, entity] of entities.entries()) {
    entity.k = k
    const { level, path, status, budget } = entity
    yield {
      t: 'e',
      level,
      path,
      ...(status === undefined ? {} : { status }),
      ...(budget === undefined ? {} : { budget }),
    }
  }
  if (!what.isDaily) return
  const facts = mergeFacts(what, found)
  facts.sort((a, b) => block(a.day) - block(b.day) || a.e - b.e || a.day - b.day)
  yield* facts
  yield* sumsAbove(facts, entities)
  yield* dayRanges(facts.map(({ day }) => day))
}

const depth = (level: MetricLevel): number => METRIC_LEVELS.indexOf(level)
const block = (day: number): number => Math.floor(day / WINDOW_DAYS)

/** One fact per entity and day: rows of a hidden breakdown, or of ads that share a name, are added up. */
function mergeFacts({ level, facts }: Storable, found: ReadonlyMap<string, FoundEntity>): FactRow[] {
  const merged = new Map<string, FactRow>()
  for (const fact of facts) {
    const entity = found.get(keyOf(level, pathOf(fact, level)))
    const day = dayOf(fact.startDate)
    if (entity === undefined || day === undefined) throw new Error('a fact without its entity or day')
    const row: FactRow = { t: 'f', e: entity.k, day, n: 1, v: valuesOf(fact), w: windowOf(fact) }
    const key = `${entity.k} ${day}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? row : added(known, row))
  }
  return [...merged.values()]
}

function added(a: FactRow, b: FactRow): FactRow {
  const isSameWindow = a.w?.[0] === b.w?.[0] && a.w?.[1] === b.w?.[1]
  return {
    ...a,
    n: a.n + b.n,
    v: a.v.map((value, k) => {
      const other = b.v[k] ?? null
      return value === null || other === null || k === REACH ? null : (BigInt(value) + BigInt(other)).toString()
    }),
    w: isSameWindow ? a.w : [null, null],
  }
}

function* sumsAbove(facts: readonly FactRow[], entities: readonly FoundEntity[]): Generator<SumRow> {
  // By entity and block: the days, and how many facts lie below them.
  const sums = new Map<string, { entity: FoundEntity; block: number; bits: number; facts: number }>()
  for (const { e, day } of facts)
    for (let above = entities[e]?.parent; above !== undefined; above = above.parent) {
      const key = `${above.k} ${block(day)}`
      const sum = sums.get(key) ?? { entity: above, block: block(day), bits: 0, facts: 0 }
      sum.bits |= 1 << (day - sum.block * WINDOW_DAYS)
      sum.facts += 1
      sums.set(key, sum)
    }
  const inOrder = [...sums.values()].toSorted(
    (a, b) => depth(b.entity.level) - depth(a.entity.level) || a.block - b.block || a.entity.k - b.entity.k,
  )
  for (const { entity, block: at, bits, facts: count } of inOrder) {
    const pieceDays = Math.max(1, Math.floor((WINDOW_DAYS * SUMMED_AT_ONCE) / Math.max(SUMMED_AT_ONCE, count)))
    for (let from = 0; from < WINDOW_DAYS; from += pieceDays) {
      const piece = (bits >>> from) & (2 ** pieceDays - 1)
      if (piece !== 0) yield { t: 's', e: entity.k, start: at * WINDOW_DAYS + from, bits: piece }
    }
  }
}

/** Stretches without a gap: a day that is not in the file stays missing. */
function* dayRanges(days: readonly number[]): Generator<DaysRow> {
  let start: number | undefined
  let end = 0
  for (const day of [...new Set(days)].toSorted((a, b) => a - b)) {
    const isNext = start !== undefined && day === end + 1 && day - start < MAX_RANGE_DAYS
    if (start !== undefined && !isNext) yield { t: 'd', start, end }
    if (!isNext) start = day
    end = day
  }
  if (start !== undefined) yield { t: 'd', start, end }
}

export function* stageOrders(orders: readonly ImportedOrder[]): Generator<OrderRow> {
  for (const order of orders) yield { t: 'o', order: { ...order, netValueMicros: order.netValueMicros.toString() } }
}
export function* stageClaims(claims: readonly ImportedClaim[]): Generator<ClaimRow> {
  for (const claim of claims) yield { t: 'c', claim }
}
/** One row a publication. */
export function* stageRates(rates: readonly ImportedRate[]): Generator<RateRow> {
  const byDay = new Map<number, Map<string, string>>()
  for (const { currency, date, perEuroE8 } of rates) {
    const day = dayOf(date)
    if (day === undefined) continue
    const ofDay = byDay.get(day) ?? new Map<string, string>()
    byDay.set(day, ofDay.set(currency, perEuroE8.toString()))
  }
  for (const [day, ofDay] of byDay) yield { t: 'r', day, rates: [...ofDay] }
}
