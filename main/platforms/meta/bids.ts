/**
 * How an ad set bids, in our words. Pure.
 *
 * Meta keeps the strategy where the budget is: on the ad set, or on the campaign when the campaign has the budget. The bid itself
 * (`bid_amount`, `bid_constraints`) always sits on the ad set. So a bid can be changed on every ad set, but a strategy only on ad sets
 * with a budget of their own: on a campaign the switch would need a bid for each of its ad sets in the same request.
 */
import { type BidStrategy, formatRatio, formatStrategy, STRATEGY_TARGETS } from '../../../shared/domain/bid.ts'
import type { EditableField, Entity, StrategyOption } from '../../../shared/domain/entity.ts'
import { formatDecimal, MAX_MICROS } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import {
  MAX_ROAS_MICROS,
  MIN_ROAS_MICROS,
  microsFromMinor,
  ROAS_STEP_MICROS,
  ratioFromFloor,
  stepMicrosOf,
} from './money.ts'
import type { WireAdSet } from './wire.ts'

const STRATEGIES: Readonly<Record<string, BidStrategy>> = {
  LOWEST_COST_WITHOUT_CAP: 'lowest_cost',
  LOWEST_COST_WITH_BID_CAP: 'bid_cap',
  COST_CAP: 'cost_cap',
  LOWEST_COST_WITH_MIN_ROAS: 'min_roas',
}
/** What Meta calls each strategy we can write. */
export const STRATEGY_WORDS: Readonly<Partial<Record<BidStrategy, string>>> = {
  lowest_cost: 'LOWEST_COST_WITHOUT_CAP',
  bid_cap: 'LOWEST_COST_WITH_BID_CAP',
  cost_cap: 'COST_CAP',
  min_roas: 'LOWEST_COST_WITH_MIN_ROAS',
}

/** Undefined for a word that Meta has and we don't know. */
export function strategyOf(raw: string | undefined): BidStrategy | undefined {
  return raw !== undefined && Object.hasOwn(STRATEGIES, raw) ? STRATEGIES[raw] : undefined
}

const BID_FIELDS = ['bid_cap', 'cost_cap', 'target_roas'] as const
type MetaBidField = (typeof BID_FIELDS)[number]
const STRATEGY_OF_FIELD: Readonly<Record<MetaBidField, BidStrategy>> = {
  bid_cap: 'bid_cap',
  cost_cap: 'cost_cap',
  target_roas: 'min_roas',
}
const NAMES: Readonly<Record<MetaBidField, string>> = {
  bid_cap: 'bid cap',
  cost_cap: 'cost cap',
  target_roas: 'minimum return on ad spend',
}

/** Goals for which Meta offers a cost per result goal: those whose result is an action, not a view of the ad. */
const COST_CAP_GOALS = new Set([
  'OFFSITE_CONVERSIONS',
  'LINK_CLICKS',
  'LANDING_PAGE_VIEWS',
  'LEAD_GENERATION',
  'QUALITY_LEAD',
  'APP_INSTALLS',
  'CONVERSATIONS',
  'POST_ENGAGEMENT',
  'PAGE_LIKES',
  'THRUPLAY',
])

function option(strategy: BidStrategy): StrategyOption {
  const { kind, isOptional } = STRATEGY_TARGETS[strategy]
  return { strategy, target: kind, isTargetOptional: isOptional }
}

/** What an ad set with that goal may be switched to. A minimum ROAS exists only where values are optimised; a cap on cost only for actions. */
function strategiesFor(goal: string | undefined): readonly StrategyOption[] {
  if (goal === 'VALUE') return [option('lowest_cost'), option('min_roas')]
  const isCostCapped = goal !== undefined && COST_CAP_GOALS.has(goal)
  return [option('lowest_cost'), option('bid_cap'), ...(isCostCapped ? [option('cost_cap')] : [])]
}

/** A wire amount, or why it cannot be shown. */
function amountOf(read: () => bigint | undefined): bigint | string {
  try {
    return read() ?? 'Meta reports no such bid for this ad set.'
  } catch (error) {
    if (error instanceof OperationError) return error.message
    throw error
  }
}

interface AdSetBid {
  /** The strategy in force, wherever it is set. */
  readonly strategy: BidStrategy | undefined
  /** Micros of the currency or millionths of a ratio; or the reason why it is not known. Undefined where the strategy has no bid. */
  readonly target: bigint | string | undefined
}

function bidOf(wire: WireAdSet, strategy: BidStrategy | undefined, currency: string): AdSetBid {
  const { bid_amount: amount, bid_constraints: constraints } = wire
  if (strategy === 'bid_cap' || strategy === 'cost_cap') {
    const hasBid = amount !== undefined && amount !== '0'
    return { strategy, target: amountOf(() => (hasBid ? microsFromMinor(amount, currency) : undefined)) }
  }
  if (strategy !== 'min_roas') return { strategy, target: undefined }
  const floor = constraints?.roas_average_floor
  return { strategy, target: amountOf(() => (floor === undefined ? undefined : ratioFromFloor(floor))) }
}

