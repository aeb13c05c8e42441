import type { KeyObject } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Clock } from '../../shared/clock.ts'
import type { LogFault } from './fault.ts'
import type { HeadPinPort } from './head-pin.ts'
import type { AuditRow } from './list.ts'
import type { AuditRecord, NewRecord } from './record.ts'

/** What the rest of the app sees of the log. There is no way to change or remove a record, and no way to mend a broken log. */

export interface AuditLog {
  /** audit.spendsignoff/<26 letters or digits> */
  readonly origin: string
  /** The log's identity: the verifier key of record 0. */
  readonly vkey: string
  /**
   * Appends inside the caller's open transaction and signs one checkpoint that covers all of it. The caller pins after the
   * commit with pinHead(), or leaves it to the background; until either looks (about a second), the commit is not known to be
   * one, and counts as something that may still be rolled back. firstSeq is the number of the first given record, size the new
   * size of the log.
   * @throws Error outside a transaction; OperationError invalid_input when a record does not fit its schema (nothing is appended);
   *   LedgerBroken (OperationError ledger_broken), as every method that says so, when the database is behind what was committed
   *   before or does not continue it, and from then on for the rest of the process
   */
  append(records: readonly NewRecord[]): { firstSeq: number; size: number; checkpoint: string }
  /**
   * Runs fn in one IMMEDIATE transaction; what it appends is signed in the same transaction, and nothing of it remains if fn
   * throws. After the commit the head is pinned in the background. fn must not be async.
   * @throws what fn throws; LedgerBroken
   */
  transaction<T>(fn: (append: (record: NewRecord) => number) => T): T
  /** Newest checkpoint; inside a transaction that of the transaction so far. root is base64. @throws LedgerBroken */
  head(): { size: number; root: string; note: string }
  /**
   * Writes the newest head to the secret store now. Of a log that is broken, that is the last head before: the next start must
   * notice too. @throws Error inside a transaction; what the secret store throws; LedgerBroken
   */
  pinHead(): Promise<void>
  /**
   * Why nothing may be approved or sent, undefined when nothing speaks against it: the log is broken (see append), markBroken was
   * called, or the newest full check on record found a fault, also one from before this start. Looks at the database each time.
   */
  fault(): LogFault | undefined
  /**
   * A full check found `fault`. Recording goes on as long as the database continues what was committed; fault() answers until a
   * later full check on record (log.verified) finds none.
   */
  markBroken(fault: LogFault): void
  /** Newest first, at most 200. For showing: the search index it uses is not evidence, verifyLog is. */
  list(filter: {
    readonly beforeSeq?: number
    readonly limit: number
    readonly draftId?: string
    readonly type?: NewRecord['type']
  }): AuditRow[]
  /**
   * Changes the signing key: one record, and a checkpoint over it signed by both keys. The caller keeps the new key in the
   * secret store *before* the call and destroys the old one after it; that is what protects everything signed so far.
   * @throws Error inside a transaction or for the same key; LedgerBroken
   */
  rotateKey(next: AuditLogOptions['signingKey'], reason: RotationReason): void
  /** Pins the newest head and stops the background timer. */
  close(): Promise<void>
}

export interface AuditLogOptions {
  readonly db: Database.Database
  readonly signingKey: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  readonly headPin: HeadPinPort
  readonly clock: Clock
  /** Random id of this start of the app. */
  readonly bootId: string
  readonly appVersion: string
  /** A pin that could not be written in the background. The log goes on; its newest commits are only protected in the file. */
  readonly onPinError: (error: unknown) => void
  /** For the first record of a log that takes over from a restored or lost one. Only then may an old pin be replaced. */
  readonly predecessor?: Extract<NewRecord, { type: 'log.genesis' }>['data']['predecessor']
  /**
   * Told of every record within the transaction that it is appended in: what it writes to the same database stays or goes with the record.
   * It must not append. What it throws takes the record back.
   */
  readonly onAppended?: (record: AuditRecord) => void
}

export type RotationReason = Extract<NewRecord, { type: 'key.rotated' }>['data']['reason']
