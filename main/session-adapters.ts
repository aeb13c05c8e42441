/** One adapter per connection, all on one quota meter. Credentials reach an adapter through a closure, at the moment they are needed. */
import { randomBytes } from 'node:crypto'
import type { Platform } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { PlatformAdapter } from './platforms/adapter.ts'
import type { PlatformAddresses } from './platforms/addresses.ts'
import { createGoogleAdsAdapter } from './platforms/google-ads/adapter.ts'
import { createMetaAdapter } from './platforms/meta/adapter.ts'
import type { QuotaMeter } from './platforms/quota.ts'
import type { Sandbox } from './platforms/sandbox/index.ts'
import { createTiktokAdapter } from './platforms/tiktok/adapter.ts'
import type { Ports } from './ports.ts'
import type { Connection } from './store/connection-table.ts'
import { type PlatformCredentials, type PlatformTokens, secretsOf } from './vault/platform-tokens.ts'

export interface AdaptersDeps {
  readonly ports: Pick<Ports, 'clock' | 'log'>
  readonly connections: () => readonly Connection[]
  readonly tokens: PlatformTokens
  readonly quota: QuotaMeter
  readonly addressesOf: (connection: Pick<Connection, 'isSandbox'>) => PlatformAddresses
}

export interface Adapters {
  /** Undefined for a connection that is not there (any more). */
  of(connectionId: string): PlatformAdapter | undefined
  all(): readonly { readonly connectionId: string; readonly adapter: PlatformAdapter }[]
  forget(connectionId: string): void
  /** For credentials that are not stored: before they are, or after they were taken out to be revoked. Not kept. */
  forCredentials(credentials: PlatformCredentials, isSandbox: boolean): PlatformAdapter
}

/** Where the sandbox is: in a demo every connection leads there and nowhere else. Asks it for one platform at a time: tests start fewer. */
export function sandboxAddresses(sandbox: Sandbox): PlatformAddresses {
  return {
    get google() {
      const { baseUrl } = sandbox.google
      return { api: baseUrl, oauth: baseUrl, consent: baseUrl }
    },
    get meta() {
      return { graph: sandbox.meta.baseUrl, dialog: sandbox.meta.baseUrl }
    },
    get tiktok() {
      return { api: sandbox.tiktok.baseUrl }
    },
  }
}

export function createAdapters(deps: AdaptersDeps): Adapters {
  const made = new Map<string, PlatformAdapter>()
  const of = (connectionId: string): PlatformAdapter | undefined => {
    const connection = deps.connections().find((each) => each.connectionId === connectionId)
    if (connection === undefined) return undefined
    const existing = made.get(connectionId)
    if (existing !== undefined) return existing
    const adapter = makeAdapter(deps, connection.platform, connection.isSandbox, () => {
      const found = deps.tokens.read(connectionId)
      if (found === undefined)
        throw new OperationError(
          'needs_reconnect',
          'The credentials of this connection are gone. Nothing was changed.',
          'Connect the account again under Connections.',
        )
      return found
    })
    made.set(connectionId, adapter)
    return adapter
  }
  return {
    of,
    all: () =>
      deps.connections().flatMap(({ connectionId }) => {
        const adapter = of(connectionId)
        return adapter === undefined ? [] : [{ connectionId, adapter }]
      }),
    forget: (connectionId) => void made.delete(connectionId),
    forCredentials: (credentials, isSandbox) =>
      makeAdapter(deps, platformOf(credentials), isSandbox, () => credentials),
  }
}

export function platformOf({ kind }: PlatformCredentials): Platform {
  if (kind === 'tiktok' || kind === 'meta') return kind
  return 'google_ads'
}

function makeAdapter(
  deps: AdaptersDeps,
  platform: Platform,
  isSandbox: boolean,
  read: () => PlatformCredentials,
): PlatformAdapter {
  const { clock, log } = deps.ports
  const addresses = deps.addressesOf({ isSandbox })
  const common = { clock, random: () => randomBytes(4).readUInt32BE() / 2 ** 32, logger: log, quota: deps.quota }
  /** Read afresh for every request, and blanked in the log from then on. */
  const current = <K extends PlatformCredentials['kind']>(
    kinds: readonly K[],
  ): Extract<PlatformCredentials, { kind: K }> => {
    const found = read()
    for (const secret of secretsOf(found)) log.hide?.(secret)
    if (!isOneOf(found, kinds)) throw wrongKind()
    return found
  }
  if (platform === 'tiktok')
    return createTiktokAdapter({
      ...common,
      baseUrl: addresses.tiktok.api,
      credentials: async () => {
        const { accessToken, appId, appSecret } = current(['tiktok'])
        return {
          accessToken: accessToken.reveal(),
          ...(appId === undefined ? {} : { appId }),
          ...(appSecret === undefined ? {} : { appSecret: appSecret.reveal() }),
        }
      },
    })
  if (platform === 'meta')
    return createMetaAdapter({
      ...common,
      baseUrl: addresses.meta.graph,
      credentials: async () => {
        const { accessToken, appSecret } = current(['meta'])
        return {
          accessToken: accessToken.reveal(),
          ...(appSecret === undefined ? {} : { appSecret: appSecret.reveal() }),
        }
      },
    })
  return createGoogleAdsAdapter({
    ...common,
    addresses: addresses.google,
    credentials: async () => {
      const found = current(['google_oauth', 'google_service_account'])
      if (found.kind === 'google_service_account') {
        const { clientEmail, privateKeyPem } = found
        return { kind: 'service_account', clientEmail, privateKeyPem: privateKeyPem.reveal() }
      }
      const { clientId, clientSecret, refreshToken } = found
      return { kind: 'oauth', clientId, clientSecret: clientSecret.reveal(), refreshToken: refreshToken.reveal() }
    },
  })
}

function isOneOf<K extends PlatformCredentials['kind']>(
  credentials: PlatformCredentials,
  kinds: readonly K[],
): credentials is Extract<PlatformCredentials, { kind: K }> {
  return (kinds as readonly string[]).includes(credentials.kind)
}

function wrongKind(): OperationError {
  return new OperationError(
    'workspace_damaged',
    'The stored credentials of this connection belong to another platform. Nothing was sent.',
    'Remove the connection and connect again.',
  )
}

/** A sandbox connection outside the demo has nowhere to go: loopback's discard port, where nobody listens. */
export const NOWHERE: PlatformAddresses = {
  google: { api: 'http://127.0.0.1:9', oauth: 'http://127.0.0.1:9', consent: 'http://127.0.0.1:9' },
  meta: { graph: 'http://127.0.0.1:9', dialog: 'http://127.0.0.1:9' },
  tiktok: { api: 'http://127.0.0.1:9' },
}
