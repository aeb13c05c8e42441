/**
 * Writes an audit bundle: the records of the log, or of a part of it with proofs, as files that anybody can check without this software.
 * Page by page straight to the disk; the bundle is checked like a stranger's before it gets its name, and nothing is left of one that fails.
 * Never writes to the ledger and never signs: it asks for both.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { OperationError } from '../../../shared/errors.ts'
import type { Redaction } from '../../../shared/schemas/audit.ts'
import { type AuditTable, openAuditTable } from '../../store/audit-table.ts'
import type { LedgerReadDb } from '../../store/open.ts'
import type { BundleStatement } from './bundle-note.ts'
import { BundleFiles } from './bundle-files.ts'
import { FILES } from './layout.ts'
import { verifyBundle } from './read-bundle.ts'
import { createSelector, type ExportScope, pagesOf } from './select.ts'
import { fileFault, ZipWriter } from './zip-writer.ts'

export interface ExportJobInput {
  readonly scope: ExportScope
  readonly redact: readonly Redaction[]
  readonly appVersion: string
  /** Full path of the temporary file, in `folder`. */
  readonly part: string
  /** Absolute. */
  readonly folder: string
  /** Undefined: one with the date that is free. */
  readonly fileName: string | undefined
  /** Identity of the log. */
  readonly vkey: string
  readonly nowMs: number
}

/** What export.created says. `scope` is a code such as "all" or "draft:d_…". */
export interface ExportRecord {
  readonly from: number
  readonly through: number
  readonly scope: string
}

/** The log right after export.created. */
export interface HeadAfterExport {
  readonly size: number
  /** base64 */
  readonly root: string
  readonly note: string
}

export interface ExportJobOutput {
  readonly file: string
  readonly bytes: number
  readonly records: number
  readonly withheld: number
  readonly sha256: string
}

export interface ExportTools {
  readonly db: LedgerReadDb
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
  /** Everything that `read` reads is of one moment. */
  readonly onOneState: <T>(read: () => Promise<T>) => Promise<T>
  readonly ask: {
    (name: 'record', question: ExportRecord): Promise<HeadAfterExport>
    (name: 'sign', question: BundleStatement): Promise<string>
  }
}

/** What is exported: everything up to the head, or a part that was found. */
export interface ExportPlan {
  readonly from: number
  readonly through: number
  /** Undefined: everything between. */
  readonly seqs: readonly number[] | undefined
}

const MAX_NAMES = 1_000
/** Choosing, hashing, records, texts, two reports, checking. */
const PHASES = 7

/**
 * @throws OperationError cancelled, storage_failed (folder, disk), invalid_value (nothing to export), ledger_broken (the bundle of this log does
 *   not verify); what the two questions are answered with
 */
export async function writeBundle(tools: ExportTools, input: ExportJobInput): Promise<ExportJobOutput> {
  const table = openAuditTable(tools.db)
  const steps = new Steps(tools)
  // Before anything is recorded: an export that cannot be written anywhere did not happen.
  const zip = new ZipWriter(input.part)
  try {
    const plan = await tools.onOneState(() => choose(table, input.scope, steps))
    steps.refuseIfCancelled()
    const { from, through } = plan
    const head = await tools.ask('record', { from, through, scope: scopeCode(input.scope) })
    const files = new BundleFiles({ table, zip, steps, input, plan, head })
    const written = await tools.onOneState(() => files.write())
    const sums = files.sums()
    const sumsSha256 = zip.add(FILES.sums, [sums]).sha256
    const origin = input.vkey.split('+', 1)[0] ?? ''
    zip.add(FILES.note, [await tools.ask('sign', { origin, size: head.size, root: head.root, sumsSha256 })])
    const { bytes, sha256 } = zip.close()
    await requireGood(input, steps, head.note)
    steps.refuseIfCancelled()
    const file = join(input.folder, input.fileName ?? freeName(input))
    zip.publish(file)
    return { file, bytes, sha256, ...written }
  } catch (error) {
    zip.discard()
    throw fileFault(error)
  }
}

