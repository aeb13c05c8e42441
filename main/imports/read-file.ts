/**
 * One file from its bytes to what a person is shown of it and to the rows that would be stored. Runs in a thread of its own (import-worker.ts),
 * because a large file takes seconds. Knows the file and the person's choices, and nothing of what is stored.
 */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { Platform } from '../../shared/domain/ids.ts'
import {
  type DateOrder,
  type ImportChoices,
  type ImportKind,
  type ImportPreview,
  type NumberFormat,
} from '../../shared/schemas/imports.ts'
import { dateOf, localDay } from '../reporting/calendar.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { explainUnknown } from './detect.ts'
import { parseTable, readImportTable } from './layouts.ts'
import type { BadRow, ImportedFact, ParsedFile, Question, RawTable } from './parsed.ts'
import { sampleOf } from './sample.ts'
import { type StagedRow, stageClaims, stageOrders, stageRates, stageReport } from './staging.ts'

export interface ReadRequest {
  readonly bytes: Uint8Array
  readonly fileName: string
  readonly choices: ImportChoices
  readonly nowMs: number
}

/** All that is known of a file without looking at what is stored. Bounded; plain data. */
export interface FileSummary {
  readonly kind: ImportKind | null
  readonly layout: string
  readonly encoding: string
  readonly delimiter: string | null
  readonly sheet: string | null
  readonly platform: Platform | null
  /** Claims may be of several platforms. */
  readonly platforms: readonly Platform[]
  readonly level: MetricLevel | null
  readonly accountName: string | null
  readonly currency: string | null
  readonly numberFormat: NumberFormat | null
  readonly dateOrder: DateOrder | null
  readonly timeZone: string | null
  readonly startDate: string | null
  readonly endDate: string | null
  readonly isDaily: boolean | null
  readonly window: ImportPreview['window']
  readonly columns: ImportPreview['columns']
  readonly rows: ImportPreview['rows']
  readonly totalsCheck: ImportPreview['totals_check']
  readonly badRows: ImportPreview['bad_rows']
  readonly sample: ImportPreview['sample']
  readonly questions: readonly Question[]
  readonly warnings: readonly string[]
  /** Why nothing of it can be stored, whatever is answered. */
  readonly problems: readonly string[]
}
export interface ReadFile {
  readonly summary: FileSummary
  readonly rows: () => Iterable<StagedRow>
}

const MAX_BAD = 100
const MAX_COLUMNS = 300
const MAX_TOTALS = 20
const MAX_WARNINGS = 10
const MAX_BAD_TEXT = 200
const DAY_S = 86_400
/** The zones that are furthest ahead. */
const LAST_TO_BEGIN_MS = 14 * 3_600_000

/** @throws OperationError invalid_input when the bytes are no table at all */
export async function readFile(request: ReadRequest): Promise<ReadFile> {
  const table = await readImportTable(request.bytes, request.fileName)
  const parsed = parseTable(table, request.choices)
  return parsed === undefined ? unknownFile(table, request.choices) : knownFile(table, parsed, request)
}

const KIND_NAMES: Readonly<Record<ImportKind, string>> = {
  platform_report: 'Report of an ad platform',
  orders: 'Orders of the shop',
  claims: 'Orders as a platform claims them',
  rates: 'Exchange rates of the ECB',
}

function unknownFile(table: RawTable, choices: ImportChoices): ReadFile {
  const header = table.rows.find(({ cells }) => cells.filter(({ kind }) => kind !== 'empty').length > 1)
  const columns = (header?.cells ?? []).slice(0, MAX_COLUMNS).map((cell, index) => ({
    index,
    used_as: null,
    note: null,
    untrusted: { header: cleanUntrusted(cell.text, 120) },
  }))
  const isChosen = choices.kind !== undefined
  const how = isChosen ? ` as “${KIND_NAMES[choices.kind ?? 'orders']}”` : ''
  return {
    rows: () => [],
    summary: {
      ...tableFacts(table),
      kind: null,
      layout: 'Not recognised',
      platform: null,
      platforms: [],
      level: null,
      accountName: null,
      currency: null,
      numberFormat: null,
      dateOrder: null,
      timeZone: null,
      startDate: null,
      endDate: null,
      isDaily: null,
      window: null,
      columns,
      rows: { total: table.rows.length, good: 0, bad: 0, totals: 0 },
      totalsCheck: [],
      badRows: [],
      sample: [],
      questions: isChosen
        ? []
        : [
            {
              field: 'kind',
              text: 'What is in this file?',
              options: Object.entries(KIND_NAMES).map(([value, label]) => ({ value, label })),
            },
          ],
      warnings: [...(table.warnings ?? [])].slice(0, MAX_WARNINGS),
      problems: [`This file cannot be read${how}. ${explainUnknown(table)}`],
    },
  }
}

