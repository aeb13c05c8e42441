import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FetchedDay } from '../../main/store/sync-table.ts'
import { neededChunks, REFRESH } from '../../main/sync/plan.ts'
import { DAY_MS } from '../support/facts-rig.ts'

const RUN = 5
const NOW = { today: 20_000, nowMs: 20_000.5 * DAY_MS, dayAt: (atMs: number) => Math.floor(atMs / DAY_MS) }
const heldDay = fc.record({
  day: fc.integer({ min: 19_900, max: 20_001 }),
  runId: fc.constantFrom(4, RUN),
  fetchedAtMs: fc.oneof(
    fc.integer({ min: NOW.nowMs - 2 * 3_600_000, max: NOW.nowMs + 60_000 }),
    fc.integer({ min: NOW.nowMs - 12 * DAY_MS, max: NOW.nowMs }),
  ),
  wasOver: fc.boolean(),
  isFinal: fc.boolean(),
})

test('every wanted day, and every day since the oldest held, that is not settled is in exactly one chunk, no other is, and no chunk is longer than 30 days', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(heldDay, { selector: (row) => row.day, maxLength: 90 }),
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom(19_999, 20_000),
      (held, days, firstOpenDay) => {
        const today = 20_000
        const chunks = neededChunks({
          ...NOW,
          runId: RUN,
          firstOpenDay,
          days,
          held: (_level, from, to) => held.filter((row) => row.day >= from && row.day <= to),
        })
        const oldestHeld = Math.min(...held.filter((row) => row.day <= today).map((row) => row.day))
        const byDay = new Map<number, FetchedDay>(held.map((row) => [row.day, row]))
        for (const level of ['campaign', 'ad_group', 'ad'] as const) {
          const own = chunks.filter((chunk) => chunk.level === level)
          const covered = own.flatMap(({ startDay, endDay }) =>
            Array.from({ length: endDay - startDay + 1 }, (_, n) => startDay + n),
          )
          expect(new Set(covered).size).toBe(covered.length)
          expect(own.every(({ startDay, endDay }) => endDay >= startDay && endDay - startDay < 30)).toBe(true)
          expect(own.map((chunk) => chunk.endDay)).toEqual(own.map((chunk) => chunk.endDay).toSorted((a, b) => b - a))
          for (let day = 19_900; day <= today; day += 1) {
            const row = byDay.get(day)
            const isSettled =
              row !== undefined &&
              ((row.isFinal && row.fetchedAtMs <= NOW.nowMs) ||
                (row.runId === RUN ? row.wasOver || day >= firstOpenDay : row.wasOver && isFresh(row)))
            const isWanted = day > today - days || day >= oldestHeld
            expect(covered.includes(day)).toBe(isWanted && !isSettled)
          }
          expect(covered.every((day) => day <= today)).toBe(true)
        }
      },
    ),
    { numRuns: 150 },
  )
})

/** The rule in words: newest days hourly, a month daily, the rest weekly. */
function isFresh({ day, fetchedAtMs }: FetchedDay): boolean {
  if (fetchedAtMs > NOW.nowMs) return false
  const fetchedDaysAgo = NOW.today - NOW.dayAt(fetchedAtMs)
  if (NOW.today - day <= 3) return NOW.nowMs - fetchedAtMs < 3_600_000
  return NOW.today - day <= 30 ? fetchedDaysAgo === 0 : fetchedDaysAgo < 7
}

test.each([
  ['a minute later only today', 60_000, [[20_000, 20_000]]],
  ['two hours later the newest days', 2 * 3_600_000, [[19_997, 20_000]]],
  [
    'the next morning the last thirty days, and nothing of the sixty before them',
    12 * 3_600_000,
    [
      [19_972, 20_001],
      [19_971, 19_971],
    ],
  ],
] as const)('of a platform that restates for 90 days, all read at noon: %s', (_when, afterMs, wanted) => {
  const nowMs = NOW.nowMs + afterMs
  const today = NOW.dayAt(nowMs)
  const rows = Array.from({ length: 90 }, (_, age) => ({
    day: 20_000 - age,
    runId: 1,
    fetchedAtMs: NOW.nowMs,
    wasOver: age > 0,
    isFinal: false,
  }))
  const chunks = neededChunks({ ...NOW, nowMs, today, runId: 2, firstOpenDay: today, days: 90, held: () => rows })
  const own = chunks.filter(({ level }) => level === 'ad').map(({ startDay, endDay }) => [startDay, endDay])
  expect(own).toEqual(wanted)
})

test('a week later the whole horizon is asked for again', () => {
  const nowMs = NOW.nowMs + REFRESH.weeklyAfterDays * DAY_MS
  const today = NOW.dayAt(nowMs)
  const rows = Array.from({ length: 60 }, (_, k) => ({
    day: 19_900 + k,
    runId: 1,
    fetchedAtMs: NOW.nowMs,
    wasOver: true,
    isFinal: false,
  }))
  const chunks = neededChunks({ ...NOW, nowMs, today, runId: 2, firstOpenDay: today, days: 1, held: () => rows })
  const days = chunks
    .filter(({ level }) => level === 'ad')
    .reduce((sum, each) => sum + each.endDay - each.startDay + 1, 0)
  expect(days).toBe(today - 19_900 + 1)
})

test('a fresh account of 400 days needs 14 chunks a level', () => {
  const chunks = neededChunks({ ...NOW, runId: 1, firstOpenDay: 20_000, days: 400, held: () => [] })
  expect(chunks).toHaveLength(42)
  expect(chunks[0]).toEqual({ level: 'campaign', startDay: 19_971, endDay: 20_000 })
  expect(chunks.at(-1)).toEqual({ level: 'ad', startDay: 19_601, endDay: 19_610 })
})
