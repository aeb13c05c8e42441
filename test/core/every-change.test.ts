/** From proposal to outcome for every kind of change: what is checked before a write, what is believed after it, and what stands in the log. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DraftItem } from '../../shared/domain/draft.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import {
  accountOf,
  READ_AFTER_WRITE_MS,
  refusalOf,
  type Rig,
  SETTLE_MS,
  startRig,
  throttled,
} from '../support/approval-rig.ts'
import { entity, GOOGLE, idOf, META, offer, ONE } from '../support/plan-world.ts'

const adSet = idOf(META, 'ad_group', '1301')
const shared = ['11', '20', '30'].map((each) => idOf(GOOGLE, 'campaign', each))
const [first, second, third] = shared as [(typeof shared)[0], (typeof shared)[0], (typeof shared)[0]]

const world = (): readonly Entity[] => [
  entity(adSet, {
    name: 'EU 25-44',
    budgetKind: 'daily',
    dailyBudgetMicros: 60n * ONE,
    values: { scheduled_budget: '60.00', cost_cap: '9.00', target_roas: '1.50', bid_strategy: 'cost_cap:9.00' },
    editable: [
      ...(['daily_budget', 'scheduled_budget', 'status', 'cost_cap', 'target_roas'] as const).map((field) => ({
        field,
        isEditable: true,
      })),
      {
        field: 'bid_strategy',
        isEditable: true,
        strategies: [offer('lowest_cost', 'none'), offer('cost_cap', 'money'), offer('min_roas', 'ratio')],
      },
    ],
  }),
  ...shared.map((id) =>
    entity(id, {
      name: `Brand ${id.slice(-2)}`,
      budgetKind: 'daily',
      dailyBudgetMicros: 100n * ONE,
      sharedBudget: { externalId: '5', campaignIds: shared },
      editable: [
        { field: 'daily_budget', isEditable: true },
        { field: 'status', isEditable: true },
      ],
    }),
  ),
]

const KINDS: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
  [
    'a daily budget',
    { kind: 'set_budget', budget: 'daily', expected_current: '60.00', new_value: '70.00' },
    '70.00',
    '"after":{"amount":"70.00","cur":"EUR"}',
  ],
  [
    'a budget from next midnight on',
    {
      kind: 'set_budget',
      budget: 'daily',
      takes_effect: 'next_midnight',
      expected_current: '60',
      new_value: '70',
    },
    '70.00',
    '"field":"scheduled_budget"',
  ],
  ['a status', { kind: 'set_status', expected_current: 'enabled', new_status: 'paused' }, 'paused', '"after":"paused"'],
  [
    'a bid',
    { kind: 'set_bid', field: 'cost_cap', expected_current: '9', new_value: '10' },
    '10.00',
    '"after":{"amount":"10.00","cur":"EUR"}',
  ],
  [
    'a return on ad spend',
    { kind: 'set_bid', field: 'target_roas', expected_current: '1.5', new_value: '1.75' },
    '1.75',
    '"after":{"ratio":"1.75"}',
  ],
  [
    'a strategy without a target',
    { kind: 'set_bid_strategy', expected_current: 'cost_cap:9.00', new_strategy: 'lowest_cost' },
    'lowest_cost',
    '"after":{"strategy":"lowest_cost"},"before":{"strategy":"cost_cap","target":{"amount":"9.00","cur":"EUR"}}',
  ],
  [
    'a strategy with a ratio',
    { kind: 'set_bid_strategy', expected_current: 'cost_cap:9.00', new_strategy: 'min_roas', target: '1.2' },
    'min_roas:1.20',
    '"after":{"strategy":"min_roas","target":{"ratio":"1.20"}}',
  ],
]
const BID = { kind: 'set_bid', entity_id: adSet, field: 'cost_cap', expected_current: '9.00', new_value: '10.00' }
const SHARED = {
  kind: 'set_budget',
  entity_id: first,
  budget: 'daily',
  expected_current: '100.00',
  new_value: '90.00',
}

const LOWER = { kind: 'set_budget', entity_id: adSet, budget: 'daily', expected_current: '60.00', new_value: '40.00' }

let stored: readonly Entity[]
let rig: Rig
beforeEach(async () => {
  stored = world()
  rig = await startRig(stored)
})
/** As a sync between the proposal and the decision would leave the ad set. */
const syncs = (rest: Partial<Entity>): void => void Object.assign(stored[0] ?? {}, rest)
afterEach(() => rig.close())

