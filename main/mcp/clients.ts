/**
 * The AI clients a person has added, their tokens and their limits. A token is shown once, kept only as a hash, and
 * opens exactly two scopes; there is no scope that decides anything, and none can be added here.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { OperationError } from '../../shared/errors.ts'
import type { Clock } from '../../shared/clock.ts'
import type { OutputOf } from '../../shared/operations.ts'
import type { ClientRow, ClientScope, ClientTable } from '../store/client-table.ts'
import type { AgentCaller } from './agent-port.ts'
import { type CallLimits, createCallLimits } from './call-limits.ts'

/** More clients than a person can keep apart are a mistake or an attack. */
const MAX_ACTIVE_CLIENTS = 50
/** Rows kept for the list, including revoked and expired clients. */
const MAX_LISTED_CLIENTS = 100
const DAY_MS = 86_400_000
/** "Last used" is written at most this often per client: a busy agent must not wear out the disk. */
const TOUCH_EVERY_MS = 60_000
const MAX_CLIENT_INFO_CHARS = 120

const TOKEN = /^ssm_([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{4})$/

/** An AI client without its token hash: what the rest of the core may see. Times are wall-clock milliseconds. */
export type McpClient = Omit<ClientRow, 'tokenHash'>
type ClientView = OutputOf<'list_clients'>['clients'][number]

type Authentication =
  | { readonly ok: true; readonly client: McpClient }
  | {
      readonly ok: false
      readonly reason: 'malformed' | 'unknown' | 'expired' | 'revoked'
      readonly clientId: string | null
    }

export interface ClientRegistry extends CallLimits {
  /** Throws OperationError `too_many_pending` beyond 50 active clients. The token is returned here and never again. */
  add(what: { readonly name: string; readonly scopes: readonly ClientScope[]; readonly expiresInDays: number }): {
    readonly client: McpClient
    readonly token: string
  }
  /** Ends a client at once, also its open streams. Throws OperationError `invalid_input` for an unknown id. */
  revoke(clientId: string): McpClient
  /** Newest first, at most 100, with revoked and expired ones. */
  list(): readonly McpClient[]
  authenticate(token: string): Authentication
  /** The client if it may call right now, else null. */
  active(clientId: string): McpClient | null
  hasActive(): boolean
  /** Throws OperationError `not_authorized` (revoked or expired meanwhile) or `rate_limited`. */
  enter: CallLimits['enter']
  /** Notes a use. `clientInfo` is self-reported and cleaned. Written at most once a minute per client. */
  touch(clientId: string, clientInfo: string | null): void
  /** Called within revoke(), before it returns. */
  onRevoked(listener: (clientId: string) => void): void
  /** Called after a client was added or revoked. */
  onChanged(listener: () => void): void
}

/** Four characters that catch a mistyped or cut-off token before anything is looked up. Not a secret. */
function checksum(body: string): string {
  return createHash('sha256').update(`ssm_${body}`).digest('base64url').slice(0, 4)
}
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Text a client says about itself, without control and formatting characters, cut to 120 characters. */
export function cleanClientInfo(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[\p{C}]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, MAX_CLIENT_INFO_CHARS)
}

/** Who the core is told is calling. Made only from the stored client, never from a message. */
export function callerOf(client: McpClient): AgentCaller {
  return {
    kind: 'agent',
    clientId: client.clientId,
    clientName: client.name,
    scopes: client.scopes,
    expiresAtMs: client.expiresAtMs,
  }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}

/** The client as the operation table spells it. */
export function clientViewOf(client: McpClient): ClientView {
  return {
    client_id: client.clientId,
    scopes: [...client.scopes],
    created_at: iso(client.createdAtMs),
    expires_at: iso(client.expiresAtMs),
    last_used_at: client.lastUsedAtMs === null ? null : iso(client.lastUsedAtMs),
    revoked_at: client.revokedAtMs === null ? null : iso(client.revokedAtMs),
    untrusted: { name: client.name, client_info: client.lastClientInfo },
  }
}

function withoutHash(row: ClientRow): McpClient {
  const { tokenHash: _hash, ...client } = row
  return client
}

