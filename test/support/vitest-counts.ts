/**
 * A vitest reporter that writes what `npm test` adds up: counts, and why a test was skipped (vitest's own JSON drops the
 * reason). It reads results and changes none.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import type { StepCounts } from './step-counts.ts'

export default class VitestCounts implements Reporter {
  /** Called once, after the last test. Files that could not be loaded and errors outside tests count as failures. */
  onTestRunEnd(modules: readonly TestModule[], outsideErrors: readonly unknown[]): void {
    const file = process.env['TEST_COUNTS_FILE']
    if (file === undefined) return
    const counts: StepCounts = { passed: 0, failed: outsideErrors.length, skipped: [] }
    for (const module of modules) {
      counts.failed += module.errors().length
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') counts.passed += 1
        else if (result.state === 'skipped') {
          const place = relative(process.cwd(), module.moduleId)
          counts.skipped.push({ name: `${place} > ${test.fullName}`, reason: result.note ?? 'no reason given' })
        } else counts.failed += 1
      }
    }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(counts))
  }
}