const tableFacts = ({
  encoding,
  delimiter,
  sheet,
}: RawTable): Pick<FileSummary, 'encoding' | 'delimiter' | 'sheet'> => ({
  encoding,
  delimiter,
  sheet: sheet === null ? null : cleanUntrusted(sheet, 80),
})

/** What is kept of a parsed file once rows that cannot be are taken out. */
interface Kept {
  readonly rows: () => Iterable<StagedRow>
  readonly good: number
  readonly late: readonly BadRow[]
  readonly startDate: string | null
  readonly endDate: string | null
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

function knownFile(table: RawTable, parsed: ParsedFile, { choices, nowMs }: ReadRequest): ReadFile {
  const kept = keep(parsed, nowMs)
  const isReport = parsed.kind === 'platform_report'
  const platforms = platformsOf(parsed)
  const badCount = parsed.badCount + kept.late.length
  const bad = [...parsed.bad, ...kept.late].toSorted((a, b) => a.line - b.line)
  const isWrongKind = choices.kind !== undefined && choices.kind !== parsed.kind
  return {
    rows: kept.rows,
    summary: {
      ...tableFacts(table),
      kind: parsed.kind,
      layout: parsed.layout,
      platform: platforms.length === 1 ? (platforms[0] ?? null) : null,
      platforms,
      level: isReport ? parsed.level : null,
      accountName: isReport ? parsed.accountName : null,
      currency: parsed.currency,
      numberFormat: parsed.numberFormat,
      dateOrder: parsed.dateOrder,
      timeZone: parsed.kind === 'orders' ? parsed.timeZone : null,
      startDate: kept.startDate,
      endDate: kept.endDate,
      isDaily: isReport ? parsed.isDaily : null,
      window: isReport
        ? { click_days: parsed.window.clickDays, view_days: parsed.window.viewDays, note: parsed.window.note }
        : null,
      columns: parsed.columns.slice(0, MAX_COLUMNS).map(({ index, header, usedAs, note }) => ({
        index,
        used_as: usedAs,
        note,
        untrusted: { header: cleanUntrusted(header, 120) },
      })),
      rows: {
        total: Math.max(parsed.rowCount, kept.good + badCount),
        good: kept.good,
        bad: badCount,
        totals: parsed.totalsRows,
      },
      totalsCheck: parsed.totalsCheck.slice(0, MAX_TOTALS).map(({ column, inFile, summed, isEqual }) => ({
        column: cleanUntrusted(column, 120),
        in_file: cleanUntrusted(inFile, 60),
        summed: cleanUntrusted(summed, 60),
        is_equal: isEqual,
      })),
      badRows: bad.slice(0, MAX_BAD).map(({ line, reason, text }) => ({
        line,
        reason,
        untrusted: { text: cleanUntrusted(text, MAX_BAD_TEXT) },
      })),
      sample: sampleOf(parsed),
      questions: parsed.questions,
      warnings: [...new Set([...(table.warnings ?? []), ...kept.warnings, ...parsed.warnings])].slice(0, MAX_WARNINGS),
      problems: [
        ...(isWrongKind ? [`This file is “${KIND_NAMES[parsed.kind]}”, not what was chosen.`] : []),
        ...kept.problems,
      ],
    },
  }
}

function platformsOf(parsed: ParsedFile): readonly Platform[] {
  if (parsed.kind === 'platform_report') return [parsed.platform]
  if (parsed.kind !== 'claims') return []
  const found = new Set(parsed.claims.flatMap(({ touch }) => (touch.claimedBy === null ? [] : [touch.claimedBy])))
  return found.size === 0 ? [parsed.platform] : [...found].toSorted()
}

const span = (dates: Iterable<string>): Pick<Kept, 'startDate' | 'endDate'> => {
  let startDate: string | null = null
  let endDate: string | null = null
  for (const date of dates) {
    if (date === '') continue
    if (startDate === null || date < startDate) startDate = date
    if (endDate === null || date > endDate) endDate = date
  }
  return { startDate, endDate }
}

function keep(parsed: ParsedFile, nowMs: number): Kept {
  if (parsed.kind === 'platform_report') return keepReport(parsed, nowMs)
  if (parsed.kind === 'rates')
    return {
      rows: () => stageRates(parsed.rates),
      good: parsed.rates.length,
      late: [],
      ...span(parsed.rates.map(({ date }) => date)),
      problems: [],
      warnings: [],
    }
  if (parsed.kind === 'claims')
    return {
      rows: () => stageClaims(parsed.claims),
      good: parsed.claims.length,
      late: [],
      ...span(parsed.claims.flatMap(({ touch }) => (touch.atS === null ? [] : [utcDate(touch.atS)]))),
      problems: [],
      warnings: [],
    }
  const zone = parsed.timeZone ?? 'UTC'
  const latestS = nowMs / 1000 + DAY_S
  const orders = parsed.orders.filter(({ atS }) => atS <= latestS)
  const late = parsed.orders
    .filter(({ atS }) => atS > latestS)
    .map(({ line, rawOrderId }) => ({ line, reason: 'This order lies in the future.', text: rawOrderId }))
  return {
    rows: () => stageOrders(orders),
    good: orders.length,
    late,
    ...span(orders.map(({ atS, day }) => dateOf(day ?? localDay(atS * 1000, zone)))),
    problems: [],
    warnings: [],
  }
}

const utcDate = (atS: number): string => dateOf(Math.floor(atS / DAY_S))

type Report = Extract<ParsedFile, { kind: 'platform_report' }>

function keepReport(parsed: Report, nowMs: number): Kept {
  const latest = dateOf(localDay(nowMs + LAST_TO_BEGIN_MS, 'UTC'))
  const facts = parsed.facts.filter(({ endDate }) => endDate <= latest)
  const late = parsed.facts
    .filter(({ endDate }) => endDate > latest)
    .map(({ line, endDate, campaign }) => ({
      line,
      reason: `${endDate} has not come yet: are day and month the other way round?`,
      text: campaign.name,
    }))
  const currencies = [...new Set(facts.map(({ currency }) => currency))].toSorted()
  const mixed =
    currencies.length > 1
      ? [
          `The file mixes amounts in ${currencies.slice(0, 5).join(', ')}. Export one account, or one currency, at a time.`,
        ]
      : []
  const common = { late, ...span(facts.flatMap(({ startDate, endDate }) => [startDate, endDate])) }
  if (parsed.isDaily)
    return {
      ...common,
      rows: () => stageReport({ level: parsed.level, facts, isDaily: true }),
      good: facts.length,
      problems: mixed,
      warnings: [],
    }
  const isTable = parsed.platform === 'google_ads' && parsed.level === 'campaign'
  const campaigns = isTable ? facts.filter(tellsOfCampaign) : []
  // Every row was refused: why, stands beside them.
  if (parsed.facts.length === 0) return { ...common, rows: () => [], good: 0, problems: mixed, warnings: [] }
  if (campaigns.length === 0)
    return {
      ...common,
      rows: () => [],
      good: 0,
      problems: [
        ...mixed,
        'Every row of this file covers a period, not a day, so its numbers cannot be stored. Download the report again with a “Day” column (segment or breakdown by day).',
      ],
      warnings: [],
    }
  return {
    ...common,
    rows: () => stageReport({ level: 'campaign', facts: campaigns, isDaily: false }),
    good: campaigns.length,
    problems: mixed,
    warnings: [
      'Every row covers a period, not a day: of this file only the campaigns with their status and daily budget are stored, and none of its numbers. For numbers, download the report with a “Day” column.',
    ],
  }
}

/** Whether a row of a campaign table says anything that is true without a day. */
function tellsOfCampaign({ status, dailyBudgetMicros }: ImportedFact): boolean {
  return (status !== undefined && status !== 'unknown') || dailyBudgetMicros !== undefined
}
