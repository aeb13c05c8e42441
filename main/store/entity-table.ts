/**
 * The snapshot of campaigns, ad groups, ads and creatives in facts.db: the only SQL that writes it. A listing replaces the snapshot;
 * what it no longer holds becomes deleted and is kept, because its numbers still count. Never guesses a value a platform did not give.
 */
import type { Entity, EntityStatus, Field, SharedBudget } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId, EntityType } from '../../shared/domain/ids.ts'
import { splitEntityId } from '../../shared/domain/ids.ts'
import { formatRounded, parseDecimal } from '../../shared/domain/money.ts'
import { type EntityRow, fromJson, type StoredEntity, toEntity, toJson, toParameters } from './entity-codec.ts'
import type { FactsDb, FactsReadDb } from './open.ts'
import {
  createOutsideChangeWriter,
  followsFrom,
  type KnownValues,
  outsideChanges,
  type UnsettledWrite,
} from './outside-change-table.ts'

export type { StoredEntity } from './entity-codec.ts'

/** Attribution windows in days; 0 is switched off, null is mixed or not known. */
export interface Windows {
  readonly clickDays: number | null
  readonly viewDays: number | null
  readonly isKnown: boolean
  /** Last change of the ad group, or of the last of them, as the platform spells it; null when it does not say. */
  readonly modifiedAt: string | null
}

interface WindowRow {
  c: number | null
  v: number | null
  m: string | null
}

const COLUMNS = 'e.*, a.account_id FROM entity e JOIN account a ON a.account_key = e.account_key'
const MAX_SHARING = 500

export type EntityReader = ReturnType<typeof createEntityReader>

export function createEntityReader(db: FactsReadDb) {
  const byId = db.prepare<[string], EntityRow>(`SELECT ${COLUMNS} WHERE e.entity_id = ?`).safeIntegers()
  const byKeys = db
    .prepare<[string], EntityRow>(`SELECT ${COLUMNS} WHERE e.entity_key IN (SELECT value FROM json_each(?))`)
    .safeIntegers()
  const children = db
    .prepare<[string, string, number], EntityRow>(
      `SELECT ${COLUMNS} WHERE e.parent_id = ? AND e.type = ? ORDER BY e.entity_key LIMIT ?`,
    )
    .safeIntegers()
  const sharing = db
    .prepare<[bigint, string, number], EntityId>(
      `SELECT entity_id FROM entity WHERE account_key = ? AND shared_budget_id = ? AND status <> 'deleted' ORDER BY entity_id LIMIT ?`,
    )
    .pluck()
  const nameOf = db.prepare<[string], { name: string; status: EntityStatus; parent_id: EntityId | null }>(
    'SELECT name, status, parent_id FROM entity WHERE entity_id = ?',
  )
  const ownWindows = db.prepare<[string], WindowRow>(
    "SELECT click_window_days AS c, view_window_days AS v, details_json ->> '$.modifiedAt' AS m FROM entity WHERE entity_id = ?",
  )
  const parentWindows = db.prepare<[string], WindowRow>(
    `SELECT p.click_window_days AS c, p.view_window_days AS v, p.details_json ->> '$.modifiedAt' AS m FROM entity e JOIN entity p ON p.entity_id = e.parent_id WHERE e.entity_id = ?`,
  )
  const commonWindows = db.prepare<
    [string],
    WindowRow & { n: number; c2: number | null; v2: number | null; known: number; dated: number }
  >(
    `SELECT COUNT(*) AS n, MIN(click_window_days) AS c, MAX(click_window_days) AS c2, MIN(view_window_days) AS v, MAX(view_window_days) AS v2,
       COUNT(click_window_days) AS known, MAX(details_json ->> '$.modifiedAt') AS m, COUNT(details_json ->> '$.modifiedAt') AS dated
     FROM entity WHERE parent_id = ? AND type = 'ad_group'`,
  )
  function sharedBudget(row: EntityRow): SharedBudget | undefined {
    if (row.shared_budget_id === null) return undefined
    const campaignIds = sharing.all(row.account_key, row.shared_budget_id, MAX_SHARING)
    return { externalId: row.shared_budget_id, campaignIds }
  }
  const entityOf = (row: EntityRow): StoredEntity => toEntity(row, sharedBudget(row))
  return {
    byId(id: EntityId): StoredEntity | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : entityOf(row)
    },
    /** Its name (untrusted), its switch and what it lies below, without reading the rest. */
    nameOf(id: EntityId) {
      const row = nameOf.get(id)
      return row === undefined
        ? undefined
        : { name: row.name, status: row.status, parentId: row.parent_id ?? undefined }
    },
    /** At most a page of them; in no order. */
    byKeys: (keys: readonly number[]): readonly StoredEntity[] => byKeys.all(JSON.stringify(keys)).map(entityOf),
    children: (parent: EntityId, type: EntityType, limit: number): readonly StoredEntity[] =>
      children.all(parent, type, limit).map(entityOf),
    /** The windows an entity's conversions are counted by: its own, its ad group's, or what all its ad groups have in common. */
    windowsOf(id: EntityId): Windows {
      const { type } = splitEntityId(id)
      if (type === 'campaign') {
        const found = commonWindows.get(id)
        if (found === undefined || found.n === 0 || found.known < found.n) return NO_WINDOWS
        return {
          clickDays: found.c === found.c2 ? found.c : null,
          viewDays: found.v === found.v2 ? found.v : null,
          isKnown: true,
          modifiedAt: found.dated === found.n ? found.m : null,
        }
      }
      const found = type === 'ad_group' ? ownWindows.get(id) : parentWindows.get(id)
      if (found === undefined || (found.c === null && found.v === null)) return NO_WINDOWS
      return { clickDays: found.c, viewDays: found.v, isKnown: true, modifiedAt: found.m }
    },
  }
}
const NO_WINDOWS: Windows = { clickDays: null, viewDays: null, isKnown: false, modifiedAt: null }

