/**
 * One file at a time: handed over, looked at, decided about, stored. What a person is shown is what would be stored, read again from the same
 * bytes; nothing is stored while a question is open.
 */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { isImportedAccount } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { OutputOf } from '../../shared/operations.ts'
import type { ImportChoices, ImportPreview } from '../../shared/schemas/imports.ts'
import { dateOf, dayOf } from '../reporting/calendar.ts'
import { isoTime } from '../reporting/freshness.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { ImportFile } from '../store/import-table.ts'
import type { FactsDb } from '../store/open.ts'
import { type ImportPlan, readPlan } from './plan.ts'
import { createPublisher } from './publish.ts'
import type { FileSummary } from './read-file.ts'
import { createFileReader, type FileReader, type Reading } from './reader.ts'
import { type Placement, placementOf } from './target.ts'
import { createUploads, type Upload } from './uploads.ts'

export interface ImportsDeps {
  readonly facts: FactsDb
  readonly clock: Clock
  readonly randomBytes: (size: number) => Uint8Array
  /** See PublisherDeps. */
  readonly record: (file: ImportFile, plan: ImportPlan) => void
  readonly isStopping: () => boolean
  readonly reader?: FileReader
}
export type ImportRecord = OutputOf<'commit_import'>['import']
export type Imports = ReturnType<typeof createImports>

const MAX_QUESTIONS = 8
const MAX_WARNINGS = 10
const MAX_LISTED = 200
const MAX_FILE_NAME = 120

/** What the choices come to for the reading of the bytes; where they go is another matter. */
function readingOf(choices: ImportChoices): string {
  const { kind, platform, currency, number_format, date_order, time_zone } = choices
  return JSON.stringify([kind, platform, currency, number_format, date_order, time_zone].map((each) => each ?? null))
}

interface Looked {
  readonly upload: Upload
  readonly summary: FileSummary
  readonly placement: Placement
  readonly questions: ImportPreview['questions']
  /** Why it cannot be stored, whatever is answered. */
  readonly problems: readonly string[]
}

