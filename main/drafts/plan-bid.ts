/** Plans bids, cost and return targets, and bid strategies. Pure, like plan.ts: the last sync in, a value and a verdict out. */
import {
  type BidField,
  type BidStrategy,
  formatStrategy,
  parseStrategy,
  STRATEGY_TARGETS,
  type StrategyValue,
} from '../../shared/domain/bid.ts'
import type { EditableField, Entity, StrategyOption } from '../../shared/domain/entity.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ChangeInput } from '../../shared/operations.ts'
import type { Found, Outcome, PlanContext, PlanningSnapshot } from './plan.ts'
import { judgeBid, judgeSwitch, limitsFor, ownBidBounds } from './policy.ts'
import { judgeStep } from './step.ts'
import {
  formatNumber,
  kindOf,
  noChange,
  parseNumber,
  refuseOffStep,
  scaleOf,
  staleValue,
  storedValue,
} from './value.ts'

/** Campaign, ad group, ad: no entity has more above it. */
const MAX_DEPTH = 4

/** No bid moves the daily budget, and that is what counts as spend per day. */
const NO_MOVEMENT = { movementMicros: 0n, netMicros: 0n } as const

export function planBid(
  input: Extract<ChangeInput, { kind: 'set_bid' }>,
  { account, entity, bounds }: Found,
  { snapshot, policy, isUndo }: PlanContext,
): Outcome {
  const { currency } = account
  const kind = kindOf(input.field)
  const text = (micros: bigint): string => formatNumber(kind, micros, currency)
  const beforeMicros = parseNumber(kind, storedValue(entity, input.field, currency), currency)
  if (parseNumber(kind, input.expected_current, currency) !== beforeMicros) throw staleValue(text(beforeMicros))
  const requestedMicros = parseNumber(kind, input.new_value, currency)
  if (requestedMicros === beforeMicros) throw noChange(text(beforeMicros))
  const scale = scaleOf(input.field, kind, currency, bounds.stepMicros)
  refuseOffStep(scale, requestedMicros)
  const { afterMicros, result } = judgeBid({
    version: policy.version,
    limits: limitsFor(policy, currency, account.accountId),
    scale,
    beforeMicros,
    requestedMicros,
    minMicros: bounds.minMicros,
    maxMicros: bounds.maxMicros,
    isInverse: kind === 'ratio',
    isSpendCapped: isSpendCapped(entity, snapshot),
    isUndo,
  })
  const values = { before: text(beforeMicros), requested: text(requestedMicros), after: text(afterMicros) }
  return { policy: result, values: { ...values, ...NO_MOVEMENT } }
}

/** A strategy and its target are one value: compared, approved, written and undone together. */
export function planStrategy(
  input: Extract<ChangeInput, { kind: 'set_bid_strategy' }>,
  { account, entity, bounds }: Found,
  { snapshot, policy, isUndo }: PlanContext,
): Outcome {
  const { currency } = account
  const text = (value: StrategyValue): string => formatStrategy(value, currency)
  const before = parseStrategy(storedValue(entity, 'bid_strategy', currency), currency)
  if (text(parseStrategy(input.expected_current, currency)) !== text(before)) throw staleValue(text(before))
  const option = optionFor(input.new_strategy, bounds)
  const requested = { strategy: option.strategy, targetMicros: targetOf(input, option, currency) }
  if (text(requested) === text(before)) throw noChange(text(before))

  const limits = targetBounds(entity, bounds, option)
  const own = limitsFor(policy, currency, account.accountId)
  const isCapped = isSpendCapped(entity, snapshot)
  const values = { before: text(before), requested: text(requested), ...NO_MOVEMENT }
  const kind = option.target
  if (requested.targetMicros === undefined || kind === 'none') {
    const result = judgeSwitch(policy.version, isCapped)
    return { policy: result, values: { ...values, after: text(result.outcome === 'block' ? before : requested) } }
  }
  const scale = scaleOf(fieldOfTarget(option.strategy) ?? 'bid_strategy', kind, currency, limits.stepMicros)
  refuseOffStep(scale, requested.targetMicros)
  const isSwitch = before.strategy !== requested.strategy || before.targetMicros === undefined
  if (!isSwitch) {
    const { afterMicros, result } = judgeBid({
      version: policy.version,
      limits: own,
      scale,
      beforeMicros: before.targetMicros,
      requestedMicros: requested.targetMicros,
      minMicros: limits.minMicros,
      maxMicros: limits.maxMicros,
      isInverse: kind === 'ratio',
      isSpendCapped: isCapped,
      isUndo,
    })
    return { policy: result, values: { ...values, after: text({ ...requested, targetMicros: afterMicros }) } }
  }
  // There is no old target of the same meaning to measure a step from: only the bounds hold, the platform's and the person's.
  const bounded = judgeStep({
    scale,
    beforeMicros: requested.targetMicros,
    requestedMicros: requested.targetMicros,
    minMicros: limits.minMicros,
    maxMicros: limits.maxMicros,
    maxStepBasisPoints: own.maxStepBasisPoints,
    maxStepMicros: undefined,
    digitSlipFactor: own.digitSlipFactor,
    own: ownBidBounds(own, kind),
    isUndo: true,
  })
  const result = bounded.isBlocked
    ? { version: policy.version, outcome: 'block' as const, rules: bounded.rules }
    : judgeSwitch(policy.version, isCapped)
  return { policy: result, values: { ...values, after: text(result.outcome === 'block' ? before : requested) } }
}

