import { InMemoryTransport } from '@modelcontextprotocol/client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CALLS_AT_ONCE, CALLS_PER_MINUTE, DRAFTS_PER_HOUR } from '../../main/mcp/call-limits.ts'
import { INSTRUCTIONS } from '../../main/mcp/catalogue.ts'
import { callerOf } from '../../main/mcp/clients.ts'
import { buildServer } from '../../main/mcp/server.ts'
import { MAX_RESULT_CHARS } from '../../main/mcp/tool-result.ts'
import {
  ACCOUNT,
  addClient,
  call,
  CAMPAIGN,
  connectOverHttp,
  type Era,
  listOfAccounts,
  makeRig,
  newClient,
  PROPOSAL,
  type Rig,
  sampleDraft,
  AGENT_TOOLS,
} from '../support/mcp-rig.ts'
import { waitFor } from '../support/wait-for.ts'

let rig: Rig
beforeEach(async () => {
  rig = makeRig()
  await rig.mcp.start()
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})

describe.each<Era>(['legacy', 'modern'])('an AI client of the %s protocol era', (era) => {
  test('sees exactly the twelve tools, each with all four hints', async () => {
    const { token } = addClient(rig)
    const client = await connectOverHttp(rig, token, era)
    const { tools } = await client.listTools()

    const read = { readOnlyHint: true, destructiveHint: false, idempotentHint: true }
    const draft = { readOnlyHint: false, destructiveHint: false, idempotentHint: true }
    expect(tools.map((tool) => [tool.name, tool.annotations])).toEqual([
      ['get_status', { ...read, openWorldHint: false }],
      ['list_accounts', { ...read, openWorldHint: true }],
      ['list_entities', { ...read, openWorldHint: true }],
      ['get_entity', { ...read, openWorldHint: true }],
      ['query_metrics', { ...read, openWorldHint: true }],
      ['get_cross_platform_report', { ...read, openWorldHint: true }],
      ['get_account_readiness', { ...read, openWorldHint: true }],
      ['check_change', { ...read, openWorldHint: true }],
      ['propose_change', { ...draft, openWorldHint: false }],
      ['list_drafts', { ...read, openWorldHint: true }],
      ['get_draft', { ...read, openWorldHint: true }],
      ['withdraw_draft', { ...draft, openWorldHint: false }],
    ])
    for (const tool of tools) {
      expect(tool.name).not.toMatch(/approve|apply|execute|confirm|arm|reject|publish/)
      expect(tool.inputSchema['additionalProperties']).toBe(false)
      expect(tool.outputSchema?.['type']).toBe('object')
      expect(tool.description).not.toBe('')
    }
    // The list is paid for at the start of every conversation.
    expect(JSON.stringify(tools).length).toBeLessThan(49_500)
    await client.close()
  })

  test('gets an answer as structured content and as the same JSON in text', async () => {
    const { token, client: added } = addClient(rig)
    const client = await connectOverHttp(rig, token, era)
    const outcome = await call(client, 'list_accounts', { platform: 'tiktok' })
    expect(outcome.isError).toBe(false)
    expect(outcome.structured).toEqual(listOfAccounts(['Shop']))
    expect(JSON.parse(outcome.text)).toEqual(outcome.structured)
    expect(rig.core.calls).toEqual([
      {
        name: 'list_accounts',
        input: { platform: 'tiktok' },
        caller: {
          kind: 'agent',
          clientId: added.clientId,
          clientName: 'Test client',
          scopes: ['mcp.read', 'mcp.draft'],
          expiresAtMs: added.expiresAtMs,
        },
      },
    ])
    await client.close()
  })

  test('is told the rules of the house in few words, and who it is talking to', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, era)
    expect(client.getInstructions()).toBe(INSTRUCTIONS)
    expect(INSTRUCTIONS.length).toBeLessThanOrEqual(1500)
    expect(client.getServerVersion()).toMatchObject({ name: 'spendsignoff', version: '0.1.0' })
    expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: true } })
    await client.close()
  })

  test('that guesses an approving tool gets "not found", and the guess is noted', async () => {
    const { token, client: added } = addClient(rig)
    const client = await connectOverHttp(rig, token, era)
    for (const name of ['approve_draft', 'apply_change', 'confirm_draft', 'arm_draft', 'reject_draft', 'add_client']) {
      await expect(client.callTool({ name, arguments: {} })).rejects.toMatchObject({
        code: -32602,
        message: expect.stringContaining(`Tool ${name} not found`) as string,
      })
      expect(rig.core.refusals.at(-1)).toEqual({ clientId: added.clientId, tool: name, code: 'unknown_operation' })
    }
    expect(rig.core.calls).toEqual([])
    await client.close()
  })

  test('with the read permission only may read, and hears what is missing when it drafts', async () => {
    const { token, client: added } = addClient(rig, ['mcp.read'])
    const client = await connectOverHttp(rig, token, era)
    expect((await call(client, 'list_accounts')).isError).toBe(false)
    for (const [name, args] of [
      ['propose_change', PROPOSAL],
      ['withdraw_draft', { draft_id: 'd_abcdefghijklmnop' }],
    ] as const) {
      const { error } = await call(client, name, { ...args })
      expect(error).toMatchObject({
        code: 'insufficient_scope',
        required_scope: 'mcp.draft',
        granted_scopes: 'mcp.read',
        retryable: false,
      })
      expect(rig.core.refusals.at(-1)).toEqual({ clientId: added.clientId, tool: name, code: 'insufficient_scope' })
    }
    expect(rig.core.calls.map((made) => made.name)).toEqual(['list_accounts'])
    await client.close()
  })

  test('with the draft permission only may not read', async () => {
    const client = await connectOverHttp(rig, addClient(rig, ['mcp.draft']).token, era)
    const { error } = await call(client, 'list_accounts')
    expect(error).toMatchObject({ code: 'insufficient_scope', required_scope: 'mcp.read' })
    await client.close()
  })

  test('introduces itself, and the person sees by which name', async () => {
    const { token, client: added } = addClient(rig)
    const client = await connectOverHttp(rig, token, era)
    const listed = rig.registry.list().find((one) => one.clientId === added.clientId)
    expect(listed).toMatchObject({ lastClientInfo: 'story-client 1.2.3', lastUsedAtMs: rig.clock.nowMs() })
    await client.close()
  })
})

