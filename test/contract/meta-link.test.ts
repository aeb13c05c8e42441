/** Connecting Meta for real: the consent page and back, codes that work once, long-lived tokens, a look at a pasted one, and the end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { consentUrl, exchangeCode, inspectToken, type MetaApp } from '../../main/platforms/meta/link.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { type MetaHarness, startMeta } from './meta-harness.ts'

const signal = () => new AbortController().signal
const REDIRECT = 'http://localhost:49152/meta'

describe('linking Meta', () => {
  let meta: MetaHarness
  let app: MetaApp
  beforeEach(async () => {
    meta = await startMeta()
    const { baseUrl, credentials } = meta.sandbox
    app = { baseUrl, appId: credentials.appId, appSecret: credentials.appSecret }
  })
  afterEach(() => meta.close())

  const target = (accessToken: string) => ({
    baseUrl: app.baseUrl,
    accessToken,
    appSecret: app.appSecret,
    clock: meta.clock,
    random: () => 0.5,
  })
  /** What the browser brings back after the person has agreed. */
  async function wayBack(): Promise<URLSearchParams> {
    meta.sandbox.switches.consent = 'allow'
    const question = { dialogBase: app.baseUrl, appId: app.appId, redirectUri: REDIRECT, state: 'STATE-1' }
    const address = consentUrl(question)
    const response = await fetch(address, { redirect: 'manual' })
    expect(response.status).toBe(302)
    return new URL(response.headers.get('location') ?? '').searchParams
  }
  const refusal = (work: Promise<unknown>, code: ErrorCode) => expect(work).rejects.toMatchObject({ code })

  it('sends the person to Meta’s own page, with a state and without a secret', () => {
    const url = new URL(
      consentUrl({ dialogBase: 'https://www.facebook.com', appId: '31', redirectUri: REDIRECT, state: 'S' }),
    )
    expect(url.origin + url.pathname).toBe('https://www.facebook.com/v26.0/dialog/oauth')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: '31',
      redirect_uri: REDIRECT,
      state: 'S',
      scope: 'ads_read,ads_management,business_management',
      response_type: 'code',
    })
    const elsewhere = {
      dialogBase: 'https://facebook.com.evil.example',
      appId: '31',
      redirectUri: REDIRECT,
      state: 'S',
    }
    expect(() => consentUrl(elsewhere)).toThrow(TypeError)
  })

  it('comes back with a code, trades it for a token of about 60 days, and the token works until it is ended', async () => {
    const back = await wayBack()
    expect(back.get('state')).toBe('STATE-1')
    const code = back.get('code') ?? ''
    const grant = await exchangeCode(app, { code, redirectUri: REDIRECT })
    expect(grant.expiresInMs).toBe(5_183_944_000)
    const inspected = await inspectToken(target(grant.accessToken), signal())
    expect(inspected).toMatchObject({
      isValid: true,
      type: 'USER',
      appId: app.appId,
      canWrite: true,
      problem: undefined,
    })
    expect(inspected.expiresAtMs).toBeGreaterThan(meta.clock.nowMs() + 59 * 86_400_000)
    expect(inspected.dataAccessExpiresAtMs).toBeGreaterThan(meta.clock.nowMs() + 89 * 86_400_000)
    const linked = meta.adapterWith({ credentials: () => Promise.resolve({ accessToken: grant.accessToken }) })
    expect((await linked.listAccounts(signal())).length).toBe(meta.accounts.length)
    expect(await linked.revoke(signal())).toBe(true)
    await refusal(linked.listAccounts(signal()), 'needs_reconnect')
    await refusal(linked.revoke(signal()), 'needs_reconnect')
    expect(await inspectToken(target(grant.accessToken), signal())).toMatchObject({ isValid: false })
    const kept = JSON.stringify(meta.sandbox.requests.entries)
    for (const secret of [grant.accessToken, app.appSecret, code]) expect(kept).not.toContain(secret)
  })

  it('refuses a code that was used, is ten minutes old, was made for another address, or was never one', async () => {
    const authCode = (uri: string) => meta.sandbox.credentials.authCode(uri)
    const refused = { code: 'needs_reconnect', message: expect.stringContaining('Nothing was connected') }
    const attempt = (code: string) => exchangeCode(app, { code, redirectUri: REDIRECT })
    const used = authCode(REDIRECT)
    await attempt(used)
    await expect(attempt(used)).rejects.toMatchObject(refused)
    await expect(attempt(authCode('http://localhost:1/x'))).rejects.toMatchObject(refused)
    await expect(attempt('nonsense')).rejects.toMatchObject(refused)
    const old = authCode(REDIRECT)
    meta.clock.advance(601_000)
    await expect(attempt(old)).rejects.toMatchObject(refused)
  })

  it('tells a wrong app from a wrong code, and neither repeats a secret', async () => {
    const request = { code: meta.sandbox.credentials.authCode(REDIRECT), redirectUri: REDIRECT }
    for (const wrong of [
      { ...app, appSecret: 'CANARYSECRET' },
      { ...app, appId: '99' },
    ]) {
      const failure: unknown = await exchangeCode(wrong, request).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'invalid_value', message: expect.stringContaining('app secret') })
      expect(JSON.stringify(failure)).not.toMatch(/CANARY/)
    }
  })

  it('does not ask twice when no answer comes', async () => {
    meta.sandbox.faults.add({ kind: 'reset_after_effect', path: '/oauth/access_token' })
    const code = meta.sandbox.credentials.authCode(REDIRECT)
    await refusal(exchangeCode(app, { code, redirectUri: REDIRECT }), 'platform_unreachable')
    expect(meta.sandbox.requests.entries.length).toBe(1)
  })

  it('looks at a pasted token before it is kept', async () => {
    const issuer = meta.sandbox.credentials
    const system = issuer.issueToken({ isSystemUser: true })
    expect(await inspectToken(target(system), signal())).toMatchObject({
      isValid: true,
      type: 'SYSTEM_USER',
      expiresAtMs: null,
      dataAccessExpiresAtMs: null,
      problem: undefined,
    })
    const blind = issuer.issueToken({ scopes: ['business_management'] })
    expect((await inspectToken(target(blind), signal())).problem).toMatch(/ads_read/)
    const short = issuer.issueToken({ lifeMs: 60_000 })
    meta.clock.advance(61_000)
    expect(await inspectToken(target(short), signal())).toMatchObject({
      isValid: false,
      problem: expect.stringContaining('expired'),
    })
    expect(await inspectToken(target('EAAmadeup1234567'), signal())).toMatchObject({ isValid: false })
    for (const text of ['', 'two words', 'line\nbreak', 'x'.repeat(1001)])
      await refusal(inspectToken(target(text), signal()), 'invalid_value')
  })
})
