/** Orders in facts.db and the report that credits them, on real SQLite with synced facts beside them. */
import * as fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ImportedClaim, ImportedOrder, ImportedTouch } from '../../main/imports/parsed.ts'
import { dayOf } from '../../main/reporting/calendar.ts'
import { createConvertTo } from '../../main/reporting/dedupe/convert.ts'
import { getOrderCredit } from '../../main/reporting/dedupe/credit-report.ts'
import { claimRow, createShopDays, shopOrderRow, shopTouchRows } from '../../main/reporting/dedupe/shop-rows.ts'
import { createDayRates } from '../../main/reporting/exchange/cross-rate.ts'
import { factsReaders, factsWriters } from '../../main/store/facts-tables.ts'
import type { FactsDb } from '../../main/store/open.ts'
import { accountIdSchema } from '../../shared/domain/ids.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { openTestFacts, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const october = { start_date: '2026-10-01', end_date: '2026-10-31' }
const NOON_S = Date.parse('2026-10-10T12:00:00Z') / 1_000
const DAY_S = 86_400
const utcDays = createShopDays('UTC')
const rates = createDayRates([
  { currency: 'USD', day: dayOf('2026-10-09') ?? 0, perEuroE8: 125_000_000n, source: 'import' },
])

function touch(more: Partial<ImportedTouch> = {}): ImportedTouch {
  return {
    kind: 'click',
    idType: 'gclid',
    clickId: 'G1',
    atS: NOON_S - DAY_S,
    utmSource: null,
    utmMedium: null,
    campaign: 'g-brand',
    ad: null,
    claimedBy: null,
    ...more,
  }
}
const meta = (more: Partial<ImportedTouch> = {}): ImportedTouch =>
  touch({ idType: 'fbclid', clickId: 'F1', campaign: 'm-pros', ...more })
function order(rawOrderId: string, more: Partial<ImportedOrder> = {}): ImportedOrder {
  return {
    line: 2,
    rawOrderId,
    atS: NOON_S,
    updatedAtS: more.atS ?? NOON_S,
    netValueMicros: 10_000_000n,
    currency: 'EUR',
    isTest: false,
    touches: [],
    ...more,
  }
}
const claim = (rawOrderId: string, more: Partial<ImportedTouch>): ImportedClaim => ({
  line: 2,
  rawOrderId,
  touch: touch({ idType: null, clickId: null, campaign: null, atS: null, ...more }),
})

function store(facts: FactsDb, orders: readonly ImportedOrder[], importId = 'i_a', dayOfOrder = utcDays) {
  const { orders: writer, inTransaction } = factsWriters(facts)
  return inTransaction(() => {
    writer.addTouches(importId, orders.flatMap(shopTouchRows))
    return writer.addOrders(
      importId,
      orders.map((each) => shopOrderRow(each, dayOfOrder)),
    )
  })
}
function storeClaims(facts: FactsDb, claims: readonly ImportedClaim[]): void {
  const { orders, inTransaction } = factsWriters(facts)
  inTransaction(() => orders.addTouches('i_c', claims.map(claimRow)))
}
/** Through the contract, as every caller comes in and every answer goes out. */
function ask(facts: FactsDb, input: InputOf<'get_order_credit'> = october): OutputOf<'get_order_credit'> {
  const deps = { facts, clock: { nowMs: () => 0, monotonicMs: () => 0 }, convertTo: createConvertTo(rates) }
  const parsed = OPERATIONS.get_order_credit.input.parse(input)
  return OPERATIONS.get_order_credit.output.parse(getOrderCredit(deps, parsed))
}
function creditOf(facts: FactsDb, input?: InputOf<'get_order_credit'>) {
  const { credit } = ask(facts, input)
  if (credit === null) throw new Error('there are orders')
  return credit
}
const rowOf = (facts: FactsDb, platform: 'google_ads' | 'meta' | 'tiktok', input?: InputOf<'get_order_credit'>) =>
  creditOf(facts, input).platforms.find((row) => row.platform === platform)

