/**
 * Time that only moves forward: the 24-hour envelope and the cool-down are counted on it, so that a wall clock set forward or back while
 * the app runs frees neither. Within a run it advances by the monotonic clock alone (which on some systems stands still while the computer
 * sleeps: then limits hold longer, never shorter). Between runs it advances by what the wall clock says has passed, never by less than nothing.
 */
import type { Clock } from '../shared/clock.ts'
import type { SettingTable } from './store/setting-table.ts'

/** How often it is saved by itself. What a crash loses of it is made up at the next start, from the wall clock. */
export const SAVE_EVERY_MS = 60_000
/** A wall clock that was moved by more than this is written down at the next look: a crash must not take the jump for time. */
const JUMP_MS = 2_000

export interface SteadyClock {
  /** Milliseconds; at the very first start those of the wall clock. */
  nowMs(): number
  /** Writes it down: with every approval, in the caller's transaction if there is one. */
  save(): void
  /** Writes it down if that is due, or if the wall clock was moved. */
  tick(): void
}

interface Saved {
  readonly steadyMs: number
  /** What the wall clock showed then, or should have shown by the monotonic clock, whichever is later. */
  readonly wallMs: number
}

/**
 * @param floorMs the newest steady time on record elsewhere (of an approval): a restored or lost setting never takes it behind that
 */
export function createSteadyClock(deps: {
  readonly clock: Clock
  readonly settings: Pick<SettingTable, 'read' | 'write'>
  readonly floorMs?: number
}): SteadyClock {
  const { clock, settings } = deps
  const startWallMs = clock.nowMs()
  const startMonoMs = clock.monotonicMs()
  const saved = readSaved(settings.read('steady_clock'))
  const resumedMs = saved === undefined ? startWallMs : saved.steadyMs + Math.max(0, startWallMs - saved.wallMs)
  const baseMs = Math.max(resumedMs, deps.floorMs ?? 0)
  let lastSavedMs = Number.NEGATIVE_INFINITY
  let savedDriftMs = 0
  let latestMs = 0

  const elapsedMs = (): number => Math.max(0, Math.floor(clock.monotonicMs() - startMonoMs))
  const nowMs = (): number => {
    latestMs = Math.max(latestMs, baseMs + elapsedMs())
    return latestMs
  }
  /** By how much the wall clock was moved in this run. */
  const driftMs = (): number => clock.nowMs() - startWallMs - elapsedMs()
  const save = (): void => {
    const steadyMs = nowMs()
    savedDriftMs = driftMs()
    // A wall clock that was set back in this run must not make the next start believe that more time has passed.
    const wallMs = Math.max(clock.nowMs(), startWallMs + elapsedMs())
    settings.write('steady_clock', { steadyMs, wallMs } satisfies Saved)
    lastSavedMs = steadyMs
  }
  return {
    nowMs,
    save,
    tick() {
      const isMoved = Math.abs(driftMs() - savedDriftMs) > JUMP_MS
      if (isMoved || nowMs() - lastSavedMs >= SAVE_EVERY_MS) save()
    },
  }
}

/** Undefined for anything that this file did not write. */
function readSaved(value: unknown): Saved | undefined {
  if (typeof value !== 'object' || value === null || !('steadyMs' in value) || !('wallMs' in value)) return undefined
  const { steadyMs, wallMs } = value
  return Number.isSafeInteger(steadyMs) && Number.isSafeInteger(wallMs)
    ? { steadyMs: steadyMs as number, wallMs: wallMs as number }
    : undefined
}
