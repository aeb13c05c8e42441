/**
 * Metric facts as they come in: the only SQL that writes them. A fact is keyed by entity and day and is overwritten by a later fetch, never
 * added to it; what moved on a day that was already over is recorded as a restatement. The roll-ups follow.
 */
import type { MetricFact, MetricLevel, WindowSource } from '../../shared/domain/metric.ts'
import type { Windows } from './entity-table.ts'
import type { FactsDb } from './open.ts'
import { createRollupWriter, ROLLED, type RolledFact } from './rollup-table.ts'

/** The longest chunk: its days fit the bits of one number. */
export const MAX_CHUNK_DAYS = 30

/** One pull of one account's level over at most 30 days, from its first page to its last. */
export interface Pull {
  readonly accountKey: number
  readonly level: MetricLevel
  readonly startDay: number
  readonly endDay: number
  /** When the request was made, and which day it was then in the account's zone. */
  readonly fetchedAtMs: number
  readonly today: number
  /** The first day that was not over then: today, or just after midnight still yesterday. */
  readonly firstOpenDay: number
  /** Days that had been fetched, over, before this pull: what changes on them is a restatement. */
  readonly heldDays: ReadonlySet<number>
  /** Per entity, the days that are stored, as bits; see storedDays. */
  readonly stored: Map<number, number>
  /** Per entity, the days that came, as bits. */
  readonly seen: Map<number, number>
}

/** A fact with its place: the entity's key, the day, and the windows it is counted by. */
export interface PlacedFact {
  readonly entityKey: number
  readonly day: number
  readonly windows: Windows
  /** The day, in the account's calendar, on which what the windows were read from was last changed; null when not known. */
  readonly changedDay: number | null
  readonly fact: MetricFact
}

/** The columns of a fact that a platform gives, in the order they are bound. The first are those that are rolled up. */
const VALUES = [...ROLLED, 'reach'] as const
const at = (name: (typeof VALUES)[number]): number => VALUES.indexOf(name)
const SPEND = at('spend_micros')
const CLICK = at('click_conversion_micros')
const VIEW = at('view_conversion_micros')
const CLICK_VALUE = at('click_value_micros')
/** What a restatement is about; late reach or video counts are not news, and neither is what only the platform's screen counts. */
const MONEY_AND_CONVERSIONS = [
  SPEND,
  CLICK,
  VIEW,
  at('engaged_conversion_micros'),
  CLICK_VALUE,
  at('view_value_micros'),
]
const BOOKKEEPING = [
  'click_window_days',
  'view_window_days',
  'window_source',
  'fetched_at_ms',
  'first_seen_at_ms',
  'first_spend_micros',
  'first_click_conversion_micros',
  'first_click_value_micros',
] as const
/** Bound at once; the rest of a page goes one by one. */
const ROWS_AT_ONCE = 25

type Values = readonly (bigint | null)[]

interface Bookkeeping {
  click_window_days: number | null
  view_window_days: number | null
  window_source: WindowSource | null
  fetched_at_ms: number
  first_seen_at_ms: number | null
  first_spend_micros: bigint | null
  first_click_conversion_micros: bigint | null
  first_click_value_micros: bigint | null
}

interface StoredFact {
  readonly values: Values
  readonly kept: Bookkeeping
}

interface Move {
  facts: number
  spend: bigint
  click: bigint
  view: bigint
  value: bigint
}

export type MetricWriter = ReturnType<typeof createMetricWriter>

