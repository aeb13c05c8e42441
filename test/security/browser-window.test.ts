import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LINK_LIFE_MS, MAX_SESSIONS, SESSION_IDLE_MS } from '../../main/browser-window/link.ts'
import {
  type BrowserWindow,
  HEADERS_TIMEOUT_MS,
  MAX_BODY_BYTES,
  MAX_SOCKETS,
  openBrowserWindow,
  REQUEST_TIMEOUT_MS,
} from '../../main/browser-window/serve.ts'
import { WINDOW_OPERATIONS } from '../../main/window-port.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { RecordingCore } from '../support/recording-core.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let core: RecordingCore
let shell: BrowserWindow
let folder: string
let nowMs: number
let monotonicMs: number
let logged: string[]

beforeEach(async () => {
  core = new RecordingCore()
  nowMs = Date.UTC(2026, 10, 23, 9)
  monotonicMs = 1_000
  logged = []
  folder = makeTempFolder('browser-window')
  const root = join(folder, 'renderer')
  mkdirSync(join(root, 'assets'), { recursive: true })
  mkdirSync(join(folder, 'renderer-evil'))
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>SpendSignoff</title>')
  writeFileSync(join(root, 'assets', 'index.js'), 'export {}')
  writeFileSync(join(root, 'assets', 'index.js.map'), '{}')
  writeFileSync(join(folder, 'secret.html'), 'secret')
  writeFileSync(join(folder, 'renderer-evil', 'secret.html'), 'secret')
  symlinkSync(join(folder, 'secret.html'), join(root, 'link.html'))
  shell = await openBrowserWindow({
    core,
    rendererFolder: root,
    clock: { nowMs: () => nowMs, monotonicMs: () => monotonicMs },
    randomBytes,
    log: {
      info: (event, facts) => logged.push(JSON.stringify([event, facts])),
      error: (event, error) => logged.push(JSON.stringify([event, String(error)])),
    },
  })
})
afterEach(async () => {
  await shell.close()
})

