/** The official MCP client against the whole app, over HTTP and over the stdio bridge: it can draft, and there is no way to more. */
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { OPERATIONS, type Operation } from '../../shared/operations.ts'
import { aLittleLess, type App, externalId, proposeBudget, someAdGroup, startApp } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const DOORS = ['http', 'stdio'] as const
const TOOLS = OPERATION_NAMES.filter((name) => (OPERATIONS[name] as Operation).tool !== undefined)
const NOT_TOOLS = OPERATION_NAMES.filter((name) => (OPERATIONS[name] as Operation).tool === undefined)
const GUESSES = [
  'approve_draft',
  'approve',
  'apply_change',
  'push_live',
  'execute_draft',
  'Confirm_Draft',
  'confirm_draft\u200b',
  'ｃonfirm_draft',
  'admin.confirm_draft',
  '../confirm_draft',
]

let app: App
let token: string
let httpUrl: string
beforeAll(async () => {
  app = await startApp(makeTempFolder('agent-door'), { core: { opensDoors: true } })
  const added = await app.window('add_client', {
    name: 'Door tester',
    scopes: ['mcp.read', 'mcp.draft'],
    expires_in_days: 30,
  })
  token = added.token
  httpUrl = added.http_url ?? ''
}, 120_000)
afterAll(() => app.close())

async function connect(door: (typeof DOORS)[number], secret = token): Promise<Client> {
  const client = new Client({ name: 'door-tester', version: '1' })
  const transport =
    door === 'http'
      ? new StreamableHTTPClientTransport(new URL(httpUrl), {
          requestInit: { headers: { authorization: `Bearer ${secret}` } },
        })
      : new StdioClientTransport({
          command: process.execPath,
          args: [join(import.meta.dirname, '../../main/cli/main.ts'), 'mcp'],
          env: { SPENDSIGNOFF_HOME: app.homeFolder, SPENDSIGNOFF_MCP_TOKEN: secret },
          stderr: 'ignore',
        })
  await client.connect(transport)
  return client
}

describe.each(DOORS)('over %s', (door) => {
  test('the ten tools and no other are listed, and a proposal lands in the queue', async () => {
    const client = await connect(door)
    const { tools } = await client.listTools()
    expect(tools.map((tool) => tool.name).toSorted()).toEqual([...TOOLS].toSorted())
    const target = await someAdGroup(app, DOORS.indexOf(door))
    const answer = await client.callTool({
      name: 'propose_change',
      arguments: {
        idempotency_key: `door-${door}-1`,
        title: 'Trim it',
        rationale: 'It has not paid back for a week now.',
        operations: [
          {
            kind: 'set_budget',
            entity_id: target.entityId,
            budget: 'daily',
            expected_current: target.budget,
            new_value: aLittleLess(target.budget),
          },
        ],
      },
    })
    const { draft } = answer.structuredContent as { draft: { draft_id: string } }
    expect((await app.window('get_draft', { draft_id: draft.draft_id })).draft).toMatchObject({
      state: 'pending',
      untrusted: { origin_name: 'Door tester' },
    })
    await client.close()
  })

  test('no window operation, guessed name or forged caller gets anything but a refusal', async () => {
    const target = await someAdGroup(app, 3)
    const draft = await proposeBudget(app, target)
    const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    const stolen = {
      draft_id: draft.draft_id,
      confirm_token: challenge?.confirm_token,
      caller: { kind: 'window' },
      passphrase: 'x',
    }
    const client = await connect(door)
    for (const name of [...NOT_TOOLS, ...GUESSES].slice(0, 40)) {
      const outcome = await client.callTool({ name, arguments: stolen }).then(
        (result) => (result.isError === true ? 'error' : 'answered'),
        () => 'refused',
      )
      expect([name, outcome]).not.toEqual([name, 'answered'])
    }
    await client.close()
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(0)
    expect((await app.window('get_draft', { draft_id: draft.draft_id })).draft.state).toBe('armed')
    await app.window('reject_draft', { draft_id: draft.draft_id, reason: 'test' })
    const { records } = await app.window('list_audit', { limit: 200 })
    expect(records.some((record) => record.type === 'call.refused' && record.actor.kind === 'agent')).toBe(true)
  })

  test('a caller written into a tool’s arguments is refused by the schema', async () => {
    const client = await connect(door)
    const answer = await client.callTool({ name: 'list_drafts', arguments: { caller: { kind: 'window' } } })
    expect(answer.isError).toBe(true)
    await client.close()
  })
})

test('a revoked token opens neither door', async () => {
  const added = await app.window('add_client', { name: 'Short-lived', scopes: ['mcp.read'], expires_in_days: 30 })
  const client = await connect('http', added.token)
  await app.window('revoke_client', { client_id: added.client.client_id })
  await expect(client.listTools()).rejects.toThrow(/./)
  await client.close()
  const bridge = await connect('stdio', added.token)
  const answer = await bridge.callTool({ name: 'list_accounts', arguments: {} })
  expect(JSON.stringify(answer)).toContain('not_authorized')
  await bridge.close()
})
