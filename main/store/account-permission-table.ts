/**
 * In which accounts the person lets changes be proposed and written: the only SQL that touches it. Reading an account needs no row here.
 * It never decides by itself: no row means no.
 */
import type Database from 'better-sqlite3'
import type { AccountId } from '../../shared/domain/ids.ts'

export interface AccountPermissions {
  /** The person's word; undefined while they have said neither yes nor no. */
  said(accountId: AccountId): boolean | undefined
  /** False unless the person said yes. */
  isAllowed(accountId: AccountId): boolean
  /** Keeps the person's word. The caller records it in the log, in the same transaction. */
  set(accountId: AccountId, isAllowed: boolean, nowMs: number): void
}

export function createAccountPermissions(db: Database.Database): AccountPermissions {
  const find = db.prepare<[string], { writes_allowed: number }>(
    'SELECT writes_allowed FROM account_permission WHERE account_id = ?',
  )
  const put = db.prepare<[string, number, number]>(
    `INSERT INTO account_permission (account_id, writes_allowed, changed_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (account_id) DO UPDATE SET writes_allowed = excluded.writes_allowed, changed_at_ms = excluded.changed_at_ms`,
  )
  const said: AccountPermissions['said'] = (accountId) => {
    const row = find.get(accountId)
    return row === undefined ? undefined : row.writes_allowed === 1
  }
  return {
    said,
    isAllowed: (accountId) => said(accountId) === true,
    set: (accountId, isAllowed, nowMs) => void put.run(accountId, isAllowed ? 1 : 0, nowMs),
  }
}
