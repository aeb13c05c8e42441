/** What one operation does to one resource, with the platform's rules. Nothing is changed before everything was checked. */
import { invalid } from './failure.ts'
import { checkBid, checkBudgetAmount, checkRoas } from './mutate-money.ts'
import { nextStrategy, strategyMember } from './mutate-strategy.ts'
import { at, doubleAt, int64At, type Operation, statusAt, textAt } from './mutate-values.ts'
import type { Ad, AdGroup, Budget, Campaign, Criterion, Editable } from './types.ts'
import type { GoogleWorld } from './world.ts'

/** Runs after all checks of the operation. */
type Effect = () => void

function unknownPath(operation: Operation, path: string, immutable: ReadonlySet<string>): Error {
  return immutable.has(path)
    ? invalid('fieldError.IMMUTABLE_FIELD', 'The field cannot be modified.', at(operation.place, 'update', path))
    : invalid(
        'fieldMaskError.FIELD_NOT_FOUND',
        `The field mask contained an invalid field: '${path.slice(0, 80)}'.`,
        at(operation.place, 'update_mask'),
      )
}

function checkAlive(isRemoved: boolean, operation: Operation): void {
  if (isRemoved)
    throw invalid(
      'contextError.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE',
      'The operation is not allowed for removed resources.',
      at(operation.place, 'update'),
    )
}

/** Video campaigns and what is below them can be read through the API and not changed (API guide, "Video campaigns"). */
function checkOpenToApi(node: Editable, operation: Operation): void {
  const campaign = node.kind === 'adGroupAd' ? node.adGroup.campaign : 'campaign' in node ? node.campaign : node
  if (campaign.kind === 'campaign' && campaign.channel === 'VIDEO')
    throw invalid(
      'operationAccessDeniedError.MUTATE_ACTION_NOT_PERMITTED_FOR_CLIENT',
      'A mutate action is not allowed on this resource, from this client.',
      at(operation.place),
    )
}

function nameAt(operation: Operation, code: string): string {
  const name = textAt(operation, 'name')
  if (name === undefined || name === '' || name.length > 255)
    throw invalid(code, 'The name is not valid.', at(operation.place, 'update', 'name'))
  return name
}

function required(operation: Operation, path: string): Error {
  return invalid('fieldError.REQUIRED', 'The required field was not present.', at(operation.place, 'update', path))
}

function budgetEffect(
  world: GoogleWorld,
  budget: Budget,
  operation: Operation,
  path: string,
  immutable: ReadonlySet<string>,
): Effect {
  switch (path) {
    case 'amount_micros':
    case 'total_amount_micros': {
      const micros = int64At(operation, path)
      const isDaily = budget.period === 'DAILY'
      if (isDaily !== (path === 'amount_micros')) {
        if (micros === undefined) return () => undefined
        throw isDaily
          ? invalid(
              'campaignBudgetError.TOTAL_BUDGET_AMOUNT_MUST_BE_UNSET_FOR_BUDGET_PERIOD_DAILY',
              'Total budget amount must be unset for a budget with the DAILY period.',
              at(operation.place, 'update', path),
            )
          : invalid(
              'campaignBudgetError.BUDGET_AMOUNT_MUST_BE_UNSET_FOR_CUSTOM_BUDGET_PERIOD',
              'Budget amount must be unset for a budget with a custom period.',
              at(operation.place, 'update', path),
            )
      }
      if (micros === undefined) throw required(operation, path)
      const amount = checkBudgetAmount(budget, micros, operation, path)
      return () => world.setBudget(budget, amount)
    }
    case 'name': {
      if (!budget.isShared)
        throw invalid(
          'campaignBudgetError.CANNOT_MODIFY_FIELD_OF_IMPLICITLY_SHARED_CAMPAIGN_BUDGET',
          'Cannot modify the field of an implicitly shared campaign budget.',
          at(operation.place, 'update', path),
        )
      const name = nameAt(operation, 'fieldError.INVALID_VALUE')
      return () => {
        world.touch(budget)
        budget.name = name
      }
    }
    case 'delivery_method':
      if (textAt(operation, path) === 'ACCELERATED')
        throw invalid(
          'campaignBudgetError.CANNOT_USE_ACCELERATED_DELIVERY_MODE',
          'Accelerated delivery is not available.',
          at(operation.place, 'update', path),
        )
      return () => undefined
    default:
      throw unknownPath(operation, path, immutable)
  }
}

