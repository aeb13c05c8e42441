import { OperationError } from '../errors.ts'
import { formatDecimal, parseDecimal } from './money.ts'

/**
 * Bids, one word per idea on all platforms. Money bids are decimals of the account's currency; a ROAS is a plain ratio.
 * - cpc_bid: what one click may cost (Google manual CPC of an ad group).
 * - target_cpa: the average cost per conversion to aim for (Google).
 * - target_roas: the return to aim for (Google target ROAS), or to stay above (Meta minimum ROAS, TikTok minimum ROAS).
 * - bid_cap: the highest bid in the auction (Meta bid cap; TikTok bid per click, view or mille; Google's ceiling of "maximise clicks").
 * - cost_cap: the average cost per result to stay under (Meta cost cap, TikTok cost cap).
 */
export const BID_FIELDS = ['cpc_bid', 'target_cpa', 'target_roas', 'bid_cap', 'cost_cap'] as const
export type BidField = (typeof BID_FIELDS)[number]

/** How a platform is told to bid. What this app can't set is `other`. */
export const BID_STRATEGIES = [
  'manual_cpc', // Google
  'maximize_clicks', // Google; target: highest bid per click, optional
  'maximize_conversions', // Google; target: target CPA, optional
  'maximize_conversion_value', // Google; target: target ROAS, optional
  'target_cpa', // Google's older stand-alone strategy
  'target_roas', // Google's older stand-alone strategy
  'lowest_cost', // Meta "highest volume", TikTok "maximum delivery"
  'bid_cap',
  'cost_cap',
  'min_roas',
  'other',
] as const
export type BidStrategy = (typeof BID_STRATEGIES)[number]

export type TargetKind = 'none' | 'money' | 'ratio'

/** What a strategy's target is, and whether it can be left out. */
export const STRATEGY_TARGETS: Readonly<
  Record<BidStrategy, { readonly kind: TargetKind; readonly isOptional: boolean }>
> = {
  manual_cpc: { kind: 'none', isOptional: true },
  maximize_clicks: { kind: 'money', isOptional: true },
  maximize_conversions: { kind: 'money', isOptional: true },
  maximize_conversion_value: { kind: 'ratio', isOptional: true },
  target_cpa: { kind: 'money', isOptional: false },
  target_roas: { kind: 'ratio', isOptional: false },
  lowest_cost: { kind: 'none', isOptional: true },
  bid_cap: { kind: 'money', isOptional: false },
  cost_cap: { kind: 'money', isOptional: false },
  min_roas: { kind: 'ratio', isOptional: false },
  other: { kind: 'none', isOptional: true },
}

const RATIO = /^(\d{1,5})(?:\.(\d{1,4}))?$/

/**
 * A plain ratio ("3.5") in millionths: 3.5 → 3500000n. At most four decimals, under 100,000: the finest step of the three platforms
 * (Meta counts ten-thousandths).
 * @throws OperationError invalid_value
 */
export function parseRatio(text: string): bigint {
  const match = RATIO.exec(text)
  if (match === null)
    throw new OperationError(
      'invalid_value',
      `"${text.slice(0, 40)}" is not a return on ad spend.`,
      'Write a plain number with at most four decimals, like "3.50".',
    )
  return BigInt(match[1] ?? '0') * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'))
}

/** Millionths as text, with two to four decimals: 3500000n → "3.50". @throws OperationError invalid_value when finer than that */
export function formatRatio(ratioMicros: bigint): string {
  if (ratioMicros < 0n || ratioMicros % 100n !== 0n)
    throw new OperationError(
      'invalid_value',
      'The return on ad spend has more than four decimals.',
      'Use a number with at most four decimals.',
    )
  const digits = (ratioMicros / 100n).toString().padStart(5, '0')
  const fraction = digits.slice(-4).replace(/0{1,2}$/, '')
  return `${digits.slice(0, -4)}.${fraction}`
}

/** A strategy with its target, as one value: what is compared, approved, written and undone as a whole. */
export interface StrategyValue {
  readonly strategy: BidStrategy
  /** Micros of the currency, or millionths of a ratio, by the strategy's target kind. */
  readonly targetMicros: bigint | undefined
}

/** "lowest_cost", "cost_cap:9.00", "min_roas:1.50". The one spelling in drafts, comparisons and on the wire. */
export function formatStrategy(value: StrategyValue, currency: string): string {
  const { kind } = STRATEGY_TARGETS[value.strategy]
  if (value.targetMicros === undefined || kind === 'none') return value.strategy
  const target = kind === 'money' ? formatDecimal(value.targetMicros, currency) : formatRatio(value.targetMicros)
  return `${value.strategy}:${target}`
}

/** @throws OperationError invalid_value for an unknown strategy, a target that is missing, or one where none belongs */
export function parseStrategy(text: string, currency: string): StrategyValue {
  const [name = '', target, ...rest] = text.split(':')
  const strategy = BID_STRATEGIES.find((each) => each === name)
  if (strategy === undefined || rest.length > 0) throw notAStrategy(text)
  const { kind, isOptional } = STRATEGY_TARGETS[strategy]
  if (target === undefined) {
    if (!isOptional) throw notAStrategy(text)
    return { strategy, targetMicros: undefined }
  }
  if (kind === 'none') throw notAStrategy(text)
  const targetMicros = kind === 'money' ? parseDecimal(target, currency) : parseRatio(target)
  if (targetMicros <= 0n) throw notAStrategy(text)
  return { strategy, targetMicros }
}

function notAStrategy(text: string): OperationError {
  return new OperationError(
    'invalid_value',
    `"${text.slice(0, 60)}" is not a bid strategy with the target it needs.`,
    'Name a strategy of editable_fields and give a target above zero where it asks for one.',
  )
}
