/**
 * The sandbox as a process of its own: `node main/platforms/sandbox/serve.ts --seed 7 --state edits.json --port 41234`.
 * Prints one JSON line with address and credentials, then serves until its stdin closes or it is told to stop.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../../../shared/clock.ts'
import { startSandbox } from './index.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, state: { type: 'string' }, port: { type: 'string' } },
})
const sandbox = await startSandbox({
  seed: Number(values.seed ?? '7') | 0,
  clock: systemClock,
  tiktokPort: Number(values.port ?? '0') | 0,
  ...(values.state === undefined ? {} : { statePath: values.state }),
})
const { baseUrl, credentials } = sandbox.tiktok
process.stdout.write(
  `${JSON.stringify({
    tiktok: {
      baseUrl,
      appId: credentials.appId,
      appSecret: credentials.appSecret,
      accessToken: credentials.accessToken,
      authCode: credentials.authCode(),
    },
  })}\n`,
)
const stop = () => {
  void sandbox.close().then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
// The parent's end of the pipe closing means the app is gone: nobody is left to talk to.
process.stdin.once('end', stop).once('close', stop).resume()
