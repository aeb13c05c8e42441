/** What a shop's word for an order's state says of its value. */

/** Nothing was paid, or all of it went back: Shopify's financial status and WooCommerce's order status, with and without its "wc-". */
const WORTHLESS = new Set([
  'pending',
  'pending payment',
  'payment pending',
  'unpaid',
  'expired',
  'voided',
  'void',
  'cancelled',
  'canceled',
  'failed',
  'declined',
  'refunded',
  'fully refunded',
  'abandoned',
  'draft',
  'checkout draft',
  'auto draft',
  'trash',
])

/** Whether an order in this state is worth nothing. A state that is not known here leaves the value as it is. */
export function isWorthless(status: string): boolean {
  const word = status
    .toLowerCase()
    .replace(/[^a-z]+/g, ' ')
    .trim()
    .replace(/^wc /, '')
  return WORTHLESS.has(word)
}
