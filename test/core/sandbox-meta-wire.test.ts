/** The Meta sandbox's wire: versions, spellings of parameters, nested fields, batches, faults, throttles, logins, and no secret kept. */
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FAULT_KINDS } from '../../main/platforms/sandbox/faults.ts'
import { DAY_MS, type MetaRig, startMetaRig } from '../support/meta-graph.ts'

let meta: MetaRig
beforeEach(async () => {
  meta = await startMetaRig()
})
afterEach(() => meta.sandbox.close())

const REDIRECT = 'http://localhost:53682/meta/callback'
const token = () => meta.sandbox.credentials.accessToken
const campaignPath = () => `/act_${meta.euro.id}/campaigns`

describe('versions and parameters', () => {
  it('answers as the version that was asked for, and upgrades an expired one without a word', async () => {
    const versionOf = async (path: string) =>
      (await meta.send('GET', `${path}?access_token=${token()}`)).headers.get('facebook-api-version')
    expect(await versionOf('/v26.0/me')).toBe('v26.0')
    expect(await versionOf('/v24.0/me')).toBe('v25.0')
    expect(await versionOf('/me')).toBe('v25.0')
    meta.sandbox.switches.answerVersion = 'v27.0'
    expect(await versionOf('/v26.0/me')).toBe('v27.0')
    expect((await meta.send('GET', `/v99.0/me?access_token=${token()}`)).error).toBe('2500')
  })

  it('takes the token as parameter or bearer, a form or JSON, arrays as JSON or with commas', async () => {
    const { id } = meta.campaign('Retargeting')
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const body = JSON.stringify({ id, daily_budget: 15_100, execution_options: ['validate_only'] })
    expect((await meta.send('POST', `/v26.0/${id}?access_token=${token()}`, { ...json, body })).body).toEqual({
      success: true,
    })
    const form = `access_token=${token()}&daily_budget=15200`
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await meta.send('POST', `/${id}`, { body: form, headers: type })).body).toEqual({ success: true })
    const listed = await meta.get(campaignPath(), { fields: ['id', 'name'], limit: '2' })
    const commas = await meta.get(campaignPath(), { fields: 'id,name', limit: 2 })
    expect(listed.body['data']).toEqual(commas.body['data'])
    expect(
      (await meta.send('POST', `/v26.0/${id}?access_token=${token()}`, { ...json, body: '{"status":' })).error,
    ).toBe('100')
  })

  it('expands fields into one another, and knows no field it does not have', async () => {
    const fields = 'name,adsets.limit(1){id,targeting,ads{creative{id,thumbnail_url}}}'
    const { body } = await meta.get(`/${meta.campaign('Daunenjacken').id}`, { fields })
    const [adSet] = (body['adsets'] as { data: Record<string, unknown>[] }).data
    const ads = (adSet!['ads'] as { data: { creative: Record<string, string> }[] }).data
    expect(ads[0]?.creative['thumbnail_url']).toContain(meta.sandbox.baseUrl)
    const broken = await meta.get(campaignPath(), { fields: 'name{id' })
    expect(broken.error).toBe('2500')
    const unknown = await meta.get(`/act_${meta.euro.id}/ads`, { fields: 'creative{charm}' })
    expect((unknown.body['error'] as { message: string }).message).toContain(
      'nonexisting field (charm) on node type (AdCreative)',
    )
    expect((await meta.get(`/act_${meta.euro.id}/unicorns`)).error).toBe('100')
    expect((await meta.send('GET', `/v26.0/?ids=1,2&access_token=${token()}`)).error).toBe('100')
  })

  it('filters a listing by the time of change', async () => {
    const { id } = meta.campaign('Retargeting')
    meta.clockMs += 60_000
    meta.sandbox.world.setOutside(id, { budgetMinor: 16_000 })
    const since = Math.floor(meta.clockMs / 1000) - 30
    const filtering = [{ field: 'updated_time', operator: 'GREATER_THAN', value: since }]
    expect((await meta.rows(campaignPath(), { fields: 'id', filtering })).map((item) => item['id'])).toEqual([id])
  })

  it('gives up on pages that are too wide or too long', async () => {
    const long = await meta.get(campaignPath(), { limit: 1001 })
    expect([long.status, long.error]).toEqual([500, '1'])
    expect((await meta.get(`/act_${meta.euro.id}/adsets`, { limit: 600, fields: 'targeting' })).error).toBe('1')
    expect((await meta.get(campaignPath(), { limit: 0 })).error).toBe('100')
  })
})