describe.each(KINDS)('%s', (_, change, after, inLog) => {
  const input = { ...change, entity_id: adSet }
  const itemOf = (id: Parameters<Rig['get']>[0]): DraftItem => {
    const [item] = rig.get(id).items
    if (item === undefined) throw new Error('no item')
    return item
  }

  test('goes from proposal to a write that was read back, and the log holds its values and verifies', async () => {
    const draft = rig.propose(input)
    expect(rig.platform.reads).toBe(0)
    const armed = await rig.arm(draft.draftId)
    expect(armed.validation).toEqual([{ k: 0, result: 'ok', platformRequestId: 'dry-1' }])
    expect(rig.platform.writes).toHaveLength(0)
    expect(await rig.push(draft.draftId, armed)).toMatchObject({ state: 'applied', stateReason: 'read_back' })
    expect(rig.platform.value(adSet, itemOf(draft.draftId).field)).toBe(after)
    expect(rig.platform.writes).toHaveLength(1)
    expect(rig.line(draft.draftId, 'draft.approved')).toContain(inLog)
    expect(rig.line(draft.draftId, 'draft.armed')).toContain(
      '"validation":[{"k":0,"platformRequestId":"dry-1","result":"ok"}]',
    )
    expect(await rig.verified()).toBe(true)
  })

  test('is asked of the platform’s dry run exactly as it would be written', async () => {
    const draft = rig.propose(input)
    await rig.arm(draft.draftId)
    const { before, field } = itemOf(draft.draftId)
    expect(rig.platform.checks).toEqual([
      { platform: 'meta', accountId: META, entityId: adSet, field, currency: 'EUR', before, after },
    ])
    // What is handed to a dry run is no approval: the executor does not take it for one.
    expect(rig.gate.isApproved(rig.platform.checks[0] as unknown as ApprovedChange)).toBe(false)
    await expect(rig.executor.run([rig.platform.checks[0] as unknown as ApprovedChange])).rejects.toThrow(TypeError)
    expect(rig.platform.writes).toHaveLength(0)
  })

  test('that somebody else has changed turns stale, at arm and just before the write, and nothing is written', async () => {
    const early = rig.propose(input)
    const { field } = itemOf(early.draftId)
    const other = field === 'status' ? 'deleted' : field === 'bid_strategy' ? 'cost_cap:8.00' : '8.00'
    const original = rig.platform.value(adSet, field)
    rig.platform.set(adSet, field, other)
    expect(await rig.tryArm(early.draftId)).toBeUndefined()
    expect(rig.get(early.draftId)).toMatchObject({ state: 'stale', stateReason: 'drift' })

    rig.platform.set(adSet, field, original)
    const late = rig.propose(input)
    const armed = await rig.arm(late.draftId)
    rig.platform.set(adSet, field, other)
    expect(await rig.push(late.draftId, armed)).toMatchObject({ state: 'stale', stateReason: 'drift' })
    expect(rig.platform.writes).toHaveLength(0)
    expect(await rig.verified()).toBe(true)
  })

  test('whose value is gone altogether turns stale, and the log says that there is none', async () => {
    const draft = rig.propose(input)
    const { field } = itemOf(draft.draftId)
    if (field === 'status') return
    rig.platform.set(adSet, field, '')
    expect(await rig.tryArm(draft.draftId)).toBeUndefined()
    expect(rig.get(draft.draftId).stateMessage).toContain(`now says no ${field.replaceAll('_', ' ')}`)
    expect(rig.line(draft.draftId, 'draft.stale')).toContain('"value":"none"')
  })

  test('can be undone as a whole, through the same gate', async () => {
    const draft = rig.propose(input)
    rig.turned.isStoreFollowing = true
    await rig.push(draft.draftId)
    const { field, before } = itemOf(draft.draftId)
    const undo = await rig.undo(draft.draftId)
    expect(undo).toMatchObject({ undoOf: draft.draftId, items: [{ field, before: after, after: before }] })
    expect(await rig.push(undo.draftId)).toMatchObject({
      state: 'applied',
      stateMessage: 'Restored 1 of 1, each read back from the platform.',
    })
    expect(rig.platform.value(adSet, field)).toBe(before)
    expect(rig.get(draft.draftId).state).toBe('rolled_back')
  })
})

