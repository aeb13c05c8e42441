/**
 * The snapshot of campaigns, ad groups, ads and creatives in facts.db: the only SQL that touches it. A listing replaces the snapshot whole;
 * what it no longer holds becomes deleted and is kept, because its numbers still count. Never guesses a value a platform did not give.
 */
import type { EditableField, Entity, EntityStatus, Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId, EntityType } from '../../shared/domain/ids.ts'
import { splitEntityId } from '../../shared/domain/ids.ts'
import { parseDecimal } from '../../shared/domain/money.ts'
import type { FactsDb, FactsReadDb } from './open.ts'

/** An entity with the keys the other tables use. */
export interface StoredEntity extends Entity {
  readonly entityKey: number
  readonly accountKey: number
  readonly readAtMs: number
}

type Details = Pick<
  Entity,
  | 'objective'
  | 'optimizationGoal'
  | 'bidStrategy'
  | 'creativeIds'
  | 'format'
  | 'text'
  | 'landingPage'
  | 'startsAt'
  | 'endsAt'
  | 'modifiedAt'
>

interface EntityRow {
  entity_key: bigint
  entity_id: EntityId
  account_key: bigint
  account_id: AccountId
  type: EntityType
  parent_id: EntityId | null
  name: string
  status: EntityStatus
  raw_status: string
  delivery_status: string
  budget_kind: Entity['budgetKind']
  daily_budget_micros: bigint | null
  editable_json: string
  details_json: string
  click_window_days: bigint | null
  view_window_days: bigint | null
  read_at_ms: bigint
}

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
  return {
    byId(id: EntityId): StoredEntity | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : toEntity(row)
    },
    /** At most a page of them; in no order. */
    byKeys: (keys: readonly number[]): readonly StoredEntity[] => byKeys.all(JSON.stringify(keys)).map(toEntity),
    children: (parent: EntityId, type: EntityType, limit: number): readonly StoredEntity[] =>
      children.all(parent, type, limit).map(toEntity),
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

export function createEntityWriter(db: FactsDb) {
  const clearStaged = db.prepare('DELETE FROM entity_staged WHERE account_key = ? AND type = ?')
  const stage = db.prepare(
    'INSERT OR REPLACE INTO entity_staged (account_key, type, entity_id, entity_json) VALUES (?, ?, ?, ?)',
  )
  const staged = db.prepare<[number, string, string, number], { entity_id: string; entity_json: string }>(
    'SELECT entity_id, entity_json FROM entity_staged WHERE account_key = ? AND type = ? AND entity_id > ? ORDER BY entity_id LIMIT ?',
  )
  const removeUnseen = db.prepare(
    `UPDATE entity SET status = 'deleted', read_at_ms = @at, status_read_at_ms = @at
     WHERE account_key = @account AND type = @type AND status <> 'deleted'
       AND entity_id NOT IN (SELECT entity_id FROM entity_staged WHERE account_key = @account AND type = @type)`,
  )
  const upsert = db.prepare(UPSERT)
  const setBudget = db.prepare(
    `UPDATE entity SET daily_budget_micros = @value, budget_read_at_ms = @at WHERE entity_key = @key AND budget_kind = 'daily' AND budget_read_at_ms <= @at`,
  )
  const setStatus = db.prepare(
    'UPDATE entity SET status = @value, status_read_at_ms = @at WHERE entity_key = @key AND status_read_at_ms <= @at',
  )
  const keyOf = db.prepare<[string], { entity_key: number; currency: string }>(
    'SELECT e.entity_key, a.currency FROM entity e JOIN account a ON a.account_key = e.account_key WHERE e.entity_id = ?',
  )
  return {
    clearStaged: (accountKey: number, type: EntityType): void => void clearStaged.run(accountKey, type),
    /** One page of a listing. Call inside a transaction. `searchName` is the cleaned name. */
    stage(accountKey: number, type: EntityType, entities: readonly Entity[]): void {
      for (const entity of entities) stage.run(accountKey, type, entity.entityId, toJson(entity))
    },
    /**
     * Puts the staged listing in place of the stored one. Call inside a transaction.
     * @param startedAtMs when the listing began: a value read later than that (after a write) is newer and stays.
     */
    replaceFromStaged(
      accountKey: number,
      type: EntityType,
      startedAtMs: number,
      fold: (name: string) => string,
    ): number {
      removeUnseen.run({ account: accountKey, type, at: startedAtMs })
      let count = 0
      for (let after = ''; ; ) {
        const page = staged.all(accountKey, type, after, 500)
        for (const row of page) upsert.run(toParameters(accountKey, fromJson(row.entity_json), startedAtMs, fold))
        count += page.length
        const last = page.at(-1)
        if (last === undefined) break
        after = last.entity_id
      }
      clearStaged.run(accountKey, type)
      return count
    },
    keyOf: (id: EntityId): number | undefined => keyOf.get(id)?.entity_key,
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
      upsert.run(toParameters(accountKey, entity, atMs, () => ''))
    },
    /**
     * A value read from the platform just now, after a write. `value` is in wire form.
     * @returns false when the entity is not stored or a later reading is.
     * @throws OperationError invalid_value for a budget that is no amount in the account's currency.
     */
    updateLive(id: EntityId, field: Field, value: string, readAtMs: number): boolean {
      const found = keyOf.get(id)
      if (found === undefined) return false
      if (field === 'daily_budget')
        return (
          setBudget.run({ key: found.entity_key, value: parseDecimal(value, found.currency), at: readAtMs }).changes > 0
        )
      return setStatus.run({ key: found.entity_key, value, at: readAtMs }).changes > 0
    },
  }
}

