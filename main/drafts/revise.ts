/** An edited version of a draft: a new draft by the person, judged like any other. The old one stays, as superseded. */
import { formatStrategy, parseStrategy } from '../../shared/domain/bid.ts'
import type { Draft, DraftItem } from '../../shared/domain/draft.ts'
import type { DraftId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ChangeInput, DraftView } from '../../shared/operations.ts'
import type { Caller } from '../ports.ts'
import { requestHash } from './hash.ts'
import { actorOf, type DraftDeps, proposeChange, unknownDraft } from './propose.ts'
import { restate } from './restate.ts'

export interface Revision {
  readonly draftId: DraftId
  /** Hash of the draft on the person's screen. */
  readonly shownHash: string
  /** New values in wire form, by number of the change; for a strategy that of its target. */
  readonly values: ReadonlyMap<number, string>
  /** Numbers of changes that the new version does without. */
  readonly leaveOut: ReadonlySet<number>
  readonly note: string | undefined
}

const MIN_RATIONALE = 10

/**
 * Proposes the edited version and puts the old one aside, in one transaction.
 * @throws OperationError unknown_draft, not_pending, draft_changed, invalid_input (nothing edited, or nothing left), and what planning a
 * proposal throws; then the old draft stands as it was.
 */
export function reviseDraft(deps: DraftDeps, caller: Caller, revision: Revision): DraftView {
  const draft = deps.drafts.get(revision.draftId)
  if (draft === undefined) throw unknownDraft()
  if (draft.state !== 'pending' && draft.state !== 'armed')
    throw new OperationError(
      'not_pending',
      `The draft is ${draft.state.replace('_', ' ')} and can no longer be edited.`,
      'Nothing was changed.',
    )
  if (draft.draftHash !== revision.shownHash)
    throw new OperationError(
      'draft_changed',
      'The draft is not the one on your screen. Nothing was changed.',
      'Look at it again, then edit.',
    )
  const kept = draft.items.filter((item) => !revision.leaveOut.has(item.k))
  const isEdited = kept.some((item) => (revision.values.get(item.k) ?? item.requested) !== item.requested)
  if (kept.length === 0 || (!isEdited && kept.length === draft.items.length))
    throw new OperationError(
      'invalid_input',
      kept.length === 0 ? 'No change would be left.' : 'Nothing was edited.',
      'Change a value or leave a change out; to decline the whole draft, reject it.',
    )
  const note = revision.note ?? ''
  const input = {
    // With the time: the same edit is judged afresh once the limits that blocked it were changed. A second click meets a superseded draft.
    idempotency_key: `edit-${draft.draftId}-${requestHash([[...revision.values], [...revision.leaveOut], deps.clock.nowMs()]).slice(0, 12)}`,
    title: draft.title,
    rationale:
      note.length >= MIN_RATIONALE
        ? note
        : `Edited version of a draft; its reason stands there.${note === '' ? '' : ` ${note}`}`,
    expires_in_hours: hoursLeft(draft, deps.clock.nowMs()),
    operations: kept.map((item) => edited(item, revision.values.get(item.k))),
  }
  // The step limits are waived for putting back a value from before, and for nothing else: with a value of its own it is no undo any more.
  const links = draft.undoOf === undefined || isEdited ? {} : { undoOf: draft.undoOf }
  return proposeChange(deps, caller, input, { ...links, revises: draft.draftId }, (append, next) => {
    const nowMs = deps.clock.nowMs()
    const { state } = draft
    // A version that the limits block does not take the place of one they allow.
    if (next.state === 'rejected' || (state !== 'pending' && state !== 'armed')) return
    deps.drafts.voidTokens(draft.draftId, nowMs)
    deps.drafts.transition(draft.draftId, state, 'superseded', nowMs, {
      reason: 'edited',
      message: 'An edited version took its place. Nothing was changed by this one.',
    })
    append({
      type: 'draft.revised',
      actor: actorOf(caller),
      data: { draft: draft.draftId, draftHash: draft.draftHash, by: next.draftId },
    })
  }).draft
}

function edited(item: DraftItem, value: string | undefined): ChangeInput {
  if (value === undefined) return restate(item, item.before, item.requested)
  if (item.kind === 'set_status')
    throw new OperationError('invalid_input', 'A switch has no value to edit.', 'Leave the change out instead.')
  if (item.kind !== 'set_bid_strategy') return restate(item, item.before, value)
  const { strategy, targetMicros } = parseStrategy(item.requested, item.currency)
  if (targetMicros === undefined)
    throw new OperationError('invalid_input', 'This strategy has no target to edit.', 'Leave the change out instead.')
  const target = parseStrategy(`${strategy}:${value}`, item.currency)
  return restate(item, item.before, formatStrategy(target, item.currency))
}

function hoursLeft(draft: Draft, nowMs: number): number {
  return Math.min(168, Math.max(1, Math.ceil((draft.expiresAtMs - nowMs) / 3_600_000)))
}
