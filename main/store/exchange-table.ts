/** Dated exchange rates in facts.db: the only SQL that touches them. A rate that a person imported is never replaced by one that came with the app. */
import type { FactsDb, FactsReadDb } from './open.ts'

export type RateSource = 'starter' | 'import'

/** Units of a currency per euro on the day of its publication, times 10^8. */
export interface StoredRate {
  readonly currency: string
  /** Days since 1970-01-01. */
  readonly day: number
  readonly perEuroE8: bigint
  readonly source: RateSource
}
export type NewRate = Omit<StoredRate, 'source'>

export interface RatesHeld {
  /** In the order of their codes, without the euro. */
  readonly currencies: readonly string[]
  readonly firstDay: number | null
  readonly lastDay: number | null
  /** Where the newest rate came from. */
  readonly source: RateSource | null
}

export function createExchangeReader(db: FactsReadDb) {
  const inRange = db
    .prepare<[string, number, number], { currency: string; day: bigint; per_euro_e8: bigint; source: RateSource }>(
      `SELECT currency, day, per_euro_e8, source FROM exchange_rate
       WHERE currency IN (SELECT value FROM json_each(?)) AND day BETWEEN ? AND ? ORDER BY currency, day`,
    )
    .safeIntegers()
  const currencies = db.prepare<[], string>('SELECT DISTINCT currency FROM exchange_rate ORDER BY currency').pluck()
  const span = db.prepare<[], { first: number | null; last: number | null }>(
    'SELECT MIN(day) AS first, MAX(day) AS last FROM exchange_rate',
  )
  // "import" sorts before "starter".
  const newest = db
    .prepare<[], RateSource>('SELECT source FROM exchange_rate ORDER BY day DESC, source LIMIT 1')
    .pluck()
  return {
    /** Publications of these currencies in a range of days; of each currency in the order of the days. */
    inRange: (codes: readonly string[], startDay: number, endDay: number): readonly StoredRate[] =>
      inRange.all(JSON.stringify(codes), startDay, endDay).map((row) => ({
        currency: row.currency,
        day: Number(row.day),
        perEuroE8: row.per_euro_e8,
        source: row.source,
      })),
    held(): RatesHeld {
      const days = span.get()
      return {
        currencies: currencies.all(),
        firstDay: days?.first ?? null,
        lastDay: days?.last ?? null,
        source: newest.get() ?? null,
      }
    },
  }
}

export function createExchangeWriter(db: FactsDb) {
  const hasDay = db.prepare<[number]>('SELECT 1 FROM exchange_rate WHERE day = ? LIMIT 1')
  const hasStarter = db.prepare("SELECT 1 FROM exchange_rate WHERE source = 'starter' LIMIT 1")
  const dropStarter = db.prepare("DELETE FROM exchange_rate WHERE source = 'starter'")
  const add = db.prepare(
    "INSERT INTO exchange_rate (currency, day, per_euro_e8, source) VALUES (?, ?, ?, 'starter') ON CONFLICT DO NOTHING",
  )
  const put = db.prepare(
    `INSERT INTO exchange_rate (currency, day, per_euro_e8, source) VALUES (?, ?, ?, 'import')
     ON CONFLICT (currency, day) DO UPDATE SET per_euro_e8 = excluded.per_euro_e8, source = 'import'`,
  )
  return {
    /** Whether the rates that came with the app reach to `lastDay` already. */
    hasStarterThrough: (lastDay: number): boolean =>
      hasStarter.get() !== undefined && hasDay.get(lastDay) !== undefined,
    /** Replaces what an earlier version of the app brought; imported rates stay. All or nothing. */
    replaceStarter(rates: readonly NewRate[]): void {
      db.transaction(() => {
        dropStarter.run()
        for (const { currency, day, perEuroE8 } of rates) add.run(currency, day, perEuroE8)
      }).immediate()
    },
    /** Rates a person brought: over whatever is there. Call inside a transaction. */
    putImported(rates: readonly NewRate[]): void {
      for (const { currency, day, perEuroE8 } of rates) put.run(currency, day, perEuroE8)
    },
  }
}
