/** The three real adapters on one sandbox, as the connections of a workspace. They never really wait. */
import { createGoogleAdsAdapter } from '../../main/platforms/google-ads/adapter.ts'
import { createMetaAdapter } from '../../main/platforms/meta/adapter.ts'
import type { Sandbox } from '../../main/platforms/sandbox/index.ts'
import { createTiktokAdapter } from '../../main/platforms/tiktok/adapter.ts'
import type { HandClock } from './facts-rig.ts'

export function sandboxConnections({ google, meta, tiktok }: Sandbox, clock: HandClock) {
  const { clientId, clientSecret, refreshToken } = google.credentials
  const patience = {
    clock,
    random: () => 0.5,
    sleep: async (ms: number): Promise<void> => clock.advance(ms),
  }
  return [
    {
      connectionId: 'google',
      adapter: createGoogleAdsAdapter({
        ...patience,
        addresses: { api: google.baseUrl, oauth: google.baseUrl },
        credentials: async () => ({ kind: 'oauth', clientId, clientSecret, refreshToken }),
      }),
    },
    {
      connectionId: 'meta',
      adapter: createMetaAdapter({ ...patience, baseUrl: meta.baseUrl, credentials: async () => meta.credentials }),
    },
    {
      connectionId: 'tiktok',
      adapter: createTiktokAdapter({
        ...patience,
        baseUrl: tiktok.baseUrl,
        credentials: async () => tiktok.credentials,
      }),
    },
  ]
}
