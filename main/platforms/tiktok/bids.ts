/**
 * How a TikTok ad group bids, in our words, and what of it may be changed.
 * Billed by result (OCPM) a bid is an average to stay under: cost cap. Billed by click, view or mille it is a ceiling: bid cap
 * (platform docs, /adgroup/update/: `conversion_bid_price`, `bid_price`). Pure; amounts go through amounts.ts.
 */
import {
  type BidField,
  type BidStrategy,
  formatRatio,
  formatStrategy,
  type StrategyValue,
} from '../../../shared/domain/bid.ts'
import type { EditableField, Entity, EntityStatus } from '../../../shared/domain/entity.ts'
import { formatDecimal } from '../../../shared/domain/money.ts'
import { exactly, microsFromNumber, ratioFromNumber } from './amounts.ts'
import { stepMicros } from './currencies.ts'
import { type CampaignFacts, closed, generalRefusal } from './editable.ts'
import type { WireAdGroup } from './wire.ts'

/** TikTok's own limits are not documented; these only keep nonsense away from it. */
const MAX_BID_MICROS = 10_000_000n * 1_000_000n
const ROAS_STEP_MICROS = 10_000n
const MAX_ROAS_MICROS = 1000n * 1_000_000n

export interface GroupBids {
  readonly strategy: StrategyValue
  /** The cap that this group's way of being billed knows; undefined when TikTok names none we know. */
  readonly cap: 'bid_cap' | 'cost_cap' | undefined
  /** Whether an amount is too fine to be written back as it is. */
  readonly isTooFine: boolean
  /** Bids for value or for a second, deeper goal: TikTok ties that to the goal, and the bid type underneath may not be touched. */
  readonly isDeep: boolean
}

const CAPS: Readonly<Record<string, 'bid_cap' | 'cost_cap'>> = {
  OCPM: 'cost_cap',
  CPC: 'bid_cap',
  CPM: 'bid_cap',
  CPV: 'bid_cap',
}

/** Deep bid types that leave the choice of bidding free (platform docs, "Deep-level Bidding Strategy"). */
const SHALLOW: ReadonlySet<string> = new Set(['', 'DEFAULT', 'AEO'])

export function bidsOf(wire: WireAdGroup, currency: string): GroupBids {
  const billing = wire.billing_event ?? ''
  const cap = Object.hasOwn(CAPS, billing) ? CAPS[billing] : undefined
  const found = (strategy: BidStrategy, targetMicros: bigint | undefined, isTooFine = false): GroupBids => ({
    strategy: { strategy, targetMicros },
    cap,
    isTooFine,
    isDeep: wire.optimization_goal === 'VALUE' || !SHALLOW.has(wire.deep_bid_type ?? ''),
  })
  const roas = wire.roas_bid ?? 0
  const deep = wire.deep_bid_type ?? ''
  // Looked at before the bid type, which is BID_TYPE_NO_BID underneath (platform docs, "Bidding"; `deep_bid_type`).
  if (deep === 'VO_MIN_ROAS' || (deep === '' && roas > 0)) {
    const ratio = exactly(() => ratioFromNumber(roas))
    return ratio === undefined || ratio <= 0n
      ? found('other', undefined, ratio === undefined)
      : found('min_roas', ratio)
  }
  if (wire.bid_type === 'BID_TYPE_NO_BID' || wire.bid_type === 'BID_TYPE_MAX_CONVERSION')
    return found('lowest_cost', undefined)
  if (wire.bid_type !== 'BID_TYPE_CUSTOM') return found('other', undefined)
  const price = (cap === 'cost_cap' ? wire.conversion_bid_price : cap === 'bid_cap' ? wire.bid_price : undefined) ?? 0
  if (cap === undefined || price <= 0) return found('other', undefined)
  const micros = exactly(() => microsFromNumber(price, currency))
  return micros === undefined ? found('other', undefined, true) : found(cap, micros)
}

/** The bid values of an ad group in wire form: its strategy, and the amount that goes with it. */
export function bidValues(bids: GroupBids, currency: string): NonNullable<Entity['values']> {
  const { strategy, targetMicros } = bids.strategy
  if (bids.isTooFine) return {}
  const bid_strategy = formatStrategy(bids.strategy, currency)
  if (targetMicros === undefined) return { bid_strategy }
  if (strategy === 'min_roas') return { bid_strategy, target_roas: formatRatio(targetMicros) }
  return { bid_strategy, [strategy]: formatDecimal(targetMicros, currency) }
}

const TOO_FINE = 'TikTok holds this bid with more decimals than the currency has. Change it in TikTok Ads Manager.'
const NAMES: Readonly<Record<string, string>> = {
  bid_cap: 'bid cap',
  cost_cap: 'cost cap',
  target_roas: 'minimum return',
}

function amountField(
  field: BidField,
  inUse: boolean,
  refusal: string | undefined,
  bounds: Pick<EditableField, 'minMicros' | 'maxMicros' | 'stepMicros'>,
): EditableField {
  if (refusal !== undefined) return closed(field, refusal)
  if (!inUse)
    return closed(
      field,
      `This ad group has no ${NAMES[field] ?? 'such bid'} now. Its bid strategy decides which bid it has.`,
    )
  return { field, isEditable: true, ...bounds, takesEffect: 'immediately' }
}

function strategyRefusal(bids: GroupBids, campaign: CampaignFacts): string | undefined {
  if (campaign.automation === 'smart_plus')
    return 'TikTok does not let the bid strategy of a Smart+ ad group be switched through its interface for apps.'
  if (campaign.ownsBudget)
    return `With campaign budget optimisation all ad groups of "${campaign.name}" bid alike. Change it on TikTok, on the campaign.`
  if (bids.isDeep || bids.strategy.strategy === 'min_roas' || bids.strategy.strategy === 'other')
    return 'TikTok ties this kind of bidding to the goal of the ad group, which cannot be changed from here.'
  return bids.cap === undefined
    ? 'TikTok does not say how this ad group is billed, so no bid can be chosen for it.'
    : undefined
}

/** What of an ad group's bidding may be changed. `budgetMicros`: its own daily budget, below which every bid must stay. */
export function bidFields(
  bids: GroupBids,
  currency: string,
  owner: { readonly status: EntityStatus; readonly campaign: CampaignFacts; readonly budgetMicros: bigint | undefined },
): readonly EditableField[] {
  const refusal = generalRefusal(owner.status, owner.campaign) ?? (bids.isTooFine ? TOO_FINE : undefined)
  const step = stepMicros(currency)
  const money = { minMicros: step, maxMicros: (owner.budgetMicros ?? MAX_BID_MICROS) - step, stepMicros: step }
  const ratio = { minMicros: ROAS_STEP_MICROS, maxMicros: MAX_ROAS_MICROS, stepMicros: ROAS_STEP_MICROS }
  const { strategy } = bids.strategy
  const fixed = refusal ?? strategyRefusal(bids, owner.campaign)
  const switchable: EditableField =
    fixed !== undefined || bids.cap === undefined
      ? closed('bid_strategy', fixed ?? '')
      : {
          field: 'bid_strategy',
          isEditable: true,
          ...money,
          strategies: [
            { strategy: 'lowest_cost', target: 'none', isTargetOptional: true },
            { strategy: bids.cap, target: 'money', isTargetOptional: false },
          ],
          takesEffect: 'immediately',
        }
  return [
    amountField('bid_cap', strategy === 'bid_cap', refusal, money),
    amountField('cost_cap', strategy === 'cost_cap', refusal, money),
    amountField('target_roas', strategy === 'min_roas', refusal, ratio),
    switchable,
  ]
}
