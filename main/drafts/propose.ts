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
import { countCutsOnce } from './envelope.ts'
import { judgeSet, type SetContext, waitingFor } from './guardrails.ts'
import type { Policy, Usage } from './policy.ts'
import { draftView, envelopeViews, isoTime, netMovement } from './view.ts'

const HOUR_MS = 3_600_000
const DEFAULT_LIFE_HOURS = 48
/** Approval fatigue is an attack: an agent may have this many drafts waiting, no more. */
export const MAX_OPEN_PER_AGENT = 50

export interface DraftDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  /** The guardrails in force. */
  readonly policy: () => Policy
  /** What they are judged against at this moment. */
  readonly guardrails: (who: Judged) => SetContext
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

/** Whose draft is judged, and at which step. */
export type Judged = Pick<SetContext, 'originKind' | 'originId' | 'isUndo' | 'stage'>

/** The last 24 hours of an account. */
export function usageSource(deps: Pick<DraftDeps, 'guardrails'>): (account: AccountId) => Usage {
  return deps.guardrails({ originKind: 'window', originId: 'window', isUndo: false, stage: 'arm' }).usageOf
}

/** What a draft is beside a proposal: the undo, the repair or the edited version of another. */
export interface Links {
  readonly undoOf?: DraftId
  readonly repairOf?: DraftId
  readonly revises?: DraftId
}

interface Resolved {
  readonly items: readonly DraftItem[]
  readonly policy: PolicyResult
  readonly outcome: OutputOf<'check_change'>
}

function resolve(deps: DraftDeps, operations: readonly ChangeInput[], judged: Omit<Judged, 'stage'>): Resolved {
  const policy = deps.policy()
  const context = deps.guardrails({ ...judged, stage: 'propose' })
  const plans = operations.map((operation, k) =>
    planChange(operation, k, {
      snapshot: deps.snapshot(),
      policy,
      writesAllowed: deps.writesAllowed,
      isUndo: judged.isUndo,
    }),
  )
  const items = countCutsOnce(
    plans.map((plan) => plan.item),
    context.above,
  )
  if (items.length === 0)
    throw new OperationError('invalid_input', 'There is no change in the request.', 'Send at least one operation.')
  refuseTwice(items)
  const verdict = judgeSet(
    items,
    plans.map((plan) => plan.policy),
    context,
  )
  return {
    items,
    policy: verdict,
    outcome: {
      operations: draftView(probeDraft(items, verdict)).operations,
      policy: { version: verdict.version, outcome: verdict.outcome, rules: verdict.rules.slice(0, 64) },
      net_daily_movement: netMovement(items),
      envelope: envelopeViews(items, policy, context.usageOf),
      warnings: [...waitingFor(items, context).map(({ message }) => message), ...items.flatMap(warningsFor)].slice(
        0,
        10,
      ),
    },
  }
}

/** One write per thing and draft: two of them could not be told apart when they are read back. */
function refuseTwice(items: readonly DraftItem[]): void {
  const seen = new Set<string>()
  for (const { entityId, target } of items)
    for (const id of new Set([entityId as string, target])) {
      if (seen.has(id))
        throw new OperationError(
          'invalid_value',
          'Two changes of the same entity, or of the budget it shares, are in one draft. No draft was made.',
          'Propose one of them in a draft of its own.',
          { details: { entity_id: entityId } },
        )
      seen.add(id)
    }
}

/** A draft that is never stored, to show changes in the same shape. */
function probeDraft(items: readonly DraftItem[], policy: PolicyResult): Draft {
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
    items,
  }
}

function warningsFor(item: DraftItem): string[] {
  const warnings: string[] = []
  if (item.after !== item.requested && item.after !== item.before)
    warnings.push(`The user's limits reduced the change: ${item.requested} became ${item.after}.`)
  if (item.takesEffect === 'next_midnight') warnings.push('This takes effect at the next midnight of the account.')
  return warnings
}

/** What propose_change would answer. Stores nothing. */
export function checkChange(
  deps: DraftDeps,
  caller: Caller,
  input: ParsedInputOf<'check_change'>,
): OutputOf<'check_change'> {
  return resolve(deps, input.operations, judgedBy(originOf(caller), {})).outcome
}

