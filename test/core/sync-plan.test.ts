import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FetchedDay } from '../../main/store/sync-table.ts'
import { neededChunks } from '../../main/sync/plan.ts'

const RUN = 5
const heldDay = fc.record({
  day: fc.integer({ min: 19_900, max: 20_001 }),
  runId: fc.constantFrom(4, RUN),
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
          runId: RUN,
          today,
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
              row !== undefined && (row.isFinal || (row.runId === RUN && (row.wasOver || day >= firstOpenDay)))
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

test('a fresh account of 400 days needs 14 chunks a level', () => {
  const chunks = neededChunks({ runId: 1, today: 20_000, firstOpenDay: 20_000, days: 400, held: () => [] })
  expect(chunks).toHaveLength(42)
  expect(chunks[0]).toEqual({ level: 'campaign', startDay: 19_971, endDay: 20_000 })
  expect(chunks.at(-1)).toEqual({ level: 'ad', startDay: 19_601, endDay: 19_610 })
})
