/**
 * What becomes of drafts when another log takes over. Nothing is ever sent on the word of the old one: what waited for a decision has to be
 * proposed again, and what was on its way is found out by reading.
 */
import type { Draft } from '../../shared/domain/draft.ts'
import type { DraftTable } from '../store/draft-table.ts'
import type { NewRecord } from './record.ts'
import type { SuccessorReason } from './successor.ts'

const SYSTEM = { kind: 'system', id: 'app' } as const

const WORDS: Readonly<
  Record<SuccessorReason, { readonly code: string; readonly open: string; readonly sent: string }>
> = {
  restored: {
    code: 'log_restored',
    open: 'The workspace was restored from a backup, so it is not known what became of this draft since. Propose it again if it is still wanted.',
    sent: 'The workspace was restored from a backup while this change was under way. It is being read until the truth is known; nothing is sent again.',
  },
  key_lost: {
    code: 'log_key_lost',
    open: 'The key that signed its proposal was lost, and a new audit log was begun. Propose it again if it is still wanted.',
    sent: 'A new audit log was begun while this change was under way. It is being read until the truth is known; nothing is sent again.',
  },
}

/**
 * Open drafts become stale. Rows of the outbox that are not done become unknown, whatever they say: in a restored ledger a row that says
 * "not sent yet" may have been sent after the backup was made. Call inside the transaction that begins the new log.
 * @returns the records that the new log needs, in order
 */
export function settleDrafts(drafts: DraftTable, reason: SuccessorReason, nowMs: number): NewRecord[] {
  const { code, open, sent } = WORDS[reason]
  const records: NewRecord[] = []
  const data = (draft: Draft) => ({ draft: draft.draftId, draftHash: draft.draftHash, reason: code })
  for (const state of ['armed', 'pending'] as const)
    forEachIn(drafts, state, (draft) => {
      drafts.transition(draft.draftId, state, 'stale', nowMs, { reason: code, message: open })
      records.push({ type: 'draft.stale', actor: SYSTEM, data: data(draft) })
    })
  for (const row of drafts.unfinished()) {
    if (row.state === 'unknown') continue
    drafts.moveOutbox(row.draftId, row.k, row.state, 'unknown')
    records.push({
      type: 'apply.outcome',
      actor: SYSTEM,
      data: { draft: row.draftId, k: row.k, challengeHash: row.challengeHash, outcome: 'unknown', code },
    })
  }
  forEachIn(drafts, 'approved', ({ draftId }) => drafts.transition(draftId, 'approved', 'applying', nowMs))
  forEachIn(drafts, 'applying', (draft) => {
    drafts.transition(draft.draftId, 'applying', 'unknown', nowMs, { reason: code, message: sent })
    records.push({ type: 'draft.unknown', actor: SYSTEM, data: data(draft) })
  })
  return records
}

/** All of them, in the store's pages; `settle` takes each out of the state. */
function forEachIn(
  drafts: DraftTable,
  state: 'pending' | 'armed' | 'approved' | 'applying',
  settle: (draft: Draft) => void,
): void {
  for (;;) {
    const page = drafts.inState(state)
    page.forEach(settle)
    if (page.length === 0) return
  }
}
