/** The facts bench: one size, all questions. Temporary files only, removed at the end. */
import { statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'
import { type Engines, ingest } from './ingest.ts'
import { say, stallDuring, table, timesOf, verdict, msText } from './measure.ts'
import { createDuck, createPlainSqlite } from './other-engines.ts'
import { ProductStore } from './product-store.ts'
import { askReports, createAsker } from './reports.ts'
import { benchWorld } from './world.ts'

const STALL_GOAL_MS = 50
const REIMPORT_GOAL_MS = 250

/** The goals are set for this size; on larger ones they are printed for comparison. */
const GOALS_SCALE = 1

/** @returns how many goals were missed; none on a size they are not set for */
export async function benchFacts(scale: number, rounds: number): Promise<number> {
  const folder = makeTempFolder('bench')
  const world = benchWorld(scale)
  say(`${world.adFacts.toLocaleString('en')} facts of ads, and those of the ad groups and campaigns above them`)
  say(`${cpus().length} cores (${cpus()[0]?.model ?? '?'}), Node ${process.versions.node}`)
  say()
  const engines: Engines = {
    product: new ProductStore(folder, world),
    plain: createPlainSqlite(folder),
    duck: await createDuck(folder),
  }
  try {
    await ingest(engines)
    engines.plain.close()
    say(
      `facts.db ${megabytes(join(folder, 'facts.db'))}, plain.db ${megabytes(join(folder, 'plain.db'))}, DuckDB ${megabytes(join(folder, 'facts.duckdb'))}`,
    )
    say()
    const missed = (await askReports(engines, rounds)) + (await reimports(engines, rounds))
    const all = missed + (await stalls(engines))
    if (scale === GOALS_SCALE) return all
    say(
      `The goals are set for ${benchWorld(GOALS_SCALE).adFacts.toLocaleString('en')} facts of ads; ${all} were missed on this size.`,
    )
    return 0
  } finally {
    engines.duck.close()
    engines.product.facts.close()
    removeTempFolder(folder)
  }
}

const megabytes = (file: string): string => `${Math.round(statSync(file).size / 1e6)} MB`

/** Seven days of one platform come again, every one of them changed: facts, restatements and roll-ups. */
async function reimports({ product }: Engines, rounds: number): Promise<number> {
  const taken: number[] = []
  let facts = 0
  for (let version = 1; version <= rounds + 3; version += 1) {
    const done = await product.reimport('meta', 7, version)
    facts = done.facts
    if (version > 3) taken.push(done.ms)
  }
  const times = timesOf(taken)
  say(
    `Importing 7 days of one platform again: ${facts} facts of 3 levels, all changed, with roll-ups and restatements (${times.n} times)`,
  )
  table(
    ['', 'p50 ms', 'p95', 'goal p95'],
    [['re-import', msText(times.p50), msText(times.p95), verdict(times.p95, REIMPORT_GOAL_MS, 'ms')]],
  )
  return times.p95 > REIMPORT_GOAL_MS ? 1 : 0
}

/** What a person feels: how long the thread of the window was not there. */
async function stalls(engines: Engines): Promise<number> {
  const asker = createAsker(engines.product)
  try {
    await asker.everything()
    let version = 1_000
    const watched = {
      'while nothing happens': await stallDuring(() => new Promise((resolve) => setTimeout(resolve, 1_000))),
      'reports in the thread that reads': await stallDuring(async () => {
        for (let k = 0; k < 10; k += 1) await asker.everything()
      }),
      're-imports in the main thread': await stallDuring(async () => {
        for (let k = 0; k < 5; k += 1) await engines.product.reimport('meta', 7, (version += 1))
      }),
      'both at once': await stallDuring(() =>
        Promise.all([asker.everything(), asker.everything(), engines.product.reimport('meta', 7, (version += 1))]),
      ),
    }
    say('Longest stall of the main thread')
    const worst = Math.max(...Object.values(watched).map(({ histogramMs, timerMs }) => Math.max(histogramMs, timerMs)))
    table(
      ['', 'histogram ms', 'timer ms', 'goal'],
      Object.entries(watched).map(([name, { histogramMs, timerMs }]) => [
        name,
        msText(histogramMs),
        msText(timerMs),
        verdict(Math.max(histogramMs, timerMs), STALL_GOAL_MS, 'ms'),
      ]),
    )
    return worst > STALL_GOAL_MS ? 1 : 0
  } finally {
    await asker.close()
  }
}
