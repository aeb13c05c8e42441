/** Secrets are planted as a token, an app secret and a passphrase; then every place they could leak to is searched. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AGENT, PASSPHRASE, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

test('no planted secret is found in any reply, error, log line or file', async () => {
  const home = makeTempFolder('canary')
  const app = await startApp(home, { shell: 'browser' })
  const seen: string[] = []
  const note = async (caller: Parameters<typeof app.core.run>[0], name: string, input: unknown): Promise<void> => {
    seen.push(JSON.stringify(await app.core.run(caller, name, input)))
  }
  const { appSecret, appId } = app.sandbox.tiktok.credentials
  const code = app.sandbox.tiktok.credentials.authCode()
  const added = await app.window('add_client', {
    name: 'Canary client',
    scopes: ['mcp.read', 'mcp.draft'],
    expires_in_days: 30,
  })
  // The token TikTok issued is known to the sandbox alone: it never came back to us.
  const issued = [...app.sandbox.world.accessTokens]
  expect(issued.length).toBeGreaterThan(0)

  const draft = await proposeBudget(app, await someAdGroup(app))
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  await note({ kind: 'window' }, 'confirm_draft', {
    draft_id: draft.draft_id,
    confirm_token: challenge?.confirm_token,
    passphrase: `${PASSPHRASE}!`,
  })
  await note({ kind: 'window' }, 'confirm_draft', {
    draft_id: draft.draft_id,
    confirm_token: challenge?.confirm_token,
    passphrase: PASSPHRASE,
  })
  await settled(app, draft.draft_id)
  await note({ kind: 'window' }, 'connect_tiktok', {
    app_id: appId,
    app_secret: appSecret,
    auth_code: 'used-or-made-up-code',
  })
  await note({ kind: 'window' }, 'connect_tiktok', { app_id: appId, app_secret: `${appSecret}x`, auth_code: code })
  await note({ kind: 'window' }, 'connect_tiktok', {
    app_id: appId,
    app_secret: appSecret,
    auth_code: code,
    extra: appSecret,
  })
  app.sandbox.faults.add({ kind: 'invalid_token', path: '*', times: 3 })
  await note({ kind: 'window' }, 'start_sync', {})
  await new Promise((done) => setTimeout(done, 1_000))
  for (const name of [
    'get_app_state',
    'get_status',
    'list_accounts',
    'list_connections',
    'list_clients',
    'list_drafts',
    'list_audit',
    'get_sync',
  ])
    await note({ kind: 'window' }, name, {})
  for (const name of ['get_status', 'list_accounts', 'list_drafts', 'confirm_draft']) await note(AGENT, name, {})
  await app.close()

  const secrets = [appSecret, PASSPHRASE, added.token, code, ...issued]
  const replies = seen.join('\n')
  for (const secret of secrets) expect(replies.includes(secret)).toBe(false)
  const files = filesUnder(home)
  expect(files.some((file) => file.endsWith('ledger.db'))).toBe(true)
  expect(files.some((file) => file.endsWith('app.log'))).toBe(true)
  for (const file of files) {
    const bytes = readFileSync(file)
    for (const secret of secrets) {
      expect([file, bytes.includes(secret)]).toEqual([file, false])
      expect([file, bytes.includes(Buffer.from(secret).toString('base64'))]).toEqual([file, false])
    }
  }
  // Neither does the command line say them, not even for a wrong passphrase.
  const cli = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../main/cli/main.ts'), 'verify', '--workspace', app.workspaceFolder],
    {
      env: { ...process.env, SPENDSIGNOFF_HOME: home, SPENDSIGNOFF_PASSPHRASE: 'wrong canary phrase' },
      encoding: 'utf8',
    },
  )
  expect(cli.status).toBe(1)
  expect(cli.stdout + cli.stderr).not.toContain('canary phrase')
}, 120_000)
