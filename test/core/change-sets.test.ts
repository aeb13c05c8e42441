/** Drafts of several changes: shown, approved, applied and undone as a unit, and what is true when only some of them go through. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DraftItem } from '../../shared/domain/draft.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import type { EntityId } from '../../shared/domain/ids.ts'
import { reviseDraft } from '../../main/drafts/revise.ts'
import { type Behaviour, refusalOf, type Rig, SETTLE_MS, startRig } from '../support/approval-rig.ts'
import { entity, GOOGLE, idOf, META, ONE } from '../support/plan-world.ts'

const google = idOf(GOOGLE, 'campaign', '11')
const meta = idOf(META, 'campaign', '1201')
const many = Array.from({ length: 80 }, (_, at) => idOf(META, 'ad', String(9_000 + at)))
const WINDOW = { kind: 'window' } as const

const world = (): readonly Entity[] => [
  ...[google, meta].map((id) =>
    entity(id, {
      budgetKind: 'daily',
      dailyBudgetMicros: 400n * ONE,
      editable: [
        { field: 'daily_budget', isEditable: true },
        { field: 'status', isEditable: true },
      ],
    }),
  ),
  ...many.map((id) => entity(id, { editable: [{ field: 'status', isEditable: true }] })),
]
const budget = (id: EntityId, from: string, to: string) => ({
  kind: 'set_budget',
  entity_id: id,
  budget: 'daily',
  expected_current: from,
  new_value: to,
})
const pause = (id: EntityId) => ({
  kind: 'set_status',
  entity_id: id,
  expected_current: 'enabled',
  new_status: 'paused',
})
/** The raise stands first in the proposal: the order of the writes must not depend on it. */
const REALLOCATION = [budget(meta, '400.00', '600.00'), budget(google, '400.00', '200.00')]

let rig: Rig
beforeEach(async () => {
  rig = await startRig(world())
  rig.turned.isStoreFollowing = true
})
afterEach(() => rig.close())

const only = (id: EntityId, behaviour: Behaviour) => (change: { readonly entityId: EntityId }) =>
  change.entityId === id ? behaviour : undefined
const outcomes = (draftId: string): (string | null)[] => rig.drafts.results(draftId as never).map((row) => row.outcome)
const undo = (draftId: string, conflicts?: 'leave' | 'overwrite') =>
  rig.followUp.undo({ draftId: draftId as never, conflicts, caller: WINDOW, signal: AbortSignal.timeout(5_000) })

