/** Who is told: targets as stored, removed ones included for their deliveries. Sees sealed bytes only, and decides nothing. */
import type Database from 'better-sqlite3'

export type StoredKind = 'desktop' | 'email' | 'webhook'
export interface TargetRow {
  readonly targetId: string
  readonly kind: StoredKind
  readonly label: string
  readonly configJson: string
  readonly sealed: Uint8Array | null
  readonly eventsJson: string
  readonly isEnabled: boolean
  readonly createdAtMs: number
  readonly removedAtMs: number | null
}

interface Stored {
  target_id: string
  kind: StoredKind
  label: string
  config_json: string
  sealed: Uint8Array | null
  events_json: string
  is_enabled: number
  created_at_ms: number
  removed_at_ms: number | null
}

const toRow = (row: Stored): TargetRow => ({
  targetId: row.target_id,
  kind: row.kind,
  label: row.label,
  configJson: row.config_json,
  sealed: row.sealed,
  eventsJson: row.events_json,
  isEnabled: row.is_enabled === 1,
  createdAtMs: row.created_at_ms,
  removedAtMs: row.removed_at_ms,
})

export type NotificationTable = ReturnType<typeof createNotificationTable>

export function createNotificationTable(db: Database.Database) {
  const living = db.prepare<[], Stored>(
    'SELECT * FROM notification_target WHERE removed_at_ms IS NULL ORDER BY created_at_ms, target_id LIMIT 100',
  )
  const byId = db.prepare<[string], Stored>('SELECT * FROM notification_target WHERE target_id = ?')
  const upsert = db.prepare(
    `INSERT INTO notification_target (target_id, kind, label, config_json, sealed, events_json, is_enabled, created_at_ms, removed_at_ms)
     VALUES (@targetId, @kind, @label, @configJson, @sealed, @eventsJson, @isEnabled, @createdAtMs, NULL)
     ON CONFLICT (target_id) DO UPDATE SET label = excluded.label, config_json = excluded.config_json, sealed = excluded.sealed,
       events_json = excluded.events_json, is_enabled = excluded.is_enabled`,
  )
  const disable = db.prepare('UPDATE notification_target SET is_enabled = 0 WHERE target_id = ? AND is_enabled = 1')
  const remove = db.prepare(
    'UPDATE notification_target SET removed_at_ms = ?, is_enabled = 0, sealed = NULL WHERE target_id = ? AND removed_at_ms IS NULL',
  )
  const any = db.prepare<[], { n: number }>('SELECT EXISTS (SELECT 1 FROM notification_target) AS n')
  return {
    /** Whether there ever was one. */
    hasAny: (): boolean => any.get()?.n === 1,
    /** Those that are not removed, oldest first. */
    list: (): readonly TargetRow[] => living.all().map(toRow),
    /** Also a removed one. */
    get(targetId: string): TargetRow | undefined {
      const row = byId.get(targetId)
      return row === undefined ? undefined : toRow(row)
    },
    save(row: Omit<TargetRow, 'removedAtMs'>): void {
      upsert.run({ ...row, isEnabled: row.isEnabled ? 1 : 0 })
    },
    /** Whether it was enabled. */
    disable: (targetId: string): boolean => disable.run(targetId).changes === 1,
    /** Forgets its secrets. False when it is gone already. */
    remove: (targetId: string, atMs: number): boolean => remove.run(atMs, targetId).changes === 1,
  }
}
