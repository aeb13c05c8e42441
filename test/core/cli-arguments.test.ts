/** What the command line takes and what it calls misuse, before anything is opened. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTempFolder } from '../support/temp-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')
function run(...args: string[]): { status: number | null; stderr: string } {
  const env = { ...process.env, SPENDSIGNOFF_HOME: makeTempFolder('cli') }
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env, timeout: 30_000 })
  return { status, stderr }
}

test.each([
  ['a platform that nobody knows', ['sync', '--platform', 'bing']],
  ['a platform for a command that takes none', ['verify', '--platform', 'meta']],
  ['no command', []],
  ['an unknown option', ['sync', '--now']],
])('%s is misuse: exit 2, with the usage', (_what, args) => {
  const { status, stderr } = run(...args)
  expect(status).toBe(2)
  expect(stderr).toContain('spendsignoff <command>')
})

test('sync takes one platform or several, and says when there is no workspace', () => {
  const { status, stderr } = run('sync', '--platform', 'meta', '--platform', 'google_ads', '--platform', 'meta')
  expect(status).toBe(1)
  expect(stderr).toContain('There is no workspace there')
})