/**
 * Stages one draft.
 * @throws OperationError guardrail when the policy blocks, conflicting_draft, too_many_pending, idempotency_conflict, and what planChange throws.
 */
export function proposeChange(
  deps: DraftDeps,
  caller: Caller,
  input: ParsedInputOf<'propose_change'>,
  links: Links = {},
  /** What else belongs into the same transaction. */
  also: (append: Append, draft: Draft) => void = () => undefined,
): OutputOf<'propose_change'> {
  const origin = originOf(caller)
  const { idempotency_key: key, ...request } = input
  const hash = requestHash(request)
  const repeated = deps.drafts.byIdempotencyKey(origin.id, key)
  if (repeated !== undefined) return repeatOf(deps, repeated, hash)

  const resolved = resolve(deps, input.operations, judgedBy(origin, links))
  refuseIfFlooded(resolved.policy)
  if (resolved.policy.outcome !== 'block') refuseIfCrowded(deps, origin, resolved.items, links.revises)
  const draft = makeDraft(deps, { origin, input, hash, resolved, links })
  deps.audit.transaction((append) => {
    deps.drafts.insert(draft)
    append(proposalRecord(draft, actorOf(caller)))
    also(append, draft)
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

type Append = Parameters<Parameters<AuditLog['transaction']>[0]>[0]

function judgedBy(origin: ReturnType<typeof originOf>, { undoOf }: Links): Omit<Judged, 'stage'> {
  return { originKind: origin.kind, originId: origin.id, isUndo: undoOf !== undefined }
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
  return {
    draft: draftView(draft),
    created: false,
    envelope: envelopeViews(draft.items, deps.policy(), usageSource(deps)),
    notice: 'This proposal was made before; nothing new was stored.',
    warnings: [],
  }
}

/** Too many in an hour are not even kept as rejected: whoever floods the queue must not flood the store either. */
function refuseIfFlooded(policy: PolicyResult): void {
  const flood = policy.rules.find((verdict) => verdict.rule === 'drafts_per_hour')
  if (flood === undefined) return
  throw new OperationError('rate_limited', `${flood.message} No draft was made.`, 'Propose it again in an hour.', {
    retryable: true,
    details: { rule: flood.rule, limit: flood.limit },
  })
}

function refuseIfCrowded(
  deps: DraftDeps,
  origin: { readonly kind: string; readonly id: string },
  items: readonly DraftItem[],
  replaced: DraftId | undefined,
): void {
  for (const item of items) {
    const own = deps.drafts
      .openOnTarget(item.target, item.field)
      .find((open) => open.originId === origin.id && open.draftId !== replaced)
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
    readonly links: Links
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
          stateMessage: blockOf(parts.resolved.policy)?.message ?? 'Blocked by your limits.',
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
    ...parts.links,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + (parts.input.expires_in_hours ?? DEFAULT_LIFE_HOURS) * HOUR_MS,
    updatedAtMs: nowMs,
    items: parts.resolved.items,
  }
  return { ...unhashed, draftHash: draftHash(unhashed) }
}

function proposalRecord(draft: Draft, actor: Actor): NewRecord {
  const [item, ...others] = draft.items
  const common = {
    actor,
    ...(item === undefined || others.length > 0
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

/** The verdict that blocks: the last of its kind. */
export function blockOf(policy: PolicyResult): PolicyResult['rules'][number] | undefined {
  return policy.rules.findLast((verdict) => verdict.outcome === 'block')
}

function blockedError(draft: Draft): OperationError {
  const verdict = blockOf(draft.policy)
  return new OperationError(
    'guardrail',
    verdict?.message ?? 'Blocked by the limits the user has set.',
    'Stay within the limit, or tell the user which limit stands in the way. Nothing was changed.',
    {
      details: { rule: verdict?.rule ?? 'policy', limit: verdict?.limit ?? '', draft_id: draft.draftId },
    },
  )
}

export function unknownDraft(): OperationError {
  return new OperationError(
    'unknown_draft',
    'There is no draft with that id.',
    'Call list_drafts and use a draft_id from its answer.',
  )
}
