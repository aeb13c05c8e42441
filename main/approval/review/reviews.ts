/**
 * Reviewers, the packs they are handed, and the answers they send back. An answer is stored and shown; it approves nothing here. Reads no
 * platform and writes none.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../shared/clock.ts'
import type { Draft } from '../../../shared/domain/draft.ts'
import type { DraftId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { AuditLog } from '../../audit/append.ts'
import { createSigner, parseVkey } from '../../audit/note.ts'
import { unknownDraft } from '../../drafts/propose.ts'
import { type Answer, readAnswer } from '../../review/answer.ts'
import { makePack } from '../../review/pack.ts'
import { type ReviewReason, reviewInvalid } from '../../review/refusal.ts'
import { parseReviewerVkey, rawPublicKey } from '../../review/reviewer-key.ts'
import type { DraftTable } from '../../store/draft-table.ts'
import { MAX_PACKS, MAX_REVIEWERS, type ReviewerRow, type ReviewTable } from '../../store/review-table.ts'
import type { Vault } from '../../vault/vault.ts'
import { noteHash } from './second-person.ts'

export interface ReviewsDeps {
  readonly reviews: ReviewTable
  readonly drafts: Pick<DraftTable, 'get'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly vault: Pick<Vault, 'signingKey' | 'nextSigningKey'>
  readonly appVersion: string
}

const OWNER = { kind: 'user', id: 'owner' } as const
/** Two computers' clocks may differ by so much. */
const CLOCK_SLACK_MS = 3_600_000
/** Earlier keys of the log that are remembered as the owner's own. */
const MAX_ROTATIONS = 200
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

export type Reviews = ReturnType<typeof createReviews>

