/** What the platform's own screen counts, what it was asked to count by, and people reached: shown beside ours, never mixed into it. */
import { beforeAll, describe, expect, test } from 'vitest'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { accountIdSchema, entityId } from '../../shared/domain/ids.ts'
import type { MetricFact } from '../../shared/domain/metric.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { DAY_MS, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const account = accountIdSchema.parse('meta:7000000000000000001')
const campaign = (n: number) => entityId(account, 'campaign', `${n}`)
const yesterday = { start_date: '2026-11-22', end_date: '2026-11-22' }
const week = { start_date: '2026-11-16', end_date: '2026-11-22' }
const sevenDays: Partial<MetricFact> = { window: { clickDays: 7, viewDays: 1, source: 'requested' } }

/** Two campaigns; every fact is changed by `patch`. */
async function rigWith(patch: (fact: MetricFact) => Partial<MetricFact>): Promise<SyncRig> {
  const platform = paperPlatform({ platform: 'meta', campaigns: 2, adGroups: 1, ads: 1 })
  const inner = platform.adapter.dailyMetrics.bind(platform.adapter)
  Object.assign(platform.adapter, {
    dailyMetrics: async function* (...request: Parameters<typeof inner>) {
      for await (const page of inner(...request)) yield page.map((fact) => ({ ...fact, ...patch(fact) }))
    },
  })
  const rig = syncRig(platform)
  await rig.run(30)
  return rig
}
function ask(rig: SyncRig, input: InputOf<'query_metrics'>): OutputOf<'query_metrics'> {
  return OPERATIONS.query_metrics.output.parse(queryMetrics(rig, OPERATIONS.query_metrics.input.parse(input)))
}
const flat = (rig: SyncRig, input: Partial<InputOf<'query_metrics'>>) =>
  ask(rig, {
    metrics: ['spend', 'reported_conversions', 'reported_conversion_value', 'reported_roas', 'cost_per_result', 'roas'],
    ...week,
    ...input,
  })

describe('conversions as the platform reports them', () => {
  let rig: SyncRig
  beforeAll(async () => {
    rig = await rigWith(({ date }) => ({
      spendMicros: 10_000_000n,
      clickConversionMicros: 1_000_000n,
      clickValueMicros: 20_000_000n,
      // One day the platform gives nothing.
      ...(date === '2026-11-20' ? {} : { reportedConversionMicros: 4_000_000n, reportedValueMicros: 50_000_000n }),
    }))
  })

  test('are summed exactly, by roll-up and by day alike', () => {
    expect(flat(rig, {}).totals).toEqual([
      {
        currency: 'EUR',
        metrics: {
          spend: '140.00',
          reported_conversions: 48,
          reported_conversion_value: '600.00',
          reported_roas: '4.29',
          cost_per_result: '2.92',
          roas: '2.00',
        },
      },
    ])
    const byDay = flat(rig, { dimensions: ['date'] }).rows
    expect(byDay.reduce((sum, row) => sum + Number(row.metrics.reported_conversions ?? 0), 0)).toBe(48)
    // A range over whole blocks of days, against the sum of its days.
    const month = { start_date: '2026-10-25', end_date: '2026-11-22' }
    const total = flat(rig, month).totals[0]?.metrics.reported_conversions
    const rows = flat(rig, { ...month, dimensions: ['date'], limit: 100 }).rows
    expect(rows.reduce((sum, row) => sum + Number(row.metrics.reported_conversions ?? 0), 0)).toBe(total)
  })
  test('say when a day is missing, and which way the ratio errs', () => {
    const { warnings } = flat(rig, {})
    expect(warnings).toContainEqual(
      expect.stringContaining('reported_conversions, reported_conversion_value: they count only what is known'),
    )
    expect(warnings).toContainEqual(
      expect.stringContaining('reported ROAS is therefore lower and cost per result is therefore higher'),
    )
  })
  test('are not known, never zero, where the platform does not say', () => {
    expect(flat(rig, { start_date: '2026-11-20', end_date: '2026-11-20' }).totals[0]?.metrics).toEqual({
      spend: '20.00',
      reported_conversions: null,
      reported_conversion_value: null,
      reported_roas: null,
      cost_per_result: null,
      roas: '2.00',
    })
  })
  test('can be sorted by', () => {
    for (const order_by of ['reported_roas', 'cost_per_result', 'reported_conversion_value'] as const)
      expect(flat(rig, { dimensions: ['campaign'], order_by }).rows).toHaveLength(2)
  })
})

