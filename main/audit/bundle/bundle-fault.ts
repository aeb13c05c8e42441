import { Fault, type FaultKind } from '../fault.ts'

/** What can be wrong with a bundle, and how it is said. Nothing here looks at one. */

/** Beside what can be wrong with a log. */
export const BUNDLE_FAULT_KINDS = [
  'damaged_archive',
  'unsafe_archive',
  'too_large',
  'missing_file',
  'extra_file',
  'file_changed',
  'bad_manifest',
  'bad_proof',
  'bad_witness',
] as const
export type BundleFaultKind = FaultKind | (typeof BUNDLE_FAULT_KINDS)[number]

export interface BundleFaultInfo {
  readonly kind: BundleFaultKind
  /** The record concerned, where there is one. */
  readonly seq?: number | undefined
  /** The file of the bundle concerned, where it is one. */
  readonly file?: string | undefined
  /** What and where, in plain words. Never quotes a record. */
  readonly message: string
}

/** Ends a check. Only read-bundle.ts catches it: to everybody else a fault is a result. */
export class BundleFault extends Error {
  readonly fault: BundleFaultInfo
  constructor(
    kind: BundleFaultKind,
    message: string,
    where: { readonly seq?: number | undefined; readonly file?: string | undefined } = {},
  ) {
    super(message)
    this.name = 'BundleFault'
    this.fault = { kind, message, ...where }
  }
}

/** A fault of the log inside the bundle as one of the bundle, or undefined for another error. */
export function faultOf(error: unknown, file?: string): BundleFaultInfo | undefined {
  if (error instanceof BundleFault) return error.fault
  if (!(error instanceof Fault)) return undefined
  const { kind, seq, message } = error.fault
  return { kind, seq, file, message }
}
