/** Reviewers, the packs handed out to them, and their answers. A removed reviewer stays, for the answers given; nothing here judges. */
import type Database from 'better-sqlite3'
import type { DraftId } from '../../shared/domain/ids.ts'

export interface ReviewerRow {
  readonly reviewerId: string
  readonly name: string
  readonly vkey: string
  readonly addedAtMs: number
  readonly removedAtMs: number | null
}
export interface PackRow {
  readonly packHash: string
  readonly draftId: DraftId
  readonly draftHash: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}
export interface AnswerRow {
  readonly draftId: DraftId
  readonly reviewerId: string
  readonly draftHash: string
  readonly verdict: 'approve' | 'reject'
  /** The signed note as it came. */
  readonly note: string
  readonly receivedAtMs: number
}

/** Reviewers there may ever be in one workspace, removed ones included, and packs of one draft. */
export const MAX_REVIEWERS = 100
export const MAX_PACKS = 20

interface StoredReviewer {
  reviewer_id: string
  name: string
  vkey: string
  added_at_ms: number
  removed_at_ms: number | null
}
interface StoredPack {
  pack_hash: string
  draft_id: string
  draft_hash: string
  created_at_ms: number
  expires_at_ms: number
}
interface StoredAnswer {
  draft_id: string
  reviewer_id: string
  draft_hash: string
  verdict: 'approve' | 'reject'
  note: string
  received_at_ms: number
}

const toReviewer = (row: StoredReviewer): ReviewerRow => ({
  reviewerId: row.reviewer_id,
  name: row.name,
  vkey: row.vkey,
  addedAtMs: row.added_at_ms,
  removedAtMs: row.removed_at_ms,
})
const toPack = (row: StoredPack): PackRow => ({
  packHash: row.pack_hash,
  draftId: row.draft_id as DraftId,
  draftHash: row.draft_hash,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
})
const toAnswer = (row: StoredAnswer): AnswerRow => ({
  draftId: row.draft_id as DraftId,
  reviewerId: row.reviewer_id,
  draftHash: row.draft_hash,
  verdict: row.verdict,
  note: row.note,
  receivedAtMs: row.received_at_ms,
})

export type ReviewTable = ReturnType<typeof createReviewTable>

export function createReviewTable(db: Database.Database) {
  const reviewers = db.prepare<[number], StoredReviewer>(
    'SELECT * FROM reviewer ORDER BY removed_at_ms IS NOT NULL, added_at_ms, reviewer_id LIMIT ?',
  )
  const insertReviewer = db.prepare(
    'INSERT INTO reviewer (reviewer_id, name, vkey, added_at_ms, removed_at_ms) VALUES (?, ?, ?, ?, NULL)',
  )
  const removeReviewer = db.prepare(
    'UPDATE reviewer SET removed_at_ms = ? WHERE reviewer_id = ? AND removed_at_ms IS NULL',
  )
  const pack = db.prepare<[string], StoredPack>('SELECT * FROM review_pack WHERE pack_hash = ?')
  const packs = db.prepare<[string, number], StoredPack>(
    'SELECT * FROM review_pack WHERE draft_id = ? ORDER BY created_at_ms DESC, pack_hash LIMIT ?',
  )
  const insertPack = db.prepare(
    `INSERT INTO review_pack (pack_hash, draft_id, draft_hash, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (pack_hash) DO NOTHING`,
  )
  const answers = db.prepare<[string, number], StoredAnswer>(
    'SELECT * FROM review_answer WHERE draft_id = ? ORDER BY received_at_ms, reviewer_id LIMIT ?',
  )
  const insertAnswer = db.prepare(
    `INSERT INTO review_answer (draft_id, reviewer_id, draft_hash, verdict, note, received_at_ms)
     VALUES (?, ?, ?, ?, ?, ?)`,
  )
  return {
    /** Those who may answer first, in the order they were added; removed ones after them. */
    reviewers: (): readonly ReviewerRow[] => reviewers.all(MAX_REVIEWERS).map(toReviewer),
    addReviewer(row: Omit<ReviewerRow, 'removedAtMs'>): void {
      insertReviewer.run(row.reviewerId, row.name, row.vkey, row.addedAtMs)
    },
    /** False when there is no such reviewer, or they were removed before. */
    removeReviewer: (reviewerId: string, atMs: number): boolean => removeReviewer.run(atMs, reviewerId).changes === 1,
    pack(packHash: string): PackRow | undefined {
      const row = pack.get(packHash)
      return row === undefined ? undefined : toPack(row)
    },
    /** Newest first. */
    packsOf: (draftId: DraftId): readonly PackRow[] => packs.all(draftId, MAX_PACKS).map(toPack),
    addPack(row: PackRow): void {
      insertPack.run(row.packHash, row.draftId, row.draftHash, row.createdAtMs, row.expiresAtMs)
    },
    /** In the order they came. At most one of each reviewer. */
    answersOf: (draftId: DraftId): readonly AnswerRow[] => answers.all(draftId, MAX_REVIEWERS).map(toAnswer),
    addAnswer(row: AnswerRow): void {
      insertAnswer.run(row.draftId, row.reviewerId, row.draftHash, row.verdict, row.note, row.receivedAtMs)
    },
  }
}
