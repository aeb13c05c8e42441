/** What a check of the log can find. `unknown_version` is neither genuine nor forged: it was not checked. */
export type FaultKind =
  | 'not_canonical'
  | 'bad_schema'
  | 'unknown_version'
  | 'sequence_gap'
  | 'chain_broken'
  | 'leaf_mismatch'
  | 'root_mismatch'
  | 'bad_signature'
  | 'missing_checkpoint'
  | 'truncated'
  | 'rolled_back'
  | 'rewritten'
  | 'equivocation'
  | 'disclosure_mismatch'
  | 'index_mismatch'
  | 'foreign_log'
  | 'bad_pin'
  | 'unreadable'

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
