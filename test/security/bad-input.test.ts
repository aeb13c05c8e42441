/** Two hundred malformed calls of every operation: each a typed error, no crash, and not a row more than before. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../../main/ports.ts'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { MAX_INPUT_BYTES, OPERATIONS, type Operation } from '../../shared/operations.ts'
import { aLittleChange, AGENT, type App, type Change, proposal, someEditable, startApp } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const RUNS = 200
const entity = 'tiktok:7000000000000000001/ad_group/1744444444444444441'

/** One change of each kind; mutations of it come close to what a handler would accept. */
const CHANGES: readonly Record<string, unknown>[] = [
  { kind: 'set_budget', entity_id: entity, budget: 'daily', expected_current: '50.00', new_value: '60.00' },
  {
    kind: 'set_budget',
    entity_id: entity,
    budget: 'daily',
    takes_effect: 'next_midnight',
    expected_current: '50.00',
    new_value: '60.00',
  },
  { kind: 'set_status', entity_id: entity, expected_current: 'enabled', new_status: 'paused' },
  { kind: 'set_bid', entity_id: entity, field: 'cost_cap', expected_current: '9.00', new_value: '10.00' },
  { kind: 'set_bid', entity_id: entity, field: 'target_roas', expected_current: '3.50', new_value: '4.00' },
  {
    kind: 'set_bid_strategy',
    entity_id: entity,
    expected_current: 'cost_cap:9.00',
    new_strategy: 'cost_cap',
    target: '10.00',
  },
]

