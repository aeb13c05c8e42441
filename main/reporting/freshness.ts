/** How old and how complete the data in scope is, said the same way by every report. */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { currencyExponent } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { METRIC_LEVELS } from '../../shared/domain/metric.ts'
import { MAX_ACCOUNTS, type StoredAccount } from '../store/account-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'
import { cleanUntrusted } from './untrusted.ts'

/** What every report is given. Reports read facts.db and the clock; nothing else. */
export interface ReportingDeps {
  readonly facts: FactsReadDb
  readonly clock: Clock
}

/** Whether there is, or will be, anything to read: a platform that has shut or suspended an account may let nobody read it, for good. */
export function isReadable({ status, entitiesAtMs, lastSyncAtMs }: StoredAccount): boolean {
  const isInTrouble = status === 'disabled' || status === 'limited'
  return !isInTrouble || entitiesAtMs !== null || lastSyncAtMs !== null
}

/** Oldest sync of the accounts; null when one of them was never synced completely, or there is none. */
export function asOf(accounts: readonly StoredAccount[]): string | null {
  const times = accounts.filter(isReadable).map((account) => account.lastSyncAtMs)
  return times.length === 0 || times.includes(null) ? null : isoTime(Math.min(...(times as number[])))
}

export const isoTime = (atMs: number): string => new Date(atMs).toISOString()

/** An amount in a currency whose smallest unit is not known cannot be written down; such an account is kept out of everything. */
export function hasKnownCurrency(account: Pick<StoredAccount, 'currency'>): boolean {
  try {
    currencyExponent(account.currency)
    return true
  } catch {
    return false
  }
}

export function unknownCurrency(currency: string): OperationError {
  return new OperationError(
    'currency_mismatch',
    `The account bills in "${cleanUntrusted(currency, 12)}", a currency this version does not know. Nothing of it is read.`,
    'Its numbers are in the platform’s own window; a later version may know the currency.',
  )
}

/** @throws OperationError account_not_available */
export function storedAccount(facts: FactsReadDb, id: AccountId): StoredAccount {
  const account = factsReaders(facts).accounts.byId(id)
  if (account !== undefined) return account
  throw new OperationError(
    'account_not_available',
    'That account is not connected here.',
    'Call list_accounts and use an account_id from its answer.',
  )
}

export function notSynced(what: string): OperationError {
  return new OperationError(
    'not_synced',
    `${what} has not been synced yet.`,
    'Start a sync in the SpendSignoff window, then ask again.',
    { retryable: true },
  )
}

/** A level whose days end before the account's others: the platform refuses it, for instance for too many ads. */
export function missingLevelWarnings(facts: FactsReadDb, accounts: readonly StoredAccount[]): readonly string[] {
  const { coverage } = factsReaders(facts)
  return METRIC_LEVELS.flatMap((level) => {
    const count = accounts.filter(
      ({ accountKey, completeThroughDay }) =>
        completeThroughDay !== null && (coverage.lastDayOver(accountKey, level) ?? 0) < completeThroughDay,
    ).length
    return count === 0
      ? []
      : [
          `The platform gives no current numbers by ${level.replace('_', ' ')} for ${count === 1 ? 'one account' : `${count} accounts`}; those of the levels above are complete.`,
        ]
  })
}

/** Accounts beyond what this app handles are not read at all, and nobody should think they are in the sums. */
export function tooManyWarning(facts: FactsReadDb): readonly string[] {
  const leftOut = factsReaders(facts).accounts.leftOut()
  return leftOut === 0
    ? []
    : [
        `${leftOut} more ${leftOut === 1 ? 'account is' : 'accounts are'} not read: ${MAX_ACCOUNTS} at most are. Their numbers are in no sum here.`,
      ]
}

/** Shown while the first sync of an account still runs, or has stopped half-way. */
export function firstSyncWarning(accounts: readonly StoredAccount[]): readonly string[] {
  const unfinished = accounts.filter((account) => isReadable(account) && account.lastSyncAtMs === null).length
  if (unfinished === 0) return []
  return [
    `The first sync of ${unfinished === 1 ? 'one account' : `${unfinished} accounts`} has not finished: older days are still missing.`,
  ]
}
