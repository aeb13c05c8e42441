/**
 * Sums of the facts of one page that were added, changed or removed, per entity and block of days and per account and day, brought to the
 * roll-ups in one step each instead of one per fact. Facts written without this are summed by the triggers: the roll-ups never differ from
 * the facts.
 */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsDb } from './open.ts'

/** What is summed, in the order of a fact's values; the first three are always known. */
export const ROLLED = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'click_conversion_micros',
  'view_conversion_micros',
  'engaged_conversion_micros',
  'click_value_micros',
  'view_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
  'engaged_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
] as const
const ALWAYS_KNOWN = 3
const SPEND = ROLLED.indexOf('spend_micros')
const CLICK_VALUE = ROLLED.indexOf('click_value_micros')
const MEASURED = ROLLED.length
/** `video_views` is counted by `video_known`, `click_value_micros` by `click_value_known`. */
export const knownColumn = (name: string): string => `${name.replace(/_(views|micros)$/, '')}_known`
/** Columns of both roll-ups behind their keys: the sums, and the small counts. */
const SUMS = [...ROLLED, 'measured_spend_micros'] as const
const COUNTS = [
  'facts',
  ...ROLLED.slice(ALWAYS_KNOWN).map(knownColumn),
  'window_known',
  'window_days',
  'window_squares',
  'window_approximated',
  'window_requested',
]
const WINDOWS = 1 + ROLLED.length - ALWAYS_KNOWN
export const BLOCK_DAYS = 16

/** One fact as the roll-ups see it; `values` begins with those of ROLLED. */
export interface RolledFact {
  readonly values: readonly (bigint | null)[]
  readonly clickWindowDays: number | null
  readonly windowSource: string | null
}

interface Group {
  readonly sums: bigint[]
  readonly counts: number[]
}

/** How much the sums of one page differ from those that are stored. */
class PageSums {
  readonly blocks = new Map<number, Map<number, Group>>()
  readonly days = new Map<number, Group>()

  add(entityKey: number, day: number, fact: RolledFact): void {
    this.#each(entityKey, day, (group) => count(group, fact, 1))
  }
  remove(entityKey: number, day: number, fact: RolledFact): void {
    this.#each(entityKey, day, (group) => count(group, fact, -1))
  }
  #each(entityKey: number, day: number, step: (group: Group) => void): void {
    const ofEntity = this.blocks.get(entityKey) ?? new Map<number, Group>()
    this.blocks.set(entityKey, ofEntity)
    step(groupOf(ofEntity, Math.floor(day / BLOCK_DAYS)))
    step(groupOf(this.days, day))
  }
}
export type { PageSums }

function groupOf(groups: Map<number, Group>, key: number): Group {
  const found = groups.get(key)
  if (found !== undefined) return found
  const made = { sums: SUMS.map(() => 0n), counts: COUNTS.map(() => 0) }
  groups.set(key, made)
  return made
}

function count({ sums, counts }: Group, { values, clickWindowDays, windowSource }: RolledFact, sign: 1 | -1): void {
  const addSum = (k: number, value: bigint): void => {
    sums[k] = sign === 1 ? (sums[k] ?? 0n) + value : (sums[k] ?? 0n) - value
  }
  const addCount = (k: number, value: number): void => {
    counts[k] = (counts[k] ?? 0) + sign * value
  }
  addCount(0, 1)
  for (let k = 0; k < ROLLED.length; k += 1) {
    const value = values[k]
    if (value === null || value === undefined) continue
    if (value !== 0n) addSum(k, value)
    if (k >= ALWAYS_KNOWN) addCount(k - ALWAYS_KNOWN + 1, 1)
  }
  if ((values[CLICK_VALUE] ?? null) !== null) addSum(MEASURED, values[SPEND] ?? 0n)
  if (clickWindowDays !== null) {
    addCount(WINDOWS, 1)
    addCount(WINDOWS + 1, clickWindowDays)
    addCount(WINDOWS + 2, clickWindowDays ** 2)
  }
  if (windowSource === 'approximated') addCount(WINDOWS + 3, 1)
  if (windowSource === 'requested') addCount(WINDOWS + 4, 1)
}

export function createRollupWriter(db: FactsDb) {
  const upsert = (table: string, keys: readonly string[]) => {
    const columns = [...SUMS, ...COUNTS]
    const all = [...keys, ...columns]
    return db.prepare(
      `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
       ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${columns.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`,
    )
  }
  const addToBlock = upsert('metric_block', ['entity_key', 'block'])
  const addToDay = upsert('metric_day', ['account_key', 'level', 'day'])
  const pause = db.prepare('INSERT INTO rollup_pause (is_on) VALUES (1)')
  const resume = db.prepare('DELETE FROM rollup_pause')
  return {
    /**
     * Facts that `work` adds, changes or removes count only as it says to the sums it is handed. Call inside a transaction, which a throw must
     * roll back.
     */
    withoutTriggers(
      scope: { readonly accountKey: number; readonly level: MetricLevel },
      work: (sums: PageSums) => void,
    ): void {
      const sums = new PageSums()
      pause.run()
      work(sums)
      resume.run()
      for (const [entityKey, blocks] of sums.blocks)
        for (const [block, group] of blocks) addToBlock.run(entityKey, block, ...group.sums, ...group.counts)
      for (const [day, group] of sums.days)
        addToDay.run(scope.accountKey, scope.level, day, ...group.sums, ...group.counts)
    },
  }
}
