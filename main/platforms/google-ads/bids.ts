/**
 * How a Google campaign bids: which strategy, with which target, on which wire field, and what it may be switched to.
 * Pure. The oneof of the wire has members of other strategies too (CPM, CPV, impression share); those are `other` and only shown.
 */
import type { BidField, BidStrategy } from '../../../shared/domain/bid.ts'
import { STRATEGY_TARGETS } from '../../../shared/domain/bid.ts'
import type { StrategyOption } from '../../../shared/domain/entity.ts'
import { type Amount, readAmount, readRatio } from './map.ts'
import type { WireCampaign } from './wire.ts'

/** `bidding_strategy_type` as ours. ENHANCED_CPC was folded into manual CPC by Google in 2025. */
const BY_TYPE: Readonly<Record<string, BidStrategy>> = {
  MANUAL_CPC: 'manual_cpc',
  ENHANCED_CPC: 'manual_cpc',
  TARGET_SPEND: 'maximize_clicks',
  MAXIMIZE_CONVERSIONS: 'maximize_conversions',
  MAXIMIZE_CONVERSION_VALUE: 'maximize_conversion_value',
  TARGET_CPA: 'target_cpa',
  TARGET_ROAS: 'target_roas',
}

export interface CampaignBidding {
  readonly strategy: BidStrategy
  /** Google's own word. */
  readonly rawType: string
  /** Shared by several campaigns; it is changed where it lives, not here. */
  readonly isPortfolio: boolean
  /** The neutral field that the strategy's target is; undefined where it has none. */
  readonly field: Extract<BidField, 'target_cpa' | 'target_roas' | 'bid_cap'> | undefined
  readonly target: Amount
}

const NONE: Amount = { kind: 'none' }

export function biddingOf(wire: WireCampaign, currency: string, unitMicros: bigint): CampaignBidding {
  const rawType = wire.biddingStrategyType ?? ''
  const strategy = (Object.hasOwn(BY_TYPE, rawType) ? BY_TYPE[rawType] : undefined) ?? 'other'
  const base = { strategy, rawType, isPortfolio: (wire.biddingStrategy ?? '') !== '' }
  const money = (text: string | undefined) => readAmount(text, currency, unitMicros)
  switch (strategy) {
    case 'maximize_conversions':
      return { ...base, field: 'target_cpa', target: money(wire.maximizeConversions?.targetCpaMicros) }
    case 'target_cpa':
      return { ...base, field: 'target_cpa', target: money(wire.targetCpa?.targetCpaMicros) }
    case 'maximize_conversion_value':
      return { ...base, field: 'target_roas', target: readRatio(wire.maximizeConversionValue?.targetRoas) }
    case 'target_roas':
      return { ...base, field: 'target_roas', target: readRatio(wire.targetRoas?.targetRoas) }
    case 'maximize_clicks':
      return { ...base, field: 'bid_cap', target: money(wire.targetSpend?.cpcBidCeilingMicros) }
    default:
      return { ...base, field: undefined, target: NONE }
  }
}

/** What a campaign of that channel can be switched to through the API (Google Ads API guide, "Bidding strategy types"). */
const BY_CHANNEL: Readonly<Record<string, readonly BidStrategy[]>> = {
  SEARCH: ['manual_cpc', 'maximize_clicks', 'maximize_conversions', 'maximize_conversion_value'],
  DISPLAY: ['manual_cpc', 'maximize_clicks', 'maximize_conversions', 'maximize_conversion_value'],
  SHOPPING: ['manual_cpc', 'maximize_clicks', 'target_roas'],
  PERFORMANCE_MAX: ['maximize_conversions', 'maximize_conversion_value'],
  DEMAND_GEN: ['maximize_clicks', 'maximize_conversions', 'maximize_conversion_value'],
}

/** The strategies offered for a campaign: those of its channel, and its own where it is one with a target. Empty: none. */
export function strategyOptions(channel: string, current: BidStrategy): readonly StrategyOption[] {
  const names = Object.hasOwn(BY_CHANNEL, channel) ? (BY_CHANNEL[channel] ?? []) : []
  const all = current === 'other' || names.length === 0 || names.includes(current) ? names : [...names, current]
  return all.map((strategy) => ({
    strategy,
    target: STRATEGY_TARGETS[strategy].kind,
    isTargetOptional: STRATEGY_TARGETS[strategy].isOptional,
  }))
}