export function createMetricWriter(db: FactsDb) {
  const columns = [...VALUES, ...BOOKKEEPING]
  const stored = db
    .prepare<[number, number], (bigint | string | null)[]>(
      `SELECT ${columns.join(', ')} FROM metric_fact WHERE entity_key = ? AND day = ?`,
    )
    .safeIntegers()
    .raw()
  const insertRows = (rows: number) =>
    db.prepare(
      `INSERT INTO metric_fact (entity_key, day, ${columns.join(', ')})
       VALUES ${Array.from({ length: rows }, () => `(?, ?, ${columns.map(() => '?').join(', ')})`).join(', ')}`,
    )
  const insertOne = insertRows(1)
  const insertMany = insertRows(ROWS_AT_ONCE)
  const where = 'WHERE entity_key = ? AND day = ?'
  const change = db.prepare(`UPDATE metric_fact SET ${assign(columns)} ${where}`)
  // Names no column of a roll-up, so that the triggers stay asleep for the many facts that did not move.
  const untriggered = ['view_window_days', 'fetched_at_ms', 'first_seen_at_ms', ...FIRST] as const
  const touch = db.prepare(`UPDATE metric_fact SET ${assign(untriggered)} ${where}`)
  const remove = db.prepare(`DELETE FROM metric_fact ${where}`)
  const held = db
    .prepare<[number, number, number, string], [number, number]>(
      `SELECT f.entity_key, f.day FROM entity e CROSS JOIN metric_fact f ON f.entity_key = e.entity_key AND f.day BETWEEN ? AND ?
       WHERE e.account_key = ? AND e.type = ?`,
    )
    .raw()
  const rollups = createRollupWriter(db)
  const restatements = createMoveWriter(db)

  function storedFact(entityKey: number, day: number): StoredFact | undefined {
    const row = stored.get(entityKey, day)
    return row === undefined ? undefined : toStored(row)
  }

  return {
    /** Per entity, which days of the range are stored, as bits counted from its first. */
    storedDays(accountKey: number, level: MetricLevel, startDay: number, endDay: number): Map<number, number> {
      const bits = new Map<number, number>()
      for (const [entityKey, day] of held.iterate(startDay, endDay, accountKey, level))
        addBit(bits, entityKey, day - startDay)
      return bits
    },
    /** Stores one page. Call inside a transaction. */
    storePage(pull: Pull, facts: readonly PlacedFact[]): void {
      const moves = new Map<number, Move>()
      const added: (readonly unknown[])[] = []
      rollups.withoutTriggers(pull, (sums) => {
        for (const { entityKey, day, windows, changedDay, fact } of facts) {
          const bit = day - pull.startDay
          // A row that comes twice in one page finds its first copy among those still to be added: the last word counts.
          if (hasBit(pull.seen, entityKey, bit)) insert(added)
          const before = hasBit(pull.stored, entityKey, bit) ? storedFact(entityKey, day) : undefined
          const values = valuesOf(fact)
          const isOver = day < pull.firstOpenDay
          const isUnsure = isOver && (changedDay === null || changedDay >= day)
          const kept = { ...windowStamp(before, fact, windows, isUnsure), ...bookkeeping(pull, isOver, before) }
          const wasHeld = before === undefined ? pull.heldDays.has(day) : before.kept.first_seen_at_ms !== null
          if (wasHeld && MONEY_AND_CONVERSIONS.some((k) => (before?.values[k] ?? null) !== values[k])) {
            addMove(moves, day, before?.values, values)
            if (kept.first_spend_micros === null) Object.assign(kept, firstValues(before))
          }
          if (before === undefined) {
            added.push([entityKey, day, ...values, ...BOOKKEEPING.map((name) => kept[name])])
            sums.add(entityKey, day, rolled(values, kept))
            addBit(pull.stored, entityKey, bit)
          } else if (values.some((value, k) => value !== before.values[k]) || hasOtherWindow(before.kept, kept)) {
            change.run(...values, ...BOOKKEEPING.map((name) => kept[name]), entityKey, day)
            sums.remove(entityKey, day, rolled(before.values, before.kept))
            sums.add(entityKey, day, rolled(values, kept))
          } else touch.run(...untriggered.map((name) => kept[name]), entityKey, day)
          addBit(pull.seen, entityKey, bit)
        }
        insert(added)
      })
      restatements.record(pull, moves)
    },
    /** After the last page: what was stored before and did not come again is gone on the platform too. Call inside a transaction. */
    finishPull(pull: Pull): number {
      const moves = new Map<number, Move>()
      let gone = 0
      rollups.withoutTriggers(pull, (sums) => {
        for (const [entityKey, bits] of pull.stored) {
          const missing = bits & ~(pull.seen.get(entityKey) ?? 0)
          if (missing === 0) continue
          for (let bit = 0; bit < MAX_CHUNK_DAYS; bit += 1) {
            if (((missing >>> bit) & 1) === 0) continue
            const day = pull.startDay + bit
            const before = storedFact(entityKey, day)
            if (before === undefined) continue
            if (before.kept.first_seen_at_ms !== null) addMove(moves, day, before.values, undefined)
            remove.run(entityKey, day)
            sums.remove(entityKey, day, rolled(before.values, before.kept))
            gone += 1
          }
        }
      })
      restatements.record(pull, moves)
      return gone
    },
  }

  /** Adds the collected rows, and empties the list. */
  function insert(added: (readonly unknown[])[]): void {
    let k = 0
    for (; k + ROWS_AT_ONCE <= added.length; k += ROWS_AT_ONCE)
      insertMany.run(...added.slice(k, k + ROWS_AT_ONCE).flat())
    for (const row of added.slice(k)) insertOne.run(...row)
    added.length = 0
  }
}

