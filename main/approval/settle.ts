/**
 * Writes down what became of a change: outbox, draft and log in one transaction. Talks to no platform.
 */
import type { Clock } from '../../shared/clock.ts'
import type { DraftId } from '../../shared/domain/ids.ts'
import type { AuditLog } from '../audit/append.ts'
import { type Actor, asCode, asHttpDate, asOpaqueId } from '../audit/record.ts'
import { valueData } from '../audit/record-items.ts'
import type { LiveValue } from '../platforms/adapter.ts'
import type { DraftTable, OutboxOutcome } from '../store/draft-table.ts'
import { noteEverywhere, valueInWords } from './drift.ts'
import type { ApprovedChange } from './gate.ts'

const SYSTEM: Actor = { kind: 'system', id: 'executor' }

/** What became of one change, as the outbox, the draft and the log will say it. */
export interface Verdict {
  readonly outcome: 'applied' | 'refused' | 'not_sent' | 'no_effect' | 'unknown' | 'conflict'
  readonly reason: string
  /** Our words for the person. */
  readonly message: string
  readonly live?: LiveValue | undefined
  readonly requestId?: string | undefined
  readonly platformDate?: string | undefined
  readonly platformCode?: string | undefined
  readonly platformMessage?: string | undefined
}

interface SettleDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly noteLive: (live: LiveValue) => void
  readonly noticeLive: (live: LiveValue) => void
}
export type Settled = Pick<ApprovedChange, 'draftId' | 'k' | 'field' | 'challengeHash'>

const OUTBOX: Readonly<Record<Verdict['outcome'], OutboxOutcome | undefined>> = {
  applied: 'applied',
  refused: 'refused',
  not_sent: 'not_sent',
  no_effect: 'not_applied',
  conflict: 'conflict',
  unknown: undefined,
}

/** A clear yes of the platform that its own values contradict. */
export function noEffectMessage(live: LiveValue, requestId: string | undefined): string {
  const id = asOpaqueId(requestId)
  const said = id === undefined ? 'The platform said yes' : `The platform said yes (its request id is ${id})`
  return `${said}, but it still says ${valueInWords(live)}. Nothing was changed, and nothing is sent again.`
}

/** Writes the outcome of a change that is applying: outbox, draft and log in one transaction. */
export function settleVerdict(deps: SettleDeps, change: Settled, verdict: Verdict): void {
  const nowMs = deps.clock.nowMs()
  const draft = deps.drafts.get(change.draftId)
  const row = deps.drafts.outboxOf(change.draftId).find((each) => each.k === change.k)
  if (draft === undefined || row === undefined) throw new Error('an approved draft is gone')
  const outcome = OUTBOX[verdict.outcome]
  const to =
    verdict.outcome === 'applied'
      ? 'applied'
      : verdict.reason === 'drift' || verdict.reason === 'affects_drift'
        ? 'stale'
        : verdict.outcome === 'unknown' || verdict.outcome === 'conflict'
          ? 'unknown'
          : 'apply_failed'
  const type = `draft.${to}` as const
  deps.audit.transaction((append) => {
    deps.drafts.moveOutbox(
      change.draftId,
      change.k,
      row.state,
      outcome === undefined ? 'unknown' : 'done',
      outcome === undefined ? {} : { outcome },
    )
    deps.drafts.transition(change.draftId, draft.state, to, nowMs, { reason: verdict.reason, message: verdict.message })
    deps.drafts.recordItem(change.draftId, change.k, {
      ...(verdict.live === undefined ? {} : { liveValue: verdict.live.value }),
      ...(verdict.requestId === undefined ? {} : { requestId: verdict.requestId }),
    })
    const live =
      verdict.live === undefined ? undefined : valueData(change.field, verdict.live.value, verdict.live.currency)
    append({
      type: 'apply.outcome',
      actor: SYSTEM,
      data: {
        draft: change.draftId,
        k: change.k,
        challengeHash: change.challengeHash,
        outcome: verdict.outcome,
        live,
        platformRequestId: asOpaqueId(verdict.requestId),
        platformDate: asHttpDate(verdict.platformDate),
        code: asCode(verdict.platformCode ?? verdict.reason),
      },
      text: { platform_message: verdict.platformMessage },
    })
    append({ type, actor: SYSTEM, data: { draft: change.draftId, draftHash: draft.draftHash, reason: verdict.reason } })
    if (to === 'applied') noteRollback(deps, draft.undoOf, draft.draftId, nowMs, append)
  })
  if (verdict.live !== undefined)
    noteEverywhere(verdict.outcome === 'applied' ? deps.noteLive : deps.noticeLive, verdict.live)
}

/** An applied undo marks the draft it undid. */
export function noteRollback(
  deps: Pick<SettleDeps, 'drafts'>,
  undone: DraftId | undefined,
  by: DraftId,
  nowMs: number,
  append: Parameters<Parameters<AuditLog['transaction']>[0]>[0],
): void {
  const original = undone === undefined ? undefined : deps.drafts.get(undone)
  if (original?.state !== 'applied') return
  deps.drafts.transition(original.draftId, 'applied', 'rolled_back', nowMs, {
    reason: 'undone',
    message: 'Undone by a later change.',
  })
  append({
    type: 'draft.rolled_back',
    actor: SYSTEM,
    data: { draft: original.draftId, draftHash: original.draftHash, by },
  })
}
