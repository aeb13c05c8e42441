/** What the report is asked for: days, filters and how deep one has gone into it. Pure. */
import {
  type AccountId,
  accountIdSchema,
  type EntityId,
  entityIdSchema,
  PLATFORMS,
  type Platform,
} from '../../../shared/domain/ids.ts'
import type { InputOf, OutputOf } from '../../../shared/operations.ts'
import type { DayRange } from '../../day-range.ts'
import { addDays, daysBetween } from '../../format.ts'
import type { Grain, ReportChoices } from '../../report-choices.ts'

export type ReportInput = InputOf<'get_cross_platform_report'>
export type ReportAnswer = OutputOf<'get_cross_platform_report'>
export type ReportRow = ReportAnswer['rows'][number]
export type ReportTotals = ReportAnswer['totals'][number]
export type ReportMetrics = ReportRow['metrics']
export type Account = OutputOf<'list_accounts'>['accounts'][number]

/** How deep the report is opened: everything, one platform, or what lies under one account, campaign or ad group. */
export type Focus =
  | { readonly kind: 'all' }
  | { readonly kind: 'platform'; readonly platform: Platform }
  | { readonly kind: 'account'; readonly account: AccountId }
  | { readonly kind: 'entity'; readonly entity: EntityId }
export const LEVELS = ['platform', 'account', 'campaign', 'ad_group', 'ad'] as const
export type Level = (typeof LEVELS)[number]
export type Tab = 'report' | 'orders' | 'method'

/** From the address, which anybody may have written. */
export function parsePlace(id: string | null): { readonly tab: Tab; readonly focus: Focus } {
  if (id === 'orders' || id === 'method') return { tab: id, focus: { kind: 'all' } }
  const platform = PLATFORMS.find((each) => each === id)
  if (platform !== undefined) return { tab: 'report', focus: { kind: 'platform', platform } }
  const account = accountIdSchema.safeParse(id).data
  if (account !== undefined) return { tab: 'report', focus: { kind: 'account', account } }
  const entity = entityIdSchema.safeParse(id).data
  const isParent = entity !== undefined && (entity.includes('/campaign/') || entity.includes('/ad_group/'))
  return { tab: 'report', focus: isParent ? { kind: 'entity', entity } : { kind: 'all' } }
}

/** What the rows directly under the focus are. */
export function firstLevel(focus: Focus): Level {
  if (focus.kind === 'all') return 'platform'
  if (focus.kind === 'platform') return 'account'
  if (focus.kind === 'account') return 'campaign'
  return focus.entity.includes('/campaign/') ? 'ad_group' : 'ad'
}
export function levelBelow(level: Level): Level | null {
  return LEVELS[LEVELS.indexOf(level) + 1] ?? null
}

export interface Scope {
  readonly accounts: readonly Account[]
  readonly range: DayRange
  readonly today: string
  readonly choices: ReportChoices
  readonly focus: Focus
}

/** Days, filters, attribution and currency: the same for every part of the screen. */
export function baseInput({ range, choices, focus, accounts }: Scope): ReportInput {
  const known = new Set(accounts.map((account) => account.account_id))
  const chosen = choices.accounts.filter((account) => known.has(account))
  const platforms = focus.kind === 'platform' ? [focus.platform] : [...choices.platforms]
  return {
    start_date: range.start,
    end_date: range.end,
    attribution: choices.attribution,
    ...(choices.currency === null ? {} : { currency: choices.currency }),
    ...(platforms.length === 0 ? {} : { platforms }),
    ...(chosen.length === 0 ? {} : { account_ids: chosen }),
    ...(focus.kind === 'account' ? { under: focus.account } : {}),
    ...(focus.kind === 'entity' ? { under: focus.entity } : {}),
  }
}
export function scopedInput(scope: Scope) {
  const { start_date, end_date, platforms, account_ids, currency } = baseInput(scope)
  return {
    start_date,
    end_date,
    ...(platforms === undefined ? {} : { platforms }),
    ...(account_ids === undefined ? {} : { account_ids }),
    ...(currency === undefined ? {} : { currency }),
  }
}

/** The rows under one row: its accounts, campaigns, ad groups or ads. undefined where there is nothing below. */
export function inputBelow(base: ReportInput, row: ReportRow, level: Level): ReportInput | undefined {
  const below = levelBelow(level)
  if (below === null || !row.has_children || row.is_remainder) return undefined
  const { under: _under, ...rest } = base
  if (level === 'platform')
    return row.platform === null ? undefined : { ...rest, platforms: [row.platform], group_by: below }
  const under = level === 'account' ? row.account_id : row.entity_id
  return under === null ? undefined : { ...rest, under, group_by: below }
}

/** Where a row leads when it is opened as the whole report. */
export function placeOf(row: ReportRow, level: Level): string | null {
  if (row.is_remainder || !row.has_children) return null
  if (level === 'platform') return row.platform
  return level === 'account' ? row.account_id : row.entity_id
}

const DAILY_UP_TO = 92
const WEEKLY_UP_TO = 370
/** Few enough points to tell apart, unless the person wants it otherwise. */
export function grainOf(choice: Grain, range: DayRange): Exclude<Grain, 'auto'> {
  if (choice !== 'auto') return choice
  const days = daysBetween(range.start, range.end) + 1
  return days <= DAILY_UP_TO ? 'date' : days <= WEEKLY_UP_TO ? 'week' : 'month'
}
/** A preset ends yesterday; by day the running one follows, marked as incomplete. */
export function seriesEnd(range: DayRange, today: string, grain: Exclude<Grain, 'auto'>): string {
  return grain === 'date' && range.end === addDays(today, -1) ? today : range.end
}

const MONDAY_OFFSET = 6
/** First day of the date, week (Monday) or month that a day belongs to. */
export function bucketOf(date: string, grain: Exclude<Grain, 'auto'>): string {
  if (grain === 'date') return date
  if (grain === 'month') return `${date.slice(0, 7)}-01`
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return addDays(date, -((weekday + MONDAY_OFFSET) % 7))
}
/** All of them in a range, oldest first. */
export function buckets(start: string, end: string, grain: Exclude<Grain, 'auto'>): readonly string[] {
  const length = Math.min(Math.max(daysBetween(start, end) + 1, 0), 400)
  return [...new Set(Array.from({ length }, (_, index) => bucketOf(addDays(start, index), grain)))]
}