const FIRST = ['first_spend_micros', 'first_click_conversion_micros', 'first_click_value_micros'] as const

/** What days that were over have moved by. */
function createMoveWriter(db: FactsDb) {
  const record = db.prepare(
    `INSERT INTO restatement (account_key, level, day, age_days, facts_changed, spend_moved_micros, click_conversion_moved_micros,
       view_conversion_moved_micros, click_value_moved_micros, noticed_at_ms)
     VALUES (@account_key, @level, @day, @age_days, @facts, @spend, @click, @view, @value, @at)
     ON CONFLICT (account_key, level, day, age_days) DO UPDATE SET
       facts_changed = facts_changed + excluded.facts_changed,
       spend_moved_micros = spend_moved_micros + excluded.spend_moved_micros,
       click_conversion_moved_micros = click_conversion_moved_micros + excluded.click_conversion_moved_micros,
       view_conversion_moved_micros = view_conversion_moved_micros + excluded.view_conversion_moved_micros,
       click_value_moved_micros = click_value_moved_micros + excluded.click_value_moved_micros,
       noticed_at_ms = excluded.noticed_at_ms`,
  )
  return {
    record(pull: Pull, moves: ReadonlyMap<number, Move>): void {
      for (const [day, move] of moves)
        record.run({
          account_key: pull.accountKey,
          level: pull.level,
          day,
          age_days: pull.today - day,
          ...move,
          at: pull.fetchedAtMs,
        })
    },
  }
}

function addBit(bits: Map<number, number>, entityKey: number, bit: number): void {
  bits.set(entityKey, (bits.get(entityKey) ?? 0) | (1 << bit))
}
function hasBit(bits: ReadonlyMap<number, number>, entityKey: number, bit: number): boolean {
  return (((bits.get(entityKey) ?? 0) >>> bit) & 1) === 1
}

function hasOtherWindow(before: Bookkeeping, now: Bookkeeping): boolean {
  return before.click_window_days !== now.click_window_days || before.window_source !== now.window_source
}

const rolled = (values: Values, kept: Pick<Bookkeeping, 'click_window_days' | 'window_source'>): RolledFact => ({
  values,
  clickWindowDays: kept.click_window_days,
  windowSource: kept.window_source,
})

function assign(names: readonly string[]): string {
  return names.map((name) => `${name} = ?`).join(', ')
}

const integer = (value: bigint | string | null | undefined): number | null =>
  typeof value === 'bigint' ? Number(value) : null
const micros = (value: bigint | string | null | undefined): bigint | null => (typeof value === 'bigint' ? value : null)

