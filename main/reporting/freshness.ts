/** How old and how complete the data in scope is, said the same way by every report. */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { StoredAccount } from '../store/account-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'

/** What every report is given. Reports read facts.db and the clock; nothing else. */
export interface ReportingDeps {
  readonly facts: FactsReadDb
  readonly clock: Clock
}

/** Oldest sync of the accounts; null when one of them was never synced completely, or there is none. */
export function asOf(accounts: readonly StoredAccount[]): string | null {
  const times = accounts.map((account) => account.lastSyncAtMs)
  return times.length === 0 || times.includes(null) ? null : isoTime(Math.min(...(times as number[])))
}

export const isoTime = (atMs: number): string => new Date(atMs).toISOString()

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

/** Shown while the first sync of an account still runs, or has stopped half-way. */
export function firstSyncWarning(accounts: readonly StoredAccount[]): readonly string[] {
  const unfinished = accounts.filter((account) => account.lastSyncAtMs === null).length
  if (unfinished === 0) return []
  return [
    `The first sync of ${unfinished === 1 ? 'one account' : `${unfinished} accounts`} has not finished: older days are still missing.`,
  ]
}
