/** Attempts to connect with consent in the browser: how they go on, how they end, and that none outlives its time, its cancel or the session. */
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OperationError } from '../../shared/errors.ts'
import { type Consent, createFlows, type Flows, type FlowView } from '../../main/connect/flows.ts'
import { atFirstConnect } from '../../main/connect/words.ts'
import { Secret } from '../../main/secret.ts'
import { waitFor } from '../support/wait-for.ts'
import { type TestClock, testClock } from '../support/app.ts'

const CLIENT_SECRET = 'client-secret-0123456789abcdef'
let clock: TestClock
let flows: Flows
let exchanged: { code: string; verifier: string; redirectUri: string }[]
let stored: string[]
/** What the platform does with a code. */
let onExchange: (signal: AbortSignal) => Promise<void>
let logged: string[]
/** How often the window was told to look again. */
let changes: number

/** A platform whose token endpoint is a function. */
const consent: Consent = {
  platform: 'google_ads',
  host: '127.0.0.1',
  path: '',
  authorizeUrl: ({ clientId, redirectUri, state, challenge }) =>
    `https://consent.example/auth?${new URLSearchParams({ clientId, redirectUri, state, challenge }).toString()}`,
  async exchange({ code, verifier, redirectUri }, signal) {
    exchanged.push({ code: code.reveal(), verifier: verifier.reveal(), redirectUri })
    await onExchange(signal)
    const credentials = { kind: 'meta', accessToken: new Secret('issued-token') } as const
    return { credentials, label: 'somebody' }
  },
}

beforeEach(() => {
  clock = testClock()
  exchanged = []
  stored = []
  logged = []
  changes = 0
  onExchange = async () => undefined
  flows = createFlows({
    clock,
    log: { info: () => undefined, error: (event, error) => void logged.push(event, String(error)) },
    randomBytes,
    onChange: () => void (changes += 1),
    explain: (each, error) => atFirstConnect(each.platform, error),
    finish: async ({ label, steps }, signal) =>
      await steps.run('stored', () => {
        if (signal.aborted) throw new OperationError('cancelled', 'Given up.', 'Begin again.')
        stored.push(label ?? '')
        return `c_${stored.length}`
      }),
  })
})
afterEach(() => flows.close())

const begin = (): Promise<FlowView> => flows.begin(consent, 'me.apps.example', new Secret(CLIENT_SECRET))
const queryOf = (flow: FlowView): URLSearchParams => new URL(flow.authorize_url).searchParams
/** The browser comes back. */
const comeBack = (flow: FlowView, query: Record<string, string>): Promise<Response> =>
  fetch(
    `${flow.redirect_uri}/?${new URLSearchParams({ state: queryOf(flow).get('state') ?? '', ...query }).toString()}`,
  )
async function settled(flow: FlowView): Promise<FlowView> {
  await waitFor(() => !['waiting', 'exchanging'].includes(flows.get(flow.flow_id).state), {
    what: 'the attempt to end',
    withinMs: 5_000,
  })
  return flows.get(flow.flow_id)
}
const stepsOf = (flow: FlowView): string[] => flow.steps.map(({ name, state }) => `${name} ${state}`)

describe('an attempt', () => {
  test('goes from the link over the answer to a stored connection', async () => {
    const flow = await begin()
    expect(flow).toMatchObject({ state: 'waiting', platform: 'google_ads', error: null, connection_id: null })
    expect(flow.redirect_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await comeBack(flow, { code: 'the-code' })).status).toBe(200)
    const done = await settled(flow)
    expect(done).toMatchObject({ state: 'connected', connection_id: 'c_1', error: null })
    expect(stored).toEqual(['somebody'])
    expect(stepsOf(done).slice(0, 2)).toEqual(['consent ok', 'exchange ok'])
    expect(stepsOf(done).at(-1)).toBe('stored ok')
  })

  test('proves with the code who began: the challenge of the link is the hash of the verifier', async () => {
    const flow = await begin()
    await comeBack(flow, { code: 'the-code' })
    await settled(flow)
    const [{ verifier, code, redirectUri } = { verifier: '', code: '', redirectUri: '' }] = exchanged
    expect([code, redirectUri]).toEqual(['the-code', flow.redirect_uri])
    expect(verifier).toMatch(/^[\w-]{43}$/)
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(queryOf(flow).get('challenge'))
  })

  test('has its own port, state and verifier', async () => {
    const [a, b] = [await begin(), await begin()]
    expect(a.redirect_uri).not.toBe(b.redirect_uri)
    for (const name of ['state', 'challenge']) expect(queryOf(a).get(name)).not.toBe(queryOf(b).get(name))
    expect(queryOf(a).get('state')).toMatch(/^[\w-]{43}$/)
  })

  test('shows neither secret nor code nor verifier', async () => {
    onExchange = async () => {
      throw new OperationError('needs_reconnect', 'No.', 'No.', { details: { platformCode: 'invalid_grant' } })
    }
    const flow = await begin()
    await comeBack(flow, { code: 'code-of-the-canary' })
    const done = await settled(flow)
    const seen = JSON.stringify([flow, done, logged])
    for (const secret of [CLIENT_SECRET, 'code-of-the-canary', exchanged[0]?.verifier ?? '']) {
      expect(secret.length).toBeGreaterThan(10)
      expect(seen).not.toContain(secret)
    }
  })
})

