/**
 * Looks for records, newest first, in a bounded part of the log at a time. It shows what is stored and proves nothing. Lines are read
 * cheaply first; what seems to match is then read as a record, so that a tampered line is never shown as what it pretends to be.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { AuditGroup } from '../../shared/schemas/audit.ts'
import type { AuditTable, StoredEntry } from '../store/audit-table.ts'
import { groupOf } from './groups.ts'
import { type AuditRow, readRow } from './list.ts'
import { leafHash } from './merkle.ts'

/** Everything given must hold. */
export interface AuditSearch {
  readonly beforeSeq?: number | undefined
  readonly limit: number
  readonly draftId?: string | undefined
  readonly groups?: readonly AuditGroup[] | undefined
  readonly actorKind?: string | undefined
  readonly accountId?: string | undefined
  /** Wall time in the record: "2026-11-23T00:00:00.000Z"; `beforeTime` is the first that no longer counts. */
  readonly fromTime?: string | undefined
  readonly beforeTime?: string | undefined
  /** In the line or in a text, in any case of letters. */
  readonly text?: string | undefined
}

export interface AuditFound {
  readonly rows: readonly AuditRow[]
  readonly lookedAt: number
  /** Where to go on; null at the log's beginning. */
  readonly nextBeforeSeq: number | null
}

export interface SearchDeps {
  readonly table: Pick<AuditTable, 'find' | 'disclosures' | 'coveringSize'>
  readonly monotonicMs: () => number
  /** The accounts of a draft: many of its records do not name them. */
  readonly accountsOf: (draftId: string) => readonly string[]
}

/** Lines that one search reads at most. */
export const MAX_LOOKED_AT = 100_000
/** How long one search goes on, and how long it holds the thread at a time. */
export const MAX_SEARCH_MS = 400
const PIECE_MS = 15
const PAGE = 200
const MAX_KNOWN_DRAFTS = 5_000

/** @throws what the signal carries, once it is aborted, and what SQLite throws */
export async function searchLog(search: AuditSearch, deps: SearchDeps, signal: AbortSignal): Promise<AuditFound> {
  const matches = matcher(search, deps)
  const beganMs = deps.monotonicMs()
  let pieceMs = beganMs
  const rows: AuditRow[] = []
  let lookedAt = 0
  let beforeSeq = search.beforeSeq ?? Number.MAX_SAFE_INTEGER
  for (;;) {
    const entries = deps.table.find({ beforeSeq, draftId: search.draftId, limit: PAGE })
    const texts = search.text === undefined ? undefined : textsOf(deps.table, entries)
    for (const entry of entries) {
      lookedAt += 1
      beforeSeq = entry.seq
      if (matches(entry, texts?.get(entry.seq) ?? [])) rows.push(readRow(deps.table, entry))
      if (rows.length === search.limit) return { rows, lookedAt, nextBeforeSeq: entry.seq === 0 ? null : entry.seq }
    }
    if (entries.length < PAGE) return { rows, lookedAt, nextBeforeSeq: null }
    const nowMs = deps.monotonicMs()
    if (lookedAt >= MAX_LOOKED_AT || nowMs - beganMs >= MAX_SEARCH_MS)
      return { rows, lookedAt, nextBeforeSeq: beforeSeq }
    if (nowMs - pieceMs < PIECE_MS) continue
    await turn()
    signal.throwIfAborted()
    pieceMs = deps.monotonicMs()
  }
}

interface Line {
  readonly type?: unknown
  readonly ts?: unknown
  readonly actor?: { readonly kind?: unknown }
  readonly data?: { readonly draft?: unknown }
}

function matcher(search: AuditSearch, deps: SearchDeps): (entry: StoredEntry, texts: readonly string[]) => boolean {
  const { groups, actorKind, accountId, fromTime, beforeTime, text } = search
  const needle = text?.toLowerCase()
  const draftsOfAccount = new Map<string, boolean>()
  const isOfAccount = (draftId: string, wanted: string): boolean => {
    const known = draftsOfAccount.get(draftId)
    if (known !== undefined) return known
    if (draftsOfAccount.size >= MAX_KNOWN_DRAFTS) draftsOfAccount.clear()
    const found = deps.accountsOf(draftId).includes(wanted)
    draftsOfAccount.set(draftId, found)
    return found
  }
  return (entry, texts) => {
    const raw = Buffer.from(entry.bytes).toString('utf8')
    // What is no genuine line has no type, actor or time that could be believed.
    const line = readLine(entry, raw)
    if (groups !== undefined && !groups.includes(groupOf(typeof line.type === 'string' ? line.type : undefined)))
      return false
    if (actorKind !== undefined && line.actor?.kind !== actorKind) return false
    const time = typeof line.ts === 'string' ? line.ts : ''
    if (
      (fromTime !== undefined && time < fromTime) ||
      (beforeTime !== undefined && (time === '' || time >= beforeTime))
    )
      return false
    if (accountId !== undefined && !raw.includes(`"${accountId}"`) && !raw.includes(`"${accountId}/`)) {
      const draftId = line.data?.draft
      if (typeof draftId !== 'string' || !isOfAccount(draftId, accountId)) return false
    }
    return needle === undefined || raw.toLowerCase().includes(needle) || texts.some((each) => each.includes(needle))
  }
}

function readLine(entry: StoredEntry, raw: string): Line {
  if (entry.leaf === null || !leafHash(entry.bytes).equals(entry.leaf)) return {}
  try {
    const parsed: unknown = JSON.parse(raw)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {}
  }
}

/** The texts of a page that are still there, in lower case, by record. */
function textsOf(
  table: Pick<AuditTable, 'disclosures'>,
  entries: readonly StoredEntry[],
): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>()
  const [first, last] = [entries.at(-1)?.seq, entries[0]?.seq]
  if (first === undefined || last === undefined) return found
  for (const { seq, disclosure } of table.disclosures(first, last)) {
    const own = found.get(seq) ?? []
    own.push(disclosedText(disclosure).toLowerCase())
    found.set(seq, own)
  }
  return found
}

/** The text of a disclosure whether it fits its record or not: what shows it looks again. */
function disclosedText(disclosure: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8'))
    const value: unknown = Array.isArray(parsed) ? parsed[2] : undefined
    return typeof value === 'string' ? value : Array.isArray(value) ? value.join(' › ') : ''
  } catch {
    return ''
  }
}
