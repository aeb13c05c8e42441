/**
 * `spendsignoff report`: the cross-platform report of stored numbers, as a table in words or, with --json, as programs read it; with --parquet the
 * facts behind it as files. Reads only; never syncs.
 */
import { resolve } from 'node:path'
import type { Reply } from '../../shared/api.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { reportInput } from '../../shared/schemas/report.ts'
import type { Core } from '../core.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { openForCommand } from './host.ts'

/** Options of `report` alone, as they were typed. */
export interface ReportOptions {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly groupBy: string | undefined
  readonly currency: string | undefined
  readonly attribution: string | undefined
  /** A folder for the facts as Parquet files. */
  readonly parquet: string | undefined
}

type Report = OutputOf<'get_cross_platform_report'>
type Row = Report['rows'][number]
type Input = ReturnType<typeof reportInput.parse>

const PAGE_ROWS = 1_500
const MAX_PAGES = 200

export async function reportCommand(options: CommandOptions): Promise<number> {
  const input = inputOf(options.reporting)
  if (input === undefined) return EXIT.misuse
  const core = await openForCommand(options.workspace)
  if (core === undefined) return EXIT.no
  try {
    const report = await wholeReport(core, input)
    if (report === undefined) return EXIT.no
    process.stdout.write(options.isJson ? `${JSON.stringify(report)}\n` : inWords(report))
    if (!options.isJson) for (const note of [...report.definition_notes, ...report.warnings]) say(`Note: ${note}`)
    const { parquet } = options.reporting
    return parquet === undefined || (await exportTo(core, input, parquet)) ? EXIT.done : EXIT.no
  } finally {
    await core.close()
  }
}

/** Undefined, with words on stderr, for what no report can be asked for. */
function inputOf({ from, to, groupBy, currency, attribution }: ReportOptions): Input | undefined {
  const parsed = reportInput.safeParse({
    start_date: from,
    end_date: to,
    limit: PAGE_ROWS,
    ...(groupBy === undefined ? {} : { group_by: groupBy }),
    ...(currency === undefined ? {} : { currency: currency.toUpperCase() }),
    ...(attribution === undefined ? {} : { attribution }),
  })
  if (parsed.success) return parsed.data
  const names: Readonly<Record<string, string>> = { start_date: '--from', end_date: '--to', group_by: '--group-by' }
  for (const { path, message } of parsed.error.issues) {
    const name = String(path[0] ?? '')
    say(`${names[name] ?? `--${name}`}: ${message}`)
  }
  return undefined
}

/** All pages as one answer; the totals are the first page's. Undefined, with words on stderr, when one of them did not come. */
async function wholeReport(core: Core, input: Input): Promise<Report | undefined> {
  const first = await page(core, input)
  if (first === undefined) return undefined
  const rows = [...first.rows]
  let cursor = first.next_cursor
  for (let pages = 1; cursor !== null; pages += 1) {
    if (pages === MAX_PAGES) {
      say(`The report has ${first.total} rows, more than a command prints. Choose fewer days or a higher level.`)
      return undefined
    }
    // One page needs the cursor of the one before.
    // oxlint-disable-next-line no-await-in-loop
    const next = await page(core, { ...input, cursor })
    if (next === undefined) return undefined
    rows.push(...next.rows)
    cursor = next.next_cursor
  }
  return { ...first, rows, next_cursor: null }
}

async function page(core: Core, input: Input): Promise<Report | undefined> {
  const reply = (await core.run({ kind: 'cli' }, 'get_cross_platform_report', input)) as Reply<Report>
  if (reply.ok) return reply.value
  say(`${reply.error.message} ${reply.error.hint}`)
  return undefined
}

async function exportTo(core: Core, { start_date, end_date }: Input, folder: string): Promise<boolean> {
  const request = { start_date, end_date, folder: resolve(folder) }
  const reply = (await core.run({ kind: 'cli' }, 'export_report_data', request)) as Reply<
    OutputOf<'export_report_data'>
  >
  if (reply.ok) {
    say(`${reply.value.rows} rows in ${reply.value.files} files: ${reply.value.folder}`)
    return true
  }
  say(`${reply.error.message} ${reply.error.hint}`)
  return false
}

const HEADER = ['', 'currency', 'spend', 'conversions', 'value', 'ROAS', 'reported ROAS', 'window', 'conversions known']
const STATUS_WORDS: Readonly<Record<Row['window']['status'], string>> = {
  exact: 'exact',
  approximated: 'approximated',
  own_window: 'own window',
  mixed: 'mixed',
  not_available: 'not available',
  unknown: 'not known',
}

function inWords(report: Report): string {
  const line = (name: string, of: Pick<Row, 'currency' | 'metrics' | 'window' | 'maturity'>): readonly string[] => [
    name,
    of.currency,
    of.metrics.spend,
    of.metrics.conversions === null ? '–' : String(of.metrics.conversions),
    of.metrics.conversion_value ?? '–',
    of.metrics.roas ?? '–',
    of.metrics.reported_roas ?? '–',
    STATUS_WORDS[of.window.status],
    of.maturity.known_share === null ? 'unknown' : `${Math.floor(of.maturity.known_share * 100)}%`,
  ]
  const rows = [
    HEADER,
    ...report.rows.map((row) => line(nameOf(row), row)),
    ...report.totals.map((total) => line('Total', total)),
  ]
  const widths = HEADER.map((_, k) => Math.max(...rows.map((row) => (row[k] ?? '').length)))
  const isText = (k: number): boolean => k < 2 || k === 7
  return rows
    .map((row) =>
      row
        .map((cell, k) => (isText(k) ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((text) => `${text}\n`)
    .join('')
}

function nameOf(row: Row): string {
  const name = row.untrusted?.name ?? row.entity_id ?? row.account_id
  const parts = [row.date, row.platform, row.is_remainder ? 'not reported by its parts' : name]
  return parts.filter((part) => part !== null && part !== undefined).join('  ')
}
