/** Pure: turns the answers of query_metrics into what tiles, charts and tables show. No figure is made up here. */
import type { OutputOf } from '../../../shared/operations.ts'
import { addDays, changeFraction, daysBetween, difference, quotientChange } from '../../format.ts'
import type { DayRange } from '../../day-range.ts'

export type Metrics = OutputOf<'query_metrics'>
export type MetricValue = string | number | null | undefined
export type Totals = Metrics['totals'][number]['metrics']

/** Text form of a metric for exact arithmetic; null when not known. */
export function asText(value: MetricValue): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'number' ? plain(value) : value
}
function plain(value: number): string | null {
  return Number.isFinite(value) ? value.toFixed(6).replace(/\.?0+$/, '') : null
}

export function change(now: MetricValue, before: MetricValue): number | null {
  const from = asText(before)
  const to = asText(now)
  return from === null || to === null ? null : changeFraction(from, to)
}

/** What the two ratios are made of. */
const MADE_OF = {
  roas: { over: 'conversion_value', under: 'spend' },
  cpa: { over: 'spend', under: 'conversions' },
} as const

/** The change of one total. A ratio's is worked out from its sums where the answers have them, never from two rounded ratios. */
export function totalChange(now: Totals | null, before: Totals | null, name: keyof Totals): number | null {
  if (name !== 'roas' && name !== 'cpa') return change(now?.[name], before?.[name])
  if (asText(now?.[name]) === null || asText(before?.[name]) === null) return null
  const { over, under } = MADE_OF[name]
  const sumsOf = (totals: Totals | null) => ({ over: asText(totals?.[over]), under: asText(totals?.[under]) })
  const from = sumsOf(before)
  const to = sumsOf(now)
  if (from.over === null || from.under === null || to.over === null || to.under === null)
    return change(now?.[name], before?.[name])
  return quotientChange({ over: from.over, under: from.under }, { over: to.over, under: to.under })
}

/** Why a figure is not known: a ratio over nothing is not defined, everything else the platform did not report. */
export function whyUnknown(
  metrics: Readonly<Record<string, MetricValue>> | null,
  name: string,
): 'noSpend' | 'noConversions' | 'unknown' {
  const isZero = (value: MetricValue): boolean => {
    const known = asText(value)
    return known !== null && Number(known) === 0
  }
  if (name === 'roas' && isZero(metrics?.['spend'])) return 'noSpend'
  return name === 'cpa' && isZero(metrics?.['conversions']) ? 'noConversions' : 'unknown'
}

/** Whether the platform may still correct days of a range that ends on `end`. Late conversions are then missing from it. */
export function isStillCounting(answer: Pick<Metrics, 'restating_since'> | undefined, end: string): boolean {
  const since = answer?.restating_since ?? null
  return since !== null && since <= end
}

export function totalsFor(answer: Metrics['totals'] | undefined, currency: string): Totals | null {
  return answer?.find((each) => each.currency === currency)?.metrics ?? null
}

export interface DayPoint {
  readonly date: string
  /** Only for drawing; the exact text stands beside it. */
  readonly spend: number | null
  readonly roas: number | null
  readonly spendText: string | null
  readonly roasText: string | null
  readonly isToday: boolean
  readonly isRestating: boolean
  readonly markers: readonly string[]
}

function forDrawing(value: MetricValue): number | null {
  const text = asText(value)
  return text === null ? null : Number(text)
}

/**
 * The days of which it is known that every account was read after the day was over: there, no row means that nothing was spent.
 * `totals` is the answer for the chosen range, without the running day that the chart adds.
 */
export function wholeDays(
  answer: Metrics,
  range: DayRange,
  totals: Metrics | undefined,
  accounts: number,
): DayRange | null {
  if (totals?.is_partial === false) return range
  const [first] = answer.rows.flatMap((row) => row.date ?? []).toSorted()
  // What is complete begins somewhere and ends on this day. With one account a row is inside of it; with several, others may begin later.
  if (first === undefined || accounts !== 1 || answer.complete_through === null) return null
  return { start: first, end: answer.complete_through }
}

/** One point per calendar day. A day without a row is zero inside `whole`; elsewhere a gap in the line is honest, a bridge is not. */
export function dayPoints(
  answer: Metrics,
  currency: string,
  start: string,
  end: string,
  today: string,
  markers: ReadonlyMap<string, readonly string[]>,
  whole: DayRange | null = answer.is_partial ? null : { start, end },
): readonly DayPoint[] {
  const rows = new Map(
    answer.rows.filter((row) => row.currency === currency && row.date !== undefined).map((row) => [row.date, row]),
  )
  const nothing = difference('0', '0', currency) // zero, with the currency's decimals
  const length = Math.min(Math.max(daysBetween(start, end) + 1, 0), 400)
  return Array.from({ length }, (_, index) => {
    const date = addDays(start, index)
    const row = rows.get(date)
    const metrics = row?.metrics
    const isNothing = row === undefined && whole !== null && date >= whole.start && date <= whole.end
    const spend = isNothing ? nothing : metrics?.spend
    return {
      date,
      spend: forDrawing(spend),
      roas: forDrawing(metrics?.roas),
      spendText: asText(spend),
      roasText: asText(metrics?.roas),
      isToday: date === today,
      isRestating: answer.restating_since !== null && date >= answer.restating_since && date !== today,
      markers: markers.get(date) ?? [],
    }
  })
}

export type Series = 'spend' | 'roas'
export interface Extremes {
  readonly min: DayPoint
  readonly max: DayPoint
}
/** Highest and lowest complete day of a series. */
export function extremes(points: readonly DayPoint[], series: Series): Extremes | null {
  const known = points.filter((point) => point[series] !== null && !point.isToday)
  let min = known[0]
  let max = known[0]
  if (min === undefined || max === undefined) return null
  for (const point of known) {
    if ((point[series] ?? 0) < (min[series] ?? 0)) min = point
    if ((point[series] ?? 0) > (max[series] ?? 0)) max = point
  }
  return { min, max }
}
