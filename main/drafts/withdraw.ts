/** Takes drafts back before anybody has decided. It decides nothing itself. */
import { OperationError } from '../../shared/errors.ts'
import type { OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { Caller } from '../ports.ts'
import { actorOf, type DraftDeps, originOf, unknownDraft } from './propose.ts'
import { draftView } from './view.ts'

/** Takes an open draft back. Agents only their own. */
export function withdrawDraft(
  deps: DraftDeps,
  caller: Caller,
  input: ParsedInputOf<'withdraw_draft'>,
): OutputOf<'withdraw_draft'> {
  const draft = deps.drafts.get(input.draft_id)
  if (draft === undefined) throw unknownDraft()
  const origin = originOf(caller)
  if (draft.originId !== origin.id)
    throw new OperationError(
      'not_yours',
      'That draft was made by somebody else. It was left as it is.',
      'Only its maker can withdraw it.',
    )
  if (draft.state === 'withdrawn') return { draft: draftView(draft), changed: false }
  const { state } = draft
  if (state !== 'pending' && state !== 'armed')
    throw new OperationError(
      'not_pending',
      `The draft is ${state} and can no longer be withdrawn.`,
      'Call get_draft to see what became of it.',
      { details: { state } },
    )
  const nowMs = deps.clock.nowMs()
  deps.audit.transaction((append) => {
    deps.drafts.voidTokens(draft.draftId, nowMs)
    deps.drafts.transition(draft.draftId, state, 'withdrawn', nowMs, {
      reason: 'withdrawn',
      message: 'Taken back by its maker.',
    })
    append({
      type: 'draft.withdrawn',
      actor: actorOf(caller),
      data: { draft: draft.draftId, draftHash: draft.draftHash },
      text: { reason: input.reason },
    })
  })
  return { draft: draftView(deps.drafts.get(draft.draftId) ?? draft), changed: true }
}
