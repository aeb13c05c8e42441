import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { dateOf, dayOf } from '../../main/reporting/calendar.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { accountIdSchema, entityId } from '../../shared/domain/ids.ts'
import { type InputOf, METRICS, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { DAY_MS, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const shape = { campaigns: 3, adGroups: 2, ads: 2 }
const euros = paperPlatform({ ...shape, accounts: 2 })
const yen = paperPlatform({ ...shape, currency: 'JPY', timeZone: 'Asia/Tokyo', accounts: 3 })
yen.accounts.splice(0, 2)
const account = (n: number) => accountIdSchema.parse(`tiktok:700000000000000000${n}`)
const campaign = (n: number, externalId: string) => entityId(account(n), 'campaign', externalId)

let rig: SyncRig
beforeAll(async () => {
  rig = syncRig(euros, {
    connections: () => [
      { connectionId: 'eur', adapter: euros.adapter },
      { connectionId: 'jpy', adapter: yen.adapter },
    ],
  })
  await rig.run(120)
})

/** Through the contract, as every caller comes in and every answer goes out. */
function ask(input: InputOf<'query_metrics'>, on: SyncRig = rig): OutputOf<'query_metrics'> {
  return OPERATIONS.query_metrics.output.parse(queryMetrics(on, OPERATIONS.query_metrics.input.parse(input)))
}
const code = (expected: string) => expect.objectContaining({ code: expected })
const october = { start_date: '2026-10-01', end_date: '2026-10-31' }

/** The same question answered the slow way: one pass over the facts, no roll-up, no SQL grouping. */
function slowly(
  level: string,
  from: string,
  to: string,
  keep: (row: SlowRow) => boolean,
  keyOf: (row: SlowRow) => string,
): Map<string, bigint[]> {
  const rows = rig.facts
    .prepare(`SELECT e.entity_id, e.parent_id, e.type, a.account_id, a.currency, f.* FROM metric_fact f JOIN entity e USING (entity_key) JOIN account a USING (account_key)
      WHERE e.type = ? AND f.day BETWEEN ? AND ?`)
    .safeIntegers()
    .all(level, dayOf(from), dayOf(to)) as SlowRow[]
  const sums = new Map<string, bigint[]>()
  for (const row of rows.filter(keep)) {
    const sum = sums.get(keyOf(row)) ?? [0n, 0n, 0n, 0n, 0n]
    const add = [row.spend_micros, row.impressions, row.clicks, row.click_conversion_micros, row.click_value_micros]
    sums.set(
      keyOf(row),
      sum.map((value, k) => value + (add[k] ?? 0n)),
    )
  }
  return sums
}
interface SlowRow
  extends Record<
    'spend_micros' | 'impressions' | 'clicks' | 'click_conversion_micros' | 'click_value_micros' | 'day',
    bigint
  > {
  entity_id: string
  parent_id: string
  type: string
  account_id: string
  currency: string
}
const micros = (text: unknown): bigint => {
  const [whole = '0', fraction = ''] = String(text).split('.')
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}
const shown = ({ metrics }: { metrics: OutputOf<'query_metrics'>['rows'][number]['metrics'] }): bigint[] => [
  micros(metrics.spend),
  BigInt(metrics.impressions ?? -1),
  BigInt(metrics.clicks ?? -1),
  BigInt(Math.round(Number(metrics.conversions) * 1e6)),
  micros(metrics.conversion_value),
]
function allRows(input: InputOf<'query_metrics'>): OutputOf<'query_metrics'>['rows'] {
  const rows: OutputOf<'query_metrics'>['rows'] = []
  for (let cursor: string | undefined, page = 0; page < 500; page += 1) {
    const answer: OutputOf<'query_metrics'> = ask({ ...input, limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    rows.push(...answer.rows)
    if (answer.next_cursor === null) {
      if (rows.length !== answer.total) throw new Error(`${rows.length} rows came, ${answer.total} were promised`)
      return rows
    }
    cursor = answer.next_cursor
  }
  throw new Error('paging did not end')
}
const SUMS = ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'] as const

test('any range, dimensions and scope give the same sums as adding up fact by fact', () => {
  const dimension = fc.constantFrom(undefined, 'account', 'campaign', 'ad_group', 'ad')
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 130 }),
      fc.integer({ min: 0, max: 130 }),
      fc.boolean(),
      dimension,
      fc.constantFrom('all', 'accounts', 'campaigns'),
      fc.constantFrom(undefined, 'spend' as const, 'roas' as const, 'conversions' as const),
      (a, b, byDate, by, scope, order_by) => {
        const today = dayOf('2026-11-23') ?? 0
        const start_date = dateOf(today - Math.max(a, b))
        const end_date = dateOf(today - Math.min(a, b))
        const chosen = [campaign(1, '2'), campaign(3, '1')]
        const dimensions = [
          ...(byDate ? (['date'] as const) : []),
          ...(by === undefined ? [] : [by]),
        ] as InputOf<'query_metrics'>['dimensions']
        const input: InputOf<'query_metrics'> = {
          metrics: [...SUMS],
          start_date,
          end_date,
          dimensions,
          ...(order_by === undefined ? {} : { order_by }),
          ...(scope === 'accounts' ? { account_ids: [account(2), account(3)] } : {}),
          ...(scope === 'campaigns' ? { entity_ids: chosen } : {}),
        }
        const level = by === undefined || by === 'account' ? 'campaign' : by
        const isBelow = (row: SlowRow): boolean =>
          chosen.some((id) =>
            [row.entity_id, row.parent_id].some(
              (own) => own === id || own?.startsWith(id.replace('/campaign/', '/ad_group/')),
            ),
          )
        const keep = (row: SlowRow): boolean =>
          scope === 'all' ? true : scope === 'accounts' ? row.account_id !== account(1) : isBelow(row)
        const isEntity = by !== undefined && by !== 'account'
        const keyOf = (row: SlowRow): string =>
          [
            byDate ? dateOf(Number(row.day)) : '',
            isEntity ? row.entity_id : by === 'account' ? row.account_id : row.currency,
          ].join(' ')
        const expected = slowly(level, start_date, end_date, keep, keyOf)
        const found = allRows(input).map((row) => [
          [row.date ?? '', isEntity ? row.entity_id : by === 'account' ? row.account_id : row.currency].join(' '),
          shown(row),
        ])
        expect(new Map(found as [string, bigint[]][])).toEqual(expected)
        const totals = slowly('campaign', start_date, end_date, keep, (row) => row.currency)
        expect(
          ask(input)
            .totals.map((total) => [total.currency, shown(total)] as const)
            .filter(([, sums]) => sums.some((value) => value > 0n)),
        ).toEqual([...totals].toSorted(([x], [y]) => (x < y ? -1 : 1)))
      },
    ),
    { numRuns: 60 },
  )
})