export type EntityWriter = ReturnType<typeof createEntityWriter>

/** One listing being put in place of what was stored. */
export interface Replacement {
  readonly accountKey: number
  readonly currency: string
  readonly type: EntityType
  /** When the listing began: a value read later than that (after a write) is newer and stays. */
  readonly startedAtMs: number
  /** A value "read" later than now was read by a clock that was ahead: it is not newer. */
  readonly nowMs: number
  /** What this app is writing: another value there is no edit of somebody else. */
  readonly unsettled: readonly UnsettledWrite[]
  readonly fold: (name: string) => string
}

export function createEntityWriter(db: FactsDb) {
  const staging = createStaging(db)
  const upsert = db.prepare(UPSERT)
  const known = db.prepare<[string], KnownRow>(`SELECT ${KNOWN} FROM entity WHERE entity_id = ?`).safeIntegers()
  const unseen = db
    .prepare<Record<string, unknown>, KnownRow>(
      `SELECT ${KNOWN} FROM entity e WHERE account_key = @account AND type = @type AND entity_key > @after AND entity_key <= @last
         AND status <> 'deleted'
         AND NOT EXISTS (SELECT 1 FROM entity_staged s WHERE s.account_key = @account AND s.type = @type AND s.entity_id = e.entity_id)`,
    )
    .safeIntegers()
  const lastKey = db
    .prepare<Record<string, unknown>, number>(
      `SELECT MAX(entity_key) FROM (SELECT entity_key FROM entity WHERE account_key = @account AND type = @type AND entity_key > @after
         ORDER BY entity_key LIMIT @limit)`,
    )
    .pluck()
  const setDeleted = db.prepare(
    `UPDATE entity SET status = 'deleted', read_at_ms = @at, status_read_at_ms = @at, status_since_ms = @at WHERE entity_key = @key`,
  )
  const live = createLiveWriter(db)
  const outside = createOutsideChangeWriter(db)
  function noteOutside(
    row: KnownRow | undefined,
    entity: Parameters<typeof outsideChanges>[1] & Pick<Entity, 'entityId'>,
    what: Replacement,
  ) {
    if (row === undefined) return
    const own = what.unsettled.filter(({ entityId }) => entityId === entity.entityId)
    const changes = outsideChanges(knownValues(row), entity, what.startedAtMs, what.currency).filter(
      ({ field }) => !own.some((write) => followsFrom(field, write.field)),
    )
    if (changes.length > 0) outside.record(Number(row.entity_key), changes)
  }
  return {
    ...staging,
    ...live,
    /**
     * As updateLive, for a value that this app has not written since it last looked: one that differs is somebody else's edit, and noted.
     * @throws OperationError as updateLive
     */
    noticeLive(id: EntityId, field: Field, value: string, readAtMs: number): boolean {
      const row = known.get(id)
      if (row === undefined || !live.updateLive(id, field, value, readAtMs)) return false
      const { wasListed, ...before } = knownValues(row)
      const after = value === '' ? null : value
      const currency = live.currencyOf(id)
      const was = storedText(before, field, currency)
      if (wasListed && was !== undefined && was !== after)
        outside.record(Number(row.entity_key), [{ field, before: was, after, noticedAtMs: readAtMs }])
      return true
    },
    /**
     * Puts up to `limit` staged entities after `afterId` in place of the stored ones, and notes what somebody else has changed. Call inside
     * a transaction, for all of them and then dropUnseen, once the whole listing is staged: never for a part of one.
     * @returns the last id done and how many; no id when there were none left
     */
    replaceStaged(what: Replacement, afterId: string, limit: number): { lastId: string | undefined; count: number } {
      const page = staging.staged(what.accountKey, what.type, afterId, limit)
      for (const { entity_id, entity_json } of page) {
        const entity = fromJson(entity_json)
        noteOutside(known.get(entity_id), entity, what)
        const parameters = toParameters(what.accountKey, entity, what.startedAtMs, what.fold)
        const values = JSON.stringify(entity.values ?? {})
        upsert.run({ ...parameters, values, listed: what.startedAtMs, now: what.nowMs })
      }
      return { lastId: page.at(-1)?.entity_id, count: page.length }
    },
    /**
     * Marks what the staged listing no longer holds, looking at the next `limit` entities after `afterKey`. Call inside a transaction.
     * @returns the last key looked at; undefined when there were none left
     */
    dropUnseen(what: Replacement, afterKey: number, limit: number): number | undefined {
      const where = { account: what.accountKey, type: what.type, after: afterKey }
      const last = lastKey.get({ ...where, limit }) ?? undefined
      if (last === undefined) return undefined
      for (const row of unseen.all({ ...where, last })) {
        const statusReadAtMs = Number(row.status_read_at_ms)
        if (statusReadAtMs > what.startedAtMs && statusReadAtMs <= what.nowMs) continue
        const { dailyBudgetMicros, values } = knownValues(row)
        noteOutside(
          row,
          {
            entityId: row.entity_id,
            status: 'deleted',
            ...(dailyBudgetMicros === null ? {} : { dailyBudgetMicros }),
            ...(values === null || values === undefined ? {} : { values }),
          },
          what,
        )
        setDeleted.run({ key: row.entity_key, at: what.startedAtMs })
      }
      return last
    },
    /** A place for facts of something the platform reports on but does not list (deleted long ago). Call inside a transaction. */
    addUnlisted(accountKey: number, accountId: AccountId, id: EntityId, atMs: number): void {
      const { type } = splitEntityId(id)
      const entity: Entity = {
        entityId: id,
        accountId,
        type,
        name: '',
        status: 'unknown',
        rawStatus: '',
        deliveryStatus: '',
        budgetKind: 'none',
        editable: [],
      }
      upsert.run({ ...toParameters(accountKey, entity, atMs, () => ''), values: null, listed: null, now: atMs })
    },
    /** Forgets outside changes older than 400 days. */
    forgetOldChanges: outside.forgetOld,
  }
}

