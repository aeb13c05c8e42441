/** One instance of the app as far as the lock goes. Prints what happens, one JSON line each; stays until it is told to leave or killed. */
import { acquireInstance } from '../../main/instance.ts'

const [folder = '', temporaryFolder = ''] = process.argv.slice(2)
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)

const instance = await acquireInstance(folder, { onShow: () => say('shown'), temporaryFolder })
say(instance)
if (instance.kind === 'first') {
  // Open input keeps the process alive: the lock itself must not.
  process.stdin.on('data', () => {
    void instance.release().then(() => {
      process.stdin.destroy()
      say('released')
    })
  })
}
