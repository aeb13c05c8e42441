import type { Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId, Platform } from '../../shared/domain/ids.ts'

declare const approved: unique symbol

/** One change a person confirmed. Only this file makes it, and `adapter.apply` accepts nothing else. */
export interface ApprovedChange {
  readonly [approved]: true
  readonly draftId: DraftId
  readonly k: number
  readonly platform: Platform
  readonly accountId: AccountId
  readonly entityId: EntityId
  readonly field: Field
  readonly currency: string
  /** Wire form: "120.00" or "enabled" / "paused". */
  readonly before: string
  readonly after: string
  readonly challengeHash: string
}
