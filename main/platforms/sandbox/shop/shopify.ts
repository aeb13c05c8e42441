/**
 * The orders as Shopify's admin exports them: its columns in its order, times with the shop's offset, a second row for a second line item,
 * personal fields empty. The visits before an order stand in "Note Attributes", where attribution apps put them. Pure.
 */
import { mix, unit } from '../random.ts'
import { stampWithOffset } from './days.ts'
import { SHOP_ZONE, type ShopOrder, type ShopTouch } from './types.ts'

const COLUMNS = [
  'Name',
  'Email',
  'Financial Status',
  'Paid at',
  'Fulfillment Status',
  'Fulfilled at',
  'Accepts Marketing',
  'Currency',
  'Subtotal',
  'Shipping',
  'Taxes',
  'Total',
  'Discount Code',
  'Discount Amount',
  'Shipping Method',
  'Created at',
  'Lineitem quantity',
  'Lineitem name',
  'Lineitem price',
  'Lineitem compare at price',
  'Lineitem sku',
  'Lineitem requires shipping',
  'Lineitem taxable',
  'Lineitem fulfillment status',
  'Billing Name',
  'Billing Street',
  'Billing Address1',
  'Billing Address2',
  'Billing Company',
  'Billing City',
  'Billing Zip',
  'Billing Province',
  'Billing Country',
  'Billing Phone',
  'Shipping Name',
  'Shipping Street',
  'Shipping Address1',
  'Shipping Address2',
  'Shipping Company',
  'Shipping City',
  'Shipping Zip',
  'Shipping Province',
  'Shipping Country',
  'Shipping Phone',
  'Notes',
  'Note Attributes',
  'Cancelled at',
  'Payment Method',
  'Payment Reference',
  'Refunded Amount',
  'Vendor',
  'Outstanding Balance',
  'Employee',
  'Location',
  'Device ID',
  'Id',
  'Tags',
  'Risk Level',
  'Source',
  'Lineitem discount',
  'Tax 1 Name',
  'Tax 1 Value',
  'Tax 2 Name',
  'Tax 2 Value',
  'Tax 3 Name',
  'Tax 3 Value',
  'Tax 4 Name',
  'Tax 4 Value',
  'Tax 5 Name',
  'Tax 5 Value',
  'Phone',
  'Receipt Number',
  'Duties',
  'Billing Province Name',
  'Shipping Province Name',
  'Payment ID',
  'Payment Terms Name',
  'Next Payment Due At',
  'Payment References',
] as const // prettier-ignore
type Row = Partial<Record<(typeof COLUMNS)[number], string>>

const GOODS = [
  'Zelt Hüttenmorgen 2P',
  'Schlafsack Firn',
  'Daunenjacke Grat',
  'Rucksack 38 l',
  'Kocher Glut',
  'Stirnlampe Nordlicht',
]
const SECOND_LINE = 0.15
const VAT_PERCENT = 19
const COUNTRIES: Readonly<Record<string, string>> = { EUR: 'DE', JPY: 'JP', KWD: 'KW', HUF: 'HU', GBP: 'GB', USD: 'US' }

const money = (cents: number): string =>
  `${Math.floor(cents / 100)}.${String(Math.floor(cents % 100)).padStart(2, '0')}`
const stamp = (ms: number): string => stampWithOffset(ms, SHOP_ZONE)

