/** Which column of a shop's export, or of a list of claimed orders, holds what. By name only, and without a guess. */
import type { RawRow, RawTable, UsedColumn } from './parsed.ts'

/** Names in the form of headerKey, the surest first. */
const NAMES = {
  orderId: [
    'order id',
    'order number',
    'order no',
    'order nr',
    'orderid',
    'order',
    'order name',
    'order reference',
    'transaction id',
    'transactionid',
    'bestellnummer',
    'numéro de commande',
  ],
  shopifyName: ['name'],
  atUtc: ['date created gmt', 'order date gmt', 'created at utc', 'order time utc', 'time utc'],
  at: [
    'created at',
    'order date',
    'order time',
    'ordered at',
    'placed at',
    'date created',
    'order created',
    'purchase time',
    'purchased at',
    'purchase date',
    'processed at',
    'created',
    'timestamp',
    'order timestamp',
    'conversion time',
    'time',
    'date',
    'date and time',
  ],
  value: [
    'order total',
    'order total amount',
    'order value',
    'grand total',
    'total',
    'total price',
    'n revenue',
    'net revenue',
    'net value',
    'order amount',
    'revenue',
    'value',
    'amount',
  ],
  currency: ['order currency', 'currency', 'currency code'],
  updated: [
    'updated at',
    'order modified date',
    'modified date',
    'date modified',
    'last updated',
    'updated',
    'last modified',
    'modified at',
  ],
  refunded: [
    'refunded amount',
    'order refund amount',
    'refunded total',
    'total refunded',
    'refund amount',
    'refund total',
    'total refund amount',
    'refunds',
    'refunded',
  ],
  test: ['test', 'is test', 'test order'],
  status: ['financial status', 'order status', 'payment status', 'status'],
  cancelledAt: ['cancelled at', 'canceled at'],
  paidAt: ['paid at', 'paid date', 'date paid'],
  lineItem: ['lineitem name', 'lineitem quantity', 'lineitem price'],
  gclid: ['gclid', 'google click id', 'google click identifier'],
  gbraid: ['gbraid'],
  wbraid: ['wbraid'],
  fbclid: ['fbclid', 'facebook click id', 'meta click id'],
  fbc: ['fbc'],
  ttclid: ['ttclid', 'tiktok click id'],
  gclidAt: ['gclid time', 'gclid at', 'gclid date', 'google click time'],
  fbclidAt: ['fbclid time', 'fbclid at', 'fbc time', 'fbc at', 'facebook click time', 'meta click time'],
  ttclidAt: ['ttclid time', 'ttclid at', 'tiktok click time'],
  clickAt: ['click time', 'clicked at', 'click at', 'click date', 'ad click time', 'session start time', 'visit time'],
  landingPage: [
    'landing page',
    'landing page url',
    'landing site',
    'landing url',
    'entry page',
    'session entry',
    'first page',
    'landing page path',
  ],
  noteAttributes: ['note attributes'],
  utmSource: ['utm source'],
  utmMedium: ['utm medium'],
  utmCampaign: ['utm campaign', 'campaign', 'campaign name'],
  utmContent: ['utm content', 'ad', 'ad name'],
  platform: ['platform', 'ad platform', 'network', 'channel', 'source platform'],
  claimClass: [
    'class',
    'attribution',
    'attributed by',
    'claim',
    'interaction',
    'interaction type',
    'ad event type',
    'conversion type',
    'event type',
  ],
  conversionName: ['conversion name', 'conversion action', 'conversion', 'conversion event', 'event name', 'event'],
  clickOrView: ['click or view', 'click view', 'touch'],
} as const satisfies Record<string, readonly string[]> // prettier-ignore

export type OrderField = keyof typeof NAMES
export type Columns = ReadonlyMap<OrderField, number>

const WORDS: Readonly<Record<OrderField, string>> = {
  orderId: 'Order id',
  shopifyName: 'Order id',
  atUtc: 'Time of the order, UTC',
  at: 'Time of the order',
  value: 'Value',
  currency: 'Currency',
  updated: 'Last change',
  refunded: 'Refund, taken off the value',
  test: 'Test order',
  status: 'Status',
  cancelledAt: 'Cancelled at',
  paidAt: 'Paid at',
  lineItem: 'One order over several lines',
  gclid: 'Click id (Google)',
  gbraid: 'Click id (Google)',
  wbraid: 'Click id (Google)',
  fbclid: 'Click id (Meta)',
  fbc: 'Click id (Meta), with its time',
  ttclid: 'Click id (TikTok)',
  gclidAt: 'Time of the click',
  fbclidAt: 'Time of the click',
  ttclidAt: 'Time of the click',
  clickAt: 'Time of the click',
  landingPage: 'Click ids and UTM tags of the landing page',
  noteAttributes: 'Click ids and UTM tags',
  utmSource: 'UTM source',
  utmMedium: 'UTM medium',
  utmCampaign: 'Campaign',
  utmContent: 'Ad',
  platform: 'Platform',
  claimClass: 'Click or view',
  conversionName: 'Conversion',
  clickOrView: 'Click or view',
}

const PERSONAL =
  /^(?:(?:billing|shipping|customer|delivery|recipient)( .*)?|.*\b(?:e ?mail|phone|first name|last name|full name|street|address|address ?[12]|city|zip|postcode|postal code|province|company|ip|ip address|user agent|username|birthday|vat number|customer note|notes?|receipt number|device id)\b.*|accepts marketing|buyer accepts marketing)$/u
const KEPT_IN_SPITE = new Set(['note attributes', 'shipping', 'landing page', 'shipping method', 'shipping total'])

const MAX_HEADER_ROWS = 30

/** A header without case, marks and the prefixes of export plug-ins. */
export function headerKey(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replace(/^meta (?=wc |order attribution)/, '')
    .replace(/^(?:wc )?order attribution /, '')
}

export interface OrderHeader {
  /** Place of the header among the table's rows. */
  readonly at: number
  readonly row: RawRow
  readonly keys: readonly string[]
  readonly columns: Columns
}

/** The row among the first that names most of what is known here; undefined when none names at least two of them. */
export function findOrderHeader(table: RawTable): OrderHeader | undefined {
  let best: OrderHeader | undefined
  for (const [at, row] of table.rows.slice(0, MAX_HEADER_ROWS).entries()) {
    const keys = row.cells.map(({ text }) => headerKey(text.slice(0, 200)))
    const columns = columnsOf(keys)
    if (columns.size >= 2 && columns.size > (best?.columns.size ?? 0)) best = { at, row, keys, columns }
  }
  return best
}

function columnsOf(keys: readonly string[]): Columns {
  const found = new Map<OrderField, number>()
  for (const [field, names] of Object.entries(NAMES) as [OrderField, readonly string[]][]) {
    const index = names.map((name) => keys.indexOf(name)).find((each) => each >= 0)
    if (index !== undefined) found.set(field, index)
  }
  return found
}

/** What each column is used for, and which are left alone because they are about people. */
export function usedColumns({ row, keys, columns }: OrderHeader, used: readonly OrderField[]): readonly UsedColumn[] {
  const byIndex = new Map(used.flatMap((field) => (columns.has(field) ? [[columns.get(field), field] as const] : [])))
  return row.cells.map((cell, index) => {
    const field = byIndex.get(index)
    const key = keys[index] ?? ''
    const isPersonal = field === undefined && PERSONAL.test(key) && !KEPT_IN_SPITE.has(key)
    return {
      index,
      header: cell.text,
      usedAs: field === undefined ? null : WORDS[field],
      note: isPersonal ? 'About a person: not stored.' : null,
    }
  })
}
