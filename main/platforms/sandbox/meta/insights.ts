/**
 * GET /{object}/insights. Rows exist only where something was delivered; every number is a string; a window's
 * key is there only when it was asked for and is not zero. A finished table is kept for a few pages, never for long.
 */
import { dayDate, dayNumber } from '../calendar.ts'
import { type Filter, matches, parseFilters } from './filtering.ts'
import { INSIGHT_FIELDS, type RowView } from './insights-shape.ts'
import { entityDay, type Level, lifeSpan, SPEND, IMPRESSIONS, sumOfDays, type Totals } from './metrics.ts'
import { effectiveStatus } from './status.ts'
import type { MetaAccount, MetaEntity, MetaObject } from './types.ts'
import { type Call, GraphProblem, invalid, page, pageLimit, tooManyRows } from './wire.ts'
import { ownerOf } from './world.ts'

const LEVELS: readonly Level[] = ['account', 'campaign', 'adset', 'ad']
const WINDOWS_TAKEN = new Set([
  '1d_click',
  '7d_click',
  '28d_click',
  '1d_view',
  '7d_view',
  '28d_view',
  '1d_ev',
  'default',
  'dda',
  'skan_click',
  'skan_view',
  'incrementality',
]) // prettier-ignore
const MAX_LIMIT = 500
/** A synchronous report above this many rows is what Meta gives up on. */
const MAX_SYNC_ROWS = 30_000
/** Tables kept for their next pages. */
const MAX_TABLES = 12

/** What a report was asked for. */
export interface Report {
  readonly account: MetaAccount
  readonly level: Level
  readonly entities: readonly (MetaAccount | MetaEntity)[]
  readonly fromDay: number
  readonly toDay: number
  /** Days per row; undefined for one row over the whole range. */
  readonly increment: number | 'monthly' | undefined
  readonly windows: readonly string[]
  readonly fields: readonly string[]
  readonly filters: readonly Filter[]
  /** What a counted table is good for: the same question about the same world in the same minute. */
  readonly signature: string
}

export interface Row {
  readonly entity: MetaAccount | MetaEntity
  readonly fromDay: number
  readonly toDay: number
  readonly totals: Totals
}

/** Tables of the last reports, so that paging through one does not count it anew for every page. */
export class InsightTables {
  readonly #tables = new Map<string, readonly Row[]>()
  get(key: string): readonly Row[] | undefined {
    return this.#tables.get(key)
  }
  set(key: string, rows: readonly Row[]): void {
    for (const oldest of this.#tables.keys()) {
      if (this.#tables.size < MAX_TABLES) break
      this.#tables.delete(oldest)
    }
    this.#tables.set(key, rows)
  }
}

function days(call: Call, account: MetaAccount): readonly [number, number] {
  const { day: today } = call.world.now(account)
  const range = call.params.json('time_range') as { since?: unknown; until?: unknown } | undefined
  if (range === undefined) return presetDays(call.params.text('date_preset') ?? 'last_30d', today)
  const [from, to] = [dayNumber(String(range.since)), dayNumber(String(range.until))]
  if (Number.isNaN(from) || Number.isNaN(to))
    throw invalid('time_range[since] and time_range[until] must be dates of the form YYYY-MM-DD')
  if (from > to) throw invalid('The since date must be before the until date')
  // 37 months are the longest that Meta looks back.
  if (from < today - 1126)
    throw new GraphProblem(
      3018,
      '(#3018) The start date of the time range cannot be beyond 37 months from the current date',
    )
  return [from, Math.min(to, today)]
}

function presetDays(preset: string, today: number): readonly [number, number] {
  const presets: Readonly<Record<string, readonly [number, number]>> = {
    today: [today, today],
    yesterday: [today - 1, today - 1],
    last_3d: [today - 3, today - 1],
    last_7d: [today - 7, today - 1],
    last_14d: [today - 14, today - 1],
    last_28d: [today - 28, today - 1],
    last_30d: [today - 30, today - 1],
    last_90d: [today - 90, today - 1],
    maximum: [today - 1126, today],
  }
  const span = presets[preset]
  if (span === undefined) throw invalid(`Param date_preset must be one of {${Object.keys(presets).join(', ')}}`)
  return span
}

function increment(call: Call): Report['increment'] {
  const text = call.params.text('time_increment')
  if (text === undefined || text === 'all_days') return undefined
  if (text === 'monthly') return 'monthly'
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 90)
    throw invalid('Param time_increment must be an integer between 1 and 90')
  return value
}