/** @throws OperationError unsupported_on_platform for a strategy the platform does not offer for this entity */
function optionFor(strategy: BidStrategy, bounds: EditableField): StrategyOption {
  const offered = bounds.strategies ?? []
  const found = offered.find((each) => each.strategy === strategy)
  if (found !== undefined && strategy !== 'other') return found
  const names = offered.map((each) => each.strategy).join(', ')
  throw new OperationError(
    'unsupported_on_platform',
    `The platform does not let this be switched to ${strategy}. No draft was made.`,
    names === '' ? 'It offers no other strategy here.' : `Offered here: ${names}.`,
    { details: { strategy, strategies: names } },
  )
}

/** @throws OperationError invalid_value for a target that is missing, or one where none belongs */
function targetOf(
  { new_strategy: strategy, target }: Extract<ChangeInput, { kind: 'set_bid_strategy' }>,
  option: StrategyOption,
  currency: string,
): bigint | undefined {
  if (target === undefined) {
    if (option.isTargetOptional || option.target === 'none') return undefined
    throw new OperationError(
      'invalid_value',
      `The strategy ${strategy} needs ${option.target === 'ratio' ? 'a ratio' : 'an amount'} to go with it. No draft was made.`,
      'Give it in target.',
    )
  }
  if (option.target === 'none' || STRATEGY_TARGETS[strategy].kind !== option.target)
    throw new OperationError(
      'invalid_value',
      `The strategy ${strategy} takes no target. No draft was made.`,
      'Leave target out.',
    )
  return parseStrategy(`${strategy}:${target}`, currency).targetMicros
}

/** Which bid field the target of a strategy is. */
function fieldOfTarget(strategy: BidStrategy): BidField | undefined {
  switch (strategy) {
    case 'bid_cap':
    case 'maximize_clicks':
      return 'bid_cap'
    case 'cost_cap':
      return 'cost_cap'
    case 'target_cpa':
    case 'maximize_conversions':
      return 'target_cpa'
    case 'target_roas':
    case 'maximize_conversion_value':
    case 'min_roas':
      return 'target_roas'
    default:
      return undefined
  }
}

/**
 * The bounds of a strategy's target: those of the bid field it is, where the platform names any, else those of the strategy field itself
 * when every target it offers is of one kind (an amount's bound says nothing about a ratio). Otherwise an amount has the step of the budget.
 */
function targetBounds(
  entity: Entity,
  bounds: EditableField,
  option: StrategyOption,
): Pick<EditableField, 'minMicros' | 'maxMicros' | 'stepMicros'> {
  const own = entity.editable.find((each) => each.field === fieldOfTarget(option.strategy))
  if (own !== undefined && [own.minMicros, own.maxMicros, own.stepMicros].some((each) => each !== undefined)) return own
  const kinds = new Set((bounds.strategies ?? []).map((each) => each.target).filter((kind) => kind !== 'none'))
  if (kinds.size === 1) return bounds
  // Every amount of an account has the same smallest step (Google's billable unit, Meta's minor unit): the budget knows it.
  const stepMicros = entity.editable.find((each) => each.field === 'daily_budget')?.stepMicros
  return option.target === 'money' && stepMicros !== undefined ? { stepMicros } : {}
}

/**
 * Whether a daily budget caps what the entity can spend: its own, the nearest above it, or, for a campaign without one, those of all its
 * ad groups that are switched on. A lifetime budget does not: it says nothing about a day.
 */
function isSpendCapped(entity: Entity, snapshot: PlanningSnapshot): boolean {
  let above: Entity | undefined = entity
  for (let depth = 0; above !== undefined && depth < MAX_DEPTH; depth += 1) {
    if (above.budgetKind === 'daily') return above.dailyBudgetMicros !== undefined
    if (above.budgetKind === 'lifetime') return false
    if (above.type === 'campaign') {
      const isSumOfParts = above === entity && above.budgetKind === 'none'
      return isSumOfParts && snapshot.dailyBudgetUnderMicros(above.entityId) !== undefined
    }
    above = above.parentId === undefined ? undefined : snapshot.entity(above.parentId)
  }
  return false
}
