/** The main job, told on the whole app without a window: proposed → armed → approved → written once → read back → on record. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  aLittleLess,
  AGENT,
  type App,
  externalId,
  liveBudget,
  proposeBudget,
  settled,
  someAdGroup,
  startApp,
} from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

describe('a budget change', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp(makeTempFolder('sign-off'))
  }, 120_000)
  afterAll(() => app.close())

  const writesTo = (entityId: string): number => app.sandbox.requests.writesTo(externalId(entityId))
  const arm = async (draft: { draft_id: string; draft_hash: string }) => {
    const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    if (challenge === null) throw new Error('not armed')
    return challenge
  }
  const historyOf = async (draftId: string): Promise<string[]> =>
    (await app.window('get_draft', { draft_id: draftId })).history.map((each) => each.type)

  test('goes from an AI client to the platform and into the log, with exactly one write', async () => {
    const target = await someAdGroup(app, 0)
    const newValue = aLittleLess(target.budget)
    const draft = await proposeBudget(app, target)
    expect(draft).toMatchObject({ state: 'pending', operations: [{ before: target.budget, after: newValue }] })
    expect(writesTo(target.entityId)).toBe(0)

    const challenge = await arm(draft)
    expect(challenge.live).toMatchObject([{ value: target.budget }])
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge.confirm_token })
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'applied' })

    expect(liveBudget(app, target.entityId)).toBe(newValue)
    expect(writesTo(target.entityId)).toBe(1)
    expect(await historyOf(draft.draft_id)).toEqual([
      'draft.proposed',
      'draft.armed',
      'draft.approved',
      'apply.intent',
      'apply.sent',
      'apply.outcome',
      'draft.applied',
    ])
    expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: true, fault: null })
    const { entity } = await app.agent('get_entity', { entity_id: target.entityId })
    expect(entity.daily_budget?.amount).toBe(newValue)
  })

  test('can be undone as a new draft through the same gate, and says so on the first one', async () => {
    const target = await someAdGroup(app, 1)
    const draft = await proposeBudget(app, target)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: (await arm(draft)).confirm_token })
    await settled(app, draft.draft_id)
    const { draft: undo, plan } = await app.window('propose_undo', { draft_id: draft.draft_id })
    expect(plan).toMatchObject([{ state: 'clean', before: target.budget }])
    if (undo === null) throw new Error('no undo was proposed')
    expect(undo).toMatchObject({ state: 'pending', undo_of: draft.draft_id, operations: [{ after: target.budget }] })
    await app.window('confirm_draft', { draft_id: undo.draft_id, confirm_token: (await arm(undo)).confirm_token })
    await settled(app, undo.draft_id)
    expect(liveBudget(app, target.entityId)).toBe(target.budget)
    expect((await app.window('get_draft', { draft_id: draft.draft_id })).draft.state).toBe('rolled_back')
  })

  test('of status pauses an ad group and counts as less spend', async () => {
    const target = await someAdGroup(app, 2)
    const { draft } = await app.agent('propose_change', {
      idempotency_key: 'pause-story-1',
      title: 'Pause it',
      rationale: 'No orders for three weeks.',
      operations: [
        { kind: 'set_status', entity_id: target.entityId, expected_current: 'enabled', new_status: 'paused' },
      ],
    })
    expect(draft.net_daily_movement[0]?.amount).toBe(`-${target.budget}`)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: (await arm(draft)).confirm_token })
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'applied' })
    expect(app.sandbox.world.adGroup(externalId(target.entityId))?.operationStatus).toBe('DISABLE')
  })

  test('that was overtaken on the platform turns stale when armed, and nothing is written', async () => {
    const target = await someAdGroup(app, 3)
    const draft = await proposeBudget(app, target)
    app.sandbox.world.setBudgetOutside(externalId(target.entityId), 7_700)
    const answer = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    expect(answer).toMatchObject({ challenge: null, draft: { state: 'stale', state_reason: 'drift' } })
    expect(writesTo(target.entityId)).toBe(0)
  })

  test('that is overtaken between arm and confirm turns stale too, and nothing is written', async () => {
    const target = await someAdGroup(app, 4)
    const draft = await proposeBudget(app, target)
    const challenge = await arm(draft)
    app.sandbox.world.setBudgetOutside(externalId(target.entityId), 7_700)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge.confirm_token })
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'stale', state_reason: 'drift' })
    expect(writesTo(target.entityId)).toBe(0)
    expect(liveBudget(app, target.entityId)).toBe('77.00')
  })

  test('whose answer is lost after it took effect is found by reading, never sent again', async () => {
    const target = await someAdGroup(app, 5)
    const draft = await proposeBudget(app, target)
    const challenge = await arm(draft)
    app.sandbox.faults.add({ kind: 'reset_after_effect', path: '/adgroup/update/' })
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge.confirm_token })
    await waitFor(async () => (await app.window('get_draft', { draft_id: draft.draft_id })).draft.state === 'applied', {
      what: 'reading to find it',
      withinMs: 20_000,
    })
    expect(writesTo(target.entityId)).toBe(1)
    expect(await historyOf(draft.draft_id)).toEqual([
      'draft.proposed',
      'draft.armed',
      'draft.approved',
      'apply.intent',
      'apply.sent',
      'apply.outcome',
      'draft.unknown',
      'apply.reconciled',
      'draft.applied',
    ])
  })

  test('that the platform refuses is reported as refused, with its code', async () => {
    const target = await someAdGroup(app, 6)
    const draft = await proposeBudget(app, target)
    const challenge = await arm(draft)
    app.sandbox.faults.add({ kind: 'code', path: '/adgroup/update/', code: 40002, message: 'Budget is not accepted.' })
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge.confirm_token })
    expect(await settled(app, draft.draft_id)).toMatchObject({
      state: 'apply_failed',
      state_reason: 'refused_by_platform',
    })
    const { results } = await app.window('get_draft', { draft_id: draft.draft_id })
    expect(results).toMatchObject([{ outcome: 'refused', untrusted: { platform_message: 'Budget is not accepted.' } }])
    expect(liveBudget(app, target.entityId)).toBe(target.budget)
  })

  test('that the platform accepts without doing it is openly unknown, and failed once it cannot arrive any more', async () => {
    const target = await someAdGroup(app, 6)
    const draft = await proposeBudget(app, target)
    const challenge = await arm(draft)
    app.sandbox.faults.add({ kind: 'success_without_effect', path: '/adgroup/update/' })
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge.confirm_token })
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'unknown', state_reason: 'no_effect_yet' })
    app.clock.advance(6 * 60_000)
    await waitFor(
      async () => {
        await app.core.run({ kind: 'window' }, 'reconcile_draft', { draft_id: draft.draft_id })
        return (await app.window('get_draft', { draft_id: draft.draft_id })).draft.state === 'apply_failed'
      },
      { what: 'reading to find that nothing happened', withinMs: 20_000 },
    )
    const { draft: failed, results } = await app.window('get_draft', { draft_id: draft.draft_id })
    expect(failed.state_reason).toBe('no_effect')
    expect(failed.state_message).toContain(`(its request id is ${results[0]?.platform_request_id}), but it still says`)
    expect(writesTo(target.entityId)).toBe(2) // the refused one of the story before, and this one
  }, 60_000)

  test('beyond the limits is clamped or blocked, with the rule named, and a blocked one stays visible', async () => {
    const target = await someAdGroup(app, 7)
    const clamped = await proposeBudget(app, target, `${Number(target.budget) * 2}.00`)
    expect(clamped.policy).toMatchObject({ outcome: 'clamp', rules: [{ rule: 'max_step_percent' }] })
    await app.agent('withdraw_draft', { draft_id: clamped.draft_id })
    const error = await app.refusal(AGENT, 'propose_change', {
      idempotency_key: 'slip-story-1',
      title: 'Too much',
      rationale: 'A digit too many in this one.',
      operations: [
        {
          kind: 'set_budget',
          entity_id: target.entityId,
          budget: 'daily',
          expected_current: target.budget,
          new_value: `${Number(target.budget) * 10}.00`,
        },
      ],
    })
    expect(error).toMatchObject({ code: 'guardrail', details: { rule: 'digit_slip' } })
    const decided = await app.window('list_drafts', { group: 'decided', state: 'rejected' })
    expect(decided.drafts[0]).toMatchObject({ state: 'rejected', state_reason: 'policy', policy: { outcome: 'block' } })
  })

  test('is refused at once where it cannot be made: under a campaign budget, on Smart+, or on a lifetime budget', async () => {
    const { accounts } = await app.window('list_accounts', {})
    const all = await Promise.all(
      accounts.flatMap(({ account_id }) =>
        (['campaign', 'ad_group'] as const).map((type) =>
          app.window('list_entities', { account_id, type, limit: 100 }),
        ),
      ),
    )
    const entities = all.flatMap((each) => each.entities)
    const inherited = entities.find((entity) => entity.type === 'ad_group' && entity.budget_kind === 'inherited')
    const lifetime = entities.find((entity) => entity.budget_kind === 'lifetime')
    const refused: string[] = []
    for (const entity of [inherited, lifetime]) {
      if (entity === undefined) throw new Error('the sandbox lacks a case')
      const error = await app.refusal(AGENT, 'check_change', {
        operations: [
          {
            kind: 'set_budget',
            entity_id: entity.entity_id,
            budget: 'daily',
            expected_current: '50.00',
            new_value: '60.00',
          },
        ],
      })
      refused.push(error.code)
    }
    expect(refused).toEqual(['field_not_editable', 'field_not_editable'])
  })
})
