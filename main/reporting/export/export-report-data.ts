/**
 * The way out: all facts of a range, with accounts, orders and rates, as Parquet that DuckDB, Spark and BigQuery read. Leaves a whole folder or
 * none, and never writes into one that was there. What it writes is not encrypted: the person chose to take it out.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../shared/clock.ts'
import { OperationError } from '../../../shared/errors.ts'
import { createExportReader, type ExportReader, type ExportRow } from '../../store/export-query.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import type { OrderReader, ShopOrderRow } from '../../store/order-table.ts'
import { dateOf, dayOf } from '../calendar.ts'
import { isLive, mergeVersions } from '../dedupe/credit-order.ts'
import {
  ACCOUNT_COLUMNS,
  type ExportColumn,
  FACT_COLUMNS,
  factRow,
  ORDER_COLUMNS,
  orderRow,
  RATE_COLUMNS,
  TOUCH_COLUMNS,
  toRow,
  touchRow,
} from './columns.ts'
import { createExportFolder, folderFault } from './export-folder.ts'
import { createParquetFile, type ParquetRow } from './parquet-file.ts'
import { readmeOf } from './readme.ts'

export interface ExportDeps {
  /** Best a connection of its own, read-only: for the time of the export it stands still at one state. */
  readonly facts: FactsReadDb
  readonly clock: Pick<Clock, 'nowMs'>
  /** Aborting it removes what was written and throws `cancelled`. */
  readonly signal?: AbortSignal
}
export interface ExportInput {
  /** "YYYY-MM-DD", both included, at most ten years. */
  readonly start_date: string
  readonly end_date: string
  /** Absolute; made when absent. The export becomes a new folder in it. */
  readonly folder: string
}
export interface ExportResult {
  readonly folder: string
  /** Parquet files and README.txt, their rows and their bytes. */
  readonly files: number
  readonly rows: number
  readonly bytes: number
}

const MAX_DAYS = 3_660

/**
 * Writes `<folder>/spendsignoff-<date>-<n>` with `facts/platform=<p>/date=<YYYY-MM-DD>/facts.parquet`, accounts.parquet, orders.parquet,
 * touches.parquet, exchange_rates.parquet and README.txt. Memory does not grow with the range; other work gets a turn after every file.
 * @throws OperationError invalid_value (folder, disk), invalid_input, range_too_long, not_synced (nothing there), cancelled
 */
export async function exportReportData(deps: ExportDeps, input: ExportInput): Promise<ExportResult> {
  const { startDay, endDay } = rangeOf(input)
  const today = dateOf(Math.floor(deps.clock.nowMs() / 86_400_000))
  const reader = createExportReader(deps.facts)
  const folder = createExportFolder(input.folder, today)
  const run = new Run(deps.facts, reader, folder.draft, deps.signal)
  try {
    await reader.onOneState(() => run.all(startDay, endDay))
    if (run.facts + run.orders === 0)
      throw new OperationError(
        'not_synced',
        `There is nothing from ${input.start_date} to ${input.end_date} to export. Nothing was written.`,
        'Sync or import these days first, or choose others.',
      )
    run.readme(readmeOf({ ...input, exportedAtMs: deps.clock.nowMs(), facts: run.facts, orders: run.orders }))
    run.refuseIfCancelled()
    return { folder: folder.publish(), files: run.files, rows: run.rows, bytes: run.bytes }
  } catch (error) {
    run.abandon()
    folder.discard()
    throw folderFault(error)
  }
}

function rangeOf({ start_date, end_date }: ExportInput): { readonly startDay: number; readonly endDay: number } {
  const startDay = dayOf(start_date)
  const endDay = dayOf(end_date)
  if (startDay === undefined || endDay === undefined || startDay > endDay)
    throw new OperationError(
      'invalid_input',
      'An export needs a first and a last day, in this order. Nothing was written.',
      'Give dates like "2026-11-23".',
    )
  if (endDay - startDay >= MAX_DAYS)
    throw new OperationError(
      'range_too_long',
      `An export holds at most ${MAX_DAYS} days. Nothing was written.`,
      'Export in several parts.',
    )
  return { startDay, endDay }
}

/** One export under way. */
class Run {
  files = 0
  rows = 0
  bytes = 0
  facts = 0
  orders = 0
  readonly #reader: ExportReader
  readonly #shop: OrderReader
  readonly #folder: string
  readonly #signal: AbortSignal | undefined
  readonly #open = new Set<Table>()