/** Pages of a listing, waiting until the last one has come. */
function createStaging(db: FactsDb) {
  const clear = db.prepare(
    `DELETE FROM entity_staged WHERE account_key = @account AND type = @type
       AND entity_id IN (SELECT entity_id FROM entity_staged WHERE account_key = @account AND type = @type LIMIT @limit)`,
  )
  const stage = db.prepare(
    'INSERT OR REPLACE INTO entity_staged (account_key, type, entity_id, entity_json) VALUES (?, ?, ?, ?)',
  )
  const staged = db.prepare<[number, string, string, number], { entity_id: string; entity_json: string }>(
    'SELECT entity_id, entity_json FROM entity_staged WHERE account_key = ? AND type = ? AND entity_id > ? ORDER BY entity_id LIMIT ?',
  )
  return {
    /** @returns whether there may be more than `limit` */
    clearStaged: (accountKey: number, type: EntityType, limit: number): boolean =>
      clear.run({ account: accountKey, type, limit }).changes === limit,
    /** One page of a listing. Call inside a transaction. */
    stage(accountKey: number, type: EntityType, entities: readonly Entity[]): void {
      for (const entity of entities) stage.run(accountKey, type, entity.entityId, toJson(entity))
    },
    staged: (accountKey: number, type: EntityType, afterId: string, limit: number) =>
      staged.all(accountKey, type, afterId, limit),
  }
}

