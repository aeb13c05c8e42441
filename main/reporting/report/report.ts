/**
 * get_cross_platform_report: spend, conversions and ROAS of all platforms on one definition, with how exact and how mature each number is. Every
 * breakdown adds up to the same totals; currencies are converted by dated rates or kept apart; nothing unknown is shown as zero.
 */
import type { Platform } from '../../../shared/domain/ids.ts'
import { PLATFORMS } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { OutputOf, ParsedInputOf } from '../../../shared/operations.ts'
import { IMPORT_CONNECTION } from '../../../shared/schemas/imports.ts'
import { dateOf } from '../calendar.ts'
import { nextCursor, offsetOf } from '../cursor.ts'
import { asOf, type ReportingDeps } from '../freshness.ts'
import { type AccountBasis, type Basis, loadBasis } from './basis.ts'
import { comparabilityOf } from './comparison.ts'
import { gatherAccounts, gatherTotals, type RowDraft } from './drafts.ts'
import { immatureSince } from './maturity.ts'
import { definitionNotes, type Origin, windowNote } from './notes.ts'
import { rangeBefore } from './periods.ts'
import { type RowsPage, rowsPage } from './rows.ts'
import { type CrossScope, crossScope, type ReportInput } from './scope.ts'
import { rowViews, totalViews } from './view.ts'
import { reportWarnings } from './warnings.ts'
import { windowOf } from './window.ts'

type Output = OutputOf<'get_cross_platform_report'>
type Credit = OutputOf<'get_order_credit'>['credit']

export interface CrossReportDeps extends ReportingDeps {
  /** Orders credited once, for the same days and accounts; absent: the report says nothing of orders. */
  readonly orderCredit?: (input: ParsedInputOf<'get_order_credit'>) => Credit
  /** An AI client's answer is kept within what it can take. */
  readonly isAgent?: boolean
}

const DEFAULT_LIMIT = 50
const AGENT_LIMIT = 20
/** An AI client takes 40,000 characters; the rest of the reply needs little. */
const MAX_REPLY_CHARS = 36_000

/** Exact sums behind a page: what the output rounds. */
export interface ReportParts {
  readonly scope: CrossScope
  readonly basis: Basis
  readonly totals: readonly RowDraft[]
  readonly page: RowsPage
  readonly offset: number
}

/**
 * At most 1,100 days. Rows are ordered by date where there is one, else by spend, largest first.
 * @throws OperationError invalid_input, range_too_long, account_not_available, unknown_entity, not_synced
 */
export function crossPlatformReport(deps: CrossReportDeps, input: ReportInput): Output {
  const parts = reportParts(deps, input)
  const { scope, basis, totals, page, offset } = parts
  const rows = rowViews(deps.facts, basis, scope.attribution, page.rows)
  const accounts = scope.accounts
  const credit = creditOf(deps, input)
  const complete = accounts.map((account) => account.completeThroughDay)
  const output: Output = {
    rows,
    totals: totalViews(scope.attribution, totals),
    comparison: comparisonOf(parts, input),
    attribution: scope.attribution,
    platforms: platformViews(scope, basis),
    rates: basis.conversion.rates,
    deduplicated: credit.value,
    definition_notes: definitionNotes({
      attribution: scope.attribution,
      range: scope,
      platforms: platformsOf(scope),
      total: totals.map(({ cell }) => cell),
      convertedTo: basis.conversion.isNeeded ? basis.conversion.rates.currency : null,
      hasRemainder: rows.some((row) => row.is_remainder),
      hasImmature: [...rows, ...totalViews(scope.attribution, totals)].some(
        ({ maturity }) => maturity.state === 'immature',
      ),
    }),
    complete_through: complete.includes(null) ? null : dateOf(Math.min(...(complete as number[]))),
    is_partial: [...basis.current.openDays.values()].some((days) => days.size > 0),
    total: page.total,
    next_cursor: null,
    as_of: asOf(accounts),
    warnings: reportWarnings(deps.facts, scope, {
      basis,
      isOrderedByCurrency: page.isOrderedByCurrency,
      more: credit.warnings,
    }),
  }
  return paged(deps, input, output, offset)
}

/** The report before anything is rounded. Tests hold its sums against each other. @throws as crossPlatformReport */
export function reportParts(deps: CrossReportDeps, input: ReportInput): ReportParts {
  const scope = crossScope(deps, input)
  const previous = input.compare_to === undefined ? undefined : rangeBefore(input.compare_to, scope)
  const basis = loadBasis(deps, scope, { currency: input.currency, previous })
  const offset = offsetOf('get_cross_platform_report', input)
  const page = rowsPage(deps.facts, basis, scope, {
    order: input.order_by,
    byPlatform: input.by_platform === true,
    limit: input.limit ?? (deps.isAgent === true ? AGENT_LIMIT : DEFAULT_LIMIT),
    offset,
  })
  return { scope, basis, totals: gatherTotals(basis, basis.current), page, offset }
}

