/** Connecting, end to end: what is checked before anything is kept, what is shown of the token's life, and how a connection dies and comes back. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { PASSPHRASE, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { connectionOf, type ConnectRig, startConnectRig, stepsOf } from '../support/connect-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const DAY_MS = 86_400_000
let rig: ConnectRig
beforeAll(async () => {
  rig = await startConnectRig(makeTempFolder('connect'))
})
afterEach(() => {
  rig.google.faults.clear()
  rig.meta.faults.clear()
  rig.tiktok.faults.clear()
})
afterAll(() => rig.close())

const ids = async (): Promise<string[]> =>
  (await rig.window('list_connections', {})).connections.map((each) => each.connection_id)
async function removeAll(): Promise<void> {
  for (const id of await ids()) await rig.window('remove_connection', { connection_id: id })
}
const tiktokInput = () => {
  const { credentials } = rig.tiktok
  return { app_id: credentials.appId, app_secret: credentials.appSecret, auth_code: credentials.authCode() }
}

describe('each way of connecting goes through its steps', () => {
  test('Google, with consent in the browser', async () => {
    const flow = await rig.begin('google_ads')
    await rig.consent(flow)
    const done = await rig.ended(flow)
    expect(done).toMatchObject({ state: 'connected', error: null })
    expect(stepsOf(done.steps)).toEqual([
      'consent ok',
      'exchange ok',
      'token ok',
      'accounts ok',
      'write_access ok',
      'stored ok',
    ])
    const connection = await connectionOf(rig, done.connection_id ?? '')
    expect(connection).toMatchObject({ platform: 'google_ads', method: 'oauth', state: 'ok', is_sandbox: false })
    // Google does not say when a refresh token ends.
    expect(connection.health).toMatchObject({ is_valid: true, expires_at: null, expiry_known: false, can_write: null })
  })

  test('Google, with a service account’s key', async () => {
    const { connection, steps } = await rig.window('connect_google_service_account', {
      key_json: rig.google.credentials.serviceAccountKeyJson,
    })
    expect(connection).toMatchObject({ method: 'service_account', state: 'ok' })
    expect(connection.health).toMatchObject({ expires_at: null, expiry_known: true })
    expect(stepsOf(steps)).toEqual(['credentials ok', 'token ok', 'accounts ok', 'write_access ok', 'stored ok'])
  })

  test('Meta, with consent in the browser: the token’s end is known', async () => {
    const connection = await connectionOf(rig, await rig.connectOauth('meta'))
    expect(connection).toMatchObject({ platform: 'meta', method: 'oauth', state: 'ok' })
    const daysLeft = (Date.parse(connection.health?.expires_at ?? '') - rig.clock.nowMs()) / DAY_MS
    expect(daysLeft).toBeGreaterThan(59)
    expect(connection.health?.scopes).toContain('ads_management')
  })

  test('Meta, with a system user’s token', async () => {
    const { accessToken, appSecret } = rig.meta.credentials
    const { connection, steps } = await rig.window('connect_meta_token', {
      access_token: accessToken,
      app_secret: appSecret,
    })
    expect(connection).toMatchObject({ method: 'system_user', state: 'ok' })
    expect(connection.health).toMatchObject({ can_write: true, expires_at: null, expiry_known: true })
    expect(steps.at(-1)).toMatchObject({ name: 'stored', state: 'ok' })
  })

  test('TikTok, with app id, secret and code', async () => {
    const { connection, steps } = await rig.window('connect_tiktok', tiktokInput())
    expect(connection).toMatchObject({ platform: 'tiktok', method: 'app', state: 'ok' })
    expect(stepsOf(steps)[0]).toBe('exchange ok')
  })

  test('all of them stand in the log with their method, caused by a person', async () => {
    const { records } = await rig.window('list_audit', { limit: 200 })
    const added = records.filter(({ type }) => type === 'connection.added')
    // Newest first.
    expect(added.map(({ line }) => /"method":"(\w+)"/.exec(line)?.[1])).toEqual([
      'app',
      'system_user',
      'oauth',
      'service_account',
      'oauth',
    ])
    expect(added.every(({ actor }) => actor.kind === 'user')).toBe(true)
    await removeAll()
  })
})

describe('what does not work is refused before anything is stored', () => {
  test.each<[what: string, key: (json: string) => string, words: RegExp]>([
    ['a bare private key', (json) => (JSON.parse(json) as { private_key: string }).private_key, /bare private key/],
    ['the file of an OAuth client', () => JSON.stringify({ installed: { client_id: 'x'.repeat(60) } }), /OAuth client/],
    [
      'credentials of gcloud',
      () => JSON.stringify({ type: 'authorized_user', client_id: 'x'.repeat(60), refresh_token: '1//x' }),
      /another kind/,
    ],
    ['a damaged key', (json) => json.replace(/MII[\w+/]{40}/, 'MII'), /damaged/],
  ])('%s', async (_what, key, words) => {
    const error = await rig.refusal('connect_google_service_account', {
      key_json: key(rig.google.credentials.serviceAccountKeyJson),
    })
    expect(error).toMatchObject({ code: 'invalid_value', details: { step: 'credentials' } })
    expect(error.message).toMatch(words)
    expect(await ids()).toEqual([])
  })

  test('a key that Google does not know any more', async () => {
    const { generateKeyPairSync } = await import('node:crypto')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const file = {
      ...(JSON.parse(rig.google.credentials.serviceAccountKeyJson) as object),
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }
    const error = await rig.refusal('connect_google_service_account', { key_json: JSON.stringify(file) })
    expect(error).toMatchObject({ code: 'invalid_value', details: { step: 'token' } })
    expect(error.message).toMatch(/no longer accepts the service account’s key.*Nothing was stored/)
  })

  test('a made-up Meta token', async () => {
    const error = await rig.refusal('connect_meta_token', { access_token: `EAA${'x'.repeat(80)}` })
    expect(error).toMatchObject({ code: 'invalid_value', details: { step: 'token' } })
    expect(error.message).toMatch(/Nothing was stored/)
  })

  test('a Meta token that may not read ads', async () => {
    const token = rig.meta.credentials.issueToken({ scopes: ['business_management'], isSystemUser: true })
    const error = await rig.refusal('connect_meta_token', { access_token: token })
    expect(error.message).toMatch(/Nothing was/)
    expect(await ids()).toEqual([])
  })

  test('a TikTok code that was used, or a wrong secret', async () => {
    const used = tiktokInput()
    await rig.window('connect_tiktok', used)
    await removeAll()
    const again = await rig.refusal('connect_tiktok', used)
    expect(again).toMatchObject({ code: 'invalid_value', details: { step: 'exchange', platformCode: '40110' } })
    expect(again.message).toMatch(/used before.*Nothing was stored/)
    const wrong = await rig.refusal('connect_tiktok', { ...tiktokInput(), app_secret: 'not-the-secret-of-this-app' })
    expect(wrong.message).toMatch(/do not belong together/)
  })

  test('credentials that reach no account: the likely cause is named', async () => {
    const advertisers = rig.tiktok.world.advertisers as unknown[]
    const kept = advertisers.splice(0)
    const error = await rig.refusal('connect_tiktok', tiktokInput()).finally(() => advertisers.push(...kept))
    expect(error).toMatchObject({ code: 'account_not_available', details: { step: 'accounts' } })
    expect(`${error.message} ${error.hint}`).toMatch(
      /reach no ad account of TikTok\. Nothing was stored\..*tick the ad accounts/,
    )
    expect(await ids()).toEqual([])
  })

  test('a Google Cloud project that may only use test accounts: the way out is named', async () => {
    const code = 'authorizationError.CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION'
    rig.google.faults.add({ kind: 'code', path: '*', times: 50, after: 1, code: 403, message: code })
    const error = await rig.refusal('connect_google_service_account', {
      key_json: rig.google.credentials.serviceAccountKeyJson,
    })
    const said = `${error.message} ${error.hint}`
    for (const words of [/may only use test accounts/, /Explorer access/, /Nothing was stored/])
      expect(said).toMatch(words)
    expect(await ids()).toEqual([])
  })

  test('accounts that cannot be listed just now', async () => {
    const token = rig.meta.credentials.issueToken({ isSystemUser: true })
    rig.meta.faults.add({ kind: 'http_500', path: '/adaccounts', times: 50 })
    const error = await rig.refusal('connect_meta_token', { access_token: token })
    expect(error).toMatchObject({ code: 'platform_unreachable', details: { step: 'accounts' }, retryable: true })
    expect(await ids()).toEqual([])
  })
})

describe('a connection that dies', () => {
  test('Google takes the permission back: the sync says so, the person is told once, and connecting again revives it', async () => {
    const before = new Set(rig.google.world.refreshTokens)
    const id = await rig.connectOauth('google_ads')
    await rig.syncAll()
    expect((await connectionOf(rig, id)).account_ids.length).toBeGreaterThan(0)
    for (const token of rig.google.world.refreshTokens)
      if (!before.has(token)) rig.google.world.refreshTokens.delete(token)
    rig.clock.advance(2 * 3_600_000) // beyond the life of an access token
    rig.notices.length = 0
    await rig.syncAll()
    const dead = await connectionOf(rig, id)
    expect(dead).toMatchObject({ state: 'needs_reconnect', health: { is_valid: false } })
    expect(dead.state_detail).toMatch(/no longer accepts/)
    const { accounts } = await rig.window('list_accounts', {})
    expect(
      accounts.filter((each) => each.platform === 'google_ads').every((each) => each.connection_state !== 'ok'),
    ).toBe(true)
    await rig.syncAll()
    expect(rig.notices.filter((notice) => notice.includes('connected again'))).toHaveLength(1)

    expect(await rig.connectOauth('google_ads')).toBe(id)
    expect(await connectionOf(rig, id)).toMatchObject({ state: 'ok', health: { is_valid: true } })
    const { records } = await rig.window('list_audit', { limit: 50 })
    const states = records
      .filter(({ type }) => type === 'connection.state')
      .map(({ line }) => /"state":"(\w+)"/.exec(line)?.[1])
    expect(states).toEqual(['ok', 'needs_reconnect'])
    await removeAll()
  })

  test('Meta: a check finds out, and a check heals it when the token works again', async () => {
    const token = rig.meta.credentials.issueToken({ isSystemUser: true })
    const { connection } = await rig.window('connect_meta_token', { access_token: token })
    rig.meta.credentials.killToken(token, 460)
    const dead = await rig.window('check_connection', { connection_id: connection.connection_id })
    expect(dead.connection.state).toBe('needs_reconnect')
    expect(stepsOf(dead.steps)).toEqual(['token failed', 'accounts waiting', 'write_access waiting'])
    await removeAll()
  })

  test('TikTok: the token was revoked over there', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    rig.tiktok.world.accessTokens.clear()
    const checked = await rig.window('check_connection', { connection_id: connection.connection_id })
    expect(checked.connection.state).toBe('needs_reconnect')
    const again = await rig.window('connect_tiktok', tiktokInput())
    expect(again.connection).toMatchObject({ connection_id: connection.connection_id, state: 'ok' })
    await removeAll()
  })

  test('comes back by itself when the platform takes its token again', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    const tokens = [...rig.tiktok.world.accessTokens]
    rig.tiktok.world.accessTokens.clear()
    await rig.syncAll()
    expect((await connectionOf(rig, connection.connection_id)).state).toBe('needs_reconnect')
    for (const token of tokens) rig.tiktok.world.accessTokens.add(token)
    rig.clock.advance(DAY_MS + 60_000)
    await rig.syncAll()
    await waitFor(async () => (await connectionOf(rig, connection.connection_id)).state === 'ok', {
      what: 'the daily check',
      withinMs: 10_000,
    })
    await removeAll()
  })

  test('a platform in trouble is no news about the token', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    rig.tiktok.faults.add({ kind: 'http_500', path: '*', times: 50 })
    const checked = await rig.window('check_connection', { connection_id: connection.connection_id })
    expect(checked.connection).toMatchObject({ state: 'ok', health: { is_valid: true } })
    expect(checked.steps.some(({ state }) => state === 'failed')).toBe(true)
    rig.tiktok.faults.clear()
    await removeAll()
  })
})

describe('two people with one app', () => {
  /** Somebody who reaches only these of TikTok's advertisers gives the app a code. */
  async function connectAs(...reached: readonly number[]): Promise<string> {
    const advertisers = rig.tiktok.world.advertisers as unknown[]
    const all = advertisers.splice(0)
    advertisers.push(...reached.map((n) => all[n]))
    const { connection } = await rig
      .window('connect_tiktok', tiktokInput())
      .finally(() => advertisers.splice(0, advertisers.length, ...all))
    return connection.connection_id
  }

  test('get a connection each, also when the second comes before the first was ever read', async () => {
    const first = await connectAs(0)
    expect(await connectAs(1)).not.toBe(first)
    expect(await connectAs(0)).toBe(first)
    await removeAll()
  })

  test('part without harm: TikTok takes back the one token, which would never end by itself, and the other goes on', async () => {
    const first = await connectAs(0)
    const before = new Set(rig.tiktok.world.accessTokens)
    const second = await connectAs(1)
    const [issued] = [...rig.tiktok.world.accessTokens].filter((token) => !before.has(token))
    expect(await rig.window('remove_connection', { connection_id: second })).toEqual({ revoked_on_platform: true })
    expect(rig.tiktok.world.accessTokens.has(issued ?? '')).toBe(false)
    const { connection } = await rig.window('check_connection', { connection_id: first })
    expect(connection.state).toBe('ok')
    await removeAll()
  })

  test('never replace living credentials by some that reach less; the same person with more, or after an end, renews', async () => {
    const first = await connectAs(0, 1)
    const second = await connectAs(1)
    expect(second).not.toBe(first)
    expect(await connectAs(0, 1)).toBe(first)
    await rig.window('remove_connection', { connection_id: second })
    rig.tiktok.world.accessTokens.clear()
    await rig.window('check_connection', { connection_id: first })
    expect(await connectAs(0)).toBe(first)
    await removeAll()
  })
})

