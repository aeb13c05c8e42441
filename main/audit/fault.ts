import { OperationError } from '../../shared/errors.ts'

/** What can be wrong with a log, and the two ways to say it. Nothing here looks at a log. */

/** What a check of the log can find. `unknown_version` is neither genuine nor forged: it was not checked. */
export const FAULT_KINDS = [
  'not_canonical',
  'bad_schema',
  'unknown_version',
  'sequence_gap',
  'chain_broken',
  'leaf_mismatch',
  'root_mismatch',
  'bad_signature',
  'missing_checkpoint',
  'truncated',
  'rolled_back',
  'rewritten',
  'equivocation',
  'disclosure_mismatch',
  'index_mismatch',
  'foreign_log',
  'wrong_key',
  'bad_pin',
  'unreadable',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface LogFault {
  /** The first record concerned; undefined when the fault is in no particular record. */
  readonly seq: number | undefined
  /** Set when the fault can only be narrowed down to seq…throughSeq. */
  readonly throughSeq?: number
  readonly kind: FaultKind
  /** What and where, in plain words. Never quotes a record. */
  readonly message: string
}

/** Ends a check. Only verify.ts catches it: to everybody else a fault is a result. */
export class Fault extends Error {
  readonly fault: LogFault
  constructor(kind: FaultKind, seq: number | undefined, message: string, throughSeq?: number) {
    super(message)
    this.name = 'Fault'
    this.fault = { seq, kind, message, ...(throughSeq === undefined ? {} : { throughSeq }) }
  }
}

/** The log does not stand as it was signed: nothing may be appended, and no platform write may follow. */
export class LedgerBroken extends OperationError {
  readonly fault: LogFault
  constructor(fault: LogFault) {
    const { kind, seq, message } = fault
    super(
      'ledger_broken',
      message,
      'Nothing can be approved until this is explained. Run the full check, keep a copy of the workspace folder, and compare with the newest checkpoint you received by mail or in an export.',
      { details: { kind, ...(seq === undefined ? {} : { seq }) } },
    )
    this.fault = fault
  }
}

/** A LedgerBroken to throw, in one line. */
export function ledgerBroken(kind: FaultKind, message: string, seq?: number): LedgerBroken {
  return new LedgerBroken({ seq, kind, message })
}
