/** How conversions arrive: an assumed curve until an account's own days show one, and what rows make of it. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dateOf, dayOf } from '../../main/reporting/calendar.ts'
import { curveOf } from '../../main/reporting/report/curves.ts'
import {
  addRipeness,
  type DayHistory,
  defaultCurve,
  differMaterially,
  immatureSince,
  maturityOf,
  measuredCurve,
  NO_DAYS,
  ripenessOf,
  shareAt,
  WHOLE_SHARE,
} from '../../main/reporting/report/maturity.ts'
import { getReportMethod } from '../../main/reporting/report/method.ts'
import { crossPlatformReport } from '../../main/reporting/report/report.ts'
import { firstDayOf, rangeBefore } from '../../main/reporting/report/periods.ts'
import { factsReaders } from '../../main/store/facts-tables.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { DAY_MS, handClock, paperPlatform, syncRig } from '../support/facts-rig.ts'

const day = (date: string): number => dayOf(date) ?? Number.NaN
const share = (age: number, horizon = 90): number => Number(shareAt(defaultCurve(horizon), age)) / 1e6

describe('the assumed curve', () => {
  test('is the measured one of a real account, made monotone', () => {
    expect([1, 2, 5, 7, 14, 21, 28].map((age) => share(age))).toEqual([0.46, 0.8, 0.82, 0.82, 0.82, 0.86, 0.93])
    // Between the points straight lines: 21 to 28 days is 7 hundredths in 7 days.
    expect([22, 25].map((age) => share(age))).toEqual([0.87, 0.9])
  })
  test('is whole from the day on that the platform restates no more', () => {
    expect([share(27, 28), share(28, 28), share(90, 90), share(400, 90)]).toEqual([expect.any(Number), 1, 1, 1])
    expect(share(27, 28)).toBeLessThan(1)
    expect([share(0, 0), share(5, 0)]).toEqual([1, 1])
  })
  test('of any horizon is monotone, starts at nothing and ends whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (horizon) => {
        const { sharesE6 } = defaultCurve(horizon)
        expect(sharesE6).toEqual(sharesE6.toSorted((a, b) => (a < b ? -1 : 1)))
        expect([sharesE6[0], sharesE6.at(-1)]).toEqual([0n, WHOLE_SHARE])
        expect(sharesE6.length).toBeLessThanOrEqual(95)
      }),
    )
  })
  test('calls days immature until 95% are there, and knows since when', () => {
    const curve = defaultCurve(28)
    const today = day('2026-11-23')
    const since = immatureSince(curve, today) ?? Number.NaN
    expect(shareAt(curve, today - since)).toBeLessThan(950_000n)
    expect(shareAt(curve, today - since + 1)).toBeGreaterThanOrEqual(950_000n)
    expect(immatureSince(defaultCurve(0), today)).toBeNull()
  })
})

const history = (final: number, moves: readonly (readonly [number, number])[], firstSeenAge = 1): DayHistory => ({
  firstSeenAge,
  finalConversionMicros: BigInt(final) * 1_000_000n,
  moves: moves.map(([ageDays, moved]) => ({ ageDays, movedMicros: BigInt(moved) * 1_000_000n })),
})

describe('a measured curve', () => {
  // Of 10 conversions 6 are there on the first day, 3 more come on the third, one on the tenth.
  const days = Array.from({ length: 14 }, () =>
    history(10, [
      [3, 3],
      [10, 1],
    ]),
  )
  test('is the share of the final conversions that was known at each age', () => {
    const curve = measuredCurve(days, 28)
    expect(curve?.kind).toBe('measured')
    expect([1, 2, 3, 9, 10, 28].map((age) => Number(curve?.sharesE6[age]) / 1e6)).toEqual([0.6, 0.6, 0.9, 0.9, 1, 1])
  })
  test('needs two weeks of days and fifty conversions, watched from the first day on', () => {
    expect(measuredCurve(days.slice(1), 28)).toBeUndefined()
    expect(
      measuredCurve(
        days.map(() => history(3, [])),
        28,
      ),
    ).toBeUndefined()
    expect(measuredCurve([...days.slice(1), history(10, [[10, 1]], 2)], 28)).toBeUndefined()
  })
  test('is monotone and between nothing and all, whatever is taken back', () => {
    const move = fc.tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: -30, max: 30 }))
    const anyDay = fc.tuple(fc.integer({ min: 4, max: 60 }), fc.array(move, { maxLength: 5 }))
    fc.assert(
      fc.property(fc.array(anyDay, { minLength: 14, maxLength: 20 }), (all) => {
        const curve = measuredCurve(
          all.map(([final, moves]) => history(final, moves)),
          28,
        )
        const shares = curve?.sharesE6 ?? []
        expect(shares).toEqual(shares.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
        expect([shares[0], shares.at(-1)]).toEqual([0n, WHOLE_SHARE])
      }),
    )
  })
})

describe('several days', () => {
  test('are weighted by what was spent, in any order', () => {
    const part = fc.tuple(fc.bigInt({ min: 0n, max: 1_000_000n }), fc.bigInt({ min: 0n, max: 10n ** 12n }))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const add = (all: typeof parts) =>
          all.reduce((sum, [of, spend]) => addRipeness(sum, ripenessOf(of, spend)), NO_DAYS)
        expect(add(parts.toReversed())).toEqual(add(parts))
      }),
    )
    const mixed = addRipeness(ripenessOf(460_000n, 1n), ripenessOf(WHOLE_SHARE, 3n))
    // (0.46 + 3 × 1) / 4
    expect(maturityOf(mixed)).toEqual({ state: 'immature', known_share: 0.865 })
  })
  test('without spend count alike, and none at all are unknown', () => {
    expect(maturityOf(addRipeness(ripenessOf(500_000n, 0n), ripenessOf(WHOLE_SHARE, 0n))).known_share).toBe(0.75)
    expect(maturityOf(NO_DAYS)).toEqual({ state: 'unknown', known_share: null })
  })
  test('differ materially when one is mature and the other not, or far from it', () => {
    const at = (millionths: bigint) => ripenessOf(millionths, 1n)
    expect(differMaterially(at(949_999n), at(950_000n))).toBe(true)
    expect(differMaterially(at(600_000n), at(649_000n))).toBe(false)
    expect(differMaterially(at(600_000n), at(650_000n))).toBe(true)
    expect(differMaterially(at(960_000n), at(1_000_000n))).toBe(false)
    expect(differMaterially(NO_DAYS, at(100_000n))).toBe(false)
  })
})

describe('an account that is synced every day', () => {
  const platform = paperPlatform({ accounts: 1, campaigns: 1, adGroups: 1, ads: 1, restatementDays: 7 })
  const start = day('2026-06-01')
  const clock = handClock(start * DAY_MS + DAY_MS / 2)
  const rig = syncRig(platform, { clock })
  const curve = () => {
    const [account] = factsReaders(rig.facts).accounts.all()
    if (account === undefined) throw new Error('there is one')
    return curveOf(rig.facts, account, day(new Date(clock.nowMs()).toISOString().slice(0, 10)))
  }
  /** On its first day half of the conversions are known, from the fourth on all. */
  function tellAsOf(today: number): void {
    for (const { entityId } of platform.entities.values())
      for (let on = today - 12; on <= today; on += 1)
        platform.patches.set(`${entityId} ${dateOf(on)}`, {
          clickConversionMicros: today - on < 4 ? 5_000_000n : 10_000_000n,
        })
  }

  test('has a curve of its own once enough of its days are final, and the report uses it', async () => {
    let early: string | undefined
    for (let n = 0; n < 30; n += 1) {
      tellAsOf(start + n)
      // oxlint-disable-next-line no-await-in-loop
      await rig.run(10)
      if (n === 10) early = curve().kind
      clock.advance(DAY_MS)
    }
    const found = curve()
    expect([early, found.kind]).toEqual(['default', 'measured'])
    expect([1, 3, 4, 7].map((age) => Number(shareAt(found, age)) / 1e6)).toEqual([0.5, 0.5, 1, 1])
    const today = start + 29
    const input = { start_date: dateOf(today - 5), end_date: dateOf(today - 4), group_by: 'date' as const }
    const { rows, platforms } = crossPlatformReport(rig, OPERATIONS.get_cross_platform_report.input.parse(input))
    expect(rows.map(({ maturity }) => maturity.state)).toEqual(['mature', 'mature'])
    expect(platforms[0]?.immature_since).toBeNull()
    const young = OPERATIONS.get_report_method.input.parse({
      start_date: dateOf(today - 9),
      end_date: dateOf(today - 1),
    })
    expect(getReportMethod(rig, young).accounts[0]?.maturity).toMatchObject({
      curve: 'measured',
      immature_since: dateOf(today - 3),
    })
  })

  test('that is not synced for a month has not matured meanwhile', () => {
    clock.advance(30 * DAY_MS)
    const input = { start_date: dateOf(start + 27), end_date: dateOf(start + 28), group_by: 'date' as const }
    const { rows } = crossPlatformReport(rig, OPERATIONS.get_cross_platform_report.input.parse(input))
    expect(rows.map(({ maturity }) => maturity)).toEqual([
      { state: 'immature', known_share: 0.5 },
      { state: 'immature', known_share: 0.5 },
    ])
  })
})

describe('periods', () => {
  test('weeks begin on Monday and tile the days', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 40_000 }), fc.constantFrom('date', 'week', 'month'), (on, grain) => {
        const first = firstDayOf(grain, on)
        expect([first <= on, firstDayOf(grain, first), on - first < 31]).toEqual([true, first, true])
        // The day before begins belongs to the one before.
        expect(firstDayOf(grain, first - 1)).toBeLessThan(first)
        expect(new Date(firstDayOf('week', on) * DAY_MS).getUTCDay()).toBe(1)
      }),
    )
  })
  test('the one before is as long; a year before has the same dates', () => {
    const range = { startDay: day('2028-02-29'), endDay: day('2028-03-06') }
    const before = rangeBefore('previous_period', range)
    expect([dateOf(before.startDay), dateOf(before.endDay)]).toEqual(['2028-02-22', '2028-02-28'])
    const year = rangeBefore('previous_year', range)
    expect([dateOf(year.startDay), dateOf(year.endDay)]).toEqual(['2027-02-28', '2027-03-06'])
  })
})
