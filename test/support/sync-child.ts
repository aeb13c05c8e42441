/** Syncs three platforms into the file it is given until it is killed or done, and says a word for every page. Run by sync-kill.test.ts. */
import { setTimeout as pause } from 'node:timers/promises'
import { openFacts } from '../../main/store/open.ts'
import { createSync } from '../../main/sync/sync.ts'
import { connectionsOf, handClock, silentLog, threePaperPlatforms } from './facts-rig.ts'

const [file = '', keyHex = ''] = process.argv.slice(2)
const platforms = threePaperPlatforms()
// A real platform takes its time; the parent's kill lands somewhere in here.
for (const platform of platforms)
  platform.onPage = async () => {
    process.stdout.write('page\n')
    await pause(1)
  }
const sync = createSync({
  facts: openFacts(file, Buffer.from(keyHex, 'hex')),
  clock: handClock(),
  log: silentLog,
  connections: () => connectionsOf(platforms),
  onChange: () => undefined,
  onFinished: (summary) => process.stdout.write(`${summary.state}\n`),
  onConnectionTrouble: () => undefined,
})
sync.start({ days: 75 })
await sync.whenIdle()
