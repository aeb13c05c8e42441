/** The process dies at each step between Confirm and outcome. Afterwards there is one write or none, and the app says which. */
import { spawnSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecutorStep } from '../../main/approval/executor.ts'
import { aLittleLess, type App, externalId, liveBudget, proposeBudget, someAdGroup, startApp } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const CASES: readonly {
  readonly step: ExecutorStep
  readonly when: string
  readonly writes: 0 | 1
  readonly state: string
}[] = [
  { step: 'approved', when: 'before the intent is recorded', writes: 0, state: 'apply_failed' },
  { step: 'intent', when: 'after the intent is recorded', writes: 0, state: 'apply_failed' },
  { step: 'sent', when: 'after "sent" is recorded, before the write leaves', writes: 0, state: 'apply_failed' },
  { step: 'answered', when: 'after the platform took the write', writes: 1, state: 'applied' },
  { step: 'read_back', when: 'before the outcome is recorded', writes: 1, state: 'applied' },
]

describe('kill -9 between Confirm and outcome', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp(makeTempFolder('crash'))
  }, 120_000)
  afterAll(() => app.close())

  test.each(CASES)('$when', { timeout: 120_000 }, async ({ step, writes, state }) => {
    const target = await someAdGroup(
      app,
      CASES.findIndex((each) => each.step === step),
    )
    const draft = await proposeBudget(app, target)
    await app.core.close()

    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../support/core-child.ts'),
        app.homeFolder,
        app.sandbox.tiktok.baseUrl,
        draft.draft_id,
        step,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(signal).toBe('SIGKILL')

    app = await app.restart()
    // What was certainly not sent is known at once; what may have been sent is found by reading.
    await waitFor(
      async () =>
        !['approved', 'applying'].includes((await app.window('get_draft', { draft_id: draft.draft_id })).draft.state),
      { what: 'the draft to be recovered' },
    )
    app.clock.advance(10 * 60_000)
    await waitFor(
      async () => {
        await app.core.run({ kind: 'window' }, 'reconcile_draft', { draft_id: draft.draft_id })
        return (await app.window('get_draft', { draft_id: draft.draft_id })).draft.state === state
      },
      { what: `the draft to be ${state}`, withinMs: 30_000, everyMs: 100 },
    )
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(writes)
    expect(liveBudget(app, target.entityId)).toBe(writes === 1 ? aLittleLess(target.budget) : target.budget)
    expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: true })
  })

  test('the command line finds the same log in order', async () => {
    await app.core.close()
    const result = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../../main/cli/main.ts'), 'verify', '--workspace', app.workspaceFolder],
      {
        env: { ...process.env, SPENDSIGNOFF_HOME: app.homeFolder, SPENDSIGNOFF_PASSPHRASE: 'correct horse battery' },
        encoding: 'utf8',
      },
    )
    expect(result.stderr).not.toContain('correct horse')
    expect([result.status, result.stdout]).toEqual([0, expect.stringContaining('OK: ')])
    app = await app.restart()
  })
})
