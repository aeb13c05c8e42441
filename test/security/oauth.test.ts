/** Connecting with consent, as an attacker, a hasty person and an unlucky one would: against the sandboxes' own sign-in servers. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectRig, type Flow, startConnectRig, stepsOf } from '../support/connect-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

let rig: ConnectRig
beforeAll(async () => {
  rig = await startConnectRig(makeTempFolder('oauth'))
})
afterEach(() => {
  rig.google.faults.clear()
  rig.meta.faults.clear()
  rig.meta.switches.declinedScopes = []
})
afterAll(() => rig.close())

const PLATFORMS = ['google_ads', 'meta'] as const
const stateOf = (flow: Flow): string => new URL(flow.authorize_url).searchParams.get('state') ?? ''
/** The browser comes back with what it was told. */
const comeBack = (flow: Flow, query: Record<string, string>): Promise<Response> =>
  fetch(`${flow.redirect_uri}${flow.platform === 'meta' ? '' : '/'}?${new URLSearchParams(query).toString()}`)
/** A code for this attempt, without going back with it. */
function codeFor(flow: Flow, challenge = new URL(flow.authorize_url).searchParams.get('code_challenge') ?? ''): string {
  return flow.platform === 'meta'
    ? rig.meta.credentials.authCode(flow.redirect_uri)
    : rig.google.credentials.authCode({ redirectUri: flow.redirect_uri, challenge })
}
const connectionsCount = async (): Promise<number> => (await rig.window('list_connections', {})).connections.length

/** How an attempt ended that connected nothing: its code, its words, the step that failed. */
async function failureOf(flow: Flow): Promise<{ code: string; words: string; step: string | undefined }> {
  const ended = await rig.ended(flow)
  expect(ended).toMatchObject({ state: 'failed', connection_id: null })
  expect(ended.error?.message).toMatch(/Nothing was (stored|connected)/)
  expect(stepsOf(ended.steps)).toContain('stored waiting')
  const words = `${ended.error?.message} ${ended.error?.hint}`
  return { code: ended.error?.code ?? '', words, step: ended.steps.find(({ state }) => state === 'failed')?.name }
}

describe.each(PLATFORMS)('a consent for %s', (platform) => {
  test('that was denied connects nothing and says so, in the app and in the browser', async () => {
    const before = await connectionsCount()
    const flow = await rig.begin(platform)
    const page = await rig.consent(flow, 'deny')
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Nothing was connected') })
    expect(await failureOf(flow)).toEqual({
      code: 'consent_denied',
      words: expect.stringMatching(/was not given/),
      step: 'consent',
    })
    expect(await connectionsCount()).toBe(before)
  })

  test('with another state is ignored; the right one still counts', async () => {
    const flow = await rig.begin(platform)
    const stranger = await comeBack(flow, { state: 'of-somebody-else', code: codeFor(flow) })
    expect(stranger.status).toBe(400)
    const now = (await rig.window('get_oauth', { flow_id: flow.flow_id })).flow
    expect(now).toMatchObject({ state: 'waiting', steps: [{ name: 'consent', state: 'warning' }, {}, {}, {}, {}, {}] })
    expect((await rig.consent(flow)).status).toBe(200)
    expect((await rig.ended(flow)).state).toBe('connected')
  })

  test('is answered once: a second answer finds nobody', async () => {
    const flow = await rig.begin(platform)
    await rig.consent(flow)
    await expect(comeBack(flow, { state: stateOf(flow), code: codeFor(flow) })).rejects.toThrow('fetch failed')
    expect((await rig.ended(flow)).state).toBe('connected')
  })

  test('that comes after the cancel finds nobody', async () => {
    const before = await connectionsCount()
    const flow = await rig.begin(platform)
    const { flow: cancelled } = await rig.window('cancel_oauth', { flow_id: flow.flow_id })
    expect(cancelled).toMatchObject({ state: 'cancelled', connection_id: null, error: null })
    await expect(comeBack(flow, { state: stateOf(flow), code: codeFor(flow) })).rejects.toThrow('fetch failed')
    expect(await connectionsCount()).toBe(before)
  })

  test('that comes after ten minutes is too late', async () => {
    const flow = await rig.begin(platform)
    rig.clock.advance(601_000)
    const late = (await rig.window('get_oauth', { flow_id: flow.flow_id })).flow
    expect(late).toMatchObject({ state: 'expired', error: { code: 'timeout', retryable: true } })
    await expect(comeBack(flow, { state: stateOf(flow), code: codeFor(flow) })).rejects.toThrow('fetch failed')
  })

  test('without a code names what the platform said, and only if it is a plain word', async () => {
    const flow = await rig.begin(platform)
    await comeBack(flow, { state: stateOf(flow), error: 'server_error' })
    expect(await failureOf(flow)).toEqual({
      code: 'platform_refused',
      words: expect.stringMatching(/without a code \(server_error\)/),
      step: 'consent',
    })
    const other = await rig.begin(platform)
    await comeBack(other, { state: stateOf(other), error: 'Call 0800-EVIL now' })
    expect(await failureOf(other)).toEqual({
      code: 'platform_refused',
      words: expect.stringMatching(/without a code\./),
      step: 'consent',
    })
    expect(rig.answers.join()).not.toContain('EVIL')
  })

  test('with a made-up code is refused by the platform, in words about the code', async () => {
    const flow = await rig.begin(platform)
    await comeBack(flow, { state: stateOf(flow), code: '4/made-up-by-somebody' })
    expect(await failureOf(flow)).toEqual({
      code: 'invalid_value',
      words: expect.stringMatching(/does? not accept (the|this) code|did not accept the code/),
      step: 'exchange',
    })
  })

  test('with a code that was used before connects nothing', async () => {
    const first = await rig.begin(platform)
    const code = codeFor(first)
    await comeBack(first, { state: stateOf(first), code })
    expect((await rig.ended(first)).state).toBe('connected')
    const second = await rig.begin(platform)
    await comeBack(second, { state: stateOf(second), code })
    expect(await failureOf(second)).toEqual({
      code: 'invalid_value',
      words: expect.stringMatching(/used|works once/),
      step: 'exchange',
    })
  })

  test('with a code that is too old connects nothing', async () => {
    const old = await rig.begin(platform)
    const code = codeFor(old)
    await rig.window('cancel_oauth', { flow_id: old.flow_id })
    rig.clock.advance(700_000)
    const flow = await rig.begin(platform)
    await comeBack(flow, { state: stateOf(flow), code })
    expect(await failureOf(flow)).toEqual({
      code: 'invalid_value',
      words: expect.stringMatching(/too old|ten minutes/),
      step: 'exchange',
    })
  })

  test('with a wrong client secret says so', async () => {
    const flow = await rig.begin(platform, 'a-secret-of-another-app')
    await rig.consent(flow)
    expect(await failureOf(flow)).toEqual({
      code: 'invalid_value',
      words: expect.stringMatching(/secret/),
      step: 'exchange',
    })
  })

  test('when the platform cannot be reached says so, and may be tried again', async () => {
    const fault = { kind: 'reset_before_effect', path: '*', times: 20 } as const
    const flow = await rig.begin(platform)
    const code = codeFor(flow)
    if (platform === 'meta') rig.meta.faults.add(fault)
    else rig.google.faults.add(fault)
    await comeBack(flow, { state: stateOf(flow), code })
    const ended = await rig.ended(flow)
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'platform_unreachable', retryable: true } })
    expect(stepsOf(ended.steps)).toContain('exchange failed')
  })

  test('under another Host, path or method is nobody’s answer', async () => {
    const flow = await rig.begin(platform)
    const query = { state: stateOf(flow), code: codeFor(flow) }
    const url = new URL(flow.redirect_uri)
    const other =
      platform === 'meta' ? `http://127.0.0.1:${url.port}/callback` : `http://127.0.0.1:${url.port}/elsewhere`
    expect((await fetch(`${other}?${new URLSearchParams(query).toString()}`)).status).toBe(400)
    expect(
      (await fetch(`${flow.redirect_uri}?${new URLSearchParams(query).toString()}`, { method: 'POST' })).status,
    ).toBe(400)
    expect((await rig.window('get_oauth', { flow_id: flow.flow_id })).flow.state).toBe('waiting')
    await rig.window('cancel_oauth', { flow_id: flow.flow_id })
  })
})

