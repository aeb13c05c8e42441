/**
 * Imported files, and their rows while they are being stored: the only SQL that touches import_file and import_row. A file is `storing`
 * until its last row is in place; what it has come to stands in its plan, which is another file's business.
 */
import type { Platform } from '../../shared/domain/ids.ts'
import type { ImportKind } from '../../shared/schemas/imports.ts'
import type { FactsDb } from './open.ts'

export interface ImportFile {
  readonly importId: string
  readonly kind: ImportKind
  readonly platform: Platform | null
  /** Untrusted. */
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
  readonly state: 'storing' | 'done'
  readonly rowsKept: number
  readonly rowsRefused: number
  readonly rowsNew: number
  readonly rowsChanged: number
  readonly rowsSame: number
  /** Days since 1970-01-01. */
  readonly startDay: number | null
  readonly endDay: number | null
  readonly planJson: string
  readonly importedAtMs: number
}

/** What one step of storing has come to. */
export interface ImportStep {
  readonly planJson: string
  readonly rowsNew: number
  readonly rowsChanged: number
  readonly rowsSame: number
}

interface FileRow {
  import_id: string
  kind: ImportKind
  platform: Platform | null
  file_name: string
  bytes: number
  sha256: string
  state: ImportFile['state']
  rows_kept: number
  rows_refused: number
  rows_new: number
  rows_changed: number
  rows_same: number
  start_day: number | null
  end_day: number | null
  plan_json: string
  imported_at_ms: number
}

export type ImportTable = ReturnType<typeof createImportTable>

export function createImportTable(db: FactsDb) {
  const insert = db.prepare(
    `INSERT INTO import_file (import_id, kind, platform, file_name, bytes, sha256, state, rows_kept, rows_refused, rows_new, rows_changed,
       rows_same, start_day, end_day, plan_json, imported_at_ms)
     VALUES (@importId, @kind, @platform, @fileName, @bytes, @sha256, 'storing', @rowsKept, @rowsRefused, 0, 0, 0, @startDay, @endDay, @planJson,
       @importedAtMs)`,
  )
  const stage = db.prepare('INSERT INTO import_row (import_id, k, row_json) VALUES (?, ?, ?)')
  const rows = db.prepare<[string, number, number], { k: number; row_json: string }>(
    'SELECT k, row_json FROM import_row WHERE import_id = ? AND k >= ? ORDER BY k LIMIT ?',
  )
  const clearRows = db.prepare(
    'DELETE FROM import_row WHERE import_id = @id AND k IN (SELECT k FROM import_row WHERE import_id = @id ORDER BY k LIMIT @limit)',
  )
  const advance = db.prepare(
    `UPDATE import_file SET plan_json = @planJson, rows_new = rows_new + @rowsNew, rows_changed = rows_changed + @rowsChanged,
       rows_same = rows_same + @rowsSame WHERE import_id = @importId`,
  )
  const setAccount = db.prepare('UPDATE import_file SET account_key = ? WHERE import_id = ?')
  const finish = db.prepare("UPDATE import_file SET state = 'done' WHERE import_id = ?")
  const remove = db.prepare('DELETE FROM import_file WHERE import_id = ?')
  const byId = db.prepare<[string], FileRow>('SELECT * FROM import_file WHERE import_id = ?')
  const newest = db.prepare<[number], FileRow>(
    'SELECT * FROM import_file ORDER BY imported_at_ms DESC, import_id DESC LIMIT ?',
  )
  const storing = db.prepare<[], FileRow>(
    "SELECT * FROM import_file WHERE state = 'storing' ORDER BY imported_at_ms, import_id",
  )
  const byHash = db.prepare<[string], FileRow>(
    'SELECT * FROM import_file WHERE sha256 = ? ORDER BY imported_at_ms, import_id',
  )
  const removeKinds = db.prepare("DELETE FROM import_file WHERE kind IN ('orders', 'claims')")
  return {
    /** Call inside a transaction, as everything that writes here. */
    insert: (file: Omit<ImportFile, 'state' | 'rowsNew' | 'rowsChanged' | 'rowsSame'>): void => void insert.run(file),
    /** @param firstK place of the first of them */
    stage(importId: string, firstK: number, rowsJson: readonly string[]): void {
      for (const [n, text] of rowsJson.entries()) stage.run(importId, firstK + n, text)
    },
    rows: (importId: string, fromK: number, limit: number): readonly { readonly k: number; readonly json: string }[] =>
      rows.all(importId, fromK, limit).map((row) => ({ k: row.k, json: row.row_json })),
    /** @returns whether there may be more */
    clearRows: (importId: string, limit: number): boolean => clearRows.run({ id: importId, limit }).changes === limit,
    advance: (importId: string, step: ImportStep): void => void advance.run({ importId, ...step }),
    setAccount: (importId: string, accountKey: number): void => void setAccount.run(accountKey, importId),
    finish: (importId: string): void => void finish.run(importId),
    /** Its rows must be gone. */
    remove: (importId: string): void => void remove.run(importId),
    /** All files of orders and claims; not what they brought. */
    removeOrderFiles: (): void => void removeKinds.run(),
    byId(importId: string): ImportFile | undefined {
      const row = byId.get(importId)
      return row === undefined ? undefined : toFile(row)
    },
    newest: (limit: number): readonly ImportFile[] => newest.all(limit).map(toFile),
    /** Oldest first. */
    storing: (): readonly ImportFile[] => storing.all().map(toFile),
    /** Files of exactly these bytes, oldest first. */
    byHash: (sha256: string): readonly ImportFile[] => byHash.all(sha256).map(toFile),
  }
}

function toFile(row: FileRow): ImportFile {
  return {
    importId: row.import_id,
    kind: row.kind,
    platform: row.platform,
    fileName: row.file_name,
    bytes: row.bytes,
    sha256: row.sha256,
    state: row.state,
    rowsKept: row.rows_kept,
    rowsRefused: row.rows_refused,
    rowsNew: row.rows_new,
    rowsChanged: row.rows_changed,
    rowsSame: row.rows_same,
    startDay: row.start_day,
    endDay: row.end_day,
    planJson: row.plan_json,
    importedAtMs: row.imported_at_ms,
  }
}
