/** Setting or switching a campaign's bidding strategy. */
import { invalid } from './failure.ts'
import { STRATEGY_VALUES } from './fields-campaign.ts'
import { checkBid, checkRoas } from './mutate-money.ts'
import { at, booleanAt, doubleAt, int64At, type Operation, textAt, valueAt } from './mutate-values.ts'
import type { Campaign, Strategy } from './types.ts'

/**
 * What each kind of campaign can be switched to. The stand-alone target_cpa and target_roas are the past: campaigns that have them keep
 * them, none gets them.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  SEARCH: ['manual_cpc', 'target_spend', 'maximize_conversions', 'maximize_conversion_value'],
  DISPLAY: ['manual_cpc', 'target_spend', 'maximize_conversions', 'maximize_conversion_value', 'manual_cpm'],
  PERFORMANCE_MAX: ['maximize_conversions', 'maximize_conversion_value'],
  DEMAND_GEN: ['target_spend', 'maximize_conversions', 'maximize_conversion_value'],
}

const REQUIRED: Readonly<Record<string, string>> = { target_cpa: 'target_cpa_micros', target_roas: 'target_roas' }

/** Members of the oneof that a mask speaks of. */
export function strategyMember(path: string): string | undefined {
  const [member = ''] = path.split('.')
  return member === 'bidding_strategy' || Object.hasOwn(STRATEGY_VALUES, member) ? member : undefined
}

function checkSwitch(campaign: Campaign, member: string, operation: Operation): void {
  if (campaign.strategy.member === member) return
  if (ALLOWED[campaign.channel]?.includes(member) !== true && member !== 'bidding_strategy')
    throw invalid(
      'biddingError.BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED',
      'Cannot transition to new bidding strategy.',
      at(operation.place, 'update', member),
    )
  if (valueAt(operation.update, member) === undefined)
    throw invalid('fieldError.REQUIRED', 'The required field was not present.', at(operation.place, 'update', member))
}

function portfolio(campaign: Campaign, operation: Operation): Strategy {
  const name = textAt(operation, 'bidding_strategy')
  const found = campaign.customer.strategies.find((each) => each.resourceName === name)
  if (found === undefined)
    throw invalid(
      'mutateError.RESOURCE_NOT_FOUND',
      'Resource was not found.',
      at(operation.place, 'update', 'bidding_strategy'),
    )
  if (campaign.channel === 'PERFORMANCE_MAX')
    throw invalid(
      'biddingError.CANNOT_ATTACH_BIDDING_STRATEGY_TO_CAMPAIGN',
      'Cannot attach bidding strategy to campaign.',
      at(operation.place, 'update', 'bidding_strategy'),
    )
  return { member: 'bidding_strategy', values: { bidding_strategy: found.resourceName } }
}

function checkedValue(
  campaign: Campaign,
  operation: Operation,
  member: string,
  name: string,
): number | boolean | undefined {
  const path = `${member}.${name}`
  if (name === 'target_roas') {
    const value = doubleAt(operation, path)
    return value === undefined ? undefined : checkRoas(value, operation, member, name)
  }
  if (name === 'enhanced_cpc_enabled') {
    const isEnhanced = booleanAt(operation, path)
    if (isEnhanced === true)
      throw invalid(
        'fieldError.INVALID_VALUE',
        'Enhanced CPC is no longer available.',
        at(operation.place, 'update', member, name),
      )
    return isEnhanced
  }
  const micros = int64At(operation, path)
  return micros === undefined ? undefined : checkBid(campaign.customer, micros, operation, member, name)
}

/**
 * The strategy after an update whose mask has these paths, all of strategies. In the mask but absent: cleared.
 * @throws ApiFailure
 */
export function nextStrategy(campaign: Campaign, operation: Operation, paths: readonly string[]): Strategy {
  const members = new Set(paths.map(strategyMember))
  const [member = ''] = [...members].filter((each) => each !== undefined)
  if (members.size > 1)
    throw invalid(
      'fieldError.VALUE_MUST_BE_UNSET',
      'Only one bidding strategy can be set at a time.',
      at(operation.place, 'update_mask'),
    )
  checkSwitch(campaign, member, operation)
  if (member === 'bidding_strategy') return portfolio(campaign, operation)
  const known = STRATEGY_VALUES[member] ?? []
  const values: Record<string, number | boolean | string> = {
    ...(campaign.strategy.member === member ? campaign.strategy.values : {}),
  }
  for (const path of paths) {
    const name = path.slice(member.length + 1)
    if (name === '' && known.length > 0)
      throw invalid(
        'fieldMaskError.FIELD_HAS_SUBFIELDS',
        `The field mask contained a field with subfields: '${member}'.`,
        at(operation.place, 'update_mask'),
      )
    if (name !== '' && !known.includes(name))
      throw invalid(
        'fieldMaskError.FIELD_NOT_FOUND',
        `The field mask contained an invalid field: '${path}'.`,
        at(operation.place, 'update_mask'),
      )
    if (name === '') continue
    const value = checkedValue(campaign, operation, member, name)
    if (value === undefined) delete values[name]
    else values[name] = value
  }
  const required = REQUIRED[member]
  if (required !== undefined && values[required] === undefined)
    throw invalid(
      'fieldError.REQUIRED',
      'The required field was not present.',
      at(operation.place, 'update', member, required),
    )
  if (member === 'manual_cpc') values['enhanced_cpc_enabled'] ??= false
  return { member, values }
}
