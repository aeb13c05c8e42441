/**
 * The figures of the window's small world: three platforms, five accounts, one of them from a file, made from the ads upwards, so that every
 * breakdown comes to the same totals.
 */
import type { Attribution } from '../../shared/domain/attribution.ts'
import { type AccountId, accountIdSchema, PLATFORMS, type Platform } from '../../shared/domain/ids.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { ACCOUNT, ACCOUNTS, ago, day, SECOND } from './window-world.ts'

type Row = OutputOf<'get_cross_platform_report'>['rows'][number]
type Window = Row['window']
type Listed = OutputOf<'list_accounts'>['accounts'][number]

export const DAY_MS = 86_400_000
export const GOOGLE = accountIdSchema.parse('google_ads:1002003001')
export const META = accountIdSchema.parse('meta:2003004001')
export const FROM_FILE = accountIdSchema.parse('meta:00000000000000000007')
/** A name that would be markup, a formula and a reversal of the line, if anything let it. */
export const HOSTILE =
  '=HYPERLINK("x") <img src=x onerror=alert(1)> \u202egnp.exe very long name of a campaign that goes on'

export interface World {
  readonly accounts: readonly {
    readonly id: AccountId
    readonly currency: 'EUR' | 'JPY'
    readonly scale: number
    readonly names: readonly string[]
  }[]
  readonly isComparable: boolean
}
const listed = (id: AccountId, name: string, currency: string, more: Partial<Listed> = {}): Listed => ({
  ...(ACCOUNTS[0] as Listed),
  account_id: id,
  platform: id.slice(0, id.indexOf(':')) as Platform,
  currency,
  untrusted: { name, manager: null },
  ...more,
})
export const REPORT_ACCOUNTS: readonly Listed[] = [
  listed(GOOGLE, 'Northwind Outdoor EU', 'EUR', { last_sync_at: ago(50 * 60_000) }),
  listed(META, 'Northwind Outdoor EU', 'EUR', { last_sync_at: ago(26 * 60_000) }),
  listed(FROM_FILE, 'Agency pages, sent by mail', 'EUR', {
    connection_state: 'import',
    writes_allowed: false,
    last_sync_at: ago(5 * DAY_MS),
  }),
  listed(ACCOUNT, 'Northwind Outdoor EU', 'EUR'),
  listed(SECOND, 'Northwind Japan', 'JPY'),
]
export const WORLD: World = {
  isComparable: false,
  accounts: [
    {
      id: GOOGLE,
      currency: 'EUR',
      scale: 9,
      names: ['Performance Max – all products', 'Brand search DE', 'Non-brand: hiking boots'],
    },
    {
      id: META,
      currency: 'EUR',
      scale: 7,
      names: ['Summer prospecting', 'Retargeting – viewed product, 14 days', HOSTILE],
    },
    { id: FROM_FILE, currency: 'EUR', scale: 1.5, names: ['Pages: likes and carts'] },
    {
      id: ACCOUNT,
      currency: 'EUR',
      scale: 4,
      names: ['Creators: outdoor, always on', 'Spark ads test', 'Test: hooks v4'],
    },
    { id: SECOND, currency: 'JPY', scale: 52_000, names: ['Japan launch', 'Japan retargeting'] },
  ],
}
/** One account with so many campaigns that no page may hold them all as elements. */
export const MANY = 1_200
export const MANY_WORLD: World = {
  isComparable: true,
  accounts: [
    {
      id: GOOGLE,
      currency: 'EUR',
      scale: 9,
      names: Array.from({ length: MANY }, (_, n) => `Campaign ${String(n).padStart(4, '0')}`),
    },
  ],
}

/** One ad on one day. Money in cents (yen in yen), conversions in tenths; null is what the platform does not say. */
export interface Fact {
  readonly platform: Platform
  readonly account: AccountId
  readonly currency: string
  readonly path: readonly [campaign: number, group: number | null, ad: number | null]
  readonly date: string
  readonly window: Window
  readonly share: number
  readonly sums: Readonly<Record<Sum, number | null>>
}
const SUMS = [
  'spend',
  'measured',
  'impressions',
  'clicks',
  'videos',
  'conv',
  'value',
  'view',
  'viewValue',
  'engaged',
  'engagedValue',
  'reported',
  'reportedValue',
] as const
type Sum = (typeof SUMS)[number]