/** Single values read from the platform outside a listing. */
function createLiveWriter(db: FactsDb) {
  const setBudget = db.prepare(
    `UPDATE entity SET daily_budget_micros = @value, budget_read_at_ms = @at
     WHERE (entity_key = @key OR (account_key = @account AND shared_budget_id = @shared)) AND budget_kind = 'daily' AND budget_read_at_ms <= @at`,
  )
  const setStatus = db.prepare(
    `UPDATE entity SET status = @value, status_read_at_ms = @at, status_since_ms = CASE WHEN status = @value THEN status_since_ms ELSE @at END
     WHERE entity_key = @key AND status_read_at_ms <= @at`,
  )
  const setValues = db.prepare(
    'UPDATE entity SET values_json = @values, values_read_json = @read WHERE entity_key = @key',
  )
  const target = db.prepare<[string], TargetRow>(
    `SELECT e.entity_key, e.account_key, e.shared_budget_id, e.values_json, e.values_read_json, e.read_at_ms, a.currency
     FROM entity e JOIN account a ON a.account_key = e.account_key WHERE e.entity_id = ?`,
  )
  function setValue(found: TargetRow, field: Exclude<Field, 'daily_budget' | 'status'>, value: string, atMs: number) {
    const read = JSON.parse(found.values_read_json) as Record<string, number>
    if (found.read_at_ms > atMs || (read[field] ?? 0) > atMs) return false
    const { [field]: _old, ...others } = JSON.parse(found.values_json ?? '{}') as Record<string, string>
    const values = JSON.stringify(value === '' ? others : { ...others, [field]: value })
    setValues.run({ key: found.entity_key, values, read: JSON.stringify({ ...read, [field]: atMs }) })
    return true
  }
  return {
    keyOf: (id: EntityId): number | undefined => target.get(id)?.entity_key,
    currencyOf: (id: EntityId): string => target.get(id)?.currency ?? '',
    /**
     * A value read from the platform just now, after a write. `value` is in wire form; the empty text: the entity has no such value any more.
     * A shared budget moves for every campaign that draws on it.
     * @returns false when the entity is not stored, a later reading is, or it has no daily budget.
     * @throws OperationError invalid_value for a budget that is no amount in the account's currency.
     */
    updateLive(id: EntityId, field: Field, value: string, readAtMs: number): boolean {
      const found = target.get(id)
      if (found === undefined) return false
      const key = found.entity_key
      if (field === 'status')
        return value !== '' && setStatus.run({ key, value: value as EntityStatus, at: readAtMs }).changes > 0
      if (field !== 'daily_budget') return setValue(found, field, value, readAtMs)
      const micros = value === '' ? null : parseDecimal(value, found.currency)
      const where = { key, account: found.account_key, shared: found.shared_budget_id }
      return setBudget.run({ ...where, value: micros, at: readAtMs }).changes > 0
    },
  }
}

interface TargetRow {
  entity_key: number
  account_key: number
  shared_budget_id: string | null
  values_json: string | null
  values_read_json: string
  read_at_ms: number
  currency: string
}

const KNOWN = `entity_key, entity_id, status, daily_budget_micros, values_json, values_read_json, status_read_at_ms, budget_read_at_ms, read_at_ms,
  listed_at_ms IS NOT NULL AS was_listed`
interface KnownRow {
  entity_key: bigint
  entity_id: EntityId
  status: EntityStatus
  daily_budget_micros: bigint | null
  values_json: string | null
  values_read_json: string
  status_read_at_ms: bigint
  budget_read_at_ms: bigint
  read_at_ms: bigint
  was_listed: bigint
}