export function createReviews(deps: ReviewsDeps) {
  const { reviews, drafts, audit, clock, vault } = deps

  function active(): readonly ReviewerRow[] {
    return reviews.reviewers().filter((reviewer) => reviewer.removedAtMs === null)
  }

  /** Every key this log was ever signed with: none of them is a second person's. */
  function ownKeys(): readonly Buffer[] {
    const now = [vault.signingKey.publicKey, vault.nextSigningKey?.publicKey].filter((key) => key !== undefined)
    const rotations = audit
      .list({ type: 'key.rotated', limit: MAX_ROTATIONS })
      .flatMap(({ record }) => (record?.type === 'key.rotated' ? [record.data.old, record.data.new] : []))
    return [...now, ...[audit.vkey, ...rotations].map((vkey) => parseVkey(vkey).publicKey)].map(rawPublicKey)
  }

  function openDraft(draftId: DraftId, draftHash?: string): Draft {
    const draft = drafts.get(draftId)
    if (draft === undefined) throw unknownDraft()
    if (draftHash !== undefined && draft.draftHash !== draftHash)
      throw refused('changed_draft', 'the draft was changed after the pack was made')
    if (draft.state !== 'pending' && draft.state !== 'armed')
      throw refused('not_open', `the draft is ${draft.state.replace('_', ' ')} already`)
    if (draft.expiresAtMs <= clock.nowMs()) throw refused('expired', 'the draft has expired')
    return draft
  }

  function signerOf(answerText: string): { readonly answer: Answer; readonly reviewer: ReviewerRow } {
    const all = reviews.reviewers().map((reviewer) => ({ reviewer, verifier: parseReviewerVkey(reviewer.vkey) }))
    const answer = readAnswer(
      answerText,
      all.map(({ verifier }) => verifier),
    )
    const reviewer = all.find(({ verifier }) => verifier === answer.signer)?.reviewer
    if (reviewer === undefined) throw new Error('signed by nobody that was asked for')
    if (reviewer.removedAtMs !== null)
      throw refused('removed_reviewer', 'the reviewer who signed it was removed from this workspace')
    return { answer, reviewer }
  }

  return {
    list: () => reviews.reviewers(),
    active,

    /** @throws OperationError review_invalid (not a reviewer's key, our own key), invalid_input (there already, removed before, too many) */
    add(name: string, vkey: string): ReviewerRow {
      const verifier = parseReviewerVkey(vkey)
      const key = rawPublicKey(verifier.publicKey)
      if (ownKeys().some((own) => own.equals(key)))
        throw reviewInvalid(
          'own_key',
          'That is the key this workspace signs its own log with. It is not a second person’s. Nothing was changed.',
          'The second person makes a key on their own computer: spendsignoff review new-key.',
        )
      const before = reviews.reviewers()
      const known = before.find((each) => each.vkey === verifier.vkey)
      if (known !== undefined) throw knownAlready(known)
      if (before.length >= MAX_REVIEWERS)
        throw new OperationError(
          'invalid_input',
          `A workspace keeps ${MAX_REVIEWERS} reviewers at most. Nothing was changed.`,
          'Go on with those that are there.',
        )
      const row = { reviewerId: newReviewerId(), name, vkey: verifier.vkey, addedAtMs: clock.nowMs() }
      audit.transaction((append) => {
        reviews.addReviewer(row)
        append({
          type: 'reviewer.added',
          actor: OWNER,
          data: { reviewer: row.reviewerId, vkey: row.vkey },
          text: { reviewer_name: name },
        })
      })
      return { ...row, removedAtMs: null }
    },

    /** What they approved before counts no longer; what they rejected stays rejected. @throws OperationError invalid_input */
    remove(reviewerId: string): ReviewerRow {
      const row = reviews.reviewers().find((each) => each.reviewerId === reviewerId)
      const nowMs = clock.nowMs()
      if (row === undefined || row.removedAtMs !== null)
        throw new OperationError(
          'invalid_input',
          'There is no such reviewer any more. Nothing was changed.',
          'Look at the list again.',
        )
      audit.transaction((append) => {
        reviews.removeReviewer(reviewerId, nowMs)
        append({
          type: 'reviewer.removed',
          actor: OWNER,
          data: { reviewer: reviewerId },
          text: { reviewer_name: row.name },
        })
      })
      return { ...row, removedAtMs: nowMs }
    },

    /**
     * The draft as a file for a second person, signed by the log's key.
     * @throws OperationError unknown_draft, review_invalid (not open, expired), invalid_input (too many packs of one draft)
     */
    exportPack(draftId: DraftId): { readonly text: string; readonly packHash: string; readonly expiresAtMs: number } {
      const draft = openDraft(draftId)
      if (reviews.packsOf(draftId).length >= MAX_PACKS)
        throw new OperationError(
          'invalid_input',
          `${MAX_PACKS} packs of this draft were exported already. Nothing was written.`,
          'Use one of them: each is good until the draft expires.',
        )
      const nowMs = clock.nowMs()
      const { text, packHash } = makePack({
        draft,
        signer: createSigner(audit.origin, vault.signingKey),
        logVkey: audit.vkey,
        checkpoint: audit.head().note,
        appVersion: deps.appVersion,
        nowMs,
      })
      audit.transaction((append) => {
        const { draftHash, expiresAtMs } = draft
        reviews.addPack({ packHash, draftId, draftHash, createdAtMs: nowMs, expiresAtMs })
        append({ type: 'review.exported', actor: OWNER, data: { draft: draftId, draftHash, packHash } })
      })
      return { text, packHash, expiresAtMs: draft.expiresAtMs }
    },

    /**
     * Checks an answer and stores it with its record. @returns the draft it is about
     * @throws OperationError review_invalid, with the reason in its details; then nothing is stored
     */
    importAnswer(text: string): DraftId {
      const { answer, reviewer } = signerOf(text)
      const nowMs = clock.nowMs()
      if (answer.origin !== audit.origin) throw refused('other_log', 'it answers a pack of another workspace')
      return audit.transaction((append) => {
        const pack = reviews.pack(answer.packHash)
        if (pack === undefined) throw refused('unknown_pack', 'it answers a pack that was not exported here')
        if (pack.draftId !== answer.draftId || pack.draftHash !== answer.draftHash)
          throw refused('other_draft', 'it names another draft than the pack it answers')
        const { draftId } = pack
        const draft = openDraft(draftId, answer.draftHash)
        if (reviews.answersOf(draftId).some((given) => given.reviewerId === reviewer.reviewerId))
          throw refused('answered_already', 'this reviewer has answered for this draft before')
        refuseOddTime(answer, pack.createdAtMs, nowMs)
        reviews.addAnswer({
          draftId,
          reviewerId: reviewer.reviewerId,
          draftHash: draft.draftHash,
          verdict: answer.verdict,
          note: answer.note,
          receivedAtMs: nowMs,
        })
        append({
          type: 'review.answered',
          actor: OWNER,
          data: {
            draft: draftId,
            draftHash: draft.draftHash,
            reviewer: reviewer.reviewerId,
            verdict: answer.verdict,
            noteHash: noteHash(answer.note),
          },
          text: { reviewer_name: reviewer.name, reason: answer.reason === '' ? undefined : answer.reason },
        })
        return draftId
      })
    },
  }
}

/** The time in an answer is the reviewer's word; one that cannot be means that a clock is wrong, or that the answer was prepared. */
function refuseOddTime(answer: Answer, packAtMs: number, nowMs: number): void {
  if (answer.atMs < packAtMs - CLOCK_SLACK_MS)
    throw refused('wrong_time', 'it says it was signed before its pack was made')
  if (answer.atMs > nowMs + CLOCK_SLACK_MS) throw refused('wrong_time', 'it says it was signed later than it is now')
}

function knownAlready({ name, removedAtMs }: ReviewerRow): OperationError {
  return removedAtMs === null
    ? new OperationError(
        'invalid_input',
        `That key is already the one of ${name}. Nothing was changed.`,
        'Go on with it.',
      )
    : new OperationError(
        'invalid_input',
        `That key was the one of ${name}, who was removed. A removed key never comes back. Nothing was changed.`,
        'Have them make a new key.',
      )
}

function refused(reason: ReviewReason, what: string): OperationError {
  return reviewInvalid(
    reason,
    `This does not count: ${what}. Nothing was stored.`,
    reason === 'wrong_time'
      ? 'Check the clocks of both computers, and have it answered again.'
      : 'Export a new review pack of the draft as it is now, and have that one answered.',
  )
}

/** "rv_" and 80 random bits. */
function newReviewerId(): string {
  return `rv_${Array.from(randomBytes(16), (byte) => BASE32[byte % 32]).join('')}`
}
