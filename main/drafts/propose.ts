/**
 * Stages drafts: plan, store and record in one transaction. It never talks to a platform and never decides.
 * A proposal the policy blocks is kept as a rejected draft, so that the person sees what was tried, and the caller gets an error.
 */
import type { Draft, DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import type { AccountId, DraftId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { Clock } from '../../shared/clock.ts'
import type { ChangeInput, OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { AuditLog } from '../audit/append.ts'
import type { Actor, NewRecord } from '../audit/record.ts'
import { itemsData, pathTexts, policyData } from '../audit/record-items.ts'
import type { Caller } from '../ports.ts'
import type { DraftTable } from '../store/draft-table.ts'
import { draftHash, newDraftId, requestHash } from './hash.ts'
import { type PlanningSnapshot, planChange } from './plan.ts'
import type { Policy, Usage } from './policy.ts'
import { restate } from './restate.ts'
import { DAY_MS, draftView, envelopeView, isoTime } from './view.ts'

const HOUR_MS = 3_600_000
const DEFAULT_LIFE_HOURS = 48
/** Approval fatigue is an attack: an agent may have this many drafts waiting, no more. */
export const MAX_OPEN_PER_AGENT = 50

export interface DraftDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly policy: Policy
  readonly snapshot: () => PlanningSnapshot
  /** Whether the person lets changes be made in an account. */
  readonly writesAllowed: (accountId: AccountId) => boolean
}

/** Who asked, as it stands in drafts and in the log. */
export function originOf(caller: Caller): {
  readonly kind: 'agent' | 'window' | 'loop'
  readonly id: string
  readonly name: string
} {
  if (caller.kind === 'agent') return { kind: 'agent', id: caller.clientId, name: caller.clientName }
  if (caller.kind === 'loop') return { kind: 'loop', id: 'loop', name: 'Autonomy loop' }
  return { kind: 'window', id: 'window', name: 'You' }
}
export function actorOf(caller: Caller): Actor {
  if (caller.kind === 'agent') return { kind: 'agent', id: caller.clientId }
  if (caller.kind === 'loop') return { kind: 'loop', id: 'loop' }
  return { kind: 'user', id: 'owner' }
}

export function usageSource(deps: Pick<DraftDeps, 'drafts' | 'clock'>): (account: AccountId) => Usage {
  return (account) => deps.drafts.usage(account, deps.clock.nowMs() - DAY_MS)
}

interface Resolved {
  readonly items: readonly DraftItem[]
  readonly policy: PolicyResult
  readonly outcome: OutputOf<'check_change'>
}

function resolve(deps: DraftDeps, operations: readonly ChangeInput[], isUndo: boolean): Resolved {
  const usageOf = usageSource(deps)
  const plans = operations.map((operation, k) =>
    planChange(operation, k, {
      snapshot: deps.snapshot(),
      policy: deps.policy,
      usageOf,
      writesAllowed: deps.writesAllowed,
      isUndo,
    }),
  )
  const [first] = plans
  if (first === undefined)
    throw new OperationError('invalid_input', 'There is no change in the request.', 'Send exactly one operation.')
  const { item, policy } = first
  const probe: Draft = probeDraft(item, policy)
  return {
    items: [item],
    policy,
    outcome: {
      operations: draftView(probe).operations,
      policy: { version: policy.version, outcome: policy.outcome, rules: [...policy.rules] },
      net_daily_movement: draftView(probe).net_daily_movement,
      envelope: [envelopeView(item.accountId, item.currency, deps.policy, usageOf(item.accountId), item)],
      warnings: warningsFor(item, policy),
    },
  }
}

/** A draft that is never stored, to show a change in the same shape. */
function probeDraft(item: DraftItem, policy: PolicyResult): Draft {
  return {
    draftId: newDraftId(),
    state: 'pending',
    originKind: 'window',
    originId: 'window',
    originName: '',
    title: '',
    rationale: '',
    idempotencyKey: '',
    requestHash: '',
    policy,
    draftHash: '',
    createdAtMs: 0,
    expiresAtMs: 0,
    updatedAtMs: 0,
    items: [item],
  }
}

function warningsFor(item: DraftItem, policy: PolicyResult): string[] {
  const warnings: string[] = []
  if (policy.outcome === 'clamp')
    warnings.push(`The user's limits reduced the change: ${item.requested} became ${item.after}.`)
  if (item.takesEffect === 'next_midnight') warnings.push('This takes effect at the next midnight of the account.')
  return warnings
}

/** What propose_change would answer. Stores nothing. */
export function checkChange(deps: DraftDeps, input: ParsedInputOf<'check_change'>): OutputOf<'check_change'> {
  return resolve(deps, input.operations, false).outcome
}

/**
 * Stages one draft.
 * @throws OperationError guardrail when the policy blocks, conflicting_draft, too_many_pending, idempotency_conflict, and what planChange throws.
 */
export function proposeChange(
  deps: DraftDeps,
  caller: Caller,
  input: ParsedInputOf<'propose_change'>,
  undoOf?: DraftId,
): OutputOf<'propose_change'> {
  const origin = originOf(caller)
  const { idempotency_key: key, ...request } = input
  const hash = requestHash(request)
  const repeated = deps.drafts.byIdempotencyKey(origin.id, key)
  if (repeated !== undefined) return repeatOf(deps, repeated, hash)

  const resolved = resolve(deps, input.operations, undoOf !== undefined)
  if (resolved.policy.outcome !== 'block') refuseIfCrowded(deps, origin, resolved.items)
  const draft = makeDraft(deps, { origin, input, hash, resolved, ...(undoOf === undefined ? {} : { undoOf }) })
  deps.audit.transaction((append) => {
    deps.drafts.insert(draft)
    append(proposalRecord(draft, actorOf(caller)))
  })
  if (draft.state === 'rejected') throw blockedError(draft)
  return {
    draft: draftView(draft),
    created: true,
    envelope: resolved.outcome.envelope,
    notice:
      'Waiting for a person. Nothing has changed on the platform: ask the user to review the draft in SpendSignoff.',
    warnings: resolved.outcome.warnings,
  }
}

function repeatOf(deps: DraftDeps, draft: Draft, hash: string): OutputOf<'propose_change'> {
  if (draft.requestHash !== hash)
    throw new OperationError(
      'idempotency_conflict',
      'That idempotency_key was used for a different proposal. No draft was made.',
      'Use a new idempotency_key.',
      {
        details: { draft_id: draft.draftId },
      },
    )
  if (draft.policy.outcome === 'block') throw blockedError(draft)
  const [item] = draft.items
  return {
    draft: draftView(draft),
    created: false,
    envelope:
      item === undefined
        ? []
        : [envelopeView(item.accountId, item.currency, deps.policy, usageSource(deps)(item.accountId), item)],
    notice: 'This proposal was made before; nothing new was stored.',
    warnings: [],
  }
}

function refuseIfCrowded(
  deps: DraftDeps,
  origin: { readonly kind: string; readonly id: string },
  items: readonly DraftItem[],
): void {
  for (const item of items) {
    const own = deps.drafts.openOnTarget(item.target, item.field).find((open) => open.originId === origin.id)
    if (own !== undefined)
      throw new OperationError(
        'conflicting_draft',
        'You already have a draft for this field that waits for a person. No draft was made.',
        'Withdraw it first, or wait for the decision.',
        {
          details: { draft_id: own.draftId },
        },
      )
  }
  if (origin.kind === 'agent' && deps.drafts.countOpenBy(origin.id) >= MAX_OPEN_PER_AGENT)
    throw new OperationError(
      'too_many_pending',
      `${MAX_OPEN_PER_AGENT} drafts of this client wait already. No draft was made.`,
      'Wait for decisions, or withdraw drafts that no longer matter.',
      {
        details: { limit: MAX_OPEN_PER_AGENT },
      },
    )
}

function makeDraft(
  deps: DraftDeps,
  parts: {
    readonly origin: ReturnType<typeof originOf>
    readonly input: ParsedInputOf<'propose_change'>
    readonly hash: string
    readonly resolved: Resolved
    readonly undoOf?: DraftId
  },
): Draft {
  const nowMs = deps.clock.nowMs()
  const isBlocked = parts.resolved.policy.outcome === 'block'
  const unhashed: Omit<Draft, 'draftHash'> = {
    draftId: newDraftId(),
    state: isBlocked ? 'rejected' : 'pending',
    ...(isBlocked
      ? {
          stateReason: 'policy',
          stateMessage: parts.resolved.policy.rules.at(-1)?.message ?? 'Blocked by your limits.',
          decidedAtMs: nowMs,
        }
      : {}),
    originKind: parts.origin.kind,
    originId: parts.origin.id,
    originName: parts.origin.name,
    title: parts.input.title,
    rationale: parts.input.rationale,
    idempotencyKey: parts.input.idempotency_key,
    requestHash: parts.hash,
    policy: parts.resolved.policy,
    ...(parts.undoOf === undefined ? {} : { undoOf: parts.undoOf }),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + (parts.input.expires_in_hours ?? DEFAULT_LIFE_HOURS) * HOUR_MS,
    updatedAtMs: nowMs,
    items: parts.resolved.items,
  }
  return { ...unhashed, draftHash: draftHash(unhashed) }
}

function proposalRecord(draft: Draft, actor: Actor): NewRecord {
  const [item] = draft.items
  const common = {
    actor,
    ...(item === undefined
      ? {}
      : { subj: { platform: item.platform, account: item.accountId, entity: item.entityId } }),
    text: { title: draft.title, rationale: draft.rationale, agent_name: draft.originName, ...pathTexts(draft.items) },
  }
  const body = {
    draft: draft.draftId,
    draftHash: draft.draftHash,
    items: itemsData(draft.items),
    policy: policyData(draft.policy),
  }
  if (draft.state === 'rejected') return { ...common, type: 'draft.blocked', data: body }
  return {
    ...common,
    type: 'draft.proposed',
    data: {
      ...body,
      ...(draft.undoOf === undefined ? {} : { undoOf: draft.undoOf }),
      expires: isoTime(draft.expiresAtMs),
    },
  }
}

function blockedError(draft: Draft): OperationError {
  const verdict = draft.policy.rules.at(-1)
  return new OperationError(
    'guardrail',
    verdict?.message ?? 'Blocked by the limits the user has set.',
    'Stay within the limit, or tell the user which limit stands in the way. Nothing was changed.',
    {
      details: { rule: verdict?.rule ?? 'policy', limit: verdict?.limit ?? '', draft_id: draft.draftId },
    },
  )
}

/** A new draft that puts back what an applied one changed. The stored value must still be what that draft wrote. */
export function proposeUndo(deps: DraftDeps, caller: Caller, draftId: DraftId): OutputOf<'propose_undo'> {
  const draft = deps.drafts.get(draftId)
  if (draft === undefined) throw unknownDraft()
  if (draft.state !== 'applied')
    throw new OperationError('not_pending', 'Only an applied change can be undone.', 'Nothing was changed.')
  const [item] = draft.items
  if (item === undefined) throw unknownDraft()
  const input: ParsedInputOf<'propose_change'> = {
    idempotency_key: `undo-${draftId}-${requestHash(deps.clock.nowMs()).slice(0, 12)}`,
    title: `Undo: ${draft.title}`.slice(0, 120),
    rationale: `Puts back the value from before the change of ${isoTime(draft.decidedAtMs ?? draft.updatedAtMs)}.`,
    operations: [restate(item, item.after, item.before)],
  }
  return { draft: proposeChange(deps, caller, input, draftId).draft }
}

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

export function unknownDraft(): OperationError {
  return new OperationError(
    'unknown_draft',
    'There is no draft with that id.',
    'Call list_drafts and use a draft_id from its answer.',
  )
}