describe('a reallocation over two platforms', () => {
  test('is one draft, nets to nothing, and lowers before it raises', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    expect(draft).toMatchObject({ state: 'pending', policy: { outcome: 'pass' } })
    expect(draft.items.map((item) => item.movementMicros)).toEqual([200n * ONE, -200n * ONE])
    expect(await rig.push(draft.draftId)).toMatchObject({
      state: 'applied',
      stateMessage: 'All 2 changes were written and read back.',
    })
    expect(rig.platform.writes.map((write) => write.entityId)).toEqual([google, meta])
    expect(rig.drafts.usage(META, 0)).toEqual({ netMicros: 200n * ONE, grossMicros: 200n * ONE })
    expect(rig.drafts.usage(GOOGLE, 0)).toEqual({ netMicros: -200n * ONE, grossMicros: 200n * ONE })
    expect(rig.history(draft.draftId)).toEqual([
      'draft.proposed',
      'draft.armed',
      'draft.approved',
      'apply.intent',
      'apply.sent',
      'apply.outcome',
      'apply.sent',
      'apply.outcome',
      'draft.applied',
    ])
    expect(await rig.verified()).toBe(true)
  })

  test('whose cut is refused sends nothing else: spend never grows by half of a swap', async () => {
    rig.platform.behaviourOf = only(google, 'refuses')
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    expect(draft).toMatchObject({ state: 'apply_failed', stateReason: 'refused_by_platform' })
    expect(draft.stateMessage).toContain('None of the 2 changes was applied.')
    expect(rig.platform.writes.map((write) => write.entityId)).toEqual([google])
    expect(outcomes(draft.draftId)).toEqual(['not_sent', 'refused'])
    expect(rig.drafts.usage(META, 0).netMicros).toBe(0n)
  })

  test('whose raise is refused is partly applied, says which, and can be completed or undone', async () => {
    rig.platform.behaviourOf = only(meta, 'refuses')
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    expect(draft).toMatchObject({ state: 'partial' })
    expect(draft.stateMessage).toContain('1 of 2 changes were applied.')
    expect(rig.line(draft.draftId, 'draft.partial')).toContain('"applied":1')
    expect(outcomes(draft.draftId)).toEqual(['refused', 'applied'])

    rig.platform.behaviourOf = () => undefined
    const repair = await rig.followUp.repair({
      draftId: draft.draftId,
      conflicts: undefined,
      caller: WINDOW,
      signal: AbortSignal.timeout(5_000),
    })
    expect(repair.plan).toMatchObject([{ k: 0, state: 'clean', now: '400.00', ours: '600.00' }])
    expect(repair.draft?.repair_of).toBe(draft.draftId)
    expect(await rig.push(repair.draft?.draft_id as never)).toMatchObject({ state: 'applied' })
    expect([rig.platform.value(meta, 'daily_budget'), rig.platform.value(google, 'daily_budget')]).toEqual([
      '600.00',
      '200.00',
    ])
    const back = await undo(draft.draftId)
    expect(back.plan.map((step) => step.k)).toEqual([1])
    expect(await rig.verified()).toBe(true)
  })

  test('whose cut gets no answer stops there and is known by reading, later', async () => {
    rig.platform.behaviourOf = only(google, 'takes_and_is_silent')
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    expect(draft).toMatchObject({ state: 'unknown', stateReason: 'no_clear_answer' })
    expect(outcomes(draft.draftId)).toEqual(['not_sent', null])
    await rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'partial', stateReason: 'reconciled_applied' })
    expect(rig.platform.writes).toHaveLength(1)
    expect(await rig.verified()).toBe(true)
  })

  test('that did not take effect at all ends as not applied', async () => {
    rig.platform.behaviourOf = only(google, 'ignores_and_is_silent')
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    await refusalOf(() => rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000)))
    rig.clock.pass(SETTLE_MS)
    await rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'reconciled_not_applied' })
  })

  test('one of whose values has moved is stale as a whole, and nothing is written', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    const armed = await rig.arm(draft.draftId)
    rig.platform.set(google, 'daily_budget', '399.00')
    expect(await rig.push(draft.draftId, armed)).toMatchObject({ state: 'stale', stateReason: 'drift' })
    expect(rig.platform.writes).toHaveLength(0)
    expect(outcomes(draft.draftId)).toEqual(['not_sent', 'not_sent'])
  })

  test('may not fill the envelope with its gross movement', async () => {
    rig.turned.policy = { ...rig.turned.policy, envelopeGrossUnits: 199n }
    expect(await refusalOf(() => rig.proposeSet(REALLOCATION))).toMatchObject({
      code: 'guardrail',
      details: { rule: 'envelope_gross' },
    })
  })

  test.for(['approved', 'intent', 'sent', 'answered', 'read_back'] as const)(
    'interrupted at “%s” of its first change is never sent twice, and its end is true',
    async (at) => {
      const draft = rig.proposeSet(REALLOCATION)
      const armed = await rig.arm(draft.draftId)
      rig.turned.onStep = (step) => {
        if (step === at) throw new Error('power cut')
      }
      await expect(rig.push(draft.draftId, armed)).rejects.toThrow('power cut')
      rig.turned.onStep = () => undefined
      const unknown = rig.reconcile.recover()
      const wrote = rig.platform.writes.length
      for (const id of unknown) {
        rig.clock.pass(SETTLE_MS)
        await rig.reconcile.once(id, AbortSignal.timeout(5_000)).catch(() => undefined)
        rig.clock.pass(SETTLE_MS)
        await rig.reconcile.once(id, AbortSignal.timeout(5_000)).catch(() => undefined)
      }
      expect(rig.platform.writes).toHaveLength(wrote)
      expect(wrote).toBe(at === 'answered' || at === 'read_back' ? 1 : 0)
      expect(rig.get(draft.draftId).state).toBe(wrote === 1 ? 'partial' : 'apply_failed')
      expect(rig.platform.value(google, 'daily_budget')).toBe(wrote === 1 ? '200.00' : '400.00')
      expect(await rig.verified()).toBe(true)
    },
  )
})

