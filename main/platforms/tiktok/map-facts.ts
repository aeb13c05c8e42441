/** TikTok's daily report rows as metric facts. Pure. Amounts go through map.ts; nothing is rounded and nothing is guessed. */
import { type AccountId, entityId } from '../../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../../shared/domain/metric.ts'
import { OperationError } from '../../../shared/errors.ts'
import { microsFromReport } from './amounts.ts'
import type { WireReportRow } from './wire.ts'

/** The metrics we ask for. One wrong name fails the whole call (40002), so this list is all there is. */
export const REPORT_METRICS = [
  'spend',
  'impressions',
  'clicks',
  'reach',
  'video_play_actions',
  'conversion',
  'cta_conversion',
  'vta_conversion',
  'engaged_view_through_conversions',
  'website_cta_purchase_value',
  'vta_complete_payment_value',
  'total_complete_payment_rate',
] as const

export const REPORT_LEVELS: Readonly<
  Record<MetricLevel, { readonly dataLevel: string; readonly dimension: string; readonly statusField: string }>
> = {
  campaign: { dataLevel: 'AUCTION_CAMPAIGN', dimension: 'campaign_id', statusField: 'campaign_status' },
  ad_group: { dataLevel: 'AUCTION_ADGROUP', dimension: 'adgroup_id', statusField: 'adgroup_status' },
  // ad_id names the creatives inside a Smart+ ad; ad_id_v2 names the ad, and a classic ad as ever.
  ad: { dataLevel: 'AUCTION_AD', dimension: 'ad_id_v2', statusField: 'ad_status' },
}

function badRow(name: string): OperationError {
  return new OperationError(
    'platform_unreachable',
    `A row of TikTok’s report has a "${name}" that is not a number.`,
    'Nothing was stored. Try again later.',
    { retryable: true, details: { platform: 'tiktok', reason: 'unreadable' } },
  )
}

/** One report row as a fact. Values keep up to six decimals exactly. @throws OperationError platform_unreachable for a row that makes no sense. */
export function toFact(account: AccountId, currency: string, level: MetricLevel, row: WireReportRow): MetricFact {
  const { dimension } = REPORT_LEVELS[level]
  const externalId = row.dimensions[dimension] ?? ''
  const date = /^(\d{4}-\d{2}-\d{2})( 00:00:00)?$/.exec(row.dimensions['stat_time_day'] ?? '')?.[1]
  if (!/^[0-9]{1,24}$/.test(externalId)) throw badRow(dimension)
  if (date === undefined) throw badRow('stat_time_day')
  const micros = (name: string): bigint | null => {
    const value = microsFromReport(row.metrics[name] ?? undefined)
    if (value === undefined) throw badRow(name)
    return value
  }
  const count = (name: string): number | null => {
    const text = row.metrics[name] ?? undefined
    if (text === undefined || text === '-' || text === '') return null
    // Counts of one day stay far below 2^53; 15 digits are the safe part.
    if (!/^\d{1,15}$/.test(text)) throw badRow(name)
    return Number(text)
  }
  return {
    platform: 'tiktok',
    accountId: account,
    level,
    entityId: entityId(account, level, externalId),
    date,
    currency,
    spendMicros: micros('spend') ?? 0n,
    impressions: count('impressions') ?? 0,
    clicks: count('clicks') ?? 0,
    videoViews: count('video_play_actions'),
    reach: count('reach'),
    clickConversionMicros: micros('cta_conversion'),
    viewConversionMicros: micros('vta_conversion'),
    engagedViewConversionMicros: micros('engaged_view_through_conversions'),
    clickValueMicros: micros('website_cta_purchase_value'),
    viewValueMicros: micros('vta_complete_payment_value'),
    // TikTok has no value for engaged-view conversions.
    engagedViewValueMicros: null,
    // What Ads Manager shows as "conversions", by each ad group's own event and windows; the value of all payments, whatever their way.
    reportedConversionMicros: micros('conversion'),
    reportedValueMicros: micros('total_complete_payment_rate'),
  }
}
