/**
 * The file of TikTok's change log in neutral words. Pure. Texts in it were written on the platform: untrusted.
 * The file is a CSV inside the spelling of a Python byte string, inside a Python or JSON dictionary (platform docs, "Get the downloaded
 * file"): counts, an empty line, a header, one line per change with its details as JSON. Budgets and switches are documented by example;
 * the words for bids are not, so what is not understood stays "not told".
 */
import { z } from 'zod'
import {
  type BidStrategy,
  formatRatio,
  formatStrategy,
  parseRatio,
  STRATEGY_TARGETS,
} from '../../../shared/domain/bid.ts'
import type { Field } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, type EntityType, entityId } from '../../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import { createRowIds, type PlatformChange, shortText } from '../history.ts'

/** The log's own columns, by their headings. */
const COLUMNS = {
  time: 'Time',
  type: 'log_object_type',
  id: 'Object ID',
  object: 'Object',
  operator: 'Operator',
  source: 'Source',
  details: 'Activity details',
} as const
const MINUTE_MS = 60_000
const MAX_DETAILS = 50

/** The bytes that a Python byte string spells ("b'caf\xc3\xa9\r\n'"), as UTF-8 text; any other text as it is. */
export function pythonText(text: string): string {
  const body = /^b(['"])([\s\S]*)\1$/.exec(text.trim())?.[2]
  if (body === undefined) return text
  const parts: Buffer[] = []
  let at = 0
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' }
  for (const match of body.matchAll(/\\(?:x([0-9a-fA-F]{2})|([nrt\\'"]))/g)) {
    parts.push(Buffer.from(body.slice(at, match.index), 'utf8'))
    const [whole, hex, letter = ''] = match
    parts.push(hex === undefined ? Buffer.from(escapes[letter] ?? letter, 'utf8') : Buffer.from(hex, 'hex'))
    at = match.index + whole.length
  }
  parts.push(Buffer.from(body.slice(at), 'utf8'))
  return Buffer.concat(parts).toString('utf8')
}

const dictionary = z.object({ file_data: z.string() })

/** The CSV in a download's `changelog`, in either of its spellings. Undefined for anything else. */
export function csvOf(changelog: string): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(changelog)
  } catch {
    const bytes = /^\{'file_data': (b(['"])[\s\S]*\2),\s*'file_name': /.exec(changelog)?.[1]
    return bytes === undefined ? undefined : pythonText(bytes)
  }
  const data = dictionary.safeParse(parsed).data?.file_data
  return data === undefined ? undefined : pythonText(data)
}

/** Lines of cells; quoted cells may hold commas, line breaks and doubled quotes. */
export function cellsOf(csv: string): readonly (readonly string[])[] {
  const lines: string[][] = []
  let line: string[] = []
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  pattern.lastIndex = 0
  while (pattern.lastIndex <= csv.length) {
    const match = pattern.exec(csv)
    if (match === null) return lines
    line.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
    if (match[3] !== ',') {
      lines.push(line)
      line = []
    }
    if (match[3] === '') return lines
  }
  return lines
}

export interface LogLine {
  readonly atMs: number
  readonly type: EntityType | undefined
  readonly externalId: string
  readonly object: string
  readonly operator: string
  readonly source: string
  readonly details: readonly Detail[]
  /** The line as it came: what its id is made of. */
  readonly raw: string
}

const detailSchema = z.object({
  action: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
  before_after: z
    .array(z.object({ before: z.string().max(2_000).nullish(), after: z.string().max(2_000).nullish() }))
    .max(200)
    .optional(),
})
type Detail = z.infer<typeof detailSchema>

const TYPES: Readonly<Record<string, EntityType>> = { campaign: 'campaign', 'ad group': 'ad_group', ad: 'ad' }

function detailsOf(cell: string): readonly Detail[] {
  try {
    const parsed: unknown = JSON.parse(cell)
    return Array.isArray(parsed)
      ? parsed.slice(0, MAX_DETAILS).flatMap((each) => detailSchema.safeParse(each).data ?? [])
      : []
  } catch {
    return []
  }
}

/** "2026-02-02 04:05", in UTC as every time of this API unless a time zone is asked for. */
function minuteOf(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d)(?::\d\d)?$/.exec(text.trim())
  const atMs = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}:00Z`)
  return Number.isNaN(atMs) ? undefined : atMs
}

/** The log's lines, as they stand in the file. Undefined when it is no such file. */
export function logLines(csv: string): readonly LogLine[] | undefined {
  const rows = cellsOf(csv)
  const start = rows.findIndex((row) => row[0] === COLUMNS.time && row.includes(COLUMNS.details))
  // A log without a line may be its counts alone.
  if (start < 0) return rows.some((row) => row[0]?.endsWith(' changes') === true) ? [] : undefined
  const headings = rows[start] ?? []
  const at = (row: readonly string[], name: keyof typeof COLUMNS): string =>
    (row[headings.indexOf(COLUMNS[name])] ?? '').trim()
  return rows.slice(start + 1).flatMap((row): LogLine | readonly LogLine[] => {
    const atMs = minuteOf(at(row, 'time'))
    if (atMs === undefined) return []
    const type = at(row, 'type').toLowerCase()
    return {
      atMs,
      type: Object.hasOwn(TYPES, type) ? TYPES[type] : undefined,
      externalId: at(row, 'id'),
      object: at(row, 'object'),
      operator: at(row, 'operator'),
      source: at(row, 'source'),
      details: detailsOf(at(row, 'details')),
      raw: row.join('\u0000'),
    }
  })
}

const STATUS_WORDS: Readonly<Record<string, string>> = { enabled: 'enabled', paused: 'paused', disabled: 'paused' }
const STRATEGY_WORDS: Readonly<Record<string, BidStrategy>> = {
  'maximum delivery': 'lowest_cost',
  'lowest cost': 'lowest_cost',
  'cost cap': 'cost_cap',
  'bid cap': 'bid_cap',
}

type BidValue = Extract<Field, 'bid_cap' | 'cost_cap' | 'target_roas'>

interface Told {
  readonly field: Field | undefined
  readonly what: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** "1,050.00 USD" in the account's currency, exactly; '' for none; undefined for anything else. */
function moneyText(text: string | undefined, currency: string): string | undefined {
  if (text === undefined || text === '' || text === '--') return ''
  const match = /^(\d{1,12}|\d{1,3}(?:,\d{3})+)(\.\d{1,6})? ([A-Z]{3})$/.exec(text)
  if (match === null || match[3] !== currency) return undefined
  return exactly(() =>
    formatDecimal(parseDecimal(`${(match[1] ?? '').replaceAll(',', '')}${match[2] ?? ''}`, currency), currency),
  )
}

function exactly(work: () => string): string | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

function bidText(text: string | undefined, field: BidValue, currency: string): string | undefined {
  if (field !== 'target_roas') return moneyText(text, currency)
  return text === undefined || text === '' ? '' : exactly(() => formatRatio(parseRatio(text)))
}

function sides(detail: Detail): readonly [before: string | undefined, after: string | undefined] {
  const pair = detail.before_after?.[0]
  const read = (text: string | null | undefined) =>
    text === null || text === undefined ? undefined : pythonText(text).trim()
  return [read(pair?.before), read(pair?.after)]
}

function strategyText(word: string | undefined, bid: string | undefined, currency: string): string | undefined {
  const known = (word ?? '').toLowerCase()
  const strategy = Object.hasOwn(STRATEGY_WORDS, known) ? STRATEGY_WORDS[known] : undefined
  if (strategy === undefined) return undefined
  if (STRATEGY_TARGETS[strategy].kind === 'none') return formatStrategy({ strategy, targetMicros: undefined }, currency)
  const amount = moneyText(bid, currency)
  if (amount === undefined || amount === '') return undefined
  return exactly(() => formatStrategy({ strategy, targetMicros: parseDecimal(amount, currency) }, currency))
}

const nameOf = (detail: Detail): string => (detail.name ?? '').trim()
const isBid = (detail: Detail): boolean => nameOf(detail) === 'Bid'
const isStrategy = (detail: Detail): boolean => nameOf(detail) === 'Bid strategy'

function toldBy(line: LogLine, detail: Detail, bidNow: BidValue | undefined, currency: string): Told | undefined {
  const what = [line.object, nameOf(detail), (detail.action ?? '').trim()].filter((part) => part !== '').join(' · ')
  const untold: Told = { field: undefined, what, before: undefined, after: undefined }
  const action = (detail.action ?? '').trim().toLowerCase()
  const [before, after] = sides(detail)
  if (action === 'delete')
    return line.object === 'On/Off Status' ? { ...untold, field: 'status', after: 'deleted' } : untold
  if (action !== 'change') return untold
  if (line.object === 'On/Off Status') {
    const read = (word: string | undefined) => {
      const known = (word ?? '').toLowerCase()
      return Object.hasOwn(STATUS_WORDS, known) ? STATUS_WORDS[known] : undefined
    }
    return { field: 'status', what, before: read(before), after: read(after) }
  }
  if (nameOf(detail) === 'Budget' && line.type !== 'ad')
    return { field: 'daily_budget', what, before: moneyText(before, currency), after: moneyText(after, currency) }
  if (line.type !== 'ad_group') return untold
  if (isStrategy(detail)) {
    const [bidBefore, bidAfter] = sides(line.details.find(isBid) ?? {})
    return {
      field: 'bid_strategy',
      what,
      before: strategyText(before, bidBefore, currency),
      after: strategyText(after, bidAfter, currency),
    }
  }
  if (!isBid(detail)) return untold
  // Told with the switch.
  if (line.details.some(isStrategy)) return undefined
  if (bidNow === undefined) return untold
  return { field: bidNow, what, before: bidText(before, bidNow, currency), after: bidText(after, bidNow, currency) }
}

function entityOf(account: AccountId, { type, externalId }: LogLine): EntityId | undefined {
  return type !== undefined && /^[0-9]{1,24}$/.test(externalId) ? entityId(account, type, externalId) : undefined
}

/** Ad groups of lines that tell a bid without saying which kind of bid it is. */
export function groupsToAsk(lines: readonly LogLine[], account: AccountId): readonly EntityId[] {
  const asked = lines.filter(
    (line) => line.type === 'ad_group' && line.details.some(isBid) && !line.details.some(isStrategy),
  )
  return [...new Set(asked.flatMap((line) => entityOf(account, line) ?? []))]
}

/** Which bid an ad group had before it was switched to another strategy later. */
function bidBeforeSwitch(lines: readonly LogLine[], line: LogLine): BidValue | undefined {
  const later = lines
    .filter((each) => each.externalId === line.externalId && each.atMs >= line.atMs && each.details.some(isStrategy))
    .toSorted((one, two) => one.atMs - two.atMs)[0]
  const word = later === undefined ? undefined : sides(later.details.find(isStrategy) ?? {})[0]?.toLowerCase()
  const strategy = word !== undefined && Object.hasOwn(STRATEGY_WORDS, word) ? STRATEGY_WORDS[word] : undefined
  return strategy === 'cost_cap' || strategy === 'bid_cap' ? strategy : undefined
}

export interface LogContext {
  readonly account: AccountId
  readonly currency: string
  /** Which bid an ad group has now; undefined when not known. */
  readonly bidNow: (group: EntityId) => BidValue | undefined
}

const API_SOURCE = 'marketing api'

/** Rows oldest first, one for each changed value. */
export function toChanges(
  lines: readonly LogLine[],
  { account, currency, bidNow }: LogContext,
): readonly PlatformChange[] {
  const ids = createRowIds()
  return lines
    .flatMap((line): readonly PlatformChange[] => {
      const id = ids(line.raw)
      const entity = entityOf(account, line)
      const bid = entity === undefined ? undefined : (bidBeforeSwitch(lines, line) ?? bidNow(entity))
      const found = line.details.flatMap((detail) => toldBy(line, detail, bid, currency) ?? [])
      const told =
        found.length > 0 ? found : [{ field: undefined, what: line.object, before: undefined, after: undefined }]
      const source = line.source.toLowerCase()
      return told.map((each, k) => ({
        changeId: `${id}:${k}`,
        atMs: line.atMs,
        precisionMs: MINUTE_MS - 1,
        entityId: entity,
        target: entity,
        field: entity === undefined ? undefined : each.field,
        what: shortText(each.what, 120) ?? '',
        before: each.before,
        after: each.after,
        actor: shortText(line.operator),
        tool: shortText(line.source),
        isApi: source === '' ? undefined : source === API_SOURCE,
      }))
    })
    .toSorted((one, two) => one.atMs - two.atMs)
}