async function choose(table: AuditTable, scope: ExportScope, steps: Steps): Promise<ExportPlan> {
  const size = (table.lastEntry()?.seq ?? -1) + 1
  steps.begin(size)
  if (scope.kind === 'all') return { from: 0, through: size - 1, seqs: undefined }
  const selector = createSelector(scope)
  for (const page of pagesOf(table, 0, size)) {
    page.forEach((entry) => selector.take(entry))
    // oxlint-disable-next-line no-await-in-loop
    await steps.made(page.length, size)
  }
  const plan = selector.result()
  if (plan !== undefined) return plan
  throw new OperationError(
    'invalid_value',
    `There is no record ${NOTHING[scope.kind]}. Nothing was exported.`,
    'Choose another one, or export the whole log.',
  )
}

const NOTHING = { days: 'of these days (UTC)', draft: 'of this draft', account: 'of this account' } as const

function scopeCode(scope: ExportScope): string {
  if (scope.kind === 'draft') return `draft:${scope.draftId}`
  if (scope.kind === 'account') return `account:${scope.accountId}`
  return scope.kind
}

/** The same check that a reviewer makes: what does not pass it never leaves. */
async function requireGood({ part, vkey }: ExportJobInput, steps: Steps, note: string): Promise<void> {
  steps.next()
  const result = await verifyBundle(part, { vkey, extraNotes: [note] }, steps.asHooks())
  if (result.ok) return
  const { message, kind, seq } = result.fault
  if (DISK_FAULTS.includes(kind))
    throw new OperationError(
      'storage_failed',
      `The disk did not keep what was written. ${message} No bundle was written.`,
      'Choose a folder on another disk, and check this one.',
      { retryable: true },
    )
  throw new OperationError(
    'ledger_broken',
    `The audit log cannot be exported, because its bundle would not verify. ${message}`,
    'Run the full check of the log. Keep a copy of the workspace folder, and compare with the newest checkpoint you received by mail or in an export.',
    { details: { kind, ...(seq === undefined ? {} : { seq }) } },
  )
}

/** Right after it was written the archive itself can only be wrong where the disk is. */
const DISK_FAULTS: readonly string[] = ['unreadable', 'damaged_archive', 'unsafe_archive', 'file_changed']

function freeName({ folder, nowMs }: ExportJobInput): string {
  const day = new Date(nowMs).toISOString().slice(0, 10)
  for (let n = 1; n <= MAX_NAMES; n += 1) {
    const name = `spendsignoff-audit-${day}${n === 1 ? '' : `-${n}`}.zip`
    if (!existsSync(join(folder, name))) return name
  }
  throw new OperationError(
    'storage_failed',
    'There are too many bundles of today in that folder.',
    'Choose another one.',
  )
}

/** Progress over all phases as one count of records, turns for other work, and the way out. */
export class Steps {
  readonly #tools: Pick<ExportTools, 'signal' | 'onProgress'>
  #phase = 0
  #made = 0
  #size = 0

  constructor(tools: Pick<ExportTools, 'signal' | 'onProgress'>) {
    this.#tools = tools
  }

  begin(size: number): void {
    this.#size = size
  }

  next(): void {
    this.#phase = Math.min(PHASES - 1, this.#phase + 1)
    this.#made = 0
  }

  /** `count` of the `total` pieces of this phase are done. @throws OperationError cancelled */
  async made(count: number, total: number): Promise<void> {
    this.#made += count
    this.#report(this.#made, total)
    await nextTurn()
    this.refuseIfCancelled()
  }

  refuseIfCancelled(): void {
    if (this.#tools.signal.aborted)
      throw new OperationError('cancelled', 'The export was stopped. No bundle was written.', 'Start it again.', {
        retryable: true,
      })
  }

  asHooks(): { readonly signal: AbortSignal; readonly onProgress: (of: { done: number; total: number }) => void } {
    return { signal: this.#tools.signal, onProgress: ({ done, total }) => this.#report(done, total) }
  }

  #report(done: number, total: number): void {
    const fraction = total === 0 ? 1 : Math.min(1, done / total)
    this.#tools.onProgress({
      done: Math.floor(((this.#phase + fraction) / PHASES) * this.#size),
      total: this.#size,
    })
  }
}
