/**
 * Plans a proposed change against the stored snapshot: what it resolves to, what the limits say, what it can do to spend.
 * Pure: reads no clock, no store, no platform, and can write nothing.
 */
import type { DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import type { Account, EditableField, Entity, Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId } from '../../shared/domain/ids.ts'
import { splitEntityId } from '../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ChangeInput } from '../../shared/operations.ts'
import { judgeBudget, judgeStatus, type Policy, type Usage } from './policy.ts'

/** What the planner may know: the last sync, nothing live. */
export interface PlanningSnapshot {
  account(id: AccountId): Account | undefined
  entity(id: EntityId): Entity | undefined
  /** Cleaned names from account down to the entity. */
  path(id: EntityId): readonly string[]
  /** Daily budgets that start or stop with this entity's switch, micros; undefined when not known. */
  dailyBudgetUnderMicros(id: EntityId): bigint | undefined
  /** Whether the entity and everything above it is switched on. */
  isRunning(id: EntityId): boolean
}

export interface Plan {
  readonly item: DraftItem
  readonly policy: PolicyResult
}

/**
 * Resolves one change.
 * @throws OperationError unknown_entity, account_not_available, field_not_editable, stale_value or invalid_value. A policy block is
 * not an error here: it comes back in `policy`.
 */
export function planChange(
  input: ChangeInput,
  k: number,
  context: {
    readonly snapshot: PlanningSnapshot
    readonly policy: Policy
    readonly usageOf: (account: AccountId) => Usage
    readonly isUndo: boolean
  },
): Plan {
  const { snapshot, policy, usageOf, isUndo } = context
  const { accountId, platform, type } = splitEntityId(input.entity_id)
  const account = snapshot.account(accountId)
  if (account === undefined)
    throw new OperationError(
      'account_not_available',
      'That account is not connected here.',
      'Call list_accounts and use an account_id from its answer.',
    )
  const entity = snapshot.entity(input.entity_id)
  if (entity === undefined || type === 'creative')
    throw new OperationError(
      'unknown_entity',
      'No campaign, ad group or ad with that id is in the last sync.',
      'Call list_entities, or sync the account first.',
    )
  const field: Field = input.kind === 'set_budget' ? 'daily_budget' : 'status'
  const bounds = editableField(entity, field)
  const usage = usageOf(accountId)
  const base = {
    k,
    platform,
    accountId,
    entityId: input.entity_id,
    entityType: type,
    path: snapshot.path(input.entity_id).slice(0, 4),
    kind: input.kind,
    field,
    currency: account.currency,
    takesEffect: bounds.takesEffect ?? 'immediately',
  } as const

  if (input.kind === 'set_budget') {
    const beforeMicros = currentBudget(entity, input.expected_current, account.currency)
    const requestedMicros = parseDecimal(input.new_value, account.currency)
    if (requestedMicros === beforeMicros) throw noChange(formatDecimal(beforeMicros, account.currency))
    const judged = judgeBudget({
      policy,
      currency: account.currency,
      beforeMicros,
      requestedMicros,
      minMicros: bounds.minMicros,
      maxMicros: bounds.maxMicros,
      usage,
      isUndo,
    })
    return {
      policy: judged.result,
      item: {
        ...base,
        before: formatDecimal(beforeMicros, account.currency),
        requested: formatDecimal(requestedMicros, account.currency),
        after: formatDecimal(judged.afterMicros, account.currency),
        ...movement(judged.afterMicros - beforeMicros, snapshot.isRunning(input.entity_id)),
      },
    }
  }

  if (entity.status !== 'enabled' && entity.status !== 'paused')
    throw new OperationError(
      'field_not_editable',
      'Its status is neither enabled nor paused.',
      'Nothing can be changed on it.',
    )
  if (entity.status !== input.expected_current) throw staleValue(entity.status)
  if (input.new_status === entity.status) throw noChange(entity.status)
  const under = snapshot.dailyBudgetUnderMicros(input.entity_id)
  const starts = input.new_status === 'enabled'
  // Stopping something of unknown size is always allowed and makes no room; starting it is not.
  const movementMicros = starts ? under : -(under ?? 0n)
  return {
    policy: judgeStatus(policy, account.currency, movementMicros, usage),
    item: {
      ...base,
      before: entity.status,
      requested: input.new_status,
      after: input.new_status,
      ...movement(movementMicros ?? 0n, snapshot.isRunning(input.entity_id)),
    },
  }
}

/** Lowering what does not run stops no spend, so it makes no room in the net envelope; raising it counts at once. */
function movement(movementMicros: bigint, isRunning: boolean): Pick<DraftItem, 'movementMicros' | 'netMicros'> {
  return { movementMicros, netMicros: movementMicros < 0n && !isRunning ? 0n : movementMicros }
}

function editableField(entity: Entity, field: Field): EditableField {
  const found = entity.editable.find((candidate) => candidate.field === field)
  if (found === undefined || !found.isEditable) {
    const editable = entity.editable.filter((candidate) => candidate.isEditable).map((candidate) => candidate.field)
    throw new OperationError(
      'field_not_editable',
      found?.refusal ?? `The ${field.replace('_', ' ')} of this entity cannot be changed.`,
      editable.length > 0
        ? `Editable here: ${editable.join(', ')}.`
        : 'Nothing on this entity can be changed from here.',
      { details: { field, editable_fields: editable.join(',') } },
    )
  }
  return found
}

function currentBudget(entity: Entity, expected: string, currency: string): bigint {
  const currentMicros = entity.dailyBudgetMicros
  if (entity.budgetKind !== 'daily' || currentMicros === undefined)
    throw new OperationError(
      'field_not_editable',
      'This entity has no daily budget of its own.',
      'Call get_entity to see where its budget is set.',
    )
  if (parseDecimal(expected, currency) !== currentMicros) throw staleValue(formatDecimal(currentMicros, currency))
  return currentMicros
}

function staleValue(current: string): OperationError {
  return new OperationError(
    'stale_value',
    `The current value is ${current}, not what you expected. No draft was made.`,
    `Call get_entity, decide again, and propose with expected_current "${current}" and a new idempotency_key.`,
    { retryable: true, details: { current } },
  )
}
function noChange(current: string): OperationError {
  return new OperationError(
    'invalid_value',
    `It is ${current} already. No draft was made.`,
    'Propose a value that differs from the current one.',
    { details: { current } },
  )
}