describe('undoing a change set', () => {
  const applied = async (): Promise<string> => {
    const draft = await rig.push(rig.proposeSet(many.map(pause)).draftId)
    expect(draft.state).toBe('applied')
    return draft.draftId
  }

  test('puts back 80 of 80 and reads each of them back', async () => {
    const draftId = await applied()
    const { draft, plan } = await undo(draftId)
    expect(new Set(plan.map((step) => step.state))).toEqual(new Set(['clean']))
    const restored = await rig.push(draft?.draft_id as never)
    expect(restored.stateMessage).toBe('Restored 80 of 80, each read back from the platform.')
    expect(rig.get(draftId as never).state).toBe('rolled_back')
    expect(new Set(many.map((id) => rig.platform.value(id, 'status')))).toEqual(new Set(['enabled']))
  })

  test('asks first where somebody changed a value since, and leaves that alone if told so', async () => {
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    rig.platform.set(meta, 'daily_budget', '650.00')
    const asked = await undo(draft.draftId)
    expect(asked.draft).toBeNull()
    expect(asked.plan).toMatchObject([
      { k: 0, state: 'conflict', before: '400.00', ours: '600.00', now: '650.00' },
      { k: 1, state: 'clean', now: '200.00' },
    ])
    const left = await undo(draft.draftId, 'leave')
    expect(left.draft?.operations.map((each) => each.entity_id)).toEqual([google])
    expect(await rig.push(left.draft?.draft_id as never)).toMatchObject({ state: 'applied' })
    expect(rig.platform.value(meta, 'daily_budget')).toBe('650.00')
    // Half an undo does not make the original undone.
    expect(rig.get(draft.draftId).state).toBe('applied')
  })

  test('replaces the later value only when told so', async () => {
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    rig.platform.set(meta, 'daily_budget', '650.00')
    const over = await undo(draft.draftId, 'overwrite')
    expect(over.draft?.operations).toMatchObject([
      { before: '650.00', after: '400.00' },
      { before: '200.00', after: '400.00' },
    ])
    await rig.push(over.draft?.draft_id as never)
    expect(rig.platform.value(meta, 'daily_budget')).toBe('400.00')
  })

  test('of which nothing is left to do proposes nothing', async () => {
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    for (const id of [google, meta]) rig.platform.set(id, 'daily_budget', '400.00')
    const none = await undo(draft.draftId)
    expect(none.draft).toBeNull()
    expect(none.plan.map((step) => step.state)).toEqual(['done', 'done'])
  })

  test('is only offered for what was applied', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    expect((await refusalOf(() => undo(draft.draftId))).code).toBe('not_pending')
  })
})

describe('an edited version', () => {
  const shown = (draftId: string) => rig.get(draftId as never).draftHash
  const edit = (draftId: string, values: readonly (readonly [number, string])[], leaveOut: readonly number[] = []) =>
    reviseDraft(rig.deps, WINDOW, {
      draftId: draftId as never,
      shownHash: shown(draftId),
      values: new Map(values),
      leaveOut: new Set(leaveOut),
      note: undefined,
    })

  test('takes the place of the original, which is kept; an armed confirmation of it dies', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    const armed = await rig.arm(draft.draftId)
    const next = edit(draft.draftId, [[0, '550.00']])
    expect(next).toMatchObject({ revises: draft.draftId, state: 'pending', origin: { kind: 'window' } })
    expect(next.operations.map((each) => each.after)).toEqual(['550.00', '200.00'])
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'superseded', items: draft.items })
    expect(rig.line(draft.draftId, 'draft.revised')).toContain(next.draft_id)
    expect((await refusalOf(() => rig.push(draft.draftId, armed))).code).toBe('token_invalid')
    expect(rig.platform.writes).toHaveLength(0)
    expect(await rig.push(next.draft_id)).toMatchObject({ state: 'applied' })
  })

  test('can leave a change out, and must change something', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    expect((await refusalOf(() => edit(draft.draftId, []))).code).toBe('invalid_input')
    expect((await refusalOf(() => edit(draft.draftId, [[0, '600.00']]))).code).toBe('invalid_input')
    expect((await refusalOf(() => edit(draft.draftId, [], [0, 1]))).code).toBe('invalid_input')
    expect(edit(draft.draftId, [], [0]).operations).toHaveLength(1)
  })

  test('of an undo with a value of its own is judged like any change; one that only leaves something out stays an undo', async () => {
    const draft = await rig.push(rig.proposeSet(REALLOCATION).draftId)
    const first = (await undo(draft.draftId)).draft
    const byMistake = await refusalOf(() => edit(first?.draft_id ?? '', [[1, '2500.00']]))
    expect(byMistake).toMatchObject({ code: 'guardrail', details: { rule: 'digit_slip' } })
    const shorter = edit(first?.draft_id ?? '', [], [0])
    expect(rig.get(shorter.draft_id).undoOf).toBe(draft.draftId)
    const other = edit(shorter.draft_id, [[0, '210.00']])
    expect(rig.get(other.draft_id).undoOf).toBeUndefined()
    await rig.push(other.draft_id)
    expect(rig.get(draft.draftId).state).toBe('applied')
  })

  test('that the limits block leaves the original waiting', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    expect((await refusalOf(() => edit(draft.draftId, [[0, '9000.00']]))).code).toBe('guardrail')
    expect(rig.get(draft.draftId).state).toBe('pending')
  })
})