const UPSERT = `INSERT INTO entity (entity_id, account_key, type, parent_id, name, name_folded, status, raw_status, delivery_status, budget_kind,
    daily_budget_micros, editable_json, details_json, click_window_days, view_window_days, read_at_ms, budget_read_at_ms, status_read_at_ms)
  VALUES (@entity_id, @account_key, @type, @parent_id, @name, @name_folded, @status, @raw_status, @delivery_status, @budget_kind,
    @daily_budget_micros, @editable_json, @details_json, @click_window_days, @view_window_days, @at, @at, @at)
  ON CONFLICT (entity_id) DO UPDATE SET
    parent_id = excluded.parent_id, name = excluded.name, name_folded = excluded.name_folded, raw_status = excluded.raw_status,
    delivery_status = excluded.delivery_status, budget_kind = excluded.budget_kind, editable_json = excluded.editable_json,
    details_json = excluded.details_json, click_window_days = excluded.click_window_days, view_window_days = excluded.view_window_days,
    read_at_ms = excluded.read_at_ms,
    status = CASE WHEN status_read_at_ms > @at THEN status ELSE excluded.status END,
    status_read_at_ms = MAX(status_read_at_ms, @at),
    daily_budget_micros = CASE WHEN budget_read_at_ms > @at AND excluded.budget_kind = 'daily' AND daily_budget_micros IS NOT NULL
      THEN daily_budget_micros ELSE excluded.daily_budget_micros END,
    budget_read_at_ms = MAX(budget_read_at_ms, @at)`

function toParameters(
  accountKey: number,
  entity: Entity,
  atMs: number,
  fold: (name: string) => string,
): Record<string, unknown> {
  const details: Details = {
    ...(entity.objective === undefined ? {} : { objective: entity.objective }),
    ...(entity.optimizationGoal === undefined ? {} : { optimizationGoal: entity.optimizationGoal }),
    ...(entity.bidStrategy === undefined ? {} : { bidStrategy: entity.bidStrategy }),
    ...(entity.creativeIds === undefined ? {} : { creativeIds: entity.creativeIds }),
    ...(entity.format === undefined ? {} : { format: entity.format }),
    ...(entity.text === undefined ? {} : { text: entity.text }),
    ...(entity.landingPage === undefined ? {} : { landingPage: entity.landingPage }),
    ...(entity.startsAt === undefined ? {} : { startsAt: entity.startsAt }),
    ...(entity.endsAt === undefined ? {} : { endsAt: entity.endsAt }),
    ...(entity.modifiedAt === undefined ? {} : { modifiedAt: entity.modifiedAt }),
  }
  return {
    entity_id: entity.entityId,
    account_key: accountKey,
    type: entity.type,
    parent_id: entity.parentId ?? null,
    name: entity.name,
    name_folded: fold(entity.name),
    status: entity.status,
    raw_status: entity.rawStatus,
    delivery_status: entity.deliveryStatus,
    budget_kind: entity.budgetKind,
    daily_budget_micros: entity.dailyBudgetMicros ?? null,
    editable_json: JSON.stringify(entity.editable, bigintAsText),
    details_json: JSON.stringify(details),
    click_window_days: toStoredWindow(entity.clickWindowDays),
    view_window_days: toStoredWindow(entity.viewWindowDays),
    at: atMs,
  }
}

/** null (switched off) is stored as 0, absent as NULL. */
function toStoredWindow(days: number | null | undefined): number | null {
  return days === undefined ? null : (days ?? 0)
}

function toEntity(row: EntityRow): StoredEntity {
  return {
    entityKey: Number(row.entity_key),
    accountKey: Number(row.account_key),
    readAtMs: Number(row.read_at_ms),
    entityId: row.entity_id,
    accountId: row.account_id,
    type: row.type,
    ...(row.parent_id === null ? {} : { parentId: row.parent_id }),
    name: row.name,
    status: row.status,
    rawStatus: row.raw_status,
    deliveryStatus: row.delivery_status,
    budgetKind: row.budget_kind,
    ...(row.daily_budget_micros === null ? {} : { dailyBudgetMicros: row.daily_budget_micros }),
    editable: (JSON.parse(row.editable_json) as EditableJson[]).map(toEditable),
    ...(row.click_window_days === null ? {} : { clickWindowDays: Number(row.click_window_days) || null }),
    ...(row.view_window_days === null ? {} : { viewWindowDays: Number(row.view_window_days) || null }),
    ...(JSON.parse(row.details_json) as Details),
  }
}

type EditableJson = Omit<EditableField, 'minMicros' | 'maxMicros' | 'stepMicros'> & {
  minMicros?: string
  maxMicros?: string
  stepMicros?: string
}
type EntityJson = Omit<Entity, 'dailyBudgetMicros' | 'editable'> & {
  dailyBudgetMicros?: string
  editable: EditableJson[]
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
function toEditable({ minMicros, maxMicros, stepMicros, ...rest }: EditableJson): EditableField {
  return {
    ...rest,
    ...(minMicros === undefined ? {} : { minMicros: BigInt(minMicros) }),
    ...(maxMicros === undefined ? {} : { maxMicros: BigInt(maxMicros) }),
    ...(stepMicros === undefined ? {} : { stepMicros: BigInt(stepMicros) }),
  }
}
const toJson = (entity: Entity): string => JSON.stringify(entity, bigintAsText)
function fromJson(text: string): Entity {
  const { dailyBudgetMicros, editable, ...rest } = JSON.parse(text) as EntityJson
  return {
    ...rest,
    ...(dailyBudgetMicros === undefined ? {} : { dailyBudgetMicros: BigInt(dailyBudgetMicros) }),
    editable: editable.map(toEditable),
  }
}
