/** Small settings of one workspace, one JSON value each. Secrets never go here. */
import type Database from 'better-sqlite3'

/** Every setting there is: a name is used for one thing only. */
export const SETTINGS = [
  'steady_clock',
  'breaker',
  'confirm_factor',
  'second_person',
  'key_rotation',
  'change_history',
  'spend_watch',
] as const
export type SettingKey = (typeof SETTINGS)[number]
export type SettingTable = ReturnType<typeof createSettingTable>

export function createSettingTable(db: Database.Database) {
  const read = db.prepare<[string], { value_json: string }>('SELECT value_json FROM setting WHERE key = ?')
  const write = db.prepare(
    'INSERT INTO setting (key, value_json) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json',
  )
  return {
    /** The stored value as plain data, undefined before it is first written. The caller checks its shape. */
    read(key: SettingKey): unknown {
      const row = read.get(key)
      return row === undefined ? undefined : JSON.parse(row.value_json)
    },
    write(key: SettingKey, value: unknown): void {
      write.run(key, JSON.stringify(value))
    },
  }
}
