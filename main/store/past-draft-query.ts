/** Drafts of the past with when they were approved and what became of each change: what a replay of the guardrails reads. Changes nothing. */
import type Database from 'better-sqlite3'
import type { DraftId } from '../../shared/domain/ids.ts'
import type { OutboxOutcome } from './draft-table.ts'

export interface PastApproval {
  readonly k: number
  readonly approvedAtMs: number
  readonly approvedSteadyMs: number
  readonly outcome: OutboxOutcome | null
}

export type PastDraftReader = ReturnType<typeof createPastDraftReader>

export function createPastDraftReader(db: Database.Database) {
  const ids = db.prepare<[number, number], { draft_id: string }>(
    'SELECT draft_id FROM draft WHERE created_at_ms >= ? ORDER BY created_at_ms DESC, draft_id DESC LIMIT ?',
  )
  const count = db.prepare<[number], { n: number }>('SELECT COUNT(*) AS n FROM draft WHERE created_at_ms >= ?')
  const approvals = db.prepare<[string], PastApproval>(
    `SELECT k, approved_at_ms AS approvedAtMs, approved_steady_ms AS approvedSteadyMs, outcome FROM outbox
     WHERE draft_id = ? ORDER BY k`,
  )
  const latestSteady = db.prepare<[], { at: number | null }>('SELECT MAX(approved_steady_ms) AS at FROM outbox')
  return {
    /** The newest drafts since then, oldest of them first, and how many there are in all. */
    since(sinceMs: number, limit: number): { readonly draftIds: readonly DraftId[]; readonly total: number } {
      const draftIds = ids.all(sinceMs, limit).map((row) => row.draft_id as DraftId)
      return { draftIds: draftIds.toReversed(), total: count.get(sinceMs)?.n ?? 0 }
    },
    approvalsOf: (draftId: DraftId): readonly PastApproval[] => approvals.all(draftId),
    /** The newest steady time on record, undefined before the first approval. */
    latestSteadyMs: (): number | undefined => latestSteady.get()?.at ?? undefined,
  }
}
