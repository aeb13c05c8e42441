import type { Clock } from '../../shared/clock.ts'
import { type AuditTable, openAuditTable } from '../store/audit-table.ts'
import type { AuditLog, AuditLogOptions, RotationReason } from './audit-log.ts'
import { LedgerBroken, type LogFault, ledgerBroken } from './fault.ts'
import { type PinnedHead, PinWriter } from './head-pin.ts'
import { KnownLog } from './known-log.ts'
import { buildLine, type Clocks, clockJump, newOrigin, unfit } from './line.ts'
import { type AuditRow, readRow } from './list.ts'
import { appendLeaf, leafHash, treeRoot } from './merkle.ts'
import { createSigner, formatCheckpoint, type NoteSigner, signNote } from './note.ts'
import { draftIdOf, type NewRecord } from './record.ts'
import { checkAgainstPin, type LogState, loadState, NO_PREV, readIdentity, verdictOf, vkeyInForce } from './state.ts'

/**
 * The only writer of the log. It appends and signs; it never changes or removes an entry, and it never commits entries
 * that no checkpoint covers: both happen in the same transaction.
 */

export type { AuditLog, AuditLogOptions }

const MAX_LIST = 200
const SYSTEM = { kind: 'system', id: 'app' } as const

/**
 * Opens the log and creates record 0 in an empty database. Checks before anything is appended: leaf hashes against the newest
 * checkpoint, its signature, and the head pin. The full check is verifyLog.
 * @throws LedgerBroken when they disagree, or when the log is empty although a head was pinned
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const table = openAuditTable(options.db)
  const pin = await options.headPin.read()
  const isNew = table.lastEntry() === undefined
  if (isNew && table.bounds().checkpointSize !== null)
    throw ledgerBroken('truncated', 'The audit log is empty, but a signed checkpoint says it was not.')
  if (isNew && pin !== undefined && options.predecessor === undefined)
    throw ledgerBroken('rolled_back', 'The audit log is empty, but this computer remembers one.')

  const identity = isNew ? undefined : readIdentity(table)
  const origin = identity?.origin ?? newOrigin()
  const signer = createSigner(origin, options.signingKey)
  const vkey = identity?.vkey ?? signer.vkey
  if (identity !== undefined && vkeyInForce(table, identity.vkey) !== signer.vkey)
    throw ledgerBroken('wrong_key', 'The signing key on this computer is not the one this audit log is signed with.')
  const state = loadState(table, signer)
  const pinned = isNew || pin === undefined ? undefined : checkAgainstPin(table, pin, { origin, vkey, state })
  const log = new Log({ options, table, signer, vkey, state, pinned })
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

/**
 * Record 0 of a log that takes over from another one, with further records after it, inside the caller's open transaction that has
 * emptied the tables: after a crash either the old log stands there or the new one. The caller pins after the commit with pinHead() of the
 * log it gets, and closes that.
 * @throws Error outside a transaction, or when the tables are not empty; OperationError invalid_input
 */