describe('the platform’s own check', () => {
  const REFUSAL = {
    kind: 'refused',
    platformCode: '1885272',
    platformMessage: 'Budget too low <b>\u202Eevil</b>',
    platformRequestId: 'dry-9',
  } as const

  test('that refuses leaves the draft waiting, quotes the platform apart from our words, and stands in the log', async () => {
    const draft = rig.propose(BID)
    rig.platform.check = REFUSAL
    const error = await refusalOf(() => rig.tryArm(draft.draftId))
    expect(error).toMatchObject({
      code: 'platform_refused',
      details: { platform_code: '1885272', platform_message: 'Budget too low <b>evil</b>' },
    })
    expect(`${error.message} ${error.hint}`).not.toContain('too low')
    expect(rig.get(draft.draftId).state).toBe('pending')
    expect(rig.history(draft.draftId)).toEqual(['draft.proposed', 'draft.validation'])
    expect(rig.line(draft.draftId, 'draft.validation')).toContain('"code":"1885272"')
    expect(rig.line(draft.draftId, 'draft.validation')).not.toContain('too low')
    const [row] = rig.audit.list({ draftId: draft.draftId, limit: 1 })
    expect(row?.text['platform_message']).toContain('Budget too low')
    expect(rig.platform.writes).toHaveLength(0)
    expect(await rig.verified()).toBe(true)
    // The cure may be on the platform: the same draft can be armed again.
    rig.platform.check = { kind: 'ok', platformRequestId: 'dry-10' }
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'applied' })
  })

  test('that refuses kills the confirmation from before', async () => {
    const draft = rig.propose(BID)
    const older = await rig.arm(draft.draftId)
    rig.platform.check = REFUSAL
    await refusalOf(() => rig.tryArm(draft.draftId))
    const error = await refusalOf(() => rig.gate.confirm(draft.draftId, older.challenge.confirmToken, 'click'))
    expect(error.code).toBe('token_invalid')
    expect(rig.platform.writes).toHaveLength(0)
  })

  test('that a platform does not have is no obstacle, and is told as such', async () => {
    const draft = rig.propose(BID)
    rig.platform.check = { kind: 'unsupported' }
    const armed = await rig.arm(draft.draftId)
    expect(armed.validation).toEqual([{ k: 0, result: 'unsupported' }])
    expect(rig.line(draft.draftId, 'draft.armed')).toContain('"validation":[{"k":0,"result":"unsupported"}]')
  })

  test('is not asked when the value has moved or the limits say no', async () => {
    const stale = rig.propose(BID)
    rig.platform.set(adSet, 'cost_cap', '8.00')
    await rig.tryArm(stale.draftId)
    expect(rig.platform.checks).toHaveLength(0)
  })
})

