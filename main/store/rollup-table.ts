/**
 * Sums of newly added facts, per entity and block of days and per account and day, added to the roll-ups in one step each instead of one per
 * fact. Facts that are changed or removed, or added without this, are summed by the triggers: the roll-ups never differ from the facts.
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
] as const
const ALWAYS_KNOWN = 3
const COUNTS = [
  'facts',
  ...ROLLED.slice(ALWAYS_KNOWN).map((name) => `${name.replace('_views', '').replace('_micros', '')}_known`),
  'window_known',
  'window_days',
  'window_squares',
  'window_approximated',
  'window_requested',
]
const BLOCK_DAYS = 16

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

/** The sums of one page. */
export class PageSums {
  readonly blocks = new Map<number, Map<number, Group>>()
  readonly days = new Map<number, Group>()

  add(entityKey: number, day: number, fact: RolledFact): void {
    const ofEntity = this.blocks.get(entityKey) ?? new Map<number, Group>()
    this.blocks.set(entityKey, ofEntity)
    addTo(groupOf(ofEntity, Math.floor(day / BLOCK_DAYS)), fact)
    addTo(groupOf(this.days, day), fact)
  }
  clear(): void {
    this.blocks.clear()
    this.days.clear()
  }
}

function groupOf(groups: Map<number, Group>, key: number): Group {
  const found = groups.get(key)
  if (found !== undefined) return found
  const made = { sums: ROLLED.map(() => 0n), counts: COUNTS.map(() => 0) }
  groups.set(key, made)
  return made
}

function addTo({ sums, counts }: Group, { values, clickWindowDays, windowSource }: RolledFact): void {
  counts[0] = (counts[0] ?? 0) + 1
  for (let k = 0; k < ROLLED.length; k += 1) {
    const value = values[k]
    if (value === null || value === undefined) continue
    sums[k] = (sums[k] ?? 0n) + value
    if (k >= ALWAYS_KNOWN) counts[k - ALWAYS_KNOWN + 1] = (counts[k - ALWAYS_KNOWN + 1] ?? 0) + 1
  }
  const windows = ROLLED.length - ALWAYS_KNOWN + 1
  const more = [
    clickWindowDays === null ? 0 : 1,
    clickWindowDays ?? 0,
    (clickWindowDays ?? 0) ** 2,
    windowSource === 'approximated' ? 1 : 0,
    windowSource === 'requested' ? 1 : 0,
  ]
  for (const [k, one] of more.entries()) counts[windows + k] = (counts[windows + k] ?? 0) + one
}

export function createRollupWriter(db: FactsDb) {
  const upsert = (table: string, keys: readonly string[]) => {
    const columns = [...ROLLED, ...COUNTS]
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
    /** Facts that `insert` adds are summed by `sums` alone. Call inside a transaction, which a throw must roll back. */
    withoutTriggers(
      sums: PageSums,
      scope: { readonly accountKey: number; readonly level: MetricLevel },
      insert: () => void,
    ): void {
      pause.run()
      insert()
      resume.run()
      for (const [entityKey, blocks] of sums.blocks)
        for (const [block, group] of blocks) addToBlock.run(entityKey, block, ...group.sums, ...group.counts)
      for (const [day, group] of sums.days)
        addToDay.run(scope.accountKey, scope.level, day, ...group.sums, ...group.counts)
    },
  }
}
