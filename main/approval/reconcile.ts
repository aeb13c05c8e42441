/**
 * Finds out by reading what became of writes whose answer never came, after a crash or a lost connection. It never writes to a platform.
 */
import type { Clock } from '../../shared/clock.ts'
import { type Draft, MAX_ITEMS } from '../../shared/domain/draft.ts'
import type { AccountId, DraftId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { AuditLog } from '../audit/append.ts'
import { asOpaqueId } from '../audit/record.ts'
import { valueData } from '../audit/record-items.ts'
import { unknownDraft } from '../drafts/propose.ts'
import type { Logger } from '../logger.ts'
import type { LiveValue, PlatformAdapter } from '../platforms/adapter.ts'
import type { DraftTable, OutboxRow } from '../store/draft-table.ts'
import { conclude } from './conclude.ts'
import { noEffectMessage, settleVerdict, type Verdict } from './settle.ts'
import { noteEverywhere, valueInWords } from './drift.ts'
import { notOpen } from './gate.ts'

export interface ReconcileDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  readonly noteLive: (live: LiveValue) => void
  readonly noticeLive: (live: LiveValue) => void
  readonly onChange: () => void
  readonly sleep: (ms: number) => Promise<void>
}

const SYSTEM = { kind: 'system', id: 'reconcile' } as const
/** Reasons of an unknown draft whose platform gave a clear yes: nothing can be under way any more, the yes only has to show. */
const CLEAR_YES: readonly (string | undefined)[] = ['no_effect_yet', 'read_back_failed']
/** After the settle window: how long between later looks, and how many there are before it is left to the person. */
const LATER_LOOK_MS = 60_000
const MAX_LOOKS = 20
/** Looks that fail, as while the platform throttles, count apart and come ever more seldom: about a day of them. */
const MAX_FAILED_LOOKS = 100
const LONGEST_WAIT_MS = 15 * 60_000

export type Reconcile = ReturnType<typeof createReconcile>