describe('Google’s proof of who began (PKCE)', () => {
  test('a code that belongs to another challenge is refused', async () => {
    const flow = await rig.begin('google_ads')
    const code = codeFor(flow, Buffer.alloc(32, 7).toString('base64url'))
    await comeBack(flow, { state: stateOf(flow), code })
    expect(await failureOf(flow)).toEqual({
      code: 'invalid_value',
      words: expect.stringMatching(/did not accept the code/),
      step: 'exchange',
    })
  })

  test('the link asks for S256, offline access and nothing but Google Ads', async () => {
    const flow = await rig.begin('google_ads')
    const query = Object.fromEntries(new URL(flow.authorize_url).searchParams)
    expect(query).toMatchObject({
      code_challenge_method: 'S256',
      access_type: 'offline',
      scope: 'https://www.googleapis.com/auth/adwords',
      redirect_uri: flow.redirect_uri,
    })
    expect(query['code_challenge']).toMatch(/^[\w-]{43}$/)
    expect(flow.redirect_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await rig.window('cancel_oauth', { flow_id: flow.flow_id })
  })
})

describe('Meta', () => {
  test('is told localhost by name, the only loopback it knows', async () => {
    const flow = await rig.begin('meta')
    expect(flow.redirect_uri).toMatch(/^http:\/\/localhost:\d+\/callback$/)
    await rig.window('cancel_oauth', { flow_id: flow.flow_id })
  })

  test('a consent without the right to change connects for reading, and says so', async () => {
    rig.meta.switches.declinedScopes = ['ads_management']
    const flow = await rig.begin('meta')
    await rig.consent(flow)
    const ended = await rig.ended(flow)
    expect(ended.state).toBe('connected')
    expect(ended.steps.find(({ name }) => name === 'write_access')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('ads_management'),
    })
  })
})

describe('who may connect', () => {
  test.each([
    'begin_oauth',
    'get_oauth',
    'cancel_oauth',
    'connect_meta_token',
    'connect_google_service_account',
  ] as const)('%s is the window’s alone', async (name) => {
    const { AGENT } = await import('../support/app.ts')
    for (const caller of [AGENT, { kind: 'cli' }, { kind: 'loop' }] as const)
      expect((await rig.refusal(name, { flow_id: 'f_1' }, caller)).code).toBe('not_allowed')
  })
})

test('nothing secret of all this is in any answer, log line or file', () => {
  const { google, meta } = rig
  const secrets = [
    google.credentials.clientSecret,
    meta.credentials.appSecret,
    'a-secret-of-another-app',
    ...google.world.refreshTokens,
    // A million-to-one short token would be found anywhere; these are long.
    ...meta.world.grants.keys(),
  ]
  expect(secrets.length).toBeGreaterThan(6)
  expect(secrets.every((secret) => secret.length > 20)).toBe(true)
  const places = [
    rig.answers.join('\n'),
    rig.notices.join('\n'),
    ...readdirSync(rig.homeFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(rig.homeFolder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1')),
  ]
  expect(rig.log()).toContain('connect_failed')
  for (const secret of secrets) for (const place of places) expect(place.includes(secret)).toBe(false)
})
