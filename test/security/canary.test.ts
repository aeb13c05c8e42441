/** Secrets are planted, or taken off the wire, one of every platform and kind; then every place they could leak to is searched. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AGENT, PASSPHRASE, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { type ConnectRig, startConnectRig } from '../support/connect-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { startWiretap, type Wiretap } from '../support/wiretap.ts'

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

/** Everything the person, an AI client or a file could show, of a workspace with all platforms connected, used, failed and removed. */
async function everythingShown(rig: ConnectRig): Promise<readonly string[]> {
  const { records } = await rig.window('list_audit', { limit: 200 })
  return [
    rig.answers.join('\n'),
    rig.notices.join('\n'),
    records.map(({ line, disclosed }) => line + JSON.stringify(disclosed)).join('\n'),
    ...filesUnder(rig.homeFolder).map((path) => readFileSync(path, 'latin1')),
  ]
}

/** Syncs, looks at everything as window and as AI client, and lets every platform refuse a while. */
async function useIt(rig: ConnectRig): Promise<void> {
  const { accounts } = await rig.syncAll()
  for (const { platform } of (await rig.window('list_connections', {})).connections)
    expect(accounts.some((each) => each.account_id.startsWith(platform) && each.state === 'done')).toBe(true)
  for (const { connection_id } of (await rig.window('list_connections', {})).connections)
    await rig.window('check_connection', { connection_id })
  for (const each of [rig.google, rig.meta, rig.tiktok]) each.faults.add({ kind: 'invalid_token', path: '*', times: 6 })
  rig.clock.advance(3_600_000)
  await rig.syncAll()
  for (const each of [rig.google, rig.meta, rig.tiktok]) each.faults.clear()
  for (const name of [
    'get_status',
    'list_accounts',
    'get_account_readiness',
    'list_drafts',
    'list_connections',
    'begin_oauth',
  ])
    rig.answers.push(JSON.stringify(await rig.core().run(AGENT, name, {})))
  for (const name of ['get_app_state', 'get_sync', 'get_quota', 'list_accounts', 'list_audit'])
    rig.answers.push(JSON.stringify(await rig.core().run({ kind: 'window' }, name, {})))
}

const valuesOf = (taps: readonly Wiretap[], ...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const found = taps.flatMap((tap) => [...(tap.secrets.get(name) ?? [])])
    // A search for nothing finds nothing: each kind must have gone over the wire.
    if (found.length === 0) throw new Error(`no ${name} went by`)
    return found
  })

/** Where a secret is found, in any spelling: the number of its place, never the secret. */
function findings(secrets: readonly string[], places: readonly string[]): readonly number[] {
  return secrets.flatMap((secret) =>
    [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])].flatMap((form) =>
      places.flatMap((place, k) => (place.includes(form) ? [k] : [])),
    ),
  )
}

test('of a consent with Google, Meta’s and TikTok’s codes: no code, verifier, secret or token is found anywhere', async () => {
  const taps: Wiretap[] = []
  const tap = async (base: string): Promise<string> => {
    taps.push(await startWiretap(base))
    return taps.at(-1)?.baseUrl ?? ''
  }
  const rig = await startConnectRig(makeTempFolder('canary-oauth'), async ({ google, meta, tiktok }) => ({
    google: { api: await tap(google.api), oauth: await tap(google.oauth), consent: google.consent },
    meta: { graph: await tap(meta.graph), dialog: meta.dialog },
    tiktok: { api: await tap(tiktok.api) },
  }))
  const { credentials } = rig.tiktok
  for (const platform of ['google_ads', 'meta'] as const) {
    await rig.connectOauth(platform)
    const wrong = await rig.begin(platform, 'canary-secret-of-another-app')
    await rig.consent(wrong)
    await rig.ended(wrong)
  }
  await rig.window('connect_tiktok', {
    app_id: credentials.appId,
    app_secret: credentials.appSecret,
    auth_code: credentials.authCode(),
  })
  await useIt(rig)
  for (const { connection_id } of (await rig.window('list_connections', {})).connections)
    await rig.window('remove_connection', { connection_id })
  const places = await everythingShown(rig)
  await rig.close()
  await Promise.all(taps.map((each) => each.close()))
  const [googleApi, googleOauth, meta, tiktok] = taps.map((each) => [each])
  const secrets = [
    ...valuesOf(googleOauth ?? [], 'code', 'code_verifier', 'client_secret', 'refresh_token', 'access_token'),
    ...valuesOf(googleApi ?? [], 'bearer'),
    ...valuesOf(meta ?? [], 'code', 'client_secret', 'access_token', 'fb_exchange_token', 'bearer', 'appsecret_proof'),
    ...valuesOf(tiktok ?? [], 'auth_code', 'secret', 'access-token'),
  ]
  expect(findings(secrets, places)).toEqual([])
}, 120_000)

test('of a service account’s key and a system user’s token nothing is found anywhere', async () => {
  const taps: Wiretap[] = []
  const rig = await startConnectRig(makeTempFolder('canary-keys'), async (home) => {
    taps.push(await startWiretap(home.google.api), await startWiretap(home.meta.graph))
    const [api = '', graph = ''] = taps.map(({ baseUrl }) => baseUrl)
    // The assertion names whom it is for: the token endpoint has to be at home.
    return { ...home, google: { ...home.google, api }, meta: { ...home.meta, graph } }
  })
  const { serviceAccountKeyJson } = rig.google.credentials
  const { accessToken, appSecret } = rig.meta.credentials
  await rig.window('connect_google_service_account', { key_json: serviceAccountKeyJson })
  await rig.window('connect_meta_token', { access_token: accessToken, app_secret: appSecret })
  await rig.refusal('connect_google_service_account', { key_json: serviceAccountKeyJson.slice(0, -9) })
  await rig.refusal('connect_meta_token', { access_token: `${accessToken}x` })
  await useIt(rig)
  const places = await everythingShown(rig)
  await rig.close()
  await Promise.all(taps.map((each) => each.close()))
  const pem = (JSON.parse(serviceAccountKeyJson) as { private_key: string }).private_key
  const lines = pem.split('\n').filter((line) => line.length > 40)
  expect(lines.length).toBeGreaterThan(10)
  const secrets = [pem, ...lines, accessToken, appSecret, ...valuesOf(taps, 'bearer', 'appsecret_proof')]
  expect(findings(secrets, places)).toEqual([])
  // The search itself does find what is there.
  expect(findings(secrets.slice(0, 1), [...places, `x${encodeURIComponent(pem)}x`])).toEqual([places.length])
}, 120_000)