describe('what an AI client sends', () => {
  test.each([
    ['an actor', { ...PROPOSAL, caller: 'window' }, 'caller'],
    ['an approval', { ...PROPOSAL, approved: true }, 'approved'],
    ['a scope', { ...PROPOSAL, scopes: ['mcp.approve'] }, 'scopes'],
    ['a state', { ...PROPOSAL, operations: [{ ...PROPOSAL.operations[0], state: 'approved' }] }, 'state'],
    ['another field', { ...PROPOSAL, operations: [{ ...PROPOSAL.operations[0], budget: 'lifetime' }] }, 'budget'],
  ])('cannot smuggle in %s', async (_what, args, field) => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    const { error } = await call(client, 'propose_change', args)
    expect(error).toMatchObject({ code: 'invalid_input', retryable: false })
    expect(error['message']).toContain(field)
    expect(rig.core.calls).toEqual([])
    await client.close()
  })

  test('is not repeated in errors, neither values nor secrets used as names', async () => {
    const { token } = addClient(rig)
    const client = await connectOverHttp(rig, token, 'legacy')
    const canary = token
    const texts: string[] = []
    for (const args of [
      { account_id: canary, type: 'campaign' },
      { [canary]: canary },
      { account_id: ACCOUNT, type: canary },
    ]) {
      texts.push((await call(client, 'list_entities', args)).text)
    }
    texts.push(String(await client.callTool({ name: canary, arguments: {} }).catch((error: unknown) => error)))
    rig.core.answers.set('get_entity', () => {
      throw new Error(`a bug that mentions ${canary}`)
    })
    texts.push((await call(client, 'get_entity', { entity_id: CAMPAIGN })).text)
    for (const text of texts) expect(text).not.toContain(canary)
    expect(JSON.stringify(rig.core.refusals)).not.toContain(canary)
    await client.close()
  })

  test('may be no longer than the table allows', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    const { error } = await call(client, 'propose_change', { ...PROPOSAL, rationale: 'x'.repeat(70_000) })
    expect(error).toMatchObject({ code: 'invalid_input', message: 'The arguments are larger than 65536 bytes.' })
    await client.close()
  })
})

