/**
 * Looks for records, newest first, in a bounded part of the log at a time. It shows what is stored and proves nothing. Lines are read
 * cheaply first; what seems to match is then read as a record, so that a tampered line is never shown as what it pretends to be.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { AuditGroup } from '../../shared/schemas/audit.ts'
import type { AuditTable, StoredEntry } from '../store/audit-table.ts'
import { groupOf, typesOf } from './groups.ts'
import { type AuditRow, lineText, readRecord, readRow, shownText } from './list.ts'
import type { AuditRecord, RecordType } from './record.ts'

/** Everything given must hold. */
export interface AuditSearch {
  readonly beforeSeq?: number | undefined
  readonly limit: number
  /** Records of the draft, and records that name it besides others. */
  readonly draftId?: string | undefined
  readonly groups?: readonly AuditGroup[] | undefined
  readonly actorKind?: string | undefined
  readonly accountId?: string | undefined
  /** Days in UTC, both included: "2026-11-23". */
  readonly fromDay?: string | undefined
  readonly toDay?: string | undefined
  /** In the line or in a text that is still there, in any case of letters. */
  readonly text?: string | undefined
}

export interface AuditFound {
  readonly rows: readonly AuditRow[]
  readonly lookedAt: number
  /** Where to go on; null when nothing is left to look at. */
  readonly nextBeforeSeq: number | null
}

type Table = Pick<AuditTable, 'seqs' | 'firstSeqOf' | 'entries' | 'index' | 'disclosures' | 'coveringSize'>

export interface SearchDeps {
  readonly table: Table
  readonly monotonicMs: () => number
  /** The accounts of a draft: many of its records do not name them. */
  readonly accountsOf: (draftId: string) => readonly string[]
  /** Drafts that it undoes, repairs or revises, and those that do so to it: their records may name it. */
  readonly relatedTo: (draftId: string) => readonly string[]
}

/** Records that one search looks at, and how long it goes on. */
export const MAX_LOOKED_AT = 20_000
const MAX_SEARCH_MS = 400
/** What is read between two breaths: some 5 ms, also where every line must be read as a record. */
const PIECE = 64
const PIECE_BYTES = 262_144
const PAGE = 64
const MAX_KNOWN_DRAFTS = 5_000

/** A line that is no genuine record is taken by its text for what it names and when; its type and actor are never believed. */
type LineTest = (line: { readonly entry: StoredEntry; readonly raw: string }) => boolean

/**
 * @param stop is asked between two pieces of work, and throws when nobody waits for the answer any more
 * @throws what `stop` throws, and what SQLite throws; never because of a damaged line
 */
export async function searchLog(search: AuditSearch, deps: SearchDeps, stop: () => void): Promise<AuditFound> {
  const { table } = deps
  const mayMatch = cheapTests(search, deps)
  const doesMatch = recordTest(search)
  const needle = search.text === undefined ? undefined : folded(search.text)
  const beganMs = deps.monotonicMs()
  const rows: AuditRow[] = []
  let [lookedAt, piece, pieceBytes] = [0, 0, 0]
  let nextBeforeSeq = search.beforeSeq ?? Number.MAX_SAFE_INTEGER
  for (const seq of newestFirst(sourcesOf(search, deps), nextBeforeSeq)) {
    const isOver = lookedAt >= MAX_LOOKED_AT || (lookedAt > 0 && deps.monotonicMs() - beganMs >= MAX_SEARCH_MS)
    if (rows.length >= search.limit || isOver) return { rows, lookedAt, nextBeforeSeq }
    if (piece >= PIECE || pieceBytes >= PIECE_BYTES) {
      await turn()
      stop()
      piece = 0
      pieceBytes = 0
    }
    lookedAt += 1
    piece += 1
    nextBeforeSeq = seq
    const [entry] = table.entries(seq, 1)
    // The search index may name a record that somebody took out.
    if (entry?.seq !== seq) continue
    const line = { entry, raw: lineText(entry) }
    pieceBytes += line.raw.length
    if (!mayMatch.every((test) => test(line))) continue
    const record = readRecord(entry)
    if (!doesMatch(record, line.raw)) continue
    const row = readRow(table, entry, record)
    if (needle === undefined || isFound(needle, row)) rows.push(row)
  }
  return { rows, lookedAt, nextBeforeSeq: null }
}

/** What can be said from the text alone. A genuine line has one spelling, so that for those this is exact. */
function cheapTests(search: AuditSearch, deps: SearchDeps): LineTest[] {
  const { draftId, actorKind, accountId, fromDay = '', toDay = '9999-99-99', text } = search
  const tests: LineTest[] = []
  if (draftId !== undefined)
    tests.push(({ raw, entry }) => raw.includes(`"${draftId}"`) || isFiledUnder(draftId, entry.seq, deps.table))
  if (actorKind !== undefined) tests.push(({ raw }) => raw.includes(`"kind":"${actorKind}"`))
  if (search.fromDay !== undefined || search.toDay !== undefined)
    tests.push(({ raw }) => {
      const day = dayOf(raw)
      return day !== undefined && day >= fromDay && day <= toDay
    })
  if (accountId !== undefined) tests.push(accountTest(accountId, deps))
  if (text !== undefined) {
    const needle = folded(text)
    tests.push(
      ({ raw, entry }) =>
        folded(raw).includes(needle) || (!raw.includes('"sd":{}') && mayDisclose(deps.table, entry.seq, needle)),
    )
  }
  return tests
}

