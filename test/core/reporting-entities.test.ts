import { beforeAll, describe, expect, test } from 'vitest'
import { getEntity, listEntities } from '../../main/reporting/entities.ts'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { readSnapshot } from '../../main/reporting/snapshot.ts'
import { factsWriters } from '../../main/store/facts-tables.ts'
import { type Entity, TARGETINGS } from '../../shared/domain/entity.ts'
import { accountIdSchema, type EntityId, entityId } from '../../shared/domain/ids.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const account = accountIdSchema.parse('tiktok:7000000000000000001')
const id = (type: 'campaign' | 'ad_group' | 'ad' | 'creative', externalId: string): EntityId =>
  entityId(account, type, externalId)
const code = (expected: string) => expect.objectContaining({ code: expected })

const platform = paperPlatform({ campaigns: 3, adGroups: 2, ads: 2 })
function edit(entity: EntityId, change: Partial<Entity>): void {
  const found = platform.entities.get(entity)
  if (found === undefined) throw new Error(`no ${entity}`)
  platform.entities.set(entity, { ...found, ...change })
}
edit(id('campaign', '1'), { name: 'Ünïcode SALE 100%', status: 'paused' })
edit(id('campaign', '2'), { name: '  Under_score\u0007 and  spaces ' })
edit(id('ad', '10101'), { text: `Buy${'\u{E0041}'.repeat(5)} now`, landingPage: 'https://shop.example/?a=1\u202E' })
edit(id('ad_group', '102'), { status: 'paused' })
edit(id('ad_group', '301'), { viewWindowDays: null })

let rig: SyncRig
beforeAll(async () => {
  rig = syncRig(platform)
  await rig.run(30)
})

function list(input: Omit<InputOf<'list_entities'>, 'account_id'>): OutputOf<'list_entities'> {
  return OPERATIONS.list_entities.output.parse(
    listEntities(rig, OPERATIONS.list_entities.input.parse({ account_id: account, ...input })),
  )
}
const get = (entity: EntityId, openDraftIds: readonly string[] = []): OutputOf<'get_entity'> =>
  OPERATIONS.get_entity.output.parse(getEntity({ ...rig, openDraftIds: openDraftIds as never }, { entity_id: entity }))
const names = (input: Parameters<typeof list>[0]): string[] =>
  list(input).entities.map((entity) => entity.untrusted.name)

const accounts = (input: InputOf<'list_accounts'> = {}) =>
  OPERATIONS.list_accounts.output.parse(
    listAccounts({ ...rig, connectionState: (connection) => `${connection} is ok`, writesAllowed: () => true }, input),
  )

describe('list_accounts', () => {
  test('says how fresh each account is and how much is in it', () => {
    expect(accounts()).toEqual({
      accounts: [
        {
          account_id: account,
          platform: 'tiktok',
          currency: 'EUR',
          time_zone: 'Europe/Berlin',
          status: 'active',
          last_sync_at: '2026-11-23T12:00:00.000Z',
          complete_through: '2026-11-22',
          connection_state: 'c1 is ok',
          writes_allowed: true,
          campaigns: 3,
          ad_groups: 6,
          ads: 12,
          untrusted: { name: 'Shop 1', manager: null },
        },
      ],
      as_of: '2026-11-23T12:00:00.000Z',
      warnings: [],
    })
  })
  test('filters by platform', () => {
    expect(accounts({ platform: 'tiktok' }).accounts).toHaveLength(1)
    expect(accounts({ platform: 'meta' })).toMatchObject({ accounts: [], as_of: null })
  })
})

