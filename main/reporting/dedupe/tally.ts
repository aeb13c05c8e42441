/** Adds up credited orders one by one and sets them against what the platforms claim. Pure; keeps counts only, never the orders. */
import {
  CLICK_WINDOW_S,
  CREDIT_PLATFORMS,
  creditOrder,
  type CreditPlatform,
  isLive,
  type MergedOrder,
  type OrderCredit,
  type OrderVersion,
  type Seconds,
} from './credit-order.ts'
import { type Fraction, fraction, isLess, larger, minus, over, plus, smaller, ZERO } from './fraction.ts'

/** Conversions a platform claims in sum, in whole conversions; null: not known. */
export interface Claims {
  readonly click7: Fraction | null
  readonly view: Fraction | null
}
export interface PlatformCounts {
  /** Orders given to it, and their value in the caller's unit. */
  readonly credited: number
  readonly value: bigint
  /** Orders with an eligible click of it; those with no click of another. */
  readonly matched: number
  readonly exclusive: number
  /** Orders with no eligible click at all and a view of it in the day before. */
  readonly viewOnly: number
}
/** What orders bear out of a platform's claims. All null where the claims are not known. */
export interface Reconciled {
  /** Matched over claimed, 1 at most; null also of no claims. */
  readonly coverage: Fraction | null
  /** Claims without an order: cannot be de-duplicated. */
  readonly aggregateOnly: Fraction | null
  readonly unclaimed: Fraction | null
}
export interface Totals {
  /** Live orders, each once. */
  readonly orders: number
  readonly excluded: number
  readonly duplicates: number
  readonly credited: number
  readonly contested: number
  readonly unattributed: number
  /** How many orders ads had a part in, at least and at most. */
  readonly adDriven: { readonly low: Fraction; readonly high: Fraction }
  readonly claimedSum: Fraction
  /** Claims over orders; null without orders. */
  readonly inflation: Fraction | null
}
export type ByPlatform<T> = Readonly<Record<CreditPlatform, T>>
export interface TallyResult {
  readonly platforms: ByPlatform<PlatformCounts & Reconciled>
  /** Orders with eligible clicks of both; the diagonal is `matched`. */
  readonly overlap: ByPlatform<ByPlatform<number>>
  readonly totals: Totals
}

export interface Tally<V extends OrderVersion> {
  /** Each canonical order once. null: excluded, because nothing is left of it or it was a test. */
  add(order: MergedOrder<V>): OrderCredit | null
  finish(claims: ByPlatform<Claims>): TallyResult
}

/** @param valueOf what an order adds to the value of the platform that gets it */
export function createTally<V extends OrderVersion>(
  valueOf: (order: MergedOrder<V>) => bigint = ({ version }) => version.netValue,
  windowS: Seconds = CLICK_WINDOW_S,
): Tally<V> {
  const counts = byPlatform(() => ({ credited: 0, value: 0n, matched: 0, exclusive: 0, viewOnly: 0 }))
  const overlap = byPlatform(() => byPlatform(() => 0))
  const sums = { orders: 0, excluded: 0, duplicates: 0, contested: 0, withClick: 0 }
  return {
    add(order) {
      sums.duplicates += order.duplicates
      if (!isLive(order)) {
        sums.excluded += 1
        return null
      }
      sums.orders += 1
      const credit = creditOrder(order, windowS)
      const { platforms, winner, viewOnly } = credit
      for (const platform of platforms) {
        counts[platform].matched += 1
        for (const other of platforms) overlap[platform][other] += 1
      }
      const [only] = platforms
      if (only !== undefined && platforms.length === 1) counts[only].exclusive += 1
      if (platforms.length > 0) sums.withClick += 1
      if (platforms.length > 1) sums.contested += 1
      for (const platform of viewOnly) counts[platform].viewOnly += 1
      if (winner !== null) {
        counts[winner.platform].credited += 1
        counts[winner.platform].value += valueOf(order)
      }
      return credit
    },
    finish(claims) {
      const reconciled = byPlatform((platform) => reconcile(claims[platform].click7, counts[platform].matched))
      const credited = CREDIT_PLATFORMS.reduce((sum, platform) => sum + counts[platform].credited, 0)
      const { orders, excluded, duplicates, contested } = sums
      return {
        platforms: byPlatform((platform) => ({ ...counts[platform], ...reconciled[platform] })),
        overlap: byPlatform((platform) => ({ ...overlap[platform] })),
        totals: {
          orders,
          excluded,
          duplicates,
          credited,
          contested,
          unattributed: orders - credited,
          ...bounds(orders, sums.withClick, claims, reconciled),
        },
      }
    },
  }
}

export function byPlatform<T>(make: (platform: CreditPlatform) => T): Record<CreditPlatform, T> {
  return { google: make('google'), meta: make('meta'), tiktok: make('tiktok') }
}

function reconcile(claimed: Fraction | null, matchedOrders: number): Reconciled {
  if (claimed === null) return { coverage: null, aggregateOnly: null, unclaimed: null }
  const matched = fraction(BigInt(matchedOrders))
  return {
    coverage: claimed.n === 0n ? null : smaller(fraction(1n), over(matched, claimed)),
    aggregateOnly: larger(ZERO, minus(claimed, matched)),
    unclaimed: larger(ZERO, minus(matched, claimed)),
  }
}

/**
 * Fréchet bounds. At most: the orders with a click, and on top of them every claim without one, each of another order. At least: the
 * orders with a click, or the claims of the platform that claims most, all of the same orders.
 */
function bounds(
  orders: number,
  withClick: number,
  claims: ByPlatform<Claims>,
  reconciled: ByPlatform<Reconciled>,
): Pick<Totals, 'adDriven' | 'claimedSum' | 'inflation'> {
  const all = fraction(BigInt(orders))
  const union = fraction(BigInt(withClick))
  const known = CREDIT_PLATFORMS.flatMap((platform) => claims[platform].click7 ?? [])
  const loose = CREDIT_PLATFORMS.flatMap((platform) => reconciled[platform].aggregateOnly ?? [])
  const high = smaller(all, loose.reduce(plus, union))
  const most = known.reduce((sofar, claim) => (isLess(sofar, claim) ? claim : sofar), union)
  const claimedSum = known.reduce(plus, ZERO)
  return {
    adDriven: { low: smaller(most, high), high },
    claimedSum,
    inflation: orders === 0 ? null : over(claimedSum, all),
  }
}