function toStored(row: readonly (bigint | string | null)[]): StoredFact {
  const kept = row.slice(VALUES.length)
  return {
    values: row.slice(0, VALUES.length) as Values,
    kept: {
      click_window_days: integer(kept[0]),
      view_window_days: integer(kept[1]),
      window_source: kept[2] as WindowSource | null,
      fetched_at_ms: integer(kept[3]) ?? 0,
      first_seen_at_ms: integer(kept[4]),
      first_spend_micros: micros(kept[5]),
      first_click_conversion_micros: micros(kept[6]),
      first_click_value_micros: micros(kept[7]),
    },
  }
}

function count(value: number | null): bigint | null {
  return value === null ? null : BigInt(value)
}

/** In the order of VALUES. */
function valuesOf(fact: MetricFact): Values {
  return [
    fact.spendMicros,
    BigInt(fact.impressions),
    BigInt(fact.clicks),
    count(fact.videoViews),
    fact.clickConversionMicros,
    fact.viewConversionMicros,
    fact.engagedViewConversionMicros,
    fact.clickValueMicros,
    fact.viewValueMicros,
    fact.reportedConversionMicros ?? null,
    fact.reportedValueMicros ?? null,
    fact.engagedViewValueMicros,
    fact.click1dConversionMicros ?? null,
    fact.click1dValueMicros ?? null,
    fact.click28dConversionMicros ?? null,
    fact.click28dValueMicros ?? null,
    count(fact.reach),
  ]
}

/**
 * The window a fact is counted by. What the platform says with the numbers is true of them and wins. Else it is the ad group's setting: a
 * changed one counts from then on, and what was stamped before the day was over, or before a change that came after it, stays. A day
 * first seen after such a change has the setting of today, and says that this is a guess.
 */
function windowStamp(before: StoredFact | undefined, { window }: MetricFact, windows: Windows, isUnsure: boolean) {
  if (window !== undefined)
    return { click_window_days: window.clickDays, view_window_days: window.viewDays, window_source: window.source }
  const kept = before?.kept
  if (kept !== undefined && kept.window_source !== null && (kept.first_seen_at_ms !== null || isUnsure))
    return {
      click_window_days: kept.click_window_days,
      view_window_days: kept.view_window_days,
      window_source: kept.window_source,
    }
  const source: WindowSource = isUnsure ? 'approximated' : 'entity_setting'
  return {
    click_window_days: windows.clickDays,
    view_window_days: windows.viewDays,
    window_source: windows.isKnown ? source : null,
  }
}

function bookkeeping(pull: Pull, isOver: boolean, before: StoredFact | undefined) {
  return {
    fetched_at_ms: pull.fetchedAtMs,
    first_seen_at_ms: before?.kept.first_seen_at_ms ?? (isOver ? pull.fetchedAtMs : null),
    first_spend_micros: before?.kept.first_spend_micros ?? null,
    first_click_conversion_micros: before?.kept.first_click_conversion_micros ?? null,
    first_click_value_micros: before?.kept.first_click_value_micros ?? null,
  }
}

/** A fact that comes late to a day already held was zero when first seen. */
function firstValues(before: StoredFact | undefined) {
  const value = (k: number): bigint | null => (before === undefined ? 0n : (before.values[k] ?? null))
  return {
    first_spend_micros: value(SPEND),
    first_click_conversion_micros: value(CLICK),
    first_click_value_micros: value(CLICK_VALUE),
  }
}

function addMove(moves: Map<number, Move>, day: number, before: Values | undefined, after: Values | undefined): void {
  const move = moves.get(day) ?? { facts: 0, spend: 0n, click: 0n, view: 0n, value: 0n }
  const moved = (k: number): bigint => (after?.[k] ?? 0n) - (before?.[k] ?? 0n)
  move.facts += 1
  move.spend += moved(SPEND)
  move.click += moved(CLICK)
  move.view += moved(VIEW)
  move.value += moved(CLICK_VALUE)
  moves.set(day, move)
}