export interface AdSetBids {
  readonly values: NonNullable<Entity['values']>
  readonly editable: readonly EditableField[]
}

export interface BidContext {
  readonly currency: string
  /** Why nothing of this ad set may be changed, if so. */
  readonly refusal: string | undefined
  /** The campaign's strategy when the campaign has the budget; then the ad set's own counts for nothing. */
  readonly campaign: { readonly ownsBudget: boolean; readonly strategy: string | undefined; readonly name: string }
}

function boundsOf(field: MetaBidField, currency: string): Omit<EditableField, 'field'> {
  if (field === 'target_roas')
    return {
      isEditable: true,
      minMicros: MIN_ROAS_MICROS,
      maxMicros: MAX_ROAS_MICROS,
      stepMicros: ROAS_STEP_MICROS,
      takesEffect: 'immediately',
    }
  const stepMicros = stepMicrosOf(currency)
  const maxMicros = MAX_MICROS - (MAX_MICROS % stepMicros)
  return { isEditable: true, minMicros: stepMicros, maxMicros, stepMicros, takesEffect: 'immediately' }
}

function bidField(field: MetaBidField, bid: AdSetBid, { currency, refusal }: BidContext): EditableField {
  const closed = (why: string): EditableField => ({ field, isEditable: false, refusal: why })
  if (refusal !== undefined) return closed(refusal)
  if (bid.strategy === undefined)
    return closed('Meta does not say how this ad set bids, so no bid can be changed here.')
  if (bid.strategy !== STRATEGY_OF_FIELD[field])
    return closed(`This ad set’s bid strategy has no ${NAMES[field]}. Change the bid strategy first.`)
  if (typeof bid.target === 'string') return closed(bid.target)
  return { field, ...boundsOf(field, currency) }
}

function strategyField(wire: WireAdSet, bid: AdSetBid, { refusal, campaign }: BidContext): EditableField {
  const closed = (why: string): EditableField => ({ field: 'bid_strategy', isEditable: false, refusal: why })
  if (refusal !== undefined) return closed(refusal)
  if (campaign.ownsBudget)
    return closed(
      `The bid strategy is set on the campaign "${campaign.name}", together with its budget (Advantage campaign budget).`,
    )
  if (bid.strategy === undefined)
    return closed('Meta does not say how this ad set bids, so it cannot be switched here.')
  if (typeof bid.target === 'string') return closed(bid.target)
  return {
    field: 'bid_strategy',
    isEditable: true,
    strategies: strategiesFor(wire.optimization_goal),
    takesEffect: 'immediately',
  }
}

/** Bids and strategy of one ad set: current values, and what may be changed. */
export function adSetBids(wire: WireAdSet, context: BidContext): AdSetBids {
  const { currency, campaign } = context
  const strategy = strategyOf(campaign.ownsBudget ? campaign.strategy : wire.bid_strategy)
  const bid = bidOf(wire, strategy, currency)
  const values: { -readonly [Name in keyof NonNullable<Entity['values']>]: NonNullable<Entity['values']>[Name] } = {}
  const targetMicros = typeof bid.target === 'bigint' ? bid.target : undefined
  if (targetMicros !== undefined)
    for (const field of BID_FIELDS)
      if (STRATEGY_OF_FIELD[field] === strategy)
        values[field] = field === 'target_roas' ? formatRatio(targetMicros) : formatDecimal(targetMicros, currency)
  const hasStrategy = strategy !== undefined && !campaign.ownsBudget && typeof bid.target !== 'string'
  if (hasStrategy) values.bid_strategy = formatStrategy({ strategy, targetMicros }, currency)
  const editable = [...BID_FIELDS.map((field) => bidField(field, bid, context)), strategyField(wire, bid, context)]
  return { values, editable }
}

/** The strategy of a campaign with its own budget: shown where it needs no bid, never changed here. */
export function campaignStrategy(
  raw: string | undefined,
  ownsBudget: boolean,
  refusal: string | undefined,
): { readonly value: string | undefined; readonly field: EditableField } {
  const strategy = ownsBudget ? strategyOf(raw) : undefined
  const why = ownsBudget
    ? 'With an Advantage campaign budget Meta wants a bid for every ad set in the same request when the strategy changes. Change it in Meta Ads Manager.'
    : 'The bid strategies are set on the ad sets of this campaign.'
  return {
    value: strategy === 'lowest_cost' ? strategy : undefined,
    field: { field: 'bid_strategy', isEditable: false, refusal: refusal ?? why },
  }
}