describe('list_entities', () => {
  test('pages through everything once, in any order', () => {
    for (const order_by of ['spend_7d', 'name', 'id'] as const) {
      const seen: string[] = []
      for (let cursor: string | undefined; ; ) {
        const page = list({ type: 'ad', order_by, limit: 5, ...(cursor === undefined ? {} : { cursor }) })
        expect(page.total).toBe(12)
        seen.push(...page.entities.map((entity) => entity.entity_id))
        if (page.next_cursor === null) break
        cursor = page.next_cursor
      }
      expect(new Set(seen).size).toBe(12)
      expect(seen).toHaveLength(12)
    }
  })

  test('shows the last seven whole days of spend, the same as the metrics do, largest first', () => {
    const { entities } = list({ type: 'campaign' })
    const spend = queryMetrics(rig, {
      metrics: ['spend'],
      dimensions: ['campaign'],
      start_date: '2026-11-16',
      end_date: '2026-11-22',
    })
    expect(entities.map((entity) => [entity.entity_id, entity.spend_7d?.amount])).toEqual(
      spend.rows.map((row) => [row.entity_id, row.metrics.spend]),
    )
  })

  test('finds names without regard to case, and takes % and _ literally', () => {
    expect(names({ type: 'campaign', name_contains: 'ÜNÏ' })).toEqual(['Ünïcode SALE 100%'])
    expect(names({ type: 'campaign', name_contains: '%' })).toEqual(['Ünïcode SALE 100%'])
    expect(names({ type: 'campaign', name_contains: 'r_s' })).toEqual(['Under_score and spaces'])
    expect(names({ type: 'campaign', name_contains: 'x_y' })).toEqual([])
  })

  test('narrows by status and by anything above', () => {
    expect(names({ type: 'campaign', status: 'paused' })).toEqual(['Ünïcode SALE 100%'])
    expect(names({ type: 'ad_group', parent_id: id('campaign', '1'), order_by: 'name' })).toEqual([
      'Ad group 1.1',
      'Ad group 1.2',
    ])
    expect(names({ type: 'ad', parent_id: id('campaign', '3'), order_by: 'name' })).toEqual([
      'Ad 3.1.1',
      'Ad 3.1.2',
      'Ad 3.2.1',
      'Ad 3.2.2',
    ])
    expect(names({ type: 'ad', parent_id: id('ad_group', '302'), order_by: 'name' })).toEqual(['Ad 3.2.1', 'Ad 3.2.2'])
  })

  test('gives creatives without spend, because platforms give none', () => {
    expect(list({ type: 'creative' }).entities).toMatchObject([
      { type: 'creative', spend_7d: null, daily_budget: null },
    ])
  })

  test('refuses accounts, parents and cursors that are not there, and accounts that were never synced', () => {
    expect(() => listEntities(rig, { account_id: accountIdSchema.parse('meta:1'), type: 'ad' })).toThrow(
      code('account_not_available'),
    )
    expect(() => list({ type: 'ad', parent_id: id('campaign', '77') })).toThrow(code('unknown_entity'))
    const { next_cursor } = list({ type: 'ad', limit: 3 })
    expect(() => list({ type: 'ad_group', limit: 3, cursor: next_cursor ?? '' })).toThrow(code('invalid_input'))
    expect(() => getEntity({ ...rig, openDraftIds: [] }, { entity_id: id('ad', '77') })).toThrow(code('unknown_entity'))
  })
})

describe('get_entity', () => {
  test('gives current values exactly as a proposal has to name them, and the bounds of each field', () => {
    const draft = `d_${'a'.repeat(16)}`
    expect(get(id('ad_group', '101'), [draft])).toMatchObject({
      entity: {
        type: 'ad_group',
        parent_id: id('campaign', '1'),
        budget_kind: 'daily',
        daily_budget: { amount: '120.00', currency: 'EUR' },
      },
      current: { daily_budget: '120.00', status: 'enabled' },
      editable_fields: [
        {
          field: 'daily_budget',
          is_editable: true,
          refusal: null,
          min: '20.00',
          max: '9007199254.74',
          step: '0.01',
          takes_effect: 'immediately',
        },
        {
          field: 'status',
          is_editable: true,
          refusal: null,
          min: null,
          max: null,
          step: null,
          takes_effect: 'immediately',
        },
      ],
      settings: { click_window_days: 7, view_window_days: 1, objective: null },
      open_draft_ids: [draft],
      untrusted: { path: ['Shop 1', 'Ünïcode SALE 100%', 'Ad group 1.1'], text: null, landing_page: null },
    })
    expect(get(id('ad_group', '301')).settings).toMatchObject({ click_window_days: 7, view_window_days: 0 })
  })

  test('cleans every text others wrote', () => {
    expect(get(id('ad', '10101'))).toMatchObject({
      current: { daily_budget: null, status: 'enabled' },
      settings: { creative_ids: ['v1'] },
      untrusted: {
        path: ['Shop 1', 'Ünïcode SALE 100%', 'Ad group 1.1', 'Ad 1.1.1'],
        text: 'Buy now',
        landing_page: 'https://shop.example/?a=1',
      },
    })
  })
})

