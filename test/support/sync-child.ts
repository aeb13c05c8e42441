/** Syncs into the file it is given until it is killed or done. Run by sync-kill.test.ts. */
import { setTimeout as pause } from 'node:timers/promises'
import { openFacts } from '../../main/store/open.ts'
import { createSync } from '../../main/sync/sync.ts'
import { handClock, paperPlatform, silentLog } from './facts-rig.ts'

const [file = '', keyHex = ''] = process.argv.slice(2)
const platform = paperPlatform({ accounts: 2, campaigns: 3, adGroups: 2, ads: 2 })
platform.pageSize = 25
// A real platform takes its time; the parent's kill lands somewhere in here.
platform.onPage = () => pause(1)
const sync = createSync({
  facts: openFacts(file, Buffer.from(keyHex, 'hex')),
  clock: handClock(),
  log: silentLog,
  connections: () => [{ connectionId: 'c1', adapter: platform.adapter }],
  onChange: () => undefined,
  onFinished: (summary) => process.stdout.write(`${summary.state} ${summary.rows}\n`),
  onConnectionTrouble: () => undefined,
})
sync.start({ days: 75 })
process.stdout.write('started\n')
await sync.whenIdle()
