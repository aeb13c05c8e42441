/**
 * The gate: the only maker of ApprovedChange. It turns a confirm token back into exactly the bytes a person was shown, or into nothing.
 * It never talks to a platform and never trusts a caller's word for who is calling.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../shared/clock.ts'
import type { Draft, PolicyResult } from '../../shared/domain/draft.ts'
import type { Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId, Platform } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { AuditLog } from '../audit/append.ts'
import { taggedHash } from '../audit/jcs.ts'
import { asOpaqueId } from '../audit/record.ts'
import { itemsData, pathTexts, policyData, valueData } from '../audit/record-items.ts'
import { draftHash } from '../drafts/hash.ts'
import { judgeSet } from '../drafts/guardrails.ts'
import { refuseImported, writesOff } from '../drafts/plan.ts'
import { blockOf, type DraftDeps, unknownDraft } from '../drafts/propose.ts'
import { isoTime } from '../drafts/view.ts'
import type { LiveValue } from '../platforms/adapter.ts'
import type { SteadyClock } from '../steady-clock.ts'
import type { DraftTable } from '../store/draft-table.ts'
import { type Append, executionOrder } from './conclude.ts'

declare const approved: unique symbol

/** One change a person confirmed. Only this file makes it, and `adapter.apply` accepts nothing else. */
export interface ApprovedChange {
  readonly [approved]: true
  readonly draftId: DraftId
  readonly k: number
  readonly platform: Platform
  readonly accountId: AccountId
  readonly entityId: EntityId
  readonly field: Field
  readonly currency: string
  /** Wire form: "120.00", "enabled" or "paused", "3.50", "cost_cap:9.00". */
  readonly before: string
  readonly after: string
  /** Signed change of spend per day that was shown. */
  readonly movementMicros: bigint
  /** What the write touches, and the other campaigns that were shown to change with it. */
  readonly target: string
  readonly affects: readonly EntityId[]
  readonly challengeHash: string
}

/** A confirm token lives this long, on the monotonic clock and on the wall clock: whichever is over first ends it. */
export const TOKEN_LIFE_MS = 120_000

export interface GateDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly policy: DraftDeps['policy']
  readonly guardrails: DraftDeps['guardrails']
  /** Time that only moves forward: the 24-hour envelope is counted on it. */
  readonly steady: Pick<SteadyClock, 'nowMs' | 'save'>
  /** The two-person rule. @throws OperationError review_needed when it asks for somebody who has not approved exactly this draft */
  readonly requireReview: (draft: Draft) => ReviewProof | undefined
  readonly bootId: string
  readonly appVersion: string
  /** Whether the person lets changes be made in an account. */
  readonly writesAllowed: (accountId: AccountId) => boolean
}

/** What a platform's own dry run said of one item, where it did not refuse. */
export interface Validation {
  readonly k: number
  readonly result: 'ok' | 'unsupported'
  readonly platformRequestId?: string
}

/** Who else has approved exactly this draft. */
export interface ReviewProof {
  readonly reviewerId: string
  /** Hex SHA-256 of the signed answer. */
  readonly noteHash: string
}
export type Factor = 'click' | 'passphrase' | 'os_prompt'

/** Everything that was found just now and is bound to the confirmation. */
export interface Reading {
  readonly live: readonly LiveValue[]
  readonly validation: readonly Validation[]
  readonly policy: PolicyResult
}

export interface Challenge {
  readonly confirmToken: string
  readonly challengeHash: string
  readonly expiresInMs: number
  readonly expiresAtMs: number
}

export type Gate = ReturnType<typeof createGate>

