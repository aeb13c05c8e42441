/**
 * One process per workspace, by a lock that the kernel drops when the process dies, however it dies. A lock *file* would survive a
 * crash, and Node has no flock; SQLite's exclusive lock is one. Stores nothing.
 */
import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'

export interface HeldLock {
  release(): void
}

/** `undefined` when another process (or another caller in this one) holds it. Never waits. */
export function tryInstanceLock(file: string): HeldLock | undefined {
  closeSync(openSync(file, 'a', 0o600))
  const db = new Database(file, { timeout: 0 })
  try {
    // Not WAL: there an exclusive transaction still lets others in to read.
    db.pragma('journal_mode = MEMORY')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return {
    release() {
      // The file stays: deleting it would let a third process lock a new file of the same name beside a second one's lock.
      if (db.open) db.close()
    },
  }
}
