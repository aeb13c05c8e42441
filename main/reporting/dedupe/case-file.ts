/**
 * The cases that `spendsignoff dedupe` reads: orders, claims in sum and spend in, the credited picture out. Exact: whole numbers of any
 * size, fractions as "n/d". Opens nothing and knows no workspace.
 */
import {
  CLICK_WINDOW_S,
  type MergedOrder,
  mergeVersions,
  type OrderVersion,
  type Scalar,
  scalarText,
  type Seconds,
  type Touch,
} from './credit-order.ts'
import type { Json, JsonOut } from './exact-json.ts'
import { type Fraction, fraction, fractionText, parseFraction } from './fraction.ts'
import { canonicalOrderId } from './order-id.ts'
import { byPlatform, type ByPlatform, type Claims, createTally } from './tally.ts'

/** A case that cannot be read; `at` names the place, as in "orders[3].touches[0].at". */
export class CaseFault extends Error {
  readonly at: string
  constructor(at: string, problem: string) {
    super(`${at}: ${problem}`)
    this.at = at
  }
}

export interface CreditCase {
  readonly orders: readonly (OrderVersion & { readonly touches: readonly Touch[] })[]
  readonly claims: ByPlatform<Claims>
  /** In the unit of the orders' values; null where the file says null. */
  readonly spend: ByPlatform<bigint | null>
  readonly windowS: Seconds
}

type Fields = { readonly [key: string]: Json }

/** @throws CaseFault */
export function readCase(value: Json, at: string): CreditCase {
  const file = fields(value, at === '' ? 'the file' : at)
  const place = (name: string): string => (at === '' ? name : `${at}.${name}`)
  const claims = optionalFields(file['claims'], place('claims'))
  const spend = optionalFields(file['spend'], place('spend'))
  return {
    orders: list(file['orders'], place('orders')).map((order, k) => readOrder(order, `${place('orders')}[${k}]`)),
    claims: byPlatform((platform) => {
      const claimAt = `${place('claims')}.${platform}`
      const claim = optionalFields(claims[platform], claimAt)
      return {
        click7: amountOf(claim['click7'], `${claimAt}.click7`),
        view: amountOf(claim['view'], `${claimAt}.view`),
      }
    }),
    spend: byPlatform((platform) => {
      const amount = spend[platform]
      if (amount === undefined) return 0n
      return amount === null ? null : whole(amount, `${place('spend')}.${platform}`)
    }),
    windowS: readWindow(file, place),
  }
}

/** What a case comes to: counts, fractions and who got each order. */
export function creditCase({ orders, claims, spend, windowS }: CreditCase): JsonOut {
  const tally = createTally(undefined, windowS)
  const credit: [string, JsonOut][] = []
  for (const order of mergedOrders(orders)) {
    const winner = tally.add(order)?.winner ?? null
    if (winner !== null) credit.push([order.orderId, [winner.platform, winner.campaign]])
  }
  const { platforms, overlap, totals } = tally.finish(claims)
  return object({
    platform: object(
      byPlatform((platform) => {
        const row = platforms[platform]
        const spent = spend[platform]
        return object({
          credited: BigInt(row.credited),
          value: row.value,
          matched: BigInt(row.matched),
          exclusive: BigInt(row.exclusive),
          vt_only: BigInt(row.viewOnly),
          claimed_click7: shown(claims[platform].click7),
          claimed_view: shown(claims[platform].view),
          spend: spent,
          roas: spent === null || spent === 0n ? null : shown(fraction(row.value, spent)),
          coverage: shown(row.coverage),
          agg_only: shown(row.aggregateOnly),
          unclaimed: shown(row.unclaimed),
        })
      }),
    ),
    overlap: object(byPlatform((a) => object(byPlatform((b) => BigInt(overlap[a][b]))))),
    total: object({
      orders: BigInt(totals.orders),
      excluded: BigInt(totals.excluded),
      duplicates: BigInt(totals.duplicates),
      credited: BigInt(totals.credited),
      contested: BigInt(totals.contested),
      unattributed: BigInt(totals.unattributed),
      ad_driven_bounds: [shown(totals.adDriven.low), shown(totals.adDriven.high)],
      claimed_sum: shown(totals.claimedSum),
      inflation: shown(totals.inflation),
    }),
    credit: new Map(credit),
  })
}

