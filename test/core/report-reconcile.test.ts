/** Whatever the breakdown, the rows of all pages add up to the totals: in every column and currency, in exact integers, before anything is rounded. */
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { dateOf, dayOf } from '../../main/reporting/calendar.ts'
import { nextCursor } from '../../main/reporting/cursor.ts'
import { CELL_COLUMNS, CellSum } from '../../main/reporting/report/cell.ts'
import type { RowDraft } from '../../main/reporting/report/drafts.ts'
import { crossPlatformReport, reportParts } from '../../main/reporting/report/report.ts'
import type { ReportInput } from '../../main/reporting/report/scope.ts'
import { createExchangeWriter } from '../../main/store/exchange-table.ts'
import { ATTRIBUTIONS } from '../../shared/domain/attribution.ts'
import { entityId, PLATFORMS } from '../../shared/domain/ids.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { REPORT_GROUPS, REPORT_ORDERS } from '../../shared/schemas/report.ts'
import { DAY_MS, type SyncRig, syncRig, threePaperPlatforms } from '../support/facts-rig.ts'

const platforms = threePaperPlatforms()
const [google, meta, tiktok] = platforms.map(({ accounts }) => accounts[0]?.accountId)
if (google === undefined || meta === undefined || tiktok === undefined) throw new Error('three platforms have accounts')
const TODAY = dayOf('2026-11-23') ?? 0
const HELD_DAYS = 45

let rig: SyncRig
beforeAll(async () => {
  const [first] = platforms
  if (first === undefined) throw new Error('there are three')
  for (const platform of platforms)
    for (const entity of platform.entities.values())
      for (let day = TODAY - HELD_DAYS; day <= TODAY; day += 1) {
        const key = `${entity.entityId} ${dateOf(day)}`
        const n = day % 7
        // Performance Max and the like: ads of one ad group are never reported; elsewhere a day's ads are missing or too large.
        if (entity.type === 'ad' && entity.entityId.endsWith('/10101')) platform.patches.set(key, null)
        else if (entity.type === 'ad' && n === 1) platform.patches.set(key, { spendMicros: 90_000_000n })
        else if (entity.type === 'ad_group' && n === 2) platform.patches.set(key, null)
        else if (platform === platforms[2] && n === 3)
          platform.patches.set(key, { clickConversionMicros: null, clickValueMicros: null })
        else if (platform === platforms[1])
          platform.patches.set(key, {
            window: { clickDays: 7, viewDays: 1, source: 'requested' },
            click1dConversionMicros: 500_000n,
            click1dValueMicros: 7_000_000n,
            click28dConversionMicros: 3_000_000n,
            click28dValueMicros: 90_000_000n,
            reportedConversionMicros: 4_000_000n,
            reportedValueMicros: 99_000_000n,
          })
        else if (platform === platforms[0])
          platform.patches.set(key, {
            window: { clickDays: 7, viewDays: null, source: 'approximated' },
            viewValueMicros: null,
            click1dConversionMicros: 333_333n,
            click1dValueMicros: 1_000_001n,
          })
      }
  rig = syncRig(first, {
    connections: () => platforms.map(({ adapter }) => ({ connectionId: adapter.platform, adapter })),
  })
  await rig.run(HELD_DAYS)
  const rates = Array.from({ length: HELD_DAYS + 8 }, (_, k) => TODAY - HELD_DAYS - 7 + k).flatMap((day) => [
    { currency: 'USD', day, perEuroE8: 108_000_000n + BigInt(day % 13) * 123_457n },
    // The yen has none for a fortnight: reports that touch it keep the currency apart.
    ...(day > TODAY - 30 && day < TODAY - 14
      ? []
      : [{ currency: 'JPY', day, perEuroE8: 16_000_000_000n + BigInt(day % 11) * 7n }]),
  ])
  rig.facts.transaction(() => createExchangeWriter(rig.facts).putImported(rates))()
})

