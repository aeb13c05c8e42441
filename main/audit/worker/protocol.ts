/**
 * What crosses between the app and the thread that checks and exports the log. Plain data only; the key of the ledger crosses once, as bytes,
 * and is wiped on both sides. The key that signs never crosses: the thread asks for the two things only its owner can do.
 */
import type { ErrorReply } from '../../../shared/errors.ts'
import type { ExportJobInput, ExportJobOutput, ExportRecord, HeadAfterExport } from '../bundle/write-bundle.ts'
import type { BundleStatement } from '../bundle/bundle-note.ts'
import type { VerifyResult } from '../verify.ts'

export interface VerifyJobInput {
  readonly vkey: string
  readonly headPin: string | undefined
  readonly extraNotes: readonly string[]
}

/** Every job by its name, with what it takes and gives. */
export interface AuditJobs {
  readonly verify: { readonly input: VerifyJobInput; readonly output: VerifyResult }
  readonly export: { readonly input: ExportJobInput; readonly output: ExportJobOutput }
}
export type AuditJobName = keyof AuditJobs

/** What the thread may ask of the app while it works. */
export interface AuditAsks {
  /** Appends export.created and says what the log's head is then. */
  readonly record: { readonly question: ExportRecord; readonly answer: HeadAfterExport }
  /** Signs a bundle's list of files, and nothing else: a checkpoint cannot be asked for. */
  readonly sign: { readonly question: BundleStatement; readonly answer: string }
}
export type AuditAskName = keyof AuditAsks

export interface AuditWorkerData {
  readonly ledgerFile: string
  /** 32 bytes, moved and not copied; the thread wipes them once the file is open. */
  readonly key: Uint8Array
  readonly job: AuditJobName
  readonly input: AuditJobs[AuditJobName]['input']
}

export type ToThread =
  | { readonly kind: 'cancel' }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly error: ErrorReply }

export type FromThread =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'ask'; readonly ask: AuditAskName; readonly question: unknown }
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'refused'; readonly error: ErrorReply }
  /** A defect: for the local log, never shown. */
  | { readonly kind: 'failed'; readonly reason: string }
