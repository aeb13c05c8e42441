/** What an advertiser should put in order: worked cases, and the traps in which a hasty check would cry wolf. */
import { beforeEach, describe, expect, test } from 'vitest'
import { getReadiness, type ReadinessDeps } from '../../main/reporting/readiness.ts'
import { brandSigns } from '../../main/reporting/readiness-brand.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import { accountIdSchema, type EntityId, entityId } from '../../shared/domain/ids.ts'
import type { Tracker } from '../../shared/domain/tracker.ts'
import { dateOf } from '../../main/reporting/calendar.ts'
import { OperationError } from '../../shared/errors.ts'
import { type InputOf, OPERATIONS, READINESS_CHECKS } from '../../shared/operations.ts'
import { DAY_MS, NOON, type PaperPlatform, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const account = (n: number) => accountIdSchema.parse(`tiktok:700000000000000000${n}`)
const id = (type: 'campaign' | 'ad_group' | 'ad', externalId: string, n = 1): EntityId =>
  entityId(account(n), type, externalId)

let platform: PaperPlatform
let rig: SyncRig
const healthy = (n = 1): Tracker => ({
  accountId: account(n),
  externalId: '501',
  kind: 'pixel',
  name: 'Main pixel',
  state: 'healthy',
  rawStatus: 'ACTIVE',
  lastReceivedAtMs: NOON - 60_000,
  problems: [],
})
/** One account with three campaigns of two ad groups of two ads, all delivering; a test spoils one thing. */
beforeEach(() => {
  platform = paperPlatform({ campaigns: 3, adGroups: 2, ads: 2 })
  platform.trackers.push(healthy())
  for (const [key, entity] of platform.entities)
    if (entity.type === 'campaign')
      platform.entities.set(key, {
        ...entity,
        editable: [{ field: 'status', isEditable: true, takesEffect: 'immediately' }],
      })
  rig = syncRig(platform)
})

function edit(entity: EntityId, change: Partial<Entity>): void {
  const found = platform.entities.get(entity)
  if (found === undefined) throw new Error(`no ${entity}`)
  platform.entities.set(entity, { ...found, ...change })
}
/** Nothing is delivered of it, and of what lies below it, on the last `days` days before today. */
function silence(externalId: string, days: number): void {
  for (const entity of platform.entities.values())
    if (entity.type !== 'creative' && entity.entityId.split('/')[2]?.startsWith(externalId) === true)
      for (let age = 0; age <= days; age += 1)
        platform.patches.set(`${entity.entityId} ${dateOf(Math.floor(NOON / DAY_MS) - age)}`, null)
}
const fine: Pick<ReadinessDeps, 'writesAllowed' | 'connectionHealth'> = {
  writesAllowed: () => true,
  connectionHealth: () => ({ state: 'ok', health: { isValid: true, expiresAtMs: null, canWrite: true } }),
}
function ask(more: Partial<ReadinessDeps> = {}, input: InputOf<'get_account_readiness'> = { severity_min: 'ok' }) {
  return OPERATIONS.get_account_readiness.output.parse(
    getReadiness({ ...rig, ...fine, ...more }, OPERATIONS.get_account_readiness.input.parse(input)),
  )
}
function check(name: (typeof READINESS_CHECKS)[number], more: Partial<ReadinessDeps> = {}) {
  const found = ask(more).accounts[0]?.checks.find((each) => each.check === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}
const about = (name: (typeof READINESS_CHECKS)[number]) => check(name).items.map(({ entity_id }) => entity_id)

test('an account in order passes every check, and has nothing to say unless asked', async () => {
  await rig.run(40)
  const [all] = ask().accounts
  expect(all?.checks.map((each) => each.check).toSorted()).toEqual([...READINESS_CHECKS].toSorted())
  expect(all?.checks.filter(({ severity }) => severity !== 'ok')).toEqual([])
  expect(all).toMatchObject({ severity: 'ok', untrusted: { name: 'Shop 1' } })
  expect(ask({}, {})).toMatchObject({ accounts: [{ checks: [], trackers: [{ state: 'healthy' }] }], warnings: [] })
})

describe('campaigns and ad groups that are on and do nothing', () => {
  test('are named with the day they last delivered and a draft that would cure it', async () => {
    silence('2', 20)
    await rig.run(60)
    expect(check('inactive_campaigns')).toMatchObject({
      severity: 'warning',
      count: 1,
      message: 'One campaign is switched on and had no impression in the last 14 whole days.',
      items: [
        {
          entity_id: id('campaign', '2'),
          detail: 'Last impression on 2026-11-02.',
          cure: {
            kind: 'set_status',
            entity_id: id('campaign', '2'),
            expected_current: 'enabled',
            new_status: 'paused',
          },
          untrusted: { name: 'Campaign 2' },
        },
      ],
    })
    // Its ad groups are the same finding again.
    expect(check('inactive_ad_groups')).toMatchObject({ severity: 'ok', count: 0 })
  })
  test('an ad group alone is named when its campaign delivers', async () => {
    silence('201', 20)
    await rig.run(60)
    expect(about('inactive_campaigns')).toEqual([])
    expect(about('inactive_ad_groups')).toEqual([id('ad_group', '201')])
  })
  test('without the right to change anything there is no cure, and none where the platform allows no switch', async () => {
    silence('2', 20)
    await rig.run(60)
    expect(check('inactive_campaigns', { writesAllowed: () => false }).items[0]?.cure).toBeNull()
    edit(id('campaign', '2'), { editable: [{ field: 'status', isEditable: false, refusal: 'Smart+' }] })
    rig.clock.advance(3_700_000)
    await rig.run(60)
    expect(check('inactive_campaigns').items[0]?.cure).toBeNull()
  })
  test.each<[string, Partial<Entity>]>([
    ['that is paused', { status: 'paused' }],
    ['that has just started', { startsAt: '2026-11-18 00:00:00' }],
    ['that is scheduled for next week', { startsAt: '2026-12-01T00:00:00+0100', delivery: 'pending' }],
    ['that has ended', { endsAt: '2026-11-01 00:00:00' }],
    ['that the platform calls ended', { delivery: 'ended' }],
    ['that was edited last week', { modifiedAt: '2026-11-16 09:00:00' }],
  ])('a campaign %s is not inactive', async (_what, change) => {
    silence('2', 20)
    edit(id('campaign', '2'), change)
    await rig.run(60)
    expect(about('inactive_campaigns')).toEqual([])
  })
  test('a campaign seen for the first time, that never delivered and does not say how old it is, may be new', async () => {
    silence('2', 60)
    for (const n of ['1', '2', '3']) edit(id('campaign', n), {})
    await rig.run(50)
    expect(about('inactive_campaigns')).toEqual([])
    // Two weeks later it is not new any more.
    rig.clock.advance(16 * DAY_MS)
    for (let age = -17; age <= 0; age += 1)
      for (const entity of platform.entities.values())
        if (entity.entityId.split('/')[2]?.startsWith('2') === true)
          platform.patches.set(`${entity.entityId} ${dateOf(Math.floor(NOON / DAY_MS) - age)}`, null)
    await rig.run(50)
    expect(about('inactive_campaigns')).toEqual([id('campaign', '2')])
    expect(check('inactive_campaigns').items[0]?.detail).toBe('No impression on any day held.')
  })
  test('a campaign that was switched on lately gets its time', async () => {
    silence('2', 20)
    edit(id('campaign', '2'), { status: 'paused' })
    await rig.run(60)
    edit(id('campaign', '2'), { status: 'enabled' })
    rig.clock.advance(3_700_000)
    await rig.run(60)
    expect(about('inactive_campaigns')).toEqual([])
  })
  test('below a paused campaign nothing is inactive', async () => {
    silence('201', 20)
    edit(id('campaign', '2'), { status: 'paused' })
    await rig.run(60)
    expect(about('inactive_ad_groups')).toEqual([])
  })
  test('with fewer than fourteen whole days nothing is judged', async () => {
    silence('2', 20)
    await rig.run(10)
    expect(check('inactive_campaigns')).toMatchObject({
      severity: 'ok',
      message: 'Not judged: fewer than 14 whole days are held.',
    })
  })
  test('thirteen silent days are not enough', async () => {
    silence('2', 13)
    await rig.run(60)
    expect(about('inactive_campaigns')).toEqual([])
  })
})

describe('disapproved ads', () => {
  test('that are on are named, with the draft that switches them off', async () => {
    edit(id('ad', '10101'), {
      review: 'disapproved',
      editable: [{ field: 'status', isEditable: true, takesEffect: 'immediately' }],
    })
    edit(id('ad', '10102'), { review: 'disapproved', status: 'paused' })
    edit(id('campaign', '3'), { status: 'paused' })
    edit(id('ad', '30101'), { review: 'disapproved' })
    edit(id('ad', '20101'), { review: 'limited' })
    await rig.run(20)
    expect(check('disapproved_ads')).toMatchObject({
      severity: 'warning',
      count: 1,
      message: 'One ad was disapproved by the platform and is still switched on.',
      items: [{ entity_id: id('ad', '10101'), cure: { kind: 'set_status', new_status: 'paused' } }],
    })
  })
})

describe('tracking', () => {
  const trackers = async (...list: Partial<Tracker>[]) => {
    platform.trackers.splice(0, 9, ...list.map((each, k) => ({ ...healthy(), externalId: `${600 + k}`, ...each })))
    await rig.run(20)
  }
  const states = () =>
    (['tracking_missing', 'tracking_unverified', 'tracking_stale', 'tracking_misconfigured'] as const).map(
      (name) => check(name).severity,
    )

  test('none at all is critical while campaigns run, and a warning while none does', async () => {
    await trackers()
    expect(check('tracking_missing')).toMatchObject({ severity: 'critical', area: 'tracking' })
    for (const n of ['1', '2', '3']) edit(id('campaign', n), { status: 'paused' })
    rig.clock.advance(DAY_MS)
    await trackers({ state: 'inactive' })
    expect(check('tracking_missing').severity).toBe('warning')
  })
  test('an unverified pixel beside a healthy one is a warning; alone it leaves the account blind', async () => {
    await trackers({}, { state: 'unverified', problems: ['Nothing has arrived in 30 days.'] })
    expect(states()).toEqual(['ok', 'warning', 'ok', 'ok'])
    expect(check('tracking_unverified').items).toMatchObject([
      {
        entity_id: null,
        external_id: '601',
        detail: 'Nothing has arrived in 30 days.',
        untrusted: { name: 'Main pixel' },
      },
    ])
    rig.clock.advance(DAY_MS)
    await trackers({ state: 'unverified' })
    expect(states()).toEqual(['ok', 'critical', 'ok', 'ok'])
  })
  test('what fell silent and what arrives unusable are told apart', async () => {
    await trackers({}, { state: 'stale' }, { state: 'misconfigured' }, { state: 'misconfigured' })
    expect(states()).toEqual(['ok', 'ok', 'warning', 'warning'])
    expect(check('tracking_misconfigured').count).toBe(2)
  })
  test('a secondary conversion action is a side matter', async () => {
    await trackers({ isPrimary: true }, { isPrimary: false, state: 'stale' })
    expect(states()).toEqual(['ok', 'ok', 'info', 'ok'])
  })
  test('that could not be read is not called missing', async () => {
    platform.onPage = (request) => {
      if (request.startsWith('trackers')) throw new OperationError('platform_refused', 'No.', 'Ask the owner.')
    }
    await rig.run(20)
    expect(ask().warnings).toEqual(['Tracking of one account could not be read; nothing is said about it.'])
    expect(check('tracking_missing')).toMatchObject({
      severity: 'ok',
      message: 'Not judged: tracking of this account has not been read yet.',
    })
  })
})

describe('access', () => {
  const health = (expiresInMs: number | null, more: object = {}) => ({
    connectionHealth: () => ({
      state: 'ok' as const,
      health: {
        isValid: true,
        expiresAtMs: expiresInMs === null ? null : rig.clock.nowMs() + expiresInMs,
        canWrite: true,
        ...more,
      },
    }),
  })
  beforeEach(() => rig.run(20))

  test('that ends within a week is a warning, within a day critical, and after its end dead', () => {
    const both = (more: Partial<ReadinessDeps>) => [
      check('token_expiring', more).severity,
      check('token_dead', more).severity,
    ]
    expect(both(health(null))).toEqual(['ok', 'ok'])
    expect(both(health(8 * DAY_MS))).toEqual(['ok', 'ok'])
    expect(both(health(6.5 * DAY_MS))).toEqual(['warning', 'ok'])
    expect(check('token_expiring', health(6.5 * DAY_MS)).message).toContain('in 6 days')
    expect(both(health(3_600_000))).toEqual(['critical', 'ok'])
    expect(both(health(-1))).toEqual(['ok', 'critical'])
    expect(both(health(null, { isValid: false }))).toEqual(['ok', 'critical'])
    expect(both({ connectionHealth: () => ({ state: 'needs_reconnect', health: null }) })).toEqual(['ok', 'critical'])
    expect(both({ connectionHealth: () => undefined })).toEqual(['ok', 'critical'])
    expect(both({ connectionHealth: () => ({ state: 'ok', health: null }) })).toEqual(['ok', 'ok'])
  })
  test('for reading only is said, and why', () => {
    const off = { writesAllowed: () => false }
    expect(check('writes_off', off)).toMatchObject({
      severity: 'info',
      hint: expect.stringContaining('Switch changes on'),
    })
    expect(check('writes_off', { ...off, ...health(null, { canWrite: false }) }).message).toContain('may only read')
  })
  test('that the platform limits or has shut', async () => {
    const [shop] = platform.accounts
    if (shop === undefined) throw new Error('one account')
    for (const [status, severity] of [
      ['limited', 'warning'],
      ['disabled', 'critical'],
      ['unknown', 'ok'],
    ] as const) {
      platform.accounts[0] = { ...shop, status }
      rig.clock.advance(3_700_000)
      await rig.run(20)
      expect(check('account_limited').severity).toBe(severity)
    }
  })
})

describe('several accounts of one brand', () => {
  const signs = (name: string, pages: string[] = []) => {
    const [shop] = factsReaders(rig.facts).accounts.all()
    if (shop === undefined) throw new Error('synced')
    return brandSigns({ ...shop, name }, pages)
  }
  async function twoShops(second: { name: string; currency?: string }, page: string): Promise<void> {
    platform = paperPlatform({ accounts: 2, campaigns: 1, adGroups: 1, ads: 1 })
    const [one, two] = platform.accounts
    if (one === undefined || two === undefined) throw new Error('two accounts')
    platform.accounts.splice(0, 2, { ...one, name: 'Bergblick GmbH' }, { ...two, ...second })
    edit(id('ad', '10101', 2), { landingPage: page })
    platform.patches.clear()
    rig = syncRig(platform)
    await rig.run(2)
  }
  test('are found by the site their ads lead to', async () => {
    await twoShops({ name: 'Talblick' }, 'https://www.shop.example/winter?utm_source=tiktok')
    expect(check('several_accounts')).toMatchObject({
      severity: 'warning',
      count: 1,
      items: [
        {
          external_id: '7000000000000000002',
          detail: 'Ads of both lead to the same website.',
          untrusted: { name: 'Talblick' },
        },
      ],
    })
  })
  test('are found by name, apart from words that say nothing', async () => {
    await twoShops({ name: 'BERGBLICK – Ads 2 (EUR)' }, 'https://else.example/')
    expect(check('several_accounts')).toMatchObject({ severity: 'info', count: 1 })
  })
  test('are not guessed from common words, other sites, or a site of many brands', async () => {
    await twoShops({ name: 'Talblick' }, 'https://www.amazon.de/dp/1')
    edit(id('ad', '10101', 1), { landingPage: 'https://amazon.de/dp/2' })
    rig.clock.advance(3_700_000)
    await rig.run(2)
    expect(check('several_accounts').severity).toBe('ok')
    expect(signs('Main Ads Account 2').words).toBe('')
    expect(signs('A & B Möbel').words).toBe('möbel')
    expect([...signs('x', ['javascript:alert(1)', 'not a url', 'https://M.Möbel.example/a']).sites]).toEqual([
      'xn--mbel-5qa.example',
    ])
  })
  test('an account that is shut takes no part', async () => {
    await twoShops({ name: 'Bergblick' }, 'https://shop.example/')
    const [, two] = platform.accounts
    if (two !== undefined) platform.accounts[1] = { ...two, status: 'disabled' }
    rig.clock.advance(3_700_000)
    await rig.run(2)
    expect(check('several_accounts').severity).toBe('ok')
  })
})

test('edits made elsewhere in the last seven days are counted, and named with before and after', async () => {
  await rig.run(20)
  edit(id('ad_group', '101'), { dailyBudgetMicros: 200_000_000n })
  rig.clock.advance(3_700_000)
  await rig.run(20)
  edit(id('ad_group', '101'), { status: 'paused' })
  rig.clock.advance(3_700_000)
  await rig.run(20)
  expect(check('changed_outside')).toMatchObject({
    severity: 'info',
    count: 2,
    items: [{ entity_id: id('ad_group', '101'), detail: 'status: enabled → paused. And 1 more.', cure: null }],
  })
  rig.clock.advance(8 * DAY_MS)
  expect(check('changed_outside').severity).toBe('ok')
})

test('an account nobody has synced yet is said to be unfinished, and is not accused of anything', async () => {
  factsWriters(rig.facts).accounts.replaceListing('c1', 1, 28, platform.accounts)
  const answer = ask()
  expect(answer.warnings).toEqual([expect.stringContaining('has not finished')])
  expect(answer.accounts[0]?.checks.filter(({ severity }) => severity !== 'ok')).toEqual([])
  expect(() => ask({}, { account_id: accountIdSchema.parse('meta:9') })).toThrow(
    expect.objectContaining({ code: 'account_not_available' }),
  )
})

test('the worst comes first, the lists are bounded, and the answer for six accounts in bad shape fits an AI client', async () => {
  platform = paperPlatform({ accounts: 6, campaigns: 12, adGroups: 2, ads: 2 })
  for (const each of platform.accounts)
    for (let k = 0; k < 30; k += 1)
      platform.trackers.push({
        ...healthy(),
        accountId: each.accountId,
        externalId: `${k}`,
        state: 'stale',
        problems: ['x'.repeat(200)],
      })
  for (const [key, entity] of platform.entities)
    if (entity.type === 'ad') platform.entities.set(key, { ...entity, review: 'disapproved', name: 'n'.repeat(300) })
  rig = syncRig(platform)
  await rig.run(20)
  const broken = { connectionHealth: () => undefined, writesAllowed: () => false }
  const answer = ask(broken, {})
  expect(answer.accounts).toHaveLength(6)
  expect(JSON.stringify(answer).length).toBeLessThan(40_000)
  const [one] = ask(broken, { account_id: account(1) }).accounts
  expect(one?.checks.map(({ severity }) => severity)).toEqual(
    (one?.checks.map(({ severity }) => severity) ?? []).toSorted((a, b) => RANK.indexOf(b) - RANK.indexOf(a)),
  )
  expect(one?.severity).toBe('critical')
  expect(JSON.stringify(one).length).toBeLessThan(40_000)
  // The window may ask for more.
  expect(
    ask({ ...broken, maxItems: 500 }, {}).accounts[0]?.checks.find((each) => each.check === 'disapproved_ads'),
  ).toMatchObject({
    count: 48,
    items: expect.objectContaining({ length: 48 }),
  })
  expect(
    ask(broken, { severity_min: 'critical' }).accounts.every(({ checks }) =>
      checks.every(({ severity }) => severity === 'critical'),
    ),
  ).toBe(true)
})
const RANK = ['ok', 'info', 'warning', 'critical']
