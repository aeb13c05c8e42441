/**
 * Opens the two encrypted databases. Nobody else calls `new Database` on them, so that the order cipher, key, first read, pragmas
 * is right everywhere. Never creates a database where one is unreadable, and never writes to one from a newer build.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import Database from 'better-sqlite3'
import { OperationError } from '../../shared/errors.ts'
import { sizeOf } from '../atomic-file.ts'
import { storageFault } from './storage-fault.ts'
import { type DatabaseKind, loadMigrations, type Migration, migrate, refuseNewer, userVersion } from './migrate.ts'

declare const ledgerReadable: unique symbol
declare const ledgerWritable: unique symbol
declare const factsReadable: unique symbol
declare const factsWritable: unique symbol

/** The same object with a brand: a function that asks for a `…ReadDb` cannot be handed on to one that writes. */
export type LedgerReadDb = Database.Database & { readonly [ledgerReadable]: true }
export type LedgerDb = LedgerReadDb & { readonly [ledgerWritable]: true }
export type FactsReadDb = Database.Database & { readonly [factsReadable]: true }
export type FactsDb = FactsReadDb & { readonly [factsWritable]: true }

export interface OpenOptions {
  /** Other steps than the shipped ones; tests use it to stand at an older version. */
  readonly migrations?: readonly Migration[]
}

const BUSY_TIMEOUT_MS = 5_000
const KEY_BYTES = 32
const PLAIN_HEADER = Buffer.from('SQLite format 3\0', 'latin1')

/**
 * ledger.db: drafts, approvals, audit, settings. SQLCipher v4 (standard tools open it with the key) and synchronous=FULL: a record
 * that was acknowledged survives a power cut. Created when absent, migrated when older. The key's 32 bytes are only borrowed.
 * @throws OperationError vault_key_missing (another key), workspace_damaged, workspace_newer, workspace_in_use
 */
export function openLedger(file: string, key: Uint8Array, options: OpenOptions = {}): LedgerDb {
  return openWritable('ledger', file, key, options) as LedgerDb
}

/**
 * facts.db: entities, metric facts, orders. AEGIS (as fast as plain) and synchronous=NORMAL: what a power cut takes can be synced again.
 * @throws OperationError as openLedger
 */
export function openFacts(file: string, key: Uint8Array, options: OpenOptions = {}): FactsDb {
  return openWritable('facts', file, key, options) as FactsDb
}

/**
 * A second, read-only connection for reports, also from a worker thread. The writer must have opened (and migrated) the file before.
 * @throws OperationError as openLedger
 */
export function openFactsReadOnly(file: string, key: Uint8Array, options: OpenOptions = {}): FactsReadDb {
  return openReadOnly('facts', file, key, options) as FactsReadDb
}

/**
 * The same for ledger.db: checks and exports of the log, from a worker thread.
 * @throws OperationError as openLedger
 */
export function openLedgerReadOnly(file: string, key: Uint8Array, options: OpenOptions = {}): LedgerReadDb {
  return openReadOnly('ledger', file, key, options) as LedgerReadDb
}

/** A copy of ledger.db that this app has just made, to be finished before anybody reads it. @throws OperationError as openLedger */
export function openOwnCopy(file: string, key: Uint8Array): Database.Database {
  const db = connect('ledger', file, key, false)
  return orClose(db, file, () => {
    db.pragma('temp_store = MEMORY')
    db.pragma('secure_delete = ON')
  })
}

function openReadOnly(kind: DatabaseKind, file: string, key: Uint8Array, options: OpenOptions): Database.Database {
  const known = (options.migrations ?? loadMigrations(kind)).at(-1)?.version ?? 0
  const db = connect(kind, file, key, true)
  return orClose(db, file, () => {
    const version = userVersion(db)
    refuseNewer(version, known, file)
    if (version < known) throw new Error(`${kind}.db must be migrated by its writer before it is read`)
    db.pragma('query_only = ON')
    tune(db, kind)
  })
}