const spendOf = (dimensions: InputOf<'query_metrics'>['dimensions']) =>
  ask({
    metrics: ['spend'],
    account_ids: [account(1)],
    ...october,
    ...(dimensions === undefined ? {} : { dimensions }),
  }).totals[0]?.metrics.spend

const asking = (more: Partial<InputOf<'query_metrics'>>) => () => ask({ metrics: ['spend'], ...october, ...more })

const freshness = (start_date: string, end_date: string) =>
  ask({ metrics: ['spend'], start_date, end_date, account_ids: [account(1)] })

describe('money and rates', () => {
  test('currencies are never added up: one row of totals each, in the units of each', () => {
    const { totals, warnings } = ask({ metrics: ['spend'], ...october })
    expect(totals.map((total) => total.currency)).toEqual(['EUR', 'JPY'])
    expect(totals[0]?.metrics.spend).toMatch(/^\d+\.\d{2}$/)
    expect(totals[1]?.metrics.spend).toMatch(/^\d+$/)
    expect(warnings).toContainEqual(expect.stringContaining('different currencies'))
  })

  test('an account counts its campaigns once, whatever the dimension', () => {
    expect(
      new Set([spendOf(undefined), spendOf(['date']), spendOf(['campaign']), spendOf(['ad_group']), spendOf(['ad'])])
        .size,
    ).toBe(1)
  })

  test('rates come from the sums, exactly', async () => {
    const platform = paperPlatform({ campaigns: 1, adGroups: 1, ads: 1 })
    const id = campaign(1, '1')
    platform.patches.set(`${id} 2026-11-21`, {
      spendMicros: 10_000_000n,
      impressions: 3000,
      clicks: 7,
      clickConversionMicros: 2_500_000n,
      clickValueMicros: 26_650_000n,
      viewValueMicros: 90_000_000n,
    })
    platform.patches.set(`${id} 2026-11-22`, {
      spendMicros: 0n,
      impressions: 0,
      clicks: 0,
      clickConversionMicros: 0n,
      clickValueMicros: 0n,
    })
    const small = syncRig(platform)
    await small.run(3)
    const { rows, totals } = ask(
      { metrics: [...METRICS], dimensions: ['date'], start_date: '2026-11-21', end_date: '2026-11-22' },
      small,
    )
    expect(rows[0]?.metrics).toMatchObject({
      ctr: '0.002333',
      cpc: '1.43',
      cpm: '3.33',
      cpa: '4.00',
      conversions: 2.5,
      conversion_value: '26.65',
      conversion_value_view: '90.00',
      roas: '2.67',
    })
    // Divided by zero is not known, and not zero.
    expect(rows[1]?.metrics).toMatchObject({
      ctr: null,
      cpc: null,
      cpm: null,
      cpa: null,
      roas: null,
      spend: '0.00',
      conversions: 0,
    })
    expect(totals[0]?.metrics).toMatchObject({ roas: '2.67', spend: '10.00' })
    // View-through never enters: adding it would have made 11.67 of it.
    expect(totals[0]?.metrics.conversions_engaged_view).toBeNull()
  })

  test('what a platform does not say is not zero: nothing known is null, part of it is shown with a warning', async () => {
    const platform = paperPlatform({ campaigns: 2, adGroups: 1, ads: 1 })
    for (const date of ['2026-11-21', '2026-11-22'])
      platform.patches.set(`${campaign(1, '1')} ${date}`, { clickValueMicros: null })
    platform.patches.set(`${campaign(1, '2')} 2026-11-21`, { clickValueMicros: 5_000_000n })
    platform.patches.set(`${campaign(1, '2')} 2026-11-22`, { clickValueMicros: 5_000_000n })
    const small = syncRig(platform)
    await small.run(3)
    const answer = ask(
      {
        metrics: ['conversion_value', 'roas', 'spend'],
        dimensions: ['campaign'],
        start_date: '2026-11-21',
        end_date: '2026-11-22',
      },
      small,
    )
    const values = new Map(answer.rows.map((row) => [row.entity_id, row.metrics]))
    expect(values.get(campaign(1, '1'))).toMatchObject({ conversion_value: null, roas: null })
    expect(values.get(campaign(1, '2'))).toMatchObject({ conversion_value: '10.00' })
    expect(answer.totals[0]?.metrics).toMatchObject({ conversion_value: '10.00' })
    expect(answer.warnings).toContainEqual(
      'The platform does not say everything for conversion_value: they count only what is known.',
    )
    // The total divides all spend: saying that ROAS counts "only what is known" would be untrue.
    expect(answer.warnings).toContainEqual(
      'All spend is counted, also where the platform does not say the conversions or their value: ROAS is therefore lower than over the known part alone.',
    )
    // An order by it puts the unknown last.
    expect(
      ask(
        {
          metrics: ['spend'],
          order_by: 'roas',
          dimensions: ['campaign'],
          start_date: '2026-11-21',
          end_date: '2026-11-22',
        },
        small,
      ).rows.map((row) => row.entity_id),
    ).toEqual([campaign(1, '2'), campaign(1, '1')])
  })

  test('sums beyond 2^53 micros stay exact', async () => {
    const platform = paperPlatform({ campaigns: 1, adGroups: 1, ads: 1 })
    platform.patches.set(`${campaign(1, '1')} 2026-11-21`, { spendMicros: 9_007_199_254_740_993n + 7n })
    platform.patches.set(`${campaign(1, '1')} 2026-11-22`, { spendMicros: 10_000n })
    const small = syncRig(platform)
    await small.run(3)
    expect(
      ask({ metrics: ['spend'], start_date: '2026-11-21', end_date: '2026-11-22' }, small).totals[0]?.metrics.spend,
    ).toBe('9007199254.75')
  })
})

