/** Cases of orders, claims and spend for the one-order-one-credit method, made at random around its edges; and what a run of them says. */
import * as fc from 'fast-check'
import type { CreditCase } from '../../main/reporting/dedupe/case-file.ts'
import type { Touch } from '../../main/reporting/dedupe/credit-order.ts'
import type { JsonOut } from '../../main/reporting/dedupe/exact-json.ts'
import { fraction, type Fraction } from '../../main/reporting/dedupe/fraction.ts'

export const WEEK_S = 604_800n
export const DAY_S = 86_400n
const START_S = 1_750_000_000n
export const NAMES = ['google', 'meta', 'tiktok'] as const
type Name = (typeof NAMES)[number]

/** The answer as JSON readers see it; amounts in tests are small enough for numbers. */
export interface Answer {
  platform: Record<
    Name,
    Record<'credited' | 'value' | 'matched' | 'exclusive' | 'vt_only', number> &
      Record<'claimed_click7' | 'claimed_view' | 'roas' | 'coverage' | 'agg_only' | 'unclaimed', string | null> & {
        spend: number | null
      }
  >
  overlap: Record<Name, Record<Name, number>>
  total: Record<'orders' | 'excluded' | 'duplicates' | 'credited' | 'contested' | 'unattributed', number> & {
    ad_driven_bounds: [string, string]
    claimed_sum: string
    inflation: string | null
  }
  credit: Record<string, [Name, string | null]>
}

/** The modules under test, or a mutated copy of them. */
export interface Method {
  creditCase(input: CreditCase): JsonOut
  writeExact(value: JsonOut): string
}
export const answerOf = (method: Method, input: CreditCase): Answer =>
  JSON.parse(method.writeExact(method.creditCase(input))) as Answer

export type Row = CreditCase['orders'][number]

const ages = fc.oneof(
  fc.constantFrom(0n, 1n, 60n, DAY_S, DAY_S + 1n, WEEK_S - 1n, WEEK_S, WEEK_S + 1n, -1n, -60n),
  fc.bigInt({ min: 0n, max: WEEK_S + DAY_S }),
)
const evidence = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('gclid', 'gbraid', 'wbraid', 'fbclid', 'fbc', 'ttclid').map(byId) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('google', 'Facebook', 'instagram', 'ig', 'TIKTOK', 'newsletter', null),
        fc.constantFrom('cpc', 'Paid_Social', 'display', 'email', null),
      )
      .map(([utmSource, utmMedium]) => ({ idType: null, utmSource, utmMedium })),
  },
)
function byId(idType: string) {
  return { idType, utmSource: null, utmMedium: null }
}
const campaigns = fc.constantFrom('brand', 'prospecting', 'ü 日本 😀', null)

/** A touch so long before an order; null: undated. */
export function touchBefore(
  atS: bigint,
  kind = fc.constantFrom('click', 'click', 'click', 'view'),
): fc.Arbitrary<Touch> {
  return fc
    .tuple(kind, evidence, fc.option(ages, { freq: 6 }), fc.constantFrom('A', 'B', null), campaigns)
    .map(([touchKind, ids, age, clickId, campaign]) => ({
      ...ids,
      kind: touchKind,
      atS: age === null ? null : atS - age,
      clickId,
      campaign,
    }))
}

/**
 * Orders of a small shop with several versions of some. Of versions that tie, which one counts hangs on a hash of their time and value:
 * `areTied` false leaves none, for properties that change times or values.
 */
function orderRows(areTied: boolean): fc.Arbitrary<readonly Row[]> {
  const row = fc
    .tuple(
      fc.constantFrom('1001', '#1001', ' 1001 ', '１００１', 'straße', 'STRASSE', '7', '8', '9', '10', '11'),
      fc.bigInt({ min: 0n, max: 3n }),
      fc.constantFrom(0n, 0n, 60n),
      fc.constantFrom(0n, 700n, 5_000n, 9_500n, 9_500n, 12_345n),
    )
    .chain(([rawOrderId, days, delay, netValue]) => {
      const atS = START_S + days * DAY_S
      return fc.array(touchBefore(atS), { maxLength: 4 }).map((touches) => ({
        rawOrderId,
        atS,
        updatedAtS: atS + delay,
        netValue,
        // Of two rows that are the same but for the mark, the first would count: none differ in it alone.
        isTest: netValue === 700n,
        touches,
      }))
    })
  return fc
    .array(row, { maxLength: 9 })
    .map((rows) =>
      areTied ? rows : rows.map((item, k) => ({ ...item, updatedAtS: item.atS + 1_000_000n * BigInt(k + 1) })),
    )
}

const amount = fc
  .option(fc.tuple(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 1n, max: 4n })), { freq: 5 })
  .map((parts): Fraction | null => (parts === null ? null : fraction(...parts)))
const claim = fc.record({ click7: amount, view: amount })
export const claimsOf = fc.record({ google: claim, meta: claim, tiktok: claim })
const spent = fc.constantFrom(0n, 1n, 8_000n, 12_345n)

export function creditCases({ areTied = true } = {}): fc.Arbitrary<CreditCase> {
  return fc.record({
    orders: orderRows(areTied),
    claims: claimsOf,
    spend: fc.record({ google: spent, meta: spent, tiktok: spent }),
    windowS: fc.constant(WEEK_S),
  })
}
