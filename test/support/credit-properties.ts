/** What must hold of crediting whatever the orders are. Each takes the method, so that the same properties can be turned on broken ones. */
import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { CreditCase } from '../../main/reporting/dedupe/case-file.ts'
import { canonicalOrderId } from '../../main/reporting/dedupe/order-id.ts'
import {
  type Answer,
  answerOf,
  claimsOf,
  creditCases,
  DAY_S,
  type Method,
  NAMES,
  type Row,
  touchBefore,
  WEEK_S,
} from './credit-cases.ts'

export interface Effort {
  readonly numRuns: number
  readonly seed?: number
}
type Property = (method: Method, effort: Effort) => void

const value = (text: string | null): number => {
  const [n = 0, d = 1] = (text ?? '0/1').split('/').map(Number)
  return n / d
}
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** Everything but what views, duplicates and files are counted in. */
function primary({ platform, overlap, total, credit }: Answer) {
  const { orders, credited, contested, unattributed, ad_driven_bounds: bounds, claimed_sum: claimed, inflation } = total
  return {
    platform: NAMES.map((name) => ({ ...platform[name], vt_only: null, claimed_view: null })),
    overlap,
    credit,
    total: { orders, credited, contested, unattributed, bounds, claimed, inflation },
  }
}
/** What does not hang on claims. */
const creditOnly = ({ platform, overlap, total, credit }: Answer) => ({
  platform: NAMES.map((name) => {
    const { credited, value: worth, matched, exclusive, vt_only: seen } = platform[name]
    return { credited, worth, matched, exclusive, seen }
  }),
  overlap,
  credit,
  total: [total.orders, total.excluded, total.duplicates, total.credited, total.contested, total.unattributed],
})

/** A case with orders, one of its rows, and something more before that order. */
const withTouch = (kind: 'click' | 'view') =>
  creditCases()
    .filter(({ orders }) => orders.length > 0)
    .chain((input) =>
      fc.nat(input.orders.length - 1).chain((k) => {
        const row = input.orders[k] as Row
        return touchBefore(row.atS as bigint, fc.constant(kind)).map((touch) => ({ input, k, row, touch }))
      }),
    )
const addTouch = (input: CreditCase, k: number, touch: Row['touches'][number]): CreditCase => ({
  ...input,
  orders: input.orders.map((row, at) => (at === k ? { ...row, touches: [...row.touches, touch] } : row)),
})
const versionsOf = (input: CreditCase, row: Row): readonly Row[] =>
  input.orders.filter(({ rawOrderId }) => canonicalOrderId(rawOrderId) === canonicalOrderId(row.rawOrderId))

function conservation(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases(), (input) => {
      const { platform, overlap, total, credit } = answerOf(method, input)
      const rows = NAMES.map((name) => platform[name])
      expect(total.credited + total.unattributed).toBe(total.orders)
      expect(total.credited).toBeLessThanOrEqual(total.orders)
      expect(sum(rows.map(({ credited }) => credited))).toBe(total.credited)
      expect(Object.keys(credit)).toHaveLength(total.credited)
      expect(total.contested + sum(rows.map(({ exclusive }) => exclusive))).toBe(total.credited)
      const ids = new Set(input.orders.map(({ rawOrderId }) => canonicalOrderId(rawOrderId)))
      expect(total.orders + total.excluded).toBe(ids.size)
      expect(total.duplicates).toBe(input.orders.length - ids.size)
      const live = new Set(Object.keys(credit))
      const most = [...live].map((id) =>
        Math.max(
          ...input.orders.filter((row) => canonicalOrderId(row.rawOrderId) === id).map((row) => Number(row.netValue)),
        ),
      )
      expect(sum(rows.map((row) => row.value))).toBeLessThanOrEqual(sum(most))
      for (const a of NAMES) {
        const { exclusive, credited, matched, agg_only: loose, unclaimed, claimed_click7: claimed } = platform[a]
        expect(exclusive).toBeLessThanOrEqual(credited)
        expect(credited).toBeLessThanOrEqual(matched)
        expect(overlap[a][a]).toBe(matched)
        const isKnown = claimed !== null
        expect([loose !== null, unclaimed !== null]).toStrictEqual([isKnown, isKnown])
        expect(value(claimed) - value(loose) + value(unclaimed)).toBeCloseTo(isKnown ? matched : 0)
        for (const b of NAMES) {
          expect(overlap[a][b]).toBe(overlap[b][a])
          expect(overlap[a][b]).toBeLessThanOrEqual(Math.min(matched, platform[b].matched))
        }
      }
      // Bonferroni: what several platforms share is taken off once per pair, so never too little.
      const pairs = overlap.google.meta + overlap.google.tiktok + overlap.meta.tiktok
      const matches = sum(rows.map(({ matched }) => matched))
      expect(total.credited).toBeGreaterThanOrEqual(matches - pairs)
      expect(total.credited).toBeLessThanOrEqual(matches)
      const [low, high] = total.ad_driven_bounds.map(value) as [number, number]
      expect(low).toBeLessThanOrEqual(high)
      expect(high).toBeLessThanOrEqual(total.orders)
      expect(low).toBeGreaterThanOrEqual(total.credited)
    }),
    effort,
  )
}