function cell(text: string | undefined): string {
  if (text === undefined || text === '') return ''
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
const line = (row: Row): string => COLUMNS.map((column) => cell(row[column])).join(',')

/** The address a visit came in with. */
function landingUrl(touch: ShopTouch, path: string): string {
  const parts: readonly (readonly [string, string | null])[] = [
    ['utm_source', touch.utmSource],
    ['utm_medium', touch.utmMedium],
    ['utm_campaign', touch.utmCampaign],
    [touch.idType ?? '', touch.idType === null ? null : touch.clickId],
  ]
  const query = parts.flatMap(([name, value]) => (value === null ? [] : [`${name}=${encodeURIComponent(value)}`]))
  return `https://shop.example/p/${path}?${query.join('&')}`
}

/** "visit_1_at: …" and "visit_1_landing_page: …" per visit, one to a line, oldest first. */
function visits(seed: number, order: ShopOrder): string {
  return order.touches
    .flatMap((touch, index) => {
      const path = String(10_000 + (mix(seed, order.atMs / 1000, index) % 90_000))
      const at =
        touch.atMs === null ? [] : [`visit_${index + 1}_at: ${new Date(touch.atMs).toISOString().slice(0, 19)}Z`]
      return [...at, `visit_${index + 1}_landing_page: ${landingUrl(touch, path)}`]
    })
    .join('\n')
}

function statusOf(order: ShopOrder): string {
  if (order.isCancelled) return 'voided'
  if (order.refundedCents === 0) return 'paid'
  return order.netCents === 0 ? 'refunded' : 'partially_refunded'
}

function rowsOf(seed: number, order: ShopOrder): readonly string[] {
  const draw = mix(seed, order.atMs / 1000, 501)
  const shippingCents = order.totalCents > 7_000 ? 0 : 490
  const goodsCents = order.totalCents - shippingCents
  const secondCents = unit(seed, draw, 502) < SECOND_LINE ? Math.floor(goodsCents / 4) : 0
  const country = COUNTRIES[order.market] ?? ''
  const taxes = money(Math.round((order.totalCents * VAT_PERCENT) / (100 + VAT_PERCENT)))
  const goods = (index: number): Row => ({
    'Lineitem quantity': '1',
    'Lineitem name': GOODS[(draw + index) % GOODS.length] ?? '',
    'Lineitem price': money(index === 0 ? goodsCents - secondCents : secondCents),
    'Lineitem requires shipping': 'true',
    'Lineitem taxable': 'true',
    'Lineitem fulfillment status': order.isCancelled ? 'pending' : 'fulfilled',
    Vendor: 'Fjellkant',
    'Lineitem discount': '0.00',
  })
  const first: Row = {
    ...goods(0),
    Name: order.orderId,
    'Financial Status': statusOf(order),
    'Paid at': order.isCancelled ? '' : stamp(order.atMs),
    'Fulfillment Status': order.isCancelled ? 'unfulfilled' : 'fulfilled',
    'Accepts Marketing': 'no',
    Currency: order.currency,
    Subtotal: money(goodsCents),
    Shipping: money(shippingCents),
    Taxes: taxes,
    Total: money(order.totalCents),
    'Discount Amount': '0.00',
    'Shipping Method': shippingCents === 0 ? 'Kostenlos' : 'Standard',
    'Created at': stamp(order.atMs),
    'Billing Country': country,
    'Shipping Country': country,
    'Note Attributes': visits(seed, order),
    'Cancelled at': order.isCancelled ? stamp(order.updatedAtMs) : '',
    'Payment Method': order.isTest ? 'bogus' : 'Shopify Payments',
    'Refunded Amount': money(order.isCancelled ? 0 : order.refundedCents),
    'Outstanding Balance': '0.00',
    Id: String(5_000_000_000_000 + order.atMs / 1000),
    Tags: order.isTest ? 'test' : '',
    'Risk Level': 'Low',
    Source: order.truth.interactions.some(({ isInApp }) => isInApp) ? 'facebook' : 'web',
    'Tax 1 Name': `MwSt. ${VAT_PERCENT}%`,
    'Tax 1 Value': taxes,
  }
  const rows = [line(first)]
  if (secondCents > 0) rows.push(line({ Name: order.orderId, 'Created at': stamp(order.atMs), ...goods(1) }))
  return order.isExportedTwice ? [...rows, ...rows] : rows
}

export const SHOPIFY_HEADER = `${COLUMNS.join(',')}\n`

/** The rows of some orders, in their order, each ended by a line feed. */
export function shopifyRows(seed: number, orders: readonly ShopOrder[]): string {
  return orders
    .flatMap((order) => rowsOf(seed, order))
    .map((row) => `${row}\n`)
    .join('')
}