/** The table is read on every question, never cached: a rolled-back transaction must not leave a live token behind. */
export function createClientRegistry(options: {
  readonly table: ClientTable
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
}): ClientRegistry {
  const { table, clock, randomBytes } = options
  const limits = createCallLimits(clock)
  const revokedListeners: ((clientId: string) => void)[] = []
  const changedListeners: (() => void)[] = []
  const touchedAtMs = new Map<string, number>()
  const introduced = new Set<string>()

  const isActive = (row: ClientRow): boolean => row.revokedAtMs === null && row.expiresAtMs > clock.nowMs()
  const find = (clientId: string): ClientRow | undefined => table.all().find((row) => row.clientId === clientId)

  function active(clientId: string): McpClient | null {
    const row = find(clientId)
    return row !== undefined && isActive(row) ? withoutHash(row) : null
  }

  function authenticate(token: string): Authentication {
    const parts = TOKEN.exec(token)
    if (parts === null || checksum(parts[1] ?? '') !== parts[2]) {
      return { ok: false, reason: 'malformed', clientId: null }
    }
    const hash = hashOf(token)
    let found: ClientRow | undefined
    // Every row is compared, in constant time each: how long the answer takes says nothing about the hashes.
    for (const row of table.all()) if (timingSafeEqual(hash, row.tokenHash)) found = row
    if (found === undefined) return { ok: false, reason: 'unknown', clientId: null }
    if (found.revokedAtMs !== null) return { ok: false, reason: 'revoked', clientId: found.clientId }
    if (!isActive(found)) return { ok: false, reason: 'expired', clientId: found.clientId }
    return { ok: true, client: withoutHash(found) }
  }

  return {
    add({ name, scopes, expiresInDays }) {
      if (table.all().filter(isActive).length >= MAX_ACTIVE_CLIENTS) {
        throw new OperationError(
          'too_many_pending',
          `${MAX_ACTIVE_CLIENTS} AI clients are active, which is the limit. Nothing was added.`,
          'Revoke a client that is no longer used, then add this one.',
        )
      }
      const body = Buffer.from(randomBytes(32)).toString('base64url')
      const token = `ssm_${body}${checksum(body)}`
      const nowMs = clock.nowMs()
      const row: ClientRow = {
        clientId: `c_${Buffer.from(randomBytes(10)).toString('hex')}`,
        name,
        tokenHash: hashOf(token),
        scopes: [...new Set(scopes)],
        createdAtMs: nowMs,
        expiresAtMs: nowMs + expiresInDays * DAY_MS,
        lastUsedAtMs: null,
        lastClientInfo: null,
        revokedAtMs: null,
      }
      table.prune(MAX_LISTED_CLIENTS - 1, nowMs)
      table.insert(row)
      for (const listener of changedListeners) listener()
      return { client: withoutHash(row), token }
    },

    revoke(clientId) {
      if (find(clientId) === undefined) {
        throw new OperationError(
          'invalid_input',
          'There is no AI client with this id.',
          'Reload the list of AI clients.',
        )
      }
      table.markRevoked(clientId, clock.nowMs())
      limits.forget(clientId)
      touchedAtMs.delete(clientId)
      introduced.delete(clientId)
      for (const listener of revokedListeners) listener(clientId)
      for (const listener of changedListeners) listener()
      const row = find(clientId)
      if (row === undefined) throw new Error('a revoked client must still be listed')
      return withoutHash(row)
    },

    list: () => table.all().map(withoutHash),
    authenticate,
    active,
    hasActive: () => table.all().some(isActive),

    enter(clientId, tool) {
      if (active(clientId) === null) throw notAuthorized()
      return limits.enter(clientId, tool)
    },
    callsLeft: (clientId) => limits.callsLeft(clientId),
    forget(clientId) {
      limits.forget(clientId)
    },

    touch(clientId, clientInfo) {
      const nowMs = clock.monotonicMs()
      const lastMs = touchedAtMs.get(clientId)
      const info = clientInfo === null ? null : cleanClientInfo(clientInfo)
      const isDue = lastMs === undefined || nowMs - lastMs >= TOUCH_EVERY_MS
      // The first introduction after a start is written even when a use was noted a moment ago.
      const isNewInfo = info !== null && info !== '' && !introduced.has(clientId)
      if (!isDue && !isNewInfo) return
      if (isNewInfo) introduced.add(clientId)
      touchedAtMs.set(clientId, nowMs)
      table.markUsed(clientId, clock.nowMs(), info === '' ? null : info)
    },

    onRevoked(listener) {
      revokedListeners.push(listener)
    },
    onChanged(listener) {
      changedListeners.push(listener)
    },
  }
}

/** The same words at every door: they say where to go, never which token was tried. */
export function notAuthorized(): OperationError {
  return new OperationError(
    'not_authorized',
    'SpendSignoff does not accept this client: its access is unknown, has expired or was revoked.',
    'Ask the user to open SpendSignoff > Connections > AI clients, add this client again and paste the new configuration.',
  )
}