let facts: FactsDb
beforeEach(() => {
  facts = openTestFacts()
})

describe('stored orders', () => {
  test('the same file again adds nothing; a newer state of an order is a change; all can be removed', () => {
    const first = [order('#1', { touches: [touch(), meta()] }), order('2')]
    expect(store(facts, first)).toStrictEqual({ rowsNew: 2, rowsChanged: 0, rowsSame: 0 })
    expect(store(facts, first, 'i_b')).toStrictEqual({ rowsNew: 0, rowsChanged: 0, rowsSame: 2 })
    const refunded = order('1 ', { netValueMicros: 0n, updatedAtS: NOON_S + 60, touches: [touch()] })
    expect(store(facts, [refunded, order('3')])).toStrictEqual({ rowsNew: 1, rowsChanged: 1, rowsSame: 0 })
    storeClaims(facts, [
      claim('1', { claimedBy: 'meta' }),
      claim('#9', { claimedBy: 'meta' }),
      claim('9', { claimedBy: 'tiktok' }),
    ])
    const reader = factsReaders(facts).orders
    const day = dayOf('2026-10-10') ?? 0
    expect(reader.stock()).toStrictEqual({
      orders: 3,
      versions: 4,
      touches: 2,
      claims: 3,
      claimsWithoutOrder: 2,
      startDay: day,
      endDay: day,
    })
    factsWriters(facts).inTransaction(() => factsWriters(facts).orders.removeAll())
    expect(reader.stock()).toMatchObject({ orders: 0, versions: 0, touches: 0, claims: 0, startDay: null })
  })

  test('an order lies on the day of the shop’s own zone', () => {
    const late = Date.parse('2026-10-31T23:30:00Z') / 1_000
    expect(createShopDays('UTC')(late)).toBe(dayOf('2026-10-31'))
    expect(createShopDays('Europe/Berlin')(late)).toBe(dayOf('2026-11-01'))
    expect(createShopDays('Asia/Kathmandu')(Date.parse('2026-10-31T18:15:00Z') / 1_000)).toBe(dayOf('2026-11-01'))
    expect(createShopDays('Asia/Kathmandu')(Date.parse('2026-10-31T18:14:59Z') / 1_000)).toBe(dayOf('2026-10-31'))
  })

  test('orders are read whole, with versions of days outside, in the order of their ids', () => {
    store(
      facts,
      Array.from({ length: 4_500 }, (_, k) => order(`o${k}`)),
    )
    store(facts, [order('o7', { atS: NOON_S + 60 * DAY_S, netValueMicros: 5n })])
    const day = dayOf('2026-10-10') ?? 0
    const read = [...factsReaders(facts).orders.ofDays(day, day)]
    expect(read).toHaveLength(4_500)
    expect(read.map(({ orderId }) => orderId)).toStrictEqual(read.map(({ orderId }) => orderId).toSorted())
    expect(read.find(({ orderId }) => orderId === 'o7')?.versions).toHaveLength(2)
    expect(factsReaders(facts).orders.countOfDays(day, day, 4_501)).toBe(4_500)
    expect(factsReaders(facts).orders.countOfDays(day, day, 4_000)).toBe(4_000)
  })
})

