import type { LedgerDb } from '../../main/store/open.ts'

/** A connection to hang credentials on, straight into the table. */
export function putConnectionRow(ledger: LedgerDb, connectionId: string): void {
  ledger
    .prepare(
      `INSERT INTO connection (connection_id, platform, is_sandbox, state, created_at_ms, updated_at_ms)
       VALUES (?, 'tiktok', 1, 'ok', 1, 1)`,
    )
    .run(connectionId)
}