function campaignEffect(
  world: GoogleWorld,
  campaign: Campaign,
  operation: Operation,
  path: string,
  immutable: ReadonlySet<string>,
): Effect {
  if (path === 'status') {
    const status = statusAt(operation)
    return () => world.setStatus(campaign, status)
  }
  if (path === 'name') {
    const name = nameAt(operation, 'campaignError.INVALID_CAMPAIGN_NAME')
    if (
      campaign.customer.campaigns.some((each) => each !== campaign && each.status !== 'REMOVED' && each.name === name)
    )
      throw invalid(
        'campaignError.DUPLICATE_CAMPAIGN_NAME',
        'The name is already being used by another campaign.',
        at(operation.place, 'update', 'name'),
      )
    return () => {
      world.touch(campaign)
      campaign.name = name
    }
  }
  if (path === 'campaign_budget') {
    const budget = world.node(textAt(operation, path) ?? '')
    if (budget?.kind !== 'campaignBudget' || budget.customer !== campaign.customer || budget.status === 'REMOVED')
      throw invalid('mutateError.RESOURCE_NOT_FOUND', 'Resource was not found.', at(operation.place, 'update', path))
    if (!budget.isShared && budget !== campaign.budget)
      throw invalid(
        'campaignBudgetError.CANNOT_USE_IMPLICITLY_SHARED_CAMPAIGN_BUDGET_WITH_MULTIPLE_CAMPAIGNS',
        'An implicitly shared budget cannot be used with more than one campaign.',
        at(operation.place, 'update', path),
      )
    return () => {
      world.touch(campaign)
      campaign.budget = budget
    }
  }
  throw unknownPath(operation, path, immutable)
}

function campaignEffects(
  world: GoogleWorld,
  campaign: Campaign,
  operation: Operation,
  immutable: ReadonlySet<string>,
): readonly Effect[] {
  const strategyPaths = operation.mask.filter((path) => strategyMember(path) !== undefined)
  const effects = operation.mask
    .filter((path) => !strategyPaths.includes(path))
    .map((path) => campaignEffect(world, campaign, operation, path, immutable))
  if (strategyPaths.length === 0) return effects
  const strategy = nextStrategy(campaign, operation, strategyPaths)
  const setStrategy = () => {
    world.touch(campaign)
    campaign.strategy = strategy
    campaign.strategyChangedOn = world.now(campaign.customer).date
  }
  return [...effects, setStrategy]
}

/** The strategies under which an ad group's bid means anything. */
const BID_STRATEGIES: Readonly<Record<string, readonly string[]>> = {
  cpc_bid_micros: ['manual_cpc'],
  cpm_bid_micros: ['manual_cpm'],
  cpv_bid_micros: ['manual_cpv'],
  target_cpa_micros: ['maximize_conversions', 'target_cpa'],
  target_roas: ['maximize_conversion_value', 'target_roas'],
}
const BID_MEMBERS = {
  cpc_bid_micros: 'cpcBidMicros',
  cpm_bid_micros: 'cpmBidMicros',
  cpv_bid_micros: 'cpvBidMicros',
  target_cpa_micros: 'targetCpaMicros',
  target_roas: 'targetRoas',
} as const

function checkBidFits(campaign: Campaign, operation: Operation, path: string): void {
  const { member, values } = campaign.strategy
  const isFitting = BID_STRATEGIES[path]?.includes(member) === true
  // An ad group's target needs one of the campaign to deviate from.
  const isTargetless =
    member === 'maximize_conversions'
      ? values['target_cpa_micros'] === undefined
      : member === 'maximize_conversion_value' && values['target_roas'] === undefined
  if (isFitting && !isTargetless) return
  throw invalid(
    'adGroupError.BID_TYPE_AND_BIDDING_STRATEGY_MISMATCH',
    'Bid type and bidding strategy do not match.',
    at(operation.place, 'update', path),
  )
}

function groupEffect(
  world: GoogleWorld,
  group: AdGroup,
  operation: Operation,
  path: string,
  immutable: ReadonlySet<string>,
): Effect {
  if (path === 'status') {
    const status = statusAt(operation)
    return () => world.setStatus(group, status)
  }
  if (path === 'name') {
    const name = nameAt(operation, 'adGroupError.INVALID_ADGROUP_NAME')
    return () => {
      world.touch(group)
      group.name = name
    }
  }
  if (!Object.hasOwn(BID_MEMBERS, path)) throw unknownPath(operation, path, immutable)
  const member = BID_MEMBERS[path as keyof typeof BID_MEMBERS]
  let value: number | undefined
  if (path === 'target_roas') {
    const roas = doubleAt(operation, path)
    value = roas === undefined ? undefined : checkRoas(roas, operation, path)
  } else {
    const micros = int64At(operation, path)
    value = micros === undefined ? undefined : checkBid(group.customer, micros, operation, path)
  }
  if (value !== undefined) checkBidFits(group.campaign, operation, path)
  return () => {
    world.touch(group)
    group[member] = value
  }
}

