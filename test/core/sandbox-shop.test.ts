/** The shop behind the sandbox's ad accounts: its orders are what the platforms claim, and what they do not. */
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoOrdersCsv } from '../../main/demo-orders.ts'
import { readTable } from '../../main/imports/bytes.ts'
import { ordersLayout } from '../../main/imports/orders.ts'
import { addDays } from '../../main/platforms/sandbox/calendar.ts'
import { type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import { dayAt, midnight, stampWithOffset } from '../../main/platforms/sandbox/shop/days.ts'
import type { SettledClaim, ShopOrder } from '../../main/platforms/sandbox/shop/index.ts'
import { DAY_MS, handClock, NOON } from '../support/facts-rig.ts'
import { reportedBy, shopRig } from '../support/shop-world.ts'

const SEED = 5
const START = '2026-09-01'
const END = '2026-09-21'
const WEEK_MS = 7 * DAY_MS
const rig = shopRig(SEED, handClock())
const { shop } = rig
let orders: readonly ShopOrder[]
let claims: readonly SettledClaim[]
let byId: ReadonlyMap<string, ShopOrder>
beforeAll(() => {
  orders = shop.orders(START, END)
  claims = shop.claims(START, END)
  byId = new Map(shop.orders(addDays(START, -1), addDays(END, 33)).map((order) => [order.orderId, order]))
})

const isSevenDayClick = ({ kind, window, platform }: SettledClaim): boolean =>
  window !== 'late' && (kind === 'click' || (kind === 'engaged_view' && platform === 'google_ads'))
const share = <T>(list: readonly T[], fits: (item: T) => boolean): number => list.filter(fits).length / list.length
const platformsOf = ({ truth }: ShopOrder): ReadonlySet<string> =>
  new Set(truth.interactions.filter(({ isClaimed }) => isClaimed).map(({ platform }) => platform))

describe('what the platforms come to claim', () => {
  test('is what their reports say, campaign by campaign and day by day, conversions and values', () => {
    const sums = new Map<string, [conversionMicros: number, valueMicros: number]>()
    for (const claim of claims.filter(isSevenDayClick)) {
      const key = `${claim.platform} ${claim.accountId} ${claim.campaignId} ${claim.date}`
      const [conversionMicros, valueMicros] = sums.get(key) ?? [0, 0]
      sums.set(key, [conversionMicros + claim.centi * 10_000, valueMicros + claim.valueMicros])
    }
    const reported = reportedBy(rig, START, END).map(
      (row) =>
        [
          `${row.platform} ${row.accountId} ${row.campaignId} ${row.date}`,
          [row.conversionMicros, Math.round(row.valueMicros)],
        ] as const,
    )
    expect(reported.length).toBeGreaterThan(300)
    const rounded = [...sums].map(([key, [count, value]]) => [key, [count, Math.round(value)]] as const)
    expect(Object.fromEntries(rounded)).toEqual(Object.fromEntries(reported))
  })

  test('belongs to one order each, or says why to none', () => {
    const undecided = claims.filter(
      ({ orderId, nothingBehind }) => (orderId === undefined) === (nothingBehind === undefined),
    )
    expect(undecided).toEqual([])
    const withoutOrder = claims.filter(({ orderId }) => orderId !== undefined && !byId.has(orderId))
    expect(withoutOrder).toEqual([])
  })

  test('lies before its order, within its window, on the day it is reported for', () => {
    const odd = claims.filter((claim) => {
      const order = byId.get(claim.orderId ?? '')
      if (order === undefined) return false
      return !order.truth.interactions.some(
        ({ adId, kind, atMs }) =>
          adId === claim.adId &&
          kind === claim.kind &&
          atMs >= claim.dayStartMs &&
          atMs < claim.dayEndMs &&
          order.atMs - atMs >= claim.lagFromMs &&
          order.atMs - atMs <= claim.lagToMs &&
          (claim.window === 'late' || order.atMs - atMs <= WEEK_MS),
      )
    })
    expect(odd).toEqual([])
  })

  test('is partly no order: newsletters counted as conversions, modelled ones, test events', () => {
    const clicks = claims.filter(isSevenDayClick)
    expect(new Set(clicks.map(({ nothingBehind }) => nothingBehind))).toEqual(
      new Set([undefined, 'not_a_purchase', 'modelled', 'test_event']),
    )
    const invented = share(clicks, ({ nothingBehind }) => nothingBehind !== undefined)
    expect([invented > 0.08, invented < 0.25]).toEqual([true, true])
  })
})

describe('orders', () => {
  test('are claimed by one platform, by two, by three, and by none', () => {
    const counts = [0, 1, 2, 3].map((n) => share(orders, (order) => platformsOf(order).size === n))
    expect(counts.every((part) => part > 0.03)).toBe(true)
    expect(new Set(orders.map(({ truth }) => truth.source))).toEqual(
      new Set(['ads', 'views', 'direct', 'organic_search', 'email', 'referral']),
    )
  })

  test('of one claim alone are worth what the platform says', () => {
    const alone = claims.filter(
      (claim) => isSevenDayClick(claim) && byId.get(claim.orderId ?? '')?.truth.interactions.length === 1,
    )
    expect(alone.length).toBeGreaterThan(500)
    expect(
      alone.filter((claim) => byId.get(claim.orderId ?? '')?.totalCents !== Math.max(500, claim.orderCents)),
    ).toEqual([])
  })

  test('carry numbers that rise with time and are never given twice', () => {
    const numbers = orders.map(({ orderId }) => Number(orderId.slice(1)))
    expect(numbers.toSorted((left, right) => left - right)).toEqual(numbers)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(orders.filter(({ atMs, date }) => stampWithOffset(atMs, 'Europe/Berlin').slice(0, 10) !== date)).toEqual([])
  })

  test('come back in part: cancelled, refunded, refunded in part; never for more than was paid', () => {
    expect(share(orders, ({ isCancelled }) => isCancelled)).toBeGreaterThan(0)
    expect(share(orders, ({ netCents, totalCents }) => netCents > 0 && netCents < totalCents)).toBeGreaterThan(0)
    expect(share(orders, ({ netCents }) => netCents === 0)).toBeGreaterThan(0.03)
    expect(orders.filter(({ netCents, totalCents }) => netCents < 0 || netCents > totalCents)).toEqual([])
    expect(orders.filter(({ atMs, updatedAtMs }) => updatedAtMs < atMs || updatedAtMs > NOON)).toEqual([])
  })

  test('are caused by somebody who had to do with them, by nobody where nobody had', () => {
    const impossible = orders.filter(({ truth: { cause, interactions } }) =>
      cause === null ? false : !interactions.some(({ adId }) => adId === cause.adId),
    )
    expect(impossible).toEqual([])
    const organic = orders.filter(({ truth }) => truth.interactions.length === 0)
    expect(organic.filter(({ truth }) => truth.cause !== null)).toEqual([])
  })

  test('with an ad for the own name or for known visitors alone are mostly caused by nobody, others less often', () => {
    const causedBy = (...purposes: string[]) => {
      const alone = orders.filter(
        ({
          truth: {
            interactions: [first, second],
          },
        }) => second === undefined && first?.kind === 'click' && purposes.includes(first.purpose),
      ) // prettier-ignore
      return share(alone, ({ truth }) => truth.cause !== null)
    }
    expect(causedBy('own_name', 'known_visitors')).toBeLessThan(0.5)
    expect(causedBy('strangers', 'search')).toBeGreaterThan(0.5)
  })
})

describe('what the shop sees', () => {
  test('are visits before the order, some without id, some without time, some not at all; never a view', () => {
    const touches = orders.flatMap((order) => order.touches.map((touch) => ({ order, touch })))
    expect(touches.filter(({ order, touch }) => touch.atMs !== null && touch.atMs >= order.atMs)).toEqual([])
    const paid = touches.filter(({ touch }) => touch.platform !== null)
    expect(share(paid, ({ touch }) => touch.clickId === null)).toBeGreaterThan(0.05)
    expect(share(paid, ({ touch }) => touch.atMs === null)).toBeGreaterThan(0.005)
    const clicks = orders.flatMap(({ truth }) => truth.interactions).filter(({ kind }) => kind === 'click').length
    const kept = paid.length / clicks
    expect([kept > 0.7, kept < 0.95]).toEqual([true, true])
    const unclicked = orders.filter(({ truth }) => truth.interactions.every(({ kind }) => kind !== 'click'))
    expect(unclicked.flatMap((order) => order.touches).filter(({ platform }) => platform !== null)).toEqual([])
  })

  test('show every click id once', () => {
    const ids = orders.flatMap(({ touches }) => touches.flatMap(({ clickId }) => clickId ?? []))
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('the same shop', () => {
  test('comes of the same seed; another seed is another shop', () => {
    const again = shopRig(SEED, handClock()).shop
    expect(again.orders(START, END)).toEqual(orders)
    expect(again.shopifyCsv(START, START)).toBe(shop.shopifyCsv(START, START))
    expect(shopRig(SEED + 1, handClock()).shop.orders(START, START)).not.toEqual(shop.orders(START, START))
  })

  test('tells a period the same in pieces as at once', () => {
    const pieces: ShopOrder[] = []
    for (let date = START; date <= END; date = addDays(date, 4)) {
      const last = addDays(date, 3)
      pieces.push(...shop.orders(date, last < END ? last : END))
    }
    expect(pieces).toEqual(orders)
  })

  test('asked later has the same orders, with what came back since, and tells none of tomorrow', () => {
    const clock = handClock()
    const { shop: moving } = shopRig(SEED, clock)
    const early = moving.orders('2026-11-16', '2026-12-31')
    expect(early.filter(({ atMs }) => atMs > NOON)).toEqual([])
    clock.advance(30 * DAY_MS)
    const later = new Map(moving.orders('2026-11-16', '2026-11-23').map((order) => [order.orderId, order]))
    const asPlaced = ({ orderId, atMs, totalCents, touches, truth }: ShopOrder) => ({
      orderId,
      atMs,
      totalCents,
      touches,
      truth,
    })
    expect(early.map((order) => later.get(order.orderId)).map((order) => order && asPlaced(order))).toEqual(
      early.map(asPlaced),
    )
    expect(early.filter((order) => (later.get(order.orderId)?.netCents ?? 0) < order.netCents).length).toBeGreaterThan(
      0,
    )
  })

  test('is quick enough for 90 days of the demo', () => {
    const demo = shopRig(7, handClock(), 'demo').shop
    const before = process.cpuUsage()
    expect(demo.orders('2026-08-25', '2026-11-22').length).toBeGreaterThan(10_000)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(2)
  })

  test('refuses what is no period', () => {
    expect(() => shop.orders('yesterday', END)).toThrow(TypeError)
    expect(() => shop.orders('2020-01-01', END)).toThrow(TypeError)
  })

  test('keeps days of 23 and of 25 hours', () => {
    const hours = (date: string) => {
      const day = Date.parse(`${date}T00:00:00Z`) / DAY_MS
      return (midnight(day + 1, 'Europe/Berlin') - midnight(day, 'Europe/Berlin')) / 3_600_000
    }
    expect([hours('2026-03-29'), hours('2026-06-01'), hours('2026-10-25')]).toEqual([23, 24, 25])
    expect(dayAt(Date.parse('2026-10-24T22:30:00Z'), 'Europe/Berlin')).toBe(Date.parse('2026-10-25T00:00:00Z') / DAY_MS)
    expect(stampWithOffset(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Berlin')).toBe('2026-10-25 02:30:00 +0200')
    expect(stampWithOffset(Date.parse('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toBe('2026-10-25 02:30:00 +0100')
  })
})

describe('the export', () => {
  let sandbox: Sandbox
  let csv: string
  const DAYS = 10
  beforeAll(async () => {
    sandbox = await startSandbox({ seed: SEED, clock: handClock() })
    csv = await demoOrdersCsv(sandbox, DAYS)
  })
  afterAll(() => sandbox.close())
  const period = (): readonly ShopOrder[] => sandbox.shop.orders('2026-11-14', '2026-11-23')

  test('has every order, some twice, and one total per order', () => {
    const rows: Record<string, string>[] = parse(csv, { columns: true })
    const withTotal = rows.filter(({ Total }) => Total !== '')
    const expected = period().flatMap((order) => (order.isExportedTwice ? [order, order] : [order]))
    expect(withTotal.map((row) => [row['Name'], row['Total'], row['Refunded Amount'] !== '0.00'])).toEqual(
      expected.map((order) => [
        order.orderId,
        (order.totalCents / 100).toFixed(2),
        order.refundedCents > 0 && !order.isCancelled,
      ]),
    )
    expect(expected.length).toBeGreaterThan(period().length)
    expect(rows.length).toBeGreaterThan(withTotal.length)
  })

  test('names nobody', () => {
    const rows: Record<string, string>[] = parse(csv, { columns: true })
    const personal = rows.flatMap((row) =>
      Object.entries(row).filter(
        ([column, text]) => text !== '' && /email|phone|name$|street|address|city|zip/i.test(column),
      ),
    )
    expect(new Set(personal.map(([column]) => column))).toEqual(new Set(['Name', 'Lineitem name', 'Tax 1 Name']))
  })

  test('is read by the import as it was meant: times, values after refunds, and every visit with its id, tags and time', async () => {
    const file = ordersLayout(await readTable(Buffer.from(csv), 'orders_export.csv'), {})
    if (file?.kind !== 'orders') throw new TypeError('not read as a list of orders')
    expect([file.layout, file.badCount, file.questions]).toEqual(['Orders of Shopify', 0, []])
    const read = file.orders.map(({ rawOrderId, atS, netValueMicros, currency, touches }) => ({
      rawOrderId,
      atS,
      netValueMicros,
      currency,
      touches: touches.map(({ kind, idType, clickId, atS: at, utmSource, utmMedium, campaign }) => [
        kind,
        idType,
        clickId,
        at,
        utmSource,
        utmMedium,
        campaign,
      ]),
    }))
    const meant = period()
      .flatMap((order) => (order.isExportedTwice ? [order, order] : [order]))
      .map((order) => ({
        rawOrderId: order.orderId,
        atS: order.atMs / 1000,
        netValueMicros: BigInt(order.netCents) * 10_000n,
        currency: 'EUR',
        touches: order.touches.map((touch) => [
          'click',
          touch.idType,
          touch.clickId,
          touch.atMs === null ? null : touch.atMs / 1000,
          touch.utmSource,
          touch.utmMedium,
          touch.utmCampaign,
        ]),
      }))
    expect(read).toEqual(meant)
  })
})

test('a sandbox without one of the platforms has no shop', async () => {
  const sandbox = await startSandbox({ seed: 1, clock: handClock(), platforms: ['tiktok'] })
  expect(() => sandbox.shop).toThrow(TypeError)
  await sandbox.close()
})