describe('batches', () => {
  it('answer every entry by itself, fifty at most', async () => {
    const { id } = meta.campaign('Retargeting')
    const batch = [
      { method: 'POST', relative_url: `v26.0/${id}`, body: 'status=PAUSED' },
      { method: 'POST', relative_url: id, body: 'daily_budget=5' },
      { method: 'GET', relative_url: `${id}?fields=status` },
    ]
    const { body } = await meta.post('/', { batch })
    const answers = body as unknown as { code: number; body: string }[]
    expect(answers.map(({ code }) => code)).toEqual([200, 400, 200])
    expect(JSON.parse(answers[2]?.body ?? '')).toEqual({ status: 'PAUSED', id })
    // The log counts requests, and this was one.
    expect(meta.sandbox.requests.writesTo(id)).toBe(1)
    const many = Array.from({ length: 51 }, () => batch[2])
    expect((await meta.post('/', { batch: many })).error).toBe('100')
    meta.sandbox.faults.add({ kind: 'partial', path: 'POST /' })
    const partly = (await meta.post('/', { batch })).body as unknown as unknown[]
    expect(partly.map((item) => item === null)).toEqual([false, false, true])
  })
})

describe('faults', () => {
  it('each have a shape on this wire', async () => {
    const { id } = meta.adSet('Frauen 25-54')
    const stand = () => meta.sandbox.world.adSet(id)?.budgetMinor
    const expected: Record<string, string> = {
      throttle: '400 80004/2446079',
      http_500: '500 2/1504043',
      http_502_html: '502 undefined',
      reset_before_effect: 'lost',
      reset_after_effect: 'lost',
      success_without_effect: '200 undefined',
      half_page: 'lost',
      truncated_json: 'lost',
      html_200: '200 undefined',
      expired_token: '400 190/463',
      invalid_token: '400 190/460',
      redirect: '302 undefined',
      partial: '400 100/1815004',
      latency: '200 undefined',
      code: '400 190',
      empty_body: '200 undefined',
    }
    // What was done all the same, although most of the answers got lost.
    const doing = new Set(['half_page', 'truncated_json', 'latency', 'reset_after_effect'])
    // Those without an answer are met below, with a client that gives up.
    const met = FAULT_KINDS.filter((kind) => !kind.startsWith('timeout'))
    const seen: string[] = []
    for (const [index, kind] of met.entries()) {
      meta.clockMs += DAY_MS
      const before = stand()
      meta.sandbox.faults.add({
        kind,
        path: 'POST /node',
        ...(kind === 'code' ? { code: 190 } : {}),
        location: 'http://127.0.0.1:9/',
      })
      const outcome = await meta.post(`/${id}`, { daily_budget: String(7000 + index) }).then(
        ({ status, error }) => `${status} ${error}`,
        () => 'lost',
      )
      seen.push(`${kind}: ${outcome}, ${stand() === before ? 'nothing done' : 'done'}`)
    }
    expect(seen).toEqual(met.map((kind) => `${kind}: ${expected[kind]}, ${doing.has(kind) ? 'done' : 'nothing done'}`))
  })

  it('answer never, with or without having done the work', async () => {
    const { id } = meta.adSet('Frauen 25-54')
    const patience = () => AbortSignal.timeout(300)
    const send = (daily_budget: string) =>
      meta.send('POST', `/v26.0/${id}?access_token=${token()}`, {
        body: new URLSearchParams({ daily_budget }),
        signal: patience(),
      })
    meta.sandbox.faults.add({ kind: 'timeout_before_effect', path: 'POST /node' })
    await expect(send('7100')).rejects.toThrow(/abort|timeout/i)
    expect(meta.sandbox.world.adSet(id)?.budgetMinor).not.toBe(7100)
    meta.sandbox.faults.add({ kind: 'timeout_after_effect', path: 'POST /node' })
    await expect(send('7200')).rejects.toThrow(/abort|timeout/i)
    expect(meta.sandbox.world.adSet(id)?.budgetMinor).toBe(7200)
    expect(meta.sandbox.requests.writesTo(id)).toBe(2)
  })

  it('hit what they are addressed to: a fault for writes lets dry runs and reads through', async () => {
    const { id } = meta.adSet('Frauen 25-54')
    meta.sandbox.faults.add({ kind: 'http_500', path: 'POST /node' })
    expect((await meta.get(`/${id}`, { fields: 'status' })).status).toBe(200)
    expect((await meta.post(`/${id}`, { status: 'PAUSED', execution_options: ['validate_only'] })).status).toBe(200)
    expect((await meta.post(`/${id}`, { status: 'PAUSED' })).status).toBe(500)
    meta.sandbox.faults.add({ kind: 'http_500', path: 'POST /node validate_only' })
    expect((await meta.post(`/${id}`, { status: 'PAUSED', execution_options: ['validate_only'] })).status).toBe(500)
  })

  it('say in headers how much is used, and when access comes back, never with a Retry-After', async () => {
    const usage = (reply: { headers: Headers }) =>
      (JSON.parse(reply.headers.get('x-business-use-case-usage') ?? '{}') as Record<string, Record<string, unknown>[]>)[
        meta.euro.id
      ]?.[0]
    expect(usage(await meta.get(campaignPath()))).toMatchObject({
      type: 'ads_management',
      estimated_time_to_regain_access: 0,
    })
    meta.sandbox.switches.usagePercent = 82
    expect(usage(await meta.get(`/act_${meta.euro.id}/insights`))).toMatchObject({
      type: 'ads_insights',
      call_count: 82,
    })
    for (const [code, error] of [
      [17, '17/2446079'],
      [613, '613/1487742'],
      [80_004, '80004/2446079'],
    ] as const) {
      meta.sandbox.faults.add({ kind: 'throttle', path: '/campaigns', code })
      const reply = await meta.get(campaignPath())
      expect(reply.error).toBe(error)
      expect(usage(reply)).toMatchObject({ call_count: 100, estimated_time_to_regain_access: 2 })
      expect(reply.headers.get('retry-after')).toBeNull()
    }
    meta.sandbox.faults.add({ kind: 'throttle', path: '*', code: 4 })
    const app = await meta.get(campaignPath())
    expect([app.status, app.error]).toEqual([403, '4/1504022'])
    expect(JSON.parse(app.headers.get('x-app-usage') ?? '{}')).toMatchObject({ call_count: 100 })
    meta.sandbox.faults.limitRate(2)
    const burst = [await meta.get(campaignPath()), await meta.get(campaignPath()), await meta.get(campaignPath())]
    expect(burst.map(({ error }) => error)).toEqual([undefined, undefined, '80004/2446079'])
  })
})

