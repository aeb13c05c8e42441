/** The answers of the report's operations over the figures of the window's small world. All of them fit the table. */
import { ATTRIBUTIONS, DEFINITION_BREAKS } from '../../shared/domain/attribution.ts'
import { type AccountId, entityIdSchema, PLATFORMS, type Platform } from '../../shared/domain/ids.ts'
import type { OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { Handlers } from './window-double.ts'
import {
  counted,
  CURVES,
  DAY_MS,
  daysAgo,
  type Fact,
  facts,
  FROM_FILE,
  GOOGLE,
  HOSTILE,
  inCurrency,
  REPORT_ACCOUNTS,
  windowOf,
  windowOfAll,
  WORLD,
  type World,
} from './window-report-facts.ts'
import { ACCOUNT, ago, day, filled } from './window-world.ts'

type Answer = OutputOf<'get_cross_platform_report'>
type Input = ParsedInputOf<'get_cross_platform_report'>
type Row = Answer['rows'][number]

const entity = (id: AccountId, type: 'campaign' | 'ad_group' | 'ad', ...numbers: readonly number[]) =>
  entityIdSchema.parse(`${id}/${type}/${numbers.map((each) => 9_000 + each).join('')}`)

function bucket(date: string, group: string): string {
  if (group === 'month') return `${date.slice(0, 7)}-01`
  if (group === 'date') return date
  const weekday = (new Date(date).getUTCDay() + 6) % 7
  return new Date(Date.parse(date) - weekday * DAY_MS).toISOString().slice(0, 10)
}

/** Which row a fact belongs to, and what that row is. */
function place(
  each: Fact,
  group: NonNullable<Input['group_by']>,
  byPlatform: boolean,
  world: World,
): Omit<Row, 'currency' | 'metrics' | 'window' | 'maturity' | 'is_incomplete'> {
  const none = {
    platform: null,
    account_id: null,
    entity_id: null,
    date: null,
    is_remainder: false,
    has_children: false,
  }
  const [campaign, adGroup, ad] = each.path
  const name = world.accounts.find((account) => account.id === each.account)?.names[campaign] ?? ''
  const of = { ...none, platform: each.platform, account_id: each.account }
  if (group === 'date' || group === 'week' || group === 'month') {
    const date = bucket(each.date, group)
    return {
      ...none,
      key: byPlatform ? `${date} ${each.platform}` : date,
      date,
      platform: byPlatform ? each.platform : null,
    }
  }
  if (group === 'platform') return { ...none, key: each.platform, platform: each.platform, has_children: true }
  if (group === 'account') return { ...of, key: each.account, has_children: true }
  if (group === 'campaign') {
    const id = entity(each.account, 'campaign', campaign)
    return {
      ...of,
      key: id,
      entity_id: id,
      has_children: adGroup !== null || each.account === GOOGLE,
      untrusted: { name },
    }
  }
  if (adGroup === null) return { ...of, key: `rest of ${campaign}`, is_remainder: true }
  if (group === 'ad_group') {
    const id = entity(each.account, 'ad_group', campaign, adGroup)
    return {
      ...of,
      key: id,
      entity_id: id,
      has_children: true,
      untrusted: { name: adGroup === 0 ? 'Broad 25–44, interest: hiking' : 'Lookalike of buyers' },
    }
  }
  const id = entity(each.account, 'ad', campaign, adGroup, ad ?? 0)
  return {
    ...of,
    key: id,
    entity_id: id,
    untrusted: { name: ad === 0 ? 'Video 1, hook B' : 'Static 2 – boots on rock' },
  }
}

const isUnder = (each: Fact, under: string | undefined): boolean =>
  under === undefined ||
  under === each.account ||
  under === entity(each.account, 'campaign', each.path[0]) ||
  (each.path[1] !== null && under === entity(each.account, 'ad_group', each.path[0], each.path[1]))

function chosen(world: World, input: Input, start: string, end: string): readonly Fact[] {
  return facts(world, start, end, input.attribution ?? 'click_7d')
    .filter(
      (each) =>
        input.platforms?.includes(each.platform) !== false && input.account_ids?.includes(each.account) !== false,
    )
    .filter((each) => isUnder(each, input.under))
    .map((each) => inCurrency(each, input.currency))
}
function grouped<K>(all: readonly Fact[], key: (each: Fact) => K): ReadonlyMap<K, readonly Fact[]> {
  return Map.groupBy(all, key)
}
const totalsOf = (all: readonly Fact[], isConverted: boolean): Answer['totals'] =>
  [...grouped(all, (each) => each.currency)].map(([currency, group]) => ({
    ...counted(group, currency),
    is_converted: isConverted,
  }))

function rowsOf(world: World, input: Input, all: readonly Fact[]): readonly Row[] {
  const by = input.group_by ?? 'platform'
  const rows = [
    ...grouped(all, (each) => `${place(each, by, input.by_platform === true, world).key}|${each.currency}`),
  ].map(([, group]): Row => {
    const first = group[0] as Fact
    return {
      ...place(first, by, input.by_platform === true, world),
      ...counted(group, first.currency),
      is_incomplete: group.some((each) => daysAgo(each.date) === 0),
    }
  })
  const order = input.order_by ?? 'spend'
  if (rows[0]?.date !== null) return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return rows.toSorted((a, b) => Number(b.metrics[order] ?? -1) - Number(a.metrics[order] ?? -1))
}

const PLATFORM_NOTES: Readonly<Record<Platform, string>> = {
  google_ads: 'Google counts 30 days after a click; the 7-day part is put together from its lag buckets.',
  meta: 'Meta was asked for clicks within the window.',
  tiktok: 'Each ad group of TikTok is set to this window.',
}

function comparison(world: World, input: Input): Answer['comparison'] {
  if (input.compare_to === undefined) return null
  const length = Math.round((Date.parse(input.end_date) - Date.parse(input.start_date)) / DAY_MS) + 1
  const shift = input.compare_to === 'previous_year' ? 365 : length
  const move = (date: string): string => new Date(Date.parse(date) - shift * DAY_MS).toISOString().slice(0, 10)
  const [start, end] = [move(input.start_date), move(input.end_date)]
  return {
    start_date: start,
    end_date: end,
    totals: totalsOf(chosen(world, input, start, end), input.currency !== undefined),
    is_comparable: world.isComparable,
    reasons: world.isComparable
      ? []
      : [
          'Conversions of the last 9 days are still arriving (about 93 % of this range are known), and those of the earlier period have all arrived.',
        ],
  }
}

export function reportAnswer(input: Input, world: World = WORLD): Answer {
  const all = chosen(world, input, input.start_date, input.end_date)
  const rows = rowsOf(world, input, all)
  const offset = Number(input.cursor ?? '0')
  const limit = input.limit ?? 100
  const present = PLATFORMS.filter((platform) => all.some((each) => each.platform === platform))
  const hasYen = world.accounts.some((account) => account.currency === 'JPY')
  return {
    rows: rows.slice(offset, offset + limit),
    totals: totalsOf(all, input.currency !== undefined),
    comparison: comparison(world, input),
    attribution: input.attribution ?? ATTRIBUTIONS[0],
    platforms: present.map((platform) => ({
      platform,
      window: windowOfAll(all.filter((each) => each.platform === platform)),
      note: PLATFORM_NOTES[platform],
      immature_since: day(CURVES[platform].length - 1),
      as_of: ago(26 * 60_000),
    })),
    rates: {
      currency: input.currency ?? null,
      used:
        input.currency === undefined || !hasYen
          ? []
          : [
              {
                currency: 'JPY',
                first_date: input.start_date,
                last_date: input.end_date,
                source: 'ECB reference rates, delivered with the app',
              },
            ],
      missing: [],
    },
    deduplicated: null,
    definition_notes: DEFINITION_BREAKS.filter(
      (each) => each.date >= input.start_date && each.date <= input.end_date,
    ).map((each) => each.text),
    complete_through: day(1),
    is_partial: input.end_date >= day(0),
    total: rows.length,
    next_cursor: offset + limit < rows.length ? String(offset + limit) : null,
    as_of: ago(26 * 60_000),
    warnings: [],
  }
}

type Credit = NonNullable<OutputOf<'get_order_credit'>['credit']>
export const CREDIT: Credit = {
  start_date: day(28),
  end_date: day(1),
  currency: 'EUR',
  orders: {
    total: 1_204,
    value: '112480.20',
    excluded: 31,
    duplicates: 12,
    credited: 793,
    credited_value: '73911.40',
    contested: 168,
    unattributed: 411,
    without_rate: 0,
  },
  platforms: [
    {
      platform: 'google_ads',
      credited: 402,
      credited_value: '38120.10',
      matched: 488,
      exclusive: 352,
      view_only: 0,
      claimed: 690,
      claimed_value: '64210.00',
      claimed_view: 40,
      claim_status: 'estimated',
      spend: '18210.40',
      roas: '2.09',
      claimed_roas: '3.53',
      coverage: 0.7072,
      aggregate_only: 202,
      unclaimed: 0,
    },
    {
      platform: 'meta',
      credited: 276,
      credited_value: '25310.80',
      matched: 361,
      exclusive: 219,
      view_only: 44,
      claimed: 612,
      claimed_value: '55002.00',
      claimed_view: 208,
      claim_status: 'exact',
      spend: '14310.90',
      roas: '1.77',
      claimed_roas: '3.84',
      coverage: 0.5899,
      aggregate_only: 251,
      unclaimed: 0,
    },
    {
      platform: 'tiktok',
      credited: 115,
      credited_value: '10480.50',
      matched: 148,
      exclusive: 54,
      view_only: 21,
      claimed: 143.5,
      claimed_value: '13002.00',
      claimed_view: 77,
      claim_status: 'upper_bound',
      spend: '6120.00',
      roas: '1.71',
      claimed_roas: '2.12',
      coverage: 1,
      aggregate_only: 0,
      unclaimed: 4.5,
    },
  ],
  overlap: [
    { a: 'google_ads', b: 'google_ads', orders: 488 },
    { a: 'meta', b: 'meta', orders: 361 },
    { a: 'tiktok', b: 'tiktok', orders: 148 },
    { a: 'google_ads', b: 'meta', orders: 110 },
    { a: 'google_ads', b: 'tiktok', orders: 62 },
    { a: 'meta', b: 'tiktok', orders: 68 },
  ],
  claimed_sum: 1_445.5,
  inflation: 1.2,
  ad_driven: { low: 793, high: 1_204 },
  top_campaigns: [
    { platform: 'google_ads', orders: 141, value: '13880.00', untrusted: { campaign: 'brand-search-de' } },
    { platform: 'meta', orders: 96, value: '8802.10', untrusted: { campaign: HOSTILE } },
  ],
  notes: ['17 orders carry a click id without a time. They count below any click whose time is known.'],
}

function method(input: ParsedInputOf<'get_report_method'>): OutputOf<'get_report_method'> {
  const attribution = input.attribution ?? 'click_7d'
  return {
    attribution,
    accounts: REPORT_ACCOUNTS.filter((account) => input.platforms?.includes(account.platform) !== false).map(
      (account) => ({
        account_id: account.account_id,
        platform: account.platform,
        currency: account.currency,
        time_zone: 'Europe/Berlin',
        is_imported: account.account_id === FROM_FILE,
        window: windowOf(account.account_id, 0, attribution),
        notes: [PLATFORM_NOTES[account.platform]],
        spend: account.currency === 'JPY' ? '1820400' : '18210.40',
        unmeasured_spend: account.account_id === ACCOUNT ? '1210.00' : account.currency === 'JPY' ? '0' : '0.00',
        days_held: 28,
        days_missing: account.account_id === FROM_FILE ? 5 : 0,
        last_sync_at: account.last_sync_at,
        complete_through: day(1),
        restated:
          account.account_id === FROM_FILE
            ? null
            : {
                days: 9,
                spend: account.currency === 'JPY' ? '1200' : '12.40',
                conversions: 31.5,
                conversion_value: account.currency === 'JPY' ? '88000' : '2810.00',
              },
        maturity: {
          curve: account.platform === 'google_ads' ? 'measured' : 'default',
          points: Array.from({ length: 31 }, (_, age) => ({
            age_days: age,
            share: CURVES[account.platform][age] ?? 1,
          })),
          immature_since: day(CURVES[account.platform].length - 1),
        },
        untrusted: { name: account.untrusted.name },
      }),
    ),
    breaks: DEFINITION_BREAKS.map((each) => ({ ...each })),
    rates: { currency: null, used: [], missing: [] },
    as_of: ago(26 * 60_000),
    warnings: [],
  }
}

/** A workspace with everything that the report can show. */
export function reported(more: Partial<World> = {}): Handlers {
  const world = { ...WORLD, ...more }
  return {
    ...filled(),
    list_accounts: () => ({
      accounts: REPORT_ACCOUNTS.filter((account) => world.accounts.some((each) => each.id === account.account_id)),
      as_of: ago(26 * 60_000),
      warnings: [],
    }),
    get_cross_platform_report: (input) => reportAnswer(input, world),
    get_order_credit: (input) => ({
      credit: { ...CREDIT, start_date: input.start_date, end_date: input.end_date },
      as_of: ago(60_000),
      warnings: [],
    }),
    get_report_method: method,
    get_exchange_rates: () => ({
      currencies: ['CHF', 'EUR', 'GBP', 'JPY', 'USD'],
      first_date: '1999-01-04',
      last_date: day(3),
      source: 'starter',
    }),
    export_report_data: () => ({
      folder: '/home/anna/.spendsignoff/exports/report-2026-11-23',
      files: 84,
      rows: 10_080,
      bytes: 1_482_113,
    }),
  }
}