export function createGate(deps: GateDeps) {
  // What the type system promises at build time, this set promises at run time: a look-alike object is not an approval.
  const made = new WeakSet<ApprovedChange>()
  // Under which guardrails each draft was last armed. Tokens do not outlive this process, so neither need this.
  const armedUnder = new Map<DraftId, number>()

  return {
    /** True only for objects this gate made. The executor asks before every write. */
    isApproved: (change: ApprovedChange): boolean => made.has(change),

    /**
     * Binds the draft, the live values just read, the platform's dry run and the policy's verdict to a new single-use token. Earlier
     * tokens of the draft die. The caller has compared live with before.
     */
    arm(draft: Draft, { live, validation, policy }: Reading): Challenge {
      refuseIfBroken(deps.audit)
      for (const item of draft.items) refuseImported(item.accountId)
      const nowMs = deps.clock.nowMs()
      const challengeHash = taggedHash('challenge', {
        v: 2,
        draftHash: draft.draftHash,
        live: live.map((each, k) => ({
          k,
          entity: each.entityId,
          field: each.field,
          value: each.value,
          currency: each.currency,
          affects: [...(each.affects ?? [])],
        })),
        validation: validation.map(({ k, result }) => ({ k, result })),
        after: draft.items.map((item) => ({
          k: item.k,
          value: item.after,
          movementMicros: item.movementMicros.toString(),
        })),
        policy: policyData(policy),
        boot: deps.bootId,
        app: deps.appVersion,
        nonce: randomBytes(16).toString('hex'),
      })
      const token = randomBytes(32)
      const expiresMonoMs = Math.floor(deps.clock.monotonicMs()) + TOKEN_LIFE_MS
      deps.audit.transaction((append) => {
        const current = deps.drafts.get(draft.draftId)
        if (current === undefined) throw unknownDraft()
        if (current.state !== 'pending' && current.state !== 'armed') throw notOpen(current)
        deps.drafts.voidTokens(draft.draftId, nowMs)
        deps.drafts.armToken({
          tokenHash: sha256(token),
          draftId: draft.draftId,
          challengeHash,
          bootId: deps.bootId,
          expiresMonoMs,
          expiresWallMs: nowMs + TOKEN_LIFE_MS,
        })
        if (current.state === 'pending') deps.drafts.transition(draft.draftId, 'pending', 'armed', nowMs)
        for (const [k, each] of live.entries()) deps.drafts.recordItem(draft.draftId, k, { liveValue: each.value })
        append({
          type: 'draft.armed',
          actor: { kind: 'user', id: 'owner' },
          data: {
            draft: draft.draftId,
            draftHash: draft.draftHash,
            items: itemsData(draft.items),
            policy: policyData(policy),
            challengeHash,
            live: live.map((each, k) => ({ k, value: valueData(each.field, each.value, each.currency) })),
            validation: validation.map(({ k, result, platformRequestId }) => ({
              k,
              result,
              platformRequestId: asOpaqueId(platformRequestId),
            })),
            expires: isoTime(nowMs + TOKEN_LIFE_MS),
          },
          text: pathTexts(draft.items),
        })
      })
      // Only what was committed counts: an arm that could not be saved leaves the earlier token with what it was shown under.
      armedUnder.set(draft.draftId, policy.version)
      return {
        confirmToken: token.toString('base64url'),
        challengeHash,
        expiresInMs: TOKEN_LIFE_MS,
        expiresAtMs: nowMs + TOKEN_LIFE_MS,
      }
    },

    /**
     * Consumes the token and records the approval, in one transaction: token used, draft approved, outbox rows, audit record; other drafts
     * for the same fields become stale. All or nothing.
     * @param auth how the person proved to be there, for the log
     * @returns the changes in the order in which they are to be sent: what lowers spend first
     * @throws OperationError token_invalid, draft_changed, not_pending, writes_not_allowed, review_needed, entity_busy or guardrail; then
     * nothing has happened.
     */
    confirm(draftId: DraftId, confirmToken: string, auth: Factor): readonly ApprovedChange[] {
      refuseIfBroken(deps.audit)
      const nowMs = deps.clock.nowMs()
      const tokenHash = sha256(Buffer.from(confirmToken, 'base64url'))
      const changes = deps.audit.transaction((append) => {
        const draft = deps.drafts.get(draftId)
        if (draft === undefined) throw unknownDraft()
        const isUsed = deps.drafts.consumeToken({
          tokenHash,
          draftId,
          bootId: deps.bootId,
          monoMs: Math.floor(deps.clock.monotonicMs()),
          nowMs,
        })
        const challengeHash = deps.drafts.challengeOf(tokenHash)
        if (!isUsed || challengeHash === undefined) throw deadToken()
        if (draft.state !== 'armed') throw notOpen(draft)
        if (draftHash(draft) !== draft.draftHash)
          throw new OperationError(
            'draft_changed',
            'The stored draft is not the one you were shown. Nothing was sent.',
            'Reject it and have it proposed again.',
          )
        if (draft.expiresAtMs <= nowMs)
          throw new OperationError('not_pending', 'The draft has expired. Nothing was sent.', 'Have it proposed again.')
        for (const item of draft.items) refuseImported(item.accountId)
        for (const item of draft.items) if (!deps.writesAllowed(item.accountId)) throw writesOff(item.accountId)
        refuseByGuardrails(draft)
        const review = deps.requireReview(draft)
        const steadyMs = deps.steady.nowMs()
        for (const item of draft.items) {
          if (deps.drafts.isBusy(item)) throw busy('Wait until its outcome is known, then approve again.')
          const { k, entityId, target } = item
          deps.drafts.queue({ draftId, k, entityId, target, challengeHash, nowMs, steadyMs })
        }
        deps.steady.save()
        deps.drafts.transition(draftId, 'armed', 'approved', nowMs)
        append({
          type: 'draft.approved',
          actor: { kind: 'user', id: 'owner' },
          data: {
            draft: draftId,
            draftHash: draft.draftHash,
            items: itemsData(draft.items),
            policy: policyData(draft.policy),
            challengeHash,
            auth,
            ...(review === undefined ? {} : { review: { reviewer: review.reviewerId, noteHash: review.noteHash } }),
          },
          text: pathTexts(draft.items),
        })
        overtakeOthers(draft, nowMs, append)
        return executionOrder(draft.items).map((item) => make(draft, item.k, challengeHash))
      })
      armedUnder.delete(draftId)
      return changes
    },
  }

  /**
   * The guardrails once more, inside the transaction: two approvals at the same moment cannot both fit the last of the envelope, and
   * limits that were changed since the person looked at the draft are not the ones they were shown.
   */
  function refuseByGuardrails(draft: Draft): void {
    const { version } = deps.policy()
    if (armedUnder.get(draft.draftId) !== version)
      throw new OperationError(
        'guardrail',
        'Your limits were changed since this was checked. Nothing was sent.',
        'Press “Approve & push live” again: the draft is then judged by the new ones.',
        { details: { rule: 'policy', limit: String(version) } },
      )
    const { originKind, originId, undoOf } = draft
    const context = deps.guardrails({ originKind, originId, isUndo: undoOf !== undefined, stage: 'confirm' })
    const isClean = draft.items.map(() => ({ version, outcome: 'pass' as const, rules: [] }))
    const verdict = blockOf(judgeSet(draft.items, isClean, context))
    if (verdict === undefined) return
    throw new OperationError(
      verdict.rule === 'breaker' ? 'breaker_open' : 'guardrail',
      `${verdict.message} Nothing was sent.`,
      'Wait until it fits again, approve a smaller change, or look at Settings.',
      { details: { rule: verdict.rule, limit: verdict.limit } },
    )
  }

  /** Whoever approves one value for a field has decided against the others that wait for the same field. */
  function overtakeOthers(draft: Draft, nowMs: number, append: Append): void {
    const others = new Set(
      draft.items.flatMap((item) => deps.drafts.openOnTarget(item.target, item.field).map((open) => open.draftId)),
    )
    for (const draftId of others) {
      const other = deps.drafts.get(draftId)
      if (other === undefined || draftId === draft.draftId) continue
      if (other.state !== 'pending' && other.state !== 'armed') continue
      deps.drafts.voidTokens(draftId, nowMs)
      deps.drafts.transition(draftId, other.state, 'stale', nowMs, {
        reason: 'overtaken',
        message: 'Another draft for the same field was approved. Nothing was changed by this one.',
      })
      append({
        type: 'draft.stale',
        actor: { kind: 'user', id: 'owner' },
        data: { draft: draftId, draftHash: other.draftHash, reason: 'overtaken' },
      })
    }
  }

  function make(draft: Draft, k: number, challengeHash: string): ApprovedChange {
    const item = draft.items[k]
    if (item === undefined) throw new Error('no such item')
    const { platform, accountId, entityId, field, currency, before, after, movementMicros, target } = item
    const change = Object.freeze({
      draftId: draft.draftId,
      k,
      platform,
      accountId,
      entityId,
      field,
      currency,
      before,
      after,
      movementMicros,
      target,
      affects: Object.freeze(item.affects.map((each) => each.entityId)),
      challengeHash,
    }) as ApprovedChange
    made.add(change)
    return change
  }
}