function permutation(method: Method, effort: Effort): void {
  const shuffled = creditCases().chain((input) =>
    fc
      .tuple(
        fc.shuffledSubarray([...input.orders], { minLength: input.orders.length }),
        fc.infiniteStream(fc.boolean()),
      )
      .map(([orders, turns]) => ({
        input,
        other: {
          ...input,
          orders: orders.map((row) => ({
            ...row,
            touches: turns.next().value ? row.touches.toReversed() : row.touches,
          })),
        },
      })),
  )
  fc.assert(
    fc.property(shuffled, ({ input, other }) => {
      expect(answerOf(method, other)).toStrictEqual(answerOf(method, input))
    }),
    effort,
  )
}

function views(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(withTouch('view'), claimsOf, ({ input, k, touch }, others) => {
      const { google, meta, tiktok } = input.claims
      const viewed = {
        ...addTouch(input, k, touch),
        claims: {
          google: { ...google, view: others.google.view },
          meta: { ...meta, view: others.meta.view },
          tiktok: { ...tiktok, view: others.tiktok.view },
        },
      }
      expect(primary(answerOf(method, viewed))).toStrictEqual(primary(answerOf(method, input)))
    }),
    effort,
  )
}

function currencyScaling(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases({ areTied: false }), fc.bigInt({ min: 1n, max: 1_000n }), (input, factor) => {
      const { google, meta, tiktok } = input.spend
      const scaled = answerOf(method, {
        ...input,
        orders: input.orders.map((row) => ({ ...row, netValue: row.netValue * factor })),
        spend: { google: (google ?? 0n) * factor, meta: (meta ?? 0n) * factor, tiktok: (tiktok ?? 0n) * factor },
      })
      const plain = answerOf(method, input)
      expect(scaled.credit).toStrictEqual(plain.credit)
      expect(scaled.total).toStrictEqual(plain.total)
      for (const name of NAMES) {
        expect(scaled.platform[name].roas).toBe(plain.platform[name].roas)
        expect(scaled.platform[name].value).toBe(plain.platform[name].value * Number(factor))
      }
    }),
    effort,
  )
}

function reimport(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases(), (input) => {
      const once = answerOf(method, input)
      const twice = answerOf(method, { ...input, orders: [...input.orders, ...input.orders] })
      const { orders, excluded } = once.total
      expect({ ...twice, total: { ...twice.total, duplicates: once.total.duplicates } }).toStrictEqual(once)
      expect(twice.total.duplicates).toBe(input.orders.length * 2 - orders - excluded)
    }),
    effort,
  )
}

function windowMonotone(method: Method, effort: Effort): void {
  const windows = fc.tuple(fc.bigInt({ min: 0n, max: 2n * WEEK_S }), fc.bigInt({ min: 0n, max: 2n * WEEK_S }))
  fc.assert(
    fc.property(creditCases(), windows, (input, [a, b]) => {
      const [shorter, longer] = (a < b ? [a, b] : [b, a]).map((windowS) => answerOf(method, { ...input, windowS })) as [
        Answer,
        Answer,
      ]
      expect(shorter.total.credited).toBeLessThanOrEqual(longer.total.credited)
      expect(Object.keys(longer.credit)).toStrictEqual(expect.arrayContaining(Object.keys(shorter.credit)))
      for (const name of NAMES)
        expect(shorter.platform[name].matched).toBeLessThanOrEqual(longer.platform[name].matched)
    }),
    effort,
  )
}

function timeShift(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases({ areTied: false }), fc.bigInt({ min: -1_000_000_000n, max: 10n ** 12n }), (input, by) => {
      const moved = {
        ...input,
        orders: input.orders.map((row) => ({
          ...row,
          atS: (row.atS as bigint) + by,
          updatedAtS: (row.updatedAtS as bigint) + by,
          touches: row.touches.map((touch) => ({
            ...touch,
            atS: touch.atS === null ? null : (touch.atS as bigint) + by,
          })),
        })),
      }
      expect(answerOf(method, moved)).toStrictEqual(answerOf(method, input))
    }),
    effort,
  )
}

function claimsNeverCredit(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases(), claimsOf, (input, claims) => {
      expect(creditOnly(answerOf(method, { ...input, claims }))).toStrictEqual(creditOnly(answerOf(method, input)))
    }),
    effort,
  )
}

