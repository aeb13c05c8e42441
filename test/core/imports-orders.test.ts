/** Orders, claims and rates as shops and banks offer them: what counts is stored exactly, and nothing about people is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseTable, readImportTable } from '../../main/imports/layouts.ts'
import { momentOf, secondsOf, wallClock } from '../../main/imports/order-times.ts'
import type { ImportedOrder, ParsedFile } from '../../main/imports/parsed.ts'
import type { ImportChoices } from '../../shared/schemas/imports.ts'
import { factsImports, type ImportApp, startImportApp } from '../support/import-rig.ts'

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../fixtures/orders', name))
const parse = async (content: string | Uint8Array, choices: ImportChoices = {}): Promise<ParsedFile> => {
  const parsed = parseTable(await readImportTable(Buffer.from(content), 'file.csv'), choices)
  if (parsed === undefined) throw new Error('not recognised')
  return parsed
}
async function ordersOf(content: string | Uint8Array, choices: ImportChoices = {}) {
  const parsed = await parse(content, choices)
  if (parsed.kind !== 'orders') throw new Error(`read as ${parsed.kind}`)
  return parsed
}
const net = (orders: readonly ImportedOrder[]): unknown[] =>
  orders.map((order) => [order.rawOrderId, order.netValueMicros])
const utc = (text: string): number => Date.parse(text) / 1000

describe('Shopify', () => {
  test('an order is its first line, after refunds; voided, refunded and unpaid ones are worth nothing', async () => {
    const { orders, layout, questions, warnings, badCount } = await ordersOf(fixture('shopify.csv'))
    expect(layout).toBe('Orders of Shopify')
    expect(questions).toEqual([])
    expect(badCount).toBe(0)
    expect(net(orders)).toEqual([
      ['#1001', 100_000_000n],
      ['#1002', 30_000_000n],
      ['#1003', 0n],
      ['#1004', 0n],
      ['#1005', 0n],
    ])
    expect(orders[0]?.atS).toBe(utc('2026-09-01T08:00:00Z'))
    // 23:30 of the shop is still the first of September there.
    expect(orders[1]?.day).toBe(utc('2026-09-01T00:00:00Z') / 86_400)
    expect(warnings.join(' ')).toContain('1 further line')
    expect(warnings.join(' ')).toContain('everything else about people stay in the file')
  })

  test('clicks come from note attributes; the cookie of Meta says when', async () => {
    const { orders } = await ordersOf(fixture('shopify.csv'))
    expect(orders[0]?.touches).toEqual([
      {
        kind: 'click',
        idType: 'gclid',
        clickId: 'Cj0abc',
        atS: null,
        utmSource: 'google',
        utmMedium: 'cpc',
        campaign: 'Brand',
        ad: null,
        claimedBy: null,
      },
    ])
    expect(orders[1]?.touches).toMatchObject([
      { idType: 'fbc', clickId: 'fb.1.1788264000000.IwARxyz', atS: 1_788_264_000 },
    ])
    expect(orders[4]?.touches).toMatchObject([{ idType: 'ttclid', clickId: 'E.C.P.abc-123' }])
  })

  test('columns about people are marked, and no word of them is kept', async () => {
    const parsed = await ordersOf(fixture('shopify.csv'))
    const marked = parsed.columns.filter(({ note }) => note !== null).map(({ header }) => header)
    expect(marked).toEqual(
      expect.arrayContaining([
        'Email',
        'Billing Name',
        'Billing Phone',
        'Shipping Name',
        'Notes',
        'Phone',
        'Accepts Marketing',
      ]),
    )
    expect(marked).not.toContain('Note Attributes')
    const text = JSON.stringify(parsed.orders, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    expect(text).not.toMatch(/customer|Street|ring twice|12345/)
  })
})

describe('WooCommerce', () => {
  test('asks for the zone of its times, and reads clocks that are put forward and back', async () => {
    const asked = await ordersOf(fixture('woocommerce.csv'))
    expect(asked.layout).toBe('Orders of WooCommerce')
    expect(asked.questions.map(({ field }) => field)).toEqual(['time_zone'])
    const { orders, questions } = await ordersOf(fixture('woocommerce.csv'), { time_zone: 'Europe/Berlin' })
    expect(questions).toEqual([])
    // 02:30 does not exist on the first day and comes twice on the second: the one after it, and the first of the two.
    expect(orders.map(({ atS }) => new Date(atS * 1000).toISOString())).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-07-01T10:00:00.000Z',
    ])
    expect(net(orders)).toEqual([
      ['501', 120_500_000n],
      ['502', 50_000_000n],
      ['503', 0n],
    ])
    expect(orders[0]?.touches).toMatchObject([
      { idType: 'fbclid', clickId: 'IwAR123', utmSource: 'facebook', campaign: 'Spring sale' },
    ])
    expect(orders[1]?.touches).toMatchObject([{ idType: null, utmMedium: 'organic' }])
  })
})

describe('any list of orders', () => {
  test('a German file with click ids, a landing page and test marks', async () => {
    const { orders, numberFormat, bad } = await ordersOf(fixture('list.csv'))
    expect(numberFormat).toBe('dot_comma')
    expect(net(orders)).toEqual([
      ['A-1', 1_234_500_000n],
      ['A-2', 90_000_000n],
      ['A-3', 10_000_000n],
      ['A-4', 20_000_000n],
    ])
    expect(orders[0]?.touches).toMatchObject([{ idType: 'gclid', atS: utc('2026-08-31T20:00:00Z') }])
    expect(orders[1]).toMatchObject({
      currency: 'USD',
      atS: utc('2026-09-01T07:00:00Z'),
      updatedAtS: utc('2026-09-03T08:00:00Z'),
    })
    expect(orders[2]?.touches).toMatchObject([{ idType: null, utmSource: 'newsletter', utmMedium: 'email' }])
    expect(orders[3]).toMatchObject({
      isTest: true,
      touches: [{ idType: 'wbraid', clickId: 'Wb1', campaign: 'Video' }],
    })
    expect(bad.map(({ line, reason }) => [line, reason])).toEqual([
      [6, 'There is no order id.'],
      [7, 'The time of the order cannot be read.'],
      [8, 'The value is not an amount that can be read.'],
      [9, 'This currency is not known here.'],
    ])
  })

  test('what the file does not say is asked', async () => {
    const { questions } = await ordersOf('Order ID,Date,Total\n1,03/04/2026 10:00,"1,234"\n2,04/05/2026 10:00,7\n')
    expect(questions.map(({ field }) => field).toSorted()).toEqual([
      'currency',
      'date_order',
      'number_format',
      'time_zone',
    ])
    const answers = {
      currency: 'EUR',
      date_order: 'mdy',
      number_format: 'comma_dot',
      time_zone: 'America/New_York',
    } as const
    const answered = await ordersOf('Order ID,Date,Total\n1,03/04/2026 10:00,"1,234"\n2,04/05/2026 10:00,7\n', answers)
    expect(answered.questions).toEqual([])
    expect(answered.orders[0]).toMatchObject({ atS: utc('2026-03-04T15:00:00Z'), netValueMicros: 1_234_000_000n })
  })

  test('two clicks of two platforms are two touches, and the tags go to the one they name', async () => {
    const { orders } = await ordersOf(
      'order_id,time,value,currency,gclid,ttclid,utm_source,utm_medium,utm_campaign\n1,2026-09-01T08:00:00Z,5,EUR,Cj0x,E.C.P.y,tiktok,paid,Spark\n',
    )
    expect(orders[0]?.touches).toMatchObject([
      { idType: 'gclid', campaign: null },
      { idType: 'ttclid', campaign: 'Spark' },
    ])
  })

  test('click ids that are no ids are none', async () => {
    const { orders } = await ordersOf(
      'order_id,time,value,currency,gclid\n1,2026-09-01T08:00:00Z,5,EUR,(not set)\n2,2026-09-01T08:00:00Z,5,EUR,"a b"\n3,2026-09-01T08:00:00Z,5,EUR,"<script>"\n',
    )
    expect(orders.map(({ touches }) => touches)).toEqual([[], [], []])
  })

  test('an order that lost value in a later file without a time of change counts as newer', async () => {
    const file = (rows: string): string =>
      `Name,Financial Status,Currency,Total,Refunded Amount,Created at,Lineitem name\n${rows}`
    const before = await ordersOf(file('#1,paid,EUR,50.00,0.00,2026-09-01 10:00:00 +0000,Cup\n'))
    const after = await ordersOf(
      file(
        '#2,paid,EUR,10.00,0.00,2026-09-05 10:00:00 +0000,Cup\n#1,partially_refunded,EUR,50.00,20.00,2026-09-01 10:00:00 +0000,Cup\n',
      ),
    )
    expect(after.orders[1]?.updatedAtS).toBeGreaterThan(before.orders[0]?.updatedAtS ?? Number.POSITIVE_INFINITY)
  })
})

test.each([
  ['2026-09-01T08:00:00Z', 'UTC', '2026-09-01T08:00:00Z'],
  ['2026-09-01 08:00:00 -0400', 'UTC', '2026-09-01T12:00:00Z'],
  ['2026-09-01 08:00', 'Asia/Kolkata', '2026-09-01T02:30:00Z'],
  ['May 4, 2026 at 1:05 pm', 'Europe/London', '2026-05-04T12:05:00Z'],
  ['1788264000', 'UTC', '2026-09-01T12:00:00Z'],
  ['1788264000000', 'UTC', '2026-09-01T12:00:00Z'],
  ['2026-11-01 01:30:00', 'America/New_York', '2026-11-01T05:30:00Z'],
  ['2026-03-08 02:30:00', 'America/New_York', '2026-03-08T07:30:00Z'],
  ['2026-09-01', 'UTC', '2026-09-01T23:59:59Z'],
  ['12:30 2026', 'UTC', undefined],
  ['2026-09-01 25:00', 'UTC', undefined],
])('"%s" in %s is %s', (text, zone, expected) => {
  const at = secondsOf(momentOf({ kind: 'text', text }), null, wallClock(zone))
  expect(at).toBe(expected === undefined ? undefined : utc(expected))
})

test('claims: one a row, of several platforms, without crediting anybody', async () => {
  const parsed = await parse(fixture('claims.csv'))
  if (parsed.kind !== 'claims') throw new Error(`read as ${parsed.kind}`)
  expect(parsed.claims.map(({ rawOrderId, touch }) => [rawOrderId, touch.claimedBy, touch.kind])).toEqual([
    ['#1001', 'google_ads', 'click'],
    ['1002', 'meta', 'view'],
    ['1001', 'tiktok', 'click'],
  ])
  expect(parsed.bad.map(({ line }) => line)).toEqual([5, 6])
  const bare = 'Order ID,Conversion name,Conversion time,Campaign\n1001,Purchase,2026-09-01T08:00:00Z,Brand\n'
  expect((await parse(bare)).questions.map(({ field }) => field)).toEqual(['platform'])
  expect(await parse(bare, { platform: 'google_ads' })).toMatchObject({ kind: 'claims', questions: [] })
})

describe('rates of the ECB', () => {
  const history = 'Date,USD,JPY,BGN,\n2026-11-20,1.1684,186.75,N/A,\n1999-01-04,1.17,187,1.9558,\n'
  test('history, daily file and archive are read exactly; what has no rate has none', async () => {
    const parsed = await parse(history)
    expect(parsed).toMatchObject({ kind: 'rates', badCount: 0, rowCount: 5 })
    const zipped = await parse(zipSync({ 'eurofxref-hist.csv': Buffer.from(history) }))
    expect({ ...zipped, columns: [] }).toEqual({ ...parsed, columns: [] })
    const daily = await parse('Date, USD, JPY, BGN, \n13 April 2026, 1.1684, 186.75, 1.9558, \n')
    expect(daily.kind === 'rates' ? daily.rates[0] : undefined).toMatchObject({
      currency: 'USD',
      date: '2026-04-13',
      perEuroE8: 116_840_000n,
    })
  })
  test('a rate of nothing, below it or with letters is refused', async () => {
    const parsed = await parse('Date,USD,JPY,GBP\n2026-11-20,0,-1,12a\nsomeday,1,1,1\n')
    expect(parsed).toMatchObject({ badCount: 4, rowCount: 4 })
  })
  test('a person’s rates win over those that came with the app', async () => {
    const rig = factsImports()
    rig.facts.prepare("INSERT INTO exchange_rate VALUES ('USD', 20777, 100000000, 'starter')").run()
    expect(await rig.store(history)).toMatchObject({ kind: 'rates', rows_kept: 5, rows_new: 4, rows_changed: 1 })
    const row = rig.facts
      .prepare("SELECT per_euro_e8, source FROM exchange_rate WHERE currency = 'USD' AND day = 20777")
      .get()
    expect(row).toEqual({ per_euro_e8: 116_840_000, source: 'import' })
  })
})

describe('orders in the store', () => {
  let app: ImportApp
  beforeAll(async () => {
    app = await startImportApp()
  })
  afterAll(() => app.close())
  const overlapping =
    'order_id,time,value,currency,updated_at,refunded_amount\n#1001,2026-09-01T08:00:00Z,100.00,EUR,2026-09-09T08:00:00Z,5.00\nB-9,2026-09-04T08:00:00Z,7.00,EUR,2026-09-04T08:00:00Z,\n'

  test('are counted once, whatever files they come in', async () => {
    expect(await app.store('shopify.csv', fixture('shopify.csv'))).toMatchObject({ kind: 'orders', rows_new: 5 })
    expect(await app.store('again.csv', fixture('shopify.csv'))).toMatchObject({ rows_new: 0, rows_same: 5 })
    expect(await app.store('more.csv', overlapping)).toMatchObject({ rows_new: 1, rows_changed: 1 })
    expect((await app.run('list_imports', {})).orders).toEqual({
      count: 6,
      first_date: '2026-09-01',
      last_date: '2026-09-04',
    })
  })
  test('claims come beside them, and all of it goes at once', async () => {
    expect(await app.store('claims.csv', fixture('claims.csv'), {}, true)).toMatchObject({
      kind: 'claims',
      platform: null,
      rows_new: 3,
      rows_refused: 2,
    })
    await app.run('remove_imported', { what: 'orders' })
    expect(await app.run('list_imports', {})).toEqual({ imports: [], orders: null })
    expect(await app.store('shopify.csv', fixture('shopify.csv'))).toMatchObject({ rows_new: 5 })
  })
  test('an order of tomorrow is a bad row', async () => {
    const seen = await app.preview('late.csv', 'order_id,time,value,currency\n1,2031-01-01T00:00:00Z,5,EUR\n')
    expect(seen.bad_rows.map(({ reason }) => reason)).toEqual(['This order lies in the future.'])
  })
  test('a table of something else is asked about and not stored', async () => {
    const seen = await app.preview('animals.csv', 'animal,legs\ncat,4\nbird,2\n')
    expect(seen).toMatchObject({ kind: null, can_store: false, questions: [{ field: 'kind' }] })
    const forced = await app.preview('animals.csv', 'animal,legs\ncat,4\nbird,2\n', { kind: 'orders' })
    expect(forced).toMatchObject({ kind: null, can_store: false, questions: [] })
    expect(forced.warnings[0]).toContain('Orders of the shop')
  })
})
