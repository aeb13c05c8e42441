/** Platform connections: the only SQL that touches them. Holds no secret. */
import type Database from 'better-sqlite3'
import { z } from 'zod'
import { type AccountId, accountIdSchema, type Platform } from '../../shared/domain/ids.ts'
import type { CONNECTION_METHODS } from '../../shared/operations.ts'

export type ConnectionMethod = (typeof CONNECTION_METHODS)[number]

const healthForm = z.strictObject({
  isValid: z.boolean(),
  /** Null: never by itself, or not known (see `isExpiryKnown`). */
  expiresAtMs: z.int().nullable(),
  isExpiryKnown: z.boolean(),
  canWrite: z.boolean().nullable(),
  scopes: z.array(z.string().max(200)).max(50),
  problem: z.string().max(1_000).nullable(),
  checkedAtMs: z.int(),
  /** The end that the person was told of, so that each is told once. */
  toldOfEndAtMs: z.int().nullable(),
})
/** What a platform last said of a connection's token. */
export type StoredHealth = Readonly<z.infer<typeof healthForm>>

export interface Connection {
  readonly connectionId: string
  readonly platform: Platform
  readonly method: ConnectionMethod
  /** Whose credentials they are: an app's or client's id, a service account's address, a user's id. Never a secret. Null: not known. */
  readonly label: string | null
  readonly isSandbox: boolean
  readonly state: 'ok' | 'needs_reconnect' | 'removed'
  readonly stateDetail: string | null
  readonly createdAtMs: number
  /** Null before the first check. */
  readonly health: StoredHealth | null
}

interface Row {
  connection_id: string
  platform: Platform
  method: ConnectionMethod
  label: string | null
  is_sandbox: number
  state: Connection['state']
  state_detail: string | null
  created_at_ms: number
  health_json: string | null
}

/** More than anybody needs; keeps every list bounded. */
export const MAX_CONNECTIONS = 50
const MAX_REACH = 500

const reachKey = (connectionId: string): string => `reach/${connectionId}`
const reachForm = z.array(accountIdSchema).max(MAX_REACH)

export type ConnectionTable = ReturnType<typeof createConnectionTable>

export function createConnectionTable(db: Database.Database) {
  const all = db.prepare<[], Row>(
    `SELECT * FROM connection WHERE state <> 'removed' ORDER BY created_at_ms LIMIT ${MAX_CONNECTIONS}`,
  )
  const one = db.prepare<[string], Row>('SELECT * FROM connection WHERE connection_id = ?')
  const insert = db.prepare(
    `INSERT INTO connection (connection_id, platform, method, label, is_sandbox, state, state_detail, created_at_ms, updated_at_ms)
     VALUES (@connectionId, @platform, @method, @label, @isSandbox, 'ok', NULL, @nowMs, @nowMs)`,
  )
  const update = db.prepare(
    'UPDATE connection SET state = ?, state_detail = ?, updated_at_ms = ? WHERE connection_id = ?',
  )
  const setHealth = db.prepare('UPDATE connection SET health_json = ? WHERE connection_id = ?')
  const setLabel = db.prepare('UPDATE connection SET label = ? WHERE connection_id = ?')
  const readSetting = db.prepare<[string], { value_json: string }>('SELECT value_json FROM setting WHERE key = ?')
  const writeSetting = db.prepare(
    'INSERT INTO setting (key, value_json) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json',
  )

  const dropSetting = db.prepare('DELETE FROM setting WHERE key = ?')

  const hydrate = (row: Row): Connection => ({
    connectionId: row.connection_id,
    platform: row.platform,
    method: row.method,
    label: row.label,
    isSandbox: row.is_sandbox === 1,
    state: row.state,
    stateDetail: row.state_detail,
    createdAtMs: row.created_at_ms,
    health: row.health_json === null ? null : (healthForm.safeParse(JSON.parse(row.health_json)).data ?? null),
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
      readonly method: ConnectionMethod
      readonly label: string | null
      readonly isSandbox: boolean
      readonly nowMs: number
    }): void {
      insert.run({ ...connection, isSandbox: connection.isSandbox ? 1 : 0 })
    },
    setState(connectionId: string, state: Connection['state'], detail: string | null, nowMs: number): void {
      if (update.run(state, detail, nowMs, connectionId).changes !== 1) throw new Error('no such connection')
    },
    setLabel(connectionId: string, label: string | null): void {
      setLabel.run(label, connectionId)
    },
    /** @throws ZodError when the health would not come back as it is */
    setHealth(connectionId: string, health: StoredHealth): void {
      setHealth.run(JSON.stringify(healthForm.parse(health)), connectionId)
    },
    /** The accounts its credentials reached when they were checked, at most 500; empty when that is not known. */
    reach(connectionId: string): readonly AccountId[] {
      const row = readSetting.get(reachKey(connectionId))
      return row === undefined ? [] : (reachForm.safeParse(JSON.parse(row.value_json)).data ?? [])
    },
    setReach(connectionId: string, accountIds: readonly AccountId[]): void {
      writeSetting.run(reachKey(connectionId), JSON.stringify(accountIds.slice(0, MAX_REACH)))
    },
    forgetReach: (connectionId: string): void => void dropSetting.run(reachKey(connectionId)),
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