/** Whatever is added, an order keeps its credit or gives it to the new click; the latest dated click id always gets it, whatever the tags say. */
function laterClick(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(withTouch('click'), fc.boolean(), ({ input, row, touch }, isLatest) => {
      const versions = versionsOf(input, row)
      const others = input.orders.filter((other) => !versions.includes(other))
      const tag = { ...touch, idType: null, utmSource: 'google', utmMedium: 'cpc', atS: row.atS }
      const isEarlier = ({ idType, atS }: Row['touches'][number]): boolean =>
        idType === null || atS === null || atS < row.atS
      const order = { ...row, touches: isLatest ? [...row.touches.filter(isEarlier), tag] : row.touches }
      const added = isLatest ? { ...touch, idType: 'ttclid', atS: row.atS, campaign: 'latest' } : touch
      const withTouches = (...touches: Row['touches'][number][]) =>
        answerOf(method, { ...input, orders: [{ ...order, touches }, ...others] })
      const [before, after, alone] = [
        withTouches(...order.touches),
        withTouches(...order.touches, added),
        withTouches(added),
      ]
      const id = canonicalOrderId(row.rawOrderId)
      const allowed = isLatest ? [alone.credit[id]] : [before.credit[id], alone.credit[id]]
      expect(allowed).toContainEqual(after.credit[id])
      expect({ ...after.credit, [id]: null }).toStrictEqual({ ...before.credit, [id]: null })
    }),
    effort,
  )
}

function clickOutside(method: Method, effort: Effort, isOutside: (rows: readonly Row[], by: bigint) => bigint): void {
  fc.assert(
    fc.property(withTouch('click'), fc.bigInt({ min: 1n, max: 40n * DAY_S }), ({ input, k, row, touch }, by) => {
      const atS = isOutside(versionsOf(input, row), by)
      expect(answerOf(method, addTouch(input, k, { ...touch, atS }))).toStrictEqual(answerOf(method, input))
    }),
    effort,
  )
}
const times = (rows: readonly Row[]): readonly bigint[] => rows.map(({ atS }) => atS as bigint)
const latest = (rows: readonly Row[]): bigint => times(rows).reduce((a, b) => (a > b ? a : b))
const earliest = (rows: readonly Row[]): bigint => times(rows).reduce((a, b) => (a < b ? a : b))

/** One row per touch and file, instead of one row with all of them. */
function splitting(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases(), (input) => {
      const split = input.orders.flatMap((row) =>
        row.touches.length < 2 ? [row] : row.touches.map((touch) => ({ ...row, touches: [touch] })),
      )
      const whole = answerOf(method, input)
      const pieces = answerOf(method, { ...input, orders: split.toReversed() })
      expect({ ...pieces, total: { ...pieces.total, duplicates: whole.total.duplicates } }).toStrictEqual(whole)
    }),
    effort,
  )
}

function forgottenClaims(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases(), fc.constantFrom(...NAMES), (input, gone) => {
      const left = { ...input, claims: { ...input.claims, [gone]: { click7: null, view: null } } }
      const [before, after] = [answerOf(method, input), answerOf(method, left)]
      for (const name of NAMES.filter((other) => other !== gone))
        expect(after.platform[name]).toStrictEqual(before.platform[name])
      expect(creditOnly(after)).toStrictEqual(creditOnly(before))
    }),
    effort,
  )
}

/** A test order or one that was paid back is counted as left out, and changes nothing else. */
function leftOut(method: Method, effort: Effort): void {
  fc.assert(
    fc.property(creditCases(), withTouch('click'), fc.boolean(), (input, { row, touch }, isTest) => {
      const more = {
        ...row,
        rawOrderId: 'left out',
        netValue: isTest ? 5_000n : 0n,
        isTest,
        touches: [...row.touches, { ...touch, idType: 'gclid', atS: row.atS }],
      }
      const [before, after] = [answerOf(method, input), answerOf(method, { ...input, orders: [more, ...input.orders] })]
      expect({ ...after, total: { ...after.total, excluded: after.total.excluded - 1 } }).toStrictEqual(before)
    }),
    effort,
  )
}

export const PROPERTIES: readonly (readonly [string, Property])[] = [
  ['conservation: every order is credited once or not at all, and the counts fit together', conservation],
  ['permutation: the order of rows and touches is nothing', permutation],
  ['views, and claims of views, change nothing primary', views],
  ['another currency scales values and keeps credit and ROAS', currencyScaling],
  ['the same file again changes nothing', reimport],
  ['a longer window only adds', windowMonotone],
  ['the calendar is nothing: all times moved by the same', timeShift],
  ['claims in sum never change a credit', claimsNeverCredit],
  ['a new click moves credit to itself or nowhere', laterClick],
  ['a click after the order changes nothing', (m, e) => clickOutside(m, e, (rows, by) => latest(rows) + by)],
  [
    'a click older than the window changes nothing',
    (m, e) => clickOutside(m, e, (rows, by) => earliest(rows) - WEEK_S - by),
  ],
  ['one import split into many gives the same', splitting],
  ['without the claims of a platform the other rows are as before', forgottenClaims],
  ['what is left out changes nothing but its count', leftOut],
]
