/** An entity as its row in facts.db and as the text a listing waits in. Loses nothing, adds nothing, and never reads a number as a float. */
import type { Delivery, EditableField, Entity, EntityStatus, Review, SharedBudget } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId, EntityType } from '../../shared/domain/ids.ts'

/** An entity with the keys the other tables use. */
export interface StoredEntity extends Entity {
  readonly entityKey: number
  readonly accountKey: number
  readonly readAtMs: number
  /** Last listing that held it, UTC milliseconds; null when only reports know it. */
  readonly listedAtMs: number | null
  readonly firstListedAtMs: number | null
  /** Since when its status has been seen as it is; null when it was never listed. */
  readonly statusSinceMs: number | null
}

const DETAILS = [
  'objective',
  'optimizationGoal',
  'bidStrategy',
  'creativeIds',
  'format',
  'text',
  'landingPage',
  'startsAt',
  'endsAt',
  'modifiedAt',
  'deliveryReasons',
  'reviewReasons',
  'targeting',
] as const
type Details = Pick<Entity, (typeof DETAILS)[number]>

export interface EntityRow {
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
  values_json: string | null
  listed_at_ms: bigint | null
  first_listed_at_ms: bigint | null
  status_since_ms: bigint | null
  shared_budget_id: string | null
  delivery: Delivery
  review: Review | null
  is_automated: bigint
}

/** What a listing writes into a row. `fold` makes a name searchable. */
export function toParameters(
  accountKey: number,
  entity: Entity,
  atMs: number,
  fold: (name: string) => string,
): Record<string, unknown> {
  const details = Object.fromEntries(
    DETAILS.flatMap((name) => (entity[name] === undefined ? [] : [[name, entity[name]]])),
  )
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
    shared_budget_id: entity.sharedBudget?.externalId ?? null,
    delivery: entity.delivery ?? 'unknown',
    review: entity.review ?? null,
    is_automated: entity.isAutomated === true ? 1 : 0,
    at: atMs,
  }
}

/** @param shared the budget the row names, with the campaigns it feeds */
export function toEntity(row: EntityRow, shared: SharedBudget | undefined): StoredEntity {
  return {
    entityKey: Number(row.entity_key),
    accountKey: Number(row.account_key),
    readAtMs: Number(row.read_at_ms),
    listedAtMs: row.listed_at_ms === null ? null : Number(row.listed_at_ms),
    firstListedAtMs: row.first_listed_at_ms === null ? null : Number(row.first_listed_at_ms),
    statusSinceMs: row.status_since_ms === null ? null : Number(row.status_since_ms),
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
    ...(row.values_json === null ? {} : { values: JSON.parse(row.values_json) as NonNullable<Entity['values']> }),
    ...(shared === undefined ? {} : { sharedBudget: shared }),
    delivery: row.delivery,
    ...(row.review === null ? {} : { review: row.review }),
    isAutomated: row.is_automated === 1n,
    ...(row.click_window_days === null ? {} : { clickWindowDays: Number(row.click_window_days) || null }),
    ...(row.view_window_days === null ? {} : { viewWindowDays: Number(row.view_window_days) || null }),
    ...(JSON.parse(row.details_json) as Details),
  }
}

/** null (switched off) is stored as 0, absent as NULL. */
function toStoredWindow(days: number | null | undefined): number | null {
  return days === undefined ? null : (days ?? 0)
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

/** The campaigns of a shared budget are left out: which they are is what all the rows of the listing say together. */
export function toJson(entity: Entity): string {
  const { sharedBudget, ...rest } = entity
  const kept = sharedBudget === undefined ? rest : { ...rest, sharedBudget: { ...sharedBudget, campaignIds: [] } }
  return JSON.stringify(kept, bigintAsText)
}
export function fromJson(text: string): Entity {
  const { dailyBudgetMicros, editable, ...rest } = JSON.parse(text) as EntityJson
  return {
    ...rest,
    ...(dailyBudgetMicros === undefined ? {} : { dailyBudgetMicros: BigInt(dailyBudgetMicros) }),
    editable: editable.map(toEditable),
  }
}
