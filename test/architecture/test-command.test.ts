/** `npm test` must never call a run good that was not: the parts of the command that count and judge. */
import { describe, expect, test } from 'vitest'
import { findChromium } from '../support/chromium.ts'
import { completeLock, type Lock } from '../support/complete-lock.ts'
import { explainMissing, findMissing, type Requirement } from '../support/requirements.ts'
import { closingLine, countPlaywright, judgeRunner, type StepCounts } from '../support/step-counts.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { settleWithin, waitFor } from '../support/wait-for.ts'

const counts = (passed: number, failed: number, skipped: StepCounts['skipped'] = []): StepCounts => ({
  passed,
  failed,
  skipped,
})

describe('the tests run', () => {
  test('on a Node that the product runs on', () => {
    expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(22)
  })

  test('with a Chromium, or the run has stopped before', () => {
    expect(findChromium()).toBeDefined()
  })
})

describe('a step of the run', () => {
  test('that ran no test has failed', () => {
    expect(judgeRunner(counts(0, 0), 0)).toMatchObject({ failed: 1 })
  })

  test('that only skipped has failed', () => {
    expect(judgeRunner(counts(0, 0, [{ name: 'a', reason: 'b' }]), 0)).toMatchObject({ failed: 1 })
  })

  test('that crashed before it could count has failed', () => {
    expect(judgeRunner(undefined, 0)).toEqual(counts(0, 1))
  })

  test('that ended badly with all tests passed has failed', () => {
    expect(judgeRunner(counts(12, 0), 1)).toEqual(counts(12, 1))
    expect(judgeRunner(counts(12, 0), null)).toEqual(counts(12, 1))
  })

  test('with failed tests counts each once', () => {
    expect(judgeRunner(counts(12, 2), 1)).toEqual(counts(12, 2))
  })

  test('that went well is left as it is', () => {
    expect(judgeRunner(counts(12, 0), 0)).toEqual(counts(12, 0))
  })
})

describe('the closing line', () => {
  test('is plain', () => {
    expect(closingLine(counts(3, 0))).toBe('3 passed, 0 failed')
    expect(closingLine(counts(3, 1, [{ name: 'a', reason: 'b' }]))).toBe('3 passed, 1 failed, 1 skipped')
  })
})

const spec = (title: string, status: string, annotations: readonly object[] = []): object => ({
  title,
  tests: [{ status, annotations }],
})

describe('the report of Playwright', () => {
  test('is counted at every depth, and a test that needed a second try has failed', () => {
    const report = {
      errors: [],
      suites: [
        {
          title: 'review.spec.ts',
          specs: [spec('opens', 'expected'), spec('breaks', 'unexpected')],
          suites: [
            {
              title: 'on a small screen',
              specs: [
                spec('flickers', 'flaky'),
                spec('prints', 'skipped', [{ type: 'skip', description: 'there is no printer' }]),
              ],
            },
          ],
        },
      ],
    }
    expect(countPlaywright(report)).toEqual({
      passed: 1,
      failed: 2,
      skipped: [{ name: 'review.spec.ts > on a small screen > prints', reason: 'there is no printer' }],
    })
  })

  test('counts what broke outside tests', () => {
    expect(countPlaywright({ suites: [], errors: [{ message: 'No tests found' }] })).toMatchObject({ failed: 1 })
  })
})

describe('what is missing on a machine', () => {
  const missing: Requirement = { name: 'a harp', isThere: () => false, packages: ['harp'], otherwise: 'borrow one' }
  const there: Requirement = { name: 'a drum', isThere: () => true, packages: ['drum'], otherwise: 'borrow one' }

  test('is named, with the way to get it; what is there is not', () => {
    const message = explainMissing(findMissing([missing, there]))
    expect(message).toContain('a harp (borrow one)')
    expect(message).not.toContain('drum')
  })

  test('a wrong CHROMIUM_PATH is not replaced quietly by another browser', () => {
    expect(findChromium({ ...process.env, CHROMIUM_PATH: makeTempFolder('no-browser') })).toBeUndefined()
  })
})

describe('completing a lock', () => {
  const tool = {
    version: '1.0.0',
    dev: true,
    optionalDependencies: { '@tool/linux-x64-gnu': '1.0.0', '@tool/darwin-arm64': '1.0.0' },
  }
  const lock: Lock = {
    packages: {
      '': {},
      'node_modules/tool': tool,
      'node_modules/@tool/linux-x64-gnu': { version: '1.0.0', integrity: 'sha512-x' },
    },
  }

  test('adds what the registry did not show, for its platform only, and touches nothing else', () => {
    const completed = completeLock(lock)
    expect(completed.added).toEqual(['@tool/darwin-arm64@1.0.0'])
    expect(completed.lock.packages).toEqual({
      ...lock.packages,
      'node_modules/@tool/darwin-arm64': {
        version: '1.0.0',
        os: ['darwin'],
        cpu: ['arm64'],
        dev: true,
        optional: true,
      },
    })
  })

  test('leaves a complete lock alone', () => {
    expect(completeLock(completeLock(lock).lock).added).toEqual([])
  })

  test('finds a package inside the package that needs it', () => {
    const nested = {
      packages: {
        'node_modules/tool': tool,
        'node_modules/tool/node_modules/@tool/linux-x64-gnu': {},
        'node_modules/tool/node_modules/@tool/darwin-arm64': {},
      },
    }
    expect(completeLock(nested).added).toEqual([])
  })

  test('never guesses a version and never adds what is no platform package', () => {
    const vague = {
      packages: { 'node_modules/tool': { optionalDependencies: { '@tool/darwin-x64': '^1.0.0', extras: '1.0.0' } } },
    }
    expect(completeLock(vague).added).toEqual([])
  })
})

describe('waiting', () => {
  test('ends with the first answer', async () => {
    let asked = 0
    await expect(waitFor(() => (++asked < 3 ? undefined : asked), { everyMs: 1 })).resolves.toBe(3)
  })

  test('ends at its limit and says what it waited for', async () => {
    const wait = waitFor(() => false, { what: 'the cows', withinMs: 20, everyMs: 5 })
    await expect(wait).rejects.toThrow('Waited 20 ms in vain for the cows')
  })

  test('tells the last error of a probe that throws', async () => {
    await expect(waitFor(() => JSON.parse('no cows here') as unknown, { withinMs: 20, everyMs: 5 })).rejects.toThrow(
      /no cows/,
    )
  })

  test('for a promise that never settles ends too', async () => {
    await expect(settleWithin(new Promise(() => undefined), 20, 'godot')).rejects.toThrow('godot')
    await expect(settleWithin(Promise.resolve('here'), 1_000)).resolves.toBe('here')
  })
})
