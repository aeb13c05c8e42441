/** What all platforms share on the wire: reads that cannot write, pictures that are not believed, failures that tell nothing of a request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  backoffMs,
  endPermissionsOnce,
  postedReadOnce,
  ReadFailure,
  type ReadRequest,
  readBytesOnce,
  readOnce,
} from '../../main/platforms/http.ts'
import { fetchPicture, pictureAddress, pictureType } from '../../main/platforms/pictures.ts'

const SECRET = 'canary-secret-5521'
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3])

let server: Server
let origin = ''
let received: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
let answer: (response: ServerResponse, request: IncomingMessage) => void = () => undefined

beforeEach(async () => {
  received = []
  answer = (response) => response.end('ok')
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      answer(response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const asked = (path: string, extra: Partial<ReadRequest> = {}): ReadRequest => ({
  url: new URL(path, origin),
  headers: { authorization: `Bearer ${SECRET}` },
  timeoutMs: 5_000,
  maxBytes: 1_000,
  signal: new AbortController().signal,
  ...extra,
})

/** Every way of reading, with an address that it takes. */
const READS = [
  ['a read', (extra?: Partial<ReadRequest>) => readOnce(asked(`/x?secret=${SECRET}`, extra))],
  ['a read of bytes', (extra?: Partial<ReadRequest>) => readBytesOnce(asked(`/x?secret=${SECRET}`, extra))],
  [
    'a posted read',
    (extra?: Partial<ReadRequest>) =>
      postedReadOnce({
        ...asked('/token', extra),
        contentType: 'application/x-www-form-urlencoded',
        body: `refresh_token=${SECRET}`,
      }),
  ],
  ['ending permissions', (extra?: Partial<ReadRequest>) => endPermissionsOnce(asked('/v26.0/me/permissions', extra))],
] as const

/** What a read ends with. Its text, stack and cause are all looked at for the secret. */
async function kindOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ReadFailure)) throw new Error('not a failed read', { cause: error })
  const shown = `${error.message} ${error.stack} ${JSON.stringify(error)}`
  expect(shown).not.toContain(SECRET)
  expect(shown).not.toContain(origin)
  expect(error.cause).toBeUndefined()
  return error.kind
}

describe.each(READS)('%s', (_name, read) => {
  it('is sent once and answered whole', async () => {
    const result = await read()
    expect('text' in result ? result.text : Buffer.from(result.bytes).toString()).toBe('ok')
    expect(received.length).toBe(1)
  })

  it('is never led elsewhere, and tells nothing of what it carried', async () => {
    answer = (response) => response.writeHead(302, { location: `${origin}/elsewhere` }).end()
    expect(await kindOf(read())).toBe('redirect')
    expect(received.map((each) => each.url)).not.toContain('/elsewhere')
  })

  it('ends without another attempt when the connection breaks, takes too long, is stopped, or too much comes', async () => {
    answer = (_response, request) => request.socket.destroy()
    expect(await kindOf(read())).toBe('network')
    answer = () => undefined
    expect(await kindOf(read({ timeoutMs: 50 }))).toBe('timeout')
    expect(await kindOf(read({ signal: AbortSignal.abort() }))).toBe('cancelled')
    expect(received.length).toBe(2)
    answer = (response) => response.end('x'.repeat(1_001))
    expect(await kindOf(read())).toBe('too_large')
    expect(received.length).toBe(3)
  })
})

describe('a read that is posted', () => {
  const posted = (path: string) =>
    postedReadOnce({ ...asked(path), contentType: 'application/json', body: '{"query":"SELECT campaign.id"}' })

  it('reaches Google’s searches and token endpoints', async () => {
    for (const path of [
      '/v25/customers/1112223333/googleAds:search',
      '/v25/googleAdsFields:search',
      '/token',
      '/revoke',
    ])
      expect((await posted(path)).text).toBe('ok')
    expect(
      received.every((each) => each.method === 'POST' && each.headers['content-type'] === 'application/json'),
    ).toBe(true)
  })

  it('cannot be used for a write: nothing is sent to any other address', async () => {
    for (const path of [
      '/v25/customers/1112223333/campaignBudgets:mutate',
      '/v25/customers/1112223333/googleAds:mutate',
      '/v25/customers/1112223333/googleAds:search/../campaigns:mutate',
      '/v26.0/1201',
      '/v26.0/token',
      '/open_api/v1.3/campaign/update/',
      '/open_api/v1.3/oauth2/access_token/',
      '/v25/customers/1112223333/campaigns:mutate?/googleAds:search',
    ])
      await expect(posted(path)).rejects.toThrow(TypeError)
    expect(received).toEqual([])
  })

  it('is not a way to delete either: only a token’s own permissions can be ended', async () => {
    for (const path of ['/v26.0/1201', '/v26.0/act_42/campaigns', '/v26.0/me', '/v26.0/me/permissions/x'])
      await expect(endPermissionsOnce(asked(path))).rejects.toThrow(TypeError)
    expect(received).toEqual([])
  })
})