/** Deterministic, between 0 and 1. */
function noise(...seeds: readonly number[]): number {
  let x = 17
  for (const seed of seeds) x = Math.imul(x ^ (seed + 0x9e3779b9), 0x85ebca6b) ^ (x >>> 13)
  return ((x >>> 0) % 10_000) / 10_000
}
export const CURVES: Readonly<Record<Platform, readonly number[]>> = {
  google_ads: [0.2, 0.46, 0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.93, 0.96],
  meta: [0.4, 0.88, 0.95, 0.98],
  tiktok: [0.4, 0.84, 0.93, 0.97],
}
export const daysAgo = (date: string): number => Math.round((Date.parse(day(0)) - Date.parse(date)) / DAY_MS)
const shareOf = (platform: Platform, date: string): number => CURVES[platform][daysAgo(date)] ?? 1
export const platformOf = (id: string): Platform => PLATFORMS.find((each) => id.startsWith(`${each}:`)) ?? 'tiktok'

export function windowOf(account: AccountId, campaign: number, attribution: Attribution): Window {
  const platform = platformOf(account)
  const days = attribution === 'click_1d' ? 1 : attribution === 'click_28d' ? 28 : 7
  if (account === FROM_FILE) return { status: 'own_window', click_days: 1 }
  if (platform === 'tiktok' && attribution === 'click_28d') return { status: 'not_available', click_days: null }
  if (account === ACCOUNT && campaign === 2) return { status: 'unknown', click_days: null }
  return {
    status: platform === 'google_ads' && attribution !== 'click_28d' ? 'approximated' : 'exact',
    click_days: days,
  }
}

const CLICK_FACTOR: Readonly<Record<Attribution, number>> = {
  click_7d: 1,
  click_1d: 0.7,
  click_28d: 1.12,
  click_7d_view_1d: 1,
}

function fact(world: World, at: number, path: Fact['path'], date: string, attribution: Attribution): Fact {
  const account = world.accounts[at]
  if (account === undefined) throw new Error('no such account')
  const platform = platformOf(account.id)
  const [campaign, group, ad] = path
  const age = daysAgo(date)
  const weekday = new Date(date).getUTCDay()
  const weight =
    (0.62 ** (campaign % 9) / (1 + Math.floor(campaign / 9))) *
    (group === null ? 0.5 : 1 - 0.3 * group) *
    (ad === 1 ? 0.6 : 1)
  const season =
    (1 + 0.16 * Math.sin(age / 4.3 + at)) * (weekday === 0 || weekday === 6 ? 0.82 : 1) * (age === 0 ? 0.38 : 1)
  const spend = Math.round(
    account.scale * weight * season * (account.currency === 'JPY' ? 1 : 1_450) * (0.9 + 0.2 * noise(at, campaign, age)),
  )
  const share = shareOf(platform, date)
  const window = windowOf(account.id, campaign, attribution)
  const isKnown = window.status !== 'unknown' && window.status !== 'not_available'
  const roas = { google_ads: 2.9, meta: 2.3, tiktok: 1.7 }[platform] - 0.25 * (campaign % 3) + 0.3 * noise(at, age, 7)
  const value = Math.round(spend * roas * share * CLICK_FACTOR[attribution])
  const conv = Math.max(value > 0 ? 1 : 0, Math.round(value / (account.currency === 'JPY' ? 900 : 620)))
  const view = platform === 'google_ads' ? Math.round(conv * 0.12) : Math.round(conv * 0.34)
  const engaged = platform === 'google_ads' ? Math.round(conv * 0.08) : null
  const isView = attribution === 'click_7d_view_1d'
  return {
    platform,
    account: account.id,
    currency: account.currency,
    path,
    date,
    window,
    share,
    sums: {
      spend,
      measured: isKnown ? spend : 0,
      impressions: Math.round(spend * 1.3),
      clicks: Math.round(spend * 0.021),
      videos: platform === 'google_ads' ? null : Math.round(spend * 0.4),
      conv: isKnown ? (isView ? conv + view : conv) : null,
      value: isKnown ? (isView ? Math.round(value * 1.3) : value) : null,
      view: isKnown ? view : null,
      viewValue: isKnown ? Math.round(value * 0.3) : null,
      engaged,
      engagedValue: engaged === null ? null : Math.round(value * 0.07),
      reported: Math.round(conv * (platform === 'google_ads' ? 1.12 : 1.34)),
      reportedValue: Math.round(value * (platform === 'google_ads' ? 1.12 : 1.3)),
    },
  }
}

