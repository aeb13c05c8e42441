/** Pure: what a cell says, why one says nothing, what changed, whether rows add up. No figure is made up here. */
import type { Attribution } from '../../../shared/domain/attribution.ts'
import {
  changeFraction,
  fill,
  integer,
  money,
  oneDecimal,
  percent,
  plural,
  quotientChange,
  ratio,
} from '../../format.ts'
import type { ReportColumn } from '../../report-choices.ts'
import { TEXTS } from '../../texts.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import type { ReportMetrics, ReportRow, ReportTotals } from './scope.ts'
import { shareText } from './words.ts'

const t = REPORT_TEXTS
export type MetricName = Extract<ReportColumn, keyof ReportMetrics>
export type Kind = 'money' | 'count' | 'ratio' | 'percent'
export type Group = 'delivery' | 'primary' | 'view' | 'engaged' | 'reported' | 'data'
/** Anything with numbers, a window and a maturity: a row or a total. */
export type Counted = Pick<ReportRow, 'currency' | 'metrics' | 'window' | 'maturity'>

const KINDS: Readonly<Record<MetricName, Kind>> = {
  spend: 'money',
  impressions: 'count',
  clicks: 'count',
  video_views: 'count',
  ctr: 'percent',
  cpc: 'money',
  cpm: 'money',
  conversions: 'count',
  conversion_value: 'money',
  cpa: 'money',
  roas: 'ratio',
  conversions_view: 'count',
  conversion_value_view: 'money',
  conversions_engaged_view: 'count',
  conversion_value_engaged_view: 'money',
  reported_conversions: 'count',
  reported_conversion_value: 'money',
  reported_roas: 'ratio',
}
const GROUPS: Readonly<Record<ReportColumn, Group>> = {
  spend: 'delivery',
  impressions: 'delivery',
  clicks: 'delivery',
  video_views: 'delivery',
  ctr: 'delivery',
  cpc: 'delivery',
  cpm: 'delivery',
  conversions: 'primary',
  conversion_value: 'primary',
  cpa: 'primary',
  roas: 'primary',
  conversions_view: 'view',
  conversion_value_view: 'view',
  conversions_engaged_view: 'engaged',
  conversion_value_engaged_view: 'engaged',
  reported_conversions: 'reported',
  reported_conversion_value: 'reported',
  reported_roas: 'reported',
  arrived: 'data',
  age: 'data',
}
export const groupOf = (column: ReportColumn): Group => GROUPS[column]
export const isMetric = (column: ReportColumn): column is MetricName => column in KINDS

/** The number as a person reads it; null when it is not known. */
export function metricText(
  counted: Pick<Counted, 'metrics' | 'currency'>,
  name: MetricName,
  hasDecimal = false,
): string | null {
  const value = counted.metrics[name]
  if (value === null) return null
  const kind = KINDS[name]
  if (kind === 'money') return money({ amount: String(value), currency: counted.currency })
  if (kind === 'ratio') return ratio(String(value))
  if (kind === 'percent') return percent(Number(value), false)
  return hasDecimal ? oneDecimal(Number(value)) : integer(Number(value))
}
/** Columns of counts in which some row is not whole: Google credits parts of a conversion. */
export function fractionsIn(all: readonly Counted[], columns: readonly ReportColumn[]): ReadonlySet<ReportColumn> {
  return new Set(
    columns.filter(
      (column) =>
        isMetric(column) &&
        KINDS[column] === 'count' &&
        all.some(({ metrics }) => !Number.isInteger(Number(metrics[column] ?? 0))),
    ),
  )
}
/** For sorting and drawing only. */
export function metricNumber(metrics: ReportMetrics, name: MetricName): number | null {
  const value = metrics[name]
  return value === null ? null : Number(value)
}

export function windowWords(attribution: Attribution): string {
  return t.attributions[attribution]
}

/** Why a figure is not there. Divided by nothing, not told by the platform, or not to be had by this window at all. */
export function whyMissing(counted: Counted, name: MetricName, attribution: Attribution): string {
  const { metrics, window } = counted
  if (GROUPS[name] === 'primary') {
    if (window.status === 'not_available') return fill(t.why.notAvailable, { window: windowWords(attribution) })
    if (window.status === 'unknown') return t.why.notTold
    if (name === 'cpa' && metrics.conversions === 0) return t.why.noConversions
  }
  const divisors: Readonly<Partial<Record<MetricName, boolean>>> = {
    roas: Number(metrics.spend) === 0,
    reported_roas: Number(metrics.spend) === 0,
    ctr: metrics.impressions === 0,
    cpm: metrics.impressions === 0,
    cpc: metrics.clicks === 0,
  }
  if (divisors[name] === true)
    return name === 'cpc' ? t.why.noClicks : name === 'ctr' || name === 'cpm' ? t.why.noImpressions : t.why.noSpend
  return t.why[`missing_${GROUPS[name]}`]
}

