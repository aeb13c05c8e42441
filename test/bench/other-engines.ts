/** The same facts in a plain SQLite file without any roll-up, for the price of storing, and in DuckDB, for the price of reading. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import {
  BIGINT,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBConnection,
  DuckDBInstance,
  INTEGER,
  type DuckDBType,
  type DuckDBValue,
  VARCHAR,
} from '@duckdb/node-api'
import type { PlacedFact } from '../../main/store/metric-table.ts'
import { FACTS_AT_ONCE } from './product-store.ts'

const METRICS = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'reach',
  'click_conversion_micros',
  'click_value_micros',
  'view_conversion_micros',
  'view_value_micros',
  'engaged_conversion_micros',
  'engaged_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
  'click_window_days',
  'view_window_days',
] as const

type Value = bigint | null
const count = (value: number | null): Value => (value === null ? null : BigInt(value))

/** In the order of METRICS. */
function valuesOf({ fact, windows }: PlacedFact): readonly Value[] {
  return [
    fact.spendMicros,
    BigInt(fact.impressions),
    BigInt(fact.clicks),
    count(fact.videoViews),
    count(fact.reach),
    fact.clickConversionMicros,
    fact.clickValueMicros,
    fact.viewConversionMicros,
    fact.viewValueMicros,
    fact.engagedViewConversionMicros,
    fact.engagedViewValueMicros,
    fact.click1dConversionMicros ?? null,
    fact.click1dValueMicros ?? null,
    fact.click28dConversionMicros ?? null,
    fact.click28dValueMicros ?? null,
    fact.reportedConversionMicros ?? null,
    fact.reportedValueMicros ?? null,
    count(fact.window?.clickDays ?? windows.clickDays),
    count(fact.window?.viewDays ?? windows.viewDays),
  ]
}
const sourceOf = ({ fact }: PlacedFact): string => fact.window?.source ?? 'entity_setting'

/** Not encrypted, no roll-ups, no bookkeeping beyond the same columns: the floor of what storing can cost. */
export function createPlainSqlite(folder: string) {
  const db = new Database(join(folder, 'plain.db'))
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = NORMAL')
  db.pragma('cache_size = -65536')
  db.exec(`CREATE TABLE fact (entity_key INTEGER NOT NULL, day INTEGER NOT NULL, ${METRICS.map((name) => `${name} INTEGER`).join(', ')},
    window_source TEXT, fetched_at_ms INTEGER NOT NULL, first_seen_at_ms INTEGER, PRIMARY KEY (entity_key, day)) STRICT, WITHOUT ROWID`)
  const insert = db.prepare(
    `INSERT INTO fact VALUES (${Array.from({ length: METRICS.length + 5 }, () => '?').join(', ')})`,
  )
  return {
    /** @returns milliseconds of storing alone */
    store(facts: readonly PlacedFact[]): number {
      const rows = facts.map((fact) => [
        fact.entityKey,
        fact.day,
        ...valuesOf(fact),
        sourceOf(fact),
        1_790_000_000_000n,
        1_790_000_000_000n,
      ])
      const before = performance.now()
      for (let start = 0; start < rows.length; start += FACTS_AT_ONCE) {
        db.exec('BEGIN IMMEDIATE')
        for (const row of rows.slice(start, start + FACTS_AT_ONCE)) insert.run(...row)
        db.exec('COMMIT')
      }
      return performance.now() - before
    },
    close: () => void db.close(),
  }
}

export interface FactOwner {
  readonly platform: string
  readonly accountId: string
  readonly level: string
}
export type DuckAnswer = readonly Readonly<Record<string, unknown>>[]

/** A native table, sorted by level and day, as a person who knows DuckDB would lay it out: short ranges are cut out by its zone maps. */
export async function createDuck(folder: string) {
  const instance = await DuckDBInstance.create(join(folder, 'facts.duckdb'), { threads: '2' })
  const connection: DuckDBConnection = await instance.connect()
  const columns: readonly (readonly [string, DuckDBType])[] = [
    ['platform', VARCHAR],
    ['account_id', VARCHAR],
    ['level', VARCHAR],
    ['entity_id', VARCHAR],
    ['entity_key', INTEGER],
    ['day', INTEGER],
    ...METRICS.map((name) => [name, BIGINT] as const),
    ['window_source', VARCHAR],
  ]
  const types = columns.map(([, type]) => type)
  await connection.run(
    `CREATE TABLE incoming (${columns.map(([name, type]) => `${name} ${type.toString()}`).join(', ')})`,
  )
  const appender: DuckDBAppender = await connection.createAppender('incoming')
  const CHUNK = 2_048
  return {
    /** @returns milliseconds of handing over alone */
    store({ platform, accountId, level }: FactOwner, facts: readonly PlacedFact[]): number {
      let ms = 0
      for (let start = 0; start < facts.length; start += CHUNK) {
        const part = facts.slice(start, start + CHUNK)
        const values = part.map(valuesOf)
        const filled = (value: string): DuckDBValue[] => part.map(() => value)
        const chunk = DuckDBDataChunk.create(types, part.length)
        const before = performance.now()
        chunk.setColumns([
          filled(platform),
          filled(accountId),
          filled(level),
          part.map(({ fact }) => fact.entityId),
          part.map(({ entityKey }) => entityKey),
          part.map(({ day }) => day),
          ...METRICS.map((_, k) => values.map((row) => row[k] ?? null)),
          part.map(sourceOf),
        ])
        appender.appendDataChunk(chunk)
        ms += performance.now() - before
      }
      return ms
    },
    /** @returns milliseconds of sorting and writing */
    async finish(): Promise<number> {
      const before = performance.now()
      appender.closeSync()
      await connection.run('CREATE TABLE fact AS SELECT * FROM incoming ORDER BY level, day, entity_key')
      await connection.run('DROP TABLE incoming')
      await connection.run('CHECKPOINT')
      return performance.now() - before
    },
    /** A prepared question, answered as rows of JavaScript values each time. */
    async ask(sql: string): Promise<() => Promise<DuckAnswer>> {
      const statement = await connection.prepare(sql)
      return async () => (await statement.runAndReadAll()).getRowObjectsJS()
    },
    close() {
      connection.disconnectSync()
      instance.closeSync()
    },
  }
}
