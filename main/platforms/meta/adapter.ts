/**
 * Meta behind the platform interface (Graph v26.0): accounts, entities, daily metrics, pixels, live values, dry runs and the one write.
 * Never writes anything but an approved change, and never keeps a token longer than one request.
 */
import { HISTORY_MS } from '../history.ts'
import type { PlatformAdapter } from '../adapter.ts'
import { applyChange, validateChange } from './apply.ts'
import { createMetaClient, type MetaClientOptions } from './client.ts'
import { HISTORY_LAG_MS, readChanges } from './history.ts'
import { dailyFacts } from './insights.ts'
import { listAccounts, listEntities } from './listings.ts'
import { readLiveValue } from './live.ts'
import { createMetaReads } from './reads.ts'
import { readThumbnail } from './thumbnail.ts'
import { inspect, revokePermissions } from './token.ts'
import { listTrackers } from './trackers.ts'

/** Conversions settle within 28 days (marketing-api/insights, attribution). */
const RESTATEMENT_DAYS = 28
/** Meta gives no bound for a write whose answer was lost; its own request limit is a minute. Five to spare. */
const SETTLE_MS = 300_000
/** Numbers refresh about every 15 minutes; late ones of a day's last hours come within hours. */
const METRIC_SETTLE_MS = 3 * 3_600_000
/**
 * Configured values (`status`, budget, bid) show at once. Only `effective_status` may say IN_PROCESS for minutes, and that is never what
 * is compared.
 */
const READ_AFTER_WRITE_MS = 60_000
/** Meta advises 100 to 500; above that it answers "reduce the amount of data". */
const MAX_PAGE_SIZE = 500

export interface MetaAdapterOptions extends MetaClientOptions {
  /** Rows per page, 1–500. Smaller only to test paging. */
  readonly pageSize?: number
}

/** @throws TypeError for a base URL that is neither Meta's nor loopback. */
export function createMetaAdapter(options: MetaAdapterOptions): PlatformAdapter {
  const { clock } = options
  const client = createMetaClient(options)
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, options.pageSize ?? MAX_PAGE_SIZE))
  const reads = createMetaReads(client, clock, pageSize)
  const nowMs = () => clock.nowMs()
  return {
    platform: 'meta',
    restatementDays: RESTATEMENT_DAYS,
    metricSettleMs: METRIC_SETTLE_MS,
    settleMs: SETTLE_MS,
    readAfterWriteMs: READ_AFTER_WRITE_MS,
    historyLagMs: HISTORY_LAG_MS,
    historyMs: HISTORY_MS,
    listAccounts: (signal) => listAccounts({ reads, clock }, signal),
    listEntities: (id, type, signal) => listEntities({ reads, clock }, id, type, signal),
    dailyMetrics: (request, signal) => dailyFacts({ client, reads, clock }, request, signal),
    readLive: (id, field, signal) => readLiveValue({ reads, nowMs }, { id, field }, signal),
    validate: (change, signal) => validateChange(client, change, signal),
    apply: (change) => applyChange(client, change),
    listTrackers: (id, signal) => listTrackers({ reads, clock }, id, signal),
    readChanges: (id, range, signal) => readChanges(reads, { id, range, nowMs: nowMs() }, signal),
    tokenHealth: async (signal) => {
      const { isValid, expiresAtMs, canWrite, scopes, problem } = await inspect(
        client,
        (await options.credentials()).accessToken,
        nowMs(),
        signal,
      )
      return { isValid, expiresAtMs, canWrite, scopes, problem }
    },
    readThumbnail: (id, signal) => readThumbnail({ client, reads }, id, signal),
    revoke: async (signal) => {
      await revokePermissions(client, signal)
      return true
    },
  }
}
