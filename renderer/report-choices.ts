/** What the report remembers: how conversions are counted, what is compared, which columns, and saved views. Read back with distrust. */
import { ATTRIBUTIONS, type Attribution } from '../shared/domain/attribution.ts'
import { type AccountId, accountIdSchema, PLATFORMS, type Platform } from '../shared/domain/ids.ts'
import { RANGES, type RangeChoice } from './day-range.ts'

export const COMPARES = ['off', 'previous_period', 'previous_year'] as const
export type Compare = (typeof COMPARES)[number]
export const GRAINS = ['auto', 'date', 'week', 'month'] as const
export type Grain = (typeof GRAINS)[number]
/** Which ROAS lines are drawn: counted alike, as each platform's screen says, or both over each other. */
export const OVERLAYS = ['normalised', 'reported', 'both'] as const
export type Overlay = (typeof OVERLAYS)[number]

export const REPORT_COLUMNS = [
  'spend',
  'impressions',
  'clicks',
  'video_views',
  'ctr',
  'cpc',
  'cpm',
  'conversions',
  'conversion_value',
  'cpa',
  'roas',
  'conversions_view',
  'conversion_value_view',
  'conversions_engaged_view',
  'conversion_value_engaged_view',
  'reported_conversions',
  'reported_conversion_value',
  'reported_roas',
  'arrived',
  'age',
] as const
export type ReportColumn = (typeof REPORT_COLUMNS)[number]
export const DEFAULT_COLUMNS: readonly ReportColumn[] = [
  'spend',
  'conversions',
  'conversion_value',
  'roas',
  'conversions_view',
  'conversions_engaged_view',
  'reported_roas',
  'age',
]
/** What a level of the report can be sorted by. */
export const SORTS = [
  'spend',
  'roas',
  'conversions',
  'conversion_value',
  'cpa',
  'reported_roas',
  'clicks',
] as const satisfies readonly ReportColumn[]
export type ReportSort = (typeof SORTS)[number]

export interface ReportChoices {
  readonly compare: Compare
  readonly attribution: Attribution
  /** null: each currency by itself. */
  readonly currency: string | null
  /** Empty: all. */
  readonly platforms: readonly Platform[]
  readonly accounts: readonly AccountId[]
  readonly columns: readonly ReportColumn[]
  readonly sort: ReportSort
  readonly isDescending: boolean
  readonly grain: Grain
  readonly overlay: Overlay
}
export const DEFAULT_CHOICES: ReportChoices = {
  compare: 'previous_period',
  attribution: 'click_7d',
  currency: null,
  platforms: [],
  accounts: [],
  columns: DEFAULT_COLUMNS,
  sort: 'spend',
  isDescending: true,
  grain: 'auto',
  overlay: 'normalised',
}

/** A view by its name: days and everything chosen. */
export interface SavedView {
  readonly name: string
  readonly range: RangeChoice
  readonly customStart: string
  readonly customEnd: string
  readonly report: ReportChoices
}
export const MAX_VIEWS = 20
export const MAX_VIEW_NAME = 60
/** As many as one report may be asked for. */
export const MAX_ACCOUNTS = 50

type Stored = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Stored => typeof value === 'object' && value !== null

function oneOf<T extends string>(all: readonly T[], value: unknown, otherwise: T): T {
  return all.find((each) => each === value) ?? otherwise
}
function someOf<T extends string>(all: readonly T[], value: unknown): readonly T[] {
  return Array.isArray(value) ? all.filter((each) => value.includes(each)) : []
}

/** "2026-11-23", a day that exists; anything else is no day. */
export function readDay(value: unknown): string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return ''
  const time = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value) ? value : ''
}

export function readChoices(stored: unknown): ReportChoices {
  if (!isRecord(stored)) return DEFAULT_CHOICES
  const { currency } = stored
  const accounts = Array.isArray(stored['accounts']) ? stored['accounts'].slice(0, MAX_ACCOUNTS) : []
  const columns = someOf(REPORT_COLUMNS, stored['columns'])
  return {
    compare: oneOf(COMPARES, stored['compare'], DEFAULT_CHOICES.compare),
    attribution: oneOf(ATTRIBUTIONS, stored['attribution'], DEFAULT_CHOICES.attribution),
    currency: typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : null,
    platforms: someOf(PLATFORMS, stored['platforms']),
    accounts: accounts.flatMap((each) => accountIdSchema.safeParse(each).data ?? []),
    columns: columns.length === 0 ? DEFAULT_COLUMNS : columns,
    sort: oneOf(SORTS, stored['sort'], DEFAULT_CHOICES.sort),
    isDescending: stored['isDescending'] !== false,
    grain: oneOf(GRAINS, stored['grain'], DEFAULT_CHOICES.grain),
    overlay: oneOf(OVERLAYS, stored['overlay'], DEFAULT_CHOICES.overlay),
  }
}

export function readViews(stored: unknown): readonly SavedView[] {
  if (!Array.isArray(stored)) return []
  const views = new Map<string, SavedView>()
  for (const each of stored.slice(0, MAX_VIEWS)) {
    if (!isRecord(each) || typeof each['name'] !== 'string') continue
    const name = each['name'].trim().slice(0, MAX_VIEW_NAME)
    if (name === '') continue
    views.set(name, {
      name,
      range: oneOf(RANGES, each['range'], '28'),
      customStart: readDay(each['customStart']),
      customEnd: readDay(each['customEnd']),
      report: readChoices(each['report']),
    })
  }
  return [...views.values()]
}