describe('credit', () => {
  test('without orders there is nothing to credit, which is not zero', () => {
    expect(ask(facts)).toStrictEqual({ credit: null, as_of: null, warnings: [] })
    storeClaims(facts, [claim('1', { claimedBy: 'meta' })])
    expect(ask(facts).credit).toBeNull()
  })

  test('one order, one credit: what each platform gets, shares and only saw', () => {
    store(facts, [
      order('1', { touches: [touch({ atS: NOON_S - 600 }), meta()] }),
      order('2', { touches: [meta()], netValueMicros: 20_500_000n }),
      order('3', { touches: [touch({ kind: 'view', idType: 'ttclid', atS: NOON_S - DAY_S })] }),
      order('4', { touches: [touch({ atS: NOON_S - 7 * DAY_S - 1 })] }),
      order('5', { isTest: true, touches: [touch()] }),
      order('6', { touches: [touch()], atS: NOON_S - 20 * DAY_S }),
    ])
    const credit = creditOf(facts)
    expect(credit.orders).toStrictEqual({
      total: 4,
      value: '50.50',
      excluded: 1,
      duplicates: 0,
      credited: 2,
      credited_value: '30.50',
      contested: 1,
      unattributed: 2,
      without_rate: 0,
    })
    expect(credit.platforms).toMatchObject([
      {
        platform: 'google_ads',
        credited: 1,
        credited_value: '10.00',
        matched: 1,
        exclusive: 0,
        view_only: 0,
        roas: null,
      },
      { platform: 'meta', credited: 1, credited_value: '20.50', matched: 2, exclusive: 1, claim_status: 'unavailable' },
      { platform: 'tiktok', credited: 0, credited_value: '0.00', matched: 0, view_only: 1, claimed: null },
    ])
    expect(credit.overlap).toContainEqual({ a: 'google_ads', b: 'meta', orders: 1 })
    expect(credit.overlap).toHaveLength(9)
    expect(credit.ad_driven).toStrictEqual({ low: 2, high: 2 })
    expect(credit.top_campaigns).toStrictEqual([
      { platform: 'meta', orders: 1, value: '20.50', untrusted: { campaign: 'm-pros' } },
      { platform: 'google_ads', orders: 1, value: '10.00', untrusted: { campaign: 'g-brand' } },
    ])
    expect(credit.notes.join(' ')).toContain('View-through, not counted')
  })

  test('an update decides the day: an order that moved out of the period is in the other one alone', () => {
    store(facts, [order('1', { touches: [touch()] })])
    store(facts, [order('1', { atS: NOON_S + 30 * DAY_S, touches: [] })])
    expect(creditOf(facts).orders.total).toBe(0)
    const november = creditOf(facts, { start_date: '2026-11-01', end_date: '2026-11-30' })
    expect(november.orders).toMatchObject({ total: 1, duplicates: 1, credited: 0 })
  })

  test('a platform’s own claim of an order is evidence like a tag: weaker than any click id, once per platform', () => {
    store(facts, [order('1'), order('2', { touches: [meta({ atS: null })] }), order('3')])
    storeClaims(facts, [
      claim('#1', { claimedBy: 'tiktok' }),
      claim('1', { claimedBy: 'tiktok', atS: NOON_S - 60 }),
      claim('2', { claimedBy: 'google_ads', atS: NOON_S - 60, idType: 'gclid' }),
      claim('3', { claimedBy: 'meta', kind: 'view', atS: NOON_S - 60 }),
      claim('nowhere', { claimedBy: 'meta' }),
    ])
    const credit = creditOf(facts)
    expect(credit.platforms).toMatchObject([
      { platform: 'google_ads', credited: 0, matched: 1, claimed: 1, claim_status: 'upper_bound' },
      { platform: 'meta', credited: 1, matched: 1, view_only: 1, claimed: 0, claimed_view: 1 },
      { platform: 'tiktok', credited: 1, matched: 1, claimed: 1, coverage: 1, aggregate_only: 0 },
    ])
    expect(credit.notes).toContain('One claim names an order that was never imported and is left out.')
  })

  test('orders in other currencies count by the rate of their day; without one they count, but not in money', () => {
    const click = { touches: [touch()] }
    store(facts, [
      order('1', click),
      order('2', { ...click, currency: 'USD', netValueMicros: 12_500_000n }),
      order('3', { ...click, currency: 'USD', netValueMicros: 12_500_000n, atS: NOON_S + 20 * DAY_S, touches: [] }),
      order('4', { ...click, currency: 'XAU' }),
      order('5', click),
    ])
    const euros = ask(facts)
    expect(euros.credit).toMatchObject({
      currency: 'EUR',
      orders: { total: 5, credited: 4, value: '30.00', without_rate: 2 },
    })
    expect(euros.warnings).toHaveLength(1)
    const dollars = creditOf(facts, { ...october, currency: 'USD' })
    expect(dollars).toMatchObject({
      currency: 'USD',
      orders: { total: 5, credited: 4, value: '50.00', without_rate: 1 },
    })
  })

  test('many files in any order say what one file says', () => {
    const orders = Array.from({ length: 40 }, (_, k) =>
      order(`${k % 25}`, {
        updatedAtS: NOON_S + (k % 7),
        netValueMicros: BigInt(k % 5) * 3_000_000n,
        touches: [
          touch({ clickId: `${k}`, atS: k % 3 === 0 ? null : NOON_S - k * 20_000 }),
          meta({ clickId: `${k}` }),
        ].slice(k % 3),
      }),
    )
    store(facts, orders)
    const whole = ask(facts)
    fc.assert(
      fc.property(
        fc.shuffledSubarray(orders, { minLength: 40 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 39 }), { maxLength: 5 }),
        (rows, cuts) => {
          const other = openTestFacts()
          const ends = [...cuts.toSorted((a, b) => a - b), rows.length]
          ends.forEach((end, k) => store(other, rows.slice(ends[k - 1] ?? 0, end), `i_${k}`))
          store(other, rows.slice(0, 5), 'i_again')
          expect(ask(other)).toStrictEqual(whole)
          other.close()
        },
      ),
      { numRuns: 15 },
    )
  })

  test.each<[string, InputOf<'get_order_credit'>, string]>([
    ['a day that does not exist', { ...october, start_date: '2026-02-30' }, 'invalid_input'],
    ['an end before its start', { start_date: '2026-10-02', end_date: '2026-10-01' }, 'invalid_input'],
    ['more than 400 days', { start_date: '2025-01-01', end_date: '2026-10-01' }, 'range_too_long'],
    ['an account nobody knows', { ...october, account_ids: ['meta:1'] }, 'account_not_available'],
    ['a currency nobody knows', { ...october, currency: 'QQQ' }, 'currency_mismatch'],
  ])('%s is refused', (_what, input, code) => {
    store(facts, [order('1')])
    expect(() => ask(facts, input)).toThrow(expect.objectContaining({ code }))
  })
})