describe('a budget that campaigns share', () => {
  test('names what else it changes, and writes it once for all of them', async () => {
    const draft = rig.propose(SHARED)
    expect(draft.items[0]).toMatchObject({
      target: `${GOOGLE}/budget/5`,
      affects: [{ entityId: second }, { entityId: third }],
    })
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'applied' })
    expect(rig.platform.writes).toHaveLength(1)
    const line = rig.line(draft.draftId, 'draft.approved')
    expect(line).toContain(`"target":"${GOOGLE}/budget/5"`)
    expect(line).toContain(`"affects":["${second}","${third}"]`)
    expect(line).not.toContain('Brand')
    // All of them are told the new value.
    const told = rig.noted.filter((each) => each.value === '90.00').map((each) => each.entityId)
    expect([...new Set(told)].toSorted()).toEqual([...shared].toSorted())
  })

  test.each([
    ['one more', [second, third, idOf(GOOGLE, 'campaign', '77')]],
    ['one less', [second]],
    ['none at all', []],
  ])('that feeds %s campaign by now is stale, at arm and just before the write', async (_, now) => {
    const early = rig.propose(SHARED)
    const before = rig.platform.affects.get(first) ?? []
    rig.platform.affects.set(first, now)
    expect(await rig.tryArm(early.draftId)).toBeUndefined()
    expect(rig.get(early.draftId)).toMatchObject({
      state: 'stale',
      stateReason: 'affects_drift',
      stateMessage: 'The budget now feeds other campaigns than were shown. Nothing was changed.',
    })
    rig.platform.affects.set(first, before)
    const late = rig.propose(SHARED)
    const armed = await rig.arm(late.draftId)
    rig.platform.affects.set(first, now)
    expect(await rig.push(late.draftId, armed)).toMatchObject({ state: 'stale', stateReason: 'affects_drift' })
    expect(rig.platform.writes).toHaveLength(0)
  })

  test('that became shared after the proposal is stale too', async () => {
    const draft = rig.propose({ ...SHARED, entity_id: adSet, expected_current: '60.00', new_value: '70.00' })
    rig.platform.affects.set(adSet, [second])
    expect(await rig.tryArm(draft.draftId)).toBeUndefined()
    expect(rig.get(draft.draftId).stateReason).toBe('affects_drift')
  })

  test('is never written twice at once, whichever of its campaigns is named', async () => {
    const one = rig.propose(SHARED)
    const other = rig.propose({ ...BID })
    const armed = await rig.arm(one.draftId)
    rig.platform.behaviour = 'takes_and_is_silent'
    const [change] = rig.gate.confirm(one.draftId, armed.challenge.confirmToken, 'click')
    // A second draft for the same budget, through another campaign, by somebody else.
    const twin = { ...SHARED, entity_id: second }
    rig.db.exec(`UPDATE draft SET origin_id = 'mc_other' WHERE draft_id = '${one.draftId}'`)
    const late = rig.propose(twin)
    expect((await refusalOf(() => rig.tryArm(late.draftId))).code).toBe('entity_busy')
    expect(() =>
      rig.drafts.queue({
        draftId: late.draftId,
        k: 0,
        entityId: second,
        target: `${GOOGLE}/budget/5`,
        challengeHash: 'ab'.repeat(32),
        nowMs: 1,
        steadyMs: 1,
      }),
    ).toThrow(/UNIQUE/)
    // What does not touch the budget goes on.
    expect((await rig.arm(other.draftId)).challenge.confirmToken).toHaveLength(43)
    if (change !== undefined) await rig.executor.run([change])
    expect(rig.get(one.draftId).state).toBe('unknown')
    expect((await refusalOf(() => rig.tryArm(late.draftId))).code).toBe('entity_busy')
  })

  test('armed twice at the same moment is confirmed once', async () => {
    const one = rig.propose(SHARED)
    rig.db.exec(`UPDATE draft SET origin_id = 'mc_other' WHERE draft_id = '${one.draftId}'`)
    const two = rig.propose({ ...SHARED, entity_id: second, new_value: '80.00' })
    // The hash covers the origin: the first one is armed as its own maker's.
    rig.db.exec(`UPDATE draft SET origin_id = 'mc_rig' WHERE draft_id = '${one.draftId}'`)
    const [a, b] = [await rig.arm(one.draftId), await rig.arm(two.draftId)]
    rig.gate.confirm(one.draftId, a.challenge.confirmToken, 'click')
    const error = await refusalOf(() => rig.gate.confirm(two.draftId, b.challenge.confirmToken, 'click'))
    // Approving one has decided against the other: its confirmation is dead.
    expect(error.code).toBe('token_invalid')
    expect(rig.get(two.draftId)).toMatchObject({ state: 'stale', stateReason: 'overtaken' })
  })

  test('takes one waiting draft of a client, whichever campaign it was proposed on', async () => {
    const one = rig.propose(SHARED)
    const error = await refusalOf(() => rig.propose({ ...SHARED, entity_id: second, new_value: '95.00' }))
    expect(error).toMatchObject({ code: 'conflicting_draft', details: { draft_id: one.draftId } })
  })

  test('with as many campaigns as can be shown still fits into every record', async () => {
    const many = Array.from({ length: 499 }, (_, index) =>
      idOf(GOOGLE, 'campaign', String(10_000_000_000_000_000_000n + BigInt(index))),
    )
    const template = world()[1]
    if (template === undefined) throw new Error('no campaign')
    const big = await startRig(
      many.map((id) => ({ ...template, entityId: id, sharedBudget: { externalId: '5', campaignIds: many } })),
    )
    try {
      const draft = big.propose({ ...SHARED, entity_id: many[0] })
      expect(draft.items[0]?.affects).toHaveLength(498)
      expect(await big.push(draft.draftId)).toMatchObject({ state: 'applied' })
      expect(await big.verified()).toBe(true)
    } finally {
      await big.close()
    }
  })
})

