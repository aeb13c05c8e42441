/**
 * What a draft as a whole has come to, once each of its changes is settled or openly unknown. Talks to no platform and decides nothing.
 */
import type { Draft, DraftState } from '../../shared/domain/draft.ts'
import type { DraftId } from '../../shared/domain/ids.ts'
import type { AuditLog } from '../audit/append.ts'
import type { Actor } from '../audit/record.ts'
import type { DraftTable, OutboxRow } from '../store/draft-table.ts'

export type Append = Parameters<Parameters<AuditLog['transaction']>[0]>[0]

/** What became of the change that was settled last: it gives the draft its reason and its sentence. */
export interface Said {
  readonly k: number
  readonly reason: string
  readonly message: string
}

interface Tally {
  readonly total: number
  readonly applied: number
  /** On their way or openly unknown, and those whose place somebody else's value has taken. */
  readonly open: number
  readonly conflicts: number
}

/**
 * The order in which the changes of a draft are sent: what lowers spend first, so that a failure in between never leaves more spend than
 * was approved. The net envelope relies on it.
 */
export function executionOrder<
  T extends { readonly k: number; readonly netMicros: bigint; readonly movementMicros: bigint },
>(items: readonly T[]): readonly T[] {
  const weight = (item: T): bigint => (item.netMicros < 0n ? item.netMicros : item.movementMicros)
  return items.toSorted((a, b) => (weight(a) < weight(b) ? -1 : weight(a) > weight(b) ? 1 : a.k - b.k))
}

/**
 * Moves the draft to where its changes have brought it, with its record. Nothing happens while one of them is still to be sent.
 * Call inside the transaction that settled the last of them.
 */
export function conclude(
  deps: { readonly drafts: DraftTable },
  draftId: DraftId,
  said: Said,
  at: { readonly nowMs: number; readonly actor: Actor },
  append: Append,
): void {
  const draft = deps.drafts.get(draftId)
  if (draft === undefined) throw new Error('an approved draft is gone')
  const rows = deps.drafts.outboxOf(draftId)
  if (rows.some((row) => row.state === 'queued' || row.state === 'intent' || row.state === 'sent')) return
  const tally = tallyOf(rows)
  const to = stateOf(tally, said.reason)
  const message = tally.total === 1 ? said.message : messageOf(draft, tally, said)
  deps.drafts.transition(draftId, draft.state, to, at.nowMs, {
    reason: said.reason,
    message: singleMessage(draft, to, tally, message),
  })
  const data = { draft: draftId, draftHash: draft.draftHash, reason: said.reason }
  if (to === 'partial')
    append({ type: 'draft.partial', actor: at.actor, data: { ...data, applied: tally.applied, total: tally.total } })
  else append({ type: `draft.${to}`, actor: at.actor, data })
  if (to === 'applied') noteRollback(deps, draft, at, append)
}

function tallyOf(rows: readonly OutboxRow[]): Tally {
  return {
    total: rows.length,
    applied: rows.filter((row) => row.outcome === 'applied').length,
    open: rows.filter((row) => row.state !== 'done').length,
    conflicts: rows.filter((row) => row.outcome === 'conflict').length,
  }
}

function stateOf(
  { total, applied, open, conflicts }: Tally,
  reason: string,
): 'applied' | 'partial' | 'apply_failed' | 'unknown' | 'stale' {
  if (open > 0 || conflicts > 0) return 'unknown'
  if (applied === total) return 'applied'
  if (applied > 0) return 'partial'
  return reason === 'drift' || reason === 'affects_drift' ? 'stale' : 'apply_failed'
}

function messageOf(draft: Draft, { total, applied, open }: Tally, said: Said): string {
  if (applied === total) return `All ${total} changes were written and read back.`
  const of =
    applied === 0 ? `None of the ${total} changes was applied.` : `${applied} of ${total} changes were applied.`
  const rest = open > 0 ? ' The outcome of one is not known yet.' : ''
  const item = draft.items[said.k]
  const which = item === undefined ? '' : ` Change ${said.k + 1} (${item.field.replaceAll('_', ' ')}): ${said.message}`
  return `${of}${rest}${which}`
}

/** An undo says how much of it is back. */
function singleMessage(draft: Draft, to: DraftState, tally: Tally, message: string): string {
  if (to !== 'applied' || draft.undoOf === undefined) return message
  return `Restored ${tally.applied} of ${tally.total}, each read back from the platform.${tally.total === 1 && message !== READ_BACK ? ` ${message}` : ''}`
}

/** The sentence of a change that went as it should. */
export const READ_BACK = 'Written and read back.'

/** An undo that put back everything marks the draft it undid. */
function noteRollback(
  deps: { readonly drafts: DraftTable },
  undo: Draft,
  at: { readonly nowMs: number; readonly actor: Actor },
  append: Append,
): void {
  const original = undo.undoOf === undefined ? undefined : deps.drafts.get(undo.undoOf)
  if (original === undefined || (original.state !== 'applied' && original.state !== 'partial')) return
  const written = deps.drafts.outboxOf(original.draftId).filter((row) => row.outcome === 'applied').length
  if (undo.items.length < written) return
  deps.drafts.transition(original.draftId, original.state, 'rolled_back', at.nowMs, {
    reason: 'undone',
    message: 'Undone by a later change.',
  })
  append({
    type: 'draft.rolled_back',
    actor: at.actor,
    data: { draft: original.draftId, draftHash: original.draftHash, by: undo.draftId },
  })
}
