/**
 * Ad accounts in facts.db: the only SQL that touches them. Holds what platforms said of an account and how fresh its data is; never a credential.
 */
import type { Account } from '../../shared/domain/entity.ts'
import type { AccountId, Platform } from '../../shared/domain/ids.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

/** An account as stored. Days are days since 1970-01-01 in the account's own calendar. */
export interface StoredAccount extends Account {
  readonly accountKey: number
  readonly connectionId: string
  /** False once its connection no longer lists it. */
  readonly isListed: boolean
  readonly restatementDays: number
  /** Last complete listing of all its entities; null before the first. */
  readonly entitiesAtMs: number | null
  /** All of it is at least as fresh as this; null before the first complete sync. */
  readonly lastSyncAtMs: number | null
  /** Last day that was over when it was fetched at every level. */
  readonly completeThroughDay: number | null
  /** Last complete listing of its pixels and conversion actions; null before the first. */
  readonly trackersAtMs: number | null
  /** Our error code when the last attempt to list them failed. */
  readonly trackersProblem: string | null
}

export interface EntityCounts {
  readonly campaigns: number
  readonly adGroups: number
  readonly ads: number
}

interface AccountRow {
  account_key: number
  account_id: AccountId
  platform: Platform
  name: string
  currency: string
  time_zone: string
  status: Account['status']
  raw_status: string
  connection_id: string
  is_listed: number
  restatement_days: number
  entities_at_ms: number | null
  last_sync_at_ms: number | null
  complete_through: number | null
  manager_id: string | null
  manager_name: string | null
  is_writable: number | null
  trackers_at_ms: number | null
  trackers_problem: string | null
}

/** More are not read: at some ten requests a second a sync of more would not end. */
export const MAX_ACCOUNTS = 500

export type AccountReader = ReturnType<typeof createAccountReader>

export function createAccountReader(db: FactsReadDb) {
  const byId = db.prepare<[string], AccountRow>('SELECT * FROM account WHERE account_id = ?')
  const all = db.prepare<[number], AccountRow>(
    'SELECT * FROM (SELECT * FROM account ORDER BY is_listed DESC, account_id LIMIT ?) ORDER BY account_id',
  )
  const leftOut = db.prepare<{ max: number }, { n: number }>(
    `SELECT (SELECT COALESCE(SUM(left_out), 0) FROM listing)
       + MAX(0, (SELECT COUNT(*) FROM account WHERE is_listed = 1) - @max) AS n`,
  )
  const counts = db.prepare<[number], { type: string; n: number }>(
    `SELECT type, COUNT(*) AS n FROM entity WHERE account_key = ? AND status <> 'deleted' GROUP BY type`,
  )
  return {
    byId(id: AccountId): StoredAccount | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : toAccount(row)
    },
    /** All accounts ever seen, at most 500 and those that are listed first, in the order of their ids. */
    all: (): readonly StoredAccount[] => all.all(MAX_ACCOUNTS).map(toAccount),
    /** How many accounts connections list beyond what `all` gives. */
    leftOut: (): number => leftOut.get({ max: MAX_ACCOUNTS })?.n ?? 0,
    /** Entities that are not deleted. */
    counts(accountKey: number): EntityCounts {
      const found = new Map(counts.all(accountKey).map((row) => [row.type, row.n]))
      return { campaigns: found.get('campaign') ?? 0, adGroups: found.get('ad_group') ?? 0, ads: found.get('ad') ?? 0 }
    },
  }
}

export type AccountWriter = ReturnType<typeof createAccountWriter>

export function createAccountWriter(db: FactsDb) {
  const upsert = db.prepare(
    `INSERT INTO account (account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run, restatement_days,
       manager_id, manager_name, is_writable)
     VALUES (@account_id, @platform, @name, @currency, @time_zone, @status, @raw_status, @connection_id, 1, @seen_run, @restatement_days,
       @manager_id, @manager_name, @is_writable)
     ON CONFLICT (account_id) DO UPDATE SET
       name = excluded.name, currency = excluded.currency, time_zone = excluded.time_zone, status = excluded.status,
       raw_status = excluded.raw_status, connection_id = excluded.connection_id, is_listed = 1, seen_run = excluded.seen_run,
       restatement_days = excluded.restatement_days, manager_id = excluded.manager_id, manager_name = excluded.manager_name,
       is_writable = excluded.is_writable
     -- Two connections may reach one account: the first of a run keeps it, unless that one was removed meanwhile.
     WHERE account.seen_run <> excluded.seen_run OR account.connection_id = excluded.connection_id OR account.is_listed = 0`,
  )
  const setLeftOut = db.prepare('INSERT OR REPLACE INTO listing (connection_id, left_out) VALUES (?, ?)')
  const hide = db.prepare('UPDATE account SET is_listed = 0 WHERE connection_id = ? AND seen_run <> ?')
  const setEntitiesAt = db.prepare('UPDATE account SET entities_at_ms = ? WHERE account_key = ?')
  const setSynced = db.prepare(
    `UPDATE account SET last_sync_at_ms = CASE WHEN last_sync_at_ms <= @now THEN MAX(@at, last_sync_at_ms) ELSE @at END
     WHERE account_key = @account`,
  )
  const setComplete = db.prepare('UPDATE account SET complete_through = ? WHERE account_key = ?')
  return {
    /** One complete listing of a connection: what it no longer lists is kept, and marked. Call inside a transaction. */
    replaceListing(connectionId: string, runId: number, restatementDays: number, accounts: readonly Account[]): void {
      for (const account of accounts.slice(0, MAX_ACCOUNTS))
        upsert.run({
          account_id: account.accountId,
          platform: account.platform,
          name: account.name,
          currency: account.currency,
          time_zone: account.timeZone,
          status: account.status,
          raw_status: account.rawStatus,
          connection_id: connectionId,
          seen_run: runId,
          restatement_days: restatementDays,
          manager_id: account.manager?.externalId ?? null,
          manager_name: account.manager?.name ?? null,
          is_writable: account.isWritable === undefined ? null : Number(account.isWritable),
        })
      hide.run(connectionId, runId)
      setLeftOut.run(connectionId, Math.max(0, accounts.length - MAX_ACCOUNTS))
    },
    setEntitiesAt: (accountKey: number, atMs: number): void => void setEntitiesAt.run(atMs, accountKey),
    /** Never goes back, except behind a time that has not come yet: that was a clock that was ahead. */
    setSynced: (accountKey: number, atMs: number, nowMs: number): void =>
      void setSynced.run({ account: accountKey, at: atMs, now: nowMs }),
    setCompleteThrough: (accountKey: number, day: number | null): void => void setComplete.run(day, accountKey),
  }
}

function toAccount(row: AccountRow): StoredAccount {
  return {
    accountKey: row.account_key,
    accountId: row.account_id,
    platform: row.platform,
    name: row.name,
    currency: row.currency,
    timeZone: row.time_zone,
    status: row.status,
    rawStatus: row.raw_status,
    connectionId: row.connection_id,
    isListed: row.is_listed === 1,
    restatementDays: row.restatement_days,
    entitiesAtMs: row.entities_at_ms,
    lastSyncAtMs: row.last_sync_at_ms,
    completeThroughDay: row.complete_through,
    ...(row.manager_id === null ? {} : { manager: { externalId: row.manager_id, name: row.manager_name ?? '' } }),
    ...(row.is_writable === null ? {} : { isWritable: row.is_writable === 1 }),
    trackersAtMs: row.trackers_at_ms,
    trackersProblem: row.trackers_problem,
  }
}
