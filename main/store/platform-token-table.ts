/** Table platform_token: sealed bytes only. Never sees a token in the clear and never logs a row. */
import type { LedgerDb, LedgerReadDb } from './open.ts'

export function putPlatformToken(db: LedgerDb, connectionId: string, sealed: Uint8Array): void {
  db.prepare<[string, Uint8Array]>(
    `INSERT INTO platform_token (connection_id, sealed) VALUES (?, ?)
     ON CONFLICT (connection_id) DO UPDATE SET sealed = excluded.sealed`,
  ).run(connectionId, sealed)
}

export function findPlatformToken(db: LedgerReadDb, connectionId: string): Uint8Array | undefined {
  return db
    .prepare<[string], { sealed: Uint8Array }>('SELECT sealed FROM platform_token WHERE connection_id = ?')
    .get(connectionId)?.sealed
}

/** Whether there was one. */
export function deletePlatformToken(db: LedgerDb, connectionId: string): boolean {
  return db.prepare<[string]>('DELETE FROM platform_token WHERE connection_id = ?').run(connectionId).changes === 1
}
