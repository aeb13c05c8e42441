/**
 * get_order_credit: the period's orders credited once, beside what the platforms claim and cost. Says what it cannot know: what is only known
 * in sum stays a range.
 */
import { type Platform, PLATFORMS } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { OutputOf, ParsedInputOf } from '../../../shared/operations.ts'
import type { StoredAccount } from '../../store/account-table.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dayOf } from '../calendar.ts'
import { divideHalfEven } from '../exchange/cross-rate.ts'
import {
  asOf,
  firstSyncWarning,
  hasKnownCurrency,
  type ReportingDeps,
  storedAccount,
  tooManyWarning,
} from '../freshness.ts'
import { invalid, MAX_RANGE_DAYS } from '../metric-scope.ts'
import { ratio } from '../rates.ts'
import { cleanUntrusted } from '../untrusted.ts'
import { type Claimed, claimedBy } from './claimed.ts'
import { type ConvertToFine, fineText } from './convert.ts'
import { creditNotes } from './credit-notes.ts'
import { type CreditedOrders, creditName, creditOrders } from './credit-orders.ts'
import { type Fraction, fraction } from './fraction.ts'
import { byPlatform, type Claims, type TallyResult } from './tally.ts'

type Input = ParsedInputOf<'get_order_credit'>
type Output = OutputOf<'get_order_credit'>
type Credit = NonNullable<Output['credit']>

export interface CreditDeps extends ReportingDeps {
  /** Conversion to one currency by dated rates; see createConvertTo. */
  readonly convertTo: (currency: string) => ConvertToFine
}

const MAX_ORDERS = 500_000
const MAX_CAMPAIGNS_SHOWN = 50
const MAX_WARNINGS = 10
const MILLION = 1_000_000n
const ROAS_DECIMALS = 2

interface Asked {
  readonly startDay: number
  readonly endDay: number
  readonly accounts: readonly StoredAccount[]
  readonly platforms: readonly Platform[]
  readonly isFiltered: boolean
}
interface PlatformClaims extends Claimed {
  /** No totals are known: what is claimed are claims of single orders. */
  readonly isFromOrders: boolean
}

/**
 * At most 400 days and 500,000 orders. Reads every version of each order, in chunks; a few hundred milliseconds for 50,000.
 * @throws OperationError invalid_input, range_too_long, account_not_available, currency_mismatch
 */
export function getOrderCredit(deps: CreditDeps, input: Input): Output {
  const asked = askedFor(deps.facts, input)
  const { orders } = factsReaders(deps.facts)
  const as_of = asOf(asked.accounts)
  if (!orders.hasAny()) return { credit: null, as_of, warnings: [] }
  const { startDay, endDay } = asked
  if (orders.countOfDays(startDay, endDay, MAX_ORDERS + 1) > MAX_ORDERS)
    throw new OperationError('range_too_long', `These days hold more than 500,000 orders.`, 'Ask for fewer days.', {
      details: { max_orders: MAX_ORDERS },
    })
  const currency = input.currency ?? commonCurrency(deps.facts, asked)
  const convert = deps.convertTo(currency)
  const credited = creditOrders(orders.ofDays(startDay, endDay), asked, convert)
  const claims = claimsOf(deps.facts, asked, credited, convert)
  const result = credited.tally.finish(byPlatformName(claims))
  const credit = creditView(input, currency, credited, claims, result)
  const notes = creditNotes(credit, {
    startDay,
    endDay,
    claimsWithoutOrder: orders.claimsWithoutOrder(),
    movingSinceDay: movingSince(deps.facts, asked.accounts),
    fromOrderClaims: PLATFORMS.filter((platform) => claims.get(platform)?.isFromOrders === true),
    isFiltered: asked.isFiltered,
  })
  return { credit: { ...credit, notes }, as_of, warnings: warningsOf(deps.facts, asked, currency, credited, claims) }
}

