/**
 * Which changes of a platform's history are writes of this app. Pure.
 * No platform names the request in its history, so a write is known by place, value and time, and by whether it came in through the API.
 * What cannot be decided is called unclear; it is never guessed away.
 */
import type { Field } from '../../shared/domain/entity.ts'
import { followsFrom } from '../store/outside-change-table.ts'
import type { ChangeMatch, OwnWrite } from '../store/platform-change-table.ts'
import type { PlatformChange } from '../platforms/history.ts'

/** How far the history's time may lie from the moment we sent. */
export interface MatchWindow {
  /** Before it: the two clocks differ. */
  readonly earlyMs: number
  /** After it: the request was under way, and the platform took its time. */
  readonly lateMs: number
}

export interface Judged {
  readonly change: PlatformChange
  readonly match: ChangeMatch
  /** The write that it is; where that is unclear, the one that it may be. */
  readonly write: OwnWrite | undefined
}

/** Farther apart than this, a value that is the same says nothing: a clock that is wrong is wrong by less. */
const SAME_DAY_MS = 26 * 3_600_000

export const writeKey = ({ draftId, k }: Pick<OwnWrite, 'draftId' | 'k'>): string => `${draftId}/${k}`
/** One write accounts for one row of each field. */
export const usedKey = (write: Pick<OwnWrite, 'draftId' | 'k'>, field: Field | null | undefined): string =>
  `${writeKey(write)} ${field ?? ''}`

/** "cost_cap:9.00" → "9.00"; '' without a target. */
const targetIn = (strategy: string): string => strategy.split(':')[1] ?? ''

/** Whether a write could have brought this value. `maybe`: the history does not tell the value. */
function brings(write: OwnWrite, change: PlatformChange): 'yes' | 'maybe' | 'no' {
  const { field, after } = change
  if (field === undefined || !followsFrom(field, write.field)) return 'no'
  if (after === undefined) return 'maybe'
  // A budget for tomorrow is told as the budget, on platforms that keep both.
  if (field === write.field || field === 'daily_budget') return after === write.after ? 'yes' : 'no'
  // A new strategy brings its own target, and ends the one before.
  if (write.field === 'bid_strategy') return after === '' || after === targetIn(write.after) ? 'yes' : 'no'
  if (field === 'bid_strategy') return targetIn(after) === write.after ? 'yes' : 'no'
  return 'no'
}

/** Writes by what they touched: ten thousand rows are not held against every write. */
function indexed(writes: readonly OwnWrite[]): (change: PlatformChange) => readonly OwnWrite[] {
  const byPlace = new Map<string, OwnWrite[]>()
  for (const write of writes)
    for (const place of new Set([write.target, write.entityId])) {
      const known = byPlace.get(place)
      if (known === undefined) byPlace.set(place, [write])
      else known.push(write)
    }
  return ({ target, entityId }) => {
    const at = (place: string | undefined) => (place === undefined ? [] : (byPlace.get(place) ?? []))
    return target === entityId ? at(target) : [...new Set([...at(target), ...at(entityId)])]
  }
}

function distanceMs(write: OwnWrite, change: PlatformChange): number {
  const latestMs = change.atMs + change.precisionMs
  if (latestMs < write.sentAtMs) return write.sentAtMs - latestMs
  return Math.max(0, change.atMs - write.sentAtMs)
}

function isNear(write: OwnWrite, change: PlatformChange, window: MatchWindow): boolean {
  return (
    change.atMs + change.precisionMs >= write.sentAtMs - window.earlyMs && change.atMs <= write.sentAtMs + window.lateMs
  )
}

/** The likeliest: one that took effect before one that our records say did not, then the nearest in time. */
function likeliest(writes: readonly OwnWrite[], change: PlatformChange): OwnWrite | undefined {
  const rank = ({ outcome }: OwnWrite): number => (outcome === 'applied' ? 0 : outcome === null ? 1 : 2)
  return writes.toSorted((one, two) => rank(one) - rank(two) || distanceMs(one, change) - distanceMs(two, change))[0]
}

/**
 * Judges changes, oldest first.
 * - ours: the same place, value and time as a write that accounts for no other row of that field yet.
 * - unclear: it may be a write of ours, but the history does not tell the value, or tells a time that does not fit while all else does (one of
 *   the clocks is wrong), or something this app cannot change moved on a thing that it was just writing.
 * - outside: everything else.
 * @param used see `usedKey`; rows that are found to be ours are added
 */
export function judgeChanges(
  changes: readonly PlatformChange[],
  writes: readonly OwnWrite[],
  used: Set<string>,
  window: MatchWindow,
): readonly Judged[] {
  const inOrder = changes.toSorted((one, two) => one.atMs - two.atMs)
  const writesAt = indexed(writes)
  const places = (change: PlatformChange): readonly OwnWrite[] =>
    change.isApi === false || change.field === undefined
      ? []
      : writesAt(change).filter((write) => !used.has(usedKey(write, change.field)))
  const ours = new Map<PlatformChange, OwnWrite>()
  // What is certain first, so that nothing else is taken for the same write.
  for (const change of inOrder) {
    const found = places(change).filter((write) => isNear(write, change, window) && brings(write, change) === 'yes')
    const write = likeliest(found, change)
    if (write === undefined) continue
    ours.set(change, write)
    used.add(usedKey(write, change.field))
  }
  const accounted = new Set([...used].map((key) => key.split(' ')[0]))
  const doubtful = (change: PlatformChange): Judged | undefined => {
    if (change.isApi === false) return undefined
    const near = (write: OwnWrite) => isNear(write, change, window)
    if (change.field === undefined)
      return (change.entityId === undefined ? writes : writesAt(change)).some(near)
        ? { change, match: 'unclear', write: undefined }
        : undefined
    const isMaybe = (write: OwnWrite) => {
      const answer = brings(write, change)
      if (near(write)) return answer === 'maybe'
      return answer === 'yes' && !accounted.has(writeKey(write)) && distanceMs(write, change) <= SAME_DAY_MS
    }
    const write = likeliest(places(change).filter(isMaybe), change)
    return write === undefined ? undefined : { change, match: 'unclear', write }
  }
  return inOrder.map((change) => {
    const write = ours.get(change)
    if (write !== undefined) return { change, match: 'ours', write }
    return doubtful(change) ?? { change, match: 'outside', write: undefined }
  })
}

/**
 * Writes that must show in a history by now and that no row accounts for: sent inside the stretch that is known without a gap, read back as
 * applied, and old enough for the platform's delay.
 * @param linked keys (`writeKey`) of writes that some row is, or may be
 */
export function missingWrites(
  writes: readonly OwnWrite[],
  linked: ReadonlySet<string>,
  known: { readonly fromMs: number; readonly untilMs: number },
  window: MatchWindow,
): readonly OwnWrite[] {
  return writes.filter(
    (write) =>
      write.outcome === 'applied' &&
      write.before !== write.after &&
      write.sentAtMs - window.earlyMs >= known.fromMs &&
      write.sentAtMs + window.lateMs <= known.untilMs &&
      !linked.has(writeKey(write)),
  )
}
