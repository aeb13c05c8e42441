/** Writes that were found not to have taken effect, as long as they might still land, and what is noted when one does. Asks no platform. */
import type Database from 'better-sqlite3'
import type { DraftId } from '../../shared/domain/ids.ts'

export interface NotLanded {
  readonly draftId: DraftId
  readonly k: number
  /** Wall clock. */
  readonly sentAtMs: number
}
export type LateLandingTable = ReturnType<typeof createLateLandingTable>

/** Looked after at once; more never land in one day. */
const MAX_WATCHED = 200

export function createLateLandingTable(db: Database.Database) {
  /*
   * Only where no later change of the same field was sent, or is on its way: after one, the new value proves nothing of the first. Two
   * writes of one draft never touch the same field of the same target.
   */
  const watched = db.prepare<[number], NotLanded>(
    `SELECT o.draft_id AS draftId, o.k AS k, o.sent_at_ms AS sentAtMs
       FROM outbox o JOIN draft_item i ON i.draft_id = o.draft_id AND i.k = o.k
      WHERE o.state = 'done' AND o.outcome = 'not_applied' AND o.sent_at_ms > ?
        AND NOT EXISTS (
          SELECT 1 FROM outbox later JOIN draft_item j ON j.draft_id = later.draft_id AND j.k = later.k
           WHERE j.target = i.target AND j.field = i.field AND later.draft_id <> o.draft_id
             AND (later.state <> 'done' OR (later.sent_at_ms >= o.sent_at_ms AND later.outcome <> 'not_sent')))
      ORDER BY o.sent_at_ms DESC LIMIT ${MAX_WATCHED}`,
  )
  const land = db.prepare(
    `UPDATE outbox SET outcome = 'applied' WHERE draft_id = ? AND k = ? AND state = 'done' AND outcome = 'not_applied'`,
  )
  const live = db.prepare('UPDATE draft_item SET live_value = ? WHERE draft_id = ? AND k = ?')
  const say = db.prepare('UPDATE draft SET state_message = ?, updated_at_ms = ? WHERE draft_id = ?')
  return {
    /** Sent after `sinceMs` (wall clock), newest first, at most 200. */
    watched: (sinceMs: number): readonly NotLanded[] => watched.all(sinceMs),
    /**
     * The platform holds the new value after all: from now on the write counts as applied, in the envelope too. The draft stays in its
     * state, which is final, with another sentence. @returns false when it counted so already
     */
    landed(
      row: NotLanded,
      what: { readonly liveValue: string; readonly message: string; readonly nowMs: number },
    ): boolean {
      if (land.run(row.draftId, row.k).changes !== 1) return false
      live.run(what.liveValue, row.draftId, row.k)
      say.run(what.message, what.nowMs, row.draftId)
      return true
    },
  }
}
