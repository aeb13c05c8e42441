/** Connecting a Google account: consent page, code, revocation and key files, against the sandbox's sign-in service. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CodeExchange,
  consentUrl,
  exchangeCode,
  parseServiceAccountKey,
  revokeRefreshToken,
} from '../../main/platforms/google-ads/link.ts'
import { REAL_ADDRESSES } from '../../main/platforms/addresses.ts'
import { OperationError } from '../../shared/errors.ts'
import { type GoogleHarness, startGoogle } from './google-harness.ts'

const redirectUri = 'http://127.0.0.1:53682/answer'
const verifier = randomBytes(32).toString('base64url')
const codeChallenge = createHash('sha256').update(verifier).digest('base64url')

let harness: GoogleHarness
beforeEach(async () => {
  harness = await startGoogle({ forContract: false })
})
afterEach(() => harness.close())

async function failure(work: Promise<unknown>): Promise<OperationError> {
  const error: unknown = await work.then(
    () => new Error('this was expected to fail, and did not'),
    (reason: unknown) => reason,
  )
  if (error instanceof OperationError) return error
  throw error
}

function page(state = 'state-1'): string {
  const { baseUrl, credentials } = harness.sandbox
  return consentUrl({
    clientId: credentials.clientId,
    redirectUri,
    state,
    codeChallenge,
    addresses: { consent: baseUrl },
  })
}

/** What the browser would do: open the page, and be sent back with an answer. */
async function answerOf(address: string): Promise<URLSearchParams> {
  const response = await fetch(address, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? 'http://none').searchParams
}

function exchange(code: string, more: Partial<CodeExchange> = {}) {
  const { baseUrl, credentials } = harness.sandbox
  const { clientId, clientSecret } = credentials
  return exchangeCode({
    clientId,
    clientSecret,
    code,
    codeVerifier: verifier,
    redirectUri,
    addresses: { oauth: baseUrl },
    ...more,
  })
}

describe('signing in with Google', () => {
  it('leads from the page to a refresh token that works', async () => {
    const answer = await answerOf(page())
    expect(answer.get('state')).toBe('state-1')
    const grant = await exchange(answer.get('code') ?? '')
    expect(grant).toMatchObject({ scopes: ['https://www.googleapis.com/auth/adwords'], endsInSeconds: undefined })
    const { refreshToken } = grant
    const adapter = harness.adapterWith({
      credentials: () => Promise.resolve({ ...harness.credentials, refreshToken }),
    })
    expect((await adapter.listAccounts(new AbortController().signal)).length).toBe(harness.accounts.length)
  })

  it('asks for one permission, offline, with a challenge, and tells the page no secret', () => {
    const url = new URL(page())
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: harness.sandbox.credentials.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'https://www.googleapis.com/auth/adwords',
      access_type: 'offline',
      prompt: 'consent',
      state: 'state-1',
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
    })
    expect(url.href).not.toContain(harness.sandbox.credentials.clientSecret)
    expect(url.href).not.toContain(verifier)
    const request = { clientId: 'c', redirectUri, state: 's', codeChallenge }
    expect(consentUrl({ ...request, addresses: REAL_ADDRESSES.google })).toMatch(/^https:\/\/accounts\.google\.com\//)
    expect(() =>
      consentUrl({ ...request, addresses: { consent: 'https://accounts.google.com.evil.example' } }),
    ).toThrow(TypeError)
  })

  it('comes back without a code when the person says no', async () => {
    harness.sandbox.world.setConsent('deny')
    const answer = await answerOf(page('state-2'))
    expect([answer.get('error'), answer.get('state'), answer.get('code')]).toEqual(['access_denied', 'state-2', null])
  })

  it('is refused with a used, expired, foreign or invented code, and with the wrong proof', async () => {
    const fresh = () => harness.sandbox.credentials.authCode({ redirectUri, challenge: codeChallenge })
    const used = fresh()
    await exchange(used)
    const stale = fresh()
    harness.clock.advance(11 * 60_000)
    for (const work of [
      exchange(used),
      exchange(stale),
      exchange('4/invented'),
      exchange(fresh(), { codeVerifier: 'x'.repeat(43) }),
      exchange(fresh(), { redirectUri: 'http://127.0.0.1:1/elsewhere' }),
    ])
      expect((await failure(work)).code).toBe('needs_reconnect')
  })

  it('is refused with the wrong client or secret, in words that say which', async () => {
    const code = () => harness.sandbox.credentials.authCode({ redirectUri, challenge: codeChallenge })
    for (const more of [{ clientSecret: 'GOCSPX-wrong' }, { clientId: 'other' }]) {
      const error = await failure(exchange(code(), more))
      expect(error.code).toBe('needs_reconnect')
      expect(error.message).toMatch(/client/)
    }
  })

  it('tries a code once, however it goes', async () => {
    for (const [kind, code] of [
      ['http_500', 'platform_unreachable'],
      ['http_502_html', 'platform_unreachable'],
      ['truncated_json', 'platform_unreachable'],
      ['reset_after_effect', 'platform_unreachable'],
      ['timeout_before_effect', 'timeout'],
    ] as const) {
      harness.sandbox.requests.clear()
      harness.sandbox.faults.add({ kind, path: '/token' })
      const fresh = harness.sandbox.credentials.authCode({ redirectUri, challenge: codeChallenge })
      const error = await failure(exchange(fresh, { timeoutMs: 300 }))
      expect(error.code).toBe(code)
      expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain(fresh)
      expect(harness.sandbox.requests.entries).toHaveLength(1)
    }
  })

  it('can be taken back, twice without complaint', async () => {
    const grant = await exchange(harness.sandbox.credentials.authCode({ redirectUri, challenge: codeChallenge }))
    const request = { refreshToken: grant.refreshToken, addresses: { oauth: harness.sandbox.baseUrl } }
    await revokeRefreshToken(request)
    await revokeRefreshToken(request)
    const adapter = harness.adapterWith({
      credentials: () => Promise.resolve({ ...harness.credentials, refreshToken: grant.refreshToken }),
    })
    expect((await failure(adapter.listAccounts(new AbortController().signal))).code).toBe('needs_reconnect')
    harness.sandbox.faults.add({ kind: 'http_500', path: '/revoke' })
    expect((await failure(revokeRefreshToken(request))).code).toBe('platform_unreachable')
  })
})

