/** Google's sign-in as the sandbox plays it: consent page, codes, tokens, service accounts, and everything that can be wrong with them. */
import { createHash, createPrivateKey, createSign, generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS, type GoogleWire, START_MS, startWire } from '../support/google-wire.ts'

const SCOPE = 'https://www.googleapis.com/auth/adwords'
const REDIRECT = 'http://127.0.0.1:53682'
const VERIFIER = 'a-verifier-that-is-long-enough-for-the-rules-of-rfc-7636'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

let wire: GoogleWire
beforeEach(async () => {
  wire = await startWire()
})
afterEach(() => wire.close())

type Fields = Readonly<Record<string, string>>
const client = (): Fields => ({
  client_id: wire.sandbox.credentials.clientId,
  client_secret: wire.sandbox.credentials.clientSecret,
})

function consent(changes: Fields = {}, base = wire.sandbox.baseUrl): Promise<Response> {
  const url = new URL('/o/oauth2/v2/auth', base)
  const query: Fields = {
    client_id: wire.sandbox.credentials.clientId,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: SCOPE,
    access_type: 'offline',
    prompt: 'consent',
    state: 'st-1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return fetch(url, { redirect: 'manual' })
}
const landed = (response: Response) => new URL(response.headers.get('location') ?? 'http://nowhere').searchParams
async function code(changes: Fields = {}): Promise<string> {
  return landed(await consent(changes)).get('code') ?? ''
}
const exchange = (text: string, changes: Fields = {}) =>
  wire.form('/token', {
    grant_type: 'authorization_code',
    code: text,
    code_verifier: VERIFIER,
    redirect_uri: REDIRECT,
    ...client(),
    ...changes,
  })
const refresh = (token: string, changes: Fields = {}) =>
  wire.form('/token', { grant_type: 'refresh_token', refresh_token: token, ...client(), ...changes })
const read = (token: string) =>
  wire.call('/v25/customers:listAccessibleCustomers', undefined, { authorization: `Bearer ${token}` })

describe('the consent page', () => {
  it('sends the browser back with code and state, and the code becomes tokens that work', async () => {
    const response = await consent()
    expect(response.status).toBe(302)
    expect(response.headers.get('location')?.startsWith(`${REDIRECT}/?`)).toBe(true)
    expect(landed(response).get('state')).toBe('st-1')
    const { body } = await exchange(landed(response).get('code') ?? '')
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, scope: SCOPE })
    expect((await read(String(body['access_token']))).status).toBe(200)
    const again = await refresh(String(body['refresh_token']))
    expect(again.body).not.toHaveProperty('refresh_token')
    expect((await read(String(again.body['access_token']))).status).toBe(200)
  })

  it('can be asked for real, and the person can say no', async () => {
    wire.sandbox.world.setConsent('ask')
    const page = await consent({ state: '"><script>alert(1)</script>' })
    const html = await page.text()
    expect([page.status, html.includes('<script>')]).toEqual([200, false])
    const decide = (decision: string) =>
      fetch(`${wire.sandbox.baseUrl}/o/oauth2/v2/auth/decision`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({
          client_id: wire.sandbox.credentials.clientId,
          redirect_uri: REDIRECT,
          response_type: 'code',
          scope: SCOPE,
          state: 's',
          decision,
        }),
      })
    expect(landed(await decide('allow')).get('code')).toMatch(/^4\//)
    expect(landed(await decide('deny')).get('error')).toBe('access_denied')
    wire.sandbox.world.setConsent('deny')
    const denied = landed(await consent())
    expect([denied.get('error'), denied.get('state'), denied.get('code')]).toEqual(['access_denied', 'st-1', null])
  })

  it.each([
    ['another client', { client_id: 'someone-else' }, 401],
    ['a web address to return to', { redirect_uri: 'https://evil.example/' }, 400],
    ['a loopback look-alike', { redirect_uri: 'http://127.0.0.1.evil.example/' }, 400],
    ['another scope', { scope: 'openid' }, 400],
    ['the implicit flow', { response_type: 'token' }, 400],
    ['an unknown challenge method', { code_challenge_method: 'S1' }, 400],
  ])('stops at %s without sending anybody anywhere', async (_, changes, status) => {
    const response = await consent(changes)
    expect([response.status, response.headers.get('location')]).toEqual([status, null])
  })
})

describe('a code', () => {
  it('is good once', async () => {
    const text = await code()
    expect((await exchange(text)).status).toBe(200)
    const second = await exchange(text)
    expect([second.status, second.error]).toEqual([400, 'invalid_grant'])
    expect((await exchange('4/made-up')).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Malformed auth code.',
    })
  })

  it('is good for ten minutes', async () => {
    const text = await code()
    wire.advance(10 * 60_000)
    expect((await exchange(text)).error).toBe('invalid_grant')
  })

  it.each([
    ['another verifier', { code_verifier: 'not-the-one' }, 'invalid_grant', 'Invalid code verifier.'],
    ['another address to return to', { redirect_uri: 'http://127.0.0.1:1' }, 'redirect_uri_mismatch', 'Bad Request'],
    ['a wrong secret', { client_secret: 'guess' }, 'invalid_client', 'The provided client secret is invalid.'],
    ['a wrong client', { client_id: 'guess' }, 'invalid_client', 'The OAuth client was not found.'],
    ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type', 'Invalid grant_type.'],
  ])('is worth nothing with %s, and stays good for its owner', async (_, changes, error, description) => {
    const text = await code()
    expect((await exchange(text, changes as Fields)).body).toEqual({ error, error_description: description })
    expect((await exchange(text)).status).toBe(200)
  })

  it('without a verifier is refused when the page had a challenge', async () => {
    const form = { grant_type: 'authorization_code', code: await code(), redirect_uri: REDIRECT, ...client() }
    expect((await wire.form('/token', form)).body['error_description']).toBe('Missing code verifier.')
  })

  it('brings a refresh token only when offline access was asked for', async () => {
    expect((await exchange(await code({ access_type: 'online' }))).body).not.toHaveProperty('refresh_token')
    expect((await exchange(await code({ prompt: 'none' }))).body).not.toHaveProperty('refresh_token')
    expect((await exchange(await code())).body).toHaveProperty('refresh_token')
  })
})

