import type Database from 'better-sqlite3'

/**
 * All SQL of the audit log. It stores and returns bytes; it never decides whether they are genuine, and it has no way to
 * change or remove an entry.
 */

export interface StoredEntry {
  readonly seq: number
  /** At most 65,536 bytes: longer ones come back cut, and are then refused, because no line is longer than 65,535. */
  readonly bytes: Uint8Array
  readonly leaf: Uint8Array | null
}
export interface StoredCheckpoint {
  readonly size: number
  readonly note: string
}
export interface StoredDisclosure {
  readonly seq: number
  readonly name: string
  readonly disclosure: string
}
export interface IndexRow {
  readonly seq: number
  readonly type: string
  readonly draftId: string | null
}
export interface LogBounds {
  readonly count: number
  readonly minSeq: number | null
  readonly maxSeq: number | null
  /** Size of the newest checkpoint, null without one. */
  readonly checkpointSize: number | null
  /** Disclosures that hang on no entry. */
  readonly hasStrayDisclosure: boolean
}

/** Pages of a log, for whoever checks one. All ranges are short: the caller asks for a bounded span. */
export interface LogPages {
  bounds(): LogBounds
  entries(fromSeq: number, limit: number): readonly StoredEntry[]
  /** With afterSize < size ≤ throughSize, ascending. */
  checkpoints(afterSize: number, throughSize: number): readonly StoredCheckpoint[]
  disclosures(fromSeq: number, throughSeq: number): readonly StoredDisclosure[]
  /** Undefined where there is no search index, as in a bundle. */
  index?(fromSeq: number, throughSeq: number): readonly IndexRow[]
}

export interface EntryFilter {
  readonly beforeSeq?: number | undefined
  readonly draftId?: string | undefined
  readonly type?: string | undefined
  readonly limit: number
}

export interface AuditTable extends LogPages {
  isInTransaction(): boolean
  /** Runs fn in a transaction that takes the write lock first. */
  immediate<T>(fn: () => T): T
  /** All of fn or nothing of it, also inside a transaction that goes on afterwards. */
  atomically<T>(fn: () => T): T
  lastEntry(): { readonly seq: number; readonly leaf: Uint8Array } | undefined
  leaves(fromSeq: number, limit: number): readonly { readonly seq: number; readonly leaf: Uint8Array }[]
  lastCheckpoint(): StoredCheckpoint | undefined
  /** Size of the smallest checkpoint that covers an entry. */
  coveringSize(seq: number): number | undefined
  /** The newest log.verified record by its bytes, not by the index: an index can be made to hide one. */
  lastVerified(): StoredEntry | undefined
  find(filter: EntryFilter): readonly StoredEntry[]
  /** Numbers of the records that find() would give. */
  seqs(filter: EntryFilter): readonly number[]
  /** The first record filed under a draft. */
  firstSeqOf(draftId: string): number | undefined
  insert(entry: StoredEntry, index: IndexRow, disclosures: readonly Omit<StoredDisclosure, 'seq'>[]): void
  insertCheckpoint(checkpoint: StoredCheckpoint): void
}

// Cut in SQL, so that an oversized value planted in the file cannot fill the memory.
const ENTRY = 'entry.seq, substr(entry.bytes, 1, 65536) AS bytes, substr(entry.leaf, 1, 64) AS leaf'
const NOTE = 'size, substr(note, 1, 20000) AS note'

/** Prepares the statements. @throws SqliteError when the tables are not there. */
export function openAuditTable(db: Database.Database): AuditTable {
  const prepare = <P extends unknown[], R>(sql: string): Database.Statement<P, R> =>
    db.prepare<P, R>(sql).safeIntegers(false)
  const reading = prepareReading(prepare)
  const writing = prepareWriting(prepare)
  return {
    ...reading,
    isInTransaction: () => db.inTransaction,
    immediate: (fn) => db.transaction(fn).immediate(),
    atomically: (fn) => db.transaction(fn)(),
    insert: (entry, index, disclosures) => {
      writing.entry.run(entry.seq, entry.bytes, entry.leaf)
      writing.index.run(index.seq, index.type, index.draftId)
      for (const { name, disclosure } of disclosures) writing.disclosure.run(entry.seq, name, disclosure)
    },
    insertCheckpoint: ({ size, note }) => void writing.checkpoint.run(size, note),
  }
}

type Prepare = <P extends unknown[], R>(sql: string) => Database.Statement<P, R>

function prepareWriting(prepare: Prepare) {
  return {
    entry: prepare<[number, Uint8Array, Uint8Array | null], never>(
      'INSERT INTO entry (seq, bytes, leaf) VALUES (?, ?, ?)',
    ),
    index: prepare<[number, string, string | null], never>(
      'INSERT INTO entry_index (seq, type, draft_id) VALUES (?, ?, ?)',
    ),
    disclosure: prepare<[number, string, string], never>(
      'INSERT INTO disclosure (seq, name, disclosure) VALUES (?, ?, ?)',
    ),
    checkpoint: prepare<[number, string], never>('INSERT INTO checkpoint (size, note) VALUES (?, ?)'),
  }
}

