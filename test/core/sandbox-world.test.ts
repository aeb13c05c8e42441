/** The sandbox shop is the same for everybody with the same seed, adds up, and its past only changes the way a platform's does. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import { createWorld, type World } from '../../main/platforms/sandbox/world.ts'
import type { SandboxEntity } from '../../main/platforms/sandbox/world-types.ts'
import type { Clock } from '../../shared/clock.ts'

/** Monday 23 November 2026, 15:30 in Berlin. */
const START_MS = Date.UTC(2026, 10, 23, 14, 30)
const DAY_MS = 86_400_000
const clockAt = (ms: number): Clock => ({ nowMs: () => ms, monotonicMs: () => ms })
const dayBefore = (days: number): string => new Date(Date.UTC(2026, 10, 23) - days * DAY_MS).toISOString().slice(0, 10)

const open = (seed = 7, nowMs = START_MS): World => createWorld({ seed, clock: clockAt(nowMs) })

/** The whole shop as plain data, without the ways up that would make it endless. */
function portrait(world: World): string {
  const skip = new Set(['advertiser', 'campaign', 'adGroup', 'campaigns', 'adGroups', 'ads'])
  return JSON.stringify(
    world.advertisers.map((item) => [item.name, world.entities(item)]),
    (key, value: unknown) => (skip.has(key) ? undefined : value),
  )
}
function firstOf(world: World, test: (entity: SandboxEntity) => boolean): SandboxEntity {
  const found = world.advertisers.flatMap((item) => world.entities(item)).find(test)
  if (found === undefined) throw new Error('the shop has no such thing')
  return found
}

function runningCampaign(world: World): SandboxEntity {
  return firstOf(world, (item) => item.kind === 'campaign' && item.operationStatus === 'ENABLE')
}

