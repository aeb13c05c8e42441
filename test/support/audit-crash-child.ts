import { createPrivateKey, createPublicKey } from 'node:crypto'
import Database from 'better-sqlite3'
import { openAuditLog } from '../../main/audit/append.ts'
import { systemClock } from '../../shared/clock.ts'

/** Appends as fast as it can until it is killed. Run by audit-log.test.ts. */
const db = new Database(process.argv[2])
db.pragma('journal_mode = WAL')
const privateKey = createPrivateKey(process.env['LOG_KEY'] ?? '')
const log = await openAuditLog({
  db,
  signingKey: { privateKey, publicKey: createPublicKey(privateKey) },
  headPin: { read: async () => process.env['LOG_PIN'], write: async () => undefined },
  clock: systemClock,
  bootId: `child${process.pid}`,
  appVersion: '0.1.0',
  onPinError: (error) => console.error(error),
})
const actor = { kind: 'agent', id: 'client_1' } as const
// Bounded, should nobody kill it.
for (let n = 0; n < 20_000; n++) {
  log.transaction((append) => {
    for (let part = 0; part < 3; part++)
      append({
        type: 'agent.read',
        actor,
        data: { tool: 'query_metrics', client: 'client_1', count: part },
        text: { client_name: 'Claude' },
      })
  })
  if (n === 0) process.stdout.write('started\n')
}