function adEffect(
  world: GoogleWorld,
  ad: Ad,
  operation: Operation,
  path: string,
  immutable: ReadonlySet<string>,
): Effect {
  if (path !== 'status') throw unknownPath(operation, path.startsWith('ad.') ? 'ad' : path, immutable)
  const status = statusAt(operation)
  return () => world.setStatus(ad, status)
}

function criterionEffect(
  world: GoogleWorld,
  criterion: Criterion,
  operation: Operation,
  path: string,
  immutable: ReadonlySet<string>,
): Effect {
  if (path === 'status') {
    const status = statusAt(operation)
    return () => world.setStatus(criterion, status)
  }
  if (path === 'cpc_bid_micros') {
    const micros = int64At(operation, path)
    if (criterion.isNegative)
      throw invalid(
        'fieldError.VALUE_MUST_BE_UNSET',
        'A negative criterion has no bid.',
        at(operation.place, 'update', path),
      )
    const bid = micros === undefined ? undefined : checkBid(criterion.customer, micros, operation, path)
    if (bid !== undefined) checkBidFits(criterion.campaign, operation, path)
    return () => {
      world.touch(criterion)
      criterion.cpcBidMicros = bid
    }
  }
  if (path === 'bid_modifier') {
    const factor = doubleAt(operation, path)
    if (factor !== undefined && (factor < 0.1 || factor > 10))
      throw invalid(
        factor < 0.1 ? 'rangeError.TOO_LOW' : 'rangeError.TOO_HIGH',
        'Out of range.',
        at(operation.place, 'update', path),
      )
    return () => {
      world.touch(criterion)
      criterion.bidModifier = factor
    }
  }
  throw unknownPath(operation, path, immutable)
}

/** Checks an update and returns what carries it out. `immutable`: the resource's fields that nobody sets. @throws ApiFailure */
export function planUpdate(
  world: GoogleWorld,
  node: Editable,
  operation: Operation,
  immutable: ReadonlySet<string>,
): Effect {
  checkOpenToApi(node, operation)
  const effects = ((): readonly Effect[] => {
    switch (node.kind) {
      case 'campaignBudget':
        if (node.status === 'REMOVED')
          throw invalid(
            'campaignBudgetError.CAMPAIGN_BUDGET_REMOVED',
            'The campaign budget is removed.',
            at(operation.place, 'update'),
          )
        return operation.mask.map((path) => budgetEffect(world, node, operation, path, immutable))
      case 'campaign':
        checkAlive(node.status === 'REMOVED', operation)
        return campaignEffects(world, node, operation, immutable)
      case 'adGroup':
        checkAlive(node.status === 'REMOVED' || node.campaign.status === 'REMOVED', operation)
        return operation.mask.map((path) => groupEffect(world, node, operation, path, immutable))
      case 'adGroupAd':
        if (node.status === 'REMOVED')
          throw invalid(
            'adGroupAdError.CANNOT_OPERATE_ON_REMOVED_ADGROUPAD',
            'The ad is removed.',
            at(operation.place, 'update'),
          )
        checkAlive(node.adGroup.status === 'REMOVED' || node.adGroup.campaign.status === 'REMOVED', operation)
        return operation.mask.map((path) => adEffect(world, node, operation, path, immutable))
      case 'adGroupCriterion':
        checkAlive(node.status === 'REMOVED', operation)
        return operation.mask.map((path) => criterionEffect(world, node, operation, path, immutable))
      default:
        throw invalid(
          'mutateError.MUTATE_NOT_ALLOWED',
          'Mutates are not allowed for the requested resource.',
          at(operation.place),
        )
    }
  })()
  return () => {
    for (const effect of effects) effect()
  }
}

/** Checks a removal and returns what carries it out. @throws ApiFailure */
export function planRemove(world: GoogleWorld, node: Editable, operation: Operation): Effect {
  checkOpenToApi(node, operation)
  if (node.status === 'REMOVED') checkAlive(true, operation)
  if (node.kind !== 'campaignBudget') return () => world.setStatus(node, 'REMOVED')
  if (node.customer.campaigns.some((each) => each.budget === node && each.status !== 'REMOVED'))
    throw invalid(
      'campaignBudgetError.CAMPAIGN_BUDGET_IN_USE',
      'The campaign budget is in use.',
      at(operation.place, 'remove'),
    )
  return () => {
    world.touch(node)
    node.status = 'REMOVED'
  }
}