describe('an access token', () => {
  it('lasts an hour of the sandbox’s clock', async () => {
    const token = await wire.accessToken()
    expect((await read(token)).status).toBe(200)
    wire.advance(3_600_000)
    expect((await read(token)).body).toMatchObject({
      error: { code: 401, status: 'UNAUTHENTICATED', details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }] },
    })
    expect((await read('ya29.made-up')).body).toMatchObject({
      error: { details: [{ reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED' }] },
    })
  })

  it('dies with its grant', async () => {
    const { body } = await exchange(await code())
    const token = String(body['access_token'])
    expect((await wire.form('/revoke', { token: String(body['refresh_token']) })).status).toBe(200)
    expect((await read(token)).status).toBe(401)
    expect((await refresh(String(body['refresh_token']))).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Token has been expired or revoked.',
    })
    expect((await wire.form('/revoke', { token: String(body['refresh_token']) })).error).toBe('invalid_token')
    // Other grants live on.
    expect((await read(await wire.accessToken())).status).toBe(200)
  })
})

describe('a service account', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const nowSeconds = START_MS / 1000
  function assertion(claims: Readonly<Record<string, unknown>> = {}, privateKey?: string): string {
    const key = JSON.parse(wire.sandbox.credentials.serviceAccountKeyJson) as Record<string, string>
    const payload = {
      iss: key['client_email'],
      aud: key['token_uri'],
      scope: SCOPE,
      iat: nowSeconds,
      exp: nowSeconds + 3600,
      ...claims,
    }
    const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}`
    const secret = createPrivateKey(privateKey ?? key['private_key'] ?? '')
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(secret, 'base64url')}`
  }
  const ask = (text: string) =>
    wire.form('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text })

  it('gets an access token for a signed claim', async () => {
    const { body } = await ask(assertion())
    expect(body).not.toHaveProperty('refresh_token')
    expect((await read(String(body['access_token']))).status).toBe(200)
  })

  it.each([
    ['for another audience', { aud: 'https://evil.example/token' }, 'invalid_grant', /audience/],
    ['of another account', { iss: 'someone@else.iam.gserviceaccount.com' }, 'invalid_grant', /account not found/],
    ['that is over', { iat: nowSeconds - 7200, exp: nowSeconds - 3600 }, 'invalid_grant', /short-lived/],
    ['that lasts too long', { exp: nowSeconds + 7200 }, 'invalid_grant', /short-lived/],
    ['from the future', { iat: nowSeconds + 3000, exp: nowSeconds + 6000 }, 'invalid_grant', /short-lived/],
    ['for another scope', { scope: 'openid' }, 'invalid_scope', /scope/],
  ])('is refused a claim %s', async (_, claims, error, description) => {
    const { status, body } = await ask(assertion(claims))
    expect([status, body['error']]).toEqual([400, error])
    expect(body['error_description']).toMatch(description)
  })

  it('is refused a claim that another key signed, and what is no claim', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
    expect((await ask(assertion({}, other))).body['error_description']).toBe('Invalid JWT Signature.')
    expect((await ask(`${part({ alg: 'none' })}.${part({})}.`)).error).toBe('invalid_grant')
    expect((await ask('rubbish')).error).toBe('invalid_grant')
  })
})

describe('secrets', () => {
  it('are in no entry of the request log', async () => {
    const { body } = await exchange(await code())
    await refresh(String(body['refresh_token']))
    await read(String(body['access_token']))
    await wire.form('/revoke', { token: String(body['refresh_token']) })
    const log = JSON.stringify(wire.sandbox.requests.entries)
    expect(log).toContain('/token')
    const { clientSecret, refreshToken } = wire.sandbox.credentials
    for (const secret of [
      clientSecret,
      refreshToken,
      VERIFIER,
      String(body['access_token']),
      String(body['refresh_token']),
    ])
      expect(log).not.toContain(secret)
  })

  it('are not kept even when they come as what no form is', async () => {
    const { clientSecret, refreshToken } = wire.sandbox.credentials
    const secrets = { client_secret: clientSecret, refresh_token: refreshToken }
    for (const body of [JSON.stringify(secrets), JSON.stringify([secrets]), `"${refreshToken}&${clientSecret}"`])
      await fetch(`${wire.sandbox.baseUrl}/token`, { method: 'POST', body })
    const log = JSON.stringify(wire.sandbox.requests.entries)
    expect(wire.sandbox.requests.entries.length).toBeGreaterThan(2)
    for (const secret of [clientSecret, refreshToken]) expect(log).not.toContain(secret)
  })

  it('seeded for the demo, work again after a restart, weeks later', async () => {
    const { refreshToken, clientSecret } = wire.sandbox.credentials
    const later = await startWire({ nowMs: START_MS + 40 * DAY_MS })
    expect(later.sandbox.credentials).toMatchObject({ refreshToken, clientSecret })
    expect(await later.accessToken()).toMatch(/^ya29\./)
    await later.close()
  })
})