function openWritable(kind: DatabaseKind, file: string, key: Uint8Array, options: OpenOptions): Database.Database {
  const steps = options.migrations ?? loadMigrations(kind)
  if (sizeOf(file) === 0) closeSync(openSync(file, 'a', 0o600))
  else lookBeforeWriting(kind, file, key, steps.at(-1)?.version ?? 0)
  const db = connect(kind, file, key, false)
  return orClose(db, file, () => {
    if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') throw new Error(`${basename(file)}: no WAL here`)
    db.pragma(`synchronous = ${kind === 'ledger' ? 'FULL' : 'NORMAL'}`)
    if (process.platform === 'darwin') {
      // On macOS fsync alone leaves data in the drive's cache; only the ledger is worth the price.
      db.pragma(`fullfsync = ${kind === 'ledger' ? 'ON' : 'OFF'}`)
      db.pragma(`checkpoint_fullfsync = ${kind === 'ledger' ? 'ON' : 'OFF'}`)
    }
    db.pragma('foreign_keys = ON')
    tune(db, kind)
    migrate(db, file, steps)
  })
}

/** Version and key are checked on a read-only connection, so that a refused file keeps every byte. */
function lookBeforeWriting(kind: DatabaseKind, file: string, key: Uint8Array, known: number): void {
  refusePlainFile(file)
  const db = connect(kind, file, key, true)
  orClose(db, file, () => refuseNewer(userVersion(db), known, file))
  db.close()
}

function connect(kind: DatabaseKind, file: string, key: Uint8Array, readonly: boolean): Database.Database {
  if (key.byteLength !== KEY_BYTES) throw new TypeError('a database key has 32 bytes')
  let db: Database.Database
  try {
    db = new Database(file, { readonly, fileMustExist: readonly, timeout: BUSY_TIMEOUT_MS })
  } catch (error) {
    throw faultOf(error, file)
  }
  return orClose(db, file, () => {
    db.pragma(`cipher = '${kind === 'ledger' ? 'sqlcipher' : 'aegis'}'`)
    if (kind === 'ledger') db.pragma('legacy = 4')
    const raw = Buffer.concat([Buffer.from('raw:'), Buffer.from(Buffer.from(key).toString('hex'))])
    db.key(raw)
    raw.fill(0)
    // Nothing has been decrypted so far: this first read is what tells whether the key fits.
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
  })
}

function tune(db: Database.Database, kind: DatabaseKind): void {
  db.pragma('temp_store = MEMORY') // a temporary file would hold plain rows
  db.pragma(`cache_size = ${kind === 'facts' ? -65_536 : -16_384}`) // KiB; every page read costs a decryption
  db.pragma('trusted_schema = OFF')
}

/** Runs one step of opening; closes the handle and words the fault when it fails. */
function orClose(db: Database.Database, file: string, step: () => void): Database.Database {
  try {
    step()
    return db
  } catch (error) {
    db.close()
    throw faultOf(error, file)
  }
}

function refusePlainFile(file: string): void {
  const head = Buffer.alloc(PLAIN_HEADER.length)
  const handle = openSync(file, 'r')
  try {
    readSync(handle, head, 0, head.length, 0)
  } finally {
    closeSync(handle)
  }
  if (!head.equals(PLAIN_HEADER)) return
  throw new OperationError(
    'workspace_damaged',
    `${basename(file)} is not encrypted, so SpendSignoff did not write it. It was not opened.`,
    'Move the file away and restore your own copy, or open another workspace.',
  )
}

/** What SQLite's own codes mean for the person. Anything not listed is a bug and passes through. */
function faultOf(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const name = basename(file)
  if (error.code === 'SQLITE_NOTADB')
    return new OperationError(
      'vault_key_missing',
      `${name} does not open with this workspace's key. Nothing was changed.`,
      'The vault belongs to another workspace, or the start of the file is damaged. Restore the vault and the file from the same backup.',
      { cause: error },
    )
  if (error.code.startsWith('SQLITE_CORRUPT') || error.code.startsWith('SQLITE_IOERR'))
    return new OperationError(
      'workspace_damaged',
      `${name} is damaged or cannot be read from the disk.`,
      `Copy the whole workspace folder somewhere safe, then restore ${name} from a backup.`,
      { cause: error },
    )
  if (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED'))
    return new OperationError(
      'workspace_in_use',
      `Another program is using ${name}. Nothing was changed.`,
      'Close the other window of SpendSignoff, or the tool that has the file open, and try again.',
      { cause: error, retryable: true },
    )
  if (
    error.code.startsWith('SQLITE_CANTOPEN') ||
    error.code.startsWith('SQLITE_READONLY') ||
    error.code === 'SQLITE_PERM'
  )
    return new OperationError(
      'workspace_damaged',
      `${name} cannot be opened: it is missing, or this user may not read and write it.`,
      'Check the permissions of the workspace folder and that the disk is not full or read-only.',
      { cause: error },
    )
  return storageFault(error) ?? error
}
