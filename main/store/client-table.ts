/** The `mcp_client` table of ledger.db. It will never see a token in the clear: only SHA-256 hashes come in here. */
import type { LedgerDb } from './open.ts'

export type ClientScope = 'mcp.read' | 'mcp.draft'

/** One AI client as stored. All times are wall-clock milliseconds since 1970. */
export interface ClientRow {
  readonly clientId: string
  readonly name: string
  /** SHA-256 of the token, 32 bytes. */
  readonly tokenHash: Uint8Array
  readonly scopes: readonly ClientScope[]
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly lastUsedAtMs: number | null
  /** What the client says it is; self-reported, for display only. */
  readonly lastClientInfo: string | null
  readonly revokedAtMs: number | null
}

export interface ClientTable {
  insert(row: ClientRow): void
  /** Newest first, at most `MAX_CLIENT_ROWS`. */
  all(): readonly ClientRow[]
  /** True when the row existed and was not revoked before. */
  markRevoked(clientId: string, atMs: number): boolean
  /** A null `clientInfo` keeps what is stored. */
  markUsed(clientId: string, atMs: number, clientInfo: string | null): void
  /** Forgets the oldest revoked or expired clients until `keep` rows are left. Drafts keep their client's name. */
  prune(keep: number, nowMs: number): void
}

/** Upper bound of one read; `prune` keeps the table below it. */
export const MAX_CLIENT_ROWS = 100

interface StoredRow {
  client_id: string
  name: string
  token_hash: Uint8Array
  scopes_json: string
  created_at_ms: number
  expires_at_ms: number
  last_used_at_ms: number | null
  last_client_info: string | null
  revoked_at_ms: number | null
}

const KNOWN_SCOPES: ReadonlySet<string> = new Set<ClientScope>(['mcp.read', 'mcp.draft'])

/** A scope this version does not know grants nothing: it is dropped, never passed on. */
function parseScopes(json: string): readonly ClientScope[] {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) ? value.filter((scope): scope is ClientScope => KNOWN_SCOPES.has(String(scope))) : []
}

function toRow(stored: StoredRow): ClientRow {
  return {
    clientId: stored.client_id,
    name: stored.name,
    tokenHash: stored.token_hash,
    scopes: parseScopes(stored.scopes_json),
    createdAtMs: stored.created_at_ms,
    expiresAtMs: stored.expires_at_ms,
    lastUsedAtMs: stored.last_used_at_ms,
    lastClientInfo: stored.last_client_info,
    revokedAtMs: stored.revoked_at_ms,
  }
}

export function createClientTable(db: LedgerDb): ClientTable {
  const insert = db.prepare(
    `INSERT INTO mcp_client (client_id, name, token_hash, scopes_json, created_at_ms, expires_at_ms,
       last_used_at_ms, last_client_info, revoked_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const all = db.prepare<[number], StoredRow>('SELECT * FROM mcp_client ORDER BY created_at_ms DESC, client_id LIMIT ?')
  const revoke = db.prepare('UPDATE mcp_client SET revoked_at_ms = ? WHERE client_id = ? AND revoked_at_ms IS NULL')
  const use = db.prepare(
    'UPDATE mcp_client SET last_used_at_ms = ?, last_client_info = coalesce(?, last_client_info) WHERE client_id = ?',
  )
  // Counted so that the whole table stays within one read: an active client is never beyond it, however old it is.
  const prune = db.prepare<{ nowMs: number; keep: number }>(
    `DELETE FROM mcp_client WHERE client_id IN (
       SELECT client_id FROM mcp_client WHERE revoked_at_ms IS NOT NULL OR expires_at_ms <= :nowMs
       ORDER BY created_at_ms DESC, client_id
       LIMIT -1 OFFSET max(0, :keep - (SELECT count(*) FROM mcp_client
         WHERE revoked_at_ms IS NULL AND expires_at_ms > :nowMs)))`,
  )
  return {
    insert(row) {
      insert.run(
        row.clientId,
        row.name,
        Buffer.from(row.tokenHash),
        JSON.stringify(row.scopes),
        row.createdAtMs,
        row.expiresAtMs,
        row.lastUsedAtMs,
        row.lastClientInfo,
        row.revokedAtMs,
      )
    },
    all: () => all.all(MAX_CLIENT_ROWS).map(toRow),
    markRevoked: (clientId, atMs) => revoke.run(atMs, clientId).changes === 1,
    markUsed(clientId, atMs, clientInfo) {
      use.run(atMs, clientInfo, clientId)
    },
    prune(keep, nowMs) {
      prune.run({ nowMs, keep })
    },
  }
}