describe('waiting before the next attempt', () => {
  it('grows, spreads over the upper half, and has an end', () => {
    expect([0, 1, 2, 3].map((retries) => backoffMs(retries, 0))).toEqual([250, 500, 1000, 2000])
    expect(backoffMs(0, 0.999)).toBeLessThan(500)
    expect(backoffMs(40, 0.5)).toBe(30_000)
  })
})

describe('a picture', () => {
  const picture = (url = `${origin}/p.png`) =>
    fetchPicture({
      url,
      allowedHosts: ['.cdn.example'],
      loopbackOrigin: origin,
      timeoutMs: 5_000,
      signal: new AbortController().signal,
    })

  it('is fetched without any credentials', async () => {
    answer = (response) => response.end(PNG)
    expect(await picture()).toEqual({ mimeType: 'image/png', bytes: new Uint8Array(PNG) })
    const headers = received[0]?.headers ?? {}
    expect(Object.keys(headers).filter((name) => /auth|cookie|token|referer/.test(name))).toEqual([])
  })

  it('that leads elsewhere, is gone, is too large or is something else is none', async () => {
    for (const reply of [
      (response: ServerResponse) => response.writeHead(302, { location: `${origin}/q.png` }).end(),
      (response: ServerResponse) => response.writeHead(404).end(PNG),
      (response: ServerResponse) => response.writeHead(204).end(),
      (response: ServerResponse) => response.end(Buffer.concat([PNG, Buffer.alloc(300_000)])),
      (response: ServerResponse) => response.writeHead(200, { 'content-type': 'image/png' }).end('<svg onload=1>'),
      (response: ServerResponse) => response.end(),
    ]) {
      answer = reply
      expect(await picture()).toBeUndefined()
    }
  })

  it('of just the allowed size is shown', async () => {
    answer = (response) => response.end(Buffer.concat([PNG, Buffer.alloc(300_000 - PNG.length)]))
    expect((await picture())?.bytes.byteLength).toBe(300_000)
  })

  it('comes from known hosts over TLS; in the sandbox from the sandbox alone', async () => {
    const real = { allowedHosts: ['.cdn.example', 'exact.example'] }
    for (const good of ['https://a.cdn.example/x?y=1', 'https://a.b.cdn.example/x', 'https://exact.example/x'])
      expect(pictureAddress(good, real)?.href).toBe(good)
    for (const bad of [
      'http://a.cdn.example/x',
      'https://cdn.example/x',
      'https://evilcdn.example/x',
      'https://a.cdn.example.evil.example/x',
      'https://sub.exact.example/x',
      'https://user:pw@a.cdn.example/x',
      'https://a.cdn.example:8443/x',
      'https://127.0.0.1/x',
      'http://169.254.169.254/latest',
      'data:image/png;base64,iVBORw0KGgo=',
      'file:///etc/passwd',
      'nonsense',
      '',
    ]) {
      expect(pictureAddress(bad, real)).toBeUndefined()
      expect(await picture(bad)).toBeUndefined()
    }
    // A sandbox that names a real host must not make the demo call out.
    expect(pictureAddress('https://a.cdn.example/x', { ...real, loopbackOrigin: origin })).toBeUndefined()
    expect(received).toEqual([])
  })

  it('is what its first bytes say', () => {
    const bytes = (...list: number[]) => Uint8Array.from(list)
    expect(pictureType(PNG)).toBe('image/png')
    expect(pictureType(bytes(0xff, 0xd8, 0xff, 0xe0))).toBe('image/jpeg')
    expect(pictureType(Buffer.from('RIFF\n\r\u0001\u0002WEBPVP8 '))).toBe('image/webp')
    for (const other of ['<svg onload=1>', 'GIF89a', 'RIFF1234WAVE', ' \u0089PNG\r\n\u001a\n', '']) // prettier-ignore
      expect(pictureType(Buffer.from(other, 'latin1'))).toBeUndefined()
  })
})
