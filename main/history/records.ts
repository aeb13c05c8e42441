/** A change of the platform's history as it is kept: its row, and its record in the log. Pure. */
import { type AccountId, type Platform, splitAccountId } from '../../shared/domain/ids.ts'
import { type Actor, asCode, type NewRecord } from '../audit/record.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import type { OwnWrite, StoredChange } from '../store/platform-change-table.ts'
import { type Judged, writeKey } from './match.ts'

export const HISTORY: Actor = { kind: 'system', id: 'history' }
const MAX_NAMED = 100
const MAX_TEXT = 200

/** The record of a change that is not ours. Values, names and persons are texts that an export can withhold. */
export function changeRecord(accountName: string, change: StoredChange, entityName: string | undefined): NewRecord {
  const { accountId, entityId, field, match } = change
  const platform = platformOf(accountId)
  const entity = entityId === null ? {} : { entity: entityId }
  return {
    type: 'platform.change',
    actor: HISTORY,
    subj: { platform, account: accountId, ...entity },
    data: {
      platform,
      account: accountId,
      change: change.changeId,
      ...entity,
      field: asCode(field ?? undefined),
      at: iso(change.changedAtMs),
      match: match === 'unclear' ? 'unclear' : 'outside',
    },
    text: {
      entity_name: short(entityName),
      account_name: short(accountName),
      before: short(change.before),
      after: short(change.after),
      who: short(change.actor),
      tool: short(change.tool),
    },
  }
}

export const iso = (atMs: number): string => new Date(atMs).toISOString()
export const platformOf = (accountId: AccountId): Platform => splitAccountId(accountId).platform

function short(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text === '') return undefined
  return cleanUntrusted(text, MAX_TEXT)
}

/** Writes by draft and place, at most 100; absent when there are none. */
export function named(key: 'absent' | 'contradicted', writes: readonly Pick<OwnWrite, 'draftId' | 'k'>[]) {
  return writes.length === 0
    ? {}
    : { [key]: writes.slice(0, MAX_NAMED).map(({ draftId, k }) => ({ draft: draftId, k })) }
}

/** Writes that the history shows and our records call without effect: one that arrived late, or was never what it seemed. */
export function contradictions(judged: readonly Judged[], isNew: ReadonlySet<string>): readonly OwnWrite[] {
  const found = new Map<string, OwnWrite>()
  for (const { change, match, write } of judged)
    if (match === 'ours' && write !== undefined && isNew.has(change.changeId))
      if (write.outcome === 'refused' || write.outcome === 'not_sent' || write.outcome === 'not_applied')
        found.set(writeKey(write), write)
  return [...found.values()]
}

export function toStored(accountId: AccountId, { change, match, write }: Judged, nowMs: number): StoredChange {
  return {
    accountId,
    changeId: change.changeId,
    changedAtMs: change.atMs,
    entityId: change.entityId ?? null,
    target: change.target ?? null,
    field: change.field ?? null,
    what: cleanUntrusted(change.what, 120),
    before: change.before ?? null,
    after: change.after ?? null,
    actor: short(change.actor) ?? null,
    tool: short(change.tool) ?? null,
    match,
    draftId: write?.draftId ?? null,
    k: write?.k ?? null,
    noticedAtMs: nowMs,
  }
}