describe('an account whose changes are switched off', () => {
  const off = (): void => rig.permissions.set(accountOf(adSet), false, rig.clock.nowMs())

  test('gets no draft, arms none and confirms none, until they are switched on again', async () => {
    const waiting = rig.propose(BID)
    const armed = await rig.arm(waiting.draftId)
    off()
    expect((await refusalOf(() => rig.propose({ ...BID, new_value: '8.00' }))).code).toBe('writes_not_allowed')
    const confirm = () => rig.gate.confirm(waiting.draftId, armed.challenge.confirmToken, 'click')
    expect((await refusalOf(confirm)).code).toBe('writes_not_allowed')
    expect(rig.get(waiting.draftId).state).toBe('armed')
    expect(rig.drafts.outboxOf(waiting.draftId)).toEqual([])
    const { reads } = rig.platform
    expect((await refusalOf(() => rig.tryArm(waiting.draftId))).code).toBe('writes_not_allowed')
    expect([rig.platform.reads, rig.platform.checks.length]).toEqual([reads, 1])
    expect(rig.platform.writes).toHaveLength(0)
    rig.permissions.set(accountOf(adSet), true, rig.clock.nowMs())
    expect(await rig.push(waiting.draftId)).toMatchObject({ state: 'applied' })
  })

  test('after the confirmation sends nothing any more, and says so', async () => {
    const draft = rig.propose(BID)
    const armed = await rig.arm(draft.draftId)
    const [change] = rig.gate.confirm(draft.draftId, armed.challenge.confirmToken, 'click')
    if (change === undefined) throw new Error('nothing was approved')
    off()
    await rig.executor.run([change])
    expect(rig.platform.writes).toHaveLength(0)
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'writes_off' })
    expect(rig.history(draft.draftId)).not.toContain('apply.sent')
    expect(rig.line(draft.draftId, 'apply.outcome')).toContain('"code":"writes_off"')
    expect(rig.drafts.outboxOf(draft.draftId)).toMatchObject([{ state: 'done', outcome: 'not_sent' }])
    expect(await rig.verified()).toBe(true)
  })

  test('is the state of every account that nobody has spoken for', () => {
    expect(rig.permissions.isAllowed(idOf(META, 'campaign', '1').split('/')[0] as typeof META)).toBe(true)
    expect(rig.permissions.isAllowed('meta:43' as typeof META)).toBe(false)
  })
})

describe('what a person is shown', () => {
  test.each<[string, Partial<Entity>]>([
    [
      'takes effect at another time',
      { editable: [{ field: 'daily_budget', isEditable: true, takesEffect: 'next_midnight' }] },
    ],
    ['makes less room for raises', { status: 'paused' }],
  ])('that by now %s is not armed: the draft is stale', async (_, sync) => {
    const draft = rig.propose(LOWER)
    syncs(sync)
    expect(await rig.tryArm(draft.draftId)).toBeUndefined()
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'stale', stateReason: 'policy_changed' })
    expect(rig.platform.checks).toHaveLength(0)
  })

  test.each(KINDS)('in one currency is not written in another: %s', async (_, change) => {
    const input = { ...change, entity_id: adSet }
    const early = rig.propose(input)
    rig.platform.currency = 'USD'
    expect(await rig.tryArm(early.draftId)).toBeUndefined()
    expect(rig.get(early.draftId)).toMatchObject({ state: 'stale', stateReason: 'drift' })
    rig.platform.currency = undefined
    const late = rig.propose(input)
    const armed = await rig.arm(late.draftId)
    rig.platform.currency = 'USD'
    expect(await rig.push(late.draftId, armed)).toMatchObject({ state: 'stale', stateReason: 'drift' })
    expect(rig.get(late.draftId).stateMessage).toBe('The account is not kept in EUR any more. Nothing was sent.')
    expect(rig.line(late.draftId, 'apply.outcome')).not.toMatch(/"live":\{"amount":"[0-9.]+","cur":"EUR"/)
    expect(rig.platform.writes).toHaveLength(0)
  })

  test('holds no hidden characters of a campaign’s name when the platform’s reason quotes one', async () => {
    const reason = 'The budget is set on the campaign "Sum\u202Emer\nIgnore \u200Bthis". Change it there.'
    const clean = 'The budget is set on the campaign "Summer Ignore this". Change it there.'
    const draft = rig.propose(LOWER)
    rig.platform.refusal = reason
    expect((await refusalOf(() => rig.tryArm(draft.draftId))).message).toBe(`${clean} Nothing was changed.`)
    rig.platform.refusal = undefined
    const armed = await rig.arm(draft.draftId)
    rig.platform.refusal = reason
    await rig.push(draft.draftId, armed)
    expect(rig.get(draft.draftId)).toMatchObject({
      stateReason: 'not_editable',
      stateMessage: `${clean} Nothing was sent.`,
    })
    syncs({ editable: [{ field: 'daily_budget', isEditable: false, refusal: reason }] })
    expect((await refusalOf(() => rig.propose(LOWER))).message).toBe(clean)
  })
})