/** One well-formed input each where a field is needed. */
const WELL_FORMED: Readonly<Record<string, Record<string, unknown>>> = {
  list_entities: { account_id: 'tiktok:7000000000000000001', type: 'campaign' },
  get_entity: { entity_id: entity },
  query_metrics: { metrics: ['spend'], start_date: '2026-01-01', end_date: '2026-01-31', dimensions: ['date'] },
  get_cross_platform_report: {
    start_date: '2026-01-01',
    end_date: '2026-01-31',
    group_by: 'campaign',
    currency: 'EUR',
  },
  get_report_method: { start_date: '2026-01-01', end_date: '2026-01-31' },
  get_order_credit: { start_date: '2026-01-01', end_date: '2026-01-31' },
  export_report_data: { start_date: '2026-01-01', end_date: '2026-01-31' },
  begin_import: { file_name: 'report.csv', size_bytes: 12 },
  append_import: { import_id: `i_${'a'.repeat(16)}`, offset: 0, base64: 'YQ==' },
  preview_import: { import_id: `i_${'a'.repeat(16)}`, choices: { currency: 'EUR' } },
  commit_import: { import_id: `i_${'a'.repeat(16)}`, keeps_good_rows: true },
  cancel_import: { import_id: `i_${'a'.repeat(16)}` },
  remove_imported: { what: 'orders' },
  get_account_readiness: { account_id: 'tiktok:7000000000000000001', severity_min: 'warning' },
  check_change: { operations: CHANGES.slice(0, 1) },
  propose_change: {
    idempotency_key: 'abcdefgh',
    title: 'A title',
    rationale: 'A rationale of some length',
    operations: CHANGES.slice(2, 3),
  },
  get_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  withdraw_draft: { draft_id: 'd_aaaaaaaaaaaaaaaa' },
  wait_for_change: { since: 0 },
  create_workspace: { vault: 'passphrase', passphrase: 'long enough' },
  connect_tiktok: { app_id: '7012345678901234561', app_secret: 'abcdefgh', auth_code: 'abcdefgh' },
  connect_google_service_account: { key_json: `{"type":"service_account","padding":"${'x'.repeat(40)}"}` },
  connect_meta_token: { access_token: 'a'.repeat(40), app_secret: 'abcdefgh' },
  begin_oauth: { platform: 'meta', client_id: '12345', client_secret: 'abcdefgh' },
  get_oauth: { flow_id: 'f_1' },
  cancel_oauth: { flow_id: 'f_1' },
  check_connection: { connection_id: 'c_1' },
  set_account_writes: { account_id: 'tiktok:7000000000000000001', is_allowed: true },
  browse_entities: { account_id: 'tiktok:7000000000000000001', type: 'ad', order_by: 'name', offset: 0, limit: 50 },
  get_thumbnail: { entity_id: entity },
  remove_connection: { connection_id: 'c_1' },
  start_sync: { days: 30, platforms: ['tiktok'] },
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

/** One change with a member missing, odd, extra, or of another kind. */
const malformedChange: fc.Arbitrary<unknown> = fc.constantFrom(...CHANGES).chain((good) => {
  const keys = fc.constantFrom(...Object.keys(good))
  return fc.oneof(
    keys.map((key) => Object.fromEntries(Object.entries(good).filter(([each]) => each !== key))),
    fc.tuple(keys, odd).map(([key, value]) => ({ ...good, [key]: value })),
    fc.tuple(keys, fc.constantFrom(...CHANGES)).map(([key, other]) => ({ ...other, [key]: good[key] })),
    fc.constantFrom('caller', 'after', 'platform', 'validate_only').map((key) => ({ ...good, [key]: 'x' })),
  )
})

describe('malformed calls', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp(makeTempFolder('bad-input'), { syncDays: 2 })
  }, 120_000)
  afterAll(() => app.close())

  test.each(['check_change', 'propose_change'] as const)('of %s with a change of every kind', async (name) => {
    const operation: Operation = OPERATIONS[name]
    const drafts = (await app.window('list_drafts', { group: 'any' })).total
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        malformedChange
          .map((change) => ({ ...WELL_FORMED[name], operations: [change] }))
          .filter((input) => !operation.input.safeParse(input).success),
        async (input) => {
          const reply = await app.core.run(AGENT, name, input)
          expect(reply.ok).toBe(false)
          if (reply.ok) return
          expect(reply.error.code).toBe('invalid_input')
          expect(reply.error.message.length).toBeLessThan(1_000)
          const [change] = input.operations
          if (typeof change === 'object' && change !== null && 'kind' in change) seen.add(String(change.kind))
        },
      ),
      { numRuns: RUNS * 2 },
    )
    for (const kind of ['set_budget', 'set_status', 'set_bid', 'set_bid_strategy']) expect([...seen]).toContain(kind)
    expect((await app.window('list_drafts', { group: 'any' })).total).toBe(drafts)
  })

  test('well-formed values that no platform could take are refused by their own rules, and nothing is stored', async () => {
    const drafts = (await app.window('list_drafts', { group: 'any' })).total
    const bad: [Change, string][] = []
    for (const field of ['daily_budget', 'scheduled_budget', 'bid_cap', 'cost_cap', 'target_roas'] as const) {
      const target = await someEditable(app, field)
      const { entityId, current } = target
      const changed = (rest: object): Change => ({ ...aLittleChange(target), ...rest })
      bad.push(
        [changed({ new_value: '10.123456' }), 'invalid_value'],
        [changed({ expected_current: '12345' }), 'stale_value'],
        [changed({ new_value: '999999999999' }), 'invalid_value'],
        [changed({ new_value: current }), 'invalid_value'],
        [changed({ entity_id: `${entityId.slice(0, -1)}x` }), 'unknown_entity'],
      )
    }
    const strategy = await someEditable(app, 'bid_strategy')
    const switched = (rest: object): Change => ({ ...aLittleChange(strategy), ...rest })
    bad.push(
      [switched({ expected_current: 'cost_cap:9.00:9.00' }), 'invalid_value'],
      [switched({ expected_current: '__proto__' }), 'invalid_value'],
      [switched({ target: '-3' }), 'invalid_value'],
      [switched({ new_strategy: 'target_cpa' }), 'unsupported_on_platform'],
      [switched({ new_strategy: 'other', target: undefined }), 'unsupported_on_platform'],
    )
    for (const [change, code] of bad) {
      const error = await app.refusal(AGENT, 'propose_change', proposal(change))
      expect([change, error.code]).toEqual([change, code])
    }
    expect((await app.window('list_drafts', { group: 'any' })).total).toBe(drafts)
  })

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
