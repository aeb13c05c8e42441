/** A person sets their limits, and they hold: for agents, at every step, over a restart; and the breaker stops everything. The whole app. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EntityId } from '../../shared/domain/ids.ts'
import type { PolicyDocument } from '../../shared/schemas/policy.ts'
import {
  AGENT,
  aLittleLess,
  type App,
  externalId,
  proposal,
  proposeBudget,
  settled,
  someAdGroup,
  startApp,
} from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const DAY_MS = 86_400_000

describe('limits', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp(makeTempFolder('guardrails'))
  }, 120_000)
  afterAll(() => app.close())

  const current = async (): Promise<{ version: number; document: PolicyDocument }> => app.window('get_policy', {})
  /** Changes some limits and leaves the rest. */
  const set = async (limits: Partial<PolicyDocument['limits']>, rest: Partial<PolicyDocument> = {}) => {
    const { version, document } = await current()
    return app.window('set_policy', {
      expected_version: version,
      document: { ...document, ...rest, limits: { ...document.limits, ...limits } },
    })
  }
  const raise = (entityId: string, budget: string, by: number) =>
    proposal({
      kind: 'set_budget',
      entity_id: entityId,
      budget: 'daily',
      expected_current: budget,
      new_value: `${Math.round(Number(budget)) + by}.00`,
    })
  const arm = (draft: { draft_id: string; draft_hash: string }) =>
    app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  const push = async (draft: { draft_id: string; draft_hash: string }) => {
    const { challenge } = await arm(draft)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
    return settled(app, draft.draft_id)
  }

  test('are told in words, and changed, looked up or reset by nobody but the window', async () => {
    const { policy } = await app.window('get_status', {})
    expect(policy.rules.join(' ')).toContain('at most 500 per day, net')
    for (const name of ['get_policy', 'set_policy', 'replay_policy', 'reset_breaker'])
      for (const caller of [AGENT, { kind: 'cli' }, { kind: 'loop' }] as const)
        expect(await app.refusal(caller, name, {})).toMatchObject({ code: 'not_allowed' })
  })

  test('that a person lowers hold for the next proposal, and the record says what was changed', async () => {
    const target = await someAdGroup(app, 0)
    const { changes, version } = await set({ max_step_percent: '5' })
    expect(changes).toEqual([{ setting: 'limits.max_step_percent', before: '50', after: '5' }])
    const { draft } = await app.agent('propose_change', raise(target.entityId, target.budget, 10))
    expect(draft.policy).toMatchObject({ version, outcome: 'clamp', rules: [{ rule: 'max_step_percent', limit: '5' }] })
    const { records } = await app.window('list_audit', { limit: 5 })
    expect(records.map((each) => each.type)).toContain('policy.changed')
    await app.window('reject_draft', { draft_id: draft.draft_id, reason: 'Only a trial.' })
    await set({ max_step_percent: '50' })
  })

  test('are asked again at Confirm: a draft that was armed under older ones is not sent', async () => {
    const target = await someAdGroup(app, 1)
    const draft = await proposeBudget(app, target)
    const { challenge } = await arm(draft)
    await set({ max_items: 50 })
    const refused = await app.refusal({ kind: 'window' }, 'confirm_draft', {
      draft_id: draft.draft_id,
      confirm_token: challenge?.confirm_token,
    })
    expect(refused).toMatchObject({ code: 'guardrail' })
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(0)
    expect((await push(draft)).state).toBe('applied')
  })

  test('protect what they name, also in a draft that waits already', async () => {
    const target = await someAdGroup(app, 2)
    const draft = await proposeBudget(app, target)
    await set({}, { protected: [target.entityId as EntityId] })
    const refused = await app.refusal({ kind: 'window' }, 'arm_draft', {
      draft_id: draft.draft_id,
      draft_hash: draft.draft_hash,
    })
    expect(refused).toMatchObject({ code: 'guardrail', details: { rule: 'protected_entity' } })
    expect(await app.refusal(AGENT, 'propose_change', raise(target.entityId, target.budget, 3))).toMatchObject({
      details: { rule: 'protected_entity' },
    })
    await set({}, { protected: [] })
    expect((await arm(draft)).challenge).not.toBeNull()
    await app.window('disarm_draft', { draft_id: draft.draft_id })
  })

  test('keep on what converts: the look-back reads the last sync', async () => {
    await set({ pause_lookback_days: 5 })
    const { accounts } = await app.window('list_accounts', {})
    const eur = accounts.find((each) => each.currency === 'EUR')
    const { rows } = await app.window('query_metrics', {
      account_ids: eur === undefined ? [] : [eur.account_id],
      dimensions: ['ad_group'],
      metrics: ['conversions'],
      start_date: new Date(app.clock.nowMs() - 4 * DAY_MS).toISOString().slice(0, 10),
      end_date: new Date(app.clock.nowMs()).toISOString().slice(0, 10),
      limit: 50,
    })
    const best = rows.toSorted((a, b) => Number(b.metrics.conversions ?? 0) - Number(a.metrics.conversions ?? 0))[0]
    const entity = best?.entity_id
    if (entity === undefined) throw new Error('nothing converts in the sandbox')
    const pause = proposal({ kind: 'set_status', entity_id: entity, expected_current: 'enabled', new_status: 'paused' })
    expect(await app.refusal(AGENT, 'propose_change', pause)).toMatchObject({
      details: { rule: 'pause_lookback', limit: '5' },
    })
    await set({ pause_lookback_days: 0 })
  })

  test('cool an entity down after a change in steady time: a clock set forward ends nothing, time does', async () => {
    const target = await someAdGroup(app, 3)
    expect((await push(await proposeBudget(app, target))).state).toBe('applied')
    await set({ cool_down_minutes: 120 })
    const { draft } = await app.agent('propose_change', raise(target.entityId, aLittleLess(target.budget), 2))
    const refusal = () =>
      app.refusal({ kind: 'window' }, 'arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    expect(await refusal()).toMatchObject({ details: { rule: 'cool_down' } })
    app.clock.jumpWall(DAY_MS)
    expect(await refusal()).toMatchObject({ details: { rule: 'cool_down' } })
    app.clock.jumpWall(-DAY_MS)
    app.clock.advance(2 * 3_600_000)
    expect((await push(draft)).state).toBe('applied')
    await set({ cool_down_minutes: 0 })
  })

  test('are replayed on what was proposed before they are saved', async () => {
    const { document } = await current()
    const same = await app.window('replay_policy', { document, days: 30 })
    expect(same.drafts).toBeGreaterThan(4)
    const strict = { ...document, limits: { ...document.limits, max_step_percent: '0.50' } }
    const found = await app.window('replay_policy', { document: strict, days: 30 })
    expect(found.drafts).toBe(same.drafts)
    expect(found.stricter).toBeGreaterThan(2)
    expect(found.differing[0]).toMatchObject({ now: 'clamp', rule: 'max_step_percent' })
    expect(found.not_known.length).toBeGreaterThan(0)
    expect((await current()).document).toEqual(document)
  })

  test('outlive a restart, with their history', async () => {
    const { version } = await set({ total_net: '900' })
    app = await app.restart()
    const policy = await app.window('get_policy', {})
    expect(policy).toMatchObject({ version, document: { limits: { total_net: '900' } }, breaker: { is_open: false } })
    expect(policy.versions.length).toBe(version)
  })

  test('that somebody else has changed meanwhile are not overwritten', async () => {
    const { version, document } = await current()
    const stale = { expected_version: version - 1, document }
    expect(await app.refusal({ kind: 'window' }, 'set_policy', stale)).toMatchObject({ code: 'stale_value' })
    const nonsense = {
      expected_version: version,
      document: { ...document, limits: { ...document.limits, envelope_net: '5000' } },
    }
    expect(await app.refusal({ kind: 'window' }, 'set_policy', nonsense)).toMatchObject({
      code: 'invalid_value',
      details: { setting: 'envelope_net' },
    })
  })

  test('and three refusals in a row open the breaker, which the person alone closes', async () => {
    for (const nth of [4, 5, 6]) {
      const target = await someAdGroup(app, nth)
      const draft = await proposeBudget(app, target)
      app.sandbox.faults.add({ kind: 'code', path: '/adgroup/update/', code: 40002, message: 'Not accepted.' })
      expect((await push(draft)).state).toBe('apply_failed')
    }
    const target = await someAdGroup(app, 7)
    const draft = await proposeBudget(app, target)
    const refused = await app.refusal({ kind: 'window' }, 'arm_draft', {
      draft_id: draft.draft_id,
      draft_hash: draft.draft_hash,
    })
    expect(refused).toMatchObject({ code: 'breaker_open' })
    expect(await app.window('get_policy', {})).toMatchObject({
      breaker: { is_open: true, reason: 'platform_errors', failures: 3 },
    })
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(0)
    expect((await app.window('reset_breaker', { reason: 'The platform was down.' })).breaker.is_open).toBe(false)
    expect((await push(draft)).state).toBe('applied')
    expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: true })
  })
})
