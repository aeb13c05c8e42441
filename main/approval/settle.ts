/**
 * Writes down what became of a change: outbox, draft and log in one transaction. Talks to no platform.
 */
import type { Clock } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/append.ts'
import { type Actor, asCode, asHttpDate, asOpaqueId, type NewRecord } from '../audit/record.ts'
import { valueData } from '../audit/record-items.ts'
import type { LiveValue } from '../platforms/adapter.ts'
import type { DraftTable, OutboxOutcome, OutboxRow } from '../store/draft-table.ts'
import { conclude } from './conclude.ts'
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

/**
 * Writes the outcome of one change of a draft: outbox, log and, when it was the last one, the draft, in one transaction. Whatever is not
 * "applied" stops the rest of the draft: what has not been sent by then never is.
 */
export function settleVerdict(deps: SettleDeps, change: Settled, verdict: Verdict): void {
  const nowMs = deps.clock.nowMs()
  const rows = deps.drafts.outboxOf(change.draftId)
  const row = rows.find((each) => each.k === change.k)
  if (row === undefined) throw new Error('an approved draft is gone')
  const outcome = OUTBOX[verdict.outcome]
  deps.audit.transaction((append) => {
    deps.drafts.moveOutbox(
      change.draftId,
      change.k,
      row.state,
      outcome === undefined ? 'unknown' : 'done',
      outcome === undefined ? {} : { outcome },
    )
    deps.drafts.recordItem(change.draftId, change.k, {
      ...(verdict.live === undefined ? {} : { liveValue: verdict.live.value }),
      ...(verdict.requestId === undefined ? {} : { requestId: verdict.requestId }),
    })
    append(outcomeRecord(change, verdict))
    if (verdict.outcome !== 'applied' || verdict.reason === 'side_effects')
      for (const waiting of rows.filter((each) => each.k !== change.k && isUnsent(each))) {
        deps.drafts.moveOutbox(change.draftId, waiting.k, waiting.state, 'done', { outcome: 'not_sent' })
        append(stoppedRecord(waiting))
      }
    conclude(deps, change.draftId, { k: change.k, ...verdict }, { nowMs, actor: SYSTEM }, append)
  })
  if (verdict.live !== undefined)
    noteEverywhere(verdict.outcome === 'applied' ? deps.noteLive : deps.noticeLive, verdict.live)
}

function isUnsent(row: OutboxRow): boolean {
  return row.state === 'queued' || row.state === 'intent'
}

function outcomeRecord(change: Settled, verdict: Verdict): NewRecord {
  const { live } = verdict
  return {
    type: 'apply.outcome',
    actor: SYSTEM,
    data: {
      draft: change.draftId,
      k: change.k,
      challengeHash: change.challengeHash,
      outcome: verdict.outcome,
      live: live === undefined ? undefined : valueData(change.field, live.value, live.currency),
      platformRequestId: asOpaqueId(verdict.requestId),
      platformDate: asHttpDate(verdict.platformDate),
      code: asCode(verdict.platformCode ?? verdict.reason),
    },
    text: { platform_message: verdict.platformMessage },
  }
}

/** A change that was approved with others and not sent, because one before it did not go through. */
function stoppedRecord({ draftId, k, challengeHash }: OutboxRow): NewRecord {
  return {
    type: 'apply.outcome',
    actor: SYSTEM,
    data: { draft: draftId, k, challengeHash, outcome: 'not_sent', code: 'stopped' },
  }
}
