/** What a step of the test run found, and how the runners' reports are read. Never guesses: a report it cannot read is a failure. */

export interface StepCounts {
  passed: number
  failed: number
  readonly skipped: { readonly name: string; readonly reason: string }[]
}

interface PlaywrightSuite {
  readonly title: string
  readonly file?: string
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs?: readonly {
    readonly title: string
    readonly tests: readonly {
      readonly status: 'expected' | 'unexpected' | 'flaky' | 'skipped'
      readonly annotations: readonly { readonly type: string; readonly description?: string }[]
    }[]
  }[]
}

/** The counts in a report of Playwright's JSON reporter. A test that needed a second try counts as failed. */
export function countPlaywright(report: unknown): StepCounts {
  const { suites, errors } = report as { suites: readonly PlaywrightSuite[]; errors: readonly unknown[] }
  const counts: StepCounts = { passed: 0, failed: errors.length, skipped: [] }
  for (const suite of suites) addSuite(counts, suite, [])
  return counts
}

function addSuite(counts: StepCounts, suite: PlaywrightSuite, path: readonly string[]): void {
  const here = [...path, suite.title]
  for (const inner of suite.suites ?? []) addSuite(counts, inner, here)
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      if (test.status === 'expected') counts.passed += 1
      else if (test.status === 'skipped') {
        const why = test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description
        counts.skipped.push({ name: [...here, spec.title].join(' > '), reason: why ?? 'no reason given' })
      } else counts.failed += 1
    }
  }
}

/** Adds what a runner's report alone cannot say: that it crashed, or that it ran nothing. */
export function judgeRunner(counts: StepCounts | undefined, exitCode: number | null): StepCounts {
  if (counts === undefined) return { passed: 0, failed: 1, skipped: [] }
  const hasRunNothing = counts.passed + counts.failed === 0
  const hasCrashedQuietly = exitCode !== 0 && counts.failed === 0
  return hasRunNothing || hasCrashedQuietly ? { ...counts, failed: counts.failed + 1 } : counts
}

/** The closing line of a test run, in the fixed form that other programs read. */
export function closingLine({ passed, failed, skipped }: StepCounts): string {
  const words = `${passed} passed, ${failed} failed`
  return skipped.length === 0 ? words : `${words}, ${skipped.length} skipped`
}
