/** The platform contract: what is read, and how. */
import { expect, it } from 'vitest'
import { formatRatio, formatStrategy, parseRatio, parseStrategy } from '../../shared/domain/bid.ts'
import { DELIVERIES, type Entity, FIELDS, isMoneyField, REVIEWS, TARGETINGS } from '../../shared/domain/entity.ts'
import { entityId, splitEntityId } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricFact, type MetricLevel } from '../../shared/domain/metric.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { TRACKER_STATES } from '../../shared/domain/tracker.ts'
import { type Bench, exampleOr, factsOf, failure, listAll, shiftDay, signal } from './contract-kit.ts'

type Levels = Readonly<Record<'campaign' | 'ad_group' | 'ad', readonly Entity[]>>

async function levelsOf({ adapter, account }: Bench): Promise<Levels> {
  return {
    campaign: await listAll(adapter, account, 'campaign'),
    ad_group: await listAll(adapter, account, 'ad_group'),
    ad: await listAll(adapter, account, 'ad'),
  }
}

/** Sums per day: spend, impressions, clicks, click conversions, click value. */
function byDay(rows: readonly MetricFact[]): ReadonlyMap<string, readonly bigint[]> {
  const sums = new Map<string, readonly bigint[]>()
  for (const fact of rows) {
    const old = sums.get(fact.date) ?? [0n, 0n, 0n, 0n, 0n]
    const add = [
      fact.spendMicros,
      BigInt(fact.impressions),
      BigInt(fact.clicks),
      fact.clickConversionMicros ?? 0n,
      fact.clickValueMicros ?? 0n,
    ]
    sums.set(
      fact.date,
      old.map((value, index) => value + (add[index] ?? 0n)),
    )
  }
  return sums
}

const idsOf = (entities: readonly Entity[]) => new Set<string>(entities.map((item) => item.entityId))
const parentsOf = (entities: readonly Entity[]) => new Set<string>(entities.flatMap((item) => item.parentId ?? []))

export function describeAccounts(bench: () => Bench): void {
  it('lists every account with its currency, its time zone and the manager above it', async () => {
    const { adapter, harness } = bench()
    const found = await adapter.listAccounts(signal())
    const shown = found.map((item) => ({
      accountId: item.accountId,
      currency: item.currency,
      timeZone: item.timeZone,
      managerId: item.manager?.externalId,
    }))
    const sorted = <T extends { accountId: string }>(items: readonly T[]) =>
      items.toSorted((left, right) => left.accountId.localeCompare(right.accountId))
    expect(sorted(shown)).toEqual(
      sorted(harness.accounts.map((item) => ({ ...item, managerId: item.managerId ?? undefined }))),
    )
    expect(found.every((item) => item.platform === harness.platform && item.name !== '')).toBe(true)
    expect(found.every((item) => item.manager === undefined || item.manager.name !== '')).toBe(true)
  })

  it('finds the way to every account by itself: each one that is not closed lists its campaigns', async () => {
    const { adapter } = bench()
    const open = (await adapter.listAccounts(signal())).filter((item) => item.status === 'active')
    expect(open.length).toBeGreaterThan(1)
    for (const { accountId } of open)
      expect((await listAll(adapter, accountId, 'campaign')).every((item) => item.accountId === accountId)).toBe(true)
  })

  it('says how the credentials are, and nothing of them', async () => {
    const { adapter, harness } = bench()
    const health = await adapter.tokenHealth(signal())
    expect(health).toMatchObject({ isValid: true, problem: undefined })
    expect(health.expiresAtMs === null || health.expiresAtMs === undefined || health.expiresAtMs > 0).toBe(true)
    for (const secret of harness.secrets) expect(JSON.stringify(health)).not.toContain(secret)
  })

  it('tells the health of every pixel or conversion action, and what is wrong with the bad ones', async () => {
    const { adapter, account } = bench()
    const trackers = await adapter.listTrackers(account, signal())
    expect(new Set(trackers.map((item) => item.externalId)).size).toBe(trackers.length)
    expect(trackers.every((item) => item.accountId === account && item.name !== '')).toBe(true)
    expect(trackers.filter((item) => !TRACKER_STATES.includes(item.state))).toEqual([])
    expect(trackers.some((item) => item.state === 'healthy')).toBe(true)
    const bad = trackers.filter((item) => item.state !== 'healthy' && item.state !== 'unknown')
    expect(bad.length).toBeGreaterThan(0)
    expect(bad.filter((item) => item.problems.length === 0 && item.state !== 'inactive')).toEqual([])
    expect(trackers.flatMap((item) => item.events ?? []).every((event) => event.count >= 0 && event.name !== '')).toBe(
      true,
    )
  })
}