describe('the end of a token', () => {
  test('is said once, within its last week, also after a restart', async () => {
    const token = rig.meta.credentials.issueToken({ lifeMs: 20 * DAY_MS, isSystemUser: true })
    const { connection } = await rig.window('connect_meta_token', { access_token: token })
    const soon = (): string[] => rig.notices.filter((notice) => notice.includes('ends in'))
    rig.notices.length = 0
    await rig.syncAll()
    expect(soon()).toEqual([])
    rig.clock.advance(14 * DAY_MS)
    await rig.restart()
    expect(soon()).toHaveLength(1)
    expect(soon()[0]).toMatch(/The Meta connection ends in 6 days/)
    await rig.restart()
    await rig.syncAll()
    expect(soon()).toHaveLength(1)
    // A new token of the same user renews the connection before it dies, instead of standing beside it.
    const renewed = rig.meta.credentials.issueToken({ isSystemUser: true })
    const { connection: after } = await rig.window('connect_meta_token', { access_token: renewed })
    expect(after).toMatchObject({ connection_id: connection.connection_id, health: { expires_at: null } })
    await removeAll()
  })

  test('is asked about once a day, during syncs', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    const checkedAt = async (): Promise<string | undefined> =>
      (await connectionOf(rig, connection.connection_id)).health?.checked_at
    const first = await checkedAt()
    await rig.syncAll()
    expect(await checkedAt()).toBe(first)
    rig.clock.advance(DAY_MS + 60_000)
    await rig.syncAll()
    await waitFor(async () => (await checkedAt()) !== first, { what: 'the daily check', withinMs: 10_000 })
    await removeAll()
  })
})

