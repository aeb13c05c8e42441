/**
 * The platforms' own change histories as far as they were read, which write of ours each row is, and which writes of ours none of them is.
 * The only SQL that touches them; judges nothing.
 */
import type Database from 'better-sqlite3'
import type { Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import type { OutboxOutcome } from './draft-table.ts'

export const CHANGE_MATCHES = ['ours', 'outside', 'unclear'] as const
export type ChangeMatch = (typeof CHANGE_MATCHES)[number]

/** One change of the platform's history, judged. Texts are the platform's: untrusted. */
export interface StoredChange {
  readonly accountId: AccountId
  readonly changeId: string
  readonly changedAtMs: number
  readonly entityId: EntityId | null
  readonly target: string | null
  readonly field: Field | null
  readonly what: string
  readonly before: string | null
  readonly after: string | null
  readonly actor: string | null
  readonly tool: string | null
  readonly match: ChangeMatch
  readonly draftId: DraftId | null
  readonly k: number | null
  readonly noticedAtMs: number
}

/** A write of this app that may have left it. */
export interface OwnWrite {
  readonly draftId: DraftId
  readonly k: number
  readonly entityId: EntityId
  readonly target: string
  readonly field: Field
  readonly before: string
  readonly after: string
  readonly sentAtMs: number
  readonly outcome: OutboxOutcome | null
}

export interface MissingWrite {
  readonly draftId: DraftId
  readonly k: number
  readonly accountId: AccountId
  readonly sentAtMs: number
  readonly noticedAtMs: number
}

export interface ChangeFilter {
  readonly accountId?: AccountId
  readonly match?: ChangeMatch
  /** Only changes of one of these targets (an entity, or a shared budget). */
  readonly targets?: readonly string[]
  /** Only what comes after this row, newest first. */
  readonly after?: { readonly changedAtMs: number; readonly accountId: string; readonly changeId: string }
  readonly limit: number
}

const MAX_WRITES = 5_000
const KEPT_MS = 400 * 86_400_000

const COLUMNS = `account_id AS accountId, change_id AS changeId, changed_at_ms AS changedAtMs, entity_id AS entityId, target, field, what,
  before_value AS before, after_value AS after, actor, tool, match, draft_id AS draftId, k, noticed_at_ms AS noticedAtMs`

function parametersOf({ accountId, match, targets }: Omit<ChangeFilter, 'after' | 'limit'>) {
  return {
    account: accountId ?? null,
    match: match ?? null,
    targets: targets === undefined ? null : JSON.stringify(targets),
  }
}

export type PlatformChangeTable = ReturnType<typeof createPlatformChangeTable>

export function createPlatformChangeTable(db: Database.Database) {
  const matchOf = db.prepare<[string, string], { match: ChangeMatch }>(
    'SELECT match FROM platform_change WHERE account_id = ? AND change_id = ?',
  )
  const upsert = db.prepare(
    `INSERT INTO platform_change (account_id, change_id, changed_at_ms, entity_id, target, field, what, before_value, after_value, actor, tool,
       match, draft_id, k, noticed_at_ms)
     VALUES (@accountId, @changeId, @changedAtMs, @entityId, @target, @field, @what, @before, @after, @actor, @tool, @match, @draftId, @k,
       @noticedAtMs)
     ON CONFLICT (account_id, change_id) DO UPDATE SET match = excluded.match, draft_id = excluded.draft_id, k = excluded.k
     WHERE platform_change.match = 'unclear'`,
  )
  const linked = db.prepare<
    [string, number],
    { draftId: DraftId; k: number; field: Field | null; match: ChangeMatch; changeId: string }
  >(
    `SELECT draft_id AS draftId, k, field, match, change_id AS changeId FROM platform_change
     WHERE account_id = ? AND changed_at_ms >= ? AND draft_id IS NOT NULL AND k IS NOT NULL`,
  )
  const writes = db.prepare<[string, number], OwnWrite>(
    `SELECT o.draft_id AS draftId, o.k AS k, o.entity_id AS entityId, o.target AS target, i.field AS field, i.before_value AS before,
       i.after_value AS after, o.sent_at_ms AS sentAtMs, o.outcome AS outcome
     FROM outbox o JOIN draft_item i ON i.draft_id = o.draft_id AND i.k = o.k
     WHERE i.account_id = ? AND o.sent_at_ms >= ? ORDER BY o.sent_at_ms DESC LIMIT ${MAX_WRITES}`,
  )
  const firstWrite = db.prepare<[string], { at: number | null }>(
    `SELECT MIN(o.sent_at_ms) AS at FROM outbox o JOIN draft_item i ON i.draft_id = o.draft_id AND i.k = o.k WHERE i.account_id = ?`,
  )
  const addMissing = db.prepare(
    `INSERT INTO missing_change (draft_id, k, account_id, sent_at_ms, noticed_at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (draft_id, k) DO NOTHING`,
  )
  const foundAfterAll = db.prepare(
    'UPDATE missing_change SET found_at_ms = ? WHERE draft_id = ? AND k = ? AND found_at_ms IS NULL',
  )
  const missing = db.prepare<{ account: string | null; limit: number }, MissingWrite>(
    `SELECT draft_id AS draftId, k, account_id AS accountId, sent_at_ms AS sentAtMs, noticed_at_ms AS noticedAtMs FROM missing_change
     WHERE found_at_ms IS NULL AND (@account IS NULL OR account_id = @account) ORDER BY sent_at_ms DESC LIMIT @limit`,
  )
  const isMissing = db.prepare<[string, number], { n: number }>(
    'SELECT COUNT(*) AS n FROM missing_change WHERE draft_id = ? AND k = ?',
  )
  const filtered = `(@account IS NULL OR account_id = @account) AND (@match IS NULL OR match = @match)
    AND (@targets IS NULL OR target IN (SELECT value FROM json_each(@targets)))`
  const page = db.prepare<Record<string, string | number | null>, StoredChange>(
    `SELECT ${COLUMNS} FROM platform_change
     WHERE ${filtered} AND (@atMs IS NULL OR (changed_at_ms, account_id, change_id) < (@atMs, @afterAccount, @afterChange))
     ORDER BY changed_at_ms DESC, account_id DESC, change_id DESC LIMIT @limit`,
  )
  const count = db.prepare<Record<string, string | null>, { n: number }>(
    `SELECT COUNT(*) AS n FROM platform_change WHERE ${filtered}`,
  )
  const onTarget = db.prepare<Record<string, string | number>, StoredChange>(
    `SELECT ${COLUMNS} FROM platform_change
     WHERE target = @target AND field = @field AND match <> 'ours' AND changed_at_ms >= @since ORDER BY changed_at_ms DESC LIMIT @limit`,
  )
  const forget = db.prepare('DELETE FROM platform_change WHERE changed_at_ms < ?')

  return {
    /** What a row was taken for before; undefined when it is new. */
    matchOf: (accountId: AccountId, changeId: string): ChangeMatch | undefined =>
      matchOf.get(accountId, changeId)?.match,
    /** Adds a row; one that is known keeps its verdict unless that was "unclear". Call inside a transaction. */
    save: (change: StoredChange): void => void upsert.run(change),
    /** Rows since then that are, or may be, writes of ours. */
    linked: (accountId: AccountId, sinceMs: number) => linked.all(accountId, sinceMs),
    /** Writes of this app in one account that were sent, or may have been, since then; the newest 5,000. */
    writesSince: (accountId: AccountId, sinceMs: number): readonly OwnWrite[] => writes.all(accountId, sinceMs),
    firstWriteMs: (accountId: AccountId): number | undefined => firstWrite.get(accountId)?.at ?? undefined,
    isMissing: (draftId: DraftId, k: number): boolean => (isMissing.get(draftId, k)?.n ?? 0) > 0,
    addMissing: ({ draftId, k, accountId, sentAtMs, noticedAtMs }: MissingWrite): void =>
      void addMissing.run(draftId, k, accountId, sentAtMs, noticedAtMs),
    /** @returns whether it was missing until now */
    foundAfterAll: (draftId: DraftId, k: number, nowMs: number): boolean =>
      foundAfterAll.run(nowMs, draftId, k).changes > 0,
    /** Those that are still missing, newest first. */
    missing: (accountId: AccountId | undefined, limit: number): readonly MissingWrite[] =>
      missing.all({ account: accountId ?? null, limit }),
    /** Newest first. */
    page: ({ after, limit, ...filter }: ChangeFilter): readonly StoredChange[] =>
      page.all({
        ...parametersOf(filter),
        atMs: after?.changedAtMs ?? null,
        afterAccount: after?.accountId ?? null,
        afterChange: after?.changeId ?? null,
        limit,
      }),
    count: (filter: Omit<ChangeFilter, 'after' | 'limit'>): number => count.get(parametersOf(filter))?.n ?? 0,
    /** Changes of one field that were not ours, newest first. */
    onTarget: (target: string, field: Field, sinceMs: number, limit: number): readonly StoredChange[] =>
      onTarget.all({ target, field, since: sinceMs, limit }),
    /** Those older than 400 days. */
    forgetOld: (nowMs: number): void => void forget.run(nowMs - KEPT_MS),
  }
}
