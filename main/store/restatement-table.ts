/** How much days that were over have moved since, as reports ask for it. Reads only; the metric writer records. */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { FactsReadDb } from './open.ts'

/** How much one day moved after it was over, all ages together. Micros and millionths, signed. */
export interface DayRestatement {
  readonly day: number
  readonly factsChanged: number
  readonly spendMovedMicros: bigint
  readonly clickConversionMovedMicros: bigint
  readonly clickValueMovedMicros: bigint
}

/** What an account's day says: micros and millionths; null where no fact says it. */
export interface DayValues {
  readonly spendMicros: bigint
  readonly clickConversionMicros: bigint | null
  readonly clickValueMicros: bigint | null
}

/** One day of an account at a level, as it is now and as it was when it was first seen after it was over. */
export interface DaySeen {
  readonly day: number
  /** Whole days between the day and the first fetch (or import) that saw it over, in the account's calendar; null while it never was. */
  readonly firstAgeDays: number | null
  /** Was older than its platform restates when it was last fetched: what it says now stays. */
  readonly isFinal: boolean
  readonly now: DayValues
  /** null while the day was never seen over. */
  readonly first: DayValues | null
}

/** What one fetch, or several of one age, changed of a day that had been seen over before. Signed; unknown counts as nothing. */
export interface DayMove {
  readonly day: number
  /** Days between the day and the fetch that noticed. */
  readonly ageDays: number
  readonly spendMovedMicros: bigint
  readonly clickConversionMovedMicros: bigint
  readonly clickValueMovedMicros: bigint
}

/** One fact as it is now and as it was when its day was first seen over. */
export interface FactSeen {
  readonly day: number
  /** null while its day was never seen over. */
  readonly firstSeenAtMs: number | null
  readonly now: DayValues
  readonly first: DayValues | null
}

export type RestatementReader = ReturnType<typeof createRestatementReader>

export function createRestatementReader(db: FactsReadDb) {
  const inRange = db
    .prepare<[number, string, number, number], Record<'day' | 'facts' | 'spend' | 'click' | 'value', bigint>>(
      `SELECT day, SUM(facts_changed) AS facts, SUM(spend_moved_micros) AS spend, SUM(click_conversion_moved_micros) AS click,
         SUM(click_value_moved_micros) AS value
       FROM restatement WHERE account_key = ? AND level = ? AND day BETWEEN ? AND ? GROUP BY day ORDER BY day`,
    )
    .safeIntegers()
  const days = db.prepare<DayScope, Integers>(DAYS_SQL).safeIntegers()
  const moves = db
    .prepare<DayScope, Record<'day' | 'age' | 'spend' | 'click' | 'value', bigint>>(
      `SELECT day, age_days AS age, spend_moved_micros AS spend, click_conversion_moved_micros AS click, click_value_moved_micros AS value
       FROM restatement WHERE account_key = @account AND level = @level AND day BETWEEN @start AND @end ORDER BY day, age_days`,
    )
    .safeIntegers()
  const facts = db
    .prepare<[number, number, number], Integers>(
      `SELECT day, first_seen_at_ms AS seen_at, spend_micros AS spend, click_conversion_micros AS click, click_value_micros AS value,
         first_spend_micros AS first_spend, first_click_conversion_micros AS first_click, first_click_value_micros AS first_value
       FROM metric_fact WHERE entity_key = ? AND day BETWEEN ? AND ? ORDER BY day`,
    )
    .safeIntegers()
  const scopeOf = (accountKey: number, level: MetricLevel, startDay: number, endDay: number): DayScope => ({
    account: accountKey,
    level,
    start: startDay,
    end: endDay,
  })
  return {
    inRange: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): readonly DayRestatement[] =>
      inRange.all(accountKey, level, startDay, endDay).map((row) => ({
        day: Number(row.day),
        factsChanged: Number(row.facts),
        spendMovedMicros: row.spend,
        clickConversionMovedMicros: row.click,
        clickValueMovedMicros: row.value,
      })),
    /**
     * Every day of the range that has, or had, a fact, oldest first: what it says now and what it said when it was first seen over. Rows that a
     * platform took away count in `first`, rows that came late do not; a row that an import brought later does, because a file tells only
     * what somebody chose to download.
     *
     * The share of a day's final conversions that was known at age a is (now - moves of ages above a) / now, for days that are final and whose
     * firstAgeDays is a or less; of several days by the sums of both. A day first seen later than a says nothing about a.
     */
    firstSeen: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): readonly DaySeen[] =>
      days.all(scopeOf(accountKey, level, startDay, endDay)).map(toDaySeen),
    /** What each age changed, by day and age. At most one per day and age. */
    movesByAge: (accountKey: number, level: MetricLevel, startDay: number, endDay: number): readonly DayMove[] =>
      moves.all(scopeOf(accountKey, level, startDay, endDay)).map((row) => ({
        day: Number(row.day),
        ageDays: Number(row.age),
        spendMovedMicros: row.spend,
        clickConversionMovedMicros: row.click,
        clickValueMovedMicros: row.value,
      })),
    /** The facts of one entity that are still there, oldest first. One that came late to a day already held was nothing when first seen. */
    firstSeenOf: (entityKey: number, startDay: number, endDay: number): readonly FactSeen[] =>
      facts.all(entityKey, startDay, endDay).map(toFactSeen),
  }
}

