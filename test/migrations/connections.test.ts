/** Connections gain a method, a label and a health: those from before are TikTok apps, and nothing of them changes. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadMigrations } from '../../main/store/migrate.ts'
import { createConnectionTable, type StoredHealth } from '../../main/store/connection-table.ts'
import { openLedger } from '../../main/store/open.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const key = Buffer.alloc(32, 7)
const HEALTH: StoredHealth = {
  isValid: true,
  expiresAtMs: 1_800_000_000_000,
  isExpiryKnown: true,
  canWrite: null,
  scopes: ['ads_read'],
  problem: null,
  checkedAtMs: 1_790_000_000_000,
  toldOfEndAtMs: null,
}

test('4 → 5: a connection from before keeps all it had, and can be checked and labelled', () => {
  const file = join(makeTempFolder('migration'), 'ledger.db')
  const old = openLedger(file, key, { migrations: loadMigrations('ledger').slice(0, 4) })
  old.exec(
    "INSERT INTO connection VALUES ('c_1', 'tiktok', 1, 'needs_reconnect', 'token revoked', 1790000000000, 1790000000001)",
  )
  old.exec("INSERT INTO platform_token VALUES ('c_1', x'0100ff07')")
  old.close()

  const db = openLedger(file, key)
  const table = createConnectionTable(db)
  expect(table.list()).toEqual([
    {
      connectionId: 'c_1',
      platform: 'tiktok',
      method: 'app',
      label: null,
      isSandbox: true,
      state: 'needs_reconnect',
      stateDetail: 'token revoked',
      createdAtMs: 1_790_000_000_000,
      health: null,
    },
  ])
  expect(db.prepare('SELECT sealed FROM platform_token').get()).toEqual({ sealed: Buffer.from([1, 0, 255, 7]) })
  table.setHealth('c_1', HEALTH)
  table.setLabel('c_1', '77')
  expect(table.get('c_1')).toMatchObject({ label: '77', health: HEALTH })
  // A health that a newer version wrote is no health; a method that nobody knows is refused.
  db.exec(`UPDATE connection SET health_json = '{"isValid":"perhaps"}'`)
  expect(table.get('c_1')?.health).toBeNull()
  expect(() => db.exec("UPDATE connection SET method = 'magic'")).toThrow(/CHECK/)
  db.close()
})
