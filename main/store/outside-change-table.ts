/**
 * Edits made elsewhere: what a listing brought that differs from what was known, and that this app did not write. What it wrote was stored
 * when it was read back, so a difference means somebody else. The only SQL that touches them; judges nothing.
 */
import { BID_FIELDS } from '../../shared/domain/bid.ts'
import type { Entity, EntityStatus, Field } from '../../shared/domain/entity.ts'
import type { EntityId } from '../../shared/domain/ids.ts'
import { formatRounded } from '../../shared/domain/money.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

export interface OutsideChange {
  readonly field: Field
  /** Wire form; null: there was, or is, no such value. */
  readonly before: string | null
  readonly after: string | null
  readonly noticedAtMs: number
}

/** What is known of an entity before a listing's word is stored. */
export interface KnownValues {
  readonly status: EntityStatus
  readonly dailyBudgetMicros: bigint | null
  /** null: no version that reads them has listed it yet. */
  readonly values: Entity['values'] | null
  /** By field: when it was read live, later than the listing. */
  readonly valuesReadAtMs: Readonly<Partial<Record<Field, number>>>
  readonly statusReadAtMs: number
  readonly budgetReadAtMs: number
  readonly readAtMs: number
  readonly wasListed: boolean
}

/** A write of this app that may have taken effect and is not read back yet. */
export interface UnsettledWrite {
  readonly entityId: EntityId
  readonly field: Field
}

const BIDDING = [...BID_FIELDS, 'bid_strategy'] as const
const KEPT_PER_ENTITY = 50
const KEPT_DAYS = 400
const DAY_MS = 86_400_000

/**
 * What in a listing that began at `startedAtMs` somebody else has changed. Pure.
 * Not told as changes: the first listing; a field with a later live reading; a scheduled budget that has come into force; what follows by
 * itself from a value this app has written since the last listing (another strategy brings other bids, another budget another schedule).
 */
export function outsideChanges(
  known: KnownValues,
  listed: Pick<Entity, 'status' | 'dailyBudgetMicros' | 'values'>,
  startedAtMs: number,
  currency: string,
): readonly OutsideChange[] {
  if (!known.wasListed) return []
  const changes: OutsideChange[] = []
  const add = (field: Field, before: string | undefined, after: string | undefined): void => {
    if (before !== after)
      changes.push({ field, before: before ?? null, after: after ?? null, noticedAtMs: startedAtMs })
  }
  const money = (micros: bigint | null | undefined): string | undefined =>
    micros === null || micros === undefined ? undefined : formatRounded(micros, currency)
  if (known.statusReadAtMs <= startedAtMs && known.status !== 'unknown' && listed.status !== 'unknown')
    add('status', known.status, listed.status)
  const daily = { before: money(known.dailyBudgetMicros), after: money(listed.dailyBudgetMicros) }
  const schedule = { before: known.values?.scheduled_budget, after: listed.values?.scheduled_budget }
  const hasComeIntoForce =
    schedule.before !== undefined && schedule.before !== daily.before && schedule.before === daily.after
  if (known.budgetReadAtMs <= startedAtMs && !hasComeIntoForce) add('daily_budget', daily.before, daily.after)
  if (known.values === null) return changes
  const readSince = (field: Field): number => known.valuesReadAtMs[field] ?? 0
  const isSchedulesOwn =
    !hasComeIntoForce &&
    !(schedule.before === daily.before && schedule.after === daily.after) &&
    !(known.budgetReadAtMs > known.readAtMs && readSince('scheduled_budget') <= known.readAtMs)
  if (isSchedulesOwn && readSince('scheduled_budget') <= startedAtMs)
    add('scheduled_budget', schedule.before, schedule.after)
  const written = BIDDING.filter((field) => readSince(field) > known.readAtMs)
  for (const field of BIDDING)
    if (readSince(field) <= startedAtMs && (written.length === 0 || written.includes(field)))
      add(field, known.values?.[field], listed.values?.[field])
  return changes
}

/** Whether a field shows what this app is just writing into another, or what follows from it by itself. Pure. */
export function followsFrom(field: Field, written: Field): boolean {
  const groupOf = (each: Field): string =>
    each === 'status' ? each : each === 'daily_budget' || each === 'scheduled_budget' ? 'budget' : 'bidding'
  return groupOf(field) === groupOf(written)
}

export function createOutsideChangeWriter(db: FactsDb) {
  const insert = db.prepare(
    `INSERT INTO outside_change (entity_key, noticed_at_ms, field, before_value, after_value) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (entity_key, noticed_at_ms, field) DO UPDATE SET after_value = excluded.after_value`,
  )
  const mark = db.prepare('UPDATE entity_row SET changed_outside_at_ms = ? WHERE entity_key = ?')
  const trim = db.prepare(
    `DELETE FROM outside_change WHERE entity_key = @key AND (noticed_at_ms, field) NOT IN (
       SELECT noticed_at_ms, field FROM outside_change WHERE entity_key = @key ORDER BY noticed_at_ms DESC, field LIMIT ${KEPT_PER_ENTITY})`,
  )
  const forget = db.prepare('DELETE FROM outside_change WHERE noticed_at_ms < ?')
  return {
    /** Keeps the newest 50 of an entity. Call inside a transaction. */
    record(entityKey: number, changes: readonly OutsideChange[]): void {
      for (const { noticedAtMs, field, before, after } of changes)
        insert.run(entityKey, noticedAtMs, field, before, after)
      const last = changes.at(-1)
      if (last === undefined) return
      mark.run(last.noticedAtMs, entityKey)
      trim.run({ key: entityKey })
    },
    /** Those older than 400 days. */
    forgetOld: (nowMs: number): void => void forget.run(nowMs - KEPT_DAYS * DAY_MS),
  }
}

interface ChangeRow {
  field: Field
  before_value: string | null
  after_value: string | null
  noticed_at_ms: number
}

export function createOutsideChangeReader(db: FactsReadDb) {
  const ofEntity = db.prepare<[number, number], ChangeRow>(
    `SELECT field, before_value, after_value, noticed_at_ms FROM outside_change WHERE entity_key = ?
     ORDER BY noticed_at_ms DESC, field LIMIT ?`,
  )
  const ofAccount = db.prepare<Record<string, number>, ChangeRow & { entity_key: number }>(
    `SELECT c.entity_key, c.field, c.before_value, c.after_value, c.noticed_at_ms
     FROM entity_row r JOIN outside_change c ON c.entity_key = r.entity_key AND c.noticed_at_ms >= @since
     WHERE r.account_key = @account AND r.changed_outside_at_ms >= @since ORDER BY c.noticed_at_ms DESC, c.entity_key, c.field LIMIT @limit`,
  )
  const toChange = (row: ChangeRow): OutsideChange => ({
    field: row.field,
    before: row.before_value,
    after: row.after_value,
    noticedAtMs: row.noticed_at_ms,
  })
  return {
    /** Newest first. */
    ofEntity: (entityKey: number, limit: number): readonly OutsideChange[] =>
      ofEntity.all(entityKey, limit).map(toChange),
    /** All noticed since then in one account, newest first. */
    ofAccount: (accountKey: number, sinceMs: number, limit: number) =>
      ofAccount
        .all({ account: accountKey, since: sinceMs, limit })
        .map((row) => ({ entityKey: row.entity_key, ...toChange(row) })),
  }
}