describe('rows', () => {
  test('come by date, or by spend, largest first, and carry only the keys that were asked for', () => {
    const byDate = ask({ metrics: ['spend'], dimensions: ['date'], account_ids: [account(1)], ...october })
    expect(byDate.rows.map((row) => row.date)).toEqual(
      Array.from({ length: 31 }, (_, n) => dateOf((dayOf('2026-10-01') ?? 0) + n)),
    )
    expect(Object.keys(byDate.rows[0] ?? {}).toSorted()).toEqual(['currency', 'date', 'metrics'])
    const bySpend = ask({ metrics: ['spend'], dimensions: ['ad'], account_ids: [account(1)], ...october }).rows.map(
      (row) => Number(row.metrics.spend),
    )
    expect(bySpend).toEqual(bySpend.toSorted((a, b) => b - a))
    const one = ask({ metrics: ['clicks'], ...october, account_ids: [account(1)] })
    expect(one.rows).toEqual([{ currency: 'EUR', metrics: one.totals[0]?.metrics }])
  })

  test.each(METRICS.filter((name) => name !== 'reach' && name !== 'frequency'))(
    'are ordered by %s without a failure, ties broken the same way each time',
    (order_by) => {
      for (const dimensions of [['account'], ['campaign'], ['date', 'ad'], ['date']] as const) {
        const input = { metrics: ['spend' as const], dimensions: [...dimensions], order_by, ...october, limit: 5 }
        expect(ask(input).rows).toEqual(ask(input).rows)
      }
    },
  )

  test.each(['reach', 'frequency'] as const)(
    'are ordered by %s only where each is one entity on one day',
    (order_by) => {
      const input = { metrics: ['spend' as const], order_by, ...october, limit: 5 }
      for (const dimensions of [['account'], ['campaign'], ['date'], ['date', 'account']] as const)
        expect(() => ask({ ...input, dimensions: [...dimensions] })).toThrow(code('invalid_input'))
      const byDay = { ...input, dimensions: ['date' as const, 'ad' as const] }
      expect(ask(byDay).rows).toEqual(ask(byDay).rows)
    },
  )

  test('carry cleaned names', async () => {
    const platform = paperPlatform({ campaigns: 1, adGroups: 1, ads: 1 })
    const id = campaign(1, '1')
    const entity = platform.entities.get(id)
    if (entity !== undefined)
      platform.entities.set(id, { ...entity, name: 'Summer\u202Eelas\u202C \u{E0041}sale\u200B\n<b>x</b>' })
    const small = syncRig(platform)
    await small.run(2)
    expect(
      ask({ metrics: ['spend'], dimensions: ['campaign'], start_date: '2026-11-22', end_date: '2026-11-22' }, small)
        .rows[0]?.untrusted?.name,
    ).toBe('Summerelas sale <b>x</b>')
  })

  test('a cursor of another query, or a made-up one, is refused', () => {
    const input = {
      metrics: ['spend' as const],
      dimensions: ['date' as const],
      account_ids: [account(1)],
      ...october,
      limit: 10,
    }
    const { next_cursor } = ask(input)
    expect(next_cursor).not.toBeNull()
    const cursor = next_cursor ?? ''
    expect(ask({ ...input, cursor }).rows[0]?.date).toBe('2026-10-11')
    // The page size may change on the way.
    expect(ask({ ...input, limit: 1, cursor }).rows[0]?.date).toBe('2026-10-11')
    for (const other of [
      { ...input, end_date: '2026-10-30' },
      { ...input, metrics: ['clicks' as const] },
      { ...input, order_by: 'spend' as const },
    ])
      expect(() => ask({ ...other, cursor })).toThrow(code('invalid_input'))
    for (const madeUp of [
      'x',
      'eyJxIjoiIiwibyI6MX0',
      Buffer.from('{"o":-5}').toString('base64url'),
      '%%%',
      Buffer.from('null').toString('base64url'),
    ])
      expect(() => ask({ ...input, cursor: madeUp })).toThrow(code('invalid_input'))
  })
})

