/** A cell as it is written. Rounds, once and last; never adds. Pure. */
import type { z } from 'zod'
import { currencyExponent, formatDecimal, formatRounded } from '../../../shared/domain/money.ts'
import type { reportMetrics } from '../../../shared/schemas/report.ts'
import { divideHalfEven, FINE } from '../exchange/cross-rate.ts'
import { ratio } from '../rates.ts'
import type { Cell, CellColumn } from './cell.ts'

export type ReportMetrics = z.infer<typeof reportMetrics>

const MILLION = 1_000_000n
const CTR_DECIMALS = 6
const ROAS_DECIMALS = 2

/**
 * @param isConverted a converted sum is rounded half to even to the currency's unit; a sum that is not converted half away from zero, as every
 * other report does. Ratios come from the exact sums, never from rounded amounts.
 */
export function metricsOf(cell: Cell, currency: string, isConverted: boolean): ReportMetrics {
  const { sums } = cell
  const sum = (column: CellColumn): bigint | null => (cell.known[column] > 0n ? sums[column] : null)
  const money = (fine: bigint | null): string | null =>
    fine === null ? null : isConverted ? writeConverted(fine, currency) : formatRounded(fine / FINE, currency)
  const conversions = sum('conversions')
  const value = sum('value')
  return {
    spend: money(sums.spend) ?? '',
    impressions: Number(sums.impressions),
    clicks: Number(sums.clicks),
    video_views: numberOf(sum('videoViews')),
    ctr: ratio(sums.clicks, sums.impressions, CTR_DECIMALS),
    cpc: perPiece(sums.spend, sums.clicks, currency),
    cpm: perPiece(sums.spend * 1_000n, sums.impressions, currency),
    conversions: millionths(conversions),
    conversion_value: money(value),
    cpa: perPiece(sums.spend * MILLION, conversions, currency),
    roas: ratio(value, sums.spend, ROAS_DECIMALS),
    measured_spend: money(sums.measuredSpend) ?? '',
    roas_measured: ratio(value, sums.measuredSpend, ROAS_DECIMALS),
    conversions_view: millionths(sum('viewConversions')),
    conversion_value_view: money(sum('viewValue')),
    conversions_engaged_view: millionths(sum('engagedConversions')),
    conversion_value_engaged_view: money(sum('engagedValue')),
    reported_conversions: millionths(sum('reportedConversions')),
    reported_conversion_value: money(sum('reportedValue')),
    reported_roas: ratio(sum('reportedValue'), sums.spend, ROAS_DECIMALS),
  }
}

function writeConverted(fine: bigint, currency: string): string {
  const unitMicros = 10n ** BigInt(6 - currencyExponent(currency))
  return formatDecimal(divideHalfEven(fine, FINE * unitMicros) * unitMicros, currency)
}

/** Cut to micros before it is rounded to the unit: a tie lies on a whole micro, so cutting cannot step over it. */
function perPiece(fine: bigint, pieces: bigint | null, currency: string): string | null {
  return pieces === null || pieces === 0n ? null : formatRounded(fine / (pieces * FINE), currency)
}

const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))
const millionths = (value: bigint | null): number | null => (value === null ? null : Number(value) / 1_000_000)
