/**
 * get_report_method: for exactly the numbers on screen, account by account: which window came from where, what was approximated, what was left
 * out, what has been restated, and how conversions arrive. Says nothing that the report does not do.
 */
import { DEFINITION_BREAKS } from '../../../shared/domain/attribution.ts'
import { formatRounded } from '../../../shared/domain/money.ts'
import type { OutputOf, ParsedInputOf } from '../../../shared/operations.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dateOf } from '../calendar.ts'
import { FINE } from '../exchange/cross-rate.ts'
import { asOf, isoTime, type ReportingDeps } from '../freshness.ts'
import { cleanUntrusted } from '../untrusted.ts'
import { type AccountBasis, type Basis, loadBasis } from './basis.ts'
import { type Cell, EMPTY_CELL } from './cell.ts'
import { gatherDays } from './drafts.ts'
import { PLATFORM_NAMES, windowNote } from './notes.ts'
import { immatureWithin, originOf } from './report.ts'
import { type CrossScope, crossScope } from './scope.ts'
import { reportWarnings } from './warnings.ts'
import { windowOf } from './window.ts'

type Output = OutputOf<'get_report_method'>
type AccountMethod = Output['accounts'][number]

const MAX_NOTES = 8

/** @throws OperationError invalid_input, range_too_long, account_not_available, not_synced */
export function getReportMethod(deps: ReportingDeps, input: ParsedInputOf<'get_report_method'>): Output {
  const scope = crossScope(deps, { ...input, group_by: 'account' })
  const basis = loadBasis(deps, scope, { currency: input.currency, previous: undefined })
  const cells = cellsPerAccount(basis)
  return {
    attribution: scope.attribution,
    accounts: [...basis.accounts.values()].map((of) =>
      accountMethod(deps.facts, scope, basis, of, cells.get(of.account.accountId) ?? EMPTY_CELL),
    ),
    breaks: DEFINITION_BREAKS.filter(
      ({ date, platform }) =>
        scope.accounts.some((account) => account.platform === platform) && date <= dateOf(scope.endDay),
    ).map(({ date, platform, text }) => ({ date, platform, text })),
    rates: basis.conversion.rates,
    as_of: asOf(scope.accounts),
    warnings: reportWarnings(deps.facts, scope, { basis, isOrderedByCurrency: false, more: [] }),
  }
}

/** In each account's own currency, whatever the report is shown in. */
function cellsPerAccount(basis: Basis): ReadonlyMap<string, Cell> {
  const own: Basis = { ...basis, conversion: { ...basis.conversion, shownIn: (code) => code, fineRate: () => FINE } }
  const rows = gatherDays(own, basis.current, ({ account: { accountId, platform } }, _day, currency) => ({
    key: accountId,
    platform,
    accountId,
    firstDay: null,
    currency,
  }))
  return new Map(rows.map(({ key, cell }) => [key, cell]))
}

function accountMethod(
  facts: FactsReadDb,
  scope: CrossScope,
  basis: Basis,
  of: AccountBasis,
  cell: Cell,
): AccountMethod {
  const { account, curve } = of
  const isImported = originOf([of]) === 'imported'
  const written = (micros: bigint): string => formatRounded(micros, account.currency)
  const unmeasured = (cell.sums.spend - cell.sums.measuredSpend) / FINE
  const open = basis.current.openDays.get(account.accountKey)?.size ?? 0
  const since = immatureWithin(of, basis)
  return {
    account_id: account.accountId,
    platform: account.platform,
    currency: account.currency,
    time_zone: account.timeZone,
    is_imported: isImported,
    window: windowOf(scope.attribution, cell),
    notes: [
      windowNote(account.platform, scope.attribution, cell, originOf([of])),
      ...leftOutNotes(of, cell, unmeasured, written),
      ...dayNotes(of, basis, open),
      ...currencyNotes(of, basis),
      maturityNote(of, since),
    ].slice(0, MAX_NOTES),
    spend: written(cell.sums.spend / FINE),
    unmeasured_spend: written(unmeasured),
    days_held: scope.endDay - scope.startDay + 1 - open,
    days_missing: open,
    last_sync_at: account.lastSyncAtMs === null ? null : isoTime(account.lastSyncAtMs),
    complete_through: account.completeThroughDay === null ? null : dateOf(account.completeThroughDay),
    restated: restatedOf(facts, scope, of, written),
    maturity: {
      curve: curve.kind,
      points: curve.sharesE6.map((share, age_days) => ({ age_days, share: Number(share) / 1_000_000 })),
      immature_since: since === null ? null : dateOf(since),
    },
    untrusted: { name: cleanUntrusted(account.name) },
  }
}

function leftOutNotes(
  { account, plan }: AccountBasis,
  { known, facts }: Cell,
  unmeasured: bigint,
  written: (micros: bigint) => string,
): readonly string[] {
  const name = PLATFORM_NAMES[account.platform]
  const notes: string[] = []
  if (unmeasured > 0n)
    notes.push(
      `${written(unmeasured)} ${account.currency} went to what ${name} says no conversion value of: it is in spend and ROAS, and left out of roas_measured.`,
    )
  if (facts > 0n && plan.conversions.length > 0 && plan.value.length === 0)
    notes.push(`${name} gives these conversions no value, so there is no ROAS by this window.`)
  if (known.viewConversions > 0n)
    notes.push('View-through conversions are in their own columns and in no ROAS of ours.')
  if (facts > 0n && known.viewConversions === 0n) notes.push(`${name} says no view-through conversions here.`)
  return notes
}

function dayNotes({ account }: AccountBasis, { current }: Basis, open: number): readonly string[] {
  const days = current.endDay - current.startDay + 1
  const zone = `Days are calendar days of ${account.timeZone}.`
  if (open === 0) return [zone]
  return [`${zone} ${open} of ${days} had not ended when they were last read, or were never read.`]
}

function currencyNotes({ account: { currency } }: AccountBasis, { conversion }: Basis): readonly string[] {
  const shown = conversion.shownIn(currency)
  if (shown !== currency)
    return [
      `Each day’s amounts are converted from ${currency} to ${shown} by the last reference rate published in the week up to that day.`,
    ]
  return conversion.rates.missing.some((missing) => missing.currency === currency)
    ? [`Amounts stay in ${currency}: a day has no rate.`]
    : []
}

function maturityNote({ curve, account }: AccountBasis, since: number | null): string {
  const source =
    curve.kind === 'measured'
      ? 'How conversions arrive was measured on this account’s own days.'
      : 'How conversions arrive is assumed, until two weeks of this account’s own days show it.'
  const name = PLATFORM_NAMES[account.platform]
  if (account.restatementDays === 0) return `${name} days of this account are taken as final.`
  return since === null
    ? `${source} All of these days are counted as mature.`
    : `${source} Conversions from ${dateOf(since)} on are still arriving; spend is final.`
}

function restatedOf(
  facts: FactsReadDb,
  { startDay, endDay }: CrossScope,
  { account }: AccountBasis,
  written: (micros: bigint) => string,
): AccountMethod['restated'] {
  const moved = factsReaders(facts).restatements.inRange(account.accountKey, 'campaign', startDay, endDay)
  if (moved.length === 0) return null
  const sum = (of: (day: (typeof moved)[number]) => bigint): bigint => moved.reduce((all, day) => all + of(day), 0n)
  return {
    days: moved.length,
    spend: written(sum((day) => day.spendMovedMicros)),
    conversions: Number(sum((day) => day.clickConversionMovedMicros)) / 1_000_000,
    conversion_value: written(sum((day) => day.clickValueMovedMicros)),
  }
}
