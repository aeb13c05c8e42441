/**
 * The person's side of the gate: arm, let lapse, reject. Reads platforms, never writes one.
 */
import type { Clock } from '../../shared/clock.ts'
import type { Draft, DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import type { AccountId, DraftId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { AuditLog } from '../audit/append.ts'
import { asCode, asOpaqueId } from '../audit/record.ts'
import { itemsData, pathTexts, policyData, valueData } from '../audit/record-items.ts'
import { planChange, type PlanningSnapshot, refuseImported, writesOff } from '../drafts/plan.ts'
import { countCutsOnce } from '../drafts/envelope.ts'
import { judgeSet, type SetContext } from '../drafts/guardrails.ts'
import { blockOf, type DraftDeps, unknownDraft } from '../drafts/propose.ts'
import { restate } from '../drafts/restate.ts'
import { MAX_REFUSAL } from '../drafts/value.ts'
import type { LiveValue, PlatformAdapter, ValidateResult } from '../platforms/adapter.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import type { DraftTable } from '../store/draft-table.ts'
import { driftOf, noteEverywhere } from './drift.ts'
import { forEachLimited, LIVE_READS_AT_ONCE } from './limited.ts'
import {
  busy,
  type Challenge,
  type Gate,
  notOpen,
  type Reading,
  refuseIfBroken,
  type ReviewProof,
  type Validation,
} from './gate.ts'

export interface DecideDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly policy: DraftDeps['policy']
  readonly guardrails: DraftDeps['guardrails']
  readonly requireReview: (draft: Draft) => ReviewProof | undefined
  readonly bootId: string
  readonly gate: Gate
  readonly snapshot: () => PlanningSnapshot
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  /** Tells facts.db what the platform holds now. */
  readonly noticeLive: (live: LiveValue) => void
  /** Whether the person lets changes be made in an account. */
  readonly writesAllowed: (accountId: AccountId) => boolean
}

export interface Armed extends Reading {
  /** Who else has approved it, where the two-person rule asks for somebody. */
  readonly reviewer: string | undefined
  readonly challenge: Challenge
}

export type Decide = ReturnType<typeof createDecide>

export function createDecide(deps: DecideDeps) {
  const user = { kind: 'user', id: 'owner' } as const

  /** Moves a draft to a final state with its record, in one transaction. */
  function settle(
    draft: Draft,
    to: 'stale' | 'expired' | 'rejected',
    why: { reason: string; message: string; text?: string; live?: readonly LiveValue[] },
  ): void {
    const nowMs = deps.clock.nowMs()
    deps.audit.transaction((append) => {
      const state = deps.drafts.get(draft.draftId)?.state
      if (state !== 'pending' && state !== 'armed') throw notOpen(deps.drafts.get(draft.draftId) ?? draft)
      deps.drafts.voidTokens(draft.draftId, nowMs)
      deps.drafts.transition(draft.draftId, state, to, nowMs, {
        reason: why.reason,
        message: why.message,
        ...(to === 'rejected' && why.text !== undefined && why.text !== '' ? { note: why.text } : {}),
      })
      for (const [k, each] of (why.live ?? []).entries())
        deps.drafts.recordItem(draft.draftId, k, { liveValue: each.value })
      const data = {
        draft: draft.draftId,
        draftHash: draft.draftHash,
        items: itemsData(draft.items),
        reason: why.reason,
        ...(why.live === undefined
          ? {}
          : {
              live: why.live.map((each, k) => ({
                k,
                value: valueData(each.field, each.value, each.currency),
                expected: valueData(each.field, draft.items[k]?.before ?? '', each.currency),
              })),
            }),
      }
      const text = { ...pathTexts(draft.items), reason: why.text }
      if (to === 'rejected') append({ type: 'draft.rejected', actor: user, data, text })
      else
        append({
          type: to === 'stale' ? 'draft.stale' : 'draft.expired',
          actor: to === 'stale' ? user : { kind: 'system', id: 'app' },
          data,
          text,
        })
    })
  }

  function open(draftId: DraftId): Draft {
    const draft = deps.drafts.get(draftId)
    if (draft === undefined) throw unknownDraft()
    if (draft.state !== 'pending' && draft.state !== 'armed') throw notOpen(draft)
    return draft
  }

  return {
    /**
     * "Approve & push live": reads the live values now, compares, judges the policy again, and has the platform check the change without
     * making it. Undefined when the draft turned stale; the draft says why. Nothing is written to the platform.
     * @param before drafts of the same batch that were armed just before: this one is judged as if they were approved already
     * @throws OperationError draft_changed, not_pending, account_not_available (imported from files), writes_not_allowed, entity_busy, field_not_editable, guardrail, breaker_open, review_needed, platform_refused
     * (the platform's own check says no: the draft stays as it was) and what the platform's read throws.
     */
    async arm(
      draftId: DraftId,
      shownHash: string,
      signal: AbortSignal,
      before: readonly DraftItem[] = [],
    ): Promise<Armed | undefined> {
      const draft = open(draftId)
      if (draft.draftHash !== shownHash)
        throw new OperationError(
          'draft_changed',
          'The draft is not the one on your screen. Nothing was sent.',
          'Look at it again, then decide.',
        )
      if (draft.expiresAtMs <= deps.clock.nowMs()) {
        settle(draft, 'expired', { reason: 'expired', message: 'Nobody decided in time. Nothing was changed.' })
        return undefined
      }
      refuseIfBroken(deps.audit)
      for (const item of draft.items) refuseImported(item.accountId)
      for (const item of draft.items) if (!deps.writesAllowed(item.accountId)) throw writesOff(item.accountId)
      // An earlier confirmation dies now: whatever this reading finds, nobody can go on with the older one.
      if (draft.state === 'armed') lapse(draft, 'read_again')
      for (const item of draft.items) if (deps.drafts.isBusy(item)) throw busy('Wait until its outcome is known.')

      const live = await forEachLimited(draft.items, LIVE_READS_AT_ONCE, (item) =>
        deps.adapterFor(item.accountId).readLive(item.entityId, item.field, signal),
      )
      for (const each of live) noteEverywhere(deps.noticeLive, each)
      const drift = draft.items.flatMap((item, k) => {
        const value = live[k]
        const shown = { ...item, affects: item.affects.map((each) => each.entityId) }
        return (value === undefined ? undefined : driftOf(shown, value)) ?? []
      })[0]
      if (drift !== undefined) {
        settle(draft, 'stale', { reason: drift.reason, message: `${drift.message} Nothing was changed.`, live })
        return undefined
      }
      const refusal = live.find((each) => each.refusal !== undefined)?.refusal
      if (refusal !== undefined)
        throw new OperationError(
          'field_not_editable',
          `${cleanUntrusted(refusal, MAX_REFUSAL)} Nothing was changed.`,
          'Reject the draft, or change it on the platform.',
        )
      const policy = judgeAgain(draft, before)
      if (policy === undefined) return undefined
      const reading: Reading = { live, validation: await validateAll(draft, signal), policy }
      const reviewer = deps.requireReview(draft)?.reviewerId
      return { challenge: deps.gate.arm(draft, reading), reviewer, ...reading }
    },

    /** Cancel: the draft goes back to pending and its token dies. */
    disarm(draftId: DraftId): void {
      const draft = open(draftId)
      if (draft.state === 'armed') lapse(draft, 'cancelled')
    },

    reject(draftId: DraftId, reason: string): void {
      settle(open(draftId), 'rejected', {
        reason: 'person',
        message: 'Rejected by you. Nothing was changed.',
        text: reason,
      })
    },

    /** Lets armed drafts lapse whose token is dead, and expires what nobody decided. Bounded per call. */
    sweep(): number {
      let moved = 0
      for (const draft of deps.drafts.inState('armed'))
        if (
          !deps.drafts.hasLiveToken(draft.draftId, deps.bootId, {
            monoMs: Math.floor(deps.clock.monotonicMs()),
            nowMs: deps.clock.nowMs(),
          })
        ) {
          lapse(draft, 'token_expired')
          moved += 1
        }
      for (const draft of deps.drafts.due(deps.clock.nowMs())) {
        settle(draft, 'expired', { reason: 'expired', message: 'Nobody decided in time. Nothing was changed.' })
        moved += 1
      }
      return moved
    },
  }

  function lapse(draft: Draft, reason: string): void {
    const nowMs = deps.clock.nowMs()
    deps.audit.transaction((append) => {
      deps.drafts.voidTokens(draft.draftId, nowMs)
      deps.drafts.transition(draft.draftId, 'armed', 'pending', nowMs)
      append({
        type: 'draft.lapsed',
        actor: reason === 'cancelled' || reason === 'read_again' ? user : { kind: 'system', id: 'app' },
        data: { draft: draft.draftId, draftHash: draft.draftHash, reason },
      })
    })
  }

  /** Has every platform check its change without making it. @throws OperationError platform_refused, and what the check throws */
  async function validateAll(draft: Draft, signal: AbortSignal): Promise<readonly Validation[]> {
    return forEachLimited(draft.items, LIVE_READS_AT_ONCE, async (item) => {
      const { k, platform, accountId, entityId, field, currency, before, after } = item
      const change = { platform, accountId, entityId, field, currency, before, after }
      const result = await deps.adapterFor(accountId).validate(change, signal)
      if (result.kind === 'refused') throw refusedByCheck(draft, k, result)
      return {
        k,
        result: result.kind,
        ...(result.kind === 'ok' ? { platformRequestId: result.platformRequestId } : {}),
      }
    })
  }

  /** Puts the platform's no on record. The draft stays as it was: the person may change something there and try again. */
  function refusedByCheck(
    draft: Draft,
    k: number,
    { platformCode, platformMessage, platformRequestId }: Extract<ValidateResult, { kind: 'refused' }>,
  ): OperationError {
    const said = cleanUntrusted(platformMessage, 500)
    deps.audit.transaction((append) => {
      append({
        type: 'draft.validation',
        actor: user,
        data: {
          draft: draft.draftId,
          draftHash: draft.draftHash,
          k,
          result: 'refused',
          platformRequestId: asOpaqueId(platformRequestId),
          code: asCode(platformCode),
        },
        text: { platform_message: platformMessage },
      })
    })
    return new OperationError(
      'platform_refused',
      'The platform’s own check refuses this change. Nothing was changed, and the draft stays in the queue.',
      'Read what the platform says; then reject the draft, or put right on the platform what it names and approve again.',
      { details: { platform_code: asCode(platformCode) ?? '', platform_message: said } },
    )
  }

  /** Whether judging it again comes to exactly what the person is looking at: value, effect and what it does to spend. */
  function isSameChange(now: DraftItem, shown: DraftItem | undefined): boolean {
    if (shown === undefined) return false
    const same = ['after', 'currency', 'movementMicros', 'netMicros', 'takesEffect', 'target'] as const
    return same.every((name) => now[name] === shown[name])
  }

  /** The policy on fresh values. Undefined when it no longer allows exactly this draft; the draft then turned stale. */
  function judgeAgain(draft: Draft, before: readonly DraftItem[]): PolicyResult | undefined {
    const { originKind, originId, undoOf } = draft
    const isUndo = undoOf !== undefined
    const context = countingAlso(deps.guardrails({ originKind, originId, isUndo, stage: 'arm' }), before)
    const plans = draft.items.map((item) =>
      planChange(restate(item, item.before, item.requested), item.k, {
        snapshot: deps.snapshot(),
        policy: deps.policy(),
        writesAllowed: deps.writesAllowed,
        isUndo,
      }),
    )
    const items = countCutsOnce(
      plans.map((plan) => plan.item),
      context.above,
    )
    const result = judgeSet(
      items,
      plans.map((plan) => plan.policy),
      context,
    )
    const isBlocked = result.outcome === 'block'
    if (!isBlocked && items.every((item, k) => isSameChange(item, draft.items[k]))) return result
    if (isBlocked) {
      const verdict = blockOf(result)
      deps.audit.transaction((append) => {
        append({
          type: 'draft.blocked',
          actor: user,
          data: {
            draft: draft.draftId,
            draftHash: draft.draftHash,
            items: itemsData(draft.items),
            policy: policyData(result),
          },
        })
      })
      throw new OperationError(
        verdict?.rule === 'breaker' ? 'breaker_open' : 'guardrail',
        `${verdict?.message ?? 'Your limits do not allow this now.'} Nothing was changed.`,
        'The draft stays in the queue; approve it when there is room again, or reject it.',
        {
          details: { rule: verdict?.rule ?? 'policy', limit: verdict?.limit ?? '' },
        },
      )
    }
    settle(draft, 'stale', {
      reason: 'policy_changed',
      message:
        'Your limits, or what this change does to spend and from when, are not what they were when it was proposed. Nothing was changed.',
    })
    return undefined
  }
}

/** The same circumstances with some more changes in the envelope. */
function countingAlso(context: SetContext, items: readonly DraftItem[]): SetContext {
  if (items.length === 0) return context
  const extra = (accountId: AccountId): { readonly net: bigint; readonly gross: bigint } => {
    const own = items.filter((item) => item.accountId === accountId)
    return {
      net: own.reduce((sum, { netMicros }) => sum + (netMicros > 0n ? netMicros : 0n), 0n),
      gross: own.reduce(
        (sum, { movementMicros }) => sum + (movementMicros < 0n ? -movementMicros : movementMicros),
        0n,
      ),
    }
  }
  const usageOf = (accountId: AccountId) => {
    const [usage, more] = [context.usageOf(accountId), extra(accountId)]
    return { netMicros: usage.netMicros + more.net, grossMicros: usage.grossMicros + more.gross }
  }
  const allUsage = () => {
    const known = new Map(context.allUsage().map((each) => [each.accountId, each.currency]))
    for (const { accountId, currency } of items) known.set(accountId, currency)
    return [...known].map(([accountId, currency]) => ({ accountId, currency, usage: usageOf(accountId) }))
  }
  return { ...context, usageOf, allUsage }
}
