/**
 * Logs that another one has taken over from: a file of its own each, `ledger.<first 8 letters of the origin>.db`, encrypted with the key of
 * the ledger. It holds the four tables of the log as they stood and nothing else, so that every check and export of a log works on it too.
 * Never replaces a file that is there, and never writes to an archive once it is finished.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type Database from 'better-sqlite3'
import { sizeOf, syncFolder } from '../atomic-file.ts'
import { loadMigrations } from './migrate.ts'
import { type LedgerDb, type LedgerReadDb, openLedgerReadOnly, openOwnCopy } from './open.ts'

/** Children first: each refers to `entry`. */
const LOG_TABLES = ['disclosure', 'entry_index', 'checkpoint', 'entry'] as const
const NAME = /^ledger\.[a-z2-7]{8}(?:-[1-9][0-9]?)?\.db$/
const MAX_LISTED = 50

/**
 * Copies the log out of the ledger before it is cleared. After a crash there is either a whole archive or a `.partial` file that the
 * next call replaces.
 * @returns the archive's file; the same one when this very log was archived by an earlier attempt
 * @throws what SQLite or the file system throws; nothing was archived then
 */
export function archiveLog(ledger: LedgerDb, ledgerFile: string, key: Uint8Array, origin: string): string {
  const partial = `${ledgerFile}.archive.partial`
  rmSync(partial, { force: true })
  try {
    ledger.prepare('VACUUM INTO ?').run(partial)
    keepOnlyLog(partial, key)
    const before = archivesOf(ledgerFile, origin).find((file) => isSameLog(file, partial, key))
    if (before !== undefined) return before
    const handle = openSync(partial, 'r')
    fsyncSync(handle)
    closeSync(handle)
    const file = freeName(ledgerFile, origin)
    renameSync(partial, file)
    syncFolder(dirname(file))
    return file
  } finally {
    rmSync(partial, { force: true })
  }
}

/** Credentials, drafts and settings stay in the ledger alone: a copy of them would outlive their removal. */
function keepOnlyLog(file: string, key: Uint8Array): void {
  const copy = openOwnCopy(file, key)
  try {
    copy.pragma('foreign_keys = OFF')
    const others = copy
      .prepare<[], { name: string }>(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
           AND name NOT IN (${LOG_TABLES.map((name) => `'${name}'`).join(', ')})`,
      )
      .all()
    for (const { name } of others) copy.exec(`DROP TABLE "${name.replaceAll('"', '""')}"`)
    // What the dropped tables held must not stay behind in free pages.
    copy.exec('VACUUM')
    // The tables of a log are those of the first step for ever.
    copy.pragma('user_version = 1')
  } finally {
    copy.close()
  }
}

/** A read-only connection to one archive. @throws OperationError vault_key_missing, workspace_damaged */
export function openArchivedLog(file: string, key: Uint8Array): LedgerReadDb {
  return openLedgerReadOnly(file, key, { migrations: loadMigrations('ledger').slice(0, 1) })
}

/** Files of archived logs beside the ledger, in alphabetical order, at most 50. */
export function listArchivedLogs(ledgerFile: string): readonly string[] {
  const folder = dirname(ledgerFile)
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .toSorted()
    .slice(0, MAX_LISTED)
    .map((name) => join(folder, name))
}

/**
 * Empties the tables of the log, keeping their shape, indexes and triggers. Call inside the transaction that begins the next log, after
 * archiveLog().
 */
export function clearLog(db: Database.Database): void {
  const named = LOG_TABLES.map((name) => `'${name}'`).join(', ')
  const shapes = db
    .prepare<[], { sql: string }>(
      `SELECT sql FROM sqlite_schema WHERE tbl_name IN (${named}) AND sql IS NOT NULL
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, CASE name WHEN 'entry' THEN 0 ELSE 1 END`,
    )
    .all()
  // Dropping, because the triggers forbid deleting, and because it does not read every row.
  for (const name of LOG_TABLES) db.exec(`DROP TABLE ${name}`)
  for (const { sql } of shapes) db.exec(sql)
}

function archivesOf(ledgerFile: string, origin: string): readonly string[] {
  return listArchivedLogs(ledgerFile).filter((file) => file.startsWith(stem(ledgerFile, origin)))
}

function isSameLog(file: string, other: string, key: Uint8Array): boolean {
  const [a, b] = [file, other].map((each) => {
    const db = openArchivedLog(each, key)
    try {
      return JSON.stringify(
        db
          .prepare('SELECT (SELECT count(*) FROM entry) AS n, hex(leaf) AS leaf FROM entry ORDER BY seq DESC LIMIT 1')
          .get(),
      )
    } finally {
      db.close()
    }
  })
  return a === b
}

const stem = (ledgerFile: string, origin: string): string =>
  join(dirname(ledgerFile), `ledger.${origin.slice(origin.indexOf('/') + 1).slice(0, 8)}`)

function freeName(ledgerFile: string, origin: string): string {
  for (let n = 1; n < 100; n += 1) {
    const file = `${stem(ledgerFile, origin)}${n === 1 ? '' : `-${n}`}.db`
    if (sizeOf(file) === 0) return file
  }
  throw new Error('99 logs of one origin were archived here already')
}
