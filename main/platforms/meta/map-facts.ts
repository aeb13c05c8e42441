/**
 * Meta's insights rows as metric facts. Pure. One action type is the conversion, chosen per row in a fixed order and never summed: Meta
 * reports the same purchase under several types (marketing-api/insights, "action types").
 *
 * What is zero and what is not known: Meta leaves out every action type and every window that counted nothing, and looks the same where
 * nothing was measured. So:
 * - a row with a purchase type is measured; a window it leaves out is 0, also in the values.
 * - a row without one is 0 where its campaign's objective is sales: those have a pixel or shop by construction.
 * - any other row without one is null, "not measured". A reach campaign that sold nothing and one that nobody tracks read alike, and a
 *   zero return that nobody measured would be taken for a verdict. The objective is the campaign's on every level, so levels agree.
 */
import { type AccountId, entityId } from '../../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../../shared/domain/metric.ts'
import { OperationError } from '../../../shared/errors.ts'
import { microsFromReport } from './money.ts'
import type { WireAction, WireInsight } from './wire.ts'

/** All of a purchase wherever it happened; then Meta's deduplicated purchase; then the pixel's alone. */
export const PURCHASE_TYPES = ['omni_purchase', 'purchase', 'offsite_conversion.fb_pixel_purchase'] as const

/** Asked for explicitly, because the default windows are each ad set's own and cannot be added. 7d_view and 28d_view are dead since 2026-01-12. */
export const WINDOWS = ['1d_click', '7d_click', '28d_click', '1d_view', '1d_ev'] as const
type Window = (typeof WINDOWS)[number]

const SALES_OBJECTIVES = new Set(['OUTCOME_SALES', 'CONVERSIONS', 'PRODUCT_CATALOG_SALES', 'STORE_VISITS'])

export interface ReportLevel {
  readonly level: 'campaign' | 'adset' | 'ad'
  readonly idField: 'campaign_id' | 'adset_id' | 'ad_id'
  /** All of them, so that deleted and archived objects keep their history: without a filter Meta leaves those out. */
  readonly statuses: readonly string[]
}
const CAMPAIGN_STATUSES = ['ACTIVE', 'PAUSED', 'DELETED', 'ARCHIVED', 'IN_PROCESS', 'WITH_ISSUES']
const AD_SET_STATUSES = [...CAMPAIGN_STATUSES, 'CAMPAIGN_PAUSED']
const AD_STATUSES = [
  ...AD_SET_STATUSES,
  'ADSET_PAUSED',
  'PENDING_REVIEW',
  'DISAPPROVED',
  'PREAPPROVED',
  'PENDING_BILLING_INFO',
]
export const REPORT_LEVELS: Readonly<Record<MetricLevel, ReportLevel>> = {
  campaign: { level: 'campaign', idField: 'campaign_id', statuses: CAMPAIGN_STATUSES },
  ad_group: { level: 'adset', idField: 'adset_id', statuses: AD_SET_STATUSES },
  ad: { level: 'ad', idField: 'ad_id', statuses: AD_STATUSES },
}

export function reportFields(level: ReportLevel): string {
  return `${level.idField},date_start,date_stop,objective,impressions,clicks,spend,reach,actions,action_values`
}

function badRow(name: string): OperationError {
  return new OperationError(
    'platform_unreachable',
    `A row of Meta’s report has a "${name}" that cannot be right.`,
    'Nothing was stored. Try again later.',
    { retryable: true, details: { platform: 'meta', reason: 'unreadable' } },
  )
}

function micros(name: string, text: string | undefined): bigint {
  if (text === undefined) return 0n
  const value = microsFromReport(text)
  if (value === undefined) throw badRow(name)
  return value
}

/** Counts of one day stay far below 2^53; 15 digits are the safe part. */
function count(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d{1,15}$/.test(text)) throw badRow(name)
  return Number(text)
}

function actionOf(actions: readonly WireAction[] | undefined, type: string | undefined): WireAction | undefined {
  return type === undefined ? undefined : actions?.find((each) => each.action_type === type)
}

/** The one action type that counts as the conversion of this row; undefined when the row has none. */
export function purchaseTypeOf(row: Pick<WireInsight, 'actions' | 'action_values'>): string | undefined {
  const has = (type: string) =>
    actionOf(row.actions, type) !== undefined || actionOf(row.action_values, type) !== undefined
  return PURCHASE_TYPES.find(has)
}

/** One row as a fact. @throws OperationError platform_unreachable for a row that makes no sense */
export function toFact(account: AccountId, currency: string, level: MetricLevel, row: WireInsight): MetricFact {
  const externalId = row[REPORT_LEVELS[level].idField]
  if (externalId === undefined) throw badRow(REPORT_LEVELS[level].idField)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(row.date_start) || row.date_stop !== row.date_start) throw badRow('date_start')
  const type = purchaseTypeOf(row)
  const isMeasured = type !== undefined || SALES_OBJECTIVES.has(row.objective ?? '')
  const counts = actionOf(row.actions, type)
  const values = actionOf(row.action_values, type)
  const counted = (window: Window | 'value') => (isMeasured ? micros(`actions.${window}`, counts?.[window]) : null)
  const valued = (window: Window | 'value') => (isMeasured ? micros(`action_values.${window}`, values?.[window]) : null)
  // Three seconds of play, or nearly all of a shorter video.
  const videoViews = count('actions.video_view', actionOf(row.actions, 'video_view')?.value ?? '0')
  return {
    platform: 'meta',
    accountId: account,
    level,
    entityId: entityId(account, level, externalId),
    date: row.date_start,
    currency,
    spendMicros: micros('spend', row.spend),
    impressions: count('impressions', row.impressions) ?? 0,
    clicks: count('clicks', row.clicks) ?? 0,
    videoViews,
    reach: count('reach', row.reach),
    clickConversionMicros: counted('7d_click'),
    viewConversionMicros: counted('1d_view'),
    engagedViewConversionMicros: counted('1d_ev'),
    clickValueMicros: valued('7d_click'),
    viewValueMicros: valued('1d_view'),
    engagedViewValueMicros: valued('1d_ev'),
    window: { clickDays: 7, viewDays: 1, source: 'requested' },
    click1dConversionMicros: counted('1d_click'),
    click1dValueMicros: valued('1d_click'),
    click28dConversionMicros: counted('28d_click'),
    click28dValueMicros: valued('28d_click'),
    reportedConversionMicros: counted('value'),
    reportedValueMicros: valued('value'),
  }
}
