/** Drafts as they cross the contract. Text written by others is cleaned and kept under `untrusted`. */
import type { Draft, DraftItem } from '../../shared/domain/draft.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { formatRounded } from '../../shared/domain/money.ts'
import type { DraftView, OutputOf } from '../../shared/operations.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { notesOn } from './notes.ts'
import { limitsFor, type Policy, type Usage } from './policy.ts'

export const DAY_MS = 86_400_000

export const isoTime = (atMs: number): string => new Date(atMs).toISOString()

/** Operations of one draft that a list shows. */
export const LISTED_OPERATIONS = 10

/** The whole draft; in lists only the first of its changes. */
export function draftView(draft: Draft, maxOperations: number = draft.items.length): DraftView {
  return {
    draft_id: draft.draftId,
    state: draft.state,
    state_reason: draft.stateReason ?? null,
    state_message: draft.stateMessage ?? null,
    origin: { kind: draft.originKind, id: draft.originId },
    operation_count: draft.items.length,
    operations: draft.items.slice(0, maxOperations).map((item) => ({
      k: item.k,
      kind: item.kind,
      platform: item.platform,
      account_id: item.accountId,
      entity_id: item.entityId,
      entity_type: item.entityType,
      field: item.field,
      currency: item.currency,
      before: item.before,
      requested: item.requested,
      after: item.after,
      daily_movement: { amount: formatRounded(item.movementMicros, item.currency), currency: item.currency },
      takes_effect: item.takesEffect,
      target: item.target,
      affects: item.affects.map(({ entityId, name }) => ({
        entity_id: entityId,
        untrusted: { name: cleanUntrusted(name, 120) },
      })),
      notes: notesOn(item),
      untrusted: { path: item.path.map((name) => cleanUntrusted(name, 120)) },
    })),
    policy: {
      version: draft.policy.version,
      outcome: draft.policy.outcome,
      rules: draft.policy.rules.slice(0, MAX_RULES),
    },
    net_daily_movement: netMovement(draft.items),
    draft_hash: draft.draftHash,
    undo_of: draft.undoOf ?? null,
    repair_of: draft.repairOf ?? null,
    revises: draft.revises ?? null,
    decision_note: draft.decisionNote ?? null,
    created_at: isoTime(draft.createdAtMs),
    expires_at: isoTime(draft.expiresAtMs),
    decided_at: draft.decidedAtMs === undefined ? null : isoTime(draft.decidedAtMs),
    review_uri: `spendsignoff://draft/${draft.draftId}`,
    untrusted: {
      title: cleanUntrusted(draft.title, 120),
      rationale: cleanUntrusted(draft.rationale, 1000),
      origin_name: cleanUntrusted(draft.originName, 60),
    },
  }
}

/** Rules shown of one draft; the rest stand in the log. */
const MAX_RULES = 64

/** Signed change of spend per day of all items together, one amount per currency. */
export function netMovement(items: readonly DraftItem[]): DraftView['net_daily_movement'] {
  return [...Map.groupBy(items, (item) => item.currency)].map(([currency, own]) => ({
    amount: formatRounded(
      own.reduce((sum, item) => sum + item.movementMicros, 0n),
      currency,
    ),
    currency,
  }))
}

type EnvelopeView = OutputOf<'check_change'>['envelope'][number]
type Moves = Pick<DraftItem, 'accountId' | 'currency' | 'movementMicros' | 'netMicros'>

/** The rolling envelope of every account that the items touch, without and with them. Amounts are per day. At most 50 accounts. */
export function envelopeViews(
  items: readonly Moves[],
  policy: Policy,
  usageOf: (accountId: AccountId) => Usage,
  isCounted = false,
): EnvelopeView[] {
  return [...Map.groupBy(items, (item) => item.accountId)].slice(0, 50).map(([accountId, own]) => {
    const currency = own[0]?.currency ?? 'USD'
    const limits = limitsFor(policy, currency, accountId)
    const usage = usageOf(accountId)
    const text = (micros: bigint): string => formatRounded(micros, currency)
    const counted = isCounted ? [] : own
    const net = counted.reduce((sum, item) => sum + item.netMicros, 0n)
    const gross = counted.reduce(
      (sum, { movementMicros }) => sum + (movementMicros < 0n ? -movementMicros : movementMicros),
      0n,
    )
    return {
      account_id: accountId,
      currency,
      net_used: text(usage.netMicros),
      net_after: text(usage.netMicros + net),
      net_limit: text(limits.envelopeNetMicros),
      gross_used: text(usage.grossMicros),
      gross_after: text(usage.grossMicros + gross),
      gross_limit: text(limits.envelopeGrossMicros),
    }
  })
}
