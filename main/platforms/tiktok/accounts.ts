/** The advertisers a token reaches, the Business Centers above them, and how the token itself is. Reads only. */
import type { Account } from '../../../shared/domain/entity.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { TokenHealth } from '../adapter.ts'
import type { TiktokClient, TiktokClientOptions } from './client.ts'
import { inBatches } from './listing.ts'
import { type Membership, toAccount } from './map.ts'
import { BUSINESS_CENTER_ASSETS, BUSINESS_CENTERS, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'

const INFO_BATCH = 100
/** Nobody is in more; beyond it accounts are shown without their manager. */
const MAX_CENTERS = 200
/** TikTok's numbers for changing campaigns, ad groups and ads (authorization guide, "Scopes"). */
const WRITE_SCOPES = [201, 211, 221]

export interface TiktokAccounts {
  /** @throws OperationError needs_reconnect without app id and secret, which TikTok asks for here */
  list(signal: AbortSignal): Promise<readonly Account[]>
  health(signal: AbortSignal): Promise<TokenHealth>
}

export function createAccounts(
  client: TiktokClient,
  reads: TiktokReads,
  credentials: TiktokClientOptions['credentials'],
): TiktokAccounts {
  async function reachable(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { appId, appSecret } = await credentials()
    if (appId === undefined || appSecret === undefined)
      throw new OperationError(
        'needs_reconnect',
        'The TikTok app id and secret are missing, so its accounts cannot be listed.',
        'Connect the TikTok account again under Connections.',
      )
    // TikTok wants the secret in the query here; that is why addresses are never logged.
    const asked = { app_id: appId, secret: appSecret }
    const { data } = await client.get('/oauth2/advertiser/get/', asked, wire.advertiserListSchema, signal)
    return new Map(data.list.map((item) => [item.advertiser_id, item.advertiser_name ?? item.advertiser_id]))
  }

  /** Which Business Center each advertiser is under; the first that names it wins. */
  async function memberships(signal: AbortSignal): Promise<ReadonlyMap<string, Membership>> {
    const found = new Map<string, Membership>()
    const centers: wire.WireBusinessCenter[] = []
    for await (const { data } of reads.pages('/bc/get/', {}, BUSINESS_CENTERS, signal)) centers.push(...data)
    for (const { bc_info: center } of centers.slice(0, MAX_CENTERS)) {
      const manager = { externalId: center.bc_id, name: center.name ?? center.bc_id }
      const query = { bc_id: center.bc_id, asset_type: 'ADVERTISER' }
      for await (const { data } of reads.pages('/bc/asset/get/', query, BUSINESS_CENTER_ASSETS, signal))
        for (const asset of data)
          if (!found.has(asset.asset_id))
            found.set(asset.asset_id, { manager, role: asset.advertiser_role ?? undefined })
    }
    return found
  }

  /** An app without the Business Center scopes still lists its accounts, without what is above them. */
  async function membershipsIfAllowed(signal: AbortSignal): Promise<ReadonlyMap<string, Membership>> {
    try {
      return await memberships(signal)
    } catch (error) {
      if (error instanceof OperationError && error.code === 'platform_refused') return new Map()
      throw error
    }
  }

  return {
    list: async (signal) => {
      const names = await reachable(signal)
      const managers = await membershipsIfAllowed(signal)
      const accounts: Account[] = []
      for (const batch of inBatches([...names.keys()], INFO_BATCH))
        for (const info of await reads.advertiserInfo(batch, signal)) {
          const { advertiser_id: advertiser } = info
          accounts.push(toAccount(info, names.get(advertiser) ?? advertiser, managers.get(advertiser)))
        }
      return accounts
    },
    health: async (signal) => {
      const { scopes } = await credentials()
      const canWrite = scopes === undefined ? undefined : WRITE_SCOPES.every((scope) => scopes.includes(scope))
      // TikTok's tokens never expire; they die when they are revoked or the app is changed.
      const known = { expiresAtMs: null, scopes: (scopes ?? []).slice(0, 50).map(String) }
      try {
        const accounts = await reachable(signal)
        const problem =
          canWrite === false
            ? 'The developer app has no permission to change campaigns, ad groups and ads.'
            : accounts.size === 0
              ? 'This token reaches no advertiser account.'
              : undefined
        return { ...known, isValid: true, canWrite, problem }
      } catch (error) {
        if (!(error instanceof OperationError) || error.code !== 'needs_reconnect') throw error
        return { ...known, isValid: false, canWrite: false, problem: error.message }
      }
    },
  }
}