describe('what the new platforms bring', () => {
  const full: Partial<Entity> = {
    values: { cpc_bid: '0.80', target_roas: '3.50', bid_strategy: 'target_roas:3.50', scheduled_budget: '130.00' },
    delivery: 'limited',
    deliveryReasons: ['BUDGET_CONSTRAINED\u0007'],
    targeting: { age: ['25-34'], keyword: ['-free', 'snow \u202E shoes'] },
    isAutomated: true,
    editable: [
      { field: 'target_roas', isEditable: true, minMicros: 10_000n, maxMicros: 1_000_000_000n, stepMicros: 10n },
      {
        field: 'bid_strategy',
        isEditable: true,
        strategies: [{ strategy: 'lowest_cost', target: 'none', isTargetOptional: true }],
        takesEffect: 'immediately',
      },
    ],
  }
  let own: SyncRig
  const view = (entity: EntityId) =>
    OPERATIONS.get_entity.output.parse(getEntity({ ...own, openDraftIds: [] }, { entity_id: entity }))
  beforeAll(async () => {
    const other = paperPlatform({ campaigns: 120, adGroups: 1, ads: 1 })
    const set = (entity: EntityId, change: Partial<Entity>) => {
      const found = other.entities.get(entity)
      if (found !== undefined) other.entities.set(entity, { ...found, ...change })
    }
    set(id('ad_group', '101'), full)
    set(id('ad', '10101'), {
      review: 'disapproved',
      reviewReasons: ['PROHIBITED <b>claim</b>\u200B'],
      isAutomated: false,
    })
    const word = 'x'.repeat(400)
    for (let n = 1; n <= 120; n += 1)
      set(id('campaign', `${n}`), {
        ...full,
        sharedBudget: { externalId: '9', campaignIds: [] },
        targeting: Object.fromEntries(TARGETINGS.map((kind) => [kind, Array.from({ length: 50 }, () => word)])),
        deliveryReasons: Array.from({ length: 20 }, () => word),
        creativeIds: Array.from({ length: 50 }, () => word),
        text: word,
      })
    own = syncRig(other)
    await own.run(1)
  })

  test('is given in the words of a proposal, with what it can be switched to', () => {
    expect(view(id('ad_group', '101'))).toMatchObject({
      entity: { delivery: 'limited', review: null, is_automated: true, bid_strategy: 'target_roas:3.50' },
      current: {
        cpc_bid: '0.80',
        target_roas: '3.50',
        scheduled_budget: '130.00',
        bid_strategy: 'target_roas:3.50',
        cost_cap: null,
      },
      editable_fields: [
        { field: 'target_roas', min: '0.01', max: '1000.00', step: null, strategies: [] },
        { field: 'bid_strategy', strategies: [{ strategy: 'lowest_cost', target: 'none', is_target_optional: true }] },
      ],
      settings: { delivery_reasons: ['BUDGET_CONSTRAINED'], shared_budget: null },
      outside_changes: [],
      untrusted: { targeting: { age: ['25-34'], keyword: ['-free', 'snow shoes'] }, review_reasons: [] },
    })
    expect(view(id('ad', '10101'))).toMatchObject({
      entity: { review: 'disapproved', delivery: 'unknown' },
      untrusted: { review_reasons: ['PROHIBITED <b>claim</b>'] },
    })
  })

  test('fits an AI client however much is set on the platform, and says what was cut', () => {
    const answer = view(id('campaign', '1'))
    expect(JSON.stringify(answer).length).toBeLessThan(40_000)
    expect(answer.settings.shared_budget?.campaign_ids).toHaveLength(100)
    expect(answer.warnings).toEqual([
      '120 campaigns draw on its budget; the first 100 are named.',
      'Of each kind of targeting the first 20 are named.',
    ])
  })
})

describe('a page of many entities with long names', () => {
  const crowded = paperPlatform({ campaigns: 100, adGroups: 1, ads: 1 })
  for (const [entity, found] of crowded.entities)
    if (found.type === 'campaign') crowded.entities.set(entity, { ...found, name: `${found.name} ${'x'.repeat(400)}` })

  test('stays within what an AI client takes, and the next pages bring the rest', async () => {
    const many = syncRig(crowded)
    await many.run(1)
    const seen: string[] = []
    let cursor: string | undefined
    for (let pages = 0; pages < 10; pages += 1) {
      const page = OPERATIONS.list_entities.output.parse(
        listEntities(
          many,
          OPERATIONS.list_entities.input.parse({
            account_id: account,
            type: 'campaign',
            limit: 100,
            ...(cursor === undefined ? {} : { cursor }),
          }),
        ),
      )
      expect(JSON.stringify(page).length).toBeLessThan(40_000)
      seen.push(...page.entities.map((each) => each.entity_id))
      if (page.next_cursor === null) break
      cursor = page.next_cursor
    }
    expect(new Set(seen).size).toBe(100)
    expect(seen).toHaveLength(100)
  })
})

