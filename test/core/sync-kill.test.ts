/** kill -9 at random moments of a sync: afterwards nothing is missing and nothing is counted twice. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openFacts } from '../../main/store/open.ts'
import { contentOf } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const KILLS = 8

function startChild(file: string, key: Buffer) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../support/sync-child.ts'), file, key.toString('hex')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.on('data', (data: Buffer) => void (said += data.toString()))
  return { child, started: once(child.stdout, 'data'), exited: once(child, 'exit'), said: () => said }
}

test('a sync killed again and again ends with exactly the facts of one that ran through', {
  timeout: 120_000,
}, async () => {
  const key = randomBytes(32)
  const folder = makeTempFolder('sync-kill')
  const whole = startChild(join(folder, 'whole.db'), key)
  await whole.started
  const startedAtMs = performance.now()
  await whole.exited
  const wholeMs = performance.now() - startedAtMs
  expect(whole.said()).toMatch(/^started\ndone \d+\n$/)

  const broken = join(folder, 'broken.db')
  const stages: number[] = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    const run = startChild(broken, key)
    await run.started
    // Each life gets a random share of the time, so that the kills fall all over the run.
    await pause(Math.random() * (wholeMs / KILLS) * 1.6)
    run.child.kill('SIGKILL')
    await run.exited
    const facts = openFacts(broken, key)
    stages.push(facts.prepare('SELECT COUNT(*) FROM metric_fact').pluck().get() as number)
    expect(facts.pragma('integrity_check', { simple: true })).toBe('ok')
    facts.close()
  }
  const last = startChild(broken, key)
  await last.exited
  // The rows counted over all lives may include pages that were fetched twice; what is stored may not.
  expect(last.said()).toMatch(/^started\ndone \d+\n$/)
  expect(stages.toSorted((a, b) => a - b)).toEqual(stages)
  // The kills did fall into the run, not all before or after it.
  expect(new Set(stages).size).toBeGreaterThan(2)

  const expected = contentOf(openFacts(join(folder, 'whole.db'), key))
  const found = contentOf(openFacts(broken, key))
  expect(expected['facts']).toHaveLength((3 + 6 + 12) * 2 * 75)
  expect(expected['restated']).toEqual([])
  expect(found).toEqual(expected)
})