function askedFor(facts: FactsReadDb, input: Input): Asked {
  const startDay = dayOf(input.start_date)
  const endDay = dayOf(input.end_date)
  if (startDay === undefined || endDay === undefined)
    throw invalid(
      `There is no day "${startDay === undefined ? input.start_date : input.end_date}".`,
      'Use calendar dates like "2026-11-23".',
    )
  if (startDay > endDay) throw invalid('start_date is after end_date.', 'Swap them.')
  if (endDay - startDay + 1 > MAX_RANGE_DAYS)
    throw new OperationError(
      'range_too_long',
      `The range has ${endDay - startDay + 1} days; at most ${MAX_RANGE_DAYS} can be asked for at once.`,
      'Split it into shorter ranges.',
      { details: { max_days: MAX_RANGE_DAYS } },
    )
  const named = input.account_ids && [...new Set(input.account_ids)].map((id) => storedAccount(facts, id))
  const all =
    named ??
    factsReaders(facts)
      .accounts.all()
      .filter(({ isListed }) => isListed)
  const accounts = all.filter(
    (account) => hasKnownCurrency(account) && (input.platforms?.includes(account.platform) ?? true),
  )
  const ofAccounts = named && new Set(accounts.map(({ platform }) => platform))
  const platforms = PLATFORMS.filter(
    (platform) => (input.platforms?.includes(platform) ?? true) && (ofAccounts?.has(platform) ?? true),
  )
  const isFiltered = named !== undefined || platforms.length < PLATFORMS.length
  return { startDay, endDay, accounts, platforms, isFiltered }
}