export function describeEntities(bench: () => Bench): void {
  it('gives every ad an ad group and every ad group a campaign of the same account', async () => {
    const levels = await levelsOf(bench())
    const campaigns = idsOf(levels.campaign)
    const groupIds = idsOf(levels.ad_group)
    expect(campaigns.size).toBeGreaterThan(2)
    expect(levels.ad_group.length).toBeGreaterThan(campaigns.size)
    expect(levels.ad.length).toBeGreaterThan(levels.ad_group.length)
    expect(groupIds.size).toBe(levels.ad_group.length)
    expect(levels.ad_group.every((item) => item.parentId !== undefined && campaigns.has(item.parentId))).toBe(true)
    expect(levels.ad.every((item) => item.parentId !== undefined && groupIds.has(item.parentId))).toBe(true)
  })

  it('shows of every campaign what it is for, its switch, its budget and whether it delivers', async () => {
    const { campaign } = await levelsOf(bench())
    expect(campaign.filter((item) => (item.objective ?? '') === '')).toEqual([])
    expect(campaign.filter((item) => item.deliveryStatus === '' || item.rawStatus === '')).toEqual([])
    expect(campaign.filter((item) => item.delivery === undefined || !DELIVERIES.includes(item.delivery))).toEqual([])
    expect(new Set(campaign.map((item) => item.status))).toContain('enabled')
    expect(new Set(campaign.map((item) => item.status))).toContain('paused')
    expect(campaign.filter((item) => item.budgetKind === 'daily' && item.dailyBudgetMicros === undefined)).toEqual([])
    expect(campaign.filter((item) => item.budgetKind !== 'daily' && item.dailyBudgetMicros !== undefined)).toEqual([])
  })

  it('shows of ad groups whom they are shown to, and how the platform is told to bid', async () => {
    const { campaign, ad_group: groups } = await levelsOf(bench())
    const kinds = new Set([...campaign, ...groups].flatMap((item) => Object.keys(item.targeting ?? {})))
    for (const kind of ['age', 'gender', 'location']) expect(kinds).toContain(kind)
    expect([...kinds].filter((kind) => !(TARGETINGS as readonly string[]).includes(kind))).toEqual([])
    const lists = groups.flatMap((item) => Object.values(item.targeting ?? {}))
    expect(lists.every((list) => list.length > 0 && list.length <= 50 && list.every((word) => word !== ''))).toBe(true)
    const bidding = [...campaign, ...groups].filter((item) => item.values?.bid_strategy !== undefined)
    expect(bidding.length).toBeGreaterThan(2)
    expect([...campaign, ...groups].some((item) => (item.optimizationGoal ?? item.bidStrategy ?? '') !== '')).toBe(true)
  })

  it('shows of every ad its format, its creatives, and what the review said', async () => {
    const { adapter, account, harness } = bench()
    const ads = await listAll(adapter, account, 'ad')
    const find = (id: string) => ads.find((item) => item.entityId === id)
    expect(ads.filter((item) => (item.format ?? '') === '' || item.creativeIds === undefined)).toEqual([])
    expect(ads.filter((item) => item.review === undefined || !REVIEWS.includes(item.review))).toEqual([])
    expect(find(harness.examples.ad)).toMatchObject({ review: 'approved', status: 'enabled' })
    expect(find(harness.examples.disapprovedAd)).toMatchObject({ review: 'disapproved' })
    expect(find(harness.examples.disapprovedAd)?.delivery).not.toBe('delivering')
  })

  it('knows the file behind every creative that an ad names, and that none of them can be changed', async () => {
    const { adapter, account } = bench()
    const creatives = await listAll(adapter, account, 'creative')
    const known = new Set(creatives.map((item) => splitEntityId(item.entityId).externalId))
    const named = (await listAll(adapter, account, 'ad')).flatMap((item) => item.creativeIds ?? [])
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((id) => !known.has(id))).toEqual([])
    expect(known.size).toBe(creatives.length)
    expect(creatives.filter((item) => item.name === '' || item.editable.some((rule) => rule.isEditable))).toEqual([])
  })

  it('says of every field whether it can be changed, with bounds or with a reason', async () => {
    const { campaign, ad_group, ad } = await levelsOf(bench())
    const rules = [...campaign, ...ad_group, ...ad].flatMap((entity) =>
      entity.editable.map((rule) => ({ rule, budgetMicros: entity.dailyBudgetMicros ?? 0n })),
    )
    const closed = rules.filter(({ rule }) => !rule.isEditable)
    const openBudgets = rules.filter(({ rule }) => rule.isEditable && rule.field === 'daily_budget')
    expect(closed.length).toBeGreaterThan(0)
    expect(openBudgets.length).toBeGreaterThan(2)
    expect(closed.filter(({ rule }) => (rule.refusal ?? '') === '')).toEqual([])
    const isOutside = ({ rule, budgetMicros }: (typeof openBudgets)[number]) =>
      budgetMicros < (rule.minMicros ?? -1n) || budgetMicros > (rule.maxMicros ?? -1n)
    expect(openBudgets.filter(isOutside)).toEqual([])
    expect(openBudgets.filter(({ rule, budgetMicros }) => budgetMicros % (rule.stepMicros ?? 0n) !== 0n)).toEqual([])
    const switches = rules.filter(({ rule }) => rule.isEditable && rule.field === 'bid_strategy')
    expect(switches.length).toBeGreaterThan(0)
    expect(switches.filter(({ rule }) => (rule.strategies ?? []).length === 0)).toEqual([])
  })

  it('spells every current value as it would be written, and has one wherever an amount can be changed', async () => {
    const { campaign, ad_group, ad } = await levelsOf(bench())
    const { currency } = bench()
    const values = [...campaign, ...ad_group, ...ad].flatMap((entity) =>
      FIELDS.filter((field) => field !== 'status' && field !== 'daily_budget').map((field) => ({
        entity: entity.entityId,
        field,
        value: entity.values?.[field],
        isEditable: entity.editable.some((rule) => rule.field === field && rule.isEditable),
      })),
    )
    expect(values.filter((item) => item.isEditable && item.value === undefined)).toEqual([])
    const present = values.flatMap(({ field, value }) => (value === undefined ? [] : [{ field, value }]))
    expect(present.length).toBeGreaterThan(5)
    const isWellSpelt = ({ field, value }: (typeof present)[number]): boolean => {
      if (field === 'bid_strategy') return formatStrategy(parseStrategy(value, currency), currency) === value
      if (isMoneyField(field)) return formatDecimal(parseDecimal(value, currency), currency) === value
      return formatRatio(parseRatio(value)) === value
    }
    expect(present.filter((item) => !isWellSpelt(item))).toEqual([])
  })

  it('finds the same entities and facts on many small pages as on one', async () => {
    const { adapter, account, harness } = bench()
    const small = harness.smallPages()
    for (const type of ['campaign', 'ad_group', 'ad'] as const) {
      const pages: number[] = []
      for await (const page of small.listEntities(account, type, signal())) pages.push(page.length)
      expect(pages.length).toBeGreaterThan(1)
      expect(await listAll(small, account, type)).toEqual(await listAll(adapter, account, type))
    }
    const from = shiftDay(harness.today, -3)
    expect(await factsOf({ adapter: small, account }, 'campaign', from, harness.today)).toEqual(
      await factsOf({ adapter, account }, 'campaign', from, harness.today),
    )
  })

  it('does not know what does not exist', async () => {
    const { adapter, account } = bench()
    const nobody = entityId(account, 'campaign', '1999999999999999')
    expect((await failure(adapter.readLive(nobody, 'status', signal()))).code).toBe('unknown_entity')
  })
}

