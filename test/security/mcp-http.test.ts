/** What a web page, a curious program or a stolen token meets at the loopback HTTP door. Raw requests on purpose. */
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addClient, call, connectOverHttp, makeRig, MODERN, newClient, type Rig } from '../support/mcp-rig.ts'
import { settleWithin, waitFor } from '../support/wait-for.ts'

let rig: Rig
let token: string
let clientId: string
beforeEach(async () => {
  rig = makeRig({ headersTimeoutMs: 1000, requestTimeoutMs: 1500, sweepEveryMs: 50 })
  ;({
    token,
    client: { clientId },
  } = addClient(rig))
  await rig.mcp.start()
})
afterEach(() => rig.close())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function portOf(): number {
  return Number(new URL(rig.mcp.status().httpUrl ?? '').port)
}

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })

function send(options: {
  method?: string
  path?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: portOf(),
        method: options.method ?? 'POST',
        path: options.path ?? '/mcp',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          ...options.headers,
        },
      },
      (res) => {
        let body = ''
        res.setEncoding('utf8')
        res.on('data', (chunk: string) => {
          body += chunk
        })
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }))
        res.on('error', reject)
      },
    )
    req.on('error', reject)
    req.end(options.body ?? LIST)
  })
}

test('the right request is served, so the refusals below have a meaning', async () => {
  const answer = await send({})
  expect(answer.status).toBe(200)
  expect(answer.body).toContain('propose_change')
})