export function createImports(deps: ImportsDeps) {
  const { facts, clock } = deps
  const uploads = createUploads(clock, deps.randomBytes)
  const reader = deps.reader ?? createFileReader()
  const publisher = createPublisher(deps)
  const { imports } = publisher
  const accounts = factsReaders(facts).accounts
  /** Storing and taking away go one by one. */
  let busy: Promise<unknown> | undefined

  async function open(importId: string, choices: ImportChoices): Promise<Looked & { readonly reading: Reading }> {
    const upload = uploads.whole(importId)
    const nowMs = clock.nowMs()
    const { bytes, fileName } = upload
    const reading = await reader.open({ bytes, fileName, choices, nowMs })
    try {
      const { summary } = reading
      const placement = placementOf(summary, choices, accounts, nowMs)
      const questions = [...summary.questions, ...placement.questions]
        .slice(0, MAX_QUESTIONS)
        .map(({ field, text, options }) => ({ field, text, options: [...options] }))
      const problems = [
        ...summary.problems,
        ...placement.problems,
        ...(summary.rows.good === 0 && questions.length === 0 && summary.problems.length === 0
          ? ['No row of this file can be stored.']
          : []),
      ]
      return { upload, summary, placement, questions, problems, reading }
    } catch (error) {
      reading.close()
      throw error
    }
  }

  /** The last time these bytes went to the same place. */
  function earlier({ upload, placement, summary }: Looked): ImportFile | undefined {
    return imports
      .byHash(upload.sha256)
      .findLast(
        (file) =>
          file.state === 'done' &&
          file.kind === summary.kind &&
          accountOf(file) === (placement.target?.accountId ?? null),
      )
  }

  /** The bytes that were stored before, read the same way, with nothing since that could differ from them. */
  function sameAgain(looked: Looked, choices: ImportChoices): ImportFile | undefined {
    const file = earlier(looked)
    if (file === undefined || readPlan(file.planJson).choices !== readingOf(choices)) return undefined
    if (file.kind === 'orders' || file.kind === 'claims') return file
    const newest = imports
      .newest(MAX_LISTED)
      .find((each) => each.kind === file.kind && accountOf(each) === accountOf(file))
    return newest?.importId === file.importId ? file : undefined
  }

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (busy !== undefined)
      throw new OperationError(
        'entity_busy',
        'Another file is just being stored, or imported data removed. Nothing was changed by this.',
        'Try again in a moment.',
        { retryable: true },
      )
    const running = work()
    busy = running
    try {
      return await running
    } finally {
      busy = undefined
    }
  }

  async function storeFile(looked: Looked, reading: Reading, choices: ImportChoices): Promise<ImportFile> {
    const { upload, summary, placement } = looked
    const { importId } = upload
    const importedAtMs = clock.nowMs()
    const { kind } = summary
    if (kind === null) throw new Error('a file of no kind')
    const target = placement.target
    const before = imports.byHash(upload.sha256)[0]
    const plan: ImportPlan = {
      stage: 'staging',
      next: 0,
      account:
        target === null
          ? null
          : {
              accountId: target.accountId,
              platform: target.platform,
              name: target.name,
              currency: target.currency,
              timeZone: target.timeZone,
            },
      level: summary.level,
      isDaily: summary.isDaily === true,
      // What these bytes said of a day that was running, they said before it was over.
      asOfMs: before === undefined ? importedAtMs : Math.min(before.importedAtMs, importedAtMs),
      timeZone: summary.timeZone ?? 'UTC',
      choices: readingOf(choices),
    }
    try {
      await publisher.stage(
        {
          importId,
          kind,
          platform: summary.platform,
          fileName: upload.fileName,
          bytes: upload.bytes.length,
          sha256: upload.sha256,
          rowsKept: summary.rows.good,
          rowsRefused: summary.rows.bad,
          startDay: summary.startDate === null ? null : (dayOf(summary.startDate) ?? null),
          endDay: summary.endDate === null ? null : (dayOf(summary.endDate) ?? null),
          planJson: '',
          importedAtMs,
        },
        plan,
        reading.next,
      )
    } catch (error) {
      if (!deps.isStopping()) await publisher.discard(importId)
      throw error
    }
    return publisher.publish(importId)
  }

  return {
    begin: (fileName: string, sizeBytes: number): string => uploads.begin(fileName, sizeBytes),
    append: (importId: string, offset: number, piece: Uint8Array): number => uploads.append(importId, offset, piece),
    cancel: (importId: string): void => uploads.drop(importId),
    /** @throws OperationError invalid_input for bytes that are no table; invalid_value */
    async preview(importId: string, choices: ImportChoices): Promise<ImportPreview> {
      const { reading, ...looked } = await open(importId, choices)
      reading.close()
      return previewOf(importId, looked, earlier(looked))
    },
    /**
     * Stores the file, whole or not at all. @throws OperationError invalid_value (an open question, a problem, bad rows nobody agreed to leave
     * out), entity_busy, and what preview throws; then nothing was stored
     */
    commit: (importId: string, choices: ImportChoices, keepsGoodRows: boolean): Promise<ImportRecord> =>
      alone(async () => {
        const { reading, ...looked } = await open(importId, choices)
        try {
          refuseUnlessReady(looked, keepsGoodRows)
          const same = sameAgain(looked, choices)
          const file = same ?? (await storeFile(looked, reading, choices))
          uploads.drop(importId)
          return same === undefined
            ? recordOf(file)
            : { ...recordOf(file), rows_new: 0, rows_changed: 0, rows_same: file.rowsKept }
        } finally {
          reading.close()
        }
      }),
    list: (): readonly ImportRecord[] =>
      imports
        .newest(MAX_LISTED)
        .filter(({ planJson }) => readPlan(planJson).stage !== 'staging')
        .map(recordOf),
    /** @throws OperationError account_not_available for one that is connected or not there; entity_busy */
    remove: (what: AccountId | 'orders'): Promise<void> =>
      alone(async () => {
        if (what === 'orders') return publisher.removeOrders()
        const accountKey = isImportedAccount(what) ? publisher.accountKeyOf(what) : undefined
        if (accountKey === undefined)
          throw new OperationError(
            'account_not_available',
            'Only an account that was imported from files can be removed like this. Nothing was removed.',
            'A connected account goes with its connection, under Connections.',
          )
        return publisher.remove(accountKey)
      }),
    /** Finishes what a crash left half-way, and takes back what it left before that. */
    recover: (): Promise<void> =>
      alone(async () => {
        const left = publisher.leftovers()
        for (const accountKey of left.accounts) await publisher.remove(accountKey)
        for (const file of left.files) {
          if (readPlan(file.planJson).stage === 'staging') await publisher.discard(file.importId)
          else await publisher.publish(file.importId)
        }
      }),
    /** Resolves once nothing is being stored. */
    whenIdle: async (): Promise<void> => void (await busy?.catch(() => undefined)),
  }
}

