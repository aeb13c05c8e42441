/**
 * Goes on looking, for a day, at writes that were found not to have taken effect: a lost request can be carried out late. It only reads. A
 * write that lands after all becomes an alarm on record and is told to the person; it is never undone or repeated by itself.
 */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import type { AuditLog } from '../audit/append.ts'
import type { Logger } from '../logger.ts'
import type { LiveValue, PlatformAdapter } from '../platforms/adapter.ts'
import type { Ports } from '../ports.ts'
import type { DraftTable } from '../store/draft-table.ts'
import type { LateLandingTable, NotLanded } from '../store/late-landing-table.ts'
import { noteEverywhere } from './drift.ts'

export interface LateLandingDeps {
  readonly rows: LateLandingTable
  readonly drafts: Pick<DraftTable, 'get'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  readonly noticeLive: (live: LiveValue) => void
  readonly notify: Ports['notify']
  readonly onChange: () => void
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How long after it was sent a write is still looked after. */
export const WATCH_MS: number = 24 * HOUR_MS
/** When it is looked at, counted from when this process first saw it: at once, then ever more seldom. */
const LOOKS_AT_MS = [0, 2, 5, 15, 45, 120, 300, 600, 960, 1_440].map((minutes) => minutes * MINUTE_MS)
const TICK_MS = MINUTE_MS
const READ_TIMEOUT_MS = 20_000

const MESSAGE =
  'The platform now holds the new value after all: the change took effect late, or somebody else made the same one. Look at it there before you change it again.'

export type LateLanding = ReturnType<typeof createLateLanding>

export function createLateLanding(deps: LateLandingDeps) {
  const { clock, drafts } = deps
  /** Monotonic: a wall clock that jumps does not crowd or skip looks. */
  const seen = new Map<string, { readonly sinceMs: number; looks: number }>()
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<number> | undefined

  function due(row: NotLanded): boolean {
    const key = `${row.draftId}/${row.k}`
    const entry = seen.get(key) ?? { sinceMs: clock.monotonicMs(), looks: 0 }
    seen.set(key, entry)
    const next = LOOKS_AT_MS[entry.looks]
    if (next === undefined || clock.monotonicMs() - entry.sinceMs < next) return false
    // After a sleep the looks that were missed are one look.
    const ageMs = clock.monotonicMs() - entry.sinceMs
    while (entry.looks < LOOKS_AT_MS.length && (LOOKS_AT_MS[entry.looks] ?? 0) <= ageMs) entry.looks += 1
    return true
  }

  async function look(row: NotLanded): Promise<boolean> {
    const item = drafts.get(row.draftId)?.items[row.k]
    if (item === undefined) return false
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(READ_TIMEOUT_MS)])
    const live = await deps.adapterFor(item.accountId).readLive(item.entityId, item.field, signal)
    if (closing.signal.aborted || live.value !== item.after) return false
    // While it was being read, another change of the field may have been approved: then its value is nobody's surprise.
    if (!deps.rows.watched(row.sentAtMs - 1).some((each) => each.draftId === row.draftId && each.k === row.k))
      return false
    const isNew = deps.audit.transaction((append) => {
      const nowMs = clock.nowMs()
      if (!deps.rows.landed(row, { liveValue: live.value, message: MESSAGE, nowMs })) return false
      append({
        type: 'integrity.alarm',
        actor: { kind: 'system', id: 'reconcile' },
        subj: { platform: item.platform, account: item.accountId, entity: item.entityId },
        data: { kind: 'late_landing', draft: row.draftId, k: row.k },
      })
      return true
    })
    if (!isNew) return false
    noteEverywhere(deps.noticeLive, live)
    deps.notify({
      title: 'A change that had not taken effect is on the platform now',
      body: 'It landed late, or somebody else made the same one. Open the draft in SpendSignoff and look at it.',
    })
    deps.onChange()
    return true
  }

  async function lookAtDue(): Promise<number> {
    let landed = 0
    const rows = deps.rows.watched(clock.nowMs() - WATCH_MS)
    const kept = new Set(rows.map((row) => `${row.draftId}/${row.k}`))
    for (const key of seen.keys()) if (!kept.has(key)) seen.delete(key)
    for (const row of rows) {
      if (closing.signal.aborted) break
      if (!due(row)) continue
      try {
        if (await look(row)) landed += 1
      } catch (error) {
        // What cannot be read today is looked at again at the next interval.
        if (!closing.signal.aborted) deps.log.error('late_landing_look_failed', error, { draftId: row.draftId })
      }
    }
    return landed
  }

  /** Looks at what is due. One round at a time. @returns how many writes landed */
  function tick(): Promise<number> {
    running ??= lookAtDue()
      .catch((error: unknown) => {
        deps.log.error('late_landing_failed', error)
        return 0
      })
      .finally(() => {
        running = undefined
      })
    return running
  }

  return {
    tick,
    /** Looks now, and from now on. */
    start(): void {
      void tick()
      timer = setInterval(() => void tick(), TICK_MS)
      timer.unref()
    },
    async close(): Promise<void> {
      closing.abort()
      clearInterval(timer)
      await running
    },
  }
}