describe('a web page', () => {
  test.each(['evil.example.com', `evil.example.com:80`, '127.0.0.1', '127.0.0.1.evil.example:1', 'localhost:1'])(
    'that reaches us under the Host %s is refused',
    async (host) => {
      expect((await send({ headers: { host } })).status).toBe(403)
    },
  )

  test.each(['http://evil.example.com', 'null', 'http://localhost:3000', 'https://127.0.0.1', 'file://'])(
    'with the Origin %s is refused, even with a good token',
    async (origin) => {
      const answer = await send({ headers: { origin } })
      expect(answer.status).toBe(403)
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    },
  )

  test('gets no CORS permission when it asks for one', async () => {
    const answer = await send({
      method: 'OPTIONS',
      headers: { origin: `http://127.0.0.1:${portOf()}`, authorization: '', 'access-control-request-method': 'POST' },
      body: '',
    })
    expect(answer.status).toBe(401)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('a request without good credentials', () => {
  test('is refused, says nothing about OAuth, and the attempt is noted', async () => {
    rig.registry.revoke(addClient(rig).client.clientId)
    const nearly = `${token.slice(0, -4)}AAAA`
    for (const authorization of ['', 'Bearer', `Basic ${token}`, `Bearer ${nearly}`, `Bearer ${token} ${token}`]) {
      const answer = await send({ headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
      expect(answer.headers['www-authenticate']).not.toContain('resource_metadata')
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'not_authorized' } })
    }
    expect(rig.core.refusals).toEqual([{ clientId: 'unknown', tool: '(connect)', code: 'not_authorized' }])
  })

  test('stays out with a revoked and with an expired token', async () => {
    const other = addClient(rig)
    rig.registry.revoke(other.client.clientId)
    expect((await send({ headers: { authorization: `Bearer ${other.token}` } })).status).toBe(401)
    expect(rig.core.refusals.at(-1)).toMatchObject({ clientId: other.client.clientId, code: 'not_authorized' })

    rig.registry.add({ name: 'Lives longer', scopes: ['mcp.read'], expiresInDays: 365 })
    rig.clock.advance(31 * 86_400_000)
    expect((await send({})).status).toBe(401)
    expect(rig.core.refusals.at(-1)).toMatchObject({ clientId, code: 'not_authorized' })
  })

  test('cannot bring the token in the address', async () => {
    expect((await send({ path: `/mcp?token=${token}`, headers: { authorization: '' } })).status).toBe(404)
  })

  test('finds no discovery documents', async () => {
    for (const name of [
      'oauth-protected-resource',
      'oauth-protected-resource/mcp',
      'oauth-authorization-server',
      'openid-configuration',
    ]) {
      for (const authorization of ['', `Bearer ${token}`]) {
        const answer = await send({ method: 'GET', path: `/.well-known/${name}`, headers: { authorization }, body: '' })
        expect(answer.status).toBe(404)
      }
    }
  })

  test('never gets a token back, whatever it tries', async () => {
    const answers = [
      await send({ headers: { authorization: `Bearer ${token}x` } }),
      await send({ headers: { host: token } }),
      await send({ headers: { origin: `http://${token}` } }),
      await send({ path: `/${token}` }),
      await send({ body: `{"jsonrpc":"2.0","id":1,"method":"${token}"}` }),
      await send({ body: token }),
      await send({ method: 'PUT', headers: { 'mcp-session-id': token } }),
      await send({ headers: { 'mcp-protocol-version': 'nonsense' } }),
    ]
    for (const answer of answers) expect(answer.body + JSON.stringify(answer.headers)).not.toContain(token)
    expect(rig.logged()).not.toContain(token)
  })
})

describe('a request of the wrong kind', () => {
  test.each(['GET', 'DELETE', 'PUT', 'PATCH'])('by %s is not allowed', async (method) => {
    const answer = await send({ method, body: '' })
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('POST')
  })

  test('to another path is not found', async () => {
    for (const path of ['/', '/MCP', '/mcp/', '/oauth/mcp', '/api/confirm_draft', '//mcp']) {
      expect((await send({ path })).status).toBe(404)
    }
  })

  test('of two megabytes is refused, announced or not', async () => {
    const body = Buffer.alloc(2 * 1024 * 1024, 0x20)
    expect((await send({ body })).status).toBe(413)
    expect((await send({ body, headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413)
    expect((await send({})).status).toBe(200)
  })

  test('that is not JSON is a parse error', async () => {
    const answer = await send({ body: '{' })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: -32700 } })
    expect((await send({ headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  })

  test('that arrives drop by drop is cut off', async () => {
    const slow = connect(portOf(), '127.0.0.1')
    slow.write('POST /mcp HTTP/1.1\r\n')
    const drip = setInterval(() => slow.write('x: y\r\n'), 200)
    const gone = new Promise<string>((resolve) => {
      slow.on('close', () => resolve('cut off'))
    })
    slow.on('error', () => undefined)
    expect(await settleWithin(gone, 6000, 'the slow connection to be cut')).toBe('cut off')
    clearInterval(drip)
  })
})

describe('an open stream', () => {
  const LISTEN = JSON.stringify({
    jsonrpc: '2.0',
    id: 'listen',
    method: 'subscriptions/listen',
    params: {
      notifications: { toolsListChanged: true },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': MODERN,
        'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  })
  /** Opens a stream and hands back the moment it dies. */
  async function openStream(bearer: string): Promise<{ died: Promise<void>; isDead: () => boolean }> {
    return new Promise((resolve, reject) => {
      const req = request({
        host: '127.0.0.1',
        port: portOf(),
        method: 'POST',
        path: '/mcp',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${bearer}`,
          'mcp-protocol-version': MODERN,
          'mcp-method': 'subscriptions/listen',
        },
      })
      req.on('response', (res) => {
        if (res.statusCode !== 200) return reject(new Error(`status ${String(res.statusCode)}`))
        let isDead = false
        const died = new Promise<void>((settle) => {
          res.on('close', () => {
            isDead = true
            settle()
          })
        })
        res.on('error', () => undefined)
        res.once('data', () => resolve({ died, isDead: () => isDead }))
      })
      req.on('error', () => undefined)
      req.end(LISTEN)
    })
  }

  test('is destroyed when its client is revoked; the streams of others live on', async () => {
    const other = addClient(rig)
    const mine = await openStream(token)
    const theirs = await openStream(other.token)
    rig.registry.revoke(clientId)
    await expect(settleWithin(mine.died, 3000, 'the revoked stream to die')).resolves.toBeUndefined()
    expect((await send({ headers: { authorization: `Bearer ${other.token}` } })).status).toBe(200)
    expect(theirs.isDead()).toBe(false)
  })

  test('is destroyed when its client expires', async () => {
    rig.registry.add({ name: 'Lives longer', scopes: ['mcp.read'], expiresInDays: 365 })
    const stream = await openStream(token)
    rig.clock.advance(30 * 86_400_000)
    await expect(settleWithin(stream.died, 3000, 'the expired stream to die')).resolves.toBeUndefined()
  })

  test('can be held eight times by one client, not more', async () => {
    for (let count = 0; count < 8; count += 1) await openStream(token)
    const answer = await send({})
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toBe('1')
    expect((await send({ headers: { authorization: `Bearer ${addClient(rig).token}` } })).status).toBe(200)
  })

  test('ends with the app', async () => {
    const stream = await openStream(token)
    await rig.mcp.stop()
    await expect(settleWithin(stream.died, 3000, 'the stream to die')).resolves.toBeUndefined()
  })
})

describe('the door', () => {
  test('is open only while somebody may come in', async () => {
    const url = rig.mcp.status().httpUrl ?? ''
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
    rig.registry.revoke(clientId)
    await rig.mcp.settled()
    expect(rig.mcp.status()).toEqual({ httpUrl: null, httpProblem: null, bridgeProblem: null })
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    const again = addClient(rig)
    const client = await connectOverHttp(rig, again.token, 'modern')
    expect((await call(client, 'list_accounts')).isError).toBe(false)
    await client.close()
  })

  test('shuts by itself when the last client expires', async () => {
    rig.clock.advance(30 * 86_400_000)
    expect(await waitFor(() => rig.mcp.status().httpUrl === null)).toBe(true)
  })

  test('stays shut when its port is taken, says so, and opens there when the port is free', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => {
      squatter.listen(0, '127.0.0.1', resolve)
    })
    const taken = (squatter.address() as AddressInfo).port
    const late = makeRig({ httpPort: taken, sweepEveryMs: 50 })
    const added = addClient(late)
    await late.mcp.start()
    expect(late.mcp.status()).toMatchObject({
      httpUrl: null,
      httpProblem: expect.stringContaining(`Port ${taken} is in use`) as string,
    })
    await new Promise((resolve) => {
      squatter.close(resolve)
    })
    await waitFor(() => late.mcp.status().httpUrl === `http://127.0.0.1:${taken}/mcp`)
    expect(late.mcp.status().httpProblem).toBeNull()
    const client = await connectOverHttp(late, added.token, 'legacy')
    await client.close()
    await late.close()
  })
})

test('the official client is told "unauthorized" and not sent to log in somewhere', async () => {
  const client = newClient('modern')
  const transport = new StreamableHTTPClientTransport(new URL(rig.mcp.status().httpUrl ?? ''), {
    requestInit: { headers: { authorization: 'Bearer ssm_wrong' } },
  })
  await expect(client.connect(transport)).rejects.toThrow(/401|unauthorized/i)
})