export interface Mark {
  /** Stands beside the number. */
  readonly short: string
  /** What it means, in a sentence. */
  readonly why: string
  readonly isChip: boolean
}
/** What has to be said beside a number counted by a window. null where it is exactly what was asked for. */
export function windowMark(counted: Pick<Counted, 'window'>, attribution: Attribution): Mark | null {
  const { status, click_days: days } = counted.window
  const window = windowWords(attribution)
  if (status === 'approximated') return { short: '≈', why: fill(t.marks.approximated, { window }), isChip: false }
  if (status === 'mixed') return { short: t.marks.mixedShort, why: fill(t.marks.mixed, { window }), isChip: true }
  if (status !== 'own_window') return null
  const own = days === null ? t.marks.ownUnknown : days === 0 ? t.marks.ownOff : plural(t.marks.ownDays, days)
  return {
    short: days === null ? t.marks.ownShort : days === 0 ? t.marks.offShort : fill(t.marks.daysShort, { days }),
    why: fill(t.marks.own, { window, own }),
    isChip: true,
  }
}

/** Nearly everything has arrived: a 28-day range is never drawn as unfinished because of its last two days. */
const SETTLED_FROM = 0.9
export function isUnfinished(counted: Pick<Counted, 'maturity'>): boolean {
  const { state, known_share: share } = counted.maturity
  return state === 'immature' && (share === null || share < SETTLED_FROM)
}
/** Where everything is unfinished a hatch on every row tells nothing apart: then only rows that are clearly behind the whole have one. */
const BEHIND_BY = 0.05
export function isBehind(row: Pick<Counted, 'maturity'>, whole: Pick<Counted, 'maturity'> | undefined): boolean {
  if (!isUnfinished(row)) return false
  if (whole === undefined || !isUnfinished(whole)) return true
  const [share, of] = [row.maturity.known_share, whole.maturity.known_share]
  return share !== null && of !== null && share < of - BEHIND_BY
}

/** "≈ 94 %" of the conversions that will come. null where all have, or nobody can say. */
export function arrivedText(counted: Pick<Counted, 'maturity'>): string | null {
  const { state, known_share: share } = counted.maturity
  return state !== 'immature' || share === null ? null : fill(t.arrived, { share: shareText(share) })
}

const MADE_OF = {
  roas: { over: 'conversion_value', under: 'spend' },
  reported_roas: { over: 'reported_conversion_value', under: 'spend' },
  cpa: { over: 'spend', under: 'conversions' },
} as const

/** Change of a total as a fraction. A ratio's is worked out from its sums, never from two rounded ratios. */
export function change(now: ReportMetrics, before: ReportMetrics | undefined, name: MetricName): number | null {
  const from = before?.[name] ?? null
  const to = now[name]
  if (before === undefined || from === null || to === null) return null
  if (name !== 'roas' && name !== 'reported_roas' && name !== 'cpa') return changeFraction(plain(from), plain(to))
  const { over, under } = MADE_OF[name]
  const sums = (metrics: ReportMetrics) => ({ over: plain(metrics[over] ?? ''), under: plain(metrics[under] ?? '') })
  return quotientChange(sums(before), sums(now))
}
function plain(value: string | number): string {
  return typeof value === 'string' ? value : value.toFixed(6).replace(/\.?0+$/, '')
}

/** How much more the platforms' own screens say than the same window everywhere: 0.32 for a third more. */
export function windowEffect(metrics: ReportMetrics): number | null {
  if (metrics.conversion_value === null || metrics.reported_conversion_value === null) return null
  return changeFraction(metrics.conversion_value, metrics.reported_conversion_value)
}

export function totalsIn(totals: readonly ReportTotals[] | undefined, currency: string): ReportTotals | undefined {
  return totals?.find((each) => each.currency === currency)
}

const MICRO = 1_000_000n
function micros(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.')
  const value = BigInt(whole) * MICRO + BigInt(fraction.padEnd(6, '0').slice(0, 6))
  return amount.startsWith('-') ? -value : value
}
/** Whether the rows' spend comes to the total, but for the rounding of each row to what its currency can write. */
export function addsUp(rows: readonly ReportRow[], total: ReportTotals): boolean {
  const mine = rows.filter((row) => row.currency === total.currency)
  const sum = mine.reduce((all, row) => all + micros(row.metrics.spend), 0n)
  const places = total.metrics.spend.split('.')[1]?.length ?? 0
  const halfUnit = 10n ** BigInt(6 - places) / 2n
  const away = sum - micros(total.metrics.spend)
  return (away < 0n ? -away : away) <= halfUnit * BigInt(mine.length + 1)
}

/** Spend that the platform measures conversions for, as a share of all; null where it is all of it. */
export function measuredShare(metrics: ReportMetrics): number | null {
  const all = Number(metrics.spend)
  const measured = Number(metrics.measured_spend)
  return all <= 0 || metrics.measured_spend === metrics.spend ? null : measured / all
}
export const UNKNOWN = TEXTS.common.unknown
