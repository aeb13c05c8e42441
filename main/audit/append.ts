import type { KeyObject } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Clock } from '../../shared/clock.ts'
import { type AuditTable, openAuditTable } from '../store/audit-table.ts'
import { type HeadPinPort, type PinnedHead, PinWriter } from './head-pin.ts'
import { buildLine, type Clocks, clockJump, newOrigin, unfit } from './line.ts'
import { type AuditRow, readRecord, readRow } from './list.ts'
import { appendLeaf, leafHash, treeRoot } from './merkle.ts'
import { createSigner, formatCheckpoint, type NoteSigner, signNote } from './note.ts'
import { draftIdOf, type NewRecord } from './record.ts'
import { checkAgainstPin, type LogState, loadState, NO_PREV, openingFault, readIdentity } from './state.ts'

/**
 * The only writer of the log. It appends and signs; it never changes or removes an entry, and it never commits entries
 * that no checkpoint covers: both happen in the same transaction.
 */

export interface AuditLog {
  /** audit.spendsignoff/<26 letters or digits> */
  readonly origin: string
  /** The log's identity: the verifier key of record 0. */
  readonly vkey: string
  /**
   * Appends inside the caller's open transaction and signs one checkpoint that covers all of it. The caller pins after the
   * commit with pinHead(). firstSeq is the number of the first given record, size the new size of the log.
   * @throws Error outside a transaction; OperationError invalid_input when a record does not fit its schema (nothing is appended)
   */
  append(records: readonly NewRecord[]): { firstSeq: number; size: number; checkpoint: string }
  /**
   * Runs fn in one IMMEDIATE transaction; what it appends is signed in the same transaction, and nothing of it remains if fn
   * throws. After the commit the head is pinned in the background. fn must not be async.
   */
  transaction<T>(fn: (append: (record: NewRecord) => number) => T): T
  /** Newest checkpoint; inside a transaction that of the transaction so far. root is base64. */
  head(): { size: number; root: string; note: string }
  /** Writes the newest head to the secret store now. @throws Error inside a transaction; what the secret store throws */
  pinHead(): Promise<void>
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
   * @throws Error inside a transaction or for the same key
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
}

export type RotationReason = Extract<NewRecord, { type: 'key.rotated' }>['data']['reason']

const MAX_LIST = 200
/** Old states kept to return to after a caller's rollback without reading the tree again. */
const KEPT_STATES = 256
const SYSTEM = { kind: 'system', id: 'app' } as const

