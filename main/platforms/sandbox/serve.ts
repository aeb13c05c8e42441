/**
 * The sandbox as a process of its own: `node main/platforms/sandbox/serve.ts --seed 7 --state edits.json --port 41234 --size demo`.
 * Prints one JSON line with addresses and credentials, then serves until its stdin closes or it is told to stop.
 * `--port` is TikTok's; `--google-port` and `--meta-port` the others'.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../../../shared/clock.ts'
import { startSandbox } from './index.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { seed: text, state: text, port: text, 'google-port': text, 'meta-port': text, size: text },
})
const portOf = (value: string | undefined): number => Number(value ?? '0') | 0
const sandbox = await startSandbox({
  seed: Number(values.seed ?? '7') | 0,
  clock: systemClock,
  tiktokPort: portOf(values.port),
  googlePort: portOf(values['google-port']),
  metaPort: portOf(values['meta-port']),
  size: values.size === 'demo' ? 'demo' : 'small',
  ...(values.state === undefined ? {} : { statePath: values.state }),
})
const { google, meta, tiktok } = sandbox
process.stdout.write(
  `${JSON.stringify({
    google: {
      baseUrl: google.baseUrl,
      clientId: google.credentials.clientId,
      clientSecret: google.credentials.clientSecret,
      refreshToken: google.credentials.refreshToken,
      serviceAccountKeyJson: google.credentials.serviceAccountKeyJson,
    },
    meta: {
      baseUrl: meta.baseUrl,
      appId: meta.credentials.appId,
      appSecret: meta.credentials.appSecret,
      accessToken: meta.credentials.accessToken,
    },
    tiktok: {
      baseUrl: tiktok.baseUrl,
      appId: tiktok.credentials.appId,
      appSecret: tiktok.credentials.appSecret,
      accessToken: tiktok.credentials.accessToken,
      authCode: tiktok.credentials.authCode(),
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
