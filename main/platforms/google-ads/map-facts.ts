/** Google's daily rows as metric facts. Pure. Nothing is guessed: what Google does not say is null, and what is estimated is labelled. */
import { type AccountId, entityId } from '../../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../../shared/domain/metric.ts'
import { unreadable } from './codes.ts'
import { idOf, microsFromInt64, millionths } from './map.ts'
import { SEVEN_DAY_BUCKETS } from './queries.ts'
import type { LagRow, MetricsRow } from './wire.ts'

type Subject = Pick<MetricsRow, 'campaign' | 'adGroup' | 'adGroupAd'>

/** The id of what a row is about, as our entities spell it. */
function subjectId(level: MetricLevel, row: Subject): string {
  const id =
    level === 'campaign'
      ? row.campaign?.id
      : level === 'ad_group'
        ? row.adGroup?.id
        : row.adGroupAd === undefined
          ? undefined
          : idOf(row.adGroupAd.resourceName)
  if (id === undefined || id === '') throw unreadable(`a row without its ${level.replace('_', ' ')}`)
  return id
}

export const rowKey = (level: MetricLevel, row: Subject & { readonly segments: { readonly date: string } }): string =>
  `${subjectId(level, row)} ${row.segments.date}`

/** What was converted within a day, and within seven days, of the click. */
export interface LagSums {
  oneDayMicros: bigint
  oneDayValueMicros: bigint
  sevenDayMicros: bigint
  sevenDayValueMicros: bigint
}

function doubleOf(value: number | undefined, name: string): bigint | null {
  if (value === undefined) return null
  const found = millionths(value)
  if (found === undefined) throw unreadable(`a "${name}" that is not a number`)
  return found
}

function countOf(text: string | undefined, name: string): number | null {
  if (text === undefined) return null
  // Counts of one day stay far below 2^53; 15 digits are the safe part.
  if (!/^\d{1,15}$/.test(text)) throw unreadable(`a "${name}" that is not a count`)
  return Number(text)
}
export const reachOf = (text: string | undefined): number | null => countOf(text, 'unique_users')

/** Adds one row of the lag query to the sums of its entity and day. Buckets beyond the seventh day are left out. */
export function addLag(sums: Map<string, LagSums>, level: MetricLevel, row: LagRow): void {
  const bucket = row.segments.conversionLagBucket
  if (!(SEVEN_DAY_BUCKETS as readonly string[]).includes(bucket)) return
  const key = rowKey(level, row)
  let sum = sums.get(key)
  if (sum === undefined) {
    sum = { oneDayMicros: 0n, oneDayValueMicros: 0n, sevenDayMicros: 0n, sevenDayValueMicros: 0n }
    sums.set(key, sum)
  }
  const count = doubleOf(row.metrics.conversions, 'conversions') ?? 0n
  const value = doubleOf(row.metrics.conversionsValue, 'conversions_value') ?? 0n
  sum.sevenDayMicros += count
  sum.sevenDayValueMicros += value
  if (bucket !== SEVEN_DAY_BUCKETS[0]) return
  sum.oneDayMicros += count
  sum.oneDayValueMicros += value
}

/** Lag sums and reach of the piece of time that a row lies in; undefined where Google does not offer them. */
export interface Beside {
  readonly lags: ReadonlyMap<string, LagSums> | undefined
  readonly reach: ReadonlyMap<string, number | null>
}

/**
 * One row as a fact. With lag buckets, the click columns hold conversions up to seven days after the ad ("approximated": Google counts the
 * lag from the impression, and the action's own window may be shorter); without, whatever the conversion actions' windows let through.
 * @throws OperationError platform_unreachable for a row that makes no sense, invalid_value for an amount past 2^53 micros
 */
export function toFact(
  account: { readonly id: AccountId; readonly currency: string },
  level: MetricLevel,
  row: MetricsRow,
  beside: Beside,
): MetricFact {
  const key = rowKey(level, row)
  const { metrics } = row
  const conversions = doubleOf(metrics.conversions, 'conversions')
  const value = doubleOf(metrics.conversionsValue, 'conversions_value')
  const viewCount = countOf(metrics.viewThroughConversions, 'view_through_conversions')
  const { lags } = beside
  const lag = lags?.get(key)
  // Rows that are all zero are dropped by Google, so a missing bucket is zero, unless conversions are not told at all.
  const within = (known: bigint | undefined, total: bigint | null): bigint | null =>
    total === null ? null : (known ?? 0n)
  const clicks =
    lags === undefined
      ? {
          clickConversionMicros: conversions,
          clickValueMicros: value,
          window: { clickDays: null, viewDays: null, source: 'entity_setting' as const },
        }
      : {
          clickConversionMicros: within(lag?.sevenDayMicros, conversions),
          clickValueMicros: within(lag?.sevenDayValueMicros, value),
          click1dConversionMicros: within(lag?.oneDayMicros, conversions),
          click1dValueMicros: within(lag?.oneDayValueMicros, value),
          window: { clickDays: 7, viewDays: null, source: 'approximated' as const },
        }
  return {
    platform: 'google_ads',
    accountId: account.id,
    level,
    entityId: entityId(account.id, level, subjectId(level, row)),
    date: row.segments.date,
    currency: account.currency,
    spendMicros: microsFromInt64(metrics.costMicros ?? '0'),
    impressions: countOf(metrics.impressions, 'impressions') ?? 0,
    clicks: countOf(metrics.clicks, 'clicks') ?? 0,
    videoViews: countOf(metrics.videoTrueviewViews, 'video_trueview_views'),
    reach: beside.reach.get(key) ?? null,
    ...clicks,
    viewConversionMicros: viewCount === null ? null : BigInt(viewCount) * 1_000_000n,
    // Engaged views are inside Google's conversions and not told apart here; view-through conversions have no value on Google.
    engagedViewConversionMicros: null,
    viewValueMicros: null,
    engagedViewValueMicros: null,
    reportedConversionMicros: conversions,
    reportedValueMicros: value,
  }
}