describe('what stands between a draft and a write', () => {
  test('one entity is changed once per draft', async () => {
    const twice = [budget(google, '400.00', '410.00'), pause(google)]
    expect((await refusalOf(() => rig.proposeSet(twice))).code).toBe('invalid_value')
  })

  test('approving one draft makes the others for the same field stale', async () => {
    const other = {
      kind: 'agent',
      clientId: 'mc_two',
      clientName: 'Two',
      scopes: ['mcp.draft'],
      expiresAtMs: 9e15,
    } as const
    const one = rig.proposeSet([budget(google, '400.00', '410.00')])
    const two = rig.proposeSet([budget(google, '400.00', '420.00'), pause(many[0] as EntityId)], other)
    const three = rig.proposeSet([pause(google)], other)
    await rig.push(one.draftId)
    expect(rig.get(two.draftId)).toMatchObject({ state: 'stale', stateReason: 'overtaken' })
    expect(rig.line(two.draftId, 'draft.stale')).toContain('"reason":"overtaken"')
    expect(rig.get(three.draftId).state).toBe('pending')
  })

  test('limits that were changed after the check do not let the confirmation pass', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    const armed = await rig.arm(draft.draftId)
    rig.turned.policy = { ...rig.turned.policy, version: 2 }
    expect(await refusalOf(() => rig.push(draft.draftId, armed))).toMatchObject({ code: 'guardrail' })
    expect(rig.platform.writes).toHaveLength(0)
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'applied' })
  })

  test('an open breaker stops arm, confirm, and what was approved but not sent', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    const armed = await rig.arm(draft.draftId)
    rig.turned.breaker = { isOpen: true, reason: 'platform_errors' }
    expect((await refusalOf(() => rig.push(draft.draftId, armed))).code).toBe('breaker_open')
    expect((await refusalOf(() => rig.tryArm(draft.draftId))).code).toBe('breaker_open')
    rig.turned.breaker = undefined
    rig.turned.onStep = (step) => {
      if (step === 'intent') rig.turned.breaker = { isOpen: true }
    }
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'breaker' })
    expect(rig.platform.writes).toHaveLength(0)
  })

  test('a second person is asked for at arm and again at the moment of confirming', async () => {
    const draft = rig.proposeSet(REALLOCATION)
    const proof = { reviewerId: 'r_1', noteHash: 'ab'.repeat(32) }
    rig.turned.review = () => proof
    const armed = await rig.arm(draft.draftId)
    expect(armed.reviewer).toBe('r_1')
    rig.turned.review = () => {
      throw new Error('nobody has answered')
    }
    await expect(rig.push(draft.draftId, armed)).rejects.toThrow('nobody has answered')
    expect(rig.get(draft.draftId).state).toBe('armed')
    rig.turned.review = () => proof
    expect(await rig.push(draft.draftId, armed)).toMatchObject({ state: 'applied' })
    expect(rig.line(draft.draftId, 'draft.approved')).toContain('"reviewer":"r_1"')
  })

  test('of two that fit the envelope one at a time, a batch offers only the first', async () => {
    rig.turned.policy = { ...rig.turned.policy, envelopeNetUnits: 150n }
    const one = rig.proposeSet([budget(google, '400.00', '500.00')])
    const two = rig.proposeSet([pause(many[0] as EntityId)])
    const items: readonly DraftItem[] = rig.get(one.draftId).items
    expect(await rig.decide.arm(two.draftId, two.draftHash, AbortSignal.timeout(5_000), items)).toBeDefined()
    const more = rig.proposeSet([budget(google, '400.00', '490.00')], {
      kind: 'window',
    })
    const refusal = await refusalOf(() =>
      rig.decide.arm(more.draftId, more.draftHash, AbortSignal.timeout(5_000), items),
    )
    expect(refusal).toMatchObject({ code: 'guardrail', details: { rule: 'envelope_net' } })
  })

  test('a rejection keeps the person’s words for the maker', () => {
    const draft = rig.proposeSet(REALLOCATION)
    rig.decide.reject(draft.draftId, 'Not before the sale ends.')
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'rejected', decisionNote: 'Not before the sale ends.' })
    expect(rig.line(draft.draftId, 'draft.rejected')).not.toContain('sale')
  })
})