/** Every order once, in the order of code points of its id. */
function mergedOrders(rows: CreditCase['orders']): readonly MergedOrder[] {
  type Row = CreditCase['orders'][number]
  const byId = new Map<string, [Row, ...Row[]]>()
  for (const row of rows) {
    const id = canonicalOrderId(row.rawOrderId)
    const known = byId.get(id)
    if (known === undefined) byId.set(id, [row])
    else known.push(row)
  }
  return [...byId]
    .toSorted(([a], [b]) => compareCodePoints(a, b))
    .map(([id, versions]) =>
      mergeVersions(
        id,
        versions,
        versions.flatMap((row) => row.touches),
      ),
    )
}

/** UTF-16 puts characters beyond U+FFFF before some below it; their UTF-8 bytes are in the order of the code points. */
function compareCodePoints(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const object = (fieldsOf: Readonly<Record<string, JsonOut>>): ReadonlyMap<string, JsonOut> =>
  new Map(Object.entries(fieldsOf))
const shown = (value: Fraction | null): string | null => (value === null ? null : fractionText(value))

function readOrder(value: Json, at: string): CreditCase['orders'][number] {
  const order = fields(value, at)
  const id = order['order_id']
  if (typeof id !== 'string' && typeof id !== 'bigint' && typeof id !== 'number')
    throw new CaseFault(`${at}.order_id`, id === undefined ? 'is missing' : 'has to be a text or a number')
  return {
    rawOrderId: scalarText(scalar(id, `${at}.order_id`)),
    atS: seconds(order['at'], `${at}.at`),
    updatedAtS: seconds(order['updated_at'], `${at}.updated_at`),
    netValue: whole(order['net_value'], `${at}.net_value`),
    isTest: isTruthy(order['test']),
    touches: list(order['touches'], `${at}.touches`).map((touch, k) => readTouch(touch, `${at}.touches[${k}]`)),
  }
}

function readTouch(value: Json, at: string): Touch {
  const touch = fields(value, at)
  const text = (name: string): string | null => optionalText(touch[name], `${at}.${name}`)
  const time = touch['at'] ?? null
  return {
    kind: touch['kind'] === undefined ? 'click' : text('kind'),
    idType: text('id_type'),
    clickId: scalar(touch['click_id'], `${at}.click_id`),
    atS: time === null ? null : seconds(time, `${at}.at`),
    utmSource: text('utm_source'),
    utmMedium: text('utm_medium'),
    campaign: scalar(touch['campaign'], `${at}.campaign`),
  }
}

const DAY_S = 86_400n
/** Absent: seven days. */
function readWindow(file: Fields, place: (name: string) => string): Seconds {
  for (const [name, unit] of [
    ['win', 1n],
    ['window_seconds', 1n],
    ['window_days', DAY_S],
  ] as const) {
    const value = file[name] ?? null
    if (value !== null) return whole(value, place(name)) * unit
  }
  return CLICK_WINDOW_S
}

function fields(value: Json | undefined, at: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new CaseFault(at, value === undefined ? 'is missing' : 'has to be an object')
}

function optionalFields(value: Json | undefined, at: string): Fields {
  return value === undefined || value === null ? {} : fields(value, at)
}

function list(value: Json | undefined, at: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[]
  throw new CaseFault(at, value === undefined ? 'is missing' : 'has to be a list')
}

function whole(value: Json | undefined, at: string): bigint {
  if (typeof value === 'bigint') return value
  throw new CaseFault(at, value === undefined ? 'is missing' : 'has to be a whole number, without a decimal point')
}

function seconds(value: Json | undefined, at: string): Seconds {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  throw new CaseFault(at, value === undefined ? 'is missing' : 'has to be a number of seconds since 1970')
}

function optionalText(value: Json | undefined, at: string): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return wellFormed(value, at)
  throw new CaseFault(at, 'has to be a text or null')
}

function scalar(value: Json | undefined, at: string): Scalar {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return wellFormed(value, at)
  if (typeof value !== 'object') return value
  throw new CaseFault(at, 'has to be a text, a number or null')
}

function wellFormed(text: string, at: string): string {
  if (text.isWellFormed()) return text
  throw new CaseFault(at, 'holds half a character (an unpaired surrogate)')
}

/** A count of conversions: "7/2", 3, 3.5 or null. A decimal number is taken as it is written. */
function amountOf(value: Json | undefined, at: string): Fraction | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return fraction(value)
  const amount = typeof value === 'string' || typeof value === 'number' ? parseFraction(String(value)) : undefined
  if (amount === undefined) throw new CaseFault(at, 'has to be a number, a fraction like "7/2", or null')
  return amount
}

/** A test mark may be true, 1 or a text; nothing, 0 and what is empty are none. */
function isTruthy(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}