describe('what was not sent', () => {
  test('says why, and not that the platform could not be reached', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'cannot_send'
    expect(await rig.push(draft.draftId)).toMatchObject({
      state: 'apply_failed',
      stateReason: 'not_sent',
      stateMessage: 'Nothing was sent: a portfolio bid strategy bids for this campaign.',
    })
  })
})

describe('a cut in spend', () => {
  const net = (): bigint => rig.drafts.usage(accountOf(adSet), 0).netMicros

  test('makes room for raises only once it is known to have been applied', async () => {
    const draft = rig.propose(LOWER)
    rig.platform.behaviour = 'ignores_and_is_silent'
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown' })
    expect(net()).toBe(0n)
    rig.platform.set(adSet, 'daily_budget', '40.00')
    await rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    expect(rig.get(draft.draftId).state).toBe('applied')
    expect(net()).toBe(-20n * ONE)
  })

  test('that somebody else wrote over makes none, while a raise of unknown outcome counts', async () => {
    const cut = rig.propose(LOWER)
    rig.platform.behaviour = 'ignores_and_is_silent'
    await rig.push(cut.draftId)
    rig.platform.set(adSet, 'daily_budget', '75.00')
    await rig.reconcile.once(cut.draftId, AbortSignal.timeout(5_000))
    expect(rig.get(cut.draftId)).toMatchObject({ state: 'unknown', stateReason: 'reconciled_conflict' })
    expect(net()).toBe(0n)
    syncs({ dailyBudgetMicros: 75n * ONE })
    await rig.push(rig.propose({ ...LOWER, expected_current: '75.00', new_value: '85.00' }).draftId)
    expect(net()).toBe(10n * ONE)
    expect(rig.drafts.usage(accountOf(adSet), 0).grossMicros).toBe(30n * ONE)
  })
})

describe('a change that somebody else wrote over', () => {
  test('stays unknown and does not stand in the way of a new draft by the same maker', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'takes_and_is_silent'
    const waiting = rig.push(draft.draftId)
    await waiting
    expect((await refusalOf(() => rig.propose({ ...BID, new_value: '8.00' }))).code).toBe('conflicting_draft')
    rig.platform.set(adSet, 'cost_cap', '7.00')
    await rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'reconciled_conflict' })
    expect(rig.propose({ ...BID, new_value: '8.00' }).state).toBe('pending')
  })
})

describe('a clear yes that never shows', () => {
  const NO_EFFECT = 'The platform said yes (its request id is write-1), but it still says 9.00.'

  test('is unknown at first, and failed once it must have shown, long before a lost answer would be', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores'
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'no_effect_yet' })
    const signal = AbortSignal.timeout(5_000)
    expect((await refusalOf(() => rig.reconcile.once(draft.draftId, signal))).code).toBe('timeout')
    rig.clock.pass(READ_AFTER_WRITE_MS - 1)
    expect((await refusalOf(() => rig.reconcile.once(draft.draftId, signal))).code).toBe('timeout')
    rig.clock.pass(1)
    await rig.reconcile.once(draft.draftId, signal)
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'no_effect' })
    expect(rig.get(draft.draftId).stateMessage).toContain(NO_EFFECT)
    expect(rig.line(draft.draftId, 'apply.reconciled')).toMatch(/"outcome":"not_applied","platformRequestId":"write-1"/)
    expect(rig.platform.writes).toHaveLength(1)
    expect(await rig.verified()).toBe(true)
  })

  test('is failed at once where a platform shows what it took within the read-backs', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores'
    rig.platform.readAfterWriteMs = 4_000
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'no_effect' })
    expect(rig.get(draft.draftId).stateMessage).toContain(NO_EFFECT)
    expect(rig.line(draft.draftId, 'apply.outcome')).toContain('"outcome":"no_effect"')
    expect(rig.drafts.outboxOf(draft.draftId)).toMatchObject([{ state: 'done', outcome: 'not_applied' }])
    // It changed nothing, so it takes no room in the envelope and the entity is free.
    expect((await rig.arm(rig.propose(BID).draftId)).live).toMatchObject([{ value: '9.00' }])
  })

  test('that shows late is applied', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores'
    await rig.push(draft.draftId)
    rig.platform.set(adSet, 'cost_cap', '10.00')
    await rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'applied', stateReason: 'reconciled_applied' })
  })

  test('is not what a lost answer is: that one may arrive until the platform’s own limit', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores_and_is_silent'
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'no_clear_answer' })
    const look = (): Promise<void> => rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    await refusalOf(look)
    rig.clock.pass(SETTLE_MS - 1)
    expect((await refusalOf(look)).code).toBe('timeout')
    rig.clock.pass(1)
    await look()
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'reconciled_not_applied' })
    expect(rig.get(draft.draftId).stateMessage).not.toContain('said yes')
    expect(rig.line(draft.draftId, 'apply.reconciled')).toContain('"reads":2')
  })

  test('that shows between two readings is applied, and the log counts both', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores_and_is_silent'
    await rig.push(draft.draftId)
    const look = (): Promise<void> => rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    await refusalOf(look)
    rig.clock.pass(SETTLE_MS)
    const last = rig.platform.reads + 2
    rig.platform.beforeRead = (reads) => {
      if (reads === last) rig.platform.set(adSet, 'cost_cap', '10.00')
    }
    await look()
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'applied' })
    expect(rig.line(draft.draftId, 'apply.reconciled')).toContain('"reads":2')
  })
})

