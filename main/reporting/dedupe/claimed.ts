/**
 * What one platform claims and costs in a period, from the stored facts of its campaigns: conversions after a click brought as near to the
 * 7-day click as the facts allow, and how sure that is. Reads only; never adds views to clicks.
 */
import type { ClaimStatus } from '../../../shared/domain/attribution.ts'
import type { StoredAccount } from '../../store/account-table.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { GroupedSums, KnownColumn, Scope } from '../../store/metric-query.ts'
import type { FactsReadDb } from '../../store/open.ts'
import type { ConvertToFine } from './convert.ts'

const WINDOW_DAYS = 7n
/** More campaigns than 500 accounts have, and no more rows than that are ever asked for at once. */
const MAX_ROWS = 250_000

export interface Claimed {
  readonly status: ClaimStatus
  /** Millionths of a conversion; null: not known. */
  readonly clickMicros: bigint | null
  readonly viewMicros: bigint | null
  /** Fine units of the report's currency; null: not known, or a day has no rate. */
  readonly valueFine: bigint | null
  readonly spendFine: bigint
  /** False: part of the spend has no rate and is in no sum. */
  readonly isSpendWhole: boolean
}

/** Which column of an account are its claims: clicks where it tells them apart, else what its own screen shows. */
type Source = 'click' | 'reported' | 'none'
const COLUMNS = {
  click: { count: 'click_conversion_micros', value: 'click_value_micros' },
  reported: { count: 'reported_conversion_micros', value: 'reported_value_micros' },
} as const satisfies Record<string, Record<string, KnownColumn>>

/** @param accounts of one platform; none: nothing is known and nothing was spent */
export function claimedBy(
  facts: FactsReadDb,
  accounts: readonly StoredAccount[],
  days: { readonly startDay: number; readonly endDay: number },
  convert: ConvertToFine,
): Claimed {
  const { metrics } = factsReaders(facts)
  const scope: Scope = {
    accountKeys: accounts.map(({ accountKey }) => accountKey),
    entityKeys: undefined,
    level: 'campaign',
    ...days,
  }
  const slice = { limit: MAX_ROWS, offset: 0 }
  const { rows } = metrics.groups(scope, { byDay: true, by: 'account' }, { order: 'date', ...slice })
  if (rows.length === 0) return withoutFacts(facts, accounts, days)
  const sources = sourcesOf(rows)
  const campaigns = metrics.groups(scope, { byDay: false, by: 'entity' }, { order: 'spend', ...slice }).rows
  return { ...amountsOf(rows, sources, convert), status: statusOf(campaigns, sources) }
}

/** No row on days that were all fetched is a claim of nothing. */
function withoutFacts(
  facts: FactsReadDb,
  accounts: readonly StoredAccount[],
  { startDay, endDay }: { readonly startDay: number; readonly endDay: number },
): Claimed {
  const { coverage } = factsReaders(facts)
  const isFetched = ({ accountKey }: StoredAccount): boolean =>
    coverage.daysOver(accountKey, 'campaign', startDay, endDay) === endDay - startDay + 1
  const nothing = accounts.length > 0 && accounts.every(isFetched) ? 0n : null
  return {
    status: nothing === null ? 'unavailable' : 'exact',
    clickMicros: nothing,
    viewMicros: nothing,
    valueFine: nothing,
    spendFine: 0n,
    isSpendWhole: true,
  }
}

function sourcesOf(rows: readonly GroupedSums[]): ReadonlyMap<number, Source> {
  const sources = new Map<number, Source>()
  for (const { accountKey, known } of rows) {
    const before = sources.get(accountKey ?? 0) ?? 'none'
    const isClick = before === 'click' || known.click_conversion_micros > 0n
    const isReported = before === 'reported' || known.reported_conversion_micros > 0n
    sources.set(accountKey ?? 0, isClick ? 'click' : isReported ? 'reported' : 'none')
  }
  return sources
}

function amountsOf(
  rows: readonly GroupedSums[],
  sources: ReadonlyMap<number, Source>,
  convert: ConvertToFine,
): Omit<Claimed, 'status'> {
  let clickMicros: bigint | null = null
  let viewMicros: bigint | null = null
  let value: { readonly fine: bigint; readonly isWhole: boolean } | undefined
  let [spendFine, isSpendWhole] = [0n, true]
  for (const { accountKey, currency, day, spendMicros, values, known } of rows) {
    const spend = convert(spendMicros, currency, day ?? 0)
    spendFine += spend ?? 0n
    isSpendWhole &&= spend !== undefined || spendMicros === 0n
    const { view_conversion_micros: views } = values
    if (known.view_conversion_micros > 0n) viewMicros = (viewMicros ?? 0n) + views
    const source = sources.get(accountKey ?? 0) ?? 'none'
    if (source === 'none') continue
    const columns = COLUMNS[source]
    clickMicros = (clickMicros ?? 0n) + values[columns.count]
    if (known[columns.value] === 0n) continue
    const fine = convert(values[columns.value], currency, day ?? 0)
    value = { fine: (value?.fine ?? 0n) + (fine ?? 0n), isWhole: (value?.isWhole ?? true) && fine !== undefined }
  }
  return {
    clickMicros,
    viewMicros,
    valueFine: value?.isWhole === true ? value.fine : null,
    spendFine,
    isSpendWhole,
  }
}

/**
 * Exact where every campaign that says its conversions counts seven days after a click, by asking, by setting or put together from Google's
 * lag buckets. A shorter window can only miss some; a longer, mixed or unknown one can only hold too many.
 */
function statusOf(campaigns: readonly GroupedSums[], sources: ReadonlyMap<number, Source>): ClaimStatus {
  const found = new Set<ClaimStatus>()
  for (const campaign of campaigns) {
    const source = sources.get(campaign.accountKey ?? 0) ?? 'none'
    if (source === 'none') found.add('unavailable')
    else if (campaign.known[COLUMNS[source].count] > 0n)
      found.add(source === 'reported' ? 'upper_bound' : windowStatus(campaign))
  }
  if (found.has('upper_bound')) return 'upper_bound'
  // Accounts that say nothing may claim more.
  if (found.has('lower_bound') || (found.has('exact') && found.has('unavailable'))) return 'lower_bound'
  return found.has('exact') ? 'exact' : 'unavailable'
}

function windowStatus({ facts, windows: { known, days, squares } }: GroupedSums): ClaimStatus {
  // Numbers are all equal exactly when their count times the sum of their squares is the square of their sum.
  if (known !== facts || known * squares !== days * days) return 'upper_bound'
  if (days === WINDOW_DAYS * known) return 'exact'
  return days < WINDOW_DAYS * known ? 'lower_bound' : 'upper_bound'
}