describe('the window that the platform says with its numbers', () => {
  const attribution = (rig: SyncRig) => ask(rig, { metrics: ['roas'], ...week }).attribution
  test('wins over the ad group’s own setting', async () => {
    const rig = await rigWith(() => ({ window: { clickDays: 1, viewDays: 1, source: 'requested' } }))
    expect(attribution(rig)).toMatchObject({
      click_window_days: 1,
      window_source: 'requested',
      note: expect.stringContaining('within 1 day after a click, as the platform was asked to'),
    })
  })
  test('is not called requested when a part was counted otherwise', async () => {
    const rig = await rigWith(({ date }) => (date < '2026-11-20' ? sevenDays : {}))
    expect(attribution(rig)).toMatchObject({ click_window_days: 7, window_source: 'entity_setting' })
  })
  test('is mixed when the platform cannot tell, and only assumed when it says so', async () => {
    const mixed = await rigWith(() => ({ window: { clickDays: null, viewDays: null, source: 'entity_setting' } }))
    expect(attribution(mixed)).toMatchObject({ click_window_days: null, window_source: 'approximated' })
    const assumed = await rigWith(() => ({ window: { clickDays: 7, viewDays: null, source: 'approximated' } }))
    expect(attribution(assumed)).toMatchObject({ click_window_days: 7, window_source: 'approximated' })
  })
})

describe('reach and frequency', () => {
  let rig: SyncRig
  beforeAll(async () => {
    rig = await rigWith(({ entityId: of }) => ({ impressions: 300, reach: of === campaign(2) ? null : 200 }))
  })
  const people = (input: Partial<InputOf<'query_metrics'>>) =>
    ask(rig, { metrics: ['reach', 'frequency'], ...yesterday, ...input })

  test('are told of one entity on one day', () => {
    const known = { reach: 200, frequency: '1.50' }
    expect(people({ dimensions: ['campaign'], order_by: 'spend' }).rows.map(({ metrics }) => metrics)).toContainEqual(
      known,
    )
    expect(people({ entity_ids: [campaign(1)] }).totals[0]?.metrics).toEqual(known)
    expect(
      people({ entity_ids: [campaign(1)], dimensions: ['date'], ...week }).rows.map(({ metrics }) => metrics),
    ).toEqual(Array.from({ length: 7 }, () => known))
    expect(people({ dimensions: ['date', 'campaign'], ...week, order_by: 'reach' }).rows[0]?.metrics).toEqual(known)
  })
  test('are never summed over days or entities', () => {
    const unknown = { reach: null, frequency: null }
    expect(people({}).totals[0]?.metrics).toEqual(unknown)
    expect(people({ entity_ids: [campaign(1)], ...week }).totals[0]?.metrics).toEqual(unknown)
    expect(people({ entity_ids: [campaign(1)], dimensions: ['ad'] }).totals[0]?.metrics).toEqual({
      reach: 200,
      frequency: '1.50',
    })
    expect(people({ dimensions: ['campaign'], ...week }).rows.map(({ metrics }) => metrics)).toEqual([unknown, unknown])
    expect(people({ entity_ids: [campaign(2)] }).totals[0]?.metrics).toEqual(unknown)
  })
})

test('a fact that is restated brings its reported numbers along, without counting them as a move of ours', async () => {
  let reported = 4_000_000n
  const rig = await rigWith(() => ({ reportedConversionMicros: reported }))
  reported = 5_000_000n
  rig.clock.advance(DAY_MS)
  await rig.run(30)
  const answer = ask(rig, { metrics: ['reported_conversions'], ...week })
  expect(answer.totals[0]?.metrics.reported_conversions).toBe(2 * 7 * 5)
  expect(answer.warnings).toEqual([])
})
