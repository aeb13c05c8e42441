/** Pure: sums and shapes of the credited orders that the answer does not spell out. */
import type { Platform } from '../../../../shared/domain/ids.ts'
import type { OutputOf } from '../../../../shared/operations.ts'

export type Credit = NonNullable<OutputOf<'get_order_credit'>['credit']>

export function totalOf(credit: Credit): { readonly aggregateOnly: number; readonly viewOnly: number } {
  return {
    aggregateOnly: credit.platforms.reduce((sum, each) => sum + (each.aggregate_only ?? 0), 0),
    viewOnly: credit.platforms.reduce((sum, each) => sum + each.view_only, 0),
  }
}

/** Orders that both platforms had a click before; the diagonal is all that one had. */
export function overlapOf(credit: Credit, a: Platform, b: Platform): number | null {
  const found = credit.overlap.find((each) => (each.a === a && each.b === b) || (each.a === b && each.b === a))
  if (found !== undefined) return found.orders
  return a === b ? (credit.platforms.find((each) => each.platform === a)?.matched ?? null) : null
}
