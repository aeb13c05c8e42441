/** What accounts spent per day, from the roll-ups of facts.db: what the watch over spend reads. Changes nothing. */
import type { AccountId } from '../../shared/domain/ids.ts'
import type { FactsReadDb } from './open.ts'

export interface WatchedAccount {
  readonly accountKey: number
  readonly accountId: AccountId
  readonly currency: string
  readonly timeZone: string
}

/** Days since 1970 in the account's own calendar; micros of its currency. */
export interface SpendDay {
  readonly day: number
  readonly spendMicros: bigint
}

const MAX_ACCOUNTS = 1_000

export type SpendReader = ReturnType<typeof createSpendReader>

export function createSpendReader(db: FactsReadDb) {
  const accounts = db.prepare<[], WatchedAccount>(
    `SELECT account_key AS accountKey, account_id AS accountId, currency, time_zone AS timeZone
     FROM account WHERE is_listed = 1 ORDER BY account_key LIMIT ${MAX_ACCOUNTS}`,
  )
  const days = db
    .prepare<[number, number, number], { day: bigint; spend: bigint }>(
      `SELECT day, spend_micros AS spend FROM metric_day
       WHERE account_key = ? AND level = 'campaign' AND day BETWEEN ? AND ? ORDER BY day`,
    )
    .safeIntegers()
  return {
    accounts: (): readonly WatchedAccount[] => accounts.all(),
    /** Days on which anything was reported, both ends included. */
    spend: (accountKey: number, fromDay: number, toDay: number): readonly SpendDay[] =>
      days.all(accountKey, fromDay, toDay).map(({ day, spend }) => ({ day: Number(day), spendMicros: spend })),
  }
}