describe('a service-account key file', () => {
  const key = () => JSON.parse(harness.sandbox.credentials.serviceAccountKeyJson) as Record<string, unknown>

  it('gives its e-mail and key, and nothing else of it is used', () => {
    const parsed = parseServiceAccountKey(JSON.stringify({ ...key(), token_uri: 'https://evil.example/token' }))
    expect(Object.keys(parsed).toSorted()).toEqual(['clientEmail', 'kind', 'privateKeyPem'])
    expect(parsed.clientEmail).toMatch(/gserviceaccount\.com$/)
    // Windows editors put a mark in front.
    expect(parseServiceAccountKey(`\uFEFF${JSON.stringify(key())}`)).toEqual(parsed)
  })

  it('is told apart from everything else that people have at hand, in words that help', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const cases: readonly (readonly [string, RegExp])[] = [
      [JSON.stringify({ installed: { client_id: 'x', client_secret: 'geheim-1234' } }), /OAuth client/],
      [JSON.stringify({ web: { client_id: 'x' } }), /OAuth client/],
      [JSON.stringify({ type: 'authorized_user', refresh_token: '1//geheim-1234' }), /another kind/],
      ['-----BEGIN PRIVATE KEY-----\ngeheim-1234', /bare private key/],
      ['client_id: x', /not a JSON file/],
      ['', /not a JSON file/],
      ['[]', /holds no service-account key/],
      ['null', /holds no service-account key/],
      ['{}', /not a complete service-account key/],
      [JSON.stringify({ ...key(), private_key: 'geheim-1234' }), /damaged/],
      [JSON.stringify({ ...key(), private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }), /damaged/],
      [JSON.stringify({ ...key(), client_email: 'somebody@example.com' }), /not a complete/],
      [' '.repeat(30_000), /too long/],
    ]
    for (const [text, words] of cases) {
      let caught: unknown
      try {
        parseServiceAccountKey(text)
      } catch (error) {
        caught = error
      }
      expect(caught).toBeInstanceOf(OperationError)
      expect((caught as OperationError).message).toMatch(words)
      expect(`${(caught as OperationError).message}${(caught as OperationError).stack ?? ''}`).not.toContain(
        'geheim-1234',
      )
    }
  })
})
