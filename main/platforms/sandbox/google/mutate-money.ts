/** What Google accepts as a budget or a bid, per currency (campaign_budget_error.proto, bidding_error.proto of v25). */
import { invalid } from './failure.ts'
import { at, type Operation } from './mutate-values.ts'
import type { Budget, Customer } from './types.ts'

/** A billion main units: far over every real budget, far under 2^53 micros. */
const MAX_BUDGET_MICROS = 1_000_000_000_000_000n

function trigger(micros: bigint): { trigger: { int64Value: string } } {
  return { trigger: { int64Value: micros.toString() } }
}

/** @throws ApiFailure unless the amount fits the currency and the platform's bounds */
export function checkBudgetAmount(budget: Budget, micros: bigint, operation: Operation, field: string): number {
  const { customer } = budget
  const where = { ...at(operation.place, 'update', field), ...trigger(micros) }
  if (micros < 0n) throw invalid('campaignBudgetError.NEGATIVE_MONEY_AMOUNT', 'A money amount was negative.', where)
  if (micros > MAX_BUDGET_MICROS)
    throw invalid('campaignBudgetError.MONEY_AMOUNT_TOO_LARGE', 'A money amount was too large.', where)
  if (micros % BigInt(customer.billableUnitMicros) !== 0n)
    throw invalid(
      'campaignBudgetError.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT',
      'A money amount was not a multiple of a minimum unit.',
      where,
    )
  if (micros < BigInt(customer.minimumDailyMicros))
    throw invalid(
      'campaignBudgetError.BUDGET_BELOW_PER_DAY_MINIMUM',
      'The budget amount is below the per day minimum.',
      {
        ...where,
        details: {
          budgetPerDayMinimumErrorDetails: {
            currencyCode: customer.currency,
            budgetPerDayMinimumMicros: String(customer.minimumDailyMicros),
            minimumBudgetAmountMicros: String(customer.minimumDailyMicros),
            failedBudgetAmountMicros: micros.toString(),
          },
        },
      },
    )
  return Number(micros)
}

/** The largest bid: ten thousand euros or what they are worth. */
function maxBidMicros(customer: Customer): bigint {
  return BigInt(Math.round(customer.scale * 10_000)) * 1_000_000n
}

/** @throws ApiFailure unless the bid fits the currency and the platform's bounds */
export function checkBid(customer: Customer, micros: bigint, operation: Operation, ...path: readonly string[]): number {
  const where = { ...at(operation.place, 'update', ...path), ...trigger(micros) }
  if (micros < BigInt(customer.billableUnitMicros))
    throw invalid('biddingError.BID_TOO_SMALL', 'Bid is too small.', where)
  if (micros > maxBidMicros(customer)) throw invalid('biddingError.BID_TOO_BIG', 'Bid is too big.', where)
  if (micros % BigInt(customer.billableUnitMicros) !== 0n)
    throw invalid('biddingError.BID_TOO_MANY_FRACTIONAL_DIGITS', 'Bid has too many fractional digit precision.', where)
  return Number(micros)
}

/** Target ROAS: 0.01 to 1000 (TargetRoas in bidding.proto). @throws ApiFailure */
export function checkRoas(value: number, operation: Operation, ...path: readonly string[]): number {
  const where = { ...at(operation.place, 'update', ...path), trigger: { doubleValue: String(value) } }
  if (value < 0.01) throw invalid('rangeError.TOO_LOW', 'Too low.', where)
  if (value > 1000) throw invalid('rangeError.TOO_HIGH', 'Too high.', where)
  return value
}