/** A log that does not verify proves nothing about what it records next: no writes. @throws OperationError ledger_broken */
export function refuseIfBroken(audit: Pick<AuditLog, 'fault'>): void {
  const fault = audit.fault()
  if (fault === undefined) return
  throw new OperationError(
    'ledger_broken',
    `The audit log does not verify: ${fault.message} Nothing was sent.`,
    'Keep the workspace folder as it is and compare it with a backup or an earlier checkpoint. Nothing can be approved until then.',
    { details: { kind: fault.kind } },
  )
}

/** Two writes never touch the same thing at once. */
export function busy(hint: string): OperationError {
  return new OperationError(
    'entity_busy',
    'Another change of the same entity, or of the budget it shares, is still being settled. Nothing was sent.',
    hint,
    { retryable: true },
  )
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
function deadToken(): OperationError {
  return new OperationError(
    'token_invalid',
    'This confirmation is used up, expired, or of another session. Nothing was sent.',
    'Press “Approve & push live” again to read the live value afresh.',
  )
}
export function notOpen(draft: Draft): OperationError {
  return new OperationError(
    'not_pending',
    `The draft is ${draft.state.replace('_', ' ')}. Nothing was changed by this.`,
    'Look at the draft to see what became of it.',
    { details: { state: draft.state } },
  )
}
