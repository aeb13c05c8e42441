/**
 * Whoever received a message is a witness: the checkpoint taken out of a real mail and out of a real webhook, given to the app and to the
 * command line, shows that the ledger was put back to an older file where nobody could tell without it.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../main/secret.ts'
import { openPassphraseStore } from '../../main/vault/passphrase-store.ts'
import { type App, PASSPHRASE, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { bodyOf, noteIn, startHook, startMailbox } from '../support/receivers.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')
const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const HOOK_PATH = '/services/canary-token-in-the-path'
const MAIL_PASSWORD = 'mail-password-canary'
const COMMON = {
  events: ['draft.applied' as const],
  is_enabled: true,
  includes_names: false,
  allows_private: true,
  allows_plain: true,
}
const out = makeTempFolder('witness-out')
const WITNESSES = ['mail', 'webhook'] as const
const fileOf = (witness: string): string => join(out, `${witness}.txt`)

let app: App
const notes: Record<string, string> = {}
/** Every cell of the ledger, decrypted, as somebody with the database key reads it. */
let cells = ''

beforeAll(async () => {
  const hook = await startHook()
  const mailbox = await startMailbox({
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? '' }),
  })
  app = await (await startApp(makeTempFolder('witness'))).restart({ startsWork: true })
  const url = `${hook.origin}${HOOK_PATH}`
  await app.window('save_target', { ...COMMON, label: 'A', channel: { kind: 'webhook', url, secret: SECRET } })
  const server = { host: '127.0.0.1', port: mailbox.port, security: 'none' as const, user: 'ads' }
  const people = { from: 'ads@example.com', to: ['ana@example.com'] }
  await app.window('save_target', {
    ...COMMON,
    label: 'B',
    channel: { kind: 'email', ...server, ...people, password: MAIL_PASSWORD },
  })
  await app.core.close()
  const [ledger, older] = [join(app.workspaceFolder, 'ledger.db'), join(out, 'older.db')]
  copyFileSync(ledger, older)
  app = await app.restart({ startsWork: true })
  const draft = await proposeBudget(app, await someAdGroup(app))
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
  await settled(app, draft.draft_id)
  const arrived = (): boolean => hook.calls.length === 1 && mailbox.mails.length === 1
  await waitFor(arrived, { what: 'both messages', withinMs: 10_000, everyMs: 50 })
  const sent = JSON.parse(hook.calls[0]?.body ?? '') as { data: { checkpoint: string } }
  notes['webhook'] = sent.data.checkpoint
  notes['mail'] = noteIn(bodyOf(mailbox.mails[0]?.raw ?? ''))
  for (const witness of WITNESSES) writeFileSync(fileOf(witness), notes[witness] ?? '')
  await app.core.close()
  await hook.close()
  await mailbox.close()
  cells = await dump()
}, 120_000)
afterAll(() => app.close())

async function dump(): Promise<string> {
  const db = await openLedgerFile(app.workspaceFolder, app.clock)
  try {
    const names = db.prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
    return names
      .flatMap(({ name }) => db.prepare<[], Record<string, unknown>>(`SELECT * FROM "${name}"`).all())
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
      .join('\n')
  } finally {
    db.close()
  }
}

function verify(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    env: { ...process.env, SPENDSIGNOFF_HOME: app.homeFolder, SPENDSIGNOFF_PASSPHRASE: PASSPHRASE },
    cwd: out,
    timeout: 60_000,
  })
  return { status, said: stdout + stderr }
}
const WORKSPACE = ['verify', '--workspace', 'default'] as const

test('secrets are not in the ledger even for who has its key; what was sent is', () => {
  expect(cells).toContain('checkpoint.emitted')
  expect(cells).toContain('ana@example.com')
  for (const secret of [SECRET, SECRET.slice(6), HOOK_PATH, MAIL_PASSWORD]) expect(cells).not.toContain(secret)
})

test.each(WITNESSES)(
  'the log that was left alone agrees with the %s',
  (witness) => {
    expect(verify(...WORKSPACE, '--checkpoint', fileOf(witness))).toMatchObject({ status: 0 })
  },
  60_000,
)

describe('the ledger put back to an older file, and the remembered head taken away', () => {
  beforeAll(async () => {
    for (const end of ['-wal', '-shm']) rmSync(join(app.workspaceFolder, `ledger.db${end}`), { force: true })
    copyFileSync(join(out, 'older.db'), join(app.workspaceFolder, 'ledger.db'))
    const vault = join(app.workspaceFolder, 'vault.sealed.json')
    await (await openPassphraseStore(vault, new Secret(PASSPHRASE))).remove('head')
    verify('export', '--workspace', 'default', '--out', 'log.zip')
  }, 60_000)

  test('is not noticed alone, and the check says what it cannot see', () => {
    const live = verify(...WORKSPACE)
    expect(live).toMatchObject({ status: 0 })
    expect(live.said).toMatch(/Note: .*checkpoint/)
    expect(verify('verify', 'log.zip')).toMatchObject({ status: 0 })
  }, 60_000)

  test.each(WITNESSES)(
    'is noticed with the %s, live and in a bundle',
    (witness) => {
      for (const command of [WORKSPACE, ['verify', 'log.zip']]) {
        const { status, said } = verify(...command, '--checkpoint', fileOf(witness))
        expect([status, said]).toEqual([
          1,
          expect.stringMatching(/FAULT: .*(newest are missing|two different histories)/),
        ])
      }
    },
    60_000,
  )

  test.each(WITNESSES)(
    'is noticed in the window with the %s',
    async (witness) => {
      app = await app.restart()
      expect((await app.window('verify_audit', {})).is_ok).toBe(true)
      const { is_ok, fault } = await app.window('verify_audit', { extra_notes: [notes[witness] ?? ''] })
      expect([is_ok, fault?.kind]).toEqual([false, expect.stringMatching(/^(rolled_back|equivocation)$/)])
    },
    60_000,
  )
})
