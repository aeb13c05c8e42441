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

export function draftView(draft: Draft): DraftView {
  const currency = draft.items[0]?.currency ?? 'USD'
  const net = draft.items.reduce((sum, item) => sum + item.movementMicros, 0n)
  return {
    draft_id: draft.draftId,
    state: draft.state,
    state_reason: draft.stateReason ?? null,
    state_message: draft.stateMessage ?? null,
    origin: { kind: draft.originKind, id: draft.originId },
    operations: draft.items.map((item) => ({
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
    policy: { version: draft.policy.version, outcome: draft.policy.outcome, rules: [...draft.policy.rules] },
    net_daily_movement: { amount: formatRounded(net, currency), currency },
    draft_hash: draft.draftHash,
    undo_of: draft.undoOf ?? null,
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

type EnvelopeView = OutputOf<'check_change'>['envelope'][number]

/** The rolling envelope of one account without and with a change. Amounts are per day. */
export function envelopeView(
  accountId: AccountId,
  currency: string,
  policy: Policy,
  usage: Usage,
  change: Pick<DraftItem, 'movementMicros' | 'netMicros'>,
): EnvelopeView {
  const limits = limitsFor(policy, currency)
  const text = (micros: bigint): string => formatRounded(micros, currency)
  const { movementMicros, netMicros } = change
  const size = movementMicros < 0n ? -movementMicros : movementMicros
  return {
    account_id: accountId,
    currency,
    net_used: text(usage.netMicros),
    net_after: text(usage.netMicros + netMicros),
    net_limit: text(limits.envelopeNetMicros),
    gross_used: text(usage.grossMicros),
    gross_after: text(usage.grossMicros + size),
    gross_limit: text(limits.envelopeGrossMicros),
  }
}