export function createReconcile(deps: ReconcileDeps) {
  // Monotonic time at which this process first saw the row: a wall clock that jumps cannot shorten the settle window.
  const firstSeenMs = new Map<string, number>()
  const closing = new AbortController()

  /**
   * One look at one unknown draft.
   * "after" seen → applied. "before" seen → not applied, but only after the window in which it could still show, and two equal reads:
   * settleMs where the answer was lost (the write may yet arrive), readAfterWriteMs where the platform said a clear yes. The window is
   * counted from this process's first look, which is never before the answer. Anything else → somebody else changed it too: it stays
   * unknown for good and says so.
   * @returns true when it is settled.
   */
  async function look(row: OutboxRow, signal: AbortSignal): Promise<boolean> {
    const draft = deps.drafts.get(row.draftId)
    const item = draft?.items[row.k]
    if (draft === undefined || item === undefined) return true
    const adapter = deps.adapterFor(item.accountId)
    const key = `${row.draftId}/${row.k}`
    const seenMs = firstSeenMs.get(key) ?? deps.clock.monotonicMs()
    firstSeenMs.set(key, seenMs)
    let live = await adapter.readLive(item.entityId, item.field, signal)
    let reads = 1
    if (live.value === item.before) {
      if (deps.clock.monotonicMs() - seenMs < windowMs(draft, adapter)) return false
      live = await adapter.readLive(item.entityId, item.field, signal)
      reads = 2
    }
    const outcome = live.value === item.after ? 'applied' : live.value === item.before ? 'not_applied' : 'conflict'
    record(row, outcome, live, reads)
    return true
  }

  function windowMs(draft: Pick<Draft, 'stateReason'>, adapter: PlatformAdapter): number {
    return CLEAR_YES.includes(draft.stateReason) ? adapter.readAfterWriteMs : adapter.settleMs
  }

  function record(
    row: OutboxRow,
    outcome: 'applied' | 'not_applied' | 'conflict',
    live: LiveValue,
    reads: number,
  ): void {
    const nowMs = deps.clock.nowMs()
    const draft = deps.drafts.get(row.draftId)
    const item = draft?.items[row.k]
    const isOpen = deps.drafts.outboxOf(row.draftId).some((each) => each.k === row.k && each.state === 'unknown')
    // The watcher and the person's button may both have read: the first to get here records it.
    if (draft === undefined || item === undefined || draft.state !== 'unknown' || !isOpen) return
    const isEmptyYes = outcome === 'not_applied' && CLEAR_YES.includes(draft.stateReason)
    const requestId = deps.drafts.results(row.draftId).find((each) => each.k === row.k)?.request_id ?? undefined
    const reason = isEmptyYes ? 'no_effect' : `reconciled_${outcome}`
    const message = {
      applied: 'Found by reading: the platform holds the new value.',
      not_applied: isEmptyYes
        ? noEffectMessage(live, requestId)
        : 'Found by reading: the platform still holds the old value. Nothing was changed.',
      conflict: `The platform now says ${valueInWords(live)}, neither the old nor the new value: somebody else changed it too. Whether this change took effect cannot be known.`,
    }[outcome]
    deps.audit.transaction((append) => {
      deps.drafts.moveOutbox(row.draftId, row.k, 'unknown', 'done', { outcome })
      deps.drafts.recordItem(row.draftId, row.k, { liveValue: live.value })
      append({
        type: 'apply.reconciled',
        actor: SYSTEM,
        data: {
          draft: row.draftId,
          k: row.k,
          challengeHash: row.challengeHash,
          outcome,
          live: valueData(item.field, live.value, live.currency),
          reads,
          platformRequestId: asOpaqueId(requestId),
        },
      })
      conclude(deps, row.draftId, { k: row.k, reason, message }, { nowMs, actor: SYSTEM }, append)
    })
    noteEverywhere(outcome === 'applied' ? deps.noteLive : deps.noticeLive, live)
    deps.onChange()
  }

  function recoverRow({ draftId, k }: OutboxRow): void {
    const item = deps.drafts.get(draftId)?.items[k]
    // Recovering one change of a draft may have settled others of it.
    const row = deps.drafts.outboxOf(draftId).find((each) => each.k === k)
    if (item === undefined || row === undefined || row.state === 'unknown' || row.state === 'done') return
    const verdict: Verdict =
      row.state === 'sent'
        ? {
            outcome: 'unknown',
            reason: 'interrupted',
            message:
              'The app was interrupted while the change was on its way. It is being read until the truth is known; nothing is sent again.',
          }
        : {
            outcome: 'not_sent',
            reason: 'interrupted',
            message:
              'The app was interrupted before anything was sent. Nothing was changed; propose it again if it is still wanted.',
          }
    settleVerdict(deps, { draftId, k, field: item.field, challengeHash: row.challengeHash }, verdict)
  }

  return {
    /**
     * After a start, or after a fault in one run: rows that never reached 'sent' were certainly not sent; rows that did are unknown
     * until read. Performs no platform call. @param only the one draft to recover; all when left out
     * @returns the drafts that now need `watch`.
     */
    recover(only?: DraftId): readonly DraftId[] {
      const rows = deps.drafts.unfinished().filter((row) => only === undefined || row.draftId === only)
      for (const row of rows) recoverRow(row)
      return [
        ...new Set(
          deps.drafts
            .unfinished()
            .filter((row) => only === undefined || row.draftId === only)
            .map((row) => row.draftId),
        ),
      ]
    },

    /** Looks at an unknown draft until it is settled, at most MAX_LOOKS times that showed something. Never throws. */
    async watch(draftId: DraftId): Promise<void> {
      let [looks, failed, settled] = [0, 0, 0]
      while (looks < MAX_LOOKS && failed < MAX_FAILED_LOOKS && !closing.signal.aborted) {
        const row = deps.drafts.outboxOf(draftId).find((each) => each.state === 'unknown')
        if (row === undefined) return
        let waitMs = LATER_LOOK_MS
        try {
          const draft = deps.drafts.get(draftId)
          const item = draft?.items[row.k]
          if (draft !== undefined && item !== undefined)
            waitMs = Math.min(LATER_LOOK_MS, Math.max(500, windowMs(draft, deps.adapterFor(item.accountId)) / 4))
          const isSettled = await look(row, AbortSignal.timeout(20_000))
          // A draft of several changes can have more of them: where a log was restored, all that were under way are unknown.
          if (isSettled && ++settled <= MAX_ITEMS) continue
          if (isSettled) return
          looks += 1
        } catch (error) {
          deps.log.error('reconcile_failed', error, { draftId })
          waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2 ** Math.min(failed, 10))
          failed += 1
        }
        await deps.sleep(waitMs)
      }
    },

    /** The person asks for one more look. @throws OperationError not_pending when nothing is unknown, or what the read throws. */
    async once(draftId: DraftId, signal: AbortSignal): Promise<void> {
      const draft = deps.drafts.get(draftId)
      if (draft === undefined) throw unknownDraft()
      const row = deps.drafts.outboxOf(draftId).find((each) => each.state === 'unknown')
      if (row === undefined) throw notOpen(draft)
      if (!(await look(row, signal)))
        throw new OperationError(
          'timeout',
          'The platform still holds the old value, but the change may yet arrive. Nothing was sent again.',
          'Check again in a minute.',
          { retryable: true },
        )
    },

    close(): void {
      closing.abort()
    },
  }
}