export function facts(world: World, start: string, end: string, attribution: Attribution): readonly Fact[] {
  const length = Math.min(800, Math.max(0, Math.round((Date.parse(end) - Date.parse(start)) / DAY_MS) + 1))
  const dates = Array.from({ length }, (_, index) =>
    new Date(Date.parse(start) + index * DAY_MS).toISOString().slice(0, 10),
  )
  return world.accounts.flatMap((account, at) =>
    account.names.flatMap((_, campaign) => {
      // A campaign of 1,200 is asked for as a whole only; and the first of Google leaves a part that no ad group is told of.
      const paths: Fact['path'][] =
        account.names.length > 100
          ? [[campaign, null, null]]
          : [
              ...[0, 1].flatMap((group) => [0, 1].map((ad): Fact['path'] => [campaign, group, ad])),
              ...(account.id === GOOGLE && campaign === 0 ? ([[campaign, null, null]] as Fact['path'][]) : []),
            ]
      return paths.flatMap((path) => dates.map((date) => fact(world, at, path, date, attribution)))
    }),
  )
}

/** Yen per euro, on every day. */
const YEN = 165
export function inCurrency(each: Fact, currency: string | undefined): Fact {
  if (currency === undefined || each.currency === currency) return each
  const factor = each.currency === 'JPY' ? 100 / YEN : YEN / 100
  const money: readonly Sum[] = ['spend', 'measured', 'value', 'viewValue', 'engagedValue', 'reportedValue']
  const sums = { ...each.sums }
  for (const name of money) sums[name] = sums[name] === null ? null : Math.round(sums[name] * factor)
  return { ...each, currency, sums }
}

function total(group: readonly Fact[]): Readonly<Record<Sum, number | null>> {
  const sums = Object.fromEntries(SUMS.map((name) => [name, null])) as Record<Sum, number | null>
  for (const each of group)
    for (const name of SUMS) {
      const value = each.sums[name]
      if (value !== null) sums[name] = (sums[name] ?? 0) + value
    }
  return sums
}

function metrics(group: readonly Fact[], currency: string): Row['metrics'] {
  const sums = total(group)
  const places = currency === 'JPY' ? 0 : 2
  const unit = currency === 'JPY' ? 1 : 100
  const money = (value: number | null): string | null => (value === null ? null : (value / unit).toFixed(places))
  const tenths = (value: number | null): number | null => (value === null ? null : value / 10)
  const over = (a: number | null, b: number | null, digits: number): string | null =>
    a === null || b === null || b === 0 ? null : (a / b).toFixed(digits)
  const { spend, clicks, impressions, conv, value } = sums
  return {
    spend: money(spend) ?? '0',
    impressions: impressions ?? 0,
    clicks: clicks ?? 0,
    video_views: sums.videos,
    ctr: over(clicks, impressions, 4),
    cpc: over((spend ?? 0) / unit, clicks, places),
    cpm: over(((spend ?? 0) / unit) * 1_000, impressions, places),
    conversions: tenths(conv),
    conversion_value: money(value),
    cpa: conv === null ? null : over(((spend ?? 0) / unit) * 10, conv, places),
    roas: over(value, spend, 2),
    measured_spend: money(sums.measured) ?? '0',
    roas_measured: over(value, sums.measured, 2),
    conversions_view: tenths(sums.view),
    conversion_value_view: money(sums.viewValue),
    conversions_engaged_view: tenths(sums.engaged),
    conversion_value_engaged_view: money(sums.engagedValue),
    reported_conversions: tenths(sums.reported),
    reported_conversion_value: money(sums.reportedValue),
    reported_roas: over(sums.reportedValue, spend, 2),
  }
}

export function windowOfAll(group: readonly Fact[]): Window {
  const statuses = new Set(group.map((each) => each.window.status))
  const days = new Set(group.map((each) => each.window.click_days))
  const [status] = statuses
  const [first = null] = days
  return {
    status: statuses.size === 1 && status !== undefined ? status : 'mixed',
    click_days: days.size === 1 ? first : null,
  }
}
function maturityOf(group: readonly Fact[]): Row['maturity'] {
  const spend = group.reduce((sum, each) => sum + (each.sums.spend ?? 0), 0)
  const known = group.reduce((sum, each) => sum + (each.sums.spend ?? 0) * each.share, 0)
  const isMature = group.every((each) => each.share === 1)
  return { state: isMature ? 'mature' : 'immature', known_share: isMature ? 1 : spend === 0 ? null : known / spend }
}
export const counted = (group: readonly Fact[], currency: string) => ({
  currency,
  metrics: metrics(group, currency),
  window: windowOfAll(group),
  maturity: maturityOf(group),
})
