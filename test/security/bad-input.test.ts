/** Two hundred malformed calls of every operation: each a typed error, no crash, and not a row more than before. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../../main/ports.ts'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { MAX_INPUT_BYTES, OPERATIONS, type Operation } from '../../shared/operations.ts'
import { AGENT, type App, startApp } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const RUNS = 200
const entity = 'tiktok:7000000000000000001/ad_group/1744444444444444441'

/** One well-formed input each where a field is needed; mutations of it come close to what a handler would accept. */
const WELL_FORMED: Readonly<Record<string, Record<string, unknown>>> = {
  list_entities: { account_id: 'tiktok:7000000000000000001', type: 'campaign' },
  get_entity: { entity_id: entity },
  query_metrics: { metrics: ['spend'], start_date: '2026-01-01', end_date: '2026-01-31', dimensions: ['date'] },
  check_change: {
    operations: [
      { kind: 'set_budget', entity_id: entity, budget: 'daily', expected_current: '50.00', new_value: '60.00' },
    ],
  },
  propose_change: {
    idempotency_key: 'abcdefgh',
    title: 'A title',
    rationale: 'A rationale of some length',
    operations: [{ kind: 'set_status', entity_id: entity, expected_current: 'enabled', new_status: 'paused' }],
  },
  get_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  withdraw_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  wait_for_change: { since: 0 },
  create_workspace: { vault: 'passphrase', passphrase: 'long enough' },
  connect_tiktok: { app_id: '7012345678901234561', app_secret: 'abcdefgh', auth_code: 'abcdefgh' },
  remove_connection: { connection_id: 'c_1' },
  arm_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa', draft_hash: 'a'.repeat(64) },
  disarm_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  confirm_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa', confirm_token: 'a'.repeat(43) },
  reject_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa', reason: 'no' },
  reconcile_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  propose_undo: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  add_client: { name: 'x', scopes: ['mcp.read'], expires_in_days: 30 },
  revoke_client: { client_id: 'mc_1' },
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    -1,
    0.5,
    Number.NaN,
    1e308,
    true,
    [],
    {},
    '__proto__',
    '\u0000',
    '\u202e',
    'x'.repeat(5_000),
    ['a', ['b']],
    '1e3',
    '١٢٠',
    '-0',
    '120,00',
  ),
  fc.jsonValue(),
)

/** Something broken: not an object, a missing, odd, or extra member, or far too much. */
function malformed(name: string): fc.Arbitrary<unknown> {
  const good = WELL_FORMED[name] ?? {}
  const keys = Object.keys(good)
  const extra = fc
    .tuple(fc.constantFrom('caller', 'approved', 'constructor', 'limit_', 'x'), odd)
    .map(([key, value]) => ({ ...good, [key]: value }))
  const notAnObject = fc.oneof(odd, fc.constant('x'.repeat(MAX_INPUT_BYTES + 1)))
  if (keys.length === 0) return fc.oneof(extra, notAnObject)
  const missing = fc
    .constantFrom(...keys)
    .map((key) => Object.fromEntries(Object.entries(good).filter(([each]) => each !== key)))
  const changed = fc.tuple(fc.constantFrom(...keys), odd).map(([key, value]) => ({ ...good, [key]: value }))
  const deeper = fc.tuple(fc.constantFrom(...keys), odd).map(([key, value]) => {
    const inner = good[key]
    return {
      ...good,
      [key]: Array.isArray(inner) && typeof inner[0] === 'object' ? [{ ...inner[0], amount: value }] : [inner, value],
    }
  })
  return fc.oneof(missing, changed, deeper, extra, notAnObject)
}

describe('malformed calls', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp(makeTempFolder('bad-input'), { syncDays: 2 })
  }, 120_000)
  afterAll(() => app.close())

  test.each(OPERATION_NAMES)('of %s', async (name) => {
    const operation: Operation = OPERATIONS[name]
    const caller: Caller = operation.callers.includes('agent')
      ? AGENT
      : operation.callers.includes('window')
        ? { kind: 'window' }
        : { kind: 'cli' }
    const counts = async () => ({
      records: (await app.window('list_audit', { limit: 1 })).size,
      drafts: (await app.window('list_drafts', { group: 'any' })).total,
      connections: (await app.window('list_connections', {})).connections.length,
      clients: (await app.window('list_clients', {})).clients.length,
    })
    const before = await counts()
    let tried = 0
    await fc.assert(
      fc.asyncProperty(
        malformed(name).filter((input) => !operation.input.safeParse(input).success),
        async (input) => {
          tried += 1
          const reply = await app.core.run(caller, name, input)
          expect(reply.ok).toBe(false)
          if (reply.ok) return
          expect(reply.error.code).toBe('invalid_input')
          expect(reply.error.message.length).toBeLessThan(1_000)
          expect(reply.error.hint).not.toBe('')
        },
      ),
      { numRuns: RUNS },
    )
    expect(tried).toBeGreaterThanOrEqual(RUNS)
    expect(await counts()).toEqual(before)
  })
})
