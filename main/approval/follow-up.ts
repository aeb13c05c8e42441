/**
 * Undoing an applied draft and completing a partly applied one, as new drafts through the same gate. Compares before / ours / now with the
 * platform first, so that somebody else's later change is never overwritten unawares. Reads platforms, never writes one.
 */
import type { Draft, DraftItem } from '../../shared/domain/draft.ts'
import type { AccountId, DraftId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { requestHash } from '../drafts/hash.ts'
import { type DraftDeps, proposeChange, unknownDraft } from '../drafts/propose.ts'
import { restate } from '../drafts/restate.ts'
import { isoTime } from '../drafts/view.ts'
import type { LiveValue, PlatformAdapter } from '../platforms/adapter.ts'
import type { Caller } from '../ports.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { noteEverywhere } from './drift.ts'
import { forEachLimited, LIVE_READS_AT_ONCE } from './limited.ts'

type Planned = OutputOf<'propose_undo'>
type Choice = 'leave' | 'overwrite' | undefined
type Step = Planned['plan'][number]

export interface FollowUpDeps {
  readonly draftDeps: DraftDeps
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  /** Tells facts.db what the platform holds now: the new draft starts from there. */
  readonly noticeLive: (live: LiveValue) => void
}

export interface FollowUpRequest {
  readonly draftId: DraftId
  /** What to do where somebody changed a value since: leave it alone, or replace it too. Undefined: ask. */
  readonly conflicts: Choice
  readonly caller: Caller
  readonly signal: AbortSignal
}

/** A removed entity, or a value that is no longer there, cannot be replaced. */
function isRestatable({ field, now }: Step): boolean {
  return field === 'status' ? now === 'enabled' || now === 'paused' : now !== ''
}

export type FollowUp = ReturnType<typeof createFollowUp>

export function createFollowUp(deps: FollowUpDeps) {
  const { draftDeps } = deps

  /** What the platform holds now beside what was there before and what was written. @throws what a reading throws */
  async function compare(
    items: readonly DraftItem[],
    wanted: (item: DraftItem) => string,
    expected: (item: DraftItem) => string,
    signal: AbortSignal,
  ): Promise<Step[]> {
    return forEachLimited(items, LIVE_READS_AT_ONCE, async (item) => {
      const live = await deps.adapterFor(item.accountId).readLive(item.entityId, item.field, signal)
      noteEverywhere(deps.noticeLive, live)
      const now = live.currency === item.currency ? live.value : ''
      return {
        k: item.k,
        entity_id: item.entityId,
        field: item.field,
        currency: item.currency,
        before: item.before,
        ours: item.after,
        now,
        state: now === wanted(item) ? 'done' : now === expected(item) ? 'clean' : 'conflict',
        untrusted: { path: item.path.map((name) => cleanUntrusted(name, 120)) },
      }
    })
  }

  function propose(
    { caller, conflicts }: FollowUpRequest,
    parts: {
      readonly of: Draft
      readonly items: readonly DraftItem[]
      readonly plan: Step[]
      readonly wanted: (item: DraftItem) => string
      readonly words: { readonly key: string; readonly title: string; readonly rationale: string }
      readonly links: { readonly undoOf?: DraftId; readonly repairOf?: DraftId }
    },
  ): Planned {
    const { plan, words } = parts
    const hasConflict = plan.some((step) => step.state === 'conflict')
    if (hasConflict && conflicts === undefined) return { draft: null, plan }
    const chosen = plan.filter(
      (step) =>
        step.state === 'clean' || (step.state === 'conflict' && conflicts === 'overwrite' && isRestatable(step)),
    )
    if (chosen.length === 0) return { draft: null, plan }
    const operations = chosen.flatMap((step) => {
      const item = parts.items.find((each) => each.k === step.k)
      return item === undefined ? [] : [restate(item, step.now, parts.wanted(item))]
    })
    const input = {
      idempotency_key: `${words.key}-${parts.of.draftId}-${requestHash(draftDeps.clock.nowMs()).slice(0, 12)}`,
      title: words.title.slice(0, 120),
      rationale: words.rationale,
      operations,
    }
    return { draft: proposeChange(draftDeps, caller, input, parts.links).draft, plan }
  }

  function find(draftId: DraftId, states: readonly Draft['state'][], hint: string): Draft {
    const draft = draftDeps.drafts.get(draftId)
    if (draft === undefined) throw unknownDraft()
    if (!states.includes(draft.state)) throw new OperationError('not_pending', hint, 'Nothing was changed.')
    return draft
  }

  const outcomes = (draft: Draft): ReadonlyMap<number, string | null> =>
    new Map(draftDeps.drafts.results(draft.draftId).map((row) => [row.k, row.outcome]))

  return {
    /**
     * A new draft that puts back everything that was written by an applied or partly applied one.
     * @throws OperationError not_pending, unknown_draft, what planning throws, and what a reading throws; then there is no draft.
     */
    async undo(request: FollowUpRequest): Promise<Planned> {
      const draft = find(request.draftId, ['applied', 'partial'], 'Only what has been applied can be undone.')
      const byK = outcomes(draft)
      const items = draft.items.filter((item) => byK.get(item.k) === 'applied')
      const wanted = (item: DraftItem): string => item.before
      const plan = await compare(items, wanted, (item) => item.after, request.signal)
      return propose(request, {
        of: draft,
        items,
        plan,
        wanted,
        words: {
          key: 'undo',
          title: `Undo: ${draft.title}`,
          rationale: `Puts back ${items.length === 1 ? 'the value' : `the ${items.length} values`} from before the change of ${isoTime(draft.decidedAtMs ?? draft.updatedAtMs)}.`,
        },
        links: { undoOf: draft.draftId },
      })
    },

    /**
     * A new draft with the changes of a partly applied one that did not go through.
     * @throws as undo does
     */
    async repair(request: FollowUpRequest): Promise<Planned> {
      const draft = find(request.draftId, ['partial'], 'Only a partly applied draft can be completed.')
      const byK = outcomes(draft)
      const items = draft.items.filter((item) => byK.get(item.k) !== 'applied')
      const wanted = (item: DraftItem): string => item.after
      const plan = await compare(items, wanted, (item) => item.before, request.signal)
      return propose(request, {
        of: draft,
        items,
        plan,
        wanted,
        words: {
          key: 'repair',
          title: `Complete: ${draft.title}`,
          rationale: `Makes the changes that did not go through on ${isoTime(draft.updatedAtMs)}.`,
        },
        links: { repairOf: draft.draftId },
      })
    },
  }
}