describe('what is refused', () => {
  test('days that do not exist, ranges the wrong way round, too long, or far ahead', () => {
    expect(asking({ start_date: '2026-02-30' })).toThrow(code('invalid_input'))
    expect(asking({ start_date: '0000-00-00' })).toThrow(code('invalid_input'))
    expect(asking({ start_date: '2026-11-02' })).toThrow(code('invalid_input'))
    expect(asking({ start_date: '2025-09-26' })).toThrow(code('range_too_long'))
    expect(asking({ start_date: '2025-09-27' })).not.toThrow()
    expect(asking({ start_date: '2026-11-01', end_date: '2026-12-31' })).toThrow(code('invalid_input'))
    expect(asking({ start_date: '2026-11-01', end_date: '2026-11-30' })).not.toThrow()
  })
  test('accounts and entities that are not there', () => {
    expect(asking({ account_ids: [accountIdSchema.parse('tiktok:999')] })).toThrow(code('account_not_available'))
    expect(asking({ entity_ids: [campaign(1, '999')] })).toThrow(code('unknown_entity'))
    expect(() => ask({ metrics: ['spend'], ...october }, syncRig())).toThrow(code('not_synced'))
  })
  test('what would count twice or cannot be answered', () => {
    const adGroup = entityId(account(1), 'ad_group', '101')
    expect(asking({ entity_ids: [campaign(1, '1'), adGroup] })).toThrow(code('invalid_input'))
    expect(asking({ entity_ids: [campaign(1, '1'), adGroup], dimensions: ['ad'] })).not.toThrow()
    expect(asking({ entity_ids: [adGroup], dimensions: ['campaign'] })).toThrow(code('invalid_input'))
    expect(asking({ entity_ids: [entityId(account(1), 'creative', 'v1')] })).toThrow(code('invalid_input'))
    expect(asking({ entity_ids: [campaign(1, '1')], account_ids: [account(2)] })).toThrow(code('invalid_input'))
    expect(asking({ order_by: 'date', dimensions: ['campaign'] })).toThrow(code('invalid_input'))
  })
  test('an entity named twice, or with its own child, is counted once', () => {
    const adGroup = entityId(account(1), 'ad_group', '101')
    const once = ask({ metrics: ['spend'], ...october, entity_ids: [campaign(1, '1')], dimensions: ['ad'] })
    const twice = ask({
      metrics: ['spend'],
      ...october,
      entity_ids: [campaign(1, '1'), campaign(1, '1'), adGroup],
      dimensions: ['ad'],
    })
    expect(twice.rows).toEqual(once.rows)
    expect(twice.totals).toEqual(once.totals)
  })
})