/** One request exactly as given: Node adds nothing but what is left out of `headers`, and no path is tidied up. */
async function send(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  const { hostname, port } = new URL(shell.url)
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ host: hostname, port, method, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** The two halves of a session. Both empty when the link was refused. */
interface SignedIn {
  readonly cookie: string
  readonly key: string
}

/** Opens a link as a browser does and hands back the cookie it got and the key that its page took from the address. */
async function signIn(link = shell.newLink()): Promise<SignedIn> {
  const answer = await send('GET', link.slice(shell.url.length))
  const [cookie = ''] = answer.headers['set-cookie'] ?? []
  const key = answer.headers.location?.replace('/#key=', '') ?? ''
  return { cookie: cookie.split(';')[0] ?? '', key }
}
const NOT_SIGNED_IN: SignedIn = { cookie: '', key: '' }

const good = ({ cookie, key }: SignedIn): Record<string, string> => ({
  cookie,
  origin: shell.url,
  'content-type': 'application/json',
  'x-spendsignoff': key,
  'sec-fetch-site': 'same-origin',
})
const call = (name: string, headers: Record<string, string>, body = '{}'): Promise<Answer> =>
  send('POST', `/api/${name}`, headers, body)
const errorCode = (answer: Answer): string =>
  (JSON.parse(answer.body) as { error?: { code?: string } }).error?.code ?? 'none'

const from = (mode: string, dest: string) => ({
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
})
const fill = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`

describe('a person opens the link', () => {
  test('the link becomes a cookie that scripts cannot read and a key that no browser sends, and the page loads', async () => {
    const link = shell.newLink()
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open\?link=[A-Za-z0-9_-]{43}$/)
    const opened = await send('GET', link.slice(shell.url.length))
    expect(opened.status).toBe(303)
    expect(opened.headers.location).toMatch(/^\/#key=[A-Za-z0-9_-]{43}$/)
    expect(opened.headers['set-cookie']?.[0]).toMatch(
      /^spendsignoff_\d+=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    )
    const page = await send('GET', '/')
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect((await send('GET', '/assets/index.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  test('a call with both runs as the window, whatever the body claims', async () => {
    const answer = await call('get_status', good(await signIn()), '{"caller":"agent"}')
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ ok: true, value: { ran: 'get_status' } })
    expect(core.runs.map(({ caller, name, input }) => ({ caller, name, input }))).toEqual([
      { caller: { kind: 'window' }, name: 'get_status', input: { caller: 'agent' } },
    ])
  })

  test("an operation's own failure is an answer with status 200", async () => {
    core.answer = async () => ({
      ok: false,
      error: { code: 'unknown_draft', message: 'm', hint: 'h', retryable: false },
    })
    const answer = await call('get_draft', good(await signIn()))
    expect([answer.status, errorCode(answer)]).toEqual([200, 'unknown_draft'])
  })

  test('every answer forbids sniffing, framing, caching and foreign content', async () => {
    const session = await signIn()
    const answers = [await send('GET', '/'), await call('get_status', good(session)), await send('GET', '/nope.js')]
    for (const { headers } of answers) {
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; " +
          "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['referrer-policy']).toBe('no-referrer')
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('it listens on loopback only', () => {
    expect(new URL(shell.url).hostname).toBe('127.0.0.1')
  })
})

describe('links and sessions end', () => {
  test('a link works once; the second visit is told in plain words what to do', async () => {
    const link = shell.newLink()
    expect(await signIn(link)).not.toEqual(NOT_SIGNED_IN)
    const again = await send('GET', link.slice(shell.url.length))
    expect(again.status).toBe(403)
    expect(again.headers['set-cookie']).toBeUndefined()
    expect(again.body).toContain('This link no longer works')
    expect(again.body).toContain('npm start')
    expect(again.body).not.toContain(link.slice(-43))
  })

  test('a link is good until ten minutes have passed, and not after', async () => {
    const [early, late] = [shell.newLink(), shell.newLink()]
    monotonicMs += LINK_LIFE_MS - 1
    expect(await signIn(early)).not.toEqual(NOT_SIGNED_IN)
    monotonicMs += 1
    expect(await signIn(late)).toEqual(NOT_SIGNED_IN)
  })

  test('a clock set back does not make an old link young', async () => {
    const link = shell.newLink()
    nowMs -= 3_600_000
    monotonicMs += LINK_LIFE_MS
    expect(await signIn(link)).toEqual(NOT_SIGNED_IN)
  })

  test('the look of a scanner or a prefetching browser does not use the link up', async () => {
    const link = shell.newLink()
    const path = link.slice(shell.url.length)
    expect((await send('HEAD', path)).status).toBe(403)
    expect((await send('GET', path, { 'sec-purpose': 'prefetch' })).status).toBe(403)
    expect(await signIn(link)).not.toEqual(NOT_SIGNED_IN)
  })

  test('an idle session is over after twelve hours; one in use is not', async () => {
    const [used, idle] = [await signIn(), await signIn()]
    nowMs += SESSION_IDLE_MS - 1
    expect((await call('get_status', good(used))).status).toBe(200)
    nowMs += 1
    expect((await call('get_status', good(idle))).status).toBe(401)
    nowMs += SESSION_IDLE_MS - 2
    expect((await call('get_status', good(used))).status).toBe(200)
  })

  test('a ninth session ends the one unused for longest', async () => {
    const first = await signIn()
    const second = await signIn()
    for (let n = 2; n < MAX_SESSIONS; n += 1) await signIn()
    expect((await call('get_status', good(first))).status).toBe(200)
    await signIn()
    expect((await call('get_status', good(first))).status).toBe(200)
    expect((await call('get_status', good(second))).status).toBe(401)
  })

  test('no link, no cookie and no key is ever written to the log', async () => {
    const link = shell.newLink()
    const session = await signIn(link)
    await signIn(link)
    await call('get_status', { ...good(session), origin: 'https://evil.example' })
    await call('get_status', { ...good(session), cookie: 'spendsignoff_1=x' })
    expect(logged.length).toBeGreaterThan(2)
    expect(logged.join('\n')).not.toContain(link.slice(-43))
    expect(logged.join('\n')).not.toContain(session.cookie.split('=')[1])
    expect(logged.join('\n')).not.toContain(session.key)
  })
})

describe('somebody else calls', () => {
  const decide = WINDOW_OPERATIONS.filter((name) => OPERATIONS[name].effect === 'decide')

  test('without a cookie, no operation runs: every decision least of all', async () => {
    expect(decide).toContain('confirm_draft')
    const { cookie: _without, ...headers } = good(await signIn())
    for (const name of WINDOW_OPERATIONS) {
      const answer = await call(name, headers)
      expect([name, answer.status, errorCode(answer)]).toEqual([name, 401, 'not_authorized'])
    }
    expect(core.runs).toEqual([])
  })

  test.each([
    ['a wrong value', (own: string) => `${own.split('=')[0]}=${'A'.repeat(43)}`],
    ['no value', (own: string) => `${own.split('=')[0]}=`],
    ['the cookie of another port', (own: string) => `spendsignoff_1=${own.split('=')[1]}`],
    ['a second cookie of the same name', (own: string) => `${own}; ${own.split('=')[0]}=x`],
    ['a link as cookie', (own: string) => `${own.split('=')[0]}=${shell.newLink().slice(-43)}`],
  ])('%s is no session', async (_title, forge) => {
    const { cookie, key } = await signIn()
    const answer = await call('get_status', good({ cookie: forge(cookie), key }))
    expect([answer.status, errorCode(answer)]).toEqual([401, 'not_authorized'])
    expect(core.runs).toEqual([])
  })

  test('another server on this host is sent our cookie by every browser, and can do nothing with it', async () => {
    const { cookie, key } = await signIn()
    const other = await signIn()
    const guesses = ['', '1', 'none', 'A'.repeat(43), key.slice(1), `${key}A`, key.toLowerCase(), other.key, cookie]
    for (const guess of guesses) {
      for (const name of ['confirm_draft', 'get_status']) {
        const answer = await call(name, good({ cookie, key: guess }))
        expect([guess, answer.status, errorCode(answer)]).toEqual([guess, 401, 'not_authorized'])
      }
    }
    expect(core.runs).toEqual([])
    expect((await call('get_status', good({ cookie, key }))).status).toBe(200)
  })

  test("the key without its cookie is no session either, also not with another session's cookie", async () => {
    const [mine, other] = [await signIn(), await signIn()]
    for (const cookie of ['', other.cookie])
      expect((await call('get_status', good({ cookie, key: mine.key }))).status).toBe(401)
    expect(core.runs).toEqual([])
  })

  test('calls with the cookie alone do not keep an idle session alive', async () => {
    const session = await signIn()
    nowMs += SESSION_IDLE_MS - 1
    expect((await call('get_status', good({ ...session, key: 'none' }))).status).toBe(401)
    nowMs += 1
    expect((await call('get_status', good(session))).status).toBe(401)
  })

  test('several tabs of one browser share both halves', async () => {
    const session = await signIn()
    const answers = await Promise.all([1, 2, 3].map(() => call('get_status', good(session))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test.each([
    ['another name for this machine (rebinding)', { host: 'evil.example' }],
    ['localhost instead of the address', { host: 'localhost' }],
    ['the right name with another port', { host: '127.0.0.1:1' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['our origin over TLS', { origin: 'https://127.0.0.1' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['no origin', { origin: undefined }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site fetch (another port)', { 'sec-fetch-site': 'same-site' }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
    ['the own header missing', { 'x-spendsignoff': undefined }],
  ])('even with cookie and key, %s: 403 and nothing runs', async (_title, change) => {
    const session = await signIn()
    const headers = Object.fromEntries(
      Object.entries({ ...good(session), ...change }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    )
    for (const path of ['confirm_draft', 'get_status']) expect((await call(path, headers)).status).toBe(403)
    expect(core.runs).toEqual([])
  })

  test('an empty or missing Host gets nothing at all', async () => {
    for (const head of ['GET / HTTP/1.1\r\nHost:\r\n', 'GET / HTTP/1.1\r\n', 'GET / HTTP/1.0\r\n'])
      expect(await raw(`${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /)
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    '',
  ])('content type "%s", as a form could send it, is refused', async (type) => {
    const answer = await call('reject_draft', { ...good(await signIn()), 'content-type': type })
    expect(answer.status).toBe(415)
    expect(core.runs).toEqual([])
  })

  test('asking with GET, PUT or OPTIONS runs nothing', async () => {
    const headers = good(await signIn())
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])
      expect([method, (await send(method, '/api/get_status', headers)).status]).toEqual([method, 405])
    expect((await send('POST', '/', headers)).status).toBe(405)
    expect(core.runs).toEqual([])
  })

  test('a name that is no operation is 404, also when it names something of JavaScript', async () => {
    const headers = good(await signIn())
    for (const name of ['nope', 'constructor', '__proto__', 'toString', 'get_status/x', 'get%5Fstatus', '']) {
      const answer = await call(name, headers)
      expect([name, answer.status, errorCode(answer)]).toEqual([name, 404, 'unknown_operation'])
    }
    expect(core.runs).toEqual([])
  })

  test('another site may lead here, but not embed, fetch or post', async () => {
    expect((await send('GET', '/', from('navigate', 'document'))).status).toBe(200)
    expect((await send('GET', '/', from('navigate', 'iframe'))).status).toBe(403)
    expect((await send('GET', '/assets/index.js', from('no-cors', 'script'))).status).toBe(403)
    expect((await send('GET', '/', from('cors', 'empty'))).status).toBe(403)
    expect((await send('GET', '/', { origin: 'https://evil.example' })).status).toBe(403)
  })
})