/** Cuts an AI client's page to what it can take, at least one row, and says where the next one begins. */
function paged(deps: CrossReportDeps, input: ReportInput, output: Output, offset: number): Output {
  let count = output.rows.length
  if (deps.isAgent === true) {
    const bare = JSON.stringify({ ...output, rows: [] }).length
    let chars = bare
    const end = output.rows.findIndex((row, index) => {
      chars += JSON.stringify(row).length + 1
      return index > 0 && chars > MAX_REPLY_CHARS
    })
    if (end !== -1) count = end
  }
  const next = count === 0 ? null : nextCursor('get_cross_platform_report', input, offset + count, output.total)
  return { ...output, rows: output.rows.slice(0, count), next_cursor: next }
}

function comparisonOf({ scope, basis, totals }: ReportParts, input: ReportInput): Output['comparison'] {
  const { previous, current } = basis
  if (previous === undefined || input.compare_to === undefined) return null
  const before = gatherTotals(basis, previous)
  return {
    start_date: dateOf(previous.startDay),
    end_date: dateOf(previous.endDay),
    totals: totalViews(scope.attribution, before),
    ...comparabilityOf(
      scope.attribution,
      platformsOf(scope),
      { period: current, totals },
      { period: previous, totals: before },
    ),
  }
}

const platformsOf = ({ accounts }: CrossScope): ReadonlySet<Platform> =>
  new Set(accounts.map((account) => account.platform))

function platformViews(scope: CrossScope, basis: Basis): Output['platforms'] {
  const drafts = new Map(
    gatherAccounts(basis, basis.current, ({ account: { platform } }) => ({
      key: platform,
      platform,
      accountId: null,
      firstDay: null,
      currency: '',
    })).map((draft) => [draft.platform, draft]),
  )
  return PLATFORMS.flatMap((platform) => {
    const of = [...basis.accounts.values()].filter(({ account }) => account.platform === platform)
    const draft = drafts.get(platform)
    if (of.length === 0) return []
    const since = of.flatMap((account) => immatureWithin(account, basis) ?? [])
    return [
      {
        platform,
        window:
          draft === undefined
            ? { status: 'unknown' as const, click_days: null }
            : windowOf(scope.attribution, draft.cell),
        note: draft === undefined ? '' : windowNote(platform, scope.attribution, draft.cell, originOf(of)),
        immature_since: since.length === 0 ? null : dateOf(Math.min(...since)),
        as_of: asOf(of.map(({ account }) => account)),
      },
    ]
  })
}

/** The first day of the current period whose conversions of this account are still arriving; null: none. */
export function immatureWithin({ curve, asOfDay }: AccountBasis, { current }: Basis): number | null {
  const since = immatureSince(curve, asOfDay)
  if (since === null || since > current.endDay || asOfDay < current.startDay) return null
  return Math.max(since, current.startDay)
}

export function originOf(accounts: readonly AccountBasis[]): Origin {
  const imported = accounts.filter(({ account }) => account.connectionId === IMPORT_CONNECTION).length
  return imported === 0 ? 'synced' : imported === accounts.length ? 'imported' : 'both'
}

/** Orders are known per account at most: below one there is nothing to credit. */
function creditOf(
  { orderCredit }: CrossReportDeps,
  input: ReportInput,
): { readonly value: Output['deduplicated']; readonly warnings: readonly string[] } {
  const { start_date, end_date, platforms, account_ids, currency, under, group_by, cursor } = input
  // Said once per report, with its platforms and its first page: finding it out takes longer than all the rest.
  const isFirst = cursor === undefined && (group_by === undefined || group_by === 'platform')
  if (orderCredit === undefined || !isFirst || under?.includes('/') === true) return { value: null, warnings: [] }
  const accounts = under === undefined ? account_ids : [under as NonNullable<typeof account_ids>[number]]
  try {
    const credit = orderCredit({ start_date, end_date, platforms, account_ids: accounts, currency })
    if (credit === null) return { value: null, warnings: [] }
    const { top_campaigns: _top, ...value } = credit
    return { value, warnings: [] }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    // What cannot be said of orders is no reason to say nothing of spend.
    return { value: null, warnings: [`Orders are not credited here: ${error.message}`] }
  }
}
