/** The agent's door on a real ledger and real sockets, with a small core behind it that knows a few answers. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { AgentCaller, AgentPort } from '../../main/mcp/agent-port.ts'
import { type ClientRegistry, createClientRegistry } from '../../main/mcp/clients.ts'
import { createMcp, type Mcp } from '../../main/mcp/create-mcp.ts'
import { createClientTable } from '../../main/store/client-table.ts'
import { openLedger } from '../../main/store/open.ts'
import type { Reply } from '../../shared/api.ts'
import type { Clock } from '../../shared/clock.ts'
import { OPERATION_NAMES, type OperationName } from '../../shared/operation-names.ts'
import { type Operation, OPERATIONS } from '../../shared/operations.ts'
import { makeTempFolder } from './temp-folder.ts'

export const MODERN = '2026-07-28'
export const START_MS = Date.UTC(2026, 10, 23, 9)
export const AGENT_TOOLS = [
  'get_status',
  'list_accounts',
  'list_entities',
  'get_entity',
  'query_metrics',
  'get_cross_platform_report',
  'get_account_readiness',
  'check_change',
  'propose_change',
  'list_drafts',
  'get_draft',
  'withdraw_draft',
]

/** Time that moves only when a test says so. */
export class ManualClock implements Clock {
  #passedMs = 0
  nowMs(): number {
    return START_MS + this.#passedMs
  }
  monotonicMs(): number {
    return this.#passedMs
  }
  advance(byMs: number): void {
    this.#passedMs += byMs
  }
}

export const ACCOUNT = 'tiktok:7000000000000000001'
export const CAMPAIGN = `${ACCOUNT}/campaign/1733333333333333331`
const MONEY = { amount: '0.00', currency: 'EUR' }
const AT = new Date(START_MS).toISOString()

export const PROPOSAL = {
  idempotency_key: 'raise-budget-1',
  title: 'Raise the budget',
  rationale: 'Cost per order is low and the budget is used up by noon.',
  operations: [
    { kind: 'set_budget', entity_id: CAMPAIGN, budget: 'daily', expected_current: '50.00', new_value: '55.00' },
  ],
}

export function sampleDraft(clientId: string): Record<string, unknown> {
  return {
    draft_id: 'd_abcdefghijklmnop',
    state: 'pending',
    state_reason: null,
    state_message: null,
    origin: { kind: 'agent', id: clientId },
    operations: [
      {
        k: 0,
        kind: 'set_budget',
        platform: 'tiktok',
        account_id: ACCOUNT,
        entity_id: CAMPAIGN,
        entity_type: 'campaign',
        field: 'daily_budget',
        currency: 'EUR',
        before: '50.00',
        requested: '55.00',
        after: '55.00',
        daily_movement: { amount: '5.00', currency: 'EUR' },
        takes_effect: 'immediately',
        target: CAMPAIGN,
        affects: [],
        notes: [],
        untrusted: { path: ['Shop', 'Autumn sale'] },
      },
    ],
    operation_count: 1,
    policy: { version: 1, outcome: 'pass', rules: [] },
    net_daily_movement: [{ ...MONEY, amount: '5.00' }],
    draft_hash: 'ab'.repeat(32),
    undo_of: null,
    repair_of: null,
    revises: null,
    decision_note: null,
    created_at: AT,
    expires_at: AT,
    decided_at: null,
    review_uri: 'spendsignoff://drafts/d_abcdefghijklmnop',
    untrusted: { title: PROPOSAL.title, rationale: PROPOSAL.rationale, origin_name: 'Test' },
  }
}

export function listOfAccounts(names: readonly string[]): Record<string, unknown> {
  const accounts = names.map((name, index) => ({
    account_id: `tiktok:${7_000_000 + index}`,
    platform: 'tiktok',
    currency: 'EUR',
    time_zone: 'Europe/Berlin',
    status: 'active',
    last_sync_at: AT,
    complete_through: '2026-11-22',
    connection_state: 'ok',
    writes_allowed: true,
    campaigns: 3,
    ad_groups: 5,
    ads: 8,
    untrusted: { name, manager: null },
  }))
  return { accounts, as_of: AT, warnings: [] }
}

type Answer = (input: unknown, caller: AgentCaller, signal: AbortSignal) => unknown

/** Checks names and effects against the operation table as the core does, then gives the answer the test has set. */
export class SmallCore implements AgentPort {
  readonly calls: { readonly caller: AgentCaller; readonly name: string; readonly input: unknown }[] = []
  readonly refusals: { readonly clientId: string; readonly tool: string; readonly code: string }[] = []
  readonly answers = new Map<OperationName, Answer>()