function isPicture(bytes: Uint8Array, mimeType: string): boolean {
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (mimeType === 'image/png') return text.startsWith('\u0089PNG')
  return mimeType === 'image/jpeg' ? text.startsWith('\u00ff\u00d8\u00ff') : text.slice(8) === 'WEBP'
}

export function describePictures(bench: () => Bench): void {
  it('brings a real picture of a creative and of an ad, asked for without the token', async (context) => {
    const { adapter, harness } = bench()
    for (const id of [harness.examples.creative, harness.examples.ad]) {
      const picture = await adapter.readThumbnail(id, signal())
      if (picture === undefined && id === harness.examples.ad) continue
      expect(picture?.bytes.length ?? 0).toBeGreaterThan(50)
      expect(picture?.bytes.length ?? 0).toBeLessThanOrEqual(300_000)
      expect(isPicture(picture?.bytes ?? new Uint8Array(), picture?.mimeType ?? '')).toBe(true)
    }
    const sent = exampleOr(context, harness.pictureRequests?.(), 'record of its picture requests')
    expect(sent.length).toBeGreaterThan(0)
    expect(sent.filter((request) => request.hasToken)).toEqual([])
  })

  it('has no picture of what it does not know, nor of a campaign', async () => {
    const { adapter, account, harness } = bench()
    const nobody = entityId(account, 'creative', '1999999999999999')
    expect(await adapter.readThumbnail(nobody, signal())).toBeUndefined()
    expect(await adapter.readThumbnail(harness.examples.budgetCampaign, signal())).toBeUndefined()
  })
}

