/** kill -9 at random moments of storing a file: afterwards, at the next start, all of it is there or nothing of it. */
import { spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openFacts } from '../../main/store/open.ts'
import { contentOf, DAY_MS, NOON } from '../support/facts-rig.ts'
import { factsImports, type MetaRow, metaReport } from '../support/import-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const TRIALS = 18
const DAYS = 60

const ROWS: readonly MetaRow[] = Array.from({ length: DAYS }, (_, n) => new Date(NOON - (n + 2) * DAY_MS)).flatMap(
  (day) =>
    Array.from({ length: 40 }, (_, ad) => ({
      campaign: `Campaign ${ad % 4}`,
      adSet: `Ad set ${ad % 8}`,
      ad: `Ad ${ad}`,
      day: day.toISOString().slice(0, 10),
      spend: `${1 + (ad % 7)}.25`,
    })),
)

/** @returns whether it was killed, and after how many words */
async function storeUntilKilled(
  file: string,
  key: Buffer,
  report: string,
  words: number,
): Promise<{ killed: boolean; said: string }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../support/import-child.ts'), file, key.toString('hex'), report],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString()
    if (said.split('\n').length > words) child.kill('SIGKILL')
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the child ended with ${code}`)
  return { killed: signal === 'SIGKILL', said }
}

describe('storing a file, killed at random', () => {
  const folder = makeTempFolder('imports-kill')
  const report = join(folder, 'report.csv')
  const key = randomBytes(32)
  const empty = contentOf(openFacts(join(folder, 'empty.db'), key))
  let expected: ReturnType<typeof contentOf>
  let words = 0
  const ends = { whole: 0, nothing: 0, resumed: 0 }

  beforeAll(async () => {
    writeFileSync(report, metaReport(ROWS))
    const file = join(folder, 'whole.db')
    const { killed, said } = await storeUntilKilled(file, key, report, Number.POSITIVE_INFINITY)
    if (killed) throw new Error('nobody was to kill it')
    words = said.split('\n').length
    const facts = openFacts(file, key)
    expected = contentOf(facts)
    facts.close()
  }, 60_000)

  test('the one they are compared with is whole', () => {
    expect(expected['facts']).toHaveLength(DAYS * (40 + 8 + 4))
    expect(words).toBeGreaterThan(40)
  })

  test.each(Array.from({ length: TRIALS }, (_, k) => k))('trial %i', { timeout: 60_000 }, async (trial) => {
    const file = join(folder, `trial-${trial}.db`)
    const { killed } = await storeUntilKilled(file, key, report, randomInt(1, words))
    const left = openFacts(file, key)
    expect(left.pragma('integrity_check', { simple: true })).toBe('ok')
    const half = left.prepare('SELECT COUNT(*) FROM metric_fact').pluck().get() as number
    const rig = factsImports(left)
    await rig.imports.recover()
    const [record] = rig.imports.list()
    expect(left.prepare('SELECT COUNT(*) FROM import_row').pluck().get()).toBe(0)
    expect(contentOf(left)).toEqual(record === undefined ? empty : expected)
    expect(record === undefined ? 'nothing' : [record.state, record.rows_new, record.rows_changed]).toEqual(
      record === undefined ? 'nothing' : ['done', ROWS.length, 0],
    )
    ends[record === undefined ? 'nothing' : 'whole'] += 1
    if (killed && half > 0 && half < (expected['facts']?.length ?? 0)) ends.resumed += 1
    // Whatever was left, the file can be stored after it.
    expect(await rig.store(metaReport(ROWS), { account_name: 'Shop' })).toMatchObject({
      state: 'done',
      rows_kept: ROWS.length,
    })
    expect(contentOf(left)).toEqual(expected)
    left.close()
  })

  test('the kills fell before and while rows were put in place', () => {
    expect(ends.whole + ends.nothing).toBe(TRIALS)
    expect(ends.resumed).toBeGreaterThan(0)
  })
})

test('an account whose removal was cut off is gone at the next start', async () => {
  const rig = factsImports()
  await rig.store(metaReport(ROWS.slice(0, 400)), { account_name: 'Shop' })
  // As the crash leaves it: marked, with part of its facts gone.
  rig.facts.exec("UPDATE account SET is_listed = 0, raw_status = 'removing'; DELETE FROM metric_fact WHERE day % 2 = 0")
  const again = factsImports(rig.facts)
  await again.imports.recover()
  expect(contentOf(rig.facts)).toEqual(contentOf(factsImports().facts))
})