/** Everything of one level under an object. What was archived or deleted stays out unless a filter names its status. */
function entitiesUnder(call: Call, parent: MetaAccount | MetaEntity, level: Level, filters: readonly Filter[]) {
  const line: (MetaAccount | MetaEntity)[] = [parent]
  const wanted = LEVELS.indexOf(level)
  for (let at = LEVELS.indexOf(parent.kind); at < wanted; at += 1) {
    const next = line.flatMap((item): readonly (MetaAccount | MetaEntity)[] =>
      item.kind === 'account'
        ? item.campaigns
        : item.kind === 'campaign'
          ? item.adSets
          : item.kind === 'adset'
            ? item.ads
            : [],
    )
    line.splice(0, line.length, ...next)
  }
  const nowMs = call.world.nowMs()
  const names = filters.some(({ field }) => field.endsWith('effective_status'))
  return line.filter((entity) => {
    if (entity.kind === 'account') return true
    if (entity !== parent && !names) {
      const status = effectiveStatus(entity, nowMs)
      if (status === 'DELETED' || status === 'ARCHIVED') return false
    }
    return filters.every((filter) => matches(filter, entity, nowMs))
  })
}

function windowsOf(call: Call): readonly string[] {
  const windows = call.params.list('action_attribution_windows') ?? []
  for (const [index, window] of windows.entries())
    if (!WINDOWS_TAKEN.has(window))
      throw invalid(
        `action_attribution_windows[${index}] must be one of the following values: ${[...WINDOWS_TAKEN].join(', ')}`,
      )
  return windows
}

/** Reads a report's parameters. @throws GraphProblem 100, 3018 */
export function parseReport(call: Call, parent: MetaAccount | MetaEntity): Report {
  const account = parent.kind === 'account' ? parent : ownerOf(parent)
  const level = (call.params.text('level') ?? parent.kind) as Level
  if (!LEVELS.includes(level)) throw invalid(`Param level must be one of {${LEVELS.join(', ')}}`)
  if (LEVELS.indexOf(level) < LEVELS.indexOf(parent.kind)) throw invalid(`Level ${level} is above the object asked for`)
  for (const name of ['breakdowns', 'summary_action_breakdowns'])
    if ((call.params.list(name) ?? []).length > 0) throw invalid(`${name} are not available for this request`)
  const breakdowns = call.params.list('action_breakdowns') ?? []
  if (breakdowns.some((name) => name !== 'action_type'))
    throw invalid('Param action_breakdowns must be one of {action_type}')
  const filters = parseFilters(call.params.json('filtering'))
  const [fromDay, toDay] = days(call, account)
  const names = call.fields.map(({ name }) => name)
  const fields = names.length === 0 ? ['impressions', 'spend'] : names
  for (const name of fields)
    if (!Object.hasOwn(INSIGHT_FIELDS, name) && name !== 'date_start' && name !== 'date_stop')
      throw invalid(
        `${name} is not valid for fields param. please check https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values`,
      )
  const report = {
    account,
    level,
    entities: entitiesUnder(call, parent, level, filters),
    fromDay,
    toDay,
    increment: increment(call),
    windows: windowsOf(call),
    fields,
    filters,
  }
  const { day, minuteOfDay } = call.world.now(account)
  const signature = JSON.stringify([
    call.world.revision(),
    day,
    minuteOfDay,
    parent.id,
    parent.kind,
    level,
    fromDay,
    toDay,
    report.increment ?? 0,
    filters,
  ]) // prettier-ignore
  return { ...report, signature }
}