describe('the sandbox shop', () => {
  it('is the same for the same seed and day, and another one for another seed', () => {
    expect(portrait(open())).toBe(portrait(open()))
    expect(portrait(open(8))).not.toBe(portrait(open()))
    const [one, two] = [open(), open()]
    const campaign = firstOf(one, (item) => item.kind === 'campaign')
    const twin = two.campaign(campaign.id)
    expect(twin).toBeDefined()
    for (const days of [0, 1, 17, 180, 420])
      expect(one.day(campaign, dayBefore(days))).toEqual(two.day(twin ?? campaign, dayBefore(days)))
  })

  it('is as large and as varied as it should be', () => {
    const world = open()
    const sizes = world.advertisers.map((item) => {
      const all = world.entities(item)
      return (['campaign', 'ad_group', 'ad'] as const).map(
        (kind) => all.filter((entity) => entity.kind === kind).length,
      )
    })
    expect(sizes[0]).toEqual([8, 24, 60])
    expect(sizes[1]?.[2]).toBeLessThan(20)
    expect(world.advertisers.map((item) => item.currency)).toEqual(['EUR', 'JPY'])
    const all = world.advertisers.flatMap((item) => world.entities(item))
    expect(new Set(all.map((item) => item.id)).size).toBe(all.length)
    // 19 digits and odd: no such id survives being a JavaScript number.
    expect(all.filter((item) => !/^\d{18}[13579]$/.test(item.id) || Number.isSafeInteger(Number(item.id)))).toEqual([])
    expect(all.some((item) => item.kind === 'campaign' && item.automation === 'UPGRADED_SMART_PLUS')).toBe(true)
    expect(all.some((item) => item.kind === 'ad_group' && item.budgetMode === 'BUDGET_MODE_TOTAL')).toBe(true)
    expect(all.some((item) => item.kind === 'ad' && item.isDenied)).toBe(true)
    expect(all.some((item) => item.name.includes('<b>50%</b>'))).toBe(true)
  })

  it('adds up to the last cent, for every campaign and many days', () => {
    const world = open()
    const summed = [
      'spendMinor',
      'impressions',
      'clicks',
      'videoPlays',
      'clickConversions',
      'viewConversions',
      'engagedViewConversions',
      'clickValueMinor',
      'viewValueMinor',
    ] as const
    for (const advertiser of world.advertisers)
      for (const campaign of advertiser.campaigns)
        for (const days of [0, 1, 5, 11, 29, 200, 400]) {
          const date = dayBefore(days)
          const whole = world.day(campaign, date)
          const ads = campaign.adGroups.flatMap((group) => group.ads.map((ad) => world.day(ad, date)))
          const groups = campaign.adGroups.map((group) => world.day(group, date))
          for (const name of summed) {
            expect(ads.reduce((sum, day) => sum + day[name], 0)).toBe(whole[name])
            expect(groups.reduce((sum, day) => sum + day[name], 0)).toBe(whole[name])
          }
          expect(Number.isInteger(whole.spendMinor)).toBe(true)
          expect(whole.reach).toBeLessThanOrEqual(groups.reduce((sum, day) => sum + day.reach, 0))
          expect(whole.clicks).toBeLessThanOrEqual(whole.impressions)
        }
  })

  it('has more than 400 days of history and livelier weekends', () => {
    const world = open()
    const [main] = world.advertisers
    if (main === undefined) throw new Error('no account')
    const days = Array.from({ length: 401 }, (_, index) => world.advertiserDay(main, dayBefore(index + 1)).spendMinor)
    expect(days.filter((spend) => spend === 0)).toEqual([])
    const average = (wanted: readonly number[]) => {
      const chosen = days.filter((_, index) =>
        wanted.includes(new Date(Date.UTC(2026, 10, 23) - (index + 1) * DAY_MS).getUTCDay()),
      )
      return chosen.reduce((sum, spend) => sum + spend, 0) / chosen.length
    }
    expect(average([0, 6])).toBeGreaterThan(average([1, 2, 3, 4]) * 1.1)
  })

  it('restates conversions upwards for 28 days, never downwards, and then leaves a day alone', () => {
    const date = dayBefore(1)
    const campaignId = firstOf(open(), (item) => item.kind === 'campaign' && item.objective === 'WEB_CONVERSIONS').id
    const seen = Array.from({ length: 40 }, (_, later) => {
      const world = createMoved(later)
      const campaign = world.campaign(campaignId)
      if (campaign === undefined) throw new Error('no campaign')
      return world.day(campaign, date)
    })
    for (const [index, day] of seen.entries()) {
      const before = seen[Math.max(0, index - 1)] ?? day
      expect(day.clickConversions).toBeGreaterThanOrEqual(before.clickConversions)
      expect(day.clickValueMinor).toBeGreaterThanOrEqual(before.clickValueMinor)
      expect(day.spendMinor).toBe(before.spendMinor)
    }
    const [young, old] = [seen[0], seen[28]]
    expect(young?.clickConversions ?? 0).toBeLessThan(old?.clickConversions ?? 0)
    expect(seen.slice(28).every((day) => day.clickConversions === old?.clickConversions)).toBe(true)
  })

  it('knows only part of today, and more of it later', () => {
    const at = (hour: number) => {
      const world = createMoved(0, hour * 3_600_000 - 14.5 * 3_600_000)
      return world.day(runningCampaign(world), dayBefore(0)).spendMinor
    }
    const spends = [5, 9, 14, 22].map(at)
    expect(spends).toEqual(spends.toSorted((left, right) => left - right))
    expect(spends[0]).toBeLessThan(spends[3] ?? 0)
    const world = open()
    expect(world.day(runningCampaign(world), '2026-11-24').spendMinor).toBe(0)
  })

  it('spends nothing more once something is switched off, and follows a new budget from the next day', () => {
    let nowMs = START_MS
    const world = createWorld({ seed: 7, clock: { nowMs: () => nowMs, monotonicMs: () => 0 } })
    const group = firstOf(
      world,
      (item) => item.kind === 'ad_group' && item.budgetMode === 'BUDGET_MODE_DAY' && item.operationStatus === 'ENABLE',
    )
    const yesterday = world.day(group, dayBefore(1))
    if (group.kind !== 'ad_group') throw new Error('not an ad group')
    world.setBudget(group, group.budgetMinor * 2)
    expect(world.day(group, dayBefore(1))).toEqual(yesterday)
    nowMs += 2 * DAY_MS
    const doubledDay = world.day(group, '2026-11-24').spendMinor
    expect(doubledDay).toBeGreaterThan(yesterday.spendMinor * 1.3)
    const sofar = world.day(group, '2026-11-25').spendMinor
    world.setStatus(group, 'DISABLE')
    nowMs += 2 * DAY_MS
    expect(world.day(group, '2026-11-25').spendMinor).toBe(sofar)
    expect(world.day(group, '2026-11-26').spendMinor).toBe(0)
  })

  it('names the disturbances it planted, and they can be seen', () => {
    const world = open()
    const outage = world.anomalies.find((item) => item.kind === 'tracking_outage')
    const campaign = world.campaign(outage?.campaignId ?? '')
    if (outage === undefined || campaign === undefined) throw new Error('nothing planted')
    const conversions = (date: string) => world.day(campaign, date).clickConversions
    expect(conversions(outage.startDate) * 3).toBeLessThan(conversions(dayBefore(13)))
  })
})

/** The world as opened on the first day, looked at some days (and milliseconds) later. */
function createMoved(days: number, extraMs = 0): World {
  let nowMs = START_MS
  const world = createWorld({ seed: 7, clock: { nowMs: () => nowMs, monotonicMs: () => 0 } })
  nowMs += days * DAY_MS + extraMs
  return world
}

