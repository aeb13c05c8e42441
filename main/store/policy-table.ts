/** The guardrails, one row per version. A row is never changed and never deleted: drafts name the version they were judged by. */
import type Database from 'better-sqlite3'

/** Versions that are listed, newest first. */
const MAX_LISTED = 200

export interface PolicyRow {
  readonly version: number
  /** Canonical JSON of the document. */
  readonly json: string
  /** Hex SHA-256, tagged. */
  readonly hash: string
  readonly createdAtMs: number
}

export type PolicyTable = ReturnType<typeof createPolicyTable>

const COLUMNS = 'version, policy_json AS json, policy_hash AS hash, created_at_ms AS createdAtMs'

export function createPolicyTable(db: Database.Database) {
  const newest = db.prepare<[], PolicyRow>(`SELECT ${COLUMNS} FROM policy ORDER BY version DESC LIMIT 1`)
  const newestVersion = db.prepare<[], { version: number | null }>('SELECT MAX(version) AS version FROM policy')
  const byVersion = db.prepare<[number], PolicyRow>(`SELECT ${COLUMNS} FROM policy WHERE version = ?`)
  const insert = db.prepare(
    'INSERT INTO policy (version, policy_json, policy_hash, created_at_ms) VALUES (@version, @json, @hash, @createdAtMs)',
  )
  const list = db.prepare<[], Omit<PolicyRow, 'json'>>(
    `SELECT version, policy_hash AS hash, created_at_ms AS createdAtMs FROM policy ORDER BY version DESC LIMIT ${MAX_LISTED}`,
  )
  return {
    newest: (): PolicyRow | undefined => newest.get(),
    /** Cheap: asked before every judgement, so that two windows on one workspace agree. */
    newestVersion: (): number => newestVersion.get()?.version ?? 0,
    byVersion: (version: number): PolicyRow | undefined => byVersion.get(version),
    /** @throws SqliteError when the version is there already: somebody else was faster. */
    insert(row: PolicyRow): void {
      insert.run(row)
    },
    list: (): readonly Omit<PolicyRow, 'json'>[] => list.all(),
  }
}
