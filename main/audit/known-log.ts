import type { AuditTable } from '../store/audit-table.ts'
import { LedgerBroken, type LogFault, ledgerBroken } from './fault.ts'
import type { NoteVerifier } from './note.ts'
import { extendState, type LogState } from './state.ts'

/**
 * What this process knows of the log, held against the database at every use. A commit is final: a rollback may take back what
 * was never committed, and nothing else may ever disappear. Whoever cuts or rewrites the file while the app runs is therefore
 * noticed at the next use, and the log then stays broken for the rest of the process. Nothing here repairs or appends.
 */

/** Uncommitted states kept to return to after a caller's rollback without reading the records again. */
const KEPT_STATES = 256

export class KnownLog {
  readonly #table: AuditTable
  readonly #verifier: () => NoteVerifier
  readonly #onBroken: () => void
  #state: LogState
  /** The newest head known to be committed. It only ever grows. */
  #committed: LogState
  /** Made since #committed and built upon it, oldest first. */
  #uncommitted: readonly LogState[] = []
  #broken: LogFault | undefined
  #marked: { readonly fault: LogFault; readonly size: number } | undefined

  /** `state` is what the table holds now, outside a transaction. `onBroken` is called once, and must not throw. */
  constructor(options: {
    readonly table: AuditTable
    readonly verifier: () => NoteVerifier
    readonly state: LogState
    readonly onBroken: () => void
  }) {
    this.#table = options.table
    this.#verifier = options.verifier
    this.#state = options.state
    this.#committed = options.state
    this.#onBroken = options.onBroken
  }

  /** As last followed; the newest part of it may be uncommitted. */
  get state(): LogState {
    return this.#state
  }

  get committed(): LogState {
    return this.#committed
  }

  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** The next state, made by appending or signing. */
  become(state: LogState): void {
    this.#state = state
    this.#uncommitted = [...this.#uncommitted.slice(1 - KEPT_STATES), state]
  }

  /** Another view of the same records: both clocks moved, or an attempt failed. */
  replace(state: LogState): void {
    this.#state = state
  }

  /** The transaction that was open is committed. */
  settle(): void {
    this.#committed = this.#state
    this.#uncommitted = []
  }

  /**
   * The state the database is in. Outside a transaction that state is committed from now on.
   * @throws LedgerBroken when the database fell behind the newest committed head or is not a continuation of it, and ever after
   */
  follow(): LogState {
    if (this.#broken !== undefined) throw new LedgerBroken(this.#broken)
    try {
      this.#state = this.#find()
    } catch (error) {
      if (error instanceof LedgerBroken) {
        this.#broken = error.fault
        this.#onBroken()
      }
      throw error
    }
    if (!this.#table.isInTransaction()) this.settle()
    return this.#state
  }

  /** Why no write may follow, if so. Looks at the database first. @throws what SQLite throws */
  fault(): LogFault | undefined {
    try {
      this.follow()
    } catch (error) {
      if (error instanceof LedgerBroken) return error.fault
      throw error
    }
    const { verdict } = this.#state
    const isCleared = verdict !== undefined && verdict.fault === undefined && verdict.seq >= (this.#marked?.size ?? 0)
    return (isCleared ? undefined : this.#marked?.fault) ?? verdict?.fault
  }

  /** A full check found this. It counts until a later full check on record finds none. */
  mark(fault: LogFault): void {
    this.#marked = { fault, size: this.#state.tree.size }
  }

  #find(): LogState {
    const last = this.#table.lastEntry()
    const size = last === undefined ? 0 : last.seq + 1
    // The leaf of the last record names the whole history through `prev`, so size and leaf are enough to compare.
    const fits = ({ tree, lastLeaf }: LogState): boolean =>
      tree.size === size && (last === undefined || lastLeaf.equals(last.leaf))
    if (fits(this.#state)) return this.#state
    const before = this.#committed.tree.size
    if (size < before) throw this.#shrunk(size, before)
    return [this.#committed, ...this.#uncommitted].findLast(fits) ?? this.#extendCommitted()
  }

  /**
   * Neither a rollback to a state we kept nor the state we were in. Within a transaction that is a rollback further back than we
   * keep; outside one it must be signed by our key, and either way it must continue what was committed.
   */
  #extendCommitted(): LogState {
    const { tree, lastLeaf } = this.#committed
    const leaf = tree.size === 0 ? undefined : this.#table.leaves(tree.size - 1, 1)[0]
    const isSame = tree.size === 0 || (leaf?.seq === tree.size - 1 && lastLeaf.equals(leaf.leaf))
    const extended = isSame
      ? extendState(this.#table, this.#verifier(), this.#committed, this.#table.isInTransaction())
      : this.#committed
    if (extended.tree.size > tree.size) return extended
    throw ledgerBroken(
      'rewritten',
      `The first ${tree.size} records of the audit log are not the ones that were there before: they were changed while the app was running.`,
    )
  }

  #shrunk(size: number, before: number): LedgerBroken {
    // A checkpoint left behind proves the cut by itself; without one, only our memory does.
    const isProven = (this.#table.lastCheckpoint()?.size ?? 0) > size
    return ledgerBroken(
      isProven ? 'truncated' : 'rolled_back',
      `The audit log holds ${size} records, but ${before} were there before: the newest disappeared while the app was running.`,
      size,
    )
  }
}