/** The currency most orders of the period have, else that of most accounts. */
function commonCurrency(facts: FactsReadDb, { startDay, endDay, accounts }: Asked): string {
  const ofOrders = factsReaders(facts)
    .orders.currenciesOfDays(startDay, endDay)
    .find((currency) => hasKnownCurrency({ currency }))
  if (ofOrders !== undefined) return ofOrders
  const counts = new Map<string, number>()
  for (const { currency } of accounts) counts.set(currency, (counts.get(currency) ?? 0) + 1)
  const [first] = [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return first?.[0] ?? 'EUR'
}

/** Claims and spend of the platforms that were asked for; of the others nothing is known. */
function claimsOf(
  facts: FactsReadDb,
  { accounts, platforms, startDay, endDay }: Asked,
  { claimedClicks, claimedViews }: CreditedOrders,
  convert: ConvertToFine,
): ReadonlyMap<Platform, PlatformClaims> {
  return new Map(
    platforms.map((platform): [Platform, PlatformClaims] => {
      const own = accounts.filter((account) => account.platform === platform)
      const claimed = claimedBy(facts, own, { startDay, endDay }, convert)
      const [clicks, views] = [claimedClicks[creditName(platform)], claimedViews[creditName(platform)]]
      if (claimed.clickMicros !== null || clicks + views === 0) return [platform, { ...claimed, isFromOrders: false }]
      return [
        platform,
        {
          ...claimed,
          // By the platform's own windows, whatever they are.
          status: 'upper_bound',
          clickMicros: BigInt(clicks) * MILLION,
          viewMicros: claimed.viewMicros ?? BigInt(views) * MILLION,
          isFromOrders: true,
        },
      ]
    }),
  )
}

function byPlatformName(claims: ReadonlyMap<Platform, PlatformClaims>) {
  const ofName = new Map([...claims].map(([platform, claimed]) => [creditName(platform), claimed]))
  const conversions = (micros: bigint | null | undefined): Fraction | null =>
    micros === null || micros === undefined ? null : fraction(micros, MILLION)
  return byPlatform(
    (name): Claims => ({
      click7: conversions(ofName.get(name)?.clickMicros),
      view: conversions(ofName.get(name)?.viewMicros),
    }),
  )
}

function creditView(
  input: Input,
  currency: string,
  credited: CreditedOrders,
  claims: ReadonlyMap<Platform, PlatformClaims>,
  { platforms, overlap, totals }: TallyResult,
): Omit<Credit, 'notes'> {
  const money = (fine: bigint): string => fineText(fine, currency)
  const rows = [...claims].map(([platform, claimed]) =>
    platformView(platform, claimed, platforms[creditName(platform)], money),
  )
  const shown = rows.map(({ platform }) => platform)
  const creditedFine = Object.values(platforms).reduce((sum, { value }) => sum + value, 0n)
  return {
    start_date: input.start_date,
    end_date: input.end_date,
    currency,
    orders: {
      total: totals.orders,
      value: money(credited.valueFine),
      excluded: totals.excluded,
      duplicates: totals.duplicates,
      credited: totals.credited,
      credited_value: money(creditedFine),
      contested: totals.contested,
      unattributed: totals.unattributed,
      without_rate: credited.withoutRate,
    },
    platforms: rows,
    overlap: shown.flatMap((a) => shown.map((b) => ({ a, b, orders: overlap[creditName(a)][creditName(b)] }))),
    claimed_sum: number(totals.claimedSum),
    inflation: totals.inflation === null ? null : number(totals.inflation),
    ad_driven: { low: number(totals.adDriven.low), high: number(totals.adDriven.high) },
    top_campaigns: topCampaigns(credited, shown, money),
  }
}

function platformView(
  platform: Platform,
  claimed: PlatformClaims,
  row: TallyResult['platforms']['google'],
  money: (fine: bigint) => string,
): Credit['platforms'][number] {
  const { clickMicros, viewMicros, valueFine, spendFine, status } = claimed
  // Over part of the spend a ratio would flatter.
  const roas = (value: bigint | null) =>
    claimed.isSpendWhole && spendFine > 0n ? ratio(value, spendFine, ROAS_DECIMALS) : null
  const maybe = (value: Fraction | null): number | null => (value === null ? null : number(value))
  return {
    platform,
    credited: row.credited,
    credited_value: money(row.value),
    matched: row.matched,
    exclusive: row.exclusive,
    view_only: row.viewOnly,
    claimed: clickMicros === null ? null : Number(clickMicros) / 1e6,
    claimed_value: valueFine === null ? null : money(valueFine),
    claimed_view: viewMicros === null ? null : Number(viewMicros) / 1e6,
    claim_status: clickMicros === null ? 'unavailable' : status,
    spend: money(spendFine),
    roas: roas(row.value),
    claimed_roas: roas(valueFine),
    coverage: maybe(row.coverage),
    aggregate_only: maybe(row.aggregateOnly),
    unclaimed: maybe(row.unclaimed),
  }
}

/** By value, then orders, then name, so that the list is the same whatever order the rows came in. */
function topCampaigns(
  { campaigns }: CreditedOrders,
  shown: readonly Platform[],
  money: (fine: bigint) => string,
): Credit['top_campaigns'] {
  const platformOf = new Map(shown.map((platform) => [creditName(platform), platform]))
  return campaigns
    .flatMap((row) => {
      const platform = platformOf.get(row.platform)
      return platform === undefined ? [] : [{ ...row, platform }]
    })
    .toSorted(
      (a, b) =>
        compare(b.valueFine, a.valueFine) ||
        b.orders - a.orders ||
        compare(a.platform, b.platform) ||
        compare(a.campaign, b.campaign),
    )
    .slice(0, MAX_CAMPAIGNS_SHOWN)
    .map(({ platform, campaign, orders, valueFine }) => ({
      platform,
      orders,
      value: money(valueFine),
      untrusted: { campaign: cleanUntrusted(campaign) },
    }))
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** At six decimals, rounded half to even. */
const number = ({ n, d }: Fraction): number => Number(divideHalfEven(n * MILLION, d)) / 1e6

/** The first day on which some platform may still change a number. */
function movingSince(facts: FactsReadDb, accounts: readonly StoredAccount[]): number | null {
  const { coverage } = factsReaders(facts)
  const days = accounts.flatMap(({ accountKey }) => coverage.firstMovingDay(accountKey, 'campaign') ?? [])
  return days.length === 0 ? null : Math.min(...days)
}

function warningsOf(
  facts: FactsReadDb,
  { accounts }: Asked,
  currency: string,
  { withoutRate, hasMoreCampaigns }: CreditedOrders,
  claims: ReadonlyMap<Platform, PlatformClaims>,
): string[] {
  const isSpendPartial = [...claims.values()].some(({ isSpendWhole }) => !isSpendWhole)
  return [
    ...firstSyncWarning(accounts),
    ...tooManyWarning(facts),
    ...(withoutRate === 0
      ? []
      : [
          `${withoutRate === 1 ? 'One order has' : `${withoutRate} orders have`} no exchange rate to ${currency}: counted, and left out of every value and ROAS.`,
        ]),
    ...(isSpendPartial
      ? [`Part of the spend has no exchange rate to ${currency} and is left out: no ROAS is given where that is so.`]
      : []),
    ...(hasMoreCampaigns
      ? ['There are too many campaign names to rank all of them: the list of campaigns is a part.']
      : []),
  ].slice(0, MAX_WARNINGS)
}