export function describeMetrics(bench: () => Bench): void {
  it('adds up: ads to ad groups to campaigns, day by day', async () => {
    const { harness } = bench()
    const [from, to] = [shiftDay(harness.today, -45), harness.today]
    const levels = await levelsOf(bench())
    const withGroups = parentsOf(levels.ad_group)
    const withAds = parentsOf(levels.ad)
    // Campaigns that the platform runs without ad groups have nothing below them to add up to.
    const alone = levels.campaign.filter((item) => !withGroups.has(item.entityId))
    expect(alone.filter((item) => item.isAutomated !== true)).toEqual([])
    const of = async (level: MetricLevel, whole: ReadonlySet<string> | undefined) =>
      byDay((await factsOf(bench(), level, from, to)).filter((fact) => whole === undefined || whole.has(fact.entityId)))
    const campaigns = await of('campaign', withGroups)
    expect(campaigns.size).toBe(46)
    expect(await of('ad_group', undefined)).toEqual(campaigns)
    expect(await of('ad', undefined)).toEqual(await of('ad_group', withAds))
  })

  it('reads 400 days in one go, without a gap, a day twice or a day outside', async () => {
    const { harness, currency } = bench()
    const [from, to] = [shiftDay(harness.today, -400), shiftDay(harness.today, -1)]
    const rows = await factsOf(bench(), 'campaign', from, to)
    const days = new Set(rows.map((row) => row.date))
    expect(days.size).toBe(400)
    expect([...days].every((day) => from <= day && day <= to)).toBe(true)
    expect(new Set(rows.map((row) => `${row.entityId} ${row.date}`)).size).toBe(rows.length)
    expect(rows.every((row) => row.currency === currency && row.spendMicros >= 0n)).toBe(true)
  }, 60_000)

  it('counts conversions by click, beside what the platform itself reports, and never below zero', async () => {
    const { harness } = bench()
    const rows = await factsOf(bench(), 'campaign', shiftDay(harness.today, -14), shiftDay(harness.today, -1))
    const counted = rows.filter((row) => (row.clickConversionMicros ?? 0n) > 0n)
    expect(counted.length).toBeGreaterThan(0)
    expect(counted.some((row) => (row.clickValueMicros ?? 0n) > 0n)).toBe(true)
    const sums = rows.flatMap((row) => [
      row.clickConversionMicros,
      row.viewConversionMicros,
      row.engagedViewConversionMicros,
      row.clickValueMicros,
      row.viewValueMicros,
      row.reportedConversionMicros,
    ])
    expect(sums.filter((value) => value !== null && value !== undefined && value < 0n)).toEqual([])
    expect(rows.some((row) => (row.viewConversionMicros ?? 0n) > 0n)).toBe(true)
    expect(rows.some((row) => (row.videoViews ?? 0) > 0 && (row.reach ?? 0) > 0)).toBe(true)
  })

  it('keeps every id exactly as the platform spells it, on every level', async () => {
    const { adapter, account, harness } = bench()
    for (const level of METRIC_LEVELS) {
      const known = idsOf(await listAll(adapter, account, level))
      const day = shiftDay(harness.today, -1)
      const rows = await factsOf(bench(), level, day, day)
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.filter((row) => !known.has(row.entityId))).toEqual([])
    }
  })

  it('stops at once when told to', async () => {
    const { adapter, account, harness } = bench()
    const stop = new AbortController()
    stop.abort()
    expect((await failure(adapter.listAccounts(stop.signal))).code).toBe('cancelled')
    const later = new AbortController()
    const pages = harness.smallPages().listEntities(account, 'ad', later.signal)[Symbol.asyncIterator]()
    await pages.next()
    later.abort()
    const before = harness.readsReceived()
    expect((await failure(pages.next())).code).toBe('cancelled')
    expect(harness.readsReceived()).toBe(before)
  })
}
