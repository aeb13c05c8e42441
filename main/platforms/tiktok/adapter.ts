/**
 * TikTok behind the platform interface: accounts, entities, daily metrics, live values and the one write.
 * Never writes anything but an approved change, and never keeps a token longer than one request.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { EntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import { HISTORY_MS } from '../history.ts'
import type { PlatformAdapter } from '../adapter.ts'
import { createAccounts } from './accounts.ts'
import { applyChange } from './apply.ts'
import { createBranches } from './branches.ts'
import { createTiktokClient, DEFAULT_TIMEOUTS, type TiktokClientOptions } from './client.ts'
import { HISTORY_LAG_MS, readChanges } from './history.ts'
import { revokeToken } from './link.ts'
import { createListing } from './listing.ts'
import { readEntity, readLiveValue } from './live.ts'
import { createTiktokReads } from './reads.ts'
import { readDailyMetrics } from './report.ts'
import { readThumbnailOf } from './thumbnail.ts'
import { readTrackers } from './trackers.ts'

/** Conversions are credited up to 28 days after the click (ad group attribution windows). */
const RESTATEMENT_DAYS = 28
/** TikTok gives "about five minutes" for recovery after a 5xx. */
const SETTLE_MS = 300_000
/** Real-time numbers arrive within about 30 minutes, at times after more than two hours (TikTok's reporting guide); one hour to spare. */
const METRIC_SETTLE_MS = 3 * 3_600_000
/** A status may lag behind a yes for minutes. */
const READ_AFTER_WRITE_MS = 300_000
/** What TikTok says of a token that is expired, or wrong or revoked. */
const DEAD_TOKEN_CODES: ReadonlySet<string> = new Set(['40102', '40105'])
/** Finding out how a campaign is written must not hold up an approved change for ever. */
const BRANCH_TIMEOUT_MS = 60_000

export interface TiktokAdapterOptions extends TiktokClientOptions {
  readonly clock: Clock
  /** Rows per page, 1–1,000. Smaller only to test paging. */
  readonly pageSize?: number
}

/** @throws TypeError for a base URL that is neither TikTok's nor loopback. */
export function createTiktokAdapter(options: TiktokAdapterOptions): PlatformAdapter {
  const client = createTiktokClient(options)
  const reads = createTiktokReads(client, Math.min(1000, Math.max(1, options.pageSize ?? 1000)))
  const branches = createBranches()
  const accounts = createAccounts(client, reads, options.credentials)
  const timeoutMs = options.timeouts?.readMs ?? DEFAULT_TIMEOUTS.readMs
  const nowMs = () => options.clock.nowMs()

  async function findBranch(id: EntityId) {
    const known = branches.of(id)
    if (known !== undefined) return known
    return (await readEntity(reads, branches, id, AbortSignal.timeout(BRANCH_TIMEOUT_MS))).campaign.automation
  }

  async function revoke(signal: AbortSignal): Promise<boolean> {
    const { accessToken, appId, appSecret } = await options.credentials()
    // TikTok asks for app id and secret here; without them the token stays alive, and the caller must know.
    if (appId === undefined || appSecret === undefined) return false
    const { baseUrl, timeouts } = options
    try {
      await revokeToken(
        { baseUrl, appId, appSecret, ...(timeouts === undefined ? {} : { timeouts }) },
        accessToken,
        signal,
      )
    } catch (error) {
      // Dead already: what was wanted is so. A wrong app secret is something else.
      const code = error instanceof OperationError ? String(error.details?.['platformCode']) : ''
      if (!DEAD_TOKEN_CODES.has(code)) throw error
    }
    return true
  }

  return {
    platform: 'tiktok',
    restatementDays: RESTATEMENT_DAYS,
    settleMs: SETTLE_MS,
    metricSettleMs: METRIC_SETTLE_MS,
    readAfterWriteMs: READ_AFTER_WRITE_MS,
    historyLagMs: HISTORY_LAG_MS,
    historyMs: HISTORY_MS,
    listAccounts: (signal) => accounts.list(signal),
    listEntities: createListing(client, reads, branches),
    dailyMetrics: (request, signal) => readDailyMetrics(reads, request, signal),
    readLive: (id, field, signal) => readLiveValue(reads, branches, { id, field, nowMs }, signal),
    // TikTok has no dry run: nothing is sent.
    validate: () => Promise.resolve({ kind: 'unsupported' }),
    listTrackers: (accountId, signal) => readTrackers(client, reads, { accountId, nowMs: nowMs() }, signal),
    readChanges: (id, range, signal) => readChanges({ client, reads, branches }, { id, range, nowMs: nowMs() }, signal),
    tokenHealth: (signal) => accounts.health(signal),
    readThumbnail: (id, signal) => readThumbnailOf(client, reads, { id, timeoutMs }, signal),
    revoke,
    apply: (change) => applyChange(client, change, findBranch),
  }
}
