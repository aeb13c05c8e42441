/** The listener a person's browser comes back to: one right answer, from the right name, once; everything else is turned away. */
import { request } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type Callback, type ConsentAnswer, listenForCallback } from '../../main/connect/callback.ts'
import { Secret } from '../../main/secret.ts'

const STATE = 'a-state-that-nobody-can-guess'
const open: Callback[] = []
afterEach(() => {
  for (const callback of open.splice(0)) callback.close()
})

async function listen(host: '127.0.0.1' | 'localhost' = '127.0.0.1', path = '/callback') {
  const answers: ConsentAnswer[] = []
  let strays = 0
  const callback = await listenForCallback({
    host,
    path,
    state: new Secret(STATE),
    onAnswer: (answer) => void answers.push(answer),
    onStray: () => void (strays += 1),
  })
  open.push(callback)
  return { callback, answers, strays: () => strays }
}

interface Got {
  readonly status: number
  readonly text: string
  readonly headers: NodeJS.Dict<string | string[]>
}
function visit(
  port: number,
  path: string,
  { host = `127.0.0.1:${port}`, method = 'GET', headers = {}, address = '127.0.0.1' } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: address, port, path, method, headers: { host, ...headers }, agent: false },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => (text += piece))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }))
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

describe('the answer that is waited for', () => {
  test('is taken once: the page says so without a script, and the port is gone', async () => {
    const { callback, answers } = await listen()
    const first = await visit(callback.port, `/callback?state=${STATE}&code=4%2F0abc&scope=x`)
    expect(first.status).toBe(200)
    expect(first.text).toContain('You can close this tab')
    expect(first.text).not.toMatch(/<script|4\/0abc|4%2F0abc/)
    expect(first.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    expect(answers).toHaveLength(1)
    expect(answers[0]?.kind === 'code' ? answers[0].code.reveal() : '').toBe('4/0abc')
    await expect(visit(callback.port, `/callback?state=${STATE}&code=again`)).rejects.toThrow(/ECONN/)
    expect(answers).toHaveLength(1)
  })

  test.each<[query: string, answer: Partial<ConsentAnswer>]>([
    [`state=${STATE}&error=access_denied`, { kind: 'denied' }],
    [`state=${STATE}&error=access_denied&error_reason=user_denied&code=x`, { kind: 'denied' }],
    [`state=${STATE}`, { kind: 'no_code', platformCode: undefined }],
    [`state=${STATE}&code=`, { kind: 'no_code', platformCode: undefined }],
    [`state=${STATE}&error=redirect_uri_mismatch`, { kind: 'no_code', platformCode: 'redirect_uri_mismatch' }],
    [`state=${STATE}&error=%3Cb%3Ebold%3C/b%3E`, { kind: 'no_code', platformCode: undefined }],
  ])('%s ends it without a code', async (query, answer) => {
    const { callback, answers } = await listen()
    const got = await visit(callback.port, `/callback?${query}`)
    expect(got.text).toContain('Nothing was connected')
    expect(got.text).not.toContain('<b>')
    expect(answers).toEqual([answer])
  })
})

describe('what is turned away, while the right answer is still waited for', () => {
  test.each<[what: string, path: string, options?: Parameters<typeof visit>[2]]>([
    ['another state', '/callback?state=another&code=x'],
    ['no state', '/callback?code=x'],
    ['the state twice', `/callback?state=${STATE}&state=${STATE}&code=x`],
    ['another path', `/?state=${STATE}&code=x`],
    ['a longer path', `/callback/?state=${STATE}&code=x`],
    ['a whole address', `http://127.0.0.1/callback?state=${STATE}&code=x`],
    ['another name', `/callback?state=${STATE}&code=x`, { host: 'evil.example' }],
    ['localhost, where it is not asked for', `/callback?state=${STATE}&code=x`, { host: 'localhost' }],
    ['a POST', `/callback?state=${STATE}&code=x`, { method: 'POST' }],
    [
      'a look of the browser before the visit',
      `/callback?state=${STATE}&code=x`,
      { headers: { 'sec-purpose': 'prefetch' } },
    ],
    ['an address without end', `/callback?state=${STATE}&code=${'x'.repeat(5_000)}`],
  ])('%s', async (_what, path, options) => {
    const { callback, answers } = await listen()
    const got = await visit(callback.port, path, options)
    expect(got.status).toBe(400)
    expect(got.text).toContain('Nothing was done with it')
    expect(answers).toEqual([])
    expect((await visit(callback.port, `/callback?state=${STATE}&code=right`)).status).toBe(200)
    expect(answers).toHaveLength(1)
  })

  test('two codes are no code', async () => {
    const { callback, answers } = await listen()
    await visit(callback.port, `/callback?state=${STATE}&code=one&code=two`)
    expect(answers).toEqual([{ kind: 'no_code', platformCode: undefined }])
  })

  test('an answer with another state is counted, so that the person can be told', async () => {
    const { callback, strays } = await listen()
    await visit(callback.port, '/callback?state=another&code=x')
    await visit(callback.port, '/favicon.ico')
    expect(strays()).toBe(1)
  })

  test('anything, once it was closed', async () => {
    const { callback, answers } = await listen()
    callback.close()
    await expect(visit(callback.port, `/callback?state=${STATE}&code=x`)).rejects.toThrow(/ECONN/)
    expect(answers).toEqual([])
  })
})

describe('a redirect to localhost', () => {
  test('is answered under that name on both loopback addresses', async () => {
    for (const address of ['127.0.0.1', '::1']) {
      const { callback, answers } = await listen('localhost')
      const visited = visit(callback.port, `/callback?state=${STATE}&code=x`, {
        host: `localhost:${callback.port}`,
        address,
      })
      // A machine without IPv6 has no second address to answer on.
      const got = await visited.catch(() => undefined)
      if (got === undefined && address === '::1') continue
      expect(got?.status).toBe(200)
      expect(answers).toHaveLength(1)
    }
  })

  test('never leaves the other loopback address of its port to somebody else', async () => {
    const { callback } = await listen('localhost')
    const taken = await new Promise<string>((resolve) => {
      const other = createServer()
      other.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      other.listen({ host: '::1', port: callback.port, exclusive: true }, () => {
        other.close()
        resolve('listened')
      })
    })
    expect(['EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain(taken)
  })
})
