/** Pixels and conversion actions in facts.db: the only SQL that touches them. Replaced whole per account; judges nothing. */
import type { AccountId } from '../../shared/domain/ids.ts'
import type { Tracker, TrackerState } from '../../shared/domain/tracker.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

/** More are not kept of one account. */
export const MAX_TRACKERS = 500
const MAX_EVENTS = 50
const MAX_PROBLEMS = 10

interface TrackerRow {
  account_id: AccountId
  kind: Tracker['kind']
  external_id: string
  name: string
  state: TrackerState
  raw_status: string
  receipt_known: number
  last_received_at_ms: number | null
  is_primary: number | null
  click_window_days: number | null
  view_window_days: number | null
  events_json: string | null
  problems_json: string
}

export function createTrackerReader(db: FactsReadDb) {
  const ofAccount = db.prepare<[number], TrackerRow>(
    `SELECT a.account_id, t.* FROM tracker t JOIN account a ON a.account_key = t.account_key WHERE t.account_key = ?
     ORDER BY t.kind, t.external_id LIMIT ${MAX_TRACKERS}`,
  )
  return {
    /** In the order of their ids. */
    ofAccount: (accountKey: number): readonly Tracker[] => ofAccount.all(accountKey).map(toTracker),
  }
}

export function createTrackerWriter(db: FactsDb) {
  const clear = db.prepare('DELETE FROM tracker WHERE account_key = ?')
  const insert = db.prepare(
    `INSERT OR REPLACE INTO tracker (account_key, kind, external_id, name, state, raw_status, receipt_known, last_received_at_ms, is_primary,
       click_window_days, view_window_days, events_json, problems_json)
     VALUES (@account, @kind, @external_id, @name, @state, @raw_status, @receipt_known, @last_received_at_ms, @is_primary,
       @click_window_days, @view_window_days, @events_json, @problems_json)`,
  )
  const setRead = db.prepare('UPDATE account SET trackers_at_ms = ?, trackers_problem = NULL WHERE account_key = ?')
  const setProblem = db.prepare('UPDATE account SET trackers_problem = ? WHERE account_key = ?')
  return {
    /** One complete listing, at most 500. Call inside a transaction. */
    replace(accountKey: number, trackers: readonly Tracker[], atMs: number): void {
      clear.run(accountKey)
      for (const tracker of trackers.slice(0, MAX_TRACKERS))
        insert.run({
          account: accountKey,
          kind: tracker.kind,
          external_id: tracker.externalId,
          name: tracker.name,
          state: tracker.state,
          raw_status: tracker.rawStatus,
          receipt_known: tracker.lastReceivedAtMs === undefined ? 0 : 1,
          last_received_at_ms: tracker.lastReceivedAtMs ?? null,
          is_primary: tracker.isPrimary === undefined ? null : Number(tracker.isPrimary),
          click_window_days: tracker.clickWindowDays ?? null,
          view_window_days: tracker.viewWindowDays ?? null,
          events_json: tracker.events === undefined ? null : JSON.stringify(tracker.events.slice(0, MAX_EVENTS)),
          problems_json: JSON.stringify(tracker.problems.slice(0, MAX_PROBLEMS)),
        })
      setRead.run(atMs, accountKey)
    },
    /** The last attempt failed; what was known before stays. @param code one of our error codes */
    noteFailure: (accountKey: number, code: string): void => void setProblem.run(code, accountKey),
  }
}

function toTracker(row: TrackerRow): Tracker {
  return {
    accountId: row.account_id,
    externalId: row.external_id,
    kind: row.kind,
    name: row.name,
    state: row.state,
    rawStatus: row.raw_status,
    ...(row.receipt_known === 1 ? { lastReceivedAtMs: row.last_received_at_ms } : {}),
    ...(row.events_json === null ? {} : { events: JSON.parse(row.events_json) as NonNullable<Tracker['events']> }),
    ...(row.is_primary === null ? {} : { isPrimary: row.is_primary === 1 }),
    ...(row.click_window_days === null ? {} : { clickWindowDays: row.click_window_days }),
    ...(row.view_window_days === null ? {} : { viewWindowDays: row.view_window_days }),
    problems: JSON.parse(row.problems_json) as string[],
  }
}
