/** What a metrics query is about: which accounts, entities, level and days. Refuses what would count something twice or compare nothing. */
import type { EntityType } from '../../shared/domain/ids.ts'
import type { MetricLevel } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ParsedInputOf } from '../../shared/operations.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { Grouping, Scope } from '../store/metric-query.ts'
import type { FactsReadDb } from '../store/open.ts'
import { dayOf, localDay } from './calendar.ts'
import { unknownEntity } from './entities.ts'
import { hasKnownCurrency, isReadable, notSynced, type ReportingDeps, storedAccount } from './freshness.ts'

type Input = ParsedInputOf<'query_metrics'>

export const MAX_RANGE_DAYS = 400
/** A month that is still running may be asked for to its end; beyond that a date is a slip of the pen. */
const MAX_DAYS_AHEAD = 31
const DEPTH: Readonly<Record<EntityType, number>> = { campaign: 1, ad_group: 2, ad: 3, creative: 4 }

export interface MetricScope {
  readonly accounts: readonly StoredAccount[]
  /** What the rows are summed from. */
  readonly rows: Scope
  /** What the totals are summed from: an account's campaigns, or the asked entities themselves, never two levels of the same thing. */
  readonly totals: Scope
  readonly grouping: Grouping
  readonly hasAccount: boolean
  /** Left out: connected or named, but nothing of them has been read at this level. */
  readonly skippedAccounts: number
  /** Left out: named, but no connection reaches them any more, while it reaches others that were named. */
  readonly lostAccounts: number
}

/**
 * @throws OperationError invalid_input, range_too_long, account_not_available, unknown_entity, not_synced
 */
export function metricScope(deps: ReportingDeps, input: Input): MetricScope {
  const targets = targetsOf(deps.facts, input)
  const dimensions = new Set(input.dimensions ?? [])
  const dimensionLevel = (['ad', 'ad_group', 'campaign'] as const).find((level) => dimensions.has(level))
  const level = dimensionLevel ?? commonLevel(targets) ?? 'campaign'
  refuseDeeper(targets, level)
  const { accounts, skipped, lost } = accountsOf(deps.facts, input, targets, level)
  const { startDay, endDay } = daysOf(deps, input, accounts)
  const rows: Scope = {
    accountKeys: accounts.map((account) => account.accountKey),
    entityKeys: targets
      ?.filter((entity) => accounts.some((account) => account.accountKey === entity.accountKey))
      .map((entity) => entity.entityKey),
    level,
    startDay,
    endDay,
  }
  const hasAccount = dimensions.has('account')
  return {
    accounts,
    rows,
    totals: { ...rows, level: targets === undefined ? 'campaign' : (commonType(targets) ?? level) },
    grouping: {
      byDay: dimensions.has('date'),
      by: dimensionLevel !== undefined ? 'entity' : hasAccount ? 'account' : 'currency',
    },
    hasAccount,
    skippedAccounts: skipped,
    lostAccounts: lost,
  }
}

function targetsOf(facts: FactsReadDb, input: Input): readonly StoredEntity[] | undefined {
  if (input.entity_ids === undefined) return undefined
  const { entities } = factsReaders(facts)
  return [...new Set(input.entity_ids)].map((id) => {
    const entity = entities.byId(id)
    if (entity === undefined) throw unknownEntity()
    if (entity.type === 'creative')
      throw invalid('Platforms give no numbers for creatives.', 'Ask for the ads that use it.')
    if (input.account_ids !== undefined && !input.account_ids.includes(entity.accountId))
      throw invalid(
        'One of entity_ids is not in any of account_ids.',
        'Leave account_ids out, or name the account of every entity.',
      )
    return entity
  })
}

function commonType(targets: readonly StoredEntity[]): MetricLevel | undefined {
  const [type, ...others] = new Set(targets.map((entity) => entity.type))
  return others.length === 0 && type !== 'creative' ? type : undefined
}

function commonLevel(targets: readonly StoredEntity[] | undefined): MetricLevel | undefined {
  if (targets === undefined) return undefined
  const type = commonType(targets)
  if (type !== undefined) return type
  throw invalid(
    'entity_ids mixes campaigns, ad groups and ads: the same spend could be counted twice.',
    'Ask for one type at a time, or add a dimension such as "ad".',
  )
}

function refuseDeeper(targets: readonly StoredEntity[] | undefined, level: MetricLevel): void {
  if (targets?.some((entity) => DEPTH[entity.type] > DEPTH[level]))
    throw invalid(
      `One of entity_ids lies below the dimension "${level}".`,
      'Use the dimension of the entity itself, or of something below it.',
    )
}

/**
 * What no connection reaches any more is history: it is left out of every sum with living accounts, asked for by name or not, and answered
 * only when nothing else is asked for. What has not been read yet is left out too, unless nothing else is there.
 */
function accountsOf(
  facts: FactsReadDb,
  input: Input,
  targets: readonly StoredEntity[] | undefined,
  level: MetricLevel,
) {
  const { accounts, coverage } = factsReaders(facts)
  const hasData = (account: StoredAccount): boolean =>
    hasKnownCurrency(account) && coverage.hasDays(account.accountKey, level)
  const asked = targets?.map((entity) => entity.accountId) ?? input.account_ids
  const all = asked === undefined ? accounts.all() : [...new Set(asked)].map((id) => storedAccount(facts, id))
  const listed = all.filter((account) => account.isListed)
  const wanted = listed.length === 0 && asked !== undefined ? all : listed
  const found = wanted.filter(hasData)
  if (found.length === 0) throw notSynced(asked === undefined ? 'Nothing here' : 'What was asked for')
  return {
    accounts: found,
    skipped: wanted.filter((account) => !found.includes(account) && (asked !== undefined || isReadable(account)))
      .length,
    lost: asked === undefined ? 0 : all.length - wanted.length,
  }
}

function daysOf(
  { clock }: ReportingDeps,
  input: Input,
  accounts: readonly StoredAccount[],
): { startDay: number; endDay: number } {
  const startDay = dayOf(input.start_date)
  const endDay = dayOf(input.end_date)
  if (startDay === undefined || endDay === undefined)
    throw invalid(
      `There is no day "${startDay === undefined ? input.start_date : input.end_date}".`,
      'Use calendar dates like "2026-11-23".',
    )
  if (startDay > endDay) throw invalid('start_date is after end_date.', 'Swap them.')
  if (endDay - startDay + 1 > MAX_RANGE_DAYS)
    throw new OperationError(
      'range_too_long',
      `The range has ${endDay - startDay + 1} days; at most ${MAX_RANGE_DAYS} can be asked for at once.`,
      'Split it into shorter ranges.',
      { details: { max_days: MAX_RANGE_DAYS } },
    )
  const nowMs = clock.nowMs()
  const latestToday = Math.max(...accounts.map((account) => localDay(nowMs, account.timeZone)))
  if (endDay > latestToday + MAX_DAYS_AHEAD)
    throw invalid(`"${input.end_date}" is far in the future.`, 'Ask for days that have happened.')
  return { startDay, endDay }
}

export function invalid(message: string, hint: string): OperationError {
  return new OperationError('invalid_input', message, hint)
}