describe('what the core answers', () => {
  test('comes through with its code, its hint and its facts', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    rig.core.answers.set('propose_change', () => ({
      ok: false,
      error: {
        code: 'stale_value',
        message: 'The current daily budget is 51.00, not 50.00.',
        hint: 'Call get_entity, then propose again.',
        retryable: true,
        // A detail must not be able to pose as the code.
        details: { current: '51.00', code: 'fine' },
      },
    }))
    expect(await call(client, 'propose_change', PROPOSAL)).toMatchObject({
      isError: true,
      error: {
        code: 'stale_value',
        message: 'The current daily budget is 51.00, not 50.00.',
        retryable: true,
        next_step: 'Call get_entity, then propose again.',
        current: '51.00',
      },
    })
    await client.close()
  })

  test('is held back when it would flood the client, with words on how to narrow the question', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    rig.core.answers.set('list_accounts', () => listOfAccounts(Array.from({ length: 200 }, () => 'n'.repeat(200))))
    const { error, text } = await call(client, 'list_accounts')
    expect(error).toMatchObject({ code: 'result_too_large', max_chars: MAX_RESULT_CHARS })
    expect(error['next_step']).toContain('one platform at a time')
    expect(text.length).toBeLessThan(2000)

    rig.core.answers.set('list_accounts', () => listOfAccounts(Array.from({ length: 90 }, () => 'Shop')))
    const fits = await call(client, 'list_accounts')
    expect(fits.isError).toBe(false)
    expect(fits.text.length).toBeLessThanOrEqual(MAX_RESULT_CHARS)
    await client.close()
  })

  test.each([
    ['a crash', () => Promise.reject(new Error('SELECT secret FROM vault'))],
    ['a field too many', () => ({ ...listOfAccounts(['Shop']), token: 'SELECT secret FROM vault' })],
  ])('is an internal error with an id when it is %s, and the details stay in the local log', async (_what, answer) => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'legacy')
    rig.core.answers.set('list_accounts', answer)
    const { error, text } = await call(client, 'list_accounts')
    expect(error).toMatchObject({ code: 'internal', retryable: false })
    expect(text).not.toContain('SELECT')
    expect(error['error_id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(rig.logged()).toContain(String(error['error_id']))
    await client.close()
  })

  test('is given up at the deadline of its row, and the core is told', async () => {
    const { client: added } = addClient(rig)
    const signals: AbortSignal[] = []
    rig.core.answers.set('list_accounts', (_input, _caller, signal) => {
      signals.push(signal)
      return new Promise(() => undefined)
    })
    const server = buildServer({
      port: rig.core,
      caller: callerOf(added),
      appVersion: '0.1.0',
      admission: rig.registry,
      log: { info: () => undefined, error: () => undefined },
    })
    const [ours, theirs] = InMemoryTransport.createLinkedPair()
    await server.connect(ours)
    const client = newClient('legacy')
    await client.connect(theirs)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcome = call(client, 'list_accounts')
    await vi.advanceTimersByTimeAsync(9_999)
    expect(signals.map((signal) => signal.aborted)).toEqual([false])
    await vi.advanceTimersByTimeAsync(1)
    expect((await outcome).error).toMatchObject({ code: 'timeout', retryable: true })
    expect(signals.map((signal) => signal.aborted)).toEqual([true])
    await client.close()
  })
})