describe('logins', () => {
  const dialog = (params: Record<string, string>) => {
    const query = new URLSearchParams({
      client_id: meta.sandbox.credentials.appId,
      redirect_uri: REDIRECT,
      state: 's-1',
      scope: 'ads_read,ads_management',
      response_type: 'code',
      ...params,
    })
    return meta.send('GET', `/v26.0/dialog/oauth?${query.toString()}`)
  }
  const exchange = (params: Record<string, string>) => {
    const { appId, appSecret } = meta.sandbox.credentials
    const body = new URLSearchParams({ client_id: appId, client_secret: appSecret, redirect_uri: REDIRECT, ...params })
    return meta.send('POST', '/v26.0/oauth/access_token', { body })
  }
  const inspect = async (input_token: string) =>
    (await meta.get('/debug_token', { input_token })).body['data'] as Record<string, unknown>
  const backOf = (reply: { headers: Headers }) => new URL(reply.headers.get('location') ?? '').searchParams

  it('lead from consent over a code to a short and a long token', async () => {
    expect((await dialog({})).status).toBe(200)
    const back = backOf(await dialog({ choice: 'allow' }))
    expect(back.get('state')).toBe('s-1')
    const short = await exchange({ code: back.get('code') ?? '' })
    expect(short.body).toMatchObject({ token_type: 'bearer', expires_in: 5400 })
    const long = await exchange({
      grant_type: 'fb_exchange_token',
      fb_exchange_token: String(short.body['access_token']),
    })
    expect(long.body['expires_in']).toBe(5_183_944)
    const issued = String(long.body['access_token'])
    expect((await meta.get('/me/adaccounts', {}, issued)).status).toBe(200)
    expect(await inspect(issued)).toMatchObject({
      is_valid: true,
      type: 'USER',
      scopes: ['ads_read', 'ads_management'],
    })
    // Without business_management the business stays closed.
    expect((await meta.get('/me/businesses', {}, issued)).error).toBe('200')
    meta.clockMs += 61 * DAY_MS
    expect((await meta.get('/me', {}, issued)).error).toBe('190/463')
    expect(await inspect(issued)).toMatchObject({ is_valid: false, error: { code: 190, subcode: 463 } })
    expect((await exchange({ grant_type: 'fb_exchange_token', fb_exchange_token: issued })).error).toBe('190/463')
  })

  it('come back empty-handed when the person says no, and never leave for a redirect that is not registered', async () => {
    const back = backOf(await dialog({ choice: 'deny' }))
    expect([back.get('error'), back.get('error_reason'), back.get('state')]).toEqual([
      'access_denied',
      'user_denied',
      's-1',
    ])
    for (const redirect_uri of [
      'http://127.0.0.1:5000/cb',
      'https://evil.example/',
      'nonsense',
      'http://localhost.evil.example/',
    ])
      expect((await dialog({ redirect_uri, choice: 'allow' })).status).toBe(400)
    meta.sandbox.switches.isLiveMode = true
    expect((await dialog({ choice: 'allow' })).status).toBe(400)
    const embedded = 'https://www.facebook.com/connect/login_success.html'
    expect((await dialog({ redirect_uri: embedded, choice: 'allow' })).headers.get('location')).toContain(
      `${embedded}?code=`,
    )
    expect((await dialog({ scope: 'everything', choice: 'allow' })).status).toBe(400)
    expect((await dialog({ client_id: '1' })).status).toBe(400)
  })

  it('take a code once, for ten minutes, for the redirect and app it was made for', async () => {
    const { credentials } = meta.sandbox
    const code = credentials.authCode(REDIRECT)
    expect((await exchange({ code, redirect_uri: 'http://localhost:1/other' })).error).toBe('100/36008')
    expect((await exchange({ code, client_secret: 'wrong' })).error).toBe('1')
    expect((await exchange({ code, client_id: '5' })).error).toBe('101')
    expect((await exchange({ code })).status).toBe(200)
    expect((await exchange({ code })).error).toBe('100/36009')
    const late = credentials.authCode(REDIRECT)
    meta.clockMs += 601_000
    expect((await exchange({ code: late })).error).toBe('100/36007')
    expect((await exchange({ code: 'AQmadeup' })).error).toBe('100/36008')
  })

  it('may bring fewer permissions than were asked for', async () => {
    meta.sandbox.switches.consent = 'allow'
    meta.sandbox.switches.declinedScopes = ['ads_management']
    const code = backOf(await dialog({})).get('code') ?? ''
    const { body } = await exchange({ code })
    const issued = String(body['access_token'])
    expect((await meta.post(`/${meta.campaign('Retargeting').id}`, { status: 'PAUSED' }, issued)).error).toBe('294')
    expect((await meta.get('/me/permissions', {}, issued)).body['data']).toEqual([
      { permission: 'ads_read', status: 'granted' },
    ])
  })

  it('end: by revocation, by a new password, by nonsense', async () => {
    const issued = meta.sandbox.credentials.issueToken()
    const revoked = await meta.send('DELETE', '/v26.0/me/permissions', {
      headers: { authorization: `Bearer ${issued}` },
    })
    expect(revoked.body).toEqual({ success: true })
    expect((await meta.get('/me', {}, issued)).error).toBe('190/458')
    expect((await meta.get('/me')).status).toBe(200)
    meta.sandbox.credentials.killToken(token(), 467)
    const dead = await meta.get('/me')
    expect([dead.error, dead.headers.get('www-authenticate')?.startsWith('OAuth')]).toEqual(['190/467', true])
    expect((await meta.get('/me', {}, 'nonsense')).error).toBe('190')
    expect((await meta.send('GET', '/v26.0/me')).error).toBe('2500')
    expect((await meta.send('GET', `/v26.0/act_${meta.euro.id}`)).error).toBe('104')
  })

  it('check the proof that the app may insist on', async () => {
    const proof = createHmac('sha256', meta.sandbox.credentials.appSecret).update(token()).digest('hex')
    meta.sandbox.switches.isProofRequired = true
    expect((await meta.get('/me')).error).toBe('100')
    expect((await meta.get('/me', { appsecret_proof: proof })).status).toBe(200)
    expect((await meta.get('/me', { appsecret_proof: proof.replace(/^./, 'x') })).error).toBe('100')
  })

  it('leave no secret in the request log, whichever way it came', async () => {
    const { appSecret } = meta.sandbox.credentials
    const code = meta.sandbox.credentials.authCode(REDIRECT)
    const { body } = await exchange({ code })
    const issued = String(body['access_token'])
    const proof = createHmac('sha256', appSecret).update(token()).digest('hex')
    await exchange({ grant_type: 'fb_exchange_token', fb_exchange_token: issued })
    await inspect(issued)
    await meta.get(campaignPath(), { appsecret_proof: proof, access_token: issued })
    const { id } = meta.campaign('Retargeting')
    await meta.post('/', {
      batch: [{ method: 'GET', relative_url: `${id}?access_token=${issued}&fields=id` }],
      access_token: issued,
    })
    // Quoted in JSON that is a text itself, and inside an encoded address.
    await meta.post('/', {
      batch: JSON.stringify([
        { method: 'POST', relative_url: id, body: JSON.stringify({ access_token: issued, fields: 'id' }) },
        { method: 'GET', relative_url: `${id}?next=${encodeURIComponent(`x?access_token=${issued}&y=1`)}` },
      ]),
    })
    const log = JSON.stringify(meta.sandbox.requests.entries)
    for (const secret of [appSecret, code, issued, proof, token()]) expect(log).not.toContain(secret)
    expect(log.match(/\[secret\]/g)?.length).toBeGreaterThan(8)
  })
})

