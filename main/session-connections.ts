/** Who can see what, as the window shows it: platform connections, their accounts' permissions, and what they use of their allowances. */
import { type AccountId, accountId, splitAccountId, splitEntityId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import { isoTime } from './drafts/view.ts'
import type { Handlers } from './run-operation.ts'
import { accountsOf } from './session-saving.ts'
import { cleanUntrusted } from './reporting/untrusted.ts'
import type { Secret } from './secret.ts'
import type { Session } from './session.ts'
import type { Connection } from './store/connection-table.ts'
import { factsReaders, factsWriters } from './store/facts-tables.ts'
import type { PlatformCredentials } from './vault/platform-tokens.ts'

const OWNER = { kind: 'user', id: 'owner' } as const
/** Matches no sync run: every account of the connection is then unlisted. */
const NO_RUN = -1
const REVOKE_TIMEOUT_MS = 30_000
/** A sync that waits for its turn begins the moment another one ends. */
const MAX_SYNCS_STOPPED = 5

type Append = Parameters<Parameters<Session['audit']['transaction']>[0]>[0]

const isSameSecret = (a: Secret, b: Secret): boolean => a.reveal() === b.reveal()

/** @returns whether a sync was running */
async function stopReading(sync: Session['sync']): Promise<boolean> {
  const isRunning = (): boolean => sync.progress().state === 'running'
  const wasRunning = isRunning()
  for (let tries = 0; tries < MAX_SYNCS_STOPPED && isRunning(); tries += 1) {
    sync.cancel()
    await sync.whenIdle()
  }
  return wasRunning
}

export function connectionView(
  session: Pick<Session, 'connections' | 'opened'>,
  connectionId: string,
): OutputOf<'connect_tiktok'>['connection'] {
  const connection = session.connections.get(connectionId)
  if (connection === undefined) throw new Error('no such connection')
  const { health } = connection
  return {
    connection_id: connection.connectionId,
    platform: connection.platform,
    method: connection.method,
    is_sandbox: connection.isSandbox,
    state: connection.state,
    state_detail: connection.stateDetail,
    created_at: isoTime(connection.createdAtMs),
    health:
      health === null
        ? null
        : {
            is_valid: health.isValid,
            expires_at: health.expiresAtMs === null ? null : isoTime(health.expiresAtMs),
            expiry_known: health.isExpiryKnown,
            can_write: health.canWrite,
            scopes: [...health.scopes],
            problem: health.problem,
            checked_at: isoTime(health.checkedAtMs),
          },
    account_ids: accountsOf(session.opened.facts, connectionId),
    untrusted: { label: connection.label === null ? null : cleanUntrusted(connection.label, 120) },
  }
}

export function connectionHandlers(session: Session): Handlers {
  const { connections, audit, tokens, adapters, opened, ports, sync, permissions } = session
  const refuseIfBusy = (connectionId: string): void => {
    const { accounts } = factsReaders(opened.facts)
    // Also in accounts that the platform lists no longer: without the connection nobody could ever find out what became of the change.
    const isItsOwn = (id: AccountId) => accounts.byId(id)?.connectionId === connectionId
    if (session.drafts.unfinished().some((row) => isItsOwn(splitEntityId(row.entityId).accountId)))
      throw new OperationError(
        'entity_busy',
        'A change on one of its accounts is still being settled. Nothing was removed.',
        'Wait until its outcome is known, then remove the connection.',
        { retryable: true },
      )
  }
  /** Damaged ones count as none: removing them is the way out. */
  const readable = (connectionId: string): PlatformCredentials | undefined => {
    try {
      return tokens.read(connectionId)
    } catch (error) {
      ports.log.error('credentials_unreadable', error)
      return undefined
    }
  }
  /**
   * Google and Meta take back a whole grant, TikTok one token: another connection that lives on the
   * same one must not die with it.
   */
  const livesOnTheSame = (other: Connection, gone: Connection, credentials: PlatformCredentials): boolean => {
    if (other.platform !== gone.platform || other.label === null || other.label !== gone.label) return false
    const its = credentials.kind === 'tiktok' ? readable(other.connectionId) : undefined
    return (
      its?.kind !== 'tiktok' || credentials.kind !== 'tiktok' || isSameSecret(its.accessToken, credentials.accessToken)
    )
  }
  /** Keeps the person's word and records it. */
  const setWrites = (append: Append, id: AccountId, isAllowed: boolean): void => {
    const { platform } = splitAccountId(id)
    permissions.set(id, isAllowed, ports.clock.nowMs())
    append({
      type: 'account.writes',
      actor: OWNER,
      subj: { platform, account: id },
      data: { account: id, platform, allowed: isAllowed },
    })
  }
  return {
    list_connections: () => ({
      connections: connections.list().map((each) => connectionView(session, each.connectionId)),
    }),
    remove_connection: async (input) => {
      const connection = connections.get(input.connection_id)
      if (connection === undefined || connection.state === 'removed')
        throw new OperationError('account_not_available', 'There is no such connection.', 'Reload the page.')
      refuseIfBusy(input.connection_id)
      const wasReading = await stopReading(sync)
      // Looked at again, and shut in the same breath: a confirmation that comes later finds no adapter and sends nothing.
      refuseIfBusy(input.connection_id)
      const credentials = readable(input.connection_id)
      audit.transaction((append) => {
        tokens.remove(input.connection_id)
        connections.forgetReach(input.connection_id)
        connections.setState(input.connection_id, 'removed', null, ports.clock.nowMs())
        append({
          type: 'connection.removed',
          actor: OWNER,
          data: { connection: input.connection_id, platform: connection.platform, state: 'removed' },
        })
        // Whoever connects an account again, perhaps with other credentials, is asked again whether it may be changed.
        for (const { accountId: id, connectionId } of factsReaders(opened.facts).accounts.all())
          if (connectionId === input.connection_id && permissions.said(id) === true) setWrites(append, id, false)
      })
      adapters.forget(input.connection_id)
      // What it reported stays readable as history; nothing of it is offered any more.
      factsWriters(opened.facts).accounts.replaceListing(input.connection_id, NO_RUN, 0, [])
      // The other connections were only interrupted.
      if (wasReading && connections.list().length > 0 && sync.progress().state !== 'running')
        sync.start({ days: factsReaders(opened.facts).coverage.lastRun()?.days })
      if (credentials === undefined || connections.list().some((each) => livesOnTheSame(each, connection, credentials)))
        return { revoked_on_platform: false }
      const isRevoked = await adapters
        .forCredentials(credentials, connection.isSandbox)
        .revoke(AbortSignal.timeout(REVOKE_TIMEOUT_MS))
        .catch((error: unknown) => (ports.log.error('revoke_failed', error), false))
      return { revoked_on_platform: isRevoked }
    },
    set_account_writes: (input) => {
      const refusal = input.is_allowed ? session.whyReadOnly(input.account_id) : undefined
      if (refusal !== undefined) throw refusal
      audit.transaction((append) => setWrites(append, input.account_id, input.is_allowed))
      return { account_id: input.account_id, writes_allowed: session.writesAllowed(input.account_id) }
    },
    get_quota: () => ({
      readings: session.quota.readings().map((reading) => ({
        platform: reading.platform,
        account_id: /^\d{1,24}$/.test(reading.externalId) ? accountId(reading.platform, reading.externalId) : null,
        requests_last_hour: reading.requestsLastHour,
        requests_last_day: reading.requestsLastDay,
        writes_last_day: reading.writesLastDay,
        throttled_last_day: reading.throttledLastDay,
        used_percent: reading.usedPercent,
        paused_until: reading.pausedUntilMs === null ? null : isoTime(reading.pausedUntilMs),
      })),
    }),
  }
}