describe('how fresh and complete it is', () => {
  test('whole days that were over when fetched are complete; today, and days never fetched, are not', () => {
    expect(freshness('2026-11-01', '2026-11-22')).toMatchObject({
      is_partial: false,
      complete_through: '2026-11-22',
      restating_since: '2026-10-26',
      as_of: new Date(rig.clock.nowMs()).toISOString(),
    })
    expect(freshness('2026-11-01', '2026-11-23').is_partial).toBe(true)
    expect(freshness('2026-07-01', '2026-07-31')).toMatchObject({ is_partial: true, restating_since: null })
    expect(freshness('2026-10-01', '2026-10-10')).toMatchObject({ is_partial: false, restating_since: null })
  })

  test('each account has its own midnight', async () => {
    const tokyo = paperPlatform({ timeZone: 'Asia/Tokyo', accounts: 1 })
    const losAngeles = paperPlatform({ timeZone: 'America/Los_Angeles', accounts: 2 })
    losAngeles.accounts.shift()
    const two = syncRig(tokyo, {
      connections: () => [
        { connectionId: 'a', adapter: tokyo.adapter },
        { connectionId: 'b', adapter: losAngeles.adapter },
      ],
    })
    two.clock.set(Date.parse('2026-11-23T18:00:00Z')) // 03:00 on the 24th in Tokyo, 10:00 on the 23rd in Los Angeles
    await two.run(3)
    const through = (ids: readonly ReturnType<typeof account>[]) =>
      ask({ metrics: ['spend'], start_date: '2026-11-23', end_date: '2026-11-23', account_ids: [...ids] }, two)
    expect(through([account(1)])).toMatchObject({ complete_through: '2026-11-23', is_partial: false })
    expect(through([account(2)])).toMatchObject({ complete_through: '2026-11-22', is_partial: true })
    expect(through([account(1), account(2)])).toMatchObject({ complete_through: '2026-11-22', is_partial: true })
  })

  test('during the first sync what is there is shown as unfinished, and as of never', async () => {
    const platform = paperPlatform()
    const half = syncRig(platform)
    platform.onPage = (request) => {
      if (request.startsWith('campaign days') && request.endsWith('2026-09-24')) half.sync.cancel()
    }
    await half.run(90)
    const answer = ask({ metrics: ['spend'], start_date: '2026-09-20', end_date: '2026-11-22' }, half)
    expect(answer).toMatchObject({ as_of: null, is_partial: true, complete_through: '2026-11-22' })
    expect(answer.warnings).toEqual(['The first sync of one account has not finished: older days are still missing.'])
  })

  test('days on which nothing ran are zero when fetched, and nothing at all when not', async () => {
    const platform = paperPlatform({ campaigns: 1, adGroups: 1, ads: 1 })
    platform.patches.set(`${campaign(1, '1')} 2026-11-20`, null)
    const small = syncRig(platform)
    await small.run(10)
    expect(
      ask({ metrics: ['spend', 'clicks', 'roas'], start_date: '2026-11-20', end_date: '2026-11-20' }, small).totals,
    ).toEqual([{ currency: 'EUR', metrics: { spend: '0.00', clicks: 0, roas: null } }])
    expect(ask({ metrics: ['spend'], start_date: '2026-01-20', end_date: '2026-01-20' }, small).totals).toEqual([])
  })

  test('the period before is as long and ends the day before, and is not trusted when it was never fetched', () => {
    const november = ask({
      metrics: ['spend'],
      start_date: '2026-11-01',
      end_date: '2026-11-10',
      compare_to: 'previous_period',
      account_ids: [account(1)],
    })
    expect(november.comparison).toEqual({
      start_date: '2026-10-22',
      end_date: '2026-10-31',
      totals: ask({ metrics: ['spend'], start_date: '2026-10-22', end_date: '2026-10-31', account_ids: [account(1)] })
        .totals,
      is_partial: false,
    })
    const start = dateOf(Math.floor(rig.clock.nowMs() / DAY_MS) - 110)
    const early = ask({
      metrics: ['spend'],
      start_date: start,
      end_date: dateOf((dayOf(start) ?? 0) + 29),
      compare_to: 'previous_period',
      account_ids: [account(1)],
    })
    expect(early.comparison?.is_partial).toBe(true)
    expect(early.warnings).toContainEqual(expect.stringContaining('previous period has days that were never fetched'))
  })
})
