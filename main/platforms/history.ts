/**
 * What an ad platform's own change history says, in neutral words. Types and small pure helpers; asks no platform.
 * A history is the platform's word on who changed what: the one source that also shows what this app, or a changed copy of it, left out.
 */
import { createHash } from 'node:crypto'
import type { Field } from '../../shared/domain/entity.ts'
import type { EntityId } from '../../shared/domain/ids.ts'

/**
 * How far back a history is read. Google keeps change events for 30 days (change_event.proto, v25); TikTok's log is asked for at most 30 days
 * at a time (/changelog/task/create/, `end_time`); Meta keeps more, and is held to the same.
 */
export const HISTORY_DAYS = 30
/** Rows of one reading; Google allows no more (change_event, LIMIT). */
export const MAX_HISTORY_ROWS = 10_000
export const HISTORY_MS = HISTORY_DAYS * 86_400_000

/** One change of one value. An event that changed several values gives several rows. */
export interface PlatformChange {
  /** The same in every reading. Letters, digits and "_.:/+=~-", at most 128. */
  readonly changeId: string
  /** The platform's clock, UTC milliseconds. */
  readonly atMs: number
  /** The change happened at `atMs` or up to so many milliseconds later: 59,999 where the platform tells minutes only. */
  readonly precisionMs: number
  /** Undefined for what this app has no entity for (an account, an asset, a criterion). Of a shared budget: its first campaign. */
  readonly entityId: EntityId | undefined
  /** What was touched, as DraftItem.target: the entity, or a shared budget. */
  readonly target: string | undefined
  /** Undefined for what this app cannot change. */
  readonly field: Field | undefined
  /** The platform's word for what was changed ("campaign.status"): untrusted, at most 120 characters. */
  readonly what: string
  /** Wire form; '' for "there is no such value"; undefined where the history does not tell, or tells it in a way that cannot be written back. */
  readonly before: string | undefined
  readonly after: string | undefined
  /** Who, as the platform says: untrusted and personal. At most 200 characters. */
  readonly actor: string | undefined
  /** With what, as the platform says (Google's client type, Meta's application, TikTok's source): untrusted. */
  readonly tool: string | undefined
  /** Whether it came in through the platform's API; undefined where the platform does not say. False can be no write of this app. */
  readonly isApi: boolean | undefined
}

export interface ChangeHistory {
  /** Oldest first. */
  readonly rows: readonly PlatformChange[]
  /** Every change between these two moments is in `rows`; outside of them nothing is known. */
  readonly coveredFromMs: number
  readonly coveredUntilMs: number
  /** False when the platform did not give the whole of what was asked for: too long ago, or too many rows. */
  readonly isComplete: boolean
}

export interface HistoryRange {
  readonly sinceMs: number
  readonly untilMs: number
  /** At most 10,000, and 10,000 unless told. */
  readonly maxRows?: number
}

/** The part of the range that the platform still keeps. */
export function keptRange({ sinceMs, untilMs }: HistoryRange, nowMs: number): { fromMs: number; untilMs: number } {
  // An hour to spare: the request is made a little later than now.
  const oldestMs = nowMs - HISTORY_MS + 3_600_000
  return { fromMs: Math.min(untilMs, Math.max(sinceMs, oldestMs)), untilMs }
}

export function rowLimit({ maxRows }: HistoryRange): number {
  return Math.min(MAX_HISTORY_ROWS, Math.max(1, maxRows ?? MAX_HISTORY_ROWS))
}

/** A platform's text, kept short. Undefined for none. */
export function shortText(text: string | null | undefined, max = 200): string | undefined {
  const kept = (text ?? '').trim().slice(0, max)
  return kept === '' ? undefined : kept
}

/** An id for a row that the platform gives none: the same text gets the same id, and the n-th of equal ones its number. */
export function createRowIds(): (text: string) => string {
  const seen = new Map<string, number>()
  return (text) => {
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 32)
    const before = seen.get(hash) ?? 0
    seen.set(hash, before + 1)
    return before === 0 ? hash : `${hash}~${before}`
  }
}

/** A history that was cut after `rows`: what lies at or after the last row's moment is not all there. */
export function cutHistory(rows: readonly PlatformChange[], fromMs: number): ChangeHistory {
  const lastMs = rows.at(-1)?.atMs ?? fromMs
  return { rows, coveredFromMs: fromMs, coveredUntilMs: Math.max(fromMs, lastMs - 1), isComplete: false }
}
