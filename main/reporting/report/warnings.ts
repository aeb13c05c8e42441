/** What somebody who reads a report must know besides its numbers: what is left out, missing or in an unexpected order. */
import type { FactsReadDb } from '../../store/open.ts'
import { firstSyncWarning, missingLevelWarnings, tooManyWarning } from '../freshness.ts'
import type { Basis } from './basis.ts'
import type { CrossScope } from './scope.ts'

const MAX_WARNINGS = 10

export interface WarningFacts {
  readonly basis: Basis
  readonly isOrderedByCurrency: boolean
  readonly more: readonly string[]
}

export function reportWarnings(
  facts: FactsReadDb,
  { accounts, skippedAccounts, lostAccounts }: Pick<CrossScope, 'accounts' | 'skippedAccounts' | 'lostAccounts'>,
  { basis, isOrderedByCurrency, more }: WarningFacts,
): string[] {
  const { conversion } = basis
  const currencies = new Set(accounts.map(({ currency }) => conversion.shownIn(currency)))
  return [
    ...leftOut(skippedAccounts, 'has no data yet', 'have no data yet'),
    ...leftOut(lostAccounts, 'can no longer be reached', 'can no longer be reached'),
    ...firstSyncWarning(accounts),
    ...missingLevelWarnings(facts, accounts),
    ...tooManyWarning(facts),
    ...conversion.rates.missing.map(
      ({ currency, first_missing_date, days }) =>
        `${currency} is kept apart: there is no rate for ${days === 1 ? first_missing_date : `${days} days from ${first_missing_date} on`}.`,
    ),
    ...(currencies.size > 1 ? ['Totals are given per currency and are not added up.'] : []),
    ...(isOrderedByCurrency ? ['There are too many rows to put several currencies into one order.'] : []),
    ...more,
  ].slice(0, MAX_WARNINGS)
}

function leftOut(count: number, one: string, several: string): readonly string[] {
  if (count === 0) return []
  return [count === 1 ? `One account ${one} and is left out.` : `${count} accounts ${several} and are left out.`]
}