describe('changes in an account', () => {
  test('are off until the person allows them, and reading goes on all the same', async () => {
    await rig.window('connect_tiktok', tiktokInput())
    await rig.syncAll()
    const [account] = (await rig.window('list_accounts', {})).accounts.filter((each) => each.platform === 'tiktok')
    if (account === undefined) throw new Error('no account')
    expect(account.writes_allowed).toBe(false)
    const allowed = await rig.window('set_account_writes', { account_id: account.account_id, is_allowed: true })
    expect(allowed.writes_allowed).toBe(true)
    const off = await rig.window('set_account_writes', { account_id: account.account_id, is_allowed: false })
    expect(off.writes_allowed).toBe(false)
    const { records } = await rig.window('list_audit', { limit: 20 })
    expect(records.filter(({ type }) => type === 'account.writes')).toHaveLength(2)
    await removeAll()
    const gone = await rig.refusal('set_account_writes', { account_id: account.account_id, is_allowed: true })
    expect(gone.code).toBe('account_not_available')
  })

  test('cannot be allowed with a token that may only read', async () => {
    const token = rig.meta.credentials.issueToken({ scopes: ['ads_read', 'business_management'], isSystemUser: true })
    const { connection, steps } = await rig.window('connect_meta_token', { access_token: token })
    expect(steps.find(({ name }) => name === 'write_access')).toMatchObject({ state: 'warning' })
    expect(connection.health?.can_write).toBe(false)
    await rig.syncAll()
    const [accountId] = (await connectionOf(rig, connection.connection_id)).account_ids
    if (accountId === undefined) throw new Error('no account')
    const error = await rig.refusal('set_account_writes', { account_id: accountId, is_allowed: true })
    expect(error.code).toBe('writes_not_allowed')
    expect(error.message).toMatch(/may read it and not change it/)
    await removeAll()
  })
})

