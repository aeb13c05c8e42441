/** kill -9 at random moments of a sync of three platforms: afterwards nothing is missing and nothing is counted twice. */
import { spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openFacts } from '../../main/store/open.ts'
import { connectionsOf, contentOf, openTestFacts, syncRig, threePaperPlatforms } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const TRIALS = 21
const DAYS = 75

/** Starts a sync in a process of its own and kills it once it has asked for `pages` pages. @returns false when it was done before */
async function runUntilKilled(file: string, key: Buffer, pages: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../support/sync-child.ts'), file, key.toString('hex')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString()
    if (said.split('page').length > pages) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal === 'SIGKILL'
}

function rigOn(file: string, key: Buffer) {
  const platforms = threePaperPlatforms()
  const [first] = platforms
  const facts = openFacts(file, key)
  const rig = syncRig(first, { facts, connections: () => connectionsOf(platforms) })
  return { rig, pages: () => platforms.reduce((sum, { requests }) => sum + requests.length, 0) }
}

describe('a sync of three platforms killed at random', () => {
  const folder = makeTempFolder('sync-kill')
  const key = randomBytes(32)
  let expected: ReturnType<typeof contentOf>
  let allRequests = 0
  const stages = new Set<number>()
  const resumedWith: number[] = []

  beforeAll(async () => {
    const whole = rigOn(join(folder, 'whole.db'), key)
    await whole.rig.run(DAYS)
    expected = contentOf(whole.rig.facts)
    allRequests = whole.pages()
  })

  test('the run they are compared with is whole', () => {
    expect(expected['facts']).toHaveLength((3 + 6 + 12) * 2 * 3 * DAYS)
    expect(expected['restated']).toEqual([])
    expect(expected['trackers']).toHaveLength(6)
  })

  test.each(Array.from({ length: TRIALS }, (_, k) => k))(
    'trial %i ends as if nothing had happened',
    { timeout: 60_000 },
    async (trial) => {
      const file = join(folder, `trial-${trial}.db`)
      // Every third dies twice.
      const lives = trial % 3 === 0 ? 2 : 1
      let kills = 0
      for (let life = 0; life < lives; life += 1) {
        kills += Number(await runUntilKilled(file, key, randomInt(1, 420)))
        const facts = openFacts(file, key)
        expect(facts.pragma('integrity_check', { simple: true })).toBe('ok')
        // Already now no sum differs from its facts, and none is counted aside.
        expect(facts.prepare('SELECT COALESCE(SUM(spend_micros), 0) FROM metric_day').pluck().get()).toBe(
          facts.prepare('SELECT COALESCE(SUM(spend_micros), 0) FROM metric_fact').pluck().get(),
        )
        stages.add(facts.prepare('SELECT COUNT(*) FROM metric_fact').pluck().get() as number)
        facts.close()
      }
      const { rig, pages } = rigOn(file, key)
      expect(await rig.run(DAYS)).toMatchObject({ state: 'done', failedAccounts: [] })
      if (kills > 0) resumedWith.push(pages())
      expect(contentOf(rig.facts)).toEqual(expected)
      rig.facts.close()
    },
  )

  test('the kills fell all over the run, and what was finished was not asked for again', () => {
    expect(stages.size).toBeGreaterThan(TRIALS / 3)
    expect(resumedWith.length).toBeGreaterThan(TRIALS / 2)
    expect(Math.min(...resumedWith)).toBeLessThan(allRequests)
  })
})

test('two runs in a row store the same once', async () => {
  const platforms = threePaperPlatforms()
  const rig = syncRig(platforms[0], { facts: openTestFacts(), connections: () => connectionsOf(platforms) })
  await rig.run(DAYS)
  const before = contentOf(rig.facts)
  await rig.run(DAYS)
  expect(contentOf(rig.facts)).toEqual(before)
})
