/** The bridge runs as its own process, as an AI client would start it; the app comes and goes next to it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMcp, type Mcp } from '../../main/mcp/create-mcp.ts'
import { LEGACY_VERSIONS } from '../../main/mcp/offline-answers.ts'
import {
  addClient,
  call,
  type Era,
  makeRig,
  MODERN,
  newClient,
  PROPOSAL,
  type Rig,
  AGENT_TOOLS,
} from '../support/mcp-rig.ts'
import { settleWithin, waitFor } from '../support/wait-for.ts'

const ENTRY = join(import.meta.dirname, '../support/mcp-bridge-process.ts')
let rig: Rig
let clients: Client[]
let processes: ChildProcessWithoutNullStreams[]
beforeEach(() => {
  rig = makeRig()
  clients = []
  processes = []
})
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()))
  for (const child of processes) child.kill()
  await rig.close()
})

async function throughBridge(token: string, era: Era): Promise<Client> {
  const client = newClient(era)
  clients.push(client)
  const env = { SPENDSIGNOFF_MCP_TOKEN: token }
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [ENTRY, rig.endpointFile], env, stderr: 'ignore' }),
  )
  return client
}

/** The bridge refuses to knock more than about three times a second; a person is slower than that. */
async function eventually(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  isOk: (code: unknown) => boolean,
) {
  return waitFor(
    async () => {
      const outcome = await call(client, name, args)
      return isOk(outcome.error['code']) ? outcome : null
    },
    { what: `an expected answer to ${name}`, everyMs: 100, withinMs: 8000 },
  )
}

describe.each<Era>(['legacy', 'modern'])('through the bridge, an AI client of the %s era', (era) => {
  test('lives through the whole day: app closed, opened, quit in the middle of a call, opened again, access revoked', async () => {
    const { token, client: added } = addClient(rig)

    // Closed: the host sees a healthy server and the model hears what the user should do.
    const client = await throughBridge(token, era)
    expect(client.getInstructions()).toContain('SpendSignoff is not running')
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(AGENT_TOOLS)
    expect((await call(client, 'list_accounts')).error).toMatchObject({
      code: 'app_not_running',
      retryable: false,
      next_step: 'Ask the user to open SpendSignoff, then call this tool again. Do not retry in a loop.',
    })
    await expect(client.callTool({ name: 'approve_draft', arguments: {} })).rejects.toMatchObject({ code: -32602 })

    // Opened.
    await rig.mcp.start()
    const answered = await eventually(client, 'list_accounts', {}, (code) => code === undefined)
    expect(answered.structured).toMatchObject({ accounts: [{ platform: 'tiktok' }] })
    expect(rig.registry.list()[0]?.lastClientInfo).toBe('story-client 1.2.3')
    await expect(client.callTool({ name: 'approve_draft', arguments: {} })).rejects.toMatchObject({ code: -32602 })
    expect(rig.core.refusals).toEqual([{ clientId: added.clientId, tool: 'approve_draft', code: 'unknown_operation' }])

    // Quit in the middle of a proposal.
    const answer = rig.core.answers.get('propose_change')
    rig.core.answers.set('propose_change', () => new Promise(() => undefined))
    const proposal = call(client, 'propose_change', PROPOSAL)
    await waitFor(() => rig.core.calls.some((made) => made.name === 'propose_change'))
    await rig.mcp.stop()
    expect((await proposal).error).toMatchObject({ code: 'lost', retryable: true })
    expect((await proposal).error['next_step']).toContain('same idempotency_key')
    expect((await call(client, 'list_accounts')).error).toMatchObject({ code: 'app_not_running' })

    // Opened again, by the same registry.
    if (answer !== undefined) rig.core.answers.set('propose_change', answer)
    await rig.mcp.start()
    const proposed = await eventually(client, 'propose_change', PROPOSAL, (code) => code === undefined)
    expect(proposed.structured).toMatchObject({ created: true, draft: { origin: { id: added.clientId } } })

    // Revoked: another client keeps the door open, this one hears where to go.
    addClient(rig)
    rig.registry.revoke(added.clientId)
    const refused = await eventually(client, 'list_accounts', {}, (code) => code === 'not_authorized')
    expect(refused.error['next_step']).toContain('Connections > AI clients')
    expect(rig.core.refusals.at(-1)).toEqual({ clientId: added.clientId, tool: '(connect)', code: 'not_authorized' })
  })

  test('can start when the app already runs, and gets the same list as over HTTP', async () => {
    const { token } = addClient(rig)
    await rig.mcp.start()
    const client = await throughBridge(token, era)
    expect(client.getInstructions()).not.toContain('not running')
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(AGENT_TOOLS)
    expect((await call(client, 'list_accounts')).isError).toBe(false)
  })
})

test('a bridge without a token says so, and does not even knock', async () => {
  addClient(rig)
  await rig.mcp.start()
  const client = await throughBridge('', 'modern')
  expect((await call(client, 'list_accounts')).error).toMatchObject({ code: 'not_authorized' })
  expect(rig.core.refusals).toEqual([])
})

