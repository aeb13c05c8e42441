/** Platform connections: the only SQL that touches them. Holds no secret. */
import type Database from 'better-sqlite3'
import type { Platform } from '../../shared/domain/ids.ts'

export interface Connection {
  readonly connectionId: string
  readonly platform: Platform
  readonly isSandbox: boolean
  readonly state: 'ok' | 'needs_reconnect' | 'removed'
  readonly stateDetail: string | null
  readonly createdAtMs: number
}

interface Row {
  connection_id: string
  platform: Platform
  is_sandbox: number
  state: Connection['state']
  state_detail: string | null
  created_at_ms: number
}

/** More than anybody needs; keeps every list bounded. */
export const MAX_CONNECTIONS = 50

export type ConnectionTable = ReturnType<typeof createConnectionTable>

export function createConnectionTable(db: Database.Database) {
  const all = db.prepare<[], Row>(
    `SELECT * FROM connection WHERE state <> 'removed' ORDER BY created_at_ms LIMIT ${MAX_CONNECTIONS}`,
  )
  const one = db.prepare<[string], Row>('SELECT * FROM connection WHERE connection_id = ?')
  const insert = db.prepare(
    `INSERT INTO connection (connection_id, platform, is_sandbox, state, state_detail, created_at_ms, updated_at_ms)
     VALUES (@connectionId, @platform, @isSandbox, 'ok', NULL, @nowMs, @nowMs)`,
  )
  const update = db.prepare(
    'UPDATE connection SET state = ?, state_detail = ?, updated_at_ms = ? WHERE connection_id = ?',
  )
  const readSetting = db.prepare<[string], { value_json: string }>('SELECT value_json FROM setting WHERE key = ?')
  const writeSetting = db.prepare(
    'INSERT INTO setting (key, value_json) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json',
  )

  const hydrate = (row: Row): Connection => ({
    connectionId: row.connection_id,
    platform: row.platform,
    isSandbox: row.is_sandbox === 1,
    state: row.state,
    stateDetail: row.state_detail,
    createdAtMs: row.created_at_ms,
  })
  return {
    list: (): readonly Connection[] => all.all().map(hydrate),
    get(connectionId: string): Connection | undefined {
      const row = one.get(connectionId)
      return row === undefined ? undefined : hydrate(row)
    },
    insert(connection: {
      readonly connectionId: string
      readonly platform: Platform
      readonly isSandbox: boolean
      readonly nowMs: number
    }): void {
      insert.run({ ...connection, isSandbox: connection.isSandbox ? 1 : 0 })
    },
    setState(connectionId: string, state: Connection['state'], detail: string | null, nowMs: number): void {
      if (update.run(state, detail, nowMs, connectionId).changes !== 1) throw new Error('no such connection')
    },
    /** A small JSON value of this workspace, such as whether the demo's proposals were made. */
    setting(key: string): unknown {
      const row = readSetting.get(key)
      return row === undefined ? undefined : (JSON.parse(row.value_json) as unknown)
    },
    saveSetting(key: string, value: unknown): void {
      writeSetting.run(key, JSON.stringify(value))
    },
  }
}
