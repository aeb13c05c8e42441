/** Quiet hours on the days when clocks change, and steady time whatever the wall clock does. */
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../shared/clock.ts'
import type { QuietWindow } from '../../main/drafts/policy.ts'
import { quietMinutesPerWeek, quietWindowAt, wallTime } from '../../main/drafts/quiet-hours.ts'
import { createSteadyClock, SAVE_EVERY_MS } from '../../main/steady-clock.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const at = (iso: string): number => Date.parse(iso)
const isQuiet = (windows: readonly QuietWindow[], zone: string, iso: string): boolean =>
  quietWindowAt(windows, zone, at(iso)) !== undefined

/** Quiet minutes between two instants, counted one by one. */
function quietMinutes(windows: readonly QuietWindow[], zone: string, from: string, to: string): number {
  let count = 0
  for (let ms = at(from); ms < at(to); ms += MINUTE_MS) if (quietWindowAt(windows, zone, ms) !== undefined) count += 1
  return count
}

describe('quiet hours', () => {
  const ALL_DAYS = [1, 2, 3, 4, 5, 6, 7]

  test('begin with their first minute and end before their last, on their days only', () => {
    const windows = [{ days: [3], from: '09:00', to: '10:00' }]
    expect(isQuiet(windows, 'UTC', '2026-06-10T08:59:59Z')).toBe(false)
    expect(isQuiet(windows, 'UTC', '2026-06-10T09:00:00Z')).toBe(true)
    expect(isQuiet(windows, 'UTC', '2026-06-10T09:59:59Z')).toBe(true)
    expect(isQuiet(windows, 'UTC', '2026-06-10T10:00:00Z')).toBe(false)
    expect(isQuiet(windows, 'UTC', '2026-06-11T09:30:00Z')).toBe(false)
  })

  test('that run past midnight belong to the day they begin on, also from Sunday to Monday', () => {
    const windows = [{ days: [7], from: '22:00', to: '06:00' }]
    expect(isQuiet(windows, 'UTC', '2026-06-14T23:00:00Z')).toBe(true)
    expect(isQuiet(windows, 'UTC', '2026-06-15T05:59:00Z')).toBe(true)
    expect(isQuiet(windows, 'UTC', '2026-06-15T06:00:00Z')).toBe(false)
    expect(isQuiet(windows, 'UTC', '2026-06-14T05:00:00Z')).toBe(false)
    expect(isQuiet([{ days: [6], from: '00:00', to: '24:00' }], 'UTC', '2026-06-13T23:59:00Z')).toBe(true)
  })

  test('are on the wall of the account: the same instant is quiet in Berlin and not in New York', () => {
    const windows = [{ days: ALL_DAYS, from: '22:00', to: '06:00' }]
    expect(isQuiet(windows, 'Europe/Berlin', '2026-06-10T21:00:00Z')).toBe(true)
    expect(isQuiet(windows, 'America/New_York', '2026-06-10T21:00:00Z')).toBe(false)
    // With the date of the account, too: it is Thursday in Tokyo already.
    expect(isQuiet([{ days: [4], from: '00:00', to: '24:00' }], 'Asia/Tokyo', '2026-06-10T16:00:00Z')).toBe(true)
  })

  test.each([
    // Clocks go from 02:00 to 03:00: 2026-03-29 in Berlin, 2026-03-08 in New York.
    ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['America/New_York', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
  ])('in %s: an hour that does not exist is never quiet, and the rest of the night is', (zone, from, to) => {
    expect(at(to) - at(from)).toBe(23 * HOUR_MS)
    expect(quietMinutes([{ days: [7], from: '02:00', to: '03:00' }], zone, from, to)).toBe(0)
    expect(quietMinutes([{ days: [7], from: '02:30', to: '04:00' }], zone, from, to)).toBe(60)
    expect(quietMinutes([{ days: [7], from: '00:00', to: '06:00' }], zone, from, to)).toBe(300)
    expect(quietMinutes([{ days: [7], from: '00:00', to: '24:00' }], zone, from, to)).toBe(23 * 60)
  })

  test.each([
    // Clocks go from 03:00 back to 02:00 (Berlin, 2026-10-25) and from 02:00 back to 01:00 (New York, 2026-11-01).
    ['Europe/Berlin', '02:00', '03:00', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    ['America/New_York', '01:00', '02:00', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
  ])('in %s: an hour that comes twice is quiet both times', (zone, begin, end, from, to) => {
    expect(at(to) - at(from)).toBe(25 * HOUR_MS)
    expect(quietMinutes([{ days: [7], from: begin, to: end }], zone, from, to)).toBe(120)
    expect(quietMinutes([{ days: [7], from: '00:00', to: '24:00' }], zone, from, to)).toBe(25 * 60)
    // A night that begins on Saturday: seven hours more than the wall says on Sunday's side, eight in all on other days.
    expect(quietMinutes([{ days: [6], from: '22:00', to: '06:00' }], zone, from, to)).toBe(7 * 60)
  })

  test('cannot be read off a zone that does not exist', () => {
    expect(wallTime(0, 'Mars/Olympus')).toBeUndefined()
    expect(quietWindowAt([{ days: [1], from: '01:00', to: '02:00' }], 'Mars/Olympus', 0)).toBe('unknown_zone')
    expect(quietWindowAt([], undefined, 0)).toBeUndefined()
  })

  test('of a week are added up once, however they overlap', () => {
    expect(quietMinutesPerWeek([{ days: ALL_DAYS, from: '00:00', to: '24:00' }])).toBe(10_080)
    expect(quietMinutesPerWeek([{ days: [7], from: '22:00', to: '06:00' }])).toBe(480)
    const overlapping = [
      { days: [1], from: '09:00', to: '11:00' },
      { days: [1], from: '10:00', to: '12:00' },
      { days: [7], from: '23:00', to: '09:30' },
    ]
    expect(quietMinutesPerWeek(overlapping)).toBe(12 * 60 + 60)
  })
})

describe('steady time', () => {
  /** A machine whose two clocks a test turns, and a setting that outlives the app. */
  function machine() {
    let [wallMs, monoMs] = [at('2026-03-28T12:00:00Z'), 5_000]
    let stored: unknown
    let writes = 0
    const clock: Clock = { nowMs: () => wallMs, monotonicMs: () => monoMs }
    const settings = {
      read: (): unknown => stored,
      write: (_key: string, value: unknown): void => {
        stored = JSON.parse(JSON.stringify(value)) as unknown
        writes += 1
      },
    }
    return {
      start: (floorMs?: number) =>
        createSteadyClock({ clock, settings, ...(floorMs === undefined ? {} : { floorMs }) }),
      pass(ms: number): void {
        wallMs += ms
        monoMs += ms
      },
      setWall(ms: number): void {
        wallMs += ms
      },
      /** Off: the monotonic clock begins anew. */
      off(ms: number): void {
        wallMs += ms
        monoMs = 17
      },
      corrupt(value: unknown): void {
        stored = value
      },
      writes: () => writes,
    }
  }

  test('begins with the wall clock and then goes by the monotonic one, whatever is set', () => {
    const it = machine()
    const steady = it.start()
    const begin = steady.nowMs()
    expect(begin).toBe(at('2026-03-28T12:00:00Z'))
    it.pass(HOUR_MS)
    it.setWall(DAY_MS)
    expect(steady.nowMs()).toBe(begin + HOUR_MS)
    it.setWall(-2 * DAY_MS)
    it.pass(MINUTE_MS)
    expect(steady.nowMs()).toBe(begin + HOUR_MS + MINUTE_MS)
  })

  test('goes through a change of clocks without a step: the wall clock of a computer is UTC', () => {
    const it = machine()
    const steady = it.start()
    const begin = steady.nowMs()
    // Past 2026-03-29T01:00Z, when Berlin loses an hour.
    for (let hour = 1; hour <= 24; hour += 1) {
      it.pass(HOUR_MS)
      expect(steady.nowMs()).toBe(begin + hour * HOUR_MS)
    }
  })

  test('goes on after a restart by what the wall clock says has passed', () => {
    const it = machine()
    const first = it.start()
    it.pass(HOUR_MS)
    first.save()
    const saved = first.nowMs()
    it.off(8 * HOUR_MS)
    expect(it.start().nowMs()).toBe(saved + 8 * HOUR_MS)
  })

  test('takes no jump of the wall clock for time: it is written down at the next look, before a crash can hide it', () => {
    const it = machine()
    const first = it.start()
    first.tick()
    it.pass(5_000)
    it.setWall(2 * DAY_MS)
    first.tick()
    const before = first.nowMs()
    it.off(MINUTE_MS)
    expect(it.start().nowMs()).toBe(before + MINUTE_MS)
  })

  test('never goes back at a restart when the wall clock was set back, and then goes on', () => {
    const it = machine()
    const first = it.start()
    it.pass(HOUR_MS)
    first.save()
    const saved = first.nowMs()
    it.off(-DAY_MS)
    const second = it.start()
    expect(second.nowMs()).toBe(saved)
    it.pass(MINUTE_MS)
    expect(second.nowMs()).toBe(saved + MINUTE_MS)
  })

  test.each([
    ['forward and left there', DAY_MS, 0],
    ['back, and put right while the app is off', -DAY_MS, DAY_MS],
  ])('a wall clock set %s gains nothing over a restart', (_how, whileOn, whileOff) => {
    const it = machine()
    const first = it.start()
    it.pass(HOUR_MS)
    it.setWall(whileOn)
    first.save()
    const saved = first.nowMs()
    it.off(whileOff + MINUTE_MS)
    expect(it.start().nowMs()).toBe(saved + MINUTE_MS)
  })

  test('is saved about once a minute and not more often', () => {
    const it = machine()
    const steady = it.start()
    for (let seconds = 0; seconds < 600; seconds += 5) {
      steady.tick()
      it.pass(5_000)
    }
    expect(it.writes()).toBe(600_000 / SAVE_EVERY_MS)
  })

  test('never falls behind what was approved, and takes a damaged setting for none', () => {
    const it = machine()
    const first = it.start()
    it.pass(HOUR_MS)
    const approved = first.nowMs()
    for (const damaged of ['later', null, { steadyMs: 1.5, wallMs: 3 }, { steadyMs: 12 }]) {
      it.corrupt(damaged)
      expect(it.start(approved + 5).nowMs()).toBe(approved + 5)
    }
  })
})