interface DayScope {
  readonly account: number
  readonly level: string
  readonly start: number
  readonly end: number
}
type Integers = Readonly<Record<string, bigint | null>>

const IN_RANGE = 'account_key = @account AND level = @level AND day BETWEEN @start AND @end'
const DAYS_SQL = `SELECT d.day, f.first_over_age_days AS age, f.is_final,
    COALESCE(m.spend_micros, 0) AS spend, IIF(m.click_conversion_known > 0, m.click_conversion_micros, NULL) AS click,
    IIF(m.click_value_known > 0, m.click_value_micros, NULL) AS value,
    r.spend AS spend_moved, r.click AS click_moved, r.value AS value_moved
  FROM (SELECT day FROM metric_day WHERE ${IN_RANGE} AND facts > 0 UNION SELECT day FROM restatement WHERE ${IN_RANGE}) d
  LEFT JOIN metric_day m ON m.account_key = @account AND m.level = @level AND m.day = d.day AND m.facts > 0
  LEFT JOIN fetched_day f ON f.account_key = @account AND f.level = @level AND f.day = d.day
  LEFT JOIN (SELECT day, SUM(spend_moved_micros) AS spend, SUM(click_conversion_moved_micros) AS click, SUM(click_value_moved_micros) AS value
    FROM restatement WHERE ${IN_RANGE} GROUP BY day) r ON r.day = d.day
  ORDER BY d.day`

function toDaySeen(row: Integers): DaySeen {
  const now = valuesOf(row['spend'], row['click'], row['value'])
  // Where nothing is known and nothing moved, nothing was known then either.
  const before = (value: bigint | null, moved: bigint | null | undefined): bigint | null =>
    value === null && (moved ?? 0n) === 0n ? null : (value ?? 0n) - (moved ?? 0n)
  return {
    day: Number(row['day']),
    firstAgeDays: numberOf(row['age']),
    isFinal: row['is_final'] === 1n,
    now,
    first:
      numberOf(row['age']) === null
        ? null
        : {
            spendMicros: now.spendMicros - (row['spend_moved'] ?? 0n),
            clickConversionMicros: before(now.clickConversionMicros, row['click_moved']),
            clickValueMicros: before(now.clickValueMicros, row['value_moved']),
          },
  }
}

function toFactSeen(row: Integers): FactSeen {
  const now = valuesOf(row['spend'], row['click'], row['value'])
  const isMoved = (row['first_spend'] ?? null) !== null
  const firstSeenAtMs = numberOf(row['seen_at'])
  const first = isMoved ? valuesOf(row['first_spend'], row['first_click'], row['first_value']) : now
  return { day: Number(row['day']), firstSeenAtMs, now, first: firstSeenAtMs === null ? null : first }
}

const numberOf = (value: bigint | null | undefined): number | null => (typeof value === 'bigint' ? Number(value) : null)

function valuesOf(
  spend: bigint | null | undefined,
  click: bigint | null | undefined,
  value: bigint | null | undefined,
): DayValues {
  return { spendMicros: spend ?? 0n, clickConversionMicros: click ?? null, clickValueMicros: value ?? null }
}
