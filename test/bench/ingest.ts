/** Storing: the product's encrypted file with its roll-ups, a plain SQLite file without any, and DuckDB, chunk by chunk in turn. */
import { say, table } from './measure.ts'
import type { createDuck, createPlainSqlite } from './other-engines.ts'
import type { ProductStore } from './product-store.ts'

export interface Engines {
  readonly product: ProductStore
  readonly plain: ReturnType<typeof createPlainSqlite>
  readonly duck: Awaited<ReturnType<typeof createDuck>>
}

/** Fills all three. @returns how many facts there are, all levels */
export async function ingest({ product, plain, duck }: Engines): Promise<number> {
  let rows = 0
  const ms = { product: 0, plain: 0, duck: 0 }
  for (const chunk of product.chunks()) {
    const facts = product.placed(chunk)
    rows += facts.length
    ms.product += product.store(chunk, facts)
    ms.plain += plain.store(facts)
    const { platform, accountId } = chunk.account
    ms.duck += duck.store({ platform, accountId, level: chunk.level }, facts)
    // DuckDB's and SQLite's own threads get a turn.
    await new Promise((resolve) => setImmediate(resolve))
  }
  ms.duck += await duck.finish()
  const line = (name: string, time: number): readonly string[] => [
    name,
    (time / 1000).toFixed(1),
    Math.round(rows / (time / 1000)).toLocaleString('en'),
    (time / ms.plain).toFixed(2),
  ]
  say(`Storing ${rows.toLocaleString('en')} facts, 500 to a transaction`)
  table(
    ['', 's', 'rows/s', 'time : plain'],
    [
      line('SpendSignoff: encrypted, roll-ups, bookkeeping', ms.product),
      line('plain SQLite: one table, prepared inserts', ms.plain),
      line('DuckDB: appended, sorted', ms.duck),
    ],
  )
  return rows
}
