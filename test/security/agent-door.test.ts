/** The official MCP client against the whole app, over HTTP and over the stdio bridge: it can draft, and there is no way to more. */
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { OPERATIONS, type Operation } from '../../shared/operations.ts'
import {
  aLittleChange,
  type App,
  externalId,
  proposal,
  proposeBudget,
  someAdGroup,
  someEditable,
  startApp,
} from '../support/app.ts'
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
let httpUrl: string
beforeAll(async () => {
  app = await startApp(makeTempFolder('agent-door'), { core: { opensDoors: true } })
}, 120_000)
afterAll(() => app.close())

/** A client of its own, so that what it is refused is refused for what it asks and not for how often. */
async function newToken(): Promise<string> {
  const added = await app.window('add_client', {
    name: 'Door tester',
    scopes: ['mcp.read', 'mcp.draft'],
    expires_in_days: 30,
  })
  httpUrl = added.http_url ?? ''
  return added.token
}

async function connect(door: (typeof DOORS)[number], known?: string): Promise<Client> {
  const secret = known ?? (await newToken())
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
  test('the tools of the table and no other are listed', async () => {
    const client = await connect(door)
    const { tools } = await client.listTools()
    expect(tools.map((tool) => tool.name).toSorted()).toEqual([...TOOLS].toSorted())
    await client.close()
  })

  test.each(['daily_budget', 'scheduled_budget', 'status', 'cost_cap', 'target_roas', 'bid_strategy'] as const)(
    'a proposal of %s lands in the queue, with the sender’s name, and nothing is written',
    async (field) => {
      const client = await connect(door)
      const target = await someEditable(app, field)
      const answer = await client.callTool({
        name: 'propose_change',
        arguments: { ...proposal(aLittleChange(target)) },
      })
      const { draft } = answer.structuredContent as { draft: { draft_id: string } }
      const stored = (await app.window('get_draft', { draft_id: draft.draft_id })).draft
      expect(stored).toMatchObject({
        state: 'pending',
        operations: [{ field, before: target.current }],
        untrusted: { origin_name: 'Door tester' },
      })
      expect(stored.operations[0]?.notes.length).toBeGreaterThan(0)
      expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(0)
      await app.window('reject_draft', { draft_id: draft.draft_id, reason: '' })
      await client.close()
    },
  )

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
    for (const names of [NOT_TOOLS, GUESSES]) {
      const client = await connect(door)
      for (const name of names) {
        const outcome = await client.callTool({ name, arguments: stolen }).then(
          (result) => (result.isError === true ? JSON.stringify(result.content) : 'answered'),
          () => 'refused',
        )
        expect([name, outcome]).not.toEqual([name, 'answered'])
        expect([name, outcome]).not.toEqual([name, expect.stringContaining('within a minute')])
      }
      await client.close()
    }
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
