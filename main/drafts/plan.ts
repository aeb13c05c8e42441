/**
 * Plans a proposed change against the stored snapshot: what it resolves to, what the limits say of it by itself, what it can do to spend.
 * What they say of the draft it stands in is guardrails.ts.
 * Pure: reads no clock, no store, no platform, and can write nothing.
 */
import type { AffectedEntity, DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import type { Account, EditableField, Entity, Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId } from '../../shared/domain/ids.ts'
import { isImportedAccount, splitEntityId } from '../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ChangeInput } from '../../shared/operations.ts'
import { planBid, planStrategy } from './plan-bid.ts'
import { NO_CONNECTION } from './notes.ts'
import { judgeBudget, judgeStatus, limitsFor, type Policy } from './policy.ts'
import { editableField, noChange, refuseOffStep, scaleOf, staleValue, storedValue } from './value.ts'

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

export interface PlanContext {
  readonly snapshot: PlanningSnapshot
  readonly policy: Policy
  /** Whether the person lets changes be made in the account at all. */
  readonly writesAllowed: (account: AccountId) => boolean
  readonly isUndo: boolean
}

/** What is known before the kinds part ways. */
export interface Found {
  readonly account: Account
  readonly entity: Entity
  readonly bounds: EditableField
  /** What the one write touches beside the entity itself. */
  readonly shared: readonly AffectedEntity[]
  readonly takesEffect: DraftItem['takesEffect']
}

/** What each kind of change works out for itself. */
export interface Outcome {
  readonly values: Pick<DraftItem, 'before' | 'requested' | 'after' | 'movementMicros' | 'netMicros'>
  readonly policy: PolicyResult
}

/** More campaigns on one budget than the approver can be shown: the list may then have been cut. */
const MAX_SHARED = 500

/**
 * Resolves one change.
 * @throws OperationError unknown_entity, account_not_available, writes_not_allowed, field_not_editable, unsupported_on_platform, stale_value
 * or invalid_value. A policy block is not an error here: it comes back in `policy`.
 */
export function planChange(input: ChangeInput, k: number, context: PlanContext): Plan {
  const { snapshot } = context
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
  // Nothing can be pushed there, whatever is allowed; what is proposed is kept for the person to do by hand.
  if (!isImportedAccount(accountId) && !context.writesAllowed(accountId)) throw writesOff(accountId)
  const field = fieldOf(input)
  const bounds = editableField(entity, field)
  const isBudget = field === 'daily_budget' || field === 'scheduled_budget'
  const sharedBudget = isBudget ? entity.sharedBudget : undefined
  const shared = sharedBudget === undefined ? [] : othersOn(sharedBudget.campaignIds, entity.entityId, snapshot)
  const takesEffect = field === 'scheduled_budget' ? 'next_midnight' : (bounds.takesEffect ?? 'immediately')
  const { values, policy } = planKind(input, { account, entity, bounds, shared, takesEffect }, context)
  return {
    policy,
    item: {
      k,
      platform,
      accountId,
      entityId: input.entity_id,
      entityType: type,
      path: snapshot.path(input.entity_id).slice(0, 4),
      kind: input.kind,
      field,
      currency: account.currency,
      takesEffect,
      target: sharedBudget === undefined ? input.entity_id : `${accountId}/budget/${sharedBudget.externalId}`,
      affects: shared,
      ...values,
    },
  }
}

/** The field a proposal is about. */
export function fieldOf(input: ChangeInput): Field {
  if (input.kind === 'set_budget') return input.takes_effect === 'next_midnight' ? 'scheduled_budget' : 'daily_budget'
  if (input.kind === 'set_bid') return input.field
  return input.kind === 'set_status' ? 'status' : 'bid_strategy'
}

/** The account may be read and nothing more: the person has not said yes, or what it is connected with cannot write. */
export function writesOff(accountId: AccountId): OperationError {
  return new OperationError(
    'writes_not_allowed',
    'Changes are not switched on for this account, or what it is connected with can only read. Nothing was changed.',
    'The user can see why under Connections, and switch changes on there.',
    { details: { rule: 'writes_off', account_id: accountId } },
  )
}

/** In front of every step towards a platform. @throws OperationError account_not_available for an account that comes from files alone */
export function refuseImported(accountId: AccountId): void {
  if (!isImportedAccount(accountId)) return
  throw new OperationError(
    'account_not_available',
    NO_CONNECTION,
    'Make the change on the platform yourself, or connect the account under Connections. Nothing was sent.',
    { details: { account_id: accountId } },
  )
}

function planKind(input: ChangeInput, found: Found, context: PlanContext): Outcome {
  if (input.kind === 'set_budget') return planBudget(input, found, context)
  if (input.kind === 'set_status') return planStatus(input, found, context)
  if (input.kind === 'set_bid') return planBid(input, found, context)
  return planStrategy(input, found, context)
}

function planBudget(
  input: Extract<ChangeInput, { kind: 'set_budget' }>,
  { account, entity, bounds, shared, takesEffect }: Found,
  { snapshot, policy, isUndo }: PlanContext,
): Outcome {
  const { currency } = account
  const text = (micros: bigint): string => formatDecimal(micros, currency)
  const beforeMicros = parseDecimal(storedValue(entity, fieldOf(input), currency), currency)
  if (parseDecimal(input.expected_current, currency) !== beforeMicros) throw staleValue(text(beforeMicros))
  const requestedMicros = parseDecimal(input.new_value, currency)
  if (requestedMicros === beforeMicros) throw noChange(text(beforeMicros))
  const scale = scaleOf(fieldOf(input), 'money', currency, bounds.stepMicros)
  refuseOffStep(scale, requestedMicros)
  const { afterMicros, result } = judgeBudget({
    version: policy.version,
    limits: limitsFor(policy, currency, account.accountId),
    currency,
    beforeMicros,
    requestedMicros,
    minMicros: bounds.minMicros,
    maxMicros: bounds.maxMicros,
    stepMicros: scale.stepMicros,
    isUndo,
  })
  // A shared budget is spent as long as one of its campaigns runs.
  const isSpent = [entity, ...shared].some((each) => snapshot.isRunning(each.entityId))
  // What is lowered from next midnight on is spent in full today, beside every raise that acts at once.
  const makesRoom = isSpent && takesEffect === 'immediately' && isForGood(entity, text(beforeMicros))
  return {
    policy: result,
    values: {
      before: text(beforeMicros),
      requested: text(requestedMicros),
      after: text(afterMicros),
      ...movement(afterMicros - beforeMicros, makesRoom),
    },
  }
}

/** Whether today's budget stays beyond midnight: where another one waits it does not, and lowering it makes no lasting room. */
function isForGood(entity: Entity, before: string): boolean {
  const waiting = entity.values?.scheduled_budget
  return waiting === undefined || waiting === before
}

function planStatus(
  input: Extract<ChangeInput, { kind: 'set_status' }>,
  { entity }: Found,
  { snapshot, policy }: PlanContext,
): Outcome {
  if (entity.status !== 'enabled' && entity.status !== 'paused')
    throw new OperationError(
      'field_not_editable',
      'Its status is neither enabled nor paused.',
      'Nothing can be changed on it.',
    )
  if (entity.status !== input.expected_current) throw staleValue(entity.status)
  if (input.new_status === entity.status) throw noChange(entity.status)
  const movementMicros = switchMovement(entity, input.new_status, snapshot)
  return {
    policy: judgeStatus(policy.version, movementMicros),
    values: {
      before: entity.status,
      requested: input.new_status,
      after: input.new_status,
      ...movement(movementMicros ?? 0n, snapshot.isRunning(entity.entityId)),
    },
  }
}

/**
 * What a switch does to spend per day. Stopping something of unknown size is always allowed and makes no room; starting it is not
 * (undefined). A campaign on a shared budget counts the whole of it when it starts, even if others draw on it already: what they leave
 * over is then spent too, and whether they really run is only known from the last sync. When it stops, the budget counts as stopped only
 * if no other running campaign draws on it. Both ways the raise is never counted too small.
 */
function switchMovement(entity: Entity, to: 'enabled' | 'paused', snapshot: PlanningSnapshot): bigint | undefined {
  const isUnknown = isImportedAccount(entity.accountId) && entity.dailyBudgetMicros === undefined
  // Files tell nothing of the budgets below a campaign.
  const under = isUnknown ? undefined : snapshot.dailyBudgetUnderMicros(entity.entityId)
  if (to === 'enabled') return under
  const campaignIds = entity.sharedBudget?.campaignIds ?? []
  const isSpentOn = campaignIds.some((id) => id !== entity.entityId && snapshot.isRunning(id))
  // A list that may have been cut says nothing of who else draws on it.
  return isSpentOn || campaignIds.length >= MAX_SHARED ? 0n : -(under ?? 0n)
}

/** Lowering what is not spent stops no spend, so it makes no room in the net envelope; raising it counts at once. */
function movement(movementMicros: bigint, makesRoom: boolean): Pick<DraftItem, 'movementMicros' | 'netMicros'> {
  return { movementMicros, netMicros: movementMicros < 0n && !makesRoom ? 0n : movementMicros }
}

/** The other campaigns of a shared budget, by id. @throws OperationError field_not_editable when there may be more than are known */
function othersOn(
  campaignIds: readonly EntityId[],
  self: EntityId,
  snapshot: PlanningSnapshot,
): readonly AffectedEntity[] {
  if (campaignIds.length >= MAX_SHARED)
    throw new OperationError(
      'field_not_editable',
      `This budget is shared by ${MAX_SHARED} campaigns or more, too many to show what a change would do.`,
      'Change it on the platform.',
    )
  return [...new Set(campaignIds)]
    .filter((id) => id !== self)
    .toSorted()
    .map((id) => ({ entityId: id, name: snapshot.entity(id)?.name ?? '' }))
}
