/** Daily metrics of one account and level, in pieces that TikTok accepts. Reads only. */
import type { MetricFact } from '../../../shared/domain/metric.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { PlatformAdapter } from '../adapter.ts'
import { splitDays } from '../days.ts'
import { unreadable } from './codes.ts'
import { REPORT_LEVELS, REPORT_METRICS, toFact } from './map-facts.ts'
import { advertiserOf, type Listing, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'

/** Reports by day cover at most 30 days (platform docs, /report/integrated/get/). */
const MAX_DAYS = 30

/** @throws OperationError platform_refused when TikTok cut a report off */
export async function* readDailyMetrics(
  reads: TiktokReads,
  request: Parameters<PlatformAdapter['dailyMetrics']>[0],
  signal: AbortSignal,
): AsyncGenerator<readonly MetricFact[]> {
  const { accountId: id, level } = request
  const pieces = splitDays(request, MAX_DAYS)
  const currency = await reads.currencyOf(id, signal)
  const { dataLevel, dimension, statusField } = REPORT_LEVELS[level]
  const rows: Listing<wire.WireReportRow> = {
    schema: wire.reportPageSchema,
    keyOf: ({ dimensions }) => `${dimensions[dimension]} ${dimensions['stat_time_day']}`,
  }
  for (const { startDate, endDate } of pieces) {
    const query = {
      advertiser_id: advertiserOf(id),
      report_type: 'BASIC',
      service_type: 'AUCTION',
      data_level: dataLevel,
      dimensions: [dimension, 'stat_time_day'],
      metrics: REPORT_METRICS,
      start_date: startDate,
      end_date: endDate,
      // Deleted objects spent money too; without this, levels would not add up.
      filtering: [{ field_name: statusField, filter_type: 'IN', filter_value: '["STATUS_ALL"]' }],
      // In TikTok's own order: it sorts by metrics only, and those move. Whether all rows came is counted in pages().
    }
    for await (const page of reads.pages('/report/integrated/get/', query, rows, signal)) {
      if (page.isTruncated)
        throw new OperationError(
          'platform_refused',
          'TikTok cut this report off at 20,000 ads.',
          'Synchronise this account on campaign and ad group level only.',
          { details: { platform: 'tiktok', platformCode: 'X-Tt-Ads-Throttle' } },
        )
      const facts = page.data.map((row) => toFact(id, currency, level, row))
      if (facts.some(({ date }) => date < startDate || date > endDate)) throw unreadable('a day that was not asked for')
      yield facts
    }
  }
}
