/** What a cross-platform report is about: accounts, days, what its rows are and what its totals are summed from. Refuses what makes no sense. */
import type { Attribution } from '../../../shared/domain/attribution.ts'
import { type AccountId, accountIdSchema, type EntityId, type EntityType } from '../../../shared/domain/ids.ts'
import type { MetricLevel } from '../../../shared/domain/metric.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { ParsedInputOf } from '../../../shared/operations.ts'
import type { StoredAccount } from '../../store/account-table.ts'
import type { StoredEntity } from '../../store/entity-table.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dayOf, localDay } from '../calendar.ts'
import { unknownEntity } from '../entities.ts'
import { hasKnownCurrency, isReadable, notSynced, type ReportingDeps, storedAccount } from '../freshness.ts'
import { invalid } from '../metric-scope.ts'

export type ReportInput = ParsedInputOf<'get_cross_platform_report'>
export type ReportGroupBy = NonNullable<ReportInput['group_by']>
/** What every part of the report understands; the method has no rows. */
export type ScopeInput = Pick<
  ReportInput,
  'start_date' | 'end_date' | 'platforms' | 'account_ids' | 'attribution' | 'currency' | 'group_by' | 'under'
>

/** Three years: a whole history with the year before it to compare with. */
const MAX_REPORT_DAYS = 1_100
const MAX_DAYS_AHEAD = 31
const DEPTH: Readonly<Record<EntityType, number>> = { campaign: 1, ad_group: 2, ad: 3, creative: 4 }
const LEVELS: ReadonlySet<string> = new Set<MetricLevel>(['campaign', 'ad_group', 'ad'])

export interface ReportRange {
  readonly startDay: number
  readonly endDay: number
}

export interface CrossScope extends ReportRange {
  readonly accounts: readonly StoredAccount[]
  readonly attribution: Attribution
  readonly groupBy: ReportGroupBy
  /** The campaign, ad group or ad that everything lies under, itself included. */
  readonly parent: StoredEntity | undefined
  /** Left out: connected or named, but nothing of them has been read. */
  readonly skippedAccounts: number
  /** Left out: named, but no connection reaches them any more, while it reaches others. */
  readonly lostAccounts: number
}

/** @throws OperationError invalid_input, range_too_long, account_not_available, unknown_entity, not_synced */
export function crossScope(deps: ReportingDeps, input: ScopeInput): CrossScope {
  const parent = parentOf(deps.facts, input.under)
  const groupBy = input.group_by ?? 'platform'
  if (parent !== undefined) refuseAbove(parent, groupBy)
  const { accounts, skipped, lost } = accountsOf(deps.facts, input, parent)
  return {
    accounts,
    ...rangeOf(deps, input, accounts),
    attribution: input.attribution ?? 'click_7d',
    groupBy,
    parent,
    skippedAccounts: skipped,
    lostAccounts: lost,
  }
}

/** The level that rows are read at, where each row is an entity. */
export const entityLevel = (groupBy: ReportGroupBy): MetricLevel | undefined =>
  LEVELS.has(groupBy) ? (groupBy as MetricLevel) : undefined

function isAccountId(id: AccountId | EntityId): id is AccountId {
  return accountIdSchema.safeParse(id).success
}

function parentOf(facts: FactsReadDb, under: ReportInput['under']): StoredEntity | undefined {
  if (under === undefined || isAccountId(under)) return undefined
  const entity = factsReaders(facts).entities.byId(under)
  if (entity === undefined) throw unknownEntity()
  if (entity.type === 'creative')
    throw invalid('Platforms give no numbers for creatives.', 'Ask for the ads that use it.')
  return entity
}

function refuseAbove(parent: StoredEntity, groupBy: ReportGroupBy): void {
  const level = entityLevel(groupBy)
  if (level !== undefined && DEPTH[level] < DEPTH[parent.type])
    throw invalid(`"under" lies below group_by "${groupBy}".`, 'Group by what lies under it, or by date.')
}

/**
 * What no connection reaches any more is history: it is left out of every sum with living accounts, and answered only when nothing else is
 * asked for. What has not been read yet is left out too, unless nothing else is there.
 */
function accountsOf(facts: FactsReadDb, input: ScopeInput, parent: StoredEntity | undefined) {
  const { accounts, coverage } = factsReaders(facts)
  const { under, platforms, account_ids } = input
  const below = parent?.accountId ?? (under !== undefined && isAccountId(under) ? under : undefined)
  if (below !== undefined && account_ids !== undefined && !account_ids.includes(below))
    throw invalid('"under" is not in any of account_ids.', 'Leave account_ids out, or name its account too.')
  const asked = below === undefined ? account_ids : [below]
  const named = asked === undefined ? accounts.all() : [...new Set(asked)].map((id) => storedAccount(facts, id))
  const all = named.filter((account) => platforms === undefined || platforms.includes(account.platform))
  if (below !== undefined && all.length === 0)
    throw invalid('"under" is not on any of platforms.', 'Leave platforms out, or name its platform too.')
  const hasData = (account: StoredAccount): boolean =>
    hasKnownCurrency(account) && coverage.hasDays(account.accountKey, 'campaign')
  const listed = all.filter((account) => account.isListed)
  const wanted = listed.length === 0 && asked !== undefined ? all : listed
  const found = wanted.filter(hasData)
  if (found.length === 0)
    throw notSynced(asked === undefined && platforms === undefined ? 'Nothing here' : 'What was asked for')
  return {
    accounts: found,
    skipped: wanted.filter((account) => !found.includes(account) && (asked !== undefined || isReadable(account)))
      .length,
    lost: asked === undefined ? 0 : all.length - wanted.length,
  }
}

function rangeOf({ clock }: ReportingDeps, input: ScopeInput, accounts: readonly StoredAccount[]): ReportRange {
  const startDay = dayOf(input.start_date)
  const endDay = dayOf(input.end_date)
  if (startDay === undefined || endDay === undefined)
    throw invalid(
      `There is no day "${startDay === undefined ? input.start_date : input.end_date}".`,
      'Use calendar dates like "2026-11-23".',
    )
  if (startDay > endDay) throw invalid('start_date is after end_date.', 'Swap them.')
  const days = endDay - startDay + 1
  if (days > MAX_REPORT_DAYS)
    throw new OperationError(
      'range_too_long',
      `The range has ${days} days; at most ${MAX_REPORT_DAYS} can be asked for at once.`,
      'Split it into shorter ranges.',
      { details: { max_days: MAX_REPORT_DAYS } },
    )
  const latestToday = Math.max(...accounts.map((account) => localDay(clock.nowMs(), account.timeZone)))
  if (endDay > latestToday + MAX_DAYS_AHEAD)
    throw invalid(`"${input.end_date}" is far in the future.`, 'Ask for days that have happened.')
  return { startDay, endDay }
}