const PAGES = 400
function everyRow(input: ReportInput): { readonly rows: readonly RowDraft[]; readonly totals: readonly RowDraft[] } {
  const rows: RowDraft[] = []
  for (let page = 0, cursor: string | null = null; page < PAGES; page += 1) {
    const parts = reportParts(rig, { ...input, ...(cursor === null ? {} : { cursor }) })
    rows.push(...parts.page.rows)
    cursor = nextCursor('get_cross_platform_report', input, rows.length, parts.page.total)
    if (cursor !== null) continue
    if (rows.length !== parts.page.total) throw new Error(`${rows.length} rows came, ${parts.page.total} were promised`)
    return { rows, totals: parts.totals }
  }
  throw new Error('paging did not end')
}
function perCurrency(rows: readonly RowDraft[]): Record<string, Record<string, string>> {
  const sums = new Map<string, CellSum>()
  for (const { currency, cell } of rows) {
    const sum = sums.get(currency) ?? new CellSum()
    sum.add(cell)
    sums.set(currency, sum)
  }
  return Object.fromEntries(
    [...sums]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, sum]) => [currency, sum.toCell().sums] as const)
      .map(([currency, of]) => [currency, Object.fromEntries(CELL_COLUMNS.map((name) => [name, String(of[name])]))]),
  )
}

const unders = [
  undefined,
  meta,
  entityId(google, 'campaign', '1'),
  entityId(tiktok, 'campaign', '2'),
  entityId(tiktok, 'ad_group', '101'),
] as const
const inputs = fc
  .record({
    from: fc.integer({ min: 0, max: HELD_DAYS + 5 }),
    to: fc.integer({ min: 0, max: HELD_DAYS + 5 }),
    group_by: fc.constantFrom(...REPORT_GROUPS),
    by_platform: fc.boolean(),
    under: fc.constantFrom(...unders),
    attribution: fc.constantFrom(...ATTRIBUTIONS),
    currency: fc.constantFrom(undefined, 'EUR', 'USD', 'JPY', 'CHF'),
    order_by: fc.constantFrom(undefined, ...REPORT_ORDERS),
    limit: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ from, to, under, currency, order_by, ...rest }) =>
    OPERATIONS.get_cross_platform_report.input.parse({
      ...rest,
      start_date: dateOf(TODAY - Math.max(from, to)),
      end_date: dateOf(TODAY - Math.min(from, to)),
      ...(under === undefined ? {} : { under }),
      ...(currency === undefined ? {} : { currency }),
      ...(order_by === undefined ? {} : { order_by }),
    }),
  )
const isRefused = ({ under, group_by }: ReportInput): boolean =>
  under?.includes('/ad_group/') === true && group_by === 'campaign'

describe('any breakdown of any report', () => {
  test('adds up to the totals in every column and currency, over all pages, with no row twice', () => {
    let withRemainder = 0
    let negative = 0
    fc.assert(
      fc.property(inputs, (input) => {
        fc.pre(!isRefused(input))
        const { rows, totals } = everyRow(input)
        const kept = totals.filter(({ cell }) => cell.facts > 0n)
        expect(perCurrency(rows)).toEqual(perCurrency(kept))
        const keys = rows.map(({ key, currency }) => `${key} ${currency}`)
        expect(new Set(keys).size).toBe(keys.length)
        withRemainder += rows.filter(({ isRemainder }) => isRemainder).length
        negative += rows.filter(({ isRemainder, cell }) => isRemainder && cell.sums.spend < 0n).length
      }),
      { numRuns: 250 },
    )
    // The world was made so that parts fall short of their whole, and exceed it.
    expect(withRemainder).toBeGreaterThan(20)
    expect(negative).toBeGreaterThan(0)
  })

  test('has the same totals as any other of the same days', () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom(...REPORT_GROUPS), (input, group_by) => {
        fc.pre(!isRefused(input) && !isRefused({ ...input, group_by }))
        const sums = (of: ReportInput) => perCurrency(reportParts(rig, of).totals)
        expect(sums({ ...input, group_by })).toEqual(sums(input))
      }),
      { numRuns: 80 },
    )
  })
})