function prepareReading(
  prepare: Prepare,
): Omit<AuditTable, 'isInTransaction' | 'immediate' | 'atomically' | 'insert' | 'insertCheckpoint'> {
  const bounds = prepare<[], Omit<LogBounds, 'hasStrayDisclosure'> & { hasStrayDisclosure: number }>(
    `SELECT count(*) AS count, min(seq) AS minSeq, max(seq) AS maxSeq, (SELECT max(size) FROM checkpoint) AS checkpointSize,
            EXISTS (SELECT 1 FROM disclosure WHERE seq NOT IN (SELECT seq FROM entry)) AS hasStrayDisclosure
       FROM entry`,
  )
  const entries = prepare<[number, number], StoredEntry>(
    `SELECT ${ENTRY} FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?`,
  )
  const checkpoints = prepare<[number, number], StoredCheckpoint>(
    `SELECT ${NOTE} FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size`,
  )
  const disclosures = prepare<[number, number], StoredDisclosure>(
    `SELECT seq, substr(name, 1, 100) AS name, substr(disclosure, 1, 1048577) AS disclosure
       FROM disclosure WHERE seq BETWEEN ? AND ? ORDER BY seq, name`,
  )
  const index = prepare<[number, number], IndexRow>(
    'SELECT seq, substr(type, 1, 100) AS type, substr(draft_id, 1, 100) AS draftId FROM entry_index WHERE seq BETWEEN ? AND ? ORDER BY seq',
  )
  const last = prepare<[], { seq: number; leaf: Uint8Array }>('SELECT seq, leaf FROM entry ORDER BY seq DESC LIMIT 1')
  const leaves = prepare<[number, number], { seq: number; leaf: Uint8Array }>(
    'SELECT seq, leaf FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?',
  )
  const lastCheckpoint = prepare<[], StoredCheckpoint>(`SELECT ${NOTE} FROM checkpoint ORDER BY size DESC LIMIT 1`)
  const covering = prepare<[number], { size: number | null }>('SELECT min(size) AS size FROM checkpoint WHERE size > ?')
  // No text of a caller can look like this: inside a JSON string the quotes would be escaped.
  const lastVerified = prepare<[], StoredEntry>(
    `SELECT ${ENTRY} FROM entry WHERE instr(bytes, CAST('"type":"log.verified"' AS BLOB)) > 0 ORDER BY seq DESC LIMIT 1`,
  )
  const page = `SELECT ${ENTRY} FROM entry`
  const newest = 'ORDER BY entry.seq DESC LIMIT ?'
  const all = prepare<[number, number], StoredEntry>(`${page} WHERE entry.seq < ? ${newest}`)
  const byDraft = prepare<[string, number, number], StoredEntry>(
    `${page} JOIN entry_index USING (seq) WHERE entry_index.draft_id = ? AND entry.seq < ? ${newest}`,
  )
  const byType = prepare<[string, number, number], StoredEntry>(
    `${page} JOIN entry_index USING (seq) WHERE entry_index.type = ? AND entry.seq < ? ${newest}`,
  )
  const byBoth = prepare<[string, string, number, number], StoredEntry>(
    `${page} JOIN entry_index USING (seq) WHERE entry_index.draft_id = ? AND entry_index.type = ? AND entry.seq < ? ${newest}`,
  )
  const seqs = prepareSeqs(prepare)
  return {
    ...seqs,
    bounds: () => {
      const row = bounds.get()
      if (row === undefined) throw new Error('an aggregate always answers')
      return { ...row, hasStrayDisclosure: row.hasStrayDisclosure !== 0 }
    },
    entries: (fromSeq, limit) => entries.all(fromSeq, limit),
    checkpoints: (afterSize, throughSize) => checkpoints.all(afterSize, throughSize),
    disclosures: (fromSeq, throughSeq) => disclosures.all(fromSeq, throughSeq),
    index: (fromSeq, throughSeq) => index.all(fromSeq, throughSeq),
    lastEntry: () => last.get(),
    leaves: (fromSeq, limit) => leaves.all(fromSeq, limit),
    lastCheckpoint: () => lastCheckpoint.get(),
    lastVerified: () => lastVerified.get(),
    coveringSize: (seq) => covering.get(seq)?.size ?? undefined,
    find: ({ beforeSeq = Number.MAX_SAFE_INTEGER, draftId, type, limit }) => {
      if (draftId !== undefined && type !== undefined) return byBoth.all(draftId, type, beforeSeq, limit)
      if (draftId !== undefined) return byDraft.all(draftId, beforeSeq, limit)
      return type === undefined ? all.all(beforeSeq, limit) : byType.all(type, beforeSeq, limit)
    },
  }
}

/** The same filters as find(), without the bytes. */
function prepareSeqs(prepare: Prepare): Pick<AuditTable, 'seqs' | 'firstSeqOf'> {
  const newest = 'AND seq < ? AND seq >= 0 ORDER BY seq DESC LIMIT ?'
  const all = prepare<[number, number], { seq: number }>(`SELECT seq FROM entry WHERE true ${newest}`)
  const byDraft = prepare<[string, number, number], { seq: number }>(
    `SELECT seq FROM entry_index WHERE draft_id = ? ${newest}`,
  )
  const byType = prepare<[string, number, number], { seq: number }>(
    `SELECT seq FROM entry_index WHERE type = ? ${newest}`,
  )
  // The draft's records are few: without the plus sign the planner may choose those of the type.
  const byBoth = prepare<[string, string, number, number], { seq: number }>(
    `SELECT seq FROM entry_index WHERE draft_id = ? AND +type = ? ${newest}`,
  )
  const first = prepare<[string], { seq: number | null }>('SELECT min(seq) AS seq FROM entry_index WHERE draft_id = ?')
  return {
    seqs: ({ beforeSeq = Number.MAX_SAFE_INTEGER, draftId, type, limit }) => {
      const rows =
        draftId === undefined
          ? type === undefined
            ? all.all(beforeSeq, limit)
            : byType.all(type, beforeSeq, limit)
          : type === undefined
            ? byDraft.all(draftId, beforeSeq, limit)
            : byBoth.all(draftId, type, beforeSeq, limit)
      return rows.map(({ seq }) => seq)
    },
    firstSeqOf: (draftId) => first.get(draftId)?.seq ?? undefined,
  }
}
