/** Drafts and their items as they stand in ledger.db, and how they become what the rest of the core knows. Holds no SQL. */
import type { AffectedEntity, Draft, DraftItem, DraftState, PolicyResult } from '../../shared/domain/draft.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'

export interface DraftRow {
  draft_id: string
  state: DraftState
  state_reason: string | null
  state_message: string | null
  origin_kind: 'agent' | 'window' | 'loop'
  origin_id: string
  origin_name: string
  title: string
  rationale: string
  idempotency_key: string
  request_hash: string
  policy_version: number
  policy_outcome: PolicyResult['outcome']
  policy_json: string
  draft_hash: string
  undo_of: string | null
  repair_of: string | null
  revises: string | null
  decision_note: string | null
  created_at_ms: number
  expires_at_ms: number
  decided_at_ms: number | null
  updated_at_ms: number
}
export interface ItemRow {
  k: bigint
  platform: DraftItem['platform']
  account_id: string
  entity_id: string
  entity_type: DraftItem['entityType']
  path_json: string
  kind: DraftItem['kind']
  field: DraftItem['field']
  currency: string
  before_value: string
  requested_value: string
  after_value: string
  movement_micros: bigint
  net_micros: bigint
  takes_effect: DraftItem['takesEffect']
  target: string
  affects_json: string
}

export function toDraft(row: DraftRow, items: readonly ItemRow[]): Draft {
  return {
    draftId: row.draft_id as DraftId,
    state: row.state,
    ...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
    ...(row.state_message === null ? {} : { stateMessage: row.state_message }),
    originKind: row.origin_kind,
    originId: row.origin_id,
    originName: row.origin_name,
    title: row.title,
    rationale: row.rationale,
    idempotencyKey: row.idempotency_key,
    requestHash: row.request_hash,
    policy: {
      version: row.policy_version,
      outcome: row.policy_outcome,
      rules: JSON.parse(row.policy_json) as PolicyResult['rules'],
    },
    draftHash: row.draft_hash,
    ...(row.undo_of === null ? {} : { undoOf: row.undo_of as DraftId }),
    ...(row.repair_of === null ? {} : { repairOf: row.repair_of as DraftId }),
    ...(row.revises === null ? {} : { revises: row.revises as DraftId }),
    ...(row.decision_note === null ? {} : { decisionNote: row.decision_note }),
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    ...(row.decided_at_ms === null ? {} : { decidedAtMs: row.decided_at_ms }),
    updatedAtMs: row.updated_at_ms,
    items: items.map(toItem),
  }
}

/** Amounts come as bigint: the statement reads safe integers. */
function toItem(row: ItemRow): DraftItem {
  return {
    k: Number(row.k),
    platform: row.platform,
    accountId: row.account_id as AccountId,
    entityId: row.entity_id as EntityId,
    entityType: row.entity_type,
    path: JSON.parse(row.path_json) as string[],
    kind: row.kind,
    field: row.field,
    currency: row.currency,
    before: row.before_value,
    requested: row.requested_value,
    after: row.after_value,
    movementMicros: row.movement_micros,
    netMicros: row.net_micros,
    takesEffect: row.takes_effect,
    target: row.target,
    affects: JSON.parse(row.affects_json) as AffectedEntity[],
  }
}