const accountOf = (file: ImportFile): AccountId | null => readPlan(file.planJson).account?.accountId ?? null

function refuseUnlessReady({ questions, problems, summary }: Looked, keepsGoodRows: boolean): void {
  const reason = problems[0] ?? questions[0]?.text
  if (reason !== undefined)
    throw new OperationError(
      'invalid_value',
      `${reason} Nothing was stored.`,
      problems.length > 0 ? 'Choose another file, or answer differently.' : 'Answer it, then store the file.',
    )
  if (summary.rows.bad > 0 && !keepsGoodRows)
    throw new OperationError(
      'invalid_value',
      `${summary.rows.bad} of ${summary.rows.total} rows cannot be stored. Nothing was stored.`,
      'Look at them, then correct the file or agree to store the good rows alone.',
      { details: { bad_rows: summary.rows.bad } },
    )
}

function recordOf(file: ImportFile): ImportRecord {
  return {
    import_id: file.importId,
    kind: file.kind,
    platform: file.platform,
    account_id: accountOf(file),
    bytes: file.bytes,
    sha256: file.sha256,
    state: file.state,
    rows_kept: file.rowsKept,
    rows_refused: file.rowsRefused,
    rows_new: file.rowsNew,
    rows_changed: file.rowsChanged,
    rows_same: file.rowsSame,
    start_date: file.startDay === null ? null : dateOf(file.startDay),
    end_date: file.endDay === null ? null : dateOf(file.endDay),
    imported_at: isoTime(file.importedAtMs),
    untrusted: { file_name: cleanUntrusted(file.fileName, MAX_FILE_NAME) },
  }
}

function previewOf(importId: string, looked: Looked, before: ImportFile | undefined): ImportPreview {
  const { upload, summary, placement, questions, problems } = looked
  const { target, name } = placement
  return {
    import_id: importId,
    kind: summary.kind,
    layout: summary.layout,
    file: {
      name: cleanUntrusted(upload.fileName, MAX_FILE_NAME),
      bytes: upload.bytes.length,
      sha256: upload.sha256,
      encoding: summary.encoding,
      delimiter: summary.delimiter,
      sheet: summary.sheet,
    },
    platform: summary.platform,
    level: summary.level,
    account:
      name === null
        ? null
        : {
            account_id: target?.accountId ?? null,
            is_new: target?.isNew ?? true,
            untrusted: { name: cleanUntrusted(name, MAX_FILE_NAME) },
          },
    currency: summary.currency,
    number_format: summary.numberFormat,
    date_order: summary.dateOrder,
    time_zone: target?.timeZone ?? summary.timeZone,
    start_date: summary.startDate,
    end_date: summary.endDate,
    is_daily: summary.isDaily,
    window: summary.window,
    columns: summary.columns,
    rows: summary.rows,
    totals_check: summary.totalsCheck,
    bad_rows: summary.badRows,
    sample: summary.sample,
    questions,
    can_store: problems.length === 0 && questions.length === 0 && summary.rows.good > 0,
    imported_at: before === undefined ? null : isoTime(before.importedAtMs),
    warnings: [...problems, ...placement.warnings, ...summary.warnings].slice(0, MAX_WARNINGS),
  }
}