/** First and last day of each row. */
function* spans(report: Report): Iterable<readonly [number, number]> {
  const { fromDay, toDay, increment: step } = report
  if (step === undefined) {
    if (fromDay <= toDay) yield [fromDay, toDay]
    return
  }
  let from = fromDay
  while (from <= toDay) {
    const month = dayDate(from).slice(0, 7)
    let to = from
    if (step === 'monthly') while (to < toDay && dayDate(to + 1).startsWith(month)) to += 1
    else to = Math.min(toDay, from + step - 1)
    yield [from, to]
    from = to + 1
  }
}

/** Counts the whole table. @throws GraphProblem 100/1487534 when it has more rows than may be asked for */
export function countRows(call: Call, report: Report, maxRows = MAX_SYNC_ROWS): readonly Row[] {
  const context = call.world.context(report.account)
  const rows: Row[] = []
  const ranges = [...spans(report)]
  for (const entity of report.entities) {
    const [first, last] = lifeSpan(entity)
    for (const [from, to] of ranges) {
      if (to < first || from > last) continue
      const totals = spanTotals(context, entity, from, to)
      if (totals === undefined || !passes(report.filters, totals, report.account.offset)) continue
      if (rows.length >= maxRows) throw tooManyRows()
      rows.push({ entity, fromDay: from, toDay: to, totals })
    }
  }
  return rows
}

function spanTotals(
  context: Parameters<typeof entityDay>[0],
  entity: MetaAccount | MetaEntity,
  from: number,
  to: number,
) {
  if (from === to) return entityDay(context, entity, from)
  const parts: Totals[] = []
  for (let day = from; day <= to; day += 1) {
    const totals = entityDay(context, entity, day)
    if (totals !== undefined) parts.push(totals)
  }
  return sumOfDays(parts)
}

function passes(filters: readonly Filter[], totals: Totals, offset: number): boolean {
  return filters.every(({ field, operator, value }) => {
    const name = field.split('.').at(-1)
    if (name !== 'spend' && name !== 'impressions') return true
    const actual = name === 'spend' ? (totals[SPEND] ?? 0) / offset : (totals[IMPRESSIONS] ?? 0)
    return operator === 'LESS_THAN' ? actual < Number(value) : actual > Number(value)
  })
}

/** One page of a counted table in Meta's words. */
export function insightsPage(call: Call, report: Report, rows: readonly Row[]): unknown {
  const limit = pageLimit(call, MAX_LIMIT)
  const { shown, paging } = page(call, rows, (_row, index) => String(index), limit)
  const data = shown.map((row) => {
    const view: RowView = { ...row, account: report.account, windows: report.windows }
    const item: Record<string, unknown> = {}
    for (const name of report.fields) {
      const value = INSIGHT_FIELDS[name]?.(view)
      if (value !== undefined) item[name] = value
    }
    item['date_start'] = dayDate(row.fromDay)
    item['date_stop'] = dayDate(row.toDay)
    return item
  })
  return { data, ...(paging === undefined ? {} : { paging }) }
}

/** GET /{object}/insights. */
export function readInsights(call: Call, parent: MetaObject, tables: InsightTables): unknown {
  if (parent.kind !== 'account' && parent.kind !== 'campaign' && parent.kind !== 'adset' && parent.kind !== 'ad')
    throw invalid('Tried accessing nonexisting field (insights)')
  const report = parseReport(call, parent)
  let rows = tables.get(report.signature)
  if (rows === undefined) {
    rows = countRows(call, report)
    tables.set(report.signature, rows)
  }
  return insightsPage(call, report, rows)
}
