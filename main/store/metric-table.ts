/**
 * Metric facts as they come in: the only SQL that writes them. A fact is keyed by entity and day and is overwritten by a later fetch, never
 * added to it; what moved on a day that was already over is recorded as a restatement. The roll-ups follow by trigger.
 */
import type { MetricFact, MetricLevel, WindowSource } from '../../shared/domain/metric.ts'
import type { Windows } from './entity-table.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

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

interface StoredFact {
  spend_micros: bigint
  impressions: bigint
  clicks: bigint
  video_views: bigint | null
  reach: bigint | null
  click_conversion_micros: bigint | null
  view_conversion_micros: bigint | null
  engaged_conversion_micros: bigint | null
  click_value_micros: bigint | null
  view_value_micros: bigint | null
  engaged_value_micros: bigint | null
  click_window_days: bigint | null
  view_window_days: bigint | null
  window_source: WindowSource | null
  first_seen_at_ms: bigint | null
  first_spend_micros: bigint | null
  first_click_conversion_micros: bigint | null
  first_click_value_micros: bigint | null
}

const VALUES = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'reach',
  'click_conversion_micros',
  'view_conversion_micros',
  'engaged_conversion_micros',
  'click_value_micros',
  'view_value_micros',
  'engaged_value_micros',
] as const
/** What a restatement is about; late reach or video counts are not news. */
const MONEY_AND_CONVERSIONS = [
  'spend_micros',
  'click_conversion_micros',
  'view_conversion_micros',
  'engaged_conversion_micros',
  'click_value_micros',
  'view_value_micros',
] as const
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

type Values = Pick<StoredFact, (typeof VALUES)[number]>

interface Move {
  facts: number
  spend: bigint
  click: bigint
  view: bigint
  value: bigint
}

export type MetricWriter = ReturnType<typeof createMetricWriter>

export function createMetricWriter(db: FactsDb) {
  const stored = db
    .prepare<[number, number], StoredFact>(
      `SELECT ${[...VALUES, ...BOOKKEEPING].join(', ')} FROM metric_fact WHERE entity_key = ? AND day = ?`,
    )
    .safeIntegers()
  const columns = [...VALUES, ...BOOKKEEPING]
  const insert = db.prepare(
    `INSERT INTO metric_fact (entity_key, day, ${columns.join(', ')}) VALUES (@entity_key, @day, ${columns.map((name) => `@${name}`).join(', ')})`,
  )
  const change = db.prepare(`UPDATE metric_fact SET ${assign(columns)} WHERE entity_key = @entity_key AND day = @day`)
  // Names no column of a roll-up, so that the triggers stay asleep for the many facts that did not move.
  const untriggered = BOOKKEEPING.filter((name) => name !== 'click_window_days' && name !== 'window_source')
  const touch = db.prepare(
    `UPDATE metric_fact SET ${assign(untriggered)} WHERE entity_key = @entity_key AND day = @day`,
  )
  const remove = db.prepare('DELETE FROM metric_fact WHERE entity_key = ? AND day = ?')
  const held = db.prepare<[number, number, number, string], { entity_key: number; day: number }>(
    `SELECT f.entity_key, f.day FROM entity e CROSS JOIN metric_fact f ON f.entity_key = e.entity_key AND f.day BETWEEN ? AND ?
     WHERE e.account_key = ? AND e.type = ?`,
  )
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

  function recordMoves(pull: Pull, moves: ReadonlyMap<number, Move>): void {
    for (const [day, move] of moves)
      record.run({
        account_key: pull.accountKey,
        level: pull.level,
        day,
        age_days: pull.today - day,
        ...move,
        at: pull.fetchedAtMs,
      })
  }

  return {
    /** Stores one page. Call inside a transaction. */
    storePage(pull: Pull, facts: readonly PlacedFact[]): void {
      const moves = new Map<number, Move>()
      for (const { entityKey, day, windows, changedDay, fact } of facts) {
        const before = stored.get(entityKey, day)
        const values = valuesOf(fact)
        const isOver = day < pull.firstOpenDay
        const row = {
          entity_key: entityKey,
          day,
          ...values,
          ...windowStamp(before, windows, isOver && (changedDay === null || changedDay >= day)),
          ...bookkeeping(pull, isOver, before),
        }
        const wasHeld = before === undefined ? pull.heldDays.has(day) : before.first_seen_at_ms !== null
        if (wasHeld && MONEY_AND_CONVERSIONS.some((name) => (before?.[name] ?? null) !== values[name])) {
          addMove(moves, day, before, values)
          if (row.first_spend_micros === null) Object.assign(row, firstValues(before))
        }
        if (before === undefined) insert.run(row)
        else if (VALUES.some((name) => before[name] !== values[name]) || hasOtherWindow(before, row)) change.run(row)
        else touch.run(row)
        pull.seen.set(entityKey, (pull.seen.get(entityKey) ?? 0) | (1 << (day - pull.startDay)))
      }
      recordMoves(pull, moves)
    },
    /** After the last page: what was stored before and did not come again is gone on the platform too. Call inside a transaction. */
    finishPull(pull: Pull): number {
      const gone = held
        .all(pull.startDay, pull.endDay, pull.accountKey, pull.level)
        .filter(({ entity_key, day }) => (((pull.seen.get(entity_key) ?? 0) >>> (day - pull.startDay)) & 1) === 0)
      const moves = new Map<number, Move>()
      for (const { entity_key, day } of gone) {
        const before = stored.get(entity_key, day)
        if (before !== undefined && before.first_seen_at_ms !== null) addMove(moves, day, before, undefined)
        remove.run(entity_key, day)
      }
      recordMoves(pull, moves)
      return gone.length
    },
  }
}

