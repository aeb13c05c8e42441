/**
 * Google Ads behind the platform interface: accounts under managers, entities, daily metrics, live values, dry runs and the one write.
 * Never writes anything but an approved change, and keeps access tokens in memory only.
 */
import { OperationError } from '../../../shared/errors.ts'
import { HISTORY_MS } from '../history.ts'
import type { PlatformAdapter, TokenHealth } from '../adapter.ts'
import { applyChange, validateChange } from './apply.ts'
import { createGoogleClient, DEFAULT_TIMEOUTS, type GoogleClientOptions } from './client.ts'
import { revokeRefreshToken } from './link.ts'
import { HISTORY_LAG_MS, readChanges } from './history.ts'
import { inChunks, listEntities } from './listing.ts'
import { readLiveValue } from './live.ts'
import { createOffered, dailyMetrics } from './metrics.ts'
import { createGoogleReads } from './reads.ts'
import { createRouting } from './routing.ts'
import { readThumbnail } from './thumbnails.ts'
import { ADS_SCOPE } from './token.ts'
import { listTrackers } from './trackers.ts'

/** Conversions are credited backwards for up to the click window, 90 days at most (conversion actions, look-back windows). */
const RESTATEMENT_DAYS = 90
/** Most metrics arrive within three hours (Google Ads help, "About data freshness"); one hour to spare. */
const METRIC_SETTLE_MS = 4 * 3_600_000
/** A mutate that took effect did so before its own deadline; five minutes is far beyond any. */
const SETTLE_MS = 300_000
/** Reads after a mutate are immediate; a moment of grace for replicas. */
const READ_AFTER_WRITE_MS = 10_000
const MAX_PAGE = 1_000

export interface GoogleAdsAdapterOptions extends GoogleClientOptions {
  /** Rows per page handed out, 1–1,000. Google's own pages hold 10,000 and cannot be made smaller. */
  readonly pageSize?: number
}

/** @throws TypeError for an address that is neither Google's nor loopback. */
export function createGoogleAdsAdapter(options: GoogleAdsAdapterOptions): PlatformAdapter {
  const { clock, logger } = options
  const client = createGoogleClient(options)
  const routing = createRouting(client, logger)
  const reads = createGoogleReads(client, routing, logger)
  const offered = createOffered(client, logger)
  const pageSize = Math.min(MAX_PAGE, Math.max(1, options.pageSize ?? MAX_PAGE))
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }

  async function tokenHealth(signal: AbortSignal): Promise<TokenHealth> {
    // Google has one scope for reading and writing, so the token does not say whether it may write.
    const bad = (problem: string): TokenHealth => ({
      isValid: false,
      expiresAtMs: undefined,
      canWrite: undefined,
      scopes: [],
      problem,
    })
    try {
      const { kind } = await options.credentials()
      const grant = await client.refreshGrant(signal)
      if (grant.scopes.length > 0 && !grant.scopes.includes(ADS_SCOPE))
        return bad('This connection was not given the permission to use Google Ads. Connect again.')
      const accounts = await client.accessibleCustomers(signal)
      return {
        isValid: true,
        expiresAtMs: kind === 'service_account' ? null : grant.grantEndsAtMs,
        canWrite: undefined,
        scopes: grant.scopes,
        problem:
          accounts.length > 0
            ? undefined
            : 'Google accepts this connection, but it reaches no Google Ads account yet. Invite its user in Google Ads.',
      }
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      if (error.code === 'needs_reconnect' || error.code === 'platform_refused')
        return bad(`${error.message} ${error.hint}`)
      throw error
    }
  }

  async function revoke(signal: AbortSignal): Promise<boolean> {
    const credentials = await options.credentials()
    // A service account's key is deleted in the Cloud console; there is no call for it that the key itself may make.
    if (credentials.kind === 'service_account') return false
    const { refreshToken } = credentials
    const request = { refreshToken, addresses: options.addresses, timeoutMs: timeouts.readMs }
    await revokeRefreshToken(request, signal)
    return true
  }

  return {
    platform: 'google_ads',
    restatementDays: RESTATEMENT_DAYS,
    metricSettleMs: METRIC_SETTLE_MS,
    settleMs: SETTLE_MS,
    readAfterWriteMs: READ_AFTER_WRITE_MS,
    historyLagMs: HISTORY_LAG_MS,
    historyMs: HISTORY_MS,
    listAccounts: (signal) => routing.listAccounts(signal),
    listEntities: (id, type, signal) => listEntities(reads, { id, type, pageSize }, signal),
    dailyMetrics: (request, signal) => inChunks(dailyMetrics(reads, offered, request, signal), pageSize, signal),
    readLive: (id, field, signal) => readLiveValue(reads, { id, field, nowMs: () => clock.nowMs() }, signal),
    validate: (change, signal) => validateChange(client, reads, change, signal),
    apply: (change) => applyChange(client, reads, change),
    listTrackers: (id, signal) => listTrackers(reads, id, clock, signal),
    readChanges: (id, range, signal) => readChanges(reads, { id, range, nowMs: clock.nowMs() }, signal),
    tokenHealth,
    readThumbnail: (id, signal) =>
      readThumbnail(reads, { id, apiOrigin: options.addresses.api, timeoutMs: timeouts.readMs }, signal),
    revoke,
  }
}
