/** Who can see what: platform connections and AI clients of an open workspace. Credentials pass through here once, into the vault. */
import { randomUUID } from 'node:crypto'
import { type AccountId, splitEntityId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import { isoTime } from './drafts/view.ts'
import type { Actor } from './audit/record.ts'
import { clientViewOf } from './mcp/clients.ts'
import { exchangeAuthCode, revokeToken } from './platforms/tiktok/link.ts'
import type { Handlers } from './run-operation.ts'
import { Secret } from './secret.ts'
import type { Session } from './session.ts'
import { MAX_CONNECTIONS } from './store/connection-table.ts'
import { factsReaders, factsWriters } from './store/facts-tables.ts'

const OWNER = { kind: 'user', id: 'owner' } as const
const REAL_BACKFILL_DAYS = 90
const DEMO_BACKFILL_DAYS = 400
/** Matches no sync run: every account of the connection is then unlisted. */
const NO_RUN = -1

/** How far back a sync reads unless told. */
export function backfillDays(session: Session): number {
  return session.opened.workspace.isDemo ? DEMO_BACKFILL_DAYS : REAL_BACKFILL_DAYS
}

export function connectionHandlers(session: Session): Handlers {
  const { connections, audit, tokens, adapters, opened, ports, sync } = session
  const accountsOf = (connectionId: string): AccountId[] =>
    factsReaders(opened.facts)
      .accounts.all()
      .filter((account) => account.isListed && account.connectionId === connectionId)
      .map((account) => account.accountId)
      .slice(0, 500)
  const view = (connectionId: string): OutputOf<'connect_tiktok'>['connection'] => {
    const connection = connections.get(connectionId)
    if (connection === undefined) throw new Error('no such connection')
    return {
      connection_id: connection.connectionId,
      platform: connection.platform,
      is_sandbox: connection.isSandbox,
      state: connection.state,
      state_detail: connection.stateDetail,
      created_at: isoTime(connection.createdAtMs),
      account_ids: accountsOf(connectionId),
    }
  }
  const refuseIfBusy = (connectionId: string): void => {
    const accounts = accountsOf(connectionId)
    if (session.drafts.unfinished().some((row) => accounts.includes(splitEntityId(row.entityId).accountId)))
      throw new OperationError(
        'entity_busy',
        'A change on one of its accounts is still being settled. Nothing was removed.',
        'Wait until its outcome is known, then remove the connection.',
        { retryable: true },
      )
  }
  return {
    list_connections: () => ({ connections: connections.list().map((each) => view(each.connectionId)) }),
    connect_tiktok: async (input) => {
      for (const secret of [input.app_secret, input.auth_code]) ports.log.hide?.(new Secret(secret))
      const isSandbox = opened.workspace.isDemo
      const baseUrl = isSandbox ? (session.sandbox?.tiktok.baseUrl ?? '') : session.tiktokBaseUrl
      const { accessToken } = await exchangeAuthCode(
        { baseUrl, appId: input.app_id, appSecret: input.app_secret },
        input.auth_code,
      ).catch((error: unknown) => {
        throw error instanceof OperationError && error.code === 'needs_reconnect' ? notAccepted(error) : error
      })
      return {
        connection: view(
          saveConnection(session, { accessToken, appId: input.app_id, appSecret: input.app_secret, isSandbox }, OWNER),
        ),
      }
    },
    remove_connection: async (input) => {
      const connection = connections.get(input.connection_id)
      if (connection === undefined || connection.state === 'removed')
        throw new OperationError('account_not_available', 'There is no such connection.', 'Reload the page.')
      refuseIfBusy(input.connection_id)
      sync.cancel()
      await sync.whenIdle()
      // Looked at again, and shut in the same breath: a confirmation that comes later finds no adapter and sends nothing.
      refuseIfBusy(input.connection_id)
      const credentials = tokens.read(input.connection_id)
      audit.transaction((append) => {
        tokens.remove(input.connection_id)
        connections.setState(input.connection_id, 'removed', null, ports.clock.nowMs())
        append({
          type: 'connection.removed',
          actor: OWNER,
          data: { connection: input.connection_id, platform: connection.platform, state: 'removed' },
        })
      })
      adapters.forget(input.connection_id)
      // What it reported stays readable as history; nothing of it is offered any more.
      factsWriters(opened.facts).accounts.replaceListing(input.connection_id, NO_RUN, 0, [])
      const baseUrl = connection.isSandbox ? (session.sandbox?.tiktok.baseUrl ?? '') : session.tiktokBaseUrl
      const isRevoked =
        credentials?.appId !== undefined && credentials.appSecret !== undefined
          ? await revokeToken(
              { baseUrl, appId: credentials.appId, appSecret: credentials.appSecret.reveal() },
              credentials.accessToken.reveal(),
            ).then(
              () => true,
              (error: unknown) => (ports.log.error('revoke_failed', error), false),
            )
          : false
      return { revoked_on_platform: isRevoked }
    },
  }
}

/** Stores a TikTok connection with its sealed token, and starts reading. @returns its id */
export function saveConnection(
  session: Session,
  parts: {
    readonly accessToken: string
    readonly appId: string
    readonly appSecret: string
    readonly isSandbox: boolean
  },
  actor: Actor,
): string {
  const { connections, tokens, audit, ports } = session
  const list = connections.list()
  // The same app asked again: its dead connection comes back to life instead of staying beside a new one.
  const dead = list.find(
    (each) => each.state === 'needs_reconnect' && tokens.read(each.connectionId)?.appId === parts.appId,
  )
  if (dead === undefined && list.length >= MAX_CONNECTIONS)
    throw new OperationError(
      'too_many_pending',
      `There are ${MAX_CONNECTIONS} connections already. Nothing was added.`,
      'Remove one first.',
    )
  const connectionId = dead?.connectionId ?? `c_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  const nowMs = ports.clock.nowMs()
  audit.transaction((append) => {
    if (dead === undefined) connections.insert({ connectionId, platform: 'tiktok', isSandbox: parts.isSandbox, nowMs })
    else connections.setState(connectionId, 'ok', null, nowMs)
    tokens.save(connectionId, parts)
    append({
      type: dead === undefined ? 'connection.added' : 'connection.state',
      actor,
      data: { connection: connectionId, platform: 'tiktok', sandbox: parts.isSandbox, state: 'ok' },
    })
  })
  session.adapters.forget(connectionId)
  if (session.startsWork) startFirstSync(session)
  return connectionId
}

/** At a first connect there is nothing to "connect again": the words are about what was typed. */
function notAccepted(error: OperationError): OperationError {
  return new OperationError(
    'invalid_value',
    'TikTok did not accept these credentials. Nothing was stored.',
    'Check the app id and secret, and get a fresh auth code: a code works once, for an hour.',
    error.details === undefined ? {} : { details: error.details },
  )
}

/** Begins a sync unless one is running. */
export function startFirstSync(session: Session): void {
  if (session.sync.progress().state !== 'running') session.sync.start({ days: backfillDays(session) })
}

export function clientHandlers(session: Session): Handlers {
  const { registry, mcp, audit, ports } = session
  const bridge = (): OutputOf<'list_clients'>['bridge'] => ({
    command: ports.bridge.command,
    args: [...ports.bridge.args],
  })
  return {
    list_clients: () => {
      const status = mcp.status()
      return {
        clients: registry.list().map(clientViewOf),
        http_url: status.httpUrl,
        http_problem: status.httpProblem,
        bridge: bridge(),
      }
    },
    add_client: async (input) => {
      const { client, token } = session.addClient(input.name, input.scopes, input.expires_in_days, OWNER)
      await mcp.start()
      return { client: clientViewOf(client), token, http_url: mcp.status().httpUrl, bridge: bridge() }
    },
    revoke_client: (input) => {
      const client = audit.transaction((append) => {
        const revoked = registry.revoke(input.client_id)
        append({
          type: 'client.revoked',
          actor: OWNER,
          data: { client: revoked.clientId },
          text: { client_name: revoked.name },
        })
        return revoked
      })
      return { client: clientViewOf(client) }
    },
  }
}