type Report = OutputOf<'get_cross_platform_report'>
const DAYS = { start_date: '2026-10-20', end_date: '2026-11-10' }
function ask(input: Partial<InputOf<'get_cross_platform_report'>>, isAgent = false): Report {
  const parsed = OPERATIONS.get_cross_platform_report.input.parse({ ...DAYS, ...input })
  return OPERATIONS.get_cross_platform_report.output.parse(crossPlatformReport({ ...rig, isAgent }, parsed))
}

test('what the ads leave over is one row per account, last, without children, of any sign', () => {
  const { rows } = ask({ group_by: 'ad', limit: 1_500 })
  const rest = rows.filter((row) => row.is_remainder)
  expect(rest).toHaveLength(6)
  expect(rows.slice(-6).every((row) => row.is_remainder)).toBe(true)
  expect(
    rest.every(({ entity_id, has_children, account_id }) => entity_id === null && !has_children && account_id !== null),
  ).toBe(true)
  expect(ask({ group_by: 'campaign', limit: 1_500 }).rows.some((row) => row.is_remainder)).toBe(false)
})

test('rows lead down to where there are numbers, and no further', () => {
  const campaigns = ask({ group_by: 'campaign' }).rows
  expect(campaigns.every((row) => row.has_children)).toBe(true)
  const groups = ask({ group_by: 'ad_group', under: entityId(tiktok, 'campaign', '1') }).rows
  const seen = groups.map(({ entity_id, has_children }) => `${entity_id?.slice(-3) ?? 'rest'} ${has_children}`)
  expect(seen.toSorted()).toEqual(['101 true', '102 true', 'rest false'])
  expect(ask({ group_by: 'date' }).rows.some((row) => row.has_children)).toBe(false)
})

describe('in order', () => {
  test.each(REPORT_ORDERS)('by %s: largest first, unknown last, the same through the database as here', (order_by) => {
    // In euros everything is sorted here; a single platform in its own currency comes sorted.
    const orders = (input: Partial<InputOf<'get_cross_platform_report'>>) =>
      ask({ group_by: 'ad', order_by, limit: 1_500, platforms: ['meta'], ...input })
        .rows.filter((row) => !row.is_remainder)
        .map(({ entity_id }) => entity_id)
    const inOwn = orders({})
    expect(inOwn).toHaveLength(22)
    expect(orders({ currency: 'EUR' })).toEqual(inOwn)
    const value = (row: Report['rows'][number]): number | null => {
      const number = row.metrics[order_by === 'conversion_value' ? 'conversion_value' : order_by]
      return number === null ? null : Number(number)
    }
    const values = ask({ group_by: 'account', order_by, currency: 'EUR' })
      .rows.filter(({ currency }) => currency === 'EUR')
      .map(value)
    const known = values.filter((each) => each !== null)
    expect(known).toEqual(known.toSorted((a, b) => b - a))
    expect(values.slice(0, known.length)).toEqual(known)
  })
  test('of time when rows are dates, whatever the page', () => {
    const first = ask({ group_by: 'date', by_platform: true, limit: 7 })
    const second = ask({ group_by: 'date', by_platform: true, limit: 7, cursor: first.next_cursor ?? '' })
    const dates = [...first.rows, ...second.rows].map(({ date }) => dayOf(date ?? '') ?? 0)
    expect(dates).toEqual(dates.toSorted((a, b) => a - b))
    expect(first.total).toBe(66)
  })
})

describe('weeks and months', () => {
  test('begin on Mondays and firsts', () => {
    expect(ask({ group_by: 'week', platforms: ['meta'] }).rows.map(({ date }) => date)).toEqual([
      '2026-10-19',
      '2026-10-26',
      '2026-11-02',
      '2026-11-09',
    ])
    expect(ask({ group_by: 'month', platforms: ['meta'] }).rows.map(({ date }) => date)).toEqual([
      '2026-10-01',
      '2026-11-01',
    ])
  })
})