/** What only the record itself can say; undefined is a line that is no genuine one. */
function recordTest({ draftId, groups, actorKind }: AuditSearch) {
  return (record: AuditRecord | undefined, raw: string): boolean =>
    (groups === undefined || groups.includes(groupOf(record?.type))) &&
    (actorKind === undefined || record?.actor.kind === actorKind) &&
    // A genuine record that does not name the draft stands under it only in a search index that is wrong.
    (draftId === undefined || record === undefined || raw.includes(`"${draftId}"`))
}

/** In the line, or in a text that fits it. */
function isFound(needle: string, { line, text }: AuditRow): boolean {
  return folded(line).includes(needle) || Object.values(text).some((value) => folded(shownText(value)).includes(needle))
}

/** Without regard to the case of letters and to how they are composed. Upper case, because ß and ς have no other common form. */
function folded(text: string): string {
  return text.normalize('NFKC').toUpperCase().normalize('NFC')
}

/** The day of the line's own time: the last such member, as those of a line stand in the order of their names. */
function dayOf(raw: string): string | undefined {
  const at = raw.lastIndexOf('"ts":"')
  const day = at < 0 ? '' : raw.slice(at + 6, at + 16)
  return /^\d{4}-\d\d-\d\d$/.test(day) ? day : undefined
}

function accountTest(accountId: string, deps: SearchDeps): LineTest {
  const isOfAccount = new Map<string, boolean>()
  const isDraftOfAccount = (draftId: string): boolean => {
    const known = isOfAccount.get(draftId)
    if (known !== undefined) return known
    if (isOfAccount.size >= MAX_KNOWN_DRAFTS) isOfAccount.clear()
    const found = deps.accountsOf(draftId).includes(accountId)
    isOfAccount.set(draftId, found)
    return found
  }
  return ({ raw }) =>
    raw.includes(`"${accountId}"`) ||
    raw.includes(`"${accountId}/`) ||
    [...raw.matchAll(/"draft":"(d_[a-z2-7]{16})"/g)].some(([, draftId = '']) => isDraftOfAccount(draftId))
}

function isFiledUnder(draftId: string, seq: number, table: Table): boolean {
  return table.index?.(seq, seq)[0]?.draftId === draftId
}

/** Looks into what is stored beside a record, whether it fits or not: only readRow says that. */
function mayDisclose(table: Table, seq: number, needle: string): boolean {
  return table.disclosures(seq, seq).some(({ disclosure }) => {
    try {
      const parsed: unknown = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8'))
      const value: unknown = Array.isArray(parsed) ? parsed[2] : undefined
      const isList = Array.isArray(value) && value.every((each) => typeof each === 'string')
      return (typeof value === 'string' || isList) && folded(shownText(value)).includes(needle)
    } catch {
      return false
    }
  })
}

/** Numbers of records below a given one, newest first; at most PAGE at a time, none when there are no more. */
type Source = (beforeSeq: number) => readonly number[]

/** Types of records that name a draft besides the one that they are filed under. */
const NAMES_ANOTHER: readonly RecordType[] = ['draft.proposed', 'draft.revised', 'draft.rolled_back']

/** Where to look: as few records as the search index allows, all of them where it says nothing. */
function sourcesOf({ draftId, groups }: AuditSearch, { table, relatedTo }: SearchDeps): readonly Source[] {
  const source =
    (filter: { draftId?: string; type?: RecordType }): Source =>
    (beforeSeq) =>
      table.seqs({ ...filter, beforeSeq, limit: PAGE })
  if (draftId !== undefined)
    return [
      source({ draftId }),
      ...relatedTo(draftId).flatMap((each) => NAMES_ANOTHER.map((type) => source({ draftId: each, type }))),
      comparisonsSince(draftId, table, source({ type: 'history.compared' })),
    ]
  // A line that is no genuine record counts as one of the log, and the index can't tell which are.
  if (groups === undefined || groups.includes('log')) return [source({})]
  return groups.flatMap(typesOf).map((type) => source({ type }))
}

/** A comparison that misses a draft's writes comes after the draft. */
function comparisonsSince(draftId: string, table: Table, source: Source): Source {
  const firstSeq = table.firstSeqOf(draftId) ?? 0
  return (beforeSeq) => source(beforeSeq).filter((seq) => seq > firstSeq)
}

/** Merges the sources, each number once. */
function* newestFirst(sources: readonly Source[], beforeSeq: number): Generator<number> {
  const streams = sources.map((read) => ({ read, at: 0, seqs: read(beforeSeq) }))
  for (;;) {
    let newest: number | undefined
    for (const stream of streams) {
      const last = stream.seqs.at(-1)
      if (stream.at === stream.seqs.length && last !== undefined) {
        stream.seqs = stream.read(last)
        stream.at = 0
      }
      const head = stream.seqs[stream.at]
      if (head !== undefined && (newest === undefined || head > newest)) newest = head
    }
    if (newest === undefined) return
    yield newest
    for (const stream of streams) if (stream.seqs[stream.at] === newest) stream.at += 1
  }
}
