/** Credits the stored orders of a period, one after the other: keeps sums, never the orders. */
import type { Platform } from '../../../shared/domain/ids.ts'
import type { ShopOrderRow, ShopTouchRow, StoredOrder } from '../../store/order-table.ts'
import type { ConvertToFine } from './convert.ts'
import { type CreditPlatform, isLive, mergeVersions, type OrderVersion, type Touch } from './credit-order.ts'
import { byPlatform, createTally, type Tally } from './tally.ts'

const CREDIT_NAME: Readonly<Record<Platform, CreditPlatform>> = {
  google_ads: 'google',
  meta: 'meta',
  tiktok: 'tiktok',
}
/** A shop has hundreds. Beyond it, names that come later are only in the sums of their platform. */
const MAX_CAMPAIGNS = 20_000

export const creditName = (platform: Platform): CreditPlatform => CREDIT_NAME[platform]

export interface CampaignCredit {
  readonly platform: CreditPlatform
  /** Untrusted. */
  readonly campaign: string
  orders: number
  valueFine: bigint
}
export interface CreditedOrders {
  readonly tally: Tally<StoredVersion>
  /** Of all live orders that have a rate. */
  readonly valueFine: bigint
  /** Live orders whose day has no rate for their currency. */
  readonly withoutRate: number
  /** Live orders that a platform itself claims after a click, and after a view; each once per platform. */
  readonly claimedClicks: Readonly<Record<CreditPlatform, number>>
  readonly claimedViews: Readonly<Record<CreditPlatform, number>>
  readonly campaigns: readonly CampaignCredit[]
  readonly hasMoreCampaigns: boolean
}
export interface StoredVersion extends OrderVersion {
  readonly day: number
  readonly currency: string
}

/**
 * An order belongs to the day of the version that counts, so one that was moved out of the period by an update is not in it.
 * @param convert to the report's currency
 */
export function creditOrders(
  stored: Iterable<StoredOrder>,
  { startDay, endDay }: { readonly startDay: number; readonly endDay: number },
  convert: ConvertToFine,
): CreditedOrders {
  let [valueFine, withoutRate, hasMoreCampaigns] = [0n, 0, false]
  const claimedClicks = byPlatform(() => 0)
  const claimedViews = byPlatform(() => 0)
  const campaigns = new Map<string, CampaignCredit>()
  let orderFine = 0n
  const tally = createTally<StoredVersion>(() => orderFine)
  for (const { orderId, versions, touches } of stored) {
    const [first, ...others] = versions
    const order = mergeVersions(orderId, [toVersion(first), ...others.map(toVersion)], touches.map(toTouch))
    const { day, currency, netValue } = order.version
    if (day < startDay || day > endDay) continue
    const fine = isLive(order) ? convert(netValue, currency, day) : 0n
    if (fine === undefined) withoutRate += 1
    orderFine = fine ?? 0n
    valueFine += orderFine
    const credit = tally.add(order)
    if (credit === null) continue
    countClaims(order.touches, claimedClicks, claimedViews)
    const { winner } = credit
    if (winner === null || typeof winner.campaign !== 'string' || winner.campaign === '') continue
    const key = `${winner.platform} ${winner.campaign}`
    const known = campaigns.get(key)
    if (known === undefined && campaigns.size >= MAX_CAMPAIGNS) hasMoreCampaigns = true
    else if (known === undefined)
      campaigns.set(key, { platform: winner.platform, campaign: winner.campaign, orders: 1, valueFine: orderFine })
    else {
      known.orders += 1
      known.valueFine += orderFine
    }
  }
  return {
    tally,
    valueFine,
    withoutRate,
    claimedClicks,
    claimedViews,
    campaigns: [...campaigns.values()],
    hasMoreCampaigns,
  }
}

function countClaims(
  touches: readonly Touch[],
  clicks: Record<CreditPlatform, number>,
  views: Record<CreditPlatform, number>,
): void {
  if (touches.every(({ claimedBy }) => !claimedBy)) return
  const claimsOf = (kind: string) =>
    new Set(touches.flatMap((touch) => (touch.claimedBy && touch.kind === kind ? [touch.claimedBy] : [])))
  for (const platform of claimsOf('click')) clicks[platform] += 1
  for (const platform of claimsOf('view')) views[platform] += 1
}

function toVersion(row: ShopOrderRow): StoredVersion {
  const { rawOrderId, atS, updatedAtS, netValueMicros, isTest, day, currency } = row
  return {
    rawOrderId,
    atS: BigInt(atS),
    updatedAtS: BigInt(updatedAtS),
    netValue: netValueMicros,
    isTest,
    day,
    currency,
  }
}

function toTouch({ kind, idType, clickId, atS, utmSource, utmMedium, campaign, claimedBy }: ShopTouchRow): Touch {
  return {
    kind,
    idType,
    clickId,
    atS: atS === null ? null : BigInt(atS),
    utmSource,
    utmMedium,
    campaign,
    claimedBy: claimedBy === null ? null : CREDIT_NAME[claimedBy],
  }
}