describe('beside what platforms claim', () => {
  let rig: SyncRig
  const platform = paperPlatform({ campaigns: 3, adGroups: 2, ads: 2, accounts: 2 })
  const account = (n: number) => accountIdSchema.parse(`tiktok:700000000000000000${n}`)
  beforeAll(async () => {
    rig = syncRig(platform)
    await rig.run(120)
    store(rig.facts, [
      order('1', { touches: [touch({ idType: 'ttclid' })] }),
      order('2', { touches: [touch()] }),
      order('3', { netValueMicros: 1_000_000_000n, touches: [touch({ idType: 'ttclid' })] }),
    ])
  })
  const slowly = (where = ''): Record<'spend' | 'click' | 'value' | 'view', number> =>
    rig.facts
      .prepare(
        `SELECT SUM(spend_micros) / 1e6 AS spend, SUM(click_conversion_micros) / 1e6 AS click, SUM(click_value_micros) / 1e6 AS value,
           SUM(view_conversion_micros) / 1e6 AS view
         FROM metric_fact f JOIN entity e USING (entity_key) JOIN account a USING (account_key)
         WHERE e.type = 'campaign' AND f.day BETWEEN ? AND ? ${where}`,
      )
      .get(dayOf('2026-10-01'), dayOf('2026-10-31')) as Record<'spend' | 'click' | 'value' | 'view', number>

  test('claims, spend and ROAS are those of the campaigns; what orders do not bear out stays a range', () => {
    const sums = slowly()
    const credit = creditOf(rig.facts)
    const row = credit.platforms.find(({ platform: name }) => name === 'tiktok')
    expect(row).toMatchObject({
      claimed: sums.click,
      claimed_value: sums.value.toFixed(2),
      claimed_view: sums.view,
      claim_status: 'exact',
      spend: sums.spend.toFixed(2),
      credited_value: '1010.00',
      roas: (1_010 / sums.spend).toFixed(2),
      aggregate_only: sums.click - 2,
      unclaimed: 0,
    })
    expect(row?.coverage).toBeCloseTo(2 / sums.click, 6)
    expect(credit).toMatchObject({ claimed_sum: sums.click, ad_driven: { low: 3, high: 3 } })
    expect(credit.notes.join('\n')).toContain(`Cannot be de-duplicated (aggregate only): TikTok ${sums.click - 2}.`)
    expect(rowOf(rig.facts, 'google_ads')).toMatchObject({ credited: 1, claimed: null, spend: '0.00', roas: null })
  })

  test('one account alone: its claims and spend, and the credit of all', () => {
    const sums = slowly(`AND a.account_id = '${account(1)}'`)
    const credit = creditOf(rig.facts, { ...october, account_ids: [account(1)] })
    expect(credit.platforms).toMatchObject([
      { platform: 'tiktok', credited: 2, claimed: sums.click, spend: sums.spend.toFixed(2) },
    ])
    expect(credit.orders).toMatchObject({ total: 3, credited: 3 })
    expect(credit.notes.at(-1)).toContain('orders are credited among all platforms')
  })

  test.each<[string, string, Record<string, unknown>]>([
    ['a shorter window misses some', 'click_window_days = 1', { claim_status: 'lower_bound' }],
    ['a longer window holds too many', 'click_window_days = 28', { claim_status: 'upper_bound' }],
    ['an unknown window may', 'click_window_days = NULL', { claim_status: 'upper_bound' }],
    ['lag buckets up to seven days are exact', "window_source = 'approximated'", { claim_status: 'exact' }],
    [
      'clicks not told from views: what the screen shows, at most',
      'click_conversion_micros = NULL, click_value_micros = NULL, reported_conversion_micros = 2000000, reported_value_micros = 5000000',
      { claim_status: 'upper_bound', claimed: 2 * 3 * 2 * 31, claimed_value: `${5 * 3 * 2 * 31}.00` },
    ],
    [
      'nothing said is not known, not zero',
      'click_conversion_micros = NULL, click_value_micros = NULL, reported_conversion_micros = NULL, reported_value_micros = NULL',
      { claim_status: 'unavailable', claimed: null, claimed_value: null, coverage: null, aggregate_only: null },
    ],
  ])('%s', (_what, change, expected) => {
    rig.facts.exec('SAVEPOINT changed')
    try {
      rig.facts.exec(`UPDATE metric_fact SET ${change}`)
      expect(rowOf(rig.facts, 'tiktok')).toMatchObject(expected)
    } finally {
      rig.facts.exec('ROLLBACK TO changed; RELEASE changed')
    }
  })

  test('spend without a rate is left out and no ROAS is given', () => {
    const { credit, warnings } = ask(rig.facts, { ...october, currency: 'USD' })
    expect(credit?.platforms.find(({ platform: name }) => name === 'tiktok')).toMatchObject({
      roas: null,
      claimed_value: null,
    })
    expect(warnings.join(' ')).toContain('Part of the spend has no exchange rate to USD')
  })
})

test('50,000 orders are credited', () => {
  const many = Array.from({ length: 50_000 }, (_, k) =>
    order(`#${k}`, {
      atS: NOON_S + (k % 20) * DAY_S,
      touches: [touch({ clickId: `${k}`, atS: NOON_S - k }), meta({ clickId: `${k}`, atS: NOON_S - k })].slice(k % 3),
    }),
  )
  store(facts, many)
  expect(creditOf(facts).orders.total).toBe(50_000)
})