function knownValues(row: KnownRow): KnownValues {
  return {
    status: row.status,
    dailyBudgetMicros: row.daily_budget_micros,
    values: row.values_json === null ? null : (JSON.parse(row.values_json) as NonNullable<Entity['values']>),
    valuesReadAtMs: JSON.parse(row.values_read_json) as KnownValues['valuesReadAtMs'],
    statusReadAtMs: Number(row.status_read_at_ms),
    budgetReadAtMs: Number(row.budget_read_at_ms),
    readAtMs: Number(row.read_at_ms),
    wasListed: row.was_listed === 1n,
  }
}

/** One known value in wire form; null: there is none; undefined: it was never read. */
function storedText(known: Omit<KnownValues, 'wasListed'>, field: Field, currency: string): string | null | undefined {
  if (field === 'status') return known.status === 'unknown' ? undefined : known.status
  if (field === 'daily_budget')
    return known.dailyBudgetMicros === null ? null : formatRounded(known.dailyBudgetMicros, currency)
  return known.values === null ? undefined : (known.values?.[field] ?? null)
}

/** What was read live since `@at` stays, field by field; the rest is the listing's word. */
const LATER = `SELECT key, value FROM json_each(values_read_json) WHERE value > @at AND value <= @now`
const STATUS_IS_LATER = 'status_read_at_ms > @at AND status_read_at_ms <= @now'
const BUDGET_IS_LATER = 'budget_read_at_ms > @at AND budget_read_at_ms <= @now'
const UPSERT = `INSERT INTO entity (entity_id, account_key, type, parent_id, name, name_folded, status, raw_status, delivery_status, budget_kind,
    daily_budget_micros, editable_json, details_json, click_window_days, view_window_days, read_at_ms, budget_read_at_ms, status_read_at_ms,
    values_json, listed_at_ms, first_listed_at_ms, status_since_ms, shared_budget_id, delivery, review, is_automated)
  VALUES (@entity_id, @account_key, @type, @parent_id, @name, @name_folded, @status, @raw_status, @delivery_status, @budget_kind,
    @daily_budget_micros, @editable_json, @details_json, @click_window_days, @view_window_days, @at, @at, @at,
    @values, @listed, @listed, @listed, @shared_budget_id, @delivery, @review, @is_automated)
  ON CONFLICT (entity_id) DO UPDATE SET
    parent_id = excluded.parent_id, name = excluded.name, name_folded = excluded.name_folded, raw_status = excluded.raw_status,
    delivery_status = excluded.delivery_status, budget_kind = excluded.budget_kind, editable_json = excluded.editable_json,
    details_json = excluded.details_json, click_window_days = excluded.click_window_days, view_window_days = excluded.view_window_days,
    read_at_ms = excluded.read_at_ms, listed_at_ms = excluded.listed_at_ms, shared_budget_id = excluded.shared_budget_id,
    first_listed_at_ms = COALESCE(first_listed_at_ms, excluded.first_listed_at_ms),
    delivery = excluded.delivery, review = excluded.review, is_automated = excluded.is_automated,
    status_since_ms = CASE WHEN (${STATUS_IS_LATER}) OR (status = excluded.status AND status_since_ms <= @now)
      THEN status_since_ms ELSE @at END,
    status = CASE WHEN ${STATUS_IS_LATER} THEN status ELSE excluded.status END,
    status_read_at_ms = CASE WHEN ${STATUS_IS_LATER} THEN status_read_at_ms ELSE @at END,
    daily_budget_micros = CASE WHEN ${BUDGET_IS_LATER} AND excluded.budget_kind = 'daily' THEN daily_budget_micros
      ELSE excluded.daily_budget_micros END,
    budget_read_at_ms = CASE WHEN ${BUDGET_IS_LATER} THEN budget_read_at_ms ELSE @at END,
    values_json = CASE WHEN values_read_json = '{}' OR NOT EXISTS (${LATER}) THEN excluded.values_json
      ELSE (SELECT json_group_object(key, value) FROM (
        SELECT key, value FROM json_each(excluded.values_json) WHERE key NOT IN (SELECT key FROM (${LATER}))
        UNION ALL SELECT key, value FROM json_each(entity.values_json) WHERE key IN (SELECT key FROM (${LATER})))) END,
    values_read_json = CASE WHEN values_read_json = '{}' THEN '{}'
      ELSE (SELECT json_group_object(key, value) FROM (${LATER})) END`
