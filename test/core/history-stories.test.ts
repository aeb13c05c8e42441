/**
 * The platforms' own change histories against our records, told on the whole app and each platform's sandbox: what we wrote is found again,
 * what somebody else wrote is reported, and what the history lacks is said.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PLATFORMS, splitEntityId } from '../../shared/domain/ids.ts'
import { DAY_MS } from '../support/facts-rig.ts'
import { startWriteStory, type WriteStory } from '../support/write-story.ts'

const HOUR_MS = 3_600_000

test('a write to a budget that several campaigns share is found again as ours, and the same edit of somebody else is reported', async () => {
  const story = await startWriteStory('google_ads')
  const { sharedBudget } = story.harness.examples
  if (sharedBudget === undefined) throw new Error('no shared budget')
  const account_id = splitEntityId(sharedBudget.campaign).accountId
  const compare = async () => (await story.window('compare_history', { account_id })).accounts[0]
  await compare()
  const draft = await story.propose({
    name: 'a shared budget',
    entityId: sharedBudget.campaign,
    field: 'daily_budget',
    operation: ({ current }) => ({
      kind: 'set_budget',
      entity_id: sharedBudget.campaign,
      budget: 'daily',
      expected_current: current.daily_budget ?? '',
      new_value: '115.00',
    }),
    drifted: () => '',
  })
  await story.confirm(draft)
  expect((await story.settled(draft)).state).toBe('applied')
  story.clock.advance(HOUR_MS)
  expect(await compare()).toMatchObject({ ours: 1, outside: 0, missing: 0 })
  story.harness.changeOutside(sharedBudget.others[0] ?? sharedBudget.campaign, 'daily_budget', '99.00')
  story.clock.advance(HOUR_MS)
  expect(await compare()).toMatchObject({ ours: 0, outside: 1, missing: 0 })
  // Whichever of its campaigns is looked at, the change of the budget is one of them.
  for (const entity_id of [sharedBudget.campaign, ...sharedBudget.others]) {
    const { changes } = await story.window('list_platform_changes', { entity_id })
    expect(changes.map((change) => [change.is_shared_budget, change.match, change.after])).toEqual([
      [true, 'outside', '99.00'],
      [true, 'ours', '115.00'],
    ])
  }
  const first = await story.window('list_platform_changes', { account_id, limit: 1 })
  const second = await story.window('list_platform_changes', { account_id, limit: 1, cursor: first.next_cursor ?? '' })
  expect([first.total, first.changes[0]?.after, second.changes[0]?.after, second.next_cursor]).toEqual([
    2,
    '99.00',
    '115.00',
    null,
  ])
  expect((await story.refusal('list_platform_changes', { cursor: 'nonsense' })).code).toBe('invalid_input')
  await story.close()
})

describe.each(PLATFORMS)('the change history of %s', (platform) => {
  let story: WriteStory
  beforeEach(async () => {
    story = await startWriteStory(platform)
  })
  afterEach(() => story.close())

  const account = () => splitEntityId(story.harness.examples.budgetCampaign).accountId
  async function compare() {
    const { accounts } = await story.window('compare_history', { account_id: account() })
    const [only] = accounts
    if (only === undefined) throw new Error('nothing was compared')
    return only
  }
  const listed = (match?: 'ours' | 'outside' | 'unclear') =>
    story.window('list_platform_changes', {
      account_id: account(),
      limit: 100,
      ...(match === undefined ? {} : { match }),
    })
  const records = async (type: string) => {
    const { records: all } = await story.window('list_audit', { limit: 100 })
    return all.filter((record) => record.type === type)
  }

  test('every kind of change that we make is found again as ours, and nothing is missing', async () => {
    await compare()
    const applied: string[] = []
    for (const one of story.cases) {
      const draft = await story.propose(one)
      await story.confirm(draft)
      if ((await story.settled(draft)).state === 'applied') applied.push(draft.draft_id)
      story.clock.advance(120_000)
    }
    expect(applied).toHaveLength(story.cases.length)
    story.clock.advance(2 * HOUR_MS)
    const result = await compare()
    expect(result).toMatchObject({ state: 'compared', outside: 0, unclear: 0, missing: 0, is_whole: true })
    expect(result.ours).toBeGreaterThanOrEqual(applied.length)
    const { changes } = await listed('ours')
    expect(new Set(changes.map((change) => change.draft_id))).toEqual(new Set(applied))
    expect(await records('platform.change')).toEqual([])
    expect(await records('history.compared')).toHaveLength(2)
  })

  test('what somebody else changes is reported with who and what, once, and warned of on an open draft', async () => {
    await compare()
    const [budget] = story.cases
    if (budget === undefined) throw new Error('no case')
    const draft = await story.propose(budget)
    story.clock.advance(60_000)
    const answer = await story.window('get_entity', { entity_id: budget.entityId })
    story.harness.changeOutside(budget.entityId, budget.field, budget.drifted(answer))
    story.clock.advance(HOUR_MS)
    expect(await compare()).toMatchObject({ state: 'compared', ours: 0, outside: 1, unclear: 0, missing: 0 })
    const { changes } = await listed('outside')
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({
      entity_id: budget.entityId,
      field: budget.field,
      after: budget.drifted(answer),
      draft_id: null,
      listed_at: null,
    })
    expect(changes[0]?.untrusted.who).not.toBeNull()
    expect(changes[0]?.untrusted.tool).not.toBeNull()
    expect(await records('platform.change')).toHaveLength(1)
    const { warnings } = await story.window('get_draft', { draft_id: draft.draft_id })
    expect(warnings.join(' ')).toContain('Somebody else changed this on the platform')
    // Read again, it is no news; and the next listing is the same edit seen a second way.
    await story.sync()
    expect(await compare()).toMatchObject({ ours: 0, outside: 0, unclear: 0, missing: 0 })
    expect((await listed('outside')).changes[0]?.listed_at).not.toBeNull()
    expect(await records('platform.change')).toHaveLength(1)
  })

  test('a reading that fails leaves the time reached where it was, and says so', async () => {
    await compare()
    const before = (await listed()).accounts[0]
    const [one] = story.cases
    if (one === undefined) throw new Error('no case')
    story.clock.advance(HOUR_MS)
    const answer = await story.window('get_entity', { entity_id: one.entityId })
    story.harness.changeOutside(one.entityId, one.field, one.drifted(answer))
    story.harness.breakNext('history', 'server_error', { times: 50 })
    expect(await compare()).toMatchObject({ state: 'failed', problem: 'platform_unreachable' })
    const failed = (await listed()).accounts[0]
    expect(failed?.reached).toBe(before?.reached)
    expect(failed?.problem).toBe('platform_unreachable')
    story.harness.breakNext('history', 'server_error', { times: 0 })
    story.clock.advance(DAY_MS)
    expect(await compare()).toMatchObject({ state: 'compared', outside: 1 })
    expect((await listed()).accounts[0]?.problem).toBeNull()
  }, 60_000)
})
