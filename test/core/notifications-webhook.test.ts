/** Webhooks against real servers on this computer: signatures, retries, redirects, and where nothing may go. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import {
  allowedAddresses,
  classifyAddress,
  type HostAddress,
  pinnedLookup,
} from '../../main/notifications/address-guard.ts'
import { delayMs, MAX_ATTEMPTS } from '../../main/notifications/backoff.ts'
import { isSigningSecret, signedHeaders } from '../../main/notifications/sign.ts'
import { parseHookUrl, sendWebhook, type WebhookDeps } from '../../main/notifications/webhook.ts'
import { Secret } from '../../main/secret.ts'
import { type Certificate, type Hook, selfSigned, startHook } from '../support/receivers.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const HOUR_MS = 3_600_000

let hook: Hook
let tls: Certificate
beforeAll(() => {
  tls = selfSigned()
})
beforeEach(async () => {
  hook = await startHook()
})
afterEach(() => hook.close())

const here = async (): Promise<readonly HostAddress[]> => [{ address: '127.0.0.1', family: 4 }]

function send(path = '/hook', deps: Partial<WebhookDeps> = {}, more: Partial<Parameters<typeof sendWebhook>[0]> = {}) {
  return sendWebhook(
    {
      url: new Secret(path.startsWith('/') ? `${hook.origin}${path}` : path),
      signingSecret: new Secret(SECRET),
      id: 'dv_abcdefgh234567ab',
      timestampS: Math.floor(Date.now() / 1_000),
      body: JSON.stringify({ type: 'test', text: 'Käse → 12,00 €' }),
      allowsPrivate: true,
      allowsPlain: true,
      signal: new AbortController().signal,
      ...more,
    },
    { resolve: here, timeoutMs: 3_000, ...deps },
  )
}

describe('what arrives', () => {
  test('is signed as Standard Webhooks wants it: the reference library accepts it, and nothing that was touched', async () => {
    expect(await send()).toEqual({ kind: 'delivered' })
    const [call] = hook.calls
    const headers = call?.headers as Record<string, string>
    const reference = new Webhook(SECRET)
    expect(reference.verify(call?.body ?? '', headers)).toEqual({ type: 'test', text: 'Käse → 12,00 €' })
    expect(() => reference.verify(`${call?.body ?? ''} `, headers)).toThrow('No matching signature found')
    expect(() => reference.verify(call?.body ?? '', { ...headers, 'webhook-id': 'dv_other' })).toThrow(
      'No matching signature found',
    )
    expect(() => new Webhook(`whsec_${randomBytes(32).toString('base64')}`).verify(call?.body ?? '', headers)).toThrow(
      'No matching signature found',
    )
    expect(headers['content-type']).toBe('application/json')
  })

  test('signs the same as the reference library, byte for byte', () => {
    const at = new Date(1_790_000_000_000)
    const body = '{"a":"ü"}'
    const ours = signedHeaders(new Secret(SECRET), { id: 'm1', timestampS: at.getTime() / 1_000, body })
    expect(ours['webhook-signature']).toBe(new Webhook(SECRET).sign('m1', at, body))
  })

  test('says nothing of this computer but its name', async () => {
    await send()
    expect(Object.keys(hook.calls[0]?.headers ?? {}).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
      'webhook-id',
      'webhook-signature',
      'webhook-timestamp',
    ])
    expect(hook.calls[0]?.headers['user-agent']).toBe('SpendSignoff')
  })

  test.each([
    ['too short', `whsec_${randomBytes(23).toString('base64')}`],
    ['too long', `whsec_${randomBytes(65).toString('base64')}`],
    ['without its prefix', randomBytes(32).toString('base64')],
    ['in another spelling', `whsec_${randomBytes(32).toString('base64').replace('=', '')}`],
    ['empty', ''],
  ])('needs a real secret, not one %s', (_what, secret) => {
    expect(isSigningSecret(new Secret(secret))).toBe(false)
  })
})

describe('what a server answers', () => {
  test.each([
    [200, { kind: 'delivered' }],
    [204, { kind: 'delivered' }],
    [301, { kind: 'failed', code: 'redirect', retry: 'few' }],
    [307, { kind: 'failed', code: 'redirect', retry: 'few' }],
    [401, { kind: 'failed', code: 'http_401', retry: 'few' }],
    [404, { kind: 'failed', code: 'http_404', retry: 'few' }],
    [408, { kind: 'failed', code: 'http_408', retry: 'later' }],
    [410, { kind: 'failed', code: 'gone', retry: 'never', disables: true }],
    [429, { kind: 'failed', code: 'http_429', retry: 'later' }],
    [500, { kind: 'failed', code: 'http_500', retry: 'later' }],
    [503, { kind: 'failed', code: 'http_503', retry: 'later' }],
  ] as const)('%i', async (status, expected) => {
    hook.answer = (response) => void response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('secret text')
    expect(await send()).toEqual(expected)
  })

  test('a redirect is not followed', async () => {
    const other = await startHook()
    hook.answer = (response) => void response.writeHead(302, { location: other.origin }).end()
    await send()
    expect([hook.calls.length, other.calls.length]).toEqual([1, 0])
    await other.close()
  })

  test('Retry-After is believed, up to a bound', async () => {
    hook.answer = (response) => void response.writeHead(429, { 'retry-after': '7200' }).end()
    expect(await send()).toMatchObject({ askedMs: 2 * HOUR_MS })
    expect(delayMs(1, 0.5, 2 * HOUR_MS)).toBe(2 * HOUR_MS)
    expect(delayMs(1, 0.5, 999_999_000)).toBe(6 * HOUR_MS)
  })

  test.each([
    ['never answers', () => undefined, 'timeout'],
    ['begins and stops', (response: import('node:http').ServerResponse) => void response.write('x'), 'timeout'],
    ['breaks off', (response: import('node:http').ServerResponse) => void response.destroy(), 'connect_failed'],
  ])('one that %s is tried again later', async (_what, answer, code) => {
    hook.answer = (response) => answer(response)
    expect(await send('/hook', { timeoutMs: 400 })).toEqual({ kind: 'failed', code, retry: 'later' })
  })

  test('an endless answer is cut', async () => {
    hook.answer = (response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await send()).toEqual({ kind: 'delivered' })
  })

  test('nobody there is tried again later', async () => {
    const port = hook.port
    await hook.close()
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ code: 'connect_failed', retry: 'later' })
    hook = await startHook()
  })

  test('we stopped: nothing is said of it', async () => {
    const stop = new AbortController()
    hook.answer = () => stop.abort()
    expect(await send('/hook', {}, { signal: stop.signal })).toEqual({ kind: 'stopped' })
  })

  test('attempts come ever more seldom, eight in about a day', () => {
    const waits = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, at) => delayMs(at + 1, 0.5))
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    const total = waits.reduce((sum, each) => sum + each, 0)
    expect(total).toBeGreaterThan(20 * HOUR_MS)
    expect(total).toBeLessThan(30 * HOUR_MS)
  })
})

describe('an encrypted connection', () => {
  test('wants a certificate that is right', async () => {
    const secure = await startHook(tls)
    expect(await send(`${secure.origin}/`)).toMatchObject({ code: 'tls_failed' })
    expect(secure.calls).toHaveLength(0)
    expect(await send(`${secure.origin}/`, { ca: tls.cert })).toEqual({ kind: 'delivered' })
    const other = `https://elsewhere.test:${secure.port}/`
    expect(await send(other, { ca: tls.cert })).toMatchObject({ code: 'tls_failed' })
    await secure.close()
  })
})

describe('where nothing goes', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.9.8.7', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['fe80::1', 'private'],
    ['0.0.0.0', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['198.51.100.1', 'never'],
    ['::', 'never'],
    ['::ffff:127.0.0.1', 'never'],
    ['::ffff:8.8.8.8', 'never'],
    ['::127.0.0.1', 'never'],
    ['0:0:0:0:0:ffff:7f00:1', 'never'],
    ['64:ff9b::7f00:1', 'never'],
    ['64:ff9b::a00:1', 'never'],
    ['2002:7f00:1::', 'never'],
    ['2001:db8::1', 'never'],
    ['ff02::1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['8.8.8.8', 'public'],
    ['172.32.0.1', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['64:ff9b::808:808', 'public'],
    ['not an address', 'never'],
  ] as const)('%s is %s', (address, place) => {
    expect(classifyAddress(address)).toBe(place)
  })

  test('a name is judged by every address it has', async () => {
    const mixed = async () => [
      { address: '93.184.216.34', family: 4 } as const,
      { address: '10.0.0.1', family: 4 } as const,
    ]
    await expect(allowedAddresses('mixed.test', { allowsPrivate: false }, mixed)).rejects.toMatchObject({
      code: 'refused_address',
    })
    expect(await allowedAddresses('mixed.test', { allowsPrivate: true }, mixed)).toHaveLength(2)
    const never = async () => [{ address: '0.0.0.0', family: 4 } as const]
    await expect(allowedAddresses('zero.test', { allowsPrivate: true }, never)).rejects.toMatchObject({
      code: 'refused_address',
    })
    const none = async () => []
    await expect(allowedAddresses('none.test', { allowsPrivate: true }, none)).rejects.toMatchObject({
      code: 'dns_failed',
    })
  })

  test('a private address hears nothing unless the target allows it', async () => {
    expect(await send('/hook', {}, { allowsPrivate: false })).toEqual({
      kind: 'failed',
      code: 'refused_address',
      retry: 'few',
    })
    expect(await send(`http://hooks.test:${hook.port}/`, {}, { allowsPrivate: false })).toMatchObject({
      code: 'refused_address',
    })
    expect(hook.calls).toHaveLength(0)
  })

  test('a name that answers differently the second time gains nothing: it is asked once', async () => {
    let asked = 0
    const rebinding = async (): Promise<readonly HostAddress[]> => {
      asked += 1
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
    }
    expect(await send(`http://hooks.test:${hook.port}/`, { resolve: rebinding })).toEqual({ kind: 'delivered' })
    expect(asked).toBe(1)
    expect(hook.calls[0]?.headers.host).toBe(`hooks.test:${hook.port}`)
  })

  test('the pinned look-up knows nothing else', async () => {
    const lookup = pinnedLookup([{ address: '127.0.0.1', family: 4 }])
    const answer = await new Promise((resolve) =>
      lookup('anything.test', { all: true }, (error, found) => resolve([error, found])),
    )
    expect(answer).toEqual([null, [{ address: '127.0.0.1', family: 4 }]])
    const six = await new Promise((resolve) => lookup('anything.test', { family: 6 }, (error) => resolve(error)))
    expect(six).toMatchObject({ code: 'dns_failed' })
  })

  test.each([
    ['http://example.com/', false, 'plain_http'],
    ['ftp://example.com/', true, 'bad_url'],
    ['file:///etc/passwd', true, 'bad_url'],
    ['https://user:pass@example.com/', true, 'bad_url'],
    ['https://example.com/#part', true, 'bad_url'],
    ['nonsense', true, 'bad_url'],
  ] as const)('%s is no address of a hook', (url, allowsPlain, problem) => {
    expect(parseHookUrl(url, allowsPlain)).toBe(problem)
  })
})
