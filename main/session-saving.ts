/** Puts checked credentials where they belong: into a new connection, or into the one that is theirs already. Asks no platform. */
import { randomUUID } from 'node:crypto'
import type { AccountId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { AuditLog } from './audit/append.ts'
import type { Actor } from './audit/record.ts'
import type { TokenHealth } from './platforms/adapter.ts'
import type { Ports } from './ports.ts'
import { type Adapters, platformOf } from './session-adapters.ts'
import type { Health } from './session-health.ts'
import {
  type Connection,
  type ConnectionMethod,
  type ConnectionTable,
  MAX_CONNECTIONS,
} from './store/connection-table.ts'
import { factsReaders, factsWriters } from './store/facts-tables.ts'
import type { FactsDb, FactsReadDb } from './store/open.ts'
import { type PlatformCredentials, type PlatformTokens, secretsOf } from './vault/platform-tokens.ts'

export interface SavingDeps {
  readonly ports: Pick<Ports, 'clock' | 'log'>
  readonly audit: AuditLog
  readonly connections: ConnectionTable
  readonly tokens: PlatformTokens
  readonly facts: FactsDb
  readonly adapters: Pick<Adapters, 'forget'>
  readonly health: Pick<Health, 'note'>
  /** Something new can be read now. */
  readonly onSaved: () => void
}

export interface NewConnection {
  readonly credentials: PlatformCredentials
  readonly method: ConnectionMethod
  /** Whose credentials they are, never a secret; null where the platform does not say. */
  readonly label: string | null
  readonly isSandbox: boolean
  /** What was found when they were checked. */
  readonly health?: TokenHealth
  /** What they reach, as far as it was looked at. */
  readonly accountIds?: readonly AccountId[]
}

/** Accounts that a connection lists now, at most 500. */
export function accountsOf(facts: FactsReadDb, connectionId: string): AccountId[] {
  return factsReaders(facts)
    .accounts.all()
    .filter((account) => account.isListed && account.connectionId === connectionId)
    .map((account) => account.accountId)
    .slice(0, 500)
}

/**
 * Stores a connection with its sealed credentials. The same app or identity asked again renews the connection it has, dead or alive,
 * instead of putting a second one beside it. Two people may share one app: where only the app is known, nobody's living credentials are
 * replaced by some that reach less.
 * @returns the connection's id
 * @throws OperationError too_many_pending when there are 50 connections
 */
export function saveConnection(deps: SavingDeps, parts: NewConnection, actor: Actor): string {
  const { connections, tokens, audit, ports } = deps
  for (const secret of secretsOf(parts.credentials)) ports.log.hide?.(secret)
  const platform = platformOf(parts.credentials)
  const list = connections.list()
  const same = list.find((each) => isSame(deps, each, parts))
  if (same === undefined && list.length >= MAX_CONNECTIONS)
    throw new OperationError(
      'too_many_pending',
      `There are ${MAX_CONNECTIONS} connections already. Nothing was added.`,
      'Remove one first.',
    )
  const connectionId = same?.connectionId ?? `c_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  const nowMs = ports.clock.nowMs()
  const { method, isSandbox } = parts
  const label = parts.label?.slice(0, 200) ?? null
  audit.transaction((append) => {
    if (same === undefined) connections.insert({ connectionId, platform, method, label, isSandbox, nowMs })
    else {
      connections.setState(connectionId, 'ok', null, nowMs)
      connections.setLabel(connectionId, label)
    }
    tokens.save(connectionId, parts.credentials)
    if (parts.accountIds !== undefined) connections.setReach(connectionId, parts.accountIds)
    append({
      type: same === undefined ? 'connection.added' : 'connection.state',
      actor,
      data: { connection: connectionId, platform, method, sandbox: isSandbox, state: 'ok' },
    })
  })
  deps.adapters.forget(connectionId)
  factsWriters(deps.facts).sync.forgetListing(connectionId)
  if (parts.health !== undefined) deps.health.note(connectionId, parts.health, actor)
  deps.onSaved()
  return connectionId
}

function isSame(deps: SavingDeps, existing: Connection, parts: NewConnection): boolean {
  if (existing.platform !== platformOf(parts.credentials) || existing.method !== parts.method) return false
  if (existing.isSandbox !== parts.isSandbox || parts.label === null) return false
  // Connections from before labels were kept are TikTok's: there the app is known from the credentials.
  const stored = existing.label === null ? deps.tokens.read(existing.connectionId) : undefined
  const label = stored?.kind === 'tiktok' ? (stored.appId ?? null) : existing.label
  if (label !== parts.label) return false
  const listed = accountsOf(deps.facts, existing.connectionId)
  // Before the first listing, and where another connection lists them all, only the check of its credentials knows.
  const known = listed.length > 0 ? listed : deps.connections.reach(existing.connectionId)
  if (known.length === 0 || parts.accountIds === undefined) return true
  const reached = new Set(parts.accountIds)
  const isSomebody = parts.method === 'service_account' || existing.platform === 'meta'
  if (isSomebody || existing.state !== 'ok') return known.some((accountId) => reached.has(accountId))
  return known.every((accountId) => reached.has(accountId))
}