describe('how much an AI client may ask', () => {
  test('is 60 calls a minute, and it hears how long to wait', async () => {
    const { token, client: added } = addClient(rig)
    const client = await connectOverHttp(rig, token, 'modern')
    for (let count = 0; count < CALLS_PER_MINUTE; count += 1) await call(client, 'list_accounts')
    expect(rig.registry.callsLeft(added.clientId)).toBe(0)
    rig.clock.advance(20_000)
    const { error } = await call(client, 'list_accounts')
    expect(error).toMatchObject({ code: 'rate_limited', retryable: true, retry_after_seconds: 40 })
    expect(rig.core.calls).toHaveLength(CALLS_PER_MINUTE)

    const other = await connectOverHttp(rig, addClient(rig).token, 'modern')
    expect((await call(other, 'list_accounts')).isError).toBe(false)
    rig.clock.advance(40_000)
    expect((await call(client, 'list_accounts')).isError).toBe(false)
    await Promise.all([client.close(), other.close()])
  })

  test('counts wrong arguments too', async () => {
    const { token, client: added } = addClient(rig)
    const client = await connectOverHttp(rig, token, 'modern')
    await call(client, 'list_accounts', { nonsense: 1 })
    expect(rig.registry.callsLeft(added.clientId)).toBe(CALLS_PER_MINUTE - 1)
    await client.close()
  })

  test('is four calls at once', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    const gate = Promise.withResolvers<undefined>()
    rig.core.answers.set('list_accounts', async () => {
      await gate.promise
      return listOfAccounts(['Shop'])
    })
    const running = Array.from({ length: CALLS_AT_ONCE }, () => call(client, 'list_accounts'))
    await waitFor(() => rig.core.calls.length === CALLS_AT_ONCE)
    expect((await call(client, 'list_drafts')).error).toMatchObject({ code: 'rate_limited', retry_after_seconds: 1 })
    gate.resolve(undefined)
    for (const outcome of await Promise.all(running)) expect(outcome.isError).toBe(false)
    expect((await call(client, 'list_accounts')).isError).toBe(false)
    await client.close()
  })

  test('is ten new drafts an hour; repeats, failures and withdrawals are not counted', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    const makesDrafts = rig.core.answers.get('propose_change')
    if (makesDrafts === undefined) throw new Error('the small core makes drafts')
    rig.core.answers.set('propose_change', (_input, caller) => ({
      draft: sampleDraft(caller.clientId),
      created: false,
      envelope: [],
      notice: 'Already there.',
      warnings: [],
    }))
    for (let count = 0; count < 12; count += 1) await call(client, 'propose_change', PROPOSAL)
    rig.core.answers.set('propose_change', makesDrafts)
    for (let count = 0; count < DRAFTS_PER_HOUR; count += 1) {
      expect((await call(client, 'propose_change', PROPOSAL)).isError).toBe(false)
    }
    rig.clock.advance(60_000)
    const { error } = await call(client, 'propose_change', PROPOSAL)
    expect(error).toMatchObject({ code: 'rate_limited', retry_after_seconds: 59 * 60 })
    expect((await call(client, 'withdraw_draft', { draft_id: 'd_abcdefghijklmnop' })).isError).toBe(false)
    rig.clock.advance(59 * 60_000)
    expect((await call(client, 'propose_change', PROPOSAL)).isError).toBe(false)
    await client.close()
  })

  test('bounds the notes about its guesses, so that it cannot fill the log', async () => {
    const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
    for (let count = 0; count < 25; count += 1) {
      await client.callTool({ name: `approve_${count}`, arguments: {} }).catch(() => undefined)
    }
    expect(rig.core.refusals).toHaveLength(20)
    await client.close()
  })
})

test('a refusal stands even when it cannot be written down', async () => {
  const client = await connectOverHttp(rig, addClient(rig).token, 'legacy')
  rig.core.noteRefusal = () => {
    throw new Error('the ledger is full of secrets')
  }
  await expect(client.callTool({ name: 'approve_draft', arguments: {} })).rejects.toMatchObject({ code: -32602 })
  expect(rig.logged()).toContain('mcp.refusal_not_noted')
  await client.close()
})

test('the tools are the ones agents may call in the table, in its order', async () => {
  const client = await connectOverHttp(rig, addClient(rig).token, 'modern')
  expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(AGENT_TOOLS)
  await client.close()
})