describe('the snapshot that planners read', () => {
  test('knows what runs: an entity, everything above it, and its account', async () => {
    const own = syncRig(platform)
    await own.run(1)
    const snapshot = readSnapshot(own.facts)
    expect(snapshot.isRunning(id('ad', '20101'))).toBe(true)
    expect(snapshot.isRunning(id('ad', '10101'))).toBe(false) // its campaign is paused
    expect(snapshot.isRunning(id('ad_group', '102'))).toBe(false)
    expect(snapshot.isRunning(id('ad', '999'))).toBe(false)
    expect(snapshot.parentOf(id('ad', '20101'))?.entityId).toBe(id('ad_group', '201'))
    expect(snapshot.parentOf(id('campaign', '2'))).toBeUndefined()
    const [shop] = platform.accounts
    if (shop !== undefined) platform.accounts[0] = { ...shop, status: 'disabled' }
    own.clock.advance(7_200_000)
    await own.run(1)
    if (shop !== undefined) platform.accounts[0] = shop
    expect(snapshot.isRunning(id('ad', '20101'))).toBe(false)
  })

  test('adds up the daily budgets that a switch starts or stops', () => {
    const snapshot = readSnapshot(rig.facts)
    expect(snapshot.dailyBudgetUnderMicros(id('ad_group', '101'))).toBe(120_000_000n)
    expect(snapshot.dailyBudgetUnderMicros(id('campaign', '1'))).toBe(120_000_000n) // one of its two ad groups is paused
    expect(snapshot.dailyBudgetUnderMicros(id('campaign', '2'))).toBe(240_000_000n)
    expect(snapshot.dailyBudgetUnderMicros(id('ad', '10101'))).toBe(0n)
  })

  test('follows a write that was read back, but never an older reading', async () => {
    const own = syncRig(platform)
    await own.run(1)
    const { entities } = factsWriters(own.facts)
    const target = id('ad_group', '201')
    expect(entities.updateLive(target, 'daily_budget', '133.70', own.clock.nowMs() + 5)).toBe(true)
    expect(entities.updateLive(target, 'status', 'paused', own.clock.nowMs() + 5)).toBe(true)
    expect(entities.updateLive(target, 'daily_budget', '1.00', own.clock.nowMs() + 4)).toBe(false)
    expect(entities.updateLive(id('ad_group', '999'), 'status', 'paused', own.clock.nowMs())).toBe(false)
    expect(readSnapshot(own.facts).entity(target)).toMatchObject({ dailyBudgetMicros: 133_700_000n, status: 'paused' })
    expect(() => entities.updateLive(target, 'daily_budget', '1e9', own.clock.nowMs() + 9)).toThrow(
      code('invalid_value'),
    )
  })

  test('offers no account that its connection has lost, while its history stays readable', async () => {
    const own = syncRig(paperPlatform())
    await own.run(3)
    factsWriters(own.facts).accounts.replaceListing('c1', -1, 0, [])
    expect(readSnapshot(own.facts).account(account)).toBeUndefined()
    expect(readSnapshot(own.facts).isRunning(id('ad', '10101'))).toBe(false)
    expect(getEntity({ ...own, openDraftIds: [] }, { entity_id: id('ad', '10101') }).warnings).toContainEqual(
      expect.stringContaining('no longer reachable'),
    )
    expect(listAccounts({ ...own, connectionState: () => 'ok', writesAllowed: () => true }, {}).accounts).toMatchObject(
      [{ connection_state: 'no_access' }],
    )
    expect(
      queryMetrics(own, {
        metrics: ['spend'],
        account_ids: [account],
        start_date: '2026-11-22',
        end_date: '2026-11-22',
      }).totals,
    ).toHaveLength(1)
    expect(() => queryMetrics(own, { metrics: ['spend'], start_date: '2026-11-22', end_date: '2026-11-22' })).toThrow(
      code('not_synced'),
    )
  })
})