describe('an attempt ends without a connection', () => {
  test('when the person says no', async () => {
    const flow = await begin()
    await comeBack(flow, { error: 'access_denied' })
    const done = await settled(flow)
    expect(done).toMatchObject({ state: 'failed', error: { code: 'consent_denied' } })
    expect(stepsOf(done)[0]).toBe('consent failed')
    expect(exchanged).toEqual([])
  })

  test('when no code comes', async () => {
    const flow = await begin()
    await comeBack(flow, { error: 'org_internal' })
    expect((await settled(flow)).error?.message).toContain('(org_internal)')
  })

  test('when the platform does not take the code: the step that failed says why', async () => {
    onExchange = async () => {
      throw new OperationError('needs_reconnect', 'Dead.', 'Connect it again.', { details: { platformCode: 'x' } })
    }
    const flow = await begin()
    await comeBack(flow, { code: 'used' })
    const done = await settled(flow)
    expect(done).toMatchObject({ state: 'failed', error: { code: 'invalid_value' } })
    expect(done.error?.message).toContain('Nothing was stored')
    expect(stepsOf(done)).toContain('exchange failed')
    expect(stored).toEqual([])
  })

  test('after ten minutes, also when the machine slept through the timer', async () => {
    const [awake, slept] = [await begin(), await begin()]
    clock.advance(601_000)
    expect(flows.get(awake.flow_id)).toMatchObject({ state: 'expired', error: { code: 'timeout' } })
    await expect(comeBack(awake, { code: 'x' })).rejects.toThrow('fetch failed')
    // Nobody looked at the second one: its answer finds out by itself that it is late.
    await comeBack(slept, { code: 'x' }).catch(() => undefined)
    expect(flows.get(slept.flow_id).state).toBe('expired')
    expect(exchanged).toEqual([])
  })

  test('when it is cancelled: the port is shut', async () => {
    const flow = await begin()
    expect(flows.cancel(flow.flow_id).state).toBe('cancelled')
    await expect(comeBack(flow, { code: 'x' })).rejects.toThrow('fetch failed')
    expect(flows.cancel(flow.flow_id).state).toBe('cancelled')
    expect(exchanged).toEqual([])
  })

  test('when it is cancelled while the code is being traded: nothing is stored afterwards', async () => {
    let goOn = (): void => undefined
    onExchange = () => new Promise((resolve) => (goOn = resolve))
    const flow = await begin()
    await comeBack(flow, { code: 'x' })
    await waitFor(() => exchanged.length === 1, { what: 'the exchange' })
    expect(flows.cancel(flow.flow_id).state).toBe('cancelled')
    goOn()
    await flows.close()
    expect(stored).toEqual([])
    expect(flows.get(flow.flow_id)).toMatchObject({ state: 'cancelled', connection_id: null })
  })

  test('when the session closes', async () => {
    const flow = await begin()
    await flows.close()
    expect(flows.get(flow.flow_id).state).toBe('cancelled')
    await expect(comeBack(flow, { code: 'x' })).rejects.toThrow('fetch failed')
    await expect(begin()).rejects.toMatchObject({ code: 'cancelled' })
  })
})

describe('an answer with another state', () => {
  test('is ignored, said, and the right one still counts', async () => {
    const flow = await begin()
    expect((await comeBack(flow, { state: 'of-another-attempt', code: 'theirs' })).status).toBe(400)
    const waiting = flows.get(flow.flow_id)
    expect(waiting.state).toBe('waiting')
    expect(waiting.steps[0]).toMatchObject({ state: 'warning', detail: expect.stringContaining('ignored') })
    await comeBack(flow, { code: 'mine' })
    expect((await settled(flow)).state).toBe('connected')
    expect(exchanged.map(({ code }) => code)).toEqual(['mine'])
  })

  test('can come as often as a hostile page likes: it is told once, and the right one still counts', async () => {
    const flow = await begin()
    await comeBack(flow, { state: 'guess', code: 'x' })
    const told = changes
    for (let n = 0; n < 40; n += 1) await comeBack(flow, { state: `guess-${n}`, code: 'x' })
    expect(changes).toBe(told)
    await comeBack(flow, { code: 'mine' })
    expect((await settled(flow)).state).toBe('connected')
    expect(exchanged.map(({ code }) => code)).toEqual(['mine'])
  })
})

describe('attempts are bounded', () => {
  test('three wait at a time; one that ended makes room', async () => {
    const open = [await begin(), await begin(), await begin()]
    await expect(begin()).rejects.toMatchObject({ code: 'too_many_pending' })
    flows.cancel(open[0]?.flow_id ?? '')
    await begin()
    const both = await Promise.allSettled([begin(), begin()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('old ones are forgotten, open ones never', async () => {
    const first = await begin()
    for (let n = 0; n < 25; n += 1) flows.cancel((await begin()).flow_id)
    expect(flows.get(first.flow_id).state).toBe('waiting')
    expect(() => flows.get('f_made_up')).toThrow(OperationError)
  })
})