/**
 * Opens the log and creates record 0 in an empty database. Checks before anything is appended: leaf hashes against the newest
 * checkpoint, its signature, and the head pin. The full check is verifyLog.
 * @throws OperationError ledger_broken when they disagree, or when the log is empty although a head was pinned
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const table = openAuditTable(options.db)
  const pin = await options.headPin.read()
  const isNew = table.lastEntry() === undefined
  if (isNew && table.bounds().checkpointSize !== null)
    throw openingFault('truncated', 'The audit log is empty, but a signed checkpoint says it was not.')
  if (isNew && pin !== undefined && options.predecessor === undefined)
    throw openingFault('rolled_back', 'The audit log is empty, but this computer remembers one.')

  const identity = isNew ? undefined : readIdentity(table)
  const origin = identity?.origin ?? newOrigin()
  const signer = createSigner(origin, options.signingKey)
  const vkey = identity?.vkey ?? signer.vkey
  if (identity !== undefined && keyInForce(table, identity.vkey) !== signer.vkey)
    throw openingFault('wrong_key', 'The signing key on this computer is not the one this audit log is signed with.')
  const state = loadState(table, signer)
  const pinnedSize = isNew || pin === undefined ? 0 : checkAgainstPin(table, pin, { origin, vkey, state })
  const log = new Log({ options, table, signer, vkey, state, pinnedSize })
  if (isNew) {
    log.begin(options)
  } else if (pin === undefined) {
    // Whoever can delete the pin could have rolled the file back: not provable, so it is at least on record.
    log.transaction((append) =>
      append({ type: 'integrity.alarm', actor: SYSTEM, data: { kind: 'head_pin_missing', size: state.tree.size } }),
    )
  }
  if (isNew || pin === undefined) await log.pinHead()
  return log
}

class Log implements AuditLog {
  readonly origin: string
  readonly vkey: string
  readonly #table: AuditTable
  #signer: NoteSigner
  readonly #clock: Clock
  readonly #bootId: string
  readonly #pins: PinWriter
  #state: LogState
  #earlier: readonly LogState[]

  constructor(parts: {
    readonly options: AuditLogOptions
    readonly table: AuditTable
    readonly signer: NoteSigner
    readonly vkey: string
    readonly state: LogState
    readonly pinnedSize: number
  }) {
    this.origin = parts.signer.name
    this.vkey = parts.vkey
    this.#table = parts.table
    this.#signer = parts.signer
    this.#clock = parts.options.clock
    this.#bootId = parts.options.bootId
    this.#state = parts.state
    this.#earlier = [parts.state]
    this.#pins = new PinWriter({
      port: parts.options.headPin,
      clock: parts.options.clock,
      writtenSize: parts.pinnedSize,
      committedHead: () => this.#committedHead(),
      onError: parts.options.onPinError,
    })
  }

  /** Record 0. */
  begin({ appVersion, predecessor }: AuditLogOptions): void {
    const data = { format: 'spendsignoff/audit/v1', vkey: this.vkey, app: appVersion, predecessor } as const
    this.#transaction(() => this.#insertWhole({ type: 'log.genesis', actor: SYSTEM, data }), [this.#signer])
  }

  append(records: readonly NewRecord[]): { firstSeq: number; size: number; checkpoint: string } {
    records.forEach(refuseReserved)
    if (!this.#table.isInTransaction()) throw new Error('the audit log is only appended to inside a transaction')
    if (records.length === 0) throw new Error('nothing to append')
    this.#followDatabase()
    const before = this.#state
    try {
      return this.#table.atomically(() => {
        const seqs = records.map((record) => this.#insert(record))
        const checkpoint = this.#sign([this.#signer])
        return { firstSeq: seqs[0] ?? before.tree.size, size: this.#state.tree.size, checkpoint }
      })
    } catch (error) {
      this.#state = before
      throw error
    }
  }

  transaction<T>(fn: (append: (record: NewRecord) => number) => T): T {
    let isOpen = true
    const append = (record: NewRecord): number => {
      if (!isOpen) throw new Error('this transaction is over')
      refuseReserved(record)
      return this.#insertWhole(record)
    }
    try {
      return this.#transaction(() => fn(append), [this.#signer])
    } finally {
      isOpen = false
    }
  }

  rotateKey(next: AuditLogOptions['signingKey'], reason: RotationReason): void {
    const { vkey: old } = this.#signer
    const nextSigner = createSigner(this.origin, next)
    if (nextSigner.vkey === old) throw new Error('the new key is the old key')
    this.#transaction(
      () => this.#insertWhole({ type: 'key.rotated', actor: SYSTEM, data: { old, new: nextSigner.vkey, reason } }),
      [this.#signer, nextSigner],
    )
    this.#signer = nextSigner
  }

  #transaction<T>(fn: () => T, signers: readonly NoteSigner[]): T {
    if (this.#table.isInTransaction()) throw new Error('a transaction is already open: use append()')
    this.#followDatabase()
    const before = this.#state
    try {
      const result = this.#table.immediate(() => {
        const value = fn()
        this.#followDatabase()
        if (this.#state.tree.size > this.#state.signedSize) this.#sign(signers)
        return value
      })
      if (this.#state.tree.size > before.tree.size) this.#pins.schedule()
      return result
    } catch (error) {
      this.#state = before
      throw error
    }
  }

  head(): { size: number; root: string; note: string } {
    this.#followDatabase()
    return { size: this.#state.signedSize, root: this.#state.signedRoot, note: this.#state.note }
  }

  async pinHead(): Promise<void> {
    await this.#pins.flush()
  }

  async close(): Promise<void> {
    await this.#pins.close()
  }

  list(filter: Parameters<AuditLog['list']>[0]): AuditRow[] {
    const limit = Math.min(MAX_LIST, Math.max(1, Math.trunc(filter.limit)))
    return this.#table.find({ ...filter, limit }).map((entry) => readRow(this.#table, entry))
  }

  /**
   * The database is the truth about what is there. After a rollback, of a whole transaction or of a savepoint, the memory is
   * ahead of it: go back to the state that fits. The last leaf hash names the whole history through `prev`, so size and leaf
   * are enough to compare.
   */
  #followDatabase(): void {
    const last = this.#table.lastEntry()
    const fits = ({ tree, lastLeaf }: LogState): boolean =>
      last === undefined ? tree.size === 0 : tree.size === last.seq + 1 && lastLeaf.equals(last.leaf)
    if (!fits(this.#state)) this.#state = this.#earlier.findLast(fits) ?? loadState(this.#table, this.#signer)
  }

  #become(state: LogState): void {
    this.#state = state
    this.#earlier = [...this.#earlier.slice(1 - KEPT_STATES), state]
  }

  /** One record, wholly or not at all, so that a caller who swallows an error cannot commit half of it. */
  #insertWhole(record: NewRecord): number {
    this.#followDatabase()
    const before = this.#state
    try {
      return this.#table.atomically(() => this.#insert(record))
    } catch (error) {
      this.#state = before
      throw error
    }
  }

  #insert(record: NewRecord): number {
    const now = { nowMs: this.#clock.nowMs(), monoMs: this.#clock.monotonicMs() }
    const jump = clockJump(this.#state.clocks, now)
    this.#state = { ...this.#state, clocks: now }
    if (jump !== undefined) this.#write({ type: 'clock.jump', actor: SYSTEM, data: jump }, now)
    return this.#write(record, now)
  }

  #write(record: NewRecord, clocks: Clocks): number {
    const { tree, lastLeaf } = this.#state
    const seq = tree.size
    const prev = seq === 0 ? NO_PREV : lastLeaf.toString('hex')
    const line = buildLine(record, { log: this.origin, seq, prev, boot: this.#bootId, clocks })
    const leaf = leafHash(line.bytes)
    const index = { seq, type: record.type, draftId: draftIdOf(line.record) }
    this.#table.insert({ seq, bytes: line.bytes, leaf }, index, line.disclosures)
    this.#become({ ...this.#state, tree: appendLeaf(tree, leaf), lastLeaf: leaf })
    return seq
  }

  #sign(signers: readonly NoteSigner[]): string {
    const { tree } = this.#state
    const root = treeRoot(tree)
    const note = signNote(formatCheckpoint({ origin: this.origin, size: tree.size, root }), signers)
    this.#table.insertCheckpoint({ size: tree.size, note })
    this.#become({ ...this.#state, signedSize: tree.size, signedRoot: root.toString('base64'), note })
    return note
  }

  #committedHead(): PinnedHead | undefined {
    if (this.#table.isInTransaction()) return undefined
    const { size, root } = this.head()
    const ts = new Date(this.#clock.nowMs()).toISOString()
    return { origin: this.origin, size, root, vkey: this.vkey, ts }
  }
}

/** The key that must sign next: the newest rotation's, or the log's first. */
function keyInForce(table: AuditTable, identity: string): string {
  const [rotation] = table.find({ type: 'key.rotated', limit: 1 })
  const record = rotation === undefined ? undefined : readRecord(rotation)
  return record?.type === 'key.rotated' ? record.data.new : identity
}

/** Two types come only from this file: a second beginning or an unsigned key change would break the log for good. */
function refuseReserved({ type }: NewRecord): void {
  if (type === 'log.genesis' || type === 'key.rotated') throw unfit(type, 'only the log itself writes such a record')
}