  constructor(facts: FactsReadDb, reader: ExportReader, folder: string, signal: AbortSignal | undefined) {
    this.#reader = reader
    this.#shop = factsReaders(facts).orders
    this.#folder = folder
    this.#signal = signal
  }

  async all(startDay: number, endDay: number): Promise<void> {
    await this.#facts(startDay, endDay)
    await this.#table('accounts', ACCOUNT_COLUMNS, this.#reader.accounts(), (row) => toRow(ACCOUNT_COLUMNS, row))
    await this.#orders(startDay, endDay)
    await this.#table('exchange_rates', RATE_COLUMNS, this.#reader.rates(startDay, endDay), (row) =>
      toRow(RATE_COLUMNS, row),
    )
  }

  /** One file per platform and day, one after the other. */
  async #facts(startDay: number, endDay: number): Promise<void> {
    let platform: string | undefined
    let entities: ReturnType<ExportReader['entitiesOf']> = new Map()
    let day: number | undefined
    let table: Table | undefined
    for (const slice of this.#reader.slices(startDay, endDay)) {
      if (slice.platform !== platform || slice.day !== day) {
        table?.finish()
        await this.#pause()
        if (slice.platform !== platform) entities = this.#reader.entitiesOf(slice.platform)
        platform = slice.platform
        day = slice.day
        const folder = join('facts', `platform=${platform}`, `date=${dateOf(day)}`)
        mkdirSync(join(this.#folder, folder), { recursive: true, mode: 0o700 })
        table = this.#create(join(folder, 'facts.parquet'), FACT_COLUMNS)
      }
      const whole = { ...slice, ...this.#reader.holdingOf(slice) }
      for (const row of this.#reader.facts(slice)) {
        table?.add(factRow(row, whole, entities.get(row['entity_key'] as bigint)))
        this.facts += 1
      }
    }
    table?.finish()
  }

  async #orders(startDay: number, endDay: number): Promise<void> {
    const orders = this.#create('orders.parquet', ORDER_COLUMNS)
    const touches = this.#create('touches.parquet', TOUCH_COLUMNS)
    for (const { orderId, versions, touches: before } of this.#shop.ofDays(startDay, endDay)) {
      const [first, ...more] = versions
      const merged = mergeVersions(orderId, [versionOf(first), ...more.map(versionOf)], [])
      const { row } = merged.version
      // An order of these days by an older version only belongs to the day it has now.
      if (row.day < startDay || row.day > endDay) continue
      this.orders += 1
      const isGroupDone = orders.add(orderRow(orderId, row, !isLive(merged)))
      for (const touch of before) touches.add(touchRow(touch))
      if (isGroupDone) await this.#pause()
    }
    orders.finish()
    touches.finish()
  }

  async #table(
    name: string,
    columns: readonly ExportColumn[],
    rows: Iterable<ExportRow>,
    toValues: (row: ExportRow) => ParquetRow,
  ): Promise<void> {
    const table = this.#create(`${name}.parquet`, columns)
    for (const row of rows) if (table.add(toValues(row))) await this.#pause()
    table.finish()
    await this.#pause()
  }

  readme(text: string): void {
    writeFileSync(join(this.#folder, 'README.txt'), text, { flag: 'wx', mode: 0o600 })
    this.files += 1
    this.bytes += Buffer.byteLength(text)
  }

  refuseIfCancelled(): void {
    if (this.#signal?.aborted === true)
      throw new OperationError('cancelled', 'The export was cancelled. Nothing is left of it.', 'Start it again.')
  }

  /** Closes what a failure left open: a folder with open files cannot be removed everywhere. */
  abandon(): void {
    for (const table of this.#open) table.abandon()
  }

  #create(path: string, columns: readonly ExportColumn[]): Table {
    const file = createParquetFile(join(this.#folder, path), columns)
    const table: Table = {
      add: (row) => file.add(row),
      finish: () => {
        const { rows, bytes } = file.finish()
        this.#open.delete(table)
        this.files += 1
        this.rows += rows
        this.bytes += bytes
      },
      abandon: () => file.abandon(),
    }
    this.#open.add(table)
    return table
  }

  async #pause(): Promise<void> {
    await nextTurn()
    this.refuseIfCancelled()
  }
}

function versionOf(row: ShopOrderRow) {
  const { rawOrderId, isTest } = row
  return {
    rawOrderId,
    atS: BigInt(row.atS),
    updatedAtS: BigInt(row.updatedAtS),
    netValue: row.netValueMicros,
    isTest,
    row,
  }
}

interface Table {
  add(row: ParquetRow): boolean
  finish(): void
  abandon(): void
}