describe('what is not there', () => {
  test('today is incomplete, and so is what was never fetched', () => {
    const today = ask({ start_date: '2026-11-22', end_date: '2026-11-23', group_by: 'date', platforms: ['meta'] })
    expect(today.rows.map(({ date, is_incomplete }) => [date, is_incomplete])).toEqual([
      ['2026-11-22', false],
      ['2026-11-23', true],
    ])
    expect(today.is_partial).toBe(true)
    expect(ask({ group_by: 'campaign' }).rows.some((row) => row.is_incomplete)).toBe(false)
    const early = ask({ start_date: '2026-09-01', group_by: 'campaign' })
    expect([early.is_partial, early.rows.every((row) => row.is_incomplete)]).toEqual([true, true])
    expect(ask({ start_date: '2026-08-01', end_date: '2026-08-02' })).toMatchObject({
      rows: [],
      totals: [],
      is_partial: true,
      next_cursor: null,
    })
  })
  test.each([
    ['a day that does not exist', { start_date: '2026-02-30' }, 'invalid_input'],
    ['days the wrong way round', { start_date: '2026-11-11' }, 'invalid_input'],
    ['four years', { start_date: '2022-11-11' }, 'range_too_long'],
    ['days far ahead', { end_date: '2027-02-01' }, 'invalid_input'],
    ['an account nobody connected', { account_ids: ['meta:1'] }, 'account_not_available'],
    ['an entity nobody has seen', { under: `${meta}/campaign/404` }, 'unknown_entity'],
    ['campaigns under an ad group', { under: `${meta}/ad_group/101`, group_by: 'campaign' }, 'invalid_input'],
    ['a parent outside the accounts', { under: `${meta}/campaign/1`, account_ids: [google] }, 'invalid_input'],
    ['a parent outside the platforms', { under: `${meta}/campaign/1`, platforms: ['tiktok'] }, 'invalid_input'],
    [
      'a cursor of another report',
      { cursor: nextCursor('get_cross_platform_report', { limit: 1 }, 1, 2) ?? '' },
      'invalid_input',
    ],
  ] as const)('%s is refused', (_what, input, code) => {
    expect(() => ask(input as never)).toThrow(expect.objectContaining({ code }))
  })
})

describe('an AI client', () => {
  test('gets twenty rows unless it asks for more', () => {
    expect(ask({ group_by: 'ad' }, true).rows).toHaveLength(20)
    expect(ask({ group_by: 'ad' }).rows).toHaveLength(50)
  })
  test('gets what it can take, and a cursor that leads to the rest', () => {
    const pages: Report[] = []
    for (let cursor: string | undefined; pages.length < 100; ) {
      const page = ask({ group_by: 'ad', limit: 1_500, ...(cursor === undefined ? {} : { cursor }) }, true)
      expect(JSON.stringify(page).length).toBeLessThan(36_500)
      pages.push(page)
      if (page.next_cursor === null) break
      cursor = page.next_cursor
    }
    expect(pages.length).toBeGreaterThan(1)
    const keys = pages.flatMap(({ rows }) => rows.map(({ key }) => key))
    expect(keys).toEqual(ask({ group_by: 'ad', limit: 1_500 }).rows.map(({ key }) => key))
  })
})

test('adding view-through claims never changes the primary ROAS', async () => {
  const before = ask({ currency: 'EUR', platforms: ['meta'] })
  const platform = platforms[1]
  if (platform === undefined) throw new Error('there are three')
  for (const [key, patch] of platform.patches)
    if (patch !== null)
      platform.patches.set(key, { ...patch, viewConversionMicros: 9_000_000_000n, viewValueMicros: 9_000_000_000n })
  rig.clock.advance(DAY_MS)
  await rig.run(HELD_DAYS)
  const after = ask({ currency: 'EUR', platforms: ['meta'] })
  const primary = ({ totals }: Report) =>
    totals.map(({ metrics: { roas, conversions, conversion_value, cpa, spend } }) => [
      roas,
      conversions,
      conversion_value,
      cpa,
      spend,
    ])
  expect(primary(after)).toEqual(primary(before))
  expect(after.totals[0]?.metrics.conversions_view).toBeGreaterThan(
    before.totals[0]?.metrics.conversions_view ?? Infinity,
  )
  expect(PLATFORMS).toContain('meta')
})