describe('odd input', () => {
  test('the largest allowed body passes, one byte more does not, declared or chunked', async () => {
    const headers = good(await signIn())
    expect((await call('get_status', headers, fill(MAX_BODY_BYTES))).status).toBe(200)
    expect((await call('get_status', headers, fill(MAX_BODY_BYTES + 1))).status).toBe(413)
    const chunked = { ...headers, 'transfer-encoding': 'chunked' }
    expect((await call('get_status', chunked, fill(MAX_BODY_BYTES + 1))).status).toBe(413)
    expect(core.runs).toHaveLength(1)
  })

  test.each(['', '{', 'undefined', '\u0000', '{"a":1}}'])(
    'the body %j is not JSON: refused, nothing runs',
    async (body) => {
      const answer = await call('get_status', good(await signIn()), body)
      expect([answer.status, errorCode(answer)]).toEqual([400, 'invalid_input'])
      expect(core.runs).toEqual([])
    },
  )

  test.each([
    '/../secret.html',
    '/..%2fsecret.html',
    '/%2e%2e/secret.html',
    '/%2e%2e%2fsecret.html',
    '/%252e%252e/secret.html',
    '/assets/../../secret.html',
    '/..\\secret.html',
    '/%5c..%5csecret.html',
    '/../renderer-evil/secret.html',
    '//secret.html',
    '/./index.html',
    '/link.html',
    '/index.html%00.js',
    '/C:/secret.html',
    '/assets/index.js.map',
    '/.env',
    '/assets',
    '/%ff.html',
    `/${'a'.repeat(600)}.html`,
  ])('%s leads nowhere', async (path) => {
    const answer = await send('GET', path)
    expect(answer.status).toBe(403)
    expect(answer.body).not.toContain('secret')
  })

  test('what is not there is 404', async () => {
    expect((await send('GET', '/assets/other.js')).status).toBe(404)
  })

  test('a browser that goes away aborts the operation it asked for', async () => {
    core.answer = ({ signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve({ ok: true, value: null }), { once: true })
      })
    const { hostname, port } = new URL(shell.url)
    const request = httpRequest({
      host: hostname,
      port,
      method: 'POST',
      path: '/api/wait_for_change',
      headers: good(await signIn()),
      agent: false,
    })
    request.on('error', () => {})
    request.end('{"since":0}')
    const run = await waitFor(() => core.runs[0], { what: 'the operation to start' })
    expect(run.signal?.aborted).toBe(false)
    request.destroy()
    await waitFor(() => run.signal?.aborted, { what: 'the abort' })
  })

  test('closing aborts what runs, and the port is free again', async () => {
    core.answer = ({ signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve({ ok: true, value: null }), { once: true })
      })
    const pending = call('wait_for_change', good(await signIn())).catch((error: unknown) => error)
    const run = await waitFor(() => core.runs[0], { what: 'the operation to start' })
    await shell.close()
    await shell.close()
    expect(run.signal?.aborted).toBe(true)
    expect(await pending).toBeInstanceOf(Error)
    await expect(send('GET', '/')).rejects.toThrow('ECONNREFUSED')
  })

  test('a taken port is said plainly', async () => {
    const second = openBrowserWindow({
      core,
      rendererFolder: folder,
      port: Number(new URL(shell.url).port),
      clock: { nowMs: () => nowMs, monotonicMs: () => monotonicMs },
      randomBytes,
      log: { info: () => {}, error: () => {} },
    })
    await expect(second).rejects.toMatchObject({ code: 'internal', hint: 'Choose another port.' })
  })
})

