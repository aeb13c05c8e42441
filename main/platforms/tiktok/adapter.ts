/**
 * TikTok behind the platform interface: accounts, entities, daily metrics, live values and the one write.
 * Never writes anything but an approved change, and never keeps a token longer than one request.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Account, Entity } from '../../../shared/domain/entity.ts'
import type { AccountId, EntityType } from '../../../shared/domain/ids.ts'
import type { MetricFact } from '../../../shared/domain/metric.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { PlatformAdapter } from '../adapter.ts'
import { applyChange } from './apply.ts'
import { createTiktokClient, type TiktokClientOptions } from './client.ts'
import type { CampaignFacts } from './editable.ts'
import { readLiveValue } from './live.ts'
import * as map from './map.ts'
import { REPORT_LEVELS, REPORT_METRICS, toFact } from './map-facts.ts'
import { splitRange } from './ranges.ts'
import { AD_GROUPS, ADS, advertiserOf, CAMPAIGNS, createTiktokReads, EVERYTHING, type Listing } from './reads.ts'
import * as wire from './wire.ts'

/** Conversions are credited up to 28 days after the click (ad group attribution windows). */
const RESTATEMENT_DAYS = 28
/** TikTok gives "about five minutes" for recovery after a 5xx. */
const SETTLE_MS = 300_000
/** Real-time numbers arrive within about 30 minutes, at times after more than two hours (TikTok's reporting guide); one hour to spare. */
const METRIC_SETTLE_MS = 3 * 3_600_000
const INFO_BATCH = 100
const VIDEO_BATCH = 60
const IMAGE_BATCH = 100

export interface TiktokAdapterOptions extends TiktokClientOptions {
  readonly clock: Clock
  /** Rows per page, 1–1,000. Smaller only to test paging. */
  readonly pageSize?: number
}

function inBatches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size))
  return batches
}

/** An ad group can outlive its campaign's listing for a moment: it is shown, but nothing in it is editable. */
function factsOf(index: ReadonlyMap<string, CampaignFacts>, campaignId: string): CampaignFacts {
  return index.get(campaignId) ?? { name: campaignId, isAutomated: false, ownsBudget: false, isDeleted: true }
}

/** @throws TypeError for a base URL that is neither TikTok's nor loopback. */
export function createTiktokAdapter(options: TiktokAdapterOptions): PlatformAdapter {
  const client = createTiktokClient(options)
  const reads = createTiktokReads(client, Math.min(1000, Math.max(1, options.pageSize ?? 1000)))

  async function* creatives(id: AccountId, signal: AbortSignal): AsyncGenerator<readonly Entity[]> {
    const advertiser = advertiserOf(id)
    const videos = new Set<string>()
    const images = new Set<string>()
    const query = { advertiser_id: advertiser, filtering: EVERYTHING }
    for await (const { data } of reads.pages('/ad/get/', query, ADS, signal))
      for (const ad of data) {
        if (ad.video_id !== undefined) videos.add(ad.video_id)
        for (const image of ad.image_ids ?? []) images.add(image)
      }
    for (const batch of inBatches([...videos], VIDEO_BATCH)) {
      const asked = { advertiser_id: advertiser, video_ids: batch }
      const { data } = await client.get('/file/video/ad/info/', asked, wire.videoInfoSchema, signal)
      yield data.list.map((item) => map.toCreative(id, item.video_id, item))
    }
    for (const batch of inBatches([...images], IMAGE_BATCH)) {
      const asked = { advertiser_id: advertiser, image_ids: batch }
      const { data } = await client.get('/file/image/ad/info/', asked, wire.imageInfoSchema, signal)
      yield data.list.map((item) => map.toCreative(id, item.image_id, item))
    }
  }

  async function* listEntities(
    id: AccountId,
    type: EntityType,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Entity[]> {
    const query = { advertiser_id: advertiserOf(id), filtering: EVERYTHING }
    if (type === 'creative') {
      yield* creatives(id, signal)
      return
    }
    const currency = await reads.currencyOf(id, signal)
    if (type === 'campaign') {
      for await (const { data } of reads.pages('/campaign/get/', query, CAMPAIGNS, signal))
        yield data.map((item) => map.toCampaign(id, currency, item))
      return
    }
    const index = await reads.campaignIndex(id, signal)
    if (type === 'ad_group') {
      for await (const { data } of reads.pages('/adgroup/get/', query, AD_GROUPS, signal))
        yield data.map((item) => map.toAdGroup(id, currency, item, factsOf(index, item.campaign_id)))
      return
    }
    for await (const { data } of reads.pages('/ad/get/', query, ADS, signal))
      yield data.map((item) => map.toAd(id, item, factsOf(index, item.campaign_id)))
  }

  async function* dailyMetrics(
    request: Parameters<PlatformAdapter['dailyMetrics']>[0],
    signal: AbortSignal,
  ): AsyncGenerator<readonly MetricFact[]> {
    const { accountId: id, level } = request
    const pieces = splitRange(request.startDate, request.endDate)
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
        // By day, so that numbers that move do not reorder it. Many rows share a day: whether all came is counted in pages().
        order_field: 'stat_time_day',
        order_type: 'ASC',
      }
      for await (const page of reads.pages('/report/integrated/get/', query, rows, signal)) {
        if (page.isTruncated)
          throw new OperationError(
            'platform_refused',
            'TikTok cut this report off at 20,000 ads.',
            'Synchronise this account on campaign and ad group level only.',
            { details: { platform: 'tiktok', platformCode: 'X-Tt-Ads-Throttle' } },
          )
        yield page.data.map((row) => toFact(id, currency, level, row))
      }
    }
  }

  async function listAccounts(signal: AbortSignal): Promise<readonly Account[]> {
    const { appId, appSecret } = await options.credentials()
    if (appId === undefined || appSecret === undefined)
      throw new OperationError(
        'needs_reconnect',
        'The TikTok app id and secret are missing, so its accounts cannot be listed.',
        'Connect the TikTok account again under Connections.',
      )
    // TikTok wants the secret in the query here; that is why addresses are never logged.
    const asked = { app_id: appId, secret: appSecret }
    const { data } = await client.get('/oauth2/advertiser/get/', asked, wire.advertiserListSchema, signal)
    const names = new Map(data.list.map((item) => [item.advertiser_id, item.advertiser_name ?? item.advertiser_id]))
    const accounts: Account[] = []
    for (const batch of inBatches([...names.keys()], INFO_BATCH))
      for (const info of await reads.advertiserInfo(batch, signal))
        accounts.push(map.toAccount(info, names.get(info.advertiser_id) ?? info.advertiser_id))
    return accounts
  }

  return {
    platform: 'tiktok',
    restatementDays: RESTATEMENT_DAYS,
    settleMs: SETTLE_MS,
    metricSettleMs: METRIC_SETTLE_MS,
    listAccounts,
    listEntities,
    dailyMetrics,
    readLive: (id, field, signal) => readLiveValue(reads, { id, field, nowMs: () => options.clock.nowMs() }, signal),
    apply: (change) => applyChange(client, change),
  }
}
