/** Each step of ledger.db starts from real rows of the version before it, and none of them may be lost or changed. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadMigrations, userVersion } from '../../main/store/migrate.ts'
import { type LedgerDb, openLedger } from '../../main/store/open.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const steps = loadMigrations('ledger')
const key = Buffer.alloc(32, 7)
const newFile = () => join(makeTempFolder('migration'), 'ledger.db')
const openAt = (file: string, version: number) => openLedger(file, key, { migrations: steps.slice(0, version) })

type Row = Record<string, unknown>
/** Every row of every table. */
function everything(db: LedgerDb): Record<string, Row[]> {
  const tables = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
  return Object.fromEntries(tables.map(({ name }) => [name, db.prepare<[], Row>(`SELECT * FROM "${name}"`).all()]))
}

function insert(db: LedgerDb, table: string, row: Row): void {
  const names = Object.keys(row)
  db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(
    Object.values(row),
  )
}

function fillVersion1(db: LedgerDb): void {
  for (let seq = 0; seq < 3; seq += 1) {
    insert(db, 'entry', { seq, bytes: Buffer.from(`{"seq":${seq},"über":true}`), leaf: Buffer.alloc(32, seq) })
    insert(db, 'entry_index', { seq, type: 'draft.created', draft_id: seq === 1 ? 'd_aaaaaaaaaaaaaaaa' : null })
  }
  insert(db, 'checkpoint', { size: 3, note: 'origin\n3\nroot\n\n— origin signature\n' })
  insert(db, 'disclosure', { seq: 1, name: 'rationale', disclosure: 'WyJzYWx0Iiwi4oKsIl0' })
}

function fillVersion2(db: LedgerDb): void {
  fillVersion1(db)
  insert(db, 'setting', { key: 'policy', value_json: '{"max_step_fraction":0.2}' })
  for (const platform of ['google_ads', 'meta', 'tiktok']) {
    insert(db, 'connection', {
      connection_id: `c_${platform}`,
      platform,
      is_sandbox: 0,
      state: 'needs_reconnect',
      state_detail: 'token expired',
      created_at_ms: 1_790_000_000_000,
      updated_at_ms: 1_790_000_000_001,
    })
    insert(db, 'platform_token', { connection_id: `c_${platform}`, sealed: Buffer.from([1, 0, 255, 7]) })
  }
  insert(db, 'mcp_client', {
    client_id: 'm1',
    name: 'Claude',
    token_hash: Buffer.alloc(32, 9),
    scopes_json: '["mcp.read"]',
    created_at_ms: 1,
    expires_at_ms: 2,
    last_used_at_ms: null,
    last_client_info: 'claude 1.0',
    revoked_at_ms: null,
  })
}

describe('ledger.db', () => {
  test('1 → 2: the audit log survives, connections and clients can be stored', () => {
    const file = newFile()
    const old = openAt(file, 1)
    fillVersion1(old)
    const before = everything(old)
    old.close()

    const db = openAt(file, 2)
    expect(userVersion(db)).toBe(2)
    const after = everything(db)
    expect(after).toMatchObject(before)
    for (const table of ['connection', 'mcp_client', 'platform_token', 'setting']) expect(after[table]).toEqual([])
    // The guards of the log are still in force.
    expect(() => db.exec('DELETE FROM entry')).toThrow(/append-only/)
    expect(() => db.exec("UPDATE entry SET bytes = x'00'")).toThrow(/append-only/)
    // A credential without its connection is refused.
    expect(() => insert(db, 'platform_token', { connection_id: 'nobody', sealed: Buffer.of(1) })).toThrow(/FOREIGN KEY/)
    db.close()
  })

  test('2 → 3: log, settings, connections, sealed credentials and clients survive, drafts can be stored', () => {
    const file = newFile()
    const old = openAt(file, 2)
    fillVersion2(old)
    const before = everything(old)
    old.close()

    const db = openAt(file, 3)
    expect(userVersion(db)).toBe(3)
    const after = everything(db)
    expect(after).toMatchObject(before)
    for (const table of ['draft', 'draft_item', 'confirm_token', 'outbox']) expect(after[table]).toEqual([])
    expect(() => insert(db, 'draft_item', { draft_id: 'd_aaaaaaaaaaaaaaaa', k: 0 })).toThrow(/constraint/i)
    db.close()
  })

  test('1 → newest in one go gives the same as step by step, and as a new file', () => {
    const [leap, walk, fresh] = [newFile(), newFile(), newFile()]
    for (const file of [leap, walk]) {
      const db = openAt(file, 1)
      fillVersion1(db)
      db.close()
    }
    for (let version = 2; version <= steps.length; version += 1) openAt(walk, version).close()
    const opened = [leap, walk, fresh].map((file) => openLedger(file, key))
    const shapes = opened.map((db) => db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all())
    expect(shapes[0]).toEqual(shapes[1])
    expect(shapes[0]).toEqual(shapes[2])
    const [a, b] = opened
    if (a === undefined || b === undefined) throw new Error('two databases were opened')
    expect(everything(a)).toEqual(everything(b))
    expect(opened.map((db) => userVersion(db))).toEqual([steps.length, steps.length, steps.length])
    for (const db of opened) {
      expect(db.pragma('foreign_key_check')).toEqual([])
      db.close()
    }
  })
})