test('an app of another kind of greeting is named as such', async () => {
  const { token } = addClient(rig)
  await rig.mcp.start()
  const { readFileSync, writeFileSync } = await import('node:fs')
  const endpoint = JSON.parse(readFileSync(rig.endpointFile, 'utf8')) as Record<string, unknown>
  writeFileSync(rig.endpointFile, JSON.stringify({ ...endpoint, v: 2 }))
  const client = await throughBridge(token, 'modern')
  const { error } = await call(client, 'list_accounts')
  expect(error['next_step']).toContain('update SpendSignoff')
})

test('several bridges of one client work side by side, and a second app on the same socket is refused', async () => {
  const { token } = addClient(rig)
  await rig.mcp.start()
  const both = await Promise.all([throughBridge(token, 'legacy'), throughBridge(token, 'modern')])
  for (const client of both) expect((await call(client, 'list_accounts')).isError).toBe(false)

  const second: Mcp = createMcp({
    port: rig.core,
    registry: rig.registry,
    httpPort: 0,
    socketPath: rig.socketPath,
    endpointFile: rig.endpointFile,
    appVersion: '0.1.0',
    log: { info: () => undefined, error: () => undefined },
    clock: rig.clock,
  })
  await second.start()
  expect(second.status().bridgeProblem).toContain('Another SpendSignoff is running')
  await second.stop()
  for (const client of both) expect((await call(client, 'list_accounts')).isError).toBe(false)
})

/** Raw lines in, raw lines out. */
function startRaw(token: string) {
  const child = spawn(process.execPath, [ENTRY, rig.endpointFile], { env: { SPENDSIGNOFF_MCP_TOKEN: token } })
  processes.push(child)
  const out: Record<string, unknown>[] = []
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) out.push(JSON.parse(line) as Record<string, unknown>)
  })
  const exit = new Promise<number | null>((resolve) => {
    child.on('exit', resolve)
  })
  const send = (message: unknown): void => {
    child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)
  }
  return { child, out, exit, send }
}

describe('on the wire, the bridge', () => {
  test('repeats the handshake to an app that was started later, without the client noticing more than a changed list', async () => {
    const { token } = addClient(rig)
    const raw = startRaw(token)
    raw.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
    })
    raw.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    await waitFor(() => raw.out.length === 1)
    expect(raw.out[0]).toMatchObject({ id: 1, result: { protocolVersion: '2025-06-18' } })
    await rig.mcp.start()
    await new Promise((resolve) => {
      setTimeout(resolve, 350)
    })
    raw.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'list_accounts', arguments: {} } })
    await waitFor(() => raw.out.length === 3)
    expect(raw.out[1]).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
    expect(raw.out[2]).toMatchObject({ id: 2, result: { structuredContent: { accounts: [{}] } } })
    raw.child.stdin.end()
    expect(await settleWithin(raw.exit, 5000)).toBe(0)
  })

  test('waits a moment for running calls when its input ends, then leaves with exit code 0', async () => {
    const { token } = addClient(rig)
    await rig.mcp.start()
    const raw = startRaw(token)
    const envelope = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    raw.send({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: 'list_accounts', arguments: {}, _meta: envelope },
    })
    raw.child.stdin.end()
    expect(await settleWithin(raw.exit, 5000)).toBe(0)
    expect(raw.out).toEqual([
      expect.objectContaining({ id: 7, result: expect.objectContaining({ resultType: 'complete' }) as unknown }),
    ])
  })

  test('answers every method by itself while the app is closed, in the shape of the caller’s era', async () => {
    const raw = startRaw(addClient(rig).token)
    const methods = ['ping', 'resources/list', 'resources/templates/list', 'prompts/list', 'resources/read', 'no/such']
    methods.forEach((method, id) => {
      raw.send({ jsonrpc: '2.0', id, method, params: {} })
    })
    const envelope = { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' }
    raw.send({ jsonrpc: '2.0', id: 'future', method: 'server/discover', params: { _meta: envelope } })
    raw.send({ jsonrpc: '2.0', method: 'notifications/whatever' })
    raw.send('this is not JSON')
    raw.send('[]')
    raw.send('x'.repeat(1024 * 1024 + 1))
    await waitFor(() => raw.out.length === methods.length + 4)
    expect(raw.out).toEqual([
      { jsonrpc: '2.0', id: 0, result: {} },
      { jsonrpc: '2.0', id: 1, result: { resources: [] } },
      { jsonrpc: '2.0', id: 2, result: { resourceTemplates: [] } },
      { jsonrpc: '2.0', id: 3, result: { prompts: [] } },
      expect.objectContaining({ id: 4, error: expect.objectContaining({ code: -32603 }) as unknown }),
      { jsonrpc: '2.0', id: 5, error: { code: -32601, message: 'Method not found' } },
      {
        jsonrpc: '2.0',
        id: 'future',
        error: {
          code: -32022,
          message: 'Unsupported protocol version',
          data: { supported: [MODERN], requested: '2031-01-01' },
        },
      },
      {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32700, message: 'Parse error: one JSON-RPC object per line is expected' },
      },
      {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32700, message: 'Parse error: one JSON-RPC object per line is expected' },
      },
      { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error: the message is too long' } },
    ])
  })

  test('speaks the same older revisions as the app', () => {
    expect(LEGACY_VERSIONS).toEqual(SUPPORTED_PROTOCOL_VERSIONS)
  })
})