function hasOtherWindow(
  before: StoredFact,
  row: { readonly click_window_days: bigint | number | null; readonly window_source: WindowSource | null },
): boolean {
  const days = row.click_window_days
  return (
    before.click_window_days !== (days === null ? null : BigInt(days)) || before.window_source !== row.window_source
  )
}

function assign(names: readonly string[]): string {
  return names.map((name) => `${name} = @${name}`).join(', ')
}

function count(value: number | null): bigint | null {
  return value === null ? null : BigInt(value)
}

function valuesOf(fact: MetricFact): Values {
  return {
    spend_micros: fact.spendMicros,
    impressions: BigInt(fact.impressions),
    clicks: BigInt(fact.clicks),
    video_views: count(fact.videoViews),
    reach: count(fact.reach),
    click_conversion_micros: fact.clickConversionMicros,
    view_conversion_micros: fact.viewConversionMicros,
    engaged_conversion_micros: fact.engagedViewConversionMicros,
    click_value_micros: fact.clickValueMicros,
    view_value_micros: fact.viewValueMicros,
    engaged_value_micros: fact.engagedViewValueMicros,
  }
}

/**
 * The window a fact is counted by. A changed window counts from then on: what was stamped before the day was over, or before a change
 * that came after it, stays. A day first seen after such a change has the setting of today, and says that this is a guess.
 */
function windowStamp(before: StoredFact | undefined, windows: Windows, mayHaveChangedSince: boolean) {
  const isStamped = before !== undefined && before.window_source !== null
  if (isStamped && (before.first_seen_at_ms !== null || mayHaveChangedSince))
    return {
      click_window_days: before.click_window_days,
      view_window_days: before.view_window_days,
      window_source: before.window_source,
    }
  const source: WindowSource = mayHaveChangedSince ? 'approximated' : 'entity_setting'
  return {
    click_window_days: windows.clickDays,
    view_window_days: windows.viewDays,
    window_source: windows.isKnown ? source : null,
  }
}

function bookkeeping(pull: Pull, isOver: boolean, before: StoredFact | undefined) {
  return {
    fetched_at_ms: pull.fetchedAtMs,
    first_seen_at_ms: before?.first_seen_at_ms ?? (isOver ? pull.fetchedAtMs : null),
    first_spend_micros: before?.first_spend_micros ?? null,
    first_click_conversion_micros: before?.first_click_conversion_micros ?? null,
    first_click_value_micros: before?.first_click_value_micros ?? null,
  }
}

/** A fact that comes late to a day already held was zero when first seen. */
function firstValues(before: StoredFact | undefined) {
  return {
    first_spend_micros: before === undefined ? 0n : before.spend_micros,
    first_click_conversion_micros: before === undefined ? 0n : before.click_conversion_micros,
    first_click_value_micros: before === undefined ? 0n : before.click_value_micros,
  }
}

function addMove(moves: Map<number, Move>, day: number, before: Values | undefined, after: Values | undefined): void {
  const move = moves.get(day) ?? { facts: 0, spend: 0n, click: 0n, view: 0n, value: 0n }
  const moved = (name: (typeof MONEY_AND_CONVERSIONS)[number]): bigint => (after?.[name] ?? 0n) - (before?.[name] ?? 0n)
  move.facts += 1
  move.spend += moved('spend_micros')
  move.click += moved('click_conversion_micros')
  move.view += moved('view_conversion_micros')
  move.value += moved('click_value_micros')
  moves.set(day, move)
}

/** How much one day moved after it was over, all ages together. Micros and millionths, signed. */
export interface DayRestatement {
  readonly day: number
  readonly factsChanged: number
  readonly spendMovedMicros: bigint
  readonly clickConversionMovedMicros: bigint
  readonly clickValueMovedMicros: bigint
}

export function createRestatementReader(db: FactsReadDb) {
  const inRange = db
    .prepare<[number, string, number, number], Record<'day' | 'facts' | 'spend' | 'click' | 'value', bigint>>(
      `SELECT day, SUM(facts_changed) AS facts, SUM(spend_moved_micros) AS spend, SUM(click_conversion_moved_micros) AS click,
         SUM(click_value_moved_micros) AS value
       FROM restatement WHERE account_key = ? AND level = ? AND day BETWEEN ? AND ? GROUP BY day ORDER BY day`,
    )
    .safeIntegers()
  return {
    inRange: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): readonly DayRestatement[] =>
      inRange.all(accountKey, level, startDay, endDay).map((row) => ({
        day: Number(row.day),
        factsChanged: Number(row.facts),
        spendMovedMicros: row.spend,
        clickConversionMovedMicros: row.click,
        clickValueMovedMicros: row.value,
      })),
  }
}
