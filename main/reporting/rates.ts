/** Metrics as they are shown, computed exactly from integer sums. No floats before the last step, and none at all for money. */
import { formatRounded } from '../../shared/domain/money.ts'
import type { MetricName } from '../../shared/operations.ts'
import type { KnownColumn, OrderColumn, Sums } from '../store/metric-query.ts'

export type MetricValue = string | number | null

const MILLION = 1_000_000n
const CTR_DECIMALS = 6
const ROAS_DECIMALS = 2
const FREQUENCY_DECIMALS = 2

/** The column behind a metric, for ordering. */
export const ORDER_COLUMNS: Readonly<Record<MetricName, OrderColumn>> = {
  spend: 'spend',
  impressions: 'impressions',
  clicks: 'clicks',
  video_views: 'video_views',
  ctr: 'ctr',
  cpc: 'cpc',
  cpm: 'cpm',
  conversions: 'click_conversion_micros',
  conversions_view: 'view_conversion_micros',
  conversions_engaged_view: 'engaged_conversion_micros',
  conversion_value: 'click_value_micros',
  conversion_value_view: 'view_value_micros',
  cpa: 'cpa',
  roas: 'roas',
  reach: 'reach',
  frequency: 'frequency',
  reported_conversions: 'reported_conversion_micros',
  reported_conversion_value: 'reported_value_micros',
  reported_roas: 'reported_roas',
  cost_per_result: 'cost_per_result',
}

/** What a platform may leave out, by metric. */
const MAYBE_UNKNOWN: Readonly<Partial<Record<MetricName, KnownColumn>>> = {
  video_views: 'video_views',
  conversions: 'click_conversion_micros',
  conversions_view: 'view_conversion_micros',
  conversions_engaged_view: 'engaged_conversion_micros',
  conversion_value: 'click_value_micros',
  conversion_value_view: 'view_value_micros',
  cpa: 'click_conversion_micros',
  roas: 'click_value_micros',
  reported_conversions: 'reported_conversion_micros',
  reported_conversion_value: 'reported_value_micros',
  reported_roas: 'reported_value_micros',
  cost_per_result: 'reported_conversion_micros',
}

/** The wanted metrics of one group of facts. null is "not known" or "divided by zero", never zero. */
export function metricsOf(
  names: readonly MetricName[],
  sums: Sums,
  currency: string,
): Partial<Record<MetricName, MetricValue>> {
  const values: Partial<Record<MetricName, MetricValue>> = {}
  for (const name of names) values[name] = SHOW[name](sums, currency)
  return values
}

/** The wanted metrics that count only part of the facts, because the platform did not say the rest. */
export function partlyKnown(names: readonly MetricName[], groups: readonly Sums[]): readonly MetricName[] {
  return names.filter((name) => {
    const column = MAYBE_UNKNOWN[name]
    if (column === undefined) return false
    const knownFacts = groups.reduce((sum, group) => sum + group.known[column], 0n)
    return knownFacts > 0n && groups.some((group) => group.known[column] < group.facts)
  })
}

const SHOW: Readonly<Record<MetricName, (sums: Sums, currency: string) => MetricValue>> = {
  spend: (sums, currency) => formatRounded(sums.spendMicros, currency),
  impressions: (sums) => Number(sums.impressions),
  clicks: (sums) => Number(sums.clicks),
  video_views: (sums) => map(valueOf(sums, 'video_views'), Number),
  ctr: (sums) => ratio(sums.clicks, sums.impressions, CTR_DECIMALS),
  cpc: (sums, currency) => amount(quotient(sums.spendMicros, sums.clicks), currency),
  cpm: (sums, currency) => amount(quotient(sums.spendMicros * 1000n, sums.impressions), currency),
  conversions: (sums) => map(valueOf(sums, 'click_conversion_micros'), millionths),
  conversions_view: (sums) => map(valueOf(sums, 'view_conversion_micros'), millionths),
  conversions_engaged_view: (sums) => map(valueOf(sums, 'engaged_conversion_micros'), millionths),
  conversion_value: (sums, currency) => amount(valueOf(sums, 'click_value_micros'), currency),
  conversion_value_view: (sums, currency) => amount(valueOf(sums, 'view_value_micros'), currency),
  cpa: (sums, currency) =>
    amount(quotient(sums.spendMicros * MILLION, valueOf(sums, 'click_conversion_micros')), currency),
  roas: (sums) => ratio(valueOf(sums, 'click_value_micros'), sums.spendMicros, ROAS_DECIMALS),
  reach: (sums) => map(sums.reach, Number),
  frequency: (sums) => ratio(sums.impressions, sums.reach, FREQUENCY_DECIMALS),
  reported_conversions: (sums) => map(valueOf(sums, 'reported_conversion_micros'), millionths),
  reported_conversion_value: (sums, currency) => amount(valueOf(sums, 'reported_value_micros'), currency),
  reported_roas: (sums) => ratio(valueOf(sums, 'reported_value_micros'), sums.spendMicros, ROAS_DECIMALS),
  cost_per_result: (sums, currency) =>
    amount(quotient(sums.spendMicros * MILLION, valueOf(sums, 'reported_conversion_micros')), currency),
}

function valueOf(sums: Sums, column: KnownColumn): bigint | null {
  return sums.known[column] > 0n ? sums.values[column] : null
}

function map(value: bigint | null, show: (value: bigint) => MetricValue): MetricValue {
  return value === null ? null : show(value)
}

const millionths = (value: bigint): number => Number(value) / 1_000_000

function amount(micros: bigint | null, currency: string): string | null {
  return micros === null ? null : formatRounded(micros, currency)
}

/**
 * numerator ÷ denominator, cut towards zero. Rounding the cut value to the currency's unit afterwards gives what rounding the exact fraction
 * would: a unit is an even number of micros, so the tie lies on a whole micro and cutting cannot step over it.
 * null when the denominator is 0 or unknown.
 */
function quotient(numerator: bigint, denominator: bigint | null): bigint | null {
  return denominator === null || denominator === 0n ? null : numerator / denominator
}

/** A plain decimal with fixed decimals, rounded half away from zero. null when the denominator is 0 or a part is unknown. */
export function ratio(numerator: bigint | null, denominator: bigint | null, decimals: number): string | null {
  if (numerator === null || denominator === null || denominator === 0n) return null
  const isNegative = numerator < 0n !== denominator < 0n && numerator !== 0n
  const top = magnitude(numerator) * 10n ** BigInt(decimals) * 2n + magnitude(denominator)
  const digits = (top / (magnitude(denominator) * 2n)).toString().padStart(decimals + 1, '0')
  const isZero = /^0+$/.test(digits)
  return `${isNegative && !isZero ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value)
