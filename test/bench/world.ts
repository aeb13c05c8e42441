/** A large advertiser, made of arithmetic: the same size always gives the same facts. Nothing random, nothing stored. */
import type { Account, Entity } from '../../shared/domain/entity.ts'
import { accountId, entityId, type AccountId, PLATFORMS, type Platform } from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import { dateOf } from '../../main/reporting/calendar.ts'

export const NOW_MS = Date.parse('2026-11-23T12:00:00Z')
export const TODAY = Math.floor(NOW_MS / 86_400_000)
export const DAYS = 730
export const FIRST_DAY = TODAY - DAYS
export const LAST_DAY = TODAY - 1
const ACCOUNTS_PER_PLATFORM = 4
const ADS_PER_GROUP = 3
const GROUPS_PER_CAMPAIGN = 3

/** An ad with what lies above it; `n` counts all ads of the world. */
interface Ad {
  readonly n: number
  readonly id: string
  readonly adGroup: string
  readonly campaign: string
}
export interface BenchAccount extends Account {
  readonly ads: readonly Ad[]
}
export interface BenchWorld {
  readonly accounts: readonly BenchAccount[]
  /** Of ads alone. */
  readonly adFacts: number
}

/** 1,712 ads times `scale` over three platforms with four accounts each, three ads to a group, three groups to a campaign. */
export function benchWorld(scale: number): BenchWorld {
  const total = 1_712 * scale
  const owners = PLATFORMS.flatMap((platform) =>
    Array.from({ length: ACCOUNTS_PER_PLATFORM }, (_, k) => ({ platform, k })),
  )
  let n = 0
  const accounts = owners.map(({ platform, k }, index): BenchAccount => {
    const id = accountId(platform, `${1_000_000 + k}`)
    const size = Math.floor(total / owners.length) + (index < total % owners.length ? 1 : 0)
    return {
      accountId: id,
      platform,
      name: `Shop ${platform} ${k + 1}`,
      currency: 'EUR',
      timeZone: 'UTC',
      status: 'active',
      rawStatus: 'ACTIVE',
      ads: Array.from({ length: size }, (_, j): Ad => {
        const group = Math.floor(j / ADS_PER_GROUP)
        const campaign = Math.floor(group / GROUPS_PER_CAMPAIGN)
        n += 1
        return { n, id: `${3_000_000 + j}`, adGroup: `${2_000_000 + group}`, campaign: `${1_000_000 + campaign}` }
      }),
    }
  })
  return { accounts, adFacts: total * DAYS }
}

/** The entities of one level, parents included. */
export function entitiesOf(account: BenchAccount, level: MetricLevel): readonly Entity[] {
  const seen = new Map<string, Entity>()
  for (const ad of account.ads) {
    const external = { campaign: ad.campaign, ad_group: ad.adGroup, ad: ad.id }[level]
    if (seen.has(external)) continue
    const parent = parentOf(account.accountId, level, ad)
    seen.set(external, {
      entityId: entityId(account.accountId, level, external),
      accountId: account.accountId,
      type: level,
      name: `${level} ${external}`,
      status: 'enabled',
      rawStatus: 'ACTIVE',
      deliveryStatus: '',
      budgetKind: 'none',
      editable: [],
      ...(parent === undefined ? {} : { parentId: parent }),
      ...(level === 'ad_group' ? { clickWindowDays: 7, viewWindowDays: 1 } : {}),
    })
  }
  return [...seen.values()]
}

function parentOf(account: AccountId, level: MetricLevel, ad: Ad) {
  if (level === 'campaign') return undefined
  return level === 'ad_group' ? entityId(account, 'campaign', ad.campaign) : entityId(account, 'ad_group', ad.adGroup)
}

interface Counts {
  spend: number
  impressions: number
  clicks: number
  conversions: number
  views: number
}

/** What one ad did on one day; another `version` is what the platform says after a restatement. */
function countsOf(n: number, day: number, version: number): Counts {
  let h = Math.imul(n, 0x9e3779b1) ^ Math.imul(day, 0x85ebca6b) ^ Math.imul(version, 0xc2b2ae35)
  const next = (below: number): number => {
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    h ^= h >>> 12
    return (h >>> 0) % below
  }
  const impressions = 800 + next(9_000)
  const clicks = 5 + next(180)
  const conversions = Math.max(0, next(9) - 3 + (n % 4))
  return { spend: 500 + (n % 97) * 40 + next(9_000), impressions, clicks, conversions, views: next(3) }
}

/** All facts of one account, level and range of days, entity by entity. Levels above ads are the exact sums of theirs. */
export function factsOf(
  account: BenchAccount,
  level: MetricLevel,
  startDay: number,
  endDay: number,
  version = 0,
): readonly MetricFact[] {
  const days = endDay - startDay + 1
  const sums = new Map<string, Counts[]>()
  for (const ad of account.ads) {
    const external = { campaign: ad.campaign, ad_group: ad.adGroup, ad: ad.id }[level]
    let ofEntity = sums.get(external)
    if (ofEntity === undefined) {
      ofEntity = Array.from({ length: days }, () => ({ spend: 0, impressions: 0, clicks: 0, conversions: 0, views: 0 }))
      sums.set(external, ofEntity)
    }
    for (let k = 0; k < days; k += 1) {
      const to = ofEntity[k] as Counts
      const from = countsOf(ad.n, startDay + k, version)
      to.spend += from.spend
      to.impressions += from.impressions
      to.clicks += from.clicks
      to.conversions += from.conversions
      to.views += from.views
    }
  }
  const dates = Array.from({ length: days }, (_, k) => dateOf(startDay + k))
  return [...sums].flatMap(([external, ofEntity]) => {
    const id = entityId(account.accountId, level, external)
    return ofEntity.map((counts, k) => ({
      platform: account.platform,
      accountId: account.accountId,
      level,
      entityId: id,
      date: dates[k] as string,
      currency: 'EUR',
      ...metricsOf(account.platform, counts),
    }))
  })
}

/** What each platform says of it, and what it does not. */
function metricsOf(platform: Platform, { spend, impressions, clicks, conversions, views }: Counts) {
  const millionths = (value: number): bigint => BigInt(value) * 1_000_000n
  const value = (count: number): bigint => BigInt(count) * 39_900_000n
  const isMeta = platform === 'meta'
  return {
    spendMicros: BigInt(spend) * 10_000n,
    impressions,
    clicks,
    videoViews: platform === 'google_ads' ? null : Math.floor(impressions / 3),
    reach: isMeta ? Math.floor(impressions / 2) : null,
    clickConversionMicros: millionths(conversions),
    clickValueMicros: value(conversions),
    viewConversionMicros: millionths(views),
    viewValueMicros: platform === 'google_ads' ? null : value(views),
    engagedViewConversionMicros: isMeta ? millionths(views % 2) : null,
    engagedViewValueMicros: isMeta ? value(views % 2) : null,
    click1dConversionMicros: isMeta ? millionths(Math.floor(conversions / 2)) : null,
    click1dValueMicros: isMeta ? value(Math.floor(conversions / 2)) : null,
    click28dConversionMicros: isMeta ? millionths(conversions + 1) : null,
    click28dValueMicros: isMeta ? value(conversions + 1) : null,
    reportedConversionMicros: millionths(conversions + views),
    reportedValueMicros: value(conversions + views),
    ...(platform === 'tiktok'
      ? {}
      : {
          window: {
            clickDays: 7,
            viewDays: 1,
            source: isMeta ? ('requested' as const) : ('approximated' as const),
          },
        }),
  }
}
