/**
 * The one quota meter: how much of each account's request allowance is used, and how long to hold off. Fed by the three clients with what
 * they send and what the platforms answer; shown in the window. Decides nothing about writes: a write is never delayed into a retry.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Platform } from '../../shared/domain/ids.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Requests are counted in slices of this length, so that the meter stays small. */
const SLICE_MS = 60_000
/** More subjects than any workspace has accounts and connections. */
const MAX_SUBJECTS = 2_000
/** Longest pause a platform can impose on reads through the meter. */
const MAX_PAUSE_MS = HOUR_MS

/** What one allowance belongs to: an account where the platform counts by account, else the connection or app. */
export interface QuotaSubject {
  readonly platform: Platform
  /** The platform's account id without prefix, or "app". */
  readonly externalId: string
}

export interface QuotaReading extends QuotaSubject {
  readonly requestsLastHour: number
  readonly requestsLastDay: number
  readonly writesLastDay: number
  readonly throttledLastDay: number
  /** Percent of the allowance used, as the platform last said it; null when it does not say. */
  readonly usedPercent: number | null
  readonly usedPercentAtMs: number | null
  /** Reads wait until then; null when they need not. */
  readonly pausedUntilMs: number | null
}

export interface QuotaMeter {
  /** One request sent. */
  count(subject: QuotaSubject, effect: 'read' | 'write'): void
  /** The platform said how much is used, 0 to 100 and beyond. */
  used(subject: QuotaSubject, percent: number): void
  /** The platform said "too many": reads of the subject hold off for `waitMs` (capped at an hour). */
  throttled(subject: QuotaSubject, waitMs: number): void
  /** How long the next read of the subject should wait, milliseconds; 0 when not at all. */
  pauseMs(subject: QuotaSubject): number
  readings(): readonly QuotaReading[]
}

interface Entry {
  readonly subject: QuotaSubject
  /** Slice number → counts. */
  slices: Map<number, { reads: number; writes: number; throttled: number }>
  usedPercent: number | null
  usedPercentAtMs: number | null
  pausedUntilMs: number
}

export function createQuotaMeter(clock: Pick<Clock, 'nowMs'>): QuotaMeter {
  const entries = new Map<string, Entry>()

  function entryOf(subject: QuotaSubject): Entry {
    const key = `${subject.platform}:${subject.externalId}`
    const known = entries.get(key)
    if (known !== undefined) return known
    if (entries.size >= MAX_SUBJECTS) entries.delete(entries.keys().next().value ?? key)
    const made: Entry = { subject, slices: new Map(), usedPercent: null, usedPercentAtMs: null, pausedUntilMs: 0 }
    entries.set(key, made)
    return made
  }

  function sliceOf(entry: Entry): { reads: number; writes: number; throttled: number } {
    const number = Math.floor(clock.nowMs() / SLICE_MS)
    const known = entry.slices.get(number)
    if (known !== undefined) return known
    const oldest = number - DAY_MS / SLICE_MS
    for (const each of entry.slices.keys()) if (each <= oldest) entry.slices.delete(each)
    const made = { reads: 0, writes: 0, throttled: 0 }
    entry.slices.set(number, made)
    return made
  }

  function sum(
    entry: Entry,
    sinceMs: number,
    of: (slice: { reads: number; writes: number; throttled: number }) => number,
  ) {
    let total = 0
    for (const [number, slice] of entry.slices) if (number * SLICE_MS > sinceMs) total += of(slice)
    return total
  }

  return {
    count(subject, effect) {
      const slice = sliceOf(entryOf(subject))
      if (effect === 'read') slice.reads += 1
      else slice.writes += 1
    },
    used(subject, percent) {
      const entry = entryOf(subject)
      entry.usedPercent = Math.max(0, percent)
      entry.usedPercentAtMs = clock.nowMs()
    },
    throttled(subject, waitMs) {
      const entry = entryOf(subject)
      sliceOf(entry).throttled += 1
      const until = clock.nowMs() + Math.min(MAX_PAUSE_MS, Math.max(0, waitMs))
      entry.pausedUntilMs = Math.max(entry.pausedUntilMs, until)
    },
    pauseMs: (subject) => Math.max(0, entryOf(subject).pausedUntilMs - clock.nowMs()),
    readings() {
      const nowMs = clock.nowMs()
      return [...entries.values()].map((entry) => ({
        ...entry.subject,
        requestsLastHour: sum(entry, nowMs - HOUR_MS, (slice) => slice.reads + slice.writes),
        requestsLastDay: sum(entry, nowMs - DAY_MS, (slice) => slice.reads + slice.writes),
        writesLastDay: sum(entry, nowMs - DAY_MS, (slice) => slice.writes),
        throttledLastDay: sum(entry, nowMs - DAY_MS, (slice) => slice.throttled),
        usedPercent: entry.usedPercent,
        usedPercentAtMs: entry.usedPercentAtMs,
        pausedUntilMs: entry.pausedUntilMs > nowMs ? entry.pausedUntilMs : null,
      }))
    },
  }
}
