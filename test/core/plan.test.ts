/** What a proposal comes to, for every kind of change: against the last sync, before anybody decides anything. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatRatio, parseRatio } from '../../shared/domain/bid.ts'
import type { EditableField, Entity } from '../../shared/domain/entity.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { draftHash } from '../../main/drafts/hash.ts'
import { notesOn } from '../../main/drafts/notes.ts'
import type { Plan } from '../../main/drafts/plan.ts'
import { currencyUnit } from '../../main/drafts/policy.ts'
import { restate } from '../../main/drafts/restate.ts'
import { changeInput } from '../../shared/operations.ts'
import { entity, GOOGLE, idOf, offer, ONE, TIKTOK, worldOf } from '../support/plan-world.ts'

const money = (field: EditableField['field'], rest: Partial<EditableField> = {}): EditableField => ({
  field,
  isEditable: true,
  stepMicros: 10_000n,
  ...rest,
})
const STATUS: EditableField = { field: 'status', isEditable: true }

const group = idOf(TIKTOK, 'ad_group', '1744444444444444441')
const tiktokGroup = (rest: Partial<Entity> = {}): Entity =>
  entity(group, {
    budgetKind: 'daily',
    dailyBudgetMicros: 50n * ONE,
    values: { scheduled_budget: '50.00', cost_cap: '9.00', bid_strategy: 'cost_cap:9.00' },
    editable: [
      STATUS,
      money('daily_budget', { minMicros: 20n * ONE, maxMicros: 9_999n * ONE, takesEffect: 'immediately' }),
      money('scheduled_budget', { minMicros: 20n * ONE, takesEffect: 'next_midnight' }),
      money('cost_cap', { minMicros: 500_000n, maxMicros: 50n * ONE }),
      { field: 'bid_cap', isEditable: false, refusal: 'TikTok bids by cost here; a cap per click is for clicks only.' },
      {
        field: 'bid_strategy',
        isEditable: true,
        strategies: [offer('lowest_cost', 'none'), offer('cost_cap', 'money')],
      },
    ],
    ...rest,
  })

const campaign = idOf(GOOGLE, 'campaign', '11')
const googleCampaign = (rest: Partial<Entity> = {}): Entity =>
  entity(campaign, {
    budgetKind: 'daily',
    dailyBudgetMicros: 100n * ONE,
    values: { target_roas: '3.50', bid_strategy: 'maximize_conversion_value:3.50' },
    editable: [
      STATUS,
      money('daily_budget'),
      { field: 'target_roas', isEditable: true, minMicros: 10_000n, maxMicros: 1_000n * ONE },
      {
        field: 'bid_strategy',
        isEditable: true,
        strategies: [
          offer('maximize_conversion_value', 'ratio', true),
          offer('maximize_conversions', 'money', true),
          offer('target_cpa', 'money'),
        ],
      },
    ],
    ...rest,
  })

interface Refusal {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
  readonly message: string
}
const refused = (attempt: () => unknown): Refusal => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof OperationError)
      return { code: error.code, details: error.details ?? {}, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

const bid = (rest: object) => ({
  kind: 'set_bid',
  entity_id: group,
  field: 'cost_cap',
  expected_current: '9.00',
  new_value: '10.00',
  ...rest,
})
const strategy = (rest: object) => ({
  kind: 'set_bid_strategy',
  entity_id: group,
  expected_current: 'cost_cap:9.00',
  new_strategy: 'lowest_cost',
  ...rest,
})
const budget = (rest: object) => ({
  kind: 'set_budget',
  entity_id: group,
  budget: 'daily',
  expected_current: '50.00',
  new_value: '60.00',
  ...rest,
})

describe('a budget', () => {
  const { plan } = worldOf([tiktokGroup()])

  test('is the daily one, or the one from next midnight on', () => {
    expect(plan(budget({})).item).toMatchObject({
      field: 'daily_budget',
      after: '60.00',
      takesEffect: 'immediately',
      movementMicros: 10n * ONE,
      target: group,
      affects: [],
    })
    expect(plan(budget({ takes_effect: 'next_midnight' })).item).toMatchObject({
      field: 'scheduled_budget',
      before: '50.00',
      after: '60.00',
      takesEffect: 'next_midnight',
      movementMicros: 10n * ONE,
    })
  })

  test('makes room for raises only if it is lowered at once and for good', () => {
    const lower = { new_value: '40.00' }
    const net = (rest: object, stored: Partial<Entity> = {}) =>
      worldOf([tiktokGroup(stored)]).plan(budget({ ...lower, ...rest })).item.netMicros
    expect(net({})).toBe(-10n * ONE)
    expect(net({ takes_effect: 'next_midnight' })).toBe(0n)
    // Today's 50 becomes 40, and at midnight the 80 that wait.
    expect(net({}, { values: { scheduled_budget: '80.00' } })).toBe(0n)
    const later = [money('daily_budget', { takesEffect: 'next_midnight' })]
    expect(net({}, { editable: later })).toBe(0n)
  })

  test('from next midnight on is refused where the platform has no such thing', () => {
    const { plan: google } = worldOf([googleCampaign()])
    const input = budget({ entity_id: campaign, takes_effect: 'next_midnight', expected_current: '100.00' })
    expect(refused(() => google(input))).toMatchObject({
      code: 'field_not_editable',
      details: { field: 'scheduled_budget', editable_fields: 'status,daily_budget,target_roas,bid_strategy' },
    })
  })

  test('that is off the platform’s step is refused with the step named, and a clamped one lands on it', () => {
    const { plan: stepped } = worldOf([
      tiktokGroup({ editable: [money('daily_budget', { stepMicros: 250_000n, minMicros: 20n * ONE })] }),
    ])
    expect(refused(() => stepped(budget({ new_value: '60.10' })))).toMatchObject({
      code: 'invalid_value',
      details: { step: '0.25' },
    })
    const { plan: odd } = worldOf([
      tiktokGroup({
        dailyBudgetMicros: 50_330_000n,
        editable: [money('daily_budget', { stepMicros: 10n * ONE })],
      }),
    ])
    // Half of 50.33 more is 75.49; the step of ten leaves 70.
    expect(odd(budget({ expected_current: '50.33', new_value: '120.00' }))).toMatchObject({
      item: { after: '70.00' },
      policy: { outcome: 'clamp' },
    })
  })

  test('whose largest allowed step is smaller than the platform’s smallest is blocked', () => {
    const { plan: coarse } = worldOf([tiktokGroup({ editable: [money('daily_budget', { stepMicros: 100n * ONE })] })])
    expect(coarse(budget({ new_value: '200.00' })).policy).toMatchObject({
      outcome: 'block',
      rules: [{ rule: 'platform_step', limit: '100.00' }],
    })
  })

  test('that the limits would reduce to one the platform does not take is blocked, not written too small', () => {
    const { plan: small } = worldOf([tiktokGroup({ dailyBudgetMicros: 5n * ONE })])
    const { item, policy } = small(budget({ expected_current: '5.00', new_value: '40.00' }))
    expect(policy).toMatchObject({ outcome: 'block', rules: [{ rule: 'platform_minimum', limit: '20.00' }] })
    expect(item.after).toBe('5.00')
  })
})

describe('a bid', () => {
  const { plan } = worldOf([tiktokGroup()])

  test('is planned from the stored value, whatever way the expected one is written', () => {
    for (const expected of ['9.00', '9', '9.0'])
      expect(plan(bid({ expected_current: expected })).item).toMatchObject({
        kind: 'set_bid',
        field: 'cost_cap',
        before: '9.00',
        after: '10.00',
        movementMicros: 0n,
        netMicros: 0n,
      })
  })

  test.each<[string, object, string, object]>([
    ['whose value has moved', { expected_current: '8.00' }, 'stale_value', { current: '9.00' }],
    ['that is what it is already', { new_value: '9' }, 'invalid_value', { current: '9.00' }],
    ['that is no amount', { new_value: '1e3' }, 'invalid_value', {}],
    ['finer than the currency', { new_value: '10.001' }, 'invalid_value', {}],
    ['that the platform does not let be changed', { field: 'bid_cap' }, 'field_not_editable', { field: 'bid_cap' }],
    ['of a field the entity does not have', { field: 'target_cpa' }, 'field_not_editable', { field: 'target_cpa' }],
  ])('%s is refused', (_, rest, code, details) => {
    expect(refused(() => plan(bid(rest)))).toMatchObject({ code, details })
  })

  test('that cannot be changed is refused with the platform’s own reason', () => {
    expect(refused(() => plan(bid({ field: 'bid_cap' }))).message).toContain('a cap per click is for clicks only')
  })

  test('that is editable but not set has nothing to compare with', () => {
    const { plan: unset } = worldOf([tiktokGroup({ values: {} })])
    expect(refused(() => unset(bid({})))).toMatchObject({ code: 'field_not_editable', details: { field: 'cost_cap' } })
  })

  test.each([
    ['zero', '0.00', 'zero_budget'],
    ['a negative amount', '-4.00', 'zero_budget'],
    ['ten times as much', '90.00', 'digit_slip'],
    ['a tenth', '0.90', 'digit_slip'],
    ['less than the platform takes', '0.40', 'digit_slip'],
    ['more than the platform takes', '51.00', 'platform_maximum'],
  ])('of %s is blocked', (_, value, rule) => {
    const { item, policy } = plan(bid({ new_value: value }))
    expect(policy).toMatchObject({ outcome: 'block', rules: [{ rule }] })
    expect(item.after).toBe('9.00')
  })

  test('is held by the percentage of one step and not by the amount for budgets', () => {
    expect(plan(bid({ new_value: '20.00' }))).toMatchObject({
      item: { requested: '20.00', after: '13.50' },
      policy: { outcome: 'clamp', rules: [{ rule: 'max_step_percent' }] },
    })
    const { plan: yen } = worldOf(
      [
        entity(group, {
          budgetKind: 'daily',
          dailyBudgetMicros: 90_000n * ONE,
          values: { cost_cap: '90000' },
          editable: [{ field: 'cost_cap', isEditable: true }],
        }),
      ],
      'JPY',
    ) // prettier-ignore
    expect(yen(bid({ expected_current: '90000', new_value: '130000' })).policy.outcome).toBe('pass')
  })

  test('may not rise where no daily budget caps the spend, and may always fall', () => {
    const under = idOf(TIKTOK, 'campaign', '1733333333333333331')
    const parent = (rest: Partial<Entity>): Entity => entity(under, { editable: [], ...rest })
    const child = (rest: Partial<Entity>) => tiktokGroup({ parentId: under, ...rest })
    const noCap = { budgetKind: 'lifetime' as const }
    const lifetime = worldOf([entity(group, { ...noCap, values: { cost_cap: '9.00' }, editable: [money('cost_cap')] })])
    expect(lifetime.plan(bid({})).policy).toMatchObject({ outcome: 'block', rules: [{ rule: 'unknown_spend' }] })
    expect(lifetime.plan(bid({ new_value: '8.00' })).policy.outcome).toBe('pass')

    const { dailyBudgetMicros: _, ...inherited } = child({ budgetKind: 'inherited' })
    const above = parent({ budgetKind: 'daily', dailyBudgetMicros: 80n * ONE })
    expect(worldOf([inherited, above]).plan(bid({})).policy.outcome).toBe('pass')
    expect(worldOf([inherited, parent(noCap)]).plan(bid({})).policy.outcome).toBe('block')
    expect(worldOf([inherited]).plan(bid({})).policy.outcome).toBe('block')
  })
})

describe('a return on ad spend', () => {
  const { plan } = worldOf([googleCampaign()])
  const roas = (rest: object) => bid({ entity_id: campaign, field: 'target_roas', expected_current: '3.5', ...rest })

  test('is a plain ratio, not money', () => {
    expect(plan(roas({ new_value: '4' })).item).toMatchObject({ before: '3.50', after: '4.00', movementMicros: 0n })
    expect(plan(roas({ new_value: '3.1415' })).item.after).toBe('3.1415')
    expect(refused(() => plan(roas({ new_value: '3.14159' }))).code).toBe('invalid_value')
  })

  test('is clamped and bounded like a bid', () => {
    expect(plan(roas({ new_value: '9.00' }))).toMatchObject({ item: { after: '5.25' }, policy: { outcome: 'clamp' } })
    expect(plan(roas({ new_value: '35.00' })).policy.rules[0]?.rule).toBe('digit_slip')
    expect(plan(roas({ new_value: '0' })).policy.rules[0]).toMatchObject({ rule: 'zero_budget', limit: '0.00' })
  })

  test('that falls lets the platform spend more readily: blocked without a daily cap', () => {
    const { plan: uncapped } = worldOf([googleCampaign({ budgetKind: 'lifetime' })])
    expect(uncapped(roas({ new_value: '3.00' })).policy.rules[0]?.rule).toBe('unknown_spend')
    expect(uncapped(roas({ new_value: '4.00' })).policy.outcome).toBe('pass')
  })
})

describe('a bid strategy', () => {
  const { plan } = worldOf([tiktokGroup()])

  test('is switched as one value with its target, moves no spend and passes', () => {
    expect(plan(strategy({ expected_current: 'cost_cap:9' }))).toMatchObject({
      item: { field: 'bid_strategy', before: 'cost_cap:9.00', after: 'lowest_cost', movementMicros: 0n },
      policy: { outcome: 'pass', rules: [] },
    })
  })

  test.each<[string, object, string]>([
    ['that the platform does not offer', { new_strategy: 'bid_cap', target: '2.00' }, 'unsupported_on_platform'],
    ['that nobody can set', { new_strategy: 'other' }, 'unsupported_on_platform'],
    ['without the target it needs', { new_strategy: 'cost_cap' }, 'invalid_value'],
    ['with a target where none belongs', { target: '2.00' }, 'invalid_value'],
    ['with a target of zero', { new_strategy: 'cost_cap', target: '0' }, 'invalid_value'],
    ['that is in force already', { new_strategy: 'cost_cap', target: '9' }, 'invalid_value'],
    ['whose present target has moved', { expected_current: 'cost_cap:8.00' }, 'stale_value'],
    ['whose present strategy was another', { expected_current: 'lowest_cost' }, 'stale_value'],
    ['with nonsense as the expected one', { expected_current: 'automatic' }, 'invalid_value'],
  ])('%s is refused', (_, rest, code) => {
    expect(refused(() => plan(strategy(rest))).code).toBe(code)
  })

  test('names what is offered when it refuses', () => {
    expect(refused(() => plan(strategy({ new_strategy: 'min_roas', target: '2.00' }))).details).toMatchObject({
      strategies: 'lowest_cost, cost_cap',
    })
  })

  test('that keeps its kind and moves its target is judged as a bid', () => {
    const retarget = (target: string): Plan => plan(strategy({ new_strategy: 'cost_cap', target }))
    expect(retarget('10.00')).toMatchObject({ item: { after: 'cost_cap:10.00' }, policy: { outcome: 'pass' } })
    expect(retarget('30.00')).toMatchObject({ item: { after: 'cost_cap:13.50' }, policy: { outcome: 'clamp' } })
    expect(retarget('90.00')).toMatchObject({ item: { after: 'cost_cap:9.00' }, policy: { outcome: 'block' } })
  })

  test('that brings a new target is held by the platform’s bounds for it', () => {
    const { plan: free } = worldOf([tiktokGroup({ values: { bid_strategy: 'lowest_cost' } })])
    const from = (target: string): Plan =>
      free(strategy({ expected_current: 'lowest_cost', new_strategy: 'cost_cap', target }))
    expect(from('30.00')).toMatchObject({ item: { after: 'cost_cap:30.00' }, policy: { outcome: 'pass' } })
    expect(from('51.00').policy.rules[0]?.rule).toBe('platform_maximum')
    expect(refused(() => from('9.005')).code).toBe('invalid_value')
  })

  test('that brings a new amount takes it in the steps of the budget where its own bid has no bounds yet', () => {
    // As on Meta in forint: whole units only, and the cap is closed until the strategy is switched.
    const { plan: forint } = worldOf(
      [
        tiktokGroup({
          values: { bid_strategy: 'lowest_cost' },
          editable: [
            money('daily_budget', { stepMicros: ONE }),
            { field: 'cost_cap', isEditable: false, refusal: 'Change the bid strategy first.' },
            {
              field: 'bid_strategy',
              isEditable: true,
              strategies: [offer('cost_cap', 'money'), offer('min_roas', 'ratio')],
            },
          ],
        }),
      ],
      'HUF',
    )
    const to = (new_strategy: string, target: string): Plan =>
      forint(strategy({ expected_current: 'lowest_cost', new_strategy, target }))
    expect(refused(() => to('cost_cap', '9.50'))).toMatchObject({ code: 'invalid_value', details: { step: '1.00' } })
    expect(to('cost_cap', '9').item.after).toBe('cost_cap:9.00')
    expect(to('min_roas', '1.2345').item.after).toBe('min_roas:1.2345')
  })

  test('can gain or lose an optional target, and its ratio stays a ratio', () => {
    const { plan: google } = worldOf([googleCampaign()])
    const change = (rest: object): Plan =>
      google(strategy({ entity_id: campaign, expected_current: 'maximize_conversion_value:3.5', ...rest }))
    expect(change({ new_strategy: 'maximize_conversion_value' }).item.after).toBe('maximize_conversion_value')
    expect(change({ new_strategy: 'maximize_conversion_value', target: '4' }).item.after).toBe(
      'maximize_conversion_value:4.00',
    )
    expect(change({ new_strategy: 'target_cpa', target: '12.5' }).item.after).toBe('target_cpa:12.50')
  })

  test('is not switched where no daily budget caps what the new one may spend', () => {
    const { plan: lifetime } = worldOf([tiktokGroup({ budgetKind: 'lifetime' })])
    expect(lifetime(strategy({})).policy).toMatchObject({ outcome: 'block', rules: [{ rule: 'unknown_spend' }] })
  })
})

describe('a budget that campaigns share', () => {
  const ids = ['30', '11', '20'].map((each) => idOf(GOOGLE, 'campaign', each))
  const sharing = (statuses: readonly Entity['status'][] = ['enabled', 'enabled', 'enabled']): Entity[] =>
    ids.map((id, index) => ({
      ...googleCampaign({ name: `Campaign ${id.slice(-2)}`, status: statuses[index] ?? 'enabled' }),
      entityId: id,
      sharedBudget: { externalId: '5', campaignIds: ids },
    }))
  const own = idOf(GOOGLE, 'campaign', '11')
  const change = budget({ entity_id: own, expected_current: '100.00', new_value: '90.00' })

  test('is one target, and the other campaigns are named, sorted, without the one it was proposed on', () => {
    const { item } = worldOf(sharing()).plan(change)
    expect(item).toMatchObject({
      target: `${GOOGLE}/budget/5`,
      affects: [
        { entityId: idOf(GOOGLE, 'campaign', '20'), name: 'Campaign 20' },
        { entityId: idOf(GOOGLE, 'campaign', '30'), name: 'Campaign 30' },
      ],
      netMicros: -10n * ONE,
    })
    expect(notesOn(item).join(' ')).toContain('2 other campaigns')
    expect(notesOn(item).join(' ')).not.toContain('Campaign 20')
  })

  test('makes room when it is lowered only if some campaign of it runs', () => {
    expect(worldOf(sharing(['paused', 'paused', 'enabled'])).plan(change).item.netMicros).toBe(-10n * ONE)
    expect(worldOf(sharing(['paused', 'paused', 'paused'])).plan(change).item.netMicros).toBe(0n)
  })

  test('counts whole when a campaign of it is switched on, and is freed only when the last one stops', () => {
    const flip = (to: string) => ({
      kind: 'set_status',
      entity_id: own,
      expected_current: to === 'enabled' ? 'paused' : 'enabled',
      new_status: to,
    })
    const start = (statuses: readonly Entity['status'][]) => worldOf(sharing(statuses)).plan(flip('enabled')).item
    const stop = (statuses: readonly Entity['status'][]) => worldOf(sharing(statuses)).plan(flip('paused')).item
    expect(start(['enabled', 'paused', 'enabled']).movementMicros).toBe(100n * ONE)
    expect(start(['paused', 'paused', 'paused']).movementMicros).toBe(100n * ONE)
    expect(stop(['enabled', 'enabled', 'paused']).movementMicros).toBe(0n)
    expect(stop(['paused', 'enabled', 'paused'])).toMatchObject({
      movementMicros: -100n * ONE,
      target: own,
      affects: [],
    })
  })

  test('is not touched when more campaigns may share it than can be shown', () => {
    const many = Array.from({ length: 500 }, (_, index) => idOf(GOOGLE, 'campaign', String(index + 1)))
    const one = googleCampaign({ sharedBudget: { externalId: '5', campaignIds: many } })
    expect(refused(() => worldOf([one]).plan(change)).code).toBe('field_not_editable')
  })

  test('never stands in the way of a pause, which then makes no room when others may draw on it', () => {
    const many = Array.from({ length: 500 }, (_, index) => idOf(GOOGLE, 'campaign', String(index + 1)))
    const one = googleCampaign({ sharedBudget: { externalId: '5', campaignIds: many } })
    const pause = { kind: 'set_status', entity_id: campaign, expected_current: 'enabled', new_status: 'paused' }
    expect(worldOf([one]).plan(pause)).toMatchObject({ item: { movementMicros: 0n }, policy: { outcome: 'pass' } })
  })

  test('is part of what a person decides on: other campaigns are another draft', () => {
    const { item, policy } = worldOf(sharing()).plan(change)
    const hash = (items: readonly (typeof item)[]): string =>
      draftHash({
        draftId: 'd_abcdefgh234567ab' as never,
        items,
        title: 'Trim',
        rationale: 'Too much',
        originKind: 'agent',
        originId: 'mc_1',
        expiresAtMs: 1,
        policy,
      })
    const hashes = new Set([
      hash([item]),
      hash([{ ...item, affects: item.affects.slice(1) }]),
      hash([{ ...item, target: `${GOOGLE}/budget/6` }]),
      hash([{ ...item, target: item.entityId, affects: [] }]),
      hash([{ ...item, kind: 'set_status' }]),
    ])
    expect(hashes.size).toBe(5)
    // A name is shown, not decided on: renaming a campaign is no other change.
    expect(hash([{ ...item, affects: item.affects.map((each) => ({ ...each, name: 'New' })) }])).toBe(hash([item]))
  })
})

describe('an account', () => {
  test('whose changes are not switched on gets no draft of any kind', () => {
    const { plan } = worldOf([tiktokGroup()])
    const status = { kind: 'set_status', entity_id: group, expected_current: 'enabled', new_status: 'paused' }
    for (const input of [budget({}), budget({ takes_effect: 'next_midnight' }), bid({}), strategy({}), status])
      expect(refused(() => plan(input, { writesAllowed: () => false }))).toMatchObject({
        code: 'writes_not_allowed',
        details: { rule: 'writes_off', account_id: TIKTOK },
      })
  })
})

describe('what the person is told beside the numbers', () => {
  test('is true of each kind, and of a blocked one says nothing about effects', () => {
    const { plan } = worldOf([tiktokGroup()])
    const notes = (input: unknown): string => notesOn(plan(input).item).join(' ')
    expect(notes(budget({}))).toContain('at once, for today as well')
    expect(notes(budget({ takes_effect: 'next_midnight' }))).toContain('next midnight of the account')
    expect(notes(bid({}))).toContain('daily budget still caps')
    // Google may spend twice the daily budget on one day, Meta three quarters more.
    expect(notes(bid({}))).toContain('on single days a platform may go over it')
    expect(notes(bid({}))).not.toContain('in a day')
    expect(notes(bid({ new_value: '8.00' }))).not.toContain('caps')
    expect(notes(strategy({}))).toMatch(/learn anew.*daily budget still caps/)
    expect(notes(bid({ new_value: '90.00' }))).toBe('Takes effect at once.')
    const { plan: foreign } = worldOf([tiktokGroup({ values: { bid_strategy: 'other' } })])
    expect(notesOn(foreign(strategy({ expected_current: 'other' })).item).join(' ')).toContain('cannot be put back')
  })
})

describe('proposed again, and undone', () => {
  const { plan } = worldOf([tiktokGroup()])
  const every = [
    budget({}),
    budget({ takes_effect: 'next_midnight' }),
    bid({}),
    strategy({}),
    strategy({ new_strategy: 'cost_cap', target: '10.00' }),
    { kind: 'set_status', entity_id: group, expected_current: 'enabled', new_status: 'paused' },
  ]

  test.each(every)('a stored $kind is restated as exactly the proposal it came from', (input) => {
    const { item } = plan(input)
    const again = changeInput.parse(restate(item, item.before, item.requested))
    expect(plan(again).item).toEqual(item)
    const undo = changeInput.parse(restate(item, item.after, item.before))
    expect(undo).toMatchObject({ kind: input.kind, entity_id: group })
  })

  test('a switch from a strategy of the platform’s own cannot be undone from here', () => {
    const { plan: foreign } = worldOf([tiktokGroup({ values: { bid_strategy: 'other' } })])
    const { item } = foreign(strategy({ expected_current: 'other' }))
    expect(refused(() => restate(item, item.after, item.before)).code).toBe('unsupported_on_platform')
  })

  test('an undo goes all the way back in one step', () => {
    const { plan: applied } = worldOf([tiktokGroup({ values: { cost_cap: '4.00' } })])
    const back = bid({ expected_current: '4.00', new_value: '9.00' })
    expect(applied(back).policy.outcome).toBe('clamp')
    expect(applied(back, { isUndo: true })).toMatchObject({ item: { after: '9.00' }, policy: { outcome: 'pass' } })
  })
})

describe('whatever is proposed', () => {
  const currency = fc.constantFrom('EUR', 'JPY', 'KWD', 'HUF')
  const units = fc.bigInt({ min: 1n, max: 500_000n })
  const steps = fc.constantFrom(1n, 2n, 5n, 10n, 25n)
  const bound = fc.option(fc.bigInt({ min: 1n, max: 300_000n }), { nil: undefined })

  test('an amount that may be written is on the step, within the bounds, on the way, and never counted too small', () => {
    const seen = { pass: 0, clamp: 0, block: 0, refused: 0 }
    const fields = fc.constantFrom('daily_budget' as const, 'scheduled_budget' as const, 'cost_cap' as const)
    fc.assert(
      fc.property(currency, fields, units, units, steps, bound, bound, (code, field, from, to, step, low, high) => {
        const unit = currencyUnit(code)
        const [beforeMicros, stepMicros] = [from * unit, step * unit]
        const text = formatDecimal(beforeMicros, code)
        const bounds = {
          stepMicros,
          ...(low === undefined ? {} : { minMicros: low * unit }),
          ...(high === undefined ? {} : { maxMicros: high * unit }),
        }
        const stored = tiktokGroup({
          dailyBudgetMicros: field === 'cost_cap' ? 9n * ONE * 1_000n : beforeMicros,
          values: { scheduled_budget: text, cost_cap: text },
          editable: [money(field, bounds)],
        })
        const wanted = formatDecimal(to * step * unit, code)
        const input =
          field === 'cost_cap'
            ? bid({ expected_current: text, new_value: wanted })
            : budget({
                expected_current: text,
                new_value: wanted,
                takes_effect: field === 'daily_budget' ? 'immediately' : 'next_midnight',
              })
        let planned: Plan
        try {
          planned = worldOf([stored], code).plan(input)
        } catch (error) {
          seen.refused += 1
          return error instanceof OperationError && from === to * step
        }
        const { item, policy } = planned
        seen[policy.outcome] += 1
        const after = parseDecimal(item.after, code)
        if (policy.outcome === 'block') return after === beforeMicros && item.movementMicros === 0n
        const raise = after - beforeMicros
        const requested = to * step * unit
        return (
          after % stepMicros === 0n &&
          after > 0n &&
          (bounds.minMicros === undefined || after >= bounds.minMicros) &&
          (bounds.maxMicros === undefined || after <= bounds.maxMicros) &&
          (requested - after) * (requested - beforeMicros) >= 0n &&
          raise !== 0n &&
          item.movementMicros === (field === 'cost_cap' ? 0n : raise) &&
          item.netMicros >= item.movementMicros &&
          (policy.outcome === 'clamp') === (after !== requested)
        )
      }),
      { numRuns: 4_000 },
    )
    expect(Math.min(seen.pass, seen.clamp, seen.block)).toBeGreaterThan(50)
  })

  test('a ratio that may be written has at most four decimals and lies between the old and the requested one', () => {
    const seen = { pass: 0, clamp: 0, block: 0 }
    const ratio = fc.bigInt({ min: 1n, max: 200_000n }).map((each) => each * 100n)
    fc.assert(
      fc.property(ratio, ratio, (before, wanted) => {
        fc.pre(before !== wanted)
        const text = formatRatio(before)
        const { plan } = worldOf([
          googleCampaign({ values: { target_roas: text }, editable: [{ field: 'target_roas', isEditable: true }] }),
        ])
        const input = bid({
          entity_id: campaign,
          field: 'target_roas',
          expected_current: text,
          new_value: formatRatio(wanted),
        })
        const { item, policy } = plan(input)
        seen[policy.outcome] += 1
        const after = parseRatio(item.after)
        return policy.outcome === 'block'
          ? after === before
          : after > 0n && after !== before && (wanted - after) * (wanted - before) >= 0n
      }),
      { numRuns: 2_000 },
    )
    expect(Math.min(seen.pass, seen.clamp, seen.block)).toBeGreaterThan(50)
  })

  test('switching on a campaign of a shared budget counts at least what can then be spent more', () => {
    const seen = { first: 0, further: 0 }
    const status = fc.constantFrom('enabled' as const, 'paused' as const)
    fc.assert(
      fc.property(fc.array(status, { minLength: 1, maxLength: 5 }), units, (others, cents) => {
        const total = cents * 10_000n
        const ids = ['1', ...others.map((_, index) => String(index + 2))].map((each) => idOf(GOOGLE, 'campaign', each))
        const [own] = ids
        if (own === undefined) return false
        const all = ids.map((id, index) =>
          entity(id, {
            status: index === 0 ? 'paused' : (others[index - 1] ?? 'paused'),
            budgetKind: 'daily',
            dailyBudgetMicros: total,
            sharedBudget: { externalId: '5', campaignIds: ids },
            editable: [STATUS],
          }),
        )
        const { item } = worldOf(all).plan({
          kind: 'set_status',
          entity_id: own,
          expected_current: 'paused',
          new_status: 'enabled',
        })
        const isSpentAlready = others.includes('enabled')
        seen[isSpentAlready ? 'further' : 'first'] += 1
        return item.movementMicros >= (isSpentAlready ? 0n : total) && item.netMicros === item.movementMicros
      }),
      { numRuns: 300 },
    )
    expect(Math.min(seen.first, seen.further)).toBeGreaterThan(20)
  })
})