describe('somebody holds connections open', () => {
  test('silent, slow-headed and slow-bodied connections are all ended, while the page still works', async () => {
    const host = new URL(shell.url).host
    const { cookie, key } = await signIn()
    const startMs = performance.now()
    const slowBody = [
      'POST /api/get_status HTTP/1.1',
      `Host: ${host}`,
      `Origin: ${shell.url}`,
      `Cookie: ${cookie}`,
      'Content-Type: application/json',
      `X-SpendSignoff: ${key}`,
      'Content-Length: 100',
      '',
      '{',
    ].join('\r\n')
    const ends = [raw(''), raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `), raw(slowBody)]
    expect((await send('GET', '/')).status).toBe(200)
    await Promise.all(ends)
    expect(performance.now() - startMs).toBeLessThan(Math.max(HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS) + 4_000)
    expect(core.runs).toEqual([])
  })

  test('no more than sixty-four connections at a time', async () => {
    const { hostname, port } = new URL(shell.url)
    const sockets = Array.from({ length: MAX_SOCKETS + 6 }, () => connect(Number(port), hostname))
    let ended = 0
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.on('close', () => (ended += 1))
    }
    await waitFor(() => ended >= 6, { what: 'the six too many to be dropped', withinMs: 3_000 })
    expect(ended).toBe(6)
    for (const socket of sockets) socket.destroy()
  })
})

/** Sends bytes, then only listens. Settles with what came back when the other side ends the connection. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(shell.url)
  return await new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let received = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (received += chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}