describe('reading back', () => {
  const throttleReads = (from: number, to: number): void => {
    rig.platform.beforeRead = (reads) => {
      if (reads >= from && reads <= to) throw throttled()
    }
  }

  test('while the platform throttles takes its time and changes no verdict', async () => {
    const draft = rig.propose(BID)
    throttleReads(3, 5) // 1 to arm, 2 before the write, then three of five read-backs
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'applied', stateReason: 'read_back' })
    expect(rig.platform.writes).toHaveLength(1)
  })

  test('that hangs keeps nobody waiting for long: the outcome is openly unknown', async () => {
    const draft = rig.propose(BID)
    let readBacks = 0
    rig.platform.beforeRead = (reads) => {
      if (reads < 3) return
      readBacks += 1
      rig.clock.pass(20_000)
      throw throttled()
    }
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'read_back_failed' })
    expect(readBacks).toBe(2)
  })

  test('that is throttled to the end is unknown, and found by reading later', async () => {
    const draft = rig.propose(BID)
    throttleReads(3, 99)
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'read_back_failed' })
    const look = (): Promise<void> => rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
    expect((await refusalOf(look)).code).toBe('platform_throttled')
    expect(rig.get(draft.draftId).state).toBe('unknown')
    throttleReads(0, 0)
    await look()
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'applied' })
    expect(rig.platform.writes).toHaveLength(1)
  })

  test('once, early, and never again proves nothing, however short a platform’s memory is', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores'
    rig.platform.readAfterWriteMs = 1_000
    throttleReads(4, 99) // one reading at once, then silence
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'no_effect_yet' })
  })

  test('watched in the background ends by itself', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'ignores'
    await rig.push(draft.draftId)
    throttleReads(8, 10)
    await rig.reconcile.watch(draft.draftId)
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'no_effect' })
    expect(rig.platform.writes).toHaveLength(1)
  })

  test('goes on in the background through hours of throttling, ever more seldom', async () => {
    const draft = rig.propose(BID)
    const startedMs = rig.clock.nowMs()
    rig.platform.beforeRead = (reads) => {
      if (reads > 2 && rig.clock.nowMs() - startedMs < 6 * 3_600_000) throw throttled()
    }
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'unknown', stateReason: 'read_back_failed' })
    await rig.reconcile.watch(draft.draftId)
    expect(rig.get(draft.draftId)).toMatchObject({ state: 'applied' })
    expect(rig.platform.reads).toBeLessThan(60)
    expect(rig.platform.writes).toHaveLength(1)
  })

  test('of a refused or partly failed write is not needed: nothing was changed', async () => {
    const draft = rig.propose(BID)
    rig.platform.behaviour = 'refuses'
    expect(await rig.push(draft.draftId)).toMatchObject({ state: 'apply_failed', stateReason: 'refused_by_platform' })
    expect(rig.line(draft.draftId, 'apply.outcome')).not.toContain('One of one')
  })
})
