/** What a stranger on the same machine meets at the bridge's socket, and what a stranger's socket gets from the bridge. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMcp } from '../../main/mcp/create-mcp.ts'
import { type Endpoint, proofOf } from '../../main/mcp/hello.ts'
import { addClient, makeRig, type Rig } from '../support/mcp-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { settleWithin, waitFor } from '../support/wait-for.ts'

const ENTRY = join(import.meta.dirname, '../support/mcp-bridge-process.ts')
const NONCE = 'n'.repeat(32)
let rig: Rig
let token: string
let clientId: string
beforeEach(async () => {
  rig = makeRig({ sweepEveryMs: 50 })
  ;({
    token,
    client: { clientId },
  } = addClient(rig))
  await rig.mcp.start()
})
afterEach(() => rig.close())

function endpoint(): Endpoint {
  return JSON.parse(readFileSync(rig.endpointFile, 'utf8')) as Endpoint
}

interface Line {
  readonly socket: Socket
  readonly received: () => string
  readonly closed: Promise<string>
  readonly say: (message: unknown) => void
}
function dial(): Line {
  const socket = connect(rig.socketPath)
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => resolve('closed'))
  })
  return {
    socket,
    received: () => text,
    closed,
    say: (message) => void socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
  }
}
function opening(key: string, v = 1) {
  return { spendsignoff_hello: { v, nonce: NONCE, proof: proofOf(key, 'bridge', NONCE), bridge: '0.1.0' } }
}
async function enter(withToken: string): Promise<Line> {
  const line = dial()
  line.say(opening(endpoint().key))
  await waitFor(() => line.received().includes('proof'))
  line.say({ spendsignoff_hello: { token: withToken } })
  await waitFor(() => line.received().split('\n').length === 3)
  return line
}

describe('the socket and its endpoint file', () => {
  test('can be opened by this person only, and are gone when the app is', async () => {
    expect(statSync(rig.socketPath).mode & 0o777).toBe(0o600)
    expect(statSync(rig.endpointFile).mode & 0o777).toBe(0o600)
    expect(endpoint()).toMatchObject({ v: 1, pid: process.pid, socket: rig.socketPath, app_version: '0.1.0' })
    expect(readFileSync(rig.endpointFile, 'utf8')).not.toContain(token)
    await rig.mcp.stop()
    expect(existsSync(rig.socketPath)).toBe(false)
    expect(existsSync(rig.endpointFile)).toBe(false)
  })

  test('leave the process with the file mask it had', async () => {
    await rig.mcp.stop()
    const mask = process.umask(0o027)
    await rig.mcp.start()
    expect(process.umask(mask)).toBe(0o027)
    expect(statSync(rig.socketPath).mode & 0o777).toBe(0o600)
  })

  test('are absent while no client may come in', async () => {
    rig.registry.revoke(clientId)
    await rig.mcp.settled()
    expect(existsSync(rig.socketPath)).toBe(false)
    expect(existsSync(rig.endpointFile)).toBe(false)
  })

  test('take the place of a socket file left by a crash, but never of anything else', async () => {
    const other = makeRig()
    addClient(other)
    // A process that dies by a signal leaves its socket file behind.
    const script = `require('node:net').createServer().listen(${JSON.stringify(other.socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
    const crashed = spawn(process.execPath, ['-e', script])
    await new Promise((resolve) => {
      crashed.on('exit', resolve)
    })
    expect(existsSync(other.socketPath)).toBe(true)
    await other.mcp.start()
    expect(other.mcp.status().bridgeProblem).toBeNull()
    await other.mcp.stop()
    writeFileSync(other.socketPath, 'a document')
    await other.mcp.start()
    expect(other.mcp.status().bridgeProblem).toContain('is not a socket')
    expect(readFileSync(other.socketPath, 'utf8')).toBe('a document')
    await other.close()
  })

  test.each([
    ['a folder others can write to', (folder: string) => join(folder, 'open', 'mcp.sock'), 'Others can write'],
    ['a path too long for the system', (folder: string) => join(folder, 'x'.repeat(120)), 'longer than 100 bytes'],
  ])('are refused in %s', async (_what, place, words) => {
    const folder = makeTempFolder('sock')
    mkdirSync(join(folder, 'open'))
    chmodSync(join(folder, 'open'), 0o777)
    const door = createMcp({
      port: rig.core,
      registry: rig.registry,
      httpPort: 0,
      socketPath: place(folder),
      endpointFile: join(folder, 'endpoint.json'),
      appVersion: '0.1.0',
      log: { info: () => undefined, error: () => undefined },
      clock: rig.clock,
    })
    await door.start()
    expect(door.status().bridgeProblem).toContain(words)
    expect(existsSync(join(folder, 'endpoint.json'))).toBe(false)
    await door.stop()
  })
})

describe('somebody who connects', () => {
  test('and cannot read the endpoint file hears nothing at all', async () => {
    const wrongKey = Buffer.alloc(32).toString('base64url')
    const greetings = [
      opening(wrongKey),
      { spendsignoff_hello: { token } },
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      'GET /mcp HTTP/1.1',
      'x'.repeat(9000),
    ]
    for (const greeting of greetings) {
      const line = dial()
      line.say(greeting)
      expect(await settleWithin(line.closed, 3000, 'the stranger to be cut off')).toBe('closed')
      expect(line.received()).toBe('')
    }
  })

  test('and says nothing is cut off after three seconds', async () => {
    const line = dial()
    expect(await settleWithin(line.closed, 5000, 'the silent one to be cut off')).toBe('closed')
    expect(line.received()).toBe('')
  })

  test('with another version of the greeting is told so', async () => {
    const line = dial()
    line.say(opening(endpoint().key, 2))
    expect(await settleWithin(line.closed, 3000)).toBe('closed')
    expect(JSON.parse(line.received())).toEqual({ spendsignoff_hello: { ok: false, code: 'bad_version' } })
  })

  test('with a wrong token gets one word and no MCP, and is noted', async () => {
    const line = await enter(`${token}x`)
    expect(await settleWithin(line.closed, 3000)).toBe('closed')
    expect(line.received().split('\n')[1]).toBe('{"spendsignoff_hello":{"ok":false,"code":"not_authorized"}}')
    expect(rig.core.refusals).toEqual([{ clientId: 'unknown', tool: '(connect)', code: 'not_authorized' }])
    expect(rig.logged()).not.toContain(token)
  })

  test('with a good token may speak MCP until it is revoked, then the line is dead', async () => {
    addClient(rig)
    const line = await enter(token)
    line.say({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })
    await waitFor(() => line.received().includes('propose_change'))
    rig.registry.revoke(clientId)
    expect(await settleWithin(line.closed, 3000, 'the revoked line to die')).toBe('closed')
  })

  test('is cut off when its time is over', async () => {
    rig.registry.add({ name: 'Lives longer', scopes: ['mcp.read'], expiresInDays: 365 })
    const line = await enter(token)
    rig.clock.advance(30 * 86_400_000)
    expect(await settleWithin(line.closed, 3000, 'the expired line to die')).toBe('closed')
  })

  test('may have sixteen lines, not more', async () => {
    const lines: Line[] = []
    for (let count = 0; count < 16; count += 1) lines.push(await enter(token))
    const last = await enter(token)
    await settleWithin(last.closed, 3000)
    expect(last.received()).toContain('"code":"too_many"')
    for (const line of lines) line.socket.destroy()
  })

  test('and sends a message without end is cut off', async () => {
    const line = await enter(token)
    line.socket.write('x'.repeat(1024 * 1024 + 4096))
    expect(await settleWithin(line.closed, 5000, 'the endless message to be cut off')).toBe('closed')
  })
})

test('a program that squats on the socket name does not get the token from the bridge', async () => {
  const folder = makeTempFolder('squat')
  const socketPath = join(folder, 's.sock')
  let heard = ''
  const squatter = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8')
      socket.write('{"spendsignoff_hello":{"v":1,"proof":"AAAA"}}\n')
    })
  })
  await new Promise<void>((resolve) => {
    squatter.listen(socketPath, resolve)
  })
  const file = join(folder, 'mcp-endpoint.json')
  writeFileSync(file, JSON.stringify({ ...endpoint(), socket: socketPath }), { mode: 0o600 })
  const ask = async (): Promise<string> => {
    const child = spawn(process.execPath, [ENTRY, file], { env: { SPENDSIGNOFF_MCP_TOKEN: token } })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
    })
    const exited = new Promise((resolve) => {
      child.on('close', resolve)
    })
    child.stdin.end('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_accounts"}}\n')
    await settleWithin(exited, 8000)
    return out
  }
  expect(await ask()).toContain('app_not_running')
  expect(heard).toContain('"nonce"')
  expect(heard).not.toContain(token)

  // An endpoint file that others can read could have been written by others: the bridge does not even knock.
  heard = ''
  chmodSync(file, 0o644)
  expect(await ask()).toContain('app_not_running')
  expect(heard).toBe('')
  squatter.close()
})