describe('accounts nobody said yes to', () => {
  test('are not changed because a file says that this is a demo', async () => {
    const real = await startApp(makeTempFolder('no-demo'), { writes: false })
    await real.core.close()
    // Anybody who can write the folder can write this: the file is not sealed.
    const file = join(real.workspaceFolder, 'workspace.json')
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), isDemo: true }))
    const flipped = await real.restart()
    const { accounts } = await flipped.window('list_accounts', {})
    expect(accounts.map((each) => each.writes_allowed)).toEqual([false, false])
    await flipped.close()
  })
})

describe('removing a connection', () => {
  test('waits for a change that is under way, also in an account that its platform lists no longer', async () => {
    let goOn = (): void => undefined
    let hasAnswered = false
    const app = await startApp(makeTempFolder('busy'), {
      core: {
        onStep: async (step) => {
          if (step !== 'answered') return
          hasAnswered = true
          await new Promise<void>((resolve) => (goOn = resolve))
        },
      },
    })
    const draft = await proposeBudget(app, await someAdGroup(app))
    const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    await app.window('confirm_draft', {
      draft_id: draft.draft_id,
      confirm_token: challenge?.confirm_token ?? '',
      passphrase: PASSPHRASE,
    })
    await waitFor(() => hasAnswered, { what: 'the write' })
    const advertisers = app.sandbox.world.advertisers as unknown[]
    const all = advertisers.splice(0)
    await app.window('start_sync', { days: 2 })
    await waitFor(async () => (await app.window('get_sync', {})).sync.state !== 'running', { what: 'the sync' })
    const [connection] = (await app.window('list_connections', {})).connections
    expect(connection?.account_ids).toEqual([])
    const remove = { connection_id: connection?.connection_id }
    expect(await app.refusal({ kind: 'window' }, 'remove_connection', remove)).toMatchObject({ code: 'entity_busy' })
    advertisers.push(...all)
    goOn()
    await settled(app, draft.draft_id)
    await app.close()
  })

  test('takes back the permission to change its accounts: whoever connects them again is asked again', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    await rig.syncAll()
    const [accountId] = (await connectionOf(rig, connection.connection_id)).account_ids
    if (accountId === undefined) throw new Error('no account')
    await rig.window('set_account_writes', { account_id: accountId, is_allowed: true })
    await rig.window('remove_connection', { connection_id: connection.connection_id })
    const { records } = await rig.window('list_audit', { limit: 2 })
    expect(records.map(({ type }) => type)).toEqual(['account.writes', 'connection.removed'])
    expect(records[0]?.line).toContain('"allowed":false')
    await rig.window('connect_tiktok', tiktokInput())
    await rig.syncAll()
    const again = (await rig.window('list_accounts', {})).accounts.find((each) => each.account_id === accountId)
    expect(again).toMatchObject({ connection_state: 'ok', writes_allowed: false })
    await removeAll()
  })

  test('only interrupts what the other connections were reading', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    const meta = await rig.connectOauth('meta')
    await rig.window('start_sync', { days: 3 })
    await rig.window('remove_connection', { connection_id: connection.connection_id })
    await waitFor(async () => (await rig.window('get_sync', {})).sync.state !== 'running', {
      what: 'the sync to end',
      withinMs: 60_000,
    })
    expect((await rig.window('get_sync', {})).sync.state).not.toBe('cancelled')
    expect((await connectionOf(rig, meta)).account_ids.length).toBeGreaterThan(0)
    await removeAll()
  })

  test('whose stored credentials are damaged works: it is the way out that their error names', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    await rig.core().close()
    const ledger = await openLedgerFile(join(rig.homeFolder, 'workspaces', 'default'), rig.clock)
    ledger.prepare('UPDATE platform_token SET sealed = ?').run(Buffer.alloc(80, 7))
    ledger.close()
    await rig.restart()
    const checked = await rig.window('check_connection', { connection_id: connection.connection_id })
    expect(checked.steps[0]).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('Remove the connection'),
    })
    const removed = await rig.window('remove_connection', { connection_id: connection.connection_id })
    expect(removed).toEqual({ revoked_on_platform: false })
    expect(await ids()).toEqual([])
  })

  test('ends the credentials at the platform, where it can', async () => {
    const before = new Set(rig.google.world.refreshTokens)
    const google = await rig.connectOauth('google_ads')
    const issued = [...rig.google.world.refreshTokens].filter((token) => !before.has(token))
    const removed = await rig.window('remove_connection', { connection_id: google })
    expect(removed).toEqual({ revoked_on_platform: true })
    for (const token of issued) expect(rig.google.world.revoked.has(token)).toBe(true)
    // Nobody can revoke a service account's key but its owner, in the Cloud console.
    const { connection } = await rig.window('connect_google_service_account', {
      key_json: rig.google.credentials.serviceAccountKeyJson,
    })
    const kept = await rig.window('remove_connection', { connection_id: connection.connection_id })
    expect(kept).toEqual({ revoked_on_platform: false })
  })

  test('goes through when the platform does not answer', async () => {
    const { connection } = await rig.window('connect_tiktok', tiktokInput())
    rig.tiktok.faults.add({ kind: 'http_500', path: '*', times: 50 })
    const removed = await rig.window('remove_connection', { connection_id: connection.connection_id })
    expect(removed).toEqual({ revoked_on_platform: false })
    expect(await ids()).toEqual([])
  })
})

test('what the platforms are asked is counted per account, for the window', async () => {
  await rig.window('connect_tiktok', tiktokInput())
  await rig.syncAll()
  const { readings } = await rig.window('get_quota', {})
  const tiktok = readings.filter((reading) => reading.platform === 'tiktok')
  expect(tiktok.some((reading) => reading.account_id !== null && reading.requests_last_hour > 0)).toBe(true)
})
