/** Somebody changes the ledger's file while the app is closed. The app and the command line notice, and say what and where. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type App, PASSPHRASE, proposeBudget, someAdGroup, startApp } from '../support/app.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const apps: App[] = []
afterAll(() => Promise.all(apps.map((app) => app.sandbox.close())))

/** Runs `attack` on the closed ledger with its accident guards removed. */
async function tamper(app: App, attack: (db: Database.Database) => void): Promise<void> {
  const db = await openLedgerFile(app.workspaceFolder, app.clock)
  for (const trigger of ['entry_no_update', 'entry_no_delete', 'checkpoint_no_update'])
    db.exec(`DROP TRIGGER ${trigger}`)
  db.pragma('foreign_keys = OFF')
  attack(db)
  db.close()
}

function verifyOnTheCommandLine(app: App): { readonly status: number | null; readonly words: string } {
  const result = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../main/cli/main.ts'), 'verify', '--workspace', app.workspaceFolder],
    {
      env: { ...process.env, SPENDSIGNOFF_HOME: app.homeFolder, SPENDSIGNOFF_PASSPHRASE: PASSPHRASE },
      encoding: 'utf8',
    },
  )
  return { status: result.status, words: result.stdout + result.stderr }
}

describe('a ledger changed behind the app’s back', () => {
  let app: App
  beforeEach(async () => {
    app = await startApp(makeTempFolder('ledger-file'), { syncDays: 2 })
    apps.push(app)
    await proposeBudget(app, await someAdGroup(app, 0))
    await proposeBudget(app, await someAdGroup(app, 1))
    await app.core.close()
  }, 60_000)

  test('with one byte of a record edited: verify names the record', async () => {
    await tamper(app, (db) =>
      db.exec(
        `UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"seq":3', '"seq":3 ') AS BLOB) WHERE seq = 3`,
      ),
    )
    const { status, words } = verifyOnTheCommandLine(app)
    expect(status).toBe(1)
    expect(words).toMatch(/\b3\b/)
  })

  test('with a middle record deleted: verify names the gap', async () => {
    await tamper(app, (db) =>
      db.exec(
        'DELETE FROM disclosure WHERE seq = 2; DELETE FROM entry_index WHERE seq = 2; DELETE FROM entry WHERE seq = 2',
      ),
    )
    const { status, words } = verifyOnTheCommandLine(app)
    expect(status).toBe(1)
    expect(words).toMatch(/\b2\b/)
  })

  test('with the last record and its checkpoint deleted: the pinned head exposes it, and nothing can be approved', async () => {
    await tamper(app, (db) => {
      const { last } = db.prepare('SELECT max(seq) AS last FROM entry').get() as { last: number }
      db.exec(
        `DELETE FROM disclosure WHERE seq = ${last}; DELETE FROM entry_index WHERE seq = ${last}; DELETE FROM entry WHERE seq = ${last}; DELETE FROM checkpoint WHERE size > ${last}`,
      )
    })
    const { status, words } = verifyOnTheCommandLine(app)
    expect([status, words]).toEqual([1, expect.stringMatching(/record|checkpoint|remember/i)])
    const again = await app.restart()
    expect(again.core.trouble()?.code).toBe('ledger_broken')
    expect((await again.refusal({ kind: 'window' }, 'list_drafts', {})).code).toBe('workspace_locked')
    await again.core.close()
  })

  test('with an older copy of the file put back: noticed as rolled back', async () => {
    const file = join(app.workspaceFolder, 'ledger.db')
    copyFileSync(file, `${file}.old`)
    const later = await app.restart()
    await proposeBudget(later, await someAdGroup(later, 2))
    await later.core.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    copyFileSync(`${file}.old`, file)
    const again = await app.restart()
    expect(again.core.trouble()).toMatchObject({
      code: 'ledger_broken',
      message: expect.stringMatching(/older|rolled back|fewer|remembers/i) as string,
    })
    await again.core.close()
    expect(verifyOnTheCommandLine(app).status).toBe(1)
  })
})