export function beginLog(
  options: AuditLogOptions & { readonly predecessor: NonNullable<AuditLogOptions['predecessor']> },
  records: readonly NewRecord[],
): AuditLog {
  const table = openAuditTable(options.db)
  if (table.lastEntry() !== undefined || table.lastCheckpoint() !== undefined)
    throw new Error('a log begins in empty tables')
  const signer = createSigner(newOrigin(), options.signingKey)
  const log = new Log({ options, table, signer, vkey: signer.vkey, state: loadState(table, signer), pinned: undefined })
  log.beginWithin(options, records)
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
  readonly #known: KnownLog
  readonly #onAppended: AuditLogOptions['onAppended']

  constructor(parts: {
    readonly options: AuditLogOptions
    readonly table: AuditTable
    readonly signer: NoteSigner
    readonly vkey: string
    readonly state: LogState
    readonly pinned: PinnedHead | undefined
  }) {
    this.origin = parts.signer.name
    this.vkey = parts.vkey
    this.#table = parts.table
    this.#signer = parts.signer
    this.#clock = parts.options.clock
    this.#bootId = parts.options.bootId
    this.#onAppended = parts.options.onAppended
    this.#known = new KnownLog({
      table: parts.table,
      verifier: () => this.#signer,
      state: parts.state,
      // What was committed before must outlive this process, or the next one could not tell.
      onBroken: () => this.#pins.schedule(),
    })
    this.#pins = new PinWriter({
      port: parts.options.headPin,
      clock: parts.options.clock,
      written: parts.pinned,
      committedHead: () => this.#committedHead(),
      onError: parts.options.onPinError,
    })
  }

  /** Record 0. */
  begin(options: AuditLogOptions): void {
    this.#transaction(() => this.#insertWhole(this.#genesis(options)), [this.#signer])
  }

  /** The same in a transaction that is open, with what follows it. */
  beginWithin(options: AuditLogOptions, records: readonly NewRecord[]): void {
    records.forEach(refuseReserved)
    this.#appendAll([this.#genesis(options), ...records])
  }

  #genesis({ appVersion, predecessor }: AuditLogOptions): NewRecord {
    const data = { format: 'spendsignoff/audit/v1', vkey: this.vkey, app: appVersion, predecessor } as const
    return { type: 'log.genesis', actor: SYSTEM, data }
  }

  append(records: readonly NewRecord[]): { firstSeq: number; size: number; checkpoint: string } {
    records.forEach(refuseReserved)
    return this.#appendAll(records)
  }

  #appendAll(records: readonly NewRecord[]): { firstSeq: number; size: number; checkpoint: string } {
    if (!this.#table.isInTransaction()) throw new Error('the audit log is only appended to inside a transaction')
    if (records.length === 0) throw new Error('nothing to append')
    const before = this.#known.follow()
    try {
      const done = this.#table.atomically(() => {
        const seqs = records.map((record) => this.#insert(record))
        const checkpoint = this.#sign([this.#signer])
        return { firstSeq: seqs[0] ?? before.tree.size, size: this.#known.state.tree.size, checkpoint }
      })
      // Also for looking at the database once the caller is done: only then can the commit be known.
      this.#pins.schedule()
      return done
    } catch (error) {
      this.#known.replace(before)
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
    const before = this.#known.follow()
    try {
      const result = this.#table.immediate(() => {
        const value = fn()
        const { tree, signedSize } = this.#known.follow()
        if (tree.size > signedSize) this.#sign(signers)
        return value
      })
      this.#known.settle()
      if (this.#known.committed.tree.size > before.tree.size) this.#pins.schedule()
      return result
    } catch (error) {
      this.#known.replace(before)
      throw error
    }
  }

  head(): { size: number; root: string; note: string } {
    const { signedSize, signedRoot, note } = this.#known.follow()
    return { size: signedSize, root: signedRoot, note }
  }

  async pinHead(): Promise<void> {
    await this.#pins.flush()
    this.#known.follow()
  }

  fault(): LogFault | undefined {
    return this.#known.fault()
  }

  markBroken(fault: LogFault): void {
    this.#known.mark(fault)
  }

  async close(): Promise<void> {
    await this.#pins.close()
  }

  list(filter: Parameters<AuditLog['list']>[0]): AuditRow[] {
    const limit = Math.min(MAX_LIST, Math.max(1, Math.trunc(filter.limit)))
    return this.#table.find({ ...filter, limit }).map((entry) => readRow(this.#table, entry))
  }

  /** One record, wholly or not at all, so that a caller who swallows an error cannot commit half of it. */
  #insertWhole(record: NewRecord): number {
    const before = this.#known.follow()
    try {
      return this.#table.atomically(() => this.#insert(record))
    } catch (error) {
      this.#known.replace(before)
      throw error
    }
  }

  #insert(record: NewRecord): number {
    const now = { nowMs: this.#clock.nowMs(), monoMs: this.#clock.monotonicMs() }
    const { state } = this.#known
    const jump = clockJump(state.clocks, now)
    this.#known.replace({ ...state, clocks: now })
    if (jump !== undefined) this.#write({ type: 'clock.jump', actor: SYSTEM, data: jump }, now)
    return this.#write(record, now)
  }

  #write(record: NewRecord, clocks: Clocks): number {
    const { state } = this.#known
    const { tree, lastLeaf } = state
    const seq = tree.size
    const prev = seq === 0 ? NO_PREV : lastLeaf.toString('hex')
    const line = buildLine(record, { log: this.origin, seq, prev, boot: this.#bootId, clocks })
    const leaf = leafHash(line.bytes)
    const index = { seq, type: record.type, draftId: draftIdOf(line.record) }
    this.#table.insert({ seq, bytes: line.bytes, leaf }, index, line.disclosures)
    const verdict = line.record.type === 'log.verified' ? verdictOf(line.record) : state.verdict
    this.#known.become({ ...state, tree: appendLeaf(tree, leaf), lastLeaf: leaf, verdict })
    this.#onAppended?.(line.record)
    return seq
  }

  #sign(signers: readonly NoteSigner[]): string {
    const { state } = this.#known
    const { tree } = state
    const root = treeRoot(tree)
    const note = signNote(formatCheckpoint({ origin: this.origin, size: tree.size, root }), signers)
    this.#table.insertCheckpoint({ size: tree.size, note })
    this.#known.become({ ...state, signedSize: tree.size, signedRoot: root.toString('base64'), note })
    return note
  }

  #committedHead(): PinnedHead | undefined {
    if (this.#table.isInTransaction() && !this.#known.isBroken) return undefined
    try {
      this.#known.follow()
    } catch (error) {
      // The head from before the damage is the one to remember; whoever uses the log next is told.
      if (!(error instanceof LedgerBroken)) throw error
    }
    const { signedSize: size, signedRoot: root } = this.#known.committed
    const ts = new Date(this.#clock.nowMs()).toISOString()
    return { origin: this.origin, size, root, vkey: this.vkey, ts }
  }
}

/** Two types come only from this file: a second beginning or an unsigned key change would break the log for good. */
function refuseReserved({ type }: NewRecord): void {
  if (type === 'log.genesis' || type === 'key.rotated') throw unfit(type, 'only the log itself writes such a record')
}