  constructor() {
    this.answers.set('list_accounts', () => listOfAccounts(['Shop']))
    this.answers.set('propose_change', (_input, caller) => ({
      draft: sampleDraft(caller.clientId),
      created: true,
      envelope: [],
      notice: 'A person decides on this draft in the SpendSignoff window.',
      warnings: [],
    }))
    this.answers.set('withdraw_draft', (_input, caller) => ({
      draft: { ...sampleDraft(caller.clientId), state: 'withdrawn' },
      changed: true,
    }))
  }

  async run(caller: AgentCaller, name: string, input: unknown, signal: AbortSignal): Promise<Reply<unknown>> {
    const known = OPERATION_NAMES.find((candidate) => candidate === name)
    if (known === undefined) return this.#refuse('unknown_operation')
    const operation: Operation = OPERATIONS[known]
    if (!operation.callers.includes('agent') || (operation.effect !== 'read' && operation.effect !== 'draft')) {
      return this.#refuse('not_allowed')
    }
    const parsed = operation.input.safeParse(input)
    if (!parsed.success) return this.#refuse('invalid_input')
    this.calls.push({ caller, name, input: parsed.data })
    const answer = this.answers.get(known)
    if (answer === undefined) return this.#refuse('not_synced')
    const value = await answer(parsed.data, caller, signal)
    return isReply(value) ? value : { ok: true, value }
  }

  noteRefusal(what: { readonly clientId: string; readonly tool: string; readonly code: string }): void {
    this.refusals.push(what)
  }

  #refuse(code: 'unknown_operation' | 'not_allowed' | 'invalid_input' | 'not_synced'): Reply<unknown> {
    return { ok: false, error: { code, message: `The core says ${code}.`, hint: 'Nothing helps.', retryable: false } }
  }
}

function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && 'ok' in value
}

export interface Rig {
  readonly folder: string
  readonly socketPath: string
  readonly endpointFile: string
  readonly clock: ManualClock
  readonly core: SmallCore
  readonly registry: ClientRegistry
  readonly mcp: Mcp
  /** Everything the local log was told, as text. */
  readonly logged: () => string
  readonly close: () => Promise<void>
}

export interface RigOptions {
  readonly httpPort?: number
  readonly sweepEveryMs?: number
  readonly headersTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

/** A new ledger, no clients, doors not yet started. Call close() at the end. */
export function makeRig(options: RigOptions = {}): Rig {
  const folder = makeTempFolder('mcp')
  const db = openLedger(join(folder, 'ledger.db'), randomBytes(32))
  const clock = new ManualClock()
  const core = new SmallCore()
  const registry = createClientRegistry({ table: createClientTable(db), clock, randomBytes })
  const lines: string[] = []
  const note = (...parts: unknown[]): void => {
    lines.push(parts.map((part) => (part instanceof Error ? String(part.stack) : JSON.stringify(part))).join(' '))
  }
  const socketPath = join(folder, 'mcp.sock')
  const endpointFile = join(folder, 'mcp-endpoint.json')
  const mcp = createMcp({
    port: core,
    registry,
    httpPort: 0,
    socketPath,
    endpointFile,
    appVersion: '0.1.0',
    log: { info: note, error: note },
    clock,
    ...options,
  })
  const close = async (): Promise<void> => {
    await mcp.stop()
    db.close()
  }
  return { folder, socketPath, endpointFile, clock, core, registry, mcp, logged: () => lines.join('\n'), close }
}

export function addClient(rig: Rig, scopes: readonly ('mcp.read' | 'mcp.draft')[] = ['mcp.read', 'mcp.draft']) {
  return rig.registry.add({ name: 'Test client', scopes, expiresInDays: 30 })
}

export type Era = 'legacy' | 'modern'

export function newClient(era: Era): Client {
  const options = era === 'modern' ? { versionNegotiation: { mode: { pin: MODERN } } } : {}
  return new Client({ name: 'story-client', version: '1.2.3' }, options)
}

/** The official client over real HTTP. */
export async function connectOverHttp(rig: Rig, token: string, era: Era): Promise<Client> {
  await rig.mcp.settled()
  const url = rig.mcp.status().httpUrl
  if (url === null) throw new Error(`the HTTP door is shut: ${String(rig.mcp.status().httpProblem)}`)
  const client = newClient(era)
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  return client
}

interface Outcome {
  readonly isError: boolean
  readonly text: string
  readonly structured: unknown
  /** The error envelope's inside, when there is one. */
  readonly error: Record<string, unknown>
}

export async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<Outcome> {
  const result = await client.callTool({ name, arguments: args })
  const first = result.content[0]
  const text = first?.type === 'text' ? first.text : ''
  const isError = result.isError === true
  const error = isError ? ((JSON.parse(text) as { error: Record<string, unknown> }).error ?? {}) : {}
  return { isError, text, structured: result.structuredContent, error }
}