describe('the demo’s accounts', () => {
  const demo = createWorld({ seed: 7, size: 'demo', clock: clockAt(START_MS) })
  const all = demo.advertisers.flatMap((item) => demo.entities(item))
  const countOf = (kind: SandboxEntity['kind']) => all.filter((item) => item.kind === kind).length

  it('are as large as believable accounts: three of them, one in trouble, most campaigns long over', () => {
    expect(demo.advertisers.map((item) => [item.currency, item.status])).toEqual([
      ['EUR', 'STATUS_ENABLE'],
      ['JPY', 'STATUS_ENABLE'],
      ['GBP', 'STATUS_LIMIT'],
    ])
    expect(countOf('campaign')).toBe(105)
    expect(countOf('ad_group')).toBeGreaterThan(220)
    expect(countOf('ad')).toBeGreaterThan(1050)
    expect(new Set(all.map((item) => item.id)).size).toBe(all.length)
    const automations = new Set(all.flatMap((item) => (item.kind === 'campaign' ? [item.automation] : [])))
    expect(automations).toEqual(new Set(['MANUAL', 'UPGRADED_SMART_PLUS', 'SMART_PLUS']))
    const budgets = all.flatMap((item) => (item.kind !== 'ad' && item.budgetMode === 'BUDGET_MODE_DAY' ? [item] : []))
    const tooLow = budgets.filter((item) => {
      const { decimals, minimumRatio } = item.kind === 'campaign' ? item.advertiser : item.campaign.advertiser
      return item.budgetMinor < (item.kind === 'campaign' ? 50 : 20) * minimumRatio * 10 ** decimals
    })
    expect(tooLow).toEqual([])
  })

  it('deliver something every day of 400, by few campaigns at a time, so that a year stays small', () => {
    const delivering = (kind: SandboxEntity['kind'], days: number) =>
      all.filter((item) => item.kind === kind && demo.day(item, dayBefore(days)).impressions > 0).length
    let rows = 0
    for (const days of [1, 57, 114, 171, 228, 285, 342, 399]) {
      const day = [delivering('campaign', days), delivering('ad_group', days), delivering('ad', days)]
      expect(day[0]).toBeGreaterThan(8)
      expect(day[0]).toBeLessThan(36)
      rows += day.reduce((sum, count) => sum + count, 0)
    }
    // A mean of eight days, for 400.
    expect((rows / 8) * 400).toBeLessThan(180_000)
    expect((rows / 8) * 400).toBeGreaterThan(60_000)
  })

  it('add up like the small ones', () => {
    for (const advertiser of demo.advertisers)
      for (const campaign of advertiser.campaigns.slice(0, 12))
        for (const days of [1, 30, 200]) {
          const ads = campaign.adGroups.flatMap((group) => group.ads.map((ad) => demo.day(ad, dayBefore(days))))
          expect(ads.reduce((sum, day) => sum + day.spendMinor, 0)).toBe(demo.day(campaign, dayBefore(days)).spendMinor)
        }
  })
})

describe('a sandbox that is started again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-world-'))
  const running: Sandbox[] = []
  afterEach(async () => {
    for (const sandbox of running.splice(0)) await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('still has the edited budgets, the history it began with, and the token that was handed out', async () => {
    const statePath = join(folder, 'edits.json')
    const first = await startSandbox({ seed: 7, clock: clockAt(START_MS), statePath })
    running.push(first)
    const group = firstOf(first.world, (item) => item.kind === 'ad_group' && item.budgetMode === 'BUDGET_MODE_DAY')
    first.world.setBudgetOutside(group.id, 43_210)
    first.world.setStatusOutside(group.id, 'DISABLE')
    const second = await startSandbox({ seed: 7, clock: clockAt(START_MS + 3 * DAY_MS), statePath })
    running.push(second)
    expect(second.world.adGroup(group.id)).toMatchObject({ budgetMinor: 43_210, operationStatus: 'DISABLE' })
    expect(second.world.anchorDate).toBe('2026-11-23')
    expect(second.world.day(second.world.adGroup(group.id) ?? group, dayBefore(40))).toEqual(
      first.world.day(group, dayBefore(40)),
    )
    expect(second.tiktok.credentials.accessToken).toBe(first.tiktok.credentials.accessToken)
    const other = await startSandbox({ seed: 8, clock: clockAt(START_MS), statePath })
    running.push(other)
    expect(other.world.adGroup(group.id)).toBeUndefined()
    const larger = await startSandbox({ seed: 7, clock: clockAt(START_MS), statePath, size: 'demo' })
    running.push(larger)
    expect(larger.world.adGroup(group.id)?.budgetMinor).not.toBe(43_210)
  })

  it('has the platforms that were asked for, and says so of the others', async () => {
    const some = await startSandbox({ seed: 7, clock: clockAt(START_MS), platforms: ['tiktok', 'meta'] })
    running.push(some)
    expect(new Set([some.tiktok.baseUrl, some.meta.baseUrl]).size).toBe(2)
    expect(() => some.google).toThrow(/without Google/)
    const whole = await startSandbox({ seed: 7, clock: clockAt(START_MS) })
    running.push(whole)
    for (const { baseUrl } of [whole.google, whole.meta, whole.tiktok])
      expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })
})
