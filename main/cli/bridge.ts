/** `spendsignoff mcp`: the stdio bridge of an AI client into the running app. */
import { join } from 'node:path'
import { mcpTokenFromEnvironment, readEnvironment } from '../environment.ts'
import { runBridge } from '../mcp/stdio.ts'
import { APP_VERSION } from '../version.ts'
import { EXIT } from './command.ts'

/** @param home where the app keeps its endpoint file; AI clients start the bridge with an environment of their own */
export async function runBridgeCommand(home?: string): Promise<number> {
  const homeFolder = home ?? readEnvironment().homeFolder
  await runBridge({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    endpointFile: join(homeFolder, 'mcp-endpoint.json'),
    token: mcpTokenFromEnvironment(),
    appVersion: APP_VERSION,
  })
  return EXIT.done
}