describe('pixels', () => {
  it('are fresh, stale, silent or taken away, and count by the hour', async () => {
    const pixels = await meta.rows(`/act_${meta.euro.id}/adspixels`, {
      fields: 'id,name,last_fired_time,is_unavailable',
    })
    const statsOf = async (index: number, days: number) => {
      const end_time = Math.floor(meta.clockMs / 1000)
      const { body } = await meta.get(`/${String(pixels[index]?.['id'])}/stats`, {
        aggregation: 'event',
        start_time: end_time - days * 86_400,
        end_time,
      })
      return body['data'] as { start_time: string; data: { value: string; count: number }[] }[]
    }
    const fresh = await statsOf(0, 7)
    expect(fresh.length).toBeGreaterThan(160)
    expect(fresh[0]?.start_time).toMatch(/T\d{2}:00:00\+0000$/)
    expect(new Set(fresh.flatMap((hour) => hour.data.map((item) => item.value)))).toContain('Purchase')
    expect(await statsOf(1, 7)).toEqual([])
    expect(await statsOf(2, 7)).toEqual([])
    const hungary = meta.sandbox.world.accounts[2]?.pixels[0]
    const checks = await meta.get(`/${hungary?.id}/da_checks`)
    const found = checks.body['data'] as { key: string; result: string }[]
    expect(found.find(({ key }) => key === 'purchase_value')?.result).toBe('failed')
    const unknown = await meta.get(`/${hungary?.id}/stats`, { aggregation: 'mood' })
    expect(unknown.error).toBe('100')
  })
})
