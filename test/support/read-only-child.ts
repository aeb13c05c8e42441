/**
 * Opens a workspace as a user who may read its folder and not write it: `node read-only-child.ts <home>`. Prints what the app says, as JSON. Run by
 * root it gives up its rights first, because to root no folder is read-only.
 */
import { systemClock } from '../../shared/clock.ts'
import { createCore } from '../../main/core.ts'
import { Secret } from '../../main/secret.ts'
import { PASSPHRASE, testPorts } from './app.ts'

const NOBODY = 65_534
const [homeFolder] = process.argv.slice(2)
if (homeFolder === undefined) throw new Error('one argument')
const ports = { ...testPorts(homeFolder, systemClock), log: { info: () => undefined, error: () => undefined } }
if (process.getuid?.() === 0) {
  process.setgroups?.([NOBODY])
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
}
const core = await createCore(ports, {
  passphrase: new Secret(PASSPHRASE),
  startsWork: false,
  opensDoors: false,
})
const state = await core.run({ kind: 'window' }, 'get_app_state', {})
const opened = await core.run({ kind: 'window' }, 'unlock_workspace', { passphrase: PASSPHRASE })
process.stdout.write(JSON.stringify({ state, opened }))
await core.close()
process.exit(0)
